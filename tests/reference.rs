//! What is said apart from packs (targets, the parts of the API, how much work things are): the built-in files tell what
//! reports rest on, and mistakes in users' files are told with their place and a cure.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{collections::BTreeSet, fs, path::Path};

use tempfile::TempDir;
use unmoor::rules::{
    RuleSet, apis,
    effort::Work,
    load,
    model::Class,
    support::{Status, Support},
};

/// A target that has no mistake yet.
const HARBOUR: &str = "title: Harbour
base-url: {value: 'https://harbour.example.invalid/v1'}
key: {is: a pass, from: The harbour master gives it.}
model: {form: the name of a ship}
links: []
checked: '2026-11-22'
";

/// A folder of a user's rules, by the paths of its files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn loaded(files: &[(&str, &str)]) -> RuleSet {
    load::with_folders(&[folder(files).path().to_owned()], false).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// What is said about the files: place, message and cure.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let folder = folder(files);
    let errors = load::with_folders(&[folder.path().to_owned()], false).err().unwrap_or_default();
    let name = |path: &Path| path.strip_prefix(folder.path()).unwrap().to_string_lossy().replace('\\', "/");
    let shown = |error: &load::RuleError| {
        format!("{}:{}:{}: {} | {}", name(&error.path), error.line, error.column, error.message, error.cure)
    };
    errors.iter().map(shown).collect()
}

