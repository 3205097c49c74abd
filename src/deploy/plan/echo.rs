//! Changes that reach a resource only through what it refers to: a parameter, or another resource.
//!
//! A change set lists whatever reads an attribute of a changed resource, because the attribute *may* become another
//! one. This follows each reference to its cause and tells the real changes from the echoes. Values that the server
//! told are not looked at again.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{ChangeSource, ResourceChangeDetail};
use hydrant_cfn::schema;
use hydrant_cfn::template::Template;
use serde_json::Value;

use super::{Action, Change, Replacement};

/// What CloudFormation writes for a value that does not exist yet.
const KNOWN_AFTER: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// A stack's parameters as they are and as they would be.
#[derive(Debug, Default)]
pub struct Parameters {
    pub before: BTreeMap<String, String>,
    pub after: BTreeMap<String, String>,
}

/// A property that refers to something which changes.
#[derive(Debug)]
pub struct Echo {
    /// Names from the properties down, joined by dots.
    path: String,
    cause: Cause,
    before: Value,
    fate: Fate,
}

#[derive(Debug, Clone)]
enum Cause {
    Parameter(String),
    /// A resource, and the attribute that is read; its `Ref` when there is none.
    Resource(String, Option<String>),
}

/// What becomes of a value that is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Stays,
    MayChange,
    Changes,
}

/// A resource's change while its causes are still being followed.
#[derive(Debug)]
pub struct Draft {
    pub change: Change,
    pub echoes: Vec<Echo>,
    /// Whether it changes for a reason of its own, or for a cause that was found to change.
    pub is_certain: bool,
}

/// Returns whether a detail only says that something else, which the property refers to, changes.
pub fn is_reference(detail: &ResourceChangeDetail) -> bool {
    let Some(target) = detail.target() else { return false };
    let is_told = target.before_value().is_some() || target.after_value().is_some();
    let is_by_reference = matches!(
        detail.change_source(),
        Some(
            ChangeSource::ResourceReference
                | ChangeSource::ResourceAttribute
                | ChangeSource::ParameterReference
        )
    );
    is_by_reference && !is_told && target.name().is_some() && detail.causing_entity().is_some()
}

/// Returns the properties of the resource `logical_id` that `details` announce without telling values.
pub fn echoes(
    details: &[ResourceChangeDetail],
    logical_id: &str,
    deployed: Option<&Template>,
    new: Option<&Template>,
) -> Vec<Echo> {
    let mut echoes: Vec<Echo> = Vec::new();
    for detail in details.iter().filter(|detail| is_reference(detail)) {
        let (Some(entity), Some(name)) =
            (detail.causing_entity(), detail.target().and_then(|target| target.name()))
        else {
            continue;
        };
        let cause = match (detail.change_source(), entity.split_once('.')) {
            (Some(ChangeSource::ParameterReference), _) => Cause::Parameter(entity.to_owned()),
            (_, Some((resource, attribute))) => {
                Cause::Resource(resource.to_owned(), Some(attribute.to_owned()))
            }
            (_, None) => Cause::Resource(entity.to_owned(), None),
        };
        for path in places(new, logical_id, name, &cause) {
            if echoes.iter().any(|known| known.path == path) {
                continue;
            }
            let before = deployed
                .and_then(|template| template.resources.get(logical_id))
                .and_then(|resource| resource.properties.pointer(&format!("/{}", path.replace('.', "/"))))
                .cloned()
                .unwrap_or_default();
            echoes.push(Echo { path, cause: cause.clone(), before, fate: Fate::Stays });
        }
    }
    echoes
}

/// Returns where, within the property `name`, a resource refers to `cause`; the property itself when that is not seen.
fn places(template: Option<&Template>, logical_id: &str, name: &str, cause: &Cause) -> Vec<String> {
    let (to, attribute) = match cause {
        Cause::Parameter(name) => (name, None),
        Cause::Resource(name, attribute) => (name, attribute.as_ref()),
    };
    let references = template.map(Template::references).unwrap_or_default();
    let mut paths: Vec<String> = references
        .iter()
        .filter(|reference| reference.to == *to && reference.attribute.as_ref() == attribute)
        .filter_map(|reference| match reference.from.path.as_slice() {
            [section, id, part, path @ ..]
                if section == "Resources" && id == logical_id && part == "Properties" =>
            {
                let is_name = |segment: &&String| *segment != "Ref" && !segment.starts_with("Fn::");
                Some(path.iter().take_while(is_name).cloned().collect::<Vec<_>>())
            }
            _ => None,
        })
        .filter(|path| path.first().is_some_and(|first| first == name))
        .map(|path| path.join("."))
        .collect();
    paths.dedup();
    if paths.is_empty() { vec![name.to_owned()] } else { paths }
}

