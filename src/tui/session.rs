//! What pop-ups and panes may read and change: everything on the screen but the stack of pop-ups.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::effect::{Effect, EngineEffect, FileEffect};
use super::keymap::{Action, Context, Keys, takes_text};
use super::layout::{Arrangement, arrangement};
use super::lifecycle::{EngineState, Phase, Pruning};
use super::message::Places;
use super::pane::Pane;
use super::question::{Question, Ticket};
use super::status_clock::StatusClock;
use super::tab::Tab;
use super::theme::Theme;
use crate::domain::country::Country;
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::phone::Recipient;
use crate::domain::price::Price;
use crate::domain::quota::seconds_until;
use crate::domain::settings::Settings;
use crate::domain::text::capitalized;
use crate::engine::{Checking, EnvironmentSave, Severity};
use crate::provider::{Capability, ErrorCode, can};
use crate::store::Event;

/// How long a notice stays, in seconds.
const NOTICE_SECONDS: i64 = 6;

/// The notice where `--read-only` forbids something.
pub const READ_ONLY: &str = "Read-only: changes are disabled (--read-only).";

/// What there is besides the pop-ups.
#[derive(Debug)]
pub struct Session {
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
    /// What just happened.
    pub notice: Option<Notice>,
    /// How far forgetting what is old has come.
    pub pruning: Pruning,
    /// Where the files of a new deck are, until its settings are saved.
    pub welcome: Option<Places>,
    /// An edited text of the config that was not accepted: the next edit continues with it.
    pub kept_edit: Option<PathBuf>,
    /// Requests for codes that have not come back yet.
    pub in_flight: usize,
    /// Whether the config cannot be read any more; what was read before is in force.
    pub is_config_unusable: bool,
    /// Whether the operator may only look.
    pub read_only: bool,
    /// Why settings cannot be saved here, if they cannot.
    pub unwritable: Option<String>,
    /// When the status of the environments is read again.
    pub status_clock: StatusClock,
    /// The mark of the newest question.
    pub ticket: Ticket,
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

impl Session {
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
            notice: None,
            pruning: Pruning::Quiet,
            welcome: None,
            kept_edit: None,
            in_flight: 0,
            is_config_unusable: false,
            read_only: false,
            unwritable: None,
            status_clock: StatusClock::default(),
            ticket: Ticket::default(),
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

