//! PublishLayerVersion, GetLayerVersion, ListLayers, ListLayerVersions and DeleteLayerVersion, and the layers
//! of functions.
//!
//! A function is a plain process, for which nobody can lay a tree over `/opt` without being root. A layer is
//! therefore a folder of its own, and the process finds it where AWS's variables point: `PATH` and
//! `LD_LIBRARY_PATH` name each layer's `bin` and `lib`, and a layer's `bootstrap` runs when the package has
//! none. A program that opens `/opt/…` by that path does not find it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Lambda;
use super::code::{self, CodeSource};
use super::function::{Code, LayerUse};
use super::package;
use super::paging::page;
use super::settings::constraint;
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;

/// Layers of one function.
const MOST_LAYERS: usize = 5;

/// A version of a layer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LayerVersion {
    pub id: LayerVersionId,
    pub description: String,
    pub code: Code,
    pub compatible_runtimes: Vec<String>,
    pub compatible_architectures: Vec<String>,
    pub license_info: Option<String>,
    pub created: Timestamp,
    /// Numbers are not given twice, and functions keep what they use, so a version stays known.
    pub deleted: bool,
    /// The request of CloudFormation that made it, by which a repeat finds it.
    pub made_by: Option<String>,
}

/// Which version of which layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerVersionId {
    pub account: String,
    pub region: String,
    pub name: String,
    pub version: u64,
}

/// What PublishLayerVersion and `AWS::Lambda::LayerVersion` take.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PublishLayerVersion {
    pub content: CodeSource,
    pub description: Option<String>,
    pub compatible_runtimes: Vec<String>,
    pub compatible_architectures: Vec<String>,
    pub license_info: Option<String>,
    /// Not a member of the API: the request of CloudFormation that asks.
    #[serde(skip)]
    pub made_by: Option<String>,
}

impl LayerVersionId {
    /// Reads the ARN of a version.
    pub fn parse(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", _, "lambda", region, account, "layer", name, version] = parts[..] else { return None };
        let owned = |text: &str| is_name(text).then(|| text.to_owned());
        Some(Self {
            account: owned(account)?,
            region: owned(region)?,
            name: owned(name)?,
            version: version.parse().ok()?,
        })
    }

    fn layer_arn(&self) -> String {
        format!("arn:aws:lambda:{}:{}:layer:{}", self.region, self.account, self.name)
    }

    pub fn arn(&self) -> String {
        format!("{}:{}", self.layer_arn(), self.version)
    }

    /// Returns the key under which the table keeps the version, in the order of numbers.
    fn path(&self) -> String {
        format!("{}/{}/{}/{:020}", self.account, self.region, self.name, self.version)
    }

    /// Returns the folder into which it is unpacked; no account is called `layers`.
    pub fn folder(&self, functions: &Path) -> PathBuf {
        let folder = functions.join("layers").join(&self.account).join(&self.region);
        folder.join(&self.name).join(self.version.to_string())
    }
}

impl Lambda {
    pub(super) async fn publish_layer_version(
        &self,
        aws: &Aws,
        caller: &Caller,
        layer: &str,
        input: PublishLayerVersion,
    ) -> Result<LayerVersion, AwsError> {
        let name = layer_name(caller, layer)?;
        let mut id = LayerVersionId {
            account: caller.account.clone(),
            region: caller.region.clone(),
            name,
            version: 0,
        };
        aws.services.iam.authorize(caller, "lambda:PublishLayerVersion", &id.layer_arn(), None, &[])?;
        input.check()?;
        let package = input.content.fetch(aws, caller).await?;
        let fresh = self.folder.join("layers").join(format!("{}.new", uuid::Uuid::new_v4().simple()));
        let unpacked = fresh.clone();
        let code = tokio::task::spawn_blocking(move || {
            let code = code::unpack_to(&package, &unpacked)?;
            package::keep(&package, &unpacked).map(|()| code)
        });
        let code = code.await.map_err(AwsError::internal)??;
        if fresh.join("extensions").is_dir() {
            // What is refused only takes room.
            let _ = fs::remove_dir_all(&fresh);
            let _ = fs::remove_file(package::file(&fresh));
            return Err(AwsError::not_supported("an external extension (`extensions/`) in a layer"));
        }
        let _changing = self.changing();
        let known = self.layers.scan(&format!("{}/{}/{}/", id.account, id.region, id.name))?;
        id.version = known.last().map_or(0, |(_, last)| last.id.version) + 1;
        let folder = id.folder(&self.folder);
        // What a publication that was cut short left there is of no use.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.parent().unwrap_or(&folder))
            .and_then(|()| fs::rename(package::file(&fresh), package::file(&folder)))
            .and_then(|()| fs::rename(&fresh, &folder))
            .map_err(AwsError::internal)?;
        let version = LayerVersion {
            description: input.description.unwrap_or_default(),
            code,
            compatible_runtimes: input.compatible_runtimes,
            compatible_architectures: input.compatible_architectures,
            license_info: input.license_info,
            created: aws.clock.now(),
            deleted: false,
            made_by: input.made_by,
            id,
        };
        self.layers.put(&version.id.path(), &version)?;
        Ok(version)
    }

