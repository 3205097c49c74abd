//! Makes rows up: positions, vehicles and ticker prices, as the field's own examples have them.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};
use uuid::Builder;

use super::columns::{BadRow, Layout, Prepared, key_text};
use super::input::{InputError, Row, Rows};

/// What is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// `id`, `latitude`, `longitude`
    Positions,
    /// `ticker_symbol`, `sector`, `change`, `price`
    Ticker,
    /// `record_id`, `timestamp`, `vin`, `lon`, `lat`, `speed`
    Vehicles,
}

/// A number of rows per time, written `500/s` or `30/m`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate(pub f64);

impl Rate {
    /// Returns how many rows are due after `elapsed`.
    pub fn due(self, elapsed: Duration) -> u64 {
        (elapsed.as_secs_f64() * self.0) as u64
    }

    /// Returns when row `number` (from 0) is due.
    pub fn moment(self, number: u64) -> Duration {
        Duration::try_from_secs_f64(number as f64 / self.0).unwrap_or(Duration::MAX)
    }
}

impl std::str::FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a rate; write a number per second or minute, such as `500/s`");
        let (number, unit) = text.split_once('/').ok_or_else(wrong)?;
        let per = match unit.trim() {
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        match number.trim().parse::<f64>() {
            Ok(number) if number.is_finite() && number > 0.0 => Ok(Self(number / per)),
            _ => Err(wrong()),
        }
    }
}

/// Rows that are made up, `count` of them.
pub struct MadeUp {
    kind: Kind,
    random: StdRng,
    layout: Option<Layout>,
    key: Option<String>,
    number: u64,
    count: u64,
}

/// How many vehicles there are.
const VEHICLES: u32 = 200;

impl MadeUp {
    pub fn new(
        kind: Kind,
        count: u64,
        seed: Option<u64>,
        layout: Option<Layout>,
        key: Option<String>,
    ) -> Self {
        let random = seed.map_or_else(StdRng::from_os_rng, StdRng::seed_from_u64);
        Self { kind, random, layout, key, number: 0, count }
    }

    fn make(&mut self) -> Map<String, Value> {
        let random = &mut self.random;
        let id = Builder::from_random_bytes(random.random()).into_uuid().to_string();
        let value = match self.kind {
            Kind::Positions => json!({
                "id": id,
                "latitude": round(random.random_range(-90.0..=90.0), 6),
                "longitude": round(random.random_range(0.0..=180.0), 6),
            }),
            Kind::Ticker => {
                let symbols =
                    [("HJK", "TECHNOLOGY"), ("QXZ", "ENERGY"), ("NGC", "FINANCIAL"), ("WAS", "RETAIL")];
                let (symbol, sector) = symbols[random.random_range(0..symbols.len())];
                json!({
                    "ticker_symbol": symbol,
                    "sector": sector,
                    "change": round(random.random_range(-5.0..=5.0), 2),
                    "price": round(random.random_range(1.0..=200.0), 2),
                })
            }
            Kind::Vehicles => {
                let (hour, minute) = (random.random_range(0..24), random.random_range(0..60));
                json!({
                    "record_id": id,
                    "timestamp": format!("{hour}:{minute:02}:{:02}.00", random.random_range(0..60)),
                    "vin": format!("4ftex4944akl{:06}", random.random_range(0..VEHICLES)),
                    "lon": round(random.random_range(-180.0..=180.0), 7),
                    "lat": round(random.random_range(-90.0..=90.0), 7),
                    "speed": random.random_range(0..=140),
                })
            }
        };
        match value {
            Value::Object(object) => object,
            _ => Map::new(),
        }
    }

    fn record(&mut self) -> Result<Prepared, BadRow> {
        let object = self.make();
        if let Some(layout) = &self.layout {
            return layout.map_made_up(&object);
        }
        let key = self.key.as_ref().and_then(|key| object.get(key)).and_then(key_text);
        Ok(Prepared { data: format!("{}\n", Value::Object(object)).into_bytes(), key })
    }
}

fn round(number: f64, digits: i32) -> f64 {
    let factor = 10_f64.powi(digits);
    (number * factor).round() / factor
}

impl Rows for MadeUp {
    fn next(&mut self) -> Result<Option<Row>, InputError> {
        if self.number == self.count {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(Row { line: self.number, record: self.record() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(kind: Kind, layout: Option<Layout>) -> Vec<String> {
        let mut made_up = MadeUp::new(kind, 20, Some(1), layout, None);
        std::iter::from_fn(|| made_up.next().unwrap())
            .map(|row| String::from_utf8(row.record.unwrap().data).unwrap())
            .collect()
    }

    #[test]
    fn makes_the_same_rows_of_the_same_seed() {
        for kind in [Kind::Positions, Kind::Ticker, Kind::Vehicles] {
            let first = rows(kind, None);
            assert_eq!(first, rows(kind, None));
            assert_eq!(first.len(), 20);
            assert!(first.iter().all(|row| serde_json::from_str::<Value>(row).unwrap().is_object()));
        }
    }

    #[test]
    fn fits_the_rows_of_the_notes() {
        let columns = ["record_id", "timestamp", "vin", "lon", "lat", "speed"].map(str::to_owned);
        let layout = Layout::of_text(&columns, " ");
        for row in rows(Kind::Vehicles, Some(layout.clone())) {
            let read = layout.read_text(row.trim_end()).unwrap();
            assert!(read["speed"].as_str().unwrap().parse::<u32>().unwrap() <= 140);
        }
    }

    #[test]
    fn reads_rates() {
        assert_eq!("500/s".parse(), Ok(Rate(500.0)));
        assert_eq!("30/m".parse(), Ok(Rate(0.5)));
        assert_eq!(Rate(0.5).moment(3), Duration::from_secs(6));
        assert_eq!(Rate(500.0).due(Duration::from_secs(60)), 30_000);
        for wrong in ["500", "0/s", "-1/s", "x/s", "5/d", "inf/s"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
