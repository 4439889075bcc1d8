//! Secrets in source: which string constants could be key values, so that no report ever shows one.
//!
//! A constant is taken for a secret when it is given to something that is named like a key, or when it looks like one.
//! When in doubt it is masked: an excerpt with too many stars is a nuisance, a key in a build log is an incident.

use crate::facts::{ArgumentKind, BindingKind, Expr, ExprId, Facts, Key, Piece, Span};

/// Words that make a name the name of a secret.
const SECRET_WORDS: &[&str] = &[
    "key",
    "secret",
    "token",
    "password",
    "passwd",
    "pwd",
    "credential",
    "authorization",
    "bearer",
    "signature",
    "sas",
    "connection_string",
    "connectionstring",
];
/// Names that hold such a word and are none.
const HARMLESS_WORDS: &[&str] =
    &["keyword", "max_token", "maxtoken", "tokenizer", "token_limit", "tokenlimit", "keys("];
/// The length from which a run of mixed letters and digits is masked wherever it stands.
const KEY_LENGTH: usize = 16;

/// The spans of all string constants of a file that could be secrets, in order.
pub fn secret_spans(facts: &Facts<'_>) -> Vec<Span> {
    let mut spans = Vec::new();
    for node in &facts.exprs {
        match &node.expr {
            Expr::Call { callee, arguments } => {
                // `getenv("SOME_KEY", "default")`
                let names_secret_first = arguments.first().is_some_and(|first| {
                    first.kind == ArgumentKind::Positional
                        && facts.constant_text(first.value).is_some_and(|name| is_secret_name(&name))
                });
                for (position, argument) in arguments.iter().enumerate() {
                    let named = matches!(argument.kind, ArgumentKind::Named { name, .. } if is_secret_name(name));
                    if named || (position == 1 && names_secret_first) || is_credential(facts, *callee) {
                        mask_texts(facts, argument.value, &mut spans);
                    }
                }
            }
            Expr::Object(entries) => {
                for entry in entries {
                    if matches!(&entry.key, Key::Named { name, .. } if is_secret_name(name)) {
                        mask_texts(facts, entry.value, &mut spans);
                    }
                }
            }
            Expr::Choice { alternatives, .. } if alternatives.iter().any(|&one| names_secret(facts, one)) => {
                for &one in alternatives {
                    mask_texts(facts, one, &mut spans);
                }
            }
            Expr::Text(pieces) => {
                mask_key_like(pieces, &mut spans);
                mask_named_words(facts, pieces, &mut spans);
            }
            _ => {}
        }
    }
    for binding in &facts.bindings {
        if let (BindingKind::Value(value), true) = (&binding.kind, is_secret_name(binding.name)) {
            mask_texts(facts, *value, &mut spans);
        }
    }
    for store in &facts.stores {
        if names_secret(facts, store.target) {
            mask_texts(facts, store.value, &mut spans);
        }
    }
    spans.sort_unstable();
    spans.dedup();
    spans
}

