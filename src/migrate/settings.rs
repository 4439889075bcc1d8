//! Settings that code reads under new names: what changes in the documents that define them or pass them on. A name changes
//! in all documents or in none, which is for the caller to see to; here one document is looked at.
//!
//! What lies outside the repository (secrets and variables of a pipeline) keeps its name, as does what templates of
//! infrastructure pass on: these places are told, for people to change.

use std::collections::{BTreeMap, BTreeSet};

use super::edits::{Edit, ordered};
use crate::{
    facts::{Expr, ExprId, Facts, Key, Piece, Span},
    lang::documents::{Document, Format},
    rules::rewrite::RoleOf,
};

/// A setting that gets a new name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Renaming {
    /// The name that code read before.
    pub(crate) from: String,
    /// The name that it reads now.
    pub(crate) to: String,
    /// What it holds.
    pub(crate) role: RoleOf,
}

/// The values that settings get.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    /// The base URL of the target, where it is the same for everybody.
    pub(crate) base_url: Option<String>,
    /// Models by deployment, or by the variable that holds it.
    pub(crate) models: BTreeMap<String, String>,
}

/// What becomes of one document.
#[derive(Debug, Default)]
pub(crate) struct Renamed {
    /// The changes, sorted.
    pub(crate) edits: Vec<Edit>,
    /// The places where each name changes, by the number of the renaming.
    pub(crate) changed: Vec<(usize, Span)>,
    /// The places that stay as they are, with what to do there.
    pub(crate) kept: Vec<(usize, Span, &'static str)>,
    /// Names that cannot change here, and why.
    pub(crate) blocked: BTreeMap<usize, &'static str>,
}

/// Why a place in a template stays as it is.
const IN_TEMPLATE: &str = "a template of infrastructure passes it on; give the program the new name there, with the \
                           target's value";
/// Why the name of a secret stays as it is.
const OUTSIDE: &str = "it is stored outside the repository; create it there under the new name, with the target's value, \
                       and then change this place";

/// Why a place stays as it is when it may name something else.
const GENERAL: &str = "the name is too general to be sure that this is the setting; rename it by hand where it is";

/// The words before a name that lies outside the repository.
const OUTSIDE_WORDS: &[&str] = &["secrets.", "vars.", "secrets[\"", "secrets['", "vars[\"", "vars['"];

/// True for a document that describes infrastructure, which is never edited. `known` are names of such files.
pub(crate) fn is_infrastructure(document: Document, name: &str, text: &str, known: &[String]) -> bool {
    matches!(document.format, Format::Bicep | Format::Hcl)
        || known.iter().any(|known| known == name)
        || name.ends_with(".parameters.json")
        || (document.format == Format::Json && text.contains("/deploymentTemplate.json#"))
}

/// The places of a name in a text, as a word.
pub(crate) fn words(text: &str, name: &str) -> Vec<Span> {
    let part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let bytes = text.as_bytes();
    let whole = |at: &usize| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        !part(before) && !part(bytes.get(at + name.len()))
    };
    let starts = text.match_indices(name).map(|(at, _)| at).filter(whole);
    starts.map(|at| Span::new(at, at + name.len())).collect()
}

/// Where code mentions a setting: reads it, sets it, or names it. Comments and other prose do not count.
pub(crate) fn mention(facts: &Facts<'_>, name: &str) -> Option<Span> {
    facts.exprs.iter().find_map(|node| match &node.expr {
        Expr::Member { property, property_span, .. } if *property == name => Some(*property_span),
        Expr::Text(pieces) => match pieces.as_slice() {
            [Piece::Constant { text, span }] if text == name => Some(*span),
            _ => None,
        },
        Expr::Object(entries) => entries.iter().find_map(|entry| match &entry.key {
            Key::Named { name: key, span } if key == name => Some(*span),
            _ => None,
        }),
        _ => None,
    })
}

/// What becomes of a document. `infrastructure`: it is only told.
pub(crate) fn rename(
    document: Document,
    text: &str,
    facts: &Facts<'_>,
    renamings: &[Renaming],
    values: &Values,
    infrastructure: bool,
) -> Renamed {
    let mut writer = Writer { document, text, facts, values, renamed: Renamed::default() };
    for (number, renaming) in renamings.iter().enumerate() {
        for span in words(text, &renaming.from) {
            if infrastructure {
                writer.renamed.kept.push((number, span, IN_TEMPLATE));
            } else if writer.is_outside(span) {
                writer.renamed.kept.push((number, span, OUTSIDE));
            } else if writer.may_be_another(&renaming.from) {
                writer.renamed.kept.push((number, span, GENERAL));
            } else {
                writer.renamed.changed.push((number, span));
                writer.renamed.edits.push(Edit { span, text: renaming.to.clone() });
            }
        }
    }
    if !infrastructure {
        writer.entries(renamings);
    }
    let mut renamed = writer.renamed;
    match ordered(std::mem::take(&mut renamed.edits)) {
        Ok(edits) => renamed.edits = edits,
        Err(_) => renamed.block("two changes of it do not go together"),
    }
    renamed
}

