//! A file of keys makes no text wrong: every key that a sentence names is the key in force.

use std::collections::{BTreeMap, VecDeque};

use crossterm::event::KeyEvent;
use smsdeck::domain::bounded::CodeValidity;
use smsdeck::domain::environment::{Environment, PerEnvironment};
use smsdeck::domain::passcode::MAX_WRONG_TRIES;
use smsdeck::domain::provider::ProviderKind;
use smsdeck::engine::{CredentialsStatus, Status};
use smsdeck::provider::ErrorCode;
use smsdeck::store::{QuotaRow, Remedy};
use smsdeck::tui::keymap::{self, Action, BINDINGS, Binding, Context, Keys};
use smsdeck::tui::message::Message;
use smsdeck::tui::plain::{self, Announcer};

use crate::SIZE;
use crate::support::busy_day::{noon, quota_rows, status};
use crate::support::screen::{Console, parse};

/// Keys that mean nothing as they are built in, for places where letters are text.
const UNUSED: [&str; 13] =
    ["^A", "^B", "^F", "^K", "^N", "^R", "^U", "^V", "^W", "^Y", "^G", "^O", "^T"];

/// What is shown after these keys, as they are built in, of a busy Production.
const SHOWN: [&str; 34] = [
    "",
    "H",
    "BackTab I",
    "BackTab / zzz",
    "Tab Tab",
    "Tab Tab Backspace Backspace",
    "Tab Tab Down 9 ^s",
    "Tab Tab Down Backspace 9 ^s wrong Enter",
    "Tab Tab Down Down Down Down Down",
    "Tab Tab Down Down Down Down Down Down",
    "Tab Tab Down Down Down Down Down Down ^d",
    "Tab Tab Down Down Down Down Down Down Down Enter",
    "Tab Tab ^o",
    "Tab Tab ^g",
    "BackTab",
    "BackTab d",
    "BackTab i",
    "BackTab n +491512345678 Tab ger Enter",
    "BackTab n +491512345678 Tab unit Enter",
    "Tab",
    "Tab Up Up",
    "Tab / zzz",
    "Tab / zzz Enter",
    "Tab Enter",
    "/ zzz",
    "/ zzz Enter",
    "r",
    "b",
    "v",
    "s +573001234567",
    "= Enter",
    "c",
    "Tab Tab Down Backspace 9 BackTab BackTab s",
    "E",
];

/// Every action on a key that it does not have as they are built in.
fn remapped() -> Keys {
    let mut letters = ('à'..='ö').chain('ø'..='ʯ').map(String::from);
    // F1 and F2 are built in.
    let mut functions = (3..=12).map(|number| format!("F{number}"));
    let mut control: BTreeMap<Context, VecDeque<&str>> = BTreeMap::new();
    let mut file: BTreeMap<Context, BTreeMap<Action, String>> = BTreeMap::new();
    // There is no function key left for the last one, of which no screen speaks.
    for binding in BINDINGS.iter().filter(|binding| binding.action != Action::Suspend) {
        // The keys of these hold at the same time.
        let group = match binding.context {
            Context::Countries
            | Context::ChosenInList
            | Context::Leading
            | Context::Checkbox
            | Context::CancelButton => Context::Fields,
            other => other,
        };
        file.entry(binding.context).or_default().entry(binding.action).or_insert_with(|| {
            if binding.context == Context::Always {
                functions.next().unwrap()
            } else if binding.context.takes_text() {
                let left = control.entry(group).or_insert_with(|| UNUSED.into());
                // It never holds while a button does, which have the last keys of the fields.
                let is_unpicked = group == Context::UnpickedInList;
                let key = if is_unpicked { left.pop_back() } else { left.pop_front() };
                key.unwrap().to_owned()
            } else {
                letters.next().unwrap()
            }
        });
    }
    let in_file = |(context, actions): (Context, BTreeMap<Action, String>)| {
        let actions: Vec<String> = actions
            .iter()
            .map(|(action, key)| format!("{}: [{key:?}]", ron::to_string(action).unwrap()))
            .collect();
        format!("{}: {{ {} }}", ron::to_string(&context).unwrap(), actions.join(", "))
    };
    let text: Vec<String> = file.into_iter().map(in_file).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.ron");
    std::fs::write(&path, format!("{{ {} }}", text.join(", "))).unwrap();
    keymap::read(&path).unwrap()
}

/// The key that means here what another one means as they are built in.
fn translated(console: &Console, key: KeyEvent) -> KeyEvent {
    let built_in = Keys::default();
    for context in console.model.contexts() {
        if let Some(action) = built_in.action(&[context], key) {
            let bound = console.model.session.keys.of(context).find(|it| it.action == action);
            return bound.unwrap().event();
        }
    }
    key
}

fn press(console: &mut Console, keys: &str) {
    for key in keys.split_whitespace().flat_map(parse) {
        let key = translated(console, key);
        console.tell(Message::Key(key));
    }
}

