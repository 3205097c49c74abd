//! How long things took here before, and so how long they may take now.
//!
//! Each operation that comes to its end leaves its times in a small file of the project, apart for each endpoint and
//! region. The file is a convenience: it is bounded, and one that cannot be read or written changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::timeline::{Deed, Step, Timeline};

/// The form of the file; another one is passed over.
const VERSION: u32 = 1;

/// How many times are remembered of one thing.
const SAMPLES: usize = 8;

/// How many things are remembered of an endpoint's region, and how many of those.
const THINGS: usize = 1000;
const PLACES: usize = 32;

/// A larger file is none of ours.
const LARGEST: u64 = 8 << 20;

/// Several stacks of one run may end at once.
static WRITING: Mutex<()> = Mutex::new(());

/// What is remembered, for one stack in one place.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// Nothing when there is no project to keep it in.
    path: Option<PathBuf>,
    place: String,
    stack: String,
    known: BTreeMap<String, Samples>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    version: u32,
    /// By endpoint and region, then by deed and type.
    places: BTreeMap<String, BTreeMap<String, Samples>>,
}

/// The last times of one thing, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Samples {
    /// When the last one was added, in seconds since the epoch.
    used: i64,
    milliseconds: Vec<u32>,
}

impl Samples {
    /// Returns the time in the middle: one slow day does not spoil it.
    fn median(&self) -> Option<Duration> {
        let mut sorted = self.milliseconds.clone();
        sorted.sort_unstable();
        let middle = sorted.get(sorted.len() / 2)?;
        Some(Duration::from_millis(u64::from(*middle)))
    }

    fn add(&mut self, milliseconds: i64, now: i64) {
        self.milliseconds.push(u32::try_from(milliseconds).unwrap_or(u32::MAX));
        let surplus = self.milliseconds.len().saturating_sub(SAMPLES);
        self.milliseconds.drain(..surplus);
        self.used = now;
    }
}

impl Expectations {
    /// Reads what is known of a stack's operations at an endpoint, in a region.
    pub fn read(path: Option<PathBuf>, endpoint: &str, region: &str, stack: &str) -> Self {
        let place = format!("{endpoint} {region}");
        let memory = path.as_deref().map(Memory::read).unwrap_or_default();
        let known = memory.places.get(&place).cloned().unwrap_or_default();
        Self { path, place, stack: stack.to_owned(), known }
    }

    /// Returns how long it takes to do that to a resource: as it did to this one, or else to others of its type.
    pub fn of(&self, deed: Deed, resource_type: &str, logical_id: &str) -> Option<Duration> {
        let own = self.known.get(&self.of_one(deed, logical_id));
        own.or_else(|| self.known.get(&of_type(deed, resource_type)))?.median()
    }

    /// Returns how long the stack's operations of that kind take as a whole.
    pub fn whole(&self, deed: Deed) -> Option<Duration> {
        self.known.get(&self.of_all(deed))?.median()
    }

    /// Keeps the times of an operation that has ended.
    pub fn learn(&self, timeline: &Timeline) {
        let Some(path) = &self.path else { return };
        let done: Vec<&Step> = timeline.steps.iter().filter(|step| step.is_done()).collect();
        if done.is_empty() {
            return;
        }
        let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = Memory::read(path);
        let place = memory.places.entry(self.place.clone()).or_default();
        let now = done.iter().filter_map(|step| step.end).max().unwrap_or_default();
        for step in done {
            let took = step.lasted(now);
            for key in [of_type(step.deed, &step.resource_type), self.of_one(step.deed, &step.logical_id)] {
                place.entry(key).or_default().add(took, now / 1000);
            }
        }
        if let Some(whole) = timeline.whole.as_ref().filter(|_| timeline.is_success()) {
            place.entry(self.of_all(whole.deed)).or_default().add(whole.lasted(now), now / 1000);
        }
        memory.bound();
        if let Err(error) = memory.write(path) {
            tracing::debug!(%error, path = %path.display(), "the times of this operation are not remembered");
        }
    }

    fn of_one(&self, deed: Deed, logical_id: &str) -> String {
        format!("{} {}/{logical_id}", deed.word(), self.stack)
    }

    fn of_all(&self, deed: Deed) -> String {
        format!("{} {}", deed.word(), self.stack)
    }
}

fn of_type(deed: Deed, resource_type: &str) -> String {
    format!("{} {resource_type}", deed.word())
}

impl Memory {
    /// Returns what the file holds; nothing when it holds something else.
    fn read(path: &Path) -> Self {
        let is_ours = std::fs::metadata(path).is_ok_and(|file| file.len() <= LARGEST);
        let text = if is_ours { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() };
        let memory: Self = serde_json::from_str(&text).unwrap_or_default();
        if memory.version == VERSION { memory } else { Self::default() }
    }

