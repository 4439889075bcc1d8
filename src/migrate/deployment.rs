//! The model trap: a client that holds a deployment hides the model of its calls, and with the plain client the model of
//! the call is all that counts. So the deployment moves to the calls, or stays where it is if not all calls are in view.

use super::{
    arguments::Deployed,
    edits::Edit,
    file::{File, OTHER_CLIENT, Use},
    given::{Gathered, Given},
    items::Items,
    unit::{NewSetting, Unit},
    values::Source,
};
use crate::{
    facts::{Expr, ExprId},
    resolve::Value,
    rules::{
        model::{Class, FixLevel},
        pattern::SymbolSet,
        rewrite::{Deployment, Portable, RoleOf},
    },
};

impl File<'_, '_, '_> {
    /// Makes the calls on the client that `made` makes name the deployment as their model.
    pub(super) fn move_deployment(
        &mut self,
        unit: &mut Unit,
        made: ExprId,
        name: &Deployed,
        rule: &Deployment,
        portable: &Portable,
    ) {
        let mut changed = Vec::new();
        for used in self.uses(made, &rule.same_client) {
            match used {
                Use::Escape(span, how) => {
                    let line = self.line(span.start);
                    unit.hold(format!(
                        "the deployment decides the model of every call, and the client {how} (line {line}): name the \
                         deployment as `{}` of those calls first",
                        rule.argument
                    ));
                }
                Use::Call(path, call) => self.model_of_call(unit, &path, call, name, rule, portable, &mut changed),
            }
        }
        if self.to_settings() {
            self.set_models_of(unit, made, rule, portable, &rule.ignores);
        }
        if !changed.is_empty() && !self.to_settings() {
            unit.lower(FixLevel::Unsafe, format!("the deployment was what counted, not {}", changed.join(" or ")));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step of the loop above, with all that it knows")]
    fn model_of_call(
        &mut self,
        unit: &mut Unit,
        path: &str,
        call: ExprId,
        name: &Deployed,
        rule: &Deployment,
        portable: &Portable,
        changed: &mut Vec<String>,
    ) {
        if !means(&rule.calls, path) {
            let is_known = means(&rule.ignores, path) || rule.same_client.iter().any(|same| same == path);
            if !is_known && path != "close" {
                let line = self.line(self.span(call).start);
                unit.hold(format!("no rule says whether the deployment decides the model of `{path}` (line {line})"));
            }
            return;
        }
        let Ok(gathered) = self.gather(call, false, &[]) else {
            let line = self.line(self.span(call).start);
            return unit.hold(format!("the file does not show the arguments of the call on line {line}"));
        };
        let given = gathered.given.iter().find(|given| given.name == rule.argument).cloned();
        match given {
            Some(given) => self.set_model(unit, &given, name, portable, changed),
            None => self.add_model(unit, call, &gathered, name, rule, portable),
        }
    }

    /// Puts the deployment in the place of the model that a call is given.
    fn set_model(
        &mut self,
        unit: &mut Unit,
        given: &Given,
        name: &Deployed,
        portable: &Portable,
        changed: &mut Vec<String>,
    ) {
        let Some(text) = self.model_text(unit, name, given.value.expr, portable) else { return };
        let old = self.source(given.value.span).to_owned();
        if !self.to_settings() && self.names_same(given.value, name) {
            return;
        }
        if !self.to_settings() {
            changed.push(format!("`{}` on line {}", shown(&old), self.line(given.value.span.start)));
        }
        let text = if given.is_shorthand() { self.writing.entry(&given.name, &text) } else { text };
        if text != old {
            unit.edits.push(Edit::replace(given.value.span, text));
        }
    }

    fn add_model(
        &mut self,
        unit: &mut Unit,
        call: ExprId,
        gathered: &Gathered,
        name: &Deployed,
        rule: &Deployment,
        portable: &Portable,
    ) {
        let Some(text) = self.model_text(unit, name, call, portable) else { return };
        let list = gathered.list.unwrap_or(call);
        let is_object = matches!(self.facts.expr(list), Expr::Object(_));
        let entry = if is_object {
            self.writing.entry(&rule.argument, &text)
        } else {
            self.writing.named(&rule.argument, &text)
        };
        let Some(items) = self.items(list) else { return unit.hold("a call of the client has no parentheses") };
        if !self.writing.names_by_object() {
            let edits = items.change(&[], &[entry]);
            return unit.edits.extend(edits);
        }
        let edit = self.as_first(&items, is_object, &entry);
        unit.edits.push(edit);
    }

    /// Puts an item before the others of a list.
    pub(super) fn as_first(&self, items: &Items<'_>, is_object: bool, entry: &str) -> Edit {
        match items.spans.first().map(|first| first.start) {
            Some(first) if self.begins_line(first) => {
                let indent = self.indentation(first);
                Edit::insert(first, format!("{entry},\n{indent}"))
            }
            Some(first) => Edit::insert(first, format!("{entry}, ")),
            None if is_object && self.writing.names_by_object() => {
                Edit::insert(items.inside.start, format!(" {entry} "))
            }
            None => Edit::insert(items.inside.start, entry),
        }
    }

    /// The deployment as it can be written at `place`.
    pub(super) fn model_text(
        &mut self,
        unit: &mut Unit,
        name: &Deployed,
        place: ExprId,
        portable: &Portable,
    ) -> Option<String> {
        match name {
            Deployed::Text(text) => {
                if self.to_settings() {
                    return Some(self.model_setting(unit, text, false, portable));
                }
                Some(self.writing.string(text))
            }
            Deployed::Value(value) => {
                if let Some(setting) = self.setting(unit, portable, RoleOf::Deployment, Some(*value)) {
                    return Some(setting);
                }
                if self.is_known_at(value.expr, place) {
                    let demand = if self.writing.typed && self.may_be_missing(*value) { "!" } else { "" };
                    return Some(format!("{}{demand}", self.source(value.span)));
                }
                let (text, line) = (shown(self.source(value.span)), self.line(self.span(place).start));
                unit.hold(format!("the deployment `{text}` is not known at the call on line {line}"));
                None
            }
        }
    }

    /// The setting for a deployment that an address names.
    pub(super) fn model_setting(
        &mut self,
        unit: &mut Unit,
        deployment: &str,
        is_variable: bool,
        portable: &Portable,
    ) -> String {
        let name = self.model_setting_name(portable, deployment);
        unit.modules.extend(self.writing.variable_module());
        let instead_of = deployment.to_owned();
        let role = RoleOf::Deployment;
        unit.settings.push(NewSetting { role, name: name.clone(), instead_of, is_variable, at: unit.anchor });
        self.writing.demanded_variable(&name)
    }

    /// True when the names in `value` mean the same at `place`.
    fn is_known_at(&mut self, value: ExprId, place: ExprId) -> bool {
        let mut queue = vec![value];
        while let Some(part) = queue.pop() {
            match self.facts.expr(part) {
                Expr::Name(name) => {
                    let here = self.resolver.bindings_of(name, part);
                    let there = self.resolver.bindings_of(name, place);
                    let receiver = self.resolver.receiver_class(part);
                    let same = if here.is_empty() {
                        there.is_empty()
                    } else {
                        here == there || receiver.is_some() && self.receiver_at(name, place) == receiver
                    };
                    if !same {
                        return false;
                    }
                }
                Expr::This | Expr::Super | Expr::Function(_) | Expr::Class(_) => return false,
                other => other.for_each_child(|child| queue.push(child)),
            }
        }
        true
    }

    fn receiver_at(&self, name: &str, place: ExprId) -> Option<crate::facts::ClassId> {
        self.resolver.bindings_of(name, place).into_iter().find_map(|id| match self.facts.bindings[id.index()].kind {
            crate::facts::BindingKind::Receiver(class) => Some(class),
            _ => None,
        })
    }

    /// True when a model certainly is the deployment.
    pub(super) fn names_same(&mut self, model: Source, name: &Deployed) -> bool {
        let models = self.texts(model.expr);
        match name {
            Deployed::Text(text) => models == [text.clone()],
            Deployed::Value(value) => {
                if self.source(value.span) == self.source(model.span) && self.is_known_at(value.expr, model.expr) {
                    return true;
                }
                let (one, other) = (self.resolver.values(model.expr), self.resolver.values(value.expr));
                let variable = |values: &[Value]| match values {
                    [Value::Environment(name)] => Some(name.clone()),
                    _ => None,
                };
                let same_variable = variable(&one).is_some() && variable(&one) == variable(&other);
                let texts = self.texts(value.expr);
                same_variable || texts.len() == 1 && !texts[0].contains("{}") && texts == models
            }
        }
    }

    /// Names of deployments that rules on models found, whether or not anything rewrites them.
    pub(super) fn other_model_names(&mut self) -> Vec<NewSetting> {
        let mut names = Vec::new();
        for place in self.places {
            let class = self.index.rules[self.index.clauses[place.clause as usize].rule].file.class;
            // A setting that is named after a deployment holds one, whatever it is used for.
            if let Some(name) =
                place.name.as_ref().filter(|name| place.accesses && name.to_uppercase().contains("DEPLOY"))
            {
                let (role, instead_of) = (RoleOf::Model, name.clone());
                names.push(NewSetting { role, name: String::new(), instead_of, is_variable: true, at: place.span });
            }
            let Some(value) = place.value.filter(|_| class == Class::Model) else { continue };
            if let Some(instead_of) = self.deployment_key(value) {
                let is_variable = self.texts(value).is_empty();
                let (role, name, at) = (RoleOf::Model, String::new(), self.span(value));
                names.push(NewSetting { role, name, instead_of, is_variable, at });
            }
        }
        names
    }

    /// In a fix for a target, the models of the calls on a client become settings where they are deployments' names.
    pub(super) fn set_models(&mut self, unit: &mut Unit, made: ExprId, rule: &Deployment, portable: &Portable) {
        if self.to_settings() {
            let members: Vec<String> = rule.calls.iter().chain(&rule.ignores).cloned().collect();
            self.set_models_of(unit, made, rule, portable, &members);
        }
    }

    fn set_models_of(
        &mut self,
        unit: &mut Unit,
        made: ExprId,
        rule: &Deployment,
        portable: &Portable,
        members: &[String],
    ) {
        let uses = self.uses(made, &rule.same_client);
        if let Some(Use::Escape(span, _)) =
            uses.iter().find(|used| matches!(used, Use::Escape(_, how) if *how == OTHER_CLIENT))
        {
            let line = self.line(span.start);
            unit.lower(
                FixLevel::Unsafe,
                format!("what names the model of calls that another client may serve too (line {line}) stays: it has to name the target's model"),
            );
            return;
        }
        for used in uses {
            let Use::Call(path, call) = used else { continue };
            if !means(members, &path) {
                continue;
            }
            self.set_model_of_call(unit, call, rule, portable);
        }
    }

    /// The model of a call becomes a setting, if it is a deployment's name.
    pub(super) fn set_model_of_call(&mut self, unit: &mut Unit, call: ExprId, rule: &Deployment, portable: &Portable) {
        let Ok(gathered) = self.gather(call, false, &[]) else { return };
        let Some(given) = gathered.given.into_iter().find(|given| given.name == rule.argument) else { return };
        if let Some(text) = self.setting(unit, portable, RoleOf::Model, Some(given.value)) {
            let text = if given.is_shorthand() { self.writing.entry(&given.name, &text) } else { text };
            unit.edits.push(Edit::replace(given.value.span, text));
        }
    }
}

/// True when a pattern means the path of a member.
pub(super) fn means(patterns: &[String], path: &str) -> bool {
    SymbolSet::of(patterns).unwrap_or_default().contains(path)
}

/// A piece of source in a sentence.
pub(super) fn shown(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let joined = words.join(" ");
    if joined.chars().count() > 40 { joined.chars().take(39).chain(['…']).collect() } else { joined }
}
