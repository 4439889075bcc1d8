//! The lines of a unified diff, told apart.

/// A line of a hunk.
pub(super) struct DiffLine<'a> {
    pub(super) kind: LineKind,
    /// Without its mark.
    pub(super) text: &'a str,
}

/// What a line of a hunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    /// Where the hunk stands.
    Position,
    Added,
    Removed,
    Kept,
}

/// The lines of hunks.
pub(super) fn lines(hunks: &str) -> Vec<DiffLine<'_>> {
    hunks.lines().map(line).collect()
}

fn line(text: &str) -> DiffLine<'_> {
    let (kind, length) = match text.as_bytes().first() {
        Some(b'@') => (LineKind::Position, 0),
        Some(b'+') => (LineKind::Added, 1),
        Some(b'-') => (LineKind::Removed, 1),
        Some(b' ') => (LineKind::Kept, 1),
        _ => (LineKind::Kept, 0),
    };
    DiffLine { kind, text: &text[length..] }
}

#[cfg(test)]
mod tests {
    use super::{
        LineKind::{Added, Kept, Position, Removed},
        *,
    };

    #[test]
    fn lines_are_told_apart_and_lose_their_mark() {
        let shown: Vec<_> =
            lines("@@ -1 +1 @@\n-a\n+-b\n c\n\n").into_iter().map(|line| (line.kind, line.text)).collect();
        assert_eq!(shown, [(Position, "@@ -1 +1 @@"), (Removed, "a"), (Added, "-b"), (Kept, "c"), (Kept, "")]);
    }
}
