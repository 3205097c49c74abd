//! eventbridge.
