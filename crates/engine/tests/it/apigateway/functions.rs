//! What is published of a function: versions, aliases, layers and URLs.

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::types::{Cors, FunctionUrlAuthType, LayerVersionContentInput};
use serde_json::json;

use super::{get, send};
use crate::lambda::{Stage, package, zipped};
use crate::support::ACCOUNT;

fn code(error: impl ProvideErrorMetadata) -> String {
    error.code().unwrap_or_default().to_owned()
}

/// Sets the variable `MARK`, by which one version is told from another.
async fn mark(stage: &Stage, mark: &str) {
    let environment = aws_sdk_lambda::types::Environment::builder().variables("MARK", mark).build();
    stage
        .lambda
        .update_function_configuration()
        .function_name("f")
        .environment(environment)
        .send()
        .await
        .unwrap();
}

async fn environment(stage: &Stage, name: &str) -> serde_json::Value {
    stage.answer(name, json!({"do": "environment"})).await
}

#[tokio::test]
async fn keeps_a_version_as_it_was_published() {
    let stage = Stage::set().await;
    let arn = stage.deploy("f", &[("MARK", "one")]).await;
    let lambda = &stage.lambda;
    let first = lambda.publish_version().function_name("f").description("first").send().await.unwrap();
    assert_eq!((first.version(), first.description()), (Some("1"), Some("first")));
    assert_eq!(first.function_arn(), Some(format!("{arn}:1").as_str()));
    // Nothing changed, so nothing is published.
    let again = lambda.publish_version().function_name("f").send().await.unwrap();
    assert_eq!(again.version(), Some("1"));
    mark(&stage, "two").await;
    assert_eq!(lambda.publish_version().function_name("f").send().await.unwrap().version(), Some("2"));
    let wrong = lambda.publish_version().function_name("f").code_sha256("x").send().await.unwrap_err();
    assert_eq!(code(wrong), "InvalidParameterValueException");

    let stage = stage.restart().await;
    let lambda = &stage.lambda;
    for (name, mark, version) in [("f:1", "one", "1"), ("f:2", "two", "2"), ("f", "two", "$LATEST")] {
        let seen = environment(&stage, name).await;
        assert_eq!(seen["variables"]["MARK"], mark, "{name}");
        assert_eq!(seen["variables"]["AWS_LAMBDA_FUNCTION_VERSION"], version);
        let output = stage.invoke(name, json!({})).await;
        assert_eq!(output.executed_version(), Some(version));
    }
    let listed = lambda.list_versions_by_function().function_name("f").send().await.unwrap();
    let versions: Vec<_> = listed.versions().iter().filter_map(|one| one.version()).collect();
    assert_eq!(versions, ["$LATEST", "1", "2"]);
    let missing = lambda.invoke().function_name("f").qualifier("3").send().await.unwrap_err();
    assert_eq!(code(missing), "ResourceNotFoundException");
    let changed = lambda.update_function_configuration().function_name("f:1").timeout(9).send().await;
    assert_eq!(code(changed.unwrap_err()), "ResourceNotFoundException");

    lambda.delete_function().function_name("f").qualifier("1").send().await.unwrap();
    assert!(lambda.get_function().function_name("f:1").send().await.is_err());
    mark(&stage, "three").await;
    assert_eq!(lambda.publish_version().function_name("f").send().await.unwrap().version(), Some("3"));
    lambda.delete_function().function_name("f").send().await.unwrap();
    assert!(lambda.get_function().function_name("f:2").send().await.is_err());
}

