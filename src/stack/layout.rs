//! `records:` of a stream or delivery: what one record looks like, column by column.
//!
//! `send` maps its input into it, `read` reads rows out of it. How a value is turned into text stands there.

use std::collections::HashSet;
use std::fmt;

use hydrant_cfn::yaml::{Span, Spanned};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::check::Problem;
use super::load::did_you_mean;

/// What a record of a stream or delivery is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    pub format: RecordFormat,
    /// What stands between the columns of a text record.
    pub delimiter: Option<Spanned<String>>,
    /// The column that tells one record from another.
    pub id: Option<Spanned<String>>,
    /// The column that `verify` marks; the `id` when absent.
    pub mark: Option<Spanned<String>>,
    /// The column whose value is the partition key.
    pub key: Option<Spanned<String>>,
    #[serde(deserialize_with = "columns")]
    pub columns: Vec<(Spanned<String>, Column)>,
}

impl Records {
    /// Returns what stands between the columns of a text record.
    pub fn delimiter(&self) -> &str {
        self.delimiter.as_ref().map_or(" ", |delimiter| delimiter.value.as_str())
    }
}

/// How a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordFormat {
    /// The columns, joined by the delimiter, and a newline.
    Text,
    /// One JSON object and a newline.
    Json,
}

/// One column of a record.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Names by which the input may call the column; the column's own when there is none.
    #[serde(default)]
    pub from: Vec<Spanned<String>>,
    #[serde(rename = "type", default)]
    pub kind: ColumnType,
    /// A value for records that are made up.
    pub example: Option<Spanned<Value>>,
}

/// What a column's values are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnType {
    #[default]
    Text,
    Integer,
    Number,
    Boolean,
}

impl ColumnType {
    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
        }
    }

    fn described(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
        }
    }
}

type Columns = Vec<(Spanned<String>, Column)>;

/// Reads columns as a list of names, or as a mapping from names to what they are.
fn columns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Columns, D::Error> {
    struct ListOrMapping;

    impl<'de> Visitor<'de> for ListOrMapping {
        type Value = Columns;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of columns or a mapping of them")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Columns, A::Error> {
            let mut columns = Columns::new();
            while let Some(name) = names.next_element::<Spanned<String>>()? {
                columns.push((name, Column::default()));
            }
            not_empty(columns)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Columns, A::Error> {
            let mut columns = Columns::new();
            while let Some((name, column)) = entries.next_entry::<Spanned<String>, Option<Column>>()? {
                columns.push((name, column.unwrap_or_default()));
            }
            not_empty(columns)
        }
    }

    fn not_empty<E: serde::de::Error>(columns: Columns) -> Result<Columns, E> {
        if columns.is_empty() { Err(E::custom("a record has at least one column")) } else { Ok(columns) }
    }

    deserializer.deserialize_any(ListOrMapping)
}

/// Returns every mistake in `records:`.
pub(super) fn check(records: &Records) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |span: Span, message: String, help: Option<String>| {
        problems.push(Problem { span, message, help });
    };
    if let Some(delimiter) = &records.delimiter {
        if records.format == RecordFormat::Json {
            add(delimiter.span, "only text records have a delimiter".into(), None);
        } else if delimiter.value.is_empty() || delimiter.value.contains(['\n', '\r']) {
            add(delimiter.span, "a delimiter is one or more characters without a line's end".into(), None);
        }
    }
    let names: Vec<&str> = records.columns.iter().map(|(name, _)| name.value.as_str()).collect();
    for column in [&records.id, &records.mark, &records.key].into_iter().flatten() {
        if !names.contains(&column.value.as_str()) {
            add(
                column.span,
                format!("there is no column `{}`", column.value),
                did_you_mean(&column.value, &names),
            );
        }
    }
    let mut seen = HashSet::new();
    for (name, column) in &records.columns {
        if name.value.trim().is_empty() || name.value.contains(['\n', '\r']) {
            add(name.span, "a column has a name of one line".into(), None);
        } else if !seen.insert(name.value.as_str()) {
            add(name.span, format!("the column `{}` is there twice", name.value), None);
        }
        if let Some(example) = column.example.as_ref().filter(|example| !column.kind.takes(example)) {
            add(example.span, format!("the example of `{name}` must be {}", column.kind.described()), None);
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::load::parse;
    use super::*;

    fn records(text: &str) -> Result<Records, Vec<(String, Option<String>)>> {
        let file = format!("streams:\n  S:\n    records: {text}\n");
        match parse(Path::new("s.yaml"), &file, "dev") {
            Ok(stack) => Ok(stack.file.streams["S"].records.clone().unwrap()),
            Err(error) => Err(error
                .diagnostics
                .into_iter()
                .map(|diagnostic| (diagnostic.source[diagnostic.span].to_owned(), diagnostic.help))
                .collect()),
        }
    }

    #[test]
    fn takes_columns_as_a_list_and_as_a_mapping() {
        let list = records("{ format: text, id: a, key: b, columns: [a, b] }").unwrap();
        assert_eq!(list.delimiter(), " ");
        assert_eq!(list.columns[1].0.value, "b");
        let mapping =
            records("{ format: json, columns: { a: { from: [A, x], type: integer, example: 3 }, b: } }");
        let mapping = mapping.unwrap();
        assert_eq!(mapping.columns[0].1.kind, ColumnType::Integer);
        assert_eq!(mapping.columns[0].1.from.len(), 2);
        assert_eq!(mapping.columns[1].1.kind, ColumnType::Text);
    }

    #[test]
    fn points_at_what_is_wrong() {
        let wrong = |text: &str| records(text).unwrap_err();
        let near = Some("did you mean `vin`?".to_owned());
        assert_eq!(wrong("{ format: text, key: vim, columns: [vin] }"), [("vim".to_owned(), near)]);
        assert_eq!(wrong("{ format: json, delimiter: ',', columns: [a] }")[0].0, "','");
        assert_eq!(wrong("{ format: text, columns: [a, b, a] }")[0].0, "a");
        assert_eq!(wrong("{ format: json, columns: { a: { type: integer, example: 1.5 } } }")[0].0, "1.5");
        assert_eq!(wrong("{ format: json, columns: { a: { typ: integer } } }")[0].0, "typ");
        assert_eq!(wrong("{ format: json, columns: [] }").len(), 1);
        assert_eq!(wrong("{ format: csv, columns: [a] }")[0].0, "csv");
    }
}
