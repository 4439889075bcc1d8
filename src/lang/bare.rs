//! A look at a file before it is parsed: what is left of it without its comments and docstrings, which no rule looks at.
//! Most files that only tell of something are kept from the parser by this.
//!
//! This is no lexer: where it cannot be certain that something is a comment or a docstring, that stays, so that nothing
//! is left out that lowering would find.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memmem};

use super::Grammar;

/// The bytes of a file without comments and docstrings, as far as these are recognised. Of notebooks, pages and documents
/// all is kept.
pub fn without_comments(grammar: Grammar, bytes: &[u8]) -> Cow<'_, [u8]> {
    match grammar {
        Grammar::Python => Python::new(bytes).read(),
        Grammar::TypeScript | Grammar::Tsx => javascript(bytes, grammar == Grammar::Tsx),
        _ => Cow::Borrowed(bytes),
    }
}

/// What is kept of a file.
struct Kept<'b> {
    bytes: &'b [u8],
    /// What is kept of what comes before `from`.
    before: Vec<u8>,
    /// Where begins what is not decided yet.
    from: usize,
}

impl<'b> Kept<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, before: Vec::new(), from: 0 }
    }

    fn leave_out(&mut self, start: usize, end: usize) {
        self.before.extend_from_slice(&self.bytes[self.from..start]);
        self.from = end;
    }

    fn finish(mut self) -> Cow<'b, [u8]> {
        if self.from == 0 {
            return Cow::Borrowed(self.bytes);
        }
        self.before.extend_from_slice(&self.bytes[self.from..]);
        Cow::Owned(self.before)
    }
}

/// A walk over Python code.
struct Python<'b> {
    bytes: &'b [u8],
    at: usize,
    /// The brackets that are open.
    open: Vec<u8>,
    kept: Kept<'b>,
}

impl<'b> Python<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0, open: Vec::new(), kept: Kept::new(bytes) }
    }

    fn read(mut self) -> Cow<'b, [u8]> {
        while let Some(&byte) = self.bytes.get(self.at) {
            let is_certain = match byte {
                b'#' => self.comment(),
                b'"' | b'\'' => self.string(byte),
                b'(' | b'[' | b'{' => {
                    self.open.push(byte);
                    self.at += 1;
                    true
                }
                b')' | b']' | b'}' => self.close(byte),
                // What it makes of the next character is of no interest, but that is no quote then.
                b'\\' => {
                    self.at += 2;
                    true
                }
                _ => {
                    self.at += 1;
                    true
                }
            };
            if !is_certain {
                break;
            }
        }
        self.kept.finish()
    }

    fn comment(&mut self) -> bool {
        let end = memchr2(b'\n', b'\r', &self.bytes[self.at..]).map_or(self.bytes.len(), |end| self.at + end);
        self.kept.leave_out(self.at, end);
        self.at = end;
        true
    }

    /// False when the bracket closes none: the code is broken, and what follows is anyone's guess.
    fn close(&mut self, byte: u8) -> bool {
        let opened = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        self.at += 1;
        self.open.pop() == Some(opened)
    }

    /// False for a long string without an end.
    fn string(&mut self, quote: u8) -> bool {
        let start = self.at;
        if !self.bytes[start..].starts_with(&[quote; 3]) {
            self.at = self.end_of_short(start + 1, quote);
            return true;
        }
        let Some(end) = self.end_of_long(start + 3, quote) else { return false };
        if self.open.is_empty() && self.begins_statement(start) && self.ends_statement(end) {
            let prefix = self.bytes[..start].iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
            self.kept.leave_out(start - prefix, end);
        }
        self.at = end;
        true
    }

    /// Where a string of one line ends: behind its quote, or at the line's end when that comes first.
    fn end_of_short(&self, mut at: usize, quote: u8) -> usize {
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' if self.bytes[at + 1..].starts_with(b"\r\n") => at += 3,
                b'\\' => at += 2,
                b'\n' | b'\r' => return at,
                _ if byte == quote => return at + 1,
                _ => at += 1,
            }
        }
        self.bytes.len()
    }

    fn end_of_long(&self, mut at: usize, quote: u8) -> Option<usize> {
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' => at += 2,
                _ if byte == quote && self.bytes[at..].starts_with(&[quote; 3]) => return Some(at + 3),
                _ => at += 1,
            }
        }
        None
    }

    /// True when nothing but the letters of a string's prefix comes before it on its line, which goes on from no other.
    fn begins_statement(&self, start: usize) -> bool {
        let before = &self.bytes[..start];
        let line = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        let prefix = before[line..].trim_ascii();
        prefix.iter().all(|byte| b"rRuUbB".contains(byte)) && !before[..line].trim_ascii_end().ends_with(b"\\")
    }

    fn ends_statement(&self, end: usize) -> bool {
        let rest = self.bytes[end..].iter().find(|byte| !matches!(byte, b' ' | b'\t'));
        matches!(rest, None | Some(b'\n' | b'\r' | b'#'))
    }
}

