//! What the names on a line stand for: of each chain of names the longest, calls where they give something else than what
//! is called says, imports, and parameters whose value is known.

use super::{super::shown, Meaning, MeaningKind, Named, across, look::Looking};
use crate::{
    facts::{BindingId, BindingKind, Expr, ExprId, ImportedSymbol, Span},
    resolve::{
        Foreign, Resolver, Value,
        link::Reached,
        paths::{Origin, PathId, Site},
        trace::{Link, LinkKind},
    },
    rules::{
        matching::{Shower, kind_of},
        secrets::holds_key,
    },
    unit::Step,
};

/// How many expressions of a line are told.
const MAX_NAMES: usize = 40;

/// The names of one line.
pub(super) struct Names<'n, 'f, 's> {
    looking: &'n Looking<'n>,
    resolver: &'n mut Resolver<'f, 's>,
    shower: &'n Shower<'n>,
    line: Span,
    named: Vec<Named>,
}

impl<'n, 'f, 's> Names<'n, 'f, 's> {
    pub(super) fn on(
        looking: &'n Looking<'n>,
        resolver: &'n mut Resolver<'f, 's>,
        shower: &'n Shower<'n>,
        line: Span,
    ) -> Self {
        Self { looking, resolver, shower, line, named: Vec::new() }
    }

    /// The names in the order in which they are written.
    pub(super) fn collect(mut self) -> Vec<Named> {
        let facts = self.resolver.facts;
        let bindings = (0..facts.bindings.len()).map(|number| BindingId(number as u32));
        bindings.for_each(|binding| self.binding(binding));
        self.reexports();
        for number in 0..facts.exprs.len() {
            let expr = ExprId(number as u32);
            if self.is_told(expr) {
                self.expression(expr);
            }
        }
        self.named.sort_by(|a, b| a.location.cmp(&b.location));
        self.named.dedup();
        self.named.truncate(MAX_NAMES);
        self.named
    }

    fn is_here(&self, span: Span) -> bool {
        self.line.start <= span.start && span.start <= self.line.end
    }

    /// Where the name of an expression stands: that of a chain is its last.
    fn anchor(&self, expr: ExprId) -> Option<Span> {
        let facts = self.resolver.facts;
        match facts.expr(expr) {
            Expr::Name(_) | Expr::This | Expr::Super | Expr::Module(_) => Some(facts.node(expr).span),
            Expr::Member { property_span, .. } => Some(*property_span),
            Expr::Index { index, .. } => facts.constant_text(*index).map(|_| facts.node(*index).span),
            Expr::Call { callee, .. } => self.anchor(*callee),
            _ => None,
        }
    }

    fn is_told(&mut self, expr: ExprId) -> bool {
        let facts = self.resolver.facts;
        if !self.anchor(expr).is_some_and(|span| self.is_here(span)) {
            return false;
        }
        let parent = facts.node(expr).parent;
        let is_object = parent.is_some_and(|parent| {
            matches!(facts.expr(parent), Expr::Member { object, .. } | Expr::Index { object, .. } if *object == expr)
                && self.anchor(parent).is_some_and(|span| self.is_here(span))
        });
        if is_object {
            return false;
        }
        let is_call = matches!(facts.expr(expr), Expr::Call { .. });
        match parent.map(|parent| (parent, facts.expr(parent))) {
            _ if is_call => self.tells_more(expr),
            // Of a call that reads the environment the variable matters.
            Some((parent, Expr::Call { callee, .. })) if *callee == expr => self.resolver.variables(parent).is_empty(),
            _ => true,
        }
    }

    /// True for a call whose result is not just that of what it calls.
    fn tells_more(&mut self, call: ExprId) -> bool {
        let Some(callee) = self.resolver.callee_expr(call) else { return false };
        let results = self.resolver.values(call).to_vec();
        let symbols = self.resolver.symbols(callee).into_iter();
        let expected: Vec<String> = symbols.map(|path| format!("{}()", self.resolver.paths.text(path))).collect();
        results.iter().any(|result| match result {
            Value::Path(path) => {
                let text = self.resolver.paths.text(*path);
                !text.starts_with('?') && !expected.iter().any(|one| one == text)
            }
            Value::Literal(literal) => *literal != call,
            _ => true,
        })
    }

