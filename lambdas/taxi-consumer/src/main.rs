//! Wires [`taxi_consumer::consume`] into the Lambda runtime.

use lambda_events::log::{self, Level};
use lambda_events::{BatchResponse, Made};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use taxi_consumer::{Consumed, Tally};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Made<Consumed>>) -> Result<BatchResponse<Tally>, Error> {
    let Made(consumed) = event.payload;
    if let Some(problem) = &consumed.problem {
        log::problem(Level::Warn, "a record cannot be read", problem);
    }
    if let Some(table) = &consumed.table {
        log::line(Level::Info, "trips per zone", table);
    }
    Ok(consumed.response)
}
