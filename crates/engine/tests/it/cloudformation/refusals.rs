//! Templates and requests that never become a stack.

use super::support::{Cloud, parameter, refusal};

async fn refused(template: &str) -> (String, String) {
    let cloud = Cloud::new().await;
    let error = cloud.client.create_stack().stack_name("orders").template_body(template).send().await;
    let refusal = refusal(error.unwrap_err());
    assert!(cloud.describe("orders").await.is_none());
    refusal
}

fn validation(message: &str) -> (String, String) {
    ("ValidationError".to_owned(), message.to_owned())
}

#[tokio::test]
async fn refuses_references_that_lead_nowhere() {
    let template = "Resources: {Data: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Ref Nmae}}}";
    let message = "Template format error: Unresolved resource dependencies [Nmae] in the Resources block of the template";
    assert_eq!(refused(template).await, validation(message));
}

#[tokio::test]
async fn refuses_a_reference_to_a_resource_whose_condition_is_false() {
    let template = "
Conditions: {Never: !Equals [a, b]}
Resources:
  Maybe: {Type: AWS::Kinesis::Stream, Condition: Never, Properties: {ShardCount: 1}}
  Data: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Maybe}}
";
    let message = "Template format error: Unresolved resource dependencies [Maybe] in the Resources block of the template";
    assert_eq!(refused(template).await, validation(message));
}

#[tokio::test]
async fn refuses_circles() {
    let template =
        "Resources: {A: {Type: 'AWS::S3::Bucket', DependsOn: B}, B: {Type: 'AWS::S3::Bucket', DependsOn: A}}";
    assert_eq!(refused(template).await, validation("Circular dependency between resources: [A, B]"));
}

#[tokio::test]
async fn refuses_types_that_do_not_exist() {
    let template = "Resources: {A: {Type: 'AWS::S3::Bukket'}}";
    let message = "Template format error: Unrecognized resource types: [AWS::S3::Bukket]";
    assert_eq!(refused(template).await, validation(message));
}

#[tokio::test]
async fn names_the_types_and_transforms_that_it_does_not_have() {
    let (code, message) = refused("Resources: {A: {Type: 'AWS::EC2::VPC'}}").await;
    assert_eq!(code, "NotImplemented");
    assert_eq!(message, "the resource type AWS::EC2::VPC is not supported by the local engine");
    let extended = "Transform: AWS::LanguageExtensions\nResources: {A: {Type: 'AWS::S3::Bucket'}}";
    assert!(refused(extended).await.1.starts_with("the transform `AWS::LanguageExtensions`"));
}

#[tokio::test]
async fn refuses_words_that_it_does_not_know() {
    let template = "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties: {BucketName: !Foo b}";
    let message = "Template format error: YAML not well-formed. (line 4, column 30)";
    assert_eq!(refused(template).await, validation(message));
    let template = "Parameters: {P: {Type: Strin}}\nResources: {A: {Type: 'AWS::S3::Bucket'}}";
    let message = "Template format error: Unrecognized parameter type: Strin";
    assert_eq!(refused(template).await, validation(message));
}

#[tokio::test]
async fn refuses_an_attribute_that_the_type_does_not_have() {
    let template = "
Resources:
  Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Data: {Type: AWS::S3::Bucket, Properties: {BucketName: !GetAtt Stream.Nmae}}
";
    let message = "Template error: resource Stream does not support attribute type Nmae in Fn::GetAtt";
    assert_eq!(refused(template).await, validation(message));
}

#[tokio::test]
async fn asks_for_the_acknowledgement_of_new_rights() {
    let template = "
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {RoleName: reader, AssumeRolePolicyDocument: {Statement: []}}
";
    let expected = "Requires capabilities : [CAPABILITY_NAMED_IAM]".to_owned();
    assert_eq!(refused(template).await, ("InsufficientCapabilitiesException".to_owned(), expected));
}

#[tokio::test]
async fn refuses_a_template_that_is_too_large_or_not_yaml() {
    let large =
        format!("Description: '{}'\nResources: {{A: {{Type: 'AWS::S3::Bucket'}}}}", "x".repeat(51_200));
    assert!(refused(&large).await.1.ends_with("Member must have length less than or equal to 51200"));
    let (_, message) = refused("Resources:\n  A: [").await;
    assert!(message.starts_with("Template format error: YAML not well-formed."), "{message}");
}

#[tokio::test]
async fn checks_parameters_before_anything_else() {
    let cloud = Cloud::new().await;
    let template = "
Parameters: {Count: {Type: Number, MaxValue: 3}}
Resources: {Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: !Ref Count}}}
";
    let create = |parameters| {
        let request = cloud.client.create_stack().stack_name("orders").template_body(template);
        request.set_parameters(parameters).send()
    };
    let error = create(None).await.unwrap_err();
    assert_eq!(refusal(error).1, "Parameters: [Count] must have values");
    let error = create(Some(vec![parameter("Count", "9")])).await.unwrap_err();
    assert_eq!(refusal(error).1, "Parameter 'Count' must be a number not greater than 3");
    let error = create(Some(vec![parameter("Count", "1"), parameter("Foo", "1")])).await.unwrap_err();
    assert_eq!(refusal(error).1, "Parameters: [Foo] do not exist in the template");
}

#[tokio::test]
async fn knows_which_stacks_there_are() {
    let cloud = Cloud::new().await;
    let error = cloud.client.describe_stacks().stack_name("orders").send().await.unwrap_err();
    assert_eq!(refusal(error), validation("Stack with id orders does not exist"));
    let error = cloud.client.describe_stack_events().stack_name("orders").send().await.unwrap_err();
    assert_eq!(refusal(error), validation("Stack [orders] does not exist"));
    let template = "Resources: {Data: {Type: 'AWS::S3::Bucket'}}";
    cloud.create("orders", template).await;
    let error = cloud.client.create_stack().stack_name("orders").template_body(template).send().await;
    assert_eq!(refusal(error.unwrap_err()).0, "AlreadyExistsException");
    let listed =
        cloud.client.list_stacks().stack_status_filter("CREATE_COMPLETE".into()).send().await.unwrap();
    assert_eq!(listed.stack_summaries().len(), 1);
    let listed =
        cloud.client.list_stacks().stack_status_filter("DELETE_COMPLETE".into()).send().await.unwrap();
    assert!(listed.stack_summaries().is_empty());
}

#[tokio::test]
async fn refuses_by_name_what_it_does_not_do() {
    let cloud = Cloud::new().await;
    let error = cloud.client.get_stack_policy().stack_name("orders").send().await.unwrap_err();
    assert_eq!(refusal(error).1, "the operation `GetStackPolicy` is not supported by the local engine");
    let template = "Resources: {Data: {Type: 'AWS::S3::Bucket'}}";
    let request = cloud.client.create_stack().stack_name("orders").template_body(template);
    let error = request.timeout_in_minutes(5).send().await.unwrap_err();
    assert_eq!(refusal(error).1, "TimeoutInMinutes is not supported by the local engine");
}
