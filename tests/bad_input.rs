//! Hostile input is ordinary input: whatever a file holds, the scan goes on, finds what is certain, says what it could
//! not look at, and does not panic.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path, time::Duration, time::Instant};

use serde_json::Value;
use tempfile::TempDir;
use unmoor::cli::{self, Arguments, Exit, Streams};

/// A site, in either language.
const PYTHON: &str = "import demo_sdk\nclient = demo_sdk.HostedClient()\n";
const SCRIPT: &str = "import { HostedClient } from 'demo-sdk';\nconst client = new HostedClient();\n";

/// A directory to be scanned.
struct Tree(TempDir);

/// What a scan gave.
struct Scanned {
    exit: Exit,
    report: Value,
    /// What was written to standard error.
    said: String,
}

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(name: &str, content: impl AsRef<[u8]>) -> Self {
        let tree = Self::new();
        tree.add(name, content);
        tree
    }

    fn add(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn scan(&self, more: &[&str]) -> Scanned {
        self.scan_paths(&[""], more)
    }

    /// Scans paths below the tree with the rules of the test pack.
    fn scan_paths(&self, paths: &[&str], more: &[&str]) -> Scanned {
        let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pack/rules");
        let mut arguments: Vec<String> =
            ["unmoor", "scan", "--no-config", "--no-built-in-rules", "--format", "json"].map(str::to_owned).into();
        arguments.extend(["--rules".to_owned(), pack.to_str().unwrap().to_owned()]);
        arguments.extend(["--ignore".to_owned(), "import".to_owned()]);
        arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        arguments.extend(paths.iter().map(|path| self.path().join(path).to_str().unwrap().to_owned()));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut streams = Streams { input: &mut std::io::empty(), out: &mut out, err: &mut err, watched: false };
        let arguments = Arguments::parse_from(arguments.into_iter().map(Into::into)).unwrap();
        let exit = cli::run(&arguments, &mut streams).unwrap();
        let said = anstream::adapter::strip_bytes(&err).into_vec();
        Scanned { exit, report: serde_json::from_slice(&out).unwrap(), said: String::from_utf8(said).unwrap() }
    }
}

impl Scanned {
    /// Where the sites are: line, column in characters, column in UTF-16.
    fn places(&self) -> Vec<(u64, u64, u64)> {
        let number = |start: &Value, name: &str| start[name].as_u64().unwrap();
        let findings = self.report["findings"].as_array().unwrap().iter();
        findings
            .map(|finding| &finding["location"]["start"])
            .map(|start| (number(start, "line"), number(start, "column"), number(start, "column_utf16")))
            .collect()
    }

    /// The kinds of the diagnostics.
    fn kinds(&self) -> Vec<&str> {
        let diagnostics = self.report["diagnostics"].as_array().unwrap().iter();
        diagnostics.map(|diagnostic| diagnostic["kind"].as_str().unwrap()).collect()
    }
}

#[test]
fn an_empty_file_is_nothing_special() {
    let scanned = Tree::with("empty.py", "").scan(&[]);
    assert_eq!((scanned.exit, scanned.kinds()), (Exit::Clean, vec![]));
    assert_eq!(scanned.report["stats"]["files_read"], 1);
}

#[test]
fn no_file_at_all_is_a_warning() {
    let scanned = Tree::with("notes.txt", "nothing").scan(&[]);
    assert_eq!((scanned.exit, scanned.kinds()), (Exit::Clean, vec!["no-files"]));
    assert!(scanned.said.contains("no file to scan"), "{}", scanned.said);
}

#[test]
fn a_path_that_does_not_exist_is_told_and_the_rest_is_scanned() {
    let tree = Tree::with("app.py", PYTHON);
    let scanned = tree.scan_paths(&["app.py", "nowhere"], &[]);
    assert_eq!(scanned.exit, Exit::Usage);
    assert_eq!(scanned.places(), [(2, 10, 10)]);
    assert!(scanned.said.contains("no such file or directory"), "{}", scanned.said);
}

#[cfg(unix)]
#[test]
fn loops_and_dangling_links_do_not_stop_the_scan() {
    let tree = Tree::with("package/app.py", PYTHON);
    std::os::unix::fs::symlink(tree.path(), tree.path().join("package/loop")).unwrap();
    std::os::unix::fs::symlink("nowhere.py", tree.path().join("package/dangling.py")).unwrap();
    let scanned = tree.scan(&[]);
    assert_eq!((scanned.exit, scanned.places().len()), (Exit::Findings, 1));

    let scanned = tree.scan(&["--follow-links"]);
    assert_eq!((scanned.exit, scanned.places().len()), (Exit::Findings, 1));
    assert_eq!(scanned.kinds(), ["unreadable", "unreadable"]);
    assert_eq!(tree.scan(&["--follow-links", "--strict"]).exit, Exit::Usage);

    let scanned = tree.scan_paths(&["package/dangling.py"], &[]);
    assert_eq!((scanned.exit, scanned.kinds()), (Exit::Usage, vec!["unreadable"]));
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_told_and_the_rest_is_scanned() {
    use std::os::unix::fs::PermissionsExt;
    let tree = Tree::with("app.py", PYTHON);
    tree.add("secret.py", PYTHON);
    let secret = tree.path().join("secret.py");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&secret).is_ok() {
        return; // whoever runs this may read everything
    }
    let scanned = tree.scan(&[]);
    assert_eq!((scanned.exit, scanned.places().len(), scanned.kinds()), (Exit::Findings, 1, vec!["unreadable"]));
    assert!(scanned.said.contains("secret.py"), "{}", scanned.said);
}

