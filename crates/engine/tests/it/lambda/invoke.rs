//! Invocations as their callers meet them: the environment, the log, limits and failures.

use serde_json::json;

use super::stage::{RIGHTS, Stage, log, text, zipped};
use crate::support::ACCOUNT;

#[tokio::test]
async fn runs_a_function_in_the_environment_that_aws_gives() {
    let stage = Stage::set().await;
    let arn = stage.deploy("echo", &[("GREETING", "hello")]).await;
    assert_eq!(arn, format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:echo"));

    assert_eq!(stage.answer("echo", json!({"a": [1, "ü"]})).await, json!({"a": [1, "ü"]}));
    let answer = stage.answer(&arn, json!({"do": "environment"})).await;
    let variables = answer["variables"].as_object().unwrap();
    for (name, value) in [
        ("GREETING", "hello"),
        ("AWS_LAMBDA_FUNCTION_NAME", "echo"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/echo"),
        ("AWS_REGION", "us-east-1"),
        ("_HANDLER", "bootstrap"),
        ("AWS_ENDPOINT_URL", &stage.engine.engine.url()),
        ("LAMBDA_TASK_ROOT", answer["folder"].as_str().unwrap()),
    ] {
        assert_eq!(variables[name], value, "{name}");
    }
    assert!(!variables.contains_key("CARGO_MANIFEST_DIR"), "nothing of the host's environment gets in");
    assert_eq!(answer["headers"]["lambda-runtime-invoked-function-arn"], arn.as_str());
}

#[tokio::test]
async fn uses_a_process_again_until_the_function_changes() {
    let stage = Stage::set().await;
    stage.deploy("warm", &[]).await;
    let first = stage.answer("warm", json!({"do": "count"})).await;
    let second = stage.answer("warm", json!({"do": "count"})).await;
    assert_eq!((&first["count"], &second["count"]), (&json!(1), &json!(2)));
    assert_eq!(first["pid"], second["pid"]);

    stage.lambda.update_function_configuration().function_name("warm").timeout(9).send().await.unwrap();
    let third = stage.answer("warm", json!({"do": "count"})).await;
    assert_eq!(third["count"], 1);

    // Two at once need two processes.
    let slow = stage.invoke("warm", json!({"do": "sleep", "n": 300}));
    let (slow, fast) = tokio::join!(slow, stage.answer("warm", json!({"do": "echo"})));
    assert_eq!((text(&slow), fast), ("\"awake\"".to_owned(), json!({"do": "echo"})));
}

#[tokio::test]
async fn writes_the_log_as_aws_does() {
    let stage = Stage::set().await;
    stage.deploy("logger", &[]).await;
    stage.group("logger").await;
    let output = stage.invoke("logger", json!({"do": "log"})).await;
    let lines: Vec<String> =
        stage.messages("logger").await.iter().map(|line| line.trim_end().to_owned()).collect();
    assert!(lines[0].starts_with("INIT_START Runtime Version: provided:al2023"), "{lines:?}");
    assert!(
        lines[1].starts_with("START RequestId: ") && lines[1].ends_with(" Version: $LATEST"),
        "{lines:?}"
    );
    assert_eq!(lines[2..5], ["first", "second", "third"]);
    assert!(lines[5].starts_with("END RequestId: "), "{lines:?}");
    let report = &lines[6];
    for part in ["REPORT RequestId: ", "\tBilled Duration: ", "\tMemory Size: 128 MB\t", "\tInit Duration: "]
    {
        assert!(report.contains(part), "{report}");
    }
    assert_eq!(lines.len(), 7);
    assert!(log(&output).starts_with("START RequestId: ") && log(&output).contains("first\nsecond\n"));

    let streams =
        stage.logs.describe_log_streams().log_group_name("/aws/lambda/logger").send().await.unwrap();
    let name = streams.log_streams()[0].log_stream_name().unwrap();
    assert!(name.starts_with("2026/01/15/[$LATEST]") && name.len() == 20 + 32, "{name}");
}

#[tokio::test]
async fn makes_its_log_group_where_the_role_may() {
    let stage = Stage::set().await;
    stage.deploy("quiet", &[]).await;
    stage.answer("quiet", json!({"do": "echo"})).await;
    assert!(stage.messages("quiet").await.iter().any(|line| line.starts_with("REPORT ")));

    let rights = RIGHTS.replace("logs:*", "logs:PutLogEvents");
    let rights = [("RoleName", "runner"), ("PolicyName", "rights"), ("PolicyDocument", rights.as_str())];
    stage.iam("PutRolePolicy", &rights).await;
    stage.deploy("mute", &[]).await;
    stage.answer("mute", json!({"do": "echo"})).await;
    let groups = stage.logs.describe_log_groups().send().await.unwrap();
    let names: Vec<_> = groups.log_groups().iter().filter_map(|group| group.log_group_name()).collect();
    assert_eq!(names, ["/aws/lambda/quiet"]);
}

#[tokio::test]
async fn reports_what_a_function_does_wrong() {
    let stage = Stage::set().await;
    stage.deploy("wrong", &[]).await;
    stage.lambda.update_function_configuration().function_name("wrong").timeout(1).send().await.unwrap();

    let failed = stage.invoke("wrong", json!({"do": "fail"})).await;
    assert_eq!(failed.function_error.as_deref(), Some("Unhandled"));
    assert_eq!(text(&failed), r#"{"errorType":"Test.Failed","errorMessage":"as you wish"}"#);

    let exited = stage.invoke("wrong", json!({"do": "exit", "n": 7})).await;
    assert!(text(&exited).starts_with(r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: "#));
    assert!(
        text(&exited).ends_with(r#" Error: Runtime exited with error: exit status 7"}"#),
        "{}",
        text(&exited)
    );
    assert!(log(&exited).contains("\tStatus: error\tError Type: Runtime.ExitError"), "{}", log(&exited));

    let aborted = stage.invoke("wrong", json!({"do": "abort"})).await;
    assert!(text(&aborted).contains("signal: aborted"), "{}", text(&aborted));

    let slow = stage.invoke("wrong", json!({"do": "sleep", "n": 60_000})).await;
    assert_eq!(slow.function_error.as_deref(), Some("Unhandled"));
    assert!(text(&slow).ends_with(r#" Task timed out after 1.00 seconds"}"#), "{}", text(&slow));
    assert!(log(&slow).contains("Task timed out after 1.00 seconds"), "{}", log(&slow));

    let large = stage.invoke("wrong", json!({"do": "large", "n": 6_291_557})).await;
    assert!(text(&large).contains("Function.ResponseSizeTooLarge"), "{}", text(&large));
    assert_eq!(stage.answer("wrong", json!({"do": "echo"})).await, json!({"do": "echo"}));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn stops_a_function_that_takes_too_much_memory() {
    let stage = Stage::set().await;
    stage.deploy("greedy", &[]).await;
    stage.lambda.update_function_configuration().function_name("greedy").timeout(30).send().await.unwrap();
    let output = stage.invoke("greedy", json!({"do": "allocate", "n": 200})).await;
    assert!(text(&output).contains("Runtime.OutOfMemory"), "{}", text(&output));
    assert!(text(&output).contains("Runtime exited with error: signal: killed"), "{}", text(&output));
}

#[tokio::test]
async fn reports_a_function_that_does_not_start() {
    let stage = Stage::set().await;
    stage.deploy("broken", &[("INIT", "fail")]).await;
    let output = stage.invoke("broken", json!({})).await;
    assert_eq!(text(&output), r#"{"errorType":"Test.NotReady","errorMessage":"not today"}"#);

    stage.deploy("leaving", &[("INIT", "exit")]).await;
    let output = stage.invoke("leaving", json!({})).await;
    assert!(text(&output).contains("Runtime exited with error: exit status 3"), "{}", text(&output));

    for (contents, name, mode, message) in [
        ("x", "other", 0o755, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        ("x", "bootstrap", 0o644, "fork/exec /var/task/bootstrap: permission denied"),
        ("no program", "bootstrap", 0o755, "fork/exec /var/task/bootstrap: exec format error"),
    ] {
        let code = stage.lambda.update_function_code().function_name("broken");
        code.zip_file(zipped(name, mode, contents.as_bytes())).send().await.unwrap();
        let output = stage.invoke("broken", json!({})).await;
        assert!(text(&output).contains(r#""errorType":"Runtime.InvalidEntrypoint""#), "{}", text(&output));
        assert!(text(&output).contains(message), "{}", text(&output));
    }
}
