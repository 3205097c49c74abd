//! Wires [`position_producer::produce`] into the Lambda runtime.

use std::time::{Duration, Instant, SystemTime};

use aws_config::BehaviorVersion;
use aws_sdk_kinesis::Client;
use lambda_events::log::{self, Level};
use lambda_runtime::{Context, Error, LambdaEvent, run, service_fn};
use position_producer::{Request, Summary, produce};
use serde_json::Value;

/// Time kept back for the answer, so that the function never runs into its timeout.
const RESERVE: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let stream = std::env::var("STREAM_NAME").map_err(|_| "the variable STREAM_NAME is not set")?;
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    run(service_fn(|event| handle(&client, &stream, event))).await
}

async fn handle(client: &Client, stream: &str, event: LambdaEvent<Value>) -> Result<Summary, Error> {
    let request = Request::from_payload(event.payload)?;
    match produce(client, stream, &request, deadline(&event.context)).await {
        Ok(summary) => {
            let level = if summary.failed > 0 { Level::Warn } else { Level::Info };
            log::line(level, "positions sent", &summary);
            Ok(summary)
        }
        Err(error) => {
            let reason = log::chain(&error);
            log::problem(Level::Error, "sending failed", &reason);
            Err(reason.into())
        }
    }
}

/// Returns the moment to stop at.
fn deadline(context: &Context) -> Instant {
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + left.saturating_sub(RESERVE)
}
