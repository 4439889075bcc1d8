//! Changes of notebooks. A change is planned with the code of all cells, as for any module; here it becomes a change of the
//! file: of the strings that hold the lines, with everything else as it is.

use std::ops::Range;

use super::{
    compose::Outcome,
    plan::{Edit, Fix},
};
use crate::{
    finding::{Location, Point},
    input::{notebook::Origin, text::LineIndex},
};

/// The way from a notebook's code to its file.
pub(super) struct Notebook<'n> {
    pub(super) origin: &'n Origin,
    /// How many bytes of the file come before its text.
    pub(super) offset: usize,
    file_lines: LineIndex<'n>,
    code_lines: LineIndex<'n>,
}

impl<'n> Notebook<'n> {
    pub(super) fn new(origin: &'n Origin, code: &'n str, offset: usize) -> Self {
        Self { origin, offset, file_lines: LineIndex::new(origin.raw()), code_lines: LineIndex::new(code) }
    }

    /// An outcome for the code as one for the file. What cannot be said in the file is the error.
    pub(super) fn in_file(&self, outcome: &mut Outcome) -> Result<(), String> {
        for held in &mut outcome.held {
            self.place(&mut held.location);
        }
        outcome.broken = outcome.broken.map(|line| self.line(line));
        let Some(file) = &mut outcome.file else { return Ok(()) };
        file.fixes.iter_mut().for_each(|fix| self.fix(fix));
        file.edits = self.edits(&file.edits)?;
        Ok(())
    }

    fn fix(&self, fix: &mut Fix) {
        self.place(&mut fix.location);
        for covered in &mut fix.covers {
            covered.line = self.line(covered.line);
        }
    }

    fn edits(&self, edits: &[Edit]) -> Result<Vec<Edit>, String> {
        let own: Vec<(Range<usize>, String)> =
            edits.iter().map(|edit| (edit.start as usize..edit.end as usize, edit.text.clone())).collect();
        let raw = self.origin.edits(self.code_lines.text(), &own)?;
        let edit = |(range, text): (Range<usize>, String)| Edit {
            start: (range.start + self.offset) as u32,
            end: (range.end + self.offset) as u32,
            text,
        };
        Ok(raw.into_iter().map(edit).collect())
    }

    /// The line of the file that a line of the code stands on.
    fn line(&self, line: u32) -> u32 {
        let start = self.code_lines.line_span(line).unwrap_or_default().start;
        self.file_lines.position(self.origin.start(start)).line
    }

    fn place(&self, location: &mut Location) {
        let start = self.origin.start(location.start.byte as usize);
        let end = self.origin.end(location.end.byte as usize).max(start);
        (location.start, location.end) = (self.point(start), self.point(end));
    }

    fn point(&self, at: usize) -> Point {
        let position = self.file_lines.position(at);
        Point {
            line: position.line,
            column: position.column,
            column_utf16: position.column_utf16,
            byte: (at + self.offset) as u32,
        }
    }
}
