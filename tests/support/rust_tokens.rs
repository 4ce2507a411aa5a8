//! Rust source as tokens: names and signs with their lines, without comments and literals.

/// A name, or a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub text: String,
    /// The line that it stands on, from 1.
    pub line: usize,
}

impl Token {
    /// Whether it is a name or a keyword.
    pub fn is_name(&self) -> bool {
        self.text.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
    }
}

/// The last token of the item that begins somewhere: its `;`, or the brace that closes its body.
pub fn item_end(tokens: &[Token], start: usize) -> Option<usize> {
    let (mut braces, mut others) = (0_usize, 0_usize);
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.text.as_str() {
            "{" => braces += 1,
            "}" => {
                braces = braces.checked_sub(1)?;
                if braces == 0 && others == 0 {
                    return Some(at);
                }
            }
            "(" | "[" => others += 1,
            ")" | "]" => others = others.checked_sub(1)?,
            ";" if braces == 0 && others == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// The tokens of a text, without comments and literals.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => string_length(rest),
            'r' | 'b' if literal_prefix(rest).is_some() => {
                let prefix = literal_prefix(rest).unwrap_or_default();
                let hashes = rest[..prefix].matches('#').count();
                if rest[..prefix].contains('r') {
                    let end = format!("\"{}", "#".repeat(hashes));
                    let body = &rest[prefix + 1..];
                    prefix + 1 + body.find(&end).map_or(body.len(), |at| at + end.len())
                } else {
                    prefix + string_length(&rest[prefix..])
                }
            }
            '\'' => char_length(rest),
            _ if letter.is_alphanumeric() || letter == '_' => {
                let is_part = |other: char| other.is_alphanumeric() || other == '_';
                let length = rest.find(|other| !is_part(other)).unwrap_or(rest.len());
                tokens.push(Token { text: rest[..length].to_owned(), line });
                length
            }
            _ if letter.is_whitespace() => letter.len_utf8(),
            _ => {
                let length = if rest.starts_with("::") { 2 } else { letter.len_utf8() };
                tokens.push(Token { text: rest[..length].to_owned(), line });
                length
            }
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

/// Bytes before the quote of a raw or byte string, if one begins here.
fn literal_prefix(text: &str) -> Option<usize> {
    let quote = text.find('"')?;
    let prefix = &text[..quote];
    let letters = prefix.trim_end_matches('#');
    let is_raw = matches!(letters, "r" | "br");
    (is_raw || prefix == "b").then_some(quote)
}

/// Bytes of the string that begins here.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Bytes of the character or the lifetime that begins here.
fn char_length(text: &str) -> usize {
    let letters: Vec<(usize, char)> = text.char_indices().take(3).collect();
    match letters[..] {
        [_, (_, '\\'), ..] => 3 + text[3..].find('\'').map_or(0, |end| end + 1),
        [_, _, (end, '\'')] => end + 1,
        // A lifetime: its name is a token that means nothing here.
        _ => 1,
    }
}
