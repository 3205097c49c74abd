//! A Lambda function without a runtime library: it speaks the Runtime API over plain sockets, and does what
//! its event says. The engine's tests deploy it as a `bootstrap`; it also shows all that a function needs.
//!
//! `{"do": "echo"}` answers with the event; see [`work`] for the rest. An event of Kinesis or SQS is logged record by
//! record, and a record whose data is `poison` fails. In a tumbling window it counts the records. A request of
//! CloudFormation is answered as the properties of the custom resource say, see [`provide`].

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what a function prints is its log")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use base64::Engine;
use serde_json::{Value, json};

fn main() {
    match std::env::var("INIT").as_deref() {
        Ok("fail") => {
            let error = json!({"errorType": "Test.NotReady", "errorMessage": "not today"}).to_string();
            request("POST", "/2018-06-01/runtime/init/error", &error);
            std::process::exit(1);
        }
        Ok("exit") => std::process::exit(3),
        _ => {}
    }
    let mut count = 0;
    loop {
        let (headers, event) = request("GET", "/2018-06-01/runtime/invocation/next", "");
        count += 1;
        let id = headers.get("lambda-runtime-aws-request-id").expect("every event has an id");
        let event: Value = serde_json::from_slice(&event).expect("every event is JSON");
        let (outcome, answer) = match work(&event, &headers, count) {
            Ok(answer) => ("response", answer),
            Err(message) => ("error", json!({"errorType": "Test.Failed", "errorMessage": message})),
        };
        request("POST", &format!("/2018-06-01/runtime/invocation/{id}/{outcome}"), &answer.to_string());
    }
}

/// Does what the event says and returns the answer.
fn work(event: &Value, headers: &BTreeMap<String, String>, count: u32) -> Result<Value, String> {
    if let Some(records) = event["Records"].as_array() {
        let answer = consume(records)?;
        return Ok(if event["window"].is_object() { count_in_window(event, answer) } else { answer });
    }
    if event["ResponseURL"].is_string() {
        provide(event);
        return Ok(Value::Null);
    }
    // A request over HTTP says in its body what to do.
    let body = event["body"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok());
    if let Some(body) = body.filter(|body| body["do"].is_string()) {
        return work(&body, headers, count);
    }
    let number = || event["n"].as_u64().unwrap_or_default();
    match event["do"].as_str().unwrap_or("echo") {
        "echo" => Ok(event.clone()),
        "reply" => Ok(event["reply"].clone()),
        "count" => Ok(json!({"count": count, "pid": std::process::id()})),
        "environment" => {
            let folder = std::env::current_dir().unwrap_or_default();
            let variables: BTreeMap<String, String> = std::env::vars().collect();
            Ok(json!({"variables": variables, "folder": folder, "headers": headers}))
        }
        "sleep" => {
            sleep(Duration::from_millis(number()));
            Ok(json!("awake"))
        }
        "fail" => Err("as you wish".to_owned()),
        "exit" => std::process::exit(i32::try_from(number()).unwrap_or(1)),
        "abort" => std::process::abort(),
        "log" => {
            println!("first");
            eprintln!("second");
            println!();
            print!("third");
            std::io::stdout().flush().map_err(|error| error.to_string())?;
            Ok(json!("logged"))
        }
        "allocate" => {
            let mut memory = vec![0_u8; usize::try_from(number()).unwrap_or(0) << 20];
            // Memory counts once it is touched.
            memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
            sleep(Duration::from_secs(5));
            Ok(json!(memory.len()))
        }
        "large" => Ok(json!("x".repeat(usize::try_from(number()).unwrap_or(0)))),
        other => Err(format!("`{other}` is nothing that I can do")),
    }
}

