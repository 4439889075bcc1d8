//! Encodings, byte order marks and line ends: what is not changed stays byte for byte.

use crate::tree::{AFTER, BEFORE, Tree};

/// A call to which an import and two lines are added, and a constant whose last use goes.
const SHORT: &str = "\"\"\"Where the client is made.\"\"\"\nfrom openai import AzureOpenAI\n\nVERSION = \"2024-10-21\"\n\
                     TEXT = \"\"\"one\n  two\n\"\"\"\n\n\ndef make():\n    return AzureOpenAI(\n        api_version=VERSION,\n    )\n";

/// What `fix --write` makes of the only file of a tree.
fn written(name: &str, content: impl AsRef<[u8]>, more: &[&str]) -> Vec<u8> {
    let tree = Tree::with(name, content);
    let plan = tree.plan(more);
    let ran = tree.write(more);
    ran.says(0, &["changed "]);
    let file = &plan["files"][0];
    assert_eq!(file["path"], name);
    assert_eq!(tree.names(), [name]);
    tree.bytes(name)
}

fn written_text(name: &str, content: impl AsRef<[u8]>, more: &[&str]) -> String {
    String::from_utf8(written(name, content, more)).unwrap()
}

/// Sees that a file is held back for its encoding.
#[track_caller]
fn held(content: &[u8], encoding: &str) {
    let tree = Tree::with("app.py", content);
    tree.fix(&["--level", "unsafe"]).says(0, &["app.py:", "not UTF-8", encoding]);
    tree.write(&["--level", "unsafe"]).says(0, &["not UTF-8"]);
    let plan = tree.plan(&[]);
    assert!(plan["files"].as_array().unwrap().is_empty());
    assert!(plan["held"][0]["reasons"][0].as_str().unwrap().contains("not UTF-8"), "{plan}");
    assert_eq!(tree.bytes("app.py"), content);
}

#[test]
fn utf_16_is_held_back() {
    for units in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = [0xfeff].into_iter().chain(BEFORE.encode_utf16()).flat_map(units).collect();
        held(&bytes, "UTF-16");
    }
}

#[test]
fn latin_1_is_held_back() {
    let mut declared = b"# -*- coding: latin-1 -*-\nNAME = 'caf\xe9'\n".to_vec();
    declared.extend(BEFORE.as_bytes());
    held(&declared, "");
    let mut guessed = b"NAME = 'caf\xe9'\n".to_vec();
    guessed.extend(BEFORE.as_bytes());
    held(&guessed, "");
}

/// A file that is passed over is told, as it is in a scan.
#[test]
fn a_binary_file_is_told_and_left_alone() {
    let tree = Tree::with("data.py", format!("{BEFORE}\0\0"));
    let ran = tree.write(&[]);
    assert_eq!(tree.text("data.py"), format!("{BEFORE}\0\0"));
    ran.says(0, &["data.py"]);
    assert_eq!(tree.plan(&[])["diagnostics"][0]["path"], "data.py");
}

#[test]
fn a_minified_file_is_told_and_left_alone() {
    let line = format!(
        "import{{AzureOpenAI}}from'openai';const c=new AzureOpenAI({{apiVersion:'1'}});{}",
        "a=1;".repeat(20_000)
    );
    let tree = Tree::with("bundle.js", &line);
    let ran = tree.write(&["bundle.js"]);
    assert_eq!(tree.text("bundle.js"), line);
    ran.says(0, &["bundle.js"]);
}

#[test]
fn carriage_returns_are_kept_and_given_to_new_lines() {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(written_text("app.py", crlf(BEFORE), &[]), crlf(AFTER));
    let plain = written_text("app.py", SHORT, &["--level", "unsafe"]);
    assert!(plain.contains("import os\n") && plain.matches('\n').count() > SHORT.matches('\n').count() - 3, "{plain}");
    assert_eq!(written_text("app.py", crlf(SHORT), &["--level", "unsafe"]), crlf(&plain));
    let script =
        "import { AzureOpenAI } from 'openai';\n\nexport const client = new AzureOpenAI({\n  apiVersion: '1',\n});\n";
    let plain = written_text("app.ts", script, &["--level", "unsafe"]);
    assert_eq!(written_text("app.ts", crlf(script), &["--level", "unsafe"]), crlf(&plain));
}

/// The old end of lines, a carriage return by itself.
#[test]
fn lone_carriage_returns_stay() {
    let lone = |text: &str| text.replace('\n', "\r");
    assert_eq!(written_text("app.py", lone(BEFORE), &[]), lone(AFTER));
}

