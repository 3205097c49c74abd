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

    /// Returns how many records became due since the last call, `elapsed` being the time since the start.
    pub fn due(&mut self, elapsed: Duration) -> u64 {
        let total = (self.rate * elapsed.min(self.span).as_secs_f64()).round() as u64;
        let due = total.saturating_sub(self.given);
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
            [0, 130, 900, 901, 2999, 5000].map(|ms| pace.due(Duration::from_millis(ms))).iter().sum();
        assert_eq!(given, 60);
        assert!(pace.is_over(Duration::from_secs(3)));
    }

    #[test]
    fn is_not_over_before_its_time() {
        let mut pace = Pace::new(0.0, Duration::from_secs(1));
        assert_eq!(pace.due(Duration::from_millis(999)), 0);
        assert!(!pace.is_over(Duration::from_millis(999)));
        assert!(pace.is_over(Duration::from_secs(1)));
    }
}
