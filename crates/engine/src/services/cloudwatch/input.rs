//! Makes one kind of input of what the three protocols carry: a form holds only texts, JSON and CBOR hold
//! numbers.

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::error::AwsError;

/// Decodes an operation's input.
pub fn read<T: DeserializeOwned>(input: Value) -> Result<T, AwsError> {
    serde_json::from_value(input).map_err(|error| AwsError::new("ValidationError", error.to_string()))
}

/// A number, which a form writes as text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = match &value {
            Value::String(text) => text.parse().ok(),
            other => other.as_f64(),
        };
        number.map(Self).ok_or_else(|| D::Error::custom(format!("{value} is not a number")))
    }
}

/// A moment: seconds since the epoch, or text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment(pub Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let milliseconds = match &value {
            Value::String(text) => text.parse::<jiff::Timestamp>().ok().map(|moment| moment.as_millisecond()),
            other => other.as_f64().map(|seconds| (seconds * 1000.0) as i64),
        };
        let moment = milliseconds.map(|milliseconds| Self(Timestamp(milliseconds)));
        moment.ok_or_else(|| D::Error::custom(format!("{value} is not a timestamp")))
    }
}

/// Reads a truth value, which a form writes as text.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        Some(Value::Bool(flag)) => Some(flag),
        Some(Value::String(text)) => Some(text == "true"),
        _ => None,
    })
}

/// Reads a whole number, which a form writes as text.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(Option::<Number>::deserialize(deserializer)?.map(|number| number.0 as i64))
}
