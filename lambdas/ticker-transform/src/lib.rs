//! Says of each record of a delivery stream what becomes of it: normalised, dropped, or refused.
//!
//! - **Ok**: a ticker, with symbol and sector in capitals, as one line that ends with a newline.
//! - **Dropped**: its sector is one that is not wanted.
//! - **ProcessingFailed**: not JSON, without symbol, sector, change or price, or with a negative price. Firehose
//!   writes it to the error prefix as it came.
//!
//! A record in which a source packed several tickers is refused if one of them is; else the dropped ones are left
//! out. Nothing here knows the Lambda runtime.
//!
//! | variable | meaning | without it |
//! |---|---|---|
//! | `DROP_SECTORS` | sectors that are dropped, joined by commas, in any case | none is dropped |

mod ticker;

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_events::{FirehoseAnswer, FirehoseEvent, FirehoseRecord, Outcome, Transformed};
use serde::Serialize;

/// Most bytes that an answer may have, a little below Lambda's own limit of 6,291,556.
///
/// Over it, Lambda would fail the invocation, and Firehose would repeat it to the same end. Records that no longer
/// fit are answered `ProcessingFailed` instead, so they lie under the error prefix as they came and nothing is lost.
/// With the processor's buffer at its most, 3 MB, it takes records that grow by half to come to that.
/// See <https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html>.
pub const LIMIT: usize = 6_200_000;

/// Bytes that a record takes in the answer besides its identifier and data; a little more than it is.
const FRAME: usize = 64;

/// The sectors that are dropped, in capitals.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct DropSectors(BTreeSet<String>);

impl DropSectors {
    /// Reads names that are separated by commas.
    pub fn read(text: &str) -> Self {
        let names = text.split(',').map(|name| name.trim().to_uppercase());
        Self(names.filter(|name| !name.is_empty()).collect())
    }
}

/// How many records came to which end.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    pub ok: usize,
    pub dropped: usize,
    pub failed: usize,
    /// Failed ones that were good, but did not fit into the answer.
    pub too_large: usize,
    /// Why the first one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Answers every record of `event`, in its order.
pub fn transform<'a>(event: &FirehoseEvent<'a>, dropped: &DropSectors) -> (FirehoseAnswer<'a>, Counts) {
    within(LIMIT, event, dropped)
}

fn within<'a>(
    limit: usize,
    event: &FirehoseEvent<'a>,
    dropped: &DropSectors,
) -> (FirehoseAnswer<'a>, Counts) {
    let frames = event.records.iter().map(|record| FRAME + record.record_id.len());
    let mut left = limit.saturating_sub(frames.sum());
    let mut counts = Counts::default();
    let (mut bytes, mut lines) = (Vec::new(), Vec::new());
    let mut answer = FirehoseAnswer { records: Vec::with_capacity(event.records.len()) };
    for record in &event.records {
        lines.clear();
        let (result, data) = match one(record, dropped, &mut bytes, &mut lines) {
            Ok(()) if lines.is_empty() => {
                counts.dropped += 1;
                (Outcome::Dropped, None)
            }
            Ok(()) if lines.len().div_ceil(3) * 4 > left => {
                counts.too_large += 1;
                (Outcome::ProcessingFailed, None)
            }
            Ok(()) => {
                let data = STANDARD.encode(&lines);
                left -= data.len();
                counts.ok += 1;
                (Outcome::Ok, Some(data))
            }
            Err(reason) => {
                counts.reason.get_or_insert(reason);
                (Outcome::ProcessingFailed, None)
            }
        };
        counts.failed += usize::from(result == Outcome::ProcessingFailed);
        answer.records.push(Transformed { record_id: record.record_id.clone(), result, data });
    }
    (answer, counts)
}

