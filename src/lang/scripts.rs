//! Code inside other files: which parts of a component or page are JavaScript or TypeScript, and which lines of a Markdown
//! file lie in fences of a language. The parser is given these parts and nothing else, so every offset is that of the file,
//! and all blocks of a file are one module.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{Language, Syntax};

/// A kind of file that holds scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Page {
    /// A component of Vue or Svelte, or a page of HTML: scripts stand in elements.
    Markup,
    /// A component of Astro: one script also stands between two lines of `---` at its top.
    Astro,
}

static SCRIPT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?is)<!--.*?-->|<script\b((?:[^>"']|"[^"]*"|'[^']*')*)>(.*?)</script\s*>"#).ok());
static LANGUAGE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(?i)\blang\s*=\s*["']?([\w/]+)"#).ok());
static TYPE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(?i)\btype\s*=\s*["']?([\w/+.-]+)"#).ok());

impl Page {
    /// The kind of a file, by the ending of its name.
    pub(super) fn of(extension: &str) -> Option<Self> {
        match extension {
            "vue" | "svelte" | "html" | "htm" => Some(Self::Markup),
            "astro" => Some(Self::Astro),
            _ => None,
        }
    }

    /// Where the scripts of a file stand, and what they are written in.
    pub(super) fn scripts(self, text: &str) -> (Vec<Range<usize>>, Syntax) {
        let mut found = Vec::new();
        let mut syntax = Syntax::Tsx;
        let mut at = 0;
        if self == Self::Astro
            && let Some(header) = header(text)
        {
            at = header.end;
            found.push(header);
            syntax = Syntax::TypeScript;
        }
        let scripts = SCRIPT.as_ref().into_iter().flat_map(|script| script.captures_iter(&text[at..]));
        for captures in scripts {
            let (Some(attributes), Some(body)) = (captures.get(1), captures.get(2)) else { continue };
            let word = |pattern: &LazyLock<Option<Regex>>| {
                let captures = pattern.as_ref()?.captures(attributes.as_str())?;
                Some(captures.get(1)?.as_str().to_ascii_lowercase())
            };
            if word(&TYPE).is_some_and(|kind| !is_code(&kind)) {
                continue;
            }
            match word(&LANGUAGE).as_deref() {
                Some("ts" | "typescript") => syntax = Syntax::TypeScript,
                None | Some("js" | "jsx" | "tsx" | "javascript") => {}
                Some(_) => continue,
            }
            found.push(at + body.start()..at + body.end());
        }
        found.retain(|range| !range.is_empty());
        (found, syntax)
    }
}

/// Scripts of other types are data or templates.
fn is_code(kind: &str) -> bool {
    matches!(kind, "module" | "text/javascript" | "application/javascript" | "text/babel" | "text/typescript" | "ts")
}

/// What stands between two lines of dashes at the top.
fn header(text: &str) -> Option<Range<usize>> {
    let open = text.find("---").filter(|at| text[..*at].trim().is_empty())?;
    let start = open + text[open..].find('\n')? + 1;
    let end = start + text[start - 1..].find("\n---")?;
    Some(start..end)
}

/// True for the name of a Markdown file.
pub fn is_markdown(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| matches!(extension, "md" | "mdx" | "markdown"))
}

/// A block of code between fences.
struct Fence<'t> {
    /// What stands behind the first fence.
    language: &'t str,
    /// Its lines, without their indentation.
    lines: Vec<Range<usize>>,
}

/// The language that most of the code between fences is written in.
pub(super) fn fenced(text: &str) -> Option<Language> {
    let mut sizes = [(Language::Python, 0), (Language::JavaScript, 0)];
    for fence in all_fences(text) {
        for (language, size) in &mut sizes {
            if syntax_of(fence.language).is_some_and(|(own, _)| own == *language) {
                *size += fence.lines.iter().map(Range::len).sum::<usize>();
            }
        }
    }
    sizes.into_iter().filter(|(_, size)| *size > 0).max_by_key(|(_, size)| *size).map(|(language, _)| language)
}

/// The lines in fences of a language, and what they are written in.
pub(super) fn fences(text: &str, language: Language) -> (Vec<Range<usize>>, Syntax) {
    let mut syntax = if language == Language::Python { Syntax::Python } else { Syntax::Tsx };
    let mut lines = Vec::new();
    for fence in all_fences(text) {
        match syntax_of(fence.language) {
            Some((own, written)) if own == language => {
                if written == Syntax::TypeScript {
                    syntax = written;
                }
                lines.extend(fence.lines);
            }
            _ => {}
        }
    }
    (lines, syntax)
}

fn syntax_of(word: &str) -> Option<(Language, Syntax)> {
    match word {
        "python" | "py" | "python3" => Some((Language::Python, Syntax::Python)),
        "javascript" | "js" | "jsx" | "mjs" | "tsx" => Some((Language::JavaScript, Syntax::Tsx)),
        "typescript" | "ts" => Some((Language::JavaScript, Syntax::TypeScript)),
        _ => None,
    }
}

fn all_fences(text: &str) -> Vec<Fence<'_>> {
    let mut found: Vec<Fence<'_>> = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - bare.len();
        let mark = bare.len() - bare.trim_start_matches(['`', '~']).len();
        let (fence, rest) = bare.split_at(mark);
        match open {
            Some((opened, _)) if fence.starts_with(opened) && rest.trim().is_empty() => open = None,
            Some((_, outer)) => {
                if let Some(last) = found.last_mut() {
                    last.lines.push(at + indent.min(outer)..at + line.len());
                }
            }
            None if mark >= 3 => {
                open = Some((fence, indent));
                let word = rest.trim().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                found.push(Fence { language: word, lines: Vec::new() });
            }
            None => {}
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts(page: Page, text: &str) -> (Vec<&str>, Syntax) {
        let (ranges, syntax) = page.scripts(text);
        (ranges.into_iter().map(|range| &text[range]).collect(), syntax)
    }

    #[test]
    fn blocks_of_a_component_are_found_with_their_language() {
        let text = "<template><p title='>'/></template>\n<script>\na\n</script>\n<script setup lang=\"ts\">\nb\n</script>\n\
                    <!-- <script>no</script> -->\n<style>c</style>";
        assert_eq!(scripts(Page::Markup, text), (vec!["\na\n", "\nb\n"], Syntax::TypeScript));
        assert_eq!(scripts(Page::Markup, "<SCRIPT type=module>x</SCRIPT >"), (vec!["x"], Syntax::Tsx));
    }

    #[test]
    fn data_and_templates_are_no_scripts() {
        let text = "<script type=\"application/json\">{}</script><script type='text/x-template'>x</script>\
                    <script src=\"a.js\"></script><script lang=\"coffee\">y</script>";
        assert_eq!(scripts(Page::Markup, text).0, Vec::<&str>::new());
    }

    #[test]
    fn astro_has_a_script_at_its_top() {
        let text = "---\nimport a from 'a';\n---\n<h1/>\n<script>b()</script>\n";
        assert_eq!(scripts(Page::Astro, text), (vec!["import a from 'a';\n", "b()"], Syntax::TypeScript));
        assert_eq!(scripts(Page::Astro, "<h1/>").0, Vec::<&str>::new());
        assert_eq!(scripts(Page::Astro, "---\n---\n").0, Vec::<&str>::new());
    }

    #[test]
    fn fences_hold_the_code_of_one_language() {
        let text = "# a\n```python\nx = 1\n```\n- b\n  ````py title\n  if y:\n    ```\n  z\n  ````\n~~~ts\nlet a = 1;\n~~~\n```\nno\n```\n";
        let (lines, syntax) = fences(text, Language::Python);
        let code: Vec<&str> = lines.into_iter().map(|line| &text[line]).collect();
        assert_eq!((code.concat().as_str(), syntax), ("x = 1\nif y:\n  ```\nz\n", Syntax::Python));
        assert_eq!(fences(text, Language::JavaScript).1, Syntax::TypeScript);
        assert_eq!(fenced(text), Some(Language::Python));
        assert_eq!(fenced("no code\n```\nx\n```\n"), None);
        assert!(is_markdown("README.md") && !is_markdown("README"));
    }
}
