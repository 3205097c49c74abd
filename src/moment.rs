//! A moment as people write it: a duration before now, a day, or a timestamp.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::stack::Seconds;

/// Reads a moment: a duration before now, a day, or a timestamp.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(Seconds(ago)) = text.parse() {
        let ago = i64::try_from(ago).map_err(|error| error.to_string())?;
        return Timestamp::now()
            .checked_sub(SignedDuration::from_secs(ago))
            .map_err(|error| error.to_string());
    }
    if let Ok(day) = text.parse::<Date>()
        && !text.contains(['T', ' '])
        && let Ok(midnight) = day.to_zoned(TimeZone::UTC)
    {
        return Ok(midnight.timestamp());
    }
    let wrong =
        "write a duration such as `1h`, a day such as `2026-01-15` or a time such as `2026-01-15T10:30:00Z`";
    text.parse().map_err(|_| wrong.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_moments() {
        let written = |text: &str| moment(text).map(|moment| moment.to_string());
        assert_eq!(written("2026-01-15").as_deref(), Ok("2026-01-15T00:00:00Z"));
        assert_eq!(written("2026-01-15T10:30:00+01:00").as_deref(), Ok("2026-01-15T09:30:00Z"));
        assert!(moment("1h").unwrap() < Timestamp::now());
        for wrong in ["yesterday", "1", "2026-13-01"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