impl Renamed {
    /// Gives up all names that would change.
    pub(crate) fn block(&mut self, because: &'static str) {
        self.edits.clear();
        let names: BTreeSet<usize> = self.changed.iter().map(|(number, _)| *number).collect();
        self.blocked.extend(names.into_iter().map(|number| (number, because)));
    }
}

struct Writer<'w, 'f> {
    document: Document,
    text: &'w str,
    facts: &'w Facts<'f>,
    values: &'w Values,
    renamed: Renamed,
}

/// An entry of a document for a setting.
struct Entry {
    /// The number of the renaming; none for an entry that has the new name already.
    number: Option<usize>,
    to: String,
    key: Span,
    value: ExprId,
    /// What holds the entries among which a name may stand once.
    scope: Option<ExprId>,
    span: Span,
}

impl Writer<'_, '_> {
    /// True for a name whose value is stored outside the repository.
    fn is_outside(&self, name: Span) -> bool {
        let before = &self.text[..name.start as usize];
        OUTSIDE_WORDS.iter().any(|word| before.ends_with(word))
    }

    /// True for a word that documents use for other things than variables of the environment.
    fn may_be_another(&self, name: &str) -> bool {
        let only_variables = matches!(self.document.format, Format::Settings | Format::Script);
        !name.contains('_') && !only_variables
    }

    /// The entries of renamed settings get their values; of several that become one, the first stays.
    fn entries(&mut self, renamings: &[Renaming]) {
        let mut seen: BTreeSet<(Option<ExprId>, String)> = BTreeSet::new();
        let mut entries = self.found(renamings);
        entries.sort_by_key(|entry| (entry.number.is_some(), entry.key));
        for entry in entries {
            let is_first = seen.insert((entry.scope, entry.to.clone()));
            let Some(number) = entry.number else { continue };
            if is_first {
                self.value(&renamings[number], entry.value);
            } else if let Some(line) = self.whole_line(&entry) {
                // What else changes on the line goes with it.
                self.renamed.edits.push(Edit { span: line, text: String::new() });
            } else {
                self.renamed.blocked.insert(number, "several settings would have one name, and one of them cannot go");
            }
        }
    }

    fn found(&self, renamings: &[Renaming]) -> Vec<Entry> {
        let by_line = matches!(self.document.format, Format::Settings | Format::Script);
        let mut found = Vec::new();
        for (at, node) in self.facts.exprs.iter().enumerate() {
            let Expr::Object(entries) = &node.expr else { continue };
            for entry in entries {
                let Key::Named { name, span: key } = &entry.key else { continue };
                let number = renamings.iter().position(|renaming| renaming.from == **name);
                let known = renamings.iter().any(|renaming| renaming.to == **name);
                let general = number.is_some_and(|number| self.may_be_another(&renamings[number].from));
                if number.is_none() && !known || general {
                    continue;
                }
                // An entry that is all of its object is one of a list.
                let own = ExprId(at as u32);
                let scope = if entries.len() == 1 { node.parent } else { Some(own) };
                found.push(Entry {
                    number,
                    to: number.map_or_else(|| name.to_string(), |number| renamings[number].to.clone()),
                    key: *key,
                    value: entry.value,
                    scope: scope.filter(|_| !by_line),
                    span: entry.span,
                });
            }
        }
        found
    }

    /// A value that was for the old host becomes that of the target, where it is written here.
    fn value(&mut self, renaming: &Renaming, value: ExprId) {
        let Expr::Text(pieces) = self.facts.expr(value) else { return };
        let [Piece::Constant { text, span }] = pieces.as_slice() else { return };
        let new = match renaming.role {
            RoleOf::Endpoint | RoleOf::DeploymentUrl | RoleOf::BaseUrl => self.values.base_url.as_ref(),
            RoleOf::Model | RoleOf::Deployment => {
                let models = &self.values.models;
                models.get(&**text).or_else(|| models.get(&renaming.from)).filter(|model| !model.is_empty())
            }
            RoleOf::Key => None,
        };
        if let Some(new) = new {
            let kept = self.renamed.edits.iter().any(|edit| edit.span.contains(*span) || span.contains(edit.span));
            if !kept {
                self.renamed.edits.push(Edit { span: *span, text: new.clone() });
            }
        }
    }

