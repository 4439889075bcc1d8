//! Names and imports of a change: under which local name each new symbol is known, which import items become others, go,
//! or are added, and what the names in the code become. An import that is there is used; an alias is kept; a name that
//! is taken is stepped around.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    edits::Edit,
    file::File,
    unit::{Rename, placeholder, placeholders},
};
use crate::facts::{
    Binding, BindingId, BindingKind, Expr, ExprId, Import, ImportedSymbol, Operator, ScopeId, Span, Step, Usage,
};

/// What changes at the imports of a file.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// Local names of new symbols.
    locals: BTreeMap<String, String>,
    /// Changes by import statement.
    pub(super) statements: BTreeMap<u32, Statement>,
    /// Statements to be added, in order.
    pub(super) new: Vec<NewImport>,
    /// Edits elsewhere: names in the code.
    pub(super) edits: Vec<Edit>,
    /// Changes by pattern of a `require`, by the offset of its brace.
    pub(super) patterns: BTreeMap<u32, Pattern>,
}

/// An import statement to be added.
#[derive(Debug, Clone)]
pub(super) struct NewImport {
    /// The import that it stands beside.
    pub(super) beside: Option<u32>,
    pub(super) module: String,
    /// Items as written; none for the module itself.
    pub(super) items: Vec<String>,
    pub(super) type_only: bool,
}

/// What changes at `{ a, b } = require("m")`.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    pub(super) removed: BTreeSet<usize>,
    pub(super) replaced: BTreeMap<usize, String>,
    /// Items that come from another module now.
    pub(super) moved: Vec<String>,
    /// The module that they come from, and where the old one is written.
    pub(super) module: Option<(String, Span)>,
    pub(super) items: Vec<Span>,
    pub(super) inside: Span,
}

/// What changes at one import statement.
#[derive(Debug, Default)]
pub(super) struct Statement {
    pub(super) removed: BTreeSet<usize>,
    pub(super) replaced: BTreeMap<usize, String>,
    pub(super) added: Vec<String>,
    /// New items by the old one that they stand behind.
    pub(super) behind: BTreeMap<usize, String>,
}

impl Imports {
    /// The text with each placeholder replaced by the local name of its symbol.
    pub(super) fn with_locals(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for symbol in placeholders(text) {
            let own = || symbol.rsplit('.').next().unwrap_or(symbol).to_owned();
            let local = self.locals.get(symbol).cloned().unwrap_or_else(own);
            out = out.replace(&placeholder(symbol), &local);
        }
        out
    }

    /// Adds an item to a new statement.
    fn add_statement(&mut self, beside: Option<u32>, module: &str, item: String, type_only: bool) {
        let known =
            self.new.iter_mut().find(|new| new.module == module && new.type_only == type_only && !new.items.is_empty());
        match known {
            Some(known) => known.items.push(item),
            None => self.new.push(NewImport { beside, module: module.to_owned(), items: vec![item], type_only }),
        }
    }
}

