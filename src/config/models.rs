//! Adding entries to the table of models in a settings file. What stands there (entries, comments, order) stays.

use std::path::Path;

use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::{PROJECT_FILE, PROJECT_TABLE};

/// The table in a settings file.
const TABLE: &str = "models";

/// A name to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewName {
    /// The name.
    pub name: String,
    /// The model, where it is known; empty: to be filled in.
    pub model: String,
    /// What is said beside it.
    pub comment: String,
}

/// The text of a settings file with the names added that it does not have. The error says what is in the way.
pub fn add(text: &str, file: &Path, names: &[NewName]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    let is_project = file.file_name().is_some_and(|name| name == PROJECT_FILE);
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for name in if is_project { &PROJECT_TABLE[..] } else { &[] } {
        let inner = table.entry(name).or_insert_with(|| Item::Table(implicit()));
        table = inner.as_table_like_mut().ok_or_else(|| format!("`{name}` in it is not a table"))?;
    }
    match table.entry(TABLE).or_insert_with(|| Item::Table(Table::new())) {
        Item::Table(models) => add_to_table(models, names),
        Item::Value(Value::InlineTable(models)) => add_inline(models, names),
        _ => return Err(format!("`{TABLE}` in it is not a table")),
    }
    let edited = document.to_string();
    // A table stands behind an empty line, but not at the start of a file.
    let edited = if text.trim().is_empty() { edited.trim_start() } else { &edited };
    Ok(if text.contains("\r\n") { edited.replace("\r\n", "\n").replace('\n', "\r\n") } else { edited.to_owned() })
}

/// A table whose header is written only when it has entries of its own.
fn implicit() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

fn add_to_table(models: &mut Table, names: &[NewName]) {
    for new in names.iter().filter(|new| !new.name.is_empty()) {
        if models.contains_key(&new.name) {
            continue;
        }
        let mut value = Value::from(new.model.as_str());
        value.decor_mut().set_suffix(format!(" # {}", one_line(&new.comment)));
        models.insert(&new.name, Item::Value(value));
    }
}

/// A table in one line has no room for comments.
fn add_inline(models: &mut InlineTable, names: &[NewName]) {
    for new in names.iter().filter(|new| !new.name.is_empty()) {
        if !models.contains_key(&new.name) {
            models.insert(&new.name, Value::from(new.model.as_str()));
        }
    }
}

/// A comment ends with its line, and TOML allows no control characters in it.
fn one_line(comment: &str) -> String {
    comment.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(names: &[&str]) -> Vec<NewName> {
        let new = |name: &&str| NewName {
            name: (*name).to_owned(),
            model: String::new(),
            comment: format!("found at {name}.py:1"),
        };
        names.iter().map(new).collect()
    }

    fn added(text: &str, file: &str, names: &[&str]) -> String {
        let edited = add(text, Path::new(file), &new(names)).unwrap();
        let read = super::super::parse(&edited, Path::new(file), Path::new(""), file == PROJECT_FILE).unwrap().unwrap();
        for name in names {
            assert!(read.models.contains_key(*name), "{name}: {edited}");
        }
        edited
    }

    #[test]
    fn a_new_file_holds_the_table() {
        assert_eq!(
            added("", "unmoor.toml", &["chat", "gpt-4.1"]),
            "[models]\nchat = \"\" # found at chat.py:1\n\"gpt-4.1\" = \"\" # found at gpt-4.1.py:1\n"
        );
    }

    #[test]
    fn a_known_model_is_filled_in() {
        let names = [NewName { name: "a".to_owned(), model: "large".to_owned(), comment: "x".to_owned() }];
        assert_eq!(add("", Path::new("unmoor.toml"), &names).unwrap(), "[models]\na = \"large\" # x\n");
        assert_eq!(add("models = {}", Path::new("unmoor.toml"), &names).unwrap(), "models = { a = \"large\" }\n");
    }

    #[test]
    fn what_stands_there_stays() {
        let text = "# ours\nexclude = [ 'x' ]   # why\n\n[models]\n# first\nzeta = 'a'  # z\nchat   = \"gpt-5\"\n\n[fix]\nlevel = 'safe'\n";
        let wanted = text.replace("chat   = \"gpt-5\"\n", "chat   = \"gpt-5\"\nembed = \"\" # found at embed.py:1\n");
        assert_eq!(added(text, "unmoor.toml", &["chat", "embed", "zeta"]), wanted);
        assert_eq!(added(text, "unmoor.toml", &["chat"]), text);
    }

    #[test]
    fn tables_of_every_form_are_added_to() {
        assert_eq!(added("models = { a = 'b' }\n", "unmoor.toml", &["c"]), "models = { a = 'b' , c = \"\" }\n");
        assert_eq!(
            added("models.a = 'b'\nselect = ['auth']\n", "unmoor.toml", &["c"]),
            "models.a = 'b'\nmodels.c = \"\" # found at c.py:1\nselect = ['auth']\n"
        );
        assert_eq!(
            added(
                "[project]\nname = 'x'\n\n[tool.unmoor]\nselect = ['auth']\n\n[tool.zzz]\na = 1\n",
                "pyproject.toml",
                &["c"]
            ),
            "[project]\nname = 'x'\n\n[tool.unmoor]\nselect = ['auth']\n\n[tool.unmoor.models]\nc = \"\" # found at c.py:1\n\n\
             [tool.zzz]\na = 1\n"
        );
    }

    #[test]
    fn names_and_comments_of_any_kind_stay_within_their_line() {
        let names = [NewName { name: "a\n\"b".to_owned(), model: String::new(), comment: "x\ny\u{7}".to_owned() }];
        let edited = add("a = 1\r\n", Path::new("unmoor.toml"), &names).unwrap();
        assert_eq!(edited, "a = 1\r\n\r\n[models]\r\n\"a\\n\\\"b\" = \"\" # x?y?\r\n");
    }

    #[test]
    fn what_is_no_table_is_told() {
        let told = |text: &str, file: &str| add(text, Path::new(file), &new(&["a"])).unwrap_err();
        assert_eq!(told("models = 3\n", "unmoor.toml"), "`models` in it is not a table");
        assert_eq!(told("tool = 3\n", "pyproject.toml"), "`tool` in it is not a table");
        assert!(!told("models = [", "unmoor.toml").is_empty());
    }
}
