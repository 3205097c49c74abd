//! The Runtime API (2018-06-01) that one process speaks: it asks for the next event and posts what came of it.
//!
//! Each process has a listener of its own, because runtimes take `AWS_LAMBDA_RUNTIME_API` as `host:port` and
//! some panic on a path. What the answers mean is the environment's business.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

/// Largest answer of a function: 6 MB, and a little that AWS allows on top.
pub const RESPONSE_LIMIT: usize = 6_291_556;

/// An event on its way to the function.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub request_id: String,
    pub function_arn: String,
    /// Real time at which the function will be stopped, in milliseconds since the epoch.
    pub deadline_ms: i64,
    pub payload: Bytes,
}

/// What the process said.
#[derive(Debug)]
pub enum Said {
    /// It asks for an event, so it is ready.
    Next,
    /// The answer to the event that it works on.
    Response(Bytes),
    /// The event could not be answered.
    Error(Bytes),
    /// The answer was too large to be taken.
    TooLarge,
    /// It could not start.
    InitError(Bytes),
}

/// The listener of one process; it ends when this is dropped.
pub struct RuntimeApi {
    pub address: SocketAddr,
    pub said: mpsc::UnboundedReceiver<Said>,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    said: mpsc::UnboundedSender<Said>,
    /// The event that waits to be fetched; taken by the first request for it.
    waiting: watch::Sender<Option<Delivery>>,
    /// Id of the event that the process works on.
    current: Mutex<Option<String>>,
}

impl RuntimeApi {
    /// Begins to listen on a port of its own.
    pub async fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (sender, said) = mpsc::unbounded_channel();
        let shared =
            Arc::new(Shared { said: sender, waiting: watch::Sender::new(None), current: Mutex::new(None) });
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { address, said, shared, server })
    }

    /// Hands an event to the process as soon as it asks for one.
    pub fn deliver(&self, delivery: Delivery) {
        self.shared.waiting.send_replace(Some(delivery));
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Connections belong to this task, so that they end with it.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| {
            let shared = Arc::clone(&shared);
            async move { Ok::<_, Infallible>(shared.answer(request).await) }
        });
        connections.spawn(async move {
            // A connection that breaks is the function's business.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let Some(path) = path.strip_prefix("/2018-06-01/runtime/") else {
            return refuse(StatusCode::NOT_FOUND, "NotFound", "only the Runtime API 2018-06-01 is here");
        };
        let segments: Vec<&str> = path.split('/').collect();
        match (request.method(), segments.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", id, "response"]) => self.response(id, request).await,
            (&Method::POST, ["invocation", id, "error"]) => self.error(id, request).await,
            (&Method::POST, ["init", "error"]) => {
                let body = collect(request).await.unwrap_or_default();
                self.say(Said::InitError(body));
                accepted()
            }
            _ => refuse(StatusCode::NOT_FOUND, "NotFound", "no such path in the Runtime API"),
        }
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        self.say(Said::Next);
        let mut waiting = self.waiting.subscribe();
        loop {
            // Two requests at once must not get the same event: only the one that takes it answers.
            let mut taken = None;
            self.waiting.send_if_modified(|waiting| {
                taken = waiting.take();
                false
            });
            if let Some(delivery) = taken {
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(delivery.request_id.clone());
                return event(delivery);
            }
            if waiting.changed().await.is_err() {
                return refuse(StatusCode::GONE, "Gone", "the execution environment is closed");
            }
        }
    }

    async fn response(&self, id: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !self.finish(id) {
            return unknown_id();
        }
        match collect(request).await {
            Some(body) => {
                self.say(Said::Response(body));
                accepted()
            }
            None => {
                self.say(Said::TooLarge);
                let message = format!("Exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes).");
                refuse(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
            }
        }
    }

    async fn error(&self, id: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !self.finish(id) {
            return unknown_id();
        }
        let body = collect(request).await.unwrap_or_default();
        self.say(Said::Error(body));
        accepted()
    }

    /// Notes that the event `id` is answered; false when the process does not work on it.
    fn finish(&self, id: &str) -> bool {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.take_if(|current| current == id).is_some()
    }

    fn say(&self, said: Said) {
        // Nobody listens to an environment that is being closed.
        let _ = self.said.send(said);
    }
}

/// Reads a body; `None` when it is larger than AWS takes or breaks off.
async fn collect(request: Request<Incoming>) -> Option<Bytes> {
    let body = Limited::new(request.into_body(), RESPONSE_LIMIT).collect().await;
    body.ok().map(|body| body.to_bytes())
}

fn event(delivery: Delivery) -> Response<Full<Bytes>> {
    let deadline = delivery.deadline_ms.to_string();
    let headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", &delivery.request_id),
        ("lambda-runtime-deadline-ms", &deadline),
        ("lambda-runtime-invoked-function-arn", &delivery.function_arn),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0"),
    ];
    let mut response = Response::new(Full::new(delivery.payload));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn accepted() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"{\"status\":\"OK\"}\n")));
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

fn unknown_id() -> Response<Full<Bytes>> {
    refuse(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
}

fn refuse(status: StatusCode, kind: &str, message: &str) -> Response<Full<Bytes>> {
    let body = json!({"errorMessage": message, "errorType": kind}).to_string();
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
}
