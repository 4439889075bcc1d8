//! Statements: scopes, branches of conditional flow, declarations and assignments.

use tree_sitter::Node;

use super::expressions::Operands;
use super::modules::export_assigned;
use super::patterns::{Source, Target};
use super::{Child, Field, Kind, Reader};
use crate::facts::{BindingKind, Expr, ExprId, ScopeId, ScopeKind, Span, Store};
use crate::lang::builder::{Builder, span};

impl<'t> Reader<'t> {
    /// Lowers the statements in a node.
    pub(super) fn statements(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open(b, node);
        for at in opened.clone() {
            self.statement(b, self.children[at]);
        }
        self.close(&opened);
    }

    /// Lowers a statement.
    pub(super) fn statement(&mut self, b: &mut Builder<'_>, child: Child<'t>) {
        if child.kind.is_statement() {
            b.deeper(span(child.node), |b| self.known_statement(b, child));
        } else {
            self.anything(b, child);
        }
    }

    fn known_statement(&mut self, b: &mut Builder<'_>, child: Child<'t>) {
        let node = child.node;
        match child.kind {
            Kind::ExpressionStatement => self.expression_statement(b, node),
            Kind::LexicalDeclaration => self.declarations(b, node, b.scope),
            Kind::VariableDeclaration => self.declarations(b, node, self.hoist),
            Kind::VariableDeclarator => self.declarator(b, node, b.scope),
            Kind::FunctionDeclaration => self.function_declaration(b, node),
            Kind::ClassDeclaration => self.class_declaration(b, node, Vec::new()),
            Kind::InterfaceDeclaration => self.interface(b, node),
            Kind::EnumDeclaration => self.enumeration(b, node),
            Kind::TypeAlias => self.type_alias(b, node),
            Kind::Namespace => self.namespace(b, node),
            Kind::Block => self.block(b, node),
            Kind::If => self.conditional(b, node),
            Kind::Switch => self.switch(b, node),
            Kind::Try => self.attempt(b, node),
            Kind::Catch => self.handler(b, node),
            Kind::For => self.counted_loop(b, node),
            Kind::ForIn => self.iteration(b, node),
            Kind::Loop => self.conditional_loop(b, node),
            Kind::Return => {
                if let Some(value) = self.only(b, node) {
                    let value = self.expression(b, value);
                    self.returned(b, value);
                }
                b.leave(false);
            }
            Kind::Throw => {
                self.inside(b, node);
                b.leave(true);
            }
            Kind::Import => self.import(b, node),
            Kind::ImportAlias => self.import_alias(b, node),
            Kind::Export => self.export(b, node),
            _ => self.inside(b, node),
        }
    }

    fn expression_statement(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open(b, node);
        for at in opened.clone() {
            let child = self.children[at];
            match child.kind {
                // A directive, or text that nothing uses.
                Kind::Text => {}
                // The statement of a store is the whole one.
                Kind::Assignment => {
                    b.deeper(span(node), |b| self.assignment(b, child.node, span(node)));
                }
                Kind::AugmentedAssignment => {
                    b.deeper(span(node), |b| self.augmented_assignment(b, child.node, span(node)));
                }
                _ => self.anything(b, child),
            }
        }
        self.close(&opened);
    }

    fn declarations(&mut self, b: &mut Builder<'_>, node: Node<'t>, scope: ScopeId) {
        let opened = self.open(b, node);
        for at in opened.clone() {
            let child = self.children[at];
            match child.kind {
                Kind::VariableDeclarator => self.declarator(b, child.node, scope),
                _ => self.anything(b, child),
            }
        }
        self.close(&opened);
    }

    fn declarator(&mut self, b: &mut Builder<'_>, node: Node<'t>, scope: ScopeId) {
        let opened = self.open_fields(b, node);
        let annotation = self.field(&opened, Field::Type).and_then(|annotation| self.annotated(b, annotation));
        let value = self.field(&opened, Field::Value).map(|value| self.expression(b, value));
        if let Some(name) = self.field(&opened, Field::Name) {
            // The next declarator of the statement can already use the name.
            let from = node.end_byte() as u32;
            let source = value.map_or(Source::Nothing, Source::Value);
            self.pattern(b, name, &Target { source, scope: Some(scope), from, default: None, annotation });
        }
        self.close(&opened);
    }

