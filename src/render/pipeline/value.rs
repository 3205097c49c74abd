//! Values from elsewhere: the parameters through which they come, and the expressions that stand where they are used.

use serde::Serialize;
use serde_json::Value as Json;

use crate::stack::outputs::{self, export_name};
use crate::stack::value::{Part, Source, Value, parts};
use crate::stack::{Stack, logical_id, value_id};

/// A parameter of the template that brings a value.
#[derive(Debug, Serialize)]
pub struct ValueBlock {
    pub id: String,
    /// CloudFormation's type of the parameter.
    pub kind: &'static str,
    /// The name that CloudFormation itself looks up.
    pub default: Option<String>,
    pub is_secret: bool,
    pub description: String,
}

/// An output of the template.
#[derive(Debug, Serialize)]
pub struct OutputBlock {
    pub key: String,
    /// The value as YAML.
    pub value: String,
    /// The name under which other stacks import it.
    pub export: Option<String>,
}

/// Returns the parameters through which values come.
pub fn values(stack: &Stack) -> Vec<ValueBlock> {
    let block = |(name, value): (&hydrant_cfn::yaml::Spanned<String>, &Value)| {
        let (kind, default, from) = match value.source()? {
            Source::Output { stack, output } => ("String", None, format!("the output {output} of {stack}")),
            Source::Ssm(path) => (
                "AWS::SSM::Parameter::Value<String>",
                Some(path.value.clone()),
                "a parameter of Systems Manager".to_owned(),
            ),
            Source::Env(variable) => ("String", None, format!("the environment variable {variable}")),
            Source::File(path) => ("String", None, format!("the file {path}")),
            Source::Export { .. } => return None,
        };
        let description = format!("The value {name}, from {from}");
        Some(ValueBlock { id: value_id(name), kind, default, is_secret: value.is_secret(), description })
    };
    stack.file.values.iter().filter_map(block).collect()
}

/// Returns the outputs.
pub fn outputs(stack: &Stack) -> Vec<OutputBlock> {
    let block = |output: outputs::Output| {
        let existing = stack.file.streams.get(output.block.as_str()).filter(|stream| stream.arn.is_some());
        let value = match (existing, output.attribute) {
            (Some(_), None) => stream_name(stack, &output.block),
            (Some(_), Some(_)) => stream_arn(stack, &output.block),
            (None, None) => format!("!Ref {}", output.of),
            (None, Some(attribute)) => format!("!GetAtt {}.{attribute}", output.of),
        };
        let export = output.is_exported.then(|| export_name(stack, &output.key));
        OutputBlock { key: output.key, value, export }
    };
    outputs::outputs(&stack.file).into_iter().map(block).collect()
}

/// Returns the ARN of a stream of the stack as YAML.
pub fn stream_arn(stack: &Stack, name: &str) -> String {
    match existing(stack, name) {
        Some(arn) => arn,
        None => format!("!GetAtt {}.Arn", logical_id(name)),
    }
}

/// Returns the name of a stream of the stack as YAML.
pub fn stream_name(stack: &Stack, name: &str) -> String {
    match existing(stack, name) {
        Some(arn) => format!("!Select [1, !Split [\"/\", {arn}]]"),
        None => format!("!Ref {}", logical_id(name)),
    }
}

fn existing(stack: &Stack, name: &str) -> Option<String> {
    let arn = stack.file.streams.get(name)?.arn.as_ref()?;
    Some(expression(stack, arn).unwrap_or_else(|| quoted(arn)))
}

/// Returns the text with its values in place as YAML; nothing when it is plain text.
pub fn expression(stack: &Stack, text: &str) -> Option<String> {
    let parts = parts(text)?;
    if let [Part::Value(name)] = parts.as_slice() {
        return Some(reference(stack, name));
    }
    let is_plain = parts.iter().all(|part| matches!(part, Part::Text(_)));
    if is_plain {
        // Only where `$${` stands is the text another than it is written.
        let text: String = parts.iter().map(Part::as_text).collect();
        return text.contains("${").then(|| quoted(&text));
    }
    let mut pattern = String::new();
    let mut imported: Vec<(String, String)> = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => pattern.push_str(&text.replace("${", "${!")),
            Part::Value(name) => {
                let id = value_id(name);
                pattern.push_str(&format!("${{{id}}}"));
                let is_imported = stack.file.values.get(name).is_some_and(|value| !value.is_parameter());
                if is_imported && !imported.iter().any(|(known, _)| *known == id) {
                    imported.push((id, reference(stack, name)));
                }
            }
        }
    }
    let pattern = quoted(&pattern);
    if imported.is_empty() {
        return Some(format!("!Sub {pattern}"));
    }
    let imported: Vec<String> = imported.into_iter().map(|(id, value)| format!("{id}: {value}")).collect();
    Some(format!("!Sub [{pattern}, {{{}}}]", imported.join(", ")))
}

fn reference(stack: &Stack, name: &str) -> String {
    match stack.file.values.get(name).and_then(Value::source) {
        Some(Source::Export { stack: Some(other), name }) => {
            let environment = &stack.environment_name;
            format!("!ImportValue {}", quoted(&format!("{other}-{environment}-{name}")))
        }
        Some(Source::Export { stack: None, name }) => format!("!ImportValue {}", quoted(name)),
        _ => format!("!Ref {}", value_id(name)),
    }
}

/// Returns a text as JSON writes it, which is YAML too.
fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}
