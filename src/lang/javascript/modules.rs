//! Import and export statements, the CommonJS forms of the latter, and the ways a package is named.

use std::borrow::Cow;
use std::ops::Range;

use tree_sitter::Node;

use super::text::{between_quotes, unescape};
use super::{Child, Field, Kind, Reader};
use crate::facts::{
    BindingKind, Export, ExportValue, Expr, ExprId, Import, ImportItem, ImportedSymbol, Key, ScopeId, Span,
};
use crate::lang::builder::{Builder, span};

/// Hosts that serve packages of the npm registry, with what precedes the package's name in their addresses.
const REGISTRY_HOSTS: [(&str, &str); 8] = [
    ("esm.sh", ""),
    ("cdn.esm.sh", ""),
    ("esm.run", ""),
    ("cdn.skypack.dev", ""),
    ("cdn.jsdelivr.net", "npm/"),
    ("unpkg.com", ""),
    ("ga.jspm.io", "npm:"),
    ("deno.land", "x/"),
];

/// The package a specifier names, with its path in the package but without registry and version:
/// `npm:openai@4.2/azure` is `openai/azure`. A specifier in no such form stays as it is.
pub(super) fn package_name(specifier: &str) -> Cow<'_, str> {
    let name = registry_path(specifier).map_or(Cow::Borrowed(specifier), without_version);
    match without_extension(&name) {
        Some(length) => match name {
            Cow::Borrowed(name) => Cow::Borrowed(&name[..length]),
            Cow::Owned(mut name) => {
                name.truncate(length);
                Cow::Owned(name)
            }
        },
        None => name,
    }
}

/// The length of the name of a file in a package without the file's extension: `pkg/file.mjs` is `pkg/file`.
fn without_extension(name: &str) -> Option<usize> {
    if name.starts_with(['.', '/', '#', '~']) || name.contains(':') {
        return None;
    }
    let inside = match name.split_once('/')? {
        (scope, rest) if scope.starts_with('@') => rest.split_once('/')?.1,
        (_, inside) => inside,
    };
    let (file, extension) = inside.rsplit_once('.')?;
    (!file.is_empty() && matches!(extension, "js" | "mjs" | "cjs" | "ts")).then(|| name.len() - extension.len() - 1)
}

/// What a specifier says after naming the registry.
fn registry_path(specifier: &str) -> Option<&str> {
    if let Some(path) = specifier.strip_prefix("npm:").or_else(|| specifier.strip_prefix("jsr:")) {
        return Some(path.trim_start_matches('/'));
    }
    let address = specifier.strip_prefix("https://").or_else(|| specifier.strip_prefix("http://"))?;
    let (host, path) = address.split_once('/')?;
    let (_, prefix) = REGISTRY_HOSTS.iter().find(|(name, _)| *name == host)?;
    let path = path.strip_prefix(prefix)?;
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let path = match path.split_once('/') {
        // Builds of the server: `v135/openai@4`, `stable/openai@4`.
        Some((build, rest)) if host.ends_with("esm.sh") && is_build(build) => rest,
        _ => path,
    };
    let path = path.trim_start_matches('*');
    let path = path.strip_suffix("/+esm").or_else(|| path.strip_suffix("/mod.ts")).unwrap_or(path);
    (!path.is_empty()).then_some(path)
}

fn is_build(segment: &str) -> bool {
    segment == "stable"
        || segment.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|c| c.is_ascii_digit()))
}

fn without_version(path: &str) -> Cow<'_, str> {
    let scope = if path.starts_with('@') { path.find('/').map_or(path.len(), |slash| slash + 1) } else { 0 };
    let end = path[scope..].find('/').map_or(path.len(), |slash| scope + slash);
    match path[scope..end].find('@') {
        Some(at) if end == path.len() => Cow::Borrowed(&path[..scope + at]),
        Some(at) => Cow::Owned(format!("{}{}", &path[..scope + at], &path[end..])),
        None => Cow::Borrowed(path),
    }
}

/// The module a string literal names, and where it stands.
fn specifier<'s>(b: &Builder<'s>, node: Node<'_>) -> (Cow<'s, str>, Span) {
    let (raw, place) = between_quotes(b.text(node), node.start_byte());
    let module = match unescape(raw) {
        Cow::Borrowed(written) => package_name(written),
        Cow::Owned(written) => Cow::Owned(package_name(&written).into_owned()),
    };
    (module, place)
}

