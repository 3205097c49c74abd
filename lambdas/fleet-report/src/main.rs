//! Wires [`fleet_report::report`] into the Lambda runtime.

use aws_config::BehaviorVersion;
use fleet_maxima::S3Store;
use fleet_report::{FleetSettings, report};
use lambda_events::log::{self, Level};
use lambda_events::{Event, HttpRequest};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variable = |name| std::env::var(name).ok();
    let bucket = variable("STATE_BUCKET").ok_or("the variable STATE_BUCKET is not set")?;
    let prefix = variable("STATE_PREFIX").unwrap_or_else(|| "maxima/".to_owned());
    let path = variable("PATH").unwrap_or_default();
    let settings = FleetSettings::load(&FleetSettings::files(variable("FLEET_SETTINGS").as_deref(), &path))?;
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let store = S3Store::new(S3Store::client(&config), bucket, prefix);
    run(service_fn(|event| handle(&store, &settings, event))).await
}

async fn handle(
    store: &S3Store,
    settings: &FleetSettings,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Value, Error> {
    let request = HttpRequest::read(event.payload.get());
    match report(&request, store, settings).await {
        Ok(answer) => {
            let told = json!({"method": request.method, "status_code": answer.get("statusCode"), "count": answer.get("count")});
            log::line(Level::Info, "reported", &told);
            Ok(answer)
        }
        Err(error) => {
            let reason = log::chain(&error);
            log::problem(Level::Error, "reporting failed", &reason);
            Err(reason.into())
        }
    }
}
