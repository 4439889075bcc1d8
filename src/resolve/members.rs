//! Members and elements of values: of symbols, literals, and classes of the file with what is stored on their instances.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{
    Resolver, Value,
    paths::{Origin, PathId, Paths},
    scopes,
};
use crate::facts::{BindingId, BindingKind, ClassId, Expr, ExprId, Usage};

impl<'f> Resolver<'f, '_> {
    pub(super) fn part_values(&mut self, object: ExprId, name: &str) -> Vec<Value> {
        let mut values: Vec<Value> = Vec::new();
        for value in self.values(object).iter() {
            values.extend(self.part_of(value, name));
        }
        values.extend(self.stored_values(object, name));
        values
    }

    pub(super) fn element_values(&mut self, object: ExprId, index: ExprId) -> Vec<Value> {
        let facts = self.facts;
        if facts.node(object).usage == Usage::Annotation {
            return self.values(object).to_vec();
        }
        let position = if let Expr::Constant(number) = facts.expr(index) { number.parse().ok() } else { None };
        self.values(object).iter().flat_map(|value| self.item_of(value, position)).collect()
    }

    /// The member `name` of a value.
    pub(super) fn part_of(&mut self, value: &Value, name: &str) -> Vec<Value> {
        let facts = self.facts;
        match value {
            Value::Path(path) if self.is_container(*path) => vec![Value::Environment(Rc::from(name))],
            Value::Path(path) => {
                let member = self.paths.member(*path, name);
                self.reach(member)
            }
            Value::Literal(literal) => match facts.expr(*literal) {
                Expr::Object(_) | Expr::Call { .. } | Expr::Operation { .. } => {
                    let found = self.entry_values(*literal, name);
                    if found.is_empty() { vec![Value::Path(self.unknown_member(name))] } else { found }
                }
                _ => vec![Value::Path(self.unknown_member(name))],
            },
            Value::Class(class) | Value::Instance(class) => {
                let found = self.class_member(*class, name, &mut Vec::new());
                if found.is_empty() { vec![Value::Path(self.unknown_member(name))] } else { found }
            }
            Value::Super(class) => self.inherited(*class, name, &mut Vec::new()),
            Value::Environment(_) | Value::Function(_) | Value::Foreign(_) => {
                vec![Value::Path(self.unknown_member(name))]
            }
        }
    }

    pub(super) fn unknown_member(&mut self, name: &str) -> PathId {
        self.paths.member(Paths::UNKNOWN, name)
    }

    pub(super) fn item_of(&mut self, value: &Value, position: Option<usize>) -> Vec<Value> {
        let facts = self.facts;
        match value {
            Value::Literal(literal) => match facts.expr(*literal) {
                Expr::List(items) => match position {
                    Some(position) => items.get(position).map(|&item| self.values(item).to_vec()).unwrap_or_default(),
                    None => self.all_values(items),
                },
                Expr::Call { arguments, .. } => match position.and_then(|position| arguments.get(position)) {
                    Some(argument) => self.values(argument.value).to_vec(),
                    None => vec![Value::Path(Paths::UNKNOWN)],
                },
                Expr::Object(entries) => entries.iter().flat_map(|entry| self.values(entry.value).to_vec()).collect(),
                _ => vec![Value::Path(Paths::UNKNOWN)],
            },
            Value::Path(path) => {
                let element = self.paths.element(*path);
                self.reach(element)
            }
            _ => vec![Value::Path(Paths::UNKNOWN)],
        }
    }

    /// What a loop over a value meets: the items of a list, and of all else what cannot be told.
    pub(super) fn each_of(&mut self, value: &Value) -> Vec<Value> {
        match value {
            Value::Literal(literal) if matches!(self.facts.expr(*literal), Expr::List(_)) => self.item_of(value, None),
            _ => vec![Value::Path(Paths::UNKNOWN)],
        }
    }

    pub(super) fn is_container(&self, path: PathId) -> bool {
        self.environment.containers.contains(&self.paths.text(path))
    }

    /// A member of a class of the file: its own, what is stored on its instances, or inherited.
    pub(super) fn class_member(&mut self, class: ClassId, name: &str, seen: &mut Vec<ClassId>) -> Vec<Value> {
        if seen.contains(&class) {
            return Vec::new();
        }
        seen.push(class);
        let values = self.own_member(class, name);
        if values.iter().all(|value| matches!(value, Value::Path(path) if self.paths.is_unknown(*path))) {
            let mut inherited = self.inherited(class, name, seen);
            inherited.extend(values);
            return inherited;
        }
        values
    }

    /// The names that a class of the file has itself: in its body, or stored on its instances.
    pub fn own_members(&self, class: ClassId) -> Vec<&'f str> {
        self.members.get_or_init(|| self.members_by_class()).get(&class).cloned().unwrap_or_default()
    }

    fn members_by_class(&self) -> FxHashMap<ClassId, Vec<&'f str>> {
        let facts = self.facts;
        let classes = (0..facts.classes.len()).map(|number| ClassId(number as u32));
        let by_scope: FxHashMap<_, _> = classes.map(|class| (facts.classes[class.index()].scope, class)).collect();
        let mut all: FxHashMap<ClassId, Vec<&'f str>> = FxHashMap::default();
        for binding in &facts.bindings {
            if let Some(class) = by_scope.get(&binding.scope) {
                all.entry(*class).or_default().push(binding.name);
            }
        }
        for (index, store) in facts.stores.iter().enumerate() {
            if let (Expr::Member { property, .. }, Some(class)) = (facts.expr(store.target), self.store_class(index)) {
                all.entry(class).or_default().push(property);
            }
        }
        for names in all.values_mut() {
            names.sort_unstable();
            names.dedup();
        }
        all
    }

    /// The class of the file on whose current instance something is stored, by the position of the store.
    pub(super) fn store_class(&self, index: usize) -> Option<ClassId> {
        let facts = self.facts;
        let class = |target: ExprId| match facts.expr(target) {
            Expr::Member { object, .. } | Expr::Index { object, .. } => self.receiver_class(*object),
            _ => None,
        };
        self.receivers.get_or_init(|| facts.stores.iter().map(|store| class(store.target)).collect())[index]
    }

    /// A member of a class of the file that it has itself.
    pub fn own_member(&mut self, class: ClassId, name: &str) -> Vec<Value> {
        let facts = self.facts;
        let mut values = Vec::new();
        for &id in &self.scopes.in_scope(facts.classes[class.index()].scope, name).to_vec() {
            values.extend(self.member_binding(id));
        }
        for index in self.stores.get(name).cloned().unwrap_or_default() {
            let store = facts.stores[index];
            if self.store_class(index) == Some(class) {
                values.extend(self.values(store.value).to_vec());
                values.extend(store.annotation.into_iter().flat_map(|declared| self.instances_of(declared)));
            }
        }
        values.retain(|value| !matches!(value, Value::Path(Paths::UNKNOWN)));
        values.extend(self.setting_of(class, name));
        values.extend(self.stored_by_derived(class, name));
        values
    }

    /// The variable that a field of a settings class is read from.
    fn setting_of(&mut self, class: ClassId, name: &str) -> Option<Value> {
        let facts = self.facts;
        self.outside?;
        let field = self.scopes.in_scope(facts.classes[class.index()].scope, name).iter().any(|id| {
            let binding = &facts.bindings[id.index()];
            binding.annotation.is_some() && matches!(binding.kind, BindingKind::Declared | BindingKind::Value(_))
        });
        let variable = self.settings_variable(class, name).filter(|_| field)?;
        Some(Value::Environment(Rc::from(variable)))
    }

    /// A class-scope binding as seen from an instance: a property method stands for what it returns.
    pub(super) fn member_binding(&mut self, id: BindingId) -> Vec<Value> {
        let facts = self.facts;
        if let BindingKind::Function(function) = facts.bindings[id.index()].kind {
            let is_property = facts.functions[function.index()].decorators.iter().any(|&decorator| {
                matches!(facts.expr(decorator), Expr::Name(name) | Expr::Member { property: name, .. }
                    if name.ends_with("property"))
            });
            if is_property || facts.functions[function.index()].getter {
                return self.function_results(function);
            }
        }
        self.binding_values(id)
    }

    pub(super) fn inherited(&mut self, class: ClassId, name: &str, seen: &mut Vec<ClassId>) -> Vec<Value> {
        let facts = self.facts;
        let mut values = Vec::new();
        for &base in &facts.classes[class.index()].bases {
            for value in self.values(base).iter() {
                match value {
                    Value::Class(base) => values.extend(self.class_member(*base, name, seen)),
                    Value::Path(path) => {
                        let instance = self.paths.call_from(*path, Origin::Declared(base));
                        let member = self.paths.member(instance, name);
                        values.extend(self.reach(member));
                    }
                    _ => {}
                }
            }
        }
        values
    }

    /// The class of the file that `object` is the current instance of.
    pub fn receiver_class(&self, object: ExprId) -> Option<ClassId> {
        let facts = self.facts;
        match facts.expr(object) {
            Expr::This => scopes::this_class(facts, facts.node(object).scope),
            Expr::Name(name) => self.bindings_of(name, object).into_iter().find_map(|id| {
                if let BindingKind::Receiver(class) = facts.bindings[id.index()].kind { Some(class) } else { None }
            }),
            _ => None,
        }
    }

    /// What was stored under `name` on the local object that `object` names.
    pub(super) fn stored_values(&mut self, object: ExprId, name: &str) -> Vec<Value> {
        let facts = self.facts;
        let Expr::Name(holder) = facts.expr(object) else { return Vec::new() };
        let bindings = self.bindings_of(holder, object);
        let mut values = Vec::new();
        for index in self.stores.get(name).cloned().unwrap_or_default() {
            let store = facts.stores[index];
            let (Expr::Member { object, .. } | Expr::Index { object, .. }) = facts.expr(store.target) else { continue };
            let Expr::Name(other) = facts.expr(*object) else { continue };
            if other == holder && self.bindings_of(other, *object).iter().any(|binding| bindings.contains(binding)) {
                values.extend(self.values(store.value).to_vec());
            }
        }
        values
    }
}
