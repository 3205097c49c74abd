//! The schema against the parser: the same keys, the same words, the same files taken and refused.

use std::collections::BTreeSet;
use std::path::Path;

use hydrant_cfn::yaml::{DeErrorKind, Document, from_node};

use super::*;
use crate::stack::model::StackFile;
use crate::stack::parse;

/// Returns what the parser says of `value` at `way` in an otherwise empty file.
fn refusal(way: &[String], value: Value) -> DeErrorKind {
    let file = way.iter().rev().fold(value, |below, key| json!({ key.as_str(): below }));
    let (document, errors) = Document::parse(&file.to_string());
    assert!(errors.is_empty(), "{errors:?}");
    from_node::<StackFile>(&document.root).expect_err("it is refused").kind
}

/// Holds a schema against the parser, at `way` and below it, and returns how many keys it looked at.
fn agree(schema: &Value, way: &[String]) -> usize {
    let below = |key: &str| [way, &[key.to_owned()]].concat();
    let mut seen = 0;
    if let Some(properties) = schema["properties"].as_object() {
        let DeErrorKind::UnknownKey { expected, .. } = refusal(way, json!({ "zzz": 1 })) else {
            panic!("{way:?} takes any key")
        };
        let expected: BTreeSet<&str> = expected.iter().map(|key| &**key).collect();
        let known: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(known, expected, "{way:?}");
        seen += known.len();
        for (key, property) in properties {
            // An environment's changes are read only after they have been merged.
            if way.first().is_some_and(|key| key == "environments") && property["type"] == "object" {
                continue;
            }
            seen += agree(property, &below(key));
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        let DeErrorKind::UnknownVariant { expected, .. } = refusal(way, json!("zzz")) else {
            panic!("{way:?} takes any word")
        };
        let expected: Vec<&str> = expected.iter().map(|word| &**word).collect();
        assert_eq!(words.iter().filter_map(Value::as_str).collect::<Vec<_>>(), expected, "{way:?}");
    }
    if schema["additionalProperties"].is_object() {
        seen += agree(&schema["additionalProperties"], &below("x"));
    }
    for branch in schema["anyOf"].as_array().into_iter().flatten() {
        seen += agree(branch, way);
    }
    seen
}

#[test]
fn has_the_keys_and_words_of_the_parser() {
    assert!(agree(&schema(), &[]) > 90);
}

#[test]
fn requires_what_the_parser_requires() {
    for (way, without) in [
        (vec!["deliveries", "x"], "to"),
        (vec!["deliveries", "x", "to"], "bucket"),
        (vec!["functions", "x"], "crate"),
        (vec!["layers", "x"], "folder"),
        (vec!["users", "x"], "writes"),
        (vec!["alarms"], "notify"),
    ] {
        let way: Vec<String> = way.into_iter().map(str::to_owned).collect();
        let text = format!("{:?}", refusal(&way, json!({})));
        assert!(text.contains(without), "{way:?}: {text}");
    }
}

#[test]
fn takes_every_stack_and_example_and_refuses_what_the_parser_refuses() {
    let schema = schema();
    let json = |text: &str| -> Value { serde_yaml::from_str(text).unwrap() };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut texts: Vec<String> = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    texts.push(include_str!("../../../tests/fixtures/everything.yaml").to_owned());
    for rule in crate::stack::lint::rules() {
        let page = rule.page();
        let examples = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
        texts.extend(examples.map(str::to_owned));
    }
    assert!(texts.len() > 40);
    for text in texts {
        assert_eq!(refused(&schema, &json(&text), ""), None, "{text}");
    }
    for text in [
        "streams: { s: { shard: 1 } }",
        "streams: { s: { retention: 24 } }",
        "streams: { s: { shards: 0 } }",
        "streams: { s: { rate: 1000 } }",
        "deliveries: { d: {} }",
        "deliveries: { d: { to: { bucket: rows }, compression: gz } }",
        "functions: { f: { crate: c, http: { route: GET / } } }",
        "functions: { f: { crate: c, memory: 128 } }",
        "streams: { s: {} }\nenvironments: { prod: { account: 111122223333 } }",
    ] {
        assert!(refused(&schema, &json(text), "").is_some(), "{text}");
        assert!(parse(Path::new("s.yaml"), text, "dev").is_err(), "{text}");
    }
}

/// Returns where and by which keyword a schema refuses a value. It knows the keywords that ours has, and no others.
fn refused(schema: &Value, value: &Value, way: &str) -> Option<String> {
    let keywords = schema.as_object().unwrap();
    keywords.iter().find_map(|(keyword, wanted)| {
        if let ("properties" | "additionalProperties" | "items", true) = (keyword.as_str(), wanted != false) {
            return below(schema, keyword, value, way);
        }
        let holds = match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" | "examples" => true,
            "type" => match wanted.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "integer" => value.is_u64(),
                "boolean" => value.is_boolean(),
                "null" => value.is_null(),
                other => panic!("the type {other}"),
            },
            "enum" => wanted.as_array().unwrap().contains(value),
            "anyOf" => wanted.as_array().unwrap().iter().any(|branch| refused(branch, value, way).is_none()),
            "pattern" => {
                let pattern = regex::Regex::new(wanted.as_str().unwrap()).unwrap();
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "minimum" => value.as_u64().is_none_or(|number| number >= wanted.as_u64().unwrap()),
            "maximum" => value.as_u64().is_none_or(|number| number <= wanted.as_u64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= wanted.as_u64().unwrap()),
            "minProperties" => {
                value.as_object().is_none_or(|members| members.len() as u64 >= wanted.as_u64().unwrap())
            }
            "required" => value.as_object().is_none_or(|members| {
                wanted.as_array().unwrap().iter().all(|key| members.contains_key(key.as_str().unwrap()))
            }),
            "additionalProperties" => value
                .as_object()
                .is_none_or(|members| members.keys().all(|key| schema["properties"].get(key).is_some())),
            other => panic!("the keyword {other}"),
        };
        (!holds).then(|| format!("{way}: {keyword} {wanted}"))
    })
}

/// The same for what lies below a value.
fn below(schema: &Value, keyword: &str, value: &Value, way: &str) -> Option<String> {
    let wanted = &schema[keyword];
    let mut members = value.as_object().into_iter().flatten();
    match keyword {
        "items" => value.as_array().into_iter().flatten().find_map(|item| refused(wanted, item, way)),
        "properties" => {
            members.find_map(|(key, member)| refused(wanted.get(key)?, member, &format!("{way}/{key}")))
        }
        _ => members.find_map(|(key, member)| match schema["properties"].get(key) {
            Some(_) => None,
            None => refused(wanted, member, &format!("{way}/{key}")),
        }),
    }
}
