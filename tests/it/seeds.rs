//! The systems of `stacks/`: each is deployed, proved and taken away, and computes what a plain loop computes.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::environment::{TestEnvironment, repository, sdk};
use crate::journey::assert_nothing_is_left;
use crate::send::vehicles;

/// A room with a stack of the repository, deployed on an engine of its own, and the engine's URL.
fn deployed(stack: &str, options: &[&str]) -> (TestEnvironment, String) {
    let room = TestEnvironment::new();
    let started =
        room.run(&[&["local", "start", "--time-scale", "60", "--format", "json"], options].concat());
    let url = started.json()["url"].as_str().expect("a running engine has a URL").to_owned();
    let output = room.run_there(&["deploy", stack, "--region", "us-east-1", "--yes", "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
    (room, url)
}

/// Proves the stack, takes it away, and looks whether something stayed.
fn prove_and_destroy(room: &TestEnvironment, stack: &str, url: &str, arrivals: usize) {
    let verified = room.run_there(&["verify", stack, "--region", "us-east-1", "--format", "json"]);
    assert_eq!(verified.code, 0, "{verified}");
    assert_eq!(verified.json()["arrivals"].as_array().map(Vec::len), Some(arrivals), "{verified}");
    let arguments = ["destroy", stack, "--region", "us-east-1", "--yes", "--delete-data"];
    let destroyed = room.run_there(&arguments);
    assert_eq!(destroyed.code, 0, "{destroyed}");
    assert_nothing_is_left(url);
}

#[test]
fn proves_tickers_from_a_request_to_s3() {
    let (room, url) = deployed("ticker", &[]);
    // What a rule drops does not arrive, and what is no ticker becomes an error object.
    let api = api(&room, "ticker");
    assert!(get(&api, "/tickers?sector=FINANCIAL&symbol=DROP").contains("\"sector\":\"FINANCIAL\""));
    let bad = r#"{"id":"below","ticker_symbol":"HJK","sector":"ENERGY","change":0.1,"price":-1}"#;
    room.write("bad.ndjson", bad);
    let sent = room.run_there(&["send", "ticker", "--region", "us-east-1", "--file", "bad.ndjson"]);
    assert_eq!(sent.code, 0, "{sent}");
    let errors = until(|| {
        let read = room.run_there(&["read", "ticker", "--region", "us-east-1", "--errors"]);
        (!read.stdout.is_empty()).then_some(read.stdout)
    });
    assert!(errors.contains("below") && errors.contains("ProcessingFailed"), "{errors}");
    prove_and_destroy(&room, "ticker", &url, 2);
}

#[test]
fn proves_taxi_trips_from_every_trap_to_their_table() {
    let (room, url) = deployed("taxi", &[]);
    let trips = repository().join("tests/fixtures/trips.csv");
    let trips = trips.to_str().expect("the path is UTF-8");
    // Several trips in one record, which Firehose and the consumer take apart; the proof below sends each by itself.
    let sent = room.run_there(&["send", "taxi", "--file", trips, "--aggregate", "--format", "json"]);
    assert_eq!((sent.code, &sent.json()["sent"]), (0, &30.into()), "{sent}");
    let rows = until(|| {
        let read = room.run_there(&["read", "taxi"]);
        let rows: Vec<Value> =
            read.stdout.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect();
        (rows.len() >= 30).then_some(rows)
    });
    assert_eq!(rows.len(), 30);
    let first = rows.iter().find(|row| row["DOLocationID"] == 1).expect("the first trip is there");
    assert_eq!((&first["passenger_count"], &first["RatecodeID"]), (&1.into(), &1.into()));
    let unmetered = rows.iter().find(|row| row["DOLocationID"] == 4).expect("the fourth trip is there");
    assert_eq!(unmetered.get("passenger_count"), None, "an empty field is left out: {unmetered}");
    let fares = |rows: &[Value]| rows.iter().filter_map(|row| row["fare_amount"].as_f64()).sum::<f64>();
    assert!(rows.iter().any(|row| row["fare_amount"].as_f64().is_some_and(|fare| fare < 0.0)));

    // The consumer's tables add up to the same.
    let tables = until(|| {
        let log = log(&url);
        let trips: u64 = log.iter().filter_map(|table| table["trips"].as_u64()).sum();
        (trips >= 30).then_some(log)
    });
    let zones = tables.iter().flat_map(|table| table["zones"].as_array().into_iter().flatten());
    let total: f64 = zones.filter_map(|zone| zone["fare_total"].as_f64()).sum();
    assert!((total - fares(&rows)).abs() < 0.01, "{total}: {tables:?}");
    prove_and_destroy(&room, "taxi", &url, 2);
}

#[test]
fn keeps_reports_and_warns_of_top_speeds() {
    top_speeds(&[]);
}

#[test]
fn keeps_top_speeds_when_records_come_twice_and_out_of_order() {
    let faults = "deliveries:\n  - { by: firehose, rate: 0.2, fault: duplicate }\n  - { by: firehose, fault: reorder }\n";
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("faults.yaml");
    std::fs::write(&file, faults).expect("the folder is ours");
    top_speeds(&["--faults", file.to_str().expect("the path is UTF-8")]);
}

#[test]
fn archives_a_report_every_hour() {
    let room = TestEnvironment::new();
    // An hour passes in four seconds.
    let url = room.start_engine("900");
    assert_eq!(room.run_there(&["deploy", "gps", "--yes", "--quiet"]).code, 0);
    room.write("row.csv", "record_id,timestamp,vin,lon,lat,speed\n1,4:25:06.00,4ftex4944akl844294,1,2,88\n");
    assert_eq!(room.run_there(&["send", "gps", "--file", "row.csv"]).code, 0);
    let report = until(|| {
        let read = room.run_there(&["read", "gps", "--from", "fleet-reports"]);
        let mut reports = read.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        reports.find(|report| report["responsePayload"]["count"] == 1)
    });
    let vehicle = &report["responsePayload"]["vehicles"][0];
    assert_eq!((&vehicle["speed"], &report["responsePayload"]["unit"]), (&88.0.into(), &"km/h".into()));
    assert_eq!(vehicle["name"], "Depot North 1", "the layer's file is found: {report}");
    let destroyed = room.run_there(&["destroy", "gps", "--yes", "--delete-data"]);
    assert_eq!(destroyed.code, 0, "{destroyed}");
    assert_nothing_is_left(&url);
}

#[test]
fn watches_over_what_can_fall_ill() {
    let room = TestEnvironment::new();
    room.write("stacks/watched.yaml", WATCHED);
    let linted = room.run(&["lint", "stacks/watched.yaml"]);
    assert_eq!(linted.code, 0, "{linted}");
    let url = room.start_engine("60");
    let output = room.run_there(&["deploy", "stacks/watched.yaml", "--yes", "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
    let status = room.run_there(&["status", "stacks/watched.yaml", "--format", "json"]).json();
    let resources = status["resources"].as_array().expect("resources are a list").iter();
    let alarms: Vec<&str> = resources
        .filter(|resource| resource["type"] == "AWS::CloudWatch::Alarm")
        .filter_map(|resource| resource["logical_id"].as_str())
        .collect();
    let expected = [
        "ConsumerErrorsAlarm",
        "ConsumerIteratorAgeAlarm",
        "ConsumerThrottlesAlarm",
        "FailureQueueAlarm",
        "IncidentsFreshnessAlarm",
        "RowsFreshnessAlarm",
    ];
    assert_eq!(alarms, expected);
    let destroyed = room.run_there(&["destroy", "stacks/watched.yaml", "--yes", "--delete-data"]);
    assert_eq!(destroyed.code, 0, "{destroyed}");
    assert_nothing_is_left(&url);
}

/// Every alarm, and every kind of subscriber that needs nobody's confirmation.
const WATCHED: &str = "\
streams:
  positions: { shards: 1 }
deliveries:
  rows:
    from: positions
    to: { bucket: watched-rows }
  incidents:
    to: { bucket: watched-rows, prefix: incidents/ }
    delimiter: newline
functions:
  consumer:
    crate: position-consumer
    concurrency: 5
    reads: { stream: positions, parallel: 2 }
topics:
  operations: { subscribers: [incidents, consumer] }
alarms: { notify: operations }
users:
  sensor: { writes: [positions] }
buckets:
  watched-rows: { naming: plain }
";

fn top_speeds(options: &[&str]) {
    let (room, url) = deployed("gps", options);
    let input = vehicles(20_000);
    room.write("vehicles.csv", &input);
    let sent = room.run_there(&["send", "gps", "--file", "vehicles.csv", "--pack"]);
    assert_eq!(sent.code, 0, "{sent}");
    let expected = fastest(&input);

    let read = until(|| {
        let read = room.run_there(&["read", "gps", "--by", "vin", "--max", "speed", "--format", "json"]);
        let table: Vec<Value> = serde_json::from_str(&read.stdout).expect("the table is JSON");
        let table: BTreeMap<String, f64> = table
            .iter()
            .filter_map(|row| Some((row["vin"].as_str()?.to_owned(), row["max_speed"].as_f64()?)))
            .collect();
        (table == expected).then_some(table)
    });
    assert_eq!(read.len(), 37);
    let api = api(&room, "gps");
    until(|| (maxima(&api)? == expected).then_some(()));
    let verified = room.run_there(&["verify", "gps", "--region", "us-east-1"]);
    assert_eq!(verified.code, 0, "{verified}");
    assert_eq!(maxima(&api), Some(expected), "a proof leaves the maxima as they were");
    prove_and_destroy(&room, "gps", &url, 2);
}

/// Returns what `fleet-report` answers: each vehicle's top speed.
fn maxima(api: &str) -> Option<BTreeMap<String, f64>> {
    let report: Value = serde_json::from_str(&get(api, "/maxima")).ok()?;
    let vehicles = report["vehicles"].as_array()?.iter();
    Some(vehicles.filter_map(|one| Some((one["vin"].as_str()?.to_owned(), one["speed"].as_f64()?))).collect())
}

fn fastest(input: &str) -> BTreeMap<String, f64> {
    let mut expected = BTreeMap::new();
    for line in input.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let speed: f64 = fields[5].parse().expect("a speed is a number");
        let fastest = expected.entry(fields[2].to_owned()).or_insert(speed);
        *fastest = speed.max(*fastest);
    }
    expected
}

/// Asks again until there is an answer, for a minute at most.
fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(answer) = ask() {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("it did not come to pass within a minute");
}

/// Returns the URL of a stack's API.
fn api(room: &TestEnvironment, stack: &str) -> String {
    let outputs = room.run_there(&["outputs", stack, "--region", "us-east-1", "--format", "json"]).json();
    outputs["ApiUrl"].as_str().expect("the stack has an API").to_owned()
}

/// Returns the body of the answer to a request.
fn get(api: &str, path: &str) -> String {
    let rest = api.strip_prefix("http://").expect("the engine speaks plain HTTP");
    let (host, base) = rest.split_once('/').expect("the API has a path");
    let mut stream = TcpStream::connect(host).expect("the engine listens");
    let request = format!("GET /{base}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the engine reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the engine answers");
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// Returns the tables in the log of the taxis' consumer.
#[tokio::main(flavor = "current_thread")]
async fn log(url: &str) -> Vec<Value> {
    let config = sdk(url).await;
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config);
    let page = logs.filter_log_events().log_group_name("/aws/lambda/taxi-consumer").send().await;
    let events = page.expect("the log can be read").events.unwrap_or_default();
    let lines = events.into_iter().filter_map(|event| event.message);
    lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
}
