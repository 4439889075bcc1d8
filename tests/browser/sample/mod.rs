//! Assessments to show: one that has something of everything, and the same with hostile text or very many sites. Counts
//! are made from the parts, so that they agree.

mod large;
mod packages;
mod tables;
mod units;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use large::large;
use unmoor::{
    migrate::assess::{
        ApiAnswer, ApiUse, Assessment, Count, Effort, EffortPart, Judgement, Place, Reason, SCHEMA_VERSION, Site,
        Summary, TargetAnswer, UnitAnswer, Verdict, VerdictCounts, Weight, WorkPackage,
    },
    rules::model::{Class, FixLevel, Severity},
};

/// The parts of the API: id, title, since when it is retired.
const APIS: [(&str, &str, Option<&str>); 6] = [
    ("chat-completions", "Chat completions", None),
    ("embeddings", "Embeddings", None),
    ("responses", "Responses", None),
    ("images", "Images", None),
    ("audio", "Audio", None),
    ("assistants", "Assistants", Some("2026-08-26")),
];

/// The targets: id and title.
const TARGETS: [(&str, &str); 3] = [("openai", "OpenAI"), ("bedrock", "Amazon Bedrock"), ("vllm", "vLLM (own server)")];

/// What a target has of a part of the API, what is said of it, and where.
fn support(target: &str, api: &str) -> (&'static str, Option<&'static str>, Option<&'static str>) {
    let bedrock = Some("https://docs.aws.amazon.com/bedrock/latest/userguide/models-endpoint-availability.html");
    let vllm = Some("https://docs.vllm.ai/en/stable/serving/online_serving.html");
    match (target, api) {
        ("openai", "assistants") => (
            "no",
            Some("Shut down on 2026-08-26; Responses and Conversations take its place."),
            Some("https://developers.openai.com/api/docs/assistants/migration"),
        ),
        ("openai", _) => ("yes", None, Some("https://developers.openai.com/api/reference/overview")),
        ("bedrock", "chat-completions") => ("yes", None, bedrock),
        ("bedrock", "responses") => {
            ("partial", Some("Synchronous only, without tools that run on the server."), bedrock)
        }
        ("bedrock", "assistants") | ("vllm", "assistants" | "images") => {
            ("no", Some("Not among the endpoints that are served."), if target == "vllm" { vllm } else { bedrock })
        }
        ("bedrock", _) => ("unknown", None, None),
        ("vllm", "audio") => ("partial", Some("Transcriptions and translations only."), vllm),
        ("vllm", "embeddings") => ("yes", Some("For embedding models only."), vllm),
        _ => ("yes", None, vllm),
    }
}

/// A judgement with its reasons in it.
#[derive(Clone)]
struct Judged {
    verdict: Verdict,
    level: Option<FixLevel>,
    reasons: Vec<Reason>,
}

/// The judgements and reasons so far, each once.
#[derive(Default)]
struct Reasons {
    judgements: Vec<Judgement>,
    reasons: Vec<Reason>,
}

impl Reasons {
    fn judgement(&mut self, judged: &Judged) -> u32 {
        let reasons = judged.reasons.iter().map(|reason| position(&mut self.reasons, reason)).collect();
        position(&mut self.judgements, &Judgement { verdict: judged.verdict, level: judged.level, reasons })
    }

    fn get(&self, judgement: u32) -> Judged {
        let Judgement { verdict, level, reasons } = self.judgements[judgement as usize].clone();
        Judged { verdict, level, reasons: reasons.iter().map(|at| self.reasons[*at as usize].clone()).collect() }
    }
}

fn position<T: Clone + PartialEq>(all: &mut Vec<T>, one: &T) -> u32 {
    let known = all.iter().position(|known| known == one);
    let at = known.unwrap_or_else(|| {
        all.push(one.clone());
        all.len() - 1
    });
    at as u32
}

/// What becomes of a call: from what the target has, and from the unit's own change.
fn judge(target: &str, api: &str, own: &Judged) -> Judged {
    let (has, says, source) = support(target, api);
    let verdict = match has {
        "yes" => return own.clone(),
        "partial" => Verdict::NeedsWork,
        "no" => Verdict::Unsupported,
        _ => Verdict::Unknown,
    };
    let words = says.map_or_else(|| "Nothing reliable was found about it.".to_owned(), str::to_owned);
    let reason = Reason {
        says: words,
        verdict,
        location: None,
        source: source.map(str::to_owned),
        checked: source.map(|_| "2026-11-22".to_owned()),
    };
    Judged { verdict, level: None, reasons: vec![reason] }
}

/// A verdict of the code itself.
fn own(verdict: Verdict, level: Option<FixLevel>, says: &str, place: Option<Place>) -> Judged {
    let reason = Reason { says: says.to_owned(), verdict, location: place, source: None, checked: None };
    Judged { verdict, level, reasons: vec![reason] }
}

