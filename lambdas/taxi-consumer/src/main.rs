//! Wires [`taxi_consumer::consume`] into the Lambda runtime.

use lambda_events::log::{self, Level};
use lambda_events::{BatchResponse, Event, KinesisEvent};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;
use taxi_consumer::{Tally, consume};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Box<RawValue>>) -> Result<BatchResponse<Tally>, Error> {
    let consumed = consume(KinesisEvent::read(event.payload.get()));
    if let Some(problem) = &consumed.problem {
        log::problem(Level::Warn, "a record cannot be read", problem);
    }
    if let Some(table) = &consumed.table {
        log::line(Level::Info, "trips per zone", table);
    }
    Ok(consumed.response)
}