/// The text of `span` with the secrets in it replaced by stars, byte for byte.
pub fn masked(source: &str, span: Span, secrets: &[Span]) -> String {
    let mut bytes = span.text(source).as_bytes().to_vec();
    for secret in secrets {
        let start = secret.start.max(span.start);
        let end = secret.end.min(span.end);
        for at in start..end.max(start) {
            bytes[(at - span.start) as usize] = b'*';
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// True for the name of something that holds a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    SECRET_WORDS.iter().any(|word| name.contains(word)) && !HARMLESS_WORDS.iter().any(|word| name.contains(word))
}

fn names_secret(facts: &Facts<'_>, expr: ExprId) -> bool {
    match facts.expr(expr) {
        Expr::Name(name) | Expr::Member { property: name, .. } => is_secret_name(name),
        Expr::Index { index, .. } => facts.constant_text(*index).is_some_and(|name| is_secret_name(&name)),
        Expr::Call { arguments, .. } => arguments
            .first()
            .is_some_and(|first| facts.constant_text(first.value).is_some_and(|name| is_secret_name(&name))),
        _ => false,
    }
}

fn is_credential(facts: &Facts<'_>, callee: ExprId) -> bool {
    matches!(facts.expr(callee), Expr::Name(name) | Expr::Member { property: name, .. }
        if name.ends_with("KeyCredential") || *name == "SecretStr" || *name == "from_token")
}

/// Masks the constants of a value; variable names such as `"SOME_API_KEY"` in it are none.
fn mask_texts(facts: &Facts<'_>, value: ExprId, spans: &mut Vec<Span>) {
    match facts.expr(value) {
        Expr::Text(pieces) => {
            for piece in pieces {
                match piece {
                    Piece::Constant { text, span } => {
                        let word = text.trim();
                        let is_known = word == "Bearer" || is_variable_name(word) || word.starts_with("https://");
                        if !word.is_empty() && !is_known && !is_template(word) {
                            spans.push(*span);
                        }
                    }
                    // What reads like a variable can be part of the key.
                    Piece::Hole(hole) if matches!(facts.expr(*hole), Expr::Text(_)) => mask_texts(facts, *hole, spans),
                    Piece::Hole(_) => {}
                }
            }
        }
        Expr::Choice { alternatives, .. } => {
            for &one in alternatives {
                mask_texts(facts, one, spans);
            }
        }
        _ => {}
    }
}

/// True for what stands around the name of a variable in a template: `${{ secrets.`, `os.environ/`.
fn is_template(text: &str) -> bool {
    let known = |word: &str| matches!(word, "secrets" | "vars" | "env" | "variables" | "os" | "environ" | "Values");
    let rest: String = text.chars().map(|c| if "${}()%[]|./\"' ".contains(c) { ' ' } else { c }).collect();
    rest.split_whitespace().all(known)
}

fn is_variable_name(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn mask_key_like(pieces: &[Piece<'_>], spans: &mut Vec<Span>) {
    for piece in pieces {
        if let Piece::Constant { text, span } = piece
            && looks_like_key(text)
        {
            spans.push(*span);
        }
    }
}

/// In a line of words: what follows the name of a header, an option or a variable that holds a secret, in the same word
/// (`--api-key=…`) or in the next.
fn mask_named_words(facts: &Facts<'_>, pieces: &[Piece<'_>], spans: &mut Vec<Span>) {
    let mut named = Named::No;
    let mut before = "";
    for piece in pieces {
        match piece {
            Piece::Constant { text, span } => {
                if named == Named::Variable && text.len() > 1 && text.starts_with('=') {
                    spans.push(Span { start: span.start + 1, ..*span });
                    named = Named::No;
                } else if text.contains(char::is_alphanumeric) {
                    named = masked_word(text, *span, named, spans);
                    before = text;
                } else if text.trim() == "=" && named == Named::Variable {
                    named = Named::Secret;
                }
            }
            Piece::Hole(hole) => {
                let is_secret = facts.constant_text(*hole).is_some_and(|name| is_secret_name(&name));
                let is_set = before.trim_end().ends_with("set");
                named = match (is_secret, is_set) {
                    (true, true) => Named::Secret,
                    (true, false) => Named::Variable,
                    (false, _) => Named::No,
                };
            }
        }
    }
}

/// What the words so far say of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// Nothing.
    No,
    /// A variable for a secret was named; a value follows if it is set.
    Variable,
    /// It is a secret.
    Secret,
}

/// Masks a word, or the value in it; says what it tells of the next one.
fn masked_word(text: &str, span: Span, named: Named, spans: &mut Vec<Span>) -> Named {
    let introduces = introduces_secret(text);
    if named == Named::Secret && !introduces && !is_variable_name(text) {
        spans.push(span);
        return Named::No;
    }
    let is_word = !text.contains(char::is_whitespace);
    match text.split_once([':', '=']).filter(|(name, value)| is_word && !value.is_empty() && !name.contains('/')) {
        Some((name, value)) => {
            if is_secret_name(name) && !is_variable_name(value) {
                spans.push(Span { start: span.start + name.len() as u32 + 1, ..span });
            }
            Named::No
        }
        None if introduces => Named::Secret,
        None => Named::No,
    }
}

/// True for `api-key:`, `--token`, `Bearer`.
fn introduces_secret(text: &str) -> bool {
    let opens = text.ends_with(':') || text.starts_with('-') || text.eq_ignore_ascii_case("bearer");
    opens && !text.contains('/') && is_secret_name(text)
}

/// Without spaces, with a long run of letters and digits mixed as random ones are: hex, base64, `sk-…`.
pub fn looks_like_key(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=' | b'+' | b'/' | b'.');
    let is_random = |run: &str| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        run.len() >= KEY_LENGTH && digits >= 2 && run.len() - digits >= 2
    };
    text.bytes().all(plain)
        && (text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_random)
            || text.starts_with("sk-") && text.len() >= KEY_LENGTH)
}

/// True when a part of a resolved path looks like a key: `store["0123…"]` reads as a member.
pub fn holds_key(path: &str) -> bool {
    path.split(['.', '(', ')', '[', ']']).any(looks_like_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_look_like_keys_and_names_do_not() {
        assert!(looks_like_key("0123456789abcdef0123456789abcdef"));
        assert!(looks_like_key("sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
        assert!(!looks_like_key("text-embedding-ada-002"));
        assert!(!looks_like_key("azure_openai_endpoint_name"));
        assert!(!looks_like_key("2024-10-21-preview") && !looks_like_key("api-version=2024-02-01"));
        assert!(!looks_like_key("https://example.openai.azure.com/openai/deployments/gpt-4o-2024-08-06"));
    }

    #[test]
    fn names_of_secrets() {
        assert!(is_secret_name("api_key") && is_secret_name("apiKey") && is_secret_name("api-key"));
        assert!(is_secret_name("azure_ad_token") && is_secret_name("Ocp-Apim-Subscription-Key"));
        assert!(!is_secret_name("max_tokens") && !is_secret_name("endpoint"));
    }

    #[test]
    fn masking_keeps_every_offset() {
        let source = "f(key=\"abc\", x=1)";
        let whole = Span::new(0, source.len());
        assert_eq!(masked(source, whole, &[Span::new(7, 10)]), "f(key=\"***\", x=1)");
    }
}
