//! Which operation a request asks for, where its head says so.
//!
//! Query requests name theirs in the body, which only the protocol reads. Services whose requests have a method and
//! a path, and no table here, are known by these: `POST /v2/apis`.

use http::{Method, Request};

/// Returns the operation of a request; nothing when only its body tells.
pub fn of<B>(service: &str, request: &Request<B>) -> Option<String> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(target) = header("x-amz-target") {
        return target.rsplit('.').next().map(str::to_owned);
    }
    let path = request.uri().path();
    // Smithy's RPC v2: /service/GraniteServiceVersion20100801/operation/PutMetricData
    if let Some((_, operation)) = path.split_once("/operation/").filter(|_| path.starts_with("/service/")) {
        return Some(operation.to_owned());
    }
    let query = request.uri().query().unwrap_or_default();
    match service {
        "s3" => Some(of_s3(request).to_owned()),
        "lambda" => Some(of_lambda(request.method(), path)),
        "apigateway" | "scheduler" => Some(plain(request.method(), path)),
        _ => parameter(query, "Action").map(str::to_owned),
    }
}

fn plain(method: &Method, path: &str) -> String {
    format!("{method} {path}")
}

/// Returns the value of a query parameter, `Some("")` for one without a value.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        let (found, value) = pair.split_once('=').unwrap_or((pair, ""));
        (found == name).then_some(value)
    })
}

/// The subresources of buckets by their query parameter.
const SUBRESOURCES: [(&str, &str); 14] = [
    ("versioning", "Versioning"),
    ("policy", "Policy"),
    ("policyStatus", "PolicyStatus"),
    ("encryption", "Encryption"),
    ("publicAccessBlock", "PublicAccessBlock"),
    ("tagging", "Tagging"),
    ("lifecycle", "LifecycleConfiguration"),
    ("ownershipControls", "OwnershipControls"),
    ("notification", "NotificationConfiguration"),
    ("location", "Location"),
    ("cors", "Cors"),
    ("acl", "Acl"),
    ("logging", "Logging"),
    ("website", "Website"),
];

fn of_s3<B>(request: &Request<B>) -> String {
    let host = request.headers().get(http::header::HOST).and_then(|host| host.to_str().ok());
    let names_bucket = host.unwrap_or_default().split(':').next().unwrap_or_default().ends_with(".localhost");
    let path = request.uri().path().trim_start_matches('/');
    let key = if names_bucket { path } else { path.split_once('/').map_or("", |(_, key)| key) };
    let query = request.uri().query().unwrap_or_default();
    let has = |name: &str| parameter(query, name).is_some();
    let method = request.method().as_str();
    if path.is_empty() && !names_bucket {
        return "ListBuckets".to_owned();
    }
    let is_copy = request.headers().contains_key("x-amz-copy-source");
    if !key.is_empty() {
        return of_object(method, has, is_copy).to_owned();
    }
    if let Some((_, name)) = SUBRESOURCES.iter().find(|(name, _)| has(name)) {
        let verb = match method {
            "PUT" => "Put",
            "DELETE" => "Delete",
            _ => "Get",
        };
        return format!("{verb}{}{name}", if *name == "PublicAccessBlock" { "" } else { "Bucket" });
    }
    match method {
        "PUT" => "CreateBucket",
        "DELETE" => "DeleteBucket",
        "HEAD" => "HeadBucket",
        "POST" if has("delete") => "DeleteObjects",
        "GET" if has("uploads") => "ListMultipartUploads",
        "GET" if has("versions") => "ListObjectVersions",
        "GET" if has("list-type") => "ListObjectsV2",
        "GET" => "ListObjects",
        _ => "PostObject",
    }
    .to_owned()
}

fn of_object(method: &str, has: impl Fn(&str) -> bool, is_copy: bool) -> &'static str {
    match method {
        "PUT" if has("tagging") => "PutObjectTagging",
        "PUT" if has("uploadId") && is_copy => "UploadPartCopy",
        "PUT" if has("uploadId") => "UploadPart",
        "PUT" if is_copy => "CopyObject",
        "PUT" => "PutObject",
        "POST" if has("uploads") => "CreateMultipartUpload",
        "POST" if has("uploadId") => "CompleteMultipartUpload",
        "POST" => "PostObject",
        "DELETE" if has("uploadId") => "AbortMultipartUpload",
        "DELETE" if has("tagging") => "DeleteObjectTagging",
        "DELETE" => "DeleteObject",
        "HEAD" => "HeadObject",
        _ if has("uploadId") => "ListParts",
        _ if has("tagging") => "GetObjectTagging",
        _ => "GetObject",
    }
}

