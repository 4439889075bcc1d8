//! What documents tell of units: where settings are set or passed on, which resource gives their values, and which models
//! are deployed under which names. A document has no clients; it is tied to them by the names of settings.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DeploymentUse, uses::Tie};
use crate::{
    facts::{ArgumentKind, Expr, ExprId, Key, Span},
    finding::{Finding, Location},
    resolve::{Resolver, Value},
    rules::{
        matching::Shower,
        secrets::{is_secret_name, looks_like_key},
    },
};

/// How many parts of a value are looked through for the resource that gives it.
const MAX_PARTS: usize = 100;

/// A place in a document that sets a setting or passes it on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The setting's name.
    pub name: String,
    /// Where.
    pub location: Location,
    /// The resource that gives the value, where the document shows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resource: Option<Resource>,
    /// The value, where it is a constant that can be no key.
    #[serde(skip)]
    pub value: Option<String>,
}

/// A resource, or a module that makes some, in a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Resource {
    /// Its type, or what the module is made from.
    pub kind: String,
    /// Where it is named.
    pub location: Location,
}

/// A model that a template deploys under a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Provisioned {
    /// The deployment's name.
    pub name: String,
    /// The model.
    pub model: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
    /// The kind of deployment, such as `GlobalStandard`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sku: Option<String>,
    /// Where the deployment is described.
    pub location: Location,
}

/// What one document tells.
#[derive(Debug, Default)]
pub struct Told {
    /// Settings.
    pub sources: Vec<Source>,
    /// Deployments.
    pub provisioned: Vec<Provisioned>,
}

/// The model that is deployed under a name, or under the name that documents give to a variable. Where they say different
/// things they say nothing.
pub fn deployed<'d>(
    name: &DeploymentUse,
    deployments: &'d [Provisioned],
    sources: &[Source],
) -> Option<&'d Provisioned> {
    let given = sources.iter().filter(|source| name.variable && source.name == name.name);
    let given = given.filter_map(|source| source.value.as_deref());
    let own = (!name.variable).then_some(name.name.as_str());
    let names: BTreeSet<&str> = given.chain(own).collect();
    let found: Vec<&Provisioned> = deployments.iter().filter(|one| names.contains(one.name.as_str())).collect();
    let models: BTreeSet<(&str, Option<&str>)> =
        found.iter().map(|one| (one.model.as_str(), one.version.as_deref())).collect();
    found.first().copied().filter(|_| models.len() == 1)
}

/// What the findings of a document are tied to: the settings that they name.
pub(crate) fn ties(findings: &[Finding]) -> Vec<Tie> {
    let bare = |finding: &Finding| finding.local.trim_matches(['"', '\'']).to_owned();
    findings.iter().map(|finding| Tie { variable: Some(bare(finding)), ..Tie::default() }).collect()
}

/// Reads a document with findings.
pub(crate) fn told(resolver: &mut Resolver<'_, '_>, shower: &Shower<'_>, findings: &[Finding]) -> Told {
    if findings.is_empty() {
        return Told::default();
    }
    let found: BTreeSet<(u32, &str)> =
        findings.iter().map(|finding| (finding.location.start.byte, finding.local.as_str())).collect();
    let mut reader = Reader { resolver, shower, told: Told::default(), seen: BTreeSet::new() };
    for number in 0..reader.resolver.facts.exprs.len() {
        let expr = ExprId(number as u32);
        reader.entries(expr, &found);
        reader.deployment(expr);
    }
    let mut told = reader.told;
    told.sources.sort();
    told.sources.dedup();
    told.provisioned.sort();
    told
}

struct Reader<'r, 'f, 's> {
    resolver: &'r mut Resolver<'f, 's>,
    shower: &'r Shower<'r>,
    told: Told,
    /// Deployments that were read, by place.
    seen: BTreeSet<Span>,
}

/// What is given under names: entries of an object, or arguments.
type Fields<'f> = BTreeMap<&'f str, ExprId>;

