//! What EventBridge asks of schedules, rules and subscriptions of topics.

use serde_json::Value;

use super::properties::Properties;
use super::{Refusal, event_filter};

const INVALID: Refusal = Refusal::Service("ValidationException");

/// H1701, H1702, H1703: a schedule of the scheduler.
pub(super) fn check(schedule: &mut Properties<'_>) {
    window(schedule);
    // "For all other target types, a JSON is not required."
    let kind = schedule.leads_to("Target/Arn");
    let wants_json = ["AWS::Events::EventBus", "AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"];
    let by_name =
        |arn: &str| [":lambda:", ":states:", ":events:"].iter().any(|service| arn.contains(service));
    if kind.as_deref().is_some_and(|kind| wants_json.contains(&kind))
        || schedule.text("Target/Arn").is_some_and(by_name)
    {
        json(schedule, "Target/Input");
    }
    let needed = match kind.as_deref() {
        Some("AWS::Kinesis::Stream") => Some("KinesisParameters"),
        _ => None,
    };
    if let Some(name) = needed.filter(|name| schedule.is_absent(&format!("Target/{name}"))) {
        schedule.report("H1703", "Target", INVALID, format!("{name} is required for a stream as the target"));
    }
    if schedule.is_present("StartDate")
        && let (Some(start), Some(end)) = (schedule.text("StartDate"), schedule.text("EndDate"))
        && start.len() == end.len()
        && start >= end
    {
        schedule.report("H1701", "EndDate", INVALID, "EndDate is not after StartDate");
    }
}

/// H1701: a window has minutes when it is flexible.
///
/// <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_FlexibleTimeWindow.html>. Not confirmed on AWS: the words.
fn window(schedule: &mut Properties<'_>) {
    const MINUTES: &str = "FlexibleTimeWindow/MaximumWindowInMinutes";
    match schedule.text("FlexibleTimeWindow/Mode") {
        Some("FLEXIBLE") if schedule.is_absent(MINUTES) => {
            let message = "MaximumWindowInMinutes must be provided when the mode is FLEXIBLE";
            schedule.report("H1701", "FlexibleTimeWindow", INVALID, message);
        }
        Some("OFF") if schedule.is_present(MINUTES) => {
            let message = "MaximumWindowInMinutes is given while the mode is OFF";
            schedule.report("H1701", MINUTES, INVALID, message);
        }
        _ => {}
    }
}

/// H1702: what a target gets is JSON.
///
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html>: "Valid JSON text passed to the target", and
/// <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html>: "well-formed JSON" for functions,
/// state machines and buses.
fn json(found: &mut Properties<'_>, path: &str) {
    let Some(text) = found.text(path) else { return };
    if let Err(error) = serde_json::from_str::<Value>(text) {
        found.report("H1702", path, INVALID, format!("Input is not JSON: {error}"));
    }
}

/// H1702, H1704: a rule of EventBridge.
pub(super) fn rule(rule: &mut Properties<'_>) {
    for at in 0..rule.length("Targets").unwrap_or_default() {
        let target = format!("Targets/{at}");
        json(rule, &format!("{target}/Input"));
        let kind = rule.leads_to(&format!("{target}/Arn"));
        let takes_role = matches!(
            kind.as_deref(),
            Some(
                "AWS::Kinesis::Stream"
                    | "AWS::KinesisFirehose::DeliveryStream"
                    | "AWS::StepFunctions::StateMachine"
            )
        );
        if takes_role && rule.is_absent(&format!("{target}/RoleArn")) {
            let message = "EventBridge needs a RoleArn for a target of this kind";
            rule.report("H1704", &format!("{target}/Arn"), Refusal::Unsure, message);
        }
        let given: Vec<&str> = ["Input", "InputPath", "InputTransformer"]
            .into_iter()
            .filter(|name| rule.is_present(&format!("{target}/{name}")))
            .collect();
        if let [_, second, ..] = given[..] {
            let message = "Only one of Input, InputPath and InputTransformer can be given";
            rule.report("H1702", &format!("{target}/{second}"), INVALID, message);
        }
    }
    // A pattern may also be written as text.
    if let super::properties::Property::Value(pattern @ Value::Object(_)) = rule.get("EventPattern")
        && !pattern.to_string().contains("Fn::")
        && !pattern.to_string().contains("\\u0000")
        && !pattern.to_string().contains("\"Ref\"")
        && let Some(fault) = event_filter::fault(pattern)
    {
        let message = format!("Event pattern is not valid. Reason: {fault}");
        rule.report("H1705", "EventPattern", Refusal::Service("InvalidEventPatternException"), message);
    }
}

/// H1603: a subscription of a delivery stream has a role.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html>: "This property applies
/// only to Amazon Data Firehose delivery stream subscriptions"; <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>:
/// "Specifying a valid ARN for this attribute is required for Firehose delivery stream subscriptions."
pub(super) fn subscription(subscription: &mut Properties<'_>) {
    let protocol = subscription.text("Protocol");
    if protocol == Some("firehose") && subscription.is_absent("SubscriptionRoleArn") {
        let message =
            "Invalid parameter: Attributes Reason: SubscriptionRoleArn is required for the protocol firehose";
        subscription.report("H1603", "Protocol", Refusal::Service("InvalidParameter"), message);
    }
    let is_plain = protocol.is_some_and(|protocol| !["sqs", "http", "https", "firehose"].contains(&protocol));
    if is_plain && subscription.flag("RawMessageDelivery") == Some(true) {
        let message = "RawMessageDelivery is for queues, delivery streams and HTTP only";
        subscription.report("H1604", "RawMessageDelivery", Refusal::Unsure, message);
    }
    let expected: Option<&[&str]> = match subscription.leads_to("Endpoint").as_deref() {
        Some("AWS::SQS::Queue") => Some(&["sqs"]),
        Some("AWS::Lambda::Function") => Some(&["lambda"]),
        Some("AWS::KinesisFirehose::DeliveryStream") => Some(&["firehose"]),
        _ => None,
    };
    if let (Some(expected), Some(protocol)) = (expected, protocol)
        && !expected.contains(&protocol)
    {
        let message = format!("the endpoint takes the protocol {}, not {protocol}", expected.join(" or "));
        subscription.report("H1604", "Protocol", Refusal::Unsure, message);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::breaches;

    #[test]
    fn wants_minutes_of_a_flexible_window() {
        let of = |window: serde_json::Value| {
            breaches("AWS::Scheduler::Schedule", &json!({"FlexibleTimeWindow": window})).len()
        };
        assert_eq!(of(json!({"Mode": "FLEXIBLE"})), 1);
        assert_eq!(of(json!({"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5})), 0);
        assert_eq!(of(json!({"Mode": "OFF"})), 0);
    }

    #[test]
    fn wants_json_for_targets_and_patterns_of_lists() {
        let rule = json!({"Targets": [{"Input": "{a: 1}"}], "EventPattern": {"source": "aws.s3"}});
        assert_eq!(breaches("AWS::Events::Rule", &rule), ["H1702 Targets/0/Input", "H1705 EventPattern"]);
        let rule = json!({"Targets": [{"Input": "{}"}], "EventPattern": {"source": ["aws.s3"], "detail": {"a": [{"exists": true}]}}});
        assert_eq!(breaches("AWS::Events::Rule", &rule), [""; 0]);
    }

    #[test]
    fn wants_a_role_for_a_delivery_stream() {
        let subscription = json!({"Protocol": "firehose", "TopicArn": "t", "Endpoint": "e"});
        assert_eq!(breaches("AWS::SNS::Subscription", &subscription), ["H1603 Protocol"]);
    }
}
