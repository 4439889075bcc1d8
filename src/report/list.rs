//! Lists of rules: for a terminal, as data, and as the Markdown page with all of them.

use std::{
    fmt,
    io::{self, Write},
};

use super::{
    page::Page,
    style::{BOLD, DIM, PATH, of},
};
use crate::{lang::Language, rules::Rule};

/// Writes one line per rule.
pub fn text(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    let width = rules.iter().map(|rule| rule.id.chars().count()).max().unwrap_or_default();
    let head = Padded("rule", width);
    if !rules.is_empty() {
        writeln!(out, "{BOLD}{head}  {:<10}  {:<8}  {:<6}  title{BOLD:#}", "class", "severity", "fix")?;
    }
    for rule in rules {
        let file = &rule.file;
        let severity = of(file.severity);
        writeln!(
            out,
            "{PATH}{}{PATH:#}  {:<10}  {severity}{:<8}{severity:#}  {DIM}{:<6}{DIM:#}  {}",
            Padded(&rule.id, width),
            file.class.name(),
            file.severity.name(),
            file.fix.level.name(),
            file.title.trim(),
        )?;
    }
    Ok(())
}

struct Padded<'w>(&'w str, usize);

impl fmt::Display for Padded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<width$}", self.0, width = self.1)
    }
}

/// Writes the pages of the rules as one JSON list.
pub fn json(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    let pages: Vec<Page<'_>> = rules.iter().map(|rule| Page::of(rule)).collect();
    serde_json::to_writer_pretty(&mut *out, &pages)?;
    writeln!(out)
}

/// Writes the page with all rules as Markdown: an overview per language, then every rule.
pub fn markdown(rules: &[Rule], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Rules\n")?;
    writeln!(out, "Generated from the rule files below `rules/`; `unmoor explain RULE` shows the same in a terminal.")?;
    for language in Language::ALL {
        writeln!(out, "\n## {}\n", language.name())?;
        writeln!(out, "| rule | class | severity | fix | finds |")?;
        writeln!(out, "|---|---|---|---|---|")?;
        for rule in of_language(rules, language) {
            let file = &rule.file;
            writeln!(
                out,
                "| [`{}`](#{}) | {} | {} | {} | {} |",
                rule.short_id(),
                anchor(rule),
                file.class.name(),
                file.severity.name(),
                file.fix.level.name(),
                file.title.trim().replace('|', "\\|"),
            )?;
        }
        for rule in of_language(rules, language) {
            writeln!(out, "\n<a id=\"{}\"></a>\n", anchor(rule))?;
            Page::of(rule).markdown(3, out)?;
        }
    }
    Ok(())
}

fn of_language(rules: &[Rule], language: Language) -> impl Iterator<Item = &Rule> {
    rules.iter().filter(move |rule| rule.language == language)
}

/// Titles repeat across languages; ids do not.
fn anchor(rule: &Rule) -> String {
    rule.id.replace('/', "-")
}
