//! Which method and path is which operation, and what the operations on an API itself do.

mod parts;

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use super::api::{Api, ApiSettings};
use super::settings::{merge, read};
use super::{ApiGateway, bad_request, permit, random_id};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::rest_json::{Call, Reply};

/// Things that AWS puts on a page at most.
const PAGE: usize = 500;
const MOST_TAGS: usize = 50;

/// The operations that the service answers, by AWS's names.
pub const OPERATIONS: &[&str] = &[
    "CreateApi",
    "CreateDeployment",
    "CreateIntegration",
    "CreateRoute",
    "CreateStage",
    "DeleteApi",
    "DeleteCorsConfiguration",
    "DeleteDeployment",
    "DeleteIntegration",
    "DeleteRoute",
    "DeleteStage",
    "GetApi",
    "GetApis",
    "GetDeployment",
    "GetDeployments",
    "GetIntegration",
    "GetIntegrations",
    "GetRoute",
    "GetRoutes",
    "GetStage",
    "GetStages",
    "GetTags",
    "TagResource",
    "UntagResource",
    "UpdateApi",
    "UpdateDeployment",
    "UpdateIntegration",
    "UpdateRoute",
    "UpdateStage",
];

impl ApiGateway {
    /// Answers a call.
    pub(super) fn answer(&self, aws: &Aws, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let Some(("v2", path)) = call.path.split_first().map(|(first, rest)| (first.as_str(), rest)) else {
            let path = call.path.join("/");
            return Err(AwsError::not_supported(format_args!("`{} /{path}` of API Gateway", call.method)));
        };
        let segments: Vec<&str> = path.iter().map(String::as_str).collect();
        permit(aws, caller, call.method.as_str(), &format!("/{}", segments.join("/")))?;
        match (&call.method, segments.as_slice()) {
            (&Method::POST, ["apis"]) => {
                let api = self.create_api(aws, caller, random_id(10), call.input()?)?;
                Reply::of(201, &api.describe(aws))
            }
            (&Method::GET, ["apis"]) => {
                page(self.apis_of(caller).iter().map(|api| api.describe(aws)).collect(), call)
            }
            (&Method::GET, ["apis", id]) => Reply::of(200, &self.api(caller, id)?.describe(aws)),
            (&Method::PATCH, ["apis", id]) => {
                let api = self.update_api(caller, id, call.input()?)?;
                Reply::of(200, &api.describe(aws))
            }
            (&Method::DELETE, ["apis", id]) => {
                self.delete_api(caller, id)?;
                Ok(Reply::empty(204))
            }
            (&Method::DELETE, ["apis", id, "cors"]) => {
                self.change(caller, id, |api| {
                    api.settings.cors_configuration = None;
                    Ok(())
                })?;
                Ok(Reply::empty(204))
            }
            (_, ["apis", id, kind, rest @ ..]) => self.on_part(aws, caller, id, (kind, rest), call),
            (_, ["tags", arn]) => self.on_tags(caller, arn, call),
            _ => Err(unknown(call)),
        }
    }

    /// Makes an API under `id`, with an integration, a route and a stage when it is given a target.
    pub(super) fn create_api(
        &self,
        aws: &Aws,
        caller: &Caller,
        id: String,
        mut input: Value,
    ) -> Result<Api, AwsError> {
        let mut take = |name: &str| input.as_object_mut().and_then(|members| members.remove(name));
        let tags = read_tags(take("tags"))?;
        let (target, route_key) = (take("target"), take("routeKey"));
        let mut api = Api {
            id,
            account: caller.account.clone(),
            region: caller.region.clone(),
            created: aws.clock.now(),
            settings: read::<ApiSettings>(input)?,
            tags,
            integrations: BTreeMap::new(),
            routes: BTreeMap::new(),
            stages: BTreeMap::new(),
            deployments: BTreeMap::new(),
        };
        match target.as_ref().and_then(Value::as_str) {
            Some(target) => {
                let route_key = route_key.as_ref().and_then(Value::as_str).unwrap_or("$default");
                quick_create(&mut api, target, route_key)?;
            }
            None if route_key.is_some() => return Err(bad_request("A route key needs a target")),
            None => {}
        }
        Ok(Api::clone(&*self.store(api)?))
    }

