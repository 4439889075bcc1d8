//! The language-neutral facts of one file.
//!
//! Lowering (one file per language in [`crate::lang`]) turns a syntax tree into these facts; everything after it —
//! resolving, matching, reporting — sees facts only and never a grammar. A new language is therefore one new lowering.
//! Facts borrow from the source text. They say what is written, not what it means: `A()` is a call of the name `A`
//! here; that `A` stands for `openai.AzureOpenAI` is for [`crate::resolve`] to find out.
//!
//! ## The contract between a lowering and the stages after it
//!
//! * Expressions are stored children first, so a parent's id is always larger than its children's ids.
//! * Wrappers that do not change a value vanish: parentheses, `await`, `as T`, `satisfies T`, `x!`, `x as any`,
//!   `*`-free starred targets, `yield`. What they wrap is lowered in their place (`as` types are lowered too, as
//!   annotations, and noted in [`Facts::asserted`]).
//! * Comments, docstrings and other bare string statements are not lowered.
//! * String concatenation, f-strings, template strings, `%` formatting and implicit concatenation become one
//!   [`Expr::Text`]; the pieces keep their own spans.
//! * Names are not resolved. A name that is bound in the file has a [`Binding`] in the right [`Scope`].
//! * Something the facts have no form for is [`Expr::Other`] over the sub-expressions it contains: nothing that a
//!   rule could match is dropped.

use std::borrow::Cow;

mod dependency;

pub use dependency::{Dependency, Stated, package_key};

/// A half-open range of byte offsets into the source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// A span from two offsets.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// True when `other` lies within this span (or equals it).
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The text the span covers.
    pub fn text(self, source: &str) -> &str {
        source.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the arena.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(/// Names an [`ExprNode`] of a file.
    ExprId);
id!(/// Names a [`Scope`] of a file. `ScopeId(0)` is the module.
    ScopeId);
id!(/// Names a [`Binding`] of a file.
    BindingId);
id!(/// Names a [`Function`] of a file.
    FunctionId);
id!(/// Names a [`Class`] of a file.
    ClassId);
id!(/// Names a [`Branch`] of a file. `BranchId(0)` is the unconditional flow of the module.
    BranchId);

/// Everything a lowering found in one file.
#[derive(Debug, Default)]
pub struct Facts<'s> {
    /// All expressions, children before parents.
    pub exprs: Vec<ExprNode<'s>>,
    /// All scopes; the first is the module.
    pub scopes: Vec<Scope>,
    /// All bindings in source order.
    pub bindings: Vec<Binding<'s>>,
    /// Assignments to something that is not a plain name: `self.x = …`, `openai.api_type = …`, `env["K"] = …`.
    pub stores: Vec<Store>,
    /// All functions: declarations, methods, lambdas, arrow functions.
    pub functions: Vec<Function<'s>>,
    /// All classes, interfaces, enums and object types.
    pub classes: Vec<Class<'s>>,
    /// The branches of conditional flow.
    pub branches: Vec<Branch>,
    /// Static import statements and re-exports. (`require` and `import()` are [`Expr::Module`].)
    pub imports: Vec<Import<'s>>,
    /// Names the module gives to others, where the language says so explicitly.
    pub exports: Vec<Export<'s>>,
    /// Expressions whose type is asserted where they stand (`x as T`), each with the type.
    pub asserted: Vec<(ExprId, ExprId)>,
    /// Packages that the file asks for, where it is a manifest.
    pub dependencies: Vec<Dependency<'s>>,
    /// Where the syntax was broken or too deep to read; facts from there may be missing.
    pub problems: Vec<Problem>,
}

/// One expression with its place.
#[derive(Debug, Clone)]
pub struct ExprNode<'s> {
    /// What is written.
    pub expr: Expr<'s>,
    /// Where it is written.
    pub span: Span,
    /// The innermost scope it is written in.
    pub scope: ScopeId,
    /// The branch of conditional flow it is written in.
    pub branch: BranchId,
    /// The expression it is a direct part of; none for the outermost expression of a statement.
    pub parent: Option<ExprId>,
    /// The part it plays in the program text.
    pub usage: Usage,
}

