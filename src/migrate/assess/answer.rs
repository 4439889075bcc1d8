//! The answer for a target in a sentence: how many of the calls can go there, after what, and what the others wait for.

use std::collections::BTreeMap;

use super::{Answered, Material, Verdict, VerdictCounts};
use crate::rules::apis::{Api, OTHER};

/// The answer: `31 of 42 calls after the safe fix; 9 embeddings calls unknown; …`
pub(super) fn answer(material: &Material<'_>, one: &Answered<'_>, calls: &VerdictCounts) -> String {
    let total = calls.total();
    if total == 0 {
        return "No call was found that would have to move.".to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    let mut add = |count: u64, says: &str| {
        if count > 0 {
            parts.push(if parts.is_empty() {
                format!("{count} of {total} {} {says}", if total == 1 { "call" } else { "calls" })
            } else {
                format!("{count} {says}")
            });
        }
    };
    add(calls.ready, "as they are");
    add(calls.after_safe_fix, "after the safe fix");
    add(calls.after_unsafe_fix, "after a fix to review");
    add(calls.needs_work, "by hand");
    parts.extend(
        by_api(material, one, Verdict::Unknown)
            .into_iter()
            .map(|(api, count)| format!("{} unknown", of(material.apis, &api, count))),
    );
    for (api, count) in by_api(material, one, Verdict::Unsupported) {
        let retired = material.apis.iter().find(|known| known.id == api).and_then(|known| known.retired.as_ref());
        let since = retired.map_or_else(String::new, |retired| format!(" anywhere since {}", retired.since));
        parts.push(format!("{} unsupported{since}", of(material.apis, &api, count)));
    }
    let answer = parts.join("; ");
    format!("{answer}.")
}

fn by_api(material: &Material<'_>, one: &Answered<'_>, verdict: Verdict) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (unit, judgements) in material.units.iter().zip(&one.calls) {
        for (call, _) in unit.calls.iter().zip(judgements).filter(|(_, judgement)| judgement.verdict == verdict) {
            *counts.entry(&call.api).or_default() += 1;
        }
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().map(|(api, count)| (api.to_owned(), count)).collect();
    counts.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    counts
}

fn of(apis: &[Api], id: &str, count: u64) -> String {
    let title = apis.iter().find(|api| api.id == id).map_or(id, |api| api.title.as_str());
    let calls = if count == 1 { "call" } else { "calls" };
    if id == OTHER { format!("{count} other {calls}") } else { format!("{count} {title} {calls}") }
}