/// A name in an import or export clause, which can be written as a string.
fn clause_name<'s>(b: &Builder<'s>, child: Child<'_>) -> (&'s str, Span) {
    match child.kind {
        Kind::Text => between_quotes(b.text(child.node), child.node.start_byte()),
        _ => (b.text(child.node), span(child.node)),
    }
}

fn named(name: &str) -> ImportedSymbol<'_> {
    if name == "default" { ImportedSymbol::Default } else { ImportedSymbol::Named(name) }
}

/// The local names an import statement gives, with their places, item by item.
type Locals = Vec<Span>;

impl<'t> Reader<'t> {
    /// `import … from "m"`, `import "m"`, `import x = require("m")`.
    pub(super) fn import(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open_fields(b, node);
        let type_only = self.has(&opened, Kind::TypeWord);
        let (mut items, mut locals) = (Vec::new(), Vec::new());
        let mut source = self.field(&opened, Field::Source);
        for at in opened.clone() {
            let child = self.children[at];
            match child.kind {
                Kind::ImportClause => self.import_clause(b, child.node, &mut items, &mut locals),
                Kind::ImportRequire => {
                    let parts = self.open_fields(b, child.node);
                    source = source.or(self.field(&parts, Field::Source));
                    if let Some(name) = self.child(&parts, Kind::Identifier) {
                        push_item(b, ImportedSymbol::Module, span(name.node), name, false, &mut items, &mut locals);
                    }
                    self.close(&parts);
                }
                _ => {}
            }
        }
        self.close(&opened);
        let Some(source) = source else { return };
        let (module, module_span) = specifier(b, source.node);
        let import = b.facts.imports.len() as u32;
        // Imports are hoisted.
        let from = b.facts.scopes[b.scope.index()].span.start;
        for (item, place) in locals.into_iter().enumerate() {
            let kind = BindingKind::Import { import, item: item as u32 };
            b.bind(place.text(b.source), place, b.scope, from, kind, None);
        }
        let (scope, span) = (b.scope, span(node));
        b.facts.imports.push(Import { module, module_span, items, type_only, reexport: false, scope, span });
    }

