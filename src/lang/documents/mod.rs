//! Documents: files beside the source code that name settings, packages and resources. Each format becomes the same facts
//! as code does — an entry is an entry of an object, a variable in a text is a hole in it, a resource is a call of its
//! type — so that everything after lowering knows no format.
//!
//! Which format a file has, its name says ([`Document::of`]). The rooms: `shape` makes facts of entries and texts, one file
//! per format reads it, `lines` reads what has no structure to rely on, and `manifests` finds the packages that a
//! manifest names.

mod bicep;
mod hcl;
mod json;
mod lines;
mod manifests;
mod references;
mod shape;
mod toml;
mod yaml;

use std::borrow::Cow;

use tree_sitter::{Language as TreeLanguage, Tree};

use self::lines::Style;
pub use self::manifests::Manifest;
use super::{Environment, builder::Builder, writing::Comments};
use crate::facts::{Facts, Span};

/// What a file that is no source code is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Document {
    /// How it is written.
    pub format: Format,
    /// What it says about packages, where it is a manifest.
    pub manifest: Option<Manifest>,
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Lines of `NAME=value`: environment files.
    Settings,
    /// Lines of `name = value` or `name: value` in sections.
    Ini,
    /// Commands of a shell, a container file or a build tool, line by line.
    Script,
    /// YAML; with templates in it, line by line.
    Yaml,
    /// JSON, also with comments.
    Json,
    /// TOML.
    Toml,
    /// Terraform's language.
    Hcl,
    /// Bicep.
    Bicep,
    /// A list of packages in a form of its own, or markup.
    Manifest,
}

/// Documents read no environment: what they name is theirs to set or to pass on.
pub(super) static ENVIRONMENT: Environment = Environment { containers: &[], readers: &[], modules: &[], settings: &[] };

/// What is written behind the name of a file that is there to be copied.
const SAMPLES: &[&str] =
    &["example", "sample", "template", "dist", "tpl", "tmpl", "default", "defaults", "orig", "j2", "jinja", "jinja2"];

/// Names of lock files and other output that only looks like a document that people write.
const WRITTEN_BY_TOOLS: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "packages.lock.json",
    "pnpm-lock.yaml",
    "composer.lock",
    "project.assets.json",
    ".terraform.lock.hcl",
    "conda-lock.yml",
    "deno.lock",
    "bun.lock",
];

impl Document {
    /// What a file is, by its name and that of its folder; `None` for what is no document that can be read.
    pub fn of(path: &str) -> Option<Self> {
        let mut parts = path.rsplit(['/', std::path::MAIN_SEPARATOR]);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let folder = parts.next().unwrap_or_default();
        let name = without_sample_ending(&name);
        if WRITTEN_BY_TOOLS.contains(&name) {
            return None;
        }
        let manifest = Manifest::of(folder, name);
        let format = manifest.map(Manifest::format).or_else(|| Format::of(name))?;
        Some(Self { format, manifest })
    }

    /// The ways to write a comment. What reads environment files and commands does not agree on comments behind a value.
    pub(super) fn comments(self, text: &str) -> Comments {
        let is_markup = self.manifest.is_some_and(Manifest::is_markup);
        let is_slashed = matches!(self.manifest, Some(Manifest::Go | Manifest::Gradle)) || self.format == Format::Bicep;
        let beside = !matches!(self.format, Format::Settings | Format::Script | Format::Ini);
        let forms = match self.format {
            Format::Json => Vec::new(),
            _ if is_markup => vec![format!("<!-- {text} -->")],
            _ if is_slashed => vec![format!("// {text}")],
            _ => vec![format!("# {text}")],
        };
        Comments { lead: 2, beside, forms }
    }

    /// The text as the grammar can read it, with every offset as it was.
    pub(super) fn parseable(self, text: &str) -> Cow<'_, str> {
        if self.format == Format::Bicep { bicep::parseable(text) } else { Cow::Borrowed(text) }
    }

    /// The grammar that it is parsed with, where there is one.
    pub(super) fn grammar(self) -> Option<TreeLanguage> {
        Some(match self.format {
            Format::Yaml => tree_sitter_yaml::LANGUAGE.into(),
            Format::Json => tree_sitter_json::LANGUAGE.into(),
            Format::Hcl => tree_sitter_hcl::LANGUAGE.into(),
            Format::Bicep => tree_sitter_bicep::LANGUAGE.into(),
            _ => return None,
        })
    }
}

