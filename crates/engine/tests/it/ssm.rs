//! Parameter Store, and CloudFormation's parameters and references that read it.

use hydrant_engine::{Clock, Config, Engine};
use serde_json::{Value, json};

use crate::raw;
use crate::support::{ACCOUNT, START, TestEngine};

async fn call(engine: &TestEngine, operation: &str, input: Value) -> (u16, Value) {
    raw::json(engine, "ssm", &format!("AmazonSSM.{operation}"), input).await
}

async fn put(engine: &TestEngine, name: &str, kind: &str, value: &str) {
    let input = json!({"Name": name, "Type": kind, "Value": value, "Overwrite": true});
    let (status, answer) = call(engine, "PutParameter", input).await;
    assert_eq!(status, 200, "{answer}");
}

/// Calls an operation of CloudFormation for the stack `s`, and returns the status and the XML.
async fn stack(engine: &TestEngine, operation: &str, more: &[(&str, &str)]) -> (u16, String) {
    let parameters: Vec<(&str, &str)> =
        [("StackName", "s"), ("Version", "2010-05-15")].into_iter().chain(more.iter().copied()).collect();
    raw::query(engine, "cloudformation", operation, &parameters).await
}

async fn described(engine: &TestEngine) -> String {
    crate::support::eventually("the stack settles", || async {
        let (_, xml) = stack(engine, "DescribeStacks", &[]).await;
        (!xml.contains("IN_PROGRESS</StackStatus>")).then_some(xml)
    })
    .await
}

#[tokio::test]
async fn keeps_versions_and_hides_secure_values() {
    let engine = TestEngine::manual().await;
    put(&engine, "/app/key", "SecureString", "hunter2").await;
    put(&engine, "/app/key", "SecureString", "hunter3").await;
    let get = |name: &'static str, decrypted: bool| {
        call(&engine, "GetParameter", json!({"Name": name, "WithDecryption": decrypted}))
    };
    let (_, plain) = get("/app/key", true).await;
    assert_eq!(
        (&plain["Parameter"]["Value"], &plain["Parameter"]["Version"]),
        (&json!("hunter3"), &json!(2))
    );
    assert_eq!(plain["Parameter"]["ARN"], format!("arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/app/key"));
    let (_, sealed) = get("/app/key", false).await;
    assert!(!sealed.to_string().contains("hunter"), "{sealed}");
    assert_eq!(get("/app/key:1", true).await.1["Parameter"]["Value"], "hunter2");
    let (status, refusal) = get("/app/key:9", true).await;
    assert_eq!((status, &refusal["__type"]), (400, &json!("ParameterVersionNotFound")));
    let again = json!({"Name": "/app/key", "Type": "SecureString", "Value": "x"});
    assert_eq!(call(&engine, "PutParameter", again).await.1["__type"], "ParameterAlreadyExists");
    let (_, history) = call(&engine, "GetParameterHistory", json!({"Name": "/app/key"})).await;
    assert_eq!(history["Parameters"].as_array().unwrap().len(), 2);
    assert!(!history.to_string().contains("hunter"), "{history}");
}

#[tokio::test]
async fn lists_by_path_and_by_filter_in_pages() {
    let engine = TestEngine::manual().await;
    for name in ["/a/1", "/a/2", "/a/b/3", "other"] {
        put(&engine, name, "String", "v").await;
    }
    let names = |answer: &Value| -> Vec<String> {
        let found = answer["Parameters"].as_array().unwrap();
        found.iter().map(|one| one["Name"].as_str().unwrap().to_owned()).collect()
    };
    let (_, flat) = call(&engine, "GetParametersByPath", json!({"Path": "/a"})).await;
    assert_eq!(names(&flat), ["/a/1", "/a/2"]);
    let page = json!({"Path": "/a", "Recursive": true, "MaxResults": 2});
    let (_, first) = call(&engine, "GetParametersByPath", page).await;
    let rest = json!({"Path": "/a", "Recursive": true, "NextToken": first["NextToken"]});
    let (_, second) = call(&engine, "GetParametersByPath", rest).await;
    assert_eq!((names(&first), names(&second)), (vec!["/a/1".into(), "/a/2".into()], vec!["/a/b/3".into()]));
    let tags =
        json!({"ResourceType": "Parameter", "ResourceId": "other", "Tags": [{"Key": "k", "Value": "v"}]});
    assert_eq!(call(&engine, "AddTagsToResource", tags).await.0, 200);
    let filter = json!({"ParameterFilters": [{"Key": "tag:k", "Values": ["v"]}]});
    assert_eq!(names(&call(&engine, "DescribeParameters", filter).await.1), ["other"]);
    let (_, several) = call(&engine, "GetParameters", json!({"Names": ["other", "nowhere"]})).await;
    assert_eq!((names(&several), &several["InvalidParameters"]), (vec!["other".into()], &json!(["nowhere"])));
    let (_, gone) = call(&engine, "DeleteParameters", json!({"Names": ["other", "nowhere"]})).await;
    assert_eq!(gone, json!({"DeletedParameters": ["other"], "InvalidParameters": ["nowhere"]}));
}

const VALUES: &str = "
Parameters:
  Shards: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /app/shards}
  Names: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /app/names}
