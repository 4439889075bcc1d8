//! What must hold of every fix, whatever the file: the edits are sound, the result can be parsed and is left alone by a
//! second fix, and what does not concern a client (line ends, a byte order mark, comments before and after) does not
//! change what becomes of it.
//!
//! The files are the fixtures, and those of any other tree named by `UNMOOR_CORPUS`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use proptest::{prelude::*, sample::select, test_runner::RngSeed};
use rayon::prelude::*;
use unmoor::{
    facts::{Binding, ExportValue, Expr, ExprNode, ProblemKind, ScopeKind},
    lang::{Grammar, Language, Lowering},
    migrate::options::FixOptions,
    rules::{load, model::FixLevel},
    scan::{ScanOptions, Scanner},
};
use walkdir::WalkDir;

/// At most so many failures are shown at once.
const MOST: usize = 12;

static SCANNER: LazyLock<Scanner> =
    LazyLock::new(|| Scanner::new(load::built_in().unwrap_or_else(|errors| panic!("{errors:?}"))));
static FILES: LazyLock<Vec<Source>> = LazyLock::new(sources);
/// The files that a fix changes, with which options.
static CHANGING: LazyLock<Vec<Changing>> = LazyLock::new(|| {
    let ways = ways();
    let changing = |file: &'static Source| {
        ways.iter().filter_map(move |way| {
            let after = fixed(&file.path, &file.text, way);
            (after != file.text).then(|| Changing { file, way: way.clone(), after })
        })
    };
    FILES.par_iter().flat_map_iter(changing).collect()
});
/// One of those with each result.
static RESULTS: LazyLock<Vec<&Changing>> = LazyLock::new(|| {
    let mut seen = BTreeSet::new();
    CHANGING.iter().filter(|one| seen.insert((&one.file.path, &one.after))).collect()
});

/// A file of code.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    text: String,
}

/// A file that a fix changes.
#[derive(Clone)]
struct Changing {
    file: &'static Source,
    way: FixOptions,
    after: String,
}

impl fmt::Debug for Changing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// All files of code that are UTF-8 without a mark and have plain line ends; the tests make the others of them.
fn sources() -> Vec<Source> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let trees = std::iter::once(fixtures).chain(std::env::var_os("UNMOOR_CORPUS").map(PathBuf::from));
    let entries = trees.flat_map(|tree| WalkDir::new(tree).sort_by_file_name()).map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file() && grammar(entry.path()).is_some());
    let is_result = |path: &Path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        name.rsplit_once('.').is_some_and(|(_, made_by)| ["safe", "unsafe", "openai", "key-header"].contains(&made_by))
    };
    files
        .filter(|entry| !is_result(entry.path()))
        .filter_map(|entry| Some(Source { text: fs::read_to_string(entry.path()).ok()?, path: entry.into_path() }))
        .filter(|source| !source.text.contains('\r') && !source.text.starts_with('\u{feff}'))
        .collect()
}

fn grammar(path: &Path) -> Option<Grammar> {
    Grammar::of(path.file_name()?.to_str()?)
}

fn ways() -> Vec<FixOptions> {
    let target = SCANNER.targets().iter().find(|target| target.id == "openai").cloned();
    assert!(target.is_some());
    let level = |level| FixOptions { level, ..FixOptions::default() };
    vec![level(FixLevel::Safe), level(FixLevel::Unsafe), FixOptions { target, ..level(FixLevel::Unsafe) }]
}

fn fixed(path: &Path, text: &str, way: &FixOptions) -> String {
    String::from_utf8(SCANNER.fixed_text(path, text.as_bytes().to_vec(), way).0).unwrap()
}

/// Fails with the failures, if there are some: name of the file, and what is wrong.
#[track_caller]
fn demand(failures: &[String]) {
    let shown = failures.iter().take(MOST).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(failures.is_empty(), "{} failures; the first are:\n\n{shown}", failures.len());
}

impl Changing {
    fn name(&self) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = self.file.path.strip_prefix(root).unwrap_or(&self.file.path).display();
        let target = if self.way.target.is_some() { ", for a target" } else { "" };
        format!("{path} ({}{target})", self.way.level.name())
    }

    /// A failure if the fix of `before` is not `wanted`.
    fn expect(&self, before: &str, wanted: &str) -> Option<String> {
        let after = fixed(&self.file.path, before, &self.way);
        (after != wanted).then(|| format!("{}:\n{}", self.name(), difference(&after, wanted)))
    }
}

