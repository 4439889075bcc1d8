//! Imports of JavaScript and TypeScript: which file a specifier means.
//!
//! The rules of Node, of bundlers and of the TypeScript compiler are those of `oxc_resolver`; it sees the scanned files
//! and their manifests only ([`super::workspaces`]). What is done here is to choose the compiler's settings for a file,
//! and to look for the packages of a workspace, which nothing installed leads to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use oxc_resolver::{ResolveContext, ResolveOptions, ResolverGeneric, TsConfig, TsconfigDiscovery};

use super::FileId;
use super::aliases::Aliases;
use super::manifests::{CONFIG, split};
use super::tree::Tree;
use super::workspaces::{ENDINGS, SOURCES, View, Workspaces, without_ending};

/// The conditions under which `exports` are looked at: those of programs, sources before what is built from them.
const CONDITIONS: [&str; 7] = ["source", "development", "module-sync", "module", "import", "require", "node"];

/// Those under which they are looked at when that leads nowhere.
const OTHER_CONDITIONS: [&str; 9] =
    ["types", "browser", "production", "bun", "deno", "worker", "workerd", "edge-light", "react-server"];

/// The fields that name a package's entry point.
pub(super) const MAIN_FIELDS: [&str; 5] = ["source", "module", "main", "types", "typings"];

/// What is written for a directory that is imported without its name.
pub(super) const DOTS: [&str; 10] =
    ["\".\"", "'.'", "\"./\"", "'./'", "\"..\"", "'..'", "/..\"", "/..'", "../\"", "../'"];

#[derive(Debug)]
pub(super) struct JavaScript {
    workspaces: Arc<Workspaces>,
    resolver: ResolverGeneric<View>,
    /// The same with [`OTHER_CONDITIONS`].
    lenient: ResolverGeneric<View>,
    aliases: OnceLock<Aliases>,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("View")
    }
}

impl JavaScript {
    pub(super) fn new(tree: &Arc<Tree>) -> Self {
        let workspaces = Arc::new(Workspaces::new(tree));
        let resolver = ResolverGeneric::new_with_file_system(View(Arc::clone(&workspaces)), options(&CONDITIONS));
        let lenient = resolver.clone_with_options(options(&[CONDITIONS.as_slice(), &OTHER_CONDITIONS].concat()));
        Self { workspaces, resolver, lenient, aliases: OnceLock::new() }
    }

    pub(super) fn resolve(&self, from: FileId, specifier: &str) -> Option<FileId> {
        let path = self.workspaces.tree.absolute(from);
        let directory = path.parent()?;
        if specifier.is_empty() || specifier.contains(':') {
            return None;
        }
        let config = self.config_for(path, directory);
        let found = self.through(&self.resolver, directory, specifier, config.as_deref());
        if found.is_some() || specifier.starts_with(['.', '/']) {
            return found;
        }
        let found = self.through(&self.lenient, directory, specifier, config.as_deref());
        found.or_else(|| self.in_workspace(directory, specifier))
    }

    fn through(
        &self,
        resolver: &ResolverGeneric<View>,
        directory: &Path,
        specifier: &str,
        config: Option<&TsConfig>,
    ) -> Option<FileId> {
        let mut context = ResolveContext::default();
        let found = resolver.resolve_with_context(directory, specifier, config, &mut context).ok()?;
        self.workspaces.file(found.path())
    }

    /// The compiler's settings for a file: of the nearest project that it belongs to, else of the nearest one, since
    /// bundlers and test runners know no better.
    fn config_for(&self, path: &Path, directory: &Path) -> Option<Arc<TsConfig>> {
        let nearest = || {
            let upwards = directory.ancestors().map(|directory| directory.join(CONFIG));
            upwards.into_iter().find(|path| self.workspaces.manifests.has_config(path))
        };
        match self.resolver.find_tsconfig(path) {
            Ok(Some(config)) => Some(config),
            Ok(None) => self.resolver.resolve_tsconfig(nearest()?).ok(),
            Err(error) => {
                let cure = "correct it: until then, imports through the aliases that it defines lead nowhere";
                self.workspaces.manifests.problem(&nearest()?, format!("cannot be used: {error}; {cure}"));
                None
            }
        }
    }

