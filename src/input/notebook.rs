//! Notebooks: from the file of one to the code that its cells hold together, and back.
//!
//! The code cells of a notebook run in one process, mostly in order, so they are read as one module. [`read`] gives its
//! text, with an [`Origin`] that knows where in the file each character stands: offsets, lines and edits are made with the
//! code and told in the file. Lines that are no code (magics, commands of a shell) become comments of the same length.
//! What the code means is not known here.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use regex::bytes::Regex;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The ending of the names of notebooks.
const ENDING: &str = ".ipynb";

/// Magics whose cell is code all the same.
const MAGICS_OF_CODE: &[&str] = &["time", "timeit", "capture", "prun", "memit", "mprun", "debug", "px"];

/// What a notebook's cells are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// Python.
    Python,
    /// JavaScript.
    JavaScript,
    /// TypeScript.
    TypeScript,
    /// Something else.
    Other,
}

/// Why a notebook cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotebookError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong, with the column.
    pub message: String,
}

/// Where the code of a notebook stands in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The text of the file.
    raw: String,
    /// Runs of code that stand in the file as they are, and single escapes, in order.
    runs: Vec<Run>,
    cells: Vec<Cell>,
}

/// A stretch of code and its place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    code: usize,
    raw: usize,
    /// The length in the file of an escape, which is one character of code; 0 for what is written as it is.
    escape: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    /// The number of the cell among all cells, from 1.
    number: u32,
    /// Its code, with the line end behind it.
    code: Range<usize>,
    /// Its strings: the code that each holds, and its place in the file with quotes.
    strings: Vec<(Range<usize>, Range<usize>)>,
    /// True when the source is a list of strings.
    is_list: bool,
}

/// What a range of a text becomes.
pub type RawEdit = (Range<usize>, String);

#[derive(Deserialize)]
struct File<'r> {
    #[serde(borrow, default)]
    cells: Vec<RawCell<'r>>,
    /// Version 3 of the format has its cells in sheets.
    #[serde(borrow, default)]
    worksheets: Vec<Sheet<'r>>,
}

#[derive(Deserialize)]
struct Sheet<'r> {
    #[serde(borrow, default)]
    cells: Vec<RawCell<'r>>,
}

#[derive(Deserialize)]
struct RawCell<'r> {
    #[serde(default)]
    cell_type: Cow<'r, str>,
    #[serde(borrow, default)]
    source: Option<&'r RawValue>,
    #[serde(borrow, default)]
    input: Option<&'r RawValue>,
}

/// True for the name of a notebook.
pub fn is_notebook(name: &str) -> bool {
    name.ends_with(ENDING)
}

/// What a notebook is written in, by the metadata in its bytes. Without any it is Python, as most are.
pub fn kernel(bytes: &[u8]) -> Kernel {
    static LANGUAGE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#""(?:language|file_extension)"\s*:\s*"\.?([A-Za-z#+]+)""#).ok());
    let Some(pattern) = LANGUAGE.as_ref() else { return Kernel::Python };
    let known = pattern.captures_iter(bytes).filter_map(|captures| match captures.get(1)?.as_bytes() {
        b"python" | b"py" | b"ipython" => Some(Kernel::Python),
        b"javascript" | b"js" => Some(Kernel::JavaScript),
        b"typescript" | b"ts" => Some(Kernel::TypeScript),
        b"csharp" | b"C#" | b"c#" | b"cs" | b"fsharp" | b"F#" | b"fs" | b"powershell" | b"PowerShell" | b"R" | b"r"
        | b"julia" | b"jl" | b"scala" | b"sql" | b"SQL" | b"java" | b"go" | b"rust" | b"bash" => Some(Kernel::Other),
        _ => None,
    });
    known.last().unwrap_or(Kernel::Python)
}