/// The first line in which two texts differ.
fn difference(made: &str, wanted: &str) -> String {
    let line = made.split('\n').zip(wanted.split('\n')).position(|(a, b)| a != b);
    let line = line.unwrap_or_else(|| made.split('\n').count().min(wanted.split('\n').count()));
    let nth = |text: &str| text.split('\n').nth(line).map_or_else(|| "the end".to_owned(), |line| format!("{line:?}"));
    format!("  line {}\n    made   {}\n    wanted {}", line + 1, nth(made), nth(wanted))
}

/// What is true of each result, all at once.
#[track_caller]
fn each(check: impl Fn(&Changing) -> Option<String> + Send + Sync) {
    demand(&RESULTS.par_iter().copied().filter_map(check).collect::<Vec<String>>());
}

#[test]
fn there_is_something_to_check() {
    for way in 0..ways().len() {
        let level = &ways()[way];
        let changed = CHANGING
            .iter()
            .filter(|one| one.way.level == level.level && one.way.target.is_some() == level.target.is_some());
        assert!(changed.count() > 50);
    }
}

#[test]
fn edits_are_in_order_and_apart_and_make_the_new_text() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let options = ScanOptions { minified: true, ..ScanOptions::of_any_file() };
    for way in ways() {
        let plan = SCANNER.plan(std::slice::from_ref(&tree), &options, &way, &|_| true).unwrap();
        assert!(plan.files.len() > 50);
        let mut failures = Vec::new();
        for file in &plan.files {
            let before = fs::read(&file.path).unwrap();
            let mut after = Vec::new();
            let mut at = 0;
            for edit in &file.edits {
                let (start, end) = (edit.start as usize, edit.end as usize);
                let text = String::from_utf8_lossy(&before);
                let is_sound = at <= start
                    && start <= end
                    && end <= before.len()
                    && text.is_char_boundary(start)
                    && text.is_char_boundary(end);
                if !is_sound || before[start..end] == *edit.text.as_bytes() {
                    failures.push(format!("{}: {edit:?} after {at}", file.path));
                    break;
                }
                after.extend_from_slice(&before[at..start]);
                after.extend_from_slice(edit.text.as_bytes());
                at = end;
            }
            after.extend_from_slice(&before[at..]);
            if file.before != before || file.after != after || file.edits.is_empty() || file.fixes.is_empty() {
                failures.push(format!("{}: the edits do not make the new text", file.path));
            }
        }
        demand(&failures);
    }
}

/// The number of syntax errors.
fn errors(path: &Path, text: &str) -> usize {
    let facts = Lowering::default().facts(grammar(path).unwrap(), text).unwrap();
    facts.problems.iter().filter(|problem| problem.kind == ProblemKind::Syntax).count()
}

#[test]
fn the_result_can_be_parsed() {
    each(|one| {
        let number = errors(&one.file.path, &one.after);
        (number > 0).then(|| format!("{}: {number} syntax errors", one.name()))
    });
}

/// Names that are read where nothing binds them.
fn unbound(path: &Path, text: &str) -> BTreeSet<String> {
    not_bound(path, text, false)
}

/// Names that are read where nothing binds them, or before anything does.
fn bound_late(path: &Path, text: &str) -> BTreeSet<String> {
    not_bound(path, text, true)
}

fn not_bound(path: &Path, text: &str, in_time: bool) -> BTreeSet<String> {
    let facts = Lowering::default().facts(grammar(path).unwrap(), text).unwrap();
    let is_bound = |name: &str, node: &ExprNode<'_>| {
        let mut scope = Some(node.scope);
        let mut direct = true;
        while let Some(at) = scope {
            let region = &facts.scopes[at.index()];
            // What a class binds is not seen by its methods.
            let sees = direct || region.kind != ScopeKind::Class;
            direct &= region.kind == ScopeKind::Block;
            let binds = |binding: &Binding<'_>| {
                binding.name == name
                    && binding.scope == at
                    && (!in_time || at != node.scope || binding.from <= node.span.start)
            };
            if sees && facts.bindings.iter().any(binds) {
                return true;
            }
            scope = region.parent;
        }
        false
    };
    let names = facts.exprs.iter().filter_map(|node| match node.expr {
        Expr::Name(name) if !is_bound(name, node) => Some(name.to_owned()),
        _ => None,
    });
    names.collect()
}

/// What needs no binding: names of the languages that new code uses.
const BUILT_IN: &[&str] = &["process", "URL", "Deno", "undefined", "str", "None", "fetch", "String"];

/// The names of which something is true after a fix that was not before.
fn new_names(of: fn(&Path, &str) -> BTreeSet<String>, path: &Path, before: &str, after: &str) -> BTreeSet<String> {
    let known = of(path, before);
    of(path, after).into_iter().filter(|name| !known.contains(name) && !BUILT_IN.contains(&name.as_str())).collect()
}

