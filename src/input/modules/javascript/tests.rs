use super::super::tests::{directory, fixture, scan};

#[test]
fn relative_imports_try_endings_and_index_files() {
    let fixture = fixture(
        &[
            "src/main.ts",
            "src/a.ts",
            "src/a.js",
            "src/b.jsx",
            "src/c/index.tsx",
            "src/c.mjs",
            "src/d/index.js",
            "src/e.d.ts",
            "src/f.mts",
            "src/g.cts",
            "src/page.test.ts",
            "src/deep/x.ts",
            "src/only.py",
        ],
        &[("src/h.vue", ""), ("src/i.svelte", ""), ("src/j.json", "{}"), ("src/k.css", "")],
    );
    for (specifier, file) in [
        ("./a", "src/a.ts"),
        ("./b", "src/b.jsx"),
        ("./c", "src/c.mjs"),
        ("./c/", "src/c/index.tsx"),
        ("./c/index", "src/c/index.tsx"),
        ("./d", "src/d/index.js"),
        ("./e", "src/e.d.ts"),
        ("./f.mjs", "src/f.mts"),
        ("./g.cjs", "src/g.cts"),
        ("./b.jsx", "src/b.jsx"),
        ("./a.js", "src/a.ts"),
        ("./a.ts", "src/a.ts"),
        ("./c/index.js", "src/c/index.tsx"),
        ("./page.test", "src/page.test.ts"),
        ("../src/deep/x", "src/deep/x.ts"),
        ("./a?raw", "src/a.ts"),
        ("./h.vue", ""),
        ("./i.svelte", ""),
        ("./j.json", ""),
        ("./j", ""),
        ("./k.css", ""),
        ("./only", ""),
        ("./only.py", ""),
        ("./missing", ""),
        ("..", ""),
        ("../../..", ""),
        ("", ""),
        ("a", ""),
        ("node:fs", ""),
        ("fs", ""),
        ("https://example.org/a.js", ""),
        ("/src/a.ts", ""),
        ("@/a", ""),
        ("~/a", ""),
        ("@", ""),
        ("#a", ""),
    ] {
        assert_eq!(fixture.javascript("src/main.ts", specifier), file, "{specifier}");
    }
    assert_eq!(fixture.javascript("src/deep/x.ts", ".."), "");
    assert_eq!(fixture.javascript("src/c/index.tsx", "."), "src/c/index.tsx");
    assert!(fixture.modules.problems().is_empty());
}

/// Settings with comments and trailing commas, as they are usually written.
const PATHS: &str = r#"{
  // where things are
  "compilerOptions": {
    "baseUrl": ".", /* here */
    "paths": {
      "@/*": ["./src/*"],
      "config": ["src/settings.ts"],
      "@lib/*": ["libs/*/src/index.ts", "old/*"],
    },
  },
}"#;

#[test]
fn aliases_of_the_compiler_lead_to_files() {
    let fixture = fixture(
        &[
            "src/settings.ts",
            "src/deep/a.ts",
            "src/deep/plain.js",
            "libs/auth/src/index.ts",
            "old/x.ts",
            "tests/t.ts",
            "other/y.ts",
        ],
        &[("tsconfig.json", PATHS)],
    );
    for from in ["src/deep/a.ts", "src/deep/plain.js", "tests/t.ts"] {
        assert_eq!(fixture.javascript(from, "@/settings"), "src/settings.ts", "{from}");
        assert_eq!(fixture.javascript(from, "@/settings.js"), "src/settings.ts", "{from}");
        assert_eq!(fixture.javascript(from, "config"), "src/settings.ts", "{from}");
        assert_eq!(fixture.javascript(from, "config/more"), "", "{from}");
        assert_eq!(fixture.javascript(from, "@lib/auth"), "libs/auth/src/index.ts", "{from}");
        assert_eq!(fixture.javascript(from, "@lib/x"), "old/x.ts", "{from}");
        assert_eq!(fixture.javascript(from, "other/y"), "other/y.ts", "{from}");
        assert_eq!(fixture.javascript(from, "@/missing"), "", "{from}");
        assert_eq!(fixture.javascript(from, "openai"), "", "{from}");
    }
    assert!(fixture.modules.problems().is_empty());
}

