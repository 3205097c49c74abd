//! The table of maxima, sorted by vin, as JSON and as CSV.

use std::borrow::Cow;

use fleet_maxima::Shard;
use serde::Serialize;

use crate::settings::{FleetSettings, Unit};

/// Most bytes of one answer; Lambda itself carries 6 MB, in which the text of an HTTP answer is quoted once more.
const LIMIT: usize = 4_000_000;

/// Vehicles and their maxima.
#[derive(Debug, PartialEq, Serialize)]
pub struct Table {
    pub unit: Unit,
    /// How many vehicles are in this answer.
    pub count: usize,
    pub vehicles: Vec<Line>,
    /// If the answer would be too long for Lambda: the vin after which the rest begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One vehicle.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    pub vin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub speed: f64,
    pub timestamp: String,
    pub record_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
}

/// Which vehicles are asked for.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Asked {
    /// Only this one.
    pub vin: Option<String>,
    /// Only those after this one.
    pub after: Option<String>,
}

impl Table {
    /// Makes the table of all shards.
    pub fn new(shards: Vec<Shard>, settings: &FleetSettings, asked: &Asked) -> Self {
        let wanted = |vin: &String| {
            asked.vin.as_ref().is_none_or(|asked| asked == vin)
                && asked.after.as_ref().is_none_or(|after| vin > after)
        };
        let vehicles = shards.into_iter().flat_map(|shard| shard.vehicles);
        let mut lines: Vec<Line> = vehicles
            .filter(|(vin, _)| wanted(vin))
            .map(|(vin, vehicle)| Line {
                name: settings.names.get(&vin).cloned(),
                vin,
                speed: settings.unit.show(vehicle.maximum.speed),
                timestamp: vehicle.maximum.timestamp,
                record_id: vehicle.maximum.record_id,
                lon: vehicle.maximum.lon,
                lat: vehicle.maximum.lat,
            })
            .collect();
        lines.sort_by(|one, other| one.vin.cmp(&other.vin));
        let next = cut(&mut lines, LIMIT);
        Self { unit: settings.unit, count: lines.len(), vehicles: lines, next }
    }

    /// Writes the table as CSV with a header, as RFC 4180 has it.
    pub fn csv(&self) -> String {
        let mut csv = "vin,name,speed,unit,timestamp,record_id,lon,lat\r\n".to_owned();
        let unit = serde_json::to_value(self.unit).unwrap_or_default();
        let unit = unit.as_str().unwrap_or_default();
        let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
        for line in &self.vehicles {
            let name = line.name.as_deref().unwrap_or_default();
            let (speed, lon, lat) = (line.speed.to_string(), number(line.lon), number(line.lat));
            let values = [&line.vin, name, &speed, unit, &line.timestamp, &line.record_id, &lon, &lat];
            csv += &values.map(quoted).join(",");
            csv += "\r\n";
        }
        csv
    }
}

/// Cuts the lines where they become too long, and returns the last vin that is left.
fn cut(lines: &mut Vec<Line>, limit: usize) -> Option<String> {
    let mut size = 0;
    let fits = lines.iter().take_while(|line| {
        let name = line.name.as_ref().map_or(0, String::len);
        size += 160 + 2 * (line.vin.len() + name + line.timestamp.len() + line.record_id.len());
        size <= limit
    });
    // One line always fits, or nobody would ever come past it.
    let fits = fits.count().max(1);
    if fits >= lines.len() {
        return None;
    }
    lines.truncate(fits);
    lines.last().map(|line| line.vin.clone())
}

fn quoted(value: &str) -> Cow<'_, str> {
    match value.contains([',', '"', '\r', '\n']) {
        true => Cow::Owned(format!("\"{}\"", value.replace('"', "\"\""))),
        false => Cow::Borrowed(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(vin: &str) -> Line {
        let (timestamp, record_id) = ("4:25:06.00".to_owned(), "r,1".to_owned());
        Line { vin: vin.into(), name: None, speed: 25.0, timestamp, record_id, lon: Some(-1.5), lat: None }
    }

    #[test]
    fn quotes_csv() {
        let named = Line { name: Some("a \"b\"".into()), ..line("v") };
        let table = Table { unit: Unit::MilesPerHour, count: 1, vehicles: vec![named], next: None };
        let (header, row) = (
            "vin,name,speed,unit,timestamp,record_id,lon,lat",
            "v,\"a \"\"b\"\"\",25,mph,4:25:06.00,\"r,1\",-1.5,",
        );
        assert_eq!(table.csv(), format!("{header}\r\n{row}\r\n"));
    }

    #[test]
    fn cuts_what_is_too_long_and_says_where() {
        let mut lines: Vec<_> = (0..10).map(|number| line(&number.to_string())).collect();
        assert_eq!(cut(&mut lines, 700), Some("2".to_owned()));
        assert_eq!(lines.len(), 3);
        assert_eq!(cut(&mut lines, 700), None);
        assert_eq!((cut(&mut lines, 0), lines.len()), (Some("0".to_owned()), 1));
    }
}
