//! A plan in words, for people: what changes, what is held back and why, what has to hold before deploying, what has to
//! be configured. It goes to standard error; the diff is the other half.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use super::{
    style::{BOLD, DIM, HELP, PATH, WARNING},
    words::{count, indented, printable, wrapped},
};
use crate::{
    finding::Location,
    migrate::plan::{Fix, Held, ManualSites, Plan, Precondition, Problem, Setting},
    rules::{
        model::FixLevel,
        target::{Target, TargetFile},
    },
};

/// Where text is wrapped.
const WIDTH: usize = 100;
/// How many places of a kind are named before the rest is counted.
const MAX_PLACES: usize = 3;

/// What is said beside the plan itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Telling<'t> {
    /// True when the changes were written, not only shown.
    pub written: bool,
    /// How many of the files could not be written.
    pub refused: usize,
    /// How many entries of a list are shown.
    pub most: usize,
    /// True when the steps for what is to be changed by hand are shown.
    pub steps: bool,
    /// The target, for what it says about its settings.
    pub target: Option<&'t Target>,
}

/// Writes the plan as one JSON document.
pub fn json(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, plan)?;
    writeln!(out)
}

/// Writes what could not be looked at as it should.
pub fn problems(problems: &[Problem], most: usize, out: &mut dyn Write) -> io::Result<()> {
    for problem in problems.iter().take(most) {
        let line = problem.line.map(|line| format!("{line}:")).unwrap_or_default();
        let path = printable(&problem.path);
        let message = printable(&problem.message);
        writeln!(out, "{WARNING}warning{WARNING:#}: {PATH}{path}{PATH:#}:{line} {message}")?;
    }
    rest(problems.len(), most, "", out)
}

/// Writes the summary.
pub fn text(plan: &Plan, telling: Telling<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}", headline(plan, telling))?;
    facts(plan, out)?;
    held(plan, telling.most, out)?;
    by_hand(plan, telling.steps, out)?;
    preconditions(&plan.preconditions, out)?;
    settings(plan, telling.target, out)?;
    unmapped(plan, telling.most, out)?;
    left(plan, telling.most, out)
}

fn headline(plan: &Plan, telling: Telling<'_>) -> String {
    if plan.files.is_empty() {
        return if plan.held.is_empty() { "nothing to change" } else { "nothing to change at this level" }.to_owned();
    }
    let levels: Vec<FixLevel> = plan.files.iter().flat_map(|file| &file.fixes).map(|fix| fix.level).collect();
    let number = |level: FixLevel| levels.iter().filter(|one| **one == level).count();
    let parts: Vec<String> = [FixLevel::Safe, FixLevel::Unsafe]
        .into_iter()
        .filter(|level| number(*level) > 0)
        .map(|level| format!("{} {}", number(level), level.name()))
        .collect();
    let changes = count(levels.len() as u64, "change");
    let files = count(plan.files.len() as u64, "file");
    let target = plan.target.as_ref().map(|target| format!(", for {}", printable(target))).unwrap_or_default();
    let (subject, end) = match (telling.written, telling.refused) {
        (false, _) => ("to make: ", "; --write makes them".to_owned()),
        (true, 0) => ("", String::new()),
        (true, refused) => ("", format!("; {} not written", count(refused as u64, "file"))),
    };
    format!("{subject}{changes} in {files} ({}){target}{end}", parts.join(", "))
}

