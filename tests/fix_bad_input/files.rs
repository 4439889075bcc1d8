//! Files that cannot be written, are not there any more, or are reached in more ways than one.

use std::{fs, path::Path};

use crate::tree::{AFTER, BEFORE, Ran, Tree, changed};

#[test]
fn nothing_is_written_unless_asked_for() {
    let tree = Tree::usual();
    tree.fix(&["."]).says(1, &["--write makes them", "-client = AzureOpenAI(", "+client = OpenAI("]);
    tree.fix(&["--level", "unsafe", "--target", "openai", "--format", "json"]).says(1, &["\"edits\""]);
    tree.run(&["models"]);
    assert_eq!(tree.text("app.py"), BEFORE);
    assert_eq!(tree.names(), ["app.py"]);
}

#[test]
fn what_is_shown_is_what_is_written() {
    let tree = Tree::usual();
    tree.write(&[]).says(0, &["changed app.py (1 change)"]);
    assert_eq!(tree.text("app.py"), AFTER);
    assert_eq!(tree.names(), ["app.py"]);
}

#[test]
fn the_second_time_there_is_nothing_to_do() {
    let tree = Tree::usual();
    tree.write(&[]).says(0, &[]);
    let modified = || fs::metadata(tree.path("app.py")).unwrap().modified().unwrap();
    let then = modified();
    for more in [&["--write"][..], &[], &["--level", "unsafe"], &["--write", "--format", "json", "--level", "unsafe"]] {
        let ran = tree.fix(more);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(!ran.out.contains("changed") && !ran.out.contains("+++"), "{ran:?}");
    }
    assert_eq!((modified(), tree.text("app.py")), (then, AFTER.to_owned()));
}

#[test]
fn the_diff_fits_git_and_patch() {
    let tree = Tree::usual();
    tree.add("crlf.py", BEFORE.replace('\n', "\r\n"));
    tree.add("end.py", BEFORE.trim_end());
    tree.add("marked.py", format!("\u{feff}# é\n{BEFORE}"));
    let tree = tree.committed();
    let diff = tree.fix(&["-q"]);
    diff.says(1, &[]);
    tree.add("fix.diff", &diff.out);
    tree.git(&["apply", "--check", "fix.diff"]);
    tree.git(&["apply", "fix.diff"]);
    let applied: Vec<_> = ["app.py", "crlf.py", "end.py", "marked.py"].map(|name| tree.bytes(name)).into();
    tree.git(&["checkout", "-q", "."]);
    tree.fix(&["--write"]).says(0, &[]);
    let written: Vec<_> = ["app.py", "crlf.py", "end.py", "marked.py"].map(|name| tree.bytes(name)).into();
    assert_eq!(applied, written);
}

#[test]
fn a_file_with_a_syntax_error_is_told_and_left_alone() {
    let tree = Tree::usual();
    let broken = format!("{BEFORE}\ndef ask(:\n    pass\n");
    tree.add("broken.py", &broken);
    let script =
        "import { AzureOpenAI } from 'openai';\nconst client = new AzureOpenAI({ apiVersion: '1' });\nlet a = ;\n";
    tree.add("broken.ts", script);
    tree.fix(&[]).says(1, &["broken.py:11: has a syntax error and is not changed", "broken.ts:3: has a syntax error"]);
    tree.write(&["--level", "unsafe"]).says(0, &["broken.py:11: has a syntax error", "changed app.py"]);
    assert_eq!((tree.text("broken.py"), tree.text("broken.ts")), (broken, script.to_owned()));
    assert_eq!(tree.text("app.py"), AFTER);
    tree.fix(&["broken.py", "--write"]).says(0, &["has a syntax error and is not changed"]);
}

#[test]
fn a_path_that_is_not_there_stops_everything() {
    let tree = Tree::usual();
    tree.write(&["app.py", "nowhere.py"]).says(2, &["no such file or directory: `nowhere.py`", "nothing was done"]);
    assert_eq!(tree.text("app.py"), BEFORE);
}

#[test]
fn no_file_at_all_is_no_failure() {
    let tree = Tree::with("notes.txt", "AzureOpenAI");
    tree.fix(&[]).says(0, &["there was no file to look at"]);
    tree.write(&[]).says(0, &[]);
    tree.run(&["models"]).says(0, &["0 deployment names"]);
}

