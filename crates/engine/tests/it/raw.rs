//! Requests to services for which there is no SDK among the tests' dependencies.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{ACCOUNT, TestEngine};

/// Sends a request that looks signed for `service`, and returns the status and the bytes of the body.
pub async fn send(
    engine: &TestEngine,
    service: &str,
    line: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (u16, Vec<u8>) {
    let url = engine.engine.url();
    let address = url.trim_start_matches("http://");
    let mut head = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\nAuthorization: \
         AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260115/us-east-1/{service}/aws4_request, Signature=00\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer[end + 4..].to_vec())
}

/// Calls an operation of a JSON service, by its whole target such as `AWSEvents.PutRule`.
pub async fn json(engine: &TestEngine, service: &str, target: &str, input: Value) -> (u16, Value) {
    let headers = [("X-Amz-Target", target), ("Content-Type", "application/x-amz-json-1.1")];
    let (status, body) = send(engine, service, "POST /", &headers, input.to_string().as_bytes()).await;
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// Calls an operation of a Query service, and returns the status and the XML.
pub async fn query(
    engine: &TestEngine,
    service: &str,
    operation: &str,
    parameters: &[(&str, &str)],
) -> (u16, String) {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let mut form = format!("Action={operation}");
    for (name, value) in parameters {
        form.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    }
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let (status, body) = send(engine, service, "POST /", &headers, form.as_bytes()).await;
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// Makes a queue to which `service` may send for the sources that `source` matches; returns its URL.
pub async fn queue_for(engine: &TestEngine, name: &str, service: &str, source: &str) -> String {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage", "Resource": "*",
        "Condition": {"ArnLike": {"aws:SourceArn": source}},
    }]});
    crate::sqs::queue(&engine.engine.url(), name, json!({"Policy": policy.to_string()})).await
}

pub fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{name}")
}

/// Receives `count` messages of a queue and returns their bodies.
pub async fn bodies(engine: &TestEngine, queue: &str, count: usize) -> Vec<String> {
    let mut bodies = Vec::new();
    for _ in 0..500 {
        for message in crate::sqs::receive(&engine.engine.url(), queue).await {
            bodies.push(message["Body"].as_str().unwrap().to_owned());
        }
        if bodies.len() >= count {
            return bodies;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{count} messages were expected, these came: {bodies:?}");
}
