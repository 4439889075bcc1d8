//! Paths as references to files: relative to the root of the repository where they lie below it, and with everything
//! escaped that has a meaning in an address.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::log::{Artifact, BaseId, Text};

/// The name that stands for the root of the repository.
const ROOT: &str = "%SRCROOT%";

/// What is escaped in a segment of a path: all but RFC 3986's unreserved characters, its delimiters, `:` and `@`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');
/// The same without `:`, which in a first segment would end a scheme.
const FIRST_SEGMENT: &AsciiSet = &SEGMENT.add(b':');

/// Says what the name stands for.
pub(super) fn base_ids() -> BTreeMap<&'static str, BaseId> {
    let description = Text { text: "The root directory of the repository.".into() };
    BTreeMap::from([(ROOT, BaseId { description })])
}

/// A reference to a file, whose path is relative to the root or absolute.
pub(super) fn artifact(path: &str) -> Artifact {
    let segments = |path: &str| path.split('/').map(|segment| escaped(segment, SEGMENT)).collect::<Vec<_>>().join("/");
    if let Some(absolute) = path.strip_prefix('/') {
        return Artifact { uri: format!("file:///{}", segments(absolute)), uri_base_id: None };
    }
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let mut uri = escaped(first, FIRST_SEGMENT);
    if let Some(rest) = rest {
        uri.push('/');
        uri.push_str(&segments(rest));
    }
    Artifact { uri, uri_base_id: Some(ROOT) }
}

fn escaped(segment: &str, set: &'static AsciiSet) -> String {
    utf8_percent_encode(segment, set).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        let uri = |path: &str| artifact(path).uri;
        assert_eq!(uri("src/app.py"), "src/app.py");
        assert_eq!(uri("a b/c#d?e%f[g].py"), "a%20b/c%23d%3Fe%25f%5Bg%5D.py");
        assert_eq!(uri("c:x/d:y.py"), "c%3Ax/d:y.py");
        assert_eq!(uri("ü\n.py"), "%C3%BC%0A.py");
        assert_eq!(uri("/tmp/x y.py"), "file:///tmp/x%20y.py");
        assert!(artifact("/tmp/x.py").uri_base_id.is_none() && artifact("x.py").uri_base_id.is_some());
    }
}
