//! `FunctionUrlConfig`: a URL, and who may ask it.

use serde_json::{Value, json};

use super::Refusal;
use super::function::Function;
use super::resource::{Made, is_function};

/// Returns the URL of a function and its permissions; nothing when it has none.
pub fn resources(function: &Function<'_>) -> Result<Vec<Made>, Refusal> {
    let Some(config) = function.object("FunctionUrlConfig")? else { return Ok(Vec::new()) };
    let auth_type = config.get("AuthType").unwrap_or(&Value::Null);
    if !is_function(auth_type) && !matches!(auth_type.as_str(), Some("AWS_IAM" | "NONE")) {
        return function.refuse(
            "AuthType is required to configure function property `FunctionUrlConfig`. Please provide either AWS_IAM or \
             NONE.",
        );
    }
    let mut url = function.made(format!("{}Url", function.id), "AWS::Lambda::Url");
    url.set_some("Cors", config.get("Cors"));
    url.set("AuthType", auth_type.clone());
    url.set("TargetFunctionArn", function.name());
    url.set_some("InvokeMode", config.get("InvokeMode"));
    if auth_type != "NONE" {
        return Ok(vec![url]);
    }
    let permission = |suffix: &str, action: &str| {
        let mut made = function.made(format!("{}{suffix}", function.id), "AWS::Lambda::Permission");
        made.set("Action", action);
        made.set("FunctionName", function.name());
        made.set("Principal", "*");
        made
    };
    let mut public = permission("UrlPublicPermissions", "lambda:InvokeFunctionUrl");
    public.set("FunctionUrlAuthType", "NONE");
    let mut invoked = permission("URLInvokeAllowPublicAccess", "lambda:InvokeFunction");
    invoked.set("InvokedViaFunctionUrl", json!(true));
    Ok(vec![url, public, invoked])
}
