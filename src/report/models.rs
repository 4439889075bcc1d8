//! The deployment names of a project: where they stand and which model each is mapped to.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    plan::some_of,
    style::{BOLD, DIM, PATH},
    words::printable,
};
use crate::{
    finding::Location,
    migrate::plan::DeploymentName,
    scan::Scan,
    unit::{
        DeploymentUse,
        documents::{Provisioned, deployed},
    },
};

/// The version of the serialised form of [`Models`].
pub const SCHEMA_VERSION: u32 = 1;

/// All deployment names.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Models {
    /// The version of this form; it changes when a field changes its meaning or goes.
    pub schema_version: u32,
    /// The names, sorted.
    pub deployments: Vec<Entry>,
}

/// A deployment name and its model.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The name, and where it stands.
    #[serde(flatten)]
    pub deployment: DeploymentName,
    /// The model in the settings; none: there is no entry; empty: it is not filled in yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    /// The model that a template deploys under this name (of a variable: under the name that a document gives it).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deployed: Option<Provisioned>,
}

impl Entry {
    /// The entry of a name, with what documents say of it.
    pub fn of(deployment: DeploymentName, model: Option<String>, scan: &Scan) -> Self {
        let names = DeploymentUse { name: deployment.name.clone(), variable: deployment.variable };
        let deployed = deployed(&names, &scan.deployments, &scan.sources).cloned();
        Self { deployment, model, deployed }
    }
}

/// Writes one line per name.
pub fn text(models: &Models, out: &mut dyn Write) -> io::Result<()> {
    let entries = &models.deployments;
    let width = |text: fn(&Entry) -> &str| {
        entries.iter().map(|entry| printable(text(entry)).chars().count()).max().unwrap_or_default()
    };
    let (names, values) = (width(name), width(model).max("model".len()));
    if !entries.is_empty() {
        let names = names.max("deployment".len());
        writeln!(out, "{BOLD}{:<names$}  {:<values$}  found{BOLD:#}", "deployment", "model")?;
    }
    let names = names.max("deployment".len());
    for entry in entries {
        let (name, model) = (printable(name(entry)), printable(model(entry)));
        writeln!(out, "{PATH}{name:<names$}{PATH:#}  {model:<values$}  {DIM}{}{DIM:#}", printable(&found(entry)))?;
    }
    Ok(())
}

/// Writes the names as one JSON document.
pub fn json(models: &Models, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, models)?;
    writeln!(out)
}

/// Where a name was found, and what is deployed under it, in a line.
pub fn found(entry: &Entry) -> String {
    let deployment = &entry.deployment;
    let place = |place: &Location| format!("{}:{}", place.path, place.start.line);
    let places: Vec<String> = deployment.places.iter().map(place).collect();
    let mut text = if deployment.variable { format!("read at {}", some_of(&places)) } else { some_of(&places) };
    if let Some(deployed) = &entry.deployed {
        let version = deployed.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let _ = write!(text, "; deployed as {}{version} at {}", deployed.model, place(&deployed.location));
    }
    text
}

fn name(entry: &Entry) -> &str {
    &entry.deployment.name
}

fn model(entry: &Entry) -> &str {
    entry.model.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Point;

    #[test]
    fn one_line_per_name() {
        let place = |path: &str, line| {
            let start = Point { line, column: 1, column_utf16: 1, byte: 0 };
            Location { path: path.to_owned(), start, end: start }
        };
        let entry = |name: &str, variable, places: Vec<Location>, model: Option<&str>| Entry {
            deployment: DeploymentName { name: name.to_owned(), variable, places },
            model: model.map(str::to_owned),
            deployed: None,
        };
        let many = (1..=5).map(|line| place("b.ts", line)).collect();
        let models = Models {
            schema_version: SCHEMA_VERSION,
            deployments: vec![
                entry("CHAT_DEPLOYMENT", true, vec![place("a.py", 3)], Some("gpt-5")),
                entry("embed\u{7}", false, many, None),
            ],
        };
        let mut out = Vec::new();
        text(&models, &mut out).unwrap();
        let shown = anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string();
        insta::assert_snapshot!(shown, @r"
        deployment       model  found
        CHAT_DEPLOYMENT  gpt-5  read at a.py:3
        embed\u{7}              b.ts:1, b.ts:2, b.ts:3 and 2 more
        ");
    }
}
