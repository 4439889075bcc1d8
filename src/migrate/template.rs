//! Templates of rewrites: text with placeholders, filled with what a call is given. A placeholder that has no value
//! makes the template unusable, and the site is left alone.

use super::unit::placeholder;

/// What fills a template.
pub(super) trait Words {
    /// The value of `{name|filter}`; none when there is none.
    fn word(&mut self, name: &str, filter: Option<&str>) -> Option<String>;
}

/// A placeholder without a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing(pub(super) String);

/// Fills a template. `{symbol:path}` becomes a placeholder for the symbol's local name.
pub(super) fn fill(template: &str, words: &mut dyn Words) -> Result<String, Missing> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..];
        if let Some(after) = brace.strip_prefix("{{").or_else(|| brace.strip_prefix("}}")) {
            out.push_str(&brace[..1]);
            rest = after;
            continue;
        }
        let Some((inner, after)) = brace.strip_prefix('{').and_then(|brace| brace.split_once('}')) else {
            out.push_str(&brace[..1]);
            rest = &brace[1..];
            continue;
        };
        out.push_str(&filled(inner, words)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn filled(inner: &str, words: &mut dyn Words) -> Result<String, Missing> {
    if let Some(symbol) = inner.strip_prefix("symbol:") {
        return Ok(placeholder(symbol));
    }
    if let Some(argument) = inner.strip_prefix("argument:") {
        let (names, fallback) = match argument.split_once('|') {
            Some((names, fallback)) => (names, Some(fallback)),
            None => (argument, None),
        };
        let given = names.split(',').find_map(|name| words.word(&format!("argument:{}", name.trim()), None));
        return given.or_else(|| fallback.map(str::to_owned)).ok_or_else(|| Missing(inner.to_owned()));
    }
    let (name, filter) = match inner.split_once('|') {
        Some((name, filter)) => (name, Some(filter)),
        None => (inner, None),
    };
    words.word(name, filter).ok_or_else(|| Missing(inner.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Words for Fixed {
        fn word(&mut self, name: &str, filter: Option<&str>) -> Option<String> {
            match (name, filter) {
                ("value", None) => Some("V".to_owned()),
                ("value", Some(filter)) => Some(format!("V+{filter}")),
                ("argument:b", None) => Some("B".to_owned()),
                _ => None,
            }
        }
    }

    #[test]
    fn placeholders_are_filled_and_braces_escaped() {
        let made = fill("{{\"k\": {value}}}, {value|path} {argument:a,b} {argument:c|none} {symbol:m.N}", &mut Fixed);
        assert_eq!(made.unwrap(), "{\"k\": V}, V+path B none \u{1}m.N\u{2}");
        assert_eq!(fill("{key}", &mut Fixed), Err(Missing("key".to_owned())));
    }
}
