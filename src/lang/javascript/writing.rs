//! Pieces of JavaScript and TypeScript that changes put into files.

/// What gives the object that it is given in the form in which it is sent.
pub(in crate::lang) const ENCODERS: &[&str] = &["global:JSON.stringify", "global:Headers", "global:URLSearchParams"];
/// What makes a text fit for an address.
pub(in crate::lang) const ESCAPERS: &[&str] = &["global:encodeURIComponent", "global:encodeURI"];

/// A read of an environment variable; undefined when it is missing.
pub(in crate::lang) fn variable(name: &str) -> String {
    format!("process.env.{name}")
}

/// An address that fails when it is none: clients take a missing one for their default host.
pub(in crate::lang) fn address(value: &str) -> String {
    format!("new URL({value}).href")
}

/// What is written behind an address to append a path.
pub(in crate::lang) fn append_path(path: &str, demand: &str, trimmed: bool, endings: &[String]) -> String {
    let quote = &path[..1];
    if trimmed && endings.is_empty() {
        return format!(" + {path}");
    }
    let endings: Vec<String> = endings.iter().map(|ending| ending.replace('/', "\\/")).collect();
    let pattern = if endings.is_empty() { "\\/+".to_owned() } else { format!("({})?\\/*", endings.join("|")) };
    format!("{demand}.replace(/{pattern}$/, {quote}{quote}) + {path}")
}

/// An address with a path below it.
pub(in crate::lang) fn below(address: &str, path: &str, quote: char) -> String {
    format!("`${{{address}.replace(/\\/+$/, {quote}{quote})}}{path}`")
}
