//! What one file tells of units: the clients it makes, the calls it makes on clients, to which of them each finding
//! belongs, and what it passes to functions elsewhere. Clients are named by the place that makes them, so that the files
//! of a tree can be put together ([`super::assemble`]).

use std::collections::{BTreeMap, BTreeSet};

use super::{DeploymentUse, Step, ties::Ties};
use crate::{
    facts::{ArgumentKind, Expr, ExprId, FunctionId},
    finding::{EvidenceKind, Finding, Location},
    input::modules::FileId,
    resolve::{
        Foreign, Resolver, Value,
        flow::Flow,
        link::{Outside, Passed, Reached},
        paths::{Origin, PathId, Site},
        trace::LinkKind,
    },
    rules::{
        calls::Catalogue,
        index::Index,
        matching::{Place, Shower},
        model::Class,
    },
};

/// What one file tells of units.
#[derive(Debug, Default)]
pub struct FileUses {
    /// The clients it makes or declares.
    pub made: Vec<Made>,
    /// The calls it makes.
    pub calls: Vec<Used>,
    /// For each of the file's findings what it is tied to.
    pub ties: Vec<Tie>,
    /// What it passes to functions, of this file or another.
    pub passes: BTreeSet<Passed>,
    /// Files that are not known yet and are given clients.
    pub wants: BTreeSet<FileId>,
    /// Where settings and texts are that other files may use, by offset.
    pub points: BTreeMap<u32, Location>,
}

/// A client that a file makes or declares.
#[derive(Debug, Clone)]
pub struct Made {
    /// Names it.
    pub site: Site,
    /// What it is an instance of.
    pub symbol: String,
    /// The text that makes it.
    pub local: String,
    /// Where.
    pub location: Location,
    /// True when a rule finds its construction.
    pub found: bool,
    /// Environment variables it is configured by, with the place of the read; in this file a location is known.
    pub settings: Vec<(String, Where)>,
    /// Deployments given at its construction.
    pub deployments: Vec<DeploymentUse>,
    /// Texts from other files that reach it.
    pub texts: Vec<Site>,
}

/// A place in this file or another.
#[derive(Debug, Clone)]
pub enum Where {
    /// In this file.
    Here(Location),
    /// In another.
    There(Site),
}

/// A call on clients.
#[derive(Debug, Clone)]
pub struct Used {
    /// The clients it can be made on; none for a call on the SDK's module.
    pub clients: Vec<Site>,
    /// The call; the unit's own steps come before its chain.
    pub call: super::Call,
}

/// What a finding is tied to.
#[derive(Debug, Clone, Default)]
pub struct Tie {
    /// Clients.
    pub sites: BTreeSet<Site>,
    /// The environment variable it is about.
    pub variable: Option<String>,
    /// Where it begins, as an offset in the file's text.
    pub at: u32,
    /// Where it ends.
    pub end: u32,
    /// The function around it, outermost first, joined by dots.
    pub function: Option<String>,
    /// The calls of the file that it lies at.
    pub calls: Vec<usize>,
    /// True for what can be a part of a request put together by hand.
    pub of_request: bool,
    /// True when it configures the SDK's module itself.
    pub module: bool,
    /// The part of the API, when it is a request put together by hand.
    pub request: Option<String>,
}

/// Reads what a file tells.
pub(crate) struct Uses<'u, 'f, 's> {
    pub(crate) index: &'u Index,
    pub(crate) catalogue: &'u Catalogue,
    pub(crate) resolver: &'u mut Resolver<'f, 's>,
    pub(crate) shower: &'u Shower<'u>,
    pub(crate) outside: Outside<'u>,
    /// Clients in other files that are known to be tied to the vendor.
    pub(crate) moored: &'u BTreeSet<Site>,
}

/// A construction in the file.
pub(super) struct Construction {
    pub(super) call: ExprId,
    pub(super) origin: Origin,
    pub(super) symbol: String,
    pub(super) flow: Flow,
}

/// A call in the file.
pub(super) struct OwnCall {
    pub(super) expr: ExprId,
    pub(super) used: Used,
}

