//! What one file tells of units: the clients it makes, the calls it makes on clients, to which of them each finding
//! belongs, and what it passes to functions elsewhere. Clients are named by the place that makes them, so that the files
//! of a tree can be put together ([`super::assemble`]).

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::{DeploymentUse, documents::Told, ties::Ties};
use crate::{
    facts::{BindingKind, Expr, ExprId, ImportedSymbol, Piece},
    finding::{Finding, Location},
    input::modules::FileId,
    resolve::{
        Foreign, Resolver, Value,
        flow::Flow,
        link::{Outside, Passed, Reached, Stored},
        paths::{Origin, PathId, Site},
    },
    rules::{
        calls::Catalogue,
        index::Index,
        matching::{Place, Shower},
        model::Class,
        secrets::looks_like_key,
    },
};

/// What one file tells of units.
#[derive(Debug, Default)]
pub struct FileUses {
    /// The clients it makes or declares.
    pub made: Vec<Made>,
    /// The calls it makes.
    pub calls: Vec<Used>,
    /// What holds clients in it.
    pub holders: Vec<Holder>,
    /// For each of the file's findings what it is tied to.
    pub ties: Vec<Tie>,
    /// What it passes to functions, of this file or another.
    pub passes: BTreeSet<Passed>,
    /// What its classes store on instances of the classes they derive from.
    pub stored: BTreeSet<Stored>,
    /// The variables that the SDK's module is configured by.
    pub module_settings: Vec<(String, Where)>,
    /// Files that are not known yet and are given clients.
    pub wants: BTreeSet<FileId>,
    /// Where settings and texts are that other files may use, by offset.
    pub points: BTreeMap<u32, Location>,
    /// What it tells as a document.
    pub told: Told,
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
    /// True for a request that is put together by hand.
    pub is_request: bool,
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

/// Something that is given clients, and on which calls are made.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Names it.
    pub site: Site,
    /// The clients, each with what it is an instance of.
    pub clients: BTreeSet<(Site, String)>,
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
    /// The calls of the file that it lies at.
    pub calls: Vec<usize>,
    /// True when it configures the SDK's module itself, or is at a call on it.
    pub module: bool,
}

/// Reads what a file tells.
pub(crate) struct Uses<'u, 'f, 's> {
    pub(crate) index: &'u Index,
    pub(crate) catalogue: &'u Catalogue,
    pub(crate) resolver: &'u mut Resolver<'f, 's>,
    pub(crate) shower: &'u Shower<'u>,
    pub(crate) outside: Outside<'u>,
    /// Clients that are known to be tied to the vendor, in any file.
    pub(crate) moored: &'u BTreeSet<Site>,
    /// What holds such clients, in any file.
    pub(crate) holders: &'u BTreeMap<Site, BTreeSet<(Site, String)>>,
    /// Whether the catalogue knows anything about a path, once it was asked.
    pub(crate) known: FxHashMap<PathId, Known>,
}

/// What the catalogue knows about a path.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    /// It is a client.
    pub(super) client: bool,
    /// It is called on a client, on what was given one, or in the SDK's module.
    pub(super) called: bool,
    /// It is given clients.
    pub(super) taker: bool,
}

/// A construction in the file.
pub(super) struct Construction {
    pub(super) call: ExprId,
    pub(super) origin: Origin,
    pub(super) symbol: String,
    pub(super) flow: Flow,
    pub(super) is_request: bool,
}

/// A call in the file.
pub(super) struct OwnCall {
    pub(super) expr: ExprId,
    pub(super) used: Used,
}

