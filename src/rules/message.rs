//! Messages of rules: templates with placeholders, filled with what a site has.

/// How a portable form asks for an argument of the site's call.
const ARGUMENT: &str = "{argument:";

/// What a site has to fill a template with.
pub(crate) struct Words<'w> {
    /// The text at the site.
    pub(crate) local: &'w str,
    /// What it stands for.
    pub(crate) symbol: Option<&'w str>,
    /// The key or variable name.
    pub(crate) name: Option<&'w str>,
}

/// Fills `{local}`, `{symbol}` and `{name}`. One without a value reads as the local text.
pub(crate) fn fill(template: &str, words: &Words<'_>) -> String {
    template
        .replace("{local}", words.local)
        .replace("{symbol}", words.symbol.unwrap_or(words.local))
        .replace("{name}", words.name.unwrap_or(words.local))
}

/// Fills `{argument:name,other|fallback}` with what `given` says of the first name it knows, and `{async}` with `Async`
/// where `is_async`.
pub(crate) fn fill_call(template: &str, is_async: bool, mut given: impl FnMut(&str) -> Option<String>) -> String {
    let template = template.replace("{async}", if is_async { "Async" } else { "" });
    let mut filled = String::new();
    let mut rest = template.as_str();
    while let Some((before, after)) = rest.split_once(ARGUMENT) {
        let Some((inner, tail)) = after.split_once('}') else { break };
        let (names, fallback) = inner.split_once('|').unwrap_or((inner, "..."));
        filled.push_str(before);
        filled.push_str(&names.split(',').find_map(&mut given).unwrap_or_else(|| fallback.to_owned()));
        rest = tail;
    }
    filled + rest
}

/// A portable form as a page about the rule shows it, where there is no site.
pub fn portable_in_general(template: &str) -> String {
    fill_call(template, false, |_| None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_filled_or_fall_back() {
        let template = "{async}Client(url={argument:url|URL}, key={argument:key,token|KEY})";
        let given = |name: &str| (name == "token").then(|| "token()".to_owned());
        assert_eq!(fill_call(template, true, given), "AsyncClient(url=URL, key=token())");
        assert_eq!(portable_in_general(template), "Client(url=URL, key=KEY)");
        assert_eq!(portable_in_general("f`${x}` {argument:a"), "f`${x}` {argument:a");
    }

    #[test]
    fn missing_words_read_as_the_local_text() {
        let words = Words { local: "A", symbol: Some("m.B"), name: None };
        assert_eq!(fill("`{local}` is `{symbol}` as {name}", &words), "`A` is `m.B` as A");
    }
}
