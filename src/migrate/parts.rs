//! The parts of a request that is made without an SDK: where a call is given each, and what the file shows of the
//! objects that they are. An object that anything but requests uses is not opened, so that a change of its entries is
//! a change of requests only.

use rustc_hash::FxHashSet;

use super::{
    file::File,
    given::{Gathered, Given, Holder, Obstacle},
    values::Source,
};
use crate::{
    facts::{ArgumentKind, BindingId, BindingKind, Expr, ExprId, FunctionId, Key, Span},
    resolve::Value,
    rules::matching::Place,
};

/// How far objects are followed.
const MAX_DEPTH: usize = 20;
/// Members whose call only tells somebody about a value.
const TELLERS: &[&str] =
    &["critical", "debug", "error", "exception", "info", "log", "print", "trace", "warn", "warning"];

/// An object as far as the file shows it.
#[derive(Debug, Default)]
pub(super) struct Opened {
    /// The outermost object literal (or call that makes an object).
    pub(super) object: Option<ExprId>,
    /// The entries, also those that are spread or stored into it.
    pub(super) entries: Vec<Given>,
    /// Names that hold it or parts of it.
    pub(super) shares: Vec<BindingId>,
    /// Where entries come from that the file does not show.
    pub(super) unseen: Vec<Span>,
}

impl Opened {
    /// The entries with a name; case does not count.
    pub(super) fn named(&self, name: &str) -> Vec<Given> {
        self.entries.iter().filter(|entry| entry.name.eq_ignore_ascii_case(name)).cloned().collect()
    }
}

impl<'x> File<'x, '_, '_> {
    /// The places of requests, each with its call.
    pub(super) fn requests(&self) -> impl Iterator<Item = (&'x Place, ExprId)> {
        let index = self.index;
        self.places.iter().filter_map(move |place| {
            let rule = index.clauses[place.clause as usize].rule;
            let is_request = index.rules[rule].file.fix.rewrite.iter().any(|rewrite| rewrite.request.is_some());
            let call = place.call.filter(|_| place.name.is_none() && place.value.is_none());
            call.filter(|_| is_request).map(|call| (place, call))
        })
    }

    /// The first of the places in a call at which something is given: `2`, `headers`, `1.headers`.
    pub(super) fn part(
        &mut self,
        call: ExprId,
        places: &[String],
        shares: &mut Vec<BindingId>,
    ) -> Result<Option<Given>, Obstacle> {
        for place in places {
            let found = match place.split_once('.') {
                None => self.argument(call, place),
                Some((argument, entry)) => match self.argument(call, argument) {
                    Some(options) => self.option(&options, entry, shares)?,
                    None => None,
                },
            };
            if found.as_ref().is_some_and(|given| !self.is_none(given.value.expr)) {
                return Ok(found);
            }
        }
        let Expr::Call { arguments, .. } = self.facts.expr(call) else { return Ok(None) };
        let is_spread =
            |kind: ArgumentKind<'_>| matches!(kind, ArgumentKind::SpreadNamed | ArgumentKind::SpreadPositional);
        if arguments.iter().any(|argument| is_spread(argument.kind)) {
            return Err("arguments of the request are spread, and may hold more than the file shows".to_owned());
        }
        Ok(None)
    }

    /// The argument with a name or position.
    fn argument(&self, call: ExprId, place: &str) -> Option<Given> {
        let Expr::Call { arguments, .. } = self.facts.expr(call) else { return None };
        let position: Option<usize> = place.parse().ok();
        let (item, argument) = arguments.iter().enumerate().find(|(item, argument)| match argument.kind {
            ArgumentKind::Named { name, .. } => name == place,
            ArgumentKind::Positional => {
                let is_known = arguments[..*item].iter().all(|before| before.kind == ArgumentKind::Positional);
                is_known && position == Some(*item)
            }
            ArgumentKind::SpreadNamed | ArgumentKind::SpreadPositional => false,
        })?;
        let key = if let ArgumentKind::Named { span, .. } = argument.kind { Some(span) } else { None };
        let value = Source { expr: argument.value, span: self.argument_value(argument) };
        Some(Given { name: place.to_owned(), key, value, holder: Holder::Item { list: call, item } })
    }

