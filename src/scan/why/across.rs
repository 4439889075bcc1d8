//! What lies in other files: where a name that is imported is defined, step by step, where clients are made, and how a
//! file is linked to others. Other files are read again for it, since a scan keeps no trees.

use std::cell::Cell;

use super::{
    super::{
        analyse::{Hit, read},
        link::Linking,
        shown,
    },
    Linked, Meaning, MeaningKind,
    look::Looking,
};
use crate::{
    facts::{BindingKind, ExportValue, Expr, Facts, Import, ImportedSymbol, ScopeId, Span},
    finding::{EvidenceKind, Location},
    input::{modules::FileId, text::LineIndex},
    lang::Lowering,
    resolve::{
        link::{Exports, Outside, Reached},
        paths::Site,
    },
    rules::matching::{FileText, Shower},
    unit::{
        Step,
        uses::{FileUses, Made, Where},
    },
};

/// How many files a name is followed through.
const MAX_FILES: usize = 8;

/// The client that is made or declared at a site.
pub(super) fn made<'l>(linking: &'l Linking<'_>, site: Site) -> Option<&'l Made> {
    linking.analysed.get(&site.file)?.uses.made.iter().find(|made| made.site == site)
}

/// Where a site is.
pub(super) fn place(linking: &Linking<'_>, site: Site) -> Option<Location> {
    if let Some(made) = made(linking, site) {
        return Some(made.location.clone());
    }
    with_facts(linking, site.file, |_, shower| shower.location(Span { start: site.at, end: site.at }))
}

/// Reads another file.
fn with_facts<R>(linking: &Linking<'_>, file: FileId, run: impl FnOnce(&Facts<'_>, &Shower<'_>) -> R) -> Option<R> {
    let hit: &Hit = linking.hits.get(&file)?;
    let (_, text) = read(hit, linking.options).ok()?;
    let mut lowering = Lowering::within(linking.options.limits);
    let facts = lowering.facts(hit.grammar, &text.text)?;
    let lines = LineIndex::new(&text.text);
    let path = shown(&hit.path);
    let offset = text.offset_base().unwrap_or_default() as u32;
    let origin = text.origin.as_deref();
    let text = FileText { path: &path, text: &text.text, offset, language: hit.grammar.language(), origin };
    Some(run(&facts, &Shower::new(&text, &lines, &facts)))
}

/// What something of the project is, and where.
pub(super) fn meaning(linking: &Linking<'_>, reached: &Reached) -> Option<Meaning> {
    let (file, kind) = match reached {
        Reached::Function(file, _) => (*file, MeaningKind::Function),
        Reached::Class(file, _) => (*file, MeaningKind::Class),
        Reached::Instance(file, _) => (*file, MeaningKind::Object),
        Reached::Object(file, _) => (*file, MeaningKind::Literal),
        Reached::Module(file) => {
            let text = Some(shown(linking.modules.path(*file)));
            return Some(Meaning { kind: MeaningKind::File, text, location: None });
        }
        _ => return None,
    };
    let found = with_facts(linking, file, |facts, shower| {
        let (name, span) = part(facts, reached)?;
        let location = shower.location(Span { start: span.start, end: span.start });
        Some(Meaning { kind, text: name.map(str::to_owned), location: Some(location) })
    });
    found.flatten()
}

/// The name and the place of a part of a file.
fn part<'s>(facts: &Facts<'s>, reached: &Reached) -> Option<(Option<&'s str>, Span)> {
    match reached {
        Reached::Function(_, number) => facts.functions.get(*number as usize).map(|one| (one.name, one.span)),
        Reached::Class(_, number) | Reached::Instance(_, number) => {
            facts.classes.get(*number as usize).map(|one| (one.name, one.span))
        }
        Reached::Object(_, number) => facts.exprs.get(*number as usize).map(|one| (None, one.span)),
        _ => None,
    }
}

/// The file that an import of a file names, and the name that it takes from there; no name for the file itself.
pub(super) fn taken<'s>(outside: Outside<'_>, module: &str, symbol: &ImportedSymbol<'s>) -> Option<(FileId, &'s str)> {
    let name = match symbol {
        ImportedSymbol::Named(name) => *name,
        ImportedSymbol::Default => "default",
        ImportedSymbol::Module | ImportedSymbol::Root(_) | ImportedSymbol::All => "",
    };
    let separator = if module.ends_with('.') { "" } else { "." };
    let below = (!name.is_empty()).then(|| outside.module(&format!("{module}{separator}{name}"))).flatten();
    match (below, outside.module(module)) {
        (Some(file), _) => Some((file, "")),
        (None, Some(file)) => Some((file, name)),
        (None, None) => None,
    }
}

