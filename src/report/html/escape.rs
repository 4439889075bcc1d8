//! What makes text harmless in the page: the escaper that all templates use, and the data block. Text comes from scanned
//! files, so it may try to end an element, start a script, or turn the writing direction round.

use std::fmt::{self, Write};

use askama::filters::Escaper;

use crate::report::words::is_unsafe;

/// Escapes text for HTML, and writes out control characters as the other reports do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Escape;

impl Escaper for Escape {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        let mut written = 0;
        for (at, c) in text.char_indices() {
            let entity = match c {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                '\n' | '\t' => continue,
                _ if is_unsafe(c) => "",
                _ => continue,
            };
            dest.write_str(&text[written..at])?;
            written = at + c.len_utf8();
            if entity.is_empty() {
                write!(dest, "{}", c.escape_unicode())?;
            } else {
                dest.write_str(entity)?;
            }
        }
        dest.write_str(&text[written..])
    }
}

/// The text, escaped.
pub(super) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    // Writing to a string does not fail.
    let _ = Escape.write_escaped_str(&mut shown, text);
    shown
}

/// JSON that can stand in a `script` element: nothing in it ends the element or opens a comment, and every line break
/// that scripts know is written out. It parses to the same value.
pub(super) fn data_block(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}
