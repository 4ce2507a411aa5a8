//! Where things stand in a RON text: the fields of a struct, the items of a list. Understands as
//! much of RON as it takes to step over a value, its strings and its comments.

use std::ops::Range;

/// A field of a struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// Where its name begins.
    pub(super) start: usize,
    /// Its name.
    pub(super) name: String,
    /// Its value.
    pub(super) value: Range<usize>,
}

/// What a value is made of, as far as that can be changed in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// `Name(field: value, …)`, where the name may be empty, or a map `{"key": value, …}`.
    Struct {
        /// The name before the bracket; `{` for a map.
        name: String,
        /// What stands between the brackets.
        inside: Range<usize>,
        /// The fields.
        fields: Vec<Field>,
    },
    /// `[item, …]`
    List {
        /// What stands between the brackets.
        inside: Range<usize>,
        /// The items.
        items: Vec<Range<usize>>,
    },
    /// `Name(value)`
    Wrapped {
        /// The name before the bracket.
        name: String,
        /// What it wraps.
        value: Range<usize>,
    },
    /// Anything else.
    Plain,
}

/// The whole value of a text, after its attributes; `None` where there is none.
pub(super) fn root(text: &str) -> Option<Range<usize>> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.skip_space();
    while cursor.rest().starts_with("#!") {
        cursor.at += cursor.rest().find(']')? + 1;
        cursor.skip_space();
    }
    cursor.value()
}

/// The next place that is neither white space nor comment.
pub(super) fn after_space(text: &str, at: usize) -> usize {
    let mut cursor = Cursor { text, at };
    cursor.skip_space();
    cursor.at
}

/// Looks into a value.
pub(super) fn shape(text: &str, value: &Range<usize>) -> Shape {
    look_into(text, value).unwrap_or(Shape::Plain)
}

fn look_into(text: &str, value: &Range<usize>) -> Option<Shape> {
    let mut cursor = Cursor { text: text.get(..value.end)?, at: value.start };
    let name = cursor.identifier().to_owned();
    cursor.skip_space();
    let inside = cursor.at + 1..value.end.checked_sub(1)?;
    let opening = cursor.rest().chars().next()?;
    cursor.at += 1;
    let is_end = |cursor: &Cursor<'_>| cursor.at >= inside.end;
    match opening {
        '(' => {
            if let Some(fields) = fields(&mut cursor, inside.end, |it| Some(it.identifier())) {
                return Some(Shape::Struct { name, inside, fields });
            }
            // What has no names is changed as a whole, or where it wraps one value, inside of it.
            cursor.at = inside.start;
            cursor.skip_space();
            let value = cursor.value()?;
            cursor.skip_space();
            cursor.take(',');
            cursor.skip_space();
            is_end(&cursor).then_some(Shape::Wrapped { name, value })
        }
        '{' if name.is_empty() => {
            let fields = fields(&mut cursor, inside.end, Cursor::key)?;
            Some(Shape::Struct { name: "{".to_owned(), inside, fields })
        }
        '[' if name.is_empty() => {
            let mut items = Vec::new();
            cursor.skip_space();
            while !is_end(&cursor) {
                items.push(cursor.value()?);
                cursor.skip_space();
                cursor.take(',');
                cursor.skip_space();
            }
            Some(Shape::List { inside, items })
        }
        _ => None,
    }
}

/// The fields from here to an end; `None` where there are others than with a name and a colon.
fn fields<'a>(
    cursor: &mut Cursor<'a>,
    end: usize,
    name: impl Fn(&mut Cursor<'a>) -> Option<&'a str>,
) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    cursor.skip_space();
    while cursor.at < end {
        let start = cursor.at;
        let name = name(cursor)?.to_owned();
        cursor.skip_space();
        if name.is_empty() || !cursor.take(':') {
            return None;
        }
        cursor.skip_space();
        fields.push(Field { start, name, value: cursor.value()? });
        cursor.skip_space();
        cursor.take(',');
        cursor.skip_space();
    }
    Some(fields)
}

