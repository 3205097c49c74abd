//! The engine's front door: accepts connections, refuses browsers, and hands each request to its service.

mod control;
pub(crate) mod cors;
mod credentials;
mod guard;
pub(crate) mod proxy;
mod refusal;
mod site;

use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::faults::{Faults, Late, Lost, Passage};
use crate::services::cloudformation::Letter;
use crate::services::lambda::Download;
use crate::wire::{self, Body};

pub use credentials::Signature;
pub(crate) use guard::page_refused;

use proxy::Arrival;
use refusal::Protocol;
use site::{Site, Visit};

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("a fault closed the connection")]
struct Closed;

/// Answers on `listener` until the task is aborted.
pub async fn serve(aws: Arc<Aws>, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Small answers must not wait for more bytes.
        let _ = stream.set_nodelay(true);
        let service = service_fn({
            let aws = Arc::clone(&aws);
            move |request| {
                let aws = Arc::clone(&aws);
                async move { answer(&aws, request).await }
            }
        });
        aws.spawn(async move {
            // A connection that breaks is the client's business.
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Answers a request, or closes its connection when a fault says so.
async fn answer(aws: &Arc<Aws>, mut request: Request<Incoming>) -> Result<Response<Body>, Closed> {
    if let Some(refusal) = guard::refuse_foreign_host(&request) {
        return Ok(refusal);
    }
    // Whether a page may use what the user deployed is for the user's own cross-origin rules to say.
    if let Some(visit) = site::read(&request) {
        return Ok(visited(aws, visit, request).await);
    }
    if let Some(refusal) = guard::refuse_page(&request) {
        return Ok(refusal);
    }
    if let Some(answer) = control::answer(aws, &request) {
        return Ok(answer);
    }
    if let Some(download) = Download::read(&request) {
        return Ok(aws.services.lambda.answer_download(download).await);
    }
    if let Some(letter) = Letter::read(&request) {
        return Ok(aws.services.cloudformation.take_letter(letter, request).await);
    }
    let signature = credentials::read(&request);
    let protocol = Protocol::of(&signature.service, &request);
    let caller = aws.services.iam.caller(&signature);
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => return Ok(decline(&protocol, request, &protocol.of_credentials(error)).await),
    };
    let service = aws.services.all().into_iter().find(|service| service.signing_name() == signature.service);
    let Some(service) = service else {
        return Ok(decline(&protocol, request, &unknown_service(&signature.service)).await);
    };
    let passage = Faults::at_door(aws, &signature.service, &mut request).await;
    let mut response = match passage {
        Passage::Open => service.handle(aws, &caller, request).await,
        Passage::Refused(error) => return Ok(decline(&protocol, request, &error).await),
        Passage::Closed => return Err(Closed),
        Passage::AnswerLost => {
            service.handle(aws, &caller, request).await;
            return Err(Closed);
        }
        Passage::Late(late) => late.mark(service.handle(aws, &caller, request).await),
    };
    Late::hold(aws, &mut response).await;
    if response.extensions().get::<Lost>().is_some() { Err(Closed) } else { Ok(response) }
}

/// Refuses a request that no service has seen, in its own protocol.
///
/// The body is read first: a connection with an unread request cannot be used again, which clients do not expect.
async fn decline(protocol: &Protocol, request: Request<Incoming>, error: &AwsError) -> Response<Body> {
    let _ = wire::collect(request).await;
    protocol.refuse(error)
}

/// Answers a request to an API or a function URL.
async fn visited(aws: &Arc<Aws>, visit: Visit, request: Request<Incoming>) -> Response<Body> {
    let site = visit.site.clone();
    let Some(arrival) = Arrival::read(visit, request).await else {
        return proxy::refusal(413, "Request Entity Too Large");
    };
    match site {
        Site::Api(id) => aws.services.apigateway.answer_visit(aws, &id, arrival).await,
        Site::FunctionUrl(id) => aws.services.lambda.answer_visit(aws, &id, arrival).await,
    }
}

fn unknown_service(name: &str) -> AwsError {
    AwsError::not_supported(format_args!("the service `{name}`"))
}
