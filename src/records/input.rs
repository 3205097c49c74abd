//! Reads rows from CSV, NDJSON or plain lines and maps each into a record.
//!
//! A row that cannot be mapped is not the end: it is handed on with its line, and the caller decides.

use std::io::{BufRead, BufReader, Read};

use csv::ByteRecord;
use serde_json::Value;

use super::columns::{BadRow, Layout, Prepared, json_reason, key_text};

/// How the input is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum InputFormat {
    /// Comma-separated values under a header
    Csv,
    /// One JSON object per line
    Ndjson,
    /// Finished records, one per line
    Lines,
}

impl InputFormat {
    /// Returns the format that a file's name speaks of.
    pub fn of_name(name: &str) -> Self {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        match ending.as_str() {
            "csv" => Self::Csv,
            "ndjson" | "jsonl" | "json" => Self::Ndjson,
            _ => Self::Lines,
        }
    }
}

/// One row of the input.
#[derive(Debug)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    pub record: Result<Prepared, BadRow>,
}

/// What is wrong with the input as a whole.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error(transparent)]
    Unreadable(#[from] std::io::Error),
    #[error("{0}")]
    Header(String),
}

/// Gives an input's rows one after the other.
pub trait Rows {
    fn next(&mut self) -> Result<Option<Row>, InputError>;
}

/// Returns the rows of `input`.
pub fn open<'a>(
    format: InputFormat,
    input: impl Read + 'a,
    layout: Option<Layout>,
    key: Option<String>,
) -> Result<Box<dyn Rows + 'a>, InputError> {
    Ok(match format {
        InputFormat::Csv => Box::new(CsvRows::open(input, layout, key)?),
        InputFormat::Ndjson => Box::new(LineRows::new(input, LineReader::Json { layout, key })),
        InputFormat::Lines => Box::new(LineRows::new(input, LineReader::Finished { layout })),
    })
}

struct CsvRows<R> {
    reader: csv::Reader<UnixLines<R>>,
    record: ByteRecord,
    layout: Layout,
    /// The field of each column.
    places: Vec<Option<usize>>,
    /// How many fields the header has.
    width: usize,
}

impl<R: Read> CsvRows<R> {
    fn open(input: R, layout: Option<Layout>, key: Option<String>) -> Result<Self, InputError> {
        let mut options = csv::ReaderBuilder::new();
        options.has_headers(false).flexible(true).buffer_capacity(1 << 16);
        let mut reader = options.from_reader(UnixLines { input, has_return: false, last: b'\n' });
        let mut record = ByteRecord::new();
        if !read_filled(&mut reader, &mut record)? {
            return Err(InputError::Header("there is no header, the input is empty".into()));
        }
        let header: Vec<String> =
            record.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let is_given = layout.is_some();
        let mut layout = layout.unwrap_or_else(|| Layout::of_header(&header));
        if let Some(key) = key {
            let place = layout.position(&key);
            layout.key =
                Some(place.ok_or_else(|| InputError::Header(format!("there is no column `{key}`")))?);
        }
        let places = layout.bind(&header);
        if is_given {
            check_header(&layout, &places, &header)?;
        }
        Ok(Self { reader, record, layout, places, width: header.len() })
    }

    fn map(&self) -> Result<Prepared, BadRow> {
        let fields: Vec<&[u8]> = self.record.iter().collect();
        // Some publishers end rows, but not the header, with commas.
        let extra = fields.iter().skip(self.width).any(|field| !field.is_empty());
        if fields.len() < self.width || extra {
            return Err(BadRow::new(format!("has {} fields, the header {}", fields.len(), self.width)));
        }
        self.layout.map_fields(&fields, &self.places)
    }
}

/// Says what a header lacks: any column at all, the partition key, or a place in rows whose columns have no names.
fn check_header(layout: &Layout, places: &[Option<usize>], header: &[String]) -> Result<(), InputError> {
    let absent: Vec<&str> = layout
        .columns
        .iter()
        .zip(places)
        .enumerate()
        .filter(|(index, (_, place))| {
            place.is_none()
                && (layout.format == crate::stack::RecordFormat::Text || layout.key == Some(*index))
        })
        .map(|(_, (column, _))| column.name.as_str())
        .collect();
    if let Some(first) = absent.first() {
        let there = header.join(", ");
        return Err(InputError::Header(format!("the header has no column for `{first}`; it has {there}")));
    }
    match places.iter().all(Option::is_none) {
        true => Err(InputError::Header(format!(
            "the header has none of the columns of `records`; it has {}",
            header.join(", ")
        ))),
        false => Ok(()),
    }
}

