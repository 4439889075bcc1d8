//! Pieces that several sections show: verdicts, counts as a bar, places, sources. And [`Names`], which knows what ids
//! stand for.

use std::{borrow::Borrow, collections::HashMap};

use askama::{Template, filters::Safe};

use super::{
    labels::{self, Answer},
    prose,
};
use crate::migrate::assess::{Assessment, Judgement, Place, Reason, TargetAnswer, VerdictCounts};

/// How many places of a list are shown at once; the others fold.
const MAX_PLACES: usize = 6;

/// A verdict: its words, with a sign from the style sheet.
#[derive(Template)]
#[template(source = r#"<b class="v {{ answer.key() }}">{{ answer.name() }}</b>"#, ext = "html")]
pub(super) struct Pill {
    answer: Answer,
}

/// A verdict.
pub(super) fn pill(answer: impl Borrow<Answer>) -> Safe<Pill> {
    Safe(Pill { answer: *answer.borrow() })
}

/// Counts by verdict: a bar with the same as text below it.
#[derive(Template)]
#[template(path = "counts.html")]
pub(super) struct Counts {
    segments: Vec<Segment>,
    noun: &'static str,
}

/// A part of a bar.
struct Segment {
    answer: Answer,
    count: u64,
    /// In percent of the bar.
    start: String,
    width: String,
}

/// Counts by verdict.
pub(super) fn counts(counts: &VerdictCounts, noun: &'static str) -> Safe<Counts> {
    let total = counts.total().max(1);
    let mut before = 0;
    let mut segments = Vec::new();
    for answer in Answer::ALL {
        let count = answer.count(counts);
        if count > 0 {
            segments.push(Segment { answer, count, start: percent(before, total), width: percent(count, total) });
            before += count;
        }
    }
    Safe(Counts { segments, noun })
}

/// A share in percent with two decimals, by integers so that it is the same everywhere.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let hundredths = u128::from(part) * 10_000 / u128::from(whole.max(1));
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// Places in files, the first few at once.
#[derive(Template)]
#[template(path = "places.html")]
pub(super) struct Places<'a> {
    first: &'a [Place],
    others: &'a [Place],
}

/// Places in files.
pub(super) fn places(places: &[Place]) -> Safe<Places<'_>> {
    let (first, others) = places.split_at(places.len().min(MAX_PLACES));
    // One more line shows one more place as well as it shows a count.
    if others.len() == 1 { Safe(Places { first: places, others: &[] }) } else { Safe(Places { first, others }) }
}

/// Where facts come from.
#[derive(Template)]
#[template(
    source = r#"{% match prose::address(address) %}{% when Some(shown) %}<a href="{{ address }}">{{ shown }}</a>{% when None %}{{ address }}{% endmatch %}"#,
    ext = "html"
)]
pub(super) struct Source<'a> {
    address: &'a str,
}

/// A link to a source on the web; any other source is text.
pub(super) fn source(address: &str) -> Safe<Source<'_>> {
    Safe(Source { address })
}

/// Why a verdict is what it is.
#[derive(Template)]
#[template(path = "reasons.html")]
pub(super) struct Reasons<'a> {
    reasons: Vec<&'a Reason>,
    /// The file that is named already where the reasons stand.
    file: &'a str,
}

/// Why a verdict is what it is.
pub(super) fn reasons<'a>(reasons: impl IntoIterator<Item = &'a Reason>, file: &'a str) -> Safe<Reasons<'a>> {
    Safe(Reasons { reasons: reasons.into_iter().collect(), file })
}

/// An answer with the targets that share it.
pub(super) struct Group<'a> {
    pub(super) answer: Answer,
    pub(super) effort: String,
    pub(super) reasons: Vec<&'a Reason>,
    pub(super) titles: Vec<&'a str>,
    pub(super) all: bool,
}

impl Group<'_> {
    /// The answer for one target, without reasons; none is unknown.
    pub(super) fn of(judgement: Option<&Judgement>) -> Self {
        Self {
            answer: judgement.map_or(Answer::Unknown, Answer::of),
            effort: String::new(),
            reasons: Vec::new(),
            titles: Vec::new(),
            all: false,
        }
    }

    /// The targets, in words.
    pub(super) fn whom(&self) -> String {
        match (self.all, &self.titles[..]) {
            (true, []) => "all others".to_owned(),
            (true, _) => "all targets".to_owned(),
            (false, titles) => titles.join(", "),
        }
    }
}