    /// The file that the import of something in a package of the tree means.
    fn in_workspace(&self, from: &Path, specifier: &str) -> Option<FileId> {
        let (name, inside) = split(specifier);
        let package = self.workspaces.package(from, name)?;
        let by_exports = || self.below(package, specifier);
        let by_path = || self.below(package, &format!("./{inside}"));
        let in_sources = || SOURCES.iter().find_map(|source| self.below(package, &format!("./{source}/{inside}")));
        by_exports().or_else(by_path).or_else(in_sources)
    }

    /// The file that a specifier means in a directory, whatever the compiler's settings say.
    pub(super) fn below(&self, directory: &Path, specifier: &str) -> Option<FileId> {
        [&self.resolver, &self.lenient]
            .into_iter()
            .find_map(|resolver| self.through(resolver, directory, specifier, None))
    }

    fn aliases(&self) -> &Aliases {
        self.aliases.get_or_init(|| Aliases::new(self, &self.workspaces))
    }

    /// True when the import of a package leads to the file.
    pub(super) fn is_entry(&self, file: FileId) -> bool {
        self.aliases().is_entry(file)
    }

    /// Adds pieces of text of which one stands wherever a file is imported.
    pub(super) fn names(&self, file: FileId, names: &mut BTreeSet<String>) {
        let path = self.workspaces.tree.absolute(file);
        let Some(stem) = without_ending(path).and_then(|path| path.file_name()?.to_str()) else { return };
        let aliases = self.aliases();
        if stem == "index" || aliases.is_entry(file) {
            names.extend(DOTS.map(str::to_owned));
        }
        let directory = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        names.insert(if stem == "index" { directory.unwrap_or(stem) } else { stem }.to_owned());
        aliases.add(file, path, names);
    }

    /// The compiler's settings in a directory, and those that they refer to.
    pub(super) fn configs_in(&self, directory: &Path) -> Vec<Arc<TsConfig>> {
        let path = directory.join(CONFIG);
        if !self.workspaces.manifests.has_config(&path) {
            return Vec::new();
        }
        let config = self.resolver.resolve_tsconfig(path).ok();
        let others = config.iter().flat_map(|config| config.references_resolved.clone()).collect::<Vec<_>>();
        config.into_iter().chain(others).collect()
    }

    pub(super) fn problems(&self) -> Vec<(PathBuf, String)> {
        self.workspaces.manifests.problems()
    }
}

fn options(conditions: &[&str]) -> ResolveOptions {
    let endings = |endings: &[&str]| endings.iter().map(|&ending| ending.to_owned()).collect::<Vec<_>>();
    ResolveOptions {
        tsconfig: Some(TsconfigDiscovery::Auto),
        condition_names: endings(conditions),
        extensions: endings(&ENDINGS),
        // In TypeScript, an import names the file that will be there once it is compiled.
        extension_alias: vec![
            (".js".to_owned(), endings(&[".ts", ".tsx", ".js", ".jsx", ".d.ts"])),
            (".jsx".to_owned(), endings(&[".tsx", ".jsx", ".d.ts"])),
            (".mjs".to_owned(), endings(&[".mts", ".mjs", ".d.mts"])),
            (".cjs".to_owned(), endings(&[".cts", ".cjs", ".d.cts"])),
        ],
        main_fields: endings(&MAIN_FIELDS),
        // Nothing installed is looked at.
        modules: Vec::new(),
        node_path: false,
        // The view follows links itself.
        symlinks: false,
        ..ResolveOptions::default()
    }
}

#[cfg(test)]
mod tests;
