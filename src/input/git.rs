//! Git: how the program is run, for those who ask it something. What they ask, and what they make of the answer, is
//! theirs.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, Output};

/// Settings that a calling Git (in a hook) hands down. They would name its repository in place of a file's own.
const INHERITED: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
];

/// A run of Git in a directory: no lock is taken, no file system monitor started, and messages are in English.
pub fn command(program: &OsStr, directory: &Path) -> Command {
    let mut command = Command::new(program);
    for name in INHERITED {
        command.env_remove(name);
    }
    command.env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C").arg("-C").arg(directory);
    command.args(["-c", "core.fsmonitor=false"]);
    command
}

/// What a run that failed said: the first line, or else how it ended.
pub fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.map_or_else(|| output.status.to_string(), str::to_owned)
}

/// A path as Git writes it between NUL bytes.
#[cfg(unix)]
pub fn os_string(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(bytes.to_vec())
}

/// A path as Git writes it between NUL bytes.
#[cfg(not(unix))]
pub fn os_string(bytes: &[u8]) -> OsString {
    // Git writes UTF-8 there.
    OsString::from(String::from_utf8_lossy(bytes).into_owned())
}
