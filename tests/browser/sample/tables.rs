//! Sites, rules, names and questions of the sample.

use std::collections::BTreeMap;

use unmoor::{
    migrate::assess::{
        ChecklistItem, Condition, ConfigurationEntry, DeploymentEntry, Effort, RuleNote, Site, TargetAnswer, Trouble,
        Verdict, VerdictCounts,
    },
    rules::model::{Class, FixLevel, Severity},
};

use super::{place, site, texts};

/// What a target expects.
pub(super) fn expectations(id: &str, title: &str) -> TargetAnswer {
    let (base_url, key, model, notes, links) = match id {
        "openai" => (
            "https://api.openai.com/v1",
            "A key of a project. It is made in the dashboard.",
            "A model id, such as `gpt-5.4-mini`.",
            texts(["Names of deployments have no meaning here."]),
            texts(["https://developers.openai.com/api/reference/overview"]),
        ),
        "bedrock" => (
            "https://bedrock-runtime.{region}.amazonaws.com/openai/v1",
            "A Bedrock API key. It is made in the console; a key of another provider does not work.",
            "A Bedrock model id; for newer models the full id of an inference profile.",
            texts([
                "The Responses API is synchronous and has no tools that run on the server.",
                "Short-lived keys end without a warning; code that uses them has to fetch new ones.",
            ]),
            texts([
                "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-responses-api.html",
                "https://docs.aws.amazon.com/bedrock/latest/userguide/inference_openai_batch_jobs_with_files_in_buckets.html",
            ]),
        ),
        _ => (
            "http://{host}:8000/v1",
            "What the server was started with: `--api-key`.",
            "The repository of the model, or the name it is served by.",
            texts(["The server ignores `user`, and has no `suffix`."]),
            texts(["https://docs.vllm.ai/en/stable/serving/online_serving.html"]),
        ),
    };
    TargetAnswer {
        id: id.to_owned(),
        title: title.to_owned(),
        answer: String::new(),
        verdict: Verdict::Unknown,
        calls: VerdictCounts::default(),
        units: VerdictCounts::default(),
        apis: Vec::new(),
        effort: Effort::default(),
        base_url: base_url.to_owned(),
        key: key.to_owned(),
        model: model.to_owned(),
        notes,
        links,
        checked: "2026-11-22".to_owned(),
    }
}

