//! `AutoPublishAlias`: a version whose logical id follows the code, and the alias that points to it.

use serde_json::{Map, Value};
use sha1::{Digest, Sha1};

use super::function::Function;
use super::resource::{Made, attribute, reference};
use super::{Expansion, Refusal};

/// A version and the alias on it.
pub struct Published {
    pub version: Made,
    pub alias: Made,
}

impl Expansion {
    /// Returns the version and the alias of a function.
    pub(super) fn published(&self, function: &Function<'_>, lambda: &mut Made) -> Result<Published, Refusal> {
        let name = function.properties.get("AutoPublishAlias").map(|name| self.arguments.fill(name));
        let Some(Value::String(name)) = name else {
            return function.refuse("'AutoPublishAlias' must be a string or a Ref to a template parameter");
        };
        let is_word = |one: char| one.is_ascii_alphanumeric() || one == '-' || one == '_';
        if name.chars().all(|one| one.is_ascii_digit()) || !name.chars().all(is_word) {
            return function.refuse(format_args!(
                "AutoPublishAlias name ('{name}') must contain only alphanumeric characters, hyphens, or underscores \
                 matching (?!^[0-9]+$)([a-zA-Z0-9-_]+) pattern."
            ));
        }
        // Like AWS's macro, which leaves the values in the function too.
        if let Some(code) = lambda.properties.get("Code").map(|code| self.arguments.fill(code)) {
            lambda.set("Code", code);
        }
        let hash = self.code_hash(function, lambda)?;
        let version_id = format!("{}Version{hash}", function.id);
        let mut version = function.made(version_id, "AWS::Lambda::Version");
        let policy = function.properties.get("VersionDeletionPolicy").cloned();
        version.attributes.entry("DeletionPolicy").or_insert(policy.unwrap_or_else(|| "Retain".into()));
        version.set("FunctionName", reference(function.id));
        version.set_some("Description", function.properties.get("VersionDescription"));

        let suffix = name.replace('-', "D").replace('_', "U");
        let mut alias = function.made(format!("{}Alias{suffix}", function.id), "AWS::Lambda::Alias");
        alias.set("Name", name);
        alias.set("FunctionName", reference(function.id));
        alias.set("FunctionVersion", attribute(&version.logical_id, "Version"));
        alias.set_some("ProvisionedConcurrencyConfig", function.get("ProvisionedConcurrencyConfig"));
        Ok(Published { version, alias })
    }

    /// Returns ten characters that change with the code, the environment and the memory of a function, or those that
    /// the template says stand for its code.
    fn code_hash(&self, function: &Function<'_>, lambda: &mut Made) -> Result<String, Refusal> {
        if let Some(hash) = function.get("AutoPublishCodeSha256") {
            let Value::String(hash) = self.arguments.fill(hash) else {
                return function.refuse("AutoPublishCodeSha256 must be a string");
            };
            // Lambda publishes no version of code that it has published, unless the description is another.
            let description = function.properties.get("Description").map(|text| self.arguments.fill(text));
            lambda.set(
                "Description",
                match description {
                    Some(Value::String(text)) if !text.is_empty() => Value::from(format!("{text} {hash}")),
                    Some(text @ Value::Object(_)) => serde_json::json!({"Fn::Join": [" ", [text, hash]]}),
                    _ => hash.as_str().into(),
                },
            );
            return Ok(hash.chars().take(10).collect());
        }
        let mut data = Map::new();
        if let Some(Value::Object(code)) = lambda.properties.get("Code") {
            data.extend(code.clone());
        }
        if let Some(environment) = function.object("Environment")? {
            data.extend(environment.clone());
        }
        if let Some(memory) = function.get("MemorySize") {
            data.insert("MemorySize".to_owned(), memory.clone());
        }
        if let Some(snap_start) = function.get("SnapStart")
            && snap_start["ApplyOn"].as_str().is_some_and(|when| when != "None")
        {
            data.insert("SnapStart".to_owned(), snap_start.clone());
        }
        Ok(short_hash(&Value::Object(data)))
    }
}

/// Returns the first ten hexadecimal digits of a value's SHA-1, as the macro takes it.
fn short_hash(value: &Value) -> String {
    let mut text = String::new();
    write_sorted(value, &mut text);
    let digest = Sha1::digest(text.as_bytes());
    digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a value as Python's `json.dumps` does with sorted keys and no spaces.
fn write_sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_ascii(name, text);
                text.push(':');
                write_sorted(member, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_sorted(item, text);
            }
            text.push(']');
        }
        Value::String(one) => write_ascii(one, text),
        scalar => text.push_str(&scalar.to_string()),
    }
}

/// Writes a string with escapes for all that is not ASCII.
fn write_ascii(string: &str, text: &mut String) {
    for one in Value::from(string).to_string().chars() {
        if one.is_ascii() {
            text.push(one);
        } else {
            for unit in one.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_json_as_python_does() {
        let mut text = String::new();
        write_sorted(&json!({"b": [1, true, null], "a": "é\"😀"}), &mut text);
        assert_eq!(text, r#"{"a":"\u00e9\"\ud83d\ude00","b":[1,true,null]}"#);
    }
}
