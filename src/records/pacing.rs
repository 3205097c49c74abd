//! How fast a shard may be written to, and how long to wait before a record is tried again. Time is given, never asked.

use std::time::Duration;

use rand::Rng;

use crate::stack::shard;

/// The part of a second's worth that may be saved up and sent at once.
const BURST: f64 = 0.25;

/// Waits between attempts: at most this after the first, twice as much after each further one, and never more.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A shard's room for records and bytes; times are measured from the start of sending.
#[derive(Debug, Clone)]
pub struct Pace {
    records: Bucket,
    bytes: Bucket,
}

impl Pace {
    /// Returns a shard's pace, `scale` times as fast as on AWS.
    pub fn of_shard(scale: f64) -> Self {
        Self { records: Bucket::new(shard::RECORDS * scale), bytes: Bucket::new(shard::BYTES * scale) }
    }

    /// Returns no pace: everything goes at once.
    pub fn unlimited() -> Self {
        Self { records: Bucket::new(f64::INFINITY), bytes: Bucket::new(f64::INFINITY) }
    }

    /// Takes room for one record, or says how long to wait for it.
    pub fn take(&mut self, now: Duration, bytes: usize) -> Result<(), Duration> {
        let wait = self.records.wait(now, 1.0).max(self.bytes.wait(now, bytes as f64));
        if wait.is_zero() {
            self.records.tokens -= 1.0;
            self.bytes.tokens -= bytes as f64;
            return Ok(());
        }
        Err(wait)
    }

    /// Says that the shard refused, so somebody else uses it, too.
    pub fn refused(&mut self) {
        self.records.tokens = self.records.tokens.min(0.0);
        self.bytes.tokens = self.bytes.tokens.min(0.0);
    }
}

#[derive(Debug, Clone)]
struct Bucket {
    per_second: f64,
    tokens: f64,
    filled_at: Duration,
}

impl Bucket {
    fn new(per_second: f64) -> Self {
        Self { per_second, tokens: per_second * BURST, filled_at: Duration::ZERO }
    }

    /// Returns how long until `amount` is there; a full bucket gives anything and goes into debt.
    fn wait(&mut self, now: Duration, amount: f64) -> Duration {
        if self.per_second.is_infinite() {
            self.tokens = f64::INFINITY;
            return Duration::ZERO;
        }
        let capacity = self.per_second * BURST;
        let gained = now.saturating_sub(self.filled_at).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + gained).min(capacity);
        self.filled_at = now;
        let lacking = amount.min(capacity) - self.tokens;
        if lacking <= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(lacking / self.per_second) }
    }
}

/// Returns how long to wait before attempt `attempts + 1`: anything up to a bound that doubles ("full jitter").
///
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
pub fn jitter(attempts: u32, random: &mut impl Rng) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << attempts.saturating_sub(1).min(10));
    random.random_range(Duration::ZERO..=doubled.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    /// Sends records of `bytes` for `seconds` and returns how many went.
    fn sent(mut pace: Pace, bytes: usize, seconds: u64) -> usize {
        let (mut now, mut count) = (Duration::ZERO, 0);
        while now < Duration::from_secs(seconds) {
            match pace.take(now, bytes) {
                Ok(()) => count += 1,
                Err(wait) => now += wait.max(Duration::from_micros(1)),
            }
        }
        count
    }

    #[test]
    fn reaches_the_ceiling_and_stays_under_it() {
        let small = sent(Pace::of_shard(1.0), 100, 10);
        assert!((10_000..=10_260).contains(&small), "{small}");
        let large = sent(Pace::of_shard(1.0), 10_486, 10);
        assert!((990..=1026).contains(&large), "{large}");
        let scaled = sent(Pace::of_shard(20.0), 100, 1);
        assert!((20_000..=25_020).contains(&scaled), "{scaled}");
    }

    #[test]
    fn lets_a_record_through_that_is_larger_than_the_burst() {
        let count = sent(Pace::of_shard(1.0), 1_048_576, 10);
        assert!((9..=11).contains(&count), "{count}");
    }

    #[test]
    fn waits_after_a_refusal() {
        let mut pace = Pace::of_shard(1.0);
        pace.take(Duration::ZERO, 1).unwrap();
        pace.refused();
        assert!(pace.take(Duration::ZERO, 1).is_err());
        assert!(pace.take(Duration::from_millis(2), 1).is_ok());
        let mut unlimited = Pace::unlimited();
        unlimited.take(Duration::ZERO, 1 << 20).unwrap();
        unlimited.refused();
        assert!(unlimited.take(Duration::ZERO, 1 << 20).is_ok());
    }

    #[test]
    fn spreads_waits_up_to_a_bound_that_doubles() {
        let mut random = StdRng::seed_from_u64(7);
        let longest =
            |attempts, random: &mut StdRng| (0..500).map(|_| jitter(attempts, random)).max().unwrap();
        let shortest = (0..500).map(|_| jitter(5, &mut random)).min().unwrap();
        assert!(shortest < Duration::from_millis(20), "{shortest:?}");
        for (attempts, bound) in [(1, 50), (2, 100), (4, 400), (30, 5000)] {
            let longest = longest(attempts, &mut random);
            let bound = Duration::from_millis(bound);
            assert!(longest <= bound && longest > bound * 9 / 10, "{attempts}: {longest:?}");
        }
    }
}
