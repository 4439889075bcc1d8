//! The facts that JavaScript, JSX and TypeScript are lowered to.
//!
//! Facts are compared in a short notation, see [`Seen`].

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;

use unmoor::facts::{
    ArgumentKind, BindingKind, ClassId, ExportValue, Expr, ExprId, Facts, FunctionId, ImportedSymbol, Key, MAX_DEPTH,
    Operator, Piece, ProblemKind, ScopeId, ScopeKind, Step, Usage,
};
use unmoor::lang::{Grammar, Language, Lowering};

/// The facts of one text, with a notation for its parts.
struct Seen<'s> {
    facts: Facts<'s>,
    source: &'s str,
}

fn typescript(source: &str) -> Seen<'_> {
    let facts = Lowering::default().facts(Grammar::TypeScript, source).unwrap();
    checked(Seen { facts, source })
}

fn tsx(source: &str) -> Seen<'_> {
    let facts = Lowering::default().facts(Grammar::Tsx, source).unwrap();
    checked(Seen { facts, source })
}

/// What holds for the facts of any text.
fn checked(seen: Seen<'_>) -> Seen<'_> {
    let facts = &seen.facts;
    let known = |id: ExprId| assert!(id.index() < facts.exprs.len());
    for (at, node) in facts.exprs.iter().enumerate() {
        node.expr.for_each_child(|child| {
            assert!(child.index() < at, "children stand before their parents");
            assert!(node.span.contains(facts.node(child).span) || facts.node(child).parent != Some(ExprId(at as u32)));
        });
        assert!(node.scope.index() < facts.scopes.len() && node.branch.index() < facts.branches.len());
        assert!(seen.source.get(node.span.start as usize..node.span.end as usize).is_some());
    }
    for binding in &facts.bindings {
        assert!(binding.scope.index() < facts.scopes.len() && binding.branch.index() < facts.branches.len());
        assert_eq!(binding.span.text(seen.source), binding.name);
        if let BindingKind::Value(id) | BindingKind::Alias(id) | BindingKind::Element { of: id, .. } = binding.kind {
            known(id);
        }
        binding.annotation.into_iter().for_each(known);
    }
    assert!(facts.bindings.is_sorted_by_key(|binding| binding.span.start));
    for store in &facts.stores {
        assert!(matches!(facts.expr(store.target), Expr::Member { .. } | Expr::Index { .. }));
        known(store.value);
    }
    for function in &facts.functions {
        assert_eq!(facts.scopes[function.scope.index()].kind, ScopeKind::Function);
        function.returns.iter().copied().for_each(known);
    }
    for class in &facts.classes {
        class.bases.iter().copied().for_each(known);
    }
    seen
}

impl Seen<'_> {
    /// An expression: `a.b`, `f(x, ...y)`, `"text{hole}"`, `{k: v, ...s}`, `[a, b]`, `<a | b if c>`, `other(a, b)`.
    fn expr(&self, id: ExprId) -> String {
        let list = |ids: &[ExprId]| ids.iter().map(|id| self.expr(*id)).collect::<Vec<_>>().join(", ");
        match self.facts.expr(id) {
            Expr::Name(name) => (*name).to_owned(),
            Expr::This => "this".to_owned(),
            Expr::Super => "super".to_owned(),
            Expr::Module(module) => format!("module:{module}"),
            Expr::Member { object, property, property_span } => {
                assert_eq!(property_span.text(self.source), *property);
                format!("{}.{property}", self.expr(*object))
            }
            Expr::Index { object, index } => format!("{}[{}]", self.expr(*object), self.expr(*index)),
            Expr::Call { callee, arguments } => {
                let arguments: Vec<String> = arguments
                    .iter()
                    .map(|argument| match argument.kind {
                        ArgumentKind::Positional => self.expr(argument.value),
                        ArgumentKind::SpreadPositional => format!("...{}", self.expr(argument.value)),
                        other => panic!("{other:?}"),
                    })
                    .collect();
                format!("{}({})", self.expr(*callee), arguments.join(", "))
            }
            Expr::Text(pieces) => {
                let mut text = "\"".to_owned();
                for piece in pieces {
                    match piece {
                        Piece::Constant { text: constant, .. } => text.push_str(constant),
                        Piece::Hole(hole) => write!(text, "{{{}}}", self.expr(*hole)).unwrap(),
                    }
                }
                text + "\""
            }
            Expr::Pattern(pattern) => format!("/{pattern}/"),
            Expr::Object(entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|entry| match &entry.key {
                        Key::Named { name, .. } => format!("{name}: {}", self.expr(entry.value)),
                        Key::Computed(key) => format!("[{}]: {}", self.expr(*key), self.expr(entry.value)),
                        Key::Spread => format!("...{}", self.expr(entry.value)),
                    })
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
            Expr::List(items) => format!("[{}]", list(items)),
            Expr::Choice { alternatives, condition } => {
                let alternatives: Vec<String> = alternatives.iter().map(|id| self.expr(*id)).collect();
                let condition = condition.map(|condition| format!(" if {}", self.expr(condition))).unwrap_or_default();
                format!("<{}{condition}>", alternatives.join(" | "))
            }
            Expr::Operation { operator, operands } => {
                let name = match operator {
                    Operator::Equality => "equal",
                    Operator::Membership => "in",
                    Operator::InstanceOf => "instanceof",
                    Operator::Union => "union",
                };
                format!("{name}({})", list(operands))
            }
            Expr::Function(function) => self.function(*function),
            Expr::Class(class) => format!("class {}", self.facts.classes[class.index()].name.unwrap_or("_")),
            Expr::Constant(constant) => (*constant).to_owned(),
            Expr::Other(parts) => format!("other({})", list(parts)),
        }
    }

    /// A function: `(a, ...b) => returned, returned`.
    fn function(&self, id: FunctionId) -> String {
        let function = &self.facts.functions[id.index()];
        let parameters: Vec<String> = function
            .parameters
            .iter()
            .map(|parameter| format!("{}{}", if parameter.rest { "..." } else { "" }, parameter.name.unwrap_or("_")))
            .collect();
        let returns: Vec<String> = function.returns.iter().map(|id| self.expr(*id)).collect();
        let arrow = if function.transparent_this { "=>" } else { "->" };
        format!("({}) {arrow} {}", parameters.join(", "), returns.join(", ")).trim_end().to_owned()
    }

    fn path(path: &[Step<'_>]) -> String {
        path.iter()
            .map(|step| match step {
                Step::Key(key) => format!(".{key}"),
                Step::Position(position) => format!(".{position}"),
                Step::Rest => ".*".to_owned(),
                Step::Each => ".each".to_owned(),
            })
            .collect()
    }

    fn default(&self, default: Option<ExprId>) -> String {
        default.map(|id| format!(" ?? {}", self.expr(id))).unwrap_or_default()
    }

    /// All bindings: `name: annotation = kind`.
    fn bindings(&self) -> Vec<String> {
        (0..self.facts.bindings.len()).map(|at| self.binding(at)).collect()
    }

    fn binding(&self, at: usize) -> String {
        let binding = &self.facts.bindings[at];
        let kind = match &binding.kind {
            BindingKind::Import { import, item } => {
                let import = &self.facts.imports[*import as usize];
                assert_eq!(import.items[*item as usize].local, Some(binding.name));
                format!("import {} {}", import.module, symbol(&import.items[*item as usize].symbol))
            }
            BindingKind::Value(value) => self.expr(*value),
            BindingKind::Element { of, path, default } => {
                format!("{} -> {}{}", self.expr(*of), Self::path(path), self.default(*default))
            }
            BindingKind::Parameter { index, default, .. } => format!("parameter {index}{}", self.default(*default)),
            BindingKind::ParameterElement { index, path, default, .. } => {
                format!("parameter {index} -> {}{}", Self::path(path), self.default(*default))
            }
            BindingKind::Function(function) => format!("function {}", self.function(*function)),
            BindingKind::Class(ClassId(class)) => format!("class #{class}"),
            BindingKind::Alias(of) => format!("alias {}", self.expr(*of)),
            BindingKind::Declared => "declared".to_owned(),
            BindingKind::Opaque => "opaque".to_owned(),
            BindingKind::Receiver(_) => panic!("JavaScript has no receiver parameter"),
        };
        let annotation = binding.annotation.map(|id| format!(": {}", self.expr(id))).unwrap_or_default();
        format!("{}{annotation} = {kind}", binding.name)
    }

    /// The place of the last binding of a name.
    fn at(&self, name: &str) -> usize {
        self.facts.bindings.iter().rposition(|binding| binding.name == name).unwrap()
    }

    fn scope_of(&self, name: &str) -> ScopeKind {
        self.facts.scopes[self.facts.bindings[self.at(name)].scope.index()].kind
    }

    /// What the name `name` is bound to.
    fn value(&self, name: &str) -> String {
        self.binding(self.at(name)).split_once(" = ").unwrap().1.to_owned()
    }

    /// All expressions that are not part of another one.
    fn roots(&self) -> Vec<String> {
        let roots = self.facts.exprs.iter().enumerate().filter(|(_, node)| node.parent.is_none());
        roots.map(|(at, _)| self.expr(ExprId(at as u32))).collect()
    }

    /// All outermost expressions that stand in annotations.
    fn annotations(&self) -> Vec<String> {
        let roots = self.facts.exprs.iter().enumerate();
        let roots = roots.filter(|(_, node)| node.parent.is_none() && node.usage == Usage::Annotation);
        roots.map(|(at, _)| self.expr(ExprId(at as u32))).collect()
    }

    fn stores(&self) -> Vec<String> {
        let stores = self.facts.stores.iter();
        stores.map(|store| format!("{} = {}", self.expr(store.target), self.expr(store.value))).collect()
    }

    fn imports(&self) -> Vec<String> {
        self.facts
            .imports
            .iter()
            .map(|import| {
                let items: Vec<String> = import
                    .items
                    .iter()
                    .map(|item| {
                        let mark = if item.type_only { "type " } else { "" };
                        let local = item.local.map(|local| format!(" as {local}")).unwrap_or_default();
                        format!("{mark}{}{local}", symbol(&item.symbol))
                    })
                    .collect();
                let mark = if import.type_only { "type " } else { "" };
                let verb = if import.reexport { "export" } else { "import" };
                format!("{verb} {mark}{}: {}", import.module, items.join(", ")).trim_end().to_owned()
            })
            .collect()
    }

    fn exports(&self) -> Vec<String> {
        self.facts
            .exports
            .iter()
            .map(|export| match export.value {
                ExportValue::Local(name) => format!("{} = local {name}", export.name),
                ExportValue::Expr(id) => format!("{} = {}", export.name, self.expr(id)),
                ExportValue::Import { import, item } => {
                    let import = &self.facts.imports[import as usize];
                    format!("{} = {} {}", export.name, import.module, symbol(&import.items[item as usize].symbol))
                }
            })
            .collect()
    }
}

fn symbol(symbol: &ImportedSymbol<'_>) -> String {
    match symbol {
        ImportedSymbol::Module => "module".to_owned(),
        ImportedSymbol::Root(root) => format!("root {root}"),
        ImportedSymbol::Default => "default".to_owned(),
        ImportedSymbol::Named(name) => (*name).to_owned(),
        ImportedSymbol::All => "all".to_owned(),
    }
}

/// The only expression statement of a text.
fn expression(source: &str) -> String {
    let seen = typescript(source);
    seen.roots().last().unwrap().clone()
}

// --- imports and exports ---------------------------------------------------------------------------------------------

#[test]
fn imports_in_all_forms() {
    let seen = typescript(
        r#"
import { OpenAI, AzureOpenAI as Azure, default as Base } from "openai";
import Default from 'openai';
import * as ns from "openai";
import D, { type X, Y as Z } from "npm:openai@4.2/azure";
import D2, * as all from "m";
import type { T } from "types";
import type E from "e";
import "side-effect";
import legacy = require("legacy");
import { "odd name" as odd } from "odd";
import data from "./data.json" with { type: "json" };
"#,
    );
    assert_eq!(
        seen.imports(),
        [
            "import openai: OpenAI as OpenAI, AzureOpenAI as Azure, default as Base",
            "import openai: default as Default",
            "import openai: module as ns",
            "import openai/azure: default as D, type X as X, Y as Z",
            "import m: default as D2, module as all",
            "import type types: T as T",
            "import type e: default as E",
            "import side-effect:",
            "import legacy: module as legacy",
            "import odd: odd name as odd",
            "import ./data.json: default as data",
        ]
    );
    assert_eq!(seen.binding(seen.at("Azure")), "Azure = import openai AzureOpenAI");
    assert_eq!(seen.binding(seen.at("ns")), "ns = import openai module");
    assert_eq!(seen.binding(seen.at("odd")), "odd = import odd odd name");
    assert!(seen.facts.bindings.iter().all(|binding| binding.from == 0 && binding.scope == ScopeId(0)));
    let import = &seen.facts.imports[3];
    assert_eq!(import.module_span.text(seen.source), "npm:openai@4.2/azure");
    assert_eq!(import.items[2].span.text(seen.source), "Y");
    assert_eq!(seen.facts.imports[0].span.text(seen.source).lines().count(), 1);
    assert!(seen.facts.problems.is_empty());
}

#[test]
fn import_aliases_are_values() {
    let seen = typescript("import A = ns.deep.B; export import C = ns.C;");
    assert_eq!(seen.bindings(), ["A = ns.deep.B", "C = ns.C"]);
    assert_eq!(seen.exports(), ["C = local C"]);
}

#[test]
fn reexports_are_imports_and_exports() {
    let seen = typescript(
        r#"
export { AzureOpenAI as Client, default } from "openai";
export { default as Named } from "m";
export * from "./clients";
export * as ns from "ns";
export type { T } from "types";
"#,
    );
    assert_eq!(
        seen.imports(),
        [
            "export openai: AzureOpenAI, default",
            "export m: default",
            "export ./clients: all",
            "export ns: module",
            "export type types: T"
        ]
    );
    assert_eq!(
        seen.exports(),
        [
            "Client = openai AzureOpenAI",
            "default = openai default",
            "Named = m default",
            "* = ./clients all",
            "ns = ns module",
            "T = types T"
        ]
    );
    assert!(seen.facts.bindings.is_empty());
}

#[test]
fn exports_of_declarations() {
    let seen = typescript(
        "
export const a = 1, { b, c: [d] } = x;
export function f() { const inner = 1; var deep = 2; }
export class C { field = 1 }
export async function* g() {}
export interface I {}
export type T = string | C;
export enum E { A }
export declare const ambient: C;
export let late = (other = 3);
",
    );
    let names = ["a", "b", "d", "f", "C", "g", "I", "T", "E", "ambient", "late"];
    assert_eq!(seen.exports(), names.map(|name| format!("{name} = local {name}")));
}

#[test]
fn exports_of_names_and_defaults() {
    let exports = |source| typescript(source).exports();
    assert_eq!(exports("export { a as b, c, d as default };"), ["b = local a", "c = local c", "default = local d"]);
    assert_eq!(exports("export default client;"), ["default = local client"]);
    assert_eq!(exports("export default new A();"), ["default = A()"]);
    assert_eq!(exports("export default class C {}"), ["default = local C"]);
    assert_eq!(exports("export default class {}"), ["default = class _"]);
    assert_eq!(exports("export default function f() {}"), ["default = local f"]);
    assert_eq!(exports("export default () => a;"), ["default = () => a"]);
    assert_eq!(exports("export = client;"), ["default = local client"]);
    assert_eq!(exports("namespace N { export const inner = 1; }"), [""; 0]);
}

#[test]
fn commonjs_exports() {
    let seen = tsx(r"
exports.a = one;
module.exports.b = two;
module.exports = { c, d: new D(), 'e-f': 1, ...rest, [computed]: 2, m() { return 3 } };
exports.x = exports.y = void 0;
module.exports = make();
");
    assert_eq!(
        seen.exports(),
        [
            "a = one",
            "b = two",
            "default = {c: c, d: D(), e-f: 1, ...rest, [computed]: 2, m: () -> 3}",
            "c = c",
            "d = D()",
            "e-f = 1",
            "* = rest",
            "m = () -> 3",
            "y = other(0)",
            "x = other(0)",
            "default = make()"
        ]
    );
    assert_eq!(seen.stores()[..2], ["exports.a = one", "module.exports.b = two"]);
    assert_eq!(seen.facts.stores[0].span.text(seen.source), "exports.a = one;");
}

// --- modules in expressions ------------------------------------------------------------------------------------------

#[test]
fn modules_loaded_by_expressions() {
    let seen = tsx(r#"
const openai = require("openai");
const { AzureOpenAI: Azure, other = 1 } = require('openai');
const value = require("m").default;
const dynamic = await import(`npm:openai@4`);
const part = (await import("openai")).AzureOpenAI;
const unknown = require(name), also = import(name);
"#);
    assert_eq!(
        seen.bindings(),
        [
            "openai = module:openai",
            "Azure = module:openai -> .AzureOpenAI",
            "other = module:openai -> .other ?? 1",
            "value = module:m.default",
            "dynamic = module:openai",
            "part = module:openai.AzureOpenAI",
            "unknown = require(name)",
            "also = import(name)"
        ]
    );
}

#[test]
fn what_is_promised_is_bound_to_the_first_parameter() {
    let seen = tsx(r#"
import("a").then(({ X, y: [z] }) => new X());
import("b").then(m => m.X).then(n => n);
import("c").then(function (module, second) {});
import("d").catch(e => e);
import("f").then(wrap(inner => inner), failure => failure);
"#);
    assert_eq!(
        seen.bindings(),
        [
            "X = module:a -> .X",
            "z = module:a -> .y.0",
            "m = module:b",
            "n = module:b.then((m) => m.X)",
            "module = module:c",
            "second = parameter 1",
            "e = parameter 0",
            "inner = parameter 0",
            "failure = parameter 0"
        ]
    );
}

// --- bindings and scopes ---------------------------------------------------------------------------------------------

#[test]
fn declarations_and_destructuring() {
    let seen = typescript(
        r#"
let a, b: B, c: C = f();
const { d, e: f1, g: { h = 1 }, "i-j": k, ...rest } = source;
const [l, , m = 2, [n], ...o] = list;
const { [key]: p, ["q"]: r } = source;
"#,
    );
    assert_eq!(
        seen.bindings(),
        [
            "a = declared",
            "b: B = declared",
            "c: C = f()",
            "d = source -> .d",
            "f1 = source -> .e",
            "h = source -> .g.h ?? 1",
            "k = source -> .i-j",
            "rest = source -> .*",
            "l = list -> .0",
            "m = list -> .2 ?? 2",
            "n = list -> .3.0",
            "o = list -> .*",
            "p = opaque",
            "r = source -> .q"
        ]
    );
}

#[test]
fn scopes_of_declarations() {
    let seen = typescript(
        "
function outer(parameter) {
  if (x) {
    var hoisted = 1;
    let local = 2;
    function declared() {}
    class Local {}
  }
}
for (let counter = 0; ;) {}
",
    );
    let function = seen.facts.functions[0].scope;
    for (name, kind) in [
        ("outer", ScopeKind::Module),
        ("parameter", ScopeKind::Function),
        ("hoisted", ScopeKind::Function),
        ("local", ScopeKind::Block),
        ("declared", ScopeKind::Function),
        ("Local", ScopeKind::Block),
        ("counter", ScopeKind::Block),
    ] {
        assert_eq!(seen.scope_of(name), kind, "{name}");
    }
    let hoisted = &seen.facts.bindings[seen.at("hoisted")];
    assert_eq!(hoisted.scope, function);
    assert_eq!(seen.facts.scopes[hoisted.written_in.index()].kind, ScopeKind::Block);
    let declared = &seen.facts.bindings[seen.at("declared")];
    assert_eq!((declared.scope, declared.from), (function, seen.facts.scopes[function.index()].span.start));
    assert_eq!(seen.facts.bindings[seen.at("outer")].from, 0);
    let local = &seen.facts.bindings[seen.at("Local")];
    assert_eq!(local.from as usize, seen.source.find("class Local {}").unwrap() + "class Local {}".len());
}

#[test]
fn names_given_by_statements() {
    let seen = typescript(
        "
try {} catch (error) {}
try {} catch ({ message }) {}
for (const item of items) {}
for (const [key, value] of Object.entries(x)) {}
for (var name in object) {}
for (existing of list) {}
let existing;
",
    );
    for name in ["error", "message", "name"] {
        assert_eq!(seen.value(name), "opaque");
    }
    assert_eq!(seen.value("item"), "items -> .each");
    assert_eq!(seen.value("value"), "Object.entries(x) -> .each.1");
    assert_eq!(seen.bindings().iter().filter(|binding| *binding == "existing = list -> .each").count(), 1);
    assert_eq!(seen.scope_of("name"), ScopeKind::Module);
    assert_eq!(seen.scope_of("item"), ScopeKind::Block);
}

#[test]
fn assignments_bind_where_the_name_is_declared() {
    let seen = typescript(
        "
function get() {
  client = new AzureOpenAI();
  local ??= make();
  global = 1;
  { let local; local = 2; }
}
let client;
function other() { var local; const inner = () => { local ||= 3; }; }
",
    );
    let scopes: Vec<(String, ScopeKind)> = (0..seen.facts.bindings.len())
        .map(|at| (seen.binding(at), seen.facts.scopes[seen.facts.bindings[at].scope.index()].kind))
        .collect();
    let has = |text: &str, kind| assert!(scopes.contains(&(text.to_owned(), kind)), "{text} {scopes:?}");
    has("client = AzureOpenAI()", ScopeKind::Module);
    has("local = make()", ScopeKind::Module);
    has("global = 1", ScopeKind::Module);
    has("local = 2", ScopeKind::Block);
    has("local = 3", ScopeKind::Function);
    let client = seen.facts.bindings.iter().find(|binding| binding.name == "client").unwrap();
    assert_eq!(client.written_in, seen.facts.functions[0].scope);
}

#[test]
fn augmented_and_destructuring_assignments() {
    let seen = typescript(
        r#"
let url = "https://", n = 1, a, b;
url += "host/" + path;
n -= 1;
({ a, x: b } = source);
[a, , b] = list;
"#,
    );
    assert_eq!(
        seen.bindings()[4..],
        [
            "url = \"{url}host/{path}\"",
            "n = other(n, 1)",
            "a = source -> .a",
            "b = source -> .x",
            "a = list -> .0",
            "b = list -> .2"
        ]
    );
    assert_eq!(typescript("using file = open();").bindings(), ["file = open()"]);
}

// --- functions -------------------------------------------------------------------------------------------------------

#[test]
fn parameters_in_all_forms() {
    let seen = typescript(
        "function f(this: Window, a: A, { b, c: d = 1 }: P = {}, [e], g = h(), optional?: O, ...rest: R[]): Result {}",
    );
    assert_eq!(seen.function(FunctionId(0)), "(a, _, _, g, optional, ...rest) ->");
    assert_eq!(
        seen.bindings()[1..],
        [
            "a: A = parameter 0",
            "b = parameter 1 -> .b",
            "d = parameter 1 -> .c ?? 1",
            "e = parameter 2 -> .0",
            "g = parameter 3 ?? h()",
            "optional: O = parameter 4",
            "rest: other(R) = parameter 5"
        ]
    );
    let function = &seen.facts.functions[0];
    assert_eq!(seen.expr(function.returns_type.unwrap()), "Result");
    assert!(seen.annotations().contains(&"Window".to_owned()) && seen.annotations().contains(&"P".to_owned()));
}

#[test]
fn functions_in_all_forms() {
    let seen = typescript(
        "
async function declared() { if (x) return one; return await two; }
const arrow = x => x.y;
const block = async ({ z }) => { return () => z; };
const named = function self() { return self; };
function* generator() { yield a; yield* b; const c = yield; }
declare function ambient(a: A): B;
",
    );
    assert_eq!(seen.value("declared"), "function () -> one, two");
    assert_eq!(seen.value("arrow"), "(x) => x.y");
    assert_eq!(seen.value("block"), "(_) => () => z");
    assert_eq!(seen.value("named"), "() -> self");
    assert_eq!(seen.scope_of("self"), ScopeKind::Function);
    assert_eq!(seen.value("generator"), "function () -> a, b");
    assert_eq!(seen.value("ambient"), "function (a) ->");
    assert_eq!(seen.facts.functions[0].name, Some("declared"));
    assert_eq!(seen.expr(seen.facts.functions.last().unwrap().returns_type.unwrap()), "B");
    assert!(seen.facts.problems.is_empty());
}

// --- classes ---------------------------------------------------------------------------------------------------------

#[test]
fn classes_and_their_members() {
    let seen = typescript(
        r#"
@Injectable()
@plain
class Service<T> extends base.Client<Config> implements Closer, Opener<X> {
  private client: AzureOpenAI = new AzureOpenAI();
  static shared = make();
  #secret?: Secret;
  "quoted" = 1;
  [computed] = 2;
  @Inject() declared!: D;
  constructor(private readonly injected: AzureOpenAI, plain: P, @Dec() public other = 3) { super(injected); }
  @Log async run() { return this.#secret; }
  get lazy(): L { return this.client; }
  set lazy(value) {}
  static { var inStatic = 1; this.x = 2; }
}
"#,
    );
    let class = &seen.facts.classes[0];
    assert_eq!(class.name, Some("Service"));
    assert_eq!(class.bases.iter().map(|id| seen.expr(*id)).collect::<Vec<_>>(), ["base.Client"]);
    assert_eq!(seen.facts.node(class.bases[0]).usage, Usage::Base);
    assert_eq!(class.decorators.iter().map(|id| seen.expr(*id)).collect::<Vec<_>>(), ["Injectable()", "plain"]);
    for annotation in ["Config", "Closer", "other(Opener, X)"] {
        assert!(seen.annotations().contains(&annotation.to_owned()), "{annotation}");
    }
    let members: Vec<String> = (0..seen.facts.bindings.len())
        .filter(|at| seen.facts.bindings[*at].scope == class.scope)
        .map(|at| seen.binding(at))
        .collect();
    assert_eq!(
        members,
        [
            "client: AzureOpenAI = AzureOpenAI()",
            "shared = make()",
            "#secret: Secret = declared",
            "quoted = 1",
            "declared: D = declared",
            "constructor = function (injected, plain, other) ->",
            "injected: AzureOpenAI = parameter 0",
            "other = parameter 2 ?? 3",
            "run = function () -> this.#secret",
            "lazy = function () -> this.client"
        ]
    );
    let injected: Vec<_> = seen.facts.bindings.iter().filter(|binding| binding.name == "injected").collect();
    assert_eq!(injected.len(), 2);
    assert_eq!(seen.scope_of("inStatic"), ScopeKind::Block);
    assert!(seen.roots().contains(&"super(injected)".to_owned()));
    assert_eq!(seen.stores(), ["this.x = 2"]);
    let run = seen.facts.functions.iter().find(|function| function.name == Some("run")).unwrap();
    assert_eq!(run.class, Some(ClassId(0)));
    assert_eq!(run.decorators.len(), 1);
    let binding = &seen.facts.bindings[seen.at("Service")];
    assert_eq!(binding.from as usize, seen.source.trim_end().len());
}

#[test]
fn decorators_before_export_belong_to_the_class() {
    let seen = typescript("@Dec({ a: 1 }) export class Q {}");
    assert_eq!(seen.facts.classes[0].decorators.iter().map(|id| seen.expr(*id)).collect::<Vec<_>>(), ["Dec({a: 1})"]);
    assert_eq!(seen.exports(), ["Q = local Q"]);
}

#[test]
fn class_expressions_and_mixins() {
    let seen = typescript("const C = class Inner extends mixin(A) { m() {} };");
    assert_eq!(seen.value("C"), "class Inner");
    assert_eq!(seen.expr(seen.facts.classes[0].bases[0]), "mixin(A)");
    let inside = seen.facts.exprs.iter().filter(|node| node.usage == Usage::Base).count();
    assert_eq!(inside, 3);
}

#[test]
fn interfaces_enums_and_object_types_are_classes() {
    let seen = typescript(
        r#"
interface I<T> extends A, ns.B<C> { client: AzureOpenAI; run(x: X): Y; readonly opt?: Z; new (q: Q): R; [key: string]: V }
type O = { member: M; nested: { deep: N } };
enum E { A, B = "text", 'c-d' = 3 }
const enum F { X = 1 }
"#,
    );
    let bases: Vec<_> = seen.facts.classes[0].bases.iter().map(|id| seen.expr(*id)).collect();
    assert_eq!(bases, ["A", "ns.B"]);
    assert_eq!(
        seen.bindings(),
        [
            "I = class #0",
            "T = opaque",
            "client: AzureOpenAI = declared",
            "run = declared",
            "opt: Z = declared",
            "O = class #1",
            "member: M = declared",
            "nested: class _ = declared",
            "deep: N = declared",
            "E = class #3",
            "A = declared",
            "B = \"text\"",
            "c-d = 3",
            "F = class #4",
            "X = 1"
        ]
    );
    for annotation in ["C", "X", "Y", "Q", "R", "V"] {
        assert!(seen.annotations().contains(&annotation.to_owned()), "{annotation}");
    }
    assert!(!seen.roots().contains(&"key".to_owned()));
    assert_eq!(seen.scope_of("client"), ScopeKind::Class);
}

#[test]
fn namespaces_and_ambient_declarations() {
    let seen = typescript(
        r#"
namespace N { export const inner = 1; function f() {} }
declare module "m" { export class C {} import { X } from "x"; }
declare global { interface Window { client: Client } var g: G; }
declare const a: A, b: B;
abstract class K { abstract x: X; abstract run(): Y; over(a: A): B; over(a) {} }
"#,
    );
    assert_eq!(seen.scope_of("inner"), ScopeKind::Block);
    assert_eq!(seen.scope_of("f"), ScopeKind::Block);
    assert_eq!(seen.scope_of("C"), ScopeKind::Block);
    assert_eq!(seen.binding(seen.at("g")), "g: G = declared");
    assert_eq!(seen.binding(seen.at("b")), "b: B = declared");
    assert_eq!(seen.value("x"), "declared");
    assert_eq!(seen.value("run"), "declared");
    assert_eq!(seen.value("over"), "function (a) ->");
    assert_eq!(seen.imports(), ["import x: X as X"]);
    assert!(seen.exports().is_empty());
}

// --- stores and branches ---------------------------------------------------------------------------------------------

#[test]
fn stores_to_members_and_elements() {
    let seen = typescript(
        r#"
this.client = new A();
process.env.KEY = "v";
headers["api-key"] = key;
this.lazy ??= make();
a.url += "/path";
(b as any).c! = 1;
const chained = x.y = z;
counter.n++;
"#,
    );
    assert_eq!(
        seen.stores(),
        [
            "this.client = A()",
            "process.env.KEY = \"v\"",
            "headers[\"api-key\"] = key",
            "this.lazy = make()",
            "a.url = \"{a.url}/path\"",
            "b.c = 1",
            "x.y = z"
        ]
    );
    assert_eq!(seen.value("chained"), "z");
    assert_eq!(seen.facts.stores[1].span.text(seen.source), "process.env.KEY = \"v\";");
}

#[test]
fn branches_of_conditional_flow() {
    let seen = typescript(
        "
if (c) { var a1; } else if (d) var a2; else { var a3; }
switch (v) { case 1: case 2: var b1; break; default: var b2; }
try { var c1; } catch { var c2; } finally { var c3; }
while (w) { var d1; }
for (const i of l) var d2;
for (;;) { var d3; }
do { var d4; } while (w);
if (c) { (() => { var inner; })(); }
",
    );
    let branch = |name: &str| {
        let id = seen.facts.bindings[seen.at(name)].branch;
        (id, seen.facts.branches[id.index()])
    };
    for (group, exclusive) in [(&["a1", "a2", "a3"][..], true), (&["b1", "b2"], true), (&["c1", "c2"], false)] {
        let arms: Vec<_> = group.iter().map(|name| branch(name).1).collect();
        assert!(arms.iter().all(|arm| arm.statement == arms[0].statement && arm.exclusive == exclusive));
        assert!(arms.windows(2).all(|pair| pair[0].arm < pair[1].arm));
        assert!(arms.iter().all(|arm| arm.parent == Some(unmoor::facts::BranchId(0))));
    }
    assert_eq!(branch("c3").0.0, 0);
    for name in ["d1", "d2", "d3", "d4"] {
        assert!(branch(name).0.0 != 0 && !branch(name).1.exclusive);
    }
    assert!(branch("inner").1.parent.is_none());
}

// --- expressions -----------------------------------------------------------------------------------------------------

#[test]
fn simple_expressions() {
    for (source, seen) in [
        ("x", "x"),
        ("this", "this"),
        ("undefined", "undefined"),
        ("(null)", "null"),
        ("-1.5", "-1.5"),
        ("true", "true"),
        ("a.b?.c", "a.b.c"),
        ("a?.[b]", "a[b]"),
        ("a['b'][0]", "a[\"b\"][0]"),
        ("this.#x", "this.#x"),
        ("f(a, ...b)", "f(a, ...b)"),
        ("f?.(a)", "f(a)"),
        ("new X", "X()"),
        ("new ns.X({ a })", "ns.X({a: a})"),
        ("new Foo().bar().baz", "Foo().bar().baz"),
        ("tag`a${b}c`", "tag(\"a{b}c\")"),
        ("/a\\d/gi", "/a\\d/"),
        ("[a, , ...b]", "[a, b]"),
        ("import.meta.env.KEY", "import.meta.env.KEY"),
        ("new.target", "other()"),
        ("await f()", "f()"),
        ("(((a)))", "a"),
        ("(a, b)", "b"),
        ("(0, m.create)(x)", "m.create(x)"),
        ("typeof x", "other(x)"),
        ("!x", "other(x)"),
        ("x++", "other(x)"),
        ("delete a.b", "other(a.b)"),
    ] {
        assert_eq!(expression(source), seen, "{source}");
    }
}

#[test]
fn operators() {
    for (source, seen) in [
        ("a ? b : c", "<b | c if a>"),
        ("a || b || c", "<a | b | c>"),
        ("a ?? 'x'", "<a | \"x\">"),
        ("a && b", "<a | b>"),
        ("a === b", "equal(a, b)"),
        ("a != b", "equal(a, b)"),
        ("'k' in o", "in(\"k\", o)"),
        ("a instanceof B", "instanceof(a, B)"),
        ("a * b + c", "other(other(a, b), c)"),
        ("a + b + c", "other(a, b, c)"),
        ("a < b", "other(a, b)"),
        ("a || b && c", "<a | <b | c>>"),
    ] {
        assert_eq!(expression(source), seen, "{source}");
    }
    assert_eq!(tsx("class A { #p; m(o) { return #p in o; } }").value("m"), "function (o) -> in(#p, o)");
}

#[test]
fn text() {
    for (source, seen) in [
        ("x('it\\'s \\u0041\\n')", "x(\"it's A\n\")"),
        ("x(`plain`)", "x(\"plain\")"),
        ("x(`a${b}${c.d}e\\${f}`)", "x(\"a{b}{c.d}e${f}\")"),
        ("x(`${`in${n}er`}`)", "x(\"{\"in{n}er\"}\")"),
        ("x('')", "x(\"\")"),
        ("'a' + b + 'c'", "\"a{b}c\""),
        ("a + b + 'c'", "\"{a}{b}c\""),
        ("a + ('b' + c) + `d${e}`", "\"{a}b{c}d{e}\""),
        ("'' + a", "\"{a}\""),
        // The assigned text belongs to the binding too, so it stays an expression of its own.
        ("a + (x = 'b')", "\"{a}{\"b\"}\""),
        ("'a' + (x = 'b') + 'c'", "\"a{\"b\"}c\""),
        ("a * 2 + 'px'", "\"{other(a, 2)}px\""),
    ] {
        assert_eq!(expression(source), seen, "{source}");
    }
    let seen = typescript("const u = 'https://' + /* here */ host + \"/v1\";");
    let BindingKind::Value(id) = seen.facts.bindings[0].kind else { panic!() };
    let Expr::Text(pieces) = seen.facts.expr(id) else { panic!() };
    let spans: Vec<&str> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Constant { span, .. } => Some(span.text(seen.source)),
            Piece::Hole(_) => None,
        })
        .collect();
    assert_eq!(spans, ["https://", "/v1"]);
    assert_eq!(seen.facts.exprs.len(), 2, "dissolved texts leave nothing behind");
}

#[test]
fn objects() {
    let source = "x({ a, 'b-c': d, 1: e, [f]: g, ...h, m(p) { return p }, get n() { return 1 }, async *o() {} })";
    assert_eq!(expression(source), "x({a: a, b-c: d, 1: e, [f]: g, ...h, m: (p) -> p, n: () -> 1, o: () ->})");
    let seen = typescript("x({ short, 'quoted': 1 })");
    let object = seen.facts.exprs.iter().find_map(|node| match &node.expr {
        Expr::Object(entries) => Some(entries),
        _ => None,
    });
    let [short, quoted] = object.unwrap().as_slice() else { panic!() };
    let Key::Named { span, .. } = short.key else { panic!() };
    assert_eq!(seen.facts.node(short.value).span, span);
    let Key::Named { span, .. } = quoted.key else { panic!() };
    assert_eq!(span.text(seen.source), "'quoted'");
    assert_eq!(quoted.span.text(seen.source), "'quoted': 1");
}

#[test]
fn statements_without_facts() {
    let seen = typescript("'use strict'; // note\nfunction f() { \"use server\"; }\n/* c */ ;");
    assert!(seen.facts.exprs.is_empty());
    let seen = typescript("#!/usr/bin/env node\nlabel: for (;;) { throw a; break label; continue; }\nwith (b) {}");
    assert_eq!(seen.roots(), ["a", "b"]);
}

#[test]
fn jsx_is_made_of_its_expressions() {
    let seen = tsx(r#"<ns.Panel title="a&amp;b" {...props} client={client} on={() => go}>
  text {value} <div id="x">{"s\n"}</div> <Leaf<T> /> {/* c */} <></>
</ns.Panel>"#);
    assert_eq!(
        seen.roots().last().unwrap(),
        "other(ns.Panel, {title: \"a&amp;b\"}, props, {client: client}, {on: () => go}, value, \
         other({id: \"x\"}, \"s\n\"), other(Leaf), other())"
    );
    assert_eq!(seen.annotations(), ["T"]);
}

#[test]
fn types_are_annotations() {
    for (source, types) in [
        ("let x: A", &["A"][..]),
        ("let x: ns.deep.A", &["ns.deep.A"]),
        ("let x: A<B, C>", &["other(A, B, C)"]),
        ("let x: A | null | B", &["union(A, null, B)"]),
        ("let x: A & B", &["union(A, B)"]),
        ("let x: typeof client.chat", &["client.chat"]),
        ("let x: A[]", &["other(A)"]),
        ("let x: [a: A, B?]", &["other(A, B)"]),
        ("let x: (a: A, ...b: B[]) => C", &["other(A, other(B), C)"]),
        ("let x: A extends B ? C : D", &["other(A, B, C, D)"]),
        ("let x: { a: A; b(): B }", &["A", "B", "class _"]),
        ("let x: 'text'", &["\"text\""]),
        ("let x: A['key']", &["other(A, \"key\")"]),
        ("let x: readonly (A)", &["A"]),
        ("let x: string", &[]),
        ("let x: import('openai').AzureOpenAI", &["module:openai.AzureOpenAI"]),
        ("let x: typeof import('openai')", &["module:openai"]),
        ("y as A", &["A"]),
        ("y satisfies A", &["A"]),
        ("<A>y", &["A"]),
        ("f<A>(y)", &["A"]),
        ("new F<A>(y)", &["A"]),
        ("function f<T extends A = B>(): x is C {}", &["A", "B", "C"]),
        ("let x: { [K in keyof A]: B }", &["other(A)", "B", "class _"]),
        ("type T = A | B", &["union(A, B)"]),
    ] {
        let seen = typescript(source);
        assert_eq!(seen.annotations(), types, "{source}");
        assert!(seen.facts.problems.is_empty(), "{source}");
    }
    let seen = typescript("type T = A | B; const c = d as unknown as A;");
    assert_eq!(seen.bindings(), ["T = alias union(A, B)", "c = d"]);
    let asserted: Vec<_> = seen.facts.asserted.iter().map(|&(value, of)| (seen.expr(value), seen.expr(of))).collect();
    assert_eq!(asserted, [("d".to_owned(), "A".to_owned())]);
    let seen = typescript("function f<T extends A = B, U>(x: T) {} type G<V extends C> = V;");
    for (name, bound) in [("T", "alias A"), ("U", "opaque"), ("V", "alias C")] {
        assert_eq!(seen.value(name), bound);
    }
}

// --- broken, deep and hostile input ----------------------------------------------------------------------------------

#[test]
fn broken_syntax_is_reported_and_read_around() {
    let seen = typescript("const a = new A();\nconst b = ;\nfoo(;\nconst c = new C();");
    assert!(seen.facts.problems.iter().all(|problem| problem.kind == ProblemKind::Syntax));
    assert!(!seen.facts.problems.is_empty());
    assert!(seen.roots().contains(&"A()".to_owned()) && seen.roots().contains(&"C()".to_owned()));
    let seen = typescript("class { { import ( new Client(key) ]] function f( { const x = make();");
    assert!(seen.roots().iter().any(|root| root.contains("Client(key)")), "{:?}", seen.roots());
    let many = "const = ;\n".repeat(100);
    assert_eq!(typescript(&many).facts.problems.len(), 20);
}

#[test]
fn no_prefix_of_a_program_is_a_problem_for_the_lowering() {
    let program = r#"
import D, { A as B } from "m"; export * as n from "m"; export default class extends X<Y> { #a = `t${1}`; @d m({ p = 1 }) {} }
const { a: [b, ...c], ...d } = require("x"), u = "a" + b + `c`; import("m").then(({ z }) => z);
for (const [k] of l) { if (a) b.c = 1; else if (d) e ??= f; else { x += "y" } } switch (s) { case 1: g(); default: h() }
try { await i } catch ({ j }) { throw j } finally {} type T = { a: B } | C<D>['e']; enum E { F = "g" } namespace N.M {}
interface I extends J { k(l: M): N } function* o(this: P, ...q: R[]): asserts r is S { yield t as U } label: while (1) break;
declare global { var v: W } let w = <const T,>(x: T) => (y satisfies Z)!, re = /[/]\/(/u; a?.b?.[c]?.(d);
"#;
    for (end, _) in program.char_indices() {
        typescript(&program[..end]);
        tsx(&program[..end]);
    }
    for (start, _) in program.char_indices().step_by(3) {
        tsx(&program[start..]);
    }
}

/// Runs in a thread with the stack of a main thread.
fn with_usual_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(8 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn long_chains_are_read_completely() {
    with_usual_stack(|| {
        let terms = vec!["a"; 10_000].join(" + ");
        let seen = Lowering::default().facts(Grammar::Tsx, &terms).unwrap();
        assert!(matches!(&seen.exprs.last().unwrap().expr, Expr::Other(parts) if parts.len() == 10_000));
        let text = vec!["'a'"; 10_000].join(" + ");
        let text = format!("x = {text}");
        let seen = Lowering::default().facts(Grammar::TypeScript, &text).unwrap();
        assert!(matches!(&seen.exprs.last().unwrap().expr, Expr::Text(pieces) if pieces.len() == 10_000));
        assert!(seen.problems.is_empty());
        for source in [
            vec!["a"; 10_000].join(" || "),
            format!("p{}", ".then(x => x)".repeat(10_000)),
            format!("a{}", "[0]".repeat(10_000)),
            format!("a{}", "!".repeat(5_000)),
            format!("type T = {}", vec!["'a'"; 10_000].join(" | ")),
            format!("if (a) b; {}", "else if (c) d; ".repeat(5_000)),
            format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000)),
            vec!["x"; 10_000].join(", "),
        ] {
            let seen = Lowering::default().facts(Grammar::TypeScript, &source).unwrap();
            assert!(seen.problems.is_empty(), "{:.40} {:?}", source, seen.problems);
        }
    });
}

#[test]
fn deep_nesting_is_cut_off() {
    with_usual_stack(|| {
        let n = 10_000;
        for (open, inner, close) in [
            ("[", "a", "]"),
            ("f(", "a", ")"),
            ("x = [", "a", "]"),
            ("new A(", "a", ")"),
            ("{", "a", "}"),
            ("({a: ", "a", "})"),
            ("`${", "a", "}`"),
            ("() => ", "a", ""),
            ("a ? b : ", "a", ""),
            ("a = ", "a", ""),
            ("!", "a", ""),
            ("if (a) ", "b", ""),
            ("function f() { ", "a", "}"),
            ("class A { m() { ", "a", "} }"),
            ("(class extends ", "A", " {})"),
            ("for (;;) ", "a", ""),
            ("a ** ", "a", ""),
            ("let x: Array<", "A", ">"),
            ("<A>", "a", ""),
            ("let [", "a", "] = b"),
            ("(", "a", " }"),
            ("[{(`${", "a", ""),
        ] {
            let (repeat, prefix) = match open {
                "let x: Array<" => ("Array<", "let x: "),
                "let [" => ("[", "let "),
                other => (other, ""),
            };
            let close_repeat = close.strip_suffix(" = b").unwrap_or(close);
            let source = format!("{prefix}{}{inner}{}", repeat.repeat(n), close_repeat.repeat(n));
            let seen = Lowering::default().facts(Grammar::TypeScript, &source).unwrap();
            let reported = |kind| seen.problems.iter().any(|problem| problem.kind == kind);
            assert!(reported(ProblemKind::TooDeep) || reported(ProblemKind::Syntax), "{open}");
        }
        let source = format!("x = {}1{}", "<A b={".repeat(n), "}/>".repeat(n));
        Lowering::default().facts(Grammar::Tsx, &source).unwrap();
        let source = format!("{}{}", "<A>".repeat(n), "</A>".repeat(n));
        Lowering::default().facts(Grammar::Tsx, &source).unwrap();
    });
}

#[test]
fn the_deepest_allowed_nesting_is_read() {
    with_usual_stack(|| {
        let n = MAX_DEPTH - 10;
        let source = format!("{}a{}", "[".repeat(n), "]".repeat(n));
        let seen = Lowering::default().facts(Grammar::TypeScript, &source).unwrap();
        assert!(seen.problems.is_empty());
        assert_eq!(seen.exprs.len(), n + 1);
    });
}

#[test]
fn odd_input_does_no_harm() {
    for source in
        ["", "\0", "\u{feff}import 'a'", "é = 'ü' + \"\\", "`", "${", "'", "a.\n", "\u{2028}", "import", "export {"]
    {
        typescript(source);
        tsx(source);
    }
}

#[test]
fn the_environment_is_known() {
    let environment = Language::JavaScript.environment();
    assert!(environment.containers.contains(&"global:process.env"));
    assert!(environment.readers.contains(&"global:Deno.env.get"));
    assert!(environment.modules.contains(&"$env/static/private"));
    assert!(environment.settings.is_empty());
}
