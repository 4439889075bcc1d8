//! Settings files that build on others. What is nearer counts more: a key of the file takes the place of the same key of
//! the files that it extends, later ones of those before earlier ones; tables are put together key by key; lists of rule
//! folders, of symbols and of settings per path are joined, and so is what the `extend-` keys name.
//!
//! Globs mean the same as if they stood in the nearest file, so that a shared file can speak of every project. Folders
//! and files are relative to the file that names them.

use std::path::{Path, PathBuf};

use super::{Config, ConfigError, Located, NameSettings, load_in};

/// How many files can build on one another.
const MAX_DEPTH: usize = 20;

/// The settings together with those of the files that they extend. `chain` holds the files on the way here.
pub(super) fn extended(mut config: Config, chain: &[PathBuf]) -> Result<Config, Vec<ConfigError>> {
    let mut below = Config::default();
    for named in std::mem::take(&mut config.extend) {
        let folder = chain.last().and_then(|file| file.parent()).unwrap_or(Path::new(""));
        let file = folder.join(&named.text);
        let error = |message: String, cure: &str| {
            vec![ConfigError { place: named.place.clone(), message, cure: cure.to_owned() }]
        };
        if !file.is_file() {
            let message = format!("there is no file `{}`", named.text);
            return Err(error(message, "name a settings file, relative to the one that it is named in"));
        }
        let real = std::fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
        if chain.len() > MAX_DEPTH {
            let message = format!("`{}` is the end of a chain of more than {MAX_DEPTH} files", named.text);
            return Err(error(message, "let fewer files extend one another"));
        }
        if chain.contains(&real) {
            let message = format!("`{}` extends the file that it is extended by", named.text);
            return Err(error(message, "take one of the two out"));
        }
        let mut parent = load_in(&real, &config.base, &[chain, std::slice::from_ref(&real)].concat())?;
        if parent.file.is_none() {
            let message = format!("`{}` has no table [tool.unmoor]", named.text);
            return Err(error(message, "add the table there, or name another file"));
        }
        anchor(&mut parent, real.parent().unwrap_or(Path::new("")));
        config.files.push(parent.file.clone().unwrap_or(file));
        config.files.extend(parent.files.iter().cloned());
        below = over(parent, below);
    }
    let mut config = over(config, below);
    config.exclude.append(&mut config.extend_exclude);
    config.ignore.append(&mut config.extend_ignore);
    Ok(config)
}

/// Folders and files are relative to the file that names them.
fn anchor(config: &mut Config, folder: &Path) {
    for named in config.rules.iter_mut().chain(&mut config.baseline) {
        named.text = folder.join(&named.text).to_string_lossy().into_owned();
    }
}

/// The settings of a file on top of others.
fn over(top: Config, below: Config) -> Config {
    let has = |key: &str| top.keys.contains_key(key);
    let list = |key: &str, own: Vec<Located>, other: Vec<Located>| if has(key) { own } else { other };
    let joined = |first: Vec<Located>, second: Vec<Located>| first.into_iter().chain(second).collect();
    let mut keys = below.keys;
    keys.extend(top.keys.clone());
    let mut models = below.models;
    models.extend(top.models);
    Config {
        exclude: list("exclude", top.exclude, below.exclude),
        include: list("include", top.include, below.include),
        select: list("select", top.select, below.select),
        ignore: list("ignore", top.ignore, below.ignore),
        targets: list("targets", top.targets, below.targets),
        extend_exclude: joined(below.extend_exclude, top.extend_exclude),
        extend_ignore: joined(below.extend_ignore, top.extend_ignore),
        rules: joined(below.rules, top.rules),
        min_severity: top.min_severity.or(below.min_severity),
        format: top.format.or(below.format),
        baseline: top.baseline.or(below.baseline),
        fail_on: top.fail_on.or(below.fail_on),
        fail_severity: top.fail_severity.or(below.fail_severity),
        models,
        symbols: below.symbols.into_iter().chain(top.symbols).collect(),
        per_path: below.per_path.into_iter().chain(top.per_path).collect(),
        portable: NameSettings {
            base_url: top.portable.base_url.or(below.portable.base_url),
            key: top.portable.key.or(below.portable.key),
            model: top.portable.model.or(below.portable.model),
        },
        fix: super::FixSettings {
            level: top.fix.level.or(below.fix.level),
            target: top.fix.target.or(below.fix.target),
            keep_key_header: top.fix.keep_key_header.or(below.fix.keep_key_header),
        },
        extend: Vec::new(),
        keys,
        file: top.file.or(below.file),
        files: top.files,
        base: top.base,
    }
}
