//! Units from matches: each call (or object) that a rule with a rewrite found becomes a unit with all that changes at the
//! call and on the client that it makes.

use std::collections::BTreeSet;

use super::{
    arguments::{Deployed, Spec},
    checks::unsure,
    edits::Edit,
    file::{File, Use},
    given::Gathered,
    options::Fit,
    template::{Words, fill},
    unit::{Rename, Unit},
    values::Source,
};
use crate::{
    facts::{ArgumentKind, Expr, ExprId, Span},
    rules::{
        matching::Place,
        model::FixLevel,
        pattern::SymbolSet,
        rewrite::{Method, Portable, Rewrite, RoleOf, Unless},
    },
};

impl<'x> File<'x, '_, '_> {
    /// The units of the file. `unwanted` are the ids of rules that nobody asked for: where another rule finds the same
    /// call they give way.
    pub(super) fn units(&mut self, unwanted: &BTreeSet<&str>) -> Vec<Unit> {
        let places = self.places;
        let mut units: Vec<Unit> = Vec::new();
        for place in places {
            let rule = self.index.clauses[place.clause as usize].rule;
            if self.index.rules[rule].file.fix.rewrite.is_empty() {
                continue;
            }
            let symbol = place.symbol.map(|path| self.resolver.paths.text(path).to_owned());
            let Some(choice) = self.choice(rule, symbol.as_deref()) else { continue };
            let rewrite = self.rewrite(rule, choice.number);
            if rewrite.only_for_targets && !self.to_settings() {
                continue;
            }
            let Some(mut unit) = self.unit_of(place, rule, choice.number) else { continue };
            if let Some(because) = choice.unsure {
                unit.lower(FixLevel::Unsafe, because);
                rewrite.when.iter().for_each(|(package, version)| unit.assume(package, version));
            }
            // Of several rules that find a call the first has it, if they mean the same.
            match units.iter_mut().find(|other| other.call.is_some() && other.call == unit.call) {
                None => units.push(unit),
                Some(other) if other.rule != unit.rule && other.edits != unit.edits => {
                    let [old, new] = [other.rule, unit.rule].map(|rule| &self.index.rules[rule]);
                    if old.file.unreported || new.file.unreported {
                        continue;
                    }
                    match [old, new].map(|rule| unwanted.contains(rule.id.as_str())) {
                        [true, false] => *other = unit,
                        [false, true] => {}
                        _ => other.hold(format!(
                            "the rule {} changes it differently; choose one of the two with `--rule`",
                            new.short_id()
                        )),
                    }
                }
                Some(_) => {}
            }
        }
        units.extend(self.chained_units());
        units
    }