/// The code of a notebook, and where it stands in the file.
pub fn read(raw: String, is_python: bool) -> Result<(String, Origin), NotebookError> {
    let (mut code, mut runs, mut cells) = (String::new(), Vec::new(), Vec::new());
    let file: File<'_> = serde_json::from_str(&raw).map_err(|error| NotebookError {
        line: error.line() as u32,
        message: format!("is no notebook: {}", without_place(&error)),
    })?;
    let all = file.cells.iter().chain(file.worksheets.iter().flat_map(|sheet| &sheet.cells));
    for (cell, number) in all.zip(1_u32..) {
        let Some(source) = cell.source.or(cell.input).filter(|_| cell.cell_type == "code") else { continue };
        let start = code.len();
        let mut strings = Vec::new();
        let (parts, is_list) = parts(source);
        for part in parts {
            let place = place_of(&raw, part.get());
            let from = code.len();
            add(&raw, place.clone(), &mut code, &mut runs);
            strings.push((from..code.len(), place));
        }
        if strings.is_empty() {
            continue;
        }
        if is_python {
            mask(&mut code, start);
        }
        if !code.ends_with('\n') {
            let end = strings.last().map_or(0, |(_, place)| place.end - 1);
            runs.push(Run { code: code.len(), raw: end, escape: 0 });
            code.push('\n');
        }
        cells.push(Cell { number, code: start..code.len(), strings, is_list });
    }
    Ok((code, Origin { raw, runs, cells }))
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or_default();
    format!("{message} (column {})", error.column())
}

/// The strings of a cell's source, and whether they are a list.
fn parts(source: &RawValue) -> (Vec<&RawValue>, bool) {
    if source.get().starts_with('"') {
        return (vec![source], false);
    }
    let items: Vec<&RawValue> = serde_json::from_str(source.get()).unwrap_or_default();
    (items.into_iter().filter(|item| item.get().starts_with('"')).collect(), true)
}

/// Where a part of a text stands in it.
fn place_of(text: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + part.len()
}

/// Adds what a string in quotes says.
fn add(raw: &str, quoted: Range<usize>, code: &mut String, runs: &mut Vec<Run>) {
    let end = quoted.end - 1;
    let mut at = quoted.start + 1;
    while at < end {
        let rest = &raw[at..end];
        let plain = rest.find('\\').unwrap_or(rest.len());
        if plain > 0 {
            runs.push(Run { code: code.len(), raw: at, escape: 0 });
            code.push_str(&rest[..plain]);
            at += plain;
            continue;
        }
        let (character, length) = escape(rest);
        runs.push(Run { code: code.len(), raw: at, escape: length });
        code.push(character);
        at += length;
    }
}

/// The character that an escape stands for, and the length of the escape. The text was read as JSON, so it is one.
fn escape(text: &str) -> (char, usize) {
    let unit = |at: usize| text.get(at..at + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match text.as_bytes().get(1) {
        Some(b'n') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'u') => {
            let first = unit(2).unwrap_or(0xFFFD);
            let second = unit(8).filter(|_| (0xD800..0xDC00).contains(&first) && text.get(6..8) == Some("\\u"));
            match second {
                Some(second) if (0xDC00..0xE000).contains(&second) => {
                    let joined = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                    (char::from_u32(joined).unwrap_or('\u{FFFD}'), 12)
                }
                _ => (char::from_u32(first).unwrap_or('\u{FFFD}'), 6),
            }
        }
        Some(other) => (char::from(*other), 2),
        None => ('\\', 1),
    }
}

/// Makes comments of lines that are no Python: magics, commands, questions. A cell with a magic of another language is
/// none at all. Only ASCII is replaced by ASCII, so that no offset changes.
fn mask(code: &mut String, start: usize) {
    let cell = &code[start..];
    let first = cell.trim_start();
    let other = first.strip_prefix("%%").is_some_and(|magic| {
        let name = magic.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        !MAGICS_OF_CODE.contains(&name)
    });
    let mut masked = String::with_capacity(cell.len());
    let mut continues = false;
    for line in cell.split_inclusive('\n') {
        let line_of_code = masked_line(line, other || continues);
        // A command goes on behind a backslash.
        continues = matches!(line_of_code, Cow::Owned(_)) && line.trim_end().ends_with('\\');
        masked.push_str(&line_of_code);
    }
    code.replace_range(start.., &masked);
}

