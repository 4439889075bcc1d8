//! Classes, and what the facts treat alike: interfaces, enums and object types.

use tree_sitter::Node;

use super::functions::Signature;
use super::text::between_quotes;
use super::{Child, Field, Kind, Reader};
use crate::facts::{BindingKind, Class, ClassId, Expr, ExprId, ScopeId, ScopeKind, Span, Usage};
use crate::lang::builder::{Builder, span};

impl<'t> Reader<'t> {
    /// `class C {}`: the name holds from its end.
    pub(super) fn class_declaration(&mut self, b: &mut Builder<'_>, node: Node<'t>, decorators: Vec<ExprId>) {
        let class = self.class(b, node, decorators);
        self.bind_class(b, node, node.end_byte() as u32, class);
    }

    fn bind_class(&mut self, b: &mut Builder<'_>, node: Node<'t>, from: u32, class: ClassId) {
        let opened = self.open_fields(b, node);
        let name = self.field(&opened, Field::Name);
        self.close(&opened);
        if let Some(name) = name {
            b.bind(b.text(name.node), span(name.node), b.scope, from, BindingKind::Class(class), None);
        }
    }

    /// Reads a class declaration or expression. `decorators` are those written before `export`.
    pub(super) fn class(&mut self, b: &mut Builder<'_>, node: Node<'t>, mut decorators: Vec<ExprId>) -> ClassId {
        let opened = self.open_fields(b, node);
        decorators.extend(self.decorators(b, &opened));
        let class = new_class(b, self.field(&opened, Field::Name), node);
        b.facts.classes[class.index()].decorators = decorators;
        b.in_scope(ScopeKind::Block, span(node), None, None, |b| {
            // Within, the name of a class is always that class.
            self.bind_class(b, node, span(node).start, class);
            for at in opened.clone() {
                let child = self.children[at];
                match child.kind {
                    Kind::TypeParameters => self.type_parameters(b, child.node),
                    Kind::ClassHeritage => self.heritage(b, child.node, class),
                    _ => {}
                }
            }
            if let Some(body) = self.field(&opened, Field::Body) {
                self.in_class(b, class, span(node), |reader, b| reader.members(b, body.node, class));
            }
        });
        self.close(&opened);
        class
    }

    fn in_class(
        &mut self,
        b: &mut Builder<'_>,
        class: ClassId,
        place: Span,
        read: impl FnOnce(&mut Self, &mut Builder<'_>),
    ) {
        b.in_usage(Usage::Value, |b| {
            b.in_scope(ScopeKind::Class, place, None, Some(class), |b| {
                b.facts.classes[class.index()].scope = b.scope;
                read(self, b);
            })
        });
    }

    /// `extends …` and `implements …`.
    fn heritage(&mut self, b: &mut Builder<'_>, node: Node<'t>, class: ClassId) {
        let opened = self.open(b, node);
        for at in opened.clone() {
            let child = self.children[at];
            match child.kind {
                Kind::Extends => self.bases(b, child.node, class),
                Kind::Implements => {
                    let implemented = self.open(b, child.node);
                    for at in implemented.clone() {
                        self.annotated(b, self.children[at]);
                    }
                    self.close(&implemented);
                }
                _ => self.anything(b, child),
            }
        }
        self.close(&opened);
    }

    /// The base classes in an `extends` clause; type arguments are annotations.
    fn bases(&mut self, b: &mut Builder<'_>, node: Node<'t>, class: ClassId) {
        let opened = self.open(b, node);
        for at in opened.clone() {
            let child = self.children[at];
            let base = match child.kind {
                Kind::TypeArguments => {
                    self.annotated(b, child);
                    None
                }
                Kind::GenericType => {
                    let generic = self.open(b, child.node);
                    let name = self.children[generic.clone()].first().copied();
                    let base = name.and_then(|name| b.in_usage(Usage::Base, |b| self.type_expression(b, name)));
                    if let Some(arguments) = self.child(&generic, Kind::TypeArguments) {
                        self.annotated(b, arguments);
                    }
                    self.close(&generic);
                    base
                }
                kind if kind.is_expression() => Some(b.in_usage(Usage::Base, |b| self.expression(b, child))),
                _ => b.in_usage(Usage::Base, |b| self.type_expression(b, child)),
            };
            b.facts.classes[class.index()].bases.extend(base);
        }
        self.close(&opened);
    }

    fn members(&mut self, b: &mut Builder<'_>, node: Node<'t>, class: ClassId) {
        let opened = self.open(b, node);
        let mut decorators = Vec::new();
        for at in opened.clone() {
            let child = self.children[at];
            match child.kind {
                Kind::Decorator => decorators.extend(self.decorator(b, child.node)),
                Kind::Method => self.method(b, child.node, class, std::mem::take(&mut decorators)),
                Kind::FieldDefinition => self.class_field(b, child.node),
                Kind::AbstractSignature => self.signature(b, child.node, true),
                // An overload says nothing that its implementation does not.
                Kind::MethodSignature => self.signature(b, child.node, false),
                Kind::StaticBlock => self.static_block(b, child.node),
                _ => self.anything(b, child),
            }
        }
        self.close(&opened);
    }

    /// The name of a member. A computed name is lowered, but names nothing.
    fn member_name<'s>(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> Option<(&'s str, Span)> {
        if child.kind == Kind::ComputedName {
            if let Some(inner) = self.only(b, child.node) {
                self.expression(b, inner);
            }
            return None;
        }
        let text = b.text(child.node);
        Some(match child.kind {
            Kind::Text => between_quotes(text, child.node.start_byte()),
            _ => (text, span(child.node)),
        })
    }

