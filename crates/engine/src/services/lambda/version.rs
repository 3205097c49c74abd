//! PublishVersion and ListVersionsByFunction: what a function was when it was published, kept as it is.
//!
//! A version is a [`Function`] under a key with its number; its package stays with the function's.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Lambda;
use super::change::check_revision;
use super::function::Function;
use super::name::FunctionKey;
use super::paging::page;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::store::StoreError;

/// What PublishVersion takes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PublishVersion {
    pub code_sha256: Option<String>,
    pub description: Option<String>,
    pub revision_id: Option<String>,
    /// Not a member of the API: the request of CloudFormation that asks.
    #[serde(skip)]
    pub made_by: Option<String>,
}

impl Lambda {
    /// Publishes the function as it is, or returns the last version when nothing changed since.
    pub(super) fn publish_version(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        input: PublishVersion,
    ) -> Result<Function, AwsError> {
        let key = key.unqualified();
        self.authorized(aws, caller, "lambda:PublishVersion", &key)?;
        let _changing = self.changing();
        let function = self.function(&key)?;
        check_revision(&function, input.revision_id.as_deref())?;
        let current = function.code.base64();
        if let Some(asked) = input.code_sha256.as_ref().filter(|asked| **asked != current) {
            let message = format!(
                "CodeSHA256 ({asked}) is different from current CodeSHA256 in $LATEST ({current}). Please try \
                 again with the CodeSHA256 in $LATEST."
            );
            return Err(AwsError::new("InvalidParameterValueException", message));
        }
        self.publish(function, Some(input))
    }

    /// Stores a function and a version of it, unless it equals the last one; called while changes are held up.
    pub(super) fn publish(
        &self,
        mut function: Function,
        input: Option<PublishVersion>,
    ) -> Result<Function, AwsError> {
        let last = function.key.qualified(&function.last_version.to_string());
        if let Some(last) = self.find(&last)?.filter(|last| substance(last) == substance(&function)) {
            return Ok(last);
        }
        function.last_version += 1;
        let input = input.unwrap_or_default();
        let description = input.description.unwrap_or_else(|| function.description.clone());
        if description.chars().count() > 256 {
            let rule = "Member must have length less than or equal to 256";
            return Err(super::settings::constraint(&description, "description", rule));
        }
        let version = Function {
            key: function.key.qualified(&function.last_version.to_string()),
            description,
            revision_id: uuid::Uuid::new_v4().to_string(),
            permissions: Vec::new(),
            made_by: input.made_by,
            ..function.clone()
        };
        self.versions.put(&path(&version.key), &version)?;
        self.functions.put(&function.key.path(), &function)?;
        Ok(version)
    }

    pub(super) fn list_versions(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        marker: Option<&str>,
        max_items: Option<&str>,
    ) -> Result<Value, AwsError> {
        let function = self.authorized(aws, caller, "lambda:ListVersionsByFunction", &key.unqualified())?;
        let latest = Function { invoked_as: Some(format!("{}:$LATEST", function.key.arn())), ..function };
        let versions = self.versions_of(&latest.key)?;
        let entries = [latest].into_iter().chain(versions).map(|one| (path(&one.key), one)).collect();
        let page = page(entries, marker, max_items)?;
        let versions: Vec<Value> = page.entries.iter().map(Function::configuration).collect();
        let mut output = Map::from_iter([("Versions".to_owned(), json!(versions))]);
        if let Some(marker) = page.next_marker {
            output.insert("NextMarker".to_owned(), marker.into());
        }
        Ok(output.into())
    }

    /// Returns the versions of a function, oldest first.
    pub(super) fn versions_of(&self, key: &FunctionKey) -> Result<Vec<Function>, StoreError> {
        let versions = self.versions.scan(&format!("{}/", key.function_path()))?;
        Ok(versions.into_iter().map(|(_, version)| version).collect())
    }

