//! How code is written in each language: the pieces of text that a change puts into a file. The counterpart of lowering;
//! what to change is decided elsewhere. Documents hold no code; where code is asked for all the same, it has JavaScript's form.

use super::{Grammar, Language, Syntax, javascript, python};
use crate::facts::{Expr, Facts, Piece, Span};

/// The way a file is written, which new code follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writing {
    /// The file's language.
    pub language: Language,
    /// True where a value's type can forbid that it is missing.
    pub typed: bool,
    /// The quote that most of its strings have.
    pub quote: char,
    /// True when statements end with a semicolon.
    pub semicolons: bool,
}

impl Writing {
    /// The way a file is written. `file_name` tells typed dialects apart that share a grammar.
    pub fn of(grammar: Grammar, file_name: &str, text: &str, facts: &Facts<'_>) -> Self {
        let language = grammar.language();
        let typed = match grammar {
            Grammar::Page(page) => page.scripts(text).1 == Syntax::TypeScript,
            _ => [".ts", ".tsx", ".mts", ".cts"].iter().any(|extension| file_name.ends_with(extension)),
        };
        let code = |line: &str| line.split("//").next().unwrap_or_default().trim_end().to_owned();
        let ends = text.lines().filter(|line| code(line).ends_with(';')).count();
        let without = text.lines().filter(|line| code(line).ends_with([')', '\'', '"'])).count();
        Self { language, typed, quote: usual_quote(text, facts), semicolons: ends > 0 && ends * 2 >= without }
    }

    /// A string literal.
    pub fn string(&self, text: &str) -> String {
        let escaped = text.replace('\\', "\\\\").replace(self.quote, &format!("\\{}", self.quote));
        format!("{}{escaped}{}", self.quote, self.quote)
    }

    /// An argument (or entry of the options object) with its name.
    pub fn named(&self, name: &str, value: &str) -> String {
        match self.language {
            Language::Python => format!("{name}={value}"),
            Language::JavaScript if name == value => name.to_owned(),
            Language::JavaScript | Language::Document => format!("{}: {value}", self.key(name)),
        }
    }

    /// An entry of an object literal.
    pub fn entry(&self, name: &str, value: &str) -> String {
        match self.language {
            Language::Python => format!("{}: {value}", self.string(name)),
            Language::JavaScript | Language::Document => self.named(name, value),
        }
    }

    /// A key of an object literal.
    pub fn key(&self, name: &str) -> String {
        let is_word = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
        match self.language {
            Language::JavaScript if is_word => name.to_owned(),
            _ => self.string(name),
        }
    }

    /// True when named arguments are entries of an object that is the call's argument.
    pub fn names_by_object(&self) -> bool {
        self.language == Language::JavaScript
    }

    /// A read of an environment variable. In Python one that fails when the variable is missing; JavaScript has none.
    pub fn variable(&self, name: &str) -> String {
        match self.language {
            Language::Python => python::writing::variable(name, self.quote),
            Language::JavaScript | Language::Document => javascript::writing::variable(name),
        }
    }

    /// The same where a missing variable must not go unnoticed by the type checker.
    pub fn demanded_variable(&self, name: &str) -> String {
        match self.language {
            Language::Python => self.variable(name),
            Language::JavaScript | Language::Document => {
                format!("{}{}", self.variable(name), if self.typed { "!" } else { "" })
            }
        }
    }

    /// A read of an environment variable that holds an address; it fails when the variable is missing.
    pub fn address_variable(&self, name: &str) -> String {
        match self.language {
            Language::Python => self.variable(name),
            Language::JavaScript | Language::Document => javascript::writing::address(&self.demanded_variable(name)),
        }
    }

