//! The changes of a plan as formats need them: places in lines and columns, and what a file's change is called. The edits
//! of one file belong together (several share an import), so they are told once, with the finding that heads the first.
//!
//! A change whose new text holds a secret is told in no report.

use std::collections::BTreeMap;

use crate::{
    finding::{Finding, Point},
    input::text::{Decoded, LineIndex, decode},
    migrate::{
        plan::{FilePlan, Plan},
        view::View,
    },
};

/// The most lines that one suggestion replaces.
const MAX_LINES: u32 = 40;

/// The changes of all files.
#[derive(Debug, Default)]
pub struct Edits {
    files: BTreeMap<String, FileEdits>,
}

/// The change of one file.
#[derive(Debug)]
pub(super) struct FileEdits {
    pub(super) path: String,
    /// What happens, in a sentence.
    pub(super) title: String,
    /// The rule and the line of the finding that heads it.
    head: (String, u32),
    /// What is replaced, in order.
    pub(super) pieces: Vec<Piece>,
    /// All of it as one replacement, where that is not too long.
    pub(super) whole: Option<Piece>,
}

/// One replacement.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) start: Point,
    pub(super) end: Point,
    /// The columns in bytes within their lines, from 1.
    pub(super) byte_columns: (u32, u32),
    pub(super) text: String,
}

impl Edits {
    /// The changes of a plan.
    pub fn of(plan: &Plan) -> Self {
        let files = plan.files.iter().filter_map(read).map(|file| (file.path.clone(), file)).collect();
        Self { files }
    }

    /// The change that is told with a finding.
    pub(super) fn headed_by(&self, finding: &Finding) -> Option<&FileEdits> {
        let file = self.files.get(&finding.location.path)?;
        (file.head.0 == finding.rule && file.head.1 == finding.location.start.line).then_some(file)
    }
}

fn read(file: &FilePlan) -> Option<FileEdits> {
    let Decoded::Text(text) = decode(file.before.clone()) else { return None };
    let base = text.offset_base()?;
    let masked = View::of(file).after.masked;
    let lines = LineIndex::new(&text.text);
    let mut pieces = Vec::new();
    for edit in &file.edits {
        let range = ((edit.start as usize).checked_sub(base)?, (edit.end as usize).checked_sub(base)?);
        if !masked.contains(edit.text.as_str()) {
            return None;
        }
        pieces.push(piece(range, base, &lines, edit.text.clone()));
    }
    let first = file.fixes.first()?;
    let head = first.covers.iter().find(|covered| covered.rule == first.rule).or(first.covers.first());
    let head = head.map_or_else(
        || (first.rule.clone(), first.location.start.line),
        |covered| (covered.rule.clone(), covered.line),
    );
    let whole = whole(file, &masked, base, &lines);
    Some(FileEdits { path: file.path.clone(), title: title(file), head, pieces, whole })
}

fn piece((start, end): (usize, usize), base: usize, lines: &LineIndex<'_>, text: String) -> Piece {
    let point = |offset: usize| {
        let at = lines.position(offset);
        let byte = (offset + base) as u32;
        Point { line: at.line, column: at.column, column_utf16: at.column_utf16, byte }
    };
    let column = |offset: usize, line: u32| (offset - lines.line_span(line).unwrap_or_default().start) as u32 + 1;
    let (from, to) = (point(start), point(end));
    Piece { start: from, end: to, byte_columns: (column(start, from.line), column(end, to.line)), text }
}

/// All edits as one, from the first to the last.
fn whole(file: &FilePlan, masked: &str, base: usize, lines: &LineIndex<'_>) -> Option<Piece> {
    let (start, end) = (file.edits.first()?.start as usize, file.edits.last()?.end as usize);
    let rest = file.before.len().checked_sub(end)?;
    let after = file.after.get(start..file.after.len().checked_sub(rest)?)?;
    let range = (start.checked_sub(base)?, end.checked_sub(base)?);
    let whole = piece(range, base, lines, String::from_utf8(after.to_vec()).ok()?);
    let is_short = whole.end.line - whole.start.line < MAX_LINES;
    (is_short && masked.contains(whole.text.as_str())).then_some(whole)
}

fn title(file: &FilePlan) -> String {
    let mut titles: Vec<&str> = Vec::new();
    let mut facts: Vec<&str> = Vec::new();
    for fix in &file.fixes {
        let title = fix.title.trim_end_matches('.');
        if !titles.contains(&title) {
            titles.push(title);
        }
        facts.extend(fix.facts.iter().map(|fact| fact.trim_end_matches('.')));
    }
    facts.dedup();
    let what = match titles.as_slice() {
        [one] => (*one).to_owned(),
        many => format!("Changes that belong together: {}", many.join("; ")),
    };
    if facts.is_empty() { format!("{what}.") } else { format!("{what}. Right if: {}.", facts.join("; ")) }
}
