//! Wires [`position_consumer::consume`] into the Lambda runtime.

use std::io::Write;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use position_consumer::{BatchResponse, KinesisEvent, consume};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<KinesisEvent>) -> Result<BatchResponse, Error> {
    let consumed = consume(&event.payload);
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&consumed.line)?)?;
    if let Some(problem) = consumed.problem {
        writeln!(std::io::stderr(), "{problem}")?;
    }
    Ok(consumed.response)
}
