//! Collects the rule files below `rules/` into one table, so that the directory is the registry: adding a rule means
//! adding a file. Each is there as it is written, for messages, and as JSON, which is read in a fraction of the time.

use std::{env, fmt::Write as _, fs, io, path::Path};

use walkdir::WalkDir;

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let rules = Path::new(&root).join("rules");
    println!("cargo::rerun-if-changed={}", rules.display());
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let mut table = String::from("&[\n");
    let mut number = 0;
    for entry in WalkDir::new(&rules).sort_by_file_name() {
        let entry = entry.map_err(io::Error::other)?;
        let path = entry.path();
        if entry.file_type().is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let name = path.strip_prefix(&rules).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
            let json = Path::new(&out).join(format!("{number}.json"));
            fs::write(&json, as_json(path)?)?;
            let (yaml, json) = (path.display().to_string(), json.display().to_string());
            writeln!(table, "    ({name:?}, include_str!({yaml:?}), include_str!({json:?})),")
                .map_err(io::Error::other)?;
            number += 1;
        }
    }
    table.push_str("]\n");
    fs::write(Path::new(&out).join("rules.rs"), table)
}

/// The same content as JSON. Of a file that is no YAML, nothing: the tests and the program tell what is wrong with it.
fn as_json(path: &Path) -> io::Result<String> {
    let text = fs::read_to_string(path)?;
    let value = serde_saphyr::from_str::<serde_json::Value>(&text);
    value.map_or_else(|_| Ok(String::new()), |value| serde_json::to_string(&value).map_err(io::Error::other))
}
