//! AWS's cron expressions: minutes, hours, day of month, month, day of week and year.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>

use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::field::{DAYS, HOURS, MINUTES, MONTHS, WEEKDAYS, YEARS};
use crate::clock::Timestamp;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: Vec<u16>,
    hours: Vec<u16>,
    days: Days,
    months: Vec<u16>,
    years: Vec<u16>,
}

/// Which days of a month are meant: one of the two fields for days is always `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Days {
    OfMonth(Vec<u16>),
    /// `L`, or `L-3`: days before the last.
    Last(u16),
    /// `15W`: the weekday that is nearest.
    Nearest(u16),
    /// `LW`
    LastWeekday,
    /// Sunday is 1.
    OfWeek(Vec<u16>),
    /// `6L`: the last Friday.
    LastOfWeek(u16),
    /// `6#3`: the third Friday.
    NthOfWeek(u16, u16),
}

impl Cron {
    /// Reads the six fields; `None` when they are no expression.
    pub fn parse(expression: &str) -> Option<Self> {
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let [minutes, hours, day_of_month, months, day_of_week, years] = fields[..] else { return None };
        let days = match (day_of_month, day_of_week) {
            ("?", "?") => return None,
            (_, "?") => day_of_month_of(day_of_month)?,
            ("?", _) => day_of_week_of(day_of_week)?,
            _ => return None,
        };
        Some(Self {
            minutes: MINUTES.numbers(minutes)?,
            hours: HOURS.numbers(hours)?,
            days,
            months: MONTHS.numbers(months)?,
            years: YEARS.numbers(years)?,
        })
    }

    /// Returns the first moment after `after` on the clocks of `zone`.
    ///
    /// A time that the clocks skip is skipped, and one that they show twice counts once.
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let moment = jiff::Timestamp::from_millisecond(after.0).ok()?;
        let mut date = zone.to_datetime(moment).date();
        loop {
            let year = u16::try_from(date.year()).ok()?;
            if !self.years.contains(&year) {
                let year = *self.years.iter().find(|next| **next > year)?;
                date = Date::new(i16::try_from(year).ok()?, 1, 1).ok()?;
                continue;
            }
            if self.is_day(date)
                && let Some(found) = self.on(date, after, zone)
            {
                return Some(found);
            }
            date = date.tomorrow().ok()?;
        }
    }

    /// Returns the first moment after `after` on one day.
    fn on(&self, date: Date, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let times =
            self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)));
        let mut moments = times.filter_map(|(hour, minute)| {
            let time = date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
            let ambiguous = zone.to_ambiguous_timestamp(time);
            if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
                return None;
            }
            ambiguous.earlier().ok().map(|moment| Timestamp(moment.as_millisecond()))
        });
        moments.find(|moment| *moment > after)
    }

    fn is_day(&self, date: Date) -> bool {
        let month = u16::from(date.month().unsigned_abs());
        if !self.months.contains(&month) {
            return false;
        }
        let day = u16::from(date.day().unsigned_abs());
        let last = u16::from(date.days_in_month().unsigned_abs());
        let weekday = weekday(date);
        match &self.days {
            Days::OfMonth(days) => days.contains(&day),
            Days::Last(before) => day + before == last,
            Days::Nearest(wanted) => nearest_weekday(date, *wanted) == Some(day),
            Days::LastWeekday => nearest_weekday(date, last) == Some(day),
            Days::OfWeek(weekdays) => weekdays.contains(&weekday),
            Days::LastOfWeek(wanted) => weekday == *wanted && day + 7 > last,
            Days::NthOfWeek(wanted, nth) => weekday == *wanted && (day - 1) / 7 + 1 == *nth,
        }
    }
}

fn day_of_month_of(field: &str) -> Option<Days> {
    if field == "L" {
        return Some(Days::Last(0));
    }
    if field == "LW" {
        return Some(Days::LastWeekday);
    }
    if let Some(before) = field.strip_prefix("L-") {
        return before.parse().ok().filter(|before| *before <= 30).map(Days::Last);
    }
    if let Some(day) = field.strip_suffix('W') {
        return DAYS.number(day).map(Days::Nearest);
    }
    DAYS.numbers(field).map(Days::OfMonth)
}

fn day_of_week_of(field: &str) -> Option<Days> {
    if field == "L" {
        return Some(Days::OfWeek(vec![WEEKDAYS.most]));
    }
    if let Some((weekday, nth)) = field.split_once('#') {
        let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth))?;
        return Some(Days::NthOfWeek(WEEKDAYS.number(weekday)?, nth));
    }
    if let Some(weekday) = field.strip_suffix('L') {
        return WEEKDAYS.number(weekday).map(Days::LastOfWeek);
    }
    WEEKDAYS.numbers(field).map(Days::OfWeek)
}

