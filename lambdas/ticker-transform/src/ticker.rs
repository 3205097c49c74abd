//! Reads tickers from a record's bytes and writes them in one form.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A ticker that can be used, whose text still lies in the record.
///
/// What a ticker has besides its four members is kept as it is, so that a source may say more than is asked.
#[derive(Debug)]
pub struct Ticker<'a> {
    symbol: String,
    sector: String,
    /// Numbers keep their digits: 4.10 does not become 4.1.
    change: &'a str,
    price: &'a str,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

/// Reads all tickers of a record: one, or several where a source packs them.
pub fn read(bytes: &[u8]) -> Result<Vec<Ticker<'_>>, String> {
    let members = serde_json::Deserializer::from_slice(bytes).into_iter::<Members<'_>>();
    let tickers: Vec<_> = members
        .map(|members| Ticker::new(members.map_err(|error| format!("not a JSON object: {error}"))?))
        .collect::<Result<_, _>>()?;
    match tickers.is_empty() {
        true => Err("not a JSON object: there is nothing".to_owned()),
        false => Ok(tickers),
    }
}

impl<'a> Ticker<'a> {
    fn new(members: Members<'a>) -> Result<Self, String> {
        let price = number("price", members.price)?;
        if price.starts_with('-') && price.parse().is_ok_and(|price: f64| price < 0.0) {
            return Err(format!("the price is negative: {price}"));
        }
        Ok(Self {
            symbol: word("ticker_symbol", members.symbol)?,
            sector: word("sector", members.sector)?,
            change: number("change", members.change)?,
            price,
            rest: members.rest,
        })
    }

    /// Returns the sector in capitals.
    pub fn sector(&self) -> &str {
        &self.sector
    }

    /// Appends the ticker as one line of JSON.
    pub fn write(&self, line: &mut Vec<u8>) {
        line.extend_from_slice(b"{\"ticker_symbol\":");
        append_text(line, &self.symbol);
        line.extend_from_slice(b",\"sector\":");
        append_text(line, &self.sector);
        line.extend_from_slice(b",\"change\":");
        line.extend_from_slice(self.change.as_bytes());
        line.extend_from_slice(b",\"price\":");
        line.extend_from_slice(self.price.as_bytes());
        for (name, value) in &self.rest {
            line.push(b',');
            append_text(line, name);
            line.push(b':');
            line.extend_from_slice(one_line(value.get()).as_bytes());
        }
        line.extend_from_slice(b"}\n");
    }
}

fn append_text(line: &mut Vec<u8>, text: &str) {
    // Writing text into memory does not fail.
    let _never = serde_json::to_writer(line, text);
}

/// Takes line ends out of JSON that was written for reading; within texts there are none.
fn one_line(json: &str) -> Cow<'_, str> {
    match json.contains(['\n', '\r']) {
        true => Cow::Owned(json.replace(['\n', '\r'], " ")),
        false => Cow::Borrowed(json),
    }
}

fn word(name: &str, value: Option<&RawValue>) -> Result<String, String> {
    let value = value.ok_or_else(|| format!("`{name}` is missing"))?;
    let Text(text) = serde_json::from_str(value.get()).map_err(|_| format!("`{name}` is no text"))?;
    match text.trim() {
        "" => Err(format!("`{name}` is empty")),
        word => Ok(word.to_uppercase()),
    }
}

fn number<'a>(name: &str, value: Option<&'a RawValue>) -> Result<&'a str, String> {
    let text = value.ok_or_else(|| format!("`{name}` is missing"))?.get();
    match text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        true => Ok(text),
        false => Err(format!("`{name}` is no number")),
    }
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The members of a JSON object, each as its text; of a name that comes twice the last counts.
#[derive(Default)]
struct Members<'a> {
    symbol: Option<&'a RawValue>,
    sector: Option<&'a RawValue>,
    change: Option<&'a RawValue>,
    price: Option<&'a RawValue>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Members::default();
                while let Some(Text(name)) = map.next_key()? {
                    let value = map.next_value()?;
                    match &*name {
                        "ticker_symbol" => members.symbol = Some(value),
                        "sector" => members.sector = Some(value),
                        "change" => members.change = Some(value),
                        "price" => members.price = Some(value),
                        _ => members.rest.push((name, value)),
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Result<String, String> {
        let mut lines = Vec::new();
        read(bytes)?.iter().for_each(|ticker| ticker.write(&mut lines));
        Ok(String::from_utf8(lines).unwrap())
    }

    #[test]
    fn writes_one_form_and_keeps_what_else_there_is() {
        let bytes = br#" {"price": 4.10, "id":"x\"", "sector":" energy", "nested":{"a":
            [1]}, "change":-0.04, "ticker_symbol":"hjk"} "#;
        let expected = "{\"ticker_symbol\":\"HJK\",\"sector\":\"ENERGY\",\"change\":-0.04,\"price\":4.10,\"id\":\"x\\\"\",\"nested\":{\"a\":             [1]}}\n";
        assert_eq!(lines(bytes).unwrap(), expected);
    }

    #[test]
    fn parts_tickers_that_were_packed_with_or_without_newlines() {
        let one = r#"{"ticker_symbol":"A","sector":"B","change":0,"price":1}"#;
        assert_eq!(lines(format!("{one}{one}\n{one}").as_bytes()).unwrap(), format!("{one}\n").repeat(3));
    }

    #[test]
    fn says_why_something_is_no_ticker() {
        for (text, reason) in [
            ("", "not a JSON object: there is nothing"),
            ("[1]", "not a JSON object: invalid type: sequence, expected an object at line 1 column 0"),
            (r#"{"sector":"B","change":0,"price":1}"#, "`ticker_symbol` is missing"),
            (r#"{"ticker_symbol":" ","sector":"B","change":0,"price":1}"#, "`ticker_symbol` is empty"),
            (r#"{"ticker_symbol":"A","sector":3,"change":0,"price":1}"#, "`sector` is no text"),
            (r#"{"ticker_symbol":"A","sector":"B","change":"0","price":1}"#, "`change` is no number"),
            (r#"{"ticker_symbol":"A","sector":"B","change":0}"#, "`price` is missing"),
            (
                r#"{"ticker_symbol":"A","sector":"B","change":0,"price":-0.01}"#,
                "the price is negative: -0.01",
            ),
        ] {
            assert_eq!(lines(text.as_bytes()).unwrap_err(), reason, "{text}");
        }
        assert!(lines(br#"{"ticker_symbol":"A","sector":"B","change":0,"price":-0.0}"#).is_ok());
    }
}
