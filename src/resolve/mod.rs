//! Resolving: from what is written to what it stands for.
//!
//! [`Resolver`] answers, for any expression of one file, which [`Value`]s it can have: a symbol such as
//! `openai.AzureOpenAI` whatever its local name, an instance of it, an environment variable, a literal, a function or
//! class of the file. It follows scopes, aliases, conditional flow, destructuring, attributes of `self`/`this`,
//! annotations, factories, `partial` and `super`; it is written once for all languages. It asks lazily and remembers,
//! so the cost follows the questions, not the size of the file. What it cannot tell is unknown, never guessed.
//!
//! Built on it: [`objects`] (what arguments really reach a call), [`flow`] (what flows into a place), [`trace`] (how
//! a value was found) and [`link`] (what names of other files stand for, once a resolver is told of them). Rules are not
//! known here.

mod calls;
mod environment;
pub mod flow;
pub mod link;
mod members;
pub mod objects;
mod outside;
pub mod paths;
mod scopes;
pub mod trace;
mod types;

use std::{cell::OnceCell, rc::Rc, time::Instant};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    facts::{
        ArgumentKind, Binding, BindingId, BindingKind, ClassId, Expr, ExprId, Facts, FunctionId, ImportedSymbol, Key,
        Operator, ScopeId, Span, Step, Usage,
    },
    lang::{Environment, Language},
};
use link::Outside;
use paths::{PathId, Paths, Reexports, Site};
use scopes::{Lookup, Scopes};

/// What an expression can stand for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// A symbol from outside the file, the result of a call of one, or a member of either.
    Path(PathId),
    /// An environment variable.
    Environment(Rc<str>),
    /// A literal, or a call that makes an object of literals (`dict(…)`): look at the expression.
    Literal(ExprId),
    /// A function of the file.
    Function(FunctionId),
    /// A class of the file.
    Class(ClassId),
    /// An instance of a class of the file.
    Instance(ClassId),
    /// The bases of a class of the file, as `super` sees them.
    Super(ClassId),
    /// A setting or string from another file; see [`Resolver::foreign`].
    Foreign(u32),
}

/// A value that another file gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Foreign {
    /// An environment variable.
    Environment(Rc<str>, Site),
    /// A string, with `{}` for what is inserted.
    Text(Rc<str>, Site),
}

/// The values an expression can have; empty means that nothing is known.
pub type Values = Rc<[Value]>;

/// How many alternatives are kept for one expression.
const MAX_VALUES: usize = 8;
/// How many resolutions may wait for one another.
const MAX_DEPTH: usize = 64;
/// After how many evaluations the clock is looked at.
const CLOCK: u32 = 256;

/// Answers questions about one file.
pub struct Resolver<'f, 's> {
    /// The file's facts.
    pub facts: &'f Facts<'s>,
    /// The paths met so far.
    pub paths: Paths<'f>,
    environment: &'static Environment,
    language: Language,
    scopes: Scopes<'s>,
    /// Stores by the name that is stored to.
    stores: FxHashMap<&'f str, Vec<usize>>,
    /// Stores by the name of the object that is stored into.
    stores_into: FxHashMap<&'f str, Vec<usize>>,
    updates_of: FxHashMap<&'f str, Vec<(ExprId, usize)>>,
    /// The class whose instance each store is made on, and the names that classes have; made when first asked for, for a
    /// file can have very many of both.
    receivers: OnceCell<Vec<Option<ClassId>>>,
    members: OnceCell<FxHashMap<ClassId, Vec<&'f str>>>,
    /// Calls in the file by the function of the file that they call; made when first asked for.
    callers: Option<FxHashMap<FunctionId, Vec<ExprId>>>,
    /// Types that are asserted of expressions.
    asserted: FxHashMap<ExprId, ExprId>,
    /// The other files, when names are followed into them.
    outside: Option<Outside<'f>>,
    /// What paths lead to in other files, once it was asked.
    reached: FxHashMap<PathId, Option<Rc<[Value]>>>,
    foreign: Vec<Foreign>,
    known: Vec<Option<Values>>,
    active: FxHashSet<(ExprId, bool)>,
    depth: usize,
    /// When answers end.
    deadline: Option<Instant>,
    asked: u32,
    is_late: bool,
}

