//! Reads what is added up of a trip: the zone it began in, its fare and its distance.

use serde_json::Value;

/// Zones that the taxi commission knows have numbers up to 265; more are taken, so that new ones are not lost, and so
/// that a made-up one can prove that trips arrive.
/// <https://www.nyc.gov/site/tlc/about/tlc-trip-record-data.page>
const HIGHEST_ZONE: i64 = 9_999_999;

/// An amount beyond this is no fare and no distance; below it, sums of all trips ever made do not overflow.
const HIGHEST: f64 = 1e7;

/// One trip. Amounts are whole hundredths, since sums of decimal fractions drift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trip {
    pub zone: u32,
    /// Cents; negative where a fare was taken back.
    pub fare: i64,
    /// Hundredths of a mile.
    pub distance: i64,
}

impl Trip {
    /// Reads a trip as `send taxi` writes it; numbers may be texts, and whole ones may have a `.0`.
    ///
    /// A trip without fare or distance counts with zero, one without its zone cannot be counted.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let trip: Value = serde_json::from_slice(bytes).map_err(|error| format!("not JSON: {error}"))?;
        let zone = hundredths(&trip, "PULocationID")?.ok_or("`PULocationID` is missing")?;
        if zone % 100 != 0 || !(100..=HIGHEST_ZONE * 100).contains(&zone) {
            return Err("`PULocationID` is no zone".to_owned());
        }
        let fare = hundredths(&trip, "fare_amount")?.unwrap_or_default();
        let distance = hundredths(&trip, "trip_distance")?.unwrap_or_default();
        Ok(Self { zone: (zone / 100) as u32, fare, distance })
    }
}

/// Returns a member in hundredths; `None` if it is not there, `null` or empty. Its name may be in any case.
fn hundredths(trip: &Value, name: &str) -> Result<Option<i64>, String> {
    let Value::Object(members) = trip else { return Err("not a JSON object".to_owned()) };
    let spelled =
        || members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let number = match members.get(name).or_else(spelled) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let number = number.filter(|number| number.is_finite() && number.abs() <= HIGHEST);
    number.map(|number| Some((number * 100.0).round() as i64)).ok_or_else(|| format!("`{name}` is no number"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_numbers_in_every_spelling() {
        let expected = Trip { zone: 142, fare: -1250, distance: 301 };
        for trip in [
            r#"{"PULocationID":142,"fare_amount":-12.5,"trip_distance":3.01,"VendorID":2}"#,
            r#"{"PULocationID":142.0,"fare_amount":"-12.50","trip_distance":" 3.01"}"#,
            r#"{"pulocationid":"142","Fare_Amount":-12.5,"trip_distance":"3.01"}"#,
        ] {
            assert_eq!(Trip::read(trip.as_bytes()), Ok(expected), "{trip}");
        }
    }

    #[test]
    fn counts_a_trip_without_amounts_but_none_without_a_zone() {
        let nothing = Trip { zone: 1, fare: 0, distance: 0 };
        assert_eq!(Trip::read(br#"{"PULocationID":1,"fare_amount":null,"trip_distance":""}"#), Ok(nothing));
        for (trip, reason) in [
            (r#"{"fare_amount":1}"#, "`PULocationID` is missing"),
            (r#"{"PULocationID":1.5}"#, "`PULocationID` is no zone"),
            (r#"{"PULocationID":0}"#, "`PULocationID` is no zone"),
            (r#"{"PULocationID":1,"fare_amount":"much"}"#, "`fare_amount` is no number"),
            (r#"{"PULocationID":1,"fare_amount":1e300}"#, "`fare_amount` is no number"),
            ("[]", "not a JSON object"),
        ] {
            assert_eq!(Trip::read(trip.as_bytes()), Err(reason.to_owned()), "{trip}");
        }
    }

    proptest! {
        #[test]
        fn reads_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..80), number in "-?[0-9]{1,30}(\\.[0-9]{1,5})?") {
            Trip::read(&bytes).ok();
            Trip::read(format!(r#"{{"PULocationID":{number},"fare_amount":"{number}"}}"#).as_bytes()).ok();
        }
    }
}
