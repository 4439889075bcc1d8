//! `unmoor fix` and `unmoor models` as they are run: whatever the files, the directories and the repository are like,
//! nothing is lost, what is not done is said, and the exit code is the documented one.
//!
//! How a client is rewritten is not looked at here; fixtures do that.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod choices;
mod files;
mod projects;
mod repositories;
mod texts;
mod tree;
