//! The words of the page: what verdicts, kinds and amounts of work are called when people read them. Templates give what
//! they name by reference and what they compute by value; hence the borrows.

use std::borrow::Borrow;

use crate::report::words;
use crate::{
    finding::EvidenceKind,
    migrate::assess::{Effort, Judgement, TargetAnswer, Verdict, VerdictCounts},
    rules::model::{Class, FixLevel, Severity},
    unit::UnitKind,
};

/// A verdict as readers see it: a known change is told apart by whether it has to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing has to change.
    Ready,
    /// After a change that keeps every request the same.
    SafeFix,
    /// After a change that is right if stated facts hold.
    ReviewedFix,
    /// By hand.
    NeedsWork,
    /// Not there.
    Unsupported,
    /// Not found out.
    Unknown,
}

impl Answer {
    /// All, from best to worst.
    pub(super) const ALL: [Self; 6] =
        [Self::Ready, Self::SafeFix, Self::ReviewedFix, Self::NeedsWork, Self::Unsupported, Self::Unknown];

    /// Of a verdict and the level of the change.
    pub(super) fn new(verdict: Verdict, level: Option<FixLevel>) -> Self {
        match (verdict, level) {
            (Verdict::Ready, _) => Self::Ready,
            (Verdict::AfterFix, Some(FixLevel::Safe)) => Self::SafeFix,
            (Verdict::AfterFix, _) => Self::ReviewedFix,
            (Verdict::NeedsWork, _) => Self::NeedsWork,
            (Verdict::Unsupported, _) => Self::Unsupported,
            (Verdict::Unknown, _) => Self::Unknown,
        }
    }

    /// Of a judgement.
    pub(super) fn of(judgement: &Judgement) -> Self {
        Self::new(judgement.verdict, judgement.level)
    }

    /// Of a target as a whole. Its verdict has no level: the change is safe when that of each unit is.
    pub(super) fn whole(target: &TargetAnswer) -> Self {
        let is_safe = target.units.after_unsafe_fix + target.calls.after_unsafe_fix == 0;
        Self::new(target.verdict, is_safe.then_some(FixLevel::Safe))
    }

    /// Its words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ready => words::verdict(Verdict::Ready, None),
            Self::SafeFix => words::verdict(Verdict::AfterFix, Some(FixLevel::Safe)),
            Self::ReviewedFix => words::verdict(Verdict::AfterFix, Some(FixLevel::Unsafe)),
            Self::NeedsWork => words::verdict(Verdict::NeedsWork, None),
            Self::Unsupported => words::verdict(Verdict::Unsupported, None),
            Self::Unknown => words::verdict(Verdict::Unknown, None),
        }
    }

    /// What it means, in a sentence.
    pub(super) fn means(self) -> &'static str {
        match self {
            Self::Ready => "Nothing in the code has to change.",
            Self::SafeFix => "A mechanical change is known after which the same request reaches the same resource.",
            Self::ReviewedFix => {
                "A mechanical change is known; it is right if facts hold that code cannot show. Look at it before use."
            }
            Self::NeedsWork => "Somebody has to change code by hand.",
            Self::Unsupported => "The target does not have it.",
            Self::Unknown => "It could not be found out. It counts neither as a yes nor as a no.",
        }
    }

    /// Names it in the style sheet and among the symbols.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::SafeFix => "safe",
            Self::ReviewedFix => "review",
            Self::NeedsWork => "work",
            Self::Unsupported => "none",
            Self::Unknown => "unknown",
        }
    }

    /// How many there are of it.
    pub(super) fn count(self, counts: &VerdictCounts) -> u64 {
        match self {
            Self::Ready => counts.ready,
            Self::SafeFix => counts.after_safe_fix,
            Self::ReviewedFix => counts.after_unsafe_fix,
            Self::NeedsWork => counts.needs_work,
            Self::Unsupported => counts.unsupported,
            Self::Unknown => counts.unknown,
        }
    }
}

/// A number with its thousands told apart.
pub(super) fn number(number: impl Borrow<u64>) -> String {
    let digits = number.borrow().to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A number with its noun: `1 file`, `5,000 files`.
pub(super) fn count(count: impl Borrow<u64>, noun: &str) -> String {
    let count = *count.borrow();
    let plain = words::count(count, noun);
    let noun = plain.split_once(' ').map_or("", |(_, noun)| noun);
    format!("{} {noun}", number(count))
}

/// A range of minutes.
pub(super) fn range(low: impl Borrow<u64>, high: impl Borrow<u64>) -> String {
    words::duration(*low.borrow(), *high.borrow())
}

/// The range of an effort.
pub(super) fn effort(effort: &Effort) -> String {
    if effort.high == 0 { "no work counted".to_owned() } else { range(effort.low, effort.high) }
}

/// The same with shorter names of units, for a chart.
pub(super) fn short_effort(of: &Effort) -> String {
    let shown = effort(of);
    let short =
        [(" minutes", " min"), (" minute", " min"), (" hours", " h"), (" hour", " h"), (" working day", " day")];
    short.into_iter().fold(shown, |shown, (long, short)| shown.replace(long, short))
}

/// What is done about a site.
pub(super) fn fix(level: impl Borrow<FixLevel>) -> &'static str {
    match level.borrow() {
        FixLevel::Safe => "safe fix",
        FixLevel::Unsafe => "fix to review",
        FixLevel::Manual => "by hand",
    }
}

