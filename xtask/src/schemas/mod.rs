//! Turns the data in the cfn-lint wheel into `crates/cfn/data/aws.frozen`.
//!
//! cfn-lint carries AWS's own resource schemas with its corrections already in them, schemas of cross-property rules,
//! the calendar of Lambda's runtimes and the actions of IAM. What validation, planning and linting need is kept; prose
//! and handlers are not. It does not know how the data are read.

mod actions;
mod attributes;
mod policies;
mod regional;
mod rules;
mod strip;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use hydrant_cfn::frozen::{Frozen, TooLarge, freeze};
use serde_json::{Map, Value, json};

use crate::wheel::Wheel;

/// The source of the data, and the hash of the file that PyPI serves for it.
const REQUIREMENT: &str = "cfn-lint==1.58.0";
const SHA256: &str = "9d9f06043160756a6158f5c3f92a44ce38254b1c578127461608305bc8262987";

const SCHEMAS: &str = "cfnlint/data/schemas";

/// The list of types that AWS's serverless transform knows, which cfn-lint keeps like a region.
const SERVERLESS: &str = "sam";

/// Why a refresh failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("usage: cargo xtask schemas | corpus DIR [RULE] | mutants DIR")]
    Usage,
    #[error("failed to {doing}")]
    Io {
        doing: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("pip could not download `{requirement}`")]
    Download { requirement: String },
    #[error("the wheel's SHA-256 is {found}, not the pinned {expected}")]
    Hash { expected: String, found: String },
    #[error("the wheel cannot be read")]
    Archive(#[source] zip::result::ZipError),
    #[error("`{file}` is not the JSON that was expected")]
    Json {
        file: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("the wheel says `{0}` of a type in one region, and something else in another")]
    Ambiguous(String),
    #[error("there are {0} regions, and a bit set holds 63")]
    Regions(usize),
    #[error("what was written does not read as what was meant")]
    Changed,
    #[error("the data do not fit")]
    TooLarge(#[from] TooLarge),
}

/// Downloads the pinned wheel and rewrites `crates/cfn/data`.
pub fn refresh() -> Result<(), Error> {
    let mut wheel = Wheel::download(REQUIREMENT, SHA256)?;
    let version = wheel.json(&format!("{SCHEMAS}/version.json"))?;
    let source = json!({
        "requirement": REQUIREMENT,
        "date": version["schema_date"],
        "sha256": wheel.sha256,
    });
    let (regions, types) = types(&mut wheel)?;
    let data = json!({
        "source": source,
        "regions": regions,
        "types": types,
        "policies": policies(&mut wheel)?,
        "regional": regional(&mut wheel, &regions)?,
        "gathering": gathering(&mut wheel)?,
        "tagging": wheel.json(&format!("{SCHEMAS}/other/resources/tagging.json"))?,
        "globals": strip::nested(&wheel.json(&format!("{SCHEMAS}/other/sam/globals.json"))?),
        "serverless": serverless(&mut wheel)?,
        "rules": rules(&mut wheel)?,
        "runtimes": wheel.json("cfnlint/data/AdditionalSpecs/LmbdRuntimeLifecycle.json")?,
        "actions": actions::compact(&wheel.json("cfnlint/data/AdditionalSpecs/Policies.json")?),
    });
    let bytes = freeze(&data)?;
    if Frozen::root(&bytes).thaw() != data {
        return Err(Error::Changed);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cfn/data");
    let write = || {
        fs::write(folder.join("aws.frozen"), &bytes)?;
        fs::write(folder.join("source.json"), format!("{source:#}\n"))?;
        fs::write(folder.join("types.txt"), listing(&types))
    };
    write().map_err(|source| Error::Io { doing: "write crates/cfn/data", source })
}

/// Returns the regions, and all types with the regions that have them as bits.
fn types(wheel: &mut Wheel) -> Result<(Vec<String>, Map<String, Value>), Error> {
    let folder = format!("{SCHEMAS}/providers/");
    let names = wheel.names(&folder);
    let regions: BTreeSet<String> = (names.iter())
        .filter_map(|name| Some(name.strip_prefix(&folder)?.strip_suffix(".json")?.to_owned()))
        .filter(|name| name != SERVERLESS)
        .collect();
    if regions.len() > 63 {
        return Err(Error::Regions(regions.len()));
    }
    let mut hashes: BTreeMap<String, (String, i64)> = BTreeMap::new();
    for (index, region) in regions.iter().enumerate() {
        for (name, hash) in provider(wheel, region)? {
            let (known, bits) = hashes.entry(name.clone()).or_insert_with(|| (hash.clone(), 0));
            if *known != hash {
                return Err(Error::Ambiguous(name));
            }
            *bits |= 1 << index;
        }
    }
    let mut types = Map::new();
    for (name, (hash, bits)) in hashes {
        let mut schema = schema(wheel, &name, &hash)?;
        schema.insert("regions".to_owned(), bits.into());
        types.insert(name, schema.into());
    }
    Ok((regions.into_iter().collect(), types))
}

fn serverless(wheel: &mut Wheel) -> Result<Map<String, Value>, Error> {
    let mut types = Map::new();
    for (name, hash) in provider(wheel, SERVERLESS)? {
        let mut schema = Value::Object(schema(wheel, &name, &hash)?);
        name_destinations(&mut schema);
        types.insert(name, schema);
    }
    Ok(types)
}

/// Adds the `Type` that SAM takes beside the `Destination` of what failed, which its schema of streams' events leaves out.
///
/// <https://github.com/aws/serverless-application-model/blob/develop/samtranslator/model/eventsources/pull.py>
fn name_destinations(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(name_destinations),
        Value::Object(members) => {
            if let Some(Value::Object(properties)) =
                members.get_mut("OnFailure").and_then(|failure| failure.get_mut("properties"))
                && properties.contains_key("Destination")
            {
                properties.entry("Type").or_insert_with(|| json!({"type": "string"}));
            }
            members.values_mut().for_each(name_destinations);
        }
        _ => {}
    }
}

/// Returns the hashes of the schemas of all types in a region.
fn provider(wheel: &mut Wheel, region: &str) -> Result<BTreeMap<String, String>, Error> {
    let file = format!("{SCHEMAS}/providers/{region}.json");
    let list = wheel.json(&file)?;
    serde_json::from_value(list).map_err(|source| Error::Json { file, source })
}

fn schema(wheel: &mut Wheel, type_name: &str, hash: &str) -> Result<Map<String, Value>, Error> {
    let schema = wheel.json(&format!("{SCHEMAS}/resources/{hash}.json"))?;
    let mut kept = strip::resource(&schema);
    if let Some(attributes) = attributes::of(type_name, &schema) {
        kept.insert("attributes".to_owned(), attributes.into());
    }
    Ok(kept)
}

/// Returns for each type the rules that have a schema of their own.
fn rules(wheel: &mut Wheel) -> Result<Map<String, Value>, Error> {
    let mut by_type = Map::new();
    for rule in rules::RULES {
        let schema = wheel.json(&format!("{SCHEMAS}/extensions/{}", rule.file))?;
        let (resource_type, path) = rule.place;
        let schema = strip::nested(&schema);
        push(&mut by_type, resource_type, json!({"id": rule.id, "path": path, "schema": schema}));
    }
    for (resource_type, path, id, schema) in rules::WRITTEN {
        let schema: Value =
            serde_json::from_str(schema).map_err(|source| Error::Json { file: (*id).to_owned(), source })?;
        push(&mut by_type, resource_type, json!({"id": id, "path": path, "schema": schema}));
    }
    Ok(by_type)
}

/// Returns for each type the rules that take values of other resources, which their schemas name.
fn gathering(wheel: &mut Wheel) -> Result<Map<String, Value>, Error> {
    let mut by_type = Map::new();
    for rule in rules::GATHERING {
        let schema = wheel.json(&format!("{SCHEMAS}/extensions/{}", rule.file))?;
        let mut rule_of_type = schema["cfnGather"].clone();
        rule_of_type["id"] = rule.id.into();
        push(&mut by_type, rule.place.0, rule_of_type);
    }
    Ok(by_type)
}

/// Returns for each type the properties whose values depend on the region.
fn regional(wheel: &mut Wheel, regions: &[String]) -> Result<Map<String, Value>, Error> {
    let mut by_type = Map::new();
    for one in regional::REGIONAL {
        let lists = wheel.json(&format!("{SCHEMAS}/extensions/{}", one.file))?;
        for rule in regional::rules(one, &lists, regions) {
            push(&mut by_type, one.resource_type, rule);
        }
    }
    Ok(by_type)
}

/// Returns the schemas of IAM's documents.
fn policies(wheel: &mut Wheel) -> Result<Map<String, Value>, Error> {
    let file = |name: &str| format!("{SCHEMAS}/other/iam/{name}");
    let shared = wheel.json(&file(policies::SHARED))?;
    let mut kinds = Map::new();
    for (kind, name) in policies::KINDS {
        kinds.insert(kind.to_owned(), policies::bundle(&wheel.json(&file(name))?, &shared));
    }
    Ok(kinds)
}

/// Adds to the list of a type.
fn push(by_type: &mut Map<String, Value>, resource_type: &str, rule: Value) {
    let entry = by_type.entry(resource_type).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(rules) = entry {
        rules.push(rule);
    }
}

/// Returns a line for each type, so that a refresh shows in a diff which types changed.
fn listing(types: &Map<String, Value>) -> String {
    use sha2::{Digest, Sha256};
    let line = |(name, schema): (&String, &Value)| {
        let hash = Sha256::digest(schema.to_string());
        let hash: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("{name} {hash}\n")
    };
    types.iter().map(line).collect()
}

/// Returns the names that lead to a property: `A/B` for `/properties/A/items/properties/B`.
fn pointer(text: &str) -> String {
    let path = text.strip_prefix("/properties/").unwrap_or(text);
    let parts: Vec<&str> =
        path.split('/').filter(|part| !matches!(*part, "" | "properties" | "items")).collect();
    parts.join("/")
}
