//! The units of the sample, with their calls.

use std::collections::BTreeMap;

use unmoor::{
    finding::EvidenceKind,
    migrate::assess::{CallAnswer, Place, SettingAnswer, StepAnswer, UnitAnswer, Verdict},
    rules::model::FixLevel,
    unit::{DeploymentUse, UnitKind},
};

use super::{Judged, Reasons, TARGETS, judge, own, place, worst};

fn named(name: &str) -> DeploymentUse {
    DeploymentUse { variable: name.contains('_'), name: name.to_owned() }
}

/// A unit without calls and answers.
fn unit(
    number: usize,
    kind: UnitKind,
    symbol: Option<&str>,
    local: &str,
    (path, line): (&str, u32),
    settings: &[&str],
    deployments: &[&str],
) -> UnitAnswer {
    let settings_file =
        if path.starts_with("services") { "services/api/app/settings.py" } else { "apps/web/src/config.ts" };
    UnitAnswer {
        id: format!("unit-{number}"),
        kind,
        symbol: symbol.map(str::to_owned),
        local: local.to_owned(),
        place: place(path, line),
        settings: (12..)
            .zip(settings)
            .map(|(line, name)| SettingAnswer { name: (*name).to_owned(), place: place(settings_file, line) })
            .collect(),
        deployments: deployments.iter().map(|name| named(name)).collect(),
        calls: Vec::new(),
        package: String::new(),
        sites: 0,
        tested: false,
        judgements: BTreeMap::new(),
        call_judgements: BTreeMap::new(),
    }
}

