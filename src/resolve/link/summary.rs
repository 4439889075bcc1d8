//! Summing up a file: what its names stand for, so that other files can ask without looking at it again.

use rustc_hash::FxHashSet;

use super::{ClassSummary, FunctionSummary, Named, Shape, Source, Summary};
use crate::{
    facts::{BindingKind, ClassId, ExportValue, Expr, ExprId, FunctionId, ImportedSymbol, Piece, ScopeId, Step},
    input::modules::{FileId, Modules},
    lang::Language,
    resolve::{
        Resolver, Value,
        paths::{Origin, Paths, Site},
    },
};

/// How many names of a file are summed up; a file with more is not code that people import from.
const MAX_NAMES: usize = 10_000;

/// Sums up the file of a resolver.
pub fn summarize(resolver: &mut Resolver<'_, '_>, modules: &Modules, file: FileId) -> Summary {
    let mut summing = Summing { resolver, modules, file, summary: Summary::default(), open: Vec::new() };
    summing.modules();
    summing.exports();
    while let Some(item) = summing.open.pop() {
        summing.item(item);
    }
    summing.summary
}

/// Something that a name stands for and that is still to be summed up.
#[derive(Clone, Copy)]
enum Item {
    Function(FunctionId),
    Class(ClassId),
    Object(ExprId),
}

struct Summing<'r, 'f, 's> {
    resolver: &'r mut Resolver<'f, 's>,
    modules: &'r Modules,
    file: FileId,
    summary: Summary,
    open: Vec<Item>,
}

