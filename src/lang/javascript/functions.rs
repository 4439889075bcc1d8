//! Functions of every form, and their parameters.

use tree_sitter::Node;

use super::patterns::{Source, Target};
use super::{Child, Field, Kind, Reader};
use crate::facts::{BindingKind, ClassId, ExprId, Function, FunctionId, Parameter, ScopeId, ScopeKind, Usage};
use crate::lang::builder::{Builder, span};

/// What is known about a function before it is read.
#[derive(Default)]
pub(super) struct Signature<'s> {
    /// Its name.
    pub(super) name: Option<&'s str>,
    /// The class it is a method of, with that class's scope.
    pub(super) class: Option<(ClassId, ScopeId)>,
    /// Its decorators.
    pub(super) decorators: Vec<ExprId>,
}

impl<'t> Reader<'t> {
    /// `function f() {}` and `function f();`: the name is bound where the language hoists it.
    pub(super) fn function_declaration(&mut self, b: &mut Builder<'_>, node: Node<'t>) {
        let opened = self.open_fields(b, node);
        let name = self.field(&opened, Field::Name);
        self.close(&opened);
        let text = name.map(|name| b.text(name.node));
        let function = self.function(b, node, Signature { name: text, ..Signature::default() });
        if let (Some(name), Some(text)) = (name, text) {
            let from = b.facts.scopes[self.hoist.index()].span.start;
            b.bind(text, span(name.node), self.hoist, from, BindingKind::Function(function), None);
        }
    }

    /// Arrow functions and function expressions. The name of the latter is bound only within.
    pub(super) fn function_expression(&mut self, b: &mut Builder<'_>, child: Child<'t>) -> FunctionId {
        if child.kind == Kind::Arrow {
            return self.function(b, child.node, Signature::default());
        }
        let opened = self.open_fields(b, child.node);
        let name = self.field(&opened, Field::Name);
        self.close(&opened);
        let text = name.map(|name| b.text(name.node));
        let function = self.function(b, child.node, Signature { name: text, ..Signature::default() });
        if let (Some(name), Some(text)) = (name, text) {
            let scope = b.facts.functions[function.index()].scope;
            let from = b.facts.scopes[scope.index()].span.start;
            b.bind(text, span(name.node), scope, from, BindingKind::Function(function), None);
        }
        function
    }

    /// Reads a function with its parameters and its body.
    pub(super) fn function<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>, signature: Signature<'s>) -> FunctionId {
        let promised = self.promised.take();
        let id = FunctionId(b.facts.functions.len() as u32);
        b.facts.functions.push(Function {
            name: signature.name,
            scope: b.scope,
            parameters: Vec::new(),
            returns: Vec::new(),
            class: signature.class.map(|(class, _)| class),
            decorators: signature.decorators,
            returns_type: None,
            getter: false,
            transparent_this: self.table.kind(node) == Kind::Arrow,
            span: span(node),
        });
        let outer = (self.function.replace(id), self.hoist);
        b.in_usage(Usage::Value, |b| {
            b.in_scope(ScopeKind::Function, span(node), Some(id), None, |b| {
                self.hoist = b.scope;
                b.facts.functions[id.index()].scope = b.scope;
                let reading = Reading { function: id, class_scope: signature.class.map(|(_, scope)| scope), promised };
                self.parts_of_function(b, node, &reading);
            })
        });
        (self.function, self.hoist) = outer;
        id
    }

    fn parts_of_function(&mut self, b: &mut Builder<'_>, node: Node<'t>, reading: &Reading) {
        let opened = self.open_fields(b, node);
        if let Some(types) = self.child(&opened, Kind::TypeParameters) {
            self.type_parameters(b, types.node);
        }
        if let Some(parameter) = self.field(&opened, Field::Parameter) {
            let name = Some(b.text(parameter.node));
            b.facts.functions[reading.function.index()].parameters.push(Parameter {
                name,
                annotation: None,
                rest: false,
            });
            let target = reading.target(0, node.start_byte(), b.scope);
            self.pattern(b, parameter, &target);
        }
        if let Some(parameters) = self.field(&opened, Field::Parameters) {
            self.parameters(b, parameters.node, reading);
        }
        if let Some(result) = self.field(&opened, Field::ReturnType) {
            b.facts.functions[reading.function.index()].returns_type = self.annotated(b, result);
        }
        match self.field(&opened, Field::Body) {
            Some(body) if body.kind == Kind::Block => self.statements(b, body.node),
            Some(body) => {
                let value = self.expression(b, body);
                self.returned(b, value);
            }
            None => {}
        }
        self.close(&opened);
    }

    fn parameters(&mut self, b: &mut Builder<'_>, node: Node<'t>, reading: &Reading) {
        let opened = self.open(b, node);
        for at in opened.clone() {
            let child = self.children[at];
            if child.kind == Kind::Parameter {
                self.parameter(b, child.node, node.start_byte(), reading);
            } else {
                self.anything(b, child);
            }
        }
        self.close(&opened);
    }

    fn parameter(&mut self, b: &mut Builder<'_>, node: Node<'t>, from: usize, reading: &Reading) {
        let opened = self.open_fields(b, node);
        self.decorators(b, &opened);
        let property = self.has(&opened, Kind::AccessModifier) || self.has(&opened, Kind::Readonly);
        let annotation = self.field(&opened, Field::Type).and_then(|annotation| self.annotated(b, annotation));
        let default = self.field(&opened, Field::Value).map(|value| self.expression(b, value));
        let mut pattern = self.field(&opened, Field::Pattern);
        self.close(&opened);
        if pattern.is_some_and(|pattern| pattern.kind == Kind::This) {
            return;
        }
        let rest = pattern.is_some_and(|pattern| pattern.kind == Kind::RestPattern);
        if let (true, Some(outer)) = (rest, pattern) {
            pattern = self.rest_target(b, outer.node);
        }
        let name = pattern.filter(|pattern| pattern.kind == Kind::Identifier);
        let text = name.map(|name| b.text(name.node));
        let parameters = &mut b.facts.functions[reading.function.index()].parameters;
        let index = parameters.len() as u32;
        parameters.push(Parameter { name: text, annotation, rest });
        let Some(pattern) = pattern else { return };
        let target = Target { default, annotation, ..reading.target(index, from, b.scope) };
        self.pattern(b, pattern, &target);
        if let (true, Some(name), Some(text), Some(scope)) = (property, name, text, reading.class_scope) {
            let kind = BindingKind::Parameter { function: reading.function, index, default };
            b.bind(text, span(name.node), scope, from as u32, kind, annotation);
        }
    }
}

/// The function whose parts are being read.
struct Reading {
    function: FunctionId,
    class_scope: Option<ScopeId>,
    promised: Option<ExprId>,
}

impl Reading {
    /// What the parameter at `index` is bound to.
    fn target(&self, index: u32, from: usize, scope: ScopeId) -> Target {
        let source = match self.promised {
            Some(module) if index == 0 => Source::Value(module),
            _ => Source::Parameter { function: self.function, index },
        };
        Target { source, scope: Some(scope), from: from as u32, default: None, annotation: None }
    }
}
