//! The page of a rule: what it finds, why it matters, what to write instead, and what to watch for; for a terminal, as
//! Markdown, and as data.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, Write},
};

use serde::Serialize;

use super::{
    style::{BOLD, DIM, PATH, of},
    words::{indented, wrapped},
};
use crate::rules::{
    Rule,
    message::portable_in_general,
    model::{Beside, Class, Clause, Confidence, Fix, FixLevel, Role, Severity, Within},
};

/// The width of a page in a terminal.
const WIDTH: usize = 100;
/// How many names of one list are shown; the rule file has them all.
const MAX_NAMES: usize = 12;

/// A rule's page as data.
#[derive(Debug, Serialize)]
pub struct Page<'r> {
    id: &'r str,
    language: &'static str,
    title: &'r str,
    class: Class,
    severity: Severity,
    confidence: Confidence,
    finds: Vec<String>,
    why: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    portable: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'r str>,
    traps: &'r [String],
    fix_level: FixLevel,
    holds_if: &'r [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    mechanical: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_hand: Option<&'r str>,
    checked: &'r BTreeMap<String, String>,
    links: &'r [String],
}

impl<'r> Page<'r> {
    /// The page of a rule.
    pub fn of(rule: &'r Rule) -> Self {
        let file = &rule.file;
        Self {
            id: &rule.id,
            language: rule.language.name(),
            title: file.title.trim(),
            class: file.class,
            severity: file.severity,
            confidence: file.confidence,
            finds: file.clauses().iter().map(describe).collect(),
            why: file.why.trim(),
            portable: file.portable.as_deref().map(|form| portable_in_general(form.trim_end())),
            before: file.before.as_deref().map(str::trim_end),
            after: file.after.as_deref().map(str::trim_end),
            traps: &file.traps,
            fix_level: file.fix.level,
            holds_if: &file.fix.holds_if,
            mechanical: mechanical(&file.fix),
            by_hand: file.fix.recipe.as_deref().map(str::trim_end),
            checked: &file.checked,
            links: &file.links,
        }
    }

    /// Writes it for a terminal.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let severity = of(self.severity);
        writeln!(out, "{BOLD}{}{BOLD:#}", self.title)?;
        writeln!(out, "{PATH}{}{PATH:#}", self.id)?;
        writeln!(
            out,
            "{} · {severity}{}{severity:#} · fix: {} {DIM}({}){DIM:#}",
            self.class.name(),
            self.severity.name(),
            self.fix_level.name(),
            meaning(self.fix_level),
        )?;
        let mut section = |title: &str, body: String| {
            if body.is_empty() { Ok(()) } else { write!(out, "\n{BOLD}{title}{BOLD:#}\n{body}") }
        };
        section("Why", wrapped(self.why, 2, WIDTH))?;
        section("Finds", items(&self.finds))?;
        section("Before", self.before.map_or_else(String::new, |code| indented(code, 4)))?;
        section("After", self.after.map_or_else(String::new, |code| indented(code, 4)))?;
        section("Portable form", self.portable.as_deref().map_or_else(String::new, |code| indented(code, 4)))?;
        section("Traps", items(self.traps))?;
        section("The change is right if", items(self.holds_if))?;
        section("Mechanical change", wrapped(self.mechanical.as_deref().unwrap_or_default(), 2, WIDTH))?;
        section("By hand", wrapped(self.by_hand.unwrap_or_default(), 2, WIDTH))?;
        section("Checked with", wrapped(&self.versions(), 2, WIDTH))?;
        section("Links", indented(&self.links.join("\n"), 2))
    }

    /// Writes it as Markdown, with a heading of the given level.
    pub fn markdown(&self, level: usize, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} {}\n", "#".repeat(level), self.title)?;
        writeln!(
            out,
            "`{}` · {} · {} · fix: {} ({})\n",
            self.id,
            self.class.name(),
            self.severity.name(),
            self.fix_level.name(),
            meaning(self.fix_level),
        )?;
        writeln!(out, "{}", self.why)?;
        let mut list = |title: &str, entries: &[String]| {
            if entries.is_empty() {
                return Ok(());
            }
            write!(out, "\n{title}:\n\n")?;
            entries.iter().try_for_each(|entry| writeln!(out, "- {}", entry.trim()))
        };
        list("Finds", &self.finds)?;
        list("Traps", self.traps)?;
        list("The change is right if", self.holds_if)?;
        for (title, body) in
            [("Before", self.before), ("After", self.after), ("Portable form", self.portable.as_deref())]
        {
            if let Some(body) = body {
                write!(out, "\n{title}:\n\n```{}\n{body}\n```\n", self.language)?;
            }
        }
        for (title, text) in [("Mechanical change", self.mechanical.as_deref()), ("By hand", self.by_hand)] {
            if let Some(text) = text {
                write!(out, "\n{title}:\n\n{text}\n")?;
            }
        }
        if !self.checked.is_empty() {
            write!(out, "\nChecked with {}.\n", self.versions())?;
        }
        if !self.links.is_empty() {
            let links: Vec<String> = self.links.iter().map(|link| format!("<{link}>")).collect();
            write!(out, "\nSee {}\n", links.join(", "))?;
        }
        Ok(())
    }

    fn versions(&self) -> String {
        let versions: Vec<String> =
            self.checked.iter().map(|(package, version)| format!("{package} {version}")).collect();
        versions.join(", ")
    }
}

fn items(entries: &[String]) -> String {
    let entries: Vec<String> = entries.iter().map(|entry| format!("- {}", entry.trim())).collect();
    wrapped(&entries.join("\n"), 2, WIDTH)
}