    fn expression(&mut self, expr: ExprId) {
        let values = self.resolver.values(expr).to_vec();
        let chain = self.chain(expr);
        let span = self.resolver.facts.node(expr).span;
        self.add(span, &values, chain);
    }

    fn add(&mut self, span: Span, values: &[Value], chain: Vec<Step>) {
        let mut meanings: Vec<Meaning> = Vec::new();
        for value in values {
            for meaning in self.meanings(value) {
                if !meanings.contains(&meaning) {
                    meanings.push(meaning);
                }
            }
        }
        if meanings.is_empty() {
            meanings.push(unknown());
        }
        // A declared type and the construction that it speaks of are one thing.
        let made: Vec<Option<String>> =
            meanings.iter().filter(|one| one.kind == MeaningKind::Instance).map(|one| one.text.clone()).collect();
        meanings.retain(|one| one.kind != MeaningKind::Declared || !made.contains(&one.text));
        meanings.sort_by_key(|meaning| meaning.kind == MeaningKind::Unknown);
        let (text, location) = (self.shower.local(span), self.shower.location(span));
        self.named.push(Named { text, location, meanings, chain });
    }

    /// Imports, and parameters of which something is known.
    fn binding(&mut self, id: BindingId) {
        let facts = self.resolver.facts;
        let binding = &facts.bindings[id.index()];
        if let BindingKind::Import { import, item } = binding.kind {
            let span = facts.imports[import as usize].items[item as usize].span;
            if self.is_here(span) {
                let values = self.resolver.binding_values(id);
                let chain = self.defined(span);
                self.add(span, &values, chain);
            }
            return;
        }
        let is_given = matches!(binding.kind, BindingKind::Parameter { .. } | BindingKind::ParameterElement { .. });
        if is_given && self.is_here(binding.span) {
            let values = self.resolver.binding_values(id);
            let is_known = |value: &Value| !matches!(value, Value::Path(path) if self.resolver.paths.is_unknown(*path));
            if values.iter().any(is_known) {
                self.add(binding.span, &values, Vec::new());
            }
        }
    }

    /// `export { X } from "m"` binds nothing here.
    fn reexports(&mut self) {
        let facts = self.resolver.facts;
        for import in facts.imports.iter().filter(|import| import.reexport) {
            for item in import.items.iter().filter(|item| item.symbol != ImportedSymbol::All) {
                if self.is_here(item.span) {
                    let path = self.resolver.imported_path(&import.module, &item.symbol);
                    let chain = self.defined(item.span);
                    self.add(item.span, &[Value::Path(path)], chain);
                }
            }
        }
    }

    /// The chain of a value in this file, with what comes before its import.
    fn chain(&mut self, expr: ExprId) -> Vec<Step> {
        let mut steps = Vec::new();
        for Link { kind, span } in self.resolver.trace(expr) {
            if kind == LinkKind::Import {
                steps.extend(self.defined(span));
            }
            let kind = kind_of(kind);
            steps.push(Step { kind, location: self.shower.location(span), text: self.shower.local(span) });
        }
        // What stands on the line is seen there.
        let here = self.shower.location(self.line);
        steps.retain(|step| step.location.path != here.path || step.location.start.line != here.start.line);
        steps
    }

    /// Where the item of an import that stands at a place is defined in other files.
    fn defined(&self, span: Span) -> Vec<Step> {
        let (Some((linking, _)), Some(outside)) = (self.looking.linking, self.looking.outside()) else {
            return Vec::new();
        };
        let imports = self.resolver.facts.imports.iter();
        let mut items = imports.flat_map(|import| import.items.iter().map(move |item| (import, item)));
        let Some((import, item)) = items.find(|(_, item)| item.span == span) else { return Vec::new() };
        let taken = across::taken(outside, &import.module, &item.symbol);
        taken.map(|(file, name)| across::definition(linking, file, name, 0)).unwrap_or_default()
    }

