//! Binary operators, read as chains.
//!
//! Operators of the same strength nest to the left in the tree, so a long sum is as deep as it is long. A chain is
//! therefore read with a loop, and becomes one flat expression: a text, a union, or other operands.

use tree_sitter::Node;

use super::syntax::{Child, Kind, Reader};
use crate::{
    facts::{Expr, ExprId, Operator, Piece, Span},
    lang::builder::{Builder, span},
};

/// One operator of a chain with its right operand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'t> {
    operator: Kind,
    right: Child<'t>,
}

/// An operand: text is not yet an expression, so that it can become a part of a longer text.
pub(super) enum Operand<'s> {
    /// An expression.
    Expr(ExprId),
    /// A text.
    Text(Vec<Piece<'s>>, Span),
}

/// What a chain is so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    One,
    Sum,
    Text,
    Union,
    Opaque,
}

/// A chain while it is read. One of the two lists is filled.
struct Chain<'s> {
    form: Form,
    operands: Vec<ExprId>,
    pieces: Vec<Piece<'s>>,
    span: Span,
}

impl<'s> Chain<'s> {
    fn new(first: Operand<'s>, span: Span) -> Self {
        match first {
            Operand::Expr(id) => Self { form: Form::One, operands: vec![id], pieces: Vec::new(), span },
            Operand::Text(pieces, _) => Self { form: Form::Text, operands: Vec::new(), pieces, span },
        }
    }

    /// Makes one expression of what is there.
    fn settle(&mut self, b: &mut Builder<'s>) {
        let expr = match self.form {
            Form::One => return,
            Form::Text => Expr::Text(std::mem::take(&mut self.pieces)),
            Form::Union => Expr::Operation { operator: Operator::Union, operands: std::mem::take(&mut self.operands) },
            Form::Sum | Form::Opaque => Expr::Other(std::mem::take(&mut self.operands)),
        };
        self.form = Form::One;
        self.operands.push(b.expr(expr, self.span));
    }

    /// Adds an operand of `+`.
    fn add(&mut self, right: Operand<'s>) {
        if self.form != Form::Text {
            match right {
                Operand::Expr(id) => {
                    self.form = Form::Sum;
                    return self.operands.push(id);
                }
                Operand::Text(..) => {
                    self.form = Form::Text;
                    self.pieces.extend(self.operands.drain(..).map(Piece::Hole));
                }
            }
        }
        match right {
            Operand::Expr(id) => self.pieces.push(Piece::Hole(id)),
            Operand::Text(pieces, _) => self.pieces.extend(pieces),
        }
    }

    /// Adds an operand of any other operator.
    fn join(&mut self, b: &mut Builder<'s>, form: Form, right: ExprId) {
        if self.form != form {
            self.settle(b);
            self.form = form;
        }
        self.operands.push(right);
    }
}

/// Operators of one level stand in one chain; a weaker one takes the chain so far as its first operand.
fn level(operator: Kind) -> u8 {
    match operator {
        Kind::Pipe => 0,
        Kind::Plus | Kind::Minus => 1,
        Kind::Percent | Kind::Times => 2,
        _ => 3,
    }
}

impl<'t, 's> Reader<'t, 's> {
    /// Reads an operand, leaving text open.
    pub(super) fn operand(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> Operand<'s> {
        let child = self.unwrap(child);
        match child.kind {
            Kind::String | Kind::ConcatenatedString if !self.quotes => {
                let mut pieces = Vec::new();
                self.string_pieces(b, child, &mut pieces);
                Operand::Text(pieces, child.span())
            }
            Kind::Binary | Kind::UnionType => match b.deeper(child.span(), |b| self.chain(b, child)) {
                Some(operand) => operand,
                None => Operand::Expr(b.expr(Expr::Other(Vec::new()), child.span())),
            },
            _ => Operand::Expr(self.expression(b, child)),
        }
    }

    /// Makes an expression of an operand.
    pub(super) fn close(b: &mut Builder<'s>, operand: Operand<'s>) -> ExprId {
        match operand {
            Operand::Expr(id) => id,
            Operand::Text(pieces, span) => b.expr(Expr::Text(pieces), span),
        }
    }