impl Summing<'_, '_, '_> {
    /// Finds the files that imports name.
    fn modules(&mut self) {
        let facts = self.resolver.facts;
        let is_python = self.resolver.language() == Language::Python;
        let mut written: FxHashSet<&str> = facts.imports.iter().map(|import| &*import.module).collect();
        for node in &facts.exprs {
            if let Expr::Module(module) = &node.expr {
                written.insert(module);
            }
        }
        for node in &facts.exprs {
            let (Expr::Name(word) | Expr::Member { property: word, .. }) = node.expr else { continue };
            if !self.summary.words.contains(word) {
                self.summary.words.insert(word.into());
            }
        }
        // `const { client } = service` names members too.
        for binding in &facts.bindings {
            if let BindingKind::Element { path, .. } | BindingKind::ParameterElement { path, .. } = &binding.kind {
                let keys = path.iter().filter_map(|step| if let Step::Key(key) = step { Some(&**key) } else { None });
                self.summary.words.extend(keys.map(Box::from));
            }
        }
        for module in written {
            if is_python {
                // `import a.b.c` gives `a` and `a.b` too.
                let prefixes = module.match_indices('.').map(|(dot, _)| &module[..dot]);
                for prefix in prefixes.filter(|prefix| !prefix.is_empty() && !prefix.ends_with('.')) {
                    self.module(prefix);
                }
            }
            self.module(module);
        }
        self.taken();
        for import in facts.imports.iter().filter(|_| is_python) {
            for item in &import.items {
                let ImportedSymbol::Named(name) = &item.symbol else { continue };
                let separator = if import.module.ends_with('.') { "" } else { "." };
                let module = format!("{}{separator}{name}", import.module);
                if let Some(file) = self.modules.python(self.file, &module) {
                    self.summary.taken.entry(file).or_default().insert("*".into());
                    self.summary.submodules.insert(module.into(), file);
                }
            }
        }
    }

    /// Notes which names are taken from which files.
    fn taken(&mut self) {
        let facts = self.resolver.facts;
        for import in &facts.imports {
            let Some(&file) = self.summary.modules.get(&*import.module) else { continue };
            let taken = self.summary.taken.entry(file).or_default();
            for item in &import.items {
                taken.insert(match &item.symbol {
                    ImportedSymbol::Named(name) => (*name).into(),
                    ImportedSymbol::Default => "default".into(),
                    ImportedSymbol::Module | ImportedSymbol::Root(_) | ImportedSymbol::All => "*".into(),
                });
            }
        }
        let whole = facts.exprs.iter().filter_map(|node| match &node.expr {
            Expr::Module(module) => self.summary.modules.get(&**module).copied(),
            _ => None,
        });
        for file in whole.collect::<Vec<_>>() {
            self.summary.taken.entry(file).or_default().insert("*".into());
        }
        // `import a.b` names the files of `a` and of `a.b`.
        for (module, file) in &self.summary.modules {
            if facts.imports.iter().all(|import| *import.module != **module) {
                self.summary.taken.entry(*file).or_default().insert("*".into());
            }
        }
    }

    fn module(&mut self, module: &str) {
        let found = match self.resolver.language() {
            Language::Python => self.modules.python(self.file, module),
            Language::JavaScript => self.modules.javascript(self.file, module),
            Language::Document => None,
        };
        if let Some(file) = found {
            self.summary.modules.insert(module.into(), file);
        }
    }

    fn exports(&mut self) {
        let facts = self.resolver.facts;
        for import in &facts.imports {
            let gives_on = import.reexport || self.resolver.language() == Language::Python;
            if gives_on && import.items.iter().any(|item| item.symbol == ImportedSymbol::All && item.local.is_none()) {
                let file = self.summary.modules.get(&*import.module).copied();
                self.summary.stars.extend(file.filter(|&file| file != self.file));
            }
        }
        match self.resolver.language() {
            Language::Python => self.module_names(),
            Language::JavaScript => self.named_exports(),
            Language::Document => {}
        }
    }

    /// All names at the top of a Python module can be taken from it.
    fn module_names(&mut self) {
        let facts = self.resolver.facts;
        let names: FxHashSet<&str> =
            facts.bindings.iter().filter(|binding| binding.scope == ScopeId(0)).map(|binding| binding.name).collect();
        for name in names.into_iter().take(MAX_NAMES) {
            let shapes = self.name(name);
            self.export(name, shapes);
        }
    }

    fn named_exports(&mut self) {
        let facts = self.resolver.facts;
        for export in facts.exports.iter().take(MAX_NAMES) {
            let shapes = match &export.value {
                ExportValue::Local(name) => self.name(name),
                ExportValue::Expr(value) if export.name == "*" => {
                    self.spread(*value);
                    continue;
                }
                ExportValue::Expr(value) => self.values(*value),
                ExportValue::Import { import, item } => {
                    let at = facts.imports[*import as usize].span.start;
                    let values = self.resolver.import_values(*import, *item);
                    self.shapes(&values, at)
                }
            };
            self.export(&export.name, shapes);
        }
    }

    /// `module.exports = { ...require("./m") }`.
    fn spread(&mut self, value: ExprId) {
        if let Expr::Module(module) = self.resolver.facts.expr(value) {
            self.summary.stars.extend(self.summary.modules.get(&**module).copied());
        }
    }

    fn export(&mut self, name: &str, shapes: Vec<Shape>) {
        if !shapes.is_empty() && name != "*" {
            self.summary.exports.entry(name.into()).or_default().extend(shapes);
        }
    }

    /// What a name of the module stands for when all of it has run.
    fn name(&mut self, name: &str) -> Vec<Shape> {
        let facts = self.resolver.facts;
        let mut shapes = Vec::new();
        for id in self.resolver.last_bindings(name) {
            let values = self.resolver.binding_values(id);
            let at = match facts.bindings[id.index()].kind {
                BindingKind::Value(value) => facts.node(value).span.start,
                _ => facts.bindings[id.index()].span.start,
            };
            shapes.extend(self.shapes(&values, at));
        }
        shapes
    }

    fn values(&mut self, expr: ExprId) -> Vec<Shape> {
        let values = self.resolver.values(expr).to_vec();
        let at = self.resolver.facts.node(expr).span.start;
        self.shapes(&values, at)
    }

    fn shapes(&mut self, values: &[Value], at: u32) -> Vec<Shape> {
        values.iter().filter_map(|value| self.shape(value, at)).collect()
    }

    fn shape(&mut self, value: &Value, at: u32) -> Option<Shape> {
        match value {
            Value::Path(Paths::UNKNOWN) | Value::Super(_) | Value::Foreign(_) => None,
            Value::Path(path) => {
                let source = self.resolver.paths.origin(*path).map(|origin| self.source(origin));
                let root = self.resolver.paths.parts(*path).map_or(0, |(root, _)| root.len() as u32);
                let text: Box<str> = self.resolver.paths.text(*path).into();
                let says_something = !text.starts_with('?') || matches!(source, Some(Source::Parameter(..)));
                says_something.then_some(Shape::Path { text, root, source })
            }
            Value::Environment(name) => Some(Shape::Environment((&**name).into(), at)),
            Value::Literal(literal) => self.literal(*literal),
            Value::Function(function) => {
                self.open.push(Item::Function(*function));
                Some(Shape::Function(function.0))
            }
            Value::Class(class) => {
                self.open.push(Item::Class(*class));
                Some(Shape::Class(class.0))
            }
            Value::Instance(class) => {
                self.open.push(Item::Class(*class));
                Some(Shape::Instance(class.0))
            }
        }
    }

    fn source(&self, origin: Origin) -> Source {
        match origin {
            Origin::Parameter(function, index) => Source::Parameter(function.0, index),
            other => Source::Site(self.resolver.site(other, self.file)),
        }
    }

    fn literal(&mut self, literal: ExprId) -> Option<Shape> {
        let facts = self.resolver.facts;
        let at = facts.node(literal).span.start;
        match facts.expr(literal) {
            Expr::Text(pieces) => {
                let piece = |piece: &Piece<'_>| match piece {
                    Piece::Constant { text, .. } => text.clone().into_owned(),
                    Piece::Hole(_) => "{}".to_owned(),
                };
                Some(Shape::Text(pieces.iter().map(piece).collect::<String>().into(), at))
            }
            Expr::Object(_) | Expr::Call { .. } | Expr::Operation { .. } => {
                self.open.push(Item::Object(literal));
                Some(Shape::Object(literal.0))
            }
            _ => None,
        }
    }

    fn item(&mut self, item: Item) {
        match item {
            Item::Function(function) if !self.summary.functions.contains_key(&function.0) => {
                self.summary.functions.insert(function.0, FunctionSummary::default());
                let values = self.resolver.function_results(function);
                let at = self.resolver.facts.functions[function.index()].span.start;
                let returns = self.shapes(&values, at);
                let parameters = &self.resolver.facts.functions[function.index()].parameters;
                let parameters = parameters.iter().map(|parameter| parameter.name.map(Box::from)).collect();
                self.summary.functions.insert(function.0, FunctionSummary { returns, parameters });
            }
            Item::Class(class) if !self.summary.classes.contains_key(&class.0) => {
                self.summary.classes.insert(class.0, ClassSummary::default());
                let summary = self.class(class);
                self.summary.classes.insert(class.0, summary);
            }
            Item::Object(object) if !self.summary.objects.contains_key(&object.0) => {
                self.summary.objects.insert(object.0, Named::default());
                let entries = self.entries(object);
                self.summary.objects.insert(object.0, entries);
            }
            _ => {}
        }
    }

    fn class(&mut self, class: ClassId) -> ClassSummary {
        let facts = self.resolver.facts;
        let constructor = self.resolver.constructor_of(class);
        self.open.extend(constructor.map(Item::Function));
        let mut summary = ClassSummary { constructor: constructor.map(|it| it.0), ..ClassSummary::default() };
        for &base in &facts.classes[class.index()].bases {
            let shapes = self.values(base);
            summary.bases.extend(shapes);
        }
        for name in self.resolver.own_members(class) {
            let values = self.resolver.own_member(class, name);
            let at = facts.classes[class.index()].span.start;
            let shapes = self.shapes(&values, at);
            if !shapes.is_empty() {
                summary.members.insert(name.into(), shapes);
            }
        }
        summary
    }

    fn entries(&mut self, object: ExprId) -> Named {
        let (entries, _) = self.resolver.entries_of(object);
        let mut named = Named::default();
        for entry in entries.into_iter().take(MAX_NAMES) {
            let shapes = self.values(entry.value);
            named.entry(entry.name.as_str().into()).or_default().extend(shapes);
        }
        named
    }
}

impl Resolver<'_, '_> {
    /// Where an origin lies, for other files.
    pub fn site(&self, origin: Origin, file: FileId) -> Site {
        let at = |expr: ExprId| self.facts.node(expr).span.start;
        match origin {
            Origin::Call(call) => Site { file, at: at(call), declared: false },
            Origin::Declared(declaration) => Site { file, at: at(declaration), declared: true },
            Origin::Parameter(function, _) => {
                Site { file, at: self.facts.functions[function.index()].span.start, declared: true }
            }
            Origin::Elsewhere(site) => site,
        }
    }
}
