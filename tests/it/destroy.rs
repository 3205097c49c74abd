//! A deletion loses nothing by the way: Firehose delivers first what it holds, into a bucket that stays.

use crate::environment::{TestEnvironment, interrupt, s3, sdk};
use crate::leftovers::leftovers;

const STACK: &str = "stacks/direct.yaml";

/// A delivery that takes records itself.
const DIRECT: &str = "\
deliveries:
  to-s3:
    to: { bucket: rows, prefix: in/ }
    buffer: { size: 1MiB, interval: 60s }
";

/// Returns a room with a deployed stack whose delivery stream holds a record, and the engine's URL.
fn holding_a_record(scale: &str) -> (TestEnvironment, String) {
    let room = TestEnvironment::new();
    room.write(STACK, DIRECT);
    let url = room.start_engine(scale);
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    put_record(&room, &url);
    (room, url)
}

fn put_record(room: &TestEnvironment, url: &str) {
    let outputs = room.run(&["outputs", STACK, "--local", "--format", "json"]).json();
    put(url, outputs["ToS3Name"].as_str().expect("the delivery stream has a name"));
}

#[tokio::main(flavor = "current_thread")]
async fn put(url: &str, stream: &str) {
    let data = aws_sdk_firehose::primitives::Blob::new("row");
    let record = aws_sdk_firehose::types::Record::builder().data(data).build().expect("it has data");
    let firehose = aws_sdk_firehose::Client::new(&sdk(url).await);
    let put = firehose.put_record().delivery_stream_name(stream).record(record);
    put.send().await.expect("the delivery stream takes records");
}

#[tokio::main(flavor = "current_thread")]
async fn leave_an_upload(url: &str) {
    let upload = s3(url).await.create_multipart_upload().bucket("rows-000000000000-us-east-1-an").key("half");
    upload.send().await.expect("the bucket is there");
}

#[test]
fn lets_firehose_deliver_what_it_holds_into_a_bucket_that_stays() {
    let (room, url) = holding_a_record("100");
    let output = room.run(&["destroy", STACK, "--local", "--yes", "--retain", "RowsBucket"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(output.stderr.contains("Letting ToS3 deliver; --no-drain would skip that."), "{output}");
    let left = leftovers(&url);
    let [bucket, object] = left.as_slice() else { panic!("{left:?}\n{output}") };
    assert_eq!(bucket, "bucket rows-000000000000-us-east-1-an");
    assert!(object.starts_with("object in/"), "{object}");
}

#[test]
fn waits_for_nobody_when_told_so_and_aborts_uploads() {
    let (room, url) = holding_a_record("1");
    leave_an_upload(&url);
    let output = room.run(&["destroy", STACK, "--local", "--yes", "--no-drain"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(output.stderr.contains("have not delivered yet goes too"), "{output}");
    assert_eq!(leftovers(&url), [""; 0]);
}

#[test]
fn names_the_command_that_goes_on_when_it_is_interrupted() {
    let (room, url) = holding_a_record("1");
    let mut command = room.command(&["destroy", STACK, "--local", "--yes", "--events-file", "events.ndjson"]);
    command.stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the program can be run");
    // It says that it waits for the delivery stream, which takes a minute.
    let mut story = std::io::BufReader::new(child.stderr.take().expect("it is piped"));
    let mut said = String::new();
    while !said.contains("Letting ToS3 deliver") {
        assert_ne!(std::io::BufRead::read_line(&mut story, &mut said).expect("it is text"), 0, "{said}");
    }
    interrupt(&child);
    std::io::Read::read_to_string(&mut story, &mut said).expect("it is text");
    assert_eq!(child.wait().expect("the child is ours").code(), Some(130), "{said}");
    let command = format!("`hydrant destroy {STACK} --local --yes --events-file events.ndjson`");
    assert!(said.contains(&command), "{said}");
    assert_eq!(room.run(&["destroy", STACK, "--local", "--yes", "--no-drain"]).code, 0);
    assert_eq!(leftovers(&url), [""; 0]);
}
