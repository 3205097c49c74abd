//! What a rule is about, as its id says: cfn-lint's numbers, and ours after them.

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
            10 => "Stack files: what a pipeline expects of its parts",
            _ => "Other",
        }
    }
}

impl Family {
    /// Returns the family that the rule with this id belongs to.
    pub fn of(id: &str) -> Self {
        let digit = id.as_bytes().get(1).copied().unwrap_or_default();
        match (id.starts_with('H'), digit) {
            (true, b'1') => Self(9),
            (true, b'3') => Self(10),
            (_, b'0'..=b'8') => Self(digit - b'0'),
            _ => Self(u8::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Family;
    use crate::lint::rules;

    #[test]
    fn puts_every_rule_into_a_family_with_a_name() {
        for rule in rules() {
            assert_ne!(Family::of(rule.id).name(), "Other", "{}", rule.id);
        }
        let name = |id: &str| Family::of(id).name();
        assert_eq!(name("E1020"), "Functions and references");
        assert_eq!(name("H1101"), "Streaming: what services want of each other");
        assert_eq!(name("H0101"), "The form of the text");
        assert_eq!(name("H3101"), "Stack files: what a pipeline expects of its parts");
    }
}
