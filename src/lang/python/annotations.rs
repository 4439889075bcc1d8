//! Type annotations, including those in quotes.

use tree_sitter::{Node, Parser, Point, Range};

use super::syntax::{Child, Field, Kind, Reader};
use crate::{
    facts::{Expr, ExprId, Span, Usage},
    lang::builder::{Builder, span},
};

impl<'t, 's> Reader<'t, 's> {
    /// Reads a type annotation.
    pub(super) fn annotation(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> ExprId {
        let outer = std::mem::replace(&mut self.quotes, true);
        let id = self.expression_as(b, Usage::Annotation, child);
        self.quotes = outer;
        id
    }

    /// `X[Y]` where the grammar takes it for a type.
    pub(super) fn generic_type(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let Some((object, arguments)) = self.two(node) else { return self.other(b, node) };
        let arguments = self.children(arguments.node);
        let id = self.element(b, node, object, arguments.clone());
        self.release(&arguments);
        id
    }

    /// `object[a, b]`, with the subscripts on the stack.
    pub(super) fn element(
        &mut self,
        b: &mut Builder<'s>,
        node: Node<'t>,
        object: Child<'t>,
        subscripts: std::ops::Range<usize>,
    ) -> ExprId {
        let outer = self.quotes;
        // What the brackets hold decides which strings in them are quoted annotations.
        let quoted = if outer { quoted_subscripts(b.text(object.node)) } else { 0 };
        let object = self.expression(b, object);
        let count = subscripts.len();
        let (mut items, mut index, mut place) = (Vec::new(), None, span(node));
        for (position, at) in subscripts.enumerate() {
            let subscript = self.children[at];
            self.quotes = outer && position < quoted;
            let id = self.expression(b, subscript);
            let here = subscript.span();
            place = if position == 0 { here } else { Span { end: here.end, ..place } };
            if count > 1 { items.push(id) } else { index = Some(id) }
        }
        self.quotes = outer;
        let index = match index {
            Some(index) => index,
            None => b.expr(Expr::List(items), place),
        };
        b.expr(Expr::Index { object, index }, span(node))
    }

    /// `A.B` where the grammar takes it for a type.
    pub(super) fn member_type(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let Some((object, property)) = self.two(node) else { return self.other(b, node) };
        let object = self.expression(b, object);
        let member = Expr::Member { object, property: b.text(property.node), property_span: property.span() };
        b.expr(member, span(node))
    }

    /// A string that holds an annotation, read as the expression it contains; `None` when it does not hold one.
    ///
    /// The string's inside is parsed as a range of the whole file, so its places are places in the file.
    pub(super) fn quoted_annotation(&mut self, b: &mut Builder<'s>, string: Node<'t>) -> Option<ExprId> {
        let place = quoted_range(b.text(string), string.start_byte())?;
        let mut parser = self.take_parser()?;
        let range = Range {
            start_byte: place.start as usize,
            end_byte: place.end as usize,
            start_point: Point::default(),
            end_point: Point::default(),
        };
        let tree = parser.set_included_ranges(&[range]).ok().and_then(|()| parser.parse(b.source, None));
        tree.filter(|tree| !tree.root_node().has_error()).and_then(|tree| {
            let mut reader = Reader::new(&tree);
            let expression = reader.single_expression(tree.root_node())?;
            reader.quotes = true;
            reader.quoted_parser = Some(parser);
            let id = reader.expression(b, expression);
            self.quoted_parser = reader.quoted_parser.take();
            Some(id)
        })
    }

    fn take_parser(&mut self) -> Option<Parser> {
        self.quoted_parser.take().or_else(|| {
            let mut parser = Parser::new();
            parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok()?;
            Some(parser)
        })
    }

    /// The expression a module consists of, if it is just one.
    fn single_expression(&mut self, module: Node<'t>) -> Option<Child<'t>> {
        let statements = self.children(module);
        let statement = (statements.len() == 1).then(|| self.children[statements.start]);
        self.release(&statements);
        let statement = statement.filter(|statement| statement.kind == Kind::ExpressionStatement)?;
        let parts = self.fielded(statement.node);
        let part = (parts.len() == 1).then(|| self.children[parts.start]);
        self.release(&parts);
        part.filter(|part| part.kind.is_expression() && part.field == Field::None)
    }
}

/// How many of the subscripts of a type can be quoted annotations.
fn quoted_subscripts(object: &str) -> usize {
    match object.rsplit('.').next() {
        Some("Literal") => 0,
        // The rest is metadata of any kind.
        Some("Annotated") => 1,
        _ => usize::MAX,
    }
}

/// The inside of a one-line string without prefix and escapes, given its text and where that starts.
fn quoted_range(text: &str, start: usize) -> Option<Span> {
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| text.starts_with(quote))?;
    let inside = text.strip_prefix(quote)?.strip_suffix(quote)?;
    if inside.contains(['\\', '\n', '\r']) {
        return None;
    }
    let trimmed = inside.trim();
    if trimmed.is_empty() {
        return None;
    }
    let start = start + quote.len() + (inside.len() - inside.trim_start().len());
    Some(Span::new(start, start + trimmed.len()))
}
