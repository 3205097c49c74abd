//! Events in, answers out, with shards in memory.

use std::collections::BTreeMap;

use fleet_maxima::{Claimant, Found, Loaded, Maximum, Written, shard_of};
use lambda_events::Event;
use proptest::prelude::*;

use super::*;

struct Shards(Vec<Shard>);

impl Store for Shards {
    async fn load(&self, number: u8) -> Result<Loaded, StoreError> {
        let shard = self.0.get(usize::from(number)).cloned();
        shard.map(|shard| Loaded { shard, tag: None }).ok_or_else(|| StoreError::new("read", "access denied"))
    }

    async fn save(&self, _: u8, _: &Loaded) -> Result<Written, StoreError> {
        Err(StoreError::new("write", "a report writes nothing"))
    }
}

fn fleet() -> Shards {
    let mut shards = vec![Shard::default(); usize::from(SHARDS)];
    let claimant = Claimant { invocation: "i".into(), now: 0, until: 0 };
    for (vin, speed) in [("w", 88.5), ("4ftex4944akl844294", 25.0), ("v", 130.0)] {
        let maximum = Maximum { speed, timestamp: "t".into(), record_id: "r".into(), lon: None, lat: None };
        let found = BTreeMap::from([(vin.to_owned(), Found { maximum, fast: BTreeMap::new() })]);
        shards[usize::from(shard_of(vin))].take_in(&found, &claimant);
    }
    Shards(shards)
}

async fn ask(event: &str) -> Value {
    let settings: FleetSettings =
        serde_json::from_str(r#"{"names":{"4ftex4944akl844294":"Depot North 1"}}"#).unwrap();
    report(&HttpRequest::read(event), &fleet(), &settings).await.unwrap()
}

fn get(path: &str, query: &str, accept: &str) -> String {
    format!(
        r#"{{"version":"2.0","rawPath":"{path}","queryStringParameters":{query},"headers":{{"accept":"{accept}"}},
            "requestContext":{{"stage":"$default","http":{{"method":"GET"}}}}}}"#
    )
}

#[tokio::test]
async fn gives_a_timer_the_table_sorted_by_vin() {
    let table = ask(r#"{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}"#).await;
    let expected = serde_json::json!({"unit": "km/h", "count": 3, "vehicles": [
        {"vin": "4ftex4944akl844294", "name": "Depot North 1", "speed": 25.0, "timestamp": "t", "record_id": "r"},
        {"vin": "v", "speed": 130.0, "timestamp": "t", "record_id": "r"},
        {"vin": "w", "speed": 88.5, "timestamp": "t", "record_id": "r"},
    ]});
    assert_eq!(table, expected);
}

#[tokio::test]
async fn answers_json_or_csv_over_http() {
    let json = ask(&get("/maxima", "null", "*/*")).await;
    assert_eq!(
        (&json["statusCode"], &json["headers"]["content-type"]),
        (&200.into(), &"application/json".into())
    );
    let body: Value = serde_json::from_str(json["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["count"], &body["vehicles"][1]["vin"]), (&3.into(), &"v".into()));
    let csv = ask(&get("/maxima", r#"{"vin":"v"}"#, "text/csv, */*;q=0.1")).await;
    assert_eq!(csv["body"], "vin,name,speed,unit,timestamp,record_id,lon,lat\r\nv,,130,km/h,t,r,,\r\n");
}

#[tokio::test]
async fn refuses_what_is_not_there() {
    for (event, status) in [
        (get("/maxima", r#"{"vin":"x"}"#, ""), 404),
        (get("/other", "{}", ""), 404),
        (get("/maxima", "{}", "").replace("GET", "POST"), 405),
        (get("/maxima", r#"{"after":"w"}"#, ""), 200),
    ] {
        assert_eq!(ask(&event).await["statusCode"], status, "{event}");
    }
}

#[tokio::test]
async fn fails_when_a_shard_cannot_be_read() {
    let outcome = report(&HttpRequest::default(), &Shards(vec![]), &FleetSettings::default()).await;
    assert_eq!(outcome.unwrap_err().to_string(), "failed to read");
}

#[test]
fn weighs_what_a_client_accepts() {
    for (accept, csv) in [
        ("", false),
        ("*/*", false),
        ("text/csv", true),
        ("text/csv, */*", true),
        ("text/csv;q=0.5, application/json", false),
        ("application/json;q=0.5, text/csv;q=0.9", true),
        ("text/html, application/json", false),
        ("text/csv;q=0", false),
    ] {
        assert_eq!(prefers_csv(accept), csv, "{accept}");
    }
}

proptest! {
    #[test]
    fn takes_any_event(event in ".{0,200}", accept in "[a-z/*;,=0-9. ]{0,40}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(ask(&event));
        prefers_csv(&accept);
    }
}
