//! IAM and STS: roles and policies over the Query protocol, and sessions that are held to them.

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
    assert!(refused(&engine, "CreateUser", &[("UserName", "u")]).await.contains("`CreateUser`"));
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
