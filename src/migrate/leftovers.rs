//! What a change leaves behind: variables and imports whose last use went away, which a good engineer would take along.
//! Only what certainly does nothing else goes; a name that others may use stays.

use std::collections::BTreeSet;

use super::{edits::Edit, file::File};
use crate::{
    facts::{BindingId, BindingKind, Expr, ExprId, ScopeKind, Span},
    rules::model::Class,
};

/// What can go.
#[derive(Debug, Default)]
pub(super) struct Leftovers {
    /// Statements that bind names nobody uses any more.
    pub(super) edits: Vec<Edit>,
    /// Imports that nobody uses any more.
    pub(super) imports: BTreeSet<BindingId>,
    /// Names in what goes.
    pub(super) gone: BTreeSet<ExprId>,
}

impl File<'_, '_, '_> {
    /// What the edits leave behind.
    pub(super) fn leftovers(&mut self, edits: &[Edit]) -> Leftovers {
        let mut left = Leftovers { gone: self.names_within(edits), ..Leftovers::default() };
        let written: String = edits.iter().map(|edit| edit.text.as_str()).collect::<Vec<_>>().join("\n");
        let mut settled = BTreeSet::new();
        while let Some(id) = self.unused(&left.gone, &written, &settled) {
            settled.insert(id);
            self.take(id, &mut left);
        }
        left
    }

    /// A name that was used and is not any more.
    fn unused(&self, gone: &BTreeSet<ExprId>, written: &str, settled: &BTreeSet<BindingId>) -> Option<BindingId> {
        gone.iter().find_map(|&expr| {
            let Expr::Name(name) = self.facts.expr(expr) else { return None };
            let [id] = self.resolver.bindings_of(name, expr)[..] else { return None };
            let is_unused = !settled.contains(&id)
                && !has_use(written, name)
                && self.uses_of(id).iter().all(|used| gone.contains(used));
            is_unused.then_some(id)
        })
    }

    /// Takes out what gives a name, if that does nothing else.
    fn take(&mut self, id: BindingId, left: &mut Leftovers) {
        let binding = &self.facts.bindings[id.index()];
        if self.is_imported(binding.name) && binding.scope.index() == 0 {
            return;
        }
        match binding.kind {
            BindingKind::Import { .. } | BindingKind::Element { .. } if self.is_imported_name(id) => {
                left.imports.insert(id);
            }
            BindingKind::Value(value) => {
                let scope = &self.facts.scopes[binding.scope.index()];
                if scope.kind == ScopeKind::Class || !self.is_pure(value) {
                    return;
                }
                let Some(statement) = self.declaration(id, value) else { return };
                if let Some(edit) = self.statement_removal(statement) {
                    left.gone.extend(self.names_within(std::slice::from_ref(&edit)));
                    left.edits.push(edit);
                }
            }
            _ => {}
        }
    }

    /// The statement that gives a name its only value.
    fn declaration(&self, id: BindingId, value: ExprId) -> Option<Span> {
        let binding = &self.facts.bindings[id.index()];
        let start = super::items::line_start(self.text, binding.span.start);
        let before = self.source(Span { start, end: binding.span.start });
        if !self.writing.declares(before.trim()) {
            return None;
        }
        let between = self.source(Span { start: binding.span.end, end: self.span(value).start });
        let is_single = between.matches('=').count() == 1 && !between.contains(',');
        if !is_single {
            return None;
        }
        let indent = before.len() as u32 - before.trim_start().len() as u32;
        let end =
            if self.writing.needs_statements() { binding.from.max(self.span(value).end) } else { self.end_of(value) };
        Some(Span { start: start + indent, end })
    }

    /// The end of a value with what the facts look through: `!`, `as T`, parentheses.
    fn end_of(&self, value: ExprId) -> u32 {
        let end = self.span(value).end;
        let rest = self.text.get(end as usize..).unwrap_or_default();
        let line = rest.split(['\n', '\r', ';']).next().unwrap_or_default();
        let wraps = line.trim_start_matches(['!', ')', ' ']);
        let is_cast = wraps.is_empty()
            || wraps
                .strip_prefix("as ")
                .is_some_and(|kind| kind.chars().all(|c| c.is_alphanumeric() || "<>[]|. ".contains(c)));
        if is_cast { end + line.trim_end().len() as u32 } else { end }
    }

    /// True when evaluating an expression does nothing but give a value.
    fn is_pure(&mut self, expr: ExprId) -> bool {
        match self.facts.expr(expr) {
            Expr::Call { callee, arguments } => {
                let parts: Vec<ExprId> = arguments.iter().map(|argument| argument.value).collect();
                self.makes_only(expr, *callee) && parts.into_iter().all(|part| self.is_pure(part))
            }
            Expr::Function(_) | Expr::Class(_) | Expr::Module(_) => false,
            other => {
                let mut parts = Vec::new();
                other.for_each_child(|child| parts.push(child));
                parts.into_iter().all(|part| self.is_pure(part))
            }
        }
    }

    /// Reads of settings, credentials and token providers, and methods of strings.
    fn makes_only(&mut self, call: ExprId, callee: ExprId) -> bool {
        if !self.resolver.variables(call).is_empty() {
            return true;
        }
        if let Expr::Member { object, property, .. } = self.facts.expr(callee)
            && matches!(
                *property,
                "split"
                    | "rsplit"
                    | "partition"
                    | "removesuffix"
                    | "removeprefix"
                    | "strip"
                    | "rstrip"
                    | "lstrip"
                    | "replace"
                    | "trim"
                    | "trimEnd"
                    | "format"
                    | "lower"
                    | "upper"
                    | "get"
            )
        {
            return self.is_pure(*object);
        }
        let passes_on = &self.index.carriers;
        let carries =
            self.resolver.symbols(callee).into_iter().any(|path| passes_on.contains(self.resolver.paths.text(path)));
        carries || self.is_credential(call)
    }

    fn is_credential(&self, call: ExprId) -> bool {
        self.places.iter().any(|place| {
            let class = self.index.rules[self.index.clauses[place.clause as usize].rule].file.class;
            place.call == Some(call) && place.name.is_none() && class == Class::Auth
        })
    }

    /// The names within the bytes that go.
    pub(super) fn names_within(&self, edits: &[Edit]) -> BTreeSet<ExprId> {
        let all = self.facts.exprs.iter().enumerate();
        let names = all.filter(|(_, node)| matches!(node.expr, Expr::Name(_)));
        names
            .filter(|(_, node)| {
                edits.iter().any(|edit| edit.span.start < edit.span.end && edit.span.contains(node.span))
            })
            .map(|(number, _)| ExprId(number as u32))
            .collect()
    }
}

/// True when a text uses a name: as a word that is no member, key or name of an argument.
fn has_use(text: &str, name: &str) -> bool {
    words(text, name).any(|at| {
        let before = text[..at].trim_end().chars().next_back();
        let after = text[at + name.len()..].trim_start();
        let is_key = after.starts_with(':') || after.starts_with('=') && !after.starts_with("==");
        // `"/name/"` is a piece of a path.
        let in_path = text[..at].ends_with('/') && text[at + name.len()..].starts_with('/');
        let is_quoted = matches!(before, Some('"' | '\'')) && after.starts_with(['"', '\'', ']']);
        !(is_key || in_path || is_quoted || before == Some('.'))
    })
}

/// True when a text holds a name as a whole word.
pub(super) fn has_word(text: &str, name: &str) -> bool {
    words(text, name).next().is_some()
}

/// Where a text holds a name as a whole word.
fn words<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let found = text.match_indices(name).map(|(at, _)| at);
    found.filter(move |&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !name.is_empty() && !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}
