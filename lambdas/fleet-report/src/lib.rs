//! Answers the table of maximum speeds: to a timer as its result, over HTTP as JSON or CSV.
//!
//! `GET /maxima` answers all vehicles, `?vin=` one of them, and `?after=` those behind it, where one answer does not
//! hold them all. A timer's result goes where the function's success destination points, which may carry less
//! than Lambda does (Firehose 1,000 KiB, the other services less).
//!
//! | variable | meaning | without it |
//! |---|---|---|
//! | `STATE_BUCKET` | bucket that holds the maxima | the function does not start |
//! | `STATE_PREFIX` | where in it they lie | `maxima/` |
//! | `FLEET_SETTINGS` | file with the unit and the vehicles' names, see [`FleetSettings::files`] | `fleet.json` of a layer, or none |

mod settings;
mod table;

use fleet_maxima::{SHARDS, Shard, Store, StoreError};
use futures::future::try_join_all;
use lambda_events::{HttpRequest, HttpResponse};
use serde_json::Value;

pub use settings::{FleetSettings, Unit};
pub use table::{Asked, Line, Table};

/// Answers an event: of a timer with the table, of an HTTP API with a response that holds it.
pub async fn report(
    request: &HttpRequest,
    store: &impl Store,
    settings: &FleetSettings,
) -> Result<Value, StoreError> {
    let is_request = !request.method.is_empty();
    if is_request && let Some(refusal) = refusal(request) {
        return value(&refusal);
    }
    let asked = Asked {
        vin: request.query.get("vin").cloned().filter(|vin| !vin.is_empty()),
        after: request.query.get("after").cloned(),
    };
    let table = Table::new(shards(store).await?, settings, &asked);
    match (is_request, &asked.vin) {
        (false, _) => value(&table),
        (true, Some(vin)) if table.count == 0 => {
            value(&HttpResponse::refusal(404, &format!("no maximum is known of vin `{vin}`")))
        }
        (true, _) => value(&response(request, &table)),
    }
}

fn value(value: &impl serde::Serialize) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::new("write the answer", error))
}

async fn shards(store: &impl Store) -> Result<Vec<Shard>, StoreError> {
    let loads = (0..SHARDS).map(|number| async move { Ok(store.load(number).await?.shard) });
    try_join_all(loads).await
}

fn refusal(request: &HttpRequest) -> Option<HttpResponse> {
    if request.path.trim_end_matches('/') != "/maxima" {
        let reason = format!("there is nothing at `{}`; ask for /maxima", request.path);
        return Some(HttpResponse::refusal(404, &reason));
    }
    let reason = || format!("{} is not answered; send GET", request.method);
    (request.method != "GET").then(|| HttpResponse::refusal(405, &reason()))
}

fn response(request: &HttpRequest, table: &Table) -> HttpResponse {
    let accept = request.headers.get("accept").map(String::as_str).unwrap_or_default();
    let mut response = HttpResponse::json(200, table);
    if prefers_csv(accept) {
        response.body = table.csv();
        response.headers.insert("content-type", "text/csv; charset=utf-8; header=present");
        if table.next.is_some() {
            response.headers.insert("x-truncated", "true");
        }
    }
    response
}

/// Returns whether CSV is wanted rather than JSON, which is what a client gets that has no wish.
fn prefers_csv(accept: &str) -> bool {
    let quality = |wanted: &[&str]| {
        accept
            .split(',')
            .filter_map(|range| {
                let mut parts = range.split(';').map(str::trim);
                let named = wanted.contains(&parts.next()?.to_ascii_lowercase().as_str());
                let quality = parts
                    .find_map(|part| part.strip_prefix("q="))
                    .map_or(Some(1.0), |quality| quality.parse().ok());
                quality.filter(|_| named)
            })
            .fold(0.0, f64::max)
    };
    quality(&["text/csv", "text/*"]) > quality(&["application/json", "application/*", "*/*"])
        || (quality(&["text/csv"]) > 0.0 && quality(&["application/json", "application/*"]) == 0.0)
}

#[cfg(test)]
mod tests;
