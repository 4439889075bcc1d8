//! Planning fixes for a tree: the files that can matter are read twice. The first reading gathers what one file cannot
//! know of itself — which of its names others import, which deployments there are — the second plans each file.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    Hit, ScanOptions, Scanner,
    analyse::{PassedOver, content},
    manifests,
    projects::Projects,
    settings::follow,
    shown,
};
use crate::{
    facts::Span,
    finding::{Finding, Location, Point},
    input::{
        exclude::GlobError,
        text::{LineIndex, Text},
        walk::{WalkOptions, walk},
    },
    lang::{
        Grammar, Language, Lowering,
        python::taking::{ImportReader, Taking, stem},
    },
    migrate::{
        Outcome, Planner,
        options::{Around, FixOptions},
        plan::{self, DeploymentName, ManualSites, Plan, Precondition, Problem, Setting},
    },
    rules::rewrite::{Portable, RoleOf},
};

/// Names that files take from modules, with the files that take them.
type Taken = BTreeMap<Taking, BTreeSet<PathBuf>>;

/// A tree whose fixes are planned.
struct Tree<'t> {
    options: &'t ScanOptions,
    fix: &'t FixOptions,
    projects: Projects,
    taken: Taken,
    /// The settings that hold models, by deployment.
    models: BTreeMap<String, String>,
    wanted: &'t (dyn Fn(&Finding) -> bool + Sync),
}

impl Scanner {
    /// Plans the fixes for paths. `wanted` says which findings may be dealt with. The only error is a glob that cannot be
    /// read.
    pub fn plan(
        &self,
        paths: &[PathBuf],
        options: &ScanOptions,
        fix: &FixOptions,
        wanted: &(dyn Fn(&Finding) -> bool + Sync),
    ) -> Result<Plan, GlobError> {
        let (hits, scan) = self.hits(paths, options)?;
        let projects = Projects::of(&hits, paths);
        let mut tree =
            Tree { options, fix, taken: taken_names(&projects, &hits)?, projects, models: BTreeMap::new(), wanted };
        tree.models = self.model_settings(&tree, &hits);
        let mut outcomes: Vec<(String, Outcome)> = self.plan_all(&tree, &hits);
        if let Some(mixed) = self.mixed(fix, &outcomes) {
            outcomes = outcomes.into_iter().map(|(path, outcome)| (path, lowered(outcome, &mixed, fix))).collect();
        }
        if fix.target.is_some() {
            let infrastructure: Vec<String> =
                self.rules.portable.values().flat_map(|portable| portable.infrastructure.clone()).collect();
            follow(paths, options, fix, self.index(Language::Document), &infrastructure, &mut outcomes)?;
        }
        manifests::follow(paths, options, fix.level, &self.rules, &tree.projects, &mut outcomes)?;
        let mut plan = self.assembled(fix, outcomes, &scan);
        if fix.target.is_some() {
            plan.left_models = self.left_models(&tree, &hits, &plan);
        }
        plan.diagnostics.extend(tree.projects.problems());
        plan.diagnostics.sort();
        Ok(plan)
    }

    /// The names of deployments in paths, sorted.
    pub fn deployments(&self, paths: &[PathBuf], options: &ScanOptions) -> Result<Vec<DeploymentName>, GlobError> {
        let (hits, _) = self.hits(paths, options)?;
        Ok(self.deployments_of(&Tree::alone(options, &FixOptions::default(), &hits), &hits))
    }

    /// What a fix makes of one text, as if it lay at `path`, and what it holds back.
    pub fn fixed_text(&self, path: &Path, bytes: Vec<u8>, fix: &FixOptions) -> (Vec<u8>, Vec<plan::Held>) {
        let Some(grammar) = Grammar::of_file(&path.to_string_lossy(), &bytes) else { return (bytes, Vec::new()) };
        let size = bytes.len() as u64;
        let hits = [Hit { path: path.to_owned(), grammar, size, bytes: Some(bytes.clone()), max_size: size }];
        let options = ScanOptions { minified: true, ..ScanOptions::of_any_file() };
        let mut tree = Tree::alone(&options, fix, &hits);
        tree.models = self.model_settings(&tree, &hits);
        let outcome = self.plan_hit(&tree, &hits[0], &mut Lowering::default());
        (outcome.file.map_or(bytes, |file| file.after), outcome.held)
    }