/// Follows every echo to its cause and returns the changes that are left.
pub fn settle(mut drafts: Vec<Draft>, parameters: &Parameters) -> Vec<Change> {
    // A replacement found in one round may be the cause of another in the next.
    while round(&mut drafts, parameters) {}
    drafts.into_iter().filter(|draft| draft.is_certain).map(|draft| draft.change).collect()
}

fn round(drafts: &mut [Draft], parameters: &Parameters) -> bool {
    let mut is_news = false;
    for index in 0..drafts.len() {
        let fates: Vec<Fate> =
            drafts[index].echoes.iter().map(|echo| fate(drafts, &echo.cause, parameters)).collect();
        let draft = &mut drafts[index];
        for (echo, fate) in draft.echoes.iter_mut().zip(fates).filter(|(echo, fate)| *fate > echo.fate) {
            echo.fate = fate;
            draft.is_certain = true;
            is_news = true;
            apply(&mut draft.change, echo, parameters);
        }
    }
    is_news
}

/// Returns what becomes of the value of `cause`.
fn fate(drafts: &[Draft], cause: &Cause, parameters: &Parameters) -> Fate {
    let (id, attribute) = match cause {
        // Parameters that the server does not tell are taken to change, as it says.
        Cause::Parameter(name) => {
            let (before, after) = (parameters.before.get(name), parameters.after.get(name));
            return if before.is_some() && before == after { Fate::Stays } else { Fate::Changes };
        }
        Cause::Resource(id, attribute) => (id, attribute.as_deref()),
    };
    let Some(draft) = drafts.iter().find(|draft| draft.is_certain && draft.change.logical_id == *id) else {
        return Fate::Stays;
    };
    match (draft.change.action, draft.change.replacement) {
        (Action::Modify, Replacement::Yes) => Fate::Changes,
        (Action::Modify, Replacement::Maybe) => Fate::MayChange,
        (Action::Modify, Replacement::No) => match attribute {
            Some(attribute) if !is_identity(&draft.change.resource_type, attribute) => Fate::MayChange,
            _ => Fate::Stays,
        },
        _ => Fate::Changes,
    }
}

/// Returns whether an attribute stays as long as the resource does.
fn is_identity(resource_type: &str, attribute: &str) -> bool {
    let parts: Vec<&str> = attribute.split('.').collect();
    let is_identifier = schema::of(resource_type)
        .is_some_and(|schema| schema.primary_identifier().any(|name| name.is(&parts)));
    attribute == "Arn" || is_identifier
}

/// Writes an echo that turned out to be a change into its resource's change.
fn apply(change: &mut Change, echo: &Echo, parameters: &Parameters) {
    let is_covered = |known: &String| {
        *known == echo.path
            || echo.path.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with('.'))
    };
    if !change.before.keys().any(is_covered) {
        let (before, after) = values(echo, parameters);
        change.before.insert(echo.path.clone(), before);
        change.after.insert(echo.path.clone(), after);
    }
    let parts: Vec<&str> = echo.path.split('.').collect();
    let Some(schema) = schema::of(&change.resource_type) else { return };
    let is_sure = schema.is_create_only(&parts) && echo.fate == Fate::Changes;
    if is_sure {
        if !change.replaced_because_of.contains(&echo.path) {
            change.replaced_because_of.push(echo.path.clone());
        }
        change.replacement = Replacement::Yes;
        change.action = Action::Replace;
    } else if change.replacement == Replacement::No
        && (schema.is_create_only(&parts) || schema.is_conditional_create_only(&parts))
    {
        change.replacement = Replacement::Maybe;
    }
}

/// Returns an echo's values: a parameter's are known, a resource's attribute only after the deployment.
fn values(echo: &Echo, parameters: &Parameters) -> (Value, Value) {
    if let Cause::Parameter(name) = &echo.cause
        && echo.before.get("Ref").and_then(Value::as_str) == Some(name)
    {
        let value = |values: &BTreeMap<String, String>| {
            values.get(name).map_or(Value::Null, |text| Value::from(text.as_str()))
        };
        return (value(&parameters.before), value(&parameters.after));
    }
    (echo.before.clone(), Value::from(KNOWN_AFTER))
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
    use aws_sdk_cloudformation::types::{
        Change as AwsChange, ChangeAction, EvaluationType, Replacement as AwsReplacement, RequiresRecreation,
        ResourceAttribute, ResourceChange, ResourceTargetDefinition,
    };
    use serde_json::json;

    use super::*;
    use crate::deploy::plan::Plan;

    const TEMPLATE: &str = "
Parameters:
  CodeKey: { Type: String }
Resources:
  Stream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: a, ShardCount: 1 } }
  Role: { Type: 'AWS::IAM::Role', Properties: { Description: !GetAtt Stream.Arn } }
  Function: { Type: 'AWS::Lambda::Function', Properties: { Role: !GetAtt Role.Arn, Code: { S3Key: !Ref CodeKey } } }
  Mapping: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { EventSourceArn: !GetAtt Stream.Arn } }
