//! What is being edited in the form: the settings as they would be, and the text of each line.
//! Knows nothing of what is saved, and nothing of the typed token, which is a secret.

use std::collections::BTreeMap;

use crossterm::event::KeyEvent;

use crate::domain::difference::differences;
use crate::domain::merge::merge_field;
use crate::domain::provider::{ProviderKind, TwilioAccount};
use crate::domain::settings::{Field, Settings};
use crate::tui::text_field::{PasteRefused, TextField};

/// The fields that have a line in the form, from top to bottom.
pub const LINES: &[Field] = &[
    Field::DefaultCountry,
    Field::CodeValidity,
    Field::CodesAllowed,
    Field::TimeOut,
    Field::Provider,
    Field::AccountSid,
    Field::AuthToken,
    Field::Message,
    Field::Recipients,
];

/// What is being edited.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    /// The settings as far as they are right. They keep an account while the Sandbox is chosen.
    settings: Settings,
    /// The provider that is chosen.
    pub(super) provider: ProviderKind,
    /// Whether the stored token is to be taken away.
    pub(super) removes_token: bool,
    lines: BTreeMap<Field, TypedLine>,
}

/// A line of the form that is typed into.
#[derive(Debug, Clone)]
struct TypedLine {
    text: TextField,
    /// What is wrong with it.
    error: Option<String>,
}

/// Where the cursor is in a text is no change of it.
impl PartialEq for TypedLine {
    fn eq(&self, other: &Self) -> bool {
        self.text.text() == other.text.text()
    }
}

impl Draft {
    /// Settings, before anything is changed in them.
    pub(super) fn new(settings: &Settings) -> Self {
        let lines = LINES.iter().filter_map(|&field| {
            let value = field.row().value;
            let text = TextField::new(&value.typed(settings)?, value.max_length());
            Some((field, TypedLine { text, error: None }))
        });
        let mut draft = Self {
            lines: lines.collect(),
            provider: settings.provider.kind(),
            removes_token: false,
            settings: settings.clone(),
        };
        draft.settings.provider.change_to(ProviderKind::Twilio);
        draft
    }

    /// The settings as far as they are right. Their provider is always an account: which provider
    /// is chosen, [`Draft::provider`] says.
    pub(super) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The account, which is kept while the Sandbox is chosen.
    pub(super) fn account(&self) -> TwilioAccount {
        self.settings.provider.twilio().cloned().unwrap_or_default()
    }

    /// Changes the settings, but for what is typed into a line.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
    }

    /// The text of a line that is typed into.
    pub(super) fn text(&self, field: Field) -> Option<&TextField> {
        self.lines.get(&field).map(|line| &line.text)
    }

    /// What is wrong with the text of a line.
    pub(super) fn error(&self, field: Field) -> Option<&str> {
        self.lines.get(&field)?.error.as_deref()
    }

    /// Types into a line.
    pub(super) fn on_key(&mut self, field: Field, key: KeyEvent) {
        if let Some(line) = self.lines.get_mut(&field) {
            line.text.on_key(key);
            self.read_line(field);
        }
    }

    /// Pastes into a line.
    pub(super) fn paste(&mut self, field: Field, pasted: &str) -> Result<(), PasteRefused> {
        if let Some(line) = self.lines.get_mut(&field) {
            line.text.paste(pasted)?;
            self.read_line(field);
        }
        Ok(())
    }

    /// Takes what is typed in a line into the settings; what is wrong leaves them as they were.
    fn read_line(&mut self, field: Field) {
        if let Some(line) = self.lines.get_mut(&field) {
            let read = field.row().value.parse(line.text.text(), &mut self.settings);
            line.error = read.err();
        }
    }

    /// Puts what settings say into a field.
    pub(super) fn fill(&mut self, field: Field, settings: &Settings) {
        match field {
            Field::Provider => self.provider = settings.provider.kind(),
            Field::AuthToken => self.removes_token = false,
            field => field.row().value.copy(settings, &mut self.settings),
        }
        if let Some(line) = self.lines.get_mut(&field)
            && let Some(text) = field.row().value.typed(&self.settings)
        {
            line.text.set(&text);
            line.error = None;
        }
    }

    /// Takes over what someone else has made of the settings `base`, where it is no other change
    /// than the one here. What is typed stays as it is typed.
    pub(super) fn rebase(&mut self, base: &Settings, theirs: &Settings) {
        if self.provider == base.provider.kind() {
            self.provider = theirs.provider.kind();
        }
        self.follow(base, theirs);
    }

    /// The same but for the provider; returns the fields in which both changes fit together.
    pub(super) fn follow(&mut self, base: &Settings, theirs: &Settings) -> Vec<Field> {
        let mine = self.settings.clone();
        let is_readable = |&field: &Field| {
            !matches!(field, Field::Provider | Field::AuthToken) && self.error(field).is_none()
        };
        let readable: Vec<Field> = Field::ALL.iter().copied().filter(is_readable).collect();
        let mut merged = mine.clone();
        let fits = |field: &Field| merge_field(*field, [base, &mine, theirs], &mut merged);
        let fitting: Vec<Field> = readable.into_iter().filter(fits).collect();
        for &field in &fitting {
            if !field.row().value.is_same(&merged, &mine) {
                self.fill(field, &merged);
            }
        }
        fitting
    }

    /// What differs in another draft, a field at a time: what it is here, and what it is there.
    pub(super) fn changes_to(&self, other: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        if self.provider != other.provider {
            let (here, there) = (self.provider.name(), other.provider.name());
            changes.push(format!("{}: {here} → {there}", Field::Provider.label()));
        }
        let known = differences(&self.settings, &other.settings);
        let is_known = |field: Field| known.iter().any(|change| change.field == field);
        // What is typed and wrong is in no settings.
        for (&field, line) in self.lines.iter().filter(|(field, _)| !is_known(**field)) {
            let (here, there) = (line.text.text(), other.text(field).map_or("", TextField::text));
            if here != there {
                changes.push(format!("{}: {here:?} → {there:?}", field.label()));
            }
        }
        changes.extend(known.iter().map(ToString::to_string));
        if self.removes_token != other.removes_token {
            let becomes = if other.removes_token { "removed at the next save" } else { "kept" };
            changes.push(format!("{}: {becomes}", Field::AuthToken.label()));
        }
        changes
    }

    /// Whether the chosen provider has no such field.
    pub(super) fn lacks(&self, field: Field) -> bool {
        self.provider == ProviderKind::Sandbox && field.is_of_account()
    }
}
