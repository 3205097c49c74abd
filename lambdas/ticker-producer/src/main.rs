//! Wires [`ticker_producer::answer`] into the Lambda runtime.

use aws_config::BehaviorVersion;
use aws_sdk_firehose::Client;
use lambda_events::log::{self, Level};
use lambda_events::{Event, HttpRequest, HttpResponse};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::json;
use serde_json::value::RawValue;
use ticker_producer::{DeliveryStream, answer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let name =
        std::env::var("DELIVERY_STREAM_NAME").map_err(|_| "the variable DELIVERY_STREAM_NAME is not set")?;
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    let stream = DeliveryStream { client, name };
    run(service_fn(|event| handle(&stream, event))).await
}

async fn handle(stream: &DeliveryStream, event: LambdaEvent<Box<RawValue>>) -> Result<HttpResponse, Error> {
    let request = HttpRequest::read(event.payload.get());
    let (response, problem) = answer(&request, stream).await;
    if let Some(problem) = problem {
        log::problem(Level::Error, "the record was not taken", &log::chain(&*problem));
    }
    log::line(
        Level::Info,
        "answered",
        &json!({"method": request.method, "status_code": response.status_code}),
    );
    Ok(response)
}
