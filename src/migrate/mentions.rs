//! Where the file names a symbol that is to go, and what follows from it: a name at a rewritten call changes with the
//! call; one that passes the class on ties the calls together that it reaches; one in a check, a class header or an
//! annotation must not be left behind.

use super::{
    client::symbol_after,
    file::File,
    unit::{Rename, Unit},
};
use crate::{
    facts::{BindingKind, ClassId, Expr, ExprId, Operator, Step, Usage},
    resolve::Value,
    rules::{model::FixLevel, pattern::SymbolSet},
};

/// The units of a file with what ties them together.
#[derive(Debug, Default)]
pub(super) struct Tied {
    /// The units.
    pub(super) units: Vec<Unit>,
    /// For each unit, the first unit of its group.
    group: Vec<usize>,
    /// Annotations that change with units.
    pub(super) followers: Vec<Follower>,
}

/// An annotation that changes when units do.
#[derive(Debug)]
pub(super) struct Follower {
    /// The change.
    pub(super) rename: Rename,
    /// The units.
    pub(super) units: Vec<usize>,
    /// It changes when all of them do, not when one does.
    pub(super) all: bool,
}

/// A name of a symbol that is to go.
struct Mention {
    expr: ExprId,
    from: String,
    to: String,
    /// The rule that has the rewrite.
    rule: usize,
    /// Which of its rewrites.
    number: usize,
    part: Part,
}

/// The part that a name plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Callee(ExprId),
    Annotation,
    Base,
    Check,
    /// `Class.member` that is not called.
    Static,
    Value,
}

impl Tied {
    /// The group of a unit.
    pub(super) fn group_of(&self, unit: usize) -> usize {
        let mut at = unit;
        while self.group[at] != at {
            at = self.group[at];
        }
        at
    }

    fn tie(&mut self, units: &[usize]) {
        let Some(&first) = units.first() else { return };
        for &unit in &units[1..] {
            let (a, b) = (self.group_of(first), self.group_of(unit));
            let (low, high) = (a.min(b), a.max(b));
            self.group[high] = low;
        }
    }

    fn add(&mut self, unit: Unit) -> usize {
        self.units.push(unit);
        self.group.push(self.units.len() - 1);
        self.units.len() - 1
    }

    /// A group's units share their level and reasons.
    fn level_out(&mut self) {
        for number in 0..self.units.len() {
            let group = self.group_of(number);
            if group == number {
                continue;
            }
            let (level, reasons) = (self.units[number].level, self.units[number].reasons.clone());
            for (own, because) in reasons {
                self.units[group].lower(own, because);
            }
            self.units[group].lower(level, "");
        }
        for number in 0..self.units.len() {
            let group = self.group_of(number);
            let level = self.units[group].level;
            self.units[number].level = level;
        }
    }
}

