//! Texts of a template with marks where only a stack knows more.
//!
//! A value becomes the texts that it may be. What a parameter or another account tells stands in them as an opaque mark, and
//! the name that AWS makes up for a resource as a mark of that resource. Equal marks are equal texts.

use super::resources;
use crate::template::Template;
use crate::template::scalar_text;
use crate::template::seen::function;
use crate::template::sub::{Piece, pieces};
use serde_json::Value;

/// Begins a part that may be any text; [`END`] closes it.
pub(super) const OPAQUE: char = '\u{e000}';
/// Begins the name that AWS makes up for a resource.
pub(super) const GENERATED: char = '\u{e001}';
pub(super) const END: char = '\u{e002}';

/// How many texts one value is followed into.
const MOST: usize = 32;

/// Returns a mark for what is not known.
pub(super) fn opaque(name: &str) -> String {
    mark(OPAQUE, name)
}

/// Returns a mark for the name that AWS makes up for a resource.
pub(super) fn generated(logical_id: &str) -> String {
    mark(GENERATED, logical_id)
}

fn mark(begin: char, name: &str) -> String {
    // What has a meaning in patterns and ARNs must not stand in a mark.
    let plain = |character: char| if ":*?/".contains(character) { '_' } else { character };
    let name: String = name.chars().map(plain).collect();
    format!("{begin}{name}{END}")
}

/// Returns the texts that a value may be; none for `AWS::NoValue`.
pub(super) fn texts(template: &Template, value: &Value) -> Vec<String> {
    at_depth(template, value, 0)
}

pub(super) fn at_depth(template: &Template, value: &Value, depth: usize) -> Vec<String> {
    let unknown = || vec![opaque(&value.to_string())];
    if depth > 12 {
        return unknown();
    }
    let found = match value {
        Value::Object(members) => match function(members) {
            Some(("Ref", argument)) => argument.as_str().map(|name| of_name(template, name, depth)),
            Some(("Fn::GetAtt", argument)) => attribute(template, argument, depth),
            Some(("Fn::Sub", argument)) => sub(template, argument, depth),
            Some(("Fn::Join", argument)) => join(template, argument, depth),
            Some(("Fn::If", argument)) => branches(argument)
                .map(|both| both.into_iter().flat_map(|one| at_depth(template, one, depth + 1)).collect()),
            _ => None,
        },
        Value::Array(_) => None,
        other => scalar_text(other).filter(|text| !text.contains("{{resolve:")).map(|text| vec![text]),
    };
    found.filter(|found: &Vec<String>| found.len() <= MOST).unwrap_or_else(unknown)
}

/// Returns the texts of a value that is one or a list of them, each with the rest of its path.
pub(super) fn list(template: &Template, value: &Value) -> Option<Vec<(Vec<String>, String)>> {
    let mut found = Vec::new();
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                for (path, text) in list(template, item)? {
                    found.push(([index.to_string()].into_iter().chain(path).collect(), text));
                }
            }
        }
        Value::Object(members) => match function(members)? {
            ("Fn::If", argument) => {
                for (index, branch) in branches(argument)?.into_iter().enumerate() {
                    let step = ["Fn::If".to_owned(), (index + 1).to_string()];
                    for (path, text) in list(template, branch)? {
                        found.push((step.iter().cloned().chain(path).collect(), text));
                    }
                }
            }
            ("Fn::GetAtt" | "Fn::Sub" | "Fn::Join" | "Ref", _) => {
                found.extend(texts(template, value).into_iter().map(|text| (Vec::new(), text)));
            }
            _ => return None,
        },
        other => found.extend(texts(template, other).into_iter().map(|text| (Vec::new(), text))),
    }
    Some(found)
}

fn branches(argument: &Value) -> Option<[&Value; 2]> {
    let [_, one, other] = argument.as_array()?.as_slice() else { return None };
    Some([one, other])
}

