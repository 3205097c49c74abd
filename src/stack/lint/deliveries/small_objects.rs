//! # H3301: a delivery gathers before it writes
//!
//! ```yaml
//! streams: { orders: { shards: 4, rate: 4000/s, record_size: 1KB } }
//! deliveries:
//!   raw: { from: orders, to: { bucket: raw-orders }, buffer: { size: 1MiB, interval: 300s } }
//!   quick: { from: orders, to: { bucket: quick-orders }, buffer: { size: 64MiB, interval: 5s } }
//! ```
//!
//! Firehose writes an object when the buffer is full or its time is over, whichever is first. An object
//! every few seconds is millions a month: each is paid as a request, and whoever reads them spends his time
//! opening them. A buffer of a minute or more keeps them few. Firehose's own default is 5 MiB or five
//! minutes; a larger `size` costs nothing.
//!
//! ```yaml
//! streams: { orders: { shards: 4, rate: 4000/s, record_size: 1KB } }
//! deliveries:
//!   raw: { from: orders, to: { bucket: raw-orders }, buffer: { size: 128MiB, interval: 60s } }
//! ```
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3301",
        Level::Warning,
        "a delivery gathers before it writes",
        include_str!("small_objects.rs"),
    ),
    check,
};

/// Objects may come this often, in seconds.
const OFTEN: f64 = 60.0;
const MONTH: f64 = 30.0 * 86_400.0;
const LARGEST: u64 = 128;

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, delivery) in &stack.file.deliveries {
        let interval = delivery.buffer.seconds() as f64;
        let buffer = (delivery.buffer.mebibytes() << 20) as f64;
        let bytes = delivery.flow(&stack.file).and_then(|flow| flow.bytes).filter(|bytes| *bytes > 0.0);
        let full = bytes.map_or(f64::INFINITY, |bytes| buffer / bytes);
        if interval < OFTEN {
            let every = interval.min(full).max(1.0);
            let help = "write `interval: 60s` or more, unless objects are needed that soon".to_owned();
            findings.add(&["deliveries", name, "buffer", "interval"], objects(every), help);
        } else if let Some(bytes) = bytes.filter(|_| full < OFTEN) {
            let enough = (bytes * OFTEN / f64::from(1 << 20)).ceil() as u64;
            let enough = enough.next_power_of_two().min(LARGEST);
            if enough > delivery.buffer.mebibytes() {
                let help = format!("write `size: {enough}MiB`");
                findings.add(&["deliveries", name, "buffer", "size"], objects(full), help);
            }
        }
    }
}

fn objects(every: f64) -> String {
    let every = every.max(0.1);
    let thousands = MONTH / every / 1000.0;
    let (count, unit) =
        if thousands < 1000.0 { (thousands, "thousand") } else { (thousands / 1000.0, "million") };
    let every = format!("{every:.1}");
    let every = every.strip_suffix(".0").unwrap_or(&every);
    format!("an object every {every} s is {count:.1} {unit} a month")
}
