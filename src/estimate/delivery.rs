//! A delivery: what Firehose bills, and the objects that it writes.

use super::{Assumptions, Block, Charge, DAY, Flow, Load, MONTH, Warning, gigabytes};
use crate::estimate::prices::{Item, Prices};
use crate::stack::{Compression, Delivery, TRANSFORM_SECONDS};

/// What is billed of a record: whole multiples of this. <https://aws.amazon.com/firehose/pricing/>
const BILLED: f64 = 5.0 * 1024.0;

/// The buffer of a transform, as the template sets it.
const TRANSFORM_BYTES: f64 = 1_048_576.0;

/// Firehose gathers for a moment even when its buffer has no interval. Not confirmed on AWS: how long.
const SHORTEST: f64 = 5.0;

/// A record before base64. <https://docs.aws.amazon.com/firehose/latest/dev/limits.html>
const LARGEST_RECORD: f64 = 1000.0 * 1024.0;

/// Objects that are written steadily.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Objects {
    /// A second.
    pub count: f64,
    /// Bytes of one, compressed.
    pub size: f64,
}

/// Returns how often a second something is written that is gathered until a size or a time.
fn gathered(flow: Flow, bytes: f64, seconds: f64) -> f64 {
    if flow.records == 0.0 {
        return 0.0;
    }
    let period = seconds.min(bytes / flow.bytes().max(f64::MIN_POSITIVE));
    (1.0 / period.max(f64::MIN_POSITIVE)).min(flow.records)
}

/// Returns the objects that a delivery writes of a flow; Firehose counts its buffer before it compresses.
pub fn objects(delivery: &Delivery, flow: Flow, assumptions: &Assumptions) -> Objects {
    let bytes = delivery.buffer.mebibytes() as f64 * 1_048_576.0;
    let count = gathered(flow, bytes, (delivery.buffer.seconds() as f64).max(SHORTEST));
    let factor = if delivery.compression == Compression::None { 1.0 } else { assumptions.compression };
    Objects { count, size: if count > 0.0 { flow.bytes() / count / factor } else { 0.0 } }
}

/// Returns how often a second a delivery invokes its transform.
pub fn transforms(flow: Flow) -> f64 {
    gathered(flow, TRANSFORM_BYTES, TRANSFORM_SECONDS as f64)
}

pub fn block(name: &str, flow: Flow, objects: Objects, prices: &Prices) -> Block {
    let billed = flow.records * (flow.size / BILLED).ceil().max(1.0) * BILLED;
    let charges: Vec<Charge> = vec![
        prices.charge(Item::FirehoseGb, gigabytes(billed * MONTH)),
        prices.charge(Item::S3Put, objects.count * MONTH),
        prices.charge(Item::S3GbMonth, gigabytes(objects.count * objects.size * MONTH)),
    ];
    let load = Load::Delivery {
        records_per_second: flow.records,
        bytes_per_second: flow.bytes(),
        billed_bytes_per_second: billed,
        objects_per_day: objects.count * DAY,
        object_bytes: objects.size,
    };
    Block::new(name, load, charges)
}

/// Returns why a delivery cannot carry a flow.
pub fn warnings(name: &str, delivery: &Delivery, flow: Flow, region: &str) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |message: String, help: &str| warnings.push(Warning::new(name, message, help.to_owned()));
    // Default quotas of https://docs.aws.amazon.com/firehose/latest/dev/limits.html; a stream is read without one.
    let (records, bytes) = match region {
        "us-east-1" | "us-west-2" | "eu-west-1" => (500_000.0, 5.0),
        _ => (100_000.0, 1.0),
    };
    if delivery.from.is_none() && (flow.records > records || flow.bytes() > bytes * 1_048_576.0) {
        warn(
            format!("takes {records} records/s and {bytes} MiB/s in {region} unless the quota is raised"),
            "ask AWS for a higher quota, or put a stream before it: `from:`",
        );
    }
    if flow.size > LARGEST_RECORD {
        warn("takes records of at most 1000 KiB".to_owned(), "split the records");
    }
    warnings
}

/// Returns what could be saved by putting several small records into one.
pub fn advice(name: &str, delivery: &Delivery, flow: Flow) -> Option<String> {
    let fit = (BILLED / flow.size.max(1.0)).floor();
    let is_worth_it = delivery.from.is_none() && flow.records >= 1.0 && fit >= 2.0;
    is_worth_it.then(|| {
        format!(
            "`{name}` bills each record as 5 KB; with {fit} rows in one record, as `send --pack` does, it bills {fit} times less."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::tests::{ASSUMED, dollars, flow, yaml};

    fn delivery(extra: &str) -> Delivery {
        yaml(&format!("{{ to: {{ bucket: b }}, buffer: {{ size: 1MiB, interval: 60s }}, {extra} }}"))
    }

    #[test]
    fn writes_an_object_when_the_buffer_is_full_or_the_time_is_up() {
        let written = |flow: Flow| objects(&delivery(""), flow, &ASSUMED);
        assert_eq!(written(flow(10.0, 100.0)), Objects { count: 1.0 / 60.0, size: 60_000.0 });
        assert_eq!(written(flow(1024.0, 2048.0)), Objects { count: 2.0, size: 1_048_576.0 });
        // Fewer records than intervals: an object each.
        assert_eq!(written(flow(0.001, 100.0)).count, 0.001);
        assert_eq!(written(flow(0.0, 100.0)), Objects::default());
    }

    #[test]
    fn stores_what_is_left_after_compression() {
        let gzip = objects(&delivery("compression: gzip"), flow(1024.0, 2048.0), &ASSUMED);
        assert_eq!(gzip, Objects { count: 2.0, size: 262_144.0 });
    }

    #[test]
    fn bills_each_record_as_whole_5_kb() {
        let prices = Prices::read(None, "us-east-1").unwrap();
        let rows = flow(1000.0, 93.0);
        let written = objects(&delivery(""), rows, &ASSUMED);
        // 1000 rows of 93 B a second for 730 h are 12531 GB of 5 KB each.
        assert_eq!(dollars(&block("d", rows, written, &prices))[0], "363.41");
        let packed = flow(1000.0 / 55.0, 93.0 * 55.0);
        assert_eq!(dollars(&block("d", packed, written, &prices))[0], "6.61");
    }

    #[test]
    fn warns_of_quotas_for_records_that_are_put_directly() {
        let direct = delivery("");
        assert!(warnings("d", &direct, flow(1000.0, 1000.0), "us-east-2").is_empty());
        assert_eq!(warnings("d", &direct, flow(2000.0, 1000.0), "us-east-2").len(), 1);
        assert!(warnings("d", &direct, flow(2000.0, 1000.0), "us-east-1").is_empty());
        assert!(warnings("d", &delivery("from: s"), flow(9000.0, 1000.0), "us-east-2").is_empty());
    }

    #[test]
    fn advises_to_pack_small_records_that_are_put_directly() {
        assert!(advice("d", &delivery(""), flow(10.0, 93.0)).unwrap().contains("55 times less"));
        assert_eq!(advice("d", &delivery(""), flow(10.0, 3000.0)), None);
        assert_eq!(advice("d", &delivery("from: s"), flow(10.0, 93.0)), None);
    }
}
