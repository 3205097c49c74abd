//! How often the server is asked how operations go: all that this run follows share one pace, and slow down together.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Between two questions, when the server has just asked for fewer.
const FIRST_GAP: Duration = Duration::from_millis(250);
const LONGEST_GAP: Duration = Duration::from_secs(10);

/// Below this a gap is none.
const SHORTEST_GAP: Duration = Duration::from_millis(50);

/// The pace of everything that this run follows.
pub static SHARED: Pacing = Pacing::new();

/// A pace that several share.
#[derive(Debug)]
pub struct Pacing(Mutex<State>);

#[derive(Debug)]
struct State {
    /// How long after one question the next may be asked, whoever asks it.
    gap: Duration,
    next: Option<Instant>,
}

impl Pacing {
    const fn new() -> Self {
        Self(Mutex::new(State { gap: Duration::ZERO, next: None }))
    }

    /// Waits until it is one's turn to ask.
    pub async fn turn(&self) {
        tokio::time::sleep_until(self.reserve(Instant::now())).await;
    }

    /// Returns when the next question may be asked, and keeps that moment for the caller.
    fn reserve(&self, now: Instant) -> Instant {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = state.next.map_or(now, |next| next.max(now));
        state.next = Some(turn + state.gap);
        turn
    }

    /// Takes note that the server asked for fewer questions.
    pub fn throttled(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.gap = (state.gap * 2).clamp(FIRST_GAP, LONGEST_GAP);
    }

    /// Takes note that the server answered.
    pub fn answered(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.gap = state.gap * 4 / 5;
        if state.gap < SHORTEST_GAP {
            state.gap = Duration::ZERO;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slows_down_for_all_and_recovers() {
        let pacing = Pacing::new();
        let start = Instant::now();
        let turns = |count: usize| -> Vec<u128> {
            let turn = |_| pacing.reserve(start).saturating_duration_since(start).as_millis();
            (0..count).map(turn).collect()
        };
        assert_eq!(turns(3), [0, 0, 0]);
        pacing.throttled();
        pacing.throttled();
        assert_eq!(turns(3), [0, 500, 1000]);
        (0..20).for_each(|_| pacing.throttled());
        assert_eq!(pacing.0.lock().unwrap().gap, LONGEST_GAP);
        (0..30).for_each(|_| pacing.answered());
        assert_eq!(pacing.0.lock().unwrap().gap, Duration::ZERO);
    }
}
