//! `unmoor` finds every place where a codebase is tied to Azure's edition of the OpenAI API and says what leaving takes.
//!
//! The modules below stand in the order in which data flows through them; each uses only modules before it, and
//! [`scan`] alone wires them together:
//!
//! ```text
//! walk -> prefilter -> source -> parse -> lower -> resolve -> match -> link -> units -> plan -> report
//! ```

pub mod suggest;

pub mod input;

pub mod facts;
pub mod lang;

pub mod resolve;

pub mod finding;
pub mod rules;

pub mod unit;

pub mod migrate;

pub mod config;

pub mod suppress;

pub mod scan;

pub mod fixtures;

pub mod report;

pub mod cli;
