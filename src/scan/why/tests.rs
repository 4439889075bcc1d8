use std::fs;

use super::*;
use crate::rules::load;

/// What is answered about a line of a file, in a tree of files, with the small pack of the tests.
fn ask_with(files: &[(&str, &str)], file: &str, line: u32, change: impl FnOnce(&mut ScanOptions)) -> Why {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pack/rules");
    let set = load::with_folders(&[pack], false).unwrap();
    let mut options = ScanOptions::of_any_file();
    change(&mut options);
    let root = folder.path().to_path_buf();
    let question = Question {
        file: &root.join(file),
        line,
        paths: std::slice::from_ref(&root),
        options: &options,
        selection: &Selection::default(),
    };
    let answer = Scanner::new(set).why(&question).unwrap();
    // The folder has another name each time.
    let text = serde_json::to_string(&answer).unwrap().replace(&format!("{}/", root.display()), "");
    serde_json::from_str(&text).unwrap()
}

fn ask(files: &[(&str, &str)], file: &str, line: u32) -> Why {
    ask_with(files, file, line, |_| ())
}

fn at(location: &Location) -> String {
    format!("{}:{}:{}", location.path, location.start.line, location.start.column)
}

/// The names of a line with what they stand for.
fn names(why: &Why) -> Vec<String> {
    let meaning = |one: &Meaning| {
        let place = one.location.as_ref().map(|place| format!(" {}", at(place))).unwrap_or_default();
        format!("{:?} {}{place}", one.kind, one.text.as_deref().unwrap_or("-"))
    };
    let shown = |named: &Named| {
        let meanings: Vec<String> = named.meanings.iter().map(meaning).collect();
        format!("{}: {}", named.text, meanings.join(", "))
    };
    why.names.iter().map(shown).collect()
}

#[test]
fn keys_are_nowhere_in_an_answer() {
    let app = "from demo_sdk import HostedClient\nfrom keys import KEY\n\
               c = HostedClient(KEY, api_key=\"hunter2hunter\", token=vault[\"sk-0123456789abcdef01\"])\n";
    let keys = "KEY = \"hunter3hunter\"\n";
    let why = ask(&[("app.py", app), ("keys.py", keys)], "app.py", 3);
    let told = serde_json::to_string(&why).unwrap();
    assert!(why.findings.len() == 1 && why.names.len() >= 3, "{told}");
    assert!(["hunter2", "hunter3", "sk-0123"].iter().all(|key| !told.contains(key)), "{told}");
}

#[test]
fn a_file_that_a_link_brought_in_says_which() {
    let app = "from demo_sdk import HostedClient\nclient = HostedClient()\n";
    let user = "from app import client as c\n\nc.go()\n";
    let why = ask(&[("app.py", app), ("user.py", user)], "user.py", 3);
    let prefilter = why.prefilter.as_ref().unwrap();
    assert_eq!((prefilter.with_words, prefilter.parsed), (0, true));
    let links: Vec<_> = prefilter
        .links
        .iter()
        .map(|one| (one.from.as_str(), one.name.as_deref(), one.client.as_ref().map(at)))
        .collect();
    assert_eq!(links, [("app.py", Some("client"), Some("app.py:2:10".to_owned()))]);
    assert_eq!(names(&why), ["c.go: Instance demo_sdk.HostedClient().go app.py:2:10"]);
    let chain: Vec<String> = why.names[0].chain.iter().map(|step| at(&step.location)).collect();
    assert_eq!(chain, ["app.py:2:1", "user.py:1:17"]);

    let alone = ask_with(&[("app.py", app), ("user.py", user)], "user.py", 3, |options| options.link = false);
    assert!(!alone.prefilter.as_ref().unwrap().parsed);
    assert_eq!(names(&alone), ["c.go: Symbol app.client.go"]);
}

#[test]
fn a_file_whose_functions_are_given_clients_says_by_whom() {
    let app = "from demo_sdk import HostedClient\nfrom work import use\nuse(HostedClient())\n";
    let why = ask(&[("app.py", app), ("work.py", "def use(c):\n    c.go()\n")], "work.py", 2);
    let link = Linked { from: "app.py".to_owned(), name: None, client: None };
    assert_eq!(why.prefilter.as_ref().unwrap().links, [link]);
    assert_eq!(names(&why), ["c.go: Instance demo_sdk.HostedClient().go app.py:3:5"]);
}

#[test]
fn names_lead_to_functions_classes_and_files() {
    let app = "from demo_sdk import HostedClient\nimport work\nfrom work import make, Thing\nfrom idle import rest\n\
               x = work, make, Thing(), unheard, HostedClient, rest, make(HostedClient())\n";
    let work = "class Thing:\n    pass\n\ndef make(client):\n    pass\n";
    let why = ask(&[("app.py", app), ("work.py", work), ("idle.py", "rest = 1\n")], "app.py", 5);
    let names = names(&why);
    for wanted in [
        "work: File work.py",
        "make: Function make work.py:4:1",
        "Thing: Class Thing work.py:1:1",
        "unheard: Global unheard",
        "rest: Unparsed idle.py",
        "HostedClient: Symbol demo_sdk.HostedClient",
    ] {
        assert!(names.iter().any(|name| name == wanted), "{wanted} is not in {names:?}");
    }
}

#[test]
fn what_is_not_parsed_says_so() {
    let long = format!("import demo_sdk; x = [{}]; demo_sdk.HostedClient()\n", "1, ".repeat(100_000));
    let why = ask(&[("app.py", &long)], "app.py", 1);
    assert!(why.answer.starts_with("The file was not parsed: it looks generated"), "{}", why.answer);
    let why = ask_with(&[("app.py", &long)], "app.py", 1, |options| options.minified = true);
    assert_eq!(why.answer, "1 finding is reported here.");
    let why = ask(&[("app.py", "demo_sdk.HostedClient\0")], "app.py", 1);
    assert!(why.answer.starts_with("The file was not parsed: it holds NUL bytes"), "{}", why.answer);
}

#[test]
fn lines_are_counted_as_editors_do() {
    let options = ScanOptions::of_any_file();
    let lines = |text: &[u8], line: u32| {
        let question = Question {
            file: Path::new("app.py"),
            line,
            paths: &[],
            options: &options,
            selection: &Selection::default(),
        };
        match check_line(text, &question) {
            Ok(()) => None,
            Err(Unanswerable::NoSuchLine { lines }) => Some(lines),
            Err(other) => panic!("{other:?}"),
        }
    };
    assert_eq!((lines(b"a\nb\n", 2), lines(b"a\nb\n", 3)), (None, Some(2)));
    assert_eq!((lines(b"a\r\nb", 2), lines(b"a\r\nb", 3)), (None, Some(2)));
    assert_eq!((lines(b"", 1), lines(b"", 2)), (None, Some(1)));
}