impl Uses<'_, '_, '_> {
    /// Reads the file; `places` and `findings` are what rules found in it.
    pub(crate) fn read(mut self, places: &[Place], findings: &[(usize, Finding)]) -> FileUses {
        let constructions = self.constructions(places);
        let calls = self.calls();
        let ties = Ties { constructions: &constructions, calls: &calls, places }.of(&mut self, findings);
        let mut uses = FileUses { ties, ..FileUses::default() };
        for construction in &constructions {
            let site = self.resolver.site(construction.origin, self.outside.file);
            let found = uses.ties.iter().any(|tie| tie.sites.contains(&site));
            let made = self.made(construction, site, found);
            uses.made.push(made);
        }
        uses.calls = calls.into_iter().map(|call| call.used).collect();
        for (tie, (_, finding)) in uses.ties.iter().zip(findings) {
            for &call in &tie.calls {
                uses.calls[call].call.findings.push(finding.fingerprint.clone());
            }
        }
        let own: BTreeSet<Site> = uses.made.iter().filter(|made| made.found).map(|made| made.site).collect();
        self.passes(&own, &mut uses);
        uses
    }

    /// The clients that are made in the file: what rules of clients find, and instances that the catalogue knows.
    fn constructions(&mut self, places: &[Place]) -> Vec<Construction> {
        let mut found: BTreeMap<ExprId, (Origin, String)> = BTreeMap::new();
        for number in 0..self.resolver.facts.exprs.len() {
            let expr = ExprId(number as u32);
            if !matches!(self.resolver.facts.expr(expr), Expr::Call { .. } | Expr::Name(_) | Expr::Member { .. }) {
                continue;
            }
            for path in self.resolver.instances(expr) {
                self.note_instance(path, &mut found);
            }
        }
        for place in places {
            let is_client = self.index.class_of(place) == Class::Client && place.name.is_none() && place.value.is_none();
            if let (true, Some(call), Some(symbol)) = (is_client, place.call, place.symbol) {
                let symbol = self.resolver.paths.text(symbol).to_owned();
                found.entry(call).or_insert((Origin::Call(call), symbol));
            }
        }
        found
            .into_iter()
            .map(|(call, (origin, symbol))| {
                let flow = self.flow_of(call);
                Construction { call, origin, symbol, flow }
            })
            .collect()
    }

    fn note_instance(&mut self, path: PathId, found: &mut BTreeMap<ExprId, (Origin, String)>) {
        let text = self.resolver.paths.text(path);
        let (Some(origin @ (Origin::Call(made) | Origin::Declared(made))), true) =
            (self.resolver.paths.origin(path), text.ends_with("()"))
        else {
            return;
        };
        if !found.contains_key(&made) && self.catalogue.is_client(text) {
            let symbol = text.strip_suffix("()").unwrap_or(text).to_owned();
            found.insert(made, (origin, symbol));
        }
    }

    /// What flows into a construction.
    fn flow_of(&mut self, call: ExprId) -> Flow {
        let Expr::Call { arguments, .. } = self.resolver.facts.expr(call) else { return Flow::default() };
        let roots: Vec<ExprId> = arguments.iter().map(|argument| argument.value).collect();
        let index = self.index;
        self.resolver.flow_into(roots, Flow::default(), &|path| index.carriers.contains(path))
    }

    fn made(&mut self, construction: &Construction, site: Site, found: bool) -> Made {
        let facts = self.resolver.facts;
        let written = match facts.expr(construction.call) {
            Expr::Call { callee, .. } => facts.node(*callee).span,
            _ => facts.node(construction.call).span,
        };
        let mut made = Made {
            site,
            symbol: construction.symbol.clone(),
            local: self.shower.local(written),
            location: self.shower.location(self.name_span(construction.call).unwrap_or(written)),
            found,
            settings: Vec::new(),
            deployments: Vec::new(),
            texts: Vec::new(),
        };
        let mut flow: Vec<ExprId> = construction.flow.exprs.iter().copied().collect();
        flow.sort_unstable();
        for expr in flow {
            self.note_sources(expr, &mut made);
        }
        let names = self.catalogue.deployment_arguments(false);
        made.deployments = self.deployments(construction.call, names);
        made
    }

    /// Settings and texts that an expression in a client's flow stands for.
    fn note_sources(&mut self, expr: ExprId, made: &mut Made) {
        let facts = self.resolver.facts;
        for value in self.resolver.values(expr).iter() {
            match value {
                Value::Environment(name) if !matches!(facts.expr(expr), Expr::Name(_)) => {
                    let location = self.shower.location(facts.node(expr).span);
                    made.settings.push((name.to_string(), Where::Here(location)));
                }
                Value::Foreign(number) => match self.resolver.foreign(*number) {
                    Foreign::Environment(name, site) => {
                        made.settings.push((name.to_string(), Where::There(*site)));
                    }
                    Foreign::Text(_, site) => made.texts.push(*site),
                },
                _ => {}
            }
        }
    }

    /// Where a call's last name stands.
    fn name_span(&self, call: ExprId) -> Option<crate::facts::Span> {
        let facts = self.resolver.facts;
        let Expr::Call { callee, .. } = facts.expr(call) else { return None };
        match facts.expr(*callee) {
            Expr::Member { property_span, .. } => Some(*property_span),
            _ => Some(facts.node(*callee).span),
        }
    }

    /// The names of deployments among some arguments of a call.
    fn deployments(&mut self, call: ExprId, names: &[String]) -> Vec<DeploymentUse> {
        let arguments = self.resolver.arguments_of(call, false);
        let mut found = BTreeSet::new();
        for named in arguments.named.iter().filter(|named| names.contains(&named.name)) {
            self.names_in(named.value, &mut found);
        }
        for name in names.iter().filter_map(|name| name.parse::<usize>().ok()) {
            if let Some(&value) = arguments.positional.get(name) {
                self.names_in(value, &mut found);
            }
        }
        found.into_iter().collect()
    }

    fn names_in(&mut self, value: ExprId, found: &mut BTreeSet<DeploymentUse>) {
        for value in self.resolver.values(value).iter() {
            let (name, variable) = match value {
                Value::Environment(name) => (name.to_string(), true),
                Value::Literal(literal) => match self.resolver.facts.constant_text(*literal) {
                    Some(text) => (text.into_owned(), false),
                    None => continue,
                },
                Value::Foreign(number) => match self.resolver.foreign(*number) {
                    Foreign::Environment(name, _) => (name.to_string(), true),
                    Foreign::Text(text, _) => (text.to_string(), false),
                },
                _ => continue,
            };
            if !name.is_empty() && !name.contains("{}") {
                found.insert(DeploymentUse { name, variable });
            }
        }
    }

    /// The calls of the API in the file.
    fn calls(&mut self) -> Vec<OwnCall> {
        let mut calls = Vec::new();
        for number in 0..self.resolver.facts.exprs.len() {
            let expr = ExprId(number as u32);
            if let Expr::Call { callee, arguments } = self.resolver.facts.expr(expr) {
                self.direct_call(expr, *callee, &mut calls);
                self.given_call(expr, *callee, &mut calls);
                for argument in arguments {
                    self.held_call(expr, argument.value, &mut calls);
                }
            }
        }
        calls
    }

    /// `client.chat.completions.create(…)`, `openai.ChatCompletion.create(…)`.
    fn direct_call(&mut self, expr: ExprId, callee: ExprId, calls: &mut Vec<OwnCall>) {
        let mut found: BTreeMap<(String, String), BTreeSet<Site>> = BTreeMap::new();
        for path in self.resolver.instances(callee) {
            let text = self.resolver.paths.text(path);
            let Some(origin) = self.resolver.paths.origin(path) else {
                if let Some(known) = self.catalogue.module_call(text) {
                    found.entry((known.api.to_owned(), known.method)).or_default();
                }
                continue;
            };
            let known = match self.catalogue.call(text) {
                Some(known) => Some((known.api.to_owned(), known.method)),
                None => self.catalogue.on_client(text).map(|method| ("other".to_owned(), method)),
            };
            if let Some(known) = known {
                let site = self.resolver.site(origin, self.outside.file);
                found.entry(known).or_default().insert(site);
            }
        }
        for ((api, method), sites) in found {
            let span = self.name_span(expr);
            self.add_call(expr, callee, span, (api, method), sites, calls);
        }
    }

    /// `generateText({ model: client("name") })`, `Agent(model)`.
    fn given_call(&mut self, expr: ExprId, callee: ExprId, calls: &mut Vec<OwnCall>) {
        for path in self.resolver.symbols(callee) {
            let text = self.resolver.paths.text(path).to_owned();
            for (api, names) in self.catalogue.given_to(&text) {
                let arguments = self.resolver.arguments_of(expr, false);
                let mut sites = BTreeSet::new();
                for name in names {
                    let named = arguments.named.iter().filter(|named| named.name == *name).map(|named| named.value);
                    let position = name.parse::<usize>().ok().and_then(|at| arguments.positional.get(at)).copied();
                    for value in named.chain(position).collect::<Vec<_>>() {
                        sites.extend(self.clients_in(value));
                    }
                }
                if !sites.is_empty() {
                    let method = text.rsplit('.').next().unwrap_or(&text).to_owned();
                    let span = self.name_span(expr);
                    self.add_call(expr, callee, span, (api.to_owned(), method), sites, calls);
                }
            }
        }
    }

    /// `asyncio.to_thread(client.chat.completions.create, …)`: a method that is handed over to be called.
    fn held_call(&mut self, outer: ExprId, value: ExprId, calls: &mut Vec<OwnCall>) {
        let Expr::Member { property_span, .. } = self.resolver.facts.expr(value) else { return };
        let mut found: BTreeMap<(String, String), BTreeSet<Site>> = BTreeMap::new();
        for path in self.resolver.instances(value) {
            let (text, origin) = (self.resolver.paths.text(path), self.resolver.paths.origin(path));
            if let (Some(known), Some(origin)) = (self.catalogue.call(text), origin) {
                let site = self.resolver.site(origin, self.outside.file);
                found.entry((known.api.to_owned(), known.method)).or_default().insert(site);
            }
        }
        for (known, sites) in found {
            self.add_call(outer, value, Some(*property_span), known, sites, calls);
        }
    }

    /// The clients that a value can be.
    fn clients_in(&mut self, value: ExprId) -> BTreeSet<Site> {
        let mut sites = BTreeSet::new();
        for path in self.resolver.instances(value) {
            let text = self.resolver.paths.text(path);
            if let (true, Some(origin)) = (self.catalogue.is_client(text), self.resolver.paths.origin(path)) {
                sites.insert(self.resolver.site(origin, self.outside.file));
            }
        }
        sites
    }

    fn add_call(
        &mut self,
        expr: ExprId,
        callee: ExprId,
        span: Option<crate::facts::Span>,
        (api, method): (String, String),
        sites: BTreeSet<Site>,
        calls: &mut Vec<OwnCall>,
    ) {
        let facts = self.resolver.facts;
        let node = facts.node(expr);
        let location = self.shower.location(span.unwrap_or(node.span));
        let arguments = self.resolver.arguments_of(expr, false);
        let mut given: Vec<(String, Option<String>)> = Vec::new();
        for named in &arguments.named {
            given.push((named.name.clone(), self.constant(named.value)));
        }
        let parameters: BTreeSet<String> = given.iter().map(|(name, _)| name.clone()).collect();
        let needs = self.catalogue.needs(&api, &method, &given);
        let names = self.catalogue.deployment_arguments(true);
        let deployment = self.deployments(expr, names).into_iter().next();
        let mut function = self.resolver.function_names(node.scope);
        function.reverse();
        let mut chain: Vec<Step> = self.resolver.trace(callee).into_iter().map(|link| self.step(link.kind, link.span)).collect();
        chain.push(Step {
            kind: EvidenceKind::Call,
            text: self.shower.local(facts.node(callee).span),
            location: location.clone(),
        });
        let call = super::Call {
            api,
            method,
            location,
            function: (!function.is_empty()).then(|| function.join(".")),
            parameters: parameters.into_iter().collect(),
            needs,
            deployment,
            findings: Vec::new(),
            chain,
        };
        calls.push(OwnCall { expr, used: Used { clients: sites.into_iter().collect(), call } });
    }

    fn step(&self, kind: LinkKind, span: crate::facts::Span) -> Step {
        let kind = match kind {
            LinkKind::Import => EvidenceKind::Import,
            LinkKind::Binding => EvidenceKind::Binding,
            LinkKind::Annotation => EvidenceKind::Annotation,
            LinkKind::Base => EvidenceKind::Base,
        };
        Step { kind, location: self.shower.location(span), text: self.shower.local(span) }
    }

    /// A constant that tells what kind of value is given: the constant itself, or the `type` of an object.
    fn constant(&mut self, value: ExprId) -> Option<String> {
        let facts = self.resolver.facts;
        for value in self.resolver.values(value).iter() {
            let Value::Literal(literal) = value else { continue };
            match facts.expr(*literal) {
                Expr::Constant(constant) => return Some(constant.to_lowercase()),
                Expr::Text(_) => return facts.constant_text(*literal).map(Into::into),
                Expr::Object(_) => {
                    let (entries, _) = self.resolver.entries_of(*literal);
                    let kind = entries.into_iter().find(|entry| entry.name == "type")?;
                    return facts.constant_text(kind.value).map(Into::into);
                }
                _ => {}
            }
        }
        None
    }

    /// What calls pass on: clients that are tied to the vendor, to functions of the project.
    fn passes(&mut self, own: &BTreeSet<Site>, uses: &mut FileUses) {
        for number in 0..self.resolver.facts.exprs.len() {
            let expr = ExprId(number as u32);
            let Expr::Call { callee, arguments } = self.resolver.facts.expr(expr) else { continue };
            for (position, argument) in arguments.iter().enumerate() {
                let name = match argument.kind {
                    ArgumentKind::Positional => None,
                    ArgumentKind::Named { name, .. } => Some(name),
                    ArgumentKind::SpreadPositional | ArgumentKind::SpreadNamed => continue,
                };
                let values = self.passed_values(argument.value, own);
                if !values.is_empty() {
                    self.pass(*callee, position, name, &values, uses);
                }
            }
        }
    }

    /// The clients, or objects that hold clients, that an argument can be.
    fn passed_values(&mut self, value: ExprId, own: &BTreeSet<Site>) -> BTreeSet<Reached> {
        let mut reached: BTreeSet<Reached> = self.moored_in(value, own);
        let facts = self.resolver.facts;
        let objects: Vec<ExprId> = self
            .resolver
            .values(value)
            .iter()
            .filter_map(|value| match value {
                Value::Literal(literal) if matches!(facts.expr(*literal), Expr::Object(_) | Expr::Call { .. }) => Some(*literal),
                _ => None,
            })
            .collect();
        for object in objects {
            let mut fields: BTreeMap<String, BTreeSet<Reached>> = BTreeMap::new();
            for entry in self.resolver.entries_of(object).0 {
                let values = self.moored_in(entry.value, own);
                if !values.is_empty() {
                    fields.entry(entry.name).or_default().extend(values);
                }
            }
            if !fields.is_empty() {
                reached.insert(Reached::Record(fields));
            }
        }
        reached
    }

    fn moored_in(&mut self, value: ExprId, own: &BTreeSet<Site>) -> BTreeSet<Reached> {
        let mut reached = BTreeSet::new();
        for path in self.resolver.instances(value) {
            let Some(origin) = self.resolver.paths.origin(path) else { continue };
            let site = self.resolver.site(origin, self.outside.file);
            if own.contains(&site) || self.moored.contains(&site) {
                let root = self.resolver.paths.parts(path).map_or(0, |(root, _)| root.len() as u32);
                let text = self.resolver.paths.text(path).to_owned();
                reached.insert(Reached::Symbol { text, root, origin: Some(site) });
            }
        }
        reached
    }

    /// Notes what is given to what is called, where that is a function or class of the project.
    fn pass(
        &mut self,
        callee: ExprId,
        position: usize,
        name: Option<&str>,
        values: &BTreeSet<Reached>,
        uses: &mut FileUses,
    ) {
        let mut targets: Vec<(FileId, u32)> = Vec::new();
        for value in self.resolver.values(callee).to_vec() {
            match value {
                Value::Function(function) => targets.push((self.outside.file, function.0)),
                Value::Class(class) => {
                    targets.extend(self.resolver.constructor_of(class).map(|it| (self.outside.file, it.0)));
                }
                Value::Path(path) => self.targets_of(path, &mut targets, &mut uses.wants),
                _ => {}
            }
        }
        for (file, function) in targets {
            let Some(index) = self.parameter(file, function, position, name) else { continue };
            for value in values {
                uses.passes.insert(Passed { file, function, index, value: value.clone() });
            }
        }
    }

    fn targets_of(&self, path: PathId, targets: &mut Vec<(FileId, u32)>, wants: &mut BTreeSet<FileId>) {
        let Some((root, steps)) = self.resolver.paths.parts(path) else { return };
        let (reached, missing) = self.outside.functions(root, steps);
        wants.extend(missing);
        for one in reached {
            match one {
                Reached::Function(file, function) => targets.push((file, function)),
                Reached::Class(file, class) => {
                    targets.extend(self.outside.program.constructor(file, class).map(|function| (file, function)));
                }
                _ => {}
            }
        }
    }

    /// The position of the parameter that an argument is given for.
    fn parameter(&self, file: FileId, function: u32, position: usize, name: Option<&str>) -> Option<u32> {
        let Some(name) = name else { return u32::try_from(position).ok() };
        if file == self.outside.file {
            let parameters = &self.resolver.facts.functions[FunctionId(function).index()].parameters;
            let found = parameters.iter().position(|parameter| parameter.name == Some(name))?;
            return u32::try_from(found).ok();
        }
        self.outside.program.parameter(file, function, name)
    }
}