";

    /// Returns a change whose values are not told; `cause` is what it comes from, unless it was made directly.
    fn change(
        id: &str,
        resource_type: &str,
        property: &str,
        source: ChangeSource,
        cause: Option<&str>,
    ) -> AwsChange {
        let target = ResourceTargetDefinition::builder()
            .attribute(ResourceAttribute::Properties)
            .name(property)
            .requires_recreation(RequiresRecreation::Conditionally)
            .build();
        let detail = ResourceChangeDetail::builder()
            .target(target)
            .evaluation(EvaluationType::Dynamic)
            .change_source(source)
            .set_causing_entity(cause.map(str::to_owned))
            .build();
        let change = ResourceChange::builder()
            .action(ChangeAction::Modify)
            .replacement(AwsReplacement::Conditional)
            .logical_resource_id(id)
            .resource_type(resource_type)
            .details(detail)
            .build();
        AwsChange::builder().resource_change(change).build()
    }

    /// Returns the plan for a stream of which `property` was changed, and for all that refers to it.
    fn plan(property: &str, new: &str) -> Vec<Change> {
        let attribute = ChangeSource::ResourceAttribute;
        let description = DescribeChangeSetOutput::builder()
            .changes(change(
                "Mapping",
                "AWS::Lambda::EventSourceMapping",
                "EventSourceArn",
                attribute.clone(),
                Some("Stream.Arn"),
            ))
            .changes(change("Function", "AWS::Lambda::Function", "Role", attribute.clone(), Some("Role.Arn")))
            .changes(change("Role", "AWS::IAM::Role", "Description", attribute, Some("Stream.Arn")))
            .changes(change(
                "Stream",
                "AWS::Kinesis::Stream",
                property,
                ChangeSource::DirectModification,
                None,
            ))
            .build();
        let [deployed, new] = [TEMPLATE, new].map(|text| Template::parse(text).unwrap());
        Plan::of(&description, Some(&deployed), Some(&new), &Parameters::default()).changes
    }

    #[test]
    fn drops_what_a_change_in_place_does_not_reach() {
        let changes = plan("ShardCount", &TEMPLATE.replace("ShardCount: 1", "ShardCount: 2"));
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert_eq!(
            (&changes[0].before["ShardCount"], &changes[0].after["ShardCount"]),
            (&json!(1), &json!(2))
        );
        assert_eq!(changes[0].replacement, Replacement::No);
    }

    #[test]
    fn follows_a_replacement_as_far_as_it_goes() {
        let changes = plan("Name", &TEMPLATE.replace("Name: a", "Name: b"));
        let fates: Vec<_> =
            changes.iter().map(|change| (change.logical_id.as_str(), change.replacement)).collect();
        assert_eq!(
            fates,
            [("Stream", Replacement::Yes), ("Mapping", Replacement::Yes), ("Role", Replacement::No)]
        );
        assert_eq!(changes[1].replaced_because_of, ["EventSourceArn"]);
        assert_eq!(changes[1].after["EventSourceArn"], KNOWN_AFTER);
        assert_eq!(changes[0].loses.as_deref(), Some("the records in it"));
    }

    #[test]
    fn tells_a_parameter_s_values() {
        let source = ChangeSource::ParameterReference;
        let description = DescribeChangeSetOutput::builder()
            .changes(change("Function", "AWS::Lambda::Function", "Code", source, Some("CodeKey")))
            .build();
        let value = |text: &str| BTreeMap::from([("CodeKey".to_owned(), text.to_owned())]);
        let parameters = Parameters { before: value("old.zip"), after: value("new.zip") };
        let template = Template::parse(TEMPLATE).unwrap();
        let template = Some(&template);
        let changes = Plan::of(&description, template, template, &parameters).changes;
        assert_eq!(changes[0].before["Code.S3Key"], "old.zip");
        assert_eq!(changes[0].after["Code.S3Key"], "new.zip");
        let same = Parameters { before: value("new.zip"), after: value("new.zip") };
        assert!(Plan::of(&description, template, template, &same).changes.is_empty());
    }
}
