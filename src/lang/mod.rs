//! Languages: which files they are written in, how they are parsed, and how their syntax becomes facts.
//!
//! This is the only wing that knows a grammar: one file per language, and a folder for all documents beside the code. What
//! a language reads settings from is language knowledge too and stands in its file as a table.

pub mod bare;
mod builder;
pub mod documents;
pub mod imports;
pub mod javascript;
pub mod python;
pub mod scripts;
pub mod writing;

use std::{
    ops::{ControlFlow, Range},
    path::Path,
    time::{Duration, Instant},
};

use tree_sitter::{ParseOptions, ParseState, Parser, Point, Tree};

use self::{
    documents::Document,
    scripts::{Page, fenced, fences, is_markdown},
};
use crate::{
    facts::{Facts, MAX_DEPTH, Span},
    input::{
        notebook::{Kernel, is_notebook, kernel},
        text::LineIndex,
    },
};

/// The kinds of nodes that are comments, in all grammars.
const COMMENTS: [&str; 2] = ["comment", "html_comment"];

/// A language that can be scanned. Rules are written for one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Python 3 (and what parses of Python 2).
    Python,
    /// JavaScript, JSX, TypeScript and TSX.
    JavaScript,
    /// What lies beside the code: settings, manifests, infrastructure.
    Document,
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
    /// JavaScript or TypeScript inside another file.
    Page(Page),
    /// The fences of a Markdown file that hold code of a language.
    Fences(Language),
    /// Settings, manifests, infrastructure.
    Document(Document),
}

/// What a parser is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Python,
    TypeScript,
    Tsx,
    Document(Document),
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
    pub const ALL: [Self; 3] = [Self::Python, Self::JavaScript, Self::Document];

    /// The word for the language in rule paths and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::Document => "document",
        }
    }

    /// The folders of a pack in which its rules lie.
    pub fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Python => &["python"],
            Self::JavaScript => &["javascript"],
            Self::Document => &["config", "manifest", "infra"],
        }
    }

    /// True for a file of tests, as the language's tools name such files and their folders.
    pub fn is_test(self, path: &Path) -> bool {
        let folders = path.parent().into_iter().flat_map(Path::components);
        let in_folder = folders.filter_map(|part| part.as_os_str().to_str()).any(|folder| match self {
            Self::Python => matches!(folder, "tests" | "test"),
            Self::JavaScript => matches!(folder, "__tests__" | "tests" | "test" | "e2e"),
            Self::Document => false,
        });
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        in_folder
            || match self {
                Self::Python => {
                    let stem = name.split('.').next().unwrap_or_default();
                    stem.starts_with("test_") || stem.ends_with("_test")
                }
                Self::JavaScript => name.contains(".test.") || name.contains(".spec."),
                Self::Document => false,
            }
    }

    /// How its programs read their environment.
    pub fn environment(self) -> &'static Environment {
        match self {
            Self::Python => &python::ENVIRONMENT,
            Self::JavaScript => &javascript::ENVIRONMENT,
            Self::Document => &documents::ENVIRONMENT,
        }
    }
}

impl Grammar {
    /// The grammar for a file name, by its extension.
    pub fn of(file_name: &str) -> Option<Self> {
        match file_name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("py" | "pyi" | "ipynb") => Some(Self::Python),
            Some("ts" | "mts" | "cts") => Some(Self::TypeScript),
            Some("js" | "jsx" | "mjs" | "cjs" | "tsx") => Some(Self::Tsx),
            extension => {
                let page = extension.and_then(Page::of).map(Self::Page);
                page.or_else(|| Document::of(file_name).map(Self::Document))
            }
        }
    }

    /// The same, where the content can say more than the name: notebooks are written in what their kernel speaks, and
    /// Markdown, which is only looked at on request, in what most of its fences hold.
    pub fn of_file(file_name: &str, bytes: &[u8]) -> Option<Self> {
        if is_markdown(file_name) {
            return fenced(&String::from_utf8_lossy(bytes)).map(Self::Fences);
        }
        if !is_notebook(file_name) {
            return Self::of(file_name);
        }
        match kernel(bytes) {
            Kernel::Python => Some(Self::Python),
            Kernel::JavaScript => Some(Self::Tsx),
            Kernel::TypeScript => Some(Self::TypeScript),
            Kernel::Other => None,
        }
    }

    /// The language the grammar belongs to.
    pub fn language(self) -> Language {
        match self {
            Self::Python => Language::Python,
            Self::TypeScript | Self::Tsx | Self::Page(_) => Language::JavaScript,
            Self::Fences(language) => language,
            Self::Document(_) => Language::Document,
        }
    }
}