    fn import_clause<'s>(
        &mut self,
        b: &Builder<'s>,
        node: Node<'t>,
        items: &mut Vec<ImportItem<'s>>,
        locals: &mut Locals,
    ) {
        let opened = self.open(b, node);
        for at in opened.clone() {
            let child = self.children[at];
            let place = span(child.node);
            match child.kind {
                Kind::Identifier => push_item(b, ImportedSymbol::Default, place, child, false, items, locals),
                Kind::NamespaceImport => {
                    if let Some(name) = self.only(b, child.node) {
                        push_item(b, ImportedSymbol::Module, place, name, false, items, locals);
                    }
                }
                Kind::NamedImports => {
                    let specifiers = self.open(b, child.node);
                    for at in specifiers.clone() {
                        self.import_specifier(b, self.children[at], items, locals);
                    }
                    self.close(&specifiers);
                }
                _ => {}
            }
        }
        self.close(&opened);
    }

    fn import_specifier<'s>(
        &mut self,
        b: &Builder<'s>,
        child: Child<'t>,
        items: &mut Vec<ImportItem<'s>>,
        locals: &mut Locals,
    ) {
        let parts = self.open_fields(b, child.node);
        let type_only = self.has(&parts, Kind::TypeWord);
        if let Some(name) = self.field(&parts, Field::Name) {
            let (text, place) = clause_name(b, name);
            let local = self.field(&parts, Field::Alias).unwrap_or(name);
            push_item(b, named(text), place, local, type_only, items, locals);
        }
        self.close(&parts);
    }

    /// `import A = ns.B`.
    pub(super) fn import_alias(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open(b, node);
        let [name, .., value] = self.children[opened.clone()] else { return };
        self.close(&opened);
        let value = self.expression(b, value);
        let from = node.end_byte() as u32;
        b.bind(b.text(name.node), span(name.node), b.scope, from, BindingKind::Value(value), None);
    }

    /// All forms of `export`.
    pub(super) fn export(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open_fields(b, node);
        let default = self.has(&opened, Kind::Default);
        if let Some(source) = self.field(&opened, Field::Source) {
            self.reexport(b, node, source, &opened);
        } else if let Some(clause) = self.child(&opened, Kind::ExportClause) {
            for (name, place, outside) in self.export_specifiers(b, clause.node) {
                add_export(b, Cow::Borrowed(outside), ExportValue::Local(name), place);
            }
        } else if let Some(declaration) = self.field(&opened, Field::Declaration) {
            self.exported_declaration(b, declaration, default, &opened);
        } else if default || self.has(&opened, Kind::Equals) {
            self.decorators(b, &opened);
            let value = self.children[opened.clone()].iter().rfind(|child| child.kind.is_expression()).copied();
            if let Some(value) = value {
                self.exported_value(b, value, !default);
            }
        }
        self.close(&opened);
    }

    /// `export default value` and, with `whole`, `export = value`.
    fn exported_value(&mut self, b: &mut Builder<'_>, child: Child<'t>, whole: bool) {
        let expr = self.expression(b, child);
        let value = match *b.facts.expr(expr) {
            Expr::Name(name) => ExportValue::Local(name),
            _ => ExportValue::Expr(expr),
        };
        add_export(b, Cow::Borrowed("default"), value, span(child.node));
        if whole {
            export_entries(b, expr);
        }
    }

    /// The names a declaration binds in the module are given out.
    fn exported_declaration(
        &mut self,
        b: &mut Builder<'_>,
        declaration: Child<'t>,
        default: bool,
        opened: &Range<usize>,
    ) {
        let decorators = self.decorators(b, opened);
        let before = b.facts.bindings.len();
        if declaration.kind == Kind::ClassDeclaration {
            b.deeper(span(declaration.node), |b| self.class_declaration(b, declaration.node, decorators));
        } else {
            self.statement(b, declaration);
        }
        for at in before..b.facts.bindings.len() {
            let binding = &b.facts.bindings[at];
            let (name, place) = (binding.name, binding.span);
            let own = (binding.scope, binding.written_in) == (ScopeId(0), ScopeId(0));
            if own && self.assigned.binary_search(&at).is_err() {
                let outside = if default { "default" } else { name };
                add_export(b, Cow::Borrowed(outside), ExportValue::Local(name), place);
            }
        }
    }

    /// `export … from "m"`.
    fn reexport(&mut self, b: &mut Builder<'_>, node: Node<'t>, source: Child<'t>, opened: &Range<usize>) {
        let (module, module_span) = specifier(b, source.node);
        let type_only = self.has(opened, Kind::TypeWord);
        let mut items = Vec::new();
        let mut names = Vec::new();
        let mut add = |symbol, place, outside| {
            items.push(ImportItem { symbol, span: place, local: None, type_only: false });
            names.push((outside, place));
        };
        for at in opened.clone() {
            let child = self.children[at];
            match child.kind {
                Kind::ExportClause => {
                    for (name, place, outside) in self.export_specifiers(b, child.node) {
                        add(named(name), place, outside);
                    }
                }
                Kind::NamespaceExport => {
                    if let Some(name) = self.only(b, child.node) {
                        add(ImportedSymbol::Module, span(child.node), clause_name(b, name).0);
                    }
                }
                Kind::Star => add(ImportedSymbol::All, span(child.node), "*"),
                _ => {}
            }
        }
        let import = b.facts.imports.len() as u32;
        for (item, (name, place)) in names.into_iter().enumerate() {
            let value = ExportValue::Import { import, item: item as u32 };
            add_export(b, Cow::Borrowed(name), value, place);
        }
        let (scope, span) = (b.scope, span(node));
        b.facts.imports.push(Import { module, module_span, items, type_only, reexport: true, scope, span });
    }

    /// The specifiers of an export clause: the inner name with its place, and the outside name.
    fn export_specifiers<'s>(&mut self, b: &Builder<'s>, node: Node<'t>) -> Vec<(&'s str, Span, &'s str)> {
        let opened = self.open(b, node);
        let mut specifiers = Vec::with_capacity(opened.len());
        for at in opened.clone() {
            let parts = self.open_fields(b, self.children[at].node);
            if let Some(name) = self.field(&parts, Field::Name) {
                let (text, place) = clause_name(b, name);
                let outside = self.field(&parts, Field::Alias).map_or(text, |alias| clause_name(b, alias).0);
                specifiers.push((text, place, outside));
            }
            self.close(&parts);
        }
        self.close(&opened);
        specifiers
    }
}

