//! Asks before something happens that cannot be taken back.

use std::io::{BufRead, IsTerminal, Write};

use crate::error::{Error, Result};

/// Returns whether there is a terminal to ask on.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks `question` and returns whether the answer was yes. Without a terminal there is nobody to ask.
pub fn confirm(question: &str, flag: &str) -> Result<bool> {
    let answer = ask(&format!("{question} [y/N] "), flag)?;
    Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Asks for `word` and returns whether just that was typed.
pub fn confirm_by_typing(question: &str, word: &str, flag: &str) -> Result<bool> {
    Ok(ask(&format!("{question} "), flag)? == word)
}

fn ask(question: &str, flag: &str) -> Result<String> {
    if !can_ask() {
        return Err(Error::usage("this needs your consent, and there is no terminal to ask on")
            .hint(format!("give it with {flag}")));
    }
    let failed = |error| Error::failed_to("ask for consent").because(error);
    let mut stderr = std::io::stderr();
    write!(stderr, "{question}").and_then(|()| stderr.flush()).map_err(failed)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(failed)?;
    Ok(answer.trim().to_owned())
}
