//! Where a property is in its type: `/properties/A/B` as AWS's schemas write it, `A.B` as templates do.

/// A property of a type, by the names that lead to it; `*` stands for any list index or key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PropertyPointer<'a> {
    /// The names with slashes between.
    path: &'a str,
}

impl<'a> PropertyPointer<'a> {
    /// Returns the property that `path` leads to, such as `A/*/B`.
    pub fn new(path: &'a str) -> Self {
        Self { path }
    }

    /// Returns the names that lead to the property.
    pub fn parts(self) -> impl Iterator<Item = &'a str> {
        self.path.split('/')
    }

    /// Says whether these are the names that lead to the property.
    pub fn is<S: AsRef<str>>(self, path: &[S]) -> bool {
        self.parts().eq(path.iter().map(AsRef::as_ref))
    }

    /// Returns the dotted form that `Fn::GetAtt` takes.
    pub fn dotted(self) -> String {
        self.path.replace('/', ".")
    }

    /// Tells whether the property is the one at `path`, or contains it.
    pub(super) fn covers<S: AsRef<str>>(self, path: &[S]) -> bool {
        let mut path = path.iter().map(AsRef::as_ref);
        let mut at = path.next();
        for part in self.parts() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_itself_and_what_it_contains() {
        let nested = PropertyPointer::new("A/B");
        assert!(nested.covers(&["A", "B"]));
        assert!(nested.covers(&["A", "B", "C"]));
        assert!(!nested.covers(&["A"]));
        assert!(!nested.covers(&["A", "C"]));
        assert!(nested.is(&["A", "B"]) && !nested.is(&["A"]));
        assert_eq!(nested.dotted(), "A.B");
    }

    #[test]
    fn passes_over_list_indexes() {
        assert!(PropertyPointer::new("A/*/B").covers(&["A", "3", "B"]));
        assert!(PropertyPointer::new("A/B").covers(&["A", "3", "B"]));
        assert!(!PropertyPointer::new("A/*/B").covers(&["A", "3", "C"]));
    }
}
