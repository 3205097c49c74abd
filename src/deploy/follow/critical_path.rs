//! Which chain of resources an operation had to wait for: to make it faster, make one of these faster.

use std::collections::BTreeSet;

use hydrant_cfn::template::graph::Dependencies;

use super::timeline::{Deed, Step, Timeline};

/// Returns the places of the steps that followed upon each other to the operation's end, in their order.
///
/// With the template's `order`, a step follows the last that it waited for. Without it, and where an operation turns to
/// another kind of work, as when it is taken back, it follows what ended last before it.
pub fn critical_path(timeline: &Timeline, order: Option<&Dependencies>, now: i64) -> Vec<usize> {
    let steps = &timeline.steps;
    let whole = timeline.whole.as_ref().map(|whole| whole.deed);
    let end = |step: &Step| step.end.unwrap_or(now);
    let last = (0..steps.len()).max_by_key(|&place| (end(&steps[place]), steps[place].start));
    let mut path: Vec<usize> = Vec::new();
    let mut next = last;
    while let Some(place) = next {
        path.push(place);
        let step = &steps[place];
        let earlier = |&other: &usize| {
            !path.contains(&other) && steps[other].start <= step.start && end(&steps[other]) <= step.start
        };
        let before: Vec<usize> = (0..steps.len()).filter(earlier).collect();
        let awaited = order.map(|order| awaited(order, step));
        let is_awaited = |&&other: &&usize| {
            let other = &steps[other];
            let is_like_it = (other.deed == Deed::Delete) == (step.deed == Deed::Delete);
            let is_same = other.logical_id == step.logical_id;
            is_like_it && (is_same || awaited.as_ref().is_some_and(|ids| ids.contains(&other.logical_id)))
        };
        let latest = |places: &mut dyn Iterator<Item = usize>| places.max_by_key(|&place| end(&steps[place]));
        let is_other_work = step.deed == Deed::Delete && whole != Some(Deed::Delete);
        next = latest(&mut before.iter().filter(is_awaited).copied());
        if next.is_none() && (awaited.is_none() || is_other_work) {
            next = latest(&mut before.iter().copied());
        }
    }
    path.reverse();
    path
}

/// Returns what a step waits for: a resource is made after those that it needs, and deleted before them.
fn awaited(order: &Dependencies, step: &Step) -> BTreeSet<String> {
    match step.deed {
        Deed::Delete => order.dependents(&step.logical_id),
        Deed::Create | Deed::Update | Deed::Import => order.of(&step.logical_id).clone(),
    }
}

#[cfg(test)]
mod tests {
    use hydrant_cfn::template::Template;
    use hydrant_cfn::template::graph::dependencies;

    use super::*;
    use crate::deploy::follow::timeline::tests::event;

    const TEMPLATE: &str = "Resources:\n  \
        A: {Type: AWS::SNS::Topic}\n  \
        B: {Type: AWS::SNS::Topic}\n  \
        C: {Type: AWS::SNS::Topic, DependsOn: A}\n";

    fn path(events: &[(i64, &str, &str)], template: Option<&str>) -> Vec<String> {
        let events: Vec<_> = events.iter().map(|(time, id, status)| event(*time, id, status)).collect();
        let timeline = Timeline::of(&events);
        let order = template.map(|text| dependencies(&Template::parse(text).unwrap()).unwrap());
        let path = critical_path(&timeline, order.as_ref(), 99_000);
        path.into_iter().map(|place| timeline.steps[place].logical_id.clone()).collect()
    }

    const MADE: [(i64, &str, &str); 6] = [
        (0, "A", "CREATE_IN_PROGRESS"),
        (0, "B", "CREATE_IN_PROGRESS"),
        (3, "A", "CREATE_COMPLETE"),
        (4, "B", "CREATE_COMPLETE"),
        (4, "C", "CREATE_IN_PROGRESS"),
        (9, "C", "CREATE_COMPLETE"),
    ];

    #[test]
    fn follows_what_each_step_waited_for() {
        assert_eq!(path(&MADE, Some(TEMPLATE)), ["A", "C"]);
        // Nobody says what it waited for: what ended last.
        assert_eq!(path(&MADE, None), ["B", "C"]);
        assert_eq!(path(&[], None), [""; 0]);
    }

    #[test]
    fn goes_the_other_way_in_a_deletion_and_through_a_failure() {
        let gone = [
            (0, "C", "DELETE_IN_PROGRESS"),
            (0, "B", "DELETE_IN_PROGRESS"),
            (3, "C", "DELETE_COMPLETE"),
            (3, "B", "DELETE_COMPLETE"),
            (3, "A", "DELETE_IN_PROGRESS"),
            (5, "A", "DELETE_COMPLETE"),
        ];
        assert_eq!(path(&gone, Some(TEMPLATE)), ["C", "A"]);
        let failed = [
            (0, "A", "CREATE_IN_PROGRESS"),
            (0, "B", "CREATE_IN_PROGRESS"),
            (1, "A", "CREATE_COMPLETE"),
            (6, "B", "CREATE_FAILED"),
            (7, "A", "DELETE_IN_PROGRESS"),
            (8, "A", "DELETE_COMPLETE"),
        ];
        assert_eq!(path(&failed, None), ["B", "A"]);
    }
}
