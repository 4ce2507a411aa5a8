//! Secrets: where they are found, and the deck's own key.

use std::fmt;
use std::path::PathBuf;

use hmac::{Hmac, Mac};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::environment::Environment;
use super::phone::PhoneNumber;
use super::plain_text::without_mark;
use super::user::User;

/// Where the value of a secret is found. The value itself is never in `config.ron`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SecretSource {
    /// The value is in `secrets.ron` beside the config file.
    Stored,
    /// The value is in an environment variable of the process.
    Env(String),
    /// The value is the first line of a file.
    File(PathBuf),
    /// The value is the first line that a command prints. The first word is the program.
    Command(Vec<String>),
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored => f.write_str("stored"),
            Self::Env(name) => write!(f, "from ${name}"),
            Self::File(path) => write!(f, "from {}", path.display()),
            Self::Command(words) => {
                write!(f, "from the command {}", words.first().map_or("", String::as_str))
            }
        }
    }
}

/// A secret in memory: never printed, wiped when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

/// Why a text cannot be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The text is empty.
    #[error("the secret is empty")]
    Empty,
    /// The text has a space or a control character inside; most likely it was copied with something
    /// else.
    #[error("the secret has a space or an unprintable character in it: copy it again")]
    Character,
    /// The text is longer than any token.
    #[error("the secret is longer than 512 characters: copy it again")]
    TooLong,
}

