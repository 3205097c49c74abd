//! A row that may be a vehicle's fastest, and which of two is.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// The fastest row of a vehicle so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Maximum {
    /// As the vehicle said it, in whatever unit it measures.
    pub speed: f64,
    /// As the vehicle said it; it may be a time of day without a date, or no time at all.
    pub timestamp: String,
    pub record_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
}

impl Maximum {
    /// Takes `other` over if it is the faster one, and says whether it did.
    ///
    /// Of equally fast rows the first by timestamp and identifier stays, so that the outcome does not depend on
    /// the order in which rows are seen, nor on how often.
    pub fn raise(&mut self, other: &Self) -> bool {
        let order = other
            .speed
            .total_cmp(&self.speed)
            .then_with(|| self.timestamp.cmp(&other.timestamp))
            .then_with(|| self.record_id.cmp(&other.record_id));
        if order == Ordering::Greater {
            self.clone_from(other);
        }
        order == Ordering::Greater
    }
}
