//! The catalogue of calls: what it says of calls as people write them, mistakes in its files, and whether it agrees with
//! the installed SDKs (`scripts/test.sh` installs them; without them those tests are skipped, loudly, and fail when `CI`
//! is set).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may")]

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use unmoor::{
    lang::Language,
    rules::{RuleSet, apis::OTHER, calls::Catalogue, load, pattern::SymbolSet},
};

fn built_in() -> RuleSet {
    load::built_in().expect("the built-in rules load")
}

/// Client, method and API of a call, and what transparent parts of its path need.
fn said(catalogue: &Catalogue, path: &str) -> String {
    let Some(found) = catalogue.call(path).or_else(|| catalogue.module_call(path)) else { return "nothing".to_owned() };
    let mut said = format!("{} | {} | {}", found.api, found.client, found.method);
    if !found.needs.is_empty() {
        said = format!("{said} | {}", found.needs.join(" "));
    }
    said
}

fn check(language: Language, cases: &[(&str, &str)]) {
    let set = built_in();
    let catalogue = Catalogue::new(&set, language);
    for (path, wanted) in cases {
        assert_eq!(said(&catalogue, path), *wanted, "{path}");
    }
}

#[test]
fn calls_in_python() {
    check(
        Language::Python,
        &[
            (
                "openai.AzureOpenAI().chat.completions.create",
                "chat-completions | openai.AzureOpenAI() | chat.completions.create",
            ),
            (
                "openai.AsyncAzureOpenAI().with_options().chat.completions.with_raw_response.create",
                "chat-completions | openai.AsyncAzureOpenAI() | chat.completions.create",
            ),
            (
                "openai.OpenAI().beta.threads.runs.create_and_poll",
                "assistants | openai.OpenAI() | beta.threads.runs.create_and_poll",
            ),
            (
                "openai.OpenAI().beta.chat.completions.parse",
                "chat-completions | openai.OpenAI() | beta.chat.completions.parse",
            ),
            (
                "openai.AzureOpenAI().vector_stores.files.upload",
                "vector-stores | openai.AzureOpenAI() | vector_stores.files.upload",
            ),
            ("openai.AzureOpenAI().files.content().read", "nothing"),
            ("openai.AzureOpenAI().chat.completions.create().choices[].message.model_dump", "nothing"),
            ("openai.ChatCompletion.acreate", "chat-completions | openai | ChatCompletion.acreate"),
            ("openai.embeddings.create", "embeddings | openai | embeddings.create"),
            ("litellm.acompletion", "chat-completions | litellm | acompletion"),
            (
                "langchain_openai.AzureChatOpenAI().invoke",
                "chat-completions | langchain_openai.AzureChatOpenAI() | invoke",
            ),
            (
                "langchain_openai.chat_models.azure.AzureChatOpenAI().bind_tools().astream",
                "chat-completions | langchain_openai.chat_models.azure.AzureChatOpenAI() | astream | tools",
            ),
            (
                "langchain_openai.ChatOpenAI().with_structured_output().invoke",
                "chat-completions | langchain_openai.ChatOpenAI() | invoke | structured-outputs",
            ),
            ("langchain_openai.AzureOpenAI()", "completions | langchain_openai.AzureOpenAI() | ()"),
            (
                "langchain_openai.AzureOpenAIEmbeddings().embed_query",
                "embeddings | langchain_openai.AzureOpenAIEmbeddings() | embed_query",
            ),
            (
                "llama_index.llms.azure_openai.AzureOpenAI().complete",
                "chat-completions | llama_index.llms.azure_openai.AzureOpenAI() | complete",
            ),
            (
                "azure.ai.projects.AIProjectClient().get_openai_client().responses.create",
                "responses | azure.ai.projects.AIProjectClient().get_openai_client() | responses.create",
            ),
            (
                "azure.ai.inference.aio.ChatCompletionsClient().complete",
                "chat-completions | azure.ai.inference.aio.ChatCompletionsClient() | complete",
            ),
            ("myapp.AzureOpenAI().chat.completions.create", "nothing"),
            ("langchain_openai.AzureChatOpenAI().bind_tools", "nothing"),
        ],
    );
}

#[test]
fn calls_in_javascript() {
    check(
        Language::JavaScript,
        &[
            ("openai.AzureOpenAI().responses.stream", "responses | openai.AzureOpenAI() | responses.stream"),
            (
                "openai.default().chat.completions.create",
                "chat-completions | openai.default() | chat.completions.create",
            ),
            (
                "openai.OpenAI().withOptions().fineTuning.jobs.create",
                "fine-tuning | openai.OpenAI() | fineTuning.jobs.create",
            ),
            ("openai.OpenAIApi().createChatCompletion", "chat-completions | openai.OpenAIApi() | createChatCompletion"),
            ("@azure/openai.OpenAIClient().getEmbeddings", "embeddings | @azure/openai.OpenAIClient() | getEmbeddings"),
            (
                "@azure-rest/ai-inference.default().path().post",
                "other | @azure-rest/ai-inference.default() | path().post",
            ),
            (
                "@langchain/openai.AzureChatOpenAI().bindTools().pipe().invoke",
                "chat-completions | @langchain/openai.AzureChatOpenAI() | invoke | tools",
            ),
            ("@ai-sdk/azure.createAzure().chat", "nothing"),
        ],
    );
}