    /// The contexts whose keys hold where no pop-up is open, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match self.phase {
            Phase::Ready => {}
            Phase::Loading => return vec![Context::Console, Context::Always],
            Phase::Broken(_) => return vec![Context::Broken],
        }
        let tab = self.tab();
        let text = match self.focus {
            // Also on a line that is chosen: no letter is a command here and text there.
            Pane::Form => Some(Context::Form),
            Pane::Numbers => tab.numbers.is_filtering().then_some(Context::Filter),
            Pane::Quota => tab.quota.is_filtering().then_some(Context::Filter),
            Pane::Log => tab.log.is_filtering().then_some(Context::Filter),
        };
        text.map_or_else(
            || vec![self.focus.context(), Context::Console, Context::Always],
            |text| vec![text, Context::Always],
        )
    }

    /// Whether what the keys are about is still being read.
    pub fn is_starting(&self) -> bool {
        self.phase == Phase::Loading
            || self.phase == Phase::Ready && self.engine == EngineState::Starting
    }

    /// The mark of a new question.
    pub const fn next_ticket(&mut self) -> Ticket {
        self.ticket = self.ticket.next();
        self.ticket
    }

    /// A question to the engine, with the mark that its answer will have.
    pub fn ask(&mut self, question: Question) -> (Ticket, Effect) {
        let ticket = self.next_ticket();
        (ticket, EngineEffect::Ask { ticket, question }.into())
    }

    /// What is where on the screen.
    pub fn arrangement(&self) -> Arrangement {
        arrangement(self.size, self.focus, self.zoomed || self.theme.plain)
    }

    /// The first key of an action as people write it, for sentences that name it.
    pub fn key(&self, context: Context, action: Action) -> String {
        self.keys.name(context, action)
    }

    /// Says what just happened.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(self.notice_of(&text.into(), false));
    }

    /// Says what was changed in the form, how it is saved, and how it is taken back.
    pub fn say_change(&mut self, text: &str) {
        let save = self.key(Context::Always, Action::Save);
        let undo = self.key(Context::Console, Action::Undo);
        // Where letters are text, the key of undo is one.
        self.say(if takes_text(&self.contexts()) {
            format!("{text} {save} saves.")
        } else {
            format!("{text} {save} saves, {undo} undoes.")
        });
    }

    /// Says what went wrong; stays until the next key.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.notice = Some(self.notice_of(&text.into(), true));
    }

    fn notice_of(&self, text: &str, bad: bool) -> Notice {
        let until = self.now + jiff::SignedDuration::from_secs(NOTICE_SECONDS);
        Notice { text: capitalized(text), bad, until }
    }

    /// Whether an action is offered; a read-only console offers none that changes anything.
    pub const fn offers(&self, context: Context, action: Action) -> bool {
        let edits = matches!(
            (context, action),
            (Context::Numbers | Context::Compare | Context::Version, Action::Accept)
        );
        !(self.read_only && (edits || action.changes_something()))
    }

    /// Whether there is something to do an action on: hints name no key that would do nothing.
    pub fn is_possible(&self, context: Context, action: Action) -> bool {
        let tab = self.tab();
        match (context, action) {
            (Context::Quota, Action::Unlock | Action::GiveBack) => tab.quota.selected().is_some(),
            (Context::Quota, Action::Filter) => tab.quota.has_users(),
            (Context::Log, Action::Accept | Action::Filter | Action::Last) => {
                tab.log.newest().is_some()
            }
            (Context::Numbers, Action::Accept | Action::Remove | Action::MakeDefault) => {
                !tab.form.from_numbers().rows().is_empty()
            }
            (Context::Health, Action::Acknowledge) => {
                let findings = tab.status.iter().flat_map(|status| &status.findings);
                findings.into_iter().any(|finding| finding.severity > Severity::Fine)
            }
            (Context::Form, Action::Cancel) => tab.form.is_line_changed(tab.form.field()),
            (Context::Form, Action::TestAccount) => !tab.form.is_on_sandbox(),
            _ => true,
        }
    }

    /// Why settings cannot be changed here, if they cannot.
    pub fn settings_are_locked(&self) -> Option<String> {
        if self.read_only {
            return Some(READ_ONLY.to_owned());
        }
        let reason = self.unwritable.as_ref()?;
        Some(format!("The settings are read-only: {reason}."))
    }

    /// Puts another environment on the screen.
    pub fn show(&mut self, environment: Environment) {
        self.environment = environment;
        // It was about the environment that is left.
        self.notice = None;
    }

    /// Says that nothing here takes a paste.
    pub fn cannot_paste(&mut self) {
        self.complain("No text field has the focus.");
    }

    /// Sets a save off; another one of the same environment waits until it is back.
    pub fn start_save(&mut self, save: EnvironmentSave, checking: Checking) -> Effect {
        self.tabs[save.environment].is_saving = true;
        FileEffect::Save(Box::new(save), checking).into()
    }

    /// The time zone of all clocks on the screen: its abbreviation, or how far it is from UTC.
    pub fn zone(&self) -> String {
        self.now.to_zoned(self.time_zone.clone()).strftime("%Z").to_string()
    }

    /// A moment as the screen shows it: the time, with the date where that is not today's.
    pub fn moment(&self, moment: Timestamp) -> String {
        let day = |moment: Timestamp| moment.to_zoned(self.time_zone.clone()).date();
        match day(moment) {
            date if date == day(self.now) => self.clock(moment),
            date => format!("{date} {}", self.clock(moment)),
        }
    }

    /// A moment with its day and the time zone, also of today.
    pub fn whole_moment(&self, moment: Timestamp) -> String {
        moment.to_zoned(self.time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
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

    /// When a lock ends, and in how long.
    pub fn until(&self, unlock_at: Timestamp) -> String {
        let at = self.time_to_come(unlock_at);
        if self.theme.plain {
            // Something that changes by itself would be read out again and again.
            return format!("opens {at}");
        }
        format!("opens {at}, in {}", self.countdown(unlock_at))
    }

    /// A moment to come: the time, with the day where that is not today.
    pub fn time_to_come(&self, moment: Timestamp) -> String {
        let zoned = |moment: Timestamp| moment.to_zoned(self.time_zone.clone());
        let (today, then) = (zoned(self.now).date(), zoned(moment));
        if then.date() == today {
            self.clock(moment)
        } else if today.tomorrow().is_ok_and(|tomorrow| tomorrow == then.date()) {
            then.strftime("tomorrow %H:%M").to_string()
        } else {
            then.strftime("%Y-%m-%d %H:%M").to_string()
        }
    }

    /// Time until a moment, seconds rounded up: `14:34` or `1:02:03`.
    pub fn countdown(&self, until: Timestamp) -> String {
        let seconds = seconds_until(until, self.now);
        match seconds / 3600 {
            0 => format!("{}:{:02}", seconds / 60, seconds % 60),
            hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
        }
    }

    /// Whether a countdown runs in a pane that is on the screen.
    pub fn counts_down(&self) -> bool {
        self.phase == Phase::Ready
            && self.arrangement().quota.is_some()
            && self.tab().quota.counts_down(self.now)
    }

    /// Whether something about an environment is wrong, or may be over without an event.
    pub fn has_trouble(&self) -> bool {
        let statuses = self.tabs.iter().filter_map(|(_, tab)| tab.status.as_ref());
        statuses.into_iter().any(|status| {
            // One that stays without an end is news that no event brings.
            status.severity() > Severity::Fine || status.health.oldest_open.is_some()
        })
    }
}