#[test]
fn latin_1_is_read_and_said() {
    let mut bytes = b"name = 'caf\xe9'; ".to_vec();
    bytes.extend(b"import demo_sdk; demo_sdk.HostedClient()\n");
    let scanned = Tree::with("latin.py", bytes).scan(&[]);
    assert_eq!(scanned.places(), [(1, 33, 33)]);
    assert_eq!(scanned.kinds(), ["encoding"]);

    let mut declared = b"# -*- coding: latin-1 -*-\n".to_vec();
    declared.extend(b"name = 'caf\xe9'; import demo_sdk; demo_sdk.HostedClient()\n");
    let scanned = Tree::with("declared.py", declared).scan(&[]);
    assert_eq!((scanned.places(), scanned.kinds()), (vec![(2, 33, 33)], vec![]));
}

#[test]
fn utf_16_and_utf_8_with_a_mark_are_read() {
    let text = "import demo_sdk\nshown = '😀'; demo_sdk.HostedClient()\n";
    let little: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for bytes in [little, big, format!("\u{feff}{text}").into_bytes()] {
        let scanned = Tree::with("wide.py", bytes).scan(&[]);
        assert_eq!((scanned.places(), scanned.kinds()), (vec![(2, 14, 15)], vec![]));
    }
}

#[test]
fn a_file_with_nul_bytes_is_binary() {
    let tree = Tree::with("data.py", format!("{PYTHON}\0\0\0").as_bytes());
    tree.add("app.py", PYTHON);
    let scanned = tree.scan(&[]);
    assert_eq!((scanned.exit, scanned.places().len(), scanned.kinds()), (Exit::Findings, 1, vec!["binary"]));
}

#[test]
fn lines_may_end_in_any_way() {
    let text = "import demo_sdk\n\n\tclient = 1\nclient = demo_sdk.HostedClient()\n".replace("\tclient = 1", "pass");
    for end in ["\n", "\r\n", "\r"] {
        let scanned = Tree::with("lines.py", text.replace('\n', end)).scan(&[]);
        assert_eq!(scanned.places(), [(4, 10, 10)], "{end:?}");
        assert_eq!(scanned.report["findings"][0]["excerpt"]["lines"][0], "client = demo_sdk.HostedClient()");
    }
    let mixed = "import { HostedClient } from 'demo-sdk';\r// comment\r\n\n\tnew HostedClient();\r\n";
    assert_eq!(Tree::with("mixed.ts", mixed).scan(&[]).places(), [(4, 6, 6)]);
}

#[test]
fn columns_count_characters_and_utf_16_units() {
    let text = "import demo_sdk\nif True:\n\tx = '👩‍💻é\u{301}'; y = demo_sdk.HostedClient()\n";
    // The emoji is three characters (five units), the accented letter two of each.
    assert_eq!(Tree::with("emoji.py", text).scan(&[]).places(), [(3, 19, 21)]);
}

#[test]
fn broken_syntax_hides_only_itself() {
    let python =
        "import demo_sdk\none = demo_sdk.HostedClient()\ndef broken(:\n    pass\n\ntwo = demo_sdk.HostedClient()\n";
    let scanned = Tree::with("broken.py", python).scan(&[]);
    assert_eq!(scanned.places(), [(2, 7, 7), (6, 7, 7)]);
    assert_eq!(scanned.kinds(), ["syntax"]);
    assert_eq!(scanned.report["diagnostics"][0]["line"], 3);
    assert_eq!(scanned.exit, Exit::Findings);

    let script = format!("{SCRIPT}const broken = {{ a: ;\n}};\nconst other = new HostedClient();\n");
    let tree = Tree::with("broken.ts", script);
    let scanned = tree.scan(&[]);
    assert_eq!(scanned.places(), [(2, 20, 20), (5, 19, 19)]);
    assert_eq!(scanned.kinds(), ["syntax"]);
    assert_eq!(tree.scan(&["--strict"]).exit, Exit::Usage);
}

/// Source that nests `open` and `close` around `inner`, ten thousand deep, after and before a site.
fn nested(before: &str, open: &str, inner: &str, close: &str, after: &str) -> String {
    format!("{before}{}{inner}{}{after}", open.repeat(10_000), close.repeat(10_000))
}

