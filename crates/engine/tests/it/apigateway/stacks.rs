//! An API in front of a function, from a template: made, changed in place, replaced and deleted.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Capability, Stack, StackStatus};

use super::get;
use crate::lambda::{Stage, package, zipped};
use crate::support::eventually;

const TEMPLATE: &str = "
Resources:
  Layer:
    Type: AWS::Lambda::LayerVersion
    Properties: {LayerName: tools, Content: {S3Bucket: packages, S3Key: layer.zip}}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      Role: arn:aws:iam::111122223333:role/runner
      Code: {S3Bucket: packages, S3Key: code.zip}
      Layers: [!Ref Layer]
      Environment: {Variables: {MARK: one}}
  Version:
    Type: AWS::Lambda::Version
    Properties: {FunctionName: !Ref Function, Description: first}
  Alias:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Function, FunctionVersion: !GetAtt Version.Version, Name: live}
  Url:
    Type: AWS::Lambda::Url
    Properties: {TargetFunctionArn: !GetAtt Function.Arn, AuthType: NONE}
  OpenUrl:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Function
      Action: lambda:InvokeFunctionUrl
      Principal: '*'
      FunctionUrlAuthType: NONE
  OpenInvoke:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Function
      Action: lambda:InvokeFunction
      Principal: '*'
      InvokedViaFunctionUrl: true
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: front, ProtocolType: HTTP, Tags: {team: x}}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !Ref Alias
      PayloadFormatVersion: '2.0'
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: GET /a, Target: !Sub 'integrations/${Integration}'}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
      DefaultRouteSettings: {ThrottlingBurstLimit: '5', ThrottlingRateLimit: '5'}
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Alias
      Action: lambda:InvokeFunction
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub 'arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*'
Outputs:
  Endpoint: {Value: !GetAtt Api.ApiEndpoint}
  Url: {Value: !GetAtt Url.FunctionUrl}
";

async fn settled(client: &Client, stack: &str) -> Stack {
    eventually("the stack settles", || async {
        let stacks = client.describe_stacks().stack_name(stack).send().await.ok()?;
        let stack = stacks.stacks().first().cloned()?;
        (!stack.stack_status()?.as_str().ends_with("_IN_PROGRESS")).then_some(stack)
    })
    .await
}

fn output(stack: &Stack, key: &str) -> String {
    let output = stack.outputs().iter().find(|output| output.output_key() == Some(key));
    output.and_then(|output| output.output_value()).unwrap_or_default().to_owned()
}

/// Explains a stack that did not come to `status`.
async fn expect(client: &Client, stack: &Stack, status: &StackStatus) {
    if stack.stack_status() != Some(status) {
        let events =
            client.describe_stack_events().stack_name(stack.stack_id().unwrap()).send().await.unwrap();
        let reasons: Vec<_> =
            events.stack_events().iter().filter_map(|event| event.resource_status_reason()).collect();
        panic!("{:?}: {reasons:#?}", stack.stack_status());
    }
}

#[tokio::test]
async fn provisions_an_api_in_front_of_an_alias() {
    let stage = Stage::set().await;
    let sdk = stage.engine.sdk().await;
    let s3 = aws_sdk_s3::Client::new(&sdk);
    s3.create_bucket().bucket("packages").send().await.unwrap();
    for (key, contents) in [("code.zip", package()), ("layer.zip", zipped("lib/a", 0o644, b"1"))] {
        let body = contents.into_inner().into();
        s3.put_object().bucket("packages").key(key).body(body).send().await.unwrap();
    }
    let client = Client::new(&sdk);
    let create = client.create_stack().stack_name("front").template_body(TEMPLATE);
    create.capabilities(Capability::CapabilityIam).send().await.unwrap();
    let stack = settled(&client, "front").await;
    expect(&client, &stack, &StackStatus::CreateComplete).await;
    let endpoint = output(&stack, "Endpoint");
    let answer = get(&format!("{endpoint}/a")).await;
    assert_eq!((answer.status, answer.json()["routeKey"].as_str()), (200, Some("GET /a")), "{answer:?}");
    assert_eq!(get(&output(&stack, "Url")).await.status, 200);

    // A new description replaces the version, the alias moves to it, and the route changes in place.
    let changed = TEMPLATE
        .replace("MARK: one", "MARK: two")
        .replace("Description: first", "Description: second")
        .replace("GET /a,", "GET /b,")
        .replace("ThrottlingBurstLimit: '5'", "ThrottlingBurstLimit: 1");
    client.update_stack().stack_name("front").template_body(&changed).send().await.unwrap();
    let stack = settled(&client, "front").await;
    expect(&client, &stack, &StackStatus::UpdateComplete).await;
    assert_eq!(output(&stack, "Endpoint"), endpoint);
    assert_eq!(get(&format!("{endpoint}/a")).await.status, 404);
    assert_eq!(
        [get(&format!("{endpoint}/b")).await.status, get(&format!("{endpoint}/b")).await.status],
        [200, 429]
    );
    let functions = stage.lambda.list_functions().send().await.unwrap();
    let name = functions.functions()[0].function_name().unwrap().to_owned();
    let alias = stage.lambda.get_alias().function_name(&name).name("live").send().await.unwrap();
    assert_eq!(alias.function_version(), Some("2"));
    let versions = stage.lambda.list_versions_by_function().function_name(&name).send().await.unwrap();
    let versions: Vec<_> = versions.versions().iter().filter_map(|one| one.version()).collect();
    assert_eq!(versions, ["$LATEST", "2"]);

    let id = stack.stack_id().unwrap().to_owned();
    client.delete_stack().stack_name("front").send().await.unwrap();
    let stack = settled(&client, &id).await;
    expect(&client, &stack, &StackStatus::DeleteComplete).await;
    assert_eq!(get(&format!("{endpoint}/b")).await.status, 404);
    assert!(stage.lambda.list_layers().send().await.unwrap().layers().is_empty());
}

#[tokio::test]
async fn fails_a_stack_whose_version_would_be_the_same() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    stage.lambda.publish_version().function_name("f").send().await.unwrap();
    let client = Client::new(&stage.engine.sdk().await);
    let template = "{Resources: {V: {Type: 'AWS::Lambda::Version', Properties: {FunctionName: f}}}}";
    client.create_stack().stack_name("s").template_body(template).send().await.unwrap();
    let stack = settled(&client, "s").await;
    expect(&client, &stack, &StackStatus::RollbackComplete).await;
    let events = client.describe_stack_events().stack_name("s").send().await.unwrap();
    let reasons = events.stack_events().iter().filter_map(|event| event.resource_status_reason());
    assert!(
        reasons.into_iter().any(|reason| reason.contains("A version for this Lambda function exists ( 1 )."))
    );
}
