//! How often one operation of Firehose may be called: five times in any second, as counted where the calls arrive.
//!
//! Each of five lanes carries one call at a time and rests for a second after its answer, so that however long the
//! network holds a call up, no second sees a sixth one. Time is given to the lanes, never asked by them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// What AWS allows for each operation, per account and region: <https://docs.aws.amazon.com/firehose/latest/dev/limits.html>.
const PER_SECOND: usize = 5;

/// How much longer a lane rests after each further refusal in a row, and after how many no longer than that.
const MOST_DOUBLINGS: u32 = 3;

/// The five lanes; times are measured from any common start.
#[derive(Debug)]
pub struct Lanes {
    rest: Duration,
    /// When each is free; never while a call is under way on it.
    free_at: [Option<Duration>; PER_SECOND],
    /// Refusals since the last call that was let through.
    refusals: u32,
}

impl Lanes {
    /// Returns the lanes of an operation, `scale` times as fast as on AWS.
    pub fn new(scale: f64) -> Self {
        let rest = Duration::from_secs(1).div_f64(scale);
        Self { rest, free_at: [Some(Duration::ZERO); PER_SECOND], refusals: 0 }
    }

    /// Takes a lane, or says how long to wait for one; for one to come back when no time can be told.
    pub fn take(&mut self, now: Duration) -> Result<usize, Option<Duration>> {
        let first = (0..PER_SECOND).filter(|&lane| self.free_at[lane].is_some());
        let Some(lane) = first.min_by_key(|&lane| self.free_at[lane]) else { return Err(None) };
        match self.free_at[lane].map(|at| at.saturating_sub(now)) {
            Some(wait) if !wait.is_zero() => Err(Some(wait)),
            _ => {
                self.free_at[lane] = None;
                Ok(lane)
            }
        }
    }

    /// Gives a lane back after the answer. Somebody else calls too when it was a refusal, so it rests longer.
    pub fn give_back(&mut self, lane: usize, now: Duration, was_throttled: bool) {
        self.refusals = if was_throttled { self.refusals.saturating_add(1) } else { 0 };
        let rest = self.rest * (1 << self.refusals.div_ceil(PER_SECOND as u32).min(MOST_DOUBLINGS));
        if let Some(free_at) = self.free_at.get_mut(lane) {
            *free_at = Some(now + rest);
        }
    }
}

/// The door before an operation: lets calls through one after the other, in the order in which they came.
#[derive(Debug)]
pub struct Gate {
    lanes: Mutex<Lanes>,
    queue: tokio::sync::Mutex<()>,
    came_back: Notify,
    started: Instant,
}

impl Gate {
    pub fn new(scale: f64) -> Self {
        Self {
            lanes: Mutex::new(Lanes::new(scale)),
            queue: tokio::sync::Mutex::new(()),
            came_back: Notify::new(),
            started: Instant::now(),
        }
    }

    /// Makes a call when there is room for it; `is_throttled` tells whether it was refused for too many calls.
    pub async fn pass<T>(&self, call: impl Future<Output = T>, is_throttled: impl Fn(&T) -> bool) -> T {
        let lane = self.enter().await;
        let answer = call.await;
        self.lanes().give_back(lane, self.started.elapsed(), is_throttled(&answer));
        self.came_back.notify_one();
        answer
    }

    async fn enter(&self) -> usize {
        let _turn = self.queue.lock().await;
        loop {
            let taken = self.lanes().take(self.started.elapsed());
            match taken {
                Ok(lane) => return lane,
                Err(Some(wait)) => tokio::time::sleep(wait).await,
                Err(None) => self.came_back.notified().await,
            }
        }
    }

    fn lanes(&self) -> std::sync::MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// Makes `count` calls that take `latency` each and returns when they arrived, which is half-way.
    fn arrivals(lanes: &mut Lanes, count: usize, latency: impl Fn(usize) -> Duration) -> Vec<Duration> {
        let (mut now, mut arrived, mut under_way) = (Duration::ZERO, Vec::new(), Vec::new());
        while arrived.len() < count {
            under_way.retain(|&(lane, ends)| {
                let is_over = ends <= now;
                if is_over {
                    lanes.give_back(lane, now, false);
                }
                !is_over
            });
            while arrived.len() < count
                && let Ok(lane) = lanes.take(now)
            {
                let latency = latency(arrived.len());
                arrived.push(now + latency / 2);
                under_way.push((lane, now + latency));
            }
            now += MILLISECOND;
        }
        arrived.sort();
        arrived
    }

    #[test]
    fn lets_no_sixth_call_arrive_in_any_second() {
        let latencies: [fn(usize) -> Duration; 3] = [
            |_| Duration::from_millis(2),
            |call| Duration::from_millis(1 + (call as u64 * 7919) % 900),
            |call| Duration::from_millis(if call % 5 == 4 { 700 } else { 5 }),
        ];
        for latency in latencies {
            let arrived = arrivals(&mut Lanes::new(1.0), 200, latency);
            for six in arrived.windows(6) {
                assert!(six[5] - six[0] >= Duration::from_secs(1), "{six:?}");
            }
        }
    }

    #[test]
    fn wastes_little_of_what_is_allowed() {
        let last = |scale: f64| {
            let arrived = arrivals(&mut Lanes::new(scale), 60, |_| Duration::from_millis(20));
            arrived.last().copied().unwrap_or_default()
        };
        // Twelve times five calls: eleven seconds lie between the first and the last of them.
        assert!(last(1.0) < Duration::from_secs(11).mul_f64(1.05), "{:?}", last(1.0));
        assert!(last(10.0) < Duration::from_millis(1500), "{:?}", last(10.0));
    }

    #[test]
    fn rests_longer_while_it_is_refused_and_recovers() {
        let mut lanes = Lanes::new(1.0);
        let mut now = Duration::ZERO;
        let mut rest = |lanes: &mut Lanes, was_throttled: bool| {
            let lane = loop {
                match lanes.take(now) {
                    Ok(lane) => break lane,
                    Err(wait) => now += wait.expect("nothing is under way"),
                }
            };
            lanes.give_back(lane, now, was_throttled);
            lanes.free_at[lane].expect("it was given back") - now
        };
        assert_eq!(rest(&mut lanes, false), Duration::from_secs(1));
        assert_eq!(rest(&mut lanes, true), Duration::from_secs(2));
        let rests: Vec<u64> = (0..30).map(|_| rest(&mut lanes, true).as_secs()).collect();
        assert_eq!(rests.last(), Some(&8));
        assert_eq!(rest(&mut lanes, false), Duration::from_secs(1));
    }

    #[test]
    fn says_that_nothing_is_free_while_all_are_under_way() {
        let mut lanes = Lanes::new(1.0);
        for _ in 0..PER_SECOND {
            lanes.take(Duration::ZERO).expect("five are free");
        }
        assert_eq!(lanes.take(Duration::from_secs(9)), Err(None));
        lanes.give_back(3, Duration::from_secs(9), false);
        assert_eq!(lanes.take(Duration::from_secs(9)), Err(Some(Duration::from_secs(1))));
        assert_eq!(lanes.take(Duration::from_secs(10)), Ok(3));
    }
}
