//! The clients that others deploy with, on the local engine: the CDK and SAM, as their users run them.
//!
//! Both bring the same pipeline, a Kinesis stream through Firehose and a transforming function to S3 with a consuming
//! function beside it, and take it down again. Where one of them cannot be installed, its test is skipped and says so; on
//! CI it fails.

mod cdk;
mod node;
mod sam;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::environment::{TestEnvironment, repository, s3, sdk};

const ACCOUNT: &str = "000000000000";

/// Returns the folder of what a client deploys.
fn fixtures(client: &str) -> PathBuf {
    repository().join("tests/fixtures/clients").join(client)
}

/// Returns the folder of what makes clients wait at the pace of the engine's clock.
fn pace() -> PathBuf {
    repository().join("crates/engine/tests/clients/pace")
}

/// Returns a command of a client in the room, which knows nothing but the engine at `url`.
fn command(room: &TestEnvironment, url: &str, program: &std::path::Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(room.path("."))
        .stdin(Stdio::null())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", room.path("home"))
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", ACCOUNT)
        .env("AWS_SECRET_ACCESS_KEY", "any")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Puts a client's fixtures and a function's package into the room.
fn furnish(room: &TestEnvironment, client: &str) {
    for file in std::fs::read_dir(fixtures(client)).expect("there are fixtures").flatten() {
        let text = std::fs::read_to_string(file.path()).expect("a fixture is text");
        room.write(&file.file_name().to_string_lossy(), &text);
    }
    // Nobody invokes it: what matters is that its package comes to where a function's code is.
    room.write("package/bootstrap", "#!/bin/sh\nexit 1\n");
}

/// What is there of the pipeline: stacks that are not the client's own, streams, delivery streams, functions, mappings.
#[derive(Debug, PartialEq, Eq)]
struct Census {
    stacks: Vec<String>,
    streams: usize,
    deliveries: usize,
    functions: usize,
    mappings: usize,
    buckets: usize,
}

/// Counts what is there, with the SDK's own clients; what `own` names belongs to the client and is left out.
#[tokio::main(flavor = "current_thread")]
async fn census(url: &str, own: &str) -> Census {
    let config = sdk(url).await;
    let stacks = aws_sdk_cloudformation::Client::new(&config).describe_stacks().send().await;
    let stacks = stacks.expect("stacks can be listed");
    let names = stacks.stacks().iter().filter_map(|stack| {
        let status = stack.stack_status().map_or("", |status| status.as_str());
        Some(format!("{} {status}", stack.stack_name()?))
    });
    let streams = aws_sdk_kinesis::Client::new(&config).list_streams().send().await;
    let deliveries = aws_sdk_firehose::Client::new(&config).list_delivery_streams().send().await;
    let lambda = aws_sdk_lambda::Client::new(&config);
    let functions = lambda.list_functions().send().await.expect("functions can be listed");
    let mappings = lambda.list_event_source_mappings().send().await.expect("mappings can be listed");
    let buckets = s3(url).await.list_buckets().send().await.expect("buckets can be listed");
    let is_other =
        |name: Option<&str>| name.is_some_and(|name| !name.starts_with("cdk-") && !name.starts_with(own));
    Census {
        stacks: names.filter(|name| !name.starts_with(own)).collect(),
        streams: streams.expect("streams can be listed").stream_names().len(),
        deliveries: deliveries.expect("delivery streams can be listed").delivery_stream_names().len(),
        functions: functions.functions().len(),
        mappings: mappings.event_source_mappings().len(),
        buckets: buckets.buckets().iter().filter(|bucket| is_other(bucket.name())).count(),
    }
}

/// What is there while the pipeline is.
fn whole(stack: &str, status: &str) -> Census {
    let stacks = vec![format!("{stack} {status}")];
    Census { stacks, streams: 1, deliveries: 1, functions: 2, mappings: 1, buckets: 1 }
}

/// What is there afterwards.
fn nothing() -> Census {
    Census { stacks: Vec::new(), streams: 0, deliveries: 0, functions: 0, mappings: 0, buckets: 0 }
}
