//! Manifests after a fix: a package of which changed code needs a newer version than its manifest promises gets that as
//! its lower bound, and a package that no code uses any more gives way to the one that the changed code uses instead.
//! Pins and lock files stay: to raise what is pinned is their owner's decision.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    ScanOptions,
    projects::Projects,
    settings::{Outcomes, Place},
    shown,
    usage::Usage,
};
use crate::{
    facts::{Dependency, Facts, package_key},
    input::{
        exclude::GlobError,
        text::{Decoded, LineIndex, decode},
        versions::is_compiled,
        walk::{WalkOptions, walk},
    },
    lang::{Grammar, Language, Lowering},
    migrate::{
        Assumption, Outcome, document_plan,
        edits::Edit,
        manifest::{checked, raised, swapped},
        merged,
        plan::{Covered, Fix, Held},
    },
    rules::{
        Rule, RuleSet,
        model::{Class, FixLevel},
        swap::Swap,
    },
};

/// A folder of manifests that belong to the folder above it.
const REQUIREMENTS: &str = "requirements";

/// What is told beside each change of a manifest.
const INSTALL: &str = "what is installed follows: lock files, environments and images are built again";

/// What a language's packages begin with.
fn registry(language: Language) -> Option<&'static str> {
    match language {
        Language::Python => Some("pypi"),
        Language::JavaScript => Some("npm"),
        Language::Document => None,
    }
}

/// What changed code needs, by the folder whose manifests answer for it and by package.
type Needs = BTreeMap<PathBuf, BTreeMap<String, BTreeSet<Assumption>>>;

/// Brings manifests in line with changed code.
pub(super) fn follow(
    paths: &[PathBuf],
    options: &ScanOptions,
    level: FixLevel,
    rules: &RuleSet,
    projects: &Projects,
    outcomes: &mut Outcomes,
) -> Result<(), GlobError> {
    let needs = needs(projects, outcomes);
    let swaps = if level <= FixLevel::Unsafe { swaps(rules, outcomes) } else { Vec::new() };
    if needs.is_empty() && swaps.is_empty() {
        return Ok(());
    }
    let following = Following { needs, swaps, usage: Usage::of(outcomes) };
    let mut lowering = Lowering::within(options.limits);
    let mut changed = Outcomes::new();
    for (path, bytes) in manifests(paths, options)? {
        changed.extend(following.manifest(&path, &bytes, outcomes, &mut lowering)?);
    }
    for (path, outcome) in changed {
        join(outcomes, path, outcome);
    }
    outcomes.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(())
}

/// The versions that chosen changes need and no manifest promises.
fn needs(projects: &Projects, outcomes: &Outcomes) -> Needs {
    let mut needs = Needs::new();
    for (path, outcome) in outcomes.iter().filter(|(_, outcome)| outcome.file.is_some()) {
        let Some(language) = Grammar::of(path).map(Grammar::language) else { continue };
        let Some(registry) = registry(language) else { continue };
        for assumption in &outcome.assumes {
            let Some(manifest) = projects.manifest_of(Path::new(path), language, &assumption.package) else { continue };
            let package = package_key(&format!("{registry}/{}", assumption.package));
            needs.entry(folder_of(&manifest)).or_default().entry(package).or_default().insert(assumption.clone());
        }
    }
    needs
}

/// The swaps for packages that were found, with their rules.
fn swaps(rules: &RuleSet, outcomes: &Outcomes) -> Vec<(String, String, Swap)> {
    let found = |id: &str| outcomes.iter().any(|(_, outcome)| outcome.manual.contains_key(id));
    let of = |rule: &Rule| {
        let swaps = rule.file.fix.swap.iter();
        swaps.map(|(package, swap)| (rule.id.clone(), package_key(package), swap.clone())).collect::<Vec<_>>()
    };
    rules.rules.iter().filter(|rule| found(&rule.id)).flat_map(of).collect()
}