#[test]
fn a_base_directory_alone_is_enough() {
    let fixture =
        fixture(&["src/a/b.ts", "src/c.ts"], &[("tsconfig.json", r#"{"compilerOptions": {"baseUrl": "src"}}"#)]);
    assert_eq!(fixture.javascript("src/c.ts", "a/b"), "src/a/b.ts");
    assert_eq!(fixture.javascript("src/a/b.ts", "c"), "src/c.ts");
    assert_eq!(fixture.javascript("src/a/b.ts", "b"), "");
}

#[test]
fn the_nearest_settings_count_also_for_files_they_leave_out() {
    let inner =
        r#"{"compilerOptions": {"paths": {"~/*": ["./src/*"]}}, "include": ["src"], "exclude": ["**/*.test.ts"]}"#;
    let outer = r#"{"compilerOptions": {"paths": {"~/*": ["./common/*"]}}, "files": []}"#;
    let fixture = fixture(
        &["app/src/a.ts", "app/src/a.test.ts", "app/tests/b.ts", "app/vite.config.js", "common/a.ts", "common/c.ts"],
        &[("app/tsconfig.json", inner), ("tsconfig.json", outer)],
    );
    for from in ["app/src/a.ts", "app/src/a.test.ts", "app/tests/b.ts", "app/vite.config.js"] {
        assert_eq!(fixture.javascript(from, "~/a"), "app/src/a.ts", "{from}");
    }
    assert_eq!(fixture.javascript("common/c.ts", "~/a"), "common/a.ts");
}

#[test]
fn settings_for_javascript_count_where_there_are_no_others() {
    let config = r#"{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}"#;
    let fixture = fixture(&["src/a.js", "src/b.mjs"], &[("jsconfig.json", config)]);
    assert_eq!(fixture.javascript("src/b.mjs", "@/a"), "src/a.js");
}

#[test]
fn settings_are_extended() {
    let fixture = fixture(
        &[
            "packages/app/src/a.ts",
            "packages/app/src/b.ts",
            "packages/web/src/c.ts",
            "packages/settings/index.ts",
            "shared/x.ts",
        ],
        &[
            ("config/base.json", r#"{"compilerOptions": {"baseUrl": "..", "paths": {"shared/*": ["shared/*"]}}}"#),
            (
                "packages/app/tsconfig.json",
                r#"{"extends": ["@tsconfig/strictest/tsconfig.json", "../../config/base"], "compilerOptions": {}}"#,
            ),
            ("packages/settings/package.json", r#"{"name": "@acme/settings"}"#),
            ("packages/settings/tsconfig.json", r#"{"compilerOptions": {"paths": {"x": ["../../shared/x"]}}}"#),
            ("packages/web/tsconfig.json", r#"{"extends": "@acme/settings/tsconfig.json"}"#),
        ],
    );
    assert_eq!(fixture.javascript("packages/app/src/a.ts", "shared/x"), "shared/x.ts");
    assert_eq!(fixture.javascript("packages/app/src/a.ts", "./b"), "packages/app/src/b.ts");
    assert_eq!(fixture.javascript("packages/web/src/c.ts", "x"), "shared/x.ts");
    assert!(fixture.modules.problems().is_empty(), "{:?}", fixture.modules.problems());
}

#[test]
fn project_references_lead_to_the_settings_of_a_file() {
    let fixture = fixture(
        &["src/a.ts", "src/b.ts", "scripts/s.ts", "scripts/t.ts", "core/src/index.ts", "core/src/u.ts"],
        &[
            (
                "tsconfig.json",
                r#"{"files": [], "references": [{"path": "./tsconfig.app.json"}, {"path": "./tsconfig.node.json"}, {"path": "core"}, {"path": "gone"}, {"path": "."}]}"#,
            ),
            (
                "tsconfig.app.json",
                r#"{"include": ["src"], "compilerOptions": {"composite": true, "paths": {"@/*": ["./src/*"]}}}"#,
            ),
            (
                "tsconfig.node.json",
                r#"{"include": ["scripts"], "compilerOptions": {"paths": {"@/*": ["./scripts/*"], "core": ["./core/src"]}}}"#,
            ),
            ("core/tsconfig.json", r#"{"compilerOptions": {"paths": {"self": ["./src/index.ts"]}}}"#),
        ],
    );
    assert_eq!(fixture.javascript("src/a.ts", "@/b"), "src/b.ts");
    assert_eq!(fixture.javascript("scripts/s.ts", "@/t"), "scripts/t.ts");
    assert_eq!(fixture.javascript("scripts/s.ts", "core"), "core/src/index.ts");
    assert_eq!(fixture.javascript("core/src/u.ts", "self"), "core/src/index.ts");
    assert!(fixture.modules.problems().is_empty(), "{:?}", fixture.modules.problems());
}

#[test]
fn broken_settings_are_told_once_and_relative_imports_still_work() {
    for (text, part) in [
        ("{ \"compilerOptions\": { \"paths\": ", "not valid JSON"),
        ("[]", "not a JSON object"),
        (r#"{"compilerOptions": {"paths": "src"}}"#, "a wrong value"),
        (r#"{"extends": "./gone.json"}"#, "`./gone.json`, which is not there"),
        (r#"{"extends": "./tsconfig.json"}"#, "circular"),
    ] {
        let fixture = fixture(&["src/a.ts", "src/b.ts"], &[("tsconfig.json", text)]);
        assert_eq!(fixture.javascript("src/a.ts", "./b"), "src/b.ts", "{text}");
        assert_eq!(fixture.javascript("src/b.ts", "./a"), "src/a.ts", "{text}");
        let problems = fixture.modules.problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].0, fixture.directory.path().join("tsconfig.json"));
        assert!(problems[0].1.contains(part) && problems[0].1.contains("; "), "{}", problems[0].1);
    }
}

#[test]
fn a_broken_package_is_told_once_and_relative_imports_still_work() {
    let fixture = fixture(&["a.js", "b.js", "p/index.js"], &[("package.json", "{ nope }"), ("p/package.json", "")]);
    assert_eq!(fixture.javascript("a.js", "./b"), "b.js");
    assert_eq!(fixture.javascript("b.js", "./p"), "p/index.js");
    assert_eq!(fixture.javascript("b.js", "p"), "");
    let paths: Vec<_> = fixture.modules.problems().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, [fixture.directory.path().join("p/package.json"), fixture.directory.path().join("package.json")]);
}

/// A workspace with a package of each kind, as a clean checkout has it.
fn workspace(manifest: (&str, &str)) -> super::super::tests::Fixture {
    fixture(
        &[
            "apps/web/src/main.ts",
            "packages/core/src/index.ts",
            "packages/core/src/keys.ts",
            "packages/core/src/inner/deep.ts",
            "packages/plain/index.js",
            "packages/plain/tools.js",
            "packages/mapped/src/index.ts",
            "packages/mapped/src/client.ts",
            "packages/mapped/src/features/a/index.ts",
            "packages/source/lib/main.ts",
            "packages/bundled/src/index.ts",
            "packages/typed/index.d.ts",
        ],
        &[
            manifest,
            ("apps/web/package.json", r#"{"name": "web", "dependencies": {"@acme/core": "workspace:*"}}"#),
            (
                "packages/core/package.json",
                r#"{"name": "@acme/core", "main": "./dist/index.js", "types": "dist/index.d.ts"}"#,
            ),
            ("packages/plain/package.json", r#"{"name": "plain"}"#),
            (
                "packages/mapped/package.json",
                r##"{
                "name": "@acme/mapped",
                "exports": {
                    ".": {"types": "./dist/index.d.ts", "import": "./dist/esm/index.mjs", "require": "./dist/cjs/index.cjs"},
                    "./client": {"import": {"types": "./dist/client.d.ts", "default": "./dist/client.js"}},
                    "./features/*": "./dist/features/*/index.js",
                    "./package.json": "./package.json"
                },
                "imports": {"#client": "./src/client.ts", "#features/*": "./src/features/*/index.ts"}
            }"##,
            ),
            ("packages/source/package.json", r#"{"name": "source", "source": "lib/main.ts", "main": "out/main.js"}"#),
            ("packages/bundled/package.json", r#"{"name": "bundled", "exports": {".": "./dist/bundle.cjs"}}"#),
            ("packages/typed/package.json", r#"{"name": "typed", "exports": {".": {"types": "./index.d.ts"}}}"#),
        ],
    )
}

#[test]
fn packages_of_a_workspace_are_found_without_an_installation() {
    for manifest in [
        ("package.json", r#"{"private": true, "workspaces": ["packages/*", "apps/*"]}"#),
        ("package.json", r#"{"private": true, "workspaces": {"packages": ["packages/*", "apps/*"]}}"#),
        ("pnpm-workspace.yaml", "packages:\n  - packages/*\n  - apps/*\n"),
    ] {
        let fixture = workspace(manifest);
        for (specifier, file) in [
            ("@acme/core", "packages/core/src/index.ts"),
            ("@acme/core/keys", "packages/core/src/keys.ts"),
            ("@acme/core/src/keys", "packages/core/src/keys.ts"),
            ("@acme/core/dist/keys", "packages/core/src/keys.ts"),
            ("@acme/core/dist/keys.js", "packages/core/src/keys.ts"),
            ("@acme/core/inner/deep", "packages/core/src/inner/deep.ts"),
            ("@acme/core/missing", ""),
            ("plain", "packages/plain/index.js"),
            ("plain/tools", "packages/plain/tools.js"),
            ("plain/tools.js", "packages/plain/tools.js"),
            ("@acme/mapped", "packages/mapped/src/index.ts"),
            ("@acme/mapped/client", "packages/mapped/src/client.ts"),
            ("@acme/mapped/features/a", "packages/mapped/src/features/a/index.ts"),
            ("@acme/mapped/package.json", ""),
            ("source", "packages/source/lib/main.ts"),
            ("bundled", "packages/bundled/src/index.ts"),
            ("typed", "packages/typed/index.d.ts"),
            ("web", ""),
            ("@acme/none", ""),
            ("@acme", ""),
            ("react", ""),
        ] {
            assert_eq!(fixture.javascript("apps/web/src/main.ts", specifier), file, "{specifier}");
        }
        assert!(fixture.modules.problems().is_empty());
    }
}

#[test]
fn packages_know_themselves_and_their_inner_names() {
    let fixture = workspace(("package.json", "{}"));
    let from = "packages/mapped/src/features/a/index.ts";
    assert_eq!(fixture.javascript(from, "@acme/mapped/client"), "packages/mapped/src/client.ts");
    assert_eq!(fixture.javascript(from, "#client"), "packages/mapped/src/client.ts");
    assert_eq!(fixture.javascript(from, "#features/a"), from);
    assert_eq!(fixture.javascript(from, "#other"), "");
    assert_eq!(fixture.javascript("packages/core/src/keys.ts", "#client"), "");
}

#[test]
fn of_two_packages_with_one_name_the_nearer_one_is_meant() {
    let fixture = fixture(
        &["a/app/x.ts", "a/util/index.ts", "b/app/x.ts", "b/util/index.ts", "c/x.ts"],
        &[("a/util/package.json", r#"{"name": "util-kit"}"#), ("b/util/package.json", r#"{"name": "util-kit"}"#)],
    );
    assert_eq!(fixture.javascript("a/app/x.ts", "util-kit"), "a/util/index.ts");
    assert_eq!(fixture.javascript("b/app/x.ts", "util-kit"), "b/util/index.ts");
    assert_eq!(fixture.javascript("c/x.ts", "util-kit"), "");
}

#[test]
fn what_was_built_and_scanned_stands_for_itself() {
    let fixture = fixture(
        &["dist/index.js", "src/index.ts", "src/gone.ts", "tests/t.ts", "lib/own.js"],
        &[("package.json", r#"{"name": "p", "main": "dist/index.js"}"#)],
    );
    assert_eq!(fixture.javascript("tests/t.ts", "../dist"), "dist/index.js");
    assert_eq!(fixture.javascript("tests/t.ts", "p"), "dist/index.js");
    assert_eq!(fixture.javascript("tests/t.ts", "../build/index"), "src/index.ts");
    assert_eq!(fixture.javascript("tests/t.ts", "../lib/gone"), "", "that directory is no output");
}

#[test]
fn installed_packages_are_not_looked_at() {
    let fixture = fixture(
        &["src/a.ts"],
        &[
            ("node_modules/openai/package.json", r#"{"name": "openai", "main": "index.js"}"#),
            ("node_modules/openai/index.js", ""),
            ("package.json", "{}"),
        ],
    );
    assert_eq!(fixture.javascript("src/a.ts", "openai"), "");
    assert_eq!(fixture.javascript("src/a.ts", "../node_modules/openai/index.js"), "");
}

#[cfg(unix)]
#[test]
fn linked_directories_lead_to_the_real_files() {
    let fixture = scan(
        directory(&[
            ("packages/core/src/index.ts", ""),
            ("packages/core/package.json", r#"{"name": "core"}"#),
            ("app/main.ts", ""),
            ("app/core ->", "../packages/core/src"),
            ("packages/core/src/loop ->", "."),
            ("app/up ->", ".."),
            ("node_modules/core ->", "../packages/core"),
            ("app/one.ts ->", "main.ts"),
        ]),
        &[""],
    );
    for specifier in [
        "./core",
        "./core/index",
        "./core/loop/loop/index",
        "./up/up/app/core",
        "core",
        "./up/app/up/packages/core/src",
    ] {
        let expected = if specifier == "./up/up/app/core" { "" } else { "packages/core/src/index.ts" };
        assert_eq!(fixture.javascript("app/main.ts", specifier), expected, "{specifier}");
    }
    assert_eq!(fixture.javascript("app/main.ts", "./one"), "app/main.ts");
    assert_eq!(fixture.javascript("app/main.ts", "./core/loop/missing"), "");
}

#[test]
fn what_was_not_scanned_is_not_found() {
    let files = [
        (".git/config", ""),
        ("a/x.ts", ""),
        ("b/y.ts", ""),
        ("b/package.json", r#"{"name": "b", "main": "y.ts"}"#),
        ("tsconfig.json", r#"{"compilerOptions": {"paths": {"y": ["b/y.ts"], "z": ["a/x.ts"]}}}"#),
    ];
    let fixture = scan(directory(&files), &["a"]);
    assert_eq!(fixture.javascript("a/x.ts", "../b/y"), "");
    assert_eq!(fixture.javascript("a/x.ts", "b"), "");
    assert_eq!(fixture.javascript("a/x.ts", "y"), "");
    assert_eq!(fixture.javascript("a/x.ts", "z"), "a/x.ts", "settings further up in the repository count");
}

#[test]
fn names_stand_wherever_a_file_is_imported() {
    let fixture = fixture(
        &[
            "src/settings.ts",
            "src/deep/index.ts",
            "libs/auth/src/index.ts",
            "libs/auth/src/x.d.ts",
            "src/main.test.ts",
            "libs/auth/other.ts",
        ],
        &[
            ("tsconfig.json", PATHS),
            (
                "libs/auth/package.json",
                r##"{"name": "@acme/auth", "main": "dist/index.js", "exports": {"./o": "./other.ts"}, "imports": {"#x": "./src/x.d.ts"}}"##,
            ),
        ],
    );
    assert_eq!(fixture.names("src/settings.ts"), ["config", "settings"]);
    assert_eq!(fixture.names("src/main.test.ts"), ["main.test"]);
    assert_eq!(fixture.names("libs/auth/src/x.d.ts"), ["#x", "x"]);
    assert_eq!(fixture.names("libs/auth/other.ts"), ["@acme/auth/o", "other"]);
    let words = |file| {
        fixture.names(file).into_iter().filter(|name| name.len() > 4 && !name.contains("..")).collect::<Vec<_>>()
    };
    assert_eq!(words("src/deep/index.ts"), Vec::<String>::new());
    assert!(fixture.names("src/deep/index.ts").contains(&"deep".to_owned()));
    assert!(fixture.names("src/deep/index.ts").contains(&"'.'".to_owned()));
    let names = fixture.names("libs/auth/src/index.ts");
    for name in ["auth", "src", "@acme/auth", "\"..\""] {
        assert!(names.contains(&name.to_owned()), "{name}: {names:?}");
    }
}

#[test]
fn every_import_holds_one_of_the_names_of_its_file() {
    let fixture = workspace((
        "tsconfig.json",
        r#"{"compilerOptions": {"paths": {"@p/*": ["packages/*/src"], "@q/*/x": ["packages/*/src/index.ts"]}}}"#,
    ));
    let from = "apps/web/src/main.ts";
    for specifier in [
        "@acme/core",
        "@acme/core/keys",
        "@acme/core/dist/keys.js",
        "plain",
        "plain/tools",
        "@acme/mapped",
        "@acme/mapped/client",
        "@acme/mapped/features/a",
        "source",
        "bundled",
        "typed",
        "@p/core",
        "@q/core/x",
        "../../../packages/core",
        "../../../packages/source",
    ] {
        let file = fixture.modules.javascript(fixture.file(from), specifier);
        let names = fixture.modules.names(file.unwrap_or_else(|| panic!("{specifier} leads nowhere")));
        assert!(names.iter().any(|name| format!("'{specifier}'").contains(name.as_str())), "{specifier}: {names:?}");
    }
}