/// How much is done for one file at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep its syntax may nest; what is deeper is left out.
    pub depth: usize,
    /// How long it may take.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: MAX_DEPTH, time: Duration::from_secs(60) }
    }
}

/// A parser for one thread; it keeps its buffers between files.
#[derive(Default)]
pub struct Lowering {
    parser: Parser,
    loaded: Option<Syntax>,
    limits: Limits,
}

impl Lowering {
    /// A parser that keeps to limits.
    pub fn within(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// The same, when it may be in disorder.
    pub fn renew(&mut self) {
        *self = Self::within(self.limits);
    }

    /// Parses `text` and lowers it to facts. Broken syntax gives the facts around it and a
    /// [`Problem`](crate::facts::Problem); `None` means that parsing took too long.
    pub fn facts<'s>(&mut self, grammar: Grammar, text: &'s str) -> Option<Facts<'s>> {
        let depth = self.limits.depth;
        if let Grammar::Document(document) = grammar {
            let tree = if document.grammar().is_some() { Some(self.tree(grammar, text)?) } else { None };
            return Some(documents::lower(document, tree.as_ref(), text, depth));
        }
        let tree = self.tree(grammar, text)?;
        Some(match grammar {
            Grammar::Python | Grammar::Fences(Language::Python) => python::lower(&tree, text, depth),
            _ => javascript::lower(&tree, text, depth),
        })
    }

    /// Where the comments of `text` stand, in order.
    pub fn comments(&mut self, grammar: Grammar, text: &str) -> Vec<Span> {
        if let Grammar::Document(document) = grammar
            && document.grammar().is_none()
        {
            return documents::comments(document, text);
        }
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
        let page = match grammar {
            Grammar::Page(page) => Some(page.scripts(text)),
            Grammar::Fences(language) => Some(fences(text, language)),
            _ => None,
        };
        let syntax = match (grammar, &page) {
            (Grammar::Python, _) => Syntax::Python,
            (Grammar::TypeScript, _) => Syntax::TypeScript,
            (Grammar::Document(document), _) => Syntax::Document(document),
            (_, Some((_, syntax))) => *syntax,
            (_, None) => Syntax::Tsx,
        };
        self.load(syntax)?;
        match (page, syntax) {
            (Some((scripts, _)), _) => self.parts(&scripts, text),
            (None, Syntax::Document(document)) => self.parse(&document.parseable(text)),
            (None, _) => self.parse(text),
        }
    }

    fn parse(&mut self, text: &str) -> Option<Tree> {
        let deadline = Instant::now().checked_add(self.limits.time);
        let mut in_time = |_: &ParseState| match deadline {
            Some(deadline) if Instant::now() > deadline => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let options = ParseOptions::new().progress_callback(&mut in_time);
        let mut rest = |at: usize, _: Point| text.as_bytes().get(at..).unwrap_or_default();
        let tree = self.parser.parse_with_options(&mut rest, None, Some(options));
        if tree.is_none() {
            // It would go on where it stopped.
            self.parser.reset();
        }
        tree
    }

    fn load(&mut self, syntax: Syntax) -> Option<()> {
        if self.loaded != Some(syntax) {
            let language = match syntax {
                Syntax::Python => tree_sitter_python::LANGUAGE.into(),
                Syntax::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
                Syntax::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
                Syntax::Document(document) => document.grammar()?,
            };
            self.parser.set_language(&language).ok()?;
            self.loaded = Some(syntax);
        }
        Some(())
    }

    /// Parses parts of a text as one.
    fn parts(&mut self, parts: &[Range<usize>], text: &str) -> Option<Tree> {
        if parts.is_empty() {
            return self.parse("");
        }
        let lines = LineIndex::new(text);
        let point = |at: usize| {
            let line = lines.position(at).line;
            let start = lines.line_span(line).map_or(at, |span| span.start);
            Point { row: line as usize - 1, column: at - start }
        };
        let range = |part: &Range<usize>| tree_sitter::Range {
            start_byte: part.start,
            end_byte: part.end,
            start_point: point(part.start),
            end_point: point(part.end),
        };
        let ranges: Vec<_> = parts.iter().map(range).collect();
        self.parser.set_included_ranges(&ranges).ok()?;
        let tree = self.parse(text);
        self.parser.set_included_ranges(&[]).ok()?;
        tree
    }
}