impl<'f> Reader<'_, 'f, '_> {
    fn entries(&mut self, expr: ExprId, found: &BTreeSet<(u32, &str)>) {
        let facts = self.resolver.facts;
        let Expr::Object(entries) = facts.expr(expr) else { return };
        for entry in entries {
            let Key::Named { name, span } = &entry.key else { continue };
            let location = self.shower.location(*span);
            if found.contains(&(location.start.byte, self.shower.local(*span).as_str())) {
                let value = facts
                    .constant_text(entry.value)
                    .filter(|text| !text.is_empty() && !is_secret_name(name) && !looks_like_key(text));
                let value = value.map(Into::into);
                let resource = self.resource(entry.value);
                self.told.sources.push(Source { name: name.to_string(), location, resource, value });
            }
        }
    }

    /// The resource that a value is taken from.
    fn resource(&mut self, value: ExprId) -> Option<Resource> {
        let facts = self.resolver.facts;
        let mut queue = vec![value];
        for _ in 0..MAX_PARTS {
            let part = queue.pop()?;
            for path in self.resolver.symbols(part) {
                let text = self.resolver.paths.text(path).to_owned();
                let Some((kind, _)) = text.split_once("()") else { continue };
                let link = self.resolver.trace(part).into_iter().next()?;
                return Some(Resource { kind: kind.to_owned(), location: self.shower.location(link.span) });
            }
            facts.expr(part).for_each_child(|child| queue.push(child));
        }
        None
    }

    /// A deployment: something with a name and a model that has a name and a version or format.
    fn deployment(&mut self, expr: ExprId) {
        let facts = self.resolver.facts;
        let fields = self.fields(expr);
        let properties = fields.get("properties").map(|&inner| self.fields(inner)).unwrap_or_default();
        let given = |name: &str| fields.get(name).or_else(|| properties.get(name)).copied();
        let (Some(name), Some(model)) = (given("name"), given("model")) else { return };
        let model = self.fields(model);
        if !model.contains_key("version") && !model.contains_key("format") {
            return;
        }
        let (Some(name), Some(model_name)) = (self.text(name), model.get("name").and_then(|&name| self.text(name)))
        else {
            return;
        };
        let span = facts.node(expr).span;
        if !self.seen.insert(span) {
            return;
        }
        let sku = given("sku").map(|sku| self.fields(sku)).and_then(|sku| sku.get("name").copied());
        let start = match facts.expr(expr) {
            Expr::Call { callee, .. } => facts.node(*callee).span,
            _ => Span { start: span.start, end: span.start },
        };
        let version = model.get("version").and_then(|&version| self.text(version));
        let sku = sku.and_then(|sku| self.text(sku));
        // A child's name can have that of its parent before it.
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        let location = self.shower.location(start);
        self.told.provisioned.push(Provisioned { name, model: model_name, version, sku, location });
    }

    fn fields(&self, expr: ExprId) -> Fields<'f> {
        match self.resolver.facts.expr(expr) {
            Expr::Object(entries) => {
                let named = entries.iter().filter_map(|entry| match &entry.key {
                    Key::Named { name, .. } => Some((&**name, entry.value)),
                    _ => None,
                });
                named.collect()
            }
            Expr::Call { arguments, .. } => {
                let named = arguments.iter().filter_map(|argument| match argument.kind {
                    ArgumentKind::Named { name, .. } => Some((name, argument.value)),
                    _ => None,
                });
                named.collect()
            }
            _ => Fields::new(),
        }
    }

    /// The constant that a value is, also by way of a name.
    fn text(&mut self, value: ExprId) -> Option<String> {
        let facts = self.resolver.facts;
        if let Some(text) = facts.constant_text(value) {
            return (!text.is_empty()).then(|| text.into_owned());
        }
        let values = self.resolver.values(value);
        values.iter().find_map(|value| match value {
            Value::Literal(literal) => facts.constant_text(*literal).map(Into::into),
            _ => None,
        })
    }
}
