//! New or edit From number: the sender, its countries, the default mark.

use std::collections::BTreeSet;

use crossterm::event::KeyCode;

use crate::domain::country::Country;
use crate::domain::country_group::NamedCountries;
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

/// Countries that a message names; of more it has the codes.
const NAMED: usize = 3;

const PARTS: [NumberPart; 6] = [
    NumberPart::Sender,
    NumberPart::Chosen,
    NumberPart::Picker,
    NumberPart::Default,
    NumberPart::Ok,
    NumberPart::Cancel,
];

/// A line of the list that countries are picked from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// Several countries at once.
    Group(NamedCountries),
    /// One country.
    Country(Country),
}

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
    /// The line of the list that is selected; none while nothing is searched for.
    pub(super) picked: Option<usize>,
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
            picked: None,
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
            NumberPart::Picker if self.is_on_chosen() => {
                vec![Context::ChosenInList, Context::Countries, Context::Fields]
            }
            NumberPart::Picker if self.picked.is_none() => {
                vec![Context::UnpickedInList, Context::Countries, Context::Fields]
            }
            NumberPart::Picker => vec![Context::Countries, Context::Fields],
            NumberPart::Sender if self.leads_on() => vec![Context::Leading, Context::Fields],
            NumberPart::Default => vec![Context::Checkbox, Context::Fields],
            NumberPart::Cancel => vec![Context::CancelButton, Context::Fields],
            NumberPart::Sender | NumberPart::Ok => vec![Context::Fields],
        }
    }

    /// Whether Enter after the sender leads on to what is still missing.
    fn leads_on(&self) -> bool {
        self.part == NumberPart::Sender && self.countries.is_empty() && !self.default
    }

    /// What the list offers: several countries that the filter names at once, and those that fit it.
    pub(super) fn picks(&self) -> Vec<Pick> {
        let typed = self.filter.text();
        let group = NamedCountries::find(typed).map(Pick::Group);
        // A list with commas is no part of a name.
        let found = if typed.contains([',', ';']) { Vec::new() } else { Country::search(typed) };
        group.into_iter().chain(found.into_iter().map(Pick::Country)).collect()
    }

    /// Whether the selected line of the list is a country that is on this number already.
    fn is_on_chosen(&self) -> bool {
        let picked = self.picked.and_then(|at| self.picks().into_iter().nth(at));
        matches!(picked, Some(Pick::Country(country)) if self.countries.contains(&country))
    }

    /// Selects the first line of the list, or none while nothing is searched for.
    fn select_first(&mut self) {
        self.picked = (!self.filter.is_empty()).then_some(0);
    }

    /// The countries of a group that can be added here: not those that are here already, that another
    /// number has, or that the sender cannot text.
    pub(super) fn addable(&self, group: &NamedCountries, grid: &FromNumbers) -> Vec<Country> {
        let sender = Sender::parse(self.sender.text()).ok();
        let is_addable = |country: &Country| {
            !self.countries.contains(country)
                && self.elsewhere(*country, grid).is_none()
                && !sender.as_ref().is_some_and(|sender| sender.is_refused_in(*country))
        };
        group.countries.iter().copied().filter(is_addable).collect()
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
            Input::Action(Action::Remove) => self.remove(),
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
                NumberPart::Picker if self.filter.on_key(*key) => self.select_first(),
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
        self.select_first();
    }

    fn step(&mut self, by: usize) {
        let at = PARTS.iter().position(|&part| part == self.part).unwrap_or(0);
        let to = PARTS[(at + by) % PARTS.len()];
        // Without countries there is nothing to do among them.
        let is_empty = to == NumberPart::Chosen && self.countries.is_empty();
        self.part = if is_empty { PARTS[(at + 2 * by) % PARTS.len()] } else { to };
    }

    fn move_cursor(&mut self, action: Action) {
        let last = self.picks().len().checked_sub(1);
        let down = |by: usize| last.map(|last| self.picked.map_or(by - 1, |at| at + by).min(last));
        let up = |by: usize| match self.picked {
            // Above the first line nothing is selected, unless something is searched for.
            Some(0) if self.filter.is_empty() => None,
            at => at.map(|at| at.saturating_sub(by)),
        };
        match (self.part, action) {
            (NumberPart::Picker, Action::Up) => self.picked = up(1),
            (NumberPart::Picker, Action::Down) => self.picked = down(1),
            (NumberPart::Picker, Action::PageUp) => self.picked = up(8),
            (NumberPart::Picker, Action::PageDown) => self.picked = down(8),
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
        let picked = self.picked.map(|at| self.picks().into_iter().nth(at));
        let country = match picked {
            None => {
                let down = session.key(Context::UnpickedInList, Action::Down);
                let text = format!("Search for a country, or press {down} to browse the list.");
                return self.remark = Some(text);
            }
            Some(None) => {
                let text = "No match. Try a name, country code or calling code.";
                return self.remark = Some(text.to_owned());
            }
            Some(Some(Pick::Group(group))) => return self.add_group(session, &group),
            Some(Some(Pick::Country(country))) => country,
        };
        if self.countries.contains(&country) {
            return self.remark = Some(format!("{country} is already on this number."));
        }
        let grid = session.tab().form.from_numbers();
        if let Some(other) = self.elsewhere(country, grid)
            && self.moving != Some(country)
        {
            let again = session.key(Context::Countries, Action::Add);
            let leave = session.key(Context::Fields, Action::Cancel);
            self.remark = Some(format!(
                "{} is on {other}. Press {again} again to move it here, {leave} to leave it.",
                country.code()
            ));
            return self.moving = Some(country);
        }
        if let Ok(sender) = Sender::parse(self.sender.text())
            && sender.is_refused_in(country)
        {
            return self.remark = Some(format!("{country} does not accept alphanumeric senders."));
        }
        self.moving = None;
        self.countries.push(country);
        let done = session.key(Context::Fields, Action::Accept);
        self.remark = Some(format!("Added {country}. Search for another, or {done} when done."));
        self.filter.set("");
        self.picked = None;
    }

    /// Adds what can be added of several countries, and says which stay where they are.
    fn add_group(&mut self, session: &Session, group: &NamedCountries) {
        let grid = session.tab().form.from_numbers();
        let added = self.addable(group, grid);
        let left: Vec<&str> = (group.countries.iter())
            .filter(|country| !added.contains(country) && !self.countries.contains(country))
            .map(|country| country.code())
            .collect();
        let left = if left.is_empty() {
            String::new()
        } else {
            format!(" Not added: {}.", left.join(" "))
        };
        let count = match added.len() {
            0 => return self.remark = Some(format!("No country to add.{left}")),
            1 => "1 country".to_owned(),
            count => format!("{count} countries"),
        };
        self.remark = Some(format!("Added {count} of {}.{left}", group.title));
        self.countries.extend(added);
        self.filter.set("");
        self.picked = None;
    }

    /// Whether countries have been added and nothing is searched for since.
    fn has_picked(&self) -> bool {
        !self.countries.is_empty() && self.picked.is_none()
    }

    /// Removes the country under the cursor, in the list or among those of this number.
    fn remove(&mut self) {
        if self.part == NumberPart::Picker {
            let picked = self.picked.and_then(|at| self.picks().into_iter().nth(at));
            if let Some(Pick::Country(country)) = picked {
                self.countries.retain(|chosen| *chosen != country);
                self.remark = Some(format!("Removed {country}."));
            }
            return;
        }
        if self.chosen < self.countries.len() {
            let country = self.countries.remove(self.chosen);
            self.remark = Some(format!("Removed {country}."));
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
        if self.leads_on() {
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
                session.say_change(&self.outcome(&sender));
                Flow::CLOSE
            }
            Err(error) => {
                self.remark = Some(format!("{error}."));
                Flow::STAY
            }
        }
    }

    /// What was added or changed, with its countries.
    fn outcome(&self, sender: &Sender) -> String {
        let verb = if self.replaces.is_some() { "Changed" } else { "Added" };
        let names: Vec<&str> = match self.countries.len() {
            0..=NAMED => self.countries.iter().map(|country| country.name()).collect(),
            _ => self.countries.iter().map(|country| country.code()).collect(),
        };
        let countries = match (&names[..], names.len()) {
            ([], _) => String::new(),
            (_, 0..=NAMED) => format!(" for {}", names.join(", ")),
            _ => format!(" for {}", names.join(" ")),
        };
        let default = if self.default { ", the default" } else { "" };
        format!("{verb} {sender}{countries}{default}.")
    }
}
