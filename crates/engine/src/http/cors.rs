//! Cross-origin rules of an HTTP API or a function URL, and the headers that follow from them.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::wire::Body;

/// Which pages may read what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cors {
    #[serde(alias = "AllowCredentials", skip_serializing_if = "Option::is_none")]
    pub allow_credentials: Option<bool>,
    #[serde(alias = "AllowHeaders", skip_serializing_if = "Vec::is_empty")]
    pub allow_headers: Vec<String>,
    #[serde(alias = "AllowMethods", skip_serializing_if = "Vec::is_empty")]
    pub allow_methods: Vec<String>,
    #[serde(alias = "AllowOrigins", skip_serializing_if = "Vec::is_empty")]
    pub allow_origins: Vec<String>,
    #[serde(alias = "ExposeHeaders", skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<String>,
    #[serde(alias = "MaxAge", skip_serializing_if = "Option::is_none")]
    pub max_age: Option<i64>,
}

/// What the rules say about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No page sent it, or a page of the site itself.
    NotCrossOrigin,
    /// A page of this origin, which the rules allow, sent it.
    Allowed(String),
    /// A page sent it that the rules do not allow.
    Refused,
}

impl Cors {
    /// Returns the rules with the names that Lambda's API gives them.
    pub fn pascal_case(&self) -> Value {
        let named = json!(self);
        let members = named.as_object().into_iter().flatten().map(|(name, value)| {
            let (first, rest) = name.split_at(1);
            (first.to_uppercase() + rest, value.clone())
        });
        Value::Object(members.collect())
    }

    fn allows(&self, origin: &str) -> bool {
        self.allow_origins.iter().any(|allowed| {
            allowed == "*"
                || allowed.eq_ignore_ascii_case(origin)
                || allowed.strip_suffix("://*").is_some_and(|scheme| {
                    origin.split_once("://").is_some_and(|(of_origin, _)| of_origin == scheme)
                })
        })
    }

    /// Answers the question that a browser asks before a request, which never reaches the function.
    pub fn preflight(&self, origin: &str, response: &mut Response<Body>) {
        self.mark(origin, response);
        let headers = response.headers_mut();
        put_list(headers, "access-control-allow-methods", &self.allow_methods);
        put_list(headers, "access-control-allow-headers", &self.allow_headers);
        if let Some(age) = self.max_age {
            headers.insert("access-control-max-age", HeaderValue::from(age));
        }
    }

    /// Writes the headers of an answer to a page, in place of those that the function wrote.
    pub fn mark(&self, origin: &str, response: &mut Response<Body>) {
        let headers = response.headers_mut();
        let own: Vec<HeaderName> =
            headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
        for name in own {
            headers.remove(name);
        }
        let any = self.allow_origins.iter().any(|allowed| allowed == "*");
        let shown = if any && self.allow_credentials != Some(true) { "*" } else { origin };
        put(headers, "access-control-allow-origin", shown);
        if shown != "*" {
            put(headers, "vary", "Origin");
        }
        if self.allow_credentials == Some(true) {
            put(headers, "access-control-allow-credentials", "true");
        }
        put_list(headers, "access-control-expose-headers", &self.expose_headers);
    }
}

/// Decides about a request to a site; `has_own_origin` tells whether the site shares its host with no other.
pub fn judge(cors: Option<&Cors>, headers: &HeaderMap, has_own_origin: bool) -> Verdict {
    let Some(origin) = headers.get(ORIGIN) else { return Verdict::NotCrossOrigin };
    let Ok(origin) = origin.to_str() else { return Verdict::Refused };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if has_own_origin && origin.strip_prefix("http://") == Some(host) {
        return Verdict::NotCrossOrigin;
    }
    match cors {
        Some(cors) if cors.allows(origin) => Verdict::Allowed(origin.to_owned()),
        _ => Verdict::Refused,
    }
}

/// Tells whether a request asks what the next one may do.
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS && headers.contains_key("access-control-request-method")
}

fn put_list(headers: &mut HeaderMap, name: &'static str, values: &[String]) {
    if !values.is_empty() {
        put(headers, name, &values.join(","));
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // A value that HTTP cannot carry was refused when the rules were set, or is the sender's own origin.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(allowed: &[&str], origin: &str, has_own_origin: bool) -> Verdict {
        let allow_origins = allowed.iter().map(|one| (*one).to_owned()).collect();
        let cors = Cors { allow_origins, ..Cors::default() };
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("abc.execute-api.localhost:1"));
        headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        judge(Some(&cors), &headers, has_own_origin)
    }

    #[test]
    fn allows_only_the_origins_that_are_named() {
        let allowed = Verdict::Allowed("https://a.example".to_owned());
        assert_eq!(verdict(&["https://a.example"], "https://a.example", true), allowed);
        assert_eq!(verdict(&["*"], "https://a.example", true), allowed);
        assert_eq!(verdict(&["https://*"], "https://a.example", true), allowed);
        assert_eq!(verdict(&["https://*"], "http://a.example", true), Verdict::Refused);
        assert_eq!(verdict(&["https://a.example"], "https://b.example", true), Verdict::Refused);
        assert_eq!(verdict(&[], "null", true), Verdict::Refused);
    }

    #[test]
    fn knows_the_pages_of_a_site_itself() {
        let own = "http://abc.execute-api.localhost:1";
        assert_eq!(verdict(&[], own, true), Verdict::NotCrossOrigin);
        assert_eq!(verdict(&[], own, false), Verdict::Refused);
        assert_eq!(judge(None, &HeaderMap::new(), false), Verdict::NotCrossOrigin);
    }
}