impl File<'_, '_, '_> {
    /// Plans the names: `renames` are made, `gone` are uses that go away, `wanted` are symbols that new code needs, `same`
    /// gives other names of symbols.
    pub(super) fn imports(
        &mut self,
        renames: &[Rename],
        gone: &BTreeSet<ExprId>,
        wanted: &BTreeSet<String>,
        same: &BTreeMap<String, Vec<String>>,
    ) -> Imports {
        let mut imports = Imports::default();
        let mut by_binding: BTreeMap<BindingId, Vec<&Rename>> = BTreeMap::new();
        for rename in renames.iter().filter(|rename| !rename.to.is_empty()) {
            match self.imported_binding(rename.expr) {
                Some(binding) => by_binding.entry(binding).or_default().push(rename),
                None => self.rename_member(&mut imports, rename, same),
            }
        }
        // What the new code can call each symbol is settled in the order of the text.
        for (binding, renames) in &by_binding {
            self.rename_binding(&mut imports, *binding, renames, gone, same);
        }
        for symbol in wanted {
            self.local_for(&mut imports, symbol, ScopeId(0), false, same);
        }
        imports
    }

    fn imported_binding(&self, expr: ExprId) -> Option<BindingId> {
        let Expr::Name(name) = self.facts.expr(expr) else { return None };
        self.resolver.bindings_of(name, expr).into_iter().find(|&id| self.is_imported_name(id))
    }

    /// `module.Old` becomes `module.New`, or a name of its own where that is in another module.
    fn rename_member(&mut self, imports: &mut Imports, rename: &Rename, same: &BTreeMap<String, Vec<String>>) {
        let Expr::Member { object, property_span, .. } = self.facts.expr(rename.expr) else { return };
        let (object, span) = (*object, *property_span);
        let (module, name) = rename.to.rsplit_once('.').unwrap_or(("", &rename.to));
        let on_module = !self.is_vendor_module(object)
            && self.symbols(object).iter().any(|path| path.strip_suffix(".default").unwrap_or(path) == module);
        if self.symbols(object).contains(&rename.to) {
            // `Class.factory` becomes `Class`.
            let (start, end) = (self.span(object).end, self.span(rename.expr).end);
            imports.edits.push(Edit::remove(Span { start, end }));
        } else if on_module {
            imports.edits.push(Edit::replace(span, name));
        } else {
            let scope = self.facts.node(rename.expr).scope;
            let local = self.local_for(imports, &rename.to, scope, false, same);
            imports.edits.push(Edit::replace(self.span(rename.expr), local));
        }
    }

    /// True for the name of a module that has nothing but the vendor's names.
    fn is_vendor_module(&self, object: ExprId) -> bool {
        let Some(binding) = self.imported_binding(object) else { return false };
        match self.facts.bindings[binding.index()].kind {
            BindingKind::Import { import, .. } => {
                self.index.vendor_only.contains(&*self.facts.imports[import as usize].module)
            }
            _ => false,
        }
    }

    fn rename_binding(
        &mut self,
        imports: &mut Imports,
        id: BindingId,
        renames: &[&Rename],
        gone: &BTreeSet<ExprId>,
        same: &BTreeMap<String, Vec<String>>,
    ) {
        let binding = &self.facts.bindings[id.index()];
        let to = &renames[0].to;
        let changed: BTreeSet<ExprId> = renames.iter().map(|rename| rename.expr).collect();
        let rebound = self.facts.bindings.iter().enumerate().any(|(number, other)| {
            let is_other = number != id.index() && other.name == binding.name && other.scope == binding.scope;
            is_other && matches!(other.kind, BindingKind::Value(value) if !self.is_none(value))
        });
        let stays = self.is_imported(binding.name)
            || rebound
            || self.uses_of(id).iter().any(|used| !changed.contains(used) && !gone.contains(used));
        let local =
            if stays { self.local_beside(imports, id, to, same) } else { self.replace_item(imports, id, to, same) };
        if local != binding.name {
            for &expr in &changed {
                let edit = self.collapsed(expr, &local, &changed);
                imports.edits.push(edit.unwrap_or_else(|| Edit::replace(self.span(expr), local.clone())));
            }
            if !stays {
                // `Name = None` where the import fails.
                for other in self
                    .facts
                    .bindings
                    .iter()
                    .filter(|other| other.name == binding.name && other.scope == binding.scope)
                {
                    if matches!(other.kind, BindingKind::Value(_) | BindingKind::Declared) {
                        imports.edits.push(Edit::replace(other.span, local.clone()));
                    }
                }
            }
        }
    }

    /// In a union of types that names the new one already the old one goes.
    fn collapsed(&self, expr: ExprId, local: &str, renamed: &BTreeSet<ExprId>) -> Option<Edit> {
        let facts = self.facts;
        let union = self.parent(expr).filter(|_| facts.node(expr).usage == Usage::Annotation)?;
        let (operands, whole) = match facts.expr(union) {
            Expr::Operation { operator: Operator::Union, operands } => (operands, None),
            Expr::List(operands) => {
                let index = self.parent(union)?;
                let Expr::Index { object, .. } = facts.expr(index) else { return None };
                let is_union =
                    matches!(facts.expr(*object), Expr::Name("Union") | Expr::Member { property: "Union", .. });
                (operands, is_union.then_some(index))
            }
            _ => return None,
        };
        if matches!(facts.expr(union), Expr::List(_)) && whole.is_none() {
            return None;
        }
        let at = operands.iter().position(|&operand| operand == expr)?;
        let means_new = |&operand: &ExprId| renamed.contains(&operand) || self.source(self.span(operand)) == local;
        let is_last_name = !operands[..at].iter().any(means_new);
        let stays_elsewhere = operands.iter().any(|&operand| !renamed.contains(&operand) && means_new(&operand));
        if is_last_name && !stays_elsewhere {
            return None;
        }
        if let (Some(index), 2) = (whole, operands.len()) {
            return Some(Edit::replace(self.span(index), local));
        }
        let span = match at.checked_sub(1) {
            Some(before) => Span { start: self.span(operands[before]).end, end: self.span(expr).end },
            None => Span { start: self.span(expr).start, end: self.span(operands[1]).start },
        };
        Some(Edit::remove(span))
    }

    /// The local name of a symbol, which is imported behind the one whose place it takes where both come from one module.
    fn local_beside(
        &mut self,
        imports: &mut Imports,
        id: BindingId,
        to: &str,
        same: &BTreeMap<String, Vec<String>>,
    ) -> String {
        let facts = self.facts;
        let binding = &facts.bindings[id.index()];
        let type_only = self.is_type_only(binding);
        let (module, name) = to.rsplit_once('.').unwrap_or(("", to));
        if let BindingKind::Import { import, item } = binding.kind
            && !imports.locals.contains_key(to)
            && self.module_of(&facts.imports[import as usize]) == module
            && self.existing(to, binding.scope, type_only, same).is_none()
        {
            let local = self.free_name(name, to, binding.scope, same);
            let written = self.writing.import_item(name, &local);
            imports.statements.entry(import).or_default().behind.insert(item as usize, written);
            imports.locals.insert(to.to_owned(), local.clone());
            return local;
        }
        self.local_for(imports, to, binding.scope, type_only, same)
    }

    /// An import item whose last use goes becomes one of the new symbol. Gives the local name of that.
    fn replace_item(
        &mut self,
        imports: &mut Imports,
        id: BindingId,
        to: &str,
        same: &BTreeMap<String, Vec<String>>,
    ) -> String {
        let binding = &self.facts.bindings[id.index()];
        let type_only = self.is_type_only(binding);
        let (module, name) = to.rsplit_once('.').unwrap_or(("", to));
        let is_known = binding.scope == ScopeId(0) && !self.is_aliased(binding);
        if let Some(known) = imports.locals.get(to).cloned().filter(|_| is_known) {
            self.remove_binding(imports, id);
            return known;
        }
        let is_element = matches!(binding.kind, BindingKind::Element { .. });
        if let Some(existing) =
            self.existing(to, binding.scope, type_only, same).filter(|_| !self.is_aliased(binding) && !is_element)
        {
            self.remove_binding(imports, id);
            return existing;
        }
        let (BindingKind::Import { import, item }, facts) = (&binding.kind, self.facts) else {
            return self.replace_in_pattern(imports, id, to, same);
        };
        let statement = &facts.imports[*import as usize];
        let local = if self.is_aliased(binding) {
            binding.name.to_owned()
        } else {
            self.free_name(name, to, binding.scope, same)
        };
        if binding.scope == ScopeId(0) && !self.is_aliased(binding) {
            imports.locals.insert(to.to_owned(), local.clone());
        }
        let own_type = statement.items[*item as usize].type_only && !statement.type_only;
        let word = if own_type && self.writing.names_by_object() { "type " } else { "" };
        let written = format!("{word}{}", self.writing.import_item(name, &local));
        if self.module_of(statement) == module {
            imports.statements.entry(*import).or_default().replaced.insert(*item as usize, written);
            return local;
        }
        // Another module: a statement of its own, or one that imports from there already.
        imports.statements.entry(*import).or_default().removed.insert(*item as usize);
        let at_home = facts.imports.iter().position(|other| {
            self.module_of(other) == module
                && other.scope == statement.scope
                && other.type_only == statement.type_only
                && !other.reexport
                && other.items.iter().any(|item| matches!(item.symbol, ImportedSymbol::Named(_)))
        });
        match at_home {
            Some(home) => imports.statements.entry(home as u32).or_default().added.push(written),
            None => {
                imports.add_statement(Some(*import), module, written, statement.type_only);
            }
        }
        local
    }

    /// The module that an import statement names, as symbols have it.
    fn module_of(&mut self, import: &Import<'_>) -> String {
        self.normalised(&import.module)
    }

    /// What a module stands for; itself where it has nothing but the vendor's names.
    fn normalised(&mut self, module: &str) -> String {
        if self.index.vendor_only.contains(module) {
            return module.to_owned();
        }
        let path = self.resolver.imported_path(module, &ImportedSymbol::Module);
        self.resolver.paths.text(path).to_owned()
    }

    fn is_type_only(&self, binding: &Binding<'_>) -> bool {
        let BindingKind::Import { import, item } = binding.kind else { return false };
        let import = &self.facts.imports[import as usize];
        // In Python such an import is one like any other.
        self.writing.names_by_object() && (import.type_only || import.items[item as usize].type_only)
    }

    /// The local name under which a symbol is known at a scope already.
    fn existing(
        &mut self,
        symbol: &str,
        scope: ScopeId,
        type_only: bool,
        same: &BTreeMap<String, Vec<String>>,
    ) -> Option<String> {
        let facts = self.facts;
        for (number, binding) in facts.bindings.iter().enumerate() {
            let visible = binding.scope == ScopeId(0) || binding.scope == scope && scope.index() == 0;
            if !visible || !self.is_imported_name(BindingId(number as u32)) || self.is_type_only(binding) && !type_only
            {
                continue;
            }
            let paths = self.paths_of(BindingId(number as u32));
            let others = same.get(symbol).map_or(&[][..], Vec::as_slice);
            if paths.iter().any(|path| path == symbol || others.contains(path)) {
                return Some(binding.name.to_owned());
            }
        }
        None
    }

    /// The local name of a symbol, which is imported if need be.
    fn local_for(
        &mut self,
        imports: &mut Imports,
        symbol: &str,
        scope: ScopeId,
        type_only: bool,
        same: &BTreeMap<String, Vec<String>>,
    ) -> String {
        if let Some(known) = imports.locals.get(symbol) {
            return known.clone();
        }
        if let Some(existing) = self.existing(symbol, scope, type_only, same) {
            imports.locals.insert(symbol.to_owned(), existing.clone());
            return existing;
        }
        let (module, name) = symbol.rsplit_once('.').unwrap_or(("", symbol));
        let local = self.free_name(name, symbol, scope, same);
        imports.locals.insert(symbol.to_owned(), local.clone());
        let facts = self.facts;
        // Beside its like, if the file imports from there by name.
        let home = facts.imports.iter().position(|other| {
            self.module_of(other) == module
                && (other.scope == ScopeId(0) || other.scope == scope)
                && !other.reexport
                && other.type_only == (type_only && other.type_only)
                && other
                    .items
                    .iter()
                    .any(|item| matches!(item.symbol, ImportedSymbol::Named(_)) && item.local.is_some())
        });
        if let Some(home) = home {
            let written = self.writing.import_item(name, &local);
            imports.statements.entry(home as u32).or_default().added.push(written);
        } else if module.is_empty() {
            imports.new.push(NewImport {
                beside: None,
                module: symbol.to_owned(),
                items: Vec::new(),
                type_only: false,
            });
        } else {
            let written = self.writing.import_item(name, &local);
            imports.add_statement(self.last_import(), module, written, false);
        }
        local
    }

    /// The import after which a new one stands: the last one at the top of the file before any other code.
    fn last_import(&self) -> Option<u32> {
        let facts = self.facts;
        let at_top = facts.imports.iter().enumerate().filter(|(_, import)| {
            let is_near = import.module.starts_with('.') && !self.writing.names_by_object();
            import.scope == ScopeId(0) && self.indentation(import.span.start).is_empty() && !is_near
        });
        at_top.map(|(number, _)| number as u32).next_back()
    }

    /// A name for a symbol that means nothing else in the file. Within a function what it means outside does not matter
    /// where it is the same.
    fn free_name(&mut self, name: &str, symbol: &str, scope: ScopeId, same: &BTreeMap<String, Vec<String>>) -> String {
        let first = format!("{name}Client");
        let others = (2..).map(|number| format!("{first}{number}"));
        let mut names = [name.to_owned(), first.clone()].into_iter().chain(others);
        names.find(|name| !self.is_taken(name, symbol, scope, same)).unwrap_or(first)
    }

    fn is_taken(&mut self, name: &str, symbol: &str, scope: ScopeId, same: &BTreeMap<String, Vec<String>>) -> bool {
        let facts = self.facts;
        let others = same.get(symbol).map_or(&[][..], Vec::as_slice);
        (0..facts.bindings.len()).any(|number| {
            let binding = &facts.bindings[number];
            if binding.name != name {
                return false;
            }
            let id = BindingId(number as u32);
            let is_it = self.is_imported_name(id)
                && self.paths_of(id).iter().any(|path| path == symbol || others.contains(path));
            // At the top of the file one name is bound once.
            !(is_it && scope != ScopeId(0))
        })
    }

    /// The symbols that a binding stands for.
    fn paths_of(&mut self, id: BindingId) -> Vec<String> {
        let values = self.resolver.binding_values(id);
        let path = |value: &crate::resolve::Value| match value {
            crate::resolve::Value::Path(path) => Some(self.resolver.paths.text(*path).to_owned()),
            _ => None,
        };
        values.iter().filter_map(path).collect()
    }

    /// True for an import under another name.
    fn is_aliased(&self, binding: &Binding<'_>) -> bool {
        match &binding.kind {
            BindingKind::Import { import, item } => {
                let symbol = &self.facts.imports[*import as usize].items[*item as usize].symbol;
                matches!(symbol, ImportedSymbol::Named(symbol) if symbol != &binding.name)
            }
            BindingKind::Element { path, .. } => {
                matches!(path.as_slice(), [Step::Key(key)] if key != binding.name)
            }
            _ => false,
        }
    }

    /// `const { Old } = require("m")`: the name in the pattern.
    fn replace_in_pattern(
        &mut self,
        imports: &mut Imports,
        id: BindingId,
        to: &str,
        same: &BTreeMap<String, Vec<String>>,
    ) -> String {
        let binding = &self.facts.bindings[id.index()];
        let (module, name) = to.rsplit_once('.').unwrap_or(("", to));
        let local = if self.is_aliased(binding) {
            binding.name.to_owned()
        } else {
            self.free_name(name, to, binding.scope, same)
        };
        let text = if local == name { local.clone() } else { format!("{name}: {local}") };
        let BindingKind::Element { of, .. } = binding.kind else { return local };
        let Expr::Module(written) = self.facts.expr(of) else { return local };
        let is_same = self.normalised(written) == module;
        let span = self.span(of);
        let Some((pattern, item)) = self.pattern_of(imports, id) else { return local };
        if is_same {
            pattern.replaced.insert(item, text);
        } else {
            pattern.removed.insert(item);
            pattern.moved.push(text);
            pattern.module = Some((module.to_owned(), span));
        }
        local
    }

    /// The pattern that a binding stands in, and which of its items it is.
    fn pattern_of<'i>(&self, imports: &'i mut Imports, id: BindingId) -> Option<(&'i mut Pattern, usize)> {
        let binding = &self.facts.bindings[id.index()];
        let start = self.text.get(..binding.span.start as usize)?.rfind('{')? + 1;
        let end = binding.span.end as usize + self.text.get(binding.span.end as usize..)?.find('}')?;
        let pattern = imports.patterns.entry(start as u32).or_insert_with(|| {
            let mut items = Vec::new();
            let mut at = start;
            for part in self.text.get(start..end).unwrap_or_default().split(',') {
                let from = at + part.len() - part.trim_start().len();
                if !part.trim().is_empty() {
                    items.push(Span::new(from, from + part.trim().len()));
                }
                at += part.len() + 1;
            }
            Pattern { items, inside: Span::new(start, end), ..Pattern::default() }
        });
        let item = pattern.items.iter().position(|item| item.contains(binding.span))?;
        Some((pattern, item))
    }

    /// Takes out the item that gives a binding.
    pub(super) fn remove_binding(&mut self, imports: &mut Imports, id: BindingId) {
        let binding = &self.facts.bindings[id.index()];
        match binding.kind {
            BindingKind::Import { import, item } => {
                imports.statements.entry(import).or_default().removed.insert(item as usize);
            }
            _ => {
                if let Some((pattern, item)) = self.pattern_of(imports, id) {
                    pattern.removed.insert(item);
                }
            }
        }
    }
}
