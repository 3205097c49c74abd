//! The resources in `Fn::ForEach`, as they are written: once, with the loop's identifier in their names.

use crate::template::Template;
use serde_json::Value;

/// A resource in a loop.
pub(in crate::lint) struct Looped<'t> {
    pub(in crate::lint) name: &'t str,
    pub(in crate::lint) type_name: &'t str,
    pub(in crate::lint) properties: &'t Value,
    pub(in crate::lint) condition: Option<&'t str>,
    /// The way to its properties.
    pub(in crate::lint) path: Vec<String>,
}

/// Returns the resources in the loops of a template; none without the transform that makes them.
pub(in crate::lint) fn resources(template: &Template) -> Vec<Looped<'_>> {
    let mut found = Vec::new();
    if let Some(resources) =
        template.body.get("Resources").filter(|_| template.has_transform("AWS::LanguageExtensions"))
    {
        collect(resources, &["Resources".to_owned()], false, &mut found);
    }
    found
}

fn collect<'t>(resources: &'t Value, path: &[String], is_looped: bool, found: &mut Vec<Looped<'t>>) {
    for (name, value) in resources.as_object().into_iter().flatten() {
        let below = |steps: &[&str]| {
            let steps = steps.iter().map(|step| (*step).to_owned());
            path.iter().cloned().chain(steps).collect::<Vec<String>>()
        };
        if name.starts_with("Fn::ForEach::") {
            if let Some(body) = value.get(2) {
                collect(body, &below(&[name, "2"]), true, found);
            }
            continue;
        }
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        if let (true, Some(type_name), Some(properties)) = (is_looped, text("Type"), value.get("Properties"))
        {
            let path = below(&[name, "Properties"]);
            found.push(Looped { name, type_name, properties, condition: text("Condition"), path });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn checks_what_is_made_in_a_loop() {
        let template = "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Streams:\n    - Name\n    - [A, B]\n    - \
                        Stream${Name}:\n        Type: AWS::Kinesis::Stream\n        Properties: {Name: !Ref Name, ShardCounts: 1}\n";
        let found = findings("E3002", template);
        assert_eq!(
            found,
            ["8:52 AWS::Kinesis::Stream has no property `ShardCounts` (did you mean `ShardCount`?)"]
        );
    }
}
