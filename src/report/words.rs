//! Small helpers for text: counting, wrapping, and making what comes from scanned files harmless.

use std::borrow::Cow;

use crate::{migrate::assess::Verdict, rules::model::FixLevel};

/// The text with control characters written out. A scanned file must not be able to move the cursor, recolour the
/// terminal or turn the writing direction round.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// True for what could move a cursor or turn the writing direction round.
pub(super) fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A number with its noun: "1 file", "3 files".
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 {
        return format!("1 {noun}");
    }
    let plural = match noun.strip_suffix('y') {
        Some(stem) if !noun.ends_with("ay") => format!("{stem}ies"),
        _ if noun.ends_with("ss") || noun.ends_with("ch") => format!("{noun}es"),
        _ => format!("{noun}s"),
    };
    format!("{number} {plural}")
}

/// A range of minutes for people: in hours from two hours on, in working days of eight hours from two days on.
pub fn duration(low: u64, high: u64) -> String {
    const HOUR: u64 = 60;
    const DAY: u64 = 8 * HOUR;
    let (unit, name) = match high {
        0..120 => (1, "minute"),
        120..960 => (HOUR, "hour"),
        _ => (DAY, "working day"),
    };
    // Halves of hours and days are as exact as an estimate can be.
    let halves = |minutes: u64| if unit == 1 { minutes * 2 } else { (minutes * 2 + unit / 2) / unit };
    let shown =
        |halves: u64| if halves.is_multiple_of(2) { format!("{}", halves / 2) } else { format!("{}.5", halves / 2) };
    let (low, high) = (halves(low), halves(high));
    let plural = if high == 2 { "" } else { "s" };
    if low == high {
        format!("{} {name}{plural}", shown(high))
    } else {
        format!("{} to {} {name}s", shown(low), shown(high))
    }
}

/// The words for a verdict.
pub fn verdict(verdict: Verdict, level: Option<FixLevel>) -> &'static str {
    match (verdict, level) {
        (Verdict::Ready, _) => "ready",
        (Verdict::AfterFix, Some(FixLevel::Safe)) => "after the safe fix",
        (Verdict::AfterFix, _) => "after a fix to review",
        (Verdict::NeedsWork, _) => "needs work",
        (Verdict::Unsupported, _) => "unsupported",
        (Verdict::Unknown, _) => "unknown",
    }
}

/// A number of bytes for people.
pub fn bytes(number: u64) -> String {
    // Whole tenths, by integers: nobody needs more, and it is the same everywhere.
    let tenths = |unit: u64| {
        let tenths = (number * 10 + unit / 2) / unit;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match number {
        0..1_000 => count(number, "byte"),
        1_000..1_000_000 => format!("{} kB", tenths(1_000)),
        _ => format!("{} MB", tenths(1_000_000)),
    }
}

/// Writes Markdown prose for a terminal: paragraphs and list items filled up to `width`, each line after `indent`
/// spaces. What is fenced or indented as code stays as it is.
pub fn wrapped(text: &str, indent: usize, width: usize) -> String {
    let mut shown = String::new();
    let mut paragraph = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        let starts_item = hanging(line.split_whitespace().next().unwrap_or_default()) > 0;
        if fenced || is_fence || line.starts_with("    ") || line.trim().is_empty() || starts_item {
            fill(&mut shown, &mut paragraph, indent, width);
        }
        fenced ^= is_fence;
        if fenced || is_fence || line.starts_with("    ") {
            push_line(&mut shown, indent, line);
        } else if line.trim().is_empty() {
            shown.push('\n');
        } else {
            paragraph.extend(line.split_whitespace());
        }
    }
    fill(&mut shown, &mut paragraph, indent, width);
    shown
}

fn fill(shown: &mut String, words: &mut Vec<&str>, indent: usize, width: usize) {
    let hanging = words.first().map_or(0, |word| hanging(word));
    let mut line = String::new();
    let mut margin = indent;
    for word in words.drain(..) {
        let length = margin + line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && length > width {
            push_line(shown, margin, &line);
            line.clear();
            margin = indent + hanging;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        push_line(shown, margin, &line);
    }
}

/// How far the lines below the first one of a list item are indented, by its first word: `-`, `*`, `1.`; 0 for any other.
fn hanging(word: &str) -> usize {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match word {
        "-" | "*" => 2,
        _ if word.strip_suffix('.').is_some_and(is_number) => word.len() + 1,
        _ => 0,
    }
}

/// Each line of `code` after `indent` spaces.
pub fn indented(code: &str, indent: usize) -> String {
    let mut shown = String::new();
    code.trim_end().lines().for_each(|line| push_line(&mut shown, indent, line));
    shown
}

fn push_line(shown: &mut String, indent: usize, line: &str) {
    if !line.trim().is_empty() {
        shown.extend(std::iter::repeat_n(' ', indent));
        shown.push_str(line.trim_end());
    }
    shown.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(printable("plain é 😀"), "plain é 😀");
        assert_eq!(printable("a\u{1b}[31mb\r\u{202e}c"), "a\\u{1b}[31mb\\u{d}\\u{202e}c");
    }

    #[test]
    fn counts_and_sizes_read_well() {
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(0, "file"), "0 files");
        assert_eq!(count(2, "directory"), "2 directories");
        assert_eq!(count(2, "mismatch"), "2 mismatches");
        assert_eq!(
            (bytes(999), bytes(1_250), bytes(34_560_000)),
            ("999 bytes".into(), "1.3 kB".into(), "34.6 MB".into())
        );
    }

    #[test]
    fn durations_are_told_in_a_fitting_unit() {
        assert_eq!(duration(5, 5), "5 minutes");
        assert_eq!(duration(1, 1), "1 minute");
        assert_eq!(duration(45, 119), "45 to 119 minutes");
        assert_eq!(duration(45, 200), "1 to 3.5 hours");
        assert_eq!(duration(480, 2400), "1 to 5 working days");
    }

    #[test]
    fn prose_is_filled_and_code_is_kept() {
        let text = "one two three four\nfive\n\n- item that is long enough\n- next\n```\nlet  x  =  1; // kept as it is\n```\n";
        let wanted = "  one two three\n  four five\n\n  - item that is\n    long enough\n  - next\n  ```\n  let  x  =  1; // kept as it is\n  ```\n";
        assert_eq!(wrapped(text, 2, 16), wanted);
        assert_eq!(wrapped("1. one two three\n2. four\nfive", 2, 14), "  1. one two\n     three\n  2. four five\n");
    }
}