impl Format {
    fn of(name: &str) -> Option<Self> {
        if is_environment_file(name) {
            return Some(Self::Settings);
        }
        if is_script(name) {
            return Some(Self::Script);
        }
        let (_, extension) = name.rsplit_once('.')?;
        Some(match extension {
            "yaml" | "yml" | "prompty" => Self::Yaml,
            "json" | "jsonc" | "code-workspace" => Self::Json,
            "toml" => Self::Toml,
            "ini" | "cfg" | "properties" | "conf" => Self::Ini,
            "tf" | "tfvars" | "hcl" => Self::Hcl,
            "bicep" | "bicepparam" => Self::Bicep,
            _ => return None,
        })
    }
}

/// A sample of a file has the file's format: `config.yaml.example`.
fn without_sample_ending(name: &str) -> &str {
    SAMPLES.iter().find_map(|ending| name.strip_suffix(ending)?.strip_suffix('.')).unwrap_or(name)
}

/// `.env`, `.env.example`, `prod.env`, `env.sample`, `.envrc`, …
fn is_environment_file(name: &str) -> bool {
    name == "env"
        || name == ".envrc"
        || name.starts_with("dotenv") && !name.contains('.')
        || name.starts_with(".env")
        || name.rsplit_once('.').is_some_and(|(_, extension)| extension == "env")
        || name.contains(".env.")
        || name.strip_prefix("env.").or_else(|| name.strip_prefix("env-")).is_some_and(|rest| SAMPLES.contains(&rest))
}

fn is_script(name: &str) -> bool {
    let named = ["makefile", "gnumakefile", "procfile", "justfile", "jenkinsfile", "containerfile", "vagrantfile"];
    let extensions = [".sh", ".bash", ".zsh", ".fish", ".ps1", ".psm1", ".bat", ".cmd", ".mk", ".dockerfile"];
    let is_container = name == "dockerfile" || name.starts_with("dockerfile.");
    named.contains(&name) || is_container || extensions.iter().any(|extension| name.ends_with(extension))
}

/// The facts of a document. `tree` is there for formats with a grammar.
pub(super) fn lower<'s>(document: Document, tree: Option<&Tree>, source: &'s str, max_depth: usize) -> Facts<'s> {
    let mut b = Builder::new(source, max_depth);
    match (document.format, tree) {
        (Format::Yaml, Some(tree)) => yaml::lower(&mut b, tree),
        (Format::Json, Some(tree)) => json::lower(&mut b, tree),
        (Format::Hcl, Some(tree)) => hcl::lower(&mut b, tree),
        (Format::Bicep, Some(tree)) => bicep::lower(&mut b, tree),
        (Format::Toml, _) => toml::lower(&mut b),
        (Format::Settings, _) => lines::lower(&mut b, Style::Settings),
        (Format::Ini, _) => lines::lower(&mut b, Style::Ini),
        (Format::Manifest, _) => {}
        (Format::Script | Format::Yaml | Format::Json | Format::Hcl | Format::Bicep, _) => {
            lines::lower(&mut b, Style::Script);
        }
    }
    if let Some(manifest) = document.manifest {
        manifest.read(&mut b);
    }
    b.facts
}

/// Where the comments of a document without a grammar stand.
pub(super) fn comments(document: Document, text: &str) -> Vec<Span> {
    match document.format {
        Format::Manifest if document.manifest.is_some_and(Manifest::is_markup) => lines::markup_comments(text),
        _ => lines::comments(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(name: &str) -> Option<Format> {
        Document::of(name).map(|document| document.format)
    }

    #[test]
    fn names_tell_formats() {
        for name in [
            ".env",
            ".env.example",
            ".env.local.sample",
            "prod.env",
            "env.sample",
            ".envrc",
            "app.env.tpl",
            "dotenv.j2",
        ] {
            assert_eq!(format(name), Some(Format::Settings), "{name}");
        }
        for name in ["Dockerfile", "dockerfile.dev", "api.Dockerfile", "Makefile", "run.sh", "setup.ps1"] {
            assert_eq!(format(name), Some(Format::Script), "{name}");
        }
        assert_eq!(format("compose.yaml"), Some(Format::Yaml));
        assert_eq!(format("appsettings.Development.json"), Some(Format::Json));
        assert_eq!(format("main.bicep"), Some(Format::Bicep));
        assert_eq!(format("tox.ini"), Some(Format::Ini));
        assert_eq!(format("main.tf"), Some(Format::Hcl));
    }

    #[test]
    fn other_files_are_no_documents() {
        for name in
            ["package-lock.json", "pnpm-lock.yaml", "README", "notes.txt", "image.png", "environment.ts", "LICENSE"]
        {
            assert_eq!(format(name), None, "{name}");
        }
    }
}
