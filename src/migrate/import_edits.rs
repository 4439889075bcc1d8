//! The edits of import statements: items that become others, go or are added, statements that go with their last item,
//! new ones at the place where a person would write them, and the patterns of `require`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    edits::Edit,
    file::File,
    imports::{Imports, Pattern, Statement},
    items::{Items, line_start},
};
use crate::facts::{BindingId, BindingKind, Expr, ExprNode, Import, ImportedSymbol, ScopeId, Span};

impl File<'_, '_, '_> {
    /// The edits of the planned changes. `unused` are imports whose last use goes.
    pub(super) fn import_edits(
        &mut self,
        mut imports: Imports,
        unused: &BTreeSet<BindingId>,
    ) -> Result<Vec<Edit>, String> {
        for &id in unused {
            self.remove_binding(&mut imports, id);
        }
        let mut edits = std::mem::take(&mut imports.edits);
        let mut new: BTreeMap<Option<u32>, Vec<String>> = BTreeMap::new();
        for import in std::mem::take(&mut imports.new) {
            if import.items.is_empty() {
                edits.push(self.new_module(&import.module));
                continue;
            }
            if let Some(edit) = self.new_require(&import.module, &import.items) {
                edits.push(edit);
                continue;
            }
            let text = self.writing.import(&import.module, &import.items, import.type_only);
            new.entry(import.beside).or_default().push(text);
        }
        let goes = |number: &u32| {
            let statement = imports.statements.get(number);
            statement.is_some_and(|statement| {
                statement.added.is_empty()
                    && statement.removed.len() == self.facts.imports[*number as usize].items.len()
            })
        };
        let mut placed: BTreeMap<Option<u32>, Vec<String>> = BTreeMap::new();
        for (beside, texts) in new {
            let own = beside.filter(goes).or_else(|| self.import_before(beside, &texts).filter(goes)).or(beside);
            placed.entry(own).or_default().extend(texts);
        }
        let mut new = placed;
        for (number, statement) in &imports.statements {
            let takes_place = statement.removed.len() == self.facts.imports[*number as usize].items.len()
                && statement.added.is_empty();
            if takes_place {
                // New statements stand in the place of one that goes.
                let texts = new.remove(&Some(*number)).unwrap_or_default();
                edits.extend(self.remove_import(*number, &texts)?);
            } else {
                edits.extend(self.change_import(*number, statement)?);
            }
        }
        for (after, texts) in new {
            edits.push(self.new_import(after, &texts));
        }
        for pattern in imports.patterns.values() {
            edits.extend(self.change_pattern(pattern)?);
        }
        Ok(edits)
    }

    fn remove_import(&self, number: u32, texts: &[String]) -> Result<Vec<Edit>, String> {
        let import = &self.facts.imports[number as usize];
        let span = self.statement_of(import);
        if !texts.is_empty() {
            let indent = self.indentation(span.start);
            return Ok(vec![Edit::replace(span, texts.join(&format!("{}{indent}", self.newline())))]);
        }
        match self.statement_removal(span) {
            Some(edit) => Ok(vec![edit]),
            None => Err(format!("the import on line {} cannot go by itself", self.line(span.start))),
        }
    }

    /// An import statement without the semicolon behind it.
    fn statement_of(&self, import: &Import<'_>) -> Span {
        let text = self.source(import.span);
        Span { start: import.span.start, end: import.span.start + text.trim_end().len() as u32 }
    }

    pub(super) fn newline(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    fn new_import(&self, beside: Option<u32>, texts: &[String]) -> Edit {
        let newline = self.newline();
        let lines =
            |indent: &str| -> String { texts.iter().flat_map(|text| [indent, text.as_str(), newline]).collect() };
        let Some(beside) = beside else { return Edit::insert(self.start_of_code(), lines("")) };
        if let Some(later) = self.import_after(beside, texts) {
            if let Some(end) = self.end_of_block_before(later) {
                let text: String = texts.iter().flat_map(|text| [newline, text.as_str()]).collect();
                return Edit::insert(end, text);
            }
            return Edit::insert(line_start(self.text, later), lines(""));
        }
        let import = &self.facts.imports[beside as usize];
        let indent = self.indentation(import.span.start);
        let end = import.span.end as usize;
        let line = self.text.get(end..).unwrap_or_default().split(['\n', '\r']).next().unwrap_or_default();
        let text: String = texts.iter().flat_map(|text| [newline, indent, text.as_str()]).collect();
        Edit::insert((end + line.len()) as u32, text)
    }

    /// A module that loads others by calls goes on doing so.
    fn new_require(&self, module: &str, items: &[String]) -> Option<Edit> {
        if !self.writing.names_by_object() || !self.facts.imports.is_empty() {
            return None;
        }
        let is_top = |node: &&ExprNode<'_>| {
            node.scope == ScopeId(0)
                && matches!(node.expr, Expr::Module(_))
                && self.source(node.span).starts_with("require")
        };
        let last = self.facts.exprs.iter().rfind(is_top)?;
        let rest = self.text.get(last.span.end as usize..).unwrap_or_default();
        let line = rest.split(['\n', '\r']).next().unwrap_or_default();
        let text = format!("{}{}", self.newline(), self.writing.require(module, items));
        Some(Edit::insert(last.span.end + line.len() as u32, text))
    }

    /// The start of the import before which new ones stand, where imports are sorted by name.
    fn import_after(&self, beside: u32, texts: &[String]) -> Option<u32> {
        if self.writing.names_by_object() || self.facts.imports[beside as usize].scope != ScopeId(0) {
            return None;
        }
        let module = texts.first()?.split_whitespace().nth(1)?;
        let is_later = |import: &&Import<'_>| {
            let is_top = import.scope == ScopeId(0) && self.indentation(import.span.start).is_empty();
            let is_from = self.source(import.span).starts_with("from ");
            is_top && is_from && !self.writing.is_standard(&import.module) && &*import.module > module
        };
        self.facts.imports.iter().find(is_later).map(|import| import.span.start)
    }

    /// The import behind which new ones would stand.
    fn import_before(&self, beside: Option<u32>, texts: &[String]) -> Option<u32> {
        let later = self.import_after(beside?, texts)?;
        let before = self.facts.imports.iter().rposition(|import| import.span.end <= later)?;
        Some(before as u32)
    }

    /// Where the import before a place ends, if a blank line parts the two and it is of another package than the language.
    fn end_of_block_before(&self, later: u32) -> Option<u32> {
        let before = self.facts.imports.iter().rfind(|import| import.span.end <= later)?;
        let gap = self.source(Span { start: before.span.end, end: later });
        let lines: Vec<&str> = gap.split('\n').collect();
        let blank = lines.len() > 2 && lines[1..lines.len() - 1].iter().any(|line| line.trim().is_empty());
        let line = gap.split(['\n', '\r']).next().unwrap_or_default();
        (blank && !self.writing.is_standard(&before.module)).then_some(before.span.end + line.len() as u32)
    }

    /// `import module` among its like, or before the other imports.
    fn new_module(&self, module: &str) -> Edit {
        let newline = self.newline();
        let facts = self.facts;
        let line = |at: u32| line_start(self.text, at);
        let at_top =
            |import: &&Import<'_>| import.scope == ScopeId(0) && self.indentation(import.span.start).is_empty();
        let top: Vec<&Import<'_>> = facts.imports.iter().filter(at_top).collect();
        let is_plain = |import: &Import<'_>| self.source(import.span).starts_with("import ");
        let statement = self.writing.import(module, &[], false);
        let mut plain = top.iter().filter(|import| is_plain(import) && self.writing.is_standard(&import.module));
        let next = plain.clone().find(|import| &*import.module > module);
        if let Some(next) = next {
            return Edit::insert(line(next.span.start), format!("{statement}{newline}"));
        }
        if let Some(last) = plain.next_back() {
            let end = last.span.end as usize;
            let rest = self.text.get(end..).unwrap_or_default().split(['\n', '\r']).next().unwrap_or_default();
            return Edit::insert((end + rest.len()) as u32, format!("{newline}{statement}"));
        }
        let first = top.iter().find(|import| import.module != "__future__");
        match first {
            Some(first) => {
                let gap = if self.writing.is_standard(&first.module) { "" } else { newline };
                Edit::insert(line(first.span.start), format!("{statement}{newline}{gap}"))
            }
            None => Edit::insert(self.start_of_code(), format!("{statement}{newline}{newline}")),
        }
    }

    /// Behind a module's comments, docstring and directives.
    fn start_of_code(&self) -> u32 {
        let first = self.facts.exprs.iter().filter(|node| node.parent.is_none()).map(|node| node.span.start);
        let named = self.facts.bindings.iter().map(|binding| binding.span.start);
        let mut at = line_start(self.text, first.chain(named).min().unwrap_or(0));
        // Out of the block that the first name may stand in.
        while at > 0 && !self.indentation(at).is_empty() {
            at = line_start(self.text, at - 1);
        }
        at
    }

    fn change_import(&self, number: u32, statement: &Statement) -> Result<Vec<Edit>, String> {
        let import = &self.facts.imports[number as usize];
        let spans: Vec<Span> = (0..import.items.len()).map(|item| self.item_span(number, item)).collect();
        let mut edits: Vec<Edit> =
            statement.replaced.iter().map(|(item, text)| Edit::replace(spans[*item], text.clone())).collect();
        for (item, text) in &statement.behind {
            let own_line = self.begins_line(spans[*item].start);
            let gap = if own_line { format!(",\n{}", self.indentation(spans[*item].start)) } else { ", ".to_owned() };
            edits.push(Edit::insert(spans[*item].end, format!("{gap}{text}")));
        }
        if statement.removed.is_empty() && statement.added.is_empty() {
            return Ok(edits);
        }
        let named: Vec<usize> =
            (0..spans.len()).filter(|&item| matches!(import.items[item].symbol, ImportedSymbol::Named(_))).collect();
        let Some((inside, braces)) = self.names_inside(import, &spans, &named) else {
            return Err(format!(
                "the import on line {} is of a form that cannot be changed",
                self.line(import.span.start)
            ));
        };
        let removed: Vec<usize> =
            named.iter().enumerate().filter(|(_, item)| statement.removed.contains(item)).map(|(at, _)| at).collect();
        if removed.len() < statement.removed.len() {
            return Err(format!("the import on line {} names more than is known", self.line(import.span.start)));
        }
        if removed.len() == named.len() && statement.added.is_empty() {
            // `import D, { Old } from "m"` keeps its default import.
            let Some(braces) = braces else { return Err("an import has nothing left".to_owned()) };
            let before = self.text.get(..braces.start as usize).unwrap_or_default();
            let start =
                before.trim_end().strip_suffix(',').map_or(braces.start, |before| before.trim_end().len() as u32);
            edits.push(Edit::remove(Span { start, end: braces.end }));
            return Ok(edits);
        }
        let list = Items {
            text: self.text,
            writing: &self.writing,
            inside,
            spans: named.iter().map(|&item| spans[item]).collect(),
        };
        edits.extend(list.change(&removed, &statement.added));
        Ok(edits)
    }

    /// An import item with its alias and the word before it.
    fn item_span(&self, import: u32, item: usize) -> Span {
        let place = self.facts.imports[import as usize].items[item].span;
        let local = self.facts.bindings.iter().find(|binding| {
            matches!(binding.kind, BindingKind::Import { import: i, item: n } if i == import && n as usize == item)
        });
        let end = local.map_or(place.end, |local| local.span.end.max(place.end));
        let before = self.text.get(..place.start as usize).unwrap_or_default();
        let start = match before.trim_end().strip_suffix("type") {
            Some(rest) if rest.ends_with(['{', ',', ' ', '\n']) && rest.trim_end().ends_with(['{', ',']) => {
                rest.len() as u32
            }
            _ => place.start,
        };
        Span { start, end }
    }

    /// The region that holds the names of an import statement, and the braces around it where there are some.
    fn names_inside(&self, import: &Import<'_>, spans: &[Span], named: &[usize]) -> Option<(Span, Option<Span>)> {
        let (&first, &last) = (named.first()?, named.last()?);
        let (start, end) = (spans[first].start, spans[last].end);
        let before = self.source(Span { start: import.span.start, end: start });
        let after = self.source(Span { start: end, end: import.span.end });
        for (open, close) in [('{', '}'), ('(', ')')] {
            if let (Some(from), Some(to)) = (before.rfind(open), after.find(close)) {
                let inside = Span { start: import.span.start + from as u32 + 1, end: end + to as u32 };
                return Some((inside, Some(Span { start: inside.start - 1, end: inside.end + 1 })));
            }
        }
        Some((Span { start, end }, None))
    }

    fn change_pattern(&self, pattern: &Pattern) -> Result<Vec<Edit>, String> {
        let mut edits: Vec<Edit> =
            pattern.replaced.iter().map(|(item, text)| Edit::replace(pattern.items[*item], text.clone())).collect();
        let removed: Vec<usize> = pattern.removed.iter().copied().collect();
        let list =
            Items { text: self.text, writing: &self.writing, inside: pattern.inside, spans: pattern.items.clone() };
        if removed.len() < pattern.items.len() {
            if !pattern.moved.is_empty() {
                return Err(format!(
                    "line {} loads more from the module than what changes",
                    self.line(pattern.inside.start)
                ));
            }
            edits.extend(list.change(&removed, &[]));
            return Ok(edits);
        }
        let Some((module, span)) = &pattern.module else {
            return Err(format!(
                "what line {} loads is not needed any more and cannot go by itself",
                self.line(pattern.inside.start)
            ));
        };
        edits.extend(list.change(&removed, &pattern.moved));
        let written = self.source(*span);
        let quote = written.find(['"', '\'', '`']);
        let place =
            quote.and_then(|start| Some((start + 1, start + 1 + written.get(start + 1..)?.find(['"', '\'', '`'])?)));
        let Some((start, end)) = place else { return Err("a module is loaded by no constant name".to_owned()) };
        let span = Span { start: span.start + start as u32, end: span.start + end as u32 };
        edits.push(Edit::replace(span, module.clone()));
        Ok(edits)
    }
}
