//! Functions, lambdas and classes.

use tree_sitter::Node;

use super::{
    syntax::{Child, Field, Kind, Reader},
    targets::{Assigning, Origin},
};
use crate::{
    facts::{
        BindingKind, BranchId, Class, ClassId, Expr, ExprId, Function, FunctionId, Parameter, ScopeId, ScopeKind, Span,
        Usage,
    },
    lang::builder::{Builder, span},
};

/// What is known of a function before its parameters and body are read.
struct Header<'s> {
    name: Option<&'s str>,
    class: Option<ClassId>,
    decorators: Vec<ExprId>,
    returns_type: Option<ExprId>,
    span: Span,
}

/// The parameters of a function while they are read.
struct Parameters<'s> {
    function: FunctionId,
    /// The class of a method whose receiver is still to come.
    receiver: Option<ClassId>,
    list: Vec<Parameter<'s>>,
    /// From where the parameters are bound.
    from: u32,
    /// Where defaults and annotations belong: outside the function.
    outside: (ScopeId, BranchId),
}

impl<'t, 's> Reader<'t, 's> {
    /// A function or class with decorators.
    pub(super) fn decorated_definition(&mut self, b: &mut Builder<'s>, node: Node<'t>) {
        let parts = self.fielded(node);
        let mut decorators = Vec::new();
        for index in parts.clone() {
            let part = self.children[index];
            if part.kind == Kind::Decorator
                && let Some(decorator) = self.first(part.node)
            {
                decorators.push(self.expression(b, decorator));
            }
        }
        if let Some(definition) = self.field(&parts, Field::Definition) {
            match definition.kind {
                Kind::ClassDefinition => self.class_definition(b, definition.node, decorators),
                _ => self.function_definition(b, definition.node, decorators),
            }
        }
        self.release(&parts);
    }

    /// `def`.
    pub(super) fn function_definition(&mut self, b: &mut Builder<'s>, node: Node<'t>, decorators: Vec<ExprId>) {
        let parts = self.fielded(node);
        let name = self.field(&parts, Field::Name);
        let header = Header {
            name: name.map(|name| b.text(name.node)),
            class: b.facts.scopes[b.scope.index()].class,
            decorators,
            returns_type: None,
            span: span(node),
        };
        let function = reserve_function(b, header);
        if let Some(name) = name {
            self.bind(b, name.node, node.end_byte() as u32, BindingKind::Function(function), None);
        }
        match self.field(&parts, Field::TypeParameters) {
            // They hold in the annotations too, which do not belong to the function's own scope.
            Some(types) => {
                b.in_scope(ScopeKind::Block, span(node), None, None, |b| {
                    self.type_parameters(b, types.node);
                    self.parts_of_function(b, function, &parts);
                });
            }
            None => self.parts_of_function(b, function, &parts),
        }
        self.release(&parts);
    }

    fn parts_of_function(&mut self, b: &mut Builder<'s>, function: FunctionId, parts: &std::ops::Range<usize>) {
        let returns_type = self.field(parts, Field::ReturnType).map(|declared| self.annotation(b, declared));
        b.facts.functions[function.index()].returns_type = returns_type;
        let parameters = self.field(parts, Field::Parameters);
        let body = self.field(parts, Field::Body);
        self.in_function(b, function, parameters, |reader, b| {
            if let Some(body) = body {
                reader.block(b, body.node);
            }
        });
    }

    /// `lambda`.
    pub(super) fn lambda(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let parts = self.fielded(node);
        let header = Header { name: None, class: None, decorators: Vec::new(), returns_type: None, span: span(node) };
        let function = reserve_function(b, header);
        let (parameters, body) = (self.field(&parts, Field::Parameters), self.field(&parts, Field::Body));
        self.release(&parts);
        self.in_function(b, function, parameters, |reader, b| {
            if let Some(body) = body {
                let value = reader.expression(b, body);
                reader.returns(b, value);
            }
        });
        b.expr(Expr::Function(function), span(node))
    }

