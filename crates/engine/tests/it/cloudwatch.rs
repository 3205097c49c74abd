//! cloudwatch.
