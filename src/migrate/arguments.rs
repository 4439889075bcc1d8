//! What becomes of the arguments of a call: each gets its new name and value, or goes, as the rule says; then the
//! lists they stand in are put in order. What a rule cannot answer for holds the unit back.

use std::collections::BTreeMap;

use super::{
    checks::note_level,
    edits::Edit,
    file::File,
    given::{Gathered, Given, Holder},
    template::{Words, fill},
    unit::Unit,
    values::{NewValue, Source},
};
use crate::{
    facts::{Expr, ExprId, Key},
    rules::rewrite::{Added, Argument, Portable, RoleOf},
};

/// What a rule says about the arguments of a call.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about a call")]
pub(super) struct Spec<'r> {
    /// By name.
    pub(super) arguments: &'r BTreeMap<String, Argument>,
    /// To be added.
    pub(super) add: &'r [Added],
    /// To be added when the key header is kept.
    pub(super) key_header: Option<&'r Added>,
    /// All become entries of one object.
    pub(super) into_object: bool,
    /// What portable code looks like.
    pub(super) portable: &'r Portable,
    /// The client is asynchronous.
    pub(super) is_async: bool,
    /// The call makes the client; its deployment is not an argument any more then.
    pub(super) is_client: bool,
    /// More arguments can come later.
    pub(super) partial: bool,
}

/// The name of a deployment.
#[derive(Debug, Clone)]
pub(super) enum Deployed {
    /// An expression of the file.
    Value(Source),
    /// A part of an address.
    Text(String),
}

/// What becomes of a given value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes.
    Gone,
    /// It gets this name and value.
    Becomes(String, NewValue),
}

/// What a call's templates can be filled with.
#[derive(Debug, Default)]
struct Roles {
    endpoint: Option<String>,
    key: Option<String>,
    model: Option<String>,
}

/// The arguments of one call while they are changed.
pub(super) struct Arranging<'r> {
    pub(super) spec: Spec<'r>,
    pub(super) gathered: Gathered,
    pub(super) fates: Vec<Fate>,
    roles: Roles,
    deployment: Option<Deployed>,
    /// Values that entries of an object give to arguments of the call: name and text.
    moved: Vec<(String, String)>,
}