fn heading(title: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{BOLD}{title}{BOLD:#}")
}

/// What the changes rest on: each fact with the places that need it.
fn facts(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let mut facts: BTreeMap<&str, Vec<&Fix>> = BTreeMap::new();
    for fix in plan.files.iter().flat_map(|file| &file.fixes) {
        for fact in &fix.facts {
            facts.entry(fact).or_default().push(fix);
        }
    }
    if facts.is_empty() {
        return Ok(());
    }
    heading("Changes that are right only if", out)?;
    for (fact, fixes) in facts {
        write!(out, "{}", wrapped(&format!("- {}", printable(fact)), 2, WIDTH))?;
        let places: Vec<String> = fixes.iter().map(|fix| place(&fix.location)).collect();
        writeln!(out, "    {DIM}{}{DIM:#}", some_of(&places))?;
    }
    Ok(())
}

fn held(plan: &Plan, most: usize, out: &mut dyn Write) -> io::Result<()> {
    if plan.held.is_empty() {
        return Ok(());
    }
    heading("Held back", out)?;
    let mut told = BTreeSet::new();
    for one in plan.held.iter().take(most) {
        write_held(one, plan.level, &mut told, out)?;
    }
    rest(plan.held.len(), most, "  ", out)
}

fn write_held<'p>(
    held: &'p Held,
    level: FixLevel,
    told: &mut BTreeSet<&'p str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rule = short(&held.rule);
    let would = held.level != FixLevel::Manual && held.level < level;
    let (what, why) = match held.level {
        FixLevel::Manual => ("manual: shown, never applied".to_owned(), "because"),
        other if would => (format!("`--level {}` would change it", other.name()), "right only if"),
        _ => ("left as it is".to_owned(), "because"),
    };
    writeln!(out, "  {PATH}{}{PATH:#}: {rule} {DIM}({what}){DIM:#}", place(&held.location))?;
    for reason in &held.reasons {
        write!(out, "{}", wrapped(&format!("- {why}: {}", printable(reason)), 4, WIDTH))?;
    }
    match &held.recipe {
        Some(_) if !told.insert(&held.rule) => writeln!(out, "    by hand: as for {rule} above"),
        Some(recipe) => write_recipe(recipe, out),
        None => Ok(()),
    }
}

fn write_recipe(recipe: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "    by hand:")?;
    write!(out, "{}", wrapped(recipe.trim_end(), 6, WIDTH))
}

/// The sites that no fix changes, by the short id of their rules: that is what `unmoor explain` takes. The steps would
/// drown the rest, so they are shown only when asked for.
fn by_hand(plan: &Plan, steps: bool, out: &mut dyn Write) -> io::Result<()> {
    if plan.manual.is_empty() {
        return Ok(());
    }
    let mut rules: BTreeMap<&str, Vec<&ManualSites>> = BTreeMap::new();
    for sites in &plan.manual {
        rules.entry(short(&sites.rule)).or_default().push(sites);
    }
    heading("To change by hand", out)?;
    for (rule, all) in rules {
        let number = all.iter().map(|sites| u64::from(sites.count)).sum();
        writeln!(out, "  {rule}: {}", count(number, "site"))?;
        for recipe in all.iter().filter_map(|sites| sites.recipe.as_deref()).filter(|_| steps) {
            write!(out, "{}", wrapped(recipe.trim_end(), 6, WIDTH))?;
        }
    }
    let here = if steps { "" } else { "; -v shows the steps here" };
    writeln!(out, "  {HELP}help{HELP:#}: `unmoor scan` shows the sites, `unmoor explain RULE` has the steps{here}")
}

fn preconditions(preconditions: &[Precondition], out: &mut dyn Write) -> io::Result<()> {
    if preconditions.is_empty() {
        return Ok(());
    }
    heading("Before deploying", out)?;
    for (position, precondition) in preconditions.iter().enumerate() {
        let says = wrapped(&printable(&precondition.says), 5, WIDTH);
        writeln!(out, "  {}. {}", position + 1, says.trim())?;
        if let Some(check) = &precondition.check {
            writeln!(out, "     check:")?;
            write!(out, "{}", indented(check, 7))?;
        }
        if !precondition.files.is_empty() {
            writeln!(out, "     {DIM}for {}{DIM:#}", some_of(&precondition.files))?;
        }
    }
    Ok(())
}

