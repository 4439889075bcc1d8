use super::super::tests::{directory, fixture, scan};

#[test]
fn relative_imports_lead_where_their_dots_say() {
    let fixture = fixture(
        &[
            "app/__init__.py",
            "app/main.py",
            "app/settings.py",
            "app/sub/__init__.py",
            "app/sub/deep.py",
            "app/plain/x.py",
        ],
        &[],
    );
    assert_eq!(fixture.python("app/main.py", ".settings"), "app/settings.py");
    assert_eq!(fixture.python("app/main.py", "."), "app/__init__.py");
    assert_eq!(fixture.python("app/main.py", ".sub"), "app/sub/__init__.py");
    assert_eq!(fixture.python("app/main.py", ".sub.deep"), "app/sub/deep.py");
    assert_eq!(fixture.python("app/sub/deep.py", ".."), "app/__init__.py");
    assert_eq!(fixture.python("app/sub/deep.py", "..settings"), "app/settings.py");
    assert_eq!(fixture.python("app/sub/__init__.py", ".deep"), "app/sub/deep.py");
    assert_eq!(fixture.python("app/plain/x.py", "."), "", "no package");
    assert_eq!(fixture.python("app/plain/x.py", ".x"), "app/plain/x.py");
    assert_eq!(fixture.python("app/main.py", ".settings.value"), "");
    assert_eq!(fixture.python("app/main.py", ".missing"), "");
    assert_eq!(fixture.python("app/main.py", "................."), "");
    assert_eq!(fixture.python("app/main.py", ""), "");
}

#[test]
fn a_script_finds_what_stands_beside_it_and_above() {
    let fixture =
        fixture(&["tools/run.py", "tools/helper.py", "helper.py", "common/__init__.py", "common/keys.py"], &[]);
    assert_eq!(fixture.python("tools/run.py", "helper"), "tools/helper.py");
    assert_eq!(fixture.python("tools/run.py", "common"), "common/__init__.py");
    assert_eq!(fixture.python("tools/run.py", "common.keys"), "common/keys.py");
    assert_eq!(fixture.python("common/keys.py", "helper"), "helper.py");
    assert_eq!(fixture.python("tools/run.py", "numpy"), "");
    assert_eq!(fixture.python("tools/run.py", "common.missing"), "");
}

#[test]
fn tests_find_what_their_conftest_finds() {
    let fixture = fixture(&["tests/conftest.py", "tests/unit/test_a.py", "tests/unit/data.py", "app.py"], &[]);
    assert_eq!(fixture.python("tests/unit/test_a.py", "conftest"), "tests/conftest.py");
    assert_eq!(fixture.python("tests/unit/test_a.py", "data"), "tests/unit/data.py");
    assert_eq!(fixture.python("tests/conftest.py", "app"), "app.py");
    assert_eq!(fixture.python("tests/conftest.py", "data"), "");
}

#[test]
fn inside_a_package_absolute_imports_start_outside_of_it() {
    let fixture = fixture(
        &[
            "app/__init__.py",
            "app/openai.py",
            "app/sub/__init__.py",
            "app/sub/x.py",
            "app/scripts/run.py",
            "app/scripts/own.py",
        ],
        &[],
    );
    assert_eq!(fixture.python("app/sub/x.py", "app.openai"), "app/openai.py");
    assert_eq!(fixture.python("app/openai.py", "openai"), "", "a module does not hide the package it is named after");
    assert_eq!(fixture.python("app/sub/x.py", "openai"), "");
    assert_eq!(fixture.python("app/scripts/run.py", "own"), "app/scripts/own.py");
    assert_eq!(fixture.python("app/scripts/run.py", "openai"), "");
    assert_eq!(fixture.python("app/scripts/run.py", "app.openai"), "app/openai.py");
}

#[test]
fn a_module_beside_a_script_hides_an_installed_package() {
    let fixture = fixture(&["demo/openai.py", "demo/run.py"], &[]);
    assert_eq!(fixture.python("demo/run.py", "openai"), "demo/openai.py");
}

#[test]
fn a_directory_that_is_no_package_is_never_the_answer() {
    let fixture = fixture(&["openai/chat.py", "run.py", "company/auth/keys.py", "company/auth/__init__.py"], &[]);
    assert_eq!(fixture.python("run.py", "openai"), "");
    assert_eq!(fixture.python("run.py", "company"), "");
    assert_eq!(fixture.python("run.py", "company.auth"), "company/auth/__init__.py");
    assert_eq!(fixture.python("run.py", "company.auth.keys"), "company/auth/keys.py");
}

