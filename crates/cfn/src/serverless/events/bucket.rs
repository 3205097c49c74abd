//! Objects of a bucket in the same template: the bucket itself gets the notification.

use serde_json::{Map, Value, json};

use super::super::function::Function;
use super::super::resource::Made;
use super::super::{Expansion, Refusal};
use super::Event;

/// Returns the permission of a bucket to invoke the function, and changes the bucket.
pub fn resources(
    expansion: &mut Expansion,
    function: &Function<'_>,
    event: &Event<'_>,
) -> Result<Vec<Made>, Refusal> {
    event.check_names(&["Bucket", "Events", "Filter"])?;
    let invalid = |message: &str| {
        let message = format!("Event with id [{}] is invalid. {message}", event.name);
        Refusal::resource(function.id, message)
    };
    let bucket_id = event.required("Bucket")?["Ref"].as_str().unwrap_or_default().to_owned();
    let events = match event.required("Events")? {
        Value::Array(events) => events.clone(),
        single => vec![single.clone()],
    };
    let mut permission = event.permission(function, "s3.amazonaws.com");
    permission.set("SourceAccount", json!({"Ref": "AWS::AccountId"}));
    let bucket = expansion.given.get_mut(&bucket_id).and_then(Value::as_object_mut);
    let Some(bucket) =
        bucket.filter(|bucket| bucket.get("Type").is_some_and(|name| name == "AWS::S3::Bucket"))
    else {
        return Err(invalid("S3 events must reference an S3 bucket in the same template."));
    };
    match function.attributes.get("Condition") {
        None => depend_on(bucket, &permission.logical_id),
        Some(condition) => depend_by_tag(bucket, &permission.logical_id, condition),
    }
    let malformed = || Refusal::resource(&bucket_id, "Property 'NotificationConfiguration' should be a map.");
    let properties = object(bucket, "Properties").ok_or_else(malformed)?;
    let notifications = object(properties, "NotificationConfiguration").ok_or_else(malformed)?;
    let configurations = notifications.entry("LambdaConfigurations").or_insert_with(|| json!([]));
    let Value::Array(configurations) = configurations else {
        let message = "Invalid type for LambdaConfigurations. Must be a list.";
        return Err(Refusal::resource(&bucket_id, message));
    };
    for one in events {
        let mut notification = json!({"Function": function.arn()});
        if let Some(filter) = event.get("Filter") {
            notification["Filter"] = filter.clone();
        }
        notification["Event"] = one;
        if let Some(condition) = function.attributes.get("Condition") {
            notification = json!({"Fn::If": [condition, notification, {"Ref": "AWS::NoValue"}]});
        }
        if !configurations.contains(&notification) {
            configurations.push(notification);
        }
    }
    expansion.bucket_tags.insert(bucket_id, function.propagated_tags());
    Ok(vec![permission])
}

/// The bucket asks S3 to try the function, so the permission must be there before it.
fn depend_on(bucket: &mut Map<String, Value>, permission: &str) {
    let mut all = match bucket.remove("DependsOn") {
        Some(Value::Array(all)) => all,
        Some(single) => vec![single],
        None => Vec::new(),
    };
    if !all.iter().any(|one| one == permission) {
        all.push(permission.into());
    }
    bucket.insert("DependsOn".to_owned(), all.into());
}

/// `DependsOn` knows no conditions; a reference in a tag does.
fn depend_by_tag(bucket: &mut Map<String, Value>, permission: &str, condition: &Value) {
    let Some(properties) = object(bucket, "Properties") else { return };
    let tags = properties.entry("Tags").or_insert_with(|| json!([]));
    if let Value::Array(tags) = tags {
        let value = json!({"Fn::If": [condition, {"Ref": permission}, "no dependency"]});
        tags.push(json!({"Key": format!("sam:ConditionalDependsOn:{permission}"), "Value": value}));
    }
}

/// Returns a member that is an object, which is made when there is none.
fn object<'a>(members: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    let member = members.entry(name).or_insert_with(|| json!({}));
    if member.is_null() {
        *member = json!({});
    }
    member.as_object_mut()
}
