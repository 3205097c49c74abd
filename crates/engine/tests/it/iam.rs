//! IAM and STS: roles and policies over the Query protocol, and sessions that are held to them.

use std::time::Duration;

use aws_sdk_sts::Client;
use aws_sdk_sts::config::Credentials;
use aws_sdk_sts::error::ProvideErrorMetadata;
use hydrant_engine::{Clock, Config, Engine};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{ACCOUNT, START, TestEngine, eventually, sdk};

/// Calls an operation of IAM with an access key, and returns the status and the body.
async fn call_as(url: &str, key: &str, operation: &str, parameters: &[(&str, &str)]) -> (u16, String) {
    let mut form = format!("Action={operation}&Version=2010-05-08");
    for (name, value) in parameters {
        form.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    }
    let address = url.trim_start_matches("http://");
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={key}/20260115/us-east-1/iam/aws4_request, \
         SignedHeaders=host, Signature=00\r\n\r\n{form}",
        form.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("the engine listens");
    stream.write_all(request.as_bytes()).await.expect("the engine reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the engine answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("an answer has a status"), body.to_owned())
}

async fn call(engine: &TestEngine, operation: &str, parameters: &[(&str, &str)]) -> (u16, String) {
    call_as(&engine.engine.url(), ACCOUNT, operation, parameters).await
}

/// Calls an operation that must succeed.
async fn done(engine: &TestEngine, operation: &str, parameters: &[(&str, &str)]) -> String {
    let (status, body) = call(engine, operation, parameters).await;
    assert_eq!(status, 200, "{operation}: {body}");
    body
}

/// Calls an operation that must be refused, and returns "status code: message".
async fn refused(engine: &TestEngine, operation: &str, parameters: &[(&str, &str)]) -> String {
    let (status, body) = call(engine, operation, parameters).await;
    format!("{status} {}: {}", text(&body, "Code"), text(&body, "Message"))
}

fn text<'a>(body: &'a str, element: &str) -> &'a str {
    let open = format!("<{element}>");
    let Some((_, rest)) = body.split_once(&open) else { return "" };
    rest.split_once('<').map_or("", |(text, _)| text)
}

