use super::super::tests::{problems, project, said};

fn of(files: &[(&str, &str)]) -> String {
    said(&project(files), "src/a.ts", "openai")
}

fn manifest(spec: &str) -> String {
    format!("{{\n  \"name\": \"app\",\n  \"dependencies\": {{\n    \"openai\": \"{spec}\"\n  }}\n}}\n")
}

#[test]
fn ranges_of_package_json_are_read() {
    for (spec, expected) in [
        ("^4.2.0", ">=4.2.0 package.json:4"),
        ("~4.2", ">=4.2.0 package.json:4"),
        (">=4.2 <6", ">=4.2.0 package.json:4"),
        ("^5.1.0 || ^4.2.0", ">=4.2.0 package.json:4"),
        ("4.x", ">=4.0.0 package.json:4"),
        ("5.1.0", "=5.1.0 package.json:4"),
        ("<5", "no lowest package.json:4"),
        ("*", "unknown package.json:4"),
        ("latest", "unknown package.json:4"),
        ("workspace:*", "unknown package.json:4"),
        ("workspace:^4.2.0", ">=4.2.0 package.json:4"),
        ("catalog:", "unknown package.json:4"),
        ("npm:openai@^4.2.0", ">=4.2.0 package.json:4"),
        ("npm:@me/fork@^4.2.0", "unknown package.json:4"),
        ("github:openai/openai-node#v4.2.0", "unknown package.json:4"),
        ("file:../openai-4.2.0.tgz", "unknown package.json:4"),
    ] {
        assert_eq!(of(&[("package.json", &manifest(spec))]), expected, "{spec}");
    }
}

