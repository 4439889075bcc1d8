//! Apply: puts changed files in the place of the scanned ones, or leaves them untouched and says why.
//!
//! A file is replaced as a whole: the new content is written to a temporary file in the same directory, forced to the
//! disk, and renamed over the old one. Whoever reads the file meanwhile sees the old content or the new one, and a
//! crash leaves one of the two (and at worst a temporary file, `.unmoor-*.tmp`). Nothing is written through a symbolic
//! link.
//!
//! Whoever ends the program in between waits for [`between_files`].
//!
//! Permissions are kept, and on Unix the owner and group where the user may set them. Access control lists and extended
//! attributes are not kept. A file with several hard links is parted from the others: those keep the old content.
//!
//! What the bytes mean (line ends, byte order marks) is not looked at. [`dirty`] says beforehand which files could not
//! be brought back with Git.

mod dirty;

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

pub use dirty::{GitError, dirty};

/// Held while a file is replaced.
static REPLACING: Mutex<()> = Mutex::new(());

/// Waits until no file is being replaced, and lets none be while what this gives is held: whoever ends the program in the
/// middle of a run (a user who presses Ctrl-C) leaves no temporary file behind.
pub fn between_files() -> MutexGuard<'static, ()> {
    REPLACING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that is to change.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The file.
    pub path: &'a Path,
    /// The bytes that were scanned. The file must still hold them.
    pub before: &'a [u8],
    /// The bytes that it shall hold.
    pub after: &'a [u8],
}

/// What became of a change.
#[derive(Debug)]
pub enum Outcome {
    /// The file holds the new bytes.
    Written,
    /// There is nothing to change; the file was not touched.
    Unchanged,
    /// The file was not touched.
    Refused(Refusal),
}

/// Why a file was not touched. Displays as a sentence part that fits behind the file's path and a colon.
#[derive(Debug)]
pub enum Refusal {
    /// It does not hold the bytes that were scanned.
    ChangedSinceScanned,
    /// It is gone.
    Vanished,
    /// Nobody may write it, or the user may not.
    ReadOnly,
    /// The user may not create files in its directory, so it cannot be replaced.
    ReadOnlyDirectory,
    /// It does not lie below the root, or a link on the way to it leads out of there.
    OutsideRoot,
    /// It is a symbolic link.
    SymbolicLink,
    /// It is a directory, a device, a pipe or a socket.
    NotAFile,
    /// The system refused to read it, or to write the new content: the disk may be full.
    Failed(io::Error),
}

impl Refusal {
    /// What the user can do about it.
    pub fn cure(&self) -> &'static str {
        match self {
            Self::ChangedSinceScanned => "save it in your editor, then run the command again",
            Self::Vanished => "run the command again; it looks at the files that are there then",
            Self::ReadOnly => "allow writing it (`chmod u+w` on Unix), or exclude it",
            Self::ReadOnlyDirectory => "allow writing to its directory, or run the command as a user who may",
            Self::OutsideRoot => "run the command on the directory that the file really lies in",
            Self::SymbolicLink => "run the command on the file that the link leads to",
            Self::NotAFile => "exclude it",
            Self::Failed(_) => "see that the disk has room and works, then run the command again",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChangedSinceScanned => f.write_str("has changed since it was scanned"),
            Self::Vanished => f.write_str("is gone since it was scanned"),
            Self::ReadOnly => f.write_str("is write-protected"),
            Self::ReadOnlyDirectory => f.write_str("lies in a directory that cannot be written to"),
            Self::OutsideRoot => f.write_str("lies outside of the directory that was scanned"),
            Self::SymbolicLink => f.write_str("is a symbolic link"),
            Self::NotAFile => f.write_str("is not a regular file"),
            Self::Failed(error) => write!(f, "cannot be replaced: {error}"),
        }
    }
}

impl std::error::Error for Refusal {}

/// Carries out one change, below `root` only. Unless the outcome is [`Outcome::Written`], the file is as it was, and no
/// temporary file is left.
pub fn apply(change: &Change<'_>, root: &Path) -> Outcome {
    if change.before == change.after {
        return Outcome::Unchanged;
    }
    match try_apply(change, root) {
        Ok(()) => Outcome::Written,
        Err(refusal) => Outcome::Refused(refusal),
    }
}

