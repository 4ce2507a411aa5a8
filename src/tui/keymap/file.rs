//! `keys.ron`: an operator's own keys in the place of built-in ones.
//!
//! ```ron
//! {
//!     console: { send_code: ["t", "F5"] },
//!     log: { filter: ["/", "^F"] },
//! }
//! ```

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::io;
use std::path::{Path, PathBuf};

use serde::de::{IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::action::Action;
use super::binding::{Binding, name_in_file};
use super::context::Context;
use super::key;
use super::keys::Keys;
use super::table::BINDINGS;
use crate::domain::plain_text;

/// Bytes of the file that are read at most.
const MAX_BYTES: u64 = 64 * 1024;

/// Contexts whose keys hold at the same time, the innermost first.
const TOGETHER: [&[Context]; 16] = [
    &[Context::ChosenInList, Context::Countries, Context::Fields],
    &[Context::UnpickedInList, Context::Countries, Context::Fields],
    &[Context::Leading, Context::Fields],
    &[Context::Checkbox, Context::Fields],
    &[Context::CancelButton, Context::Fields],
    &[Context::Form, Context::Always],
    &[Context::Numbers, Context::Console, Context::Always],
    &[Context::Quota, Context::Console, Context::Always],
    &[Context::Log, Context::Console, Context::Always],
    &[Context::Filter, Context::Always],
    &[Context::Chosen, Context::Fields],
    &[Context::Countries, Context::Fields],
    &[Context::Handset, Context::Reading],
    &[Context::User, Context::Reading],
    &[Context::Delivery, Context::Reading],
    &[Context::Health, Context::Reading],
];

/// The file of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no RON, or has a name that means nothing.
    #[error("{path}:{line}:{column}: {reason}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// A key cannot be bound so.
    #[error("{path}: {reason}")]
    Rule {
        /// The file.
        path: PathBuf,
        /// What is wrong, and with which action.
        reason: String,
    },
}

/// Where the file of keys is: beside the config.
pub fn file_beside(config: &Path) -> PathBuf {
    config.with_file_name("keys.ron")
}

/// Reads the keys: the built-in ones where there is no file.
///
/// # Errors
/// When there is a file, and anything in it is wrong. It counts as a whole or not at all.
pub fn read(path: &Path) -> Result<Keys, KeysError> {
    let unreadable = |source| KeysError::Unreadable { path: path.to_owned(), source };
    let bytes = match crate::files::read(path, MAX_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Keys::default()),
        read => read.map_err(unreadable)?,
    };
    let text = plain_text::decoded(bytes).map_err(|error| KeysError::Syntax {
        path: path.to_owned(),
        line: error.line,
        column: error.column,
        reason: error.to_string(),
    })?;
    if text.trim().is_empty() {
        let empty = io::Error::new(io::ErrorKind::InvalidData, "the file is empty");
        return Err(unreadable(empty));
    }
    parse(&text, path)
}

fn parse(text: &str, path: &Path) -> Result<Keys, KeysError> {
    let file: KeysFile = ron::from_str(text).map_err(|error| KeysError::Syntax {
        path: path.to_owned(),
        line: error.span.start.line,
        column: error.span.start.col,
        reason: reason(&error.code),
    })?;
    let rule = |reason| KeysError::Rule { path: path.to_owned(), reason };
    let mut bindings = BINDINGS.to_vec();
    for (context, actions) in file.contexts {
        for (action, names) in actions {
            replace(&mut bindings, context, action, &names).map_err(rule)?;
        }
    }
    check(&bindings).map_err(rule)?;
    Ok(Keys { bindings, mouse: file.mouse })
}

/// What the file says: the keys of some actions, and whether the mouse is used.
#[derive(Default)]
struct KeysFile {
    contexts: BTreeMap<Context, BTreeMap<Action, Vec<String>>>,
    mouse: bool,
}

impl<'de> Deserialize<'de> for KeysFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeysFileVisitor)
    }
}

