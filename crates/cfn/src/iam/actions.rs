//! The actions that IAM knows, and the kinds of resource that each can be limited to.
//!
//! A service's prefix, such as `s3`, becomes a [`Service`]. Names are compared without regard to case, as IAM does; the data
//! have them in lower case. It does not match wildcards, which [`super::matches_ignoring_case`] does, and it decides nothing.

use crate::frozen::{Frozen, List, Object};
use crate::schema::section;

/// The actions and kinds of resource of one service.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    prefix: &'static str,
    members: Object<'static>,
}

impl Service {
    /// Returns the service of a prefix, or nothing for one that IAM does not know.
    pub fn of(prefix: &str) -> Option<Service> {
        let (prefix, members) = section("actions")?.entry(&prefix.to_ascii_lowercase())?;
        Some(Service { prefix, members: members.object()? })
    }

    /// Returns all prefixes, in order.
    pub fn prefixes() -> impl Iterator<Item = &'static str> {
        section("actions").into_iter().flat_map(Object::iter).map(|(prefix, _)| prefix)
    }

    /// Returns what stands before the colon in the names of the service's actions.
    pub fn prefix(self) -> &'static str {
        self.prefix
    }

    fn section(self, name: &str) -> Option<Object<'static>> {
        self.members.get(name)?.object()
    }

    /// Returns the names of all actions, in lower case.
    pub fn actions(self) -> impl Iterator<Item = &'static str> {
        self.section("actions").into_iter().flat_map(Object::iter).map(|(name, _)| name)
    }

    /// Says whether the service has an action.
    pub fn has_action(self, name: &str) -> bool {
        self.section("actions").is_some_and(|actions| actions.get(&name.to_ascii_lowercase()).is_some())
    }

    /// Returns the kinds of resource that an action can be limited to; none where only `*` will do.
    pub fn resources(self, action: &str) -> impl Iterator<Item = &'static str> {
        let action = self.section("actions").and_then(|actions| actions.get(&action.to_ascii_lowercase()));
        action.and_then(Frozen::list).into_iter().flat_map(List::texts)
    }

    /// Returns how the ARNs of a kind of resource look, with `${Region}` and the like, and `.*` for any text.
    pub fn arns(self, resource: &str) -> impl Iterator<Item = &'static str> {
        let formats = self
            .section("resources")
            .and_then(|kinds| kinds.get(resource)?.object()?.get("ARNFormats")?.list());
        formats.into_iter().flat_map(List::texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_actions_of_a_service() {
        let kinesis = Service::of("kinesis").unwrap();
        assert!(kinesis.has_action("PutRecords") && !kinesis.has_action("PutRecordz"));
        assert_eq!(kinesis.resources("PutRecords").collect::<Vec<_>>(), ["stream"]);
        assert_eq!(kinesis.resources("ListStreams").count(), 0);
        let arns: Vec<_> = kinesis.arns("stream").collect();
        assert_eq!(arns, ["arn:${Partition}:kinesis:${Region}:${Account}:stream/.*"]);
    }

    #[test]
    fn knows_every_service() {
        assert!(Service::prefixes().count() > 400);
        assert!(Service::of("kinesiss").is_none());
        for prefix in Service::prefixes() {
            assert!(Service::of(prefix).is_some_and(|service| service.prefix() == prefix));
        }
    }
}
