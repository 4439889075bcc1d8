//! The command line as users meet it. Most cases run with the small pack of `tests/pack`, so that they do not change
//! whenever a built-in rule does. `TRYCMD=overwrite cargo test --test cli` rewrites what they expect.

#[test]
fn cases() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd").case("tests/cmd/*.toml");
}
