//! Gathers per vehicle what the rows say, in bounded room, and apart from that what rows of a proof do.

use std::collections::BTreeMap;

use fleet_maxima::{Alert, Found, Maximum, SHARDS, shard_of};

use crate::hour;
use crate::row::Row;

/// So many bytes of findings are merged into the state before more rows are read.
const FULL: usize = 8 << 20;

/// Room that a finding takes besides its texts; a guess that errs on the large side. What one finding replaces is
/// not taken off again.
const EACH: usize = 256;

/// What rows said, since it was last taken.
#[derive(Debug, Default)]
pub struct Findings {
    vehicles: BTreeMap<String, Found>,
    /// Rows of a proof that are above the limit, each of them.
    proofs: Vec<Alert>,
    room: usize,
}

impl Findings {
    /// Notes a row of an object that was written in the hour `written`.
    pub fn note(&mut self, row: &Row<'_>, written: i64, limit: Option<f64>) {
        let fast = limit.is_some_and(|limit| row.speed > limit);
        if row.is_proof() {
            if fast {
                self.room += room(row);
                let (vin, hour) = (row.vin.to_owned(), hour::of_row(row.timestamp, written));
                self.proofs.push(Alert { vin, hour, row: maximum(row) });
            }
            return;
        }
        let slower = |found: &Found| row.speed < found.maximum.speed;
        // Most rows are neither, and nothing of them is copied.
        if !fast && self.vehicles.get(row.vin).is_some_and(slower) {
            return;
        }
        let maximum = maximum(row);
        self.room += room(row);
        let found = self
            .vehicles
            .entry(row.vin.to_owned())
            .or_insert_with(|| Found { maximum: maximum.clone(), fast: BTreeMap::new() });
        found.maximum.raise(&maximum);
        if fast {
            let hour = hour::of_row(row.timestamp, written);
            found.fast.entry(hour).or_insert_with(|| maximum.clone()).raise(&maximum);
        }
    }

    /// Returns whether it is time to take the findings.
    pub fn are_many(&self) -> bool {
        self.room >= FULL
    }

    /// Takes the rows of a proof that are above the limit.
    pub fn take_proofs(&mut self) -> Vec<Alert> {
        std::mem::take(&mut self.proofs)
    }

    /// Takes the findings, by the shard of their vehicles.
    pub fn take(&mut self) -> Vec<(u8, BTreeMap<String, Found>)> {
        self.room = 0;
        let mut shards: Vec<_> = (0..SHARDS).map(|number| (number, BTreeMap::new())).collect();
        for (vin, found) in std::mem::take(&mut self.vehicles) {
            if let Some((_, vehicles)) = shards.get_mut(usize::from(shard_of(&vin))) {
                vehicles.insert(vin, found);
            }
        }
        shards.retain(|(_, vehicles)| !vehicles.is_empty());
        shards
    }
}

fn maximum(row: &Row<'_>) -> Maximum {
    Maximum {
        speed: row.speed,
        timestamp: row.timestamp.to_owned(),
        record_id: row.record_id.to_owned(),
        lon: row.lon,
        lat: row.lat,
    }
}

fn room(row: &Row<'_>) -> usize {
    EACH + row.vin.len() + row.timestamp.len() + row.record_id.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(findings: &mut Findings, line: &str) {
        findings.note(&Row::parse(line.as_bytes()).unwrap(), 100, Some(120.0));
    }

    #[test]
    fn keeps_one_maximum_per_vehicle_and_one_fast_row_per_hour() {
        let mut findings = Findings::default();
        for line in [
            "1 2026-11-20T04:00:00Z v 1 2 130",
            "2 2026-11-20T04:30:00Z v 1 2 150",
            "3 2026-11-20T05:00:00Z v 1 2 121",
            "4 2026-11-20T06:00:00Z v 1 2 120",
        ] {
            note(&mut findings, line);
        }
        let taken = findings.take();
        let found = &taken[0].1["v"];
        assert_eq!((taken.len(), found.maximum.speed), (1, 150.0));
        let fast: Vec<_> = found.fast.values().map(|row| &*row.record_id).collect();
        assert_eq!(fast, ["2", "3"], "120 is the limit, and not above it");
        assert!(findings.take().is_empty());
    }

    #[test]
    fn asks_to_be_taken_before_it_fills_the_memory() {
        for row in ["r t vehicle-N 1 2 3", "hydrant-verify-N t v 1 2 130"] {
            let mut findings = Findings::default();
            let mut number = 0;
            while !findings.are_many() {
                note(&mut findings, &row.replace('N', &number.to_string()));
                number += 1;
            }
            assert!((10_000..40_000).contains(&number), "{number}");
        }
    }

    #[test]
    fn keeps_rows_of_a_proof_apart() {
        let mut findings = Findings::default();
        note(&mut findings, "hydrant-verify-1 t v 1 2 130");
        note(&mut findings, "hydrant-verify-2 t v 1 2 120");
        assert!(findings.take().is_empty());
        assert_eq!(
            findings.take_proofs().iter().map(|alert| &*alert.row.record_id).collect::<Vec<_>>(),
            ["hydrant-verify-1"]
        );
        assert!(findings.take_proofs().is_empty());
    }
}