Resources:
  Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: !Ref Shards, Name: !Select [1, !Ref Names]}}
  Kept:
    Type: AWS::SSM::Parameter
    Properties: {Name: /app/kept, Type: String, Value: '{{resolve:ssm:/app/word:1}}-{{resolve:ssm:/app/word}}'}
Outputs:
  Kept: {Value: !Ref Kept}
";

#[tokio::test]
async fn gives_a_stack_the_values_behind_its_parameters_and_references() {
    let engine = TestEngine::manual().await;
    put(&engine, "/app/shards", "String", "2").await;
    put(&engine, "/app/names", "StringList", "one,two").await;
    let (status, refusal) = stack(&engine, "CreateStack", &[("TemplateBody", VALUES)]).await;
    assert_eq!(status, 400);
    assert!(refusal.contains("Parameters: [ssm:/app/word:1, ssm:/app/word] cannot be found."), "{refusal}");
    put(&engine, "/app/word", "String", "old").await;
    put(&engine, "/app/word", "String", "new").await;
    assert_eq!(stack(&engine, "CreateStack", &[("TemplateBody", VALUES)]).await.0, 200);
    let xml = described(&engine).await;
    assert!(xml.contains("CREATE_COMPLETE"), "{xml}");
    assert!(
        xml.contains("<ParameterValue>/app/shards</ParameterValue><ResolvedValue>2</ResolvedValue>"),
        "{xml}"
    );
    assert!(xml.contains("<OutputValue>/app/kept</OutputValue>"), "{xml}");
    let (_, kept) = call(&engine, "GetParameter", json!({"Name": "/app/kept"})).await;
    assert_eq!(kept["Parameter"]["Value"], "old-new");
    let (_, stream) =
        raw::json(&engine, "kinesis", "Kinesis_20131202.DescribeStreamSummary", json!({"StreamName": "two"}))
            .await;
    assert_eq!(stream["StreamDescriptionSummary"]["OpenShardCount"], 2);

    // A new value is a change of the stack, although its template and its parameters are the same.
    put(&engine, "/app/shards", "String", "3").await;
    let (status, answer) = stack(&engine, "UpdateStack", &[("UsePreviousTemplate", "true")]).await;
    assert_eq!(status, 200, "{answer}");
    assert!(described(&engine).await.contains("<ResolvedValue>3</ResolvedValue>"));
    assert_eq!(stack(&engine, "DeleteStack", &[]).await.0, 200);
    crate::support::eventually("the parameter goes", || async {
        let (status, _) = call(&engine, "GetParameter", json!({"Name": "/app/kept"})).await;
        (status == 400).then_some(())
    })
    .await;
}

#[tokio::test]
async fn refuses_what_cloudformation_does_not_read() {
    let engine = TestEngine::manual().await;
    let group = |properties: &str| {
        format!("Resources: {{G: {{Type: 'AWS::Logs::LogGroup', Properties: {properties}}}}}")
    };
    let value = "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /app/key}}\n"
        .to_owned()
        + &group("{LogGroupName: !Ref P}");
    let (_, refusal) = stack(&engine, "CreateStack", &[("TemplateBody", &value)]).await;
    assert!(refusal.contains("Unable to fetch parameters [/app/key] from parameter store"), "{refusal}");
    put(&engine, "/app/key", "SecureString", "hunter2").await;
    let (_, refusal) = stack(&engine, "CreateStack", &[("TemplateBody", &value)]).await;
    let types = "Parameters [/app/key] referenced by template have types not supported by CloudFormation.";
    assert!(refusal.contains(types), "{refusal}");
    let secure = group("{LogGroupName: '{{resolve:ssm-secure:/app/key}}'}");
    let (_, refusal) = stack(&engine, "CreateStack", &[("TemplateBody", &secure)]).await;
    let place = "SSM Secure reference is not supported in: [AWS::Logs::LogGroup/Properties/LogGroupName]";
    assert!(refusal.contains(place), "{refusal}");
    let plain = group("{LogGroupName: '{{resolve:ssm:/app/key}}'}");
    let (_, refusal) = stack(&engine, "CreateStack", &[("TemplateBody", &plain)]).await;
    assert!(refusal.contains("Parameters: [ssm:/app/key] cannot be found."), "{refusal}");
    let other = group("{LogGroupName: '{{resolve:secretsmanager:x}}'}");
    let (_, refusal) = stack(&engine, "CreateStack", &[("TemplateBody", &other)]).await;
    assert!(refusal.contains("the dynamic reference to `secretsmanager` is not supported"), "{refusal}");
}

#[tokio::test]
async fn remembers_parameters_after_a_restart() {
    let TestEngine { engine, folder } = TestEngine::manual().await;
    let before = TestEngine { engine, folder };
    put(&before, "/app/key", "SecureString", "hunter2").await;
    let TestEngine { engine, folder } = before;
    engine.stop().await;
    let config = Config { clock: Clock::manual(START), ..Config::new(folder.path()) };
    let after = TestEngine { engine: Engine::start(config).await.unwrap(), folder };
    let (_, found) = call(&after, "GetParameter", json!({"Name": "/app/key", "WithDecryption": true})).await;
    assert_eq!(found["Parameter"]["Value"], "hunter2");
}
