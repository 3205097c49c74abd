//! Schedules and events of EventBridge: a rule, and its right to invoke the function.

use serde_json::{Value, json};

use super::super::Refusal;
use super::super::function::Function;
use super::super::resource::{Made, reference};
use super::{DeadLetters, Event, dead_letters, target};

/// The longest id of a rule's target.
const TARGET_ID: usize = 64;

const OF_SCHEDULE: [&str; 9] = [
    "DeadLetterConfig",
    "Description",
    "Enabled",
    "Input",
    "Name",
    "RetryPolicy",
    "RuleName",
    "Schedule",
    "State",
];
const OF_PATTERN: [&str; 11] = [
    "DeadLetterConfig",
    "Enabled",
    "EventBusName",
    "Input",
    "InputPath",
    "InputTransformer",
    "Pattern",
    "RetryPolicy",
    "RuleName",
    "State",
    "Target",
];

/// Returns the rule of an event and the permission to invoke the function.
pub fn resources(function: &Function<'_>, event: &Event<'_>) -> Result<Vec<Made>, Refusal> {
    let is_schedule = event.event_type == "Schedule";
    event.check_names(if is_schedule { &OF_SCHEDULE } else { &OF_PATTERN })?;
    let mut rule = function.made(event.id.clone(), "AWS::Events::Rule");
    if is_schedule {
        rule.set("ScheduleExpression", event.required("Schedule")?.clone());
        rule.set_some("Name", event.get("Name"));
        rule.set_some("Description", event.get("Description"));
    } else {
        rule.set_some("EventBusName", event.get("EventBusName"));
        rule.set_some("EventPattern", event.get("Pattern"));
        rule.set_some("Name", event.get("RuleName"));
    }
    rule.set_some("State", state(function, event)?.as_ref());
    let dead = dead_letters(function, event)?;
    let mut target = target(event, function.arn(), dead.as_ref().map(|dead| &dead.arn));
    let id = event.get("Target").and_then(|target| target.get("Id")).cloned();
    target.insert("Id".to_owned(), id.unwrap_or_else(|| target_id(&event.id).into()));
    for name in ["InputPath", "InputTransformer"] {
        if let Some(value) = event.get(name) {
            target.insert(name.to_owned(), value.clone());
        }
    }
    rule.set("Targets", json!([target]));
    let mut permission = event.permission(function, "events.amazonaws.com");
    permission.set("SourceArn", rule.arn());
    let mut made = Vec::new();
    if let Some(DeadLetters { arn, queue: Some(queue) }) = dead {
        made.push(queue_policy(function, event, &rule.arn(), &arn, &reference(&queue.logical_id)));
        made.push(queue);
    }
    made.extend([rule, permission]);
    Ok(made)
}

fn state(function: &Function<'_>, event: &Event<'_>) -> Result<Option<Value>, Refusal> {
    let (state, enabled) = (event.get("State"), event.get("Enabled"));
    match (state, enabled) {
        (Some(_), Some(_)) => {
            let message = format!(
                "Event with id [{}] is invalid. State and Enabled Properties cannot both be specified.",
                event.name
            );
            Err(Refusal::resource(function.id, message))
        }
        (Some(state), None) => Ok(Some(state.clone())),
        (None, Some(enabled)) => {
            let is_enabled = super::super::function::is_truthy(enabled);
            Ok(Some(if is_enabled { "ENABLED" } else { "DISABLED" }.into()))
        }
        (None, None) => Ok(None),
    }
}

fn target_id(id: &str) -> String {
    const SUFFIX: &str = "LambdaTarget";
    let stem: String = id.chars().take(TARGET_ID - SUFFIX.len()).collect();
    format!("{stem}{SUFFIX}")
}

fn queue_policy(function: &Function<'_>, event: &Event<'_>, rule: &Value, arn: &Value, url: &Value) -> Made {
    let mut made = function.made(format!("{}QueuePolicy", event.id), "AWS::SQS::QueuePolicy");
    let statement = json!({
        "Action": "sqs:SendMessage",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    });
    made.set("PolicyDocument", json!({"Version": "2012-10-17", "Statement": [statement]}));
    made.set("Queues", json!([url]));
    made
}
