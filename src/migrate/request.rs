//! Requests without an SDK: address, query, headers and body of one call change together or not at all. Half of such a
//! change is worse than none (a portable path with a key that it does not take), so whatever the file does not show of a
//! part holds the request back. Where the parts stand in a call is data of the rule; what a file shows of them is found in
//! `parts`, the text of the address is taken apart in `address`.

use super::{
    address::Address,
    arguments::Deployed,
    edits::Edit,
    file::File,
    given::{Given, Holder, Obstacle},
    parts::Opened,
    unit::Unit,
    values::{NewValue, Source, is_one_literal},
};
use crate::{
    facts::{BindingId, Expr, ExprId},
    rules::{
        matching::Place,
        model::FixLevel,
        pattern::SymbolSet,
        rewrite::{Portable, Request, RequestParts, RoleOf},
    },
};

/// The header that takes the place of the key's.
const AUTHORIZATION: &str = "Authorization";
/// What stands before a key or token in it.
const SCHEME: &str = "Bearer ";
/// Headers that tell by their case how a file writes headers.
const USUAL_HEADERS: &[&str] = &["accept", "content-type", "user-agent"];

/// One request.
#[derive(Clone, Copy)]
struct Site<'r> {
    call: ExprId,
    request: &'r Request,
    parts: &'r RequestParts,
    portable: &'r Portable,
}

