//! A plan as a unified diff that `git apply` and `patch -p1` take, as far as it shows the files as they are: keys are
//! masked and control characters are written out, and then the diff is for reading only.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write},
    ops::Range,
};

use anstyle::{AnsiColor, Style};
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use super::{style::BOLD, words::printable};
use crate::migrate::view::{Side, View};

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

const GONE: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();
const PLACE: Style = AnsiColor::Cyan.on_default();
const PLAIN: Style = Style::new();

/// In what ways a diff differs from the files it is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Differs {
    /// A key is masked.
    pub masked: bool,
    /// A control character is written out.
    pub escaped: bool,
    /// A file is not UTF-8.
    pub recoded: bool,
}

impl Differs {
    /// Why the diff cannot be applied; none when it can.
    pub fn reason(self) -> Option<&'static str> {
        if self.masked {
            Some("keys in it are masked")
        } else if self.escaped {
            Some("control characters in it are written out")
        } else if self.recoded {
            Some("a file is not UTF-8")
        } else {
            None
        }
    }
}

/// Writes the diff of the files, and says in what it differs from them.
pub fn write(views: &[View], out: &mut dyn Write) -> io::Result<Differs> {
    let mut differs = Differs::default();
    for view in views {
        let (before, after) = (Lines::of(&view.before), Lines::of(&view.after));
        let hunks = group_diff_ops(capture_diff_slices(Algorithm::Myers, &before.text, &after.text), CONTEXT);
        if hunks.is_empty() {
            continue;
        }
        differs.recoded |= view.before.recoded || view.after.recoded;
        writeln!(out, "{BOLD}--- {}{BOLD:#}", header("a", &view.path))?;
        writeln!(out, "{BOLD}+++ {}{BOLD:#}", header("b", &view.path))?;
        for hunk in &hunks {
            write_hunk(hunk, &before, &after, &mut differs, out)?;
        }
    }
    Ok(differs)
}

/// The lines of a content with their ends, as they are and as they may be shown.
struct Lines<'s> {
    text: Vec<&'s str>,
    masked: Vec<&'s str>,
}

impl<'s> Lines<'s> {
    fn of(side: &'s Side) -> Self {
        Self { text: side.text.split_inclusive('\n').collect(), masked: side.masked.split_inclusive('\n').collect() }
    }
}

fn write_hunk(
    hunk: &[DiffOp],
    before: &Lines<'_>,
    after: &Lines<'_>,
    differs: &mut Differs,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return Ok(()) };
    let (old, new) = (first.old_range().start..last.old_range().end, first.new_range().start..last.new_range().end);
    writeln!(out, "{PLACE}@@ -{} +{} @@{PLACE:#}", range(&old), range(&new))?;
    let mut lines = |sign: char, style: Style, side: &Lines<'_>, range: Range<usize>| {
        range.into_iter().try_for_each(|line| {
            let (Some(text), Some(masked)) = (side.text.get(line), side.masked.get(line)) else { return Ok(()) };
            differs.masked |= text != masked;
            write_line(sign, style, masked, differs, out)
        })
    };
    for op in hunk {
        let (tag, old, new) = op.as_tag_tuple();
        match tag {
            DiffTag::Equal => lines(' ', PLAIN, before, old)?,
            DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
                lines('-', GONE, before, old)?;
                lines('+', NEW, after, new)?;
            }
        }
    }
    Ok(())
}

fn write_line(sign: char, style: Style, line: &str, differs: &mut Differs, out: &mut dyn Write) -> io::Result<()> {
    let (content, ends) = line.strip_suffix('\n').map_or((line, false), |content| (content, true));
    let shown = harmless(content);
    differs.escaped |= shown != content;
    writeln!(out, "{style}{sign}{shown}{style:#}")?;
    if ends { Ok(()) } else { writeln!(out, "\\ No newline at end of file") }
}

/// A line with control characters written out, but for those that lines of code really hold: tabs, form feeds, and the
/// carriage return at the end.
fn harmless(line: &str) -> Cow<'_, str> {
    let (content, end) = line.strip_suffix('\r').map_or((line, ""), |content| (content, "\r"));
    let parts = || content.split_inclusive(['\t', '\u{c}']);
    let is_harmless = |part: &str| matches!(printable(part.trim_end_matches(['\t', '\u{c}'])), Cow::Borrowed(_));
    if parts().all(is_harmless) {
        return Cow::Borrowed(line);
    }
    let mut shown = String::with_capacity(line.len() + 8);
    for part in parts() {
        let text = part.trim_end_matches(['\t', '\u{c}']);
        shown.push_str(&printable(text));
        shown.push_str(&part[text.len()..]);
    }
    Cow::Owned(shown + end)
}

