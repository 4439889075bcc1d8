//! Small helpers to read JSON: where a string stands, and what Bun writes.

use std::borrow::Cow;

use serde::Deserialize;

/// A string of a JSON file, borrowed from its text where it holds no escapes, so that its place can be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(transparent)]
pub(super) struct Key<'t>(#[serde(borrow)] pub(super) Cow<'t, str>);

/// Where a string that was borrowed from the text stands in it. None for any other string.
pub(super) fn offset_in(text: &str, part: &str) -> Option<usize> {
    let offset = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    (offset + part.len() <= text.len()).then_some(offset)
}

/// Blanks comments and the commas before closing brackets, so that what is left is JSON. No offset changes.
pub(in crate::input) fn without_extras(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let (mut at, mut comma) = (0, None);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = end_of_string(bytes, at);
                comma = None;
                continue;
            }
            b'/' if matches!(bytes.get(at + 1), Some(b'/' | b'*')) => {
                let end = end_of_comment(bytes, at);
                out[at..end].iter_mut().filter(|byte| !byte.is_ascii_whitespace()).for_each(|byte| *byte = b' ');
                at = end;
                continue;
            }
            b',' => comma = Some(at),
            b']' | b'}' => {
                if let Some(comma) = comma.take() {
                    out[comma] = b' ';
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at += 1;
    }
    // Whole characters were blanked byte by byte, so it is valid.
    String::from_utf8(out).unwrap_or_default()
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

fn end_of_comment(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start + 2..];
    let length = if bytes[start + 1] == b'/' {
        memchr::memchr(b'\n', rest)
    } else {
        memchr::memmem::find(rest, b"*/").map(|at| at + 2)
    };
    length.map_or(bytes.len(), |length| start + 2 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_does_not_have_is_blanked() {
        for (text, expected) in [
            ("[1, 2,]", "[1, 2 ]"),
            ("{\"a,]\": [1,\n], }", "{\"a,]\": [1 \n]  }"),
            ("[1, // é ,]\n 2 /* ] */,]", "[1,         \n 2         ]"),
            ("[\"\\\"//\",]", "[\"\\\"//\" ]"),
            ("[\"open", "[\"open"),
            ("[/* open", "[       "),
            ("", ""),
        ] {
            assert_eq!(without_extras(text), expected);
            assert_eq!(without_extras(text).len(), text.len());
        }
    }

    #[test]
    fn a_borrowed_string_has_a_place() {
        let text = "{\"a\": \"b\\n\"}";
        let read: std::collections::BTreeMap<Key<'_>, Key<'_>> = serde_json::from_str(text).unwrap();
        let (key, value) = read.iter().next().unwrap();
        assert_eq!(offset_in(text, &key.0), Some(2));
        assert_eq!(offset_in(text, &value.0), None);
    }
}
