//! Where a property is in its type: `/properties/A/B` as the schemas write it, `A.B` as templates do.

use serde::{Deserialize, Deserializer};

/// A property of a type, by the names that lead to it; `*` stands for any list index or key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PropertyPointer {
    parts: Vec<String>,
}

impl PropertyPointer {
    /// Returns the names that lead to the property.
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// Returns the dotted form that `Fn::GetAtt` takes.
    pub fn dotted(&self) -> String {
        self.parts.join(".")
    }

    /// Tells whether the property is the one at `path`, or contains it.
    pub(super) fn covers<S: AsRef<str>>(&self, path: &[S]) -> bool {
        let mut path = path.iter().map(AsRef::as_ref);
        let mut at = path.next();
        for part in &self.parts {
            // Some schemas leave the `*` of a list out, so an index that is not named is passed over.
            while part != "*" && at.is_some_and(|name| name != part && is_index(name)) {
                at = path.next();
            }
            match at {
                Some(name) if part == "*" || name == part => at = path.next(),
                _ => return false,
            }
        }
        true
    }
}

fn is_index(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

impl<'de> Deserialize<'de> for PropertyPointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let path = text.strip_prefix("/properties/").unwrap_or(&text);
        // A few schemas write `/properties/A/items/properties/B`, or `/properties/A/properties/B`.
        let parts = path.split('/').filter(|part| !matches!(*part, "" | "properties" | "items"));
        let parts = parts.map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
        Ok(Self { parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(text: &str) -> PropertyPointer {
        serde_json::from_value(text.into()).unwrap()
    }

    #[test]
    fn covers_itself_and_what_it_contains() {
        let nested = pointer("/properties/A/B");
        assert!(nested.covers(&["A", "B"]));
        assert!(nested.covers(&["A", "B", "C"]));
        assert!(!nested.covers(&["A"]));
        assert!(!nested.covers(&["A", "C"]));
        assert_eq!(nested.dotted(), "A.B");
    }

    #[test]
    fn passes_over_list_indexes() {
        assert!(pointer("/properties/A/*/B").covers(&["A", "3", "B"]));
        assert!(pointer("/properties/A/items/properties/B").covers(&["A", "3", "B"]));
        assert!(!pointer("/properties/A/*/B").covers(&["A", "3", "C"]));
    }
}
