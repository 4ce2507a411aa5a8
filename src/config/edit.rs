//! Edits the text of a config in place, so that handwritten comments and layout are kept.
//!
//! The edits come from comparing two rendered texts: the config before and the config after. Only
//! where these differ does the file's own text change.

use std::ops::Range;

use super::ron_text::{Field, Shape, after_space, root, shape};

/// Returns the text of a file with the differences between two rendered configs applied. `None`
/// where the text is laid out in a way that cannot be edited in part.
pub(super) fn edited(file: &str, before: &str, after: &str) -> Option<String> {
    let mut changes = Vec::new();
    let mut editor = Editor { file, before, after, changes: &mut changes };
    editor.value(&root(file)?, &root(before)?, &root(after)?)?;
    changes.sort_by_key(|change: &(Range<usize>, String)| std::cmp::Reverse(change.0.start));
    let mut text = file.to_owned();
    for (place, new) in changes {
        text.replace_range(place, &new);
    }
    Some(text)
}

struct Editor<'a> {
    file: &'a str,
    before: &'a str,
    after: &'a str,
    changes: &'a mut Vec<(Range<usize>, String)>,
}

impl Editor<'_> {
    /// Changes one value of the file as it changes from before to after.
    fn value(
        &mut self,
        file: &Range<usize>,
        before: &Range<usize>,
        after: &Range<usize>,
    ) -> Option<()> {
        if self.before.get(before.clone())? == self.after.get(after.clone())? {
            return Some(());
        }
        let shapes = (shape(self.file, file), shape(self.before, before), shape(self.after, after));
        match shapes {
            (
                Shape::Struct { name, inside, fields },
                Shape::Struct { name: old_name, fields: old, .. },
                Shape::Struct { name: new_name, fields: new, .. },
            ) if name == new_name && old_name == new_name => {
                let so_far = self.changes.len();
                self.fields(&inside, &fields, &old, &new).or_else(|| {
                    // No kept entry to insert the new ones after.
                    self.changes.truncate(so_far);
                    self.replace(file, after)
                })
            }
            (
                Shape::Wrapped { name, value },
                Shape::Wrapped { name: old_name, value: old },
                Shape::Wrapped { name: new_name, value: new },
                // The words of a command have an order, and are changed as a whole.
            ) if name == new_name && old_name == new_name && name != "Command" => {
                self.value(&value, &old, &new)
            }
            (
                Shape::List { inside, items },
                Shape::List { items: old, .. },
                Shape::List { items: new, .. },
            ) if items.len() == old.len() && !items.is_empty() && !new.is_empty() => {
                let as_in_file = self.as_in_file(&items, &old);
                let kept = as_in_file.and_then(|old| Some((self.kept(&old, &new)?, old)));
                match kept {
                    Some((kept, old)) => self.items(&inside, &items, &old, &new, &kept),
                    None => self.replace(file, after),
                }
            }
            _ => self.replace(file, after),
        }
    }

    fn replace(&mut self, file: &Range<usize>, after: &Range<usize>) -> Option<()> {
        let text = reindented(self.after, after, indent_at(self.file, file.start))?;
        self.changes.push((file.clone(), text));
        Some(())
    }

    fn fields(
        &mut self,
        inside: &Range<usize>,
        fields: &[Field],
        old: &[Field],
        new: &[Field],
    ) -> Option<()> {
        let named =
            |fields: &[Field], name: &str| fields.iter().find(|field| field.name == name).cloned();
        for field in fields {
            match (named(old, &field.name), named(new, &field.name)) {
                (Some(old), Some(new)) => self.value(&field.value, &old.value, &new.value)?,
                (None, Some(new)) => self.replace(&field.value, &new.value)?,
                (Some(_), None) => self.take_out(&(field.start..field.value.end)),
                // Written out although it is the default, and it stays the default.
                (None, None) => {}
            }
        }
        for missing in new.iter().filter(|new| named(fields, &new.name).is_none()) {
            if named(old, &missing.name).is_some_and(|old| {
                self.before.get(old.value) == self.after.get(missing.value.clone())
            }) {
                continue;
            }
            let stays = |field: &&Field| {
                named(new, &field.name).is_some() || named(old, &field.name).is_none()
            };
            let last = fields.iter().rfind(stays).map(|last| (last.start, last.value.end));
            let name = format!("{}: ", missing.name);
            self.add(inside, last, &name, &missing.value)?;
        }
        Some(())
    }

    /// The items before the change in the order of the file, where they are plain values: a set is
    /// rendered in its own order. `None` where the file has others.
    fn as_in_file(
        &self,
        items: &[Range<usize>],
        old: &[Range<usize>],
    ) -> Option<Vec<Range<usize>>> {
        let is_plain = |item: &Range<usize>| shape(self.file, item) == Shape::Plain;
        if !items.iter().all(is_plain) {
            return Some(old.to_vec());
        }
        let text = |item: &Range<usize>| self.file.get(item.clone());
        let same = |item| old.iter().find(|old| self.before.get((*old).clone()) == text(item));
        items.iter().map(|item| same(item).cloned()).collect()
    }

    /// The place after the change of every item before it; `None` where items change places.
    fn kept(
        &self,
        old_items: &[Range<usize>],
        new_items: &[Range<usize>],
    ) -> Option<Vec<Option<usize>>> {
        let key = |text: &str, item: &Range<usize>| match shape(text, item) {
            Shape::Struct { fields, .. } => {
                fields.first().and_then(|first| text.get(first.value.clone())).map(str::to_owned)
            }
            _ => text.get(item.clone()).map(str::to_owned),
        };
        let (old, new): (Vec<_>, Vec<_>) = (
            old_items.iter().map(|old| key(self.before, old)).collect(),
            new_items.iter().map(|new| key(self.after, new)).collect(),
        );
        let place = |old| new.iter().position(|new| new == old);
        let mut kept: Vec<Option<usize>> = old.iter().map(place).collect();
        // One removed and another in its place is the same one renamed.
        for (at, kept) in kept.iter_mut().enumerate().filter(|_| old.len() == new.len()) {
            if kept.is_none() && new.get(at).is_some_and(|new| !old.contains(new)) {
                *kept = Some(at);
            }
        }
        let places: Vec<usize> = kept.iter().copied().flatten().collect();
        // Plain values are a set. Among others, new ones must come after all that are kept.
        let is_set = old_items.iter().all(|item| shape(self.before, item) == Shape::Plain);
        let is_in_order = is_set || places.iter().copied().eq(0..places.len());
        (is_in_order && !places.is_empty()).then_some(kept)
    }

    fn items(
        &mut self,
        inside: &Range<usize>,
        items: &[Range<usize>],
        old: &[Range<usize>],
        new: &[Range<usize>],
        kept: &[Option<usize>],
    ) -> Option<()> {
        let mut last = None;
        for ((item, old), place) in items.iter().zip(old).zip(kept) {
            match place.and_then(|place| new.get(place)) {
                Some(new) => {
                    self.value(item, old, new)?;
                    last = Some((item.start, item.end));
                }
                None => self.take_out(item),
            }
        }
        let is_added = |(place, _): &(usize, _)| !kept.contains(&Some(*place));
        for (_, added) in new.iter().enumerate().filter(is_added) {
            self.add(inside, last, "", added)?;
        }
        Some(())
    }

    /// Removes a field or an item, with its comma, and with its line where it is alone on it.
    fn take_out(&mut self, place: &Range<usize>) {
        let mut end = place.end;
        // A comment between the value and its comma is removed with it.
        let comma = after_space(self.file, end);
        if self.file[comma..].starts_with(',') {
            end = comma + 1;
        }
        let before = &self.file[..place.start];
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &self.file[end..];
        // So is a comment after it on the same line.
        let is_last = rest.trim_start_matches([' ', '\t']);
        let is_alone = before[line..].trim().is_empty()
            && (is_last.starts_with(['\n', '\r']) || is_last.starts_with("//"));
        if is_alone {
            end += rest.find('\n').map_or(0, |newline| newline + 1);
            self.changes.push((line..end, String::new()));
        } else {
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            // For the last one on a line, the comma before it is removed.
            let is_last = end == place.end && before.trim_end_matches(' ').ends_with(',');
            let start = if is_last { before.trim_end_matches(' ').len() - 1 } else { place.start };
            let is_taken = self.changes.iter().any(|(other, _)| other.contains(&start));
            let start = if is_taken { place.start } else { start };
            self.changes.push((start..end + spaces, String::new()));
        }
    }

    /// Adds a field or an item after the last one that is kept.
    fn add(
        &mut self,
        inside: &Range<usize>,
        last: Option<(usize, usize)>,
        name: &str,
        value: &Range<usize>,
    ) -> Option<()> {
        // No kept entry to insert after: the whole struct or list is rewritten.
        let (start, end) = last?;
        let line = self.file[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let is_on_own_line = line > inside.start && self.file[line..start].trim().is_empty();
        let indent = indent_at(self.file, start);
        let text = reindented(self.after, value, indent)?;
        let newline = if self.file.contains("\r\n") { "\r\n" } else { "\n" };
        let text = text.replace('\n', newline);
        match self.end_of_line(end).filter(|_| is_on_own_line) {
            Some((has_comma, line_end)) => {
                if !has_comma && !self.changes.contains(&(end..end, ",".to_owned())) {
                    self.changes.push((end..end, ",".to_owned()));
                }
                self.insert(line_end, &format!("{newline}{indent}{name}{text},"));
            }
            None if is_on_own_line => {
                self.insert(end, &format!(",{newline}{indent}{name}{text}"));
            }
            None => self.insert(end, &format!(", {name}{text}")),
        }
        Some(())
    }

    /// Whether a comma stands behind a value, and the end of its line, where nothing else stands
    /// there but a comment, which is about the value.
    fn end_of_line(&self, end: usize) -> Option<(bool, usize)> {
        let rest = self.file[end..].trim_start_matches([' ', '\t']);
        let behind = rest.strip_prefix(',');
        let comment = behind.unwrap_or(rest).trim_start_matches([' ', '\t']);
        let is_bare = comment.starts_with(['\n', '\r']) || comment.starts_with("//");
        let length = self.file[end..].find('\n')?;
        let line = self.file[end..end + length].trim_end_matches('\r');
        is_bare.then_some((behind.is_some(), end + line.len()))
    }

    /// Inserts a text at a place, after anything inserted there before.
    fn insert(&mut self, at: usize, text: &str) {
        match self.changes.iter_mut().find(|(place, new)| *place == (at..at) && new != ",") {
            Some((_, before)) => before.push_str(text),
            None => self.changes.push((at..at, text.to_owned())),
        }
    }
}

