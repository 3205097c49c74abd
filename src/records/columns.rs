//! Turns one row of input into the bytes of a record and its partition key, as a layout says.
//!
//! Where rows come from and where records go is not known here; a row that cannot be mapped says which column and why.

use std::fmt;

use serde_json::{Map, Value};

use super::convert::{Cell, Converted, convert, json};
use crate::stack::{ColumnType, RecordFormat, Records};

/// What records look like, ready to be used.
#[derive(Debug, Clone)]
pub struct Layout {
    pub format: RecordFormat,
    pub delimiter: String,
    pub columns: Vec<LayoutColumn>,
    /// The column that gives the partition key.
    pub key: Option<usize>,
}

/// One column of a layout.
#[derive(Debug, Clone)]
pub struct LayoutColumn {
    pub name: String,
    /// The names by which the input may call it, as [`plain`] writes them.
    sources: Vec<String>,
    pub kind: ColumnType,
    example: Option<Value>,
}

/// A record, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    pub data: Vec<u8>,
    /// The partition key, when a column gives one.
    pub key: Option<String>,
}

/// Why a row is not a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    pub column: Option<String>,
    pub reason: String,
}

impl BadRow {
    pub fn new(reason: impl Into<String>) -> Self {
        Self { column: None, reason: reason.into() }
    }

    pub fn at(column: &LayoutColumn, reason: impl Into<String>) -> Self {
        Self { column: Some(column.name.clone()), reason: reason.into() }
    }
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "`{column}`: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// Returns a column's name as it is compared: without case, surrounding blanks and byte order mark.
pub fn plain(name: &str) -> String {
    name.trim_start_matches('\u{feff}').trim().to_lowercase()
}

impl Layout {
    /// Returns the layout that a stack file describes.
    pub fn of(records: &Records) -> Self {
        let columns: Vec<LayoutColumn> = records
            .columns
            .iter()
            .map(|(name, column)| LayoutColumn {
                name: name.value.clone(),
                sources: match column.from.is_empty() {
                    true => vec![plain(&name.value)],
                    false => column.from.iter().map(|source| plain(&source.value)).collect(),
                },
                kind: column.kind,
                example: column.example.as_ref().map(|example| example.value.clone()),
            })
            .collect();
        let key = records.key.as_ref();
        let key = key.and_then(|key| columns.iter().position(|column| column.name == key.value));
        Self { format: records.format, delimiter: records.delimiter().to_owned(), columns, key }
    }

    /// Returns the layout of JSON records that have a header's columns as texts.
    pub fn of_header(header: &[String]) -> Self {
        let columns = header.iter().map(|name| LayoutColumn {
            name: name.trim_start_matches('\u{feff}').trim().to_owned(),
            sources: vec![plain(name)],
            kind: ColumnType::Text,
            example: None,
        });
        Self { format: RecordFormat::Json, delimiter: String::new(), columns: columns.collect(), key: None }
    }

    /// Returns the layout of text rows with these columns.
    pub fn of_text(columns: &[String], delimiter: &str) -> Self {
        let mut layout = Self::of_header(columns);
        layout.format = RecordFormat::Text;
        delimiter.clone_into(&mut layout.delimiter);
        layout
    }

    /// Returns the column's place.
    pub fn position(&self, name: &str) -> Option<usize> {
        let name = plain(name);
        self.columns.iter().position(|column| plain(&column.name) == name)
    }

    /// Returns which field of a header each column takes.
    pub fn bind(&self, header: &[String]) -> Vec<Option<usize>> {
        let header: Vec<String> = header.iter().map(|name| plain(name)).collect();
        let place = |source: &String| header.iter().position(|name| name == source);
        self.columns.iter().map(|column| column.sources.iter().find_map(place)).collect()
    }

