//! What a rule file may say. The types here are the rule format: they are read with `serde`, published as a JSON Schema
//! for editors, and documented in `docs/writing-rules.md`. They hold no behaviour beyond small accessors.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    rewrite::{Portable, Rewrite},
    swap::Swap,
};

/// One rule: finds one kind of site and says what to do about it. Its id is its path below the rules folder, without
/// the extension; its language is the folder it lies in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleFile {
    /// What the rule finds, as a short noun phrase without a full stop.
    pub title: String,
    /// What kind of site it finds.
    pub class: Class,
    /// True when the sites are portable already and no report names them: the rule is there for what a fix does with them.
    #[serde(default)]
    pub unreported: bool,
    /// How serious a site is. `error` is for services that are already retired.
    #[serde(default)]
    pub severity: Severity,
    /// How sure a match is.
    #[serde(default)]
    pub confidence: Confidence,
    /// What matches: one clause, or `any:` of several.
    #[serde(rename = "match")]
    pub matches: Clause,
    /// What is said at the site. Placeholders: `{local}` the text as written, `{symbol}` what it stands for, `{name}`
    /// the key or variable name.
    pub message: String,
    /// The portable call or setting, as text. The same placeholders, and `{argument:name,other|fallback}` for what is
    /// given for the first of these arguments at the site's call, `{async}` for `Async` where the symbol's name begins so.
    #[serde(default)]
    pub portable: Option<String>,
    /// Why the site ties the code to one vendor, in Markdown.
    pub why: String,
    /// Code before, in the rule's language.
    #[serde(default)]
    pub before: Option<String>,
    /// The same code after leaving.
    #[serde(default)]
    pub after: Option<String>,
    /// What goes wrong when the change is made carelessly, one sentence each.
    #[serde(default)]
    pub traps: Vec<String>,
    /// How far the change can be made mechanically.
    #[serde(default)]
    pub fix: Fix,
    /// Package versions that the rule's facts were checked against.
    #[serde(default)]
    pub checked: BTreeMap<String, String>,
    /// Sources.
    #[serde(default)]
    pub links: Vec<String>,
}

/// What kind of site a rule finds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A vendor-only name is brought in.
    Import,
    /// A vendor-only client is built, subclassed, annotated or tested for.
    Client,
    /// Credentials that flow into a client.
    Auth,
    /// A vendor-only option, setting or environment variable.
    Config,
    /// A deployment name given where a model name belongs.
    Model,
    /// A vendor's host, path, query or header.
    Endpoint,
    /// A vendor-only field of a response or error.
    Response,
    /// A vendor-only service feature.
    Feature,
    /// A package that ties the project to a vendor.
    Dependency,
    /// A provisioned resource.
    Infra,
}

/// How serious a site is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; the site is already portable or nearly so.
    Note,
    /// Ties the code to the vendor.
    #[default]
    Warning,
    /// Ties the code to a service that is already retired.
    Error,
}

/// How sure a match is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The evidence is circumstantial.
    Low,
    /// One link of the evidence is a name, not a resolved symbol.
    Medium,
    /// Every link is resolved, or the name belongs to nothing else.
    #[default]
    High,
}

/// How far a change can be made mechanically.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fix {
    /// The best level that a site of this kind can have.
    #[serde(default)]
    pub level: FixLevel,
    /// The facts that must hold for it, one sentence each.
    #[serde(default)]
    pub holds_if: Vec<String>,
    /// The mechanical change, where there is one.
    #[serde(default)]
    pub rewrite: Vec<Rewrite>,
    /// What takes the place of a package in a manifest once the fix has left no code that uses it. By package.
    #[serde(default)]
    pub swap: BTreeMap<String, Swap>,
    /// What to do by hand, step by step, where no mechanical change is known. In Markdown.
    #[serde(default)]
    pub recipe: Option<String>,
}

/// What a mechanical change would mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FixLevel {
    /// Shown, never applied.
    #[default]
    Manual,
    /// Right if a stated fact holds.
    Unsafe,
    /// The same request reaches the same resource.
    Safe,
}

