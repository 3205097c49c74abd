//! Puts records in at one end, and knows them again.

mod direct;
mod http;
mod producer;

use super::Proof;
use super::passages::{Entrance, Passage};
use super::verdict::{Row, Sent};
use crate::error::Result;

/// Sends records through a passage's entrance.
pub async fn enter(proof: &Proof<'_>, passage: &Passage<'_>) -> Result<Sent> {
    let rows: Vec<Row> = match passage.entrance {
        Entrance::Direct => direct::put(proof, passage).await?,
        Entrance::Function { name, function } => producer::produce(proof, passage, name, function).await?,
        Entrance::Http { http, function } => http::request(proof, http, function.event.as_ref()).await?,
    };
    Ok(Sent { entrance: passage.describe(), into: passage.into.to_owned(), rows })
}