#[tokio::test]
async fn moves_an_alias_from_version_to_version() {
    let stage = Stage::set().await;
    let arn = stage.deploy("f", &[("MARK", "one")]).await;
    let lambda = &stage.lambda;
    lambda.publish_version().function_name("f").send().await.unwrap();
    mark(&stage, "two").await;
    lambda.publish_version().function_name("f").send().await.unwrap();
    let create = || lambda.create_alias().function_name("f").name("live");
    assert_eq!(code(create().function_version("9").send().await.unwrap_err()), "ResourceNotFoundException");
    let alias = create().function_version("1").send().await.unwrap();
    assert_eq!(alias.alias_arn(), Some(format!("{arn}:live").as_str()));
    assert_eq!(code(create().function_version("1").send().await.unwrap_err()), "ResourceConflictException");

    let seen = environment(&stage, "f:live").await;
    assert_eq!(seen["variables"]["MARK"], "one");
    assert_eq!(seen["headers"]["lambda-runtime-invoked-function-arn"], format!("{arn}:live"));
    lambda.update_alias().function_name("f").name("live").function_version("2").send().await.unwrap();
    assert_eq!(environment(&stage, "f:live").await["variables"]["MARK"], "two");
    let held = lambda.delete_function().function_name("f").qualifier("2").send().await;
    assert_eq!(code(held.unwrap_err()), "ResourceConflictException");

    // A permission on an alias is one on nothing else.
    let permission = lambda.add_permission().function_name("f").qualifier("live").statement_id("s3");
    let permission = permission.action("lambda:InvokeFunction").principal("s3.amazonaws.com");
    permission.send().await.unwrap();
    let policy = lambda.get_policy().function_name("f").qualifier("live").send().await.unwrap();
    assert!(policy.policy().unwrap().contains(&format!("{arn}:live")), "{policy:?}");
    assert!(lambda.get_policy().function_name("f").send().await.is_err());

    lambda.delete_alias().function_name("f").name("live").send().await.unwrap();
    let gone = lambda.get_alias().function_name("f").name("live").send().await.unwrap_err();
    assert_eq!(gone.message(), Some(format!("Cannot find alias arn: {arn}:live").as_str()));
}

#[tokio::test]
async fn gives_a_function_the_files_of_its_layers() {
    let stage = Stage::set().await;
    let lambda = &stage.lambda;
    let publish = |name: &'static str, file: &'static str| {
        let content = LayerVersionContentInput::builder().zip_file(zipped(file, 0o644, b"contents")).build();
        lambda.publish_layer_version().layer_name(name).content(content)
    };
    let first = publish("tools", "lib/a.so").send().await.unwrap();
    assert_eq!(
        first.layer_version_arn(),
        Some(format!("arn:aws:lambda:us-east-1:{ACCOUNT}:layer:tools:1").as_str())
    );
    let second = publish("tools", "bin/a").send().await.unwrap();
    assert_eq!(second.version, 2);
    let extension = publish("agent", "extensions/agent").send().await.unwrap_err();
    assert!(extension.message().unwrap().contains("external extension"));

    stage.deploy("f", &[]).await;
    let (first, second) = (first.layer_version_arn.unwrap(), second.layer_version_arn.unwrap());
    let change = || lambda.update_function_configuration().function_name("f");
    let missing = change().layers(format!("arn:aws:lambda:us-east-1:{ACCOUNT}:layer:tools:9")).send().await;
    assert!(missing.unwrap_err().message().unwrap().ends_with("layer:tools:9 does not exist."));
    assert_eq!(
        code(change().layers(&first).layers(&second).send().await.unwrap_err()),
        "InvalidParameterValueException"
    );
    let changed = change().layers(&first).send().await.unwrap();
    assert_eq!(changed.layers()[0].arn(), Some(first.as_str()));

    // A function keeps a layer that is deleted, over a restart too.
    lambda.delete_layer_version().layer_name("tools").version_number(1).send().await.unwrap();
    assert!(lambda.get_layer_version().layer_name("tools").version_number(1).send().await.is_err());
    let stage = stage.restart().await;
    let seen = environment(&stage, "f").await;
    let mut libraries = seen["variables"]["LD_LIBRARY_PATH"].as_str().unwrap().split(':');
    let folder = libraries.next_back().unwrap();
    assert_eq!(std::fs::read(format!("{folder}/a.so")).unwrap(), b"contents");
    assert!(seen["variables"]["PATH"].as_str().unwrap().ends_with("/tools/1/bin"));
    let layers = stage.lambda.list_layers().send().await.unwrap();
    assert_eq!(layers.layers()[0].latest_matching_version().unwrap().version, 2);
}

