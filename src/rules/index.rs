//! Rules made ready for matching: clauses indexed by what they look for, so that the cost of a file grows much
//! slower than the number of rules.

use std::{collections::BTreeSet, sync::OnceLock};

use aho_corasick::AhoCorasick;
use regex::bytes::RegexSet;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Rule, RuleSet, formula,
    model::{Clause, ValueTest},
    pattern::SymbolSet,
    text::{self, LazyRegex},
};
use crate::{facts::package_key, lang::Language, resolve::paths::Reexports};

/// Names a clause of an [`Index`].
pub(crate) type ClauseId = u32;

/// The rules of one language, ready for matching.
pub struct Index {
    /// The ids of rules whose findings are portable already.
    unreported: FxHashSet<String>,
    /// The rules.
    pub(crate) rules: Vec<Rule>,
    /// Their clauses.
    pub(crate) clauses: Vec<Compiled>,
    /// Modules that give the same names as others.
    pub(crate) reexports: Reexports,
    /// Modules among them that have nothing but the vendor's names.
    pub(crate) vendor_only: BTreeSet<String>,
    /// What stands before a deployment's name in an address.
    pub(crate) deployment_paths: Vec<String>,
    /// Symbols whose calls pass their arguments on.
    pub(crate) carriers: SymbolSet,
    /// `import` clauses by symbol.
    pub(crate) imports: SymbolSet,
    /// `call` clauses by symbol.
    pub(crate) calls: SymbolSet,
    /// `key` clauses with `of`, by that symbol.
    pub(crate) keys_of: SymbolSet,
    /// `reference` clauses by symbol.
    pub(crate) references: SymbolSet,
    /// `store` clauses by symbol.
    pub(crate) stores: SymbolSet,
    /// `key` clauses without `of`, by key.
    pub(crate) keys: FxHashMap<String, Vec<ClauseId>>,
    /// `member` clauses by name.
    pub(crate) members: FxHashMap<String, Vec<ClauseId>>,
    /// `env` clauses by glob.
    pub(crate) env: Globs,
    /// `dependency` clauses by package.
    pub(crate) dependencies: Vec<(Glob, ClauseId)>,
    /// `text` clauses, in the order of `text_set`.
    pub(crate) texts: Vec<TextClause>,
    /// All regular expressions of `texts` at once.
    pub(crate) text_set: RegexSet,
}

/// A `text` clause.
pub(crate) struct TextClause {
    /// What the text must match.
    pub(crate) regex: LazyRegex,
    pub(crate) clause: ClauseId,
    literals: OnceLock<Vec<String>>,
}

impl TextClause {
    /// Fixed parts of a match; the finding stands where one of them is written.
    pub(crate) fn literals(&self) -> &[String] {
        self.literals.get_or_init(|| formula::literals_of(self.regex.pattern()))
    }
}

/// A clause with its patterns compiled.
pub(crate) struct Compiled {
    /// Whose clause it is, as a position in [`Index::rules`].
    pub(crate) rule: usize,
    /// The clause as written.
    pub(crate) clause: Clause,
    only: Vec<Glob>,
    except: Vec<Glob>,
    pub(crate) on: Option<SymbolSet>,
    pub(crate) value: Option<Test>,
    pub(crate) with: Vec<(String, Test)>,
}

/// A value test with its patterns compiled.
#[derive(Default)]
pub(crate) struct Test {
    pub(crate) equals: Option<Vec<String>>,
    pub(crate) prefix: Option<Vec<String>>,
    pub(crate) matches: Option<LazyRegex>,
    pub(crate) mentions: Option<LazyRegex>,
    pub(crate) symbol: Option<SymbolSet>,
}

/// A pattern on names in which `*` stands for any text.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    parts: Vec<String>,
}

impl Glob {
    fn new(pattern: &str) -> Self {
        Self { parts: pattern.split('*').map(str::to_owned).collect() }
    }

    /// True when the whole `name` fits.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|only| only == name);
        };
        let Some(mut rest) = name.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            match rest.find(part.as_str()) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

/// Many globs, searched for by the longest fixed part of each.
#[derive(Default)]
pub(crate) struct Globs {
    all: Vec<(Glob, ClauseId)>,
    /// The fixed parts, and for each the globs that hold it, by their position.
    parts: Option<AhoCorasick>,
    holders: Vec<Vec<usize>>,
    /// The globs without any.
    open: Vec<usize>,
}

