//! Which files mention which modules. Following names asks again and again which files import one of some files; this
//! tells from one reading of all of them which can, so that only those are read for certainty.

use std::{collections::BTreeMap, path::Path};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{ScanOptions, analyse::each, link::Other};
use crate::{
    input::{
        modules::{FileId, Modules, Unnamed},
        walk::FoundFile,
    },
    lang::{Grammar, Language},
};

/// Words shorter than this are in nearly every file.
const SHORTEST: usize = 3;

/// The files of one language that were not looked at, by the words of modules that they mention.
pub(super) struct Mentions {
    numbers: FxHashMap<Box<[u8]>, u32>,
    /// By a word's number.
    files: Vec<Vec<FileId>>,
}

impl Mentions {
    /// Reads the files for the words that the names of `modules`' files of a language hold.
    pub(super) fn read(
        others: &BTreeMap<FileId, Other>,
        modules: &Modules,
        language: Language,
        options: &ScanOptions,
    ) -> Self {
        let mut numbers: FxHashMap<Box<[u8]>, u32> = FxHashMap::default();
        for file in modules.files().filter(|file| is_of(language, modules.path(*file))) {
            for name in modules.named(file).0 {
                if let Some(word) = longest_word(&name) {
                    let next = numbers.len() as u32;
                    numbers.entry(word.into()).or_insert(next);
                }
            }
        }
        let others: Vec<_> = others.iter().filter(|(_, other)| other.grammar.language() == language).collect();
        let met = each(&others, options, |(file, other), _| (**file, mentioned(other, &numbers)));
        let mut files = vec![Vec::new(); numbers.len()];
        for (file, words) in met {
            for word in words {
                files[word as usize].push(file);
            }
        }
        Self { numbers, files }
    }

    /// Adds the files that can import `file`; false when these can be any.
    pub(super) fn importers(&self, file: FileId, modules: &Modules, found: &mut FxHashSet<FileId>) -> bool {
        let (names, unnamed) = modules.named(file);
        for name in &names {
            let number = longest_word(name).and_then(|word| self.numbers.get(word));
            let Some(&number) = number else { return false };
            found.extend(&self.files[number as usize]);
        }
        match unnamed {
            Unnamed::Nowhere => {}
            Unnamed::Anywhere => return false,
            Unnamed::Below(directory) => {
                found.extend(modules.below(directory));
            }
        }
        true
    }
}

fn is_of(language: Language, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Grammar::of(&name).is_some_and(|grammar| grammar.language() == language)
}

