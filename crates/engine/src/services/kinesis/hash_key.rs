//! Hash keys: where a partition key falls, and how the key space is divided among shards.

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

/// The hash keys that a shard takes, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashKeyRange {
    #[serde(with = "decimal")]
    pub start: u128,
    #[serde(with = "decimal")]
    pub end: u128,
}

impl HashKeyRange {
    pub fn contains(self, hash_key: u128) -> bool {
        (self.start..=self.end).contains(&hash_key)
    }
}

/// Returns the hash key of a partition key: its MD5.
pub fn of_partition_key(partition_key: &str) -> u128 {
    u128::from_be_bytes(Md5::digest(partition_key.as_bytes()).into())
}

/// Reads an explicit hash key: a decimal number below 2^128 without leading zeros.
pub fn parse(digits: &str) -> Option<u128> {
    let is_plain = digits == "0" || !digits.starts_with('0');
    let is_number = is_plain && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// Divides the whole key space into `count` equal ranges; the last one takes what is left over.
pub fn even_ranges(count: usize) -> Vec<HashKeyRange> {
    let count = count.max(1) as u128;
    if count == 1 {
        return vec![HashKeyRange { start: 0, end: u128::MAX }];
    }
    // 2^128 itself does not fit, so divide what is one less and put the one back.
    let width = u128::MAX / count + u128::from(u128::MAX % count == count - 1);
    (0..count)
        .map(|place| {
            let end = if place == count - 1 { u128::MAX } else { width * (place + 1) - 1 };
            HashKeyRange { start: width * place, end }
        })
        .collect()
}

/// Hash keys as decimal text, since JSON numbers do not hold them.
mod decimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(value: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divides_the_key_space_without_gaps() {
        for count in [1, 2, 3, 4, 5, 7, 100, 1000] {
            let ranges = even_ranges(count);
            assert_eq!(ranges.len(), count);
            assert_eq!((ranges[0].start, ranges[count - 1].end), (0, u128::MAX));
            for pair in ranges.windows(2) {
                assert_eq!(pair[0].end + 1, pair[1].start);
            }
        }
    }

    #[test]
    fn divides_as_aws_does() {
        let ranges = even_ranges(2);
        assert_eq!(ranges[0].end.to_string(), "170141183460469231731687303715884105727");
        assert_eq!(even_ranges(3)[0].end.to_string(), "113427455640312821154458202477256070484");
    }

    #[test]
    fn hashes_a_partition_key_with_md5() {
        assert_eq!(of_partition_key("a"), 0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661);
    }

    #[test]
    fn reads_explicit_hash_keys_only_in_their_plain_form() {
        assert_eq!(parse("0"), Some(0));
        assert_eq!(parse("340282366920938463463374607431768211455"), Some(u128::MAX));
        for digits in ["", "01", "-1", "340282366920938463463374607431768211456", "1e3"] {
            assert_eq!(parse(digits), None, "{digits}");
        }
    }
}