fn masked_line(line: &str, always: bool) -> Cow<'_, str> {
    let bare = line.trim_start();
    let indent = line.len() - bare.len();
    let text = bare.trim_end();
    let asks = text.ends_with('?') && !text.contains(['#', '"', '\'']);
    if (always && !text.is_empty()) || bare.starts_with(['%', '!', '?']) || asks {
        // The first character of such a line can be longer than the mark of a comment.
        let first = bare.chars().next().map_or(0, char::len_utf8);
        return Cow::Owned(format!("{}#{}{}", &line[..indent], " ".repeat(first.max(1) - 1), &bare[first..]));
    }
    // `files = !ls`, `out = %magic`
    match line.find("= !").or_else(|| line.find("= %")) {
        Some(at) if line[..at].trim().chars().all(|c| c.is_alphanumeric() || "_, ".contains(c)) => {
            let rest = &line[at + 3..];
            let first = rest.chars().next().filter(|c| !c.is_whitespace()).map_or(0, char::len_utf8);
            let mark = if first == 0 { String::new() } else { format!("#{}", " ".repeat(first - 1)) };
            Cow::Owned(format!("{}= 0{mark}{}", &line[..at], &rest[first..]))
        }
        _ => Cow::Borrowed(line),
    }
}

impl Origin {
    /// The text of the file.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Where in the file what begins at an offset of the code begins.
    pub fn start(&self, offset: usize) -> usize {
        match self.run(offset) {
            Some(run) if run.escape > 0 => run.raw,
            Some(run) => run.raw + (offset - run.code),
            None => 0,
        }
    }

    /// Where in the file what ends before an offset of the code ends.
    pub fn end(&self, offset: usize) -> usize {
        match offset.checked_sub(1).and_then(|last| Some((last, self.run(last)?))) {
            Some((_, run)) if run.escape > 0 => run.raw + run.escape,
            Some((last, run)) => run.raw + (last - run.code) + 1,
            None => self.start(offset),
        }
    }

    fn run(&self, offset: usize) -> Option<&Run> {
        let after = self.runs.partition_point(|run| run.code <= offset);
        self.runs.get(after.checked_sub(1)?)
    }

    /// The number of the cell, from 1, that an offset of the code lies in.
    pub fn cell(&self, offset: usize) -> Option<u32> {
        self.cell_at(offset).map(|cell| cell.number)
    }

    fn cell_at(&self, offset: usize) -> Option<&Cell> {
        let after = self.cells.partition_point(|cell| cell.code.start <= offset);
        self.cells.get(after.checked_sub(1)?).filter(|cell| offset <= cell.code.end)
    }

    /// The edits of the file that edits of the code (sorted, not overlapping) mean: strings that they touch are written
    /// anew, all others stay as they are.
    pub fn edits(&self, code: &str, edits: &[RawEdit]) -> Result<Vec<RawEdit>, String> {
        let mut raw = Vec::new();
        let mut rest = edits;
        while let Some(first) = rest.first() {
            let cell = self.cell_at(first.0.start).ok_or("it is outside the cells of the notebook")?;
            let count = rest
                .iter()
                .take_while(|edit| edit.0.start < cell.code.end || edit.0.is_empty() && edit.0.start == cell.code.end)
                .count()
                .max(1);
            let (own, others) = rest.split_at(count);
            if own.iter().any(|edit| edit.0.end > cell.code.end) {
                return Err("it goes over several cells of the notebook".to_owned());
            }
            cell.edits(code, own, &self.raw, &mut raw);
            rest = others;
        }
        Ok(raw)
    }
}

