//! The AWS CLI, one family of commands a test.

use std::io::{Cursor, Write};

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::environment::{Clients, bootstrap};
use crate::support::{ACCOUNT, eventually};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
    "Principal":{"Service":["lambda.amazonaws.com","firehose.amazonaws.com"]}}]}"#;
const RIGHTS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*",
    "Action":["logs:*","kinesis:*","s3:*"]}]}"#;

/// A function whose code lies beside the template, and a stream that it reads.
const TEMPLATE: &str = "
Parameters:
  Shards: {Type: Number, Default: 1}
Resources:
  Stream:
    Type: AWS::Kinesis::Stream
    Properties: {ShardCount: !Ref Shards}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole]
  Consumer:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: consumer
      Code: ./function
      Handler: bootstrap
      Runtime: provided.al2023
      Role: !GetAtt Role.Arn
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Stream.Arn, FunctionName: !Ref Consumer, StartingPosition: TRIM_HORIZON}
Outputs:
  StreamName: {Value: !Ref Stream}
";

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Makes a role that functions and deliveries can use, and returns its ARN.
async fn role(clients: &Clients) -> String {
    clients.write("trust.json", TRUST);
    clients.write("rights.json", RIGHTS);
    let made =
        clients.aws("iam create-role --role-name worker --assume-role-policy-document file://trust.json");
    let arn = parsed(&made.await)["Role"]["Arn"].as_str().unwrap().to_owned();
    let put =
        "iam put-role-policy --role-name worker --policy-name rights --policy-document file://rights.json";
    clients.aws(put).await;
    arn
}

/// Waits for the next second: the CLI names its change sets by it, and two of one name are refused.
async fn next_second() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1005 - u64::from(now.subsec_millis()))).await;
}

#[tokio::test]
async fn packages_deploys_updates_and_deletes_a_stack() {
    let Some(clients) = Clients::start().await else { return };
    clients.write("template.yaml", TEMPLATE);
    clients.write("function/bootstrap", std::fs::read(bootstrap()).unwrap());
    make_executable(&clients.folder.path().join("function/bootstrap"));
    clients.aws("s3 mb s3://artifacts").await;
    let package = "cloudformation package --template-file template.yaml --s3-bucket artifacts --s3-prefix code \
                   --output-template-file packaged.yaml";
    clients.aws(package).await;
    let packaged = std::fs::read_to_string(clients.folder.path().join("packaged.yaml")).unwrap();
    assert!(packaged.contains("S3Bucket: artifacts") && packaged.contains("S3Key: code/"), "{packaged}");

    let deploy = "cloudformation deploy --template-file packaged.yaml --stack-name pipeline --capabilities \
                  CAPABILITY_IAM";
    let out = clients.aws(deploy).await;
    assert!(out.contains("Successfully created/updated stack - pipeline"), "{out}");
    clients.aws("cloudformation wait stack-create-complete --stack-name pipeline").await;
    next_second().await;
    let unchanged = clients.run("aws", &deploy.split_whitespace().collect::<Vec<_>>()).await;
    assert!(
        unchanged.code == Some(255) && unchanged.err.contains("No changes to deploy."),
        "{}",
        unchanged.err
    );
    next_second().await;
    let out = clients.aws(&format!("{deploy} --no-fail-on-empty-changeset")).await;
    assert!(out.contains("No changes to deploy. Stack pipeline is up to date"), "{out}");
    next_second().await;
    let out = clients.aws(&format!("{deploy} --parameter-overrides Shards=2 --tags team=data")).await;
    assert!(out.contains("Successfully created/updated stack - pipeline"), "{out}");
    clients.aws("cloudformation wait stack-update-complete --stack-name pipeline").await;

    let described = parsed(&clients.aws("cloudformation describe-stacks --stack-name pipeline").await);
    let stack = &described["Stacks"][0];
    assert_eq!(stack["StackStatus"], "UPDATE_COMPLETE");
    assert_eq!(stack["Tags"], json!([{"Key": "team", "Value": "data"}]));
    let stream = stack["Outputs"][0]["OutputValue"].as_str().unwrap();
    let query = "StreamDescriptionSummary.OpenShardCount";
    let summary = format!("kinesis describe-stream-summary --stream-name {stream} --query {query}");
    assert_eq!(clients.aws(&summary).await.trim(), "2");

    clients.aws("cloudformation delete-stack --stack-name pipeline").await;
    clients.aws("cloudformation wait stack-delete-complete --stack-name pipeline").await;
    let gone = clients.run("aws", &["cloudformation", "describe-stacks", "--stack-name", "pipeline"]).await;
    assert_eq!(gone.code, Some(255), "{}", gone.out);
    assert!(
        gone.err.contains("(ValidationError)") && gone.err.contains("pipeline does not exist"),
        "{}",
        gone.err
    );
}

