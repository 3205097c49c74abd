//! What a rule is about, as its id says: cfn-lint's numbers, and ours after them.

use super::Rule;

/// A group of rules that are about the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Family(u8);

impl Family {
    /// Returns what its rules are about.
    pub fn name(self) -> &'static str {
        match self.0 {
            0 => "The form of the text",
            1 => "Functions and references",
            2 => "Parameters, and versions that end",
            3 => "Resources and their properties",
            4 => "Metadata",
            5 => "Modules",
            6 => "Outputs",
            7 => "Mappings",
            8 => "Conditions",
            9 => "Streaming: what services want of each other",
            _ => "Other",
        }
    }
}

impl Rule {
    /// Returns the family that the rule belongs to.
    pub fn family(&self) -> Family {
        let digit = self.id.bytes().nth(1).unwrap_or_default();
        match (self.id.starts_with('H'), digit) {
            (true, b'1') => Family(9),
            (_, b'0'..=b'8') => Family(digit - b'0'),
            _ => Family(u8::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::{rule, rules};

    #[test]
    fn puts_every_rule_into_a_family_with_a_name() {
        for rule in rules() {
            assert_ne!(rule.family().name(), "Other", "{}", rule.id);
        }
        let name = |id: &str| rule(id).map(|rule| rule.family().name()).unwrap_or_default();
        assert_eq!(name("E1020"), "Functions and references");
        assert_eq!(name("H1101"), "Streaming: what services want of each other");
        assert_eq!(name("H0101"), "The form of the text");
    }
}
