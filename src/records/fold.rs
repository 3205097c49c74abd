//! Rows into one number per group, in memory that grows with the groups and not with the rows.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::columns::BadRow;

/// What is computed of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Max,
    Min,
    Sum,
    Mean,
}

impl Measure {
    pub fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Min => "min",
            Self::Sum => "sum",
            Self::Mean => "mean",
        }
    }
}

/// The groups so far.
#[derive(Debug)]
pub struct Fold {
    by: Option<String>,
    measures: Vec<(Measure, String)>,
    has_count: bool,
    groups: BTreeMap<String, Group>,
}

#[derive(Debug)]
struct Group {
    name: Value,
    count: u64,
    numbers: Vec<Accumulator>,
}

/// A column's numbers so far.
#[derive(Debug, Clone)]
struct Accumulator {
    count: u64,
    max: f64,
    min: f64,
    sum: f64,
    /// What the sum has lost by rounding: <https://en.wikipedia.org/wiki/Kahan_summation_algorithm>
    lost: f64,
}

impl Accumulator {
    const EMPTY: Self = Self { count: 0, max: f64::NEG_INFINITY, min: f64::INFINITY, sum: 0.0, lost: 0.0 };

    fn add(&mut self, number: f64) {
        self.count += 1;
        self.max = self.max.max(number);
        self.min = self.min.min(number);
        let sum = self.sum + number;
        let (large, small) =
            if self.sum.abs() >= number.abs() { (self.sum, number) } else { (number, self.sum) };
        self.lost += (large - sum) + small;
        self.sum = sum;
    }

    fn value(&self, measure: Measure) -> Value {
        if self.count == 0 {
            return Value::Null;
        }
        number(match measure {
            Measure::Max => self.max,
            Measure::Min => self.min,
            Measure::Sum => self.sum + self.lost,
            Measure::Mean => (self.sum + self.lost) / self.count as f64,
        })
    }
}

/// Writes a whole number as one.
fn number(value: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

impl Fold {
    /// Returns no groups yet. Without a column to group by, there is one group of all rows.
    pub fn new(by: Option<String>, measures: Vec<(Measure, String)>, has_count: bool) -> Self {
        Self { by, measures, has_count, groups: BTreeMap::new() }
    }

    /// Adds a row; one that lacks a number or its group is bad and adds nothing.
    pub fn add(&mut self, row: &Map<String, Value>) -> Result<(), BadRow> {
        let name = match &self.by {
            Some(by) => row.get(by).ok_or_else(|| BadRow::new(format!("has no `{by}`")))?,
            None => &Value::Null,
        };
        let mut numbers = Vec::with_capacity(self.measures.len());
        for (_, column) in &self.measures {
            numbers.push(row.get(column).map_or(Ok(None), |value| read(column, value))?);
        }
        let key = match name {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let measures = self.measures.len();
        let group = self.groups.entry(key).or_insert_with(|| Group {
            name: name.clone(),
            count: 0,
            numbers: vec![Accumulator::EMPTY; measures],
        });
        group.count += 1;
        for (accumulator, number) in group.numbers.iter_mut().zip(numbers) {
            number.into_iter().for_each(|number| accumulator.add(number));
        }
        Ok(())
    }

    /// Returns the names of the result's columns.
    pub fn columns(&self) -> Vec<String> {
        let measures = self.measures.iter().map(|(measure, column)| format!("{}_{column}", measure.name()));
        let count = self.has_count.then(|| "count".to_owned());
        self.by.clone().into_iter().chain(measures).chain(count).collect()
    }

    /// Returns a row for each group, in the order of their names.
    pub fn rows(&self) -> Vec<Map<String, Value>> {
        let row = |group: &Group| {
            let by = self.by.as_ref().map(|_| group.name.clone());
            let measures = self.measures.iter().zip(&group.numbers);
            let measures = measures.map(|((measure, _), numbers)| numbers.value(*measure));
            let count = self.has_count.then(|| Value::from(group.count));
            let values = by.into_iter().chain(measures).chain(count);
            self.columns().into_iter().zip(values).collect()
        };
        self.groups.values().map(row).collect()
    }
}

/// Reads a number, also from a text; nothing from an empty one.
fn read(column: &str, value: &Value) -> Result<Option<f64>, BadRow> {
    let number = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| number.is_finite());
    let bad = || BadRow { column: Some(column.to_owned()), reason: format!("`{value}` is not a number") };
    number.map(Some).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fold(by: Option<&str>, measures: &[(Measure, &str)], rows: &[Value]) -> (Value, usize) {
        let measures = measures.iter().map(|(measure, column)| (*measure, (*column).to_owned())).collect();
        let mut fold = Fold::new(by.map(str::to_owned), measures, true);
        let bad = rows.iter().filter(|row| fold.add(row.as_object().unwrap()).is_err()).count();
        (fold.rows().into_iter().map(Value::Object).collect(), bad)
    }

    #[test]
    fn computes_for_each_group() {
        let rows = [
            json!({"vin": "b", "speed": "25"}),
            json!({"vin": "a", "speed": 3.5}),
            json!({"vin": "b", "speed": -40}),
            json!({"vin": "b", "speed": null}),
            json!({"vin": "b", "speed": "fast"}),
            json!({"speed": 1}),
        ];
        let (table, bad) = fold(Some("vin"), &[(Measure::Max, "speed"), (Measure::Mean, "speed")], &rows);
        let expected = json!([
            {"vin": "a", "max_speed": 3.5, "mean_speed": 3.5, "count": 1},
            {"vin": "b", "max_speed": 25, "mean_speed": -7.5, "count": 3},
        ]);
        assert_eq!((table, bad), (expected, 2));
    }

    #[test]
    fn computes_for_all_rows_without_losing_small_numbers() {
        let rows = [1e16, 1.0, 1.0, -1e16].map(|value| json!({"x": value}));
        let (table, _) = fold(None, &[(Measure::Sum, "x"), (Measure::Min, "x")], &rows);
        assert_eq!(table, json!([{"sum_x": 2, "min_x": -1e16, "count": 4}]));
    }
}
