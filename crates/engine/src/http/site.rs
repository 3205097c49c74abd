//! The URLs of what users deploy: which API or function URL a request is for, by its host or by its path.
//!
//! `<id>.execute-api.localhost` and `<id>.lambda-url.<region>.localhost` are for clients that resolve such
//! names; `/_hydrant/api/<id>/…` and `/_hydrant/url/<id>/…` work for all. Neither belongs to an AWS API.

use http::Request;
use http::header::HOST;

/// What a request is addressed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    pub site: Site,
    /// The path at the site, still encoded, with its leading slash.
    pub path: String,
    /// Whether the site has the origin of the request's host to itself, so that a page of that origin is its own.
    pub has_own_origin: bool,
}

/// A deployed thing with a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Site {
    /// An HTTP API, by its id.
    Api(String),
    /// A function URL, by its id.
    FunctionUrl(String),
}

/// Returns what a request is addressed to; `None` for one that is AWS's or the engine's own.
pub fn read<B>(request: &Request<B>) -> Option<Visit> {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix("/_hydrant/api/") {
        return Some(by_path(rest, Site::Api));
    }
    if let Some(rest) = path.strip_prefix("/_hydrant/url/") {
        return Some(by_path(rest, Site::FunctionUrl));
    }
    let host = request.headers().get(HOST)?.to_str().ok()?;
    let name = host.split(':').next()?.strip_suffix(".localhost")?;
    let (id, kind) = name.split_once('.')?;
    let site = match kind.split('.').next()? {
        "execute-api" => Site::Api(id.to_owned()),
        "lambda-url" => Site::FunctionUrl(id.to_owned()),
        _ => return None,
    };
    Some(Visit { site, path: path.to_owned(), has_own_origin: true })
}

fn by_path(rest: &str, site: fn(String) -> Site) -> Visit {
    let (id, path) = rest.split_once('/').unwrap_or((rest, ""));
    Visit { site: site(id.to_owned()), path: format!("/{path}"), has_own_origin: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(host: &str, path: &str) -> Option<Visit> {
        read(&Request::builder().uri(path).header(HOST, host).body(()).unwrap())
    }

    #[test]
    fn reads_both_forms() {
        let api = Site::Api("abc".to_owned());
        let own = visit("abc.execute-api.localhost:4566", "/a%20b").unwrap();
        assert_eq!(own, Visit { site: api.clone(), path: "/a%20b".to_owned(), has_own_origin: true });
        let shared = visit("127.0.0.1:4566", "/_hydrant/api/abc/prod/x").unwrap();
        assert_eq!(shared, Visit { site: api, path: "/prod/x".to_owned(), has_own_origin: false });
        assert_eq!(visit("127.0.0.1", "/_hydrant/api/abc").unwrap().path, "/");
        let url = visit("xyz.lambda-url.eu-west-1.localhost", "/").unwrap();
        assert_eq!(url.site, Site::FunctionUrl("xyz".to_owned()));
    }

    #[test]
    fn leaves_the_rest_to_aws() {
        assert_eq!(visit("localhost:4566", "/2015-03-31/functions"), None);
        assert_eq!(visit("bucket.localhost:4566", "/key"), None);
        assert_eq!(visit("a.execute-api.example.com", "/"), None);
    }
}
