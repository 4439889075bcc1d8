//! Sentences and Markdown as markup. What is written as markup in them is text here: rules are read from anywhere.

use askama::filters::Safe;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html::push_html};

use super::escape::escaped;

/// A sentence in which `` `this` `` is code.
pub(super) fn sentence(text: &str) -> Safe<String> {
    let parts: Vec<&str> = text.split('`').collect();
    let is_paired = parts.len() % 2 == 1;
    if !is_paired {
        return Safe(escaped(text));
    }
    let parts = parts.iter().enumerate().map(|(index, part)| match index % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    });
    Safe(parts.collect())
}

/// Markdown: paragraphs, lists, code, emphasis and links to the web. Headings become bold paragraphs, as the page has its
/// own order of headings; images become their description, as the page loads nothing.
pub(super) fn markdown(text: &str) -> Safe<String> {
    let mut is_link = Vec::new();
    let events = Parser::new_ext(text, Options::empty()).filter_map(|event| plain(event, &mut is_link));
    let mut shown = String::new();
    push_html(&mut shown, events);
    Safe(shown)
}

/// The event as the page shows it. `is_link` says for each link that is open whether it is shown as one.
fn plain<'e>(event: Event<'e>, is_link: &mut Vec<bool>) -> Option<Event<'e>> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) | Event::Text(text) => Some(Event::Text(harmless(text))),
        Event::Code(text) => Some(Event::Code(harmless(text))),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Heading { .. }) => Some(Event::Html("<p><strong>".into())),
        Event::End(TagEnd::Heading(_)) => Some(Event::Html("</strong></p>\n".into())),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::Link { ref dest_url, .. }) => {
            is_link.push(host(dest_url).is_some());
            is_link.last().is_some_and(|shown| *shown).then_some(event)
        }
        Event::End(TagEnd::Link) => is_link.pop().unwrap_or_default().then_some(event),
        event => Some(event),
    }
}

/// The renderer escapes markup; control characters it lets pass.
fn harmless(text: CowStr<'_>) -> CowStr<'_> {
    let keep = |c: char| c == '\n' || c == '\t' || !crate::report::words::is_unsafe(c);
    if text.chars().all(keep) {
        return text;
    }
    let shown = text.chars().map(|c| if keep(c) { c.to_string() } else { c.escape_unicode().to_string() });
    CowStr::from(shown.collect::<String>())
}

/// The host of an address on the web; none for anything else.
pub(super) fn host(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    (!host.is_empty()).then(|| host.strip_prefix("www.").unwrap_or(host))
}

/// An address on the web as a reader tells it from others: the host and the last part of the path.
pub(super) fn address(address: &str) -> Option<String> {
    let host = host(address)?;
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let (_, path) = path.split_once("://")?;
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).skip(1).collect();
    let Some(last) = parts.pop() else { return Some(host.to_owned()) };
    let last = last.strip_suffix(".html").or_else(|| last.strip_suffix(".md")).unwrap_or(last);
    let between = if parts.is_empty() { "/" } else { "/…/" };
    Some(format!("{host}{between}{}", super::words_of(last, 40)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pairs_of_ticks_make_code() {
        assert_eq!(sentence("`a<b` is <b>").0, "<code>a&lt;b</code> is &lt;b&gt;");
        assert_eq!(sentence("one ` tick <b>").0, "one ` tick &lt;b&gt;");
    }

    #[test]
    fn markup_in_markdown_is_text() {
        let shown = markdown("a <img src=x onerror=y>\n\n<script>z</script>\n\n`<i>` \u{202e}").0;
        assert!(!shown.contains("<img") && !shown.contains("<script") && !shown.contains("<i>"), "{shown}");
        assert!(shown.contains("<code>&lt;i&gt;</code> \\u{202e}"), "{shown}");
    }

    #[test]
    fn markdown_loads_nothing_and_links_to_the_web_alone() {
        let shown =
            markdown("# Title\n\n![alt](https://a.example/x.png) [web](https://a.example) [no](javascript:x)").0;
        assert_eq!(shown, "<p><strong>Title</strong></p>\n<p>alt <a href=\"https://a.example\">web</a> no</p>\n");
    }

    #[test]
    fn hosts_are_of_the_web() {
        assert_eq!(host("https://www.a.example/b?c"), Some("a.example"));
        assert_eq!(address("https://a.example/b/c/d.html?e#f").as_deref(), Some("a.example/…/d"));
        assert_eq!(address("https://a.example/b").as_deref(), Some("a.example/b"));
        assert_eq!(address("https://a.example/").as_deref(), Some("a.example"));
        assert_eq!((host("javascript:alert(1)"), host("https://")), (None, None));
    }
}
