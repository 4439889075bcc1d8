//! The versions that a statement permits, and what is certain about them.

use std::cmp::Ordering;
use std::str::FromStr;

use nodejs_semver::Range;
use pep440_rs::{Operator, Version, VersionSpecifiers};

/// The longest version statement that is read, in bytes. Real ones stay below 100.
const MAX_LENGTH: usize = 512;

/// The versions of a package that a statement permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permitted {
    /// The package is named, its version is not: `name`, `*`, `latest`, a Git address, a file that cannot be read.
    Unknown,
    /// Versions of a Python package (PEP 440).
    Python(Interval),
    /// Versions of an npm package: any that lies in one of the ranges.
    JavaScript {
        /// The ranges.
        ranges: Vec<Range>,
        /// The version, when the ranges permit just one.
        only: Option<nodejs_semver::Version>,
    },
}

/// A run of versions by the order of PEP 440. Versions that are excluded inside it (`!=`) are not noted. Pre-releases
/// count as left out unless a statement names one, as installers do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interval {
    /// No permitted version is below this one.
    pub low: Option<Version>,
    /// No permitted version is above this one.
    pub high: Option<Version>,
    /// True when `high` itself is permitted.
    pub high_included: bool,
}

impl Permitted {
    /// The one version that is permitted; None when there may be others.
    pub fn only(&self) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Python(Interval { low, high, high_included }) => {
                low.as_ref().filter(|_| *high_included && low == high).map(ToString::to_string)
            }
            Self::JavaScript { only, .. } => only.as_ref().map(ToString::to_string),
        }
    }

    /// A version that no permitted one is below; None when nothing is stated about that.
    pub fn lowest(&self) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Python(interval) => interval.low.as_ref().map(ToString::to_string),
            Self::JavaScript { ranges, .. } => {
                let zero = nodejs_semver::Version::from((0, 0, 0));
                // A range without a lower bound starts at zero.
                let lowest = ranges.iter().map(Range::min_version).min().flatten()?;
                (lowest > zero).then(|| lowest.to_string())
            }
        }
    }

    /// True when it is certain that no permitted version is below `version`. False when `version` is no version.
    pub fn at_least(&self, version: &str) -> bool {
        match self {
            Self::Unknown => false,
            Self::Python(interval) => match (&interval.low, Version::from_str(version)) {
                (Some(low), Ok(version)) => *low >= version,
                _ => false,
            },
            Self::JavaScript { ranges, .. } => none_in(ranges, &format!("<{version}")),
        }
    }

    /// True when it is certain that every permitted version is below `version`. False when `version` is no version.
    pub fn below(&self, version: &str) -> bool {
        match self {
            Self::Unknown => false,
            Self::Python(interval) => match (&interval.high, Version::from_str(version)) {
                (Some(high), Ok(version)) => *high < version || (*high == version && !interval.high_included),
                _ => false,
            },
            Self::JavaScript { ranges, .. } => none_in(ranges, &format!(">={version}")),
        }
    }

    /// What either of two statements permits, of which one or the other is in force.
    ///
    /// Where one names no version at all, the lower bound of the other stands: an installer that is free to choose
    /// takes the newest version. The upper bound falls.
    pub(super) fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Python(a), Self::Python(b)) => of_interval(a.or(b)),
            (Self::JavaScript { ranges: a, only: one }, Self::JavaScript { ranges: b, only: other }) => {
                let only = if one == other { one.clone() } else { None };
                let mut ranges = a.clone();
                ranges.extend(b.iter().filter(|range| !a.contains(range)).cloned());
                Self::JavaScript { ranges, only }
            }
            (Self::Unknown, Self::Python(known)) | (Self::Python(known), Self::Unknown) => {
                known.low.as_ref().map_or(Self::Unknown, |low| {
                    Self::Python(Interval { low: Some(low.clone()), high: None, high_included: false })
                })
            }
            _ => Self::Unknown,
        }
    }

    /// What two Python statements permit that are in force together. None when they contradict each other.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Python(a), Self::Python(b)) => a.and(b).map(Self::Python),
            (Self::Unknown, known) | (known, _) => Some(known.clone()),
        }
    }

    /// True when it is certain that all of it lies in `other` and ends where `other` does.
    pub(super) fn is_upper_part_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Python(own), Self::Python(other)) => {
                own.high == other.high && own.high_included == other.high_included
            }
            (Self::Python(own), Self::Unknown) => own.high.is_none(),
            (Self::JavaScript { ranges, .. }, Self::JavaScript { ranges: others, .. }) => {
                ranges.iter().all(|range| others.iter().any(|other| other.allows_all(range)))
            }
            _ => false,
        }
    }
}

