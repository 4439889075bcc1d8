//! Import statements.

use std::borrow::Cow;

use tree_sitter::Node;

use super::syntax::{Child, Field, Kind, Reader};
use crate::{
    facts::{BindingKind, Import, ImportItem, ImportedSymbol, Span},
    lang::builder::{Builder, span},
};

impl<'t, 's> Reader<'t, 's> {
    /// `import a, b.c, d as e`: one fact per module.
    pub(super) fn import(&mut self, b: &mut Builder<'s>, statement: Node<'t>) {
        let children = self.children(statement);
        for at in children.clone() {
            let child = self.children[at];
            let (name, alias) = self.name_and_alias(child);
            let Some(first) = self.first(name.node) else { continue };
            let module = dotted(b.text(name.node));
            let (symbol, local) = match alias {
                Some(alias) => (ImportedSymbol::Module, alias),
                None if module.contains('.') => (ImportedSymbol::Root(b.text(first.node)), first),
                None => (ImportedSymbol::Module, first),
            };
            let import = self.start_import(b, statement, module, name.span());
            self.item(b, import, symbol, name.span(), Some(local));
        }
        self.release(&children);
    }

    /// `from m import A, B as C`, `from . import *`, `from __future__ import annotations`.
    pub(super) fn import_from(&mut self, b: &mut Builder<'s>, statement: Node<'t>) {
        let children = self.fielded(statement);
        let module = match self.field(&children, Field::ModuleName) {
            Some(module) => module.node,
            // The module of a future import is a keyword.
            None => match statement.child(1) {
                Some(module) => module,
                None => return self.release(&children),
            },
        };
        let import = self.start_import(b, statement, dotted(b.text(module)), span(module));
        for at in children.clone() {
            let child = self.children[at];
            if child.kind == Kind::Wildcard {
                self.item(b, import, ImportedSymbol::All, child.span(), None);
            } else if child.field == Field::Name {
                let (name, alias) = self.name_and_alias(child);
                let symbol = ImportedSymbol::Named(b.text(name.node));
                self.item(b, import, symbol, name.span(), Some(alias.unwrap_or(name)));
            }
        }
        self.release(&children);
    }

    fn name_and_alias(&mut self, child: Child<'t>) -> (Child<'t>, Option<Child<'t>>) {
        if child.kind != Kind::AliasedImport {
            return (child, None);
        }
        let parts = self.fielded(child.node);
        let name = self.field(&parts, Field::Name).unwrap_or(child);
        let alias = self.field(&parts, Field::Alias);
        self.release(&parts);
        (name, alias)
    }

    fn start_import(&self, b: &mut Builder<'s>, statement: Node<'t>, module: Cow<'s, str>, module_span: Span) -> usize {
        b.facts.imports.push(Import {
            module,
            module_span,
            items: Vec::new(),
            type_only: self.type_only,
            reexport: false,
            scope: b.scope,
            span: span(statement),
        });
        b.facts.imports.len() - 1
    }

    fn item(
        &mut self,
        b: &mut Builder<'s>,
        import: usize,
        symbol: ImportedSymbol<'s>,
        place: Span,
        local: Option<Child<'t>>,
    ) {
        let fact = &mut b.facts.imports[import];
        let (item, end) = (fact.items.len() as u32, fact.span.end);
        let name = local.map(|local| b.source.get(local.node.byte_range()).unwrap_or_default());
        fact.items.push(ImportItem { symbol, span: place, local: name, type_only: false });
        if let Some(local) = local {
            self.bind(b, local.node, end, BindingKind::Import { import: import as u32, item }, None);
        }
    }
}

/// A dotted name as written, without the white space, line breaks and comments that may stand around the dots.
fn dotted(written: &str) -> Cow<'_, str> {
    if !written.contains(|c: char| c.is_whitespace() || c == '\\') {
        return Cow::Borrowed(written);
    }
    let code = written.lines().map(|line| line.split('#').next().unwrap_or_default());
    Cow::Owned(code.flat_map(str::chars).filter(|c| !c.is_whitespace() && *c != '\\').collect())
}
