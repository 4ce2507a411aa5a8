//! The spellings of one mobile number that providers turn into each other.
//!
//! Argentina and Mexico had a digit of their own for calls to mobile numbers from abroad; Brazil,
//! Ivory Coast and Benin made their numbers longer, and some carriers still know the old ones.

/// A digit group that one spelling has after a prefix and the other has not.
struct Optional {
    /// Calling code, without plus sign.
    calling_code: &'static str,
    /// Digits after the calling code before the group.
    area: usize,
    /// The group.
    group: &'static str,
    /// Digits after the group.
    rest: usize,
}

/// ITU-T's national numbering plans, as of 2026.
const OPTIONAL: &[Optional] = &[
    Optional { calling_code: "54", area: 0, group: "9", rest: 10 },
    Optional { calling_code: "52", area: 0, group: "1", rest: 10 },
    Optional { calling_code: "55", area: 2, group: "9", rest: 8 },
    Optional { calling_code: "225", area: 0, group: "01", rest: 8 },
    Optional { calling_code: "225", area: 0, group: "05", rest: 8 },
    Optional { calling_code: "225", area: 0, group: "07", rest: 8 },
    Optional { calling_code: "229", area: 0, group: "01", rest: 8 },
];

/// Returns the other spellings of a number in E.164, in E.164.
pub(super) fn other_spellings(e164: &str) -> Vec<String> {
    let digits = e164.trim_start_matches('+');
    let other = |optional: &Optional| {
        let national = digits.strip_prefix(optional.calling_code)?;
        let (area, rest) = national.split_at_checked(optional.area)?;
        let respelled = match rest.strip_prefix(optional.group) {
            Some(rest) if rest.len() == optional.rest => format!("{area}{rest}"),
            _ if rest.len() == optional.rest => format!("{area}{}{rest}", optional.group),
            _ => return None,
        };
        Some(format!("+{}{respelled}", optional.calling_code))
    };
    OPTIONAL.iter().filter_map(other).collect()
}
