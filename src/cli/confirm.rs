//! Questions before something is done that others will notice: asked on the terminal, or answered
//! beforehand by `--yes`.

use std::io::{BufRead, IsTerminal, Write};

use super::failure::Failure;
use super::output::complain;

/// Asks for a yes, unless it was given beforehand.
///
/// # Errors
/// Where nobody can be asked, or the answer is another one: then nothing may be done.
pub(super) fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    ask(&format!("{question} [y/N] "), yes, |answer| matches!(answer, "y" | "Y" | "yes"))
}

/// Asks for a word to be typed, unless `--yes` was given.
///
/// # Errors
/// As [`confirm`].
pub(super) fn confirm_by_word(question: &str, word: &str, yes: bool) -> Result<(), Failure> {
    ask(&format!("{question} Type {word:?} to continue: "), yes, |answer| answer == word)
}

fn ask(question: &str, yes: bool, is_yes: impl Fn(&str) -> bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        complain(question.trim_end());
        let words = "nothing was changed: not a terminal, use --yes";
        return Err(Failure::usage(words.to_owned()));
    }
    let mut terminal = std::io::stderr();
    write!(terminal, "{}", super::output::shown(question, true))?;
    terminal.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if is_yes(answer.trim()) {
        return Ok(());
    }
    Err(Failure::new("not_confirmed", "nothing was changed".to_owned()))
}