/// Returns the day of the week, Sunday as 1.
fn weekday(date: Date) -> u16 {
    u16::from(date.weekday().to_sunday_one_offset().unsigned_abs())
}

/// Returns the day from Monday to Friday that is nearest to `day`, in the same month.
fn nearest_weekday(month: Date, day: u16) -> Option<u16> {
    let last = u16::from(month.days_in_month().unsigned_abs());
    let date = Date::new(month.year(), month.month(), i8::try_from(day).ok()?).ok()?;
    Some(match weekday(date) {
        7 if day == 1 => 3,
        7 => day - 1,
        1 if day == last => day - 2,
        1 => day + 1,
        _ => day,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_in(expression: &str, after: &str, zone: &TimeZone) -> Option<String> {
        let after: jiff::Timestamp = after.parse().unwrap();
        let cron = Cron::parse(expression).unwrap_or_else(|| panic!("{expression}"));
        let next = cron.next(Timestamp(after.as_millisecond()), zone)?;
        Some(next.format("%Y-%m-%dT%H:%M:%SZ"))
    }

    fn next(expression: &str, after: &str) -> String {
        next_in(expression, after, &TimeZone::UTC).unwrap()
    }

    #[test]
    fn finds_the_next_moment() {
        let cases = [
            ("0 10 * * ? *", "2026-01-15T10:30:00Z", "2026-01-16T10:00:00Z"),
            ("15 12 * * ? *", "2026-01-15T10:30:00Z", "2026-01-15T12:15:00Z"),
            ("0/10 * ? * MON-FRI *", "2026-01-16T23:55:00Z", "2026-01-19T00:00:00Z"),
            ("0 18 ? * FRI *", "2026-01-16T18:00:00Z", "2026-01-23T18:00:00Z"),
            ("0 0 L * ? *", "2026-02-01T00:00:00Z", "2026-02-28T00:00:00Z"),
            ("0 0 L-2 * ? *", "2026-02-01T00:00:00Z", "2026-02-26T00:00:00Z"),
            ("0 0 29 2 ? *", "2026-02-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 ? * 6L *", "2026-01-01T00:00:00Z", "2026-01-30T00:00:00Z"),
            ("0 0 ? * L *", "2026-01-15T00:00:00Z", "2026-01-17T00:00:00Z"),
            ("0 0 ? * TUE#3 *", "2026-01-01T00:00:00Z", "2026-01-20T00:00:00Z"),
            // The 1st of August 2026 is a Saturday, the 15th too, the 31st of May a Sunday.
            ("0 0 1W 8 ? *", "2026-01-01T00:00:00Z", "2026-08-03T00:00:00Z"),
            ("0 0 15W 8 ? *", "2026-01-01T00:00:00Z", "2026-08-14T00:00:00Z"),
            ("0 0 LW 5 ? *", "2026-01-01T00:00:00Z", "2026-05-29T00:00:00Z"),
            ("30 9 1 JAN ? 2027-2030", "2026-01-15T10:30:00Z", "2027-01-01T09:30:00Z"),
        ];
        for (expression, after, expected) in cases {
            assert_eq!(next(expression, after), expected, "{expression}");
        }
    }

    #[test]
    fn ends_with_its_last_year() {
        assert_eq!(next_in("0 0 1 1 ? 2025", "2026-01-15T10:30:00Z", &TimeZone::UTC), None);
        assert_eq!(next_in("0 0 31 2 ? *", "2026-01-15T10:30:00Z", &TimeZone::UTC), None);
    }

    #[test]
    fn skips_what_the_clocks_skip_and_runs_once_what_they_show_twice() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let next = |after| next_in("30 2 * * ? *", after, &berlin).unwrap();
        assert_eq!(next("2026-03-28T12:00:00Z"), "2026-03-30T00:30:00Z");
        assert_eq!(next("2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
        assert_eq!(next("2026-10-25T00:30:00Z"), "2026-10-26T01:30:00Z");
    }

    #[test]
    fn refuses_what_aws_refuses() {
        let cases = [
            "* * * * * *",
            "0 10 * * ?",
            "0 10 ? * ? *",
            "0 24 * * ? *",
            "0 10 * * MON *",
            "0 10 ? * MON#6 *",
            "",
        ];
        for expression in cases {
            assert_eq!(Cron::parse(expression), None, "{expression}");
        }
    }
}
