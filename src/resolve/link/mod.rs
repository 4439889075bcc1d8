//! Linking: following names into other files.
//!
//! Each file that matters is summed up once (`summary`): what its names stand for, as far as the file alone tells, with
//! imports left as they are written. A [`Program`] holds the summaries of a tree; [`Outside`] is how the resolver of one
//! file asks it what an imported path leads to (`expand`). Nothing is evaluated before it is asked for, cycles end, and an
//! answer depends on the summaries alone, never on the order in which files are looked at.
//!
//! Which files are summed up is decided by [`crate::scan`]; which file an import names, by [`crate::input::modules`].

mod expand;
mod summary;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::paths::Site;
use crate::{
    facts::FunctionId,
    input::modules::{FileId, Modules},
};

pub(in crate::resolve) use expand::OWN;
pub use summary::summarize;

/// What a name of a file stands for, as far as the file alone tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Shape {
    /// A path; it can lead into another file.
    Path {
        text: Box<str>,
        /// How much of the text names the root; 0 for a path that leads out of the project.
        root: u32,
        source: Option<Source>,
    },
    /// An environment variable.
    Environment(Box<str>, u32),
    /// A string, with `{}` for what is inserted.
    Text(Box<str>, u32),
    /// A function, by its number in the file.
    Function(u32),
    /// A class, by its number in the file.
    Class(u32),
    /// An instance of a class.
    Instance(u32),
    /// An object literal, by the number of its expression.
    Object(u32),
}

/// Where the instance that a path begins with comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Source {
    /// A construction or declaration.
    Site(Site),
    /// What is given for a parameter of a function.
    Parameter(u32, u32),
}

type Named = FxHashMap<Box<str>, Vec<Shape>>;

/// What a file gives to others.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The files that its imports name, by module as written.
    modules: FxHashMap<Box<str>, FileId>,
    /// Names taken from modules that may be modules themselves: `pkg.name`.
    submodules: FxHashMap<Box<str>, FileId>,
    /// The names that it takes from files; `*` for a file as a whole.
    taken: FxHashMap<FileId, BTreeSet<Box<str>>>,
    /// All names and members that it mentions.
    words: FxHashSet<Box<str>>,
    exports: Named,
    /// The files whose names it gives on.
    stars: Vec<FileId>,
    functions: FxHashMap<u32, FunctionSummary>,
    classes: FxHashMap<u32, ClassSummary>,
    objects: FxHashMap<u32, Named>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct FunctionSummary {
    returns: Vec<Shape>,
    /// The names of its parameters, as far as they have any.
    parameters: Vec<Option<Box<str>>>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct ClassSummary {
    members: Named,
    bases: Vec<Shape>,
    constructor: Option<u32>,
}

impl Summary {
    /// The offsets of the settings and texts in it.
    pub fn offsets(&self) -> BTreeSet<u32> {
        let objects = self.objects.values().flat_map(FxHashMap::values);
        let members = self.classes.values().flat_map(|class| class.members.values());
        let returns = self.functions.values().map(|function| &function.returns);
        let shapes = self.exports.values().chain(objects).chain(members).chain(returns).flatten();
        let at = |shape: &Shape| match shape {
            Shape::Environment(_, at) | Shape::Text(_, at) => Some(*at),
            _ => None,
        };
        shapes.filter_map(at).collect()
    }

    /// True when this file takes one of the names from a file, and mentions what is needed to get there.
    pub fn takes(&self, from: FileId, names: &BTreeMap<String, Leading>) -> bool {
        if self.stars.contains(&from) {
            return true;
        }
        let Some(taken) = self.taken.get(&from) else { return false };
        names.iter().any(|(name, leading)| {
            let is_taken = taken.contains(name.as_str())
                || taken.contains("*") && (name == "default" || self.words.contains(name.as_str()));
            is_taken
                && match leading {
                    Leading::Itself => true,
                    Leading::Members(members) => members.iter().any(|member| self.words.contains(member.as_str())),
                }
        })
    }

    /// The files whose names this one takes.
    pub fn imported(&self) -> impl Iterator<Item = FileId> + '_ {
        self.modules.values().chain(self.submodules.values()).chain(&self.stars).copied()
    }
}

