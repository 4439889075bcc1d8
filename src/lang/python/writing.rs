//! Pieces of Python that changes put into files.

/// A read of an environment variable that fails when it is missing.
pub(in crate::lang) fn variable(name: &str, quote: char) -> String {
    format!("os.environ[{quote}{name}{quote}]")
}

/// What is written behind an address to append a path.
pub(in crate::lang) fn append_path(path: &str, trimmed: bool) -> String {
    if trimmed { format!(" + {path}") } else { format!(".rstrip(\"/\") + {path}").replace('"', &path[..1]) }
}