impl Globs {
    fn make_ready(&mut self) {
        let mut numbers: FxHashMap<&str, usize> = FxHashMap::default();
        for (position, (glob, _)) in self.all.iter().enumerate() {
            let longest = glob.parts.iter().max_by_key(|part| part.len()).filter(|part| !part.is_empty());
            let Some(longest) = longest else {
                self.open.push(position);
                continue;
            };
            let number = *numbers.entry(longest).or_insert(self.holders.len());
            if number == self.holders.len() {
                self.holders.push(Vec::new());
            }
            self.holders[number].push(position);
        }
        let mut parts = vec![""; numbers.len()];
        for (part, number) in numbers {
            parts[number] = part;
        }
        self.parts = AhoCorasick::new(parts).ok();
    }

    /// The clauses whose globs fit a name, in the order in which they were given.
    pub(crate) fn fitting(&self, name: &str) -> Vec<ClauseId> {
        let mut positions = self.open.clone();
        match &self.parts {
            Some(parts) => {
                let found = parts.find_overlapping_iter(name);
                positions.extend(found.flat_map(|found| &self.holders[found.pattern().as_usize()]));
            }
            None => positions = (0..self.all.len()).collect(),
        }
        positions.sort_unstable();
        positions.dedup();
        positions.retain(|&position| self.all[position].0.matches(name));
        positions.into_iter().map(|position| self.all[position].1).collect()
    }
}

impl Index {
    /// True for a rule whose findings are portable already.
    pub(crate) fn is_unreported(&self, id: &str) -> bool {
        self.unreported.contains(id)
    }

    /// Modules that give the same names as others.
    pub fn reexports(&self) -> &Reexports {
        &self.reexports
    }

    /// True for a symbol that a rule finds where it is imported.
    pub fn is_imported(&self, symbol: &str) -> bool {
        self.imports.contains(symbol)
    }

    /// The rule about variables of this name; the first rule about any where there is none.
    pub(crate) fn rule_of_variable(&self, name: &str) -> Option<&str> {
        let fits =
            |(glob, clause): &&(Glob, ClauseId)| glob.matches(name) && self.clauses[*clause as usize].is_about(name);
        let (_, clause) = self.env.all.iter().find(fits).or(self.env.all.first())?;
        Some(&self.rules[self.clauses[*clause as usize].rule].id)
    }

    /// The class of the rule that a place was found by.
    pub(crate) fn class_of(&self, place: &super::matching::Place) -> super::model::Class {
        self.rules[self.clauses[place.clause as usize].rule].file.class
    }

    /// The index of a language's rules. Patterns were checked when the rules were read; one that does not compile all
    /// the same matches nothing.
    pub fn new(set: &RuleSet, language: Language) -> Self {
        let in_language = set.rules.iter().filter(|rule| rule.language == language);
        let mut index = Self {
            unreported: in_language.filter(|rule| rule.file.unreported).map(|rule| rule.id.clone()).collect(),
            rules: set.rules.iter().filter(|rule| rule.language == language).cloned().collect(),
            clauses: Vec::new(),
            reexports: Reexports::new(set.reexports.iter().map(|(from, to)| (from.as_str(), to.as_str()))),
            vendor_only: set.vendor_only.clone(),
            deployment_paths: set.portable.values().map(|portable| portable.deployment_path.clone()).collect(),
            carriers: SymbolSet::of(&set.carriers).unwrap_or_default(),
            imports: SymbolSet::default(),
            calls: SymbolSet::default(),
            keys_of: SymbolSet::default(),
            references: SymbolSet::default(),
            stores: SymbolSet::default(),
            keys: FxHashMap::default(),
            members: FxHashMap::default(),
            env: Globs::default(),
            dependencies: Vec::new(),
            texts: Vec::new(),
            text_set: RegexSet::empty(),
        };
        let clauses: Vec<(usize, Clause)> = index
            .rules
            .iter()
            .enumerate()
            .flat_map(|(rule, file)| file.file.clauses().iter().map(move |clause| (rule, clause.clone())))
            .collect();
        for (rule, clause) in clauses {
            index.add(rule, clause);
        }
        index.env.make_ready();
        index.text_set = text::set(index.texts.iter().map(|text| text.regex.pattern()));
        index
    }

