//! Stack events, one line each.

use aws_sdk_cloudformation::types::StackEvent;
use serde::Serialize;

use super::{Answer, Gantt, Style};
use crate::deploy::stack_status::{Sentiment, sentiment};

/// An event, as a line for people and an object for programs.
#[derive(Debug, Clone, Serialize)]
pub struct EventLine {
    pub time: String,
    pub status: String,
    pub logical_id: String,
    #[serde(rename = "type")]
    pub resource_type: String,
    pub physical_id: Option<String>,
    pub reason: Option<String>,
}

impl EventLine {
    pub fn of(event: &StackEvent) -> Self {
        let time =
            event.timestamp().and_then(|time| jiff::Timestamp::from_millisecond(time.to_millis().ok()?).ok());
        Self {
            time: time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()).unwrap_or_default(),
            status: event.resource_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
            resource_type: event.resource_type().unwrap_or_default().to_owned(),
            physical_id: event.physical_resource_id().filter(|id| !id.is_empty()).map(str::to_owned),
            reason: event.resource_status_reason().map(str::to_owned),
        }
    }

    /// Returns the event as a short line, for somebody who sees the rest of the screen too.
    ///
    /// `took` says how long it was under way, `is_undoing` that its update failed and the old state comes back.
    pub fn brief(&self, took: Option<&str>, is_undoing: bool, style: Style) -> String {
        let feeling = sentiment(&self.status);
        let word = match self.status.as_str() {
            "CREATE_COMPLETE" => "created",
            "UPDATE_COMPLETE" if is_undoing => "put back",
            "UPDATE_COMPLETE" => "updated",
            "DELETE_COMPLETE" => "deleted",
            other => other,
        };
        let word = match feeling {
            Sentiment::Good => style.green(word),
            Sentiment::Underway => style.dim(word),
            Sentiment::Bad => style.red(word),
        };
        let took = took.map(|took| style.dim(&format!("  {took}"))).unwrap_or_default();
        let line = format!("{word} {} {}{took}", self.logical_id, style.dim(&self.resource_type));
        self.with_reason(line, "  ")
    }

    /// Returns the event as a line; a reason is shown where something went wrong.
    pub fn styled(&self, style: Style) -> String {
        let feeling = sentiment(&self.status);
        let status = format!("{:<22}", self.status);
        let status = match feeling {
            Sentiment::Good => style.green(&status),
            Sentiment::Underway => style.dim(&status),
            Sentiment::Bad => style.red(&status),
        };
        let clock = self.time.get(11..19).unwrap_or_default();
        let line =
            format!("{} {status} {} {}", style.dim(clock), self.logical_id, style.dim(&self.resource_type));
        self.with_reason(line, "           ")
    }

    /// Adds the reason on a line of its own where something went wrong.
    fn with_reason(&self, line: String, indent: &str) -> String {
        match (sentiment(&self.status), &self.reason) {
            (Sentiment::Bad, Some(reason)) => format!("{line}\n{indent}{reason}"),
            _ => line,
        }
    }
}

/// Events, oldest first.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct EventList(Vec<EventLine>);

impl EventList {
    /// Returns all events, or those that tell of a failure.
    pub fn of(events: &[StackEvent], only_failed: bool) -> Self {
        let lines = events.iter().map(EventLine::of);
        Self(lines.filter(|line| !only_failed || line.status.ends_with("_FAILED")).collect())
    }
}

/// Events, and for people a picture of the last operation.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct History {
    pub events: EventList,
    #[serde(skip)]
    pub last_operation: Option<Gantt>,
}

impl Answer for History {
    fn text(&self, style: Style) -> String {
        let picture = self.last_operation.iter().map(|gantt| gantt.text(style));
        std::iter::once(self.events.text(style)).chain(picture).collect::<Vec<_>>().join("\n\n")
    }
}

impl Answer for EventList {
    fn text(&self, style: Style) -> String {
        let lines = self.0.iter().map(|line| line.styled(style));
        lines.collect::<Vec<_>>().join("\n")
    }
}
