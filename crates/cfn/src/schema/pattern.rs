//! Regular expressions of schemas, compiled when they are first needed.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Deserializer};

/// A pattern that a text must contain.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Returns the pattern as the schema writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether `value` contains a match.
    ///
    /// AWS's schemas use Java's expressions. Where `regex` refuses one, which is what it does with
    /// look-around, nothing is known about the value and it counts as a match.
    pub fn matches(&self, value: &str) -> bool {
        let compile = || RegexBuilder::new(&self.text).size_limit(4 << 20).build().ok();
        self.compiled.get_or_init(compile).as_ref().is_none_or(|regex| regex.is_match(value))
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { text: String::deserialize(deserializer)?, compiled: OnceLock::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        serde_json::from_value(text.into()).unwrap()
    }

    #[test]
    fn searches_rather_than_matches_the_whole() {
        assert!(pattern("[0-9]").matches("a1b"));
        assert!(!pattern("^[0-9]$").matches("a1b"));
    }

    #[test]
    fn says_nothing_where_it_cannot_be_compiled() {
        assert!(pattern("^(?!aws:).*$").matches("aws:x"));
    }
}
