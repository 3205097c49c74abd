//! HTTP APIs and function URLs as browsers and programs meet them, and what is published of functions.

mod functions;
mod stacks;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::lambda::Stage;
use crate::support::ACCOUNT;

/// An answer over plain HTTP.
#[derive(Debug)]
struct Answer {
    status: u16,
    /// Headers by lower-case name.
    headers: BTreeMap<String, String>,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Sends one request to a URL that begins with the engine's; a `Host` among the headers takes its place.
async fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let rest = url.strip_prefix("http://").unwrap();
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut request =
        format!("{method} /{path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| *name == "Host") {
        request.push_str(&format!("Host: {address}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Answer { status, headers, text: text.to_owned() }
}

async fn get(url: &str) -> Answer {
    send("GET", url, &[], "").await
}

/// Calls an operation of API Gateway.
async fn call(stage: &Stage, method: &str, path: &str, input: Value) -> Answer {
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260115/us-east-1/apigateway/aws4_request, SignedHeaders=host, \
         Signature=00"
    );
    let url = format!("{}{path}", stage.engine.engine.url());
    let body = if input.is_null() { String::new() } else { input.to_string() };
    send(method, &url, &[("Authorization", &scope), ("Content-Type", "application/json")], &body).await
}

async fn done(stage: &Stage, method: &str, path: &str, input: Value) -> Value {
    let answer = call(stage, method, path, input).await;
    assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
    if answer.text.is_empty() { Value::Null } else { answer.json() }
}

/// An API in front of the function `f`, with a default stage that follows every change.
struct Front {
    stage: Stage,
    id: String,
    target: String,
    endpoint: String,
}

impl Front {
    async fn set(api: Value) -> Self {
        let stage = Stage::set().await;
        let function = stage.deploy("f", &[]).await;
        let mut input = json!({"name": "front", "protocolType": "HTTP"});
        input.as_object_mut().unwrap().extend(api.as_object().unwrap().clone());
        let api = done(&stage, "POST", "/v2/apis", input).await;
        let id = api["apiId"].as_str().unwrap().to_owned();
        let endpoint = api["apiEndpoint"].as_str().unwrap().to_owned();
        let integration = json!({
            "integrationType": "AWS_PROXY", "integrationUri": function, "payloadFormatVersion": "2.0",
        });
        let made = done(&stage, "POST", &format!("/v2/apis/{id}/integrations"), integration).await;
        let target = format!("integrations/{}", made["integrationId"].as_str().unwrap());
        let front = Self { stage, id, target, endpoint };
        front.part("stages", json!({"stageName": "$default", "autoDeploy": true})).await;
        front
    }

    async fn part(&self, kind: &str, input: Value) -> Value {
        done(&self.stage, "POST", &format!("/v2/apis/{}/{kind}", self.id), input).await
    }

    async fn route(&self, key: &str) {
        self.part("routes", json!({"routeKey": key, "target": self.target})).await;
    }

    /// Lets the API's routes that match `pattern` invoke the function.
    async fn permit(&self, pattern: &str) {
        let source = format!("arn:aws:execute-api:us-east-1:{ACCOUNT}:{}/{pattern}", self.id);
        let permission = self.stage.lambda.add_permission().function_name("f").statement_id("api");
        let permission = permission.action("lambda:InvokeFunction").principal("apigateway.amazonaws.com");
        permission.source_arn(source).send().await.unwrap();
    }

    async fn reply(&self, reply: Value) -> Answer {
        let body = json!({"do": "reply", "reply": reply}).to_string();
        send("POST", &format!("{}/x", self.endpoint), &[("Content-Type", "application/json")], &body).await
    }
}

#[tokio::test]
async fn hands_a_request_to_the_function_in_payload_format_2() {
    let front = Front::set(json!({})).await;
    front.route("ANY /items/{id}").await;
    front.permit("*/*/items/{id}").await;
    let url = format!("{}/items/a%20b?x=1&x=2", front.endpoint);
    let headers =
        [("Content-Type", "text/plain"), ("Cookie", "a=1; b=2"), ("X-Own", "yes"), ("User-Agent", "test")];
    let answer = send("POST", &url, &headers, "hello").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert!(answer.header("apigw-requestid").ends_with('='));
    let event = answer.json();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "ANY /items/{id}");
    assert_eq!(event["rawPath"], "/items/a b");
    assert_eq!(event["rawQueryString"], "x=1&x=2");
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(
        (&event["headers"]["x-own"], &event["headers"]["content-type"]),
        (&json!("yes"), &json!("text/plain"))
    );
    assert_eq!(event["queryStringParameters"], json!({"x": "1,2"}));
    assert_eq!(event["pathParameters"], json!({"id": "a b"}));
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("hello"), &json!(false)));
    let context = &event["requestContext"];
    assert_eq!((&context["accountId"], &context["apiId"]), (&json!(ACCOUNT), &json!(front.id)));
    assert_eq!((&context["stage"], &context["routeKey"]), (&json!("$default"), &event["routeKey"]));
    assert_eq!(context["time"], "15/Jan/2026:10:30:00 +0000");
    assert_eq!(context["timeEpoch"], 1_768_473_000_000_i64);
    assert_eq!(context["requestId"], answer.header("apigw-requestid"));
    let expected = json!({
        "method": "POST", "path": "/items/a b", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test",
    });
    assert_eq!(context["http"], expected);

    // The same under the name of its own.
    let host = format!("{}.execute-api.localhost:4566", front.id);
    let url = format!("{}/items/1", front.stage.engine.engine.url());
    let answer = send("GET", &url, &[("Host", &host)], "").await;
    assert_eq!((answer.status, &answer.json()["rawPath"]), (200, &json!("/items/1")));
}

