//! Makes a ticker of what a request asks for, and invents what it leaves open.

use lambda_events::HttpRequest;
use rand::Rng;
use rand::seq::IndexedRandom;
use serde::Serialize;
use serde_json::Value;

/// The sectors that are invented; a request may name any other.
const SECTORS: [&str; 3] = ["TECHNOLOGY", "ENERGY", "FINANCIAL"];

/// Symbols that are invented.
const SYMBOLS: [&str; 6] = ["HJK", "QXZ", "ALY", "WMT", "TGH", "BNM"];

/// Most characters of a symbol and of a sector.
const LONGEST_SYMBOL: usize = 12;
const LONGEST_SECTOR: usize = 64;

/// A number beyond this is no price, and a change neither.
const HIGHEST: f64 = 1e9;

/// The record that goes into the delivery stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ticker {
    /// A UUID, new for every record, by which one can be found again and counted once.
    pub id: String,
    pub ticker_symbol: String,
    pub sector: String,
    pub change: f64,
    pub price: f64,
}

impl Ticker {
    /// Reads `symbol`, `sector`, `change` and `price` from a request's query and from its JSON body, which goes first.
    pub fn of_request(request: &HttpRequest, random: &mut impl Rng) -> Result<Self, String> {
        let body = body(request)?;
        let asked =
            |name| member(&body, name).or_else(|| request.query.get(name).cloned().map(Value::String));
        let symbol = asked("symbol").map(|value| word("symbol", &value, LONGEST_SYMBOL)).transpose()?;
        let sector = asked("sector").map(|value| word("sector", &value, LONGEST_SECTOR)).transpose()?;
        let change = asked("change").map(|value| number("change", &value)).transpose()?;
        let price = asked("price").map(|value| number("price", &value)).transpose()?;
        if let Some(price) = price.filter(|price| *price < 0.0) {
            return Err(format!("`price` is {price}; it must not be negative"));
        }
        let invent = |words: &[&str], random: &mut _| {
            words.choose(random).map_or(String::new(), |word| (*word).to_owned())
        };
        Ok(Self {
            id: uuid::Uuid::new_v4().to_string(),
            ticker_symbol: symbol.unwrap_or_else(|| invent(&SYMBOLS, random)),
            sector: sector.unwrap_or_else(|| invent(&SECTORS, random)),
            change: change.unwrap_or_else(|| f64::from(random.random_range(-500..=500)) / 100.0),
            price: price.unwrap_or_else(|| f64::from(random.random_range(100..=50_000)) / 100.0),
        })
    }

    /// Returns the record: one line of JSON with its newline.
    ///
    /// Firehose joins records without anything between them, so without it the objects would hold one endless line.
    pub fn line(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }
}

fn body(request: &HttpRequest) -> Result<Value, String> {
    if request.body.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    match serde_json::from_slice(&request.body) {
        Ok(body @ (Value::Object(_) | Value::Null)) => Ok(body),
        Ok(_) => Err("the body is no JSON object".to_owned()),
        Err(error) => Err(format!("the body is not JSON: {error}")),
    }
}

/// Returns a member; the symbol also goes by the name that it has in the record.
fn member(body: &Value, name: &str) -> Option<Value> {
    let longer = (name == "symbol").then(|| body.get("ticker_symbol")).flatten();
    body.get(name).or(longer).filter(|value| !value.is_null()).cloned()
}

fn word(name: &str, value: &Value, longest: usize) -> Result<String, String> {
    let Value::String(text) = value else { return Err(format!("`{name}` is {value}; it must be a text")) };
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > longest || text.contains(char::is_control) {
        return Err(format!("`{name}` must have 1 to {longest} characters, and no control characters"));
    }
    Ok(text.to_uppercase())
}

fn number(name: &str, value: &Value) -> Result<f64, String> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| number.is_finite() && number.abs() <= HIGHEST);
    number.ok_or_else(|| format!("`{name}` is {value}; it must be a number of at most {HIGHEST}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(query: &[(&str, &str)], body: &str) -> Result<Ticker, String> {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = HttpRequest { query, body: body.as_bytes().to_vec(), ..HttpRequest::default() };
        Ticker::of_request(&request, &mut rand::rng())
    }

    #[test]
    fn records_what_is_asked_for() {
        let ticker = of(
            &[("symbol", "abc"), ("price", "1.5")],
            r#"{"price":4.79,"change":"-0.04","sector":"Energy"}"#,
        )
        .unwrap();
        assert_eq!((&*ticker.ticker_symbol, &*ticker.sector), ("ABC", "ENERGY"));
        assert_eq!((ticker.change, ticker.price), (-0.04, 4.79), "the body goes first");
        let line = String::from_utf8(ticker.line().unwrap()).unwrap();
        let expected = format!(
            r#"{{"id":"{}","ticker_symbol":"ABC","sector":"ENERGY","change":-0.04,"price":4.79}}"#,
            ticker.id
        );
        assert_eq!(line, expected + "\n");
    }

    #[test]
    fn invents_what_is_left_open() {
        let (one, other) = (of(&[], "").unwrap(), of(&[], "null").unwrap());
        assert_ne!(one.id, other.id);
        assert!(SYMBOLS.contains(&&*one.ticker_symbol) && SECTORS.contains(&&*one.sector));
        assert!((1.0..=500.0).contains(&one.price) && (-5.0..=5.0).contains(&one.change));
    }

    #[test]
    fn refuses_what_is_no_ticker() {
        for (query, body, reason) in [
            (("price", "-1"), "", "`price` is -1; it must not be negative"),
            (("price", "cheap"), "", "`price` is \"cheap\"; it must be a number of at most 1000000000"),
            (("change", "inf"), "", "`change` is \"inf\"; it must be a number of at most 1000000000"),
            (("symbol", ""), "", "`symbol` must have 1 to 12 characters, and no control characters"),
            (("a", ""), r#"{"sector":7}"#, "`sector` is 7; it must be a text"),
            (("a", ""), "[]", "the body is no JSON object"),
        ] {
            assert_eq!(of(&[query], body).unwrap_err(), reason);
        }
        assert!(of(&[], "{").unwrap_err().starts_with("the body is not JSON: "));
    }

    proptest! {
        #[test]
        fn takes_any_request(name in "symbol|sector|change|price", value in ".{0,80}", body in "[\\[\\]{}\":,a-z0-9.]{0,60}") {
            if let Ok(ticker) = of(&[(&name, &value)], &body) {
                let line = ticker.line().unwrap();
                prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            }
        }
    }
}
