//! Names that lead out of the file: what a path means in another file of the project, what a star brought, what is given
//! for a parameter elsewhere. Without a [`link::Outside`] none of them is followed.

use std::rc::Rc;

use super::{
    Foreign, Resolver, Value,
    link::{self, Outside, Reached},
    paths::{Origin, PathId, Site},
};
use crate::{
    facts::{ClassId, Expr, ExprId, FunctionId, ImportedSymbol},
    input::modules::FileId,
};

impl<'f> Resolver<'f, '_> {
    /// A value from another file.
    pub fn foreign(&self, number: u32) -> &Foreign {
        &self.foreign[number as usize]
    }

    /// What a path leads to: itself, or what is found in the file of the project that it leads into.
    pub(super) fn reach(&mut self, path: PathId) -> Vec<Value> {
        let Some(outside) = self.outside else { return vec![Value::Path(path)] };
        if let Some(known) = self.reached.get(&path) {
            return known.as_ref().map_or_else(|| vec![Value::Path(path)], |values| values.to_vec());
        }
        let found = self.look_outside(outside, path);
        self.reached.insert(path, found.clone().map(Rc::from));
        found.unwrap_or_else(|| vec![Value::Path(path)])
    }

    fn look_outside(&mut self, outside: Outside<'f>, path: PathId) -> Option<Vec<Value>> {
        let (root, steps) = self.paths.parts(path)?;
        let origin = self.paths.origin(path);
        let reached = match origin {
            Some(Origin::Parameter(function, index)) => outside.given(function, index, steps),
            Some(other) => outside.expand(root, steps, Some(self.site(other, outside.file)))?,
            None => outside.expand(root, steps, None)?,
        };
        let is_own = reached.iter().any(Reached::is_open);
        let values: Vec<Value> =
            reached.into_iter().filter_map(|reached| self.value_of(reached, outside.file)).collect();
        if values.is_empty() && is_own { self.own(outside, path) } else { (!values.is_empty()).then_some(values) }
    }

    /// A path that reads like one of a package but leads into the project must not be taken for the package's.
    fn own(&mut self, outside: Outside<'f>, path: PathId) -> Option<Vec<Value>> {
        let (root, steps) = self.paths.parts(path)?;
        if root.starts_with(['.', '/', '?', link::OWN]) || !outside.is_homonym(root, steps) {
            return None;
        }
        let text = format!("{}{}", link::OWN, self.paths.text(path));
        let (length, origin) = (root.len() + 1, self.paths.origin(path));
        Some(vec![Value::Path(self.paths.follow(&text, length, origin))])
    }

    fn value_of(&mut self, reached: Reached, file: FileId) -> Option<Value> {
        match reached {
            Reached::Symbol { text, root, origin } => {
                let origin = origin.map(|site| self.own_origin(site, file));
                Some(Value::Path(self.paths.follow(&text, root as usize, origin)))
            }
            Reached::Environment(name, site) => Some(self.add_foreign(Foreign::Environment(name.into(), site))),
            Reached::Text(text, site) => Some(self.add_foreign(Foreign::Text(text.into(), site))),
            _ => None,
        }
    }

    /// An origin in this file is known by its expression.
    fn own_origin(&self, site: Site, file: FileId) -> Origin {
        if site.file != file {
            return Origin::Elsewhere(site);
        }
        let starts = |(number, node): (usize, &crate::facts::ExprNode<'_>)| {
            let fits = node.span.start == site.at && (site.declared || matches!(node.expr, Expr::Call { .. }));
            fits.then_some(ExprId(number as u32))
        };
        match self.facts.exprs.iter().enumerate().find_map(starts) {
            Some(expr) if site.declared => Origin::Declared(expr),
            Some(expr) => Origin::Call(expr),
            None => Origin::Elsewhere(site),
        }
    }

    fn add_foreign(&mut self, foreign: Foreign) -> Value {
        let known = self.foreign.iter().position(|one| *one == foreign);
        let number = known.unwrap_or_else(|| {
            self.foreign.push(foreign);
            self.foreign.len() - 1
        });
        Value::Foreign(number as u32)
    }

    /// What a name stands for that a star may have brought: `from module import *`.
    pub(super) fn star_values(&mut self, name: &str) -> Option<Vec<Value>> {
        self.outside?;
        let facts = self.facts;
        let is_star = |import: &&crate::facts::Import<'_>| {
            import.items.iter().any(|item| item.symbol == ImportedSymbol::All && item.local.is_none())
        };
        let stars = facts.imports.iter().filter(|_| !name.starts_with('_')).filter(is_star);
        for import in stars {
            let path = self.imported_path(&import.module, &ImportedSymbol::Named(name));
            let values = self.reach(path);
            if values != [Value::Path(path)] {
                return Some(values);
            }
        }
        None
    }

    /// What is given for a parameter at calls in any file.
    pub(super) fn given_values(&mut self, function: FunctionId, index: u32) -> Vec<Value> {
        if self.outside.is_none() {
            return Vec::new();
        }
        let path = self.paths.root_from("?", Some(Origin::Parameter(function, index)));
        self.reach(path)
    }

    /// What derived classes store under a name on instances of a class.
    pub(super) fn stored_by_derived(&mut self, class: ClassId, name: &str) -> Vec<Value> {
        let Some(outside) = self.outside else { return Vec::new() };
        let stored = outside.program.stored(outside.file, class.0, name);
        stored.cloned().collect::<Vec<_>>().into_iter().filter_map(|one| self.value_of(one, outside.file)).collect()
    }
}