fn settings(plan: &Plan, target: Option<&Target>, out: &mut dyn Write) -> io::Result<()> {
    if plan.settings.is_empty() {
        return Ok(());
    }
    let title = target.map_or_else(|| plan.target.clone(), |target| Some(target.file.title.clone()));
    heading(&title.map_or_else(|| "Settings".to_owned(), |title| format!("Settings for {}", printable(&title))), out)?;
    let shown = |setting: &Setting| if setting.secret { "(secret)".to_owned() } else { setting.value.clone() };
    let width = |text: &dyn Fn(&Setting) -> String| {
        plan.settings.iter().map(|setting| text(setting).chars().count()).max().unwrap_or_default()
    };
    let (names, values) = (width(&|setting| setting.name.clone()), width(&shown));
    for setting in &plan.settings {
        let (name, value) = (printable(&setting.name), shown(setting));
        write!(out, "  {name:<names$}  {:<values$}", printable(&value))?;
        if !setting.instead_of.is_empty() {
            write!(out, "  {DIM}in place of {}{DIM:#}", some_of(&setting.instead_of))?;
        }
        writeln!(out)?;
    }
    target.map_or(Ok(()), |target| about(&target.file, out))
}

/// What a target says about its settings.
fn about(file: &TargetFile, out: &mut dyn Write) -> io::Result<()> {
    let mut items: Vec<String> = Vec::new();
    items.extend(file.base_url.fill_in.iter().map(|(name, what)| format!("- `{{{name}}}`: {what}")));
    items.extend(file.base_url.alternatives.iter().map(|other| format!("- or `{}`, if {}", other.value, other.when)));
    items.push(format!("- the key is {}. {}", file.key.is, file.key.from));
    let example = file.model.example.as_ref().map(|example| format!(", such as `{example}`")).unwrap_or_default();
    items.push(format!("- a model is named by {}{example}", file.model.form));
    items.extend(file.notes.iter().map(|note| format!("- {note}")));
    let items: Vec<&str> = items.iter().map(|item| item.trim_end()).collect();
    write!(out, "{}", wrapped(&printable_lines(&items), 2, WIDTH))?;
    writeln!(out, "  {DIM}as of {}{DIM:#}", printable(&file.checked))
}

fn printable_lines(lines: &[&str]) -> String {
    lines.iter().map(|line| printable(line).into_owned() + "\n").collect()
}

fn unmapped(plan: &Plan, most: usize, out: &mut dyn Write) -> io::Result<()> {
    if plan.unmapped_models.is_empty() {
        return Ok(());
    }
    heading("Deployments without a model", out)?;
    for name in plan.unmapped_models.iter().take(most) {
        writeln!(out, "  {}", printable(name))?;
    }
    rest(plan.unmapped_models.len(), most, "  ", out)?;
    writeln!(
        out,
        "  {HELP}help{HELP:#}: `unmoor models --write` puts them into the settings file; fill in their models there"
    )
}

fn left(plan: &Plan, most: usize, out: &mut dyn Write) -> io::Result<()> {
    if plan.left_models.is_empty() {
        return Ok(());
    }
    heading("Deployment names that stay in the code", out)?;
    for name in plan.left_models.iter().take(most) {
        let places: Vec<String> =
            name.places.iter().map(|place| format!("{}:{}", place.path, place.start.line)).collect();
        writeln!(out, "  {} {DIM}{}{DIM:#}", printable(&name.name), printable(&places.join(", ")))?;
    }
    rest(plan.left_models.len(), most, "  ", out)?;
    writeln!(out, "  {HELP}help{HELP:#}: what they name has to be a model of the target")
}

/// Says how many entries are not shown.
fn rest(all: usize, most: usize, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    match all.saturating_sub(most) {
        0 => Ok(()),
        more => writeln!(out, "{indent}{DIM}and {more} more; -v shows all, so does --format json{DIM:#}"),
    }
}

fn short(rule: &str) -> &str {
    rule.rsplit('/').next().unwrap_or(rule)
}

