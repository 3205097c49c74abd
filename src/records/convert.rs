//! Values of cells: read as their column's type, or said to be none of it.

use std::borrow::Cow;

use serde_json::Value;

use super::columns::{BadRow, LayoutColumn};
use crate::stack::ColumnType;

/// A value as the input has it.
pub enum Cell<'a> {
    Text(&'a str),
    Json(&'a Value),
}

/// A value as its column's type.
pub enum Converted<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    /// The number, and how it was written.
    Number(f64, Cow<'a, str>),
    Boolean(bool),
}

impl Converted<'_> {
    /// Returns the value as text.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) | Self::Number(_, text) => Cow::Borrowed(text),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Boolean(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
        }
    }

    /// Appends the value as JSON.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => json(out, text),
            Self::Integer(number) => json(out, number),
            Self::Number(number, text) => match text.parse::<i64>() {
                Ok(whole) => json(out, &whole),
                Err(_) => json(out, number),
            },
            Self::Boolean(value) => json(out, value),
        }
    }

    /// Returns the value as JSON.
    pub fn into_value(self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Integer(number) => number.into(),
            Self::Number(number, text) => text.parse::<i64>().map_or_else(|_| number.into(), Value::from),
            Self::Boolean(value) => value.into(),
        }
    }
}

/// Appends a value as JSON.
pub fn json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Texts and numbers can always be written, and a vector always takes them.
    let _ = serde_json::to_writer(out, value);
}

/// Returns the value of a cell as its column's type, or nothing for an empty one.
pub fn convert<'a>(column: &LayoutColumn, cell: &Cell<'a>) -> Result<Option<Converted<'a>>, BadRow> {
    let text: Cow<'a, str> = match cell {
        Cell::Text(text) => Cow::Borrowed(text),
        Cell::Json(Value::Null) => return Ok(None),
        Cell::Json(Value::String(text)) => Cow::Borrowed(text),
        Cell::Json(other) => Cow::Owned(other.to_string()),
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    let trimmed: Cow<'a, str> = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text),
    };
    let wrong = |what: &str| Err(BadRow::at(column, format!("`{}` is not {what}", shortened(&trimmed))));
    let converted = match column.kind {
        ColumnType::Text => Converted::Text(trimmed),
        ColumnType::Integer => match whole(&trimmed) {
            Some(number) => Converted::Integer(number),
            None => return wrong("a whole number"),
        },
        ColumnType::Number => match trimmed.parse::<f64>() {
            Ok(number) if number.is_finite() => Converted::Number(number, trimmed),
            _ => return wrong("a number"),
        },
        ColumnType::Boolean => match boolean(&trimmed) {
            Some(value) => Converted::Boolean(value),
            None => return wrong("true or false"),
        },
    };
    Ok(Some(converted))
}

/// Reads a whole number, also where it is written as `1.0`.
fn whole(text: &str) -> Option<i64> {
    // Beyond this, a float does not hold every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    text.parse::<i64>().ok().or_else(|| {
        let number = text.parse::<f64>().ok()?;
        (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
    })
}

fn boolean(text: &str) -> Option<bool> {
    let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "yes", "y", "1"]) {
        Some(true)
    } else if is(["false", "no", "n", "0"]) {
        Some(false)
    } else {
        None
    }
}

fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(40) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