    /// Turns the fields of a row into a record; `places` is what [`Self::bind`] said of the header.
    pub fn map_fields(&self, fields: &[&[u8]], places: &[Option<usize>]) -> Result<Prepared, BadRow> {
        let cell = |index: usize| {
            let Some(bytes) = places[index].and_then(|place| fields.get(place)) else { return Ok(None) };
            match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Some(Cell::Text(text))),
                Err(_) => Err(BadRow::at(&self.columns[index], "is not UTF-8")),
            }
        };
        self.write(cell)
    }

    /// Turns a JSON object into a record.
    pub fn map_object(&self, object: &Map<String, Value>) -> Result<Prepared, BadRow> {
        let find = |source: &String| {
            object
                .get(source)
                .or_else(|| object.iter().find(|(name, _)| plain(name) == *source).map(|(_, value)| value))
        };
        self.write(|index| Ok(self.columns[index].sources.iter().find_map(find).map(Cell::Json)))
    }

    /// Turns a made-up object into a record; a column that it lacks takes its example.
    pub fn map_made_up(&self, object: &Map<String, Value>) -> Result<Prepared, BadRow> {
        self.write(|index| {
            let column = &self.columns[index];
            let named = object.get(&column.name).or_else(|| {
                column.sources.iter().find_map(|source| {
                    object.iter().find(|(name, _)| plain(name) == *source).map(|(_, value)| value)
                })
            });
            Ok(named.or(column.example.as_ref()).map(Cell::Json))
        })
    }

    /// Reads a finished row back into its columns' values.
    pub fn read_text(&self, row: &str) -> Result<Map<String, Value>, BadRow> {
        let fields = self.split(row)?;
        let mut object = Map::new();
        for (column, field) in self.columns.iter().zip(fields) {
            let value = convert(column, &Cell::Text(field))?;
            object.insert(column.name.clone(), value.map_or(Value::Null, Converted::into_value));
        }
        Ok(object)
    }

    /// Returns the partition key of a finished row.
    pub fn key_of_row(&self, row: &str) -> Result<Option<String>, BadRow> {
        if self.format == RecordFormat::Json {
            let value: Value = serde_json::from_str(row).map_err(|error| BadRow::new(json_reason(&error)))?;
            let object = value.as_object().ok_or_else(|| BadRow::new("is not a JSON object"))?;
            let Some(column) = self.key.map(|key| &self.columns[key]) else { return Ok(None) };
            return Ok(object.get(&column.name).and_then(key_text));
        }
        let fields = self.split(row)?;
        Ok(self.key.map(|key| fields[key].to_owned()).filter(|key| !key.is_empty()))
    }

    /// Splits a text row, which must have a field for every column.
    pub fn split<'a>(&self, row: &'a str) -> Result<Vec<&'a str>, BadRow> {
        let fields: Vec<&str> = row.split(self.delimiter.as_str()).collect();
        match fields.len() == self.columns.len() {
            true => Ok(fields),
            false => Err(BadRow::new(format!("has {} columns, not {}", fields.len(), self.columns.len()))),
        }
    }

    fn write<'a>(
        &self,
        cell: impl Fn(usize) -> Result<Option<Cell<'a>>, BadRow>,
    ) -> Result<Prepared, BadRow> {
        let mut data = Vec::with_capacity(128);
        let mut key = None;
        let mut is_first = true;
        for (index, column) in self.columns.iter().enumerate() {
            let value = match cell(index)? {
                Some(cell) => convert(column, &cell)?,
                None => None,
            };
            if self.key == Some(index) {
                key = value.as_ref().map(|value| value.text().into_owned());
            }
            match self.format {
                RecordFormat::Text => {
                    if index > 0 {
                        data.extend_from_slice(self.delimiter.as_bytes());
                    }
                    if let Some(value) = &value {
                        let text = value.text();
                        self.refuse_delimiter(column, &text)?;
                        data.extend_from_slice(text.as_bytes());
                    }
                }
                RecordFormat::Json => {
                    let Some(value) = &value else { continue };
                    data.push(if is_first { b'{' } else { b',' });
                    is_first = false;
                    json(&mut data, &column.name);
                    data.push(b':');
                    value.write_json(&mut data);
                }
            }
        }
        if self.format == RecordFormat::Json {
            data.extend_from_slice(if is_first { b"{}" } else { b"}" });
        }
        data.push(b'\n');
        Ok(Prepared { data, key })
    }

    fn refuse_delimiter(&self, column: &LayoutColumn, text: &str) -> Result<(), BadRow> {
        if text.contains(self.delimiter.as_str()) {
            return Err(BadRow::at(column, format!("contains the delimiter `{}`", self.delimiter)));
        }
        match text.contains(['\n', '\r']) {
            true => Err(BadRow::at(column, "contains a line's end")),
            false => Ok(()),
        }
    }
}

/// Says why a text is not JSON, without the place within one line.
pub fn json_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text);
    format!("is not JSON: {reason}")
}

