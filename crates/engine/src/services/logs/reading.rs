//! Reading events: GetLogEvents walks one stream both ways, FilterLogEvents searches the streams of a group.

use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::events::{Event, Place};
use super::filter::Filter;
use super::groups::group_name;
use super::{Logs, Stream, authorize, group_key};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;

/// Most events and bytes of one answer.
const MOST_EVENTS: usize = 10_000;
const MOST_BYTES: usize = 1_048_576;

/// Behind every event.
const END: Place = Place { timestamp: Timestamp(i64::MAX), sequence: u64::MAX };

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: String,
    start_time: Option<i64>,
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<usize>,
    start_from_head: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEvents {
    events: Vec<OutputEvent>,
    next_forward_token: String,
    next_backward_token: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputEvent {
    timestamp: i64,
    message: String,
    ingestion_time: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    #[serde(default)]
    log_stream_names: Vec<String>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FilteredLogEvents {
    events: Vec<FilteredEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    searched_log_streams: Vec<()>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FilteredEvent {
    log_stream_name: String,
    timestamp: i64,
    message: String,
    ingestion_time: i64,
    event_id: String,
}

/// Returns the group that a request names, one way or the other.
pub fn named_group(name: Option<&str>, identifier: Option<&str>) -> Result<String, AwsError> {
    match (name, identifier) {
        (Some(name), None) => Ok(name.to_owned()),
        (None, Some(identifier)) => Ok(group_name(identifier).to_owned()),
        _ => {
            let message = "Exactly one of logGroupName and logGroupIdentifier must be specified.";
            Err(AwsError::new("InvalidParameterException", message))
        }
    }
}

fn invalid_token() -> AwsError {
    AwsError::new("InvalidParameterException", "The specified nextToken is invalid.")
}

fn limit(limit: Option<usize>) -> Result<usize, AwsError> {
    match limit {
        None => Ok(MOST_EVENTS),
        Some(limit) if (1..=MOST_EVENTS).contains(&limit) => Ok(limit),
        Some(limit) => {
            let message = format!(
                "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member \
                 must have value between 1 and {MOST_EVENTS}"
            );
            Err(AwsError::new("InvalidParameterException", message))
        }
    }
}

/// Writes a place for a token.
fn write_place(place: Place) -> String {
    format!("{:020}{:020}", place.timestamp.0, place.sequence)
}

fn read_place(text: &str) -> Result<Place, AwsError> {
    let (timestamp, sequence) = text.split_at_checked(20).ok_or_else(invalid_token)?;
    Ok(Place {
        timestamp: Timestamp(timestamp.parse().map_err(|_| invalid_token())?),
        sequence: sequence.parse().map_err(|_| invalid_token())?,
    })
}

/// The direction in which a token goes on.
enum Walk {
    Forward(Bound<Place>),
    Backward(Place),
}

/// Takes events while they fit into one answer.
fn take(
    events: impl Iterator<Item = Result<Event, crate::store::StoreError>>,
    limit: usize,
) -> Result<Vec<Event>, AwsError> {
    let (mut taken, mut bytes) = (Vec::new(), 0);
    for event in events.take(limit) {
        let event = event?;
        bytes += event.message.len() + 26;
        if bytes > MOST_BYTES && !taken.is_empty() {
            break;
        }
        taken.push(event);
    }
    Ok(taken)
}

impl Logs {
    pub(super) fn get_log_events(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: GetLogEvents,
    ) -> Result<LogEvents, AwsError> {
        let group = named_group(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
        authorize(aws, caller, "logs:GetLogEvents", &group, &input.log_stream_name)?;
        let limit = limit(input.limit)?;
        let horizon = self.group(caller, &group)?.horizon(aws.clock.now());
        let stream = self.stream(caller, &group, &input.log_stream_name)?;
        let low = Place::at(Timestamp(input.start_time.unwrap_or(0)).max(horizon));
        let high = input.end_time.map_or(END, |end| Place::at(Timestamp(end)));
        let walk = match input.next_token.as_deref().map(|token| token.split_once('/')) {
            None if input.start_from_head == Some(true) => Walk::Forward(Bound::Included(low)),
            None => Walk::Backward(high),
            Some(Some(("f", place))) => match read_place(place)? {
                place if place < low => Walk::Forward(Bound::Included(low)),
                place => Walk::Forward(Bound::Excluded(place)),
            },
            Some(Some(("b", place))) => Walk::Backward(read_place(place)?.min(high)),
            Some(_) => return Err(invalid_token()),
        };
        let events = match walk {
            Walk::Forward(after) => take(self.events.between(stream.number, after, high), limit)?,
            Walk::Backward(before) => {
                let newest_first = self.events.between(stream.number, Bound::Included(low), before).rev();
                let mut events = take(newest_first, limit)?;
                events.reverse();
                events
            }
        };
        // At an end of the stream the token that led there comes back, and that is how a reader knows.
        let here = match (&walk, input.next_token.as_deref()) {
            (_, Some(token)) => read_place(&token[2..])?,
            (Walk::Forward(_), None) => low,
            (Walk::Backward(_), None) => high,
        };
        let first = events.first().map_or(here, |event| event.place);
        let last = events.last().map_or(here.min(newest(&stream)), |event| event.place);
        let last = if input.next_token.is_some() && events.is_empty() { here } else { last };
        Ok(LogEvents {
            next_forward_token: format!("f/{}", write_place(last)),
            next_backward_token: format!("b/{}", write_place(first)),
            events: events
                .into_iter()
                .map(|event| OutputEvent {
                    timestamp: event.place.timestamp.0,
                    message: event.message,
                    ingestion_time: event.ingested.0,
                })
                .collect(),
        })
    }

    pub(super) fn filter_log_events(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: FilterLogEvents,
    ) -> Result<FilteredLogEvents, AwsError> {
        let group = named_group(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
        authorize(aws, caller, "logs:FilterLogEvents", &group, "")?;
        let limit = limit(input.limit)?;
        let filter = Filter::parse(input.filter_pattern.as_deref().unwrap_or_default())?;
        let horizon = self.group(caller, &group)?.horizon(aws.clock.now());
        let streams = self.searched(caller, &group, &input)?;
        let low = Place::at(Timestamp(input.start_time.unwrap_or(0)).max(horizon));
        // Unlike that of GetLogEvents, this end is part of the span.
        let high = input.end_time.map_or(END, |end| Place::at(Timestamp(end.saturating_add(1))));
        let (resume, resume_stream) = match &input.next_token {
            None => (low, 0),
            Some(token) => read_token(token)?,
        };

        let mut sources: Vec<_> = Vec::new();
        for stream in &streams {
            let after = if resume < low { Bound::Included(low) } else { Bound::Included(resume) };
            let mut events = self.events.between(stream.number, after, high).peekable();
            // Streams are searched side by side; of the moment that the token names, those before it are done.
            let is_done = |event: &Event| {
                (event.place, stream.number) <= (resume, resume_stream) && input.next_token.is_some()
            };
            while events.peek().is_some_and(|event| event.as_ref().is_ok_and(is_done)) {
                events.next();
            }
            sources.push((stream, events));
        }
        let (mut found, mut bytes, mut last) = (Vec::new(), 0, None);
        while let Some(index) = earliest(&mut sources) {
            let (stream, events) = &mut sources[index];
            let Some(event) = events.next().transpose()? else { break };
            if !filter.matches(&event.message) {
                continue;
            }
            bytes += event.message.len();
            if found.len() == limit || (bytes > MOST_BYTES && !found.is_empty()) {
                return Ok(filtered(found, last));
            }
            last = Some((event.place, stream.number));
            found.push(FilteredEvent {
                log_stream_name: stream.name.clone(),
                timestamp: event.place.timestamp.0,
                ingestion_time: event.ingested.0,
                event_id: event.id(stream),
                message: event.message,
            });
        }
        Ok(filtered(found, None))
    }

    /// Returns the streams that a request searches.
    fn searched(
        &self,
        caller: &Caller,
        group: &str,
        input: &FilterLogEvents,
    ) -> Result<Vec<Stream>, AwsError> {
        if !input.log_stream_names.is_empty() {
            if input.log_stream_name_prefix.is_some() {
                let message = "logStreamNamePrefix and logStreamNames cannot be specified together.";
                return Err(AwsError::new("InvalidParameterException", message));
            }
            return input.log_stream_names.iter().map(|name| self.stream(caller, group, name)).collect();
        }
        let prefix = input.log_stream_name_prefix.as_deref().unwrap_or_default();
        let streams = self.streams.scan(&format!("{}:{prefix}", group_key(caller, group)))?;
        Ok(streams.into_iter().map(|(_, stream)| stream).collect())
    }
}

/// Returns the place of the newest event that a stream has or had.
fn newest(stream: &Stream) -> Place {
    stream.last_event.map_or(Place::START, |timestamp| Place { timestamp, sequence: stream.next })
}

type Source<'a, I> = (&'a Stream, std::iter::Peekable<I>);

/// Returns the source whose next event comes first. A source that cannot be read comes before all.
fn earliest<I>(sources: &mut [Source<'_, I>]) -> Option<usize>
where
    I: Iterator<Item = Result<Event, crate::store::StoreError>>,
{
    let next = sources.iter_mut().enumerate().filter_map(|(index, (stream, events))| {
        let place = events.peek()?.as_ref().map_or(Place::START, |event| event.place);
        Some(((place, stream.number), index))
    });
    next.min().map(|(_, index)| index)
}

fn filtered(events: Vec<FilteredEvent>, last: Option<(Place, u64)>) -> FilteredLogEvents {
    let next_token = last.map(|(place, stream)| format!("{}{stream:020}", write_place(place)));
    FilteredLogEvents { events, next_token, searched_log_streams: Vec::new() }
}

fn read_token(token: &str) -> Result<(Place, u64), AwsError> {
    let (place, stream) = token.split_at_checked(40).ok_or_else(invalid_token)?;
    Ok((read_place(place)?, stream.parse().map_err(|_| invalid_token())?))
}
