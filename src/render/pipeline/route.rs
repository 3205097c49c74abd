//! The HTTP API and the routes by which functions answer.

use serde::Serialize;

use crate::stack::{Auth, HTTP_BURST, HTTP_RATE, Http, Stack, logical_id};

#[derive(Debug, Serialize)]
pub struct ApiBlock {
    pub name: String,
    pub rate: u64,
    pub burst: u64,
    pub routes: Vec<RouteBlock>,
    /// Whether a route has limits of its own.
    pub has_own_limits: bool,
}

#[derive(Debug, Serialize)]
pub struct RouteBlock {
    /// Logical id of the function that answers.
    pub function: String,
    /// Such as `GET /maxima`.
    pub key: String,
    pub authorization: &'static str,
    /// For `Fn::Sub`: the integration that answers.
    pub target_pattern: String,
    /// For `Fn::Sub`: the requests whose function may be invoked.
    pub source_pattern: String,
    pub has_own_limits: bool,
    pub rate: u64,
    pub burst: u64,
}

/// Returns the stack's API, when a function answers requests.
pub fn api(stack: &Stack) -> Option<ApiBlock> {
    let functions = stack.file.functions.iter();
    let routes: Vec<RouteBlock> =
        functions.filter_map(|(name, function)| Some(route(name, function.http.as_ref()?))).collect();
    (!routes.is_empty()).then(|| ApiBlock {
        name: stack.stack_name(),
        rate: HTTP_RATE,
        burst: HTTP_BURST,
        has_own_limits: routes.iter().any(|route| route.has_own_limits),
        routes,
    })
}

fn route(function: &str, http: &Http) -> RouteBlock {
    let route = &http.route.value;
    RouteBlock {
        function: logical_id(function),
        key: route.to_string(),
        authorization: match http.auth {
            Auth::None => "NONE",
            Auth::Iam => "AWS_IAM",
        },
        target_pattern: format!("integrations/${{{}Integration}}", logical_id(function)),
        source_pattern: format!(
            "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/*/{}{}",
            route.method_pattern(),
            route.path_pattern(),
        ),
        has_own_limits: http.rate.is_some() || http.burst.is_some(),
        rate: http.rate(),
        burst: http.burst.as_ref().map_or(HTTP_BURST, |burst| burst.value),
    }
}
