//! Languages: which files they are written in, how they are parsed, and how their syntax becomes facts.
//!
//! This is the only wing that knows a grammar: one file per language. What a language reads settings from is language
//! knowledge too and stands in its file as a table.

mod builder;
pub mod imports;
pub mod javascript;
pub mod python;
pub mod writing;

use std::path::Path;

use tree_sitter::{Parser, Tree};

use crate::facts::{Facts, Span};

/// The kinds of nodes that are comments, in all grammars.
const COMMENTS: [&str; 2] = ["comment", "html_comment"];

/// A language that can be scanned. Rules are written for one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Python 3 (and what parses of Python 2).
    Python,
    /// JavaScript, JSX, TypeScript and TSX.
    JavaScript,
}

/// The grammar a file is parsed with. A language can have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grammar {
    /// Python.
    Python,
    /// TypeScript without JSX, where `<T>x` is a cast.
    TypeScript,
    /// JavaScript, JSX and TSX.
    Tsx,
}

/// How a language's programs read their environment, as resolved paths.
pub struct Environment {
    /// Containers of variables, read by member, subscript, `.get`, membership or destructuring.
    pub containers: &'static [&'static str],
    /// Functions whose first argument is a variable's name and whose second, if any, is its default.
    pub readers: &'static [&'static str],
    /// Modules whose named exports are variables.
    pub modules: &'static [&'static str],
    /// Base classes whose fields are variables, by upper-cased name with an optional prefix.
    pub settings: &'static [&'static str],
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::Python, Self::JavaScript];

    /// The word for the language in rule paths and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
        }
    }

    /// True for a file of tests, as the language's tools name such files and their folders.
    pub fn is_test(self, path: &Path) -> bool {
        let folders = path.parent().into_iter().flat_map(Path::components);
        let in_folder = folders.filter_map(|part| part.as_os_str().to_str()).any(|folder| match self {
            Self::Python => matches!(folder, "tests" | "test"),
            Self::JavaScript => matches!(folder, "__tests__" | "tests" | "test" | "e2e"),
        });
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        in_folder
            || match self {
                Self::Python => {
                    let stem = name.split('.').next().unwrap_or_default();
                    stem.starts_with("test_") || stem.ends_with("_test")
                }
                Self::JavaScript => name.contains(".test.") || name.contains(".spec."),
            }
    }

    /// How its programs read their environment.
    pub fn environment(self) -> &'static Environment {
        match self {
            Self::Python => &python::ENVIRONMENT,
            Self::JavaScript => &javascript::ENVIRONMENT,
        }
    }
}

impl Grammar {
    /// The grammar for a file name, by its extension.
    pub fn of(file_name: &str) -> Option<Self> {
        let (_, extension) = file_name.rsplit_once('.')?;
        match extension {
            "py" | "pyi" => Some(Self::Python),
            "ts" | "mts" | "cts" => Some(Self::TypeScript),
            "js" | "jsx" | "mjs" | "cjs" | "tsx" => Some(Self::Tsx),
            _ => None,
        }
    }

    /// The language the grammar belongs to.
    pub fn language(self) -> Language {
        match self {
            Self::Python => Language::Python,
            Self::TypeScript | Self::Tsx => Language::JavaScript,
        }
    }
}

/// A parser for one thread; it keeps its buffers between files.
#[derive(Default)]
pub struct Lowering {
    parser: Parser,
    loaded: Option<Grammar>,
}

impl Lowering {
    /// Parses `text` and lowers it to facts. Broken syntax gives the facts around it and a
    /// [`Problem`](crate::facts::Problem); `None` means that the parser gave up (it was cancelled or the grammar does
    /// not fit the library).
    pub fn facts<'s>(&mut self, grammar: Grammar, text: &'s str) -> Option<Facts<'s>> {
        let tree = self.tree(grammar, text)?;
        Some(match grammar {
            Grammar::Python => python::lower(&tree, text),
            Grammar::TypeScript | Grammar::Tsx => javascript::lower(&tree, text),
        })
    }

    /// Where the comments of `text` stand, in order.
    pub fn comments(&mut self, grammar: Grammar, text: &str) -> Vec<Span> {
        let Some(tree) = self.tree(grammar, text) else { return Vec::new() };
        let mut found = Vec::new();
        let mut cursor = tree.walk();
        loop {
            let node = cursor.node();
            if COMMENTS.contains(&node.kind()) {
                let span = builder::span(node);
                // A comment of a line can hold the first half of that line's end.
                let end = span.start + span.text(text).trim_end_matches('\r').len() as u32;
                found.push(Span { end, ..span });
            } else if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return found;
                }
            }
        }
    }

    fn tree(&mut self, grammar: Grammar, text: &str) -> Option<Tree> {
        if self.loaded != Some(grammar) {
            let language = match grammar {
                Grammar::Python => tree_sitter_python::LANGUAGE,
                Grammar::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
                Grammar::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
            };
            self.parser.set_language(&language.into()).ok()?;
            self.loaded = Some(grammar);
        }
        self.parser.parse(text, None)
    }
}
