//! Takes an object's content apart into rows: lines of text, or JSON values, also where nothing stands between them.

use std::io::{BufRead, BufReader, Read};

use serde_json::{Map, Value};

use super::columns::{BadRow, Layout, json_reason};
use crate::stack::RecordFormat;

/// How rows are taken apart.
#[derive(Debug, Clone)]
pub enum RowFormat {
    /// JSON values; those that are not objects are one column, `value`.
    Json,
    /// Lines of delimited columns.
    Text(Layout),
}

impl RowFormat {
    /// Returns how rows of this layout are read.
    pub fn of(layout: Layout) -> Self {
        match layout.format {
            RecordFormat::Json => Self::Json,
            RecordFormat::Text => Self::Text(layout),
        }
    }

    /// Hands every row of `content` to `each`; one that cannot be read comes with its line.
    pub fn read(
        &self,
        content: impl Read,
        mut each: impl FnMut(Result<Map<String, Value>, (u64, BadRow)>),
    ) -> std::io::Result<()> {
        let mut content = BufReader::with_capacity(1 << 16, content);
        let (mut line, mut number) = (Vec::new(), 0);
        loop {
            line.clear();
            if content.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            number += 1;
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if text.trim_ascii().is_empty() {
                continue;
            }
            match self {
                Self::Text(layout) => {
                    let text = std::str::from_utf8(text).map_err(|_| BadRow::new("is not UTF-8"));
                    each(text.and_then(|text| layout.read_text(text)).map_err(|bad| (number, bad)));
                }
                Self::Json => values(text, number, &mut each),
            }
        }
    }
}

/// Reads the values of a line; what follows a broken one cannot be told apart any more.
fn values(line: &[u8], number: u64, each: &mut impl FnMut(Result<Map<String, Value>, (u64, BadRow)>)) {
    for value in serde_json::Deserializer::from_slice(line).into_iter::<Value>() {
        match value {
            Ok(Value::Object(object)) => each(Ok(object)),
            Ok(other) => each(Ok(Map::from_iter([("value".to_owned(), other)]))),
            Err(error) => return each(Err((number, BadRow::new(json_reason(&error))))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(format: &RowFormat, text: &str) -> Vec<String> {
        let mut rows = Vec::new();
        let each = |row: Result<Map<String, Value>, (u64, BadRow)>| {
            rows.push(match row {
                Ok(row) => Value::Object(row).to_string(),
                Err((line, bad)) => format!("{line}: {bad}"),
            });
        };
        format.read(text.as_bytes(), each).unwrap();
        rows
    }

    #[test]
    fn reads_values_with_and_without_a_line_s_end() {
        let rows = read(&RowFormat::Json, "{\"a\":1}{\"a\":2}\n\n{\"a\":3}\r\n7\n{\"a\":4} {\"a\n{\"a\":5}");
        assert_eq!(rows[..4], [r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#, r#"{"value":7}"#]);
        assert_eq!(rows[4], r#"{"a":4}"#);
        assert!(rows[5].starts_with("5: is not JSON"), "{rows:?}");
        assert_eq!(rows[6], r#"{"a":5}"#);
    }

    #[test]
    fn reads_rows_of_text() {
        let layout = Layout::of_text(&["vin".into(), "speed".into()], " ");
        let rows = read(&RowFormat::Text(layout), "a 1\nbroken\nb 2");
        assert_eq!(rows[0], json!({"vin": "a", "speed": "1"}).to_string());
        assert_eq!(rows[1], "2: has 1 columns, not 2");
        assert_eq!(rows.len(), 3);
    }
}
