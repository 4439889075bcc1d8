//! Resolved paths, interned per file: `openai.AzureOpenAI`, `openai.AzureOpenAI().chat`, `?.credential.getToken`.
//!
//! A path is the module (one segment, whatever dots it holds), then member names after dots; `()` marks the result of a
//! call or an instance, `[]` an element. The root `?` stands for something the file does not tell; `global:name` for a
//! name that is not bound in the file. Two ways to write the same thing give the same path: `m.default.x` is `m.x`, and
//! a pack's re-exports are undone here.

use rustc_hash::FxHashMap;

/// Names an interned path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathId(u32);

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
}

/// The paths of one file.
pub struct Paths<'r> {
    entries: Vec<Entry>,
    children: FxHashMap<(PathId, Box<str>), PathId>,
    roots: FxHashMap<Box<str>, PathId>,
    reexports: &'r Reexports,
}

impl<'r> Paths<'r> {
    /// The path of something unknown.
    pub const UNKNOWN: PathId = PathId(0);

    /// No paths yet but the unknown one.
    pub fn new(reexports: &'r Reexports) -> Self {
        let mut paths =
            Self { entries: Vec::new(), children: FxHashMap::default(), roots: FxHashMap::default(), reexports };
        paths.root("?");
        paths
    }

    /// The text of a path.
    pub fn text(&self, path: PathId) -> &str {
        &self.entries[path.0 as usize].text
    }

    /// The path of a module or another root.
    pub fn root(&mut self, name: &str) -> PathId {
        if let Some(&path) = self.roots.get(name) {
            return path;
        }
        let path = match self.reexports.exact.get(name) {
            Some(target) => self.add(target.clone(), 0),
            None => self.add(name.to_owned(), 0),
        };
        self.roots.insert(name.into(), path);
        path
    }

    /// The path of a member.
    pub fn member(&mut self, of: PathId, name: &str) -> PathId {
        self.child(of, name, ".")
    }

    /// The path of a call's result.
    pub fn call(&mut self, of: PathId) -> PathId {
        self.child(of, "()", "")
    }

    /// The path of an element.
    pub fn element(&mut self, of: PathId) -> PathId {
        self.child(of, "[]", "")
    }

    fn child(&mut self, of: PathId, name: &str, separator: &str) -> PathId {
        if let Some(&path) = self.children.get(&(of, name.into())) {
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
            let steps = parent.steps + 1;
            let text = self.reexports.exact.get(&text).cloned().unwrap_or(text);
            self.add(text, steps)
        };
        self.children.insert((of, name.into()), path);
        path
    }

    fn add(&mut self, text: String, steps: u8) -> PathId {
        if let Some(&known) = self.roots.get(text.as_str()) {
            return known;
        }
        let path = PathId(self.entries.len() as u32);
        self.roots.insert(text.as_str().into(), path);
        self.entries.push(Entry { text: text.into_boxed_str(), steps });
        path
    }
}
