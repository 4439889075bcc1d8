//! What must hold whatever is scanned: the prefilter loses nothing, threads change nothing, secrets are never shown,
//! findings are in order, positions lie in the file.
//!
//! The trees are the fixtures, and any other tree named by `UNMOOR_CORPUS`.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use unmoor::{
    facts::{Expr, ExprNode},
    input::walk::WalkOptions,
    lang::{Grammar, Lowering, bare::without_comments},
    migrate::options::FixOptions,
    report::{Options, Report, edits::Edits},
    rules::{load, model::FixLevel},
    scan::{Scan, ScanOptions, Scanner},
};

fn trees() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    std::iter::once(fixtures).chain(std::env::var_os("UNMOOR_CORPUS").map(PathBuf::from)).collect()
}

fn options() -> ScanOptions {
    let wanted = |name: &str| Grammar::of(name).is_some();
    let walk = WalkOptions::new(wanted);
    // Whether a file is parsed must not depend on the prefilter; what links bring in would hide it.
    ScanOptions { walk, minified: true, link: false, ..ScanOptions::of_any_file() }
}

fn scan(tree: &Path, options: &ScanOptions) -> Scan {
    let rules = load::built_in().unwrap_or_else(|errors| panic!("{errors:?}"));
    Scanner::new(rules).scan(&[tree.to_owned()], options).unwrap()
}

fn json(scan: &Scan) -> String {
    serde_json::to_string_pretty(&(&scan.findings, &scan.diagnostics)).unwrap()
}

#[test]
fn the_prefilter_loses_nothing() {
    for tree in trees() {
        let with = scan(&tree, &options());
        let without = scan(&tree, &ScanOptions { without_prefilter: true, ..options() });
        assert!(!with.findings.is_empty() && with.stats.files_parsed < without.stats.files_parsed);
        assert_eq!(
            serde_json::to_string_pretty(&with.findings).unwrap(),
            serde_json::to_string_pretty(&without.findings).unwrap()
        );
    }
}

/// Names, members and texts that a file's code holds.
fn words(grammar: Grammar, text: &str) -> (Vec<String>, bool) {
    let facts = Lowering::default().facts(grammar, text).unwrap();
    let word = |node: &ExprNode<'_>| match &node.expr {
        Expr::Name(name) => Some((*name).to_owned()),
        Expr::Member { property, .. } => Some(format!(".{property}")),
        Expr::Text(pieces) => Some(format!("{}", pieces.len())),
        _ => None,
    };
    (facts.exprs.iter().filter_map(word).collect(), facts.problems.is_empty())
}

#[test]
fn no_code_is_taken_for_a_comment() {
    let mut shortened = 0;
    let files = trees().into_iter().flat_map(WalkDir::new).filter_map(Result::ok);
    for file in files.filter(|file| file.file_type().is_file()) {
        let Ok(text) = std::fs::read_to_string(file.path()) else { continue };
        let grammar = Grammar::of(&file.file_name().to_string_lossy());
        let Some(grammar @ (Grammar::Python | Grammar::TypeScript | Grammar::Tsx)) = grammar else { continue };
        let rest = String::from_utf8(without_comments(grammar, text.as_bytes()).into_owned()).unwrap();
        let ((all, was_whole), (kept, is_whole)) = (words(grammar, &text), words(grammar, &rest));
        // A function of nothing but a docstring is broken without it.
        if was_whole == is_whole {
            assert!(all == kept, "{}", file.path().display());
            shortened += usize::from(rest.len() < text.len());
        }
    }
    assert!(shortened > 100, "{shortened}");
}

#[test]
fn threads_change_nothing() {
    for tree in trees() {
        let with = |threads| {
            let mut options = options();
            options.walk.threads = threads;
            json(&scan(&tree, &options))
        };
        let one = with(1);
        for threads in [2, 5] {
            assert!(one == with(threads), "{threads} threads find something else in {}", tree.display());
        }
    }
}

#[test]
fn findings_are_in_order_and_in_their_files() {
    for tree in trees() {
        let scan = scan(&tree, &options());
        let order: Vec<_> = scan.findings.iter().map(|finding| (&finding.location, &finding.rule)).collect();
        assert!(order.is_sorted());
        for finding in &scan.findings {
            let bytes = std::fs::read(&finding.location.path).unwrap();
            let (start, end) = (finding.location.start, finding.location.end);
            assert!(start.byte < end.byte && end.byte as usize <= bytes.len(), "{finding:?}");
            assert!(std::str::from_utf8(&bytes[start.byte as usize..end.byte as usize]).is_ok(), "{finding:?}");
            let (at, length) = finding.excerpt.highlight;
            let shown = finding.excerpt.lines.join("\n");
            assert!(shown.get(at as usize..(at + length) as usize).is_some(), "{finding:?}");
        }
    }
}

