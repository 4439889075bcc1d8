//! What must hold for any bytes, one function for each fuzz target. The test `fuzzed` runs the same functions on what
//! fuzzing has found before, so that it stays found.

use std::{
    fs,
    path::Path,
    sync::{LazyLock, Once},
};

use unmoor::{
    config,
    facts::Facts,
    input::text::{Decoded, LineIndex, decode as decoded},
    lang::{Grammar, Lowering},
    migrate::options::FixOptions,
    rules::{load, model::FixLevel},
    scan::{ScanOptions, Scanner},
    suppress::baseline::Baseline,
};

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::new(load::built_in().unwrap()));

/// Names of documents, one of each kind; the first byte of an input chooses.
pub const DOCUMENTS: &[&str] = &[
    "a.json",
    "a.yaml",
    "a.toml",
    "a.ini",
    ".env",
    "Dockerfile",
    "Makefile",
    "a.sh",
    "a.ps1",
    "a.properties",
    "a.tf",
    "a.bicep",
    "requirements.txt",
    "pyproject.toml",
    "Pipfile",
    "setup.cfg",
    "environment.yml",
    "package.json",
    "a.csproj",
    "pom.xml",
    "build.gradle",
    "libs.versions.toml",
    "go.mod",
    "a.bicepparam",
    "azuredeploy.json",
];

/// A bug is caught on a file and told in the end; here it must end the run.
fn bugs_show() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            eprintln!("{info}");
            std::process::abort();
        }));
    });
}

fn text(bytes: &[u8]) -> Option<String> {
    match decoded(bytes.to_vec()) {
        Decoded::Text(text) => Some(text.text),
        Decoded::Binary => None,
    }
}

/// Spans lie in the text and on character boundaries.
fn check(facts: &Facts<'_>, text: &str) {
    let spans = facts.exprs.iter().map(|node| node.span).chain(facts.imports.iter().map(|import| import.span));
    for span in spans.chain(facts.dependencies.iter().map(|one| one.span)) {
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
    }
}

fn lower(name: &str, bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let Some(grammar) = Grammar::of(name) else { return };
    let mut lowering = Lowering::default();
    if let Some(facts) = lowering.facts(grammar, &text) {
        check(&facts, &text);
    }
    for comment in lowering.comments(grammar, &text) {
        assert!(text.get(comment.start as usize..comment.end as usize).is_some(), "{comment:?}");
    }
}

fn scan(name: &str, bytes: &[u8]) {
    let scan = SCANNER.scan_text(name, bytes.to_vec(), &ScanOptions { minified: true, ..ScanOptions::of_any_file() });
    for finding in &scan.findings {
        assert!(finding.location.start <= finding.location.end);
        assert!(finding.location.end.byte as usize <= bytes.len() * 3 + 3);
    }
}

/// Decoding, and positions in what it gives.
pub fn decode(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let lines = LineIndex::new(&text);
    for (offset, _) in text.char_indices() {
        let position = lines.position(offset);
        assert_eq!(lines.offset(position.line, position.column), offset);
    }
}

/// Python's lowering.
pub fn python(bytes: &[u8]) {
    lower("a.py", bytes);
}

/// That of TypeScript and JavaScript.
pub fn typescript(bytes: &[u8]) {
    lower("a.ts", bytes);
    lower("a.tsx", bytes);
}

/// Scripts in pages.
pub fn page(bytes: &[u8]) {
    for name in ["a.vue", "a.svelte", "a.astro", "a.html"] {
        lower(name, bytes);
    }
}

/// Documents of all kinds, with their rules.
pub fn document(bytes: &[u8]) {
    bugs_show();
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let name = DOCUMENTS[*kind as usize % DOCUMENTS.len()];
    lower(name, bytes);
    scan(name, bytes);
}

/// Notebooks: reading, scanning, fixing.
pub fn notebook(bytes: &[u8]) {
    bugs_show();
    scan("a.ipynb", bytes);
    fixed("a.ipynb", bytes);
}

/// Resolving, matching and linking of code.
pub fn resolve(bytes: &[u8]) {
    bugs_show();
    scan("a.py", bytes);
    scan("a.ts", bytes);
}

/// Comments that set findings aside, with findings.
pub fn comments(bytes: &[u8]) {
    bugs_show();
    let mut code = b"from openai import AzureOpenAI\nAzureOpenAI()  # unmoor: ".to_vec();
    code.extend_from_slice(bytes);
    let options = ScanOptions { ignores: "2026-11-22".parse().ok(), ..ScanOptions::of_any_file() };
    SCANNER.scan_text("a.py", code, &options);
}

/// Baselines: what can be read is written and read again.
pub fn baseline(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(baseline) = Baseline::read(text) {
        let again = Baseline::read(&baseline.text()).unwrap();
        assert_eq!(again.entries(), baseline.entries());
    }
}

/// Settings.
pub fn settings(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("unmoor.toml");
    fs::write(&file, bytes).unwrap();
    let _ = config::load(&file, folder.path());
}

/// Rule files.
pub fn rules(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("acme/python");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("x.yaml"), bytes).unwrap();
    let _ = load::with_folders(&[folder.path().to_owned()], false);
}

/// A fix of code: what it makes is left alone by a second one.
pub fn fix(bytes: &[u8]) {
    bugs_show();
    fixed("a.py", bytes);
    fixed("a.ts", bytes);
}

fn fixed(name: &str, bytes: &[u8]) {
    let options = FixOptions { level: FixLevel::Unsafe, ..FixOptions::default() };
    let (after, _) = SCANNER.fixed_text(Path::new(name), bytes.to_vec(), &options);
    if after != bytes {
        let (again, _) = SCANNER.fixed_text(Path::new(name), after.clone(), &options);
        assert_eq!(again, after, "a second fix changes something");
    }
}

/// What must hold for some bytes.
pub type Check = fn(&[u8]);

/// The functions by the names of their targets.
pub const ALL: &[(&str, Check)] = &[
    ("decode", decode),
    ("python", python),
    ("typescript", typescript),
    ("page", page),
    ("document", document),
    ("notebook", notebook),
    ("resolve", resolve),
    ("comments", comments),
    ("baseline", baseline),
    ("settings", settings),
    ("rules", rules),
    ("fix", fix),
];
