//! Text: from the bytes of a file to a string, and from byte offsets to lines and columns.
//!
//! [`decode`] says what the bytes are; [`LineIndex`] says where an offset is; [`is_minified`] says whether a person is
//! likely to have written it. Nothing here knows a language.
//!
//! Three counts of columns are in use in the world, and a finding needs all of them: byte offsets (editing), code
//! points (people, most tools) and UTF-16 code units (SARIF, language servers). [`Position`] carries the latter two.

use std::borrow::Cow;
use std::iter;
use std::ops::Range;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memchr;

use super::notebook::{self, NotebookError, Origin};

/// How many bytes at the start of a file are searched for a NUL byte, the mark of a binary file.
const BINARY_PROBE: usize = 8 * 1024;

/// What the bytes of a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// Text in some encoding.
    Text(Text),
    /// Not text: there is a NUL byte near the start.
    Binary,
}

/// A decoded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text, without a byte order mark.
    pub text: String,
    /// The encoding it was written in.
    pub encoding: Encoding,
    /// True when the file starts with a byte order mark.
    pub byte_order_mark: bool,
    /// True when some bytes had no meaning in the encoding and stand as U+FFFD in `text`.
    pub lossy: bool,
    /// Where `text` stands in the file, when it is the code of a notebook.
    pub origin: Option<Box<Origin>>,
}

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, of which ASCII is a part.
    Utf8,
    /// UTF-16, little endian, told by its byte order mark.
    Utf16Le,
    /// UTF-16, big endian, told by its byte order mark.
    Utf16Be,
    /// The encoding that a coding comment in one of the first two lines names (PEP 263). Holds the encoding's standard
    /// name.
    Declared(&'static str),
    /// None of the others fits, so the bytes were read as Windows-1252, where every byte is a character. The caller
    /// should tell the user.
    Assumed,
}

impl Encoding {
    /// The encoding's standard name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Declared(name) => name,
            Self::Assumed => "windows-1252",
        }
    }
}

impl Text {
    /// How many bytes of the file come before the first byte of `text`, when the file's bytes are those of `text`
    /// after that: 3 behind a UTF-8 byte order mark, else 0. None when the text was converted, so that an offset into
    /// it says nothing about the file; lines and columns are right all the same, but the file must not be edited by
    /// offset.
    pub fn offset_base(&self) -> Option<usize> {
        match self.encoding {
            Encoding::Utf8 if !self.lossy => Some(if self.byte_order_mark { 3 } else { 0 }),
            _ => None,
        }
    }

    /// The code of a notebook whose file this is.
    pub fn into_code(self, is_python: bool) -> Result<Self, NotebookError> {
        let (text, origin) = notebook::read(self.text, is_python)?;
        Ok(Self { text, origin: Some(Box::new(origin)), ..self })
    }

    /// The text of the whole file.
    pub fn file(&self) -> &str {
        self.origin.as_ref().map_or(&self.text, |origin| origin.raw())
    }

    /// Where in the file's text a range of `text` stands.
    pub fn place(&self, range: Range<usize>) -> Range<usize> {
        match &self.origin {
            Some(origin) => origin.start(range.start)..origin.end(range.end),
            None => range,
        }
    }

    /// Makes a line feed of each carriage return that ends a line by itself. Languages take it for the end of a line,
    /// the grammar of Python does not. No offset changes.
    pub fn unify_line_ends(&mut self) {
        let bytes = self.text.as_bytes();
        let is_alone = |at: &usize| bytes.get(at + 1) != Some(&b'\n');
        let alone: Vec<usize> = memchr::memchr_iter(b'\r', bytes).filter(is_alone).collect();
        if alone.is_empty() {
            return;
        }
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        for at in alone {
            bytes[at] = b'\n';
        }
        // One ASCII byte for another leaves UTF-8 valid.
        self.text = String::from_utf8(bytes).unwrap_or_default();
    }
}