/// Reads the next record that is not a blank line.
fn read_filled<R: Read>(reader: &mut csv::Reader<R>, record: &mut ByteRecord) -> Result<bool, InputError> {
    loop {
        match reader.read_byte_record(record) {
            Ok(true) if record.len() == 1 && record[0].trim_ascii().is_empty() => {}
            Ok(there) => return Ok(there),
            Err(error) => return Err(InputError::Unreadable(error.into())),
        }
    }
}

impl<R: Read> Rows for CsvRows<R> {
    fn next(&mut self) -> Result<Option<Row>, InputError> {
        if !read_filled(&mut self.reader, &mut self.record)? {
            return Ok(None);
        }
        // The record's own position lies before the blank lines that were passed over; where it ends is certain.
        let within = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        let line = self.reader.position().line().saturating_sub(1 + within);
        Ok(Some(Row { line, record: self.map() }))
    }
}

/// Gives every line, the last one too, a newline as its end, so that lines can be counted.
struct UnixLines<R> {
    input: R,
    /// A carriage return was read, and not yet what follows it.
    has_return: bool,
    last: u8,
}

impl<R: Read> Read for UnixLines<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if out.len() < 2 {
            return Err(std::io::ErrorKind::InvalidInput.into());
        }
        loop {
            let held = usize::from(self.has_return);
            out[0] = b'\r';
            let count = held + self.input.read(&mut out[held..])?;
            if count == held {
                let end = if self.has_return { b'\r' } else { b'\n' };
                let is_missing = self.has_return || self.last != b'\n';
                (out[0], self.last, self.has_return) = (end, end, false);
                return Ok(usize::from(is_missing));
            }
            self.has_return = out[count - 1] == b'\r';
            let mut kept = 0;
            for place in 0..count {
                let byte = out[place];
                if byte != b'\r' || (place + 1 < count && out[place + 1] != b'\n') {
                    out[kept] = byte;
                    kept += 1;
                }
            }
            if kept > 0 {
                self.last = out[kept - 1];
                return Ok(kept);
            }
        }
    }
}

enum LineReader {
    Json { layout: Option<Layout>, key: Option<String> },
    Finished { layout: Option<Layout> },
}

impl LineReader {
    fn map(&self, line: &[u8]) -> Result<Prepared, BadRow> {
        match self {
            Self::Json { layout, key } => {
                let value: Value =
                    serde_json::from_slice(line).map_err(|error| BadRow::new(json_reason(&error)))?;
                if let Some(layout) = layout {
                    let object = value.as_object().ok_or_else(|| BadRow::new("is not a JSON object"))?;
                    return layout.map_object(object);
                }
                let key = key.as_ref().and_then(|key| value.get(key)).and_then(key_text);
                Ok(finished(line, key))
            }
            Self::Finished { layout: None } => Ok(finished(line, None)),
            Self::Finished { layout: Some(layout) } => {
                let text = std::str::from_utf8(line).map_err(|_| BadRow::new("is not UTF-8"))?;
                Ok(finished(line, layout.key_of_row(text)?))
            }
        }
    }
}

fn finished(line: &[u8], key: Option<String>) -> Prepared {
    let mut data = Vec::with_capacity(line.len() + 1);
    data.extend_from_slice(line);
    data.push(b'\n');
    Prepared { data, key }
}

struct LineRows<R> {
    input: BufReader<R>,
    reader: LineReader,
    line: u64,
    buffer: Vec<u8>,
}

impl<R: Read> LineRows<R> {
    fn new(input: R, reader: LineReader) -> Self {
        Self { input: BufReader::with_capacity(1 << 16, input), reader, line: 0, buffer: Vec::new() }
    }
}

