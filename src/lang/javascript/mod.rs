//! Lowering of JavaScript, JSX, TypeScript and TSX.
//!
//! One walk over the syntax tree turns statements, expressions, types and module syntax into facts; each has a room of
//! its own below. The walk says what is written. It ends where meaning begins: which package a specifier loads beyond
//! its written forms, what a name stands for, and what a variable of the environment holds are for later stages.

mod classes;
mod expressions;
mod functions;
mod jsx;
mod kinds;
mod literals;
mod modules;
mod patterns;
mod statements;
mod text;
mod types;
pub(super) mod writing;

use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::{Node, Tree, TreeCursor};

use self::kinds::{Field, Kind, Table};
use super::Environment;
use super::builder::{Builder, span};
use crate::facts::{BranchId, ExprId, Facts, FunctionId, Problem, ProblemKind, ScopeId, ScopeKind, Usage};

/// How JavaScript programs read their environment.
pub(super) static ENVIRONMENT: Environment = Environment {
    containers: &[
        "global:process.env",
        "process.env",
        "node:process.env",
        "global:globalThis.process.env",
        "global:global.process.env",
        "global:window.process.env",
        "global:import.meta.env",
        "global:Bun.env",
        "bun.env",
        "cloudflare:workers.env",
        "$env/dynamic/private.env",
        "$env/dynamic/public.env",
        "dotenv.config().parsed",
        "dotenv.parse()",
    ],
    readers: &[
        "global:Deno.env.get",
        "global:Deno.env.set",
        "global:Netlify.env.get",
        "@nestjs/config.ConfigService.get",
        "@nestjs/config.ConfigService.getOrThrow",
        "@nestjs/config.ConfigService().get",
        "@nestjs/config.ConfigService().getOrThrow",
        "env-var.get",
        "getenv",
    ],
    modules: &["$env/static/private", "$env/static/public", "cloudflare:workers"],
    settings: &[],
};

/// How many syntax errors of one file are reported.
const MAX_SYNTAX_PROBLEMS: usize = 20;

/// Lowers a JavaScript or TypeScript module.
pub(super) fn lower<'s>(tree: &Tree, source: &'s str, max_depth: usize) -> Facts<'s> {
    let mut b = Builder::new(source, max_depth);
    let mut reader = Reader::new(tree);
    reader.statements(&mut b, tree.root_node());
    reader.recover(&mut b);
    settle(&mut b, &reader.assigned);
    if tree.root_node().has_error() {
        report_syntax(&mut b, tree, reader.table);
    }
    b.facts
}

/// A child of a syntax node.
#[derive(Clone, Copy)]
struct Child<'t> {
    node: Node<'t>,
    kind: Kind,
    field: Field,
}

/// The walk over one tree. The facts it makes stand in a [`Builder`] that is passed along, so that the builder's
/// scoped helpers can be used from here.
struct Reader<'t> {
    table: &'static Table,
    cursor: TreeCursor<'t>,
    /// The children of all nodes that are being read, outermost first.
    children: Vec<Child<'t>>,
    /// The left spines of all expressions that are being read, outermost first.
    spine: Vec<Child<'t>>,
    /// Broken places, with where they stand.
    broken: Vec<(Node<'t>, ScopeId, BranchId)>,
    /// Bindings made by plain assignments; the scope they belong to is known when all declarations are.
    assigned: Vec<usize>,
    /// The function that is being read.
    function: Option<FunctionId>,
    /// The scope that `var` and function declarations are hoisted to.
    hoist: ScopeId,
    /// The module the next function's first parameter receives: `import("m").then(m => …)`.
    promised: Option<ExprId>,
}

impl<'t> Reader<'t> {
    fn new(tree: &'t Tree) -> Self {
        Self {
            table: Table::of(tree),
            cursor: tree.walk(),
            children: Vec::new(),
            spine: Vec::new(),
            broken: Vec::new(),
            assigned: Vec::new(),
            function: None,
            hoist: ScopeId(0),
            promised: None,
        }
    }

    /// Puts the children of `node` that can matter on [`Self::children`] and says where. They are valid until
    /// [`Self::close`]; forgetting to close is harmless, since closing an outer node closes all in it.
    fn open(&mut self, b: &Builder<'_>, node: Node<'t>) -> Range<usize> {
        self.open_with(b, node, false)
    }

    /// As [`Self::open`], with the fields of the children.
    fn open_fields(&mut self, b: &Builder<'_>, node: Node<'t>) -> Range<usize> {
        self.open_with(b, node, true)
    }