    /// Forgets what was not used for longest.
    fn bound(&mut self) {
        let newest = |things: &BTreeMap<String, Samples>| things.values().map(|samples| samples.used).max();
        while self.places.len() > PLACES {
            let oldest = self.places.iter().min_by_key(|(_, things)| newest(things));
            let Some(oldest) = oldest.map(|(place, _)| place.clone()) else { return };
            self.places.remove(&oldest);
        }
        for things in self.places.values_mut().filter(|things| things.len() > THINGS) {
            let mut ages: Vec<i64> = things.values().map(|samples| samples.used).collect();
            ages.sort_unstable();
            let limit = ages[ages.len() - THINGS];
            things.retain(|_, samples| samples.used >= limit);
            while things.len() > THINGS {
                things.pop_first();
            }
        }
    }

    /// Writes the file beside its place and moves it there, so that nobody reads half of it.
    fn write(&mut self, path: &Path) -> std::io::Result<()> {
        self.version = VERSION;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let draft = path.with_extension(format!("{}.tmp", std::process::id()));
        std::fs::write(&draft, serde_json::to_vec(self)?)?;
        std::fs::rename(&draft, path).inspect_err(|_| {
            let _ = std::fs::remove_file(&draft);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::follow::timeline::tests::event;

    fn operation(took: i64) -> Timeline {
        Timeline::of(&[
            event(0, "s", "CREATE_IN_PROGRESS"),
            event(0, "A", "CREATE_IN_PROGRESS"),
            event(took, "A", "CREATE_COMPLETE"),
            event(took + 1, "s", "CREATE_COMPLETE"),
        ])
    }

    fn read(folder: &tempfile::TempDir, endpoint: &str) -> Expectations {
        Expectations::read(Some(folder.path().join(".hydrant/durations.json")), endpoint, "eu-west-1", "pipe")
    }

    #[test]
    fn expects_what_it_saw_here_and_nothing_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        for took in [40, 30, 300] {
            read(&folder, "aws").learn(&operation(took));
        }
        let expected = |endpoint: &str, id: &str| {
            let seconds = read(&folder, endpoint).of(Deed::Create, "AWS::Kinesis::Stream", id)?;
            Some(seconds.as_secs())
        };
        assert_eq!(expected("aws", "A"), Some(40));
        assert_eq!(expected("aws", "Another"), Some(40));
        assert_eq!(expected("local", "A"), None);
        assert_eq!(read(&folder, "aws").whole(Deed::Create), Some(Duration::from_secs(41)));
        assert_eq!(read(&folder, "aws").whole(Deed::Delete), None);
    }

    #[test]
    fn begins_anew_where_the_file_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".hydrant/durations.json");
        for broken in ["{", "[]", "{\"version\": 9, \"places\": {}}", "{\"version\": 1, \"places\": 3}"] {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, broken).unwrap();
            assert_eq!(read(&folder, "aws").whole(Deed::Create), None);
            read(&folder, "aws").learn(&operation(5));
            assert_eq!(read(&folder, "aws").whole(Deed::Create), Some(Duration::from_secs(6)));
        }
        // No draft is left beside it.
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn learns_nothing_of_what_failed() {
        let folder = tempfile::tempdir().unwrap();
        read(&folder, "aws").learn(&Timeline::of(&[
            event(0, "s", "CREATE_IN_PROGRESS"),
            event(0, "A", "CREATE_IN_PROGRESS"),
            event(9, "A", "CREATE_FAILED"),
            event(9, "s", "ROLLBACK_IN_PROGRESS"),
            event(9, "A", "DELETE_IN_PROGRESS"),
            event(10, "A", "DELETE_COMPLETE"),
            event(10, "s", "ROLLBACK_COMPLETE"),
        ]));
        let known = read(&folder, "aws");
        assert_eq!(known.of(Deed::Create, "AWS::Kinesis::Stream", "A"), None);
        assert_eq!(known.of(Deed::Delete, "AWS::Kinesis::Stream", "A"), Some(Duration::from_secs(1)));
        assert_eq!(known.whole(Deed::Create), None);
    }

    #[test]
    fn stays_small() {
        let mut memory = Memory::default();
        for number in 0..THINGS + 50 {
            let samples = Samples { used: number as i64, milliseconds: vec![1] };
            memory.places.entry("aws eu-west-1".to_owned()).or_default().insert(number.to_string(), samples);
        }
        let mut samples = Samples::default();
        (0..100).for_each(|time| samples.add(time, time));
        assert_eq!(samples.milliseconds.len(), SAMPLES);
        memory.bound();
        let things = &memory.places["aws eu-west-1"];
        assert_eq!(things.len(), THINGS);
        assert!(!things.contains_key("0") && things.contains_key("1049"));
    }
}