impl<'f, 's> Resolver<'f, 's> {
    /// A resolver for the facts of a file in `language`.
    pub fn new(facts: &'f Facts<'s>, language: Language, reexports: &'f Reexports) -> Self {
        let mut stores: FxHashMap<&'f str, Vec<usize>> = FxHashMap::default();
        let mut stores_into: FxHashMap<&'f str, Vec<usize>> = FxHashMap::default();
        for (index, store) in facts.stores.iter().enumerate() {
            if let Some(name) = target_name(facts, store.target) {
                stores.entry(name).or_default().push(index);
            }
            if let Expr::Member { object, .. } | Expr::Index { object, .. } = facts.expr(store.target)
                && let Expr::Name(name) = facts.expr(*object)
            {
                stores_into.entry(name).or_default().push(index);
            }
        }
        Self {
            facts,
            paths: Paths::new(reexports),
            environment: language.environment(),
            language,
            scopes: Scopes::new(facts, language == Language::Python),
            stores,
            stores_into,
            updates_of: objects::update_calls(facts),
            receivers: OnceCell::new(),
            members: OnceCell::new(),
            callers: None,
            asserted: facts.asserted.iter().copied().collect(),
            outside: None,
            reached: FxHashMap::default(),
            foreign: Vec::new(),
            known: vec![None; facts.exprs.len()],
            active: FxHashSet::default(),
            depth: 0,
            deadline: None,
            asked: 0,
            is_late: false,
        }
    }

    /// The same, with names followed into other files.
    #[must_use]
    pub fn linked(mut self, outside: Option<Outside<'f>>) -> Self {
        self.outside = outside;
        self
    }

    /// The same, with nothing evaluated after a moment.
    #[must_use]
    pub fn until(mut self, deadline: Option<Instant>) -> Self {
        self.deadline = deadline;
        self
    }

    /// True when that moment came before all was evaluated that was asked for.
    pub fn is_late(&self) -> bool {
        self.is_late
    }

