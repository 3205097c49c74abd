//! Route keys such as `GET /items/{id}`, `ANY /{proxy+}` and `$default`, and which of them fits a request best.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

const METHODS: [&str; 8] = ["ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// A route key, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteKey {
    Default,
    Path { method: String, segments: Vec<Segment> },
}

/// One part of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    Literal(String),
    Variable(String),
    Greedy(String),
}

/// How well a key fits a request; the least fits best.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    is_default: bool,
    /// 0 for a literal, 1 for a variable and 2 for a greedy one, from the left.
    path: Vec<u8>,
    is_any_method: bool,
}

impl RouteKey {
    /// Reads a key, or says what is wrong with it. The words are not confirmed on AWS.
    pub fn parse(key: &str) -> Result<Self, String> {
        if key == "$default" {
            return Ok(Self::Default);
        }
        let invalid = || {
            "The provided route key is not formatted properly for HTTP protocol. Format should be \
             \"<HTTP METHOD> /<RESOURCE PATH>\" or \"$default\""
                .to_owned()
        };
        let (method, path) = key.split_once(' ').ok_or_else(invalid)?;
        let path = path.strip_prefix('/').ok_or_else(invalid)?;
        if !METHODS.contains(&method) || path.contains(char::is_whitespace) {
            return Err(invalid());
        }
        let segments: Vec<Segment> =
            path.split('/').map(segment).collect::<Option<_>>().ok_or_else(invalid)?;
        let last = segments.len() - 1;
        if segments[..last].iter().any(|segment| matches!(segment, Segment::Greedy(_))) {
            return Err(invalid());
        }
        Ok(Self::Path { method: method.to_owned(), segments })
    }

    fn fit(&self, method: &str, path: &[&str]) -> Option<(Fit, BTreeMap<String, String>)> {
        let Self::Path { method: own, segments } = self else {
            return Some((Fit { is_default: true, path: Vec::new(), is_any_method: true }, BTreeMap::new()));
        };
        if own != "ANY" && own != method {
            return None;
        }
        let mut variables = BTreeMap::new();
        let mut kinds = Vec::with_capacity(segments.len());
        let mut rest = path;
        for segment in segments {
            let (first, others) = rest.split_first()?;
            match segment {
                Segment::Literal(literal) if decode(first) == *literal => kinds.push(0),
                Segment::Literal(_) => return None,
                Segment::Variable(name) if !first.is_empty() => {
                    variables.insert(name.clone(), decode(first));
                    kinds.push(1);
                }
                Segment::Variable(_) => return None,
                Segment::Greedy(name) => {
                    if rest.iter().all(|segment| segment.is_empty()) {
                        return None;
                    }
                    variables.insert(name.clone(), decode(&rest.join("/")));
                    kinds.push(2);
                    rest = &[];
                    continue;
                }
            }
            rest = others;
        }
        let fit = Fit { is_default: false, path: kinds, is_any_method: own == "ANY" };
        rest.is_empty().then_some((fit, variables))
    }
}

fn segment(text: &str) -> Option<Segment> {
    let Some(inner) = text.strip_prefix('{') else {
        return (!text.contains(['{', '}'])).then(|| Segment::Literal(text.to_owned()));
    };
    let inner = inner.strip_suffix('}')?;
    let (name, is_greedy) = inner.strip_suffix('+').map_or((inner, false), |name| (name, true));
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let make = if is_greedy { Segment::Greedy } else { Segment::Variable };
    is_name.then(|| make(name.to_owned()))
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Returns the best of `routes` for a request, with the variables in its path; `path` is still encoded.
pub fn best<'a, T>(
    routes: impl Iterator<Item = (&'a str, T)>,
    method: &str,
    path: &str,
) -> Option<(T, BTreeMap<String, String>)> {
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    let fitting = routes.filter_map(|(key, route)| {
        let (fit, variables) = RouteKey::parse(key).ok()?.fit(method, &segments)?;
        Some((fit, route, variables))
    });
    let best = fitting.min_by(|(one, ..), (other, ..)| one.cmp(other));
    best.map(|(_, route, variables)| (route, variables))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: [&str; 8] = [
        "GET /pets/dog/1",
        "GET /pets/dog/{id}",
        "ANY /pets/dog/{id}",
        "GET /pets/{proxy+}",
        "ANY /{proxy+}",
        "POST /",
        "GET /owners",
        "$default",
    ];

    fn best_of(method: &str, path: &str) -> &'static str {
        best(ROUTES.iter().map(|key| (*key, *key)), method, path).unwrap().0
    }

    #[test]
    fn prefers_the_most_specific_route() {
        assert_eq!(best_of("GET", "/pets/dog/1"), "GET /pets/dog/1");
        assert_eq!(best_of("GET", "/pets/dog/2"), "GET /pets/dog/{id}");
        assert_eq!(best_of("PUT", "/pets/dog/2"), "ANY /pets/dog/{id}");
        assert_eq!(best_of("GET", "/pets/cat/1"), "GET /pets/{proxy+}");
        assert_eq!(best_of("POST", "/test/5"), "ANY /{proxy+}");
        assert_eq!(best_of("POST", "/owners"), "ANY /{proxy+}");
        assert_eq!(best_of("POST", "/"), "POST /");
        assert_eq!(best_of("GET", "/"), "$default");
    }

    #[test]
    fn reads_variables_decoded() {
        let (_, variables) = best([("GET /a/{id}/{rest+}", ())].into_iter(), "GET", "/a/x%20y/b/c").unwrap();
        assert_eq!((variables["id"].as_str(), variables["rest"].as_str()), ("x y", "b/c"));
        assert!(best([("GET /a/{id}", ())].into_iter(), "GET", "/a/").is_none());
        assert!(best([("GET /a", ())].into_iter(), "GET", "/a/b").is_none());
    }

    #[test]
    fn refuses_what_is_no_key() {
        for key in
            ["", "GET", "GET items", "FETCH /", "GET /{a+}/b", "GET /{}", "GET /a{b}", "$connect", "GET /a b"]
        {
            assert!(RouteKey::parse(key).is_err(), "{key}");
        }
        for key in ["GET /", "ANY /{proxy+}", "DELETE /a/{b}/c", "$default"] {
            assert!(RouteKey::parse(key).is_ok(), "{key}");
        }
    }
}