/// The APIs by which a function or an agent uses what it is given, for what is given to it.
fn apis_given<'c>(catalogue: &'c Catalogue, to: &str, value: &str) -> Vec<&'c str> {
    catalogue
        .given_to(to)
        .iter()
        .filter(|given| given.fits(value))
        .filter_map(unmoor::rules::calls::Given::api)
        .collect()
}

#[test]
fn models_decide_which_api_a_function_uses() {
    let set = built_in();
    let catalogue = Catalogue::new(&set, Language::JavaScript);
    let apis = |to, value| apis_given(&catalogue, to, value);
    assert_eq!(apis("ai.generateText", "@ai-sdk/azure.createAzure().chat()"), ["chat-completions"]);
    assert_eq!(apis("ai.streamText", "@ai-sdk/azure.azure.responses()"), ["responses"]);
    assert_eq!(apis("ai.generateText", "@ai-sdk/azure.createAzure()()"), ["responses", "chat-completions", OTHER]);
    assert_eq!(apis("ai.embed", "@ai-sdk/azure.createAzure().textEmbedding()"), ["embeddings"]);
    assert_eq!(apis("ai.generateText", "@ai-sdk/anthropic.anthropic()"), [""; 0]);
    for client in ["@ai-sdk/azure.createAzure()", "@ai-sdk/azure.createAzure().chat()", "@ai-sdk/azure.azure()"] {
        assert!(catalogue.is_client(client), "{client}");
    }

    let catalogue = Catalogue::new(&set, Language::Python);
    let held = catalogue.held("pydantic_ai.Agent().run_sync");
    let apis: Vec<_> = held.iter().filter(|held| held.given.fits("x.Model()")).map(|held| held.given.api()).collect();
    assert_eq!(apis, [Some("chat-completions")]);
    let held = catalogue.held("instructor.from_openai().chat.completions.create");
    assert_eq!((&*held[0].maker, held[0].given.api()), ("instructor.from_openai", Some("chat-completions")));
}

#[test]
fn needs_of_real_calls() {
    let set = built_in();
    let catalogue = Catalogue::new(&set, Language::Python);
    for (api, method, arguments, wanted) in [
        ("chat-completions", "chat.completions.create", &[("stream", "True"), ("tools", "")][..], "streaming tools"),
        ("chat-completions", "beta.chat.completions.parse", &[("response_format", "")], "structured-outputs"),
        ("chat-completions", "chat.completions.create", &[("parallel_tool_calls", "False")], "parallel-tool-calls"),
        ("chat-completions", "chat.completions.create", &[("response_format.type", "json_object")], "json-mode"),
        ("chat-completions", "chat.completions.create", &[("extra_body.data_sources", "")], "on-your-data"),
        ("images", "images.generate", &[("background", "transparent"), ("n", "2")], ""),
        (
            "responses",
            "responses.create",
            &[("background", "True"), ("tools[].type", "web_search_preview")],
            "background server-tools",
        ),
        ("chat-completions", "astream_events", &[], "streaming"),
    ] {
        let arguments: Vec<(String, Option<String>)> = arguments
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (!value.is_empty()).then(|| (*value).to_owned())))
            .collect();
        assert_eq!(catalogue.needs(api, method, &arguments).join(" "), wanted, "{method} {arguments:?}");
    }
}

/// What loading a pack with this `calls.yaml` says.
fn told(calls: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/calls.yaml"), calls).unwrap();
    let errors = load::with_folders(&[folder.path().to_owned()], false).err().unwrap_or_default();
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    shown.join("\n").replace(&format!("{}/mine/", folder.path().display()), "")
}

#[test]
fn a_pack_of_the_users_adds_to_the_catalogue() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    let calls = "python: {clients: [{on: [acme.Client()], calls: {chat-completions: [ask]}}]}\n";
    fs::write(folder.path().join("mine/calls.yaml"), calls).unwrap();
    let set = load::with_folders(&[folder.path().to_owned()], true).unwrap();
    let catalogue = Catalogue::new(&set, Language::Python);
    assert_eq!(said(&catalogue, "acme.Client().ask"), "chat-completions | acme.Client() | ask");
    assert_eq!(said(&catalogue, "openai.OpenAI().models.list"), "models | openai.OpenAI() | models.list");
}

