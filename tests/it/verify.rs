//! `verify` where something is wrong: it names the records, where they were last seen, and why they came no further.

use crate::assert_screen;
use crate::environment::{TestEnvironment, interrupt, s3, sdk};

const STACK: &str = "stacks/pipe.yaml";

const PIPE: &str = "\
deliveries:
  rows-to-s3:
    records: { format: text, id: number, columns: [number, word] }
    to: { bucket: rows, prefix: rows/, error_prefix: failed/ }
    buffer: { size: 1MiB, interval: 1s }
";

fn deployed() -> (TestEnvironment, String) {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let url = room.start_engine("20");
    let output = room.run_there(&["deploy", STACK, "--yes", "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
    (room, url)
}

/// Lets nobody put objects into the pipe's bucket.
#[tokio::main(flavor = "current_thread")]
async fn close_the_bucket(url: &str) {
    let bucket = "rows-000000000000-us-east-1-an";
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
            "Resource": format!("arn:aws:s3:::{bucket}/*"),
        }],
    });
    let request = s3(url).await.put_bucket_policy().bucket(bucket);
    request.policy(policy.to_string()).send().await.expect("the bucket is ours");
}

#[test]
fn says_where_records_were_last_seen_and_why() {
    let (room, url) = deployed();
    close_the_bucket(&url);
    let verified = room.run_there(&["verify", STACK, "--timeout", "3s", "--format", "json"]);
    assert_eq!(verified.code, 7, "{verified}");
    let arrival = &verified.json()["arrivals"][0];
    assert_eq!((&arrival["arrived"], &arrival["last_seen"]), (&0.into(), &"rows-to-s3".into()));
    let trouble = arrival["trouble"].as_str().expect("the delivery's log says why");
    assert!(
        trouble.contains("/aws/kinesisfirehose/rows-to-s3") && trouble.contains("AccessDenied"),
        "{trouble}"
    );
}

#[test]
fn says_how_far_a_function_is_behind_its_stream() {
    let room = TestEnvironment::new();
    room.write(STACK, SLOW);
    // The minute for which the function's batch is gathered takes three seconds.
    room.start_engine("20");
    assert_eq!(room.run_there(&["deploy", STACK, "--yes", "--quiet"]).code, 0);
    let verified = room.run_there(&["verify", STACK, "--timeout", "20s", "--quiet"]);
    assert_eq!(verified.code, 0, "{verified}");
    let verified = room.run_there(&["verify", STACK, "--timeout", "1s", "--format", "json"]);
    assert_eq!(verified.code, 7, "{verified}");
    let arrival = &verified.json()["arrivals"][0];
    assert_eq!((&arrival["arrived"], &arrival["last_seen"]), (&0.into(), &"positions".into()));
    let trouble = arrival["trouble"].as_str().expect("the metrics say why");
    assert!(trouble.starts_with("consumer is ") && trouble.ends_with(" ms behind its stream"), "{trouble}");
}

/// A function that is given its records a minute late.
const SLOW: &str = "\
streams:
  positions:
    shards: 1
    records: { format: json, id: id, columns: [id] }
functions:
  consumer:
    crate: position-consumer
    reads: { stream: positions, window: 60s }
";

#[test]
fn takes_away_what_it_made_for_listening_when_it_is_interrupted() {
    let room = TestEnvironment::new();
    let url = room.start_engine("1");
    assert_eq!(room.run_there(&["deploy", "gps", "--yes", "--quiet"]).code, 0);
    let own = || queues(&url).into_iter().filter(|queue| queue.contains("hydrant-verify-")).count();
    let mut child = room.command_there(&["verify", "gps", "--watch", "1s"]).spawn().expect("it can be run");
    for _ in 0..300 {
        if own() == 1 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(own(), 1);
    interrupt(&child);
    let status = child.wait().expect("the child is ours");
    assert_eq!((status.code(), own()), (Some(130), 0));
}

#[tokio::main(flavor = "current_thread")]
async fn queues(url: &str) -> Vec<String> {
    let queues = aws_sdk_sqs::Client::new(&sdk(url).await).list_queues().send().await;
    queues.expect("queues can be listed").queue_urls.unwrap_or_default()
}

#[test]
fn needs_to_know_what_a_record_is() {
    let room = TestEnvironment::new();
    room.write(
        STACK,
        &PIPE.replace("    records: { format: text, id: number, columns: [number, word] }\n", ""),
    );
    room.start_engine("20");
    assert_eq!(room.run_there(&["deploy", STACK, "--yes", "--quiet"]).code, 0);
    assert_screen!("verify_without_records", room.run_there(&["verify", STACK]));
}

#[test]
fn keeps_watching_until_it_is_interrupted() {
    let (room, _url) = deployed();
    let mut command = room.command_there(&["verify", STACK, "--watch", "1s", "--quiet"]);
    let output = room.path("watch.txt");
    let file = std::fs::File::create(&output).expect("the folder is ours");
    let mut child = command.stdout(file).stderr(std::process::Stdio::null()).spawn().expect("it can be run");
    let proofs = || {
        let text = std::fs::read_to_string(&output).unwrap_or_default();
        text.matches("Verified: every record arrived at every exit.").count()
    };
    for _ in 0..300 {
        if proofs() >= 2 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    child.kill().expect("the child is ours");
    let _ = child.wait();
    assert!(proofs() >= 2);
}
