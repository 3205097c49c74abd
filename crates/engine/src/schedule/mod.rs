//! Schedule expressions: from `rate(5 minutes)` and `cron(0 12 * * ? *)` to the moments that they name.
//!
//! Rules and schedules share them. Who is called at those moments is not known here.

mod cron;
mod field;

use jiff::tz::TimeZone;

pub use self::cron::Cron;
use crate::clock::Timestamp;

/// When something recurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recurrence {
    /// Every so many milliseconds from when it began.
    Rate(i64),
    Cron(Box<Cron>),
}

impl Recurrence {
    /// Reads a `rate(…)` or `cron(…)` expression; `None` for anything else.
    pub fn parse(expression: &str) -> Option<Self> {
        if let Some(rate) = inside(expression, "rate") {
            return parse_rate(rate).map(Self::Rate);
        }
        let cron = inside(expression, "cron")?;
        Cron::parse(cron).map(|cron| Self::Cron(Box::new(cron)))
    }

    /// Returns the first moment after `after`; a rate counts from `anchor`, a cron follows the clocks of `zone`.
    pub fn next(&self, anchor: Timestamp, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Rate(period) => {
                let periods = after.0.saturating_sub(anchor.0).div_euclid(*period).saturating_add(1).max(1);
                anchor.0.checked_add(periods.checked_mul(*period)?).map(Timestamp)
            }
            Self::Cron(cron) => cron.next(after, zone),
        }
    }
}

/// Returns what stands between `name(` and `)`.
pub fn inside<'a>(expression: &'a str, name: &str) -> Option<&'a str> {
    expression.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')
}

/// Reads `5 minutes`; one is singular and the others plural, as AWS insists.
fn parse_rate(rate: &str) -> Option<i64> {
    let (count, unit) = rate.split_once(' ')?;
    let count: i64 = count.parse().ok().filter(|count| *count > 0)?;
    let singular = unit.trim().strip_suffix('s');
    if singular.is_some() != (count > 1) {
        return None;
    }
    let unit = match singular.unwrap_or(unit.trim()) {
        "minute" => 60_000,
        "hour" => 3_600_000,
        "day" => 86_400_000,
        _ => return None,
    };
    count.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rates_as_strictly_as_aws() {
        assert_eq!(Recurrence::parse("rate(1 minute)"), Some(Recurrence::Rate(60_000)));
        assert_eq!(Recurrence::parse("rate(2 days)"), Some(Recurrence::Rate(172_800_000)));
        for wrong in
            ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(5 weeks)", "rate(5)", "5 minutes"]
        {
            assert_eq!(Recurrence::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn counts_a_rate_from_its_anchor() {
        let rate = Recurrence::Rate(60_000);
        let next = |after| rate.next(Timestamp(10_000), Timestamp(after), &TimeZone::UTC);
        assert_eq!(next(10_000), Some(Timestamp(70_000)));
        assert_eq!(next(69_999), Some(Timestamp(70_000)));
        assert_eq!(next(70_000), Some(Timestamp(130_000)));
        assert_eq!(next(0), Some(Timestamp(70_000)));
    }
}
