//! Follows a running operation to its end.

use std::time::Duration;

use aws_sdk_cloudformation::types::StackEvent;

use super::stack_status::is_settled;
use super::stacks::{events_after, find};
use crate::aws::Clients;
use crate::error::Result;

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
    loop {
        let news = match events_after(clients, stack_id, cursor.as_deref()).await {
            Ok(news) => news,
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
        let mut end = None;
        for event in news {
            seen(&event);
            let status = event.resource_status().map(|status| status.as_str().to_owned()).unwrap_or_default();
            if event.physical_resource_id() == Some(stack_id) {
                // Without a cursor the ends of earlier operations come by as well; what began later undoes them.
                end = is_settled(&status).then_some(status);
            }
            events.push(event);
        }
        if let Some(status) = end {
            return Ok(Outcome { status, events });
        }
        pace.wait().await;
    }
}

/// How long to wait between two looks: short nearby, longer on AWS and while nothing happens.
struct Pace {
    pause: Duration,
    shortest: Duration,
    longest: Duration,
}

impl Pace {
    fn new(is_nearby: bool) -> Self {
        let (shortest, longest) = if is_nearby { (50, 500) } else { (1000, 5000) };
        let shortest = Duration::from_millis(shortest);
        Self { pause: shortest, shortest, longest: Duration::from_millis(longest) }
    }

    fn tick(&mut self, is_busy: bool) {
        self.pause = if is_busy { self.shortest } else { (self.pause * 3 / 2).min(self.longest) };
    }

    async fn wait(&self) {
        tokio::time::sleep(self.pause).await;
    }
}
