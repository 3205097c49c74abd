//! Follows a running operation to its end.

pub(super) mod attend;
pub mod awaited;
pub mod critical_path;
pub mod expectations;
pub(super) mod pacing;
pub mod timeline;

use std::time::{Duration, Instant};

use aws_sdk_cloudformation::types::{ResourceStatus, StackEvent};

use self::pacing::SHARED;
use self::timeline::of_newest_operation;
use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::stack_status::is_settled;
use crate::deploy::stacks::{events_after, find};
use crate::error::{Error, Passing, Result};

/// How an operation ended, and what happened on the way.
#[derive(Debug)]
pub struct Outcome {
    /// The stack's final status; `DELETE_COMPLETE` also when the stack is gone.
    pub status: String,
    pub events: Vec<StackEvent>,
}

/// Waits for the operation on the stack `stack_id` that began after the event `cursor`, and hands every event to
/// `seen` as it comes.
///
/// The end is read from the stack's own event: right after an operation has been started, `DescribeStacks` may
/// still show how the one before it ended.
pub async fn follow(
    clients: &Clients,
    stack_id: &str,
    cursor: Option<String>,
    mut seen: impl FnMut(&StackEvent),
) -> Result<Outcome> {
    let mut cursor = cursor;
    let mut events = Vec::new();
    let mut pace = Pace::new(clients.is_nearby());
    let mut patience = Patience::new(clients.is_nearby());
    loop {
        SHARED.turn().await;
        let news = match events_after(clients, stack_id, cursor.as_deref()).await {
            Ok(news) => {
                SHARED.answered();
                patience = Patience::new(clients.is_nearby());
                news
            }
            Err(error) if patience.bears(&error) => {
                if error.passing == Some(Passing::Throttled) {
                    SHARED.throttled();
                }
                pace.tick(false);
                pace.wait().await;
                continue;
            }
            // A server may forget a stack, and its events, as soon as it is deleted.
            Err(_) if find(clients, stack_id).await?.is_none() => {
                return Ok(Outcome { status: "DELETE_COMPLETE".to_owned(), events });
            }
            Err(error) => return Err(error),
        };
        pace.tick(!news.is_empty());
        if let Some(newest) = news.last() {
            cursor = newest.event_id().map(str::to_owned);
        }
        news.iter().for_each(&mut seen);
        events.extend(news);
        if let Some(status) = end(&events, stack_id) {
            return Ok(Outcome { status: status.to_owned(), events });
        }
        pace.wait().await;
    }
}

/// Waits for the operation that runs on a stack already, and hands every event of it to `seen`.
pub async fn join(clients: &Clients, stack_id: &str, seen: impl FnMut(&StackEvent)) -> Result<Outcome> {
    let cursor = before_newest_operation(clients, stack_id).await?;
    follow(clients, stack_id, cursor, seen).await
}

/// Waits for the operation that runs on a stack already, and shows it.
pub async fn outlast(context: &Context, clients: &Clients, name: &str, stack_id: &str) -> Result<Outcome> {
    let what = format!("waiting for the operation on {name}");
    let mut operation = context.operation(clients, name, &what, Vec::new());
    join(clients, stack_id, |event| operation.show(event)).await
}

/// Returns the last event before a stack's newest operation, which may still run.
pub async fn before_newest_operation(clients: &Clients, stack_id: &str) -> Result<Option<String>> {
    let events = events_after(clients, stack_id, None).await?;
    let before = events.len() - of_newest_operation(&events).len();
    Ok(before.checked_sub(1).and_then(|place| events[place].event_id()).map(str::to_owned))
}

/// Returns how the operation ended that the last of `events` belong to; nothing while it goes on.
///
/// Without a cursor, the ends of earlier operations are among them.
fn end<'a>(events: &'a [StackEvent], stack_id: &str) -> Option<&'a str> {
    let newest = events.iter().rfind(|event| event.physical_resource_id() == Some(stack_id))?;
    newest.resource_status().map(ResourceStatus::as_str).filter(|status| is_settled(status))
}

/// How long a server may fail to answer before nobody waits for it any more: the operation itself goes on anyway.
struct Patience {
    limit: Duration,
    since: Option<Instant>,
}

impl Patience {
    fn new(is_nearby: bool) -> Self {
        // A server nearby that is gone will not come back by itself.
        Self { limit: Duration::from_secs(if is_nearby { 5 } else { 600 }), since: None }
    }

    /// Returns whether to ask again after a failure. One that throttles is there, and is asked for as long as it takes.
    fn bears(&mut self, error: &Error) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        match error.passing {
            Some(Passing::Throttled) => true,
            Some(Passing::Broken) => since.elapsed() < self.limit,
            None => false,
        }
    }
}

/// How long to wait between two looks: short nearby, at first above all, longer on AWS and while nothing happens.
struct Pace {
    pause: Duration,
    /// The longest while something happens.
    busy: Duration,
    longest: Duration,
}

impl Pace {
    fn new(is_nearby: bool) -> Self {
        let (first, busy, longest) = if is_nearby { (2, 50, 500) } else { (1000, 1000, 5000) };
        let [pause, busy, longest] = [first, busy, longest].map(Duration::from_millis);
        Self { pause, busy, longest }
    }

    fn tick(&mut self, is_busy: bool) {
        let longest = if is_busy { self.busy } else { self.longest };
        self.pause = (self.pause * 3 / 2).min(longest);
    }

    async fn wait(&self) {
        tokio::time::sleep(self.pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, status: &str) -> StackEvent {
        StackEvent::builder()
            .stack_id("arn:stack")
            .event_id("1")
            .stack_name("s")
            .physical_resource_id(id)
            .timestamp(aws_sdk_cloudformation::primitives::DateTime::from_secs(0))
            .resource_status(status.into())
            .build()
    }

    #[test]
    fn looks_often_at_first_and_while_something_happens() {
        let pauses = |is_nearby, looks: &[bool]| {
            let mut pace = Pace::new(is_nearby);
            let pause = |is_busy: &bool| {
                pace.tick(*is_busy);
                pace.pause.as_millis()
            };
            looks.iter().map(pause).collect::<Vec<_>>()
        };
        let (busy, quiet) = ([true; 10], [[false; 16].as_slice(), &[true]].concat());
        assert_eq!(pauses(true, &busy), [3, 4, 6, 10, 15, 22, 34, 50, 50, 50]);
        assert_eq!(pauses(true, &quiet)[14..], [500, 500, 50]);
        assert_eq!(pauses(false, &busy)[..2], [1000, 1000]);
        assert_eq!(pauses(false, &quiet)[14..], [5000, 5000, 1000]);
    }

    #[test]
    fn does_not_take_the_end_of_an_earlier_operation_for_this_one_s() {
        let mut events =
            vec![event("arn:stack", "REVIEW_IN_PROGRESS"), event("arn:stack", "CREATE_COMPLETE")];
        assert_eq!(end(&events, "arn:stack"), Some("CREATE_COMPLETE"));
        events.extend([event("arn:stack", "UPDATE_IN_PROGRESS"), event("a", "UPDATE_COMPLETE")]);
        assert_eq!(end(&events, "arn:stack"), None);
        events.push(event("arn:stack", "UPDATE_COMPLETE"));
        assert_eq!(end(&events, "arn:stack"), Some("UPDATE_COMPLETE"));
    }
}
