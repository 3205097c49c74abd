//! `read`: rows back out of objects, however these are compressed, cut and many.

use std::collections::BTreeMap;
use std::io::Write;

use aws_sdk_s3::primitives::ByteStream;
use serde_json::{Value, json};

use crate::environment::{TestEnvironment, s3};
use crate::send::{deployed, rows, vehicles};

const STACK: &str = "stacks/pipe.yaml";

/// Puts objects into the pipe's bucket, besides those that Firehose writes.
#[tokio::main(flavor = "current_thread")]
async fn put(room: &TestEnvironment, objects: &[(&str, Vec<u8>)]) {
    let status = room.run(&["local", "status", "--format", "json"]).json();
    let client = s3(status["url"].as_str().expect("the engine runs")).await;
    for (key, content) in objects {
        let body = ByteStream::from(content.clone());
        let bucket = "rows-000000000000-us-east-1-an";
        client.put_object().bucket(bucket).key(*key).body(body).send().await.expect("the bucket is there");
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

#[test]
fn computes_what_a_plain_loop_computes() {
    let room = deployed(None);
    let input = vehicles(20_000);
    room.write("vehicles.csv", &input);
    let sent = room.run_there(&["send", STACK, "--to", "gps", "--file", "vehicles.csv", "--pack"]);
    assert_eq!(sent.code, 0, "{sent}");
    assert_eq!(rows(&room, &["--from", "gps"], 20_000).len(), 20_000);

    let mut expected: BTreeMap<&str, i64> = BTreeMap::new();
    for line in input.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let speed = fields[5].parse().expect("a speed is a number");
        let fastest = expected.entry(fields[2]).or_insert(speed);
        *fastest = speed.max(*fastest);
    }
    let output = room
        .run_there(&["read", STACK, "--from", "gps", "--by", "vin", "--max", "speed", "--format", "json"]);
    let table: Vec<Value> =
        expected.iter().map(|(vin, speed)| json!({"vin": vin, "max_speed": speed})).collect();
    assert_eq!(output.json(), Value::Array(table), "{output}");

    let wrong = room.run_there(&["read", STACK, "--from", "gps", "--by", "vin", "--max", "sped"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("no column `sped`"), "{wrong}");
    let both = room.run_there(&["read", STACK]);
    assert!(both.code == 2 && both.stderr.contains("--from: gps, trips-to-s3"), "{both}");
}

#[test]
fn decompresses_by_content_passes_over_errors_and_counts_broken_rows() {
    let room = deployed(None);
    let error = br#"{"rawData":"eCB5Cg==","errorCode":"Lambda.FunctionTimedOut","attemptsMade":4}"#;
    put(
        &room,
        &[
            ("gps/2026/01/15/10/a", b"r1 4:25:06.00 v1 1 2 30\nbroken\nr2 4:25:06.00 v2 1 2 31".to_vec()),
            ("gps/2026/01/15/10/b.txt", gzip("r3 4:25:06.00 v1 1 2 32\r\n\r\n")),
            ("gps/2026/01/15/11/a", b"r4 4:25:06.00 v1 1 2 33\n".to_vec()),
            ("failed/processing-failed/2026/01/15/10/a", error.to_vec()),
            ("trips/a", br#"{"vendor":1}{"vendor":2}"#.to_vec()),
        ],
    );
    let read = |arguments: &[&str]| room.run_there(&[&["read", STACK, "--from", "gps"], arguments].concat());
    let output = read(&["--output", "csv"]);
    let csv = "record_id,timestamp,vin,lon,lat,speed\nr1,4:25:06.00,v1,1,2,30\nr2,4:25:06.00,v2,1,2,31\n\
               r3,4:25:06.00,v1,1,2,32\nr4,4:25:06.00,v1,1,2,33\n";
    assert_eq!(output.stdout, csv, "{output}");
    assert!(output.stderr.contains("Read 4 rows of 3 objects."), "{output}");
    assert!(output.stderr.contains("1 row could not be read; the first has 1 columns, not 6"), "{output}");
    assert!(output.stderr.contains("gps/2026/01/15/10/a, line 2"), "{output}");

    let table = read(&["--by", "vin", "--max", "speed", "--mean", "speed", "--count"]);
    assert_eq!(
        table.stdout,
        "vin  max_speed  mean_speed          count\nv1   33         31.666666666666668  3\nv2   31         31                  1\n"
    );
    assert_eq!(
        read(&["--prefix", "gps/2026/01/15/11/", "--count", "--format", "json"]).json(),
        json!([{"count": 1}])
    );
    assert_eq!(read(&["--since", "2100-01-01", "--output", "raw"]).stdout, "");
    let raw = read(&["--prefix", "gps/2026/01/15/1", "--output", "raw"]).stdout;
    assert!(raw.starts_with("r1 ") && raw.contains("broken") && raw.ends_with("33\n"), "{raw}");
    let columns = read(&["--prefix", "gps/2026/01/15/11/", "--columns", "all", "--delimiter", "|"]);
    assert_eq!(columns.stdout, "{\"all\":\"r4 4:25:06.00 v1 1 2 33\"}\n");

    let errors = read(&["--errors"]);
    let expected = "{\"errorCode\":\"Lambda.FunctionTimedOut\",\"attemptsMade\":4,\"row\":\"x y\\n\"}\n";
    assert_eq!(errors.stdout, expected, "{errors}");
    assert_eq!(read(&["--errors", "--output", "raw"]).stdout, "x y\n");
    // Nothing stands between these records; they are JSON all the same.
    let trips =
        room.run_there(&["read", STACK, "--from", "trips-to-s3", "--sum", "vendor", "--output", "ndjson"]);
    assert_eq!(trips.stdout, "{\"sum_vendor\":3}\n", "{trips}");
}

#[test]
fn sees_more_objects_than_a_page_has_in_their_order() {
    let room = deployed(None);
    let keys: Vec<String> = (0..2300).map(|number| format!("gps/2026/{number:05}")).collect();
    let row = |number: usize| format!("r{number} 4:25:06.00 v1 1 2 {number}\n").into_bytes();
    let objects: Vec<(&str, Vec<u8>)> =
        keys.iter().enumerate().map(|(number, key)| (key.as_str(), row(number))).collect();
    put(&room, &objects);
    let output = room.run_there(&["read", STACK, "--from", "gps", "--output", "raw"]);
    let expected: Vec<u8> = (0..2300).flat_map(row).collect();
    assert!(output.stdout.as_bytes() == expected, "{}", output.stderr);
    assert!(output.stderr.contains("Read 2300 objects."), "{}", output.stderr);
}

#[test]
fn follows_what_is_written_later() {
    let room = deployed(None);
    put(&room, &[("gps/1", b"r1 4:25:06.00 v1 1 2 30\n".to_vec())]);
    let mut command = room.command_there(&["read", STACK, "--from", "gps", "--follow"]);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn();
    let mut child = child.expect("the program can be run");
    let mut lines =
        std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().expect("it is piped")));
    let mut next = || lines.next().expect("a row comes").expect("a row is text");
    assert!(next().contains("\"r1\""));
    put(
        &room,
        &[("gps/0", b"r0 4:25:06.00 v1 1 2 30\n".to_vec()), ("gps/2", gzip("r2 4:25:06.00 v1 1 2 30\n"))],
    );
    let later = [next(), next()].concat();
    assert!(later.contains("\"r0\"") && later.contains("\"r2\""), "{later}");
    child.kill().expect("the child is ours");
    let _ = child.wait();
}