    /// `target = value`; the result is the value.
    pub(super) fn assignment<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>, statement: Span) -> ExprId {
        let opened = self.open_fields(b, node);
        let left = self.field(&opened, Field::Left);
        let value = match left {
            Some(left) if matches!(left.kind, Kind::Identifier | Kind::ObjectPattern | Kind::ArrayPattern) => {
                let value = self.part(b, &opened, Field::Right, span(node));
                // The grammar reads `using x = …` as an assignment; it declares.
                let declares = left.node.start_byte() > node.start_byte();
                let (scope, from) = (declares.then_some(b.scope), node.end_byte() as u32);
                let source = Source::Value(value);
                self.pattern(b, left, &Target { source, scope, from, default: None, annotation: None });
                value
            }
            Some(left) => {
                let target = self.expression(b, left);
                let value = self.part(b, &opened, Field::Right, span(node));
                store(b, target, value, statement);
                value
            }
            None => self.part(b, &opened, Field::Right, span(node)),
        };
        self.close(&opened);
        value
    }

    /// `target += value` and the like.
    pub(super) fn augmented_assignment<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>, statement: Span) -> ExprId {
        let opened = self.open_fields(b, node);
        let operator = self.field(&opened, Field::Operator).map_or(Kind::Noise, |operator| operator.kind);
        let left = self.field(&opened, Field::Left);
        let right = self.field(&opened, Field::Right);
        self.close(&opened);
        let (Some(left), Some(right)) = (left, right) else { return self.other(b, node) };
        let name = left.kind == Kind::Identifier;
        // A name that is only assigned when it is empty is not read for its value.
        let target = if name && operator == Kind::LogicalAssign { None } else { Some(self.expression(b, left)) };
        let mut value = self.expression(b, right);
        if let (Some(target), false) = (target, operator == Kind::LogicalAssign) {
            let fresh = self.is_plain_text(right);
            let mut operands = Operands::new(operator == Kind::PlusAssign);
            // The target comes first but stands before a value that can be dissolved only while it is the last.
            operands.add(b, target, false);
            operands.add(b, value, fresh);
            value = b.expr(operands.expr(Kind::Plus), span(node));
        }
        match target {
            _ if name => {
                let (source, from) = (Source::Value(value), node.end_byte() as u32);
                self.pattern(b, left, &Target { source, scope: None, from, default: None, annotation: None });
            }
            Some(target) => store(b, target, value, statement),
            None => {}
        }
        value
    }

    fn block(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        b.in_scope(ScopeKind::Block, span(node), None, None, |b| self.statements(b, node));
    }

    /// A block that keeps its `var`s and functions.
    pub(super) fn hoisting_block(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let outer = self.hoist;
        b.in_scope(ScopeKind::Block, span(node), None, None, |b| {
            self.hoist = b.scope;
            self.statements(b, node);
        });
        self.hoist = outer;
    }

    /// `namespace N {}`, `module N {}`, `declare module "m" {}`.
    fn namespace(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open_fields(b, node);
        if let Some(name) = self.field(&opened, Field::Name).filter(|name| name.kind == Kind::Identifier) {
            let from = b.facts.scopes[b.scope.index()].span.start;
            b.bind(b.text(name.node), span(name.node), b.scope, from, BindingKind::Opaque, None);
        }
        if let Some(body) = self.field(&opened, Field::Body) {
            self.hoisting_block(b, body.node);
        }
        self.close(&opened);
    }

    /// An `if` with all its `else if`s, which nest in each other without limit.
    fn conditional(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let statement = node.start_byte() as u32;
        let mut arm = 0_u16;
        let mut at = Some(node);
        while let Some(node) = at.take() {
            let opened = self.open_fields(b, node);
            if let Some(condition) = self.field(&opened, Field::Condition) {
                self.expression(b, condition);
            }
            if let Some(body) = self.field(&opened, Field::Consequence) {
                b.in_branch(statement, arm, true, |b| self.statement(b, body));
            }
            arm = arm.saturating_add(1);
            let alternative = self.field(&opened, Field::Alternative);
            self.close(&opened);
            let Some(alternative) = alternative else { break };
            let opened = self.open(b, alternative.node);
            for index in opened.clone() {
                let child = self.children[index];
                if child.kind == Kind::If {
                    at = Some(child.node);
                } else {
                    b.in_branch(statement, arm, true, |b| self.statement(b, child));
                }
            }
            self.close(&opened);
        }
    }

    fn switch(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open_fields(b, node);
        if let Some(value) = self.field(&opened, Field::Value) {
            self.expression(b, value);
        }
        if let Some(body) = self.field(&opened, Field::Body) {
            let statement = node.start_byte() as u32;
            b.in_scope(ScopeKind::Block, span(body.node), None, None, |b| {
                let cases = self.open(b, body.node);
                for (arm, at) in cases.clone().enumerate() {
                    let arm = u16::try_from(arm).unwrap_or(u16::MAX);
                    self.case(b, self.children[at], statement, arm);
                }
                self.close(&cases);
            });
        }
        self.close(&opened);
    }

    fn case(&mut self, b: &mut Builder<'_>, child: Child<'t>, statement: u32, arm: u16) {
        let opened = self.open_fields(b, child.node);
        if let Some(value) = self.field(&opened, Field::Value) {
            self.expression(b, value);
        }
        b.in_branch(statement, arm, true, |b| {
            for at in opened.clone() {
                let child = self.children[at];
                if child.field != Field::Value {
                    self.statement(b, child);
                }
            }
        });
        self.close(&opened);
    }

    fn attempt(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let statement = node.start_byte() as u32;
        let opened = self.open_fields(b, node);
        for at in opened.clone() {
            let child = self.children[at];
            match child.field {
                Field::Body => b.in_branch(statement, 0, false, |b| self.statement(b, child)),
                Field::Handler => b.in_branch(statement, 1, false, |b| self.statement(b, child)),
                // What stands in `finally` always runs.
                _ => self.anything(b, child),
            }
        }
        self.close(&opened);
    }

    fn handler(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        b.in_scope(ScopeKind::Block, span(node), None, None, |b| {
            let opened = self.open_fields(b, node);
            if let Some(annotation) = self.field(&opened, Field::Type) {
                self.annotated(b, annotation);
            }
            if let Some(parameter) = self.field(&opened, Field::Parameter) {
                self.bind_opaque(b, parameter, Some(b.scope), node.start_byte());
            }
            if let Some(body) = self.field(&opened, Field::Body) {
                self.statements(b, body.node);
            }
            self.close(&opened);
        });
    }

    fn bind_opaque(&mut self, b: &mut Builder<'_>, child: Child<'t>, scope: Option<ScopeId>, from: usize) {
        let from = from as u32;
        self.pattern(b, child, &Target { source: Source::Unknown, scope, from, default: None, annotation: None });
    }

    /// Binds a loop's names to what it meets in `over`.
    fn bind_each(&mut self, b: &mut Builder<'_>, child: Child<'t>, over: ExprId, scope: Option<ScopeId>, from: usize) {
        let source = Source::Each(over);
        self.pattern(b, child, &Target { source, scope, from: from as u32, default: None, annotation: None });
    }

    /// `for (…; …; …)`.
    fn counted_loop(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        b.in_scope(ScopeKind::Block, span(node), None, None, |b| {
            let opened = self.open_fields(b, node);
            for at in opened.clone() {
                let child = self.children[at];
                if matches!(child.field, Field::Body | Field::Increment) {
                    b.in_branch(node.start_byte() as u32, 0, false, |b| self.statement(b, child));
                } else {
                    self.anything(b, child);
                }
            }
            self.close(&opened);
        });
    }

    /// `for (… of …)` and `for (… in …)`.
    fn iteration(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        b.in_scope(ScopeKind::Block, span(node), None, None, |b| {
            let opened = self.open_fields(b, node);
            let scope = match self.field(&opened, Field::Kind).map(|word| word.kind) {
                Some(Kind::Var) => Some(self.hoist),
                Some(_) => Some(b.scope),
                None => None,
            };
            let right = self.field(&opened, Field::Right);
            let over = right.map(|right| self.expression(b, right));
            if let Some(left) = self.field(&opened, Field::Left) {
                let from = right.map_or(node.start_byte(), |right| right.node.end_byte());
                // `in` goes through the names, not the values.
                match over.filter(|_| self.table.operator(node) != Kind::In) {
                    Some(over) => self.bind_each(b, left, over, scope, from),
                    None => self.bind_opaque(b, left, scope, from),
                }
            }
            if let Some(body) = self.field(&opened, Field::Body) {
                b.in_branch(node.start_byte() as u32, 0, false, |b| self.statement(b, body));
            }
            self.close(&opened);
        });
    }

    /// `while` and `do`.
    fn conditional_loop(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open_fields(b, node);
        for at in opened.clone() {
            let child = self.children[at];
            if child.field == Field::Body {
                b.in_branch(node.start_byte() as u32, 0, false, |b| self.statement(b, child));
            } else {
                self.anything(b, child);
            }
        }
        self.close(&opened);
    }
}

/// Notes an assignment to a member or element.
fn store(b: &mut Builder<'_>, target: ExprId, value: ExprId, statement: Span) {
    if matches!(b.facts.expr(target), Expr::Member { .. } | Expr::Index { .. }) {
        b.facts.stores.push(Store { target, value, annotation: None, span: statement });
        export_assigned(b, target, value);
    }
}