#[tokio::test]
async fn runs_a_bootstrap_that_a_layer_brings() {
    let stage = Stage::set().await;
    let content = LayerVersionContentInput::builder().zip_file(package()).build();
    let layer =
        stage.lambda.publish_layer_version().layer_name("runtime").content(content).send().await.unwrap();
    let function = stage.lambda.create_function().function_name("f").role(stage.runner()).handler("x");
    let code = aws_sdk_lambda::types::FunctionCode::builder().zip_file(zipped("data", 0o644, b"1")).build();
    let function = function.runtime(aws_sdk_lambda::types::Runtime::Providedal2023).code(code);
    function.layers(layer.layer_version_arn.unwrap()).send().await.unwrap();
    assert_eq!(stage.answer("f", json!({"do": "reply", "reply": 1})).await, 1);
}

#[tokio::test]
async fn answers_at_a_function_url_that_is_open_to_all() {
    let stage = Stage::set().await;
    let arn = stage.deploy("f", &[]).await;
    let lambda = &stage.lambda;
    let create = || lambda.create_function_url_config().function_name("f");
    let signed = create().auth_type(FunctionUrlAuthType::AwsIam).send().await.unwrap_err();
    assert!(signed.message().unwrap().contains("`AWS_IAM`"));
    let cors = Cors::builder().allow_origins("*").allow_methods("*").build();
    let made = create().auth_type(FunctionUrlAuthType::None).cors(cors).send().await.unwrap();
    let url = made.function_url;
    assert_eq!(made.function_arn, arn);
    assert_eq!(
        code(create().auth_type(FunctionUrlAuthType::None).send().await.unwrap_err()),
        "ResourceConflictException"
    );

    let closed = get(&url).await;
    assert_eq!(closed.status, 403);
    assert!(closed.text.starts_with(r#"{"Message":"Forbidden."#), "{closed:?}");
    let permit = |id: &str, action: &str| {
        lambda.add_permission().function_name("f").statement_id(id).action(action).principal("*")
    };
    let by_url = permit("url", "lambda:InvokeFunctionUrl").function_url_auth_type(FunctionUrlAuthType::None);
    by_url.send().await.unwrap();
    assert_eq!(get(&url).await.status, 403);
    permit("invoke", "lambda:InvokeFunction").invoked_via_function_url(true).send().await.unwrap();

    let answer = get(&format!("{url}a%20b?x=1")).await;
    let event = answer.json();
    assert_eq!(
        (answer.status, &event["routeKey"], &event["rawPath"]),
        (200, &json!("$default"), &json!("/a%20b"))
    );
    assert_eq!(event["requestContext"]["accountId"], "anonymous");
    let id = url.trim_end_matches('/').rsplit('/').next().unwrap();
    let host = format!("{id}.lambda-url.us-east-1.localhost");
    let named = send("GET", &stage.engine.engine.url(), &[("Host", &host)], "").await;
    assert_eq!((named.status, &named.json()["requestContext"]["domainName"]), (200, &json!(host)));
    let page = send("GET", &url, &[("Origin", "https://shop.example")], "").await;
    assert_eq!((page.status, page.header("access-control-allow-origin")), (200, "*"));
    let failed = send("POST", &url, &[], r#"{"do": "fail"}"#).await;
    assert_eq!(failed.status, 502);
    let read = lambda.get_function_url_config().function_name("f").send().await.unwrap();
    assert_eq!(
        (read.function_url(), read.cors().unwrap().allow_origins()),
        (url.as_str(), ["*".to_owned()].as_slice())
    );

    lambda.delete_function_url_config().function_name("f").send().await.unwrap();
    assert_eq!(get(&url).await.status, 404);
}
