//! Prefilter: tells from a file's bytes, without parsing, whether it can hold anything of interest.
//!
//! Each rule says which literal texts a file must hold for the rule to find anything, as a [`Formula`]. A
//! [`Prefilter`] answers for all rules at once. It never says no where a plain search for each literal would say yes;
//! and it is as right the other way round: yes means that some formula really is satisfied.
//!
//! Most files hold none of the literals, so the time goes into saying no. Three shortcuts, none of which changes an
//! answer:
//!
//! 1. Of the literals that a formula needs all of, one is enough to look for: the rarest. The others are looked for one
//!    by one, in the few files where that one occurs.
//! 2. Those that are looked for are found by sampling the text (see the module `samples`), which passes over many of
//!    its bytes. The longer the shortest of them is, the faster: from eight bytes on, hundreds of them take three times
//!    as long as one, and a fifth of what an automaton takes.
//! 3. The search ends as soon as the answer is certain.

use std::collections::HashMap;
use std::fmt;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{
    literal::{Edge, Literal},
    samples::{self, Samples},
};

/// Which literal texts must occur in a file. Case counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Formula {
    /// This text occurs. The longer the better: one literal below eight bytes slows down the search for all.
    Literal(Literal),
    /// All of these hold. Without any, it always holds.
    All(Vec<Formula>),
    /// At least one of these holds. Without any, it never holds.
    Any(Vec<Formula>),
}

impl Formula {
    /// The formula that holds for every text.
    pub const ALWAYS: Self = Self::All(Vec::new());
    /// The formula that holds for no text.
    pub const NEVER: Self = Self::Any(Vec::new());

    /// A formula for one text, wherever it stands.
    pub fn literal(text: impl Into<String>) -> Self {
        Self::Literal(Literal::new(text, Edge::Any, Edge::Any))
    }

    /// A formula for one text that stands as a whole word.
    pub fn word(text: impl Into<String>) -> Self {
        Self::Literal(Literal::new(text, Edge::Word, Edge::Word))
    }

    /// A formula that holds when at least one of the texts occurs.
    pub fn any_of<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::Any(texts.into_iter().map(Self::literal).collect())
    }

    /// A formula that holds when at least one of the texts occurs as a whole word.
    pub fn any_word<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::Any(texts.into_iter().map(Self::word).collect())
    }

    /// A formula that holds when all of the texts occur.
    pub fn all_of<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::All(texts.into_iter().map(Self::literal).collect())
    }

    /// The literal, when the formula is a single one.
    fn as_literal(&self) -> Option<&Literal> {
        match self {
            Self::Literal(literal) => Some(literal),
            Self::All(_) | Self::Any(_) => None,
        }
    }

    /// True when the formula holds for some text that contains none of its literals, so that it cannot keep any file
    /// out.
    pub fn is_unbounded(&self) -> bool {
        match self {
            Self::Literal(literal) => literal.text().is_empty(),
            Self::All(parts) => parts.iter().all(Self::is_unbounded),
            Self::Any(parts) => parts.iter().any(Self::is_unbounded),
        }
    }

    /// True when the formula holds for the bytes. Searches for each literal by itself: right by construction, and slow.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Literal(literal) => literal.occurs(bytes),
            Self::All(parts) => parts.iter().all(|part| part.holds(bytes)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(bytes)),
        }
    }

    /// The fewest literals that the bytes lack for the formula to hold; none when no literals would make it hold.
    pub fn lacks(&self, bytes: &[u8]) -> Option<Vec<&str>> {
        match self {
            Self::Literal(_) if self.holds(bytes) => Some(Vec::new()),
            Self::Literal(literal) => Some(vec![literal.text()]),
            Self::All(parts) => {
                let lacking: Option<Vec<Vec<&str>>> = parts.iter().map(|part| part.lacks(bytes)).collect();
                lacking.map(|lists| lists.concat())
            }
            Self::Any(parts) => parts.iter().filter_map(|part| part.lacks(bytes)).min_by_key(Vec::len),
        }
    }

    /// True when the bytes hold at least one of its literals.
    pub fn holds_some(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Literal(literal) => !literal.text().is_empty() && literal.occurs(bytes),
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.holds_some(bytes)),
        }
    }

    /// The shortest formula of the same meaning that simple means find: flat, without repetition, sorted, and without
    /// literals that another one makes superfluous (`Azure` and `AzureOpenAI` both: `AzureOpenAI`; either: `Azure`).
    #[must_use]
    pub fn simplify(self) -> Self {
        match self {
            Self::Literal(literal) if literal.text().is_empty() => Self::ALWAYS,
            Self::Literal(literal) => Self::Literal(literal),
            Self::All(parts) => {
                let parts = flatten(parts, |part| match part {
                    Self::All(inner) => Ok(inner),
                    other => Err(other),
                });
                if parts.contains(&Self::NEVER) {
                    return Self::NEVER;
                }
                single(without_superfluous(parts, Literal::implies), Self::All)
            }
            Self::Any(parts) => {
                let parts = flatten(parts, |part| match part {
                    Self::Any(inner) => Ok(inner),
                    other => Err(other),
                });
                if parts.contains(&Self::ALWAYS) {
                    return Self::ALWAYS;
                }
                single(without_superfluous(parts, |kept, other| other.implies(kept)), Self::Any)
            }
        }
    }
}

