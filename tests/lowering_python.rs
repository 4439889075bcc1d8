//! What the lowering of Python must say about each form of the language.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may")]

use unmoor::{
    facts::{
        ArgumentKind, BindingKind, BranchId, Expr, ExprId, Facts, ImportedSymbol, Key, Operator, Piece, ProblemKind,
        ScopeId, ScopeKind, Step, Usage,
    },
    lang::{Grammar, Language, Lowering},
};

fn lower(text: &str) -> Facts<'_> {
    let facts = Lowering::default().facts(Grammar::Python, text).expect("the parser works");
    check(&facts, text);
    facts
}

/// Lowers text without syntax errors.
fn clean(text: &str) -> Facts<'_> {
    let facts = lower(text);
    assert!(facts.problems.is_empty(), "{text}: {:?}", facts.problems);
    facts
}

/// What holds for the facts of any text.
fn check(facts: &Facts<'_>, text: &str) {
    for (index, node) in facts.exprs.iter().enumerate() {
        node.expr.for_each_child(|child| assert!(child.index() < index, "children come first"));
        assert!(text.get(node.span.start as usize..node.span.end as usize).is_some(), "spans are in the text");
    }
    for binding in &facts.bindings {
        assert_eq!(binding.span.text(text), binding.name, "a binding stands where its name stands");
    }
}

