//! What a baseline knows, and how its file is read and written.

use unmoor::{finding::Finding, suppress::baseline::Baseline};

const TEXT: &str = "from openai import AzureOpenAI\na = AzureOpenAI()\nb = AzureOpenAI()\n";

fn findings(path: &str, text: &str) -> Vec<Finding> {
    super::scan(path, text).findings
}

fn same(path: &str) -> String {
    path.to_owned()
}

fn baseline() -> Baseline {
    Baseline::of(&findings("a.py", TEXT), same)
}

/// The lines of new findings, and how many entries are left.
fn sorted(path: &str, text: &str) -> (Vec<u32>, usize) {
    let sorted = baseline().sort(findings(path, text), same, |_| true);
    (sorted.new.iter().map(|finding| finding.location.start.line).collect(), sorted.left.len())
}

#[test]
fn moved_renamed_and_reformatted_code_is_known() {
    assert_eq!(sorted("a.py", TEXT), (vec![], 0));
    assert_eq!(sorted("renamed.py", TEXT), (vec![], 0));
    assert_eq!(sorted("a.py", &TEXT.replace('\n', "\n\n# more\n").replace("()", "( )")), (vec![], 0));
}

#[test]
fn what_is_added_is_new_and_what_is_gone_is_left() {
    assert_eq!(sorted("a.py", &format!("{TEXT}c = AzureOpenAI()\n")), (vec![4], 0));
    assert_eq!(sorted("a.py", &TEXT.replace("b = AzureOpenAI()\n", "")), (vec![], 1));
    assert_eq!(sorted("a.py", &TEXT.replace("b = AzureOpenAI(", "b = AzureOpenAI(timeout=1")), (vec![3], 1));
}

#[test]
fn an_entry_of_a_file_that_was_not_looked_at_stands_for_no_other() {
    let sorted = baseline().sort(findings("b.py", TEXT), same, |_| false);
    assert_eq!((sorted.new.len(), sorted.left.len()), (3, 3));
}

#[test]
fn a_copy_of_a_file_is_new() {
    let all = findings("a.py", TEXT).into_iter().chain(findings("0.py", TEXT)).collect();
    let sorted = baseline().sort(all, same, |_| true);
    assert!(sorted.new.iter().all(|finding| finding.location.path == "0.py"));
    assert_eq!((sorted.new.len(), sorted.known.len(), sorted.left.len()), (3, 3, 0));
}

#[test]
fn the_text_reads_back_whatever_the_paths_are() {
    for path in ["a b/c#d.py", "100%.py", "new\nline.py", "ü\u{2028}.py", "%41.py"] {
        let baseline = Baseline::of(&findings("a.py", TEXT), |_| path.to_owned());
        let text = baseline.text();
        assert_eq!(Baseline::read(&text).unwrap(), baseline, "{text}");
        assert_eq!(Baseline::read(&text.replace('\n', "\r\n")).unwrap(), baseline);
    }
}

#[test]
fn order_comments_and_blank_lines_do_not_matter() {
    let text = baseline().text();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    let shuffled = lines.join("\n\n");
    assert_eq!(Baseline::read(&shuffled).unwrap(), baseline());
}

#[test]
fn mistakes_have_a_line_and_a_cure() {
    let told = |text: &str| {
        let error = Baseline::read(text).unwrap_err();
        assert!(!error.cure.is_empty());
        format!("{}: {}", error.line, error.message)
    };
    assert_eq!(told(""), "1: is no baseline: its first line is not `# unmoor baseline, version 1`");
    assert_eq!(told("[]"), "1: is no baseline: its first line is not `# unmoor baseline, version 1`");
    let other = "# unmoor baseline, version 2\n";
    assert_eq!(told(other), "1: is a baseline of version 2; this program reads version 1");
    let head = "# unmoor baseline, version 1\n";
    assert_eq!(told(&format!("{head}\nabc x y\n")), "3: this line is not a fingerprint, a rule and a file");
    assert_eq!(told(&format!("{head}<<<<<<< HEAD\n")), "2: there is a conflict of a merge here");
    assert!(told(&baseline().text().replace(" a.py", "")).contains("is not a fingerprint"));
}
