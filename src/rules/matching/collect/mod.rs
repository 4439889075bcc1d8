//! Collecting the places that clauses look for: one pass over imports and expressions, and over stores and bindings in
//! [`names`].

mod names;

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{Index, Place};
use crate::{
    facts::{
        ArgumentKind, BindingId, BindingKind, Expr, ExprId, ImportedSymbol, Operator, Piece, ScopeId, Span, Step, Usage,
    },
    resolve::{Resolver, objects::Called, paths::PathId},
    rules::{formula::is_position, index::ClauseId, model::Role, values},
};

/// The shortest name an environment variable of interest can have; shorter words are not compared.
const MIN_VARIABLE: usize = 4;

/// Names of arguments, keys and attributes whose strings are for people to read.
const PROSE_KEYS: &[&str] = &[
    "placeholder",
    "title",
    "label",
    "description",
    "help",
    "helpText",
    "help_text",
    "helperText",
    "tooltip",
    "hint",
    "example",
    "examples",
    "alt",
];

struct Collector<'i, 'r, 'f, 's> {
    index: &'i Index,
    resolver: &'r mut Resolver<'f, 's>,
    places: Vec<Place>,
    /// What `call`, `key` and `reference` clauses want of a path, once it was asked.
    wanted: FxHashMap<PathId, Rc<Wanted>>,
    /// What `env` clauses want of a name, once it was asked.
    wanted_variables: FxHashMap<String, Rc<[ClauseId]>>,
    /// The bindings that import items make.
    import_bindings: FxHashMap<(u32, u32), BindingId>,
}

/// The clauses that look for a path.
struct Wanted {
    calls: Vec<ClauseId>,
    keys: Vec<ClauseId>,
    references: Vec<ClauseId>,
}

/// All places of a file that some clause looks for.
pub(super) fn places(index: &Index, resolver: &mut Resolver<'_, '_>) -> Vec<Place> {
    let bindings = resolver.facts.bindings.iter().enumerate();
    let import_bindings = bindings
        .filter_map(|(number, binding)| match binding.kind {
            BindingKind::Import { import, item } => Some(((import, item), BindingId(number as u32))),
            _ => None,
        })
        .collect();
    let mut collector = Collector {
        index,
        resolver,
        places: Vec::new(),
        wanted: FxHashMap::default(),
        wanted_variables: FxHashMap::default(),
        import_bindings,
    };
    collector.imports();
    collector.expressions();
    collector.stores();
    collector.bindings();
    collector.dependencies();
    collector.places
}

impl Collector<'_, '_, '_, '_> {
    fn place(&mut self, clause: ClauseId, span: Span, scope: ScopeId) -> &mut Place {
        self.places.push(Place {
            clause,
            span,
            scope,
            expr: None,
            binding: None,
            symbol: None,
            name: None,
            value: None,
            call: None,
            partial: false,
            accesses: false,
            leans_on: None,
        });
        let last = self.places.len() - 1;
        &mut self.places[last]
    }

    fn at_expr(&mut self, clause: ClauseId, span: Span, expr: ExprId) -> &mut Place {
        let scope = self.resolver.facts.node(expr).scope;
        let place = self.place(clause, span, scope);
        place.expr = Some(expr);
        place
    }