    /// Changes what `input` names.
    fn update_api(&self, caller: &Caller, id: &str, mut input: Value) -> Result<Api, AwsError> {
        for name in ["target", "routeKey"] {
            if input.get(name).is_some_and(|value| !value.is_null()) {
                return Err(AwsError::not_supported(format_args!("`{name}` of an update of an API")));
            }
        }
        if let Some(members) = input.as_object_mut() {
            members.remove("protocolType");
        }
        self.change(caller, id, |api| {
            api.settings = merge(&api.settings, input)?;
            Ok(api.clone())
        })
    }

    /// Deletes an API with all its parts.
    pub(super) fn delete_api(&self, caller: &Caller, id: &str) -> Result<(), AwsError> {
        self.api(caller, id)?;
        self.forget(id)
    }

    fn on_tags(&self, caller: &Caller, arn: &str, call: &Call) -> Result<Reply, AwsError> {
        let own = self.apis_of(caller).into_iter().find(|api| api.arn() == arn);
        let Some(api) = own else {
            // Stages have tags too, which are set with the stage.
            return Err(AwsError::not_supported(format_args!("tags of `{arn}`")));
        };
        match call.method {
            Method::GET => Reply::of(200, &json!({"tags": api.tags})),
            Method::POST => {
                let tags = read_tags(call.input::<Value>()?.get("tags").cloned())?;
                self.change(caller, &api.id, |api| {
                    api.tags.extend(tags);
                    check_tags(&api.tags)
                })?;
                Reply::of(201, &json!({}))
            }
            Method::DELETE => {
                let keys: Vec<&str> = call.query_all("tagKeys").collect();
                self.change(caller, &api.id, |api| {
                    api.tags.retain(|key, _| !keys.contains(&key.as_str()));
                    Ok(())
                })?;
                Ok(Reply::empty(204))
            }
            _ => Err(unknown(call)),
        }
    }
}

/// Makes what a target implies: a function behind one route, at once at the root of the API.
fn quick_create(api: &mut Api, target: &str, route_key: &str) -> Result<(), AwsError> {
    if !target.starts_with("arn:") {
        return Err(AwsError::not_supported("a target that is not a function"));
    }
    let integration_id = random_id(7);
    let integration =
        json!({"integrationType": "AWS_PROXY", "integrationUri": target, "payloadFormatVersion": "2.0"});
    api.put_integration(integration_id.clone(), integration)?;
    let target = format!("integrations/{integration_id}");
    api.put_route(random_id(7), json!({"routeKey": route_key, "target": target}))?;
    let created = api.created;
    api.put_stage(created, json!({"stageName": "$default", "autoDeploy": true}))
}

pub(super) fn read_tags(tags: Option<Value>) -> Result<BTreeMap<String, String>, AwsError> {
    let tags = tags.filter(|tags| !tags.is_null()).unwrap_or_else(|| json!({}));
    let tags: BTreeMap<String, String> =
        serde_json::from_value(tags).map_err(|error| bad_request(format!("Invalid tags: {error}")))?;
    check_tags(&tags)?;
    Ok(tags)
}

fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), AwsError> {
    if tags.len() > MOST_TAGS {
        return Err(bad_request(format!("The number of tags exceeds the limit of {MOST_TAGS}")));
    }
    Ok(())
}

/// Answers a list; the token is the number of things on the pages before.
fn page(items: Vec<Value>, call: &Call) -> Result<Reply, AwsError> {
    let number = |name: &str, usual: usize| match call.query(name) {
        None => Ok(usual),
        Some(text) => text.parse().map_err(|_| bad_request(format!("Invalid {name} specified: {text}"))),
    };
    let (from, size) = (number("nextToken", 0)?, number("maxResults", PAGE)?.clamp(1, PAGE));
    let count = items.len();
    let page: Vec<Value> = items.into_iter().skip(from).take(size).collect();
    let mut output = json!({"items": page});
    if from.saturating_add(size) < count {
        output["nextToken"] = json!((from + size).to_string());
    }
    Reply::of(200, &output)
}

/// Refuses an operation that the engine does not have.
fn unknown(call: &Call) -> AwsError {
    AwsError::not_supported(format_args!("`{} /{}` of API Gateway", call.method, call.path.join("/")))
}
