//! Functions as they are made, described, permitted and forgotten.

use std::collections::HashMap;

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::types::{AliasRoutingConfiguration, FunctionCode, Runtime, State};
use serde_json::{Value, json};

use super::stage::{Stage, TRUST, package};
use crate::support::ACCOUNT;

#[tokio::test]
async fn refuses_a_role_that_lambda_may_not_assume() {
    let stage = Stage::set().await;
    let other = stage.role("other", &TRUST.replace("lambda.", "firehose.")).await;
    for role in [other, format!("arn:aws:iam::{ACCOUNT}:role/missing")] {
        let function = stage.lambda.create_function().function_name("f").role(role);
        let function = function.runtime(Runtime::Providedal2023).handler("bootstrap");
        let code = FunctionCode::builder().zip_file(package()).build();
        let error = function.code(code).send().await.unwrap_err().into_service_error();
        assert!(error.is_invalid_parameter_value_exception(), "{error:?}");
        let message = error.meta().message().unwrap_or_default();
        assert_eq!(message, "The role defined for the function cannot be assumed by Lambda.");
    }
}

#[tokio::test]
async fn refuses_code_that_is_not_there() {
    let stage = Stage::set().await;
    let sdk = stage.engine.sdk().await;
    let s3 =
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build());
    s3.create_bucket().bucket("packages").send().await.unwrap();
    let create = || {
        let function = stage.lambda.create_function().function_name("from-s3").role(stage.runner());
        let code = FunctionCode::builder().s3_bucket("packages").s3_key("function.zip").build();
        function.runtime(Runtime::Providedal2023).handler("bootstrap").code(code).send()
    };
    let error = create().await.unwrap_err().into_service_error();
    let expected = "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified \
                    key does not exist.";
    assert_eq!(error.meta().message(), Some(expected));

    let body = package().into_inner();
    s3.put_object().bucket("packages").key("function.zip").body(body.into()).send().await.unwrap();
    create().await.unwrap();
    assert_eq!(stage.answer("from-s3", json!(1)).await, json!(1));
}

#[tokio::test]
async fn describes_lists_and_forgets_functions() {
    let stage = Stage::set().await;
    for name in ["a", "b", "c"] {
        stage.deploy(name, &[]).await;
    }
    let duplicate = stage.lambda.create_function().function_name("a").role(stage.runner());
    let duplicate = duplicate.runtime(Runtime::Providedal2023).handler("bootstrap");
    let code = FunctionCode::builder().zip_file(package()).build();
    let error = duplicate.code(code).send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_conflict_exception(), "{error:?}");

    let function = stage.lambda.get_function().function_name("a").send().await.unwrap();
    assert_eq!(function.configuration.unwrap().state, Some(State::Active));
    let first = stage.lambda.list_functions().max_items(2).send().await.unwrap();
    assert_eq!(first.functions().len(), 2);
    let second = stage.lambda.list_functions().marker(first.next_marker.unwrap()).send().await.unwrap();
    assert_eq!(second.functions()[0].function_name(), Some("c"));
    assert_eq!(second.next_marker, None);

    stage.lambda.delete_function().function_name("a").send().await.unwrap();
    let error = stage.lambda.get_function().function_name("a").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception());
    assert_eq!(
        error.meta().message(),
        Some(format!("Function not found: arn:aws:lambda:us-east-1:{ACCOUNT}:function:a").as_str())
    );
    assert!(!stage.engine.folder.path().join(format!("lambda/{ACCOUNT}/us-east-1/a")).exists());
}

#[tokio::test]
async fn keeps_permissions_as_a_policy() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    let add = || {
        let permission = stage.lambda.add_permission().function_name("f").statement_id("s3");
        let permission = permission.action("lambda:InvokeFunction").principal("s3.amazonaws.com");
        permission.source_account(ACCOUNT).send()
    };
    add().await.unwrap();
    assert!(add().await.unwrap_err().into_service_error().is_resource_conflict_exception());
    let policy = stage.lambda.get_policy().function_name("f").send().await.unwrap().policy.unwrap();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(policy["Statement"][0]["Condition"]["StringEquals"]["AWS:SourceAccount"], ACCOUNT);
    stage.lambda.remove_permission().function_name("f").statement_id("s3").send().await.unwrap();
    let gone = stage.lambda.get_policy().function_name("f").send().await.unwrap_err();
    assert!(gone.into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn shares_the_events_of_an_alias_between_two_versions() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    stage.lambda.publish_version().function_name("f").send().await.unwrap();
    stage.lambda.update_function_configuration().function_name("f").timeout(9).send().await.unwrap();
    stage.lambda.publish_version().function_name("f").send().await.unwrap();
    stage.lambda.create_alias().function_name("f").name("live").function_version("1").send().await.unwrap();
    let weigh = |weights: &[(&str, f64)]| {
        let weights: HashMap<String, f64> =
            weights.iter().map(|(version, weight)| ((*version).to_owned(), *weight)).collect();
        let config = AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights));
        stage.lambda.update_alias().function_name("f").name("live").routing_config(config.build()).send()
    };
    let version = || async {
        let output = stage.lambda.invoke().function_name("f").qualifier("live").send().await.unwrap();
        output.executed_version.unwrap_or_default()
    };
    assert_eq!(version().await, "1");
    let alias = weigh(&[("2", 1.0)]).await.unwrap();
    assert_eq!(alias.routing_config.unwrap().additional_version_weights.unwrap()["2"], 1.0);
    assert_eq!(version().await, "2");
    let delete = stage.lambda.delete_function().function_name("f").qualifier("2").send().await;
    assert_eq!(delete.unwrap_err().code(), Some("ResourceConflictException"));
    weigh(&[("2", 0.0)]).await.unwrap();
    assert_eq!(version().await, "1");
    assert_eq!(weigh(&[("9", 0.5)]).await.unwrap_err().code(), Some("ResourceNotFoundException"));
    assert_eq!(weigh(&[("1", 0.5)]).await.unwrap_err().code(), Some("InvalidParameterValueException"));
    assert!(weigh(&[]).await.unwrap().routing_config.is_none());
}
