//! Statements of versions as text: how one is read in its notation, and what it becomes when older versions will not do
//! any more or another package takes the place. What is written is read again, so that a statement that cannot be
//! changed with certainty is left as it is.

use super::permitted::{self, Dialect, Permitted};

/// How a statement of versions is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Notation {
    /// Specifiers of PEP 440: `>=1.2,<2`.
    Pep440,
    /// Poetry's constraints: `^1.2`.
    Poetry,
    /// Conda's: `=1.2` is any 1.2.x.
    Conda,
    /// Ranges of npm.
    Npm,
}

impl Notation {
    /// The versions that a statement permits. None when it is not valid.
    fn read(self, text: &str) -> Option<Permitted> {
        match self {
            Self::Pep440 if text.trim() == "*" => Some(Permitted::Unknown),
            Self::Pep440 => permitted::pep440(text),
            Self::Poetry => permitted::dialect(text, Dialect::Poetry),
            Self::Conda => permitted::dialect(text, Dialect::Conda),
            Self::Npm => Some(permitted::npm(text)),
        }
    }

    /// True when a statement permits no version below `version`.
    pub fn is_at_least(self, stated: &str, version: &str) -> bool {
        self.read(stated).is_some_and(|permitted| permitted.at_least(version))
    }

    /// The statement with `version` as its lower bound; what it says of newer versions stays. None when it permits no
    /// older one anyway, permits only older ones, or cannot be changed with certainty.
    pub fn raised(self, stated: &str, version: &str) -> Option<String> {
        let before = self.read(stated)?;
        let is_odd = stated.contains('|') || self == Self::Conda && stated.trim().starts_with('=');
        if before.at_least(version) || before.below(version) || is_odd {
            return None;
        }
        let text = if self == Self::Npm { raised_range(stated, version)? } else { raised_list(stated, version) };
        let after = self.read(&text)?;
        (after.at_least(version) && after.is_upper_part_of(&before)).then_some(text)
    }

    /// A statement for another package, of which `version` is known to do, in the manner of this one: one version where
    /// this one permits one, with the same operator where that has a meaning for another package.
    pub fn in_manner_of(self, stated: &str, version: &str) -> String {
        let stated = stated.trim();
        let starts = |operator: &str| stated.starts_with(operator);
        let is_bare = starts_with_digit(stated) && !stated.contains([' ', ',', '|', 'x', '*']);
        match self {
            Self::Npm if is_bare && stated.matches('.').count() >= 2 => version.to_owned(),
            Self::Npm if starts("~") => format!("~{version}"),
            Self::Npm => format!("^{version}"),
            Self::Poetry if is_bare => version.to_owned(),
            Self::Poetry if starts("^") || starts("~") && !starts("~=") => format!("^{version}"),
            Self::Conda if starts("=") && !starts("==") => format!("={version}"),
            _ if starts("==") && !stated.contains('*') => format!("=={version}"),
            _ if starts("~=") => format!("~={version}"),
            _ => format!(">={version}"),
        }
    }
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// Splits a comparator into its operator, the space behind that, and the rest.
fn parts(comparator: &str) -> (&str, &str, &str) {
    let operator = comparator.find(|c| !"<>=~^!".contains(c)).unwrap_or(comparator.len());
    let (operator, rest) = comparator.split_at(operator);
    let version = rest.trim_start();
    (operator, &rest[..rest.len() - version.len()], version)
}

/// Comparators with commas between them.
fn raised_list(stated: &str, version: &str) -> String {
    let stated = stated.trim();
    if stated.is_empty() || stated == "*" {
        return format!(">={version}");
    }
    let comparators: Vec<&str> = stated.split(',').collect();
    let raise = |comparator: &str| {
        let bare = comparator.trim();
        let (operator, space, old) = parts(bare);
        let new = match operator {
            ">" | ">=" => format!(">={space}{version}"),
            "^" | "~" => format!("{operator}{space}{version}"),
            "~=" => format!("~={space}{}", with_parts(version, old.split('.').count())),
            _ => return None,
        };
        Some(comparator.replacen(bare, &new, 1))
    };
    let raised = comparators.iter().enumerate().find_map(|(at, comparator)| Some((at, raise(comparator)?)));
    match raised {
        Some((at, new)) => {
            let mut all = comparators.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
            all[at] = new;
            all.join(",")
        }
        None => format!(">={version},{}{stated}", if stated.contains(", ") { " " } else { "" }),
    }
}

/// A version with as many numbers, but two at least: the compatible releases of `1.2.3` are others than those of `1.2`.
fn with_parts(version: &str, count: usize) -> String {
    let mut numbers: Vec<&str> = version.split('.').collect();
    numbers.resize(count.max(2), "0");
    numbers.join(".")
}

/// Comparators with spaces between them.
fn raised_range(stated: &str, version: &str) -> Option<String> {
    let bare = stated.trim();
    let (operator, space, old) = parts(bare);
    if bare.split_whitespace().count() == 1 {
        return match operator {
            "^" | "~" | ">=" => Some(format!("{operator}{space}{version}")),
            ">" => Some(format!(">={space}{version}")),
            "" if starts_with_digit(old) => Some(format!("^{version}")),
            "<" | "<=" => Some(format!(">={version} {bare}")),
            _ => None,
        };
    }
    let (first, rest) = bare.split_once(' ')?;
    let (operator, _, old) = parts(first);
    (matches!(operator, ">" | ">=") && !old.is_empty()).then(|| format!(">={version} {rest}"))
}

#[cfg(test)]
mod tests {
    use super::Notation::{self, Conda, Npm, Pep440, Poetry};

