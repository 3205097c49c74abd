//! Rows as text: NDJSON, or CSV under a header.

use serde_json::{Map, Value};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// One JSON object per line
    Ndjson,
    /// Comma-separated values under a header
    Csv,
    /// The objects' content as it is, decompressed
    Raw,
}

/// Writes rows.
#[derive(Debug)]
pub struct RowText {
    output: Output,
    /// The columns of CSV; those of the first row when they are not known before.
    columns: Option<Vec<String>>,
    has_header: bool,
}

impl RowText {
    pub fn new(output: Output, columns: Option<Vec<String>>) -> Self {
        Self { output, columns, has_header: false }
    }

    /// Adds a row to `out`.
    pub fn write(&mut self, row: &Map<String, Value>, out: &mut Vec<u8>) {
        if self.output != Output::Csv {
            // A vector takes everything, and a value can always be written.
            let _ = serde_json::to_writer(&mut *out, row);
            out.push(b'\n');
            return;
        }
        let columns = self.columns.get_or_insert_with(|| row.keys().cloned().collect());
        if !self.has_header {
            self.has_header = true;
            line(out, columns.iter().map(|column| column.clone().into_bytes()));
        }
        line(out, columns.iter().map(|column| field(row.get(column))));
    }
}

fn field(value: Option<&Value>) -> Vec<u8> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(other) => other.to_string().into_bytes(),
    }
}

fn line(out: &mut Vec<u8>, fields: impl Iterator<Item = Vec<u8>>) {
    let mut writer = csv::Writer::from_writer(out);
    // Neither the vector nor the number of fields can be wrong here.
    let _ = writer.write_record(fields);
    let _ = writer.flush();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_csv_under_the_first_row_s_columns() {
        let mut text = RowText::new(Output::Csv, None);
        let mut out = Vec::new();
        for row in [json!({"a": "x, \"y\"", "b": 1.5}), json!({"b": null, "c": 1, "a": ["z"]})] {
            text.write(row.as_object().unwrap(), &mut out);
        }
        assert_eq!(String::from_utf8(out).unwrap(), "a,b\n\"x, \"\"y\"\"\",1.5\n\"[\"\"z\"\"]\",\n");
    }
}
