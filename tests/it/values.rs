//! Values from elsewhere: from other stacks, Systems Manager, the environment and files; and several regions.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::assert_screen;
use crate::environment::{Output, TestEnvironment};
use crate::journey::{assert_nothing_is_left, story};

const SECRET: &str = "hunter2-and-nothing-else";

/// A stack with a stream that others may import.
const ORDERS: &str = "streams: { Orders: { shards: 1 } }\nexports: [Orders]\n";

/// A stack with a function that takes all that it has from elsewhere.
const JUDGE: &str = "\
values:
  orders: { stack: orders, export: OrdersArn }
  stream-name: { stack: orders, output: OrdersName }
  threshold: { ssm: /orders/threshold }
  token: { env: API_TOKEN, secret: true }
  banner: { file: banner.txt }
streams:
  Orders: { arn: '${orders}' }
functions:
  judge:
    crate: judge
    reads: { stream: Orders }
    environment:
      THRESHOLD: ${threshold}
      TOKEN: Bearer ${token}
      ORDERS: arn of ${stream-name} is ${orders}, not $${orders}
      BANNER: ${banner}
";

/// Calls an operation of a JSON service of the engine.
fn call(url: &str, service: &str, region: &str, target: &str, input: &Value) -> Value {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let body = input.to_string();
    let mut stream = TcpStream::connect(address).expect("the engine listens");
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\nX-Amz-Target: {target}\r\n\
         Content-Type: application/x-amz-json-1.1\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential=000000000000/20260115/{region}/{service}/aws4_request, Signature=00\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("the engine listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the engine answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a body");
    serde_json::from_str(body).unwrap_or(Value::Null)
}

fn streams(url: &str, region: &str) -> Value {
    call(url, "kinesis", region, "Kinesis_20131202.ListStreams", &json!({}))["StreamNames"].clone()
}

fn run(room: &TestEnvironment, arguments: &[&str]) -> Output {
    run_with_token(room, arguments, SECRET)
}

fn run_with_token(room: &TestEnvironment, arguments: &[&str], token: &str) -> Output {
    let mut command = room.command(arguments);
    command.env("API_TOKEN", token).env("CARGO_TARGET_DIR", room.path("target"));
    room.finish(command)
}

/// Fails when the secret is in any output or in any file that the program wrote.
fn assert_secret_is_kept(room: &TestEnvironment, outputs: &[&Output]) {
    for output in outputs {
        assert!(!output.stdout.contains(SECRET) && !output.stderr.contains(SECRET), "{output}");
    }
    fn search(folder: &Path) {
        for entry in std::fs::read_dir(folder).expect("the folder is ours").flatten() {
            let path = entry.path();
            if path.is_dir() {
                search(&path);
            } else {
                let bytes = std::fs::read(&path).expect("the file is ours");
                let found = bytes.windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes());
                assert!(!found, "the secret is in {}", path.display());
            }
        }
    }
    // The engine keeps what the service itself has to keep; all else is the program's.
    for entry in std::fs::read_dir(room.path("")).expect("the room is ours").flatten() {
        if entry.path().is_dir() && entry.file_name() != "local" {
            search(&entry.path());
        }
    }
}

/// A small function, so that the stack has something to give its values to.
fn write_crate(room: &TestEnvironment) {
    room.write("Cargo.toml", "[workspace]\nmembers = [\"judge\"]\nresolver = \"3\"\n");
    room.write(
        "judge/Cargo.toml",
        "[package]\nname = \"judge\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[[bin]]\nname = \"judge\"\npath = \"main.rs\"\n",
    );
    room.write("judge/main.rs", "fn main() {}\n");
    room.write("banner.txt", "Hello\n");
}

#[test]
fn renders_values_as_parameters_and_imports() {
    let room = TestEnvironment::new();
    room.write("stacks/orders.yaml", ORDERS).write("stacks/judge.yaml", JUDGE);
    assert_screen!("values_rendered", room.run(&["render", "judge"]));
    assert_screen!("exports_rendered", room.run(&["render", "orders", "--env", "dev"]));
}

#[test]
fn points_at_values_that_lead_nowhere() {
    let room = TestEnvironment::new();
    room.write(
        "stacks/orders.yaml",
        "streams: { Orders: { shards: 1 }, Other: { shards: 1 } }\nexports: [Order]\n",
    );
    assert_screen!("export_of_nothing", room.run(&["render", "orders"]));
    room.write(
        "stacks/orders.yaml",
        "streams: { Orders: { shards: 1 }, Other: { shards: 1 } }\nexports: [Other]\n",
    );
    room.write(
        "stacks/judge.yaml",
        &JUDGE.replace("${threshold}", "${treshold}").replace("${banner}", "${banner"),
    );
    assert_screen!("unknown_value", room.run(&["lint", "stacks/judge.yaml"]));
    room.write("stacks/judge.yaml", &JUDGE.replace("output: OrdersName", "output: OrderName"));
    assert_screen!("unknown_output", room.run(&["lint", "stacks/judge.yaml"]));
    room.write("stacks/judge.yaml", &JUDGE.replace("stack: orders", "stack: oders"));
    assert_screen!("unknown_stack_of_a_value", room.run(&["render", "judge"]));
    let wrong = JUDGE
        .replace("env: API_TOKEN", "env: API_TOKEN, file: x")
        .replace("ssm: /orders/threshold", "ssm: /orders/threshold, secret: true");
    room.write("stacks/judge.yaml", &wrong);
    assert_screen!("sources_of_a_value", room.run(&["render", "judge"]));
}

