//! Why rules did not accept what they look for on a line: the conditions that do not hold there, in words. The same checks
//! decide as in matching (`decide`); here they are told. Beside them stand near misses: what reads like
//! something that a rule looks for and stands for something else.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Index, Place, Shower, collect, conditions::Unmet, decide};
use crate::{
    facts::{ArgumentKind, Expr, ExprId, ImportedSymbol, Key, Span},
    resolve::{Resolver, paths::PathId},
    rules::{
        index::{Compiled, Test},
        model::{Class, Clause, Within},
        secrets::holds_key,
    },
};

/// How many symbols or values of a rule are named.
const MAX_NAMED: usize = 3;

/// Why a rule did not accept a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// The name is written, but nothing reads or sets the environment there.
    Access,
    /// The file does not import what it would have to.
    Imports,
    /// The object that holds the key is not given under the name that it would have to be.
    Under,
    /// The value is another one.
    Value,
    /// An argument is missing, or is another one.
    With,
    /// An argument is given that must not be.
    Without,
    /// It does not flow into anything that was found.
    FlowsInto,
    /// Nothing that was found is near.
    Beside,
    /// It stands for something else.
    Symbol,
    /// It is given to something else.
    Of,
    /// It is read from something else.
    On,
}

/// A place that a rule looks at and did not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Miss {
    /// The rule's id.
    pub(crate) rule: String,
    /// Where.
    pub(crate) span: Span,
    /// What does not hold.
    pub(crate) condition: Condition,
    /// The same in words.
    pub(crate) says: String,
}

/// What rules made of a line.
#[derive(Debug, Default)]
pub(crate) struct Explained {
    /// The ids of rules that accepted something on it whose findings are portable already, with the places.
    pub(crate) portable: Vec<(String, Span)>,
    /// What was not accepted, by place and rule.
    pub(crate) misses: Vec<Miss>,
}

/// Explains what rules made of the places that begin in `line`.
pub(crate) fn explain(index: &Index, resolver: &mut Resolver<'_, '_>, shower: &Shower<'_>, line: Span) -> Explained {
    let mut refused = Vec::new();
    let places = collect::places(index, resolver);
    let accepted = decide(index, resolver, places, Some(&mut refused));
    let on_line = |place: &&Place| begins_in(place.span, line);
    let rule_of = |place: &Place| index.clauses[place.clause as usize].rule;
    let accepted: Vec<(usize, Span)> = accepted.iter().filter(on_line).map(|one| (rule_of(one), one.span)).collect();
    let mut explainer =
        Explainer { index, resolver, shower, line, misses: Vec::new(), seen: BTreeSet::new(), found: BTreeSet::new() };
    explainer.seen.extend(accepted.iter().copied());
    explainer.found.extend(accepted.iter().map(|(_, span)| *span));
    // Several clauses of a rule can look at one place: each tells its own reason, but what one accepted is found.
    for (place, unmet) in refused.iter().filter(|(place, _)| begins_in(place.span, line)) {
        if !accepted.contains(&(rule_of(place), place.span)) {
            explainer.refused(place, *unmet);
        }
    }
    explainer.near_misses();
    let mut misses = explainer.misses;
    misses.sort_by(|a, b| (a.span, &a.rule, &a.says).cmp(&(b.span, &b.rule, &b.says)));
    misses.dedup();
    let portable = accepted
        .into_iter()
        .map(|(rule, span)| (index.rules[rule].id.clone(), span))
        .filter(|(rule, _)| index.is_unreported(rule))
        .collect();
    Explained { portable, misses }
}

fn begins_in(span: Span, line: Span) -> bool {
    line.start <= span.start && span.start <= line.end
}

/// A path as it may be shown.
fn shown_path(text: &str) -> String {
    if holds_key(text) { "a name that looks like a key".to_owned() } else { format!("`{text}`") }
}

struct Explainer<'e, 'f, 's> {
    index: &'e Index,
    resolver: &'e mut Resolver<'f, 's>,
    shower: &'e Shower<'e>,
    line: Span,
    misses: Vec<Miss>,
    /// The rules that looked at a place already.
    seen: BTreeSet<(usize, Span)>,
    /// The places where something is found: there nothing else needs to be told apart.
    found: BTreeSet<Span>,
}