/// The folder whose code a manifest is for.
fn folder_of(manifest: &Path) -> PathBuf {
    let folder = manifest.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    match folder.parent() {
        Some(above) if folder.ends_with(REQUIREMENTS) => above.to_owned(),
        _ => folder,
    }
}

/// The manifests below the paths, in order.
fn manifests(paths: &[PathBuf], options: &ScanOptions) -> Result<Vec<(PathBuf, Vec<u8>)>, GlobError> {
    let wanted: fn(&str) -> bool =
        |name| matches!(Grammar::of(name), Some(Grammar::Document(document)) if document.manifest.is_some());
    let options = WalkOptions { wanted, ..options.walk.clone() };
    let walked = walk(paths, &options, <(Vec<u8>, Vec<_>)>::default, |(buffer, found), file| {
        if file.read(buffer).is_ok() {
            found.push((file.path, std::mem::take(buffer)));
        }
    })?;
    let mut all: Vec<(PathBuf, Vec<u8>)> = walked.states.into_iter().flat_map(|(_, found)| found).collect();
    all.sort();
    all.dedup_by(|a, b| a.0 == b.0);
    Ok(all)
}

/// Adds what becomes of a manifest to what is known of it.
fn join(outcomes: &mut Outcomes, path: String, mut outcome: Outcome) {
    for (_, known) in outcomes.iter_mut().filter(|(other, _)| *other == path) {
        let covered = outcome.file.iter().flat_map(|file| &file.fixes).flat_map(|fix| &fix.covers);
        let held = outcome.held.iter().map(|held| &held.rule);
        for rule in covered.map(|covered| &covered.rule).chain(held) {
            if let Some(sites) = known.manual.get_mut(rule) {
                *sites = sites.saturating_sub(1);
            }
        }
        known.manual.retain(|_, sites| *sites > 0);
    }
    let changed = outcomes.iter_mut().find(|(other, known)| *other == path && known.file.is_some());
    match (changed, outcome.file.take()) {
        (Some((_, known)), Some(file)) => {
            known.file = known.file.take().map(|known| merged(known, file));
            known.held.extend(outcome.held);
        }
        (_, file) => outcomes.push((path, Outcome { file, ..outcome })),
    }
}

/// What manifests have to follow.
struct Following {
    needs: Needs,
    /// Rule, package and what takes its place.
    swaps: Vec<(String, String, Swap)>,
    usage: Usage,
}

/// A manifest that is looked at.
struct Reading<'r> {
    text: &'r str,
    facts: &'r Facts<'r>,
    folder: PathBuf,
    place: Place<'r>,
    is_compiled: bool,
}

/// What becomes of a manifest so far.
#[derive(Default)]
struct Planned {
    edits: Vec<Edit>,
    fixes: Vec<Fix>,
    held: Vec<Held>,
}

impl Following {
    fn manifest(
        &self,
        path: &Path,
        bytes: &[u8],
        outcomes: &Outcomes,
        lowering: &mut Lowering,
    ) -> Result<Option<(String, Outcome)>, GlobError> {
        let shown = shown(path);
        let Decoded::Text(text) = decode(bytes.to_vec()) else { return Ok(None) };
        let Some(grammar) = Grammar::of(&shown) else { return Ok(None) };
        let Some(facts) = lowering.facts(grammar, &text.text) else { return Ok(None) };
        let Some(base) = text.offset_base() else { return Ok(None) };
        let reading = Reading {
            text: &text.text,
            facts: &facts,
            folder: folder_of(path),
            place: Place { path: &shown, lines: LineIndex::new(&text.text), base: base as u32 },
            is_compiled: is_compiled(path, &text.text),
        };
        let is_counted =
            |rule: &str| outcomes.iter().any(|(other, outcome)| *other == shown && outcome.manual.contains_key(rule));
        let mut planned = Planned::default();
        let mut expected: Vec<Option<String>> =
            facts.dependencies.iter().map(|one| Some(one.package.clone())).collect();
        for (number, one) in facts.dependencies.iter().enumerate() {
            self.raise(&reading, one, &mut planned);
            for (rule, package, swap) in &self.swaps {
                if *package == one.package && is_counted(rule) {
                    self.swap(&reading, number, rule, swap, lowering, &mut planned, &mut expected)?;
                }
            }
        }
        let mut outcome = Outcome { held: planned.held, ..Outcome::default() };
        if !planned.edits.is_empty() {
            match checked(grammar, &text.text, &facts, planned.edits, &expected, lowering) {
                Some(edits) => outcome.file = Some(document_plan(&shown, bytes, base, edits, planned.fixes)),
                None => outcome
                    .held
                    .extend(planned.fixes.into_iter().map(|fix| held(fix, "the file would say something else"))),
            }
        }
        Ok((outcome.file.is_some() || !outcome.held.is_empty()).then_some((shown, outcome)))
    }

