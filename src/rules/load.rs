//! Reading and checking rule files: the built-in packs and folders that users add. A mistake in a rule file is told with
//! file, line, column and a cure; all mistakes are told at once.

use std::path::PathBuf;

use rayon::prelude::*;

pub use super::source::RuleError;
use super::{
    Rule, RuleSet,
    calls::file::{self as calls, CallsFile},
    check, formula,
    model::{Clause, PackFile, RuleFile, ValueTest},
    pattern::SymbolSet,
    reference::Reference,
    source::{self, Kind, SourceFile, parse, whole_file},
    swap, text,
};
use crate::lang::Language;

/// The placeholders that a message may hold.
pub const PLACEHOLDERS: &[&str] = &["local", "symbol", "name"];

/// The built-in rules.
pub fn built_in() -> Result<RuleSet, Vec<RuleError>> {
    with_folders(&[], true)
}

/// The built-in rules and those in the given folders. A folder is laid out like `rules/`: `PACK/LANGUAGE/rule.yaml`,
/// `PACK/pack.yaml`, `targets/target.yaml`, `apis.yaml` and `effort.yaml`. What belongs to no pack is there also without
/// the built-in rules.
pub fn with_folders(folders: &[PathBuf], built_in: bool) -> Result<RuleSet, Vec<RuleError>> {
    let mut errors = Vec::new();
    let mut own = Vec::new();
    for folder in folders {
        source::collect(folder, &mut own, &mut errors);
    }
    let (reference, own): (Vec<_>, Vec<_>) = own.into_iter().partition(|source| source.kind().is_reference());
    let mut sources = source::built_in(true, |kind| built_in && !kind.is_reference());
    sources.extend(own);
    let reference = Reference::with_files(reference, &mut errors);
    read(sources, reference, errors)
}

/// What a file of a pack holds.
enum Content {
    Pack(Box<PackFile>),
    Calls(Box<calls::Source>),
    Rule(Language, Box<RuleFile>),
}

fn content(source: &SourceFile) -> Result<Content, Box<RuleError>> {
    if source.kind() == Kind::Pack {
        return parse(source).map(|file| Content::Pack(Box::new(file)));
    }
    if source.kind() == Kind::Calls {
        // Only its form would be read, and few runs ask for it.
        let read = || parse::<CallsFile>(source).map(calls::Source::read);
        let text = source.json.map_or_else(|| source.text.clone(), Into::into);
        let source = if source.checked { calls::Source::unread(text) } else { read()? };
        return Ok(Content::Calls(Box::new(source)));
    }
    let language = language_of(&source.name).ok_or_else(|| {
        let message = "cannot tell which language this rule is for".to_owned();
        let folders = Language::ALL.iter().flat_map(|language| language.folders());
        let folders: Vec<String> = folders.map(|folder| format!("PACK/{folder}/")).collect();
        Box::new(whole_file(&source.shown(), message, &format!("put it into one of {}", folders.join(", "))))
    })?;
    parse(source).map(|file| Content::Rule(language, Box::new(file)))
}

fn read(sources: Vec<SourceFile>, reference: Reference, mut errors: Vec<RuleError>) -> Result<RuleSet, Vec<RuleError>> {
    let mut set = RuleSet { reference, ..RuleSet::default() };
    let mut texts = Vec::new();
    // Reading YAML is most of what a start takes.
    let contents: Vec<_> = sources.par_iter().map(content).collect();
    for (source, content) in sources.into_iter().zip(contents) {
        match content {
            Ok(Content::Pack(pack)) => add_pack(&mut set, *pack, &source, &mut errors),
            Ok(Content::Calls(calls)) => {
                if !source.checked {
                    let mistakes = calls::check(calls.file()).into_iter();
                    errors.extend(mistakes.map(|it| source.error_at(&it.near, it.message, &it.cure)));
                }
                set.calls.push(*calls);
            }
            Ok(Content::Rule(language, file)) => {
                if !source.checked {
                    errors.extend(check_rule(&source, &file));
                }
                let id = source.id().to_owned();
                set.rules.push(Rule { id, language, file: *file, source: source.path.clone() });
                texts.push(source);
            }
            Err(error) => errors.push(*error),
        }
    }
    errors.extend(check_together(&set, &texts));
    set.rules.sort_by(|a, b| a.id.cmp(&b.id));
    errors.sort();
    if errors.is_empty() { Ok(set) } else { Err(errors) }
}

