//! The console without a terminal: keys in; effects, screens and the model out.

mod support;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use smsdeck::config::{Config, TokenStatus};
use smsdeck::domain::environment::{Environment, PerEnvironment};
use smsdeck::domain::from_numbers::FromNumber;
use smsdeck::domain::limits::Cap;
use smsdeck::domain::message_text::MessageTemplate;
use smsdeck::domain::passcode::Verdict;
use smsdeck::domain::provider::{BaseUrl, Provider};
use smsdeck::domain::sender::Sender;
use smsdeck::domain::settings::{Field, Settings};
use smsdeck::store::{DeliveryId, Event, EventId, EventKind, Remedy};
use smsdeck::tui::effect::{Effect, Save, TokenChange, Work};
use smsdeck::tui::message::{LoadedDeck, Message, SaveOutcome};
use smsdeck::tui::model::{EngineState, Model};
use smsdeck::tui::pane::Pane;
use smsdeck::tui::theme::Theme;
use support::screen::{Console, busy_config, noon, tokens};

const SIZE: (u16, u16) = (80, 24);

fn saves(effects: &[Effect]) -> Vec<&Save> {
    let save = |effect: &'_ Effect| matches!(effect, Effect::Save(_));
    let saves = effects.iter().filter(|effect| save(effect));
    saves
        .filter_map(|effect| if let Effect::Save(save) = effect { Some(&**save) } else { None })
        .collect()
}

/// Whether the screen says something.
#[track_caller]
fn shows(console: &Console, text: &str) {
    let screen = console.screen();
    assert!(screen.contains(text), "{text:?} is not in\n{screen}");
}

#[test]
fn development_is_saved_at_once_and_only_once_at_a_time() {
    let mut console = Console::fresh(SIZE);
    let effects = console.press("Tab Tab Down Backspace 9 ^s");
    let saved = saves(&effects);
    assert_eq!(saved.len(), 1);
    assert_eq!(saved[0].environment, Environment::Development);
    assert_eq!(saved[0].settings.code_validity.get(), 9);
    assert_eq!(saved[0].baseline.code_validity.get(), 5);
    assert_eq!(saved[0].token, TokenChange::Keep);
    assert!(saves(&console.press("^s")).is_empty());
    shows(&console, "is being saved");
}

#[test]
fn production_wants_its_name_before_it_is_saved() {
    let mut console = Console::busy(SIZE);
    assert!(saves(&console.press("Tab Tab Down Backspace 9 ^s")).is_empty());
    shows(&console, "Code validity period: 5 min → 9 min");
    assert!(saves(&console.press("test Enter")).is_empty());
    let effects = console.press("Backspace Backspace Backspace Backspace production Enter");
    assert_eq!(saves(&effects).len(), 1);
}

#[test]
fn what_is_wrong_is_not_saved_and_has_the_cursor() {
    let mut console = Console::fresh(SIZE);
    assert!(saves(&console.press("Tab Tab Down Backspace 99 Tab ^s")).is_empty());
    shows(&console, "Nothing was saved");
    assert_eq!(console.model.tab().form.field(), Field::CodeValidity);
}

#[test]
fn the_token_is_shown_nowhere_and_goes_with_the_save() {
    let mut console = Console::busy(SIZE);
    console.press("Tab Tab");
    console.model.tab_mut().form.go_to(Field::AuthToken);
    console.press("t0psecretvalue1234567890abcdef00");
    assert!(!console.screen().contains("t0psecret"));
    assert!(!format!("{:?}", console.model).contains("t0psecret"));
    let effects = console.press("^s production Enter");
    let saved = saves(&effects);
    assert!(matches!(&saved[0].token, TokenChange::Replace(_)));
    assert!(!format!("{effects:?}").contains("t0psecret"));
}

#[test]
fn leaving_the_token_empty_keeps_the_old_one() {
    let mut console = Console::busy(SIZE);
    let effects = console.press("Tab Tab Down Backspace 9 ^s production Enter");
    assert_eq!(saves(&effects)[0].token, TokenChange::Keep);
}

#[test]
fn turning_to_the_sandbox_says_that_the_account_goes() {
    let mut console = Console::busy(SIZE);
    console.press("Tab Tab Down Down Down Down Enter Up Enter ^s");
    shows(&console, "The Twilio account and its stored token go");
    let effects = console.press("production Enter");
    let saved = saves(&effects);
    assert_eq!(saved[0].settings.provider, Provider::Sandbox);
    assert_eq!(saved[0].token, TokenChange::Remove);
}

#[test]
fn a_failed_save_keeps_what_was_typed() {
    let mut console = Console::fresh(SIZE);
    let effects = console.press("Tab Tab Down Backspace 9 ^s");
    let Some(Effect::Save(save)) = effects.into_iter().last() else { panic!("no save") };
    let problem = Some("Not saved: the disk is full.".to_owned());
    let outcome = SaveOutcome { problem, ..SaveOutcome::default() };
    console.tell(Message::Saved { save, outcome });
    shows(&console, "the disk is full");
    assert_eq!(saves(&console.press("^s"))[0].settings.code_validity.get(), 9);
}

#[test]
fn a_new_number_comes_with_its_countries() {
    let mut console = Console::fresh(SIZE);
    console.press("BackTab n +447700900123 Enter gb Enter guernsey Enter Enter");
    let grid = console.model.tab().form.from_numbers();
    let number = grid.serving("GG".parse().unwrap()).unwrap();
    assert_eq!(number.sender.as_str(), "+447700900123");
    let countries: Vec<String> =
        number.countries.iter().map(|country| country.code().to_owned()).collect();
    assert_eq!(countries, ["GB", "GG"]);
}