#[test]
fn every_name_of_the_result_is_bound_as_before() {
    each(|one| {
        let names = new_names(bound_late, &one.file.path, &one.file.text, &one.after);
        (!names.is_empty()).then(|| format!("{}: nothing binds {names:?} in\n{}", one.name(), one.after))
    });
}

/// Names that imports bind and nothing reads.
fn unused(path: &Path, text: &str) -> BTreeSet<String> {
    let facts = Lowering::default().facts(grammar(path).unwrap(), text).unwrap();
    let reads = |name: &str| {
        let in_code = facts.exprs.iter().any(|node| matches!(node.expr, Expr::Name(read) if read == name));
        // `__all__ = ["name"]`
        let in_code = in_code || text.contains(&format!("\"{name}\""));
        // Python's `__all__` names things in strings.
        let is_listed = text.contains(&format!("\"{name}\"")) || text.contains(&format!("'{name}'"));
        in_code
            || is_listed
            || facts.exports.iter().any(|export| matches!(export.value, ExportValue::Local(local) if local == name))
    };
    let items = facts.imports.iter().filter(|import| !import.reexport).flat_map(|import| &import.items);
    items.filter_map(|item| item.local).filter(|name| !reads(name)).map(str::to_owned).collect()
}

/// What comes is used, and what was used and is not any more goes.
#[test]
fn no_import_is_left_without_use() {
    each(|one| {
        let names = new_names(unused, &one.file.path, &one.file.text, &one.after);
        (!names.is_empty()).then(|| format!("{}: nothing uses {names:?} in\n{}", one.name(), one.after))
    });
}

#[test]
fn a_second_fix_changes_nothing() {
    let again = |one: &Changing| one.expect(&one.after, &one.after);
    demand(&CHANGING.par_iter().filter_map(again).collect::<Vec<String>>());
    // Nor does the fix that was asked for less.
    each(|one| {
        let less = FixOptions { level: FixLevel::Safe, ..one.way.clone() };
        let again = fixed(&one.file.path, &one.after, &less);
        (again != one.after).then(|| format!("{}, then safe:\n{}", one.name(), difference(&again, &one.after)))
    });
}

/// The safe fix and then the unsafe one give what the unsafe one gives.
#[test]
fn levels_build_on_one_another() {
    let safe: Vec<&Changing> = CHANGING.iter().filter(|one| one.way.level == FixLevel::Safe).collect();
    let way = &ways()[1];
    let failures = safe.par_iter().filter_map(|one| {
        let at_once = fixed(&one.file.path, &one.file.text, way);
        let in_steps = fixed(&one.file.path, &one.after, way);
        (at_once != in_steps).then(|| format!("{}, then unsafe:\n{}", one.name(), difference(&in_steps, &at_once)))
    });
    demand(&failures.collect::<Vec<String>>());
}

#[test]
fn carriage_returns_stay_everywhere() {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    each(|one| one.expect(&crlf(&one.file.text), &crlf(&one.after)));
}

#[test]
fn a_byte_order_mark_stays_in_front() {
    each(|one| one.expect(&format!("\u{feff}{}", one.file.text), &format!("\u{feff}{}", one.after)));
}

#[test]
fn the_last_line_needs_no_end() {
    each(|one| {
        let before = one.file.text.trim_end_matches('\n');
        let after = fixed(&one.file.path, before, &one.way);
        let wanted = one.after.trim_end_matches('\n');
        (after.trim_end_matches('\n') != wanted
            || after.ends_with('\n') && errors(&one.file.path, before) == 0 && after != before)
            .then(|| {
                format!(
                    "{}: ends with {:?}\n{}",
                    one.name(),
                    &after[after.len().saturating_sub(20)..],
                    difference(&after, wanted)
                )
            })
    });
}

/// A comment of the language of a file.
fn comment(path: &Path, text: &str) -> String {
    match grammar(path).unwrap().language() {
        Language::Python => format!("# {text}\n"),
        Language::JavaScript | Language::Document => format!("// {text}\n"),
    }
}

/// True when something may stand before the first line.
fn may_be_preceded(source: &Source) -> bool {
    let is_code =
        !matches!(source.path.extension().and_then(|name| name.to_str()), Some("ipynb" | "vue" | "svelte" | "astro"));
    is_code && !source.text.starts_with("#!") && !source.text.lines().take(2).any(|line| line.contains("coding"))
}

#[test]
fn comments_around_a_file_shift_the_result_and_nothing_else() {
    each(|one| {
        if !may_be_preceded(one.file) {
            return None;
        }
        let note = |text| comment(&one.file.path, text);
        let (first, last) = (format!("{}{}\n", note("é 😀 \u{202e} 'quote\""), note("two")), note("the end: ü"));
        let end = if one.file.text.ends_with('\n') { last.as_str() } else { "" };
        one.expect(&format!("{first}{}{end}", one.file.text), &format!("{first}{}{end}", one.after))
    });
}

