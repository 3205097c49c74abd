//! Records that can be told from all others: made for this proof, or recognised by what they carry.

use rand::Rng as _;
use serde_json::{Map, Value};

use crate::records::{BadRow, Layout};
use crate::stack::{ColumnType, Records};

use super::verdict::Row;

/// How the identity of a record begins that was made for a proof. Functions may know it by this.
pub const PREFIX: &str = "hydrant-verify-";

/// Records that are put at each entrance.
const COUNT: usize = 3;

/// Makes records that look as `records` says, each with a mark of its own.
///
/// The mark stands in the column `mark`, or else `id`; every other column takes its example.
pub fn make(records: &Records) -> Result<Vec<(Row, Option<String>)>, BadRow> {
    let layout = Layout::of(records);
    let column = records.mark.as_ref().or(records.id.as_ref());
    let Some((name, column)) =
        column.and_then(|wanted| records.columns.iter().find(|(name, _)| name.value == wanted.value))
    else {
        return Err(BadRow::new("no column can carry a mark: name one as `id` or `mark`"));
    };
    (0..COUNT)
        .map(|_| {
            let (mark, value) = mark(column.kind);
            let mut made_up = fillings(records);
            made_up.insert(name.value.clone(), value);
            let prepared = layout.map_made_up(&made_up)?;
            let text = String::from_utf8_lossy(&prepared.data).trim_end().to_owned();
            Ok((Row { text, mark }, prepared.key))
        })
        .collect()
}

fn mark(kind: ColumnType) -> (String, Value) {
    match kind {
        ColumnType::Integer | ColumnType::Number => {
            // Larger than what people number, smaller than what programs refuse.
            let number: u64 = rand::rng().random_range(1_000_000..10_000_000);
            (number.to_string(), number.into())
        }
        ColumnType::Text | ColumnType::Boolean => {
            let mark = format!("{PREFIX}{}", uuid::Uuid::new_v4().simple());
            (mark.clone(), mark.into())
        }
    }
}

/// Returns a value for every column without an example.
fn fillings(records: &Records) -> Map<String, Value> {
    let bare = records.columns.iter().filter(|(_, column)| column.example.is_none());
    bare.map(|(name, column)| {
        let value = match column.kind {
            ColumnType::Text => Value::from("verify"),
            ColumnType::Integer | ColumnType::Number => Value::from(0),
            ColumnType::Boolean => Value::from(false),
        };
        (name.value.clone(), value)
    })
    .collect()
}

/// Returns whether `text` holds `mark`; a number only as a whole, not within another.
pub fn is_in(text: &str, mark: &str) -> bool {
    let is_number = mark.bytes().all(|byte| byte.is_ascii_digit());
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    text.match_indices(mark).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + mark.len()..]);
        !is_number || !(is_digit(before.chars().next_back()) || is_digit(after.chars().next()))
    })
}

/// Returns a record of somebody else with what it is recognised by: its `id`, or all of it when it has none.
pub fn recognise(text: &str) -> Row {
    let text = text.trim_end();
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let mark = value.get("id").and_then(Value::as_str).unwrap_or(text).to_owned();
    Row { text: text.to_owned(), mark }
}

/// Returns the records that an answer speaks of: every object in it that has an `id`.
pub fn find_in_answer(answer: &Value) -> Vec<Row> {
    match answer {
        Value::Object(object) => match object.get("id").and_then(Value::as_str) {
            Some(mark) => vec![Row { text: answer.to_string(), mark: mark.to_owned() }],
            None => object.values().flat_map(find_in_answer).collect(),
        },
        Value::Array(values) => values.iter().flat_map(find_in_answer).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn recognises_a_record_by_its_id() {
        assert_eq!(recognise(r#"{"id":"7f","latitude":1}"#).mark, "7f");
        assert_eq!(recognise("plain text\n").mark, "plain text");
    }

    #[test]
    fn finds_numbers_only_as_a_whole() {
        assert!(is_in(r#"{"zone":1234567,"trips":1}"#, "1234567"));
        assert!(!is_in("91234567 12345678", "1234567"));
        assert!(is_in("xhydrant-verify-7y", "hydrant-verify-7"));
    }

    #[test]
    fn finds_records_in_an_answer() {
        let rows = find_in_answer(&json!({"recorded": [{"id": "a", "x": {"id": "b"}}, 1], "id_of": 2}));
        assert_eq!(rows.iter().map(|row| row.mark.as_str()).collect::<Vec<_>>(), ["a"]);
    }
}
