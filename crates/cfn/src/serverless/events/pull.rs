//! Events that Lambda reads itself: Kinesis streams and SQS queues, through event source mappings.

use serde_json::Value;

use super::super::destinations::bucket_policy;
use super::super::function::Function;
use super::super::resource::{Made, is_function};
use super::super::role::{add_inline, add_managed, allowing};
use super::super::{Expansion, Refusal};
use super::Event;

/// Properties that go on to the mapping as they are.
const SAME: [&str; 18] = [
    "BatchSize",
    "BisectBatchOnFunctionError",
    "Enabled",
    "FilterCriteria",
    "FunctionResponseTypes",
    "KmsKeyArn",
    "LoggingConfig",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "MetricsConfig",
    "ParallelizationFactor",
    "ProvisionedPollerConfig",
    "ScalingConfig",
    "SourceAccessConfigurations",
    "StartingPosition",
    "StartingPositionTimestamp",
    "TumblingWindowInSeconds",
];

/// Returns the mapping of a stream or queue.
pub fn resources(
    expansion: &Expansion,
    function: &Function<'_>,
    event: &Event<'_>,
    role: &mut Made,
) -> Result<Vec<Made>, Refusal> {
    let source = if event.event_type == "Kinesis" { "Stream" } else { "Queue" };
    let known: Vec<&str> = SAME.iter().copied().chain([source, "DestinationConfig"]).collect();
    event.check_names(&known)?;
    let arn = event.required(source)?;
    if event.event_type == "Kinesis" {
        event.required("StartingPosition")?;
    }
    let mut made = mapping(expansion, function, event, role, arn);
    for name in SAME {
        made.set_some(name, event.get(name));
    }
    check_filter(event)?;
    if let Some(config) = event.get("DestinationConfig") {
        made.set("DestinationConfig", destination(function, event, config, role)?);
    }
    Ok(vec![made])
}

/// Returns a mapping that says only from where to where, and gives the role the right to read there.
pub fn mapping(
    expansion: &Expansion,
    function: &Function<'_>,
    event: &Event<'_>,
    role: &mut Made,
    source: &Value,
) -> Made {
    let policy = match event.event_type {
        "Kinesis" => "service-role/AWSLambdaKinesisExecutionRole",
        _ => "service-role/AWSLambdaSQSQueueExecutionRole",
    };
    add_managed(role, &expansion.arguments.managed_policy(policy));
    let mut made = function.made(event.id.clone(), "AWS::Lambda::EventSourceMapping");
    made.set("FunctionName", function.name());
    made.set("EventSourceArn", source.clone());
    made
}

fn check_filter(event: &Event<'_>) -> Result<(), Refusal> {
    let Some(criteria) = event.get("FilterCriteria").filter(|criteria| !is_function(criteria)) else {
        return Ok(());
    };
    let fits = criteria.as_object().is_some_and(|members| members.keys().all(|name| name == "Filters"));
    if fits {
        return Ok(());
    }
    let message =
        format!("Event with id [{}] is invalid. FilterCriteria field has a wrong format", event.name);
    Err(event.invalid(message))
}

/// Returns the destination of batches that failed, and gives the role the right to write there when it says what it is.
fn destination(
    function: &Function<'_>,
    event: &Event<'_>,
    config: &Value,
    role: &mut Made,
) -> Result<Value, Refusal> {
    let mut config = config.clone();
    let Some(on_failure) = config.get_mut("OnFailure").and_then(Value::as_object_mut) else {
        let message = format!(
            "Event with id [{}] is invalid. Property 'DestinationConfig.OnFailure' should be a map.",
            event.id
        );
        return Err(Refusal::resource(function.id, message));
    };
    let kind = on_failure.remove("Type");
    let arn = on_failure.get("Destination").cloned().unwrap_or_default();
    let policy = match kind.as_ref().and_then(Value::as_str) {
        None | Some("Kafka") => None,
        Some("SQS") => Some(allowing(format!("{}SQSPolicy", event.id), "sqs:SendMessage", &arn)),
        Some("SNS") => Some(allowing(format!("{}SNSPolicy", event.id), "sns:publish", &arn)),
        Some("S3") => Some(bucket_policy(&event.id, &arn)),
        Some(_) => {
            let message = format!(
                "Event with id [{}] is invalid. The only valid values for 'Type' are 'SQS', 'SNS', 'S3', and 'Kafka'",
                event.id
            );
            return Err(Refusal::resource(function.id, message));
        }
    };
    if let Some(policy) = policy {
        add_inline(role, policy);
    }
    Ok(config)
}