    /// Reads parameters and body in the scope of `function`.
    fn in_function(
        &mut self,
        b: &mut Builder<'s>,
        function: FunctionId,
        parameters: Option<Child<'t>>,
        body: impl FnOnce(&mut Self, &mut Builder<'s>),
    ) {
        let place = b.facts.functions[function.index()].span;
        let receiver = receiver(b, function);
        let outside = (b.scope, b.branch);
        let outer = (self.function.replace(function), std::mem::take(&mut self.quotes));
        b.in_scope(ScopeKind::Function, place, Some(function), None, |b| {
            b.facts.functions[function.index()].scope = b.scope;
            if let Some(parameters) = parameters {
                let mut read = Parameters { function, receiver, list: Vec::new(), from: place.start, outside };
                self.each(b, parameters.node, |reader, b, parameter| {
                    reader.parameter(b, parameter, &mut read);
                });
                b.facts.functions[function.index()].parameters = read.list;
            }
            body(self, b);
        });
        (self.function, self.quotes) = outer;
    }

    fn parameter(&mut self, b: &mut Builder<'s>, child: Child<'t>, read: &mut Parameters<'s>) {
        if child.kind == Kind::Separator {
            // What follows cannot be the receiver.
            read.receiver = None;
            return;
        }
        let (target, annotation, default) = match child.kind {
            Kind::TypedParameter | Kind::DefaultParameter => {
                let parts = self.fielded(child.node);
                let target = self.children[parts.clone()].first().copied();
                let declared = self.field(&parts, Field::Type);
                let value = self.field(&parts, Field::Value);
                let inside = (b.scope, b.branch);
                (b.scope, b.branch) = read.outside;
                let annotation = declared.map(|declared| self.annotation(b, declared));
                let default = value.map(|value| self.expression(b, value));
                (b.scope, b.branch) = inside;
                self.release(&parts);
                (target, annotation, default)
            }
            _ => (Some(child), None, None),
        };
        let Some(mut target) = target else { return };
        let rest = matches!(target.kind, Kind::ListSplat | Kind::DictionarySplat);
        if rest {
            read.receiver = None;
            target = self.first(target.node).unwrap_or(target);
        }
        if target.kind != Kind::Identifier {
            // Python 2 takes tuples apart here.
            read.list.push(Parameter { name: None, annotation, rest });
            let at = Assigning { from: read.from, ..Assigning::plain(child.span()) };
            return self.assign(b, target, &Origin::Unknown, at);
        }
        let kind = if let Some(class) = read.receiver.take() {
            BindingKind::Receiver(class)
        } else {
            read.list.push(Parameter { name: Some(b.text(target.node)), annotation, rest });
            let index = read.list.len() as u32 - 1;
            BindingKind::Parameter { function: read.function, index, default }
        };
        self.bind(b, target.node, read.from, kind, annotation);
    }

    /// `[T, U: Bound]`: the names are bound in the current scope.
    fn type_parameters(&mut self, b: &mut Builder<'s>, node: Node<'t>) {
        let from = b.facts.scopes[b.scope.index()].span.start;
        self.each(b, node, |reader, b, parameter| {
            let parameter = reader.unwrap(parameter);
            if parameter.kind == Kind::Identifier {
                return reader.bind(b, parameter.node, from, BindingKind::Opaque, None);
            }
            let parts = reader.children(parameter.node);
            let name = reader.children.get(parts.start).copied().map(|name| reader.unwrap(name));
            if let Some(name) = name.filter(|name| name.kind == Kind::Identifier) {
                reader.bind(b, name.node, from, BindingKind::Opaque, None);
            }
            for index in parts.clone().skip(1) {
                let bound = reader.children[index];
                reader.annotation(b, bound);
            }
            reader.release(&parts);
        });
    }

    /// `class`.
    pub(super) fn class_definition(&mut self, b: &mut Builder<'s>, node: Node<'t>, decorators: Vec<ExprId>) {
        let parts = self.fielded(node);
        let (mut bases, mut options) = (Vec::new(), Vec::new());
        if let Some(header) = self.field(&parts, Field::Superclasses) {
            self.each(b, header.node, |reader, b, item| {
                reader.class_argument(b, item, &mut bases, &mut options);
            });
        }
        let class = ClassId(b.facts.classes.len() as u32);
        let name = self.field(&parts, Field::Name);
        b.facts.classes.push(Class {
            name: name.map(|name| b.text(name.node)),
            bases,
            options,
            scope: b.scope,
            decorators,
            span: span(node),
        });
        if let Some(name) = name {
            self.bind(b, name.node, node.end_byte() as u32, BindingKind::Class(class), None);
        }
        let function = self.function.take();
        b.in_scope(ScopeKind::Class, span(node), None, Some(class), |b| {
            b.facts.classes[class.index()].scope = b.scope;
            if let Some(type_parameters) = self.field(&parts, Field::TypeParameters) {
                self.type_parameters(b, type_parameters.node);
            }
            if let Some(body) = self.field(&parts, Field::Body) {
                self.block(b, body.node);
            }
        });
        self.function = function;
        self.release(&parts);
    }

    /// A base class, or a keyword argument such as `metaclass=M`.
    fn class_argument(
        &mut self,
        b: &mut Builder<'s>,
        item: Child<'t>,
        bases: &mut Vec<ExprId>,
        options: &mut Vec<(&'s str, ExprId)>,
    ) {
        match item.kind {
            Kind::KeywordArgument => {
                if let Some((name, value)) = self.two(item.node) {
                    options.push((b.text(name.node), self.expression(b, value)));
                }
            }
            Kind::DictionarySplat => {
                self.expression(b, item);
            }
            _ => bases.push(self.expression_as(b, Usage::Base, item)),
        }
    }
}

/// Adds a function whose scope, parameters and returns are still to be read.
fn reserve_function<'s>(b: &mut Builder<'s>, header: Header<'s>) -> FunctionId {
    let id = FunctionId(b.facts.functions.len() as u32);
    b.facts.functions.push(Function {
        name: header.name,
        scope: b.scope,
        parameters: Vec::new(),
        returns: Vec::new(),
        class: header.class,
        decorators: header.decorators,
        returns_type: header.returns_type,
        getter: false,
        transparent_this: false,
        span: header.span,
    });
    id
}

/// The class of the receiver that a function's first parameter is.
fn receiver(b: &Builder<'_>, function: FunctionId) -> Option<ClassId> {
    let function = &b.facts.functions[function.index()];
    let is_static = |id: &ExprId| matches!(b.facts.expr(*id), Expr::Name("staticmethod"));
    function.class.filter(|_| !function.decorators.iter().any(is_static))
}
