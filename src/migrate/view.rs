//! What may be shown of a plan: file contents before and after with the values of keys masked, and the plan's own texts
//! likewise. Reports show views, so that none of them has to know what a secret looks like.

use std::ops::Range;

use super::plan::{FilePlan, Plan};
use crate::{
    facts::Span,
    input::{
        notebook::{self, is_notebook},
        text::{Decoded, decode},
    },
    lang::{Grammar, Language, Lowering},
    rules::secrets::{looks_like_key, secret_spans},
};

/// The mark that a UTF-8 file can begin with.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// What ends a word of source text, seen from a key in it.
const WORD_ENDS: &[char] = &['"', '\'', '`', '(', ')', '[', ']', '{', '}', '<', '>', ',', ';', '=', ':'];

/// One file before and after.
#[derive(Debug, Clone)]
pub struct View {
    /// The file, as the plan has it.
    pub path: String,
    /// Before the change.
    pub before: Side,
    /// After the change.
    pub after: Side,
}

/// A content as text.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// The text, with its byte order mark. For comparing, not for showing.
    pub text: String,
    /// The same text with stars in the place of keys, line by line.
    pub masked: String,
    /// True when the file is not UTF-8, so that a diff of the text does not fit the file.
    pub recoded: bool,
}

impl View {
    /// The view of a file that changes.
    pub fn of(file: &FilePlan) -> Self {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let side = |bytes: &[u8]| Side::of(name, bytes);
        Self { path: file.path.clone(), before: side(&file.before), after: side(&file.after) }
    }
}

impl Side {
    fn of(name: &str, bytes: &[u8]) -> Self {
        let (text, recoded) = match String::from_utf8(bytes.to_vec()) {
            Ok(text) => (text, false),
            Err(error) => match decode(error.into_bytes()) {
                Decoded::Text(text) => (text.text, true),
                // Nothing of a file that is no text is changed; so there is nothing to show either.
                Decoded::Binary => (String::new(), true),
            },
        };
        let masked = masked(&text, &secrets(name, &text));
        Self { text, masked, recoded }
    }
}

/// Masks the values of keys in the texts of a plan. The contents in it, which are never shown, stay as they are.
pub fn redact(plan: &mut Plan) {
    for file in &mut plan.files {
        redact_edits(file);
    }
    for setting in plan.settings.iter_mut().filter(|setting| setting.secret) {
        for text in &mut setting.instead_of {
            *text = without_constants(text);
        }
    }
}

fn redact_edits(file: &mut FilePlan) {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let after = String::from_utf8_lossy(&file.after);
    let secrets = secrets(name, &after);
    let (mut come, mut gone) = (0, 0);
    for edit in &mut file.edits {
        let start = (edit.start as usize + come).saturating_sub(gone);
        come += edit.text.len();
        gone += edit.end.saturating_sub(edit.start) as usize;
        let stands_there = after.get(start..start + edit.text.len()) == Some(edit.text.as_str());
        edit.text = if stands_there {
            let end = start + edit.text.len();
            let within = secrets.iter().filter(|range| range.start < end && range.end > start);
            let within = within.map(|range| range.start.max(start) - start..range.end.min(end) - start);
            masked(&edit.text, &within.collect::<Vec<_>>())
        } else {
            // The edits are of the text, the content is in another encoding.
            without_constants(&edit.text)
        };
    }
}

/// The ranges of a file's text that can hold values of keys, in order.
fn secrets(name: &str, text: &str) -> Vec<Range<usize>> {
    let mut ranges = key_like_words(text);
    let base = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
    match own_secrets(name, &text[base..]) {
        Some(own) => ranges.extend(own.into_iter().map(|range| range.start + base..range.end + base)),
        // What cannot be read cannot be judged.
        None => ranges.push(0..text.len()),
    }
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    ranges
}

/// The ranges of values that names or their form tell to be keys.
fn own_secrets(name: &str, text: &str) -> Option<Vec<Range<usize>>> {
    let grammar = Grammar::of_file(name, text.as_bytes())?;
    let notebook = if is_notebook(name) {
        Some(notebook::read(text.to_owned(), grammar.language() == Language::Python).ok()?)
    } else {
        None
    };
    let code = notebook.as_ref().map_or(text, |(code, _)| code);
    let mut lowering = Lowering::default();
    let spans = secret_spans(&lowering.facts(grammar, code)?);
    let place = |span: Span| match &notebook {
        Some((_, origin)) => origin.start(span.start as usize)..origin.end(span.end as usize),
        None => span.start as usize..span.end as usize,
    };
    Some(spans.into_iter().map(place).collect())
}