/// Decodes the content of a file.
///
/// In this order: a byte order mark decides; a NUL byte in the first 8 KiB makes the file binary; valid UTF-8 is UTF-8,
/// whatever a comment says (one that says otherwise is far more often stale than right); a coding comment as in Python
/// is believed; the rest is read as Windows-1252. It never fails: sources with a stray byte in a comment are common,
/// and what matters in them is ASCII.
pub fn decode(bytes: Vec<u8>) -> Decoded {
    match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_marked_utf8(rest),
        [0xFF, 0xFE, ..] => decode_utf16(&bytes, UTF_16LE, Encoding::Utf16Le),
        [0xFE, 0xFF, ..] => decode_utf16(&bytes, UTF_16BE, Encoding::Utf16Be),
        _ => decode_unmarked(bytes),
    }
}

fn decode_marked_utf8(bytes: &[u8]) -> Decoded {
    if looks_binary(bytes) {
        return Decoded::Binary;
    }
    let text = String::from_utf8_lossy(bytes);
    // Borrowed means that nothing had to be replaced.
    let lossy = matches!(text, Cow::Owned(_));
    Decoded::Text(Text {
        text: text.into_owned(),
        encoding: Encoding::Utf8,
        byte_order_mark: true,
        lossy,
        origin: None,
    })
}

fn decode_utf16(bytes: &[u8], with: &'static encoding_rs::Encoding, encoding: Encoding) -> Decoded {
    let (text, lossy) = with.decode_with_bom_removal(bytes);
    // The mark of UTF-32 starts like that of UTF-16, and binary files start with anything.
    if looks_binary(text.as_bytes()) {
        return Decoded::Binary;
    }
    Decoded::Text(Text { text: text.into_owned(), encoding, byte_order_mark: true, lossy, origin: None })
}

fn decode_unmarked(bytes: Vec<u8>) -> Decoded {
    if looks_binary(&bytes) {
        return Decoded::Binary;
    }
    let (text, encoding, lossy) = match String::from_utf8(bytes) {
        Ok(text) => (text, Encoding::Utf8, false),
        Err(error) => decode_legacy(error.as_bytes()),
    };
    Decoded::Text(Text { text, encoding, byte_order_mark: false, lossy, origin: None })
}

fn decode_legacy(bytes: &[u8]) -> (String, Encoding, bool) {
    let declared = declared_encoding(bytes);
    let (text, lossy) = declared.unwrap_or(WINDOWS_1252).decode_without_bom_handling(bytes);
    let encoding = declared.map_or(Encoding::Assumed, |encoding| Encoding::Declared(encoding.name()));
    (text.into_owned(), encoding, lossy)
}

fn looks_binary(bytes: &[u8]) -> bool {
    memchr(0, &bytes[..bytes.len().min(BINARY_PROBE)]).is_some()
}

/// The encoding that a coding comment names, when it is one that a file without a byte order mark can be in and that
/// is not UTF-8 (which has been tried).
fn declared_encoding(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let label = line_ranges(bytes).take(2).find_map(|line| coding_label(&bytes[line]))?;
    let label = label.to_ascii_lowercase();
    // Python spells names more freely than the web's register of labels: `latin_1`, `latin-1`, `iso8859_15`.
    let spellings = [label.clone(), label.replace('_', "-"), label.replace(['_', '-'], "")];
    spellings
        .iter()
        .find_map(|spelling| encoding_rs::Encoding::for_label(spelling.as_bytes()))
        .filter(|encoding| encoding.is_ascii_compatible() && *encoding != encoding_rs::UTF_8)
}

/// The name in a comment line such as `# -*- coding: latin-1 -*-`, after PEP 263:
/// `^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)`.
fn coding_label(line: &[u8]) -> Option<&str> {
    let comment = line.trim_ascii_start().strip_prefix(b"#")?;
    memchr::memmem::find_iter(comment, b"coding").find_map(|at| {
        let rest = &comment[at + b"coding".len()..];
        let rest = rest.strip_prefix(b":").or_else(|| rest.strip_prefix(b"="))?.trim_ascii_start();
        let length =
            rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"-_.".contains(byte))).unwrap_or(rest.len());
        std::str::from_utf8(&rest[..length]).ok().filter(|label| !label.is_empty())
    })
}

