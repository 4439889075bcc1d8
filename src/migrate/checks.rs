//! What decides how sure a change is: versions, hosts, the colour of token providers, values that are different from what
//! a rule expects; and the settings that take the place of values in a fix for a target.

use super::{
    edits::Edit,
    file::File,
    given::Given,
    options::Fit,
    unit::{NewSetting, Unit},
    values::{NewValue, Source, is_one_literal},
};
use crate::{
    facts::{Expr, ExprId, Piece, Span},
    rules::{
        index::Test,
        model::FixLevel,
        pattern::SymbolSet,
        rewrite::{Argument, ClientColour, Portable, RoleOf},
    },
};

impl File<'_, '_, '_> {
    /// In a fix for a target, the setting that takes the place of a value with this role.
    pub(super) fn setting(
        &mut self,
        unit: &mut Unit,
        portable: &Portable,
        role: RoleOf,
        value: Option<Source>,
    ) -> Option<String> {
        let options = self.around.options;
        if !self.to_settings() {
            return None;
        }
        let chosen = |own: &Option<String>, usual: &str| own.clone().unwrap_or_else(|| usual.to_owned());
        let names = &options.names;
        let (name, text) = match role {
            RoleOf::Endpoint | RoleOf::DeploymentUrl | RoleOf::BaseUrl => {
                let name = chosen(&names.base_url, &portable.base_url);
                let text = self.writing.address_variable(&name);
                (name, text)
            }
            RoleOf::Key => {
                let name = chosen(&names.key, &portable.key);
                let text = self.writing.variable(&name);
                (name, text)
            }
            RoleOf::Model | RoleOf::Deployment => {
                let deployment = self.deployment_key(value?.expr)?;
                let name = self.model_setting_name(portable, &deployment);
                let text = self.writing.demanded_variable(&name);
                (name, text)
            }
        };
        unit.modules.extend(self.writing.variable_module());
        let (instead_of, is_variable) = value.map(|value| self.stands_instead(role, value.expr)).unwrap_or_default();
        let at = value.map_or(unit.anchor, |value| value.span);
        if let Some(value) =
            value.filter(|_| instead_of.is_empty() && !matches!(role, RoleOf::Model | RoleOf::Deployment))
        {
            self.check_source(unit, value, &name);
        }
        unit.settings.push(NewSetting { role, name, instead_of, is_variable, at });
        Some(text)
    }

    /// A value from elsewhere can be another one each time; a setting is one for the whole program.
    fn check_source(&mut self, unit: &mut Unit, value: Source, setting: &str) {
        let is_written = matches!(self.facts.expr(value.expr), Expr::Text(_) | Expr::Constant(_));
        if is_written || !self.texts(value.expr).is_empty() {
            return;
        }
        let text = self.source(value.span).split_whitespace().collect::<Vec<_>>().join(" ");
        let text: String = text.chars().take(60).collect();
        unit.lower(FixLevel::Unsafe, format!("one {setting} for the whole program takes the place of `{text}`"));
    }

    /// What names a deployment: its constant name, or the variable that holds it.
    pub(super) fn deployment_key(&mut self, value: ExprId) -> Option<String> {
        // A value that can also be another one is no name of a deployment.
        if self.resolver.values(value).len() != 1 || self.has_other_values(value) {
            return None;
        }
        if let [text] = self.texts(value).as_slice()
            && !text.contains("{}")
        {
            return Some(text.clone());
        }
        self.resolver.variables(value).first().map(ToString::to_string)
    }

    /// True for a name that is given a value more than once.
    fn has_other_values(&self, value: ExprId) -> bool {
        let Expr::Name(name) = self.facts.expr(value) else { return false };
        let Some(first) = self.resolver.bindings_of(name, value).first().copied() else { return false };
        let scope = self.facts.bindings[first.index()].scope;
        self.facts.bindings.iter().filter(|other| other.name == *name && other.scope == scope).count() > 1
    }

    /// What a setting stands for, without showing a key.
    fn stands_instead(&mut self, role: RoleOf, value: ExprId) -> (String, bool) {
        if let Some(variable) = self.resolver.variables(value).first() {
            return (variable.to_string(), true);
        }
        if let Some(variable) = self.variable_within(value) {
            return (variable, true);
        }
        match self.texts(value).first() {
            Some(text) if role != RoleOf::Key => (text.clone(), false),
            _ => (String::new(), false),
        }
    }

    /// The variable that a part of a value reads.
    fn variable_within(&mut self, value: ExprId) -> Option<String> {
        let mut queue = vec![self.definition(value).unwrap_or(value)];
        while let Some(part) = queue.pop() {
            if let Some(variable) = self.resolver.variables(part).first() {
                return Some(variable.to_string());
            }
            self.facts.expr(part).for_each_child(|child| queue.push(child));
        }
        None
    }

    /// Versions that the new form needs.
    pub(super) fn check_versions(&self, unit: &mut Unit, needs: &std::collections::BTreeMap<String, String>) {
        for (package, version) in needs {
            match (self.around.fits)(package, version) {
                Fit::Yes => {}
                Fit::No(says) => unit.hold(format!("it needs {package} {version} or newer, but {says}")),
                Fit::Unknown(says) => {
                    let because = format!("{package} is at {version} or newer ({})", unsure(says));
                    unit.lower(FixLevel::Unsafe, because);
                    unit.assume(package, version);
                }
            }
        }
    }

    /// Whether a token provider is of the client's kind.
    pub(super) fn check_colour(&mut self, unit: &mut Unit, is_async: bool, argument: &Argument, given: &Given) {
        let Some(colour) = &argument.colour else { return };
        let is_async = colour.client.map_or(is_async, |client| client == ClientColour::Async);
        let (name, because) = (&given.name, &colour.because);
        let mut kinds = [("asynchronous", &colour.r#async), ("synchronous", &colour.sync)];
        if !is_async {
            kinds.reverse();
        }
        let [(kind, right), (other, wrong)] = kinds;
        if self.stands_for(given.value.expr, wrong) {
            unit.hold(format!("what `{name}` is given is {other}, the client {kind}: {because}"));
        } else if !self.stands_for(given.value.expr, right) {
            unit.lower(FixLevel::Unsafe, format!("what `{name}` is given is {kind}, as the client is: {because}"));
        }
    }

    /// Values that a rule treats differently.
    pub(super) fn check_values(&mut self, unit: &mut Unit, argument: &Argument, given: &Given) {
        for unless in &argument.unless {
            let test = Test::new(&unless.value);
            let defined = self.definition(given.value.expr).unwrap_or(given.value.expr);
            if test.holds(self.resolver, given.value.expr) || test.holds(self.resolver, defined) {
                unit.lower(unless.level, unless.because.clone());
            }
        }
    }

    /// An address whose host is not the vendor's is a gateway, of which nothing is known.
    pub(super) fn check_host(&mut self, unit: &mut Unit, portable: &Portable, value: Source) {
        if let Some(host) = self.foreign_host(portable, value.expr) {
            let because = format!("the gateway `{host}` serves the path {} and takes bearer tokens", portable.path);
            unit.lower(FixLevel::Unsafe, because);
        }
    }

    /// The texts that an address can be, with what is inserted as far as the file shows it.
    fn expanded(&mut self, value: ExprId, depth: usize) -> Vec<String> {
        let mut texts = self.texts(value);
        if depth > 3 {
            return texts;
        }
        match self.facts.expr(self.definition(value).unwrap_or(value)) {
            Expr::Text(pieces) => {
                let mut whole = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Constant { text, .. } => whole.push_str(text),
                        Piece::Hole(hole) => {
                            let inner = self.expanded(*hole, depth + 1);
                            whole.push_str(
                                inner
                                    .iter()
                                    .find(|text| text.contains("://"))
                                    .or(inner.first())
                                    .map_or("{}", String::as_str),
                            );
                        }
                    }
                }
                texts.push(whole);
            }
            Expr::Choice { alternatives, .. } => {
                let inner: Vec<String> = alternatives.iter().flat_map(|&one| self.expanded(one, depth + 1)).collect();
                texts.extend(inner);
            }
            Expr::Call { callee, arguments } => {
                // `x.rstrip("/")`, and the default of a lookup.
                if let Expr::Member { object, .. } = self.facts.expr(*callee) {
                    texts.extend(self.expanded(*object, depth + 1));
                }
                for argument in arguments.iter().skip(1) {
                    texts.extend(self.expanded(argument.value, depth + 1));
                }
            }
            _ => {}
        }
        texts
    }

    /// The host that an address names, if it is written out and not the vendor's.
    pub(super) fn foreign_host(&mut self, portable: &Portable, value: ExprId) -> Option<String> {
        self.expanded(value, 0).into_iter().find_map(|text| {
            let (_, rest) = text.split_once("://")?;
            let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
            let is_written = host.chars().any(char::is_alphanumeric);
            let is_known = portable.hosts.iter().any(|known| host.ends_with(known.as_str()));
            (is_written && !is_known).then(|| host.to_owned())
        })
    }

    /// True when an expression can stand for one of the symbols.
    pub(super) fn stands_for(&mut self, expr: ExprId, symbols: &[String]) -> bool {
        let wanted = SymbolSet::of(symbols).unwrap_or_default();
        self.symbols(expr).iter().any(|path| wanted.contains(path))
    }

    /// What is given to a call of one of the symbols.
    pub(super) fn unwrapped(&mut self, expr: ExprId, symbols: &[String]) -> Option<Source> {
        let wanted = SymbolSet::of(symbols).unwrap_or_default();
        let call = self.definition(expr).unwrap_or(expr);
        let Expr::Call { callee, arguments } = self.facts.expr(call) else { return None };
        let fits = self.symbols(*callee).iter().any(|path| wanted.contains(path));
        let first = arguments.first().filter(|_| fits)?;
        Some(Source { expr: first.value, span: self.argument_value(first) })
    }

    /// The only value of a name.
    pub(super) fn definition(&self, expr: ExprId) -> Option<ExprId> {
        let Expr::Name(name) = self.facts.expr(expr) else { return None };
        match self.resolver.bindings_of(name, expr).as_slice() {
            [only] => match self.facts.bindings[only.index()].kind {
                crate::facts::BindingKind::Value(value) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// The only value of a name that is used nowhere else, so that changing it changes nothing else.
    pub(super) fn own_definition(&self, expr: ExprId) -> Option<ExprId> {
        let Expr::Name(name) = self.facts.expr(expr) else { return None };
        let value = self.definition(expr)?;
        let binding = *self.resolver.bindings_of(name, expr).first()?;
        (self.uses_of(binding).len() == 1 && !self.leaves_by_name(binding)).then_some(value)
    }

    /// `None`, `null`, `undefined`.
    pub(super) fn is_none(&self, expr: ExprId) -> bool {
        match self.facts.expr(expr) {
            Expr::Constant(text) => matches!(*text, "None" | "null" | "undefined"),
            Expr::Name(name) => *name == "undefined",
            _ => false,
        }
    }

    /// A string that begins with another word afterwards.
    pub(super) fn exchanged_prefix(
        &mut self,
        unit: &mut Unit,
        portable: &Portable,
        argument: &Argument,
        given: &Given,
    ) -> NewValue {
        let value = self.own_definition(given.value.expr).unwrap_or(given.value.expr);
        let Some((start, old, new)) = self.prefix_in(value, argument) else {
            unit.hold(format!("what `{}` begins with is not written at the call", given.name));
            return NewValue::Same;
        };
        if let Some(text) = self.prefixed_setting(unit, portable, value, &old, &new) {
            return NewValue::Other(text);
        }
        let span = Span { start, end: start + old.len() as u32 };
        let edit = Edit::replace(span, new);
        if value == given.value.expr {
            return NewValue::Edited(vec![edit]);
        }
        unit.edits.push(edit);
        NewValue::Same
    }

    /// For a target: the new prefix before the setting that names the model.
    fn prefixed_setting(
        &mut self,
        unit: &mut Unit,
        portable: &Portable,
        value: ExprId,
        old: &str,
        new: &str,
    ) -> Option<String> {
        if !self.to_settings() {
            return None;
        }
        let Expr::Text(pieces) = self.facts.expr(value) else { return None };
        let name = match pieces.as_slice() {
            [Piece::Constant { text, .. }] => {
                let model = text.strip_prefix(old)?.to_owned();
                let name = self.model_setting_name(portable, &model);
                let at = self.span(value);
                let setting =
                    NewSetting { role: RoleOf::Model, name: name.clone(), instead_of: model, is_variable: false, at };
                unit.settings.push(setting);
                name
            }
            [Piece::Constant { text, .. }, Piece::Hole(hole)] if text == old => {
                let source = Source { expr: *hole, span: self.span(*hole) };
                self.setting(unit, portable, RoleOf::Model, Some(source))?;
                unit.settings.last().map(|setting| setting.name.clone())?
            }
            _ => return None,
        };
        unit.modules.extend(self.writing.variable_module());
        if new.is_empty() {
            return Some(self.writing.demanded_variable(&name));
        }
        let [before, after, open, close] = self.writing.template();
        let lookup = self.writing.demanded_variable(&name).replace('"', "'");
        Some(format!("{before}{new}{open}{lookup}{close}{after}"))
    }

    /// The name of the setting for a deployment.
    pub(super) fn model_setting_name(&self, portable: &Portable, deployment: &str) -> String {
        let own = self.around.options.names.model.clone().unwrap_or_else(|| portable.model.clone());
        self.around.model_settings.get(deployment).cloned().unwrap_or(own)
    }

    /// Where the prefix of a string stands, what it is, and what it becomes.
    pub(super) fn prefix_in(&self, value: ExprId, argument: &Argument) -> Option<(u32, String, String)> {
        let Expr::Text(pieces) = self.facts.expr(value) else { return None };
        let Some(Piece::Constant { span, .. }) = pieces.first() else { return None };
        let raw = self.source(*span);
        let found = argument.prefix.iter().filter(|(old, _)| raw.starts_with(old.as_str()));
        let (old, new) = found.max_by_key(|(old, _)| old.len())?;
        Some((span.start, old.clone(), new.clone()))
    }

    /// The address without the path of a deployment and with the portable path.
    pub(super) fn without_deployment(&mut self, unit: &mut Unit, portable: &Portable, value: Source) -> NewValue {
        let at = self.own_definition(value.expr).unwrap_or(value.expr);
        let Some(cut) = self.cut(&portable.deployment_path, at) else {
            let bare = portable.deployment_path.trim_end_matches('/');
            let root = bare.rsplit_once('/').map_or("", |(root, _)| root);
            let edit = self.path_after(value.expr, bare, &portable.path);
            if let Some(edit) = edit.or_else(|| self.path_after(value.expr, root, &portable.path)) {
                return NewValue::Edited(vec![edit]);
            }
            unit.hold("the file does not show the path of the address");
            return NewValue::Same;
        };
        let edits = self.edits_of_cut(at, &cut, &portable.path);
        if at == value.expr {
            return NewValue::Edited(edits);
        }
        unit.edits.extend(edits);
        NewValue::Same
    }

    /// An address that ends in the root of the vendor's paths.
    fn path_after(&self, value: ExprId, root: &str, path: &str) -> Option<Edit> {
        let Expr::Text(pieces) = self.facts.expr(value) else { return None };
        let Some(Piece::Constant { span, .. }) = pieces.last() else { return None };
        let raw = self.source(*span);
        let bare = raw.trim_end_matches('/').strip_suffix(root).filter(|_| !root.is_empty())?;
        Some(Edit::replace(Span { start: span.start + bare.len() as u32, end: span.end }, path))
    }

    /// The deployment that an address names.
    pub(super) fn deployment_in(&self, portable: &Portable, value: ExprId) -> Option<super::arguments::Deployed> {
        let at = self.own_definition(value).or_else(|| self.definition(value)).unwrap_or(value);
        self.cut(&portable.deployment_path, at).map(|cut| cut.deployment)
    }

    /// Where the path of a deployment stands in a text.
    pub(super) fn cut(&self, path: &str, value: ExprId) -> Option<Cut> {
        let Expr::Text(pieces) = self.facts.expr(value) else { return None };
        if path.is_empty() {
            return None;
        }
        let bare = path.trim_start_matches('/');
        for (number, piece) in pieces.iter().enumerate() {
            let Piece::Constant { span, .. } = piece else { continue };
            let raw = self.source(*span);
            let (at, length, slash) = match (raw.find(path), raw.find(bare)) {
                (Some(at), _) => (at, path.len(), true),
                (None, Some(at)) => (at, bare.len(), false),
                (None, None) => continue,
            };
            let rest = &raw[at + length..];
            let name = rest.split(['/', '?']).next().unwrap_or_default();
            let start = span.start + at as u32;
            if !name.is_empty() {
                let deployment = super::arguments::Deployed::Text(name.to_owned());
                return Some(Cut { piece: number, start, slash, deployment });
            }
            let Some(Piece::Hole(hole)) = pieces.get(number + 1) else { continue };
            let source = Source { expr: *hole, span: self.span(*hole) };
            let deployment = super::arguments::Deployed::Value(source);
            return Some(Cut { piece: number, start, slash, deployment });
        }
        None
    }

    /// The edits that put `path` in the place of all from the path of the deployment on.
    fn edits_of_cut(&self, value: ExprId, cut: &Cut, path: &str) -> Vec<Edit> {
        let span = self.span(value);
        let text = self.source(span);
        let path = if cut.slash { path } else { path.trim_start_matches('/') };
        if is_one_literal(text) {
            let end = span.end - 1;
            let mut edits = vec![Edit::replace(Span { start: cut.start, end }, path)];
            let before = self.source(Span { start: span.start, end: cut.start });
            // Nothing is left to insert.
            if let Some(rest) = text.strip_prefix(['f', 'F'])
                && rest.starts_with(['"', '\''])
                && !before.contains('{')
            {
                edits.push(Edit::remove(Span { start: span.start, end: span.start + 1 }));
            }
            return edits;
        }
        let Expr::Text(pieces) = self.facts.expr(value) else { return Vec::new() };
        let Some(Piece::Constant { span: piece, .. }) = pieces.get(cut.piece) else { return Vec::new() };
        let behind = Span { start: piece.end + 1, end: span.end };
        vec![Edit::replace(Span { start: cut.start, end: piece.end }, path), Edit::remove(behind)]
    }

    /// True when nothing but white space stands before an offset on its line.
    pub(super) fn begins_line(&self, at: u32) -> bool {
        let start = super::items::line_start(self.text, at);
        self.source(Span { start, end: at }).trim().is_empty()
    }

    /// The white space at the beginning of the line of an offset.
    pub(super) fn indentation(&self, at: u32) -> &str {
        let start = super::items::line_start(self.text, at) as usize;
        let line = self.text.get(start..).unwrap_or_default();
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }
}

/// What a rule says about the level when an argument is given.
pub(super) fn note_level(unit: &mut Unit, argument: &Argument, given: &Given) {
    if let Some(level) = argument.level {
        let because = argument.because.clone().unwrap_or_else(|| format!("`{}` is given", given.name));
        unit.lower(level, because);
    }
}

/// What is said where a version is not certain.
pub(super) fn unsure(says: Option<String>) -> String {
    says.unwrap_or_else(|| "no manifest or lock file says".to_owned())
}

/// Where the path of a deployment stands in an address.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    /// The piece it begins in.
    pub(super) piece: usize,
    /// The offset at which the path begins.
    pub(super) start: u32,
    /// True when it begins with a slash there.
    pub(super) slash: bool,
    /// The deployment.
    pub(super) deployment: super::arguments::Deployed,
}
