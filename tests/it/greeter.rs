//! A project of its own in a test's room, whose function is quickly built and may be changed.

use std::process::Command;

use aws_sdk_lambda::primitives::Blob;

use crate::environment::{Output, TestEnvironment, repository, sdk};

/// A stream that Firehose delivers, and a function beside them.
pub const GREETER: &str = "\
streams:
  Names: { shards: 1 }
deliveries:
  names-to-s3:
    from: Names
    to: { bucket: names, prefix: in/ }
    buffer: { size: 1MiB, interval: 60s }
functions:
  greeter:
    crate: greeter
    timeout: 10s
    environment: { GREETING: hello, LEFT: alone }
environments:
  dev: {}
  safe: { protect: true }
  prod: {}
";

/// A room with that project.
pub struct Greeter {
    pub room: TestEnvironment,
}

impl Greeter {
    pub fn new() -> Self {
        let room = TestEnvironment::new();
        for name in ["Cargo.toml", "src/main.rs", "src/version.rs"] {
            let text = std::fs::read_to_string(repository().join("tests/fixtures/greeter").join(name));
            room.write(&format!("greeter/{name}"), &text.expect("the fixture is there"));
        }
        let manifest = room.path("greeter/Cargo.toml");
        let text = std::fs::read_to_string(&manifest).expect("it was written").replace("[workspace]\n", "");
        std::fs::write(manifest, text).expect("the folder is ours");
        room.write("Cargo.toml", "[workspace]\nmembers = [\"greeter\"]\nresolver = \"3\"\n");
        room.write("stacks/greet.yaml", GREETER);
        Self { room }
    }

    /// Returns the same, deployed on an engine of its own, and the engine's URL.
    pub fn deployed() -> (Self, String) {
        let greeter = Self::new();
        let url = greeter.room.start_engine("1");
        greeter.deploy();
        (greeter, url)
    }

    pub fn deploy(&self) {
        let output = self.run(&["deploy", "greet", "--yes", "--quiet"]);
        assert_eq!(output.code, 0, "{output}");
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.room.finish(self.command(arguments))
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.room.command(arguments);
        command.arg("--local").env("CARGO_TARGET_DIR", self.room.path("target"));
        command
    }

    /// Writes the stack file anew.
    pub fn stack(&self, edit: impl FnOnce(String) -> String) {
        self.room.write("stacks/greet.yaml", &edit(GREETER.to_owned()));
    }

    /// Gives the function's crate another version.
    pub fn version(&self, text: &str) {
        self.room.write("greeter/src/version.rs", &format!("pub const VERSION: u32 = {text};\n"));
    }
}

/// Asks the function at `url` for its greeting.
#[tokio::main(flavor = "current_thread")]
pub async fn greeting(url: &str) -> String {
    let client = aws_sdk_lambda::Client::new(&sdk(url).await);
    let answer = client.invoke().function_name("greeter").payload(Blob::new("{}")).send().await;
    let payload = answer.expect("the function can be invoked").payload.unwrap_or_else(|| Blob::new(""));
    String::from_utf8_lossy(payload.as_ref()).into_owned()
}

/// Returns the function's timeout and the delivery stream's interval, in seconds.
#[tokio::main(flavor = "current_thread")]
pub async fn seconds(url: &str) -> (i32, i32) {
    let config = sdk(url).await;
    let lambda = aws_sdk_lambda::Client::new(&config);
    let function = lambda.get_function_configuration().function_name("greeter").send().await;
    let firehose = aws_sdk_firehose::Client::new(&config);
    let names = firehose.list_delivery_streams().send().await.expect("delivery streams can be listed");
    let name = names.delivery_stream_names().first().expect("there is one");
    let stream = firehose.describe_delivery_stream().delivery_stream_name(name).send().await;
    let stream = stream.expect("it is there").delivery_stream_description.expect("it is described");
    let s3 = stream.destinations()[0].extended_s3_destination_description().expect("it goes to S3");
    let interval = s3.buffering_hints().and_then(|hints| hints.interval_in_seconds());
    (function.expect("it is there").timeout.unwrap_or_default(), interval.unwrap_or_default())
}