    fn add(&mut self, rule: usize, clause: Clause) {
        let id = self.clauses.len() as ClauseId;
        let symbols = [
            (&clause.import, &mut self.imports),
            (&clause.call, &mut self.calls),
            (&clause.reference, &mut self.references),
            (&clause.store, &mut self.stores),
            (&clause.of, &mut self.keys_of),
        ];
        for (list, set) in symbols {
            for symbol in list.iter().flatten() {
                // A pattern that was refused when the rules were read cannot come here.
                let _ = set.add(symbol, id);
            }
        }
        if clause.of.is_none() {
            for key in clause.key.iter().flatten() {
                self.keys.entry(key.clone()).or_default().push(id);
            }
        }
        for member in clause.member.iter().flatten() {
            self.members.entry(member.clone()).or_default().push(id);
        }
        for glob in clause.env.iter().flatten() {
            self.env.all.push((Glob::new(glob), id));
        }
        for package in clause.dependency.iter().flatten() {
            self.dependencies.push((Glob::new(&package_key(package)), id));
        }
        if let Some(pattern) = &clause.text {
            self.texts.push(TextClause { regex: LazyRegex::new(pattern), clause: id, literals: OnceLock::new() });
        }
        self.clauses.push(Compiled {
            rule,
            on: clause.on.as_deref().map(|symbols| SymbolSet::of(symbols).unwrap_or_default()),
            value: clause.value.as_ref().map(Test::new),
            with: clause.with.iter().map(|(name, test)| (name.clone(), Test::new(test))).collect(),
            only: clause.only.iter().flatten().map(|glob| Glob::new(glob)).collect(),
            except: clause.except.iter().flatten().map(|glob| Glob::new(glob)).collect(),
            clause,
        });
    }
}

impl Compiled {
    /// True for a variable's name, found by one of the clause's globs, that the clause is about.
    pub(crate) fn is_about(&self, name: &str) -> bool {
        let fits = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(name));
        (self.only.is_empty() || fits(&self.only)) && !fits(&self.except)
    }
}

impl Test {
    pub(crate) fn new(test: &ValueTest) -> Self {
        let regex = |pattern: &Option<String>| pattern.as_deref().map(LazyRegex::new);
        Self {
            equals: test.equals.clone(),
            prefix: test.prefix.clone(),
            matches: regex(&test.matches),
            mentions: regex(&test.mentions),
            symbol: test.symbol.as_deref().map(|symbols| SymbolSet::of(symbols).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Glob, Globs};

    #[test]
    fn many_globs_find_what_each_finds() {
        let patterns = ["AZURE_*", "*", "*OPENAI*KEY", "AZURE_OPENAI_KEY", "A*Z*"];
        let mut globs = Globs::default();
        globs.all.extend(patterns.iter().enumerate().map(|(id, pattern)| (Glob::new(pattern), id as u32)));
        globs.make_ready();
        for name in ["AZURE_OPENAI_KEY", "MY_OPENAI_API_KEY", "AZURE_", "AZ", "", "OPENAI"] {
            let each = (0..5).filter(|&id| Glob::new(patterns[id as usize]).matches(name)).collect::<Vec<_>>();
            assert_eq!(globs.fitting(name), each, "{name}");
        }
    }

    #[test]
    fn globs_fit_whole_names() {
        let fits = |pattern: &str, name: &str| Glob::new(pattern).matches(name);
        assert!(fits("OPENAI_API_TYPE", "OPENAI_API_TYPE"));
        assert!(!fits("OPENAI_API_TYPE", "MY_OPENAI_API_TYPE"));
        assert!(fits("*AZURE_OPENAI_*", "LLM_AZURE_OPENAI_KEY"));
        assert!(fits("*AZURE_OPENAI_*", "AZURE_OPENAI_"));
        assert!(!fits("*AZURE_OPENAI_*", "AZURE_OPENAI"));
        assert!(fits("A*B*C", "AxBxC"));
        assert!(!fits("A*B*C", "AxCxB"));
    }
}
