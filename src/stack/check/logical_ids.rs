//! Every block becomes resources whose logical ids follow from its name; no two may be the same.

use std::collections::HashMap;

use hydrant_cfn::yaml::Spanned;

use super::Check;
use crate::stack::name::logical_id;

/// What blocks add to their own logical id for the resources beside them.
const DELIVERY: &[&str] = &["", "Role", "Logs", "LogStream", "FreshnessAlarm", "Topic", "TopicRole"];
const FUNCTION: &[&str] = &[
    "",
    "Role",
    "Logs",
    "ErrorsAlarm",
    "ThrottlesAlarm",
    "IteratorAgeAlarm",
    "Schedule",
    "ScheduleRole",
    "ObjectsPermission",
    "Integration",
    "Route",
    "RoutePermission",
    "Asynchronous",
];
const LAYER: &[&str] = &["Layer"];
const ALONE: &[&str] = &[""];

/// The resources that belong to the stack as a whole.
const WHOLE: [&str; 4] = ["Api", "ApiStage", "FailureQueue", "FailureQueueAlarm"];

impl Check<'_> {
    pub(super) fn logical_ids(&mut self) {
        let file = self.file;
        let buckets = file.bucket_names().map(|name| (format!("{}Bucket", logical_id(name)), "a bucket"));
        let whole = WHOLE.iter().map(|id| ((*id).to_owned(), "what the stack has as a whole"));
        let mut taken: HashMap<String, String> =
            buckets.chain(whole).map(|(id, owner)| (id, owner.to_owned())).collect();
        let mut claim = |names: Vec<&Spanned<String>>, endings: &[&str]| {
            for name in names {
                for ending in endings {
                    let id = format!("{}{ending}", logical_id(&name.value));
                    let owner = format!("`{}`", name.value);
                    let other = taken.insert(id.clone(), owner.clone()).filter(|other| *other != owner);
                    if let Some(other) = other {
                        let message = format!("{owner} and {other} would both become the resource `{id}`");
                        self.problems.push(super::Problem {
                            span: name.span,
                            message,
                            help: Some("give one of them another name".into()),
                        });
                    }
                }
            }
        };
        claim(file.streams.keys().collect(), ALONE);
        claim(file.deliveries.keys().collect(), DELIVERY);
        claim(file.functions.keys().collect(), FUNCTION);
        claim(file.topics.keys().collect(), ALONE);
        claim(file.users.keys().collect(), ALONE);
        claim(file.layers.keys().collect(), LAYER);
    }
}
