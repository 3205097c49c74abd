//! Reads what is added up of a trip: the zone it began in, its fare and its distance.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

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
        let members: Members<'_> =
            serde_json::from_slice(bytes).map_err(|error| format!("not a trip: {error}"))?;
        let zone = hundredths(ZONE, members.zone)?.ok_or("`PULocationID` is missing")?;
        if zone % 100 != 0 || !(100..=HIGHEST_ZONE * 100).contains(&zone) {
            return Err("`PULocationID` is no zone".to_owned());
        }
        let fare = hundredths(FARE, members.fare)?.unwrap_or_default();
        let distance = hundredths(DISTANCE, members.distance)?.unwrap_or_default();
        Ok(Self { zone: (zone / 100) as u32, fare, distance })
    }
}

const ZONE: &str = "PULocationID";
const FARE: &str = "fare_amount";
const DISTANCE: &str = "trip_distance";

/// Returns an amount in hundredths; `None` if it is not there, `null` or empty.
fn hundredths(name: &str, value: Option<&RawValue>) -> Result<Option<i64>, String> {
    let Some(value) = value.map(RawValue::get) else { return Ok(None) };
    let number = match value.starts_with('"') {
        false => value.parse().ok(),
        true => {
            let Text(text) = serde_json::from_str(value).map_err(|_| format!("`{name}` is no text"))?;
            match text.trim() {
                "" => return Ok(None),
                text => text.parse().ok(),
            }
        }
    };
    let number = number.filter(|number: &f64| number.is_finite() && number.abs() <= HIGHEST);
    number.map(|number| Some((number * 100.0).round() as i64)).ok_or_else(|| format!("`{name}` is no number"))
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The members that count, by their names in any case; of one that comes twice the last counts.
///
/// A trip has some twenty members. Reading these three alone takes a fraction of what it takes to build them all.
#[derive(Default)]
struct Members<'a> {
    zone: Option<&'a RawValue>,
    fare: Option<&'a RawValue>,
    distance: Option<&'a RawValue>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Members::default();
                while let Some(Text(name)) = map.next_key()? {
                    if name.eq_ignore_ascii_case(ZONE) {
                        members.zone = map.next_value()?;
                    } else if name.eq_ignore_ascii_case(FARE) {
                        members.fare = map.next_value()?;
                    } else if name.eq_ignore_ascii_case(DISTANCE) {
                        members.distance = map.next_value()?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Reader)
    }
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
            r#"{"PULoc\u0061tionID":1.42e2,"fare_amount":"-12.5\u0030","trip_distance":301e-2}"#,
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
            (r#"{"PULocationID":[1,{}],"fare_amount":1}"#, "`PULocationID` is no number"),
            (r#"{"PULocationID":{"a":1}}"#, "`PULocationID` is no number"),
            (r#"{"PULocationID":true}"#, "`PULocationID` is no number"),
            (r#"{"PULocationID":"null"}"#, "`PULocationID` is no number"),
            (r#"{"PULocationID":"inf"}"#, "`PULocationID` is no number"),
            (r#"{"PULocationID":10000000}"#, "`PULocationID` is no zone"),
            (r#"{"PULocationID":"\ud800"}"#, "`PULocationID` is no text"),
        ] {
            assert_eq!(Trip::read(trip.as_bytes()), Err(reason.to_owned()), "{trip}");
        }
        assert!(
            Trip::read(b"[]")
                .unwrap_err()
                .starts_with("not a trip: invalid type: sequence, expected an object")
        );
    }

    proptest! {
        #[test]
        fn reads_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..80), number in "-?[0-9]{1,30}(\\.[0-9]{1,5})?") {
            Trip::read(&bytes).ok();
            Trip::read(format!(r#"{{"PULocationID":{number},"fare_amount":"{number}"}}"#).as_bytes()).ok();
        }
    }
}
