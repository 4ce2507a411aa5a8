//! Changes a config in its text, so that comments and layout of whoever wrote it by hand stay.
//!
//! What is to change comes from two texts as smsdeck writes them: of the config before and of the
//! config after. Only where these differ is the file's own text touched.

use std::ops::Range;

use super::ron_text::{Field, Shape, after_space, root, shape};

/// The text of a file with what differs between two configs as rendered. `None` where the text is
/// built in a way that cannot be changed in part.
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
                    // Nothing stays for what is new to stand behind.
                    self.changes.truncate(so_far);
                    self.replace(file, after)
                })
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
    fn kept(&self, old: &[Range<usize>], new: &[Range<usize>]) -> Option<Vec<Option<usize>>> {
        let key = |text: &str, item: &Range<usize>| match shape(text, item) {
            Shape::Struct { fields, .. } => {
                fields.first().and_then(|first| text.get(first.value.clone())).map(str::to_owned)
            }
            _ => text.get(item.clone()).map(str::to_owned),
        };
        let kept: Vec<Option<usize>> = old
            .iter()
            .map(|old| {
                let wanted = key(self.before, old);
                new.iter().position(|new| key(self.after, new) == wanted)
            })
            .collect();
        let places: Vec<usize> = kept.iter().copied().flatten().collect();
        // Whatever is new must come after all that stays.
        let is_in_order = places.iter().copied().eq(0..places.len());
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
        for added in new.iter().skip(kept.iter().flatten().count()) {
            self.add(inside, last, "", added)?;
        }
        Some(())
    }

    /// Takes a field or an item out, with its comma, and with its line where it has one alone.
    fn take_out(&mut self, place: &Range<usize>) {
        let mut end = place.end;
        // What is said of it before its comma goes with it.
        let comma = after_space(self.file, end);
        if self.file[comma..].starts_with(',') {
            end = comma + 1;
        }
        let before = &self.file[..place.start];
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &self.file[end..];
        let is_alone = before[line..].trim().is_empty()
            && rest.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']);
        if is_alone {
            end += rest.find('\n').map_or(0, |newline| newline + 1);
            self.changes.push((line..end, String::new()));
        } else {
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            self.changes.push((place.start..end + spaces, String::new()));
        }
    }

    /// Adds a field or an item after the last one that stays.
    fn add(
        &mut self,
        inside: &Range<usize>,
        last: Option<(usize, usize)>,
        name: &str,
        value: &Range<usize>,
    ) -> Option<()> {
        // Nothing stays to stand behind: the whole struct or list is written anew.
        let (start, end) = last?;
        let line = self.file[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let is_on_own_line = line > inside.start && self.file[line..start].trim().is_empty();
        let indent = indent_at(self.file, start);
        let text = reindented(self.after, value, indent)?;
        let text = if is_on_own_line {
            format!(",\n{indent}{name}{text}")
        } else {
            format!(", {name}{text}")
        };
        match self.changes.iter_mut().find(|(place, _)| *place == (end..end)) {
            // What is added stands in the order in which it was added.
            Some((_, before)) => before.push_str(&text),
            None => self.changes.push((end..end, text)),
        }
        Some(())
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