    /// The files that can matter, each once, however it was reached.
    fn hits(&self, paths: &[PathBuf], options: &ScanOptions) -> Result<(Vec<Hit>, super::Scan), GlobError> {
        let options = &ScanOptions { link: false, ..options.clone() };
        let super::Found { mut hits, scan, .. } = self.find(paths, options)?;
        // A file that is met by a link and by its own name goes by that.
        hits.sort_by_cached_key(|hit| (hit.path.is_symlink(), hit.path.clone()));
        let mut seen = BTreeSet::new();
        hits.retain(|hit| seen.insert(hit.path.canonicalize().unwrap_or_else(|_| hit.path.clone())));
        hits.sort_by(|a, b| a.path.cmp(&b.path));
        Ok((hits, scan))
    }

    /// The outcomes of all files, in order.
    fn plan_all(&self, tree: &Tree<'_>, hits: &[Hit]) -> Vec<(String, Outcome)> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(BTreeMap::new());
        let work = || {
            let mut lowering = Lowering::within(tree.options.limits);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(hit) = hits.get(number) else { break };
                let outcome = self.plan_safely(tree, hit, &mut lowering);
                done.lock().unwrap_or_else(PoisonError::into_inner).insert(number, (shown(&hit.path), outcome));
            }
        };
        match super::pool(tree.options.walk.threads.min(hits.len().max(1))) {
            Some(pool) => {
                pool.broadcast(|_| work());
            }
            None => work(),
        }
        done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
    }

    /// A bug that shows on one file must not lose the others.
    fn plan_safely(&self, tree: &Tree<'_>, hit: &Hit, lowering: &mut Lowering) -> Outcome {
        let result = catch_unwind(AssertUnwindSafe(|| self.plan_hit(tree, hit, lowering)));
        result.unwrap_or_else(|_| {
            lowering.renew();
            Outcome { failed: true, ..Outcome::default() }
        })
    }

    fn plan_hit(&self, tree: &Tree<'_>, hit: &Hit, lowering: &mut Lowering) -> Outcome {
        let (bytes, text) = match read(hit, tree.options) {
            Ok(read) => read,
            Err(because) => return Outcome { passed_over: Some(because), ..Outcome::default() },
        };
        let imported = tree.taken_from(hit);
        self.with_planner(tree, hit, tree.fix.target.is_some(), &imported, &tree.models, |planner| {
            planner.plan(&bytes, &text, lowering)
        })
    }

    fn with_planner<T>(
        &self,
        tree: &Tree<'_>,
        hit: &Hit,
        to_settings: bool,
        imported: &BTreeSet<String>,
        models: &BTreeMap<String, String>,
        run: impl FnOnce(&Planner<'_>) -> T,
    ) -> T {
        let path = shown(&hit.path);
        let language = hit.grammar.language();
        let fits = |package: &str, version: &str| tree.projects.fit(&hit.path, language, package, version);
        let around = Around { options: tree.fix, to_settings, fits: &fits, imported, model_settings: models };
        run(&Planner {
            index: self.index(language),
            portable: &self.rules.portable,
            around: &around,
            grammar: hit.grammar,
            path: &path,
            wanted: tree.wanted,
        })
    }

    /// The settings that hold models, by deployment: one name where there is one deployment, else one for each.
    fn model_settings(&self, tree: &Tree<'_>, hits: &[Hit]) -> BTreeMap<String, String> {
        let Some(portable) = self.rules.portable.values().next().filter(|_| tree.fix.target.is_some()) else {
            return BTreeMap::new();
        };
        let usual = tree.fix.names.model.clone().unwrap_or_else(|| portable.model.clone());
        let deployments = self.deployments_of(tree, hits);
        if deployments.len() < 2 {
            return BTreeMap::new();
        }
        let name = |deployment: &DeploymentName| {
            let own = distinguishing(&deployment.name, &portable.noise);
            if own.is_empty() { usual.clone() } else { format!("{usual}_{own}") }
        };
        deployments.iter().map(|deployment| (deployment.name.clone(), name(deployment))).collect()
    }

    /// The deployment names of changed files that did not become settings.
    fn left_models(&self, tree: &Tree<'_>, hits: &[Hit], plan: &Plan) -> Vec<DeploymentName> {
        let changed: BTreeSet<&str> = plan.files.iter().map(|file| file.path.as_str()).collect();
        let gone: BTreeSet<&String> = plan.settings.iter().flat_map(|setting| &setting.instead_of).collect();
        let mut left = self.deployments_of(tree, hits);
        left.retain_mut(|deployment| {
            deployment.places.retain(|place| changed.contains(place.path.as_str()));
            !deployment.places.is_empty() && !gone.contains(&deployment.name)
        });
        left
    }

    fn deployments_of(&self, tree: &Tree<'_>, hits: &[Hit]) -> Vec<DeploymentName> {
        let mut found: BTreeMap<(String, bool), Vec<Location>> = BTreeMap::new();
        let mut lowering = Lowering::within(tree.options.limits);
        let (imported, models) = (BTreeSet::new(), BTreeMap::new());
        for hit in hits {
            let Ok((_, text)) = read(hit, tree.options) else { continue };
            let lines = LineIndex::new(text.file());
            let offset = text.offset_base().unwrap_or(0) as u32;
            // What a fix for a target would turn into settings for models is what names them.
            let names = self.with_planner(tree, hit, true, &imported, &models, |planner| {
                planner.model_names(&text.text, &mut lowering)
            });
            for setting in names {
                let at = text.place(setting.at.start as usize..setting.at.end as usize);
                let place = location(&shown(&hit.path), &lines, Span::new(at.start, at.end), offset);
                found.entry((setting.instead_of, setting.is_variable)).or_default().push(place);
            }
        }
        let named = found.into_iter().filter(|((name, _), _)| !name.is_empty());
        named
            .map(|((name, variable), mut places)| {
                places.sort();
                places.dedup();
                DeploymentName { name, variable, places }
            })
            .collect()
    }

    /// The rules whose clients must not be mixed with changed ones, where some of them stay as they are.
    fn mixed(
        &self,
        fix: &FixOptions,
        outcomes: &[(String, Outcome)],
    ) -> Option<BTreeMap<String, (String, Vec<String>)>> {
        fix.target.as_ref()?;
        let mut mixed = BTreeMap::new();
        for rule in &self.rules.rules {
            let Some(because) = rule.file.fix.rewrite.iter().find_map(|rewrite| rewrite.mixed.clone()) else {
                continue;
            };
            let stays: Vec<String> = outcomes
                .iter()
                .filter(|(_, outcome)| outcome.stays.contains(&rule.id))
                .map(|(path, _)| path.clone())
                .collect();
            let moves = outcomes.iter().any(|(_, outcome)| {
                outcome.file.as_ref().is_some_and(|file| file.fixes.iter().any(|fix| fix.rule == rule.id))
            });
            if moves && !stays.is_empty() {
                mixed.insert(rule.id.clone(), (because, stays));
            }
        }
        (!mixed.is_empty()).then_some(mixed)
    }

    fn assembled(&self, fix: &FixOptions, outcomes: Vec<(String, Outcome)>, scan: &super::Scan) -> Plan {
        let mut plan = Plan {
            schema_version: plan::SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION").into(),
            target: fix.target.as_ref().map(|target| target.id.clone()),
            level: fix.level,
            files_read: scan.stats.files_read,
            ..Plan::default()
        };
        for diagnostic in &scan.diagnostics {
            let path = diagnostic.path.clone().unwrap_or_default();
            plan.diagnostics.push(Problem { path, line: diagnostic.line, message: diagnostic.message.clone() });
        }
        let mut needs: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        let mut settings: BTreeMap<(RoleOf, String), BTreeSet<String>> = BTreeMap::new();
        let mut manual: BTreeMap<String, u32> = BTreeMap::new();
        for (path, outcome) in outcomes {
            for need in outcome.needs {
                needs.entry(need).or_default().push(path.clone());
            }
            for setting in outcome.settings {
                let role = as_role(setting.role);
                settings.entry((role, setting.name)).or_default().insert(setting.instead_of);
            }
            for (rule, count) in outcome.manual {
                *manual.entry(rule).or_default() += count;
            }
            if let Some(message) = outcome.passed_over {
                plan.diagnostics.push(Problem { path: path.clone(), line: None, message });
            }
            if outcome.failed {
                let message = "unmoor failed on this file and does not change it; please report it as a bug".to_owned();
                plan.diagnostics.push(Problem { path: path.clone(), line: None, message });
            }
            if let Some(line) = outcome.broken {
                let message = "has a syntax error and is not changed".to_owned();
                plan.diagnostics.push(Problem { path: path.clone(), line: Some(line), message });
            }
            plan.held.extend(outcome.held);
            plan.files.extend(outcome.file);
        }
        plan.held.sort_by(|a, b| (&a.location, &a.rule).cmp(&(&b.location, &b.rule)));
        plan.preconditions = self.preconditions(needs);
        add_settings(&mut plan, fix, settings);
        let recipe =
            |id: &str| self.rules.rules.iter().find(|rule| rule.id == id).and_then(|rule| rule.file.fix.recipe.clone());
        plan.manual =
            manual.into_iter().map(|(rule, count)| ManualSites { recipe: recipe(&rule), rule, count }).collect();
        plan.diagnostics.sort();
        plan
    }

    fn preconditions(&self, needs: BTreeMap<(String, String), Vec<String>>) -> Vec<Precondition> {
        let text = |(pack, id): &(String, String)| {
            let known: Option<&Portable> = self.rules.portable.get(pack);
            known.and_then(|portable| portable.preconditions.iter().find(|one| one.id == *id))
        };
        let mut all: Vec<Precondition> = needs
            .into_iter()
            .filter_map(|(need, files)| {
                let known = text(&need)?;
                Some(Precondition { says: known.says.clone(), check: known.check.clone(), files })
            })
            .collect();
        all.sort();
        all
    }
}

