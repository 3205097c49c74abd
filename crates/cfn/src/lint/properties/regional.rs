//! Values that a property takes in some regions only, such as classes of instances, each with the rule of its type.

use super::of_resource::OfResource;
use super::{places, rule_id};
use crate::frozen::{Frozen, List, Object};
use crate::lint::{Level, did_you_mean};
use crate::schema::{Schema, region_names, section};
use crate::template::{scalar_text, seen};
use serde_json::Value;

/// Checks the properties of which AWS lists the values for each region.
pub(super) fn check(resource: &mut OfResource<'_, '_>, properties: &Value) {
    let rules = section("regional").and_then(|rules| rules.get(resource.type_name)?.list());
    for rule in rules.into_iter().flat_map(List::iter).filter_map(Frozen::object) {
        let text = |name: &str| rule.get(name).and_then(Frozen::text);
        let (Some(id), Some(path)) = (text("id"), text("path")) else { continue };
        let Some(id) = rule_id(id) else { continue };
        let mut refused = Vec::new();
        places::visit(properties, path, &mut |way, value| match (rule.get("if"), text("property")) {
            (Some(condition), Some(property)) => {
                let is_met = Schema::new(condition).is_met(value, &seen::read) == Some(true);
                if let Some(value) = value.get(property).filter(|value| is_met && value.is_string()) {
                    let way = [way, &[property.to_owned()]].concat();
                    refused.extend(refusals(resource, rule, &way, value));
                }
            }
            _ => places::outcomes(value, way, &mut |way, value| {
                refused.extend(refusals(resource, rule, way, value))
            }),
        });
        for (way, message, help) in refused {
            // A parameter's default is for whoever passes another in another region.
            if seen::origin(&way).is_some() {
                continue;
            }
            resource.add(id, Level::Error, message, help, &way, "enum");
        }
    }
}

type Refusal = (Vec<String>, String, Option<String>);

/// Returns for each region in which a value cannot be had where it stands and what to say of it.
fn refusals(
    resource: &OfResource<'_, '_>,
    rule: Object<'static>,
    way: &[String],
    value: &Value,
) -> Vec<Refusal> {
    let (Some(found), Some(values)) = (scalar_text(value), rule.get("values").and_then(Frozen::object))
    else {
        return Vec::new();
    };
    let bits =
        |name: &str, object: Object<'static>| object.get(name).and_then(Frozen::integer).unwrap_or_default();
    let has = |bits: i64, region: &str| {
        region_names().position(|name| name == region).is_some_and(|index| bits >> index & 1 == 1)
    };
    let of_template = resource.context.template.resources.get(resource.logical_id);
    let regions = of_template.into_iter().flat_map(|one| resource.context.regions(one));
    let without =
        regions.filter(|region| has(bits("regions", rule), region) && !has(bits(&found, values), region));
    without
        .map(|region| {
            let there = values.iter().filter(|(_, bits)| has(bits.integer().unwrap_or_default(), region));
            let near = did_you_mean(&found, there.map(|(name, _)| name).collect::<Vec<_>>());
            (way.to_vec(), format!("`{found}` cannot be had in {region}"), near)
        })
        .collect()
}
