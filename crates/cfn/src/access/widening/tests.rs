use super::*;

/// A function with a role, a stream and a bucket; `STATEMENTS` are those of its policy.
const PIPELINE: &str = "
Parameters: { Partner: { Type: String, Default: '111122223333' } }
Conditions: { Open: !Equals [!Ref Partner, '999999999999'] }
Resources:
  Stream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: STREAM } }
  Bucket: { Type: 'AWS::S3::Bucket' }
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: { Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: 'sts:AssumeRole' }] }
      Policies: [{ PolicyName: p, PolicyDocument: { Statement: [STATEMENTS] } }]
  Function: { Type: 'AWS::Lambda::Function', Properties: { Role: !GetAtt Role.Arn } }
";

const READ: &str =
    "{ Effect: Allow, Action: ['kinesis:GetRecords', 'kinesis:ListShards'], Resource: !GetAtt Stream.Arn }";

fn pipeline(statements: &str) -> String {
    PIPELINE.replace("STATEMENTS", statements).replace("STREAM", "s")
}

fn given(old: &str, new: &str, before: &Values, after: &Values) -> Vec<Widening> {
    let parse = |text: &str| Template::parse(text).unwrap_or_else(|errors| panic!("{errors:?}: {text}"));
    let (old, new) = (parse(old), parse(new));
    let old = Given { template: &old, values: before };
    widenings(Some(old), Given { template: &new, values: after }, &[])
}

/// Returns what the second template allows beyond the first, in short.
fn wider(old: &str, new: &str) -> Vec<String> {
    let values = Values::from([("AWS::AccountId".to_owned(), "111122223333".to_owned())]);
    given(old, new, &values, &values).iter().map(short).collect()
}

fn short(widening: &Widening) -> String {
    let Widening { kind, who, gains, on, conditions, because, wildcard, .. } = widening;
    let mut text = format!("{kind:?} {who}: {} on {}", gains.join(" "), on.join(" "));
    for key in conditions {
        text += &format!(" if {key}");
    }
    if let Some(because) = because {
        text += &format!(" since {because}");
    }
    if *wildcard { text + " (wildcard)" } else { text }
}

/// Compares the pipeline with one statement and with another, both ways.
#[track_caller]
fn statements(one: &str, other: &str, forth: &[&str], back: &[&str]) {
    assert_eq!(wider(&pipeline(one), &pipeline(other)), forth, "{one} -> {other}");
    assert_eq!(wider(&pipeline(other), &pipeline(one)), back, "{other} -> {one}");
}

#[test]
fn tells_new_actions_and_resources_and_not_those_that_go() {
    let write = "{ Effect: Allow, Action: 'kinesis:PutRecord', Resource: !GetAtt Stream.Arn }";
    statements(READ, READ, &[], &[]);
    statements(READ, &format!("{READ}, {write}"), &["Permission Function: kinesis:PutRecord on Stream"], &[]);
    let objects = "{ Effect: Allow, Action: 's3:GetObject', Resource: !Sub '${Bucket.Arn}/in/*' }";
    let all =
        "{ Effect: Allow, Action: 's3:GetObject', Resource: [!GetAtt Bucket.Arn, !Sub '${Bucket.Arn}/*'] }";
    statements(objects, all, &["Permission Function: s3:GetObject on Bucket Bucket/*"], &[]);
}

#[test]
fn tells_new_wildcards() {
    let star = "{ Effect: Allow, Action: 'kinesis:*', Resource: !GetAtt Stream.Arn }";
    statements(READ, star, &["Permission Function: kinesis:* on Stream (wildcard)"], &[]);
    let anywhere = READ.replace("!GetAtt Stream.Arn", "'*'");
    let gained = "Permission Function: kinesis:GetRecords kinesis:ListShards on * (wildcard)";
    statements(READ, &anywhere, &[gained], &[]);
    // A list that has all that a pattern stands for is no less.
    let named = "{ Effect: Allow, Action: ['kinesis:PutRecord', 'kinesis:PutRecords'], Resource: !GetAtt Stream.Arn }";
    let pattern = "{ Effect: Allow, Action: 'kinesis:PutRecord*', Resource: !GetAtt Stream.Arn }";
    statements(named, pattern, &[], &[]);
    // What cannot be limited to a resource is no wildcard.
    let trace = "{ Effect: Allow, Action: 'xray:PutTraceSegments', Resource: '*' }";
    let both = format!("{READ}, {trace}");
    statements(READ, &both, &["Permission Function: xray:PutTraceSegments on *"], &[]);
}

