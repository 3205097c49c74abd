//! A function as the engine remembers it, and as AWS describes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::name::FunctionKey;
use crate::clock::Timestamp;

/// A function: its configuration, where its code lies, and who may use it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Function {
    pub key: FunctionKey,
    pub role: String,
    pub runtime: String,
    pub handler: String,
    pub description: String,
    /// Seconds that an invocation may take.
    pub timeout: u32,
    /// Megabytes that its processes may hold.
    pub memory_size: u32,
    pub ephemeral_storage: u32,
    pub architecture: String,
    pub environment: BTreeMap<String, String>,
    pub log_group: String,
    pub code: Code,
    pub last_modified: Timestamp,
    pub revision_id: String,
    pub tags: BTreeMap<String, String>,
    /// Statements of its resource policy, as AddPermission made them.
    pub permissions: Vec<Value>,
    pub reserved_concurrency: Option<u32>,
    #[serde(default)]
    pub layers: Vec<LayerUse>,
    /// Number of the version that was published last.
    #[serde(default)]
    pub last_version: u64,
    /// The request of CloudFormation that made this version, by which a repeat finds it.
    #[serde(default)]
    pub made_by: Option<String>,
    /// The ARN of the alias through which a caller reached this version.
    #[serde(skip)]
    pub invoked_as: Option<String>,
}

/// A layer of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerUse {
    pub arn: String,
    pub code_size: u64,
}

/// A deployment package that was unpacked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// SHA-256 of the zip file, in hexadecimal; also the name of the folder.
    pub sha256: String,
    /// Bytes of the zip file.
    pub size: u64,
}

impl Function {
    /// Returns the configuration as AWS's API describes it.
    pub fn configuration(&self) -> Value {
        let mut configuration = json!({
            "FunctionName": self.key.name,
            "FunctionArn": self.arn(),
            "Runtime": self.runtime,
            "Role": self.role,
            "Handler": self.handler,
            "CodeSize": self.code.size,
            "Description": self.description,
            "Timeout": self.timeout,
            "MemorySize": self.memory_size,
            "LastModified": self.last_modified.format("%Y-%m-%dT%H:%M:%S%.3f+0000"),
            "CodeSha256": self.code.base64(),
            "Version": self.version(),
            "TracingConfig": {"Mode": "PassThrough"},
            "RevisionId": self.revision_id,
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
            "Architectures": [self.architecture],
            "EphemeralStorage": {"Size": self.ephemeral_storage},
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": self.log_group},
        });
        if !self.environment.is_empty() {
            configuration["Environment"] = json!({"Variables": self.environment});
        }
        if !self.layers.is_empty() {
            let layer = |layer: &LayerUse| json!({"Arn": layer.arn, "CodeSize": layer.code_size});
            configuration["Layers"] = self.layers.iter().map(layer).collect();
        }
        configuration
    }

    /// Returns the ARN under which the caller knows it.
    pub fn arn(&self) -> String {
        self.invoked_as.clone().unwrap_or_else(|| self.key.arn())
    }

    /// Returns its version, `$LATEST` for one that still changes.
    pub fn version(&self) -> &str {
        self.key.qualifier.as_deref().unwrap_or("$LATEST")
    }

    /// Returns the resource policy, if anyone was given a permission.
    pub fn policy(&self) -> Option<Value> {
        if self.permissions.is_empty() {
            return None;
        }
        Some(json!({"Version": "2012-10-17", "Id": "default", "Statement": self.permissions}))
    }

    /// Notes that the function changed.
    pub fn touch(&mut self, now: Timestamp) {
        self.last_modified = now;
        self.revision_id = uuid::Uuid::new_v4().to_string();
    }
}

impl Code {
    /// Returns the hash as AWS writes it.
    pub fn base64(&self) -> String {
        use base64::Engine;
        let digits = self.sha256.as_bytes().chunks_exact(2);
        let bytes: Vec<u8> =
            digits.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
        base64::engine::general_purpose::STANDARD.encode(bytes)
    }
}
