//! The dated file of prices: what one unit of each item costs in each region, and where that was read.

use std::path::Path;

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The prices that the program carries.
const BUILT_IN: &str = include_str!("../../data/prices.yaml");

/// The region whose prices stand in for those of a region that the file does not have.
const FALLBACK: &str = "us-east-1";

/// What AWS bills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    KinesisShardHour,
    KinesisPutPayloadUnit,
    KinesisExtendedRetentionShardHour,
    KinesisLongTermRetentionGbMonth,
    KinesisOnDemandStreamHour,
    KinesisOnDemandInGb,
    KinesisOnDemandOutGb,
    KinesisOnDemandExtendedRetentionGbMonth,
    FirehoseGb,
    LambdaRequest,
    #[serde(rename = "lambda-gb-second-x86")]
    LambdaGbSecondX86,
    LambdaGbSecondArm,
    S3Put,
    S3GbMonth,
    LogsGb,
    HttpApiRequest,
}

impl Item {
    const ALL: [Self; 16] = [
        Self::KinesisShardHour,
        Self::KinesisPutPayloadUnit,
        Self::KinesisExtendedRetentionShardHour,
        Self::KinesisLongTermRetentionGbMonth,
        Self::KinesisOnDemandStreamHour,
        Self::KinesisOnDemandInGb,
        Self::KinesisOnDemandOutGb,
        Self::KinesisOnDemandExtendedRetentionGbMonth,
        Self::FirehoseGb,
        Self::LambdaRequest,
        Self::LambdaGbSecondX86,
        Self::LambdaGbSecondArm,
        Self::S3Put,
        Self::S3GbMonth,
        Self::LogsGb,
        Self::HttpApiRequest,
    ];

    /// Returns the unit that is billed, and how many of them one prints at a time.
    fn unit(self) -> (&'static str, f64) {
        match self {
            Self::KinesisShardHour | Self::KinesisExtendedRetentionShardHour => ("shard-hours", 1.0),
            Self::KinesisPutPayloadUnit => ("million units", 1e6),
            Self::KinesisOnDemandStreamHour => ("stream-hours", 1.0),
            Self::KinesisLongTermRetentionGbMonth
            | Self::KinesisOnDemandExtendedRetentionGbMonth
            | Self::S3GbMonth => ("GB-months", 1.0),
            Self::KinesisOnDemandInGb | Self::KinesisOnDemandOutGb | Self::FirehoseGb | Self::LogsGb => {
                ("GB", 1.0)
            }
            Self::LambdaRequest | Self::HttpApiRequest => ("million requests", 1e6),
            Self::LambdaGbSecondX86 | Self::LambdaGbSecondArm => ("GB-seconds", 1.0),
            Self::S3Put => ("thousand requests", 1e3),
        }
    }

    /// Returns what people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::KinesisShardHour => "Kinesis shards",
            Self::KinesisPutPayloadUnit => "Kinesis PUT payload units",
            Self::KinesisExtendedRetentionShardHour | Self::KinesisOnDemandExtendedRetentionGbMonth => {
                "Kinesis retention over a day"
            }
            Self::KinesisLongTermRetentionGbMonth => "Kinesis retention over a week",
            Self::KinesisOnDemandStreamHour => "Kinesis stream on demand",
            Self::KinesisOnDemandInGb => "Kinesis records in",
            Self::KinesisOnDemandOutGb => "Kinesis records out",
            Self::FirehoseGb => "Firehose records in",
            Self::LambdaRequest => "Lambda requests",
            Self::LambdaGbSecondX86 => "Lambda x86_64",
            Self::LambdaGbSecondArm => "Lambda arm64",
            Self::S3Put => "S3 PUT",
            Self::S3GbMonth => "S3 storage",
            Self::LogsGb => "CloudWatch Logs",
            Self::HttpApiRequest => "HTTP API requests",
        }
    }

    fn name(self) -> String {
        let name = serde_json::to_value(self).ok();
        name.and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default()
    }
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    date: String,
    sources: IndexMap<String, Source>,
    prices: IndexMap<Item, IndexMap<String, Price>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    /// Absent when there is no page to read it on.
    url: Option<String>,
    #[serde(rename = "says")]
    _says: String,
    #[serde(rename = "read")]
    _read: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    price: Option<f64>,
    #[serde(default)]
    tiers: Vec<Tier>,
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tier {
    /// Up to how many units a month; without end when absent.
    to: Option<f64>,
    price: f64,
}

impl Price {
    /// Returns what `quantity` units of a month cost.
    fn of(&self, quantity: f64) -> f64 {
        let mut dollars = quantity * self.price.unwrap_or_default();
        let mut from = 0.0;
        for tier in &self.tiers {
            let to = tier.to.unwrap_or(f64::INFINITY);
            dollars += (quantity.min(to) - from).max(0.0) * tier.price;
            from = to;
        }
        dollars
    }

    fn first(&self) -> f64 {
        self.price.or_else(|| Some(self.tiers.first()?.price)).unwrap_or_default()
    }
}

/// The prices of one region.
#[derive(Debug)]
pub struct Prices {
    file: File,
    region: String,
}