/// Simplifies the parts and takes those apart that `open` opens; the result is sorted and each part is there once.
fn flatten(parts: Vec<Formula>, open: impl Fn(Formula) -> Result<Vec<Formula>, Formula>) -> Vec<Formula> {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match open(part.simplify()) {
            Ok(inner) => flat.extend(inner),
            Err(part) => flat.push(part),
        }
    }
    flat.sort();
    flat.dedup();
    flat
}

/// Groups of more literals than this are not searched for superfluous ones: the time for that grows with the square.
const COMPARED: usize = 100;

/// Leaves out each literal for which `implied` is true of another literal and it.
fn without_superfluous(parts: Vec<Formula>, implied: impl Fn(&Literal, &Literal) -> bool) -> Vec<Formula> {
    let literals: Vec<Literal> = parts.iter().filter_map(Formula::as_literal).cloned().collect();
    if literals.len() > COMPARED {
        return parts;
    }
    let superfluous = |literal: &Literal| literals.iter().any(|other| other != literal && implied(other, literal));
    parts.into_iter().filter(|part| !part.as_literal().is_some_and(superfluous)).collect()
}

/// A group of one is its only part.
fn single(mut parts: Vec<Formula>, group: impl Fn(Vec<Formula>) -> Formula) -> Formula {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            group(parts)
        }
        None => group(parts),
    }
}

/// A prefilter that cannot be built: the literals are too many or too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefilterError {
    message: String,
}

impl fmt::Display for PrefilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no search can be built for the rules' literals: {}", self.message)
    }
}

impl std::error::Error for PrefilterError {}

/// Many formulas, ready to be asked about many files.
#[derive(Debug, Clone)]
pub struct Prefilter {
    /// In the order in which they were given.
    formulas: Vec<Node>,
    /// Which formulas hold for every text.
    unbounded: Vec<bool>,
    /// The distinct literals of all formulas.
    literals: Vec<Literal>,
    /// By literal: the formulas that it is looked for on behalf of. A formula holds only where one of the literals does
    /// that watch for it.
    watchers: Vec<Vec<u32>>,
    search: Search,
}

/// A formula over numbered literals.
#[derive(Debug, Clone)]
enum Node {
    Literal(usize),
    All(Vec<Node>),
    Any(Vec<Node>),
}

impl Node {
    fn holds(&self, occurs: &mut impl FnMut(usize) -> bool) -> bool {
        match self {
            Self::Literal(literal) => occurs(*literal),
            Self::All(parts) => parts.iter().all(|part| part.holds(occurs)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(occurs)),
        }
    }
}

