//! The answer to input that a service's model does not allow: all violations in one `ValidationException`.
//!
//! Fields are named as AWS names them in these messages, `streamName` rather than `StreamName`. What a
//! service checks beyond its model (names that exist, values that fit together) does not belong here.

use std::fmt::Display;

use crate::error::AwsError;

/// Collects what an operation's input violates.
#[derive(Debug, Default)]
pub struct Constraints(Vec<String>);

impl Constraints {
    /// Notes a required field that is not there.
    pub fn present(&mut self, field: &str, is_present: bool) {
        if !is_present {
            self.0.push(format!(
                "Value null at '{field}' failed to satisfy constraint: Member must not be null"
            ));
        }
    }

    /// Notes a text or list whose length, given as `length`, lies outside the allowed ones.
    pub fn length(&mut self, field: &str, value: impl Display, length: usize, least: usize, most: usize) {
        if length < least {
            self.note(field, value, format_args!("have length greater than or equal to {least}"));
        } else if length > most {
            self.note(field, value, format_args!("have length less than or equal to {most}"));
        }
    }

    /// Notes a text that is too short or too long, in characters.
    pub fn text(&mut self, field: &str, value: Option<&str>, least: usize, most: usize) {
        if let Some(value) = value {
            self.length(field, value, value.chars().count(), least, most);
        }
    }

    /// Notes a name that is too long, empty, or not made of letters, digits, `_`, `.` and `-`.
    pub fn name(&mut self, field: &str, value: Option<&str>, most: usize) {
        let Some(value) = value else { return };
        if value.is_empty()
            || !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        {
            self.note(field, value, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
        }
        self.text(field, Some(value), 1, most);
    }

    /// Notes a number outside the allowed ones.
    pub fn range(&mut self, field: &str, value: Option<i64>, least: i64, most: i64) {
        match value {
            Some(value) if value < least => {
                self.note(field, value, format_args!("have value greater than or equal to {least}"));
            }
            Some(value) if value > most => {
                self.note(field, value, format_args!("have value less than or equal to {most}"));
            }
            _ => {}
        }
    }

    /// Notes a value that is not one of the allowed words.
    pub fn one_of(&mut self, field: &str, value: Option<&str>, words: &[&str]) {
        if let Some(value) = value.filter(|value| !words.contains(value)) {
            self.note(field, value, format_args!("satisfy enum value set: [{}]", words.join(", ")));
        }
    }

    /// Notes that `value` fails something else that the model says.
    pub fn note(&mut self, field: &str, value: impl Display, must: impl Display) {
        self.0.push(format!("Value '{value}' at '{field}' failed to satisfy constraint: Member must {must}"));
    }

    /// Refuses the input when anything was noted.
    pub fn finish(self) -> Result<(), AwsError> {
        let count = self.0.len();
        if count == 0 {
            return Ok(());
        }
        let plural = if count == 1 { "" } else { "s" };
        let message = format!("{count} validation error{plural} detected: {}", self.0.join("; "));
        Err(AwsError::new("ValidationException", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_every_violation_in_one_refusal() {
        let mut check = Constraints::default();
        check.name("streamName", Some("a b"), 128);
        check.range("limit", Some(10_001), 1, 10_000);
        check.present("shardId", false);
        let refusal = check.finish().unwrap_err();
        assert_eq!(refusal.code, "ValidationException");
        assert_eq!(
            refusal.message,
            "3 validation errors detected: Value 'a b' at 'streamName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '10001' at 'limit' failed to satisfy \
             constraint: Member must have value less than or equal to 10000; Value null at 'shardId' failed to \
             satisfy constraint: Member must not be null"
        );
    }

    #[test]
    fn accepts_what_lies_on_the_limits() {
        let mut check = Constraints::default();
        check.name("streamName", Some(&"a".repeat(128)), 128);
        check.range("limit", Some(1), 1, 10_000);
        check.one_of("type", Some("LATEST"), &["LATEST"]);
        assert_eq!(check.finish(), Ok(()));
    }
}
