//! The words in which a violation of a schema is told to the template's author.

use crate::lint::did_you_mean;
use crate::schema::{Schema, Violation};
use crate::template::{Template, scalar_text, seen};
use serde_json::Value;

/// How many allowed values are listed.
const LISTED: usize = 12;

/// Returns message and help for a violation of a schema, with a name for what that describes; `path` is the way to the value
/// from the template's root.
pub(super) fn of(
    template: &Template,
    (root, name): (Schema<'_>, &str),
    violation: &Violation,
    path: &[String],
) -> (String, Option<String>) {
    let here = schema_at(root, &violation.path);
    let names = || violation.names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let first = violation.names.first().map(String::as_str).unwrap_or_default();
    let place = violation.path.iter().rev().find(|part| is_name(part));
    let subject = place.map_or_else(|| name.to_owned(), |name| format!("`{name}`"));
    match violation.keyword {
        "additionalProperties" => {
            let known: Vec<&str> =
                here.into_iter().flat_map(|here| here.properties()).map(|(name, _)| name).collect();
            (format!("{subject} has no property `{first}`"), did_you_mean(first, known))
        }
        "readOnlyProperties" => (format!("`{first}` is set by AWS alone"), Some("remove it".to_owned())),
        "required" if violation.names.len() > 1 => (format!("{subject} needs one of {}", names()), None),
        "required" => (format!("{subject} needs `{first}`"), None),
        "requiredXor" => (format!("{subject} takes exactly one of {}", names()), None),
        "requiredOr" => (format!("{subject} needs one of {}", names()), None),
        "dependentRequired" | "dependentExcluded" => {
            let other = violation.names.get(1).map(String::as_str).unwrap_or_default();
            let verb = if violation.keyword == "dependentRequired" { "needs" } else { "excludes" };
            (format!("`{other}` {verb} `{first}`"), None)
        }
        _ => of_value(template, here, violation, &subject, path),
    }
}

fn of_value(
    template: &Template,
    here: Option<Schema<'_>>,
    violation: &Violation,
    subject: &str,
    path: &[String],
) -> (String, Option<String>) {
    let found = shown(template, path);
    let limit = |keyword: &str| {
        let mut keywords = here.into_iter().flat_map(Schema::keywords);
        keywords.find(|(name, _)| *name == keyword).map(|(_, wanted)| wanted.thaw())
    };
    let said = |relation: &str| {
        let limit = limit(violation.keyword).map(|limit| format!(" {limit}")).unwrap_or_default();
        format!("{found} {relation}{limit}")
    };
    match violation.keyword {
        "type" => (format!("{subject} is of another type: {}", violation.message), None),
        "enum" | "enumCaseInsensitive" | "const" => {
            let allowed = match limit(violation.keyword) {
                Some(Value::Array(values)) => values.iter().filter_map(scalar_text).collect(),
                Some(other) => scalar_text(&other).into_iter().collect::<Vec<_>>(),
                None => Vec::new(),
            };
            let near = did_you_mean(found.trim_matches('`'), &allowed);
            let listed = || format!("it is one of {}", allowed.join(", "));
            let few = (1..=LISTED).contains(&allowed.len());
            (format!("{subject} cannot be {found}"), near.or_else(|| few.then(listed)))
        }
        "pattern" => {
            let pattern = limit("pattern").and_then(|pattern| scalar_text(&pattern));
            (format!("{subject} cannot be {found}"), pattern.map(|pattern| format!("it matches {pattern}")))
        }
        "minLength" => (said("is shorter than"), None),
        "maxLength" => (said("is longer than"), None),
        "minimum" => (said("is less than"), None),
        "maximum" => (said("is more than"), None),
        "exclusiveMinimum" => (said("is not more than"), None),
        "exclusiveMaximum" => (said("is not less than"), None),
        "multipleOf" => (said("is not a multiple of"), None),
        "format" => (format!("{found} {}", violation.message), None),
        "uniqueItems" => (format!("{subject} has an item twice"), None),
        _ => (format!("{subject}: {}", violation.message.trim_start_matches("#: ")), None),
    }
}

/// Returns the value to show: where it comes from, and never one that is a secret.
fn shown(template: &Template, path: &[String]) -> String {
    let source = seen::origin(path).map(|(_, _, source)| source);
    let path = source.as_deref().filter(|source| !source.is_empty()).unwrap_or(path);
    if let [section, name, ..] = path
        && section == "Parameters"
        && template.parameters.get(name).is_some_and(|parameter| parameter.no_echo)
    {
        return "the secret".to_owned();
    }
    let mut value = Some(&template.body);
    for part in path {
        value = value.and_then(|value| match value {
            Value::Array(items) => part.parse().ok().and_then(|index: usize| items.get(index)),
            other => other.get(part),
        });
    }
    match value.and_then(scalar_text) {
        Some(text) if text.chars().count() <= 60 => format!("`{text}`"),
        Some(text) => format!("`{}…`", text.chars().take(59).collect::<String>()),
        None => "this".to_owned(),
    }
}

fn is_name(part: &str) -> bool {
    !part.starts_with(['\0']) && !part.starts_with("Fn::") && part != "Ref" && part.parse::<usize>().is_err()
}

/// Returns the schema of the value at the end of a path, functions on the way left out.
fn schema_at<'a>(root: Schema<'a>, path: &[String]) -> Option<Schema<'a>> {
    let mut schema = root.followed();
    let mut parts = path.iter();
    while let Some(part) = parts.next() {
        if part == "Fn::If" {
            parts.next();
        } else if part.starts_with("Fn::") || part == "Ref" {
            break;
        } else {
            let next = schema.member(part).or_else(|| part.parse::<usize>().ok().and(schema.items()));
            schema = next?.followed();
        }
    }
    Some(schema)
}