fn place(location: &Location) -> String {
    format!("{}:{}", printable(&location.path), location.start.line)
}

/// The first few of a list, and how many more there are.
pub(super) fn some_of(all: &[String]) -> String {
    let first: Vec<_> = all.iter().take(MAX_PLACES).map(|one| printable(one)).collect();
    match all.len().saturating_sub(MAX_PLACES) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{finding::Point, migrate::plan::FilePlan, rules::model::Class};

    fn location(path: &str, line: u32) -> Location {
        let start = Point { line, column: 1, column_utf16: 1, byte: 0 };
        Location { path: path.to_owned(), start, end: start }
    }

    fn fix(path: &str, line: u32, level: FixLevel, facts: &[&str]) -> Fix {
        Fix {
            rule: "demo/python/client-demo".to_owned(),
            class: Class::Client,
            location: location(path, line),
            level,
            title: "HostedClient becomes PlainClient".to_owned(),
            facts: facts.iter().map(|&fact| fact.to_owned()).collect(),
            covers: Vec::new(),
        }
    }

    fn file(path: &str, fixes: Vec<Fix>) -> FilePlan {
        let (sha256, before, after) = Default::default();
        FilePlan { path: path.to_owned(), fixes, edits: Vec::new(), sha256, before, after }
    }

    fn held(line: u32, level: FixLevel, reason: &str, recipe: Option<&str>) -> Held {
        Held {
            rule: "demo/python/client-demo".to_owned(),
            class: Class::Client,
            location: location("src/app.py", line),
            level,
            reasons: vec![reason.to_owned()],
            recipe: recipe.map(str::to_owned),
        }
    }

    fn manual(rule: &str, recipe: Option<&str>) -> ManualSites {
        ManualSites { rule: rule.to_owned(), count: 2, recipe: recipe.map(str::to_owned) }
    }

    fn plan() -> Plan {
        let setting = |name: &str, value: &str, instead_of: &str, secret| Setting {
            name: name.to_owned(),
            value: value.to_owned(),
            instead_of: vec![instead_of.to_owned()],
            secret,
        };
        Plan {
            target: Some("harbour".to_owned()),
            level: FixLevel::Safe,
            files: vec![
                file("src/app.py", vec![fix("src/app.py", 3, FixLevel::Safe, &[])]),
                file("src/web.ts", vec![fix("src/web.ts", 9, FixLevel::Unsafe, &["The gateway passes the path on."])]),
            ],
            held: vec![
                held(12, FixLevel::Unsafe, "The address has no path of its own.", None),
                held(20, FixLevel::Manual, "its arguments are\u{1b} spread", Some("1. Look where they come from.\n")),
                held(30, FixLevel::Manual, "it is subclassed", Some("1. Look where they come from.\n")),
            ],
            preconditions: vec![Precondition {
                says: "The resource serves `/v1/`.".to_owned(),
                check: Some("curl \\\n  https://demo.example.invalid/v1/models\n".to_owned()),
                files: ["a.py", "b.py", "c.py", "d.py", "e.py"].map(str::to_owned).to_vec(),
            }],
            settings: vec![
                setting("DEMO_BASE_URL", "https://harbour.example.invalid/v1", "env[\"OLD_URL\"]", false),
                setting("DEMO_KEY", "hush", "env[\"OLD_KEY\"]", true),
            ],
            unmapped_models: vec!["chat-prod".to_owned(), "embed".to_owned()],
            manual: vec![
                manual("demo/javascript/feature-demo", None),
                manual("demo/python/endpoint-demo", Some("1. Take the port out.\n2. Put it in.\n")),
                manual("demo/python/feature-demo", None),
            ],
            ..Plan::default()
        }
    }

    fn target() -> Target {
        let yaml = "title: The Harbour\nbase-url: {value: 'https://{pier}.example.invalid', fill-in: {pier: the pier}}\n\
                    key: {is: a pass, from: The harbour master gives it.}\nmodel: {form: a ship's name, example: argo}\n\
                    notes: [Tides matter.]\nlinks: []\nchecked: '2026-11-22'\n";
        Target { id: "harbour".to_owned(), file: serde_saphyr::from_str(yaml).unwrap(), source: None }
    }

    fn shown(plan: &Plan, telling: Telling<'_>) -> String {
        let mut out = Vec::new();
        text(plan, telling, &mut out).unwrap();
        anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    #[test]
    fn the_summary_says_what_changes_what_does_not_and_what_must_hold() {
        let target = target();
        insta::assert_snapshot!(shown(&plan(), Telling { most: 20, target: Some(&target), ..Telling::default() }), @r#"
        to make: 2 changes in 2 files (1 safe, 1 unsafe), for harbour; --write makes them

        Changes that are right only if
          - The gateway passes the path on.
            src/web.ts:9

        Held back
          src/app.py:12: client-demo (`--level unsafe` would change it)
            - right only if: The address has no path of its own.
          src/app.py:20: client-demo (manual: shown, never applied)
            - because: its arguments are\u{1b} spread
            by hand:
              1. Look where they come from.
          src/app.py:30: client-demo (manual: shown, never applied)
            - because: it is subclassed
            by hand: as for client-demo above

        To change by hand
          endpoint-demo: 2 sites
          feature-demo: 4 sites
          help: `unmoor scan` shows the sites, `unmoor explain RULE` has the steps; -v shows the steps here

        Before deploying
          1. The resource serves `/v1/`.
             check:
               curl \
                 https://demo.example.invalid/v1/models
             for a.py, b.py, c.py and 2 more

        Settings for The Harbour
          DEMO_BASE_URL  https://harbour.example.invalid/v1  in place of env["OLD_URL"]
          DEMO_KEY       (secret)                            in place of env["OLD_KEY"]
          - `{pier}`: the pier
          - the key is a pass. The harbour master gives it.
          - a model is named by a ship's name, such as `argo`
          - Tides matter.
          as of 2026-11-22

        Deployments without a model
          chat-prod
          embed
          help: `unmoor models --write` puts them into the settings file; fill in their models there
        "#);
    }

    #[test]
    fn long_lists_are_cut_and_say_so() {
        let telling = Telling { written: true, refused: 1, most: 1, ..Telling::default() };
        let shown = shown(&plan(), telling);
        assert!(
            shown.starts_with("2 changes in 2 files (1 safe, 1 unsafe), for harbour; 1 file not written\n"),
            "{shown}"
        );
        assert!(shown.contains("\n  and 2 more; -v shows all, so does --format json\n"), "{shown}");
        assert!(shown.contains("Settings for harbour\n"), "{shown}");
    }

    #[test]
    fn steps_are_shown_when_asked_for() {
        let shown = shown(&plan(), Telling { most: 20, steps: true, ..Telling::default() });
        let wanted =
            "  endpoint-demo: 2 sites\n      1. Take the port out.\n      2. Put it in.\n  feature-demo: 4 sites\n";
        assert!(shown.contains(wanted), "{shown}");
        assert!(shown.contains("has the steps\n"), "{shown}");
    }

    #[test]
    fn an_empty_plan_says_so() {
        let told = |plan: &Plan| shown(plan, Telling::default());
        assert_eq!(told(&Plan::default()), "nothing to change\n");
        let plan = Plan { held: plan().held, level: FixLevel::Safe, ..Plan::default() };
        assert!(told(&plan).starts_with("nothing to change at this level\n\nHeld back\n"));
    }

    #[test]
    fn problems_name_their_place() {
        let problem = |line| Problem { path: "a.py".to_owned(), line, message: "syntax error".to_owned() };
        let mut out = Vec::new();
        problems(&[problem(Some(3)), problem(None)], 20, &mut out).unwrap();
        let shown = anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string();
        assert_eq!(shown, "warning: a.py:3: syntax error\nwarning: a.py: syntax error\n");
    }
}