#[test]
fn packages_go_before_modules_and_both_before_plain_directories() {
    let fixture = fixture(
        &[
            "a/__init__.py",
            "a.py",
            "b.py",
            "b.pyi",
            "c/__init__.pyi",
            "c.py",
            "d.pyi",
            "e.py",
            "e/sub.py",
            "near/run.py",
            "near/pkg/mod.py",
            "pkg/__init__.py",
            "pkg/mod.py",
        ],
        &[],
    );
    assert_eq!(fixture.python("b.py", "a"), "a/__init__.py");
    assert_eq!(fixture.python("a.py", "b"), "b.py");
    assert_eq!(fixture.python("a.py", "c"), "c.py");
    assert_eq!(fixture.python("a.py", "d"), "d.pyi");
    assert_eq!(fixture.python("a.py", "e"), "e.py");
    assert_eq!(fixture.python("near/run.py", "pkg.mod"), "pkg/mod.py");
}

#[test]
fn the_package_that_is_found_first_decides() {
    let fixture = fixture(&["app/run.py", "app/util/__init__.py", "util/__init__.py", "util/helper.py"], &[]);
    assert_eq!(fixture.python("app/run.py", "util.helper"), "", "it is a name in the nearer package");
    assert_eq!(fixture.python("util/helper.py", "util.helper"), "util/helper.py");
}

#[test]
fn a_src_directory_is_searched_below_every_directory_above() {
    let fixture = fixture(&["src/app/__init__.py", "src/app/a.py", "tests/test_a.py", "lib/other/__init__.py"], &[]);
    assert_eq!(fixture.python("tests/test_a.py", "app.a"), "src/app/a.py");
    assert_eq!(fixture.python("src/app/a.py", "app"), "src/app/__init__.py");
    assert_eq!(fixture.python("tests/test_a.py", "other"), "", "no manifest names lib");
    assert_eq!(fixture.python("tests/test_a.py", "src.app.a"), "src/app/a.py");
}

#[test]
fn manifests_say_where_packages_are() {
    for (manifest, text) in [
        ("pyproject.toml", "[tool.setuptools.packages.find]\nwhere = ['code']"),
        ("pyproject.toml", "[tool.setuptools]\npackage-dir = { '' = 'code' }"),
        ("pyproject.toml", "[tool.setuptools.package-dir]\napp = 'code/app'"),
        ("pyproject.toml", "[[tool.poetry.packages]]\ninclude = 'app'\nfrom = 'code'"),
        ("pyproject.toml", "[tool.hatch.build.targets.wheel]\npackages = ['code/app']"),
        ("pyproject.toml", "[tool.hatch.build.targets.wheel]\nsources = ['code']"),
        ("pyproject.toml", "[tool.pytest.ini_options]\npythonpath = 'code'"),
        ("pyproject.toml", "[tool.uv.build-backend]\nmodule-root = './code/'"),
        ("setup.cfg", "[options]\npackage_dir =\n    = code\n[options.packages.find]\nexclude = x"),
        ("setup.cfg", "[options.packages.find]\nwhere = code\n"),
        ("setup.py", "from setuptools import *\nsetup(package_dir={'': 'code'})"),
        ("setup.py", "setup(packages=find_packages(where=\"code\"))"),
        ("setup.py", "setup(packages=find_namespace_packages('code', exclude=['x']))"),
    ] {
        let fixture = fixture(&["code/app/__init__.py", "tests/test_a.py"], &[(manifest, text)]);
        assert_eq!(fixture.python("tests/test_a.py", "app"), "code/app/__init__.py", "{text}");
    }
}

#[test]
fn manifests_without_a_place_or_without_sense_leave_it_at_src() {
    for text in
        ["", "[project]\nname = 'app'", "[tool.setuptools]\npackage-dir = { app = 'elsewhere/b' }", "[[[", "tool = 1"]
    {
        let fixture = fixture(&["src/app/__init__.py", "tests/test_a.py"], &[("pyproject.toml", text)]);
        assert_eq!(fixture.python("tests/test_a.py", "app"), "src/app/__init__.py", "{text}");
    }
}

