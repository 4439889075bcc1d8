//! Statements, and the branches of conditional flow they make.

use tree_sitter::Node;

use super::{
    syntax::{Child, Field, Kind, Reader},
    targets::{Assigning, Origin},
};
use crate::{
    facts::{BindingKind, Expr, ExprId, MAX_DEPTH, Span, Step, Usage},
    lang::builder::{Builder, span},
};

/// Names the branches of a statement. (The statement's start names the flow of a function that starts there.)
fn branch_key(statement: Node<'_>) -> u32 {
    statement.start_byte() as u32 + 1
}

impl<'t, 's> Reader<'t, 's> {
    /// Reads the statements of a module or block.
    pub(super) fn block(&mut self, b: &mut Builder<'s>, block: Node<'t>) {
        self.each(b, block, |reader, b, statement| {
            reader.statement(b, statement);
            reader.read_broken(b);
        });
        self.read_broken(b);
    }

    /// Reads what can be read of the broken places met so far.
    fn read_broken(&mut self, b: &mut Builder<'s>) {
        while !self.broken.is_empty() {
            for node in std::mem::take(&mut self.broken) {
                self.each(b, node, |reader, b, child| {
                    // It may well be a docstring.
                    if !matches!(child.kind, Kind::String | Kind::ConcatenatedString) {
                        reader.fragment(b, child);
                    }
                });
            }
        }
    }

    /// Reads a piece of broken syntax.
    fn fragment(&mut self, b: &mut Builder<'s>, child: Child<'t>) {
        if child.kind.is_statement() {
            self.statement(b, child);
        } else if child.kind.is_expression() {
            self.expression(b, child);
        } else if child.kind == Kind::Block {
            b.deeper(child.span(), |b| self.block(b, child.node));
        } else {
            b.deeper(child.span(), |b| self.each(b, child.node, Self::fragment));
        }
    }

    fn statement(&mut self, b: &mut Builder<'s>, statement: Child<'t>) {
        let node = statement.node;
        match statement.kind {
            Kind::ExpressionStatement => self.each(b, node, Self::part_of_statement),
            Kind::Assignment | Kind::AugmentedAssignment => self.part_of_statement(b, statement),
            Kind::Import => self.import(b, node),
            Kind::ImportFrom | Kind::FutureImport => self.import_from(b, node),
            Kind::Return => self.return_statement(b, node),
            Kind::Delete => {
                let at = Assigning::plain(statement.span());
                self.each(b, node, |reader, b, target| reader.assign(b, target, &Origin::Unknown, at));
            }
            Kind::Global => self.global(b, node),
            Kind::Nonlocal => self.nonlocal(b, node),
            Kind::TypeAlias => self.type_alias(b, node),
            Kind::OtherStatement => {
                if node.child_count() > 1 {
                    self.expression(b, statement);
                }
                if node.kind() == "raise_statement" {
                    b.leave(true);
                }
            }
            kind if kind.is_statement() => {
                b.deeper(statement.span(), |b| self.compound(b, statement));
            }
            _ => self.fragment(b, statement),
        }
    }

    fn compound(&mut self, b: &mut Builder<'s>, statement: Child<'t>) {
        let node = statement.node;
        match statement.kind {
            Kind::If => self.if_statement(b, node),
            Kind::For => self.for_statement(b, node),
            Kind::While => self.while_statement(b, node),
            Kind::Try => self.try_statement(b, node),
            Kind::With => self.with_statement(b, node),
            Kind::Match => self.match_statement(b, node),
            Kind::FunctionDefinition => self.function_definition(b, node, Vec::new()),
            Kind::ClassDefinition => self.class_definition(b, node, Vec::new()),
            Kind::Decorated => self.decorated_definition(b, node),
            _ => {}
        }
    }

    fn part_of_statement(&mut self, b: &mut Builder<'s>, part: Child<'t>) {
        match part.kind {
            Kind::Assignment => self.assignment(b, part.node),
            Kind::AugmentedAssignment => {
                self.augmented_assignment(b, part.node);
            }
            // Docstrings and strings that serve as comments.
            Kind::String | Kind::ConcatenatedString => {}
            _ => {
                self.expression(b, part);
            }
        }
    }

    fn return_statement(&mut self, b: &mut Builder<'s>, node: Node<'t>) {
        if let Some(value) = self.first(node) {
            let value = self.expression(b, value);
            self.returns(b, value);
        }
        b.leave(false);
    }

