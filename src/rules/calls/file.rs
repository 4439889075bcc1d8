//! How a pack says which calls are calls of the API: the file `calls.yaml`, and checking it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::{LazyLock, OnceLock},
};

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::pattern::SymbolSet;
use crate::lang::Language;

/// A mistake in the file: text near it, what is wrong, what to do.
pub(in super::super) struct Mistake {
    pub(in super::super) near: String,
    pub(in super::super) message: String,
    pub(in super::super) cure: String,
}

/// What is called, by the part of the API that it uses: `chat-completions: [chat.completions.create]`.
pub type Methods = BTreeMap<String, Vec<String>>;

/// Which calls are calls of the API, for one pack.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CallsFile {
    /// For Python.
    #[serde(default)]
    pub python: LanguageCalls,
    /// For JavaScript and TypeScript.
    #[serde(default)]
    pub javascript: LanguageCalls,
    /// What a call can need beyond its API.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Paths of requests that are made without an SDK.
    #[serde(default)]
    pub paths: Vec<UrlPath>,
}

/// The calls of one language.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LanguageCalls {
    /// Parts of a chain after which it is the same client still, `with_options()` or `with_raw_response`: they are taken
    /// out before anything is compared.
    #[serde(default)]
    pub transparent: Vec<String>,
    /// Clients and what is called on them.
    #[serde(default)]
    pub clients: Vec<Clients>,
    /// Functions and constructors that use a client which they are given.
    #[serde(default)]
    pub given: Vec<GivenTo>,
    /// Modules that are used without a client.
    #[serde(default)]
    pub modules: Vec<ModuleCalls>,
    /// Which arguments name a deployment.
    #[serde(default)]
    pub deployments: Deployments,
}

/// The arguments that name a deployment.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deployments {
    /// Where a client is made.
    #[serde(default)]
    pub clients: Vec<String>,
    /// Where the API is called.
    #[serde(default)]
    pub calls: Vec<String>,
}

/// Clients and what is called on them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clients {
    /// The clients: instances, as patterns.
    pub on: Vec<String>,
    /// What is called on them. `*` is any one name, `**` any number; `()` alone is a call of the client itself.
    #[serde(default)]
    pub calls: Methods,
    /// Methods for which an earlier call's argument is a path that says which part of the API it is: `path().post`.
    #[serde(default)]
    pub by_path: Vec<String>,
    /// Calls of members that are not named here use the API too: some part of it that nothing is known about.
    #[serde(default)]
    pub others: bool,
    /// Members that have nothing to do with the API, where others count.
    #[serde(default)]
    pub ignores: Vec<String>,
    /// `client | x` and `x | client` make something on which the same methods are called.
    #[serde(default)]
    pub pipes: bool,
}

/// Calls that use a client which they are given, at once or by what they give.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GivenTo {
    /// What is called.
    pub to: Vec<String>,
    /// The arguments that can be the client, or hold it: names, or positions (`"0"`).
    pub argument: Vec<String>,
    /// Only where one of these is given, as patterns; else whatever holds a client. Of several entries the first counts.
    #[serde(default)]
    pub holding: Vec<String>,
    /// Only with these versions of packages. Where no entry certainly fits, the last one that may counts.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
    /// The part of the API that is used.
    #[serde(default)]
    pub api: Option<String>,
    /// The API is used by calling these methods of the result; without them it is used by the call itself.
    #[serde(default)]
    pub methods: Vec<String>,
    /// The result stands for the client: whatever is called on it is called on the client.
    #[serde(default)]
    pub same: bool,
}

/// A module that is used without a client.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModuleCalls {
    /// The module.
    pub module: String,
    /// What is called in it.
    pub calls: Methods,
}

/// Something that a call can need beyond its API.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Need {
    /// Its id: `streaming`.
    pub need: String,
    /// Only for calls of these parts of the API.
    #[serde(default)]
    pub apis: Vec<String>,
    /// Arguments that need it. `stream`: given, and not a constant that says no; `type=json*`: given with such a
    /// constant; `n!=1`: given, and not with such a constant. Entries of objects follow a dot, those of lists `[]`:
    /// `tools[].type`.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// The last names of methods that need it.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Transparent parts that need it.
    #[serde(default)]
    pub parts: Vec<String>,
}

/// The path of a request and the part of the API that it means.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UrlPath {
    /// The path, as far as it tells: `/chat/completions`. The longest that an address holds counts.
    pub path: String,
    /// The part of the API.
    pub api: String,
}

/// The file of a pack. What is built in is read when it is first asked for, which most runs never do.
#[derive(Debug)]
pub struct Source {
    text: Cow<'static, str>,
    file: OnceLock<CallsFile>,
}

impl Source {
    /// A file that is known to have no mistakes and is not read yet.
    pub(in super::super) fn unread(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), file: OnceLock::new() }
    }

    /// A file that was read.
    pub(in super::super) fn read(file: CallsFile) -> Self {
        Self { text: "".into(), file: OnceLock::from(file) }
    }

    /// What the file says.
    pub fn file(&self) -> &CallsFile {
        // A test reads the built-in files, so the default is never met.
        let yaml = |_| serde_saphyr::from_str(&self.text).unwrap_or_default();
        self.file.get_or_init(|| serde_json::from_str(&self.text).unwrap_or_else(yaml))
    }
}

/// Documents call nothing.
static NO_CALLS: LazyLock<LanguageCalls> = LazyLock::new(LanguageCalls::default);

