//! What Lambda asks of a function.

use serde_json::Value;

use super::Refusal;
use super::properties::{Properties, Property};

const INVALID: Refusal = Refusal::Service("InvalidParameterValueException");

pub(super) fn check(function: &mut Properties<'_>) {
    environment(function);
    concurrency(function);
    code(function);
    network(function);
}

/// H1310: a variable has a name that a shell takes, and all together are not large.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>: "Keys start with a letter and are at least two
/// characters. Keys only contain letters, numbers, and the underscore character"; 4 KB in all. Not confirmed on AWS: the words.
fn environment(function: &mut Properties<'_>) {
    const VARIABLES: &str = "Environment/Variables";
    let Property::Value(Value::Object(variables)) = function.get(VARIABLES) else { return };
    for name in variables.keys().filter(|name| !name.starts_with("Fn::") && !name.starts_with('\0')) {
        let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let is_name =
            name.len() > 1 && begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            let message =
                format!("`{name}` is no name of a variable: letters, numbers and underscores, two at least");
            function.report("H1310", &format!("{VARIABLES}/{name}"), INVALID, message);
        }
    }
    let size: usize =
        variables.iter().map(|(name, value)| name.len() + value.as_str().map_or(0, str::len)).sum();
    if size > 4_096 {
        let message = format!("Lambda takes 4096 bytes of environment variables, and these have {size}");
        function.report("H1310", VARIABLES, INVALID, message);
    }
}

/// H1311: a function that may run nowhere never runs.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>: zero throttles every call.
fn concurrency(function: &mut Properties<'_>) {
    if function.number("ReservedConcurrentExecutions") == Some(0.0) {
        let message = "with no concurrency reserved, every call of the function is throttled";
        function.report("H1311", "ReservedConcurrentExecutions", Refusal::Unsure, message);
    }
}

/// H1312: inline code is small, and code in S3 has a bucket and a key.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html>: 4 MB.
fn code(function: &mut Properties<'_>) {
    for (one, other) in [("S3Bucket", "S3Key"), ("S3Key", "S3Bucket")] {
        if function.is_present(&format!("Code/{one}")) && function.is_absent(&format!("Code/{other}")) {
            let message = format!("Code with {one} needs {other}");
            function.report("H1312", "Code", INVALID, message);
        }
    }
    if function.is_present("Code/ZipFile") {
        for other in ["ImageUri", "S3Bucket"] {
            if !function.is_present(&format!("Code/{other}")) {
                continue;
            }
            let message = format!("Code has either ZipFile or {other}");
            function.report("H1312", &format!("Code/{other}"), INVALID, message);
        }
    }
}

/// H1313: a function in a VPC has subnets and security groups.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html>. Not confirmed on AWS: the words.
fn network(function: &mut Properties<'_>) {
    for (one, other) in [("SubnetIds", "SecurityGroupIds"), ("SecurityGroupIds", "SubnetIds")] {
        let has = |name: &str| function.length(&format!("VpcConfig/{name}")).is_some_and(|count| count > 0);
        let lacks = function.is_absent(&format!("VpcConfig/{other}"));
        if function.is_present(&format!("VpcConfig/{one}")) && has(one) && lacks {
            let message = format!("{one} are given without {other}");
            function.report("H1313", "VpcConfig", Refusal::Unsure, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::breaches;

    fn of(mut function: serde_json::Value) -> Vec<String> {
        for (name, value) in
            [("Handler", json!("index.handler")), ("Runtime", json!("python3.14")), ("Role", json!("r"))]
        {
            function[name] = value;
        }
        if function.get("Code").is_none() {
            function["Code"] = json!({"ZipFile": "x"});
        }
        breaches("AWS::Lambda::Function", &function)
    }

    #[test]
    fn wants_names_of_variables() {
        assert_eq!(
            of(json!({"Environment": {"Variables": {"LOG-LEVEL": "x"}}})),
            ["H1310 Environment/Variables/LOG-LEVEL"]
        );
        assert_eq!(of(json!({"Environment": {"Variables": {"LOG_LEVEL": "x"}}})), [""; 0]);
        assert_eq!(of(json!({"Environment": {"Variables": {"BIG": "x".repeat(5000)}}})).len(), 1);
    }

    #[test]
    fn wants_room_to_run_and_code() {
        assert_eq!(of(json!({"ReservedConcurrentExecutions": 0})), ["H1311 ReservedConcurrentExecutions"]);
        assert_eq!(of(json!({"ReservedConcurrentExecutions": 1})), [""; 0]);
        assert_eq!(of(json!({"Code": {"S3Bucket": "b"}})), ["H1312 Code"]);
        assert_eq!(of(json!({"VpcConfig": {"SubnetIds": ["subnet-1"]}})), ["H1313 VpcConfig"]);
    }
}