impl File<'_, '_, '_> {
    /// Ties units to the names of the symbols that they take away, and to one another.
    pub(super) fn tied(&mut self, units: Vec<Unit>) -> Tied {
        let mut tied = Tied { group: (0..units.len()).collect(), units, followers: Vec::new() };
        self.tie_shared(&mut tied);
        for mention in self.mentions(&tied.units) {
            self.attach(&mut tied, &mention);
        }
        self.check_internals(&mut tied);
        self.check_names(&mut tied);
        tied.level_out();
        tied
    }

    /// A call whose class is named in no way that can be changed must not get other arguments.
    fn check_names(&mut self, tied: &mut Tied) {
        for number in 0..tied.units.len() {
            let (call, rule, rewrite) = (tied.units[number].call, tied.units[number].rule, tied.units[number].rewrite);
            let rewrite = self.rewrite(rule, rewrite);
            let called = call.map(|call| self.resolver.called_symbols(call)).unwrap_or_default();
            let renames = called.into_iter().any(|called| {
                let symbol = self.resolver.paths.text(called.symbol);
                symbol_after(rewrite, symbol).is_some_and(|to| to != symbol)
            });
            let group = tied.group_of(number);
            let mut members = (0..tied.units.len()).filter(|&unit| tied.group_of(unit) == group);
            let is_named = members.any(|unit| !tied.units[unit].renames.is_empty());
            if renames && !is_named && rewrite.call.is_none() && !rewrite.object {
                tied.units[number].hold("the class is not named where it could be changed");
            }
        }
    }

    /// Members that only the old client has.
    fn check_internals(&mut self, tied: &mut Tied) {
        for number in 0..tied.units.len() {
            let rewrite = self.rewrite(tied.units[number].rule, tied.units[number].rewrite);
            if rewrite.internals.is_empty() {
                continue;
            }
            for expr in 0..self.facts.exprs.len() {
                let expr = ExprId(expr as u32);
                let Expr::Member { object, property, property_span } = self.facts.expr(expr) else { continue };
                if rewrite.internals.iter().any(|name| name == property) && self.is_old_client(*object, rewrite) {
                    let line = self.line(property_span.start);
                    tied.units[number]
                        .hold(format!("`{property}` on line {line} is a member that the plain client lacks"));
                }
            }
        }
    }

    /// True for an instance of a symbol that goes, or of a class that derives from it.
    fn is_old_client(&mut self, object: ExprId, rewrite: &crate::rules::rewrite::Rewrite) -> bool {
        let is_old = |symbol: &str| symbol_after(rewrite, symbol).is_some();
        let symbols = self.symbols(object);
        if symbols.iter().any(|path| path.strip_suffix("()").is_some_and(is_old)) {
            return true;
        }
        let Some(class) = self.resolver.receiver_class(object) else { return false };
        let bases = self.resolver.base_symbols(class, &mut Vec::new());
        bases.into_iter().any(|path| is_old(self.resolver.paths.text(path)))
    }

    /// Units that share an options object, or a variable that holds their client, belong together.
    fn tie_shared(&self, tied: &mut Tied) {
        for one in 0..tied.units.len() {
            for other in 0..one {
                let share = tied.units[one].shares.iter().any(|binding| tied.units[other].shares.contains(binding));
                let (a, b) = (&tied.units[one], &tied.units[other]);
                if share || self.share_variable(a, b) || self.share_function(a, b) {
                    tied.tie(&[other, one]);
                }
            }
        }
    }

    /// Two clients that the same function returns.
    fn share_function(&self, one: &Unit, other: &Unit) -> bool {
        let whole = |unit: &Unit| unit.call.map(|call| self.facts.outermost(call));
        let (Some(a), Some(b)) = (whole(one), whole(other)) else { return false };
        let returns = |expr: ExprId| self.facts.functions.iter().position(|function| function.returns.contains(&expr));
        one.rule == other.rule && returns(a).is_some() && returns(a) == returns(b)
    }

    /// Two clients that the same variable can hold.
    fn share_variable(&self, one: &Unit, other: &Unit) -> bool {
        let held = |unit: &Unit| unit.call.and_then(|call| self.holder_of(call));
        one.rule == other.rule && held(one).is_some() && held(one) == held(other)
    }

    /// The scope and name that an expression is bound to, or the class and attribute that it is stored in.
    fn holder_of(&self, call: ExprId) -> Option<(u32, &str)> {
        let facts = self.facts;
        let whole = facts.outermost(call);
        let reaches = |value: ExprId| value == whole && self.is_alternative(call, whole);
        let binding =
            facts.bindings.iter().find(|binding| matches!(binding.kind, BindingKind::Value(value) if reaches(value)));
        if let Some(binding) = binding {
            return Some((binding.scope.0 * 2, binding.name));
        }
        facts.stores.iter().find(|store| reaches(store.value)).and_then(|store| match facts.expr(store.target) {
            Expr::Member { object, property, .. } => {
                self.resolver.receiver_class(*object).map(|class| (class.0 * 2 + 1, *property))
            }
            _ => None,
        })
    }

    /// True when `expr` is `whole` or one of its alternatives.
    fn is_alternative(&self, expr: ExprId, whole: ExprId) -> bool {
        let mut at = expr;
        while at != whole {
            match self.parent(at) {
                Some(parent) if matches!(self.facts.expr(parent), Expr::Choice { condition, .. } if *condition != Some(at)) =>
                {
                    at = parent;
                }
                _ => return false,
            }
        }
        true
    }

    fn mentions(&mut self, units: &[Unit]) -> Vec<Mention> {
        let mut rules = self.rules_with_symbols();
        // Of several rules for a symbol the one that changes its calls says what becomes of the name.
        rules.sort_by_key(|&rule| !units.iter().any(|unit| unit.rule == rule));
        let mut found = Vec::new();
        for number in 0..self.facts.exprs.len() {
            let expr = ExprId(number as u32);
            if !self.names_directly(expr) {
                continue;
            }
            for symbol in self.symbols(expr) {
                if let Some((rule, number, to)) = self.change_of(&rules, &symbol) {
                    let part = self.part_of_name(expr);
                    let (from, to) = (symbol, to.to_owned());
                    found.push(Mention { expr, from, to, rule, number, part });
                    break;
                }
            }
        }
        found
    }

    /// True for an imported name, and for a member of a module.
    fn names_directly(&mut self, expr: ExprId) -> bool {
        match self.facts.expr(expr) {
            Expr::Name(name) => self.resolver.bindings_of(name, expr).into_iter().any(|id| self.is_imported_name(id)),
            Expr::Member { object, .. } => match self.facts.expr(*object) {
                Expr::Module(_) => true,
                Expr::Name(_) | Expr::Member { .. } => {
                    let paths = self.symbols(*object);
                    paths.iter().any(|path| !path.contains(['(', '?']))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// True when a binding takes its name from another module.
    pub(super) fn is_imported_name(&self, id: crate::facts::BindingId) -> bool {
        match &self.facts.bindings[id.index()].kind {
            BindingKind::Import { .. } => true,
            BindingKind::Element { of, path, .. } => {
                matches!(path.as_slice(), [Step::Key(_)]) && matches!(self.facts.expr(*of), Expr::Module(_))
            }
            _ => false,
        }
    }

    fn part_of_name(&mut self, expr: ExprId) -> Part {
        match self.facts.node(expr).usage {
            Usage::Annotation => return Part::Annotation,
            Usage::Base => return Part::Base,
            Usage::Value => {}
        }
        let mut at = expr;
        if let Some(parent) = self.parent(expr)
            && matches!(self.facts.expr(parent), Expr::Member { object, property, .. } if *object == expr && *property != "__init__")
        {
            return Part::Static;
        }
        while let Some(parent) = self.parent(at) {
            match self.facts.expr(parent) {
                Expr::Call { callee, .. } if *callee == at && at == expr => return Part::Callee(parent),
                Expr::Call { callee, arguments } => {
                    if matches!(self.facts.expr(*callee), Expr::Name("isinstance" | "issubclass")) {
                        return Part::Check;
                    }
                    let is_first = at == expr && arguments.first().is_some_and(|first| first.value == at);
                    let holds_back = self.resolver.called_symbols(parent).iter().any(|called| called.partial);
                    return if is_first && holds_back { Part::Callee(parent) } else { Part::Value };
                }
                Expr::Operation { operator: Operator::InstanceOf | Operator::Equality, .. } => return Part::Check,
                Expr::List(_) => at = parent,
                _ => return Part::Value,
            }
        }
        Part::Value
    }

    fn attach(&mut self, tied: &mut Tied, mention: &Mention) {
        let units = self.units_of(tied, &mention.from);
        let rename = Rename { expr: mention.expr, from: mention.from.clone(), to: mention.to.clone() };
        match mention.part {
            Part::Callee(call) => {
                if let Some(unit) = tied.units.iter_mut().find(|unit| unit.call == Some(call)) {
                    unit.renames.push(rename);
                }
            }
            Part::Annotation if !self.is_made(mention) => {
                // The type of an options object fits either the old clients or the new ones.
                if !units.is_empty() {
                    tied.followers.push(Follower { rename, units, all: true });
                }
            }
            // A client that comes from elsewhere may stay what it is.
            Part::Annotation if units.is_empty() && !self.rewrite(mention.rule, mention.number).widens => {}
            Part::Annotation if units.is_empty() => {
                let unit = self.lone_unit(tied, mention);
                tied.units[unit].renames.push(rename);
            }
            Part::Annotation if self.is_given_client(mention) => {
                let line = self.line(self.span(mention.expr).start);
                for unit in units {
                    tied.units[unit]
                        .hold(format!("calls on the client of line {line}, which is given, would have to change too"));
                }
            }
            Part::Annotation => {
                if !self.rewrite(mention.rule, mention.number).widens {
                    tied.tie(&units);
                }
                tied.followers.push(Follower { rename, units, all: false });
            }
            // What the old class inherits from the plain one is the same there.
            Part::Static if self.rewrite(mention.rule, mention.number).widens => {
                tied.followers.push(Follower { rename, units, all: false });
            }
            Part::Static => {}
            Part::Check => self.attach_check(tied, mention, rename, &units),
            Part::Base => self.attach_base(tied, mention, rename),
            Part::Value => {
                let aliased: Vec<usize> =
                    units.into_iter().filter(|&unit| !self.is_called_by_name(&tied.units[unit])).collect();
                tied.tie(&aliased);
                if let Some(&first) = aliased.first() {
                    tied.units[first].renames.push(rename);
                }
            }
        }
    }

    /// True for the type of a parameter, where members of the client get other names.
    fn is_given_client(&self, mention: &Mention) -> bool {
        let rewrite = self.rewrite(mention.rule, mention.number);
        let place = self.span(mention.expr);
        rewrite.methods.iter().any(|method| method.to.is_some())
            && self
                .facts
                .functions
                .iter()
                .flat_map(|function| &function.parameters)
                .any(|parameter| parameter.annotation.is_some_and(|annotation| self.span(annotation).contains(place)))
    }

    /// True for a symbol that the rule looks for calls of.
    fn is_made(&self, mention: &Mention) -> bool {
        let calls = self.index.rules[mention.rule].file.clauses().iter().filter_map(|clause| clause.call.as_ref());
        calls
            .flatten()
            .any(|symbol| SymbolSet::of(std::slice::from_ref(symbol)).is_ok_and(|set| set.contains(&mention.from)))
    }

    /// The units whose calls make what `symbol` names.
    fn units_of(&self, tied: &Tied, symbol: &str) -> Vec<usize> {
        let makes =
            |unit: &Unit| unit.call.is_some() && symbol_after(self.rewrite(unit.rule, unit.rewrite), symbol).is_some();
        (0..tied.units.len()).filter(|&unit| makes(&tied.units[unit])).collect()
    }

    /// The unit of names that stand by themselves; one per file and rule.
    fn lone_unit(&self, tied: &mut Tied, mention: &Mention) -> usize {
        let lone = tied.units.iter().position(|unit| unit.call.is_none() && unit.rule == mention.rule);
        lone.unwrap_or_else(|| {
            let level = self.index.rules[mention.rule].file.fix.level;
            tied.add(Unit::new(mention.rule, mention.number, self.span(mention.expr), level))
        })
    }

    fn attach_check(&mut self, tied: &mut Tied, mention: &Mention, rename: Rename, units: &[usize]) {
        let first = units.first().copied().unwrap_or_else(|| self.lone_unit(tied, mention));
        tied.tie(units);
        let line = self.line(self.span(mention.expr).start);
        if units.is_empty() {
            tied.units[first].hold(format!("what the check on line {line} tests is made elsewhere"));
        } else if self.meets_plain(&mention.to) {
            let because = format!("the check on line {line} tells the two kinds of clients apart");
            tied.units[first].hold(because);
        } else {
            let because = format!("nothing but what was the old client reaches the check on line {line}");
            tied.units[first].lower(FixLevel::Unsafe, because);
        }
        tied.units[first].renames.push(rename);
    }

    /// True when the file makes or checks for the plain symbol already.
    fn meets_plain(&mut self, plain: &str) -> bool {
        (0..self.facts.exprs.len()).map(|number| ExprId(number as u32)).any(|expr| {
            self.names_directly(expr)
                && self.facts.node(expr).usage == Usage::Value
                && self.symbols(expr).iter().any(|path| {
                    path == plain
                        || path.strip_suffix(".default").is_some_and(|module| {
                            plain.starts_with(module)
                                && plain.len() > module.len()
                                && !plain[module.len() + 1..].contains('.')
                        })
                })
        })
    }

    fn attach_base(&mut self, tied: &mut Tied, mention: &Mention, rename: Rename) {
        let class = self.facts.classes.iter().position(|class| class.bases.contains(&mention.expr));
        let Some(class) = class.map(|number| ClassId(number as u32)) else { return };
        let body = self.facts.classes[class.index()].span;
        let mut units = Vec::new();
        for number in 0..tied.units.len() {
            let Some(call) = tied.units[number].call else { continue };
            let Expr::Call { callee, .. } = self.facts.expr(call) else { continue };
            let within = body.contains(self.span(call))
                && matches!(self.facts.expr(*callee), Expr::Member { object, .. } if matches!(self.facts.expr(*object), Expr::Super));
            let is_init = matches!(self.facts.expr(*callee), Expr::Member { property: "__init__", .. });
            let within = within || is_init && body.contains(self.span(call));
            let within = within || body.contains(self.span(call)) && matches!(self.facts.expr(*callee), Expr::Super);
            if within || self.resolver.values(*callee).contains(&Value::Class(class)) {
                units.push(number);
            }
        }
        if units.is_empty() {
            let unit = self.lone_unit(tied, mention);
            tied.units[unit].hold("the file does not show with which arguments the subclass is made");
            return;
        }
        tied.tie(&units);
        tied.units[units[0]].lower(FixLevel::Unsafe, "the subclass relies on nothing that only its old base class has");
        tied.units[units[0]].renames.push(rename);
    }

    /// True when the callee of a unit's call names the symbol itself.
    fn is_called_by_name(&mut self, unit: &Unit) -> bool {
        let Some(call) = unit.call else { return false };
        let Expr::Call { callee, .. } = self.facts.expr(call) else { return false };
        let callee = *callee;
        match self.facts.expr(callee) {
            Expr::Super => true,
            Expr::Member { object, .. } if matches!(self.facts.expr(*object), Expr::Super) => true,
            _ => self.names_directly(callee),
        }
    }
}
