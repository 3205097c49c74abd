//! What CloudFormation provisions here.

mod policy;
mod subscription;
mod topic;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::resource::{AttachedPolicy, ResourceType};

/// Returns the resource types of SNS.
pub fn all() -> Vec<Box<dyn ResourceType>> {
    vec![
        Box::new(topic::TopicResource),
        Box::new(subscription::SubscriptionResource),
        Box::new(AttachedPolicy(policy::Topics)),
    ]
}

/// Returns those of `names` that the properties give, as the texts that the API takes.
fn texts(properties: &Value, names: &[&str]) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let given = names.iter().filter_map(|name| Some((*name, properties.get(*name)?)));
    given.map(|(name, value)| (name.to_owned(), text(value))).collect()
}
