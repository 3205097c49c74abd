//! From the tree to plain values, with short forms written out.

use crate::yaml::{Node, NodeValue};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Returns the node as a value: `!Ref x` as `{"Ref": "x"}`, `!GetAtt a.b` as `{"Fn::GetAtt": ["a", "b"]}`.
pub(super) fn value_of(node: &Node) -> Value {
    let plain = plain_value(node);
    let Some(function) = short_form(node) else {
        return plain;
    };
    let argument = match plain {
        Value::String(text) if function == "Fn::GetAtt" => split_attribute(&text),
        other => other,
    };
    Value::Object(Map::from_iter([(function.into_owned(), argument)]))
}

/// Returns the function that a node's tag stands for.
pub(super) fn short_form(node: &Node) -> Option<Cow<'static, str>> {
    let name = node.tag.as_ref()?.name.trim_start_matches('!');
    Some(match name {
        "Ref" => Cow::Borrowed("Ref"),
        "Condition" => Cow::Borrowed("Condition"),
        "GetAtt" => Cow::Borrowed("Fn::GetAtt"),
        "Sub" => Cow::Borrowed("Fn::Sub"),
        other => Cow::Owned(format!("Fn::{other}")),
    })
}

fn plain_value(node: &Node) -> Value {
    match &node.value {
        NodeValue::Null => Value::Null,
        NodeValue::Bool(value) => Value::Bool(*value),
        NodeValue::Number(number) => Value::Number(number.clone()),
        NodeValue::String(text) => Value::String(text.clone()),
        NodeValue::Sequence(items) => Value::Array(items.iter().map(value_of).collect()),
        NodeValue::Mapping(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (key.name.clone(), value_of(value))).collect())
        }
    }
}

/// Splits `Resource.Attribute` at its first point; attributes have points of their own.
fn split_attribute(text: &str) -> Value {
    match text.split_once('.') {
        Some((resource, attribute)) => Value::from(vec![resource, attribute]),
        None => Value::from(vec![text]),
    }
}
