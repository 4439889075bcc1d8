//! Literals: texts that a file must hold, and what may stand next to them there. Names stand as words, modules where an
//! import can name them, beginnings of texts behind quotes. Bytes are all that is looked at; which of it is code is not
//! known here.

/// A text, and what may stand next to it. An escape sequence may stand next to any text: what it stands for is not told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal {
    text: String,
    before: Edge,
    after: Edge,
}

/// What may stand next to a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edge {
    /// Anything.
    Any,
    /// No letter, digit or underscore of ASCII.
    Word,
    /// What stands around a module, or a part of it, in an import: quotes, slashes, colons.
    Specifier,
    /// A quote, or a line's end (which may continue a text).
    Quote,
    /// Before a literal: what comes before a module in an import of Python's, or a quote. After one: as for a word.
    Import,
}

impl Edge {
    fn allows(self, byte: u8) -> bool {
        match self {
            Self::Any => true,
            Self::Word | Self::Import => !(byte.is_ascii_alphanumeric() || byte == b'_'),
            Self::Specifier => matches!(byte, b'/' | b':' | b'@') || Self::Quote.allows(byte),
            Self::Quote => matches!(byte, b'"' | b'\'' | b'`' | b'\n'),
        }
    }

    /// True when what ends here may stand before a literal.
    fn allows_before(self, bytes: &[u8]) -> bool {
        let Some(last) = bytes.last() else { return self != Self::Import };
        let is_allowed = self.allows(*last) || ends_with_escape(bytes);
        is_allowed && (self != Self::Import || matches!(last, b'"' | b'\'') || is_in_import(bytes))
    }

    /// True when this edge allows nothing that the other one does not.
    fn is_within(self, other: Self) -> bool {
        self == other
            || match other {
                Self::Any => true,
                Self::Word => self != Self::Any,
                Self::Specifier => self == Self::Quote,
                Self::Quote | Self::Import => false,
            }
    }
}

/// True when the last line, as far as it goes, can be that of an import, or goes on from the line before it.
fn is_in_import(bytes: &[u8]) -> bool {
    let start = memchr::memrchr(b'\n', bytes).map_or(0, |end| end + 1);
    let (above, line) = bytes.split_at(start);
    let holds = |word: &[u8]| memchr::memmem::find(line, word).is_some();
    holds(b"import") || holds(b"from") || above.trim_ascii_end().ends_with(b"\\")
}

impl Literal {
    /// A literal with what may stand before and after it.
    pub fn new(text: impl Into<String>, before: Edge, after: Edge) -> Self {
        let text = text.into();
        // Nothing stands anywhere.
        let [before, after] = if text.is_empty() { [Edge::Any; 2] } else { [before, after] };
        Self { text, before, after }
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True when it occurs in the bytes.
    pub(super) fn occurs(&self, bytes: &[u8]) -> bool {
        let mut from = 0;
        while let Some(at) = memchr::memmem::find(&bytes[from..], self.text.as_bytes()) {
            if self.stands(bytes, from + at) {
                return true;
            }
            from += at + 1;
        }
        false
    }

    /// True when what stands next to its text at this offset may stand there.
    pub(super) fn stands(&self, bytes: &[u8], start: usize) -> bool {
        let before = &bytes[..start];
        let after = &bytes[start + self.text.len()..];
        self.before.allows_before(before) && after.first().is_none_or(|byte| self.after.allows(*byte) || *byte == b'\\')
    }

    /// True when the other one occurs wherever this one does.
    pub(super) fn implies(&self, other: &Self) -> bool {
        let is_free = other.before == Edge::Any && other.after == Edge::Any;
        is_free && self.text.contains(&other.text)
            || self.text == other.text && self.before.is_within(other.before) && self.after.is_within(other.after)
    }
}

impl AsRef<str> for Literal {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// True when the bytes end with an escape sequence such as `\n`, `\x20` or `\u0020`.
fn ends_with_escape(bytes: &[u8]) -> bool {
    let is_at =
        |back: usize, mark: &[u8]| bytes.len().checked_sub(back).is_some_and(|at| bytes[at..].starts_with(mark));
    is_at(2, b"\\") || is_at(4, b"\\x") || is_at(6, b"\\u") || bytes.ends_with(b"\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_by_themselves() {
        let word = Literal::new("model", Edge::Word, Edge::Word);
        for text in ["model", "x.model=", "é model", "\"\\nmodel\"", r"\u0020model", "a_model model"] {
            assert!(word.occurs(text.as_bytes()), "{text}");
        }
        for text in ["models", "a_model", "remodel", "model2"] {
            assert!(!word.occurs(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn modules_stand_in_quotes_or_addresses() {
        let module = Literal::new("openai", Edge::Specifier, Edge::Word);
        for text in ["from 'openai'", "import(`openai/azure`)", "'npm:openai@4'", "'https://cdn.test/openai@4'"] {
            assert!(module.occurs(text.as_bytes()), "{text}");
        }
        for text in ["// the openai client", "api.openai.com", "new openai()", "'openais'"] {
            assert!(!module.occurs(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn imported_modules_stand_in_imports_or_quotes() {
        let module = Literal::new("openai", Edge::Import, Edge::Word);
        let imports = ["import openai", "if x: from openai.lib import y", "import os, \\\n    openai", "f('openai')"];
        for text in imports.into_iter().chain([r#"["x\nimport openai\n"]"#, "# from my openai"]) {
            assert!(module.occurs(text.as_bytes()), "{text}");
        }
        for text in ["openai", "import os\nopenai.x", "# my openai", "import openais"] {
            assert!(!module.occurs(text.as_bytes()), "{text}");
        }
    }
}