/// The part an expression plays. Children inherit it from their parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Usage {
    /// An ordinary value.
    #[default]
    Value,
    /// In a type annotation, type argument or type alias.
    Annotation,
    /// A base class in a class header.
    Base,
}

/// The form of an expression.
#[derive(Debug, Clone)]
pub enum Expr<'s> {
    /// A reference to a name. Also names in annotations.
    Name(&'s str),
    /// `this`, or a language's other fixed word for the current instance. (Python's `self` is an ordinary
    /// [`Expr::Name`] whose binding is [`BindingKind::Receiver`].)
    This,
    /// `super`, `super()`, `super(C, self)`.
    Super,
    /// A module given by name in an expression: `require("m")`, `import("m")`, `importlib.import_module("m")`.
    Module(Cow<'s, str>),
    /// `object.property`, `object?.property`.
    Member {
        /// What stands before the dot.
        object: ExprId,
        /// The name after the dot.
        property: &'s str,
        /// Where that name stands.
        property_span: Span,
    },
    /// `object[index]`. String constants as index are common and meaningful (`os.environ["X"]`).
    Index {
        /// What stands before the bracket.
        object: ExprId,
        /// What stands between the brackets.
        index: ExprId,
    },
    /// A call, a `new` expression, a decorator with arguments, a tagged template.
    Call {
        /// What is called.
        callee: ExprId,
        /// With what, in order.
        arguments: Vec<Argument<'s>>,
    },
    /// A string made of constant text and holes, in order. A plain literal has one piece.
    Text(Vec<Piece<'s>>),
    /// A regular-expression literal, with its escapes as written.
    Pattern(&'s str),
    /// A dict or object literal.
    Object(Vec<Entry<'s>>),
    /// A list, tuple, set or array.
    List(Vec<ExprId>),
    /// One of several values: a ternary, `or`, `||`, `??`, `and`, `&&`. Conditions of a ternary are not alternatives:
    /// they are `other`.
    Choice {
        /// The possible values.
        alternatives: Vec<ExprId>,
        /// The condition, where it is separate.
        condition: Option<ExprId>,
    },
    /// An operation whose kind matters to rules.
    Operation {
        /// Which.
        operator: Operator,
        /// Its operands in order.
        operands: Vec<ExprId>,
    },
    /// A lambda, arrow function or function expression.
    Function(FunctionId),
    /// A class expression.
    Class(ClassId),
    /// A constant that is not a string: number, boolean, none.
    Constant(&'s str),
    /// Anything else, over the expressions it contains (JSX, comprehension, slices, generic type arguments, …).
    Other(Vec<ExprId>),
}

/// Operators that rules and the resolver tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `==`, `===`, `!=`, `!==`, `is`, `is not`.
    Equality,
    /// `in`, `not in`.
    Membership,
    /// `instanceof` (Python's `isinstance` is a call).
    InstanceOf,
    /// `|` (dict merge, union types) and `&` (intersection types).
    Union,
}

/// One argument of a call.
#[derive(Debug, Clone)]
pub struct Argument<'s> {
    /// How it is passed.
    pub kind: ArgumentKind<'s>,
    /// Its value.
    pub value: ExprId,
    /// The whole argument, with its name.
    pub span: Span,
}

/// How an argument is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentKind<'s> {
    /// By position.
    Positional,
    /// By name: `name=value`.
    Named {
        /// The name.
        name: &'s str,
        /// Where the name stands.
        span: Span,
    },
    /// `*values`, `...values`.
    SpreadPositional,
    /// `**values`.
    SpreadNamed,
}

/// One entry of an object literal.
#[derive(Debug, Clone)]
pub struct Entry<'s> {
    /// The key.
    pub key: Key<'s>,
    /// The value. Of a shorthand `{ name }` it is the [`Expr::Name`] with the key's span; of a spread, what is spread.
    pub value: ExprId,
    /// The whole entry.
    pub span: Span,
}

impl Entry<'_> {
    /// True for `**other`, `...other`.
    pub fn key_is_spread(&self) -> bool {
        matches!(self.key, Key::Spread)
    }
}

