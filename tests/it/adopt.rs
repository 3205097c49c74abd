//! What a deletion left behind goes back into its stack, with what is in it.

use crate::assert_screen;
use crate::environment::TestEnvironment;
use crate::journey::{assert_nothing_is_left, story};

const STACK: &str = "stacks/pipe.yaml";
const PIPE: &str = "streams:\n  Orders: { shards: 1 }\n\
                    deliveries:\n  to-s3:\n    from: Orders\n    to: { bucket: order-archive }\n    \
                    buffer: { interval: 60s, size: 1MiB }\n";

#[test]
fn takes_back_a_bucket_that_was_retained() {
    let room = TestEnvironment::new();
    room.write(STACK, PIPE);
    let started = room.run(&["local", "start", "--format", "json"]);
    let url = started.json()["url"].as_str().expect("a running engine has a URL").to_owned();
    assert_eq!(room.run(&["deploy", STACK, "--local", "--yes", "--quiet"]).code, 0);
    let retain = ["destroy", STACK, "--local", "--yes", "--no-drain", "--retain", "OrderArchiveBucket"];
    assert_eq!(room.run(&retain).code, 0);

    let taken = room.run(&["deploy", STACK, "--local", "--yes"]);
    assert_eq!(taken.code, 4, "{taken}");
    for told in ["already exists (Service: S3", "take yours in with --adopt", "to: { bucket: order-archive }"]
    {
        assert!(taken.stderr.contains(told), "{taken}");
    }
    let adopted = room.run(&["deploy", STACK, "--local", "--yes", "--adopt"]);
    assert_screen!("adopted", story(&adopted));
    assert_eq!(adopted.code, 0, "{adopted}");
    assert_screen!("after_adoption", room.run(&["diff", STACK, "--local"]));
    let again = room.run(&["deploy", STACK, "--local", "--yes", "--adopt"]);
    assert_eq!(again.code, 0, "{again}");

    let direct = room.run(&["deploy", STACK, "--local", "--yes", "--adopt", "--mode", "direct"]);
    assert_eq!(direct.code, 2, "{direct}");
    assert_eq!(room.run(&["destroy", STACK, "--local", "--yes", "--no-drain", "--quiet"]).code, 0);
    assert_nothing_is_left(&url);
}
