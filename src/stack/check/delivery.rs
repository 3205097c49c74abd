//! Delivery streams: where they read, how they buffer, where objects go.

use hydrant_cfn::yaml::Spanned;

use super::Check;
use crate::stack::model::Delivery;

impl Check<'_> {
    // Limits of https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html.
    pub(super) fn delivery(&mut self, name: &Spanned<String>, delivery: &Delivery) {
        let name = delivery.name.as_ref().unwrap_or(name);
        self.name(name, "delivery stream", 64, "._-");
        if let Some(from) = &delivery.from {
            self.lookup(from, "stream", &self.file.streams);
        }
        if let Some(size) = &delivery.buffer.size {
            match size.value.mebibytes() {
                Some(1..=128) => {}
                _ => self.add(
                    size.span,
                    format!("a buffer holds 1MiB to 128MiB in whole MiB, not {}", size.value),
                    None,
                ),
            }
        }
        if let Some(interval) = &delivery.buffer.interval {
            self.range(interval.span, "`interval` in seconds", interval.value.0, 0..=900);
        }
        self.destination(delivery);
        if let Some(transform) = &delivery.transform {
            self.lookup(transform, "function", &self.file.functions);
        }
        self.expected(&delivery.rate, &delivery.record_size);
        if delivery.from.is_some()
            && let Some(span) = (delivery.rate.as_ref().map(|rate| rate.span))
                .or_else(|| delivery.record_size.as_ref().map(|size| size.span))
        {
            let help = "write it at the stream".to_owned();
            self.add(span, "what comes from a stream is the stream's to say", Some(help));
        }
        if let Some(role) = &delivery.role {
            self.name(role, "role", 64, "_+=,.@-");
        }
    }

    fn destination(&mut self, delivery: &Delivery) {
        let to = &delivery.to;
        self.bucket_name(&to.bucket);
        // https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
        let prefix_has_expression = to.prefix.as_ref().filter(|prefix| prefix.value.contains("!{"));
        if let (Some(prefix), None) = (prefix_has_expression, &to.error_prefix) {
            let help = "add `error_prefix`, such as `failed/!{firehose:error-output-type}/`";
            self.add(
                prefix.span,
                "Firehose wants an error prefix beside a prefix with expressions",
                Some(help.into()),
            );
        }
        if let Some(error_prefix) = &to.error_prefix {
            let text = &error_prefix.value;
            if text.contains("!{") && !text.contains("!{firehose:error-output-type}") {
                self.add(
                    error_prefix.span,
                    "an error prefix with expressions must contain `!{firehose:error-output-type}`",
                    None,
                );
            }
        }
    }
}
