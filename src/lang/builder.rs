//! What every lowering does the same way: adding facts while keeping track of the scope, the branch of conditional
//! flow, the usage and the depth of the place that is being read.

use tree_sitter::{Node, Tree};

use crate::facts::{
    Binding, BindingKind, Branch, BranchId, ClassId, Expr, ExprId, ExprNode, Facts, FunctionId, Problem, ProblemKind,
    Scope, ScopeId, ScopeKind, Span, Usage,
};

/// How many broken places are noted per file; more say nothing new.
const MAX_PROBLEMS: usize = 20;

/// Facts in the making.
pub(super) struct Builder<'s> {
    /// The facts so far.
    pub(super) facts: Facts<'s>,
    /// The text that is lowered.
    pub(super) source: &'s str,
    /// The innermost scope of the place being read.
    pub(super) scope: ScopeId,
    /// The branch of conditional flow of the place being read.
    pub(super) branch: BranchId,
    /// The part that expressions play at the place being read.
    pub(super) usage: Usage,
    depth: usize,
    max_depth: usize,
}

/// The span of a syntax node.
pub(super) fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

/// The named children of a syntax node.
pub(super) fn named_children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

impl<'s> Builder<'s> {
    /// Starts with a module scope and its unconditional branch.
    pub(super) fn new(source: &'s str, max_depth: usize) -> Self {
        let mut facts = Facts::default();
        facts.scopes.push(Scope {
            kind: ScopeKind::Module,
            parent: None,
            function: None,
            class: None,
            span: Span::new(0, source.len()),
        });
        facts.branches.push(Branch { parent: None, statement: 0, arm: 0, exclusive: false, leaves: false });
        Self { facts, source, scope: ScopeId(0), branch: BranchId(0), usage: Usage::Value, depth: 0, max_depth }
    }

    /// The text of a syntax node.
    pub(super) fn text(&self, node: Node<'_>) -> &'s str {
        self.source.get(node.byte_range()).unwrap_or_default()
    }

    /// Adds an expression at the place being read.
    pub(super) fn expr(&mut self, expr: Expr<'s>, span: Span) -> ExprId {
        self.facts.push(ExprNode {
            expr,
            span,
            scope: self.scope,
            branch: self.branch,
            parent: None,
            usage: self.usage,
        })
    }

    /// Runs `read` in a new scope. A function scope starts its own unconditional branch.
    pub(super) fn in_scope<T>(
        &mut self,
        kind: ScopeKind,
        span: Span,
        function: Option<FunctionId>,
        class: Option<ClassId>,
        read: impl FnOnce(&mut Self) -> T,
    ) -> (ScopeId, T) {
        let id = ScopeId(self.facts.scopes.len() as u32);
        self.facts.scopes.push(Scope { kind, parent: Some(self.scope), function, class, span });
        let outer = (std::mem::replace(&mut self.scope, id), self.branch);
        if kind == ScopeKind::Function {
            self.branch = self.new_branch(None, span.start, 0, false);
        }
        let result = read(self);
        (self.scope, self.branch) = outer;
        (id, result)
    }

    /// Runs `read` in an arm of the conditional statement that starts at `statement`.
    pub(super) fn in_branch<T>(
        &mut self,
        statement: u32,
        arm: u16,
        exclusive: bool,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let inner = self.new_branch(Some(self.branch), statement, arm, exclusive);
        let outer = std::mem::replace(&mut self.branch, inner);
        let result = read(self);
        self.branch = outer;
        result
    }

    fn new_branch(&mut self, parent: Option<BranchId>, statement: u32, arm: u16, exclusive: bool) -> BranchId {
        let id = BranchId(self.facts.branches.len() as u32);
        self.facts.branches.push(Branch { parent, statement, arm, exclusive, leaves: false });
        id
    }

    /// Notes that flow leaves the function at the place being read. What is `thrown` may be caught in it.
    pub(super) fn leave(&mut self, thrown: bool) {
        let branches = &mut self.facts.branches;
        let around = std::iter::successors(Some(self.branch), |branch| branches[branch.index()].parent);
        let caught = thrown
            && around.into_iter().any(|id| !branches[id.index()].exclusive && branches[id.index()].parent.is_some());
        if !caught {
            branches[self.branch.index()].leaves = true;
        }
    }

    /// Runs `read` with expressions playing the part `usage`.
    pub(super) fn in_usage<T>(&mut self, usage: Usage, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.usage, usage);
        let result = read(self);
        self.usage = outer;
        result
    }

    /// Runs `read` one level deeper, or notes the problem and returns `None` when that is too deep.
    pub(super) fn deeper<T>(&mut self, place: Span, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= self.max_depth {
            let kind = ProblemKind::TooDeep;
            if self.facts.problems.last().is_none_or(|last| last.kind != kind) {
                self.facts.problems.push(Problem { kind, span: place });
            }
            return None;
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        Some(result)
    }

    /// Binds `name` in the scope `scope`, holding from the offset `from`.
    pub(super) fn bind(
        &mut self,
        name: &'s str,
        span: Span,
        scope: ScopeId,
        from: u32,
        kind: BindingKind<'s>,
        annotation: Option<ExprId>,
    ) {
        self.facts.bindings.push(Binding {
            name,
            span,
            scope,
            branch: self.branch,
            written_in: self.scope,
            from,
            kind,
            annotation,
        });
    }
}

/// Notes the broken places, following only subtrees that contain one.
pub(super) fn note_problems(tree: &Tree, builder: &mut Builder<'_>) {
    note_problems_but(tree, builder, |_| false);
}

/// The same, but for places whose text is no mistake: dialects have what a grammar does not know.
pub(super) fn note_problems_but(tree: &Tree, builder: &mut Builder<'_>, known: impl Fn(&str) -> bool) {
    let mut cursor = tree.walk();
    while builder.facts.problems.len() < MAX_PROBLEMS {
        let node = cursor.node();
        let is_known = node.is_error() && known(builder.text(node));
        if (node.is_error() || node.is_missing()) && !is_known {
            builder.facts.problems.push(Problem { kind: ProblemKind::Syntax, span: span(node) });
        } else if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}
