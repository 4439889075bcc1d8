//! Input: which files are looked at, which of them are worth parsing, and what their bytes say.
//!
//! This wing knows files, bytes and positions. It knows no language, no rule and no report; the caller hands it a test
//! for file names and plain literals. In the order in which a scan uses them:
//!
//! * [`walk`] finds files in parallel, reads them, and says what it passed over and why; [`exclude`] says what that is;
//! * [`prefilter`] tells from the bytes whether a file can hold anything of interest;
//! * [`text`] decodes the bytes and translates byte offsets to lines and columns;
//! * [`versions`] reads which versions of packages the project of a file uses;
//! * [`modules`] says which file an import means;
//! * [`line_hash`] makes the hashes by which GitHub knows lines again;
//! * [`git`] runs Git for those who ask it something.

pub mod exclude;
pub mod git;
pub mod line_hash;
pub mod literal;
pub mod modules;
pub mod notebook;
pub mod prefilter;
pub mod text;
pub mod unwalked;
pub mod versions;
pub mod walk;

pub(crate) mod roots;
mod samples;
