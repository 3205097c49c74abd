//! The body of a request that may be refused before it was read.
//!
//! A connection with an unread body is closed after the answer, and the client, whose bytes are still on their way,
//! may then lose the answer as well. So what nobody read is read and thrown away.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// How much of an unread body is read for the sake of its connection; a longer one costs the client the connection.
const WORTHWHILE: usize = 16 << 20;

/// A body whose rest is read when it is dropped.
pub struct Unread {
    body: Option<Incoming>,
    /// Whether the client waits for a sign before it sends the body, so that there may never be one.
    is_held_back: bool,
}

impl Unread {
    pub fn new(body: Incoming, is_held_back: bool) -> Self {
        Self { body: Some(body), is_held_back }
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !body.is_end_stream() && !self.is_held_back) else {
            return;
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { Limited::new(body, WORTHWHILE).collect().await.map(drop) });
        }
    }
}

impl Body for Unread {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.body.as_mut() {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}
