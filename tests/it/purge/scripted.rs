//! A Firehose whose delivery streams go through states that the local engine does not have, as a script says.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

/// What a delivery stream answers, one after the other; the last answer stays. `GONE` is no delivery stream.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// States that descriptions show before it is deleted.
    pub before: Vec<&'static str>,
    /// What deletions answer: an error's code, or nothing.
    pub deletions: Vec<&'static str>,
    /// States after the first deletion that was accepted.
    pub after: Vec<&'static str>,
}

#[derive(Debug, Default)]
struct Stage {
    streams: BTreeMap<&'static str, Script>,
    calls: Vec<String>,
}

/// A server that plays the scripts.
#[derive(Debug)]
pub struct Scripted {
    pub url: String,
    stage: Arc<Mutex<Stage>>,
}

impl Scripted {
    pub fn start(streams: &[(&'static str, Script)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let stage =
            Arc::new(Mutex::new(Stage { streams: streams.iter().cloned().collect(), calls: Vec::new() }));
        let shared = Arc::clone(&stage);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let stage = Arc::clone(&shared);
                std::thread::spawn(move || answer(stream, &stage));
            }
        });
        Self { url, stage }
    }

    /// Returns the calls that came, as `operation name`, with `!` for a deletion by force.
    pub fn calls(&self) -> Vec<String> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner).calls.clone()
    }
}

/// Answers one request and closes the connection.
fn answer(stream: TcpStream, stage: &Mutex<Stage>) {
    let mut reader = BufReader::new(&stream);
    let (mut length, mut operation) = (0, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let Some((name, value)) = line.split_once(": ") else {
            if line.trim().is_empty() { break } else { continue }
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "x-amz-target" => operation = value.trim().rsplit('.').next().unwrap_or_default().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let (status, body) = match operation.as_str() {
        "" => (200, IDENTITY.to_owned()),
        operation => {
            let input = serde_json::from_slice(&body).unwrap_or_default();
            match stage.lock().unwrap_or_else(PoisonError::into_inner).play(operation, &input) {
                Ok(output) => (200, output.to_string()),
                Err(code) => (400, json!({"__type": code, "message": "as the script says"}).to_string()),
            }
        }
    };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = (&stream).write_all((head + &body).as_bytes());
}

const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:root</Arn>\
    <UserId>111122223333</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>";

/// Returns the next answer and keeps the last one.
fn next(answers: &mut Vec<&'static str>) -> &'static str {
    if answers.len() > 1 { answers.remove(0) } else { answers.first().copied().unwrap_or("ACTIVE") }
}

impl Stage {
    fn play(&mut self, operation: &str, input: &Value) -> Result<Value, &'static str> {
        let name = input["DeliveryStreamName"].as_str().unwrap_or_default().to_owned();
        let force = if input["AllowForceDelete"] == true { "!" } else { "" };
        self.calls.push(format!("{operation}{force} {name}").trim().to_owned());
        if operation == "ListDeliveryStreams" {
            return Ok(self.page(input["ExclusiveStartDeliveryStreamName"].as_str().unwrap_or_default()));
        }
        let script = self.streams.get_mut(name.as_str()).ok_or("ResourceNotFoundException")?;
        match operation {
            "ListTagsForDeliveryStream" => Ok(json!({"Tags": [], "HasMoreTags": false})),
            "DescribeDeliveryStream" => match next(&mut script.before) {
                "GONE" => Err("ResourceNotFoundException"),
                status => Ok(json!({"DeliveryStreamDescription": {
                    "DeliveryStreamName": name, "DeliveryStreamARN": "arn", "DeliveryStreamStatus": status,
                    "DeliveryStreamType": "DirectPut", "VersionId": "1", "HasMoreDestinations": false,
                    "FailureDescription": {"Type": "RETIRE_KMS_GRANT_FAILED", "Details": "the grant stays"},
                    "Destinations": [{"DestinationId": "d", "S3DestinationDescription": {
                        "RoleARN": "arn:aws:iam::111122223333:role/r", "BucketARN": "arn:aws:s3:::rows",
                        "BufferingHints": {}, "CompressionFormat": "GZIP", "EncryptionConfiguration": {}}}],
                }})),
            },
            "DeleteDeliveryStream" => match next(&mut script.deletions) {
                "ACTIVE" | "" => {
                    if !script.after.is_empty() {
                        script.before = std::mem::take(&mut script.after);
                    } else if !force.is_empty() || script.before != ["DELETING_FAILED"] {
                        script.before = vec!["GONE"];
                    }
                    Ok(json!({}))
                }
                code => Err(code),
            },
            _ => Err("UnknownOperationException"),
        }
    }

    /// Lists two names at a time, so that there is more than one page.
    fn page(&self, after: &str) -> Value {
        let there = self.streams.iter().filter(|(_, script)| script.before != ["GONE"]);
        let names: Vec<&str> = there.map(|(name, _)| *name).filter(|name| *name > after).collect();
        json!({
            "DeliveryStreamNames": names.iter().take(2).collect::<Vec<_>>(),
            "HasMoreDeliveryStreams": names.len() > 2,
        })
    }
}
