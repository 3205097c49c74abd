//! How much a shard takes and gives per second: a token bucket on the engine's clock.

use crate::clock::Timestamp;

/// Tokens that come back at a steady rate, at most one second's worth unless told otherwise.
#[derive(Debug)]
pub struct Bucket {
    per_second: f64,
    capacity: f64,
    tokens: f64,
    filled_at: Timestamp,
}

impl Bucket {
    /// Returns a full bucket that holds `capacity` tokens and gains `per_second`.
    pub fn new(per_second: f64, capacity: f64) -> Self {
        Self { per_second, capacity, tokens: capacity, filled_at: Timestamp(0) }
    }

    fn refill(&mut self, now: Timestamp) {
        if now > self.filled_at {
            let gained = now.since(self.filled_at).as_secs_f64() * self.per_second;
            self.tokens = (self.tokens + gained).min(self.capacity);
            self.filled_at = now;
        }
    }

    /// Says whether `amount` can be taken; more than the bucket holds can be taken from a full one.
    pub fn has(&mut self, now: Timestamp, amount: f64) -> bool {
        self.refill(now);
        self.tokens >= amount.min(self.capacity)
    }

    /// Takes `amount`, going into debt for what is not there.
    pub fn take(&mut self, amount: f64) {
        self.tokens -= amount;
    }
}

/// The limits on writing to one shard: 1,000 records and 1 MiB a second, partition keys included.
#[derive(Debug)]
pub struct WriteLimit {
    records: Bucket,
    bytes: Bucket,
}

impl WriteLimit {
    pub fn new() -> Self {
        Self { records: Bucket::new(1000.0, 1000.0), bytes: Bucket::new(1_048_576.0, 1_048_576.0) }
    }

    /// Takes room for one record of `size` bytes, or says that there is none.
    pub fn admit(&mut self, now: Timestamp, size: usize) -> bool {
        let size = size as f64;
        if !self.records.has(now, 1.0) || !self.bytes.has(now, size) {
            return false;
        }
        self.records.take(1.0);
        self.bytes.take(size);
        true
    }
}

/// The limits on reading from one shard: 5 calls and 2 MiB a second; a call of 10 MiB uses up five seconds.
#[derive(Debug)]
pub struct ReadLimit {
    calls: Bucket,
    bytes: Bucket,
}

impl ReadLimit {
    pub fn new() -> Self {
        Self { calls: Bucket::new(5.0, 5.0), bytes: Bucket::new(2_097_152.0, 2_097_152.0) }
    }

    /// Takes room for one call, or says that there is none.
    pub fn admit(&mut self, now: Timestamp) -> bool {
        if !self.calls.has(now, 1.0) || !self.bytes.has(now, 1.0) {
            return false;
        }
        self.calls.take(1.0);
        true
    }

    /// Counts what a call has read.
    pub fn count(&mut self, bytes: usize) {
        self.bytes.take(bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admits_a_thousand_records_a_second() {
        let mut limit = WriteLimit::new();
        let admitted =
            |limit: &mut WriteLimit, now| (0..2000).filter(|_| limit.admit(Timestamp(now), 10)).count();
        assert_eq!(admitted(&mut limit, 1_000_000), 1000);
        assert_eq!(admitted(&mut limit, 1_000_100), 100);
        assert_eq!(admitted(&mut limit, 1_009_000), 1000);
    }

    #[test]
    fn admits_one_record_of_a_mebibyte_and_its_key_a_second() {
        let mut limit = WriteLimit::new();
        assert!(limit.admit(Timestamp(1_000_000), 1_048_576 + 3));
        assert!(!limit.admit(Timestamp(1_000_999), 1_048_576));
        assert!(limit.admit(Timestamp(1_001_001), 1_048_576));
    }

    #[test]
    fn makes_a_large_read_wait_for_its_bytes() {
        let mut limit = ReadLimit::new();
        assert!(limit.admit(Timestamp(1_000_000)));
        limit.count(10 << 20);
        assert!(!limit.admit(Timestamp(1_003_000)));
        assert!(limit.admit(Timestamp(1_004_100)));
    }
}
