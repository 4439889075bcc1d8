//! Rules as SARIF describes them: what is shown beside an alert, with the code before and after.

use super::{
    super::page::Page,
    log::{Configuration, Descriptor, Help, Properties, Text},
};
use crate::rules::{
    Rule,
    model::{Confidence, Severity},
};

/// The longest descriptions that GitHub takes, in characters.
const MAX_DESCRIPTION: usize = 1_024;
/// The longest name of a rule that GitHub takes, in characters.
const MAX_NAME: usize = 255;

pub(super) fn descriptor(rule: &Rule) -> Descriptor<'_> {
    let file = &rule.file;
    Descriptor {
        id: &rule.id,
        name: cut(&pascal_case(&rule.id), MAX_NAME),
        short_description: Text { text: cut(&sentence(&file.title), MAX_DESCRIPTION).into() },
        full_description: Text { text: cut(&sentence(&plain(&file.why)), MAX_DESCRIPTION).into() },
        help: help(rule),
        help_uri: help_uri(rule),
        default_configuration: Configuration { level: level(file.severity) },
        properties: Properties {
            tags: tags(rule),
            precision: match file.confidence {
                Confidence::High => "very-high",
                Confidence::Medium => "high",
                Confidence::Low => "medium",
            },
            severity: match file.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "recommendation",
            },
        },
    }
}

/// The standard's word for a severity.
pub(super) fn level(severity: Severity) -> &'static str {
    severity.name()
}

/// No `security-severity`: with one, GitHub takes a rule for a matter of security and blocks pull requests.
fn tags(rule: &Rule) -> Vec<&str> {
    let pack = rule.id.split('/').next().unwrap_or_default();
    vec!["portability", "vendor-lock-in", pack, rule.file.class.name(), rule.language.name()]
}

fn help(rule: &Rule) -> Help {
    let page = Page::of(rule);
    let (mut markdown, mut text) = (Vec::new(), Vec::new());
    // Writing to memory does not fail.
    let _ = page.markdown(2, &mut markdown);
    let _ = page.text(&mut anstream::StripStream::new(&mut text));
    let string = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_end().to_owned();
    Help { text: string(text), markdown: string(markdown) }
}

/// The page of the rule, or what a user's own rule names.
fn help_uri(rule: &Rule) -> String {
    let own = rule.file.links.first().filter(|_| rule.source.is_some());
    own.cloned().unwrap_or_else(|| {
        format!("{}/blob/main/docs/rules.md#{}", env!("CARGO_PKG_REPOSITORY"), slug(&rule.file.title))
    })
}

/// The anchor that GitHub gives a heading.
fn slug(title: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    title.trim().to_lowercase().chars().filter(|c| kept(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn pascal_case(id: &str) -> String {
    id.split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        })
        .collect()
}

/// Markdown in one line.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// At most so many characters, with a sign where the rest is missing.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 2).chain("….".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_anchors_have_their_form() {
        assert_eq!(pascal_case("azure-x/python/client_y"), "AzureXPythonClientY");
        assert_eq!(slug("Client of `x.Y` (old), built"), "client-of-xy-old-built");
        assert_eq!(cut("abcdef", 5), "abc….");
        assert_eq!(cut("abcde", 5), "abcde");
        assert_eq!(sentence("A b"), "A b.");
    }
}