/// Returns a JSON value as a partition key.
pub fn key_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, from: &[&str], kind: ColumnType) -> LayoutColumn {
        let sources =
            if from.is_empty() { vec![plain(name)] } else { from.iter().map(|s| plain(s)).collect() };
        LayoutColumn { name: name.into(), sources, kind, example: None }
    }

    fn trips() -> Layout {
        Layout {
            format: RecordFormat::Json,
            delimiter: String::new(),
            columns: vec![
                column("vendor", &["VendorID"], ColumnType::Integer),
                column("pickup", &["tpep_pickup_datetime", "lpep_pickup_datetime"], ColumnType::Text),
                column("fare", &["fare_amount"], ColumnType::Number),
                column("stored", &["store_and_fwd_flag"], ColumnType::Boolean),
            ],
            key: Some(0),
        }
    }

    fn map(layout: &Layout, header: &[&str], row: &[&str]) -> Result<Prepared, BadRow> {
        let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
        let fields: Vec<&[u8]> = row.iter().map(|field| field.as_bytes()).collect();
        layout.map_fields(&fields, &layout.bind(&header))
    }

    const HEADER: [&str; 4] =
        ["\u{feff}vendorid ", "LPEP_pickup_datetime", "fare_amount", "store_and_fwd_flag"];

    #[test]
    fn maps_by_name_and_type() {
        let mapped = map(&trips(), &HEADER, &["1.0", "2018-11-21 07:20:05", "-12.50", "N"]).unwrap();
        let row = r#"{"vendor":1,"pickup":"2018-11-21 07:20:05","fare":-12.5,"stored":false}"#;
        assert_eq!(String::from_utf8(mapped.data).unwrap(), format!("{row}\n"));
        assert_eq!(mapped.key.as_deref(), Some("1"));
    }

    #[test]
    fn leaves_out_what_is_empty_or_not_there() {
        let mapped = map(&trips(), &HEADER[..3], &["", " ", "3"]).unwrap();
        assert_eq!(mapped, Prepared { data: b"{\"fare\":3}\n".to_vec(), key: None });
        assert_eq!(map(&trips(), &HEADER, &["", "", "", ""]).unwrap().data, b"{}\n");
    }

    #[test]
    fn says_which_column_is_wrong() {
        let error = map(&trips(), &HEADER, &["1.5", "", "", ""]).unwrap_err();
        assert_eq!(error.to_string(), "`vendor`: `1.5` is not a whole number");
        let error = map(&trips(), &HEADER, &["1", "", "NaN", ""]).unwrap_err();
        assert_eq!(error.to_string(), "`fare`: `NaN` is not a number");
        assert!(map(&trips(), &HEADER, &["1", "", "1", "maybe"]).is_err());
        assert!(map(&trips(), &HEADER, &["99999999999999999999", "", "", ""]).is_err());
    }

    #[test]
    fn writes_text_rows_and_refuses_what_would_break_them() {
        let layout = Layout::of_text(&["a".into(), "b".into(), "c".into()], " ");
        let text = |row: [&str; 3]| map(&layout, &["a", "b", "c"], &row);
        assert_eq!(text(["1", "", "x"]).unwrap().data, b"1  x\n");
        assert_eq!(text(["1", "x y", "z"]).unwrap_err().to_string(), "`b`: contains the delimiter ` `");
        assert_eq!(text(["1", "x\ny", "z"]).unwrap_err().to_string(), "`b`: contains a line's end");
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let mut layout = Layout::of_text(&["vin".into(), "speed".into()], " ");
        layout.columns[1].kind = ColumnType::Number;
        layout.key = Some(0);
        assert_eq!(layout.key_of_row("4f 25").unwrap().as_deref(), Some("4f"));
        let row = layout.read_text("4f 25").unwrap();
        assert_eq!(Value::Object(row), serde_json::json!({"vin": "4f", "speed": 25}));
        assert!(layout.read_text("4f").is_err());
        assert_eq!(trips().key_of_row(r#"{"vendor":7}"#).unwrap().as_deref(), Some("7"));
        assert!(trips().key_of_row("{").is_err());
    }

    #[test]
    fn maps_objects_by_the_same_names() {
        let object = serde_json::json!({"VendorID": 2, "fare_amount": "1e2", "other": [1]});
        let mapped = trips().map_object(object.as_object().unwrap()).unwrap();
        assert_eq!(mapped.data, b"{\"vendor\":2,\"fare\":100.0}\n");
    }
}
