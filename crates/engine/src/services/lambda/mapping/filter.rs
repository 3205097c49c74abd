//! Filters: which records and messages a function gets; the others count as handled.
//!
//! A record passes when it matches one of the patterns. Its `data`, or the `body` of a message, is looked into as
//! JSON; what is none never matches a pattern that does so.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Mapping;
use super::source::Source;
use crate::error::AwsError;
use crate::pattern;
use crate::services::kinesis::Record;
use crate::services::lambda::settings::constraint;

/// Filters that AWS takes unless a quota is raised.
const MOST_FILTERS: usize = 5;
const LONGEST_PATTERN: usize = 4096;

/// `FilterCriteria` of a mapping's settings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FilterCriteria {
    pub filters: Option<Vec<Filter>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Filter {
    pub pattern: Option<String>,
}

impl FilterCriteria {
    /// Returns the patterns as texts.
    pub fn patterns(&self) -> Vec<String> {
        let filters = self.filters.iter().flatten();
        filters.map(|filter| filter.pattern.clone().unwrap_or_default()).collect()
    }

    /// Refuses what is no pattern for a kind of event source.
    pub fn check(&self, source: Source) -> Result<(), AwsError> {
        let patterns = self.patterns();
        if patterns.len() > MOST_FILTERS {
            // The words are not confirmed on AWS.
            let message = format!("Exceeded the limit of {MOST_FILTERS} filters of an event source mapping.");
            return Err(AwsError::new("InvalidParameterValueException", message));
        }
        for text in patterns {
            if text.len() > LONGEST_PATTERN {
                let rule = format!("Member must have length less than or equal to {LONGEST_PATTERN}");
                return Err(constraint(&text, "filterCriteria.filters.member.pattern", &rule));
            }
            let pattern = pattern::parse(&text).map_err(|error| match error.status {
                501 => error,
                _ => invalid(),
            })?;
            let looks_inside = pattern.get("data").is_none_or(Value::is_object);
            if source == Source::Stream && !looks_inside {
                return Err(invalid());
            }
        }
        Ok(())
    }
}

fn invalid() -> AwsError {
    AwsError::new("InvalidParameterValueException", "Invalid filter pattern definition.")
}

/// The patterns of a mapping, read.
#[derive(Debug, Default)]
pub struct Filters(Vec<Value>);

impl Filters {
    pub fn of(mapping: &Mapping) -> Self {
        // They were checked when they were set.
        Self(mapping.filters.iter().filter_map(|text| pattern::parse(text).ok()).collect())
    }

    /// Tells whether a function gets a record of a stream.
    ///
    /// The newest edition of AWS's guide lets patterns name `data` alone, earlier ones its neighbours too; those
    /// of the record itself, such as `partitionKey`, are there. What AWS makes of them is not confirmed.
    pub fn take_record(&self, record: &Record) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let data: Option<Value> = serde_json::from_slice(&record.data).ok();
        let event = json!({
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key,
            "sequenceNumber": record.sequence_number,
            "data": data.clone().unwrap_or_else(|| STANDARD.encode(&record.data).into()),
            "approximateArrivalTimestamp": record.arrived_at.seconds(),
        });
        self.take(&event, "data")
    }

    /// Tells whether a function gets a message of a queue, which is given as the function would see it.
    pub fn take_message(&self, message: &Value) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let mut event = message.clone();
        let body = message["body"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok());
        if let Some(body) = body.filter(Value::is_object) {
            event["body"] = body;
        }
        self.take(&event, "body")
    }

    fn take(&self, event: &Value, content: &str) -> bool {
        self.0.iter().any(|pattern| {
            // JSON is compared with JSON and text with text.
            let is_comparable =
                pattern.get(content).is_none_or(|wanted| wanted.is_object() == event[content].is_object());
            is_comparable && pattern::matches(pattern, event)
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::tests::mapping;
    use super::*;
    use crate::clock::Timestamp;

    fn filters(patterns: &[Value]) -> Filters {
        let mut mapping = mapping();
        mapping.filters = patterns.iter().map(Value::to_string).collect();
        Filters::of(&mapping)
    }

    fn takes(patterns: &[Value], key: &str, data: &str) -> bool {
        filters(patterns).take_record(&Record {
            sequence_number: "1".into(),
            partition_key: key.into(),
            data: Bytes::copy_from_slice(data.as_bytes()),
            arrived_at: Timestamp(0),
        })
    }

    #[test]
    fn takes_the_records_that_match_one_pattern() {
        let buy = json!({"data": {"order": {"type": ["buy"]}}});
        assert!(takes(&[], "k", "text"));
        let only = std::slice::from_ref(&buy);
        assert!(takes(only, "k", r#"{"order":{"type":"buy"}}"#));
        assert!(!takes(only, "k", r#"{"order":{"type":"sell"}}"#));
        assert!(takes(&[buy.clone(), json!({"partitionKey": ["k"]})], "k", r#"{"order":{}}"#));
        assert!(takes(&[json!({"partitionKey": [{"prefix": "car-"}]})], "car-1", "text"));
    }

    #[test]
    fn drops_what_is_not_json_where_a_pattern_looks_inside() {
        for data in ["text", "5", "[1]", "\"x\""] {
            assert!(!takes(&[json!({"data": {"order": [{"exists": false}]}})], "k", data), "{data}");
        }
        assert!(takes(&[json!({"data": {"order": [{"exists": false}]}})], "k", "{}"));
    }

    #[test]
    fn compares_bodies_as_json_or_as_text() {
        let takes = |pattern: Value, body: &str| {
            filters(&[pattern]).take_message(&json!({"body": body, "attributes": {"SenderId": "A"}}))
        };
        assert!(takes(json!({"body": {"n": [{"numeric": [">", 5]}]}}), r#"{"n": 6}"#));
        assert!(!takes(json!({"body": {"n": [{"exists": false}]}}), "text"));
        assert!(takes(json!({"body": ["text"]}), "text"));
        assert!(!takes(json!({"body": [{"exists": false}]}), "{}"));
        assert!(takes(json!({"attributes": {"SenderId": ["A"]}}), "text"));
    }

    #[test]
    fn refuses_what_is_no_pattern() {
        let check = |source, patterns: &[&str]| {
            let filter = |text: &&str| Filter { pattern: Some((*text).to_owned()) };
            FilterCriteria { filters: Some(patterns.iter().map(filter).collect()) }.check(source)
        };
        assert_eq!(check(Source::Stream, &[r#"{"data":{"a":["b"]}}"#; 5]), Ok(()));
        assert!(check(Source::Stream, &[r#"{"data":{"a":["b"]}}"#; 6]).is_err());
        for pattern in ["", "text", "{}", r#"{"data":"b"}"#, r#"{"data":["b"]}"#] {
            let refusal = check(Source::Stream, &[pattern]).unwrap_err();
            assert_eq!(refusal.message, "Invalid filter pattern definition.", "{pattern}");
        }
        assert_eq!(check(Source::Queue, &[r#"{"body":["b"]}"#]), Ok(()));
        assert_eq!(check(Source::Queue, &[r#"{"body":[{"wildcard":"*"}]}"#]).unwrap_err().status, 501);
        assert!(check(Source::Queue, &[&format!(r#"{{"body":["{}"]}}"#, "x".repeat(4096))]).is_err());
    }
}