#[test]
fn a_country_is_refused_twice_on_one_number_and_asks_before_it_moves() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab n 72404 Enter france Enter france Enter");
    shows(&console, "is on this number already");
    console.press("Backspace Backspace Backspace Backspace Backspace Backspace germany Enter");
    shows(&console, "DE is on ACME");
    console.press("Enter Enter");
    let grid = console.model.tab().form.from_numbers();
    assert_eq!(grid.serving("DE".parse().unwrap()).unwrap().sender.as_str(), "72404");
    assert_eq!(grid.serving("AT".parse().unwrap()).unwrap().sender.as_str(), "ACME");
}

#[test]
fn a_number_with_letters_or_without_countries_is_not_taken() {
    let mut console = Console::fresh(SIZE);
    console.press("BackTab n +44ABC Enter");
    assert_eq!(console.model.modals.len(), 1);
    let rows = console.model.tab().form.from_numbers().rows().len();
    console.press("Esc n 72404 Enter Tab Tab Enter");
    assert_eq!(console.model.tab().form.from_numbers().rows().len(), rows);
    shows(&console, "72404 has no countries");
}

#[test]
fn a_language_gets_a_text_of_its_own_and_loses_it_again() {
    let mut console = Console::busy(SIZE);
    let to_message = "Tab Tab Down Down Down Down Down Down Down Enter";
    console.press(&format!("{to_message} Tab es Tab ^a ^k {{code}}_es_tu_clave Enter"));
    let saved = saves(&console.press("^s production Enter"))[0].settings.clone();
    let read = |code: &str| saved.message_for(code.parse().ok()).as_str().to_owned();
    assert_eq!(read("MX"), "{code} es tu clave");
    assert_eq!(read("US"), Console::busy(SIZE).model.saved_settings().message.as_str());

    let mut console = Console::busy(SIZE);
    console.press(&format!("{to_message} Tab es Tab ^a ^k Enter"));
    assert!(console.press("^s").is_empty());
    shows(&console, "nothing has changed");
    console.press("Enter Tab zz Enter");
    shows(&console, "neither a country");
}

#[test]
fn an_account_gets_an_api_key_and_options() {
    let mut console = Console::busy(SIZE);
    console.press("Tab Tab ^o SK12 Enter");
    shows(&console, "an API key SID is SK and 32");
    let key = format!("SK{}", "0f".repeat(16));
    console.press(&format!("^a ^k {key} Tab Tab _ _ Tab _ _ Enter"));
    let saved = saves(&console.press("^s production Enter"))[0].settings.clone();
    let Provider::Twilio(account) = &saved.provider else { panic!("{saved:?}") };
    assert_eq!(account.api_key.as_ref().map(|key| key.as_str().to_owned()), Some(key));
    assert_eq!(account.options.to_string(), "RiskCheck disable, ContentRetention discard");
    assert!(account.account_sid.is_some() && account.auth_token.is_some());
}

#[test]
fn an_account_that_refuses_its_credentials_has_one_banner_until_it_accepts_them() {
    use smsdeck::domain::delivery::DeliveryStatus::{Queued, Refused};
    let mut console = Console::busy(SIZE);
    let event = |id: i64, status, error_code| Event {
        id: EventId(id),
        at: console.now,
        environment: Environment::Production,
        delivery: Some(DeliveryId(id)),
        kind: EventKind::Delivery(status),
        user: "jdoe".to_owned(),
        recipient: "+57 ••• ••• 4567".to_owned(),
        sender: None,
        sid: None,
        error_code,
        request_id: None,
        detail: None,
    };
    let (refused, queued) = (event(50, Refused, Some(20003)), event(51, Queued, None));
    console.tell(Message::Events(vec![refused]));
    shows(&console, "The account refuses its credentials (error 20003)");
    shows(&console, "Production ! refused");
    console.tell(Message::Events(vec![queued]));
    assert!(!console.screen().contains("refuses its credentials"));
}

#[test]
fn deleting_asks_and_an_environment_has_its_own_numbers() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab Down d Esc");
    assert_eq!(console.model.tab().form.from_numbers().rows().len(), 3);
    console.press("d Enter");
    assert_eq!(console.model.tab().form.from_numbers().rows().len(), 2);
    console.press("]");
    assert_eq!(console.model.environment, Environment::Development);
    assert_eq!(console.model.tab().form.from_numbers().rows().len(), 1);
}

#[test]
fn a_thousand_pasted_characters_with_line_breaks_change_no_field() {
    let pasted = "line\nof text ".repeat(80);
    for keys in ["Tab Tab", "s", "v", "BackTab n", "r", "Tab Tab Down Down Down Down Down Down"] {
        let mut console = Console::busy(SIZE);
        console.press(keys);
        let effects = console.tell(Message::Paste(pasted.clone()));
        assert!(effects.is_empty(), "{keys}: {effects:?}");
        assert!(!console.screen().contains("of text"), "{keys}");
        shows(&console, "pasted");
    }
}

#[test]
fn a_late_answer_to_an_older_question_is_not_shown() {
    let mut console = Console::fresh(SIZE);
    console.press("s +5730");
    let ticket = console.model.ticket;
    console.press("0");
    console.tell(Message::Previewed { ticket, preview: Err("stale".to_owned()) });
    assert!(!console.screen().contains("stale"));
}

