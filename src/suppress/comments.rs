//! Comments that set findings aside, as they are written:
//!
//! ```text
//! x = make()  # unmoor: ignore[client] until=2027-01-31 moves with the next release
//! # unmoor: ignore-next-line[auth, argument-api-version]
//! // unmoor: ignore-file[config] generated
//! ```
//!
//! A comment is told from a string by the grammar, not here. What the words mean, and whether anything stands at the
//! comment, [`apply`](super::apply) knows.

use jiff::civil::Date;

use crate::{
    facts::Span,
    input::prefilter::Formula,
    suggest::{listed, nearest},
};

/// What such a comment begins with, behind the mark of a comment.
pub const MARKER: &str = "unmoor:";
/// The word that every such comment has.
pub const WORD: &str = "ignore";

/// What a directive covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// The line that it stands on; alone on its line: the next one.
    Line,
    /// The next line.
    NextLine,
    /// The whole file.
    File,
}

impl Form {
    const ALL: [Self; 3] = [Self::Line, Self::NextLine, Self::File];

    fn name(self) -> &'static str {
        match self {
            Self::Line => "ignore",
            Self::NextLine => "ignore-next-line",
            Self::File => "ignore-file",
        }
    }
}

/// One directive in a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// What it covers.
    pub form: Form,
    /// The rules and classes that it names, with their places.
    pub words: Vec<(String, Span)>,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Why, in people's words.
    pub reason: Option<String>,
    /// Where it stands: from the mark of its comment to its last character.
    pub span: Span,
    /// The comment that it is in.
    pub comment: Span,
}

/// A comment that looks like a directive and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Where it stands.
    pub at: u32,
    /// What is wrong with it, and what to write.
    pub message: String,
}

/// True when a text can hold directives at all.
pub fn may_hold(text: &str) -> bool {
    may_be_in(text.as_bytes())
}

/// The same for the bytes of a file.
pub fn may_be_in(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, MARKER.as_bytes()).is_some()
}

/// What stands in files with directives, as they are mostly written. For finding files, not for reading them.
pub fn formula() -> Formula {
    Formula::any_of([format!("{MARKER} {WORD}"), format!("{MARKER}{WORD}")])
}

/// The directives of a comment, which stands at `comment` in `text`.
pub fn directives(text: &str, comment: Span) -> Vec<Result<Directive, Malformed>> {
    let whole = comment.text(text);
    let starts: Vec<(usize, usize)> = whole.match_indices(MARKER).filter_map(|(at, _)| opened(whole, at)).collect();
    let end_of_comment = whole.len() - closing(whole);
    let mut found = Vec::new();
    for (number, &(start, marker)) in starts.iter().enumerate() {
        let end = starts.get(number + 1).map_or(end_of_comment, |next| next.0).max(start);
        let body = marker + MARKER.len();
        let Some(said) = whole.get(body..end.max(body)) else { continue };
        let end = body + said.trim_end().len();
        let place = Place { comment, start: comment.start + start as u32, body: comment.start + body as u32 };
        found.extend(place.read(said, comment.start + end as u32));
    }
    found
}

/// Where the mark of the comment begins that stands right before the marker, and where that is. None in running text.
fn opened(comment: &str, marker: usize) -> Option<(usize, usize)> {
    let before = comment[..marker].trim_end_matches([' ', '\t']);
    let mark = ["<!--", "/*", "//", "#", "*"].iter().find(|mark| before.ends_with(**mark))?;
    let mut start = before.len() - mark.len();
    // `##` and `/**` are marks too.
    while start > 0 && matches!(before.as_bytes()[start - 1], b'#' | b'/' | b'*') {
        start -= 1;
    }
    Some((start, marker))
}

/// The length of what closes a comment.
fn closing(comment: &str) -> usize {
    ["*/", "-->"].iter().find(|end| comment.ends_with(**end)).map_or(0, |end| end.len())
}

/// Where a directive is read.
struct Place {
    comment: Span,
    start: u32,
    body: u32,
}

impl Place {
    /// Reads what follows the marker. None when it speaks of something else.
    fn read(&self, said: &str, end: u32) -> Option<Result<Directive, Malformed>> {
        let trimmed = said.trim_start();
        let lead = said.len() - trimmed.len();
        let length = trimmed.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(trimmed.len());
        let (name, rest) = trimmed.split_at(length);
        let form = match Form::ALL.iter().find(|form| form.name() == name) {
            Some(form) => *form,
            None => return self.unknown(name, rest).map(Err),
        };
        Some(self.directive(form, rest, self.body + (lead + length) as u32, end))
    }

    /// A word that is nearly a directive, or is used as one.
    fn unknown(&self, name: &str, rest: &str) -> Option<Malformed> {
        let names = Form::ALL.map(Form::name);
        let near = nearest(name, names);
        if near.is_none() && !rest.starts_with('[') {
            return None;
        }
        let cure = near.map_or_else(|| format!("write one of {}", listed(names)), |near| format!("write `{near}`"));
        Some(self.malformed(format!("`{MARKER} {name}` sets nothing aside; {cure}")))
    }

    fn malformed(&self, message: String) -> Malformed {
        Malformed { at: self.start, message }
    }

