//! The work packages of the sample.

use std::collections::BTreeMap;

use unmoor::{
    migrate::assess::{FileDiff, ManualStep, UnitAnswer, WorkPackage},
    rules::model::FixLevel,
};

use super::{Reasons, TARGETS, effort, place, texts, worst};

const CLIENTS: &str = "\
@@ -1,22 +1,18 @@
 import os
-from openai import AsyncAzureOpenAI
+from openai import AsyncOpenAI
 
 from .settings import settings
 
-client = AsyncAzureOpenAI(
-    azure_endpoint=settings.endpoint,
+client = AsyncOpenAI(
+    base_url=f\"{settings.endpoint.rstrip('/')}/openai/v1/\",
     api_key=settings.api_key,
-    api_version=\"2024-06-01\",
     timeout=30,
 )
@@ -40,3 +36,3 @@ async def answer(question: str) -> AsyncIterator[str]:
     stream = await client.chat.completions.create(
-        model=settings.deployment,
+        model=settings.model,
         stream=True,
";

const SETTINGS: &str = "\
@@ -3,5 +3,5 @@
 SHOP_ENDPOINT=https://shop.example/
-SHOP_API_VERSION=2024-06-01
-CHAT_DEPLOYMENT=chat-prod
+OPENAI_BASE_URL=https://api.openai.com/v1
+OPENAI_MODEL_CHAT_PROD=
 LOG_LEVEL=info
";

const SERVER: &str = "\
@@ -1,12 +1,11 @@
-import { AzureOpenAI } from \"openai\";
+import OpenAI from \"openai\";
 
-export const ai = new AzureOpenAI({
-  endpoint: process.env.SHOP_ENDPOINT,
-  deployment: \"chat-prod\",
-  apiVersion: \"2025-01-01-preview\",
+export const ai = new OpenAI({
+  baseURL: required(\"OPENAI_BASE_URL\"),
+  apiKey: required(\"OPENAI_API_KEY\"),
 });
";

const RECIPE: &str = "\
1. Move the override into a `fetch` or an HTTP client that you give to the plain client:

   ```python
   client = OpenAI(http_client=TracingClient())
   ```

2. Delete the subclass when nothing else refers to it.
3. **Check** that retries still see the `retry-after-ms` header; see the [notes on retries](https://example.com/retries).
";

fn diff(path: &str, level: FixLevel, target: Option<&str>, hunks: &str, cut: bool) -> FileDiff {
    FileDiff { path: path.to_owned(), level, target: target.map(str::to_owned), hunks: hunks.to_owned(), cut }
}

fn step(rule: &str, title: &str, recipe: Option<&str>, reason: &str, places: &[(&str, u32)]) -> ManualStep {
    ManualStep {
        rule: rule.to_owned(),
        title: title.to_owned(),
        recipe: recipe.map(str::to_owned),
        reasons: texts([reason]),
        places: places.iter().map(|(path, line)| place(path, *line)).collect(),
    }
}

/// A package without what is particular to it; its numbers come from its units.
fn package(
    number: usize,
    title: &str,
    units: &[UnitAnswer],
    reasons: &mut Reasons,
    work: [[u64; 5]; 3],
) -> WorkPackage {
    let id = format!("package-{number}");
    let own: Vec<&UnitAnswer> = units.iter().filter(|unit| unit.package == id).collect();
    let mut files: Vec<String> = own.iter().map(|unit| unit.place.path.clone()).collect();
    files.extend(own.iter().flat_map(|unit| &unit.calls).map(|call| call.place.path.clone()));
    files.sort();
    files.dedup();
    let mut judgement = |target: &str| {
        let worst = worst(&own.iter().map(|unit| reasons.get(unit.judgements[target])).collect::<Vec<_>>());
        reasons.judgement(&worst)
    };
    WorkPackage {
        title: title.to_owned(),
        because: Vec::new(),
        units: own.iter().map(|unit| unit.id.clone()).collect(),
        sites: own.iter().map(|unit| unit.sites).sum(),
        calls: own.iter().map(|unit| unit.calls.len() as u64).sum(),
        after: Vec::new(),
        judgements: TARGETS.iter().map(|(target, _)| ((*target).to_owned(), judgement(target))).collect(),
        efforts: TARGETS
            .iter()
            .zip(work)
            .map(|((target, _), work)| ((*target).to_owned(), effort(work)))
            .collect::<BTreeMap<_, _>>(),
        diffs: Vec::new(),
        steps: Vec::new(),
        files,
        id,
    }
}

/// Four packages.
pub(super) fn packages(units: &[UnitAnswer], reasons: &mut Reasons) -> Vec<WorkPackage> {
    let clients = "azure-openai/python/client-openai";
    let many: Vec<(&str, u32)> = (0..9).map(|at| ("services/search/index/rerank.py", 20 + 7 * at)).collect();
    vec![
        WorkPackage {
            because: texts([
                "They read the same settings: `SHOP_ENDPOINT`, `SHOP_API_KEY`.",
                "They run in one process, where `OPENAI_BASE_URL` must mean the same for all of them.",
            ]),
            diffs: vec![
                diff("services/api/app/clients.py", FixLevel::Safe, None, CLIENTS, false),
                diff("services/api/.env.example", FixLevel::Unsafe, Some("openai"), SETTINGS, true),
            ],
            steps: vec![step(
                "azure-openai/python/response-filter",
                "Results of the content filter are read",
                None,
                "Elsewhere answers do not have this field.",
                &[("services/api/app/routes/chat.py", 58), ("services/api/app/routes/chat.py", 61)],
            )],
            ..package(
                1,
                "Chat and search of the `api` service",
                units,
                reasons,
                [[4, 1, 2, 8, 2], [4, 3, 2, 8, 2], [4, 3, 2, 8, 2]],
            )
        },
        WorkPackage {
            because: texts(["The client of `ai.ts` is passed to `speech.ts`."]),
            diffs: vec![diff("apps/web/src/server/ai.ts", FixLevel::Unsafe, None, SERVER, false)],
            steps: vec![step(
                "azure-openai/javascript/model-deployment",
                "A deployment's name stands in the code",
                Some("Name the model instead, or read it from a setting."),
                "The model behind `VOICE_DEPLOYMENT` is not known.",
                &[("apps/web/src/server/speech.ts", 20)],
            )],
            ..package(
                2,
                "The web application's server",
                units,
                reasons,
                [[0, 3, 1, 5, 1], [0, 3, 4, 5, 1], [0, 3, 6, 5, 1]],
            )
        },
        WorkPackage {
            because: texts(["One subclass serves both jobs."]),
            after: texts(["package-1"]),
            steps: vec![step(
                clients,
                "A subclass of the client changes its requests",
                Some(RECIPE),
                "`_prepare_options` is private to the client and differs between editions.",
                &many,
            )],
            ..package(
                3,
                "Search index with a client of its own",
                units,
                reasons,
                [[0, 0, 11, 2, 1], [0, 0, 11, 2, 1], [0, 0, 11, 2, 1]],
            )
        },
        WorkPackage {
            because: texts(["Assistants, threads and runs refer to each other."]),
            after: texts(["package-1", "package-3"]),
            steps: vec![step(
                "azure-openai/python/feature-assistants",
                "Assistants were shut down",
                Some("Move to Responses with Conversations; **no** target keeps the old form."),
                "The API does not answer any more.",
                &[("services/support/bot.py", 28), ("services/support/bot.py", 51)],
            )],
            ..package(4, "Support bot on Assistants", units, reasons, [[0, 0, 5, 2, 1]; 3])
        },
    ]
}