fn meaning(level: FixLevel) -> &'static str {
    match level {
        FixLevel::Manual => "for you to make",
        FixLevel::Unsafe => "right if a stated fact holds",
        FixLevel::Safe => "the same request reaches the same resource",
    }
}

/// What `unmoor fix` makes of the sites of a rule, where the rule has a rewrite of its own. (Sites of other rules can
/// change along with a client.)
fn mechanical(fix: &Fix) -> Option<String> {
    let option = if fix.rewrite.iter().all(|rewrite| rewrite.only_for_targets) { " --target TARGET" } else { "" };
    let best = fix.level.name();
    if !fix.swap.is_empty() {
        let swaps =
            fix.swap.iter().map(|(from, swap)| format!("`{from}` becomes `{}` {}", swap.to, swap.at.join(" or ")));
        let swaps = swaps.collect::<Vec<_>>().join(", ");
        return Some(format!(
            "`unmoor fix --level unsafe` swaps packages when it leaves no code that uses the old one: {swaps}."
        ));
    }
    let is_made = !fix.rewrite.is_empty() && fix.level > FixLevel::Manual;
    is_made.then(|| format!("`unmoor fix{option}` makes it where it can; the best level is `{best}`."))
}

/// What a clause looks for, in words.
fn describe(clause: &Clause) -> String {
    let mut words = place(clause);
    if let Some(of) = &clause.of {
        let _ = write!(words, ", where it reaches a call of {}", names(of));
    }
    if let Some(on) = &clause.on {
        let _ = write!(words, " of {}", names(on));
    }
    if let Some(roles) = &clause.roles {
        let roles: Vec<&str> = roles.iter().copied().map(role).collect();
        let _ = write!(words, " ({})", roles.join(", "));
    }
    if !clause.with.is_empty() {
        let _ = write!(words, " with {}", names(clause.with.keys()));
    }
    if !clause.without.is_empty() {
        let _ = write!(words, " without {}", names(&clause.without));
    }
    if let Some(modules) = &clause.imports {
        let _ = write!(words, ", in files that import {}", names(modules));
    }
    if let Some(classes) = &clause.flows_into {
        let classes: Vec<&str> = classes.iter().map(|class| class.name()).collect();
        let _ = write!(words, ", where it flows into a finding of class {}", classes.join(" or "));
    }
    if let Some(beside) = &clause.beside {
        words.push_str(&near(beside));
    }
    words
}

fn place(clause: &Clause) -> String {
    let named = |what: &str, list: &Option<Vec<String>>| list.as_ref().map(|list| format!("{what} {}", names(list)));
    named("import of", &clause.import)
        .or_else(|| named("call of", &clause.call))
        .or_else(|| named("argument, key or attribute", &clause.key))
        .or_else(|| named("use of", &clause.reference))
        .or_else(|| named("read of the member", &clause.member))
        .or_else(|| named("assignment to", &clause.store))
        .or_else(|| named("environment variable or setting", &clause.env))
        .or_else(|| clause.text.as_ref().map(|text| format!("text that matches `{text}`")))
        .unwrap_or_default()
}

fn near(beside: &Beside) -> String {
    let classes = beside.class.iter().map(|class| format!("of class {}", class.name()));
    let rules = beside.rule.iter().map(|rule| format!("`{rule}`"));
    let what: Vec<String> = rules.chain(classes).collect();
    let within = match beside.within {
        Within::Call => "call",
        Within::Function => "function",
        Within::File => "file",
    };
    format!(", in the same {within} as a finding {}", what.join(" or "))
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Annotation => "in annotations",
        Role::Base => "as base class",
        Role::Check => "in type checks",
        Role::Value => "as a value",
    }
}

fn names<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if names.len() <= MAX_NAMES {
        return names.join(", ");
    }
    format!("{} and {} more", names[..MAX_NAMES].join(", "), names.len() - MAX_NAMES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;

    fn rule(fix: &str) -> Rule {
        let yaml = format!("title: t\nclass: client\nmatch: {{call: [m.X]}}\nmessage: m\nwhy: w\nfix:\n{fix}");
        let file = serde_saphyr::from_str(&yaml).unwrap();
        Rule { id: "p/python/client-x".to_owned(), language: Language::Python, file, source: None }
    }

    fn shown(rule: &Rule, markdown: bool) -> String {
        let (page, mut out) = (Page::of(rule), Vec::new());
        let written = if markdown { page.markdown(1, &mut out) } else { page.text(&mut out) };
        written.unwrap();
        anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    #[test]
    fn says_what_fix_does_and_what_is_left_to_people() {
        let rule = rule("  level: safe\n  rewrite: [{symbols: {m.X: m.Y}}]\n  recipe: |\n    1. Look.\n    2. Leap.\n");
        let made = "`unmoor fix` makes it where it can; the best level is `safe`.";
        let text = shown(&rule, false);
        assert!(
            text.ends_with(&format!("\nMechanical change\n  {made}\n\nBy hand\n  1. Look.\n  2. Leap.\n")),
            "{text}"
        );
        let text = shown(&rule, true);
        assert!(
            text.ends_with(&format!("\nMechanical change:\n\n{made}\n\nBy hand:\n\n1. Look.\n2. Leap.\n")),
            "{text}"
        );
    }

    #[test]
    fn says_when_a_target_is_needed_and_nothing_where_nothing_is_made() {
        let targets = rule("  level: unsafe\n  rewrite: [{only-for-targets: true}]\n");
        assert!(shown(&targets, false).contains("`unmoor fix --target TARGET` makes it"));
        for fix in ["  level: unsafe\n", "  level: manual\n  rewrite: [{}]\n"] {
            assert!(!shown(&rule(fix), false).contains("Mechanical"), "{fix}");
        }
    }
}
