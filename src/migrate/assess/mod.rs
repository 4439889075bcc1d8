//! The assessment of a tree: for each call, unit and target whether the code can go there, what breaks, how much work it
//! is and in which order, as plain serialisable data. It is what `unmoor report` writes in each of its forms; none of them
//! looks at anything else.

mod answer;
mod build;
mod effort;
mod judge;
mod packages;
mod reasons;
mod states;
mod tables;
mod units;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    finding::{Finding, Location},
    migrate::plan::{FilePlan, Plan},
    rules::{
        Rule,
        apis::{Api, Need},
        effort::Weight as RuleWeight,
        model::{Class, FixLevel, Severity, Stay},
        target::Target,
    },
    unit::Unit,
};

use reasons::Judged;

pub use build::assess;
pub use units::{CallAnswer, SettingAnswer, StepAnswer, UnitAnswer};

/// The version of the serialised form of an [`Assessment`].
pub const SCHEMA_VERSION: u32 = 1;

/// What an assessment is made of.
pub struct Material<'m> {
    /// The name of what was scanned.
    pub name: String,
    /// The day.
    pub date: String,
    /// Files that were read.
    pub files_read: u64,
    /// All findings, by path and position.
    pub findings: &'m [Finding],
    /// All units, by location.
    pub units: &'m [Unit],
    /// The rules.
    pub rules: &'m [Rule],
    /// The parts of the API.
    pub apis: &'m [Api],
    /// What calls can need.
    pub needs: &'m [Need],
    /// How much work things are.
    pub weights: &'m [RuleWeight],
    /// Reasons to stay that code cannot show.
    pub stay: &'m [Stay],
    /// The targets that are asked for.
    pub targets: Vec<&'m Target>,
    /// The plan for the same resource.
    pub in_place: Planned<'m>,
    /// The plan for another host, and for which of the targets it was made. For others only the values of settings differ.
    pub to_target: Option<(&'m Target, Planned<'m>)>,
    /// Files that tests reach.
    pub tested: BTreeSet<String>,
    /// Models by deployment name, from the settings.
    pub models: BTreeMap<String, String>,
    /// What could not be looked at.
    pub diagnostics: Vec<Trouble>,
    /// The hunks of the diff of a file, keys masked, and whether they are cut.
    pub diff: &'m dyn Fn(&FilePlan) -> (String, bool),
}

/// A plan and what it leaves.
#[derive(Clone, Copy)]
pub struct Planned<'m> {
    /// The plan, up to the level `unsafe`.
    pub plan: &'m Plan,
    /// The fingerprints of the findings that are no longer there after its changes.
    pub gone: &'m BTreeSet<String>,
}

/// The judgements for one target; calls by unit.
struct Answered<'m> {
    target: &'m Target,
    clients: Vec<Judged>,
    calls: Vec<Vec<Judged>>,
    units: Vec<Judged>,
}

/// What is known about leaving, for a whole tree.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Assessment {
    /// The version of this form; it changes when a field changes its meaning or goes.
    pub schema_version: u32,
    /// The version of the program that made it.
    pub version: Cow<'static, str>,
    /// The name of what was scanned: the directory's.
    pub name: String,
    /// The day on which it was made: `2026-11-26`.
    pub date: String,
    /// Counts over the tree.
    pub summary: Summary,
    /// The answer for each target that was asked for, in the order asked.
    pub targets: Vec<TargetAnswer>,
    /// The parts of the API that are called, most called first.
    pub apis: Vec<ApiUse>,
    /// Verdicts with what they rest on, each once; units and packages name them by their positions, from 0.
    pub judgements: Vec<Judgement>,
    /// Why verdicts are what they are, each reason once; judgements name them by their positions, from 0.
    pub reasons: Vec<Reason>,
    /// The units with their answers, by location.
    pub units: Vec<UnitAnswer>,
    /// What to do, in order.
    pub packages: Vec<WorkPackage>,
    /// Names of deployments and the models behind them, sorted by name.
    pub deployments: Vec<DeploymentEntry>,
    /// Settings: old names, new names, values for each target.
    pub configuration: Vec<ConfigurationEntry>,
    /// All sites, by path and position.
    pub sites: Vec<Site>,
    /// The rules that found something, by id.
    pub rules: Vec<RuleNote>,
    /// Reasons to stay that code cannot show, to be asked of people.
    pub checklist: Vec<ChecklistItem>,
    /// What must hold in the world for the mechanical changes to be right.
    pub preconditions: Vec<Condition>,
    /// The weights that effort is computed with.
    pub weights: Vec<Weight>,
    /// What could not be looked at as it should.
    pub diagnostics: Vec<Trouble>,
}

