//! firehose.
