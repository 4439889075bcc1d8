//! The prefilter formula of a rule: which literals a file must hold for the rule to have a chance. It is derived from
//! the rule's clauses, so that a rule can never be forgotten in a list kept by hand; a clause that implies no literal is
//! refused when its pack loads, because it would make every file be parsed.

use regex_syntax::hir::{Hir, HirKind, literal::Extractor};

use super::{
    Rule,
    model::{Clause, ValueTest},
    pattern::{Fixed, fixed_parts},
    values::HOLE,
};
use crate::{
    input::{
        literal::{Edge, Literal},
        prefilter::Formula,
    },
    lang::Language,
};

/// Other words under which a module is met in code.
pub struct Names<'a> {
    /// Re-exports as (from, to).
    pub reexports: &'a [(String, String)],
}

/// The formula of each rule, in order. Clauses that lean on other findings (`beside`, `flows-into`) ask for nothing of
/// their own: a finding that one can lean on comes, in the end, from a clause that leans on none, and that clause's
/// literals bring the file in.
pub fn formulas(rules: &[&Rule], names: &Names<'_>) -> Vec<Formula> {
    rules
        .iter()
        .map(|rule| {
            let standing = rule.file.clauses().iter().filter(|clause| !leans(clause));
            any(standing.map(|clause| clause_formula(clause, rule.language, names))).simplify()
        })
        .collect()
}

/// True when a clause alone can match only with the help of another finding.
pub fn leans(clause: &Clause) -> bool {
    clause.beside.is_some() || clause.flows_into.is_some()
}

fn clause_formula(clause: &Clause, language: Language, names: &Names<'_>) -> Formula {
    let mut parts = Vec::new();
    for symbols in
        [&clause.import, &clause.call, &clause.reference, &clause.store, &clause.of, &clause.on].into_iter().flatten()
    {
        parts.push(any(symbols.iter().map(|symbol| symbol_formula(symbol, language, names))));
    }
    if let Some(keys) = clause.key.as_ref().filter(|keys| !keys.iter().any(|key| is_position(key))) {
        parts.push(any(keys.iter().map(|key| name(key, language))));
    }
    if let Some(keys) = &clause.under {
        parts.push(any(keys.iter().map(|key| name(key, language))));
    }
    if let Some(members) = &clause.member {
        parts.push(any(members.iter().map(|member| name(member, language))));
    }
    if let Some(variables) = &clause.env {
        parts.push(any(variables.iter().map(|glob| env_formula(glob, language))));
    }
    if let Some(packages) = &clause.dependency {
        parts.push(any(packages.iter().map(|package| package_formula(package))));
    }
    if let Some(text) = &clause.text {
        parts.push(regex_formula(text));
    }
    if let Some(modules) = &clause.imports {
        parts.push(any(modules.iter().map(|module| module_formula(module, language, names))));
    }
    if let Some(value) = &clause.value {
        parts.push(value_formula(value, language));
    }
    for (key, test) in &clause.with {
        if !is_position(key) {
            parts.push(name(key, language));
        }
        parts.push(value_formula(test, language));
    }
    Formula::All(parts)
}

/// True for the name of an argument by position.
pub fn is_position(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}

/// What stands for an inserted value in a text is not written in the file.
fn literal(text: &str) -> Formula {
    if text.contains(HOLE) {
        return Formula::All(text.split(HOLE).map(literal).collect());
    }
    if text.len() < 3 { Formula::ALWAYS } else { Formula::literal(text) }
}

/// The name of an argument, a field or a member: in code it stands as a word of its own.
fn name(text: &str, language: Language) -> Formula {
    if language == Language::Document || text.contains(HOLE) || text.len() < 3 {
        return literal(text);
    }
    Formula::word(text)
}

fn any(parts: impl Iterator<Item = Formula>) -> Formula {
    Formula::Any(parts.collect())
}

/// A symbol is met only where all names in its path are written, or those of a module that re-exports it.
fn symbol_formula(symbol: &str, language: Language, names: &Names<'_>) -> Formula {
    Formula::All(fixed_parts(symbol).into_iter().map(|part| part_formula(part, language, names)).collect())
}

fn module_formula(module: &str, language: Language, names: &Names<'_>) -> Formula {
    fixed_parts(module).pop().map_or(Formula::ALWAYS, |part| part_formula(part, language, names))
}

fn part_formula(part: Fixed<'_>, language: Language, names: &Names<'_>) -> Formula {
    let aliases = names.reexports.iter().filter(|(_, to)| fixed_parts(to).iter().any(|it| it.text == part.text));
    let aliases = aliases.filter_map(|(from, _)| fixed_parts(from).pop());
    any(std::iter::once(part).chain(aliases).map(|part| part_literal(part, language)))
}