#[tokio::test]
async fn copies_synchronises_lists_and_removes_objects() {
    let Some(clients) = Clients::start().await else { return };
    // Large enough for a multipart upload and for a download in ranges.
    let large: Vec<u8> =
        (0..9_000_000_u32).map(|place| place.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    clients.write("data/large.bin", &large);
    clients.write("data/notes/a b+c.txt", "one");
    clients.write("data/notes/ü.txt", "two");
    assert_eq!(clients.aws("s3 mb s3://vehicles").await.trim(), "make_bucket: vehicles");
    clients.aws("s3 sync data s3://vehicles/raw").await;
    assert_eq!(clients.aws("s3 sync data s3://vehicles/raw").await, "", "nothing is left to do");

    let listed = clients.aws("s3 ls --recursive --summarize s3://vehicles").await;
    for line in ["9000000 raw/large.bin", "3 raw/notes/a b+c.txt", "3 raw/notes/ü.txt", "Total Size: 9000006"]
    {
        assert!(listed.contains(line), "{line}: {listed}");
    }
    let listed = clients.aws("s3 ls s3://vehicles/raw/").await;
    assert!(listed.contains("PRE notes/") && !listed.contains("a b+c.txt"), "{listed}");

    clients.aws("s3 cp s3://vehicles/raw/large.bin back.bin").await;
    assert!(
        std::fs::read(clients.folder.path().join("back.bin")).unwrap() == large,
        "the object came back changed"
    );
    clients.aws("s3 cp s3://vehicles/raw/large.bin s3://vehicles/copy.bin").await;
    assert_eq!(clients.aws("s3 cp s3://vehicles/raw/notes/ü.txt -").await, "two");

    std::fs::remove_file(clients.folder.path().join("data/notes/ü.txt")).unwrap();
    let out = clients.aws("s3 sync data s3://vehicles/raw --delete").await;
    assert_eq!(out.trim(), "delete: s3://vehicles/raw/notes/ü.txt");
    let refused = clients.run("aws", &["s3", "rb", "s3://vehicles"]).await;
    assert!(refused.code == Some(1) && refused.err.contains("(BucketNotEmpty)"), "{}", refused.err);
    clients.aws("s3 rm --recursive s3://vehicles/raw").await;
    let listed = clients.aws("s3 ls --recursive s3://vehicles").await;
    assert!(listed.contains("copy.bin") && listed.lines().count() == 1, "{listed}");
    clients.aws("s3 rb --force s3://vehicles").await;
    assert_eq!(clients.aws("s3 ls").await, "");
}

#[tokio::test]
async fn writes_records_and_reads_them_where_they_go() {
    let Some(clients) = Clients::start().await else { return };
    let role = role(&clients).await;
    clients.aws("s3 mb s3://landing").await;
    clients.aws_with(&[
        "firehose", "create-delivery-stream", "--delivery-stream-name", "gps", "--extended-s3-destination-configuration",
        &format!("RoleARN={role},BucketARN=arn:aws:s3:::landing,BufferingHints={{SizeInMBs=1,IntervalInSeconds=60}}"),
    ]).await;
    let put = clients
        .aws_with(&[
            "firehose",
            "put-record",
            "--delivery-stream-name",
            "gps",
            "--record",
            "Data=4FTEX4944AK844294 25\n",
        ])
        .await;
    assert!(parsed(&put)["RecordId"].is_string(), "{put}");

    clients.aws("kinesis create-stream --stream-name positions --shard-count 1").await;
    clients.aws("kinesis wait stream-exists --stream-name positions").await;
    let put = "kinesis put-record --stream-name positions --partition-key vin --data speed=25";
    let shard = parsed(&clients.aws(put).await)["ShardId"].as_str().unwrap().to_owned();
    let get_iterator = format!(
        "kinesis get-shard-iterator --stream-name positions --shard-id {shard} --shard-iterator-type TRIM_HORIZON \
         --query ShardIterator --output text"
    );
    let iterator = clients.aws(&get_iterator).await;
    let got = clients.aws(&format!("kinesis get-records --shard-iterator {}", iterator.trim())).await;
    let got = parsed(&got);
    assert_eq!(got["Records"][0]["Data"], "c3BlZWQ9MjU=");
    assert_eq!(got["Records"][0]["PartitionKey"], "vin");

    let s3 = aws_sdk_s3::Client::new(&clients.engine.sdk().await);
    eventually("an object is delivered", || async {
        let listed = s3.list_objects_v2().bucket("landing").send().await.ok()?;
        (!listed.contents().is_empty()).then_some(())
    })
    .await;
    clients.aws("s3 sync s3://landing landed").await;
    let find =
        clients.run("python", &["-c", "import glob; print(open(glob.glob('landed/*/*/*/*/*')[0]).read())"]);
    assert_eq!(find.await.out.trim(), "4FTEX4944AK844294 25");
    clients.aws("firehose delete-delivery-stream --delivery-stream-name gps").await;
}

#[tokio::test]
async fn invokes_a_function_and_reads_its_log() {
    let Some(clients) = Clients::start().await else { return };
    let role = role(&clients).await;
    clients.write("function.zip", zipped(&std::fs::read(bootstrap()).unwrap()));
    let create = format!(
        "lambda create-function --function-name echo --role {role} --runtime provided.al2023 --handler bootstrap \
         --zip-file fileb://function.zip --environment Variables={{GREETING=hello}}"
    );
    assert_eq!(parsed(&clients.aws(&create).await)["State"], "Pending");
    clients.aws("lambda wait function-active-v2 --function-name echo").await;
    let payload = r#"{"a": [1, "ü"]}"#;
    let invoked = clients
        .aws_with(&["lambda", "invoke", "--function-name", "echo", "--payload", payload, "out.json"])
        .await;
    assert_eq!(parsed(&invoked), json!({"StatusCode": 200, "ExecutedVersion": "$LATEST"}));
    let answer = std::fs::read_to_string(clients.folder.path().join("out.json")).unwrap();
    assert_eq!(parsed(&answer), parsed(payload));

    // Release 1 has no `logs tail`; this is the call that it repeats in release 2.
    let log =
        "logs filter-log-events --log-group-name /aws/lambda/echo --interleaved --query events[].message";
    let log = clients.aws(log).await;
    assert!(log.contains("START RequestId: ") && log.contains("REPORT RequestId: "), "{log}");
    let matched = clients.aws_with(&[
        "logs",
        "filter-log-events",
        "--log-group-name",
        "/aws/lambda/echo",
        "--filter-pattern",
        "\"END RequestId\"",
    ]);
    assert_eq!(parsed(&matched.await)["events"].as_array().map(Vec::len), Some(1));
    clients.aws("lambda delete-function --function-name echo").await;
    let gone = clients.run("aws", &["lambda", "get-function", "--function-name", "echo"]).await;
    assert!(gone.code == Some(255) && gone.err.contains("(ResourceNotFoundException)"), "{}", gone.err);
}

#[tokio::test]
async fn keeps_roles_and_their_policies() {
    let Some(clients) = Clients::start().await else { return };
    let arn = role(&clients).await;
    assert_eq!(arn, format!("arn:aws:iam::{ACCOUNT}:role/worker"));
    let got = parsed(&clients.aws("iam get-role --role-name worker").await);
    assert_eq!(got["Role"]["AssumeRolePolicyDocument"], parsed(TRUST));
    let got = clients
        .aws("iam get-role-policy --role-name worker --policy-name rights --query PolicyDocument")
        .await;
    assert_eq!(parsed(&got), parsed(RIGHTS));
    let managed = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    clients.aws(&format!("iam attach-role-policy --role-name worker --policy-arn {managed}")).await;
    let attached = clients.aws("iam list-attached-role-policies --role-name worker --output text").await;
    assert_eq!(attached.trim(), format!("ATTACHEDPOLICIES\t{managed}\tAmazonS3ReadOnlyAccess"));
    let kept = clients.run("aws", &["iam", "delete-role", "--role-name", "worker"]).await;
    assert!(kept.code == Some(255) && kept.err.contains("(DeleteConflict)"), "{}", kept.err);
    clients.aws(&format!("iam detach-role-policy --role-name worker --policy-arn {managed}")).await;
    clients.aws("iam delete-role-policy --role-name worker --policy-name rights").await;
    clients.aws("iam delete-role --role-name worker").await;
    let caller = clients.aws("sts get-caller-identity --query Account --output text").await;
    assert_eq!(caller.trim(), ACCOUNT);
}

fn zipped(program: &[u8]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file("bootstrap", options.unix_permissions(0o755)).unwrap();
    writer.write_all(program).unwrap();
    writer.finish().unwrap().into_inner()
}

fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
