//! Tells a topic of a vehicle that was too fast.

use std::error::Error;

use aws_sdk_sns::Client;
use fleet_maxima::Alert;
use serde::Serialize;

use crate::hour;

/// Most characters that the subject of a message takes, less one: AWS asks for fewer than 100.
const SUBJECT: usize = 99;

/// The message, as JSON.
#[derive(Debug, Serialize)]
pub struct Speeding<'a> {
    pub vin: &'a str,
    /// The fastest row that the publishing invocation saw of this hour; a later one may be faster still.
    pub speed: f64,
    pub limit: f64,
    /// The hour that the topic is told of once, `2026-11-20T04`, in UTC.
    pub hour: String,
    pub timestamp: &'a str,
    pub record_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
}

impl<'a> Speeding<'a> {
    /// Returns the message for an alert.
    pub fn new(alert: &'a Alert, limit: f64) -> Self {
        let row = &alert.row;
        Self {
            vin: &alert.vin,
            speed: row.speed,
            limit,
            hour: hour::text(alert.hour),
            timestamp: &row.timestamp,
            record_id: &row.record_id,
            lon: row.lon,
            lat: row.lat,
        }
    }

    /// Returns the subject: one line of ASCII, which is all that SNS takes, whatever a vehicle calls itself.
    pub fn subject(&self) -> String {
        let printable =
            |character: char| if character.is_ascii_graphic() || character == ' ' { character } else { '?' };
        let full = format!("Speed {} above {} by vehicle {}", self.speed, self.limit, self.vin);
        full.chars().map(printable).take(SUBJECT).collect()
    }
}

/// Where messages go.
pub trait Publisher {
    /// Publishes a message.
    fn publish(
        &self,
        message: &Speeding<'_>,
    ) -> impl Future<Output = Result<(), Box<dyn Error + Send + Sync>>>;
}

/// A topic of SNS.
#[derive(Debug, Clone)]
pub struct SnsPublisher {
    pub client: Client,
    pub topic: String,
}

impl Publisher for SnsPublisher {
    async fn publish(&self, message: &Speeding<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let text = serde_json::to_string(message)?;
        let publish = self.client.publish().topic_arn(&self.topic).subject(message.subject()).message(text);
        publish.send().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use fleet_maxima::Maximum;

    use super::*;

    #[test]
    fn has_a_subject_that_sns_takes() {
        let row =
            Maximum { speed: 131.5, timestamp: "t".into(), record_id: "r".into(), lon: None, lat: None };
        let alert = Alert { vin: format!("ü\t{}", "x".repeat(200)), hour: 0, row };
        let speeding = Speeding::new(&alert, 120.0);
        let subject = speeding.subject();
        assert!(subject.starts_with("Speed 131.5 above 120 by vehicle ??xxx"), "{subject}");
        assert_eq!(subject.len(), SUBJECT);
        let message = serde_json::to_value(&speeding).unwrap();
        assert_eq!((&message["hour"], &message["limit"]), (&"1970-01-01T00".into(), &120.0.into()));
    }
}