/// A name as it is written. JavaScript writes modules as texts, Python in imports or as texts.
fn part_literal(part: Fixed<'_>, language: Language) -> Formula {
    // A name that begins or ends with a sign, such as a part of a path, is set off by that.
    let is_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let before = match (part.begins, part.is_module, language) {
        (true, true, Language::JavaScript) => Edge::Specifier,
        (true, true, Language::Python) => Edge::Import,
        (true, ..) if is_word(part.text.as_bytes().first()) => Edge::Word,
        _ => Edge::Any,
    };
    let after = if part.ends && is_word(part.text.as_bytes().last()) { Edge::Word } else { Edge::Any };
    Formula::Literal(Literal::new(part.text, before, after))
}

/// The longest fixed part of a glob. Settings classes spell variables in lower case, and may split off a prefix.
fn env_formula(glob: &str, language: Language) -> Formula {
    let fixed = glob.split(['*', '?']).max_by_key(|part| part.len()).unwrap_or_default();
    let mut ways = vec![literal(fixed)];
    if language == Language::Python {
        ways.push(literal(&fixed.to_lowercase()));
        ways.push(Formula::word("env_prefix"));
    }
    Formula::Any(ways)
}

/// The last part of a package's name, in the ways in which its registry lets people write it.
fn package_formula(package: &str) -> Formula {
    let (registry, name) = package.split_once('/').unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    let fixed = last.split('*').max_by_key(|part| part.len()).unwrap_or_default();
    let mut ways = vec![literal(fixed)];
    match registry {
        // Any separator and any case may be written; what stands between separators is there in any case.
        "pypi" => {
            let word = fixed.split(['-', '_', '.']).max_by_key(|part| part.len()).unwrap_or_default();
            ways = vec![literal(word), literal(&capitalised(word))];
        }
        "nuget" => ways.push(literal(&fixed.to_lowercase())),
        _ => {}
    }
    Formula::Any(ways)
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn value_formula(test: &ValueTest, language: Language) -> Formula {
    let mut parts = Vec::new();
    parts.extend(test.equals.as_ref().map(|texts| any(texts.iter().map(|text| literal(text)))));
    parts.extend(test.prefix.as_ref().map(|texts| any(texts.iter().map(|text| beginning_of_text(text, language)))));
    for regex in test.matches.iter().chain(&test.mentions) {
        parts.push(regex_formula(regex));
    }
    Formula::All(parts)
}

/// What a text begins with comes, in code, right after a quote.
fn beginning_of_text(text: &str, language: Language) -> Formula {
    if language == Language::Document || text.contains(HOLE) || text.len() < 3 {
        return literal(text);
    }
    Formula::Literal(Literal::new(text, Edge::Quote, Edge::Any))
}

/// The literals that every match of a regular expression holds: those it must begin with, where these are few, and
/// those it must hold somewhere.
fn regex_formula(regex: &str) -> Formula {
    let Ok(hir) = regex_syntax::parse(regex) else { return Formula::ALWAYS };
    Formula::All(vec![required(&hir), beginning(&hir)])
}

/// The fixed parts that a match of a regular expression can hold.
pub(crate) fn literals_of(regex: &str) -> Vec<String> {
    let mut literals = Vec::new();
    if let Ok(hir) = regex_syntax::parse(regex) {
        collect_literals(&required(&hir), &mut literals);
    }
    literals
}

fn collect_literals(formula: &Formula, literals: &mut Vec<String>) {
    match formula {
        Formula::Literal(literal) => literals.push(literal.as_ref().to_owned()),
        Formula::All(parts) | Formula::Any(parts) => parts.iter().for_each(|part| collect_literals(part, literals)),
    }
}

fn beginning(hir: &Hir) -> Formula {
    match Extractor::new().extract(hir).literals() {
        Some(literals) if literals.iter().all(|one| one.len() >= 3) => {
            any(literals.iter().map(|one| std::str::from_utf8(one.as_bytes()).map_or(Formula::ALWAYS, literal)))
        }
        _ => Formula::ALWAYS,
    }
}

fn required(hir: &Hir) -> Formula {
    match hir.kind() {
        HirKind::Literal(bytes) => std::str::from_utf8(&bytes.0).map_or(Formula::ALWAYS, literal),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => Formula::All(parts.iter().map(required).collect()),
        HirKind::Alternation(ways) => any(ways.iter().map(required)),
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) => Formula::ALWAYS,
    }
}
