//! Putting a file's change together: which units are chosen, how their edits, names, imports and leftovers make one new
//! text, and whether that text is what was meant. A change that breaks the syntax, leaves its own sites behind, or would
//! be made again, is withdrawn.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    edits::{Edit, applied, ordered},
    file::File,
    mentions::{Follower, Tied},
    notebook::Notebook,
    options::Around,
    order::early_reads,
    plan::{self, Covered, FilePlan, Fix, Held},
    splice::{name_of, spliced},
    unit::{NewSetting, Rename, placeholders},
};
use crate::{
    facts::{ProblemKind, Span},
    finding::{Finding, Location, Point},
    input::text::{LineIndex, Text},
    lang::{Grammar, Lowering, writing::Writing},
    resolve::Resolver,
    rules::{
        index::Index,
        matching::{self, FileText},
        model::FixLevel,
        rewrite::{Portable, RoleOf},
    },
};

/// What a file's change is made with.
pub struct Planner<'p> {
    /// The rules of the file's language.
    pub index: &'p Index,
    /// What portable code looks like, by pack.
    pub portable: &'p BTreeMap<String, Portable>,
    /// What is known about the tree.
    pub around: &'p Around<'p>,
    /// How the file is parsed.
    pub grammar: Grammar,
    /// The path to report.
    pub path: &'p str,
    /// Which findings may be dealt with.
    pub wanted: &'p (dyn Fn(&Finding) -> bool + Sync),
}

/// What came of one file.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The change.
    pub file: Option<FilePlan>,
    /// Changes that are not made.
    pub held: Vec<Held>,
    /// Preconditions of the chosen changes: pack and id.
    pub needs: BTreeSet<(String, String)>,
    /// Settings that the new code reads.
    pub settings: Vec<NewSetting>,
    /// Versions that the new code needs and no manifest promises.
    pub assumes: BTreeSet<Assumption>,
    /// The sites for which no change is known, by rule.
    pub manual: BTreeMap<String, u32>,
    /// Rules of which a unit stays as it is.
    pub stays: BTreeSet<String>,
    /// The file was not looked at, for this reason.
    pub passed_over: Option<String>,
    /// The program failed on the file.
    pub failed: bool,
    /// The file is broken and is left alone; the line.
    pub broken: Option<u32>,
}

/// A version that new code needs, of which no manifest says that it is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assumption {
    /// The package, by the name that its registry has for it.
    pub package: String,
    /// The first version that will do.
    pub version: String,
    /// The rule whose change needs it.
    pub rule: String,
}

/// A text with what was found in it.
struct Read<'r> {
    text: &'r str,
    lines: LineIndex<'r>,
    offset: u32,
}

/// A new text and the edits that make it.
struct Composed {
    edits: Vec<Edit>,
    after: String,
}

