//! Expressions other than literals.
//!
//! Member access, calls and binary operators nest to the left as long as their author likes: a sum of ten thousand
//! terms is ten thousand nodes deep. Such a spine is walked with a loop and an explicit stack; all other nesting goes
//! through [`Builder::deeper`] and is bounded.

use std::borrow::Cow;
use std::ops::Range;

use tree_sitter::Node;

use super::text::{literal, string_piece};
use super::{Child, Field, Kind, Reader};
use crate::facts::{Argument, ArgumentKind, Expr, ExprId, Operator, Piece, Span, Usage};
use crate::lang::builder::{Builder, span};

impl<'t> Reader<'t> {
    /// Lowers an expression. There is always a result, if only one that says nothing.
    pub(super) fn expression<'s>(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> ExprId {
        if let Some(leaf) = leaf(b, child) {
            return leaf;
        }
        let place = span(child.node);
        let deeper = b.deeper(place, |b| self.compound(b, child));
        deeper.unwrap_or_else(|| b.expr(Expr::Other(Vec::new()), place))
    }

    /// Lowers the part `field` of an opened node, or a place without a value when it is missing.
    pub(super) fn part(&mut self, b: &mut Builder<'_>, opened: &Range<usize>, field: Field, place: Span) -> ExprId {
        match self.field(opened, field) {
            Some(child) => self.expression(b, child),
            None => b.expr(Expr::Other(Vec::new()), place),
        }
    }

    /// Walks down the left spine and back up, building on what stands at its end.
    fn compound<'s>(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> ExprId {
        let bottom = self.spine.len();
        let mut at = child;
        while at.kind.nests_left() {
            let Some(inner) = self.leftmost(b, at) else { break };
            if at.kind == Kind::Call && loads_module(b, inner) {
                break;
            }
            self.spine.push(at);
            at = inner;
        }
        let mut value = leaf(b, at).unwrap_or_else(|| self.base(b, at));
        while self.spine.len() > bottom {
            let Some(outer) = self.spine.pop() else { break };
            value = self.build_on(b, outer, value, bottom);
        }
        value
    }

    /// The part of a left-nesting node that the rest is built on.
    fn leftmost(&mut self, b: &Builder<'_>, at: Child<'t>) -> Option<Child<'t>> {
        if matches!(at.kind, Kind::Parenthesized | Kind::Await) {
            return self.only(b, at.node);
        }
        let node = at.node.child(0)?;
        let child = Child { node, kind: self.table.kind(node), field: Field::None };
        child.kind.is_expression().then_some(child)
    }

    /// Lowers an expression that does not nest to the left.
    fn base<'s>(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> ExprId {
        let node = child.node;
        let place = span(node);
        match child.kind {
            Kind::Template => {
                let pieces = self.template_pieces(b, node);
                b.expr(Expr::Text(pieces), place)
            }
            Kind::Regex => self.regex(b, node),
            Kind::Object => self.object(b, node),
            Kind::Array => self.array(b, node),
            Kind::Call => self.load(b, node),
            Kind::New => self.instantiate(b, node),
            Kind::Arrow | Kind::FunctionExpression => {
                let function = self.function_expression(b, child);
                b.expr(Expr::Function(function), place)
            }
            Kind::ClassExpression => {
                let class = self.class(b, node, Vec::new());
                b.expr(Expr::Class(class), place)
            }
            Kind::Yield => self.yielded(b, node),
            Kind::Assertion => self.assertion(b, node),
            Kind::Unary => self.unary(b, node),
            Kind::Ternary => self.ternary(b, node),
            Kind::Sequence => self.sequence(b, node),
            Kind::Assignment => self.assignment(b, node, place),
            Kind::AugmentedAssignment => self.augmented_assignment(b, node, place),
            Kind::JsxElement => self.jsx_element(b, node),
            Kind::Spread => match self.only(b, node) {
                Some(inner) => self.expression(b, inner),
                None => b.expr(Expr::Other(Vec::new()), place),
            },
            _ => self.other(b, node),
        }
    }

    /// An expression the facts have no form for.
    pub(super) fn other<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let opened = self.open(b, node);
        let mut parts = Vec::new();
        for at in opened.clone() {
            let child = self.children[at];
            if child.kind.is_expression() {
                parts.push(self.expression(b, child));
            } else {
                self.anything(b, child);
            }
        }
        self.close(&opened);
        b.expr(Expr::Other(parts), span(node))
    }

    /// Builds the left-nesting node `outer` on the value of its leftmost part.
    fn build_on<'s>(&mut self, b: &mut Builder<'s>, outer: Child<'t>, value: ExprId, bottom: usize) -> ExprId {
        match outer.kind {
            Kind::Member => self.member(b, outer.node, value),
            Kind::Subscript => self.subscript(b, outer.node, value),
            Kind::Call => self.call(b, outer.node, value),
            Kind::Binary => self.binary(b, outer.node, value, bottom),
            Kind::Cast | Kind::Instantiation => {
                let opened = self.open(b, outer.node);
                for at in opened.clone().skip(1) {
                    let asserted = self.annotated(b, self.children[at]);
                    b.facts
                        .asserted
                        .extend(asserted.filter(|_| outer.kind == Kind::Cast).map(|asserted| (value, asserted)));
                }
                self.close(&opened);
                value
            }
            _ => value,
        }
    }

    fn member<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>, object: ExprId) -> ExprId {
        let opened = self.open_fields(b, node);
        let property = self.field(&opened, Field::Property);
        self.close(&opened);
        let expr = match property {
            Some(property) => {
                Expr::Member { object, property: b.text(property.node), property_span: span(property.node) }
            }
            None => Expr::Other(vec![object]),
        };
        b.expr(expr, span(node))
    }

    fn subscript<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>, object: ExprId) -> ExprId {
        let opened = self.open_fields(b, node);
        let index = self.part(b, &opened, Field::Index, span(node));
        self.close(&opened);
        b.expr(Expr::Index { object, index }, span(node))
    }

    fn call<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>, callee: ExprId) -> ExprId {
        if let Expr::Member { object, property: "then", .. } = *b.facts.expr(callee)
            && matches!(b.facts.expr(object), Expr::Module(_) | Expr::Call { .. } | Expr::Name(_) | Expr::Member { .. })
        {
            self.promised = Some(object);
        }
        let opened = self.open_fields(b, node);
        if let Some(types) = self.child(&opened, Kind::TypeArguments) {
            self.annotated(b, types);
        }
        let arguments = self.field(&opened, Field::Arguments);
        let arguments = arguments.map(|arguments| self.arguments(b, arguments)).unwrap_or_default();
        self.close(&opened);
        self.promised = None;
        b.expr(Expr::Call { callee, arguments }, span(node))
    }

    fn instantiate<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let opened = self.open_fields(b, node);
        let callee = self.part(b, &opened, Field::Constructor, span(node));
        if let Some(types) = self.child(&opened, Kind::TypeArguments) {
            self.annotated(b, types);
        }
        let arguments = self.field(&opened, Field::Arguments);
        let arguments = arguments.map(|arguments| self.arguments(b, arguments)).unwrap_or_default();
        self.close(&opened);
        b.expr(Expr::Call { callee, arguments }, span(node))
    }

    /// The arguments of a call; of a tagged template, its text.
    fn arguments<'s>(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> Vec<Argument<'s>> {
        // Only a function that is itself the first argument receives the module.
        let promised = self.promised.take();
        if child.kind == Kind::Template {
            let value = self.expression(b, child);
            return vec![Argument { kind: ArgumentKind::Positional, value, span: span(child.node) }];
        }
        let opened = self.open(b, child.node);
        let mut arguments = Vec::with_capacity(opened.len());
        for at in opened.clone() {
            let child = self.children[at];
            if !child.kind.is_expression() {
                self.anything(b, child);
                continue;
            }
            if at == opened.start && child.kind.is_function() {
                self.promised = promised;
            }
            let spread = child.kind == Kind::Spread;
            let kind = if spread { ArgumentKind::SpreadPositional } else { ArgumentKind::Positional };
            let value = self.expression(b, child);
            arguments.push(Argument { kind, value, span: span(child.node) });
        }
        self.close(&opened);
        arguments
    }

    /// `require("m")` and `import("m")`; with another argument, an ordinary call.
    fn load<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let opened = self.open_fields(b, node);
        let list = self.field(&opened, Field::Arguments).filter(|arguments| arguments.kind == Kind::Arguments);
        let first = list.and_then(|list| {
            let inner = self.open(b, list.node);
            let first = self.children[inner.clone()].first().copied();
            self.close(&inner);
            first
        });
        let Some(module) = first.and_then(|first| literal(b, first)) else {
            let callee = match self.children[opened.clone()].first() {
                Some(callee) => b.expr(Expr::Name(b.text(callee.node)), span(callee.node)),
                None => b.expr(Expr::Other(Vec::new()), span(node)),
            };
            self.close(&opened);
            return self.call(b, node, callee);
        };
        self.close(&opened);
        let module = match module {
            Cow::Borrowed(module) => super::modules::package_name(module),
            Cow::Owned(module) => Cow::Owned(super::modules::package_name(&module).into_owned()),
        };
        b.expr(Expr::Module(module), span(node))
    }

    /// A run of the same operator, whose leftmost operand is `left`. The run's outer nodes are taken off the spine.
    fn binary<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>, left: ExprId, bottom: usize) -> ExprId {
        let operator = self.table.operator(node);
        let mut operands = Operands::new(operator == Kind::Plus);
        let first = node.child(0).map(|node| Child { node, kind: self.table.kind(node), field: Field::None });
        let fresh = first.is_some_and(|first| self.is_plain_text(first));
        operands.add(b, left, fresh);
        let mut node = node;
        loop {
            let opened = self.open_fields(b, node);
            if let Some(right) = self.field(&opened, Field::Right) {
                let value = self.expression(b, right);
                let fresh = self.is_plain_text(right);
                operands.add(b, value, fresh);
            }
            self.close(&opened);
            match self.spine.last() {
                Some(next)
                    if self.spine.len() > bottom
                        && next.kind == Kind::Binary
                        && self.table.operator(next.node) == operator =>
                {
                    node = next.node;
                    self.spine.pop();
                }
                _ => break,
            }
        }
        b.expr(operands.expr(operator), span(node))
    }

    /// True when nothing but the surrounding expression can refer to the text that `child` was lowered to.
    pub(super) fn is_plain_text(&self, child: Child<'t>) -> bool {
        let mut at = child;
        loop {
            match at.kind {
                Kind::Text | Kind::Template | Kind::Binary => return true,
                Kind::Parenthesized => {
                    let Some(node) = at.node.named_child(0) else { return false };
                    at = Child { node, kind: self.table.kind(node), field: Field::None };
                }
                _ => return false,
            }
        }
    }

    fn unary<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let number = node.named_child(0).is_some_and(|operand| self.table.kind(operand) == Kind::Number);
        if number && !b.text(node).starts_with("void") {
            return b.expr(Expr::Constant(b.text(node)), span(node));
        }
        self.other(b, node)
    }

    fn ternary<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let place = span(node);
        let opened = self.open_fields(b, node);
        let condition = self.part(b, &opened, Field::Condition, place);
        let consequence = self.part(b, &opened, Field::Consequence, place);
        let alternative = self.part(b, &opened, Field::Alternative, place);
        self.close(&opened);
        b.expr(Expr::Choice { alternatives: vec![consequence, alternative], condition: Some(condition) }, place)
    }

    /// A sequence is its last part; the others stand for themselves. Compilers write `(0, client.create)(…)`.
    fn sequence<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let opened = self.open(b, node);
        let mut last = None;
        for at in opened.clone() {
            let child = self.children[at];
            match child.kind {
                Kind::Number if at + 1 < opened.end => {}
                kind if kind.is_expression() => last = Some(self.expression(b, child)),
                _ => self.anything(b, child),
            }
        }
        self.close(&opened);
        last.unwrap_or_else(|| b.expr(Expr::Other(Vec::new()), span(node)))
    }

    fn yielded<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let Some(inner) = self.only(b, node) else { return b.expr(Expr::Other(Vec::new()), span(node)) };
        let value = self.expression(b, inner);
        self.returned(b, value);
        value
    }

    /// Notes a value that the function being read returns or yields.
    pub(super) fn returned(&self, b: &mut Builder<'_>, value: ExprId) {
        if let Some(function) = self.function {
            b.facts.functions[function.index()].returns.push(value);
        }
    }

    /// `<T>value`.
    fn assertion<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let opened = self.open(b, node);
        let (mut value, mut asserted) = (None, None);
        for at in opened.clone() {
            let child = self.children[at];
            if child.kind == Kind::TypeArguments {
                asserted = self.type_argument(b, child.node);
            } else if child.kind.is_expression() {
                value = Some(self.expression(b, child));
            }
        }
        self.close(&opened);
        b.facts.asserted.extend(value.zip(asserted));
        value.unwrap_or_else(|| b.expr(Expr::Other(Vec::new()), span(node)))
    }

    fn regex<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let opened = self.open(b, node);
        let pattern = self.child(&opened, Kind::RegexPattern).map_or("", |pattern| b.text(pattern.node));
        self.close(&opened);
        b.expr(Expr::Pattern(pattern), span(node))
    }

    /// Lowers a decorator's expression.
    pub(super) fn decorator(&mut self, b: &mut Builder<'_>, node: Node<'t>) -> Option<ExprId> {
        let inner = self.only(b, node)?;
        Some(b.in_usage(Usage::Value, |b| self.expression(b, inner)))
    }

    /// Lowers all decorators among the opened children.
    pub(super) fn decorators(&mut self, b: &mut Builder<'_>, opened: &Range<usize>) -> Vec<ExprId> {
        let mut decorators = Vec::new();
        for at in opened.clone() {
            let child = self.children[at];
            if child.kind == Kind::Decorator {
                decorators.extend(self.decorator(b, child.node));
            }
        }
        decorators
    }
}

