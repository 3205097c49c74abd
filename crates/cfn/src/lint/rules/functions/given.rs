//! What `Ref` and `Fn::GetAtt` give, against what their places take: for E1010, E1020 and E6101.

use crate::lint::destinations::{Destination, Wanted};
use crate::lint::{Context, Findings};
use crate::schema::{self, Schema, Type};
use crate::template::Template;
use crate::template::sub;
use serde_json::Value;

/// Finds a `Ref` that gives a list where one value is wanted, or the other way round.
pub(super) fn references(context: &Context<'_>, findings: &mut Findings) {
    for place in context.destinations().iter().filter(|place| place.function == "Ref") {
        let Some(name) = place.argument.as_str() else { continue };
        let Some(gives_list) = gives_list(context.template, name) else { continue };
        let wanted = place.wanted;
        let refused =
            if wanted.takes_scalar() { gives_list && !wanted.takes(Type::Array) } else { !gives_list };
        if refused {
            let given = if gives_list { "a list" } else { "a text" };
            let message = format!("`{name}` gives {given}, where {} is wanted", wanted.words());
            findings.add(message, None, context.template.place(&place.path), &place.path);
        }
    }
}

/// Says whether `Ref` gives a list, or nothing when that is not known.
fn gives_list(template: &Template, name: &str) -> Option<bool> {
    if let Some(parameter) = template.parameters.get(name) {
        let name = parameter.parameter_type.as_str();
        return Some(parameter.is_list() || name.contains("CommaDelimitedList"));
    }
    match name {
        "AWS::NoValue" => None,
        "AWS::NotificationARNs" => Some(true),
        _ => template.declares(name).then_some(false),
    }
}

/// Finds attributes of another type than their places take, in outputs or elsewhere.
pub(in crate::lint::rules) fn attributes(context: &Context<'_>, in_outputs: bool, findings: &mut Findings) {
    let of_ours = |place: &&Destination<'_>| {
        place.function != "Ref"
            && (place.path[0] == "Outputs") == in_outputs
            && (in_outputs || !place.is_argument)
    };
    for place in context.destinations().iter().filter(of_ours) {
        if place.function == "Fn::GetAtt" {
            arguments(context, place, findings);
        }
        for (name, attribute) in named(place) {
            if is_of_other_type(context.template, place.wanted, &name, &attribute) {
                let message = format!("`{name}.{attribute}` is not {}", place.wanted.words());
                let mut path = place.path.clone();
                if place.function == "Fn::GetAtt" {
                    path.push(place.function.to_owned());
                }
                findings.add(message, None, context.template.function_place(&path), &path);
            }
        }
    }
}

/// Says whether an attribute is of none of the types that are wanted.
pub(super) fn is_of_other_type(template: &Template, wanted: Wanted, name: &str, attribute: &str) -> bool {
    let wanted: Vec<Type> = wanted.types().collect();
    if wanted.is_empty() || wanted.iter().any(|one| matches!(one, Type::Boolean | Type::Integer)) {
        return false;
    }
    let types: Vec<Type> = if is_output_of_stack(template, name, attribute) {
        vec![Type::String]
    } else {
        attribute_schema(template, name, attribute)
            .into_iter()
            .flat_map(|given| given.types().iter())
            .collect()
    };
    !types.is_empty() && !types.iter().any(|one| wanted.contains(one))
}

/// Says whether an attribute is an output of a nested stack, which is always a text.
fn is_output_of_stack(template: &Template, name: &str, attribute: &str) -> bool {
    let nested = ["AWS::CloudFormation::Stack", "AWS::Serverless::Application"];
    attribute.starts_with("Outputs.")
        && template.resources.get(name).is_some_and(|one| nested.contains(&one.resource_type.as_str()))
}

/// Finds names that are not texts: of the resource always, of the attribute if it is not a `Ref` either.
fn arguments(context: &Context<'_>, place: &Destination<'_>, findings: &mut Findings) {
    let Value::Array(parts) = place.argument else { return };
    if context.template.has_transform("AWS::LanguageExtensions") {
        return;
    }
    for (index, part) in parts.iter().enumerate().take(2) {
        if part.is_string() || index == 1 && part.get("Ref").is_some() {
            continue;
        }
        let mut path = place.path.clone();
        path.extend(["Fn::GetAtt".to_owned(), index.to_string()]);
        let takes = if index == 0 { "a text" } else { "a text or `Ref`" };
        let what = if index == 0 { "resource" } else { "attribute" };
        let message = format!("the {what} of `Fn::GetAtt` is {takes}");
        findings.add(message, None, context.template.place(&path), &path);
    }
}

/// Returns the resources and attributes that a place names.
fn named(place: &Destination<'_>) -> Vec<(String, String)> {
    let dotted = |text: &str| text.split_once('.').map(|(name, rest)| (name.to_owned(), rest.to_owned()));
    match (place.function, place.argument) {
        ("Fn::Sub", Value::Array(parts)) => {
            let text = parts.first().and_then(Value::as_str).unwrap_or_default();
            let is_local = |name: &&str| parts.get(1).is_some_and(|locals| locals.get(*name).is_some());
            sub::variables(text).into_iter().filter(|name| !is_local(name)).filter_map(dotted).collect()
        }
        ("Fn::Sub", Value::String(text)) => sub::variables(text).into_iter().filter_map(dotted).collect(),
        (_, Value::String(text)) => dotted(text).into_iter().collect(),
        (_, Value::Array(parts)) => {
            let texts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
            let (name, rest) = match texts.as_deref() {
                Some([name, rest @ ..]) if !rest.is_empty() => (*name, rest.join(".")),
                _ => return Vec::new(),
            };
            vec![(name.to_owned(), rest)]
        }
        _ => Vec::new(),
    }
}

/// Returns what a type's schema says of one of its attributes.
pub(super) fn attribute_schema(template: &Template, name: &str, attribute: &str) -> Option<Schema<'static>> {
    let type_name = template.resources.get(name)?.resource_type.as_str();
    // A cluster takes its port as a number, and gives it as a text.
    if (type_name, attribute) == ("AWS::DocDB::DBCluster", "Port") {
        return None;
    }
    let schema = schema::of(type_name)?;
    let pointer = schema.attributes().find(|pointer| pointer.dotted() == attribute)?;
    let mut here = schema.root();
    for part in pointer.parts() {
        here = match part {
            "*" => here.items()?,
            name => here.property(name)?,
        }
        .followed();
    }
    Some(here)
}
