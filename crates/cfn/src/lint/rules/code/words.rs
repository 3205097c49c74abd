//! Code cut into words, strings and signs, as far as Python and JavaScript agree on them.

/// A piece of code, with the line that it begins on, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'c> {
    pub kind: Kind<'c>,
    pub line: usize,
    /// Where it begins in its line, in bytes.
    pub column: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'c> {
    Word(&'c str),
    /// The text between the quotes.
    Text(&'c str),
    Sign(char),
    /// The end of a line that is not in a string.
    NewLine,
}

/// What cannot be read, and on which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub line: usize,
    pub message: String,
}

impl Fault {
    pub(super) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// Finds the bracket that has no other half.
pub(super) fn unbalanced(tokens: &[Token<'_>]) -> Option<Fault> {
    let mut open: Vec<(char, usize)> = Vec::new();
    for token in tokens {
        let Kind::Sign(sign) = token.kind else { continue };
        match sign {
            '(' | '[' | '{' => open.push((sign, token.line)),
            ')' | ']' | '}' => match open.pop() {
                Some((before, line)) if other_half(before) != sign => {
                    let message = format!("`{sign}` closes the `{before}` of line {} of the code", line + 1);
                    return Some(Fault::new(token.line, message));
                }
                Some(_) => {}
                None => return Some(Fault::new(token.line, format!("`{sign}` closes nothing"))),
            },
            _ => {}
        }
    }
    open.pop().map(|(sign, line)| Fault::new(line, format!("`{sign}` is never closed")))
}

fn other_half(sign: char) -> char {
    match sign {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// Returns the length of the word at the start of a text.
pub(super) fn word_length(text: &str) -> usize {
    let is_part = |one: char| one.is_alphanumeric() || one == '_' || one == '$';
    text.find(|one| !is_part(one)).unwrap_or(text.len())
}
