//! What is gone for good when a resource goes or keeps less, in a few words.

use std::borrow::Cow;

use hydrant_cfn::template::{Resource, Template};
use serde_json::Value;

use super::{Action, Change};

/// Returns what a change loses.
///
/// A bucket loses nothing: CloudFormation cannot delete one that holds objects.
pub fn of(change: &Change, deployed: Option<&Template>, new: Option<&Template>) -> Option<Cow<'static, str>> {
    if !change.goes() {
        return shorter(change);
    }
    if keeping(change, deployed, new).is_some() {
        return None;
    }
    let resource = deployed.and_then(|template| template.resources.get(&change.logical_id));
    Some(match change.resource_type.as_str() {
        "AWS::Kinesis::Stream" => Cow::Borrowed("the records in it"),
        "AWS::KinesisFirehose::DeliveryStream" => buffered(resource),
        "AWS::Logs::LogGroup" => Cow::Borrowed("its log events"),
        "AWS::SQS::Queue" => Cow::Borrowed("the messages in it"),
        "AWS::DynamoDB::Table" => Cow::Borrowed("its items"),
        _ => return None,
    })
}

/// Returns the attribute that keeps a resource in the account which would go.
pub fn keeping(change: &Change, deployed: Option<&Template>, new: Option<&Template>) -> Option<&'static str> {
    let resource = |template: Option<&Template>, policy: fn(&Resource) -> Option<&String>| {
        policy(template?.resources.get(&change.logical_id)?).cloned()
    };
    let (name, policy) = match change.action {
        Action::Remove => ("DeletionPolicy", resource(deployed, |one| one.deletion_policy.as_ref())),
        _ => ("UpdateReplacePolicy", resource(new, |one| one.update_replace_policy.as_ref())),
    };
    policy.is_some_and(|policy| policy.starts_with("Retain")).then_some(name)
}

/// Returns what a resource no longer keeps that stays.
fn shorter(change: &Change) -> Option<Cow<'static, str>> {
    let number = |value: Option<&Value>| -> Option<f64> {
        let value = value?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    };
    // What each keeps without being told: a day, and for ever.
    let (property, unit, what, default) = match change.resource_type.as_str() {
        "AWS::Kinesis::Stream" => ("RetentionPeriodHours", "hour", "records", 24.0),
        "AWS::Logs::LogGroup" => ("RetentionInDays", "day", "log events", f64::INFINITY),
        _ => return None,
    };
    if !change.before.contains_key(property) {
        return None;
    }
    let of = |value: Option<&Value>| match value {
        None | Some(Value::Null) => Some(default),
        value => number(value),
    };
    let (before, after) = (of(change.before.get(property))?, of(change.after.get(property))?);
    let ending = if after == 1.0 { "" } else { "s" };
    (after < before).then(|| Cow::Owned(format!("{what} that are older than {after} {unit}{ending}")))
}

/// Says what may wait in a delivery stream: whichever is reached first is delivered.
fn buffered(resource: Option<&Resource>) -> Cow<'static, str> {
    let hints = resource.and_then(|resource| hints(&resource.properties));
    let number = |name: &str| hints.and_then(|hints| hints.get(name)).and_then(Value::as_u64);
    match (number("SizeInMBs"), number("IntervalInSeconds")) {
        (Some(size), Some(seconds)) => {
            Cow::Owned(format!("the records in its buffer (up to {size} MiB or {seconds} s of them)"))
        }
        _ => Cow::Borrowed("the records in its buffer"),
    }
}

fn hints(properties: &Value) -> Option<&Value> {
    let destinations = properties.as_object()?.values();
    destinations.filter_map(|destination| destination.get("BufferingHints")).next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::deploy::plan::Replacement;

    fn change(action: Action, resource_type: &str, before: Value, after: Value) -> Change {
        let value = json!({
            "action": "modify", "replacement": false, "logical_id": "A", "type": resource_type, "physical_id": null,
            "renamed_from": null, "before": before, "after": after, "replaced_because_of": [], "loses": null,
        });
        let mut change: Change = serde_json::from_value(value).unwrap();
        change.action = action;
        if action == Action::Replace {
            change.replacement = Replacement::Yes;
        }
        change
    }

    fn template(text: &str) -> Template {
        Template::parse(&format!("Resources: {{A: {text}}}")).unwrap()
    }

    #[test]
    fn keeps_what_a_policy_keeps() {
        let stream = "AWS::Kinesis::Stream";
        let kept = template("{Type: 'AWS::Kinesis::Stream', DeletionPolicy: Retain}");
        let removed = change(Action::Remove, stream, json!({}), json!({}));
        let replaced = change(Action::Replace, stream, json!({}), json!({}));
        assert_eq!(of(&removed, Some(&kept), None), None);
        assert_eq!(keeping(&removed, Some(&kept), None), Some("DeletionPolicy"));
        assert_eq!(of(&replaced, Some(&kept), Some(&kept)).as_deref(), Some("the records in it"));
        let kept = template("{Type: 'AWS::Kinesis::Stream', UpdateReplacePolicy: RetainExceptOnCreate}");
        assert_eq!(of(&replaced, None, Some(&kept)), None);
    }

    #[test]
    fn tells_what_a_shorter_retention_drops() {
        let stream = |before: Value, after: Value| {
            let (before, after) =
                (json!({"RetentionPeriodHours": before}), json!({"RetentionPeriodHours": after}));
            of(&change(Action::Modify, "AWS::Kinesis::Stream", before, after), None, None)
        };
        assert_eq!(stream(json!(168), json!("24")).as_deref(), Some("records that are older than 24 hours"));
        assert_eq!(stream(json!(168), Value::Null).as_deref(), Some("records that are older than 24 hours"));
        assert_eq!(stream(json!(24), json!(48)), None);
        let (before, after) = (json!({"RetentionInDays": null}), json!({"RetentionInDays": 1}));
        let group = change(Action::Modify, "AWS::Logs::LogGroup", before, after);
        assert_eq!(of(&group, None, None).as_deref(), Some("log events that are older than 1 day"));
    }

    #[test]
    fn knows_how_much_a_buffer_takes() {
        let delivery = template(
            "{Type: 'AWS::KinesisFirehose::DeliveryStream', Properties: {ExtendedS3DestinationConfiguration: {BufferingHints: \
             {SizeInMBs: 5, IntervalInSeconds: 60}}}}",
        );
        let removed = change(Action::Remove, "AWS::KinesisFirehose::DeliveryStream", json!({}), json!({}));
        assert_eq!(
            of(&removed, Some(&delivery), None).as_deref(),
            Some("the records in its buffer (up to 5 MiB or 60 s of them)")
        );
        assert_eq!(of(&removed, None, None).as_deref(), Some("the records in its buffer"));
    }
}
