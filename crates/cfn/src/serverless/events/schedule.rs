//! Schedules of EventBridge Scheduler, each with the role that it invokes the function with.

use serde_json::{Value, json};

use super::super::Refusal;
use super::super::function::{Function, is_truthy};
use super::super::resource::Made;
use super::super::role::{allowing, trusting};
use super::{Event, dead_letters, target};

/// Properties that go on to the schedule as they are.
const SAME: [&str; 8] = [
    "Description",
    "EndDate",
    "GroupName",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
];
const OTHER: [&str; 8] = [
    "DeadLetterConfig",
    "FlexibleTimeWindow",
    "Input",
    "Name",
    "OmitName",
    "PermissionsBoundary",
    "RetryPolicy",
    "RoleArn",
];

/// Returns the schedule of an event and its role.
pub fn resources(function: &Function<'_>, event: &Event<'_>) -> Result<Vec<Made>, Refusal> {
    let known: Vec<&str> = SAME.into_iter().chain(OTHER).collect();
    event.check_names(&known)?;
    event.required("ScheduleExpression")?;
    let mut schedule = function.made(event.id.clone(), "AWS::Scheduler::Schedule");
    for name in SAME {
        schedule.set_some(name, event.get(name));
    }
    let window = event.get("FlexibleTimeWindow").filter(|window| is_truthy(window));
    schedule.set("FlexibleTimeWindow", window.cloned().unwrap_or_else(|| json!({"Mode": "OFF"})));
    let name = event.get("Name").filter(|name| is_truthy(name));
    if !event.get("OmitName").is_some_and(is_truthy) {
        schedule.set("Name", name.cloned().unwrap_or_else(|| event.id.as_str().into()));
    } else if name.is_some() {
        let message =
            format!("Event with id [{}] is invalid. Name cannot be set when OmitName is True", event.id);
        return Err(Refusal::resource(function.id, message));
    }
    let mut made = Vec::new();
    let dead = dead_letters(function, event)?;
    let dead_arn = dead.as_ref().map(|dead| dead.arn.clone());
    made.extend(dead.and_then(|dead| dead.queue));
    let role_arn = match event.get("RoleArn").filter(|arn| is_truthy(arn)) {
        Some(given) => given.clone(),
        None => {
            let role = role(function, event, dead_arn.as_ref());
            let arn = role.arn();
            made.push(role);
            arn
        }
    };
    let mut target = target(event, function.arn(), dead_arn.as_ref());
    target.insert("RoleArn".to_owned(), role_arn);
    schedule.set("Target", Value::Object(target));
    made.push(schedule);
    Ok(made)
}

fn role(function: &Function<'_>, event: &Event<'_>, dead_letters: Option<&Value>) -> Made {
    let mut role = function.made(format!("{}Role", event.id), "AWS::IAM::Role");
    role.set("AssumeRolePolicyDocument", trusting("scheduler.amazonaws.com"));
    let mut policies =
        vec![allowing(format!("{}LambdaPolicy", event.id), "lambda:InvokeFunction", &function.arn())];
    if let Some(arn) = dead_letters {
        policies.push(allowing(format!("{}SQSPolicy", event.id), "sqs:SendMessage", arn));
    }
    role.set("Policies", policies);
    role.set_some("PermissionsBoundary", event.get("PermissionsBoundary"));
    role
}
