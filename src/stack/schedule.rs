//! When a function runs by the clock: a duration such as `1h`, or EventBridge Scheduler's own `cron(…)` and
//! `at(…)`.

use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};

use super::units::Seconds;

/// An expression of EventBridge Scheduler, such as `rate(60 minutes)`.
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(pub String);

impl Schedule {
    /// Returns how many seconds lie between two runs, when they are always the same.
    pub fn seconds(&self) -> Option<u64> {
        let rate = self.0.strip_prefix("rate(")?.strip_suffix(')')?;
        let (count, unit) = rate.trim().split_once(' ')?;
        let unit = match unit.trim().trim_end_matches('s') {
            "minute" => 60,
            "hour" => 3600,
            "day" => 86_400,
            _ => return None,
        };
        count.parse::<u64>().ok()?.checked_mul(unit)
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if ["rate(", "cron(", "at("].iter().any(|word| text.starts_with(word)) {
            return match text.ends_with(')') {
                true => Ok(Self(text.to_owned())),
                false => Err(format!("the schedule `{text}` has no closing parenthesis")),
            };
        }
        let Ok(Seconds(seconds)) = text.parse::<Seconds>() else {
            return Err(format!(
                "`{text}` is not a schedule; write how often, such as `1h`, or `cron(0 12 * * ? *)`"
            ));
        };
        match seconds {
            0 => Err("a schedule cannot repeat every 0 seconds".to_owned()),
            _ if !seconds.is_multiple_of(60) => Err(format!("a schedule counts whole minutes, not `{text}`")),
            60 => Ok(Self("rate(1 minute)".to_owned())),
            _ => Ok(Self(format!("rate({} minutes)", seconds / 60))),
        }
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_durations_and_expressions() {
        let expression = |text: &str| text.parse::<Schedule>().map(|schedule| schedule.0);
        assert_eq!(expression("1h"), Ok("rate(60 minutes)".into()));
        assert_eq!(expression("1m"), Ok("rate(1 minute)".into()));
        assert_eq!(expression("cron(0 12 * * ? *)"), Ok("cron(0 12 * * ? *)".into()));
        for text in ["90s", "hourly", "cron(0 12 * * ? *", "0s"] {
            assert!(expression(text).is_err(), "{text}");
        }
    }
}