/// The longest word in the name of a module; a file that holds the name holds the word as a word.
fn longest_word(name: &str) -> Option<&[u8]> {
    let words = name.as_bytes().split(|byte| !is_of_word(*byte));
    words.max_by_key(|word| word.len()).filter(|word| word.len() >= SHORTEST)
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The numbers of the words that a file mentions. One that cannot be read mentions none.
fn mentioned(other: &Other, numbers: &FxHashMap<Box<[u8]>, u32>) -> Vec<u32> {
    let mut bytes = Vec::new();
    let found = FoundFile { path: other.path.clone(), explicit: false, max_size: other.max_size };
    if found.read(&mut bytes).is_err() {
        return Vec::new();
    }
    let words: FxHashSet<u32> = words(&bytes).filter_map(|word| numbers.get(word).copied()).collect();
    words.into_iter().collect()
}

/// The words of a text. The letter of an escape such as `\n` belongs to none.
fn words(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let start = rest.iter().position(|byte| is_of_word(*byte))?;
        let is_escape = start.checked_sub(1).is_some_and(|before| rest[before] == b'\\');
        rest = &rest[start + usize::from(is_escape)..];
        let length = rest.iter().position(|byte| !is_of_word(*byte)).unwrap_or(rest.len());
        let word = &rest[..length];
        rest = &rest[length..];
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read and which of it imports which other file.
    fn found(files: &[(&str, &str)], from: &str, to: &str) -> bool {
        let directory = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for (path, text) in files {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            paths.push(path);
        }
        paths.sort();
        let modules = Modules::new(paths.clone(), &[directory.path().to_path_buf()]);
        let grammar = Grammar::of(from).unwrap();
        let others = paths.iter().filter_map(|path| {
            let grammar = Grammar::of(path.file_name()?.to_str()?)?;
            Some((modules.id(path)?, Other { path: path.clone(), grammar, max_size: 1000 }))
        });
        let (others, options) = (others.collect(), ScanOptions::of_any_file());
        let mentions = Mentions::read(&others, &modules, grammar.language(), &options);
        let mut found = FxHashSet::default();
        let id = |path| modules.id(&directory.path().join(path)).unwrap();
        !mentions.importers(id(to), &modules, &mut found) || found.contains(&id(from))
    }

    #[test]
    fn who_imports_a_file_of_python_can_import_it() {
        let files = [
            ("pkg/__init__.py", ""),
            ("pkg/client.py", ""),
            ("pkg/a.py", "from . import client"),
            ("pkg/sub/__init__.py", ""),
            ("pkg/sub/b.py", "from .. import name"),
            ("c.py", "import pkg.client"),
            ("d.py", "x = 1"),
        ];
        for (importer, imported) in [
            ("pkg/a.py", "pkg/client.py"),
            ("pkg/a.py", "pkg/__init__.py"),
            ("pkg/sub/b.py", "pkg/__init__.py"),
            ("c.py", "pkg/client.py"),
            ("c.py", "pkg/__init__.py"),
        ] {
            assert!(found(&files, importer, imported), "{importer} imports {imported}");
        }
        assert!(!found(&files, "d.py", "pkg/client.py") && !found(&files, "d.py", "pkg/__init__.py"));
        assert!(!found(&files, "pkg/sub/b.py", "pkg/client.py"));
    }

    #[test]
    fn who_imports_a_file_of_javascript_can_import_it() {
        let files = [
            ("package.json", r#"{"name": "root", "workspaces": ["packages/*"]}"#),
            ("packages/lib/package.json", r#"{"name": "@own/the-lib", "main": "./main.js"}"#),
            ("packages/lib/main.js", ""),
            ("packages/lib/my-helper.ts", ""),
            ("packages/lib/test/a.ts", "import x from '..'"),
            ("src/index.ts", ""),
            ("src/b.ts", "import { x } from './'"),
            ("src/c.ts", "import lib from '@own/the-lib'"),
            ("src/d.ts", "const y = require('../packages/lib/my-helper.js')"),
            ("e.ts", "1"),
        ];
        for (importer, imported) in [
            ("packages/lib/test/a.ts", "packages/lib/main.js"),
            ("src/b.ts", "src/index.ts"),
            ("src/c.ts", "packages/lib/main.js"),
            ("src/d.ts", "packages/lib/my-helper.ts"),
        ] {
            assert!(found(&files, importer, imported), "{importer} imports {imported}");
        }
        assert!(!found(&files, "e.ts", "packages/lib/my-helper.ts"));
    }

    #[test]
    fn words_are_cut_at_all_else() {
        let text = "from .my_app import client2, é-x; \"a\\nimport b\"".as_bytes();
        let words: Vec<_> = super::words(text).map(|word| std::str::from_utf8(word).unwrap()).collect();
        assert_eq!(words, ["from", "my_app", "import", "client2", "x", "a", "import", "b"]);
        assert!(super::words(b"..").next().is_none());
    }

    #[test]
    fn a_module_is_known_by_its_longest_word() {
        let word = |name| longest_word(name).map(|word| std::str::from_utf8(word).unwrap());
        assert_eq!(word("@scope/my-library"), Some("library"));
        assert_eq!(word("client"), Some("client"));
        assert_eq!(word("~/x"), None);
        assert_eq!(word("\"..\""), None);
    }
}