#[test]
fn a_verdict_finds_its_pop_up_below_another_one() {
    let mut console = Console::busy(SIZE);
    let effects = console.press("v +573001234567 Tab 123456 Enter");
    let Some(Effect::Verify { ticket, .. }) = effects.last() else { panic!("{effects:?}") };
    console.press("F1");
    let result = Ok(Verdict::Wrong { tries_left: 4 });
    console.tell(Message::Verified { ticket: *ticket, result });
    console.press("Esc");
    shows(&console, "4");
    console.tell(Message::Verified { ticket: *ticket, result: Ok(Verdict::Approved) });
    assert!(console.model.modals.is_empty());
    shows(&console, "Approved");
}

#[test]
fn nothing_is_sent_while_the_store_is_not_open() {
    let mut console = Console::with(SIZE, Config::built_in());
    console.tell(Message::EngineFailed("the disk is full".to_owned()));
    let effects = console.press("s +573001234567 Enter");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Send(_))));
    shows(&console, "nothing can be sent");
    assert_eq!(console.model.engine, EngineState::Failed("the disk is full".to_owned()));
}

#[test]
fn what_is_typed_before_the_console_is_ready_is_done_once_it_is() {
    let theme = Theme { colour: true, unicode: true, plain: false };
    let model = Model::new(SIZE, theme, TimeZone::UTC, noon());
    let mut console = Console { model, now: noon() };
    assert!(console.press("s +573001234567 Enter").is_empty());
    let tokens = tokens();
    let deck = LoadedDeck { config: Config::built_in(), tokens, unwritable: None, welcome: None };
    assert!(console.tell(Message::Loaded(Box::new(deck))).is_empty());
    let effects = console.tell(Message::EngineReady);
    let sent = effects.iter().filter(|effect| matches!(effect, Effect::Send(_))).count();
    assert_eq!(sent, 1, "{effects:?}");
    // Whoever wants to leave need not wait.
    let model = Model::new(SIZE, theme, TimeZone::UTC, noon());
    let mut console = Console { model, now: noon() };
    assert!(matches!(console.press("q")[..], [Effect::Quit]));
}

#[test]
fn escape_and_a_key_that_arrive_together_are_two_keys() {
    let alt = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::ALT);
    let mut console = Console::fresh(SIZE);
    console.press("?");
    console.tell(Message::Key(alt('s')));
    shows(&console, "Send a code");
    // In a text Alt-b goes back a word; what means nothing there closes it.
    console.tell(Message::Key(alt('b')));
    shows(&console, "Send a code");
    console.tell(Message::Key(alt('v')));
    shows(&console, "Verify a code");
}

#[test]
fn quitting_asks_while_something_would_be_lost() {
    let quits = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Quit));
    assert!(quits(&Console::busy(SIZE).press("q")));
    for keys in ["Tab Tab Down 1 ^q", "BackTab n 72404 ^c", "s +573001234567 Enter q"] {
        let mut console = Console::busy(SIZE);
        assert!(!quits(&console.press(keys)), "{keys}");
        shows(&console, "Quit all the same?");
        assert!(quits(&console.press("Enter")), "{keys}");
    }
}

#[test]
fn an_idle_console_is_never_woken() {
    let mut console = Console::fresh(SIZE);
    assert_eq!(console.model.next_change(), None);
    console.press("Tab z");
    assert_eq!(console.model.next_change(), None);
}

fn any_key() -> impl Strategy<Value = KeyEvent> {
    let code = prop_oneof![
        6 => any::<char>().prop_map(KeyCode::Char),
        12 => prop::char::range(' ', '~').prop_map(KeyCode::Char),
        12 => prop::sample::select(vec![
            KeyCode::Tab, KeyCode::BackTab, KeyCode::Enter, KeyCode::Esc, KeyCode::Up,
            KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::Home, KeyCode::End,
            KeyCode::PageUp, KeyCode::PageDown, KeyCode::Delete, KeyCode::Backspace,
            KeyCode::F(1), KeyCode::Char('n'), KeyCode::Char('s'), KeyCode::Char('v'),
        ]),
    ];
    let modifiers = prop_oneof![
        8 => Just(KeyModifiers::NONE),
        1 => Just(KeyModifiers::CONTROL),
        1 => Just(KeyModifiers::ALT),
    ];
    (code, modifiers).prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_keys_break_it(keys in prop::collection::vec(any_key(), 1..300), pasted in ".{0,60}") {
        let mut console = Console::busy(SIZE);
        for (count, key) in keys.into_iter().enumerate() {
            console.tell(Message::Key(key));
            if count % 50 == 49 {
                console.tell(Message::Paste(pasted.clone()));
            }
            if count % 10 == 9 {
                console.draw();
            }
            for (_, tab) in console.model.tabs.iter() {
                let grid = tab.form.from_numbers();
                let countries: Vec<_> =
                    grid.rows().iter().flat_map(|number| &number.countries).collect();
                let mut once = countries.clone();
                once.sort();
                once.dedup();
                prop_assert_eq!(once.len(), countries.len(), "a country is on two numbers");
            }
        }
    }
}

