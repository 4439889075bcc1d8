//! A file as changes see it: its facts with the questions that planning asks of them — where names are used, what an
//! instance is used for, what text an argument's value has.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::options::Around;
use crate::{
    facts::{Argument, ArgumentKind, BindingId, BindingKind, ClassId, Entry, Expr, ExprId, Facts, Key, Span, Step},
    lang::writing::Writing,
    resolve::{Resolver, Value},
    rules::{index::Index, matching::Place, rewrite::Portable, values::joined},
};

/// A file and what is known about it.
pub(super) struct File<'x, 'f, 's> {
    pub(super) index: &'x Index,
    pub(super) resolver: &'x mut Resolver<'f, 's>,
    pub(super) facts: &'f Facts<'s>,
    pub(super) text: &'x str,
    pub(super) writing: Writing,
    pub(super) places: &'x [Place],
    pub(super) around: &'x Around<'x>,
    pub(super) portable: &'x BTreeMap<String, Portable>,
    /// The unit in the making stays at its resource also in a fix for a target.
    pub(super) in_place: bool,
    /// The expressions that are names, by name.
    names: FxHashMap<&'s str, Vec<ExprId>>,
}

/// Why calls on a client say nothing of it alone.
pub(super) const OTHER_CLIENT: &str = "stands in a variable that can also hold something else";

/// How an instance is used at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Use {
    /// A member of it is called: the path of the member, and the call.
    Call(String, ExprId),
    /// It goes where the file does not show what becomes of it.
    Escape(Span, &'static str),
}

impl<'x, 'f, 's> File<'x, 'f, 's> {
    /// A file with its matches.
    pub(super) fn new(
        index: &'x Index,
        resolver: &'x mut Resolver<'f, 's>,
        text: &'x str,
        writing: Writing,
        places: &'x [Place],
        around: &'x Around<'x>,
        portable: &'x BTreeMap<String, Portable>,
    ) -> Self {
        let facts = resolver.facts;
        let mut names: FxHashMap<&'s str, Vec<ExprId>> = FxHashMap::default();
        for (number, node) in facts.exprs.iter().enumerate() {
            if let Expr::Name(name) = node.expr {
                names.entry(name).or_default().push(ExprId(number as u32));
            }
        }
        Self { index, resolver, facts, text, writing, places, around, portable, in_place: false, names }
    }

    /// True when endpoint, key and model become settings.
    pub(super) fn to_settings(&self) -> bool {
        self.around.to_settings && !self.in_place
    }

    /// The text of a span.
    pub(super) fn source(&self, span: Span) -> &'x str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The line of an offset, from 1.
    pub(super) fn line(&self, at: u32) -> usize {
        self.text.get(..at as usize).unwrap_or_default().matches('\n').count() + 1
    }

    /// The span of an expression.
    pub(super) fn span(&self, expr: ExprId) -> Span {
        self.facts.node(expr).span
    }

    /// The expression that an expression is a direct part of.
    pub(super) fn parent(&self, expr: ExprId) -> Option<ExprId> {
        self.facts.node(expr).parent
    }

