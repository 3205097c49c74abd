//! What becomes of a batch: done, tried again whole or in parts, or given up.
//!
//! It decides on values only; the poller invokes, waits and notes how far it came.

use std::collections::VecDeque;
use std::time::Duration;

use super::Mapping;
use super::event::Verdict;
use crate::clock::Timestamp;
use crate::services::kinesis::Record;

/// Longest wait between two attempts. Not confirmed on AWS, which backs off without saying how.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Records that are invoked together, and how often that failed.
#[derive(Debug)]
struct Part {
    records: Vec<Record>,
    failures: u32,
}

/// A batch on its way, in parts after it was split.
#[derive(Debug)]
pub struct Batch {
    parts: VecDeque<Part>,
    splits: bool,
    maximum_failures: Option<u32>,
    maximum_age: Option<Duration>,
}

/// Records that were given up, and how often the function had failed with them.
#[derive(Debug, PartialEq, Eq)]
pub struct GivenUp {
    pub records: Vec<Record>,
    pub failures: u32,
}

/// How to go on.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// Sequence number up to which everything is handled from now on.
    pub handled: Option<String>,
    /// Time to wait before the next attempt.
    pub wait: Option<Duration>,
    /// What is not tried again although it failed.
    pub given_up: Option<GivenUp>,
}

impl Batch {
    pub fn new(mapping: &Mapping, records: Vec<Record>) -> Self {
        Self {
            parts: VecDeque::from([Part { records, failures: 0 }]),
            splits: mapping.bisect,
            maximum_failures: u32::try_from(mapping.maximum_retry_attempts).ok(),
            maximum_age: u64::try_from(mapping.maximum_record_age).ok().map(Duration::from_secs),
        }
    }

    /// Returns the records to invoke the function with next; empty at the end.
    pub fn records(&self) -> &[Record] {
        self.parts.front().map_or(&[], |part| &part.records)
    }

    /// Drops records that are older than the mapping allows; returns them.
    pub fn drop_old(&mut self, now: Timestamp) -> Option<GivenUp> {
        let age = self.maximum_age?;
        self.drop_while(|record| now.since(record.arrived_at) > age)
    }

    /// Drops records that the stream does not hold any more; `oldest` is the first that it holds. Returns the number
    /// of the last one.
    pub fn drop_before(&mut self, oldest: &str) -> Option<String> {
        let dropped = self.drop_while(|record| is_before(&record.sequence_number, oldest))?;
        last(&dropped.records)
    }

    fn drop_while(&mut self, drop: impl Fn(&Record) -> bool) -> Option<GivenUp> {
        let mut dropped = GivenUp { records: Vec::new(), failures: 0 };
        while let Some(part) = self.parts.front_mut() {
            let count = part.records.iter().take_while(|record| drop(record)).count();
            if count > 0 {
                dropped.records.extend(part.records.drain(..count));
                dropped.failures = dropped.failures.max(part.failures);
            }
            if !part.records.is_empty() {
                break;
            }
            self.parts.pop_front();
        }
        (!dropped.records.is_empty()).then_some(dropped)
    }

    /// Takes in what came of invoking the function with [`Batch::records`].
    pub fn conclude(&mut self, verdict: Verdict) -> Step {
        let step = |handled, wait| Step { handled, wait, given_up: None };
        let Some(mut part) = self.parts.pop_front() else { return step(None, None) };
        let mut handled = None;
        match verdict {
            Verdict::Done => return step(last(&part.records), None),
            Verdict::FailedFrom(index) => {
                // With or without BisectBatchOnFunctionError: only what comes from there is tried again.
                let rest = part.records.split_off(index);
                handled = last(&part.records);
                part.records = rest;
            }
            Verdict::Failed if self.splits && part.records.len() > 1 => {
                // Splitting is no retry.
                let second = part.records.split_off(part.records.len() / 2);
                self.parts.push_front(Part { records: second, failures: part.failures });
                self.parts.push_front(part);
                return step(None, None);
            }
            Verdict::Failed => {}
        }
        part.failures += 1;
        if self.maximum_failures.is_some_and(|most| part.failures > most) {
            let given_up = GivenUp { failures: part.failures, records: part.records };
            return Step { handled: last(&given_up.records), wait: None, given_up: Some(given_up) };
        }
        let wait = wait(part.failures);
        self.parts.push_front(part);
        step(handled, Some(wait))
    }
}

