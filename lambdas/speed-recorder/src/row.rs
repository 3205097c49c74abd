//! Reads one row: `record_id timestamp vin lon lat speed`, joined by one blank.

/// A row's columns, in their order.
///
/// The rows have no header, so this order is the contract between whoever sends them and whoever reads them.
pub const COLUMNS: [&str; 6] = ["record_id", "timestamp", "vin", "lon", "lat", "speed"];

/// How the `record_id` of a row begins that `hydrant verify` made up to prove that rows arrive.
const PROOF: &str = "hydrant-verify-";

/// A row that can be used. All texts are taken as they are: a vin of any length is a vin, and a timestamp may be
/// a time of day without a date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    pub record_id: &'a str,
    pub timestamp: &'a str,
    pub vin: &'a str,
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    pub speed: f64,
}

impl<'a> Row<'a> {
    /// Returns whether the row is part of a proof, and says nothing of a vehicle.
    pub fn is_proof(&self) -> bool {
        self.record_id.starts_with(PROOF)
    }

    /// Reads a line; `None` if it has other columns, no vin, or a speed that is no number.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        let mut values = line.split(' ');
        let mut columns = [""; COLUMNS.len()];
        for column in &mut columns {
            *column = values.next()?;
        }
        let [record_id, timestamp, vin, lon, lat, speed] = columns;
        if values.next().is_some() || vin.is_empty() {
            return None;
        }
        let speed = number(speed)?;
        Some(Self { record_id, timestamp, vin, lon: number(lon), lat: number(lat), speed })
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_the_notes_row_whose_vin_has_18_characters() {
        let line =
            b"939ed1d1-1740-420c-8906-445278573c7f 4:25:06.00 4ftex4944akl844294 106.9447146 -6.3385652 25";
        let row = Row::parse(line).unwrap();
        assert_eq!((row.timestamp, row.vin, row.speed), ("4:25:06.00", "4ftex4944akl844294", 25.0));
        assert_eq!((row.lon, row.lat), (Some(106.9447146), Some(-6.3385652)));
    }

    #[test]
    fn refuses_broken_rows() {
        let broken: [&[u8]; 8] = [
            b"",
            b"r t v 1 2",
            b"r t v 1 2 3 4",
            b"r  t v 1 2 3",
            b"r t  1 2 3",
            b"r t v 1 2 fast",
            b"r t v 1 2 NaN",
            b"r t \xff 1 2 3",
        ];
        for line in broken {
            assert_eq!(Row::parse(line), None, "{}", String::from_utf8_lossy(line));
        }
    }

    proptest! {
        #[test]
        fn reads_any_bytes(line in prop::collection::vec(any::<u8>(), 0..100), text in "[ a-z0-9.]{0,40}") {
            Row::parse(&line);
            Row::parse(text.as_bytes());
        }
    }
}