    /// A rewrite of a rule.
    pub(super) fn rewrite(&self, rule: usize, number: usize) -> &'x Rewrite {
        &self.index.rules[rule].file.fix.rewrite[number]
    }

    /// The rewrite of a rule for a symbol, by the versions in use.
    pub(super) fn choice(&self, rule: usize, symbol: Option<&str>) -> Option<Choice> {
        let rewrites = &self.index.rules[rule].file.fix.rewrite;
        let is_for = |rewrite: &Rewrite| {
            rewrite.symbols.is_empty() || symbol.is_some_and(|symbol| symbol_after(rewrite, symbol).is_some())
        };
        let fitting: Vec<usize> = (0..rewrites.len()).filter(|&number| is_for(&rewrites[number])).collect();
        let (&last, others) = fitting.split_last()?;
        if let Some(&number) = others.iter().find(|&&number| self.fit_of(&rewrites[number]) == Some(None)) {
            return Some(Choice { number, unsure: None });
        }
        self.fit_of(&rewrites[last]).map(|unsure| Choice { number: last, unsure })
    }

    /// Whether the versions fit a rewrite: `None` if they do not, a reason if that is not known.
    #[expect(clippy::option_option, reason = "it fits, it may fit for a reason, it does not fit")]
    fn fit_of(&self, rewrite: &Rewrite) -> Option<Option<String>> {
        let mut reason = None;
        for (package, version) in &rewrite.when {
            match (self.around.fits)(package, version) {
                Fit::Yes => {}
                Fit::No(_) => return None,
                Fit::Unknown(says) => reason = Some(format!("{package} is at {version} ({})", unsure(says))),
            }
        }
        Some(reason)
    }

    fn unit_of(&mut self, place: &Place, rule: usize, number: usize) -> Option<Unit> {
        let rewrite = self.rewrite(rule, number);
        if rewrite.object {
            return self.object_unit(place, rule, number);
        }
        if let Some(request) = &rewrite.request {
            return self.request_unit(place, rule, number, request);
        }
        if !rewrite.stores.is_empty() {
            return self.store_unit(place, rule, number);
        }
        let call = place.call.filter(|_| place.name.is_none() && place.value.is_none())?;
        let symbol = place.symbol.map(|path| self.resolver.paths.text(path).to_owned())?;
        Some(self.call_unit(rule, number, call, &symbol, place.partial, place.span))
    }

    /// The unit of a call of `symbol`.
    pub(super) fn call_unit(
        &mut self,
        rule: usize,
        number: usize,
        call: ExprId,
        symbol: &str,
        partial: bool,
        anchor: Span,
    ) -> Unit {
        let rewrite = self.rewrite(rule, number);
        let mut unit = Unit::new(rule, number, anchor, self.index.rules[rule].file.fix.level);
        unit.call = Some(call);
        unit.needs.extend(rewrite.needs.iter().cloned());
        let Some(portable) = self.portable_of(rule) else {
            unit.hold("the rule's pack does not say what portable code looks like");
            return unit;
        };
        if partial || self.completes_partial(call) {
            unit.hold("the arguments are given in two steps, of which only one is in view at a time");
        }
        self.check_callee(&mut unit, rewrite, call, partial);
        if let Some(template) = &rewrite.call {
            self.replace_call(&mut unit, call, template, &[]);
            return unit;
        }
        let gathered = match self.gather(call, partial, &rewrite.positional) {
            Ok(gathered) => gathered,
            Err(obstacle) => {
                unit.hold(obstacle);
                return unit;
            }
        };
        let given: Vec<String> = gathered.given.iter().map(|given| given.name.clone()).collect();
        self.check_given(&mut unit, &rewrite.unless, &given);
        self.in_place = self.has_foreign_host(&gathered, rewrite, portable);
        if self.in_place && self.around.to_settings {
            unit.lower(FixLevel::Unsafe, "the address is a gateway's, which stays, and so do key and model");
        }
        let spec = Spec {
            arguments: &rewrite.arguments,
            add: &rewrite.add,
            key_header: rewrite.key_header.as_ref(),
            into_object: rewrite.into_object,
            portable,
            is_async: symbol.rsplit('.').next().is_some_and(|name| name.starts_with("Async")),
            is_client: true,
            partial,
        };
        let deployment = self.change_arguments(&mut unit, call, gathered, spec);
        if rewrite.construct && !self.source(self.span(call)).starts_with("new ") {
            unit.edits.push(Edit::insert(self.span(call).start, "new "));
        }
        self.change_calls_on(&mut unit, call, rewrite, deployment.as_ref(), portable);
        self.in_place = false;
        unit
    }

    /// True when an address of the call is written out and is not the vendor's.
    fn has_foreign_host(&mut self, gathered: &Gathered, rewrite: &Rewrite, portable: &Portable) -> bool {
        let is_address = |name: &str| {
            let role = rewrite.arguments.get(name).and_then(|argument| argument.role);
            matches!(role, Some(RoleOf::Endpoint | RoleOf::DeploymentUrl | RoleOf::BaseUrl))
        };
        let addresses: Vec<ExprId> =
            gathered.given.iter().filter(|given| is_address(&given.name)).map(|given| given.value.expr).collect();
        addresses.into_iter().any(|address| self.foreign_host(portable, address).is_some())
    }

    /// True for a call of what `partial(…)` made.
    fn completes_partial(&mut self, call: ExprId) -> bool {
        let Expr::Call { callee, .. } = self.facts.expr(call) else { return false };
        let Some(made) = self.definition(*callee) else { return false };
        matches!(self.facts.expr(made), Expr::Call { .. })
            && self.resolver.called_symbols(made).iter().any(|called| called.partial)
    }

    /// The callee must stand for symbols of this rewrite only; a variable that may hold the plain class gets other
    /// arguments then.
    fn check_callee(&mut self, unit: &mut Unit, rewrite: &Rewrite, call: ExprId, partial: bool) {
        let Expr::Call { callee, arguments } = self.facts.expr(call) else { return };
        let callee = if partial { arguments.first().map_or(*callee, |first| first.value) } else { *callee };
        if rewrite.symbols.is_empty() {
            return;
        }
        let known = SymbolSet::of(&rewrite.symbols.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        if matches!(self.facts.expr(callee), Expr::Member { object, .. } if matches!(self.facts.expr(*object), Expr::Super))
        {
            return;
        }
        let symbols = self.symbols(callee);
        if let Some(other) = symbols.iter().find(|path| !known.contains(path) && !path.starts_with('?')) {
            unit.hold(format!("the same call also makes `{other}`, which takes other arguments"));
        }
    }

    /// What changes at the calls on the client.
    fn change_calls_on(
        &mut self,
        unit: &mut Unit,
        made: ExprId,
        rewrite: &Rewrite,
        deployment: Option<&Deployed>,
        portable: &Portable,
    ) {
        match (&rewrite.deployment, deployment) {
            (Some(rule), Some(name)) => self.move_deployment(unit, made, name, rule, portable),
            (Some(rule), None) => self.set_models(unit, made, rule, portable),
            (None, _) => {}
        }
        if !rewrite.methods.is_empty() {
            self.change_methods(unit, made, rewrite, deployment.is_some(), portable);
        }
    }

    fn change_methods(
        &mut self,
        unit: &mut Unit,
        made: ExprId,
        rewrite: &Rewrite,
        has_deployment: bool,
        portable: &Portable,
    ) {
        let moved = rewrite.deployment.as_ref().filter(|_| has_deployment).map(|rule| rule.argument.clone());
        let same = rewrite.deployment.as_ref().map(|rule| rule.same_client.clone()).unwrap_or_default();
        // Members that get another name must all be in view.
        let renames = rewrite.methods.iter().any(|method| method.to.is_some());
        for used in self.uses(made, &same) {
            match used {
                Use::Escape(span, how) if renames => {
                    let line = self.line(span.start);
                    unit.hold(format!("calls on the client change, and it {how} (line {line})"));
                }
                Use::Escape(..) => {}
                Use::Call(path, call) => {
                    let method = rewrite.methods.iter().find(|method| method.from == path);
                    let known = rewrite.deployment.as_ref().is_some_and(|rule| rule.same_client.contains(&path));
                    match method {
                        Some(method) => self.change_method(unit, call, method, moved.as_ref(), portable),
                        None if known || !renames || path == "close" => {}
                        None => unit.hold(format!(
                            "no rule says what `{path}` becomes (line {})",
                            self.line(self.span(call).start)
                        )),
                    }
                }
            }
        }
    }

    fn change_method(
        &mut self,
        unit: &mut Unit,
        call: ExprId,
        method: &Method,
        moved: Option<&String>,
        portable: &Portable,
    ) {
        if let Some(level) = method.level {
            unit.lower(level, method.because.clone().unwrap_or_default());
        }
        let Expr::Call { callee, .. } = self.facts.expr(call) else { return };
        if let Some(to) = &method.to {
            self.rename_method(unit, *callee, &method.from, to);
        }
        match self.gather(call, false, &method.positional) {
            Ok(gathered) => {
                let names = gathered.given.iter().map(|given| given.name.clone()).chain(moved.cloned());
                self.check_given(unit, &method.unless, &names.collect::<Vec<_>>());
                let spec = Spec {
                    arguments: &method.arguments,
                    add: &method.add,
                    key_header: None,
                    into_object: method.into_object,
                    portable,
                    is_async: false,
                    is_client: false,
                    partial: false,
                };
                self.change_arguments(unit, call, gathered, spec);
            }
            Err(obstacle) => unit.hold(format!("{obstacle} (line {})", self.line(self.span(call).start))),
        }
    }

    fn rename_method(&self, unit: &mut Unit, callee: ExprId, from: &str, to: &str) {
        if from.is_empty() {
            unit.edits.push(Edit::insert(self.span(callee).end, format!(".{to}")));
            return;
        }
        let mut first = callee;
        for _ in 1..from.split('.').count() {
            if let Expr::Member { object, .. } = self.facts.expr(first) {
                first = *object;
            }
        }
        if let (Expr::Member { property_span: start, .. }, Expr::Member { property_span: end, .. }) =
            (self.facts.expr(first), self.facts.expr(callee))
        {
            unit.edits.push(Edit::replace(Span { start: start.start, end: end.end }, to));
        }
    }

    /// Puts a template in the place of a call.
    pub(super) fn replace_call(&mut self, unit: &mut Unit, call: ExprId, template: &str, names: &[String]) {
        let mut words = Given { file: self, call, names };
        match fill(template, &mut words) {
            Ok(text) => unit.edits.push(Edit::replace(self.span(call), text)),
            Err(missing) => unit.hold(format!("the call does not show `{}`", missing.0)),
        }
    }

    /// Calls of other symbols that change with a client, such as message classes.
    pub(super) fn change_companions(&mut self, units: &mut [Unit]) {
        let mut owners: Vec<(SymbolSet, &str, usize)> = Vec::new();
        for (number, unit) in units.iter().enumerate() {
            for (symbol, template) in &self.rewrite(unit.rule, unit.rewrite).replace {
                owners.push((SymbolSet::of(std::slice::from_ref(symbol)).unwrap_or_default(), template, number));
            }
        }
        if owners.is_empty() {
            return;
        }
        for number in 0..self.facts.exprs.len() {
            let call = ExprId(number as u32);
            let Expr::Call { callee, .. } = self.facts.expr(call) else { continue };
            let symbols = self.symbols(*callee);
            // Inner ones first; the text of an outer one would be that before they change.
            let owner = owners.iter().find(|(set, _, _)| symbols.iter().any(|path| set.contains(path)));
            if let Some((_, template, unit)) = owner {
                let (template, unit) = ((*template).to_owned(), *unit);
                self.replace_call(&mut units[unit], call, &template, &[]);
                if let Some(symbol) = symbols.first() {
                    let rename = Rename { expr: *callee, from: symbol.clone(), to: String::new() };
                    units[unit].renames.push(rename);
                }
            }
        }
    }

    /// Calls by `super().__init__(…)` and the like of what a class derives from.
    fn chained_units(&mut self) -> Vec<Unit> {
        let mut units = Vec::new();
        let rules = self.rules_with_symbols();
        let has_bases = self.facts.classes.iter().any(|class| !class.bases.is_empty());
        if !has_bases || rules.is_empty() {
            return units;
        }
        for number in 0..self.facts.exprs.len() {
            let call = ExprId(number as u32);
            if !matches!(self.facts.expr(call), Expr::Call { .. }) {
                continue;
            }
            for called in self.resolver.called_symbols(call) {
                if !called.chained {
                    continue;
                }
                let symbol = self.resolver.paths.text(called.symbol).to_owned();
                if let Some((rule, number, _)) = self.change_of(&rules, &symbol) {
                    let anchor = self.resolver.callee_of(call).unwrap_or(self.span(call));
                    let mut unit = self.call_unit(rule, number, call, &symbol, false, anchor);
                    unit.lower(FixLevel::Unsafe, "the subclass relies on nothing that only its old base class has");
                    units.push(unit);
                }
            }
        }
        units
    }

    /// The rules whose rewrites put symbols in the place of others.
    pub(super) fn rules_with_symbols(&self) -> Vec<usize> {
        let renames = |rule: &usize| {
            let rewrites = &self.index.rules[*rule].file.fix.rewrite;
            rewrites.iter().any(|rewrite| rewrite.symbols.iter().any(|(from, to)| from != to))
        };
        (0..self.index.rules.len()).filter(renames).collect()
    }

    /// The rule and rewrite that put another symbol in the place of `symbol`, and that symbol.
    pub(super) fn change_of(&self, rules: &[usize], symbol: &str) -> Option<(usize, usize, &'x str)> {
        rules.iter().find_map(|&rule| {
            let number = self.choice(rule, Some(symbol))?.number;
            let rewrite = self.rewrite(rule, number);
            let is_on = !rewrite.only_for_targets || self.to_settings();
            let to = symbol_after(rewrite, symbol).filter(|to| *to != symbol && is_on)?;
            Some((rule, number, to))
        })
    }

    fn object_unit(&mut self, place: &Place, rule: usize, number: usize) -> Option<Unit> {
        let rewrite = self.rewrite(rule, number);
        let object = place.expr?;
        if !matches!(self.facts.expr(object), Expr::Object(_) | Expr::Call { .. }) {
            return None;
        }
        let mut unit = Unit::new(rule, number, place.span, self.index.rules[rule].file.fix.level);
        unit.call = Some(object);
        unit.needs.extend(rewrite.needs.iter().cloned());
        let portable = self.portable_of(rule)?;
        let gathered = match self.gather_entries(object) {
            Ok(gathered) => gathered,
            Err(obstacle) => {
                unit.hold(obstacle);
                return Some(unit);
            }
        };
        let given: Vec<String> = gathered.given.iter().map(|given| given.name.clone()).collect();
        self.check_given(&mut unit, &rewrite.unless, &given);
        let spec = Spec {
            arguments: &rewrite.arguments,
            add: &rewrite.add,
            key_header: None,
            into_object: false,
            portable,
            is_async: false,
            is_client: true,
            partial: false,
        };
        self.change_arguments(&mut unit, object, gathered, spec);
        Some(unit)
    }
}

