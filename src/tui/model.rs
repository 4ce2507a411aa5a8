//! The whole state of the console. Only `update` changes it; the view reads it.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::keymap::{Action, Context, Keys};
use super::layout::{Arrangement, arrangement};
use super::message::{LoadedDeck, Message, Places};
use super::modal::Modal;
use super::pane::Pane;
use super::pane::form::Form;
use super::pane::log::Log;
use super::pane::numbers::Numbers;
use super::pane::quota::QuotaPane;
use super::status_clock::StatusClock;
use super::theme::Theme;
use crate::domain::country::Country;
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::phone::Recipient;
use crate::domain::price::Price;
use crate::domain::settings::Settings;
use crate::engine::{Severity, Status};
use crate::provider::{Capability, ErrorCode, can};
use crate::store::Event;

/// How long a notice stays, in seconds.
pub const NOTICE_SECONDS: i64 = 6;

/// The state of the console.
#[derive(Debug)]
pub struct Model {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// What the terminal can show.
    pub theme: Theme,
    /// The keys in force.
    pub keys: Keys,
    /// In which times are shown.
    pub time_zone: TimeZone,
    /// The moment of the latest message.
    pub now: Timestamp,
    /// The application's name, for previews of messages.
    pub app_name: String,
    /// What one SMS costs, if the config says so.
    pub segment_price: Option<Price>,
    /// Whether the settings are there.
    pub phase: Phase,
    /// Whether codes can be sent.
    pub engine: EngineState,
    /// The environment on screen.
    pub environment: Environment,
    /// The pane that has the keys.
    pub focus: Pane,
    /// Whether the focused pane is shown alone.
    pub zoomed: bool,
    /// What belongs to each environment.
    pub tabs: PerEnvironment<Tab>,
    /// Pop-ups, the topmost last.
    pub modals: Vec<Modal>,
    /// What just happened.
    pub notice: Option<Notice>,
    /// Keys and pastes that came before there was anything to type into.
    pub typed_ahead: Vec<Message>,
    /// How far forgetting what is old has come.
    pub pruning: Pruning,
    /// Where the files of a new deck are, until its settings are saved.
    pub welcome: Option<Places>,
    /// A text of the config that was edited and not taken: the next edit goes on with it.
    pub kept_edit: Option<PathBuf>,
    /// Requests for codes that have not come back yet.
    pub in_flight: usize,
    /// Whether the config cannot be read any more; what was read before is in force.
    pub is_config_unusable: bool,
    /// Settings that were read while a pop-up is open in which they are edited.
    pub waiting_deck: Option<Box<LoadedDeck>>,
    /// Whether whoever sits here may only look.
    pub read_only: bool,
    /// Why settings cannot be saved here, if they cannot.
    pub unwritable: Option<String>,
    /// When the status of the environments is read again.
    pub status_clock: StatusClock,
    /// Counts what pop-ups have asked, so that a late answer is told from the newest.
    pub ticket: u64,
}

/// Whether the settings are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// They are being read.
    Loading,
    /// The file cannot be used; the reason.
    Broken(String),
    /// They are there.
    Ready,
}

/// Whether codes can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineState {
    /// It is being opened.
    Starting,
    /// They can.
    Ready,
    /// The deck is out of order; the reason.
    Failed(String),
}

/// How far forgetting what is old has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pruning {
    /// There is nothing to forget now.
    Quiet,
    /// So many rows are forgotten so far.
    Running(usize),
    /// It was stopped until the next start.
    Stopped,
}

/// What belongs to one environment.
#[derive(Debug)]
pub struct Tab {
    /// The settings form.
    pub form: Form,
    /// The table of From numbers.
    pub numbers: Numbers,
    /// Who has used how many codes.
    pub quota: QuotaPane,
    /// What happened to the codes.
    pub log: Log,
    /// Whether a save is under way.
    pub is_saving: bool,
    /// The error by which the account refused its credentials, while that is the newest answer.
    pub refused: Option<u32>,
    /// How the environment fares, once that is read.
    pub status: Option<Box<Status>>,
    /// What the account has left, if it was asked and told.
    pub balance: Option<String>,
    /// The number last sent to, offered where a number is asked for next.
    pub last_number: String,
}

/// A line about what just happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The sentence.
    pub text: String,
    /// Whether it is bad news; those stay until a key is pressed.
    pub bad: bool,
    /// When it goes away by itself.
    pub until: Timestamp,
}

