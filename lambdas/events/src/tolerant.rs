//! Reads an event's text in one go when it has the shape that AWS documents, and piece by piece when not.

use serde::Deserialize;
use serde_json::Value;

/// Something a function is invoked with, which can be made of any JSON text.
pub trait Event<'a>: Sized {
    /// Reads `payload`; what is not there, or is not of the expected kind, is left empty.
    fn read(payload: &'a str) -> Self;
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