/// Logs the records of a batch and reports, or fails at, a poisoned one.
fn consume(records: &[Value]) -> Result<Value, String> {
    println!("batch of {}", records.len());
    if let Some(milliseconds) = std::env::var("SLOW").ok().and_then(|text| text.parse().ok()) {
        sleep(Duration::from_millis(milliseconds));
    }
    for record in records {
        let data = record["kinesis"]["data"].as_str().unwrap_or_default();
        let data = base64::engine::general_purpose::STANDARD.decode(data).unwrap_or_default();
        let text = String::from_utf8_lossy(&data);
        let text = record["body"].as_str().unwrap_or(&text);
        if text == "poison" {
            println!("poisoned");
            let id = record.get("messageId").unwrap_or(&record["kinesis"]["sequenceNumber"]);
            return match std::env::var("POISON").as_deref() {
                Ok("report") => Ok(json!({"batchItemFailures": [{"itemIdentifier": id}]})),
                _ => Err("poisoned".to_owned()),
            };
        }
        println!("record {text}");
    }
    Ok(json!({"batchItemFailures": []}))
}

/// Counts the records of a window in its state, and says at its end how many there were. Of the record `grow` the state
/// becomes too large; where `STATE` is `none`, none is returned.
fn count_in_window(event: &Value, mut answer: Value) -> Value {
    let records = event["Records"].as_array().map_or(&[][..], Vec::as_slice);
    let count = event["state"]["count"].as_u64().unwrap_or_default() + records.len() as u64;
    for (flag, how) in [("isFinalInvokeForWindow", "ended"), ("isWindowTerminatedEarly", "ended early")] {
        if event[flag] == true {
            println!("window {} {how} with {count}", event["window"]["start"].as_str().unwrap_or_default());
        }
    }
    if std::env::var("STATE").as_deref() == Ok("none") {
        return answer;
    }
    answer["state"] = json!({"count": count});
    // "grow" in base64.
    if records.iter().any(|record| record["kinesis"]["data"] == "Z3Jvdw==") {
        answer["state"]["ballast"] = json!("x".repeat(1 << 20));
    }
    answer
}

/// Logs a request for a custom resource and answers it: with the id `Id` and the data `Data`, without success where
/// `Fail` names the request's type, with `Ballast` more bytes, and not at all where `Silent` names its type.
fn provide(event: &Value) {
    let properties = &event["ResourceProperties"];
    let mut shown = event.clone();
    // Several processes may log in one moment of an engine whose clock stands still.
    let moment = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    shown["ResponseURL"] = json!(moment.as_micros().to_string());
    println!("asked {shown}");
    let names =
        |property: &str| properties[property].as_str().is_some_and(|kind| event["RequestType"] == kind);
    if names("Silent") {
        return;
    }
    let mut answer = json!({
        "Status": if names("Fail") { "FAILED" } else { "SUCCESS" },
        "Reason": "as you wish",
        "Data": properties["Data"],
        "NoEcho": properties["NoEcho"] == "true",
    });
    for member in ["StackId", "RequestId", "LogicalResourceId"] {
        answer[member] = event[member].clone();
    }
    if properties["Id"].is_string() {
        answer["PhysicalResourceId"] = properties["Id"].clone();
    }
    if let Some(size) = properties["Ballast"].as_str().and_then(|size| size.parse().ok()) {
        answer["Ballast"] = json!("x".repeat(size));
    }
    let url = event["ResponseURL"].as_str().unwrap_or_default().trim_start_matches("http://");
    let (address, path) = url.split_once('/').unwrap_or((url, ""));
    exchange(address, "PUT", &format!("/{path}"), &answer.to_string());
}

/// Makes one request of the Runtime API.
fn request(method: &str, path: &str, body: &str) -> (BTreeMap<String, String>, Vec<u8>) {
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").expect("the Runtime API has an address");
    exchange(&address, method, path, body)
}

/// Makes one request over a connection of its own.
fn exchange(address: &str, method: &str, path: &str, body: &str) -> (BTreeMap<String, String>, Vec<u8>) {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("somebody reads");
    // An answer that is too large is refused before it was read to its end.
    let _ = stream.write_all(body.as_bytes());
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    let end = response.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(response.len());
    let head = String::from_utf8_lossy(&response[..end]).into_owned();
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    (headers, response.split_off((end + 4).min(response.len())))
}