    /// Reads a chain of binary operators.
    pub(super) fn chain(&mut self, b: &mut Builder<'s>, whole: Child<'t>) -> Operand<'s> {
        let start = self.links.len();
        let mut left = whole;
        while matches!(left.kind, Kind::Binary | Kind::UnionType) {
            let Some((inner, link)) = self.link(left.node) else {
                break;
            };
            self.links.push(link);
            left = if left.kind == Kind::UnionType { self.unwrap_type(inner) } else { inner };
        }
        let first = if self.links.len() == start {
            // A broken operator.
            Operand::Expr(self.other(b, left.node))
        } else {
            self.operand_unless_broken(b, left)
        };
        let mut chain = Chain::new(first, left.span());
        let mut last = None;
        while self.links.len() > start {
            let Some(link) = self.links.pop() else { break };
            let strength = level(link.operator);
            if last.is_some_and(|last| last != strength) && chain.form != Form::Text {
                chain.settle(b);
            }
            last = Some(strength);
            self.extend(b, &mut chain, link);
            chain.span = Span { end: link.right.node.end_byte() as u32, ..chain.span };
        }
        if chain.form == Form::Text {
            return Operand::Text(chain.pieces, chain.span);
        }
        chain.settle(b);
        match chain.operands.first() {
            Some(id) => Operand::Expr(*id),
            None => Operand::Expr(b.expr(Expr::Other(Vec::new()), chain.span)),
        }
    }

    fn operand_unless_broken(&mut self, b: &mut Builder<'s>, left: Child<'t>) -> Operand<'s> {
        match left.kind {
            Kind::Binary | Kind::UnionType => Operand::Expr(self.other(b, left.node)),
            _ => self.operand(b, left),
        }
    }

    /// The parts of one binary operator.
    fn link(&mut self, node: Node<'t>) -> Option<(Child<'t>, Link<'t>)> {
        if let Some([left, operator, right]) = self.three(node)
            && left.kind.is_part()
            && !operator.kind.is_part()
            && right.kind.is_part()
        {
            let operator = if operator.kind == Kind::Token { Kind::Pipe } else { operator.kind };
            return Some((left, Link { operator, right }));
        }
        let parts = self.fielded(node);
        let link = match self.children[parts.clone()] {
            [left, operator, right] => Some((left, Link { operator: operator.kind, right })),
            [left, right] => Some((left, Link { operator: Kind::Pipe, right })),
            _ => None,
        };
        self.release(&parts);
        link
    }

    fn unwrap_type(&mut self, child: Child<'t>) -> Child<'t> {
        match child.kind {
            Kind::Type => self.first(child.node).unwrap_or(child),
            _ => child,
        }
    }

    fn extend(&mut self, b: &mut Builder<'s>, chain: &mut Chain<'s>, link: Link<'t>) {
        match link.operator {
            Kind::Plus if chain.form != Form::Opaque => {
                let right = self.operand(b, link.right);
                chain.add(right);
            }
            Kind::Percent if chain.form == Form::Text => self.fill_in(b, chain, link.right),
            operator => {
                let right = self.expression(b, link.right);
                let form = if operator == Kind::Pipe { Form::Union } else { Form::Opaque };
                chain.join(b, form, right);
            }
        }
    }

    /// `text % values`.
    fn fill_in(&mut self, b: &mut Builder<'s>, chain: &mut Chain<'s>, values: Child<'t>) {
        if values.kind == Kind::List {
            self.each(b, values.node, |reader, b, value| {
                let value = reader.expression(b, value);
                chain.pieces.push(Piece::Hole(value));
            });
        } else {
            let value = self.expression(b, values);
            chain.pieces.push(Piece::Hole(value));
        }
    }

    /// The value of `old += right` and its likes.
    pub(super) fn combined(
        &mut self,
        b: &mut Builder<'s>,
        old: ExprId,
        operator: Kind,
        right: Child<'t>,
        place: Span,
    ) -> ExprId {
        let mut chain = Chain::new(Operand::Expr(old), place);
        if operator == Kind::PlusAssign {
            let right = self.operand(b, right);
            chain.add(right);
        } else {
            let right = self.expression(b, right);
            chain.join(b, if operator == Kind::PipeAssign { Form::Union } else { Form::Opaque }, right);
        }
        chain.settle(b);
        chain.operands[0]
    }

    /// `a or b and c`: any of them may be the value.
    pub(super) fn boolean(&mut self, b: &mut Builder<'s>, whole: Child<'t>) -> ExprId {
        let start = self.children.len();
        let mut left = whole;
        while left.kind == Kind::Boolean {
            let Some((first, second)) = self.two(left.node) else { break };
            self.children.push(second);
            left = first;
        }
        let mut alternatives = vec![match left.kind {
            Kind::Boolean => self.other(b, left.node),
            _ => self.expression(b, left),
        }];
        for index in (start..self.children.len()).rev() {
            let operand = self.children[index];
            alternatives.push(self.expression(b, operand));
        }
        self.children.truncate(start);
        b.expr(Expr::Choice { alternatives, condition: None }, whole.span())
    }

    /// `a == b`, `a in b`, `a < b < c`.
    pub(super) fn comparison(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let parts = self.fielded(node);
        let (mut operands, mut operator, mut mixed) = (Vec::new(), None, false);
        for index in parts.clone() {
            let part = self.children[index];
            if matches!(part.kind, Kind::Equality | Kind::Membership | Kind::Relation) {
                mixed |= operator.is_some_and(|operator| operator != part.kind);
                operator = Some(part.kind);
            } else {
                operands.push(self.expression(b, part));
            }
        }
        self.release(&parts);
        let operator = match operator {
            Some(Kind::Equality) if !mixed => Operator::Equality,
            Some(Kind::Membership) if !mixed => Operator::Membership,
            _ => return b.expr(Expr::Other(operands), span(node)),
        };
        b.expr(Expr::Operation { operator, operands }, span(node))
    }
}
