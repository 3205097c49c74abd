//! Which delivery streams should go: by their names, and by who owns them.

use hydrant_cfn::iam::matches;

/// The tag that CloudFormation leaves on what a stack owns.
pub const OWNER_TAG: &str = "aws:cloudformation:stack-name";

/// What the user chose.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Patterns of which a name fits one; every name when there are none.
    pub names: Vec<String>,
    /// Patterns of names that stay.
    pub except: Vec<String>,
    pub includes_owned: bool,
}

impl Choice {
    /// Returns whether the choice is everything that no stack owns.
    pub fn is_everything(&self) -> bool {
        self.names.is_empty()
    }

    /// Tells whether a delivery stream of that name is meant.
    pub fn takes(&self, name: &str) -> bool {
        let fits = |pattern: &String| matches(pattern, name);
        (self.names.is_empty() || self.names.iter().any(fits)) && !self.except.iter().any(fits)
    }

    /// Tells whether a delivery stream with that owner stays where it is.
    pub fn leaves(&self, owner: Option<&str>) -> bool {
        owner.is_some() && !self.includes_owned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(names: &[&str], except: &[&str]) -> Choice {
        let own = |patterns: &[&str]| patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Choice { names: own(names), except: own(except), includes_owned: false }
    }

    #[test]
    fn takes_what_fits_a_pattern_and_no_exception() {
        assert!(choice(&[], &[]).takes("orders") && choice(&[], &[]).is_everything());
        let some = choice(&["gps-*", "taxi-?"], &["*-keep", "taxi-9"]);
        assert!(some.takes("gps-1") && some.takes("taxi-1"));
        assert!(!some.takes("gps-keep") && !some.takes("taxi-9") && !some.takes("taxi-10"));
        assert!(!some.takes("my-gps-1"), "a pattern is of the whole name");
        assert!(!choice(&[], &["orders"]).takes("orders"));
    }

    #[test]
    fn leaves_what_a_stack_owns_unless_told_otherwise() {
        let mut choice = choice(&[], &[]);
        assert!(choice.leaves(Some("orders-prod")) && !choice.leaves(None));
        choice.includes_owned = true;
        assert!(!choice.leaves(Some("orders-prod")));
    }
}
