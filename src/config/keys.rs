//! The keys of settings files, described once: for messages, for the published schema, and for the documentation. What
//! reads them is a module of its own; a test sees that both agree.

use serde_json::{Map, Value, json};

use crate::rules::model::Severity;

/// A key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What belongs there.
    pub form: Form,
    /// What it does, in a sentence.
    pub about: &'static str,
}

/// What belongs to a key.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A text, or a list of them.
    TextOrTexts,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// The name of an environment variable.
    Variable,
    /// True or false.
    Switch,
    /// A table with keys of its own.
    Table(&'static [Key]),
    /// A table of texts by names that the user gives.
    Names,
    /// A table of texts by symbols, each a module and a name in it.
    Symbols,
    /// Globs, of which there must be one.
    Globs,
    /// A list of tables.
    Tables(&'static [Key]),
}

const SEVERITIES: &[&str] = &["note", "warning", "error"];

const fn key(name: &'static str, form: Form, about: &'static str) -> Key {
    Key { name, form, about }
}

/// The keys of the outermost table, sorted.
pub const KEYS: &[Key] = &[
    key("baseline", Form::Text, "The file that lists the findings that were there before, relative to this file."),
    key("exclude", Form::Texts, "Globs of files and directories to pass over."),
    key(
        "extend",
        Form::TextOrTexts,
        "Settings files that this one adds to, relative to it; what is nearer counts more.",
    ),
    key("extend-exclude", Form::Texts, "Globs to pass over beside those of the files that this one extends."),
    key(
        "extend-ignore",
        Form::Texts,
        "Rules and classes not to report, beside those of the files that this one extends.",
    ),
    key("fail-on", Form::OneOf(&["new", "any", "none"]), "The findings that make the exit code 1."),
    key("fail-severity", Form::OneOf(SEVERITIES), "Only findings at least this severe make the exit code 1."),
    key("fix", Form::Table(FIX), "What fixes are made unless the command line says otherwise."),
    key("format", Form::Text, "The form of the report, as in --format."),
    key("ignore", Form::Texts, "Rules and classes not to report."),
    key("include", Form::Texts, "Globs of the only files to look at."),
    key("min-severity", Form::OneOf(SEVERITIES), "The least severity to report."),
    key(
        "models",
        Form::Names,
        "The models that take the place of deployments, by the name of the deployment or of the variable that holds it.",
    ),
    key("per-path", Form::Tables(PER_PATH), "What is reported of some files only."),
    key("portable", Form::Table(PORTABLE), "Names of the environment variables that portable code reads."),
    key("rules", Form::Texts, "Folders of more rule packs, relative to this file."),
    key("select", Form::Texts, "The only rules and classes to report."),
    key(
        "symbols",
        Form::Symbols,
        "Symbols of your own that stand for one of an SDK: \"acme.llm.Client\" = \"sdk.Client\".",
    ),
    key("targets", Form::Texts, "The targets that reports answer for."),
];

/// The keys of `[fix]`, sorted.
pub const FIX: &[Key] = &[
    key("keep-key-header", Form::Switch, "Keep sending the key header of the vendor's edition too."),
    key("level", Form::OneOf(&["safe", "unsafe"]), "The level up to which changes are made."),
    key("target", Form::Text, "The target that code is made ready for."),
];

/// The keys of `[portable]`, sorted.
pub const PORTABLE: &[Key] = &[
    key("base-url", Form::Variable, "The variable that holds the base URL."),
    key("key", Form::Variable, "The variable that holds the key."),
    key("model", Form::Variable, "The variable that names the model."),
];

/// The keys of `[[per-path]]`, sorted.
pub const PER_PATH: &[Key] = &[
    key("ignore", Form::Texts, "Rules and classes not to report of these files."),
    key("min-severity", Form::OneOf(SEVERITIES), "The least severity to report of these files."),
    key("paths", Form::Globs, "Globs of the files."),
    key("select", Form::Texts, "The only rules and classes to report of these files."),
];

/// The names of keys.
pub fn names(keys: &'static [Key]) -> impl Iterator<Item = &'static str> {
    keys.iter().map(|key| key.name)
}

/// The JSON Schema of a settings file.
pub fn schema() -> Value {
    let mut schema = table(KEYS);
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("Settings of unmoor"));
    let about = "The content of unmoor.toml and .unmoor.toml, and of the table [tool.unmoor] in pyproject.toml.";
    schema.insert("description".to_owned(), json!(about));
    Value::Object(schema)
}

fn table(keys: &[Key]) -> Map<String, Value> {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| {
            let mut form = form(key.form);
            form.insert("description".to_owned(), json!(key.about));
            (key.name.to_owned(), Value::Object(form))
        })
        .collect();
    object(json!({"type": "object", "additionalProperties": false, "properties": properties}))
}

fn form(form: Form) -> Map<String, Value> {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    match form {
        Form::Text => object(json!({"type": "string"})),
        Form::Texts => object(texts),
        Form::TextOrTexts => object(json!({"anyOf": [{"type": "string"}, texts]})),
        Form::OneOf(words) => object(json!({"enum": words})),
        Form::Variable => object(json!({"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"})),
        Form::Switch => object(json!({"type": "boolean"})),
        Form::Table(keys) => table(keys),
        Form::Names => by_name("\\S"),
        // A module may hold dots, slashes and an `@`.
        Form::Symbols => by_name("^\\S*[^\\s.]\\.[^\\s.]+$"),
        Form::Globs => object(json!({
            "type": "array",
            "items": {"type": "string", "pattern": "\\S"},
            "minItems": 1,
        })),
        Form::Tables(keys) => {
            let mut entry = table(keys);
            entry.insert("required".to_owned(), json!(["paths"]));
            object(json!({"type": "array", "items": entry}))
        }
    }
}

/// Texts by names of a pattern.
fn by_name(pattern: &str) -> Map<String, Value> {
    object(json!({
        "type": "object",
        "propertyNames": {"pattern": pattern},
        "additionalProperties": {"type": "string"},
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

const _: () = assert!(SEVERITIES.len() == Severity::Error as usize + 1);
