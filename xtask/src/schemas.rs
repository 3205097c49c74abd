//! Turns the resource provider schemas in the cfn-lint wheel into the files under `crates/cfn/data/schemas`.
//!
//! cfn-lint carries AWS's own schemas, corrected where they are wrong. What validation and planning need is
//! kept; prose, handlers and tagging notes are not. One file holds one type, keys sorted, so that a refresh
//! shows in a diff what AWS changed. It does not know how the schemas are read.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::wheel::Wheel;

/// The source of the schemas, and the hash of the file that PyPI serves for it.
const REQUIREMENT: &str = "cfn-lint==1.58.0";
const SHA256: &str = "9d9f06043160756a6158f5c3f92a44ce38254b1c578127461608305bc8262987";

/// The resource types that are carried.
const TYPES: &[&str] = &[
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::Events::Rule",
    "AWS::IAM::AccessKey",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::Kinesis::Stream",
    "AWS::Kinesis::StreamConsumer",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Lambda::Version",
    "AWS::Logs::LogGroup",
    "AWS::Logs::LogStream",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
];

/// Members of a schema's top level that are kept; the rest is prose, handlers and tagging.
const TOP_LEVEL: &[&str] = &[
    "additionalProperties",
    "allOf",
    "anyOf",
    "conditionalCreateOnlyProperties",
    "createOnlyProperties",
    "definitions",
    "dependentExcluded",
    "dependentRequired",
    "deprecatedProperties",
    "oneOf",
    "patternProperties",
    "primaryIdentifier",
    "properties",
    "readOnlyProperties",
    "required",
    "requiredOr",
    "requiredXor",
    "typeName",
    "writeOnlyProperties",
];

/// Members of nested schemas that say nothing about what is valid.
const PROSE: &[&str] = &["$comment", "default", "description", "examples", "insertionOrder", "title"];

/// Why a refresh failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("usage: cargo xtask schemas")]
    Usage,
    #[error("failed to {doing}")]
    Io {
        doing: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("pip could not download `{requirement}`")]
    Download { requirement: String },
    #[error("the wheel's SHA-256 is {found}, not the pinned {expected}")]
    Hash { expected: String, found: String },
    #[error("the wheel cannot be read")]
    Archive(#[source] zip::result::ZipError),
    #[error("`{file}` is not the JSON that was expected")]
    Json {
        file: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("the wheel has no schema for `{0}`")]
    UnknownType(String),
}

/// Downloads the pinned wheel and rewrites `crates/cfn/data/schemas`.
pub fn refresh() -> Result<(), Error> {
    let mut wheel = Wheel::download(REQUIREMENT, SHA256)?;
    let date = wheel.json("cfnlint/data/schemas/version.json")?;
    let provider = wheel.json("cfnlint/data/schemas/providers/us-east-1.json")?;
    let mut schemas = BTreeMap::new();
    for &name in TYPES {
        let hash = provider[name].as_str().ok_or_else(|| Error::UnknownType(name.to_owned()))?;
        let schema = wheel.json(&format!("cfnlint/data/schemas/resources/{hash}.json"))?;
        schemas.insert(name, strip(&schema));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cfn/data/schemas");
    write(&folder, &schemas, &source(&date, &wheel.sha256))
        .map_err(|source| Error::Io { doing: "write crates/cfn/data/schemas", source })
}

fn source(date: &Value, sha256: &str) -> Value {
    serde_json::json!({
        "requirement": REQUIREMENT,
        "schema_date": date["schema_date"],
        "sha256": sha256,
    })
}

fn write(folder: &Path, schemas: &BTreeMap<&str, Value>, source: &Value) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let mut index =
        String::from("// Written by `cargo xtask schemas`: the types, sorted, and the file of each.\n[\n");
    for (name, schema) in schemas {
        let file = file_name(name);
        index.push_str(&format!("    (\"{name}\", include_str!(\"{}\")),\n", file.display()));
        fs::write(folder.join(&file), format!("{schema}\n"))?;
    }
    index.push_str("]\n");
    fs::write(folder.join("index.rs"), index)?;
    fs::write(folder.join("source.json"), format!("{source:#}\n"))
}

/// Returns `aws-kinesis-stream.json` for `AWS::Kinesis::Stream`.
fn file_name(type_name: &str) -> PathBuf {
    PathBuf::from(format!("{}.json", type_name.to_lowercase().replace("::", "-")))
}

/// Keeps what validation and planning read, with sorted keys.
fn strip(schema: &Value) -> Value {
    let Some(members) = schema.as_object() else { return schema.clone() };
    let kept = members.iter().filter(|(key, _)| TOP_LEVEL.contains(&key.as_str()));
    sorted(kept.map(|(key, value)| (key.clone(), keyword(key, value))))
}

/// Strips the value of a keyword: names of properties are not keywords, whatever they are called.
fn keyword(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("properties" | "patternProperties" | "definitions", Value::Object(members)) => {
            sorted(members.iter().map(|(name, schema)| (name.clone(), nested(schema))))
        }
        ("items" | "additionalProperties" | "not" | "if" | "then" | "else", schema) => nested(schema),
        ("anyOf" | "oneOf" | "allOf", Value::Array(schemas)) => schemas.iter().map(nested).collect(),
        (_, value) => value.clone(),
    }
}

fn nested(schema: &Value) -> Value {
    let Some(members) = schema.as_object() else { return schema.clone() };
    let kept = members.iter().filter(|(key, _)| !PROSE.contains(&key.as_str()));
    sorted(kept.map(|(key, value)| (key.clone(), keyword(key, value))))
}

fn sorted(members: impl Iterator<Item = (String, Value)>) -> Value {
    let members: BTreeMap<String, Value> = members.collect();
    Value::Object(members.into_iter().collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keeps_a_property_that_is_called_like_prose() {
        let schema = json!({
            "description": "gone", "handlers": {}, "properties": {
                "description": {"type": "string", "description": "gone"},
                "B": {"items": {"title": "gone", "$ref": "#/definitions/X"}},
            },
        });
        let expected = json!({"properties": {
            "B": {"items": {"$ref": "#/definitions/X"}},
            "description": {"type": "string"},
        }});
        assert_eq!(strip(&schema).to_string(), expected.to_string());
    }

    #[test]
    fn lists_every_type_once_and_in_order() {
        assert!(TYPES.is_sorted_by(|a, b| a < b));
    }
}
