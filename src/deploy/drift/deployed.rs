//! The deployed template with its values filled in as far as they can be known from outside the stack.
//!
//! `Ref` gives physical ids, and the ARNs of a pipeline's resources follow from those. What else there is (exports,
//! attributes that only their service knows) stays as it is in the template, and nobody compares it.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack, StackResourceSummary};
use hydrant_cfn::template::Template;
use hydrant_cfn::template::resolve::{Scope, resolve_partial};
use serde_json::Value;

use super::super::change_set::deployed_template;
use crate::aws::Clients;
use crate::error::{Error, Result};

/// A stack's template and what is known of the stack.
pub struct Deployed {
    template: Template,
    parameters: BTreeMap<String, Value>,
    pseudo: BTreeMap<&'static str, Value>,
    /// Physical ids by logical id.
    physical_ids: BTreeMap<String, String>,
    partition: &'static str,
    account: String,
    region: String,
}

impl Deployed {
    /// Reads the template that a stack has.
    pub async fn read(clients: &Clients, stack: &Stack, resources: &[StackResourceSummary]) -> Result<Self> {
        let stack_id = stack.stack_id().unwrap_or_default();
        let text = deployed_template(clients, stack_id).await?.unwrap_or_default();
        let template = Template::parse(&text).map_err(|errors| {
            let reason = errors.first().map(|error| error.message.clone()).unwrap_or_default();
            Error::failed_to("read the deployed template").because(reason)
        })?;
        let parameters = stack.parameters().iter().filter_map(|parameter| {
            let (key, value) = (parameter.parameter_key()?, parameter.parameter_value()?);
            let declared = template.parameters.get(key);
            Some((key.to_owned(), declared.map_or_else(|| Value::from(value), |one| one.value(value))))
        });
        let parameters = parameters.collect();
        let physical_ids = resources.iter().filter_map(|resource| {
            let ids = (resource.logical_resource_id()?, resource.physical_resource_id()?);
            Some((ids.0.to_owned(), ids.1.to_owned()))
        });
        let partition = stack_id.split(':').nth(1).filter(|partition| *partition != "aws");
        let partition = match partition {
            Some("aws-cn") => "aws-cn",
            Some("aws-us-gov") => "aws-us-gov",
            _ => "aws",
        };
        let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        let pseudo = BTreeMap::from([
            ("AWS::AccountId", Value::from(clients.account.as_str())),
            ("AWS::Partition", Value::from(partition)),
            ("AWS::Region", Value::from(clients.region.as_str())),
            ("AWS::StackId", Value::from(stack_id)),
            ("AWS::StackName", Value::from(stack.stack_name().unwrap_or_default())),
            ("AWS::URLSuffix", Value::from(suffix)),
        ]);
        let physical_ids = physical_ids.collect();
        let (account, region) = (clients.account.clone(), clients.region.clone());
        Ok(Self { template, parameters, pseudo, physical_ids, partition, account, region })
    }

    /// Returns the properties of a resource; functions stand in them where a value is not known.
    pub fn properties(&self, logical_id: &str) -> Option<Value> {
        let resource = self.template.resources.get(logical_id)?;
        resolve_partial(&resource.properties, &self.template, self).ok()?.into_value()
    }

    fn arn(&self, logical_id: &str) -> Option<String> {
        let resource = self.template.resources.get(logical_id)?;
        let name = self.physical_ids.get(logical_id)?;
        let Self { partition, account, region, .. } = self;
        let here = |service: &str, path: &str| format!("arn:{partition}:{service}:{region}:{account}:{path}");
        Some(match resource.resource_type.as_str() {
            "AWS::S3::Bucket" => format!("arn:{partition}:s3:::{name}"),
            "AWS::Kinesis::Stream" => here("kinesis", &format!("stream/{name}")),
            "AWS::KinesisFirehose::DeliveryStream" => here("firehose", &format!("deliverystream/{name}")),
            "AWS::Lambda::Function" => here("lambda", &format!("function:{name}")),
            "AWS::Logs::LogGroup" => here("logs", &format!("log-group:{name}:*")),
            "AWS::IAM::Role" => {
                let path = match resource.properties.get("Path") {
                    None => "/",
                    Some(path) => path.as_str()?,
                };
                format!("arn:{partition}:iam::{account}:role{path}{name}")
            }
            _ => return None,
        })
    }
}

impl Scope for Deployed {
    fn reference(&self, name: &str) -> Option<Value> {
        let of_stack = self.parameters.get(name).or_else(|| self.pseudo.get(name)).cloned();
        of_stack.or_else(|| self.physical_ids.get(name).map(|id| Value::from(id.as_str())))
    }

    fn attribute(&self, logical_id: &str, attribute: &str) -> Option<Value> {
        if attribute == "Arn" { self.arn(logical_id).map(Value::from) } else { None }
    }
}

/// Returns whether a value has a function in it that could not be worked out.
pub fn is_open(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(name, member)| name == "Ref" || name.starts_with("Fn::") || is_open(member))
        }
        Value::Array(items) => items.iter().any(is_open),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