impl Explainer<'_, '_, '_> {
    fn refused(&mut self, place: &Place, unmet: Unmet) {
        let compiled = &self.index.clauses[place.clause as usize];
        let why = self.why(compiled, place, unmet);
        let says = format!("looks here for {}, but {why}", self.sought(&compiled.clause, place));
        self.add(compiled.rule, place.span, condition(unmet), says);
    }

    fn add(&mut self, rule: usize, span: Span, condition: Condition, says: String) {
        self.seen.insert((rule, span));
        self.misses.push(Miss { rule: self.index.rules[rule].id.clone(), span, condition, says });
    }

    /// What a clause looks for at a place.
    fn sought(&self, clause: &Clause, place: &Place) -> String {
        let symbol = place.symbol.map(|path| shown_path(self.resolver.paths.text(path))).unwrap_or_default();
        let name = place.name.as_deref().map(|name| format!("`{name}`")).unwrap_or_default();
        if clause.import.is_some() {
            format!("an import of {symbol}")
        } else if clause.call.is_some() {
            format!("a call of {symbol}")
        } else if clause.store.is_some() {
            format!("an assignment to {symbol}")
        } else if clause.reference.is_some() {
            format!("a use of {symbol}")
        } else if clause.env.is_some() {
            format!("the variable {name}")
        } else if clause.key.is_some() && place.name.is_none() {
            format!("an argument of {symbol}")
        } else if let Some(pattern) = &clause.text {
            format!("a text like /{pattern}/")
        } else {
            name
        }
    }

    fn why(&mut self, compiled: &Compiled, place: &Place, unmet: Unmet) -> String {
        let clause = &compiled.clause;
        match unmet {
            Unmet::Access => "nothing reads or sets the environment here".to_owned(),
            Unmet::Imports => {
                format!("the file imports nothing of {}", named(clause.imports.as_deref().unwrap_or_default()))
            }
            Unmet::Under => {
                let keys = named(clause.under.as_deref().unwrap_or_default());
                format!("the object that holds it is not given under {keys}")
            }
            Unmet::Value => {
                let wanted = compiled.value.as_ref().map(test_in_words).unwrap_or_default();
                format!("{} is not {wanted}", self.value(place.value))
            }
            Unmet::NoCall => "it asks for arguments, and this is no call".to_owned(),
            Unmet::With(number) => {
                let Some((name, test)) = compiled.with.get(number) else { return String::new() };
                format!("no argument `{name}` is given to it that is {}", test_in_words(test))
            }
            Unmet::Without(number) => {
                let name = clause.without.get(number).map(String::as_str).unwrap_or_default();
                format!("the argument `{name}` is given to it")
            }
            Unmet::FlowsInto => {
                let classes = of_classes(clause.flows_into.as_deref().unwrap_or_default());
                format!("it does not flow into anything of {classes} that is found in this file")
            }
            Unmet::Beside => {
                let Some(beside) = &clause.beside else { return String::new() };
                let mut wanted = Vec::new();
                if !beside.class.is_empty() {
                    wanted.push(of_classes(&beside.class));
                }
                if !beside.rule.is_empty() {
                    wanted.push(format!("the rule {}", named(&beside.rule)));
                }
                let within = match beside.within {
                    Within::Call => "call or object",
                    Within::Function => "function",
                    Within::File => "file",
                };
                format!("nothing of {} is found in the same {within}", wanted.join(" or "))
            }
        }
    }

    /// A value as it is written.
    fn value(&self, value: Option<ExprId>) -> String {
        let Some(value) = value else { return "its value, which the file does not tell,".to_owned() };
        format!("its value `{}`", self.shower.local(self.resolver.facts.node(value).span))
    }

    /// What reads like something that a rule looks for.
    fn near_misses(&mut self) {
        let (facts, line) = (self.resolver.facts, self.line);
        for import in &facts.imports {
            for item in import.items.iter().filter(|item| begins_in(item.span, line)) {
                let ImportedSymbol::Named(name) = item.symbol else { continue };
                let path = self.resolver.imported_path(&import.module, &item.symbol);
                self.homonym(name, item.span, &[path], |clause| clause.import.as_ref());
            }
        }
        for number in 0..facts.exprs.len() {
            let expr = ExprId(number as u32);
            match facts.expr(expr) {
                Expr::Name(name) if begins_in(facts.node(expr).span, self.line) => {
                    self.used_homonym(expr, name, facts.node(expr).span);
                }
                Expr::Member { object, property, property_span } if begins_in(*property_span, self.line) => {
                    // `completion` is a member of many things, `SomeClient` of few.
                    if property.starts_with(char::is_uppercase) {
                        self.used_homonym(expr, property, *property_span);
                    }
                    self.read(*object, property, *property_span);
                }
                Expr::Call { callee, arguments } => {
                    for argument in arguments {
                        if let ArgumentKind::Named { name, span } = argument.kind {
                            self.given(name, span, Some(*callee));
                        }
                    }
                }
                Expr::Object(entries) => {
                    for entry in entries {
                        if let Key::Named { name, span } = &entry.key {
                            self.given(name, *span, None);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn used_homonym(&mut self, expr: ExprId, name: &str, span: Span) {
        let facts = self.resolver.facts;
        let symbols = self.resolver.symbols(expr);
        let parent = facts.node(expr).parent.map(|parent| facts.expr(parent));
        if matches!(parent, Some(Expr::Call { callee, .. }) if *callee == expr) {
            self.homonym(name, span, &symbols, |clause| clause.call.as_ref());
        } else {
            self.homonym(name, span, &symbols, |clause| clause.reference.as_ref());
        }
    }

    /// A name that reads like one that clauses look for, of another package.
    fn homonym(
        &mut self,
        name: &str,
        span: Span,
        symbols: &[PathId],
        sought: impl Fn(&Clause) -> Option<&Vec<String>>,
    ) {
        let index = self.index;
        let is_sought = |path: &PathId| {
            let text = self.resolver.paths.text(*path);
            index.imports.contains(text) || index.calls.contains(text) || index.references.contains(text)
        };
        if symbols.iter().any(is_sought) {
            return;
        }
        for compiled in &index.clauses {
            // A class or a name of a module says something by itself; `create` is a name of many things.
            let fits = |symbol: &&String| {
                let (module, last) = symbol.rsplit_once('.').unwrap_or(("", symbol));
                let is_telling = name.starts_with(char::is_uppercase) || !module.contains('.');
                last == name && is_telling && !symbol.contains(['*', '('])
            };
            let wanted = sought(&compiled.clause).into_iter().flatten().find(fits);
            let Some(wanted) = wanted.filter(|_| !self.looked(compiled.rule, span)) else { continue };
            let says = format!("looks for `{wanted}`, but `{name}` here is {}", self.known(symbols));
            self.add(compiled.rule, span, Condition::Symbol, says);
        }
    }

    /// A key that counts only where it reaches certain calls.
    fn given(&mut self, name: &str, span: Span, callee: Option<ExprId>) {
        if !begins_in(span, self.line) {
            return;
        }
        let index = self.index;
        for compiled in &index.clauses {
            let Some(of) = &compiled.clause.of else { continue };
            let is_key = compiled.clause.key.iter().flatten().any(|key| key == name);
            if !is_key || self.looked(compiled.rule, span) {
                continue;
            }
            let to = match callee {
                Some(callee) => {
                    let symbols = self.resolver.symbols(callee);
                    let written = self.shower.local(self.resolver.facts.node(callee).span);
                    format!("here it is given to `{written}`, which is {}", self.known(&symbols))
                }
                None => "the object that holds it reaches no such call".to_owned(),
            };
            let says = format!("looks for `{name}` given to {}, but {to}", named(of));
            self.add(compiled.rule, span, Condition::Of, says);
        }
    }

    /// A member that counts only where it is read from certain things.
    fn read(&mut self, object: ExprId, name: &str, span: Span) {
        let index = self.index;
        for &clause in index.members.get(name).into_iter().flatten() {
            let compiled = &index.clauses[clause as usize];
            let Some(on) = &compiled.clause.on else { continue };
            if self.looked(compiled.rule, span) {
                continue;
            }
            let symbols = self.resolver.symbols(object);
            let written = self.shower.local(self.resolver.facts.node(object).span);
            let says =
                format!("looks for `{name}` read from {}, but `{written}` is {}", named(on), self.known(&symbols));
            self.add(compiled.rule, span, Condition::On, says);
        }
    }

    /// True when the rule was met at the place already, or something is found there.
    fn looked(&self, rule: usize, span: Span) -> bool {
        self.found.contains(&span)
            || self.seen.iter().any(|(one, place)| *one == rule && (place.contains(span) || span.contains(*place)))
    }

    /// What some symbols are, in words.
    fn known(&self, symbols: &[PathId]) -> String {
        let texts = symbols.iter().map(|&path| self.resolver.paths.text(path));
        let known: Vec<String> = texts.filter(|text| !text.starts_with('?')).map(in_words).collect();
        if known.is_empty() { "something that is not known".to_owned() } else { known.join(" or ") }
    }
}

/// What a path is, in words.
fn in_words(text: &str) -> String {
    match text.strip_prefix("global:") {
        Some(name) => format!("{}, a name that the file does not bind", shown_path(name)),
        None => shown_path(text.trim_start_matches('=')),
    }
}

fn condition(unmet: Unmet) -> Condition {
    match unmet {
        Unmet::Access => Condition::Access,
        Unmet::Imports => Condition::Imports,
        Unmet::Under => Condition::Under,
        Unmet::Value => Condition::Value,
        Unmet::NoCall | Unmet::With(_) => Condition::With,
        Unmet::Without(_) => Condition::Without,
        Unmet::FlowsInto => Condition::FlowsInto,
        Unmet::Beside => Condition::Beside,
    }
}

/// "`a`, `b` or `c`"; of many the first, and how many more.
fn named(words: &[String]) -> String {
    let mut shown: Vec<String> = words.iter().take(MAX_NAMED).map(|word| format!("`{word}`")).collect();
    match words.len() {
        0 => return String::new(),
        number if number > MAX_NAMED => return format!("{} or {} more", shown.join(", "), number - MAX_NAMED),
        _ => {}
    }
    let end = shown.pop().unwrap_or_default();
    if shown.is_empty() { end } else { format!("{} or {end}", shown.join(", ")) }
}

fn of_classes(classes: &[Class]) -> String {
    let names: Vec<&str> = classes.iter().map(|class| class.name()).collect();
    format!("class {}", names.join(" or "))
}

/// What a value must be, after "is" or "is not".
fn test_in_words(test: &Test) -> String {
    let mut parts = Vec::new();
    let list = |words: &Option<Vec<String>>| words.as_deref().map(named);
    parts.extend(list(&test.equals));
    parts.extend(list(&test.prefix).map(|words| format!("something that begins with {words}")));
    parts.extend(test.matches.as_ref().map(|regex| format!("a text like /{}/", regex.pattern())));
    parts.extend(test.mentions.as_ref().map(|regex| format!("something with a name like /{}/", regex.pattern())));
    parts.extend(test.symbol.as_ref().map(|_| "one of the symbols that the rule names".to_owned()));
    if parts.is_empty() { "anything".to_owned() } else { parts.join(" and ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        input::text::LineIndex,
        lang::{Grammar, Language, Lowering},
        rules::{Rule, RuleSet, matching::FileText, model::RuleFile},
    };

    fn rule(id: &str, class: &str, clause: &str) -> Rule {
        let yaml = format!("title: t\nclass: {class}\nmatch: {clause}\nmessage: m\nwhy: w\n");
        let file: RuleFile = serde_saphyr::from_str(&yaml).unwrap();
        Rule { id: format!("p/python/{id}"), language: Language::Python, file, source: None }
    }

    /// What the rules say of the last line of a Python file.
    fn misses(source: &str, rules: &[(&str, &str, &str)]) -> Vec<(Condition, String)> {
        let rules = rules.iter().map(|(id, class, clause)| rule(id, class, clause)).collect();
        let index = Index::new(&RuleSet { rules, ..RuleSet::default() }, Language::Python);
        let facts = Lowering::default().facts(Grammar::Python, source).unwrap();
        let lines = LineIndex::new(source);
        let text = FileText { path: "app.py", text: source, offset: 0, language: Language::Python, origin: None };
        let shower = Shower::new(&text, &lines, &facts);
        let mut resolver = Resolver::new(&facts, Language::Python, index.reexports());
        let range = lines.line_span(lines.line_count()).unwrap();
        let explained = explain(&index, &mut resolver, &shower, Span::new(range.start, range.end));
        explained.misses.into_iter().map(|miss| (miss.condition, format!("{}: {}", miss.rule, miss.says))).collect()
    }

    fn one(source: &str, clause: &str) -> (Condition, String) {
        let client = ("client", "client", "{call: [m.Client]}");
        let mut found = misses(source, &[client, ("x", "config", clause)]);
        found.retain(|(_, says)| says.starts_with("p/python/x: "));
        assert_eq!(found.len(), 1, "{found:?}");
        let (condition, says) = found.remove(0);
        (condition, says["p/python/x: ".len()..].to_owned())
    }

    #[test]
    fn each_condition_is_told() {
        let told = |source: &str, clause: &str, condition: Condition, says: &str| {
            assert_eq!(one(source, clause), (condition, says.to_owned()), "{clause}");
        };
        told(
            "names = ['SOME_VARIABLE']",
            "{env: [SOME_*], access: read}",
            Condition::Access,
            "looks here for the variable `SOME_VARIABLE`, but nothing reads or sets the environment here",
        );
        told(
            "x = {'region': 1}",
            "{key: [region], imports: [m]}",
            Condition::Imports,
            "looks here for `region`, but the file imports nothing of `m`",
        );
        told(
            "x = {'region': 1}",
            "{key: [region], under: [options, settings]}",
            Condition::Under,
            "looks here for `region`, but the object that holds it is not given under `options` or `settings`",
        );
        told(
            "x = {'region': 'south'}",
            "{key: [region], value: {prefix: [north]}}",
            Condition::Value,
            "looks here for `region`, but its value `'south'` is not something that begins with `north`",
        );
        told(
            "import m\nm.Other(1)",
            "{call: [m.Other], with: {region: {equals: [north]}}}",
            Condition::With,
            "looks here for a call of `m.Other`, but no argument `region` is given to it that is `north`",
        );
        told(
            "import m\nm.Other(region=1)",
            "{call: [m.Other], without: [region]}",
            Condition::Without,
            "looks here for a call of `m.Other`, but the argument `region` is given to it",
        );
        told(
            "import m\nm.Client()\nm.token()",
            "{call: [m.token], flows-into: [client]}",
            Condition::FlowsInto,
            "looks here for a call of `m.token`, but it does not flow into anything of class client that is found in \
             this file",
        );
        told(
            "import m\ndef f():\n    m.Client()\nx = {'region': 1}",
            "{key: [region], beside: {class: [client]}}",
            Condition::Beside,
            "looks here for `region`, but nothing of class client is found in the same function",
        );
    }

    #[test]
    fn what_reads_alike_is_told_apart() {
        assert_eq!(
            one("from other import Thing\nThing()", "{call: [m.Thing]}"),
            (Condition::Symbol, "looks for `m.Thing`, but `Thing` here is `other.Thing`".to_owned())
        );
        assert_eq!(
            one("def f(make): make(region=1)", "{key: [region], of: [m.Client]}"),
            (
                Condition::Of,
                "looks for `region` given to `m.Client`, but here it is given to `make`, which is something that is \
                 not known"
                    .to_owned()
            )
        );
        assert_eq!(
            one("def f(reply): reply.filtered", "{member: [filtered], on: [m.Client().**]}"),
            (
                Condition::On,
                "looks for `filtered` read from `m.Client().**`, but `reply` is something that is not known".to_owned()
            )
        );
    }

    #[test]
    fn what_is_found_is_not_missed() {
        let client = ("client", "client", "{any: [{call: [m.Client], with: {x: a}}, {call: [m.Client]}]}");
        let other = ("other", "client", "{call: [n.Client]}");
        assert_eq!(misses("import m\nm.Client()", &[client, other]), []);
    }

    #[test]
    fn keys_stay_secret() {
        let (_, says) = one("x = {'api_key': 'abc123'}", "{key: [api_key], value: {prefix: [north]}}");
        assert!(says.contains("`'******'`"), "{says}");
        assert_eq!(shown_path("?.sk-0123456789abcdef01"), "a name that looks like a key");
    }
}
