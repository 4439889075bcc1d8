//! The assessment in Markdown, short enough for a comment on a pull request or the summary of a CI job: answers first,
//! then what they rest on, as far as the budget goes. What is left out is said.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use super::words::{count, duration, printable, verdict};
use crate::migrate::assess::{Assessment, Effort, Judgement, Place, TargetAnswer, VerdictCounts, WorkPackage};

/// How many bytes a report may have, unless told otherwise: a comment on GitHub takes 65,536 characters.
pub const BUDGET: usize = 60_000;
/// How many places are named in one line.
const MAX_PLACES: usize = 5;

/// Writes the assessment in at most `budget` bytes.
pub fn write(assessment: &Assessment, budget: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { text: String::new(), budget: budget.saturating_sub(200), left_out: Vec::new() };
    page.add("the summary", &head(assessment));
    page.add("the table of parts of the API", &apis(assessment));
    let packages: Vec<String> = assessment.packages.iter().map(|package| work_package(package, assessment)).collect();
    page.add_all("work packages", "## Work packages, in order\n\n", &packages);
    page.add("the table of deployments", &deployments(assessment));
    page.add("the map of settings", &configuration(assessment));
    page.add("the conditions", &preconditions(assessment));
    page.add("the checklist", &checklist(assessment));
    page.add("the files that could not be read", &troubles(assessment));
    page.add("what is said of the targets", &targets(assessment));
    if !page.left_out.is_empty() {
        let _ = writeln!(page.text, "_Left out to stay short: {}._", page.left_out.join(", "));
    }
    out.write_all(page.text.as_bytes())
}

/// A text that grows within a budget.
struct Page {
    text: String,
    budget: usize,
    left_out: Vec<String>,
}

impl Page {
    fn add(&mut self, name: &str, section: &str) {
        if section.is_empty() {
            return;
        }
        if self.text.len() + section.len() > self.budget {
            self.left_out.push(name.to_owned());
        } else {
            self.text.push_str(section);
        }
    }

    fn add_all(&mut self, name: &str, title: &str, entries: &[String]) {
        if entries.is_empty() {
            return;
        }
        self.add(name, title);
        let fits = entries.iter().take_while(|entry| {
            let fits = self.text.len() + entry.len() <= self.budget;
            if fits {
                self.text.push_str(entry);
            }
            fits
        });
        let left = entries.len() - fits.count();
        if left > 0 {
            self.left_out.push(format!("{left} of the {name}"));
        }
    }
}

fn head(assessment: &Assessment) -> String {
    let summary = &assessment.summary;
    let mut text = format!("# Leaving: {}\n\n", plain(&assessment.name));
    let _ = writeln!(
        text,
        "{} in {}, {}, {} on them ({}).\n",
        count(summary.sites, "site"),
        count(summary.files_tied, "file"),
        count(summary.units, "unit"),
        count(summary.calls, "call"),
        plain(&assessment.date),
    );
    text.push_str("| Target | Calls | Effort |\n|---|---|---|\n");
    for target in &assessment.targets {
        let _ =
            writeln!(text, "| **{}** | {} | {} |", cell(&target.title), cell(&target.answer), range(&target.effort));
    }
    text.push('\n');
    text
}

/// One row for each part of the API, one column for each target.
fn apis(assessment: &Assessment) -> String {
    if assessment.apis.is_empty() {
        return String::new();
    }
    let mut text = String::from("## What is called\n\n| Part of the API | Calls |");
    for target in &assessment.targets {
        let _ = write!(text, " {} |", cell(&target.title));
    }
    text.push_str("\n|---|---:|");
    text.push_str(&"---|".repeat(assessment.targets.len()));
    text.push('\n');
    for api in &assessment.apis {
        let _ = write!(text, "| {} | {} |", cell(&api.title), api.calls);
        for target in &assessment.targets {
            let answer = target.apis.iter().find(|answer| answer.api == api.id);
            let _ = write!(text, " {} |", answer.map_or_else(String::new, |answer| counts(&answer.calls)));
        }
        text.push('\n');
    }
    text.push('\n');
    text
}

fn counts(counts: &VerdictCounts) -> String {
    let parts = [
        (counts.ready, "ready"),
        (counts.after_safe_fix, "after the safe fix"),
        (counts.after_unsafe_fix, "after a fix to review"),
        (counts.needs_work, "need work"),
        (counts.unsupported, "unsupported"),
        (counts.unknown, "unknown"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, says)| format!("{count} {says}")).collect::<Vec<_>>().join(", ")
}

fn work_package(package: &WorkPackage, assessment: &Assessment) -> String {
    let mut text = format!("### {}: {}\n\n", title_of(&package.id), plain(&package.title));
    let _ = writeln!(
        text,
        "{}, {}, {}.",
        count(package.units.len() as u64, "unit"),
        count(package.calls, "call"),
        count(package.sites, "site")
    );
    if !package.after.is_empty() {
        let after: Vec<String> = package.after.iter().map(|id| title_of(id).to_lowercase()).collect();
        let _ = writeln!(text, "After {}.", after.join(", "));
    }
    text.push('\n');
    for target in &assessment.targets {
        if let Some(line) = judged(package, target, assessment) {
            text.push_str(&line);
        }
    }
    for says in &package.because {
        let _ = writeln!(text, "- {}", plain(says));
    }
    for step in &package.steps {
        let reasons =
            if step.reasons.is_empty() { String::new() } else { format!(" ({})", plain(&step.reasons.join("; "))) };
        let _ = writeln!(text, "- By hand: {}{reasons}: {}", plain(&step.title), places(&step.places));
    }
    text.push('\n');
    text
}

