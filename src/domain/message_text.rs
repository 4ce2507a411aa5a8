//! The text of the message: its template, its encoding and its segments.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::passcode::Passcode;

/// The longest message that Twilio accepts, in characters.
pub const MAX_MESSAGE: usize = 1600;

/// A message template: has `{code}`, may have `{minutes}` and `{app}`, nothing else in braces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(extend("pattern" = r"\{code\}", "maxLength" = MAX_MESSAGE))]
pub struct MessageTemplate(String);

/// A message that has no code yet: its text around the code, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePreview {
    around_code: Vec<String>,
    segments: Segments,
}

/// Why a text cannot be a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text has no `{code}`.
    #[error("the text must contain {{code}}")]
    NoCode,
    /// The text has an unknown word in braces.
    #[error("unknown {{{0}}}: use {{code}}, {{minutes}} or {{app}}")]
    UnknownPlaceholder(String),
    /// The text has a brace without its partner.
    #[error("unmatched brace: write {{code}}, {{minutes}} or {{app}}")]
    LoneBrace,
    /// The text has a control character other than a line break.
    #[error("the text has a character that cannot be printed")]
    Unprintable,
    /// The text is longer than Twilio accepts.
    #[error("the text is longer than {MAX_MESSAGE} characters")]
    TooLong,
}

/// How networks encode a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The GSM 7-bit default alphabet with its extension (3GPP TS 23.038).
    Gsm7,
    /// UTF-16 code units; one character outside GSM-7 is enough for it.
    Ucs2,
}

/// The cost of a text: its encoding and its number of SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// The encoding.
    pub encoding: Encoding,
    /// The number of SMS that the text takes, at least 1.
    pub count: usize,
    /// The first character that is not in GSM-7, if any.
    pub outside_gsm7: Option<char>,
}

/// A code to count segments with: each digit takes one septet.
const ANY_CODE: &str = "000000";

const PLACEHOLDERS: [&str; 3] = ["code", "minutes", "app"];

impl MessageTemplate {
    /// Parses a template.
    ///
    /// # Errors
    /// When `{code}` is missing, a placeholder is unknown, or the text cannot be sent.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.chars().count() > MAX_MESSAGE {
            return Err(TemplateError::TooLong);
        }
        if !text.chars().all(can_be_sent) {
            return Err(TemplateError::Unprintable);
        }
        let mut has_code = false;
        for part in parts(text)? {
            if let Part::Placeholder(name) = part {
                if !PLACEHOLDERS.contains(&name) {
                    return Err(TemplateError::UnknownPlaceholder(name.chars().take(20).collect()));
                }
                has_code |= name == "code";
            }
        }
        if has_code { Ok(Self(text.to_owned())) } else { Err(TemplateError::NoCode) }
    }

    /// Returns the template as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the message with a code in it. `app` is the deck's name for the application.
    pub fn render(&self, code: &Passcode, minutes: u16, app: &str) -> Zeroizing<String> {
        Zeroizing::new(self.around_code(minutes, app).join(code.as_str()))
    }

    /// Returns the message without a code, to be shown before one is sent.
    pub fn preview(&self, minutes: u16, app: &str) -> MessagePreview {
        let around_code = self.around_code(minutes, app);
        let segments = Segments::of(&around_code.join(ANY_CODE));
        MessagePreview { around_code, segments }
    }

    /// The text before, between and after each `{code}`.
    fn around_code(&self, minutes: u16, app: &str) -> Vec<String> {
        let minutes = minutes.to_string();
        let mut texts = vec![String::new()];
        for part in parts(&self.0).unwrap_or_default() {
            let text = match part {
                Part::Placeholder("code") => {
                    texts.push(String::new());
                    continue;
                }
                Part::Text(text) => text,
                Part::Placeholder("minutes") => &minutes,
                Part::Placeholder(_) => app,
            };
            if let Some(last) = texts.last_mut() {
                last.push_str(text);
            }
        }
        texts
    }
}

