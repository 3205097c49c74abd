//! `send`: rows of files into streams and delivery streams, with and without trouble on the way.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::environment::{TestEnvironment, interrupt};

const STACK: &str = "stacks/pipe.yaml";

/// A delivery stream that takes rows of text, and a stream of two shards that takes JSON.
pub const PIPE: &str = "\
streams:
  trips:
    shards: 2
    records:
      format: json
      key: zone
      columns:
        vendor: { from: [VendorID], type: integer }
        pickup: { from: [tpep_pickup_datetime, lpep_pickup_datetime] }
        zone: { from: [PULocationID], type: integer }
        fare: { from: [fare_amount], type: number }
deliveries:
  gps:
    records:
      format: text
      id: record_id
      key: vin
      columns: [record_id, timestamp, vin, lon, lat, speed]
    to: { bucket: rows, prefix: gps/, error_prefix: failed/ }
    buffer: { size: 1MiB, interval: 1s }
    compression: gzip
  trips-to-s3:
    from: trips
    to: { bucket: rows, prefix: trips/, error_prefix: failed/ }
    buffer: { size: 1MiB, interval: 1s }
";

/// A room whose pipe is deployed on an engine with these faults.
pub fn deployed(faults: Option<&str>) -> TestEnvironment {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let mut start = vec!["local", "start", "--time-scale", "20"];
    if let Some(faults) = faults {
        room.write("faults.yaml", faults);
        start.extend(["--faults", "faults.yaml"]);
    }
    let started = room.run(&start);
    assert_eq!(started.code, 0, "{started}");
    let output = room.run_there(&["deploy", STACK, "--yes", "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
    room
}

/// Rows of vehicles as CSV, each with an id of its own.
pub fn vehicles(count: usize) -> String {
    let row = |number: usize| {
        let speed = (number * 7919) % 141;
        format!("r{number},4:25:06.00,vin{:02},106.{number},-6.{number},{speed}\n", number % 37)
    };
    let rows: String = (0..count).map(row).collect();
    format!("record_id,timestamp,vin,lon,lat,speed\n{rows}")
}

/// Waits until `read` finds `count` rows, and returns them.
pub fn rows(room: &TestEnvironment, arguments: &[&str], count: usize) -> Vec<Value> {
    let mut found = Vec::new();
    for _ in 0..200 {
        let output = room.run_there(&[&["read", STACK], arguments].concat());
        assert_eq!(output.code, 0, "{output}");
        found =
            output.stdout.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect();
        if found.len() >= count {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{} of {count} rows arrived", found.len());
}

/// Counts rows by the value of a column.
fn counted(rows: &[Value], column: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row[column].to_string()).or_default() += 1;
    }
    counts
}

#[test]
fn sends_csv_as_rows_of_text_that_can_be_read_back() {
    let room = deployed(None);
    room.write("vehicles.csv", &vehicles(2000));
    let sent = room.run_there(&["send", STACK, "--to", "gps", "--file", "vehicles.csv", "--format", "json"]);
    assert_eq!(sent.code, 0, "{sent}");
    let report = sent.json();
    assert_eq!(
        (&report["sent"], &report["retried"], &report["failed"]),
        (&json!(2000), &json!(0), &json!(0))
    );
    let found = rows(&room, &["--from", "gps"], 2000);
    assert_eq!(found.len(), 2000);
    let row = json!({
        "record_id": "r7", "timestamp": "4:25:06.00", "vin": "vin07", "lon": "106.7", "lat": "-6.7", "speed": "20",
    });
    assert!(found.contains(&row), "{row} of {:?}", found[7]);

    // Packed: as many rows, in fewer records, and the same objects.
    let sent = room.run_there(&["send", STACK, "--to", "gps", "--file", "vehicles.csv", "--pack"]);
    assert_eq!(sent.code, 0, "{sent}");
    assert!(sent.stdout.contains("times less."), "{sent}");
    assert_eq!(rows(&room, &["--from", "gps"], 4000).len(), 4000);
}

const TRIPS: &str = "\u{feff}VendorID,lpep_pickup_datetime,PULocationID,fare_amount\r\n\r\n\
1.0,2018-11-21 07:20:05,7,12.5\r\n2,,8,-3\r\n2,2018-11-21 07:21:00,x,1\r\n,\"2018, later\",9,\r\n";

#[test]
fn maps_csv_to_json_by_name_and_names_bad_rows() {
    let room = deployed(None);
    room.write("trips.csv", TRIPS);
    let stopped = room.run_there(&["send", STACK, "--to", "trips", "--file", "trips.csv"]);
    assert_eq!(stopped.code, 1, "{stopped}");
    assert!(stopped.stderr.contains("trips.csv:5: `zone`: `x` is not a whole number"), "{stopped}");
    assert!(stopped.stdout.contains("Sent 2 rows into trips"), "{stopped}");

    let sent = room.run_there(&["send", STACK, "--to", "trips", "--file", "trips.csv", "--skip-bad"]);
    assert_eq!(sent.code, 0, "{sent}");
    assert!(sent.stderr.contains("trips.csv:5: `zone`"), "{sent}");
    assert!(sent.stdout.ends_with("0 records retried, 0 failed, 1 bad.\n"), "{sent}");
    let found = rows(&room, &["--from", "trips-to-s3"], 5);
    assert_eq!(found.len(), 5);
    assert!(found.contains(&json!({"vendor": 1, "pickup": "2018-11-21 07:20:05", "zone": 7, "fare": 12.5})));
    assert!(found.contains(&json!({"vendor": 2, "zone": 8, "fare": -3})));
    assert!(found.contains(&json!({"pickup": "2018, later", "zone": 9})));
}

#[test]
fn loses_nothing_and_counts_nothing_twice_under_faults() {
    // Refused, failing, and cut before anything was done: none of it is stored, so nothing may be there twice.
    let faults = "seed: 7\nrequests:\n\
                  - { service: kinesis, operation: PutRecords, rate: 0.3, fault: throttle }\n\
                  - { service: kinesis, operation: PutRecords, rate: 0.2, fault: { error: {} } }\n\
                  - { service: kinesis, operation: PutRecords, rate: 0.1, fault: drop }\n\
                  - { service: firehose, operation: PutRecordBatch, rate: 0.4, fault: { error: {} } }\n";
    let room = deployed(Some(faults));
    let ndjson: String = (0..12_000)
        .map(|number| format!("{{\"VendorID\":{number},\"PULocationID\":{}}}\n", number % 263))
        .collect();
    room.write("trips.ndjson", &ndjson);
    let sent =
        room.run_there(&["send", STACK, "--to", "trips", "--file", "trips.ndjson", "--format", "json"]);
    assert_eq!(sent.code, 0, "{sent}");
    let report = sent.json();
    assert_eq!((&report["sent"], &report["failed"]), (&json!(12_000), &json!(0)), "{sent}");
    assert!(report["retried"].as_u64().is_some_and(|retried| retried > 0), "{sent}");
    let found = rows(&room, &["--from", "trips-to-s3"], 12_000);
    let counts = counted(&found, "vendor");
    assert_eq!((found.len(), counts.len()), (12_000, 12_000));

    room.write("vehicles.csv", &vehicles(3000));
    let sent = room.run_there(&["send", STACK, "--to", "gps", "--file", "vehicles.csv"]);
    assert_eq!(sent.code, 0, "{sent}");
    assert!(sent.stdout.contains("Sent 3000 rows into gps"), "{sent}");
    assert_eq!(counted(&rows(&room, &["--from", "gps"], 3000), "record_id").len(), 3000);
}

#[test]
fn sends_again_what_got_no_answer_and_says_so() {
    let faults =
        "requests:\n  - { service: firehose, operation: PutRecordBatch, first: 2, fault: lose-answer }\n";
    let room = deployed(Some(faults));
    room.write("vehicles.csv", &vehicles(100));
    let arguments = ["send", STACK, "--to", "gps", "--file", "vehicles.csv", "--format", "json"];
    let report = room.run_there(&arguments).json();
    assert_eq!(
        (&report["sent"], &report["failed"], &report["uncertain"]),
        (&json!(100), &json!(0), &json!(200))
    );
    let found = rows(&room, &["--from", "gps"], 300);
    assert_eq!(counted(&found, "record_id").len(), 100);
}

#[test]
fn writes_what_it_gives_up_to_a_file_that_can_be_sent() {
    let faults =
        "requests:\n  - { service: firehose, operation: PutRecordBatch, first: 40, fault: { error: {} } }\n";
    let room = deployed(Some(faults));
    room.write("vehicles.csv", &vehicles(10));
    let arguments = ["send", STACK, "--to", "gps", "--file", "vehicles.csv", "--give-up-after", "0s"];
    let failed = room.run_there(&arguments);
    assert_eq!(failed.code, 1, "{failed}");
    assert!(failed.stdout.contains("10 failed"), "{failed}");
    assert!(failed.stderr.contains("--file pipe.failed.rows --as lines"), "{failed}");
    let again = room.run_there(&["send", STACK, "--to", "gps", "--file", "pipe.failed.rows"]);
    assert_eq!(again.code, 0, "{again}");
    assert_eq!(counted(&rows(&room, &["--from", "gps"], 10), "record_id").len(), 10);
}

#[test]
fn aggregates_rows_that_firehose_takes_apart() {
    let room = deployed(None);
    let arguments =
        ["send", STACK, "--to", "trips", "--file", "trips.ndjson", "--aggregate", "--format", "json"];
    let ndjson: String =
        (0..3000).map(|number| format!("{{\"VendorID\":{number},\"PULocationID\":{number}}}\n")).collect();
    room.write("trips.ndjson", &ndjson);
    let sent = room.run_there(&arguments);
    assert_eq!(sent.code, 0, "{sent}");
    assert!(sent.json()["records"].as_u64().is_some_and(|records| records < 60), "{sent}");
    assert_eq!(counted(&rows(&room, &["--from", "trips-to-s3"], 3000), "vendor").len(), 3000);
}

#[test]
fn goes_on_where_it_was_interrupted() {
    let room = deployed(None);
    room.write("vehicles.csv", &vehicles(5000));
    let arguments = ["send", STACK, "--to", "gps", "--file", "vehicles.csv", "--checkpoint", "c.json"];
    let mut command = room.command_there(&[&arguments[..], &["--rate", "1000/s"]].concat());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("the program can be run");
    // Written while rows are on their way: neither before the first nor after the last.
    while !room.path("c.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    interrupt(&child);
    let output = child.wait_with_output().expect("the child is ours");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("run the same command again to go on"), "{stderr}");
    assert!(!room.path("pipe.failed.rows").exists());

    let again = room.run_there(&arguments);
    assert_eq!(again.code, 0, "{again}");
    let done = room.run_there(&[&arguments[..], &["--format", "json"]].concat());
    assert_eq!(done.json()["sent"], 0, "{done}");
    let found = rows(&room, &["--from", "gps"], 5000);
    assert_eq!((found.len(), counted(&found, "record_id").len()), (5000, 5000));
}

#[test]
fn makes_rows_up() {
    let room = deployed(None);
    let arguments =
        ["send", STACK, "--to", "gps", "--generate", "vehicles", "--rate", "500/s", "--for", "1s"];
    let sent = room.run_there(&arguments);
    assert_eq!(sent.code, 0, "{sent}");
    assert!(sent.stdout.contains("Sent 500 rows into gps"), "{sent}");
    assert_eq!(rows(&room, &["--from", "gps"], 500).len(), 500);
}

#[test]
fn refuses_what_cannot_be_meant() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE).write("vehicles.csv", "vin,speed\n").write("other.csv", "a\n1\n");
    let refused = |arguments: &[&str], words: &str| {
        let output = room.run_there(&[&["send", STACK], arguments].concat());
        assert_eq!(output.code, 2, "{output}");
        assert!(output.stderr.contains(words), "{output}");
    };
    refused(&["--file", "vehicles.csv"], "choose with --to: trips, gps");
    refused(&["--file", "vehicles.csv", "--to", "gsp"], "did you mean `gps`?");
    refused(&["--file", "vehicles.csv", "--to", "trips-to-s3"], "send to the stream: --to trips");
    refused(&["--file", "none.csv", "--to", "gps"], "read none.csv");
    refused(&["--file", "-", "--to", "gps"], "add --as csv");
    refused(&["--file", "vehicles.csv", "--to", "gps", "--key", "van"], "have no column `van`");
    refused(&["--file", "vehicles.csv", "--to", "trips", "--pack"], "use --aggregate");
    refused(&["--to", "gps"], "--file");
}