#[test]
fn tells_conditions_that_go() {
    let open = "{ Effect: Allow, Action: 's3:GetObject', Resource: '*'CONDITION }";
    let with = |condition: &str| open.replace("CONDITION", &format!(", Condition: {condition}"));
    let open = open.replace("CONDITION", "");
    let organization = with("{ StringEquals: { 'aws:PrincipalOrgID': o-1 } }");
    statements(
        &organization,
        &open,
        &[
            "Permission Function: s3:GetObject on * since the condition on `aws:PrincipalOrgID` is gone (wildcard)",
        ],
        &[],
    );
    let two = with("{ StringEquals: { 'aws:PrincipalOrgID': [o-1, o-2] } }");
    statements(
        &organization,
        &two,
        &[
            "Permission Function: s3:GetObject on * if aws:PrincipalOrgID since the condition on `aws:PrincipalOrgID` takes \
           other values (wildcard)",
        ],
        &[],
    );
    let like = with("{ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:1:*' } }");
    let equal = with("{ ArnEquals: { 'AWS:SourceArn': 'arn:aws:sns:us-east-1:1:t' } }");
    assert_eq!(wider(&pipeline(&like), &pipeline(&equal)), [""; 0]);
    assert_eq!(wider(&pipeline(&equal), &pipeline(&like)).len(), 1);
}

#[test]
fn tells_denials_that_go() {
    let all = "{ Effect: Allow, Action: 'kinesis:*', Resource: '*' }";
    let denied = format!("{all}, {{ Effect: Deny, Action: 'kinesis:DeleteStream', Resource: '*' }}");
    statements(&denied, all, &["Denial Function: kinesis:DeleteStream on * (wildcard)"], &[]);
    // A denial of what was never allowed held nothing back.
    let idle = format!("{READ}, {{ Effect: Deny, Action: 's3:*', Resource: '*' }}");
    statements(&idle, READ, &[], &[]);
    // What a new denial takes is not gained.
    let new = format!(
        "{READ}, {{ Effect: Allow, Action: 's3:PutObject', Resource: '*' }}, {{ Effect: Deny, Action: 's3:*', Resource: '*' }}"
    );
    assert_eq!(wider(&pipeline(READ), &pipeline(&new)), [""; 0]);
    let softer = denied.replace("'*' }}", "'*' }");
    let softer = softer.replacen(
        "Action: 'kinesis:DeleteStream', Resource: '*'",
        "Action: 'kinesis:DeleteStream', Resource: '*', Condition: { Bool: { 'aws:MultiFactorAuthPresent': false } }",
        1,
    );
    let found = wider(&pipeline(&denied), &pipeline(&softer));
    assert_eq!(
        found,
        ["Denial Function: kinesis:DeleteStream on * since the denial has a condition now (wildcard)"]
    );
}

#[test]
fn reads_what_policies_leave_out() {
    let but_iam = "{ Effect: Allow, NotAction: ['iam:*', 'sts:*'], Resource: '*' }";
    let but_sts = "{ Effect: Allow, NotAction: 'sts:*', Resource: '*' }";
    statements(but_iam, but_sts, &["Permission Function: everything but sts:* on * (wildcard)"], &[]);
    statements(READ, but_iam, &["Permission Function: everything but iam:*, sts:* on * (wildcard)"], &[]);
    let admin = "{ Effect: Allow, Action: '*', Resource: '*' }";
    statements(but_sts, admin, &["Permission Function: * on * (wildcard)"], &[]);
}

#[test]
fn does_not_mind_where_or_how_a_policy_is_written() {
    let old = pipeline(READ);
    let policy = "  Apart: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: p, Roles: [!Ref Role], PolicyDocument: { Statement: STATEMENT } } }\n";
    let apart = format!("{}{}", pipeline(""), policy.replace("STATEMENT", READ));
    assert_eq!(wider(&old, &apart), [""; 0]);
    assert_eq!(wider(&apart, &old), [""; 0]);
    let joined = old.replace(
        "!GetAtt Stream.Arn",
        "!Sub 'arn:${AWS::Partition}:kinesis:${AWS::Region}:111122223333:stream/${Stream}'",
    );
    assert_eq!(wider(&old, &joined), [""; 0]);
    assert_eq!(wider(&joined, &old), [""; 0]);
    // The stream has another name, and the right is the same.
    assert_eq!(wider(&old, &old.replace("Name: s ", "Name: t ")), [""; 0]);
    // So has the role.
    let renamed = old.replace("  Role:\n", "  Other:\n").replace("Role.Arn", "Other.Arn");
    assert_eq!(wider(&old, &renamed), [""; 0]);
}