#[test]
fn deploys_stacks_that_take_values_from_each_other_and_keeps_secrets() {
    let room = TestEnvironment::new();
    room.write("stacks/orders.yaml", ORDERS).write("stacks/judge.yaml", JUDGE);
    write_crate(&room);
    let url = room.start_engine("1");
    let threshold = json!({"Name": "/orders/threshold", "Type": "String", "Value": "17"});
    call(&url, "ssm", "us-east-1", "AmazonSSM.PutParameter", &threshold);

    let missing = room.run(&["deploy", "judge", "--local", "--yes"]);
    assert_screen!("values_are_missing", missing);
    let events = ["--events-file", "home/events.ndjson"];
    let deployed = run(&room, &[&["deploy", "--all", "--local", "--yes", "-v"], &events[..]].concat());
    assert_eq!(deployed.code, 0, "{deployed}");
    let configuration = function_configuration(&url);
    let variables = &configuration["Environment"]["Variables"];
    let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/Orders";
    assert_eq!(variables["THRESHOLD"], "17", "{configuration}");
    assert_eq!(variables["TOKEN"], format!("Bearer {SECRET}"));
    assert_eq!(variables["ORDERS"], format!("arn of Orders is {arn}, not ${{orders}}"));
    assert_eq!(variables["BANNER"], "Hello");

    let again = run(&room, &["deploy", "--all", "--local", "--yes"]);
    assert!(again.stdout.contains("unchanged") && !again.stdout.contains("updated"), "{again}");
    room.write("banner.txt", "Bye\n");
    let diff = run(&room, &["diff", "judge", "--local", "--out", "home/plan.json"]);
    assert!(diff.stdout.contains("Bye"), "{diff}");
    let other = run_with_token(&room, &["diff", "judge", "--local", "--format", "json"], "other");
    let shown = ["status", "events", "outputs", "logs"].map(|verb| run(&room, &[verb, "judge", "--local"]));
    let offline = ["render", "graph", "lint"].map(|verb| run(&room, &[verb, "judge"]));
    let refused = room.run(&["destroy", "orders", "--local", "--yes"]);
    assert_screen!("destroy_of_an_imported_stack", refused);
    let outputs: Vec<&Output> = [&missing, &deployed, &again, &diff, &other, &refused]
        .into_iter()
        .chain(&shown)
        .chain(&offline)
        .collect();
    assert_secret_is_kept(&room, &outputs);
    let destroyed = run(&room, &["destroy", "--all", "--local", "--yes", "--delete-data"]);
    assert_eq!(destroyed.code, 0, "{destroyed}");
    let ours = json!({"Name": "/orders/threshold"});
    call(&url, "ssm", "us-east-1", "AmazonSSM.DeleteParameter", &ours);
    assert_nothing_is_left(&url);
}

fn function_configuration(url: &str) -> Value {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).expect("the engine listens");
    let request = format!(
        "GET /2015-03-31/functions/judge/configuration HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: \
         AWS4-HMAC-SHA256 Credential=000000000000/20260115/us-east-1/lambda/aws4_request, Signature=00\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("the engine listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the engine answers");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a body");
    serde_json::from_str(body).expect("the function is there")
}

#[test]
fn refuses_stacks_that_take_values_from_each_other_in_a_circle() {
    let room = TestEnvironment::new();
    for (name, other) in [("first", "second"), ("second", "first")] {
        room.write(
            &format!("stacks/{name}.yaml"),
            &format!(
                "values: {{ other: {{ stack: {other}, export: FlowArn }} }}\n\
                 streams: {{ Flow: {{ shards: 1 }}, Other: {{ arn: '${{other}}' }} }}\nexports: [Flow]\n"
            ),
        );
    }
    assert_screen!("values_in_a_circle", room.run(&["deploy", "--all", "--local", "--yes"]));
}

#[test]
fn covers_every_region_of_an_environment() {
    let room = TestEnvironment::new();
    room.write(
        "stacks/orders.yaml",
        &format!("{ORDERS}environments: {{ dev: {{ regions: [us-east-1, eu-west-1] }} }}\n"),
    );
    let url = room.start_engine("1");
    let deployed = room.run(&["deploy", "orders", "--local", "--yes"]);
    assert_eq!(deployed.code, 0, "{deployed}");
    assert_screen!("deploy_in_regions", deployed.stdout);
    assert!(deployed.stderr.contains("orders-dev eu-west-1  "), "{deployed}");
    assert_eq!(
        (streams(&url, "us-east-1"), streams(&url, "eu-west-1")),
        (json!(["Orders"]), json!(["Orders"]))
    );
    let outputs = room.run(&["outputs", "orders", "--local", "--format", "json"]).json();
    assert_eq!(outputs["eu-west-1"]["OrdersArn"], "arn:aws:kinesis:eu-west-1:000000000000:stream/Orders");
    assert_screen!("status_of_regions", room.run(&["status", "--local"]));
    assert_screen!("diff_in_regions", story(&room.run(&["diff", "orders", "--local"])));
    assert_screen!("one_region_is_needed", room.run(&["events", "orders", "--local"]));
    assert_eq!(room.run(&["destroy", "orders", "--local", "--yes", "--region", "eu-west-1"]).code, 0);
    assert_eq!((streams(&url, "us-east-1"), streams(&url, "eu-west-1")), (json!(["Orders"]), json!([])));
    let destroyed = room.run(&["destroy", "orders", "--local", "--yes"]);
    assert_screen!("destroy_in_regions", destroyed.stdout);
    assert_nothing_is_left(&url);
}