    fn raised(notation: Notation, cases: &[(&str, &str, Option<&str>)]) {
        for (stated, version, expected) in cases {
            let became = notation.raised(stated, version);
            assert_eq!(became.as_deref(), *expected, "{notation:?}: `{stated}` to {version}");
            if let Some(text) = became {
                assert!(notation.is_at_least(&text, version), "{text}");
                assert_eq!(notation.raised(&text, version), None, "twice: {text}");
            }
        }
    }

    #[test]
    fn lower_bounds_of_pep_440_are_raised_and_upper_ones_stay() {
        let cases: &[(&str, &str, Option<&str>)] = &[
            ("", "1.106.0", Some(">=1.106.0")),
            (">=1.0", "1.106.0", Some(">=1.106.0")),
            (">1.0", "1.106.0", Some(">=1.106.0")),
            (">= 1.0, < 2", "1.106.0", Some(">= 1.106.0, < 2")),
            ("<2,>=1.0", "1.106.0", Some("<2,>=1.106.0")),
            ("<2", "1.106.0", Some(">=1.106.0,<2")),
            ("!=1.5, <2", "1.106.0", Some(">=1.106.0, !=1.5, <2")),
            ("==1.*", "1.106.0", Some(">=1.106.0,==1.*")),
            ("~=1.3", "1.106.0", Some("~=1.106")),
            ("~=1.3", "1.106.5", None),
            (">=1.107", "1.106.0", None),
            ("==1.0", "1.106.0", None),
            ("<1.50", "1.106.0", None),
            ("whatever", "1.106.0", None),
        ];
        raised(Pep440, cases);
        raised(Pep440, &[("*", "1.106.0", Some(">=1.106.0"))]);
    }

    #[test]
    fn poetry_and_conda() {
        let cases: &[(&str, &str, Option<&str>)] = &[
            ("^1.3", "1.106.0", Some("^1.106.0")),
            ("*", "1.106.0", Some(">=1.106.0")),
            (">=1.3,<3", "1.106.0", Some(">=1.106.0,<3")),
            ("^1.3 || ^2", "1.106.0", None),
            ("^0.5", "1.106.0", None),
            ("1.3", "1.106.0", None),
        ];
        raised(Poetry, cases);
        raised(Conda, &[("", "1.106.0", Some(">=1.106.0")), (">=1", "1.106.0", Some(">=1.106.0"))]);
        raised(Conda, &[("=1", "1.106.0", None)]);
    }

    #[test]
    fn ranges_of_npm() {
        let cases: &[(&str, &str, Option<&str>)] = &[
            ("^4.20.0", "4.104.0", Some("^4.104.0")),
            ("~4.104.0", "4.104.2", Some("~4.104.2")),
            (">=4.0.0", "4.104.0", Some(">=4.104.0")),
            (">=4.0.0 <6", "4.104.0", Some(">=4.104.0 <6")),
            ("4.x", "4.104.0", Some("^4.104.0")),
            ("4", "4.104.0", Some("^4.104.0")),
            ("<6", "4.104.0", Some(">=4.104.0 <6")),
            ("^4 || ^5", "4.104.0", None),
            ("4 - 5", "4.104.0", None),
            ("*", "4.104.0", None),
            ("latest", "4.104.0", None),
            ("workspace:*", "4.104.0", None),
            ("4.20.0", "4.104.0", None),
            ("^5.0.0", "4.104.0", None),
        ];
        raised(Npm, cases);
    }

    #[test]
    fn another_package_is_stated_in_the_same_manner() {
        let cases = [
            (Pep440, "", ">=2.1.0"),
            (Pep440, "==1.0.0b9", "==2.1.0"),
            (Pep440, "==1.*", ">=2.1.0"),
            (Pep440, "~=1.0", "~=2.1.0"),
            (Pep440, ">=1,<2", ">=2.1.0"),
            (Poetry, "^1.0.0b9", "^2.1.0"),
            (Poetry, "1.0", "2.1.0"),
            (Poetry, "*", ">=2.1.0"),
            (Conda, "=1", "=2.1.0"),
            (Npm, "^1.0.0-beta.12", "^2.1.0"),
            (Npm, "~1.0.0", "~2.1.0"),
            (Npm, "1.0.0-beta.12", "2.1.0"),
            (Npm, "1.x", "^2.1.0"),
            (Npm, "latest", "^2.1.0"),
        ];
        for (notation, stated, expected) in cases {
            assert_eq!(notation.in_manner_of(stated, "2.1.0"), expected, "{notation:?} `{stated}`");
        }
    }
}