impl Uses<'_, '_, '_> {
    /// Reads the file; `places` and `findings` are what rules found in it.
    pub(crate) fn read(mut self, places: &[Place], findings: &[(usize, Finding)]) -> FileUses {
        let mut constructions = self.constructions(places);
        let (mut calls, holders) = self.calls();
        self.requests(places, &mut constructions, &mut calls);
        let ties = Ties { constructions: &constructions, calls: &calls, places }.of(&mut self, findings);
        let mut uses = FileUses { ties, ..FileUses::default() };
        for construction in &constructions {
            let site = self.resolver.site(construction.origin, self.outside.file);
            let found = uses.ties.iter().any(|tie| tie.sites.contains(&site));
            let made = self.made(construction, site, found);
            uses.made.push(made);
        }
        let is_moored =
            |site: &Site| self.moored.contains(site) || uses.made.iter().any(|made| made.found && made.site == *site);
        let tied_calls =
            calls.iter().filter(|call| call.used.clients.iter().any(is_moored) || call.used.clients.is_empty());
        let exprs: Vec<ExprId> = tied_calls.map(|call| call.expr).collect();
        uses.calls = calls.into_iter().map(|call| call.used).collect();
        for (tie, (_, finding)) in uses.ties.iter().zip(findings) {
            for &call in &tie.calls {
                uses.calls[call].call.findings.push(finding.fingerprint.clone());
            }
        }
        let mut own: BTreeSet<Site> = uses.made.iter().filter(|made| made.found).map(|made| made.site).collect();
        let holds = |holder: &&Holder| {
            holder.clients.iter().any(|(client, _)| own.contains(client) || self.moored.contains(client))
        };
        let tied_holders: Vec<Site> = holders.iter().filter(holds).map(|holder| holder.site).collect();
        own.extend(tied_holders);
        uses.holders = holders;
        if uses.ties.iter().any(|tie| tie.module) {
            uses.module_settings = self.module_settings();
        }
        uses.wants.extend(self.unknown_deployments(&exprs));
        let flows = constructions.iter().filter(|one| own.contains(&self.resolver.site(one.origin, self.outside.file)));
        uses.wants.extend(flows.flat_map(|one| self.unknown_sources(&one.flow)).collect::<Vec<_>>());
        self.passes(&own, &mut uses);
        self.stored(&own, &mut uses);
        uses
    }

    /// What the catalogue knows about a path.
    pub(super) fn known(&mut self, path: PathId) -> Known {
        if let Some(known) = self.known.get(&path) {
            return *known;
        }
        let text = self.resolver.paths.text(path);
        let known = Known {
            client: self.catalogue.is_client(text),
            called: self.catalogue.call(text).is_some()
                || self.catalogue.module_call(text).is_some()
                || self.catalogue.on_client(text).is_some()
                || !self.catalogue.held(text).is_empty(),
            taker: !self.catalogue.given_to(text).is_empty(),
        };
        self.known.insert(path, known);
        known
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
            let is_client =
                self.index.class_of(place) == Class::Client && place.name.is_none() && place.value.is_none();
            if let (true, Some(call), Some(symbol)) = (is_client, place.call, place.symbol) {
                let symbol = self.resolver.paths.text(symbol).to_owned();
                found.entry(call).or_insert((Origin::Call(call), symbol));
            }
        }
        found
            .into_iter()
            .map(|(call, (origin, symbol))| {
                let flow = self.flow_of(call);
                Construction { call, origin, symbol, flow, is_request: false }
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
        let symbol = text.strip_suffix("()").unwrap_or(text).to_owned();
        if !found.contains_key(&made) && self.known(path).client {
            found.insert(made, (origin, symbol));
        }
    }

    /// What flows into a construction.
    pub(super) fn flow_of(&mut self, call: ExprId) -> Flow {
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
            is_request: construction.is_request,
            settings: Vec::new(),
            deployments: Vec::new(),
            texts: Vec::new(),
        };
        let mut flow: Vec<ExprId> = construction.flow.exprs.iter().copied().collect();
        flow.sort_unstable();
        for expr in flow {
            self.note_sources(expr, &mut made.settings, &mut made.texts);
        }
        let names = self.catalogue.deployment_arguments(false);
        let mut deployments: BTreeSet<DeploymentUse> = self.deployments(construction.call, names).into_iter().collect();
        for &expr in &construction.flow.exprs {
            self.deployment_in_address(expr, &mut deployments);
        }
        made.deployments = deployments.into_iter().collect();
        made
    }

    /// The variables that all stores on the SDK's module take their values from.
    fn module_settings(&mut self) -> Vec<(String, Where)> {
        let facts = self.resolver.facts;
        let mut settings = Vec::new();
        for store in &facts.stores {
            let targets = self.resolver.target_symbols(store.target);
            let is_part = targets.into_iter().any(|path| self.catalogue.is_module_part(self.resolver.paths.text(path)));
            if is_part {
                settings.extend(self.settings_in(store.value));
            }
        }
        settings
    }

    /// Files that are not known yet and from which the deployments of calls may come.
    fn unknown_deployments(&mut self, calls: &[ExprId]) -> Vec<FileId> {
        let names = self.catalogue.deployment_arguments(true);
        let mut flow = Flow::default();
        for &call in calls {
            let arguments = self.resolver.arguments_of(call, false);
            let given = arguments.named.iter().filter(|named| names.contains(&named.name));
            let roots: Vec<ExprId> = given.map(|named| named.value).collect();
            flow = self.resolver.flow_into(roots, flow, &|_| false);
        }
        self.unknown_sources(&flow)
    }

    /// The variables that a value is taken from.
    fn settings_in(&mut self, value: ExprId) -> Vec<(String, Where)> {
        let index = self.index;
        let flow = self.resolver.flow_into([value], Flow::default(), &|path| index.carriers.contains(path));
        let mut exprs: Vec<ExprId> = flow.exprs.into_iter().collect();
        exprs.sort_unstable();
        let (mut settings, mut texts) = (Vec::new(), Vec::new());
        for expr in exprs {
            self.note_sources(expr, &mut settings, &mut texts);
        }
        settings
    }

    /// `https://host/openai/deployments/NAME/…`.
    pub(super) fn deployment_in_address(&mut self, expr: ExprId, found: &mut BTreeSet<DeploymentUse>) {
        let Expr::Text(pieces) = self.resolver.facts.expr(expr) else { return };
        let paths = &self.index.deployment_paths;
        for (number, piece) in pieces.iter().enumerate() {
            let Piece::Constant { text, .. } = piece else { continue };
            let Some(rest) = paths.iter().find_map(|path| text.split_once(path.as_str()).map(|(_, rest)| rest)) else {
                continue;
            };
            let name = rest.split(['/', '?']).next().unwrap_or_default();
            match pieces.get(number + 1) {
                Some(Piece::Hole(hole)) if rest.is_empty() => self.names_in(*hole, found),
                next if !name.is_empty() && !looks_like_key(name) && (next.is_none() || rest.contains(['/', '?'])) => {
                    found.insert(DeploymentUse { name: name.to_owned(), variable: false });
                }
                _ => {}
            }
        }
    }

    /// Files that are not known yet and from which something flows into a client.
    fn unknown_sources(&self, flow: &Flow) -> Vec<FileId> {
        let facts = self.resolver.facts;
        let mut wants = BTreeSet::new();
        for binding in &flow.bindings {
            let BindingKind::Import { import, item } = facts.bindings[binding.index()].kind else { continue };
            let import = &facts.imports[import as usize];
            let known = |file: &FileId| self.outside.program.summary(*file).is_some();
            if let ImportedSymbol::Named(name) = &import.items[item as usize].symbol {
                let separator = if import.module.ends_with('.') { "" } else { "." };
                wants.extend(
                    self.outside.module(&format!("{}{separator}{name}", import.module)).filter(|file| !known(file)),
                );
            }
            wants.extend(self.outside.module(&import.module).filter(|file| !known(file)));
        }
        wants.into_iter().collect()
    }

    /// Settings and texts that an expression in a client's flow stands for.
    fn note_sources(&mut self, expr: ExprId, settings: &mut Vec<(String, Where)>, texts: &mut Vec<Site>) {
        let facts = self.resolver.facts;
        for value in self.resolver.values(expr).iter() {
            match value {
                Value::Environment(name) if !matches!(facts.expr(expr), Expr::Name(_)) => {
                    let location = self.shower.location(facts.node(expr).span);
                    settings.push((name.to_string(), Where::Here(location)));
                }
                Value::Foreign(number) => match self.resolver.foreign(*number) {
                    Foreign::Environment(name, site) => {
                        settings.push((name.to_string(), Where::There(*site)));
                    }
                    Foreign::Text(_, site) => texts.push(*site),
                },
                Value::Path(path) => self.note_objects(*path, settings, texts),
                _ => {}
            }
        }
    }

    /// Settings and texts in an object of another file.
    fn note_objects(&self, path: PathId, settings: &mut Vec<(String, Where)>, texts: &mut Vec<Site>) {
        let Some((root, steps)) = self.resolver.paths.parts(path) else { return };
        for source in self.outside.sources(root, steps) {
            match source {
                Reached::Environment(name, site) => settings.push((name, Where::There(site))),
                Reached::Text(_, site) => texts.push(site),
                _ => {}
            }
        }
    }

    /// Where a call's last name stands.
    pub(super) fn name_span(&self, call: ExprId) -> Option<crate::facts::Span> {
        let facts = self.resolver.facts;
        let Expr::Call { callee, .. } = facts.expr(call) else { return None };
        match facts.expr(*callee) {
            Expr::Member { property_span, .. } => Some(*property_span),
            _ => Some(facts.node(*callee).span),
        }
    }

    /// The names of deployments that a call is given: the first of the arguments that is there counts.
    pub(super) fn deployments(&mut self, call: ExprId, names: &[String]) -> Vec<DeploymentUse> {
        let arguments = self.resolver.arguments_of(call, false);
        for name in names {
            let mut found = BTreeSet::new();
            for value in arguments.given(name) {
                self.names_in(value, &mut found);
                self.name_in_client(value, &mut found);
            }
            if !found.is_empty() {
                return found.into_iter().collect();
            }
        }
        Vec::new()
    }

    /// `client("name")` given as a model.
    fn name_in_client(&mut self, value: ExprId, found: &mut BTreeSet<DeploymentUse>) {
        let Expr::Call { arguments, .. } = self.resolver.facts.expr(value) else { return };
        let Some(first) = arguments.first() else { return };
        let is_client = self.resolver.instances(value).into_iter().any(|path| {
            let text = self.resolver.paths.text(path);
            self.catalogue.is_client(text)
        });
        if is_client {
            self.names_in(first.value, found);
        }
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
            // What could be a key is never shown, wherever it stands.
            if !name.is_empty() && !name.contains("{}") && (variable || !looks_like_key(&name)) {
                found.insert(DeploymentUse { name, variable });
            }
        }
    }
}
