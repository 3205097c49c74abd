//! The local engine: whether it runs, and where.

use std::path::Path;

use super::Check;
use crate::local::{self, Record};

/// Says whether the engine of a data folder runs; it is not started for that.
pub async fn engine(data_dir: &Path) -> Check {
    let name = "local engine";
    match (local::running(data_dir).await, Record::read(data_dir)) {
        (Some(record), _) => {
            let scale = match record.time_scale {
                scale if (scale - 1.0).abs() < f64::EPSILON => String::new(),
                scale => format!(", {scale} times as fast as the clock"),
            };
            let faults = record
                .faults
                .map_or_else(String::new, |file| format!(", failing as {} says", file.display()));
            Check::ok(name, format!("runs at {} (process {}){scale}{faults}", record.url, record.pid))
        }
        (None, Some(record)) => Check::warn(
            name,
            format!("does not answer at {} although its note says so", record.url),
            "it was ended abruptly; the next command with --local starts it again, with all it acknowledged",
        ),
        (None, None) => Check::ok(name, "does not run; --local starts it"),
    }
}
