//! Filter patterns of unstructured logs: terms, quoted phrases, `-excluded` and `?optional` ones.
//!
//! Patterns over JSON (`{ $.field = value }`), columns (`[a, b]`) and regular expressions (`%…%`) are refused.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

use crate::error::AwsError;

/// A pattern that messages match or not.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Filter {
    required: Vec<String>,
    excluded: Vec<String>,
    optional: Vec<String>,
}

impl Filter {
    /// Reads a pattern; an empty one matches everything.
    pub fn parse(pattern: &str) -> Result<Self, AwsError> {
        let pattern = pattern.trim();
        for (first, name) in [('{', "a filter pattern over JSON"), ('[', "a filter pattern over columns")] {
            if pattern.starts_with(first) {
                return Err(AwsError::not_supported(name));
            }
        }
        let mut filter = Self::default();
        let mut rest = pattern;
        while !rest.is_empty() {
            let kind = rest.chars().next().filter(|first| matches!(first, '-' | '?'));
            let (term, after) = term(if kind.is_some() { &rest[1..] } else { rest })?;
            if term.len() > 1 && term.starts_with('%') && term.ends_with('%') {
                return Err(AwsError::not_supported("a regular expression in a filter pattern"));
            }
            match kind {
                Some('-') => filter.excluded.push(term),
                Some(_) => filter.optional.push(term),
                None => filter.required.push(term),
            }
            rest = after.trim_start();
        }
        Ok(filter)
    }

    /// Returns whether a message matches; terms are case-sensitive.
    ///
    /// Not confirmed on AWS: whether a term also matches within a longer word, as it does here.
    pub fn matches(&self, message: &str) -> bool {
        let contains = |term: &String| message.contains(term.as_str());
        // Optional terms say nothing beside required ones.
        let has_optional =
            self.optional.is_empty() || !self.required.is_empty() || self.optional.iter().any(contains);
        self.required.iter().all(contains) && has_optional && !self.excluded.iter().any(contains)
    }
}

/// Takes one word or quoted phrase off a pattern.
fn term(pattern: &str) -> Result<(String, &str), AwsError> {
    let invalid = || AwsError::new("InvalidParameterException", "Invalid filter pattern");
    if let Some(quoted) = pattern.strip_prefix('"') {
        let mut phrase = String::new();
        let mut characters = quoted.char_indices();
        while let Some((index, character)) = characters.next() {
            match character {
                '"' => return Ok((phrase, &quoted[index + 1..])),
                '\\' => phrase.extend(characters.next().map(|(_, escaped)| escaped)),
                other => phrase.push(other),
            }
        }
        return Err(invalid());
    }
    let end = pattern.find(char::is_whitespace).unwrap_or(pattern.len());
    let (word, rest) = pattern.split_at(end);
    if word.is_empty() {
        return Err(invalid());
    }
    Ok((word.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, message: &str) -> bool {
        Filter::parse(pattern).unwrap().matches(message)
    }

    #[test]
    fn matches_terms_and_phrases() {
        assert!(matches("", "anything"));
        assert!(matches("ERROR", "[ERROR] no"));
        assert!(!matches("ERROR", "error"));
        assert!(matches("ERROR timeout", "timeout after ERROR"));
        assert!(!matches("ERROR timeout", "ERROR"));
        assert!(matches(r#""task timed out" -retry"#, "the task timed out"));
        assert!(!matches(r#""task timed out" -retry"#, "task timed out, retry"));
        assert!(matches("?WARN ?ERROR", "WARN"));
        assert!(!matches("?WARN ?ERROR", "INFO"));
        assert!(matches(r#""say \"hi\"""#, r#"I say "hi""#));
    }

    #[test]
    fn refuses_what_it_cannot_match() {
        let code = |pattern| Filter::parse(pattern).unwrap_err().code;
        assert_eq!(code("{ $.level = \"ERROR\" }"), "NotImplemented");
        assert_eq!(code("[ip, user]"), "NotImplemented");
        assert_eq!(code("%ERR.*%"), "NotImplemented");
        assert_eq!(code("\"open"), "InvalidParameterException");
        assert_eq!(code("a -"), "InvalidParameterException");
    }
}