    fn method(&mut self, b: &mut Builder<'_>, node: Node<'t>, class: ClassId, decorators: Vec<ExprId>) {
        let opened = self.open_fields(b, node);
        let name = self.field(&opened, Field::Name).and_then(|name| self.member_name(b, name));
        let getter = self.has(&opened, Kind::Getter);
        let setter = self.has(&opened, Kind::Setter);
        self.close(&opened);
        let class_scope: ScopeId = b.scope;
        let signature = Signature { name: name.map(|(name, _)| name), class: Some((class, class_scope)), decorators };
        let function = self.function(b, node, signature);
        let Some((name, place)) = name else { return };
        if setter {
            return;
        }
        b.facts.functions[function.index()].getter = getter;
        let from = b.facts.scopes[class_scope.index()].span.start;
        b.bind(name, place, class_scope, from, BindingKind::Function(function), None);
    }

    fn class_field(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open_fields(b, node);
        self.decorators(b, &opened);
        let name = self.field(&opened, Field::Name).and_then(|name| self.member_name(b, name));
        let annotation = self.field(&opened, Field::Type).and_then(|annotation| self.annotated(b, annotation));
        let value = self.field(&opened, Field::Value).map(|value| self.expression(b, value));
        self.close(&opened);
        if let Some((name, place)) = name {
            let kind = value.map_or(BindingKind::Declared, BindingKind::Value);
            b.bind(name, place, b.scope, node.end_byte() as u32, kind, annotation);
        }
    }

    /// A member that is only declared.
    fn signature(&mut self, b: &mut Builder<'_>, node: Node<'t>, bind: bool) {
        let opened = self.open_fields(b, node);
        let name = self.field(&opened, Field::Name).and_then(|name| self.member_name(b, name));
        let mut annotation = None;
        for at in opened.clone() {
            let child = self.children[at];
            if child.kind.holds_types() {
                let lowered = self.annotated(b, child);
                if child.field == Field::Type {
                    annotation = lowered;
                }
            }
        }
        self.close(&opened);
        if let (true, Some((name, place))) = (bind, name) {
            b.bind(name, place, b.scope, node.end_byte() as u32, BindingKind::Declared, annotation);
        }
    }

    fn static_block(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let body = self.open(b, node);
        let block = self.child(&body, Kind::Block);
        self.close(&body);
        if let Some(block) = block {
            self.hoisting_block(b, block.node);
        }
    }

