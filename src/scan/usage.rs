//! Which code uses a package: the files of a folder that name one of its modules, as they are after a fix. A name in a
//! comment does not count; one in a text does, for it may be what is imported or patched. A file that cannot be parsed
//! counts when it holds the name at all.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{settings::Outcomes, shown};
use crate::{
    facts::{Facts, ImportedSymbol},
    input::{
        exclude::GlobError,
        notebook::is_notebook,
        text::{Decoded, LineIndex, decode},
        walk::{WalkOptions, walk},
    },
    lang::{Grammar, Language, Lowering},
};

/// Code before and after a fix.
pub(super) struct Usage {
    /// Before and after, by where a file really is.
    changed: BTreeMap<PathBuf, (Vec<u8>, Vec<u8>)>,
}

impl Usage {
    pub(super) fn of(outcomes: &Outcomes) -> Self {
        let files = outcomes.iter().filter_map(|(_, outcome)| outcome.file.as_ref());
        let real = |path: &str| Path::new(path).canonicalize().unwrap_or_else(|_| PathBuf::from(path));
        Self { changed: files.map(|file| (real(&file.path), (file.before.clone(), file.after.clone()))).collect() }
    }

    /// True when code that the fix changes below a folder used one of the modules.
    pub(super) fn was_used(
        &self,
        folder: &Path,
        language: Language,
        modules: &[&str],
        lowering: &mut Lowering,
    ) -> bool {
        let below = self.changed.iter().filter(|(path, _)| path.starts_with(folder));
        below
            .into_iter()
            .any(|(path, (before, _))| named(&path.to_string_lossy(), before, language, modules, lowering).is_some())
    }

    /// Where code below a folder uses one of the modules after the fix: the first such place.
    pub(super) fn place(
        &self,
        folder: &Path,
        language: Language,
        modules: &[&str],
        lowering: &mut Lowering,
    ) -> Result<Option<String>, GlobError> {
        // All of the folder, whatever part of it is fixed.
        let options = WalkOptions::new(|name| Grammar::of(name).is_some());
        let walked = walk(&[folder.to_owned()], &options, <(Vec<u8>, Vec<_>)>::default, |(buffer, found), file| {
            if file.read(buffer).is_ok() && modules.iter().any(|module| holds(buffer, last(module))) {
                found.push((file.path, std::mem::take(buffer)));
            }
        })?;
        let mut files: Vec<(PathBuf, Vec<u8>)> = walked.states.into_iter().flat_map(|(_, found)| found).collect();
        files.sort();
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
        Ok(files.into_iter().find_map(|(path, bytes)| {
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            let bytes = self.changed.get(&real).map_or(bytes, |(_, after)| after.clone());
            let line = named(&path.to_string_lossy(), &bytes, language, modules, lowering)?;
            Some(format!("{}:{line}", shown(real.strip_prefix(&here).unwrap_or(&path))))
        }))
    }
}

/// The last part of a module's name.
fn last(module: &str) -> &str {
    module.rsplit('.').next().unwrap_or(module)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

/// The line on which a file names one of the modules.
fn named(path: &str, bytes: &[u8], language: Language, modules: &[&str], lowering: &mut Lowering) -> Option<u32> {
    let grammar = Grammar::of(path).filter(|grammar| grammar.language() == language)?;
    if !modules.iter().any(|module| holds(bytes, last(module))) {
        return None;
    }
    let Decoded::Text(text) = decode(bytes.to_vec()) else { return None };
    let text = if is_notebook(path) { text.into_code(language == Language::Python).ok()? } else { text };
    let Some(facts) = lowering.facts(grammar, &text.text) else {
        let is_there = modules.iter().any(|module| text.text.contains(module));
        return is_there.then_some(1);
    };
    let imported = imported(&facts, modules);
    let at = imported.or_else(|| {
        let comments = lowering.comments(grammar, &text.text);
        let is_code = |at: u32| !comments.iter().any(|span| span.start <= at && at < span.end);
        modules.iter().find_map(|module| words(&text.text, module, language).find(|&at| is_code(at)))
    })?;
    let start = text.place(at as usize..at as usize + 1).start;
    Some(LineIndex::new(text.file()).position(start).line)
}

/// Where an import names one of the modules, or takes it from the one above.
fn imported(facts: &Facts<'_>, modules: &[&str]) -> Option<u32> {
    let is_of = |name: &str| {
        modules
            .iter()
            .any(|module| name.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/'])))
    };
    facts.imports.iter().find_map(|import| {
        let taken = |symbol: &ImportedSymbol<'_>| match symbol {
            ImportedSymbol::Named(name) => is_of(&format!("{}.{name}", import.module)),
            _ => false,
        };
        let is_named = is_of(&import.module) || import.items.iter().any(|item| taken(&item.symbol));
        is_named.then_some(import.span.start)
    })
}

/// Where a module's name stands as a whole: dotted in Python, in quotes in JavaScript.
fn words<'t>(text: &'t str, module: &'t str, language: Language) -> impl Iterator<Item = u32> + 't {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(module).map(|(at, _)| at).filter_map(move |at| {
        let before = text[..at].chars().next_back();
        let after = text[at + module.len()..].chars().next();
        let is_whole = if language == Language::JavaScript {
            before.is_some_and(|c| "'\"`".contains(c)) && after.is_some_and(|c| "'\"`/".contains(c))
        } else {
            !before.is_some_and(|c| is_part(c) || c == '.') && !after.is_some_and(is_part)
        };
        is_whole.then_some(at as u32)
    })
}
