//! Requests without an SDK.

use super::{file::File, unit::Unit};
use crate::rules::{matching::Place, rewrite::Request};

impl File<'_, '_, '_> {
    /// The unit of a request.
    pub(super) fn request_unit(
        &mut self,
        _place: &Place,
        _rule: usize,
        _number: usize,
        _request: &Request,
    ) -> Option<Unit> {
        None
    }
}
