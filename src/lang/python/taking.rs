//! Names that modules take from one another, read from their text: which of its names a file must keep although it does
//! not use them itself. It is meant to see too much rather than too little.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use regex::bytes::Regex;

/// A name taken from a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taking {
    /// The module as written, with the dots of a relative import.
    pub module: String,
    /// The name.
    pub name: String,
}

impl Taking {
    /// True when the module, as `by` writes it, can be `file`. The end of the path must fit; a name of one part is a
    /// neighbour or lies at the top of the sources, for else it is a package from elsewhere.
    ///
    /// `top` is the directory of the repository.
    pub fn is_from(&self, file: &Path, by: &Path, top: &Path) -> bool {
        let own = file.with_extension("");
        let own = if own.ends_with("__init__") { own.parent().map(Path::to_path_buf).unwrap_or_default() } else { own };
        let bare = self.module.trim_start_matches('.');
        let dots = self.module.len() - bare.len();
        let parts: PathBuf = bare.split('.').filter(|part| !part.is_empty()).collect();
        let folder = by.parent().unwrap_or(Path::new(""));
        if dots > 0 {
            let start = folder.ancestors().nth(dots - 1).unwrap_or(Path::new(""));
            return own == start.join(&parts);
        }
        let is_single = parts.components().count() < 2;
        own.ends_with(&parts)
            && (!is_single || own.parent() == Some(folder) && !folder.join("__init__.py").exists() || is_top(&own, top))
    }
}

/// True for a module at the top of a source tree.
fn is_top(module: &Path, top: &Path) -> bool {
    let folder = module.parent().unwrap_or(Path::new(""));
    folder == top || folder.ends_with("src")
}

/// The name by which a file is imported: its own, or its folder's for a package.
pub fn stem(path: &Path) -> String {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if name != "__init__" {
        return name;
    }
    let folder = path.parent().and_then(Path::file_name);
    folder.map(|folder| folder.to_string_lossy().into_owned()).unwrap_or(name)
}

/// Reads from the text of files which names they take from the modules in question. It is meant to see too much rather
/// than too little: a name that others may use is kept.
pub struct ImportReader {
    statements: Regex,
    /// `module.NAME` in code and in strings, and `getattr(module, "NAME")`.
    members: Regex,
    /// `import a.b as c`.
    aliases: Regex,
    stems: BTreeSet<String>,
}

