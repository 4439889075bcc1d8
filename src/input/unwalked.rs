//! Why a walk does not hand out a file that is there: the same questions that the walk asks on its way down, asked for one
//! file. What the walk itself cannot tell is told apart here: what an ignore file hides it does not even see.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use ignore::{Match, gitignore::Gitignore};

use super::exclude::{self, Filter, GlobError, SkipReason};
use super::roots::{self, Roots};
use super::walk::WalkOptions;

/// The names of files that hide others, those that count more first.
const IGNORE_FILES: [&str; 2] = [".ignore", ".gitignore"];

/// Why a file is not walked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unwalked {
    /// It lies in none of the given paths.
    Outside,
    /// It, or a directory on the way to it, is passed over.
    Skipped(PathBuf, SkipReason),
    /// It lies in the store of a version control.
    VersionControl(PathBuf),
    /// A line of an ignore file hides it.
    Ignored {
        /// The ignore file.
        file: PathBuf,
        /// The line.
        pattern: String,
    },
    /// Nothing else is left than ignore files elsewhere: those of Git's settings.
    Hidden,
    /// The walk tells of no reason.
    Unknown,
}

impl fmt::Display for Unwalked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside => f.write_str("it lies in none of the paths"),
            Self::Skipped(path, reason) => write!(f, "{} is {}", path.display(), reason.phrase()),
            Self::VersionControl(path) => write!(f, "{} belongs to version control", path.display()),
            Self::Ignored { file, pattern } => write!(f, "{} hides it by `{pattern}`", file.display()),
            Self::Hidden => f.write_str("an ignore file hides it, perhaps that of Git's settings"),
            Self::Unknown => f.write_str("the walk does not tell why"),
        }
    }
}

/// Why a walk of `paths` does not hand out `file`. The only error is a glob that cannot be read.
pub fn unwalked(file: &Path, paths: &[PathBuf], options: &WalkOptions) -> Result<Unwalked, GlobError> {
    let filter = Filter::new(options)?;
    let absolute = roots::absolute(file);
    let given = Roots::new(paths);
    let named = given.files.iter().any(|root| root.absolute == absolute);
    let above = given.directories.iter().filter(|root| absolute.starts_with(&root.absolute));
    let Some(root) = above.max_by_key(|root| root.absolute.components().count()) else {
        let skipped = filter.given(&absolute, false).filter(|_| named && options.force_exclude);
        return Ok(skipped.map_or(Unwalked::Outside, |reason| Unwalked::Skipped(roots::shown(file), reason)));
    };
    // The directories on the way down, then the file.
    let depth = absolute.components().count() - root.absolute.components().count();
    let mut way: Vec<&Path> = absolute.ancestors().take(depth).collect();
    way.reverse();
    let shown = |step: &Path| root.shown.join(step.strip_prefix(&root.absolute).unwrap_or(step));
    for step in way {
        let name = step.file_name().unwrap_or_default().to_string_lossy();
        if exclude::is_version_control(&name) {
            return Ok(Unwalked::VersionControl(shown(step)));
        }
        if step.is_symlink() && !options.follow_links {
            return Ok(Unwalked::Skipped(shown(step), SkipReason::SymbolicLink));
        }
        let skipped = if step == absolute {
            filter.file(&name, || step.to_path_buf())
        } else {
            filter.directory(step, &name, || step.to_path_buf())
        };
        if let Some(reason) = skipped {
            return Ok(Unwalked::Skipped(shown(step), reason));
        }
    }
    if let Some((file, pattern)) = ignored(&absolute).filter(|_| options.ignore_files) {
        return Ok(Unwalked::Ignored { file: seen_from_here(&file), pattern });
    }
    if fs::metadata(file).is_ok_and(|data| data.len() > options.max_file_size) {
        return Ok(Unwalked::Skipped(roots::shown(file), SkipReason::TooLarge));
    }
    Ok(if options.ignore_files { Unwalked::Hidden } else { Unwalked::Unknown })
}

/// The ignore file and the line of it that hide a file.
fn ignored(absolute: &Path) -> Option<(PathBuf, String)> {
    let folders = || absolute.ancestors().skip(1);
    let repository = folders().find(|folder| folder.join(".git").exists());
    for folder in folders() {
        for name in IGNORE_FILES {
            // Without a repository, Git's ignore files mean nothing.
            let counts = name != ".gitignore" || repository.is_some_and(|root| folder.starts_with(root));
            let file = folder.join(name);
            if !counts || !file.is_file() {
                continue;
            }
            match Gitignore::new(&file).0.matched_path_or_any_parents(absolute, false) {
                Match::Ignore(glob) => return Some((file, glob.original().to_owned())),
                Match::Whitelist(_) => return None,
                Match::None => {}
            }
        }
    }
    None
}

fn seen_from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in ["app.py", "node_modules/a/index.js", "gen/made.py", "old/app.py", "site/app.min.js", ".git/x.py"] {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "x = 1\n").unwrap();
        }
        fs::write(folder.path().join(".gitignore"), "# made\n/gen\n").unwrap();
        folder
    }

    fn why(file: &str, change: impl FnOnce(&mut WalkOptions)) -> String {
        let folder = tree();
        let root = folder.path().to_path_buf();
        let mut options = WalkOptions { base: root.clone(), ..WalkOptions::new(|_| true) };
        change(&mut options);
        let why = unwalked(&root.join(file), std::slice::from_ref(&root), &options).unwrap();
        why.to_string().replace(root.to_str().unwrap(), "ROOT")
    }

    #[test]
    fn each_reason_is_told_with_its_place() {
        let same = |_: &mut WalkOptions| {};
        assert_eq!(
            why("node_modules/a/index.js", same),
            "ROOT/node_modules is excluded by default: installed packages, caches or build output"
        );
        assert_eq!(why("site/app.min.js", same), "ROOT/site/app.min.js is excluded by default: written by a bundler");
        assert_eq!(why("gen/made.py", same), "ROOT/.gitignore hides it by `/gen`");
        assert_eq!(why(".git/x.py", same), "ROOT/.git belongs to version control");
        assert_eq!(
            why("old/app.py", |options| options.exclude.push("old/".to_owned())),
            "ROOT/old is excluded by a glob"
        );
        assert_eq!(
            why("old/app.py", |options| options.include.push("src".to_owned())),
            "ROOT/old/app.py is matched by no glob to include"
        );
        assert_eq!(why("app.py", |options| options.max_file_size = 3), "ROOT/app.py is larger than the size limit");
        assert_eq!(why("gen/made.py", |options| options.ignore_files = false), "the walk does not tell why");
        assert_eq!(why("../elsewhere.py", same), "it lies in none of the paths");
    }
}
