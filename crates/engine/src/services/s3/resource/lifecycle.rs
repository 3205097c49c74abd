//! From the lifecycle rules of a template to those of S3, which name some things differently.

use s3s::dto::*;
use serde_json::Value;

use super::bucket::flag;
use crate::error::AwsError;

/// Reads `LifecycleConfiguration`.
pub fn read(property: &Value) -> Result<BucketLifecycleConfiguration, AwsError> {
    let rules = property.get("Rules").and_then(Value::as_array).into_iter().flatten();
    Ok(BucketLifecycleConfiguration { rules: rules.map(rule).collect::<Result<_, _>>()? })
}

const KNOWN: [&str; 16] = [
    "Id",
    "Status",
    "Prefix",
    "TagFilters",
    "ObjectSizeGreaterThan",
    "ObjectSizeLessThan",
    "ExpirationInDays",
    "ExpirationDate",
    "ExpiredObjectDeleteMarker",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionExpirationInDays",
    "NoncurrentVersionTransitions",
    "Transitions",
    "Transition",
    "NoncurrentVersionTransition",
    "AbortIncompleteMultipartUpload",
];

fn rule(rule: &Value) -> Result<LifecycleRule, AwsError> {
    if let Some(name) =
        rule.as_object().and_then(|rule| rule.keys().find(|name| !KNOWN.contains(&name.as_str())))
    {
        return Err(AwsError::not_supported(format_args!("the property `{name}` of a lifecycle rule")));
    }
    let expiration = LifecycleExpiration {
        date: date(rule, "ExpirationDate")?,
        days: number(rule, "ExpirationInDays"),
        expired_object_delete_marker: flag(rule.get("ExpiredObjectDeleteMarker")),
    };
    let noncurrent = rule.get("NoncurrentVersionExpiration");
    let noncurrent_days = noncurrent
        .and_then(|expiration| number(expiration, "NoncurrentDays"))
        .or_else(|| number(rule, "NoncurrentVersionExpirationInDays"));
    let noncurrent_version_expiration = noncurrent_days.map(|days| NoncurrentVersionExpiration {
        newer_noncurrent_versions: noncurrent
            .and_then(|expiration| number(expiration, "NewerNoncurrentVersions")),
        noncurrent_days: Some(days),
    });
    let abort = rule.get("AbortIncompleteMultipartUpload");
    Ok(LifecycleRule {
        abort_incomplete_multipart_upload: abort.map(|abort| AbortIncompleteMultipartUpload {
            days_after_initiation: number(abort, "DaysAfterInitiation"),
        }),
        expiration: (expiration != LifecycleExpiration::default()).then_some(expiration),
        filter: Some(filter(rule)),
        id: text(rule, "Id"),
        noncurrent_version_expiration,
        noncurrent_version_transitions: noncurrent_transitions(rule),
        prefix: None,
        status: ExpirationStatus::from(text(rule, "Status").unwrap_or_else(|| "Enabled".to_owned())),
        transitions: transitions(rule)?,
    })
}

/// Returns the filter of a rule; more than one condition stands under `And`.
fn filter(rule: &Value) -> LifecycleRuleFilter {
    let prefix = text(rule, "Prefix");
    let greater = long(rule, "ObjectSizeGreaterThan");
    let less = long(rule, "ObjectSizeLessThan");
    let tags: Vec<Tag> = rule
        .get("TagFilters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|tag| Tag { key: text(tag, "Key"), value: text(tag, "Value") })
        .collect();
    let conditions = usize::from(prefix.is_some())
        + usize::from(greater.is_some())
        + usize::from(less.is_some())
        + tags.len();
    if conditions > 1 {
        return LifecycleRuleFilter {
            and: Some(LifecycleRuleAndOperator {
                object_size_greater_than: greater,
                object_size_less_than: less,
                prefix,
                tags: Some(tags),
            }),
            ..LifecycleRuleFilter::default()
        };
    }
    LifecycleRuleFilter {
        prefix: Some(prefix.unwrap_or_default()).filter(|prefix| conditions == 0 || !prefix.is_empty()),
        object_size_greater_than: greater,
        object_size_less_than: less,
        tag: tags.into_iter().next(),
        ..LifecycleRuleFilter::default()
    }
}

/// Returns the members of a list property and of its older form for one member.
fn members<'a>(rule: &'a Value, list: &str, one: &str) -> Vec<&'a Value> {
    let many = rule.get(list).and_then(Value::as_array).into_iter().flatten();
    many.chain(rule.get(one)).collect()
}

fn transitions(rule: &Value) -> Result<Option<Vec<Transition>>, AwsError> {
    let transitions = members(rule, "Transitions", "Transition").into_iter().map(|transition| {
        Ok(Transition {
            date: date(transition, "TransitionDate")?,
            days: number(transition, "TransitionInDays"),
            storage_class: text(transition, "StorageClass").map(TransitionStorageClass::from),
        })
    });
    let transitions = transitions.collect::<Result<Vec<_>, AwsError>>()?;
    Ok(Some(transitions).filter(|transitions| !transitions.is_empty()))
}

fn noncurrent_transitions(rule: &Value) -> Option<Vec<NoncurrentVersionTransition>> {
    let members = members(rule, "NoncurrentVersionTransitions", "NoncurrentVersionTransition");
    let transitions = members.into_iter().map(|transition| NoncurrentVersionTransition {
        newer_noncurrent_versions: number(transition, "NewerNoncurrentVersions"),
        noncurrent_days: number(transition, "TransitionInDays"),
        storage_class: text(transition, "StorageClass").map(TransitionStorageClass::from),
    });
    Some(transitions.collect::<Vec<_>>()).filter(|transitions| !transitions.is_empty())
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

/// Reads a whole number, which templates may write as text.
fn long(value: &Value, name: &str) -> Option<i64> {
    match value.get(name)? {
        Value::String(text) => text.parse().ok(),
        number => number.as_i64(),
    }
}

fn number(value: &Value, name: &str) -> Option<i32> {
    long(value, name).and_then(|number| i32::try_from(number).ok())
}

fn date(value: &Value, name: &str) -> Result<Option<Timestamp>, AwsError> {
    let Some(text) = text(value, name) else { return Ok(None) };
    let date = Timestamp::parse(TimestampFormat::DateTime, &text);
    date.map(Some).map_err(|_| {
        AwsError::new("InvalidArgument", format!("'{name}' must be at midnight GMT, in ISO 8601 format"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_rules_in_the_words_of_a_template() {
        let rules = read(&json!({"Rules": [{
            "Id": "old", "Status": "Enabled", "Prefix": "gps/", "ExpirationInDays": "30",
            "Transitions": [{"TransitionInDays": 7, "StorageClass": "GLACIER"}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 3},
        }]}));
        let rule = rules.unwrap().rules.remove(0);
        assert_eq!(rule.expiration.unwrap().days, Some(30));
        assert_eq!(rule.filter.unwrap().prefix.as_deref(), Some("gps/"));
        assert_eq!(rule.transitions.unwrap()[0].days, Some(7));
        assert_eq!(rule.noncurrent_version_expiration.unwrap().noncurrent_days, Some(3));
    }

    #[test]
    fn refuses_what_it_would_have_to_ignore() {
        let refusal = read(&json!({"Rules": [{"Status": "Enabled", "New": 1}]})).unwrap_err();
        assert_eq!(refusal.code, "NotImplemented");
        assert!(refusal.message.contains("`New`"));
    }
}
