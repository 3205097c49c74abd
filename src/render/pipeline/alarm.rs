//! Alarms on what a pipeline suffers from: failing and throttled functions, readers that fall behind, late deliveries.

use serde::Serialize;

use super::function::has_failure_queue;
use crate::stack::{StackFile, logical_id};

/// How far behind the newest record a reader may be, in milliseconds.
const ITERATOR_AGE: u64 = 5 * 60 * 1000;

/// What a delivery may take beyond its own buffer, in seconds.
const DELIVERY_GRACE: u64 = 5 * 60;

#[derive(Debug, Serialize)]
pub struct AlarmBlock {
    pub id: String,
    pub description: String,
    pub namespace: &'static str,
    pub metric: &'static str,
    pub statistic: &'static str,
    pub dimension: &'static str,
    /// Logical id of the resource that is watched.
    pub of: String,
    /// The attribute that names it, where its reference does not.
    pub attribute: Option<&'static str>,
    pub threshold: u64,
    /// Logical id of the topic that hears of it.
    pub topic: String,
}

/// Returns an alarm for everything in the stack that can fall ill, when it asks for alarms.
pub fn alarms(file: &StackFile) -> Vec<AlarmBlock> {
    let Some(alarms) = &file.alarms else { return Vec::new() };
    let topic = logical_id(&alarms.notify);
    let mut blocks = Vec::new();
    for (name, function) in &file.functions {
        blocks.push(of_function(name, &topic, "Errors", "Sum", 1, format!("{name} fails")));
        blocks.push(of_function(name, &topic, "Throttles", "Sum", 1, format!("{name} is throttled")));
        if let Some(reads) = &function.reads {
            let description = format!("{name} falls behind {}", reads.stream.value);
            blocks.push(of_function(name, &topic, "IteratorAge", "Maximum", ITERATOR_AGE, description));
        }
    }
    for (name, delivery) in &file.deliveries {
        blocks.push(AlarmBlock {
            id: format!("{}FreshnessAlarm", logical_id(name)),
            description: format!("{name} delivers late"),
            namespace: "AWS/Firehose",
            metric: "DeliveryToS3.DataFreshness",
            statistic: "Maximum",
            dimension: "DeliveryStreamName",
            of: logical_id(name),
            attribute: None,
            threshold: delivery.buffer.seconds() + DELIVERY_GRACE,
            topic: topic.clone(),
        });
    }
    if has_failure_queue(file) {
        blocks.push(AlarmBlock {
            id: "FailureQueueAlarm".to_owned(),
            description: "Events failed for good".to_owned(),
            namespace: "AWS/SQS",
            metric: "ApproximateNumberOfMessagesVisible",
            statistic: "Maximum",
            dimension: "QueueName",
            of: "FailureQueue".to_owned(),
            attribute: Some("QueueName"),
            threshold: 1,
            topic,
        });
    }
    blocks
}

fn of_function(
    name: &str,
    topic: &str,
    metric: &'static str,
    statistic: &'static str,
    threshold: u64,
    description: String,
) -> AlarmBlock {
    AlarmBlock {
        id: format!("{}{metric}Alarm", logical_id(name)),
        description,
        namespace: "AWS/Lambda",
        metric,
        statistic,
        dimension: "FunctionName",
        of: logical_id(name),
        attribute: None,
        threshold,
        topic: topic.to_owned(),
    }
}