/// An expression in a short notation: `<…>` is Other, `(a || b)` a choice, `#0` a function.
fn show(facts: &Facts<'_>, id: ExprId) -> String {
    let one = |id: &ExprId| show(facts, *id);
    let many = |ids: &[ExprId], separator: &str| ids.iter().map(one).collect::<Vec<_>>().join(separator);
    match facts.expr(id) {
        Expr::Name(name) => (*name).to_owned(),
        Expr::This => "this".to_owned(),
        Expr::Super => "super".to_owned(),
        Expr::Module(module) => format!("module({module})"),
        Expr::Member { object, property, .. } => format!("{}.{property}", one(object)),
        Expr::Index { object, index } => format!("{}[{}]", one(object), one(index)),
        Expr::Call { callee, arguments } => {
            let arguments = arguments.iter().map(|argument| {
                let value = one(&argument.value);
                match argument.kind {
                    ArgumentKind::Positional => value,
                    ArgumentKind::Named { name, .. } => format!("{name}={value}"),
                    ArgumentKind::SpreadPositional => format!("*{value}"),
                    ArgumentKind::SpreadNamed => format!("**{value}"),
                }
            });
            format!("{}({})", one(callee), arguments.collect::<Vec<_>>().join(", "))
        }
        Expr::Text(pieces) => {
            let pieces = pieces.iter().map(|piece| match piece {
                Piece::Constant { text, .. } => text.to_string(),
                Piece::Hole(hole) => format!("{{{}}}", one(hole)),
            });
            format!("'{}'", pieces.collect::<String>())
        }
        Expr::Pattern(pattern) => format!("/{pattern}/"),
        Expr::Object(entries) => {
            let entries = entries.iter().map(|entry| match &entry.key {
                Key::Named { name, .. } => format!("{name}: {}", one(&entry.value)),
                Key::Computed(key) => format!("[{}]: {}", one(key), one(&entry.value)),
                Key::Spread => format!("**{}", one(&entry.value)),
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Expr::List(items) => format!("[{}]", many(items, ", ")),
        Expr::Choice { alternatives, condition } => match condition {
            Some(condition) => format!("({} if {})", many(alternatives, " || "), one(condition)),
            None => format!("({})", many(alternatives, " || ")),
        },
        Expr::Operation { operator, operands } => {
            let sign = match operator {
                Operator::Equality => " == ",
                Operator::Membership => " in ",
                Operator::InstanceOf => " instanceof ",
                Operator::Union => " | ",
            };
            format!("({})", many(operands, sign))
        }
        Expr::Function(id) => format!("#{}", id.0),
        Expr::Class(id) => format!("class{}", id.0),
        Expr::Constant(text) => (*text).to_owned(),
        Expr::Other(items) => format!("<{}>", many(items, ", ")),
    }
}

/// What the name is bound to, once per binding.
fn bound(facts: &Facts<'_>, name: &str) -> Vec<String> {
    facts.bindings.iter().filter(|binding| binding.name == name).map(|binding| kind(facts, &binding.kind)).collect()
}

fn kind(facts: &Facts<'_>, kind: &BindingKind<'_>) -> String {
    match kind {
        BindingKind::Import { import, item } => {
            let import = &facts.imports[*import as usize];
            match import.items[*item as usize].symbol {
                ImportedSymbol::Named(name) => format!("import {} {name}", import.module),
                ref other => format!("import {} {other:?}", import.module),
            }
        }
        BindingKind::Value(value) => format!("= {}", show(facts, *value)),
        BindingKind::Element { of, path, .. } => {
            let steps = path.iter().map(|step| match step {
                Step::Position(position) => format!(".{position}"),
                other => format!(".{other:?}"),
            });
            format!("part {}{}", show(facts, *of), steps.collect::<String>())
        }
        BindingKind::Parameter { function, index, default } => {
            let default = default.map_or(String::new(), |default| format!(" = {}", show(facts, default)));
            format!("parameter {index} of #{}{default}", function.0)
        }
        BindingKind::Receiver(class) => format!("receiver {}", class.0),
        BindingKind::Function(function) => format!("function {}", function.0),
        BindingKind::Class(class) => format!("class {}", class.0),
        BindingKind::Alias(value) => format!("alias {}", show(facts, *value)),
        BindingKind::Declared => "declared".to_owned(),
        BindingKind::Opaque => "opaque".to_owned(),
        BindingKind::ParameterElement { .. } => "parameter element".to_owned(),
    }
}

/// The value assigned to `x`.
fn value(text: &str) -> String {
    let text = format!("x = {text}\n");
    let facts = clean(&text);
    bound(&facts, "x").pop().and_then(|shown| shown.strip_prefix("= ").map(str::to_owned)).expect("x has a value")
}

fn scope_kind(facts: &Facts<'_>, id: ScopeId) -> ScopeKind {
    facts.scopes[id.index()].kind
}

/// All outermost expressions of the text.
fn outermost(facts: &Facts<'_>) -> Vec<String> {
    let ids = (0..facts.exprs.len() as u32).map(ExprId);
    ids.filter(|id| facts.node(*id).parent.is_none()).map(|id| show(facts, id)).collect()
}

// ---- imports

#[test]
fn imports_of_modules() {
    let text = "import m\nimport a.b.c\nimport a.b as x, d\n";
    let facts = clean(text);
    let shown: Vec<_> = facts.imports.iter().map(|import| (import.module.as_ref(), &import.items[0].symbol)).collect();
    assert_eq!(
        shown,
        [
            ("m", &ImportedSymbol::Module),
            ("a.b.c", &ImportedSymbol::Root("a")),
            ("a.b", &ImportedSymbol::Module),
            ("d", &ImportedSymbol::Module),
        ]
    );
    let locals: Vec<_> = facts.imports.iter().map(|import| import.items[0].local).collect();
    assert_eq!(locals, [Some("m"), Some("a"), Some("x"), Some("d")]);
    assert_eq!(facts.imports[2].module_span.text(text), "a.b");
    assert_eq!(facts.imports[2].span.text(text), "import a.b as x, d");
    assert_eq!(facts.bindings[0].from, 8, "an import binds from the end of its statement");
}

#[test]
fn imports_of_names() {
    let text =
        "from m import (\n    A as B,  # first\n    C,\n)\nfrom ..x import y\nfrom . import z\nfrom .q import *\n";
    let facts = clean(text);
    let modules: Vec<_> = facts.imports.iter().map(|import| import.module.as_ref()).collect();
    assert_eq!(modules, ["m", "..x", ".", ".q"]);
    let spans: Vec<_> = facts.imports[0].items.iter().map(|item| item.span.text(text)).collect();
    assert_eq!(spans, ["A", "C"]);
    assert_eq!(facts.imports[1].module_span.text(text), "..x");
    assert_eq!(bound(&facts, "B"), ["import m A"]);
    assert_eq!(bound(&facts, "C"), ["import m C"]);
    assert_eq!(bound(&facts, "A"), [""; 0]);
    assert_eq!(bound(&facts, "z"), ["import . z"]);
    assert_eq!(facts.imports[3].items[0].symbol, ImportedSymbol::All);
    assert_eq!(facts.imports[3].items[0].local, None);
    let end = facts.imports[0].span.end;
    assert!(facts.bindings.iter().take(2).all(|binding| binding.from == end));
}

#[test]
fn imports_with_odd_white_space() {
    let text = "from .  a . b import c\nimport \\\n  a . \\\n  b\n";
    let facts = clean(text);
    let modules: Vec<_> = facts.imports.iter().map(|import| import.module.as_ref()).collect();
    assert_eq!(modules, [".a.b", "a.b"]);
}

#[test]
fn imports_of_the_future() {
    let text = "from __future__ import annotations, division as d\n";
    let facts = clean(text);
    assert_eq!(facts.imports[0].module, "__future__");
    assert_eq!(facts.imports[0].module_span.text(text), "__future__");
    assert_eq!(bound(&facts, "annotations"), ["import __future__ annotations"]);
    assert_eq!(bound(&facts, "d"), ["import __future__ division"]);
}

#[test]
fn imports_anywhere() {
    let facts = clean(
        "def f():\n    import m\nif a:\n    import n\nelse:\n    n = None\ntry:\n    import o\nexcept ImportError:\n    o = 1\n",
    );
    let m = &facts.bindings[1];
    assert_eq!((m.name, scope_kind(&facts, m.scope)), ("m", ScopeKind::Function));
    assert_eq!(facts.imports[0].scope, m.scope);
    assert_eq!(bound(&facts, "n"), ["import n Module", "= None"]);
    assert_eq!(bound(&facts, "o"), ["import o Module", "= 1"]);
}

#[test]
fn imports_for_types_only() {
    for condition in ["TYPE_CHECKING", "typing.TYPE_CHECKING", "(t.TYPE_CHECKING)"] {
        let text =
            format!("if {condition}:\n    import a\n    if x:\n        import b\nelse:\n    import c\nimport d\n");
        let facts = clean(&text);
        let shown: Vec<_> = facts.imports.iter().map(|import| import.type_only).collect();
        assert_eq!(shown, [true, true, false, false], "{condition}");
    }
}

#[test]
fn imports_by_name() {
    assert_eq!(value("importlib.import_module('m')"), "module(m)");
    assert_eq!(value("importlib.import_module('.m', package=__package__)"), "module(.m)");
    assert_eq!(value("importlib.import_module(m)"), "importlib.import_module(m)");
    assert_eq!(value("importlib.import_module(f'{m}')"), "importlib.import_module('{m}')");
    assert_eq!(value("__import__('m').A"), "module(m).A");
    assert_eq!(value("__import__('m.n')"), "module(m)");
    assert_eq!(value("__import__('m.n', fromlist=['x'])"), "module(m.n)");
    assert_eq!(value("import_module('m')"), "import_module('m')");
    let facts = clean("from importlib import import_module\nx = import_module('m')\n");
    assert_eq!(bound(&facts, "x"), ["= module(m)"]);
}

// ---- scopes and bindings

#[test]
fn parameters() {
    let text = "def f(a, /, b: int, *args, c=1, d: T = 2, **kw): pass\n";
    let facts = clean(text);
    let function = &facts.functions[0];
    let list: Vec<_> = function.parameters.iter().map(|parameter| (parameter.name, parameter.rest)).collect();
    let expected = [("a", false), ("b", false), ("args", true), ("c", false), ("d", false), ("kw", true)]
        .map(|(n, r)| (Some(n), r));
    assert_eq!(list, expected);
    assert_eq!(bound(&facts, "c"), ["parameter 3 of #0 = 1"]);
    assert_eq!(bound(&facts, "d"), ["parameter 4 of #0 = 2"]);
    let d = facts.bindings.iter().find(|binding| binding.name == "d").expect("d");
    assert_eq!(d.scope, function.scope);
    let annotation = facts.node(d.annotation.expect("annotated"));
    assert_eq!(annotation.usage, Usage::Annotation);
    assert_eq!(annotation.scope, ScopeId(0), "annotations are evaluated outside");
    assert_eq!(annotation.branch, BranchId(0));
    assert_eq!(function.span.text(text), text.trim_end());
    let keywords = clean("def f(a, *, b): pass\n");
    assert_eq!(bound(&keywords, "b"), ["parameter 1 of #0"]);
}

#[test]
fn methods_have_receivers() {
    let facts = clean(
        "class C:\n    def m(self, a): pass\n    @classmethod\n    def n(cls, a): pass\n    @staticmethod\n    def s(a, b): pass\n    def t(*args): pass\n    if x:\n        def u(this): \n            def inner(self): pass\n",
    );
    assert_eq!(bound(&facts, "self"), ["receiver 0", "parameter 0 of #5"]);
    assert_eq!(bound(&facts, "cls"), ["receiver 0"]);
    assert_eq!(bound(&facts, "this"), ["receiver 0"]);
    assert_eq!(bound(&facts, "a"), ["parameter 0 of #0", "parameter 0 of #1", "parameter 0 of #2"]);
    assert_eq!(bound(&facts, "args"), ["parameter 0 of #3"]);
    assert!(facts.functions[0].class.is_some() && facts.functions[5].class.is_none());
    assert_eq!(scope_kind(&facts, facts.bindings[1].scope), ScopeKind::Class, "methods are bound in the class");
}

#[test]
fn classes() {
    let text = "@deco(1)\nclass C(Base, m.Other[int], metaclass=Meta, **kw):\n    field: T = 1\n    other = 2\n";
    let facts = clean(text);
    let class = &facts.classes[0];
    let bases: Vec<_> = class.bases.iter().map(|id| show(&facts, *id)).collect();
    assert_eq!(bases, ["Base", "m.Other[int]"]);
    assert!(class.bases.iter().all(|id| facts.node(*id).usage == Usage::Base));
    assert_eq!(show(&facts, class.decorators[0]), "deco(1)");
    let meta = facts.exprs.iter().find(|node| matches!(node.expr, Expr::Name("Meta"))).expect("lowered");
    assert_eq!(meta.usage, Usage::Value);
    assert_eq!(bound(&facts, "C"), ["class 0"]);
    let field = facts.bindings.iter().find(|binding| binding.name == "field").expect("bound");
    assert_eq!(field.scope, class.scope);
    assert!(field.annotation.is_some());
    assert_eq!(facts.scopes[class.scope.index()].class.map(|id| id.0), Some(0));
}

#[test]
fn returns_and_decorators() {
    let text = "@a\n@b.c(1)\ndef f(p) -> T:\n    if p:\n        return A()\n    def g():\n        return 0\n    yield B()\n    x = yield from C\n    return\n";
    let facts = clean(text);
    let function = &facts.functions[0];
    let shown = |ids: &[ExprId]| ids.iter().map(|id| show(&facts, *id)).collect::<Vec<_>>();
    assert_eq!(shown(&function.returns), ["A()", "B()", "C"]);
    assert_eq!(shown(&function.decorators), ["a", "b.c(1)"]);
    assert!(function.decorators.iter().all(|id| facts.node(*id).scope == ScopeId(0)));
    assert_eq!(function.returns_type.map(|id| show(&facts, id)).as_deref(), Some("T"));
    assert_eq!(shown(&facts.functions[1].returns), ["0"]);
    assert_eq!(bound(&facts, "x"), ["= C"]);
    let f = &facts.bindings[0];
    assert_eq!((f.name, f.from as usize), ("f", text.len() - 1));
}

#[test]
fn lambdas() {
    let facts = clean("x = lambda a, b=d, *c: f(a)\n");
    assert_eq!(bound(&facts, "x"), ["= #0"]);
    assert_eq!(bound(&facts, "b"), ["parameter 1 of #0 = d"]);
    assert_eq!(show(&facts, facts.functions[0].returns[0]), "f(a)");
    assert_eq!(facts.functions[0].name, None);
    let default = facts.exprs.iter().find(|node| matches!(node.expr, Expr::Name("d"))).expect("lowered");
    assert_eq!(default.scope, ScopeId(0));
}

#[test]
fn comprehensions_have_a_scope() {
    let facts = clean("def f():\n    return [g(a, k) for a, (k, *v) in b if (y := a) for c in a]\n");
    assert_eq!(show(&facts, facts.functions[0].returns[0]), "<g(a, k), b, a, a>");
    let a = facts.bindings.iter().find(|binding| binding.name == "a").expect("bound");
    let scope = &facts.scopes[a.scope.index()];
    assert_eq!((scope.kind, scope.function), (ScopeKind::Function, None));
    assert_eq!(a.from, scope.span.start, "the element stands before the clause");
    assert_eq!(bound(&facts, "v"), ["opaque"]);
    let y = facts.bindings.iter().find(|binding| binding.name == "y").expect("bound");
    assert_eq!(y.scope, facts.functions[0].scope, "a walrus binds outside of comprehensions");
    assert_eq!(y.written_in, a.scope);
    assert_eq!(value("{k: v for k, v in d.items()}"), "<k, v, d.items()>");
    assert_eq!(value("{k for k in d}"), "<k, d>");
    assert_eq!(value("f(a for a in b)"), "f(<a, b>)");
}

#[test]
fn comprehensions_stay_in_their_branch() {
    let facts = clean("if c:\n    x = [A for a in b]\n");
    let a = facts.exprs.iter().find(|node| matches!(node.expr, Expr::Name("A"))).expect("lowered");
    assert!(facts.branches[a.branch.index()].exclusive);
}

#[test]
fn global_and_nonlocal() {
    let facts = clean(
        "def f():\n    global g\n    g = 1\n    n = 2\n    def h():\n        def i():\n            nonlocal n\n            n = 3\n            if (g := 4): pass\n",
    );
    let of = |name: &str| facts.bindings.iter().filter(|binding| binding.name == name).collect::<Vec<_>>();
    let g = of("g");
    assert_eq!((g[0].scope, g[0].written_in), (ScopeId(0), facts.functions[0].scope));
    assert_eq!(g[1].scope, facts.functions[2].scope);
    let n = of("n");
    assert_eq!((n[1].scope, n[1].written_in), (facts.functions[0].scope, facts.functions[2].scope));
    let walrus = clean("def f():\n    global g\n    [(g := a) for a in b]\n");
    let g = walrus.bindings.iter().find(|binding| binding.name == "g").expect("bound");
    assert_eq!(g.scope, ScopeId(0));
}

#[test]
fn walrus_is_its_value() {
    let text = "if (x := A()) and y: pass\n";
    let facts = clean(text);
    assert_eq!(bound(&facts, "x"), ["= A()"]);
    assert_eq!(outermost(&facts), ["(A() || y)"]);
    assert_eq!(facts.bindings[0].from as usize, "if (x := A()".len());
}

#[test]
fn bindings_of_loops_handlers_and_deletions() {
    let text = "for a, (b, self.c) in d: pass\nelse: pass\ntry: pass\nexcept (E, F) as e: pass\ndel f, g[0]\nx = lambda (h, i): 0\n";
    let facts = lower(text);
    for (name, kind) in [("a", "part d.Each.0"), ("b", "part d.Each.1.0"), ("e", "opaque"), ("f", "opaque")] {
        assert_eq!(bound(&facts, name), [kind], "{name}");
    }
    assert_eq!(facts.stores.len(), 1);
    let shown = outermost(&facts);
    for expected in ["d", "self.c", "[E, F]", "g[0]"] {
        assert!(shown.iter().any(|shown| shown == expected), "{expected} in {shown:?}");
    }
    let a = &facts.bindings[0];
    assert_eq!(a.from as usize, text.find(": pass").expect("there"));
}

#[test]
fn with_statements() {
    let text = "with A() as a, B() as (b, c), D(): pass\nasync def f():\n    async with (E() as e, F() as f.g): pass\n    with (H() as h): pass\n";
    let facts = clean(text);
    assert_eq!(bound(&facts, "a"), ["= A()"]);
    assert_eq!(bound(&facts, "c"), ["part B().1"]);
    assert_eq!(bound(&facts, "e"), ["= E()"]);
    assert_eq!(bound(&facts, "h"), ["= H()"]);
    assert_eq!(show(&facts, facts.stores[0].value), "F()");
    assert_eq!(facts.bindings[0].from as usize, "with A() as a".len(), "the body sees the name");
    assert!(outermost(&facts).contains(&"D()".to_owned()));
}

#[test]
fn tuple_unpacking() {
    let facts = clean("a, (b, c) = f()\nd, *e, g = h\ni, [j, k] = A(), (B(), C())\nl, m = n, = o\n");
    assert_eq!(bound(&facts, "a"), ["part f().0"]);
    assert_eq!(bound(&facts, "c"), ["part f().1.1"]);
    assert_eq!(bound(&facts, "d"), ["part h.0"]);
    assert_eq!(bound(&facts, "e"), ["opaque"]);
    assert_eq!(bound(&facts, "g"), ["opaque"]);
    assert_eq!(bound(&facts, "i"), ["= A()"]);
    assert_eq!(bound(&facts, "k"), ["= C()"]);
    assert_eq!(bound(&facts, "m"), ["part o.1"]);
    assert_eq!(bound(&facts, "n"), ["part o.0"]);
}

#[test]
fn augmented_assignment() {
    let text = "x = 'a'\nx += f'b{c}'\nkw |= {'k': 1}\nn += 1\nn -= 2\nself.u += '/v'\nd['k'] |= e\n";
    let facts = clean(text);
    assert_eq!(bound(&facts, "x"), ["= 'a'", "= '{x}b{c}'"]);
    assert_eq!(bound(&facts, "kw"), ["= (kw | {k: 1})"]);
    assert_eq!(bound(&facts, "n"), ["= <n, 1>", "= <n, 2>"]);
    let stores: Vec<_> =
        facts.stores.iter().map(|store| (show(&facts, store.target), show(&facts, store.value))).collect();
    assert_eq!(stores[0], ("self.u".to_owned(), "'{self.u}/v'".to_owned()));
    assert_eq!(stores[1], ("d['k']".to_owned(), "(d['k'] | e)".to_owned()));
}

#[test]
fn annotated_and_chained_assignment() {
    let text = "a: T = A()\nb: U\nc = d = self.e = B()\n";
    let facts = clean(text);
    assert_eq!(bound(&facts, "a"), ["= A()"]);
    assert_eq!(bound(&facts, "b"), ["declared"]);
    assert_eq!(facts.bindings[1].annotation.map(|id| show(&facts, id)).as_deref(), Some("U"));
    assert_eq!(bound(&facts, "c"), ["= B()"]);
    assert_eq!(bound(&facts, "d"), ["= B()"]);
    assert_eq!(show(&facts, facts.stores[0].target), "self.e");
    assert_eq!(facts.exprs.iter().filter(|node| matches!(node.expr, Expr::Name("B"))).count(), 1);
    assert_eq!(facts.bindings[2].from as usize, text.trim_end().len());
}

#[test]
fn match_statements() {
    let text = "match s, t:\n    case Foo(a=1, b=c) | {'k': v, **rest}: x = 1\n    case [p, *q] as z if z > w: x = 2\n    case m.B | -1: x = 3\n    case _: x = 4\n";
    let facts = clean(text);
    for name in ["c", "v", "rest", "p", "q", "z"] {
        assert_eq!(bound(&facts, name), ["opaque"], "{name}");
    }
    assert_eq!(bound(&facts, "a"), [""; 0]);
    let shown = outermost(&facts);
    for expected in ["s", "t", "Foo", "'k'", "<z, w>", "m.B"] {
        assert!(shown.iter().any(|shown| shown == expected), "{expected} in {shown:?}");
    }
    let arms: Vec<_> = facts.bindings.iter().filter(|binding| binding.name == "x").map(|x| x.branch).collect();
    let arms: Vec<_> = arms.iter().map(|id| facts.branches[id.index()]).collect();
    assert_eq!(arms.iter().map(|arm| arm.arm).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(arms.iter().all(|arm| arm.exclusive && arm.statement == arms[0].statement));
}

#[test]
fn type_aliases_and_parameters() {
    let facts = clean("type X = A | B\ntype Y[T] = list[T]\ndef f[T: Bound](a: T): pass\nclass C[U]: pass\n");
    assert_eq!(bound(&facts, "X"), ["alias (A | B)"]);
    assert_eq!(bound(&facts, "Y"), ["alias list[T]"]);
    let BindingKind::Alias(value) = facts.bindings[0].kind else { panic!("an alias") };
    assert_eq!(facts.node(value).usage, Usage::Annotation);
    assert_eq!(bound(&facts, "T"), ["opaque"]);
    assert_eq!(bound(&facts, "U"), ["opaque"]);
    assert!(outermost(&facts).contains(&"Bound".to_owned()));
}

#[test]
fn stores() {
    let text = "self.x = v\nm.api_type = 'k'\nos.environ['K'] = v\nself.client: A = B()\nself.other: 'D'\na.b, c = p, q\na.b, c = r()\n";
    let facts = clean(text);
    let stores: Vec<_> = facts
        .stores
        .iter()
        .map(|store| format!("{} = {}", show(&facts, store.target), show(&facts, store.value)))
        .collect();
    assert_eq!(
        stores,
        ["self.x = v", "m.api_type = 'k'", "os.environ['K'] = v", "self.client = B()", "a.b = p", "a.b = <>"]
    );
    assert_eq!(facts.stores[0].span.text(text), "self.x = v");
    let annotations: Vec<_> = facts.exprs.iter().filter(|node| node.usage == Usage::Annotation).collect();
    assert!(matches!(annotations[0].expr, Expr::Name("A")) && matches!(annotations[1].expr, Expr::Name("D")));
}

// ---- branches

#[test]
fn branches_of_if() {
    let facts = clean("if a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = 3\nx = 4\n");
    let branches: Vec<_> = facts.bindings.iter().map(|binding| facts.branches[binding.branch.index()]).collect();
    assert_eq!(branches.iter().map(|branch| branch.arm).collect::<Vec<_>>(), [0, 1, 2, 0]);
    assert!(branches[..3].iter().all(|b| b.exclusive && b.statement == branches[0].statement));
    assert!(branches[..3].iter().all(|b| b.parent == Some(BranchId(0))));
    assert_eq!(facts.bindings[3].branch, BranchId(0));
    assert_ne!(branches[0].statement, facts.branches[0].statement, "the module's flow is no alternative");
}

#[test]
fn branches_of_try() {
    let facts = clean(
        "try:\n    x = 1\nexcept A:\n    x = 2\nexcept* B as x:\n    pass\nelse:\n    x = 4\nfinally:\n    x = 5\n",
    );
    let ids: Vec<_> = facts.bindings.iter().map(|binding| binding.branch).collect();
    let arms: Vec<_> = ids.iter().map(|id| facts.branches[id.index()].arm).collect();
    assert_eq!(arms, [0, 1, 2, 0, 0]);
    assert_eq!(ids[0], ids[3], "else runs when the body has run");
    assert_eq!(ids[4], BranchId(0));
    assert!(facts.branches.iter().all(|branch| !branch.exclusive));
}

#[test]
fn branches_of_loops_and_with() {
    let facts = clean("while a:\n    x = 1\nfor b in c:\n    x = 2\nwith d:\n    x = 3\ndef f():\n    x = 4\n");
    let x: Vec<_> = facts.bindings.iter().filter(|binding| binding.name == "x").collect();
    let branches: Vec<_> = x.iter().map(|binding| facts.branches[binding.branch.index()]).collect();
    assert!(branches.iter().all(|branch| !branch.exclusive));
    assert_eq!(branches[0].parent, Some(BranchId(0)));
    assert_eq!(branches[1].parent, Some(BranchId(0)));
    assert_eq!(x[2].branch, BranchId(0));
    assert_eq!(branches[3].parent, None);
}

// ---- expressions

#[test]
fn names_members_and_subscripts() {
    assert_eq!(value("a.b.c"), "a.b.c");
    assert_eq!(value("a['k'].b"), "a['k'].b");
    assert_eq!(value("a[1, 'b']"), "a[[1, 'b']]");
    assert_eq!(value("a[1:b]"), "a[<1, b>]");
    let text = "x = a . b\n";
    let facts = clean(text);
    let Expr::Member { property_span, .. } = facts.exprs[1].expr else { panic!("a member") };
    assert_eq!(property_span.text(text), "b");
}

#[test]
fn calls() {
    let text = "x = f(a, *b, k=c, **d)\n";
    assert_eq!(value("f(a, *b, k=c, **d)"), "f(a, *b, k=c, **d)");
    let facts = clean(text);
    let Some(Expr::Call { arguments, .. }) = facts.exprs.last().map(|node| &node.expr) else { panic!("a call") };
    let spans: Vec<_> = arguments.iter().map(|argument| argument.span.text(text)).collect();
    assert_eq!(spans, ["a", "*b", "k=c", "**d"]);
    let ArgumentKind::Named { span, .. } = arguments[2].kind else { panic!("named") };
    assert_eq!(span.text(text), "k");
    assert_eq!(value("(await f)(a,  # why\n  b)"), "f(a, b)");
    assert_eq!(value("super().__init__(a)"), "super.__init__(a)");
    assert_eq!(value("super(C, self).m"), "super.m");
}

#[test]
fn wrappers_vanish() {
    assert_eq!(value("((a))"), "a");
    assert_eq!(value("[*a, b]"), "[<a>, b]");
    let facts = clean("async def f():\n    x = await (g())\n    y = (yield x)\n");
    assert_eq!(bound(&facts, "x"), ["= g()"]);
    assert_eq!(bound(&facts, "y"), ["= x"]);
}

#[test]
fn strings() {
    assert_eq!(value(r#""""#), "''");
    assert_eq!(value(r#""a\n\"\x41\u00e9\101\\""#), "'a\n\"AéA\\'");
    assert_eq!(value(r#"r"a\n""#), r"'a\n'");
    assert_eq!(value(r"Rb'a\n'"), r"'a\n'");
    assert_eq!(value(r#""\d\x4""#), r"'\d\x4'");
    assert_eq!(value("'a\\\n b'"), "'a b'");
    assert_eq!(value("'''a\n'b' '''"), "'a\n'b' '");
    assert_eq!(value("('a' \"b\"\n  u'c')"), "'abc'");
    assert_eq!(value("'a{{b}}'"), "'a{{b}}'");
    assert_eq!(value("f'a{{b}}{x!r}c{y:>10}{z=}'"), "'a{b}{x}c{y}{z}'");
    assert_eq!(value("f'{x:{w}.{p}}'"), "'{<x, w, p>}'");
    assert_eq!(value("f'{f\"{x}-\"}' f'{d[\"k\"]}'"), "'{'{x}-'}{d['k']}'");
    let text = "x = 'ab' f'{c}d'\n";
    let facts = clean(text);
    let Some(Expr::Text(pieces)) = facts.exprs.last().map(|node| &node.expr) else { panic!("a text") };
    let Piece::Constant { span, .. } = pieces[0] else { panic!("constant") };
    assert_eq!(span.text(text), "ab");
    assert_eq!(facts.constant_text(ExprId(facts.exprs.len() as u32 - 1)), None);
}

#[test]
fn string_operators() {
    assert_eq!(value("'a' + b + 'c'"), "'a{b}c'");
    assert_eq!(value("a + b + 'c' + (d + 'e')"), "'{a}{b}c{d}e'");
    assert_eq!(value("a + b + c"), "<a, b, c>");
    assert_eq!(value("a + b * c + 'd'"), "'{a}{<b, c>}d'");
    assert_eq!(value("'-' * 3 + 'd'"), "'{<'-', 3>}d'");
    assert_eq!(value("'a%s/%s' % (b, c)"), "'a%s/%s{b}{c}'");
    assert_eq!(value("'a%s' % b + 'c'"), "'a%s{b}c'");
    assert_eq!(value("a % b"), "<a, b>");
    let text = "x = 'a' + 'b'\n";
    let facts = clean(text);
    assert_eq!(facts.exprs.len(), 1, "the parts of a text are no texts of their own");
    assert_eq!(facts.exprs[0].span.text(text), "'a' + 'b'");
}

#[test]
fn operators() {
    assert_eq!(value("a if c else b if d else e"), "(a || (b || e if d) if c)");
    assert_eq!(value("a or b and c or 'd'"), "(a || (b || c) || 'd')");
    assert_eq!(value("a == b"), "(a == b)");
    assert_eq!(value("a is not None"), "(a == None)");
    assert_eq!(value("a != b == c"), "(a == b == c)");
    assert_eq!(value("'a' not in b"), "('a' in b)");
    assert_eq!(value("a < b <= c"), "<a, b, c>");
    assert_eq!(value("a | {'k': 1} | b"), "(a | {k: 1} | b)");
    assert_eq!(value("a - b / c"), "<a, <b, c>>");
    assert_eq!(value("a ** b << c"), "<a, b, c>");
    assert_eq!(value("-1"), "-1");
    assert_eq!(value("not -a"), "<a>");
}

#[test]
fn containers_and_constants() {
    let text = "x = {'a': 1, b: 2, 3: c, f'{d}': e, **g, 'h' 'i': j}\n";
    let facts = clean(text);
    assert_eq!(bound(&facts, "x"), ["= {a: 1, [b]: 2, [3]: c, ['{d}']: e, **g, hi: j}"]);
    let Some(Expr::Object(entries)) = facts.exprs.last().map(|node| &node.expr) else { panic!("an object") };
    let Key::Named { span, .. } = entries[0].key else { panic!("named") };
    assert_eq!(span.text(text), "'a'");
    assert_eq!(entries[4].span.text(text), "**g");
    assert_eq!(value("[a, (b,), {c}, ()]"), "[a, [b], [c], []]");
    assert_eq!(value("a, b"), "[a, b]");
    assert_eq!(value("[1, 2.5, True, None, ..., 1j]"), "[1, 2.5, True, None, ..., 1j]");
}

#[test]
fn statements_of_python_2() {
    let facts = clean("print >>f, a\nexec b in c\nassert d, 'e'\nraise E('f') from g\n");
    assert_eq!(outermost(&facts), ["<<f>, a>", "<b, c>", "<d, 'e'>", "<E('f'), g>"]);
    assert_eq!(outermost(&clean("print(a)\n")), ["print(a)"]);
}

#[test]
fn docstrings_vanish() {
    let facts = clean(
        "'''doc'''\nclass C:\n    'doc' 'more'\n    def m(self):\n        f\"{doc}\"\n        # A()\n        'x'; y\n",
    );
    assert_eq!(outermost(&facts), ["y"]);
}

// ---- annotations

#[test]
fn annotations() {
    let text =
        "def f(a: Optional[A], b: typing.Union[A, m.B], c: list[A] | None, d: A | B | None) -> dict[str, A]: ...\n";
    let facts = clean(text);
    let shown: Vec<_> = facts.bindings[1..].iter().filter_map(|b| b.annotation).map(|id| show(&facts, id)).collect();
    assert_eq!(shown, ["Optional[A]", "typing.Union[[A, m.B]]", "(list[A] | None)", "(A | B | None)"]);
    assert_eq!(facts.functions[0].returns_type.map(|id| show(&facts, id)).as_deref(), Some("dict[[str, A]]"));
    let all = facts.exprs.iter().filter(|node| !matches!(node.expr, Expr::Constant("...")));
    assert!(all.into_iter().all(|node| node.usage == Usage::Annotation));
}

fn annotation(text: &str) -> String {
    let text = format!("x: {text}\n");
    let facts = clean(&text);
    for node in &facts.exprs {
        if let Expr::Name(name) = node.expr {
            assert_eq!(node.span.text(&text), name, "a quoted name stands where it stands in the file");
            assert_eq!(node.usage, Usage::Annotation);
        }
    }
    show(&facts, facts.bindings[0].annotation.expect("annotated"))
}

#[test]
fn quoted_annotations() {
    assert_eq!(annotation("'A'"), "A");
    assert_eq!(annotation("\"\"\" A \"\"\""), "A");
    assert_eq!(annotation("Optional['m.A']"), "Optional[m.A]");
    assert_eq!(annotation("'A | None'"), "(A | None)");
    assert_eq!(annotation("'Optional[\"A\"]'"), "Optional[A]");
    assert_eq!(annotation("'list[A | \"B\"]'"), "list[(A | B)]");
    assert_eq!(annotation("Callable[['A'], 'B']"), "Callable[[[A], B]]");
    assert_eq!(annotation("'A' | None"), "(A | None)");
    assert_eq!(annotation("Literal['A']"), "Literal['A']");
    assert_eq!(annotation("typing.Literal['A', 'B']"), "typing.Literal[['A', 'B']]");
    assert_eq!(annotation("Annotated['A', 'B', f('C')]"), "Annotated[[A, 'B', f('C')]]");
    assert_eq!(annotation("'not one type'"), "'not one type'");
    assert_eq!(annotation("'x = 1'"), "'x = 1'");
    assert_eq!(annotation("'A\\x42'"), "'AB'");
    assert_eq!(annotation("r'A'"), "'A'");
    assert_eq!(annotation("''"), "''");
    let facts = clean("def f(a='A') -> 'B':\n    return 'C'\nx = cast('D', e)\n");
    assert_eq!(bound(&facts, "a"), ["parameter 0 of #0 = 'A'"]);
    assert_eq!(show(&facts, facts.functions[0].returns_type.expect("annotated")), "B");
    assert_eq!(show(&facts, facts.functions[0].returns[0]), "'C'");
    assert_eq!(bound(&facts, "x"), ["= cast('D', e)"]);
}

#[test]
fn quoted_annotations_after_wide_text() {
    let text = "# äöü\nx = 'ß'\ny: 'Client | None' = None\n";
    let facts = clean(text);
    let client = facts.exprs.iter().find(|node| matches!(node.expr, Expr::Name("Client"))).expect("lowered");
    assert_eq!(client.span.text(text), "Client");
}

// ---- hostile input

#[test]
fn broken_syntax_is_noted_and_read_around() {
    let text = "import m\nx = f(m.A(\ndef g():\n    return m.B()\ny = m.C(k=)\nz = m.D()\n";
    let facts = lower(text);
    assert!(facts.problems.iter().any(|problem| problem.kind == ProblemKind::Syntax));
    for member in ["A", "B", "D"] {
        let found =
            facts.exprs.iter().any(|node| matches!(node.expr, Expr::Member { property, .. } if property == member));
        assert!(found, "{member}: {:?}", outermost(&facts));
    }
    let many = "x = = 1\n)\n".repeat(1000);
    assert!(lower(&many).problems.len() <= 20);
}

#[test]
fn any_prefix_of_a_program_is_read() {
    let text = include_str!("lowering_python.rs");
    let program: String = text.lines().filter(|line| line.contains("clean(\"") || line.contains("value(\"")).collect();
    let program = program.replace("\\n", "\n").replace("\\\"", "\"").replace("clean(\"", "\n").replace("\")", "\n");
    for end in (0..program.len()).step_by(37).filter(|end| program.is_char_boundary(*end)) {
        lower(&program[..end]);
        lower(&program[end..]);
    }
}

fn in_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(test).expect("a thread");
    thread.join().expect("no overflow");
}

#[test]
fn deep_nesting_is_survived() {
    in_small_stack(|| {
        for (open, close) in [
            ("(", ")"),
            ("[", "]"),
            ("f(", ")"),
            ("a[", "]"),
            ("{'k': ", "}"),
            ("not ", ""),
            ("lambda: ", ""),
            ("x if y else ", ""),
            ("a ** ", ""),
            ("(a + ", ")"),
            ("(a or ", ")"),
            ("[b for c in ", "]"),
            ("(y := ", ")"),
            ("*", ""),
            ("a = ", ""),
            ("a += ", ""),
            ("await ", ""),
            ("f(k=", ")"),
            ("(yield ", ")"),
        ] {
            let text = format!("x = {}z{}\n", open.repeat(10_000), close.repeat(10_000));
            lower(&text);
        }
        for suffix in [".a", ".a()", "()", "[0]", " + a", " - a", " | a", " or a", " and a", " == a", " 'b'", " % a"] {
            let text = format!("x = ''{}\n", suffix.repeat(10_000));
            lower(&text);
            let text = format!("x: a{}\n", suffix.repeat(10_000));
            lower(&text);
        }
        lower(&format!("{} = y\n", "(a, ".repeat(10_000)));
        lower(&format!("{}x{} = y\n", "(".repeat(10_000), ",)".repeat(10_000)));
        lower(&format!("match x:\n    case {}1{}: pass\n", "[".repeat(10_000), "]".repeat(10_000)));
        lower(&format!("match x:\n    case {}a: pass\n", "A(".repeat(10_000)));
        lower(&format!("match x:\n    case {}a: pass\n", "b | ".repeat(10_000)));
        lower(&format!("if a: pass\n{}", "elif a: pass\n".repeat(10_000)));
        lower(&format!("import {}a\n", "a.".repeat(10_000)));
        lower(&format!("match x:\n    case {}a: pass\n", "a.".repeat(10_000)));
        let blocks: String = (0..2_000).map(|level| " ".repeat(level) + "if a:\n").collect();
        lower(&blocks);
        let functions: String = (0..2_000).map(|level| " ".repeat(level) + "def f():\n").collect();
        lower(&functions);
        lower(&format!("x = {}\n", "f'{".repeat(10_000)));
        lower(&"(".repeat(10_000));
        lower(&"f(a, [".repeat(10_000));
    });
}

#[test]
fn too_deep_is_noted() {
    let text = format!("x = {}y{}\n", "[".repeat(1_000), "]".repeat(1_000));
    assert!(lower(&text).problems.iter().any(|problem| problem.kind == ProblemKind::TooDeep));
    let text = format!("x = {}y{}\n", "(".repeat(10_000), ")".repeat(10_000));
    assert_eq!(bound(&clean(&text), "x"), ["= y"], "parentheses are not depth");
}

#[test]
fn long_chains_are_flat() {
    for (operator, first) in
        [(" + ", "'a'"), (" + ", "a"), (" - ", "a"), (" | ", "a"), (" or ", "a"), (" + 'b' - ", "a")]
    {
        let text = format!("x = {first}{}\n", format!("{operator}b").repeat(10_000));
        let facts = clean(&text);
        let BindingKind::Value(value) = facts.bindings[0].kind else { panic!("a value") };
        let depth = depth(&facts, value);
        assert!(depth < 5, "{operator}: {depth}");
    }
}

fn depth(facts: &Facts<'_>, id: ExprId) -> usize {
    let mut deepest = 0;
    facts.expr(id).for_each_child(|child| deepest = deepest.max(depth(facts, child)));
    deepest + 1
}

#[test]
fn odd_files() {
    for text in ["", "\n", "\u{feff}import m\n", "\0\0", "x = 1\r\ny = 2\r\n", "\t\tx\n y\n", "'", "f'{", "é = 'é'"] {
        lower(text);
    }
    assert_eq!(lower("\u{feff}import m\n").imports.len(), 1);
}

#[test]
fn environment_is_told() {
    let environment = Language::Python.environment();
    assert!(environment.containers.contains(&"os.environ"));
    assert!(environment.readers.contains(&"os.getenv"));
    assert!(environment.settings.contains(&"pydantic_settings.BaseSettings"));
}

#[test]
fn arms_that_leave_the_function() {
    let text = "def f(a):\n    if a:\n        b = 1\n        return b\n    elif c:\n        d = 2\n        raise E\n    try:\n        if e:\n            g = 3\n            raise F\n    except F:\n        pass\n";
    let facts = lower(text);
    let leaves = |name: &str| {
        let binding = facts.bindings.iter().find(|binding| binding.name == name).expect("bound");
        facts.branches[binding.branch.index()].leaves
    };
    assert!(leaves("b") && leaves("d"));
    assert!(!leaves("g"), "what is thrown is caught in the function");
}

#[test]
fn options_of_classes_and_types_of_stores() {
    let facts = lower("class C(Base, option='x', metaclass=M):\n    def f(self):\n        self.a: T = g()\n");
    let options: Vec<_> = facts.classes[0].options.iter().map(|(name, value)| (*name, show(&facts, *value))).collect();
    assert_eq!(options, [("option", "'x'".to_owned()), ("metaclass", "M".to_owned())]);
    assert_eq!(facts.stores[0].annotation.map(|declared| show(&facts, declared)), Some("T".to_owned()));
}
