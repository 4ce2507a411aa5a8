//! New or edit From number: the sender, its countries, the default mark.

use std::collections::BTreeSet;

use crossterm::event::KeyCode;

use crate::domain::country::Country;
use crate::domain::from_numbers::{FromNumber, FromNumbers};
use crate::domain::sender::Sender;
use crate::tui::flow::Flow;
use crate::tui::input::Input;
use crate::tui::keymap::{Action, Context};
use crate::tui::session::Session;
use crate::tui::text_field::TextField;

/// The parts of the pop-up, in the order of Tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberPart {
    /// The sender's text.
    Sender,
    /// The countries on this number.
    Chosen,
    /// The list that countries are picked from.
    Picker,
    /// The default mark.
    Default,
    /// The button that accepts.
    Ok,
    /// The button that leaves.
    Cancel,
}

const PARTS: [NumberPart; 6] = [
    NumberPart::Sender,
    NumberPart::Chosen,
    NumberPart::Picker,
    NumberPart::Default,
    NumberPart::Ok,
    NumberPart::Cancel,
];

/// A From number that is being edited.
#[derive(Debug)]
pub struct NumberModal {
    /// The number that it takes the place of; `None` for a new one.
    pub(super) replaces: Option<Sender>,
    pub(super) sender: TextField,
    pub(super) countries: Vec<Country>,
    pub(super) default: bool,
    pub(super) part: NumberPart,
    pub(super) filter: TextField,
    pub(super) picked: usize,
    pub(super) chosen: usize,
    /// A country of another number: the next Enter moves it here.
    pub(super) moving: Option<Country>,
    /// What is wrong, or worth knowing, about the last key.
    pub(super) remark: Option<String>,
}

impl NumberModal {
    /// A new number.
    pub fn new_number() -> Self {
        Self {
            replaces: None,
            sender: TextField::new("", 40),
            countries: Vec::new(),
            default: false,
            part: NumberPart::Sender,
            filter: TextField::new("", 30),
            picked: 0,
            chosen: 0,
            moving: None,
            remark: None,
        }
    }

    /// An existing number.
    pub fn edit(number: &FromNumber, default: bool) -> Self {
        Self {
            replaces: Some(number.sender.clone()),
            sender: TextField::new(number.sender.as_str(), 40),
            countries: number.countries.iter().copied().collect(),
            default,
            ..Self::new_number()
        }
    }

    /// A new number that the account offers, with the country that it should serve first.
    pub fn offered(sender: &Sender, country: Option<Country>, default: bool) -> Self {
        Self {
            sender: TextField::new(sender.as_str(), 40),
            countries: country.into_iter().collect(),
            default,
            // What is suggested needs a nod, anything else a country.
            part: if country.is_some() || default { NumberPart::Ok } else { NumberPart::Picker },
            ..Self::new_number()
        }
    }

    pub(super) fn contexts(&self) -> Vec<Context> {
        match self.part {
            NumberPart::Chosen => vec![Context::Chosen, Context::Fields],
            // Nothing is looked for any more: Enter means that the number is done, and says so.
            NumberPart::Picker if self.has_picked() => vec![Context::Fields, Context::Countries],
            NumberPart::Picker => vec![Context::Countries, Context::Fields],
            _ => vec![Context::Fields],
        }
    }

    /// The countries that fit the filter.
    pub(super) fn matches(&self) -> Vec<Country> {
        Country::search(self.filter.text())
    }