/// How the literals that have watchers are looked for.
#[derive(Debug, Clone)]
enum Search {
    /// At every few bytes of the text.
    Samples(Samples),
    /// By an automaton over all of them, whose pattern numbers stand for these literals: when some are too short.
    Automaton(AhoCorasick, Vec<usize>),
}

/// What a [`Prefilter`] needs to remember during one search; one per thread, to be used again and again.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    /// By literal: whether it occurs, as far as is known.
    occurs: Vec<Option<bool>>,
    /// By literal: whether the formulas that watch it have been told.
    announced: Vec<bool>,
}

impl Prefilter {
    /// Builds a prefilter for formulas. Their order is kept: number 3 in an answer is number 3 here.
    pub fn new(formulas: Vec<Formula>) -> Result<Self, PrefilterError> {
        let formulas: Vec<Formula> = formulas.into_iter().map(Formula::simplify).collect();
        let mut literals = Literals::default();
        let nodes: Vec<Node> = formulas.iter().map(|formula| literals.node(formula)).collect();
        let unbounded: Vec<bool> = formulas.iter().map(Formula::is_unbounded).collect();
        let mut watchers = vec![Vec::new(); literals.texts.len()];
        for (number, formula) in formulas.iter().enumerate().filter(|(number, _)| !unbounded[*number]) {
            for literal in Necessary::of(formula).literals {
                watchers[literals.number(literal)].push(number as u32);
            }
        }
        let literals = literals.texts;
        let watched: Vec<usize> = (0..literals.len()).filter(|literal| !watchers[*literal].is_empty()).collect();
        let search = match Samples::new(&literals, &watched) {
            Some(samples) => Search::Samples(samples),
            None => Search::automaton(&literals, watched)?,
        };
        Ok(Self { formulas: nodes, unbounded, literals, watchers, search })
    }

    /// True when some formula holds for the bytes.
    pub fn matches(&self, bytes: &[u8], scratch: &mut Scratch) -> bool {
        if self.unbounded.contains(&true) {
            return true;
        }
        let mut matched = false;
        self.each_candidate(bytes, scratch, |formula, occurs| {
            matched = self.holds(formula, bytes, occurs);
            matched
        });
        matched
    }

    /// Which formulas hold for the bytes, by their number.
    pub fn satisfied(&self, bytes: &[u8], scratch: &mut Scratch) -> Vec<bool> {
        let mut satisfied = self.unbounded.clone();
        let mut open = satisfied.iter().filter(|holds| !**holds).count();
        self.each_candidate(bytes, scratch, |formula, occurs| {
            if !satisfied[formula] && self.holds(formula, bytes, occurs) {
                satisfied[formula] = true;
                open -= 1;
            }
            open == 0
        });
        satisfied
    }

    /// Tells whether a formula holds, by what is known if that is enough, else by looking for what it lacks.
    fn holds(&self, formula: usize, bytes: &[u8], occurs: &mut [Option<bool>]) -> bool {
        let formula = &self.formulas[formula];
        formula.holds(&mut |literal| occurs[literal] == Some(true))
            || formula
                .holds(&mut |literal| *occurs[literal].get_or_insert_with(|| self.literals[literal].occurs(bytes)))
    }

    /// Calls `check` with each formula that may hold and with what is known of the literals, until it says that the
    /// search is over. A formula that it is not called with does not hold.
    fn each_candidate(
        &self,
        bytes: &[u8],
        scratch: &mut Scratch,
        mut check: impl FnMut(usize, &mut [Option<bool>]) -> bool,
    ) {
        let Scratch { occurs, announced } = scratch;
        // In most files nothing is found; they are spared even this.
        let mut ready = false;
        self.search.each_literal(bytes, &self.literals, |literal, start| {
            if !self.literals[literal].stands(bytes, start) {
                return false;
            }
            if !ready {
                ready = true;
                occurs.clear();
                occurs.resize(self.literals.len(), None);
                announced.clear();
                announced.resize(self.literals.len(), false);
            }
            if announced[literal] {
                return false;
            }
            announced[literal] = true;
            occurs[literal] = Some(true);
            self.watchers[literal].iter().any(|formula| check(*formula as usize, occurs))
        });
    }
}

