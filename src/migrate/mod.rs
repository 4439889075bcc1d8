//! Migrating: from the sites of a file to edits that move them off one vendor's edition.
//!
//! What matches become is data of the rules ([`crate::rules::rewrite`]); here is how code changes accordingly. Each match
//! with a rewrite becomes a unit (`client`; `request`, with `parts` and `address`, where no SDK is used), with what is given to the call (`given`, `arguments`, `values`), what changes
//! at the calls on the client (`deployment`), and the names that go along (`mentions`); units that depend on each other
//! are tied together and move or stay as one. What is chosen is put together with imports and leftovers (`compose`), and
//! the result is parsed and matched again: a change that breaks anything is withdrawn. The outcome is plain data
//! ([`plan`]); reading and writing files is not done here, but for [`apply`], which replaces files safely.

mod address;
pub mod apply;
mod arguments;
pub mod assess;
mod checks;
mod client;
mod compose;
mod deployment;
pub(crate) mod edits;
mod file;
mod given;
mod import_edits;
mod imports;
mod items;
mod leftovers;
pub(crate) mod manifest;
mod mentions;
mod notebook;
pub mod options;
mod order;
mod parts;
mod placing;
pub mod plan;
mod request;
pub(crate) mod settings;
mod splice;
mod statements;
mod stores;
mod template;
mod unit;
mod values;
pub mod view;

pub use compose::{Assumption, Outcome, Planner};
pub(crate) use splice::{document_plan, merged};
pub use unit::NewSetting;
