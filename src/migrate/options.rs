//! What a fix is asked to do, and what is known beyond the file at hand.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::{model::FixLevel, target::Target};

/// What a fix is asked to do.
#[derive(Debug, Clone, Default)]
pub struct FixOptions {
    /// The level up to which changes are made.
    pub level: FixLevel,
    /// The target that endpoint, key and model become configuration for; none: the same resource.
    pub target: Option<Target>,
    /// Names of the settings that portable code reads, where they are not those of the pack.
    pub names: PortableNames,
    /// Models at the target by deployment name; an empty one is not known yet.
    pub models: BTreeMap<String, String>,
    /// Keep sending the vendor's key header, for gateways that look at nothing else.
    pub keep_key_header: bool,
}

/// Names of environment variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortableNames {
    /// Of the base URL.
    pub base_url: Option<String>,
    /// Of the key.
    pub key: Option<String>,
    /// Of the model.
    pub model: Option<String>,
}

/// Whether an installed version fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// It certainly does.
    Yes,
    /// It may not. Holds what the manifest says, such as `openai 1.50.0 in requirements.txt`.
    No(String),
    /// Nothing says for certain. Holds what the manifest says, if there is one.
    Unknown(Option<String>),
}

/// What is known about the tree around a file.
pub struct Around<'a> {
    /// What the fix is asked to do.
    pub options: &'a FixOptions,
    /// Endpoint, key and model become settings, as for a target.
    pub to_settings: bool,
    /// Whether the version of a package that the file's project uses fits a requirement (`>=1.2`, `<3`, `1.2`).
    pub fits: &'a dyn Fn(&str, &str) -> Fit,
    /// Names of this file that other files import.
    pub imported: &'a BTreeSet<String>,
    /// The settings that hold the models, by deployment.
    pub model_settings: &'a BTreeMap<String, String>,
}