impl Planner<'_> {
    /// The change of a file with the content `bytes`, which were decoded to `text`.
    pub fn plan(&self, bytes: &[u8], text: &Text, lowering: &mut Lowering) -> Outcome {
        let offset = text.offset_base();
        let notebook = text.origin.as_ref().map(|origin| Notebook::new(origin, &text.text, offset.unwrap_or_default()));
        // The places in a notebook's code are not yet those in its file.
        let base = if notebook.is_some() { 0 } else { offset.unwrap_or(0) as u32 };
        let read = Read { text: &text.text, lines: LineIndex::new(&text.text), offset: base };
        let mut outcome = self.plan_text(&read, lowering, true);
        if let Some(Err(because)) = notebook.map(|notebook| notebook.in_file(&mut outcome)) {
            hold_all(&mut outcome, &because);
        }
        let Some(file) = &mut outcome.file else { return outcome };
        if offset.is_none() {
            let because = format!("the file is not UTF-8 ({}), and only UTF-8 is edited", text.encoding.name());
            hold_all(&mut outcome, &because);
            return outcome;
        }
        // Old line ends, which the text was read without.
        if !bytes.contains(&b'\n') && bytes.contains(&b'\r') {
            for edit in &mut file.edits {
                edit.text = edit.text.replace('\n', "\r");
            }
        }
        file.before = bytes.to_vec();
        file.after = spliced(bytes, &file.edits);
        file.sha256 = name_of(bytes);
        outcome
    }

    /// What names models in a text: the places that become settings for models in a fix for a target.
    pub fn model_names(&self, text: &str, lowering: &mut Lowering) -> Vec<NewSetting> {
        let Some(facts) = lowering.facts(self.grammar, text) else { return Vec::new() };
        let mut resolver = Resolver::new(&facts, self.grammar.language(), &self.index.reexports);
        let places = matching::match_places(self.index, &mut resolver);
        let writing = Writing::of(self.grammar, self.path, text, &facts);
        let mut file = File::new(self.index, &mut resolver, text, writing, &places, self.around, self.portable);
        let units = file.units(&BTreeSet::new());
        let mut names: Vec<NewSetting> = units.into_iter().flat_map(|unit| unit.settings).collect();
        names.extend(file.other_model_names());
        names.retain(|setting| matches!(setting.role, RoleOf::Model | RoleOf::Deployment));
        names
    }

    fn plan_text(&self, read: &Read<'_>, lowering: &mut Lowering, is_first: bool) -> Outcome {
        let mut outcome = Outcome::default();
        let Some(facts) = lowering.facts(self.grammar, read.text) else { return outcome };
        let broken = facts.problems.iter().find(|problem| problem.kind == ProblemKind::Syntax);
        let mut resolver = Resolver::new(&facts, self.grammar.language(), &self.index.reexports);
        let places = matching::match_places(self.index, &mut resolver);
        let file_text = FileText {
            path: self.path,
            text: read.text,
            offset: read.offset,
            language: self.grammar.language(),
            origin: None,
        };
        let findings = matching::findings(self.index, &mut resolver, &places, &file_text, &read.lines);
        if let Some(problem) = broken {
            if !findings.is_empty() {
                outcome.broken = Some(read.lines.position(problem.span.start as usize).line);
            }
            return outcome;
        }
        let writing = Writing::of(self.grammar, self.path, read.text, &facts);
        let mut file = File::new(self.index, &mut resolver, read.text, writing, &places, self.around, self.portable);
        let unwanted = findings.iter().filter(|finding| !(self.wanted)(finding)).map(|finding| finding.rule.as_str());
        let mut units = file.units(&unwanted.collect());
        file.change_companions(&mut units);
        let tied = file.tied(units);
        let mut making = Making { planner: self, file, tied, findings: &findings, read };
        let mut chosen = making.choose();
        let mut withdrawn = BTreeMap::new();
        let mut composed = making.try_all(&chosen, lowering, is_first);
        if composed.is_err() && chosen.len() > 1 {
            // One bad unit must not hold back the others.
            let all = std::mem::take(&mut chosen);
            for group in all {
                let mut with = chosen.clone();
                with.insert(group);
                match making.try_all(&with, lowering, is_first) {
                    Ok(made) => {
                        chosen = with;
                        composed = Ok(made);
                    }
                    Err(because) => {
                        withdrawn.insert(group, because);
                    }
                }
            }
            if chosen.is_empty() {
                composed = Ok(None);
            }
        } else if let Err(because) = &composed {
            withdrawn.extend(chosen.iter().map(|&group| (group, because.clone())));
            chosen.clear();
            composed = Ok(None);
        }
        making.outcome(&chosen, &withdrawn, composed.ok().flatten())
    }
}

/// A file's change in the making.
struct Making<'m, 'x, 'f, 's> {
    planner: &'m Planner<'m>,
    file: File<'x, 'f, 's>,
    tied: Tied,
    findings: &'m [Finding],
    read: &'m Read<'m>,
}

impl Making<'_, '_, '_, '_> {
    /// The groups that the level allows and somebody wants.
    fn choose(&self) -> BTreeSet<usize> {
        let level = self.planner.around.options.level;
        let groups = (0..self.tied.units.len()).filter(|&unit| self.tied.group_of(unit) == unit);
        groups
            .filter(|&group| {
                let unit = &self.tied.units[group];
                unit.level > FixLevel::Manual && unit.level >= level && self.is_wanted(group)
            })
            .collect()
    }