impl CallsFile {
    /// What it says about a language.
    pub fn of(&self, language: Language) -> &LanguageCalls {
        match language {
            Language::Python => &self.python,
            Language::JavaScript => &self.javascript,
            Language::Document => &NO_CALLS,
        }
    }
}

/// Checks what the format alone cannot.
pub(in super::super) fn check(file: &CallsFile) -> Vec<Mistake> {
    let mut checking = Checking::default();
    for language in Language::ALL {
        checking.language(file.of(language));
    }
    let parts: BTreeSet<&String> = Language::ALL.iter().flat_map(|&language| &file.of(language).transparent).collect();
    for need in &file.needs {
        checking.need(need, &parts);
    }
    for path in &file.paths {
        checking.id(&path.api);
        if path.path.trim_matches('/').is_empty() || path.path.contains(['?', '#', ' ']) {
            let message = format!("`{}` is no path", path.path);
            checking.add(&path.path, message, "write it as `/chat/completions`");
        }
    }
    checking.mistakes
}

#[derive(Default)]
struct Checking {
    mistakes: Vec<Mistake>,
}

impl Checking {
    fn add(&mut self, near: &str, message: String, cure: &str) {
        self.mistakes.push(Mistake { near: near.to_owned(), message, cure: cure.to_owned() });
    }

    fn language(&mut self, calls: &LanguageCalls) {
        for part in &calls.transparent {
            if part.trim_end_matches("()").is_empty() || part.trim_end_matches("()").contains(['.', '(', '*', ' ']) {
                self.add(part, format!("`{part}` is no part of a chain"), "write one name, with `()` if it is called");
            }
        }
        for clients in &calls.clients {
            self.patterns("on", &clients.on);
            self.patterns_if_any(&clients.ignores);
            self.patterns_if_any(&clients.by_path);
            self.methods(&clients.calls);
            if !clients.others && !clients.ignores.is_empty() {
                let cure = "add `others: true`, or leave `ignores` out: members that are not named do not count";
                self.add("ignores", "`ignores` has no meaning without `others`".to_owned(), cure);
            }
        }
        for given in &calls.given {
            self.given(given);
        }
        for module in &calls.modules {
            self.patterns("module", std::slice::from_ref(&module.module));
            self.methods(&module.calls);
            if module.calls.is_empty() {
                self.add(&module.module, "nothing is called in this module".to_owned(), "fill in `calls`");
            }
        }
    }

    fn given(&mut self, given: &GivenTo) {
        self.patterns("to", &given.to);
        self.patterns_if_any(&given.holding);
        self.patterns_if_any(&given.methods);
        let near = given.to.first().map_or("to", String::as_str);
        if given.argument.is_empty() {
            self.add(near, "nothing says which argument is the client".to_owned(), "fill in `argument`");
        }
        match (&given.api, given.same) {
            (Some(api), false) => self.id(api),
            (None, true) if given.methods.is_empty() => {}
            (None, false) => {
                let cure = "give `api`, or `same: true` where the result stands for the client";
                self.add(near, "nothing says which part of the API is used".to_owned(), cure);
            }
            _ => {
                let cure = "leave out `api` and `methods`, which are the client's then, or leave out `same`";
                self.add(near, "`same` stands beside `api` or `methods`".to_owned(), cure);
            }
        }
    }

    fn need(&mut self, need: &Need, parts: &BTreeSet<&String>) {
        self.id(&need.need);
        for api in &need.apis {
            self.id(api);
        }
        self.patterns_if_any(&need.methods);
        if need.arguments.is_empty() && need.methods.is_empty() && need.parts.is_empty() {
            let message = format!("nothing says when `{}` is needed", need.need);
            self.add(&need.need, message, "give `arguments`, `methods` or `parts`");
        }
        for argument in &need.arguments {
            let (name, value) = argument.split_once('=').unwrap_or((argument, "x"));
            if name.trim_end_matches('!').is_empty() || value.is_empty() || argument.contains(' ') {
                let cure = "write `name`, `name=value` or `name!=value`";
                self.add(argument, format!("`{argument}` is no argument"), cure);
            }
        }
        for part in need.parts.iter().filter(|part| !parts.contains(part)) {
            self.add(part, format!("`{part}` is not in `transparent`"), "add it there, for the language that has it");
        }
    }

    fn methods(&mut self, calls: &Methods) {
        let mut seen = BTreeSet::new();
        for (api, methods) in calls {
            self.id(api);
            self.patterns(api, methods);
            for method in methods.iter().filter(|method| !seen.insert(*method)) {
                self.add(method, format!("`{method}` is named twice"), "leave it where it belongs");
            }
        }
    }

    fn patterns(&mut self, field: &str, patterns: &[String]) {
        if patterns.is_empty() {
            self.add(&format!("{field}: []"), format!("the list `{field}` is empty"), "add an entry");
        }
        self.patterns_if_any(patterns);
    }

    fn patterns_if_any(&mut self, patterns: &[String]) {
        for pattern in patterns {
            if let Err(bad) = SymbolSet::of(std::slice::from_ref(pattern)) {
                self.add(pattern, bad.0, "write a symbol such as `package.module.Name()`");
            }
        }
    }

    fn id(&mut self, id: &str) {
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if !id.split('-').all(is_word) {
            self.add(id, format!("`{id}` is no id"), "write small letters with hyphens, as in `chat-completions`");
        }
    }
}
