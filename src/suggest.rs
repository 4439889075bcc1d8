//! "Did you mean …?": finds the known word nearest to one that is not known. Messages about misspelt rules, settings and
//! marks are made with it. It knows nothing about what the words name.

/// The known word that `word` is most likely a misspelling of, if one is near enough.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let word = word.to_lowercase();
    let allowed = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The words as a list in code marks, for messages: "`a`, `b`".
pub fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let marked: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    marked.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_word_and_no_far_one() {
        let known = ["exclude", "include", "select"];
        assert_eq!(nearest("exlude", known), Some("exclude"));
        assert_eq!(nearest("inclde", known), Some("include"));
        assert_eq!(nearest("Select", known), Some("select"));
        assert_eq!(nearest("threads", known), None);
    }
}
