//! What other services get when they ask whether somebody may do something, or act for a role.

use std::sync::Arc;

use serde_json::{Value, json};

use super::roles::NewRole;
use crate::Principal;
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::config::Config;
use crate::http::Signature;
use crate::identity::Caller;

const ACCOUNT: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::111122223333:role/delivery";

/// An engine with one role that Firehose may assume for its account, and that may write to one bucket.
fn with_role() -> (tempfile::TempDir, Arc<Aws>) {
    let folder = tempfile::tempdir().unwrap();
    let aws = Aws::open(&Config::new(folder.path())).unwrap();
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "firehose.amazonaws.com"},
        "Condition": {"StringEquals": {"sts:ExternalId": ACCOUNT}}}]});
    let write = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::orders/*"}]});
    let new = NewRole {
        name: "delivery".to_owned(),
        trust: trust.to_string(),
        inline: [("write".to_owned(), write.to_string())].into_iter().collect(),
        ..NewRole::default()
    };
    aws.services.iam.create_role(ACCOUNT, new).unwrap();
    (folder, aws)
}

fn assume(aws: &Aws, service: &str, external_id: &str) -> Result<Caller, String> {
    let context = [("sts:ExternalId", external_id)];
    let session = aws.services.iam.assume_role(ROLE, service, "orders", "eu-west-1", &context);
    session.map_err(|error| error.to_string())
}

fn statement(effect: &str, action: &str, principal: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": action, "Resource": "*", "Principal": principal}]})
}

#[test]
fn lets_a_trusted_service_act_for_a_role() {
    let (_folder, aws) = with_role();
    let session = assume(&aws, "firehose.amazonaws.com", ACCOUNT).unwrap();
    assert_eq!(session.principal_arn(), "arn:aws:sts::111122223333:assumed-role/delivery/orders");
    assert_eq!(session.region, "eu-west-1");
    let refused = format!(
        "AccessDenied: User: lambda.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    );
    assert_eq!(assume(&aws, "lambda.amazonaws.com", ACCOUNT), Err(refused));
    assert!(assume(&aws, "firehose.amazonaws.com", "444455556666").is_err());
    assert!(aws.services.iam.assume_role("no arn", "firehose.amazonaws.com", "s", "eu-west-1", &[]).is_err());
}

#[test]
fn holds_a_role_to_its_policies_and_the_resources() {
    let (_folder, aws) = with_role();
    let session = assume(&aws, "firehose.amazonaws.com", ACCOUNT).unwrap();
    let ask = |action: &str, resource: &str, policy: Option<&Value>| {
        aws.services.iam.authorize(&session, action, resource, policy, &[]).map_err(|error| error.to_string())
    };
    assert_eq!(ask("s3:PutObject", "arn:aws:s3:::orders/key", None), Ok(()));
    assert_eq!(
        ask("s3:PutObject", "arn:aws:s3:::other/key", None).unwrap_err(),
        "AccessDenied: User: arn:aws:sts::111122223333:assumed-role/delivery/orders is not authorized to perform: \
         s3:PutObject on resource: \"arn:aws:s3:::other/key\" because no identity-based policy allows the s3:PutObject \
         action"
    );
    let denies = statement("Deny", "s3:*", json!("*"));
    assert!(
        ask("s3:PutObject", "arn:aws:s3:::orders/key", Some(&denies))
            .unwrap_err()
            .ends_with(" with an explicit deny in a resource-based policy")
    );
    let allows = statement("Allow", "s3:*", json!({"AWS": ROLE}));
    assert_eq!(ask("s3:GetObject", "arn:aws:s3:::other/key", Some(&allows)), Ok(()));
}

#[test]
fn tells_policies_whose_a_resource_is() {
    let (_folder, aws) = with_role();
    let session = assume(&aws, "firehose.amazonaws.com", ACCOUNT).unwrap();
    let ask = |action: &str, resource: &str, key: &str, context: &[(&str, &str)]| {
        let mut policy = statement("Allow", "*", json!("*"));
        policy["Statement"][0]["Condition"] = json!({"StringEquals": {key: ACCOUNT}});
        aws.services.iam.authorize(&session, action, resource, Some(&policy), context).is_ok()
    };
    let (stream, bucket) = ("arn:aws:kinesis:eu-west-1:111122223333:stream/orders", "arn:aws:s3:::other");
    assert!(ask("kinesis:GetRecords", stream, "aws:ResourceAccount", &[]));
    assert!(!ask("kinesis:GetRecords", stream, "s3:ResourceAccount", &[]));
    assert!(ask("s3:GetObject", bucket, "s3:ResourceAccount", &[]));
    assert!(!ask("s3:GetObject", bucket, "s3:ResourceAccount", &[("aws:ResourceAccount", "444455556666")]));
}

#[test]
fn lets_an_administrator_do_all_that_no_resource_denies() {
    let (_folder, aws) = with_role();
    let administrator = Caller::administrator(ACCOUNT, "eu-west-1");
    let denies = statement("Deny", "s3:*", json!("*"));
    let ask = |action: &str, policy: Option<&Value>| {
        aws.services.iam.authorize(&administrator, action, "arn:aws:s3:::orders", policy, &[]).is_ok()
    };
    assert!(ask("s3:ListBucket", None));
    assert!(!ask("s3:ListBucket", Some(&denies)));
    assert!(ask("s3:DeleteBucketPolicy", Some(&denies)));
}

#[test]
fn lets_a_service_do_only_what_the_resource_allows() {
    let (_folder, aws) = with_role();
    let service = Caller {
        principal: Principal::Service("s3.amazonaws.com".to_owned()),
        ..Caller::administrator(ACCOUNT, "eu-west-1")
    };
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:f";
    let allows = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction",
        "Resource": function, "Principal": {"Service": "s3.amazonaws.com"},
        "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::orders"}}}]});
    let ask = |source: &str| {
        let context = [("aws:SourceArn", source)];
        aws.services
            .iam
            .authorize(&service, "lambda:InvokeFunction", function, Some(&allows), &context)
            .is_ok()
    };
    assert!(ask("arn:aws:s3:::orders"));
    assert!(!ask("arn:aws:s3:::other"));
    assert!(aws.services.iam.authorize(&service, "lambda:InvokeFunction", function, None, &[]).is_err());
}

#[test]
fn recognises_the_credentials_that_it_issued() {
    let (_folder, aws) = with_role();
    let iam = &aws.services.iam;
    let session = assume(&aws, "firehose.amazonaws.com", ACCOUNT).unwrap();
    let credentials = iam.issue_credentials(&session).unwrap();
    assert_eq!(iam.issue_credentials(&session).unwrap().access_key_id, credentials.access_key_id);
    assert_ne!(
        iam.issue_own_credentials(&session, Timestamp(1)).unwrap().access_key_id,
        credentials.access_key_id
    );
    let caller = |access_key: &str| {
        let (access_key, region, service) = (access_key.to_owned(), "us-east-2".to_owned(), "s3".to_owned());
        iam.caller(&Signature { access_key, region, service }).unwrap()
    };
    assert_eq!(caller(&credentials.access_key_id).principal, session.principal);
    assert_eq!(caller(&credentials.access_key_id).region, "us-east-2");
    assert_eq!(caller(ACCOUNT).account, ACCOUNT);
    assert_eq!(caller("ASIAELSEWHERE").principal, Principal::Administrator);
}