/// One way to match. Exactly one of the first group of fields says what kind of place is looked at; the others narrow
/// it.
///
/// Symbols are resolved paths: `openai.AzureOpenAI` is found under whatever name it was imported. `()` stands for the
/// result of a call (`openai.AzureOpenAI().with_options`), `*` for any part of one segment, `**` for any number of
/// segments. A module of JavaScript is one segment (`@azure/openai.OpenAIClient`); its default export is `.default`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clause {
    /// Several clauses, one of which must match; then nothing else is said beside them.
    #[serde(default)]
    pub any: Option<Vec<Clause>>,

    /// An import of one of these symbols. The finding stands at the imported name.
    #[serde(default)]
    pub import: Option<Vec<String>>,
    /// A call or construction of one of these symbols, also through an alias, a conditional expression, a `partial`, a
    /// subclass without a constructor of its own. The finding stands at the callee. (`super().__init__()` builds nothing
    /// new: there only `key` clauses apply.)
    #[serde(default)]
    pub call: Option<Vec<String>>,
    /// One of these names, given as named argument, as key of an object or dict, or stored by subscript or attribute.
    /// With `of` only where it reaches a call of those symbols (through spreads, constants and options objects too).
    /// A number means the argument at that position (from 0) and needs `of`. The finding stands at the name.
    #[serde(default)]
    pub key: Option<Vec<String>>,
    /// Any use of one of these symbols other than calling or importing it.
    #[serde(default)]
    pub reference: Option<Vec<String>>,
    /// A read of a property or string subscript with one of these names.
    #[serde(default)]
    pub member: Option<Vec<String>>,
    /// An assignment to one of these paths.
    #[serde(default)]
    pub store: Option<Vec<String>>,
    /// An environment variable or setting whose name matches one of these globs: read, set, declared or listed.
    #[serde(default)]
    pub env: Option<Vec<String>>,
    /// A string (or regular-expression literal) that matches this regular expression. Inserted values read as `{}`.
    #[serde(default)]
    pub text: Option<String>,
    /// A manifest asks for one of these packages, named as in a package URL without `pkg:` and version:
    /// `pypi/azure-ai-inference`, `npm/@azure/openai`, `maven/com.azure/azure-ai-openai`; `*` stands for any text.
    #[serde(default)]
    pub dependency: Option<Vec<String>>,

    /// `env`: the name must match one of these globs as well: a family of names, and what they are for.
    #[serde(default)]
    pub only: Option<Vec<String>>,
    /// `env`: names that match one of these globs are for another rule.
    #[serde(default)]
    pub except: Option<Vec<String>>,
    /// `key`: the symbols whose calls it must reach.
    #[serde(default)]
    pub of: Option<Vec<String>>,
    /// `key`: the key under which the object that holds it must itself be given: `providerOptions: { key: … }`.
    #[serde(default)]
    pub under: Option<Vec<String>>,
    /// `member`: what it must be read from. Absent: anything.
    #[serde(default)]
    pub on: Option<Vec<String>>,
    /// `reference`: the parts it may play. Absent: all.
    #[serde(default, rename = "as")]
    pub roles: Option<Vec<Role>>,
    /// `env`: `read` demands that the program really reads the environment there.
    #[serde(default)]
    pub access: Access,
    /// `key`, `store`: what the value must be.
    #[serde(default)]
    pub value: Option<ValueTest>,
    /// `call`: arguments that must be given, by name (or position), and what they must be.
    #[serde(default)]
    pub with: BTreeMap<String, ValueTest>,
    /// `call`: arguments that must not be given.
    #[serde(default)]
    pub without: Vec<String>,
    /// The file must import one of these modules (or something below them).
    #[serde(default)]
    pub imports: Option<Vec<String>>,
    /// Another finding must be near.
    #[serde(default)]
    pub beside: Option<Beside>,
    /// The place must be part of what flows into a finding of one of these classes: credentials into a client.
    #[serde(default)]
    pub flows_into: Option<Vec<Class>>,
}

/// The part a reference plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// In a type annotation.
    Annotation,
    /// As a base class.
    Base,
    /// In `isinstance`, `issubclass`, `instanceof`, a comparison.
    Check,
    /// As a value: passed on, stored, returned, exported.
    Value,
}

/// How an environment variable must be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Read, set, declared or listed.
    #[default]
    Any,
    /// Read or set in the process environment.
    Read,
}

/// What a value must be. All given fields must hold; of a list one entry must. A plain string means `equals`.
#[derive(Debug, Clone, Default)]
pub struct ValueTest {
    /// A string constant equal to one of these.
    pub equals: Option<Vec<String>>,
    /// A string that begins with one of these.
    pub prefix: Option<Vec<String>>,
    /// A string that matches this regular expression; inserted values read as `{}`.
    pub matches: Option<String>,
    /// A name, member or environment variable in the value that matches this regular expression.
    pub mentions: Option<String>,
    /// Something that stands for one of these symbols.
    pub symbol: Option<Vec<String>>,
}

