//! Imports of JavaScript and TypeScript: which file a specifier means.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::FileId;
use super::tree::Tree;

#[derive(Debug)]
pub(super) struct JavaScript {}

impl JavaScript {
    pub(super) fn new(_tree: &Arc<Tree>) -> Self {
        Self {}
    }

    #[expect(clippy::unused_self, reason = "a stub")]
    pub(super) fn resolve(&self, _from: FileId, _specifier: &str) -> Option<FileId> {
        None
    }

    #[expect(clippy::unused_self, reason = "a stub")]
    pub(super) fn names(&self, _file: FileId, _names: &mut BTreeSet<String>) {}

    #[expect(clippy::unused_self, reason = "a stub")]
    pub(super) fn problems(&self) -> Vec<(PathBuf, String)> {
        Vec::new()
    }
}
