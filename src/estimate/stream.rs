//! A stream: the shards that a rate needs, and what AWS bills for them.

use super::{Block, DAY, Flow, HOUR, Load, MONTH, Warning, gigabytes};
use crate::estimate::prices::{Item, Prices};
use crate::stack::{Stream, shard};

/// What a stream with on-demand capacity takes when it is new; later, twice the most of its last 30 days.
const NEW_RECORDS: f64 = 4000.0;
const NEW_BYTES: f64 = 4_194_304.0;
/// The shards of one that is new.
const NEW_SHARDS: f64 = 4.0;
const LARGEST_RECORD: f64 = 1_048_576.0;

/// What is billed of a record as one unit.
const PAYLOAD_UNIT: f64 = 25.0 * 1024.0;

const WEEK: f64 = 7.0 * DAY;

/// Returns how many shards take a flow in.
fn shards_needed(flow: Flow) -> f64 {
    shard::needed(flow.records, flow.bytes()) as f64
}

/// Returns how many shards a stream has; one with on-demand capacity gets what it needs.
pub fn shards(stream: &Stream, flow: Flow) -> f64 {
    stream.shards.as_ref().map_or_else(|| shards_needed(flow).max(NEW_SHARDS), |shards| shards.value as f64)
}

pub fn block(name: &str, stream: &Stream, flow: Flow, readers: usize, prices: &Prices) -> Block {
    let charges = match &stream.shards {
        Some(shards) => provisioned(shards.value as f64, stream, flow, prices),
        None => on_demand(stream, flow, readers, prices),
    };
    let load = Load::Stream {
        records_per_second: flow.records,
        bytes_per_second: flow.bytes(),
        shards: stream.shards.as_ref().map(|shards| shards.value),
        shards_needed: shards_needed(flow) as u64,
        readers,
    };
    Block::new(name, load, charges)
}

fn retention(stream: &Stream) -> f64 {
    stream.retention.as_ref().map_or(DAY, |retention| retention.value.0 as f64)
}

fn provisioned(shards: f64, stream: &Stream, flow: Flow, prices: &Prices) -> Vec<super::Charge> {
    let hours = shards * MONTH / HOUR;
    let units = flow.records * (flow.size / PAYLOAD_UNIT).ceil().max(1.0) * MONTH;
    let mut charges =
        vec![prices.charge(Item::KinesisShardHour, hours), prices.charge(Item::KinesisPutPayloadUnit, units)];
    let kept = retention(stream);
    if kept > DAY {
        charges.push(prices.charge(Item::KinesisExtendedRetentionShardHour, hours));
    }
    if kept > WEEK {
        let stored = gigabytes(flow.bytes() * (kept - WEEK));
        charges.push(prices.charge(Item::KinesisLongTermRetentionGbMonth, stored));
    }
    charges
}

fn on_demand(stream: &Stream, flow: Flow, readers: usize, prices: &Prices) -> Vec<super::Charge> {
    // Each record is billed in whole kilobytes on its way in.
    let taken = gigabytes(flow.records * (flow.size / 1024.0).ceil().max(1.0) * 1024.0 * MONTH);
    let read = gigabytes(flow.bytes() * readers as f64 * MONTH);
    let mut charges = vec![
        prices.charge(Item::KinesisOnDemandStreamHour, MONTH / HOUR),
        prices.charge(Item::KinesisOnDemandInGb, taken),
        prices.charge(Item::KinesisOnDemandOutGb, read),
    ];
    let kept = retention(stream);
    if kept > DAY {
        let stored = gigabytes(flow.bytes() * (kept.min(WEEK) - DAY));
        charges.push(prices.charge(Item::KinesisOnDemandExtendedRetentionGbMonth, stored));
    }
    if kept > WEEK {
        let stored = gigabytes(flow.bytes() * (kept - WEEK));
        charges.push(prices.charge(Item::KinesisLongTermRetentionGbMonth, stored));
    }
    charges
}

