//! What a shard takes and gives a second.
//! <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>

/// Records that it takes.
pub const RECORDS: f64 = 1000.0;

/// Bytes that it takes.
pub const BYTES: f64 = 1_048_576.0;

/// Bytes that it gives to all its readers together.
pub const READ_BYTES: f64 = 2_097_152.0;

/// Calls of GetRecords that it answers; each reader makes about one.
pub const READS: usize = 5;

/// Returns how many shards take so many records and bytes a second.
pub fn needed(records: f64, bytes: f64) -> u64 {
    (records / RECORDS).max(bytes / BYTES).ceil().max(1.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_shards_for_records_and_for_bytes() {
        assert_eq!(needed(1000.0, 200_000.0), 1);
        assert_eq!(needed(1001.0, 200_000.0), 2);
        assert_eq!(needed(100.0, 2_097_152.0), 2);
        assert_eq!(needed(10.0, 3.5 * BYTES), 4);
        assert_eq!(needed(0.0, 0.0), 1);
    }
}