impl Cell {
    fn edits(&self, code: &str, edits: &[RawEdit], raw: &str, found: &mut Vec<RawEdit>) {
        let mut groups: Vec<(Range<usize>, Vec<&RawEdit>)> = Vec::new();
        for edit in edits {
            let touched = self.touched(&edit.0);
            match groups.last_mut() {
                Some((range, group)) if touched.start < range.end => {
                    range.end = range.end.max(touched.end);
                    group.push(edit);
                }
                _ => groups.push((touched, vec![edit])),
            }
        }
        for (touched, group) in groups {
            let strings = &self.strings[touched.clone()];
            let (Some((first, first_raw)), Some((last, last_raw))) = (strings.first(), strings.last()) else {
                continue;
            };
            let text = edited(code, first.start..last.end, &group);
            // What stands behind the last string ends its last line, so the new text must not.
            let is_last = touched.end == self.strings.len();
            let had_end = code[first.start..last.end].ends_with('\n');
            let text = if is_last && !had_end { text.strip_suffix('\n').unwrap_or(&text) } else { &text };
            let range = first_raw.start..last_raw.end;
            let (before, behind) = (touched.start.checked_sub(1), self.strings.get(touched.end));
            found.push(match (text.is_empty() && self.is_list, behind, before) {
                (true, Some((_, next)), _) => (range.start..next.start, String::new()),
                (true, None, Some(previous)) => (self.strings[previous].1.end..range.end, String::new()),
                _ => (range, self.written(text, touched.start, raw)),
            });
        }
    }

    /// The numbers of the strings that an edit touches; one at least.
    fn touched(&self, edit: &Range<usize>) -> Range<usize> {
        let last = self.strings.len() - 1;
        let first = self.strings.iter().position(|(code, _)| edit.start < code.end).unwrap_or(last);
        let end = self.strings.iter().rposition(|(code, _)| code.start < edit.end).unwrap_or(first).max(first);
        first..end + 1
    }

    /// Text as strings of the file, in the form that the cell has.
    fn written(&self, text: &str, first: usize, raw: &str) -> String {
        if !self.is_list {
            return quoted(text);
        }
        let between = self.separator(first, raw);
        let lines: Vec<String> = text.split_inclusive('\n').map(quoted).collect();
        if lines.is_empty() { quoted("") } else { lines.join(&between) }
    }

    /// What stands between two strings of the list.
    fn separator(&self, near: usize, raw: &str) -> String {
        let pair = self.strings.windows(2).nth(near.min(self.strings.len().saturating_sub(2)));
        if let Some([(_, one), (_, next)]) = pair {
            return raw[one.end..next.start].to_owned();
        }
        let start = self.strings.first().map_or(0, |(_, place)| place.start);
        let indent = raw[..start].rfind('[').map_or("", |open| &raw[open + 1..start]);
        format!(",{indent}")
    }
}