#[test]
fn a_file_given_in_several_ways_changes_once() {
    let ways = |tree: &Tree| {
        let absolute = tree.path("src/app.py").to_str().unwrap().to_owned();
        let root = tree.root().to_str().unwrap().to_owned();
        vec![
            vec!["src/app.py".to_owned(), "src/app.py".to_owned()],
            vec!["src/app.py".to_owned(), "./src/../src/app.py".to_owned()],
            vec!["src/app.py".to_owned(), absolute.clone()],
            vec![absolute, ".".to_owned()],
            vec![".".to_owned(), "src".to_owned(), "src/app.py".to_owned()],
            vec![root, "src".to_owned()],
        ]
    };
    for number in 0..6 {
        let tree = Tree::with("src/app.py", BEFORE);
        let paths = ways(&tree).swap_remove(number);
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let plan = tree.plan(&paths);
        assert_eq!(changed(&plan).len(), 1, "{paths:?}");
        tree.fix(&paths).says(1, &["1 change in 1 file"]);
        let ran = tree.write(&paths);
        ran.says(0, &["1 change in 1 file"]);
        assert_eq!(ran.out.matches("changed ").count(), 1, "{ran:?}");
        assert_eq!(tree.text("src/app.py"), AFTER, "{paths:?}");
        assert_eq!(tree.names(), ["src/app.py"]);
    }
}

#[test]
fn a_read_only_file_is_left_alone_and_the_others_are_written() {
    let tree = Tree::usual();
    tree.add("sealed.py", BEFORE);
    let sealed = tree.path("sealed.py");
    let mut permissions = fs::metadata(&sealed).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&sealed, permissions).unwrap();
    tree.fix(&[]).says(1, &["2 files"]);
    tree.write(&[]).says(1, &["sealed.py: not written: is write-protected", "help: ", "1 file not written"]);
    assert_eq!((tree.text("sealed.py"), tree.text("app.py")), (BEFORE.to_owned(), AFTER.to_owned()));
    assert_eq!(tree.names(), ["app.py", "sealed.py"]);
    let ran = tree.write(&["--format", "json", "sealed.py"]);
    ran.says(1, &["sealed.py: not written: is write-protected"]);
    serde_json::from_str::<serde_json::Value>(&ran.out).unwrap();
}

#[cfg(unix)]
mod unix {
    use std::{
        os::unix::{
            fs::{MetadataExt, PermissionsExt, symlink},
            process::CommandExt,
        },
        process::Stdio,
        thread,
        time::{Duration, Instant},
    };

    use super::*;

    const PROGRAM: &str = env!("CARGO_BIN_EXE_unmoor");

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Runs `fix --write` as somebody for whom permissions count.
    fn write_as_nobody(tree: &Tree, arguments: &[&str]) -> Ran {
        // Others cannot always reach the place where the program is built.
        let copies = tempfile::tempdir().unwrap();
        set_mode(copies.path(), 0o755);
        let program = copies.path().join("unmoor");
        fs::hard_link(PROGRAM, &program).or_else(|_| fs::copy(PROGRAM, &program).map(|_| ())).unwrap();
        let mut command = tree.command(&program);
        command.args(["fix", "--write"]).args(arguments);
        if fs::metadata(tree.root()).unwrap().uid() == 0 {
            command.uid(65534).gid(65534);
        }
        Ran::of(&command.output().unwrap())
    }

    #[test]
    fn a_read_only_directory_keeps_its_files() {
        let tree = Tree::with("shut/app.py", BEFORE);
        set_mode(&tree.path("shut/app.py"), 0o666);
        set_mode(&tree.path("shut"), 0o555);
        set_mode(tree.root(), 0o555);
        let ran = write_as_nobody(&tree, &["."]);
        set_mode(tree.root(), 0o755);
        set_mode(&tree.path("shut"), 0o755);
        ran.says(1, &["shut/app.py: not written: lies in a directory that cannot be written to", "help: "]);
        assert_eq!(tree.text("shut/app.py"), BEFORE);
        assert_eq!(tree.names(), ["shut/app.py"]);
    }

