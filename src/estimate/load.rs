//! What a user says of the records: how many a second, how large, into which entrance.

use std::str::FromStr;

use hydrant_cfn::yaml::near_miss;

use crate::error::{Error, Result};
use crate::records::Rate;
use crate::stack::ByteSize;

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

/// Returns what flows into each of the `entrances`: what is said of it, or what is said of all; nothing when only
/// others are named.
pub fn flows<'a>(
    entrances: &[&'a str],
    rates: &[Given<Rate>],
    sizes: &[Given<ByteSize>],
) -> Result<Vec<(&'a str, Flow)>> {
    let named = rates.iter().map(|rate| &rate.entrance).chain(sizes.iter().map(|size| &size.entrance));
    for name in named.flatten() {
        if !entrances.contains(&name.as_str()) {
            let error = Error::usage(format!("there is no entrance `{name}`"));
            return Err(match near_miss(name, entrances) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None if entrances.is_empty() => error,
                None => error.hint(format!("there are {}", entrances.join(", "))),
            });
        }
    }
    let flow = |entrance: &&'a str| {
        let missing = |what: &str| {
            Error::usage(format!("nothing says the {what} of the records into `{entrance}`"))
                .hint(format!("add --{what}, for all entrances or for this one: --{what} {entrance}=…"))
        };
        let Some(rate) = of(rates, entrance) else {
            return if rates.is_empty() { Err(missing("rate")) } else { Ok((*entrance, Flow::default())) };
        };
        let size = of(sizes, entrance).ok_or_else(|| missing("size"))?;
        Ok((*entrance, Flow { records: rate.0, size: size.0 as f64 }))
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

    #[test]
    fn prefers_what_is_said_of_one_entrance() {
        let rates = ["10/s", "b=20/s"].map(|text| text.parse().unwrap());
        let sizes = ["200B", "b=1KiB"].map(|text| text.parse().unwrap());
        let found = flows(&["a", "b"], &rates, &sizes).unwrap();
        assert_eq!(
            found,
            [("a", Flow { records: 10.0, size: 200.0 }), ("b", Flow { records: 20.0, size: 1024.0 })]
        );
    }

    #[test]
    fn says_what_is_missing_or_misspelt() {
        let rates = ["strem=10/s".parse().unwrap()];
        let error = flows(&["stream"], &rates, &[]).unwrap_err();
        assert_eq!(error.hints, ["did you mean `stream`?"]);
        let rates = ["a=10/s".parse().unwrap()];
        let error = flows(&["a"], &rates, &[]).unwrap_err();
        assert_eq!(error.to_string(), "nothing says the size of the records into `a`");
        let sizes = ["1KB".parse().unwrap()];
        let found = flows(&["a", "b"], &rates, &sizes).unwrap();
        assert_eq!(found[1], ("b", Flow::default()));
    }
}
