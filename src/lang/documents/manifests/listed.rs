//! Manifests that are lists of packages, line by line.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use crate::{
    facts::{Dependency, Span, Stated, package_key},
    input::versions::Notation,
};

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

/// A line up to its comment, which a space precedes.
fn without_comment(line: &str) -> &str {
    let is_comment = |at: &usize| line[..*at].ends_with([' ', '\t']);
    let at = line.match_indices('#').map(|(at, _)| at).find(is_comment);
    at.map_or(line, |at| &line[..at])
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
    let span = Span::new(at, at + name.len());
    let stated = || {
        let versions = specifiers(rest)?;
        let end = at + text.trim_end().len() - (text.len() - bare.len());
        Some(Stated {
            versions: Span::new(at + name.len() + versions.start, at + name.len() + versions.end),
            notation: Notation::Pep440,
            entry: Span::new(at, end),
            list: 0,
        })
    };
    is_requirement.then(|| Dependency { package: package_key(&format!("pypi/{name}")), name, span, stated: stated() })
}

/// Where the specifiers of versions stand in what follows a name. None for an address, hashes, and what goes on in
/// another line.
fn specifiers(rest: &str) -> Option<Range<usize>> {
    let extras = rest.trim_start().starts_with('[').then(|| rest.find(']')).flatten().map_or(0, |at| at + 1);
    let end = rest.find(';').unwrap_or(rest.len());
    let mut text = rest.get(extras..end)?.trim_end();
    let mut start = extras + text.len() - text.trim_start().len();
    text = text.trim_start();
    if rest.contains(['@', '\\']) || rest.contains(" --") {
        return None;
    }
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        start += 1;
        text = inner;
    }
    Some(if text.is_empty() { extras..extras } else { start..start + text.len() })
}

/// Requirements and constraints of pip.
pub(super) fn requirements(text: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let mut continues = false;
    for (start, line) in lines(text) {
        let is_own = !continues && !line.trim_start().starts_with(['#', '-']);
        found.extend(is_own.then(|| requirement(without_comment(line), start)).flatten());
        continues = line.trim_end().ends_with('\\');
    }
    found
}

/// The lists of requirements in `setup.cfg` and `tox.ini`.
pub(super) fn setup(text: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let (mut section, mut listing) = ("", false);
    let mut list = 0;
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
                let one = requirement(&without_comment(line)[skipped..], start + skipped);
                found.extend(one.map(|one| one.in_list(list)));
            }
        } else if let Some((key, value)) = line.split_once('=') {
            let key = key.trim();
            listing = matches!(key, "install_requires" | "tests_require" | "setup_requires" | "deps")
                || section == "options.extras_require";
            list = start as u32;
            if listing {
                let one = requirement(without_comment(value), start + line.len() - value.len());
                found.extend(one.map(|one| one.in_list(list)));
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
                    stated: None,
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
            found.push(Dependency { package: package_key(&format!("golang/{path}")), name: path, span, stated: None });
        }
    }
    found
}
