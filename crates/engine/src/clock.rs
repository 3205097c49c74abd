//! The engine's time, which can run faster than the wall clock or stand still until a test moves it.
//!
//! Buffers, batching windows, retention and schedules follow this clock. What a function really runs and
//! its timeout follow the wall clock and do not come here.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// A moment in milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Returns this moment as (fractional) seconds since the epoch, the form AWS's JSON protocols use.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Returns this moment as `2026-11-20T16:40:50.123Z`, the form AWS's XML protocols use.
    pub fn iso8601(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S%.3fZ")
    }

    /// Formats this moment in UTC with `strftime` conversions.
    pub fn format(self, format: &str) -> String {
        let timestamp = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        timestamp.strftime(format).to_string()
    }

    /// Returns the time that has passed since `earlier`, zero when `earlier` is in the future.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// A clock that all of an engine's services share.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    Scaled { scale: f64, anchor: Mutex<Anchor> },
    Manual { now: watch::Sender<Timestamp> },
}

/// The wall-clock moment at which the engine's clock showed a known time.
#[derive(Debug)]
struct Anchor {
    real: Instant,
    shown: Timestamp,
}

impl Clock {
    /// Returns a clock that starts at the present and runs `scale` times as fast as the wall clock.
    pub fn scaled(scale: f64) -> Self {
        let shown = Timestamp(jiff::Timestamp::now().as_millisecond());
        let anchor = Mutex::new(Anchor { real: Instant::now(), shown });
        Self(Arc::new(Kind::Scaled { scale, anchor }))
    }

    /// Returns a clock that stands at `start` until [`Clock::advance`] moves it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Arc::new(Kind::Manual { now: watch::Sender::new(start) }))
    }

    /// Returns how many times faster than the wall clock this clock runs; 0 for a manual one.
    pub fn scale(&self) -> f64 {
        match &*self.0 {
            Kind::Scaled { scale, .. } => *scale,
            Kind::Manual { .. } => 0.0,
        }
    }

    /// Returns what the clock shows.
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Kind::Scaled { scale, anchor } => {
                let anchor = anchor.lock().unwrap_or_else(PoisonError::into_inner);
                anchor.shown + anchor.real.elapsed().mul_f64(*scale)
            }
            Kind::Manual { now } => *now.borrow(),
        }
    }

    /// Moves a clock forward to `moment`, so that an engine that was restarted never sees time run backwards.
    pub(crate) fn not_before(&self, moment: Timestamp) {
        match &*self.0 {
            Kind::Scaled { anchor, .. } => {
                let mut anchor = anchor.lock().unwrap_or_else(PoisonError::into_inner);
                anchor.shown = anchor.shown.max(moment);
            }
            Kind::Manual { now } => now.send_modify(|now| *now = (*now).max(moment)),
        }
    }

    /// Moves a manual clock by `duration`; everything that was due until then wakes up.
    ///
    /// # Panics
    /// On a clock that is not manual: that is a mistake in the calling test.
    pub fn advance(&self, duration: Duration) {
        match &*self.0 {
            Kind::Manual { now } => now.send_modify(|now| *now = *now + duration),
            Kind::Scaled { .. } => panic!("only a manual clock can be advanced"),
        }
    }

    /// Waits for `duration` of this clock's time.
    pub async fn sleep(&self, duration: Duration) {
        self.sleep_until(self.now() + duration).await;
    }

    /// Waits until this clock shows `deadline`.
    pub async fn sleep_until(&self, deadline: Timestamp) {
        match &*self.0 {
            Kind::Scaled { scale, .. } => loop {
                let left = deadline.since(self.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.div_f64(*scale).max(Duration::from_millis(1))).await;
            },
            Kind::Manual { now } => {
                // The sender lives as long as `self`, so waiting can only end by reaching the deadline.
                let _ = now.subscribe().wait_for(|now| *now >= deadline).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_moment_as_aws_does() {
        assert_eq!(Timestamp(1_763_656_850_123).iso8601(), "2025-11-20T16:40:50.123Z");
        assert_eq!(Timestamp(1_763_656_850_123).seconds(), 1_763_656_850.123);
    }

    #[tokio::test]
    async fn wakes_a_sleeper_when_a_manual_clock_reaches_its_deadline() {
        let clock = Clock::manual(Timestamp(0));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep(Duration::from_secs(60)).await;
                clock.now()
            }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        assert_eq!(sleeper.await.unwrap(), Timestamp(60_000));
    }

    #[tokio::test]
    async fn runs_faster_than_the_wall_clock_when_scaled() {
        let clock = Clock::scaled(1000.0);
        let before = clock.now();
        clock.sleep(Duration::from_secs(20)).await;
        assert!(clock.now().since(before) >= Duration::from_secs(20));
    }
}
