//! Wires [`speed_recorder::Recorder`] into the Lambda runtime.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_config::BehaviorVersion;
use fleet_maxima::{Claimant, S3Store};
use lambda_events::log::{self, Level};
use lambda_events::{Event, S3Event};
use lambda_runtime::{Context, Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;
use speed_recorder::{Recorder, S3Objects, Settings, SnsPublisher, Summary};

type Wired = Recorder<S3Objects, S3Store, SnsPublisher>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::read(|name| std::env::var(name).ok())?;
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = S3Store::client(&config);
    let topic = settings.alerts.as_ref().map(|(topic, _)| topic.clone()).unwrap_or_default();
    let recorder = Recorder {
        objects: S3Objects(client.clone()),
        store: S3Store::new(client, &settings.state_bucket, &settings.state_prefix),
        publisher: SnsPublisher { client: aws_sdk_sns::Client::new(&config), topic },
        settings,
    };
    run(service_fn(|event| handle(&recorder, event))).await
}

async fn handle(recorder: &Wired, event: LambdaEvent<Box<RawValue>>) -> Result<Summary, Error> {
    let notification = S3Event::read(event.payload.get());
    match recorder.record(&notification, &claimant(&event.context)).await {
        Ok(summary) => {
            log::line(Level::Info, "objects recorded", &summary);
            Ok(summary)
        }
        Err(error) => {
            let reason = log::chain(&error);
            log::problem(Level::Error, "recording failed", &reason);
            Err(reason.into())
        }
    }
}

fn claimant(context: &Context) -> Claimant {
    let milliseconds =
        |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
    Claimant {
        invocation: context.request_id.clone(),
        now: milliseconds(SystemTime::now()),
        // Clocks of two execution environments may differ a little.
        until: milliseconds(context.deadline()).saturating_add(1_000),
    }
}