/// Counts over a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Files of a kind that is scanned, which were read.
    pub files_read: u64,
    /// Files with at least one site or call.
    pub files_tied: u64,
    /// Sites.
    pub sites: u64,
    /// Units.
    pub units: u64,
    /// Calls on units.
    pub calls: u64,
    /// Sites by class, most first.
    pub by_class: Vec<Count>,
    /// Sites by severity, worst first.
    pub by_severity: Vec<Count>,
    /// Sites by folder, most first. Folders are as deep as needed to tell at most twelve of them apart.
    pub by_folder: Vec<Count>,
    /// Sites that belong to no unit.
    pub untied: u64,
}

/// How many there are of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// Of what.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// Whether something can go to a target. The worst decides for the whole: `ready` before `after-fix` before `needs-work`
/// before `unknown` before `unsupported`. What is unknown counts as neither a yes nor a no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing in the code has to change.
    Ready,
    /// A mechanical change is known; see its level.
    AfterFix,
    /// Somebody has to change code by hand.
    NeedsWork,
    /// The target does not have it.
    Unsupported,
    /// It could not be found out; never taken for a yes or a no.
    #[default]
    Unknown,
}

/// A verdict with what it rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The level of the change, for `after-fix`: `safe` or `unsafe`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub level: Option<FixLevel>,
    /// Why, the deciding reason first: positions among the report's reasons.
    pub reasons: Vec<u32>,
}

/// Why a verdict is what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// A sentence.
    pub says: String,
    /// The verdict that this reason alone would give.
    pub verdict: Verdict,
    /// Where it is in the code.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<Place>,
    /// The address of its source, for facts about a target.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// The day on which that was checked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub checked: Option<String>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file, relative to where the scan was started, with forward slashes.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in Unicode code points, from 1.
    pub column: u32,
}

impl From<&Location> for Place {
    fn from(location: &Location) -> Self {
        Self { path: location.path.clone(), line: location.start.line, column: location.start.column }
    }
}

/// How many calls (or units) have which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct VerdictCounts {
    /// `ready`.
    pub ready: u64,
    /// `after-fix` with a safe fix.
    pub after_safe_fix: u64,
    /// `after-fix` with a fix that is right if stated facts hold.
    pub after_unsafe_fix: u64,
    /// `needs-work`.
    pub needs_work: u64,
    /// `unsupported`.
    pub unsupported: u64,
    /// `unknown`.
    pub unknown: u64,
}

impl VerdictCounts {
    /// Counts one verdict, with the level of its change.
    pub fn add(&mut self, verdict: Verdict, level: Option<FixLevel>) {
        *match (verdict, level) {
            (Verdict::Ready, _) => &mut self.ready,
            (Verdict::AfterFix, Some(FixLevel::Safe)) => &mut self.after_safe_fix,
            (Verdict::AfterFix, _) => &mut self.after_unsafe_fix,
            (Verdict::NeedsWork, _) => &mut self.needs_work,
            (Verdict::Unsupported, _) => &mut self.unsupported,
            (Verdict::Unknown, _) => &mut self.unknown,
        } += 1;
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.ready + self.after_safe_fix + self.after_unsafe_fix + self.needs_work + self.unsupported + self.unknown
    }
}

/// The answer for one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetAnswer {
    /// The target's id: `bedrock`.
    pub id: String,
    /// Its name as readers know it.
    pub title: String,
    /// The answer in a sentence or two: `31 of 42 calls after the safe fix; 9 embeddings calls unknown; …`
    pub answer: String,
    /// The verdict for the whole: the worst of its units. What is unknown is worse than work, better than unsupported.
    pub verdict: Verdict,
    /// Calls by verdict.
    pub calls: VerdictCounts,
    /// Units by verdict.
    pub units: VerdictCounts,
    /// The parts of the API that are called, in the order in which the report lists them.
    pub apis: Vec<ApiAnswer>,
    /// How much work it is.
    pub effort: Effort,
    /// The base URL, with `{placeholders}`.
    pub base_url: String,
    /// What the key is and where it comes from.
    pub key: String,
    /// The form of a model's name.
    pub model: String,
    /// What to know before going there.
    pub notes: Vec<String>,
    /// Sources.
    pub links: Vec<String>,
    /// The day on which the facts were checked.
    pub checked: String,
}

/// What a target says of one part of the API, and how the calls of it fare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiAnswer {
    /// The part: `embeddings`.
    pub api: String,
    /// What the target has: `yes`, `no`, `partial`, `unknown`.
    pub support: String,
    /// What is said about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub says: Option<String>,
    /// The address of the source.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// Calls of it by verdict.
    pub calls: VerdictCounts,
}

/// A part of the API that is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiUse {
    /// Its id: `chat-completions`.
    pub id: String,
    /// Its name as readers know it.
    pub title: String,
    /// How many calls.
    pub calls: u64,
    /// Since when it is retired everywhere: `2026-08-26`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retired: Option<String>,
}