impl MessagePreview {
    /// Returns the text with a stand-in where the code will be.
    pub fn text(&self, stand_in: &str) -> String {
        self.around_code.join(stand_in)
    }

    /// Returns the cost of the message, which is the same for every code.
    pub const fn segments(&self) -> Segments {
        self.segments
    }
}

enum Part<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let after = rest[open..].strip_prefix('{').ok_or(TemplateError::LoneBrace)?;
        let close = after.find(['{', '}']).filter(|&at| after[at..].starts_with('}'));
        let close = close.ok_or(TemplateError::LoneBrace)?;
        parts.push(Part::Text(&rest[..open]));
        parts.push(Part::Placeholder(&after[..close]));
        rest = &after[close + 1..];
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

impl Default for MessageTemplate {
    fn default() -> Self {
        Self("{code} is your sign-in code. It expires in {minutes} min.".to_owned())
    }
}

impl From<MessageTemplate> for String {
    fn from(template: MessageTemplate) -> Self {
        template.0
    }
}

impl TryFrom<String> for MessageTemplate {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// Whether a message may have a character: all but control characters other than a tab and line
/// breaks. Marks that join letters or turn the direction of writing belong to some languages; they
/// are made safe only where they are drawn.
fn can_be_sent(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r') || !letter.is_control()
}

/// The GSM 7-bit default alphabet, without the escape character (3GPP TS 23.038, 6.2.1).
const GSM7: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension of GSM-7: each character takes two septets, which are never split over segments.
const GSM7_EXTENSION: &str = "|^€{}[]~\\\u{c}";

/// Returns the number of septets of a character in GSM-7; `None` for one outside it.
fn septets(letter: char) -> Option<usize> {
    if GSM7.contains(letter) {
        Some(1)
    } else if GSM7_EXTENSION.contains(letter) {
        Some(2)
    } else {
        None
    }
}

impl Segments {
    /// Counts the segments of a text: one holds 160 septets or 70 UTF-16 units, each of several
    /// only 153 or 67, as the header that joins them takes space.
    pub fn of(text: &str) -> Self {
        let outside_gsm7 = text.chars().find(|&letter| septets(letter).is_none());
        let (encoding, alone, joined) = match outside_gsm7 {
            None => (Encoding::Gsm7, 160, 153),
            Some(_) => (Encoding::Ucs2, 70, 67),
        };
        let widths = text.chars().map(|letter| match encoding {
            Encoding::Gsm7 => septets(letter).unwrap_or(1),
            Encoding::Ucs2 => letter.len_utf16(),
        });
        let count = if widths.clone().sum::<usize>() <= alone { 1 } else { pack(widths, joined) };
        Self { encoding, count, outside_gsm7 }
    }
}

/// Counts the segments of `room` units that hold characters which are never split.
fn pack(widths: impl Iterator<Item = usize>, room: usize) -> usize {
    let (mut segments, mut used) = (1, 0);
    for width in widths {
        if used + width > room {
            segments += 1;
            used = 0;
        }
        used += width;
    }
    segments
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        })
    }
}

