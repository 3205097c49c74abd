//! `AWS::Serverless::Function`: the function, its role, its version and alias, and what its events ask for.

use serde_json::{Map, Value, json};

use super::resource::{Made, kept, passed_on, tag_list};
use super::{Expansion, FUNCTION, Refusal, events, globals};

/// Properties that go on to the function as they are.
const SAME: [&str; 17] = [
    "Architectures",
    "CodeSigningConfigArn",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "Handler",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "Runtime",
    "RuntimeManagementConfig",
    "SnapStart",
];

/// Properties that the expansion acts on in other ways.
const OTHER: [&str; 22] = [
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishCodeSha256",
    "CodeUri",
    "DeadLetterQueue",
    "EventInvokeConfig",
    "Events",
    "FunctionName",
    "FunctionUrlConfig",
    "InlineCode",
    "PermissionsBoundary",
    "Policies",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "Role",
    "RolePath",
    "Tags",
    "Timeout",
    "Tracing",
    "VersionDeletionPolicy",
    "VersionDescription",
    "VpcConfig",
];

/// What the macro knows and this expansion does not.
const UNSUPPORTED: [&str; 10] = [
    "CapacityProviderConfig",
    "DeploymentPreference",
    "DurableConfig",
    "FunctionScalingConfig",
    "ImageConfig",
    "ImageUri",
    "PublishToLatestPublished",
    "SourceKMSKeyArn",
    "TenancyConfig",
    "AutoPublishAliasAllProperties",
];

/// A function while it is expanded.
pub struct Function<'a> {
    pub id: &'a str,
    pub properties: Map<String, Value>,
    /// Attributes that all resources made of it have.
    pub attributes: Map<String, Value>,
    /// The logical id of its alias, if one is published.
    pub alias: Option<String>,
}

impl Function<'_> {
    /// Returns a property that says something.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.properties.get(name).filter(|value| is_truthy(value))
    }

    /// Returns a property that must be an object.
    pub fn object(&self, name: &str) -> Result<Option<&Map<String, Value>>, Refusal> {
        let refuse = || Refusal::resource(self.id, format_args!("Property '{name}' should be a map."));
        self.get(name).map(|value| value.as_object().ok_or_else(refuse)).transpose()
    }

    /// Returns how others name what is invoked: the alias, or the function.
    pub fn name(&self) -> Value {
        json!({"Ref": self.alias.as_deref().unwrap_or(self.id)})
    }

    /// Returns the ARN of what is invoked.
    pub fn arn(&self) -> Value {
        match &self.alias {
            Some(alias) => json!({"Ref": alias}),
            None => json!({"Fn::GetAtt": [self.id, "Arn"]}),
        }
    }

    pub fn made(&self, logical_id: impl Into<String>, resource_type: &'static str) -> Made {
        Made::new(logical_id, resource_type, &self.attributes)
    }

    /// Returns the tags that all that is made of the function has, if it says so.
    pub fn propagated_tags(&self) -> Option<Vec<Value>> {
        self.get("PropagateTags")?;
        self.get("Tags").and_then(Value::as_object).map(tag_list)
    }

    pub fn refuse<T>(&self, message: impl std::fmt::Display) -> Result<T, Refusal> {
        Err(Refusal::resource(self.id, message))
    }
}

/// Whether Python would take a value for true, which the macro often asks.
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

impl Expansion {
    /// Expands one function.
    pub(super) fn function(
        &mut self,
        id: &str,
        resource: &Value,
        globals: &Map<String, Value>,
    ) -> Result<Vec<Made>, Refusal> {
        let nothing = Map::new();
        let own = match resource.get("Properties") {
            None => &nothing,
            Some(Value::Object(own)) => own,
            Some(_) => return Err(Refusal::resource(id, "Properties of a resource must be an object.")),
        };
        if resource.get("IgnoreGlobals").is_some() || resource.get("Connectors").is_some() {
            return Err(Refusal::unsupported(format_args!("`IgnoreGlobals` or `Connectors` of {id}")));
        }
        let properties = globals::merge(globals, own);
        check_names(id, &properties)?;
        let mut function = Function { id, properties, attributes: passed_on(resource), alias: None };
        let mut made = vec![self.lambda_function(&function, resource)?];
        if function.get("AutoPublishAlias").is_some() {
            let published = self.published(&function, &mut made[0])?;
            self.references.add(id, "Version", &published.version.logical_id);
            self.references.add(id, "Alias", &published.alias.logical_id);
            function.alias = Some(published.alias.logical_id.clone());
            made.extend([published.version, published.alias]);
        } else if function.get("ProvisionedConcurrencyConfig").is_some() {
            return function.refuse(
                "To set ProvisionedConcurrencyConfig AutoPublishALias must be defined on the function",
            );
        }
        made.extend(super::url::resources(&function)?);
        let destinations = self.destinations(&function)?;
        made.extend(destinations.resources);
        let mut role = self.role(&function, destinations.policies)?;
        let events = events::resources(self, &function, &mut role)?;
        match function.get("Role") {
            None => {
                made[0].set("Role", role.arn());
                made.push(role);
            }
            Some(Value::Object(choice)) if choice.contains_key("Fn::If") => {
                return Err(Refusal::unsupported(format_args!("`Fn::If` as the Role of {id}")));
            }
            Some(given) => made[0].set("Role", given.clone()),
        }
        made.extend(events);
        propagate_tags(&function, &mut made);
        Ok(made)
    }

