//! Manifests in JSON, YAML or TOML, read from the facts that their format made.

use super::{super::shape::constant_text, listed::requirement};
use crate::{
    facts::{Dependency, Entry, Expr, ExprId, Facts, Key, Span, Stated, package_key},
    input::versions::Notation,
    lang::builder::Builder,
};

/// An entry with a key that is a name.
struct Named<'f> {
    name: &'f str,
    span: Span,
    value: ExprId,
}

/// The top of a document: the last outermost object.
fn top(facts: &Facts<'_>) -> Option<ExprId> {
    let mut all = (0..facts.exprs.len()).rev().map(|number| ExprId(number as u32));
    all.find(|&expr| facts.node(expr).parent.is_none() && matches!(facts.expr(expr), Expr::Object(_)))
}

fn entries<'f>(facts: &'f Facts<'_>, object: ExprId) -> Vec<Named<'f>> {
    let Expr::Object(entries) = facts.expr(object) else { return Vec::new() };
    let named = |entry: &'f Entry<'_>| match &entry.key {
        Key::Named { name, span } => Some(Named { name, span: *span, value: entry.value }),
        _ => None,
    };
    entries.iter().filter_map(named).collect()
}

/// What lies at a path of keys; `*` is any key. TOML's dotted headers are paths already.
fn at(facts: &Facts<'_>, from: ExprId, path: &[&str]) -> Vec<ExprId> {
    let Some((first, rest)) = path.split_first() else { return vec![from] };
    let fitting = entries(facts, from).into_iter().filter(|entry| *first == "*" || entry.name == *first);
    fitting.flat_map(|entry| at(facts, entry.value, rest)).collect()
}

/// The requirements in a list of strings.
fn listed<'s>(b: &Builder<'s>, list: ExprId, found: &mut Vec<Dependency<'s>>) {
    match b.facts.expr(list) {
        Expr::List(items) => {
            let first = found.len();
            for item in items {
                listed(b, *item, found);
            }
            let own = found.drain(first..).map(|one| one.in_list(list.0)).collect::<Vec<_>>();
            found.extend(own);
        }
        _ => {
            if let Some((_, span)) = constant_text(b, list) {
                let entry = b.facts.node(list).span;
                found.extend(requirement(span.text(b.source), span.start as usize).map(|one| one.with_entry(entry)));
            }
        }
    }
}

/// The Python packages that are keys of a table, by their versions or by tables that hold these.
fn keys<'s>(b: &Builder<'s>, table: ExprId, notation: Notation, found: &mut Vec<Dependency<'s>>) {
    for entry in entries(&b.facts, table) {
        let text = match b.facts.expr(entry.value) {
            Expr::Object(_) => at(&b.facts, entry.value, &["version"]).into_iter().next(),
            _ => Some(entry.value),
        };
        let versions = text.and_then(|text| constant_text(b, text)).map(|(_, span)| span);
        let whole = Span { start: entry.span.start, end: b.facts.node(entry.value).span.end };
        let stated = versions.map(|versions| Stated { versions, notation, entry: whole, list: table.0 });
        found.extend(named(b, unquoted(b.source, entry.span), "pypi").map(|one| Dependency { stated, ..one }));
    }
}

fn unquoted(source: &str, span: Span) -> Span {
    let text = span.text(source);
    let bare = text.trim_matches(['"', '\'']);
    let start = span.start + text.find(bare).unwrap_or_default() as u32;
    Span { start, end: start + bare.len() as u32 }
}

fn named<'s>(b: &Builder<'s>, span: Span, registry: &str) -> Option<Dependency<'s>> {
    let name = b.source.get(span.start as usize..span.end as usize)?;
    Some(Dependency { package: package_key(&format!("{registry}/{name}")), name, span, stated: None })
}

/// `pyproject.toml`.
pub(super) fn pyproject<'s>(b: &Builder<'s>) -> Vec<Dependency<'s>> {
    let mut found = Vec::new();
    let Some(top) = top(&b.facts) else { return found };
    let lists: &[&[&str]] = &[
        &["project", "dependencies"],
        &["project", "optional-dependencies", "*"],
        &["dependency-groups", "*"],
        &["build-system", "requires"],
        &["tool", "uv", "dev-dependencies"],
        &["tool", "uv", "constraint-dependencies"],
        &["tool", "uv", "override-dependencies"],
        &["tool", "pdm", "dev-dependencies", "*"],
        &["tool", "hatch", "envs", "*", "dependencies"],
        &["tool", "hatch", "envs", "*", "extra-dependencies"],
    ];
    for path in lists {
        for list in at(&b.facts, top, path) {
            listed(b, list, &mut found);
        }
    }
    let tables: &[&[&str]] = &[
        &["tool", "poetry", "dependencies"],
        &["tool", "poetry", "dev-dependencies"],
        &["tool", "poetry", "group", "*", "dependencies"],
    ];
    for path in tables {
        for table in at(&b.facts, top, path) {
            keys(b, table, Notation::Poetry, &mut found);
        }
    }
    sorted(found)
}

/// Pipenv's file.
pub(super) fn pipfile<'s>(b: &Builder<'s>) -> Vec<Dependency<'s>> {
    let mut found = Vec::new();
    let Some(top) = top(&b.facts) else { return found };
    // Besides the two usual ones, any table can be a category of packages.
    for entry in entries(&b.facts, top) {
        if !matches!(entry.name, "source" | "requires" | "scripts" | "pipenv") {
            keys(b, entry.value, Notation::Pep440, &mut found);
        }
    }
    sorted(found)
}

