//! Metrics: what identifies one, and its values summed up by the minute.
//!
//! Minutes that still change are held in memory and merged into the store from time to time; percentiles are
//! not kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::identity::Caller;
use crate::store::{Store, StoreError, Table};

pub const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// How long minutes are kept. AWS keeps coarser sums for longer.
const RETENTION: Duration = Duration::from_secs(15 * 24 * 60 * 60);
/// Minutes that are held in memory at most before they are merged into the store.
const MOST_PENDING: usize = 2000;

/// A metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Metric {
    pub account: String,
    pub region: String,
    pub namespace: String,
    pub name: String,
    /// In the order of their names.
    pub dimensions: BTreeMap<String, String>,
}

/// Values of a metric within some time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    pub count: f64,
    pub sum: f64,
    pub minimum: f64,
    pub maximum: f64,
}

impl Sums {
    /// Returns `count` times the same value.
    pub fn of(value: f64, count: f64) -> Self {
        Self { count, sum: value * count, minimum: value, maximum: value }
    }

    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
    }

    /// Returns a statistic by its name.
    pub fn statistic(&self, name: &str) -> Option<f64> {
        Some(match name {
            "SampleCount" => self.count,
            "Sum" => self.sum,
            "Average" => self.sum / self.count,
            "Minimum" => self.minimum,
            "Maximum" => self.maximum,
            _ => return None,
        })
    }
}

impl Metric {
    pub fn new(caller: &Caller, namespace: &str, name: &str, dimensions: BTreeMap<String, String>) -> Self {
        Self {
            account: caller.account.clone(),
            region: caller.region.clone(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions,
        }
    }

    /// Returns the key under which tables keep the metric.
    fn key(&self) -> String {
        let mut key = format!("{}/{}/{}\u{1f}{}", self.account, self.region, self.namespace, self.name);
        for (name, value) in &self.dimensions {
            key.push_str(&format!("\u{1f}{name}\u{1e}{value}"));
        }
        key
    }
}

/// The sums of all metrics.
pub struct Metrics {
    /// Metrics, and the latest minute of each.
    known: Table<(Metric, i64)>,
    /// The minutes of one hour of one metric.
    hours: Table<BTreeMap<i64, Sums>>,
    pending: Mutex<HashMap<Metric, BTreeMap<i64, Sums>>>,
    /// Held while minutes move from memory to the store.
    flushing: Mutex<()>,
}

impl Metrics {
    pub fn open(store: &Store) -> Self {
        Self {
            known: store.table("cloudwatch-metric"),
            hours: store.table("cloudwatch-hour"),
            pending: Mutex::default(),
            flushing: Mutex::default(),
        }
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<Metric, BTreeMap<i64, Sums>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds values to a metric's minute; they are durable after the next [`Metrics::flush`]. Returns whether
    /// there is much to flush.
    pub fn add(&self, metric: Metric, at: Timestamp, sums: Sums) -> bool {
        let minute = at.0.div_euclid(MINUTE) * MINUTE;
        let mut pending = self.pending();
        let minutes = pending.entry(metric).or_default();
        minutes.entry(minute).and_modify(|known| known.add(sums)).or_insert(sums);
        pending.len() > MOST_PENDING
    }

    /// Moves what is held in memory to the store.
    pub fn flush(&self) -> Result<(), StoreError> {
        let _flushing = self.flushing.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut *self.pending());
        for (metric, minutes) in taken {
            let key = metric.key();
            let latest = minutes.keys().last().copied().unwrap_or_default();
            let mut hours: BTreeMap<i64, Vec<(i64, Sums)>> = BTreeMap::new();
            for (minute, sums) in minutes {
                hours.entry(minute.div_euclid(HOUR)).or_default().push((minute, sums));
            }
            for (hour, new) in hours {
                let key = hour_key(&key, hour);
                let mut kept = self.hours.get(&key)?.unwrap_or_default();
                for (minute, sums) in new {
                    kept.entry(minute).and_modify(|known| known.add(sums)).or_insert(sums);
                }
                self.hours.put(&key, &kept)?;
            }
            let before = self.known.get(&key)?.map_or(latest, |(_, before)| before);
            self.known.put(&key, &(metric, latest.max(before)))?;
        }
        Ok(())
    }