    fn members(&self, group: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.tied.units.len()).filter(move |&unit| self.tied.group_of(unit) == group)
    }

    /// True when a finding that the group deals with may be dealt with.
    fn is_wanted(&self, group: usize) -> bool {
        self.covered(group).iter().any(|finding| (self.planner.wanted)(finding)) || self.covered(group).is_empty()
    }

    /// The findings that a group deals with: those in what it changes.
    fn covered(&self, group: usize) -> Vec<&Finding> {
        let mut spans = Vec::new();
        for unit in self.members(group) {
            let unit = &self.tied.units[unit];
            spans.push(unit.anchor);
            spans.extend(unit.edits.iter().map(|edit| edit.span));
            spans.extend(unit.renames.iter().map(|rename| self.file.span(rename.expr)));
        }
        self.within(&spans)
    }

    /// The findings that begin in one of the spans.
    fn within(&self, spans: &[Span]) -> Vec<&Finding> {
        let begins = |finding: &&Finding| {
            let at = finding.location.start.byte - self.read.offset;
            spans.iter().any(|span| span.start <= at && at < span.end.max(span.start + 1))
        };
        self.findings.iter().filter(begins).collect()
    }

    /// The new text with the chosen groups, checked. `None`: nothing changes.
    fn try_all(
        &mut self,
        chosen: &BTreeSet<usize>,
        lowering: &mut Lowering,
        check: bool,
    ) -> Result<Option<Composed>, String> {
        if chosen.is_empty() {
            return Ok(None);
        }
        let composed = self.compose(chosen)?;
        if composed.edits.is_empty() {
            return Ok(None);
        }
        if check {
            self.check(&composed, lowering)?;
        }
        Ok(Some(composed))
    }

    fn compose(&mut self, chosen: &BTreeSet<usize>) -> Result<Composed, String> {
        let mut edits = Vec::new();
        let mut renames: Vec<Rename> = Vec::new();
        let mut wanted: BTreeSet<String> = BTreeSet::new();
        let mut same: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for number in 0..self.tied.units.len() {
            if !chosen.contains(&self.tied.group_of(number)) {
                continue;
            }
            let unit = &self.tied.units[number];
            edits.extend(unit.edits.iter().cloned());
            renames.extend(unit.renames.iter().cloned());
            wanted.extend(unit.modules.iter().map(|&module| module.to_owned()));
            wanted.extend(unit.edits.iter().flat_map(|edit| placeholders(&edit.text)).map(str::to_owned));
            same.extend(self.file.rewrite(unit.rule, unit.rewrite).same_as.clone());
        }
        for Follower { rename, units, all } in &self.tied.followers {
            let moves = |unit: &usize| chosen.contains(&self.tied.group_of(*unit));
            let follows = if *all { units.iter().all(moves) } else { units.iter().any(moves) };
            if follows {
                renames.push(rename.clone());
            }
        }
        renames.sort_by_key(|rename| rename.expr);
        renames.dedup();
        let first = self.file.leftovers(&edits);
        let imports = self.file.imports(&renames, &first.gone, &wanted, &same);
        for edit in &mut edits {
            edit.text = imports.with_locals(&edit.text);
        }
        let all: Vec<Edit> = edits.iter().chain(&imports.edits).cloned().collect();
        let left = self.file.leftovers(&all);
        edits.extend(left.edits);
        let changed: BTreeSet<_> = renames.iter().filter(|rename| !rename.to.is_empty()).map(|one| one.expr).collect();
        let unused =
            left.imports.into_iter().filter(|&id| self.file.uses_of(id).iter().all(|used| !changed.contains(used)));
        let unused = unused.collect();
        edits.extend(self.file.import_edits(imports, &unused)?);
        self.finish(edits)
    }

    fn finish(&self, edits: Vec<Edit>) -> Result<Composed, String> {
        let mut edits = ordered(edits).map_err(|conflict| {
            format!("two changes of line {} do not go together", self.file.line(conflict.span.start))
        })?;
        if self.file.newline() == "\r\n" {
            for edit in &mut edits {
                edit.text = edit.text.replace("\r\n", "\n").replace('\n', "\r\n");
            }
        }
        self.close_gaps(&mut edits);
        edits.retain(|edit| self.file.source(edit.span) != edit.text);
        let after = applied(self.read.text, &edits);
        Ok(Composed { edits, after })
    }

    /// Lines that go between blank lines take one of those along.
    fn close_gaps(&self, edits: &mut Vec<Edit>) {
        let text = self.read.text.as_bytes();
        let begins_line = |at: u32| at == 0 || text.get(at as usize - 1) == Some(&b'\n');
        let lines = |edit: &Edit| edit.text.is_empty() && begins_line(edit.span.start) && begins_line(edit.span.end);
        let mut joined: Vec<Edit> = Vec::with_capacity(edits.len());
        for edit in edits.drain(..) {
            match joined.last_mut() {
                Some(last) if lines(last) && lines(&edit) && last.span.end == edit.span.start => {
                    last.span.end = edit.span.end;
                }
                _ => joined.push(edit),
            }
        }
        for number in 0..joined.len() {
            let span = joined[number].span;
            let after = self.read.text.get(span.end as usize..).unwrap_or_default();
            let before = self.read.text.get(..span.start as usize).unwrap_or_default();
            let is_blank_after = after.is_empty() || after.starts_with('\n') || after.starts_with("\r\n");
            let previous = before.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text));
            let start = previous.filter(|text| text.ends_with('\n')).map(|text| text.len() as u32);
            let is_free = number == 0 || start.is_some_and(|start| joined[number - 1].span.end <= start);
            if let (true, true, Some(start)) = (lines(&joined[number]) && is_blank_after, is_free, start) {
                joined[number].span.start = start;
            }
        }
        *edits = joined;
    }

    /// Parses and matches the new text.
    fn check(&self, composed: &Composed, lowering: &mut Lowering) -> Result<(), String> {
        let planner = self.planner;
        let after = Read { text: &composed.after, lines: LineIndex::new(&composed.after), offset: self.read.offset };
        let facts = lowering.facts(planner.grammar, after.text).ok_or("the new text cannot be parsed")?;
        if let Some(problem) = facts.problems.iter().find(|problem| problem.kind == ProblemKind::Syntax) {
            let line = after.lines.position(problem.span.start as usize).line;
            return Err(format!(
                "the new text would have a syntax error on its line {line}; please report this as a bug"
            ));
        }
        let before = early_reads(self.file.facts);
        if let Some(name) = early_reads(&facts).into_iter().find(|&name| !before.contains(name)) {
            return Err(format!("`{name}` is needed above the line that imports it"));
        }
        let language = planner.grammar.language();
        let text = FileText { path: planner.path, text: after.text, offset: after.offset, language, origin: None };
        let findings = matching::match_file(planner.index, &facts, &text, &after.lines);
        self.check_findings(composed, &findings)?;
        drop(facts);
        let again = planner.plan_text(&after, lowering, false);
        match again.file {
            Some(_) => Err("the change would be made again on the next run; please report this as a bug".to_owned()),
            None => Ok(()),
        }
    }

    /// What was in the changed places must not be found again.
    fn check_findings(&self, composed: &Composed, after: &[Finding]) -> Result<(), String> {
        let mut before: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for finding in self.findings {
            *before.entry((&finding.rule, &finding.local)).or_default() += 1;
        }
        let spans: Vec<Span> =
            composed.edits.iter().filter(|edit| edit.span.start < edit.span.end).map(|edit| edit.span).collect();
        let mut covered: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for finding in self.within(&spans) {
            *covered.entry((&finding.rule, &finding.local)).or_default() += 1;
        }
        for ((rule, local), count) in covered {
            let allowed = before.get(&(rule, local)).copied().unwrap_or_default().saturating_sub(count);
            let still = after.iter().filter(|finding| finding.rule == rule && finding.local == local).count();
            // A kept variable may be read where its reader was written anew.
            let is_moved = composed
                .edits
                .iter()
                .any(|edit| super::leftovers::has_word(&edit.text, local.trim_matches(['"', '\''])));
            if still > allowed && !is_moved {
                let short = rule.rsplit('/').next().unwrap_or(rule);
                return Err(format!("`{local}` would still be found by {short}; please report this as a bug"));
            }
        }
        Ok(())
    }

    fn outcome(
        &self,
        chosen: &BTreeSet<usize>,
        withdrawn: &BTreeMap<usize, String>,
        composed: Option<Composed>,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let mut fixes = Vec::new();
        let mut dealt: BTreeSet<(String, u32)> = BTreeSet::new();
        for group in (0..self.tied.units.len()).filter(|&unit| self.tied.group_of(unit) == unit) {
            let unit = &self.tied.units[group];
            let rule = &self.file.index.rules[unit.rule];
            let covered = self.covered(group);
            dealt.extend(covered.iter().map(|finding| (finding.rule.clone(), finding.location.start.byte)));
            let is_empty = self.members(group).all(|unit| {
                let unit = &self.tied.units[unit];
                unit.edits.is_empty() && unit.renames.is_empty()
            });
            if chosen.contains(&group) && composed.is_some() {
                if is_empty {
                    continue;
                }
                let after = composed.as_ref().map_or("", |composed| composed.after.as_str());
                fixes.push(self.fix(group, &covered, after));
                let pack = rule.id.split('/').next().unwrap_or_default();
                for member in self.members(group) {
                    let member = &self.tied.units[member];
                    // They speak of the same resource, which a target need not be.
                    let needs = if self.planner.around.to_settings { &BTreeSet::new() } else { &member.needs };
                    outcome.needs.extend(needs.iter().map(|id| (pack.to_owned(), id.clone())));
                    outcome.settings.extend(member.settings.iter().cloned());
                    outcome.assumes.extend(member.assumes.iter().map(|(package, version)| Assumption {
                        package: package.clone(),
                        version: version.clone(),
                        rule: rule.id.clone(),
                    }));
                }
            } else if !(is_empty && unit.reasons.is_empty()) {
                outcome.stays.insert(rule.id.clone());
                // The parts of a request are reported by other rules; why it stays is known here only.
                let is_quiet = rule.file.unreported
                    && covered.is_empty()
                    && self.file.rewrite(unit.rule, unit.rewrite).request.is_none();
                if is_quiet && unit.level == FixLevel::Manual || !self.is_wanted(group) {
                    continue;
                }
                outcome.held.extend(self.held(group, withdrawn.get(&group)));
            }
        }
        if let Some(composed) = &composed {
            let spans: Vec<Span> = composed.edits.iter().map(|edit| edit.span).collect();
            dealt.extend(self.within(&spans).iter().map(|finding| (finding.rule.clone(), finding.location.start.byte)));
        }
        for finding in self.findings {
            let is_dealt = dealt.contains(&(finding.rule.clone(), finding.location.start.byte));
            let is_told = !self.file.index.is_unreported(&finding.rule);
            if !is_dealt && is_told && (self.planner.wanted)(finding) {
                *outcome.manual.entry(finding.rule.clone()).or_default() += 1;
            }
        }
        if let Some(composed) = composed.filter(|_| !fixes.is_empty()) {
            outcome.file = Some(self.file_plan(composed, fixes));
        }
        outcome
    }

    /// The members of a group that stays, each with the group's reasons.
    fn held(&self, group: usize, withdrawn: Option<&String>) -> Vec<Held> {
        let unit = &self.tied.units[group];
        let level = if withdrawn.is_some() { FixLevel::Manual } else { unit.level };
        let withdrawn = withdrawn.map(|because| format!("withdrawn: {because}"));
        let mut reasons: Vec<String> = withdrawn.into_iter().chain(unit.told()).collect();
        if reasons.is_empty() {
            reasons.clone_from(&self.file.index.rules[unit.rule].file.fix.holds_if);
        }
        let held = |member: usize| {
            let member = &self.tied.units[member];
            let rule = &self.file.index.rules[member.rule];
            Held {
                rule: rule.id.clone(),
                class: rule.file.class,
                location: self.location(member.anchor),
                level,
                reasons: reasons.clone(),
                recipe: rule.file.fix.recipe.clone(),
            }
        };
        self.members(group).map(held).collect()
    }

    /// Variables that the new code does not need for the client, and that the file reads all the same.
    fn old_variables(&self, group: usize, after: &str) -> Vec<String> {
        let settings = self.members(group).flat_map(|unit| &self.tied.units[unit].settings);
        let variables: BTreeSet<&str> = settings
            .filter(|setting| setting.is_variable && setting.instead_of != setting.name)
            .map(|setting| setting.instead_of.as_str())
            .collect();
        let line = |variable: &str| after.lines().position(|line| super::leftovers::has_word(line, variable));
        let still = variables.into_iter().filter_map(|variable| Some((variable, line(variable)? + 1)));
        still
            .map(|(variable, line)| {
                format!("{variable}, which the new line {line} still reads, stays set, or what reads it goes")
            })
            .collect()
    }

    fn fix(&self, group: usize, covered: &[&Finding], after: &str) -> Fix {
        let unit = &self.tied.units[group];
        let rule = &self.file.index.rules[unit.rule];
        let renamed =
            self.members(group).flat_map(|unit| &self.tied.units[unit].renames).find(|rename| !rename.to.is_empty());
        let title = match renamed {
            Some(rename) => format!("`{}` becomes `{}`", rename.from, rename.to),
            None => rule.file.title.clone(),
        };
        let mut facts = unit.told();
        if facts.is_empty() && unit.level < FixLevel::Safe {
            facts.clone_from(&rule.file.fix.holds_if);
        }
        facts.extend(self.old_variables(group, after));
        let covers: BTreeSet<Covered> = covered
            .iter()
            .map(|finding| Covered { rule: finding.rule.clone(), line: finding.location.start.line })
            .collect();
        Fix {
            rule: rule.id.clone(),
            class: rule.file.class,
            location: self.location(unit.anchor),
            level: unit.level,
            title,
            facts,
            covers: covers.into_iter().collect(),
        }
    }

    fn file_plan(&self, composed: Composed, mut fixes: Vec<Fix>) -> FilePlan {
        let offset = self.read.offset;
        let edits = composed.edits.into_iter().map(|edit| plan::Edit {
            start: edit.span.start + offset,
            end: edit.span.end + offset,
            text: edit.text,
        });
        fixes.sort_by(|a, b| a.location.cmp(&b.location));
        FilePlan {
            path: self.planner.path.to_owned(),
            fixes,
            edits: edits.collect(),
            sha256: String::new(),
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    fn location(&self, span: Span) -> Location {
        let point = |at: u32| {
            let position = self.read.lines.position(at as usize);
            Point {
                line: position.line,
                column: position.column,
                column_utf16: position.column_utf16,
                byte: at + self.read.offset,
            }
        };
        Location { path: self.planner.path.to_owned(), start: point(span.start), end: point(span.end) }
    }
}

/// Turns the chosen changes of a file into held ones.
fn hold_all(outcome: &mut Outcome, because: &str) {
    outcome.hold(FixLevel::Manual, &[because.to_owned()]);
}

impl Outcome {
    /// Holds back the change of the file.
    pub fn hold(&mut self, level: FixLevel, reasons: &[String]) {
        let Some(file) = self.file.take() else { return };
        self.held.extend(file.fixes.into_iter().map(|fix| Held {
            rule: fix.rule,
            class: fix.class,
            location: fix.location,
            level,
            reasons: reasons.to_vec(),
            recipe: None,
        }));
        self.needs.clear();
        self.settings.clear();
        self.assumes.clear();
    }
}