/// Which names files of a language without export lists take from one another.
fn taken_names(projects: &Projects, hits: &[Hit]) -> Result<Taken, GlobError> {
    let is_python = |name: &str| Grammar::of(name).is_some_and(|grammar| grammar.language() == Language::Python);
    let stems: BTreeSet<String> =
        hits.iter().filter(|hit| hit.grammar.language() == Language::Python).map(|hit| stem(&hit.path)).collect();
    let Some(reader) = ImportReader::new(&stems).filter(|_| !stems.is_empty()) else { return Ok(Taken::new()) };
    // The whole repository, whatever part of it is fixed.
    let options = WalkOptions::new(is_python);
    let walked = walk(&projects.roots(), &options, <(Vec<u8>, Taken)>::default, |(buffer, taken), file| {
        if file.read(buffer).is_ok() {
            for key in reader.names(buffer) {
                let path = file.path.canonicalize().unwrap_or_else(|_| file.path.clone());
                taken.entry(key).or_default().insert(path);
            }
        }
    })?;
    let mut all = Taken::new();
    for (_, taken) in walked.states {
        for (key, files) in taken {
            all.entry(key).or_default().extend(files);
        }
    }
    Ok(all)
}

fn add_settings(plan: &mut Plan, fix: &FixOptions, settings: BTreeMap<(RoleOf, String), BTreeSet<String>>) {
    for ((role, name), instead_of) in settings {
        let instead_of: Vec<String> = instead_of.into_iter().filter(|text| !text.is_empty()).collect();
        let is_model = role == RoleOf::Model;
        let model = instead_of.iter().find_map(|one| fix.models.get(one)).filter(|model| !model.is_empty());
        if is_model {
            let without = instead_of.iter().filter(|one| fix.models.get(*one).is_none_or(String::is_empty));
            plan.unmapped_models.extend(without.cloned());
        }
        let target = fix.target.as_ref().map(|target| &target.file);
        let value = match (role, target) {
            (RoleOf::Model, _) => model.cloned().unwrap_or_default(),
            (RoleOf::Key, Some(target)) => target.key.is.clone(),
            (_, Some(target)) => target.base_url.value.clone(),
            (_, None) => String::new(),
        };
        plan.settings.push(Setting { name, value, instead_of, secret: role == RoleOf::Key });
    }
    plan.unmapped_models.sort();
    plan.unmapped_models.dedup();
}

