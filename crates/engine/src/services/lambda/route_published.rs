//! Which method and path is which operation on versions, aliases, layers and function URLs.

use http::Method;

use super::Lambda;
use super::layer::{LayerVersionId, version_id};
use super::name::FunctionKey;
use super::route::unknown;
use super::settings::constraint;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::rest_json::{Call, Reply};

impl Lambda {
    pub(super) fn on_versions(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        match call.method {
            Method::POST => {
                let version = self.publish_version(aws, caller, key, call.input()?)?;
                Reply::of(201, &version.configuration())
            }
            Method::GET => {
                let (marker, most) = (call.query("Marker"), call.query("MaxItems"));
                Reply::of(200, &self.list_versions(aws, caller, key, marker, most)?)
            }
            _ => Err(unknown(call)),
        }
    }

    pub(super) fn on_aliases(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        rest: &[&str],
        call: &Call,
    ) -> Result<Reply, AwsError> {
        match (&call.method, rest) {
            (&Method::POST, []) => Reply::of(201, &self.create_alias(aws, caller, key, call.input()?)?),
            (&Method::GET, []) => {
                let page = (call.query("Marker"), call.query("MaxItems"));
                Reply::of(200, &self.list_aliases(aws, caller, key, call.query("FunctionVersion"), page)?)
            }
            (&Method::GET, [name]) => Reply::of(200, &self.get_alias(aws, caller, key, name)?),
            (&Method::PUT, [name]) => {
                Reply::of(200, &self.update_alias(aws, caller, key, name, call.input()?)?)
            }
            (&Method::DELETE, [name]) => {
                self.delete_alias(aws, caller, key, name)?;
                Ok(Reply::empty(204))
            }
            _ => Err(unknown(call)),
        }
    }

    /// Answers a call for layers, whose path goes on with `rest`.
    pub(super) async fn on_layers(
        &self,
        aws: &Aws,
        caller: &Caller,
        rest: &[&str],
        call: &Call,
    ) -> Result<Reply, AwsError> {
        match (&call.method, rest) {
            (&Method::GET, []) if call.query("find") == Some("LayerVersion") => {
                let arn = call.query("Arn").unwrap_or_default();
                let rule = r"Member must satisfy regular expression pattern: arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+";
                let id = LayerVersionId::parse(arn).ok_or_else(|| constraint(arn, "arn", rule))?;
                Reply::of(200, &self.get_layer_version(aws, caller, &id)?.describe(aws))
            }
            (&Method::GET, []) => {
                let (marker, most) = (call.query("Marker"), call.query("MaxItems"));
                Reply::of(200, &self.list_layers(aws, caller, marker, most)?)
            }
            (&Method::POST, [layer, "versions"]) => {
                let version = self.publish_layer_version(aws, caller, layer, call.input()?).await?;
                Reply::of(201, &version.describe(aws))
            }
            (&Method::GET, [layer, "versions"]) => {
                Reply::of(200, &self.list_layer_versions(aws, caller, layer)?)
            }
            (&Method::GET, [layer, "versions", version]) => {
                let id = version_id(caller, layer, version)?;
                Reply::of(200, &self.get_layer_version(aws, caller, &id)?.describe(aws))
            }
            (&Method::DELETE, [layer, "versions", version]) => {
                self.delete_layer_version(aws, caller, &version_id(caller, layer, version)?)?;
                Ok(Reply::empty(204))
            }
            _ => Err(unknown(call)),
        }
    }

    /// Answers a call for a function's URL, or for the URLs of it and its aliases.
    pub(super) fn on_url(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        kind: &str,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        match (&call.method, kind) {
            (&Method::POST, "url") => {
                Reply::of(201, &self.create_function_url(aws, caller, key, call.input()?)?.describe(aws))
            }
            (&Method::GET, "url") => Reply::of(200, &self.get_function_url(aws, caller, key)?.describe(aws)),
            (&Method::PUT, "url") => {
                Reply::of(200, &self.update_function_url(aws, caller, key, call.input()?)?.describe(aws))
            }
            (&Method::DELETE, "url") => {
                self.delete_function_url(aws, caller, key)?;
                Ok(Reply::empty(204))
            }
            (&Method::GET, "urls") => Reply::of(200, &self.list_function_urls(aws, caller, key)?),
            _ => Err(unknown(call)),
        }
    }
}
