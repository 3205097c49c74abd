//! Everything that an account has on an engine, asked of every service over its own protocol.
//!
//! There is no SDK for half of these services among the tests' dependencies, and one form of question serves them all.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::LazyLock;

use regex::Regex;

/// A question to a service, and where its answer has the names.
struct Question {
    service: &'static str,
    /// What the names are of.
    what: &'static str,
    line: &'static str,
    /// The target of a JSON protocol, or nothing.
    target: &'static str,
    body: &'static str,
    /// Finds each name as its first group.
    name: &'static str,
}

/// Compiling them takes longer than all the questions.
static NAMES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    QUESTIONS.iter().map(|question| Regex::new(question.name).expect("the pattern is ours")).collect()
});
static CHANGE_SET: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("<ChangeSetName>([^<]+)<").expect("the pattern is ours"));
static KEY: LazyLock<Regex> = LazyLock::new(|| Regex::new("<Key>([^<]+)<").expect("the pattern is ours"));

const QUESTIONS: [Question; 21] = [
    form("cloudformation", "stack", "Action=DescribeStacks", "<StackName>([^<]+)<"),
    form("cloudformation", "export", "Action=ListExports", "<Name>([^<]+)<"),
    form("iam", "role", "Action=ListRoles", "<RoleName>([^<]+)<"),
    form("iam", "user", "Action=ListUsers", "<UserName>([^<]+)<"),
    form("iam", "policy", "Action=ListPolicies&Scope=Local", "<PolicyName>([^<]+)<"),
    form("sns", "topic", "Action=ListTopics", "<TopicArn>([^<]+)<"),
    form("sns", "subscription", "Action=ListSubscriptions", "<SubscriptionArn>([^<]+)<"),
    json("kinesis", "stream", "Kinesis_20131202.ListStreams", r#""StreamName":"([^"]+)""#),
    json("firehose", "delivery stream", "Firehose_20150804.ListDeliveryStreams", r#"[\[,]"([^"]+)"[,\]]"#),
    json("sqs", "queue", "AmazonSQS.ListQueues", r#""(http[^"]+)""#),
    json("logs", "log group", "Logs_20140328.DescribeLogGroups", r#""logGroupName":"([^"]+)""#),
    json("events", "rule", "AWSEvents.ListRules", r#""Name":"([^"]+)""#),
    json("ssm", "parameter", "AmazonSSM.DescribeParameters", r#""Name":"([^"]+)""#),
    json(
        "ecr",
        "repository",
        "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories",
        r#""repositoryName":"([^"]+)""#,
    ),
    json("monitoring", "alarm", "GraniteServiceVersion20100801.DescribeAlarms", r#""AlarmName":"([^"]+)""#),
    get("lambda", "function", "GET /2015-03-31/functions/", r#""FunctionName":"([^"]+)""#),
    get("lambda", "mapping", "GET /2015-03-31/event-source-mappings/", r#""UUID":"([^"]+)""#),
    get("lambda", "layer", "GET /2018-10-31/layers", r#""LayerVersionArn":"([^"]+)""#),
    get("apigateway", "api", "GET /v2/apis", r#""[aA]piId":"([^"]+)""#),
    get("scheduler", "schedule", "GET /schedules", r#""Name":"([^"]+)""#),
    get("s3", "bucket", "GET /", "<Name>([^<]+)<"),
];

const fn form(service: &'static str, what: &'static str, body: &'static str, name: &'static str) -> Question {
    Question { service, what, line: "POST /", target: "", body, name }
}

const fn json(
    service: &'static str,
    what: &'static str,
    target: &'static str,
    name: &'static str,
) -> Question {
    Question { service, what, line: "POST /", target, body: "{}", name }
}

const fn get(service: &'static str, what: &'static str, line: &'static str, name: &'static str) -> Question {
    Question { service, what, line, target: "", body: "", name }
}

/// Returns everything that the account of `--local` has in us-east-1, sorted: `stream orders`.
pub fn leftovers(url: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (Question { service, what, line, target, body, .. }, name) in QUESTIONS.iter().zip(NAMES.iter()) {
        found.extend(names(&ask(url, service, line, target, body), name, what));
    }
    let stacks: Vec<String> =
        found.iter().filter_map(|one| one.strip_prefix("stack ").map(str::to_owned)).collect();
    for stack in stacks {
        let body = format!("Action=ListChangeSets&StackName={stack}");
        let answer = ask(url, "cloudformation", "POST /", "", &body);
        found.extend(names(&answer, &CHANGE_SET, "change set"));
    }
    let buckets: Vec<String> =
        found.iter().filter_map(|one| one.strip_prefix("bucket ").map(str::to_owned)).collect();
    for bucket in buckets {
        let answer = ask(url, "s3", &format!("GET /{bucket}?versions"), "", "");
        found.extend(names(&answer, &KEY, "object"));
        let answer = ask(url, "s3", &format!("GET /{bucket}?uploads"), "", "");
        found.extend(names(&answer, &KEY, "upload"));
    }
    found.sort();
    found
}

/// Fails unless no service has anything.
#[track_caller]
pub fn assert_nothing_is_left(url: &str) {
    assert_eq!(leftovers(url), [""; 0]);
}

fn names(answer: &str, name: &Regex, what: &str) -> Vec<String> {
    name.captures_iter(answer).map(|groups| format!("{what} {}", &groups[1])).collect()
}

/// Sends a request that looks signed, and returns the answer's body.
fn ask(url: &str, service: &str, line: &str, target: &str, body: &str) -> String {
    let address = url.trim_start_matches("http://");
    let kind = match target {
        "" => "Content-Type: application/x-www-form-urlencoded\r\n".to_owned(),
        target => format!("Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: {target}\r\n"),
    };
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n{kind}Authorization: \
         AWS4-HMAC-SHA256 Credential=000000000000/20260115/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=00\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).expect("the engine runs");
    stream.write_all(request.as_bytes()).expect("the engine listens");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the engine answers");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    assert!(head.starts_with("HTTP/1.1 200"), "{service} {line} {target}: {answer}");
    body.to_owned()
}