fn judged(package: &WorkPackage, target: &TargetAnswer, assessment: &Assessment) -> Option<String> {
    let judgement = assessment.judgements.get(*package.judgements.get(&target.id)? as usize)?;
    let effort = package.efforts.get(&target.id).map(range).unwrap_or_default();
    let first = judgement.reasons.first().and_then(|&at| assessment.reasons.get(at as usize));
    let because = first.map(|reason| format!(": {}", plain(&reason.says))).unwrap_or_default();
    Some(format!("- **{}**: {}, {effort}{because}\n", plain(&target.title), word(judgement)))
}

fn word(judgement: &Judgement) -> &'static str {
    verdict(judgement.verdict, judgement.level)
}

fn title_of(id: &str) -> String {
    let mut title = id.replace('-', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

fn deployments(assessment: &Assessment) -> String {
    if assessment.deployments.is_empty() {
        return String::new();
    }
    let mut text =
        String::from("## Deployments and models\n\n| Deployment | Model | Calls | Where |\n|---|---|---:|---|\n");
    for entry in &assessment.deployments {
        let name = if entry.variable { format!("{} (variable)", code(&entry.name)) } else { code(&entry.name) };
        let model = entry.model.as_deref().map_or_else(|| "to be found out".to_owned(), code);
        let _ = writeln!(text, "| {name} | {model} | {} | {} |", entry.calls, places(&entry.places));
    }
    text.push('\n');
    text
}

fn configuration(assessment: &Assessment) -> String {
    if assessment.configuration.is_empty() {
        return String::new();
    }
    let mut text = String::from("## Settings\n\n| Now | Then |");
    let elsewhere: Vec<&TargetAnswer> = assessment
        .targets
        .iter()
        .filter(|target| assessment.configuration.iter().any(|entry| entry.values.contains_key(&target.id)))
        .collect();
    for target in &elsewhere {
        let _ = write!(text, " {} |", cell(&target.title));
    }
    let _ = writeln!(text, "\n|---|---|{}", "---|".repeat(elsewhere.len()));
    for entry in &assessment.configuration {
        let old: Vec<String> = entry.old.iter().map(|old| code(old)).collect();
        let new = entry.new.as_deref().map_or_else(|| "as it is".to_owned(), code);
        let _ = write!(text, "| {} | {new} |", old.join(", "));
        for target in &elsewhere {
            let value = entry.values.get(&target.id);
            let _ = write!(text, " {} |", value.map_or_else(String::new, |value| cell(value)));
        }
        text.push('\n');
    }
    text.push('\n');
    text
}

fn preconditions(assessment: &Assessment) -> String {
    if assessment.preconditions.is_empty() {
        return String::new();
    }
    let mut text = String::from("## What must hold for the fixes\n\n");
    for condition in &assessment.preconditions {
        let _ = writeln!(text, "- [ ] {} ({})", plain(&condition.says), count(condition.files, "file"));
        if let Some(check) = &condition.check {
            let _ = writeln!(text, "\n  ```sh\n  {check}\n  ```");
        }
    }
    text.push('\n');
    text
}

fn checklist(assessment: &Assessment) -> String {
    if assessment.checklist.is_empty() {
        return String::new();
    }
    let mut text = String::from("## Reasons to stay that code cannot show\n\n");
    for item in &assessment.checklist {
        let _ = writeln!(text, "- [ ] {} {}", plain(&item.asks), plain(&item.why));
    }
    text.push('\n');
    text
}

fn troubles(assessment: &Assessment) -> String {
    if assessment.diagnostics.is_empty() {
        return String::new();
    }
    let mut text = String::from("## What could not be looked at\n\n");
    for trouble in &assessment.diagnostics {
        let line = trouble.line.map(|line| format!(":{line}")).unwrap_or_default();
        let place =
            trouble.path.as_deref().map(|path| format!("{}: ", code(&format!("{path}{line}")))).unwrap_or_default();
        let _ = writeln!(text, "- {place}{}", plain(&trouble.message));
    }
    text.push('\n');
    text
}

fn targets(assessment: &Assessment) -> String {
    let mut text = String::from("## The targets\n\n");
    for target in &assessment.targets {
        let _ = writeln!(
            text,
            "**{}** ({}; checked {})\n",
            plain(&target.title),
            code(&target.base_url),
            plain(&target.checked)
        );
        for note in &target.notes {
            let _ = writeln!(text, "- {}", plain(note));
        }
        for link in &target.links {
            let _ = writeln!(text, "- <{link}>");
        }
        text.push('\n');
    }
    text
}

fn range(effort: &Effort) -> String {
    if effort.high == 0 { "no work".to_owned() } else { duration(effort.low, effort.high) }
}

fn places(places: &[Place]) -> String {
    let shown: Vec<String> =
        places.iter().take(MAX_PLACES).map(|place| code(&format!("{}:{}", place.path, place.line))).collect();
    let more = places.len().saturating_sub(MAX_PLACES);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// Text in which nothing is markup, in one line.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let text = printable(text);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut in_code = false;
    for c in words.chars() {
        in_code ^= c == '`';
        if !in_code && matches!(c, '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '@') {
            shown.push('\\');
        }
        shown.push(c);
    }
    if in_code { shown.replace('`', "\\`") } else { shown }
}

fn cell(text: &str) -> String {
    plain(text)
}

/// Text as code; in tables too.
fn code(text: &str) -> String {
    let text = printable(text).split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(plain("a*b <img> [x](y) @all | `x|y`"), "a\\*b \\<img\\> \\[x\\](y) \\@all \\| `x|y`");
        assert_eq!(plain("a `b *c*"), "a \\`b *c*");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let assessment = Assessment { name: "x".repeat(400), ..Assessment::default() };
        let mut out = Vec::new();
        write(&assessment, 300, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.len() <= 300);
        assert!(text.contains("Left out to stay short: the summary"), "{text}");
    }
}
