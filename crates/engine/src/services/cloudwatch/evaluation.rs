//! From the latest values of a metric to the state of an alarm.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>

use super::alarm::State;

/// Periods that are looked at beside those that an alarm evaluates, for values that are missing.
pub const SPARE_PERIODS: usize = 2;

/// What an alarm asks of its metric.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub evaluation_periods: usize,
    pub datapoints_to_alarm: usize,
    /// `missing`, `ignore`, `breaching` or `notBreaching`.
    pub treat_missing_data: &'a str,
    pub comparison: &'a str,
    pub threshold: f64,
}

impl Question<'_> {
    /// Returns whether a value crosses the threshold.
    pub fn is_breaching(&self, value: f64) -> bool {
        match self.comparison {
            "GreaterThanThreshold" => value > self.threshold,
            "GreaterThanOrEqualToThreshold" => value >= self.threshold,
            "LessThanThreshold" => value < self.threshold,
            _ => value <= self.threshold,
        }
    }

    /// Returns the state that the values give, newest first with holes for missing ones; `None` keeps the present one.
    pub fn answer(&self, values: &[Option<f64>]) -> Option<State> {
        let real: Vec<f64> = values.iter().flatten().copied().take(self.evaluation_periods).collect();
        let breaching = real.iter().filter(|value| self.is_breaching(**value)).count();
        let missing = self.evaluation_periods - real.len();
        if breaching >= self.datapoints_to_alarm {
            return Some(State::Alarm);
        }
        let state_of = |is_alarm| if is_alarm { State::Alarm } else { State::Ok };
        match self.treat_missing_data {
            _ if missing == 0 => Some(State::Ok),
            "breaching" => Some(state_of(breaching + missing >= self.datapoints_to_alarm)),
            "notBreaching" => Some(State::Ok),
            "ignore" if breaching == real.len() => None,
            "missing" if real.is_empty() => Some(State::InsufficientData),
            // What there is decides.
            _ => Some(state_of(breaching == real.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Evaluates `0 - X`, oldest first: a value that is fine, none, and one that is not.
    fn answer(datapoints_to_alarm: usize, treat: &str, values: &str) -> Option<State> {
        let question = Question {
            evaluation_periods: 3,
            datapoints_to_alarm,
            treat_missing_data: treat,
            comparison: "GreaterThanThreshold",
            threshold: 0.5,
        };
        let values: Vec<_> = values
            .split(' ')
            .rev()
            .map(|value| match value {
                "0" => Some(0.0),
                "X" => Some(1.0),
                _ => None,
            })
            .collect();
        question.answer(&values)
    }

    #[test]
    fn treats_missing_values_as_documented() {
        use State::{Alarm, InsufficientData, Ok as Fine};
        let treatments = ["missing", "ignore", "breaching", "notBreaching"];
        let table = [
            (3, "0 - X - X", [Some(Fine), Some(Fine), Some(Fine), Some(Fine)]),
            (3, "0 - - - -", [Some(Fine), Some(Fine), Some(Fine), Some(Fine)]),
            (3, "- - - - -", [Some(InsufficientData), None, Some(Alarm), Some(Fine)]),
            (3, "0 X X - X", [Some(Alarm), Some(Alarm), Some(Alarm), Some(Alarm)]),
            (3, "- - X - -", [Some(Alarm), None, Some(Alarm), Some(Fine)]),
            (2, "0 - X - X", [Some(Alarm), Some(Alarm), Some(Alarm), Some(Alarm)]),
            (2, "0 0 X - X", [Some(Alarm), Some(Alarm), Some(Alarm), Some(Alarm)]),
            (2, "0 - X - -", [Some(Fine), Some(Fine), Some(Alarm), Some(Fine)]),
            (2, "- - - - 0", [Some(Fine), Some(Fine), Some(Alarm), Some(Fine)]),
            (2, "- - - X -", [Some(Alarm), None, Some(Alarm), Some(Fine)]),
        ];
        for (datapoints, values, expected) in table {
            for (treat, expected) in treatments.iter().zip(expected) {
                assert_eq!(answer(datapoints, treat, values), expected, "{datapoints} {treat} {values}");
            }
        }
    }
}