#[test]
fn deep_nesting_neither_overflows_nor_hides_what_stands_outside() {
    let after_python = "\nlast = demo_sdk.HostedClient()\n";
    let after_script = ";\nconst last = new HostedClient();\n";
    let python = [
        ("(", "1", ")"),
        ("[", "", "]"),
        ("{'a': ", "1", "}"),
        ("f(", "", ")"),
        ("not ", "x", ""),
        ("1 + ", "1", ""),
        ("lambda: ", "1", ""),
        ("", "a", ".b"),
        ("", "a", "[0]"),
        ("", "a", "()"),
        ("x if y else ", "z", ""),
    ];
    for (open, inner, close) in python {
        let text = nested(&format!("{PYTHON}deep = "), open, inner, close, after_python);
        let scanned = Tree::with("deep.py", text).scan(&["--minified"]);
        let lines: Vec<u64> = scanned.places().iter().map(|place| place.0).collect();
        assert_eq!(lines, [2, 4], "{open}{inner}{close}: {}", scanned.said);
    }
    let script = [
        ("(", "1", ")"),
        ("[", "", "]"),
        ("{a: ", "1", "}"),
        ("f(", "", ")"),
        ("!", "x", ""),
        ("() => ", "1", ""),
        ("1 + ", "1", ""),
        ("`${", "1", "}`"),
        ("", "a", ".b"),
        ("", "a", "()"),
        ("x ? y : ", "z", ""),
    ];
    for (open, inner, close) in script {
        let text = nested(&format!("{SCRIPT}const deep = "), open, inner, close, after_script);
        let scanned = Tree::with("deep.js", text).scan(&["--minified"]);
        let lines: Vec<u64> = scanned.places().iter().map(|place| place.0).collect();
        assert_eq!(lines, [2, 4], "{open}{inner}{close}: {}", scanned.said);
    }
}

#[test]
fn unclosed_nesting_does_not_overflow() {
    for open in ["(", "[", "{", "f(", "lambda: (", "if x:\n "] {
        let scanned = Tree::with("open.py", format!("{PYTHON}deep = {}", open.repeat(10_000))).scan(&["--minified"]);
        assert!(!scanned.kinds().contains(&"internal"), "{open}: {}", scanned.said);
    }
    for open in ["(", "[", "{", "f(", "<a>", "`${", "() => {", "function f() {"] {
        let scanned = Tree::with("open.jsx", format!("{SCRIPT}deep = {}", open.repeat(10_000))).scan(&["--minified"]);
        assert!(!scanned.kinds().contains(&"internal"), "{open}: {}", scanned.said);
    }
}

#[test]
fn a_huge_line_is_passed_over_or_scanned_as_asked() {
    let huge = format!("import demo_sdk; x = '{}'; client = demo_sdk.HostedClient()\n", "a".repeat(50 << 20));
    let tree = Tree::with("huge.py", huge);
    tree.add("app.py", PYTHON);
    let started = Instant::now();
    let scanned = tree.scan(&[]);
    assert_eq!((scanned.places(), scanned.kinds()), (vec![(2, 10, 10)], vec!["too-large"]));

    let scanned = tree.scan_paths(&["huge.py"], &[]);
    assert_eq!((scanned.places(), scanned.kinds()), (vec![], vec!["minified"]));

    let scanned = tree.scan_paths(&["huge.py"], &["--minified"]);
    let column = "import demo_sdk; x = ''; client = ".len() as u64 + (50 << 20) + 1;
    assert_eq!(scanned.places(), [(1, column, column)]);
    let excerpt = scanned.report["findings"][0]["excerpt"]["lines"][0].as_str().unwrap();
    assert!(excerpt.len() < 1_000, "an excerpt of {} bytes", excerpt.len());
    // A bound against a cost that grows with the square of the size, not a measure of speed.
    assert!(started.elapsed() < Duration::from_secs(120));
}

#[test]
fn nothing_from_a_file_reaches_the_terminal_raw() {
    let tree = Tree::with("app\u{1b}[31m.py", "import demo_sdk\ndemo_sdk.HostedClient('\u{1b}[2J')\n");
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pack/rules");
    for format in ["text", "concise", "json", "jsonl"] {
        let arguments = ["unmoor", "scan", "--no-config", "--no-built-in-rules", "--format", format, "--rules"];
        let paths = [pack.to_str().unwrap(), tree.path().to_str().unwrap()];
        let arguments = Arguments::parse_from(arguments.into_iter().chain(paths).map(Into::into)).unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut streams = Streams { input: &mut std::io::empty(), out: &mut out, err: &mut err, watched: false };
        assert_eq!(cli::run(&arguments, &mut streams).unwrap(), Exit::Findings);
        let shown = String::from_utf8([out, err].concat()).unwrap();
        assert!(!shown.contains("\u{1b}[2J") && !shown.contains("\u{1b}[31m"), "{format}: {shown:?}");
    }
}
