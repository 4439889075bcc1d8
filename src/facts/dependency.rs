//! Packages that a manifest names.

use super::Span;
use crate::input::versions::{Notation, normalised};

/// A package that a manifest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency<'s> {
    /// The registry's type and the package's name as in a package URL, without `pkg:` and version:
    /// `pypi/azure-ai-inference`, `npm/@azure/openai`, `maven/com.azure/azure-ai-openai`. In the form of [`package_key`].
    pub package: String,
    /// The name as written.
    pub name: &'s str,
    /// Where it is written.
    pub span: Span,
    /// Where its versions are stated. None where a change of the package or its versions is more than a change of this
    /// place: an address, hashes, an alias, an override.
    pub stated: Option<Stated>,
}

impl Dependency<'_> {
    /// The same in one of several lists.
    #[must_use]
    pub fn in_list(mut self, list: u32) -> Self {
        self.stated = self.stated.map(|stated| Stated { list, ..stated });
        self
    }

    /// The same with an entry that is more than the requirement.
    #[must_use]
    pub fn with_entry(mut self, entry: Span) -> Self {
        self.stated = self.stated.map(|stated| Stated { entry, ..stated });
        self
    }
}

/// The place where a manifest says which versions of a package it permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    /// The statement; empty where it would stand if there were one.
    pub versions: Span,
    /// How it is written.
    pub notation: Notation,
    /// All that the manifest says about the package, with quotes, as one entry of a list or a table.
    pub entry: Span,
    /// Tells the list or table that the entry belongs to from others of the same manifest.
    pub list: u32,
}

/// A package in the form in which packages are compared: registries that do not tell case or separators apart are met in
/// lower case, Python's with hyphens (PEP 503).
pub fn package_key(package: &str) -> String {
    match package.split_once('/') {
        Some(("pypi", name)) => format!("pypi/{}", normalised(name)),
        Some(("nuget", _)) => package.to_lowercase(),
        _ => package.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::package_key;

    #[test]
    fn names_are_compared_as_their_registry_does() {
        assert_eq!(package_key("pypi/Azure_AI.Inference"), "pypi/azure-ai-inference");
        assert_eq!(package_key("pypi/a*-b"), "pypi/a*-b");
        assert_eq!(package_key("nuget/Azure.AI.OpenAI"), "nuget/azure.ai.openai");
        assert_eq!(package_key("npm/@Azure/openai"), "npm/@Azure/openai");
    }
}