/// The worst of several, with all their reasons, each once.
fn worst(judgements: &[Judged]) -> Judged {
    let rank = |judgement: &Judged| match judgement.verdict {
        Verdict::Ready => 0,
        Verdict::AfterFix => 1 + u8::from(judgement.level != Some(FixLevel::Safe)),
        Verdict::NeedsWork => 3,
        Verdict::Unknown => 4,
        Verdict::Unsupported => 5,
    };
    let mut sorted: Vec<&Judged> = judgements.iter().collect();
    sorted.sort_by_key(|judgement| std::cmp::Reverse(rank(judgement)));
    let Some(first) = sorted.first() else {
        return Judged { verdict: Verdict::Unknown, level: None, reasons: Vec::new() };
    };
    let mut reasons: Vec<Reason> = Vec::new();
    for reason in sorted.iter().flat_map(|judgement| &judgement.reasons) {
        if !reasons.iter().any(|known| known.says == reason.says) {
            reasons.push(reason.clone());
        }
    }
    Judged { verdict: first.verdict, level: first.level, reasons }
}

fn place(path: &str, line: u32) -> Place {
    Place { path: path.to_owned(), line, column: 9 }
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

/// Something of everything: three targets, six parts of the API, eight units, four packages, every verdict.
pub(crate) fn full() -> Assessment {
    let mut reasons = Reasons::default();
    let units = units::units(&mut reasons);
    let sites = tables::sites();
    let packages = packages::packages(&units, &mut reasons);
    Assessment {
        schema_version: SCHEMA_VERSION,
        version: env!("CARGO_PKG_VERSION").into(),
        name: "shop-assistant".to_owned(),
        date: "2026-11-26".to_owned(),
        summary: summary(&sites, &units),
        targets: targets(&units, &packages, &reasons),
        apis: apis(&units),
        judgements: reasons.judgements,
        reasons: reasons.reasons,
        units,
        packages,
        deployments: tables::deployments(),
        configuration: tables::configuration(),
        rules: tables::rules(&sites),
        sites,
        checklist: tables::checklist(),
        preconditions: tables::preconditions(),
        weights: weights(),
        diagnostics: tables::diagnostics(),
    }
}

fn counts(of: impl Iterator<Item = String>) -> Vec<Count> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    of.for_each(|name| *counts.entry(name).or_default() += 1);
    let mut counts: Vec<Count> = counts.into_iter().map(|(name, count)| Count { name, count }).collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.count));
    counts
}

fn summary(sites: &[Site], units: &[UnitAnswer]) -> Summary {
    let folder = |site: &Site| site.place.path.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned();
    let mut by_severity = counts(sites.iter().map(|site| site.severity.name().to_owned()));
    by_severity.sort_by_key(|count| ["error", "warning", "note"].iter().position(|name| *name == count.name));
    let mut by_folder = counts(sites.iter().map(folder));
    by_folder.truncate(12);
    Summary {
        files_read: 412 + sites.len() as u64,
        files_tied: sites.iter().map(|site| &site.place.path).collect::<BTreeSet<_>>().len() as u64,
        sites: sites.len() as u64,
        units: units.len() as u64,
        calls: units.iter().map(|unit| unit.calls.len() as u64).sum(),
        by_class: counts(sites.iter().map(|site| site.class.name().to_owned())),
        by_severity,
        by_folder,
        untied: sites.iter().filter(|site| site.units.is_empty()).count() as u64,
    }
}

fn apis(units: &[UnitAnswer]) -> Vec<ApiUse> {
    let of = |id: &str| units.iter().flat_map(|unit| &unit.calls).filter(|call| call.api == id).count() as u64;
    let made = APIS.map(|(id, title, retired)| ApiUse {
        id: id.to_owned(),
        title: title.to_owned(),
        calls: of(id),
        retired: retired.map(str::to_owned),
    });
    made.into()
}

fn targets(units: &[UnitAnswer], packages: &[WorkPackage], reasons: &Reasons) -> Vec<TargetAnswer> {
    let answers = [
        "1 of 17 calls is ready, 6 can move after the safe fix, 6 after a fix to review. 2 Assistants calls have no successor that keeps their form; the API was shut down on 2026-08-26.",
        "Chat can move after a fix to review. For embeddings, images and audio nothing reliable was found; Responses lose tools that run on the server.",
        "Chat, embeddings and Responses can move. There is no `images` endpoint, and speech cannot be made.",
    ];
    TARGETS
        .iter()
        .zip(answers)
        .map(|((id, title), answer)| target(id, title, answer, units, packages, reasons))
        .collect()
}

