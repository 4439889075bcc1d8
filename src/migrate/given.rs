//! What a call is given, with the places where it stands: arguments, entries of an options object that is written in the
//! call or elsewhere in the file, and what is stored into such an object later. A call that is given something the
//! file does not show cannot be changed, and neither can an object that others use too.

use rustc_hash::FxHashSet;

use super::{file::File, items::Items, values::Source};
use crate::facts::{ArgumentKind, BindingId, BindingKind, Expr, ExprId, Key, Span};

/// A value that a call is given under a name.
#[derive(Debug, Clone)]
pub(super) struct Given {
    /// The name.
    pub(super) name: String,
    /// Where the name is written; none for an argument by position.
    pub(super) key: Option<Span>,
    /// The value.
    pub(super) value: Source,
    /// Where it stands.
    pub(super) holder: Holder,
}

impl Given {
    /// True for `{ name }`, where name and value are one.
    pub(super) fn is_shorthand(&self) -> bool {
        self.key == Some(self.value.span)
    }
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Holder {
    /// An item of a call or an object.
    Item {
        /// The call or object.
        list: ExprId,
        /// Which item.
        item: usize,
    },
    /// A store into an object, as a position among the stores of the file.
    Store(usize),
}

/// All that a call is given.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// The values with names.
    pub(super) given: Vec<Given>,
    /// Where more can be added: the call, or its options object; none where it has no object yet.
    pub(super) list: Option<ExprId>,
    /// Names that hold options objects.
    pub(super) shares: Vec<BindingId>,
    /// The options are one of several objects.
    pub(super) is_split: bool,
    /// Some of them are spread into the object.
    pub(super) is_spread: bool,
}

/// What is in the way, as a sentence.
pub(super) type Obstacle = String;

