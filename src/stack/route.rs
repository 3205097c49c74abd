//! Routes of an HTTP API as people write them: `GET /maxima/{vin}`.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};

/// The methods that a route may name; `ANY` stands for all.
const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// A method and a path, such as `GET /maxima`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub method: String,
    pub path: String,
}

impl Route {
    /// Returns the path as the source of an invocation's permission has it: parameters become `*`.
    pub fn path_pattern(&self) -> String {
        let parts = self.path.split('/').map(|part| if part.starts_with('{') { "*" } else { part });
        parts.collect::<Vec<_>>().join("/")
    }

    /// Returns the method in a permission's source, where `*` stands for all.
    pub fn method_pattern(&self) -> &str {
        if self.method == "ANY" { "*" } else { &self.method }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl FromStr for Route {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example = "write a method and a path, such as `GET /maxima`";
        let Some((method, path)) = text.trim().split_once(' ') else {
            return Err(format!("`{text}` is not a route; {example}"));
        };
        let (method, path) = (method.to_ascii_uppercase(), path.trim());
        if !METHODS.contains(&method.as_str()) {
            return Err(format!(
                "`{method}` is not a method of a route; write one of {}",
                METHODS.join(", ")
            ));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "/-._~{}+$".contains(c);
        if !path.starts_with('/') || !path.chars().all(allowed) {
            return Err(format!("`{path}` is not the path of a route; {example}"));
        }
        Ok(Self { method, path: path.to_owned() })
    }
}

impl<'de> Deserialize<'de> for Route {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_method_and_a_path() {
        let route: Route = "get /maxima/{vin}".parse().unwrap();
        assert_eq!(route.to_string(), "GET /maxima/{vin}");
        assert_eq!(route.path_pattern(), "/maxima/*");
        assert_eq!("ANY /".parse::<Route>().unwrap().method_pattern(), "*");
    }

    #[test]
    fn says_what_is_no_route() {
        for text in ["/maxima", "FETCH /maxima", "GET maxima", "GET /a b", "GET /a?b"] {
            assert!(text.parse::<Route>().is_err(), "{text}");
        }
    }
}
