//! Statements that go: whole, with their line, and never the last one of a block that needs one.

use super::{edits::Edit, file::File, items::line_start, unit::Unit};
use crate::facts::Span;

impl File<'_, '_, '_> {
    /// Takes out a statement.
    pub(super) fn remove_statement(&self, unit: &mut Unit, statement: Span) {
        match self.statement_removal(statement) {
            Some(edit) => unit.edits.push(edit),
            None => unit.hold(format!("the statement on line {} cannot go by itself", self.line(statement.start))),
        }
    }

    /// The edit that takes out a statement that has its lines for itself; none where it shares them, or where nothing
    /// would be left of a block.
    pub(super) fn statement_removal(&self, statement: Span) -> Option<Edit> {
        let start = line_start(self.text, statement.start);
        if !self.begins_line(statement.start) {
            return None;
        }
        let rest = self.text.get(statement.end as usize..)?;
        let line = rest.split_inclusive('\n').next().unwrap_or_default();
        let after = line.trim_start_matches([';', ' ', '\t']).trim_end_matches(['\n', '\r']);
        let is_clear = after.is_empty() || self.writing.comment_length(after) == Some(after.len());
        let end = statement.end + line.len() as u32;
        if !is_clear || self.writing.needs_statements() && self.is_alone(start, end) {
            return None;
        }
        Some(Edit::remove(Span { start, end }))
    }

    /// True when the lines are all that a block consists of.
    fn is_alone(&self, start: u32, end: u32) -> bool {
        let indent = self.indentation(start);
        if indent.is_empty() {
            return false;
        }
        let width = |line: &str| line.len() - line.trim_start().len();
        let is_code = |line: &&str| {
            let line = line.trim();
            !line.is_empty() && self.writing.comment_length(line).is_none()
        };
        let before = self.text.get(..start as usize).unwrap_or_default().lines().rev().find(is_code);
        let after = self.text.get(end as usize..).unwrap_or_default().lines().find(is_code);
        let opens = before.is_none_or(|line| width(line) < indent.len());
        let closes = after.is_none_or(|line| width(line) < indent.len());
        opens && closes
    }
}