/// A place in a text, as people and tools count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in code points, from 1.
    pub column: u32,
    /// The column in UTF-16 code units, from 1.
    pub column_utf16: u32,
}

/// One checkpoint per this many bytes bounds what a query has to count, however long its line is.
const STRIDE: usize = 1024;

/// Where the lines of a text start, and how offsets translate to positions.
///
/// A line ends after `\n`, `\r\n` or a lone `\r`: Python and JavaScript agree on these three. (JavaScript also counts
/// U+2028 and U+2029, editors do not.) A line end belongs to the line it ends. A text that ends in a line end has one
/// more, empty line after it; an empty text has one line.
///
/// Building takes one pass over the text. A query looks at no more than a kilobyte of text, even in a line of a hundred
/// megabytes.
#[derive(Debug, Clone)]
pub struct LineIndex<'t> {
    text: &'t str,
    /// The offset of the first byte of each line. Never empty.
    starts: Vec<u32>,
    /// The number of characters before byte `i * STRIDE`. Empty when the text is ASCII, where a column is an offset.
    checkpoints: Vec<Count>,
}

/// How many characters a stretch of text has.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    code_points: u32,
    /// Those of them that take two UTF-16 code units.
    pairs: u32,
}

impl Count {
    /// Counts the characters that start in `bytes`.
    fn of(bytes: &[u8]) -> Self {
        let continuations = bytes.iter().filter(|byte| is_continuation(**byte)).count();
        let pairs = bytes.iter().filter(|byte| **byte >= 0xF0).count();
        Self { code_points: (bytes.len() - continuations) as u32, pairs: pairs as u32 }
    }

    fn plus(self, other: Self) -> Self {
        Self { code_points: self.code_points + other.code_points, pairs: self.pairs + other.pairs }
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

impl<'t> LineIndex<'t> {
    /// Indexes a text. It must be shorter than 4 GiB; [`crate::input::walk::MAX_READ`] sees to that.
    pub fn new(text: &'t str) -> Self {
        let starts = line_ranges(text.as_bytes()).map(|line| line.start as u32).collect();
        let checkpoints = if text.is_ascii() { Vec::new() } else { checkpoints(text.as_bytes()) };
        Self { text, starts, checkpoints }
    }

    /// The text that is indexed.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The number of lines, at least 1.
    pub fn line_count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The position of a byte offset. An offset inside a character stands for its start, one past the end for the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.floor(offset);
        let line = self.starts.partition_point(|start| *start as usize <= offset) - 1;
        let start = self.starts[line] as usize;
        let before = self.count_between(start, offset);
        Position {
            line: line as u32 + 1,
            column: before.code_points + 1,
            column_utf16: before.code_points + before.pairs + 1,
        }
    }

    /// The byte offset of a line and a column in code points, both from 1: the inverse of [`LineIndex::position`]. A
    /// column past the line's end stands for its last character (or the text's end), a line past the last for the
    /// text's end; 0 is read as 1.
    pub fn offset(&self, line: u32, column: u32) -> usize {
        let Some(line) = self.full_line(line.max(1)) else {
            return self.text.len();
        };
        let wanted = column.max(1) - 1;
        if self.checkpoints.is_empty() {
            return (line.start + wanted as usize).min(self.last_offset(&line));
        }
        let target = self.count_to(line.start).code_points.saturating_add(wanted);
        self.offset_of_code_point(target).min(self.last_offset(&line))
    }

    /// The byte range of a line (from 1) without its line end. None when there is no such line.
    pub fn line_span(&self, line: u32) -> Option<Range<usize>> {
        let full = self.full_line(line)?;
        let bytes = &self.text.as_bytes()[full.clone()];
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        Some(full.start..full.start + bytes.len())
    }

    /// The text of a line (from 1) without its line end; empty when there is no such line.
    pub fn line_text(&self, line: u32) -> &'t str {
        self.line_span(line).and_then(|span| self.text.get(span)).unwrap_or_default()
    }

