//! What must never come out: tokens, codes, whole phone numbers, and a provider's control
//! characters. Everything that the program writes is looked through.

mod support;

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use smsdeck::config::{Config, render};
use smsdeck::domain::provider::{BaseUrl, Provider};
use smsdeck::domain::secret::SecretSource;
use smsdeck::provider::sandbox::AUTH_TOKEN;
use smsdeck::provider::{Sandbox, loopback_client};
use support::deck::{Deck, Ran, any_file_holds, config_for, fed};
use support::screen::Console;
use support::terminal::Terminal;
use support::wire::{Wire, response};

/// Numbers that codes go to. The last one is refused by the provider.
const NUMBERS: [&str; 3] = ["3001234567", "3007654321", "3001113003"];

/// The built-in settings with Development on a server elsewhere, and a stored token.
fn with_stored_token(url: &BaseUrl) -> Config {
    let mut config = config_for(url);
    if let Provider::Twilio(account) = &mut config.environments.development.provider {
        account.auth_token = Some(SecretSource::Stored);
    }
    config
}

/// The codes that a Sandbox has received, the oldest first.
async fn codes(sandbox: &Sandbox) -> Vec<String> {
    let url = sandbox.base_url().url().join("/sandbox/messages").unwrap();
    let answer = loopback_client().unwrap().get(url).send().await.unwrap();
    let messages: Vec<serde_json::Value> = answer.json().await.unwrap();
    let code = |message: &serde_json::Value| message["body"].as_str().unwrap()[..6].to_owned();
    messages.iter().map(code).collect()
}

#[test]
fn a_number_and_a_code_can_stay_out_of_the_list_of_processes() {
    let deck = Deck::new();
    let sent = fed(
        &mut deck.command(&["send", "--env", "dev", "-", "--json"]),
        "+573001234567\n".as_bytes(),
    );
    let code = sent.received_code();
    let lines = format!("+57 300 123 4567\n{code}\n");
    let verified = fed(&mut deck.command(&["verify", "--env", "dev", "-", "-"]), lines.as_bytes());
    assert_eq!(verified.code(), 0, "{}", verified.err());
    let shown = fed(
        &mut deck.command(&["quota", "show", "--env", "dev", "-"]),
        "+573001234567\n".as_bytes(),
    );
    assert_eq!(shown.code(), 0, "{}", shown.err());
    let nothing = fed(&mut deck.command(&["send", "--env", "dev", "-"]), "".as_bytes());
    assert_eq!(nothing.code(), 2);
}

#[test]
fn a_number_within_a_user_id_is_masked_everywhere() {
    let deck = Deck::new();
    for id in ["300/123/4567", "57_300_123_4567", "٣٠٠١٢٣٤٥٦٧", "x-300—123—4567@example.com"]
    {
        let ran = deck.run(&["send", "--env", "dev", "+573007654321", "--user", id, "--no-wait"]);
        assert!(!ran.out().contains(id) && !ran.err().contains(id), "{}", ran.out());
        for command in [&["quota", "list"][..], &["log"], &["audit", "list"], &["log", "--json"]] {
            assert!(!deck.run(command).out().contains(id), "{command:?} {id}");
        }
        assert!(!any_file_holds(deck.home.path(), id.as_bytes()), "{id}");
    }
}

#[test]
fn a_deck_that_shows_no_ids_keeps_a_short_name_for_each() {
    let deck = Deck::new();
    let text = render(&Config::built_in()).replacen(
        "version: 1,",
        "version: 1,\n    deck: (show_user_ids: false),",
        1,
    );
    deck.configure(&text);
    let sent = deck.run(&["send", "--env", "dev", "+573001234567", "--user", "ana@example.com"]);
    assert_eq!(sent.code(), 0, "{}", sent.err());
    let quota = deck.run(&["quota", "list", "--json"]).json();
    let name = quota[0]["user"].as_str().unwrap().to_owned();
    assert!(name.starts_with("user ") && name.len() == 11, "{name}");
    assert_eq!(deck.run(&["quota", "show", "--env", "dev", "ana@example.com"]).code(), 0);
    assert!(!any_file_holds(deck.home.path(), b"ana@example.com"));
}

/// Everything that came out, each with where.
#[derive(Default)]
struct Output(Vec<(String, String)>);

impl Output {
    fn keep(&mut self, place: &str, text: impl Into<String>) {
        self.0.push((place.to_owned(), text.into()));
    }

