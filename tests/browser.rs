//! The HTML report: what it holds, and how it does in a browser. The checks in the browser are in `browser/check.mjs`;
//! `scripts/test.sh` installs what they need. Without it they are skipped, loudly, and fail when `CI` is set.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may")]

#[path = "browser/sample/mod.rs"]
mod sample;

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use regex::Regex;
use unmoor::{migrate::assess::Assessment, report::html};

fn page(assessment: &Assessment) -> String {
    let mut page = Vec::new();
    html::write(assessment, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

/// The data in the page, by the first end of the element, as a browser reads it.
fn data(page: &str) -> Assessment {
    let (_, rest) = page.split_once(r#"<script type="application/json" id="report">"#).unwrap();
    let (data, _) = rest.split_once("</script").unwrap();
    assert!(!data.contains("<!--") && !data.contains('\u{2028}'), "the data could leave its element");
    serde_json::from_str(data).unwrap()
}

fn json(assessment: &Assessment) -> serde_json::Value {
    serde_json::to_value(assessment).unwrap()
}

#[test]
fn the_data_in_the_page_is_the_data() {
    for assessment in [Assessment::default(), sample::full(), sample::hostile()] {
        assert_eq!(json(&data(&page(&assessment))), json(&assessment));
    }
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    assert_eq!(page(&sample::full()), page(&sample::full()));
}

#[test]
fn five_thousand_sites_stay_below_five_megabytes() {
    let large = sample::large(5_000);
    let calls = large.units.iter().map(|unit| unit.calls.len());
    assert_eq!((large.targets.len(), large.units.len(), calls.sum::<usize>()), (8, 417, 3 * 417));
    let page = page(&large);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert_eq!(page.matches("<tr><th scope=row>area-").count(), 5_000);
}

#[test]
fn anchors_are_unique_and_every_link_within_the_page_has_one() {
    let ids = Regex::new(r#" id="([^"]*)""#).unwrap();
    let references = Regex::new(r##"(?: href="#| (?:for|aria-labelledby|aria-describedby)=")([^"]*)""##).unwrap();
    for assessment in [sample::full(), sample::hostile(), Assessment::default()] {
        let page = page(&assessment);
        let (page, _) = page.split_once("<script type").unwrap();
        let mut known = HashSet::new();
        for id in ids.captures_iter(page).map(|found| found.get(1).unwrap().as_str()) {
            assert!(known.insert(id), "`{id}` is twice in the page");
            assert!(!id.is_empty() && !id.contains(char::is_whitespace), "`{id}` is no anchor");
        }
        for reference in references.captures_iter(page).map(|found| found.get(1).unwrap().as_str()) {
            assert!(known.contains(reference), "nothing in the page is `{reference}`");
        }
    }
}

/// Every string of the data is somewhere in the page, apart from ids, what is shown in other words, and Markdown.
#[test]
fn the_page_shows_what_the_data_says() {
    let mut assessment = sample::full();
    let page = page(&assessment);
    let (page, _) = page.split_once("<script type").unwrap();
    // Of a site the row is short.
    assessment.sites.clear();
    let hidden = [
        "id", "api", "package", "target", "verdict", "level", "weight", "version", "after", "support", "kind",
        "recipe", "why", "hunks",
    ];
    let mut missing = Vec::new();
    strings(&json(&assessment), "", &mut |name, text| {
        let shown = text.split('`').map(escaped).all(|part| page.contains(part.trim()));
        if !hidden.contains(&name) && !shown {
            missing.push(format!("{name}: {text}"));
        }
    });
    assert!(missing.is_empty(), "{missing:#?}");
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

fn strings(value: &serde_json::Value, name: &str, each: &mut impl FnMut(&str, &str)) {
    match value {
        serde_json::Value::String(text) => each(name, text),
        serde_json::Value::Array(list) => list.iter().for_each(|entry| strings(entry, name, each)),
        serde_json::Value::Object(entries) => entries.iter().for_each(|(name, entry)| strings(entry, name, each)),
        _ => {}
    }
}

/// The driver's folder and the browser's program.
fn browser() -> Option<(PathBuf, PathBuf)> {
    let driver = std::env::var_os("UNMOOR_EXTRAS").map(|extras| PathBuf::from(extras).join("browser"));
    let program = std::env::var_os("CHROMIUM").map_or("/usr/bin/chromium".into(), PathBuf::from);
    let found = driver.filter(|_| program.exists()).map(|driver| (driver, program));
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "Chromium or its driver is missing; run scripts/test.sh");
        eprintln!("SKIPPED: Chromium or its driver is not installed; scripts/test.sh installs them and runs this test");
    }
    found
}

#[test]
fn the_page_holds_in_a_browser() {
    let Some((driver, program)) = browser() else { return };
    let temporary = tempfile::tempdir().unwrap();
    // For those who want to look at the pages themselves.
    let folder = std::env::var_os("REPORT_PAGES").map_or(temporary.path().to_owned(), PathBuf::from);
    for (name, assessment) in [
        ("full", sample::full()),
        ("hostile", sample::hostile()),
        ("large", sample::large(5_000)),
        ("empty", Assessment::default()),
    ] {
        fs::write(folder.join(name).with_extension("html"), page(&assessment)).unwrap();
        fs::write(folder.join(name).with_extension("json"), json(&assessment).to_string()).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/check.mjs");
    let output = Command::new("node").arg(script).args([&driver, &folder, &program]).output().expect("node runs");
    let (shown, faults) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{shown}\n{faults}");
}
