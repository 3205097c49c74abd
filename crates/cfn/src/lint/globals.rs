//! `Globals` of a serverless template: properties that AWS's transform gives to all resources of a type.
//!
//! A resource becomes the properties that it has after that, and a place in these the place in the template where the value
//! stands. Objects are merged with the resource's own members on top, lists are put in front of the resource's own, and of
//! everything else the resource's own is taken.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::template::{Resource, Template, seen};

/// The transform that turns serverless types into others.
pub(super) const SERVERLESS: &str = "AWS::Serverless-2016-10-31";

/// What the members of `Globals` are called for each type that has one.
pub(super) const SECTIONS: &[(&str, &str)] = &[
    ("AWS::Serverless::Api", "Api"),
    ("AWS::Serverless::CapacityProvider", "CapacityProvider"),
    ("AWS::Serverless::Function", "Function"),
    ("AWS::Serverless::HttpApi", "HttpApi"),
    ("AWS::Serverless::LayerVersion", "LayerVersion"),
    ("AWS::Serverless::SimpleTable", "SimpleTable"),
    ("AWS::Serverless::StateMachine", "StateMachine"),
    ("AWS::Serverless::WebSocketApi", "WebSocketApi"),
];

/// Returns the properties of a resource with those that `Globals` give it.
pub(super) fn properties<'t>(
    template: &'t Template,
    logical_id: &str,
    resource: &'t Resource,
) -> Cow<'t, Value> {
    match of(template, logical_id, resource) {
        Some((_, global)) => Cow::Owned(merged(&Value::Object(global), &resource.properties)),
        None => Cow::Borrowed(&resource.properties),
    }
}

/// Returns the way to a property from the template's root, be it in the resource or in `Globals`.
pub(super) fn origin(template: &Template, logical_id: &str, path: &[String]) -> Vec<String> {
    let start = ["Resources", logical_id, "Properties"].map(str::to_owned);
    let resource = template.resources.get(logical_id);
    if let Some(resource) = resource
        && let Some((section, global)) = of(template, logical_id, resource)
        && let Some(rest) = in_globals(&Value::Object(global), Some(&resource.properties), path)
    {
        return ["Globals", section].into_iter().map(str::to_owned).chain(rest).collect();
    }
    let path = match resource.and_then(|resource| of(template, logical_id, resource)) {
        Some((_, global)) => own(&Value::Object(global), resource.map(|resource| &resource.properties), path),
        None => path.to_vec(),
    };
    start.into_iter().chain(path).collect()
}

/// Returns what `Globals` have for a resource, and what that is called there.
fn of(
    template: &Template,
    logical_id: &str,
    resource: &Resource,
) -> Option<(&'static str, Map<String, Value>)> {
    if !template.has_transform(SERVERLESS) {
        return None;
    }
    let (_, section) = SECTIONS.iter().find(|(name, _)| *name == resource.resource_type)?;
    let mut global = template.body.get("Globals")?.get(section)?.as_object()?.clone();
    let ignored =
        template.body.get("Resources").and_then(|resources| resources.get(logical_id)?.get("IgnoreGlobals"));
    match ignored {
        Some(Value::String(all)) if all == "*" => return None,
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).for_each(|name| {
            global.remove(name);
        }),
        _ => {}
    }
    Some((section, global))
}

fn is_function(value: &Value) -> bool {
    value.as_object().is_some_and(|members| seen::function(members).is_some())
}

fn merged(global: &Value, own: &Value) -> Value {
    match (global, own) {
        (Value::Object(global_members), Value::Object(members))
            if !is_function(global) && !is_function(own) =>
        {
            let mut all = global_members.clone();
            for (name, member) in members {
                let member = match all.get(name) {
                    Some(global) => merged(global, member),
                    None => member.clone(),
                };
                all.insert(name.clone(), member);
            }
            Value::Object(all)
        }
        (Value::Array(global), Value::Array(items)) => global.iter().chain(items).cloned().collect(),
        _ => own.clone(),
    }
}

/// Returns the rest of a path within `Globals`, if what it leads to comes from there.
fn in_globals(global: &Value, own: Option<&Value>, path: &[String]) -> Option<Vec<String>> {
    let Some(own) = own else { return Some(path.to_vec()) };
    let (step, rest) = path.split_first()?;
    let below = match (global, own) {
        (Value::Object(members), Value::Object(own)) if !is_function(global) => {
            in_globals(members.get(step)?, own.get(step), rest)?
        }
        (Value::Array(items), Value::Array(_)) => {
            step.parse::<usize>().ok().filter(|index| *index < items.len())?;
            rest.to_vec()
        }
        _ => return None,
    };
    Some([step.clone()].into_iter().chain(below).collect())
}

/// Returns a path in the resource's own properties: items of its lists stand behind those of `Globals`.
fn own(global: &Value, value: Option<&Value>, path: &[String]) -> Vec<String> {
    let Some((step, rest)) = path.split_first() else { return Vec::new() };
    match (global, value) {
        (Value::Object(members), Some(Value::Object(own_members))) => match members.get(step) {
            Some(global) => {
                [step.clone()].into_iter().chain(own(global, own_members.get(step), rest)).collect()
            }
            None => path.to_vec(),
        },
        (Value::Array(items), Some(Value::Array(_))) => {
            let index = step.parse::<usize>().ok().and_then(|index| index.checked_sub(items.len()));
            let step = index.map_or_else(|| step.clone(), |index| index.to_string());
            [step].into_iter().chain(rest.iter().cloned()).collect()
        }
        _ => path.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31\nGlobals:\n  Function:\n    Timeout: 3\n    Layers: [a]\n    \
                            Environment: {Variables: {A: 1, B: 1}}\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    \
                            Properties:\n      Layers: [b]\n      Environment: {Variables: {B: 2}}\n  G:\n    Type: \
                            AWS::Serverless::Function\n    IgnoreGlobals: [Timeout, Layers]\n";

    #[test]
    fn merges_what_the_resource_has_over_globals() {
        let (template, _) = Template::read(crate::yaml::Document::parse(TEMPLATE).0);
        let expected =
            json!({"Timeout": 3, "Layers": ["a", "b"], "Environment": {"Variables": {"A": 1, "B": 2}}});
        assert_eq!(*properties(&template, "F", &template.resources["F"]), expected);
    }

    #[test]
    fn leads_back_to_where_a_value_stands() {
        let (document, _) = crate::yaml::Document::parse(TEMPLATE);
        let (template, _) = Template::read(document);
        let origin = |path: &str| {
            let path: Vec<String> = path.split('/').map(str::to_owned).collect();
            super::origin(&template, "F", &path).join("/")
        };
        assert_eq!(origin("Timeout"), "Globals/Function/Timeout");
        assert_eq!(origin("Layers/0"), "Globals/Function/Layers/0");
        assert_eq!(origin("Layers/1"), "Resources/F/Properties/Layers/0");
        assert_eq!(origin("Environment/Variables/A"), "Globals/Function/Environment/Variables/A");
        assert_eq!(origin("Environment/Variables/B"), "Resources/F/Properties/Environment/Variables/B");
        assert_eq!(origin("Handler"), "Resources/F/Properties/Handler");
        assert_eq!(
            *properties(&template, "G", &template.resources["G"]),
            json!({"Environment": {"Variables": {"A": 1, "B": 1}}})
        );
    }
}