fn language_of(name: &str) -> Option<Language> {
    let folder = name.rsplit('/').nth(1)?;
    Language::ALL.into_iter().find(|language| language.folders().contains(&folder))
}

fn add_pack(set: &mut RuleSet, pack: PackFile, source: &SourceFile, errors: &mut Vec<RuleError>) {
    for carrier in &pack.carriers {
        if let Err(bad) = SymbolSet::of(std::slice::from_ref(carrier)) {
            errors.push(source.error_at(carrier, bad.0, "write a symbol such as `package.module.Name`"));
        }
    }
    if !source.checked {
        let links = pack.stay.iter().flat_map(|reason| &reason.links);
        for link in links.filter(|link| !check::is_url(link)) {
            errors.push(source.error_at(link, format!("`{link}` is no URL"), check::URL_CURE));
        }
    }
    let vendor_only = pack.reexports.iter().filter(|reexport| reexport.vendor_only);
    set.vendor_only.extend(vendor_only.map(|reexport| reexport.from.clone()));
    set.reexports.extend(pack.reexports.into_iter().map(|reexport| (reexport.from, reexport.to)));
    set.carriers.extend(pack.carriers);
    set.stay.extend(pack.stay);
    let name = source.name.split('/').next().unwrap_or_default();
    set.portable.extend(pack.portable.map(|portable| (name.to_owned(), portable)));
}

/// Checks what the format alone cannot: one kind of place per clause, readable patterns, known placeholders.
fn check_rule(source: &SourceFile, file: &RuleFile) -> Vec<RuleError> {
    let mut errors = Vec::new();
    // The portable form is code, which may have braces of its own.
    check_placeholders(source, &file.message, &mut errors);
    if file.matches.any.as_ref().is_some_and(Vec::is_empty) {
        errors.push(source.error_at("any", "`any` has no clauses".to_owned(), "add a clause or leave `any` out"));
    }
    if file.matches.any.is_some() && file.matches.kinds().next().is_some() {
        let cure = "move the clause into the list below `any`";
        errors.push(source.error_at("any", "`any` stands beside another clause".to_owned(), cure));
    }
    for clause in file.clauses() {
        check_clause(source, clause, &mut errors);
    }
    errors.extend(swap::check(source, file));
    errors
}

fn check_placeholders(source: &SourceFile, text: &str, errors: &mut Vec<RuleError>) {
    for part in text.split('{').skip(1) {
        let Some((name, _)) = part.split_once('}') else { continue };
        let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if is_word && !PLACEHOLDERS.contains(&name) {
            let known: Vec<String> = PLACEHOLDERS.iter().map(|name| format!("`{{{name}}}`")).collect();
            let cure = format!("use one of {}", known.join(", "));
            errors.push(source.error_at(&format!("{{{name}}}"), format!("unknown placeholder `{{{name}}}`"), &cure));
        }
    }
}

fn check_clause(source: &SourceFile, clause: &Clause, errors: &mut Vec<RuleError>) {
    let kinds: Vec<&str> = clause.kinds().collect();
    match kinds.as_slice() {
        [_] => {}
        [] => errors.push(source.error_at(
            "match",
            "a clause says no kind of place".to_owned(),
            "give one of import, call, key, reference, member, store, env, text, dependency",
        )),
        many => errors.push(source.error_at(
            many[1],
            format!("a clause says several kinds of places: {}", many.join(", ")),
            "write one clause each below `any`",
        )),
    }
    let symbols = [&clause.import, &clause.call, &clause.reference, &clause.store, &clause.of, &clause.on];
    let tests = clause.value.iter().chain(clause.with.values());
    for list in symbols.into_iter().flatten().chain(tests.clone().filter_map(|test| test.symbol.as_ref())) {
        if list.is_empty() {
            errors.push(source.error_at("match", "an empty list matches nothing".to_owned(), "add an entry"));
        }
        for symbol in list {
            if let Err(bad) = SymbolSet::of(std::slice::from_ref(symbol)) {
                errors.push(source.error_at(symbol, bad.0, "write a symbol such as `package.module.Name`"));
            }
        }
    }
    let regexes = clause.text.iter().chain(tests.flat_map(ValueTest::regexes));
    for regex in regexes {
        if let Err(reason) = text::check(regex) {
            errors.push(source.error_at(regex, format!("bad regular expression: {reason}"), "mend the pattern"));
        }
    }
    check_refinements(source, clause, errors);
}

