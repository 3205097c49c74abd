//! Adds up taxi trips per pick-up zone: over a tumbling window where the mapping has them, else over each batch.
//!
//! A record into which a producer packed several trips counts as those. What cannot be read is counted and left behind. To report it as failed would have Lambda deliver it, and
//! all after it, again; and it would be as unreadable then. The function's answer therefore never names failures.
//!
//! Within a window, a record that comes twice counts once, as long as it is among the latest 1024. Lambda repeats a
//! batch with the state that it had at first, so that a failed invocation counts nothing twice either. Windows are
//! per shard: a zone whose trips lie in several shards has a table in each. The function has no settings.

mod tally;
mod trip;

use lambda_events::{BatchResponse, Event, FromPayload, KinesisEvent, KinesisRecord};
use serde::Serialize;
use serde_json::Value;

pub use tally::{Sums, Tally};
pub use trip::Trip;

use tally::Seen;

/// The table that is logged when a window ends.
#[derive(Debug, Serialize, PartialEq)]
pub struct Table {
    /// Start and end, as Lambda gives them; none where there are no windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard_id: Option<String>,
    /// Whether the window ended early because its state grew too large, so that another table follows.
    pub terminated_early: bool,
    pub trips: u64,
    /// Rows that are no trips.
    pub bad_records: u64,
    /// Records that came again, whatever is packed into them.
    pub duplicates: u64,
    /// By number of the zone.
    pub zones: Vec<Zone>,
}

/// One line of the table.
#[derive(Debug, Serialize, PartialEq)]
pub struct Zone {
    pub zone: u32,
    pub trips: u64,
    /// Dollars; fares that were taken back are subtracted.
    pub fare_total: f64,
    /// Miles.
    pub distance: f64,
}

/// What came of an invocation.
#[derive(Debug, PartialEq)]
pub struct Consumed {
    pub response: BatchResponse<Tally>,
    /// The table, if the window ends here.
    pub table: Option<Table>,
    /// Why the first bad record of this batch could not be read.
    pub problem: Option<String>,
}

impl FromPayload for Consumed {
    fn from_payload(payload: &str) -> Self {
        consume(KinesisEvent::read(payload))
    }
}

/// Adds the batch to the state it came with.
pub fn consume(event: KinesisEvent<'_>) -> Consumed {
    let mut tally: Tally =
        event.state.and_then(|state| serde_json::from_value(state).ok()).unwrap_or_default();
    let mut seen = Seen::of(&mut tally);
    let mut problem = None;
    let mut bytes = Vec::new();
    for record in &event.records {
        if !seen.is_new(&record.sequence_number) {
            tally.duplicates = tally.duplicates.saturating_add(1);
            continue;
        }
        if let Some(reason) = add(record, &mut bytes, &mut tally) {
            problem.get_or_insert_with(|| format!("record {}: {reason}", record.sequence_number));
        }
    }
    let is_windowed = event.window.is_some();
    let ends = !is_windowed || event.is_final_invoke_for_window || event.is_window_terminated_early;
    if ends {
        let table = Table {
            window: event.window,
            shard_id: event.shard_id.map(|id| id.into_owned()),
            terminated_early: event.is_window_terminated_early,
            ..Table::of(&tally)
        };
        // What follows begins with nothing.
        let state = is_windowed.then(Tally::default);
        return Consumed {
            response: BatchResponse { state, ..BatchResponse::default() },
            table: Some(table),
            problem,
        };
    }
    seen.keep_in(&mut tally);
    Consumed {
        response: BatchResponse { state: Some(tally), ..BatchResponse::default() },
        table: None,
        problem,
    }
}

impl Table {
    fn of(tally: &Tally) -> Self {
        let zone = |(name, sums): (&String, &Sums)| {
            let (fare_total, distance) = (sums.fare as f64 / 100.0, sums.distance as f64 / 100.0);
            Some(Zone { zone: name.parse().ok()?, trips: sums.trips, fare_total, distance })
        };
        let mut zones: Vec<Zone> = tally.zones.iter().filter_map(zone).collect();
        zones.sort_by_key(|zone| zone.zone);
        Self {
            window: None,
            shard_id: None,
            terminated_early: false,
            trips: zones.iter().fold(0, |trips, zone| zone.trips.saturating_add(trips)),
            bad_records: tally.bad_records,
            duplicates: tally.duplicates,
            zones,
        }
    }
}

/// Adds the trips of a record, and counts what is none; returns why the first of those is none.
fn add(record: &KinesisRecord<'_>, bytes: &mut Vec<u8>, tally: &mut Tally) -> Option<String> {
    let mut problem = None;
    let mut bad = |reason: String, tally: &mut Tally| {
        tally.bad_records = tally.bad_records.saturating_add(1);
        problem.get_or_insert(reason);
    };
    match record.rows(bytes) {
        Ok(rows) => rows.for_each(|row| {
            if let Err(reason) = Trip::read(row).and_then(|trip| tally.add(trip)) {
                bad(reason, tally);
            }
        }),
        Err(error) => bad(error.to_string(), tally),
    }
    problem
}

#[cfg(test)]
mod tests;