#[test]
fn new_lines_end_with_a_lone_carriage_return_where_all_do() {
    let lone = |text: &str| text.replace('\n', "\r");
    let plain = written_text("app.py", SHORT, &["--level", "unsafe"]);
    assert_eq!(written_text("app.py", lone(SHORT), &["--level", "unsafe"]), lone(&plain));
}

/// Every line of a text with an end of its own.
fn mixed(text: &str) -> String {
    let ends = ["\r\n", "\n", "\n", "\r\n", "\r\n", "\n"];
    text.lines().zip(ends.iter().cycle()).flat_map(|(line, end)| [line, *end]).collect()
}

#[test]
fn mixed_line_ends_stay_as_they_are() {
    let before = mixed(BEFORE);
    let after = written_text("app.py", &before, &[]);
    // Line for line: nothing is added, the eighth line goes.
    let mut wanted: Vec<String> = before.split_inclusive('\n').map(str::to_owned).collect();
    wanted.remove(7);
    for (line, new) in wanted.iter_mut().zip(AFTER.lines()) {
        let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
        *line = format!("{new}{end}");
    }
    assert_eq!(after, wanted.concat());
}

#[test]
fn lines_that_do_not_change_keep_their_ends_when_others_are_added() {
    let before = mixed(SHORT);
    let after = written_text("app.py", &before, &["--level", "unsafe"]);
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let kept = before.split_inclusive('\n').filter(|line| !line.contains("VERSION") && !line.contains("AzureOpenAI"));
    let mut from = 0;
    for line in kept.filter(|line| !line.trim().is_empty()) {
        let at = new[from..].iter().position(|one| *one == line);
        from += at.unwrap_or_else(|| panic!("{line:?} is gone: {after:?}")) + 1;
    }
}

#[test]
fn a_file_without_a_final_line_end_gets_none() {
    assert_eq!(written_text("app.py", BEFORE.trim_end(), &[]), AFTER.trim_end());
    let last = format!("{}\n\n\nVERSION = \"1\"", BEFORE.replace("\"2024-10-21\"", "\"1\"").trim_end());
    assert_eq!(written_text("app.py", &last, &[]), format!("{}\n\n\nVERSION = \"1\"", AFTER.trim_end()));
    let script = "import { AzureOpenAI } from 'openai'; new AzureOpenAI({ endpoint: 'https://r.openai.azure.com', apiKey: key(), apiVersion: '1' })";
    let after = written_text("app.js", script, &["--level", "unsafe"]);
    assert!(after.ends_with("})") || after.ends_with("key() })"), "{after}");
}

#[test]
fn a_byte_order_mark_stays_the_first_thing() {
    assert_eq!(written_text("app.py", format!("\u{feff}{BEFORE}"), &[]), format!("\u{feff}{AFTER}"));
    // Also when an import is added at the top.
    for text in [SHORT, SHORT.split_once('\n').unwrap().1] {
        let plain = written_text("app.py", text, &["--level", "unsafe"]);
        let marked = written_text("app.py", format!("\u{feff}{text}"), &["--level", "unsafe"]);
        assert_eq!(marked, format!("\u{feff}{plain}"));
    }
}

#[test]
fn what_is_not_ascii_shifts_nothing() {
    let odd = "# 👩‍💻 é\u{301} ￭\nNAME = \"ü😀\"; ";
    let before = BEFORE.replace("client = ", &format!("{odd}client = ")).replace("os.environ", "os . environ");
    let after = AFTER.replace("client = ", &format!("{odd}client = ")).replace("os.environ", "os . environ");
    assert_eq!(written_text("app.py", before, &[]), after);
}

#[test]
fn an_empty_file_and_one_of_white_space_are_nothing_special() {
    let tree = Tree::with("empty.py", "");
    tree.add("blank.ts", "\n\n\r\n");
    tree.write(&["--level", "unsafe", "--target", "openai"]).says(0, &["nothing to change"]);
    assert_eq!((tree.text("empty.py"), tree.text("blank.ts")), (String::new(), "\n\n\r\n".to_owned()));
}

#[test]
fn a_file_too_deep_to_be_read_is_left_alone() {
    let deep = format!("{BEFORE}deep = {}1{}\n", "(".repeat(10_000), ")".repeat(10_000));
    let tree = Tree::with("deep.py", &deep);
    let ran = tree.write(&[]);
    assert!(ran.code <= 1 && !ran.err.contains("unmoor failed"), "{ran:?}");
    let now = tree.text("deep.py");
    assert!(now == deep || now == deep.replace(BEFORE, AFTER));
}