#[test]
fn tells_another_role_with_more_rights() {
    let other = "  Strong: { Type: 'AWS::IAM::Role', Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] } }\n";
    let old = format!("{}{other}", pipeline(READ));
    let new = old.replace("Role: !GetAtt Role.Arn", "Role: !GetAtt Strong.Arn");
    let values = Values::new();
    let found = given(&old, &new, &values, &values);
    assert_eq!(found.iter().map(short).collect::<Vec<_>>(), ["Permission Function: * on * (wildcard)"]);
    assert_eq!(found[0].holder, "Function");
    assert_eq!(wider(&new, &old), [""; 0]);
}

#[test]
fn tells_managed_policies_and_boundaries() {
    let with = |property: &str| {
        pipeline(READ).replace("      Policies:", &format!("      {property}\n      Policies:"))
    };
    let old = pipeline(READ);
    let known = with("ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonSQSFullAccess']");
    assert_eq!(wider(&old, &known), ["Permission Function: sqs:* on * (wildcard)"]);
    let own = with("ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/own']");
    assert_eq!(wider(&old, &own), ["ManagedPolicy Function: arn:aws:iam::111122223333:policy/own on "]);
    assert_eq!(wider(&own, &old), [""; 0]);
    let bound = with("PermissionsBoundary: 'arn:aws:iam::111122223333:policy/edge'");
    assert_eq!(
        wider(&bound, &old),
        ["Boundary Function: whatever its policies allow on  since the permissions boundary \
          arn:aws:iam::111122223333:policy/edge is gone"]
    );
    assert_eq!(wider(&old, &bound), [""; 0]);
}

#[test]
fn tells_whom_a_role_trusts_now() {
    let old = pipeline(READ);
    let service = old.replace("lambda.amazonaws.com }", "[lambda.amazonaws.com, firehose.amazonaws.com] }");
    assert_eq!(wider(&old, &service), ["Trust firehose.amazonaws.com: sts:AssumeRole on Role"]);
    assert_eq!(wider(&service, &old), [""; 0]);
    let account = old.replace("Service: lambda.amazonaws.com", "AWS: !Ref Partner");
    assert_eq!(wider(&old, &account), ["Trust account 111122223333: sts:AssumeRole on Role"]);
    // A parameter alone changes whom it means.
    let partner = |number: &str| Values::from([("Partner".to_owned(), number.to_owned())]);
    let found = given(&account, &account, &partner("111122223333"), &partner("444455556666"));
    assert_eq!(
        found.iter().map(short).collect::<Vec<_>>(),
        ["Trust account 444455556666: sts:AssumeRole on Role"]
    );
    // Who is named one by one is in an account that was trusted.
    let one = account.replace("AWS: !Ref Partner", "AWS: 'arn:aws:iam::111122223333:role/deployer'");
    assert_eq!(wider(&account, &one), [""; 0]);
    assert_eq!(wider(&one, &account), ["Trust account 111122223333: sts:AssumeRole on Role"]);
}

#[test]
fn tells_who_may_invoke_functions_and_read_buckets() {
    let with = |resources: &str| format!("{}{resources}", pipeline(READ));
    let permission = |rest: &str| {
        with(&format!(
            "  P: {{ Type: 'AWS::Lambda::Permission', Properties: {{ Action: 'lambda:InvokeFunction', FunctionName: !Ref Function, {rest} }} }}\n"
        ))
    };
    let limited = permission("Principal: s3.amazonaws.com, SourceArn: !GetAtt Bucket.Arn");
    let free = permission("Principal: s3.amazonaws.com");
    assert_eq!(
        wider(&with(""), &limited),
        ["Permission s3.amazonaws.com: lambda:InvokeFunction on Function if aws:SourceArn"]
    );
    assert_eq!(
        wider(&limited, &free),
        [
            "Permission s3.amazonaws.com: lambda:InvokeFunction on Function since the condition on `aws:SourceArn` is gone"
        ]
    );
    assert_eq!(wider(&free, &limited), [""; 0]);
    let anyone = permission("Principal: '*'");
    assert_eq!(wider(&free, &anyone), ["Permission anyone: lambda:InvokeFunction on Function"]);

    let policy = |statement: &str| {
        with(&format!(
            "  BP: {{ Type: 'AWS::S3::BucketPolicy', Properties: {{ Bucket: !Ref Bucket, PolicyDocument: {{ Statement: [{statement}] }} }} }}\n"
        ))
    };
    let secure = "{ Effect: Deny, Principal: '*', Action: 's3:*', Resource: !Sub '${Bucket.Arn}/*', Condition: { Bool: { 'aws:SecureTransport': false } } }";
    let public =
        "{ Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: !Sub '${Bucket.Arn}/*' }";
    assert_eq!(
        wider(&policy(secure), &policy(public)),
        [
            "Permission anyone: s3:GetObject on Bucket/*",
            "Denial anyone: s3:* on Bucket/* if aws:SecureTransport (wildcard)",
        ]
    );
    assert_eq!(wider(&policy(&format!("{secure}, {public}")), &policy(secure)), [""; 0]);
}

