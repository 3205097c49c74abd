//! When each resource of one operation began and ended, from the stack's events.
//!
//! It knows no clock: whoever notes an event says which moment counts for it.

use aws_sdk_cloudformation::types::{ResourceStatus, StackEvent};
use serde::Serialize;

use crate::deploy::stack_status::{is_settled, is_success};

/// What is done to a resource, or to the stack as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    Create,
    Update,
    Delete,
    Import,
}

impl Deed {
    /// Returns what a status is about.
    pub fn of(status: &str) -> Self {
        match status {
            status if status.starts_with("CREATE") => Self::Create,
            status if status.starts_with("DELETE") => Self::Delete,
            status if status.starts_with("IMPORT") => Self::Import,
            _ => Self::Update,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Import => "import",
        }
    }

    /// Returns the word for it while it goes on.
    pub fn underway(self) -> &'static str {
        match self {
            Self::Create => "creating",
            Self::Update => "updating",
            Self::Delete => "deleting",
            Self::Import => "importing",
        }
    }
}

/// One deed done to one resource. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub logical_id: String,
    pub resource_type: String,
    pub deed: Deed,
    pub status: String,
    pub start: i64,
    /// Nothing while it goes on.
    pub end: Option<i64>,
}

impl Step {
    /// Returns whether it ended as it was meant to.
    pub fn is_done(&self) -> bool {
        self.end.is_some() && self.status.ends_with("_COMPLETE")
    }

    /// Returns how long it took, or has taken by `now`, in milliseconds.
    pub fn lasted(&self, now: i64) -> i64 {
        (self.end.unwrap_or(now) - self.start).max(0)
    }
}

/// The steps of one operation, in the order in which they began.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    /// The operation as a whole.
    pub whole: Option<Step>,
    pub steps: Vec<Step>,
}

impl Timeline {
    /// Reads the events of one operation, oldest first, by their own times.
    pub fn of(events: &[StackEvent]) -> Self {
        let mut timeline = Self::default();
        for event in events {
            timeline.note(event, time(event));
        }
        timeline
    }

    /// Takes an event in that happened at `moment`.
    pub fn note(&mut self, event: &StackEvent, moment: i64) {
        let status = event.resource_status().map(ResourceStatus::as_str).unwrap_or_default();
        if is_of_stack(event) {
            return self.note_whole(event, status, moment);
        }
        let id = event.logical_resource_id().unwrap_or_default();
        let deed = Deed::of(status);
        let open = self.steps.iter_mut().rfind(|step| step.logical_id == id && step.end.is_none());
        match open {
            Some(step) if is_settled(status) => {
                step.end = Some(moment);
                status.clone_into(&mut step.status);
            }
            Some(step) if step.deed == deed => status.clone_into(&mut step.status),
            open => {
                // What was begun and is undone before anybody said how it ended.
                if let Some(step) = open {
                    step.end = Some(moment);
                }
                let mut step = step(event, status, moment);
                step.end = is_settled(status).then_some(moment);
                self.steps.push(step);
            }
        }
    }

    fn note_whole(&mut self, event: &StackEvent, status: &str, moment: i64) {
        match &mut self.whole {
            None if is_settled(status) => {}
            None => self.whole = Some(step(event, status, moment)),
            Some(whole) => {
                status.clone_into(&mut whole.status);
                whole.end = is_settled(status).then_some(moment);
            }
        }
    }

    /// Returns the steps that go on.
    pub fn underway(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.end.is_none())
    }

    /// Returns whether the operation did what it was asked for.
    pub fn is_success(&self) -> bool {
        self.whole.as_ref().is_some_and(|whole| whole.end.is_some() && is_success(&whole.status))
    }
}

fn step(event: &StackEvent, status: &str, moment: i64) -> Step {
    Step {
        logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
        resource_type: event.resource_type().unwrap_or_default().to_owned(),
        deed: Deed::of(status),
        status: status.to_owned(),
        start: moment,
        end: None,
    }
}

