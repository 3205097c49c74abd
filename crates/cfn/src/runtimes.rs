//! The calendar of Lambda's runtimes: when AWS ends them, and what comes after.
//!
//! A name becomes a [`Runtime`] with dates as text, `2026-09-30`. It knows no clock: whether a day has come is for the
//! caller to say, with a date of its own or with that of the data ([`crate::schema::source`]).

use crate::frozen::{Frozen, Object};
use crate::schema::section;

/// A runtime of which AWS has announced the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runtime {
    pub name: &'static str,
    /// From this day on AWS mends nothing.
    pub deprecated: Option<&'static str>,
    /// From this day on no function can be made with it.
    pub create_blocked: Option<&'static str>,
    /// From this day on no function with it can be changed.
    pub update_blocked: Option<&'static str>,
    /// What AWS advises to take instead.
    pub successor: Option<&'static str>,
}

/// Returns what is announced of a runtime, such as `python3.9`.
pub fn of(name: &str) -> Option<Runtime> {
    let (name, dates) = section("runtimes")?.entry(name)?;
    Some(read(name, dates.object()?))
}

/// Returns all runtimes of which something is announced, in the order of their names.
pub fn all() -> impl Iterator<Item = Runtime> {
    let runtimes = section("runtimes").into_iter().flat_map(Object::iter);
    runtimes.filter_map(|(name, dates)| Some(read(name, dates.object()?)))
}

fn read(name: &'static str, dates: Object<'static>) -> Runtime {
    let text = |name: &str| dates.get(name).and_then(Frozen::text);
    Runtime {
        name,
        deprecated: text("deprecated"),
        create_blocked: text("create-block"),
        update_blocked: text("update-block"),
        successor: text("successor"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_when_a_runtime_ends() {
        let expected = Runtime {
            name: "dotnet6",
            deprecated: Some("2024-12-20"),
            create_blocked: Some("2027-02-01"),
            update_blocked: Some("2027-03-03"),
            successor: Some("dotnet10"),
        };
        assert_eq!(of("dotnet6"), Some(expected));
        assert_eq!(of("cobol"), None);
    }

    #[test]
    fn advises_runtimes_that_it_knows() {
        for runtime in all() {
            let successor = runtime.successor.and_then(of);
            assert_eq!(successor.map(|one| one.name), runtime.successor, "{}", runtime.name);
        }
    }
}