    /// The pack of a rule.
    pub(super) fn portable_of(&self, rule: usize) -> Option<&'x Portable> {
        self.portable.get(self.index.rules[rule].id.split('/').next().unwrap_or_default())
    }

    /// The names in the code that can mean a binding.
    pub(super) fn uses_of(&self, binding: BindingId) -> Vec<ExprId> {
        let name = self.facts.bindings[binding.index()].name;
        let all = self.names.get(name).into_iter().flatten().copied();
        all.filter(|&expr| self.resolver.bindings_of(name, expr).contains(&binding)).collect()
    }

    /// The value of an argument as written, with what the facts look through (`await`, `as T`).
    pub(super) fn argument_value(&self, argument: &Argument<'_>) -> Span {
        match argument.kind {
            ArgumentKind::Named { span, .. } => self.value_behind(span.end, '=', argument.span.end),
            _ => argument.span,
        }
    }

    /// The value of an entry as written.
    pub(super) fn entry_value(&self, entry: &Entry<'_>) -> Span {
        match &entry.key {
            Key::Named { span, .. } if *span != entry.span => self.value_behind(span.end, ':', entry.span.end),
            _ => entry.span,
        }
    }

    fn value_behind(&self, key_end: u32, sign: char, end: u32) -> Span {
        let at = self.writing.skip_trivia(self.text, key_end as usize, end as usize);
        let behind = self.text.get(at..).is_some_and(|rest| rest.starts_with(sign)).then(|| at + 1);
        let start = self.writing.skip_trivia(self.text, behind.unwrap_or(at), end as usize);
        Span { start: start as u32, end }
    }

    /// The constant text that an expression can be, with `{}` for what is inserted; through names, too.
    pub(super) fn texts(&mut self, expr: ExprId) -> Vec<String> {
        let mut found = Vec::new();
        if let Expr::Text(pieces) = self.facts.expr(expr) {
            found.push(joined(pieces));
        }
        for value in self.resolver.values(expr).iter() {
            if let Value::Literal(literal) = value
                && let Expr::Text(pieces) = self.facts.expr(*literal)
            {
                found.push(joined(pieces));
            }
        }
        found.dedup();
        found
    }

    /// The symbols of an expression as text.
    pub(super) fn symbols(&mut self, expr: ExprId) -> Vec<String> {
        let symbols = self.resolver.symbols(expr);
        symbols.into_iter().map(|path| self.resolver.paths.text(path).to_owned()).collect()
    }

    /// What an instance is used for, from the expression that makes it. `same` names members that give it again.
    pub(super) fn uses(&mut self, made: ExprId, same: &[String]) -> Vec<Use> {
        let mut uses = Vec::new();
        let mut queue = vec![made];
        let mut seen = FxHashSet::default();
        while let Some(expr) = queue.pop() {
            if !seen.insert(expr) || seen.len() > 500 {
                continue;
            }
            self.use_of(expr, same, &mut queue, &mut uses);
        }
        uses.dedup();
        uses
    }

    fn use_of(&mut self, expr: ExprId, same: &[String], queue: &mut Vec<ExprId>, uses: &mut Vec<Use>) {
        let Some(parent) = self.parent(expr) else { return self.use_of_value(expr, queue, uses) };
        match self.facts.expr(parent) {
            Expr::Member { object, .. } if *object == expr => self.use_of_member(parent, same, queue, uses),
            Expr::Call { callee, .. } if *callee == expr => uses.push(Use::Call(String::new(), parent)),
            Expr::Choice { condition, .. } if *condition == Some(expr) => {}
            Expr::Choice { .. } => queue.push(parent),
            // Comparisons and checks leave it where it is.
            Expr::Operation { .. } => {}
            Expr::Call { .. } if self.is_check(parent) => {}
            Expr::Other(_) if self.is_test(parent) => {}
            Expr::Call { .. } => uses.push(Use::Escape(self.span(expr), "is passed to a call")),
            _ => uses.push(Use::Escape(self.span(expr), "becomes part of something else")),
        }
    }

    /// True for `!x`, `not x`, `typeof x`.
    fn is_test(&self, expr: ExprId) -> bool {
        let text = self.source(self.span(expr));
        ["!", "not ", "typeof "].iter().any(|word| text.starts_with(word))
    }

    fn is_check(&self, call: ExprId) -> bool {
        let Expr::Call { callee, .. } = self.facts.expr(call) else { return false };
        matches!(self.facts.expr(*callee), Expr::Name("isinstance" | "hasattr" | "type" | "id" | "print" | "bool"))
    }

    /// `instance.a.b.c(…)`.
    fn use_of_member(&mut self, first: ExprId, same: &[String], queue: &mut Vec<ExprId>, uses: &mut Vec<Use>) {
        let mut at = first;
        let mut path = String::new();
        while let Expr::Member { property, .. } = self.facts.expr(at) {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(property);
            match self.parent(at).map(|parent| (parent, self.facts.expr(parent))) {
                Some((parent, Expr::Member { object, .. })) if *object == at => at = parent,
                Some((parent, Expr::Call { callee, .. })) if *callee == at => {
                    if same.contains(&path) {
                        queue.push(parent);
                    }
                    uses.push(Use::Call(path, parent));
                    return;
                }
                _ => break,
            }
        }
        uses.push(Use::Escape(self.span(at), "is used by a member that is not called"));
    }

    /// Where the value of an outermost expression goes.
    fn use_of_value(&mut self, expr: ExprId, queue: &mut Vec<ExprId>, uses: &mut Vec<Use>) {
        let facts = self.facts;
        let before = (queue.len(), uses.len());
        let is_use = matches!(facts.expr(expr), Expr::Name(_) | Expr::Member { .. });
        queue.extend(self.resolver.users_of(expr));
        let mut is_held = queue.len() > before.0 || is_use;
        for (number, binding) in facts.bindings.iter().enumerate() {
            match binding.kind {
                BindingKind::Value(value) if value == expr => {
                    is_held = true;
                    if let Some(other) = self.other_value(BindingId(number as u32), expr) {
                        uses.push(Use::Escape(other, OTHER_CLIENT));
                    }
                    if self.leaves_by_name(BindingId(number as u32)) {
                        uses.push(Use::Escape(binding.span, "is imported by other files"));
                    }
                    if let Some(class) = facts.scopes[binding.scope.index()].class {
                        self.use_of_field(binding.name, binding.span, class, queue, uses);
                    }
                }
                BindingKind::Element { of, .. } if of == expr => {
                    uses.push(Use::Escape(binding.span, "is taken apart"));
                }
                BindingKind::Parameter { default, .. } | BindingKind::ParameterElement { default, .. }
                    if default == Some(expr) =>
                {
                    uses.push(Use::Escape(binding.span, "stands for an argument that callers can give"));
                }
                _ => {}
            }
        }
        for store in facts.stores.iter().filter(|store| store.value == expr) {
            is_held = true;
            if let Some(other) = self.other_store(store.target, expr) {
                uses.push(Use::Escape(other, OTHER_CLIENT));
            }
            let known = match facts.expr(store.target) {
                Expr::Member { object, .. } => self.resolver.receiver_class(*object).is_some(),
                _ => false,
            };
            if !known {
                uses.push(Use::Escape(self.span(store.target), "is stored where other code can read it"));
            }
        }
        for function in facts.functions.iter().filter(|function| function.returns.contains(&expr)) {
            is_held = true;
            let called = self.resolver.users_of(expr);
            let leaves = called.is_empty() || function.name.is_some_and(|name| self.is_imported(name));
            if leaves {
                uses.push(Use::Escape(self.span(expr), "is returned to callers that the file does not show"));
            }
        }
        if !is_held && uses.len() == before.1 {
            uses.push(Use::Escape(self.span(expr), "goes where the file does not show what becomes of it"));
        }
    }

    /// Where a variable gets another value than clients of the same symbol: its calls serve both then.
    fn other_value(&self, binding: BindingId, expr: ExprId) -> Option<Span> {
        let facts = self.facts;
        let this = &facts.bindings[binding.index()];
        for other in facts.bindings.iter().filter(|other| other.name == this.name && other.scope == this.scope) {
            let BindingKind::Value(value) = other.kind else { continue };
            if value != expr && !self.is_none(value) && !self.is_site(value) {
                return Some(other.span);
            }
        }
        None
    }

    /// True when a client that changes is made in an expression.
    fn is_site(&self, value: ExprId) -> bool {
        let span = self.span(value);
        self.places.iter().any(|place| {
            let rule = &self.index.rules[self.index.clauses[place.clause as usize].rule];
            let call = place.call.filter(|_| !rule.file.fix.rewrite.is_empty() && place.name.is_none());
            call.is_some_and(|call| span.contains(self.span(call)))
        })
    }

    /// The same for an attribute.
    fn other_store(&self, target: ExprId, expr: ExprId) -> Option<Span> {
        let facts = self.facts;
        let Expr::Member { object, property, .. } = facts.expr(target) else { return None };
        let class = self.resolver.receiver_class(*object)?;
        for store in &facts.stores {
            let Expr::Member { object, property: other, .. } = facts.expr(store.target) else { continue };
            let is_it = other == property && self.resolver.receiver_class(*object) == Some(class);
            if is_it && store.value != expr && !self.is_none(store.value) && !self.is_site(store.value) {
                return Some(self.span(store.target));
            }
        }
        None
    }

    /// A client in a field of a class: where the class uses it, and whether others can.
    fn use_of_field(&self, name: &str, place: Span, class: ClassId, queue: &mut Vec<ExprId>, uses: &mut Vec<Use>) {
        for (number, node) in self.facts.exprs.iter().enumerate() {
            let Expr::Member { object, property, .. } = node.expr else { continue };
            if property == name && self.resolver.receiver_class(object) == Some(class) {
                queue.push(ExprId(number as u32));
            }
        }
        let takes = |way: &[Step<'_>]| matches!(way.first(), Some(Step::Key(key)) if key == name);
        for binding in &self.facts.bindings {
            if let BindingKind::Element { of, path, .. } = &binding.kind
                && takes(path)
                && self.resolver.receiver_class(*of) == Some(class)
            {
                uses.push(Use::Escape(binding.span, "is taken apart"));
            }
        }
        let start = super::items::line_start(self.text, place.start);
        let before = self.source(Span { start, end: place.start });
        let is_private = name.starts_with(['#', '_']) || before.split_whitespace().any(|word| word == "private");
        let leaves = self.facts.classes[class.index()].name.is_none_or(|name| self.is_imported(name));
        if !is_private && leaves {
            uses.push(Use::Escape(place, "is a field that other files can reach"));
        }
    }

    /// True when a binding at the top of the file is known to be used by others.
    pub(super) fn leaves_by_name(&self, binding: BindingId) -> bool {
        let binding = &self.facts.bindings[binding.index()];
        binding.scope.index() == 0 && self.is_imported(binding.name)
    }

    /// True when other files take `name` from this one, or it is exported for them.
    pub(super) fn is_imported(&self, name: &str) -> bool {
        let by_star = !name.starts_with('_') && self.around.imported.contains("*");
        by_star || self.around.imported.contains(name) || self.is_exported(name)
    }

    /// True when the file says itself that others may use `name`.
    pub(super) fn is_exported(&self, name: &str) -> bool {
        let facts = self.facts;
        let listed = || {
            facts.bindings.iter().filter(|binding| binding.name == "__all__").any(|binding| {
                let BindingKind::Value(list) = binding.kind else { return false };
                let Expr::List(items) = facts.expr(list) else { return false };
                items.iter().any(|&item| facts.constant_text(item).is_some_and(|text| text == name))
            })
        };
        facts.exports.iter().any(|export| match &export.value {
            crate::facts::ExportValue::Local(local) => *local == name,
            crate::facts::ExportValue::Expr(expr) => matches!(facts.expr(*expr), Expr::Name(local) if *local == name),
            crate::facts::ExportValue::Import { .. } => false,
        }) || listed()
    }
}
