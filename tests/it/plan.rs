//! Plans in files: made here, executed there, and only on the stack that they were made for.

use crate::assert_screen;
use crate::environment::{TestEnvironment, s3};
use crate::journey::{PIPE, assert_nothing_is_left, story};

const STACK: &str = "stacks/pipe.yaml";

fn planned(room: &TestEnvironment, file: &str) {
    let output = room.run(&["diff", STACK, "--local", "--out", file, "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
}

#[test]
fn executes_what_was_planned_even_when_the_file_has_changed() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let url = room.start_engine("1");
    assert_screen!("diff_out", room.run(&["diff", STACK, "--local", "--out", "create.json"]));
    assert_screen!("deploy_plan", story(&room.run(&["deploy", "--plan", "create.json", "--local", "--yes"])));

    room.write(STACK, &PIPE.replace("in/", "out/"));
    planned(&room, "update.json");
    room.write(STACK, &PIPE.replace("in/", "elsewhere/"));
    let output = room.run(&["deploy", "--plan", "update.json", "--local", "--yes"]);
    assert_eq!(output.code, 0, "{output}");
    room.write(STACK, &PIPE.replace("in/", "out/"));
    assert_eq!(room.run(&["diff", STACK, "--local", "--exit-code"]).code, 0);

    let again = room.run(&["deploy", "--plan", "update.json", "--local", "--yes"]);
    assert!(again.code == 0 && again.stderr.contains("executed already"), "{again}");
    assert_eq!(room.run(&["destroy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    assert_nothing_is_left(&url);
}

#[test]
fn refuses_a_plan_when_the_stack_has_moved() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    room.start_engine("1");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    room.write(STACK, &PIPE.replace("in/", "out/"));
    planned(&room, "plan.json");
    room.write(STACK, &PIPE.replace("in/", "elsewhere/"));
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    assert_screen!("plan_is_void", room.run(&["deploy", "--plan", "plan.json", "--local", "--yes"]));
}

#[test]
fn wants_consent_to_the_losses_of_a_plan_and_none_for_an_empty_one() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    room.start_engine("1");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    planned(&room, "nothing.json");
    let nothing = room.run(&["deploy", "--plan", "nothing.json", "--local"]);
    assert!(nothing.code == 0 && nothing.stderr.contains("Nothing to change"), "{nothing}");

    room.write(STACK, &PIPE.replace("shards: 1", "shards: 1, name: other"));
    planned(&room, "plan.json");
    let refused = room.run(&["deploy", "--plan", "plan.json", "--local", "--yes"]);
    assert!(refused.code == 2 && refused.stderr.contains("--delete-data"), "{refused}");
    let done = room.run(&["deploy", "--plan", "plan.json", "--local", "--yes", "--delete-data"]);
    assert_eq!(done.code, 0, "{done}");
}

#[test]
fn says_what_is_no_plan() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE).write("plan.json", "{\"version\": 1, \"stac\": \"pipe\"}");
    assert_screen!("no_plan", room.run(&["deploy", "--plan", "plan.json", "--local", "--yes"]));
    let both = room.run(&["deploy", STACK, "--plan", "plan.json", "--local"]);
    assert_eq!(both.code, 2, "{both}");
}

/// A stack that more may use and that loses more, step by step.
const WIDE: &str = "\
streams:
  Stream: { shards: 1 }
deliveries:
  to-s3:
    from: Stream
    to: { bucket: rows, prefix: in/ }
    buffer: { size: 1MiB, interval: 60s }
  archive:
    from: Stream
    to: { bucket: archive, prefix: in/ }
    buffer: { size: 1MiB, interval: 60s }
";

#[test]
fn compares_with_what_was_deployed_from_here_without_asking_anybody() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let nothing = room.run(&["diff", STACK, "--local", "--template"]);
    assert!(nothing.code == 2 && nothing.stderr.contains("was never deployed"), "{nothing}");
    room.start_engine("1");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    assert_eq!(room.run(&["local", "stop", "--quiet"]).code, 0);
    let same = room.run(&["diff", STACK, "--local", "--template", "--exit-code"]);
    assert!(same.code == 0 && same.stdout == "No differences.\n", "{same}");

    room.write(STACK, WIDE);
    let wider = room.run(&["diff", STACK, "--local", "--template", "--exit-code"]);
    assert!(wider.code == 3 && wider.stdout.contains("+ Archive "), "{wider}");
    assert!(wider.stdout.contains("Access: ") && wider.stderr.contains("Compared with"), "{wider}");
    room.write(STACK, &PIPE.replace("shards: 1", "shards: 1, name: other"));
    let changes = room.run(&["diff", STACK, "--local", "--template", "--format", "json"]).json();
    assert_eq!(
        (&changes[0]["logical_id"], &changes[0]["action"], &changes[0]["loses"]),
        (&"Stream".into(), &"replace".into(), &"the records in it".into())
    );
    assert!(!room.path("local/engine.json").exists(), "nothing had to be started");
    let both = room.run(&["diff", STACK, "--local", "--template", "--out", "plan.json"]);
    assert_eq!(both.code, 2, "{both}");
}

#[tokio::main(flavor = "current_thread")]
async fn put_object(url: &str) {
    let s3 = s3(url).await;
    let buckets = s3.list_buckets().send().await.expect("buckets can be listed");
    let name = |bucket: &aws_sdk_s3::types::Bucket| bucket.name().unwrap_or_default().to_owned();
    let bucket = buckets.buckets().iter().map(name).find(|name| name.starts_with("archive"));
    let bucket = bucket.expect("the stack made the bucket");
    let body = aws_sdk_s3::primitives::ByteStream::from_static(&[b'x'; 3000]);
    s3.put_object().bucket(bucket).key("in/a").body(body).send().await.expect("the bucket takes objects");
}

#[test]
fn counts_what_a_removed_bucket_holds_and_says_that_it_stays() {
    let room = TestEnvironment::new();
    room.write(STACK, WIDE);
    let url = room.start_engine("1");
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    put_object(&url);
    room.write(STACK, PIPE);
    let removed = room.run(&["diff", STACK, "--local"]);
    assert!(
        removed.stdout.contains("holds 1 object, 2.9 KiB: CloudFormation deletes no bucket"),
        "{removed}"
    );
    let changes = room.run(&["diff", STACK, "--local", "--format", "json"]).json();
    let bucket =
        changes.as_array().into_iter().flatten().find(|change| change["logical_id"] == "ArchiveBucket");
    let holds = serde_json::json!({"objects": {"count": 1, "bytes": 3000, "is_more": false}});
    assert_eq!(bucket.map(|bucket| &bucket["holds"]), Some(&holds));
}
