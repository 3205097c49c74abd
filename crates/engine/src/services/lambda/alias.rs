//! CreateAlias, GetAlias, UpdateAlias, DeleteAlias and ListAliases: names that stand for one version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Lambda;
use super::function::Function;
use super::name::FunctionKey;
use super::paging::page;
use super::settings::constraint;
use super::version::is_version;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

/// A name that stands for a version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Alias {
    pub name: String,
    pub function_version: String,
    pub description: String,
    /// Parts of the events, up to 1, that go to another version.
    #[serde(default)]
    pub weights: BTreeMap<String, f64>,
    pub revision_id: String,
    /// Statements of its own resource policy.
    pub permissions: Vec<Value>,
    /// The request of CloudFormation that made it, by which a repeat finds it.
    pub made_by: Option<String>,
}

/// What CreateAlias, UpdateAlias and `AWS::Lambda::Alias` take.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AliasInput {
    pub name: Option<String>,
    pub function_version: Option<String>,
    pub description: Option<String>,
    pub revision_id: Option<String>,
    pub routing_config: Option<Value>,
    pub provisioned_concurrency_config: Option<Value>,
    /// Not a member of the API: the request of CloudFormation that asks.
    #[serde(skip)]
    pub made_by: Option<String>,
}

impl AliasInput {
    fn check(&self) -> Result<(), AwsError> {
        if self.provisioned_concurrency_config.is_some() {
            return Err(AwsError::not_supported("`ProvisionedConcurrencyConfig` of an alias"));
        }
        match self.description.as_deref() {
            Some(description) if description.chars().count() > 256 => {
                let rule = "Member must have length less than or equal to 256";
                Err(constraint(description, "description", rule))
            }
            _ => Ok(()),
        }
    }
}

impl Lambda {
    pub(super) fn create_alias(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        input: AliasInput,
    ) -> Result<Value, AwsError> {
        let name = input.name.clone().unwrap_or_default();
        let key = alias_key(key, &name)?;
        aws.services.iam.authorize(caller, "lambda:CreateAlias", &key.arn(), None, &[])?;
        input.check()?;
        let _changing = self.changing();
        let version = input.function_version.unwrap_or_default();
        self.check_target(&key, &version)?;
        let weights = weights(input.routing_config.as_ref())?;
        self.check_weights(&key, &version, &weights)?;
        if self.aliases.get(&key.path())?.is_some() {
            let message = format!("Alias already exists: {}", key.arn());
            return Err(AwsError::new("ResourceConflictException", message).status(409));
        }
        let alias = Alias {
            name,
            function_version: version,
            description: input.description.unwrap_or_default(),
            weights,
            revision_id: uuid::Uuid::new_v4().to_string(),
            permissions: Vec::new(),
            made_by: input.made_by,
        };
        self.aliases.put(&key.path(), &alias)?;
        Ok(alias.describe(&key))
    }

    pub(super) fn get_alias(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        name: &str,
    ) -> Result<Value, AwsError> {
        let key = alias_key(key, name)?;
        aws.services.iam.authorize(caller, "lambda:GetAlias", &key.arn(), None, &[])?;
        Ok(self.alias(&key)?.describe(&key))
    }

    pub(super) fn update_alias(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        name: &str,
        input: AliasInput,
    ) -> Result<Value, AwsError> {
        let key = alias_key(key, name)?;
        aws.services.iam.authorize(caller, "lambda:UpdateAlias", &key.arn(), None, &[])?;
        input.check()?;
        let _changing = self.changing();
        let mut alias = self.alias(&key)?;
        if input.revision_id.is_some_and(|revision_id| revision_id != alias.revision_id) {
            let message = "The Revision Id provided does not match the latest Revision Id. Call the \
                           GetFunction/GetAlias API to retrieve the latest Revision Id";
            return Err(AwsError::new("PreconditionFailedException", message).status(412));
        }
        if let Some(version) = input.function_version {
            self.check_target(&key, &version)?;
            alias.function_version = version;
        }
        if let Some(description) = input.description {
            alias.description = description;
        }
        if input.routing_config.is_some() {
            alias.weights = weights(input.routing_config.as_ref())?;
        }
        self.check_weights(&key, &alias.function_version, &alias.weights)?;
        alias.revision_id = uuid::Uuid::new_v4().to_string();
        self.aliases.put(&key.path(), &alias)?;
        Ok(alias.describe(&key))
    }