/// Leaves out comments that begin a line. Behind the first backtick a line may be part of a text, and where there is JSX
/// behind a quote that is not closed on its line, too.
fn javascript(bytes: &[u8], has_jsx: bool) -> Cow<'_, [u8]> {
    let mut kept = Kept::new(bytes);
    let certain = memchr(b'`', bytes).unwrap_or(bytes.len());
    let mut line = 0;
    let mut is_continued = false;
    while line < certain {
        let end = memchr(b'\n', &bytes[line..]).map_or(bytes.len(), |end| line + end);
        let start = line + bytes[line..end].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let comment = if is_continued { None } else { comment(bytes, start, end) };
        let end = comment.unwrap_or(end);
        match comment {
            Some(_) if end > certain => break,
            Some(_) if is_whole(&bytes[start..end], has_jsx) => kept.leave_out(start, end),
            None if has_jsx && leaves_open(&bytes[start..end]) => break,
            _ => {}
        }
        let end = memchr(b'\n', &bytes[end..]).map_or(bytes.len(), |rest| end + rest);
        is_continued = bytes[line..end].trim_ascii_end().ends_with(b"\\");
        line = end + 1;
    }
    kept.finish()
}

/// Where the comment ends that begins at `start`, on a line up to `line_end`.
fn comment(bytes: &[u8], start: usize, line_end: usize) -> Option<usize> {
    match &bytes[start..line_end] {
        [b'/', b'/', ..] => Some(line_end),
        [b'/', b'*', ..] => memmem::find(&bytes[start + 2..], b"*/").map(|length| start + length + 4),
        _ => None,
    }
}

/// True when all of what looks like a comment certainly is one: a comment of a line ends before anything that may end the
/// line or a comment around it, and in JSX braces hold code.
fn is_whole(comment: &[u8], has_jsx: bool) -> bool {
    let is_block = comment.starts_with(b"/*");
    let ends: [&[u8]; 4] = [b"*/", b"\r", "\u{2028}".as_bytes(), "\u{2029}".as_bytes()];
    let body = comment.trim_ascii_end();
    let ends_early = !is_block && ends.iter().any(|end| memmem::find(body, end).is_some());
    !(ends_early || has_jsx && memchr(b'{', comment).is_some())
}

/// True when a quote on the line may not be closed on it.
fn leaves_open(line: &[u8]) -> bool {
    [b'"', b'\''].into_iter().any(|quote| memchr_iter(quote, line).count() % 2 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(grammar: Grammar, text: &str) -> String {
        String::from_utf8(without_comments(grammar, text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn comments_and_docstrings_of_python_go() {
        let left = |text| left(Grammar::Python, text);
        assert_eq!(left("a = 1  # one\nb = 2"), "a = 1  \nb = 2");
        assert_eq!(left("def f():\n    \"\"\"Tells.\n    All.\"\"\"\n    return 1"), "def f():\n    \n    return 1");
        assert_eq!(left("r'''x'''  # y\n"), "  \n");
        assert_eq!(left("#"), "");
    }

    #[test]
    fn what_may_be_more_than_a_docstring_stays() {
        for text in [
            "f(\n    \"\"\"text\"\"\",\n)",
            "x = \\\n    \"\"\"text\"\"\"\n",
            "\"\"\"text {}\"\"\".format(x)\n",
            "\"\"\"without an end\nclient = AzureOpenAI()\n",
            "f\"\"\"{x}\"\"\"\n",
            "a)\n\"\"\"text\"\"\"\n# b\n",
            "x = '# no comment'",
            "x = \"it's\" + '\"#\"'",
            "x = 'a\\'#b'",
        ] {
            assert_eq!(left(Grammar::Python, text), text);
        }
    }

    #[test]
    fn comments_of_javascript_that_begin_a_line_go() {
        let left = |text| left(Grammar::TypeScript, text);
        assert_eq!(left("// one\na();\n  /** two\n * three */ b();\n"), "\na();\n   b();\n");
        assert_eq!(left("/* no end\na();"), "/* no end\na();");
        assert_eq!(left("a(); // one"), "a(); // one");
        assert_eq!(left("x = `\n// text\n`;\n// one\n"), "x = `\n// text\n`;\n// one\n");
        assert_eq!(left("x = 'a\\\n// b';\n// one"), "x = 'a\\\n// b';\n");
        assert_eq!(left("a /*\n// b */ c();\n"), "a /*\n// b */ c();\n");
        assert_eq!(left("// a\rb();\n// c"), "// a\rb();\n");
        assert_eq!(left("/* `a` */ b"), "/* `a` */ b");
    }

    #[test]
    fn text_of_jsx_stays_where_it_can_hold_code() {
        assert_eq!(left(Grammar::Tsx, "<p>\n// {model}\n</p>\n// b"), "<p>\n// {model}\n</p>\n");
        assert_eq!(left(Grammar::Tsx, "<p title=\"\n// b\n\"/>"), "<p title=\"\n// b\n\"/>");
        assert_eq!(left(Grammar::TypeScript, "// {model}"), "");
    }
}
