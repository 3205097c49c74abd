//! What a run of `send` has done so far.

use std::path::PathBuf;

use serde::Serialize;

/// Numbers of rows, except where another thing is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Stored by the service.
    pub sent: u64,
    /// Tries beyond the first, in records of the service.
    pub retried: u64,
    /// Given up.
    pub failed: u64,
    /// Not records at all.
    pub bad: u64,
    /// Read, but not tried before the run was ended.
    pub unsent: u64,
    /// Tried again after a call without an answer, so they may be there twice.
    pub uncertain: u64,
    /// Records of the service that were stored.
    pub records: u64,
    /// Bytes of data that were stored.
    pub bytes: u64,
    /// Bytes that Firehose bills for the rows as they are, and for the records that carry them.
    #[serde(skip)]
    pub billed: (u64, u64),
}

/// How a run ended.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub stack: String,
    /// The block of the stack file that the rows went into.
    pub to: String,
    #[serde(flatten)]
    pub tally: Tally,
    pub seconds: f64,
    /// Where the rows are that were not sent.
    pub failed_rows: Option<PathBuf>,
    #[serde(skip)]
    pub is_packed: bool,
}
