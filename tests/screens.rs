//! Every screen, drawn without a terminal: as a snapshot at two sizes, and at every size
//! for what must never happen.

mod support;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use smsdeck::tui::keymap::BINDINGS;
use smsdeck::tui::plain::{self, Announcer};
use smsdeck::tui::view::draw;
use support::screen::Console;

/// The keys that lead to each screen, from the console of a busy Production.
const SCREENS: [(&str, &str); 20] = [
    ("console", ""),
    ("form", "Tab Tab"),
    ("form_error", "@Code_validity Backspace 99"),
    ("numbers", "BackTab"),
    ("log", "Tab Up Up"),
    ("zoomed", "z"),
    ("new_number", "BackTab n"),
    ("pick_country", "BackTab n +491512345678 Tab ger"),
    ("edit_number", "BackTab Down e Tab Right"),
    ("delete_number", "BackTab d"),
    ("default_country", "@Default_country Enter col"),
    ("provider", "@Provider Enter"),
    ("message", "@Message Enter"),
    ("message_own", "@Message Enter @Country es"),
    ("account", "Tab Tab ^o @Risk_check _"),
    ("limits", "Tab Tab ^g 500 @Codes_a_day 5000"),
    ("recipients", "@Recipients Enter"),
    ("send", "s +573001234567"),
    ("verify", "v +573001234567 Tab 123"),
    ("save_production", "@Code_validity Backspace 9 ^s"),
];

/// Pop-ups beyond those above, for the drawing at every size.
const MORE: [&str; 17] = [
    "?",
    "H",
    "BackTab I",
    "BackTab X",
    "BackTab n 72404 Enter EU",
    "=",
    ":",
    "c",
    "r",
    "b",
    "o",
    "/ jdo",
    "Tab Enter",
    "] ] h",
    "@Code_validity 1 ^q",
    "BackTab i",
    "Enter",
];

fn after(keys: &str, size: (u16, u16)) -> Console {
    let mut console = Console::busy(size);
    console.press(keys);
    console
}

#[test]
fn every_screen_matches_its_snapshot_at_80_by_24_and_120_by_40() {
    for (name, keys) in SCREENS {
        for size in [(80, 24), (120, 40)] {
            let name = format!("{name}_{}x{}", size.0, size.1);
            insta::assert_snapshot!(name, after(keys, size).screen());
        }
    }
    for (name, keys) in [
        ("help", "?"),
        ("unlock", "r"),
        ("give_back", "b"),
        ("filter", "/ ruiz"),
        ("delivery", "Tab Enter"),
        ("compare", "="),
        ("palette", ": unlo"),
        ("check", "c"),
    ] {
        insta::assert_snapshot!(name, after(keys, (80, 24)).screen());
    }
    insta::assert_snapshot!("user", Console::with_user((80, 24)).screen());
    insta::assert_snapshot!("user_40x20", Console::with_user((40, 20)).screen());
    insta::assert_snapshot!("health_80x24", Console::with_health((80, 24)).screen());
    insta::assert_snapshot!("health_40x20", Console::with_health((40, 20)).screen());
}

#[test]
fn a_fresh_console_shows_what_to_do() {
    insta::assert_snapshot!("fresh_80x24", Console::fresh((80, 24)).screen());
    insta::assert_snapshot!("fresh_50x20", Console::fresh((50, 20)).screen());
    insta::assert_snapshot!("fresh_40x10", Console::fresh((40, 10)).screen());
    insta::assert_snapshot!("too_small_39x9", Console::fresh((39, 9)).screen());
}

#[test]
fn every_screen_can_be_drawn_at_every_size() {
    let keys: Vec<&str> = SCREENS.iter().map(|(_, keys)| *keys).chain(MORE).collect();
    std::thread::scope(|threads| {
        for share in keys.chunks(keys.len().div_ceil(2)) {
            threads.spawn(|| share.iter().for_each(|keys| draw_at_every_size(keys)));
        }
    });
}

fn draw_at_every_size(keys: &str) {
    let mut console = after(keys, (80, 24));
    for (width, height) in (0..=130).flat_map(|width| (0..=45).map(move |height| (width, height))) {
        console.model.session.size = (width, height);
        let mut screen = Buffer::empty(Rect { x: 0, y: 0, width, height });
        let cursor = draw(&console.model, &mut screen);
        assert!(cursor.is_none_or(|at| screen.area.contains(at)), "{keys}: {width}x{height}");
    }
}

#[test]
fn nothing_depends_on_color_or_line_drawing_alone() {
    let mut console = Console::busy((80, 24));
    console.model.session.theme.colour = false;
    console.model.session.theme.unicode = false;
    let screen = console.screen();
    assert!(screen.lines().all(|line| line.trim_matches('"').is_ascii()), "{screen}");
    insta::assert_snapshot!("plain_80x24", screen);
}

#[test]
fn every_screen_reads_aloud_without_drawn_marks() {
    for (name, keys) in SCREENS {
        let mut console = after("", plain::SIZE);
        console.model.session.theme.plain = true;
        let mut announcer = Announcer::default();
        announcer.announce(&console.model, 80);
        console.press(keys);
        let said = announcer.announce(&console.model, 80);
        assert!(!said.contains(['│', '┃', '─', '━', '›', '•', '·', '↑', '→']), "{name}: {said}");
    }
}

#[test]
fn every_key_has_an_action_named_in_help_and_palette() {
    for binding in BINDINGS {
        let is_named = BINDINGS.iter().any(|other| {
            (other.context, other.action) == (binding.context, binding.action)
                && !other.help.is_empty()
        });
        assert!(is_named, "{binding:?}");
        let twice = BINDINGS.iter().any(|other| {
            (other.context, other.action) == (binding.context, binding.action)
                && (other.key, other.modifiers) != (binding.key, binding.modifiers)
                && !other.help.is_empty()
                && !binding.help.is_empty()
        });
        assert!(!twice, "listed twice: {binding:?}");
    }
}