#[test]
fn sections_of_package_json_have_their_ranks() {
    for (text, expected) in [
        (r#"{"devDependencies": {"openai": "5.1.0"}}"#, "=5.1.0 package.json:1"),
        (
            r#"{"devDependencies": {"openai": "5.1.0"}, "peerDependencies": {"openai": ">=4.1"}}"#,
            ">=4.1.0 package.json:1",
        ),
        (r#"{"dependencies": {"openai": "^4.1.0"}, "devDependencies": {"openai": "5.1.0"}}"#, ">=4.1.0 package.json:1"),
        (r#"{"optionalDependencies": {"openai": "4.1.0"}}"#, "=4.1.0 package.json:1"),
        (r#"{"dependencies": {"openai": "^4.1.0"}, "overrides": {"openai": "4.5.0"}}"#, "=4.5.0 package.json:1"),
        (
            r#"{"dependencies": {"openai": "^4.1.0"}, "overrides": {"openai": "$openai", "x": {"openai": "1.0.0"}}}"#,
            ">=4.1.0 package.json:1",
        ),
        (r#"{"dependencies": {"openai": "^4.1.0"}, "resolutions": {"openai": "4.5.0"}}"#, "=4.5.0 package.json:1"),
        (r#"{"dependencies": {"oa": "npm:openai@4.5.0"}}"#, "nothing"),
        (r#"{"dependencies": [], "scripts": {"openai": "1.0.0"}}"#, "nothing"),
        (r#"{"dependencies": {"openai": 4}}"#, "nothing"),
    ] {
        assert_eq!(of(&[("package.json", text)]), expected, "{text}");
    }
}

#[test]
fn npm_lock_files_of_all_versions_are_read() {
    let app = manifest("^4.0.0");
    let v1 = "{\"lockfileVersion\": 1, \"dependencies\": {\n\"openai\": {\"version\": \"4.104.0\", \"dependencies\": {\"x\": {\"version\": \"1.0.0\"}}},\n\"y\": {\"version\": \"1.0.0\", \"dependencies\": {\"openai\": {\"version\": \"3.0.0\"}}}}}";
    let v2 = "{\"lockfileVersion\": 2, \"packages\": {\"\": {\"name\": \"app\", \"dependencies\": {\"openai\": \"^4.0.0\"}},\n\"node_modules/openai\": {\"version\": \"4.104.0\"},\n\"node_modules/y/node_modules/openai\": {\"version\": \"3.0.0\"}}, \"dependencies\": {\"openai\": {\"version\": \"4.0.0\"}}}";
    let v3 = &v2.replace(", \"dependencies\": {\"openai\": {\"version\": \"4.0.0\"}}}", "}");
    for (name, lock) in [("package-lock.json", v1), ("package-lock.json", v2), ("npm-shrinkwrap.json", v3)] {
        assert_eq!(of(&[("package.json", &app), (name, lock)]), format!("=4.104.0 {name}:2"), "{lock}");
    }
    // A copy that only another package loads says nothing of ours.
    let nested = "{\"packages\": {\"node_modules/y/node_modules/openai\": {\"version\": \"3.0.0\"}}}";
    assert_eq!(of(&[("package-lock.json", nested)]), "nothing");
    let alias = "{\"packages\": {\"node_modules/openai\": {\"name\": \"@me/fork\", \"version\": \"3.0.0\"}}}";
    assert_eq!(of(&[("package-lock.json", alias)]), "unknown package-lock.json:1");
    let link = "{\"packages\": {\"node_modules/openai\": {\"resolved\": \"packages/openai\", \"link\": true}}}";
    assert_eq!(of(&[("package-lock.json", link)]), "unknown package-lock.json:1");
}

#[test]
fn members_of_a_workspace_get_what_the_lock_file_at_its_root_gives_them() {
    let lock = r#"{"packages": {"": {"workspaces": ["packages/*"]}, "packages/a": {"version": "1.0.0"}, "packages/b": {},
"packages/b/node_modules/openai": {"version": "5.1.0"},
"node_modules/openai": {"version": "4.104.0"}, "node_modules/a": {"resolved": "packages/a", "link": true}}}"#;
    let project = project(&[
        ("package-lock.json", lock),
        ("packages/a/package.json", &manifest("^4.0.0")),
        ("packages/b/package.json", &manifest("^5.0.0")),
        ("elsewhere/package.json", &manifest("^4.0.0")),
    ]);
    assert_eq!(said(&project, "packages/a/src/x.ts", "openai"), "=4.104.0 package-lock.json:3");
    assert_eq!(said(&project, "packages/b/src/x.ts", "openai"), "=5.1.0 package-lock.json:2");
    assert_eq!(said(&project, "elsewhere/x.ts", "openai"), ">=4.0.0 elsewhere/package.json:4");
}

#[test]
fn a_peer_is_what_the_user_of_the_package_brings() {
    let app = r#"{"peerDependencies": {"openai": "^4.1.0 || ^5.0.0"}, "devDependencies": {"openai": "^5.0.0"}}"#;
    let lock = r#"{"packages": {"node_modules/openai": {"version": "5.20.0"}}}"#;
    assert_eq!(of(&[("package.json", app), ("package-lock.json", lock)]), ">=4.1.0 package.json:1");
}

#[test]
fn lock_files_of_yarn_are_read() {
    let v1 = "# yarn lockfile v1\n\n\n\"@me/x@^1.0.0\":\n  version \"1.0.0\"\n\nopenai@^3.0.0:\n  version \"3.3.0\"\n\nopenai@^4.0.0, openai@^4.1.0:\n  version \"4.104.0\"\n  resolved \"x\"\n  dependencies:\n    version \"9.9.9\"\n";
    let berry = "__metadata:\n  version: 8\n\n\"openai@npm:^3.0.0\":\n  version: 3.3.0\n\n\"openai@npm:^4.0.0, openai@npm:^4.1.0\":\n  version: 4.104.0\n  resolution: \"openai@npm:4.104.0\"\n\n\"app@workspace:.\":\n  version: 0.0.0-use.local\n";
    assert_eq!(of(&[("package.json", &manifest("^4.1.0")), ("yarn.lock", v1)]), "=4.104.0 yarn.lock:10");
    assert_eq!(of(&[("package.json", &manifest("^4.1.0")), ("yarn.lock", berry)]), "=4.104.0 yarn.lock:7");
    assert_eq!(
        of(&[
            ("package.json", &manifest("npm:openai@^4.1.0")),
            ("yarn.lock", &berry.replace("npm:^4.1.0", "npm:openai@^4.1.0"))
        ]),
        "=4.104.0 yarn.lock:7"
    );
    assert_eq!(of(&[("yarn.lock", v1)]), ">=3.3.0 yarn.lock:7");
    let fork = "openai@npm:@me/fork@^1.0.0:\n  version \"1.2.0\"\n";
    assert_eq!(of(&[("yarn.lock", fork)]), "unknown yarn.lock:1");
    let project = project(&[
        ("yarn.lock", v1),
        ("packages/a/package.json", &manifest("^3.0.0")),
        ("b/package.json", &manifest("^5.0.0")),
    ]);
    assert_eq!(said(&project, "packages/a/x.ts", "openai"), "=3.3.0 yarn.lock:7");
    assert_eq!(said(&project, "b/x.ts", "openai"), ">=5.0.0 b/package.json:4");
}

#[test]
fn lock_files_of_pnpm_are_read() {
    let v5 = "lockfileVersion: 5.4\n\nspecifiers:\n  openai: ^4.0.0\n\ndependencies:\n  openai: 4.104.0_zod@3.23.8\n\npackages:\n\n  /openai/4.104.0_zod@3.23.8:\n    dev: false\n";
    let v6 = "lockfileVersion: '6.0'\n\ndependencies:\n  openai:\n    specifier: ^4.0.0\n    version: 4.104.0(zod@3.23.8)\n\npackages:\n\n  /openai@4.104.0(zod@3.23.8):\n    dev: false\n";
    let v9 = "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n\nimporters:\n\n  .:\n    devDependencies:\n      openai:\n        specifier: ^4.0.0\n        version: 4.104.0(zod@3.23.8)\n\n  packages/a:\n    dependencies:\n      openai:\n        specifier: ^5.0.0\n        version: 5.1.0\n      fork:\n        specifier: npm:openai@^4.0.0\n        version: openai@4.104.0\n      own:\n        specifier: workspace:*\n        version: link:../own\n\npackages:\n\n  openai@4.104.0: !!nonsense [\n";
    assert_eq!(of(&[("pnpm-lock.yaml", v5)]), "=4.104.0 pnpm-lock.yaml:7");
    assert_eq!(of(&[("pnpm-lock.yaml", v6)]), "=4.104.0 pnpm-lock.yaml:4");
    assert_eq!(of(&[("pnpm-lock.yaml", v9)]), "=4.104.0 pnpm-lock.yaml:10");
    let two = &format!("---\nlockfileVersion: '9.0'\nimporters:\n  .:\n    configDependencies: {{}}\n\n---\n{v9}");
    assert_eq!(of(&[("pnpm-lock.yaml", two)]), "=4.104.0 pnpm-lock.yaml:17");
    let project = project(&[
        ("pnpm-lock.yaml", v9),
        ("packages/a/package.json", &manifest("^5.0.0")),
        ("packages/c/package.json", &manifest("^5.0.0")),
    ]);
    assert_eq!(said(&project, "packages/a/x.ts", "openai"), "=5.1.0 pnpm-lock.yaml:16");
    assert_eq!(said(&project, "packages/c/x.ts", "openai"), ">=5.0.0 packages/c/package.json:4");
}

#[test]
fn lock_files_of_bun_are_read() {
    let lock = "{\n  \"lockfileVersion\": 1,\n  \"workspaces\": {\n    \"\": { \"name\": \"app\", },\n    \"packages/a\": { \"name\": \"@app/a\", },\n  },\n  \"packages\": {\n    \"openai\": [\"openai@4.104.0\", \"\", {}, \"sha512-x\"],\n    \"@app/a/openai\": [\"openai@5.1.0\", \"\", {}, \"sha512-y\"],\n    \"fork\": [\"@me/fork@1.0.0\", \"\"],\n  },\n}\n";
    let project = project(&[
        ("bun.lock", lock),
        ("packages/a/package.json", &manifest("^5.0.0")),
        ("b/package.json", &manifest("^5.0.0")),
    ]);
    assert_eq!(said(&project, "x.ts", "openai"), "=4.104.0 bun.lock:8");
    assert_eq!(said(&project, "x.ts", "fork"), "unknown bun.lock:10");
    assert_eq!(said(&project, "packages/a/x.ts", "openai"), "=5.1.0 bun.lock:9");
    assert_eq!(said(&project, "b/x.ts", "openai"), ">=5.0.0 b/package.json:4");
}

#[test]
fn what_cannot_be_read_is_a_problem_with_file_and_line() {
    for (name, text, message) in [
        ("package.json", "{\n\"dependencies\": {,", "package.json:2: is no valid JSON: "),
        ("package-lock.json", "[]", "package-lock.json:1: is no valid JSON: "),
        ("yarn.lock", "a@1:\n<<<<<<< HEAD\n", "yarn.lock:2: holds an unsolved merge conflict"),
        ("pnpm-lock.yaml", "importers: [\n", "pnpm-lock.yaml:"),
        ("bun.lock", "{", "bun.lock:1: is no valid JSON: "),
    ] {
        let project = project(&[(name, text), ("a.ts", "")]);
        let found = problems(&project, "a.ts");
        assert!(found.len() == 1 && found[0].starts_with(message), "{name}: {found:?}");
        assert_eq!(said(&project, "a.ts", "openai"), format!("unknown {name}"));
    }
    let files = [("package.json", manifest("^4.0.0")), ("yarn.lock", "<<<<<<<\n".to_owned())];
    assert_eq!(of(&[(files[0].0, &files[0].1), (files[1].0, &files[1].1)]), ">=4.0.0 package.json:4");
}