/// Returns the time to wait after so many failures.
pub fn wait(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.saturating_sub(1).min(6)).min(LONGEST_WAIT)
}

/// Returns the sequence number of the last record.
pub fn last(records: &[Record]) -> Option<String> {
    records.last().map(|record| record.sequence_number.clone())
}

/// Compares sequence numbers, which are decimal numbers of any length.
fn is_before(one: &str, other: &str) -> bool {
    (one.len(), one) < (other.len(), other)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::tests::mapping;
    use super::*;

    fn batch(change: impl FnOnce(&mut Mapping)) -> Batch {
        let mut mapping = mapping();
        change(&mut mapping);
        let record = |number: u32| Record {
            sequence_number: number.to_string(),
            partition_key: "key".into(),
            data: Bytes::new(),
            arrived_at: Timestamp(i64::from(number) * 60_000),
        };
        Batch::new(&mapping, (8..12).map(record).collect())
    }

    fn numbers(batch: &Batch) -> Vec<&str> {
        batch.records().iter().map(|record| record.sequence_number.as_str()).collect()
    }

    fn step(handled: Option<&str>, seconds: Option<u64>) -> Step {
        let wait = seconds.map(Duration::from_secs);
        Step { handled: handled.map(str::to_owned), wait, given_up: None }
    }

    #[test]
    fn tries_a_poisoned_batch_again_and_again() {
        let mut batch = batch(|_| {});
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(batch.conclude(Verdict::Failed), step(None, Some(wait)));
            assert_eq!(batch.records().len(), 4);
        }
    }

    #[test]
    fn gives_up_after_the_retries_that_are_allowed() {
        let mut batch = batch(|mapping| mapping.maximum_retry_attempts = 1);
        assert_eq!(batch.conclude(Verdict::Failed), step(None, Some(1)));
        let end = batch.conclude(Verdict::Failed);
        assert_eq!((end.handled.as_deref(), end.wait), (Some("11"), None));
        let given_up = end.given_up.unwrap();
        assert_eq!((given_up.records.len(), given_up.failures), (4, 2));
        assert!(batch.records().is_empty());
    }

    #[test]
    fn goes_on_from_the_lowest_record_that_failed() {
        let mut batch = batch(|_| {});
        assert_eq!(batch.conclude(Verdict::FailedFrom(2)), step(Some("9"), Some(1)));
        assert_eq!(numbers(&batch), ["10", "11"]);
        assert_eq!(batch.conclude(Verdict::FailedFrom(0)), step(None, Some(2)));
        assert_eq!(batch.conclude(Verdict::Done), step(Some("11"), None));
    }

    #[test]
    fn splits_until_the_poisoned_record_is_alone() {
        let mut batch = batch(|mapping| {
            mapping.bisect = true;
            mapping.maximum_retry_attempts = 0;
        });
        assert_eq!(batch.conclude(Verdict::Failed), step(None, None));
        assert_eq!(numbers(&batch), ["8", "9"]);
        assert_eq!(batch.conclude(Verdict::Failed), step(None, None));
        assert_eq!(numbers(&batch), ["8"]);
        assert_eq!(batch.conclude(Verdict::Failed).handled.as_deref(), Some("8"));
        assert_eq!(numbers(&batch), ["9"]);
        assert_eq!(batch.conclude(Verdict::Done), step(Some("9"), None));
        assert_eq!(numbers(&batch), ["10", "11"]);
    }

    #[test]
    fn drops_what_is_too_old_or_gone() {
        let mut batch = batch(|mapping| mapping.maximum_record_age = 60);
        let old = batch.drop_old(Timestamp(10 * 60_000 + 1)).unwrap();
        assert_eq!((old.records.len(), last(&old.records).as_deref()), (2, Some("9")));
        assert_eq!(batch.drop_before("11").as_deref(), Some("10"));
        assert_eq!(numbers(&batch), ["11"]);
        assert_eq!(batch.drop_before("100").as_deref(), Some("11"));
        assert!(batch.records().is_empty());
    }
}
