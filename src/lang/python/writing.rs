//! Pieces of Python that changes put into files.

/// Modules of the standard library that programs of this kind import.
const STANDARD: &[&str] = &[
    "__future__",
    "abc",
    "argparse",
    "ast",
    "asyncio",
    "base64",
    "collections",
    "concurrent",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "functools",
    "getpass",
    "glob",
    "hashlib",
    "heapq",
    "http",
    "importlib",
    "inspect",
    "io",
    "itertools",
    "json",
    "logging",
    "math",
    "mimetypes",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "pprint",
    "queue",
    "random",
    "re",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "ssl",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sys",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "traceback",
    "types",
    "typing",
    "unittest",
    "urllib",
    "uuid",
    "warnings",
    "xml",
    "zipfile",
    "zoneinfo",
];

/// What gives the object that it is given in the form in which it is sent.
pub(in crate::lang) const ENCODERS: &[&str] = &["json.dumps", "urllib.parse.urlencode"];
/// What makes a text fit for an address.
pub(in crate::lang) const ESCAPERS: &[&str] = &["urllib.parse.quote", "urllib.parse.quote_plus"];

/// True for a module of the standard library.
pub(in crate::lang) fn is_standard(module: &str) -> bool {
    STANDARD.contains(&module.split('.').next().unwrap_or(module))
}

/// A read of an environment variable that fails when it is missing.
pub(in crate::lang) fn variable(name: &str, quote: char) -> String {
    format!("os.environ[{quote}{name}{quote}]")
}

/// What is written behind an address to append a path.
pub(in crate::lang) fn append_path(path: &str, trimmed: bool, endings: &[String]) -> String {
    let strip = if trimmed { "" } else { ".rstrip(\"/\")" };
    let endings: Vec<String> = endings.iter().map(|ending| format!(".removesuffix(\"{ending}\")")).collect();
    let endings = endings.concat();
    format!("{strip}{endings}").replace('"', &path[..1]) + " + " + path
}