/// Words that look like keys, wherever they stand: comments are no part of what is parsed.
fn key_like_words(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for part in text.split_inclusive(char::is_whitespace) {
        let mut at = start;
        start += part.len();
        if part.contains("://") {
            continue;
        }
        for word in part.trim_end().split(WORD_ENDS) {
            if looks_like_key(word) {
                found.push(at..at + word.len());
            }
            // Each of the marks between words is one byte.
            at += word.len() + 1;
        }
    }
    found
}

/// The text with stars in the place of all characters in the ranges, except where lines end.
fn masked(text: &str, ranges: &[Range<usize>]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut ranges = ranges.iter().peekable();
    let mut hidden = 0;
    for (at, c) in text.char_indices() {
        while let Some(range) = ranges.next_if(|range| range.start <= at) {
            hidden = hidden.max(range.end);
        }
        shown.push(if at < hidden && c != '\n' && c != '\r' { '*' } else { c });
    }
    shown
}

/// An expression's source with stars in its string constants, unless they are names of variables.
fn without_constants(source: &str) -> String {
    let mut shown = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find(['"', '\'', '`']) {
        let (before, quoted) = rest.split_at(start);
        let quote = &quoted[..1];
        let Some(length) = quoted[1..].find(quote) else { break };
        let (constant, after) = (&quoted[1..=length], &quoted[length + 1..]);
        let is_name = constant.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        shown.extend([before, quote]);
        if is_name {
            shown.push_str(constant);
        } else {
            shown.extend(constant.chars().map(|_| '*'));
        }
        shown.push_str(quote);
        rest = &after[1..];
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        migrate::plan::{Edit, Setting},
        rules::model::FixLevel,
    };

    fn file(path: &str, before: &[u8], after: &[u8]) -> FilePlan {
        FilePlan {
            path: path.to_owned(),
            fixes: Vec::new(),
            edits: Vec::new(),
            sha256: String::new(),
            before: before.to_vec(),
            after: after.to_vec(),
        }
    }

    #[test]
    fn keys_are_masked_and_lines_stay_apart() {
        let text =
            "\u{feff}# old: 0123456789abcdef0123\nA(api_key=\"abc\nd\", x=\"https://demo0123456789abcdef.test/\")\n";
        let text = text.replace("abc\nd", "abc") + "B(token='''x\ny''')\n";
        let view = View::of(&file("dir/a.py", text.as_bytes(), b"A()\n"));
        assert!(!view.before.recoded);
        assert_eq!(view.before.text, text);
        assert_eq!(
            view.before.masked,
            "\u{feff}# old: ********************\nA(api_key=\"***\", x=\"https://demo0123456789abcdef.test/\")\n\
             B(token='''*\n*''')\n"
        );
    }

    #[test]
    fn what_is_not_utf_8_is_shown_as_text_and_said_to_be_recoded() {
        let view = View::of(&file("a.js", b"f('\xe9')\n", b"f('\xe9')\n"));
        assert_eq!((view.before.text.as_str(), view.before.recoded), ("f('é')\n", true));
    }

    #[test]
    fn what_cannot_be_parsed_is_not_shown() {
        let view = View::of(&file("a.unknown", b"key\n", b""));
        assert_eq!(view.before.masked, "***\n");
    }

    #[test]
    fn the_texts_of_a_plan_hold_no_key() {
        let edit = |start, end, text: &str| Edit { start, end, text: text.to_owned() };
        let mut changed = file("a.py", b"A(aa=1, k='abcd')\n", b"Client(a=1, api_key='abcd')\n");
        changed.edits = vec![edit(0, 1, "Client"), edit(2, 4, "a"), edit(8, 16, "api_key='abcd'")];
        let setting = Setting {
            name: "KEY".to_owned(),
            value: String::new(),
            instead_of: vec!["get('OLD_KEY', \"abcd\")".to_owned(), "'open".to_owned()],
            secret: true,
        };
        let mut plan = Plan { files: vec![changed], settings: vec![setting], level: FixLevel::Safe, ..Plan::default() };
        redact(&mut plan);
        assert_eq!(plan.files[0].edits[0].text, "Client");
        assert_eq!(plan.files[0].edits[2].text, "api_key='****'");
        assert_eq!(plan.settings[0].instead_of, ["get('OLD_KEY', \"****\")", "'open"]);
        assert_eq!(plan.files[0].after, b"Client(a=1, api_key='abcd')\n");
    }
}
