//! What a bucket is now, in the words of a template.
//!
//! What says the same in S3's own words is given back as the template wrote it, since both have several ways to say
//! some things.

use s3s::dto::{
    BucketLifecycleConfiguration, LifecycleRule, PublicAccessBlockConfiguration,
    ServerSideEncryptionConfiguration,
};
use serde_json::{Map, Value, json};

use super::bucket::{encryption, flag};
use super::lifecycle;
use crate::error::AwsError;
use crate::resource::ResourceRequest;
use crate::services::s3::bucket::{Bucket, Versioning};
use crate::services::s3::notification::{Kind, Notifications, Rule};
use crate::services::s3::notification_operations::read_property;

/// Returns a bucket's properties.
pub fn properties(bucket: &Bucket, request: &ResourceRequest<'_>) -> Result<Value, AwsError> {
    let given = request.properties;
    let configuration = &bucket.configuration;
    let tags = configuration.tags.iter().flatten();
    let tags: Vec<Value> = tags
        .filter(|tag| tag.key.as_ref().is_none_or(|key| !key.starts_with("aws:")))
        .map(|tag| json!({"Key": tag.key, "Value": tag.value}))
        .collect();
    let mut live = json!({"BucketName": bucket.name, "Tags": tags});
    for name in ["BucketNamePrefix", "BucketNamespace"] {
        live[name] = given[name].clone();
    }
    live["VersioningConfiguration"] = match bucket.versioning {
        Versioning::Never => Value::Null,
        Versioning::Enabled => json!({"Status": "Enabled"}),
        Versioning::Suspended => json!({"Status": "Suspended"}),
    };
    live["PublicAccessBlockConfiguration"] =
        configuration.public_access_block.as_ref().map(public_access_block).unwrap_or_default();
    if let Some(ownership) = &configuration.ownership {
        live["OwnershipControls"] = json!({"Rules": [{"ObjectOwnership": ownership}]});
    }
    live["BucketEncryption"] = match (&configuration.encryption, given.get("BucketEncryption")) {
        (Some(current), Some(given)) if encryption(given)? == *current => given.clone(),
        (current, _) => current.as_ref().map(encrypted).unwrap_or_default(),
    };
    live["LifecycleConfiguration"] = match (&configuration.lifecycle, given.get("LifecycleConfiguration")) {
        (Some(current), Some(given)) => rules(current, given)?,
        (current, _) => {
            current.as_ref().map(|current| rules(current, &Value::Null)).transpose()?.unwrap_or_default()
        }
    };
    live["NotificationConfiguration"] = match given.get("NotificationConfiguration") {
        Some(given) if announces_the_same(&read_property(given)?, &configuration.notifications) => {
            given.clone()
        }
        _ => notifications(&configuration.notifications),
    };
    Ok(live)
}

fn public_access_block(block: &PublicAccessBlockConfiguration) -> Value {
    json!({
        "BlockPublicAcls": block.block_public_acls,
        "BlockPublicPolicy": block.block_public_policy,
        "IgnorePublicAcls": block.ignore_public_acls,
        "RestrictPublicBuckets": block.restrict_public_buckets,
    })
}

fn encrypted(encryption: &ServerSideEncryptionConfiguration) -> Value {
    let rules = encryption.rules.iter().map(|rule| {
        let default = rule.apply_server_side_encryption_by_default.as_ref().map(|default| {
            json!({
                "SSEAlgorithm": default.sse_algorithm.as_str(),
                "KMSMasterKeyID": default.kms_master_key_id,
            })
        });
        json!({"ServerSideEncryptionByDefault": default, "BucketKeyEnabled": rule.bucket_key_enabled})
    });
    json!({"ServerSideEncryptionConfiguration": rules.collect::<Vec<_>>()})
}

/// Returns lifecycle rules; each that is as the template wrote it in the template's words.
fn rules(current: &BucketLifecycleConfiguration, given: &Value) -> Result<Value, AwsError> {
    let written = given["Rules"].as_array().cloned().unwrap_or_default();
    let wanted = lifecycle::read(given)?.rules;
    let rule = |rule: &LifecycleRule| {
        let same = wanted.iter().position(|wanted| is_same(wanted, rule));
        same.and_then(|index| written.get(index).cloned()).unwrap_or_else(|| described(rule))
    };
    Ok(json!({"Rules": current.rules.iter().map(rule).collect::<Vec<_>>()}))
}

