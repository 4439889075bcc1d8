//! The change of a file as bytes: what its edits make of it, and what names the content that they are for.

use sha2::{Digest, Sha256};

use super::{
    edits::Edit,
    plan::{self, FilePlan, Fix},
};

/// The bytes after the edits. They are the file's own, so that what the text was read as does not matter.
pub(super) fn spliced(bytes: &[u8], edits: &[plan::Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for edit in edits {
        out.extend_from_slice(bytes.get(at..edit.start as usize).unwrap_or_default());
        out.extend_from_slice(edit.text.as_bytes());
        at = edit.end as usize;
    }
    out.extend_from_slice(bytes.get(at..).unwrap_or_default());
    out
}

/// Names a content.
pub(super) fn name_of(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The change of a document with edits of its text, which begins at `base`.
pub(crate) fn document_plan(path: &str, bytes: &[u8], base: usize, edits: Vec<Edit>, fixes: Vec<Fix>) -> FilePlan {
    let edit = |edit: Edit| plan::Edit {
        start: edit.span.start + base as u32,
        end: edit.span.end + base as u32,
        text: edit.text,
    };
    let edits: Vec<plan::Edit> = edits.into_iter().map(edit).collect();
    let after = spliced(bytes, &edits);
    let sha256 = name_of(bytes);
    FilePlan { path: path.to_owned(), fixes, edits, sha256, before: bytes.to_vec(), after }
}

/// Two changes of one file in one. Of edits that meet, the first change's are made.
pub(crate) fn merged(mut plan: FilePlan, other: FilePlan) -> FilePlan {
    let meets = |a: &plan::Edit, b: &plan::Edit| a.start <= b.end && b.start <= a.end;
    if other.edits.iter().any(|edit| plan.edits.iter().any(|own| meets(own, edit))) {
        return plan;
    }
    plan.edits.extend(other.edits);
    plan.edits.sort_by_key(|edit| (edit.start, edit.end));
    plan.fixes.extend(other.fixes);
    plan.after = spliced(&plan.before, &plan.edits);
    plan
}
