//! Puts a ticker that came over HTTP, or an invented one, into a delivery stream.
//!
//! The answer is 200 with what was recorded, 400 with a reason if the request asks for what is no ticker, 405 for other
//! methods than GET and POST, and 502 if the delivery stream did not take it.
//!
//! | variable | meaning | without it |
//! |---|---|---|
//! | `DELIVERY_STREAM_NAME` | delivery stream that tickers go to | the function does not start |

mod ticker;

use std::error::Error;

use aws_sdk_firehose::Client;
use aws_sdk_firehose::primitives::Blob;
use aws_sdk_firehose::types::Record;
use lambda_events::{HttpRequest, HttpResponse};
use serde_json::json;

pub use ticker::Ticker;

/// Where records go.
pub trait Delivery {
    /// Puts a record and returns the identifier that it was given.
    fn put(&self, record: Vec<u8>) -> impl Future<Output = Result<String, Box<dyn Error + Send + Sync>>>;
}

/// A delivery stream of Firehose.
#[derive(Debug, Clone)]
pub struct DeliveryStream {
    pub client: Client,
    pub name: String,
}

impl Delivery for DeliveryStream {
    async fn put(&self, record: Vec<u8>) -> Result<String, Box<dyn Error + Send + Sync>> {
        let record = Record::builder().data(Blob::new(record)).build()?;
        let output = self.client.put_record().delivery_stream_name(&self.name).record(record).send().await?;
        Ok(output.record_id)
    }
}

/// Answers a request, and says why if the delivery stream did not take the record.
pub async fn answer(
    request: &HttpRequest,
    delivery: &impl Delivery,
) -> (HttpResponse, Option<Box<dyn Error + Send + Sync>>) {
    if !matches!(&*request.method, "GET" | "POST" | "") {
        let reason = format!("{} is not answered; send GET or POST", request.method);
        return (HttpResponse::refusal(405, &reason), None);
    }
    let ticker = match Ticker::of_request(request, &mut rand::rng()) {
        Ok(ticker) => ticker,
        Err(reason) => return (HttpResponse::refusal(400, &reason), None),
    };
    let recorded = async { delivery.put(ticker.line()?).await }.await;
    match recorded {
        Ok(record_id) => {
            (HttpResponse::json(200, &json!({"recorded": ticker, "record_id": record_id})), None)
        }
        // What exactly went wrong is nobody's business outside.
        Err(error) => {
            (HttpResponse::refusal(502, "the delivery stream did not take the record"), Some(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use serde_json::Value;

    use super::*;

    #[derive(Default)]
    struct Records(RefCell<Vec<Vec<u8>>>, bool);

    impl Delivery for Records {
        async fn put(&self, record: Vec<u8>) -> Result<String, Box<dyn Error + Send + Sync>> {
            if self.1 {
                return Err("ServiceUnavailableException: slow down".into());
            }
            self.0.borrow_mut().push(record);
            Ok("record-1".to_owned())
        }
    }

    fn request(method: &str, body: &str) -> HttpRequest {
        HttpRequest { method: method.into(), body: body.into(), ..HttpRequest::default() }
    }

    #[tokio::test]
    async fn answers_what_it_recorded() {
        let records = Records::default();
        let (response, problem) = answer(&request("POST", r#"{"symbol":"hjk"}"#), &records).await;
        assert!(response.status_code == 200 && problem.is_none());
        let body: Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!(
            (&body["record_id"], &body["recorded"]["ticker_symbol"]),
            (&"record-1".into(), &"HJK".into())
        );
        let record = records.0.borrow()[0].clone();
        assert_eq!(serde_json::from_slice::<Value>(&record).unwrap(), body["recorded"]);
        assert!(record.ends_with(b"\n"));
    }

    #[tokio::test]
    async fn refuses_before_it_records() {
        let records = Records::default();
        assert_eq!(answer(&request("POST", r#"{"price":-1}"#), &records).await.0.status_code, 400);
        assert_eq!(answer(&request("DELETE", ""), &records).await.0.status_code, 405);
        assert!(records.0.borrow().is_empty());
    }

    #[tokio::test]
    async fn says_that_the_stream_failed_but_not_how() {
        let (response, problem) = answer(&request("GET", ""), &Records(RefCell::default(), true)).await;
        assert_eq!((response.status_code, response.body.contains("slow down")), (502, false));
        assert!(problem.unwrap().to_string().contains("slow down"));
    }
}
