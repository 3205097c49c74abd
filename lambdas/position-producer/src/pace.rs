//! Says how many records are due, given how much time has passed.

use std::time::Duration;

/// A steady rate over a span of time.
#[derive(Debug)]
pub struct Pace {
    rate: f64,
    span: Duration,
    given: u64,
}

impl Pace {
    /// Returns a pace of `rate` records per second for `span`.
    pub fn new(rate: f64, span: Duration) -> Self {
        Self { rate, span, given: 0 }
    }

    /// Returns how many records are due, `elapsed` being the time since the start, but `most` of them at a time.
    pub fn due(&mut self, elapsed: Duration, most: u64) -> u64 {
        let total = (self.rate * elapsed.min(self.span).as_secs_f64()).round() as u64;
        let due = total.saturating_sub(self.given).min(most);
        self.given += due;
        due
    }

    /// Returns whether the span has passed and all its records were given.
    pub fn is_over(&self, elapsed: Duration) -> bool {
        elapsed >= self.span && self.given >= (self.rate * self.span.as_secs_f64()).round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_exactly_the_rate_however_late_it_is_asked() {
        let mut pace = Pace::new(20.0, Duration::from_secs(3));
        let given: u64 =
            [0, 130, 900, 901, 2999, 5000].map(|ms| pace.due(Duration::from_millis(ms), 500)).iter().sum();
        assert_eq!(given, 60);
        assert!(pace.is_over(Duration::from_secs(3)));
    }

    #[test]
    fn makes_up_for_lost_time_in_steps() {
        let mut pace = Pace::new(1_000.0, Duration::from_secs(1));
        let late = Duration::from_secs(9);
        assert_eq!(pace.due(late, 600), 600);
        assert!(!pace.is_over(late));
        assert_eq!(pace.due(late, 600), 400);
        assert!(pace.is_over(late));
    }

    #[test]
    fn is_not_over_before_its_time() {
        let mut pace = Pace::new(0.0, Duration::from_secs(1));
        assert_eq!(pace.due(Duration::from_millis(999), 500), 0);
        assert!(!pace.is_over(Duration::from_millis(999)));
        assert!(pace.is_over(Duration::from_secs(1)));
    }
}