impl File<'_, '_, '_> {
    /// Changes the arguments of `call`. Gives the deployment that is no argument any more, if there was one.
    pub(super) fn change_arguments(
        &mut self,
        unit: &mut Unit,
        call: ExprId,
        gathered: Gathered,
        spec: Spec<'_>,
    ) -> Option<Deployed> {
        unit.shares.extend(&gathered.shares);
        let mut arranging = Arranging {
            spec,
            gathered,
            fates: Vec::new(),
            roles: Roles::default(),
            deployment: None,
            moved: Vec::new(),
        };
        for number in 0..arranging.gathered.given.len() {
            let fate = self.fate(unit, &mut arranging, number);
            arranging.fates.push(fate);
        }
        self.settle_doubles(unit, &mut arranging);
        let added = self.added(unit, &mut arranging);
        self.place(unit, call, &arranging, added);
        arranging.deployment
    }

    fn fate(&mut self, unit: &mut Unit, arranging: &mut Arranging<'_>, number: usize) -> Fate {
        let given = arranging.gathered.given[number].clone();
        let Some(argument) = arranging.spec.arguments.get(&given.name) else {
            return Fate::Becomes(given.name.clone(), NewValue::Same);
        };
        let name = argument.to.clone().unwrap_or_else(|| given.name.clone());
        let yields =
            argument.yields_to.iter().any(|other| arranging.gathered.given.iter().any(|one| one.name == *other));
        if yields {
            return Fate::Gone;
        }
        if argument.drop && argument.role.is_none() {
            note_level(unit, argument, &given);
            return Fate::Gone;
        }
        if !argument.entries.is_empty() {
            return self.fate_of_entries(unit, arranging, argument, &given);
        }
        if self.is_none(given.value.expr) && (argument.to.is_some() || argument.role == Some(RoleOf::Deployment)) {
            return Fate::Gone;
        }
        let value = self.new_value(unit, arranging, argument, &given);
        self.note_role(arranging, argument, &given, &value);
        let moves = argument.role == Some(RoleOf::Deployment) && argument.to.is_none() && arranging.spec.is_client;
        if argument.drop || moves {
            return Fate::Gone;
        }
        Fate::Becomes(name, value)
    }

    /// Entries of an object that an argument is: some go, some become arguments of the call.
    fn fate_of_entries(
        &mut self,
        unit: &mut Unit,
        arranging: &mut Arranging<'_>,
        argument: &Argument,
        given: &Given,
    ) -> Fate {
        let name = given.name.clone();
        let Expr::Object(entries) = self.facts.expr(given.value.expr) else {
            unit.hold(format!("`{name}` is not an object that stands at the call"));
            return Fate::Becomes(name, NewValue::Same);
        };
        let (mut gone, mut replaced) = (Vec::new(), Vec::new());
        for (item, entry) in entries.iter().enumerate() {
            let Key::Named { name: key, .. } = &entry.key else {
                unit.hold(format!("`{name}` has entries that the file does not show"));
                continue;
            };
            let Some((_, rule)) = argument.entries.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)) else {
                continue;
            };
            if rule.to.is_none() && !rule.drop {
                let value = Source { expr: entry.value, span: self.entry_value(entry) };
                let text = self.plain_or_setting(unit, arranging, rule.role, value);
                replaced.push(Edit::replace(value.span, text));
                continue;
            }
            gone.push(item);
            if let Some(to) = &rule.to {
                let value = Source { expr: entry.value, span: self.entry_value(entry) };
                let text = self.plain_or_setting(unit, arranging, rule.role, value);
                if rule.role == Some(RoleOf::Key) {
                    arranging.roles.key = Some(text.clone());
                }
                arranging.moved.push((to.clone(), text));
            }
        }
        if gone.len() == entries.len() {
            return Fate::Gone;
        }
        let mut edits = self.items(given.value.expr).map(|items| items.change(&gone, &[])).unwrap_or_default();
        edits.extend(replaced);
        Fate::Becomes(name, if edits.is_empty() { NewValue::Same } else { NewValue::Edited(edits) })
    }

    /// The text of a value, or of the setting that takes its place for a target.
    fn plain_or_setting(
        &mut self,
        unit: &mut Unit,
        arranging: &Arranging<'_>,
        role: Option<RoleOf>,
        value: Source,
    ) -> String {
        let setting = role.and_then(|role| self.setting(unit, arranging.spec.portable, role, Some(value)));
        setting.unwrap_or_else(|| self.source(value.span).to_owned())
    }

    fn new_value(
        &mut self,
        unit: &mut Unit,
        arranging: &mut Arranging<'_>,
        argument: &Argument,
        given: &Given,
    ) -> NewValue {
        let portable = arranging.spec.portable;
        if !argument.prefix.is_empty() {
            return self.prefixed(unit, arranging, argument, given);
        }
        if let Some(role) = argument.role
            && let Some(setting) = self.setting(unit, portable, role, Some(given.value))
        {
            self.note_deployment(unit, arranging, argument, given.value);
            let Some(template) = &argument.target_value else { return NewValue::Other(setting) };
            return self.filled_template(unit, arranging, template, Some(given.value), None).unwrap_or(NewValue::Same);
        }
        note_level(unit, argument, given);
        self.check_versions(unit, &argument.needs);
        self.check_colour(unit, arranging.spec.is_async, argument, given);
        self.check_values(unit, argument, given);
        let mut value = given.value;
        if !argument.unwrap.is_empty() {
            match self.unwrapped(value.expr, &argument.unwrap) {
                Some(inner) => value = inner,
                None => return self.other_kind(unit, arranging, argument, given),
            }
        }
        self.note_deployment(unit, arranging, argument, given.value);
        if let Some(template) = &argument.value {
            return self
                .filled_template(unit, arranging, template, Some(value), argument.role)
                .unwrap_or(NewValue::Same);
        }
        let inner = match argument.role {
            Some(RoleOf::Endpoint) => {
                self.check_host(unit, portable, value);
                self.with_path(unit, value, &portable.path, &argument.endings)
            }
            Some(RoleOf::Key) => self.demanded(unit, value).map_or(NewValue::Same, NewValue::Other),
            Some(RoleOf::DeploymentUrl) => {
                self.check_host(unit, portable, value);
                self.without_deployment(unit, portable, value)
            }
            _ => NewValue::Same,
        };
        if value.span == given.value.span { inner } else { NewValue::Other(inner.text(self, value)) }
    }

    /// A value that has nothing around it to unwrap.
    fn other_kind(
        &mut self,
        unit: &mut Unit,
        arranging: &mut Arranging<'_>,
        argument: &Argument,
        given: &Given,
    ) -> NewValue {
        if let Some(otherwise) = &argument.otherwise
            && self.stands_for(given.value.expr, &otherwise.when)
        {
            self.check_versions(unit, &otherwise.needs);
            let made = self.filled_template(unit, arranging, &otherwise.value, Some(given.value), argument.role);
            return made.unwrap_or(NewValue::Same);
        }
        unit.hold(format!("what `{}` is given is not of a kind that the plain client takes", given.name));
        NewValue::Same
    }

    /// A string that begins with another word. For a target the rest of it is the model.
    fn prefixed(
        &mut self,
        unit: &mut Unit,
        arranging: &mut Arranging<'_>,
        argument: &Argument,
        given: &Given,
    ) -> NewValue {
        self.check_values(unit, argument, given);
        let new = self.exchanged_prefix(unit, arranging.spec.portable, argument, given);
        let text = new.text(self, given.value);
        arranging.roles.model = Some(text.clone());
        match &argument.value {
            Some(template) => match template.split_once("{value}") {
                Some((before, after)) if !before.contains('{') && !after.contains('{') => {
                    NewValue::Other(format!("{before}{text}{after}"))
                }
                _ => {
                    let template = template.replace("{value}", "{model}");
                    self.filled_template(unit, arranging, &template, None, argument.role).unwrap_or(new)
                }
            },
            None => new,
        }
    }

    fn filled_template(
        &mut self,
        unit: &mut Unit,
        arranging: &Arranging<'_>,
        template: &str,
        value: Option<Source>,
        role: Option<RoleOf>,
    ) -> Option<NewValue> {
        let (before, after) = template.split_once("{value}").unwrap_or(("{", "{"));
        if let Some(value) = value.filter(|_| !before.contains('{') && !after.contains('{')) {
            return Some(NewValue::Edited(self.around_value(value, before, after)));
        }
        let mut words = CallWords { file: self, unit: &mut *unit, arranging, value, role };
        match fill(template, &mut words) {
            Ok(text) => {
                let is_template = template.starts_with('`') && template.ends_with('`');
                Some(NewValue::Other(if is_template { self.template_string(text.trim_matches('`')) } else { text }))
            }
            Err(missing) => {
                unit.hold(format!("the call does not show the {}", missing.0.split(['|', ':']).next().unwrap_or("")));
                None
            }
        }
    }

    /// Remembers what templates may ask for.
    fn note_role(&mut self, arranging: &mut Arranging<'_>, argument: &Argument, given: &Given, value: &NewValue) {
        let text = value.text(self, given.value);
        match argument.role {
            Some(RoleOf::Endpoint | RoleOf::DeploymentUrl | RoleOf::BaseUrl) => arranging.roles.endpoint = Some(text),
            Some(RoleOf::Key) => arranging.roles.key = Some(text),
            Some(RoleOf::Deployment) => arranging.roles.model = Some(text),
            Some(RoleOf::Model) => {
                arranging.roles.model.get_or_insert(text);
            }
            None => {}
        }
    }

    fn note_deployment(&mut self, unit: &mut Unit, arranging: &mut Arranging<'_>, argument: &Argument, value: Source) {
        match argument.role {
            Some(RoleOf::Deployment) if argument.to.is_none() => {
                arranging.deployment = Some(Deployed::Value(value));
            }
            Some(RoleOf::DeploymentUrl) => {
                let deployment = self.deployment_in(arranging.spec.portable, value.expr);
                if let Some(deployment) = &deployment {
                    let text = match deployment {
                        Deployed::Value(value) => self.source(value.span).to_owned(),
                        Deployed::Text(text) => self.writing.string(text),
                    };
                    arranging.roles.model = Some(text);
                }
                if self.to_settings()
                    && let Some(Deployed::Value(value)) = deployment
                {
                    let setting = self.setting(unit, arranging.spec.portable, RoleOf::Deployment, Some(value));
                    arranging.roles.model = setting.or(arranging.roles.model.take());
                }
                arranging.deployment = deployment;
            }
            _ => {}
        }
    }

    /// Two values under one name: one that is nothing goes, else the site is left alone.
    fn settle_doubles(&mut self, unit: &mut Unit, arranging: &mut Arranging<'_>) {
        for one in 0..arranging.fates.len() {
            for other in 0..one {
                let same = match (&arranging.fates[one], &arranging.fates[other]) {
                    (Fate::Becomes(a, _), Fate::Becomes(b, _)) => a == b,
                    _ => false,
                };
                let (first, second) = (&arranging.gathered.given[other], &arranging.gathered.given[one]);
                let together = matches!(
                    (first.holder, second.holder),
                    (Holder::Item { list: a, .. }, Holder::Item { list: b, .. }) if a == b
                );
                if !same || !together {
                    continue;
                }
                if self.is_none(second.value.expr) {
                    arranging.fates[one] = Fate::Gone;
                } else if self.is_none(first.value.expr) {
                    arranging.fates[other] = Fate::Gone;
                } else {
                    unit.hold(format!("`{}` and `{}` are both given and would become one", first.name, second.name));
                }
            }
        }
    }

    /// The arguments to be added, with their names.
    fn added(&mut self, unit: &mut Unit, arranging: &mut Arranging<'_>) -> Vec<(String, String)> {
        let mut added: Vec<(String, String)> = Vec::new();
        for (name, text) in std::mem::take(&mut arranging.moved) {
            let there = arranging.position_of(&name);
            match there {
                Some(number) => {
                    let value = arranging.gathered.given[number].value;
                    // `key || ""` is the same key.
                    if !self.source(value.span).starts_with(&text)
                        && let Fate::Becomes(_, new) = &mut arranging.fates[number]
                    {
                        *new = NewValue::Other(text);
                    }
                }
                None => added.push((name, text)),
            }
        }
        let kept = self.around.options.keep_key_header.then_some(arranging.spec.key_header).flatten();
        // What a held back call lacks may be given when it is made.
        let add = if arranging.spec.partial { &[] } else { arranging.spec.add };
        for add in add.iter().chain(kept) {
            let is_header = kept.is_some_and(|kept| std::ptr::eq(kept, add));
            let is_there =
                arranging.position_of(&add.name).is_some() || added.iter().any(|(name, _)| *name == add.name);
            if is_there {
                if is_header {
                    self.add_key_header(unit, arranging, add);
                }
                continue;
            }
            let wanted = add.given.is_empty()
                || add.given.iter().any(|name| arranging.gathered.given.iter().any(|given| given.name == *name));
            if wanted && let Some(text) = self.added_value(unit, arranging, add) {
                match add.role {
                    Some(RoleOf::Endpoint | RoleOf::BaseUrl) => arranging.roles.endpoint = Some(text.clone()),
                    Some(RoleOf::Key) => arranging.roles.key = Some(text.clone()),
                    _ => {}
                }
                added.push((add.name.clone(), text));
            }
        }
        added
    }

    /// The key header in an object of headers that is given already.
    fn add_key_header(&mut self, unit: &mut Unit, arranging: &Arranging<'_>, add: &Added) {
        let wanted = add.given.is_empty()
            || add.given.iter().any(|name| arranging.gathered.given.iter().any(|given| given.name == *name));
        let given = arranging.gathered.given.iter().find(|given| given.name == add.name).cloned();
        let Some(given) = given.filter(|_| wanted) else { return };
        let entry = match self.filled_template(unit, arranging, &add.value, None, None) {
            Some(NewValue::Other(text)) => text.trim_start_matches('{').trim_end_matches('}').trim().to_owned(),
            _ => return,
        };
        match self.facts.expr(given.value.expr) {
            Expr::Object(_) => {
                let edits = self.items(given.value.expr).map(|items| items.change(&[], &[entry]));
                unit.edits.extend(edits.unwrap_or_default());
            }
            _ => unit.hold(format!("`{}` is given already; add the key header to it by hand", add.name)),
        }
    }

    fn added_value(&mut self, unit: &mut Unit, arranging: &Arranging<'_>, add: &Added) -> Option<String> {
        let portable = arranging.spec.portable;
        let replaced = add.role.filter(|role| !matches!(role, RoleOf::Model | RoleOf::Deployment));
        if let Some(setting) = replaced.and_then(|role| self.setting(unit, portable, role, None)) {
            let Some(template) = &add.target_value else { return Some(setting) };
            return match self.filled_template(unit, arranging, template, None, None)? {
                NewValue::Other(text) => Some(text),
                _ => None,
            };
        }
        if let Some(level) = add.level {
            unit.lower(level, add.because.clone().unwrap_or_default());
        }
        let is_model = matches!(add.role, Some(RoleOf::Model | RoleOf::Deployment));
        if let (true, Some(variable)) = (is_model && self.to_settings(), variable_of(&add.value)) {
            return Some(self.model_setting(unit, variable, true, portable));
        }
        let made = self.filled_template(unit, arranging, &add.value, None, add.role)?;
        let NewValue::Other(text) = made else { return None };
        Some(match add.role {
            Some(RoleOf::Endpoint) if !text.contains(portable.path.trim_end_matches('/')) => {
                let after = self.writing.append_path(&portable.path, false, false, &[]);
                format!("{text}{after}")
            }
            _ => text,
        })
    }
}

