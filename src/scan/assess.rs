//! The assessment of a tree: its scan, the plans for leaving, and what tests reach, brought together.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::{Scan, ScanOptions, Scanner};
use crate::{
    input::exclude::GlobError,
    migrate::{
        assess::{Assessment, Material, Trouble, assess},
        options::{FixOptions, PortableNames},
        plan::{FilePlan, Plan},
        view::redact,
    },
    rules::{model::FixLevel, target::Target},
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
            in_place: &in_place,
            to_target: to_target.as_ref().map(|(target, plan)| (*target, plan)),
            tested: tested(&scan),
            models: asked.models.clone(),
            diagnostics: troubles(&scan, &in_place),
            diff: asked.diff,
        };
        let assessment = assess(&material);
        Ok((scan, assessment))
    }
}

/// The files that tests reach.
fn tested(scan: &Scan) -> BTreeSet<String> {
    scan.tested.iter().cloned().collect()
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