/// An environment of conda, with its list for pip.
pub(super) fn conda<'s>(b: &Builder<'s>) -> Vec<Dependency<'s>> {
    let mut found = Vec::new();
    let Some(top) = top(&b.facts) else { return found };
    for list in at(&b.facts, top, &["dependencies"]) {
        let Expr::List(items) = b.facts.expr(list) else { continue };
        for item in items {
            let inner = at(&b.facts, *item, &["pip"]);
            if inner.is_empty() {
                found.extend(channelled(b, *item).map(|one| one.in_list(list.0)));
            }
            for list in inner {
                listed(b, list, &mut found);
            }
        }
    }
    sorted(found)
}

/// `channel::name=version`.
fn channelled<'s>(b: &Builder<'s>, item: ExprId) -> Option<Dependency<'s>> {
    let span = b.facts.node(item).span;
    let text = unquoted(b.source, span);
    let raw = text.text(b.source);
    let skipped = raw.find("::").map_or(0, |at| at + 2);
    let one = requirement(&b.source[text.start as usize + skipped..text.end as usize], text.start as usize + skipped)?;
    let stated = one.stated.map(|stated| Stated { notation: Notation::Conda, ..stated });
    Some(Dependency { stated, ..one }.with_entry(span))
}

/// `package.json`.
pub(super) fn package_json<'s>(b: &Builder<'s>) -> Vec<Dependency<'s>> {
    const SECTIONS: &[&str] =
        &["dependencies", "devDependencies", "peerDependencies", "optionalDependencies", "catalog"];
    const CHOICES: &[&str] = &["overrides", "resolutions"];
    let mut found = Vec::new();
    let Some(top) = top(&b.facts) else { return found };
    for section in SECTIONS.iter().flat_map(|section| at(&b.facts, top, &[section])) {
        let first = found.len();
        section_of(b, section, &mut found);
        found[first..].iter_mut().for_each(|one| one.stated = ranges(b, section, one.span));
    }
    for section in CHOICES.iter().flat_map(|section| at(&b.facts, top, &[section])) {
        section_of(b, section, &mut found);
    }
    for section in at(&b.facts, top, &["pnpm", "overrides"]) {
        section_of(b, section, &mut found);
    }
    sorted(found)
}

/// The ranges of a package that a section names at `name`. None for an alias.
fn ranges(b: &Builder<'_>, section: ExprId, name: Span) -> Option<Stated> {
    let all = entries(&b.facts, section);
    let entry = all.iter().find(|entry| unquoted(b.source, entry.span) == name)?;
    let (text, versions) = constant_text(b, entry.value)?;
    let whole = Span { start: entry.span.start, end: b.facts.node(entry.value).span.end };
    (!text.contains(':')).then_some(Stated { versions, notation: Notation::Npm, entry: whole, list: section.0 })
}

fn section_of<'s>(b: &Builder<'s>, section: ExprId, found: &mut Vec<Dependency<'s>>) {
    for entry in entries(&b.facts, section) {
        let span = unquoted(b.source, entry.span);
        let written = span.text(b.source);
        // `**/name` and `parent/name` choose where an override holds.
        let skipped = written.rfind("**/").map_or(0, |at| at + 3);
        let version = written[skipped..].char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| skipped + at);
        let end = span.start + version.unwrap_or(written.len()) as u32;
        found.extend(named(b, Span { start: span.start + skipped as u32, end }, "npm"));
        match constant_text(b, entry.value) {
            Some((_, span)) => found.extend(aliased(b, span)),
            None => section_of(b, entry.value, found),
        }
    }
}

/// `npm:name@version`.
fn aliased<'s>(b: &Builder<'s>, span: Span) -> Option<Dependency<'s>> {
    let name = span.text(b.source).strip_prefix("npm:")?;
    let start = span.end - name.len() as u32;
    let end = name.char_indices().skip(1).find(|(_, c)| *c == '@').map_or(name.len(), |(at, _)| at);
    named(b, Span { start, end: start + end as u32 }, "npm")
}

/// Gradle's catalogue of versions.
pub(super) fn catalogue<'s>(b: &Builder<'s>) -> Vec<Dependency<'s>> {
    let Some(top) = top(&b.facts) else { return Vec::new() };
    let libraries = at(&b.facts, top, &["libraries", "*"]);
    let constant = |expr: ExprId| constant_text(b, expr).map(|(_, span)| span);
    let read = |library: ExprId| {
        let field = |name: &str| at(&b.facts, library, &[name]).into_iter().find_map(constant);
        if let (Some(group), Some(name)) = (field("group"), field("name")) {
            return coordinates(b, group.text(b.source), name);
        }
        let span = constant(library).or_else(|| field("module"))?;
        let (group, rest) = span.text(b.source).split_once(':')?;
        let start = span.start + group.len() as u32 + 1;
        let length = rest.find(':').unwrap_or(rest.len()) as u32;
        coordinates(b, group, Span { start, end: start + length })
    };
    sorted(libraries.into_iter().filter_map(read).collect())
}

fn coordinates<'s>(b: &Builder<'s>, group: &str, artifact: Span) -> Option<Dependency<'s>> {
    named(b, artifact, &format!("maven/{group}"))
}

fn sorted(mut found: Vec<Dependency<'_>>) -> Vec<Dependency<'_>> {
    found.sort_by_key(|one| one.span);
    found
}
