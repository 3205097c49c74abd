//! # E1011: Fn::FindInMap names a mapping and keys that it has
//!
//! ```yaml
//! Mappings: {Sizes: {prod: {shards: 4}}}
//! …
//! ShardCount: !FindInMap [Sizes, prod, shard]
//! ```
//!
//! Name a mapping of the template; a key that is written out must be in it, and a second key must be under at least one first
//! key. A key that comes from a parameter is only known when the stack is made.

use crate::lint::rules::functions::places;
use crate::lint::{Context, Findings, Level, Rule, arguments, did_you_mean};
use crate::yaml::{Node, NodeValue};

pub(super) const RULE: Rule = Rule {
    id: "E1011",
    level: Level::Error,
    summary: "Fn::FindInMap names a mapping and keys that it has",
    source: include_str!("find_in_map.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    arguments::check(context, findings);
    let extended = context.template.has_transform("AWS::LanguageExtensions");
    let expands = extended || context.template.transforms.iter().any(|name| name == "AWS::Include");
    places::each(context.template, "Fn::FindInMap", &mut |place| match place.argument.items() {
        _ if place.argument_is_function() => {}
        [map, first, second] if !expands => lookup(context, place.path, [map, first, second], findings),
        [_, _, _, default] if !extended => {
            let message = "a default value needs the transform AWS::LanguageExtensions";
            let help = Some("add `Transform: AWS::LanguageExtensions`".to_owned());
            findings.add(message, help, default.span, place.path);
        }
        _ => {}
    });
}

fn lookup(context: &Context<'_>, path: &[String], [map, top, second]: [&Node; 3], findings: &mut Findings) {
    let written = |node: &Node| match &node.value {
        NodeValue::String(text) if node.tag.is_none() => Some(text.clone()),
        NodeValue::Number(number) if node.tag.is_none() => Some(number.to_string()),
        _ => None,
    };
    let mappings = context.template.mappings.as_object();
    let (Some(mappings), Some(map_name)) = (mappings, written(map)) else {
        return;
    };
    let Some(mapping) = mappings.get(&map_name) else {
        let message = format!("no mapping is named `{map_name}`");
        findings.add(message, did_you_mean(&map_name, mappings.keys()), map.span, path);
        return;
    };
    let Some(mapping) = mapping.as_object().filter(|mapping| !mapping.contains_key("Fn::Transform")) else {
        return;
    };
    let first_keys = match written(top) {
        Some(key) => match mapping.get_key_value(&key) {
            Some((key, _)) => vec![key],
            None => {
                let message = format!("the mapping `{map_name}` has no key `{key}`");
                findings.add(message, did_you_mean(&key, mapping.keys()), top.span, path);
                return;
            }
        },
        None => mapping.keys().collect(),
    };
    if let Some(key) = written(second)
        && !first_keys.iter().any(|first| mapping[*first].get(&key).is_some())
    {
        let message = format!("the mapping `{map_name}` has no second key `{key}`");
        let keys = first_keys
            .iter()
            .filter_map(|first| mapping[*first].as_object())
            .flat_map(|object| object.keys());
        findings.add(message, did_you_mean(&key, keys), second.span, path);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_mapping_or_key_that_is_not_there() {
        let template = "Mappings: {Sizes: {prod: {shards: 4}, dev: {shards: 1, extra: 2}}}\nResources:\n  A:\n    Type: \
                        Custom::A\n    Properties:\n      One: !FindInMap [Size, prod, shards]\n      Two: !FindInMap \
                        [Sizes, test, shards]\n      Three: !FindInMap [Sizes, prod, extra]\n      Four: !FindInMap [Sizes, \
                        !Ref AWS::Region, shard]\n      Five: !FindInMap [Sizes, prod]\n      Six: !FindInMap [Sizes, prod, !GetAtt A.B]\n";
        let found = findings("E1011", template);
        assert_eq!(found.len(), 6, "{found:?}");
        assert_eq!(found[0], "6:24 no mapping is named `Size` (did you mean `Sizes`?)");
        assert_eq!(found[3], "9:50 the mapping `Sizes` has no second key `shard` (did you mean `shards`?)");
    }

    #[test]
    fn is_fine_with_keys_that_are_only_known_later() {
        let template = "Parameters: {Map: {Type: String}}\nMappings: {Sizes: {'1': {shards: 4}}}\nResources:\n  A:\n    Type: \
                        Custom::A\n    Properties:\n      One: !FindInMap [!Ref Map, prod, nothing]\n      Two: !FindInMap \
                        [Sizes, 1, !Ref AWS::Region]\n";
        assert_eq!(findings("E1011", template), [""; 0]);
    }
}
