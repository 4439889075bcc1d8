//! How fast each stage of a scan is, on one thread: `cargo bench --bench stages`.
//!
//! `UNMOOR_BENCH_TREE` names the directory to scan (default: the bundled fixtures), `UNMOOR_BENCH_ROUNDS` how often
//! (default: 5, and once before that which does not count). The stages are those of [`unmoor::scan`], each timed by
//! itself; what one needs of an earlier one is made outside its time.

#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::{
    env,
    error::Error,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tree_sitter::Parser;
use unmoor::{
    input::{
        notebook::is_notebook,
        prefilter::{Prefilter, Scratch},
        text::{Decoded, LineIndex, decode, is_minified},
        walk::{FoundFile, WalkOptions, walk},
    },
    lang::{Grammar, Language, Lowering},
    rules::{
        Rule, RuleSet,
        formula::{Names, formulas},
        index::Index,
        load,
        matching::{FileText, match_file},
    },
};

/// The stages, as the table names them.
const STAGES: [&str; 6] = ["walk", "read", "prefilter", "parse", "parse and lower", "resolve and match"];
const WALK: usize = 0;
const READ: usize = 1;
const PREFILTER: usize = 2;
const PARSE: usize = 3;
const LOWER: usize = 4;
const MATCH: usize = 5;

/// Times and amounts of one stage in one round.
#[derive(Clone, Default)]
struct Tally {
    time: Duration,
    files: u64,
    bytes: u64,
    /// The file that took longest.
    slowest: (Duration, PathBuf, u64),
}

impl Tally {
    fn add(&mut self, time: Duration, path: &Path, bytes: u64) {
        self.time += time;
        self.files += 1;
        self.bytes += bytes;
        if time > self.slowest.0 {
            self.slowest = (time, path.to_owned(), bytes);
        }
    }
}

/// What is made once, before the first file.
struct Tools {
    prefilters: [Prefilter; Language::ALL.len()],
    indexes: [Index; Language::ALL.len()],
    lowering: Lowering,
    python: Parser,
    typescript: Parser,
    tsx: Parser,
}

impl Tools {
    fn new(set: &RuleSet) -> Result<Self, Box<dyn Error>> {
        let prefilter = |language| {
            let rules: Vec<&Rule> = set.rules.iter().filter(|rule| rule.language == language).collect();
            Prefilter::new(formulas(&rules, &Names { reexports: &set.reexports }))
        };
        let [python, javascript, document] = Language::ALL;
        Ok(Self {
            prefilters: [prefilter(python)?, prefilter(javascript)?, prefilter(document)?],
            indexes: Language::ALL.map(|language| Index::new(set, language)),
            lowering: Lowering::default(),
            python: parser(&tree_sitter_python::LANGUAGE.into())?,
            typescript: parser(&tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into())?,
            tsx: parser(&tree_sitter_typescript::LANGUAGE_TSX.into())?,
        })
    }

    fn parser(&mut self, grammar: Grammar) -> &mut Parser {
        match grammar {
            Grammar::Python => &mut self.python,
            Grammar::TypeScript => &mut self.typescript,
            // Only code is walked.
            Grammar::Tsx | Grammar::Page(_) | Grammar::Fences(_) | Grammar::Document(_) => &mut self.tsx,
        }
    }
}

/// Files that are parsed as a whole by one of the grammars of code.
fn is_code(name: &str) -> bool {
    let is_whole = matches!(Grammar::of(name), Some(Grammar::Python | Grammar::TypeScript | Grammar::Tsx));
    is_whole && !is_notebook(name)
}

fn parser(language: &tree_sitter::Language) -> Result<Parser, tree_sitter::LanguageError> {
    let mut parser = Parser::new();
    parser.set_language(language)?;
    Ok(parser)
}

fn main() -> Result<(), Box<dyn Error>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let tree = env::var_os("UNMOOR_BENCH_TREE").map_or(fixtures, PathBuf::from);
    let rounds = env::var("UNMOOR_BENCH_ROUNDS").map_or(Ok(5), |rounds| rounds.parse::<usize>())?.max(1);
    let set = load::built_in().map_err(|errors| format!("the built-in rules have {} mistakes", errors.len()))?;
    let started = Instant::now();
    let mut tools = Tools::new(&set)?;
    let preparing = started.elapsed();
    round(&tree, &mut tools)?;
    let rounds = (0..rounds).map(|_| round(&tree, &mut tools)).collect::<Result<Vec<_>, _>>()?;
    let name = tree.file_name().unwrap_or(tree.as_os_str()).to_string_lossy();
    println!(
        "{name}: {} rules, made ready in {:.1} ms; {} rounds, one thread\n",
        set.rules.len(),
        ms(preparing),
        rounds.len()
    );
    show(&rounds);
    Ok(())
}