/// Reads a text from a place on.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.rest().starts_with(wanted);
        if is_there {
            self.at += wanted.len_utf8();
        }
        is_there
    }

    fn identifier(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest
            .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Steps over the key of a map, a plain string, and returns it with its quotes.
    fn key(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let length = if rest.starts_with('"') { string(rest)? } else { return None };
        self.at += length;
        rest.get(..length)
    }

    /// Steps over white space and comments.
    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += block_comment(trimmed);
            } else {
                return;
            }
        }
    }

    /// Steps over a value and returns where it stands; `None` where the brackets do not match.
    fn value(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let mut end = start;
        let mut open = 0usize;
        loop {
            self.skip_space();
            let rest = self.rest();
            match rest.chars().next() {
                None => break,
                Some(',' | ')' | ']' | '}') if open == 0 => break,
                Some('(' | '[' | '{') => {
                    open += 1;
                    self.at += 1;
                }
                Some(')' | ']' | '}') => {
                    open -= 1;
                    self.at += 1;
                }
                Some('"') => self.at += string(rest)?,
                Some('\'') => self.at += character(rest)?,
                Some('r') if rest[1..].starts_with(['"', '#']) => {
                    self.at += raw_string(&rest[1..])? + 1;
                }
                Some(letter) if letter.is_alphanumeric() || letter == '_' => {
                    self.identifier();
                }
                Some(letter) => self.at += letter.len_utf8(),
            }
            end = self.at;
        }
        (open == 0 && end > start).then_some(start..end)
    }
}

/// Bytes of the nested comment that a text begins with.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// Bytes of the string in quotes that a text begins with.
fn string(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '"' if !escaped => return Some(at + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// Bytes of the character in quotes that a text begins with.
fn character(text: &str) -> Option<usize> {
    let mut letters = text.char_indices().skip(1);
    if letters.next()?.1 == '\\' {
        letters.next();
    }
    letters.find(|(_, letter)| *letter == '\'').map(|(at, _)| at + 1)
}

/// Bytes of the raw string that a text begins with, after its `r`.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text.len() - text.trim_start_matches('#').len();
    let end = format!("\"{}", "#".repeat(hashes));
    let begin = hashes + 1;
    text.get(begin..)?.find(&end).map(|at| begin + at + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(String, String)> {
        let Shape::Struct { fields, .. } = shape(text, &root(text).unwrap()) else {
            panic!("{text} is no struct")
        };
        fields.into_iter().map(|field| (field.name, text[field.value].to_owned())).collect()
    }

    #[test]
    fn fields_are_found_among_comments_strings_and_brackets() {
        let text = "#![enable(implicit_some)]\n// head (\n( a: 1, /* ), /* nested */ */ b: \"x\\\", )\",\n\
                    c: r#\"raw \" )\"#, d: Twilio(sid: \"AC\"), // tail )\n e: [1, (2)], f: ')', )";
        let found = fields(text);
        let values: Vec<(&str, &str)> =
            found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            values,
            [
                ("a", "1"),
                ("b", "\"x\\\", )\""),
                ("c", "r#\"raw \" )\"#"),
                ("d", "Twilio(sid: \"AC\")"),
                ("e", "[1, (2)]"),
                ("f", "')'"),
            ]
        );
    }

    #[test]
    fn a_list_has_items_and_a_tuple_is_plain() {
        let text = "[(a: 1), // one\n 2,]";
        let Shape::List { items, .. } = shape(text, &root(text).unwrap()) else { panic!() };
        let items: Vec<&str> = items.into_iter().map(|item| &text[item]).collect();
        assert_eq!(items, ["(a: 1)", "2"]);
        assert_eq!(shape("(1, 2)", &(0..6)), Shape::Plain);
        let one = "Only([1, 2],)";
        let wrapped = Shape::Wrapped { name: "Only".to_owned(), value: 5..11 };
        assert_eq!(shape(one, &root(one).unwrap()), wrapped);
        let map = "{\"CO\": (per_hour: 5), // few\n\"DE\": 3}";
        let keys: Vec<String> = fields(map).into_iter().map(|(name, _)| name).collect();
        assert_eq!(keys, ["\"CO\"", "\"DE\""]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[ -~é\n]{0,80}|[(\\[\"'r#/*,:a]{0,40}") {
            if let Some(value) = root(&text) {
                let _ = shape(&text, &value);
            }
        }
    }
}