/// What a path leads to in the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reached {
    /// Something from outside the project.
    Symbol {
        /// Its path.
        text: String,
        /// How much of the text names the root.
        root: u32,
        /// Where the instance that it begins with comes from.
        origin: Option<Site>,
    },
    /// An environment variable, and where it is read.
    Environment(String, Site),
    /// A string, and where it is written.
    Text(String, Site),
    /// A function of a file.
    Function(FileId, u32),
    /// A class of a file.
    Class(FileId, u32),
    /// An instance of a class of a file.
    Instance(FileId, u32),
    /// An object literal of a file.
    Object(FileId, u32),
    /// A file itself.
    Module(FileId),
    /// Named values that are given together.
    Record(BTreeMap<String, BTreeSet<Reached>>),
}

impl Reached {
    /// True for what lies in the project and is no value yet.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self, Self::Symbol { .. } | Self::Environment(..) | Self::Text(..))
    }
}

/// What is given for the parameters of functions at calls anywhere, by position.
type Given = BTreeMap<(FileId, u32), BTreeMap<u32, BTreeSet<Reached>>>;

/// The summaries of the files that matter.
#[derive(Debug, Default)]
pub struct Program {
    summaries: BTreeMap<FileId, Summary>,
    given: Given,
    /// What derived classes store on instances of a class, by name.
    stored: BTreeMap<(FileId, u32), BTreeMap<String, BTreeSet<Reached>>>,
}

/// How many different values are kept for a parameter.
const MAX_GIVEN: usize = 16;

impl Program {
    /// Adds a file's summary.
    pub fn add(&mut self, file: FileId, summary: Summary) {
        self.summaries.insert(file, summary);
    }

    /// A file's summary.
    pub fn summary(&self, file: FileId) -> Option<&Summary> {
        self.summaries.get(&file)
    }

    /// The files that have a summary.
    pub fn files(&self) -> impl Iterator<Item = FileId> + '_ {
        self.summaries.keys().copied()
    }

    /// Notes a value that is given for a parameter. True when that is news.
    pub fn give(&mut self, passed: &Passed) -> bool {
        let values = self.given.entry((passed.file, passed.function)).or_default().entry(passed.index).or_default();
        values.len() < MAX_GIVEN && values.insert(passed.value.clone())
    }

    /// Notes what a derived class stores. True when that is news.
    pub fn store(&mut self, stored: &Stored) -> bool {
        let names = self.stored.entry((stored.file, stored.class)).or_default();
        let values = names.entry(stored.name.clone()).or_default();
        values.len() < MAX_GIVEN && values.insert(stored.value.clone())
    }

    /// What derived classes store under a name on instances of a class.
    pub fn stored(&self, file: FileId, class: u32, name: &str) -> impl Iterator<Item = &Reached> {
        self.stored.get(&(file, class)).and_then(|names| names.get(name)).into_iter().flatten()
    }

    /// The position of a parameter by its name.
    pub fn parameter(&self, file: FileId, function: u32, name: &str) -> Option<u32> {
        let parameters = &self.summaries.get(&file)?.functions.get(&function)?.parameters;
        let found = parameters.iter().position(|parameter| parameter.as_deref() == Some(name))?;
        u32::try_from(found).ok()
    }

    /// The function that constructs a class.
    pub fn constructor(&self, file: FileId, class: u32) -> Option<u32> {
        self.summaries.get(&file)?.classes.get(&class)?.constructor
    }
}

/// A value that is given for a parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passed {
    /// The function's file.
    pub file: FileId,
    /// The function, by its number in the file.
    pub function: u32,
    /// The parameter's position, without the receiver.
    pub index: u32,
    /// What is given.
    pub value: Reached,
}

/// What a derived class stores on its instances: the methods of the class it derives from see it too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stored {
    /// The file of the class that is derived from.
    pub file: FileId,
    /// That class, by its number in the file.
    pub class: u32,
    /// The member's name.
    pub name: String,
    /// What is stored.
    pub value: Reached,
}

/// The other files, seen from one.
#[derive(Clone, Copy)]
pub struct Outside<'p> {
    /// What is known of them.
    pub program: &'p Program,
    /// Which file an import names.
    pub modules: &'p Modules,
    /// The one from which they are seen.
    pub file: FileId,
}

