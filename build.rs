//! Collects the rule files below `rules/` into one table, so that the directory is the registry: adding a rule means
//! adding a file.

use std::{env, fmt::Write as _, fs, io, path::Path};

use walkdir::WalkDir;

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let rules = Path::new(&root).join("rules");
    println!("cargo::rerun-if-changed={}", rules.display());
    let mut table = String::from("&[\n");
    for entry in WalkDir::new(&rules).sort_by_file_name() {
        let entry = entry.map_err(io::Error::other)?;
        let path = entry.path();
        if entry.file_type().is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let name = path.strip_prefix(&rules).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
            writeln!(table, "    ({name:?}, include_str!({:?})),", path.display().to_string())
                .map_err(io::Error::other)?;
        }
    }
    table.push_str("]\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("rules.rs"), table)
}