fn target(
    id: &str,
    title: &str,
    answer: &str,
    units: &[UnitAnswer],
    packages: &[WorkPackage],
    reasons: &Reasons,
) -> TargetAnswer {
    let (mut calls, mut whole) = (VerdictCounts::default(), VerdictCounts::default());
    let mut by_api: BTreeMap<&str, VerdictCounts> = BTreeMap::new();
    for unit in units {
        let judged = reasons.get(unit.judgements[id]);
        whole.add(judged.verdict, judged.level);
        for (call, judgement) in unit.calls.iter().zip(&unit.call_judgements[id]) {
            let judgement = reasons.get(*judgement);
            calls.add(judgement.verdict, judgement.level);
            by_api.entry(&call.api).or_default().add(judgement.verdict, judgement.level);
        }
    }
    let apis = APIS.map(|(api, _, _)| {
        let (has, says, source) = support(id, api);
        let calls = by_api.get(api).copied().unwrap_or_default();
        let (says, source) = (says.map(str::to_owned), source.map(str::to_owned));
        ApiAnswer { api: api.to_owned(), support: has.to_owned(), says, source, calls }
    });
    let (low, high) = packages
        .iter()
        .map(|package| &package.efforts[id])
        .fold((0, 0), |(low, high), effort| (low + effort.low, high + effort.high));
    TargetAnswer {
        verdict: worst(&units.iter().map(|unit| reasons.get(unit.judgements[id])).collect::<Vec<_>>()).verdict,
        answer: answer.to_owned(),
        calls,
        units: whole,
        apis: apis.into(),
        effort: Effort { low, high, parts: Vec::new() },
        ..tables::expectations(id, title)
    }
}

/// The weights of the sample: id, words, minutes.
const WEIGHTS: [(&str, &str, u64, u64); 5] = [
    ("safe-change", "read through a safe fix of one file", 2, 5),
    ("reviewed-change", "review a fix of one file and check its facts", 5, 15),
    ("site-by-hand", "change one site by hand", 15, 45),
    ("call-to-try", "try one call against the target", 5, 15),
    ("untested-unit", "write a first test for a unit that has none", 30, 120),
];

fn weights() -> Vec<Weight> {
    let weight = |(id, says, low, high): (&str, &str, u64, u64)| Weight {
        id: id.to_owned(),
        says: says.to_owned(),
        low,
        high,
        because: "Known from work of this kind.".to_owned(),
    };
    WEIGHTS.map(weight).into()
}

/// The effort of so many of each weight.
fn effort(counts: [u64; 5]) -> Effort {
    let parts: Vec<EffortPart> = WEIGHTS
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|((id, _, low, high), count)| EffortPart {
            weight: (*id).to_owned(),
            count,
            low: low * count,
            high: high * count,
        })
        .collect();
    Effort { low: parts.iter().map(|part| part.low).sum(), high: parts.iter().map(|part| part.high).sum(), parts }
}

/// The full one, with text everywhere that tries to leave its place.
pub(crate) fn hostile() -> Assessment {
    let text = "</script><img src=x onerror=alert(1)><!--<script>'\"&amp;`\u{202e}\u{2028}\u{0}]]>";
    let json = serde_json::to_value(full()).unwrap();
    let mut hostile = json.clone();
    spoil(&mut hostile, text);
    // Ids stay as they are, for their references to hold; everything else is spoilt.
    serde_json::from_value(hostile).unwrap()
}

/// Puts the text behind every string that is free to be anything.
fn spoil(value: &mut serde_json::Value, text: &str) {
    const FREE: [&str; 24] = [
        "name", "title", "answer", "says", "path", "local", "message", "text", "symbol", "method", "function", "hunks",
        "recipe", "why", "asks", "check", "base_url", "key", "model", "because", "reasons", "files", "links", "old",
    ];
    match value {
        serde_json::Value::Object(entries) => {
            for (name, entry) in entries {
                match entry {
                    serde_json::Value::String(shown) if FREE.contains(&name.as_str()) => shown.push_str(text),
                    serde_json::Value::Array(list) if FREE.contains(&name.as_str()) => {
                        for entry in list {
                            match entry {
                                serde_json::Value::String(shown) => shown.push_str(text),
                                other => spoil(other, text),
                            }
                        }
                    }
                    other => spoil(other, text),
                }
            }
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(|entry| spoil(entry, text)),
        _ => {}
    }
}

/// What a site is when nothing else is said.
fn site(
    rule: &str,
    (class, severity): (Class, Severity),
    (path, line): (&str, u32),
    local: &str,
    fix: FixLevel,
    unit: &str,
) -> Site {
    Site {
        rule: rule.to_owned(),
        class,
        severity,
        place: place(path, line),
        local: local.to_owned(),
        fix,
        units: unit.split(' ').filter(|unit| !unit.is_empty()).map(str::to_owned).collect(),
    }
}
