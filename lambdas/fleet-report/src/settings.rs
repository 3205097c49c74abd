//! What the fleet's layer says: the unit to show speeds in, and the names of vehicles.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The file's name, wherever the layer lies.
pub const FILE: &str = "fleet.json";

/// The settings of the fleet.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct FleetSettings {
    pub unit: Unit,
    /// Names by vin.
    pub names: BTreeMap<String, String>,
}

/// A unit that speeds are shown in. Vehicles measure kilometres per hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    #[default]
    #[serde(rename = "km/h")]
    KilometresPerHour,
    #[serde(rename = "mph")]
    MilesPerHour,
    #[serde(rename = "m/s")]
    MetresPerSecond,
    #[serde(rename = "kn")]
    Knots,
}

impl Unit {
    /// Returns a speed in this unit; kilometres per hour come back to the last digit as they were sent.
    pub fn show(self, kilometres_per_hour: f64) -> f64 {
        let kilometres = match self {
            Self::KilometresPerHour => return kilometres_per_hour,
            Self::MilesPerHour => 1.609_344,
            Self::MetresPerSecond => 3.6,
            Self::Knots => 1.852,
        };
        (kilometres_per_hour / kilometres * 1e4).round() / 1e4
    }
}

impl FleetSettings {
    /// Reads the first of the files that is there; the defaults if there is none.
    pub fn load(files: &[PathBuf]) -> Result<Self, String> {
        for file in files {
            match std::fs::read(file) {
                Ok(bytes) => {
                    let failed = |error| format!("{} cannot be read: {error}", file.display());
                    return serde_json::from_slice(&bytes).map_err(failed);
                }
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(format!("{} cannot be read: {error}", file.display())),
            }
        }
        Ok(Self::default())
    }

    /// Returns where the file may be: where `FLEET_SETTINGS` says and nowhere else, or else in `/opt`, where Lambda
    /// lays its layers, or else beside the `bin` of a layer that has a folder of its own.
    pub fn files(variable: Option<&str>, path: &str) -> Vec<PathBuf> {
        if let Some(file) = variable.filter(|file| !file.is_empty()) {
            return vec![PathBuf::from(file)];
        }
        let beside = |bin: &PathBuf| bin.parent().map(|layer| layer.join(FILE));
        let layers = std::env::split_paths(path).collect::<Vec<_>>();
        let opt = std::iter::once(Path::new("/opt").join(FILE));
        opt.chain(layers.iter().filter(|bin| bin.ends_with("bin")).filter_map(beside)).collect()
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_where_layers_lie() {
        let files = FleetSettings::files(None, "/usr/bin:/layers/fleet/bin:/tools");
        let expected = ["/opt/fleet.json", "/usr/fleet.json", "/layers/fleet/fleet.json"];
        assert_eq!(files, expected.map(PathBuf::from));
        assert_eq!(FleetSettings::files(Some("/x/y.json"), "/layers/bin"), [PathBuf::from("/x/y.json")]);
    }

    #[test]
    fn reads_the_layer_of_this_repository() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../layers/fleet-settings");
        let settings = FleetSettings::load(&[folder.join("absent"), folder.join(FILE)]).unwrap();
        assert_eq!(settings.unit, Unit::KilometresPerHour);
        assert_eq!(settings.names["4ftex4944akl844294"], "Depot North 1");
    }

    #[test]
    fn has_defaults_without_a_file_but_none_for_a_broken_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        assert_eq!(FleetSettings::load(std::slice::from_ref(&file)), Ok(FleetSettings::default()));
        std::fs::write(&file, r#"{"unit":"furlongs"}"#).unwrap();
        let error = FleetSettings::load(std::slice::from_ref(&file)).unwrap_err();
        assert!(error.contains("unknown variant `furlongs`"), "{error}");
        std::fs::write(&file, r#"{"unit":"mph","colour":"red"}"#).unwrap();
        assert_eq!(FleetSettings::load(&[file]).unwrap().unit, Unit::MilesPerHour);
    }

    #[test]
    fn converts_speeds() {
        let shown = [Unit::KilometresPerHour, Unit::MilesPerHour, Unit::MetresPerSecond, Unit::Knots]
            .map(|unit| unit.show(100.1));
        assert_eq!(shown, [100.1, 62.1993, 27.8056, 54.0497]);
    }
}