    /// Returns the version that a request of CloudFormation made when it came for the first time.
    pub(super) fn layer_version_made_by(
        &self,
        caller: &Caller,
        made_by: &str,
    ) -> Result<Option<LayerVersion>, AwsError> {
        let mut versions = self.layers.scan(&caller.scope())?.into_iter().map(|(_, version)| version);
        Ok(versions.find(|version| version.made_by.as_deref() == Some(made_by)))
    }

    pub(super) fn get_layer_version(
        &self,
        aws: &Aws,
        caller: &Caller,
        id: &LayerVersionId,
    ) -> Result<LayerVersion, AwsError> {
        aws.services.iam.authorize(caller, "lambda:GetLayerVersion", &id.arn(), None, &[])?;
        let found = self.layers.get(&id.path())?.filter(|version| !version.deleted);
        found.ok_or_else(|| {
            let message = "The resource you requested does not exist.";
            AwsError::new("ResourceNotFoundException", message).status(404)
        })
    }

    /// Deletes a version; functions that have it keep it, and one that is gone already is a success.
    pub(super) fn delete_layer_version(
        &self,
        aws: &Aws,
        caller: &Caller,
        id: &LayerVersionId,
    ) -> Result<(), AwsError> {
        aws.services.iam.authorize(caller, "lambda:DeleteLayerVersion", &id.arn(), None, &[])?;
        let _changing = self.changing();
        match self.layers.get(&id.path())? {
            Some(version) => Ok(self.layers.put(&id.path(), &LayerVersion { deleted: true, ..version })?),
            None => Ok(()),
        }
    }

    /// Lists the versions of a layer, newest first.
    pub(super) fn list_layer_versions(
        &self,
        aws: &Aws,
        caller: &Caller,
        layer: &str,
    ) -> Result<Value, AwsError> {
        let name = layer_name(caller, layer)?;
        let arn = caller.arn("lambda", format_args!("layer:{name}"));
        aws.services.iam.authorize(caller, "lambda:ListLayerVersions", &arn, None, &[])?;
        let mut versions = self.layers.scan(&format!("{}{name}/", caller.scope()))?;
        versions.reverse();
        let live = versions.iter().filter(|(_, version)| !version.deleted);
        let versions: Vec<Value> = live.map(|(_, version)| version.summary()).collect();
        Ok(json!({"LayerVersions": versions}))
    }

    pub(super) fn list_layers(
        &self,
        aws: &Aws,
        caller: &Caller,
        marker: Option<&str>,
        max_items: Option<&str>,
    ) -> Result<Value, AwsError> {
        aws.services.iam.authorize(caller, "lambda:ListLayers", "*", None, &[])?;
        let mut latest: Vec<(String, LayerVersion)> = Vec::new();
        for (_, version) in self.layers.scan(&caller.scope())? {
            if version.deleted {
                continue;
            }
            latest.retain(|(name, _)| *name != version.id.name);
            latest.push((version.id.name.clone(), version));
        }
        let page = page(latest, marker, max_items)?;
        let layers = page.entries.iter().map(|version| {
            json!({
                "LayerName": version.id.name,
                "LayerArn": version.id.layer_arn(),
                "LatestMatchingVersion": version.summary(),
            })
        });
        let mut output = Map::from_iter([("Layers".to_owned(), layers.collect())]);
        if let Some(marker) = page.next_marker {
            output.insert("NextMarker".to_owned(), marker.into());
        }
        Ok(output.into())
    }

    /// Returns what a function notes of its layers, or refuses one that it cannot have.
    pub(super) fn layers_in_use(
        &self,
        aws: &Aws,
        caller: &Caller,
        arns: Option<&[String]>,
    ) -> Result<Option<Vec<LayerUse>>, AwsError> {
        let Some(arns) = arns else { return Ok(None) };
        let invalid = |message: String| Err(AwsError::new("InvalidParameterValueException", message));
        if arns.len() > MOST_LAYERS {
            return invalid(format!("Function cannot reference more than {MOST_LAYERS} layers."));
        }
        let mut uses: Vec<(LayerVersionId, LayerUse)> = Vec::with_capacity(arns.len());
        for arn in arns {
            let Some(id) = LayerVersionId::parse(arn) else {
                let rule = r"Member must satisfy constraint: [Member must satisfy regular expression pattern: arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+]";
                return Err(constraint(&format!("[{arn}]"), "layers", rule));
            };
            let Ok(version) = self.get_layer_version(aws, caller, &id) else {
                return invalid(format!("Layer version {arn} does not exist."));
            };
            if uses.iter().any(|(other, _)| other.layer_arn() == id.layer_arn()) {
                return invalid(
                    "Two different versions of the same layer are not allowed to be referenced in the same \
                     function."
                        .to_owned(),
                );
            }
            uses.push((id, LayerUse { arn: arn.clone(), code_size: version.code.size }));
        }
        Ok(Some(uses.into_iter().map(|(_, used)| used).collect()))
    }