impl ImportReader {
    /// A reader for modules with these stems.
    pub fn new(stems: &BTreeSet<String>) -> Option<Self> {
        let alternatives: Vec<String> = stems.iter().map(|stem| regex::escape(stem)).collect();
        let members =
            format!(r#"\b((?:[A-Za-z_]\w*\.)*(?:{}))(?:\.|[ \t]*,[ \t]*["'])([A-Za-z_]\w*)"#, alternatives.join("|"));
        Some(Self {
            statements: Regex::new(
                r"(?m)^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n\\]*(?:\\\r?\n[^\n\\]*)*))",
            )
            .ok()?,
            members: Regex::new(&members).ok()?,
            aliases: Regex::new(r"(?m)^[ \t]*import[ \t]+([\w.]+)[ \t]+as[ \t]+(\w+)").ok()?,
            stems: stems.clone(),
        })
    }

    /// The names that a text takes from modules of these stems.
    pub fn names(&self, bytes: &[u8]) -> BTreeSet<Taking> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut found = BTreeSet::new();
        // Modules that are known by their own name, and as what they were imported.
        let mut modules: BTreeMap<String, String> = BTreeMap::new();
        for captures in self.statements.captures_iter(bytes) {
            let module = captures.get(1).map(|module| text(module.as_bytes())).unwrap_or_default();
            let is_wanted = self.stems.contains(module.rsplit('.').next().unwrap_or_default());
            let Some(names) = captures.get(2).or_else(|| captures.get(3)) else { continue };
            let names = text(names.as_bytes());
            let code =
                names.lines().map(|line| line.split('#').next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
            for item in code.split(',') {
                let words: Vec<&str> = item.split_whitespace().filter(|word| *word != "\\").collect();
                let Some(&name) = words.first() else { continue };
                let local = if let [_, "as", local] = words[..] { local } else { name };
                if is_wanted {
                    found.insert(Taking { module: module.clone(), name: name.to_owned() });
                }
                if self.stems.contains(name) {
                    let dot = if module.ends_with('.') { "" } else { "." };
                    modules.insert(local.to_owned(), format!("{module}{dot}{name}"));
                }
            }
        }
        for captures in self.aliases.captures_iter(bytes) {
            let (Some(module), Some(local)) = (captures.get(1), captures.get(2)) else { continue };
            modules.insert(text(local.as_bytes()), text(module.as_bytes()));
        }
        for (local, module) in modules.iter().filter(|(local, _)| !self.stems.contains(*local)) {
            let name = regex::escape(local);
            let member = format!(r#"\b{name}(?:\.|[ \t]*,[ \t]*["'])([A-Za-z_]\w*)"#);
            let Ok(members) = Regex::new(&member) else { continue };
            for name in members.captures_iter(bytes).filter_map(|captures| captures.get(1)) {
                found.insert(Taking { module: module.clone(), name: text(name.as_bytes()) });
            }
        }
        for captures in self.members.captures_iter(bytes) {
            let (Some(stem), Some(name)) = (captures.get(1), captures.get(2)) else { continue };
            let stem = text(stem.as_bytes());
            let module = modules.get(&stem).cloned().unwrap_or(stem);
            found.insert(Taking { module, name: text(name.as_bytes()) });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_others_take_are_seen() {
        let stems = BTreeSet::from(["clients".to_owned(), "config".to_owned()]);
        let reader = ImportReader::new(&stems).unwrap();
        let text = "from .clients import (\n    make_client,  # the factory\n    Client as C,\n)\nfrom app.config import KEY, \\\n    URL\nprint(config.VERSION)\nfrom os import path\n";
        let found: Vec<String> = reader
            .names(text.as_bytes())
            .into_iter()
            .map(|taking| format!("{} {}", taking.module, taking.name))
            .collect();
        let wanted = [".clients Client", ".clients make_client", "app.config KEY", "app.config URL", "config VERSION"];
        assert_eq!(found, wanted);
        let text = "from . import config\nfrom app import clients\nconfig.KEY\nclients.make()\n";
        let found: Vec<String> = reader
            .names(text.as_bytes())
            .into_iter()
            .map(|taking| format!("{} {}", taking.module, taking.name))
            .collect();
        assert_eq!(found, [".config KEY", "app.clients make"]);
        let text = "from app import config as s\nimport app.clients as c\nfrom .config import *\ns.KEY\ngetattr(c, 'make')()\n";
        let found: Vec<String> = reader
            .names(text.as_bytes())
            .into_iter()
            .map(|taking| format!("{} {}", taking.module, taking.name))
            .collect();
        assert_eq!(found, [".config *", "app.clients make", "app.config KEY"]);
    }

    #[test]
    fn a_package_is_not_taken_for_a_file_of_the_same_name() {
        let from = |module: &str, file: &str, by: &str| {
            Taking { module: module.to_owned(), name: "N".to_owned() }.is_from(
                Path::new(file),
                Path::new(by),
                Path::new(""),
            )
        };
        assert!(!from("openai", "app/embedder/openai.py", "app/llm/client.py"));
        assert!(from("openai", "app/embedder/openai.py", "app/embedder/client.py"));
        assert!(from("app.embedder.openai", "src/app/embedder/openai.py", "tests/test.py"));
        assert!(from(".openai", "app/embedder/openai.py", "app/embedder/client.py"));
        assert!(from("..config", "app/config/__init__.py", "app/llm/client.py"));
        assert!(!from("..config", "lib/config.py", "app/llm/client.py"));
        assert!(from("config", "config.py", "tests/test.py"));
    }
}