    /// The byte range of a line with its line end.
    fn full_line(&self, line: u32) -> Option<Range<usize>> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.starts.get(index)? as usize;
        let end = self.starts.get(index + 1).map_or(self.text.len(), |next| *next as usize);
        Some(start..end)
    }

    /// The last offset whose position is on this line.
    fn last_offset(&self, line: &Range<usize>) -> usize {
        if line.end == self.text.len() && self.starts.last().is_some_and(|last| *last as usize == line.start) {
            line.end
        } else {
            self.floor(line.end - 1)
        }
    }

    /// The nearest character boundary at or before an offset.
    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    /// What is counted between two offsets, the first not after the second.
    fn count_between(&self, start: usize, end: usize) -> Count {
        if self.checkpoints.is_empty() {
            return Count { code_points: (end - start) as u32, pairs: 0 };
        }
        if end - start <= STRIDE {
            return Count::of(&self.text.as_bytes()[start..end]);
        }
        let (upto, from) = (self.count_to(end), self.count_to(start));
        Count { code_points: upto.code_points - from.code_points, pairs: upto.pairs - from.pairs }
    }

    /// What is counted before an offset. The text must have checkpoints.
    fn count_to(&self, offset: usize) -> Count {
        let checkpoint = offset / STRIDE;
        self.checkpoints[checkpoint].plus(Count::of(&self.text.as_bytes()[checkpoint * STRIDE..offset]))
    }

    /// The offset of a character by its number from 0; the text's end when there is none. The text must have
    /// checkpoints.
    fn offset_of_code_point(&self, number: u32) -> usize {
        let checkpoint = self.checkpoints.partition_point(|count| count.code_points <= number) - 1;
        let from = checkpoint * STRIDE;
        let skip = (number - self.checkpoints[checkpoint].code_points) as usize;
        self.text.as_bytes()[from..]
            .iter()
            .enumerate()
            .filter(|(_, byte)| !is_continuation(**byte))
            .nth(skip)
            .map_or(self.text.len(), |(at, _)| from + at)
    }
}

/// Counts characters at every [`STRIDE`]th byte, the first and (when it falls on one) the last offset included.
fn checkpoints(bytes: &[u8]) -> Vec<Count> {
    let mut total = Count::default();
    iter::once(total)
        .chain(bytes.chunks_exact(STRIDE).map(|chunk| {
            total = total.plus(Count::of(chunk));
            total
        }))
        .collect()
}

/// The lines of a text without their line ends; see [`LineIndex`] for what ends one.
fn line_ranges(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut ends = memchr::memchr2_iter(b'\n', b'\r', bytes).peekable();
    let mut next = Some(0);
    iter::from_fn(move || {
        let start = next?;
        let Some(end) = ends.next() else {
            next = None;
            return Some(start..bytes.len());
        };
        let pair = bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n');
        if pair {
            ends.next();
        }
        next = Some(end + 1 + usize::from(pair));
        Some(start..end)
    })
}

/// Files up to this size are never called minified: parsing one costs a few milliseconds.
pub const MINIFIED_FROM_SIZE: usize = 64 * 1024;

/// The average length of a line, in bytes, above which a file counts as minified. Code that people write averages 30 to
/// 40, prose in code below 200; bundlers write lines of thousands.
pub const MINIFIED_AVERAGE_LINE: usize = 500;

/// The length of a line, in bytes, above which a line that makes up more than half of its file makes the file count as
/// minified: a bundle behind a licence header, or a data blob with a little code around it.
pub const MINIFIED_LONGEST_LINE: usize = 20_000;

