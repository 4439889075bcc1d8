use std::fs;

use tempfile::TempDir;

use super::*;

/// A directory with files, and what a scan of it knows of their imports.
pub(super) struct Fixture {
    pub(super) directory: TempDir,
    pub(super) modules: Modules,
}

/// A directory with the given files: their paths and what is in them. A path that ends with ` ->` is a link to the
/// other.
pub(super) fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let link = path.strip_suffix(" ->");
        let path = directory.path().join(link.unwrap_or(path));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if link.is_some() { make_link(text, &path) } else { fs::write(path, text).unwrap() }
    }
    directory
}

#[cfg(unix)]
fn make_link(target: &str, path: &Path) {
    std::os::unix::fs::symlink(target, path).unwrap();
}

#[cfg(not(unix))]
fn make_link(_: &str, _: &Path) {
    panic!("tests with links are for systems where anybody can make them");
}

/// What a scan of `roots` in a directory finds, told by the names alone.
pub(super) fn scan(directory: TempDir, roots: &[&str]) -> Fixture {
    let roots: Vec<_> = roots.iter().map(|root| directory.path().join(root)).collect();
    let mut files = BTreeSet::new();
    for root in &roots {
        for entry in walkdir::WalkDir::new(root).into_iter().flatten().filter(|entry| entry.file_type().is_file()) {
            let name = entry.file_name().to_str().unwrap();
            let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
            let passed = entry.path().components().any(|part| part.as_os_str() == "node_modules");
            let wanted = ["py", "pyi", "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"].contains(&ending);
            if wanted && !passed {
                files.insert(entry.path().to_owned());
            }
        }
    }
    Fixture { modules: Modules::new(files.into_iter().collect(), &roots), directory }
}

/// A scan of the whole directory; the files hold nothing, except manifests and links.
pub(super) fn fixture(files: &[&str], manifests: &[(&str, &str)]) -> Fixture {
    let all: Vec<_> = files.iter().map(|path| (*path, "")).chain(manifests.iter().copied()).collect();
    scan(directory(&all), &[""])
}

impl Fixture {
    pub(super) fn file(&self, path: &str) -> FileId {
        self.modules.id(&self.directory.path().join(path)).unwrap_or_else(|| panic!("{path} was not scanned"))
    }

    fn shown(&self, file: Option<FileId>) -> Option<&str> {
        self.modules.path(file?).strip_prefix(self.directory.path()).unwrap().to_str()
    }

    /// Where an import leads, below the directory; empty for nowhere.
    pub(super) fn python(&self, from: &str, module: &str) -> &str {
        self.shown(self.modules.python(self.file(from), module)).unwrap_or_default()
    }

    /// The same for JavaScript.
    pub(super) fn javascript(&self, from: &str, specifier: &str) -> &str {
        self.shown(self.modules.javascript(self.file(from), specifier)).unwrap_or_default()
    }

    pub(super) fn names(&self, file: &str) -> Vec<String> {
        self.modules.names(self.file(file))
    }
}

#[cfg(unix)]
#[test]
fn files_are_found_under_every_spelling_of_their_path() {
    let files =
        directory(&[("a/b.py", ""), ("a/link.py ->", "b.py"), ("c ->", "a"), ("loop ->", "."), ("self ->", "self")]);
    let fixture = scan(files, &[""]);
    let file = fixture.file("a/b.py");
    assert_eq!(fixture.modules.path(file), fixture.directory.path().join("a/b.py"));
    for path in ["a/./b.py", "a/../a/b.py", "a/link.py", "c/b.py", "c/link.py", "loop/loop/a/b.py"] {
        assert_eq!(fixture.modules.id(&fixture.directory.path().join(path)), Some(file), "{path}");
    }
    for path in ["a", "b.py", "a/c.py", "self/b.py", "loop/b.py"] {
        assert_eq!(fixture.modules.id(&fixture.directory.path().join(path)), None, "{path}");
    }
}

#[cfg(unix)]
#[test]
fn a_scan_through_a_link_knows_the_real_place_too() {
    let fixture = scan(directory(&[("real/a.py", ""), ("real/b ->", "../real"), ("link ->", "real")]), &["link/"]);
    let file = fixture.file("real/a.py");
    assert_eq!(fixture.modules.path(file), fixture.directory.path().join("link/a.py"));
    assert_eq!(fixture.file("link/b/a.py"), file);
}

#[test]
fn paths_relative_to_the_current_directory_are_understood() {
    let files = vec![PathBuf::from("src/input/modules/mod.py"), PathBuf::from("src/input/other.py")];
    let modules = Modules::new(files, &[PathBuf::from("src")]);
    assert_eq!(modules.python(FileId(0), "..other"), Some(FileId(1)));
    assert_eq!(modules.id(&std::env::current_dir().unwrap().join("src/input/other.py")), Some(FileId(1)));
    assert_eq!(modules.path(FileId(1)), Path::new("src/input/other.py"));
}

#[test]
fn a_file_number_that_was_never_given_leads_nowhere() {
    let modules = Modules::new(Vec::new(), &[]);
    assert_eq!(modules.python(FileId(7), "a"), None);
    assert_eq!(modules.javascript(FileId(7), "./a"), None);
    assert_eq!(modules.path(FileId(7)), Path::new(""));
}

#[test]
fn several_threads_can_ask_at_once() {
    fn shared_by_threads<T: Send + Sync>() {}
    shared_by_threads::<Modules>();
}

#[test]
fn of_two_places_equally_near_none_is_the_nearest() {
    let places = ["/r/a", "/r/b", "/r/b/c"].map(PathBuf::from);
    assert_eq!(nearest(Path::new("/r/b/c/d"), &places), Some(&places[2]));
    assert_eq!(nearest(Path::new("/r/b/e"), &places[..2]), Some(&places[1]));
    assert_eq!(nearest(Path::new("/r/x"), &places[..2]), None);
}
