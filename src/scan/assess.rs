//! The assessment of a tree: its scan, the plans for leaving, and what tests reach, brought together.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::{Scan, ScanOptions, Scanner};
use crate::{
    finding::Finding,
    input::exclude::GlobError,
    migrate::{
        assess::{Assessment, Material, Planned, Trouble, assess},
        options::{FixOptions, PortableNames},
        plan::{FilePlan, Plan},
        view::redact,
    },
    rules::{model::FixLevel, target::Target},
    unit::{Unit, documents::deployed},
};

/// What an assessment is asked.
pub struct Asked<'a> {
    /// The name of what is scanned.
    pub name: String,
    /// The day, for the report.
    pub date: String,
    /// Which targets, in order.
    pub targets: Vec<&'a Target>,
    /// Names of the settings that portable code reads.
    pub names: PortableNames,
    /// Models by deployment name.
    pub models: BTreeMap<String, String>,
    /// The hunks of the diff of a file, keys masked, and whether they are cut.
    pub diff: &'a dyn Fn(&FilePlan) -> (String, bool),
}

impl Scanner {
    /// Assesses paths. The only error is a glob that cannot be read.
    pub fn assess(
        &self,
        paths: &[PathBuf],
        options: &ScanOptions,
        asked: &Asked<'_>,
    ) -> Result<(Scan, Assessment), GlobError> {
        let scan = self.scan(paths, &ScanOptions { tests: true, ..options.clone() })?;
        let plan = |target: Option<&Target>| -> Result<Plan, GlobError> {
            let fix = FixOptions {
                level: FixLevel::Unsafe,
                target: target.cloned(),
                names: asked.names.clone(),
                models: asked.models.clone(),
                keep_key_header: false,
            };
            let mut plan = self.plan(paths, options, &fix, &|_| true)?;
            redact(&mut plan);
            Ok(plan)
        };
        let elsewhere = asked.targets.iter().copied().find(|target| !target.file.same_resource);
        let in_place = plan(None)?;
        let to_target = elsewhere.map(|target| plan(Some(target)).map(|plan| (target, plan))).transpose()?;
        let gone_in_place = self.gone(&scan, &in_place);
        let gone_to_target = to_target.as_ref().map(|(_, plan)| self.gone(&scan, plan)).unwrap_or_default();
        let material = Material {
            name: asked.name.clone(),
            date: asked.date.clone(),
            files_read: scan.stats.files_read,
            findings: &scan.findings,
            units: &scan.units,
            rules: self.rules(),
            apis: self.rules.apis(),
            needs: self.rules.needs(),
            weights: self.rules.weights(),
            stay: &self.rules.stay,
            targets: asked.targets.clone(),
            in_place: Planned { plan: &in_place, gone: &gone_in_place },
            to_target: to_target.as_ref().map(|(target, plan)| (*target, Planned { plan, gone: &gone_to_target })),
            tested: scan.tested.iter().cloned().collect(),
            models: models(&scan, asked),
            diagnostics: troubles(&scan, &in_place),
            diff: asked.diff,
        };
        let assessment = assess(&material);
        Ok((scan, assessment))
    }

    /// The fingerprints of the findings that are no longer there when a plan's changes are made.
    fn gone(&self, scan: &Scan, plan: &Plan) -> BTreeSet<String> {
        let options = ScanOptions { link: false, minified: true, ..ScanOptions::of_any_file() };
        let mut gone = BTreeSet::new();
        for file in &plan.files {
            let after = self.scan_text(&file.path, file.after.clone(), &options).findings;
            let kept: BTreeSet<&str> = after.iter().map(|finding| finding.fingerprint.as_str()).collect();
            // A site whose statement changed has another fingerprint; then it is taken for the same by its text.
            let mut moved: BTreeMap<Kind<'_>, usize> = BTreeMap::new();
            let before: Vec<&Finding> = scan.findings.iter().filter(|one| one.location.path == file.path).collect();
            let known: BTreeSet<&str> = before.iter().map(|finding| finding.fingerprint.as_str()).collect();
            for finding in after.iter().filter(|finding| !known.contains(finding.fingerprint.as_str())) {
                *moved.entry(kind(finding)).or_default() += 1;
            }
            for finding in before.into_iter().filter(|finding| !kept.contains(finding.fingerprint.as_str())) {
                match moved.get_mut(&kind(finding)).filter(|count| **count > 0) {
                    Some(count) => *count -= 1,
                    None => {
                        gone.insert(finding.fingerprint.clone());
                    }
                }
            }
        }
        gone
    }
}

/// A finding by what stays the same when lines around it change.
type Kind<'f> = (&'f str, &'f str);

fn kind(finding: &Finding) -> Kind<'_> {
    (&finding.rule, &finding.local)
}

/// What could not be looked at as it should, by the scan or by the plan.
fn troubles(scan: &Scan, plan: &Plan) -> Vec<Trouble> {
    let scanned = scan.diagnostics.iter().map(|diagnostic| Trouble {
        path: diagnostic.path.clone(),
        line: diagnostic.line,
        message: diagnostic.message.clone(),
    });
    let mut troubles: Vec<Trouble> = scanned.collect();
    for problem in &plan.diagnostics {
        let trouble =
            Trouble { path: Some(problem.path.clone()), line: problem.line, message: problem.message.clone() };
        if !troubles.contains(&trouble) {
            troubles.push(trouble);
        }
    }
    troubles
}

/// The models of deployments: those of the settings file, else those that templates deploy.
fn models(scan: &Scan, asked: &Asked<'_>) -> BTreeMap<String, String> {
    let mut models = asked.models.clone();
    let of_calls = |unit: &Unit| unit.calls.iter().filter_map(|call| call.deployment.clone()).collect::<Vec<_>>();
    let named = scan.units.iter().flat_map(|unit| unit.deployments.iter().cloned().chain(of_calls(unit)));
    for name in named {
        let known = models.get(&name.name).is_some_and(|model| !model.is_empty());
        let deployed = deployed(&name, &scan.deployments, &scan.sources).filter(|_| !known);
        if let Some(deployed) = deployed {
            models.insert(name.name, deployed.model.clone());
        }
    }
    models
}