impl Search {
    fn automaton(literals: &[Literal], watched: Vec<usize>) -> Result<Self, PrefilterError> {
        AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(watched.iter().map(|literal| literals[*literal].text().as_bytes()))
            .map(|automaton| Self::Automaton(automaton, watched))
            .map_err(|error| PrefilterError { message: error.to_string() })
    }

    /// Calls `found` with each literal that has watchers and each offset of it, until it says that the search is over.
    fn each_literal(&self, bytes: &[u8], literals: &[Literal], mut found: impl FnMut(usize, usize) -> bool) {
        match self {
            Self::Samples(samples) => samples.each_literal(bytes, literals, found),
            Self::Automaton(automaton, watched) => {
                // Overlapping, because a literal can lie in or across another.
                for place in automaton.find_overlapping_iter(bytes) {
                    if found(watched[place.pattern().as_usize()], place.start()) {
                        return;
                    }
                }
            }
        }
    }
}

/// The distinct literals of all formulas.
#[derive(Default)]
struct Literals {
    texts: Vec<Literal>,
    numbers: HashMap<Literal, usize>,
}

impl Literals {
    fn number(&mut self, literal: &Literal) -> usize {
        if let Some(number) = self.numbers.get(literal) {
            return *number;
        }
        self.numbers.insert(literal.clone(), self.texts.len());
        self.texts.push(literal.clone());
        self.texts.len() - 1
    }

    fn node(&mut self, formula: &Formula) -> Node {
        match formula {
            Formula::Literal(literal) => Node::Literal(self.number(literal)),
            Formula::All(parts) => {
                // What is rare says no soonest.
                let mut parts: Vec<&Formula> = parts.iter().collect();
                parts.sort_by(|a, b| Necessary::of(a).frequency.total_cmp(&Necessary::of(b).frequency));
                Node::All(parts.into_iter().map(|part| self.node(part)).collect())
            }
            Formula::Any(parts) => Node::Any(parts.iter().map(|part| self.node(part)).collect()),
        }
    }
}

/// Literals of which at least one occurs wherever a formula holds.
struct Necessary<'f> {
    literals: Vec<&'f Literal>,
    /// How often any of them occurs, as far as can be guessed.
    frequency: f64,
    /// The length of the shortest, up to the length from which on the search is no faster.
    shortest: usize,
}

impl<'f> Necessary<'f> {
    /// For a simplified formula that is not [`Formula::ALWAYS`].
    fn of(formula: &'f Formula) -> Self {
        match formula {
            Formula::Literal(literal) => Self {
                literals: vec![literal],
                frequency: samples::frequency_at_most(literal.text()),
                shortest: literal.text().len().min(samples::FULL_SPEED),
            },
            Formula::All(parts) => {
                // One short literal slows down the search for all, so length goes before rarity.
                let better =
                    |a: &Self, b: &Self| b.shortest.cmp(&a.shortest).then_with(|| a.frequency.total_cmp(&b.frequency));
                parts.iter().map(Self::of).min_by(better).unwrap_or_else(|| Self::any(&[]))
            }
            Formula::Any(parts) => Self::any(parts),
        }
    }