/// A call: part of the API, method, place, function, needs.
type Sketch<'a> = (&'a str, &'a str, (&'a str, u32), &'a str, &'a [&'a str]);

fn call(unit: &UnitAnswer, (api, method, (path, line), function, needs): Sketch<'_>) -> CallAnswer {
    let module = unit.place.path.rsplit_once('.').map_or("", |(module, _)| module).replace('/', ".");
    let mut chain = vec![StepAnswer {
        kind: EvidenceKind::Import,
        place: place(path, 4),
        text: format!("from {module} import client"),
    }];
    if unit.place.path == path {
        chain.clear();
    }
    CallAnswer {
        api: api.to_owned(),
        method: method.to_owned(),
        place: place(path, line),
        function: Some(function.to_owned()),
        needs: needs.iter().map(|need| (*need).to_owned()).collect(),
        deployment: unit.deployments.first().cloned(),
        chain,
    }
}

/// The answers for a unit: its own change, and what the targets have.
fn answered(
    mut unit: UnitAnswer,
    package: &str,
    sites: u64,
    tested: bool,
    change: impl Fn(&str) -> Judged,
    calls: &[Sketch<'_>],
    reasons: &mut Reasons,
) -> UnitAnswer {
    unit.calls = calls.iter().map(|sketch| call(&unit, *sketch)).collect();
    for (target, _) in TARGETS {
        let mine = change(target);
        let mut all: Vec<Judged> = unit.calls.iter().map(|call| judge(target, &call.api, &mine)).collect();
        let each = all.iter().map(|judged| reasons.judgement(judged)).collect();
        all.push(mine);
        unit.judgements.insert(target.to_owned(), reasons.judgement(&worst(&all)));
        unit.call_judgements.insert(target.to_owned(), each);
    }
    UnitAnswer { package: package.to_owned(), sites, tested, ..unit }
}

fn safe(target: &str) -> Judged {
    match target {
        "openai" => own(
            Verdict::AfterFix,
            Some(FixLevel::Safe),
            "The client, its key and its settings change together; the same request reaches the same resource.",
            None,
        ),
        _ => reviewed(target),
    }
}

fn reviewed(_: &str) -> Judged {
    own(
        Verdict::AfterFix,
        Some(FixLevel::Unsafe),
        "Names of deployments become names of models, which only people can match.",
        None,
    )
}

fn by_hand(_: &str) -> Judged {
    let place = Place { path: "services/search/index/client.py".to_owned(), line: 31, column: 5 };
    own(
        Verdict::NeedsWork,
        None,
        "A subclass overrides `_prepare_options`, so the change is not mechanical (see services/search/index/transport/interceptors/retrying_and_tracing_client.py).",
        Some(place),
    )
}

fn ready(target: &str) -> Judged {
    match target {
        "openai" => own(Verdict::Ready, None, "The client takes address and key from its settings already.", None),
        _ => reviewed(target),
    }
}

/// Eight units.
#[allow(clippy::too_many_lines, reason = "it is a list")]
pub(super) fn units(reasons: &mut Reasons) -> Vec<UnitAnswer> {
    const ROUTES: &str = "services/api/app/routes/chat.py";
    let api = &["SHOP_API_KEY", "SHOP_API_VERSION", "SHOP_ENDPOINT"];
    let chat = "chat.completions.create";
    vec![
        answered(
            unit(
                1,
                UnitKind::Client,
                Some("openai.AsyncAzureOpenAI"),
                "AsyncAzureOpenAI",
                ("services/api/app/clients.py", 18),
                api,
                &["chat-prod", "CHAT_DEPLOYMENT"],
            ),
            "package-1",
            14,
            true,
            safe,
            &[
                ("chat-completions", chat, (ROUTES, 42), "answer", &["streaming", "tools"]),
                ("chat-completions", chat, (ROUTES, 77), "summarise", &["structured-outputs"]),
                ("chat-completions", chat, ("services/api/app/routes/cart.py", 23), "Cart.explain", &[]),
                ("embeddings", "embeddings.create", ("services/api/app/search.py", 55), "embed_query", &[]),
            ],
            reasons,
        ),
        answered(
            unit(
                2,
                UnitKind::Client,
                Some("openai.AzureOpenAI"),
                "AzureOpenAI",
                ("services/api/app/jobs/nightly.py", 11),
                api,
                &["embed-3-large"],
            ),
            "package-1",
            6,
            false,
            safe,
            &[
                ("embeddings", "embeddings.create", ("services/api/app/jobs/nightly.py", 29), "refresh", &[]),
                ("embeddings", "embeddings.create", ("services/api/app/jobs/nightly.py", 61), "backfill", &[]),
            ],
            reasons,
        ),
        answered(
            unit(
                3,
                UnitKind::Client,
                Some("openai.AzureOpenAI"),
                "AzureOpenAI",
                ("apps/web/src/server/ai.ts", 7),
                &["SHOP_ENDPOINT"],
                &["chat-prod"],
            ),
            "package-2",
            9,
            true,
            reviewed,
            &[
                (
                    "responses",
                    "responses.create",
                    ("apps/web/src/server/assist.ts", 34),
                    "assist",
                    &["streaming", "web-search"],
                ),
                ("responses", "responses.create", ("apps/web/src/server/assist.ts", 80), "retry", &[]),
                ("images", "images.generate", ("apps/web/src/server/banner.ts", 16), "makeBanner", &[]),
            ],
            reasons,
        ),
        answered(
            unit(
                4,
                UnitKind::Declared,
                Some("openai.AzureOpenAI"),
                "client: AzureOpenAI",
                ("apps/web/src/server/speech.ts", 12),
                &[],
                &["VOICE_DEPLOYMENT"],
            ),
            "package-2",
            3,
            false,
            reviewed,
            &[
                ("audio", "audio.speech.create", ("apps/web/src/server/speech.ts", 20), "speak", &[]),
                ("audio", "audio.transcriptions.create", ("apps/web/src/server/speech.ts", 44), "listen", &[]),
            ],
            reasons,
        ),
        answered(
            unit(
                5,
                UnitKind::Client,
                Some("openai.AzureOpenAI"),
                "SearchClient",
                ("services/search/index/client.py", 31),
                &["SEARCH_KEY"],
                &[],
            ),
            "package-3",
            11,
            false,
            by_hand,
            &[
                ("chat-completions", chat, ("services/search/index/rerank.py", 90), "rerank", &["logprobs"]),
                ("embeddings", "embeddings.create", ("services/search/index/vectors.py", 12), "vectors", &[]),
            ],
            reasons,
        ),
        answered(
            unit(
                6,
                UnitKind::Client,
                Some("openai.AzureOpenAI"),
                "AzureOpenAI",
                ("services/support/bot.py", 9),
                api,
                &["chat-prod"],
            ),
            "package-4",
            5,
            false,
            by_hand,
            &[
                ("assistants", "beta.assistants.create", ("services/support/bot.py", 28), "setup", &[]),
                ("assistants", "beta.threads.runs.create_and_poll", ("services/support/bot.py", 51), "ask", &["tools"]),
            ],
            reasons,
        ),
        answered(
            unit(
                7,
                UnitKind::Request,
                None,
                "requests.post",
                ("scripts/smoke.py", 14),
                &["SHOP_ENDPOINT"],
                &["chat-prod"],
            ),
            "package-1",
            4,
            false,
            reviewed,
            &[("chat-completions", "chat/completions", ("scripts/smoke.py", 14), "main", &[])],
            reasons,
        ),
        answered(
            unit(8, UnitKind::Module, Some("openai"), "openai", ("services/legacy/faq.py", 3), &[], &["MODEL"]),
            "package-1",
            1,
            true,
            ready,
            &[("chat-completions", chat, ("services/legacy/faq.py", 19), "faq", &[])],
            reasons,
        ),
    ]
}
