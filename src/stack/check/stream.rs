//! Streams: names and limits.

use hydrant_cfn::yaml::Spanned;

use super::Check;
use crate::stack::model::Stream;

impl Check<'_> {
    // Limits of https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html and
    // API_IncreaseStreamRetentionPeriod.html (24 to 8760 hours).
    pub(super) fn stream(&mut self, name: &Spanned<String>, stream: &Stream) {
        let name = stream.name.as_ref().unwrap_or(name);
        self.name(name, "stream", 128, "._-");
        if let Some(shards) = &stream.shards {
            self.range(shards.span, "`shards`", shards.value, 1..=20_000);
        }
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
}
