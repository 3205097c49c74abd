//! Streams: names and limits.

use hydrant_cfn::yaml::Spanned;

use super::Check;
use crate::stack::model::Stream;
use crate::stack::units::{ByteSize, Rate};

impl Check<'_> {
    // Limits of https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html and
    // API_IncreaseStreamRetentionPeriod.html (24 to 8760 hours).
    pub(super) fn stream(&mut self, name: &Spanned<String>, stream: &Stream) {
        if let Some(arn) = &stream.arn {
            self.existing_stream(arn, stream);
            return;
        }
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

    /// A stream that exists is what it is: nothing can be said of it but what its records are.
    fn existing_stream(&mut self, arn: &Spanned<String>, stream: &Stream) {
        let is_arn = arn.value.starts_with("arn:") && arn.value.contains(":kinesis:");
        if !is_arn && !arn.value.contains("${") {
            let help = "such as arn:aws:kinesis:us-east-1:111122223333:stream/orders, or a value: ${orders}";
            self.add(arn.span, format!("`{arn}` is not the ARN of a stream"), Some(help.to_owned()));
        }
        let name = stream.name.as_ref().map(|name| ("name", name.span));
        let shards = stream.shards.as_ref().map(|shards| ("shards", shards.span));
        let retention = stream.retention.as_ref().map(|retention| ("retention", retention.span));
        for (key, span) in [name, shards, retention].into_iter().flatten() {
            let message = format!("a stream that exists already cannot be given `{key}`");
            self.add(span, message, Some("leave out it or `arn`".to_owned()));
        }
        self.expected(&stream.rate, &stream.record_size);
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