fn try_apply(change: &Change<'_>, root: &Path) -> Result<(), Refusal> {
    let target = target(change.path, root)?;
    let metadata = check(&target, change.before)?;
    writable(&target, &metadata)?;
    let _whole = between_files();
    let prepared = prepare(&target, change.after, &metadata)?;
    // Preparing may have waited for the disk.
    check(&target, change.before)?;
    replace(prepared, &target)
}

/// Where the file really is: its directory without links, and its own name.
fn target(path: &Path, root: &Path) -> Result<PathBuf, Refusal> {
    let or_here = |path: &'_ Path| if path.as_os_str().is_empty() { PathBuf::from(".") } else { path.to_owned() };
    let name = path.file_name().ok_or(Refusal::NotAFile)?;
    let root = fs::canonicalize(or_here(root)).map_err(refusal)?;
    let directory = fs::canonicalize(or_here(path.parent().unwrap_or(Path::new("")))).map_err(refusal)?;
    if directory.starts_with(root) { Ok(directory.join(name)) } else { Err(Refusal::OutsideRoot) }
}

/// Sees that the file is a regular one that still holds the scanned bytes.
fn check(target: &Path, before: &[u8]) -> Result<Metadata, Refusal> {
    let metadata = fs::symlink_metadata(target).map_err(refusal)?;
    if metadata.is_symlink() {
        return Err(Refusal::SymbolicLink);
    }
    if !metadata.is_file() {
        return Err(Refusal::NotAFile);
    }
    let mut bytes = Vec::with_capacity(before.len() + 1);
    let limit = before.len() as u64 + 1;
    File::open(target).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(refusal)?;
    if bytes == before { Ok(metadata) } else { Err(Refusal::ChangedSinceScanned) }
}

/// Renaming needs no permission of the file itself, but its protection is meant: also towards an administrator, whom
/// the system lets write anything.
fn writable(target: &Path, metadata: &Metadata) -> Result<(), Refusal> {
    if metadata.permissions().readonly() {
        return Err(Refusal::ReadOnly);
    }
    match OpenOptions::new().write(true).open(target) {
        Ok(_) => Ok(()),
        Err(error) if is_denied(&error) => Err(Refusal::ReadOnly),
        Err(error) => Err(refusal(error)),
    }
}

/// Writes the new content beside the file. The temporary file goes away with the value.
fn prepare(target: &Path, after: &[u8], metadata: &Metadata) -> Result<NamedTempFile, Refusal> {
    let directory = target.parent().unwrap_or(Path::new("."));
    let created = tempfile::Builder::new().prefix(".unmoor-").suffix(".tmp").tempfile_in(directory);
    let mut prepared =
        created.map_err(|error| if is_denied(&error) { Refusal::ReadOnlyDirectory } else { Refusal::Failed(error) })?;
    prepared.write_all(after).map_err(Refusal::Failed)?;
    let file = prepared.as_file();
    keep_owner(file, metadata);
    // After the owner, because a change of that takes permissions away.
    file.set_permissions(metadata.permissions()).map_err(Refusal::Failed)?;
    file.sync_all().map_err(Refusal::Failed)?;
    Ok(prepared)
}

fn replace(prepared: NamedTempFile, target: &Path) -> Result<(), Refusal> {
    prepared.persist(target).map_err(|error| Refusal::Failed(error.error))?;
    // The rename itself survives a crash once the directory is on the disk. Not all systems can do that, and the file
    // is replaced in any case.
    if let Some(directory) = target.parent().filter(|_| cfg!(unix)) {
        let _ = File::open(directory).and_then(|directory| directory.sync_all());
    }
    Ok(())
}

/// A file that an administrator changes shall still belong to whom it did. Nobody else can give files away; then the
/// new file is the user's.
#[cfg(unix)]
fn keep_owner(file: &File, metadata: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let Ok(own) = file.metadata() else { return };
    if (own.uid(), own.gid()) != (metadata.uid(), metadata.gid())
        && fchown(file, Some(metadata.uid()), Some(metadata.gid())).is_err()
    {
        let _ = fchown(file, None, Some(metadata.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _metadata: &Metadata) {}

fn is_denied(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

fn refusal(error: io::Error) -> Refusal {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Refusal::Vanished,
        _ => Refusal::Failed(error),
    }
}

#[cfg(test)]
mod tests;