    /// Returns the sums of each period from `start` up to `end`, by the moment at which the period begins.
    pub fn read(
        &self,
        metric: &Metric,
        start: i64,
        end: i64,
        period: i64,
    ) -> Result<BTreeMap<i64, Sums>, StoreError> {
        self.flush()?;
        let mut periods: BTreeMap<i64, Sums> = BTreeMap::new();
        let key = metric.key();
        // No minute is older than the latest by more than the retention.
        let Some((_, latest)) = self.known.get(&key)? else { return Ok(periods) };
        let oldest = latest - i64::try_from(RETENTION.as_millis()).unwrap_or(i64::MAX / 2) - HOUR;
        let (first, last) = (start.max(oldest), end.min(latest + MINUTE));
        for hour in first.div_euclid(HOUR)..=last.div_euclid(HOUR) {
            for (minute, sums) in self.hours.get(&hour_key(&key, hour))?.unwrap_or_default() {
                if minute < start || minute >= end {
                    continue;
                }
                let begin = start + (minute - start).div_euclid(period) * period;
                periods.entry(begin).and_modify(|known| known.add(sums)).or_insert(sums);
            }
        }
        Ok(periods)
    }

    /// Returns the metrics of the caller's account and region, and the latest minute of each.
    pub fn list(&self, caller: &Caller) -> Result<Vec<(Metric, i64)>, StoreError> {
        self.flush()?;
        Ok(self.known.scan(&caller.scope())?.into_iter().map(|(_, known)| known).collect())
    }

    /// Forgets minutes that have passed their retention.
    pub fn purge(&self, now: Timestamp) -> Result<(), StoreError> {
        let horizon = now.0 - i64::try_from(RETENTION.as_millis()).unwrap_or(i64::MAX);
        for (key, (_, latest)) in self.known.scan("")? {
            let oldest = hour_key(&key, horizon.div_euclid(HOUR));
            for (hour, _) in self.hours.scan(&format!("{key}\u{1d}"))? {
                if hour < oldest {
                    self.hours.remove(&hour)?;
                }
            }
            if latest < horizon {
                self.known.remove(&key)?;
            }
        }
        Ok(())
    }
}

fn hour_key(metric: &str, hour: i64) -> String {
    format!("{metric}\u{1d}{hour:010}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics() -> (tempfile::TempDir, Metrics, Metric) {
        let folder = tempfile::tempdir().unwrap();
        let metrics = Metrics::open(&Store::open(folder.path()).unwrap());
        let caller = Caller::administrator("111122223333", "us-east-1");
        let metric = Metric::new(&caller, "App", "Orders", BTreeMap::new());
        (folder, metrics, metric)
    }

    #[test]
    fn sums_up_minutes_to_periods() {
        let (_folder, metrics, metric) = metrics();
        for (at, value) in [(0, 1.0), (59_000, 3.0), (60_000, 5.0), (HOUR, 7.0)] {
            metrics.add(metric.clone(), Timestamp(at), Sums::of(value, 1.0));
            metrics.flush().unwrap();
        }
        let minutes = metrics.read(&metric, 0, 2 * HOUR, MINUTE).unwrap();
        assert_eq!(minutes.keys().copied().collect::<Vec<_>>(), [0, MINUTE, HOUR]);
        assert_eq!(minutes[&0], Sums { count: 2.0, sum: 4.0, minimum: 1.0, maximum: 3.0 });
        let hours = metrics.read(&metric, 0, 2 * HOUR, HOUR).unwrap();
        assert_eq!(hours[&0].statistic("Average"), Some(3.0));
        assert_eq!(metrics.read(&metric, MINUTE, HOUR, MINUTE).unwrap().len(), 1);
    }

    #[test]
    fn forgets_what_is_old() {
        let (_folder, metrics, metric) = metrics();
        metrics.add(metric.clone(), Timestamp(0), Sums::of(1.0, 1.0));
        metrics.flush().unwrap();
        let caller = Caller::administrator("111122223333", "us-east-1");
        assert_eq!(metrics.list(&caller).unwrap().len(), 1);
        metrics.purge(Timestamp(16 * 24 * HOUR)).unwrap();
        assert_eq!(metrics.list(&caller).unwrap().len(), 0);
    }
}
