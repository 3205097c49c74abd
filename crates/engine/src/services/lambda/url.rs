//! Function URLs: CreateFunctionUrlConfig, GetFunctionUrlConfig, UpdateFunctionUrlConfig,
//! DeleteFunctionUrlConfig and ListFunctionUrlConfigs. `visit` answers who calls such a URL.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Lambda;
use super::name::FunctionKey;
use super::settings::{check_range, constraint};
use super::version::is_version;
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::http::cors::Cors;
use crate::identity::Caller;

/// The URL of a function or of an alias.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FunctionUrl {
    pub id: String,
    pub key: FunctionKey,
    pub cors: Option<Cors>,
    pub created: Timestamp,
    pub modified: Timestamp,
    /// The request of CloudFormation that made it, by which a repeat finds it.
    pub made_by: Option<String>,
}

/// What CreateFunctionUrlConfig, UpdateFunctionUrlConfig and `AWS::Lambda::Url` take.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UrlInput {
    pub auth_type: Option<String>,
    pub cors: Option<Cors>,
    pub invoke_mode: Option<String>,
    /// Not a member of the API: the request of CloudFormation that asks.
    #[serde(skip)]
    pub made_by: Option<String>,
}

impl UrlInput {
    fn check(&self) -> Result<(), AwsError> {
        match self.auth_type.as_deref() {
            None | Some("NONE") => {}
            Some("AWS_IAM") => {
                return Err(AwsError::not_supported("the authorization type `AWS_IAM` of a function URL"));
            }
            Some(other) => {
                return Err(constraint(
                    other,
                    "authType",
                    "Member must satisfy enum value set: [NONE, AWS_IAM]",
                ));
            }
        }
        match self.invoke_mode.as_deref() {
            None | Some("BUFFERED") => {}
            Some("RESPONSE_STREAM") => {
                return Err(AwsError::not_supported("the invoke mode `RESPONSE_STREAM` of a function URL"));
            }
            Some(other) => {
                let rule = "Member must satisfy enum value set: [BUFFERED, RESPONSE_STREAM]";
                return Err(constraint(other, "invokeMode", rule));
            }
        }
        check_range("cors.maxAge", self.cors.as_ref().and_then(|cors| cors.max_age), 0, 86_400)
    }
}

impl Lambda {
    pub(super) fn create_function_url(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        input: UrlInput,
    ) -> Result<FunctionUrl, AwsError> {
        permit(aws, caller, "lambda:CreateFunctionUrlConfig", key)?;
        if input.auth_type.is_none() {
            return Err(AwsError::new(
                "ValidationException",
                "1 validation error detected: Value null at 'authType' failed to satisfy constraint: Member \
                 must not be null",
            ));
        }
        input.check()?;
        let _changing = self.changing();
        self.function(key)?;
        if self.urls.get(&key.path())?.is_some() {
            let message = format!(
                "Failed to create function url config for [functionArn = {}]. Error message:  \
                 FunctionUrlConfig exists for this Lambda function",
                key.arn()
            );
            return Err(AwsError::new("ResourceConflictException", message).status(409));
        }
        let now = aws.clock.now();
        let url = FunctionUrl {
            id: uuid::Uuid::new_v4().simple().to_string(),
            key: key.clone(),
            cors: input.cors,
            created: now,
            modified: now,
            made_by: input.made_by,
        };
        self.urls.put(&key.path(), &url)?;
        Ok(url)
    }

    pub(super) fn get_function_url(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
    ) -> Result<FunctionUrl, AwsError> {
        permit(aws, caller, "lambda:GetFunctionUrlConfig", key)?;
        self.url_of(key)
    }

    pub(super) fn update_function_url(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        input: UrlInput,
    ) -> Result<FunctionUrl, AwsError> {
        permit(aws, caller, "lambda:UpdateFunctionUrlConfig", key)?;
        input.check()?;
        let _changing = self.changing();
        let mut url = self.url_of(key)?;
        if input.cors.is_some() {
            url.cors = input.cors;
        }
        url.modified = aws.clock.now();
        self.urls.put(&key.path(), &url)?;
        Ok(url)
    }

    pub(super) fn delete_function_url(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
    ) -> Result<(), AwsError> {
        permit(aws, caller, "lambda:DeleteFunctionUrlConfig", key)?;
        let _changing = self.changing();
        self.url_of(key)?;
        Ok(self.urls.remove(&key.path())?)
    }

    pub(super) fn list_function_urls(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
    ) -> Result<Value, AwsError> {
        let key = key.unqualified();
        self.authorized(aws, caller, "lambda:ListFunctionUrlConfigs", &key)?;
        let mut urls: Vec<Value> = Vec::new();
        for (_, url) in self.urls.scan(&key.function_path())? {
            if url.key.name == key.name {
                urls.push(url.describe(aws));
            }
        }
        Ok(json!({"FunctionUrlConfigs": urls}))
    }

    pub(super) fn url_of(&self, key: &FunctionKey) -> Result<FunctionUrl, AwsError> {
        self.urls.get(&key.path())?.ok_or_else(|| {
            let message = "The resource you requested does not exist.";
            AwsError::new("ResourceNotFoundException", message).status(404)
        })
    }
}

fn permit(aws: &Aws, caller: &Caller, action: &str, key: &FunctionKey) -> Result<(), AwsError> {
    if let Some(version) = key.qualifier.as_deref().filter(|qualifier| is_version(qualifier)) {
        let rule =
            r"Member must satisfy regular expression pattern: (^\$LATEST$)|((?!^\d+$)^[0-9a-zA-Z-_]+$)";
        return Err(constraint(version, "qualifier", rule));
    }
    let context = [("lambda:FunctionUrlAuthType", "NONE")];
    aws.services.iam.authorize(caller, action, &key.arn(), None, &context)
}

impl FunctionUrl {
    /// Returns the URL that reaches the function from every client on this machine.
    pub fn url(&self, aws: &Aws) -> String {
        format!("{}/_hydrant/url/{}/", aws.endpoint(), self.id)
    }

    /// Returns the configuration as AWS's API describes it.
    pub fn describe(&self, aws: &Aws) -> Value {
        let mut described = json!({
            "FunctionUrl": self.url(aws),
            "FunctionArn": self.key.arn(),
            "AuthType": "NONE",
            "InvokeMode": "BUFFERED",
            "CreationTime": self.created.iso8601(),
            "LastModifiedTime": self.modified.iso8601(),
        });
        if let Some(cors) = &self.cors {
            described["Cors"] = cors.pascal_case();
        }
        described
    }
}