    fn run(&mut self, deck: &Deck, arguments: &[&str]) -> Ran {
        let ran = deck.run(arguments);
        self.keep(&format!("the output of {arguments:?}"), ran.out());
        self.keep(&format!("the errors of {arguments:?}"), ran.err());
        ran
    }

    fn verify(&mut self, deck: &Deck, number: &str, code: &str, more: &[&str]) {
        let arguments = [&["verify", "--env", "dev", number, "-"], more].concat();
        let mut command = deck.command(&arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(code.as_bytes()).unwrap();
        let ran = Ran(child.wait_with_output().unwrap());
        self.keep("the output of verify", ran.out());
        self.keep("the errors of verify", ran.err());
    }
}

/// All files below a folder but the one where a token may stand.
fn files_but_secrets(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_but_secrets(&path));
        } else if path.file_name().unwrap() != "secrets.ron" {
            files.push(path);
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_codes_and_full_numbers_are_never_written_out() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    deck.configure(&render(&with_stored_token(sandbox.base_url())));
    let mut output = Output::default();

    // The console: a token is typed and saved, a code is sent and verified, wrongly first.
    let mut terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("No recent requests");
    terminal.go_to("Auth token");
    terminal.type_text(AUTH_TOKEN);
    output.keep("the form", terminal.wait_for("Development • unsaved"));
    terminal.type_text("\x13");
    output.keep("the form, saved", terminal.wait_for("Saved Development."));
    terminal.type_text("\t\ts+57");
    terminal.type_text(NUMBERS[0]);
    terminal.wait_for("of 3 left");
    terminal.type_text("\r");
    output.keep("the log", terminal.wait_for("delivered  +57"));
    let code = codes(&sandbox).await.remove(0);
    terminal.type_text("v");
    terminal.wait_for("Verify a code");
    terminal.type_text("000000\r");
    terminal.wait_for("wrong code");
    terminal.type_text("\x1b");
    output.keep("the wrong code", terminal.wait_gone("Verify a code"));

    // The command line, beside the running console.
    let whole = |number: &str| format!("+57{number}");
    for number in &NUMBERS[1..] {
        output.run(&deck, &["send", "--env", "dev", "--json", &whole(number)]);
        output.run(&deck, &["send", "--env", "dev", &whole(number), "--user", &whole(number)]);
    }
    let newest = codes(&sandbox).await.pop().unwrap();
    output.verify(&deck, &whole(NUMBERS[2]), "999999", &["--json"]);
    output.verify(&deck, &whole(NUMBERS[2]), &newest, &[]);
    output.verify(&deck, &whole(NUMBERS[0]), &code, &["--json"]);
    for command in [
        &["quota", "list", "--env", "dev"][..],
        &["quota", "list", "--env", "dev", "--json"],
        &["audit", "list"],
        &["audit", "list", "--json"],
        &["audit", "verify"],
        &["status"],
        &["status", "--json"],
        &["config", "check", "--online", "--env", "dev"],
        &["config", "show"],
        &["config", "check", "--json"],
        &["config", "path"],
        &["send", "--env", "prod", &whole(NUMBERS[0])],
        &["send", "--env", "dev", "--json", "300x"],
    ] {
        output.run(&deck, command);
    }
    output.keep("the screen after all", terminal.wait_for("verified"));
    for file in files_but_secrets(deck.home.path()) {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        output.keep(&file.display().to_string(), text);
    }
    terminal.type_text("q");
    assert!(terminal.wait_end().success());

    let codes = codes(&sandbox).await;
    assert_eq!(codes.len(), 5);
    let secrets = [AUTH_TOKEN].into_iter().chain(NUMBERS).chain(codes.iter().map(String::as_str));
    for secret in secrets {
        for (place, text) in &output.0 {
            // A code has no more digits than a moment has; between digits it is none.
            let is_there = text.match_indices(secret).any(|(at, _)| {
                let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
                let bytes = text.as_bytes();
                !digit(at.checked_sub(1).and_then(|before| bytes.get(before)))
                    && !digit(bytes.get(at + secret.len()))
                    || secret.len() > 6
            });
            assert!(!is_there, "{secret} is in {place}:\n{text}");
        }
    }
    assert!(any_file_holds(deck.home.path(), AUTH_TOKEN.as_bytes()), "it was never saved");
}