fn of_lambda(method: &Method, path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).skip(1).collect();
    let name = match (method.as_str(), segments.as_slice()) {
        ("POST", ["functions"]) => "CreateFunction",
        ("GET", ["functions"]) => "ListFunctions",
        ("GET", ["functions", _]) => "GetFunction",
        ("DELETE", ["functions", _]) => "DeleteFunction",
        ("GET", ["functions", _, "configuration"]) => "GetFunctionConfiguration",
        ("PUT", ["functions", _, "configuration"]) => "UpdateFunctionConfiguration",
        ("PUT", ["functions", _, "code"]) => "UpdateFunctionCode",
        ("POST", ["functions", _, "invocations"]) => "Invoke",
        ("GET", ["functions", _, "policy"]) => "GetPolicy",
        ("POST", ["functions", _, "policy"]) => "AddPermission",
        ("DELETE", ["functions", _, "policy", _]) => "RemovePermission",
        ("GET", ["functions", _, "concurrency"]) => "GetFunctionConcurrency",
        ("PUT", ["functions", _, "concurrency"]) => "PutFunctionConcurrency",
        ("DELETE", ["functions", _, "concurrency"]) => "DeleteFunctionConcurrency",
        ("POST", ["event-source-mappings"]) => "CreateEventSourceMapping",
        ("GET", ["event-source-mappings"]) => "ListEventSourceMappings",
        ("GET", ["event-source-mappings", _]) => "GetEventSourceMapping",
        ("PUT", ["event-source-mappings", _]) => "UpdateEventSourceMapping",
        ("DELETE", ["event-source-mappings", _]) => "DeleteEventSourceMapping",
        ("GET", ["tags", _]) => "ListTags",
        ("POST", ["tags", _]) => "TagResource",
        ("DELETE", ["tags", _]) => "UntagResource",
        _ => return plain(method, path),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(service: &str, method: &str, uri: &str, header: (&str, &str)) -> String {
        let request = Request::builder().method(method).uri(uri).header(header.0, header.1).body(()).unwrap();
        of(service, &request).unwrap_or_default()
    }

    #[test]
    fn knows_operations_by_the_head_of_a_request() {
        let host = ("host", "127.0.0.1:1");
        let cases = [
            ("kinesis", "POST", "/", ("x-amz-target", "Kinesis_20131202.PutRecord"), "PutRecord"),
            ("monitoring", "POST", "/service/X/operation/PutMetricData", host, "PutMetricData"),
            ("iam", "POST", "/", host, ""),
            ("sns", "GET", "/?Action=Publish&Message=x", host, "Publish"),
            ("lambda", "POST", "/2015-03-31/functions/f/invocations", host, "Invoke"),
            ("lambda", "GET", "/2018-10-31/layers", host, "GET /2018-10-31/layers"),
            ("scheduler", "POST", "/schedules/x", host, "POST /schedules/x"),
            ("s3", "GET", "/", host, "ListBuckets"),
            ("s3", "PUT", "/b", host, "CreateBucket"),
            ("s3", "GET", "/b?list-type=2", host, "ListObjectsV2"),
            ("s3", "PUT", "/b?publicAccessBlock", host, "PutPublicAccessBlock"),
            ("s3", "GET", "/b/?policy=", host, "GetBucketPolicy"),
            ("s3", "PUT", "/b/k/l", host, "PutObject"),
            ("s3", "PUT", "/k", ("host", "b.localhost:1"), "PutObject"),
            ("s3", "GET", "/", ("host", "b.localhost:1"), "ListObjects"),
            ("s3", "PUT", "/b/k", ("x-amz-copy-source", "/b/l"), "CopyObject"),
            ("s3", "PUT", "/b/k?partNumber=1&uploadId=x", host, "UploadPart"),
        ];
        for (service, method, uri, header, expected) in cases {
            assert_eq!(named(service, method, uri, header), expected, "{service} {method} {uri}");
        }
    }
}