    /// Notes that the current function returns or yields `value`.
    pub(super) fn returns(&mut self, b: &mut Builder<'s>, value: ExprId) {
        if let Some(function) = self.function {
            b.facts.functions[function.index()].returns.push(value);
        }
    }

    /// `type X = A | B`.
    fn type_alias(&mut self, b: &mut Builder<'s>, node: Node<'t>) {
        let parts = self.fielded(node);
        let (left, right) = (self.field(&parts, Field::Left), self.field(&parts, Field::Right));
        self.release(&parts);
        let (Some(left), Some(right)) = (left, right) else { return };
        let value = self.annotation(b, right);
        let mut name = self.unwrap(left);
        if name.kind == Kind::GenericType {
            name = self.first(name.node).unwrap_or(name);
        }
        if name.kind == Kind::Identifier {
            self.bind(b, name.node, node.end_byte() as u32, BindingKind::Alias(value), None);
        }
    }

    /// `a = b = v`, `a: T = v`, `a: T`. The chain nests to the right and can be long.
    fn assignment(&mut self, b: &mut Builder<'s>, node: Node<'t>) {
        let statement = span(node);
        let start = self.children.len();
        let mut annotation = None;
        let mut value = None;
        let mut next = Some(node);
        // The targets stay on the stack until the value is known.
        while let Some(link) = next.take() {
            let (left, declared, right) = self.assignment_parts(link);
            if let Some(declared) = declared {
                annotation = Some(self.annotation(b, declared));
            }
            self.children.extend(left);
            match right {
                Some(right) if right.kind == Kind::Assignment => next = Some(right.node),
                Some(right) if right.kind == Kind::AugmentedAssignment => {
                    value = self.augmented_assignment(b, right.node);
                }
                Some(right) => value = Some(self.expression(b, right)),
                None => {}
            }
        }
        let at = Assigning { annotation, ..Assigning::plain(statement) };
        let targets = start..self.children.len();
        for index in targets.clone() {
            let target = self.children[index];
            match value {
                Some(value) => self.assign(b, target, &Origin::Whole(value), at),
                None => self.declare(b, target, at),
            }
        }
        self.release(&targets);
    }

    /// Target, declared type and value.
    fn assignment_parts(&mut self, node: Node<'t>) -> (Option<Child<'t>>, Option<Child<'t>>, Option<Child<'t>>) {
        if let Some([left, sign, right]) = self.three(node)
            && left.kind.is_part()
            && sign.kind == Kind::Token
            && right.kind.is_part()
        {
            return match right.kind {
                Kind::Type => (Some(left), Some(right), None),
                _ => (Some(left), None, Some(right)),
            };
        }
        let parts = self.fielded(node);
        let all = (self.field(&parts, Field::Left), self.field(&parts, Field::Type), self.field(&parts, Field::Right));
        self.release(&parts);
        all
    }

    /// `a: T` without a value.
    fn declare(&mut self, b: &mut Builder<'s>, target: Child<'t>, at: Assigning) {
        let target = self.unwrap(target);
        if target.kind == Kind::Identifier {
            self.bind(b, target.node, at.from, BindingKind::Declared, at.annotation);
        } else {
            self.assign(b, target, &Origin::Unknown, at);
        }
    }

