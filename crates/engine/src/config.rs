//! What an engine is told when it starts.

use std::path::PathBuf;

use crate::clock::Clock;
use crate::faults::FaultPlan;

/// How an engine runs: where it listens, where it keeps its state, what time it is, and what goes wrong.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder that holds everything the engine must remember; made when absent.
    pub data_dir: PathBuf,
    /// Loopback port to listen on; 0 lets the system choose one.
    pub port: u16,
    /// The engine's clock, real, faster than real, or manual.
    pub clock: Clock,
    /// What goes wrong on purpose; nothing by default.
    pub faults: FaultPlan,
    /// Which throttles hold.
    pub limits: Limits,
}

/// Which of AWS's throttles hold: all of them, unless a load test switches some off by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// What a Kinesis shard takes and gives per second: records, bytes and calls.
    pub kinesis: bool,
    /// How often each operation of Firehose's control plane may be called per second.
    pub firehose: bool,
    /// How many events of a function are worked on at once.
    pub lambda: bool,
    /// Lambda invocations that an account has under way in a region at a time.
    pub concurrent_executions: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { kinesis: true, firehose: true, lambda: true, concurrent_executions: 1000 }
    }
}

impl Limits {
    /// The services that have throttles to switch off.
    pub const SERVICES: [&str; 3] = ["firehose", "kinesis", "lambda"];

    /// Returns the same limits without those of the named service; `None` when it has none to switch off.
    #[must_use]
    pub fn without(mut self, service: &str) -> Option<Self> {
        match service {
            "kinesis" => self.kinesis = false,
            "firehose" => self.firehose = false,
            "lambda" => self.lambda = false,
            _ => return None,
        }
        Some(self)
    }
}

impl Config {
    /// Returns a configuration with a real clock on a port that the system chooses.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            port: 0,
            clock: Clock::scaled(1.0),
            faults: FaultPlan::default(),
            limits: Limits::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_off_by_name_what_it_names() {
        let none = Limits { kinesis: false, firehose: false, lambda: false, ..Limits::default() };
        let without = |limits: Limits, service: &&str| limits.without(service);
        assert_eq!(Limits::SERVICES.iter().try_fold(Limits::default(), without), Some(none));
        assert_eq!(Limits::default().without("s3"), None);
    }
}