#[test]
fn debug_output_does_not_reveal_what_is_typed() {
    let mut console = Console::fresh((80, 24));
    console.press("s +573001234567");
    assert!(console.screen().contains("+573001234567"));
    assert!(!format!("{:?}", console.model).contains("3001234567"));
    let effects = console.press("Enter");
    assert!(!format!("{effects:?}").contains("3001234567"), "{effects:?}");
    console.press("Esc Esc v +573001234567 Enter 483920");
    assert!(!format!("{:?}", console.model).contains("483920"));
    let effects = console.press("Enter");
    assert!(!format!("{effects:?}").contains("483920"), "{effects:?}");
}

/// What a hostile provider would have the terminal do: change its title, clear itself, write
/// to the clipboard, and begin a line of its own.
const HOSTILE: &str =
    r"\u001b]0;owned\u0007\u001b[2Jgone\u001b]52;c;b3duZWQ=\u0007\r\n\u009bnew\u202e";

#[test]
fn a_providers_control_characters_reach_neither_screen_nor_output() {
    let refusal = format!(r#"{{"code":21610,"message":"{HOSTILE}","status":400}}"#);
    let failure = format!(
        r#"{{"sid":"SM{}","status":"failed","error_code":30008,"error_message":"{HOSTILE}"}}"#,
        "0a".repeat(16)
    );
    let strange = format!(r#"{{"sid":"{HOSTILE}","status":"{HOSTILE}"}}"#);
    let answers = [("400 Bad Request", refusal), ("201 Created", failure), ("200 OK", strange)];
    for (status, body) in answers {
        let header = "Twilio-Request-Id: RQ\u{1b}[31m\r\n";
        let wire = Wire::answering(vec![response(status, header, &body)]);
        let deck = Deck::new();
        deck.configure_for(&wire.url);
        for more in [&["--json"][..], &[]] {
            let send = ["send", "--env", "dev", "--no-wait", "+573001234567"];
            let ran = deck.run(&[&send[..], more].concat());
            let (out, err) = (ran.out(), ran.err());
            for text in [&out, &err] {
                let is_control = |letter: char| letter.is_control() && letter != '\n';
                assert!(!text.contains(is_control), "{text:?}");
                assert!(!text.contains("\\u001b") && !text.contains('\u{202e}'), "{text:?}");
            }
        }
        let mut terminal = Terminal::start(&deck, &[]);
        terminal.wait_for("Delivery log");
        terminal.wait_for("+57 ••• ••• 4567");
        terminal.type_text("q");
        assert!(terminal.wait_end().success());
        let written = String::from_utf8_lossy(&terminal.written()).into_owned();
        for sequence in ["\u{1b}]0;", "\u{1b}]52", "\u{1b}[31m", "\u{9b}", "\u{202e}"] {
            assert!(!written.contains(sequence), "{sequence:?} in {written:?}");
        }
    }
}

#[test]
fn no_escape_sequence_of_a_setting_reaches_the_terminal() {
    let deck = Deck::new();
    deck.configure(&render(&Config::built_in()));
    let escape = "\u{1b}[2J\u{9b}31m";
    let set = |key: &str, value: &str| {
        deck.run(&["config", "set", "--yes", "--env", "prod", key, value, "--dry-run"])
    };
    let mut all = vec![
        set("deck.app_name", &format!("ACME{escape}")),
        set("deck.store", &format!("/tmp/{escape}.db")),
        set("deck.extra_ca", &format!("/tmp/{escape}.pem")),
        set("account_sid", escape),
        set("default_country", escape),
        set(escape, "1"),
        deck.run(&["config", "path", "--config", &format!("/tmp/{escape}")]),
        deck.run(&["config", "restore", escape]),
        deck.run(&["send", "--env", "dev", &format!("+57{escape}")]),
        deck.run(&["quota", "show", "--env", "dev", escape]),
        deck.run(&["log", "--user", escape]),
        deck.run(&["status", "--env", escape]),
    ];
    for source in ["Env", "File"] {
        let value = format!(
            "Twilio(account_sid: \"AC{}\", auth_token: {source}(\"{escape}\"))",
            "0a".repeat(16)
        );
        all.push(set("provider", &value));
    }
    for ran in all {
        for text in [ran.out(), ran.err()] {
            let is_safe = |letter: char| letter == '\n' || letter == '\t' || !letter.is_control();
            assert!(text.chars().all(is_safe), "{text:?}");
        }
    }
    assert_eq!(set("deck.app_name", &format!("ACME{escape}")).code(), 2);
    assert_eq!(set("deck.app_name", &"x".repeat(61)).code(), 2);
}
