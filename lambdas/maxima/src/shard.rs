//! One object's worth of vehicles, and how findings are merged into it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::alerts::{Alert, Alerts, Claimant};
use crate::maximum::Maximum;

/// How many objects the vehicles are spread over. Changing it loses track of the vehicles that then hash elsewhere.
pub const SHARDS: u8 = 16;

/// Returns the shard of a vehicle: the 64-bit FNV-1a hash of its vin, whatever the vin's length.
pub fn shard_of(vin: &str) -> u8 {
    let hash = vin.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // The upper half is folded in, because the lowest bits of FNV alone are its weakest.
    ((hash ^ (hash >> 32)) % u64::from(SHARDS)) as u8
}

/// The vehicles of one object, by vin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shard {
    #[serde(default)]
    pub vehicles: BTreeMap<String, Vehicle>,
}

/// What is known of a vehicle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vehicle {
    pub maximum: Maximum,
    #[serde(default, skip_serializing_if = "Alerts::is_empty")]
    pub alerts: Alerts,
}

/// What was found of a vehicle in some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub maximum: Maximum,
    /// The fastest row above the limit, by hour since 1970.
    pub fast: BTreeMap<i64, Maximum>,
}

/// An alert that was published, or could not be.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    pub vin: String,
    pub hour: i64,
    pub published: bool,
}

impl Shard {
    /// Merges findings in and claims their fast hours; says whether the shard has to be written.
    ///
    /// Merging the same findings again, or in another order, changes nothing more.
    pub fn take_in(&mut self, findings: &BTreeMap<String, Found>, claimant: &Claimant) -> bool {
        let mut changed = false;
        for (vin, found) in findings {
            let vehicle = self.vehicles.entry(vin.clone()).or_insert_with(|| {
                changed = true;
                Vehicle { maximum: found.maximum.clone(), alerts: Alerts::default() }
            });
            changed |= vehicle.maximum.raise(&found.maximum);
            for (hour, row) in &found.fast {
                changed |= vehicle.alerts.claim(*hour, row, claimant);
            }
        }
        for vehicle in self.vehicles.values_mut() {
            changed |= vehicle.alerts.take_over(claimant);
        }
        changed
    }

    /// Returns the alerts that `invocation` has claimed and is to publish.
    pub fn due(&self, invocation: &str) -> Vec<Alert> {
        let of = |(vin, vehicle): (&String, &Vehicle)| {
            let alert = |(hour, row): (i64, &Maximum)| Alert { vin: vin.clone(), hour, row: row.clone() };
            vehicle.alerts.due(invocation).map(alert).collect::<Vec<_>>()
        };
        self.vehicles.iter().flat_map(of).collect()
    }

    /// Notes what became of alerts; says whether the shard has to be written.
    pub fn settle(&mut self, settled: &[Settled], invocation: &str) -> bool {
        let mut changed = false;
        for Settled { vin, hour, published } in settled {
            let Some(vehicle) = self.vehicles.get_mut(vin) else { continue };
            changed |= match published {
                true => vehicle.alerts.publish(*hour),
                false => vehicle.alerts.release(*hour, invocation),
            };
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claimant() -> Claimant {
        Claimant { invocation: "i".into(), now: 0, until: 1 }
    }

    fn found(speed: f64, timestamp: u8) -> Found {
        let timestamp = timestamp.to_string();
        let maximum = Maximum { speed, timestamp, record_id: "r".into(), lon: Some(1.5), lat: None };
        Found { maximum, fast: BTreeMap::new() }
    }

    #[test]
    fn spreads_vehicles_over_all_shards() {
        let mut counts = [0_u32; SHARDS as usize];
        for number in 0..16_000 {
            counts[usize::from(shard_of(&format!("4ftex4944akl{number:06}")))] += 1;
        }
        assert!(counts.iter().all(|count| (700..1300).contains(count)), "{counts:?}");
        assert_eq!(shard_of("4ftex4944akl844294"), shard_of("4ftex4944akl844294"));
    }

    #[test]
    fn has_an_alert_due_until_it_is_settled() {
        let mut shard = Shard::default();
        let mut fast = found(140.0, 1);
        fast.fast.insert(9, fast.maximum.clone());
        let findings = BTreeMap::from([("v".to_owned(), fast)]);
        assert!(shard.take_in(&findings, &claimant()));
        assert_eq!(shard.due("i").len(), 1);
        let settled = [Settled { vin: "v".into(), hour: 9, published: true }];
        assert!(shard.settle(&settled, "i"));
        assert!(!shard.take_in(&findings, &claimant()), "the same rows again change nothing");
        assert_eq!(shard.due("i"), []);
    }

    proptest! {
        #[test]
        fn comes_to_the_same_in_any_order(
            rows in prop::collection::vec(("[ab]", -5..5_i32, 0..4_u8), 0..20),
            order in any::<prop::sample::Index>(),
        ) {
            let take = |rows: &[(String, i32, u8)]| {
                let mut shard = Shard::default();
                for (vin, speed, timestamp) in rows {
                    let findings = BTreeMap::from([(vin.clone(), found(f64::from(*speed), *timestamp))]);
                    shard.take_in(&findings, &claimant());
                }
                shard
            };
            let mut turned = rows.clone();
            turned.rotate_left(order.index(rows.len().max(1)));
            turned.extend(rows.iter().rev().cloned());
            prop_assert_eq!(take(&rows), take(&turned));
        }

        #[test]
        fn survives_being_written_and_read(speed in any::<f64>().prop_filter("JSON has no others", |speed| speed.is_finite())) {
            let mut shard = Shard::default();
            shard.take_in(&BTreeMap::from([("v".to_owned(), found(speed, 0))]), &claimant());
            let text = serde_json::to_string(&shard).unwrap();
            prop_assert_eq!(serde_json::from_str::<Shard>(&text).unwrap(), shard);
        }
    }
}