impl Interval {
    fn or(&self, other: &Self) -> Self {
        let low = match (&self.low, &other.low) {
            (Some(a), Some(b)) => Some(Ord::min(a, b).clone()),
            _ => None,
        };
        let (high, high_included) = match (&self.high, &other.high) {
            (Some(a), Some(b)) => {
                let (high, included) = match a.cmp(b) {
                    Ordering::Less => (b, other.high_included),
                    Ordering::Equal => (a, self.high_included || other.high_included),
                    Ordering::Greater => (a, self.high_included),
                };
                (Some(high.clone()), included)
            }
            _ => (None, false),
        };
        Self { low, high, high_included }
    }

    fn and(&self, other: &Self) -> Option<Self> {
        let mut both = self.clone();
        if let Some(low) = &other.low {
            both.raise(low.clone());
        }
        if let Some(high) = &other.high {
            both.lower(high.clone(), other.high_included);
        }
        match (&both.low, &both.high) {
            (Some(low), Some(high)) if low > high || (low == high && !both.high_included) => None,
            _ => Some(both),
        }
    }

    /// Leaves out what is below.
    fn raise(&mut self, low: Version) {
        if self.low.as_ref().is_none_or(|present| *present < low) {
            self.low = Some(low);
        }
    }

    /// Leaves out what is above.
    fn lower(&mut self, high: Version, included: bool) {
        match &self.high {
            Some(present) if *present < high => {}
            Some(present) if *present == high => self.high_included &= included,
            _ => (self.high, self.high_included) = (Some(high), included),
        }
    }

    fn only(version: Version) -> Self {
        Self { low: Some(version.clone()), high: Some(version), high_included: true }
    }
}

/// True when no version lies both in one of the ranges and in `comparator`; false when that is none.
fn none_in(ranges: &[Range], comparator: &str) -> bool {
    Range::parse(comparator).is_ok_and(|other| ranges.iter().all(|range| !range.allows_any(&other)))
}

/// Reads the specifiers of PEP 440: `>=1.2,<2`. Empty text permits everything. None when it is not valid.
pub(super) fn pep440(text: &str) -> Option<Permitted> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let specifiers = VersionSpecifiers::from_str(text.trim().trim_end_matches(',')).ok()?;
    let mut interval = Interval::default();
    for specifier in specifiers.iter() {
        let version = specifier.version();
        match specifier.operator() {
            Operator::GreaterThanEqual | Operator::GreaterThan => interval.raise(version.clone()),
            Operator::LessThan => interval.lower(version.clone(), false),
            Operator::LessThanEqual => interval.lower(version.clone(), true),
            Operator::EqualStar => {
                interval.raise(version.clone());
                interval.lower(after(version, version.release().len())?, false);
            }
            Operator::TildeEqual => {
                interval.raise(version.clone());
                interval.lower(after(version, version.release().len().checked_sub(1)?)?, false);
            }
            Operator::NotEqual | Operator::NotEqualStar => {}
            // Arbitrary equality is the one left, and its variant is deprecated.
            _ => {
                interval.raise(version.clone());
                interval.lower(version.clone(), true);
            }
        }
    }
    Some(of_interval(interval))
}