/// A rewrite that was chosen among those of a rule.
pub(super) struct Choice {
    /// Which.
    pub(super) number: usize,
    /// Why it may be the wrong one.
    pub(super) unsure: Option<String>,
}

impl File<'_, '_, '_> {
    /// Conditions under which the level is lower.
    pub(super) fn check_given(&self, unit: &mut Unit, conditions: &[Unless], names: &[String]) {
        for unless in conditions {
            let given = unless.given.iter().any(|name| names.contains(name));
            let missing = !unless.missing.is_empty() && !unless.missing.iter().any(|name| names.contains(name));
            let found = unless.file_has.iter().any(|rule| self.has_finding(rule));
            let always = unless.given.is_empty() && unless.missing.is_empty() && unless.file_has.is_empty();
            if given || missing || found || always {
                unit.lower(unless.level, unless.because.clone());
            }
        }
    }

    /// True when a rule finds something in the file.
    fn has_finding(&self, rule: &str) -> bool {
        let id = |clause: u32| self.index.rules[self.index.clauses[clause as usize].rule].short_id();
        self.places.iter().any(|place| id(place.clause) == rule)
    }
}

/// The symbol that takes the place of `symbol`.
pub(super) fn symbol_after<'r>(rewrite: &'r Rewrite, symbol: &str) -> Option<&'r str> {
    if let Some(to) = rewrite.symbols.get(symbol) {
        return Some(to);
    }
    let pattern = rewrite.symbols.iter().filter(|(from, _)| from.contains('*'));
    pattern
        .into_iter()
        .find(|(from, _)| SymbolSet::of(std::slice::from_ref(*from)).is_ok_and(|set| set.contains(symbol)))
        .map(|(_, to)| to.as_str())
}

/// The words of a template for a whole call.
struct Given<'g, 'x, 'f, 's> {
    file: &'g mut File<'x, 'f, 's>,
    call: ExprId,
    names: &'g [String],
}

impl Words for Given<'_, '_, '_, '_> {
    fn word(&mut self, name: &str, _: Option<&str>) -> Option<String> {
        let argument = name.strip_prefix("argument:")?;
        let Expr::Call { arguments, .. } = self.file.facts.expr(self.call) else { return None };
        let position = argument.parse::<usize>().ok().or_else(|| self.names.iter().position(|known| known == argument));
        let found = arguments.iter().enumerate().find(|(number, one)| match one.kind {
            ArgumentKind::Named { name, .. } => name == argument,
            ArgumentKind::Positional => Some(*number) == position,
            _ => false,
        });
        let found = found?.1;
        let value = Source { expr: found.value, span: self.file.argument_value(found) };
        Some(self.file.source(value.span).to_owned())
    }
}