impl Arranging<'_> {
    /// The given value that has or gets a name.
    fn position_of(&self, name: &str) -> Option<usize> {
        self.fates.iter().position(|fate| matches!(fate, Fate::Becomes(other, _) if other == name))
    }
}

/// The variable that a template consists of.
fn variable_of(template: &str) -> Option<&str> {
    template.strip_prefix("{env:")?.strip_suffix('}').filter(|name| !name.contains(['{', '|']))
}

/// The words of a call's templates.
struct CallWords<'w, 'x, 'f, 's, 'r> {
    file: &'w mut File<'x, 'f, 's>,
    unit: &'w mut Unit,
    arranging: &'w Arranging<'r>,
    value: Option<Source>,
    role: Option<RoleOf>,
}

impl Words for CallWords<'_, '_, '_, '_, '_> {
    fn word(&mut self, name: &str, filter: Option<&str>) -> Option<String> {
        if let Some(variable) = name.strip_prefix("env:") {
            let module = self.file.writing.variable_module();
            self.unit.modules.extend(module);
            // Clients take a missing key for what it is.
            let text = if self.role == Some(RoleOf::Key) {
                self.file.writing.variable(variable)
            } else {
                self.file.writing.demanded_variable(variable)
            };
            let [_, _, open, close] = self.file.writing.template();
            return Some(match filter {
                Some("insert") => format!("{open}{}{close}", self.file.writing.variable(variable)),
                _ => text,
            });
        }
        if let Some(argument) = name.strip_prefix("argument:") {
            let given = &self.arranging.gathered.given;
            let found = given.iter().find(|one| one.name == argument)?;
            return Some(self.file.source(found.value.span).to_owned());
        }
        let role = match name {
            "value" => {
                let value = self.value?;
                return Some(match filter {
                    Some("insert") => self.file.inserted(value),
                    Some("path") => {
                        let path = self.arranging.spec.portable.path.clone();
                        self.file.with_path(self.unit, value, &path, &[]).text(self.file, value)
                    }
                    _ => self.file.source(value.span).to_owned(),
                });
            }
            "endpoint" => self.arranging.roles.endpoint.clone(),
            "key" => self.arranging.roles.key.clone(),
            "model" => self.arranging.roles.model.clone(),
            _ => return None,
        };
        let fallback = filter.and_then(|filter| filter.strip_prefix("env:"));
        match (role, fallback) {
            (Some(text), _) => Some(text),
            (None, Some(variable)) => {
                let portable = self.arranging.spec.portable;
                let role = if name == "endpoint" { RoleOf::Endpoint } else { RoleOf::Key };
                if let Some(setting) = self.file.setting(self.unit, portable, role, None) {
                    return Some(setting);
                }
                self.unit.modules.extend(self.file.writing.variable_module());
                let text = self.file.writing.demanded_variable(variable);
                let after = self.file.writing.append_path(&portable.path, false, false, &[]);
                Some(if name == "endpoint" { format!("{text}{after}") } else { text })
            }
            (None, None) => None,
        }
    }
}
