//! Checks that files of several kinds share: dates, URLs, and names that have to be known.

use super::source::{RuleError, SourceFile};
use crate::suggest::{listed, nearest};

/// What to do about something that should be a URL.
pub(super) const URL_CURE: &str = "begin it with https:// or http://";

/// What to do about something that should be a date.
pub(super) const DATE_CURE: &str = "write it as 2026-11-22";

/// True for what can be followed.
pub(super) fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// True for a day as `2026-11-22`.
pub(super) fn is_date(text: &str) -> bool {
    let number = |part: &str, length: usize| -> Option<u32> {
        let fits = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| part.parse().ok()).flatten()
    };
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] => {
            number(year, 4).is_some()
                && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
                && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    }
}

/// True for an id as files use them: lower-case words joined by hyphens.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

/// What to write instead of a word that names none of `known`; `what` says what they are.
pub(super) fn instead<'k>(word: &str, known: impl Iterator<Item = &'k str> + Clone, what: &str) -> String {
    let all = format!("{what} are {}", listed(known.clone()));
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all,
    }
}

/// Something that a list names by an id.
pub(super) trait Named {
    /// The id.
    fn id(&self) -> &str;
}

/// Puts the entries of a file into a list. A user's entry takes the place of a built-in one with its id; `own` holds the
/// ids that users have given so far.
pub(super) fn merge<T: Named>(
    list: &mut Vec<T>,
    entries: Vec<T>,
    own: &mut Vec<String>,
    source: &SourceFile,
    errors: &mut Vec<RuleError>,
) {
    let built_in = source.path.is_none();
    for entry in entries {
        let there = list.iter().position(|other| other.id() == entry.id());
        if there.is_some() && (built_in || own.iter().any(|id| id == entry.id())) {
            let message = format!("there are two entries `{}`", entry.id());
            errors.push(source.error_at(entry.id(), message, "leave one of them out"));
            continue;
        }
        if !built_in {
            own.push(entry.id().to_owned());
        }
        match there {
            Some(index) => list[index] = entry,
            None => list.push(entry),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_a_year() {
        assert!(is_date("2026-11-22"));
        for wrong in
            ["", "soon", "2026-11", "2026-13-01", "2026-00-01", "2026-01-32", "26-01-01", "2026-1-1", "+026-01-01"]
        {
            assert!(!is_date(wrong), "{wrong}");
        }
    }

    #[test]
    fn ids_are_words_joined_by_hyphens() {
        assert!(is_id("chat-completions") && is_id("v1"));
        for wrong in ["", "Chat", "chat_completions", "chat--x", "-chat", "chat/streaming"] {
            assert!(!is_id(wrong), "{wrong}");
        }
    }
}
