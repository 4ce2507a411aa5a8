//! The whole program through a pseudo-terminal, as an admin meets it.

mod support;

use rustix::process::Signal;
use support::deck::{Deck, any_file_holds};
use support::screen::Console;
use support::terminal::Terminal;

const ENTER: &str = "\r";
const TAB: &str = "\t";
const SAVE: &str = "\x13";

#[test]
fn an_admin_configures_an_environment_sends_a_code_and_verifies_it() {
    let deck = Deck::new();
    let mut terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("No recent requests");

    // The settings: Colombia, ten minutes.
    terminal.go_to("Default country");
    terminal.type_text("CO");
    terminal.wait_for("is added to numbers without a country code");
    terminal.go_to("Code validity");
    terminal.type_text("\x7f10");
    terminal.wait_for("Development • unsaved");

    // A From number for two countries, picked by name.
    terminal.type_text(TAB);
    terminal.wait_for("n new");
    terminal.type_text("n");
    terminal.wait_for("New From number");
    terminal.type_text("+573001112233");
    terminal.wait_for("mobile number, Colombia");
    terminal.type_text(TAB);
    terminal.type_text("colo");
    terminal.wait_for("Add  > colo");
    terminal.type_text(ENTER);
    terminal.wait_for("Added Colombia (CO)");
    terminal.type_text("bra");
    terminal.wait_for("Add  > bra");
    terminal.type_text(ENTER);
    terminal.wait_for("Added Brazil (BR)");
    terminal.type_text(ENTER);
    terminal.wait_for("3 countries mapped");
    terminal.type_text(SAVE);
    terminal.wait_for("Saved Development.");

    // A code to a national number: the default country and the new number are used.
    terminal.type_text("s");
    terminal.type_text("3001234567");
    terminal.wait_for("CO is on +57 300 1112233");
    terminal.wait_for("open, 3 of 3 left");
    terminal.type_text(ENTER);
    terminal.wait_for("delivered  +57");

    // Read on the handset, verified, and its digits are nowhere else.
    terminal.type_text("h");
    let screen = terminal.wait_for("is your sign-in code. It expires in");
    let at = screen.find(" is your sign-in code").unwrap();
    let code = screen[at - 6..at].to_owned();
    terminal.type_text(ENTER);
    terminal.wait_for("Verify a code");
    terminal.type_text(&code);
    let screen = terminal.wait_for("••••••");
    assert!(!screen.contains(&code), "{screen}");
    terminal.type_text(ENTER);
    terminal.wait_for("Approved for ");
    terminal.wait_for("verified");

    terminal.type_text("q");
    assert!(terminal.wait_end().success());
    assert!(terminal.is_restored());
    for secret in [code.as_bytes(), b"3001234567"] {
        assert!(!any_file_holds(deck.home.path(), secret));
    }
}

#[test]
fn codes_sent_before_a_restart_still_count() {
    let deck = Deck::new();
    for left in ["2 more allowed", "1 more allowed", "It was the last one"] {
        let mut terminal = Terminal::start(&deck, &[]);
        terminal.wait_for("Sandbox · saved");
        terminal.type_text("s+573001234567");
        terminal.wait_for("of 3 left");
        terminal.type_text(ENTER);
        terminal.wait_for(left);
        terminal.type_text("q");
        assert!(terminal.wait_end().success());
    }
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("1 locked");
}

#[test]
fn the_terminal_is_restored_after_every_signal() {
    let deck = Deck::new();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut terminal = Terminal::start(&deck, &[]);
        terminal.wait_for("Sandbox · saved");
        terminal.signal(signal);
        assert!(terminal.wait_end().success(), "{signal:?}");
        assert!(terminal.is_restored(), "{signal:?}");
    }
}

#[test]
fn quitting_with_unsaved_changes_asks_first() {
    let deck = Deck::new();
    let mut terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("Sandbox · saved");
    terminal.go_to("Default country");
    terminal.type_text("DE");
    terminal.wait_for("unsaved");
    terminal.type_text("\x11");
    terminal.wait_for("Unsaved changes in Development.");
    terminal.type_text("\x1b");
    terminal.wait_gone("Quit without saving?");
    terminal.type_text("\x11");
    terminal.wait_for("Quit without saving?");
    terminal.type_text("y");
    assert!(terminal.wait_end().success());
    assert!(!deck.paths().config.exists());
}