    /// Deletes an alias and its URL; one that is gone already is a success, as on AWS.
    pub(super) fn delete_alias(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        name: &str,
    ) -> Result<(), AwsError> {
        let key = alias_key(key, name)?;
        aws.services.iam.authorize(caller, "lambda:DeleteAlias", &key.arn(), None, &[])?;
        let _changing = self.changing();
        self.urls.remove(&key.path())?;
        self.invoke_configs.remove(&key.path())?;
        Ok(self.aliases.remove(&key.path())?)
    }

    pub(super) fn list_aliases(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        version: Option<&str>,
        (marker, max_items): (Option<&str>, Option<&str>),
    ) -> Result<Value, AwsError> {
        let key = key.unqualified();
        self.authorized(aws, caller, "lambda:ListAliases", &key)?;
        let mut aliases = self.aliases_of(&key)?;
        aliases.retain(|alias| version.is_none_or(|version| alias.function_version == version));
        let page = page(aliases.into_iter().map(|one| (one.name.clone(), one)).collect(), marker, max_items)?;
        let aliases: Vec<Value> =
            page.entries.iter().map(|alias| alias.describe(&key.qualified(&alias.name))).collect();
        let mut output = Map::from_iter([("Aliases".to_owned(), json!(aliases))]);
        if let Some(marker) = page.next_marker {
            output.insert("NextMarker".to_owned(), marker.into());
        }
        Ok(output.into())
    }

    /// Returns the aliases of a function, by name.
    pub(super) fn aliases_of(&self, key: &FunctionKey) -> Result<Vec<Alias>, AwsError> {
        let aliases = self.aliases.scan(&format!("{}:", key.function_path()))?;
        Ok(aliases.into_iter().map(|(_, alias)| alias).collect())
    }

    /// Returns the alias that a key names.
    pub(super) fn alias(&self, key: &FunctionKey) -> Result<Alias, AwsError> {
        self.aliases.get(&key.path())?.ok_or_else(|| {
            let message = format!("Cannot find alias arn: {}", key.arn());
            AwsError::new("ResourceNotFoundException", message).status(404)
        })
    }

    /// Returns the function that takes the next event: of an alias with weights, one of its versions by chance.
    pub(super) fn routed(&self, key: &FunctionKey) -> Result<Function, AwsError> {
        let function = self.function(key)?;
        let is_alias = key.qualifier.as_deref().is_some_and(|qualifier| !is_version(qualifier));
        let alias = if is_alias { self.aliases.get(&key.path())? } else { None };
        match alias.as_ref().and_then(|alias| alias.detour(rand::random())) {
            Some(version) => {
                let version = self.function(&key.qualified(version))?;
                Ok(Function { invoked_as: Some(key.arn()), ..version })
            }
            None => Ok(function),
        }
    }

    /// Refuses weights of versions that are not there, and beside `$LATEST`, which takes no part in this.
    fn check_weights(
        &self,
        key: &FunctionKey,
        version: &str,
        weights: &BTreeMap<String, f64>,
    ) -> Result<(), AwsError> {
        for other in weights.keys() {
            if version == "$LATEST" || other == "$LATEST" || other == version {
                // The words are not confirmed on AWS.
                let message = "An alias with weights must point to two different published versions.";
                return Err(AwsError::new("InvalidParameterValueException", message));
            }
            self.check_target(key, other)?;
        }
        Ok(())
    }

