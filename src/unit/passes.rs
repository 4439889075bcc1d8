//! What a file passes on: clients that are tied to the vendor, or objects that hold them, given to functions and classes of
//! the project. The file of such a function has to be told, and looked at again.

use std::collections::{BTreeMap, BTreeSet};

use super::uses::{FileUses, Uses};
use crate::{
    facts::{ArgumentKind, ClassId, Expr, ExprId, FunctionId},
    input::modules::FileId,
    resolve::{
        Foreign, Value,
        link::{Passed, Reached, Stored},
        paths::{PathId, Site},
    },
};

impl Uses<'_, '_, '_> {
    /// Notes what calls pass on. `own` are the clients of the file that are tied to the vendor.
    pub(super) fn passes(&mut self, own: &BTreeSet<Site>, uses: &mut FileUses) {
        for number in 0..self.resolver.facts.exprs.len() {
            let expr = ExprId(number as u32);
            let Expr::Call { callee, arguments } = self.resolver.facts.expr(expr) else { continue };
            let given: Vec<(usize, Option<&str>, ExprId)> = arguments
                .iter()
                .enumerate()
                .filter_map(|(position, argument)| match argument.kind {
                    ArgumentKind::Positional => Some((position, None, argument.value)),
                    ArgumentKind::Named { name, .. } => Some((position, Some(name), argument.value)),
                    ArgumentKind::SpreadPositional | ArgumentKind::SpreadNamed => None,
                })
                .collect();
            let clients: Vec<BTreeSet<Reached>> =
                given.iter().map(|(_, _, value)| self.passed_values(*value, own)).collect();
            if clients.iter().all(BTreeSet::is_empty) {
                continue;
            }
            for ((position, name, value), mut values) in given.into_iter().zip(clients) {
                // What is given beside a client is often the name of its deployment.
                values.extend(self.constants_in(value));
                if !values.is_empty() {
                    self.pass(*callee, position, name, &values, uses);
                }
            }
        }
    }

    /// The settings and texts that an argument can be.
    fn constants_in(&mut self, value: ExprId) -> BTreeSet<Reached> {
        let facts = self.resolver.facts;
        let here = Site { file: self.outside.file, at: facts.node(value).span.start, declared: false };
        let mut reached = BTreeSet::new();
        for value in self.resolver.values(value).iter() {
            reached.extend(match value {
                Value::Environment(name) => Some(Reached::Environment(name.to_string(), here)),
                Value::Literal(literal) => {
                    let site = Site { at: facts.node(*literal).span.start, ..here };
                    facts.constant_text(*literal).map(|text| Reached::Text(text.into_owned(), site))
                }
                Value::Foreign(number) => Some(match self.resolver.foreign(*number).clone() {
                    Foreign::Environment(name, site) => Reached::Environment(name.to_string(), site),
                    Foreign::Text(text, site) => Reached::Text(text.to_string(), site),
                }),
                _ => None,
            });
        }
        // More than a few are no names of deployments.
        if reached.len() > 2 { BTreeSet::new() } else { reached }
    }

    /// The clients, or objects that hold clients, that an argument can be.
    fn passed_values(&mut self, value: ExprId, own: &BTreeSet<Site>) -> BTreeSet<Reached> {
        let mut reached: BTreeSet<Reached> = self.moored_in(value, own);
        let facts = self.resolver.facts;
        let objects: Vec<ExprId> = self
            .resolver
            .values(value)
            .iter()
            .filter_map(|value| match value {
                Value::Literal(literal) if matches!(facts.expr(*literal), Expr::Object(_) | Expr::Call { .. }) => {
                    Some(*literal)
                }
                _ => None,
            })
            .collect();
        for object in objects {
            let mut fields: BTreeMap<String, BTreeSet<Reached>> = BTreeMap::new();
            for entry in self.resolver.entries_of(object).0 {
                let values = self.moored_in(entry.value, own);
                if !values.is_empty() {
                    fields.entry(entry.name).or_default().extend(values);
                }
            }
            if !fields.is_empty() {
                reached.insert(Reached::Record(fields));
            }
        }
        reached
    }

    fn moored_in(&mut self, value: ExprId, own: &BTreeSet<Site>) -> BTreeSet<Reached> {
        let values = self.resolver.values(value).to_vec();
        self.moored_among(&values, own)
    }

    fn moored_among(&self, values: &[Value], own: &BTreeSet<Site>) -> BTreeSet<Reached> {
        let mut reached = BTreeSet::new();
        let paths = values.iter().filter_map(|value| if let Value::Path(path) = value { Some(*path) } else { None });
        for path in paths {
            let Some(origin) = self.resolver.paths.origin(path) else { continue };
            let site = self.resolver.site(origin, self.outside.file);
            if own.contains(&site) || self.moored.contains(&site) {
                let root = self.resolver.paths.parts(path).map_or(0, |(root, _)| root.len() as u32);
                let text = self.resolver.paths.text(path).to_owned();
                reached.insert(Reached::Symbol { text, root, origin: Some(site) });
            }
        }
        reached
    }

    /// Notes what is given to what is called, where that is a function or class of the project.
    fn pass(
        &mut self,
        callee: ExprId,
        position: usize,
        name: Option<&str>,
        values: &BTreeSet<Reached>,
        uses: &mut FileUses,
    ) {
        let mut targets: Vec<(FileId, u32)> = Vec::new();
        for value in self.resolver.values(callee).to_vec() {
            match value {
                Value::Function(function) => targets.push((self.outside.file, function.0)),
                Value::Class(class) => {
                    targets.extend(self.resolver.constructor_of(class).map(|it| (self.outside.file, it.0)));
                }
                Value::Path(path) => self.targets_of(path, &mut targets, &mut uses.wants),
                _ => {}
            }
        }
        for (file, function) in targets {
            let Some(index) = self.parameter(file, function, position, name) else { continue };
            for value in values {
                uses.passes.insert(Passed { file, function, index, value: value.clone() });
            }
        }
    }

    fn targets_of(&self, path: PathId, targets: &mut Vec<(FileId, u32)>, wants: &mut BTreeSet<FileId>) {
        let Some((root, steps)) = self.resolver.paths.parts(path) else { return };
        let (reached, missing) = self.outside.functions(root, steps);
        wants.extend(missing);
        for one in reached {
            match one {
                Reached::Function(file, function) => targets.push((file, function)),
                Reached::Class(file, class) => {
                    targets.extend(self.outside.program.constructor(file, class).map(|function| (file, function)));
                }
                _ => {}
            }
        }
    }

    /// The position of the parameter that an argument is given for.
    fn parameter(&self, file: FileId, function: u32, position: usize, name: Option<&str>) -> Option<u32> {
        let Some(name) = name else { return u32::try_from(position).ok() };
        if file == self.outside.file {
            let parameters = &self.resolver.facts.functions[FunctionId(function).index()].parameters;
            let found = parameters.iter().position(|parameter| parameter.name == Some(name))?;
            return u32::try_from(found).ok();
        }
        self.outside.program.parameter(file, function, name)
    }

    /// Notes which clients classes store on their instances: methods of the classes that they derive from use them too.
    pub(super) fn stored(&mut self, own: &BTreeSet<Site>, uses: &mut FileUses) {
        for number in 0..self.resolver.facts.classes.len() {
            let class = ClassId(number as u32);
            if self.resolver.facts.classes[number].bases.is_empty() {
                continue;
            }
            let mut clients: BTreeMap<&str, BTreeSet<Reached>> = BTreeMap::new();
            for name in self.resolver.own_members(class) {
                let values = self.resolver.own_member(class, name);
                let moored = self.moored_among(&values, own);
                if !moored.is_empty() {
                    clients.insert(name, moored);
                }
            }
            if clients.is_empty() {
                continue;
            }
            for (file, class) in self.bases_of(class, &mut uses.wants) {
                for (name, values) in &clients {
                    let stored = values.iter().map(|value| Stored {
                        file,
                        class,
                        name: (*name).to_owned(),
                        value: value.clone(),
                    });
                    uses.stored.extend(stored);
                }
            }
        }
    }

    /// The classes of the project that a class derives from.
    fn bases_of(&mut self, class: ClassId, wants: &mut BTreeSet<FileId>) -> Vec<(FileId, u32)> {
        let facts = self.resolver.facts;
        let mut bases = Vec::new();
        for &base in &facts.classes[class.index()].bases {
            for value in self.resolver.values(base).to_vec() {
                match value {
                    Value::Class(base) => bases.push((self.outside.file, base.0)),
                    Value::Path(path) => {
                        let Some((root, steps)) = self.resolver.paths.parts(path) else { continue };
                        let (reached, missing) = self.outside.functions(root, steps);
                        wants.extend(missing);
                        bases.extend(reached.into_iter().filter_map(|one| match one {
                            Reached::Class(file, class) => Some((file, class)),
                            _ => None,
                        }));
                    }
                    _ => {}
                }
            }
        }
        bases
    }
}