#[test]
fn a_broken_config_is_reported_with_its_position_and_left_alone() {
    let deck = Deck::new();
    deck.configure("(version: 1,\n  environments: 5)");
    let mut terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("The config is invalid");
    terminal.wait_for("config.ron:2:");
    terminal.type_text("q");
    assert_eq!(terminal.wait_end().code(), Some(1));
    assert!(terminal.is_restored());
    assert_eq!(
        std::fs::read_to_string(deck.paths().config).unwrap(),
        "(version: 1,\n  environments: 5)"
    );
}

#[test]
fn a_thousand_pasted_characters_with_line_breaks_change_nothing() {
    let deck = Deck::new();
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("Sandbox · saved");
    terminal.go_to("Default country");
    terminal.type_text(&format!("\x1b[200~{}\x1b[201~", "CO\n".repeat(334)));
    let screen = terminal.wait_for("not pasted: 1002 characters");
    assert!(screen.contains("Sandbox · saved"), "{screen}");
}

#[test]
fn a_paste_that_stalls_sends_nothing_and_is_given_up_after_a_while() {
    let deck = Deck::new();
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("Sandbox · saved");
    // The rest comes in another packet; the console has drawn in between.
    terminal.type_text("\x1b[200~see ");
    terminal.wait_for("The paste did not finish");
    terminal.type_text("this:\ns+573001234567\n");
    terminal.type_text("\x1b[201~");
    terminal.wait_for("Keyboard input resumed");
    terminal.type_text("?");
    terminal.wait_for("Everywhere except while typing");
    let sent = deck.run(&["log", "--env", "dev"]);
    assert_eq!(sent.out(), "", "{}", sent.out());
}

#[test]
fn the_clocks_of_the_screen_are_those_of_the_time_zone() {
    for (name, zone) in [
        ("America/Bogota", "-05"),
        (":Asia/Tokyo", "JST"),
        ("COT5", "COT"),
        ("Nowhere/Never", "UTC"),
    ] {
        let deck = Deck::new();
        let terminal = Terminal::start_with(&deck, &[], &[("TZ", name)]);
        terminal.wait_for(&format!("Sandbox · saved · {zone}"));
    }
}

#[test]
fn keys_typed_ahead_or_split_are_neither_lost_nor_misread() {
    let deck = Deck::new();
    // All of it is in the line before the program reads its first byte.
    let mut terminal = Terminal::start(&deck, &[]);
    terminal.type_text("s+573001234567\r");
    terminal.wait_for("delivered  +57");
    // Escape and a letter in one packet: the help closes, and one pane is shown alone.
    terminal.type_text("?");
    terminal.wait_for("Everywhere except while typing");
    terminal.type_text("\x1bz");
    terminal.wait_gone("Everywhere except while typing");
    terminal.wait_gone("Delivery log");
    // Alt and an arrow is no Escape: what is typed stays.
    terminal.type_text("zs");
    terminal.wait_for("Number   +573001234567");
    terminal.type_text("\x1b[F\x1b[1;3A7");
    terminal.wait_for("+5730012345677");
    // Escape, and an arrow behind it.
    terminal.type_text("\t");
    terminal.type_text("\x1b\x1b[B?");
    terminal.wait_gone("Send a code · Development");
    terminal.wait_for("Everywhere except while typing");
    terminal.type_text("q");
    terminal.type_text("q");
    assert!(terminal.wait_end().success());
}

#[test]
fn every_kind_of_terminal_shows_what_it_can() {
    let colour = |text: &str| text.contains("\u{1b}[38;5");
    for (kind, has_colour) in
        [("xterm", true), ("screen-256color", true), ("linux", true), ("vt100", false)]
    {
        let deck = Deck::new();
        let mut terminal = Terminal::start_with(&deck, &[], &[("TERM", kind)]);
        terminal.wait_for("No recent requests");
        // Arrows as in the keypad's application mode, Home and End as of a VT220.
        terminal.type_text("\t\x1bOA\x1b[1~\x1b[4~");
        terminal.wait_for("Every step of every code");
        terminal.type_text("q");
        assert!(terminal.wait_end().success(), "{kind}");
        assert!(terminal.is_restored(), "{kind}");
        let written = String::from_utf8(terminal.written()).unwrap();
        assert_eq!(colour(&written), has_colour, "{kind}: {written:?}");
    }
    let deck = Deck::new();
    let mut terminal = Terminal::start_with(&deck, &[], &[("TERM", "dumb")]);
    assert_eq!(terminal.wait_end().code(), Some(2));
    assert!(String::from_utf8(terminal.written()).unwrap().contains("add --plain"));
}

