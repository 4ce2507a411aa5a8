//! One-time codes: how they are drawn, and how a try is checked.

use std::fmt;

use jiff::Timestamp;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::digits::{digit_value, groups_digits};

/// The number of digits of a code.
pub const DIGITS: usize = 6;

/// Wrong tries that a challenge allows.
pub const TRIES_PER_CHALLENGE: u32 = 5;

/// Consecutive wrong tries of a user over all challenges, after which only an operator can
/// unlock (NIST SP 800-63B, section 5.2.2).
pub const MAX_WRONG_TRIES: u32 = 100;

/// A one-time code in the clear: six digits, in memory only, wiped when dropped.
#[derive(Clone)]
pub struct Passcode(Zeroizing<[u8; DIGITS]>);

/// The error for a text that cannot be a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code has {DIGITS} digits")]
pub struct NotAPasscode;

impl Passcode {
    /// Draws a code from a source of uniform 32-bit numbers. Each of the million codes has the same
    /// chance: numbers above the largest multiple of a million are drawn again.
    ///
    /// # Errors
    /// When the source fails, with its error.
    pub fn draw<E>(mut source: impl FnMut() -> Result<u32, E>) -> Result<Self, E> {
        const CODES: u32 = 1_000_000;
        const FAIR: u32 = u32::MAX - u32::MAX % CODES;
        let mut number = source()?;
        while number >= FAIR {
            number = source()?;
        }
        let mut rest = number % CODES;
        let mut digits = Zeroizing::new([b'0'; DIGITS]);
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Ok(Self(digits))
    }

    /// Reads a code as typed: digits of any script; spaces, hyphens and invisible marks between
    /// them are ignored.
    ///
    /// # Errors
    /// When it is not six digits.
    pub fn parse(typed: &str) -> Result<Self, NotAPasscode> {
        let mut digits = Zeroizing::new([0; DIGITS]);
        let mut count = 0;
        for letter in typed.chars().filter(|letter| !groups_digits(*letter)) {
            let value = digit_value(letter).ok_or(NotAPasscode)?;
            *digits.get_mut(count).ok_or(NotAPasscode)? = b'0' + value;
            count += 1;
        }
        if count == DIGITS { Ok(Self(digits)) } else { Err(NotAPasscode) }
    }

    /// Returns the digits as text, for one message.
    pub fn as_str(&self) -> &str {
        // They are ASCII.
        std::str::from_utf8(self.0.as_slice()).unwrap_or_default()
    }

    /// Returns the digits as ASCII, for one comparison.
    pub fn digits(&self) -> &[u8; DIGITS] {
        &self.0
    }
}

impl fmt::Debug for Passcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passcode(…)")
    }
}

/// A code that was sent, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCode {
    /// The keyed hash of the code.
    pub digest: [u8; 32],
    /// When the code is valid, by the time that has really passed.
    pub validity: Validity,
    /// When it is valid by the wall clock of the moment at which it was sent. A machine that was
    /// frozen does not know by itself how much time has passed.
    pub by_wall_clock: Validity,
}

/// When a code is valid: in `[from, until)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// When the code was sent.
    pub from: Timestamp,
    /// The moment from which the code is expired.
    pub until: Timestamp,
}

impl Validity {
    /// Whether a code is valid at a moment.
    pub fn includes(self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

impl IssuedCode {
    /// Whether the code is valid at a moment, by both clocks.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.validity.includes(now) && self.by_wall_clock.includes(now)
    }
}

/// A challenge: the codes that prove one sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The codes sent for it; earlier ones stay valid until they expire, as SMS can arrive in any
    /// order.
    pub codes: Vec<IssuedCode>,
    /// Wrong tries so far.
    pub wrong_tries: u32,
    /// Whether one of its codes has been used, which invalidates all of them.
    pub used: bool,
}