    /// The lower bound that changed code needs.
    fn raise(&self, reading: &Reading<'_>, one: &Dependency<'_>, planned: &mut Planned) {
        let Some(assumptions) = self.needs.get(&reading.folder).and_then(|needs| needs.get(&one.package)) else {
            return;
        };
        let versions = assumptions.iter().map(|assumption| assumption.version.clone()).collect();
        let Some(rule) = assumptions.first().map(|assumption| assumption.rule.clone()) else { return };
        match raised(reading.text, one, &versions).filter(|_| !reading.is_compiled) {
            Some(Ok(change)) => planned.add(reading.fix(one, rule, change.title, Vec::new()), change.edits),
            Some(Err(because)) => planned.held.push(held(reading.fix(one, rule, String::new(), Vec::new()), &because)),
            None => {}
        }
    }

    /// The package that takes the place of one which no code uses any more.
    #[expect(clippy::too_many_arguments, reason = "what it looks at, and what it adds to")]
    fn swap(
        &self,
        reading: &Reading<'_>,
        number: usize,
        rule: &str,
        swap: &Swap,
        lowering: &mut Lowering,
        planned: &mut Planned,
        expected: &mut [Option<String>],
    ) -> Result<(), GlobError> {
        let all = &reading.facts.dependencies;
        let one = &all[number];
        let modules = swap.modules_of(&one.package);
        let language = if one.package.starts_with("npm/") { Language::JavaScript } else { Language::Python };
        if !self.usage.was_used(&reading.folder, language, &modules, lowering) {
            return Ok(());
        }
        let line = reading.place.location(one.span).start.line;
        let covers = vec![Covered { rule: rule.to_owned(), line }];
        let change = match self.usage.place(&reading.folder, language, &modules, lowering)? {
            Some(place) => Err(format!("{place} still uses it")),
            None if reading.is_compiled => Err("a tool writes this file; build it again from its source".to_owned()),
            None => swapped(reading.text, all, number, swap),
        };
        match change {
            Ok(change) => {
                expected[number] = Some(package_key(&swap.to)).filter(|_| !change.removes);
                planned.add(reading.fix(one, rule.to_owned(), change.title, covers), change.edits);
            }
            Err(because) => planned.held.push(held(reading.fix(one, rule.to_owned(), String::new(), covers), &because)),
        }
        Ok(())
    }
}

impl Planned {
    fn add(&mut self, fix: Fix, edits: Vec<Edit>) {
        self.fixes.push(fix);
        self.edits.extend(edits);
    }
}

impl Reading<'_> {
    fn fix(&self, one: &Dependency<'_>, rule: String, title: String, covers: Vec<Covered>) -> Fix {
        Fix {
            rule,
            class: Class::Dependency,
            location: self.place.location(one.span),
            level: FixLevel::Unsafe,
            title,
            facts: vec![INSTALL.to_owned()],
            covers,
        }
    }
}

/// A change that is not made.
fn held(fix: Fix, because: &str) -> Held {
    Held {
        rule: fix.rule,
        class: fix.class,
        location: fix.location,
        level: FixLevel::Manual,
        reasons: vec![because.to_owned()],
        recipe: None,
    }
}