/// Lowers an expression without parts.
fn leaf(b: &mut Builder<'_>, child: Child<'_>) -> Option<ExprId> {
    if !child.kind.is_leaf() {
        return None;
    }
    let node = child.node;
    let text = b.text(node);
    let expr = match child.kind {
        Kind::Identifier | Kind::Shorthand | Kind::PrivateName | Kind::ImportWord if !text.is_empty() => {
            Expr::Name(text)
        }
        Kind::Meta if text.starts_with("import") => Expr::Name(text),
        Kind::Identifier | Kind::Meta => Expr::Other(Vec::new()),
        Kind::Text => Expr::Text(vec![string_piece(b, node)]),
        Kind::Number | Kind::Constant => Expr::Constant(text),
        Kind::This => Expr::This,
        Kind::Super => Expr::Super,
        _ => return None,
    };
    Some(b.expr(expr, span(node)))
}

/// True for the callee of `require(…)` and `import(…)`.
fn loads_module(b: &Builder<'_>, callee: Child<'_>) -> bool {
    callee.kind == Kind::ImportWord || callee.kind == Kind::Identifier && b.text(callee.node) == "require"
}

/// The operands of a run of one operator.
pub(super) struct Operands<'s> {
    joins_text: bool,
    textual: bool,
    pieces: Vec<Piece<'s>>,
}