#[test]
fn tells_queues_that_take_from_more() {
    let queue = |statement: &str| {
        format!(
            "Resources:\n  Queue: {{ Type: 'AWS::SQS::Queue' }}\n  Topic: {{ Type: 'AWS::SNS::Topic' }}\n  QP: {{ Type: 'AWS::SQS::QueuePolicy', \
             Properties: {{ Queues: [!Ref Queue], PolicyDocument: {{ Statement: {statement} }} }} }}\n"
        )
    };
    let topic = queue(
        "{ Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: 'sqs:SendMessage', Resource: !GetAtt Queue.Arn, Condition: { ArnEquals: { 'aws:SourceArn': !Ref Topic } } }",
    );
    let any = queue(
        "{ Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: 'sqs:SendMessage', Resource: '*' }",
    );
    assert_eq!(
        wider(&topic, &any),
        [
            "Permission sns.amazonaws.com: sqs:SendMessage on Queue since the condition on `aws:SourceArn` is gone"
        ]
    );
    assert_eq!(wider(&any, &topic), [""; 0]);
}

#[test]
fn looks_at_the_branch_that_is_taken() {
    let statement =
        format!("{READ}, !If [Open, {{ Effect: Allow, Action: 's3:*', Resource: '*' }}, !Ref AWS::NoValue]");
    assert_eq!(wider(&pipeline(READ), &pipeline(&statement)), [""; 0]);
    let open = Values::from([("Partner".to_owned(), "999999999999".to_owned())]);
    let found = given(&pipeline(READ), &pipeline(&statement), &Values::new(), &open);
    assert_eq!(found.iter().map(short).collect::<Vec<_>>(), ["Permission Function: s3:* on * (wildcard)"]);
}

#[test]
fn opens_doors_only_from_the_inside() {
    let url = |name: &str| {
        format!(
            "Resources:\n  Url: {{ Type: 'AWS::Lambda::Url', Properties: {{ AuthType: {name}, TargetFunctionArn: f }} }}\n"
        )
    };
    assert_eq!(
        wider(&url("AWS_IAM"), &url("NONE")),
        ["Door anyone: call it without credentials on Url since `AuthType` kept others out"]
    );
    assert_eq!(wider(&url("NONE"), &url("AWS_IAM")), [""; 0]);
    let bucket = |closed: bool| {
        format!(
            "Resources:\n  B: {{ Type: 'AWS::S3::Bucket', Properties: {{ PublicAccessBlockConfiguration: {{ BlockPublicPolicy: {closed}, BlockPublicAcls: true, IgnorePublicAcls: true, RestrictPublicBuckets: true }} }} }}\n"
        )
    };
    assert_eq!(wider(&bucket(true), &bucket(false)).len(), 1);
    assert_eq!(wider(&bucket(false), &bucket(true)), [""; 0]);
}

#[test]
fn says_what_it_cannot_read_only_where_it_changed() {
    let open = pipeline("'Fn::Transform': { Name: M, Parameters: {} }");
    assert_eq!(wider(&open, &open), [""; 0]);
    let found = wider(&pipeline(READ), &open);
    assert!(found.len() == 1 && found[0].starts_with("Unreadable Function"), "{found:?}");
}

#[test]
fn tells_everything_of_a_new_stack() {
    let template = Template::parse(&pipeline(READ)).unwrap();
    let values = Values::new();
    let found = widenings(None, Given { template: &template, values: &values }, &[]);
    let found: Vec<String> = found.iter().map(short).collect();
    assert_eq!(found, ["Permission Function: kinesis:GetRecords kinesis:ListShards on Stream"]);
}