#[test]
fn the_quota_is_filtered_by_name_and_by_whole_number() {
    use smsdeck::domain::secret::LookupKey;
    let mut console = Console::busy(SIZE);
    console.press("/ ruiz");
    shows(&console, "filter: ruiz_ · 1 of 3");
    shows(&console, "m.ruiz");
    assert!(!console.screen().contains("›jdoe"));
    // Letters that are keys elsewhere are text here; Enter keeps the filter.
    console.press("Enter r");
    shows(&console, "m.ruiz gets all 3 codes back");
    console.press("Esc Esc");
    shows(&console, "›jdoe");

    let asked = console.press("/ +573001234567");
    let Some(Effect::FindUser { ticket, typed, .. }) = asked.into_iter().next_back() else {
        panic!("the number is not looked for")
    };
    assert_eq!(typed, "+573001234567");
    shows(&console, "Nobody fits the filter");
    // The number of the first user, as the test's rows have it.
    let keys = vec![LookupKey([101; 32])];
    console.tell(Message::KeysFound { ticket: ticket - 1, keys: keys.clone() });
    shows(&console, "Nobody fits the filter");
    console.tell(Message::KeysFound { ticket, keys });
    shows(&console, "1 of 3");
    shows(&console, "jdoe");
    console.press("Enter");
    shows(&console, "filter: +…67");
}