impl File<'_, '_, '_> {
    /// The unit of a request. None for one that needs no change.
    pub(super) fn request_unit(
        &mut self,
        place: &Place,
        rule: usize,
        number: usize,
        request: &Request,
    ) -> Option<Unit> {
        let call = place.call.filter(|_| place.name.is_none() && place.value.is_none())?;
        let symbol = place.symbol.map(|path| self.resolver.paths.text(path).to_owned())?;
        let parts = parts_of(request, &symbol)?;
        let rewrite = self.rewrite(rule, number);
        let mut unit = Unit::new(rule, number, place.span, self.index.rules[rule].file.fix.level);
        unit.needs.extend(rewrite.needs.iter().cloned());
        let Some(portable) = self.portable_of(rule) else {
            unit.hold("the rule's pack does not say what portable code looks like");
            return Some(unit);
        };
        let site = Site { call, request, parts, portable };
        match self.address_of(site, &mut unit.shares) {
            Ok(None) => return None,
            Ok(Some((url, address))) => {
                let is_portable = address.deployment.is_none();
                if is_portable && (!self.around.to_settings || self.foreign_host(portable, url.value.expr).is_some()) {
                    return None;
                }
                self.move_request(&mut unit, site, &url, &address);
            }
            Err(because) => unit.hold(because),
        }
        Some(unit)
    }

    /// The address of a request, with what the call is given for it.
    fn address_of(
        &mut self,
        site: Site<'_>,
        shares: &mut Vec<BindingId>,
    ) -> Result<Option<(Given, Address)>, Obstacle> {
        let Some(url) = self.part(site.call, &site.parts.url, shares)? else {
            return Err("the call does not show its address".to_owned());
        };
        let text = match self.facts.expr(url.value.expr) {
            Expr::Name(name) => {
                let (binding, value) =
                    self.own_value(name, url.value.expr).map_err(|because| format!("the address: {because}"))?;
                shares.push(binding);
                value
            }
            _ => url.value.expr,
        };
        Ok(self.address(text, site.request)?.map(|address| (url, address)))
    }

    fn move_request(&mut self, unit: &mut Unit, site: Site<'_>, url: &Given, address: &Address) {
        let steps = [
            self.move_address(unit, site, url, address),
            self.move_key(unit, site),
            self.drop_version(unit, site),
            self.name_model(unit, site, address),
        ];
        for because in steps.into_iter().filter_map(Result::err) {
            unit.hold(because);
        }
    }

    fn move_address(
        &mut self,
        unit: &mut Unit,
        site: Site<'_>,
        url: &Given,
        address: &Address,
    ) -> Result<(), Obstacle> {
        if let Some(setting) = self.setting(unit, site.portable, RoleOf::DeploymentUrl, Some(url.value)) {
            let rest = address.rest.as_ref().ok_or("the query of the address is not constant")?;
            let text = self.writing.below(&setting, rest);
            unit.edits.extend(self.other_address(address, text));
            return Ok(());
        }
        self.check_host(unit, site.portable, url.value);
        let edits = self.edits_of_address(address, &site.request.path)?;
        unit.edits.extend(edits);
        Ok(())
    }

    /// The key header becomes a bearer token; a token that is one already stays.
    fn move_key(&mut self, unit: &mut Unit, site: Site<'_>) -> Result<(), Obstacle> {
        let Some(headers) = self.part(site.call, &site.parts.headers, &mut unit.shares)? else {
            return Err("the call is given no headers, so its key comes from where it does not show".to_owned());
        };
        let opened = self.opened(headers.value.expr).map_err(|because| format!("the headers: {because}"))?;
        unit.shares.extend(&opened.shares);
        let (keys, tokens) = (opened.named(&site.request.key_header), opened.named(AUTHORIZATION));
        match (keys.as_slice(), tokens.as_slice()) {
            ([key], []) => {
                if !opened.unseen.is_empty() {
                    unit.lower(FixLevel::Unsafe, "what else is put into the headers holds neither a key nor a token");
                }
                let key = key.clone();
                self.move_header(unit, site, &opened, &key)
            }
            ([], [token]) => {
                if let Some(setting) = self.setting(unit, site.portable, RoleOf::Key, Some(token.value)) {
                    let text = self.writing.with_prefix(SCHEME, &setting, false);
                    unit.edits.push(Edit::replace(token.value.span, text));
                }
                Ok(())
            }
            ([], []) => Err(format!("the headers that the file shows hold no `{}`", site.request.key_header)),
            _ => Err(format!("the headers hold more than one of `{}` and `{AUTHORIZATION}`", site.request.key_header)),
        }
    }

    fn move_header(&mut self, unit: &mut Unit, site: Site<'_>, opened: &Opened, key: &Given) -> Result<(), Obstacle> {
        let usual = opened.entries.iter().any(|entry| USUAL_HEADERS.contains(&entry.name.as_str()));
        let name = if usual { AUTHORIZATION.to_lowercase() } else { AUTHORIZATION.to_owned() };
        let value = self.bearer(unit, site.portable, key.value);
        if self.around.options.keep_key_header {
            let text = value.text(self, key.value);
            return self.keep_header(unit, key, &self.writing.entry(&name, &text));
        }
        let Some(span) = key.key.filter(|span| self.source(*span).starts_with(['"', '\''])) else {
            return Err(format!("`{}` is not written as a text in the headers", key.name));
        };
        let written = match key.holder {
            Holder::Item { .. } if self.writing.names_by_object() => self.writing.key(&name),
            _ => {
                let quote = &self.source(span)[..1];
                format!("{quote}{name}{quote}")
            }
        };
        unit.edits.push(Edit::replace(span, written));
        unit.edits.extend(value.edits(key.value));
        Ok(())
    }

    /// The bearer token beside the key header, which gateways may look at.
    fn keep_header(&self, unit: &mut Unit, key: &Given, entry: &str) -> Result<(), Obstacle> {
        let items = match key.holder {
            Holder::Item { list, .. } => self.items(list),
            Holder::Store(_) => None,
        };
        let items = items.ok_or("the key is stored into the headers later; keep the key header by hand")?;
        unit.edits.extend(items.change(&[], &[entry.to_owned()]));
        Ok(())
    }

    /// The value of the header for a key.
    fn bearer(&mut self, unit: &mut Unit, portable: &Portable, key: Source) -> NewValue {
        if let Some(setting) = self.setting(unit, portable, RoleOf::Key, Some(key)) {
            return NewValue::Other(self.writing.with_prefix(SCHEME, &setting, false));
        }
        if let Some(lookup) = self.demanded(unit, key) {
            return NewValue::Other(self.writing.with_prefix(SCHEME, &lookup, false));
        }
        let text = self.source(key.span);
        if is_one_literal(text)
            && let Some(quote) = text.find(['"', '\'', '`'])
        {
            return NewValue::Edited(vec![Edit::insert(key.span.start + quote as u32 + 1, SCHEME)]);
        }
        NewValue::Other(self.writing.with_prefix(SCHEME, text, self.needs_parentheses(key)))
    }

    /// The version goes from the parameters of the query, and these with it where nothing is left.
    fn drop_version(&mut self, unit: &mut Unit, site: Site<'_>) -> Result<(), Obstacle> {
        let Some(query) = self.part(site.call, &site.parts.query, &mut unit.shares)? else { return Ok(()) };
        let opened = self.opened(query.value.expr).map_err(|because| format!("the query: {because}"))?;
        unit.shares.extend(&opened.shares);
        if !opened.unseen.is_empty() {
            unit.lower(
                FixLevel::Unsafe,
                format!("what else is put into the query holds no `{}`", site.request.version_query),
            );
        }
        let versions = opened.named(&site.request.version_query);
        if let ([_], true) = (versions.as_slice(), opened.entries.len() == 1 && opened.unseen.is_empty()) {
            return self.take_out(unit, query.holder);
        }
        versions.iter().try_for_each(|version| self.take_out(unit, version.holder))
    }

    fn take_out(&self, unit: &mut Unit, holder: Holder) -> Result<(), Obstacle> {
        match holder {
            Holder::Item { list, item } => {
                let items = self.items(list).ok_or("the call has no parentheses")?;
                unit.edits.extend(items.change(&[item], &[]));
            }
            Holder::Store(store) => self.remove_statement(unit, self.facts.stores[store].span),
        }
        Ok(())
    }

    /// The body names the deployment as the model.
    fn name_model(&mut self, unit: &mut Unit, site: Site<'_>, address: &Address) -> Result<(), Obstacle> {
        let Some(body) = self.part(site.call, &site.parts.body, &mut unit.shares)? else {
            return Err(format!("the call shows no body, in which `{}` has to be", site.request.model));
        };
        let opened = self.opened(body.value.expr).map_err(|because| format!("the body: {because}"))?;
        let names: Vec<String> = opened.entries.iter().map(|entry| entry.name.clone()).collect();
        let rewrite = self.rewrite(unit.rule, unit.rewrite);
        self.check_given(unit, &rewrite.unless, &names);
        if !opened.unseen.is_empty() {
            unit.lower(
                FixLevel::Unsafe,
                format!("what else is put into the body holds no other `{}`", site.request.model),
            );
        }
        let models = opened.named(&site.request.model);
        if models.len() > 1 {
            return Err(format!("the body is given `{}` more than once", site.request.model));
        }
        let Some((deployment, _)) = &address.deployment else {
            return self.model_as_setting(unit, site, models.first());
        };
        self.check_sharers(site, &opened, deployment)?;
        unit.shares.extend(&opened.shares);
        match (models.first(), opened.object) {
            (Some(given), _) => {
                if self.around.to_settings || !self.names_same(given.value, deployment) {
                    self.replace_model(unit, site, given, deployment);
                }
                Ok(())
            }
            (None, Some(object)) => self.insert_model(unit, site, object, deployment),
            (None, None) => Err("the body is not written as an object in the file".to_owned()),
        }
    }

    /// In a fix for a target, the model of a request that has the portable form already.
    fn model_as_setting(&mut self, unit: &mut Unit, site: Site<'_>, given: Option<&Given>) -> Result<(), Obstacle> {
        let given = given.ok_or_else(|| format!("the body that the file shows has no `{}`", site.request.model))?;
        self.replace_model(unit, site, given, &Deployed::Value(given.value));
        Ok(())
    }

    /// What names the model: the deployment as it can be written at `place`, or the setting that takes its place.
    fn model_of(&mut self, unit: &mut Unit, site: Site<'_>, deployment: &Deployed, place: ExprId) -> Option<String> {
        let unknown = match deployment {
            Deployed::Value(value) if self.around.to_settings => {
                self.deployment_key(value.expr).is_none().then(|| self.source(value.span).to_owned())
            }
            _ => None,
        };
        let text = match unknown {
            // It comes from outside the file; then its name is what tells it from others.
            Some(name) => Some(self.model_setting(unit, &name, true, site.portable)),
            None => self.model_text(unit, deployment, place, site.portable),
        };
        // A body is sent as it is: no type forbids that a value in it is missing.
        text.map(|text| text.strip_suffix('!').map(str::to_owned).unwrap_or(text))
    }

    fn replace_model(&mut self, unit: &mut Unit, site: Site<'_>, given: &Given, deployment: &Deployed) {
        if let Some(text) = self.model_of(unit, site, deployment, given.value.expr) {
            self.put_model(unit, given, text);
        }
    }

    fn put_model(&self, unit: &mut Unit, given: &Given, text: String) {
        let text = if given.is_shorthand() { self.writing.entry(&given.name, &text) } else { text };
        unit.edits.push(Edit::replace(given.value.span, text));
    }

    fn insert_model(
        &mut self,
        unit: &mut Unit,
        site: Site<'_>,
        object: ExprId,
        deployment: &Deployed,
    ) -> Result<(), Obstacle> {
        let Some(text) = self.model_of(unit, site, deployment, object) else { return Ok(()) };
        let is_object = matches!(self.facts.expr(object), Expr::Object(_));
        let name = &site.request.model;
        let entry = if is_object { self.writing.entry(name, &text) } else { self.writing.named(name, &text) };
        let items = self.items(object).ok_or("the body is not written as an object in the file")?;
        let edit = self.as_first(&items, is_object, &entry);
        unit.edits.push(edit);
        Ok(())
    }

    /// A body that several requests send can name one model only.
    fn check_sharers(&mut self, site: Site<'_>, opened: &Opened, deployment: &Deployed) -> Result<(), Obstacle> {
        if opened.shares.is_empty() {
            return Ok(());
        }
        let others: Vec<(ExprId, Option<String>)> = self
            .requests()
            .filter(|(_, call)| *call != site.call)
            .map(|(place, call)| (call, place.symbol.map(|path| self.resolver.paths.text(path).to_owned())))
            .collect();
        for (call, symbol) in others {
            let Some(parts) = symbol.and_then(|symbol| parts_of(site.request, &symbol)) else { continue };
            let other = Site { call, parts, ..site };
            let Ok(Some(body)) = self.part(call, &parts.body, &mut Vec::new()) else { continue };
            let Ok(shared) = self.opened(body.value.expr) else { continue };
            if !shared.shares.iter().any(|binding| opened.shares.contains(binding)) {
                continue;
            }
            let address = self.address_of(other, &mut Vec::new())?;
            let named = address.and_then(|(_, address)| address.deployment);
            if !named.is_some_and(|(named, _)| self.is_same_deployment(&named, deployment)) {
                let line = self.line(self.span(call).start);
                return Err(format!("the same body is sent to another deployment on line {line}"));
            }
        }
        Ok(())
    }

    fn is_same_deployment(&self, one: &Deployed, other: &Deployed) -> bool {
        match (one, other) {
            (Deployed::Text(one), Deployed::Text(other)) => one == other,
            (Deployed::Value(one), Deployed::Value(other)) => self.source(one.span) == self.source(other.span),
            _ => false,
        }
    }
}

/// Where the parts stand in a call of a symbol.
fn parts_of<'r>(request: &'r Request, symbol: &str) -> Option<&'r RequestParts> {
    request.calls.get(symbol).or_else(|| {
        let means =
            |pattern: &String| SymbolSet::of(std::slice::from_ref(pattern)).is_ok_and(|set| set.contains(symbol));
        request.calls.iter().find(|(pattern, _)| means(pattern)).map(|(_, parts)| parts)
    })
}
