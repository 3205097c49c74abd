//! Functions: their limits, what invokes them, what they write.

use hydrant_cfn::yaml::Spanned;

use super::Check;
use crate::stack::function::Function;
use crate::stack::load::did_you_mean;

impl Check<'_> {
    // Limits of https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and
    // API_CreateEventSourceMapping.html.
    pub(super) fn function(&mut self, name: &Spanned<String>, function: &Function) {
        self.name(function.name.as_ref().unwrap_or(name), "function", 64, "_-");
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
        if let Some(concurrency) = &function.concurrency {
            self.range(concurrency.span, "`concurrency`", concurrency.value, 1..=1000);
        }
        let file = self.file;
        for layer in &function.layers {
            self.lookup(layer, "layer", &file.layers);
        }
        for topic in &function.publishes {
            self.lookup(topic, "topic", &file.topics);
        }
        self.writes(&function.writes);
        self.http(function);
        self.success(name, function);
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
        if let Some(tumbling) = &reads.tumbling {
            self.range(tumbling.span, "`tumbling` in seconds", tumbling.value.0, 1..=900);
        }
        if let Some(parallel) = &reads.parallel {
            self.range(parallel.span, "`parallel`", parallel.value, 1..=10);
            if reads.tumbling.is_some() && parallel.value > 1 {
                let message = "windows are aggregated one batch after the other, so not in parallel";
                self.add(parallel.span, message, Some("leave out `parallel` or `tumbling`".into()));
            }
        }
        if let Some(target) = function.writes.iter().find(|target| target.value == reads.stream.value) {
            let message =
                format!("the function reads and writes `{}`, so it would feed itself", target.value);
            self.add(target.span, message, None);
        }
    }
    // Limits of https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html.
    fn http(&mut self, function: &Function) {
        let Some(http) = &function.http else { return };
        for (what, value) in [("`rate`", &http.rate), ("`burst`", &http.burst)] {
            if let Some(value) = value {
                self.range(value.span, what, value.value, 1..=10_000);
            }
        }
        let earlier = self.file.functions.values().take_while(|other| !std::ptr::eq(*other, function));
        let twice = earlier
            .filter_map(|other| other.http.as_ref())
            .any(|other| other.route.value == http.route.value);
        if twice {
            let message = format!("another function answers `{}` already", http.route.value);
            self.add(http.route.span, message, None);
        }
    }

    // https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    fn success(&mut self, name: &Spanned<String>, function: &Function) {
        let Some(destination) = &function.on_success else { return };
        let file = self.file;
        let text = destination.value.as_str();
        if !function.is_invoked_asynchronously() {
            let message = "only what runs by `schedule` or `watches` has somebody to tell of its success";
            self.add(destination.span, message, None);
        } else if text == name.value {
            self.add(destination.span, "the function would invoke itself for ever", None);
        } else if file.deliveries.get(text).is_some_and(|delivery| delivery.from.is_some()) {
            let message = format!("`{text}` reads a stream, so nobody else can put records into it");
            self.add(destination.span, message, None);
        } else if ![
            &file.deliveries.contains_key(text),
            &file.functions.contains_key(text),
            &file.topics.contains_key(text),
        ]
        .into_iter()
        .any(|known| *known)
        {
            let known = file.deliveries.keys().chain(file.functions.keys()).chain(file.topics.keys());
            let known: Vec<&str> = known.map(|name| name.value.as_str()).collect();
            let help = did_you_mean(text, &known);
            let message = format!("there is no delivery, function or topic `{text}`");
            self.add(destination.span, message, help);
        }
    }
}