/// A range of the code after edits.
fn edited(code: &str, range: Range<usize>, edits: &[&RawEdit]) -> String {
    let mut text = String::new();
    let mut at = range.start;
    for (place, new) in edits {
        text.push_str(&code[at..place.start.clamp(at, range.end)]);
        text.push_str(new);
        at = place.end.clamp(at, range.end);
    }
    text.push_str(&code[at..range.end]);
    text
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notebook(source: &str) -> String {
        format!(
            "{{\n \"cells\": [\n  {{\"cell_type\": \"markdown\", \"source\": [\"no\"]}},\n  {{\n   \"cell_type\": \"code\",\n   \
             \"outputs\": [{{\"data\": \"import no\"}}],\n   \"source\": {source}\n  }}\n ],\n \"nbformat\": 4\n}}\n"
        )
    }

    fn code(source: &str) -> (String, Origin) {
        read(notebook(source), true).unwrap()
    }

    #[test]
    fn cells_are_one_text_and_every_character_has_its_place() {
        let (code, origin) = code("[\n    \"a = \\\"ü\\u00e9\\ud83d\\ude00\\\"\\n\",\n    \"b\"\n   ]");
        assert_eq!(code, "a = \"üé😀\"\nb\n");
        for (at, c) in code.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()) {
            assert_eq!(&origin.raw()[origin.start(at)..origin.end(at + 1)], c.to_string());
        }
        assert_eq!(&origin.raw()[origin.start(4)..origin.end(14)], "\\\"ü\\u00e9\\ud83d\\ude00\\\"");
        assert_eq!(origin.cell(0), Some(2));
    }

    #[test]
    fn a_source_can_be_one_string_and_version_3_has_sheets() {
        assert_eq!(code("\"a\\nb\\n\"").0, "a\nb\n");
        let old = r#"{"worksheets": [{"cells": [{"cell_type": "code", "input": ["a\n", "b"]}]}], "nbformat": 3}"#;
        assert_eq!(read(old.to_owned(), true).unwrap().0, "a\nb\n");
    }

    #[test]
    fn magics_and_commands_are_comments_of_the_same_length() {
        let (code, _) = code(r#"["%pip install x\n", "!az login\n", "x = !ls\n", "  %time y\n", "z?\n", "a % b\n"]"#);
        assert_eq!(code, "#pip install x\n#az login\nx = 0#s\n  #time y\n#?\na % b\n");
        assert_eq!(code_of("!a \\\\\\n  --b\\nx\\n"), "#a \\\n  #-b\nx\n");
        assert_eq!(code_of("%%bash\\necho\\n"), "#%bash\n#cho\n");
        assert_eq!(code_of("%%time\\nx = 1\\n"), "#%time\nx = 1\n");
    }

    fn code_of(source: &str) -> String {
        code(&format!("\"{source}\"")).0
    }

    #[test]
    fn edits_write_only_the_strings_that_they_touch() {
        let (code, origin) = code("[\n    \"a = \\u0061\\n\",\n    \"b = 1\\n\",\n    \"c\"\n   ]");
        let at = code.find('1').unwrap();
        let edits = origin.edits(&code, &[(at..at + 1, "\"2\"\nd = 3".to_owned())]).unwrap();
        let after = applied(origin.raw(), &edits);
        assert_eq!(
            after,
            notebook("[\n    \"a = \\u0061\\n\",\n    \"b = \\\"2\\\"\\n\",\n    \"d = 3\\n\",\n    \"c\"\n   ]")
        );
        assert_eq!(read(after, true).unwrap().0, "a = a\nb = \"2\"\nd = 3\nc\n");
    }

    #[test]
    fn lines_come_and_go() {
        let source = "[\n    \"a\\n\",\n    \"b\\n\",\n    \"c\"\n   ]";
        let (code, origin) = code(source);
        let insert = origin.edits(&code, &[(2..2, "x\n".to_owned())]).unwrap();
        assert_eq!(applied(origin.raw(), &insert), notebook(&source.replace("\"b\\n\"", "\"x\\n\",\n    \"b\\n\"")));
        let at_end = origin.edits(&code, &[(code.len()..code.len(), "x\n".to_owned())]).unwrap();
        assert_eq!(read(applied(origin.raw(), &at_end), true).unwrap().0, "a\nb\ncx\n");
        let gone = origin.edits(&code, &[(2..4, String::new())]).unwrap();
        assert_eq!(applied(origin.raw(), &gone), notebook("[\n    \"a\\n\",\n    \"c\"\n   ]"));
        let one = super::read(notebook("[\"a\"]"), true).unwrap();
        let edits = one.1.edits(&one.0, &[(0..1, "b\nc".to_owned())]).unwrap();
        assert_eq!(applied(one.1.raw(), &edits), notebook("[\"b\\n\",\"c\"]"));
    }

    #[test]
    fn broken_notebooks_say_where() {
        let error = read("{\"cells\": [\n  {]}".to_owned(), true).unwrap_err();
        assert_eq!((error.line, error.message.contains("column 4")), (2, true), "{}", error.message);
        assert!(read("not JSON".to_owned(), true).is_err());
        assert_eq!(read("{}".to_owned(), true).unwrap().0, "");
    }

    #[test]
    fn the_kernel_is_told_by_the_metadata() {
        assert_eq!(kernel(b"{}"), Kernel::Python);
        assert_eq!(kernel(br#"{"kernelspec": {"language": "typescript"}}"#), Kernel::TypeScript);
        assert_eq!(kernel(br#"{"language_info": {"file_extension": ".cs"}}"#), Kernel::Other);
        assert_eq!(kernel(br#"{"cells": [{"language": "en"}], "language": "python"}"#), Kernel::Python);
    }

    fn applied(raw: &str, edits: &[RawEdit]) -> String {
        let mut text = raw.to_owned();
        for (range, new) in edits.iter().rev() {
            text.replace_range(range.clone(), new);
        }
        text
    }
}