/// Returns why a stream cannot carry a flow.
pub fn warnings(name: &str, stream: &Stream, flow: Flow, readers: usize) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |message: String, help: String| warnings.push(Warning::new(name, message, help));
    let needed = shards_needed(flow);
    match &stream.shards {
        Some(shards) if (shards.value as f64) < needed => warn(
            format!(
                "needs {needed} shards, each of which takes 1000 records/s and 1 MiB/s, and has {}",
                shards.value
            ),
            format!("set `shards: {needed}`, or leave `shards` out for on-demand capacity"),
        ),
        None if flow.records > NEW_RECORDS || flow.bytes() > NEW_BYTES => warn(
            "takes 4000 records/s and 4 MiB/s when it is new, and then twice the most of its last 30 days"
                .to_owned(),
            format!("let the rate grow slowly, or set `shards: {needed}`"),
        ),
        _ => {}
    }
    let has = shards(stream, flow);
    let read = flow.bytes() * readers as f64;
    if stream.shards.is_some() && read > has * shard::READ_BYTES && flow.bytes() <= has * shard::BYTES {
        let enough = (read / shard::READ_BYTES).ceil();
        warn(
            format!("gives 2 MiB/s a shard to all readers together, and {readers} read it"),
            format!("set `shards: {enough}`, or let fewer functions and deliveries read it"),
        );
    }
    if readers > shard::READS {
        warn(
            format!("answers 5 calls of GetRecords a second and shard, and {readers} readers make one each"),
            "let fewer functions and deliveries read it; more shards do not help".to_owned(),
        );
    }
    if flow.size > LARGEST_RECORD {
        warn("takes records of at most 1 MiB".to_owned(), "split the records".to_owned());
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::tests::{dollars, flow, yaml};

    #[test]
    fn needs_shards_for_records_and_for_bytes() {
        assert_eq!(shards_needed(flow(1000.0, 200.0)), 1.0);
        assert_eq!(shards_needed(flow(1001.0, 200.0)), 2.0);
        assert_eq!(shards_needed(flow(100.0, 20_971.52)), 2.0);
        assert_eq!(shards_needed(flow(0.0, 200.0)), 1.0);
    }

    #[test]
    fn bills_shards_by_the_hour_and_records_by_25_kb() {
        let stream: Stream = yaml("shards: 2");
        let block = block("s", &stream, flow(1000.0, 26_000.0), 1, &Prices::read(None, "us-east-1").unwrap());
        assert_eq!(dollars(&block), ["21.90", "73.58"]);
    }

    #[test]
    fn bills_what_is_kept_for_more_than_a_day_and_more_than_a_week() {
        let prices = Prices::read(None, "us-east-1").unwrap();
        let of = |text: &str| dollars(&block("s", &yaml(text), flow(100.0, 1024.0), 2, &prices));
        assert_eq!(of("{ shards: 1, retention: 24h }"), ["10.95", "3.68"]);
        assert_eq!(of("{ shards: 1, retention: 7d }"), ["10.95", "3.68", "14.60"]);
        assert_eq!(of("{ shards: 1, retention: 8d }"), ["10.95", "3.68", "14.60", "0.19"]);
        assert_eq!(of("{ retention: 8d }"), ["29.20", "20.05", "20.05", "4.94", "0.19"]);
    }

    #[test]
    fn warns_when_there_are_too_few_shards_or_too_many_readers() {
        let warned = |text: &str, flow: Flow, readers: usize| {
            let found = warnings("s", &yaml(text), flow, readers);
            found.into_iter().map(|warning| warning.help).collect::<Vec<_>>()
        };
        assert_eq!(warned("shards: 1", flow(1000.0, 200.0), 2), [""; 0]);
        assert_eq!(
            warned("shards: 1", flow(2500.0, 200.0), 2),
            ["set `shards: 3`, or leave `shards` out for on-demand capacity"]
        );
        assert_eq!(warned("shards: 1", flow(1000.0, 1000.0), 3).len(), 1);
        assert_eq!(warned("shards: 1", flow(1.0, 1000.0), 6).len(), 1);
        assert_eq!(warned("{}", flow(4000.0, 100.0), 1), [""; 0]);
        assert_eq!(warned("{}", flow(4001.0, 100.0), 1).len(), 1);
    }
}