    /// The module that reads of variables need, by its name in the file.
    pub fn variable_module(&self) -> Option<&'static str> {
        (self.language == Language::Python).then_some("os")
    }

    /// What is written behind an address to append a path to it, whether or not it ends in a slash. `trimmed`: it is
    /// known not to end in one. `missing`: it may be undefined.
    /// `endings` are taken off before.
    pub fn append_path(&self, path: &str, trimmed: bool, missing: bool, endings: &[String]) -> String {
        match self.language {
            Language::Python => python::writing::append_path(&self.string(path), trimmed, endings),
            Language::JavaScript | Language::Document => {
                let demand = if missing && self.typed { "!" } else { "" };
                javascript::writing::append_path(&self.string(path), demand, trimmed, endings)
            }
        }
    }

    /// True for a module that comes with the language.
    pub fn is_standard(&self, module: &str) -> bool {
        match self.language {
            Language::Python => python::writing::is_standard(module),
            Language::JavaScript | Language::Document => module.starts_with("node:"),
        }
    }

    /// What stands before and behind the text of a template string, and before and behind an inserted value.
    pub fn template(&self) -> [&'static str; 4] {
        match self.language {
            Language::Python => ["f\"", "\"", "{", "}"],
            Language::JavaScript | Language::Document => ["`", "`", "${", "}"],
        }
    }

    /// The text `before` with a value behind it. The value is the source of an expression.
    pub fn with_prefix(&self, before: &str, value: &str, needs_parentheses: bool) -> String {
        match self.language {
            Language::Python if needs_parentheses => format!("{} + ({value})", self.string(before)),
            Language::Python => format!("{} + {value}", self.string(before)),
            Language::JavaScript | Language::Document => format!("`{before}${{{value}}}`"),
        }
    }

    /// An address with a path below it, whether or not the address ends in a slash.
    pub fn below(&self, address: &str, path: &str) -> String {
        match self.language {
            Language::Python => format!("{address}{}", self.append_path(path, false, false, &[])),
            Language::JavaScript | Language::Document => javascript::writing::below(address, path, self.quote),
        }
    }

    /// True for a function that gives the object that it is given in the form in which it is sent.
    pub fn encodes(&self, symbol: &str) -> bool {
        match self.language {
            Language::Python => python::writing::ENCODERS.contains(&symbol),
            Language::JavaScript | Language::Document => javascript::writing::ENCODERS.contains(&symbol),
        }
    }

    /// True for a function that makes a text fit for an address.
    pub fn escapes(&self, symbol: &str) -> bool {
        match self.language {
            Language::Python => python::writing::ESCAPERS.contains(&symbol),
            Language::JavaScript | Language::Document => javascript::writing::ESCAPERS.contains(&symbol),
        }
    }

    /// A statement that imports items from `module` (or the module itself), without indentation and line end.
    pub fn import(&self, module: &str, items: &[String], type_only: bool) -> String {
        let items = items.join(", ");
        match self.language {
            Language::Python if items.is_empty() => format!("import {module}"),
            Language::Python => format!("from {module} import {items}"),
            Language::JavaScript | Language::Document => {
                let word = if type_only { "import type" } else { "import" };
                let end = if self.semicolons { ";" } else { "" };
                format!("{word} {{ {items} }} from {}{end}", self.string(module))
            }
        }
    }

    /// The same in a module that loads others by calls.
    pub fn require(&self, module: &str, items: &[String]) -> String {
        let items: Vec<String> = items.iter().map(|item| item.replace(" as ", ": ")).collect();
        let end = if self.semicolons { ";" } else { "" };
        format!("const {{ {} }} = require({}){end}", items.join(", "), self.string(module))
    }

    /// An item of an import statement.
    pub fn import_item(&self, name: &str, local: &str) -> String {
        if name == local { name.to_owned() } else { format!("{name} as {local}") }
    }

    /// The offset of the first byte from `at` that is neither white space nor part of a comment, at most `end`.
    pub fn skip_trivia(&self, text: &str, mut at: usize, end: usize) -> usize {
        loop {
            let rest = text.get(at..end).unwrap_or_default();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\\' && self.is_python());
            at += rest.len() - trimmed.len();
            match self.comment_length(trimmed) {
                Some(length) => at += length,
                None => return at.min(end),
            }
        }
    }

    /// The length of the comment that `text` begins with.
    pub fn comment_length(&self, text: &str) -> Option<usize> {
        let line = |text: &str| text.find(['\n', '\r']).unwrap_or(text.len());
        match self.language {
            Language::Python => text.starts_with('#').then(|| line(text)),
            Language::JavaScript if text.starts_with("//") => Some(line(text)),
            Language::JavaScript if text.starts_with("/*") => Some(text.find("*/").map_or(text.len(), |at| at + 2)),
            Language::JavaScript | Language::Document => None,
        }
    }

    fn is_python(self) -> bool {
        self.language == Language::Python
    }

    /// Words that may stand before the name in a declaration.
    pub fn declares(&self, before: &str) -> bool {
        match self.language {
            Language::Python => before.is_empty(),
            Language::JavaScript | Language::Document => matches!(before, "const" | "let" | "var"),
        }
    }

    /// True when a block may not be left without a statement.
    pub fn needs_statements(&self) -> bool {
        self.is_python()
    }
}

impl Grammar {
    /// The ways to write a comment that goes to the end of its line or stands on one of its own, the best first. Only the
    /// first can follow code, behind `lead` blanks, and only where that is known to be a comment to everybody who reads
    /// the file.
    pub fn comments(self, text: &str) -> Comments {
        let (lead, beside, forms) = match self {
            Self::Python | Self::Fences(Language::Python) => (2, true, vec![format!("# {text}")]),
            // The last is for the text of JSX.
            Self::TypeScript | Self::Tsx | Self::Page(_) | Self::Fences(_) => {
                (1, true, vec![format!("// {text}"), format!("{{/* {text} */}}")])
            }
            Self::Document(document) => return document.comments(text),
        };
        Comments { lead, beside, forms }
    }
}

impl Language {
    /// True for a line that the next one continues, so that no comment may follow it, whatever the parser forgives.
    pub fn continues(self, line: &str) -> bool {
        self != Self::JavaScript && line.trim_end().ends_with('\\')
    }
}

/// A comment in the forms that a language has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comments {
    /// How many blanks stand between code and a comment behind it.
    pub lead: usize,
    /// True when a comment may follow code on its line.
    pub beside: bool,
    /// The forms; none where the format has no comments.
    pub forms: Vec<String>,
}

/// The quote of most plain strings; double where there are none.
fn usual_quote(text: &str, facts: &Facts<'_>) -> char {
    let mut single = 0_u32;
    let mut double = 0_u32;
    let mut count = |span: Span| match text.as_bytes().get(span.start as usize) {
        Some(b'\'') => single += 1,
        Some(b'"') => double += 1,
        _ => {}
    };
    for node in &facts.exprs {
        if matches!(&node.expr, Expr::Text(pieces) if matches!(pieces.as_slice(), [Piece::Constant { .. }])) {
            count(node.span);
        }
    }
    for import in &facts.imports {
        count(Span { start: import.module_span.start.saturating_sub(1), end: import.module_span.end });
    }
    if single > double { '\'' } else { '"' }
}