/// Base URLs are one kind of setting, models another.
fn as_role(role: RoleOf) -> RoleOf {
    match role {
        RoleOf::Endpoint | RoleOf::DeploymentUrl | RoleOf::BaseUrl => RoleOf::BaseUrl,
        RoleOf::Model | RoleOf::Deployment => RoleOf::Model,
        RoleOf::Key => RoleOf::Key,
    }
}

/// An outcome in which clients that must not be mixed with others are at most `unsafe`.
fn lowered(mut outcome: Outcome, mixed: &BTreeMap<String, (String, Vec<String>)>, fix: &FixOptions) -> Outcome {
    use crate::rules::model::FixLevel;
    let Some(file) = &mut outcome.file else { return outcome };
    let mut drops = false;
    for change in &mut file.fixes {
        if let Some((because, stays)) = mixed.get(&change.rule) {
            change.level = change.level.min(FixLevel::Unsafe);
            change.facts.push(format!("{because} (these stay as they are: {})", stays.join(", ")));
            drops |= change.level < fix.level;
        }
    }
    if drops {
        // The file's edits cannot be taken apart any more; it waits for the other level as a whole.
        let file = outcome.file.take();
        outcome.held.extend(file.into_iter().flat_map(|file| file.fixes).map(|change| plan::Held {
            rule: change.rule,
            class: change.class,
            location: change.location,
            level: change.level.min(FixLevel::Unsafe),
            reasons: change.facts,
            recipe: None,
        }));
        outcome.needs.clear();
        outcome.settings.clear();
        outcome.assumes.clear();
    }
    outcome
}

