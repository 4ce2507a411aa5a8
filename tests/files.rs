//! The files of a deck as others may have prepared them: somebody else's, links, pipes, leftovers,
//! and texts as other programs write them.

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Stdio;

use rustix::fs::{CWD, Mode, mkfifoat};
use support::deck::Deck;

/// A user who has no name, and owns nothing else.
const SOMEBODY: u32 = 54_321;

/// Every kind of command that uses a deck.
const COMMANDS: [&[&str]; 9] = [
    &["status"],
    &["config", "path"],
    &["config", "show"],
    &["config", "check"],
    &["config", "set", "--yes", "--env", "dev", "codes_allowed", "5"],
    &["send", "--env", "dev", "+573001234567"],
    &["route", "--env", "dev", "+573001234567"],
    &["quota", "list"],
    &["log"],
];

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn pipe(path: &Path) {
    mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).unwrap();
}

#[test]
fn the_deck_of_somebody_else_is_refused_before_anything_of_it_is_touched() {
    if !is_root() {
        return;
    }
    let deck = Deck::new();
    let folder = deck.path(".config/smsdeck");
    fs::create_dir_all(&folder).unwrap();
    let victim = deck.path("shadow");
    fs::write(&victim, "root:*").unwrap();
    symlink(&victim, folder.join("config.ron.lock")).unwrap();
    symlink(&victim, folder.join("secrets.ron.lock")).unwrap();
    chown(&folder, Some(SOMEBODY), None).unwrap();
    let before = fs::metadata(&victim).unwrap();
    for arguments in COMMANDS {
        let ran = deck.run(arguments);
        assert_eq!(ran.code(), if arguments == ["status"] { 2 } else { 3 }, "{arguments:?}");
        assert_eq!(ran.out(), "", "{arguments:?}");
        assert!(ran.err().contains("belongs to #54321"), "{arguments:?}: {}", ran.err());
        assert!(ran.err().contains("sudo -u '#54321' smsdeck"), "{arguments:?}: {}", ran.err());
    }
    let after = fs::metadata(&victim).unwrap();
    assert_eq!(
        (after.uid(), after.mode(), after.mtime()),
        (before.uid(), before.mode(), before.mtime())
    );
    assert_eq!(names(&folder), ["config.ron.lock", "secrets.ron.lock"]);
    assert!(!deck.path(".local").exists());
    assert_eq!(deck.run(&["config", "schema"]).code(), 0);
}

#[test]
fn the_deck_of_root_is_for_root_alone() {
    if !is_root() {
        return;
    }
    let deck = Deck::new();
    assert_eq!(
        deck.run(&["config", "set", "--yes", "--env", "dev", "codes_allowed", "5"]).code(),
        0
    );
    assert_eq!(deck.run(&["status"]).code(), 0);
    for folder in ["", ".config", ".config/smsdeck"] {
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(deck.path(folder), open).unwrap();
    }
    let as_somebody = |arguments: &[&str]| {
        let ran = deck.command(arguments).uid(SOMEBODY).gid(SOMEBODY).output();
        // Where the build folder is root's alone, nobody else can start it.
        ran.ok().map(support::deck::Ran)
    };
    let Some(ran) = as_somebody(&["send", "--env", "dev", "+573001234567"]) else { return };
    assert_eq!(ran.code(), 3, "{}", ran.err());
    assert!(ran.err().contains("secrets.ron belongs to root"), "{}", ran.err());
    assert!(ran.err().contains("sudo -u root smsdeck --config "), "{}", ran.err());
    // Without secrets the settings of an administrator are there to read, as those in /etc are.
    fs::remove_file(deck.paths().secrets).unwrap();
    let ran = as_somebody(&["config", "show", "--env", "dev"]).unwrap();
    assert!(ran.out().contains("codes_allowed: 5"), "{}", ran.err());
}

#[test]
fn root_makes_no_deck_in_the_home_of_somebody_else() {
    if !is_root() {
        return;
    }
    let deck = Deck::new();
    chown(deck.home.path(), Some(SOMEBODY), None).unwrap();
    let ran = deck.run(&["send", "--env", "dev", "+573001234567"]);
    assert_eq!(ran.code(), 3, "{}", ran.err());
    assert_eq!(names(deck.home.path()), [""; 0]);
}

#[test]
fn a_lock_that_is_a_link_is_not_followed_in_a_deck_of_ones_own_either() {
    let deck = Deck::new();
    let folder = deck.path(".config/smsdeck");
    fs::create_dir_all(&folder).unwrap();
    let target = deck.path("made by the lock");
    for lock in ["config.ron.lock", "secrets.ron.lock"] {
        symlink(&target, folder.join(lock)).unwrap();
    }
    for arguments in [COMMANDS[4], COMMANDS[5]] {
        let ran = deck.run(arguments);
        assert_eq!(ran.code(), 1, "{arguments:?}: {}", ran.err());
        assert!(ran.err().contains("it is a symbolic link"), "{arguments:?}: {}", ran.err());
    }
    assert!(!target.exists());
}

