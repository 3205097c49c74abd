//! A function or a delivery stream as it is in AWS right now, in the words of [`settings`](super::settings).

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::mark::{TAG, of_delivery_stream};
use super::settings::{DESTINATION, Kind, Settings, VARIABLES};
use crate::aws::{Clients, failure};
use crate::error::{Error, Result};

/// What is there.
#[derive(Debug, Clone, Default)]
pub struct Live {
    pub settings: Settings,
    /// SHA-256 of a function's archive, in hexadecimal.
    pub code: Option<String>,
    /// What was changed hot before.
    pub mark: Option<String>,
    /// By which later calls name it.
    pub handle: Handle,
}

/// What calls that change something need to know of it.
#[derive(Debug, Clone, Default)]
pub struct Handle {
    pub arn: String,
    /// Of a delivery stream, which refuses an update of another version than it is.
    pub version: String,
    pub destination: String,
}

impl Live {
    /// Reads what `name` is now.
    pub async fn read(clients: &Clients, kind: Kind, name: &str) -> Result<Self> {
        match kind {
            Kind::Function => {
                let request = clients.lambda.get_function().function_name(name).send();
                let output =
                    request.await.map_err(|error| failure(format!("read the function `{name}`"), error))?;
                Ok(Self::of_function(&output))
            }
            Kind::DeliveryStream => {
                let (live, mark) =
                    tokio::try_join!(delivery_stream(clients, name), of_delivery_stream(clients, name))?;
                Ok(Self { mark, ..live })
            }
        }
    }

    fn of_function(output: &GetFunctionOutput) -> Self {
        let Some(configuration) = output.configuration() else { return Self::default() };
        let mut settings = Settings::from([
            ("Description".to_owned(), Value::from(configuration.description().unwrap_or_default())),
            ("MemorySize".to_owned(), Value::from(configuration.memory_size().unwrap_or(128))),
            ("Timeout".to_owned(), Value::from(configuration.timeout().unwrap_or(3))),
        ]);
        let variables = configuration.environment().and_then(|environment| environment.variables());
        for (name, value) in variables.into_iter().flatten() {
            settings.insert(format!("{VARIABLES}{name}"), Value::from(value.as_str()));
        }
        let handle =
            Handle { arn: configuration.function_arn().unwrap_or_default().to_owned(), ..Handle::default() };
        Self {
            settings,
            code: configuration.code_sha256().and_then(hexadecimal),
            mark: output.tags().and_then(|tags| tags.get(TAG)).cloned(),
            handle,
        }
    }
}

async fn delivery_stream(clients: &Clients, name: &str) -> Result<Live> {
    let what = || format!("read the delivery stream `{name}`");
    let output = clients.firehose.describe_delivery_stream().delivery_stream_name(name).send().await;
    let output = output.map_err(|error| failure(what(), error))?;
    let Some(description) = output.delivery_stream_description() else {
        return Err(Error::failed_to(what()).because("Firehose did not describe it"));
    };
    let destination = description.destinations().first();
    let mut settings = Settings::new();
    if let Some(s3) = destination.and_then(|destination| destination.extended_s3_destination_description()) {
        let mut put = |name: &str, value: Value| settings.insert(format!("{DESTINATION}.{name}"), value);
        let hints = s3.buffering_hints();
        let seconds = hints.and_then(|hints| hints.interval_in_seconds()).unwrap_or(300);
        let mebibytes = hints.and_then(|hints| hints.size_in_mbs()).unwrap_or(5);
        put("BufferingHints.IntervalInSeconds", seconds.into());
        put("BufferingHints.SizeInMBs", mebibytes.into());
        put("CompressionFormat", s3.compression_format().as_str().into());
        put("ErrorOutputPrefix", s3.error_output_prefix().unwrap_or_default().into());
        put("Prefix", s3.prefix().unwrap_or_default().into());
    }
    let handle = Handle {
        arn: description.delivery_stream_arn().to_owned(),
        version: description.version_id().to_owned(),
        destination: destination
            .map(|destination| destination.destination_id().to_owned())
            .unwrap_or_default(),
    };
    Ok(Live { settings, code: None, mark: None, handle })
}

/// Turns Lambda's form of a hash into the one by which archives are named.
fn hexadecimal(base64: &str) -> Option<String> {
    let bytes = STANDARD.decode(base64).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_hash_as_lambda_writes_it() {
        assert_eq!(hexadecimal("q80=").as_deref(), Some("abcd"));
        assert_eq!(hexadecimal("?"), None);
    }
}
