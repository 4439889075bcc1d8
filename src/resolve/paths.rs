//! Resolved paths, interned per file: `openai.AzureOpenAI`, `openai.AzureOpenAI().chat`, `?.credential.getToken`.
//!
//! A path is the module (one segment, whatever dots it holds), then member names after dots; `()` marks the result of a
//! call or an instance, `[]` an element. The root `?` stands for something the file does not tell; `global:name` for a
//! name that is not bound in the file. Two ways to write the same thing give the same path: `m.default.x` is `m.x`, and
//! a pack's re-exports are undone here.
//!
//! Two paths with the same text can have different origins: the constructions (or declarations) of the instances that
//! they begin with. What is compared with rules is the text alone.

use rustc_hash::FxHashMap;

use crate::{
    facts::{ExprId, FunctionId},
    input::modules::FileId,
};

/// Names an interned path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathId(u32);

/// Where the instance that a path begins with comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// This call made it.
    Call(ExprId),
    /// This declaration says that it is there.
    Declared(ExprId),
    /// It is given for this parameter.
    Parameter(FunctionId, u32),
    /// It comes from another file.
    Elsewhere(Site),
}

/// A construction or declaration in a file of the scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site {
    /// The file.
    pub file: FileId,
    /// Where it begins, as an offset in the file's text.
    pub at: u32,
    /// True for a declaration.
    pub declared: bool,
}

/// Modules that give the same names as others.
#[derive(Debug, Default, Clone)]
pub struct Reexports {
    exact: FxHashMap<String, String>,
}

impl Reexports {
    /// From pairs of what is met in code and what it stands for.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self { exact: pairs.into_iter().map(|(from, to)| (from.to_owned(), to.to_owned())).collect() }
    }
}

/// How many steps a path may have; longer ones are cut to unknown.
const MAX_STEPS: u8 = 16;

struct Entry {
    text: Box<str>,
    steps: u8,
    /// How much of the text is the root's name; 0 where a re-export was undone.
    root: u32,
    origin: Option<Origin>,
}

/// The paths of one file.
pub struct Paths<'r> {
    entries: Vec<Entry>,
    children: FxHashMap<(PathId, Option<Origin>), FxHashMap<Box<str>, PathId>>,
    by_text: FxHashMap<Option<Origin>, FxHashMap<Box<str>, PathId>>,
    reexports: &'r Reexports,
}

impl<'r> Paths<'r> {
    /// The path of something unknown.
    pub const UNKNOWN: PathId = PathId(0);

    /// No paths yet but the unknown one.
    pub fn new(reexports: &'r Reexports) -> Self {
        let mut paths =
            Self { entries: Vec::new(), children: FxHashMap::default(), by_text: FxHashMap::default(), reexports };
        paths.root("?");
        paths
    }

    /// The text of a path.
    pub fn text(&self, path: PathId) -> &str {
        &self.entries[path.0 as usize].text
    }

    /// Where the instance that a path begins with comes from.
    pub fn origin(&self, path: PathId) -> Option<Origin> {
        self.entries[path.0 as usize].origin
    }

    /// The root of a path as it was named, and the text after it; none where a re-export was undone.
    pub fn parts(&self, path: PathId) -> Option<(&str, &str)> {
        let entry = &self.entries[path.0 as usize];
        (entry.root > 0).then(|| entry.text.split_at(entry.root as usize))
    }

    /// The path of a module or another root.
    pub fn root(&mut self, name: &str) -> PathId {
        self.root_from(name, None)
    }

    /// The path of a root with an origin.
    pub fn root_from(&mut self, name: &str, origin: Option<Origin>) -> PathId {
        if let Some(path) = self.known(name, origin) {
            return path;
        }
        let path = match self.reexports.exact.get(name) {
            Some(target) => self.add(target.clone(), 0, 0, origin),
            None => self.add(name.to_owned(), 0, name.len() as u32, origin),
        };
        self.by_text.entry(origin).or_default().insert(name.into(), path);
        path
    }

    fn known(&self, text: &str, origin: Option<Origin>) -> Option<PathId> {
        self.by_text.get(&origin)?.get(text).copied()
    }

    /// The path of a member.
    pub fn member(&mut self, of: PathId, name: &str) -> PathId {
        self.child(of, name, ".", self.origin(of))
    }

    /// The path of a call's result.
    pub fn call(&mut self, of: PathId) -> PathId {
        self.child(of, "()", "", self.origin(of))
    }

    /// The path of a call's result that comes from `origin`, unless it comes from elsewhere already.
    pub fn call_from(&mut self, of: PathId, origin: Origin) -> PathId {
        self.child(of, "()", "", self.origin(of).or(Some(origin)))
    }

    /// The path that a text says, whose first `root` bytes name the root.
    pub fn follow(&mut self, text: &str, root: usize, origin: Option<Origin>) -> PathId {
        let (name, mut rest) = text.split_at(if root == 0 { text.len() } else { root });
        let mut path = self.root_from(name, origin);
        while !rest.is_empty() {
            let (child, separator) = match rest.strip_prefix('.') {
                Some(member) => (&member[..member.find(['.', '(', '[']).unwrap_or(member.len())], "."),
                None => (&rest[..rest.len().min(2)], ""),
            };
            path = self.child(path, child, separator, origin);
            rest = &rest[(separator.len() + child.len()).max(1).min(rest.len())..];
        }
        path
    }

    /// True for something unknown that is nothing more than that.
    pub fn is_unknown(&self, path: PathId) -> bool {
        self.text(path) == "?"
    }

    /// The path of an element.
    pub fn element(&mut self, of: PathId) -> PathId {
        self.child(of, "[]", "", self.origin(of))
    }

    fn child(&mut self, of: PathId, name: &str, separator: &str, origin: Option<Origin>) -> PathId {
        if let Some(&path) = self.children.get(&(of, origin)).and_then(|children| children.get(name)) {
            return path;
        }
        let parent = &self.entries[of.0 as usize];
        let path = if parent.steps >= MAX_STEPS {
            Self::UNKNOWN
        } else {
            let base = if name.starts_with('(') {
                &*parent.text
            } else {
                parent.text.strip_suffix(".default").unwrap_or(&parent.text)
            };
            let text = format!("{base}{separator}{name}");
            let (steps, root) = (parent.steps + 1, parent.root);
            match self.reexports.exact.get(&text) {
                Some(target) => self.add(target.clone(), steps, 0, origin),
                None => self.add(text, steps, root, origin),
            }
        };
        self.children.entry((of, origin)).or_default().insert(name.into(), path);
        path
    }

    fn add(&mut self, text: String, steps: u8, root: u32, origin: Option<Origin>) -> PathId {
        if let Some(known) = self.known(&text, origin) {
            return known;
        }
        let path = PathId(self.entries.len() as u32);
        self.by_text.entry(origin).or_default().insert(text.as_str().into(), path);
        self.entries.push(Entry { text: text.into_boxed_str(), steps, root, origin });
        path
    }
}