    /// Refuses a version that is not there.
    fn check_target(&self, key: &FunctionKey, version: &str) -> Result<(), AwsError> {
        let target = key.unqualified().with(Some(version))?;
        let is_number = version == "$LATEST" || (!version.is_empty() && is_version(version));
        if !is_number {
            let rule = r"Member must satisfy regular expression pattern: (\$LATEST|[0-9]+)";
            return Err(constraint(version, "functionVersion", rule));
        }
        self.function(&target).map(|_| ())
    }
}

impl Alias {
    /// Returns the version beside the alias's own that takes an event, by a number from 0 to 1.
    fn detour(&self, draw: f64) -> Option<&str> {
        self.weights.iter().find(|(_, weight)| draw < **weight).map(|(version, _)| version.as_str())
    }

    fn describe(&self, key: &FunctionKey) -> Value {
        let mut description = json!({
            "AliasArn": key.arn(),
            "Name": self.name,
            "FunctionVersion": self.function_version,
            "Description": self.description,
            "RevisionId": self.revision_id,
        });
        if !self.weights.is_empty() {
            description["RoutingConfig"] = json!({"AdditionalVersionWeights": self.weights});
        }
        description
    }
}

/// Reads the weights of a `RoutingConfig`: of the API, where they are a map, or of a template, where they are a list.
fn weights(config: Option<&Value>) -> Result<BTreeMap<String, f64>, AwsError> {
    let invalid = |message: String| Err(AwsError::new("InvalidParameterValueException", message));
    let entries: Vec<(String, Option<f64>)> = match config.map(|config| &config["AdditionalVersionWeights"]) {
        Some(Value::Object(weights)) => {
            weights.iter().map(|(version, weight)| (version.clone(), number(weight))).collect()
        }
        Some(Value::Array(weights)) => weights
            .iter()
            .map(|entry| {
                let version = entry["FunctionVersion"].as_str().unwrap_or_default();
                (version.to_owned(), number(&entry["FunctionWeight"]))
            })
            .collect(),
        _ => Vec::new(),
    };
    // The words of these two are not confirmed on AWS.
    if entries.len() > 1 {
        return invalid("Number of items in AdditionalVersionWeights cannot be greater than 1".to_owned());
    }
    let mut weights = BTreeMap::new();
    for (version, weight) in entries {
        match weight.filter(|weight| (0.0..=1.0).contains(weight)) {
            Some(weight) => weights.insert(version, weight),
            None => return invalid(format!("The weight of version {version} must be between 0 and 1.")),
        };
    }
    Ok(weights)
}

/// Returns a number, which templates also give as text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// Returns the key of an alias, whose name must not be a number.
pub fn alias_key(key: &FunctionKey, name: &str) -> Result<FunctionKey, AwsError> {
    let is_name = (1..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !is_name || is_version(name) {
        let rule = "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)";
        return Err(constraint(name, "name", rule));
    }
    Ok(key.unqualified().qualified(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_weight_of_one_other_version() {
        let read = |weights: Value| weights_of(&weights);
        fn weights_of(weights: &Value) -> Option<Vec<(String, f64)>> {
            let config = json!({"AdditionalVersionWeights": weights});
            super::weights(Some(&config)).ok().map(|weights| weights.into_iter().collect())
        }
        assert_eq!(read(json!({"2": 0.1})), Some(vec![("2".to_owned(), 0.1)]));
        let listed = json!([{"FunctionVersion": "2", "FunctionWeight": "0.1"}]);
        assert_eq!(read(listed), Some(vec![("2".to_owned(), 0.1)]));
        assert_eq!(read(json!({})), Some(Vec::new()));
        assert_eq!(read(json!({"2": 1.1})), None);
        assert_eq!(read(json!({"2": 0.1, "3": 0.1})), None);
    }

    #[test]
    fn tells_names_from_versions() {
        let caller = Caller::administrator("111122223333", "us-east-1");
        let key = FunctionKey::read(&caller, "f").unwrap();
        assert_eq!(alias_key(&key, "live").unwrap().path(), "111122223333/us-east-1/f:live");
        for name in ["", "1", "a b", "$LATEST"] {
            assert!(alias_key(&key, name).is_err(), "{name}");
        }
    }
}
