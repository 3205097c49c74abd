//! What a stack file must keep to beyond its shape: names that lead somewhere, values that AWS accepts.

use std::collections::HashMap;

use hydrant_cfn::yaml::{Span, Spanned};

use super::load::did_you_mean;
use super::model::{Delivery, Function, Named, StackFile, Stream};
use super::name::logical_id;

/// A mistake in a stack file.
#[derive(Debug)]
pub struct Problem {
    pub span: Span,
    pub message: String,
    pub help: Option<String>,
}

/// Returns every mistake in the file, in its order.
pub fn check(file: &StackFile) -> Vec<Problem> {
    let mut check = Check { file, problems: Vec::new() };
    for (name, stream) in &file.streams {
        check.stream(name, stream);
    }
    for (name, delivery) in &file.deliveries {
        check.delivery(name, delivery);
    }
    for (name, function) in &file.functions {
        check.function(name, function);
    }
    check.environments();
    check.logical_ids();
    if check.problems.is_empty()
        && file.streams.is_empty()
        && file.deliveries.is_empty()
        && file.functions.is_empty()
    {
        let help = "add `streams:`, `deliveries:` or `functions:`".to_owned();
        check.add(Span::default(), "the stack has nothing in it", Some(help));
    }
    check.problems
}

struct Check<'a> {
    file: &'a StackFile,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn add(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.problems.push(Problem { span, message: message.into(), help });
    }

    // Limits of https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html and
    // API_IncreaseStreamRetentionPeriod.html (24 to 8760 hours).
    fn stream(&mut self, name: &Spanned<String>, stream: &Stream) {
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

    // Limits of https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html.
    fn delivery(&mut self, name: &Spanned<String>, delivery: &Delivery) {
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
    }

    fn destination(&mut self, delivery: &Delivery) {
        let to = &delivery.to;
        let bucket = &to.bucket.value;
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        // Account and region are added to the name: 63 characters less `-111122223333-ap-southeast-1-an`.
        let well_formed = (3..=32).contains(&bucket.len())
            && bucket.chars().all(allowed)
            && edge(bucket.chars().next())
            && edge(bucket.chars().last())
            && !bucket.contains("..");
        if !well_formed {
            let help = "3 to 32 lower-case letters, digits, `-` and `.`, with a letter or digit at both ends";
            self.add(to.bucket.span, format!("`{bucket}` is not a bucket name"), Some(help.into()));
        }
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

    // Limits of https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and
    // API_CreateEventSourceMapping.html.
    fn function(&mut self, name: &Spanned<String>, function: &Function) {
        let name = function.name.as_ref().unwrap_or(name);
        self.name(name, "function", 64, "_-");
        if let Some(timeout) = &function.timeout {
            self.range(timeout.span, "`timeout` in seconds", timeout.value.0, 1..=900);
        }
        if let Some(memory) = &function.memory {
            match memory.value.mebibytes() {
                Some(128..=10_240) => {}
                _ => self.add(
                    memory.span,
                    format!("a function has 128MiB to 10240MiB of memory in whole MiB, not {}", memory.value),
                    None,
                ),
            }
        }
        for target in &function.writes {
            let known = self.file.streams.contains_key(target.value.as_str())
                || self.file.deliveries.contains_key(target.value.as_str());
            if !known {
                let names = self.names_of_targets();
                let help = did_you_mean(&target.value, &names.iter().map(String::as_str).collect::<Vec<_>>());
                self.add(target.span, format!("there is no stream or delivery `{}`", target.value), help);
            }
        }
        self.reads(function);
        for variable in function.environment.keys() {
            let mut characters = variable.value.chars();
            let well_formed = characters.next().is_some_and(|c| c.is_ascii_alphabetic())
                && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
                && variable.value.len() > 1;
            if !well_formed {
                let help = "a letter, then letters, digits and `_`";
                self.add(
                    variable.span,
                    format!("`{}` is not a variable name", variable.value),
                    Some(help.into()),
                );
            }
        }
    }

    fn reads(&mut self, function: &Function) {
        let Some(reads) = &function.reads else { return };
        self.lookup(&reads.stream, "stream", &self.file.streams);
        if let Some(batch) = &reads.batch {
            self.range(batch.span, "`batch`", batch.value, 1..=10_000);
        }
        if let Some(window) = &reads.window {
            self.range(window.span, "`window` in seconds", window.value.0, 0..=300);
        }
        if let Some(retries) = &reads.retries {
            self.range(retries.span, "`retries`", retries.value, 0..=10_000);
        }
        if let Some(target) = function.writes.iter().find(|target| target.value == reads.stream.value) {
            let message =
                format!("the function reads and writes `{}`, so it would feed itself", target.value);
            self.add(target.span, message, None);
        }
    }

    fn environments(&mut self) {
        for environment in self.file.environments.values() {
            let Some(account) = &environment.account else { continue };
            if account.value.len() != 12 || !account.value.bytes().all(|byte| byte.is_ascii_digit()) {
                let help = "twelve digits in quotes, such as \"111122223333\"";
                self.add(
                    account.span,
                    format!("`{}` is not an account id", account.value),
                    Some(help.into()),
                );
            }
        }
    }

    /// Every block becomes resources whose logical ids follow from its name; no two may be the same.
    fn logical_ids(&mut self) {
        let file = self.file;
        let streams = file.streams.keys().map(|name| (name, &[""] as &[&str]));
        let deliveries =
            file.deliveries.keys().map(|name| (name, &["", "Role", "Logs", "LogStream"] as &[&str]));
        let functions = file.functions.keys().map(|name| (name, &["", "Role", "Logs"] as &[&str]));
        let buckets =
            file.deliveries.values().map(|delivery| format!("{}Bucket", logical_id(&delivery.to.bucket)));
        let mut taken: HashMap<String, String> =
            buckets.map(|id| (id, "the bucket of a delivery".to_owned())).collect();
        for (name, endings) in streams.chain(deliveries).chain(functions) {
            for ending in endings {
                let id = format!("{}{ending}", logical_id(&name.value));
                let owner = format!("`{}`", name.value);
                if let Some(other) = taken.insert(id.clone(), owner.clone()).filter(|other| *other != owner) {
                    let message = format!("{owner} and {other} would both become the resource `{id}`");
                    self.add(name.span, message, Some("give one of them another name".into()));
                }
            }
        }
    }

    fn name(&mut self, name: &Spanned<String>, what: &str, longest: usize, punctuation: &str) {
        let allowed = |c: char| c.is_ascii_alphanumeric() || punctuation.contains(c);
        let begins_well = name.value.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !begins_well || name.value.len() > longest || !name.value.chars().all(allowed) {
            let help = format!(
                "1 to {longest} letters, digits and `{punctuation}`, beginning with a letter or digit"
            );
            self.add(name.span, format!("`{}` is not a name for a {what}", name.value), Some(help));
        }
    }

    fn range(&mut self, span: Span, what: &str, value: u64, range: std::ops::RangeInclusive<u64>) {
        if !range.contains(&value) {
            let message =
                format!("{what} must lie between {} and {}, not {value}", range.start(), range.end());
            self.add(span, message, None);
        }
    }

    fn lookup<T>(&mut self, name: &Spanned<String>, what: &str, known: &Named<T>) {
        if !known.contains_key(name.value.as_str()) {
            let names: Vec<&str> = known.keys().map(|name| name.value.as_str()).collect();
            let help = did_you_mean(&name.value, &names);
            self.add(name.span, format!("there is no {what} `{}`", name.value), help);
        }
    }

    fn names_of_targets(&self) -> Vec<String> {
        let file = self.file;
        file.streams.keys().chain(file.deliveries.keys()).map(|name| name.value.clone()).collect()
    }
}
