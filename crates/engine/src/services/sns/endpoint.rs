//! Posts to HTTP endpoints on loopback: notifications, and the question whether an endpoint wants them.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::notification::{Notification, signed_query};
use super::subscription::{Protocol, Subscription};
use crate::clock::Timestamp;

/// Time that an endpoint has to answer, in real time.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why an endpoint did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error("the endpoint is not a URL with a host")]
    Address,
    #[error("the endpoint cannot be reached")]
    Unreachable(#[from] std::io::Error),
    #[error("the endpoint does not speak HTTP")]
    Protocol(#[from] hyper::Error),
    #[error("the endpoint answered with status {0}")]
    Status(u16),
    #[error("the endpoint did not answer in time")]
    Late,
    #[error("the request cannot be written")]
    Request(#[from] http::Error),
}

/// Posts a notification to a subscription's endpoint.
pub async fn notify(
    subscription: &Subscription,
    notification: &Notification,
    engine: &str,
) -> Result<(), PostError> {
    let body = match subscription.options.raw {
        true => notification.message.of(Protocol::Http).to_owned(),
        false => notification.envelope(subscription, engine).to_string(),
    };
    post(subscription, "Notification", &notification.message_id, body).await
}

/// Asks an endpoint to confirm its subscription.
pub async fn ask(subscription: &Subscription, now: Timestamp, engine: &str) -> Result<(), PostError> {
    let id = uuid::Uuid::new_v4().to_string();
    let body = confirmation(subscription, &id, now, engine).to_string();
    post(subscription, "SubscriptionConfirmation", &id, body).await
}

fn confirmation(subscription: &Subscription, id: &str, now: Timestamp, engine: &str) -> Value {
    let topic = subscription.topic.arn();
    let token = subscription.token.as_deref().unwrap_or_default();
    let url = format!(
        "{engine}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}&{}",
        signed_query(subscription)
    );
    let message = format!(
        "You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the SubscribeURL \
         included in this message."
    );
    json!({
        "Type": "SubscriptionConfirmation",
        "MessageId": id,
        "Token": token,
        "TopicArn": topic,
        "Message": message,
        "SubscribeURL": url,
        "Timestamp": now.iso8601(),
        "SignatureVersion": "1",
        "Signature": "",
        "SigningCertURL": format!("{engine}/SimpleNotificationService.pem"),
    })
}

async fn post(subscription: &Subscription, kind: &str, id: &str, body: String) -> Result<(), PostError> {
    let posting = tokio::time::timeout(PATIENCE, send(request(subscription, kind, id, body)?));
    let status = posting.await.map_err(|_| PostError::Late)??;
    if (200..300).contains(&status) { Ok(()) } else { Err(PostError::Status(status)) }
}

fn request(
    subscription: &Subscription,
    kind: &str,
    id: &str,
    body: String,
) -> Result<Request<Full<Bytes>>, PostError> {
    let uri: http::Uri = subscription.endpoint.parse().map_err(|_| PostError::Address)?;
    let authority = uri.authority().ok_or(PostError::Address)?.as_str().to_owned();
    let mut request = Request::post(uri)
        .header("host", authority)
        .header("content-type", "text/plain; charset=UTF-8")
        .header("user-agent", "Amazon Simple Notification Service Agent")
        .header("x-amz-sns-message-type", kind)
        .header("x-amz-sns-message-id", id)
        .header("x-amz-sns-topic-arn", subscription.topic.arn());
    if !subscription.is_pending() {
        request = request.header("x-amz-sns-subscription-arn", subscription.arn());
    }
    if subscription.options.raw && kind == "Notification" {
        request = request.header("x-amz-sns-rawdelivery", HeaderValue::from_static("true"));
    }
    Ok(request.body(Full::new(Bytes::from(body)))?)
}

async fn send(mut request: Request<Full<Bytes>>) -> Result<u16, PostError> {
    let host = request.uri().host().ok_or(PostError::Address)?.trim_matches(['[', ']']).to_owned();
    let port = request.uri().port_u16().unwrap_or(80);
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    *request.uri_mut() = path.parse().map_err(|_| PostError::Address)?;
    // Whatever the name resolves to elsewhere, messages go to this machine only.
    let host = if host.ends_with("localhost") { "127.0.0.1".to_owned() } else { host };
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::select! {
        response = sender.send_request(request) => Ok(response?.status().as_u16()),
        ended = connection => {
            ended?;
            Err(PostError::Status(0))
        }
    }
}
