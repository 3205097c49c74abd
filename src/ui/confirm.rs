//! Asks before something happens that cannot be taken back.

use std::io::{BufRead, IsTerminal, Write};

use crate::error::{Error, Result};

/// Asks `question` and returns whether the answer was yes. Without a terminal there is nobody to ask.
pub fn confirm(question: &str, flag: &str) -> Result<bool> {
    let (stdin, mut stderr) = (std::io::stdin(), std::io::stderr());
    if !stdin.is_terminal() || !stderr.is_terminal() {
        return Err(Error::usage("this needs your consent, and there is no terminal to ask on")
            .hint(format!("give it with {flag}")));
    }
    let failed = |error| Error::failed_to("ask for consent").because(error);
    write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush()).map_err(failed)?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).map_err(failed)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