    fn imports(&mut self) {
        let facts = self.resolver.facts;
        for (number, import) in facts.imports.iter().enumerate() {
            let module = self.resolver.imported_path(&import.module, &ImportedSymbol::Module);
            let whole = |symbol: &ImportedSymbol<'_>| {
                matches!(symbol, ImportedSymbol::Module | ImportedSymbol::Root(_) | ImportedSymbol::All)
            };
            if import.items.iter().all(|item| whole(&item.symbol)) {
                let binding = self.import_bindings.get(&(number as u32, 0)).copied();
                self.import_place(module, import.module_span, import.scope, binding);
            }
            for (position, item) in import.items.iter().enumerate().filter(|(_, item)| !whole(&item.symbol)) {
                let path = self.resolver.imported_path(&import.module, &item.symbol);
                let binding = self.import_bindings.get(&(number as u32, position as u32)).copied();
                self.import_place(path, item.span, import.scope, binding);
            }
        }
    }

    fn import_place(&mut self, path: PathId, span: Span, scope: ScopeId, binding: Option<BindingId>) {
        for clause in self.index.imports.tags(self.resolver.paths.text(path)) {
            let place = self.place(clause, span, scope);
            place.symbol = Some(path);
            place.binding = binding;
        }
    }

    fn expressions(&mut self) {
        let facts = self.resolver.facts;
        for number in 0..facts.exprs.len() {
            let expr = ExprId(number as u32);
            match facts.expr(expr) {
                Expr::Call { .. } => self.call(expr),
                Expr::Name(_) => self.reference(expr),
                Expr::Member { object, property, property_span } => {
                    self.reference(expr);
                    self.module_member(expr);
                    self.member(*object, expr, property, *property_span);
                    self.variable(property, *property_span, expr);
                }
                Expr::Index { object, index } => {
                    if let Some(name) = facts.constant_text(*index) {
                        self.member(*object, expr, &name, facts.node(*index).span);
                    }
                }
                Expr::Text(pieces) => {
                    self.text(expr, &values::joined(pieces), pieces);
                    if let ([Piece::Constant { text, span }], false) = (pieces.as_slice(), self.is_exported(expr)) {
                        self.variable(text, *span, expr);
                    }
                }
                Expr::Pattern(pattern) => self.text(expr, pattern, &[]),
                Expr::Object(entries) => {
                    for (name, span, value) in values::named_keys(entries) {
                        self.key(name, span, expr, value);
                        self.variable(name, span, expr);
                    }
                }
                _ => {}
            }
        }
    }

    fn call(&mut self, call: ExprId) {
        let facts = self.resolver.facts;
        let Expr::Call { callee, arguments } = facts.expr(call) else { return };
        let callee = *callee;
        for Called { symbol, partial, chained } in self.resolver.called_symbols(call) {
            let wanted = self.wanted(symbol);
            let span = self.callee_span(callee);
            for &clause in wanted.calls.iter().filter(|_| !chained) {
                let place = self.at_expr(clause, span, callee);
                place.symbol = Some(symbol);
                place.call = Some(call);
                place.partial = partial;
            }
            for &clause in &wanted.keys {
                self.keys_of(clause, call, partial, symbol);
            }
        }
        for argument in arguments {
            if let ArgumentKind::Named { name, span } = argument.kind {
                self.key(name, span, call, argument.value);
                self.variable(name, span, call);
            }
        }
        if let (Expr::Member { property: "setdefault", .. }, [name, value, ..]) =
            (facts.expr(callee), arguments.as_slice())
            && let Some(text) = facts.constant_text(name.value)
        {
            self.key(&text, facts.node(name.value).span, call, value.value);
        }
        self.member_by_call(call, callee);
        self.joined_list(call, callee);
    }

    /// `"/".join([…])`, `[…].join("/")`: the items are one text.
    fn joined_list(&mut self, call: ExprId, callee: ExprId) {
        let facts = self.resolver.facts;
        let Expr::Call { arguments, .. } = facts.expr(call) else { return };
        let (Expr::Member { object, property: "join", .. }, [argument]) = (facts.expr(callee), arguments.as_slice())
        else {
            return;
        };
        let (items, separator) = match (facts.expr(*object), facts.expr(argument.value)) {
            (Expr::List(items), Expr::Text(_)) => (items, argument.value),
            (Expr::Text(_), Expr::List(items)) => (items, *object),
            _ => return,
        };
        let Some(between) = facts.constant_text(separator).filter(|text| !text.contains(char::is_whitespace)) else {
            return;
        };
        let between = Piece::Constant { text: between, span: facts.node(separator).span };
        let mut pieces = Vec::with_capacity(items.len() * 2);
        for &item in items {
            match facts.expr(item) {
                Expr::Text(own) => pieces.extend(own.iter().cloned()),
                _ => pieces.push(Piece::Hole(item)),
            }
            pieces.push(between.clone());
        }
        pieces.pop();
        self.text(call, &values::joined(&pieces), &pieces);
    }

    /// The clauses that look for `symbol`. A module that is called is its default export.
    fn wanted(&mut self, symbol: PathId) -> Rc<Wanted> {
        if let Some(wanted) = self.wanted.get(&symbol) {
            return wanted.clone();
        }
        let text = self.resolver.paths.text(symbol);
        let mut calls = self.index.calls.tags(text);
        let mut keys = self.index.keys_of.tags(text);
        if calls.is_empty() && keys.is_empty() {
            let default = format!("{text}.default");
            calls = self.index.calls.tags(&default);
            keys = self.index.keys_of.tags(&default);
        }
        let wanted = Rc::new(Wanted { calls, keys, references: self.index.references.tags(text) });
        self.wanted.insert(symbol, wanted.clone());
        wanted
    }

    /// A chain over several lines is called where its last name stands.
    fn callee_span(&self, callee: ExprId) -> Span {
        let facts = self.resolver.facts;
        let span = facts.node(callee).span;
        match facts.expr(callee) {
            Expr::Member { object, property_span, .. }
                if !matches!(facts.expr(*object), Expr::Name(_) | Expr::Member { .. }) =>
            {
                *property_span
            }
            _ => span,
        }
    }

    fn keys_of(&mut self, clause: ClauseId, call: ExprId, partial: bool, symbol: PathId) {
        let arguments = self.resolver.arguments_of(call, partial);
        let keys = self.index.clauses[clause as usize].clause.key.clone().unwrap_or_default();
        for named in arguments.named.iter().filter(|named| keys.contains(&named.name)) {
            let place = self.at_expr(clause, named.span, named.holder);
            place.symbol = Some(symbol);
            place.name = Some(named.name.clone());
            place.value = Some(named.value);
            place.call = Some(call);
        }
        for key in keys.iter().filter(|key| is_position(key)) {
            let position: usize = key.parse().unwrap_or(usize::MAX);
            let Some(&value) = arguments.positional.get(position) else { continue };
            let span = self.resolver.facts.node(value).span;
            let place = self.at_expr(clause, span, value);
            place.symbol = Some(symbol);
            place.value = Some(value);
            place.call = Some(call);
        }
    }

    fn key(&mut self, name: &str, span: Span, holder: ExprId, value: ExprId) {
        for &clause in self.index.keys.get(name).into_iter().flatten() {
            let place = self.at_expr(clause, span, holder);
            place.name = Some(name.to_owned());
            place.value = Some(value);
        }
    }

    /// A symbol that is used, not called or imported: where it is named itself, not where a variable holds it.
    fn reference(&mut self, expr: ExprId) {
        if self.index.references.is_empty() || !self.names_symbol(expr) {
            return;
        }
        let facts = self.resolver.facts;
        for symbol in self.resolver.symbols(expr) {
            for &clause in &self.wanted(symbol).references {
                let role = self.role(expr);
                let roles = &self.index.clauses[clause as usize].clause.roles;
                if roles.as_ref().is_none_or(|roles| roles.contains(&role)) {
                    let span = facts.node(expr).span;
                    self.at_expr(clause, span, expr).symbol = Some(symbol);
                }
            }
        }
    }

    fn names_symbol(&self, expr: ExprId) -> bool {
        let facts = self.resolver.facts;
        if let Some(parent) = facts.node(expr).parent {
            match facts.expr(parent) {
                Expr::Call { callee, .. } if *callee == expr => return false,
                // `Symbol.member` names the symbol too, unless it is called: then it is that member that matters.
                Expr::Member { object, .. } if *object == expr => {
                    let is_called = facts
                        .node(parent)
                        .parent
                        .is_some_and(|call| matches!(facts.expr(call), Expr::Call { callee, .. } if *callee == parent));
                    if is_called {
                        return false;
                    }
                }
                _ => {}
            }
        }
        match facts.expr(expr) {
            Expr::Name(name) => self.resolver.bindings_of(name, expr).into_iter().any(|id| {
                let binding = &facts.bindings[id.index()];
                match &binding.kind {
                    BindingKind::Import { .. } => true,
                    BindingKind::Element { of, path, .. } => {
                        !path.contains(&Step::Each) && matches!(facts.expr(*of), Expr::Module(_) | Expr::Name(_))
                    }
                    _ => false,
                }
            }),
            _ => true,
        }
    }

    fn role(&mut self, expr: ExprId) -> Role {
        let facts = self.resolver.facts;
        match facts.node(expr).usage {
            Usage::Annotation => return Role::Annotation,
            Usage::Base => return Role::Base,
            Usage::Value => {}
        }
        let mut at = expr;
        while let Some(parent) = facts.node(at).parent {
            match facts.expr(parent) {
                Expr::Operation { operator: Operator::InstanceOf | Operator::Equality, .. } => return Role::Check,
                Expr::Call { callee, .. } => {
                    let checks = matches!(facts.expr(*callee), Expr::Name("isinstance" | "issubclass"));
                    return if checks { Role::Check } else { Role::Value };
                }
                Expr::List(_) => at = parent,
                _ => return Role::Value,
            }
        }
        Role::Value
    }

    /// `require("m").X` brings `X` in.
    fn module_member(&mut self, expr: ExprId) {
        let facts = self.resolver.facts;
        let Expr::Member { object, property_span, .. } = facts.expr(expr) else { return };
        if matches!(facts.expr(*object), Expr::Module(_)) {
            let scope = facts.node(expr).scope;
            for path in self.resolver.symbols(expr) {
                self.import_place(path, *property_span, scope, None);
            }
        }
    }

    /// A property or element `name` that is read from `object`.
    fn member(&mut self, object: ExprId, expr: ExprId, name: &str, span: Span) {
        for &clause in self.index.members.get(name).into_iter().flatten() {
            let on = self.index.clauses[clause as usize].on.as_ref();
            let is_on = on.is_none_or(|on| {
                let symbols = self.resolver.symbols(object);
                symbols.into_iter().any(|path| on.contains(self.resolver.paths.text(path)))
            });
            if is_on {
                self.at_expr(clause, span, expr).name = Some(name.to_owned());
            }
        }
    }

    /// `x.get("name")`, `getattr(x, "name")`, `"name" in x`-like reads by method.
    fn member_by_call(&mut self, call: ExprId, callee: ExprId) {
        let facts = self.resolver.facts;
        let Expr::Call { arguments, .. } = facts.expr(call) else { return };
        let (object, argument) = match (facts.expr(callee), arguments.as_slice()) {
            (Expr::Member { object, property: "get" | "pop", .. }, [argument, ..]) => (*object, argument),
            (Expr::Name("getattr" | "hasattr"), [object, argument, ..]) => (object.value, argument),
            _ => return,
        };
        if let Some(name) = facts.constant_text(argument.value) {
            self.member(object, call, &name, facts.node(argument.value).span);
        }
    }

    /// A text at `expr` that is made of `pieces`.
    fn text(&mut self, expr: ExprId, text: &str, pieces: &[Piece<'_>]) {
        let matched: Vec<usize> = self.index.text_set.matches(text.as_bytes()).into_iter().collect();
        if matched.is_empty() || self.is_prose(expr) {
            return;
        }
        for number in matched {
            let wanted = &self.index.texts[number];
            let Some(found) = wanted.regex.find(text) else { continue };
            let with = piece_with(pieces, wanted.literals()).or_else(|| piece_at(pieces, found));
            let span = with.unwrap_or(self.resolver.facts.node(expr).span);
            self.at_expr(wanted.clause, span, expr);
        }
    }

    /// True for an item of `__all__`, which names names.
    fn is_exported(&self, expr: ExprId) -> bool {
        let facts = self.resolver.facts;
        let list = facts.node(expr).parent.filter(|&list| matches!(facts.expr(list), Expr::List(_)));
        list.is_some_and(|list| {
            let mut named = facts.bindings.iter().filter(|binding| binding.name == "__all__");
            named.any(|binding| matches!(binding.kind, BindingKind::Value(value) if value == list))
        })
    }

    /// True for a string that is given to something that shows it to people.
    fn is_prose(&self, expr: ExprId) -> bool {
        let key = self.resolver.key_of(expr);
        key.is_some_and(|key| PROSE_KEYS.contains(&key))
    }
}

/// True for text that can be the name of a variable or a dotted setting.
fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-'))
}

/// The first piece of a text that holds one of the literals.
fn piece_with(pieces: &[Piece<'_>], literals: &[String]) -> Option<Span> {
    pieces.iter().find_map(|piece| match piece {
        Piece::Constant { text, span } if literals.iter().any(|one| text.contains(one.as_str())) => Some(*span),
        _ => None,
    })
}

/// The piece of a text that holds most of a range of its joined text.
fn piece_at(pieces: &[Piece<'_>], range: std::ops::Range<usize>) -> Option<Span> {
    let mut offset = 0;
    let mut best: Option<(usize, Span)> = None;
    for piece in pieces {
        let length = match piece {
            Piece::Constant { text, .. } => text.len(),
            Piece::Hole(_) => values::HOLE.len(),
        };
        if let Piece::Constant { span, .. } = piece {
            let shared = range.end.min(offset + length).saturating_sub(range.start.max(offset));
            if shared > best.map_or(0, |(most, _)| most) {
                best = Some((shared, *span));
            }
        }
        offset += length;
    }
    best.map(|(_, span)| span)
}