impl Challenge {
    /// Whether a new code belongs to this challenge; otherwise it starts the next one.
    pub fn is_open(&self, now: Timestamp) -> bool {
        !self.used
            && self.wrong_tries < TRIES_PER_CHALLENGE
            && self.codes.iter().any(|code| code.is_valid(now))
    }
}

/// The outcome of one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The code is right, in time, and used for the first time.
    Approved,
    /// The code is wrong.
    Wrong {
        /// Tries left for this challenge, 0 to 4.
        tries_left: u32,
    },
    /// The code has expired, or all codes of the challenge have. The try is not counted.
    Expired,
    /// No code was sent, or it has been used already.
    NoCode,
    /// No user was named, and the open challenge of the number belongs to one. No code was compared:
    /// of users who share a number, none may approve the sign-in of another.
    NeedsUser,
    /// The challenge has no tries left: a new code is needed.
    TriesUsedUp,
    /// The user has had [`MAX_WRONG_TRIES`] wrong tries in a row: an operator must unlock.
    UserLocked,
}

impl Verdict {
    /// Whether the try counts as a wrong one.
    pub const fn counts_as_wrong(self) -> bool {
        matches!(self, Self::Wrong { .. })
    }

    /// The stable name in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Wrong { .. } => "wrong",
            Self::Expired => "expired",
            Self::NoCode => "no_code",
            Self::NeedsUser => "needs_user",
            Self::TriesUsedUp | Self::UserLocked => "locked",
        }
    }
}

/// Writes the sentence for screens and the command line.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approved => f.write_str("Approved."),
            Self::Wrong { tries_left: 0 } => {
                f.write_str("Wrong code, no tries left; request a new code.")
            }
            Self::Wrong { tries_left: 1 } => f.write_str("Wrong code; 1 try left."),
            Self::Wrong { tries_left } => write!(f, "Wrong code; {tries_left} tries left."),
            Self::Expired => f.write_str("The code has expired; request a new one."),
            Self::NoCode => f.write_str(
                "No pending code for this number: none was sent, or it was already used.",
            ),
            Self::NeedsUser => f.write_str(
                "The code of this number was requested with a user ID; verify it with the same ID.",
            ),
            Self::TriesUsedUp => {
                f.write_str("Too many wrong tries for this code; request a new one.")
            }
            Self::UserLocked => {
                write!(
                    f,
                    "{MAX_WRONG_TRIES} wrong tries in a row: the user is locked until an operator unlocks them."
                )
            }
        }
    }
}

/// Whether a user or a number has had so many wrong tries in a row that only an operator can
/// unlock them. One of the two is enough to lock: changing the other buys no new tries.
pub const fn locks_user(wrong_in_a_row: u32) -> bool {
    wrong_in_a_row >= MAX_WRONG_TRIES
}