/// The built-in keys that a text speaks of: those with names anywhere, a letter where a sentence
/// can name a key.
fn built_in_keys(text: &str) -> Vec<String> {
    let names = BINDINGS.iter().map(Binding::key_name);
    // These are marks and signs besides.
    let names: Vec<String> = names.filter(|name| !["*", "-", "/"].contains(&&**name)).collect();
    let mut found = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line
            .split(|letter: char| letter.is_whitespace() || "\"│┃".contains(letter))
            .filter(|word| !word.is_empty())
            .collect();
        for (at, word) in words.iter().enumerate() {
            let bare = word.trim_matches(['(', ')', '.', ',', ';', ':']);
            let bare = if bare.is_empty() { word } else { bare };
            if !names.iter().any(|name| name == bare) {
                continue;
            }
            let before = at.checked_sub(1).map(|before| words[before]);
            let is_to_be_pressed = before.is_some_and(|it| ["press", "Press", "or"].contains(&it));
            let begins = before.is_none_or(|before| before.ends_with(['.', ',', ';', ':']));
            let goes_on = words.get(at + 1).is_some_and(|next| {
                next.len() > 1 && next.chars().all(|letter| letter.is_ascii_lowercase())
            });
            let is_letter = bare.chars().count() == 1;
            let is_spoken_of = word.starts_with('(') || is_to_be_pressed || begins && goes_on;
            let is_article = *word == "A" && goes_on;
            if !is_article && (!is_letter || is_spoken_of) {
                found.push(format!("{bare} in {line}"));
            }
        }
    }
    found
}

#[track_caller]
fn assert_speaks_of_no_built_in_key(console: &mut Console, what: &str) {
    let screen = console.screen();
    let mut spoken = Announcer::default();
    let (theme, size) = (console.model.session.theme, console.model.session.size);
    console.model.session.theme.plain = true;
    console.model.session.size = plain::SIZE;
    let said = spoken.announce(&console.model, 80);
    (console.model.session.theme, console.model.session.size) = (theme, size);
    for text in [screen, said] {
        assert_eq!(built_in_keys(&text), Vec::<String>::new(), "after {what:?}:\n{text}");
    }
}

#[test]
fn no_screen_speaks_of_a_key_that_was_moved() {
    let keys = remapped();
    for pressed in SHOWN {
        let mut console = Console::busy(SIZE);
        console.model.session.keys = keys.clone();
        press(&mut console, pressed);
        for size in [SIZE, (60, 12), (39, 9)] {
            console.model.session.size = size;
            assert_speaks_of_no_built_in_key(&mut console, pressed);
        }
    }
    for pressed in ["", "BackTab", "Tab", "h", "Tab Tab ^d"] {
        let mut console = Console::fresh(SIZE);
        console.model.session.keys = keys.clone();
        press(&mut console, pressed);
        assert_speaks_of_no_built_in_key(&mut console, pressed);
    }
}

#[test]
fn no_notice_speaks_of_a_key_that_was_moved() {
    let keys = remapped();
    let moved = || {
        let mut console = Console::busy(SIZE);
        console.model.session.keys = keys.clone();
        console
    };
    let mut console = moved();
    console.tell(Message::LoadFailed("config.ron:1:1: it is empty".to_owned()));
    assert_speaks_of_no_built_in_key(&mut console, "a config that is broken");

    let mut console = moved();
    let kept = Some("/tmp/kept.ron".into());
    console.tell(Message::NotEdited { reason: "nothing was changed".to_owned(), kept });
    assert_speaks_of_no_built_in_key(&mut console, "an edit that came to nothing");

    let mut console = moved();
    let (user, remedy) = ("jdoe".to_owned(), Remedy::OneCode);
    console.tell(Message::Unlocked { user, remedy, result: Ok(false) });
    assert_speaks_of_no_built_in_key(&mut console, "a code back that does not help");

    let mut console = moved();
    press(&mut console, "Tab Tab Down Backspace 9");
    console.somebody_saves(Environment::Production, |settings| {
        settings.code_validity = CodeValidity::parse("7").unwrap();
    });
    assert_speaks_of_no_built_in_key(&mut console, "two changes of the same field");
    press(&mut console, "^s");
    assert_speaks_of_no_built_in_key(&mut console, "a conflict");
    press(&mut console, "Enter");
    assert_speaks_of_no_built_in_key(&mut console, "a conflict without a choice");

    let mut console = moved();
    let code = ErrorCode::new(ProviderKind::Twilio, 20003);
    let credentials = Some(CredentialsStatus::Refused { code, at: noon() });
    let refused = Status { credentials, ..status() };
    console.model.session.tabs[Environment::Production].status = Some(Box::new(refused));
    assert_speaks_of_no_built_in_key(&mut console, "refused credentials");

    let mut console = moved();
    let wrong_in_a_row = MAX_WRONG_TRIES;
    let locked = |row| QuotaRow { wrong_in_a_row, ..row };
    let rows = PerEnvironment::from_fn(|_| quota_rows().into_iter().map(locked).collect());
    console.tell(Message::Quota(rows));
    assert_speaks_of_no_built_in_key(&mut console, "wrong tries");
    press(&mut console, "b");
    assert_speaks_of_no_built_in_key(&mut console, "a code for somebody with wrong tries");
    press(&mut console, "Enter");
    assert_speaks_of_no_built_in_key(&mut console, "a user with wrong tries");

    let mut console = moved();
    press(&mut console, "o");
    assert_speaks_of_no_built_in_key(&mut console, "health");
}

#[test]
fn a_key_that_a_text_speaks_of_is_found() {
    for text in [
        "Esc shows all.",
        "LOCKED  100 wrong tries: press r",
        "after the last. r gives a user all codes back.",
        "until an operator clears them (r).",
        "i to import one from the account.",
        "^S saves them.",
        "Enlarge the window, or q.",
        "m takes yours, t theirs.",
    ] {
        assert!(!built_in_keys(text).is_empty(), "{text}");
    }
    assert!(built_in_keys("median 1.2 s  x CO  Colombia, 3 of 3").is_empty());
}