#[tokio::test]
async fn answers_as_the_function_says_and_for_its_failures() {
    let front = Front::set(json!({})).await;
    front.route("POST /x").await;
    let denied = front.reply(json!("Hello")).await;
    assert_eq!((denied.status, denied.text.as_str()), (500, r#"{"message":"Internal Server Error"}"#));
    front.permit("*/GET/x").await;
    assert_eq!(front.reply(json!("Hello")).await.status, 500);
    let remove = front.stage.lambda.remove_permission().function_name("f").statement_id("api");
    remove.send().await.unwrap();
    front.permit("*/*/x").await;

    let plain = front.reply(json!("Hello")).await;
    assert_eq!((plain.status, plain.text.as_str()), (200, "Hello"));
    let full = front
        .reply(json!({
            "statusCode": 201, "headers": {"Content-Type": "text/html", "X-Own": "1"}, "cookies": ["a=1; Secure"],
            "body": "PGI+", "isBase64Encoded": true,
        }))
        .await;
    assert_eq!((full.status, full.text.as_str(), full.header("content-type")), (201, "<b>", "text/html"));
    assert_eq!((full.header("set-cookie"), full.header("x-own")), ("a=1; Secure", "1"));
    for reply in [json!({"statusCode": "many"}), json!({"statusCode": 200, "body": {}})] {
        assert_eq!(front.reply(reply).await.status, 500);
    }
    let url = format!("{}/x", front.endpoint);
    let failed = send("POST", &url, &[], r#"{"do": "fail"}"#).await;
    assert_eq!((failed.status, failed.text.as_str()), (500, r#"{"message":"Internal Server Error"}"#));
    let missing = get(&url).await;
    assert_eq!((missing.status, missing.text.as_str()), (404, r#"{"message":"Not Found"}"#));
    assert_eq!(get(&format!("{}/_hydrant/api/nothing/", front.stage.engine.engine.url())).await.status, 404);

    let path = format!("/v2/apis/{}/{}", front.id, front.target);
    done(&front.stage, "PATCH", &path, json!({"timeoutInMillis": 50})).await;
    let slow = send("POST", &url, &[], r#"{"do": "sleep", "n": 2000}"#).await;
    assert_eq!((slow.status, slow.text.as_str()), (503, r#"{"message":"Service Unavailable"}"#));
}

#[tokio::test]
async fn chooses_stage_and_route() {
    let front = Front::set(json!({})).await;
    front.permit("*").await;
    for key in ["GET /a/b", "GET /a/{x}", "ANY /{proxy+}"] {
        front.route(key).await;
    }
    front.part("stages", json!({"stageName": "prod", "stageVariables": {"color": "red"}})).await;
    let event = |path: &'static str| {
        let url = format!("{}{path}", front.endpoint);
        async move { get(&url).await }
    };
    for (path, key) in [("/a/b", "GET /a/b"), ("/a/c", "GET /a/{x}"), ("/a/c/d", "ANY /{proxy+}")] {
        assert_eq!(event(path).await.json()["routeKey"], key, "{path}");
    }
    assert_eq!(event("/").await.status, 404);

    // A stage that does not follow changes shows what was deployed last.
    assert_eq!(event("/prod/a/b").await.status, 404);
    front.part("deployments", json!({"stageName": "prod"})).await;
    front.route("$default").await;
    let deployed = event("/prod/a/b").await.json();
    assert_eq!(
        (&deployed["rawPath"], &deployed["requestContext"]["stage"]),
        (&json!("/prod/a/b"), &json!("prod"))
    );
    assert_eq!(
        (&deployed["routeKey"], &deployed["stageVariables"]),
        (&json!("GET /a/b"), &json!({"color": "red"}))
    );
    assert_eq!(event("/prod").await.status, 404);
    assert_eq!(event("/").await.json()["routeKey"], "$default");
}

#[tokio::test]
async fn throttles_a_stage_and_a_route() {
    let front = Front::set(json!({})).await;
    front.permit("*").await;
    front.route("GET /a").await;
    front.route("GET /b").await;
    let limits = json!({
        "defaultRouteSettings": {"throttlingRateLimit": 1, "throttlingBurstLimit": 2},
        "routeSettings": {"GET /b": {"throttlingRateLimit": 0.5, "throttlingBurstLimit": 1}},
    });
    done(&front.stage, "PATCH", &format!("/v2/apis/{}/stages/$default", front.id), limits).await;
    let status = |path: &'static str| {
        let url = format!("{}{path}", front.endpoint);
        async move { get(&url).await.status }
    };
    assert_eq!([status("/a").await, status("/a").await, status("/a").await], [200, 200, 429]);
    assert_eq!([status("/b").await, status("/b").await], [200, 429]);
    let answer = get(&format!("{}/a", front.endpoint)).await;
    assert_eq!(answer.text, r#"{"message":"Too Many Requests"}"#);
    front.stage.engine.advance(Duration::from_secs(1)).await;
    assert_eq!([status("/a").await, status("/a").await, status("/b").await], [200, 429, 429]);
}

#[tokio::test]
async fn lets_in_only_pages_that_the_api_allows() {
    let cors = json!({
        "allowOrigins": ["https://shop.example"], "allowMethods": ["GET", "POST"], "allowHeaders": ["x-own"],
        "maxAge": 60,
    });
    let front = Front::set(json!({"corsConfiguration": cors})).await;
    front.permit("*").await;
    front.route("GET /a").await;
    let url = format!("{}/a", front.endpoint);
    let shop = ("Origin", "https://shop.example");
    let answer = send("OPTIONS", &url, &[shop, ("Access-Control-Request-Method", "GET")], "").await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(answer.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(answer.header("access-control-allow-methods"), "GET,POST");
    assert_eq!(answer.header("access-control-allow-headers"), "x-own");
    assert_eq!(answer.header("access-control-max-age"), "60");
    let answer = send("GET", &url, &[shop], "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "https://shop.example"));

    let other = ("Origin", "https://other.example");
    assert_eq!(send("GET", &url, &[other], "").await.status, 403);
    assert_eq!(
        send("OPTIONS", &url, &[other, ("Access-Control-Request-Method", "GET")], "").await.status,
        403
    );
    // What the API allows is not allowed for the engine.
    let engine = front.stage.engine.engine.url();
    assert_eq!(send("GET", &format!("{engine}/_hydrant/status"), &[shop], "").await.status, 403);
    assert_eq!(send("POST", &format!("{engine}/v2/apis"), &[shop], "{}").await.status, 403);
    assert_eq!(send("GET", &url, &[("Host", "example.com")], "").await.status, 403);

    done(&front.stage, "DELETE", &format!("/v2/apis/{}/cors", front.id), Value::Null).await;
    assert_eq!(send("GET", &url, &[shop], "").await.status, 403);
}

#[tokio::test]
async fn keeps_apis_over_a_restart_and_deletes_them() {
    let front = Front::set(json!({"description": "first"})).await;
    front.permit("*").await;
    front.route("GET /a").await;
    let stage = front.stage.restart().await;
    let path = format!("/v2/apis/{}", front.id);
    let api = done(&stage, "GET", &path, Value::Null).await;
    assert_eq!(
        (&api["name"], &api["description"], &api["protocolType"]),
        (&json!("front"), &json!("first"), &json!("HTTP"))
    );
    let endpoint = api["apiEndpoint"].as_str().unwrap();
    assert_eq!(get(&format!("{endpoint}/a")).await.status, 200);
    let routes = done(&stage, "GET", &format!("{path}/routes"), Value::Null).await;
    assert_eq!(routes["items"][0]["routeKey"], "GET /a");
    assert_eq!(call(&stage, "DELETE", &format!("{path}/{}", front.target), Value::Null).await.status, 409);

    done(&stage, "DELETE", &path, Value::Null).await;
    let gone = call(&stage, "GET", &path, Value::Null).await;
    assert_eq!((gone.status, &gone.json()["__type"]), (404, &json!("NotFoundException")));
    assert_eq!(gone.json()["message"], format!("Invalid API identifier specified {ACCOUNT}:{}", front.id));
    assert_eq!(get(&format!("{endpoint}/a")).await.status, 404);
}

#[tokio::test]
async fn refuses_what_aws_refuses_and_by_name_what_it_does_not_have() {
    let front = Front::set(json!({})).await;
    front.route("GET /a").await;
    let path = format!("/v2/apis/{}", front.id);
    let refusals = [
        ("/v2/apis".to_owned(), json!({"name": "a", "protocolType": "WEBSOCKET"}), 501, "`WEBSOCKET`"),
        ("/v2/apis".to_owned(), json!({"name": "a", "protocolType": "HTTP", "body": "{}"}), 501, "`body`"),
        (
            format!("{path}/routes"),
            json!({"routeKey": "GET /a"}),
            409,
            "Route with key GET /a already exists",
        ),
        (format!("{path}/routes"), json!({"routeKey": "GET a"}), 400, "not formatted properly"),
        (format!("{path}/routes"), json!({"routeKey": "GET /b", "authorizationType": "JWT"}), 501, "`JWT`"),
        (
            format!("{path}/routes"),
            json!({"routeKey": "GET /b", "target": "integrations/x"}),
            404,
            "Integration",
        ),
        (format!("{path}/authorizers"), json!({}), 501, "authorizers"),
        (format!("{path}/stages"), json!({"stageName": "$default"}), 409, "Stage already exists"),
        (format!("{path}/stages"), json!({"stageName": "a b"}), 400, "Stage name"),
        ("/restapis".to_owned(), json!({}), 501, "/restapis"),
    ];
    for (path, input, status, words) in refusals {
        let answer = call(&front.stage, "POST", &path, input).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.json()["message"].as_str().unwrap().contains(words), "{answer:?}");
    }
}
