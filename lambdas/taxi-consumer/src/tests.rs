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
    // First the zones that somebody made up, and then those that there may be; all with sums as long as they can get.
    let made_up = (9_000_000..9_020_000).map(|zone| trip(zone, -1e7, 1e7));
    let likely = (1..=999).map(|zone| trip(zone, -1e7, 1e7));
    let records: Vec<_> = made_up.chain(likely).enumerate().collect();
    let records: Vec<_> =
        records.iter().map(|(number, trip)| (format!("4967{number:052}"), &**trip)).collect();
    let records: Vec<_> = records.iter().map(|(number, trip)| (&**number, *trip)).collect();
    let payload = event(&records, json!({"window": {"start": "a", "end": "b"}}));
    let consumed = consume(KinesisEvent::read(&payload));
    let mut tally = consumed.response.state.unwrap();
    assert_eq!((tally.zones.len(), tally.bad_records), (1_999, 19_000));
    assert!(tally.zones.contains_key("1") && tally.zones.contains_key("999"));
    assert!(consumed.problem.unwrap().ends_with("there are 1000 already"));
    for sums in tally.zones.values_mut() {
        *sums = Sums { trips: u64::MAX, fare: i64::MIN, distance: i64::MIN };
    }
    (tally.bad_records, tally.duplicates) = (u64::MAX, u64::MAX);
    let longest = serde_json::to_vec(&BatchResponse { state: Some(tally), batch_item_failures: Vec::new() });
    assert!(longest.unwrap().len() < 250_000, "a quarter of the megabyte that Lambda carries");
}

#[test]
fn counts_each_trip_that_a_producer_packed_into_one_record() {
    // As the Kinesis Producer Library packs the trips of zones 1 and 2, and something that is none.
    const PACKED: &str = "84mawgoDa2V5GigIABokeyJQVUxvY2F0aW9uSUQiOjEsImZhcmVfYW1vdW50IjoxLjV9GgsIABoHbm8gdHJpcBooCAAaJHsiUFVMb2NhdGlvbklEIjoyLCJmYXJlX2Ftb3VudCI6Mi41fYrjFzmU+ekJ2XV0weMbKmo=";
    let kinesis = json!({"sequenceNumber": "7", "data": PACKED});
    let twice = json!({"Records": [{"kinesis": kinesis}, {"kinesis": kinesis}], "window": {}});
    let consumed = consume(KinesisEvent::read(&twice.to_string()));
    let tally = consumed.response.state.unwrap();
    assert_eq!(
        tally.zones.iter().map(|(zone, sums)| (&**zone, sums.fare)).collect::<Vec<_>>(),
        [("1", 150), ("2", 250)]
    );
    assert_eq!(
        (tally.bad_records, tally.duplicates),
        (1, 1),
        "the record came twice, with all that is in it"
    );
    assert!(consumed.problem.unwrap().starts_with("record 7: not a trip"));
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