    fn open_with(&mut self, b: &Builder<'_>, node: Node<'t>, fields: bool) -> Range<usize> {
        let start = self.children.len();
        self.cursor.reset(node);
        let mut more = self.cursor.goto_first_child();
        while more {
            let node = self.cursor.node();
            let kind = self.table.kind(node);
            match kind {
                Kind::Noise | Kind::Nothing => {}
                Kind::Error => self.broken.push((node, b.scope, b.branch)),
                _ => {
                    let field = if fields { self.table.field(self.cursor.field_id()) } else { Field::None };
                    self.children.push(Child { node, kind, field });
                }
            }
            more = self.cursor.goto_next_sibling();
        }
        start..self.children.len()
    }

    fn close(&mut self, opened: &Range<usize>) {
        self.children.truncate(opened.start);
    }

    /// The opened child that is the part `field`.
    fn field(&self, opened: &Range<usize>, field: Field) -> Option<Child<'t>> {
        self.children[opened.clone()].iter().find(|child| child.field == field).copied()
    }

    /// The first opened child of a kind.
    fn child(&self, opened: &Range<usize>, kind: Kind) -> Option<Child<'t>> {
        self.children[opened.clone()].iter().find(|child| child.kind == kind).copied()
    }

    fn has(&self, opened: &Range<usize>, kind: Kind) -> bool {
        self.child(opened, kind).is_some()
    }

    /// The first expression in a node that wraps one.
    fn only(&mut self, b: &Builder<'_>, node: Node<'t>) -> Option<Child<'t>> {
        let opened = self.open(b, node);
        let only = self.children[opened.clone()].iter().find(|child| child.kind.is_expression()).copied();
        self.close(&opened);
        only
    }

    /// Lowers whatever stands at a place where the grammar does not say what to expect.
    fn anything(&mut self, b: &mut Builder<'_>, child: Child<'t>) {
        if child.kind.is_statement() {
            self.statement(b, child);
        } else if child.kind.is_expression() {
            self.expression(b, child);
        } else if child.kind.is_type() || child.kind.holds_types() {
            self.annotated(b, child);
        } else if child.node.child_count() > 0 {
            b.deeper(span(child.node), |b| self.inside(b, child.node));
        }
    }

    /// Lowers whatever stands in a node.
    fn inside(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open(b, node);
        for at in opened.clone() {
            self.anything(b, self.children[at]);
        }
        self.close(&opened);
    }

    /// Lowers what stands in the broken places, each in the scope it was found in.
    fn recover(&mut self, b: &mut Builder<'_>) {
        while let Some((node, scope, branch)) = self.broken.pop() {
            (b.scope, b.branch, b.usage) = (scope, branch, Usage::Value);
            self.hoist = function_scope(b, scope);
            self.function = b.facts.scopes[self.hoist.index()].function;
            self.inside(b, node);
        }
        (b.scope, b.branch) = (ScopeId(0), BranchId(0));
    }
}

/// The nearest scope of a function or the module.
fn function_scope(b: &Builder<'_>, mut scope: ScopeId) -> ScopeId {
    loop {
        let facts = &b.facts.scopes[scope.index()];
        match (facts.kind, facts.parent) {
            (ScopeKind::Block | ScopeKind::Class, Some(parent)) => scope = parent,
            _ => return scope,
        }
    }
}

/// Gives plain assignments the scope their name is declared in, and brings the bindings into source order.
fn settle(b: &mut Builder<'_>, assigned: &[usize]) {
    let bindings = &mut b.facts.bindings;
    if !assigned.is_empty() {
        let names: HashSet<&str> = assigned.iter().map(|&at| bindings[at].name).collect();
        let mut waiting = assigned.iter().copied().peekable();
        let mut declared = HashSet::new();
        for (at, binding) in bindings.iter().enumerate() {
            if waiting.next_if_eq(&at).is_none() && names.contains(binding.name) {
                declared.insert((binding.name, binding.scope));
            }
        }
        for &at in assigned {
            let binding = &mut bindings[at];
            let mut scope = Some(binding.scope);
            while let Some(id) = scope {
                let facts = &b.facts.scopes[id.index()];
                if facts.kind != ScopeKind::Class && declared.contains(&(binding.name, id)) {
                    break;
                }
                scope = facts.parent;
            }
            binding.scope = scope.unwrap_or(ScopeId(0));
        }
    }
    bindings.sort_by_key(|binding| binding.span.start);
}

/// Notes where the syntax is broken.
fn report_syntax(b: &mut Builder<'_>, tree: &Tree, table: &Table) {
    let mut cursor = tree.walk();
    let mut found = 0;
    loop {
        let node = cursor.node();
        let broken = table.kind(node) == Kind::Error || node.is_missing();
        if broken {
            b.facts.problems.push(Problem { kind: ProblemKind::Syntax, span: span(node) });
            found += 1;
            if found == MAX_SYNTAX_PROBLEMS {
                return;
            }
        }
        if !broken && node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}