/// Returns an event's own time, in milliseconds since the epoch.
pub fn time(event: &StackEvent) -> i64 {
    event.timestamp().and_then(|time| time.to_millis().ok()).unwrap_or_default()
}

fn is_of_stack(event: &StackEvent) -> bool {
    event.physical_resource_id().is_some() && event.physical_resource_id() == event.stack_id()
}

/// Returns those of a stack's events, oldest first, that belong to its newest operation.
///
/// A rollback belongs to what it takes back, unless somebody asked for it on its own.
pub fn of_newest_operation(events: &[StackEvent]) -> &[StackEvent] {
    let mut start = 0;
    let mut is_open = false;
    for (place, event) in events.iter().enumerate().filter(|(_, event)| is_of_stack(event)) {
        let status = event.resource_status().map(ResourceStatus::as_str).unwrap_or_default();
        if is_settled(status) {
            is_open = false;
        } else if !is_open {
            (start, is_open) = (place, true);
        }
    }
    &events[start.min(events.len())..]
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Returns the event of a resource, or of the stack `s`, at a second.
    pub fn event(seconds: i64, id: &str, status: &str) -> StackEvent {
        StackEvent::builder()
            .stack_id("arn:stack")
            .event_id(format!("{id}-{seconds}-{status}"))
            .stack_name("s")
            .physical_resource_id(if id == "s" { "arn:stack" } else { id })
            .logical_resource_id(id)
            .resource_type(if id == "s" { "AWS::CloudFormation::Stack" } else { "AWS::Kinesis::Stream" })
            .timestamp(aws_sdk_cloudformation::primitives::DateTime::from_secs(seconds))
            .resource_status(status.into())
            .build()
    }

    #[test]
    fn measures_each_resource_and_the_whole() {
        let timeline = Timeline::of(&[
            event(0, "s", "CREATE_IN_PROGRESS"),
            event(1, "A", "CREATE_IN_PROGRESS"),
            event(2, "A", "CREATE_IN_PROGRESS"),
            event(4, "B", "CREATE_IN_PROGRESS"),
            event(6, "A", "CREATE_COMPLETE"),
        ]);
        let steps: Vec<_> =
            timeline.steps.iter().map(|step| (step.logical_id.as_str(), step.lasted(9_000))).collect();
        assert_eq!(steps, [("A", 5_000), ("B", 5_000)]);
        assert_eq!(timeline.underway().count(), 1);
        assert!(!timeline.is_success());
    }

    #[test]
    fn tells_what_was_made_from_its_being_taken_back() {
        let timeline = Timeline::of(&[
            event(0, "s", "CREATE_IN_PROGRESS"),
            event(0, "A", "CREATE_IN_PROGRESS"),
            event(1, "A", "CREATE_FAILED"),
            event(1, "s", "ROLLBACK_IN_PROGRESS"),
            event(2, "A", "DELETE_IN_PROGRESS"),
            event(3, "A", "DELETE_COMPLETE"),
            event(4, "s", "ROLLBACK_COMPLETE"),
        ]);
        let deeds: Vec<_> = timeline.steps.iter().map(|step| (step.deed, step.is_done())).collect();
        assert_eq!(deeds, [(Deed::Create, false), (Deed::Delete, true)]);
        let whole = timeline.whole.unwrap();
        assert_eq!((whole.deed, whole.lasted(0)), (Deed::Create, 4_000));
    }

    #[test]
    fn finds_where_the_newest_operation_began() {
        let events = [
            event(0, "s", "CREATE_IN_PROGRESS"),
            event(1, "s", "CREATE_COMPLETE"),
            event(2, "s", "UPDATE_IN_PROGRESS"),
            event(3, "s", "UPDATE_ROLLBACK_IN_PROGRESS"),
            event(4, "s", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
            event(5, "s", "UPDATE_ROLLBACK_FAILED"),
        ];
        assert_eq!(time(&of_newest_operation(&events)[0]), 2_000);
        assert_eq!(of_newest_operation(&events[..2]).len(), 2);
        assert!(of_newest_operation(&[]).is_empty());
    }
}
