//! Tags of parameters, by their names.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::operations::{Tag, tag_list};
use super::{Ssm, name};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::constraints::Constraints;
use crate::wire::json::{Call, Reply};

const TAGS_OF_A_PARAMETER: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tagged {
    resource_type: Option<String>,
    resource_id: Option<String>,
    tags: Vec<Tag>,
    tag_keys: Vec<String>,
}

/// Refuses more tags than a parameter may have.
pub fn check(tags: &BTreeMap<String, String>) -> Result<(), AwsError> {
    if tags.len() <= TAGS_OF_A_PARAMETER {
        return Ok(());
    }
    // Not confirmed on AWS: the wording.
    Err(AwsError::new("TooManyTagsError", "The Targets parameter includes too many tags."))
}

/// Answers AddTagsToResource, RemoveTagsFromResource and ListTagsForResource.
pub fn answer(ssm: &Ssm, aws: &Aws, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: Tagged = call.input()?;
    let mut constraints = Constraints::default();
    constraints.present("resourceType", input.resource_type.is_some());
    constraints.present("resourceId", input.resource_id.is_some());
    constraints.finish()?;
    if let Some(other) = input.resource_type.as_deref().filter(|one| *one != "Parameter") {
        return Err(AwsError::not_supported(format_args!("tags of the resource type {other}")));
    }
    let given = input.resource_id.as_deref().unwrap_or_default();
    let name = name::read(caller, given).name;
    let action = format!("ssm:{}", call.operation);
    aws.services.iam.authorize(caller, &action, &name::arn(caller, name), None, &[])?;
    let absent = || {
        let message = format!("The resource ID \"{given}\" is not valid. Verify that it is correct.");
        AwsError::new("InvalidResourceId", message)
    };
    match call.operation.as_str() {
        "ListTagsForResource" => {
            let parameter = ssm.parameter(caller, name).ok_or_else(absent)?;
            Reply::of(&json!({"TagList": tag_list(&parameter.tags)}))
        }
        "AddTagsToResource" => ssm.change(caller, name, absent, |parameter| {
            parameter.tags.extend(input.tags.into_iter().map(|tag| (tag.key, tag.value)));
            check(&parameter.tags)?;
            Reply::of(&json!({}))
        }),
        _ => ssm.change(caller, name, absent, |parameter| {
            parameter.tags.retain(|key, _| !input.tag_keys.contains(key));
            Reply::of(&json!({}))
        }),
    }
}
