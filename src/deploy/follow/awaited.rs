//! What an operation is about to do, before its first event: which resources, and how long that may take.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_cloudformation::types::StackResourceSummary;
use hydrant_cfn::template::Template;
use hydrant_cfn::template::graph::dependencies;

use super::expectations::Expectations;
use super::timeline::Deed;
use crate::deploy::plan::{Action, Plan};

/// A resource that an operation will come to.
#[derive(Debug, Clone)]
pub struct Awaited {
    pub logical_id: String,
    pub resource_type: String,
    pub deed: Deed,
    /// The resources that it waits for.
    pub after: BTreeSet<String>,
}

/// Returns what a plan will do; with the new template, in which order.
pub fn of_plan(plan: &Plan, template: Option<&Template>) -> Vec<Awaited> {
    let order = template.and_then(|template| dependencies(template).ok());
    let awaited = plan.changes.iter().map(|change| Awaited {
        deed: match change.action {
            Action::Remove => Deed::Delete,
            Action::Replace | Action::Modify => Deed::Update,
            Action::Add => Deed::Create,
            Action::Import => Deed::Import,
        },
        after: order.as_ref().map(|order| order.of(&change.logical_id).clone()).unwrap_or_default(),
        logical_id: change.logical_id.clone(),
        resource_type: change.resource_type.clone(),
    });
    awaited.collect()
}

/// Returns what deleting a stack's resources will do.
pub fn of_deletion(resources: &[StackResourceSummary]) -> Vec<Awaited> {
    let awaited = resources.iter().map(|resource| Awaited {
        logical_id: resource.logical_resource_id().unwrap_or_default().to_owned(),
        resource_type: resource.resource_type().unwrap_or_default().to_owned(),
        deed: Deed::Delete,
        after: BTreeSet::new(),
    });
    awaited.collect()
}

/// Returns how long it takes to do all of that: as it took before, or else as its longest chain would.
pub fn estimate(awaited: &[Awaited], expectations: &Expectations, deed: Deed) -> Option<Duration> {
    // An update of one thing says little of an update of another.
    let whole = expectations.whole(deed).filter(|_| deed != Deed::Update);
    whole.or_else(|| longest_chain(awaited, expectations))
}

/// Returns nothing when there is a resource of which nothing is known.
fn longest_chain(awaited: &[Awaited], expectations: &Expectations) -> Option<Duration> {
    let mut left: Vec<&Awaited> = awaited.iter().collect();
    let mut ends: BTreeMap<&str, Duration> = BTreeMap::new();
    while !left.is_empty() {
        let waits = |one: &Awaited| {
            one.after
                .iter()
                .any(|id| left.iter().any(|other| other.logical_id == *id && *id != one.logical_id))
        };
        let (later, ready): (Vec<_>, Vec<_>) = left.iter().copied().partition(|one| waits(one));
        if ready.is_empty() {
            return None;
        }
        for one in ready {
            let start = one.after.iter().filter_map(|id| ends.get(id.as_str())).max().copied();
            let takes = expectations.of(one.deed, &one.resource_type, &one.logical_id)?;
            ends.insert(&one.logical_id, start.unwrap_or_default() + takes);
        }
        left = later;
    }
    ends.into_values().max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::follow::timeline::Timeline;
    use crate::deploy::follow::timeline::tests::event;

    fn awaited(id: &str, after: &[&str]) -> Awaited {
        Awaited {
            logical_id: id.to_owned(),
            resource_type: "AWS::Kinesis::Stream".to_owned(),
            deed: Deed::Create,
            after: after.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    #[test]
    fn adds_up_the_longest_chain_and_prefers_what_the_whole_took() {
        let folder = tempfile::tempdir().unwrap();
        let read = |stack: &str| {
            Expectations::read(Some(folder.path().join("durations.json")), "aws", "eu-west-1", stack)
        };
        read("s").learn(&Timeline::of(&[
            event(0, "s", "CREATE_IN_PROGRESS"),
            event(0, "A", "CREATE_IN_PROGRESS"),
            event(10, "A", "CREATE_COMPLETE"),
            event(25, "s", "CREATE_COMPLETE"),
        ]));
        let chain =
            [awaited("B", &["A"]), awaited("A", &[]), awaited("C", &["B", "elsewhere"]), awaited("D", &[])];
        let seconds =
            |stack: &str| estimate(&chain, &read(stack), Deed::Create).map(|duration| duration.as_secs());
        assert_eq!(seconds("another"), Some(30));
        assert_eq!(seconds("s"), Some(25));
        assert_eq!(estimate(&chain, &Expectations::default(), Deed::Create), None);
        let circle = [awaited("A", &["B"]), awaited("B", &["A"])];
        assert_eq!(estimate(&circle, &read("another"), Deed::Create), None);
    }
}
