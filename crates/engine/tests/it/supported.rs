//! What the engine says that it has is what it answers, and what its documentation says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use aws_sdk_cloudformation::types::{StackEvent, StackStatus};

use crate::cloudformation::support::Cloud;
use crate::support::{ACCOUNT, TestEngine};

/// Services whose operations stand in method and path, which an empty request cannot name.
const BY_PATH: &[&str] = &["apigateway", "lambda", "s3", "scheduler"];

/// Sends a request that names its operation for both the query and the JSON protocols, and has no input.
async fn answer(url: &str, service: &str, operation: &str) -> String {
    let address = url.trim_start_matches("http://");
    let request = format!(
        "POST /?Action={operation}&Version=2010-05-15 HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         X-Amz-Target: Service.{operation}\r\nContent-Length: 0\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential={ACCOUNT}/20260115/us-east-1/{service}/aws4_request, Signature=00\r\n\r\n"
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The script `clients/declared.py` shows the converse for every operation that AWS has.
#[tokio::test]
async fn answers_what_it_declares() {
    let engine = TestEngine::manual().await;
    let url = engine.engine.url();
    for service in engine.engine.supported() {
        let sorted = service.operations.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(sorted, "{}: an operation is declared twice: {:?}", service.service, service.operations);
        if BY_PATH.contains(&service.service) {
            continue;
        }
        for operation in &service.operations {
            let answer = answer(&url, service.service, operation).await;
            // Part of what an operation can do may be refused by its name; the operation itself may not.
            let refusal = format!("the operation `{operation}` is not supported");
            assert!(!answer.contains(&refusal), "{}:{operation}: {answer}", service.service);
        }
        let answer = answer(&url, service.service, "BuyMilk").await;
        assert!(answer.contains("the operation `BuyMilk` is not supported"), "{}: {answer}", service.service);
    }
}

#[tokio::test]
async fn is_documented_as_it_is() {
    let engine = TestEngine::manual().await;
    let supported = engine.engine.supported();
    let mut operations = "| service | operations |\n|---|---|\n".to_owned();
    for service in supported.iter().filter(|service| !service.operations.is_empty()) {
        let _ = writeln!(operations, "| `{}` | {} |", service.service, service.operations.join(", "));
    }
    let mut types = "| resource type | properties that act | remembered only |\n|---|---|---|\n".to_owned();
    let described: BTreeMap<_, _> = supported.iter().flat_map(|service| &service.resource_types).collect();
    for (name, described) in described {
        let (acting, remembered) = (described.properties.join(", "), described.remembered.join(", "));
        let _ = writeln!(types, "| `{name}` | {acting} | {remembered} |");
    }

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/engine.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let text = with_section(&with_section(&written, "operations", &operations), "resource types", &types);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
    } else if text != written {
        let differs =
            text.lines().find(|line| !written.contains(line)).unwrap_or("something is written that is not");
        panic!(
            "docs/engine.md does not say what the engine has; run this test with UPDATE=1. First: {differs}"
        );
    }
}

#[tokio::test]
async fn declares_only_properties_that_aws_has() {
    let engine = TestEngine::manual().await;
    for service in engine.engine.supported() {
        for (name, described) in service.resource_types {
            let Some(schema) = hydrant_cfn::schema::of(name) else { continue };
            let declared: Vec<_> = described.properties.iter().chain(described.remembered).collect();
            for property in &declared {
                assert!(schema.property_names().any(|known| known == **property), "{name}.{property}");
            }
            let once: BTreeSet<_> = declared.iter().collect();
            assert_eq!(once.len(), declared.len(), "{name} declares a property twice: {declared:?}");
        }
    }
}

/// Properties that AWS has are refused where the engine has them not, each by its name, and nothing is made.
#[tokio::test]
async fn refuses_every_property_that_it_does_not_declare() {
    let cloud = Cloud::new().await;
    let template = |name: &str, property: &str, value: &str| {
        format!("Resources: {{It: {{Type: '{name}', Properties: {{{property}: {value}}}}}}}")
    };
    for (name, property, value) in [
        ("AWS::S3::Bucket", "AccelerateConfiguration", "{AccelerationStatus: Enabled}"),
        ("AWS::SNS::Topic", "MaximumMessageSize", "1024"),
        ("AWS::SQS::Queue", "FifoQueue", "true"),
        ("AWS::Logs::LogGroup", "DataProtectionPolicy", "{Name: x}"),
        ("AWS::IAM::User", "Groups", "[admins]"),
    ] {
        let stack = cloud.create("orders", &template(name, property, value)).await;
        assert_eq!(stack.stack_status(), Some(&StackStatus::RollbackComplete), "{name}");
        let events = cloud.events("orders").await;
        let expected = format!("the property `{property}` of {name} is not supported by the local engine");
        let says = |event: &StackEvent| {
            event.resource_status_reason().is_some_and(|reason| reason.contains(&expected))
        };
        assert!(events.iter().any(says), "{name}: {events:#?}");
        cloud.delete("orders").await;
        // One that says nothing is harmless.
        let harmless = template("AWS::SQS::Queue", "FifoQueue", "false");
        let stack = cloud.create("harmless", &harmless).await;
        assert_eq!(stack.stack_status(), Some(&StackStatus::CreateComplete));
        cloud.delete("harmless").await;
    }
}

/// Returns `text` with what stands between the markers of a section replaced.
fn with_section(text: &str, name: &str, content: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("docs/engine.md has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("docs/engine.md has no {end}"));
    format!("{before}{begin}\n{content}\n{end}{after}")
}