/// Whether two rules do the same; S3 gives an id to a rule that has none.
fn is_same(wanted: &LifecycleRule, current: &LifecycleRule) -> bool {
    let id = wanted.id.clone().or(current.id.clone());
    LifecycleRule { id, ..wanted.clone() } == *current
}

/// Returns a rule that the template does not have like this.
fn described(rule: &LifecycleRule) -> Value {
    let filter = rule.filter.as_ref();
    let prefix = filter.and_then(|filter| {
        filter.prefix.clone().or_else(|| filter.and.as_ref().and_then(|and| and.prefix.clone()))
    });
    let mut members = Map::new();
    let mut say = |name: &str, value: Value| {
        if !value.is_null() {
            members.insert(name.to_owned(), value);
        }
    };
    say("Id", json!(rule.id));
    say("Status", json!(rule.status.as_str()));
    say("Prefix", json!(prefix.filter(|prefix| !prefix.is_empty())));
    if let Some(expiration) = &rule.expiration {
        say("ExpirationInDays", json!(expiration.days));
        let marker = expiration.expired_object_delete_marker;
        say(
            "ExpiredObjectDeleteMarker",
            json!(marker.filter(|marker| flag(Some(&json!(marker))) == Some(true))),
        );
    }
    if let Some(expiration) = &rule.noncurrent_version_expiration {
        say("NoncurrentVersionExpiration", json!({"NoncurrentDays": expiration.noncurrent_days}));
    }
    if let Some(abort) = &rule.abort_incomplete_multipart_upload {
        say("AbortIncompleteMultipartUpload", json!({"DaysAfterInitiation": abort.days_after_initiation}));
    }
    let transitions: Vec<Value> = rule
        .transitions
        .iter()
        .flatten()
        .map(|transition| {
            json!({
                "TransitionInDays": transition.days,
                "StorageClass": transition.storage_class.as_ref().map(|class| class.as_str()),
            })
        })
        .collect();
    if !transitions.is_empty() {
        say("Transitions", json!(transitions));
    }
    Value::Object(members)
}

/// Whether two configurations announce the same to the same, whatever their rules are called.
fn announces_the_same(wanted: &Notifications, current: &Notifications) -> bool {
    let nameless = |rules: &[Rule]| {
        let rules = rules.iter().map(|rule| Rule { id: String::new(), ..rule.clone() });
        let mut rules: Vec<Rule> = rules.collect();
        rules.sort_by(|one, other| {
            (&one.destination, &one.events, &one.prefix).cmp(&(
                &other.destination,
                &other.events,
                &other.prefix,
            ))
        });
        rules
    };
    wanted.event_bridge == current.event_bridge && nameless(&wanted.rules) == nameless(&current.rules)
}

fn notifications(current: &Notifications) -> Value {
    let mut lists = Map::new();
    for (list, kind, destination) in [
        ("LambdaConfigurations", Kind::Function, "Function"),
        ("QueueConfigurations", Kind::Queue, "Queue"),
        ("TopicConfigurations", Kind::Topic, "Topic"),
    ] {
        let of_kind = current.rules.iter().filter(|rule| rule.kind == kind);
        let entries = of_kind.flat_map(|rule| {
            let conditions = [("prefix", &rule.prefix), ("suffix", &rule.suffix)];
            let conditions = conditions.into_iter().filter(|(_, value)| !value.is_empty());
            let conditions: Vec<Value> =
                conditions.map(|(name, value)| json!({"Name": name, "Value": value})).collect();
            rule.events.iter().map(move |event| {
                let mut entry = json!({"Event": event, destination: rule.destination});
                if !conditions.is_empty() {
                    entry["Filter"] = json!({"S3Key": {"Rules": conditions}});
                }
                entry
            })
        });
        lists.insert(list.to_owned(), entries.collect());
    }
    lists.insert("EventBridgeConfiguration".to_owned(), json!({"EventBridgeEnabled": current.event_bridge}));
    Value::Object(lists)
}