    /// The number that has a country already, if it is another one than this.
    pub(super) fn elsewhere<'a>(
        &self,
        country: Country,
        grid: &'a FromNumbers,
    ) -> Option<&'a Sender> {
        let sender = &grid.serving(country)?.sender;
        (Some(sender) != self.replaces.as_ref()).then_some(sender)
    }

    pub(super) fn on_input(&mut self, session: &mut Session, input: &Input) -> Flow {
        self.remark = None;
        if !matches!(input, Input::Action(Action::Add | Action::Cancel)) {
            self.moving = None;
        }
        match input {
            Input::Action(Action::Cancel) if self.moving.take().is_some() => {}
            Input::Action(Action::Cancel) => return Flow::CLOSE,
            Input::Action(Action::NextField) => self.step(1),
            Input::Action(Action::PreviousField) => self.step(PARTS.len() - 1),
            Input::Action(Action::Add) => self.add(session),
            Input::Action(Action::Remove) => self.take_off(),
            Input::Action(Action::Accept) => return self.accept(session),
            Input::Action(action) => self.move_cursor(*action),
            Input::Key(key) if self.part == NumberPart::Default => {
                if key.code == KeyCode::Char(' ') {
                    self.default = !self.default;
                }
            }
            Input::Key(key) => match self.part {
                NumberPart::Sender => {
                    self.sender.on_key(*key);
                }
                // Into an empty filter a `+` is typed, for calling codes.
                NumberPart::Picker if key.code == KeyCode::Char('+') && !self.filter.is_empty() => {
                    self.add(session);
                }
                NumberPart::Picker if self.filter.on_key(*key) => {
                    self.picked = 0;
                }
                _ => {}
            },
            Input::Paste(text) => self.paste(text),
        }
        Flow::STAY
    }

    fn paste(&mut self, text: &str) {
        let field = match self.part {
            NumberPart::Sender => &mut self.sender,
            NumberPart::Picker => &mut self.filter,
            _ => return self.remark = Some("Nothing can be pasted here.".to_owned()),
        };
        if let Err(refused) = field.paste(text) {
            self.remark = Some(format!("{refused}."));
        }
        self.picked = 0;
    }

    fn step(&mut self, by: usize) {
        let at = PARTS.iter().position(|&part| part == self.part).unwrap_or(0);
        let to = PARTS[(at + by) % PARTS.len()];
        // Without countries there is nothing to do among them.
        let is_empty = to == NumberPart::Chosen && self.countries.is_empty();
        self.part = if is_empty { PARTS[(at + 2 * by) % PARTS.len()] } else { to };
    }

    fn move_cursor(&mut self, action: Action) {
        let last = self.matches().len().saturating_sub(1);
        match (self.part, action) {
            (NumberPart::Picker, Action::Up) => self.picked = self.picked.saturating_sub(1),
            (NumberPart::Picker, Action::Down) => self.picked = (self.picked + 1).min(last),
            (NumberPart::Picker, Action::PageUp) => self.picked = self.picked.saturating_sub(8),
            (NumberPart::Picker, Action::PageDown) => self.picked = (self.picked + 8).min(last),
            (NumberPart::Chosen, Action::Left) => self.chosen = self.chosen.saturating_sub(1),
            (NumberPart::Chosen, Action::Right) => {
                self.chosen = (self.chosen + 1).min(self.countries.len().saturating_sub(1));
            }
            (_, Action::Down) => self.step(1),
            (_, Action::Up) => self.step(PARTS.len() - 1),
            _ => {}
        }
    }

    /// Enter or `+` in the picker. Enter on a country of another number asks once before it moves.
    fn add(&mut self, session: &Session) {
        let Some(&country) = self.matches().get(self.picked) else {
            return self.remark =
                Some("No country fits. Try its name, code or calling code.".to_owned());
        };
        if self.countries.contains(&country) {
            return self.remark = Some(format!("{country} is on this number already."));
        }
        let grid = session.tab().form.from_numbers();
        if let Some(other) = self.elsewhere(country, grid)
            && self.moving != Some(country)
        {
            let again = session.key(Context::Countries, Action::Add);
            let leave = session.key(Context::Fields, Action::Cancel);
            self.remark = Some(format!(
                "{} is on {other}: {again} again moves it here, {leave} leaves it.",
                country.code()
            ));
            return self.moving = Some(country);
        }
        if let Ok(sender) = Sender::parse(self.sender.text())
            && sender.is_refused_in(country)
        {
            return self.remark = Some(format!("{country} takes no sender names, only numbers."));
        }
        self.moving = None;
        self.countries.push(country);
        let done = session.key(Context::Fields, Action::Accept);
        self.remark = Some(format!("{country} added. Type the next one, or {done} when done."));
        self.filter.set("");
        self.picked = 0;
    }

    /// Whether countries have been added and the list stands untouched since.
    fn has_picked(&self) -> bool {
        !self.countries.is_empty() && self.filter.is_empty() && self.picked == 0
    }

    fn take_off(&mut self) {
        if self.chosen < self.countries.len() {
            let country = self.countries.remove(self.chosen);
            self.remark = Some(format!("{country} taken off."));
        }
        self.chosen = self.chosen.min(self.countries.len().saturating_sub(1));
        if self.countries.is_empty() {
            self.part = NumberPart::Picker;
        }
    }

    /// Enter outside of the lists: the default mark flips, Cancel leaves, anything else
    /// accepts the number if it is right.
    fn accept(&mut self, session: &mut Session) -> Flow {
        match self.part {
            NumberPart::Cancel => return Flow::CLOSE,
            NumberPart::Default => {
                self.default = !self.default;
                return Flow::STAY;
            }
            _ => {}
        }
        let sender = match Sender::parse(self.sender.text()) {
            Ok(sender) => sender,
            Err(error) => {
                self.part = NumberPart::Sender;
                self.remark = Some(format!("{error}."));
                return Flow::STAY;
            }
        };
        // Enter after the sender leads on to what is still missing.
        if self.part == NumberPart::Sender && self.countries.is_empty() && !self.default {
            self.part = NumberPart::Picker;
            return Flow::STAY;
        }
        let countries: BTreeSet<Country> = self.countries.iter().copied().collect();
        let number = FromNumber { sender: sender.clone(), countries };
        match session.tab().form.from_numbers().with(self.replaces.as_ref(), number, self.default) {
            Ok(grid) => {
                let tab = session.tab_mut();
                tab.numbers.select(&sender, &grid);
                tab.form.set_from_numbers(grid);
                session.say_change(&format!("{sender} is among the From numbers."));
                Flow::CLOSE
            }
            Err(error) => {
                self.remark = Some(format!("{error}."));
                Flow::STAY
            }
        }
    }
}