/// Two files in one, and what becomes of them: names meet, imports are there already, clients are many.
struct Pair {
    name: String,
    one: &'static Changing,
    before: String,
    after: String,
}

static PAIRS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let language = |source: &Source| grammar(&source.path).unwrap().language();
    let paired = |(number, one): (usize, &&'static Changing)| {
        let mut others = (0..RESULTS.len()).map(|step| RESULTS[(number * 31 + 17 + step) % RESULTS.len()]);
        let other = others.find(|other| language(one.file) == language(other.file) && may_be_preceded(other.file))?;
        let before = format!("{}\n{}", one.file.text, other.file.text);
        let is_sound = errors(&one.file.path, &before) == 0;
        let after = is_sound.then(|| fixed(&one.file.path, &before, &one.way))?;
        Some(Pair { name: format!("{} and {}", one.name(), other.name()), one, before, after })
    };
    RESULTS.par_iter().enumerate().filter_map(paired).collect()
});

/// What is true of each pair, all at once.
#[track_caller]
fn each_pair(check: impl Fn(&Pair) -> Option<String> + Send + Sync) {
    assert!(PAIRS.len() > 50);
    demand(&PAIRS.par_iter().filter_map(check).collect::<Vec<String>>());
}

#[test]
fn two_files_in_one_can_be_parsed_and_are_left_alone_afterwards() {
    each_pair(|pair| {
        if errors(&pair.one.file.path, &pair.after) > 0 {
            return Some(format!("{}: syntax errors in\n{}", pair.name, pair.after));
        }
        let again = fixed(&pair.one.file.path, &pair.after, &pair.one.way);
        (again != pair.after).then(|| format!("{}: changes once more\n{}", pair.name, difference(&again, &pair.after)))
    });
}

#[test]
fn every_name_of_two_files_in_one_is_bound_as_before() {
    each_pair(|pair| {
        let names = new_names(unbound, &pair.one.file.path, &pair.before, &pair.after);
        (!names.is_empty()).then(|| format!("{}: nothing binds {names:?} in\n{}", pair.name, pair.after))
    });
}

/// An import further down is no help.
#[test]
fn every_name_of_two_files_in_one_is_bound_in_time() {
    each_pair(|pair| {
        let mut names = new_names(bound_late, &pair.one.file.path, &pair.before, &pair.after);
        let unbound = unbound(&pair.one.file.path, &pair.after);
        names.retain(|name| !unbound.contains(name));
        (!names.is_empty()).then(|| format!("{}: {names:?} are bound too late in\n{}", pair.name, pair.after))
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, rng_seed: RngSeed::Fixed(42), ..ProptestConfig::default() })]

    /// Whatever the comment, line ends and mark.
    #[test]
    fn random_surroundings_change_nothing(
        one in select(RESULTS.iter().copied().filter(|one| may_be_preceded(one.file)).collect::<Vec<_>>()),
        comments in proptest::collection::vec("[^\\p{Cc}\\u{2028}\\u{2029}]{0,40}", 0..6),
        crlf in any::<bool>(),
        mark in any::<bool>(),
    ) {
        let first: String = comments.iter().map(|text| comment(&one.file.path, text)).collect();
        let made = |text: &str| {
            let text = format!("{}{first}{text}", if mark { "\u{feff}" } else { "" });
            if crlf { text.replace('\n', "\r\n") } else { text }
        };
        // A comment with `coding:` on the first lines has a meaning in Python.
        prop_assume!(!first.contains("coding"));
        if let Some(failure) = one.expect(&made(&one.file.text), &made(&one.after)) {
            prop_assert!(false, "{}", failure);
        }
    }

    /// A file that was cut off anywhere is no reason to fail, and what is made of it is left alone afterwards.
    #[test]
    fn a_file_that_is_cut_off_is_no_reason_to_fail(
        one in select(RESULTS.clone()),
        part in 0.0..1.0_f64,
    ) {
        #[expect(clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a part of a length")]
        let mut at = (one.file.text.len() as f64 * part) as usize;
        while !one.file.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &one.file.text[..at];
        let after = fixed(&one.file.path, before, &one.way);
        let broken = errors(&one.file.path, before) > 0;
        prop_assert!(!broken || after == before, "{}: cut at {at}, broken and changed", one.name());
        if after != before {
            prop_assert_eq!(errors(&one.file.path, &after), 0, "{}: cut at {}", one.name(), at);
            let again = fixed(&one.file.path, &after, &one.way);
            prop_assert_eq!(&again, &after, "{}: cut at {}", one.name(), at);
        }
    }
}
