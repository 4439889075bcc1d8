//! The prefilter formula of a rule: which literals a file must hold for the rule to have a chance. It is derived from
//! the rule's clauses, so that a rule can never be forgotten in a list kept by hand; a clause that implies no literal is
//! refused when its pack loads, because it would make every file be parsed.

use regex_syntax::hir::{Hir, HirKind, literal::Extractor};

use super::{
    Rule,
    model::{Clause, ValueTest},
    pattern::fixed_words,
    values::HOLE,
};
use crate::{input::prefilter::Formula, lang::Language};

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
        parts.push(any(symbols.iter().map(|symbol| symbol_formula(symbol, names))));
    }
    if let Some(keys) = clause.key.as_ref().filter(|keys| !keys.iter().any(|key| is_position(key))) {
        parts.push(any(keys.iter().map(|key| literal(key))));
    }
    if let Some(keys) = &clause.under {
        parts.push(any(keys.iter().map(|key| literal(key))));
    }
    if let Some(members) = &clause.member {
        parts.push(any(members.iter().map(|member| literal(member))));
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
        parts.push(any(modules.iter().map(|module| module_formula(module, names))));
    }
    if let Some(value) = &clause.value {
        parts.push(value_formula(value));
    }
    for (name, test) in &clause.with {
        if !is_position(name) {
            parts.push(literal(name));
        }
        parts.push(value_formula(test));
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
    if text.len() < 3 { Formula::ALWAYS } else { Formula::Literal(text.to_owned()) }
}

fn any(parts: impl Iterator<Item = Formula>) -> Formula {
    Formula::Any(parts.collect())
}

/// A symbol is met only where all names in its path are written, or those of a module that re-exports it.
fn symbol_formula(symbol: &str, names: &Names<'_>) -> Formula {
    Formula::All(fixed_words(symbol).into_iter().map(|word| word_formula(word, names)).collect())
}

fn module_formula(module: &str, names: &Names<'_>) -> Formula {
    fixed_words(module).last().map_or(Formula::ALWAYS, |word| word_formula(word, names))
}

fn word_formula(word: &str, names: &Names<'_>) -> Formula {
    let aliases = names.reexports.iter().filter(|(_, to)| fixed_words(to).contains(&word));
    any(std::iter::once(literal(word))
        .chain(aliases.filter_map(|(from, _)| fixed_words(from).last().map(|from| literal(from)))))
}

/// The longest fixed part of a glob. Settings classes spell variables in lower case, and may split off a prefix.
fn env_formula(glob: &str, language: Language) -> Formula {
    let fixed = glob.split(['*', '?']).max_by_key(|part| part.len()).unwrap_or_default();
    let mut ways = vec![literal(fixed)];
    if language == Language::Python {
        ways.push(literal(&fixed.to_lowercase()));
        ways.push(Formula::Literal("env_prefix".to_owned()));
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

fn value_formula(test: &ValueTest) -> Formula {
    let mut parts = Vec::new();
    for texts in [&test.equals, &test.prefix].into_iter().flatten() {
        parts.push(any(texts.iter().map(|text| literal(text))));
    }
    for regex in test.matches.iter().chain(&test.mentions) {
        parts.push(regex_formula(regex));
    }
    Formula::All(parts)
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
        Formula::Literal(text) => literals.push(text.clone()),
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
