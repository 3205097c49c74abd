//! `cdk bootstrap`, `deploy`, `diff` and `destroy`.

use std::path::Path;

use super::{ACCOUNT, census, command, furnish, node, nothing, pace, whole};
use crate::environment::{Output, TestEnvironment};

/// The last release whose `diff` and `deploy` are those that projects use; `latest` is another major version.
const CDK: [&str; 3] = ["aws-cdk@2.1148.1", "aws-cdk-lib@2.276.0", "constructs@10.8.1"];

struct Cdk<'a> {
    room: &'a TestEnvironment,
    url: &'a str,
    installation: &'a Path,
}

impl Cdk<'_> {
    /// Runs a command, whose pauses are shorter than they would be; `shards` is what the app makes of the stream, and
    /// nothing uses what was synthesised before.
    fn run(&self, shards: Option<u32>, arguments: &[&str]) -> Output {
        let modules = self.installation.join("node_modules");
        let mut command = command(self.room, self.url, &modules.join(".bin/cdk"));
        command
            .args(arguments)
            .args(["--app", if shards.is_some() { "node app.js" } else { "cdk.out" }])
            .env("NODE_PATH", &modules)
            .env("NODE_OPTIONS", format!("--require={}", pace().join("pace.js").display()))
            .env("TIME_SCALE", "20")
            .env("SHARDS", shards.unwrap_or(1).to_string())
            .env("CDK_DISABLE_CLI_TELEMETRY", "1")
            .env("CDK_DISABLE_VERSION_CHECK", "1");
        self.room.finish(command)
    }
}

#[test]
fn takes_an_app_of_the_cdk_from_bootstrap_to_destroy() {
    let Some(installation) = node::packages("aws-cdk", &CDK) else { return };
    let room = TestEnvironment::new();
    furnish(&room, "cdk");
    let url = room.start_engine("60");
    let cdk = Cdk { room: &room, url: &url, installation: &installation };
    let succeeds = |shards, arguments: &[&str]| {
        let output = cdk.run(shards, arguments);
        assert_eq!(output.code, 0, "cdk {arguments:?}\n{output}");
        output
    };

    let run = |shards, arguments: &[&str]| drop(succeeds(shards, arguments));

    // Without a bootstrapped environment, nothing can be deployed.
    let refused = cdk.run(Some(1), &["deploy", "--require-approval", "never"]);
    assert_eq!(refused.code, 1, "{refused}");
    let environment = format!("aws://{ACCOUNT}/us-east-1");
    run(None, &["bootstrap", &environment]);
    let deployed = succeeds(None, &["deploy", "--require-approval", "never"]);
    assert!(deployed.to_string().contains("positions.StreamName = positions-Positions"), "{deployed}");
    assert_eq!(census(&url, "CDKToolkit"), whole("positions", "CREATE_COMPLETE"));

    run(None, &["diff", "--fail"]);
    let differs = cdk.run(Some(2), &["diff", "--fail"]);
    assert_eq!(differs.code, 1, "{differs}");
    assert!(differs.to_string().contains("ShardCount"), "{differs}");
    run(None, &["deploy", "--require-approval", "never"]);
    assert_eq!(census(&url, "CDKToolkit"), whole("positions", "UPDATE_COMPLETE"));

    run(None, &["destroy", "--force"]);
    assert_eq!(census(&url, "CDKToolkit"), nothing());
}