/// Judges one try. `wrong_in_a_row` counts the user's wrong tries over all challenges since the
/// last success or unlock. Compares every code, in constant time.
pub fn judge(
    challenge: Option<&Challenge>,
    wrong_in_a_row: u32,
    tried: &[u8; 32],
    now: Timestamp,
) -> Verdict {
    if locks_user(wrong_in_a_row) {
        return Verdict::UserLocked;
    }
    let Some(challenge) =
        challenge.filter(|challenge| !challenge.used && !challenge.codes.is_empty())
    else {
        return Verdict::NoCode;
    };
    if challenge.wrong_tries >= TRIES_PER_CHALLENGE {
        return Verdict::TriesUsedUp;
    }
    let (mut right, mut late, mut any_valid) = (false, false, false);
    for code in &challenge.codes {
        let valid = code.is_valid(now);
        let same = bool::from(code.digest.ct_eq(tried));
        right |= valid & same;
        late |= !valid & same;
        any_valid |= valid;
    }
    if right {
        Verdict::Approved
    } else if late || !any_valid {
        Verdict::Expired
    } else {
        Verdict::Wrong { tries_left: TRIES_PER_CHALLENGE - 1 - challenge.wrong_tries }
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn challenge(codes: &[(u8, i64)], wrong_tries: u32) -> Challenge {
        let codes = codes
            .iter()
            .map(|&(digest, seconds)| {
                let until = now() + seconds.seconds();
                let validity = Validity { from: until - 300.seconds(), until };
                IssuedCode { digest: [digest; 32], validity, by_wall_clock: validity }
            })
            .collect();
        Challenge { codes, wrong_tries, used: false }
    }

    fn drawn(number: u32) -> String {
        let code = Passcode::draw(|| Ok::<_, ()>(number)).unwrap();
        String::from_utf8(code.digits().to_vec()).unwrap()
    }

    #[test]
    fn leading_zeros_are_part_of_the_code() {
        assert_eq!(drawn(0), "000000");
        assert_eq!(drawn(1_000_042), "000042");
        assert_eq!(drawn(999_999), "999999");
    }

    #[test]
    fn numbers_that_would_favor_some_codes_are_drawn_again() {
        let mut numbers = [u32::MAX, 4_294_000_000, 4_293_999_999].into_iter();
        let code = Passcode::draw(|| numbers.next().ok_or(())).unwrap();
        assert_eq!(code.digits(), b"999999");
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for typed in
            [" 012 345", "012-345", "012\u{2013}345\t", "\u{2066}٠١٢٣٤٥\u{2069}", "０１２ ３４５"]
        {
            assert_eq!(Passcode::parse(typed).unwrap().digits(), b"012345", "{typed:?}");
        }
        for wrong in ["", "12345", "1234567", "12345a", "123456x", "½23456", "+123456"] {
            assert!(Passcode::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format!("{:?}", Passcode::parse("123456").unwrap()), "Passcode(…)");
    }

    #[test]
    fn a_code_is_expired_at_exactly_its_end() {
        let last_moment = challenge(&[(1, 1)], 0);
        assert_eq!(judge(Some(&last_moment), 0, &[1; 32], now()), Verdict::Approved);
        let ended = challenge(&[(1, 0)], 0);
        assert_eq!(judge(Some(&ended), 0, &[1; 32], now()), Verdict::Expired);
    }

    #[test]
    fn an_earlier_code_stays_valid_until_its_own_end() {
        let two = challenge(&[(1, 60), (2, 300)], 0);
        assert_eq!(judge(Some(&two), 0, &[1; 32], now()), Verdict::Approved);
        let first_ended = challenge(&[(1, 0), (2, 240)], 0);
        assert_eq!(judge(Some(&first_ended), 0, &[1; 32], now()), Verdict::Expired);
        assert_eq!(judge(Some(&first_ended), 0, &[3; 32], now()), Verdict::Wrong { tries_left: 4 });
    }

    #[test]
    fn a_used_challenge_has_no_code() {
        let used = Challenge { used: true, ..challenge(&[(1, 60)], 0) };
        assert_eq!(judge(Some(&used), 0, &[1; 32], now()), Verdict::NoCode);
        assert_eq!(judge(None, 0, &[1; 32], now()), Verdict::NoCode);
    }

    #[test]
    fn five_wrong_tries_end_the_challenge_and_a_hundred_lock_the_user() {
        assert_eq!(
            judge(Some(&challenge(&[(1, 60)], 4)), 4, &[9; 32], now()),
            Verdict::Wrong { tries_left: 0 }
        );
        assert_eq!(
            judge(Some(&challenge(&[(1, 60)], 5)), 5, &[1; 32], now()),
            Verdict::TriesUsedUp
        );
        assert_eq!(
            judge(Some(&challenge(&[(1, 60)], 0)), 100, &[1; 32], now()),
            Verdict::UserLocked
        );
    }

    proptest! {
        #[test]
        fn every_drawn_code_reads_back(number in any::<u32>()) {
            prop_assume!(number < 4_294_000_000);
            let code = drawn(number);
            prop_assert_eq!(code.len(), DIGITS);
            prop_assert_eq!(code.parse::<u32>().unwrap(), number % 1_000_000);
        }
    }
}