#[test]
fn mistakes_are_told_with_line_and_cure() {
    for (calls, wanted) in [
        ("pythn: {}\n", "calls.yaml:1:1: unknown field `pythn`"),
        ("python:\n  clients:\n    - on: [a.B()]\n      method: [x]\n", "calls.yaml:4:7: unknown field `method`"),
        ("python:\n  clients:\n    - calls: {a: [x]}\n", "missing field `on`"),
        ("python:\n  clients:\n    - on: []\n", "calls.yaml:3:7: the list `on` is empty\n  help: add an entry"),
        (
            "python:\n  clients:\n    - on: [a.B()]\n      calls: {chat: []}\n",
            "calls.yaml:4:15: the list `chat` is empty",
        ),
        ("python:\n  clients:\n    - on: ['a b']\n", "calls.yaml:3:13: a symbol cannot hold ' '"),
        ("python:\n  clients:\n    - on: [a.B()]\n      calls: {Chat: [x]}\n", "calls.yaml:4:15: `Chat` is no id"),
        ("python:\n  clients:\n    - on: [a.B()]\n      calls: {chat: [x], files: [x]}\n", "`x` is named twice"),
        ("python:\n  clients:\n    - {on: [a.B()], ignores: [x]}\n", "`ignores` has no meaning without `others`"),
        ("python:\n  transparent: [a.b]\n", "calls.yaml:2:17: `a.b` is no part of a chain"),
        (
            "python:\n  given:\n    - {to: [a.b], argument: [], api: chat}\n",
            "nothing says which argument is the client",
        ),
        ("python:\n  given:\n    - {to: [a.b], argument: [x]}\n", "nothing says which part of the API is used"),
        ("python:\n  given:\n    - {to: [a.b], argument: [x], api: chat, same: true}\n", "`same` stands beside"),
        ("python:\n  modules:\n    - {module: a, calls: {}}\n", "nothing is called in this module"),
        ("needs:\n  - {need: tools}\n", "calls.yaml:2:12: nothing says when `tools` is needed"),
        ("needs:\n  - {need: tools, arguments: ['=x']}\n", "`=x` is no argument"),
        ("needs:\n  - {need: tools, parts: [bind()]}\n", "`bind()` is not in `transparent`"),
        ("paths:\n  - {path: '/a?b', api: chat}\n", "`/a?b` is no path"),
        ("paths: [", "calls.yaml"),
        ("- a\n", "calls.yaml:1:1"),
    ] {
        let told = told(calls);
        assert!(told.contains(wanted), "{calls}\nwanted: {wanted}\ntold: {told}");
    }
    assert!(told("pythn: {}\n").contains("schemas/calls.schema.json"));
    assert_eq!(told("{}\n"), "");
}

fn extras() -> Option<PathBuf> {
    let folder = std::env::var_os("UNMOOR_EXTRAS").map(|extras| PathBuf::from(extras).join("wire"));
    if folder.is_none() {
        assert!(std::env::var_os("CI").is_none(), "the SDKs are missing; run scripts/test.sh");
        eprintln!("SKIPPED: the SDKs are not installed; scripts/test.sh installs them and runs this test");
    }
    folder
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calls").join(name)
}

/// The lines that a program writes.
fn lines(program: &Path, arguments: &[&Path], input: &str) -> BTreeSet<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the interpreter starts");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{} {arguments:?}", program.display());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Parts of the SDK's API that the catalogue has no id for: calls of them are found as `other`.
const WITHOUT_ID: &[&str] = &[
    "admin",
    "beta.agents",
    "beta.chatkit",
    "content_provenance_checks",
    "contentProvenanceChecks",
    "decisions",
    "live",
    "safety",
    "skills",
    "webhooks",
];

/// Members that send nothing.
const LOCAL: &[&str] = &["webhooks.unwrap", "webhooks.verify_signature", "webhooks.verifySignature"];

/// Compares the catalogue with the methods that the SDK has, in both directions.
fn compare(language: Language, client: &str, methods: &BTreeSet<String>) {
    let set = built_in();
    let catalogue = Catalogue::new(&set, language);
    assert!(methods.len() > 200, "{methods:?}");
    for method in methods {
        let path = format!("{client}.{method}");
        let without_id = WITHOUT_ID.iter().any(|part| method.starts_with(&format!("{part}.")));
        if LOCAL.contains(&method.as_str()) {
            assert_eq!((catalogue.call(&path), catalogue.on_client(&path)), (None, None), "{path}");
        } else if without_id {
            assert_eq!((catalogue.call(&path), catalogue.on_client(&path)), (None, Some(method.clone())), "{path}");
        } else {
            assert_eq!(catalogue.call(&path).map(|found| found.method).as_ref(), Some(method), "{path}");
        }
    }
    let groups = set.calls.iter().flat_map(|source| &source.file().of(language).clients);
    let patterns = groups.filter(|group| group.on.iter().any(|on| on == client)).flat_map(|group| group.calls.values());
    for pattern in patterns.flatten() {
        let meant = SymbolSet::of(std::slice::from_ref(pattern)).unwrap();
        assert!(methods.iter().any(|method| meant.contains(method)), "no version of the SDK has `{pattern}`");
    }
}

