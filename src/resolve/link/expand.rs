//! What a path leads to, across files: from the module it names, step by step, through the summaries.

use std::{collections::BTreeSet, rc::Rc};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Leading, Program, Reached, Shape, Source, Summary};
use crate::{
    input::modules::{FileId, Modules},
    lang::{Grammar, Language},
    resolve::paths::Site,
};

/// How many expansions may wait for one another.
const MAX_DEPTH: usize = 512;
/// How many steps one question may take in all; what is asked beyond that stays unknown.
const MAX_WORK: u32 = 20_000;
/// How many alternatives are kept.
const MAX_REACHED: usize = 16;
/// How many things below one are looked at.
const MAX_BELOW: usize = 10_000;
/// Marks the root of a path that leads into the project although it reads like a package from outside.
pub(in crate::resolve) const OWN: char = '=';

/// One step after the root of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step<'t> {
    Member(&'t str),
    Call,
    Element,
}

/// The steps in a text such as `.make().client[]`.
fn steps(mut text: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    while !text.is_empty() {
        if let Some(rest) = text.strip_prefix("()") {
            steps.push(Step::Call);
            text = rest;
        } else if let Some(rest) = text.strip_prefix("[]") {
            steps.push(Step::Element);
            text = rest;
        } else {
            let rest = text.strip_prefix('.').unwrap_or(text);
            let end = rest.find(['.', '(', '[']).unwrap_or(rest.len());
            // A member whose name holds none of the marks; anything else ends the way.
            if end == 0 {
                return Vec::new();
            }
            steps.push(Step::Member(&rest[..end]));
            text = &rest[end..];
        }
    }
    steps
}

/// What is being looked at, so that cycles end.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Active {
    Export(FileId, String),
    Function(FileId, u32),
    Member(FileId, u32, String),
    Parameter(FileId, u32, u32),
}

/// Questions to a program, and all they lead to. What is remembered from one to the next depends on the program alone.
pub(super) struct Expansion<'p> {
    program: &'p Program,
    modules: &'p Modules,
    active: Vec<Active>,
    work: u32,
    /// What was found to lie below things.
    known_below: FxHashMap<Reached, Rc<[Reached]>>,
    /// Whether things lead to what is wanted, which is always the same.
    known_leads: FxHashMap<Reached, bool>,
    /// Files on the way that have no summary.
    pub(super) missing: Vec<FileId>,
}

impl<'p> Expansion<'p> {
    pub(super) fn new(program: &'p Program, modules: &'p Modules) -> Self {
        Self {
            program,
            modules,
            active: Vec::new(),
            work: 0,
            known_below: FxHashMap::default(),
            known_leads: FxHashMap::default(),
            missing: Vec::new(),
        }
    }

    /// What a path of `file` leads to; `None` when it leads to no known file, or to nothing in it.
    pub(super) fn lead(&mut self, file: FileId, root: &str, way: &str, origin: Option<Site>) -> Option<Vec<Reached>> {
        let summary = self.program.summary(file)?;
        let steps = steps(way);
        let (start, used) = module_of(summary, root, &steps)?;
        let reached = self.walk(vec![Reached::Module(start)], &steps[used..], origin);
        (!reached.is_empty()).then_some(reached)
    }

    /// The file that a path of `file` begins in.
    pub(super) fn start(&self, file: FileId, root: &str, way: &str) -> Option<FileId> {
        let summary = self.program.summary(file)?;
        module_of(summary, root, &steps(way)).map(|(start, _)| start)
    }

    /// What is given for a parameter, and what the steps lead to from there.
    pub(super) fn given(&mut self, file: FileId, function: u32, index: u32, way: &str) -> Vec<Reached> {
        let given = self.program.given.get(&(file, function)).and_then(|given| given.get(&index));
        let Some(given) = given else { return Vec::new() };
        let start = given.iter().cloned().collect();
        self.guarded(Active::Parameter(file, function, index), |this| this.walk(start, &steps(way), None))
    }

    /// What a name of a file leads to.
    pub(super) fn export(&mut self, file: FileId, name: &str) -> Vec<Reached> {
        self.guarded(Active::Export(file, name.to_owned()), |this| {
            let Some(summary) = this.program.summary(file) else {
                this.missing.push(file);
                return this.submodule(file, name);
            };
            if let Some(shapes) = summary.exports.get(name) {
                let reached = this.shapes(file, shapes);
                if !reached.is_empty() {
                    return reached;
                }
            }
            // A star of Python's brings no name that begins with an underscore.
            let stars = if name.starts_with('_') && this.is_python(file) { &[] } else { summary.stars.as_slice() };
            for &star in stars {
                let reached = this.export(star, name);
                if !reached.is_empty() && name != "default" {
                    return reached;
                }
            }
            this.submodule(file, name)
        })
    }