/// The key of an object entry.
#[derive(Debug, Clone)]
pub enum Key<'s> {
    /// A constant name: an identifier, a string without holes, a number.
    Named {
        /// The name, without quotes.
        name: Cow<'s, str>,
        /// Where it stands, with quotes.
        span: Span,
    },
    /// A key that is computed: a Python name, `[expr]:`, a string with holes.
    Computed(ExprId),
    /// No key: `**other`, `...other`.
    Spread,
}

/// A piece of a string.
#[derive(Debug, Clone)]
pub enum Piece<'s> {
    /// Constant text with escapes undone (as far as they matter: quotes, backslashes, newlines, Unicode).
    Constant {
        /// The text.
        text: Cow<'s, str>,
        /// Where it stands, without quotes.
        span: Span,
    },
    /// An expression whose value is inserted here.
    Hole(ExprId),
}

/// What kind of region a scope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    /// The file.
    Module,
    /// A function body with its parameters; also comprehensions.
    Function,
    /// A class body. Names in it are not visible in nested functions.
    Class,
    /// A block of a language with block scope.
    Block,
}

/// A region in which names are bound.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Its kind.
    pub kind: ScopeKind,
    /// The enclosing scope; none for the module.
    pub parent: Option<ScopeId>,
    /// The function whose scope this is.
    pub function: Option<FunctionId>,
    /// The class whose scope this is.
    pub class: Option<ClassId>,
    /// Its extent.
    pub span: Span,
}

/// A name given to something in a scope.
#[derive(Debug, Clone)]
pub struct Binding<'s> {
    /// The name.
    pub name: &'s str,
    /// Where the name stands at the binding.
    pub span: Span,
    /// The scope it is bound in. (`global x`, `nonlocal x` and `var x` bind in an outer scope.)
    pub scope: ScopeId,
    /// The branch of conditional flow in which the binding is made.
    pub branch: BranchId,
    /// The scope in which the binding statement is written (differs from `scope` for `global`, `nonlocal`, `var`).
    pub written_in: ScopeId,
    /// The byte offset from which the binding holds: the end of its statement; the start of the scope where the
    /// language hoists it.
    pub from: u32,
    /// What it is bound to.
    pub kind: BindingKind<'s>,
    /// Its declared type.
    pub annotation: Option<ExprId>,
}

/// What a name is bound to.
#[derive(Debug, Clone)]
pub enum BindingKind<'s> {
    /// An imported module or a name from one.
    Import {
        /// Which import statement.
        import: u32,
        /// Which of its items.
        item: u32,
    },
    /// A value. Also the target of `with … as`, `:=`, `??=`.
    Value(ExprId),
    /// A part of a value: destructuring, tuple unpacking.
    Element {
        /// The value that is taken apart.
        of: ExprId,
        /// The way down to the part, outermost first.
        path: Vec<Step<'s>>,
        /// The value used when the part is missing.
        default: Option<ExprId>,
    },
    /// A parameter.
    Parameter {
        /// Whose.
        function: FunctionId,
        /// Which, counted without the receiver. A parameter that takes named arguments by destructuring is an
        /// [`BindingKind::ParameterElement`].
        index: u32,
        /// Its default value.
        default: Option<ExprId>,
    },
    /// A part of a parameter: `function f({ client }) {}`.
    ParameterElement {
        /// Whose.
        function: FunctionId,
        /// Which parameter.
        index: u32,
        /// The way down to the part, outermost first.
        path: Vec<Step<'s>>,
        /// The value used when the part is missing.
        default: Option<ExprId>,
    },
    /// The instance (or class) a method is called on: Python's `self`, `cls`.
    Receiver(ClassId),
    /// A declared function.
    Function(FunctionId),
    /// A declared class, interface, enum or type alias of an object type.
    Class(ClassId),
    /// A type alias of something else: `type C = OpenAI | AzureOpenAI`.
    Alias(ExprId),
    /// Declared without a value: `client: AzureOpenAI`, `let c: AzureOpenAI | null;`.
    Declared,
    /// Something the facts cannot say: a loop variable, `except … as e`, `del`, a rest element.
    Opaque,
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<'s> {
    /// A named part.
    Key(Cow<'s, str>),
    /// A part by position.
    Position(u32),
    /// All other parts.
    Rest,
    /// Some part, as a loop meets them one by one.
    Each,
}