    #[test]
    fn a_file_of_somebody_else_is_left_alone() {
        let tree = Tree::usual();
        set_mode(&tree.path("app.py"), if fs::metadata(tree.root()).unwrap().uid() == 0 { 0o644 } else { 0o444 });
        set_mode(tree.root(), 0o777);
        write_as_nobody(&tree, &["app.py"]).says(1, &["app.py: not written: is write-protected"]);
        assert_eq!(tree.text("app.py"), BEFORE);
        assert_eq!(tree.names(), ["app.py"]);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told() {
        let tree = Tree::usual();
        tree.add("secret.py", BEFORE);
        set_mode(&tree.path("secret.py"), 0o000);
        set_mode(tree.root(), 0o777);
        set_mode(&tree.path("app.py"), 0o666);
        let ran = write_as_nobody(&tree, &["."]);
        ran.says(0, &["secret.py: ", "changed app.py"]);
    }

    #[test]
    fn permissions_are_kept() {
        for mode in [0o755, 0o600, 0o744, 0o664] {
            let tree = Tree::usual();
            set_mode(&tree.path("app.py"), mode);
            tree.write(&[]).says(0, &[]);
            assert_eq!(fs::metadata(tree.path("app.py")).unwrap().mode() & 0o7777, mode);
            assert_eq!(tree.text("app.py"), AFTER);
        }
    }

    /// Runs `fix --write` with a program `git` that does `script` when it is asked for uncommitted changes, which is after
    /// the files were read and before they are written.
    fn write_while(tree: &Tree, script: &str) -> Ran {
        let programs = tempfile::tempdir().unwrap();
        let git = programs.path().join("git");
        fs::write(&git, format!("#!/bin/sh\n{script}\n")).unwrap();
        set_mode(&git, 0o755);
        fs::create_dir_all(tree.path(".git")).unwrap();
        let path = format!("{}:{}", programs.path().display(), std::env::var("PATH").unwrap());
        let mut command = tree.command(Path::new(PROGRAM));
        Ran::of(&command.env("PATH", path).env("TREE", tree.root()).args(["fix", "--write"]).output().unwrap())
    }

    #[test]
    fn a_file_that_changes_meanwhile_is_left_alone() {
        let tree = Tree::usual();
        tree.add("other.py", BEFORE);
        let ran = write_while(&tree, "echo '# mine' >> \"$TREE/app.py\"");
        ran.says(1, &["app.py: not written: has changed since it was scanned", "help: ", "1 file not written"]);
        assert_eq!(tree.text("app.py"), format!("{BEFORE}# mine\n"));
        assert_eq!(tree.text("other.py"), AFTER);
        assert_eq!(tree.names(), ["app.py", "other.py"]);
    }

    #[test]
    fn a_file_that_goes_meanwhile_is_not_made_anew() {
        let tree = Tree::usual();
        tree.add("other.py", BEFORE);
        let ran = write_while(&tree, "rm \"$TREE/app.py\"");
        ran.says(1, &["app.py: not written: is gone since it was scanned"]);
        assert_eq!(tree.names(), ["other.py"]);
        assert_eq!(tree.text("other.py"), AFTER);
    }

    #[test]
    fn a_link_that_comes_meanwhile_is_not_written_through() {
        let tree = Tree::with("src/app.py", BEFORE);
        let outside = Tree::usual();
        let script = format!("rm -r \"$TREE/src\"; ln -s '{}' \"$TREE/src\"", outside.root().display());
        write_while(&tree, &script).says(1, &["src/app.py: not written: lies outside of the directory"]);
        assert_eq!(outside.text("app.py"), BEFORE);
        assert_eq!(outside.names(), ["app.py"]);
    }

    /// A limit on the size of files stands for a full disk.
    #[test]
    fn a_full_disk_leaves_the_old_content() {
        let tree = Tree::usual();
        let large = format!("{BEFORE}{}", "# what is here must not be lost\n".repeat(2_000));
        tree.add("large.py", &large);
        let mut command = tree.command(Path::new("sh"));
        let script = "trap '' XFSZ; ulimit -f 16; exec \"$0\" fix --write .";
        let ran = Ran::of(&command.args(["-c", script, PROGRAM]).output().unwrap());
        ran.says(1, &["large.py: not written: cannot be replaced: ", "help: see that the disk has room"]);
        assert_eq!((tree.text("large.py"), tree.text("app.py")), (large, AFTER.to_owned()));
        assert_eq!(tree.names(), ["app.py", "large.py"]);
    }

    /// Whenever the program is killed, each file is old or new.
    #[test]
    fn a_kill_in_the_middle_leaves_each_file_old_or_new() {
        let padding = "# padding\n".repeat(300);
        let tree = Tree::new();
        let names: Vec<String> = (0..50).map(|number| format!("file{number:02}.py")).collect();
        for name in &names {
            tree.add(name, format!("{BEFORE}{padding}"));
        }
        let mut command = tree.command(Path::new(PROGRAM));
        let mut child = command.args(["fix", "--write"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        while !tree.text("file03.py").starts_with(AFTER) {
            assert!(started.elapsed() < Duration::from_secs(60), "the files do not change");
            thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for name in &names {
            let text = tree.text(name);
            let head = text.strip_suffix(&padding).unwrap_or_else(|| panic!("{name} is cut off"));
            assert!(head == BEFORE || head == AFTER, "{name}: {head}");
        }
        // What a kill may leave behind is no source file, and the next run makes the rest.
        tree.fix(&["--write"]).says(0, &[]);
        assert!(names.iter().all(|name| tree.text(name).starts_with(AFTER)));
    }

    #[test]
    fn a_link_to_a_file_is_not_written() {
        let tree = Tree::with("app.txt", BEFORE);
        symlink("app.txt", tree.path("link.py")).unwrap();
        tree.write(&["link.py"]).says(1, &["link.py: not written: is a symbolic link", "help: "]);
        assert_eq!(tree.text("app.txt"), BEFORE);
        assert!(fs::symlink_metadata(tree.path("link.py")).unwrap().is_symlink());
    }

    /// Also when it leads elsewhere, the link is what is told.
    #[test]
    fn a_link_to_a_file_in_another_directory_is_called_a_link() {
        let tree = Tree::with("real/app.py", BEFORE);
        symlink("real/app.py", tree.path("link.py")).unwrap();
        let ran = tree.write(&["link.py"]);
        assert_eq!((ran.code, tree.text("real/app.py").as_str()), (1, BEFORE));
        ran.says(1, &["link.py: not written: is a symbolic link"]);
    }

    #[test]
    fn a_file_is_written_though_a_link_to_it_is_met_or_named_too() {
        for paths in [&["."][..], &["--follow-links", "."], &["link.py", "real/app.py"], &["real/app.py", "link.py"]] {
            let tree = Tree::with("real/app.py", BEFORE);
            symlink("real/app.py", tree.path("link.py")).unwrap();
            let ran = tree.write(paths);
            assert_eq!(tree.text("real/app.py"), AFTER, "{paths:?}: {ran:?}");
            assert!(fs::symlink_metadata(tree.path("link.py")).unwrap().is_symlink());
        }
    }

    #[test]
    fn a_linked_directory_leads_to_one_file_only_once() {
        let tree = Tree::with("real/app.py", BEFORE);
        symlink("real", tree.path("link")).unwrap();
        for paths in [&["real", "link"][..], &["link/app.py", "real/app.py"], &["--follow-links", "."]] {
            tree.add("real/app.py", BEFORE);
            assert_eq!(changed(&tree.plan(paths)).len(), 1, "{paths:?}");
            let ran = tree.write(paths);
            ran.says(0, &["1 change in 1 file"]);
            assert_eq!(tree.text("real/app.py"), AFTER, "{paths:?}");
        }
        assert!(fs::symlink_metadata(tree.path("link")).unwrap().is_symlink());
    }

    #[test]
    fn a_linked_directory_does_not_lead_out_of_what_is_given() {
        let outside = Tree::usual();
        let tree = Tree::usual();
        symlink(outside.root(), tree.path("out")).unwrap();
        tree.write(&["--follow-links", "."]).says(1, &["out/app.py: not written: lies outside", "changed app.py"]);
        assert_eq!((outside.text("app.py"), tree.text("app.py")), (BEFORE.to_owned(), AFTER.to_owned()));
        // Whoever names the directory wants it.
        tree.write(&["out"]).says(0, &[]);
        assert_eq!(outside.text("app.py"), AFTER);
    }

    /// What lies between the given paths was not given.
    #[test]
    fn a_neighbour_of_what_is_given_is_not_written() {
        let tree = Tree::with("first/app.py", BEFORE);
        tree.add("second/app.py", BEFORE);
        tree.add("neighbour/app.py", BEFORE);
        symlink("../neighbour", tree.path("first/link")).unwrap();
        let ran = tree.write(&["--follow-links", "first", "second"]);
        assert_eq!(tree.text("neighbour/app.py"), BEFORE, "{ran:?}");
        ran.says(1, &["first/link/app.py: not written: lies outside"]);
        assert_eq!((tree.text("first/app.py"), tree.text("second/app.py")), (AFTER.to_owned(), AFTER.to_owned()));
    }

    #[test]
    fn a_file_with_several_names_keeps_the_others() {
        let tree = Tree::usual();
        fs::hard_link(tree.path("app.py"), tree.path("copy.txt")).unwrap();
        tree.write(&[]).says(0, &[]);
        assert_eq!((tree.text("app.py"), tree.text("copy.txt")), (AFTER.to_owned(), BEFORE.to_owned()));
    }

    #[test]
    fn a_name_with_control_characters_is_written_out() {
        let tree = Tree::with("app\u{1b}[31m\n.py", BEFORE);
        for ran in [tree.fix(&[]), tree.write(&[])] {
            assert!(!format!("{}{}", ran.out, ran.err).contains('\u{1b}'), "{ran:?}");
        }
        assert_eq!(tree.text("app\u{1b}[31m\n.py"), AFTER);
    }
}