    fn is_python(&self, file: FileId) -> bool {
        let name = self.modules.path(file).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        Grammar::of(name).is_some_and(|grammar| grammar.language() == Language::Python)
    }

    /// The file of that name below a package.
    fn submodule(&self, file: FileId, name: &str) -> Vec<Reached> {
        let is_package = self.modules.path(file).file_stem().is_some_and(|stem| stem == "__init__");
        let below = is_package.then(|| self.modules.python(file, &format!(".{name}"))).flatten();
        below.map(Reached::Module).into_iter().collect()
    }

    /// Runs `find` unless the same is being looked for already.
    fn guarded(&mut self, what: Active, find: impl FnOnce(&mut Self) -> Vec<Reached>) -> Vec<Reached> {
        self.work += 1;
        if self.active.len() >= MAX_DEPTH || self.work > MAX_WORK || self.active.contains(&what) {
            return Vec::new();
        }
        self.active.push(what);
        let mut reached = find(self);
        self.active.pop();
        let mut kept: Vec<Reached> = Vec::new();
        reached.retain(|one| {
            let is_new = !kept.contains(one);
            if is_new {
                kept.push(one.clone());
            }
            is_new
        });
        reached.truncate(MAX_REACHED);
        reached
    }

    fn walk(&mut self, start: Vec<Reached>, steps: &[Step<'_>], origin: Option<Site>) -> Vec<Reached> {
        let mut reached = start;
        for step in steps {
            reached = reached.into_iter().flat_map(|one| self.step(one, *step)).collect();
            reached.truncate(MAX_REACHED);
        }
        for one in &mut reached {
            if let Reached::Symbol { origin: own, text, .. } = one
                && text.contains(['(', '?'])
            {
                *own = own.or(origin);
            }
        }
        reached
    }

    fn step(&mut self, from: Reached, step: Step<'_>) -> Vec<Reached> {
        self.work += 1;
        match (from, step) {
            (Reached::Symbol { text, root, origin }, step) => {
                let text = match step {
                    Step::Member(name) => format!("{}.{name}", text.strip_suffix(".default").unwrap_or(&text)),
                    Step::Call => format!("{text}()"),
                    Step::Element => format!("{text}[]"),
                };
                vec![Reached::Symbol { text, root, origin }]
            }
            (Reached::Module(file), Step::Member(name)) => self.member_of_module(file, name),
            (Reached::Function(file, function), Step::Call) => self.returned(file, function),
            (Reached::Class(file, class), Step::Call) => vec![Reached::Instance(file, class)],
            (Reached::Class(file, class) | Reached::Instance(file, class), Step::Member(name)) => {
                self.member(file, class, name)
            }
            (Reached::Object(file, object), Step::Member(name)) => {
                let summary = self.program.summary(file);
                let shapes = summary.and_then(|summary| summary.objects.get(&object)?.get(name));
                shapes.map(|shapes| self.shapes(file, shapes)).unwrap_or_default()
            }
            (Reached::Record(fields), Step::Member(name)) => fields.get(name).into_iter().flatten().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// A name of a module. A member of the default export can be written like a name of the module.
    fn member_of_module(&mut self, file: FileId, name: &str) -> Vec<Reached> {
        let reached = self.export(file, name);
        if !reached.is_empty() || name == "default" {
            return reached;
        }
        let default = self.export(file, "default");
        default.into_iter().flat_map(|one| self.step(one, Step::Member(name))).collect()
    }

    fn returned(&mut self, file: FileId, function: u32) -> Vec<Reached> {
        self.guarded(Active::Function(file, function), |this| {
            let shapes = this.program.summary(file).and_then(|summary| summary.functions.get(&function));
            shapes.map(|function| this.shapes(file, &function.returns)).unwrap_or_default()
        })
    }

    fn member(&mut self, file: FileId, class: u32, name: &str) -> Vec<Reached> {
        self.guarded(Active::Member(file, class, name.to_owned()), |this| {
            let Some(summary) = this.program.summary(file).and_then(|summary| summary.classes.get(&class)) else {
                return Vec::new();
            };
            if let Some(shapes) = summary.members.get(name) {
                let reached = this.shapes(file, shapes);
                if !reached.is_empty() {
                    return reached;
                }
            }
            let bases = this.shapes(file, &summary.bases);
            bases.into_iter().flat_map(|base| this.inherited(base, name)).collect()
        })
    }

    /// A member that an instance has from a base class.
    fn inherited(&mut self, base: Reached, name: &str) -> Vec<Reached> {
        match base {
            Reached::Class(file, class) => self.member(file, class, name),
            Reached::Symbol { .. } => {
                let instance = self.step(base, Step::Call);
                instance.into_iter().flat_map(|one| self.step(one, Step::Member(name))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn shapes(&mut self, file: FileId, shapes: &[Shape]) -> Vec<Reached> {
        shapes.iter().flat_map(|shape| self.shape(file, shape)).collect()
    }

    fn shape(&mut self, file: FileId, shape: &Shape) -> Vec<Reached> {
        self.work += 1;
        if self.work > MAX_WORK {
            return Vec::new();
        }
        let site = |at: u32| Site { file, at, declared: false };
        match shape {
            Shape::Path { text, root, source } => self.path(file, text, *root, *source),
            Shape::Environment(name, at) => vec![Reached::Environment(name.to_string(), site(*at))],
            Shape::Text(text, at) => vec![Reached::Text(text.to_string(), site(*at))],
            Shape::Function(function) => vec![Reached::Function(file, *function)],
            Shape::Class(class) => vec![Reached::Class(file, *class)],
            Shape::Instance(class) => vec![Reached::Instance(file, *class)],
            Shape::Object(object) => vec![Reached::Object(file, *object)],
        }
    }

    fn path(&mut self, file: FileId, text: &str, root: u32, source: Option<Source>) -> Vec<Reached> {
        let (name, way) = text.split_at(root as usize);
        let origin = match source {
            Some(Source::Parameter(function, index)) => return self.given(file, function, index, way),
            Some(Source::Site(site)) => Some(site),
            None => None,
        };
        if root > 0 {
            if let Some(reached) = self.lead(file, name, way, origin) {
                return reached;
            }
            if name.starts_with(['.', '/', '?']) || name.starts_with(OWN) {
                return Vec::new();
            }
        }
        vec![Reached::Symbol { text: text.to_owned(), root, origin }]
    }

    /// How a name of a file leads to something for which `wanted` holds: by itself, by what functions return, by a base
    /// class, or by members. It must be the same whenever this is asked.
    pub(super) fn leading(&mut self, file: FileId, name: &str, wanted: &dyn Fn(&Reached) -> bool) -> Option<Leading> {
        self.work = 0;
        let mut queue = self.export(file, name);
        let mut seen: FxHashSet<Reached> = FxHashSet::default();
        let mut members = BTreeSet::new();
        while let Some(one) = queue.pop() {
            if wanted(&one) {
                return Some(Leading::Itself);
            }
            if !one.is_open() || !seen.insert(one.clone()) || seen.len() > MAX_BELOW {
                continue;
            }
            match &one {
                Reached::Function(file, function) => queue.extend(self.returned(*file, *function)),
                Reached::Class(file, class) | Reached::Instance(file, class) => {
                    queue.extend(self.bases(*file, *class));
                    members.extend(self.leading_members(&one, wanted));
                }
                _ => members.extend(self.leading_members(&one, wanted)),
            }
        }
        (!members.is_empty()).then_some(Leading::Members(members))
    }

    /// The members that lead there, at whatever depth.
    fn leading_members(&mut self, one: &Reached, wanted: &dyn Fn(&Reached) -> bool) -> BTreeSet<String> {
        if self.leads(one, wanted) == Some(false) {
            return BTreeSet::new();
        }
        let mut found = BTreeSet::new();
        for (name, shapes, file) in self.members_of(one) {
            self.work = 0;
            let below = self.shapes(file, shapes);
            if below.iter().any(|one| self.leads(one, wanted) == Some(true)) {
                found.insert(name.to_owned());
            }
        }
        found
    }

    /// Whether something is wanted, or leads there at whatever depth; `None` when too much lies below it.
    fn leads(&mut self, one: &Reached, wanted: &dyn Fn(&Reached) -> bool) -> Option<bool> {
        if !one.is_open() {
            return Some(wanted(one));
        }
        if let Some(known) = self.known_leads.get(one) {
            return Some(*known);
        }
        // With the position of what each was reached from; the first from itself.
        let mut met: Vec<(Reached, usize)> = vec![(one.clone(), 0)];
        let mut seen = FxHashSet::from_iter([one.clone()]);
        let mut open = vec![0];
        while let Some(at) = open.pop() {
            let here = met[at].0.clone();
            let below = self.below(&here);
            let is_there = |next: &Reached| wanted(next) || self.known_leads.get(next) == Some(&true);
            if wanted(&here) || below.iter().any(is_there) {
                self.note_way(&met, at);
                return Some(true);
            }
            for next in below.iter().filter(|next| next.is_open() && !self.known_leads.contains_key(next)) {
                if seen.insert(next.clone()) {
                    open.push(met.len());
                    met.push((next.clone(), at));
                }
            }
            if met.len() > MAX_BELOW {
                return None;
            }
        }
        self.known_leads.extend(met.into_iter().map(|(one, _)| (one, false)));
        Some(false)
    }

    /// Remembers that all on the way to a place lead there.
    fn note_way(&mut self, met: &[(Reached, usize)], mut at: usize) {
        loop {
            self.known_leads.insert(met[at].0.clone(), true);
            if at == 0 {
                return;
            }
            at = met[at].1;
        }
    }

    fn members_of(&self, one: &Reached) -> Vec<(&'p str, &'p [Shape], FileId)> {
        let (file, named) = match one {
            Reached::Class(file, class) | Reached::Instance(file, class) => (
                *file,
                self.program.summary(*file).and_then(|summary| summary.classes.get(class)).map(|it| &it.members),
            ),
            Reached::Object(file, object) => {
                (*file, self.program.summary(*file).and_then(|summary| summary.objects.get(object)))
            }
            _ => return Vec::new(),
        };
        let mut members: Vec<_> =
            named.into_iter().flatten().map(|(name, shapes)| (&**name, shapes.as_slice(), file)).collect();
        members.sort_by_key(|(name, ..)| *name);
        members
    }

    fn bases(&mut self, file: FileId, class: u32) -> Vec<Reached> {
        let summary = self.program.summary(file).and_then(|summary| summary.classes.get(&class));
        summary.map(|class| self.shapes(file, &class.bases)).unwrap_or_default()
    }

    /// The settings and texts among `reached`, and in the objects there.
    pub(super) fn all_below(&mut self, reached: Vec<Reached>) -> Vec<Reached> {
        let mut found = Vec::new();
        let mut queue = reached;
        let mut seen: Vec<Reached> = Vec::new();
        while let Some(one) = queue.pop() {
            match one {
                Reached::Environment(..) | Reached::Text(..) => found.push(one),
                Reached::Object(..) if !seen.contains(&one) && seen.len() < 64 => {
                    queue.extend(self.below(&one).iter().cloned());
                    seen.push(one);
                }
                _ => {}
            }
        }
        found
    }

    /// What something leads to in one step. Asked for again by every member that leads there.
    fn below(&mut self, one: &Reached) -> Rc<[Reached]> {
        if let Some(known) = self.known_below.get(one) {
            return Rc::clone(known);
        }
        self.work = 0;
        let below: Rc<[Reached]> = self.read_below(one).into();
        self.known_below.insert(one.clone(), Rc::clone(&below));
        below
    }

    fn read_below(&mut self, one: &Reached) -> Vec<Reached> {
        let mut below = match one {
            Reached::Function(file, function) => self.returned(*file, *function),
            Reached::Class(file, class) | Reached::Instance(file, class) => self.bases(*file, *class),
            _ => Vec::new(),
        };
        for (_, shapes, file) in self.members_of(one) {
            below.extend(self.shapes(file, shapes));
        }
        below
    }
}

/// The file that a path begins in, and how many of its steps name it: of `pkg.sub.name` perhaps two. A module that an
/// import names as a whole goes before what may be a name in a shorter one; among the latter the shorter one counts.
fn module_of(summary: &Summary, root: &str, steps: &[Step<'_>]) -> Option<(FileId, usize)> {
    let mut name = root.trim_start_matches(OWN).to_owned();
    let mut named = summary.modules.get(name.as_str()).map(|&file| (file, 0));
    let mut guessed = None;
    for (number, step) in steps.iter().enumerate() {
        let Step::Member(part) = step else { break };
        if !name.ends_with('.') {
            name.push('.');
        }
        name.push_str(part);
        match summary.modules.get(name.as_str()) {
            Some(&file) => named = Some((file, number + 1)),
            None => guessed = guessed.or_else(|| summary.submodules.get(name.as_str()).map(|&file| (file, number + 1))),
        }
    }
    named.or(guessed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_cut_into_steps() {
        use Step::{Call, Element, Member};
        assert_eq!(steps(".make().client[].x"), [Member("make"), Call, Member("client"), Element, Member("x")]);
        assert_eq!(steps("client"), [Member("client")]);
        assert!(steps("").is_empty());
        assert!(steps("..").is_empty());
    }
}