#[test]
fn projects_elsewhere_in_the_tree_are_found_by_their_manifests() {
    let fixture = fixture(
        &[
            "services/api/main.py",
            "libs/common/src/common/__init__.py",
            "libs/common/src/common/keys.py",
            "libs/flat/flat/__init__.py",
            "libs/spaced/src/company/spaced/__init__.py",
            "libs/other/src/company/other/__init__.py",
            "libs/loose/loose/__init__.py",
        ],
        &[
            ("libs/common/pyproject.toml", "[project]"),
            ("libs/flat/setup.cfg", "[metadata]"),
            ("libs/spaced/pyproject.toml", ""),
            ("libs/other/setup.py", ""),
        ],
    );
    let from = "services/api/main.py";
    assert_eq!(fixture.python(from, "common"), "libs/common/src/common/__init__.py");
    assert_eq!(fixture.python(from, "common.keys"), "libs/common/src/common/keys.py");
    assert_eq!(fixture.python(from, "flat"), "libs/flat/flat/__init__.py");
    assert_eq!(fixture.python(from, "company.spaced"), "libs/spaced/src/company/spaced/__init__.py");
    assert_eq!(fixture.python(from, "company.other"), "libs/other/src/company/other/__init__.py");
    assert_eq!(fixture.python(from, "loose"), "", "it cannot be installed");
}

#[test]
fn of_two_projects_with_one_name_the_nearer_one_is_meant() {
    let fixture = fixture(
        &[
            "a/libs/x/shared/__init__.py",
            "a/libs/x/shared/one.py",
            "a/app/main.py",
            "b/libs/x/shared/__init__.py",
            "b/app/main.py",
            "c/main.py",
        ],
        &[("a/libs/x/pyproject.toml", ""), ("b/libs/x/pyproject.toml", "")],
    );
    assert_eq!(fixture.python("a/app/main.py", "shared"), "a/libs/x/shared/__init__.py");
    assert_eq!(fixture.python("b/app/main.py", "shared"), "b/libs/x/shared/__init__.py");
    assert_eq!(fixture.python("b/app/main.py", "shared.one"), "", "a name in the nearer one");
    assert_eq!(fixture.python("c/main.py", "shared"), "", "either could be meant");
    assert_eq!(fixture.python("c/main.py", "shared.one"), "");
}

#[cfg(unix)]
#[test]
fn linked_directories_lead_to_the_real_files() {
    let fixture = scan(
        directory(&[
            ("libs/util/__init__.py", ""),
            ("libs/util/a.py", ""),
            ("app/main.py", ""),
            ("app/util ->", "../libs/util"),
            ("libs/util/again ->", ".."),
            ("app/broken ->", "nowhere"),
            ("app/one.py ->", "../libs/util/a.py"),
        ]),
        &[""],
    );
    assert_eq!(fixture.python("app/main.py", "util"), "libs/util/__init__.py");
    assert_eq!(fixture.python("app/main.py", "util.a"), "libs/util/a.py");
    assert_eq!(fixture.python("app/main.py", "one"), "libs/util/a.py");
    assert_eq!(fixture.python("app/main.py", "util.again.util.again.util.a"), "libs/util/a.py");
    assert_eq!(fixture.python("app/main.py", "broken.a"), "");
    assert_eq!(fixture.python("app/main.py", "util.again.missing"), "");
}

#[cfg(unix)]
#[test]
fn what_was_not_scanned_is_not_found() {
    let files = [("a/x.py", ""), ("b/y.py", ""), ("outside.py", ""), ("a/out ->", "../b")];
    let fixture = scan(directory(&files), &["a"]);
    assert_eq!(fixture.python("a/x.py", "outside"), "");
    assert_eq!(fixture.python("a/x.py", "..outside"), "");
    assert_eq!(fixture.python("a/x.py", "out.y"), "");
    let fixture = scan(directory(&files), &["a", "b"]);
    assert_eq!(fixture.python("a/x.py", "out.y"), "b/y.py");
}

#[test]
fn imports_go_up_to_the_repository_even_when_less_was_scanned() {
    let files = [(".git/config", ""), ("src/app/x.py", ""), ("src/app/__init__.py", ""), ("src/app/y.py", "")];
    let fixture = scan(directory(&files), &["src/app"]);
    assert_eq!(fixture.python("src/app/x.py", "app.y"), "src/app/y.py");
    assert_eq!(fixture.python("src/app/x.py", "src.app.y"), "src/app/y.py");
    let fixture = scan(directory(&files), &["src/app/x.py", "src/app/y.py"]);
    assert_eq!(fixture.python("src/app/x.py", "src.app.y"), "src/app/y.py");
}

#[test]
fn names_are_words_that_stand_where_a_file_is_imported() {
    let fixture = fixture(&["app/__init__.py", "app/settings.py", "types.pyi"], &[]);
    assert_eq!(fixture.names("app/settings.py"), ["settings"]);
    assert_eq!(fixture.names("app/__init__.py"), ["app", "from ."]);
    assert_eq!(fixture.names("types.pyi"), ["types"]);
}
