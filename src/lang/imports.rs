//! The modules that a text imports, read without parsing it: in a fraction of the time, and rather too many (also those
//! in comments) than too few. For finding the files that can matter; what an import means is for the parser.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::bytes::{Captures, Regex};

use super::Language;

static PYTHON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let from = r"from[ \t]+([\w.]+)[ \t]+import[ \t]*(?:\(([^)]*)\)|([^\n\\;]*(?:\\\r?\n[^\n\\;]*)*))";
    Regex::new(&format!(r"(?m)^[ \t]*(?:{from}|import[ \t]+([^\n;#]+))")).ok()
});
static JAVASCRIPT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\b(?:from|import|require)\s*\(?\s*["']([^"'\n]+)["']"#).ok());

/// The modules as they are written: for Python also `module.name` for each name that is taken from one, as that may be a
/// module, too.
pub fn mentioned(language: Language, text: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match language {
        Language::Python => each(PYTHON.as_ref(), text, |captures| python(captures, &mut found)),
        Language::JavaScript => each(JAVASCRIPT.as_ref(), text, |captures| found.extend(group(captures, 1))),
        Language::Document => {}
    }
    found
}

fn each<'t>(regex: Option<&Regex>, text: &'t [u8], run: impl FnMut(&Captures<'t>)) {
    let Some(regex) = regex else { return };
    let mut run = run;
    regex.captures_iter(text).for_each(|captures| run(&captures));
}

fn group(captures: &Captures<'_>, number: usize) -> Option<String> {
    captures.get(number).map(|group| String::from_utf8_lossy(group.as_bytes()).into_owned())
}

fn python(captures: &Captures<'_>, found: &mut BTreeSet<String>) {
    if let Some(modules) = group(captures, 4) {
        found.extend(modules.split(',').filter_map(|module| Some(module.split_whitespace().next()?.to_owned())));
        return;
    }
    let (Some(module), Some(names)) = (group(captures, 1), group(captures, 2).or_else(|| group(captures, 3))) else {
        return;
    };
    let dot = if module.ends_with('.') { "" } else { "." };
    let code = names.lines().map(|line| line.split('#').next().unwrap_or_default());
    for name in code.flat_map(|line| line.split(',')).filter_map(|item| item.split_whitespace().next()) {
        if name != "*" && name != "\\" {
            found.insert(format!("{module}{dot}{name}"));
        }
    }
    found.insert(module);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(language: Language, text: &str) -> Vec<String> {
        mentioned(language, text.as_bytes()).into_iter().collect()
    }

    #[test]
    fn python_statements_of_all_forms_are_seen() {
        let text = "import os, app.llm as llm\nfrom . import one\nfrom ..pkg.mod import (\n    a,  # why\n    b as c,\n)\n\
                    def f():\n    from lazy import x, \\\n        y\nfrom star import *\n# import none\n";
        assert_eq!(
            read(Language::Python, text),
            [
                ".",
                "..pkg.mod",
                "..pkg.mod.a",
                "..pkg.mod.b",
                ".one",
                "app.llm",
                "lazy",
                "lazy.x",
                "lazy.y",
                "os",
                "star",
            ]
        );
    }

    #[test]
    fn javascript_statements_of_all_forms_are_seen() {
        let text = "import a from \"./a\";\nimport {\n  b,\n} from './b.js';\nimport './c';\nexport * from \"@x/d\";\n\
                    const e = require('./e');\nconst f = await import(\"./f\");\nimport type { G } from './g';\n";
        assert_eq!(read(Language::JavaScript, text), ["./a", "./b.js", "./c", "./e", "./f", "./g", "@x/d"]);
    }
}