/// The one thing that is said about a file.
fn only(name: &str, text: &str) -> String {
    let mut all = told(&[(name, text)]);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// The one thing that is said about a target with these lines more.
fn of_target(more: &str) -> String {
    only("targets/harbour.yaml", &format!("{HARBOUR}{more}"))
}

#[test]
fn every_part_and_need_that_is_promised_is_there() {
    let set = load::built_in().unwrap();
    let apis: Vec<&str> = set.apis().iter().map(|api| api.id.as_str()).collect();
    assert_eq!(
        apis,
        [
            "chat-completions",
            "completions",
            "responses",
            "embeddings",
            "images",
            "audio",
            "realtime",
            "batches",
            "files",
            "uploads",
            "fine-tuning",
            "vector-stores",
            "assistants",
            "moderations",
            "models",
            "conversations",
            "evals",
            "videos",
            "containers"
        ]
    );
    let needs: Vec<&str> = set.needs().iter().map(|need| need.id.as_str()).collect();
    assert_eq!(
        needs,
        [
            "streaming",
            "tools",
            "tool-choice",
            "parallel-tool-calls",
            "structured-outputs",
            "json-mode",
            "logprobs",
            "logit-bias",
            "several-choices",
            "image-input",
            "audio-input",
            "audio-output",
            "reasoning",
            "background",
            "server-tools",
            "conversation-state",
            "prediction",
            "on-your-data",
            "end-user",
            "seed"
        ]
    );
    let retired: Vec<&str> = set.apis().iter().filter(|api| api.retired.is_some()).map(|api| api.id.as_str()).collect();
    assert_eq!(retired, ["assistants"]);
    assert_eq!(apis::title("embeddings", set.apis()), "Embeddings");
    assert_eq!(apis::title(apis::OTHER, set.apis()), "Other calls");
}

#[test]
fn weights_are_there_for_all_work_and_reasons_to_stay_have_sources() {
    let set = load::built_in().unwrap();
    assert_eq!(set.weights().iter().map(|weight| weight.id).collect::<Vec<_>>(), Work::ALL);
    assert_eq!(Work::by_hand(Class::Auth), Work::ManualAuth);
    assert!(set.stay.len() >= 7);
    for reason in &set.stay {
        assert!(reason.asks.ends_with('?') && reason.why.ends_with('.') && !reason.links.is_empty(), "{reason:?}");
    }
}

#[test]
fn what_a_target_has_is_told_with_source_and_day() {
    let set = load::built_in().unwrap();
    let target = |id: &str| set.targets().iter().find(|target| target.id == id).unwrap();
    for target in set.targets() {
        assert_eq!(target.api("chat-completions").status, Status::Yes, "{}", target.id);
        // Nobody has it any more, and no target may say so.
        assert_ne!(target.api("assistants").status, Status::Yes, "{}", target.id);
    }
    let bedrock = target("bedrock");
    assert_eq!(bedrock.api("embeddings"), Support::default());
    assert_eq!(bedrock.need("responses", "background").status, Status::Partial);
    assert_eq!(bedrock.need("responses", "streaming").status, Status::Yes);
    assert_eq!(bedrock.need("chat-completions", "streaming").status, Status::Partial);
    let background = target("openai").need("responses", "background");
    assert_eq!(background.status, Status::Yes);
    assert!(background.source.is_some() && background.checked.is_some());
    let choice = target("ollama").need("chat-completions", "tool-choice");
    assert_eq!((choice.status, choice.checked.as_deref()), (Status::No, Some("2026-11-22")));
}

/// Sentences end as sentences do, and what rests on somebody else's reading says so.
#[test]
fn what_is_said_of_targets_is_a_sentence_and_names_secondary_sources() {
    let set = load::built_in().unwrap();
    let secondary = ["developersdigest.tech", "dev.to/"];
    for target in set.targets() {
        for (key, support) in target.file.apis.iter().chain(&target.file.needs) {
            let says = support.says.as_deref().unwrap_or_default();
            assert!(says.is_empty() || says.ends_with('.'), "{} {key}: {says}", target.id);
            let second = support.source.as_ref().is_some_and(|url| secondary.iter().any(|host| url.contains(host)));
            assert_eq!(second, says.contains("secondary source"), "{} {key}", target.id);
        }
    }
}

#[test]
fn a_key_that_nothing_knows_is_told_with_the_nearest() {
    let some = "{status: unknown}";
    let said = of_target(&format!("apis:\n  chat-completions: {some}\n  embedings: {some}\n"));
    assert!(said.starts_with("targets/harbour.yaml:9:3: there is no part of the API `embedings` | "), "{said}");
    assert!(said.contains("did you mean `embeddings`? the parts are `chat-completions`, "), "{said}");
    let said = of_target(&format!("needs:\n  \"steaming\": {some}\n"));
    assert!(
        said.starts_with("targets/harbour.yaml:8:4: there is no need `steaming` | did you mean `streaming`?"),
        "{said}"
    );
    let said = of_target(&format!("needs:\n  responses/seeds: {some}\n"));
    assert!(said.contains("8:3: there is no need `seeds` | did you mean `seed`?"), "{said}");
    let said = of_target(&format!("needs:\n  responces/seed: {some}\n"));
    assert!(said.contains("8:3: there is no part of the API `responces` | did you mean `responses`?"), "{said}");
}

#[test]
fn what_is_not_backed_by_a_source_is_told() {
    for status in ["yes", "no"] {
        // The entry of this name, not one whose name ends so.
        let said = of_target(&format!(
            "apis:\n  chat-completions: {{status: unknown}}\n  completions:\n    status: {status}\n"
        ));
        let wanted = format!("targets/harbour.yaml:9:3: `completions` is `{status}` without a source | add `source`");
        assert!(said.starts_with(&wanted), "{said}");
    }
    let source = "source: 'https://harbour.example.invalid'";
    let said = of_target(&format!("needs:\n  seed: {{status: partial, {source}}}\n"));
    assert_eq!(
        said,
        "targets/harbour.yaml:8:3: `seed` is `partial`, but nothing says in what way | add `says`, a sentence"
    );
    let said = of_target("needs:\n  seed: {status: no, source: harbour.example.invalid}\n");
    assert!(said.contains(":8:3: `harbour.example.invalid` is no URL | begin it with https://"), "{said}");
    let said = of_target(&format!("needs:\n  seed: {{status: no, {source}, checked: 2026-13-22}}\n"));
    assert_eq!(said, "targets/harbour.yaml:8:3: `2026-13-22` is no date | write it as 2026-11-22");
}

#[test]
fn what_the_format_does_not_know_is_told_with_its_place() {
    let said = of_target("needs:\n  seed: {status: maybe}\n");
    assert!(said.starts_with("targets/harbour.yaml:8:18: unknown variant `maybe`"), "{said}");
    let said = of_target("needs:\n  seed: {status: unknwon}\n");
    assert!(said.ends_with("| did you mean `unknown`?"), "{said}");
    let said = of_target("needs:\n  seed: {status: unknown, sauce: x}\n");
    assert!(said.contains(":8:27: unknown field `sauce`") && said.ends_with("schemas/target.schema.json"), "{said}");
    let said = only("apis.yaml", "apis:\n  - {id: tides, title: Tides, colour: blue}\n");
    assert!(said.starts_with("apis.yaml:2:31: unknown field `colour`"), "{said}");
    assert!(said.ends_with("schemas/apis.schema.json"), "{said}");
    let said = only("effort.yaml", "weights:\n  - {id: setting, says: a, low: 1, because: b.}\n");
    assert!(said.contains("missing field `high`") && said.ends_with("schemas/effort.schema.json"), "{said}");
    let said = only("acme/pack.yaml", "name: Acme\ndescription: d\nstay:\n  - {asks: Is it?, why: So., lnks: []}\n");
    assert!(said.starts_with("acme/pack.yaml:4:30: unknown field `lnks`"), "{said}");
    assert!(said.ends_with("schemas/pack.schema.json"), "{said}");
}

#[test]
fn mistakes_in_the_list_of_parts_are_told() {
    let said = only("apis.yaml", "apis:\n  - {id: Tide Tables, title: Tides}\n");
    assert!(said.starts_with("apis.yaml:2:10: `Tide Tables` is no id | write lower-case words"), "{said}");
    let said = only("apis.yaml", "needs:\n  - {id: oars/two, title: Oars}\n");
    assert!(said.contains("`oars/two` is no id"), "{said}");
    let said = only("apis.yaml", "apis:\n  - {id: other, title: Others}\n");
    assert!(said.starts_with("apis.yaml:2:10: `other` is built in | "), "{said}");
    let twice = "apis:\n  - {id: tides, title: Tides}\n  - {id: tides, title: More tides}\n";
    assert!(only("apis.yaml", twice).contains("there are two entries `tides` | leave one of them out"));
    let retired = "apis:\n  - {id: tides, title: Tides, retired: {since: soon, says: Gone., source: nowhere}}\n";
    let all = told(&[("apis.yaml", retired)]);
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all.iter().any(|said| said.contains("`soon` is no date")), "{all:?}");
    assert!(all.iter().any(|said| said.contains("`nowhere` is no URL")), "{all:?}");
}

