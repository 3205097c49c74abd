use super::*;

fn missing(template: &str) -> Vec<String> {
    let template = Template::parse(template).unwrap();
    let access = Access::of(&template);
    let each = access.uses.iter().flat_map(|used| access.missing(used));
    each.map(|missing| format!("{} {}", missing.need.what, missing.actions.join(" "))).collect()
}

const PIPELINE: &str = "Resources:\n  S: {Type: AWS::Kinesis::Stream}\n  B: {Type: AWS::S3::Bucket}\n  R: {Type: AWS::IAM::Role, Properties: {POLICIES}}\n  \
                        D:\n    Type: AWS::KinesisFirehose::DeliveryStream\n    Properties:\n      KinesisStreamSourceConfiguration: {KinesisStreamARN: \
                        !GetAtt S.Arn, RoleARN: !GetAtt R.Arn}\n      ExtendedS3DestinationConfiguration: {BucketARN: !GetAtt B.Arn, RoleARN: !GetAtt R.Arn}\n";

fn pipeline(statements: &str) -> Vec<String> {
    let policies = format!("Policies: [{{PolicyName: p, PolicyDocument: {{Statement: [{statements}]}}}}]");
    missing(&PIPELINE.replace("POLICIES", &policies))
}

const READ: &str = "{Effect: Allow, Action: 'kinesis:*', Resource: !GetAtt S.Arn}";

#[test]
fn finds_what_a_role_may_not_do() {
    assert_eq!(pipeline(READ), ["to write its objects s3:PutObject"]);
    let bucket = "{Effect: Allow, Action: ['s3:Put*'], Resource: !GetAtt B.Arn}";
    assert_eq!(pipeline(&format!("{READ}, {bucket}")), ["to write its objects s3:PutObject"]);
    let denied = "{Effect: Allow, Action: '*', Resource: '*'}, {Effect: Deny, Action: 's3:*', Resource: '*'}";
    assert_eq!(pipeline(denied), ["to write its objects s3:PutObject"]);
}

#[test]
fn is_content_with_what_allows_it_or_may() {
    for bucket in [
        "{Effect: Allow, Action: ['s3:Put*'], Resource: [!Sub '${B.Arn}/*']}",
        "{Effect: Allow, Action: ['s3:PutObject'], Resource: !Join ['', ['arn:aws:s3:::', !Ref B, '/*']]}",
        "{Effect: Allow, Action: ['s3:PutObject'], Resource: !Sub 'arn:aws:s3:::${AWS::StackName}-*'}",
        "{Effect: Allow, Action: ['s3:PutObject'], Resource: !ImportValue x}",
        "{Effect: Allow, NotAction: ['iam:*'], Resource: '*'}",
        "!If [C, {Effect: Allow, Action: '*', Resource: '*'}, !Ref AWS::NoValue]",
    ] {
        assert_eq!(pipeline(&format!("{READ}, {bucket}")), [""; 0], "{bucket}");
    }
}

#[test]
fn reads_policies_that_name_the_role() {
    let separate = |role: &str| {
        let policy = format!(
            "  P: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, Roles: [{role}], PolicyDocument: {{Statement: {{Effect: Allow, Action: \
             '*', Resource: '*'}}}}}}}}\n"
        );
        missing(&format!("{}{policy}", PIPELINE.replace("POLICIES", "RoleName: r"))).len()
    };
    assert_eq!(separate("!Ref R"), 0);
    assert_eq!(separate("r"), 0);
    assert_eq!(separate("other"), 2);
    let managed =
        |arn: &str| missing(&PIPELINE.replace("POLICIES", &format!("ManagedPolicyArns: [{arn}]"))).len();
    assert_eq!(managed("arn:aws:iam::aws:policy/AmazonS3FullAccess"), 1);
    assert_eq!(managed("!Sub 'arn:${AWS::Partition}:iam::aws:policy/service-role/Unknown'"), 0);
}

#[test]
fn reads_a_mapping_with_the_role_of_its_function() {
    let template = |policy: &str| {
        format!(
            "Resources:\n  S: {{Type: AWS::Kinesis::Stream}}\n  Q: {{Type: AWS::SQS::Queue}}\n  R: {{Type: AWS::IAM::Role, Properties: \
             {{ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/{policy}']}}}}\n  F: {{Type: AWS::Lambda::Function, Properties: {{Role: \
             !GetAtt R.Arn}}}}\n  M: {{Type: AWS::Lambda::EventSourceMapping, Properties: {{FunctionName: !Ref F, EventSourceArn: !GetAtt S.Arn, \
             DestinationConfig: {{OnFailure: {{Destination: !GetAtt Q.Arn}}}}}}}}\n"
        )
    };
    assert_eq!(missing(&template("AWSLambdaKinesisExecutionRole")), ["for what failed sqs:SendMessage"]);
    assert_eq!(missing(&template("AWSLambdaBasicExecutionRole")).len(), 2);
}