fn push_item<'s>(
    b: &Builder<'s>,
    symbol: ImportedSymbol<'s>,
    place: Span,
    local: Child<'_>,
    type_only: bool,
    items: &mut Vec<ImportItem<'s>>,
    locals: &mut Locals,
) {
    items.push(ImportItem { symbol, span: place, local: Some(b.text(local.node)), type_only });
    locals.push(span(local.node));
}

/// Adds an export, unless it is one of a namespace within the module.
fn add_export<'s>(b: &mut Builder<'s>, name: Cow<'s, str>, value: ExportValue<'s>, place: Span) {
    if b.scope == ScopeId(0) {
        b.facts.exports.push(Export { name, value, span: place });
    }
}

/// Notes the exports that an assignment makes in a CommonJS module: `exports.x = …`, `module.exports = …`.
pub(super) fn export_assigned(b: &mut Builder<'_>, target: ExprId, value: ExprId) {
    let Expr::Member { object, property, property_span } = *b.facts.expr(target) else { return };
    match *b.facts.expr(object) {
        Expr::Name("module") if property == "exports" => {
            let export =
                Export { name: Cow::Borrowed("default"), value: ExportValue::Expr(value), span: property_span };
            b.facts.exports.push(export);
            export_entries(b, value);
        }
        Expr::Name("exports") => push_property(b, property, property_span, value),
        Expr::Member { object, property: "exports", .. } if matches!(b.facts.expr(object), Expr::Name("module")) => {
            push_property(b, property, property_span, value);
        }
        _ => {}
    }
}

fn push_property<'s>(b: &mut Builder<'s>, name: &'s str, place: Span, value: ExprId) {
    b.facts.exports.push(Export { name: Cow::Borrowed(name), value: ExportValue::Expr(value), span: place });
}

/// The entries of an object that is the whole of a module's exports are its named exports.
fn export_entries(b: &mut Builder<'_>, value: ExprId) {
    let Expr::Object(entries) = b.facts.expr(value) else { return };
    let mut exports = Vec::with_capacity(entries.len());
    for entry in entries {
        let value = ExportValue::Expr(entry.value);
        match &entry.key {
            Key::Named { name, span } => exports.push(Export { name: name.clone(), value, span: *span }),
            Key::Spread => exports.push(Export { name: Cow::Borrowed("*"), value, span: entry.span }),
            Key::Computed(_) => {}
        }
    }
    b.facts.exports.append(&mut exports);
}

#[cfg(test)]
mod tests {
    use super::package_name;

    #[test]
    fn specifiers_are_reduced_to_packages() {
        for (specifier, package) in [
            ("openai", "openai"),
            ("openai/azure", "openai/azure"),
            ("./client.js", "./client.js"),
            ("node:process", "node:process"),
            ("@azure/openai", "@azure/openai"),
            ("npm:openai@4.2/azure", "openai/azure"),
            ("npm:/openai@4", "openai"),
            ("npm:openai", "openai"),
            ("npm:@langchain/openai@0.3", "@langchain/openai"),
            ("jsr:@openai/openai@^4", "@openai/openai"),
            ("https://esm.sh/openai@4?target=deno", "openai"),
            ("https://esm.sh/v135/openai@4.20.1/azure", "openai/azure"),
            ("https://esm.sh/@azure/openai@1.0.0-beta.12", "@azure/openai"),
            ("https://cdn.skypack.dev/openai", "openai"),
            ("https://cdn.jsdelivr.net/npm/openai@4/+esm", "openai"),
            ("https://unpkg.com/openai@4", "openai"),
            ("https://deno.land/x/openai@v4.20.1/mod.ts", "openai"),
            ("https://deno.land/std@0.200.0/fs/mod.ts", "https://deno.land/std@0.200.0/fs/mod.ts"),
            ("https://example.com/openai@4", "https://example.com/openai@4"),
            ("https://esm.sh/", "https://esm.sh/"),
            ("npm:@", "@"),
            ("npm:", ""),
        ] {
            assert_eq!(package_name(specifier), package, "{specifier}");
        }
    }
}