/// The content of a file as bytes and text, or why it is passed over.
fn read(hit: &Hit, options: &ScanOptions) -> Result<(Vec<u8>, Text), String> {
    content(hit, options).map_err(|passed| match passed {
        PassedOver::Unreadable(error) => error.to_string(),
        PassedOver::Minified => {
            "looks generated (very long lines) and is not changed; use --minified to look at it".to_owned()
        }
        PassedOver::Binary => "holds NUL bytes and was taken for a binary file".to_owned(),
        PassedOver::Notebook(error) => format!("line {}: {}", error.line, error.message),
    })
}

impl<'t> Tree<'t> {
    /// Files of which nothing else is known.
    fn alone(options: &'t ScanOptions, fix: &'t FixOptions, hits: &[Hit]) -> Self {
        let projects = Projects::of(hits, &[]);
        Self { options, fix, projects, taken: Taken::new(), models: BTreeMap::new(), wanted: &|_| true }
    }

    /// The names that others take from a file.
    fn taken_from(&self, hit: &Hit) -> BTreeSet<String> {
        let own = hit.path.canonicalize().unwrap_or_else(|_| hit.path.clone());
        let top = self.projects.root_of(&hit.path);
        let by_others = |taking: &Taking, files: &BTreeSet<PathBuf>| {
            files.iter().any(|file| *file != own && taking.is_from(&own, file, &top))
        };
        let taken = self.taken.iter().filter(|(taking, files)| by_others(taking, files));
        taken.map(|(taking, _)| taking.name.clone()).collect()
    }
}

/// The words of a deployment's name that tell it from others, as part of a setting's name.
fn distinguishing(name: &str, noise: &[String]) -> String {
    // What somebody has to fill in tells nothing apart.
    if name.contains(['<', '{']) {
        return String::new();
    }
    let upper = name.to_uppercase();
    let words = upper.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| !noise.iter().any(|one| one == word)).collect::<Vec<_>>().join("_")
}

pub(super) fn location(path: &str, lines: &LineIndex<'_>, at: Span, offset: u32) -> Location {
    let point = |at: u32| {
        let position = lines.position(at as usize);
        Point { line: position.line, column: position.column, column_utf16: position.column_utf16, byte: at + offset }
    };
    Location { path: path.to_owned(), start: point(at.start), end: point(at.end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_named_by_what_tells_deployments_apart() {
        let noise: Vec<String> = ["AZURE", "OPENAI", "DEPLOYMENT", "NAME"].map(str::to_owned).to_vec();
        assert_eq!(distinguishing("AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME", &noise), "EMBEDDING");
        assert_eq!(distinguishing("gpt-4o", &noise), "GPT_4O");
        assert_eq!(distinguishing("AZURE_OPENAI_DEPLOYMENT", &noise), "");
    }
}
