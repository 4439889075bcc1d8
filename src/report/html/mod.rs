//! The migration report as one HTML file that loads nothing: what is shown is made here, and the file carries the data it
//! was made from. A policy in the file allows its own style sheet and script by their hashes and nothing else; without
//! the script the page shows the same, only without filter and sort.
//!
//! Each section is a template with a struct that gives it its values; `templates/` holds the former, the modules here the
//! latter. All text is escaped by `escape`, for which no template has an exception: markup is what templates themselves
//! write, and what `prose` makes.

mod charts;
mod diff;
pub(crate) mod escape;
mod inventory;
mod labels;
mod notes;
mod overview;
mod parts;
mod prose;
mod settings;
mod units;
mod work;

use std::io;

use askama::{Template, filters::Safe};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::migrate::assess::Assessment;
use parts::Names;

/// The whole page. Sections come in the order in which readers need them: the answer, the work, what to ask, and then
/// what it all rests on.
#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    a: &'a Assessment,
    names: &'a Names<'a>,
    style: Safe<&'a str>,
    style_hash: String,
    script: Safe<&'a str>,
    script_hash: String,
    data: Safe<String>,
}

/// Writes the report as one HTML file.
pub fn write(assessment: &Assessment, out: &mut dyn io::Write) -> io::Result<()> {
    // A browser drops carriage returns before it hashes; a work tree may have them.
    let style = include_str!("style.css").replace('\r', "");
    let script = include_str!("script.js").replace('\r', "");
    let page = Page {
        a: assessment,
        names: &Names::new(assessment),
        style_hash: hash(&style),
        style: Safe(&style),
        script_hash: hash(&script),
        script: Safe(&script),
        data: Safe(escape::data_block(&serde_json::to_string(assessment)?)),
    };
    page.write_into(out)
}

/// The hash of a text as policies state it.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// The start of a text that is too long for its place.
fn words_of(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most - 1).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Markup comes from templates and from `prose`; a template that could switch escaping off would let files speak.
    #[test]
    fn no_template_switches_escaping_off() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/html/templates");
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let text = text.replace(' ', "");
            assert!(!text.contains("|safe") && !text.contains("|escape") && !text.contains("style=\""), "{text}");
        }
    }

    #[test]
    fn an_empty_assessment_makes_a_page() {
        let mut page = Vec::new();
        write(&Assessment::default(), &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    }
}
