use super::*;
use file::Source;

const FILE: &str = "
python:
  transparent: [with_options(), with_raw, bind()]
  clients:
    - on: [sdk.Client(), sdk.*Client()]
      others: true
      ignores: [close, '_*']
      calls:
        chat: [chat.create, beta.chat.**]
        files: ['files.*']
    - on: [kit.Chat()]
      pipes: true
      calls: {chat: [invoke, stream, '()']}
    - on: [rest.client()]
      by-path: [path().post]
  given:
    - {to: [kit.run], argument: [model, '0'], holding: [kit.Big()], when: {kit: '>=2'}, api: big}
    - {to: [kit.run], argument: [model, '0'], api: chat}
    - {to: [kit.Agent], argument: [model], api: chat, methods: [run]}
    - {to: ['**.pipe', kit.wrap], argument: ['0'], same: true}
  modules:
    - {module: sdk, calls: {chat: [Chat.create]}}
  deployments: {clients: [deployment], calls: [model, engine]}
needs:
  - {need: streaming, arguments: [stream], methods: ['stream*']}
  - {need: json, apis: [chat], arguments: [format.type=json*]}
  - {need: several, apis: [chat], arguments: ['n!=1']}
  - {need: tools, parts: [bind()]}
paths:
  - {path: /completions, api: completions}
  - {path: /chat/completions, api: chat}
  - {path: chat/completions, api: chat}
  - {path: /files, api: files}
";

fn catalogue() -> Catalogue {
    let set = RuleSet { calls: vec![Source::unread(FILE.to_owned())], ..RuleSet::default() };
    Catalogue::new(&set, Language::Python)
}

/// Client, method and API of a call.
fn found(path: &str) -> Option<String> {
    catalogue().call(path).map(|found| format!("{} | {} | {}", found.client, found.method, found.api))
}

#[test]
fn a_path_is_cut_into_client_and_method() {
    assert_eq!(found("sdk.Client().chat.create").unwrap(), "sdk.Client() | chat.create | chat");
    assert_eq!(found("sdk.AsyncClient().beta.chat.x.y").unwrap(), "sdk.AsyncClient() | beta.chat.x.y | chat");
    assert_eq!(found("sdk.Client().files.list").unwrap(), "sdk.Client() | files.list | files");
    assert_eq!(found("kit.Chat()").unwrap(), "kit.Chat() | () | chat");
    for other in
        ["kit.Chat", "sdk.Client()", "sdk.Client().chat", "other.Client().chat.create", "?.chat.create", "?", ""]
    {
        assert_eq!(found(other), None, "{other}");
    }
}

#[test]
fn what_is_called_on_a_result_is_no_call_of_the_api() {
    for path in ["sdk.Client().chat.create().json", "sdk.Client().beta.chat.create().json", "sdk.Client().files[].read"]
    {
        assert_eq!(found(path), None, "{path}");
        assert_eq!(catalogue().on_client(path), None, "{path}");
    }
}

#[test]
fn transparent_parts_go_and_leave_their_needs() {
    assert_eq!(found("sdk.Client().with_options().chat.with_raw.create").unwrap(), "sdk.Client() | chat.create | chat");
    assert_eq!(catalogue().call("kit.Chat().bind().invoke").unwrap().needs, ["tools"]);
    assert!(catalogue().call("kit.Chat().invoke").unwrap().needs.is_empty());
    assert!(catalogue().is_client("kit.Chat().bind()"));
}

#[test]
fn clients_are_known() {
    let catalogue = catalogue();
    for (path, is_client) in [("sdk.Client()", true), ("sdk.Client", false), ("rest.client()", true), ("sdk", false)] {
        assert_eq!(catalogue.is_client(path), is_client, "{path}");
    }
    assert!(catalogue.pipes("kit.Chat()") && !catalogue.pipes("sdk.Client()"));
}

#[test]
fn other_members_count_where_the_data_says_so() {
    let catalogue = catalogue();
    assert_eq!(catalogue.on_client("sdk.Client().skills.create").as_deref(), Some("skills.create"));
    assert_eq!(catalogue.on_client("sdk.Client().with_options().post").as_deref(), Some("post"));
    for none in ["sdk.Client().close", "sdk.Client()._x", "sdk.Client().chat.create", "kit.Chat().bind", "sdk.Client()"]
    {
        assert_eq!(catalogue.on_client(none), None, "{none}");
    }
}

#[test]
fn the_path_of_a_request_can_tell() {
    let catalogue = catalogue();
    let found = catalogue.call("rest.client().path().post").unwrap();
    assert_eq!((found.api, found.by_path), (OTHER, true));
    assert_eq!(catalogue.call("rest.client().path().get"), None);
}