impl Outside<'_> {
    /// The file that a module, as this file writes it, names.
    pub fn module(&self, module: &str) -> Option<FileId> {
        let summary = self.program.summary(self.file)?;
        summary.modules.get(module).or_else(|| summary.submodules.get(module)).copied()
    }

    /// The settings and texts that a path of this file leads to, also as parts of an object.
    pub fn sources(&self, root: &str, steps: &str) -> Vec<Reached> {
        let mut expansion = expand::Expansion::new(self.program, self.modules);
        let reached = expansion.lead(self.file, root, steps, None).unwrap_or_default();
        expansion.all_below(reached)
    }

    /// What a path of this file leads to: the name of its root, the steps after it, and where its instance comes from.
    /// `None` when it does not lead into a file whose summary is known, or when nothing is found there.
    pub fn expand(&self, root: &str, steps: &str, origin: Option<Site>) -> Option<Vec<Reached>> {
        expand::Expansion::new(self.program, self.modules).lead(self.file, root, steps, origin)
    }

    /// True for a path that begins in a single file which is named like its root: a module of the project's own that goes
    /// before a package of that name. (The sources of the package itself lie in a folder of that name.)
    pub fn is_homonym(&self, root: &str, steps: &str) -> bool {
        let expansion = expand::Expansion::new(self.program, self.modules);
        let start = expansion.start(self.file, root, steps);
        start.is_some_and(|start| self.modules.path(start).file_stem().is_some_and(|stem| stem == root))
    }

    /// The functions and classes that a path of this file leads to, and the files on the way that have no summary.
    pub fn functions(&self, root: &str, steps: &str) -> (Vec<Reached>, Vec<FileId>) {
        let mut expansion = expand::Expansion::new(self.program, self.modules);
        let reached = expansion.lead(self.file, root, steps, None).unwrap_or_default();
        (reached, expansion.missing)
    }

    /// What is given for a parameter of this file's `function` at calls anywhere, and what `steps` lead to from there.
    pub fn given(&self, function: FunctionId, index: u32, steps: &str) -> Vec<Reached> {
        expand::Expansion::new(self.program, self.modules).given(self.file, function.0, index, steps)
    }
}

/// How a name leads to something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leading {
    /// By itself, or as what a function returns.
    Itself,
    /// By these members of a class or object; nothing is reached without naming one of them.
    Members(BTreeSet<String>),
}

impl Leading {
    /// Nothing is reached yet.
    pub fn none() -> Self {
        Self::Members(BTreeSet::new())
    }

    /// Keeps what is not known yet; false when that is nothing.
    pub fn learn(&mut self, known: Option<&Self>) -> bool {
        match (self, known) {
            (_, Some(Self::Itself)) => false,
            (Self::Members(members), Some(Self::Members(known))) => {
                members.retain(|member| !known.contains(member));
                !members.is_empty()
            }
            (Self::Itself, _) | (_, None) => true,
        }
    }

    /// Adds what else is known.
    pub fn extend(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Members(members), Self::Members(others)) => members.extend(others.iter().cloned()),
            _ => *self = Self::Itself,
        }
    }
}

/// Asks a program which names that files give to others lead to something that is wanted. One for many questions: what it
/// found out for one it remembers for the next.
pub struct Exports<'p> {
    program: &'p Program,
    expansion: expand::Expansion<'p>,
    wanted: &'p dyn Fn(&Reached) -> bool,
}

impl<'p> Exports<'p> {
    /// Asks `program` what leads to something for which `wanted` holds.
    pub fn new(program: &'p Program, modules: &'p Modules, wanted: &'p dyn Fn(&Reached) -> bool) -> Self {
        Self { program, expansion: expand::Expansion::new(program, modules), wanted }
    }

    /// The names a file gives to others that lead there, and how.
    pub fn of(&mut self, file: FileId) -> BTreeMap<String, Leading> {
        let mut names = BTreeSet::new();
        self.names(file, &mut names, &mut BTreeSet::new());
        let mut leading = BTreeMap::new();
        for name in names {
            if let Some(found) = self.expansion.leading(file, &name, self.wanted) {
                leading.insert(name, found);
            }
        }
        leading
    }

    /// True when a name of a file leads there.
    pub fn leads(&mut self, file: FileId, name: &str) -> bool {
        self.expansion.leading(file, name, self.wanted).is_some()
    }

    /// The names that a file gives to others, also those that it gives on.
    fn names(&self, file: FileId, names: &mut BTreeSet<String>, seen: &mut BTreeSet<FileId>) {
        let Some(summary) = self.program.summary(file).filter(|_| seen.insert(file)) else { return };
        names.extend(summary.exports.keys().map(ToString::to_string));
        summary.stars.iter().for_each(|star| self.names(*star, names, seen));
    }
}
