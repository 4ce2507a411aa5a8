//! Keys and pastes at random.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use smsdeck::tui::message::Message;

use crate::SIZE;
use crate::support::screen::Console;

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
    fn no_keys_or_pastes_break_the_console(keys in prop::collection::vec(any_key(), 1..300), pasted in ".{0,60}") {
        let mut console = Console::busy(SIZE);
        for (count, key) in keys.into_iter().enumerate() {
            console.tell(Message::Key(key));
            if count % 50 == 49 {
                console.tell(Message::Paste(pasted.clone()));
            }
            if count % 10 == 9 {
                console.draw();
            }
            for (_, tab) in console.model.session.tabs.iter() {
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
