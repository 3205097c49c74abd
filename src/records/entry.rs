//! One record on its way: its bytes, its partition key, and the rows of the input that it carries.

use std::time::Duration;

use md5::{Digest, Md5};

/// A record of the service, which carries one row or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub data: Vec<u8>,
    /// The partition key; not used by Firehose.
    pub key: String,
    /// Where the key falls.
    pub hash: u128,
    /// The number of the row, or of the first of them.
    pub first: u64,
    /// The numbers of the other rows.
    pub others: Vec<u64>,
    /// The rows as they were before they were packed in a way that is not theirs.
    pub rows: Option<Vec<u8>>,
    pub attempts: u32,
    /// When it was first tried, from the start of sending.
    pub first_tried: Option<Duration>,
}

impl Entry {
    /// Returns a record of one row; without a key, the row's hash takes its place.
    pub fn new(number: u64, data: Vec<u8>, key: Option<String>) -> Self {
        let key = key.unwrap_or_else(|| {
            let digest = u128::from_be_bytes(Md5::digest(&data).into());
            format!("{:016x}", digest >> 64)
        });
        let hash = hash_of(&key);
        Self {
            data,
            key,
            hash,
            first: number,
            others: Vec::new(),
            rows: None,
            attempts: 0,
            first_tried: None,
        }
    }

    /// Returns what counts towards the limits: data and key.
    pub fn size(&self) -> usize {
        self.data.len() + self.key.len()
    }

    /// Returns how many rows it carries.
    pub fn row_count(&self) -> u64 {
        1 + self.others.len() as u64
    }

    /// Returns the numbers of its rows.
    pub fn row_numbers(&self) -> impl Iterator<Item = u64> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// Returns its rows as they can be sent again, each with its line's end.
    pub fn as_rows(&self) -> &[u8] {
        self.rows.as_deref().unwrap_or(&self.data)
    }
}

/// Returns the hash key of a partition key: its MD5.
pub fn hash_of(key: &str) -> u128 {
    u128::from_be_bytes(Md5::digest(key.as_bytes()).into())
}