/// The lines of a hunk as its header gives them: the number of the first one from 1, and how many. No lines stand
/// behind the line before.
fn range(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        length => format!("{},{length}", lines.start + 1),
    }
}

/// A path in a header: without what `patch -p1` would not take, and quoted as Git quotes it.
fn header(side: &str, path: &str) -> String {
    let path = format!("{side}/{}", path.trim_start_matches("./").trim_start_matches('/'));
    if path.chars().any(|c| c.is_control() || c == '"' || c == '\\') {
        return quoted(&path);
    }
    // Without the tab, `patch` would take a name with a blank in it to end there.
    if path.contains(' ') { path + "\t" } else { path }
}

fn quoted(path: &str) -> String {
    let mut shown = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => shown.extend(['\\', char::from(byte)]),
            b'\n' => shown.push_str("\\n"),
            b'\t' => shown.push_str("\\t"),
            b' '..=b'~' => shown.push(char::from(byte)),
            other => {
                let _ = write!(shown, "\\{other:03o}");
            }
        }
    }
    shown + "\""
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn side(text: &str) -> Side {
        Side { text: text.to_owned(), masked: text.to_owned(), recoded: false }
    }

    fn view(path: &str, before: &str, after: &str) -> View {
        View { path: path.to_owned(), before: side(before), after: side(after) }
    }

    fn shown(views: &[View]) -> (String, Differs) {
        let mut out = Vec::new();
        let differs = write(views, &mut out).unwrap();
        (anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string(), differs)
    }

    #[test]
    fn shows_what_changes_with_the_lines_around_it() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n";
        let after = "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n11\n12\nthirteen";
        let (diff, differs) = shown(&[view("./a.py", before, after), view("b.py", "x\n", "x\n")]);
        assert_eq!(
            diff,
            "--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -7,7 +8,6 @@\n 7\n 8\n 9\n-10\n 11\n 12\n-13\n\
             +thirteen\n\\ No newline at end of file\n"
        );
        assert_eq!(differs.reason(), None);
    }

    #[test]
    fn keys_are_masked_and_control_characters_written_out() {
        let mut masked = view("a.py", "k = 'abc'\nf()\n", "k = 'abc'\ng()\n");
        masked.before.masked = "k = '***'\nf()\n".to_owned();
        masked.after.masked = "k = '***'\ng()\n".to_owned();
        let (diff, differs) = shown(&[masked]);
        assert!(diff.ends_with(" k = '***'\n-f()\n+g()\n"), "{diff}");
        assert_eq!(differs.reason(), Some("keys in it are masked"));

        let (diff, differs) = shown(&[view("a.py", "a\u{1b}[2J\tb\r\n\u{c}\n", "a\tb\r\n\u{c}\n")]);
        assert!(diff.contains("-a\\u{1b}[2J\tb\r\n+a\tb\r\n \u{c}\n"), "{diff:?}");
        assert_eq!(differs.reason(), Some("control characters in it are written out"));

        let mut recoded = view("a.py", "a\n", "b\n");
        recoded.before.recoded = true;
        assert_eq!(shown(&[recoded]).1.reason(), Some("a file is not UTF-8"));
    }

    /// What is printed does to files what the plan says, for both of the programs that people use.
    #[test]
    fn git_and_patch_take_it() {
        let files = [
            ("src/plain.py", "a\nb\nc\nd\ne\nf\ng\nh\n", "a\nB\nc\nd\ne\nf\nG\nh\n"),
            ("with blank.py", "a\r\nb\r\n", "a\r\nB\r\n"),
            ("é.py", "\u{feff}a", "\u{feff}b"),
            ("quo\"te.ts", "a\n", ""),
            ("end.ts", "a", "a\nb\n"),
        ];
        let views: Vec<View> = files.iter().map(|(path, before, after)| view(path, before, after)).collect();
        let (diff, differs) = shown(&views);
        assert_eq!(differs.reason(), None);
        for (program, arguments) in [("git", &["apply", "diff"][..]), ("patch", &["-p1", "--binary", "-i", "diff"][..])]
        {
            if Command::new(program).arg("--version").output().is_err() {
                continue;
            }
            let root = tempfile::tempdir().unwrap();
            std::fs::create_dir(root.path().join("src")).unwrap();
            std::fs::write(root.path().join("diff"), &diff).unwrap();
            for (path, before, _) in &files {
                std::fs::write(root.path().join(path), before).unwrap();
            }
            let done = Command::new(program).args(arguments).current_dir(root.path()).output().unwrap();
            let said = String::from_utf8_lossy(&done.stderr).into_owned() + &String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success(), "{program}: {said}");
            for (path, _, after) in files {
                // An emptied file is removed by `patch`.
                let there = std::fs::read_to_string(root.path().join(path)).unwrap_or_default();
                assert_eq!(there, after, "{program}: {path}");
            }
        }
    }
}
