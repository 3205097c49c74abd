//! Durations, sizes and rates as people write them: `60s`, `24h`, `1MiB`, `1000/s`.

use std::fmt;

use hydrant_cfn::yaml::near_miss;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A duration in whole seconds, written `45s`, `5m`, `24h` or `7d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u64);

/// A size in bytes, written `512B`, `64KiB`, `1MiB`, `2GiB`, or in powers of ten `1MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// Records a second, written `1000/s`, `90/m` or `5/h`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rate(pub f64);

const RATES: [(&str, u64); 3] = [("/h", 1), ("/m", 60), ("/s", 3600)];

const DURATIONS: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];

const SIZES: [(&str, u64); 7] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

impl Seconds {
    /// Returns whole hours, when there is nothing left over.
    pub fn hours(self) -> Option<u64> {
        self.0.is_multiple_of(3600).then_some(self.0 / 3600)
    }
}

impl ByteSize {
    /// Returns whole mebibytes, when there is nothing left over.
    pub fn mebibytes(self) -> Option<u64> {
        self.0.is_multiple_of(1 << 20).then_some(self.0 >> 20)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_largest(f, self.0, &DURATIONS)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_largest(f, self.0, &SIZES[..4])
    }
}

fn write_largest(f: &mut fmt::Formatter<'_>, value: u64, units: &[(&str, u64)]) -> fmt::Result {
    let fits = |factor: &u64| value != 0 && value.is_multiple_of(*factor);
    let (unit, factor) = units.iter().rev().find(|(_, factor)| fits(factor)).copied().unwrap_or(units[0]);
    write!(f, "{}{unit}", value / factor)
}

fn parse(text: &str, units: &[(&str, u64)], what: &str, example: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = (&text[..digits], text[digits..].trim_start());
    let names: Vec<&str> = units.iter().map(|(name, _)| *name).collect();
    let known = || names.join(", ");
    if number.is_empty() {
        return Err(format!(
            "`{text}` is not a {what}; write a whole number and a unit, such as `{example}`"
        ));
    }
    let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit) else {
        return Err(match unit {
            "" => format!("the {what} `{text}` has no unit; write one of {}, such as `{example}`", known()),
            unit => match near_miss(unit, &names) {
                Some(near) => format!("`{unit}` is not a unit of a {what}; did you mean `{near}`?"),
                None => format!("`{unit}` is not a unit of a {what}; write one of {}", known()),
            },
        });
    };
    let value = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor));
    value.ok_or_else(|| format!("the {what} `{text}` is too large"))
}

struct Text<T> {
    parse: fn(&str) -> Result<T, String>,
    expecting: &'static str,
}

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }

    // A bare number: say what is missing rather than that a number was found.
    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

impl std::str::FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text, &DURATIONS, "duration", "60s").map(Self)
    }
}

impl std::str::FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text, &SIZES, "size", "1MiB").map(Self)
    }
}

impl std::str::FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text, &RATES, "rate", "1000/s").map(|an_hour| Self(an_hour as f64 / 3600.0))
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text { parse: str::parse, expecting: "a rate such as `1000/s`" })
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text { parse: str::parse, expecting: "a duration such as `60s`" })
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text { parse: str::parse, expecting: "a size such as `1MiB`" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, seconds) in [("60s", 60), ("5m", 300), ("24h", 86_400), ("7d", 604_800), ("0s", 0)] {
            assert_eq!(text.parse(), Ok(Seconds(seconds)));
        }
        for (text, bytes) in [("1MiB", 1 << 20), ("128 MiB", 128 << 20), ("1MB", 1_000_000), ("10B", 10)] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)));
        }
    }

    #[test]
    fn says_what_is_wrong_with_the_rest() {
        let error = |text: &str| text.parse::<Seconds>().unwrap_err();
        assert_eq!(error("60"), "the duration `60` has no unit; write one of s, m, h, d, such as `60s`");
        assert_eq!(error("60sec"), "`sec` is not a unit of a duration; write one of s, m, h, d");
        assert_eq!(error("soon"), "`soon` is not a duration; write a whole number and a unit, such as `60s`");
        assert_eq!(error("99999999999999999999d"), "the duration `99999999999999999999d` is too large");
    }

    #[test]
    fn writes_the_largest_whole_unit() {
        assert_eq!(Seconds(86_400).to_string(), "1d");
        assert_eq!(Seconds(90).to_string(), "90s");
        assert_eq!(Seconds(0).to_string(), "0s");
        assert_eq!(ByteSize(1 << 20).to_string(), "1MiB");
    }
}
