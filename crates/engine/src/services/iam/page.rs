//! Lists in pages, as IAM's `Marker` and `MaxItems` have them.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::AwsError;
use crate::wire::query::loose;

/// Which part of a list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Page {
    marker: Option<String>,
    #[serde(deserialize_with = "loose::number")]
    max_items: Option<u64>,
}

impl Page {
    /// Returns an output with the items of the page under `member`. `items` are ordered by their keys, and a
    /// marker is the last key that was seen.
    pub(super) fn of(&self, member: &str, items: Vec<(String, Value)>) -> Result<Value, AwsError> {
        let limit = self.max_items.unwrap_or(100);
        if !(1..=1000).contains(&limit) {
            let constraint =
                if limit == 0 { "greater than or equal to 1" } else { "less than or equal to 1000" };
            let constraint = format!("Member must have value {constraint}");
            return Err(super::names::constraint(&limit.to_string(), "maxItems", &constraint));
        }
        let seen = self.marker.as_deref().unwrap_or_default();
        let mut rest = items.into_iter().filter(|(key, _)| key.as_str() > seen);
        let taken: Vec<(String, Value)> =
            rest.by_ref().take(usize::try_from(limit).unwrap_or(1000)).collect();
        let mut output = Map::new();
        output.insert("IsTruncated".to_owned(), Value::Bool(false));
        if rest.next().is_some() {
            output.insert("IsTruncated".to_owned(), Value::Bool(true));
            let last = taken.last().map(|(key, _)| key.clone());
            output.insert("Marker".to_owned(), last.unwrap_or_default().into());
        }
        output.insert(member.to_owned(), taken.into_iter().map(|(_, value)| value).collect());
        Ok(Value::Object(output))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn items() -> Vec<(String, Value)> {
        ["a", "b", "c"].map(|name| (name.to_owned(), json!(name))).to_vec()
    }

    #[test]
    fn continues_after_the_marker() {
        let first = Page { marker: None, max_items: Some(2) }.of("Names", items()).unwrap();
        assert_eq!(first, json!({"IsTruncated": true, "Marker": "b", "Names": ["a", "b"]}));
        let second = Page { marker: Some("b".into()), max_items: Some(2) }.of("Names", items()).unwrap();
        assert_eq!(second, json!({"IsTruncated": false, "Names": ["c"]}));
    }
}