#[test]
fn two_consoles_on_one_deck_see_each_others_sends_and_settings() {
    let deck = Deck::new();
    let ours = Terminal::start(&deck, &[]);
    ours.wait_for("No recent requests");
    let theirs = Terminal::start(&deck, &[]);
    theirs.wait_for("No recent requests");

    theirs.type_text("s");
    theirs.type_text("+573001234567");
    theirs.wait_for("open, 3 of 3 left");
    theirs.type_text(ENTER);
    ours.wait_for("delivered");
    ours.wait_for("1 of 3");

    theirs.go_to("Code validity");
    theirs.type_text("\x7f9");
    theirs.wait_for("Development • unsaved");
    theirs.type_text(SAVE);
    ours.wait_for("9 min");
}

#[test]
fn a_console_shows_what_the_command_line_sends() {
    let deck = Deck::new();
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("No recent requests");
    assert_eq!(deck.run(&["send", "--env", "dev", "+573001234567"]).code(), 0);
    terminal.wait_for("delivered");
}

#[test]
fn all_about_a_user_is_one_key_away() {
    let deck = Deck::new();
    for _ in 0..3 {
        let send = ["send", "--env", "dev", "--no-wait", "--user", "jdoe", "+573001234567"];
        assert_eq!(deck.run(&send).code(), 0);
    }
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("1 locked");
    terminal.type_text(ENTER);
    terminal.wait_for("LOCKED: 3 of 3");
    terminal.type_text(ENTER);
    let screen = terminal.wait_for("(command line");
    assert!(screen.contains("LOCKED: 3 of 3 codes used; opens"), "{screen}");
    terminal.type_text("r");
    terminal.wait_for("Reason");
    terminal.type_text("stolen phone");
    terminal.type_text(ENTER);
    terminal.wait_for("Unlocked jdoe");
}

#[test]
fn an_external_editor_gets_every_key_and_its_result_is_checked() {
    let deck = Deck::new();
    deck.configure(include_str!("config_by_hand.ron"));
    // It asks for a line, and puts it in the place of Production's number of codes.
    let editor = deck.path("editor.sh");
    let script = "#!/bin/sh\nPATH=/usr/bin:/bin\nprintf 'how many codes? '\nread -r answer\n\
                  sed -i \"s/codes_allowed: 3,\\$/codes_allowed: $answer,/\" \"$1\"\n";
    std::fs::write(&editor, script).unwrap();
    let command = format!("/bin/sh {}", editor.display());
    let mut terminal =
        Terminal::start_with(&deck, &["--env", "prod"], &[("EDITOR", command.as_str())]);
    terminal.wait_for("No recent requests");
    terminal.type_text("E");
    terminal.wait_for("how many codes?");
    terminal.type_text("17\n");
    let screen = terminal.wait_for("Number of codes allowed: 3 → 17");
    assert!(screen.contains("Changes to Production"), "{screen}");
    let text = std::fs::read_to_string(deck.paths().config).unwrap();
    assert!(!text.contains("17"), "Production was changed unasked: {text}");
    terminal.type_text("production\r");
    terminal.wait_for("Applied the edited config");
    let text = std::fs::read_to_string(deck.paths().config).unwrap();
    assert!(text.contains("codes_allowed: 17,") && text.contains("ticket 4711"), "{text}");

    // What is wrong is not taken, and not lost.
    terminal.type_text("E");
    terminal.wait_for("how many codes?");
    terminal.type_text("5\n");
    terminal.wait_for("No recent requests");
    deck.configure(&text.replace("17,", "3,"));
    terminal.wait_for("17 → 3");
    terminal.type_text("E");
    terminal.wait_for("how many codes?");
    terminal.type_text("99\n");
    let screen = terminal.wait_for("Your text is in");
    assert!(screen.contains("from 1 to 20"), "{screen}");
    let now = std::fs::read_to_string(deck.paths().config).unwrap();
    assert!(!now.contains("99"), "{now}");
    // The keys are ours again.
    terminal.type_text("q");
    assert!(terminal.wait_end().success());
    assert!(terminal.is_restored());
    assert!(deck.run(&["audit", "list"]).out().contains("Number of codes allowed: 3 → 17"));
}