    /// `a += v`: the target gets a value made of its old value and the new one.
    fn augmented_assignment(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> Option<ExprId> {
        let parts = self.fielded(node);
        let left = self.field(&parts, Field::Left);
        let operator = self.field(&parts, Field::Operator);
        let right = self.field(&parts, Field::Right);
        self.release(&parts);
        let (left, right) = (left?, right?);
        let target = self.unwrap(left);
        let operator = operator.map_or(Kind::OtherAssign, |operator| operator.kind);
        let right = match right.kind {
            Kind::Assignment | Kind::AugmentedAssignment => {
                b.deeper(right.span(), |b| self.part_of_statement(b, right));
                None
            }
            _ => Some(right),
        };
        let old = self.expression(b, target);
        let value = match right {
            Some(right) => self.combined(b, old, operator, right, span(node)),
            None => b.expr(Expr::Other(vec![old]), span(node)),
        };
        if target.kind == Kind::Identifier {
            self.bind(b, target.node, node.end_byte() as u32, BindingKind::Value(value), None);
        } else {
            Self::store(b, old, value, Assigning::plain(span(node)));
        }
        Some(value)
    }

    fn arm(&mut self, b: &mut Builder<'s>, statement: Node<'t>, arm: u16, exclusive: bool, block: Option<Child<'t>>) {
        if let Some(block) = block {
            b.in_branch(branch_key(statement), arm, exclusive, |b| self.block(b, block.node));
        }
    }

    /// `if`, with any number of `elif` and an `else`.
    fn if_statement(&mut self, b: &mut Builder<'s>, node: Node<'t>) {
        let parts = self.fielded(node);
        let type_only = self.type_only;
        self.condition(b, &parts);
        let block = self.field(&parts, Field::Consequence);
        self.arm(b, node, 0, true, block);
        let mut arm = 0u16;
        for index in parts.clone() {
            self.type_only = type_only;
            let clause = self.children[index];
            if !matches!(clause.kind, Kind::Elif | Kind::Else) {
                continue;
            }
            arm = arm.saturating_add(1);
            let parts = self.fielded(clause.node);
            self.condition(b, &parts);
            let block = self.field(&parts, Field::Consequence).or_else(|| self.field(&parts, Field::Body));
            self.arm(b, node, arm, true, block);
            self.release(&parts);
        }
        self.type_only = type_only;
        self.release(&parts);
    }

    /// Reads a condition, if there is one, and notes when what it guards is for type checkers only.
    fn condition(&mut self, b: &mut Builder<'s>, parts: &std::ops::Range<usize>) {
        let Some(condition) = self.field(parts, Field::Condition) else { return };
        self.expression(b, condition);
        let condition = self.unwrap(condition);
        let name = match condition.kind {
            Kind::Identifier => b.text(condition.node),
            Kind::Attribute => b.text(condition.node).rsplit('.').next().unwrap_or_default(),
            _ => return,
        };
        self.type_only |= name == "TYPE_CHECKING";
    }

    fn for_statement(&mut self, b: &mut Builder<'s>, node: Node<'t>) {
        let parts = self.fielded(node);
        if let Some(right) = self.field(&parts, Field::Right) {
            let over = self.expression(b, right);
            if let Some(left) = self.field(&parts, Field::Left) {
                let at = Assigning::plain(Span { end: right.span().end, ..span(node) });
                self.assign(b, left, &Origin::Part(over, vec![Step::Each]), at);
            }
        }
        self.loop_body(b, node, &parts);
        self.release(&parts);
    }

    fn while_statement(&mut self, b: &mut Builder<'s>, node: Node<'t>) {
        let parts = self.fielded(node);
        if let Some(condition) = self.field(&parts, Field::Condition) {
            self.expression(b, condition);
        }
        self.loop_body(b, node, &parts);
        self.release(&parts);
    }

    fn loop_body(&mut self, b: &mut Builder<'s>, node: Node<'t>, parts: &std::ops::Range<usize>) {
        let body = self.field(parts, Field::Body);
        self.arm(b, node, 0, false, body);
        if let Some(otherwise) = self.field(parts, Field::Alternative) {
            let block = self.first(otherwise.node);
            self.arm(b, node, 1, false, block);
        }
    }

    fn try_statement(&mut self, b: &mut Builder<'s>, node: Node<'t>) {
        let parts = self.fielded(node);
        let mut body = b.branch;
        let mut arm = 0u16;
        for index in parts.clone() {
            let part = self.children[index];
            match part.kind {
                Kind::Block => b.in_branch(branch_key(node), 0, false, |b| {
                    body = b.branch;
                    self.block(b, part.node);
                }),
                Kind::Except => {
                    arm = arm.saturating_add(1);
                    b.in_branch(branch_key(node), arm, false, |b| self.except_clause(b, part.node));
                }
                // Runs when the body has run, so it belongs to the same branch.
                Kind::Else => {
                    let outer = std::mem::replace(&mut b.branch, body);
                    self.inner_block(b, part.node);
                    b.branch = outer;
                }
                Kind::Finally => self.inner_block(b, part.node),
                _ => {}
            }
        }
        self.release(&parts);
    }

    fn inner_block(&mut self, b: &mut Builder<'s>, clause: Node<'t>) {
        if let Some(block) = self.first(clause) {
            self.block(b, block.node);
        }
    }

    fn except_clause(&mut self, b: &mut Builder<'s>, clause: Node<'t>) {
        let parts = self.fielded(clause);
        for index in parts.clone() {
            let part = self.children[index];
            if part.kind == Kind::Block {
                self.block(b, part.node);
            } else if part.field == Field::Alias {
                self.assign(b, part, &Origin::Unknown, Assigning::plain(part.span()));
            } else {
                self.maybe_named(b, part, false);
            }
        }
        self.release(&parts);
    }

    fn with_statement(&mut self, b: &mut Builder<'s>, node: Node<'t>) {
        self.each(b, node, |reader, b, part| match part.kind {
            Kind::WithClause => reader.each(b, part.node, |reader, b, item| {
                if let Some(value) = reader.first(item.node) {
                    reader.maybe_named(b, value, true);
                }
            }),
            Kind::Block => reader.block(b, part.node),
            _ => {}
        });
    }

    /// `X` or `X as y`, where `y` is bound to the value if that is `known`.
    pub(super) fn maybe_named(&mut self, b: &mut Builder<'s>, item: Child<'t>, known: bool) -> ExprId {
        let item = self.unwrap(item);
        if item.kind != Kind::AsPattern {
            return self.expression(b, item);
        }
        let parts = self.fielded(item.node);
        let value = match self.children[parts.clone()].first().copied() {
            Some(value) => self.expression(b, value),
            None => b.expr(Expr::Other(Vec::new()), item.span()),
        };
        if let Some(alias) = self.field(&parts, Field::Alias) {
            let origin = if known { Origin::Whole(value) } else { Origin::Unknown };
            self.assign(b, alias, &origin, Assigning::plain(item.span()));
        }
        self.release(&parts);
        value
    }

    fn match_statement(&mut self, b: &mut Builder<'s>, node: Node<'t>) {
        let parts = self.fielded(node);
        for index in parts.clone() {
            let part = self.children[index];
            if part.field == Field::Subject {
                self.expression(b, part);
            } else if part.kind == Kind::Block {
                let mut arm = 0u16;
                self.each(b, part.node, |reader, b, case| {
                    b.in_branch(branch_key(node), arm, true, |b| reader.case(b, case.node));
                    arm = arm.saturating_add(1);
                });
            }
        }
        self.release(&parts);
    }

    fn case(&mut self, b: &mut Builder<'s>, case: Node<'t>) {
        self.each(b, case, |reader, b, part| match part.kind {
            Kind::Block => reader.block(b, part.node),
            Kind::IfClause => {
                if let Some(guard) = reader.first(part.node) {
                    reader.expression(b, guard);
                }
            }
            _ => reader.pattern(b, part),
        });
    }

    /// A pattern of a `case`: values it compares with are expressions, names it captures are bound.
    fn pattern(&mut self, b: &mut Builder<'s>, pattern: Child<'t>) {
        match pattern.kind {
            Kind::Identifier => {
                self.bind(b, pattern.node, pattern.span().end, BindingKind::Opaque, None);
            }
            Kind::DottedName => {
                let names = self.children(pattern.node);
                let single = (names.len() == 1).then(|| self.children[names.start]);
                self.release(&names);
                match single {
                    Some(name) => self.pattern(b, name),
                    None => self.dotted_name(b, pattern.node),
                }
            }
            Kind::String | Kind::ConcatenatedString | Kind::Constant => {
                self.expression(b, pattern);
            }
            Kind::ClassPattern | Kind::KeywordPattern => {
                b.deeper(pattern.span(), |b| {
                    let mut parts = self.children(pattern.node);
                    let all = parts.clone();
                    if let Some(name) = parts.next().filter(|_| pattern.kind == Kind::ClassPattern) {
                        self.dotted_name(b, self.children[name].node);
                    }
                    for index in parts {
                        let part = self.children[index];
                        self.pattern(b, part);
                    }
                    self.release(&all);
                });
            }
            _ => {
                b.deeper(pattern.span(), |b| self.each(b, pattern.node, Self::pattern));
            }
        }
    }

    /// `a.b.c` where the grammar has no expression.
    fn dotted_name(&mut self, b: &mut Builder<'s>, node: Node<'t>) {
        let names = self.children(node);
        let mut object = None;
        for index in names.clone().take(MAX_DEPTH) {
            let name = self.children[index];
            let (text, place) = (b.text(name.node), name.span());
            object = Some(match object {
                None => b.expr(Expr::Name(text), place),
                Some(object) => {
                    let whole = Span { end: place.end, ..span(node) };
                    b.expr(Expr::Member { object, property: text, property_span: place }, whole)
                }
            });
        }
        self.release(&names);
    }

    /// Reads a base class or another expression in a part of its own.
    pub(super) fn expression_as(&mut self, b: &mut Builder<'s>, usage: Usage, child: Child<'t>) -> ExprId {
        b.in_usage(usage, |b| self.expression(b, child))
    }
}