    fn lambda_function(&self, function: &Function<'_>, resource: &Value) -> Result<Made, Refusal> {
        let mut made = Made::new(function.id, "AWS::Lambda::Function", &kept(resource));
        made.depends_on = resource.get("DependsOn").cloned();
        for name in SAME.iter().chain(["Timeout", "VpcConfig"].iter()) {
            made.set_some(name, function.properties.get(*name));
        }
        made.set_some("FunctionName", function.get("FunctionName"));
        made.set("Code", code(function)?);
        let mut tags = vec![json!({"Key": "lambda:createdBy", "Value": "SAM"})];
        if let Some(own) = function.object("Tags")? {
            if own.contains_key("lambda:createdBy") {
                return function.refuse(
                    "lambda:createdBy is a reserved Tag key name and cannot be set on your resource. Please change the \
                     tag key in the input.",
                );
            }
            tags.extend(tag_list(own));
        }
        made.set("Tags", tags);
        if let Some(mode) = function.get("Tracing").filter(|mode| self.arguments.fill(mode) != "Disabled") {
            made.set("TracingConfig", json!({"Mode": mode}));
        }
        if let Some(queue) = function.object("DeadLetterQueue")? {
            made.set("DeadLetterConfig", json!({"TargetArn": queue.get("TargetArn")}));
        }
        match made.properties.get("PackageType").and_then(Value::as_str) {
            None | Some("Zip") => {}
            Some(other) => {
                return Err(Refusal::unsupported(format_args!(
                    "the package type {other} of {}",
                    function.id
                )));
            }
        }
        if function.get("Runtime").is_none() || function.get("Handler").is_none() {
            return function
                .refuse("Runtime and Handler needs to be present when PackageType is of type `Zip`");
        }
        Ok(made)
    }
}

fn check_names(id: &str, properties: &Map<String, Value>) -> Result<(), Refusal> {
    for name in properties.keys().map(String::as_str) {
        if UNSUPPORTED.contains(&name) {
            return Err(Refusal::unsupported(format_args!("the property `{name}` of {FUNCTION} ({id})")));
        }
        if !SAME.contains(&name) && !OTHER.contains(&name) {
            let message = format!("property {name} not defined for resource of type {FUNCTION}");
            return Err(Refusal::resource(id, message));
        }
    }
    Ok(())
}

/// Returns where the function's code lies, as CloudFormation says it.
fn code(function: &Function<'_>) -> Result<Value, Refusal> {
    if let Some(text) = function.properties.get("InlineCode").filter(|text| !text.is_null()) {
        return Ok(json!({"ZipFile": text}));
    }
    let (bucket, key, version) = match function.properties.get("CodeUri") {
        None | Some(Value::Null) => {
            return function.refuse("Only one of 'InlineCode' or 'CodeUri' can be set.");
        }
        Some(Value::String(uri)) => match s3_location(uri) {
            Some((bucket, key, version)) => {
                (json!(bucket), json!(key), version.map(|version| json!(version)))
            }
            None => {
                return function.refuse(
                    "'CodeUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query \
                     parameter.",
                );
            }
        },
        Some(Value::Object(place)) => match (place.get("Bucket"), place.get("Key")) {
            (Some(bucket), Some(key)) if is_truthy(bucket) && is_truthy(key) => {
                (bucket.clone(), key.clone(), place.get("Version").cloned())
            }
            _ => return function.refuse("'CodeUri' requires Bucket and Key properties to be specified."),
        },
        Some(_) => return function.refuse("'CodeUri' must be of type dict or string."),
    };
    let mut code = json!({"S3Bucket": bucket, "S3Key": key});
    if let Some(version) = version {
        code["S3ObjectVersion"] = version;
    }
    Ok(code)
}

fn s3_location(uri: &str) -> Option<(&str, &str, Option<&str>)> {
    let rest = uri.strip_prefix("s3://")?;
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let (bucket, key) = place.split_once('/')?;
    let version = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("versionId=")));
    (!bucket.is_empty() && !key.is_empty()).then(|| (bucket, key.trim_start_matches('/'), version))
}

/// Gives the function's tags to all that can have some, when it says so.
fn propagate_tags(function: &Function<'_>, made: &mut [Made]) {
    const TAGGED: [&str; 4] =
        ["AWS::IAM::Role", "AWS::Lambda::Function", "AWS::SNS::Topic", "AWS::SQS::Queue"];
    let Some(tags) = function.propagated_tags() else { return };
    for one in made.iter_mut().filter(|one| TAGGED.contains(&one.resource_type)) {
        one.set("Tags", tags.clone());
    }
}
