//! Setting findings aside: those that comments in the source speak for ([`comments`], [`apply`], [`writing`]), those
//! that were there before ([`baseline`]), and those that no change since a commit brought in ([`changes`]).
//!
//! This wing decides about findings that are made; it finds nothing itself.

pub mod apply;
pub mod baseline;
pub mod changes;
pub mod comments;
pub mod writing;
