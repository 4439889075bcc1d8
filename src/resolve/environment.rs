//! Where settings come from: which environment variables are read, and under which names settings classes read theirs.

use std::rc::Rc;

use super::{Resolver, Value};
use crate::facts::{ArgumentKind, BindingKind, ClassId, Expr, ExprId, Key};

impl Resolver<'_, '_> {
    /// The environment variable that `call` reads, sets or removes.
    pub(super) fn environment_read(&mut self, call: ExprId) -> Option<Rc<str>> {
        let facts = self.facts;
        let Expr::Call { callee, arguments } = facts.expr(call) else { return None };
        let first = arguments.first().filter(|first| !matches!(first.kind, ArgumentKind::SpreadNamed))?;
        let name = facts.constant_text(first.value)?;
        let callees = self.symbols(*callee);
        let is_reader = |path| self.environment.readers.contains(&self.paths.text(path));
        let reads = callees.into_iter().any(is_reader) || self.is_container_method(*callee);
        reads.then(|| Rc::from(&*name))
    }

    /// True for `environ.get` and the like, where the container's member would otherwise read as a variable.
    fn is_container_method(&mut self, callee: ExprId) -> bool {
        let facts = self.facts;
        let Expr::Member { object, property, .. } = facts.expr(callee) else { return false };
        matches!(*property, "get" | "setdefault" | "pop" | "has" | "require") && self.is_environment(*object)
    }

    /// The name under which settings classes read the field `field` of `class`: upper-cased, after the prefix that the
    /// class configures. `None` for other classes.
    pub fn settings_variable(&mut self, class: ClassId, field: &str) -> Option<String> {
        let settings = self.environment.settings;
        let is_settings = !settings.is_empty() && self.has_base(class, settings, &mut Vec::new());
        is_settings.then(|| {
            let prefix = self.settings_prefix(class, &mut Vec::new()).unwrap_or_default();
            format!("{prefix}{field}").to_uppercase()
        })
    }

    fn has_base(&mut self, class: ClassId, names: &[&str], seen: &mut Vec<ClassId>) -> bool {
        if seen.contains(&class) {
            return false;
        }
        seen.push(class);
        let facts = self.facts;
        facts.classes[class.index()].bases.iter().any(|&base| {
            self.values(base).iter().any(|value| match value {
                Value::Path(path) => names.contains(&self.paths.text(*path)),
                Value::Class(base) => self.has_base(*base, names, seen),
                _ => false,
            })
        })
    }

    /// `model_config = SettingsConfigDict(env_prefix="X_")`, `class Config: env_prefix = "X_"`, the class keyword, or what
    /// a base class of the file says.
    fn settings_prefix(&mut self, class: ClassId, seen: &mut Vec<ClassId>) -> Option<String> {
        if seen.contains(&class) {
            return None;
        }
        seen.push(class);
        let facts = self.facts;
        if let Some((_, prefix)) = facts.classes[class.index()].options.iter().find(|(name, _)| *name == "env_prefix") {
            return facts.constant_text(*prefix).map(Into::into);
        }
        let scope = facts.classes[class.index()].scope;
        for &id in &self.scopes.in_scope(scope, "model_config").to_vec() {
            let BindingKind::Value(value) = facts.bindings[id.index()].kind else { continue };
            let prefix = match facts.expr(value) {
                Expr::Call { arguments, .. } => arguments.iter().find_map(|argument| match argument.kind {
                    ArgumentKind::Named { name: "env_prefix", .. } => Some(argument.value),
                    _ => None,
                }),
                Expr::Object(entries) => entries.iter().find_map(|entry| match &entry.key {
                    Key::Named { name, .. } if name == "env_prefix" => Some(entry.value),
                    _ => None,
                }),
                _ => None,
            };
            if let Some(prefix) = prefix {
                return facts.constant_text(prefix).map(Into::into);
            }
        }
        for &id in &self.scopes.in_scope(scope, "Config").to_vec() {
            let BindingKind::Class(config) = facts.bindings[id.index()].kind else { continue };
            let inner = facts.classes[config.index()].scope;
            for &id in self.scopes.in_scope(inner, "env_prefix") {
                if let BindingKind::Value(value) = facts.bindings[id.index()].kind {
                    return facts.constant_text(value).map(Into::into);
                }
            }
        }
        let bases = facts.classes[class.index()].bases.iter();
        let bases: Vec<Value> = bases.flat_map(|&base| self.values(base).to_vec()).collect();
        bases.into_iter().find_map(|base| match base {
            Value::Class(base) => self.settings_prefix(base, seen),
            _ => None,
        })
    }
}
