//! The metrics that Kinesis, Firehose and Lambda emit, under the names that AWS gives them.
//!
//! Each service calls once for something that happened; how it counts is written down here.

use std::time::Duration;

use super::CloudWatch;
use super::metric::{Metric, Sums};
use crate::clock::Timestamp;

/// The resource that emits: its account, region and name.
#[derive(Debug, Clone, Copy)]
pub struct Emitter<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub name: &'a str,
}

/// What became of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invoked {
    Succeeded,
    Failed,
    Throttled,
}

impl CloudWatch {
    fn count(
        &self,
        at: Timestamp,
        emitter: Emitter<'_>,
        namespace: &str,
        dimension: &str,
        values: &[(&str, f64)],
    ) {
        for (name, value) in values {
            let metric = Metric {
                account: emitter.account.to_owned(),
                region: emitter.region.to_owned(),
                namespace: namespace.to_owned(),
                name: (*name).to_owned(),
                dimensions: [(dimension.to_owned(), emitter.name.to_owned())].into(),
            };
            self.add(metric, at, Sums::of(*value, 1.0));
        }
    }

    /// Counts records that were put into a stream of Kinesis.
    pub fn kinesis_written(
        &self,
        at: Timestamp,
        emitter: Emitter<'_>,
        records: usize,
        bytes: usize,
        throttled: usize,
    ) {
        let values = [
            ("IncomingRecords", records as f64),
            ("IncomingBytes", bytes as f64),
            ("WriteProvisionedThroughputExceeded", throttled as f64),
        ];
        self.count(at, emitter, "AWS/Kinesis", "StreamName", &values);
    }

    /// Counts whether a GetRecords call was one too many.
    pub fn kinesis_asked(&self, at: Timestamp, emitter: Emitter<'_>, is_throttled: bool) {
        let throttled = if is_throttled { 1.0 } else { 0.0 };
        let values =
            [("ReadProvisionedThroughputExceeded", throttled), ("GetRecords.Success", 1.0 - throttled)];
        self.count(at, emitter, "AWS/Kinesis", "StreamName", &values);
    }

    /// Counts a GetRecords call that was answered, by how far its reader is behind.
    pub fn kinesis_read(
        &self,
        at: Timestamp,
        emitter: Emitter<'_>,
        records: usize,
        milliseconds_behind: u64,
    ) {
        let values = [
            ("GetRecords.Records", records as f64),
            ("GetRecords.IteratorAgeMilliseconds", milliseconds_behind as f64),
        ];
        self.count(at, emitter, "AWS/Kinesis", "StreamName", &values);
    }

    /// Counts records that were put to a delivery stream.
    pub fn firehose_put(&self, at: Timestamp, emitter: Emitter<'_>, records: usize, bytes: usize) {
        let values = [("IncomingRecords", records as f64), ("IncomingBytes", bytes as f64)];
        self.count(at, emitter, "AWS/Firehose", "DeliveryStreamName", &values);
    }

    /// Counts an object that a delivery stream stored, or did not; `oldest` is its oldest record's arrival.
    pub fn firehose_delivered(
        &self,
        at: Timestamp,
        emitter: Emitter<'_>,
        stored: Option<(usize, usize)>,
        oldest: Timestamp,
    ) {
        let freshness = at.since(oldest).as_secs() as f64;
        let mut values = vec![
            ("DeliveryToS3.Success", if stored.is_some() { 1.0 } else { 0.0 }),
            ("DeliveryToS3.DataFreshness", freshness),
        ];
        if let Some((records, bytes)) = stored {
            values.push(("DeliveryToS3.Records", records as f64));
            values.push(("DeliveryToS3.Bytes", bytes as f64));
        }
        self.count(at, emitter, "AWS/Firehose", "DeliveryStreamName", &values);
    }

    /// Counts an invocation of a function.
    pub fn lambda_invoked(
        &self,
        at: Timestamp,
        emitter: Emitter<'_>,
        invoked: Invoked,
        duration: Option<f64>,
        concurrent: u32,
    ) {
        let failed = if invoked == Invoked::Failed { 1.0 } else { 0.0 };
        let mut values = vec![("ConcurrentExecutions", f64::from(concurrent))];
        if invoked == Invoked::Throttled {
            values.push(("Throttles", 1.0));
        } else {
            values.extend([("Invocations", 1.0), ("Errors", failed), ("Throttles", 0.0)]);
        }
        values.extend(duration.map(|duration| ("Duration", duration)));
        self.count(at, emitter, "AWS/Lambda", "FunctionName", &values);
    }

    /// Notes how old the last record of a batch is that a function gets from a stream.
    pub fn lambda_iterator_age(&self, at: Timestamp, emitter: Emitter<'_>, age: Duration) {
        let values = [("IteratorAge", age.as_millis() as f64)];
        self.count(at, emitter, "AWS/Lambda", "FunctionName", &values);
    }
}

/// Returns the duration in the report at the end of a function's log, in milliseconds.
pub fn reported_duration(log: &str) -> Option<f64> {
    let (_, report) = log.rsplit_once("REPORT RequestId")?;
    let (_, duration) = report.split_once("Duration: ")?;
    duration.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_duration_from_a_report() {
        let log = "START\nREPORT RequestId: a\tDuration: 12.34 ms\tBilled Duration: 13 ms\n";
        assert_eq!(reported_duration(log), Some(12.34));
        assert_eq!(reported_duration("START"), None);
    }
}
