//! UpdateFunctionCode, UpdateFunctionConfiguration and DeleteFunction.

use serde::Deserialize;

use super::Lambda;
use super::code::CodeSource;
use super::create::{architecture, pass_role};
use super::function::Function;
use super::name::FunctionKey;
use super::settings::Settings;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UpdateFunctionCode {
    #[serde(flatten)]
    pub code: CodeSource,
    pub architectures: Option<Vec<String>>,
    pub dry_run: bool,
    pub publish: bool,
    pub revision_id: Option<String>,
}

impl Lambda {
    pub(super) async fn update_function_code(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        input: UpdateFunctionCode,
    ) -> Result<Function, AwsError> {
        let mut function = self.authorized(aws, caller, "lambda:UpdateFunctionCode", key)?;
        check_revision(&function, input.revision_id.as_deref())?;
        let architecture =
            input.architectures.as_deref().map(|asked| architecture(Some(asked))).transpose()?;
        let package = input.code.fetch(aws, caller).await?;
        let code = self.unpack(key, package).await?;
        if input.dry_run {
            function.code = code;
            return Ok(function);
        }
        let function = self.change(key, |function| {
            check_revision(function, input.revision_id.as_deref())?;
            function.code = code;
            if let Some(architecture) = architecture {
                function.architecture = architecture;
            }
            function.touch(aws.clock.now());
            Ok(())
        })?;
        self.pools.retire(key);
        if input.publish {
            let _changing = self.changing();
            return self.publish(self.function(key)?, None);
        }
        Ok(function)
    }

    pub(super) fn update_function_configuration(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        settings: Settings,
    ) -> Result<Function, AwsError> {
        let function = self.authorized(aws, caller, "lambda:UpdateFunctionConfiguration", key)?;
        settings.check()?;
        if let Some(role) = settings.role.as_deref().filter(|role| *role != function.role) {
            pass_role(aws, caller, key, role)?;
        }
        let layers = self.layers_in_use(aws, caller, settings.layers.as_deref())?;
        let function = self.change(key, |function| {
            check_revision(function, settings.revision_id.as_deref())?;
            if let Some(layers) = layers {
                function.layers = layers;
            }
            settings.apply(function);
            function.touch(aws.clock.now());
            Ok(())
        })?;
        self.pools.retire(key);
        Ok(function)
    }

    pub(super) fn delete_function(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
    ) -> Result<(), AwsError> {
        self.authorized(aws, caller, "lambda:DeleteFunction", key)?;
        let _changing = self.changing();
        if let Some(version) = &key.qualifier {
            return self.delete_version(key, version);
        }
        self.delete_published(key)?;
        self.functions.remove(&key.path())?;
        self.delete_invoke_configs(key)?;
        self.pools.retire(key);
        // The function is gone with its row; files that cannot be removed only take room.
        let _ = std::fs::remove_dir_all(self.folder.join(key.path()));
        Ok(())
    }
}

pub(super) fn check_revision(function: &Function, revision_id: Option<&str>) -> Result<(), AwsError> {
    if revision_id.is_none_or(|revision_id| revision_id == function.revision_id) {
        return Ok(());
    }
    let message = "The Revision Id provided does not match the latest Revision Id. Call the \
                   GetFunction/GetAlias API to retrieve the latest Revision Id";
    Err(AwsError::new("PreconditionFailedException", message).status(412))
}
