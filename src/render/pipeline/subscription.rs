//! Topics, and who hears what is published to them.

use serde::Serialize;

use super::physical_name;
use crate::stack::{StackFile, logical_id};

#[derive(Debug, Serialize)]
pub struct TopicBlock {
    pub id: String,
    /// Absent when nobody but the stack itself needs to know it.
    pub name: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct SubscriptionBlock {
    pub id: String,
    pub topic: String,
    pub protocol: &'static str,
    /// An address outside the stack.
    pub address: Option<String>,
    /// Logical id of the function that is invoked.
    pub function: Option<String>,
    /// Logical id of the delivery stream into which messages go.
    pub delivery: Option<String>,
}

/// Returns the topics that the stack file names, then those through which a function tells a delivery of its
/// success: Lambda knows topics as destinations, but no delivery streams.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
pub fn topics(file: &StackFile) -> Vec<TopicBlock> {
    let named = file.topics.iter().map(|(name, topic)| TopicBlock {
        id: logical_id(name),
        name: Some(physical_name(name, topic.name.as_ref())),
    });
    let between =
        success_deliveries(file).into_iter().map(|name| TopicBlock { id: success_topic(name), name: None });
    named.chain(between).collect()
}

pub fn subscriptions(file: &StackFile) -> Vec<SubscriptionBlock> {
    let named = file.topics.iter().flat_map(|(topic, block)| {
        block.subscribers.iter().map(|subscriber| subscription(file, &logical_id(topic), subscriber))
    });
    let between = success_deliveries(file)
        .into_iter()
        .map(|delivery| subscription(file, &success_topic(delivery), delivery));
    named.chain(between).collect()
}

fn subscription(file: &StackFile, topic: &str, subscriber: &str) -> SubscriptionBlock {
    let function = file.functions.contains_key(subscriber).then(|| logical_id(subscriber));
    let delivery = file.deliveries.contains_key(subscriber).then(|| logical_id(subscriber));
    let is_own = function.is_some() || delivery.is_some();
    let protocol = match (&function, &delivery) {
        (Some(_), _) => "lambda",
        (None, Some(_)) => "firehose",
        (None, None) if subscriber.starts_with("https://") => "https",
        (None, None) => "email",
    };
    SubscriptionBlock {
        id: format!("{topic}To{}", logical_id(subscriber)),
        topic: topic.to_owned(),
        protocol,
        address: (!is_own).then(|| subscriber.to_owned()),
        function,
        delivery,
    }
}

/// Returns the logical id of the topic through which successes go to a delivery.
pub fn success_topic(delivery: &str) -> String {
    format!("{}Topic", logical_id(delivery))
}

/// Returns the deliveries that are told of successes, each once.
fn success_deliveries(file: &StackFile) -> Vec<&str> {
    let destinations = file.functions.values().filter_map(|function| function.on_success.as_ref());
    let names: indexmap::IndexSet<&str> = destinations
        .map(|destination| destination.value.as_str())
        .filter(|name| file.deliveries.contains_key(*name))
        .collect();
    names.into_iter().collect()
}