#[test]
fn a_console_on_a_broken_config_continues_once_it_is_fixed() {
    let deck = Deck::new();
    deck.configure(include_str!("config_by_hand.ron"));
    assert_eq!(
        deck.run(&["config", "set", "--yes", "--env", "dev", "codes_allowed", "5"]).code(),
        0
    );
    let broken =
        std::fs::read_to_string(deck.paths().config).unwrap().replace("version: 1", "verion: 1");
    deck.configure(&broken);
    let mut terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("The config is invalid");
    let history = deck.run(&["config", "history", "--json"]).json();
    let version = history[0]["version"].as_str().unwrap();
    let restored = deck.run(&["config", "restore", version, "--yes"]);
    assert!(restored.out().contains("Repaired config.ron"), "{}{}", restored.out(), restored.err());
    terminal.wait_for("No recent requests");
    terminal.type_text("q");
    assert!(terminal.wait_end().success());
    assert!(deck.run(&["audit", "list"]).out().contains("Repaired an invalid config.ron"));
}

/// An editor that waits for a line, then carries out a script on the text.
fn editor(deck: &Deck, script: &str) -> String {
    let path = deck.path("editor.sh");
    let begin = "#!/bin/sh\nPATH=/usr/bin:/bin\nprintf 'ready? '\nread -r answer\n";
    std::fs::write(&path, format!("{begin}{script}\n")).unwrap();
    // As the shell reads it, with quotes.
    format!("/bin/sh '{}'", path.display())
}

#[test]
fn an_edit_merges_with_what_others_save_meanwhile() {
    let deck = Deck::new();
    deck.configure(include_str!("config_by_hand.ron"));
    let command = editor(
        &deck,
        "ls -ld \"${1%/*}\" \"$1\" > \"$HOME/modes\"; sed -i 's/\"GG\", \"JE\"/\"GG\"/' \"$1\"",
    );
    let terminal = Terminal::start_with(&deck, &[], &[("EDITOR", command.as_str())]);
    terminal.wait_for("No recent requests");
    terminal.type_text("E");
    terminal.wait_for("ready?");
    assert_eq!(
        deck.run(&["config", "set", "--yes", "--env", "prod", "codes_allowed", "8"]).code(),
        0
    );
    terminal.type_text("y\n");
    let screen = terminal.wait_for("Changes to Production");
    assert!(screen.contains("GG JE") && !screen.contains("codes allowed"), "{screen}");
    terminal.type_text("production\r");
    terminal.wait_for("Applied the edited config");
    let text = std::fs::read_to_string(deck.paths().config).unwrap();
    assert!(text.contains("codes_allowed: 8,") && text.contains("[\"GG\"], // only"), "{text}");
    // Nobody else could read the copy.
    let modes = std::fs::read_to_string(deck.path("modes")).unwrap();
    assert!(modes.contains("drwx------") && modes.contains("-rw-------"), "{modes}");
}

#[test]
fn a_rejected_edit_is_what_the_next_edit_starts_from() {
    let deck = Deck::new();
    deck.configure(include_str!("config_by_hand.ron"));
    let command = editor(
        &deck,
        "grep -c 'codes_allowed: 99' \"$1\"; sed -i 's/codes_allowed: 99/codes_allowed: 9/; s/codes_allowed: 3,$/codes_allowed: 99,/' \"$1\"",
    );
    let terminal = Terminal::start_with(&deck, &[], &[("EDITOR", command.as_str())]);
    terminal.wait_for("No recent requests");
    terminal.type_text("E");
    terminal.wait_for("ready?");
    terminal.type_text("y\n");
    terminal.wait_for("Your text is in");
    terminal.type_text("E");
    terminal.wait_for("ready?");
    terminal.type_text("y\n");
    let screen = terminal.wait_for("Number of codes allowed: 3 → 9");
    assert!(screen.contains("Changes to Production"), "{screen}");
}

