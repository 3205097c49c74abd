//! What a user says of the records: how many a second, how large, into which entrance.

use std::str::FromStr;

use hydrant_cfn::yaml::near_miss;

use crate::error::{Error, Result};
use crate::stack::{ByteSize, Rate};

/// A time in milliseconds, written `100ms` or `2s`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Milliseconds(pub f64);

impl FromStr for Milliseconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, factor) = match text.strip_suffix("ms") {
            Some(number) => (Some(number), 1.0),
            None => (text.strip_suffix('s'), 1000.0),
        };
        let number = number.and_then(|number| number.trim().parse::<f64>().ok());
        match number.filter(|number| number.is_finite() && *number > 0.0) {
            Some(number) => Ok(Self(number * factor)),
            None => Err(format!("`{text}` is not a time; write milliseconds or seconds, such as `100ms`")),
        }
    }
}

/// A value for all entrances, or `NAME=VALUE` for one.
#[derive(Debug, Clone, PartialEq)]
pub struct Given<T> {
    pub entrance: Option<String>,
    pub value: T,
}

impl<T: FromStr> FromStr for Given<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        match text.split_once('=') {
            Some((name, value)) => Ok(Self { entrance: Some(name.to_owned()), value: value.parse()? }),
            None => Ok(Self { entrance: None, value: text.parse()? }),
        }
    }
}

/// Records that come steadily.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Flow {
    pub records: f64,
    /// Of one record.
    pub size: f64,
}

impl Flow {
    /// Returns bytes a second.
    pub fn bytes(self) -> f64 {
        self.records * self.size
    }
}

/// A block into which producers put records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Entrance<'a> {
    pub name: &'a str,
    /// What the stack file expects, as far as it says so: records a second, and bytes of a record.
    pub rate: Option<f64>,
    pub size: Option<f64>,
}

/// Returns what flows into each of the `entrances`: what the user says of it or else of all, or what the stack file
/// expects; nothing when only others are spoken of.
pub fn flows<'a>(
    entrances: &[Entrance<'a>],
    rates: &[Given<Rate>],
    sizes: &[Given<ByteSize>],
) -> Result<Vec<(&'a str, Flow)>> {
    let names: Vec<&str> = entrances.iter().map(|entrance| entrance.name).collect();
    let named = rates.iter().map(|rate| &rate.entrance).chain(sizes.iter().map(|size| &size.entrance));
    for name in named.flatten() {
        if !names.contains(&name.as_str()) {
            let error = Error::usage(format!("there is no entrance `{name}`"));
            return Err(match near_miss(name, &names) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None if names.is_empty() => error,
                None => error.hint(format!("there are {}", names.join(", "))),
            });
        }
    }
    let is_spoken_of = !rates.is_empty() || entrances.iter().any(|entrance| entrance.rate.is_some());
    let flow = |entrance: &Entrance<'a>| {
        let name = entrance.name;
        let missing = |option: &str, key: &str| {
            Error::usage(format!("nothing says the {option} of the records into `{name}`"))
                .hint(format!("add --{option}, or `{key}` to the stack file"))
        };
        let rate = of(rates, name).map(|rate| rate.0).or(entrance.rate);
        let Some(records) = rate else {
            return if is_spoken_of { Ok((name, Flow::default())) } else { Err(missing("rate", "rate")) };
        };
        let size = of(sizes, name).map(|size| size.0 as f64).or(entrance.size);
        Ok((name, Flow { records, size: size.ok_or_else(|| missing("size", "record_size"))? }))
    };
    entrances.iter().map(flow).collect()
}

fn of<T: Copy>(given: &[Given<T>], entrance: &str) -> Option<T> {
    let own = given.iter().rev().find(|one| one.entrance.as_deref() == Some(entrance));
    own.or_else(|| given.iter().rev().find(|one| one.entrance.is_none())).map(|one| one.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times() {
        let time = |text: &str| text.parse::<Milliseconds>().map(|time| time.0);
        assert_eq!(time("100ms"), Ok(100.0));
        assert_eq!(time("1.5s"), Ok(1500.0));
        for wrong in ["100", "0s", "1m", "ms"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    fn idle(name: &str) -> Entrance<'_> {
        Entrance { name, ..Entrance::default() }
    }

    fn expecting(name: &str) -> Entrance<'_> {
        Entrance { name, rate: Some(5.0), size: Some(50.0) }
    }

    #[test]
    fn prefers_what_is_said_of_one_entrance_to_what_is_said_of_all_and_to_what_the_file_expects() {
        let rates = ["10/s", "b=20/s"].map(|text| text.parse().unwrap());
        let sizes = ["b=1KiB"].map(|text| text.parse().unwrap());
        let found = flows(&[expecting("a"), idle("b")], &rates, &sizes).unwrap();
        let expected =
            [("a", Flow { records: 10.0, size: 50.0 }), ("b", Flow { records: 20.0, size: 1024.0 })];
        assert_eq!(found, expected);
        let found = flows(&[expecting("a"), idle("b")], &[], &[]).unwrap();
        assert_eq!(found, [("a", Flow { records: 5.0, size: 50.0 }), ("b", Flow::default())]);
    }

    #[test]
    fn says_what_is_missing_or_misspelt() {
        let rates = ["strem=10/s".parse().unwrap()];
        let error = flows(&[idle("stream")], &rates, &[]).unwrap_err();
        assert_eq!(error.hints, ["did you mean `stream`?"]);
        let rates = ["a=10/s".parse().unwrap()];
        let error = flows(&[idle("a")], &rates, &[]).unwrap_err();
        assert_eq!(error.to_string(), "nothing says the size of the records into `a`");
        assert_eq!(error.hints, ["add --size, or `record_size` to the stack file"]);
        let error = flows(&[idle("a")], &[], &[]).unwrap_err();
        assert_eq!(error.to_string(), "nothing says the rate of the records into `a`");
    }
}
