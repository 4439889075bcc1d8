//! The calls of the API in a file: on clients, by what was given a client, and on the SDK's module.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Call, Step,
    uses::{Holder, OwnCall, Used, Uses},
};
use crate::{
    facts::{Expr, ExprId, Operator, Span},
    finding::EvidenceKind,
    resolve::{
        Value,
        paths::{Origin, Site},
        trace::LinkKind,
    },
    rules::{apis::OTHER, calls::Given, matching::kind_of},
};

/// How deep constants of arguments are looked for in objects.
const MAX_DEPTH: usize = 5;

/// A part of the API, what is called, and what that needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    api: String,
    method: String,
    needs: Vec<String>,
}

/// Where a call is written.
struct Written {
    /// The call that holds the arguments.
    expr: ExprId,
    /// What is called.
    callee: ExprId,
    /// The method's name.
    span: Span,
}

impl Uses<'_, '_, '_> {
    /// The calls of the API in the file, and what holds clients.
    pub(super) fn calls(&mut self) -> (Vec<OwnCall>, Vec<Holder>) {
        let facts = self.resolver.facts;
        let exprs = || (0..facts.exprs.len()).map(|number| ExprId(number as u32));
        let mut holders = Vec::new();
        for expr in exprs() {
            if let Expr::Call { callee, .. } = facts.expr(expr) {
                self.holder(expr, *callee, &mut holders);
            }
        }
        let mut calls = Vec::new();
        for expr in exprs() {
            if let Expr::Call { callee, arguments } = facts.expr(expr) {
                self.call_on(expr, *callee, &holders, &mut calls);
                self.call_given(expr, *callee, &mut calls);
                for argument in arguments {
                    self.call_handed_over(expr, argument.value, &mut calls);
                }
            }
        }
        (calls, holders)
    }

    /// `Agent(client)`, `from_openai(client)`: something on which calls are made later.
    fn holder(&mut self, expr: ExprId, callee: ExprId, holders: &mut Vec<Holder>) {
        for path in self.resolver.symbols(callee) {
            if !self.known(path).taker {
                continue;
            }
            let text = self.resolver.paths.text(path).to_owned();
            for given in self.catalogue.given_to(&text).into_iter().filter(|given| !given.is_call()) {
                let clients = self.given_clients(expr, given, holders);
                if !clients.is_empty() {
                    let site = self.resolver.site(Origin::Call(expr), self.outside.file);
                    holders.push(Holder { site, clients });
                    return;
                }
            }
        }
    }

    /// The clients that a call is given for the arguments that can be one.
    fn given_clients(&mut self, call: ExprId, given: Given<'_>, holders: &[Holder]) -> BTreeSet<(Site, String)> {
        let arguments = self.resolver.arguments_of(call, false);
        let mut found = BTreeSet::new();
        for name in given.arguments() {
            for value in arguments.given(name) {
                self.clients_in(value, &|path| given.fits(path), holders, &mut found);
            }
        }
        found
    }

    /// The clients that a value can be, or holds.
    fn clients_in(
        &mut self,
        value: ExprId,
        fits: &dyn Fn(&str) -> bool,
        holders: &[Holder],
        found: &mut BTreeSet<(Site, String)>,
    ) {
        let facts = self.resolver.facts;
        for path in self.resolver.instances(value) {
            let text = self.resolver.paths.text(path).to_owned();
            let Some(origin) = self.resolver.paths.origin(path).filter(|_| fits(&text)) else { continue };
            let site = self.resolver.site(origin, self.outside.file);
            if self.catalogue.is_client(&text) || self.moored.contains(&site) && text.ends_with("()") {
                found.insert((site, text));
            } else if let Some(holder) = holders.iter().find(|holder| holder.site == site) {
                found.extend(holder.clients.iter().cloned());
            }
        }
        let literals: Vec<ExprId> = self
            .resolver
            .values(value)
            .iter()
            .filter_map(|value| if let Value::Literal(literal) = value { Some(*literal) } else { None })
            .collect();
        for literal in literals {
            match facts.expr(literal) {
                Expr::List(items) => items.iter().for_each(|item| self.clients_in(*item, fits, holders, found)),
                Expr::Operation { operator: Operator::Union, operands } => {
                    for operand in operands {
                        self.clients_in(*operand, fits, holders, found);
                    }
                }
                _ => {}
            }
        }
    }

    /// `client.chat.completions.create(…)`, `agent.run(…)`, `openai.ChatCompletion.create(…)`.
    fn call_on(&mut self, expr: ExprId, callee: ExprId, holders: &[Holder], calls: &mut Vec<OwnCall>) {
        let mut found: BTreeMap<Kind, BTreeSet<Site>> = BTreeMap::new();
        for path in self.resolver.instances(callee) {
            if !self.known(path).called {
                continue;
            }
            let text = self.resolver.paths.text(path).to_owned();
            let Some(origin) = self.resolver.paths.origin(path) else {
                if let Some(known) = self.catalogue.module_call(&text) {
                    let needs = known.needs.into_iter().map(str::to_owned).collect();
                    found.entry(Kind { api: known.api.to_owned(), method: known.method, needs }).or_default();
                }
                continue;
            };
            let site = self.resolver.site(origin, self.outside.file);
            if let Some(kind) = self.kind_of(&text, callee) {
                found.entry(kind).or_default().insert(site);
                continue;
            }
            for (kind, clients) in self.kinds_held(&text, origin, site, holders) {
                found.entry(kind).or_default().extend(clients);
            }
        }
        if found.is_empty() {
            self.call_on_pipe(callee, &mut found);
        }
        let span = self.name_span(expr).unwrap_or(self.resolver.facts.node(expr).span);
        for (kind, sites) in found {
            self.add_call(&Written { expr, callee, span }, kind, sites, calls);
        }
    }

    /// What a call of a path on a client is.
    fn kind_of(&self, text: &str, callee: ExprId) -> Option<Kind> {
        if let Some(known) = self.catalogue.call(text) {
            let by_path = known.by_path.then(|| self.api_in_chain(callee)).flatten();
            let api = by_path.unwrap_or_else(|| known.api.to_owned());
            let needs = known.needs.into_iter().map(str::to_owned).collect();
            return Some(Kind { api, method: known.method, needs });
        }
        let method = self.catalogue.on_client(text)?;
        Some(Kind { api: OTHER.to_owned(), method, needs: Vec::new() })
    }

    /// The part of the API that the path given to an earlier call of a chain names: `client.path("/embeddings").post`.
    fn api_in_chain(&self, mut expr: ExprId) -> Option<String> {
        let facts = self.resolver.facts;
        loop {
            match facts.expr(expr) {
                Expr::Member { object, .. } => expr = *object,
                Expr::Call { callee, arguments } => {
                    let text = arguments.first().and_then(|first| facts.constant_text(first.value));
                    if let Some(api) = text.and_then(|text| self.catalogue.api_of_url(&text).map(str::to_owned)) {
                        return Some(api);
                    }
                    expr = *callee;
                }
                _ => return None,
            }
        }
    }

    /// What a call on something that was given clients is, and on which of them.
    fn kinds_held(
        &mut self,
        text: &str,
        origin: Origin,
        site: Site,
        holders: &[Holder],
    ) -> Vec<(Kind, BTreeSet<Site>)> {
        let held = self.catalogue.held(text);
        if held.is_empty() {
            return Vec::new();
        }
        let clients: BTreeSet<(Site, String)> = match origin {
            Origin::Elsewhere(_) => self.holders.get(&site).cloned().unwrap_or_default(),
            _ => holders.iter().filter(|one| one.site == site).flat_map(|one| one.clients.iter().cloned()).collect(),
        };
        let mut kinds: BTreeMap<Kind, BTreeSet<Site>> = BTreeMap::new();
        for (client, client_text) in clients {
            // The first that fits counts; where versions decide and are not known, the last one.
            let mut fitting = held.iter().filter(|held| held.given.fits(&client_text));
            let first = fitting.next();
            let chosen = match first {
                Some(first) if !first.given.when().is_empty() => fitting.next_back().or(Some(first)),
                other => other,
            };
            let Some(held) = chosen else { continue };
            let needs: Vec<String> = held.needs.iter().map(|need| (*need).to_owned()).collect();
            let kind = if held.given.is_same() {
                self.catalogue.call(&format!("{client_text}.{}", held.method)).map(|known| Kind {
                    api: known.api.to_owned(),
                    method: known.method,
                    needs,
                })
            } else {
                let method = format!("{}.{}", last_name(&held.maker), held.method);
                held.given.api().map(|api| Kind { api: api.to_owned(), method, needs })
            };
            if let Some(kind) = kind {
                kinds.entry(kind).or_default().insert(client);
            }
        }
        kinds.into_iter().collect()
    }

    /// `(prompt | client | parser).invoke(…)`.
    fn call_on_pipe(&mut self, callee: ExprId, found: &mut BTreeMap<Kind, BTreeSet<Site>>) {
        let Expr::Member { object, property, .. } = self.resolver.facts.expr(callee) else { return };
        let mut clients = BTreeSet::new();
        self.piped(*object, &mut clients, 0);
        for (site, text) in clients {
            if let Some(kind) = self.kind_of(&format!("{text}.{property}"), callee) {
                found.entry(kind).or_default().insert(site);
            }
        }
    }

    fn piped(&mut self, value: ExprId, clients: &mut BTreeSet<(Site, String)>, depth: usize) {
        if depth > 8 {
            return;
        }
        let facts = self.resolver.facts;
        for value in self.resolver.values(value).to_vec() {
            let Value::Literal(literal) = value else { continue };
            let Expr::Operation { operator: Operator::Union, operands } = facts.expr(literal) else { continue };
            for &operand in operands {
                for path in self.resolver.instances(operand) {
                    let text = self.resolver.paths.text(path).to_owned();
                    if let (true, Some(origin)) = (self.catalogue.pipes(&text), self.resolver.paths.origin(path)) {
                        clients.insert((self.resolver.site(origin, self.outside.file), text));
                    }
                }
                self.piped(operand, clients, depth + 1);
            }
        }
    }

    /// `generateText({ model: client("name") })`.
    fn call_given(&mut self, expr: ExprId, callee: ExprId, calls: &mut Vec<OwnCall>) {
        for path in self.resolver.symbols(callee) {
            if !self.known(path).taker {
                continue;
            }
            let text = self.resolver.paths.text(path).to_owned();
            let mut chosen: Option<(Kind, BTreeSet<Site>)> = None;
            for given in self.catalogue.given_to(&text).into_iter().filter(Given::is_call) {
                let clients = self.given_clients(expr, given, &[]);
                let Some(api) = given.api().filter(|_| !clients.is_empty()) else { continue };
                let kind = Kind { api: api.to_owned(), method: last_name(&text).to_owned(), needs: Vec::new() };
                let is_certain = given.when().is_empty();
                chosen = Some((kind, clients.into_iter().map(|(site, _)| site).collect()));
                if is_certain {
                    break;
                }
            }
            if let Some((kind, sites)) = chosen {
                let span = self.name_span(expr).unwrap_or(self.resolver.facts.node(expr).span);
                self.add_call(&Written { expr, callee, span }, kind, sites, calls);
            }
        }
    }

    /// `asyncio.to_thread(client.chat.completions.create, …)`: a method that is handed over to be called.
    fn call_handed_over(&mut self, outer: ExprId, value: ExprId, calls: &mut Vec<OwnCall>) {
        let Expr::Member { property_span, .. } = self.resolver.facts.expr(value) else { return };
        let mut found: BTreeMap<Kind, BTreeSet<Site>> = BTreeMap::new();
        for path in self.resolver.instances(value) {
            if !self.known(path).called {
                continue;
            }
            let (text, origin) = (self.resolver.paths.text(path), self.resolver.paths.origin(path));
            if let (Some(known), Some(origin)) = (self.catalogue.call(text), origin) {
                let needs = known.needs.iter().map(|need| (*need).to_owned()).collect();
                let kind = Kind { api: known.api.to_owned(), method: known.method, needs };
                let site = self.resolver.site(origin, self.outside.file);
                found.entry(kind).or_default().insert(site);
            }
        }
        for (kind, sites) in found {
            self.add_call(&Written { expr: outer, callee: value, span: *property_span }, kind, sites, calls);
        }
    }

    fn add_call(&mut self, written: &Written, kind: Kind, sites: BTreeSet<Site>, calls: &mut Vec<OwnCall>) {
        let facts = self.resolver.facts;
        let location = self.shower.location(written.span);
        let given = self.given(written.expr);
        let parameters: BTreeSet<String> =
            given.iter().filter(|(name, _)| !name.contains(['.', '['])).map(|(name, _)| name.clone()).collect();
        let mut needs: BTreeSet<String> = self.catalogue.needs(&kind.api, &kind.method, &given).into_iter().collect();
        needs.extend(kind.needs);
        let names = self.catalogue.deployment_arguments(true);
        let deployment = self.deployments(written.expr, names).into_iter().next();
        let trace = self.resolver.trace(written.callee);
        let mut chain: Vec<Step> = trace.into_iter().map(|link| self.step(link.kind, link.span)).collect();
        let text = self.shower.local(facts.node(written.callee).span);
        chain.push(Step { kind: EvidenceKind::Call, text, location: location.clone() });
        let call = Call {
            api: kind.api,
            method: kind.method,
            location,
            function: self.function_around(written.expr),
            parameters: parameters.into_iter().collect(),
            needs: needs.into_iter().collect(),
            deployment,
            findings: Vec::new(),
            chain,
        };
        let is_known = |known: &OwnCall| known.used.call.location == call.location && known.used.call.api == call.api;
        match calls.iter_mut().find(|known| is_known(known)) {
            Some(known) => {
                let clients: BTreeSet<Site> = known.used.clients.iter().copied().chain(sites).collect();
                known.used.clients = clients.into_iter().collect();
            }
            None => {
                calls.push(OwnCall { expr: written.expr, used: Used { clients: sites.into_iter().collect(), call } });
            }
        }
    }

    /// The function or method around an expression, outermost first, joined by dots.
    pub(super) fn function_around(&self, expr: ExprId) -> Option<String> {
        let mut names = self.resolver.function_names(self.resolver.facts.node(expr).scope);
        names.reverse();
        (!names.is_empty()).then(|| names.join("."))
    }

    fn step(&self, kind: LinkKind, span: Span) -> Step {
        Step { kind: kind_of(kind), location: self.shower.location(span), text: self.shower.local(span) }
    }

    /// The arguments of a call with their constants; entries of objects follow a dot, those of lists `[]`.
    fn given(&mut self, call: ExprId) -> Vec<(String, Option<String>)> {
        let arguments = self.resolver.arguments_of(call, false);
        let mut given = Vec::new();
        for named in &arguments.named {
            self.add_given(&named.name, named.value, 0, &mut given);
        }
        given
    }

    fn add_given(&mut self, name: &str, value: ExprId, depth: usize, given: &mut Vec<(String, Option<String>)>) {
        let facts = self.resolver.facts;
        let mut constant = None;
        let values = self.resolver.values(value).to_vec();
        for value in values {
            let Value::Literal(literal) = value else { continue };
            match facts.expr(literal) {
                Expr::Constant(text) => constant = Some(text.to_lowercase()),
                Expr::Text(_) => constant = facts.constant_text(literal).map(Into::into),
                Expr::Object(_) if depth < MAX_DEPTH => {
                    for entry in self.resolver.entries_of(literal).0 {
                        self.add_given(&format!("{name}.{}", entry.name), entry.value, depth + 1, given);
                    }
                }
                Expr::List(items) if depth < MAX_DEPTH => {
                    for &item in items.iter().take(32) {
                        self.add_given(&format!("{name}[]"), item, depth + 1, given);
                    }
                }
                _ => {}
            }
        }
        given.push((name.to_owned(), constant));
    }
}

/// The last name of a path.
fn last_name(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path).trim_end_matches("()")
}