    /// `interface I {}`.
    pub(super) fn interface(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open_fields(b, node);
        let class = new_class(b, self.field(&opened, Field::Name), node);
        b.in_scope(ScopeKind::Block, span(node), None, None, |b| {
            for at in opened.clone() {
                let child = self.children[at];
                match child.kind {
                    Kind::TypeParameters => self.type_parameters(b, child.node),
                    Kind::Extends => self.bases(b, child.node, class),
                    _ => {}
                }
            }
            if let Some(body) = self.field(&opened, Field::Body) {
                self.in_class(b, class, span(node), |reader, b| reader.signatures(b, body.node));
            }
        });
        self.close(&opened);
        let from = b.facts.scopes[b.scope.index()].span.start;
        self.bind_class(b, node, from, class);
    }

    /// `type T = …`: an object type is a class, everything else an alias.
    pub(super) fn type_alias(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open_fields(b, node);
        let name = self.field(&opened, Field::Name);
        let value = self.field(&opened, Field::Value);
        let types = self.child(&opened, Kind::TypeParameters);
        self.close(&opened);
        let from = b.facts.scopes[b.scope.index()].span.start;
        let (Some(name), Some(value)) = (name, value) else { return };
        let (_, kind) = b.in_scope(ScopeKind::Block, span(node), None, None, |b| {
            if let Some(types) = types {
                self.type_parameters(b, types.node);
            }
            if value.kind == Kind::ObjectType {
                let class = new_class(b, Some(name), node);
                self.in_class(b, class, span(node), |reader, b| reader.signatures(b, value.node));
                return BindingKind::Class(class);
            }
            self.annotated(b, value).map_or(BindingKind::Opaque, BindingKind::Alias)
        });
        b.bind(b.text(name.node), span(name.node), b.scope, from, kind, None);
    }

    /// `{ x: T }` in the place of a type.
    pub(super) fn object_type(&mut self, b: &mut Builder<'_>, node: Node<'t>) -> ExprId {
        let class = new_class(b, None, node);
        self.in_class(b, class, span(node), |reader, b| reader.signatures(b, node));
        b.expr(Expr::Class(class), span(node))
    }

    fn signatures(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open(b, node);
        for at in opened.clone() {
            let child = self.children[at];
            match child.kind {
                Kind::PropertySignature | Kind::MethodSignature => self.signature(b, child.node, true),
                _ => self.anything(b, child),
            }
        }
        self.close(&opened);
    }

    /// `enum E {}`.
    pub(super) fn enumeration(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open_fields(b, node);
        let class = new_class(b, self.field(&opened, Field::Name), node);
        if let Some(body) = self.field(&opened, Field::Body) {
            self.in_class(b, class, span(node), |reader, b| reader.enum_members(b, body.node));
        }
        self.close(&opened);
        self.bind_class(b, node, node.end_byte() as u32, class);
    }

    fn enum_members(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open_fields(b, node);
        for at in opened.clone() {
            let child = self.children[at];
            let (name, value) = if child.kind == Kind::EnumAssignment {
                let parts = self.open_fields(b, child.node);
                let name = self.field(&parts, Field::Name);
                let value = self.field(&parts, Field::Value).map(|value| self.expression(b, value));
                self.close(&parts);
                (name, value)
            } else {
                (Some(child).filter(|child| child.field == Field::Name), None)
            };
            if let Some((name, place)) = name.and_then(|name| self.member_name(b, name)) {
                let kind = value.map_or(BindingKind::Declared, BindingKind::Value);
                b.bind(name, place, b.scope, child.node.end_byte() as u32, kind, None);
            }
        }
        self.close(&opened);
    }
}

/// Adds a class without its parts.
fn new_class(b: &mut Builder<'_>, name: Option<Child<'_>>, node: Node<'_>) -> ClassId {
    let class = ClassId(b.facts.classes.len() as u32);
    let name = name.map(|name| b.text(name.node));
    let (bases, options, decorators) = (Vec::new(), Vec::new(), Vec::new());
    b.facts.classes.push(Class { name, bases, options, scope: b.scope, decorators, span: span(node) });
    class
}
