//! "Did you mean …?": finds the known word nearest to one that is not known. Messages about misspelt rules, settings and
//! marks are made with it. It knows nothing about what the words name.

/// The known word that `word` is most likely a misspelling of, if one is near enough.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let allowed = (length / 3).max(1);
    known
        .into_iter()
        // No distance is below that of the lengths; to find the distance of a very long word takes very long.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= allowed)
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
    fn a_very_long_word_costs_nothing() {
        assert_eq!(nearest(&"x".repeat(1 << 20), ["exclude", "include"]), None);
    }

    #[test]
    fn finds_the_nearest_word_and_no_far_one() {
        let known = ["exclude", "include", "select"];
        assert_eq!(nearest("exlude", known), Some("exclude"));
        assert_eq!(nearest("inclde", known), Some("include"));
        assert_eq!(nearest("Select", known), Some("select"));
        assert_eq!(nearest("threads", known), None);
    }
}