#[test]
fn an_edit_that_is_no_text_is_kept_with_its_place_and_a_byte_order_mark_is_no_edit() {
    let deck = Deck::new();
    deck.configure(include_str!("config_by_hand.ron"));
    let command = editor(
        &deck,
        "if [ -e \"$HOME/again\" ]; then tail -c 1 \"$1\" > \"$HOME/last\"; cp \"${1%/*}/before.ron\" \"$1\"; { printf '\\357\\273\\277'; cat \"$1\"; } > \"$1.new\"; mv \"$1.new\" \"$1\"; else printf '\\377' >> \"$1\"; fi",
    );
    let terminal = Terminal::start_with(&deck, &[], &[("EDITOR", command.as_str())]);
    terminal.wait_for("No recent requests");
    terminal.type_text("E");
    terminal.wait_for("ready?");
    terminal.type_text("y\n");
    let screen = terminal.wait_for("Your text is in");
    assert!(screen.contains("is not UTF-8"), "{screen}");
    std::fs::write(deck.path("again"), "").unwrap();
    terminal.type_text("E");
    terminal.wait_for("ready?");
    terminal.type_text("y\n");
    terminal.wait_for("editor made no changes");
    assert_eq!(std::fs::read(deck.path("last")).unwrap(), [0xff], "it did not go on with it");
}

#[test]
fn resuming_after_a_stop_redraws_the_whole_screen() {
    let deck = Deck::new();
    // What is left on the screen once the start is over.
    let console = Console::fresh((80, 24)).text();
    // A shell with job control stops with it, and brings it back.
    let script = "set -m; \"$1\"; echo; echo stopped; read -r x; fg >/dev/null";
    let mut terminal = Terminal::start_shell(&deck, script);
    terminal.wait_until_shown(&console);
    terminal.type_text("\x1a");
    terminal.wait_for("stopped");
    terminal.type_text("\n");
    terminal.wait_until_shown(&console);
    terminal.type_text("q");
    assert!(terminal.wait_end().success());
    assert!(terminal.is_restored());
}

#[test]
fn a_text_that_is_pasted_is_saved_byte_for_byte() {
    let deck = Deck::new();
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("Development");
    terminal.go_to("Message");
    terminal.type_text("\r");
    terminal.wait_for("Message text");
    // Ctrl-U empties the field; a terminal sends the line feeds of a paste as carriage returns.
    terminal.type_text("\x15\x1b[200~{code}\r\u{644}\u{200c}\u{200d}\u{200f}\tx\r\n.\x1b[201~");
    terminal.wait_for("{code}↵");
    terminal.type_text("\r");
    terminal.wait_for("unsaved");
    terminal.type_text("\x13");
    terminal.wait_for("Saved Development.");
    let config = smsdeck::config::load(&deck.paths().config).unwrap().unwrap();
    let message = &config.environments.development.message;
    assert_eq!(message.as_str(), "{code}\n\u{644}\u{200c}\u{200d}\u{200f}\tx\r\n.");
}

#[test]
fn the_mouse_is_used_only_where_the_keys_file_says_so() {
    for (keys, uses_mouse) in [("{}", false), ("{ mouse: true }", true)] {
        let deck = Deck::new();
        let config = deck.paths().config;
        std::fs::create_dir_all(config.parent().unwrap()).unwrap();
        std::fs::write(config.with_file_name("keys.ron"), keys).unwrap();
        let mut terminal = Terminal::start(&deck, &[]);
        terminal.wait_for("No recent requests");
        let written = String::from_utf8_lossy(&terminal.written()).into_owned();
        assert_eq!(written.contains("\x1b[?1000h"), uses_mouse, "{keys}");
        if uses_mouse {
            // A click on the tab of Test, as xterm reports it.
            terminal.type_text("\x1b[<0;25;1M\x1b[<0;25;1m");
            terminal.wait_for("[Test");
        }
        terminal.type_text("q");
        assert!(terminal.wait_end().success());
        let written = String::from_utf8_lossy(&terminal.written()).into_owned();
        assert_eq!(written.contains("\x1b[?1000l"), uses_mouse, "{keys}");
    }
}