impl File<'_, '_, '_> {
    /// What `call` is given. Positional arguments get the names in `positional`.
    pub(super) fn gather(&mut self, call: ExprId, partial: bool, positional: &[String]) -> Result<Gathered, Obstacle> {
        let facts = self.facts;
        let Expr::Call { arguments, .. } = facts.expr(call) else { return Ok(Gathered::default()) };
        let by_object = self.writing.names_by_object();
        let mut gathered = Gathered { list: (!by_object).then_some(call), ..Gathered::default() };
        for (item, argument) in arguments.iter().enumerate().skip(usize::from(partial)) {
            let position = item - usize::from(partial);
            let value = Source { expr: argument.value, span: self.argument_value(argument) };
            match argument.kind {
                ArgumentKind::Named { name, span } => gathered.given.push(Given {
                    name: name.to_owned(),
                    key: Some(span),
                    value,
                    holder: Holder::Item { list: call, item },
                }),
                ArgumentKind::Positional if positional.get(position).is_some_and(|name| name == "...") => {
                    self.gather_object(argument.value, call, &mut gathered)?;
                }
                ArgumentKind::Positional if position < positional.len() => gathered.given.push(Given {
                    name: positional[position].clone(),
                    key: None,
                    value,
                    holder: Holder::Item { list: call, item },
                }),
                ArgumentKind::Positional if by_object => self.gather_object(argument.value, call, &mut gathered)?,
                ArgumentKind::Positional => {
                    return Err("an argument is given by position, which no rule knows the meaning of".to_owned());
                }
                ArgumentKind::SpreadNamed => self.gather_object(argument.value, call, &mut gathered)?,
                ArgumentKind::SpreadPositional => {
                    return Err("arguments are spread that the file does not show".to_owned());
                }
            }
        }
        Ok(gathered)
    }

    /// The entries of the object that `expr` is.
    fn gather_object(&mut self, expr: ExprId, user: ExprId, gathered: &mut Gathered) -> Result<(), Obstacle> {
        let facts = self.facts;
        match facts.expr(expr) {
            Expr::Object(entries) => {
                gathered.list.get_or_insert(expr);
                for (item, entry) in entries.iter().enumerate() {
                    match &entry.key {
                        Key::Named { name, span } => gathered.given.push(Given {
                            name: name.clone().into_owned(),
                            key: Some(*span),
                            value: Source { expr: entry.value, span: self.entry_value(entry) },
                            holder: Holder::Item { list: expr, item },
                        }),
                        Key::Spread => {
                            gathered.is_spread = true;
                            self.gather_object(entry.value, user, gathered)?;
                        }
                        Key::Computed(_) => return Err("an option has a computed name".to_owned()),
                    }
                }
                Ok(())
            }
            Expr::Choice { alternatives, .. } => {
                let objects = alternatives.iter().filter(|&&one| matches!(facts.expr(one), Expr::Object(_)));
                gathered.is_split |= objects.count() > 1;
                alternatives.iter().try_for_each(|&one| self.gather_object(one, user, gathered))
            }
            Expr::Name(name) => self.gather_named(name, expr, user, gathered),
            Expr::Call { callee, arguments } if self.symbols(*callee).iter().any(|path| path == "global:dict") => {
                gathered.list.get_or_insert(expr);
                for (item, argument) in arguments.iter().enumerate() {
                    let ArgumentKind::Named { name, span } = argument.kind else {
                        return Err("options are copied from an object".to_owned());
                    };
                    let value = Source { expr: argument.value, span: self.argument_value(argument) };
                    let holder = Holder::Item { list: expr, item };
                    gathered.given.push(Given { name: name.to_owned(), key: Some(span), value, holder });
                }
                Ok(())
            }
            // A condition that spreads nothing where it does not hold.
            Expr::Constant(_) => Ok(()),
            _ => Err("options are passed that the file does not show".to_owned()),
        }
    }

    /// The entries of an object by name: what the name was given, and what was stored into it.
    fn gather_named(
        &mut self,
        name: &str,
        place: ExprId,
        user: ExprId,
        gathered: &mut Gathered,
    ) -> Result<(), Obstacle> {
        let facts = self.facts;
        let bindings = self.resolver.bindings_of(name, place);
        if bindings.is_empty() {
            return Err(format!("the options `{name}` come from outside the file"));
        }
        for &id in &bindings {
            if gathered.shares.contains(&id) {
                continue;
            }
            match facts.bindings[id.index()].kind {
                BindingKind::Value(value) => {
                    self.used_by_clients_only(id, user)?;
                    gathered.shares.push(id);
                    self.gather_object(value, user, gathered)?;
                }
                _ => return Err(format!("the options `{name}` come from outside the function or file")),
            }
        }
        self.gather_stores(name, &bindings, gathered);
        Ok(())
    }

    /// What is stored into an object by its name.
    pub(super) fn gather_stores(&mut self, name: &str, bindings: &[BindingId], gathered: &mut Gathered) {
        let facts = self.facts;
        for (number, store) in facts.stores.iter().enumerate() {
            let (object, key) = match facts.expr(store.target) {
                Expr::Member { object, property, property_span } => (*object, ((*property).to_owned(), *property_span)),
                Expr::Index { object, index } => match facts.constant_text(*index) {
                    Some(key) => (*object, (key.into_owned(), self.span(*index))),
                    None => continue,
                },
                _ => continue,
            };
            let is_it = matches!(facts.expr(object), Expr::Name(other) if *other == name)
                && self.resolver.bindings_of(name, object).iter().any(|binding| bindings.contains(binding));
            if is_it {
                let span = Span { start: self.span(store.value).start.min(store.span.end), end: store.span.end };
                let value = Source { expr: store.value, span: self.store_value(store.target, span) };
                gathered.given.push(Given { name: key.0, key: Some(key.1), value, holder: Holder::Store(number) });
            }
        }
    }

    /// The value of a store as written, without the end of the statement.
    pub(super) fn store_value(&self, target: ExprId, whole: Span) -> Span {
        let behind = self.source(Span { start: self.span(target).end, end: whole.end });
        let sign = behind.find('=').map_or(0, |at| at + 1);
        let start = self.span(target).end as usize + sign;
        let start = self.writing.skip_trivia(self.text, start, whole.end as usize) as u32;
        let text = self.source(Span { start, end: whole.end });
        Span { start, end: start + text.trim_end_matches([';', ' ', '\n', '\r']).len() as u32 }
    }

    /// Every use of an options object must be one that changes with it.
    fn used_by_clients_only(&mut self, binding: BindingId, user: ExprId) -> Result<(), Obstacle> {
        let facts = self.facts;
        let name = facts.bindings[binding.index()].name;
        if self.leaves_by_name(binding) {
            return Err(format!("other files use the options `{name}` too"));
        }
        let mut clients: FxHashSet<ExprId> = self.places.iter().filter_map(|place| place.call).collect();
        clients.insert(user);
        for used in self.uses_of(binding) {
            let Some(parent) = self.parent(used) else {
                return Err(self.used_elsewhere(name, used));
            };
            let fits = match facts.expr(parent) {
                Expr::Call { arguments, .. } => {
                    clients.contains(&parent) && arguments.iter().any(|argument| argument.value == used)
                }
                Expr::Object(entries) => entries.iter().any(|entry| entry.key_is_spread() && entry.value == used),
                Expr::Member { object, .. } | Expr::Index { object, .. } => {
                    *object == used && facts.stores.iter().any(|store| store.target == parent)
                }
                _ => false,
            };
            if !fits {
                return Err(self.used_elsewhere(name, used));
            }
        }
        Ok(())
    }

    fn used_elsewhere(&self, name: &str, used: ExprId) -> Obstacle {
        format!("the options `{name}` are also used on line {}", self.line(self.span(used).start))
    }

    /// The entries of an object literal (or the arguments of a call that makes an object).
    pub(super) fn gather_entries(&mut self, object: ExprId) -> Result<Gathered, Obstacle> {
        let mut gathered = Gathered::default();
        match self.facts.expr(object) {
            Expr::Call { .. } => gathered = self.gather(object, false, &[])?,
            _ => self.gather_object(object, object, &mut gathered)?,
        }
        gathered.list = Some(object);
        Ok(gathered)
    }

    /// The items of a call or object, for changing them. `None` for a call without parentheses.
    pub(super) fn items(&self, list: ExprId) -> Option<Items<'_>> {
        let span = self.span(list);
        let (inside, items) = match self.facts.expr(list) {
            Expr::Object(entries) => {
                let items = entries.iter().map(|entry| entry.span).collect();
                (Span { start: span.start + 1, end: span.end - 1 }, items)
            }
            Expr::Call { callee, arguments } => {
                let callee = self.span(*callee).end;
                let open = self.source(Span { start: callee, end: span.end }).find('(')?;
                let items = arguments.iter().map(|argument| argument.span).collect();
                (Span { start: callee + open as u32 + 1, end: span.end - 1 }, items)
            }
            _ => return None,
        };
        Some(Items { text: self.text, writing: &self.writing, inside, spans: items })
    }
}
