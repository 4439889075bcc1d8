//! Migrating: from the sites of a file to edits that move them off one vendor's edition.

pub mod plan;
