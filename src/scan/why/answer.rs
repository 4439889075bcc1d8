//! The answer in a sentence: the first stage that decided.

use super::Why;
use crate::scan::DiagnosticKind;

/// What kept the line from being reported, or that it is.
pub(super) fn of(why: &Why) -> String {
    let reported = why.findings.iter().filter(|told| told.dropped.is_none()).count();
    let found = match reported {
        0 => None,
        1 => Some("1 finding".to_owned()),
        more => Some(format!("{more} findings")),
    };
    if let Some(reason) = &why.walk.reason {
        let otherwise = match found {
            Some(found) => format!("; named by itself it would give {found} here"),
            None => String::new(),
        };
        return format!("The scan does not look at this file: {reason}{otherwise}.");
    }
    if let Some(found) = found {
        return format!("{found} reported here.", found = found + if reported == 1 { " is" } else { " are" });
    }
    if let Some(dropped) = why.findings.first().and_then(|told| told.dropped.as_ref()) {
        return format!("Something is found here but not reported: {dropped}.");
    }
    let hindered = |kind: DiagnosticKind| {
        matches!(kind, DiagnosticKind::Minified | DiagnosticKind::Binary | DiagnosticKind::TooLarge)
            || matches!(kind, DiagnosticKind::Unreadable | DiagnosticKind::Internal)
    };
    if let Some(diagnostic) = why.diagnostics.iter().find(|diagnostic| hindered(diagnostic.kind)) {
        return format!("The file was not parsed: it {}.", diagnostic.message);
    }
    if let Some(call) = why.calls.first() {
        return if call.units.is_empty() {
            "Nothing is reported here: a call of the API, but nothing ties its client to the vendor.".to_owned()
        } else {
            format!("No finding, but a call of the API that belongs to {}.", call.units.join(", "))
        };
    }
    if why.prefilter.as_ref().is_some_and(|prefilter| !prefilter.parsed) {
        return "Nothing is reported here: the file holds the words of no rule, and no link leads to it.".to_owned();
    }
    if why.misses.is_empty() {
        "Nothing is reported here: no rule looks for anything that stands on this line.".to_owned()
    } else {
        "Nothing is reported here: what rules look for on this line does not hold.".to_owned()
    }
}
