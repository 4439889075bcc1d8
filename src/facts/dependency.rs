//! Packages that a manifest names.

use super::Span;
use crate::input::versions::normalised;

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