#[test]
fn a_user_gets_one_code_back_with_reason_and_ticket() {
    let mut console = Console::busy(SIZE);
    console.press("b Enter");
    shows(&console, "This needs a reason");
    let effects = console.press("late_sms Tab 4711 Enter");
    let [Effect::Unlock(request)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(request.remedy, Remedy::OneCode);
    assert_eq!((request.user.label.as_str(), &*request.reason), ("jdoe", "late sms"));
    assert_eq!(request.ticket.as_deref(), Some("4711"));
}

#[test]
fn wrong_tries_are_forgiven_only_after_a_warning_and_a_word() {
    let mut console = Console::busy(SIZE);
    let mut rows = vec![console.model.tab().quota.selected().unwrap().clone()];
    rows[0].wrong_in_a_row = 100;
    console.tell(Message::Quota(PerEnvironment::from_fn(|_| rows.clone())));
    shows(&console, "100 wrong tries: press r");
    console.press("r");
    shows(&console, "somebody may be guessing");
    assert!(console.press("called_back Enter").is_empty());
    shows(&console, "Type forgive in the last field");
    let effects = console.press("forgive Enter");
    let [Effect::Unlock(request)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((request.remedy, request.reason.as_str()), (Remedy::WrongTries, "called back"));
}

#[test]
fn whoever_only_looks_can_neither_send_nor_unlock_nor_edit() {
    let mut console = Console::busy(SIZE);
    console.model.read_only = true;
    shows(&console, "read-only");
    for keys in ["s", "v", "r", "b", "Tab Tab 9", "^s", "Tab n"] {
        let before = console.model.modals.len();
        assert!(console.press(keys).is_empty(), "{keys}");
        assert_eq!(console.model.modals.len(), before, "{keys}");
        shows(&console, "This console only looks");
    }
    assert!(!console.model.tab().form.is_changed());
}

#[test]
fn settings_that_may_not_be_written_are_shown_and_users_still_helped() {
    let mut console = Console::busy(SIZE);
    console.model.unwritable = Some("/etc/smsdeck may not be written by you".to_owned());
    shows(&console, "PRODUCTION settings · read-only");
    console.press("Tab Tab Down Backspace");
    shows(&console, "The settings are read-only: /etc/smsdeck may not be written by you.");
    assert!(!console.model.tab().form.is_changed());
    console.press("Tab Tab r");
    shows(&console, "jdoe gets all 3 codes back");
}

#[test]
fn the_sid_of_a_delivery_goes_to_the_clipboard() {
    let mut console = Console::busy(SIZE);
    let effects = console.press("Tab Up Up Up Enter c");
    let [Effect::LoadStory { .. }, Effect::Copy(sid)] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert!(sid.starts_with("SM") && sid.len() == 34, "{sid}");
}

#[test]
fn trouble_is_seen_from_every_tab() {
    let mut console = Console::with_health(SIZE);
    console.press("Esc ]");
    shows(&console, "Production ! failing");
    let mut narrow = Console::with_health((40, 20));
    narrow.press("Esc ]");
    shows(&narrow, "Prod !");
}

#[test]
fn limits_are_typed_and_saved_with_the_rest() {
    let mut console = Console::fresh(SIZE);
    console.press("Tab Tab ^g 0 Enter");
    shows(&console, "0 is no number of codes");
    console.press("Backspace 500 Tab Tab Tab Tab CO_200/2000 Tab co_us Enter");
    shows(&console, "The limits hold from the next save on");
    let effects = console.press("^s");
    let limits = &saves(&effects)[0].settings.limits;
    assert_eq!(limits.to_string(), "500 an hour; CO 200 an hour, 2000 a day; only CO US");
}

#[test]
fn the_log_is_filtered_by_status_error_number_and_user() {
    let mut console = Console::busy(SIZE);
    for (typed, count) in
        [("wrong", "1 of 8"), ("30007", "1 of 8"), ("jdoe", "8 of 8"), ("4567", "8 of 8")]
    {
        console.model.focus = Pane::Log;
        console.press(&format!("/ {typed}"));
        shows(&console, &format!("filter: {typed}_ · {count}"));
        console.press("Esc");
    }
    console.press("/ zzz");
    shows(&console, "No line fits the filter");
    console.press("Backspace Backspace Backspace deliv Enter Enter");
    shows(&console, "The phone has it.");
}

#[test]
fn a_number_that_is_none_is_not_sent_to_and_not_offered_again() {
    let mut console = Console::fresh(SIZE);
    assert!(console.press("s +99 Enter").iter().all(|effect| !matches!(effect, Effect::Send(_))));
    shows(&console, "Send a code");
    console.press("Esc s +573001234567 Enter s");
    shows(&console, "+573001234567");
    console.press("Esc ] s");
    assert!(!console.screen().contains("+573001234567"), "offered in another environment");
}

#[test]
fn ten_thousand_users_scroll_page_by_page() {
    let mut console = Console::with_users(SIZE, 10_000);
    console.press("PageDown PageDown Down");
    shows(&console, "›user00005");
    console.press("End");
    shows(&console, "›user09999");
    console.press("/ user04242");
    shows(&console, "1 of 10000");
}

#[test]
fn on_a_phone_every_user_shows_when_the_lock_ends() {
    let console = Console::busy((40, 20));
    shows(&console, "jdoe         LOCKED 12:19:05 in 14:34");
    shows(&console, "m.ruiz");
    shows(&console, "1 of 3, 2 left");
}

#[test]
fn the_number_pop_up_skips_what_is_empty_and_tells_errors_whole() {
    let mut console = Console::busy((40, 20));
    console.press("BackTab n +49 Tab ger");
    shows(&console, "›- DE  Germany");
    shows(&console, "[ OK ]");
    console.press("Enter");
    let words = console.screen().replace(|letter: char| !letter.is_alphabetic(), " ");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("is on ACME Enter again moves it here Esc leaves it"), "{words}");
}

/// What a console reads after somebody else has saved Test.
fn saved_elsewhere(console: &mut Console, edit: impl FnOnce(&mut Settings)) {
    let mut config = busy_config();
    edit(&mut config.environments.test);
    let tokens = tokens();
    let deck = LoadedDeck { config, tokens, unwritable: None, welcome: None };
    console.tell(Message::Loaded(Box::new(deck)));
}

fn test_console() -> Console {
    let mut console = Console::with(SIZE, busy_config());
    console.press("] Tab Tab");
    console
}

#[test]
fn a_clean_form_follows_the_file_and_says_what_has_changed() {
    let mut console = test_console();
    saved_elsewhere(&mut console, |settings| settings.code_validity = 7.try_into().unwrap());
    shows(&console, "Code validity   7 min");
    shows(&console, "Test was changed in the file: Code validity period: 5 min → 7 min.");
    assert!(console.press("^s").is_empty(), "there is nothing to save");
}

#[test]
fn changes_of_two_people_are_merged_and_asked_for_where_they_meet() {
    let mut console = test_console();
    // Mine: validity 9, allowed 4; a number for Germany.
    console.press("Down Backspace 9 Down Backspace 4 Tab n 72404 Enter ger Enter Enter");
    saved_elsewhere(&mut console, |settings| {
        settings.codes_allowed = 6.try_into().unwrap();
        settings.time_out = 60.try_into().unwrap();
        let number = FromNumber {
            sender: Sender::parse("72405").unwrap(),
            countries: ["FR".parse().unwrap()].into(),
        };
        settings.from_numbers = settings.from_numbers.with(None, number, false).unwrap();
    });
    shows(&console, "! conflict");
    let screen = console.screen();
    assert!(screen.contains("72404") && screen.contains("72405"), "{screen}");
    assert!(saves(&console.press("^s")).is_empty());
    shows(&console, "m mine: 4");
    shows(&console, "t theirs: 6");
    assert!(!console.screen().contains("Time-out between"), "only what both have changed is asked");
    console.press("Enter");
    shows(&console, "Choose for each field first");
    let effects = console.press("m Enter Enter");
    let [save] = saves(&effects)[..] else { panic!("{effects:?}") };
    let settings = &save.settings;
    assert_eq!(settings.code_validity.get(), 9);
    assert_eq!(settings.codes_allowed.get(), 4);
    assert_eq!(settings.time_out.get(), 60);
    assert_eq!(settings.from_numbers.rows().len(), 2);
    assert_eq!(save.baseline.codes_allowed.get(), 6, "theirs is what is replaced");
}

#[test]
fn production_hears_what_a_new_rule_would_have_meant_before_it_is_saved() {
    let mut console = Console::busy(SIZE);
    let effects = console.press("Tab Tab Down Down Backspace 1 ^s");
    let Some(Effect::WhatIf { ticket, rule, .. }) = effects.last() else { panic!("{effects:?}") };
    assert_eq!(rule.allowed.get(), 1);
    shows(&console, "! Number of codes allowed: One lost SMS locks the user out");
    let news =
        vec!["Of 9 codes in the last 24 h, 4 would have been refused, for 2 users.".to_owned()];
    let ticket = *ticket;
    console.tell(Message::WhatIfReady { ticket, news: Ok(news) });
    shows(&console, "4 would have been refused, for 2 users.");
    shows(&console, "Type production to save:");
}

#[test]
fn the_check_shows_warnings_and_figures_of_what_is_edited() {
    let mut console = Console::busy(SIZE);
    console.press("c");
    shows(&console, "No errors, no warnings.");
    shows(&console, "at most 288 codes a user and day");
    console.press("Esc Tab Tab Down Down Backspace 1 Tab c");
    shows(&console, "! warning: Number of codes allowed: One lost SMS");
    shows(&console, "at most 96 codes a user and day");
}

#[test]
fn the_last_change_is_taken_back_one_by_one() {
    let mut console = test_console();
    // Two letters into one field are one change; a number is another one.
    console.press("Down Down Down Backspace 20 Tab n 72404 Enter ger Enter Enter");
    shows(&console, "72404");
    console.press("u");
    assert!(!console.screen().contains("72404"));
    shows(&console, "120 min");
    console.press("u");
    shows(&console, "15 min");
    assert!(console.model.unsaved().is_empty());
    console.press("u");
    shows(&console, "nothing to take back");
    // What somebody else has saved meanwhile cannot be brought back by it.
    console.press("n 72404 Enter ger Enter Enter");
    saved_elsewhere(&mut console, |settings| settings.time_out = 60.try_into().unwrap());
    console.press("u");
    shows(&console, "60 min");
}

#[test]
fn environments_are_compared_and_single_values_taken_over_but_no_secret() {
    let mut console = test_console();
    console.press("Tab =");
    shows(&console, "Test beside Production");
    shows(&console, "drift: in Production only");
    let find = |console: &mut Console, label: &str| {
        for _ in 0..20 {
            if console.screen().contains(&format!("›≠ {label}")) {
                return;
            }
            console.press("Down");
        }
        panic!("no {label} in\n{}", console.screen());
    };
    find(&mut console, "Auth token");
    console.press("Enter");
    shows(&console, "Secrets are not copied");
    find(&mut console, "From numbers");
    console.press("Enter Esc");
    shows(&console, "+1 415 555 0100");
    let effects = console.press("^s Enter");
    let [save] = saves(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(save.environment, Environment::Test);
    assert_eq!(save.settings.from_numbers.rows().len(), 1);
    assert_eq!(save.token, TokenChange::Keep);
}

#[test]
fn texts_for_languages_that_others_saved_are_not_lost_to_a_new_message() {
    let mut console = test_console();
    console.press("Down Down Down Down Down Down Down Enter End _x Enter");
    saved_elsewhere(&mut console, |settings| {
        let message = MessageTemplate::parse("{code} es tu clave").unwrap();
        settings.message_overrides.set("es".parse().unwrap(), Some(message));
    });
    let effects = console.press("^s");
    let [save] = saves(&effects)[..] else { panic!("{effects:?}\n{}", console.screen()) };
    assert!(save.settings.message.as_str().ends_with(" x"), "{:?}", save.settings.message);
    assert!(!save.settings.message_overrides.is_empty(), "somebody else's text is gone");
}

#[test]
fn a_choice_between_two_changes_is_asked_again_when_the_file_changes_once_more() {
    let mut console = test_console();
    console.press("Down Down Backspace 4");
    saved_elsewhere(&mut console, |settings| settings.codes_allowed = 6.try_into().unwrap());
    console.press("^s m");
    saved_elsewhere(&mut console, |settings| settings.codes_allowed = 8.try_into().unwrap());
    assert!(saves(&console.press("Enter")).is_empty());
    shows(&console, "choose again");
    shows(&console, "t theirs: 8");
}

#[test]
fn the_palette_does_by_name_what_keys_do() {
    let mut console = Console::busy(SIZE);
    console.press("^p phone Enter");
    shows(&console, "only the Sandbox has a handset");
    console.press(": test Enter");
    shows(&console, "[Test");
    console.press(": dev Enter");
    shows(&console, "[Development");
    console.press(": new Enter");
    shows(&console, "New From number");
    // Above a pop-up there is only what it can, and what works everywhere.
    console.press("^p verify");
    shows(&console, "Nothing has such a name.");
}

/// Settings of Production as somebody else has saved them.
fn changed(change: impl FnOnce(&mut Settings)) -> Message {
    let mut config = busy_config();
    change(&mut config.environments.production);
    let tokens = tokens();
    Message::Loaded(Box::new(LoadedDeck { config, tokens, unwritable: None, welcome: None }))
}

#[test]
fn what_is_saved_while_a_pop_up_is_open_is_not_overwritten_by_it() {
    let mut console = Console::busy(SIZE);
    console.press("Tab Tab ^g 500");
    console.tell(changed(|settings| settings.limits.environment.hour = Cap::new(77)));
    console.press("Enter ^s");
    shows(&console, "was changed meanwhile");
    console.press("t Enter");
    assert_eq!(console.model.tab().form.limits().environment.hour, Cap::new(77));
}

#[test]
fn a_conflict_that_is_mended_by_hand_keeps_what_somebody_else_has_saved() {
    let mut console = Console::busy(SIZE);
    console.press("Tab Tab Down Backspace 9");
    console.tell(changed(|settings| {
        settings.code_validity = 7.try_into().unwrap();
        settings.codes_allowed = 6.try_into().unwrap();
    }));
    shows(&console, "conflict");
    // Back to what it was when the edit began: no change of ours is left.
    console.press("Backspace 5 Up Backspace Backspace pe ^s");
    let effects = console.press("production Enter");
    let saved = saves(&effects);
    let settings = &saved[0].settings;
    assert_eq!((settings.code_validity.get(), settings.codes_allowed.get()), (7, 6));
}

#[test]
fn typing_on_while_a_save_is_under_way_is_no_conflict_with_oneself() {
    let mut console = Console::fresh(SIZE);
    let effects = console.press("Tab Tab Down Backspace 9 ^s");
    let Some(Effect::Save(save)) = effects.into_iter().last() else { panic!("no save") };
    console.press("Backspace 8");
    let mut config = Config::built_in();
    config.environments.development = save.settings.clone();
    let tokens = tokens();
    let deck = Some(Box::new(LoadedDeck { config, tokens, unwritable: None, welcome: None }));
    let outcome = SaveOutcome { is_saved: true, has_token: true, deck, problem: None };
    console.tell(Message::Saved { save, outcome });
    shows(&console, "Development saved.");
    let saved = console.press("^s");
    assert_eq!(saves(&saved)[0].settings.code_validity.get(), 8, "{}", console.screen());
    assert_eq!(saves(&saved)[0].baseline.code_validity.get(), 9);
}

#[test]
fn a_long_question_is_read_to_its_end() {
    let mut console = Console::busy((80, 24));
    console.press("Tab Tab Down Backspace 9 Down Backspace 20 Down Backspace Backspace 2");
    console.press("BackTab BackTab");
    console.model.size = (50, 16);
    console.press("^s");
    console.press("Esc");
    console.model.size = (40, 10);
    console.press("^s");
    shows(&console, "more lines: Down");
    console.press("Down Down Down Down Down Down Down Down Down Down");
    assert!(!console.screen().contains("more lines"), "{}", console.screen());
    shows(&console, "Type production to save");
    console.press("prod Enter");
    shows(&console, "Type the word production in full");
}

#[test]
fn a_config_that_breaks_meanwhile_stays_told_until_it_is_mended() {
    let mut console = Console::busy(SIZE);
    console.tell(Message::ConfigUnusable("config.ron:7:30: Expected comma".to_owned()));
    shows(&console, "config.ron:7:30:");
    console.press("Tab");
    shows(&console, "! file broken");
    console.tell(changed(|_| ()));
    shows(&console, "Twilio · saved");
}

#[test]
fn long_work_tells_how_far_it_is_and_is_stopped() {
    let stops = |effects: &[Effect], wanted: Work| matches!(effects, [Effect::Stop(work)] if *work == wanted);
    // What an account can send from.
    let mut console = Console::busy(SIZE);
    let effects = console.press("BackTab i");
    let [Effect::ListSenders { ticket, .. }] = effects[..] else { panic!("{effects:?}") };
    let work = Work::Asked(ticket);
    console.tell(Message::Progress { work, count: 2_000 });
    shows(&console, "2000 read so far");
    assert!(stops(&console.press("Esc"), work));
    // The last day under another rule.
    let effects = console.press("BackTab Down Down Backspace 9 ^s");
    let [Effect::WhatIf { ticket, .. }] = effects[..] else { panic!("{effects:?}") };
    let work = Work::Asked(ticket);
    console.tell(Message::Progress { work, count: 48_000 });
    shows(&console, "48000 rows so far");
    assert!(stops(&console.press("Esc"), work));
    // What is old is forgotten; a figure that was on its way when it was stopped is no news.
    let mut console = Console::busy(SIZE);
    let progress = |count| Message::Progress { work: Work::Pruning, count };
    console.tell(progress(500));
    shows(&console, "Forgetting what is old: 500 rows so far. ^X stops it.");
    assert!(stops(&console.press("^x"), Work::Pruning));
    console.tell(progress(1_000));
    console.press("Tab");
    assert!(!console.screen().contains("Forgetting"));
}

#[test]
fn a_change_says_how_it_is_taken_back() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab Down d y");
    shows(&console, "+44 7700 900123 is deleted. ^S saves, u takes it back.");
    console.press("u");
    shows(&console, "Taken back.");
    shows(&console, "+44 7700 900123   GB GG IE");
}

#[test]
fn the_selected_number_stays_selected_when_others_come_and_go() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab Down");
    shows(&console, "›  +44 7700 900123");
    let deck = changed(|production| {
        let us = Sender::parse("+14155550100").unwrap();
        production.from_numbers = production.from_numbers.without(&us).unwrap();
    });
    console.tell(deck);
    shows(&console, "›  +44 7700 900123");
    // Of one that is gone, the next one in its place.
    console.press("d y");
    shows(&console, "›  ACME");
}