struct KeysFileVisitor;

impl<'de> Visitor<'de> for KeysFileVisitor {
    type Value = KeysFile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from contexts to keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<KeysFile, A::Error> {
        let mut file = KeysFile::default();
        while let Some(section) = map.next_key::<Section>()? {
            match section {
                Section::Mouse => file.mouse = map.next_value()?,
                Section::Of(context) => {
                    file.contexts.insert(context, map.next_value()?);
                }
            }
        }
        Ok(file)
    }
}

/// The name of one part of the file.
enum Section {
    Mouse,
    Of(Context),
}

impl<'de> Deserialize<'de> for Section {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(SectionVisitor)
    }
}

struct SectionVisitor;

impl Visitor<'_> for SectionVisitor {
    type Value = Section;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a context, or mouse")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Section, E> {
        if name == "mouse" {
            return Ok(Section::Mouse);
        }
        Context::deserialize(name.into_deserializer()).map(Section::Of)
    }
}

/// What is wrong with the text, with the name that was meant.
fn reason(error: &ron::Error) -> String {
    let ron::Error::NoSuchEnumVariant { expected, found, .. } = error else {
        return error.to_string();
    };
    let nearest =
        expected.iter().map(|name| (strsim::damerau_levenshtein(found, name), name)).min();
    let meant = nearest.filter(|(distance, _)| *distance <= 3);
    let meant = meant.map(|(_, name)| format!(" Did you mean {name}?")).unwrap_or_default();
    format!("unknown name {found:?}; `smsdeck config keys` lists all names.{meant}")
}

/// Puts the named keys in the place of those that an action has.
fn replace(
    bindings: &mut Vec<Binding>,
    context: Context,
    action: Action,
    names: &[String],
) -> Result<(), String> {
    let is_it = |binding: &Binding| (binding.context, binding.action) == (context, action);
    let Some(at) = bindings.iter().position(is_it) else {
        let known = BINDINGS.iter().filter(|binding| binding.context == context);
        let mut known: Vec<_> = known.map(|binding| name_in_file(binding.action)).collect();
        known.dedup();
        return Err(format!(
            "{} has no {}; it has {}",
            name_in_file(context),
            name_in_file(action),
            known.join(", ")
        ));
    };
    let first = bindings[at].clone();
    if names.is_empty() {
        return Err(format!("{first}: needs at least one key"));
    }
    let mut new = Vec::new();
    for (nth, name) in names.iter().enumerate() {
        let (key, modifiers) = key::parse(name).map_err(|why| format!("{first}: {name}: {why}"))?;
        let (hint, help) = if nth == 0 { (first.hint, first.help) } else { ("", "") };
        new.push(Binding { key, modifiers, hint, help, ..first.clone() });
    }
    bindings.retain(|binding| !is_it(binding));
    let at = at.min(bindings.len());
    bindings.splice(at..at, new);
    Ok(())
}

/// Whether a binding is one of the built-in ones.
fn is_built_in(binding: &Binding) -> bool {
    BINDINGS.iter().any(|built_in| {
        (built_in.context, built_in.action, built_in.key, built_in.modifiers)
            == (binding.context, binding.action, binding.key, binding.modifiers)
    })
}

/// Refuses letters where people type, and keys that mean two things at once. What is built in is
/// meant so.
fn check(bindings: &[Binding]) -> Result<(), String> {
    for (nth, binding) in bindings.iter().enumerate() {
        let is_letter = binding.event().modifiers.is_empty()
            && matches!(binding.key, crossterm::event::KeyCode::Char(_));
        let is_text = binding.context == Context::Always || binding.context.takes_text();
        if is_letter && is_text && !is_built_in(binding) {
            return Err(format!(
                "{binding}: {} is text there; use ^ with a letter, or a function key",
                binding.key_name()
            ));
        }
        for other in &bindings[..nth] {
            let is_same = (other.key, other.modifiers) == (binding.key, binding.modifiers);
            let is_meant = is_built_in(binding) && is_built_in(other);
            if is_same && !is_meant && hold_together(binding, other) {
                return Err(format!("{} is both {other} and {binding}", binding.key_name()));
            }
        }
    }
    Ok(())
}