/// Writes, for example, `1 SMS, GSM-7`.
impl fmt::Display for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} SMS, {}", self.count, self.encoding)?;
        match self.outside_gsm7 {
            Some(letter) => write!(f, " because of {letter:?}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn placeholders_are_filled() {
        let template = MessageTemplate::parse("{app}: {code} ({minutes} min), {code}").unwrap();
        let code = Passcode::parse("012345").unwrap();
        assert_eq!(*template.render(&code, 5, "ACME"), "ACME: 012345 (5 min), 012345");
    }

    #[test]
    fn a_preview_leaves_equal_digits_in_the_text_alone() {
        let template = MessageTemplate::parse("Call 123456. Code: {code}").unwrap();
        let preview = template.preview(5, "ACME");
        assert_eq!(preview.text("••••••"), "Call 123456. Code: ••••••");
    }

    #[test]
    fn a_preview_costs_what_the_message_costs() {
        for (length, segments) in [(154, 1), (155, 2)] {
            let text = "a".repeat(length);
            let template = MessageTemplate::parse(&format!("{text}{{code}}")).unwrap();
            let code = Passcode::parse("123456").unwrap();
            let sent = Segments::of(&template.render(&code, 5, ""));
            assert_eq!(template.preview(5, "").segments(), sent);
            assert_eq!(sent.count, segments);
        }
    }

    #[test]
    fn each_fault_of_a_template_has_its_own_error() {
        let wrong = |text: &str| MessageTemplate::parse(text).unwrap_err();
        assert_eq!(wrong("Hello"), TemplateError::NoCode);
        assert_eq!(wrong("{code} {name}"), TemplateError::UnknownPlaceholder("name".to_owned()));
        assert_eq!(wrong("{code"), TemplateError::LoneBrace);
        assert_eq!(wrong("{{code}}"), TemplateError::LoneBrace);
        assert_eq!(wrong("} {code}"), TemplateError::LoneBrace);
        assert_eq!(wrong("{code}\x1b[0m"), TemplateError::Unprintable);
        assert_eq!(wrong("{code}\u{9b}0m"), TemplateError::Unprintable);
        for text in [
            "می\u{200c}خواهید {code}",
            "👩\u{200d}💻 {code}",
            "\u{200f}{code} שלום\u{200e}",
            "{code}\tACME",
            "{code}\r\nACME",
            "\u{2067}{code}\u{2069}",
        ] {
            assert_eq!(MessageTemplate::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(wrong(&"{code}".repeat(300)), TemplateError::TooLong);
        assert_eq!(wrong("Hello").to_string(), "the text must contain {code}");
    }

    fn count(text: &str) -> (Encoding, usize) {
        let segments = Segments::of(text);
        (segments.encoding, segments.count)
    }

    #[test]
    fn segments_are_counted_as_networks_count() {
        use Encoding::{Gsm7, Ucs2};
        assert_eq!(count(""), (Gsm7, 1));
        assert_eq!(count(&"a".repeat(160)), (Gsm7, 1));
        assert_eq!(count(&"a".repeat(161)), (Gsm7, 2));
        assert_eq!(count(&"a".repeat(306)), (Gsm7, 2));
        assert_eq!(count(&"a".repeat(307)), (Gsm7, 3));
        assert_eq!(count(&"€".repeat(80)), (Gsm7, 1));
        assert_eq!(count(&"€".repeat(81)), (Gsm7, 2));
        assert_eq!(count(&format!("{}€{}", "a".repeat(152), "a".repeat(152))), (Gsm7, 3));
        assert_eq!(count(&"ж".repeat(70)), (Ucs2, 1));
        assert_eq!(count(&"ж".repeat(71)), (Ucs2, 2));
        assert_eq!(count(&"😀".repeat(35)), (Ucs2, 1));
        assert_eq!(count(&"😀".repeat(36)), (Ucs2, 2));
        assert_eq!(count(&"😀".repeat(67)), (Ucs2, 3));
    }

    #[test]
    fn the_character_outside_gsm7_is_named() {
        assert_eq!(Segments::of("façade ça").outside_gsm7, Some('ç'));
        assert_eq!(Segments::of("“quoted”").to_string(), "1 SMS, UCS-2 because of '“'");
        assert_eq!(Segments::of("plain").to_string(), "1 SMS, GSM-7");
    }

    #[test]
    fn the_alphabet_has_127_characters_and_none_twice() {
        let mut letters: Vec<char> = GSM7.chars().collect();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), 127);
    }

    /// The alphabet once more, as the code points of its 128 places; 0x1b is the escape.
    #[rustfmt::skip]
    const PLACES: [u32; 128] = [
        0x40, 0xa3, 0x24, 0xa5, 0xe8, 0xe9, 0xf9, 0xec, 0xf2, 0xc7, 0x0a, 0xd8, 0xf8, 0x0d, 0xc5, 0xe5,
        0x394, 0x5f, 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, 0x1b, 0xc6, 0xe6, 0xdf, 0xc9,
        0x20, 0x21, 0x22, 0x23, 0xa4, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f,
        0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f,
        0xa1, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f,
        0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0xc4, 0xd6, 0xd1, 0xdc, 0xa7,
        0xbf, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f,
        0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0xe4, 0xf6, 0xf1, 0xfc, 0xe0,
    ];

    /// The places of the extension's characters, which follow an escape.
    const EXTENSION: [(u32, u16); 10] = [
        (0x0c, 0x0a),
        (0x5e, 0x14),
        (0x7b, 0x28),
        (0x7d, 0x29),
        (0x5c, 0x2f),
        (0x5b, 0x3c),
        (0x7e, 0x3d),
        (0x5d, 0x3e),
        (0x7c, 0x40),
        (0x20ac, 0x65),
    ];

    /// The septets of a text as they are sent; `None` if one character has none.
    fn encode_gsm7(text: &str) -> Option<Vec<u16>> {
        let mut septets = Vec::new();
        for point in text.chars().map(u32::from) {
            let place = PLACES.iter().position(|&at| at == point && point != 0x1b);
            if let Some(place) = place {
                septets.push(u16::try_from(place).unwrap());
            } else {
                let (_, place) = EXTENSION.iter().find(|(at, _)| *at == point)?;
                septets.extend([0x1b, *place]);
            }
        }
        Some(septets)
    }

    /// Cuts units into parts, one unit earlier where a part would end within a pair.
    fn cut(units: &[u16], room: usize, opens_pair: impl Fn(u16) -> bool) -> usize {
        let (mut rest, mut parts) = (units, 0);
        while rest.len() > room {
            let end = if opens_pair(rest[room - 1]) { room - 1 } else { room };
            rest = &rest[end..];
            parts += 1;
        }
        parts + 1
    }

    /// The count, written a second time: from what really goes over the air.
    fn second_count(text: &str) -> (Encoding, usize) {
        let (encoding, units, alone, joined) = match encode_gsm7(text) {
            Some(septets) => (Encoding::Gsm7, septets, 160, 153),
            None => (Encoding::Ucs2, text.encode_utf16().collect(), 70, 67),
        };
        let opens_pair = |unit: u16| match encoding {
            Encoding::Gsm7 => unit == 0x1b,
            Encoding::Ucs2 => (0xd800..0xdc00).contains(&unit),
        };
        let parts = if units.len() <= alone { 1 } else { cut(&units, joined, opens_pair) };
        (encoding, parts)
    }

    proptest! {
        #[test]
        fn a_second_count_agrees_on_gsm7(text in "[a-z0-9 @£Δ€{}|~^çÇàñ\\\\\\n]{0,700}") {
            prop_assert_eq!(count(&text), second_count(&text));
        }

        #[test]
        fn a_second_count_agrees_on_any_text(text in prop_oneof![".{0,400}", "[a-zж😀€é]{0,400}"]) {
            prop_assert_eq!(count(&text), second_count(&text));
        }

        #[test]
        fn a_longer_text_never_costs_less(text in "[a-z€ж😀]{0,400}", more in "[a-z]{1,9}") {
            let longer = format!("{text}{more}");
            prop_assert!(Segments::of(&longer).count >= Segments::of(&text).count);
        }

        #[test]
        fn every_template_puts_the_code_into_its_message(text in ".{0,80}") {
            if let Ok(template) = MessageTemplate::parse(&text) {
                prop_assert!(template.preview(5, "x").text("000000").contains("000000"));
            }
        }
    }
}
