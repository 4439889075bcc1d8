//! Declared types: what a value is by its annotation.

use super::{MAX_DEPTH, Resolver, Value, paths::Origin};
use crate::facts::{BindingKind, Expr, ExprId};

/// Type constructors whose arguments stand for the type itself.
const TRANSPARENT_TYPES: &[&str] = &[
    "Optional",
    "Union",
    "Annotated",
    "Final",
    "ClassVar",
    "Awaitable",
    "Coroutine",
    "Promise",
    "Partial",
    "Required",
    "Readonly",
    "NonNullable",
    "InstanceType",
    "Ref",
    "MaybeRef",
    "ReturnType",
    "Awaited",
    "Depends",
    "Type",
    "type",
];

impl Resolver<'_, '_> {
    /// Instances of the types that an annotation names.
    pub fn instances_of(&mut self, annotation: ExprId) -> Vec<Value> {
        if self.depth >= MAX_DEPTH || !self.active.insert((annotation, true)) {
            return Vec::new();
        }
        self.depth += 1;
        let instances = self.evaluate_type(annotation);
        self.depth -= 1;
        self.active.remove(&(annotation, true));
        instances
    }

    fn evaluate_type(&mut self, annotation: ExprId) -> Vec<Value> {
        let facts = self.facts;
        match facts.expr(annotation) {
            Expr::Name(name) => match self.aliased(name, annotation) {
                Some(target) => self.instances_of(target),
                None => self.named_instances(annotation),
            },
            Expr::Member { .. } => self.named_instances(annotation),
            Expr::Class(class) => vec![Value::Instance(*class)],
            Expr::Operation { operands, .. } | Expr::List(operands) => {
                operands.iter().flat_map(|&operand| self.instances_of(operand)).collect()
            }
            Expr::Index { object, index } if self.is_transparent_type(*object) => self.instances_of(*index),
            Expr::Index { object, .. } => self.instances_of(*object),
            Expr::Other(parts) => match parts.split_first() {
                Some((&base, arguments)) if self.is_transparent_type(base) => {
                    arguments.iter().flat_map(|&argument| self.instances_of(argument)).collect()
                }
                Some((&base, _)) if matches!(facts.expr(base), Expr::Name(_) | Expr::Member { .. }) => {
                    self.instances_of(base)
                }
                _ => Vec::new(),
            },
            // `Annotated[T, Depends(make)]`.
            Expr::Call { .. } => self.depended_on(annotation).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// What `name` is another name of, as a type.
    fn aliased(&self, name: &str, place: ExprId) -> Option<ExprId> {
        self.bindings_of(name, place).into_iter().find_map(|id| match self.facts.bindings[id.index()].kind {
            BindingKind::Alias(target) => Some(target),
            // `Client = Annotated[T, Depends(make)]`.
            BindingKind::Value(target) => match self.facts.expr(target) {
                Expr::Index { object, .. } if self.is_transparent_type(*object) => Some(target),
                _ => None,
            },
            _ => None,
        })
    }

    fn named_instances(&mut self, annotation: ExprId) -> Vec<Value> {
        let mut instances = Vec::new();
        for value in self.values(annotation).iter() {
            match value {
                Value::Path(path) if !self.paths.is_unknown(*path) => {
                    let instance = self.paths.call_from(*path, Origin::Declared(annotation));
                    instances.extend(self.reach(instance));
                }
                Value::Class(class) => instances.push(Value::Instance(*class)),
                // `ReturnType<typeof f>`.
                Value::Function(function) => instances.extend(self.function_results(*function)),
                _ => {}
            }
        }
        instances
    }

    fn is_transparent_type(&self, expr: ExprId) -> bool {
        matches!(self.facts.expr(expr), Expr::Name(name) | Expr::Member { property: name, .. }
            if TRANSPARENT_TYPES.contains(name))
    }
}
