//! How a rule says what its sites become: the `rewrite` of a rule's `fix`.
//!
//! A rewrite is data about somebody else's package: which symbol takes the place of which, what becomes of each
//! argument, which calls on a client take a deployment as their model. How code is changed accordingly, in which
//! languages and how carefully, is for [`crate::migrate`]; no vendor is known there. A rewrite that cannot hold for a
//! site (an object that the file does not show, a value of another kind) leaves the site alone.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::{FixLevel, ValueTest};

/// What the sites of a rule become.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the format")]
pub struct Rewrite {
    /// Versions of packages (`openai: ">=5.18"`, `<3`) for which this rewrite is meant. Of several rewrites of a rule that
    /// name the symbol the first counts whose versions certainly fit; else the last, and then it is at most `unsafe`.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
    /// Only a fix for a target changes these sites.
    #[serde(default)]
    pub only_for_targets: bool,
    /// The unit is not a call but the object literal that holds the key which the rule found; `arguments` and `add` speak
    /// of its entries.
    #[serde(default)]
    pub object: bool,
    /// The old symbol is called, the new one is constructed with `new`.
    #[serde(default)]
    pub construct: bool,
    /// What takes the place of each symbol. Imports follow: the old one goes with its last use.
    #[serde(default)]
    pub symbols: BTreeMap<String, String>,
    /// Other names of the new symbols: one that the file has already is used instead of importing anything.
    #[serde(default)]
    pub same_as: BTreeMap<String, Vec<String>>,
    /// Names of the arguments that are given by position, in order; they are then treated by those names. `...` stands for
    /// an object whose entries count as arguments.
    #[serde(default)]
    pub positional: Vec<String>,
    /// What becomes of the arguments (or of the entries of the options object), by name. Arguments that are not named
    /// here are kept as they are.
    #[serde(default)]
    pub arguments: BTreeMap<String, Argument>,
    /// Arguments to be given that are not, in this order, after the others.
    #[serde(default)]
    pub add: Vec<Added>,
    /// All arguments are given as entries of one object (where the old call takes some by position).
    #[serde(default)]
    pub into_object: bool,
    /// The call itself, as a template, in place of `symbols` and `arguments`.
    #[serde(default)]
    pub call: Option<String>,
    /// Calls on the client whose model its deployment decides.
    #[serde(default)]
    pub deployment: Option<Deployment>,
    /// Calls on the client that change too.
    #[serde(default)]
    pub methods: Vec<Method>,
    /// Calls of other symbols in the file that become something else when the client does: message classes that become
    /// plain objects. By symbol, a template with `{argument:name,0}`.
    #[serde(default)]
    pub replace: BTreeMap<String, String>,
    /// Members of a module that are assigned to: what becomes of each, by name. (`openai.api_type = …`)
    #[serde(default)]
    pub stores: BTreeMap<String, Argument>,
    /// A request that is made without an SDK.
    #[serde(default)]
    pub request: Option<Request>,
    /// The argument that keeps the vendor's key header alive, for gateways that look at nothing else. A template.
    #[serde(default)]
    pub key_header: Option<Added>,
    /// Where the plain symbol is a base of the old one, an annotation can change by itself.
    #[serde(default)]
    pub widens: bool,
    /// Members that only the old client has. Code that uses one on the client, or in a class derived from it, is left
    /// alone.
    #[serde(default)]
    pub internals: Vec<String>,
    /// What goes wrong in a fix for a target when another client of the rule in the project stays as it is: then the
    /// others are `unsafe`, for this reason.
    #[serde(default)]
    pub mixed: Option<String>,
    /// Facts that must hold for this rewrite to be right, as ids of the pack's `preconditions`.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Conditions on the call that lower the level.
    #[serde(default)]
    pub unless: Vec<Unless>,
}

