//! Properties that keep others out, and no longer do.

use serde_json::Value;

use super::seen::{Resource, Seen};
use super::{Found, Kind};

/// A property, what it must be to keep others out, and who gains what where it is something else.
struct Door {
    resource_type: &'static str,
    path: &'static [&'static str],
    is_open: fn(Option<&Value>) -> bool,
    gains: &'static str,
}

fn is_none(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value == "NONE")
}

fn is_named_none(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value == "NONE")
}

fn is_not_true(value: Option<&Value>) -> bool {
    !value.is_some_and(|value| value == true || value == "true")
}

fn is_public(value: Option<&Value>) -> bool {
    value
        .and_then(Value::as_str)
        .is_some_and(|name| matches!(name, "PublicRead" | "PublicReadWrite" | "AuthenticatedRead"))
}

const fn door(
    resource_type: &'static str,
    path: &'static [&'static str],
    is_open: fn(Option<&Value>) -> bool,
    gains: &'static str,
) -> Door {
    Door { resource_type, path, is_open, gains }
}

#[rustfmt::skip]
const DOORS: &[Door] = &[
    door("AWS::Lambda::Url", &["AuthType"], is_named_none, "call it without credentials"),
    door("AWS::ApiGateway::Method", &["AuthorizationType"], is_none, "call it without credentials"),
    door("AWS::ApiGatewayV2::Route", &["AuthorizationType"], is_none, "call it without credentials"),
    door("AWS::S3::Bucket", &["AccessControl"], is_public, "read its objects"),
];

/// What closes a bucket to the public whatever its policy says. Without a word about it AWS closes new buckets.
const BLOCKS: [&str; 4] =
    ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/// Compares what keeps others out.
pub(super) fn compare(before: Option<&Seen<'_>>, after: &Seen<'_>, found: &mut Found<'_, '_>) {
    for (id, resource) in &after.resources {
        let old = before.and_then(|before| before.resources.get(id));
        for door in DOORS.iter().filter(|door| door.resource_type == resource.resource_type) {
            let at = |resource: &Resource| {
                let found = door.path.iter().try_fold(&resource.properties, |value, step| value.get(step));
                (door.is_open)(found)
            };
            if at(resource) && !old.is_some_and(at) {
                let because = old.map(|_| format!("`{}` kept others out", door.path.join(".")));
                found.other(id, Kind::Door, "anyone", door.gains, because);
            }
        }
        if resource.resource_type == "AWS::S3::Bucket" {
            bucket(id, resource, old, found);
        }
    }
}

fn bucket(id: &str, resource: &Resource, old: Option<&Resource>, found: &mut Found<'_, '_>) {
    let name = "PublicAccessBlockConfiguration";
    let of = |resource: Option<&Resource>, block: &str| {
        resource.and_then(|resource| resource.properties.get(name)).map(|all| is_not_true(all.get(block)))
    };
    for block in BLOCKS {
        let was_open = of(old, block).unwrap_or(false);
        if of(Some(resource), block).unwrap_or(false) && !was_open {
            let because = Some(format!("`{name}.{block}` is off"));
            found.other(id, Kind::Door, "anyone", "use what a public policy or access list gives", because);
        }
    }
}