#[test]
fn mistakes_in_weights_are_told() {
    let weight = |id: &str, low: u64, high: u64| {
        format!("weights:\n  - id: {id}\n    says: work\n    low: {low}\n    high: {high}\n    because: So.\n")
    };
    let said = only("effort.yaml", &weight("setting", 20, 10));
    assert_eq!(said, "effort.yaml:2:5: `setting`: `low` is 20, more than `high`, 10 | exchange them");
    let said = only("effort.yaml", &weight("call-tested", 0, 0));
    assert!(said.starts_with("effort.yaml:2:5: `call-tested` would be no work at all"), "{said}");
    let said = only("effort.yaml", &weight("setings", 1, 2));
    assert!(said.starts_with("effort.yaml:2:9: unknown variant `setings`"), "{said}");
    assert!(said.ends_with("| did you mean `setting`?"), "{said}");
    let said = only("effort.yaml", &weight("setting", 1, 2).replace("low: 1", "low: -1"));
    assert!(said.starts_with("effort.yaml:4:"), "{said}");
}

#[test]
fn a_link_of_a_pack_that_is_no_address_is_told() {
    let pack = "name: Acme\ndescription: d\nstay:\n  - {asks: Is it?, why: So., links: [acme.example]}\n";
    assert!(only("acme/pack.yaml", pack).starts_with("acme/pack.yaml:4:38: `acme.example` is no URL"));
}

#[test]
fn entries_of_users_add_to_the_built_in_ones_or_take_their_place() {
    let apis = "apis:\n  - {id: files, title: Our files}\n  - {id: tides, title: Tides}\n";
    let effort = "weights:\n  - {id: setting, says: a setting, low: 1, high: 2, because: We are quick.}\n";
    let harbour = format!("{HARBOUR}apis:\n  tides: {{status: yes, source: 'https://harbour.example.invalid'}}\n");
    let set = loaded(&[("apis.yaml", apis), ("effort.yaml", effort), ("targets/harbour.yaml", &harbour)]);
    let built_in = load::built_in().unwrap();
    assert_eq!(set.apis().len(), built_in.apis().len() + 1);
    let place = |set: &RuleSet| set.apis().iter().position(|api| api.id == "files");
    assert_eq!(place(&set), place(&built_in));
    assert_eq!(apis::title("files", set.apis()), "Our files");
    assert_eq!(set.needs().len(), built_in.needs().len());
    let weight = set.weights().iter().find(|weight| weight.id == Work::Setting).unwrap();
    assert_eq!((weight.low, weight.high), (1, 2));
    assert_eq!(set.weights().len(), Work::ALL.len());
    let harbour = set.targets().iter().find(|target| target.id == "harbour").unwrap();
    assert_eq!(harbour.api("tides").status, Status::Yes);
    let ids: BTreeSet<&str> = set.targets().iter().map(|target| target.id.as_str()).collect();
    assert_eq!(ids.len(), built_in.targets().len() + 1);
    assert_eq!(set.sources().count(), 3);
}

/// A folder that only replaces weights is a folder of rules, too.
#[test]
fn two_folders_must_not_give_the_same_entry() {
    let effort = "weights:\n  - {id: setting, says: a setting, low: 1, high: 2, because: We are quick.}\n";
    let (one, two) = (folder(&[("effort.yaml", effort)]), folder(&[("effort.yaml", effort)]));
    let errors = load::with_folders(&[one.path().to_owned(), two.path().to_owned()], true).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].message, "there are two entries `setting`");
    assert!(errors[0].path.starts_with(two.path()));
}