/// The sites, several for each unit and some for none.
#[allow(clippy::too_many_lines, reason = "it is a list")]
pub(super) fn sites() -> Vec<Site> {
    use Class::{Auth, Client, Config, Dependency, Endpoint, Feature, Import, Model, Response};
    use FixLevel::{Manual, Safe, Unsafe};
    use Severity::{Error, Note, Warning};
    let python = |name: &str| format!("azure-openai/python/{name}");
    let script = |name: &str| format!("azure-openai/javascript/{name}");
    let api = "services/api/app/clients.py";
    let chat = "services/api/app/routes/chat.py";
    let mut sites = vec![
        site(
            &script("client-openai"),
            (Client, Warning),
            ("apps/web/src/server/ai.ts", 7),
            "AzureOpenAI",
            Unsafe,
            "unit-3",
        ),
        site(
            &script("client-openai"),
            (Import, Warning),
            ("apps/web/src/server/ai.ts", 1),
            "AzureOpenAI",
            Unsafe,
            "unit-3",
        ),
        site(
            &script("model-deployment"),
            (Model, Warning),
            ("apps/web/src/server/ai.ts", 9),
            "deployment: \"chat-prod\"",
            Unsafe,
            "unit-3 unit-4",
        ),
        site(
            &script("model-deployment"),
            (Model, Warning),
            ("apps/web/src/server/speech.ts", 20),
            "VOICE_DEPLOYMENT",
            Manual,
            "unit-4",
        ),
        site(&script("dependency"), (Dependency, Note), ("apps/web/package.json", 14), "@azure/openai", Manual, ""),
        site(&python("client-openai"), (Import, Warning), (api, 2), "AsyncAzureOpenAI", Safe, "unit-1"),
        site(&python("client-openai"), (Client, Warning), (api, 18), "AsyncAzureOpenAI", Safe, "unit-1"),
        site(&python("config-version"), (Config, Warning), (api, 21), "api_version=\"2024-06-01\"", Safe, "unit-1"),
        site(
            &python("config-settings"),
            (Config, Warning),
            ("services/api/app/settings.py", 12),
            "SHOP_API_VERSION",
            Safe,
            "unit-1 unit-2",
        ),
        site(&python("auth-token-provider"), (Auth, Warning), (api, 20), "azure_ad_token_provider", Safe, "unit-1"),
        site(&python("response-filter"), (Response, Warning), (chat, 58), "content_filter_results", Manual, "unit-1"),
        site(
            &python("response-filter"),
            (Response, Warning),
            (chat, 61),
            "choice.content_filter_results[\"hate\"][\"severity\"] == \"safe\" and not blocked",
            Manual,
            "unit-1",
        ),
        site(
            &python("feature-assistants"),
            (Feature, Error),
            ("services/support/bot.py", 28),
            "beta.assistants.create",
            Manual,
            "unit-6",
        ),
        site(
            &python("feature-assistants"),
            (Feature, Error),
            ("services/support/bot.py", 51),
            "beta.threads.runs.create_and_poll",
            Manual,
            "unit-6",
        ),
        site(
            &python("endpoint-host"),
            (Endpoint, Warning),
            ("scripts/smoke.py", 14),
            "https://shop.openai.azure.com/openai/deployments/chat-prod/chat/completions",
            Unsafe,
            "unit-7",
        ),
        site(
            &python("client-openai"),
            (Client, Warning),
            ("services/search/index/client.py", 31),
            "AzureOpenAI",
            Manual,
            "unit-5",
        ),
        site(
            "own-rules/in-house",
            (Config, Note),
            ("services/api/deploy/values.yaml", 8),
            "openai.resource",
            Manual,
            "",
        ),
    ];
    for at in 0..24 {
        let (name, line) = (["nightly", "refresh", "report"][at % 3], 10 + 3 * at as u32);
        let path = format!("services/api/app/jobs/{name}.py");
        sites.push(site(&python("config-version"), (Config, Warning), (&path, line), "api_version", Safe, "unit-2"));
    }
    sites.sort_by(|a, b| a.place.cmp(&b.place));
    sites
}

/// The rules of the sites.
pub(super) fn rules(sites: &[Site]) -> Vec<RuleNote> {
    let why = "The client builds its own addresses and sends the key in a header that other services do not know:\n\n- the `api-version` pins what may be asked for,\n- the deployment's name hides the model.\n\nThe plain client reaches the same resource.";
    let mut rules: BTreeMap<&str, RuleNote> = BTreeMap::new();
    for site in sites {
        let title = site.rule.rsplit('/').next().unwrap_or_default().replace('-', " ");
        let rule = rules.entry(&site.rule).or_insert_with(|| RuleNote {
            id: site.rule.clone(),
            title: format!("Vendor’s {title} in `{}`", site.rule.split('/').nth(1).unwrap_or_default()),
            class: site.class,
            sites: 0,
            why: why.to_owned(),
            links: texts([
                "https://learn.microsoft.com/en-us/azure/foundry/openai/api-version-lifecycle",
                "handbook, page 12",
            ]),
            checked: BTreeMap::from([("openai".to_owned(), "3.54.0".to_owned())]),
        });
        rule.sites += 1;
    }
    let mut rules: Vec<RuleNote> = rules.into_values().collect();
    // One site's rule is not among the rules, as can be with data that is older than the page.
    rules.retain(|rule| rule.id != "own-rules/in-house");
    rules
}

pub(super) fn deployments() -> Vec<DeploymentEntry> {
    let entry = |name: &str, variable, model: Option<&str>, calls, places: &[(&str, u32)]| DeploymentEntry {
        name: name.to_owned(),
        variable,
        model: model.map(str::to_owned),
        calls,
        places: places.iter().map(|(path, line)| place(path, *line)).collect(),
    };
    vec![
        entry("CHAT_DEPLOYMENT", true, Some("gpt-5.4-mini"), 4, &[("services/api/app/settings.py", 15)]),
        entry("VOICE_DEPLOYMENT", true, Some(""), 2, &[("apps/web/src/config.ts", 8)]),
        entry(
            "chat-prod",
            false,
            Some("gpt-5.4-mini"),
            9,
            &[("apps/web/src/server/ai.ts", 9), ("services/support/bot.py", 12), ("scripts/smoke.py", 14)],
        ),
        entry("embed-3-large", false, None, 2, &[("services/api/app/jobs/nightly.py", 13)]),
    ]
}

