//! The keys as they are built in.

use crossterm::event::{KeyCode, KeyModifiers};

use super::action::{Action as A, Action};
use super::binding::Binding;
use super::context::{Context as C, Context};

const fn plain(
    context: Context,
    key: KeyCode,
    action: Action,
    hint: &'static str,
    help: &'static str,
) -> Binding {
    Binding { context, key, modifiers: KeyModifiers::NONE, action, hint, help }
}

const fn letter(
    context: Context,
    key: char,
    action: Action,
    hint: &'static str,
    help: &'static str,
) -> Binding {
    plain(context, KeyCode::Char(key), action, hint, help)
}

const fn control(
    context: Context,
    key: char,
    action: Action,
    hint: &'static str,
    help: &'static str,
) -> Binding {
    let key = KeyCode::Char(key);
    Binding { context, key, modifiers: KeyModifiers::CONTROL, action, hint, help }
}

/// The table. Digits are never bound: people type phone numbers. The hint bar shows what fits,
/// in this order.
#[rustfmt::skip]
pub static BINDINGS: &[Binding] = &[
    plain(C::Form, KeyCode::Up, A::Up, "", "Previous field"),
    plain(C::Form, KeyCode::Down, A::Down, "", "Next field"),
    plain(C::Form, KeyCode::Enter, A::Accept, "choose / next", "Open the list or editor, or go to the next field"),
    plain(C::Form, KeyCode::Esc, A::Cancel, "undo field", "Undo the changes in this field"),
    control(C::Form, 't', A::TestAccount, "test", "Test these credentials with the account; sends nothing"),
    control(C::Form, 'o', A::AccountDetails, "", "API key, base URL, risk check and retention"),
    control(C::Form, 'g', A::Limits, "", "Limits: how many codes may be sent, and where"),
    control(C::Form, 'd', A::Remove, "", "Remove the stored auth token (in its field)"),

    plain(C::Numbers, KeyCode::Up, A::Up, "", "Previous number"),
    plain(C::Numbers, KeyCode::Down, A::Down, "", "Next number"),
    letter(C::Numbers, 'k', A::Up, "", ""),
    letter(C::Numbers, 'j', A::Down, "", ""),
    letter(C::Numbers, 'n', A::New, "new", "Add a From number"),
    letter(C::Numbers, 'e', A::Accept, "edit", "Edit the number"),
    plain(C::Numbers, KeyCode::Enter, A::Accept, "", ""),
    letter(C::Numbers, 'd', A::Remove, "delete", "Delete the number"),
    plain(C::Numbers, KeyCode::Delete, A::Remove, "", ""),
    letter(C::Numbers, 'i', A::Import, "", "Import senders from the account"),
    letter(C::Numbers, 'I', A::ImportFile, "", "Import the numbers from a CSV file"),
    letter(C::Numbers, 'X', A::ExportFile, "", "Export the numbers to a CSV file"),
    letter(C::Numbers, '/', A::Filter, "filter", "Filter by number, name or country"),
    plain(C::Numbers, KeyCode::Esc, A::Cancel, "", "Clear the filter"),
    letter(C::Numbers, '*', A::MakeDefault, "default", "Make it the default number, or clear the default"),

    plain(C::Quota, KeyCode::Up, A::Up, "", "Previous user"),
    plain(C::Quota, KeyCode::Down, A::Down, "", "Next user"),
    letter(C::Quota, 'k', A::Up, "", ""),
    letter(C::Quota, 'j', A::Down, "", ""),
    plain(C::Quota, KeyCode::PageUp, A::PageUp, "", "Page up"),
    plain(C::Quota, KeyCode::PageDown, A::PageDown, "", "Page down"),
    plain(C::Quota, KeyCode::Home, A::First, "", "First user"),
    plain(C::Quota, KeyCode::End, A::Last, "", "Last user"),
    letter(C::Quota, 'g', A::First, "", ""),
    letter(C::Quota, 'G', A::Last, "", ""),
    plain(C::Quota, KeyCode::Enter, A::Accept, "", "Everything about the user: lock, codes, who asked"),
    letter(C::Quota, 'r', A::Unlock, "unlock", "Unlock: give the user all codes back, with a reason"),
    letter(C::Quota, 'b', A::GiveBack, "", "Give the user one code back, with a reason"),
    letter(C::Quota, '/', A::Filter, "filter", "Filter by name, whole number, country or sender"),
    plain(C::Quota, KeyCode::Esc, A::Cancel, "", "Clear the filter"),

    plain(C::Filter, KeyCode::Enter, A::Accept, "keep", "Keep the filter and browse the matches"),
    plain(C::Filter, KeyCode::Esc, A::Cancel, "clear", "Clear the filter"),
    plain(C::Filter, KeyCode::Up, A::Up, "", "Previous line"),
    plain(C::Filter, KeyCode::Down, A::Down, "", "Next line"),

    plain(C::Log, KeyCode::Up, A::Up, "", "Previous line; stops following"),
    plain(C::Log, KeyCode::Down, A::Down, "", "Next line"),
    letter(C::Log, 'k', A::Up, "", ""),
    letter(C::Log, 'j', A::Down, "", ""),
    plain(C::Log, KeyCode::PageUp, A::PageUp, "", "Page up"),
    plain(C::Log, KeyCode::PageDown, A::PageDown, "", "Page down"),
    plain(C::Log, KeyCode::Home, A::First, "", "Oldest line"),
    plain(C::Log, KeyCode::End, A::Last, "", "Newest line; follows again"),
    letter(C::Log, 'g', A::First, "", ""),
    letter(C::Log, 'G', A::Last, "follow", ""),
    plain(C::Log, KeyCode::Enter, A::Accept, "details", "Everything about the delivery"),
    letter(C::Log, '/', A::Filter, "filter", "Filter by status, user, number, country, sender, error, time or SID"),
    plain(C::Log, KeyCode::Esc, A::Cancel, "", "Clear the filter"),

    letter(C::Console, 's', A::SendCode, "send code", "Send a code"),
    letter(C::Console, 'v', A::VerifyCode, "verify", "Verify a code"),
    plain(C::Always, KeyCode::Tab, A::NextPane, "pane", "Next pane"),
    plain(C::Always, KeyCode::BackTab, A::PreviousPane, "", "Previous pane"),
    control(C::Always, 's', A::Save, "save", "Save this environment's settings"),
    letter(C::Console, '?', A::Help, "help", "Show the keys"),
    letter(C::Console, 'q', A::Quit, "quit", "Quit"),
    letter(C::Console, ':', A::Palette, "find", "Find an action, pane or environment by name"),
    letter(C::Console, ']', A::NextEnvironment, "next env", "Next environment"),
    letter(C::Console, '[', A::PreviousEnvironment, "", "Previous environment"),
    letter(C::Console, 'h', A::Handset, "handset", "Messages that a Sandbox phone has received"),
    letter(C::Console, 'o', A::Health, "health", "Health: findings, rates, times and countries"),
    letter(C::Console, 'c', A::Check, "check", "Check: warnings about the settings, with figures"),
    letter(C::Console, '=', A::Compare, "compare", "Compare with another environment, and copy values"),
    letter(C::Console, 'H', A::History, "history", "History and audit: who changed what; restore settings"),
    letter(C::Console, 'u', A::Undo, "undo", "Undo the last change of the settings"),
    letter(C::Console, 'U', A::Redo, "", "Redo the change that was undone last"),
    letter(C::Console, 'E', A::EditConfig, "", "Edit config.ron in $EDITOR; it is checked before it is applied"),
    letter(C::Console, 'z', A::Zoom, "zoom", "Zoom this pane, or show all panes"),

    plain(C::Always, KeyCode::F(2), A::Health, "health", "Health, even while typing"),
    plain(C::Always, KeyCode::F(1), A::Help, "help", "Show the keys, even while typing"),
    control(C::Always, 'p', A::Palette, "find", "Find an action by name, even while typing"),
    control(C::Always, 'q', A::Quit, "quit", "Quit, even while typing"),
    control(C::Always, 'c', A::Quit, "", ""),
    control(C::Always, 'e', A::NextEnvironment, "next env", "Next environment, even while typing"),
    control(C::Always, 'l', A::Repaint, "", "Redraw the screen"),
    control(C::Always, 'x', A::StopPruning, "", "Stop pruning old codes; the next start resumes it"),
    control(C::Always, 'z', A::Suspend, "", "Suspend"),

    plain(C::Chosen, KeyCode::Left, A::Left, "choose", "Country to the left"),
    plain(C::Chosen, KeyCode::Right, A::Right, "", "Country to the right"),
    plain(C::Chosen, KeyCode::Delete, A::Remove, "", "Remove the country from this number"),
    letter(C::Chosen, '-', A::Remove, "remove", ""),
    plain(C::Chosen, KeyCode::Backspace, A::Remove, "", ""),

    plain(C::ChosenInList, KeyCode::Delete, A::Remove, "remove", "Remove the country under the cursor from this number"),
    control(C::ChosenInList, 'd', A::Remove, "", ""),

    plain(C::UnpickedInList, KeyCode::Down, A::Down, "browse", "Go to the first country of the list"),
    plain(C::UnpickedInList, KeyCode::Enter, A::Add, "", "Add the selected country"),

    plain(C::Countries, KeyCode::Enter, A::Add, "add", "Add the country; + does too while searching"),
    plain(C::Countries, KeyCode::PageUp, A::PageUp, "", "Page up"),
    plain(C::Countries, KeyCode::PageDown, A::PageDown, "", "Page down"),

    plain(C::Fields, KeyCode::Enter, A::Accept, "accept", "Accept"),
    plain(C::Fields, KeyCode::Esc, A::Cancel, "cancel", "Cancel"),
    plain(C::Fields, KeyCode::Tab, A::NextField, "next field", "Next field"),
    plain(C::Fields, KeyCode::BackTab, A::PreviousField, "", "Previous field"),
    plain(C::Fields, KeyCode::Down, A::Down, "", "Down"),
    plain(C::Fields, KeyCode::Up, A::Up, "", "Up"),

    plain(C::Leading, KeyCode::Enter, A::Accept, "next", "Go to what is still missing"),

    plain(C::Checkbox, KeyCode::Enter, A::Accept, "toggle", "Tick the box, or clear it; Space does too"),

    plain(C::CancelButton, KeyCode::Enter, A::Cancel, "cancel", "Cancel"),

    plain(C::Choice, KeyCode::Up, A::Up, "", "Up"),
    plain(C::Choice, KeyCode::Down, A::Down, "", "Down"),
    plain(C::Choice, KeyCode::PageUp, A::PageUp, "", "Page up"),
    plain(C::Choice, KeyCode::PageDown, A::PageDown, "", "Page down"),
    plain(C::Choice, KeyCode::Enter, A::Accept, "choose", "Choose"),
    plain(C::Choice, KeyCode::Esc, A::Cancel, "cancel", "Cancel"),

    letter(C::Conflict, 'm', A::Mine, "mine", "Keep your change"),
    letter(C::Conflict, 't', A::Theirs, "theirs", "Take their change"),
    plain(C::Conflict, KeyCode::Enter, A::Accept, "save", "Save, once every field is decided"),
    plain(C::Conflict, KeyCode::Esc, A::Cancel, "back", "Back to the form; nothing is lost"),
    plain(C::Conflict, KeyCode::Up, A::Up, "", "Previous field"),
    plain(C::Conflict, KeyCode::Down, A::Down, "", "Next field"),

    plain(C::Compare, KeyCode::Enter, A::Accept, "copy", "Copy this value into the form; save it there"),
    letter(C::Compare, ']', A::NextEnvironment, "other", "Another environment"),
    plain(C::Compare, KeyCode::Esc, A::Cancel, "close", "Close"),
    plain(C::Compare, KeyCode::Up, A::Up, "", "Up"),
    plain(C::Compare, KeyCode::Down, A::Down, "", "Down"),

    plain(C::History, KeyCode::Enter, A::Accept, "open", "Compare the version with now, or read the whole entry"),
    plain(C::History, KeyCode::Esc, A::Cancel, "close", "Back to the list, or close"),
    plain(C::History, KeyCode::Up, A::Up, "", "Up"),
    plain(C::History, KeyCode::Down, A::Down, "", "Down"),
    plain(C::History, KeyCode::PageUp, A::PageUp, "", "Page up"),
    plain(C::History, KeyCode::PageDown, A::PageDown, "", "Page down"),

    plain(C::Version, KeyCode::Enter, A::Accept, "restore field", "Restore this value into the form; save it there"),
    letter(C::Version, 'R', A::RestoreAll, "restore all", "Restore all values of this environment into the form; save them there"),
    letter(C::Version, ']', A::NextEnvironment, "next env", "Next environment"),
    plain(C::Version, KeyCode::Esc, A::Cancel, "close", "Close"),
    plain(C::Version, KeyCode::Up, A::Up, "", "Up"),
    plain(C::Version, KeyCode::Down, A::Down, "", "Down"),

    plain(C::Question, KeyCode::Enter, A::Accept, "yes", "Yes"),
    letter(C::Question, 'y', A::Accept, "", ""),
    plain(C::Question, KeyCode::Esc, A::Cancel, "no", "No"),
    letter(C::Question, 'n', A::Cancel, "", ""),
    plain(C::Question, KeyCode::Up, A::Up, "", "Scroll up"),
    plain(C::Question, KeyCode::Down, A::Down, "", "Down"),

    letter(C::Quit, 's', A::SaveAndQuit, "save and quit", "Save every environment, then quit"),
    plain(C::Quit, KeyCode::Enter, A::Accept, "quit without saving", "Quit and discard the changes"),
    letter(C::Quit, 'y', A::Accept, "", ""),
    plain(C::Quit, KeyCode::Esc, A::Cancel, "stay", "Stay in the console"),
    letter(C::Quit, 'n', A::Cancel, "", ""),
    plain(C::Quit, KeyCode::Up, A::Up, "", "Scroll up"),
    plain(C::Quit, KeyCode::Down, A::Down, "", "Scroll down"),

    plain(C::Handset, KeyCode::Enter, A::VerifyCode, "verify", "Verify the code"),
    letter(C::Handset, 'v', A::VerifyCode, "", ""),

    plain(C::User, KeyCode::Enter, A::Accept, "steps", "Show every step of each code, or only its outcome"),
    letter(C::User, 'r', A::Unlock, "unlock", "Unlock: give the user all codes back, with a reason"),
    letter(C::User, 'b', A::GiveBack, "one back", "Give the user one code back, with a reason"),

    letter(C::Broken, 'E', A::EditConfig, "edit config.ron", "Edit config.ron in $EDITOR; it is checked before it is applied"),
    letter(C::Broken, 'q', A::Quit, "quit", "Quit"),

    letter(C::Delivery, 'c', A::Copy, "copy SID", "Copy the SID to the clipboard"),
    letter(C::Delivery, 'x', A::CancelMessage, "cancel message", "Cancel the message, if it has not been sent yet"),

    letter(C::Health, 'A', A::Acknowledge, "acknowledge", "Acknowledge a finding, with a reason and an end"),
    control(C::Health, 't', A::TestAccount, "balance", "Ask the account for its balance; sends nothing"),

    plain(C::Reading, KeyCode::Esc, A::Cancel, "close", "Close"),
    letter(C::Reading, '?', A::Help, "help", "Show the keys"),
    letter(C::Reading, 'q', A::Cancel, "", ""),
    plain(C::Reading, KeyCode::Up, A::Up, "scroll", "Up"),
    plain(C::Reading, KeyCode::Down, A::Down, "", "Down"),
    letter(C::Reading, 'k', A::Up, "", ""),
    letter(C::Reading, 'j', A::Down, "", ""),
    plain(C::Reading, KeyCode::PageUp, A::PageUp, "", "Page up"),
    plain(C::Reading, KeyCode::PageDown, A::PageDown, "", "Page down"),
];