    /// Removes the files of deleted layers that no function uses any more; nothing runs yet.
    pub(super) fn sweep_layers(&self) {
        let functions = [&self.functions, &self.versions].map(|table| table.scan("").unwrap_or_default());
        let used: Vec<&str> = functions
            .iter()
            .flatten()
            .flat_map(|(_, function)| &function.layers)
            .map(|layer| layer.arn.as_str())
            .collect();
        for (_, version) in self.layers.scan("").unwrap_or_default() {
            if version.deleted && !used.contains(&version.id.arn().as_str()) {
                // What cannot be removed only takes room.
                let folder = version.id.folder(&self.folder);
                let _ = fs::remove_dir_all(&folder);
                let _ = fs::remove_file(package::file(&folder));
            }
        }
    }
}

impl PublishLayerVersion {
    fn check(&self) -> Result<(), AwsError> {
        for architecture in &self.compatible_architectures {
            if !["x86_64", "arm64"].contains(&architecture.as_str()) {
                let rule =
                    "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]";
                return Err(constraint(&format!("[{architecture}]"), "compatibleArchitectures", rule));
            }
        }
        let too_long = |text: &Option<String>, most: usize| {
            text.as_deref().filter(|text| text.chars().count() > most).map(str::to_owned)
        };
        for (name, value, most) in
            [("description", &self.description, 256), ("licenseInfo", &self.license_info, 512)]
        {
            if let Some(value) = too_long(value, most) {
                let rule = format!("Member must have length less than or equal to {most}");
                return Err(constraint(&value, name, &rule));
            }
        }
        Ok(())
    }
}

impl LayerVersion {
    fn summary(&self) -> Value {
        let mut summary = json!({
            "LayerVersionArn": self.id.arn(),
            "Version": self.id.version,
            "Description": self.description,
            "CreatedDate": self.created.format("%Y-%m-%dT%H:%M:%S%.3f+0000"),
        });
        if !self.compatible_runtimes.is_empty() {
            summary["CompatibleRuntimes"] = json!(self.compatible_runtimes);
        }
        if !self.compatible_architectures.is_empty() {
            summary["CompatibleArchitectures"] = json!(self.compatible_architectures);
        }
        if let Some(license) = &self.license_info {
            summary["LicenseInfo"] = json!(license);
        }
        summary
    }

    /// Returns all of it, with a link to its package.
    pub fn describe(&self, aws: &Aws) -> Value {
        let lambda = &aws.services.lambda;
        let mut described = self.summary();
        described["LayerArn"] = json!(self.id.layer_arn());
        described["Content"] = json!({"CodeSha256": self.code.base64(), "CodeSize": self.code.size});
        if let Some(location) = lambda.location(aws, &self.id.folder(&lambda.folder)) {
            described["Content"]["Location"] = location.into();
        }
        described
    }
}

/// Reads the number of a version in a path.
pub fn version_id(caller: &Caller, layer: &str, version: &str) -> Result<LayerVersionId, AwsError> {
    let Ok(number) = version.parse() else {
        return Err(constraint(version, "versionNumber", "Member must be a number"));
    };
    let name = layer_name(caller, layer)?;
    Ok(LayerVersionId {
        account: caller.account.clone(),
        region: caller.region.clone(),
        name,
        version: number,
    })
}

/// Reads the name of a layer of the caller's, or its ARN.
fn layer_name(caller: &Caller, layer: &str) -> Result<String, AwsError> {
    let own = caller.arn("lambda", "layer:");
    let name = layer.strip_prefix(&own).unwrap_or(layer);
    if name.len() <= 140 && is_name(name) {
        return Ok(name.to_owned());
    }
    let rule = "Member must satisfy regular expression pattern: (arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+";
    Err(constraint(layer, "layerName", rule))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_arns_of_versions() {
        let arn = "arn:aws:lambda:us-east-1:111122223333:layer:tools:3";
        let id = LayerVersionId::parse(arn).unwrap();
        assert_eq!((id.name.as_str(), id.version, id.arn().as_str()), ("tools", 3, arn));
        for arn in [
            "",
            "tools",
            "arn:aws:lambda:us-east-1:111122223333:layer:tools",
            "arn:aws:lambda:..:1:layer:../x:1",
        ] {
            assert_eq!(LayerVersionId::parse(arn), None, "{arn}");
        }
    }
}
