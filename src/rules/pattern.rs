//! Symbol patterns: which resolved paths a rule means.
//!
//! A pattern without wildcards is one path and costs a hash lookup; the others become regular expressions that are
//! tried only where the pattern's last fixed segment occurs.

use regex::Regex;
use rustc_hash::FxHashMap;

/// A set of patterns, each with a tag that says whose it is.
#[derive(Debug, Default)]
pub struct SymbolSet {
    exact: FxHashMap<String, Vec<u32>>,
    globs: Vec<(Regex, u32)>,
}

/// A pattern that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPattern(pub String);

impl SymbolSet {
    /// Adds a pattern under a tag.
    pub fn add(&mut self, pattern: &str, tag: u32) -> Result<(), BadPattern> {
        check(pattern)?;
        if pattern.contains('*') {
            let regex = Regex::new(&to_regex(pattern)).map_err(|error| BadPattern(error.to_string()))?;
            self.globs.push((regex, tag));
        } else {
            self.exact.entry(pattern.to_owned()).or_default().push(tag);
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
        self.exact.is_empty() && self.globs.is_empty()
    }

    /// True when some pattern means `path`.
    pub fn contains(&self, path: &str) -> bool {
        self.exact.contains_key(path) || self.globs.iter().any(|(glob, _)| glob.is_match(path))
    }

    /// The tags of the patterns that mean `path`.
    pub fn tags(&self, path: &str) -> Vec<u32> {
        let mut tags = self.exact.get(path).cloned().unwrap_or_default();
        tags.extend(self.globs.iter().filter(|(glob, _)| glob.is_match(path)).map(|(_, tag)| *tag));
        tags.sort_unstable();
        tags.dedup();
        tags
    }
}

/// The fixed words that a path must hold to be meant by `pattern`: its first and its last segment without wildcards.
pub fn fixed_words(pattern: &str) -> Vec<&str> {
    let words: Vec<&str> =
        pattern.split(['.', '(', ')', '*', '[', ']']).filter(|word| word.len() >= 3 && *word != "default").collect();
    let mut ends: Vec<&str> = words.first().into_iter().chain(words.last()).copied().collect();
    ends.dedup();
    ends.into_iter().map(|word| word.strip_prefix("global:").unwrap_or(word)).collect()
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

fn to_regex(pattern: &str) -> String {
    let mut regex = String::from("^");
    let mut rest = pattern;
    if let Some(tail) = rest.strip_prefix("**.") {
        regex.push_str(r"(?:.*\.)?");
        rest = tail;
    }
    while !rest.is_empty() {
        let (translated, tail) = next_part(rest);
        regex.push_str(&translated);
        rest = tail;
    }
    regex.push('$');
    regex
}

/// The regular expression for the first part of a pattern, and the rest. `**` between dots, or after the last one, may
/// stand for no segment, so it takes a dot along.
fn next_part(pattern: &str) -> (String, &str) {
    let wild = [(".**.", r"\.(?:.*\.)?"), (".**", r"(?:[.(\[].*)?"), ("**", ".*"), ("*", r"[^.()\[\]]*")];
    for (written, translated) in wild {
        if let Some(tail) = pattern.strip_prefix(written) {
            return (translated.to_owned(), tail);
        }
    }
    let end = [pattern.find(".**"), pattern.find('*')].into_iter().flatten().min().unwrap_or(pattern.len());
    (regex::escape(&pattern[..end]), &pattern[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(pattern: &str, path: &str) -> bool {
        let mut set = SymbolSet::default();
        set.add(pattern, 0).unwrap();
        set.contains(path)
    }

    #[test]
    fn fixed_paths_mean_themselves() {
        assert!(means("openai.AzureOpenAI", "openai.AzureOpenAI"));
        assert!(!means("openai.AzureOpenAI", "openai.AzureOpenAI()"));
        assert!(!means("openai.AzureOpenAI", "other.AzureOpenAI"));
    }

    #[test]
    fn one_star_stays_in_its_segment() {
        assert!(means("azure.identity.*Credential", "azure.identity.DefaultAzureCredential"));
        assert!(!means("azure.identity.*Credential", "azure.identity.aio.DefaultAzureCredential"));
        assert!(!means("azure.identity.*Credential", "azure.identity.DefaultAzureCredential()"));
    }

    #[test]
    fn two_stars_span_segments_or_none() {
        assert!(means("azure.ai.inference.**", "azure.ai.inference"));
        assert!(means("azure.ai.inference.**", "azure.ai.inference.models.SystemMessage"));
        assert!(means("azure.ai.inference.**", "azure.ai.inference()"));
        assert!(!means("azure.ai.inference.**", "azure.ai.inferences"));
        assert!(means("**.getToken", "?.azure.credential.getToken"));
        assert!(means("**.getToken", "getToken"));
        assert!(!means("**.getToken", "?.forgetToken"));
        assert!(means("langchain_openai.**.AzureChatOpenAI", "langchain_openai.AzureChatOpenAI"));
        assert!(means("langchain_openai.**.AzureChatOpenAI", "langchain_openai.chat_models.AzureChatOpenAI"));
        assert!(!means("langchain_openai.**.AzureChatOpenAI", "langchain_openai.MyAzureChatOpenAI"));
        assert!(means("openai.OpenAI().**.create()", "openai.OpenAI().chat.completions.create()"));
    }

    #[test]
    fn odd_patterns_are_refused() {
        for odd in ["", "a b", "{a,b}.c", ".a", "a.", "a.***"] {
            assert!(SymbolSet::of(&[odd.to_owned()]).is_err(), "{odd}");
        }
    }
}
