//! Windows from their first batch to their table.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_events::Event;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn trip(zone: u32, fare: f64, miles: f64) -> String {
    json!({"PULocationID": zone, "fare_amount": fare, "trip_distance": miles}).to_string()
}

fn event(records: &[(&str, &str)], more: Value) -> String {
    let record = |(number, data): &(&str, &str)| json!({"kinesis": {"sequenceNumber": number, "data": STANDARD.encode(data), "subsequenceNumber": ""}});
    let mut event = more;
    event["Records"] = records.iter().map(record).collect();
    event.to_string()
}

fn zone(zone: u32, trips: u64, fare_total: f64, distance: f64) -> Zone {
    Zone { zone, trips, fare_total, distance }
}

#[test]
fn adds_up_a_window_over_several_invocations() {
    let window = json!({"start": "2026-11-20T10:00:00Z", "end": "2026-11-20T10:01:00Z"});
    let mut state = json!({});
    let batches = [
        [("1", trip(142, 12.1, 3.01)), ("2", trip(9, 5.0, 0.1))],
        [("2", trip(9, 5.0, 0.1)), ("3", trip(142, -2.1, 0.2))],
        [("4", "no JSON".to_owned()), ("5", "{}".to_owned())],
    ];
    for batch in batches {
        let records: Vec<_> = batch.iter().map(|(number, data)| (*number, &**data)).collect();
        let payload =
            event(&records, json!({"window": window, "state": state, "shardId": "shardId-000000000000"}));
        let consumed = consume(KinesisEvent::read(&payload));
        assert_eq!(consumed.table, None);
        state = serde_json::to_value(consumed.response).unwrap()["state"].take();
    }
    let last = json!({"window": window, "state": state, "shardId": "shardId-000000000000", "isFinalInvokeForWindow": true});
    let consumed = consume(KinesisEvent::read(&event(&[], last)));
    let table = consumed.table.unwrap();
    assert_eq!(table.zones, [zone(9, 1, 5.0, 0.1), zone(142, 2, 10.0, 3.21)]);
    assert_eq!((table.trips, table.bad_records, table.duplicates), (3, 2, 1));
    assert_eq!((table.window, table.shard_id.as_deref()), (Some(window), Some("shardId-000000000000")));
    let answer = serde_json::to_string(&consumed.response).unwrap();
    assert_eq!(answer, r#"{"state":{"zones":{},"bad_records":0,"duplicates":0},"batchItemFailures":[]}"#);
}

#[test]
fn adds_up_each_batch_where_there_are_no_windows() {
    let trips = trip(1, 1.0, 1.0);
    let consumed = consume(KinesisEvent::read(&event(&[("1", &trips), ("2", &trips)], json!({}))));
    assert_eq!(consumed.table.unwrap().zones, [zone(1, 2, 2.0, 2.0)]);
    assert_eq!(serde_json::to_string(&consumed.response).unwrap(), r#"{"batchItemFailures":[]}"#);
}

#[test]
fn never_reports_a_bad_record_as_failed_but_says_why_it_is_bad() {
    let consumed = consume(KinesisEvent::read(&event(&[("7", "{")], json!({}))));
    assert_eq!(consumed.response.batch_item_failures, []);
    assert!(consumed.problem.unwrap().starts_with("record 7: not a trip"));
}

#[test]
fn keeps_its_state_within_what_lambda_carries() {
    let records: Vec<(String, String)> =
        (0..6_000).map(|number| (format!("4967{number:052}"), trip(number % 1_100, 12.34, 5.67))).collect();
    let records: Vec<_> = records.iter().map(|(number, data)| (&**number, &**data)).collect();
    let payload = event(&records, json!({"window": {"start": "a", "end": "b"}}));
    let response = consume(KinesisEvent::read(&payload)).response;
    assert_eq!(response.state.as_ref().unwrap().zones.len(), 1_099);
    assert!(serde_json::to_vec(&response).unwrap().len() < 100_000);
}

proptest! {
    #[test]
    fn takes_any_payload(payload in ".{0,200}", data in "[\\[\\]{}\":,a-z0-9.]{0,60}", state in "[\\[\\]{}\":,a-z0-9]{0,40}") {
        consume(KinesisEvent::read(&payload));
        let state: Value = serde_json::from_str(&state).unwrap_or_default();
        for state in [state.clone(), json!({"zones": {"x": state}}), json!({"zones": {"1": {"trips": state}}})] {
            consume(KinesisEvent::read(&event(&[("1", &data)], json!({"window": {}, "state": state}))));
        }
    }
}