/// Whether two bindings hold at the same time somewhere.
fn hold_together(one: &Binding, other: &Binding) -> bool {
    let above_all = |binding: &Binding| {
        binding.context == Context::Always && binding.action.works_above_pop_ups()
    };
    one.context == other.context
        || above_all(one)
        || above_all(other)
        || TOGETHER.iter().any(|all| all.contains(&one.context) && all.contains(&other.context))
}

/// The built-in keys in the shape of the file, to begin with.
pub fn template() -> String {
    let mut text = "// Keys of the console: keep the lines that you change, drop the others.\n\
                    // Each line names all keys of an action: \"s\", \"^S\", \"F5\", \"Tab\".\n{\n    \
                    // Clicks and the wheel; the terminal then selects no text.\n    mouse: false,\n"
        .to_owned();
    let mut by_context: Vec<(Context, Vec<&Binding>)> = Vec::new();
    for binding in BINDINGS {
        match by_context.iter_mut().find(|(context, _)| *context == binding.context) {
            Some((_, bound)) => bound.push(binding),
            None => by_context.push((binding.context, vec![binding])),
        }
    }
    for (context, bound) in by_context {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "    // {}\n    {}: {{", context.heading(), name_in_file(context));
        let mut written: Vec<Action> = Vec::new();
        for binding in &bound {
            if written.contains(&binding.action) {
                continue;
            }
            written.push(binding.action);
            let same = bound.iter().filter(|other| other.action == binding.action);
            let names: Vec<String> = same.map(|other| format!("{:?}", other.key_name())).collect();
            let name = name_in_file(binding.action);
            let _ = writeln!(text, "        {name}: [{}],", names.join(", "));
        }
        text.push_str("    },\n");
    }
    text.push_str("}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Keys, String> {
        parse(text, Path::new("keys.ron")).map_err(|error| error.to_string())
    }

    #[test]
    fn the_template_changes_nothing() {
        let keys = parsed(&template()).unwrap();
        for binding in BINDINGS {
            assert_eq!(keys.action(&[binding.context], binding.event()), Some(binding.action));
        }
    }

    #[test]
    fn an_action_moves_to_the_keys_that_are_named() {
        let keys = parsed(r#"{ console: { send_code: ["t", "F5"] } }"#).unwrap();
        assert_eq!(keys.name(Context::Console, Action::SendCode), "t");
        let at = |name: &str| {
            let (key, modifiers) = key::parse(name).unwrap();
            keys.action(&[Context::Console], crossterm::event::KeyEvent::new(key, modifiers))
        };
        assert_eq!(at("t"), Some(Action::SendCode));
        assert_eq!(at("F5"), Some(Action::SendCode));
        assert_eq!(at("s"), None);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_names() {
        for (text, words) in [
            (r#"{ console: { send_code: ["v"] } }"#, "v is both console.send_code and console.ver"),
            (r#"{ console: { send_code: ["r"] } }"#, "r is both quota.unlock and console.send_cod"),
            (r#"{ always: { save: ["s"] } }"#, "always.save: s is text there"),
            (r#"{ delivery: { copy: ["^Q"] } }"#, "^Q is both always.quit and delivery.copy"),
            (
                r#"{ console: { send_code: ["5"] } }"#,
                "console.send_code: 5: digits cannot be bound",
            ),
            ("{ console: { send_code: [] } }", "console.send_code: needs at least one key"),
            (r#"{ console: { unlock: ["x"] } }"#, "console has no unlock; it has send_code, ver"),
            ("{ console: { teleport: [\"x\"] } }", "keys.ron:1:14:"),
            ("{ console: { send_cod: [\"x\"] } }", "Did you mean send_code?"),
            ("{ console: 5 }", "keys.ron:1:"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