/// What must be done together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkPackage {
    /// Names it: `package-1`, in the order of doing.
    pub id: String,
    /// What it is, as a noun phrase.
    pub title: String,
    /// Why these things move together, one sentence each.
    pub because: Vec<String>,
    /// The units in it.
    pub units: Vec<String>,
    /// The files that it touches.
    pub files: Vec<String>,
    /// How many sites it holds.
    pub sites: u64,
    /// How many calls.
    pub calls: u64,
    /// Packages that must be done before.
    pub after: Vec<String>,
    /// By target id: the worst of its units, with the reasons that decide, as a position among the
    /// report's judgements.
    pub judgements: BTreeMap<String, u32>,
    /// By target id.
    pub efforts: BTreeMap<String, Effort>,
    /// What the mechanical part changes, keys masked.
    pub diffs: Vec<FileDiff>,
    /// What is left to do by hand, with the places.
    pub steps: Vec<ManualStep>,
}

/// A change of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileDiff {
    /// The file.
    pub path: String,
    /// The best level that all of the change can have.
    pub level: FixLevel,
    /// The command's step: none for the change in place, else the target's id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// The hunks of a unified diff, without the file header.
    pub hunks: String,
    /// True when the diff was too long and is cut.
    pub cut: bool,
}

/// Something to do by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManualStep {
    /// The rule.
    pub rule: String,
    /// What it is about.
    pub title: String,
    /// What to do, in Markdown, where the rule says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recipe: Option<String>,
    /// Why it is not done mechanically.
    pub reasons: Vec<String>,
    /// Where.
    pub places: Vec<Place>,
}

/// How much work something is: a range, and what it is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Effort {
    /// Minutes, at best.
    pub low: u64,
    /// Minutes, at worst.
    pub high: u64,
    /// What it is made of.
    pub parts: Vec<EffortPart>,
}

/// A part of the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EffortPart {
    /// The id of the weight.
    pub weight: String,
    /// How many.
    pub count: u64,
    /// Minutes for all of them, at best.
    pub low: u64,
    /// Minutes for all of them, at worst.
    pub high: u64,
}

/// How much one thing of a kind weighs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Weight {
    /// Its id: `safe-change`.
    pub id: String,
    /// What is done, as a noun phrase.
    pub says: String,
    /// Minutes for one, at best.
    pub low: u64,
    /// Minutes for one, at worst.
    pub high: u64,
    /// Why this range.
    pub because: String,
}

/// The name of a deployment and what is known of the model behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentEntry {
    /// The name, or the name of the variable that holds it.
    pub name: String,
    /// True for a variable.
    pub variable: bool,
    /// The model from the settings, where it is there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    /// How many calls it reaches.
    pub calls: u64,
    /// Where it stands.
    pub places: Vec<Place>,
}

/// A setting: what it is called now and what it will be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigurationEntry {
    /// What is read now: names of variables, or source text with constants masked.
    pub old: Vec<String>,
    /// The name of the new setting; none when nothing takes its place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub new: Option<String>,
    /// True when the value is a secret.
    pub secret: bool,
    /// The value or its shape, by target id.
    pub values: BTreeMap<String, String>,
    /// Where the old ones are read, and where documents set them.
    pub places: Vec<Place>,
}

/// A finding, as short as an inventory needs it: what it means stands with its rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Site {
    /// The rule's id.
    pub rule: String,
    /// What kind of site it is.
    pub class: Class,
    /// How serious it is.
    pub severity: Severity,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What stands there.
    pub local: String,
    /// What happens to it: `safe` or `unsafe` for a mechanical change that is known for this very place, else `manual`.
    pub fix: FixLevel,
    /// The units it belongs to.
    pub units: Vec<String>,
}

/// What a report says of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleNote {
    /// Its id.
    pub id: String,
    /// What it finds.
    pub title: String,
    /// Its class.
    pub class: Class,
    /// How many sites it found.
    pub sites: u64,
    /// Why it matters, in Markdown.
    pub why: String,
    /// Sources.
    pub links: Vec<String>,
    /// Package versions its facts were checked against.
    pub checked: BTreeMap<String, String>,
}

/// Something to ask people about before leaving.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChecklistItem {
    /// The question.
    pub asks: String,
    /// Why it matters.
    pub why: String,
    /// Sources.
    pub links: Vec<String>,
}

/// A fact about the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// The fact.
    pub says: String,
    /// A command that checks it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub check: Option<String>,
    /// How many files depend on it.
    pub files: u64,
}

/// Something that could not be looked at as it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trouble {
    /// The file, when it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// What happened and what it means.
    pub message: String,
}
