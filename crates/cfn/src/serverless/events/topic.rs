//! Messages of an SNS topic, straight to the function or through a queue.

use serde_json::{Value, json};

use super::super::function::{Function, is_truthy};
use super::super::resource::{Made, reference};
use super::super::{Expansion, Refusal};
use super::{Event, pull};

const KNOWN: [&str; 6] =
    ["FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "Region", "SqsSubscription", "Topic"];

/// Returns the subscription of a function, with the queue between when it asks for one.
pub fn resources(
    expansion: &Expansion,
    function: &Function<'_>,
    event: &Event<'_>,
    role: &mut Made,
) -> Result<Vec<Made>, Refusal> {
    event.check_names(&KNOWN)?;
    let topic = event.required("Topic")?;
    let Some(through) = event.get("SqsSubscription").filter(|through| is_truthy(through)) else {
        let mut permission = event.permission(function, "sns.amazonaws.com");
        permission.set("SourceArn", topic.clone());
        return Ok(vec![permission, subscription(function, event, "lambda", function.arn(), topic)]);
    };
    let mut made = Vec::new();
    let (arn, url) = if through.is_boolean() {
        refuse_fifo(expansion, topic)?;
        let queue = function.made(format!("{}Queue", event.id), "AWS::SQS::Queue");
        let (arn, url) = (queue.arn(), reference(&queue.logical_id));
        made.push(queue);
        (arn, url)
    } else {
        match (through.get("QueueArn"), through.get("QueueUrl")) {
            (Some(arn), Some(url)) => (arn.clone(), url.clone()),
            _ => {
                let message =
                    format!("Event with id [{}] is invalid. No QueueARN or QueueURL provided.", event.name);
                return Err(Refusal::resource(function.id, message));
            }
        }
    };
    let policy_id = through.get("QueuePolicyLogicalId").and_then(Value::as_str);
    let policy_id = policy_id.map_or_else(|| format!("{}QueuePolicy", event.id), str::to_owned);
    made.push(queue_policy(function, policy_id, topic, &arn, &url));
    made.push(subscription(function, event, "sqs", arn.clone(), topic));
    let queue_event = Event { id: format!("{}EventSourceMapping", event.id), event_type: "SQS", ..*event };
    let mut mapping = pull::mapping(expansion, function, &queue_event, role, &arn);
    let batch = through.get("BatchSize").filter(|size| is_truthy(size));
    mapping.set("BatchSize", batch.cloned().unwrap_or_else(|| json!(10)));
    mapping.set("Enabled", true);
    made.push(mapping);
    Ok(made)
}

/// A topic that keeps its order needs a queue that does.
fn refuse_fifo(expansion: &Expansion, topic: &Value) -> Result<(), Refusal> {
    let logical_id = topic["Ref"].as_str().unwrap_or_default();
    let is_fifo = expansion.given.get(logical_id).map(|topic| &topic["Properties"]["FifoTopic"]);
    match is_fifo.is_some_and(is_truthy) {
        true => Err(Refusal::unsupported("a queue between a FIFO topic and a function")),
        false => Ok(()),
    }
}

fn subscription(
    function: &Function<'_>,
    event: &Event<'_>,
    protocol: &str,
    endpoint: Value,
    topic: &Value,
) -> Made {
    let mut made = function.made(event.id.clone(), "AWS::SNS::Subscription");
    made.set("Protocol", protocol);
    made.set("Endpoint", endpoint);
    made.set("TopicArn", topic.clone());
    for name in ["Region", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy"] {
        made.set_some(name, event.get(name));
    }
    made
}

fn queue_policy(function: &Function<'_>, id: String, topic: &Value, arn: &Value, url: &Value) -> Made {
    let mut made = function.made(id, "AWS::SQS::QueuePolicy");
    let statement = json!({
        "Action": "sqs:SendMessage",
        "Effect": "Allow",
        "Principal": "*",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    });
    made.set("PolicyDocument", json!({"Version": "2012-10-17", "Statement": [statement]}));
    made.set("Queues", json!([url]));
    made
}
