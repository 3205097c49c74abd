//! What comes of a change besides what it loses: what CloudFormation will refuse, what stays behind, what a trigger misses.
//!
//! CloudFormation makes the new resource before it deletes the old one, at the end of the update: what follows from that for
//! each kind of resource is said here. It says nothing of changes that nobody would notice.

use hydrant_cfn::template::{Resource, Template};
use serde_json::Value;

use super::loss;
use super::{Action, Change};
use crate::deploy::destruction::inventory::Content;
use crate::ui::content;

/// Properties that give a resource a name of its own.
#[rustfmt::skip]
const NAMES: [(&str, &str); 12] = [
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::Events::Rule", "Name"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::Kinesis::Stream", "Name"),
    ("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::Scheduler::Schedule", "Name"),
];

/// Adds to each change what comes of it.
pub fn tell(changes: &mut [Change], deployed: Option<&Template>, new: Option<&Template>) {
    for change in changes {
        let old_id = change.renamed_from.as_deref().unwrap_or(&change.logical_id);
        let old = deployed.and_then(|template| template.resources.get(old_id));
        let wanted = new.and_then(|template| template.resources.get(&change.logical_id));
        let mut effects = Vec::new();
        effects.extend(kept(change, deployed, new));
        if change.action == Action::Replace {
            effects.extend(refused(change, old, wanted));
            effects.extend(replaced(change, wanted));
        }
        if change.action == Action::Modify {
            effects.extend(modified(change));
        }
        change.effects = effects;
    }
}

/// Says what stays in the account: what a policy keeps, and a bucket that is not empty.
fn kept(change: &Change, deployed: Option<&Template>, new: Option<&Template>) -> Option<String> {
    if !change.goes() {
        return None;
    }
    let held = change.holds.as_ref().and_then(content);
    if let Some(policy) = loss::keeping(change, deployed, new) {
        let held = held.map(|held| format!(" with {held}")).unwrap_or_default();
        let what = if change.action == Action::Remove { "it" } else { "the old one" };
        return Some(format!("{what} stays in the account{held}, outside of the stack ({policy}: Retain)"));
    }
    match change.holds {
        Some(Content::Objects { count: 0, .. }) => None,
        Some(Content::Objects { .. }) => Some(format!(
            "holds {}: CloudFormation deletes no bucket with objects, so it stays in the account, outside of the stack",
            held.unwrap_or_default()
        )),
        _ if change.resource_type == "AWS::S3::Bucket" => Some(
            "CloudFormation deletes no bucket with objects: if it holds any, it stays in the account, outside of the stack".to_owned(),
        ),
        _ => None,
    }
}

/// Says why CloudFormation, or the service, will not replace the resource.
fn refused(change: &Change, old: Option<&Resource>, new: Option<&Resource>) -> Option<String> {
    let (old, new) = (old?, new?);
    let given = NAMES.iter().find(|(name, _)| *name == change.resource_type);
    if let Some((_, property)) = given
        && let (Some(before), Some(after)) = (old.properties.get(*property), new.properties.get(*property))
        && before == after
        && !change.before.contains_key(*property)
    {
        return Some(format!(
            "the update will fail: what has a name of its own cannot be replaced under it; change `{property}` too"
        ));
    }
    let is_same = |property: &str| {
        let is_told = change.before.keys().any(|path| {
            path == property || path.strip_prefix(property).is_some_and(|rest| rest.starts_with('.'))
        });
        !is_told && old.properties.get(property) == new.properties.get(property)
    };
    let is_mapping = change.resource_type == "AWS::Lambda::EventSourceMapping";
    (is_mapping && is_same("FunctionName") && is_same("EventSourceArn")).then(|| {
        "the update will fail: Lambda takes no second mapping of a source to the same function, and the new one is made \
         first; remove it in one deployment and add it in the next"
            .to_owned()
    })
}

/// Says what a resource's successor misses, or gets twice.
fn replaced(change: &Change, new: Option<&Resource>) -> Option<String> {
    let text = |property: &str| new.and_then(|resource| resource.properties.get(property)?.as_str());
    let both = "until the old one is deleted at the end of the update";
    Some(match change.resource_type.as_str() {
        "AWS::Lambda::EventSourceMapping" => match text("StartingPosition") {
            Some("LATEST") => {
                "the new mapping reads from LATEST: records that arrive before it is enabled are never read".to_owned()
            }
            Some("TRIM_HORIZON") => {
                "the new mapping reads its source from the oldest record (TRIM_HORIZON): nothing is missed, and what was \
                 read before may come again"
                    .to_owned()
            }
            Some(_) => "the new mapping reads from its starting time on".to_owned(),
            None => "messages wait in the queue until the new mapping is enabled".to_owned(),
        },
        "AWS::SNS::Subscription" => match text("Protocol") {
            Some(protocol @ ("email" | "email-json" | "http" | "https")) => format!(
                "SNS sends nothing by {protocol} until the new subscription is confirmed; messages of that time are lost"
            ),
            _ if change.replaced_because_of.iter().any(|path| path == "TopicArn") => {
                "SNS keeps nothing: messages to the old topic no longer arrive once the update is done".to_owned()
            }
            _ => format!("messages go to both subscriptions {both}: none is lost, some come twice"),
        },
        "AWS::Scheduler::Schedule" | "AWS::Events::Rule" => {
            format!("both fire {both}: an event may come twice")
        }
        "AWS::Lambda::Permission" => format!("both permissions stand {both}: no invocation is refused"),
        "AWS::Lambda::Function" => {
            "asynchronous events that wait for the old function are lost with it".to_owned()
        }
        _ => return None,
    })
}

/// Says what is noticed of a change in place.
fn modified(change: &Change) -> Option<String> {
    match change.resource_type.as_str() {
        // Two calls of Lambda's, the one done before the other.
        "AWS::Lambda::Function" => {
            let has_code =
                !change.crates.is_empty() || change.before.keys().any(|path| path.starts_with("Code"));
            let is_configuration = |path: &&String| !path.starts_with("Code") && !path.starts_with("Tags");
            (has_code && change.before.keys().any(|path| is_configuration(&path))).then(|| {
                "code and configuration are updated one after the other: for some seconds one is new and the other old"
                    .to_owned()
            })
        }
        "AWS::Lambda::EventSourceMapping" => {
            let is_off = change
                .after
                .get("Enabled")
                .is_some_and(|value| *value == Value::Bool(false) || *value == "false");
            is_off
                .then(|| "it no longer reads: records wait for as long as their source keeps them".to_owned())
        }
        _ => None,
    }
}