/// What becomes of one argument.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Argument {
    /// The new name; the old one if absent. `configuration.baseURL` is the entry `baseURL` of an object argument.
    #[serde(default)]
    pub to: Option<String>,
    /// The argument goes.
    #[serde(default)]
    pub drop: bool,
    /// What the value is, which says what a fix for a target puts in its place.
    #[serde(default)]
    pub role: Option<RoleOf>,
    /// The new value: a template with `{value}`. Absent: by its role, else as it is.
    #[serde(default)]
    pub value: Option<String>,
    /// The new value in a fix for a target, where it is not just the setting: a template.
    #[serde(default)]
    pub target_value: Option<String>,
    /// How the string begins, and how it begins afterwards: `azure/` and `openai/`. A value that is not written here, or
    /// begins otherwise, leaves the site alone.
    #[serde(default)]
    pub prefix: BTreeMap<String, String>,
    /// What becomes of the entries of the object that the value is. The argument goes with its last entry.
    #[serde(default)]
    pub entries: BTreeMap<String, Argument>,
    /// Ends of an address that go before the path is appended: `/models`.
    #[serde(default)]
    pub endings: Vec<String>,
    /// Calls around the value that go: `AzureKeyCredential(key)` becomes `key`. Where none of them is around it, the site
    /// is left alone.
    #[serde(default)]
    pub unwrap: Vec<String>,
    /// What is done instead when the value stands for one of these symbols and has nothing to unwrap.
    #[serde(default)]
    pub otherwise: Option<Otherwise>,
    /// The argument goes when one of these is given too: a model beside a deployment.
    #[serde(default)]
    pub yields_to: Vec<String>,
    /// The best level with this argument given.
    #[serde(default)]
    pub level: Option<FixLevel>,
    /// Why the level is lower: the fact that would have to hold, as a sentence.
    #[serde(default)]
    pub because: Option<String>,
    /// Versions of packages that the new form needs: `openai: "1.106.0"`. When they are unknown the fix is `unsafe`, when
    /// they are older it is `manual`.
    #[serde(default)]
    pub needs: BTreeMap<String, String>,
    /// What the value must stand for when the client is asynchronous (`{async}`), and when it is not: token providers.
    #[serde(default)]
    pub colour: Option<Colour>,
    /// Values for which it is different.
    #[serde(default)]
    pub unless: Vec<UnlessValue>,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoleOf {
    /// The address of the resource, without a path. The new value has the pack's `path` appended.
    Endpoint,
    /// An address that holds the path of a deployment: the path is replaced, and names the model.
    DeploymentUrl,
    /// A base URL that is portable already. Only a fix for a target changes it.
    BaseUrl,
    /// The key, a token or a provider of tokens.
    Key,
    /// The deployment: it becomes the model of the calls on the client, or the argument named by `to`.
    Deployment,
    /// The name of the model (on the vendor's edition, of the deployment).
    Model,
}

/// The two kinds of a value, of which one goes with a client.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Colour {
    /// What asynchronous values stand for.
    pub r#async: Vec<String>,
    /// What synchronous values stand for.
    pub sync: Vec<String>,
    /// The kind of the client that gets the value. Without it a client is asynchronous if its symbol begins with `Async`.
    #[serde(default)]
    pub client: Option<ClientColour>,
    /// Why the kinds must be the same, after "the value is synchronous, the client asynchronous:".
    pub because: String,
}

/// The kind of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClientColour {
    /// Its calls are awaited.
    Async,
    /// They are not.
    Sync,
}

/// What is done with a value of another kind.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Otherwise {
    /// The symbols that the value can stand for.
    pub when: Vec<String>,
    /// The new value, as a template.
    pub value: String,
    /// Versions of packages that it needs.
    #[serde(default)]
    pub needs: BTreeMap<String, String>,
}

/// A value for which the level is lower.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UnlessValue {
    /// The test.
    pub value: ValueTest,
    /// The level then.
    #[serde(default)]
    pub level: FixLevel,
    /// Why: the fact that would have to hold.
    pub because: String,
}

/// Conditions under which the level is lower. Without any it always is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Unless {
    /// One of these is given.
    #[serde(default)]
    pub given: Vec<String>,
    /// None of these is given.
    #[serde(default)]
    pub missing: Vec<String>,
    /// One of these rules (by short id) finds something in the file.
    #[serde(default)]
    pub file_has: Vec<String>,
    /// The level then.
    #[serde(default)]
    pub level: FixLevel,
    /// Why: the fact that would have to hold.
    pub because: String,
}