    fn any(parts: &'f [Formula]) -> Self {
        let parts: Vec<Self> = parts.iter().map(Self::of).collect();
        Self {
            frequency: parts.iter().map(|part| part.frequency).sum(),
            shortest: parts.iter().map(|part| part.shortest).min().unwrap_or(samples::FULL_SPEED),
            literals: parts.into_iter().flat_map(|part| part.literals).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn literals(texts: &[&str]) -> Vec<Formula> {
        texts.iter().copied().map(Formula::literal).collect()
    }

    fn satisfied(formulas: &[Formula], text: &str) -> Vec<bool> {
        Prefilter::new(formulas.to_vec()).unwrap().satisfied(text.as_bytes(), &mut Scratch::default())
    }

    #[test]
    fn what_is_lacking_is_the_least_that_would_do() {
        let formula = Formula::All(vec![
            Formula::literal("client"),
            Formula::Any(vec![Formula::all_of(["north", "south"]), Formula::all_of(["east", "west", "up"])]),
        ]);
        assert_eq!(formula.lacks(b"client north"), Some(vec!["south"]));
        assert_eq!(formula.lacks(b"up west"), Some(vec!["client", "east"]));
        assert_eq!(formula.lacks(b"client south north"), Some(vec![]));
        assert_eq!(Formula::NEVER.lacks(b"client"), None);
        assert!(formula.holds_some(b"up") && !formula.holds_some(b"down"));
    }

    #[test]
    fn formulas_are_simplified() {
        let simple = |formula: Formula| formula.simplify();
        let [a, b] = [Formula::literal("abcd"), Formula::literal("bc")];
        assert_eq!(simple(Formula::all_of(["abcd", "bc", "abcd"])), a);
        assert_eq!(simple(Formula::any_of(["abcd", "bc", "abcd"])), b);
        assert_eq!(simple(Formula::All(vec![a.clone(), Formula::ALWAYS])), a);
        assert_eq!(simple(Formula::All(vec![a.clone(), Formula::NEVER])), Formula::NEVER);
        assert_eq!(simple(Formula::Any(vec![a.clone(), Formula::ALWAYS])), Formula::ALWAYS);
        assert_eq!(simple(Formula::Any(vec![a.clone(), Formula::NEVER])), a);
        assert_eq!(
            simple(Formula::Any(vec![Formula::any_of(["x"]), Formula::any_of(["y"])])),
            Formula::any_of(["x", "y"])
        );
        assert_eq!(simple(Formula::literal("")), Formula::ALWAYS);
    }

    #[test]
    fn a_formula_that_needs_nothing_is_unbounded() {
        assert!(Formula::ALWAYS.is_unbounded() && !Formula::NEVER.is_unbounded());
        assert!(!Formula::All(vec![Formula::ALWAYS, Formula::literal("x")]).is_unbounded());
        assert!(Formula::Any(vec![Formula::ALWAYS, Formula::literal("x")]).is_unbounded());
        let prefilter = Prefilter::new(vec![Formula::literal("quux"), Formula::ALWAYS]).unwrap();
        assert!(prefilter.matches(b"", &mut Scratch::default()));
        assert_eq!(prefilter.satisfied(b"", &mut Scratch::default()), [false, true]);
    }

    #[test]
    fn no_formulas_are_never_satisfied() {
        assert!(!Prefilter::new(Vec::new()).unwrap().matches(b"text", &mut Scratch::default()));
        assert_eq!(satisfied(&[Formula::NEVER], "text"), [false]);
    }

    #[test]
    fn literals_in_and_across_each_other_are_all_seen() {
        let formulas = literals(&["FirstSecond", "SecondThird", "ond", "tSe", "Third", "absent"]);
        assert_eq!(satisfied(&formulas, "= FirstSecondThird()"), [true, true, true, true, true, false]);
    }

    #[test]
    fn case_counts() {
        assert_eq!(satisfied(&literals(&["Client"]), "client CLIENT"), [false]);
    }

    #[test]
    fn what_a_formula_needs_may_stand_anywhere() {
        let formulas = [Formula::all_of(["needed_second", "needed_first"]), Formula::literal("needed_second")];
        for text in ["needed_first needed_second", "needed_second needed_first"] {
            assert_eq!(satisfied(&formulas, text), [true, true], "{text}");
        }
        assert_eq!(satisfied(&formulas, "needed_second"), [false, true]);
        assert_eq!(satisfied(&formulas, "needed_first"), [false, false]);
    }

    #[test]
    fn a_scratch_remembers_nothing_from_file_to_file() {
        let prefilter = Prefilter::new(vec![Formula::all_of(["long_needed", "also"])]).unwrap();
        let mut scratch = Scratch::default();
        assert!(prefilter.matches(b"long_needed also", &mut scratch));
        assert!(!prefilter.matches(b"also", &mut scratch));
        assert!(!prefilter.matches(b"long_needed", &mut scratch));
        let other = Prefilter::new(literals(&["one_thing", "two_thing", "three_thing"])).unwrap();
        assert_eq!(other.satisfied(b"three_thing", &mut scratch), [false, false, true]);
    }

    /// Formulas over literals of two letters, so that these lie in and across each other all the time.
    fn formulas(shortest: usize) -> impl Strategy<Value = Vec<Formula>> {
        let literal = vec(prop_oneof![Just('a'), Just('b')], shortest..shortest + 9);
        let edge = || prop_oneof![4 => Just(Edge::Any), 1 => Just(Edge::Word), 1 => Just(Edge::Specifier), 1 => Just(Edge::Quote), 1 => Just(Edge::Import)];
        let literal = (literal, edge(), edge()).prop_map(|(letters, before, after)| {
            Formula::Literal(Literal::new(String::from_iter(letters), before, after))
        });
        let formula = literal.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![vec(inner.clone(), 0..4).prop_map(Formula::All), vec(inner, 0..4).prop_map(Formula::Any)]
        });
        vec(formula, 0..6)
    }