/// Writes what is left of a record to `lines`, using the room of `bytes`.
fn one(
    record: &FirehoseRecord<'_>,
    dropped: &DropSectors,
    bytes: &mut Vec<u8>,
    lines: &mut Vec<u8>,
) -> Result<(), String> {
    bytes.clear();
    STANDARD.decode_vec(&*record.data, bytes).map_err(|error| format!("not base64: {error}"))?;
    let tickers = ticker::read(bytes)?;
    for ticker in tickers.iter().filter(|ticker| !dropped.0.contains(ticker.sector())) {
        ticker.write(lines);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use lambda_events::Event;
    use proptest::prelude::*;

    use super::*;

    fn ticker(sector: &str) -> String {
        format!(r#"{{"ticker_symbol":"a","sector":"{sector}","change":0.5,"price":4.79}}"#)
    }

    fn payload(records: &[&[u8]]) -> String {
        let records: Vec<_> = records
            .iter()
            .enumerate()
            .map(|(number, data)| {
                serde_json::json!({"recordId": format!("id-{number}"), "approximateArrivalTimestamp": 1, "data": STANDARD.encode(data)})
            })
            .collect();
        serde_json::json!({"invocationId": "i", "deliveryStreamArn": "arn", "records": records}).to_string()
    }

    #[test]
    fn gives_each_record_its_end_by_rule() {
        let (tech, health) = (ticker("technology"), ticker("HealthCare"));
        let packed = format!("{tech}{health}");
        let payload = payload(&[tech.as_bytes(), health.as_bytes(), b"no JSON", packed.as_bytes()]);
        let event = FirehoseEvent::read(&payload);
        let (answer, counts) = transform(&event, &DropSectors::read("energy, healthcare,"));
        let ends: Vec<_> = answer.records.iter().map(|record| record.result).collect();
        assert_eq!(ends, [Outcome::Ok, Outcome::Dropped, Outcome::ProcessingFailed, Outcome::Ok]);
        assert_eq!((counts.ok, counts.dropped, counts.failed, counts.too_large), (2, 1, 1, 0));
        assert!(counts.reason.unwrap().starts_with("not a JSON object"));
        assert_eq!(answer.records[0].data, answer.records[3].data);
        let line = STANDARD.decode(answer.records[0].data.as_ref().unwrap()).unwrap();
        assert!(line.ends_with(b"\"price\":4.79}\n"));
    }

    #[test]
    fn stays_below_the_limit_and_loses_nothing() {
        let tickers: Vec<String> = (0..50).map(|_| ticker("technology")).collect();
        let payload = payload(&tickers.iter().map(|ticker| ticker.as_bytes()).collect::<Vec<_>>());
        let event = FirehoseEvent::read(&payload);
        let (answer, counts) = within(6_000, &event, &DropSectors::default());
        assert!(serde_json::to_vec(&answer).unwrap().len() <= 6_000);
        assert_eq!((counts.ok + counts.too_large, counts.failed), (50, counts.too_large));
        assert!(counts.ok > 10, "{counts:?}");
    }

    proptest! {
        #[test]
        fn answers_every_identifier_once_in_order(
            records in prop::collection::vec(prop_oneof![
                prop::collection::vec(any::<u8>(), 0..60),
                "[\\[\\]{}\":,a-z0-9. -]{0,60}".prop_map(String::into_bytes),
                Just(ticker("energy").into_bytes()),
            ], 0..20),
            limit in 0..4_000_usize,
        ) {
            let payload = payload(&records.iter().map(|record| &**record).collect::<Vec<_>>());
            let event = FirehoseEvent::read(&payload);
            let (answer, counts) = within(limit, &event, &DropSectors::read("energy"));
            let ids: Vec<_> = answer.records.iter().map(|record| record.record_id.to_string()).collect();
            prop_assert_eq!(ids, (0..records.len()).map(|number| format!("id-{number}")).collect::<Vec<_>>());
            prop_assert_eq!(counts.ok + counts.dropped + counts.failed, records.len());
        }

        #[test]
        fn takes_any_payload(payload in ".{0,200}") {
            transform(&FirehoseEvent::read(&payload), &DropSectors::default());
        }
    }
}