fn of_interval(interval: Interval) -> Permitted {
    if interval == Interval::default() { Permitted::Unknown } else { Permitted::Python(interval) }
}

/// One Python version, as lock files have it. Unknown when it is not valid.
pub(super) fn python_version(text: &str) -> Permitted {
    if text.len() > MAX_LENGTH {
        return Permitted::Unknown;
    }
    Version::from_str(text.trim()).map_or(Permitted::Unknown, |version| Permitted::Python(Interval::only(version)))
}

/// The first version behind all that share the first `length` numbers: for 1.2.3 and 2 this is 1.3.
fn after(version: &Version, length: usize) -> Option<Version> {
    let mut release = version.release().get(..length)?.to_vec();
    let last = release.last_mut()?;
    *last = last.checked_add(1)?;
    Some(Version::new(release).with_epoch(version.epoch()))
}

/// Which dialect beside PEP 440 a statement is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Poetry: `^1.2`, `~1.2`, and a bare `1.2` is that version.
    Poetry,
    /// Conda: `=1.2` is any 1.2.x.
    Conda,
}

/// Reads a statement of Poetry or Conda. None when it is not valid.
pub(super) fn dialect(text: &str, dialect: Dialect) -> Option<Permitted> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let alternatives = text.split('|').filter(|part| !part.trim().is_empty());
    let mut permitted: Option<Permitted> = None;
    for alternative in alternatives {
        let read = conjunction(alternative, dialect)?;
        permitted = Some(permitted.map_or(read.clone(), |other| other.or(&read)));
    }
    permitted.or(Some(Permitted::Unknown))
}

/// Comparators with commas or spaces between them.
fn conjunction(text: &str, dialect: Dialect) -> Option<Permitted> {
    let mut joined = String::new();
    for c in text.trim().chars() {
        // A space behind an operator belongs to the comparator.
        if !(c.is_whitespace() && joined.ends_with(['<', '>', '=', '~', '^', '!', ','])) {
            joined.push(if c.is_whitespace() { ',' } else { c });
        }
    }
    let mut permitted = Permitted::Unknown;
    for part in joined.split(',').filter(|part| !part.is_empty()) {
        permitted = permitted.and(&comparator(part, dialect)?)?;
    }
    Some(permitted)
}

fn comparator(part: &str, dialect: Dialect) -> Option<Permitted> {
    if part == "*" {
        return Some(Permitted::Unknown);
    }
    if let Some(version) = part.strip_prefix('^') {
        let version = Version::from_str(version).ok()?;
        let zeros = version.release().iter().take_while(|number| **number == 0).count();
        let length = (zeros + 1).min(version.release().len());
        let high = after(&version, length)?;
        return Some(Permitted::Python(Interval { low: Some(version), high: Some(high), high_included: false }));
    }
    if let Some(version) = part.strip_prefix('~').filter(|version| !version.starts_with('=')) {
        let version = Version::from_str(version).ok()?;
        let high = after(&version, version.release().len().min(2))?;
        return Some(Permitted::Python(Interval { low: Some(version), high: Some(high), high_included: false }));
    }
    if part.starts_with(|c: char| c.is_ascii_digit()) {
        return pep440(&format!("=={part}"));
    }
    match part.strip_prefix('=').filter(|version| !version.starts_with('=')) {
        Some(version) if dialect == Dialect::Conda && !version.ends_with(".*") => pep440(&format!("=={version}.*")),
        Some(version) => pep440(&format!("=={version}")),
        None => pep440(part),
    }
}