#[test]
fn a_new_deck_says_where_things_are_until_settings_are_saved() {
    let mut console = Console::fresh(SIZE);
    shows(&console, "Welcome. s sends a first code");
    shows(&console, "~/.config/smsdeck/config.ron");
    console.press("]");
    shows(&console, "Not set up: Account SID, Auth token, a From number missing.");
    console.tell(changed(|_| ()));
    assert!(!console.screen().contains("Welcome"));
}

#[test]
fn a_paste_goes_into_the_text_that_has_the_focus_or_nowhere() {
    let paste = |console: &mut Console, text: &str| {
        console.tell(Message::Paste(text.to_owned()));
    };
    // The word that Production asks for.
    let mut console = Console::busy(SIZE);
    console.press("BackTab BackTab Down Backspace 9 ^s");
    paste(&mut console, "production\n");
    assert_eq!(saves(&console.press("Enter")).len(), 1);
    // Where nothing takes text it says so: what it holds is no keys.
    for keys in ["", "?", "Enter", "=", "BackTab i"] {
        let mut console = Console::busy(SIZE);
        console.press(keys);
        paste(&mut console, "qqq\n");
        shows(&console, "Nothing here takes text");
    }
}

/// Production with another stored token, as somebody else has left it.
fn another_token() -> Message {
    let config = busy_config();
    let mut tokens = tokens();
    tokens[Environment::Production] =
        TokenStatus::Stored { ending: "b0b0".to_owned(), since: noon() };
    Message::Loaded(Box::new(LoadedDeck { config, tokens, unwritable: None, welcome: None }))
}

