//! Putting changed arguments into the code: names and values where they stand, what goes and what is added in the lists
//! they stand in, entries of nested objects, or everything as one new object.

use std::collections::BTreeMap;

use super::{
    arguments::{Arranging, Fate},
    edits::Edit,
    file::File,
    given::{Given, Holder},
    unit::Unit,
    values::NewValue,
};
use crate::facts::{Expr, ExprId};

impl File<'_, '_, '_> {
    /// Puts the new arguments into the code.
    pub(super) fn place(
        &mut self,
        unit: &mut Unit,
        call: ExprId,
        arranging: &Arranging<'_>,
        added: Vec<(String, String)>,
    ) {
        if arranging.spec.into_object {
            return self.place_as_object(unit, call, arranging, added);
        }
        let mut removed: BTreeMap<ExprId, Vec<usize>> = BTreeMap::new();
        let mut inside: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        let mut slots: BTreeMap<String, (ExprId, usize)> = BTreeMap::new();
        // From the first argument that changes its place on, all are given by name.
        let mut by_name = false;
        for (given, fate) in arranging.gathered.given.iter().zip(&arranging.fates) {
            match (fate, given.holder) {
                (Fate::Gone, Holder::Item { list, item }) => removed.entry(list).or_default().push(item),
                (Fate::Gone, Holder::Store(store)) => self.remove_statement(unit, self.facts.stores[store].span),
                (Fate::Becomes(name, value), Holder::Item { list, item }) if name.contains('.') => {
                    let (outer, inner) = name.split_once('.').unwrap_or((name, ""));
                    inside.entry(outer.to_owned()).or_default().push((inner.to_owned(), value.text(self, given.value)));
                    removed.entry(list).or_default().push(item);
                    slots.entry(outer.to_owned()).or_insert((list, item));
                }
                (Fate::Becomes(name, value), _) => {
                    by_name |= given.key.is_none() && (name != &given.name || !removed.is_empty());
                    self.place_one(unit, given, name, value.clone(), by_name);
                }
            }
        }
        let mut new = Vec::new();
        for (name, text) in added {
            match name.split_once('.') {
                Some((outer, inner)) => inside.entry(outer.to_owned()).or_default().push((inner.to_owned(), text)),
                None => new.push((name, text)),
            }
        }
        self.place_inside(unit, arranging, inside, &slots, &mut removed, &mut new);
        self.place_in_lists(unit, call, arranging, removed, &new);
    }

    /// Entries of object arguments: into one that is given, or into a new one in the place of the first.
    fn place_inside(
        &mut self,
        unit: &mut Unit,
        arranging: &Arranging<'_>,
        inside: BTreeMap<String, Vec<(String, String)>>,
        slots: &BTreeMap<String, (ExprId, usize)>,
        removed: &mut BTreeMap<ExprId, Vec<usize>>,
        new: &mut Vec<(String, String)>,
    ) {
        for (outer, entries) in inside {
            let written: Vec<String> = entries.iter().map(|(name, text)| self.writing.entry(name, text)).collect();
            if let Some(given) = arranging.gathered.given.iter().find(|given| given.name == outer) {
                match self.facts.expr(given.value.expr) {
                    Expr::Object(_) => {
                        let edits = self.items(given.value.expr).map(|items| items.change(&[], &written));
                        unit.edits.extend(edits.unwrap_or_default());
                    }
                    _ => unit.hold(format!("`{outer}` is not an object that stands at the call")),
                }
                continue;
            }
            let object = format!("{{ {} }}", written.join(", "));
            match slots.get(&outer) {
                Some((list, item)) => {
                    if let Some(items) = removed.get_mut(list) {
                        items.retain(|one| one != item);
                    }
                    if let Some(items) = self.items(*list) {
                        let span = items.spans[*item];
                        unit.edits.push(Edit::replace(span, self.writing.named(&outer, &object)));
                    }
                }
                None => new.push((outer, object)),
            }
        }
    }

    fn place_in_lists(
        &mut self,
        unit: &mut Unit,
        call: ExprId,
        arranging: &Arranging<'_>,
        mut removed: BTreeMap<ExprId, Vec<usize>>,
        new: &[(String, String)],
    ) {
        let list = arranging.gathered.list;
        if arranging.gathered.is_split && !new.is_empty() {
            unit.hold("the options are one of several objects, and one must be added to all of them");
        }
        if let Some(list) = list.filter(|_| !new.is_empty()) {
            removed.entry(list).or_default();
        } else if !new.is_empty() {
            let entries: Vec<String> = new.iter().map(|(name, text)| self.writing.entry(name, text)).collect();
            let object = format!("{{ {} }}", entries.join(", "));
            unit.edits.push(match self.items(call) {
                Some(items) => Edit::insert(items.inside.start, object),
                None => Edit::insert(self.span(call).end, format!("({object})")),
            });
        }
        for (holder, mut items) in removed {
            items.sort_unstable();
            let is_object = matches!(self.facts.expr(holder), Expr::Object(_));
            let written: Vec<String> = if Some(holder) == list {
                let write = |(name, text): &(String, String)| {
                    if is_object { self.writing.entry(name, text) } else { self.writing.named(name, text) }
                };
                new.iter().map(write).collect()
            } else {
                Vec::new()
            };
            match self.items(holder) {
                Some(places) => unit.edits.extend(places.change(&items, &written)),
                None => unit.hold("the call has no parentheses"),
            }
        }
    }

    fn place_one(&mut self, unit: &mut Unit, given: &Given, name: &str, value: NewValue, by_name: bool) {
        if given.is_shorthand() {
            let text = value.text(self, given.value);
            if name != given.name || value != NewValue::Same {
                unit.edits.push(Edit::replace(given.value.span, self.writing.entry(name, &text)));
            }
            return;
        }
        match given.key {
            Some(span) if name != given.name => {
                let old = self.source(span);
                let quoted = old.starts_with(['"', '\'']);
                let new = match old.chars().next() {
                    Some(quote) if quoted => format!("{quote}{name}{quote}"),
                    _ => name.to_owned(),
                };
                unit.edits.push(Edit::replace(span, new));
            }
            // An argument by position is given by name from now on.
            None if by_name && !self.writing.names_by_object() => {
                unit.edits.push(Edit::insert(given.value.span.start, format!("{name}=")));
            }
            _ => {}
        }
        unit.edits.extend(value.edits(given.value));
    }

    /// All arguments as one object.
    fn place_as_object(
        &mut self,
        unit: &mut Unit,
        call: ExprId,
        arranging: &Arranging<'_>,
        added: Vec<(String, String)>,
    ) {
        let mut entries = Vec::new();
        for (given, fate) in arranging.gathered.given.iter().zip(&arranging.fates) {
            match (fate, given.holder) {
                (Fate::Becomes(name, value), Holder::Item { .. }) => {
                    entries.push((name.clone(), value.text(self, given.value)));
                }
                (Fate::Gone, Holder::Item { .. }) => {}
                (_, Holder::Store(_)) => unit.hold("options are stored into an object after it is made"),
            }
        }
        if arranging.gathered.is_spread {
            unit.hold("options are spread from another object");
        }
        if !arranging.gathered.shares.is_empty() {
            unit.hold("the options are an object that is made elsewhere");
        }
        entries.extend(added);
        let Some(items) = self.items(call) else { return unit.hold("the call has no parentheses") };
        let written: Vec<String> = entries.iter().map(|(name, text)| self.writing.entry(name, text)).collect();
        let is_multiline = self.source(items.inside).contains('\n')
            && self.begins_line(items.spans.first().map_or(0, |item| item.start));
        let object = if is_multiline {
            let indent = self.indentation(self.span(call).start);
            let step = if indent.contains('\t') { "\t" } else { "  " };
            let lines: Vec<String> = written.iter().map(|entry| format!("{indent}{step}{entry},\n")).collect();
            format!("{{\n{}{indent}}}", lines.concat())
        } else {
            format!("{{ {} }}", written.join(", "))
        };
        unit.edits.push(Edit::replace(items.inside, object));
    }
}
