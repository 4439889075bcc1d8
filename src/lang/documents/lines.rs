//! Documents read line by line: environment files, sections of settings, commands, and YAML that templates keep from
//! being YAML. Structure is what one line shows; nothing is known about what stands above it.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use regex::Regex;

use super::{
    references::{self, Assignment},
    shape,
};
use crate::{
    facts::{Entry, Expr, ExprId, Key, Span},
    lang::builder::Builder,
};

/// How far a quoted value of an environment file may go, in bytes.
const LONGEST_VALUE: usize = 64 * 1024;

/// What a line is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `NAME=value`; the value is the rest of the line.
    Settings,
    /// `name = value`, `name: value`.
    Ini,
    /// `- name: value`, with templates.
    Template,
    /// Words of commands, some of them `NAME=value`.
    Script,
}

static SETTING: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[ \t]*(?:export[ \t]+|set[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*").ok());
static INI: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[ \t]*([\w.:/-]+?)[ \t]*[=:][ \t]*").ok());
static TEMPLATE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"^[ \t]*(?:-[ \t]+)?["']?([\w./-]+)["']?[ \t]*:(?:[ \t]+|$)"#).ok());
/// `ENV NAME value`, `ARG NAME`: instructions that name a variable without a sign behind it.
static INSTRUCTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[ \t]*(?:ENV|ARG)[ \t]+([A-Za-z_]\w*)(?:[ \t]+(.*)|[ \t]*)$").ok());

impl Style {
    fn assigns(self) -> Option<&'static Regex> {
        match self {
            Self::Settings => SETTING.as_ref(),
            Self::Ini => INI.as_ref(),
            Self::Template => TEMPLATE.as_ref(),
            Self::Script => None,
        }
    }

    fn is_comment(self, line: &str) -> bool {
        let line = line.trim_start();
        let marks: &[&str] = match self {
            Self::Settings => &["#"],
            Self::Ini => &["#", ";", "!"],
            Self::Template => &["#", "{{/*", "{{- /*"],
            Self::Script => &["#", "//", "::", "REM ", "rem "],
        };
        marks.iter().any(|mark| line.starts_with(mark))
    }
}

/// Lowers a whole document.
pub(super) fn lower(b: &mut Builder<'_>, style: Style) {
    region(b, Span::new(0, b.source.len()), style);
}

/// Lowers the lines of a region; gives what the lines are.
pub(super) fn region(b: &mut Builder<'_>, region: Span, style: Style) -> Vec<ExprId> {
    let mut found = Vec::new();
    let end = region.end as usize;
    let mut at = region.start as usize;
    while at < end {
        let line_end = memchr::memchr(b'\n', &b.source.as_bytes()[at..end]).map_or(end, |length| at + length);
        let line = b.source.get(at..line_end).unwrap_or_default().trim_end_matches('\r');
        let mut next = line_end + 1;
        if !line.trim().is_empty() && !style.is_comment(line) {
            let span = Span::new(at, at + line.len());
            match assigned(b.source, span, end, style) {
                Some((found_one, value_end)) => {
                    next = next.max(after_line(b.source, value_end, end));
                    found.push(entry(b, &found_one, style));
                }
                None => found.extend(words(b, span)),
            }
        }
        at = next;
    }
    found
}

fn after_line(source: &str, at: usize, end: usize) -> usize {
    memchr::memchr(b'\n', &source.as_bytes()[at.min(end)..end]).map_or(end, |length| at + length + 1)
}

/// The name and value of a line that is an assignment as a whole, and where the value ends. Ranges are of the source.
fn assigned(source: &str, line: Span, end: usize, style: Style) -> Option<(Assignment, usize)> {
    let captures = style.assigns()?.captures(line.text(source))?;
    let base = line.start as usize;
    let name = captures.get(1)?.range();
    let start = base + captures.get(0)?.end();
    let value = value(source, start, line.end as usize, end);
    let value_end = value.end;
    let name = base + name.start..base + name.end;
    Some((Assignment { name, end: value_end, value }, value_end))
}

/// The value that begins at `start`: in quotes, which may go on over lines, or up to a comment or the end of the line.
fn value(source: &str, start: usize, line_end: usize, end: usize) -> Range<usize> {
    let rest = &source[start..line_end];
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inside = start + 1;
        let mut limit = end.min(inside + LONGEST_VALUE);
        while !source.is_char_boundary(limit) {
            limit -= 1;
        }
        if let Some(length) = closing(&source[inside..limit], quote) {
            return inside..inside + length;
        }
    }
    let comment = rest.find(" #").or_else(|| rest.find("\t#")).unwrap_or(rest.len());
    start..start + rest[..comment].trim_end().len()
}

/// Where a quote that is not escaped stands.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped && quote == '"';
        closes.then_some(at)
    })
}

/// An object with one entry. In templates the value can be the name of a variable, elsewhere it can be an entry again.
fn entry(b: &mut Builder<'_>, found: &Assignment, style: Style) -> ExprId {
    let key_span = Span::new(found.name.start, found.name.end);
    let value_span = Span::new(found.value.start, found.value.end);
    let raw = value_span.text(b.source);
    let value = if style == Style::Settings || raw.contains('\n') {
        shape::with_holes(b, value_span, value_span)
    } else {
        shape::text(b, Cow::Borrowed(raw), value_span, value_span)
    };
    let span = Span::new(found.name.start, found.end);
    let key = Key::Named { name: Cow::Borrowed(key_span.text(b.source)), span: key_span };
    b.expr(Expr::Object(vec![Entry { key, value, span }]), span)
}

/// The words of a command: what it sets, and the texts between.
fn words(b: &mut Builder<'_>, line: Span) -> Vec<ExprId> {
    let text = line.text(b.source);
    let base = line.start as usize;
    if let Some(found) = instruction(text) {
        return vec![shape::assignment(b, &found, line, line)];
    }
    let mut found = Vec::new();
    let mut at = 0;
    let between = |b: &mut Builder<'_>, range: Range<usize>, found: &mut Vec<ExprId>| {
        if !text[range.clone()].trim().is_empty() {
            let span = Span::new(base + range.start, base + range.end);
            found.push(shape::words(b, span));
        }
    };
    for one in references::set(text) {
        between(b, at..one.name.start, &mut found);
        let span = Span::new(base + one.name.start, base + one.end);
        found.push(shape::assignment(b, &one, line, span));
        at = one.end;
    }
    between(b, at..text.len(), &mut found);
    found
}

fn instruction(line: &str) -> Option<Assignment> {
    let captures = INSTRUCTION.as_ref()?.captures(line)?;
    let name = captures.get(1)?.range();
    let value = captures.get(2).map_or(name.end..name.end, |value| value.range());
    // `ENV A=1 B=2` has its signs.
    (!line[name.end..].starts_with('=')).then_some(Assignment { end: value.end, name, value })
}

/// Comments that begin a line or stand behind blanks.
pub(super) fn comments(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let opens = |(at, _): &(usize, &str)| *at == 0 || bare[..*at].ends_with([' ', '\t']);
        if let Some((at, _)) = bare.match_indices('#').find(opens) {
            found.push(Span::new(start + at, start + bare.len()));
        } else if bare.trim_start().starts_with("//") {
            found.push(Span::new(start + bare.len() - bare.trim_start().len(), start + bare.len()));
        }
        start += line.len();
    }
    found
}

/// Comments of markup.
pub(super) fn markup_comments(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("<!--").map(|start| at + start) {
        let end = text[start..].find("-->").map_or(text.len(), |end| start + end + "-->".len());
        found.push(Span::new(start, end));
        at = end;
    }
    found
}
