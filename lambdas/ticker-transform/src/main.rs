//! Wires [`ticker_transform::transform`] into the Lambda runtime.

use lambda_events::log::{self, Level};
use lambda_events::{Event, FirehoseEvent};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::value::{RawValue, to_raw_value};
use ticker_transform::{DropSectors, transform};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let dropped = DropSectors::read(&std::env::var("DROP_SECTORS").unwrap_or_default());
    run(service_fn(|event| handle(&dropped, event))).await
}

async fn handle(dropped: &DropSectors, event: LambdaEvent<Box<RawValue>>) -> Result<Box<RawValue>, Error> {
    let event = FirehoseEvent::read(event.payload.get());
    let (answer, counts) = transform(&event, dropped);
    log::line(if counts.failed > 0 { Level::Warn } else { Level::Info }, "records transformed", &counts);
    Ok(to_raw_value(&answer)?)
}
