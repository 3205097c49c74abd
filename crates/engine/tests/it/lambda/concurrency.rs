//! How many invocations run at a time, and what becomes of the others.

use super::stage::Stage;

#[tokio::test]
async fn refuses_more_invocations_than_are_reserved() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    let reserve = stage.lambda.put_function_concurrency().function_name("f");
    reserve.reserved_concurrent_executions(0).send().await.unwrap();
    let call = stage.lambda.invoke().function_name("f").customize().config_override(
        aws_sdk_lambda::config::Builder::new()
            .retry_config(aws_sdk_lambda::config::retry::RetryConfig::disabled()),
    );
    let error = call.send().await.unwrap_err().into_service_error();
    assert!(error.is_too_many_requests_exception(), "{error:?}");
}