/// The answers for targets, those together that are the same.
pub(super) fn grouped<'a>(targets: &'a [TargetAnswer], answer: impl Fn(&str) -> Group<'a>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for target in targets {
        let new = answer(&target.id);
        let same = |known: &&mut Group<'_>| {
            (known.answer, &known.effort, &known.reasons) == (new.answer, &new.effort, &new.reasons)
        };
        match groups.iter_mut().find(same) {
            Some(known) => known.titles.push(&target.title),
            None => groups.push(Group { titles: vec![&target.title], ..new }),
        }
    }
    if let [only] = &mut groups[..] {
        only.all = targets.len() > 1;
    }
    groups
}

/// The same, with the most targets last and without their names where those are many: lists of units repeat them often.
pub(super) fn short(mut groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    if groups.len() > 1
        && let Some(most) = (0..groups.len()).rev().max_by_key(|&at| groups[at].titles.len())
        && groups[most].titles.len() > 2
    {
        let others = groups.remove(most);
        groups.push(Group { titles: Vec::new(), all: true, ..others });
    }
    groups
}

/// What ids stand for, and the anchors of what they name. Anchors are counted, as an id may hold anything.
pub(super) struct Names<'a> {
    rules: HashMap<&'a str, (usize, &'a str)>,
    units: HashMap<&'a str, usize>,
    packages: HashMap<&'a str, (usize, &'a str)>,
    apis: HashMap<&'a str, &'a str>,
    weights: HashMap<&'a str, &'a str>,
    judgements: &'a [Judgement],
    reasons: &'a [Reason],
    /// The targets, in their order.
    pub(super) targets: &'a [TargetAnswer],
}

impl<'a> Names<'a> {
    /// Of an assessment.
    pub(super) fn new(assessment: &'a Assessment) -> Self {
        Self {
            rules: numbered(assessment.rules.iter().map(|rule| (rule.id.as_str(), rule.title.as_str()))),
            units: assessment.units.iter().enumerate().map(|(at, unit)| (unit.id.as_str(), at + 1)).collect(),
            packages: numbered(assessment.packages.iter().map(|each| (each.id.as_str(), each.title.as_str()))),
            apis: assessment.apis.iter().map(|api| (api.id.as_str(), api.title.as_str())).collect(),
            weights: assessment.weights.iter().map(|weight| (weight.id.as_str(), weight.says.as_str())).collect(),
            judgements: &assessment.judgements,
            reasons: &assessment.reasons,
            targets: &assessment.targets,
        }
    }

    /// The judgement at a position.
    pub(super) fn judgement(&self, position: Option<&u32>) -> Option<&'a Judgement> {
        self.judgements.get(*position? as usize)
    }

    /// The reasons at some positions.
    pub(super) fn reasons(&self, positions: impl IntoIterator<Item = &'a u32>) -> Vec<&'a Reason> {
        positions.into_iter().filter_map(|&at| self.reasons.get(at as usize)).collect()
    }

    /// A link to a rule, by its title.
    pub(super) fn rule<'n>(&self, id: &'n str) -> Safe<Link<'n>>
    where
        'a: 'n,
    {
        let known = self.rules.get(id);
        Safe(Link { kind: "r", number: known.map(|known| known.0), text: known.map_or(id, |known| known.1) })
    }

    /// A link to a unit.
    pub(super) fn unit<'n>(&self, id: &'n str) -> Safe<Link<'n>> {
        Safe(Link { kind: "u", number: self.units.get(id).copied(), text: id })
    }

    /// A link to a work package, by its number and title.
    pub(super) fn package<'n>(&self, id: &'n str) -> Safe<Link<'n>>
    where
        'a: 'n,
    {
        let known = self.packages.get(id);
        Safe(Link { kind: "p", number: known.map(|known| known.0), text: known.map_or(id, |known| known.1) })
    }

    /// The name of a part of the API.
    pub(super) fn api<'n>(&self, id: &'n str) -> &'n str
    where
        'a: 'n,
    {
        self.apis.get(id).copied().unwrap_or(id)
    }

    /// What a weight weighs.
    pub(super) fn weight<'n>(&self, id: &'n str) -> &'n str
    where
        'a: 'n,
    {
        self.weights.get(id).copied().unwrap_or(id)
    }
}

fn numbered<'a>(entries: impl Iterator<Item = (&'a str, &'a str)>) -> HashMap<&'a str, (usize, &'a str)> {
    entries.enumerate().map(|(at, (id, title))| (id, (at + 1, title))).collect()
}

/// A link within the page, where what it names is there.
#[derive(Template)]
#[template(
    source = r##"{% match number %}{% when Some(number) %}<a href="#{{ kind }}{{ number }}">{{ prose::sentence(text) }}</a>{% when None %}{{ text }}{% endmatch %}"##,
    ext = "html"
)]
pub(super) struct Link<'n> {
    kind: &'static str,
    number: Option<usize>,
    text: &'n str,
}