impl Model {
    /// The console as it is before anything has been read.
    pub fn new(size: (u16, u16), theme: Theme, time_zone: TimeZone, now: Timestamp) -> Self {
        Self {
            size,
            theme,
            keys: Keys::default(),
            time_zone,
            now,
            app_name: String::new(),
            segment_price: None,
            phase: Phase::Loading,
            engine: EngineState::Starting,
            environment: Environment::Development,
            focus: Pane::Quota,
            zoomed: false,
            tabs: PerEnvironment::from_fn(|_| Tab::default()),
            modals: Vec::new(),
            notice: None,
            typed_ahead: Vec::new(),
            pruning: Pruning::Quiet,
            welcome: None,
            kept_edit: None,
            in_flight: 0,
            is_config_unusable: false,
            waiting_deck: None,
            read_only: false,
            unwritable: None,
            status_clock: StatusClock::default(),
            ticket: 0,
        }
    }

    /// The tab of the environment on screen.
    pub fn tab(&self) -> &Tab {
        &self.tabs[self.environment]
    }

    /// The same, to change it.
    pub fn tab_mut(&mut self) -> &mut Tab {
        &mut self.tabs[self.environment]
    }

    /// The contexts whose keys hold now, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        if let Some(modal) = self.modals.last() {
            return modal.contexts();
        }
        match self.phase {
            Phase::Ready => {}
            Phase::Loading => return vec![Context::Console, Context::Always],
            Phase::Broken(_) => return vec![Context::Broken],
        }
        let pane = match self.focus {
            Pane::Form if self.tab().form.takes_text() => {
                return vec![Context::Form, Context::Always];
            }
            Pane::Form => Context::Form,
            Pane::Numbers => Context::Numbers,
            Pane::Quota if self.tab().quota.is_filtering() => {
                return vec![Context::Filter, Context::Always];
            }
            Pane::Quota => Context::Quota,
            Pane::Log if self.tab().log.is_filtering() => {
                return vec![Context::Filter, Context::Always];
            }
            Pane::Log => Context::Log,
        };
        vec![pane, Context::Console, Context::Always]
    }

    /// Whether what the keys are about is still being read.
    pub fn is_starting(&self) -> bool {
        self.phase == Phase::Loading
            || self.phase == Phase::Ready && self.engine == EngineState::Starting
    }

    /// Whether letters are text here.
    pub fn takes_text(&self) -> bool {
        let contexts = self.contexts();
        let is_text = |context| {
            use Context::{Choice, Countries, Fields, Filter, Form};
            matches!(context, Form | Filter | Fields | Countries | Choice)
        };
        contexts.iter().any(|&context| is_text(context)) && !contexts.contains(&Context::Console)
    }

    /// The mark of a new question to the engine, which comes back with its answer.
    pub const fn next_generation(&mut self) -> u64 {
        self.ticket += 1;
        self.ticket
    }

    /// What is where on the screen.
    pub fn arrangement(&self) -> Arrangement {
        arrangement(self.size, self.focus, self.zoomed || self.theme.plain)
    }

    /// Says what just happened.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(self.notice_of(text.into(), false));
    }

    /// Says what was changed in the form, how it is saved, and how it is taken back.
    pub fn say_change(&mut self, text: &str) {
        let save = self.keys.name(Context::Always, Action::Save);
        let undo = self.keys.name(Context::Console, Action::Undo);
        // Where letters are text, the key of undo is one.
        self.say(if self.takes_text() {
            format!("{text} {save} saves.")
        } else {
            format!("{text} {save} saves, {undo} takes it back.")
        });
    }

    /// Says what went wrong; stays until the next key.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.notice = Some(self.notice_of(text.into(), true));
    }

    fn notice_of(&self, text: String, bad: bool) -> Notice {
        let until = self.now + jiff::SignedDuration::from_secs(NOTICE_SECONDS);
        Notice { text, bad, until }
    }

    /// Why settings cannot be changed here, if they cannot.
    pub fn settings_are_locked(&self) -> Option<String> {
        if self.read_only {
            return Some("This console only looks (--read-only).".to_owned());
        }
        let reason = self.unwritable.as_ref()?;
        Some(format!("The settings are read-only: {reason}."))
    }

    /// Says that nothing here takes a paste.
    pub fn cannot_paste(&mut self) {
        self.complain("Nothing here takes text: go to a field first.");
    }

    /// A time of day as the screen shows it.
    pub fn clock(&self, moment: Timestamp) -> String {
        moment.to_zoned(self.time_zone.clone()).strftime("%H:%M:%S").to_string()
    }

    /// A moment as the screen shows it: with its day, unless that is today.
    pub fn day_and_clock(&self, moment: Timestamp) -> String {
        let day = |moment: Timestamp| moment.to_zoned(self.time_zone.clone()).date();
        let (date, time) = (day(moment), self.clock(moment));
        if date == day(self.now) { time } else { format!("{} {time}", date.strftime("%m-%d")) }
    }

    /// Whether a pop-up is open that began with settings and will change them.
    pub fn edits_in_a_pop_up(&self) -> bool {
        self.modals.iter().any(|modal| {
            matches!(
                modal,
                Modal::Number(_)
                    | Modal::Account(_)
                    | Modal::Limits(_)
                    | Modal::Text(_)
                    | Modal::Choice(_)
                    | Modal::Confirm(_)
            )
        })
    }

    /// The environments with changes that are not saved.
    pub fn unsaved(&self) -> Vec<Environment> {
        self.tabs.iter().filter(|(_, tab)| tab.form.is_changed()).map(|(name, _)| name).collect()
    }

    /// The settings in force in the environment on screen.
    pub fn saved_settings(&self) -> &Settings {
        self.tab().form.saved()
    }

    /// The error code of an event, as the provider of its environment defines it.
    pub fn error_code(&self, event: &Event) -> Option<ErrorCode> {
        let provider = self.tabs[event.environment].form.saved().provider.kind();
        event.error_code.map(|code| ErrorCode::new(provider, code))
    }

    /// Whether the provider of the environment on screen can do something.
    pub fn provider_can(&self, capability: Capability) -> bool {
        can(self.saved_settings().provider.kind(), capability)
    }

    /// The default country in force.
    pub fn default_country(&self) -> Option<Country> {
        self.saved_settings().default_country
    }

    /// Keeps a typed number for the next time, in full; nothing that is no number.
    pub fn remember_number(&mut self, typed: &str) {
        if let Ok(recipient) = Recipient::parse(typed, self.default_country()) {
            recipient.number.e164().clone_into(&mut self.tab_mut().last_number);
        }
    }

    /// The next moment at which something on screen changes by itself; `None` where nothing
    /// does, so that an idle console is never woken.
    pub fn next_change(&self) -> Option<Timestamp> {
        let notice = self.notice.as_ref().filter(|notice| !notice.bad).map(|notice| notice.until);
        let counting = match self.modals.last() {
            // A countdown would be read out every second.
            _ if self.theme.plain => false,
            None => {
                self.phase == Phase::Ready
                    && self.arrangement().quota.is_some()
                    && self.tab().quota.counts_down(self.now)
            }
            Some(Modal::User(modal)) => modal.counts_down(self.now),
            Some(_) => false,
        };
        let second =
            counting.then(|| Timestamp::from_second(self.now.as_second() + 1).ok()).flatten();
        let unlock = self.tab().quota.next_unlock(self.now);
        let status = self
            .status_clock
            .next(self.watches_status())
            .filter(|_| self.engine == EngineState::Ready);
        [notice, second, unlock, status].into_iter().flatten().min()
    }

    /// Whether the status of the environments is on the screen, or something is wrong.
    pub fn watches_status(&self) -> bool {
        let is_shown = self.modals.iter().any(|modal| matches!(modal, Modal::Health(_)));
        let statuses = self.tabs.iter().filter_map(|(_, tab)| tab.status.as_ref());
        let wants_a_look = |status: &Status| {
            // One that stays without an end is news that no event brings.
            status.severity() > Severity::Fine || status.health.oldest_open.is_some()
        };
        is_shown || statuses.into_iter().any(|status| wants_a_look(status))
    }
}

impl Default for Tab {
    fn default() -> Self {
        Self {
            form: Form::new(Settings::built_in(Environment::Production)),
            numbers: Numbers::default(),
            quota: QuotaPane::default(),
            log: Log::default(),
            is_saving: false,
            refused: None,
            status: None,
            balance: None,
            last_number: String::new(),
        }
    }
}