impl<R: Read> Rows for LineRows<R> {
    fn next(&mut self) -> Result<Option<Row>, InputError> {
        loop {
            self.buffer.clear();
            if self.input.read_until(b'\n', &mut self.buffer)? == 0 {
                return Ok(None);
            }
            self.line += 1;
            let mut line = self.buffer.as_slice();
            if self.line == 1 {
                line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
            }
            line = line.strip_suffix(b"\n").unwrap_or(line);
            line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.trim_ascii().is_empty() {
                return Ok(Some(Row { line: self.line, record: self.reader.map(line) }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: InputFormat, text: &str, layout: Option<Layout>) -> Vec<(u64, String)> {
        let mut rows = open(format, text.as_bytes(), layout, None).unwrap();
        let mut read = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let text = row
                .record
                .map_or_else(|bad| format!("bad: {bad}"), |record| String::from_utf8(record.data).unwrap());
            read.push((row.line, text));
        }
        read
    }

    #[test]
    fn reads_csv_with_everything_that_files_have() {
        let text =
            "\u{feff}a,B \r\n\r\n1,\"x, \"\"y\"\"\"\r\n  \r\n2,\r\n3\r\n4,z,,\r\n5,\"two\nlines\"\r\n6,end";
        let rows = read(InputFormat::Csv, text, None);
        let expected = [
            (3, r#"{"a":"1","B":"x, \"y\""}"#.to_owned() + "\n"),
            (5, "{\"a\":\"2\"}\n".into()),
            (6, "bad: has 1 fields, the header 2".into()),
            (7, "{\"a\":\"4\",\"B\":\"z\"}\n".into()),
            (8, "{\"a\":\"5\",\"B\":\"two\\nlines\"}\n".into()),
            (10, "{\"a\":\"6\",\"B\":\"end\"}\n".into()),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn counts_lines_however_the_input_comes() {
        /// Gives one byte at a time.
        struct Slow<'a>(&'a [u8]);
        impl Read for Slow<'_> {
            fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
                let count = self.0.len().min(1);
                out[..count].copy_from_slice(&self.0[..count]);
                self.0 = &self.0[count..];
                Ok(count)
            }
        }
        for (text, expected) in [
            ("a\r\nb\r\n\r\nc", "a\nb\n\nc\n"),
            ("a\rb\n", "a\rb\n"),
            ("a\r", "a\r\n"),
            ("", ""),
            ("\r\n", "\n"),
        ] {
            let mut lines = UnixLines { input: Slow(text.as_bytes()), has_return: false, last: b'\n' };
            let (mut read, mut buffer) = (Vec::new(), [0; 8]);
            while let count @ 1.. = lines.read(&mut buffer).unwrap() {
                read.extend_from_slice(&buffer[..count]);
            }
            assert_eq!(String::from_utf8(read).unwrap(), expected);
        }
    }

    #[test]
    fn reads_json_and_finished_lines() {
        let text = "{\"a\":1}\r\n\n[1\n\"x\"";
        let rows = read(InputFormat::Ndjson, text, None);
        assert_eq!(rows[0], (1, "{\"a\":1}\n".into()));
        assert_eq!(rows[1].0, 3);
        assert!(rows[1].1.starts_with("bad: is not JSON: EOF"), "{rows:?}");
        assert_eq!(rows[2], (4, "\"x\"\n".into()));
        let layout = Layout::of_text(&["a".into(), "b".into()], " ");
        let rows = read(InputFormat::Lines, "1 2\n1 2 3\n", Some(layout));
        assert_eq!(rows, [(1, "1 2\n".into()), (2, "bad: has 3 columns, not 2".into())]);
    }

    #[test]
    fn refuses_a_header_that_does_not_fit() {
        let layout = Layout::of_text(&["vin".into(), "speed".into()], " ");
        let error = open(InputFormat::Csv, "vin,sped\n".as_bytes(), Some(layout), None).err().unwrap();
        assert_eq!(error.to_string(), "the header has no column for `speed`; it has vin, sped");
        assert!(open(InputFormat::Csv, "".as_bytes(), None, None).is_err());
        assert!(open(InputFormat::Csv, "a\n".as_bytes(), None, Some("b".into())).is_err());
    }

    #[test]
    fn tells_the_format_by_the_name() {
        assert_eq!(InputFormat::of_name("trips.CSV"), InputFormat::Csv);
        assert_eq!(InputFormat::of_name("a.b/rows.jsonl"), InputFormat::Ndjson);
        assert_eq!(InputFormat::of_name("gps.failed.rows"), InputFormat::Lines);
    }
}