/// The steps from where a name of a file is defined to that file, the origin first.
pub(super) fn definition(linking: &Linking<'_>, file: FileId, name: &str, depth: usize) -> Vec<Step> {
    if depth > MAX_FILES || name.is_empty() {
        return Vec::new();
    }
    let outside = Outside { program: &linking.program, modules: linking.modules, file };
    let found = with_facts(linking, file, |facts, shower| {
        let step = |kind, span| Step { kind, location: shower.location(span), text: shower.local(span) };
        let follow = |import: &Import<'_>, symbol: &ImportedSymbol<'_>| {
            let next = taken(outside, &import.module, symbol);
            next.map(|(next, name)| definition(linking, next, name, depth + 1)).unwrap_or_default()
        };
        let of_import = |import: u32, item: u32| {
            let import = &facts.imports[import as usize];
            let item = &import.items[item as usize];
            let mut steps = follow(import, &item.symbol);
            steps.push(step(EvidenceKind::Import, item.span));
            steps
        };
        let mut local = name;
        match facts.exports.iter().find(|export| export.name == name).map(|export| (&export.value, export.span)) {
            Some((ExportValue::Local(named), _)) => local = named,
            Some((ExportValue::Import { import, item }, _)) => return of_import(*import, *item),
            Some((ExportValue::Expr(_), span)) => return vec![step(EvidenceKind::Binding, span)],
            None => {}
        }
        let bound = facts.bindings.iter().rev().find(|one| one.scope == ScopeId(0) && one.name == local);
        if let Some(binding) = bound {
            return match binding.kind {
                BindingKind::Import { import, item } => of_import(import, item),
                _ => vec![step(EvidenceKind::Binding, binding.span)],
            };
        }
        let stars = facts.imports.iter().flat_map(|import| {
            let stars = import.items.iter().filter(|item| item.symbol == ImportedSymbol::All);
            stars.map(move |item| (import, item))
        });
        for (import, item) in stars {
            let Some((next, _)) = taken(outside, &import.module, &item.symbol) else { continue };
            let mut steps = definition(linking, next, name, depth + 1);
            if !steps.is_empty() {
                steps.push(step(EvidenceKind::Import, item.span));
                return steps;
            }
        }
        Vec::new()
    });
    found.unwrap_or_default()
}

/// How other files lead to a file: by names of theirs that lead to clients, or by what they ask of it.
pub(super) fn links(looking: &Looking<'_>, facts: &Facts<'_>) -> Vec<Linked> {
    let (Some((linking, file)), Some(outside)) = (looking.linking, looking.outside()) else { return Vec::new() };
    let mut links: Vec<Linked> = Vec::new();
    let mut add = |module: &str, symbol: &ImportedSymbol<'_>| {
        let Some((other, name)) = taken(outside, module, symbol).filter(|(other, _)| *other != file) else { return };
        let tainted = linking.tainted.get(&other).into_iter().flat_map(std::collections::BTreeMap::keys);
        for name in tainted.filter(|tainted| name.is_empty() || **tainted == name) {
            let link = Linked {
                from: shown(linking.modules.path(other)),
                name: Some(name.clone()),
                client: client_of(linking, other, name),
            };
            if !links.contains(&link) {
                links.push(link);
            }
        }
    };
    for import in &facts.imports {
        import.items.iter().for_each(|item| add(&import.module, &item.symbol));
    }
    for node in &facts.exprs {
        if let Expr::Module(module) = &node.expr {
            add(module, &ImportedSymbol::Module);
        }
    }
    for (other, analysed) in linking.analysed.iter().filter(|(other, _)| **other != file) {
        if asks(&analysed.uses, file) {
            links.push(Linked { from: shown(linking.modules.path(*other)), name: None, client: None });
        }
    }
    links
}

/// True when a file passes clients to functions of `file`, or takes settings or texts for clients from it.
fn asks(uses: &FileUses, file: FileId) -> bool {
    let is_there = |(_, place): &(String, Where)| matches!(place, Where::There(site) if site.file == file);
    let takes = |made: &Made| made.settings.iter().any(is_there) || made.texts.iter().any(|site| site.file == file);
    uses.passes.iter().any(|passed| passed.file == file)
        || uses.made.iter().any(takes)
        || uses.module_settings.iter().any(is_there)
}

/// Where the first client is made that a name of a file leads to.
fn client_of(linking: &Linking<'_>, file: FileId, name: &str) -> Option<Location> {
    let first = Cell::new(None);
    let is_client = |reached: &Reached| match reached {
        Reached::Symbol { origin: Some(site), .. } if linking.moored.contains(site) => {
            first.set(Some(*site));
            true
        }
        _ => false,
    };
    Exports::new(&linking.program, linking.modules, &is_client).leads(file, name);
    place(linking, first.get()?)
}
