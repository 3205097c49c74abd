//! A small table: aligned for people, a list of objects for programs.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Answer, Style};

/// Rows that all have the same columns.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Table {
    #[serde(skip)]
    columns: Vec<String>,
    rows: Vec<Map<String, Value>>,
}

impl Table {
    pub fn new(columns: Vec<String>, rows: Vec<Map<String, Value>>) -> Self {
        Self { columns, rows }
    }
}

impl Answer for Table {
    fn text(&self, style: Style) -> String {
        let cell = |row: &Map<String, Value>, column: &String| match row.get(column) {
            None | Some(Value::Null) => "-".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let width = |column: &String| {
            let cells = self.rows.iter().map(|row| cell(row, column).chars().count());
            cells.chain([column.chars().count()]).max().unwrap_or_default()
        };
        let widths: Vec<usize> = self.columns.iter().map(width).collect();
        let line = |cells: Vec<String>| {
            let cells = cells.into_iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let header = style.bold(&line(self.columns.clone()));
        let rows =
            self.rows.iter().map(|row| line(self.columns.iter().map(|column| cell(row, column)).collect()));
        std::iter::once(header).chain(rows).collect::<Vec<_>>().join("\n")
    }
}