/// Names what is done in the style sheet, as the verdict that it leads to.
pub(super) fn fix_key(level: impl Borrow<FixLevel>) -> &'static str {
    match level.borrow() {
        FixLevel::Manual => Answer::NeedsWork.key(),
        level => Answer::new(Verdict::AfterFix, Some(*level)).key(),
    }
}

/// How serious a severity is.
pub(super) fn severity_means(severity: impl Borrow<Severity>) -> &'static str {
    match severity.borrow() {
        Severity::Note => "Worth knowing; the place is portable already, or nearly so.",
        Severity::Warning => "Ties the code to the vendor.",
        Severity::Error => "Ties the code to a service that is already retired.",
    }
}

/// What a class of sites is.
pub(super) fn class_means(class: impl Borrow<Class>) -> &'static str {
    match class.borrow() {
        Class::Import => "A name that only this vendor has is brought in.",
        Class::Client => "A client that only works with this vendor is made or used.",
        Class::Auth => "Credentials for such a client.",
        Class::Config => "An option, setting or environment variable that only this vendor knows.",
        Class::Model => "The name of a deployment stands where the name of a model belongs.",
        Class::Endpoint => "A host, path, query or header of the vendor.",
        Class::Response => "A field of an answer or error that only this vendor sends.",
        Class::Feature => "A feature that only this vendor's service has.",
        Class::Dependency => "A package that ties the project to the vendor.",
        Class::Infra => "A resource that is set up at the vendor.",
    }
}

/// What kind of thing a unit is.
pub(super) fn unit_kind(kind: impl Borrow<UnitKind>) -> &'static str {
    match kind.borrow() {
        UnitKind::Client => "A client that the code makes",
        UnitKind::Declared => "A client that is given to the code from outside what was scanned",
        UnitKind::Module => "The package itself, set up for the vendor and used without a client",
        UnitKind::Request => "A request that is put together by hand",
    }
}

/// What a step on the way to a call is.
pub(super) fn step(kind: impl Borrow<EvidenceKind>) -> &'static str {
    match kind.borrow() {
        EvidenceKind::Import => "imported",
        EvidenceKind::Binding => "given a name",
        EvidenceKind::Annotation => "declared",
        EvidenceKind::Base => "derived from",
        EvidenceKind::Construction => "made",
        EvidenceKind::Call => "passed to",
        EvidenceKind::Flow => "flows on",
        EvidenceKind::Beside => "stands beside",
        EvidenceKind::Site => "used here",
    }
}

/// What a target says of a part of the API, with the key of its colour.
pub(super) fn support(word: &str) -> (&str, &'static str) {
    match word {
        "yes" => ("available", "ready"),
        "partial" => ("in part", "work"),
        "no" => ("not available", "none"),
        "unknown" => ("unknown", "unknown"),
        other => (other, "unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_told_apart() {
        assert_eq!([0, 999, 5_000, 1_234_567].map(number), ["0", "999", "5,000", "1,234,567"]);
        assert_eq!((count(1, "file"), count(5_000, "file")), ("1 file".to_owned(), "5,000 files".to_owned()));
    }

    #[test]
    fn efforts_are_ranges() {
        let effort_of = |low, high| Effort { low, high, parts: Vec::new() };
        assert_eq!(effort(&effort_of(0, 0)), "no work counted");
        let shown = [(5, 90), (60, 300), (480, 2400)].map(|(low, high)| short_effort(&effort_of(low, high)));
        assert_eq!(shown, ["5 to 90 min", "1 to 5 h", "1 to 5 days"]);
    }

    #[test]
    fn a_target_needs_review_when_one_of_its_units_does() {
        let mut target: TargetAnswer = serde_json::from_value(serde_json::json!({
            "id": "t", "title": "T", "answer": "", "verdict": "after-fix", "calls": counts(0), "units": counts(0),
            "apis": [], "effort": {"low": 0, "high": 0, "parts": []}, "base_url": "", "key": "", "model": "",
            "notes": [], "links": [], "checked": "",
        }))
        .unwrap();
        assert_eq!(Answer::whole(&target), Answer::SafeFix);
        target.units.after_unsafe_fix = 1;
        assert_eq!(Answer::whole(&target), Answer::ReviewedFix);
    }

    fn counts(n: u64) -> serde_json::Value {
        serde_json::json!({"ready": n, "after-safe-fix": n, "after-unsafe-fix": n, "needs-work": n, "unsupported": n, "unknown": n})
    }
}