    fn literals_of(formula: &Formula, into: &mut Vec<String>) {
        match formula {
            Formula::Literal(literal) => into.push(literal.text().to_owned()),
            Formula::All(parts) | Formula::Any(parts) => parts.iter().for_each(|part| literals_of(part, into)),
        }
    }

    /// Formulas and a text made of their literals, of pieces of these, and of other letters.
    fn cases() -> impl Strategy<Value = (Vec<Formula>, String)> {
        let pieces = vec((any::<prop::sample::Index>(), 0..30_usize, "[abc]{0,5}|[ /'n\\\\]"), 0..8);
        ((0..12_usize).prop_flat_map(formulas), pieces).prop_map(|(formulas, pieces)| {
            let mut literals = vec![String::new()];
            for formula in &formulas {
                literals_of(formula, &mut literals);
            }
            let text = pieces.iter().map(|(which, length, other)| {
                let literal = which.get(&literals);
                format!("{}{other}", &literal[..literal.len().min(*length)])
            });
            let text = text.collect();
            (formulas, text)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn every_answer_is_that_of_a_plain_search((formulas, text) in cases()) {
            let expected: Vec<bool> = formulas.iter().map(|formula| formula.holds(text.as_bytes())).collect();
            let mut scratch = Scratch::default();
            let prefilter = Prefilter::new(formulas.clone()).unwrap();
            prop_assert_eq!(&prefilter.satisfied(text.as_bytes(), &mut scratch), &expected);
            prop_assert_eq!(prefilter.matches(text.as_bytes(), &mut scratch), expected.contains(&true));
            prop_assert_eq!(prefilter.satisfied(text.as_bytes(), &mut scratch), expected);
        }

        #[test]
        fn simplifying_changes_no_answer((formulas, text) in cases()) {
            for formula in formulas {
                let simple = formula.clone().simplify();
                prop_assert_eq!(simple.holds(text.as_bytes()), formula.holds(text.as_bytes()));
                prop_assert_eq!(simple.is_unbounded(), simple == Formula::ALWAYS);
                prop_assert_eq!(simple.is_unbounded(), formula.is_unbounded());
                prop_assert_eq!(simple.clone().simplify(), simple);
            }
        }
    }
}