pub(super) fn configuration() -> Vec<ConfigurationEntry> {
    let values = |values: [&str; 3]| {
        ["openai", "bedrock", "vllm"]
            .into_iter()
            .zip(values)
            .filter(|(_, value)| !value.is_empty())
            .map(|(id, value)| (id.to_owned(), value.to_owned()))
            .collect()
    };
    let entry = |old: &[&str], new: Option<&str>, secret, each, line| ConfigurationEntry {
        old: old.iter().map(|name| (*name).to_owned()).collect(),
        new: new.map(str::to_owned),
        secret,
        values: values(each),
        places: vec![place("services/api/app/settings.py", line), place("apps/web/src/config.ts", line)],
    };
    vec![
        entry(
            &["SHOP_ENDPOINT", "settings.endpoint"],
            Some("OPENAI_BASE_URL"),
            false,
            [
                "https://api.openai.com/v1",
                "https://bedrock-runtime.{region}.amazonaws.com/openai/v1",
                "http://{host}:8000/v1",
            ],
            12,
        ),
        entry(
            &["SHOP_API_KEY"],
            Some("OPENAI_API_KEY"),
            true,
            ["{key of a project}", "{Bedrock API key}", "{key of the server}"],
            13,
        ),
        entry(
            &["CHAT_DEPLOYMENT", "\"chat-prod\""],
            Some("OPENAI_MODEL_CHAT_PROD"),
            false,
            ["gpt-5.4-mini", "", ""],
            15,
        ),
        entry(&["SHOP_API_VERSION"], None, false, ["", "", ""], 14),
    ]
}

pub(super) fn checklist() -> Vec<ChecklistItem> {
    let item =
        |asks: &str, why: &str, links: Vec<String>| ChecklistItem { asks: asks.to_owned(), why: why.to_owned(), links };
    vec![
        item(
            "Do services sign in with roles instead of keys?",
            "Roles of the cloud's directory end at its border. Elsewhere keys or another form of sign-in take their place.",
            texts(["https://learn.microsoft.com/en-us/azure/foundry/openai/how-to/role-based-access-control"]),
        ),
        item(
            "Is the resource reachable only from a private network?",
            "Calls to another service leave that network; somebody has to allow it.",
            Vec::new(),
        ),
        item(
            "Must data stay in a region, by contract or law?",
            "The region of the resource is part of the promise to customers. Not every target offers the same regions.",
            Vec::new(),
        ),
        item(
            "Is throughput paid for in advance?",
            "A commitment runs on after the code has left.",
            texts(["https://learn.microsoft.com/en-us/azure/foundry/openai/concepts/provisioned-throughput"]),
        ),
    ]
}

pub(super) fn preconditions() -> Vec<Condition> {
    let condition = |says: &str, check: Option<&str>, files| Condition {
        says: says.to_owned(),
        check: check.map(str::to_owned),
        files,
    };
    vec![
        condition(
            "The resource serves `/openai/v1/`.",
            Some(
                "curl -sS -o /dev/null -w '%{http_code}\\n' -H \"api-key: $SHOP_API_KEY\" \"${SHOP_ENDPOINT%/}/openai/v1/models\"",
            ),
            4,
        ),
        condition("No gateway in front rewrites paths.", None, 1),
    ]
}

pub(super) fn diagnostics() -> Vec<Trouble> {
    let trouble = |path: Option<&str>, line, message: &str| Trouble {
        path: path.map(str::to_owned),
        line,
        message: message.to_owned(),
    };
    vec![
        trouble(Some("notebooks/demo.ipynb"), None, "The notebook is not valid JSON, so nothing in it was looked at."),
        trouble(
            Some("services/legacy/old.py"),
            Some(88),
            "The file stops making sense here; what follows was looked at as far as it could be read.",
        ),
        trouble(None, None, "2 folders could not be opened: permission denied."),
    ]
}
