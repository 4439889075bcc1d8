//! Types: the names in them are references too, and a declared type can tell what a value is.

use tree_sitter::Node;

use super::{Child, Field, Kind, Reader};
use crate::facts::{BindingKind, Expr, ExprId, Operator, Usage};
use crate::lang::builder::{Builder, span};

impl<'t> Reader<'t> {
    /// Lowers a type, or the types in something that holds types, as annotations. The result is the type, where there
    /// is one that can be a reference.
    pub(super) fn annotated(&mut self, b: &mut Builder<'_>, child: Child<'t>) -> Option<ExprId> {
        b.in_usage(Usage::Annotation, |b| {
            if !child.kind.holds_types() {
                return self.type_expression(b, child);
            }
            let mut types = Vec::new();
            b.deeper(span(child.node), |b| self.types_in(b, child.node, &mut types));
            match (child.kind, types.as_slice()) {
                (Kind::TypeAnnotation, [single]) => Some(*single),
                _ => None,
            }
        })
    }

    /// Lowers one type; none for the built-in ones, which refer to nothing.
    pub(super) fn type_expression(&mut self, b: &mut Builder<'_>, child: Child<'t>) -> Option<ExprId> {
        match child.kind {
            Kind::TypeName => {
                let name = b.text(child.node);
                (!name.is_empty()).then(|| b.expr(Expr::Name(name), span(child.node)))
            }
            Kind::PlainType => None,
            _ => b.deeper(span(child.node), |b| self.compound_type(b, child)).flatten(),
        }
    }

    fn compound_type(&mut self, b: &mut Builder<'_>, child: Child<'t>) -> Option<ExprId> {
        let node = child.node;
        match child.kind {
            Kind::NestedTypeName => self.nested_name(b, node),
            Kind::Alternatives => Some(self.alternatives(b, node)),
            Kind::WrappedType => {
                let opened = self.open(b, node);
                let inner = self.children[opened.clone()].iter().find(|child| child.kind != Kind::Readonly).copied();
                self.close(&opened);
                self.type_expression(b, inner?)
            }
            Kind::TypeQuery | Kind::LiteralType => {
                let inner = self.only(b, node)?;
                Some(self.expression(b, inner))
            }
            Kind::GenericType => {
                let opened = self.open(b, node);
                let mut parts = Vec::new();
                for at in opened.clone() {
                    let part = self.children[at];
                    if part.kind == Kind::TypeArguments {
                        self.types_in(b, part.node, &mut parts);
                    } else {
                        parts.extend(self.type_expression(b, part));
                    }
                }
                self.close(&opened);
                Some(b.expr(Expr::Other(parts), span(node)))
            }
            Kind::ObjectType => Some(self.object_type(b, node)),
            kind if kind.is_expression() => Some(self.expression(b, child)),
            kind if kind.is_type() => {
                let mut parts = Vec::new();
                self.types_in(b, node, &mut parts);
                (!parts.is_empty()).then(|| b.expr(Expr::Other(parts), span(node)))
            }
            _ => {
                self.anything(b, child);
                None
            }
        }
    }

    /// The one type in `<T>`, `extends T` or `= T`.
    pub(super) fn type_argument(&mut self, b: &mut Builder<'_>, node: Node<'t>) -> Option<ExprId> {
        let opened = self.open(b, node);
        let mut inner = self.children[opened.clone()].iter().copied();
        let inner = inner.find(|child| child.kind.is_type() || child.kind.is_expression());
        self.close(&opened);
        self.annotated(b, inner?)
    }

    /// `<T, U extends Bound = Default>`: the names are bound in the current scope, to their bounds.
    pub(super) fn type_parameters(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let from = b.facts.scopes[b.scope.index()].span.start;
        let opened = self.open(b, node);
        for at in opened.clone() {
            let parts = self.open_fields(b, self.children[at].node);
            let mut bound = None;
            for at in parts.clone() {
                let part = self.children[at];
                if part.field != Field::Name {
                    let types = self.type_argument(b, part.node);
                    bound = bound.or(types);
                }
            }
            if let Some(name) = self.field(&parts, Field::Name) {
                let kind = bound.map_or(BindingKind::Opaque, BindingKind::Alias);
                b.bind(b.text(name.node), span(name.node), b.scope, from, kind, None);
            }
            self.close(&parts);
        }
        self.close(&opened);
    }

    /// `ns.X`.
    fn nested_name(&mut self, b: &mut Builder<'_>, node: Node<'t>) -> Option<ExprId> {
        let opened = self.open_fields(b, node);
        let module = self.field(&opened, Field::Module);
        let name = self.field(&opened, Field::Name);
        self.close(&opened);
        let object = self.expression(b, module?);
        let name = name?;
        let member = Expr::Member { object, property: b.text(name.node), property_span: span(name.node) };
        Some(b.expr(member, span(node)))
    }

    /// A union or intersection; generated ones have thousands of members, each nested in the next.
    fn alternatives(&mut self, b: &mut Builder<'_>, node: Node<'t>) -> ExprId {
        let mut members = Vec::new();
        let mut at = Some(node);
        while let Some(outer) = at.take() {
            let opened = self.open(b, outer);
            let mut parts = self.children[opened.clone()].iter();
            let first = parts.next().copied();
            members.extend(parts.rev());
            match first {
                Some(first) if first.node.kind_id() == node.kind_id() => at = Some(first.node),
                first => members.extend(first),
            }
            self.close(&opened);
        }
        let operands: Vec<ExprId> =
            members.into_iter().rev().filter_map(|member| self.type_expression(b, member)).collect();
        let union = Expr::Operation { operator: Operator::Union, operands };
        b.expr(union, span(node))
    }

    /// Lowers the types in a node that is made of them. Names that are declared in it refer to nothing.
    fn types_in(&mut self, b: &mut Builder<'_>, node: Node<'t>, types: &mut Vec<ExprId>) {
        let opened = self.open_fields(b, node);
        let inferred = self.table.kind(node) == Kind::InferredType;
        for at in opened.clone().skip(usize::from(inferred)) {
            let child = self.children[at];
            if matches!(child.field, Field::Name | Field::Pattern) {
                continue;
            }
            match child.kind {
                kind if kind.holds_types() => {
                    b.deeper(span(child.node), |b| self.types_in(b, child.node, types));
                }
                Kind::PropertySignature | Kind::MethodSignature => {
                    b.deeper(span(child.node), |b| self.types_in(b, child.node, types));
                }
                Kind::Identifier => {}
                kind if kind.is_type() || kind.is_expression() => types.extend(self.type_expression(b, child)),
                _ => self.anything(b, child),
            }
        }
        self.close(&opened);
    }
}
