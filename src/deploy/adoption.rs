//! Takes into a stack what exists already under the names that its file gives, such as a bucket that a deletion left.
//!
//! CloudFormation takes in what has a static name and a policy that keeps it, and only if no other stack has it
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html>). The template
//! is written so for the resources that are there, and as ever for those that are not: their policy stays what it was.

use std::collections::{BTreeMap, BTreeSet};

use hydrant_cfn::schema;
use hydrant_cfn::template::Template;
use serde_json::Value;

use super::change_set::{self, Base, ChangeSet};
use super::plan::Action;
use super::prepare::Prepared;
use super::stacks;
use crate::aws::Clients;
use crate::error::{Error, Result};
use crate::render;

/// The name of a resource: in which property, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    property: String,
    text: String,
}

/// Plans a deployment that takes in what is there; changes the prepared template accordingly.
pub async fn plan(clients: &Clients, prepared: &mut Prepared, base: Base) -> Result<ChangeSet> {
    let what = || format!("plan what {} takes in", prepared.stack_name);
    let plain = prepared.template.clone();
    let template = plain.read();
    let template =
        template.ok_or_else(|| Error::failed_to(what()).because("the rendered template cannot be read"))?;
    let known: BTreeSet<String> = match base {
        Base::Nothing | Base::EmptyStack => BTreeSet::new(),
        Base::Stack => {
            let resources = stacks::resources(clients, &prepared.stack_name).await?;
            resources.iter().filter_map(|one| one.logical_resource_id()).map(str::to_owned).collect()
        }
    };
    let mut chosen = names(template, &clients.account, &clients.region);
    chosen.retain(|logical_id, _| !known.contains(logical_id));
    loop {
        if chosen.is_empty() {
            prepared.template = plain;
            return change_set::create(clients, prepared, base).await;
        }
        prepared.template = render::Template::new(adopting(template.body.clone(), &chosen));
        let change_set = change_set::create(clients, prepared, base).await?;
        let changes = change_set.plan.iter().flat_map(|plan| &plan.changes);
        let taken_in: BTreeSet<&String> = changes
            .filter(|change| change.action == Action::Import)
            .map(|change| &change.logical_id)
            .collect();
        if chosen.keys().all(|logical_id| taken_in.contains(logical_id)) {
            return Ok(change_set);
        }
        chosen.retain(|logical_id, _| taken_in.contains(logical_id));
        // The next one needs the empty stack as well.
        change_set::discard(clients, &change_set.id, &change_set.stack_id, Base::EmptyStack).await?;
    }
}

/// Returns the resources whose names the template gives, as far as they are known before the deployment.
fn names(template: &Template, account: &str, region: &str) -> BTreeMap<String, Name> {
    let name = |(logical_id, resource): (&String, &hydrant_cfn::template::Resource)| {
        let schema = schema::of(&resource.resource_type)?;
        let mut identifier = schema.primary_identifier();
        let (Some(pointer), None) = (identifier.next(), identifier.next()) else { return None };
        let property = pointer.dotted();
        let text = match resource.properties.get(&property)? {
            Value::String(text) => text.clone(),
            Value::Object(function) => {
                let text = function.get("Fn::Sub")?.as_str()?;
                text.replace("${AWS::AccountId}", account).replace("${AWS::Region}", region)
            }
            _ => return None,
        };
        (!text.contains("${")).then(|| (logical_id.clone(), Name { property, text }))
    };
    template.resources.iter().filter_map(name).collect()
}

/// Returns the template with static names and policies that keep, for the chosen resources.
fn adopting(mut body: Value, chosen: &BTreeMap<String, Name>) -> String {
    for (logical_id, Name { property, text }) in chosen {
        let Some(resource) = body.pointer_mut("/Resources").and_then(|all| all.get_mut(logical_id)) else {
            continue;
        };
        resource["Properties"][property] = text.as_str().into();
        resource["DeletionPolicy"] = "Retain".into();
    }
    body.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Resources:\n  \
        Archive: {Type: AWS::S3::Bucket, DeletionPolicy: Delete, Properties: {BucketName: !Sub 'a-${AWS::AccountId}'}}\n  \
        Orders: {Type: AWS::Kinesis::Stream, Properties: {Name: orders}}\n  \
        Other: {Type: AWS::Kinesis::Stream, Properties: {Name: !Sub '${Orders}-2'}}\n  \
        Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: t}}\n";

    #[test]
    fn knows_the_names_that_are_static_or_follow_from_the_account() {
        let names = names(&Template::parse(TEXT).unwrap(), "1", "r");
        let names: Vec<_> =
            names.iter().map(|(id, name)| format!("{id} {} {}", name.property, name.text)).collect();
        assert_eq!(names, ["Archive BucketName a-1", "Orders Name orders"]);
    }

    #[test]
    fn keeps_what_it_takes_in_and_nothing_else() {
        let template = Template::parse(TEXT).unwrap();
        let mut chosen = names(&template, "1", "r");
        chosen.remove("Orders");
        let body: Value = serde_json::from_str(&adopting(template.body, &chosen)).unwrap();
        let archive = &body["Resources"]["Archive"];
        assert_eq!(
            (&archive["DeletionPolicy"], &archive["Properties"]["BucketName"]),
            (&"Retain".into(), &"a-1".into())
        );
        assert!(body["Resources"]["Orders"].get("DeletionPolicy").is_none());
    }
}
