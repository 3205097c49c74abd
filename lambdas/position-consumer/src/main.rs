//! Wires [`position_consumer::consume`] into the Lambda runtime.

use std::io::Write;

use lambda_events::log::{self, Level};
use lambda_events::{BatchResponse, Made};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use position_consumer::Consumed;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Made<Consumed>>) -> Result<BatchResponse, Error> {
    let Made(consumed) = event.payload;
    std::io::stdout().write_all(&consumed.line)?;
    if let Some(problem) = &consumed.problem {
        log::problem(Level::Warn, "a record cannot be read", problem);
    }
    Ok(consumed.response)
}
