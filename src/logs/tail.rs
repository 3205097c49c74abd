//! The end of several log groups: what is new since somebody looked last.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use futures::future::try_join_all;
use serde::Serialize;

use super::source::Source;
use crate::aws::{Clients, code, failure};
use crate::error::Result;

/// How much later than its own time a line may appear, in milliseconds.
const LATE: i64 = 60_000;

/// Returns how long to wait between two looks: an account may search logs a few times a second.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>
pub fn pause(clients: &Clients, sources: &[Source]) -> Duration {
    match clients.is_nearby() {
        true => Duration::from_millis(200),
        false => Duration::from_millis(400).saturating_mul(sources.len() as u32).max(Duration::from_secs(3)),
    }
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// In milliseconds since the epoch.
    #[serde(skip)]
    pub time: i64,
    /// Which source, in the order in which they were given.
    #[serde(skip)]
    pub source: usize,
    pub stream: String,
    pub message: String,
}

/// What is read of the sources, again and again.
pub struct Tail<'a> {
    clients: &'a Clients,
    sources: &'a [Source],
    text: Option<&'a str>,
    ends: Vec<End>,
}

/// How far one source is read.
#[derive(Debug, Default)]
struct End {
    /// What is older was read before or is not wanted.
    since: i64,
    /// The lines since then that were read, with their times.
    seen: HashMap<String, i64>,
}

impl<'a> Tail<'a> {
    /// Begins at `since`, in milliseconds since the epoch, and passes over lines without `text`.
    pub fn new(clients: &'a Clients, sources: &'a [Source], since: i64, text: Option<&'a str>) -> Self {
        let ends = sources.iter().map(|_| End { since, seen: HashMap::new() }).collect();
        Self { clients, sources, text, ends }
    }

    /// Returns the lines that are new, oldest first.
    ///
    /// A log is not written in order, so a line may be older than those that were returned before.
    pub async fn next(&mut self) -> Result<Vec<Line>> {
        let reads = self.sources.iter().zip(&self.ends);
        let reads = reads.map(|(source, end)| read(self.clients, &source.group, end.since));
        let pages = try_join_all(reads).await?;
        let mut lines = Vec::new();
        for (source, (events, end)) in pages.into_iter().zip(&mut self.ends).enumerate() {
            lines.extend(end.take(events, source));
        }
        if let Some(text) = self.text {
            lines.retain(|line| line.message.contains(text));
        }
        // Lines of one moment stay in the order of their log.
        lines.sort_by_key(|line| line.time);
        Ok(lines)
    }

    /// Returns which of the log groups have not been made or are gone.
    pub async fn missing(&self) -> Result<BTreeSet<&'a str>> {
        let mut missing = BTreeSet::new();
        for source in self.sources {
            let streams =
                self.clients.logs.describe_log_streams().log_group_name(&source.group).limit(1).send().await;
            match streams {
                Err(error) if code(&error) == Some("ResourceNotFoundException") => {
                    missing.insert(source.group.as_str());
                }
                Err(error) => {
                    return Err(failure(format!("look for the log `{}`", source.group), error));
                }
                Ok(_) => {}
            }
        }
        Ok(missing)
    }
}

impl End {
    /// Keeps what is new of what was read.
    fn take(&mut self, events: Vec<FilteredLogEvent>, source: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        for event in events {
            let time = event.timestamp.unwrap_or(self.since);
            let id = event.event_id.unwrap_or_default();
            if self.seen.insert(id, time).is_none() {
                let message = event.message.unwrap_or_default().trim_end().to_owned();
                lines.push(Line { time, source, stream: event.log_stream_name.unwrap_or_default(), message });
            }
        }
        let newest = self.seen.values().copied().max().unwrap_or(self.since);
        self.since = self.since.max(newest - LATE);
        let since = self.since;
        self.seen.retain(|_, time| *time >= since);
        lines
    }
}

/// Returns the events of a log group since a moment; none when there is no such group.
async fn read(clients: &Clients, group: &str, since: i64) -> Result<Vec<FilteredLogEvent>> {
    let request = clients.logs.filter_log_events().log_group_name(group).start_time(since);
    let mut pages = request.into_paginator().send();
    let mut events = Vec::new();
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => events.extend(page.events.unwrap_or_default()),
            Err(error) if code(&error) == Some("ResourceNotFoundException") => return Ok(events),
            Err(error) => return Err(failure(format!("read the log `{group}`"), error)),
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, time: i64) -> FilteredLogEvent {
        FilteredLogEvent::builder().event_id(id).timestamp(time).message(format!("{id}\n")).build()
    }

    #[test]
    fn takes_each_line_once_and_those_that_come_late() {
        let mut end = End { since: 1000, seen: HashMap::new() };
        let mut take = |events: &[(&str, i64)]| {
            let events = events.iter().map(|(id, time)| event(id, *time)).collect();
            let lines: Vec<String> = end.take(events, 0).into_iter().map(|line| line.message).collect();
            (lines, end.since, end.seen.len())
        };
        assert_eq!(take(&[("a", 1000), ("b", 2000)]), (vec!["a".into(), "b".into()], 1000, 2));
        // It reads them again, with one that was late.
        assert_eq!(take(&[("a", 1000), ("late", 1500), ("b", 2000)]), (vec!["late".into()], 1000, 3));
        // What is too old to be read again is forgotten.
        assert_eq!(take(&[("c", 100_000)]), (vec!["c".into()], 40_000, 1));
        assert_eq!(take(&[]), (vec![], 40_000, 1));
    }
}