/// Runs all stages once over the tree.
fn round(tree: &Path, tools: &mut Tools) -> Result<[Tally; STAGES.len()], Box<dyn Error>> {
    let mut tallies: [Tally; STAGES.len()] = Default::default();
    let options = WalkOptions { threads: 1, ..WalkOptions::new(is_code) };
    let started = Instant::now();
    let walked = walk(&[tree.to_owned()], &options, Vec::new, Vec::push)?;
    tallies[WALK].time = started.elapsed();
    let mut files: Vec<FoundFile> = walked.states.into_iter().flatten().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    tallies[WALK].files = files.len() as u64;
    let (mut buffer, mut scratch) = (Vec::new(), Scratch::default());
    for file in files {
        let Some(grammar) = file.path.file_name().and_then(|name| Grammar::of(&name.to_string_lossy())) else {
            continue;
        };
        let started = Instant::now();
        if file.read(&mut buffer).is_err() {
            continue;
        }
        let size = buffer.len() as u64;
        tallies[READ].add(started.elapsed(), &file.path, size);
        let started = Instant::now();
        let passes = tools.prefilters[grammar.language() as usize].matches(&buffer, &mut scratch);
        tallies[PREFILTER].add(started.elapsed(), &file.path, size);
        if passes && !is_minified(&buffer) {
            analyse(&file.path, grammar, buffer.clone(), tools, &mut tallies);
        }
    }
    Ok(tallies)
}

/// Runs the stages that only files reach that passed the prefilter.
fn analyse(path: &Path, grammar: Grammar, bytes: Vec<u8>, tools: &mut Tools, tallies: &mut [Tally]) {
    let size = bytes.len() as u64;
    let Decoded::Text(text) = decode(bytes) else { return };
    let shown = path.to_string_lossy();
    let language = grammar.language();

    let started = Instant::now();
    drop(black_box(tools.parser(grammar).parse(&text.text, None)));
    tallies[PARSE].add(started.elapsed(), path, size);

    let started = Instant::now();
    let facts = tools.lowering.facts(grammar, &text.text);
    tallies[LOWER].add(started.elapsed(), path, size);

    let Some(facts) = facts else { return };
    let started = Instant::now();
    let lines = LineIndex::new(&text.text);
    let file = FileText { path: &shown, text: &text.text, offset: 0, language, origin: None };
    drop(black_box(match_file(&tools.indexes[language as usize], &facts, &file, &lines)));
    tallies[MATCH].add(started.elapsed(), path, size);
}

fn show(rounds: &[[Tally; STAGES.len()]]) {
    println!("| stage | files | MB | ms | spread | MB/s | slowest file |");
    println!("|---|---|---|---|---|---|---|");
    for (stage, name) in STAGES.iter().enumerate() {
        let mut tallies: Vec<&Tally> = rounds.iter().map(|round| &round[stage]).collect();
        tallies.sort_by_key(|tally| tally.time);
        let (least, middle, most) = (tallies[0], tallies[tallies.len() / 2], tallies[tallies.len() - 1]);
        let (time, path, bytes) = &middle.slowest;
        let slowest = if middle.bytes == 0 {
            String::new()
        } else {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            format!("{file}: {:.1} ms, {}", ms(*time), rate(*bytes, *time))
        };
        println!(
            "| {name} | {} | {:.1} | {:.1} | {:.1} to {:.1} | {} | {slowest} |",
            middle.files,
            mega(middle.bytes),
            ms(middle.time),
            ms(least.time),
            ms(most.time),
            rate(middle.bytes, middle.time),
        );
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "for a table")]
fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn rate(bytes: u64, time: Duration) -> String {
    if bytes == 0 { String::new() } else { format!("{:.1} MB/s", mega(bytes) / time.as_secs_f64()) }
}
