//! What calls give.

use super::{
    Resolver, Value, objects,
    paths::{Origin, PathId, Paths},
};
use crate::facts::{ArgumentKind, Expr, ExprId, FunctionId};

/// Functions of the languages' own libraries that give one of their arguments, with its position.
const IDENTITIES: &[(&str, usize)] = &[
    ("contextlib.closing", 0),
    ("contextlib.aclosing", 0),
    ("contextlib.nullcontext", 0),
    ("contextlib.ExitStack().enter_context", 0),
    ("contextlib.AsyncExitStack().enter_context", 0),
    ("contextlib.AsyncExitStack().enter_async_context", 0),
    ("asyncio.run", 0),
    ("asyncio.wait_for", 0),
    ("asyncio.shield", 0),
    ("global:Promise.resolve", 0),
    ("global:Promise.all", 0),
];

/// Functions whose first argument is the type of their result.
const CASTS: &[&str] = &["typing.cast", "typing_extensions.cast"];

/// Helpers through which compilers load a module.
const MODULE_HELPERS: &[&str] =
    &["__importDefault", "__importStar", "__toESM", "_interopRequireDefault", "_interopRequireWildcard"];

impl Resolver<'_, '_> {
    pub(super) fn call_values(&mut self, call: ExprId, callee: ExprId) -> Vec<Value> {
        if let Some(variable) = self.environment_read(call) {
            return vec![Value::Environment(variable)];
        }
        if let Some(values) = self.looked_up(call, callee).or_else(|| self.loaded(call, callee)) {
            return values;
        }
        let callees = self.values(callee).to_vec();
        self.results_of(&callees, call)
    }

    /// `getattr(object, "name")`, `object.get("name")` of an object literal, and what a promise becomes by
    /// `promise.then(function)`.
    fn looked_up(&mut self, call: ExprId, callee: ExprId) -> Option<Vec<Value>> {
        let facts = self.facts;
        let Expr::Call { arguments, .. } = facts.expr(call) else { return None };
        match (facts.expr(callee), arguments.as_slice()) {
            (Expr::Name("getattr"), [object, name, ..]) => {
                let name = facts.constant_text(name.value)?;
                Some(self.part_values(object.value, &name))
            }
            (Expr::Member { property: "then", .. }, [first, ..]) => match facts.expr(first.value) {
                Expr::Function(function) => Some(self.function_results(*function)),
                _ => None,
            },
            (Expr::Member { object, property: "get", .. }, [name, ..]) => {
                let name = facts.constant_text(name.value)?;
                let values = self.values(*object);
                let literal = values.iter().any(|value| {
                    matches!(value, Value::Literal(literal)
                        if matches!(facts.expr(*literal), Expr::Object(_) | Expr::Call { .. }))
                });
                literal.then(|| self.part_values(*object, &name))
            }
            _ => None,
        }
    }

    /// A module that is loaded through a compiler's helper.
    fn loaded(&mut self, call: ExprId, callee: ExprId) -> Option<Vec<Value>> {
        let facts = self.facts;
        let Expr::Call { arguments, .. } = facts.expr(call) else { return None };
        let (Expr::Name(name) | Expr::Member { property: name, .. }) = facts.expr(callee) else { return None };
        let first = arguments.first().filter(|_| MODULE_HELPERS.contains(name))?;
        Some(self.values(first.value).to_vec())
    }

    /// What calling one of `callees` gives.
    pub(super) fn results_of(&mut self, callees: &[Value], call: ExprId) -> Vec<Value> {
        let mut results = Vec::new();
        for callee in callees {
            match callee {
                Value::Path(path) => results.extend(self.path_results(*path, call)),
                Value::Function(function) => results.extend(self.function_results(*function)),
                Value::Class(class) => results.push(Value::Instance(*class)),
                _ => results.push(Value::Path(Paths::UNKNOWN)),
            }
        }
        results
    }

    fn path_results(&mut self, path: PathId, call: ExprId) -> Vec<Value> {
        let text = self.paths.text(path);
        if objects::makes_object(text) {
            return vec![Value::Literal(call)];
        }
        if objects::is_partial(text) {
            return self.partial_target(call).map(|target| self.values(target).to_vec()).unwrap_or_default();
        }
        if objects::is_enter(text) {
            let inner = text.rsplit_once('.').map(|(inner, _)| inner.to_owned()).unwrap_or_default();
            let (origin, root) = (self.paths.origin(path), self.paths.parts(path).map_or(0, |(root, _)| root.len()));
            return vec![Value::Path(self.paths.follow(&inner, root, origin))];
        }
        if let Some(values) = self.passed_on(path, call) {
            return values;
        }
        let result = self.paths.call_from(path, Origin::Call(call));
        self.reach(result)
    }

    /// What functions give that make nothing new: an argument, or what an argument makes.
    fn passed_on(&mut self, path: PathId, call: ExprId) -> Option<Vec<Value>> {
        let facts = self.facts;
        let Expr::Call { arguments, .. } = facts.expr(call) else { return None };
        let text = self.paths.text(path);
        if CASTS.contains(&text) {
            return arguments.first().map(|first| self.instances_of(first.value));
        }
        if let Some((_, position)) = IDENTITIES.iter().find(|(name, _)| *name == text) {
            return arguments.get(*position).map(|argument| self.values(argument.value).to_vec());
        }
        if text == "asyncio.gather" {
            return Some(vec![Value::Literal(call)]);
        }
        let factory = arguments
            .iter()
            .find(|argument| matches!(argument.kind, ArgumentKind::Named { name: "default_factory", .. }))?;
        let factories = self.values(factory.value).to_vec();
        Some(self.results_of(&factories, factory.value))
    }

    /// What a function of the file returns, and what its declared type says.
    pub(super) fn function_results(&mut self, function: FunctionId) -> Vec<Value> {
        let facts = self.facts;
        let function = &facts.functions[function.index()];
        let mut values = self.all_values(&function.returns);
        values.extend(function.returns_type.into_iter().flat_map(|declared| self.instances_of(declared)));
        values
    }
}
