//! Keeps web pages out: a browser on this machine must not reach the engine through DNS tricks or forms.

use http::header::{HOST, ORIGIN};
use http::{Request, Response};

use crate::error::AwsError;
use crate::wire::{self, Body};

/// Returns the refusal of a request that a browser sent.
pub fn refuse_page<B>(request: &Request<B>) -> Option<Response<Body>> {
    request.headers().contains_key(ORIGIN).then(page_refused)
}

/// Returns the refusal of a web page.
pub fn page_refused() -> Response<Body> {
    forbidden("requests from web pages are refused")
}

/// Returns the refusal of a request that is addressed to another host.
pub fn refuse_foreign_host<B>(request: &Request<B>) -> Option<Response<Body>> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    (!is_local(host)).then(|| forbidden("the Host header names another machine"))
}

fn is_local(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    matches!(name, "localhost" | "127.0.0.1" | "[::1]") || name.ends_with(".localhost")
}

fn forbidden(message: &str) -> Response<Body> {
    wire::json::error(&AwsError::new("AccessDenied", message).status(403))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_own_names() {
        for host in ["localhost", "127.0.0.1:4566", "[::1]:4566", "bucket.localhost:4566"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["example.com", "127.0.0.1.example.com:80", "localhost.example.com"] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn refuses_a_page_that_a_browser_shows() {
        let request = Request::builder().header(ORIGIN, "https://example.com").body(()).unwrap();
        assert_eq!(refuse_page(&request).unwrap().status(), 403);
    }
}