#[test]
fn modules_are_used_without_a_client() {
    let catalogue = catalogue();
    let found = catalogue.module_call("sdk.Chat.create").unwrap();
    assert_eq!((found.api, &*found.client, &*found.method), ("chat", "sdk", "Chat.create"));
    assert_eq!(catalogue.module_call("sdk.Chat"), None);
    assert_eq!(catalogue.call("sdk.Chat.create"), None);
    assert!(catalogue.is_module_part("sdk.key") && catalogue.is_module_part("sdk.Chat.create"));
    assert!(!catalogue.is_module_part("sdk") && !catalogue.is_module_part("kit.key"));
}

#[test]
fn what_is_given_decides() {
    let catalogue = catalogue();
    let given = catalogue.given_to("kit.run");
    assert_eq!(given[0].arguments(), ["model", "0"]);
    assert_eq!(given[0].when()["kit"], ">=2");
    let api = |value: &str| given.iter().find(|given| given.fits(value)).and_then(Given::api);
    assert_eq!((api("kit.Big()"), api("kit.Chat()")), (Some("big"), Some("chat")));
    assert!(given[0].is_call() && !given[0].is_same());
    assert!(catalogue.given_to("kit.walk").is_empty());
}

#[test]
fn holders_are_called_for_the_client() {
    let catalogue = catalogue();
    let held = catalogue.held("kit.Agent().run");
    assert_eq!((held.len(), &*held[0].maker, &*held[0].method), (1, "kit.Agent", "run"));
    assert_eq!(held[0].given.api(), Some("chat"));
    assert!(!held[0].given.is_call());
    assert!(catalogue.held("kit.Agent().tool").is_empty());
    assert!(catalogue.held("kit.Agent").is_empty());

    let held = catalogue.held("kit.Prompt.of().pipe().bind().chat.create");
    assert_eq!((&*held[0].maker, &*held[0].method), ("kit.Prompt.of().pipe", "bind().chat.create"));
    assert!(held[0].given.is_same() && held[0].needs == ["tools"]);
}

#[test]
fn needs_follow_from_arguments_and_methods() {
    let catalogue = catalogue();
    let needs = |method: &str, arguments: &[(&str, Option<&str>)]| {
        let owned: Vec<(String, Option<String>)> =
            arguments.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect();
        catalogue.needs("chat", method, &owned).join(" ")
    };
    assert_eq!(needs("create", &[("stream", Some("true")), ("n", Some("2"))]), "several streaming");
    assert_eq!(needs("create", &[("stream", None), ("n", None)]), "several streaming");
    assert_eq!(needs("create", &[("stream", Some("False")), ("n", Some("1"))]), "");
    assert_eq!(needs("create", &[("stream", Some("None")), ("n", Some("null"))]), "");
    assert_eq!(needs("chat.stream", &[]), "streaming");
    assert_eq!(needs("stream_all", &[]), "streaming");
    assert_eq!(needs("upstream", &[]), "");
    assert_eq!(needs("create", &[("format.type", Some("json_schema"))]), "json");
    assert_eq!(needs("create", &[("format.type", None), ("format", Some("json"))]), "");
    assert!(catalogue.needs("files", "create", &[("n".to_owned(), None)]).is_empty());
}

#[test]
fn the_longest_path_of_an_address_counts() {
    let catalogue = catalogue();
    for (address, api) in [
        ("https://x.example/openai/deployments/{}/chat/completions?api-version={}", Some("chat")),
        ("chat/completions", Some("chat")),
        ("/openai/deployments/files/completions", Some("completions")),
        ("{}/files/{}/content", Some("files")),
        ("/filesystem", None),
        ("/files.json", None),
        ("livechat/completions", Some("completions")),
        ("", None),
    ] {
        assert_eq!(catalogue.api_of_url(address), api, "{address}");
    }
}

#[test]
fn other_languages_are_not_mixed_in() {
    let set = RuleSet { calls: vec![Source::unread(FILE.to_owned())], ..RuleSet::default() };
    let catalogue = Catalogue::new(&set, Language::JavaScript);
    assert_eq!(catalogue.call("sdk.Client().chat.create"), None);
    assert_eq!(catalogue.api_of_url("/files"), Some("files"));
}

#[test]
fn deployments_are_named_by_arguments() {
    assert_eq!(catalogue().deployment_arguments(true), ["model", "engine"]);
    assert_eq!(catalogue().deployment_arguments(false), ["deployment"]);
}
