//! Token buckets of stages and routes, which the engine's clock fills.
//!
//! They live in memory: an engine that starts again begins with full ones.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::stage::Throttling;
use crate::clock::Timestamp;

/// AWS's quotas of an account, which stand in for a limit that is not set.
const ACCOUNT_RATE: f64 = 10_000.0;
const ACCOUNT_BURST: f64 = 5_000.0;

/// The buckets of all APIs, by API, stage and route.
#[derive(Debug, Default)]
pub struct Throttles(Mutex<HashMap<String, Bucket>>);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled: Timestamp,
}

impl Throttles {
    /// Takes a token from the bucket called `name`; `false` when none is left.
    pub fn admits(&self, name: &str, limits: &Throttling, now: Timestamp) -> bool {
        if !limits.is_limited() {
            return true;
        }
        let burst = limits.throttling_burst_limit.map_or(ACCOUNT_BURST, |limit| limit as f64);
        let rate = limits.throttling_rate_limit.unwrap_or(ACCOUNT_RATE);
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(name.to_owned()).or_insert(Bucket { tokens: burst, filled: now });
        let earned = now.since(bucket.filled).as_secs_f64() * rate;
        bucket.tokens = (bucket.tokens + earned).min(burst);
        bucket.filled = bucket.filled.max(now);
        let admits = bucket.tokens >= 1.0;
        if admits {
            bucket.tokens -= 1.0;
        }
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admits_a_burst_and_then_the_rate() {
        let throttles = Throttles::default();
        let limits = Throttling {
            throttling_burst_limit: Some(2),
            throttling_rate_limit: Some(1.0),
            ..Throttling::default()
        };
        let admitted = |at: i64| throttles.admits("a", &limits, Timestamp(at));
        assert_eq!([admitted(0), admitted(0), admitted(0)], [true, true, false]);
        assert_eq!([admitted(999), admitted(1000), admitted(1000)], [false, true, false]);
        assert_eq!([admitted(60_000), admitted(60_000), admitted(60_000)], [true, true, false]);
        assert!(throttles.admits("b", &limits, Timestamp(0)));
        assert!(throttles.admits("c", &Throttling::default(), Timestamp(0)));
    }
}