fn check_refinements(source: &SourceFile, clause: &Clause, errors: &mut Vec<RuleError>) {
    let mut only = |field: &str, given: bool, fits: bool, kinds: &str| {
        if given && !fits {
            let message = format!("`{field}` has no meaning here");
            errors.push(source.error_at(field, message, &format!("`{field}` goes with {kinds}")));
        }
    };
    let globs = clause.imports.as_ref().is_some_and(|modules| modules.iter().any(|module| module.contains('*')));
    only("imports", globs, false, "module names; what lies below them counts without a `*`");
    only("only", clause.only.is_some(), clause.env.is_some(), "`env`");
    only("except", clause.except.is_some(), clause.env.is_some(), "`env`");
    only("of", clause.of.is_some(), clause.key.is_some(), "`key`");
    only("under", clause.under.is_some(), clause.key.is_some(), "`key`");
    only("on", clause.on.is_some(), clause.member.is_some(), "`member`");
    only("as", clause.roles.is_some(), clause.reference.is_some(), "`reference`");
    only("with", !clause.with.is_empty(), clause.call.is_some(), "`call`");
    only("without", !clause.without.is_empty(), clause.call.is_some(), "`call`");
    only("value", clause.value.is_some(), clause.key.is_some() || clause.store.is_some(), "`key` and `store`");
    let positions = clause.key.as_ref().is_some_and(|keys| keys.iter().any(|key| formula::is_position(key)));
    only("key", positions, clause.of.is_some(), "`of` when it counts positions");
}

/// Checks what concerns several files: ids, and that every clause has a required literal.
fn check_together(set: &RuleSet, texts: &[SourceFile]) -> Vec<RuleError> {
    let mut errors = Vec::new();
    let new = |index: usize| !texts[index].checked;
    for (index, rule) in set.rules.iter().enumerate().filter(|(index, _)| new(*index)) {
        if set.rules[..index].iter().any(|other| other.id == rule.id) {
            let cure = "rename the file (a rule's id is its path below the rules folder), or leave the built-in rules out \
                        with --no-built-in-rules";
            errors.push(whole_file(&texts[index].shown(), format!("there are two rules `{}`", rule.id), cure));
        }
        let refers = rule.file.clauses().iter().filter_map(|clause| clause.beside.as_ref());
        for name in refers.flat_map(|beside| &beside.rule) {
            if !set.rules.iter().any(|other| other.language == rule.language && other.short_id() == name) {
                let cure = "name a rule of the same language by its file name without the extension";
                errors.push(texts[index].error_at(name, format!("there is no rule `{name}`"), cure));
            }
        }
    }
    let names = formula::Names { reexports: &set.reexports };
    if texts.iter().all(|text| text.checked) {
        return errors;
    }
    for language in Language::ALL {
        let (indices, rules): (Vec<usize>, Vec<&Rule>) =
            set.rules.iter().enumerate().filter(|(_, rule)| rule.language == language).unzip();
        for (position, formula) in formula::formulas(&rules, &names).iter().enumerate() {
            if formula.is_unbounded() && new(indices[position]) {
                errors.push(texts[indices[position]].error_at(
                    "match",
                    "a clause implies no literal, so every file would have to be parsed".to_owned(),
                    "name a symbol, key, variable or fixed text of three letters or more",
                ));
            }
        }
    }
    errors
}

impl Clause {
    /// The fields of the first group that are given: the kinds of places.
    fn kinds(&self) -> impl Iterator<Item = &'static str> {
        [
            ("import", self.import.is_some()),
            ("call", self.call.is_some()),
            ("key", self.key.is_some()),
            ("reference", self.reference.is_some()),
            ("member", self.member.is_some()),
            ("store", self.store.is_some()),
            ("env", self.env.is_some()),
            ("text", self.text.is_some()),
            ("dependency", self.dependency.is_some()),
        ]
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(name, _)| name)
    }
}

impl ValueTest {
    fn regexes(&self) -> impl Iterator<Item = &String> {
        self.matches.iter().chain(&self.mentions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_rules_have_no_mistakes() {
        let sources = source::built_in(false, |kind| !kind.is_reference());
        let errors = read(sources, Reference::default(), Vec::new()).err().unwrap_or_default();
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
    }
}
