//! Symbol patterns: which resolved paths a rule means.
//!
//! A pattern without wildcards is one path and costs a hash lookup. The others are tried only where their last name
//! occurs, or, when that is open, their first; so most patterns cost a path nothing.

use rustc_hash::FxHashMap;

/// A set of patterns, each with a tag that says whose it is.
#[derive(Debug, Default)]
pub struct SymbolSet {
    exact: FxHashMap<String, Vec<u32>>,
    /// Patterns whose last name is fixed, by it.
    by_last: FxHashMap<String, Vec<Glob>>,
    /// Patterns whose first name only is fixed, by it.
    by_first: FxHashMap<String, Vec<Glob>>,
    /// Patterns with both ends open.
    open: Vec<Glob>,
}

/// A pattern with wildcards.
#[derive(Debug, Clone)]
struct Glob {
    pattern: Box<str>,
    /// How many of its bytes come before the first wildcard: what it means begins with them.
    prefix: usize,
    /// Where in it begins what comes after the last wildcard: what it means ends with that.
    suffix: usize,
    tag: u32,
}

impl Glob {
    fn new(pattern: &str, tag: u32) -> Self {
        let suffix = pattern.rfind('*').map_or(0, |star| star + 1);
        // The dot after `**` need not be there.
        let suffix = suffix + usize::from(pattern[suffix..].starts_with('.'));
        Self { pattern: pattern.into(), prefix: fixed_length(pattern), suffix, tag }
    }

    fn means(&self, path: &str) -> bool {
        path.ends_with(&self.pattern[self.suffix..])
            && path.starts_with(&self.pattern[..self.prefix])
            && means(&self.pattern, path)
    }
}

/// A pattern that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPattern(pub String);

impl SymbolSet {
    /// Adds a pattern under a tag.
    pub fn add(&mut self, pattern: &str, tag: u32) -> Result<(), BadPattern> {
        check(pattern)?;
        if !pattern.contains('*') {
            self.exact.entry(pattern.to_owned()).or_default().push(tag);
            return Ok(());
        }
        let glob = Glob::new(pattern, tag);
        let (first, last) = ends(pattern);
        if !last.contains('*') {
            self.by_last.entry(last.to_owned()).or_default().push(glob);
        } else if !first.contains('*') {
            self.by_first.entry(first.to_owned()).or_default().push(glob);
        } else {
            self.open.push(glob);
        }
        Ok(())
    }

    /// A set of patterns under one tag.
    pub fn of(patterns: &[String]) -> Result<Self, BadPattern> {
        let mut set = Self::default();
        for pattern in patterns {
            set.add(pattern, 0)?;
        }
        Ok(set)
    }

    /// True when no pattern is in the set.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.by_last.is_empty() && self.by_first.is_empty() && self.open.is_empty()
    }

    /// True when some pattern means `path`.
    pub fn contains(&self, path: &str) -> bool {
        self.exact.contains_key(path) || self.globs(path).next().is_some()
    }

    /// The tags of the patterns that mean `path`.
    pub fn tags(&self, path: &str) -> Vec<u32> {
        let mut tags = self.exact.get(path).cloned().unwrap_or_default();
        tags.extend(self.globs(path).map(|glob| glob.tag));
        tags.sort_unstable();
        tags.dedup();
        tags
    }

    /// The patterns with wildcards that mean `path`.
    fn globs<'p>(&'p self, path: &'p str) -> impl Iterator<Item = &'p Glob> {
        let (first, last) = ends(path);
        let by_last = self.by_last.get(last).into_iter().flatten();
        let by_first = self.by_first.get(first).into_iter().flatten();
        by_last.chain(by_first).chain(&self.open).filter(move |glob| glob.means(path))
    }
}

/// The first and the last name of a path or pattern.
fn ends(path: &str) -> (&str, &str) {
    let first = path.split(['.', '(', '[']).next().unwrap_or(path);
    let last = path.rsplit('.').next().unwrap_or(path);
    (first, last)
}

/// True when `pattern` means the whole `path`.
fn means(pattern: &str, path: &str) -> bool {
    if pattern == ".**" {
        return path.is_empty() || path.starts_with(['.', '(', '[']);
    }
    for (written, with_dot) in [("**.", false), (".**.", true)] {
        if let Some(rest) = pattern.strip_prefix(written) {
            // No segment, or any number of them: the rest begins here or after any later dot.
            let Some(path) = (if with_dot { path.strip_prefix('.') } else { Some(path) }) else { return false };
            return std::iter::once(0)
                .chain(path.match_indices('.').map(|(dot, _)| dot + 1))
                .any(|at| means(rest, &path[at..]));
        }
    }
    if let Some(rest) = pattern.strip_prefix("**") {
        return path.char_indices().map(|(at, _)| at).chain([path.len()]).any(|at| means(rest, &path[at..]));
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        let end = path.find(['.', '(', ')', '[', ']']).unwrap_or(path.len());
        return (0..=end).filter(|&at| path.is_char_boundary(at)).any(|at| means(rest, &path[at..]));
    }
    let fixed = fixed_length(pattern);
    match path.strip_prefix(&pattern[..fixed]) {
        Some(rest) if fixed == pattern.len() => rest.is_empty(),
        Some(rest) => means(&pattern[fixed..], rest),
        None => false,
    }
}

