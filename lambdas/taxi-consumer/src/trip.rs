//! Reads what is added up of a trip: the zone it began in, its fare and its distance.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

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
        let zone = members.zone.hundredths(ZONE)?.ok_or("`PULocationID` is missing")?;
        if zone % 100 != 0 || !(100..=HIGHEST_ZONE * 100).contains(&zone) {
            return Err("`PULocationID` is no zone".to_owned());
        }
        let fare = members.fare.hundredths(FARE)?.unwrap_or_default();
        let distance = members.distance.hundredths(DISTANCE)?.unwrap_or_default();
        Ok(Self { zone: (zone / 100) as u32, fare, distance })
    }
}

const ZONE: &str = "PULocationID";
const FARE: &str = "fare_amount";
const DISTANCE: &str = "trip_distance";

/// The members that count. A trip has some twenty; building all of them would be most of this function's work.
#[derive(Default)]
struct Members<'a> {
    zone: Amount<'a>,
    fare: Amount<'a>,
    distance: Amount<'a>,
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
                while let Some(Name(name)) = map.next_key()? {
                    let member = match &*name {
                        name if name.eq_ignore_ascii_case(ZONE) => &mut members.zone,
                        name if name.eq_ignore_ascii_case(FARE) => &mut members.fare,
                        name if name.eq_ignore_ascii_case(DISTANCE) => &mut members.distance,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *member = map.next_value()?;
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// A number, however it is spelled.
#[derive(Default)]
enum Amount<'a> {
    #[default]
    Absent,
    Number(f64),
    Text(Cow<'a, str>),
    Other,
}

impl Amount<'_> {
    /// Returns the amount in hundredths; `None` if it is not there, `null` or empty.
    fn hundredths(&self, name: &str) -> Result<Option<i64>, String> {
        let number = match self {
            Self::Absent => return Ok(None),
            Self::Text(text) if text.trim().is_empty() => return Ok(None),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Number(number) => Some(*number),
            Self::Other => None,
        };
        let number = number.filter(|number: &f64| number.is_finite() && number.abs() <= HIGHEST);
        let rounded = number.map(|number| Some((number * 100.0).round() as i64));
        rounded.ok_or_else(|| format!("`{name}` is no number"))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Amount<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Amount<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number")
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Amount::Absent)
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Amount::Number(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Amount::Number(number as f64))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Amount::Number(number as f64))
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Amount::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Amount::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Amount::Other)
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Amount::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Amount::Other)
            }
        }
        deserializer.deserialize_any(Reader)
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