/// An assignment to a member or element.
#[derive(Debug, Clone, Copy)]
pub struct Store {
    /// An [`Expr::Member`] or [`Expr::Index`].
    pub target: ExprId,
    /// What is assigned.
    pub value: ExprId,
    /// The type declared with it: `self.x: T = …`.
    pub annotation: Option<ExprId>,
    /// The whole statement.
    pub span: Span,
}

/// A function of any form.
#[derive(Debug, Clone)]
pub struct Function<'s> {
    /// Its name; none for lambdas and arrow functions (a binding may name them).
    pub name: Option<&'s str>,
    /// Its scope, which holds the parameters.
    pub scope: ScopeId,
    /// Its parameters without the receiver.
    pub parameters: Vec<Parameter<'s>>,
    /// What it returns or yields.
    pub returns: Vec<ExprId>,
    /// The class it is a method of.
    pub class: Option<ClassId>,
    /// Its decorators, lowered in the enclosing scope.
    pub decorators: Vec<ExprId>,
    /// The declared type of its result.
    pub returns_type: Option<ExprId>,
    /// True when reading the member gives what the function returns.
    pub getter: bool,
    /// True for arrow functions, which have no `this` of their own.
    pub transparent_this: bool,
    /// The whole function.
    pub span: Span,
}

/// A parameter of a function.
#[derive(Debug, Clone)]
pub struct Parameter<'s> {
    /// Its name; none when it is taken apart.
    pub name: Option<&'s str>,
    /// Its declared type.
    pub annotation: Option<ExprId>,
    /// True for `*args`, `**kwargs`, `...rest`.
    pub rest: bool,
}

/// A class, interface, enum or object type.
#[derive(Debug, Clone)]
pub struct Class<'s> {
    /// Its name.
    pub name: Option<&'s str>,
    /// Its base classes, in order.
    pub bases: Vec<ExprId>,
    /// Named arguments in its header: `class C(Base, option=value)`.
    pub options: Vec<(&'s str, ExprId)>,
    /// Its scope; its fields, members and methods are bindings there.
    pub scope: ScopeId,
    /// Its decorators, lowered in the enclosing scope.
    pub decorators: Vec<ExprId>,
    /// The whole class.
    pub span: Span,
}

/// One arm of a conditional statement. Two branches with the same `statement` and different `arm` are alternatives.
#[derive(Debug, Clone, Copy)]
pub struct Branch {
    /// The branch this one lies in; none for the unconditional flow of a module or function.
    pub parent: Option<BranchId>,
    /// Names the statement (any number unique in the file, such as its start).
    pub statement: u32,
    /// Which arm.
    pub arm: u16,
    /// True when only one arm runs (`if`/`else`, `switch`); false for `try`/`except` and loops.
    pub exclusive: bool,
    /// True when flow leaves the function in it (it returns or throws) instead of going on after the statement.
    pub leaves: bool,
}

/// A static import or re-export statement.
#[derive(Debug, Clone)]
pub struct Import<'s> {
    /// The module as written, without quotes; relative imports keep their dots (`.settings`, `./client.js`).
    pub module: Cow<'s, str>,
    /// Where it stands, without quotes.
    pub module_span: Span,
    /// What is taken from it; empty for an import for its side effects.
    pub items: Vec<ImportItem<'s>>,
    /// True for `import type`, `if TYPE_CHECKING`.
    pub type_only: bool,
    /// True for `export … from "m"`.
    pub reexport: bool,
    /// The scope it is written in.
    pub scope: ScopeId,
    /// The whole statement.
    pub span: Span,
}

/// One name taken from a module.
#[derive(Debug, Clone)]
pub struct ImportItem<'s> {
    /// What is taken.
    pub symbol: ImportedSymbol<'s>,
    /// Where it is named.
    pub span: Span,
    /// The local name; none for `import *`-like items and re-exports.
    pub local: Option<&'s str>,
    /// True for `import { type X }`.
    pub type_only: bool,
}

