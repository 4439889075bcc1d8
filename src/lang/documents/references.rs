//! Names of variables in running text: `${NAME:-default}`, `$NAME`, `%NAME%`, `secrets.NAME`, `NAME=value`. Shells,
//! pipelines and templates each have their own way to write them; here they are told apart from words only as far as it
//! takes not to miss one. Which names matter, rules say.

use std::{ops::Range, sync::LazyLock};

use regex::{Captures, Regex};

/// What stands before the name of a variable that is read or set.
static READ: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
        (?: \$\{\#? | \$env: | \$Env: | \$\( | \$ | % | !
          | \b(?: secrets | vars | env | variables | Environment | process\.env )\s*\.\s*
          | \bos\.environ/ | \benviron\[["'] | \bgetenv\(["'] | \benv\(["'] | \bgetEnv\(["']
          | \benv\s+set\s+ | \benv\s+get-value\s+ | \bsecret\s+set\s+ | \bvariable\s+set\s+ | \bunset\s+
          | \b(?: secrets | vars | env )\[["'] )
        ([A-Za-z_][A-Za-z0-9_]{2,})
        # A name in quotes that nothing but a variable has.
        | ["']([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)["']"#,
    )
    .ok()
});

/// A name with a value behind it, at the start of a word.
static SET: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?:^|[\s;&|"'`(,])([A-Za-z_][A-Za-z0-9_]{2,})="#).ok());

/// The whole of a text is a name with a value: an entry of a list of variables.
static ENTRY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)=").ok());

/// A name that is set in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    /// The name.
    pub(super) name: Range<usize>,
    /// The value, without quotes.
    pub(super) value: Range<usize>,
    /// Where what follows begins.
    pub(super) end: usize,
}

/// The ranges of names that a text reads.
pub(super) fn read(text: &str) -> Vec<Range<usize>> {
    groups(&READ, text)
}

/// The names that a line of commands sets, each with its value as far as quotes and blanks let it go.
pub(super) fn set(line: &str) -> Vec<Assignment> {
    let mut found: Vec<Assignment> = Vec::new();
    for name in groups(&SET, line) {
        if compares(line, &name) || found.last().is_some_and(|last| name.start < last.end) {
            continue;
        }
        let (value, end) = word(line, name.end + 1);
        found.push(Assignment { name, value, end });
    }
    found
}

/// The name and value when all of a text is one of each.
pub(super) fn entry(text: &str) -> Option<Assignment> {
    let name = groups(&ENTRY, text).pop().filter(|name| !compares(text, name))?;
    let value = name.end + 1..text.len();
    Some(Assignment { name, value, end: text.len() })
}

/// `name==1` sets nothing.
fn compares(text: &str, name: &Range<usize>) -> bool {
    text[name.end + 1..].starts_with('=')
}

/// The word that begins at `start`: what stands in quotes, or what goes to the next blank.
fn word(line: &str, start: usize) -> (Range<usize>, usize) {
    let rest = &line[start..];
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inside = start + 1;
        let length = line[inside..].find(quote).unwrap_or(line.len() - inside);
        return (inside..inside + length, (inside + length + 1).min(line.len()));
    }
    // A template such as `${{ secrets.NAME }}` is one word, and so is a command in `$( )`.
    let mut depth = 0_usize;
    let ends = |c: char| matches!(c, ';' | '&' | '|' | '"' | '\'' | '`') || c.is_whitespace();
    let length = rest.char_indices().find(|(_, c)| {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && ends(*c)
    });
    let end = length.map_or(line.len(), |(at, _)| start + at);
    (start..end, end)
}

fn groups(regex: &LazyLock<Option<Regex>>, text: &str) -> Vec<Range<usize>> {
    let Some(regex) = regex.as_ref() else { return Vec::new() };
    let name = |captures: Captures<'_>| captures.iter().skip(1).flatten().next().map(|group| group.range());
    regex.captures_iter(text).filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        read(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn names_are_read_in_every_way_they_are_written() {
        assert_eq!(names("${ABC_KEY:-x} $ABC_URL %ABC_ID%"), ["ABC_KEY", "ABC_URL", "ABC_ID"]);
        assert_eq!(names("${{ secrets.ABC_KEY }} ${{ vars.ABC_URL || env.OTHER }}"), ["ABC_KEY", "ABC_URL", "OTHER"]);
        assert_eq!(names("$(ABC_KEY) $env:ABC_URL os.environ/ABC_ID"), ["ABC_KEY", "ABC_URL", "ABC_ID"]);
        assert_eq!(names("azd env set ABC_KEY x"), ["ABC_KEY"]);
        assert_eq!(names("case \"ABC_KEY\"|'ABC_URL')"), ["ABC_KEY", "ABC_URL"]);
        assert!(names("set the ABC_KEY to a \"VALUE\"").is_empty());
    }

    #[test]
    fn values_end_with_their_quotes_or_a_blank() {
        let line = "docker run -e ABC_KEY='a b' -e ABC_URL=${{ vars.URL }} image; X=\"\" ABC=1";
        let found: Vec<(&str, &str)> =
            set(line).iter().map(|one| (&line[one.name.clone()], &line[one.value.clone()])).collect();
        assert_eq!(found, [("ABC_KEY", "a b"), ("ABC_URL", "${{ vars.URL }}"), ("ABC", "1")]);
    }

    #[test]
    fn a_whole_text_can_be_an_entry() {
        let text = "ABC_KEY=a=b c";
        let found = entry(text).unwrap();
        assert_eq!((&text[found.name], &text[found.value]), ("ABC_KEY", "a=b c"));
        assert!(entry("a sentence with x=1").is_none());
    }
}
