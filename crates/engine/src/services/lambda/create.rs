//! CreateFunction.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;

use super::Lambda;
use super::code::{self, CodeSource};
use super::function::{Code, Function};
use super::name::FunctionKey;
use super::settings::{Settings, constraint};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

/// What CreateFunction takes, and `AWS::Lambda::Function` once its tags are a map.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CreateFunction {
    pub function_name: String,
    pub code: CodeSource,
    pub package_type: Option<String>,
    pub architectures: Option<Vec<String>>,
    pub publish: bool,
    pub tags: BTreeMap<String, String>,
    #[serde(flatten)]
    pub settings: Settings,
}

impl Lambda {
    /// Makes a function.
    pub(super) async fn create_function(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: CreateFunction,
    ) -> Result<Function, AwsError> {
        let key = FunctionKey::new(caller, &input.function_name)?;
        aws.services.iam.authorize(caller, "lambda:CreateFunction", &key.arn(), None, &[])?;
        input.check()?;
        let role = input.settings.role.clone().ok_or_else(|| missing("role"))?;
        pass_role(aws, caller, &key, &role)?;
        let architecture = architecture(input.architectures.as_deref())?;
        if self.functions.get(&key.path())?.is_some() {
            return Err(exists(&key));
        }
        let layers = self.layers_in_use(aws, caller, input.settings.layers.as_deref())?.unwrap_or_default();
        let package = input.code.fetch(aws, caller).await?;
        let code = self.unpack(&key, package).await?;

        let _changing = self.changing();
        if self.functions.get(&key.path())?.is_some() {
            return Err(exists(&key));
        }
        let now = aws.clock.now();
        let mut function = Function {
            role,
            runtime: String::new(),
            handler: String::new(),
            description: String::new(),
            timeout: 3,
            memory_size: 128,
            ephemeral_storage: 512,
            architecture,
            environment: BTreeMap::new(),
            log_group: format!("/aws/lambda/{}", key.name),
            code,
            last_modified: now,
            revision_id: String::new(),
            tags: input.tags,
            permissions: Vec::new(),
            reserved_concurrency: None,
            layers,
            last_version: 0,
            made_by: None,
            invoked_as: None,
            key,
        };
        input.settings.apply(&mut function);
        function.touch(now);
        if input.publish {
            return self.publish(function, None);
        }
        self.functions.put(&function.key.path(), &function)?;
        Ok(function)
    }

    /// Unpacks a package away from the threads that answer requests.
    pub(super) async fn unpack(&self, key: &FunctionKey, package: Bytes) -> Result<Code, AwsError> {
        let (folder, key) = (self.folder.clone(), key.clone());
        tokio::task::spawn_blocking(move || code::unpack(&package, &folder, &key))
            .await
            .map_err(AwsError::internal)?
    }
}

impl CreateFunction {
    fn check(&self) -> Result<(), AwsError> {
        match self.package_type.as_deref() {
            None | Some("Zip") => {}
            Some(other) => return Err(AwsError::not_supported(format_args!("the package type `{other}`"))),
        }
        let invalid = |message| Err(AwsError::new("InvalidParameterValueException", message));
        if self.settings.runtime.is_none() {
            return invalid("Runtime is mandatory for functions created with deployment packages.");
        }
        if self.settings.handler.is_none() {
            return invalid("Handler is mandatory for functions created with deployment packages.");
        }
        self.settings.check()
    }
}

/// Refuses a role that the caller may not hand to Lambda, or that Lambda may not assume.
pub fn pass_role(aws: &Aws, caller: &Caller, key: &FunctionKey, role: &str) -> Result<(), AwsError> {
    let iam = &aws.services.iam;
    let context = [("iam:PassedToService", "lambda.amazonaws.com")];
    iam.authorize(caller, "iam:PassRole", role, None, &context)?;
    match iam.assume_role(role, "lambda.amazonaws.com", &key.name, &key.region, &[]) {
        Err(error) if error.status < 500 => {
            let message = "The role defined for the function cannot be assumed by Lambda.";
            Err(AwsError::new("InvalidParameterValueException", message))
        }
        outcome => outcome.map(|_| ()),
    }
}

/// Returns the architecture that is asked for, which must be this machine's.
pub fn architecture(asked: Option<&[String]>) -> Result<String, AwsError> {
    let asked = match asked {
        None | Some([]) => "x86_64",
        Some([one]) => one,
        Some(more) => {
            let rule = "Member must have length less than or equal to 1";
            return Err(constraint(&format!("{more:?}"), "architectures", rule));
        }
    };
    let here = if cfg!(target_arch = "aarch64") { "arm64" } else { std::env::consts::ARCH };
    match asked {
        "x86_64" | "arm64" if asked == here => Ok(asked.to_owned()),
        "x86_64" | "arm64" => Err(AwsError::not_supported(format_args!(
            "the architecture `{asked}` on this machine, which is {here},"
        ))),
        other => {
            let rule =
                "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]";
            Err(constraint(&format!("[{other}]"), "architectures", rule))
        }
    }
}

fn missing(member: &str) -> AwsError {
    let message = format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
    );
    AwsError::new("ValidationException", message)
}

fn exists(key: &FunctionKey) -> AwsError {
    AwsError::new("ResourceConflictException", format!("Function already exist: {}", key.name)).status(409)
}