/// The white space that the line of a place begins with.
fn indent_at(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let rest = &text[line..];
    &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()]
}

/// A value as it stands in a rendered text, moved to another indentation.
fn reindented(text: &str, value: &Range<usize>, indent: &str) -> Option<String> {
    let own = indent_at(text, value.start);
    let lines = text.get(value.clone())?.split('\n').enumerate().map(|(index, line)| {
        match line.strip_prefix(own) {
            Some(rest) if index > 0 => format!("{indent}{rest}"),
            _ => line.to_owned(),
        }
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::contents::Config;
    use crate::config::parse::parse;
    use crate::config::wire::render;
    use crate::domain::from_numbers::FromNumber;
    use crate::domain::message_text::MessageTemplate;
    use crate::domain::phone::PhoneNumber;
    use crate::domain::recipients::Recipients;
    use crate::domain::sender::Sender;
    use crate::domain::settings::Settings;

    const BY_HAND: &str = include_str!("../../tests/config_by_hand.ron");

    /// The text after a change of Production, which must say what was changed.
    fn after(text: &str, edit: impl FnOnce(&mut Settings)) -> String {
        let old = parse(text, Path::new("")).unwrap();
        let mut new: Config = old.clone();
        edit(&mut new.environments.production);
        let edited = edited(text, &render(&old), &render(&new)).unwrap();
        assert_eq!(parse(&edited, Path::new("")).unwrap(), new, "{edited}");
        edited
    }

    /// The lines that are there after a change and were not before, and those that were.
    fn changed<'a>(old: &'a str, new: &'a str) -> (Vec<&'a str>, Vec<&'a str>) {
        let others = |one: &'a str, other: &str| {
            let is_other = |line: &&str| !other.lines().any(|it| it == *line);
            one.lines().filter(is_other).map(str::trim).collect()
        };
        (others(new, old), others(old, new))
    }

    fn number(sender: &str, code: &str) -> FromNumber {
        let countries = [code.parse().unwrap()].into();
        FromNumber { sender: Sender::parse(sender).unwrap(), countries }
    }

    #[test]
    fn a_comment_after_a_number_stays_after_it() {
        let sales = "(sender: \"ACME\", countries: [\"AT\", \"DE\"]), // sales, ask Ana";
        let with_comment =
            BY_HAND.replace("(sender: \"ACME\", countries: [\"AT\", \"DE\"]),", sales);
        for last in [sales, &sales.replace("]),", "])")] {
            let text = with_comment.replace(sales, last);
            let edited = after(&text, |settings| {
                settings.from_numbers =
                    settings.from_numbers.with(None, number("72404", "FR"), false).unwrap();
            });
            assert!(edited.contains(sales), "{edited}");
        }
        // Removing a number removes its comment.
        let edited = after(&with_comment, |settings| {
            let acme = Sender::parse("ACME").unwrap();
            settings.from_numbers = settings.from_numbers.without(&acme).unwrap();
        });
        assert_eq!(changed(&with_comment, &edited), (vec![], vec![sales]));
    }

    #[test]
    fn a_renamed_number_keeps_its_place() {
        let edited = after(BY_HAND, |settings| {
            let old = Sender::parse("+14155550100").unwrap();
            let row = number("+14155550199", "CO");
            settings.from_numbers = settings.from_numbers.with(Some(&old), row, true).unwrap();
        });
        let (new, _) = changed(BY_HAND, &edited);
        let row = "(sender: \"+14155550199\", countries: [\"CO\"]),";
        assert_eq!(new, [row, "default_number: \"+14155550199\","]);
    }

    #[test]
    fn removing_a_country_leaves_no_comma_behind() {
        let edited = after(BY_HAND, |settings| {
            let acme = Sender::parse("ACME").unwrap();
            let row = number("ACME", "AT");
            settings.from_numbers = settings.from_numbers.with(Some(&acme), row, false).unwrap();
        });
        assert!(edited.contains("(sender: \"ACME\", countries: [\"AT\"]),"), "{edited}");
    }

    #[test]
    fn comments_among_recipients_and_texts_stay() {
        let only = "recipients: Only([\n                \"+573001234567\", // Ana\n            ]),";
        let own =
            "own_messages: {\n                \"CO\": \"{code} hola\", // approved\n            },";
        let text = BY_HAND.replace(
            "recipients: Anyone, // whom it may text",
            &format!("{only}\n            {own}"),
        );
        let edited = after(&text, |settings| {
            let Recipients::Only(numbers) = &mut settings.recipients else { panic!() };
            numbers.insert(PhoneNumber::parse("+573001112233").unwrap());
            let audience = settings.message_overrides.iter().next().unwrap().0;
            let message = MessageTemplate::parse("{code} buenas").unwrap();
            settings.message_overrides.set(audience, Some(message));
        });
        for line in ["\"+573001234567\", // Ana", "\"CO\": \"{code} buenas\", // approved"] {
            assert!(edited.contains(line), "{edited}");
        }
    }

    #[test]
    fn added_lines_use_the_line_endings_of_the_file() {
        let text = BY_HAND.replace('\n', "\r\n");
        let edited = after(&text, |settings| {
            settings.limits.record_only = true;
            settings.from_numbers =
                settings.from_numbers.with(None, number("72404", "FR"), false).unwrap();
        });
        assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count(), "{edited:?}");
    }
}