/// True when the shape of a file says that a program wrote it: it is larger than [`MINIFIED_FROM_SIZE`] and either its
/// lines are longer than [`MINIFIED_AVERAGE_LINE`] on average, or one line beyond [`MINIFIED_LONGEST_LINE`] makes up
/// more than half of it.
///
/// Such files parse at a third of the usual speed and hold nothing that anyone would edit; the caller should skip them
/// and say so. Takes raw bytes, so that it can run before decoding.
pub fn is_minified(bytes: &[u8]) -> bool {
    if bytes.len() <= MINIFIED_FROM_SIZE {
        return false;
    }
    let (mut lines, mut longest) = (0, 0);
    for line in line_ranges(bytes) {
        lines += 1;
        longest = longest.max(line.len());
    }
    bytes.len() / lines > MINIFIED_AVERAGE_LINE || (longest > MINIFIED_LONGEST_LINE && longest > bytes.len() / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Text {
        match decode(bytes.to_vec()) {
            Decoded::Text(text) => text,
            Decoded::Binary => panic!("binary"),
        }
    }

    fn position(line: u32, column: u32, column_utf16: u32) -> Position {
        Position { line, column, column_utf16 }
    }

    #[test]
    fn utf8_is_taken_as_it_is() {
        let decoded = text("x = 'Zürich 😀'\n".as_bytes());
        assert_eq!(decoded.text, "x = 'Zürich 😀'\n");
        assert_eq!((decoded.encoding, decoded.byte_order_mark, decoded.lossy), (Encoding::Utf8, false, false));
        assert_eq!(decoded.offset_base(), Some(0));
    }

    #[test]
    fn an_empty_file_is_an_empty_text() {
        assert_eq!(text(b"").text, "");
        let index = LineIndex::new("");
        assert_eq!((index.line_count(), index.position(7)), (1, position(1, 1, 1)));
    }

    #[test]
    fn a_byte_order_mark_is_not_text_but_counts_in_offsets() {
        let decoded = text(b"\xEF\xBB\xBFimport os");
        assert_eq!((decoded.text.as_str(), decoded.offset_base()), ("import os", Some(3)));
    }

    #[test]
    fn a_broken_text_behind_a_byte_order_mark_is_repaired() {
        let decoded = text(b"\xEF\xBB\xBFa\xFFb");
        assert_eq!((decoded.text.as_str(), decoded.lossy, decoded.offset_base()), ("a\u{FFFD}b", true, None));
    }

    #[test]
    fn utf16_is_told_by_its_mark() {
        for (encoding, bytes) in
            [(Encoding::Utf16Le, b"\xFF\xFEa\0\xE9\0".as_slice()), (Encoding::Utf16Be, b"\xFE\xFF\0a\0\xE9".as_slice())]
        {
            let decoded = text(bytes);
            assert_eq!((decoded.text.as_str(), decoded.encoding, decoded.offset_base()), ("aé", encoding, None));
        }
        assert!(text(b"\xFF\xFEa\0b").lossy, "half a code unit at the end");
    }

    #[test]
    fn utf32_and_other_files_full_of_nuls_are_binary() {
        assert_eq!(decode(b"\xFF\xFE\0\0a\0\0\0".to_vec()), Decoded::Binary);
        assert_eq!(decode(b"\x7FELF\0\0".to_vec()), Decoded::Binary);
        assert_eq!(decode(b"\xEF\xBB\xBF\0".to_vec()), Decoded::Binary);
    }

    #[test]
    fn a_nul_far_into_the_file_is_text() {
        let mut bytes = vec![b' '; BINARY_PROBE];
        bytes.push(0);
        assert_eq!(text(&bytes).text.len(), BINARY_PROBE + 1);
    }

    #[test]
    fn bytes_that_are_no_utf8_are_read_as_windows_1252() {
        let decoded = text(b"# caf\xE9 \x80\n");
        assert_eq!((decoded.text.as_str(), decoded.encoding), ("# café €\n", Encoding::Assumed));
        assert_eq!((decoded.lossy, decoded.offset_base()), (false, None));
    }

    #[test]
    fn a_coding_comment_is_believed_in_the_first_two_lines() {
        let declared = |bytes: &[u8]| text(bytes).encoding;
        let cyrillic = Encoding::Declared("windows-1251");
        assert_eq!(declared(b"# -*- coding: cp1251 -*-\n# \xE9"), cyrillic);
        assert_eq!(declared(b"#!/usr/bin/python\r\n#coding=cp1251\r\n# \xE9"), cyrillic);
        assert_eq!(declared(b"\n\n# coding: cp1251\n# \xE9"), Encoding::Assumed);
        assert_eq!(declared(b"x = 'coding: cp1251' # \xE9"), Encoding::Assumed);
        assert_eq!(declared(b"# vim: set fileencoding=Latin_1 :\n# \xE9"), Encoding::Declared("windows-1252"));
        assert_eq!(declared(b"# coding: utf-8\n# \xE9"), Encoding::Assumed);
        assert_eq!(declared(b"# coding: utf-16\n# \xE9"), Encoding::Assumed);
        assert_eq!(declared(b"# coding: no-such\n# \xE9"), Encoding::Assumed);
        assert_eq!(declared("# coding: cp1251\n# é".as_bytes()), Encoding::Utf8);
    }

    #[test]
    fn three_kinds_of_line_end_are_counted() {
        let index = LineIndex::new("a\nb\r\nc\rd\n\r\n");
        let lines: Vec<_> = (1..=index.line_count()).map(|line| index.line_text(line)).collect();
        assert_eq!(lines, ["a", "b", "c", "d", "", ""]);
        assert_eq!(index.line_span(2), Some(2..3));
        assert_eq!((index.line_span(0), index.line_span(7)), (None, None));
        assert_eq!((index.line_text(0), index.line_text(7)), ("", ""));
    }

    #[test]
    fn a_line_end_belongs_to_the_line_it_ends() {
        let index = LineIndex::new("ab\r\nc");
        assert_eq!(index.position(2), position(1, 3, 3));
        assert_eq!(index.position(3), position(1, 4, 4));
        assert_eq!(index.position(4), position(2, 1, 1));
        assert_eq!((index.offset(1, 4), index.offset(1, 99)), (3, 3));
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        let index = LineIndex::new("é😀x\ny");
        assert_eq!(index.position(2), position(1, 2, 2));
        assert_eq!(index.position(6), position(1, 3, 4));
        assert_eq!(index.position(8), position(2, 1, 1));
    }

    #[test]
    fn odd_offsets_are_clamped() {
        let index = LineIndex::new("é😀");
        assert_eq!(index.position(1), index.position(0));
        assert_eq!(index.position(5), index.position(2));
        assert_eq!(index.position(usize::MAX), position(1, 3, 4));
        assert_eq!((index.offset(0, 0), index.offset(1, u32::MAX), index.offset(9, 1)), (0, 6, 6));
    }

    #[test]
    fn a_huge_line_is_not_counted_from_its_start() {
        let text = "😀x".repeat(1 << 20);
        let index = LineIndex::new(&text);
        for number in (0..1 << 20).step_by(7) {
            let expected = position(1, 2 * number + 1, 3 * number + 1);
            assert_eq!(index.position(number as usize * 5), expected);
            assert_eq!(index.offset(1, expected.column), number as usize * 5);
        }
    }

    #[test]
    fn minified_files_are_told_by_their_shape() {
        let code = "const answer = await client.ask(question);\n".repeat(4000);
        assert!(!is_minified(code.as_bytes()));
        assert!(!is_minified("x".repeat(MINIFIED_FROM_SIZE).as_bytes()), "small files are always read");
        assert!(is_minified("x".repeat(MINIFIED_FROM_SIZE + 1).as_bytes()));
        assert!(is_minified(format!("{}\n", "x".repeat(600)).repeat(200).as_bytes()), "chunks of long lines");
        let blob = "x".repeat(code.len());
        assert!(is_minified(format!("{blob}xx\n{code}").as_bytes()), "one line is most of it");
        assert!(!is_minified(format!("{blob}\n{code}{code}").as_bytes()), "one line is less than half of it");
    }
}
