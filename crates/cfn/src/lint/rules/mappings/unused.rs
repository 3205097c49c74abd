//! # W7001: every mapping is used
//!
//! ```yaml
//! Mappings:
//!   Sizes: {prod: {shards: 4}}
//! Resources:
//!   Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
//! ```
//!
//! Look the values up with `Fn::FindInMap`, or remove the mapping.

use crate::lint::rules::functions::places;
use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "W7001",
    level: Level::Warning,
    summary: "every mapping is used",
    source: include_str!("unused.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    if context.has_loops() {
        return;
    }
    let mut used: Vec<String> = Vec::new();
    let mut any = false;
    places::each(context.template, "Fn::FindInMap", &mut |place| match place.argument.items().first() {
        // A name that is computed may be any of them.
        Some(first) if first.tag.is_some() || first.as_str().is_none() => any = true,
        Some(first) => used.extend(first.as_str().map(str::to_owned)),
        None => {}
    });
    let mappings = context.template.mappings.as_object();
    for name in mappings.into_iter().flat_map(|mappings| mappings.keys()) {
        if any || used.contains(name) || name == "Fn::Transform" {
            continue;
        }
        let path = ["Mappings", name];
        let span = context.template.key_span(&path).unwrap_or_default();
        findings.add(format!("the mapping `{name}` is not used"), None, span, &path);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_mapping_that_nobody_looks_into() {
        let template = "Mappings:\n  M: {a: {b: c}}\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("W7001", template), ["2:3 the mapping `M` is not used"]);
    }

    #[test]
    fn is_fine_when_the_name_is_computed() {
        let template = "Mappings:\n  M: {a: {b: c}}\nResources: {A: {Type: Custom::A, Properties: {X: !FindInMap [!Ref \
                        AWS::Region, a, b]}}}\n";
        assert_eq!(findings("W7001", template), [""; 0]);
    }
}