/// An argument that is added when nothing has become it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Added {
    /// Its name.
    pub name: String,
    /// Its value, as a template.
    pub value: String,
    /// What it is.
    #[serde(default)]
    pub role: Option<RoleOf>,
    /// Its value in a fix for a target, where it is not just the setting.
    #[serde(default)]
    pub target_value: Option<String>,
    /// The best level when it has to be added.
    #[serde(default)]
    pub level: Option<FixLevel>,
    /// Why.
    #[serde(default)]
    pub because: Option<String>,
    /// Added only when one of these was given (as named before the change). Absent: always.
    #[serde(default)]
    pub given: Vec<String>,
}

/// Which calls on a client take its deployment as their model.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deployment {
    /// The members of the client, such as `chat.completions.create` and `images.*`. (`with_options()` and the like are
    /// looked through.)
    pub calls: Vec<String>,
    /// The argument of those calls that names the model.
    pub argument: String,
    /// Members of the client whose calls never looked at the deployment; their model stays as it is.
    #[serde(default)]
    pub ignores: Vec<String>,
    /// Members that give the client itself, changed or not: `with_options`.
    #[serde(default)]
    pub same_client: Vec<String>,
}

/// A call on the client that changes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Method {
    /// The member, such as `complete`; empty for a call of the client itself.
    pub from: String,
    /// What it becomes: `chat.completions.create`.
    #[serde(default)]
    pub to: Option<String>,
    /// Names of the arguments given by position.
    #[serde(default)]
    pub positional: Vec<String>,
    /// What becomes of its arguments.
    #[serde(default)]
    pub arguments: BTreeMap<String, Argument>,
    /// Arguments to add.
    #[serde(default)]
    pub add: Vec<Added>,
    /// The arguments become entries of one object.
    #[serde(default)]
    pub into_object: bool,
    /// Conditions on the call that lower the level. A deployment that the client held counts as given.
    #[serde(default)]
    pub unless: Vec<Unless>,
    /// The best level with such a call.
    #[serde(default)]
    pub level: Option<FixLevel>,
    /// Why.
    #[serde(default)]
    pub because: Option<String>,
}

/// A request without an SDK: where the parts stand in the calls that make it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Request {
    /// By symbol of the call, its parts.
    pub calls: BTreeMap<String, RequestParts>,
    /// The old path up to the deployment: `/openai/deployments/`.
    pub deployment_path: String,
    /// What takes the place of that path with the deployment: `/openai/v1`.
    pub path: String,
    /// The query parameter that goes.
    pub version_query: String,
    /// The header that goes, in lower case.
    pub key_header: String,
    /// The entry of the body that names the model.
    pub model: String,
    /// What may follow the path: `chat/completions`. A request for anything else is left alone. Absent: anything.
    #[serde(default)]
    pub operations: Vec<String>,
}

/// Where the parts of a request stand in a call: names or positions of arguments.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RequestParts {
    /// The address. Of several places the first one that is given counts.
    pub url: Vec<String>,
    /// The headers. `1.headers` is the entry `headers` of the second argument.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Query parameters.
    #[serde(default)]
    pub query: Vec<String>,
    /// The body, as an object or as the text that the language's own encoder makes of one.
    #[serde(default)]
    pub body: Vec<String>,
}

/// A fact about the world that a scanner cannot see, and how to check it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PreconditionFile {
    /// By this name rewrites refer to it.
    pub id: String,
    /// The fact, as a sentence.
    pub says: String,
    /// A command that checks it. Keys come from the environment.
    #[serde(default)]
    pub check: Option<String>,
}

/// What a pack says about portable code.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Portable {
    /// The path below the resource's address that speaks the portable dialect: `/openai/v1/`.
    pub path: String,
    /// The path up to the name of a deployment: `/openai/deployments/`.
    #[serde(default)]
    pub deployment_path: String,
    /// Host names of the vendor; an address with another one is a gateway.
    pub hosts: Vec<String>,
    /// The setting that names the base URL in portable code.
    pub base_url: String,
    /// The setting that holds the key.
    pub key: String,
    /// The setting that names the model.
    pub model: String,
    /// Words in the names of deployments and their variables that say nothing about which one it is.
    #[serde(default)]
    pub noise: Vec<String>,
    /// Names of files that provision the vendor's resources, beside those whose format says so. Nothing edits them.
    #[serde(default)]
    pub infrastructure: Vec<String>,
    /// Facts that rewrites may need.
    #[serde(default)]
    pub preconditions: Vec<PreconditionFile>,
}
