//! What a stack file must keep to beyond its shape: names that lead somewhere, values that AWS accepts.

mod delivery;
mod function;
mod logical_ids;
mod objects;
mod stream;
mod subscribers;
mod value;
mod words;

use hydrant_cfn::yaml::{Span, Spanned};

use super::environment::Environment;
use super::layout;
use super::model::{Naming, StackFile};

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
    check.values();
    check.environments();
    check.logical_ids();
    check.emptiness();
    check.problems
}

/// What several regions cannot have under the same name.
const GLOBAL: &str = "a name of its own for each region would be needed, which a stack file cannot say";

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

    /// Several regions have the same names in them, so nothing may be there whose name is taken in all of AWS.
    fn regions(&mut self, name: &Spanned<String>, environment: &Environment) {
        let (file, regions) = (self.file, &environment.regions);
        if let Some(region) = environment.region.as_ref().filter(|_| !regions.is_empty()) {
            self.add(region.span, "write `region` or `regions`, not both", None);
        }
        for (place, region) in regions.iter().enumerate() {
            if regions[..place].contains(region) {
                self.add(region.span, format!("the region `{region}` is there twice"), None);
            }
        }
        if regions.len() < 2 {
            return;
        }
        let roles = file.deliveries.values().filter_map(|delivery| delivery.role.as_ref());
        let users = file.users.iter().map(|(name, user)| user.name.as_ref().unwrap_or(name));
        let named = roles.map(|role| ("role", role)).chain(users.map(|user| ("user", user)));
        let buckets = file.buckets.iter().filter(|(_, bucket)| bucket.naming == Naming::Plain);
        let named: Vec<_> = named.chain(buckets.map(|(name, _)| ("bucket", name))).collect();
        for (what, taken) in named {
            let message = format!(
                "`{name}` has several regions, and the {what} `{taken}` can have its name only once in all of them"
            );
            self.add(taken.span, message, Some(GLOBAL.to_owned()));
        }
    }

    fn environments(&mut self) {
        for (name, environment) in &self.file.environments {
            self.regions(name, environment);
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