    /// An entry of an options object.
    fn option(&mut self, options: &Given, name: &str, shares: &mut Vec<BindingId>) -> Result<Option<Given>, Obstacle> {
        let opened = self.opened(options.value.expr).map_err(|because| format!("the options: {because}"))?;
        shares.extend(&opened.shares);
        match (opened.named(name).pop(), opened.unseen.is_empty()) {
            (None, false) => Err(format!("the options are put together so that `{name}` does not show")),
            (found, _) => Ok(found),
        }
    }

    /// What the file shows of the object that a value is.
    pub(super) fn opened(&mut self, value: ExprId) -> Result<Opened, Obstacle> {
        let mut opened = Opened::default();
        self.open(value, &mut opened, 0)?;
        Ok(opened)
    }

    fn open(&mut self, value: ExprId, opened: &mut Opened, depth: usize) -> Result<(), Obstacle> {
        let facts = self.facts;
        if depth > MAX_DEPTH {
            return Err("it is put together in too many steps".to_owned());
        }
        match facts.expr(value) {
            Expr::Object(entries) => {
                opened.object.get_or_insert(value);
                for (item, entry) in entries.iter().enumerate() {
                    match &entry.key {
                        Key::Named { name, span } => opened.entries.push(Given {
                            name: name.clone().into_owned(),
                            key: Some(*span),
                            value: Source { expr: entry.value, span: self.entry_value(entry) },
                            holder: Holder::Item { list: value, item },
                        }),
                        Key::Spread => self.open_spread(entry.value, entry.span, opened, depth),
                        Key::Computed(_) => opened.unseen.push(entry.span),
                    }
                }
                Ok(())
            }
            Expr::Name(name) => self.open_named(name, value, opened, depth),
            Expr::Call { callee, .. } => self.open_call(value, *callee, opened, depth),
            _ => Err(format!("`{}` is not written as an object in the file", self.shown_source(value))),
        }
    }

    /// What is spread into an object. Where it does not show, the entries beside it still do.
    fn open_spread(&mut self, value: ExprId, at: Span, opened: &mut Opened, depth: usize) {
        let mut inner = Opened { object: opened.object, shares: opened.shares.clone(), ..Opened::default() };
        if self.open(value, &mut inner, depth + 1).is_err() {
            return opened.unseen.push(at);
        }
        opened.entries.append(&mut inner.entries);
        opened.shares = inner.shares;
        opened.unseen.append(&mut inner.unseen);
    }

    fn open_named(&mut self, name: &str, place: ExprId, opened: &mut Opened, depth: usize) -> Result<(), Obstacle> {
        let (binding, value) = self.own_value(name, place)?;
        if opened.shares.contains(&binding) {
            return Ok(());
        }
        opened.shares.push(binding);
        self.open(value, opened, depth + 1)?;
        let mut stored = Gathered::default();
        self.gather_stores(name, &[binding], &mut stored);
        opened.entries.append(&mut stored.given);
        Ok(())
    }

    /// The only value of a name that nothing but requests uses.
    pub(super) fn own_value(&mut self, name: &str, place: ExprId) -> Result<(BindingId, ExprId), Obstacle> {
        let bindings = self.resolver.bindings_of(name, place);
        let &[binding] = bindings.as_slice() else {
            let what = if bindings.is_empty() { "comes from outside the file" } else { "can have several values" };
            return Err(format!("`{name}` {what}"));
        };
        let BindingKind::Value(value) = self.facts.bindings[binding.index()].kind else {
            return Err(format!("`{name}` comes from outside the function or file"));
        };
        self.used_by_requests_only(name, binding)?;
        Ok((binding, value))
    }

    fn used_by_requests_only(&mut self, name: &str, binding: BindingId) -> Result<(), Obstacle> {
        if self.leaves_by_name(binding) {
            return Err(format!("other files use `{name}` too"));
        }
        let calls: FxHashSet<ExprId> = self.requests().map(|(_, call)| call).collect();
        for used in self.uses_of(binding) {
            if !self.goes_into_request(used, &calls, 0) {
                let line = self.line(self.span(used).start);
                return Err(format!("`{name}` is also used on line {line}, which is not known to be such a request"));
            }
        }
        Ok(())
    }

