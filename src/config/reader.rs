//! Reading the values of a settings file by hand: each mistake keeps its place, and all are told at once.

use std::{borrow::Cow, collections::BTreeMap, path::PathBuf};

use clap::ValueEnum;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Config, ConfigError, FailOn, FixSettings, Located, NameSettings, PerPath, Place,
    keys::{FIX, KEYS, Key, PER_PATH, PORTABLE, names},
};
use crate::{
    rules::model::{FixLevel, Severity},
    suggest::{listed, nearest},
};

/// The levels up to which fixes can be asked for.
const LEVELS: [FixLevel; 2] = [FixLevel::Safe, FixLevel::Unsafe];

type Word<'i> = Spanned<Cow<'i, str>>;
type Value<'i> = Spanned<DeValue<'i>>;

/// Reads values and gathers mistakes.
pub(super) struct Reader<'t> {
    pub(super) file: PathBuf,
    pub(super) text: &'t str,
    pub(super) errors: Vec<ConfigError>,
}

impl Reader<'_> {
    /// Reads one key of the outermost table.
    pub(super) fn key(&mut self, key: &Word<'_>, value: &Value<'_>, config: &mut Config) {
        match key.get_ref().as_ref() {
            "exclude" => config.exclude = self.strings(value),
            "include" => config.include = self.strings(value),
            "select" => config.select = self.strings(value),
            "ignore" => config.ignore = self.strings(value),
            "rules" => config.rules = self.strings(value),
            "extend" => config.extend = self.string_or_strings(value),
            "extend-exclude" => config.extend_exclude = self.strings(value),
            "extend-ignore" => config.extend_ignore = self.strings(value),
            "targets" => config.targets = self.strings(value),
            "baseline" => config.baseline = self.string(value),
            "fail-on" => config.fail_on = self.fail_on(value),
            "fail-severity" => config.fail_severity = self.severity(value),
            "symbols" => config.symbols = self.symbols(value),
            "per-path" => config.per_path = self.per_paths(value),
            "format" => config.format = self.string(value),
            "min-severity" => config.min_severity = self.severity(value),
            "models" => config.models = self.models(value),
            "portable" => config.portable = self.names(value),
            "fix" => config.fix = self.fix(value),
            _ => self.unknown(key, "", KEYS),
        }
    }

    /// Notes where a key stands, and where those of a table do.
    pub(super) fn note(&self, key: &Word<'_>, value: &Value<'_>, config: &mut Config) {
        let name = key.get_ref().as_ref();
        config.keys.insert(name.to_owned(), self.place(key.span().start));
        for (inner, _) in value.get_ref().as_table().into_iter().flat_map(|table| table.iter()) {
            config.keys.insert(format!("{name}.{}", inner.get_ref()), self.place(inner.span().start));
        }
    }

    fn unknown(&mut self, key: &Word<'_>, table: &str, known: &'static [Key]) {
        let word = key.get_ref().as_ref();
        let cure = match nearest(word, names(known)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys {table}are {}", listed(names(known))),
        };
        self.error(key.span().start, format!("unknown key `{word}`"), &cure);
    }

    /// The models of deployments. An empty one has yet to be filled in.
    fn models(&mut self, value: &Value<'_>) -> BTreeMap<String, Located> {
        let mut models = BTreeMap::new();
        for (deployment, model) in self.table(value).into_iter().flat_map(|table| table.iter()) {
            let name = deployment.get_ref().as_ref();
            if model.get_ref().as_table().is_some() {
                let cure = "write the name of a model; quote a deployment whose name holds dots: \"gpt-4.1\" = \"...\"";
                self.error(deployment.span().start, format!("`{name}` is a table, not a model"), cure);
            } else if name.trim().is_empty() {
                let message = "this deployment has no name".to_owned();
                self.error(deployment.span().start, message, "name the deployment as the code does");
            } else if let Some(model) = self.string(model) {
                models.insert(name.to_owned(), model);
            }
        }
        models
    }

    fn names(&mut self, value: &Value<'_>) -> NameSettings {
        let mut names = NameSettings::default();
        for (key, value) in self.table(value).into_iter().flat_map(|table| table.iter()) {
            match key.get_ref().as_ref() {
                "base-url" => names.base_url = self.variable(value),
                "key" => names.key = self.variable(value),
                "model" => names.model = self.variable(value),
                _ => self.unknown(key, "of [portable] ", PORTABLE),
            }
        }
        names
    }

    fn fix(&mut self, value: &Value<'_>) -> FixSettings {
        let mut settings = FixSettings::default();
        for (key, value) in self.table(value).into_iter().flat_map(|table| table.iter()) {
            match key.get_ref().as_ref() {
                "level" => settings.level = self.level(value),
                "target" => settings.target = self.string(value),
                "keep-key-header" => settings.keep_key_header = self.switch(value),
                _ => self.unknown(key, "of [fix] ", FIX),
            }
        }
        settings
    }

    /// Symbols of the user's own, and what each stands for.
    fn symbols(&mut self, value: &Value<'_>) -> Vec<(Located, Located)> {
        let mut symbols = Vec::new();
        for (own, known) in self.table(value).into_iter().flat_map(|table| table.iter()) {
            let name = own.get_ref().as_ref();
            if known.get_ref().as_table().is_some() || !is_symbol(name) {
                let cure = "write a module and a name, quoted: \"acme.llm.Client\" = \"...\"";
                self.error(own.span().start, format!("`{name}` is no symbol of a module"), cure);
            } else if let Some(known) = self.string(known) {
                symbols.push((Located { text: name.to_owned(), place: self.place(own.span().start) }, known));
            }
        }
        symbols
    }

    fn per_paths(&mut self, value: &Value<'_>) -> Vec<PerPath> {
        let Some(entries) = value.get_ref().as_array() else {
            self.wrong_type(value, "a list of tables");
            return Vec::new();
        };
        entries.iter().filter_map(|entry| self.per_path(entry)).collect()
    }

    fn per_path(&mut self, value: &Value<'_>) -> Option<PerPath> {
        let mut settings = PerPath::default();
        let mistakes = self.errors.len();
        for (key, value) in self.table(value)? {
            match key.get_ref().as_ref() {
                "paths" => settings.paths = self.globs(value),
                "select" => settings.select = self.strings(value),
                "ignore" => settings.ignore = self.strings(value),
                "min-severity" => settings.min_severity = self.severity(value),
                _ => self.unknown(key, "of [[per-path]] ", PER_PATH),
            }
        }
        if settings.paths.is_empty() && self.errors.len() == mistakes {
            self.error(value.span().start, "these settings are for no files".to_owned(), "add `paths = [\"...\"]`");
        }
        Some(settings)
    }

    fn globs(&mut self, value: &Value<'_>) -> Vec<Located> {
        let entries = value.get_ref().as_array().into_iter().flat_map(|array| array.iter());
        for entry in entries.filter(|entry| entry.get_ref().as_str().is_some_and(|glob| glob.trim().is_empty())) {
            self.error(entry.span().start, "this glob matches nothing".to_owned(), "name files, such as \"tests/**\"");
        }
        self.strings(value)
    }

    fn fail_on(&mut self, value: &Value<'_>) -> Option<FailOn> {
        let known = FailOn::value_variants();
        self.one_of(value, known.iter().map(|findings| (findings.name(), *findings)), "what can make a scan fail")
    }

    fn string_or_strings(&mut self, value: &Value<'_>) -> Vec<Located> {
        if value.get_ref().as_str().is_some() { self.string(value).into_iter().collect() } else { self.strings(value) }
    }

    fn table<'v, 'i>(&mut self, value: &'v Value<'i>) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(value, "a table");
        }
        table
    }

    fn strings(&mut self, value: &Value<'_>) -> Vec<Located> {
        if let Some(array) = value.get_ref().as_array() {
            return array.iter().filter_map(|entry| self.string(entry)).collect();
        }
        self.wrong_type(value, "a list of strings");
        Vec::new()
    }

    fn string(&mut self, value: &Value<'_>) -> Option<Located> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, "a string");
            return None;
        };
        Some(Located { text: text.to_owned(), place: self.place(value.span().start) })
    }

    fn switch(&mut self, value: &Value<'_>) -> Option<bool> {
        if let DeValue::Boolean(switch) = value.get_ref() {
            return Some(*switch);
        }
        self.wrong_type(value, "true or false");
        None
    }

    fn variable(&mut self, value: &Value<'_>) -> Option<Located> {
        let given = self.string(value)?;
        if is_variable(&given.text) {
            return Some(given);
        }
        let message = format!("`{}` cannot be the name of an environment variable", given.text);
        self.error(value.span().start, message, "use letters, digits and `_`, and no digit at the start");
        None
    }

    fn severity(&mut self, value: &Value<'_>) -> Option<Severity> {
        let known = Severity::value_variants();
        self.one_of(value, known.iter().map(|severity| (severity.name(), *severity)), "a severity")
    }

    fn level(&mut self, value: &Value<'_>) -> Option<FixLevel> {
        self.one_of(value, LEVELS.into_iter().map(|level| (level.name(), level)), "a level that can be asked for")
    }

    fn one_of<T>(
        &mut self,
        value: &Value<'_>,
        known: impl Iterator<Item = (&'static str, T)> + Clone,
        what: &str,
    ) -> Option<T> {
        let given = self.string(value)?;
        let found = known.clone().find(|(name, _)| *name == given.text);
        if found.is_none() {
            let cure = format!("use one of {}", listed(known.map(|(name, _)| name)));
            self.error(value.span().start, format!("`{}` is not {what}", given.text), &cure);
        }
        found.map(|(_, meant)| meant)
    }

    fn wrong_type(&mut self, value: &Value<'_>, wanted: &str) {
        let message = format!("{wanted} belongs here, not {}", with_article(value.get_ref().type_str()));
        self.error(value.span().start, message, &format!("write {wanted}"));
    }

    /// Notes a mistake at an offset.
    pub(super) fn error(&mut self, offset: usize, message: String, cure: &str) {
        let place = self.place(offset);
        self.errors.push(ConfigError { place, message, cure: cure.to_owned() });
    }

    fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Place { path: self.file.clone(), line: line as u32, column: column as u32 }
    }
}

/// True for a module and a name in it.
fn is_symbol(text: &str) -> bool {
    let parts = text.rsplit_once('.').filter(|_| !text.contains(char::is_whitespace));
    parts.is_some_and(|(module, name)| !module.is_empty() && !module.ends_with('.') && !name.is_empty())
}

/// True for what every shell takes for the name of a variable.
fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}
