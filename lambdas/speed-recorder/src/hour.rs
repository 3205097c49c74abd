//! Says which hour a row belongs to, in hours since 1970 (UTC).
//!
//! A row's timestamp may be a full one, a time of day, or an opaque token. What it lacks comes from the object
//! that the row lies in: Firehose puts the time of arrival into the key.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const HOUR: i64 = 3600;

/// Returns the hour of a row with this timestamp in an object that was written in the hour `written`.
pub fn of_row(timestamp: &str, written: i64) -> i64 {
    if let Some(instant) = instant(timestamp) {
        return instant.as_second().div_euclid(HOUR);
    }
    time_of_day(timestamp).map_or(written, |hour| nearest(hour, written))
}

/// Returns the hour in which an object was written: from its key, else from its event's time, else `now`.
pub fn of_object(key: &str, event_time: &str, now: i64) -> i64 {
    let from_event = || instant(event_time).map(|instant| instant.as_second().div_euclid(HOUR));
    from_key(key).or_else(from_event).unwrap_or(now)
}

/// Returns the hour as text, `2026-11-20T04`.
pub fn text(hour: i64) -> String {
    let instant = hour.checked_mul(HOUR).and_then(|second| Timestamp::from_second(second).ok());
    instant.map_or_else(|| hour.to_string(), |instant| instant.strftime("%Y-%m-%dT%H").to_string())
}

/// Reads RFC 3339; without an offset it is taken as UTC.
fn instant(text: &str) -> Option<Timestamp> {
    let local = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    // `4:25:06` is no date, and `20261120` no time: both have to be there.
    let both = text.contains(['T', 't']) && text.contains(':');
    both.then(|| text.parse::<Timestamp>().ok().or_else(local)).flatten()
}

/// Reads the hour of `4:25:06.00` or `04:25`.
fn time_of_day(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hour = digits(parts.next()?, 1..=2).filter(|hour| *hour < 24)?;
    digits(parts.next()?, 2..=2).filter(|minute| *minute < 60)?;
    match parts.next() {
        None => Some(hour),
        Some(seconds) => {
            let second: f64 = seconds.parse().ok()?;
            ((0.0..61.0).contains(&second) && parts.next().is_none()).then_some(hour)
        }
    }
}

/// Returns the hour of day on the day that brings it nearest to `written`, the earlier one of two.
///
/// So 23:59 in an object of half past midnight belongs to the day before.
fn nearest(hour_of_day: i64, written: i64) -> i64 {
    let midnight = written - written.rem_euclid(24);
    let candidates = [-24, 0, 24].map(|days| midnight.saturating_add(days + hour_of_day));
    candidates.into_iter().min_by_key(|hour| hour.abs_diff(written)).unwrap_or(written)
}

/// Finds `YYYY/MM/dd/HH` in a key, also as `year=YYYY/month=MM/…`, or else the time in the name that Firehose
/// gives an object, `…-YYYY-MM-dd-HH-mm-ss-<uuid>`.
fn from_key(key: &str) -> Option<i64> {
    let folders: Vec<&str> = key.split('/').map(|part| part.rsplit('=').next().unwrap_or(part)).collect();
    let name: Vec<&str> = key.rsplit('/').next().unwrap_or(key).split('-').collect();
    folders.windows(4).find_map(hour).or_else(|| {
        let timed =
            name.windows(6).filter(|parts| parts[4..].iter().all(|part| digits(part, 2..=2).is_some()));
        timed.filter_map(|parts| hour(&parts[..4])).next()
    })
}

fn hour(parts: &[&str]) -> Option<i64> {
    let [year, month, day, hour] = parts else { return None };
    let number = |text: &str, length: usize| digits(text, length..=length);
    let date = Date::new(
        number(year, 4)?.try_into().ok()?,
        number(month, 2)?.try_into().ok()?,
        number(day, 2)?.try_into().ok()?,
    );
    let hour = number(hour, 2).filter(|hour| *hour < 24)?;
    let midnight = date.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let instant = midnight.checked_add(SignedDuration::from_hours(hour)).ok()?;
    Some(instant.as_second().div_euclid(HOUR))
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let right = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    right.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> i64 {
        format!("{text}:00:00Z").parse::<Timestamp>().unwrap().as_second() / HOUR
    }

    #[test]
    fn reads_full_timestamps() {
        assert_eq!(of_row("2026-11-20T04:25:06.5Z", 0), at("2026-11-20T04"));
        assert_eq!(of_row("2026-11-20T04:25:06+02:00", 0), at("2026-11-20T02"));
        assert_eq!(of_row("2026-11-20T04:25:06", 0), at("2026-11-20T04"));
    }

    #[test]
    fn gives_a_time_of_day_the_day_that_is_nearest() {
        assert_eq!(of_row("4:25:06.00", at("2026-11-20T05")), at("2026-11-20T04"));
        assert_eq!(of_row("23:59:59", at("2026-11-20T00")), at("2026-11-19T23"));
        assert_eq!(of_row("00:01", at("2026-11-20T23")), at("2026-11-21T00"));
        assert_eq!(of_row("4:25:06.00", at("2026-11-20T16")), at("2026-11-20T04"), "the earlier of two");
    }

    #[test]
    fn falls_back_to_the_object_where_the_token_is_opaque() {
        for token in ["", "now", "25:00:00", "4:60", "4", "1:2:3:4", "4:25:xx", "20261120"] {
            assert_eq!(of_row(token, 77), 77, "{token}");
        }
    }

    #[test]
    fn reads_when_an_object_was_written() {
        let hour = at("2026-11-20T04");
        assert_eq!(of_object("vehicles/2026/11/20/04/gps-1-2026-11-20-04-59-59-1f", "", 0), hour);
        assert_eq!(of_object("year=2026/month=11/day=20/hour=04/x.gz", "", 0), hour);
        assert_eq!(of_object("all/gps-delivery-stream-1-2026-11-20-04-59-59-1f", "", 0), hour);
        assert_eq!(
            of_object("2026/13/20/04/x", "2026-11-20T04:26:00.000Z", 0),
            hour,
            "there is no 13th month"
        );
        assert_eq!(of_object("x", "?", 9), 9);
        assert_eq!(text(hour), "2026-11-20T04");
    }

    proptest! {
        #[test]
        fn reads_any_text(token in ".{0,40}", time in "[0-9:.TZ+-]{0,30}", key in "[0-9/=-]{0,40}", written: i64) {
            of_row(&token, written / 48);
            of_row(&time, written / 48);
            of_object(&key, &time, 0);
            text(written);
        }
    }
}
