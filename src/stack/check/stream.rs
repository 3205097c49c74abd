//! Streams: names and limits.

use hydrant_cfn::yaml::Spanned;

use super::Check;
use crate::stack::model::Stream;
use crate::stack::units::{ByteSize, Rate};

impl Check<'_> {
    // Limits of https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html and
    // API_IncreaseStreamRetentionPeriod.html (24 to 8760 hours).
    pub(super) fn stream(&mut self, name: &Spanned<String>, stream: &Stream) {
        let name = stream.name.as_ref().unwrap_or(name);
        self.name(name, "stream", 128, "._-");
        if let Some(shards) = &stream.shards {
            self.range(shards.span, "`shards`", shards.value, 1..=20_000);
        }
        self.expected(&stream.rate, &stream.record_size);
        if let Some(retention) = &stream.retention {
            match retention.value.hours() {
                Some(24..=8760) => {}
                _ => self.add(
                    retention.span,
                    format!("a stream keeps records for 24h to 365d in whole hours, not {}", retention.value),
                    None,
                ),
            }
        }
    }
    /// What is expected: a record of either service holds something, and Kinesis takes 10 MiB at most.
    /// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html>
    pub(super) fn expected(&mut self, rate: &Option<Spanned<Rate>>, size: &Option<Spanned<ByteSize>>) {
        if let Some(rate) = rate.as_ref().filter(|rate| rate.value.0 <= 0.0) {
            self.add(rate.span, "a rate is more than nothing", None);
        }
        if let Some(size) = size.as_ref().filter(|size| !(1..=10 << 20).contains(&size.value.0)) {
            self.add(size.span, format!("a record has 1B to 10MiB, not {}", size.value), None);
        }
    }
}
