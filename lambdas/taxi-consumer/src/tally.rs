//! The sums per zone, which Lambda carries from one invocation of a window to the next.

use std::collections::{BTreeMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::trip::Trip;

/// So many of the latest records are known again when they come twice. As 16 characters each they take 16 KB of the
/// 1 MB that Lambda carries.
const REMEMBERED: usize = 1024;

/// Zones up to this one are always counted; the taxi commission has 265.
const LIKELY: u32 = 999;

/// Once there are so many zones, no other unlikely one is taken in. With all likely ones they come to 200 KB at most,
/// whatever a producer makes up, and a window never ends early for it.
const ZONES: usize = 1_000;

/// What was counted so far in a window. Numbers stay below 2^53, which JSON readers take exactly.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    pub zones: BTreeMap<String, Sums>,
    /// Rows that could not be read.
    pub bad_records: u64,
    /// Records that came again.
    pub duplicates: u64,
    /// Hashes of the latest records' sequence numbers, the oldest first.
    #[serde(skip_serializing_if = "String::is_empty")]
    seen: String,
}

/// The sums of one zone.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sums {
    pub trips: u64,
    /// Cents.
    pub fare: i64,
    /// Hundredths of a mile.
    pub distance: i64,
}

impl Tally {
    /// Adds a trip, unless its zone is one too many.
    pub fn add(&mut self, trip: Trip) -> Result<(), String> {
        let is_full = self.zones.len() >= ZONES;
        let sums = match self.zones.get_mut(zone_name(trip.zone, &mut [0; 10])) {
            Some(sums) => sums,
            None if is_full && trip.zone > LIKELY => {
                return Err(format!("`PULocationID` is no zone: there are {ZONES} already"));
            }
            None => self.zones.entry(trip.zone.to_string()).or_default(),
        };
        sums.trips = sums.trips.saturating_add(1);
        sums.fare = sums.fare.saturating_add(trip.fare);
        sums.distance = sums.distance.saturating_add(trip.distance);
        Ok(())
    }
}

/// Writes a zone's number without taking memory for it, since this is done for every trip.
fn zone_name(mut zone: u32, room: &mut [u8; 10]) -> &str {
    let mut at = room.len();
    loop {
        at -= 1;
        room[at] = b'0' + (zone % 10) as u8;
        zone /= 10;
        if zone == 0 || at == 0 {
            break;
        }
    }
    std::str::from_utf8(&room[at..]).unwrap_or_default()
}

/// The records seen lately, by a hash of their sequence numbers.
#[derive(Debug)]
pub struct Seen {
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Seen {
    /// Takes the memory out of a tally.
    pub fn of(tally: &mut Tally) -> Self {
        let text = std::mem::take(&mut tally.seen);
        let hash = |digits: &[u8]| u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        let order: VecDeque<u64> = text.as_bytes().chunks(16).filter_map(hash).collect();
        Self { known: order.iter().copied().collect(), order }
    }

    /// Returns whether a record is new, and remembers it. One without a sequence number is always new.
    pub fn is_new(&mut self, sequence_number: &str) -> bool {
        if sequence_number.is_empty() {
            return true;
        }
        let hash = hash(sequence_number);
        if !self.known.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    /// Puts the memory back into the tally.
    pub fn keep_in(self, tally: &mut Tally) {
        tally.seen = self.order.iter().map(|hash| format!("{hash:016x}")).collect();
    }
}

/// The 64-bit FNV-1a hash, which is the same in every version of this function, as a state has to be.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_record_again_across_invocations_but_not_for_ever() {
        let mut tally = Tally::default();
        let mut seen = Seen::of(&mut tally);
        assert!(seen.is_new("0") && !seen.is_new("0"));
        seen.keep_in(&mut tally);
        let text = serde_json::to_string(&tally).unwrap();
        let mut tally: Tally = serde_json::from_str(&text).unwrap();
        let mut seen = Seen::of(&mut tally);
        assert!(!seen.is_new("0"));
        assert!((1..=REMEMBERED).all(|number| seen.is_new(&number.to_string())));
        assert!(seen.is_new("0"), "it was forgotten");
        assert!(seen.is_new("") && seen.is_new(""));
        seen.keep_in(&mut tally);
        assert_eq!(tally.seen.len(), 16 * REMEMBERED);
    }

    #[test]
    fn names_zones_as_numbers_are_written() {
        for zone in [0, 7, 10, 265, 65_535, u32::MAX] {
            assert_eq!(zone_name(zone, &mut [0; 10]), zone.to_string());
        }
    }

    #[test]
    fn starts_anew_from_a_state_that_it_cannot_read() {
        let mut tally: Tally = serde_json::from_str(r#"{"seen":"äöü no hex","zones":{}}"#).unwrap();
        assert!(Seen::of(&mut tally).order.is_empty());
    }
}
