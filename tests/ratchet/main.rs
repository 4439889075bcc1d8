//! Only what is new, as it is run: the baseline, the changes since a commit, comments that are written and pruned, and
//! files that are named one by one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod baseline;
mod comments;
mod named;
mod since;
mod tree;
