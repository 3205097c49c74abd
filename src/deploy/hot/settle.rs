//! The end of what was changed hot: after a full deployment, each marked resource is brought to what was deployed.
//!
//! CloudFormation compares templates. Where a hot change was taken back in the stack file, it sees nothing to do, so
//! this compares what is there with the deployed template, makes the rest directly, and takes the marks off.

use hydrant_cfn::template::Template;
use serde_json::Value;

use super::apply::apply;
use super::comparison::{Change, Code};
use super::live::Live;
use super::mark::{Mark, changeable};
use super::settings::{Kind, known_parameters};
use crate::aws::Clients;
use crate::deploy::{change_set, stacks};
use crate::error::{Error, Result};
use crate::ui::{Ui, counted};

/// Brings the marked resources of a stack to what its deployed template says, and takes the marks off.
pub async fn settle(ui: &Ui, clients: &Clients, stack_name: &str, marks: &[Mark]) -> Result<()> {
    if marks.is_empty() {
        return Ok(());
    }
    let (stack, template, resources) = tokio::try_join!(
        stacks::find(clients, stack_name),
        change_set::deployed_template(clients, stack_name),
        stacks::resources(clients, stack_name),
    )?;
    let what = || format!("bring what was changed hot to what {stack_name} says");
    let (Some(stack), Some(template)) = (stack, template) else {
        return Err(Error::failed_to(what()).because("the stack is gone"));
    };
    let template = Template::parse(&template)
        .map_err(|_| Error::failed_to(what()).because("its template cannot be read"))?;
    let given = stack.parameters().iter();
    let given =
        given.filter_map(|parameter| Some((parameter.parameter_key()?, parameter.parameter_value()?)));
    let parameters = known_parameters(&template, given);

    let is_marked = |id: &str| marks.iter().any(|mark| mark.logical_id == id);
    let mut changes = Vec::new();
    for (kind, logical_id, physical_id) in changeable(&resources) {
        let Some(resource) = template.resources.get(&logical_id).filter(|_| is_marked(&logical_id)) else {
            continue;
        };
        let live = Live::read(clients, kind, &physical_id).await?;
        let code = match kind {
            Kind::Function => deployed_code(&resource.properties, &parameters, &live),
            Kind::DeliveryStream => None,
        };
        let wanted = kind.wanted(&resource.properties, &parameters);
        let mut change = Change::new(kind, (&logical_id, &physical_id), live, &wanted, code);
        change.settle_mark(true);
        changes.push(change);
    }
    apply(clients, stack_name, &changes).await?;
    let undone = changes.iter().filter(|change| change.is_effective()).count();
    if undone > 0 {
        let what = counted(undone as u64, "resource");
        ui.status(&format!("Took back what was changed hot of {what}, which CloudFormation does not see."));
    }
    Ok(())
}

/// Returns the code that the template names, unless the function certainly has it.
fn deployed_code(
    properties: &Value,
    parameters: &std::collections::BTreeMap<String, String>,
    live: &Live,
) -> Option<Code> {
    let value = |name: &str| {
        let value = properties.get("Code")?.get(name)?;
        match value.as_str() {
            Some(text) => Some(text.to_owned()),
            None => parameters.get(value.get("Ref")?.as_str()?).cloned(),
        }
    };
    let (bucket, key) = (value("S3Bucket")?, value("S3Key")?);
    // hydrant names archives by the beginning of their hash.
    let ending = live.code.as_ref().and_then(|code| Some(format!("-{}.zip", code.get(..16)?)));
    let is_there = ending.is_some_and(|ending| key.ends_with(&ending));
    (!is_there).then_some(Code::Object { bucket, key })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn knows_code_by_the_name_of_its_archive() {
        let properties = json!({"Code": {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "Key"}}});
        let hash = "0123456789abcdef0123";
        let parameters = |key: &str| {
            BTreeMap::from([("CodeBucket".to_owned(), "b".to_owned()), ("Key".to_owned(), key.to_owned())])
        };
        let live = Live { code: Some(hash.to_owned()), ..Live::default() };
        let code = |key: &str| deployed_code(&properties, &parameters(key), &live);
        assert!(code("s/crate-0123456789abcdef.zip").is_none());
        let other = code("s/crate-fedcba9876543210.zip");
        assert!(matches!(other, Some(Code::Object { key, .. }) if key.contains("fedcba")));
        assert!(deployed_code(&json!({}), &parameters(""), &live).is_none());
    }
}