#[test]
fn a_token_that_somebody_else_has_stored_meanwhile_is_asked_for() {
    let to_token = "Tab Tab Down Down Down Down Down Down";
    let mut console = Console::busy(SIZE);
    console.press(to_token);
    console.press("0123456789abcdef0123456789abaaaa");
    console.tell(another_token());
    shows(&console, "ends b0b0");
    assert!(saves(&console.press("^s")).is_empty());
    shows(&console, "m mine: a new token");
    shows(&console, "t theirs: stored, ends b0b0");
    // Theirs: what was typed is gone, and so is the change.
    console.press("t Enter");
    shows(&console, "nothing has changed");

    // Mine: it takes the place of the one that is known now.
    let mut console = Console::busy(SIZE);
    console.press(to_token);
    console.press("0123456789abcdef0123456789abaaaa");
    console.tell(another_token());
    console.press("Esc");
    console.press("0123456789abcdef0123456789abcccc ^s m Enter");
    let effects = console.press("production Enter");
    let save = saves(&effects)[0];
    assert_eq!(save.known_token, TokenStatus::Stored { ending: "b0b0".to_owned(), since: noon() });
    assert!(matches!(save.token, TokenChange::Replace(_)));

    // So it is where it was to be removed.
    let mut console = Console::busy(SIZE);
    console.press(to_token);
    console.press("^d y");
    console.tell(another_token());
    assert!(saves(&console.press("^s")).is_empty());
    shows(&console, "m mine: removed");
}