    fn look_at_clock(&mut self) {
        self.asked = self.asked.wrapping_add(1);
        if self.asked.is_multiple_of(CLOCK) && self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            self.is_late = true;
        }
    }

    /// The language of the file.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The values `expr` can have.
    pub fn values(&mut self, expr: ExprId) -> Values {
        if let Some(known) = &self.known[expr.index()] {
            return known.clone();
        }
        self.look_at_clock();
        if self.is_late || self.depth >= MAX_DEPTH || !self.active.insert((expr, false)) {
            return Rc::from([]);
        }
        self.depth += 1;
        let mut values = self.evaluate(expr);
        if let Some(asserted) = self.asserted.get(&expr) {
            values.extend(self.instances_of(*asserted));
        }
        let values: Values = limited(values).into();
        self.depth -= 1;
        self.active.remove(&(expr, false));
        self.known[expr.index()] = Some(values.clone());
        values
    }

    /// True while a value is being evaluated.
    fn is_evaluating(&self) -> bool {
        self.depth > 0
    }

    /// The symbols among the values of `expr`.
    pub fn symbols(&mut self, expr: ExprId) -> Vec<PathId> {
        let mut symbols: Vec<PathId> = Vec::new();
        for path in self.instances(expr) {
            if symbols.iter().all(|&known| self.paths.text(known) != self.paths.text(path)) {
                symbols.push(path);
            }
        }
        symbols
    }

    /// The symbols among the values of `expr`, each once for each of its origins.
    pub fn instances(&mut self, expr: ExprId) -> Vec<PathId> {
        let values = self.values(expr);
        values.iter().filter_map(|value| if let Value::Path(path) = value { Some(*path) } else { None }).collect()
    }

    /// The environment variables among the values of `expr`.
    pub fn variables(&mut self, expr: ExprId) -> Vec<Rc<str>> {
        let values = self.values(expr);
        let name = |value: &Value| match value {
            Value::Environment(name) => Some(name.clone()),
            Value::Foreign(number) => match self.foreign(*number) {
                Foreign::Environment(name, _) => Some(name.clone()),
                Foreign::Text(..) => None,
            },
            _ => None,
        };
        values.iter().filter_map(name).collect()
    }

    fn evaluate(&mut self, expr: ExprId) -> Vec<Value> {
        let facts = self.facts;
        match facts.expr(expr) {
            Expr::Name(name) => self.name_values(name, expr),
            Expr::This => match scopes::this_class(facts, facts.node(expr).scope) {
                Some(class) => vec![Value::Instance(class)],
                None => vec![Value::Path(Paths::UNKNOWN)],
            },
            Expr::Super => scopes::class_around(facts, facts.node(expr).scope).map(Value::Super).into_iter().collect(),
            Expr::Module(module) => {
                let path = self.paths.root(module);
                self.reach(path)
            }
            Expr::Member { object, property, .. } => self.part_values(*object, property),
            Expr::Index { object, index } => match facts.constant_text(*index) {
                Some(name) => self.part_values(*object, &name),
                None => self.element_values(*object, *index),
            },
            Expr::Call { callee, .. } => self.call_values(expr, *callee),
            Expr::Choice { alternatives, .. } => self.all_values(alternatives),
            Expr::Operation { operator: Operator::Union, operands } if facts.node(expr).usage == Usage::Annotation => {
                self.all_values(operands)
            }
            Expr::Function(function) => vec![Value::Function(*function)],
            Expr::Class(class) => vec![Value::Class(*class)],
            Expr::Other(_) => Vec::new(),
            Expr::Text(_)
            | Expr::Pattern(_)
            | Expr::Object(_)
            | Expr::List(_)
            | Expr::Constant(_)
            | Expr::Operation { .. } => vec![Value::Literal(expr)],
        }
    }

    fn all_values(&mut self, exprs: &[ExprId]) -> Vec<Value> {
        exprs.iter().flat_map(|&expr| self.values(expr).to_vec()).collect()
    }

    /// The bindings that `name`, written at `place`, can mean; none when it is not bound in the file.
    pub fn bindings_of(&self, name: &str, place: ExprId) -> Vec<BindingId> {
        match self.scopes.lookup(self.facts, name, place) {
            Lookup::Bindings(bindings) => bindings,
            Lookup::Global => Vec::new(),
        }
    }

    fn name_values(&mut self, name: &str, place: ExprId) -> Vec<Value> {
        match self.scopes.lookup(self.facts, name, place) {
            Lookup::Bindings(bindings) => {
                bindings.into_iter().flat_map(|binding| self.binding_values(binding)).collect()
            }
            Lookup::Global => {
                self.star_values(name).unwrap_or_else(|| vec![Value::Path(self.paths.root(&format!("global:{name}")))])
            }
        }
    }

    /// The bindings that hold for a name of the module when all of it has run.
    fn last_bindings(&self, name: &str) -> Vec<BindingId> {
        self.scopes.at_end(self.facts, ScopeId(0), name)
    }

    /// The values a binding can give to its name.
    pub fn binding_values(&mut self, id: BindingId) -> Vec<Value> {
        let facts = self.facts;
        let binding = &facts.bindings[id.index()];
        let values = match &binding.kind {
            BindingKind::Import { import, item } => self.import_values(*import, *item),
            BindingKind::Value(value) => self.values(*value).to_vec(),
            BindingKind::Element { of, path, default } => {
                let whole = self.values(*of).to_vec();
                let mut values = self.steps_values(whole, path);
                values.extend(default.iter().flat_map(|&default| self.values(default).to_vec()));
                values
            }
            BindingKind::Parameter { function, index, default } => {
                let mut values = self.given_values(*function, *index);
                values.extend(default.iter().flat_map(|&default| self.dependency_values(default)));
                values
            }
            BindingKind::ParameterElement { function, index, path, default } => {
                let parameter = &facts.functions[function.index()].parameters[*index as usize];
                let mut whole = self.given_values(*function, *index);
                whole.extend(parameter.annotation.into_iter().flat_map(|declared| self.instances_of(declared)));
                let mut values = self.steps_values(whole, path);
                values.extend(default.iter().flat_map(|&default| self.values(default).to_vec()));
                values
            }
            BindingKind::Receiver(class) => vec![Value::Instance(*class)],
            BindingKind::Function(function) => vec![Value::Function(*function)],
            BindingKind::Class(class) => vec![Value::Class(*class)],
            BindingKind::Alias(target) => self.values(*target).to_vec(),
            BindingKind::Declared | BindingKind::Opaque => Vec::new(),
        };
        self.with_annotation(binding, values)
    }

    /// Adds what the declared type tells.
    fn with_annotation(&mut self, binding: &Binding<'s>, mut values: Vec<Value>) -> Vec<Value> {
        values.extend(binding.annotation.into_iter().flat_map(|declared| self.instances_of(declared)));
        if values.is_empty() {
            values.push(Value::Path(Paths::UNKNOWN));
        }
        values
    }

    /// A default such as FastAPI's `Depends(get_client)` stands for what the function gives.
    fn dependency_values(&mut self, default: ExprId) -> Vec<Value> {
        self.depended_on(default).unwrap_or_else(|| self.values(default).to_vec())
    }

    /// What `Depends(function)` gives; none for any other expression.
    fn depended_on(&mut self, expr: ExprId) -> Option<Vec<Value>> {
        let Expr::Call { callee, arguments } = self.facts.expr(expr) else { return None };
        let depends = self.symbols(*callee).iter().any(|&path| self.paths.text(path).ends_with(".Depends"));
        let first = arguments.first().filter(|_| depends)?;
        let callees = self.values(first.value);
        Some(self.results_of(&callees, first.value))
    }

    pub(super) fn import_values(&mut self, import: u32, item: u32) -> Vec<Value> {
        let facts = self.facts;
        let import = &facts.imports[import as usize];
        let symbol = &import.items[item as usize].symbol;
        if let ImportedSymbol::Named(name) = symbol
            && self.environment.modules.contains(&&*import.module)
        {
            return vec![Value::Environment(Rc::from(*name))];
        }
        let path = self.imported_path(&import.module, symbol);
        self.reach(path)
    }

    /// The path of an import item.
    pub fn imported_path(&mut self, module: &str, symbol: &ImportedSymbol<'_>) -> PathId {
        match symbol {
            ImportedSymbol::Root(name) => self.paths.root(name),
            ImportedSymbol::Module | ImportedSymbol::All => self.module_path(module),
            ImportedSymbol::Default => {
                let module = self.module_path(module);
                self.paths.member(module, "default")
            }
            ImportedSymbol::Named(name) => {
                let module = self.module_path(module);
                self.paths.member(module, name)
            }
        }
    }

    /// The path of a module by its written name. Where modules are dotted paths it is built step by step, so that
    /// `import a.b` and `from a import b` meet.
    fn module_path(&mut self, module: &str) -> PathId {
        if self.language != Language::Python || module.starts_with('.') {
            return self.paths.root(module);
        }
        let mut segments = module.split('.');
        let mut path = self.paths.root(segments.next().unwrap_or_default());
        for segment in segments {
            path = self.paths.member(path, segment);
        }
        path
    }

    /// The part of `values` that `way` leads to.
    fn steps_values(&mut self, values: Vec<Value>, way: &[Step<'s>]) -> Vec<Value> {
        way.iter().fold(values, |values, step| self.step_values(&values, step))
    }

    fn step_values(&mut self, values: &[Value], step: &Step<'s>) -> Vec<Value> {
        match step {
            Step::Key(name) => values.iter().flat_map(|value| self.part_of(value, name)).collect(),
            Step::Position(position) => {
                values.iter().flat_map(|value| self.item_of(value, Some(*position as usize))).collect()
            }
            Step::Rest => values.to_vec(),
            Step::Each => values.iter().flat_map(|value| self.each_of(value)).collect(),
        }
    }

    /// The calls in the file that call `function` (or construct its class, where it is the constructor).
    pub fn calls_of(&mut self, function: FunctionId) -> Vec<ExprId> {
        if self.callers.is_none() {
            let callers = self.find_callers();
            self.callers = Some(callers);
        }
        self.callers.as_ref().and_then(|callers| callers.get(&function)).cloned().unwrap_or_default()
    }

    fn find_callers(&mut self) -> FxHashMap<FunctionId, Vec<ExprId>> {
        let facts = self.facts;
        let mut callers: FxHashMap<FunctionId, Vec<ExprId>> = FxHashMap::default();
        for (index, node) in facts.exprs.iter().enumerate() {
            let Expr::Call { callee, .. } = node.expr else { continue };
            let call = ExprId(index as u32);
            for value in self.values(callee).iter() {
                match value {
                    Value::Function(function) => callers.entry(*function).or_default().push(call),
                    Value::Class(class) => {
                        if let Some(constructor) = self.constructor_of(*class) {
                            callers.entry(constructor).or_default().push(call);
                        }
                    }
                    _ => {}
                }
            }
        }
        callers
    }

    /// The function that constructs a class of the file.
    pub fn constructor_of(&self, class: ClassId) -> Option<FunctionId> {
        let facts = self.facts;
        let scope = facts.classes[class.index()].scope;
        ["__init__", "constructor"].iter().flat_map(|name| self.scopes.in_scope(scope, name)).find_map(|id| {
            if let BindingKind::Function(function) = facts.bindings[id.index()].kind { Some(function) } else { None }
        })
    }

    /// The function whose body contains `scope`; none at the top level of the file.
    pub fn function_of_scope(&self, scope: ScopeId) -> Option<FunctionId> {
        scopes::function_of(self.facts, scope)
    }

    /// The names of the functions and classes around a scope, from the inside out.
    pub fn function_names(&self, scope: ScopeId) -> Vec<&'s str> {
        scopes::names_around(self.facts, scope)
    }

    /// The symbols among the values of the part of `expr` that `way` leads to.
    pub fn symbols_within(&mut self, expr: ExprId, way: &[Step<'s>]) -> Vec<PathId> {
        let values = self.values(expr).to_vec();
        self.steps_values(values, way)
            .iter()
            .filter_map(|value| if let Value::Path(path) = value { Some(*path) } else { None })
            .collect()
    }

    /// The paths that a store writes to: what its object stands for and the name below it, not what was stored there.
    pub fn target_symbols(&mut self, target: ExprId) -> Vec<PathId> {
        let facts = self.facts;
        let (Expr::Member { object, .. } | Expr::Index { object, .. }) = facts.expr(target) else { return Vec::new() };
        let Some(name) = target_name(facts, target) else { return Vec::new() };
        self.symbols(*object).into_iter().map(|path| self.paths.member(path, name)).collect()
    }

    /// The name under which `expr` is given: as a named argument, or as an entry of an object.
    pub fn key_of(&self, expr: ExprId) -> Option<&'f str> {
        let facts = self.facts;
        match facts.expr(facts.node(expr).parent?) {
            Expr::Object(entries) => {
                // Values mostly have ids in the order of their entries, of which a document can have very many.
                let by_order = entries.binary_search_by_key(&expr, |entry| entry.value).ok();
                let found = by_order.or_else(|| entries.iter().position(|entry| entry.value == expr))?;
                entries.get(found).and_then(|entry| match &entry.key {
                    Key::Named { name, .. } => Some(&**name),
                    Key::Computed(_) | Key::Spread => None,
                })
            }
            Expr::Call { arguments, .. } => {
                let argument = arguments.iter().find(|argument| argument.value == expr)?;
                if let ArgumentKind::Named { name, .. } = argument.kind { Some(name) } else { None }
            }
            _ => None,
        }
    }

    /// The keys under which `expr` lies in the objects around it, the innermost first.
    pub fn keys_around(&self, expr: Option<ExprId>) -> Vec<&'f str> {
        let facts = self.facts;
        let around = std::iter::successors(expr, |&at| facts.node(at).parent);
        around.filter_map(|at| self.key_of(at)).collect()
    }

    /// The names under which `expr` is given, directly, by a store, or by way of a name it is bound to.
    pub fn keys_of(&mut self, expr: ExprId) -> Vec<&'f str> {
        let facts = self.facts;
        let mut keys: Vec<&'f str> = self.key_of(expr).into_iter().collect();
        let stores = facts.stores.iter().filter(|store| store.value == expr);
        keys.extend(stores.filter_map(|store| target_name(facts, store.target)));
        if keys.is_empty() && facts.node(expr).parent.is_none() {
            let users = self.users_of(expr);
            keys.extend(users.into_iter().filter_map(|user| self.key_of(user)));
        }
        keys
    }

    /// True when `expr` is a container of environment variables.
    pub fn is_environment(&mut self, expr: ExprId) -> bool {
        self.symbols(expr).into_iter().any(|path| self.is_container(path))
    }

    /// What `call` calls, as written.
    pub fn callee_expr(&self, call: ExprId) -> Option<ExprId> {
        if let Expr::Call { callee, .. } = self.facts.expr(call) { Some(*callee) } else { None }
    }

    /// Where what `call` calls is written.
    pub fn callee_of(&self, call: ExprId) -> Option<Span> {
        self.callee_expr(call).map(|callee| self.facts.node(callee).span)
    }
}

/// The member name or constant subscript that a store writes to.
fn target_name<'f>(facts: &'f Facts<'_>, target: ExprId) -> Option<&'f str> {
    match facts.expr(target) {
        Expr::Member { property, .. } => Some(property),
        Expr::Index { index, .. } => match facts.expr(*index) {
            Expr::Text(pieces) => match pieces.as_slice() {
                [crate::facts::Piece::Constant { text, .. }] => Some(text),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn limited(values: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::with_capacity(values.len().min(MAX_VALUES));
    for value in values {
        if kept.len() == MAX_VALUES {
            break;
        }
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}