/// The fields of a [`ValueTest`] as written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ValueTestFields {
    /// A string constant equal to one of these.
    #[serde(default)]
    equals: Option<Vec<String>>,
    /// A string that begins with one of these.
    #[serde(default)]
    prefix: Option<Vec<String>>,
    /// A string that matches this regular expression; inserted values read as `{}`.
    #[serde(default)]
    matches: Option<String>,
    /// A name, member or environment variable in the value that matches this regular expression.
    #[serde(default)]
    mentions: Option<String>,
    /// Something that stands for one of these symbols.
    #[serde(default)]
    symbol: Option<Vec<String>>,
}

impl<'de> Deserialize<'de> for ValueTest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueTestVisitor)
    }
}

/// Reads a string or the fields, so that a wrong field is told by its own name and line.
struct ValueTestVisitor;

impl<'de> serde::de::Visitor<'de> for ValueTestVisitor {
    type Value = ValueTest;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a string, or `equals`, `prefix`, `matches`, `mentions`, `symbol`")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ValueTest, E> {
        Ok(ValueTest { equals: Some(vec![text.to_owned()]), ..ValueTest::default() })
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<ValueTest, E> {
        self.visit_str(if value { "true" } else { "false" })
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<ValueTest, A::Error> {
        let fields = ValueTestFields::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(ValueTest {
            equals: fields.equals,
            prefix: fields.prefix,
            matches: fields.matches,
            mentions: fields.mentions,
            symbol: fields.symbol,
        })
    }
}

impl JsonSchema for ValueTest {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ValueTest".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let fields = generator.subschema_for::<ValueTestFields>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, { "type": "boolean" }, fields] })
    }
}

/// Another finding that must be near.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Beside {
    /// Findings of one of these classes.
    #[serde(default)]
    pub class: Vec<Class>,
    /// Findings of one of these rules, by their id without pack and language.
    #[serde(default)]
    pub rule: Vec<String>,
    /// How near.
    #[serde(default)]
    pub within: Within,
}

/// How near two findings must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Within {
    /// In the same outermost object literal or call.
    Call,
    /// In the same function (or both outside all functions).
    #[default]
    Function,
    /// In the same file.
    File,
}

/// What `pack.yaml` says about a folder of rules for one vendor's edition.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PackFile {
    /// The pack's name as readers know it.
    pub name: String,
    /// What it is about, in a sentence.
    pub description: String,
    /// Modules that give the same names as others: `from` stands for `to` everywhere.
    #[serde(default)]
    pub reexports: Vec<Reexport>,
    /// Calls that pass their arguments on as credentials do: a token provider made of a credential. Flows go through
    /// these and through the project's own functions, and stop at other packages' calls.
    #[serde(default)]
    pub carriers: Vec<String>,
    /// What portable code looks like, for the rewrites of the pack's rules.
    #[serde(default)]
    pub portable: Option<Portable>,
    /// Reasons to stay that code cannot show, for people to look at before they leave.
    #[serde(default)]
    pub stay: Vec<Stay>,
}

/// A reason to stay with a vendor that code cannot show.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stay {
    /// The question to people.
    pub asks: String,
    /// Why it matters, in a sentence or two.
    pub why: String,
    /// Sources.
    pub links: Vec<String>,
}

/// A module that gives the same names as another.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reexport {
    /// The module (or symbol) that is met in code.
    pub from: String,
    /// What it stands for.
    pub to: String,
    /// It has nothing but the vendor's names: what takes their place is imported from `to`.
    #[serde(default, rename = "vendor-only")]
    pub vendor_only: bool,
}

impl RuleFile {
    /// The clauses of the rule.
    pub fn clauses(&self) -> &[Clause] {
        self.matches.any.as_deref().unwrap_or(std::slice::from_ref(&self.matches))
    }
}

impl Class {
    /// The word for the class in reports and rule files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Client => "client",
            Self::Auth => "auth",
            Self::Config => "config",
            Self::Model => "model",
            Self::Endpoint => "endpoint",
            Self::Response => "response",
            Self::Feature => "feature",
            Self::Dependency => "dependency",
            Self::Infra => "infra",
        }
    }
}

impl Severity {
    /// The word for the severity in reports and rule files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl FixLevel {
    /// The word for the level in reports and rule files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Unsafe => "unsafe",
            Self::Safe => "safe",
        }
    }
}
