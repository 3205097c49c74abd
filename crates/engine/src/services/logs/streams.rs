//! Log streams, and the rules by which events enter them.

use std::sync::PoisonError;
use std::time::Duration;

use rand::Rng as _;
use serde::Serialize;

use super::groups::{group_arn, invalid};
use super::{Logs, Stream, authorize, stream_key};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;

const DAY: i64 = 86_400_000;

/// How far in the past and in the future an event may lie.
const OLDEST: i64 = 14 * DAY;
const NEWEST: Duration = Duration::from_secs(2 * 3600);

/// Most events and bytes of one PutLogEvents; every event counts 26 bytes more than its message.
const MOST_EVENTS: usize = 10_000;
const MOST_BYTES: usize = 1_048_576;
const OVERHEAD: usize = 26;

/// A stream as DescribeLogStreams shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamDescription {
    log_stream_name: String,
    creation_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_event_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ingestion_time: Option<i64>,
    arn: String,
    stored_bytes: u64,
}

/// Which of a call's events were left out, as indexes into them.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejected {
    #[serde(skip_serializing_if = "Option::is_none")]
    too_new_log_event_start_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    too_old_log_event_end_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expired_log_event_end_index: Option<usize>,
}

fn check_name(name: &str) -> Result<(), AwsError> {
    let is_valid = (1..=512).contains(&name.len()) && !name.contains([':', '*']);
    if is_valid { Ok(()) } else { Err(invalid(name, "logStreamName", "[^:*]*")) }
}

impl Logs {
    pub(super) fn create_stream(
        &self,
        aws: &Aws,
        caller: &Caller,
        group: &str,
        name: &str,
    ) -> Result<(), AwsError> {
        check_name(name)?;
        authorize(aws, caller, "logs:CreateLogStream", group, name)?;
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.group(caller, group)?;
        let key = stream_key(caller, group, name);
        if self.streams.get(&key)?.is_some() {
            let message = "The specified log stream already exists";
            return Err(AwsError::new("ResourceAlreadyExistsException", message));
        }
        let stream = Stream {
            name: name.to_owned(),
            created: aws.clock.now(),
            number: rand::rng().random(),
            next: 0,
            first_event: None,
            last_event: None,
            last_ingestion: None,
        };
        Ok(self.streams.put(&key, &stream)?)
    }

    pub(super) fn delete_stream(
        &self,
        aws: &Aws,
        caller: &Caller,
        group: &str,
        name: &str,
    ) -> Result<(), AwsError> {
        authorize(aws, caller, "logs:DeleteLogStream", group, name)?;
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.group(caller, group)?;
        let stream = self.stream(caller, group, name)?;
        self.events.remove_all(stream.number)?;
        Ok(self.streams.remove(&stream_key(caller, group, name))?)
    }

    /// Appends events, oldest first, to a stream that exists.
    pub(super) fn append(
        &self,
        caller: &Caller,
        group: &str,
        name: &str,
        events: &[(Timestamp, String)],
        now: Timestamp,
    ) -> Result<(), AwsError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.group(caller, group)?;
        let mut stream = self.stream(caller, group, name)?;
        let (Some((first, _)), Some((last, _))) = (events.first(), events.last()) else { return Ok(()) };
        stream.first_event = Some(stream.first_event.map_or(*first, |known| known.min(*first)));
        stream.last_event = Some(stream.last_event.map_or(*last, |known| known.max(*last)));
        stream.last_ingestion = Some(now);
        // The sequence is noted before it is used: after a crash in between, some numbers are never used.
        let mut counted = stream.clone();
        counted.next += events.len() as u64;
        self.streams.put(&stream_key(caller, group, name), &counted)?;
        Ok(self.events.append(&mut stream, events, now)?)
    }

    /// Takes a client's events in: those of an acceptable age are kept, the others are named.
    pub(super) fn take(
        &self,
        aws: &Aws,
        caller: &Caller,
        group: &str,
        name: &str,
        events: &[(Timestamp, String)],
    ) -> Result<Option<Rejected>, AwsError> {
        authorize(aws, caller, "logs:PutLogEvents", group, name)?;
        check_batch(events)?;
        let now = aws.clock.now();
        let horizon = self.group(caller, group)?.horizon(now);
        self.stream(caller, group, name)?;
        let (accepted, rejected) = sort_out(events, now, horizon);
        self.append(caller, group, name, &events[accepted], now)?;
        Ok((rejected != Rejected::default()).then_some(rejected))
    }

    pub(super) fn describe_stream(&self, caller: &Caller, group: &str, stream: Stream) -> StreamDescription {
        StreamDescription {
            arn: format!("{}:log-stream:{}", group_arn(caller, group), stream.name),
            log_stream_name: stream.name,
            creation_time: stream.created.0,
            first_event_timestamp: stream.first_event.map(|moment| moment.0),
            last_event_timestamp: stream.last_event.map(|moment| moment.0),
            last_ingestion_time: stream.last_ingestion.map(|moment| moment.0),
            stored_bytes: 0,
        }
    }
}