fn of_name(template: &Template, name: &str, depth: usize) -> Vec<String> {
    match name {
        // A template that is right in one partition is looked at as if it were the first.
        "AWS::Partition" => vec!["aws".to_owned()],
        "AWS::URLSuffix" => vec!["amazonaws.com".to_owned()],
        "AWS::NoValue" => Vec::new(),
        _ => match template.resources.contains_key(name) {
            true => resources::reference(template, name, depth),
            false => vec![opaque(name)],
        },
    }
}

fn attribute(template: &Template, argument: &Value, depth: usize) -> Option<Vec<String>> {
    let (name, attribute) = match argument {
        Value::Array(parts) => match parts.as_slice() {
            [name, attribute] => (name.as_str()?, attribute.as_str()?),
            _ => return None,
        },
        other => other.as_str()?.split_once('.')?,
    };
    Some(resources::attribute(template, name, attribute, depth))
}

fn sub(template: &Template, argument: &Value, depth: usize) -> Option<Vec<String>> {
    let (text, local) = match argument {
        Value::Array(parts) => (parts.first()?.as_str()?, parts.get(1)),
        other => (other.as_str()?, None),
    };
    let mut made = vec![String::new()];
    for piece in pieces(text) {
        let next = match piece {
            Piece::Literal(literal) => vec![literal.to_owned()],
            Piece::Escaped(name) => vec![format!("${{{name}}}")],
            Piece::Variable(name) => match (local.and_then(|local| local.get(name.trim())), name.trim()) {
                (Some(value), _) => at_depth(template, value, depth + 1),
                (None, name) => match name.split_once('.') {
                    Some((name, attribute)) => resources::attribute(template, name, attribute, depth + 1),
                    None => of_name(template, name, depth + 1),
                },
            },
        };
        made = product(&made, &next)?;
    }
    Some(made)
}

fn join(template: &Template, argument: &Value, depth: usize) -> Option<Vec<String>> {
    let [separator, Value::Array(parts)] = argument.as_array()?.as_slice() else { return None };
    let separator = separator.as_str()?;
    let mut made = vec![String::new()];
    for (index, part) in parts.iter().enumerate() {
        let before = if index == 0 { "" } else { separator };
        let next: Vec<String> =
            at_depth(template, part, depth + 1).iter().map(|text| format!("{before}{text}")).collect();
        made = product(&made, &next)?;
    }
    Some(made)
}

fn product(before: &[String], after: &[String]) -> Option<Vec<String>> {
    let all = before.iter().flat_map(|start| after.iter().map(move |end| format!("{start}{end}")));
    (before.len() * after.len() <= MOST).then(|| all.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(value: Value) -> Vec<String> {
        let template = Template::parse(
            "Parameters: {P: {Type: String}}\nResources:\n  B: {Type: AWS::S3::Bucket}\n  N: {Type: AWS::S3::Bucket, Properties: \
             {BucketName: logs}}\n  Q: {Type: AWS::SQS::Queue}\n",
        )
        .unwrap();
        texts(&template, &value)
    }

    #[test]
    fn makes_texts_of_functions() {
        let named = json!({"Fn::Sub": "${N.Arn}/*"});
        assert_eq!(of(named), ["arn:aws:s3:::logs/*"]);
        let joined = json!({"Fn::Join": ["", [{"Fn::GetAtt": ["B", "Arn"]}, "/*"]]});
        assert_eq!(of(joined), [format!("arn:aws:s3:::{}/*", generated("B"))]);
        let either = json!({"Fn::If": ["C", "a", {"Ref": "AWS::NoValue"}]});
        assert_eq!(of(either), ["a"]);
    }

    #[test]
    fn marks_what_only_a_stack_knows() {
        assert_eq!(of(json!({"Ref": "P"})), [opaque("P")]);
        assert_eq!(of(json!({"Fn::ImportValue": "x"})).len(), 1);
        assert!(of(json!({"Fn::GetAtt": ["Q", "Arn"]}))[0].starts_with("arn:aws:sqs:"));
    }
}
