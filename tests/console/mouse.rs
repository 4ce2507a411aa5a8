//! The mouse: a click means what is drawn where it happens.

use smsdeck::domain::environment::Environment;
use smsdeck::tui::effect::Effect;
use smsdeck::tui::input::MouseInput;
use smsdeck::tui::message::Message;
use smsdeck::tui::pane::Pane;

use crate::SIZE;
use crate::support::screen::Console;

/// Clicks on the first place on the screen at which a text is drawn.
fn click(console: &mut Console, text: &str) -> Vec<Effect> {
    let screen = console.text();
    let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
    let column = line.split(text).next().unwrap().chars().count();
    let at = |number: usize| u16::try_from(number).unwrap();
    console.tell(Message::Mouse(MouseInput::Click(at(column), at(row))))
}

#[test]
fn a_click_shows_an_environment_focuses_a_pane_and_selects_a_line() {
    let mut console = Console::busy(SIZE);
    click(&mut console, "Test");
    assert_eq!(console.model.session.environment, Environment::Test);
    click(&mut console, "Production");
    assert_eq!(console.model.session.environment, Environment::Production);
    click(&mut console, "From numbers");
    assert_eq!(console.model.session.focus, Pane::Numbers);
    click(&mut console, "ACME");
    let tab = console.model.session.tab();
    let selected = tab.numbers.selected(tab.form.from_numbers()).unwrap();
    assert_eq!(selected.sender.as_str(), "ACME");
    // Once more opens it, and its buttons work.
    click(&mut console, "ACME");
    console.assert_shows("Edit From number");
    click(&mut console, "[ Cancel ]");
    assert!(console.model.modals.is_empty());
}

#[test]
fn a_click_on_a_hint_is_its_key() {
    let mut console = Console::busy(SIZE);
    click(&mut console, "send code");
    console.assert_shows("Send a code");
    click(&mut console, "Esc cancel");
    assert!(console.model.modals.is_empty());
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let mut console = Console::busy(SIZE);
    console.tell(Message::Mouse(MouseInput::WheelDown(10, 3)));
    assert_eq!(console.model.session.focus, Pane::Form);
    console.press("^p");
    console.tell(Message::Mouse(MouseInput::WheelDown(40, 12)));
    assert!(!console.model.modals.is_empty());
}