/// Refuses a batch that CloudWatch Logs would refuse as a whole.
fn check_batch(events: &[(Timestamp, String)]) -> Result<(), AwsError> {
    let refuse = |message: &str| Err(AwsError::new("InvalidParameterException", message));
    let (Some((first, _)), Some((last, _))) = (events.first(), events.last()) else {
        return refuse(
            "1 validation error detected: Value '[]' at 'logEvents' failed to satisfy constraint: Member must \
             have length greater than or equal to 1",
        );
    };
    if events.len() > MOST_EVENTS {
        return refuse(
            "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have \
             length less than or equal to 10000",
        );
    }
    if events.iter().any(|(timestamp, message)| timestamp.0 < 0 || message.is_empty()) {
        return refuse("Log events must have a timestamp and a message");
    }
    let size: usize = events.iter().map(|(_, message)| message.len() + OVERHEAD).sum();
    if size > MOST_BYTES {
        return refuse(&format!("Upload too large: {size} bytes exceeds limit of {MOST_BYTES}"));
    }
    if !events.is_sorted_by_key(|(timestamp, _)| *timestamp) {
        return refuse("Log events in a single PutLogEvents request must be in chronological order.");
    }
    if last.0 - first.0 > DAY {
        return refuse(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        );
    }
    Ok(())
}

/// Returns the events of an acceptable age, and what is said of the others.
fn sort_out(
    events: &[(Timestamp, String)],
    now: Timestamp,
    horizon: Timestamp,
) -> (std::ops::Range<usize>, Rejected) {
    let before = |moment: Timestamp| events.partition_point(|(timestamp, _)| *timestamp < moment);
    let too_old = before(Timestamp(now.0 - OLDEST));
    let expired = before(horizon);
    let too_new = events.partition_point(|(timestamp, _)| *timestamp <= now + NEWEST);
    let rejected = Rejected {
        too_new_log_event_start_index: (too_new < events.len()).then_some(too_new),
        too_old_log_event_end_index: (too_old > 0).then_some(too_old),
        expired_log_event_end_index: (expired > 0).then_some(expired),
    };
    let start = too_old.max(expired).min(too_new);
    (start..too_new, rejected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(timestamps: &[i64]) -> Vec<(Timestamp, String)> {
        timestamps.iter().map(|timestamp| (Timestamp(*timestamp), "x".to_owned())).collect()
    }

    #[test]
    fn leaves_out_what_is_too_old_or_too_new() {
        let now = Timestamp(100 * DAY);
        let batch = events(&[85 * DAY, 98 * DAY, 100 * DAY, 101 * DAY]);
        let (accepted, rejected) = sort_out(&batch, now, Timestamp(99 * DAY));
        assert_eq!(accepted, 2..3);
        assert_eq!(rejected.too_old_log_event_end_index, Some(1));
        assert_eq!(rejected.expired_log_event_end_index, Some(2));
        assert_eq!(rejected.too_new_log_event_start_index, Some(3));
    }

    #[test]
    fn refuses_batches_that_aws_refuses() {
        assert!(check_batch(&events(&[1, 1, 2])).is_ok());
        for batch in [events(&[]), events(&[2, 1]), events(&[0, DAY + 1]), events(&[-1])] {
            assert_eq!(check_batch(&batch).unwrap_err().code, "InvalidParameterException");
        }
        let large = vec![(Timestamp(0), "x".repeat(MOST_BYTES))];
        assert!(check_batch(&large).is_err());
    }
}
