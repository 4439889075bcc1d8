//! The hash by which GitHub knows a line again (`primaryLocationLineHash` in a SARIF file): of the first hundred
//! characters from the line's start on that are neither blanks nor tabs, over the lines that follow, and how many equal
//! ones came before.
//!
//! This is the algorithm of GitHub's own upload action (`src/fingerprints.ts` of codeql-action, looked at as of June
//! 2026), so that a file that carries the hashes and one that gets them on upload name the same alerts.

use std::collections::{BTreeSet, HashMap};

/// How many characters one hash covers.
const WINDOW: usize = 100;
const BASE: u64 = 37;

/// The hashes of the wanted lines, numbered from 1. `text` is the whole file as GitHub reads it: with its byte order mark
/// and its own line ends.
pub fn line_hashes(text: impl IntoIterator<Item = char>, wanted: &BTreeSet<u32>) -> HashMap<u32, String> {
    let mut hasher = Hasher::new(wanted);
    let mut units = [0; 2];
    for character in text {
        for unit in character.encode_utf16(&mut units) {
            hasher.process(*unit);
        }
    }
    hasher.finish()
}

struct Hasher<'w> {
    window: [u16; WINDOW],
    /// The line that begins at each place of the window.
    lines: [Option<u32>; WINDOW],
    at: usize,
    hash: u64,
    /// `BASE` to the power of the window's length.
    first: u64,
    line: u32,
    starts_line: bool,
    after_return: bool,
    counts: HashMap<u64, u32>,
    wanted: &'w BTreeSet<u32>,
    found: HashMap<u32, String>,
}

impl<'w> Hasher<'w> {
    fn new(wanted: &'w BTreeSet<u32>) -> Self {
        Self {
            window: [0; WINDOW],
            lines: [None; WINDOW],
            at: 0,
            hash: 0,
            first: (0..WINDOW).fold(1, |power: u64, _| power.wrapping_mul(BASE)),
            line: 0,
            starts_line: true,
            after_return: false,
            counts: HashMap::new(),
            wanted,
            found: HashMap::new(),
        }
    }

    fn process(&mut self, unit: u16) {
        let (blank, tab, feed, carriage) = (u16::from(b' '), u16::from(b'\t'), u16::from(b'\n'), u16::from(b'\r'));
        if unit == blank || unit == tab || self.after_return && unit == feed {
            self.after_return = false;
            return;
        }
        self.after_return = unit == carriage;
        let unit = if unit == carriage { feed } else { unit };
        self.emit();
        if self.starts_line {
            self.starts_line = false;
            self.line += 1;
            self.lines[self.at] = Some(self.line);
        }
        self.starts_line = unit == feed;
        self.update(unit);
    }

    fn update(&mut self, unit: u16) {
        let gone = u64::from(std::mem::replace(&mut self.window[self.at], unit));
        self.hash =
            self.hash.wrapping_mul(BASE).wrapping_add(u64::from(unit)).wrapping_sub(self.first.wrapping_mul(gone));
        self.at = (self.at + 1) % WINDOW;
    }

    /// Notes the hash of the line that begins at this place of the window, whose characters are complete.
    fn emit(&mut self) {
        let Some(line) = self.lines[self.at].take() else { return };
        let count = self.counts.entry(self.hash).or_default();
        *count += 1;
        if self.wanted.contains(&line) {
            self.found.insert(line, format!("{:x}:{count}", self.hash));
        }
    }

    fn finish(mut self) -> HashMap<u32, String> {
        self.process(u16::MAX);
        for _ in 0..WINDOW {
            self.emit();
            self.update(0);
        }
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<String> {
        let found = line_hashes(text.chars(), &(1..100).collect());
        let mut lines: Vec<(u32, String)> = found.into_iter().collect();
        lines.sort();
        lines.into_iter().map(|(line, hash)| format!("{line} {hash}")).collect()
    }

    // What GitHub's own code gives for these texts.
    #[test]
    fn gives_what_github_gives() {
        assert_eq!(hashes(""), ["1 c129715d7a2bc9a3:1"]);
        assert_eq!(
            hashes(" a\nb\n  \t\tc\n d"),
            ["1 271789c17abda88f:1", "2 54703d4cd895b18:1", "3 180aee12dab6264:1", "4 a23a3dc5e078b07b:1"]
        );
        let client = "import os\nfrom openai import AzureOpenAI\n\nclient = AzureOpenAI(\n    \
                      api_key=os.environ[\"AZURE_OPENAI_API_KEY\"],\n    api_version=\"2024-10-21\",\n    \
                      azure_endpoint=os.environ[\"AZURE_OPENAI_ENDPOINT\"],\n)\n";
        assert_eq!(
            hashes(client),
            [
                "1 38a75b04af5adc9:1",
                "2 2d1c4d762518d1be:1",
                "3 fa2fda073160cd21:1",
                "4 30ca5d0423dd13cb:1",
                "5 e032cb0fa02bd35f:1",
                "6 561d778618a42bff:1",
                "7 707bf92a90855833:1",
                "8 6fc5c533d96c6ba:1",
                "9 c129715d7a2bc9a3:1",
            ]
        );
        let marked = "\u{feff}# Z\u{fc}rich \u{1f600}\r\n\tclient = AzureOpenAI(\u{a0})\r\n";
        assert_eq!(hashes(marked), ["1 6616e2b837608916:1", "2 e31a8570c845ea19:1", "3 c129715d7a2bc9a3:1"]);
    }

    #[test]
    fn equal_lines_are_counted() {
        let expected: Vec<String> = (1..=6)
            .map(|line| format!("{line} 2727946f8328e0e6:{line}"))
            .chain(
                ["7 2727947048a70b5d:1", "8 b47cacf0b19a2d5e:1", "9 7109f0cb73ab391f:1", "10 2036d16b29a93ea0:1"]
                    .map(str::to_owned),
            )
            .chain(["11 3f67d2d8973f4de1:1", "12 10e9319389f476e2:1", "13 c129715d7a2bc9a3:1"].map(str::to_owned))
            .collect();
        let mut found = hashes(&"x = AzureOpenAI()\n".repeat(12));
        let mut expected = expected;
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn only_wanted_lines_are_told() {
        let found = line_hashes(" a\nb\nc".chars(), &BTreeSet::from([2]));
        assert_eq!(found.into_keys().collect::<Vec<_>>(), [2]);
    }
}
