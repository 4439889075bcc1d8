//! Changes of a manifest: the lower bound of a package is raised, or another package takes the place of one. What
//! comes out is read again, so that a change which says anything but what was meant is not made.

use std::collections::BTreeSet;

use super::edits::{Edit, applied, ordered};
use crate::{
    facts::{Dependency, Facts, Span, Stated, package_key},
    lang::{Grammar, Lowering},
    rules::swap::Swap,
};

/// A change of an entry.
#[derive(Debug)]
pub(crate) struct Change {
    /// The edits.
    pub(crate) edits: Vec<Edit>,
    /// What it does.
    pub(crate) title: String,
    /// True when the entry goes.
    pub(crate) removes: bool,
}

/// The change of an entry after which it permits no version below any of `versions`: None where it permits none anyway,
/// an error with the reason where it cannot be made.
pub(crate) fn raised(text: &str, one: &Dependency<'_>, versions: &BTreeSet<String>) -> Option<Result<Change, String>> {
    let Stated { versions: at, notation, .. } = one.stated?;
    let before = at.text(text);
    let is_done = |stated: &str| versions.iter().all(|version| notation.is_at_least(stated, version));
    if is_done(before) {
        return None;
    }
    let after =
        versions.iter().fold(before.to_owned(), |stated, version| notation.raised(&stated, version).unwrap_or(stated));
    let name = one.name;
    if is_done(&after) {
        let title = format!("`{name}` becomes `{after}`, which the changed code needs");
        return Some(Ok(Change { edits: vec![Edit::replace(at, after)], title, removes: false }));
    }
    let needed = versions.iter().map(String::as_str).collect::<Vec<_>>().join(" and ");
    let permitted = if before.is_empty() { "any version".to_owned() } else { format!("`{before}`") };
    Some(Err(format!("the changed code needs `{name}` {needed} or newer, and {permitted} cannot be raised to that")))
}

/// The change by which another package takes the place of the one with a number; where the list has that already, the old
/// one goes. An error with the reason where it cannot be made.
pub(crate) fn swapped(text: &str, all: &[Dependency<'_>], number: usize, swap: &Swap) -> Result<Change, String> {
    let one = &all[number];
    let Some(stated) = one.stated else { return Err("its entry is more than a name and versions".to_owned()) };
    let key = package_key(&swap.to);
    let is_same_list =
        |other: &Dependency<'_>| other.package == key && other.stated.is_none_or(|other| other.list == stated.list);
    let (from, to) = (one.name, swap.name());
    if all.iter().any(is_same_list) {
        let span = removal(text, stated.entry).ok_or("what stands around its entry is not plain")?;
        let title = format!("`{from}` goes: no code uses it any more, and `{to}` is listed");
        return Ok(Change { edits: vec![Edit::remove(span)], title, removes: true });
    }
    let between = Span { start: one.span.end, end: stated.versions.start };
    if stated.entry.text(text).contains("extras") || between.text(text).contains('[') {
        return Err("it is asked for with extras, which the other package may not have".to_owned());
    }
    let permitted = stated.versions.text(text);
    let version =
        swap.version(permitted).ok_or_else(|| format!("its version does not tell which one of `{to}` it takes"))?;
    let versions = stated.notation.in_manner_of(permitted, version);
    let title = format!("`{to}` {} takes the place of `{from}`, which no code uses any more", versions.trim());
    let edits = vec![Edit::replace(one.span, to), Edit::replace(stated.versions, versions)];
    Ok(Change { edits, title, removes: false })
}

/// What goes with an entry of a list or table: its line where it has that for itself, else the comma on one side.
fn removal(text: &str, entry: Span) -> Option<Span> {
    let (start, end) = (entry.start as usize, entry.end as usize);
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let after = &text[end..];
    let rest = after.split('\n').next().unwrap_or_default();
    let line_end = end + rest.len() + usize::from(end + rest.len() < text.len());
    let behind = rest.trim_start();
    let is_alone = text[line..start].trim_start_matches([' ', '\t', '-']).is_empty()
        && behind.trim_start_matches(',').trim_start().trim_end_matches('\r').is_empty()
            | behind.trim_start_matches(',').trim_start().starts_with(['#', '/']);
    let before = text[..line].trim_end();
    let needs_comma = before.ends_with(',') && !behind.starts_with(',');
    if is_alone && !needs_comma {
        return Some(Span::new(line, line_end));
    }
    if let Some(comma) = behind.strip_prefix(',') {
        let at = text.len() - (after.len() - (rest.len() - comma.len()));
        let spaces = text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len();
        return Some(Span::new(start, at + spaces));
    }
    let before = text[..start].trim_end();
    before.ends_with(',').then(|| Span::new(before.len() - 1, end))
}

/// The edits in order, if the manifest afterwards asks for the packages that were meant; `expected` says what becomes of
/// each that it asks for now: nothing, or a package.
pub(crate) fn checked(
    grammar: Grammar,
    text: &str,
    facts: &Facts<'_>,
    edits: Vec<Edit>,
    expected: &[Option<String>],
    lowering: &mut Lowering,
) -> Option<Vec<Edit>> {
    let edits = ordered(edits).ok()?;
    let after = applied(text, &edits);
    let read = lowering.facts(grammar, &after)?;
    let mut packages: Vec<&String> = read.dependencies.iter().map(|one| &one.package).collect();
    let mut wanted: Vec<&String> = expected.iter().flatten().collect();
    packages.sort();
    wanted.sort();
    (packages == wanted && read.problems.len() <= facts.problems.len()).then_some(edits)
}
