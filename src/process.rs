//! What every smsdeck process does for its secrets: no core dump holds them, and no panic prints
//! them.

use std::io::{self, Write};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Has the system write no image of this process's memory, which holds tokens and the deck's key,
/// to a disk or a crash reporter, and lets no other process of the user read it. For the start of
/// every command; where the system refuses it, nothing can be done about it.
pub fn forbid_core_dumps() {
    // Programs that are started may allow it again, within what was allowed before.
    let limit = Rlimit { current: Some(0), maximum: getrlimit(Resource::Core).maximum };
    let _ = setrlimit(Resource::Core, limit);
    // The limit does not count where dumps go to a program, as systemd-coredump has it.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Has a panic in any task or thread end the process with this exit code, after `put_in_order`, and
/// with the place of the panic; its own text may hold what must not be shown.
pub fn end_on_panic(exit_code: i32, put_in_order: impl Fn() + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |panic| {
        put_in_order();
        let place =
            panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        // With the terminal gone there is no one to tell; that must not panic again.
        let _ =
            writeln!(io::stderr(), "smsdeck stopped because of an error in itself, at {place}.");
        std::process::exit(exit_code);
    }));
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    #[ignore = "it ends the process, and is run by the test below"]
    fn panics() {
        end_on_panic(2, || drop(writeln!(io::stderr(), "in order")));
        std::thread::spawn(|| std::panic::panic_any("s3cret")).join().unwrap();
    }

    #[test]
    fn a_panic_ends_the_process_and_prints_its_place_alone() {
        let binary = std::env::current_exe().unwrap();
        let arguments = ["--exact", "process::tests::panics", "--ignored", "--nocapture"];
        let ran = Command::new(binary).args(arguments).output().unwrap();
        let printed = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(2), "{printed}");
        assert!(printed.contains("in order\nsmsdeck stopped"), "{printed}");
        assert!(printed.contains("an error in itself, at src/process.rs:"), "{printed}");
        assert!(!printed.contains("s3cret"), "{printed}");
    }
}
