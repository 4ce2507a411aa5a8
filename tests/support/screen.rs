//! A console without a terminal: keys in, effects and screens out.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use smsdeck::config::{Config, TokenStatus};
use smsdeck::domain::environment::{Environment, PerEnvironment};
use smsdeck::domain::quota::Quota;
use smsdeck::domain::secret::LookupKey;
use smsdeck::domain::settings::Settings;
use smsdeck::engine::{EnvironmentSave, Preview, plan};
use smsdeck::store::{QuotaRow, Standing, Subject};
use smsdeck::tui::effect::{Effect, EngineEffect, FileEffect};
use smsdeck::tui::message::{LoadedDeck, Message, Places};
use smsdeck::tui::model::Model;
use smsdeck::tui::pane::Pane;
use smsdeck::tui::question::{Answer, Question, Ticket};
use smsdeck::tui::theme::Theme;
use smsdeck::tui::update::update;
use smsdeck::tui::view::{draw, view};

use super::busy_day::{busy_config, events, noon, quota_rows, status, tokens};

/// More fields than any form or pop-up has.
const MAX_FIELDS: usize = 30;

/// A model with a clock that only the test moves.
pub struct Console {
    pub model: Model,
    pub now: Timestamp,
}

impl Console {
    /// A console of this size that has read these settings.
    pub fn with(size: (u16, u16), config: Config) -> Self {
        let theme = Theme { colour: true, unicode: true, plain: false };
        let model = Model::new(size, theme, TimeZone::UTC, noon());
        let mut console = Self { model, now: noon() };
        let tokens = tokens();
        let places = Places {
            config: "~/.config/smsdeck/config.ron".to_owned(),
            store: "~/.local/state/smsdeck/deck.db".to_owned(),
        };
        let welcome = (config == Config::built_in()).then_some(places);
        let deck = LoadedDeck { config, tokens, unwritable: None, welcome };
        console.tell(Message::Loaded(Box::new(deck)));
        console.tell(Message::EngineReady);
        console
    }

    /// A console on a fresh machine.
    pub fn fresh(size: (u16, u16)) -> Self {
        Self::with(size, Config::built_in())
    }

    /// A console that has seen a day's work.
    pub fn busy(size: (u16, u16)) -> Self {
        let mut console = Self::with(size, busy_config());
        console.tell(Message::Quota(PerEnvironment::from_fn(|environment| match environment {
            Environment::Production => quota_rows(),
            _ => Vec::new(),
        })));
        console.tell(Message::Events(events()));
        console.model.session.environment = Environment::Production;
        console
    }