impl Secret {
    /// Parses a secret as typed or read; spaces around it and a byte order mark are dropped.
    ///
    /// # Errors
    /// When it is empty, too long, or has characters that no token has.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = without_mark(text).trim();
        if text.is_empty() {
            Err(SecretError::Empty)
        } else if text.len() > 512 {
            Err(SecretError::TooLong)
        } else if text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(SecretString::from(text.to_owned())))
        } else {
            Err(SecretError::Character)
        }
    }

    /// Returns the value, for the provider or `secrets.ron`.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Returns the last four characters, by which an operator recognizes a token; nothing of a
    /// secret with fewer than 16.
    pub fn ending(&self) -> &str {
        let value = self.expose();
        if value.len() < 16 { "" } else { &value[value.len() - 4..] }
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.expose().as_bytes(), other.expose().as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The key under which a user or a number is found in the store: a keyed hash, so that the store
/// holds neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LookupKey(pub [u8; 32]);

impl LookupKey {
    /// Returns a short name that stands for a user without showing their id: `user 7f3a9c`.
    pub fn short_name(self) -> String {
        let [first, second, third, ..] = self.0;
        format!("user {first:02x}{second:02x}{third:02x}")
    }
}

/// What distinguishes an account's credentials from others: a keyed hash, which reveals none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// The deck's own key: 32 random bytes that key the hashes of codes, users and numbers.
#[derive(Clone)]
pub struct DeckKey(Zeroizing<[u8; 32]>);

impl DeckKey {
    /// Makes a key of 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Parses the 64 hexadecimal digits of `secrets.ron`.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// Returns the 64 hexadecimal digits for `secrets.ron`.
    pub fn to_hex(&self) -> Zeroizing<String> {
        let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Zeroizing::new(digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect())
    }

    /// Returns the keyed hash of a constant, which identifies the key without revealing it.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.digest(&[b"fingerprint"])
    }

    /// Returns the link of a chain of records: a keyed hash over a record and the link before it.
    pub fn link(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut all = vec![b"link".as_slice()];
        all.extend_from_slice(parts);
        self.digest(&all)
    }

    /// Returns the key under which a phone number is stored.
    pub fn number(&self, number: &PhoneNumber) -> LookupKey {
        LookupKey(self.digest(&[b"number", number.e164().as_bytes()]))
    }

    /// Returns the key of the block of 1,000 numbers that a number is in: a keyed hash of all but
    /// its last three digits.
    pub fn block(&self, number: &PhoneNumber) -> LookupKey {
        let digits = number.e164();
        let block = digits.get(..digits.len().saturating_sub(3)).unwrap_or_default();
        LookupKey(self.digest(&[b"block", block.as_bytes()]))
    }

    /// Returns the key under which a user is stored. A user without an id is their number.
    pub fn user(&self, user: &User) -> LookupKey {
        match user {
            User::Number(number) => self.number(number),
            User::Id(id) => LookupKey(self.digest(&[b"user", id.whole().as_bytes()])),
        }
    }

    /// Returns the fingerprint of credentials: of the account, the key if there is one, the secret, and
    /// the address at which they are used.
    pub fn credentials(
        &self,
        account: &str,
        api_key: Option<&str>,
        secret: &Secret,
        address: &str,
    ) -> Fingerprint {
        let api_key = api_key.unwrap_or_default().as_bytes();
        let secret = secret.expose().as_bytes();
        let (account, address) = (account.as_bytes(), address.as_bytes());
        Fingerprint(self.digest(&[b"credentials", account, api_key, secret, address]))
    }

    /// Returns the keyed hash of a code, bound to its environment, user and challenge.
    pub fn code(
        &self,
        environment: Environment,
        user: LookupKey,
        challenge: i64,
        code: &[u8],
    ) -> [u8; 32] {
        self.digest(&[
            b"code",
            environment.key().as_bytes(),
            &user.0,
            &challenge.to_be_bytes(),
            code,
        ])
    }

    /// Returns the HMAC-SHA-256 of the parts, each with its length before it, so that no two lists
    /// of parts have the same hash.
    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC pads a shorter key with zeros to the block size of its hash, 64 bytes (RFC 2104).
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(&*self.0);
        let mut mac = <Hmac<Sha256> as hmac::digest::KeyInit>::new((&*block).into());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for DeckKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeckKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::parse("0123456789abcdef0123456789abcdef").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.ending(), "cdef");
        assert_eq!(Secret::parse("short").unwrap().ending(), "");
    }

    #[test]
    fn a_secret_with_a_space_inside_is_refused() {
        assert_eq!(Secret::parse(" abc\n").unwrap().expose(), "abc");
        assert_eq!(Secret::parse("ab c").unwrap_err(), SecretError::Character);
        assert_eq!(Secret::parse("\n").unwrap_err(), SecretError::Empty);
        assert_eq!(Secret::parse(&"x".repeat(513)).unwrap_err(), SecretError::TooLong);
    }

    #[test]
    fn the_deck_key_survives_its_hexadecimal_form() {
        let key = DeckKey::new([0xa7; 32]);
        let again = DeckKey::from_hex(&key.to_hex()).unwrap();
        assert_eq!(key.digest(&[b"x"]), again.digest(&[b"x"]));
        assert!(DeckKey::from_hex("a7").is_none());
        assert!(DeckKey::from_hex(&"é".repeat(32)).is_none());
    }

    #[test]
    fn numbers_that_differ_in_the_last_three_digits_are_one_block() {
        let key = DeckKey::new([1; 32]);
        let block = |number: &str| key.block(&PhoneNumber::parse(number).unwrap());
        assert_eq!(block("+573001234567"), block("+573001234999"));
        assert_ne!(block("+573001234567"), block("+573001235567"));
    }

    #[test]
    fn a_hash_is_bound_to_all_of_its_parts() {
        let key = DeckKey::new([1; 32]);
        let user = LookupKey([2; 32]);
        let base = key.code(Environment::Test, user, 1, b"123456");
        assert_ne!(base, key.code(Environment::Production, user, 1, b"123456"));
        assert_ne!(base, key.code(Environment::Test, LookupKey([3; 32]), 1, b"123456"));
        assert_ne!(base, key.code(Environment::Test, user, 2, b"123456"));
        assert_ne!(base, DeckKey::new([4; 32]).code(Environment::Test, user, 1, b"123456"));
        assert_ne!(key.digest(&[b"ab", b"c"]), key.digest(&[b"a", b"bc"]));
    }
}