#[test]
fn fingerprints_survive_moving_and_tell_sites_apart() {
    let rules = || load::built_in().unwrap_or_else(|errors| panic!("{errors:?}"));
    let scanner = Scanner::new(rules());
    let text =
        "from openai import AzureOpenAI\n\n\ndef make():\n    return AzureOpenAI(api_version=v, azure_endpoint=e)\n";
    let moved =
        format!("# moved\nimport os\n\n{}", text.replace("(api_version=v, ", "(\n        api_version=v,\n        "));
    let marks = |name: &str, text: &str| -> Vec<String> {
        let scan = scanner.scan_text(name, text.as_bytes().to_vec(), &options());
        scan.findings.into_iter().map(|finding| finding.fingerprint).collect()
    };
    let before = marks("a.py", text);
    let mut after = marks("b.py", &moved);
    assert_eq!(before.len(), 4);
    let mut sorted = before.clone();
    sorted.sort();
    after.sort();
    assert_eq!(sorted, after);
    sorted.dedup();
    assert_eq!(sorted.len(), before.len());
    let twice = marks("c.py", "from openai import AzureOpenAI\na = AzureOpenAI()\na = AzureOpenAI()\n");
    assert!(twice.len() == 3 && twice[1] != twice[2]);
}

#[test]
fn key_values_are_never_shown() {
    // Keys in all the ways that people leave them in sources; each holds the word HIDEME.
    let python = r#"
import os
import openai
from azure.core.credentials import AzureKeyCredential
from azure.ai.inference import ChatCompletionsClient
from openai import AzureOpenAI
AZURE_OPENAI_API_KEY = "HIDEME1"
os.environ["AZURE_OPENAI_API_KEY"] = "HIDEME2"
openai.api_key, openai.api_type = "HIDEME3", "azure"
client = AzureOpenAI(api_key="HIDEME4", azure_endpoint="https://r.openai.azure.com", api_version="2024-06-01")
other = AzureOpenAI(**{"api_key": 'HIDEME5', "azure_endpoint": e}, azure_ad_token="HIDEME6")
key = os.getenv("AZURE_OPENAI_API_KEY", "HIDEME7") or "HIDEME8"
headers = {"api-key": "HIDEME9", "Authorization": "Bearer HIDEME10"}; url = f"{e}/openai/deployments/{d}/chat/completions"
c = ChatCompletionsClient(endpoint=e, credential=AzureKeyCredential("HIDEME11"))
kw = {}; kw["api_key"] = f"HIDEME12{x}"; AzureOpenAI(**kw, azure_deployment="HIDEME13-0123456789abcdef0123456789abcdef")
"#;
    let javascript = r#"
import { AzureOpenAI } from "openai";
process.env.AZURE_OPENAI_API_KEY = "HIDEME1";
const client = new AzureOpenAI({ apiKey: "HIDEME2", endpoint: `https://r.openai.azure.com`, apiVersion: "v" });
const apiKey = process.env.AZURE_OPENAI_API_KEY ?? "HIDEME3";
fetch(`${e}/openai/deployments/${d}/chat/completions`, { headers: { "api-key": "HIDEME4", Authorization: `Bearer HIDEME5` } });
class A { apiKey = "HIDEME6"; m() { this.key = 'HIDEME7'; return new AzureOpenAI({ ...o, apiKey: x || "HIDEME8", deployment: d }); } }
"#;
    let scanner = Scanner::new(load::built_in().unwrap_or_else(|errors| panic!("{errors:?}")));
    for (name, text) in [("a.py", python), ("a.ts", javascript)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        let scan = scanner.scan(std::slice::from_ref(&file), &options()).unwrap();
        assert!(scan.findings.len() > 8);
        let fix = FixOptions { level: FixLevel::Safe, ..FixOptions::default() };
        let edits = Edits::of(&scanner.plan(&[file], &options(), &fix, &|_| true).unwrap());
        for format in <unmoor::report::Format as clap::ValueEnum>::value_variants().iter().copied() {
            let mut out = Vec::new();
            let report = Report { scan: &scan, rules: &[], edits: &edits, options: &Options::default() };
            unmoor::report::write(&report, format, &mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            let shown: Vec<&str> = out.lines().filter(|line| line.contains("HIDEME")).collect();
            assert!(shown.is_empty(), "{name} as {format:?}: {shown:#?}");
        }
    }
}