    /// The line of an entry that has it for itself.
    fn whole_line(&self, entry: &Entry) -> Option<Span> {
        let text = self.text.as_bytes();
        let start = memchr::memrchr(b'\n', &text[..entry.key.start as usize]).map_or(0, |at| at + 1);
        let end = memchr::memchr(b'\n', &text[entry.key.end as usize..])
            .map_or(text.len(), |at| entry.key.end as usize + at + 1);
        let before = self.text[start..entry.key.start as usize].trim().trim_matches(['-', '"', '\'', ' ']);
        let is_alone = matches!(before, "" | "export" | "ENV" | "ARG") && entry.span.end as usize <= end;
        // The last entry of JSON may not take the comma of the one before.
        let is_json = self.document.format == Format::Json;
        (is_alone && !is_json).then(|| Span::new(start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        lang::{Grammar, Lowering},
        migrate::edits::applied,
    };

    fn renamings() -> Vec<Renaming> {
        let one = |from: &str, to: &str, role| Renaming { from: from.to_owned(), to: to.to_owned(), role };
        vec![
            one("OLD_URL", "BASE_URL", RoleOf::Endpoint),
            one("OLD_EMBED_URL", "BASE_URL", RoleOf::Endpoint),
            one("OLD_KEY", "KEY", RoleOf::Key),
            one("OLD_MODEL", "MODEL", RoleOf::Model),
        ]
    }

    fn renamed(name: &str, text: &str) -> (String, Renamed) {
        let Some(Grammar::Document(document)) = Grammar::of(name) else { panic!("{name} is no document") };
        let facts = Lowering::default().facts(Grammar::Document(document), text).unwrap();
        let values = Values {
            base_url: Some("https://target/v1".to_owned()),
            models: [("chat".to_owned(), "large".to_owned())].into(),
        };
        let infrastructure = is_infrastructure(document, name, text, &[]);
        let renamed = rename(document, text, &facts, &renamings(), &values, infrastructure);
        (applied(text, &renamed.edits), renamed)
    }

    fn check(name: &str, before: &str, after: &str) {
        assert_eq!(renamed(name, before).0, after);
    }

    #[test]
    fn environment_files_get_names_and_values() {
        check(
            ".env.example",
            "# OLD_URL is the address\nexport OLD_URL=\"https://old/\"\r\nOLD_KEY=\r\nOLD_MODEL=chat # why\nMY_OLD_KEY=x\nZ=${OLD_URL}/x\n",
            "# BASE_URL is the address\nexport BASE_URL=\"https://target/v1\"\r\nKEY=\r\nMODEL=large # why\nMY_OLD_KEY=x\nZ=${BASE_URL}/x\n",
        );
        check(".env", "OLD_MODEL=other\n", "MODEL=other\n");
    }

    #[test]
    fn settings_that_become_one_stand_once() {
        check(".env", "OLD_URL=a\nX=1\nOLD_EMBED_URL=b\n", "BASE_URL=https://target/v1\nX=1\n");
        check(".env", "BASE_URL=z\nOLD_URL=a\n", "BASE_URL=z\n");
        check(
            "compose.yaml",
            "a:\n  environment:\n    OLD_URL: ${OLD_URL}\n    OLD_EMBED_URL: x\nb:\n  environment:\n    - OLD_EMBED_URL=x\n",
            "a:\n  environment:\n    BASE_URL: ${BASE_URL}\nb:\n  environment:\n    - BASE_URL=https://target/v1\n",
        );
        let (_, json) = renamed("a.json", "{\"OLD_URL\": \"a\", \"OLD_EMBED_URL\": \"b\"}");
        assert_eq!(json.blocked.keys().copied().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn secrets_and_variables_of_pipelines_keep_their_names() {
        let text = "env:\n  OLD_KEY: ${{ secrets.OLD_KEY }}\n  OLD_URL: ${{ vars.OLD_URL }}\n";
        let (after, renamed) = renamed(".github/workflows/ci.yml", text);
        assert_eq!(after, "env:\n  KEY: ${{ secrets.OLD_KEY }}\n  BASE_URL: ${{ vars.OLD_URL }}\n");
        assert_eq!((renamed.changed.len(), renamed.kept.len()), (2, 2));
    }

    #[test]
    fn words_that_can_mean_anything_change_only_where_variables_stand() {
        let one = [Renaming { from: "MODEL".to_owned(), to: "NEW_MODEL".to_owned(), role: RoleOf::Model }];
        let change = |name: &str, text: &str| {
            let Some(Grammar::Document(document)) = Grammar::of(name) else { panic!("{name} is no document") };
            let facts = Lowering::default().facts(Grammar::Document(document), text).unwrap();
            let renamed = rename(document, text, &facts, &one, &Values::default(), false);
            (applied(text, &renamed.edits), renamed.kept.len())
        };
        assert_eq!(change(".env", "MODEL=x\n"), ("NEW_MODEL=x\n".to_owned(), 0));
        assert_eq!(change("cars.yaml", "MODEL: beetle\n"), ("MODEL: beetle\n".to_owned(), 1));
    }

    #[test]
    fn infrastructure_is_told_and_not_changed() {
        let text = "output OLD_URL string = account.properties.endpoint\n";
        let (after, renamed) = renamed("main.bicep", text);
        assert_eq!((after.as_str(), renamed.kept.len()), (text, 1));
    }

    #[test]
    fn code_that_names_a_setting_is_found() {
        let mentions = |text: &str| {
            let facts = Lowering::default().facts(Grammar::Python, text).unwrap();
            mention(&facts, "OLD_URL").is_some()
        };
        assert!(mentions("import os\nx = os.environ['OLD_URL']\n"));
        assert!(mentions("setenv('OLD_URL', 'x')\n") && mentions("f({'OLD_URL': 1})\n"));
        assert!(!mentions("# OLD_URL\n'''OLD_URL'''\nx = 'set OLD_URL first'\ny = 'OLD_URLS'\n"));
    }
}