    fn meanings(&mut self, value: &Value) -> Vec<Meaning> {
        let facts = self.resolver.facts;
        let own = |kind: MeaningKind, text: Option<&str>, span: Span| {
            let location = self.shower.location(Span { start: span.start, end: span.start });
            Meaning { kind, text: text.map(str::to_owned), location: Some(location) }
        };
        let one = match value {
            Value::Path(path) => return self.path(*path),
            Value::Environment(name) => {
                Meaning { kind: MeaningKind::Environment, text: Some(name.to_string()), location: None }
            }
            Value::Literal(literal) => {
                let span = facts.node(*literal).span;
                own(MeaningKind::Literal, Some(&self.shower.local(span)), span)
            }
            Value::Function(id) => {
                let function = &facts.functions[id.index()];
                own(MeaningKind::Function, function.name, function.span)
            }
            Value::Class(id) | Value::Instance(id) | Value::Super(id) => {
                let class = &facts.classes[id.index()];
                let kind = match value {
                    Value::Class(_) => MeaningKind::Class,
                    Value::Instance(_) => MeaningKind::Object,
                    _ => MeaningKind::Bases,
                };
                own(kind, class.name, class.span)
            }
            Value::Foreign(number) => match self.resolver.foreign(*number).clone() {
                Foreign::Environment(name, site) => {
                    Meaning { kind: MeaningKind::Environment, text: Some(name.to_string()), location: self.place(site) }
                }
                // A text from another file may be a key: its place says enough.
                Foreign::Text(_, site) => {
                    Meaning { kind: MeaningKind::Literal, text: None, location: self.place(site) }
                }
            },
        };
        vec![one]
    }

    fn place(&self, site: Site) -> Option<crate::finding::Location> {
        self.looking.linking.and_then(|(linking, _)| across::place(linking, site))
    }

    fn path(&mut self, path: PathId) -> Vec<Meaning> {
        let text = self.resolver.paths.text(path).to_owned();
        let in_project = self.in_project(path);
        if !in_project.is_empty() {
            return in_project;
        }
        let origin = self.resolver.paths.origin(path);
        let is_declared = match origin {
            Some(Origin::Declared(_)) => true,
            Some(Origin::Elsewhere(site)) => site.declared,
            _ => false,
        };
        let location = match origin {
            Some(Origin::Call(made) | Origin::Declared(made)) => {
                Some(self.shower.location(self.resolver.facts.node(made).span))
            }
            Some(Origin::Elsewhere(site)) => self.place(site),
            Some(Origin::Parameter(..)) | None => None,
        };
        if text.starts_with('?') {
            return vec![Meaning { location, ..unknown() }];
        }
        let (kind, text) = if let Some(name) = text.strip_prefix("global:") {
            (MeaningKind::Global, name)
        } else if let Some(own) = text.strip_prefix('=') {
            // It leads into the project, and nothing is found there.
            (MeaningKind::Unknown, own)
        } else if text.contains("()") {
            let kind = if is_declared { MeaningKind::Declared } else { MeaningKind::Instance };
            (kind, text.as_str())
        } else {
            (MeaningKind::Symbol, text.as_str())
        };
        let location = location.filter(|_| kind != MeaningKind::Global);
        vec![Meaning { kind, text: (!holds_key(text)).then(|| text.to_owned()), location }]
    }

    /// What a path leads to in other files of the project, where that is no value.
    fn in_project(&self, path: PathId) -> Vec<Meaning> {
        let (Some((linking, _)), Some(outside)) = (self.looking.linking, self.looking.outside()) else {
            return Vec::new();
        };
        let Some((root, steps)) = self.resolver.paths.parts(path) else { return Vec::new() };
        let (reached, missing) = outside.functions(root.trim_start_matches('='), steps);
        if let (true, Some(file)) = (reached.is_empty(), missing.first()) {
            let text = Some(shown(linking.modules.path(*file)));
            return vec![Meaning { kind: MeaningKind::Unparsed, text, location: None }];
        }
        let open = reached.iter().filter(|one| !matches!(one, Reached::Symbol { .. }));
        open.filter_map(|one| across::meaning(linking, one)).collect()
    }
}

fn unknown() -> Meaning {
    Meaning { kind: MeaningKind::Unknown, text: None, location: None }
}
