//! `sam deploy` and `delete`.

use std::path::Path;

use super::{census, command, furnish, nothing, pace, whole};
use crate::environment::{Output, TestEnvironment};
use crate::peer::python;

const SAM: &str = "1.170.0";

/// Runs a command of SAM, whose pauses are shorter than they would be.
fn run(room: &TestEnvironment, url: &str, program: &Path, arguments: &[&str]) -> Output {
    let mut command = command(room, url, program);
    command
        .args(arguments)
        .env("PYTHONPATH", pace())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("TIME_SCALE", "20")
        .env("SAM_CLI_TELEMETRY", "0")
        .env("__SAM_CLI_APP_DIR", room.path("home/.aws-sam"));
    room.finish(command)
}

#[test]
fn takes_a_serverless_template_from_deploy_to_delete() {
    let Some(program) = python::program_of("aws-sam-cli", SAM, "sam") else { return };
    let room = TestEnvironment::new();
    furnish(&room, "sam");
    let url = room.start_engine("60");
    let succeeds = |arguments: &[&str]| {
        let output = run(&room, &url, &program, arguments);
        assert_eq!(output.code, 0, "sam {arguments:?}\n{output}");
        output
    };
    let deploy = ["deploy", "--stack-name", "positions", "--resolve-s3", "--capabilities", "CAPABILITY_IAM"];
    let deployed = succeeds(&deploy);
    assert!(deployed.to_string().contains("positions-Positions"), "{deployed}");
    assert_eq!(census(&url, "aws-sam-cli-managed"), whole("positions", "CREATE_COMPLETE"));
    assert_stages(&url);

    let mut again = deploy.to_vec();
    again.push("--no-fail-on-empty-changeset");
    let same = succeeds(&again);
    assert!(same.to_string().contains("No changes to deploy"), "{same}");

    let _ = succeeds(&["delete", "--stack-name", "positions", "--no-prompts", "--region", "us-east-1"]);
    assert_eq!(census(&url, "aws-sam-cli-managed"), nothing());
}

/// Finds the template as it was given, and as the macro made it.
#[tokio::main(flavor = "current_thread")]
async fn assert_stages(url: &str) {
    use aws_sdk_cloudformation::types::TemplateStage;

    let client = aws_sdk_cloudformation::Client::new(&crate::environment::sdk(url).await);
    let template = async |stage: Option<TemplateStage>| {
        let output = client.get_template().stack_name("positions").set_template_stage(stage).send().await;
        output.expect("a stack has a template").template_body.unwrap_or_default()
    };
    assert!(template(Some(TemplateStage::Original)).await.contains("AWS::Serverless::Function"));
    for stage in [None, Some(TemplateStage::Processed)] {
        let processed = template(stage).await;
        assert!(!processed.contains("AWS::Serverless"), "{processed}");
        assert!(processed.contains("ConsumerRole") && processed.contains("ConsumerStream"), "{processed}");
    }
}