#[test]
fn what_is_typed_after_somebody_elses_save_is_a_change_of_theirs() {
    // A field that was left alone so far, while another one is wrong for a moment.
    let mut console = Console::busy(SIZE);
    console.press("Tab Tab Down Backspace");
    console.tell(changed(|settings| settings.codes_allowed = 4.try_into().unwrap()));
    console.press("7 Down Backspace 3 ^s");
    let effects = console.press("production Enter");
    assert_eq!(saves(&effects)[0].settings.codes_allowed.get(), 3, "{}", console.screen());
    // A number that they have added, and that is deleted here.
    let mut console = Console::busy(SIZE);
    console.press("Tab Tab Down Backspace");
    console.tell(changed(|settings| {
        let number = FromNumber {
            sender: Sender::parse("72404").unwrap(),
            countries: ["CO".parse().unwrap()].into(),
        };
        settings.from_numbers = settings.from_numbers.with(None, number, false).unwrap();
    }));
    console.press("7 Tab Down Down Down d y");
    shows(&console, "72404 is deleted");
    console.press("^s");
    let effects = console.press("production Enter");
    let rows = saves(&effects)[0].settings.from_numbers.rows();
    assert_eq!(rows.len(), 3, "{}", console.screen());
}

#[test]
fn two_changes_of_one_account_are_asked_for_as_a_whole() {
    let mut console = Console::busy(SIZE);
    console.press("Tab Tab Down Down Down Down Down");
    console.press("^u AC11111111111111111111111111111111");
    console.tell(changed(|settings| {
        let Provider::Twilio(account) = &mut settings.provider else { panic!() };
        account.base_url = Some(BaseUrl::parse("https://sms.example/").unwrap());
    }));
    assert!(saves(&console.press("^s")).is_empty());
    shows(&console, "Account SID");
    shows(&console, "m mine: Account SID AC11111111111111111111111111111111");
}

#[test]
fn a_change_can_be_taken_back_also_after_somebody_else_has_saved() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab Down Down d y");
    shows(&console, "ACME is deleted");
    console.tell(changed(|settings| {
        settings.time_out = 36.try_into().unwrap();
        settings.limits.record_only = true;
    }));
    console.press("u");
    shows(&console, "Taken back.");
    shows(&console, "ACME              AT CH DE");
    // Nothing of theirs is taken back with it.
    assert!(saves(&console.press("^s")).is_empty());
    shows(&console, "nothing has changed");
}

#[test]
fn what_both_have_changed_is_named_and_parts_of_limits_come_together() {
    let mut console = Console::busy(SIZE);
    console.press("BackTab Down Down d y");
    let acme = || FromNumber {
        sender: Sender::parse("ACME").unwrap(),
        countries: ["AT".parse().unwrap()].into(),
    };
    console.tell(changed(|settings| {
        settings.codes_allowed = 6.try_into().unwrap();
        let grid = &settings.from_numbers;
        settings.from_numbers = grid.with(Some(&acme().sender), acme(), false).unwrap();
    }));
    let screen = console.screen().replace(['\n', '"'], " ");
    let words: Vec<&str> = screen.split_whitespace().collect();
    assert!(words.join(" ").contains("You have both changed From numbers"), "{screen}");

    let mut console = Console::busy(SIZE);
    console.press("Tab Tab ^g 500 Enter");
    console.tell(changed(|settings| settings.limits.environment.day = Cap::new(900)));
    console.press("^s");
    let effects = console.press("production Enter");
    let limits = &saves(&effects)[0].settings.limits;
    assert_eq!(limits.environment.hour, Cap::new(500));
    assert_eq!(limits.environment.day, Cap::new(900));
}

#[test]
fn the_keys_that_are_offered_are_those_that_work() {
    // Once a country is added, Enter accepts the number.
    let mut console = Console::busy(SIZE);
    console.press("BackTab n +447400123456 Enter peru");
    shows(&console, "Enter add");
    console.press("Enter");
    shows(&console, "Enter accept");
    console.press("Enter");
    shows(&console, "+44 7400 123456 is among the From numbers");
    // What has come to its end is not called back, and its story stays open.
    let mut console = Console::busy(SIZE);
    assert!(console.press("Tab Enter x").iter().all(|it| !matches!(it, Effect::Cancel(_))));
    shows(&console, "nothing to call back");
}