/// One line of a bill.
#[derive(Debug, Clone, Serialize)]
pub struct Charge {
    pub item: Item,
    /// How many units a month, in the unit that is written beside it.
    pub quantity: f64,
    pub unit: &'static str,
    /// What one of that unit costs, on average where the price falls with use.
    pub price: f64,
    pub dollars: f64,
    /// Whether the price was read somewhere, not only remembered.
    pub is_confirmed: bool,
}

impl Prices {
    /// Reads the prices of `region` from a file, or from the one that the program carries.
    pub fn read(path: Option<&Path>, region: &str) -> Result<Self> {
        let text = match path {
            None => BUILT_IN.to_owned(),
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| Error::misused(format!("read {}", path.display())).because(error))?,
        };
        let what = || path.map_or_else(|| "the prices".to_owned(), |path| path.display().to_string());
        let file: File = serde_yaml::from_str(&text)
            .map_err(|error| Error::misused(format!("read {}", what())).because(error))?;
        Self::of(file, region).map_err(|problem| Error::misused(format!("read {}", what())).because(problem))
    }

    fn of(file: File, region: &str) -> Result<Self, String> {
        for item in Item::ALL {
            let price = file.prices.get(&item).and_then(|regions| regions.get(FALLBACK));
            let price = price.ok_or_else(|| format!("`{}` has no price in {FALLBACK}", item.name()))?;
            if price.price.is_some() != price.tiers.is_empty() {
                return Err(format!("`{}` needs either `price` or `tiers`", item.name()));
            }
        }
        let named = file.prices.values().flat_map(IndexMap::values);
        match named.into_iter().find(|price| !file.sources.contains_key(&price.source)) {
            Some(price) => Err(format!("there is no source `{}`", price.source)),
            None => Ok(Self { file, region: region.to_owned() }),
        }
    }

    /// Returns when the prices were gathered.
    pub fn date(&self) -> &str {
        &self.file.date
    }

    /// Returns the region whose prices are taken: another one when the file does not have this one.
    pub fn region(&self) -> &str {
        if self.regions().contains(self.region.as_str()) { &self.region } else { FALLBACK }
    }

    fn regions(&self) -> IndexSet<&str> {
        self.file.prices.values().flat_map(IndexMap::keys).map(String::as_str).collect()
    }

    /// Returns what `quantity` units of `item` cost a month.
    pub fn charge(&self, item: Item, quantity: f64) -> Charge {
        let regions = self.file.prices.get(&item);
        let price = regions.and_then(|regions| regions.get(self.region()).or_else(|| regions.get(FALLBACK)));
        let dollars = price.map_or(0.0, |price| price.of(quantity));
        let (unit, per) = item.unit();
        let each = match price {
            Some(price) if quantity > 0.0 && !price.tiers.is_empty() => dollars / quantity,
            Some(price) => price.first(),
            None => 0.0,
        };
        let source = price.and_then(|price| self.file.sources.get(&price.source));
        Charge {
            item,
            quantity: quantity / per,
            unit,
            price: each * per,
            dollars,
            is_confirmed: source.is_some_and(|source| source.url.is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9 * other.abs().max(1.0)
    }

    #[test]
    fn carries_a_file_with_a_price_for_everything() {
        for region in ["us-east-1", "eu-west-1"] {
            let prices = Prices::read(None, region).unwrap();
            assert_eq!(prices.region(), region);
            for item in Item::ALL {
                assert!(prices.charge(item, 1e6).dollars > 0.0, "{} in {region}", item.name());
            }
        }
    }

    #[test]
    fn bills_each_tier_at_its_own_price() {
        let prices = Prices::read(None, "us-east-1").unwrap();
        assert!(close(prices.charge(Item::FirehoseGb, 100.0).dollars, 2.9));
        let much = prices.charge(Item::FirehoseGb, 512_000.0 + 1000.0);
        assert!(close(much.dollars, 512_000.0 * 0.029 + 1000.0 * 0.025), "{much:?}");
        let more = prices.charge(Item::FirehoseGb, 2_048_000.0 + 1.0);
        assert!(close(more.dollars, 512_000.0 * 0.029 + 1_536_000.0 * 0.025 + 0.020), "{more:?}");
    }

    #[test]
    fn takes_another_region_s_prices_where_it_has_none() {
        let prices = Prices::read(None, "ap-south-2").unwrap();
        assert_eq!(prices.region(), "us-east-1");
        assert!(close(prices.charge(Item::KinesisShardHour, 730.0).dollars, 10.95));
    }

    #[test]
    fn knows_which_prices_are_only_remembered() {
        let prices = Prices::read(None, "eu-west-1").unwrap();
        assert!(!prices.charge(Item::KinesisShardHour, 1.0).is_confirmed);
        assert!(prices.charge(Item::LambdaRequest, 1.0).is_confirmed);
    }

    #[test]
    fn refuses_a_file_that_leaves_something_out() {
        let without = BUILT_IN.replace("  s3-put:", "  s3-puts:");
        assert!(serde_yaml::from_str::<File>(&without).is_err());
        let file: File =
            serde_yaml::from_str(&BUILT_IN.replace("source: infracost-s3", "source: hearsay")).unwrap();
        assert_eq!(Prices::of(file, "us-east-1").unwrap_err(), "there is no source `hearsay`");
    }
}