    /// A call that makes an object: of entries, out of another object, or by a function of the file.
    fn open_call(&mut self, call: ExprId, callee: ExprId, opened: &mut Opened, depth: usize) -> Result<(), Obstacle> {
        let facts = self.facts;
        let Expr::Call { arguments, .. } = facts.expr(call) else { return Ok(()) };
        if let Expr::Member { object, property: "encode", .. } = facts.expr(callee) {
            return self.open(*object, opened, depth + 1);
        }
        let symbols = self.symbols(callee);
        if symbols.iter().any(|symbol| self.writing.encodes(symbol))
            && let Some(first) = arguments.first()
        {
            return self.open(first.value, opened, depth + 1);
        }
        if symbols.iter().any(|symbol| symbol == "global:dict")
            && arguments.iter().all(|argument| matches!(argument.kind, ArgumentKind::Named { .. }))
        {
            opened.object.get_or_insert(call);
            opened.entries.append(&mut self.gather(call, false, &[])?.given);
            return Ok(());
        }
        if let &[Value::Function(function)] = &*self.resolver.values(callee) {
            return self.open_result(function, callee, opened, depth);
        }
        Err(format!("what `{}` gives does not show", self.shown_source(callee)))
    }

    /// The one object that a function of the file returns.
    fn open_result(
        &mut self,
        function: FunctionId,
        callee: ExprId,
        opened: &mut Opened,
        depth: usize,
    ) -> Result<(), Obstacle> {
        let made = &self.facts.functions[function.index()];
        let (Expr::Name(name), [result]) = (self.facts.expr(callee), made.returns.as_slice()) else {
            return Err(format!("what `{}` gives does not show", self.shown_source(callee)));
        };
        let result = *result;
        let &[binding] = self.resolver.bindings_of(name, callee).as_slice() else {
            return Err(format!("`{name}` can be several functions"));
        };
        let calls: FxHashSet<ExprId> = self.requests().map(|(_, call)| call).collect();
        let callers = self.resolver.calls_of(function);
        let is_called_only =
            self.uses_of(binding).iter().all(|used| self.parent(*used).is_some_and(|parent| callers.contains(&parent)));
        let is_sent = callers.into_iter().all(|call| self.goes_into_request(call, &calls, 0));
        if self.leaves_by_name(binding) || !is_called_only || !is_sent {
            return Err(format!("`{name}` is also used where no such request is made"));
        }
        opened.shares.push(binding);
        self.open(result, opened, depth + 1)
    }

    /// True when the value of an expression goes nowhere but into requests (or messages about them).
    fn goes_into_request(&mut self, used: ExprId, calls: &FxHashSet<ExprId>, depth: usize) -> bool {
        let facts = self.facts;
        let mut at = used;
        let mut as_text = false;
        if depth > MAX_DEPTH {
            return false;
        }
        loop {
            let Some(parent) = self.parent(at) else {
                let users = self.resolver.users_of(at);
                let is_stored = facts.stores.iter().any(|store| store.value == at);
                return !users.is_empty()
                    && !as_text
                    && !is_stored
                    && users.into_iter().all(|user| self.goes_into_request(user, calls, depth + 1));
            };
            at = match facts.expr(parent) {
                Expr::Call { callee, .. } if *callee == at => return false,
                Expr::Call { .. } if calls.contains(&parent) => return !as_text,
                Expr::Call { callee, .. } if self.tells(*callee) => return true,
                Expr::Call { callee, .. } => {
                    let symbols = self.symbols(*callee);
                    if !symbols.iter().any(|symbol| self.writing.encodes(symbol)) {
                        return false;
                    }
                    parent
                }
                Expr::Member { property: "encode", .. } => match self.parent(parent) {
                    Some(call) if matches!(facts.expr(call), Expr::Call { callee, .. } if *callee == parent) => call,
                    _ => return false,
                },
                // One entry is read or stored.
                Expr::Member { .. } => {
                    let called = self.parent(parent).map(|outer| facts.expr(outer));
                    return !matches!(called, Some(Expr::Call { callee, .. }) if *callee == parent);
                }
                Expr::Index { object, .. } => return *object == at,
                Expr::Object(_) => parent,
                Expr::Text(_) => {
                    as_text = true;
                    parent
                }
                _ => return false,
            };
        }
    }

    /// True for `print`, `console.log`, `logger.info` and the like.
    fn tells(&self, callee: ExprId) -> bool {
        match self.facts.expr(callee) {
            Expr::Name(name) | Expr::Member { property: name, .. } => TELLERS.contains(name),
            _ => false,
        }
    }

    /// The source of an expression, for a sentence.
    fn shown_source(&self, expr: ExprId) -> String {
        super::deployment::shown(self.source(self.span(expr)))
    }
}
