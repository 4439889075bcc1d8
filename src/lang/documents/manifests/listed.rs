//! Manifests that are lists of packages, line by line.

use std::sync::LazyLock;

use regex::Regex;

use crate::facts::{Dependency, Span, package_key};

/// `group:artifact` in quotes.
static COORDINATES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"['"]([A-Za-z][\w.-]*):([A-Za-z][\w.-]*)(?::[^'"\s]*)?['"]"#).ok());
/// `group: 'g', name: 'a'`.
static NAMED_COORDINATES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"group\s*[:=]\s*['"]([\w.-]+)['"]\s*,\s*name\s*[:=]\s*['"]([\w.-]+)['"]"#).ok());

/// The lines of a text with their offsets, without their ends.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        (at, line.trim_end_matches(['\n', '\r']))
    })
}

/// A dependency of Python whose requirement stands at `start`. None for options, paths and addresses.
pub(super) fn requirement(text: &str, start: usize) -> Option<Dependency<'_>> {
    let bare = text.trim_start();
    let at = start + text.len() - bare.len();
    let end = bare.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(bare.len());
    let (name, rest) = bare.split_at(end);
    // What follows a name tells it from a path or a word of prose.
    let follows = rest.trim_start();
    let is_requirement = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && (follows.is_empty() || follows.starts_with(['[', '=', '<', '>', '~', '!', '@', ';', '#', '(', '\\']));
    is_requirement.then(|| Dependency {
        package: package_key(&format!("pypi/{name}")),
        name,
        span: Span::new(at, at + name.len()),
    })
}

/// Requirements and constraints of pip.
pub(super) fn requirements(text: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let mut continues = false;
    for (start, line) in lines(text) {
        let is_own = !continues && !line.trim_start().starts_with(['#', '-']);
        found.extend(is_own.then(|| requirement(line, start)).flatten());
        continues = line.trim_end().ends_with('\\');
    }
    found
}

/// The lists of requirements in `setup.cfg` and `tox.ini`.
pub(super) fn setup(text: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let (mut section, mut listing) = ("", false);
    for (start, line) in lines(text) {
        let bare = line.trim();
        if bare.starts_with('[') {
            section = bare.trim_matches(['[', ']']);
            listing = false;
        } else if line.starts_with([' ', '\t']) {
            if listing && !bare.starts_with('#') {
                // `tox` puts a condition before the requirement.
                let code = line.split('#').next().unwrap_or_default();
                let skipped = code.find(": ").map_or(0, |at| at + 2);
                found.extend(requirement(&line[skipped..], start + skipped));
            }
        } else if let Some((key, value)) = line.split_once('=') {
            let key = key.trim();
            listing = matches!(key, "install_requires" | "tests_require" | "setup_requires" | "deps")
                || section == "options.extras_require";
            if listing {
                found.extend(requirement(value, start + line.len() - value.len()));
            }
        }
    }
    found
}

/// Dependencies in Gradle's scripts.
pub(super) fn gradle(text: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    for (start, line) in lines(text) {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for regex in [&COORDINATES, &NAMED_COORDINATES] {
            let Some(regex) = regex.as_ref() else { continue };
            for captures in regex.captures_iter(line) {
                let (Some(group), Some(artifact)) = (captures.get(1), captures.get(2)) else { continue };
                found.push(Dependency {
                    package: package_key(&format!("maven/{}/{}", group.as_str(), artifact.as_str())),
                    name: artifact.as_str(),
                    span: Span::new(start + artifact.start(), start + artifact.end()),
                });
            }
        }
    }
    found
}

/// The modules that a Go module asks for itself.
pub(super) fn go(text: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let mut listing = false;
    for (start, line) in lines(text) {
        let bare = line.trim_start();
        let indent = line.len() - bare.len();
        let (path, at) = match bare.strip_prefix("require ") {
            Some(rest) if rest.trim_start().starts_with('(') => {
                listing = true;
                continue;
            }
            Some(rest) => (rest.trim_start(), line.len() - rest.trim_start().len()),
            None if bare.starts_with(')') => {
                listing = false;
                continue;
            }
            None if listing => (bare, indent),
            None => continue,
        };
        let Some((path, version)) = path.split_once([' ', '\t']) else { continue };
        if path.contains('/') && !version.contains("// indirect") && !path.starts_with("//") {
            let span = Span::new(start + at, start + at + path.len());
            found.push(Dependency { package: package_key(&format!("golang/{path}")), name: path, span });
        }
    }
    found
}