/// What an import item takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportedSymbol<'s> {
    /// The module itself: `import m`, `import m as x`, `import * as ns from "m"`.
    Module,
    /// Python's `import a.b.c`: binds `a`, loads all.
    Root(&'s str),
    /// The default export.
    Default,
    /// A named export.
    Named(&'s str),
    /// `from m import *`, `export * from "m"`.
    All,
}

/// A name the module gives to others explicitly.
#[derive(Debug, Clone)]
pub struct Export<'s> {
    /// The outside name (`default` for a default export; `*` for `export *`).
    pub name: Cow<'s, str>,
    /// What it stands for.
    pub value: ExportValue<'s>,
    /// Where it is written.
    pub span: Span,
}

/// What an export stands for.
#[derive(Debug, Clone)]
pub enum ExportValue<'s> {
    /// A name of the module's scope.
    Local(&'s str),
    /// An expression.
    Expr(ExprId),
    /// An item of a re-export.
    Import {
        /// Which import statement.
        import: u32,
        /// Which of its items.
        item: u32,
    },
}

/// A place the lowering could not read.
#[derive(Debug, Clone, Copy)]
pub struct Problem {
    /// What was wrong.
    pub kind: ProblemKind,
    /// Where.
    pub span: Span,
}

/// Why a place could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A syntax error; the grammar recovered after it.
    Syntax,
    /// Nested deeper than is looked at.
    TooDeep,
}

/// How deep expressions and statements may nest before a lowering stops descending, unless another limit is set.
pub const MAX_DEPTH: usize = 500;

impl<'s> Facts<'s> {
    /// The expression named `id`.
    pub fn expr(&self, id: ExprId) -> &Expr<'s> {
        &self.exprs[id.index()].expr
    }

    /// The node named `id`.
    pub fn node(&self, id: ExprId) -> &ExprNode<'s> {
        &self.exprs[id.index()]
    }

    /// The outermost expression that `id` is part of.
    pub fn outermost(&self, id: ExprId) -> ExprId {
        std::iter::successors(Some(id), |&at| self.node(at).parent).last().unwrap_or(id)
    }

    /// Adds an expression and makes it the parent of its direct parts.
    pub fn push(&mut self, node: ExprNode<'s>) -> ExprId {
        let id = ExprId(self.exprs.len() as u32);
        let exprs = &mut self.exprs;
        node.expr.for_each_child(|child| exprs[child.index()].parent = Some(id));
        self.exprs.push(node);
        id
    }

    /// The string an expression is, when it is one without holes.
    pub fn constant_text(&self, id: ExprId) -> Option<Cow<'s, str>> {
        let Expr::Text(pieces) = self.expr(id) else { return None };
        match pieces.as_slice() {
            [] => Some(Cow::Borrowed("")),
            [Piece::Constant { text, .. }] => Some(text.clone()),
            many => {
                let mut joined = String::new();
                for piece in many {
                    match piece {
                        Piece::Constant { text, .. } => joined.push_str(text),
                        Piece::Hole(_) => return None,
                    }
                }
                Some(Cow::Owned(joined))
            }
        }
    }
}

impl Expr<'_> {
    /// Calls `f` with each direct part, in source order.
    pub fn for_each_child(&self, mut f: impl FnMut(ExprId)) {
        match self {
            Expr::Name(_)
            | Expr::This
            | Expr::Super
            | Expr::Module(_)
            | Expr::Pattern(_)
            | Expr::Constant(_)
            | Expr::Function(_)
            | Expr::Class(_) => {}
            Expr::Member { object, .. } => f(*object),
            Expr::Index { object, index } => {
                f(*object);
                f(*index);
            }
            Expr::Call { callee, arguments } => {
                f(*callee);
                for argument in arguments {
                    f(argument.value);
                }
            }
            Expr::Text(pieces) => {
                for piece in pieces {
                    if let Piece::Hole(hole) = piece {
                        f(*hole);
                    }
                }
            }
            Expr::Object(entries) => {
                for entry in entries {
                    if let Key::Computed(key) = entry.key {
                        f(key);
                    }
                    f(entry.value);
                }
            }
            Expr::Choice { alternatives, condition } => {
                if let Some(condition) = condition {
                    f(*condition);
                }
                alternatives.iter().copied().for_each(f);
            }
            Expr::List(items) | Expr::Other(items) | Expr::Operation { operands: items, .. } => {
                items.iter().copied().for_each(f);
            }
        }
    }
}