#[test]
fn the_python_sdk_is_covered() {
    let Some(extras) = extras() else { return };
    let mut methods = BTreeSet::new();
    for version in ["openai-1", "openai-2", "openai-3"] {
        methods.extend(lines(&extras.join("python").join(version).join("bin/python"), &[&script("resources.py")], ""));
    }
    // openai below 1.66 has vector stores below `beta`.
    methods.insert("beta.vector_stores.create".to_owned());
    for client in ["openai.AzureOpenAI()", "openai.AsyncOpenAI()"] {
        compare(Language::Python, client, &methods);
    }
}

#[test]
fn the_javascript_sdk_is_covered() {
    let Some(extras) = extras() else { return };
    let mut methods = BTreeSet::new();
    for version in ["openai-4", "openai-5", "openai-6", "openai-7"] {
        let folder = extras.join("node").join(version);
        methods.extend(lines(Path::new("node"), &[&script("resources.cjs"), &folder], ""));
    }
    // openai below 4.86 has vector stores below `beta`.
    methods.insert("beta.vectorStores.create".to_owned());
    for client in ["openai.AzureOpenAI()", "openai.default()"] {
        compare(Language::JavaScript, client, &methods);
    }
}

/// Methods that only older versions have.
const GONE: &[&str] = &["predict", "apredict", "predict_messages", "apredict_messages", "call_as_llm", "()"];

/// What the catalogue says is called on these classes can be called on them.
#[test]
fn frameworks_have_the_methods() {
    let Some(extras) = extras() else { return };
    let set = built_in();
    for (environment, classes) in [
        ("openai-1", &["langchain_openai.AzureChatOpenAI", "langchain_openai.AzureOpenAIEmbeddings"][..]),
        (
            "openai-2",
            &["llama_index.llms.azure_openai.AzureOpenAI", "llama_index.embeddings.azure_openai.AzureOpenAIEmbedding"],
        ),
        (
            "openai-3",
            &[
                "langchain_openai.AzureChatOpenAI",
                "langchain_openai.AzureOpenAI",
                "langchain_openai.AzureOpenAIEmbeddings",
                "semantic_kernel.connectors.ai.open_ai.AzureChatCompletion",
                "semantic_kernel.connectors.ai.open_ai.AzureTextEmbedding",
                "semantic_kernel.connectors.ai.open_ai.AzureTextToImage",
                "semantic_kernel.connectors.ai.open_ai.AzureTextCompletion",
                "semantic_kernel.agents.AzureAssistantAgent",
                "autogen_ext.models.openai.AzureOpenAIChatCompletionClient",
                "azure.ai.inference.ChatCompletionsClient",
                "azure.ai.inference.EmbeddingsClient",
                "litellm.Router",
            ],
        ),
    ] {
        let groups = || set.calls.iter().flat_map(|source| &source.file().of(Language::Python).clients);
        let mut wanted = Vec::new();
        for class in classes {
            let instance = format!("{class}()");
            let own = groups().filter(|group| SymbolSet::of(&group.on).unwrap().contains(&instance));
            let methods: Vec<&String> = own.flat_map(|group| group.calls.values().flatten()).collect();
            assert!(!methods.is_empty(), "{class}");
            let methods = methods.into_iter().filter(|method| !GONE.contains(&method.as_str()));
            wanted.extend(methods.map(|method| format!("{class} {method}")));
        }
        let python = extras.join("python").join(environment).join("bin/python");
        assert_eq!(lines(&python, &[&script("members.py")], &wanted.join("\n")), BTreeSet::new(), "{environment}");
    }
    // The functions of a module.
    let modules = set.calls.iter().flat_map(|source| &source.file().of(Language::Python).modules);
    let functions = modules.filter(|calls| calls.module == "litellm").flat_map(|calls| calls.calls.values().flatten());
    let script =
        "import sys, litellm\nfor name in sys.stdin.read().split():\n    hasattr(litellm, name) or print(name)";
    let names: Vec<&str> = functions.map(String::as_str).collect();
    let python = extras.join("python/openai-3/bin/python");
    assert_eq!(lines(&python, &[Path::new("-c"), Path::new(script)], &names.join("\n")), BTreeSet::new());
}
