//! What is said apart from packs: targets, the parts of the API, how much work things are. A plain scan needs none of it,
//! and reading YAML is most of a start, so the built-in files are read when somebody first asks. A user's files are read
//! with the rules, so that their mistakes are told at once.

use std::{path::PathBuf, sync::OnceLock};

use super::{
    apis::{self, Api, ApisFile, Need},
    check::merge,
    effort::{self, EffortFile, Weight},
    source::{self, Kind, RuleError, SourceFile, parse, whole_file},
    support,
    target::{self, Target, TargetFile},
};

/// What belongs to no pack, read when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Reference {
    data: OnceLock<Data>,
    /// The user's files.
    files: Vec<PathBuf>,
}

/// What belongs to no pack.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) targets: Vec<Target>,
    pub(super) apis: Vec<Api>,
    pub(super) needs: Vec<Need>,
    pub(super) weights: Vec<Weight>,
}

impl Reference {
    /// The built-in files and those of a user.
    pub(super) fn with_files(own: Vec<SourceFile>, errors: &mut Vec<RuleError>) -> Self {
        if own.is_empty() {
            return Self::default();
        }
        let files = own.iter().filter_map(|source| source.path.clone()).collect();
        let mut sources = source::built_in(true, Kind::is_reference);
        sources.extend(own);
        let data = OnceLock::from(read(&sources, errors));
        Self { data, files }
    }

    /// What they say.
    pub(super) fn data(&self) -> &Data {
        // A test shows that the built-in files have no mistakes.
        self.data.get_or_init(|| read(&source::built_in(true, Kind::is_reference), &mut Vec::new()))
    }

    /// The user's files.
    pub(super) fn sources(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.iter()
    }
}

/// Reads the parts of the API first: what targets say is checked against them.
fn read(sources: &[SourceFile], errors: &mut Vec<RuleError>) -> Data {
    let mut data = Data::default();
    let of = |kind| sources.iter().filter(move |source| source.kind() == kind);
    let (mut own_apis, mut own_needs, mut own_weights) = (Vec::new(), Vec::new(), Vec::new());
    for source in of(Kind::Apis) {
        if let Some(file) = read_one(source, errors, apis::check) {
            let ApisFile { apis, needs } = file;
            merge(&mut data.apis, apis, &mut own_apis, source, errors);
            merge(&mut data.needs, needs, &mut own_needs, source, errors);
        }
    }
    for source in of(Kind::Effort) {
        if let Some(EffortFile { weights }) = read_one(source, errors, effort::check) {
            merge(&mut data.weights, weights, &mut own_weights, source, errors);
        }
    }
    data.weights.sort_by_key(|weight| weight.id);
    if let Some(source) = of(Kind::Effort).find(|source| !source.checked) {
        let gone: Vec<_> = effort::missing(&data.weights).map(effort::Work::name).collect();
        errors.extend(gone.iter().map(|id| {
            whole_file(&source.shown(), format!("there is no weight `{id}`"), "add it; the program needs each of them")
        }));
    }
    for source in of(Kind::Target) {
        if let Some(file) = read_one(source, errors, target::check) {
            add_target(&mut data, file, source, errors);
        }
    }
    data.targets.sort_by(|a, b| a.id.cmp(&b.id));
    data
}

fn read_one<T: serde::de::DeserializeOwned>(
    source: &SourceFile,
    errors: &mut Vec<RuleError>,
    check: impl Fn(&T, &SourceFile) -> Vec<RuleError>,
) -> Option<T> {
    match parse(source) {
        Ok(file) => {
            if !source.checked {
                errors.extend(check(&file, source));
            }
            Some(file)
        }
        Err(error) => {
            errors.push(*error);
            None
        }
    }
}

fn add_target(data: &mut Data, file: TargetFile, source: &SourceFile, errors: &mut Vec<RuleError>) {
    let id = source.id().rsplit('/').next().unwrap_or_default().to_owned();
    // A target of the user's takes the place of a built-in one.
    data.targets.retain(|other| other.id != id || other.source.is_some() || source.path.is_none());
    if data.targets.iter().any(|other| other.id == id) {
        let cure = "rename the file (a target's id is its name)";
        errors.push(whole_file(&source.shown(), format!("there are two targets `{id}`"), cure));
    }
    if !source.checked {
        errors.extend(support::check(&file, &data.apis, &data.needs, source));
    }
    data.targets.push(Target { id, file, source: source.path.clone() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_files_have_no_mistakes() {
        let mut errors = Vec::new();
        let data = read(&source::built_in(false, Kind::is_reference), &mut errors);
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
        assert!(!data.targets.is_empty() && !data.apis.is_empty() && !data.needs.is_empty());
        assert_eq!(data.weights.iter().map(|weight| weight.id).collect::<Vec<_>>(), effort::Work::ALL);
    }

    #[test]
    fn a_plain_start_reads_none_of_it() {
        let reference = Reference::with_files(Vec::new(), &mut Vec::new());
        assert!(reference.data.get().is_none());
        assert!(!reference.data().targets.is_empty());
    }
}