    fn directive(&self, form: Form, rest: &str, at: u32, end: u32) -> Result<Directive, Malformed> {
        let name = form.name();
        let inner = rest.trim_start_matches([' ', '\t']);
        let open = at + (rest.len() - inner.len()) as u32 + 1;
        let Some((inner, after)) = inner.strip_prefix('[').and_then(|inner| inner.split_once(']')) else {
            let message = format!("`{name}` names nothing; write `{name}[RULE]` or `{name}[CLASS]`");
            return Err(self.malformed(message));
        };
        let words = words(inner, open);
        if words.is_empty() {
            return Err(
                self.malformed(format!("`{name}[]` names nothing; write a rule or a class between the brackets"))
            );
        }
        let (until, reason) = self.reason(after)?;
        let span = Span { start: self.start, end };
        Ok(Directive { form, words, until, reason, span, comment: self.comment })
    }

    /// The date and the reason of what follows the brackets.
    fn reason(&self, after: &str) -> Result<(Option<Date>, Option<String>), Malformed> {
        let mut until = None;
        let mut kept = Vec::new();
        for word in after.split_whitespace() {
            let Some(day) = word.strip_prefix("until=") else {
                kept.push(word);
                continue;
            };
            let Ok(date) = day.trim_end_matches([',', ';', ':']).parse::<Date>() else {
                let message = format!("`until={day}` is no day; write it like until=2027-01-31");
                return Err(self.malformed(message));
            };
            until = Some(date);
        }
        let reason = kept.join(" ");
        let reason = reason.trim_start_matches(['-', ':', '–', '—', ' ']).trim_end();
        Ok((until, (!reason.is_empty()).then(|| reason.to_owned())))
    }
}

/// The words between the brackets, which begin at `at`.
fn words(inner: &str, at: u32) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let mut offset = at;
    for piece in inner.split(',') {
        let word = piece.trim();
        if !word.is_empty() {
            let start = offset + (piece.len() - piece.trim_start().len()) as u32;
            found.push((word.to_owned(), Span { start, end: start + word.len() as u32 }));
        }
        offset += piece.len() as u32 + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(comment: &str) -> Vec<Result<Directive, Malformed>> {
        let text = format!("x = 1  {comment}\n");
        directives(&text, Span { start: 7, end: 7 + comment.len() as u32 })
    }

    fn one(comment: &str) -> Directive {
        let mut found = read(comment);
        assert_eq!(found.len(), 1, "{comment}");
        found.remove(0).unwrap()
    }

    fn told(comment: &str) -> String {
        read(comment).remove(0).unwrap_err().message
    }

    fn names(directive: &Directive) -> Vec<&str> {
        directive.words.iter().map(|(word, _)| word.as_str()).collect()
    }

    #[test]
    fn reads_words_date_and_reason_in_every_kind_of_comment() {
        for comment in [
            "# unmoor: ignore[client, p/python/auth-x] until=2027-01-31 waits for keys",
            "// unmoor:ignore[client,p/python/auth-x] waits until=2027-01-31 for keys",
            "/* unmoor: ignore[client,p/python/auth-x] until=2027-01-31: waits for keys */",
            "<!-- unmoor: ignore [ client , p/python/auth-x ] until=2027-01-31 — waits for keys -->",
            "## unmoor: ignore[client, p/python/auth-x] -- waits for keys until=2027-01-31",
        ] {
            let directive = one(comment);
            assert_eq!(directive.form, Form::Line, "{comment}");
            assert_eq!(names(&directive), ["client", "p/python/auth-x"], "{comment}");
            assert_eq!(directive.until, Some(Date::constant(2027, 1, 31)), "{comment}");
            assert_eq!(directive.reason.as_deref(), Some("waits for keys"), "{comment}");
            let text = format!("x = 1  {comment}\n");
            assert!(directive.words.iter().all(|(word, span)| span.text(&text) == word), "{comment}");
        }
    }

    #[test]
    fn reads_the_other_forms_and_several_in_one_comment() {
        assert_eq!(one("# unmoor: ignore-next-line[auth]").form, Form::NextLine);
        assert_eq!(one("/** unmoor: ignore-file[auth] */").form, Form::File);
        let found = read("# noqa # unmoor: ignore[a] one # unmoor: ignore[b] two");
        let reasons: Vec<_> = found.iter().map(|found| found.as_ref().unwrap().reason.clone().unwrap()).collect();
        assert_eq!(reasons, ["one", "two"]);
        let text = "x = 1  # noqa # unmoor: ignore[a] one # unmoor: ignore[b] two\n";
        assert_eq!(found[0].as_ref().unwrap().span.text(text), "# unmoor: ignore[a] one");
    }

    #[test]
    fn running_text_is_no_directive() {
        assert!(read("# write `unmoor: ignore[client]` to set it aside").is_empty());
        assert!(read("# unmoor: see the manual").is_empty());
        assert!(read("// https://example.org/unmoor: ignore[x]").is_empty());
    }

    #[test]
    fn tells_what_is_wrong() {
        assert_eq!(told("# unmoor: ignor[client]"), "`unmoor: ignor` sets nothing aside; write `ignore`");
        assert!(told("# unmoor: disable[client]").contains("write one of `ignore`"));
        assert_eq!(told("# unmoor: ignore"), "`ignore` names nothing; write `ignore[RULE]` or `ignore[CLASS]`");
        assert!(told("# unmoor: ignore-file because").contains("`ignore-file[RULE]`"));
        assert!(told("# unmoor: ignore[ , ]").contains("between the brackets"));
        assert!(told("# unmoor: ignore[client").contains("names nothing"));
        assert!(told("# unmoor: ignore[a] until=soon").contains("until=2027-01-31"));
    }
}
