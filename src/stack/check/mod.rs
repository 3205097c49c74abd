//! What a stack file must keep to beyond its shape: names that lead somewhere, values that AWS accepts.

mod delivery;
mod function;
mod logical_ids;
mod objects;
mod stream;
mod subscribers;
mod words;

use hydrant_cfn::yaml::Span;

use super::layout;
use super::model::StackFile;

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
        check.problems.extend(stream.records.iter().flat_map(layout::check));
    }
    for (name, delivery) in &file.deliveries {
        check.delivery(name, delivery);
        check.problems.extend(delivery.records.iter().flat_map(layout::check));
    }
    for (name, function) in &file.functions {
        check.function(name, function);
    }
    check.watched_objects();
    for (name, topic) in &file.topics {
        check.topic(name, topic);
    }
    for (name, user) in &file.users {
        check.user(name, user);
    }
    if let Some(alarms) = &file.alarms {
        check.lookup(&alarms.notify, "topic", &file.topics);
    }
    check.buckets();
    check.environments();
    check.logical_ids();
    check.emptiness();
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

    fn emptiness(&mut self) {
        let file = self.file;
        let is_empty = file.streams.is_empty()
            && file.deliveries.is_empty()
            && file.functions.is_empty()
            && file.topics.is_empty()
            && file.layers.is_empty();
        if is_empty && self.problems.is_empty() {
            let help = "add `streams:`, `deliveries:` or `functions:`".to_owned();
            self.add(Span::default(), "the stack has nothing in it", Some(help));
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
}
