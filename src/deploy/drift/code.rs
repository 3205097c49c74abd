//! The code of functions, which CloudFormation does not compare: it cannot read it back.
//!
//! The key under which hydrant uploads code ends in the begin of its SHA-256, and Lambda tells the SHA-256 of what a
//! function runs. Code under other keys cannot be compared.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::deployed::Deployed;
use super::{Difference, FoundBy, ResourceDrift, Status};
use crate::aws::{Clients, code, failure};
use crate::error::Result;

pub const TYPE: &str = "AWS::Lambda::Function";

/// Where a template has a function's code.
struct Place {
    bucket: String,
    key: String,
    /// The first letters of its SHA-256.
    digest: String,
}

impl Place {
    fn of(deployed: &Deployed, logical_id: &str) -> Option<Self> {
        let properties = deployed.properties(logical_id)?;
        let text = |name: &str| Some(properties.get("Code")?.get(name)?.as_str()?.to_owned());
        let key = text("S3Key")?;
        let digest = key.strip_suffix(".zip")?.rsplit_once('-')?.1.to_owned();
        let is_digest = digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(Self { bucket: text("S3Bucket")?, digest, key }).filter(|_| is_digest)
    }
}

/// Compares the code that a function runs with what it was deployed with; nothing when that cannot be told.
pub async fn compare(
    clients: &Clients,
    deployed: &Deployed,
    logical_id: &str,
    physical_id: &str,
) -> Result<Option<Option<ResourceDrift>>> {
    let Some(place) = Place::of(deployed, logical_id) else { return Ok(None) };
    let request = clients.lambda.get_function_configuration().function_name(physical_id);
    let configuration = match request.send().await {
        Ok(configuration) => configuration,
        // That it is gone is CloudFormation's to say.
        Err(error) if code(&error) == Some("ResourceNotFoundException") => return Ok(None),
        Err(error) => return Err(failure(format!("read the function {physical_id}"), error)),
    };
    let live = configuration.code_sha256().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
    let live: String = live.iter().map(|byte| format!("{byte:02x}")).collect();
    if live.starts_with(&place.digest) {
        return Ok(Some(None));
    }
    let shown: String = live.chars().take(place.digest.len()).collect();
    let difference = Difference {
        path: "Code (SHA-256)".to_owned(),
        template: Value::from(place.digest),
        live: Value::from(shown),
    };
    Ok(Some(Some(ResourceDrift {
        logical_id: logical_id.to_owned(),
        resource_type: TYPE.to_owned(),
        physical_id: Some(physical_id.to_owned()),
        status: Status::Modified,
        found_by: FoundBy::Service,
        differences: vec![difference],
        reason: None,
    })))
}

/// Gives a function the code again that it was deployed with.
pub async fn revert(
    clients: &Clients,
    deployed: &Deployed,
    drift: &ResourceDrift,
) -> Result<std::result::Result<&'static str, String>> {
    let (Some(place), Some(name)) = (Place::of(deployed, &drift.logical_id), &drift.physical_id) else {
        return Ok(Err("where its code lies cannot be worked out".to_owned()));
    };
    let request = clients.lambda.update_function_code().function_name(name);
    let request = request.s3_bucket(place.bucket).s3_key(place.key);
    request.send().await.map_err(|error| failure(format!("put the code of {name} back"), error))?;
    Ok(Ok("UpdateFunctionCode"))
}