#[test]
fn no_command_waits_for_the_other_end_of_a_pipe() {
    let deck = Deck::new();
    let paths = deck.paths();
    fs::create_dir_all(deck.path(".config/smsdeck")).unwrap();
    for file in [&paths.config, &paths.secrets] {
        pipe(file);
        for arguments in COMMANDS {
            let ran = deck.run(arguments);
            // Where the files are is known, even if they cannot be read.
            let needs_it = arguments != ["config", "path"];
            let only_secrets = file == &paths.secrets;
            if needs_it && !only_secrets {
                assert!(ran.err().contains("it is a named pipe"), "{arguments:?}: {}", ran.err());
                assert_ne!(ran.code(), 0, "{arguments:?}");
            }
        }
        assert!(fs::symlink_metadata(file).unwrap().file_type().is_fifo());
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn settings_are_imported_from_a_pipe_that_is_open_already() {
    let deck = Deck::new();
    let exported = deck.run(&["config", "export", "--env", "dev"]).out();
    let text = exported.replace("codes_allowed: 3", "codes_allowed: 7");
    for file in ["-", "/dev/stdin", "/dev/fd/0"] {
        let mut command =
            deck.command(&["config", "import", "--yes", "--env", "dev", "--dry-run", file]);
        let ran = support::deck::fed(&mut command, text.as_bytes());
        assert_eq!(ran.code(), 0, "{file}: {}", ran.err());
        assert!(ran.out().contains('7'), "{file}: {}", ran.out());
    }
    let path = deck.path("pipe");
    pipe(&path);
    let ran = deck.run(&["config", "import", "--yes", "--env", "dev", path.to_str().unwrap()]);
    assert!(ran.err().contains("it is a named pipe"), "{}", ran.err());
}

#[test]
fn the_next_start_removes_what_a_killed_process_left() {
    let deck = Deck::new();
    deck.run(&["config", "set", "--yes", "--env", "dev", "codes_allowed", "5"]);
    let folder = deck.path(".config/smsdeck");
    let left = [folder.join(".smsdeck-AbC123"), folder.join("config.ron.history/.smsdeck-XyZ789")];
    fs::create_dir_all(folder.join("config.ron.history")).unwrap();
    let put = || left.iter().for_each(|file| fs::write(file, "token").unwrap());
    for arguments in COMMANDS {
        put();
        deck.run(arguments);
        assert!(left.iter().all(|file| !file.exists()), "{arguments:?}");
    }
    put();
    deck.run(&["status", "--read-only"]);
    assert!(left.iter().all(|file| file.exists()), "a reader has changed something");
}

#[test]
fn files_that_others_can_read_are_warned_about() {
    let deck = Deck::new();
    let token = deck.path("token");
    fs::write(&token, "0123456789abcdef0123456789ab3f9a").unwrap();
    let mut config = smsdeck::config::Config::built_in();
    config.environments.test.provider.set_twilio(|account| {
        account.auth_token = Some(smsdeck::domain::secret::SecretSource::File(token.clone()));
    });
    deck.configure(&smsdeck::config::render(&config));
    let store = deck.paths().store;
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    deck.make_store();
    for (file, is_exposed) in [(&token, true), (&store, true), (&store, false)] {
        set(&token, 0o600);
        set(&store, 0o600);
        set(file, if is_exposed { 0o644 } else { 0o600 });
        let warning = format!("{} can be read by others (mode 644)", file.display());
        for arguments in [&["status"][..], &["config", "check"], &["config", "check", "--json"]] {
            let ran = deck.run(arguments);
            assert_eq!(ran.out().contains(&warning), is_exposed, "{arguments:?}: {}", ran.out());
            assert!(ran.code() == 0 || is_exposed, "{arguments:?}: {}", ran.out());
        }
    }
}

#[test]
fn other_processes_of_the_user_cannot_read_the_memory_of_a_command() {
    if !is_root() {
        return;
    }
    let deck = Deck::new();
    let mut command = deck.command(&["sandbox", "--listen", "127.0.0.1:0"]);
    command.uid(SOMEBODY).stdout(Stdio::piped());
    // Where the build folder is root's alone, nobody else can start it.
    let Ok(mut child) = command.spawn() else { return };
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("127.0.0.1"), "{line}");
    // The system gives what may not be dumped to root.
    let owner = fs::metadata(format!("/proc/{}/mem", child.id())).unwrap().uid();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(owner, 0);
}

#[test]
fn no_core_dump_holds_the_memory_of_a_command() {
    let deck = Deck::new();
    let script = format!(
        "ulimit -c unlimited; exec {} sandbox --listen 127.0.0.1:0",
        support::deck::SMSDECK
    );
    let mut child = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(deck.home.path())
        .env_clear()
        .env("HOME", deck.home.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It listens once it has printed where.
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("127.0.0.1"), "{line}");
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    let pid = rustix::process::Pid::from_child(&child);
    // Not QUIT, which a shell has its background jobs ignore.
    rustix::process::kill_process(pid, rustix::process::Signal::ABORT).unwrap();
    assert!(!child.wait().unwrap().core_dumped());
}

#[test]
fn an_invalid_line_does_not_end_a_batch_of_numbers() {
    let deck = Deck::new();
    let route = |input: &[u8]| {
        support::deck::fed(&mut deck.command(&["route", "--env", "dev", "-", "--json"]), input)
    };
    let valid = |ran: &support::deck::Ran| -> Vec<bool> {
        ran.json().iter().map(|line| line["valid"] == true).collect()
    };
    let ran = route(b"\xef\xbb\xbf+573001234567\r\n+57 300\xff\nnonsense\n+14155550123");
    assert_eq!((ran.code(), valid(&ran)), (2, vec![true, false, false, true]), "{}", ran.err());
    assert_eq!(ran.json()[1]["reason"], "byte 8 is not UTF-8");
    let ran = route(b"+573001234567\n+14155550123\n");
    assert_eq!((ran.code(), valid(&ran)), (0, vec![true, true]), "{}", ran.err());
    let only = &["config", "set", "--yes", "--env", "dev", "limits.only_countries", "[\"CO\"]"];
    assert_eq!(deck.run(only).code(), 0);
    assert_eq!(route(b"+573001234567\n+14155550123\n").code(), 3);
    assert_eq!(route(b"+14155550123\nnonsense\n").code(), 2);
}

#[test]
fn showing_the_config_into_its_own_file_leaves_a_valid_one() {
    let deck = Deck::new();
    fs::create_dir_all(deck.path(".config/smsdeck")).unwrap();
    let path = deck.paths().config;
    let show_into = || {
        let file = fs::File::create(&path).unwrap();
        let ran = deck.command(&["config", "show"]).stdout(file).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stderr).unwrap())
    };
    let (code, error) = show_into();
    assert_eq!(code, Some(0), "{error}");
    assert!(error.contains("the file is empty"), "{error}");
    assert_eq!(deck.run(&["config", "check"]).code(), 0);
    for codes in ["5", "6"] {
        deck.run(&["config", "set", "--yes", "--env", "dev", "codes_allowed", codes]);
    }
    assert_eq!(show_into().0, Some(0));
    let shown = deck.run(&["config", "show"]);
    assert!(shown.out().contains("codes_allowed: 6"), "{}", shown.out());
    fs::write(&path, "").unwrap();
    let ran = deck.run(&["config", "check"]);
    assert!(ran.err().contains("config.ron: the file is empty"), "{}", ran.err());
    assert!(ran.err().contains("smsdeck config show >"), "{}", ran.err());
}

