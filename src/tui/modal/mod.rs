//! The pop-ups. They stack; the topmost has the keys. Each file holds one: its state, its
//! keys, its picture.

pub mod account;
pub mod check;
pub mod choice;
pub mod compare;
pub mod confirm;
pub mod conflict;
pub mod delivery;
pub mod handset;
pub mod health;
pub mod help;
pub mod import;
pub mod limits;
pub mod number;
pub mod number_view;
pub mod palette;
pub mod send;
pub mod text;
pub mod unlock;
pub mod user;
pub mod verify;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use super::effect::Effect;
use super::keymap::{Action, Context};
use super::layout::centred;
use super::model::Model;
use super::text_field::TextField;
use super::theme::Theme;
use super::update::Input;

/// A pop-up.
#[derive(Debug)]
pub enum Modal {
    /// New or edit From number.
    Number(Box<number::NumberModal>),
    /// What an account has besides SID and token.
    Account(Box<account::AccountModal>),
    /// One choice from a list.
    Choice(choice::ChoiceModal),
    /// A longer text: the message, the recipients.
    Text(text::TextModal),
    /// A question before something is done.
    Confirm(confirm::ConfirmModal),
    /// Two environments side by side.
    Compare(compare::CompareModal),
    /// Fields that somebody else has changed too.
    Conflict(conflict::ConflictModal),
    /// Send a code.
    Send(send::SendModal),
    /// Check a code.
    Verify(verify::VerifyModal),
    /// What a phone has received.
    Handset(handset::HandsetModal),
    /// Give a user all codes back.
    Unlock(unlock::UnlockModal),
    /// All about one user.
    User(Box<user::UserModal>),
    /// The story of a delivery.
    Delivery(delivery::DeliveryModal),
    /// What the account can send from.
    Import(import::ImportModal),
    /// How many codes may go out at all, and where.
    Limits(Box<limits::LimitsModal>),
    /// How the environment fares.
    Health(health::HealthModal),
    /// What is unwise about the settings.
    Check(check::CheckModal),
    /// The keys.
    Help(help::HelpModal),
    /// Actions by name.
    Palette(palette::PaletteModal),
}

/// What becomes of a pop-up after an input.
#[derive(Debug)]
pub enum Flow {
    /// It stays open.
    Stay(Vec<Effect>),
    /// It closes.
    Close(Vec<Effect>),
}

impl Flow {
    /// It stays, and nothing is to be done.
    pub const STAY: Self = Self::Stay(Vec::new());
    /// It closes, and nothing is to be done.
    pub const CLOSE: Self = Self::Close(Vec::new());
}

impl Modal {
    /// The contexts whose keys hold in it, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match self {
            Self::Number(modal) => modal.contexts(),
            Self::Choice(_) | Self::Import(_) | Self::Palette(_) => vec![Context::Choice],
            Self::Confirm(modal) if !modal.wants_word() => vec![Context::Question],
            Self::Conflict(_) => vec![Context::Conflict],
            Self::Compare(_) => vec![Context::Compare],
            Self::Handset(modal) if !modal.is_typing() => vec![Context::Handset, Context::Reading],
            Self::User(_) => vec![Context::User, Context::Reading],
            Self::Delivery(_) => vec![Context::Delivery, Context::Reading],
            Self::Health(_) => vec![Context::Health, Context::Reading],
            Self::Help(_) | Self::Check(_) => vec![Context::Reading],
            _ => vec![Context::Fields],
        }
    }

    fn on_input(&mut self, model: &mut Model, input: &Input) -> Flow {
        match self {
            Self::Number(modal) => modal.on_input(model, input),
            Self::Account(modal) => modal.on_input(model, input),
            Self::Choice(modal) => modal.on_input(model, input),
            Self::Text(modal) => modal.on_input(model, input),
            Self::Confirm(modal) => modal.on_input(model, input),
            Self::Conflict(modal) => modal.on_input(model, input),
            Self::Compare(modal) => modal.on_input(model, input),
            Self::Send(modal) => modal.on_input(model, input),
            Self::Verify(modal) => modal.on_input(model, input),
            Self::Handset(modal) => modal.on_input(model, input),
            Self::Unlock(modal) => modal.on_input(model, input),
            Self::User(modal) => modal.on_input(model, input),
            Self::Delivery(modal) => modal.on_input(model, input),
            Self::Import(modal) => modal.on_input(model, input),
            Self::Limits(modal) => modal.on_input(model, input),
            Self::Health(modal) => modal.on_input(model, input),
            Self::Check(modal) => modal.on_input(model, input),
            Self::Help(modal) => modal.on_input(model, input),
            Self::Palette(modal) => modal.on_input(model, input),
        }
    }
}

/// Hands an input to the topmost pop-up.
pub fn on_input(model: &mut Model, input: &Input) -> Vec<Effect> {
    if matches!(input, Input::Paste(_)) && !model.takes_text() {
        model.cannot_paste();
        return Vec::new();
    }
    let Some(mut modal) = model.modals.pop() else { return Vec::new() };
    let depth = model.modals.len();
    match modal.on_input(model, input) {
        Flow::Close(effects) => effects,
        Flow::Stay(effects) => {
            // Below whatever it may have opened on top of itself.
            model.modals.insert(depth, modal);
            effects
        }
    }
}

