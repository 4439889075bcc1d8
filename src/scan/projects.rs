//! The projects of a tree, and which versions of packages they use.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Hit, shown};
use crate::{
    input::{
        roots::repository,
        versions::{self, Ecosystem, Known, Versions},
    },
    lang::Language,
    migrate::{options::Fit, plan::Problem},
};

/// The versions that the projects of a tree use, by the root of the repository.
#[derive(Default)]
pub(super) struct Projects {
    roots: BTreeMap<PathBuf, Versions>,
    /// The directories that were named.
    tops: Vec<PathBuf>,
}

impl Projects {
    /// The projects of some files.
    pub(super) fn of(hits: &[Hit], paths: &[PathBuf]) -> Self {
        let mut roots = BTreeMap::new();
        let here = std::env::current_dir().ok().and_then(|here| here.canonicalize().ok());
        let tops: Vec<PathBuf> = paths
            .iter()
            .filter_map(|path| path.canonicalize().ok())
            .filter(|path| path.is_dir())
            .chain(here.filter(|_| !paths.is_empty()))
            .collect();
        for root in hits.iter().map(|hit| repository_of(&hit.path, &tops)) {
            roots.entry(root).or_insert_with_key(|root| Versions::new(root));
        }
        Self { roots, tops }
    }

    /// The directories of the repositories.
    pub(super) fn roots(&self) -> Vec<PathBuf> {
        self.roots.keys().cloned().collect()
    }

    /// The directory of the repository of a file.
    pub(super) fn root_of(&self, file: &Path) -> PathBuf {
        repository_of(file, &self.tops)
    }

    /// Whether the version of a package that a file's project uses fits all of a requirement (`>=1.2, <3`).
    pub(super) fn fit(&self, file: &Path, language: Language, package: &str, requirement: &str) -> Fit {
        let Some(known) = self.known(file, language, package) else { return Fit::Unknown(None) };
        let root = self.root_of(file);
        let mut fit = Fit::Yes;
        for part in requirement.split(',').map(str::trim) {
            let (holds, fails) = if let Some(version) = part.strip_prefix('<') {
                (known.below(version), known.at_least(version))
            } else {
                let version = part.trim_start_matches(['>', '=']);
                (known.at_least(version), known.below(version))
            };
            if fails {
                return Fit::No(says(&known, package, &root));
            }
            if !holds {
                fit = Fit::Unknown(Some(says(&known, package, &root)));
            }
        }
        fit
    }

    /// The manifest that says which versions of a package a file's project permits.
    pub(super) fn manifest_of(&self, file: &Path, language: Language, package: &str) -> Option<PathBuf> {
        let known = self.known(file, language, package)?;
        Some(known.declared.map_or(known.source, |declared| declared.source))
    }

    fn known(&self, file: &Path, language: Language, package: &str) -> Option<Known> {
        let ecosystem = match language {
            Language::Python => Ecosystem::Python,
            Language::JavaScript => Ecosystem::JavaScript,
            Language::Document => return None,
        };
        self.roots.get(&self.root_of(file))?.of(file, ecosystem, package)
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let problems = self.roots.values().flat_map(Versions::problems);
        let told = |problem: versions::Problem| Problem {
            path: shown(&problem.path),
            line: problem.line,
            message: format!("{}; versions that it would tell are unknown", problem.message),
        };
        problems.map(told).collect()
    }
}

/// What a manifest says about a package.
fn says(known: &Known, package: &str, root: &Path) -> String {
    let place = shown(known.source.strip_prefix(root).unwrap_or(&known.source));
    let line = known.line.map(|line| format!(":{line}")).unwrap_or_default();
    match (known.permitted.only(), known.permitted.lowest()) {
        (Some(only), _) => format!("{place}{line} has {package} {only}"),
        (None, Some(lowest)) => format!("{place}{line} permits {package} {lowest}"),
        (None, None) => format!("{place}{line} names {package} without a version that can be told"),
    }
}

/// The root of the repository that a file lies in; outside of one, the directory that was named, or its folder.
fn repository_of(file: &Path, tops: &[PathBuf]) -> PathBuf {
    let path = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let root = repository(&folder).map(Path::to_path_buf);
    let named =
        || tops.iter().filter(|top| folder.starts_with(top)).max_by_key(|top| top.components().count()).cloned();
    root.or_else(named).unwrap_or(folder)
}