#[test]
fn what_other_programs_put_before_a_text_is_no_part_of_it() {
    let deck = Deck::new();
    let with_mark = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let exported = deck.run(&["config", "export", "--env", "dev"]).out();
    let text = with_mark(&exported.replace("codes_allowed: 3", "codes_allowed: 7"));
    let fed = |arguments: &[&str], input: &str| {
        support::deck::fed(&mut deck.command(arguments), input.as_bytes())
    };
    let ran = fed(&["config", "import", "--yes", "--env", "dev", "-"], &text);
    assert_eq!(ran.code(), 0, "{}", ran.err());
    let config = deck.paths().config;
    let written = fs::read_to_string(&config).unwrap();
    fs::write(&config, with_mark(&written)).unwrap();
    fs::write(
        config.with_file_name("keys.ron"),
        with_mark("{ console: { send_code: [\"F5\"] } }\n"),
    )
    .unwrap();
    let ran = deck.run(&["config", "check"]);
    assert_eq!(ran.code(), 0, "{}", ran.err());
    let code = deck.run(&["send", "--env", "dev", "+573001234567", "--json"]).received_code();
    let ran =
        fed(&["verify", "--env", "dev", "+573001234567", "-"], &with_mark(&format!("{code}\n")));
    assert_eq!(ran.code(), 0, "{}", ran.err());
    let ran = fed(
        &["config", "set", "--yes", "--env", "test", "auth_token", "-"],
        &with_mark("s3cret\n"),
    );
    assert_eq!(ran.code(), 0, "{}", ran.err());
    let ran = fed(
        &["config", "import", "--yes", "--env", "dev", "-"],
        "(\n  default_country: \"\u{e9}\u{1}",
    );
    assert_eq!(ran.code(), 2, "{}", ran.err());
    let mut bad = deck.command(&["config", "import", "--yes", "--env", "dev", "-"]);
    let ran = support::deck::fed(&mut bad, b"(\n  message: \"caf\xe9\")");
    assert!(ran.err().contains("-:2:16: a byte here is not UTF-8"), "{}", ran.err());
    let ran = fed(&["config", "import", "--yes", "--env", "dev", "-"], "");
    assert!(ran.err().contains("the file is empty"), "{}", ran.err());
}