const TRUST_ACCOUNT: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}"#;
const TRUST_FIREHOSE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Principal":{"Service":"firehose.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const GET_ROLES: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iam:GetRole*","Resource":"arn:aws:iam::111122223333:role/app/*"},
    {"Effect":"Deny","Action":"iam:GetRolePolicy","Resource":"*"}]}"#;

async fn with_role(name: &str, trust: &str) -> TestEngine {
    let engine = TestEngine::manual().await;
    let parameters = [("RoleName", name), ("Path", "/app/"), ("AssumeRolePolicyDocument", trust)];
    done(&engine, "CreateRole", &parameters).await;
    engine
}

/// Returns an STS client with the credentials of a session of `role/app/{name}`, and its access key.
async fn session(url: &str, name: &str) -> (Client, String) {
    let administrator = Client::new(&sdk(url).await);
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/app/{name}");
    let answer = administrator.assume_role().role_arn(arn).role_session_name("tests").send().await;
    let issued = answer.ok().and_then(|answer| answer.credentials).expect("the role can be assumed");
    let key = issued.access_key_id.clone();
    let credentials =
        Credentials::new(&key, issued.secret_access_key, Some(issued.session_token), None, "tests");
    let config = sdk(url)
        .await
        .to_builder()
        .credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(credentials));
    (Client::new(&config.build()), key)
}

#[tokio::test]
async fn shows_a_role_as_it_was_made() {
    let engine = with_role("reader", TRUST_FIREHOSE).await;
    let role = done(&engine, "GetRole", &[("RoleName", "reader")]).await;
    assert_eq!(text(&role, "Arn"), "arn:aws:iam::111122223333:role/app/reader");
    assert_eq!(text(&role, "CreateDate"), "2026-01-15T10:30:00Z");
    assert_eq!(text(&role, "MaxSessionDuration"), "3600");
    assert!(text(&role, "AssumeRolePolicyDocument").starts_with("%7B%22Version%22%3A%222012-10-17%22"));
    assert!(text(&role, "RoleId").starts_with("AROA") && text(&role, "RoleId").len() == 21);
    assert_eq!(
        refused(
            &engine,
            "CreateRole",
            &[("RoleName", "Reader"), ("AssumeRolePolicyDocument", TRUST_FIREHOSE)]
        )
        .await,
        "409 EntityAlreadyExists: Role with name Reader already exists."
    );
    assert_eq!(
        refused(&engine, "GetRole", &[("RoleName", "gone")]).await,
        "404 NoSuchEntity: The role with name gone cannot be found."
    );
}

#[tokio::test]
async fn refuses_documents_that_are_no_policies() {
    let engine = with_role("reader", TRUST_FIREHOSE).await;
    let put = |document| [("RoleName", "reader"), ("PolicyName", "p"), ("PolicyDocument", document)];
    let cases = [
        ("{", "This policy contains invalid Json"),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*"}]}"#,
            "Policy statement must contain resources.",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"b"}]}"#,
            "Resource b must be in ARN format or \"*\".",
        ),
    ];
    for (document, message) in cases {
        let expected = format!("400 MalformedPolicyDocument: {message}");
        assert_eq!(refused(&engine, "PutRolePolicy", &put(document)).await, expected);
    }
    let ip = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*",
        "Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}"#;
    assert!(refused(&engine, "PutRolePolicy", &put(ip)).await.contains("`IpAddress`"));
}

#[tokio::test]
async fn keeps_a_role_until_its_policies_are_gone() {
    let engine = with_role("reader", TRUST_FIREHOSE).await;
    let reader = ("RoleName", "reader");
    let basic = ("PolicyArn", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
    done(&engine, "AttachRolePolicy", &[reader, basic]).await;
    done(&engine, "PutRolePolicy", &[reader, ("PolicyName", "p"), ("PolicyDocument", GET_ROLES)]).await;
    let attached = done(&engine, "ListAttachedRolePolicies", &[reader]).await;
    assert_eq!(text(&attached, "PolicyName"), "AWSLambdaBasicExecutionRole");
    assert!(done(&engine, "ListRolePolicies", &[reader]).await.contains("<member>p</member>"));

    assert_eq!(
        refused(&engine, "DeleteRole", &[reader]).await,
        "409 DeleteConflict: Cannot delete entity, must detach all policies first."
    );
    done(&engine, "DetachRolePolicy", &[reader, basic]).await;
    assert_eq!(
        refused(&engine, "DeleteRole", &[reader]).await,
        "409 DeleteConflict: Cannot delete entity, must delete policies first."
    );
    done(&engine, "DeleteRolePolicy", &[reader, ("PolicyName", "p")]).await;
    done(&engine, "DeleteRole", &[reader]).await;
    assert!(!done(&engine, "ListRoles", &[]).await.contains("reader"));
}

#[tokio::test]
async fn refuses_a_policy_of_awss_that_it_does_not_have_by_name() {
    let engine = with_role("reader", TRUST_FIREHOSE).await;
    let parameters = [("RoleName", "reader"), ("PolicyArn", "arn:aws:iam::aws:policy/AmazonEC2FullAccess")];
    let message = refused(&engine, "AttachRolePolicy", &parameters).await;
    assert!(
        message.starts_with("501 NotImplemented:") && message.contains("AmazonEC2FullAccess"),
        "{message}"
    );
    assert!(refused(&engine, "CreateGroup", &[("GroupName", "g")]).await.contains("`CreateGroup`"));
}

#[tokio::test]
async fn versions_a_managed_policy() {
    let engine = TestEngine::manual().await;
    let created = done(&engine, "CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", GET_ROLES)]).await;
    assert_eq!(text(&created, "DefaultVersionId"), "v1");
    let arn = ("PolicyArn", "arn:aws:iam::111122223333:policy/p");
    for _ in 0..4 {
        done(&engine, "CreatePolicyVersion", &[arn, ("PolicyDocument", GET_ROLES), ("SetAsDefault", "true")])
            .await;
    }
    let full = refused(&engine, "CreatePolicyVersion", &[arn, ("PolicyDocument", GET_ROLES)]).await;
    assert!(full.starts_with("409 LimitExceeded: A managed policy can have up to 5 versions."), "{full}");
    assert!(refused(&engine, "DeletePolicy", &[arn]).await.starts_with("409 DeleteConflict"));
    for version in ["v1", "v2", "v3", "v4"] {
        done(&engine, "DeletePolicyVersion", &[arn, ("VersionId", version)]).await;
    }
    done(&engine, "DeletePolicy", &[arn]).await;
    assert_eq!(
        refused(&engine, "GetPolicy", &[arn]).await,
        "404 NoSuchEntity: Policy arn:aws:iam::111122223333:policy/p was not found."
    );
}

#[tokio::test]
async fn lists_in_pages() {
    let engine = TestEngine::manual().await;
    for name in ["a", "b", "c"] {
        done(&engine, "CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", TRUST_FIREHOSE)])
            .await;
    }
    let first = done(&engine, "ListRoles", &[("MaxItems", "2")]).await;
    assert_eq!(text(&first, "IsTruncated"), "true");
    let rest = done(&engine, "ListRoles", &[("MaxItems", "2"), ("Marker", text(&first, "Marker"))]).await;
    assert_eq!((text(&rest, "IsTruncated"), text(&rest, "RoleName")), ("false", "c"));
}

#[tokio::test]
async fn says_who_the_caller_is() {
    let engine = with_role("reader", TRUST_ACCOUNT).await;
    let administrator = Client::new(&engine.sdk().await).get_caller_identity().send().await.unwrap();
    assert_eq!(administrator.account(), Some(ACCOUNT));
    let (client, _) = session(&engine.engine.url(), "reader").await;
    let identity = client.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.arn(), Some("arn:aws:sts::111122223333:assumed-role/reader/tests"));
    assert!(identity.user_id().is_some_and(|id| id.starts_with("AROA") && id.ends_with(":tests")));
}

#[tokio::test]
async fn holds_a_session_to_its_roles_policies() {
    let engine = with_role("reader", TRUST_ACCOUNT).await;
    let url = engine.engine.url();
    let (_, key) = session(&url, "reader").await;
    let get = [("RoleName", "reader")];
    let (status, body) = call_as(&url, &key, "GetRole", &get).await;
    assert_eq!(
        (status, text(&body, "Message")),
        (
            403,
            "User: arn:aws:sts::111122223333:assumed-role/reader/tests is not authorized to perform: iam:GetRole on \
             resource: arn:aws:iam::111122223333:role/app/reader because no identity-based policy allows the \
             iam:GetRole action"
        )
    );
    done(&engine, "PutRolePolicy", &[get[0], ("PolicyName", "p"), ("PolicyDocument", GET_ROLES)]).await;
    assert_eq!(call_as(&url, &key, "GetRole", &get).await.0, 200);
    let (status, body) = call_as(&url, &key, "GetRolePolicy", &[get[0], ("PolicyName", "p")]).await;
    assert_eq!(status, 403);
    assert!(text(&body, "Message").ends_with(" with an explicit deny in an identity-based policy"), "{body}");
}

#[tokio::test]
async fn refuses_a_session_of_a_role_that_trusts_another() {
    let engine = with_role("delivery", TRUST_FIREHOSE).await;
    let client = Client::new(&engine.sdk().await);
    let arn = "arn:aws:iam::111122223333:role/app/delivery";
    let error = client.assume_role().role_arn(arn).role_session_name("tests").send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDenied"));
    let expected = "User: arn:aws:iam::111122223333:root is not authorized to perform: sts:AssumeRole on resource: \
                    arn:aws:iam::111122223333:role/app/delivery";
    assert_eq!(error.message(), Some(expected));
}

#[tokio::test]
async fn remembers_roles_and_sessions_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config { clock: Clock::manual(START), ..Config::new(folder.path()) };
    let engine = Engine::start(config()).await.unwrap();
    let parameters = [("RoleName", "reader"), ("Path", "/app/"), ("AssumeRolePolicyDocument", TRUST_ACCOUNT)];
    assert_eq!(call_as(&engine.url(), ACCOUNT, "CreateRole", &parameters).await.0, 200);
    let (_, key) = session(&engine.url(), "reader").await;
    engine.stop().await;

    // The state's lock is free a moment after the engine stopped.
    let engine = eventually("the engine starts again", async || Engine::start(config()).await.ok()).await;
    let (status, body) = call_as(&engine.url(), &key, "GetRole", &[("RoleName", "reader")]).await;
    assert_eq!(status, 403, "{body}");
    assert!(body.contains("assumed-role/reader/tests"), "{body}");
}

/// Makes a user and returns the id of an access key.
async fn user_with_key(engine: &TestEngine, name: &str) -> String {
    done(engine, "CreateUser", &[("UserName", name), ("Path", "/app/")]).await;
    let key = done(engine, "CreateAccessKey", &[("UserName", name)]).await;
    assert_eq!(text(&key, "SecretAccessKey").len(), 40);
    text(&key, "AccessKeyId").to_owned()
}

/// Returns a client configuration with an access key.
async fn sdk_as(url: &str, key: &str) -> aws_config::SdkConfig {
    let credentials = Credentials::new(key, "secret", None, None, "tests");
    let provider = aws_sdk_sts::config::SharedCredentialsProvider::new(credentials);
    sdk(url).await.to_builder().credentials_provider(provider).build()
}

/// Makes the delivery stream `clicks`, to the bucket `clicks`.
async fn with_delivery_stream(engine: &TestEngine) {
    use aws_sdk_firehose::types::ExtendedS3DestinationConfiguration;
    let config = engine.sdk().await;
    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(s3).create_bucket().bucket("clicks").send().await.unwrap();
    done(engine, "CreateRole", &[("RoleName", "delivery"), ("AssumeRolePolicyDocument", TRUST_FIREHOSE)])
        .await;
    let destination = ExtendedS3DestinationConfiguration::builder()
        .bucket_arn("arn:aws:s3:::clicks")
        .role_arn(format!("arn:aws:iam::{ACCOUNT}:role/delivery"))
        .build()
        .unwrap();
    let create = aws_sdk_firehose::Client::new(&config).create_delivery_stream();
    let create = create.delivery_stream_name("clicks").extended_s3_destination_configuration(destination);
    create.send().await.unwrap();
}

#[tokio::test]
async fn lets_a_user_put_records_once_a_policy_says_so() {
    use aws_sdk_firehose::primitives::Blob;
    use aws_sdk_firehose::types::Record;
    let engine = TestEngine::manual().await;
    with_delivery_stream(&engine).await;
    let key = user_with_key(&engine, "dcUser").await;
    let firehose = aws_sdk_firehose::Client::new(&sdk_as(&engine.engine.url(), &key).await);
    let put = || {
        let record = Record::builder().data(Blob::new("click")).build().unwrap();
        firehose.put_record().delivery_stream_name("clicks").record(record).send()
    };
    let error = put().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    let expected = "User: arn:aws:iam::111122223333:user/app/dcUser is not authorized to perform: \
                    firehose:PutRecord on resource: \
                    arn:aws:firehose:us-east-1:111122223333:deliverystream/clicks because no identity-based \
                    policy allows the firehose:PutRecord action";
    assert_eq!(error.message(), Some(expected));

    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"firehose:PutRecord",
        "Resource":"arn:aws:firehose:us-east-1:111122223333:deliverystream/clicks"}]}"#;
    let dc_user = ("UserName", "dcUser");
    done(&engine, "PutUserPolicy", &[dc_user, ("PolicyName", "put"), ("PolicyDocument", policy)]).await;
    put().await.unwrap();
    let identity = Client::new(&sdk_as(&engine.engine.url(), &key).await);
    let identity = identity.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.arn(), Some("arn:aws:iam::111122223333:user/app/dcUser"));
    assert!(identity.user_id().is_some_and(|id| id.starts_with("AIDA")));
}

#[tokio::test]
async fn refuses_a_key_that_is_inactive_or_deleted() {
    let engine = TestEngine::manual().await;
    let url = engine.engine.url();
    let key = user_with_key(&engine, "u").await;
    let admin = ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess");
    done(&engine, "AttachUserPolicy", &[("UserName", "u"), admin]).await;
    assert_eq!(text(&call_as(&url, &key, "GetUser", &[]).await.1, "UserName"), "u");

    let (user, id) = (("UserName", "u"), ("AccessKeyId", key.as_str()));
    done(&engine, "UpdateAccessKey", &[user, id, ("Status", "Inactive")]).await;
    let (status, body) = call_as(&url, &key, "GetUser", &[]).await;
    assert_eq!((status, text(&body, "Code")), (403, "InvalidClientTokenId"), "{body}");
    let kinesis = aws_sdk_kinesis::Client::new(&sdk_as(&url, &key).await);
    let error = kinesis.list_streams().send().await.unwrap_err();
    assert_eq!(error.code(), Some("UnrecognizedClientException"));
    let s3 = aws_sdk_s3::Client::new(&sdk_as(&url, &key).await);
    assert_eq!(s3.list_buckets().send().await.unwrap_err().code(), Some("InvalidAccessKeyId"));

    done(&engine, "UpdateAccessKey", &[user, id, ("Status", "Active")]).await;
    assert_eq!(call_as(&url, &key, "GetUser", &[]).await.0, 200);
    done(&engine, "DeleteAccessKey", &[user, id]).await;
    assert_eq!(call_as(&url, &key, "GetUser", &[]).await.0, 403);
    assert!(!done(&engine, "ListAccessKeys", &[user]).await.contains(&key));
}

#[tokio::test]
async fn keeps_a_user_until_its_policies_and_keys_are_gone() {
    let engine = TestEngine::manual().await;
    let key = user_with_key(&engine, "u").await;
    let user = ("UserName", "u");
    done(&engine, "PutUserPolicy", &[user, ("PolicyName", "p"), ("PolicyDocument", GET_ROLES)]).await;
    assert!(done(&engine, "ListUserPolicies", &[user]).await.contains("<member>p</member>"));
    assert_eq!(
        refused(&engine, "DeleteUser", &[user]).await,
        "409 DeleteConflict: Cannot delete entity, must delete policies first."
    );
    done(&engine, "DeleteUserPolicy", &[user, ("PolicyName", "p")]).await;
    assert_eq!(
        refused(&engine, "DeleteUser", &[user]).await,
        "409 DeleteConflict: Cannot delete entity, must delete access keys first."
    );
    done(&engine, "CreateAccessKey", &[user]).await;
    assert_eq!(
        refused(&engine, "CreateAccessKey", &[user]).await,
        "409 LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"
    );
    let listed = done(&engine, "ListAccessKeys", &[user]).await;
    let other = listed.split("<AccessKeyId>").skip(1).map(|rest| &rest[..20]).find(|id| *id != key).unwrap();
    for id in [&key, other] {
        done(&engine, "DeleteAccessKey", &[user, ("AccessKeyId", id)]).await;
    }
    done(&engine, "DeleteUser", &[user]).await;
    assert!(!done(&engine, "ListUsers", &[]).await.contains("<UserName>u<"));
    assert_eq!(
        refused(&engine, "GetUser", &[user]).await,
        "404 NoSuchEntity: The user with name u cannot be found."
    );
}

#[tokio::test]
async fn puts_a_users_name_into_policies_and_conditions() {
    let engine = TestEngine::manual().await;
    let url = engine.engine.url();
    let key = user_with_key(&engine, "u").await;
    user_with_key(&engine, "other").await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser",
        "Resource":"arn:aws:iam::*:user/app/${aws:username}",
        "Condition":{"StringLike":{"aws:userid":"AIDA*"},"StringEquals":{"aws:PrincipalType":"User"}}}]}"#;
    done(&engine, "PutUserPolicy", &[("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", policy)])
        .await;
    assert_eq!(call_as(&url, &key, "GetUser", &[("UserName", "u")]).await.0, 200);
    assert_eq!(call_as(&url, &key, "GetUser", &[("UserName", "other")]).await.0, 403);
}

#[tokio::test]
async fn ends_a_session_when_its_time_is_over() {
    let engine = with_role("reader", TRUST_ACCOUNT).await;
    let (client, _) = session(&engine.engine.url(), "reader").await;
    engine.engine.clock().advance(Duration::from_secs(3599));
    client.get_caller_identity().send().await.unwrap();
    engine.engine.clock().advance(Duration::from_secs(1));
    let error = client.get_caller_identity().send().await.unwrap_err();
    assert_eq!(error.code(), Some("ExpiredToken"));
}
