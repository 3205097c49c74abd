//! Keeps resources in the account when their stack goes.
//!
//! CloudFormation takes such a wish with the deletion only when one has failed before. Otherwise the template has to say
//! `DeletionPolicy: Retain`, so the stack is updated to a template that does; nothing else changes in it.

use aws_sdk_cloudformation::types::{Capability, Parameter, StackEvent};
use hydrant_cfn::template::Template;
use serde_json::{Value, json};

use crate::aws::{Clients, failure};
use crate::deploy::follow::{Outcome, follow};
use crate::deploy::{artifacts, change_set, stacks};
use crate::error::{Error, Result};
use crate::package::sha256;

/// Largest template that a request takes, in bytes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const INLINE: usize = 51_200;

/// Updates a stack so that it leaves `retained` behind when it is deleted; nothing when it does so already.
pub async fn mark(
    clients: &Clients,
    stack_name: &str,
    stack_id: &str,
    retained: &[String],
    seen: impl FnMut(&StackEvent),
) -> Result<Option<Outcome>> {
    let what = || format!("keep {} when {stack_name} goes", retained.join(", "));
    let text = change_set::deployed_template(clients, stack_id).await?.unwrap_or_default();
    let template = Template::parse(&text)
        .map_err(|_| Error::failed_to(what()).because("the deployed template cannot be read"))?;
    let Some(body) = retaining(template.body, retained) else { return Ok(None) };
    let cursor = stacks::newest_event(clients, stack_id).await?;
    let stack = stacks::find(clients, stack_id).await?;
    let parameters = stack.iter().flat_map(|stack| stack.parameters()).filter_map(Parameter::parameter_key);
    let parameters =
        parameters.map(|key| Parameter::builder().parameter_key(key).use_previous_value(true).build());
    let mut request = clients
        .cloudformation
        .update_stack()
        .stack_name(stack_id)
        .set_parameters(Some(parameters.collect()))
        .capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityNamedIam);
    request = if body.len() > INLINE {
        let key = format!("{stack_name}/template-{}.json", &sha256(body.as_bytes())[..16]);
        request.template_url(artifacts::upload_template(clients, &key, body.into_bytes()).await?)
    } else {
        request.template_body(body)
    };
    request.send().await.map_err(|error| failure(what(), error))?;
    follow(clients, stack_id, cursor, seen).await.map(Some)
}

/// Returns the template with resources that stay; nothing when they all do already.
fn retaining(mut template: Value, retained: &[String]) -> Option<String> {
    let mut is_new = false;
    for name in retained {
        let Some(resource) = template.pointer_mut("/Resources").and_then(|all| all.get_mut(name)) else {
            continue;
        };
        if resource.get("DeletionPolicy").and_then(Value::as_str) == Some("Retain") {
            continue;
        }
        is_new = true;
        resource["DeletionPolicy"] = "Retain".into();
        // CloudFormation takes a policy only together with another change of the resource.
        if !resource["Metadata"].is_object() {
            resource["Metadata"] = json!({});
        }
        resource["Metadata"]["hydrant"] = json!({ "retained": true });
    }
    is_new.then(|| template.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_nothing_but_what_is_to_stay() {
        let template = json!({"Resources": {"A": {"Type": "X", "Metadata": {"a": 1}}, "B": {"Type": "Y"}}});
        let text = retaining(template.clone(), &["A".to_owned()]).unwrap();
        let changed: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(changed["Resources"]["B"], template["Resources"]["B"]);
        assert_eq!(
            changed["Resources"]["A"],
            json!({"Type": "X", "DeletionPolicy": "Retain", "Metadata": {"a": 1, "hydrant": {"retained": true}}})
        );
        assert_eq!(retaining(changed, &["A".to_owned()]), None);
    }
}