/// How many bytes of a pattern come before its first wildcard, which may bring a dot of its own.
fn fixed_length(pattern: &str) -> usize {
    let star = pattern.find('*').unwrap_or(pattern.len());
    if pattern[star..].starts_with("**") && pattern[..star].ends_with('.') { star - 1 } else { star }
}

/// A fixed part of a pattern: a name that every path it means holds, or a piece of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed<'p> {
    /// Its text.
    pub text: &'p str,
    /// True when a name begins with it.
    pub begins: bool,
    /// True when a name ends with it.
    pub ends: bool,
    /// True when it is (the beginning of) the module that the path starts with.
    pub is_module: bool,
}

/// The fixed parts of a pattern, as far as they are long enough to search for.
pub fn fixed_parts(pattern: &str) -> Vec<Fixed<'_>> {
    let (is_global, names) = match pattern.strip_prefix("global:") {
        Some(names) => (true, names),
        None => (false, pattern),
    };
    let mut parts = Vec::new();
    for (number, name) in names.split(['.', '(', ')', '[', ']']).enumerate() {
        let pieces: Vec<&str> = name.split('*').collect();
        for (at, &text) in pieces.iter().enumerate() {
            let (begins, ends) = (at == 0, at + 1 == pieces.len());
            parts.push(Fixed { text, begins, ends, is_module: number == 0 && begins && !is_global });
        }
    }
    parts.retain(|part| part.text.len() >= 3 && part.text != "default");
    parts
}

fn check(pattern: &str) -> Result<(), BadPattern> {
    if pattern.is_empty() {
        return Err(BadPattern("a symbol must not be empty".to_owned()));
    }
    if let Some(odd) = pattern.chars().find(|c| c.is_whitespace() || matches!(c, '{' | '}' | ',' | ';' | '"' | '\'')) {
        return Err(BadPattern(format!("a symbol cannot hold {odd:?}; write alternatives as separate entries")));
    }
    if pattern.starts_with('.') || pattern.ends_with('.') || pattern.contains("***") {
        return Err(BadPattern("a symbol is names joined by dots, with `*` and `**` as wildcards".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(pattern: &str, path: &str) -> bool {
        let mut set = SymbolSet::default();
        set.add(pattern, 0).unwrap();
        set.contains(path)
    }

    #[test]
    fn fixed_paths_mean_themselves() {
        assert!(finds("openai.AzureOpenAI", "openai.AzureOpenAI"));
        assert!(!finds("openai.AzureOpenAI", "openai.AzureOpenAI()"));
        assert!(!finds("openai.AzureOpenAI", "other.AzureOpenAI"));
    }

    #[test]
    fn one_star_stays_in_its_segment() {
        assert!(finds("azure.identity.*Credential", "azure.identity.DefaultAzureCredential"));
        assert!(!finds("azure.identity.*Credential", "azure.identity.aio.DefaultAzureCredential"));
        assert!(!finds("azure.identity.*Credential", "azure.identity.DefaultAzureCredential()"));
    }

    #[test]
    fn two_stars_span_segments_or_none() {
        assert!(finds("azure.ai.inference.**", "azure.ai.inference"));
        assert!(finds("azure.ai.inference.**", "azure.ai.inference.models.SystemMessage"));
        assert!(finds("azure.ai.inference.**", "azure.ai.inference()"));
        assert!(!finds("azure.ai.inference.**", "azure.ai.inferences"));
        assert!(finds("**.getToken", "?.azure.credential.getToken"));
        assert!(finds("**.getToken", "getToken"));
        assert!(!finds("**.getToken", "?.forgetToken"));
        assert!(finds("langchain_openai.**.AzureChatOpenAI", "langchain_openai.AzureChatOpenAI"));
        assert!(finds("langchain_openai.**.AzureChatOpenAI", "langchain_openai.chat_models.AzureChatOpenAI"));
        assert!(!finds("langchain_openai.**.AzureChatOpenAI", "langchain_openai.MyAzureChatOpenAI"));
        assert!(finds("openai.OpenAI().**.create()", "openai.OpenAI().chat.completions.create()"));
    }

    #[test]
    fn fixed_parts_know_where_names_begin_and_end() {
        let parts = |pattern| -> Vec<(&str, bool, bool, bool)> {
            fixed_parts(pattern).iter().map(|it| (it.text, it.begins, it.ends, it.is_module)).collect()
        };
        assert_eq!(parts("openai.Azure*()"), [("openai", true, true, true), ("Azure", true, false, false)]);
        assert_eq!(parts("**.*Credential"), [("Credential", false, true, false)]);
        assert_eq!(parts("global:fetch"), [("fetch", true, true, false)]);
        assert_eq!(parts("agent_framework*.default"), [("agent_framework", true, false, true)]);
    }

    #[test]
    fn odd_patterns_are_refused() {
        for odd in ["", "a b", "{a,b}.c", ".a", "a.", "a.***"] {
            assert!(SymbolSet::of(&[odd.to_owned()]).is_err(), "{odd}");
        }
    }
}