/// Reads an npm range. Unknown for tags, addresses and whatever else names no version.
pub(super) fn npm(text: &str) -> Permitted {
    let text = text.trim();
    let names_versions = text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" \t.*^~<>=|-+".contains(&byte));
    if text.len() > MAX_LENGTH || !names_versions {
        return Permitted::Unknown;
    }
    let Ok(range) = Range::parse(text) else { return Permitted::Unknown };
    let only = nodejs_semver::Version::parse(text.trim_start_matches(['=', 'v', ' '])).ok();
    // Such as `*` and `>=0`, which state nothing.
    if Range::parse(">=0.0.0").is_ok_and(|everything| range.allows_all(&everything)) {
        return Permitted::Unknown;
    }
    Permitted::JavaScript { ranges: vec![range], only }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(permitted: &Permitted) -> String {
        match permitted {
            Permitted::Unknown => "unknown".to_owned(),
            Permitted::Python(interval) => {
                let low = interval.low.as_ref().map(ToString::to_string).unwrap_or_default();
                let high = interval.high.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("[{low}, {high}{}", if interval.high_included { ']' } else { ')' })
            }
            Permitted::JavaScript { ranges, only } => {
                let ranges: Vec<_> = ranges.iter().map(ToString::to_string).collect();
                format!("{}{}", if only.is_some() { "only " } else { "" }, ranges.join(" or "))
            }
        }
    }

    #[test]
    fn specifiers_of_pep_440_become_bounds() {
        for (text, expected) in [
            ("", "unknown"),
            ("==1.2.3", "[1.2.3, 1.2.3]"),
            ("===1.2.3", "[1.2.3, 1.2.3]"),
            ("== 1.2.*", "[1.2, 1.3)"),
            ("~=1.2.3", "[1.2.3, 1.3)"),
            ("~=2.0", "[2.0, 3)"),
            (">=1.2,<3,!=1.5", "[1.2, 3)"),
            (">= 1.2 , < 3,", "[1.2, 3)"),
            ("<=2,<2", "[, 2)"),
            (">1.2", "[1.2, )"),
            (">=1.0rc1", "[1.0rc1, )"),
            ("!=1.5", "unknown"),
        ] {
            assert_eq!(bounds(&pep440(text).unwrap()), expected, "{text}");
        }
        for text in ["=1.2", ">=x", "~=1", "1.2", "==1.2.x"] {
            assert_eq!(pep440(text), None, "{text}");
        }
        assert_eq!(pep440(&"9".repeat(1000)), None);
    }

    #[test]
    fn poetry_and_conda_have_their_own_operators() {
        for (text, poetry, conda) in [
            ("^1.2", "[1.2, 2)", "[1.2, 2)"),
            ("^0.2.3", "[0.2.3, 0.3)", "[0.2.3, 0.3)"),
            ("^0.0.3", "[0.0.3, 0.0.4)", "[0.0.3, 0.0.4)"),
            ("^0", "[0, 1)", "[0, 1)"),
            ("~1.2.3", "[1.2.3, 1.3)", "[1.2.3, 1.3)"),
            ("~1", "[1, 2)", "[1, 2)"),
            ("1.2.3", "[1.2.3, 1.2.3]", "[1.2.3, 1.2.3]"),
            ("1.*", "[1, 2)", "[1, 2)"),
            ("=1.2", "[1.2, 1.2]", "[1.2, 1.3)"),
            (">= 1.2, < 2", "[1.2, 2)", "[1.2, 2)"),
            (">=1.2 <2", "[1.2, 2)", "[1.2, 2)"),
            ("^1.2 || ^3.0", "[1.2, 4)", "[1.2, 4)"),
            ("*", "unknown", "unknown"),
            ("~=1.4", "[1.4, 2)", "[1.4, 2)"),
        ] {
            assert_eq!(bounds(&dialect(text, Dialect::Poetry).unwrap()), poetry, "{text}");
            assert_eq!(bounds(&dialect(text, Dialect::Conda).unwrap()), conda, "{text}");
        }
        assert_eq!(dialect("newest", Dialect::Poetry), None);
        assert_eq!(dialect("^18446744073709551615", Dialect::Poetry), None);
    }

    #[test]
    fn npm_ranges_are_read_and_tags_are_unknown() {
        for (text, expected) in [
            ("^4.2.0", ">=4.2.0 <5.0.0-0"),
            ("~4.2", ">=4.2.0 <4.3.0-0"),
            ("4.x", ">=4.0.0 <5.0.0-0"),
            ("=5.1.0", "only 5.1.0"),
            ("v5.1.0", "only 5.1.0"),
            ("5.0.0-beta.1", "only 5.0.0-beta.1"),
            ("*", "unknown"),
            ("", "unknown"),
            ("x", "unknown"),
            ("latest", "unknown"),
            ("next", "unknown"),
            ("github:me/it#v1", "unknown"),
            ("file:../it-1.2.3.tgz", "unknown"),
            (">=0.0.0", "unknown"),
            ("|}", "unknown"),
        ] {
            assert_eq!(bounds(&npm(text)), expected, "{text}");
        }
    }

    #[test]
    fn certainty_needs_every_permitted_version_on_one_side() {
        let python = |text: &str| pep440(text).unwrap();
        for (permitted, version, at_least, below) in [
            (python("==1.106.0"), "1.106", true, false),
            (python("==1.105"), "1.106", false, true),
            (python(">=1.106.0"), "1.106.0", true, false),
            (python(">=1.106.0rc1"), "1.106.0", false, false),
            (python(">=1.9"), "1.10", false, false),
            (python("<3"), "3", false, true),
            (python("<=3"), "3", false, false),
            (python("~=2.0"), "3.0.0", false, true),
            (python(""), "1", false, false),
            (python(">=2"), "no version", false, false),
            (npm("^5.18.0"), "5.18", true, false),
            (npm("^5.0.0"), "5.18.0", false, false),
            (npm("^4.104.0 || ^5.18.0"), "5.18.0", false, false),
            (npm("^4.104.0 || ^5.18.0"), "4.104.0", true, false),
            (npm("^4.104.0"), "5", false, true),
            (npm("<3"), "3", false, true),
            (npm("4.10.0"), "4.9.0", true, false),
            (npm("5.0.0-beta.1"), "5.0.0", false, true),
            (npm(">4.0.0 <=4.9.0"), "4.9.0", false, false),
            (npm("4.0.0 - 4.9"), "4.10.0", false, true),
            (npm("latest"), "1", false, false),
            (npm("^5.0.0"), "no version", false, false),
        ] {
            assert_eq!(permitted.at_least(version), at_least, "{permitted:?} at least {version}");
            assert_eq!(permitted.below(version), below, "{permitted:?} below {version}");
        }
        assert_eq!(npm("^5.1.0 || ^4.2.0").lowest().as_deref(), Some("4.2.0"));
        assert_eq!(npm("<5").lowest(), None);
        assert_eq!(python("~=2.0").lowest().as_deref(), Some("2.0"));
        assert_eq!(python("==2.0").only().as_deref(), Some("2.0"));
        assert_eq!(python("<=2.0").only(), None);
    }

    #[test]
    fn statements_are_joined_and_intersected() {
        let python = |text: &str| pep440(text).unwrap();
        assert_eq!(bounds(&python(">=1,<2").or(&python("==3.1"))), "[1, 3.1]");
        assert_eq!(bounds(&python(">=1,<2").or(&python(""))), "[1, )");
        assert_eq!(bounds(&python("<2").or(&python(""))), "unknown");
        assert_eq!(bounds(&python(">=1").or(&python("<3"))), "unknown");
        assert_eq!(bounds(&python(">=1").and(&python("<3")).unwrap()), "[1, 3)");
        assert_eq!(bounds(&python("").and(&python("==3")).unwrap()), "[3, 3]");
        assert_eq!(python("<2").and(&python(">=2")), None);
        assert_eq!(bounds(&npm("4.1.0").or(&npm("5.1.0"))), "4.1.0 or 5.1.0");
        assert_eq!(bounds(&npm("4.1.0").or(&npm("4.1.0"))), "only 4.1.0");
        assert_eq!(bounds(&npm("4.1.0").or(&npm("latest"))), "unknown");
    }
}