    /// A console whose Production has so many users, none of them locked.
    pub fn with_users(size: (u16, u16), count: u32) -> Self {
        let mut console = Self::with(size, busy_config());
        let key = |index: u32| {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&index.to_be_bytes());
            LookupKey(key)
        };
        let row = |index| QuotaRow {
            user: Subject { key: key(index), label: format!("user{index:05}") },
            number: Subject {
                key: key(index + count), label: "+57 ••• ••• 4567".to_owned()
            },
            ..quota_rows().remove(1)
        };
        console.tell(Message::Quota(PerEnvironment::from_fn(|environment| match environment {
            Environment::Production => (0..count).map(row).collect(),
            _ => Vec::new(),
        })));
        console.model.session.environment = Environment::Production;
        console
    }

    /// A console that shows all about the first user.
    pub fn with_user(size: (u16, u16)) -> Self {
        let mut console = Self::busy(size);
        let effects = console.press("Enter");
        let (ticket, _) = newest_question(&effects);
        console.answer(ticket, Ok(Answer::Story(events())));
        console
    }

    /// A console that shows the health of Production.
    pub fn with_health(size: (u16, u16)) -> Self {
        let mut console = Self::busy(size);
        console.press("o");
        console.tell(Message::Status(PerEnvironment::from_fn(|environment| {
            (environment == Environment::Production).then(|| Box::new(status()))
        })));
        console
    }

    /// A console in which Test is edited: it has the settings of a fresh machine.
    pub fn editing_test(size: (u16, u16)) -> Self {
        let mut console = Self::with(size, busy_config());
        console.press("] Tab Tab");
        console
    }

    /// Somebody else saves an environment, and the console reads the file again.
    pub fn somebody_saves(&mut self, environment: Environment, edit: impl FnOnce(&mut Settings)) {
        let mut config = busy_config();
        edit(&mut config.environments[environment]);
        self.reload(config, tokens());
    }

    /// Somebody else stores another token for Production, and the console reads it.
    pub fn somebody_stores_a_token(&mut self) {
        let mut tokens = tokens();
        tokens[Environment::Production] = other_token();
        self.reload(busy_config(), tokens);
    }

    fn reload(&mut self, config: Config, tokens: PerEnvironment<TokenStatus>) {
        let deck = LoadedDeck { config, tokens, unwritable: None, welcome: None };
        self.tell(Message::Loaded(Box::new(deck)));
    }

    /// Hands over a message.
    pub fn tell(&mut self, message: Message) -> Vec<Effect> {
        update(&mut self.model, self.now, message)
    }

    /// Presses keys: names such as `Tab`, `^s` in spaces, anything else is typed letter by
    /// letter; `_` is a space, and `@` goes to the field with this label. Returns the effects of all
    /// of them.
    pub fn press(&mut self, keys: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for word in keys.split_whitespace() {
            if let Some(label) = word.strip_prefix('@') {
                self.go_to(&label.replace('_', " "));
                continue;
            }
            for key in parse(word) {
                effects.extend(self.press_key(key));
            }
        }
        effects
    }

    fn press_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let mut effects = self.tell(Message::Key(key));
        effects.extend(self.answer_previews(&effects));
        effects
    }

    /// Goes to a field of the pop-up that is open, or of the settings form, by its label.
    fn go_to(&mut self, label: &str) {
        let mut next = "Tab";
        if self.model.modals.is_empty() {
            while self.model.session.focus != Pane::Form {
                self.press("Tab");
            }
            self.press("Up ".repeat(MAX_FIELDS).as_str());
            next = "Down";
        }
        for _ in 0..MAX_FIELDS {
            if self.focused_line().contains(&label.to_lowercase()) {
                return;
            }
            self.press(next);
        }
        panic!("there is no {label:?} in\n{}", self.screen());
    }

    /// The line that has the cursor or, where nothing can be typed, the mark; in lower case, as
    /// a label begins with other words where there is room for them.
    fn focused_line(&self) -> String {
        let (width, height) = self.model.session.size;
        let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width, height });
        let cursor = draw(&self.model, &mut buffer);
        let line = |row| (0..width).map(|x| buffer[(x, row)].symbol()).collect::<String>();
        // Where the picture is read out there are no marks, only a style.
        let is_marked = |row: &u16| {
            let mut cells = (0..width).map(|x| &buffer[(x, *row)]);
            line(*row).contains('›') || cells.any(|it| it.modifier.contains(Modifier::REVERSED))
        };
        let marked = (0..height).find(is_marked);
        cursor.map(|at| at.y).or(marked).map(line).unwrap_or_default().to_lowercase()
    }

    /// Answers the previews among effects, and returns what comes of that.
    pub fn answer_previews(&mut self, effects: &[Effect]) -> Vec<Effect> {
        effects.iter().flat_map(|effect| self.answer_preview(effect)).collect()
    }

    /// Answers a preview as the engine would for a user with two of three codes left.
    fn answer_preview(&mut self, effect: &Effect) -> Vec<Effect> {
        let Effect::Engine(EngineEffect::Ask { ticket, question: Question::Preview(request) }) =
            effect
        else {
            return Vec::new();
        };
        let settings = self.model.session.saved_settings();
        let preview = plan(
            settings,
            settings.default_country,
            "Sign-in",
            (&request.number, request.accept),
            request.sender.as_ref(),
        )
        .map(|plan| {
            let quota = Quota::Open { used: 1, left: 2 };
            Box::new(Preview {
                plan,
                standing: Standing { quota, tries_used_up: false },
                over_limit: None,
                limits_record_only: false,
            })
        })
        .map_err(|error| error.to_string());
        let answer = preview.map(Answer::Preview);
        self.tell(Message::Answered { ticket: *ticket, answer })
    }

    /// Answers a question, as the engine does.
    pub fn answer(&mut self, ticket: Ticket, answer: Result<Answer, String>) {
        self.tell(Message::Answered { ticket, answer });
    }

    /// Draws the screen.
    pub fn draw(&self) -> TestBackend {
        let (width, height) = self.model.session.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view(&self.model, frame)).unwrap();
        terminal.backend().clone()
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        self.draw().to_string()
    }

    /// The screen as somebody reads it: without what follows the last letter of a line.
    pub fn text(&self) -> String {
        let lines = self.screen();
        let lines = lines.lines().map(|line| line.trim_matches('"').trim_end());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Fails unless the screen holds a text.
    #[track_caller]
    pub fn assert_shows(&self, text: &str) {
        let screen = self.screen();
        assert!(screen.contains(text), "{text:?} is not in\n{screen}");
    }
}

/// The token of [`Console::somebody_stores_a_token`].
pub fn other_token() -> TokenStatus {
    TokenStatus::Stored { ending: "b0b0".to_owned(), since: noon() }
}

/// The newest question among effects, with its ticket.
#[track_caller]
pub fn newest_question(effects: &[Effect]) -> (Ticket, &Question) {
    let ask = |effect| match effect {
        &Effect::Engine(EngineEffect::Ask { ticket, ref question }) => Some((ticket, question)),
        _ => None,
    };
    effects.iter().rev().find_map(ask).unwrap_or_else(|| panic!("nothing is asked: {effects:?}"))
}

/// The saves among effects.
pub fn saves(effects: &[Effect]) -> Vec<&EnvironmentSave> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Files(FileEffect::Save(save, _)) => Some(&**save),
            _ => None,
        })
        .collect()
}

pub fn parse(word: &str) -> Vec<KeyEvent> {
    let plain = |code| vec![KeyEvent::new(code, KeyModifiers::NONE)];
    match word {
        "Tab" => plain(KeyCode::Tab),
        "BackTab" => plain(KeyCode::BackTab),
        "Enter" => plain(KeyCode::Enter),
        "Esc" => plain(KeyCode::Esc),
        "Up" => plain(KeyCode::Up),
        "Down" => plain(KeyCode::Down),
        "Left" => plain(KeyCode::Left),
        "Right" => plain(KeyCode::Right),
        "Home" => plain(KeyCode::Home),
        "End" => plain(KeyCode::End),
        "PageUp" => plain(KeyCode::PageUp),
        "PageDown" => plain(KeyCode::PageDown),
        "Delete" => plain(KeyCode::Delete),
        "Backspace" => plain(KeyCode::Backspace),
        "F1" => plain(KeyCode::F(1)),
        _ => match word.strip_prefix('^') {
            Some(letter) if letter.chars().count() == 1 => {
                let letter = letter.chars().next().unwrap();
                vec![KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)]
            }
            _ => word
                .chars()
                .map(|letter| if letter == '_' { ' ' } else { letter })
                .map(|letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE))
                .collect(),
        },
    }
}
