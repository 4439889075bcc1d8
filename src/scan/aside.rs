//! Setting findings aside by the comments of their files, once all findings are known.

use std::collections::BTreeMap;

use super::{Diagnostic, DiagnosticKind, Scan, ScanOptions, Scanner};
use crate::{
    finding::Finding,
    rules::Rule,
    suppress::apply::{Directives, Judging},
};

impl Scanner {
    /// All rules that there are, also those that do not run.
    pub(super) fn known(&self) -> &[Rule] {
        self.known.as_deref().unwrap_or(&self.rules.rules)
    }

    /// Takes findings in, and sets those aside that comments speak for.
    pub(super) fn set_aside(
        &self,
        scan: &mut Scan,
        findings: Vec<Finding>,
        directives: Vec<(String, Directives)>,
        options: &ScanOptions,
    ) {
        let Some(today) = options.ignores.filter(|_| !directives.is_empty()) else {
            scan.findings.extend(findings);
            return;
        };
        // What other files tell of a file is not all known when it is looked at by itself or with its imports only.
        let complete = options.link && !options.context;
        let judging = Judging { rules: self.known(), today, complete };
        let mut by_path: BTreeMap<String, Vec<Finding>> =
            directives.iter().map(|(path, _)| (path.clone(), Vec::new())).collect();
        for finding in findings {
            match by_path.get_mut(&finding.location.path) {
                Some(own) => own.push(finding),
                None => scan.findings.push(finding),
            }
        }
        for (path, directives) in directives {
            let applied = directives.apply(by_path.remove(&path).unwrap_or_default(), judging);
            scan.findings.extend(applied.kept);
            scan.stats.ignored += applied.suppressed.len() as u64;
            scan.suppressed.extend(applied.suppressed);
            scan.diagnostics.extend(applied.troubles.into_iter().map(|trouble| Diagnostic {
                path: Some(path.clone()),
                line: Some(trouble.line),
                kind: DiagnosticKind::Ignore,
                message: trouble.message,
            }));
            scan.stale.extend(applied.stale.into_iter().map(|stale| (path.clone(), stale)));
        }
    }
}