impl<'s> Operands<'s> {
    /// Starts a run of `+` (`joins_text`) or of another operator.
    pub(super) fn new(joins_text: bool) -> Self {
        Self { joins_text, textual: false, pieces: Vec::new() }
    }

    /// Adds an operand. A text just lowered for this run alone (`fresh`) dissolves into its pieces.
    pub(super) fn add(&mut self, b: &mut Builder<'s>, value: ExprId, fresh: bool) {
        if self.joins_text && matches!(b.facts.expr(value), Expr::Text(_)) {
            self.textual = true;
            if fresh && value.index() + 1 == b.facts.exprs.len() {
                if let Some(Expr::Text(pieces)) = b.facts.exprs.pop().map(|node| node.expr) {
                    self.pieces.extend(pieces.into_iter().filter(|piece| !is_empty(piece)));
                }
                return;
            }
        }
        self.pieces.push(Piece::Hole(value));
    }

    /// The expression of the run.
    pub(super) fn expr(self, operator: Kind) -> Expr<'s> {
        if self.textual {
            return Expr::Text(self.pieces);
        }
        let operands = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(*hole),
            Piece::Constant { .. } => None,
        });
        let operands = operands.collect();
        match operator {
            Kind::Logical => Expr::Choice { alternatives: operands, condition: None },
            Kind::Equality => Expr::Operation { operator: Operator::Equality, operands },
            Kind::In => Expr::Operation { operator: Operator::Membership, operands },
            Kind::InstanceOf => Expr::Operation { operator: Operator::InstanceOf, operands },
            _ => Expr::Other(operands),
        }
    }
}

fn is_empty(piece: &Piece<'_>) -> bool {
    matches!(piece, Piece::Constant { text, .. } if text.is_empty())
}
