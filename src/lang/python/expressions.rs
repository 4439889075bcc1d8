//! Expressions other than operators and strings.

use std::borrow::Cow;

use tree_sitter::Node;

use super::{
    operators::Operand,
    syntax::{Child, Field, Kind, Reader},
};
use crate::{
    facts::{Argument, ArgumentKind, BindingKind, Entry, Expr, ExprId, Key, Piece, ScopeKind, Span},
    lang::builder::{Builder, span},
};

impl<'t, 's> Reader<'t, 's> {
    /// Reads an expression or a type.
    pub(super) fn expression(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> ExprId {
        let child = self.unwrap(child);
        let place = child.span();
        match child.kind {
            Kind::Identifier if place.start < place.end => b.expr(Expr::Name(b.text(child.node)), place),
            Kind::Constant => b.expr(Expr::Constant(b.text(child.node)), place),
            _ => match b.deeper(place, |b| self.composed(b, child)) {
                Some(id) => id,
                None => b.expr(Expr::Other(Vec::new()), place),
            },
        }
    }

    fn composed(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> ExprId {
        let node = child.node;
        match child.kind {
            Kind::Attribute => self.attribute(b, node),
            Kind::Call => self.call(b, node),
            Kind::String | Kind::ConcatenatedString => self.string(b, child),
            Kind::Subscript => self.subscript(b, node),
            Kind::List => self.list(b, node),
            Kind::Dictionary => self.dictionary(b, node),
            Kind::Binary | Kind::UnionType => {
                let operand = self.chain(b, child);
                Self::close(b, operand)
            }
            Kind::Boolean => self.boolean(b, child),
            Kind::Comparison => self.comparison(b, node),
            Kind::Unary => self.unary(b, child),
            Kind::Conditional => self.conditional(b, node),
            Kind::Lambda => self.lambda(b, node),
            Kind::Comprehension => self.comprehension(b, node),
            Kind::NamedExpression => self.named_expression(b, node),
            Kind::AsPattern => self.maybe_named(b, child, true),
            Kind::Yield => self.yielded(b, node),
            Kind::GenericType => self.generic_type(b, node),
            Kind::MemberType => self.member_type(b, node),
            Kind::KeywordArgument => self.keyword(b, node).1,
            _ => self.other(b, node),
        }
    }

    /// Something without a form of its own: the expressions it contains.
    pub(super) fn other(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let items = self.items(b, node);
        b.expr(Expr::Other(items), span(node))
    }

    fn items(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> Vec<ExprId> {
        let children = self.children(node);
        let mut items = Vec::with_capacity(children.len());
        for at in children.clone() {
            let child = self.children[at];
            items.push(self.expression(b, child));
        }
        self.release(&children);
        items
    }

    fn list(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let items = self.items(b, node);
        b.expr(Expr::List(items), span(node))
    }

    fn string(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> ExprId {
        if self.quotes
            && child.kind == Kind::String
            && let Some(id) = self.quoted_annotation(b, child.node)
        {
            return id;
        }
        let mut pieces = Vec::new();
        self.string_pieces(b, child, &mut pieces);
        b.expr(Expr::Text(pieces), child.span())
    }

    fn attribute(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let Some((object, property)) = self.two(node) else { return self.other(b, node) };
        let object = self.expression(b, object);
        let member = Expr::Member { object, property: b.text(property.node), property_span: property.span() };
        b.expr(member, span(node))
    }

    fn subscript(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let parts = self.children(node);
        let id = if parts.len() > 1 {
            self.element(b, node, self.children[parts.start], parts.start + 1..parts.end)
        } else {
            self.other(b, node)
        };
        self.release(&parts);
        id
    }

    fn call(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let Some((callee, arguments)) = self.two(node) else { return self.other(b, node) };
        if let Some(known) = self.known_call(b, callee, arguments) {
            return b.expr(known, span(node));
        }
        let callee = self.expression(b, callee);
        // Strings among the arguments are values, even within an annotation.
        let quotes = std::mem::take(&mut self.quotes);
        let arguments = self.arguments(b, arguments);
        self.quotes = quotes;
        b.expr(Expr::Call { callee, arguments }, span(node))
    }

    fn arguments(&mut self, b: &mut Builder<'s>, list: Child<'t>) -> Vec<Argument<'s>> {
        if list.kind != Kind::ArgumentList {
            let (value, span) = (self.expression(b, list), list.span());
            return vec![Argument { kind: ArgumentKind::Positional, value, span }];
        }
        let children = self.children(list.node);
        let mut arguments = Vec::with_capacity(children.len());
        for at in children.clone() {
            let child = self.children[at];
            let argument = self.argument(b, child);
            arguments.push(argument);
        }
        self.release(&children);
        arguments
    }

    fn argument(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> Argument<'s> {
        let inner = self.unwrap(child);
        let (kind, value) = match inner.kind {
            Kind::KeywordArgument => self.keyword(b, inner.node),
            Kind::ListSplat => (ArgumentKind::SpreadPositional, self.spread(b, inner)),
            Kind::DictionarySplat => (ArgumentKind::SpreadNamed, self.spread(b, inner)),
            _ => (ArgumentKind::Positional, self.expression(b, inner)),
        };
        Argument { kind, value, span: child.span() }
    }

    fn keyword(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> (ArgumentKind<'s>, ExprId) {
        match self.two(node) {
            Some((name, value)) => {
                let kind = ArgumentKind::Named { name: b.text(name.node), span: name.span() };
                (kind, self.expression(b, value))
            }
            None => (ArgumentKind::Positional, self.other(b, node)),
        }
    }

    /// What `*` or `**` spreads.
    fn spread(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> ExprId {
        match self.first(child.node) {
            Some(inner) => self.expression(b, inner),
            None => b.expr(Expr::Other(Vec::new()), child.span()),
        }
    }

    /// Calls that have a form of their own: `super()` and imports by name.
    fn known_call(&mut self, b: &mut Builder<'s>, callee: Child<'t>, arguments: Child<'t>) -> Option<Expr<'s>> {
        let name = match callee.kind {
            Kind::Identifier | Kind::Attribute => b.text(callee.node),
            _ => return None,
        };
        match name {
            "super" => Some(Expr::Super),
            "importlib.import_module" => self.first_text(b, arguments).map(|(module, _)| Expr::Module(module)),
            "import_module" if imports_import_module(b) => {
                self.first_text(b, arguments).map(|(module, _)| Expr::Module(module))
            }
            "__import__" => self.first_text(b, arguments).map(|(module, only)| {
                // Without a list of names it gives the outermost package.
                Expr::Module(if only { root(module) } else { module })
            }),
            _ => None,
        }
    }

    /// The constant string that is the first argument, and whether it is the only one.
    fn first_text(&mut self, b: &mut Builder<'s>, arguments: Child<'t>) -> Option<(Cow<'s, str>, bool)> {
        let children = self.children(arguments.node);
        let only = children.len() == 1;
        let first = self.children.get(children.start).copied();
        self.release(&children);
        let string = first.filter(|first| first.kind == Kind::String)?;
        let parts = self.children(string.node);
        let constant = self.children[parts.clone()].iter().all(|part| part.kind != Kind::Interpolation);
        self.release(&parts);
        if !constant {
            return None;
        }
        let mut pieces = Vec::new();
        self.string_pieces(b, string, &mut pieces);
        match pieces.pop()? {
            Piece::Constant { text, .. } => Some((text, only)),
            Piece::Hole(_) => None,
        }
    }

    fn dictionary(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let children = self.children(node);
        let mut entries = Vec::with_capacity(children.len());
        for at in children.clone() {
            let child = self.children[at];
            if child.kind == Kind::Pair {
                entries.extend(self.pair(b, child.node));
            } else {
                entries.push(Entry { key: Key::Spread, value: self.spread(b, child), span: child.span() });
            }
        }
        self.release(&children);
        b.expr(Expr::Object(entries), span(node))
    }

    fn pair(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> Option<Entry<'s>> {
        let (key, value) = self.two(node)?;
        let key = self.key(b, key);
        let value = self.expression(b, value);
        Some(Entry { key, value, span: span(node) })
    }

    fn key(&mut self, b: &mut Builder<'s>, key: Child<'t>) -> Key<'s> {
        match self.operand(b, key) {
            Operand::Text(pieces, place) => match constant(pieces) {
                Ok(name) => Key::Named { name, span: place },
                Err(pieces) => Key::Computed(b.expr(Expr::Text(pieces), place)),
            },
            Operand::Expr(id) => Key::Computed(id),
        }
    }

    /// `not x`, `-x`: a row of them is one.
    fn unary(&mut self, b: &mut Builder<'s>, whole: Child<'t>) -> ExprId {
        let mut operand = whole;
        while operand.kind == Kind::Unary {
            let Some(inner) = self.first(operand.node) else { return self.other(b, operand.node) };
            operand = self.unwrap(inner);
        }
        if operand.kind == Kind::Constant {
            return b.expr(Expr::Constant(b.text(whole.node)), whole.span());
        }
        let operand = self.expression(b, operand);
        b.expr(Expr::Other(vec![operand]), whole.span())
    }

    /// `a if condition else b`.
    fn conditional(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let items = self.items(b, node);
        let expr = match *items.as_slice() {
            [then, condition, otherwise] => {
                Expr::Choice { alternatives: vec![then, otherwise], condition: Some(condition) }
            }
            _ => Expr::Other(items),
        };
        b.expr(expr, span(node))
    }

    /// `name := value`, which is its value.
    fn named_expression(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let Some((name, value)) = self.two(node) else { return self.other(b, node) };
        let value = self.expression(b, value);
        let scope = Self::walrus_scope(b);
        self.bind_in(b, scope, name.node, node.end_byte() as u32, BindingKind::Value(value), None);
        value
    }

    /// `yield x`, `yield from x`.
    fn yielded(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let Some(value) = self.first(node) else { return b.expr(Expr::Other(Vec::new()), span(node)) };
        let value = self.expression(b, value);
        self.returns(b, value);
        value
    }

    /// A comprehension of any kind. It runs where it stands, so it stays in the branch of its surroundings.
    fn comprehension(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let branch = b.branch;
        let place = span(node);
        let (_, items) = b.in_scope(ScopeKind::Function, place, None, None, |b| {
            b.branch = branch;
            let mut items = Vec::new();
            self.each(b, node, |reader, b, part| {
                reader.comprehension_part(b, part, place, &mut items);
            });
            items
        });
        b.expr(Expr::Other(items), place)
    }

    fn comprehension_part(&mut self, b: &mut Builder<'s>, part: Child<'t>, whole: Span, items: &mut Vec<ExprId>) {
        match part.kind {
            Kind::ForIn => {
                let parts = self.fielded(part.node);
                let mut over = None;
                for at in parts.clone() {
                    let child = self.children[at];
                    if child.field != Field::Left {
                        let item = self.expression(b, child);
                        over = over.or(Some(item));
                        items.push(item);
                    }
                }
                if let (Some(left), Some(over)) = (self.field(&parts, Field::Left), over) {
                    self.comprehension_target(b, left, over, whole);
                }
                self.release(&parts);
            }
            Kind::Pair | Kind::IfClause => items.extend(self.items(b, part.node)),
            _ => items.push(self.expression(b, part)),
        }
    }
}

/// True when the file imports `import_module` by that name.
fn imports_import_module(b: &Builder<'_>) -> bool {
    let mut imports = b.facts.imports.iter().filter(|import| import.module == "importlib");
    imports.any(|import| import.items.iter().any(|item| item.local == Some("import_module")))
}

/// The first part of a dotted name.
fn root(module: Cow<'_, str>) -> Cow<'_, str> {
    match module {
        Cow::Borrowed(module) => Cow::Borrowed(module.split('.').next().unwrap_or_default()),
        Cow::Owned(module) => Cow::Owned(module.split('.').next().unwrap_or_default().to_owned()),
    }
}

/// The text of pieces without holes, or else the pieces.
fn constant(mut pieces: Vec<Piece<'_>>) -> Result<Cow<'_, str>, Vec<Piece<'_>>> {
    if pieces.iter().any(|piece| matches!(piece, Piece::Hole(_))) {
        return Err(pieces);
    }
    if pieces.len() == 1
        && let Some(Piece::Constant { text, .. }) = pieces.pop()
    {
        return Ok(text);
    }
    let texts = pieces.iter().filter_map(|piece| match piece {
        Piece::Constant { text, .. } => Some(text.as_ref()),
        Piece::Hole(_) => None,
    });
    Ok(Cow::Owned(texts.collect()))
}
