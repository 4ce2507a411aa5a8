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
    plain(C::Form, KeyCode::Up, A::Up, "", "Field above"),
    plain(C::Form, KeyCode::Down, A::Down, "", "Field below"),
    plain(C::Form, KeyCode::Enter, A::Accept, "choose / next", "Open the list or the text, or go to the next field"),
    plain(C::Form, KeyCode::Esc, A::Cancel, "undo field", "Take back what was changed in this field"),
    control(C::Form, 't', A::TestAccount, "test", "Ask the account whether it accepts what is typed here"),
    control(C::Form, 'o', A::AccountDetails, "", "API key, base URL, risk check and retention of the account"),
    control(C::Form, 'g', A::Limits, "", "Limits: how many codes may go out at all, and where"),
    control(C::Form, 'd', A::Remove, "", "Remove the stored auth token (in its field)"),

    plain(C::Numbers, KeyCode::Up, A::Up, "", "Number above"),
    plain(C::Numbers, KeyCode::Down, A::Down, "", "Number below"),
    letter(C::Numbers, 'k', A::Up, "", ""),
    letter(C::Numbers, 'j', A::Down, "", ""),
    letter(C::Numbers, 'n', A::New, "new", "New From number"),
    letter(C::Numbers, 'e', A::Accept, "edit", "Edit the number"),
    plain(C::Numbers, KeyCode::Enter, A::Accept, "", "Edit the number"),
    letter(C::Numbers, 'd', A::Remove, "delete", "Delete the number"),
    plain(C::Numbers, KeyCode::Delete, A::Remove, "", ""),
    letter(C::Numbers, 'i', A::Import, "", "Pick from what the account can send from"),
    letter(C::Numbers, '*', A::MakeDefault, "default", "Make it the default number, or no longer"),

    plain(C::Quota, KeyCode::Up, A::Up, "", "User above"),
    plain(C::Quota, KeyCode::Down, A::Down, "", "User below"),
    letter(C::Quota, 'k', A::Up, "", ""),
    letter(C::Quota, 'j', A::Down, "", ""),
    plain(C::Quota, KeyCode::PageUp, A::PageUp, "", "A page up"),
    plain(C::Quota, KeyCode::PageDown, A::PageDown, "", "A page down"),
    plain(C::Quota, KeyCode::Home, A::First, "", "First user"),
    plain(C::Quota, KeyCode::End, A::Last, "", "Last user"),
    letter(C::Quota, 'g', A::First, "", ""),
    letter(C::Quota, 'G', A::Last, "", ""),
    plain(C::Quota, KeyCode::Enter, A::Accept, "", "All about the user: what locks them, every code, who asked"),
    letter(C::Quota, 'r', A::Unlock, "unlock", "Give the user all codes back, with a reason"),
    letter(C::Quota, 'b', A::GiveBack, "", "Give the user one code back, with a reason"),
    letter(C::Quota, '/', A::Filter, "filter", "Only some: by name, whole number, country or sender"),
    plain(C::Quota, KeyCode::Esc, A::Cancel, "", "All users again"),

    plain(C::Filter, KeyCode::Enter, A::Accept, "keep", "Keep the filter, and go through what it shows"),
    plain(C::Filter, KeyCode::Esc, A::Cancel, "all", "Show all again"),
    plain(C::Filter, KeyCode::Up, A::Up, "", "Line above"),
    plain(C::Filter, KeyCode::Down, A::Down, "", "Line below"),

    plain(C::Log, KeyCode::Up, A::Up, "", "Line above; the log stops following"),
    plain(C::Log, KeyCode::Down, A::Down, "", "Line below"),
    letter(C::Log, 'k', A::Up, "", ""),
    letter(C::Log, 'j', A::Down, "", ""),
    plain(C::Log, KeyCode::PageUp, A::PageUp, "", "A page up"),
    plain(C::Log, KeyCode::PageDown, A::PageDown, "", "A page down"),
    plain(C::Log, KeyCode::Home, A::First, "", "Oldest line"),
    plain(C::Log, KeyCode::End, A::Last, "", "Newest line; the log follows again"),
    letter(C::Log, 'g', A::First, "", ""),
    letter(C::Log, 'G', A::Last, "follow", ""),
    plain(C::Log, KeyCode::Enter, A::Accept, "details", "The whole story of the delivery"),
    letter(C::Log, '/', A::Filter, "filter", "Only some: by status, user, number, country, sender, error, time or SID"),
    plain(C::Log, KeyCode::Esc, A::Cancel, "", "All lines again"),

    letter(C::Console, 's', A::SendCode, "send code", "Send a code"),
    letter(C::Console, 'v', A::VerifyCode, "verify", "Check a code"),
    plain(C::Always, KeyCode::Tab, A::NextPane, "pane", "Next pane"),
    plain(C::Always, KeyCode::BackTab, A::PreviousPane, "", "Pane before"),
    control(C::Always, 's', A::Save, "save", "Save this environment's settings"),
    letter(C::Console, '?', A::Help, "help", "These keys"),
    letter(C::Console, 'q', A::Quit, "quit", "Quit"),
    letter(C::Console, ':', A::Palette, "find", "Find an action, a pane or an environment by its name"),
    letter(C::Console, ']', A::NextEnvironment, "next env", "Next environment"),
    letter(C::Console, '[', A::PreviousEnvironment, "", "Environment before"),
    letter(C::Console, 'h', A::Handset, "handset", "What a phone of the Sandbox has received"),
    letter(C::Console, 'o', A::Health, "health", "Rates, times, failures and countries of the environment"),
    letter(C::Console, 'c', A::Check, "check", "Warnings about the settings, and the figures behind them"),
    letter(C::Console, '=', A::Compare, "compare", "Another environment beside this one; values can be taken over"),
    letter(C::Console, 'H', A::History, "history", "Former settings and the audit: who changed what; restores settings"),
    letter(C::Console, 'u', A::Undo, "undo", "Take the last change of the settings back"),
    letter(C::Console, 'E', A::EditConfig, "", "Edit config.ron in $EDITOR; it is checked before it counts"),
    letter(C::Console, 'z', A::Zoom, "zoom", "Show this pane alone, or all again"),

    plain(C::Always, KeyCode::F(1), A::Help, "help", "These keys, also while typing"),
    control(C::Always, 'p', A::Palette, "find", "Find an action by its name, also while typing"),
    control(C::Always, 'q', A::Quit, "quit", "Quit, also while typing"),
    control(C::Always, 'c', A::Quit, "", ""),
    control(C::Always, 'e', A::NextEnvironment, "next env", "Next environment, also while typing"),
    control(C::Always, 'l', A::Repaint, "", "Paint the screen anew"),
    control(C::Always, 'x', A::StopPruning, "", "Stop forgetting old codes, where that takes long; the next start goes on"),
    control(C::Always, 'z', A::Suspend, "", "Back to the shell for a while"),

    plain(C::Chosen, KeyCode::Left, A::Left, "choose", "Country to the left"),
    plain(C::Chosen, KeyCode::Right, A::Right, "", "Country to the right"),
    plain(C::Chosen, KeyCode::Delete, A::Remove, "", "Take the country off this number"),
    letter(C::Chosen, '-', A::Remove, "take off", ""),
    plain(C::Chosen, KeyCode::Backspace, A::Remove, "", ""),

    plain(C::Countries, KeyCode::Enter, A::Add, "add", "Add the country; after some letters + does too"),
    plain(C::Countries, KeyCode::PageUp, A::PageUp, "", "A page up"),
    plain(C::Countries, KeyCode::PageDown, A::PageDown, "", "A page down"),

    plain(C::Fields, KeyCode::Enter, A::Accept, "accept", "Accept"),
    plain(C::Fields, KeyCode::Esc, A::Cancel, "cancel", "Cancel"),
    plain(C::Fields, KeyCode::Tab, A::NextField, "next field", "Next field"),
    plain(C::Fields, KeyCode::BackTab, A::PreviousField, "", "Field before"),
    plain(C::Fields, KeyCode::Down, A::Down, "", "Below"),
    plain(C::Fields, KeyCode::Up, A::Up, "", "Above"),

    plain(C::Choice, KeyCode::Up, A::Up, "", "Above"),
    plain(C::Choice, KeyCode::Down, A::Down, "", "Below"),
    plain(C::Choice, KeyCode::PageUp, A::PageUp, "", "A page up"),
    plain(C::Choice, KeyCode::PageDown, A::PageDown, "", "A page down"),
    plain(C::Choice, KeyCode::Enter, A::Accept, "choose", "Choose"),
    plain(C::Choice, KeyCode::Esc, A::Cancel, "cancel", "Cancel"),

    letter(C::Conflict, 'm', A::Mine, "mine", "What you have changed holds"),
    letter(C::Conflict, 't', A::Theirs, "theirs", "What somebody else has saved holds"),
    plain(C::Conflict, KeyCode::Enter, A::Accept, "save", "Save, once all is chosen"),
    plain(C::Conflict, KeyCode::Esc, A::Cancel, "back", "Back to the form; nothing is lost"),
    plain(C::Conflict, KeyCode::Up, A::Up, "", "Field above"),
    plain(C::Conflict, KeyCode::Down, A::Down, "", "Field below"),

    plain(C::Compare, KeyCode::Enter, A::Accept, "take over", "Take this value over into the form; a save can follow"),
    letter(C::Compare, ']', A::NextEnvironment, "other", "The other environment"),
    plain(C::Compare, KeyCode::Esc, A::Cancel, "close", "Close"),
    plain(C::Compare, KeyCode::Up, A::Up, "", "Above"),
    plain(C::Compare, KeyCode::Down, A::Down, "", "Below"),

    plain(C::History, KeyCode::Enter, A::Accept, "open", "Compare the version with now, or read the whole entry"),
    plain(C::History, KeyCode::Esc, A::Cancel, "close", "Back to the list, or close"),
    plain(C::History, KeyCode::Up, A::Up, "", "Above"),
    plain(C::History, KeyCode::Down, A::Down, "", "Below"),
    plain(C::History, KeyCode::PageUp, A::PageUp, "", "A page up"),
    plain(C::History, KeyCode::PageDown, A::PageDown, "", "A page down"),

    plain(C::Version, KeyCode::Enter, A::Accept, "restore field", "Restore this value into the form; save it there"),
    letter(C::Version, 'R', A::RestoreAll, "restore all", "Restore all values of this environment into the form; save them there"),
    letter(C::Version, ']', A::NextEnvironment, "next env", "Next environment"),
    plain(C::Version, KeyCode::Esc, A::Cancel, "close", "Close"),
    plain(C::Version, KeyCode::Up, A::Up, "", "Above"),
    plain(C::Version, KeyCode::Down, A::Down, "", "Below"),

    plain(C::Question, KeyCode::Enter, A::Accept, "yes", "Yes"),
    letter(C::Question, 'y', A::Accept, "", ""),
    plain(C::Question, KeyCode::Esc, A::Cancel, "no", "No"),
    letter(C::Question, 'n', A::Cancel, "", ""),
    plain(C::Question, KeyCode::Up, A::Up, "", "Up, where there is more than fits"),
    plain(C::Question, KeyCode::Down, A::Down, "", "Down"),

    plain(C::Handset, KeyCode::Enter, A::VerifyCode, "verify", "Check the code"),
    letter(C::Handset, 'v', A::VerifyCode, "", ""),

    plain(C::User, KeyCode::Enter, A::Accept, "steps", "Show every step of each code, or only what became of it"),
    letter(C::User, 'r', A::Unlock, "unlock", "Give the user all codes back, with a reason"),
    letter(C::User, 'b', A::GiveBack, "one back", "Give the user one code back, with a reason"),

    letter(C::Broken, 'E', A::EditConfig, "edit config.ron", "Edit config.ron in $EDITOR; it is checked before it counts"),
    letter(C::Broken, 'q', A::Quit, "quit", "Quit"),

    letter(C::Delivery, 'c', A::Copy, "copy SID", "Put the SID into the clipboard of your terminal"),
    letter(C::Delivery, 'x', A::CancelMessage, "call back", "Call the message back, if it has not left yet"),

    letter(C::Health, 'A', A::Acknowledge, "acknowledge", "Acknowledge a finding, with a reason and an end"),
    control(C::Health, 't', A::TestAccount, "balance", "Ask the account what it has left; sends nothing"),

    plain(C::Reading, KeyCode::Esc, A::Cancel, "close", "Close"),
    letter(C::Reading, '?', A::Help, "help", "These keys"),
    letter(C::Reading, 'q', A::Cancel, "", ""),
    plain(C::Reading, KeyCode::Up, A::Up, "scroll", "Up"),
    plain(C::Reading, KeyCode::Down, A::Down, "", "Down"),
    letter(C::Reading, 'k', A::Up, "", ""),
    letter(C::Reading, 'j', A::Down, "", ""),
    plain(C::Reading, KeyCode::PageUp, A::PageUp, "", "A page up"),
    plain(C::Reading, KeyCode::PageDown, A::PageDown, "", "A page down"),
];