    /// Returns a version, or the version that an alias stands for with the alias's own policy.
    pub(super) fn find_qualified(
        &self,
        key: &FunctionKey,
        qualifier: &str,
    ) -> Result<Option<Function>, AwsError> {
        let Some(function) = self.functions.get(&key.function_path())? else { return Ok(None) };
        // Concurrency and tags belong to the function as a whole.
        let shared = |version: Function| Function {
            reserved_concurrency: function.reserved_concurrency,
            tags: function.tags.clone(),
            ..version
        };
        if is_version(qualifier) {
            return Ok(self.versions.get(&path(key))?.map(shared));
        }
        let Some(alias) = self.aliases.get(&key.path())? else { return Ok(None) };
        let target = match alias.function_version.as_str() {
            "$LATEST" => Some(function.clone()),
            number => self.versions.get(&path(&key.qualified(number)))?,
        };
        Ok(target.map(|target| Function {
            invoked_as: Some(key.arn()),
            permissions: alias.permissions,
            revision_id: alias.revision_id,
            ..shared(target)
        }))
    }

    /// Changes the policy of a function, of a version or of an alias.
    pub(super) fn change_policy(
        &self,
        key: &FunctionKey,
        change: impl FnOnce(&mut Vec<Value>) -> Result<(), AwsError>,
    ) -> Result<(), AwsError> {
        match key.qualifier.as_deref() {
            None => self.change(key, |function| change(&mut function.permissions)).map(|_| ()),
            Some(qualifier) if is_version(qualifier) => {
                let _changing = self.changing();
                let mut version = self.versions.get(&path(key))?.ok_or_else(|| key.not_found())?;
                change(&mut version.permissions)?;
                Ok(self.versions.put(&path(key), &version)?)
            }
            Some(_) => {
                let _changing = self.changing();
                let mut alias = self.aliases.get(&key.path())?.ok_or_else(|| key.not_found())?;
                change(&mut alias.permissions)?;
                Ok(self.aliases.put(&key.path(), &alias)?)
            }
        }
    }

    /// Deletes one version; called while changes are held up.
    pub(super) fn delete_version(&self, key: &FunctionKey, version: &str) -> Result<(), AwsError> {
        if !is_version(version) {
            // An alias is not deleted this way.
            let message = "Deletion of aliases is not currently supported.";
            return Err(AwsError::new("InvalidParameterValueException", message));
        }
        let aliases = self.aliases_of(key)?;
        let names: Vec<&str> = aliases
            .iter()
            .filter(|alias| alias.function_version == version || alias.weights.contains_key(version))
            .map(|alias| alias.name.as_str())
            .collect();
        if !names.is_empty() {
            let names = names.join(", ");
            let message =
                format!("Unable to delete version because the following aliases reference it: [{names}]");
            return Err(AwsError::new("ResourceConflictException", message).status(409));
        }
        self.versions.remove(&path(key))?;
        self.invoke_configs.remove(&key.path())?;
        self.pools.retire(key);
        Ok(())
    }

    /// Removes what a function leaves behind: versions, aliases and URLs.
    pub(super) fn delete_published(&self, key: &FunctionKey) -> Result<(), AwsError> {
        for alias in self.aliases_of(key)? {
            self.urls.remove(&key.qualified(&alias.name).path())?;
            self.aliases.remove(&key.qualified(&alias.name).path())?;
        }
        self.urls.remove(&key.function_path())?;
        for version in self.versions_of(key)? {
            self.versions.remove(&path(&version.key))?;
            self.pools.retire(&version.key);
        }
        Ok(())
    }
}

/// Tells whether a qualifier is a number and so a version; names of aliases are not numbers.
pub fn is_version(qualifier: &str) -> bool {
    qualifier.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the key under which the table keeps a version, in the order of numbers.
fn path(key: &FunctionKey) -> String {
    format!("{}/{:0>20}", key.function_path(), key.qualifier.as_deref().unwrap_or_default())
}

/// Returns what makes two versions differ.
fn substance(function: &Function) -> Value {
    let mut configuration = function.configuration();
    for name in ["FunctionArn", "Version", "RevisionId", "LastModified", "Description"] {
        configuration[name] = Value::Null;
    }
    configuration
}