/// Draws the stack and answers where the cursor stands in the topmost one.
pub fn draw(model: &Model, buffer: &mut Buffer) -> Option<Position> {
    let mut cursor = None;
    // What lies below the topmost is not read out.
    let below = if model.theme.plain { model.modals.len().saturating_sub(1) } else { 0 };
    for modal in model.modals.iter().skip(below) {
        cursor = match modal {
            Modal::Number(modal) => number_view::draw(modal, model, buffer),
            Modal::Account(modal) => modal.draw(model, buffer),
            Modal::Choice(modal) => modal.draw(model, buffer),
            Modal::Text(modal) => modal.draw(model, buffer),
            Modal::Confirm(modal) => modal.draw(model, buffer),
            Modal::Conflict(modal) => modal.draw(model, buffer),
            Modal::Compare(modal) => modal.draw(model, buffer),
            Modal::Send(modal) => modal.draw(model, buffer),
            Modal::Verify(modal) => modal.draw(model, buffer),
            Modal::Handset(modal) => modal.draw(model, buffer),
            Modal::Unlock(modal) => modal.draw(model, buffer),
            Modal::User(modal) => modal.draw(model, buffer),
            Modal::Delivery(modal) => modal.draw(model, buffer),
            Modal::Import(modal) => modal.draw(model, buffer),
            Modal::Limits(modal) => modal.draw(model, buffer),
            Modal::Health(modal) => modal.draw(model, buffer),
            Modal::Check(modal) => modal.draw(model, buffer),
            Modal::Help(modal) => modal.draw(model, buffer),
            Modal::Palette(modal) => modal.draw(model, buffer),
        };
    }
    cursor
}

/// Clears a place in the middle of the screen (above the hint bar), draws a box there, and
/// answers its inside.
fn open_box(model: &Model, title: &str, wanted: (u16, u16), buffer: &mut Buffer) -> Rect {
    let (width, height) = model.size;
    let area = centred((width, height.saturating_sub(1)), wanted).intersection(buffer.area);
    Clear.render(area, buffer);
    let block = model.theme.block(title, true);
    let inner = block.inner(area);
    block.render(area, buffer);
    Rect { x: inner.x + u16::from(inner.width > 2), width: inner.width.saturating_sub(2), ..inner }
}

/// How far a page that is only read is scrolled, in lines.
#[derive(Debug, Clone, Copy, Default)]
struct Scroll(usize);

/// Lines of a page up or down.
const PAGE: usize = 10;

impl Scroll {
    /// Scrolls by a key, never beyond the last of so many lines.
    fn on_input(&mut self, input: &Input, lines: usize) {
        let to = match input {
            Input::Action(Action::Up) => self.0.saturating_sub(1),
            Input::Action(Action::Down) => self.0 + 1,
            Input::Action(Action::PageUp) => self.0.saturating_sub(PAGE),
            Input::Action(Action::PageDown) => self.0 + PAGE,
            _ => return,
        };
        self.0 = to.min(lines.saturating_sub(1));
    }
}

/// Columns that a text has in a pop-up that is only read.
fn reading_room(model: &Model) -> usize {
    usize::from(model.size.0.saturating_sub(6)).clamp(1, 72)
}

/// Draws a pop-up that is only read, as high as its lines, from the one scrolled to.
fn draw_reading(
    model: &Model,
    title: &str,
    lines: &[(String, Style)],
    scroll: usize,
    buffer: &mut Buffer,
) {
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let inner = open_box(model, title, (76, rows), buffer);
    let below = lines.len().saturating_sub(inner.height.into());
    let scroll = scroll.min(below);
    mark_more(model, below - scroll, inner, buffer);
    for ((line, style), row) in lines.iter().skip(scroll).zip(0..inner.height) {
        write(inner, row, line, *style, model.theme, buffer);
    }
}

/// Says in the lower border how many lines of a page are below it.
fn mark_more(model: &Model, lines: usize, inner: Rect, buffer: &mut Buffer) {
    let place = Rect { y: inner.bottom(), height: 1, ..inner }.intersection(buffer.area);
    if lines > 0 {
        let text = format!(" {lines} more: Down ");
        write(place, 0, &text, model.theme.warning(), model.theme, buffer);
    }
}

/// Writes a line of text, if it is inside.
fn write(area: Rect, row: u16, text: &str, style: Style, theme: Theme, buffer: &mut Buffer) {
    if row < area.height {
        buffer.set_stringn(area.x, area.y + row, theme.text(text), area.width.into(), style);
    }
}

/// Writes `label  field` in a row and answers the cursor if it has the focus.
fn write_field(
    area: Rect,
    row: u16,
    (label, label_width): (&str, u16),
    (field, focused): (&TextField, bool),
    model: &Model,
    buffer: &mut Buffer,
) -> Option<Position> {
    if row >= area.height {
        return None;
    }
    let theme = model.theme;
    let style = if focused { theme.strong() } else { Style::new() };
    write(area, row, label, style, theme, buffer);
    let at = label_width.min(area.width);
    let place = Rect { x: area.x + at, y: area.y + row, width: area.width - at, height: 1 };
    field.draw(place, buffer, Style::new(), theme.dot(), focused)
}
