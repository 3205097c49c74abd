//! How a console asks for a template's parameters: E4001 and W4001, each with its page.

use crate::lint::{Context, Findings, did_you_mean};
use crate::yaml::{Key, Node, NodeValue};

const INTERFACE: &str = "AWS::CloudFormation::Interface";

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let metadata = context.template.document().root.get("Metadata");
    let Some((key, interface)) = metadata.and_then(|metadata| metadata.entry(INTERFACE)) else { return };
    let mut reader = Interface { context, findings, path: vec!["Metadata", INTERFACE] };
    if !matches!(interface.value, NodeValue::Mapping(_)) {
        return reader.refuse("an interface is an object".to_owned(), key);
    }
    reader.names(key, interface, &["ParameterGroups", "ParameterLabels"]);
    if let Some((key, groups)) = interface.entry("ParameterGroups") {
        reader.below("ParameterGroups", |reader| reader.groups(key, groups));
    }
    if let Some(labels) = interface.get("ParameterLabels") {
        reader.below("ParameterLabels", |reader| {
            for (name, label) in labels.entries() {
                reader.parameter(&name.name, name.span);
                reader.label(name, label);
            }
        });
    }
}

struct Interface<'c, 't, 'f> {
    context: &'c Context<'t>,
    findings: &'f mut Findings,
    path: Vec<&'static str>,
}

impl Interface<'_, '_, '_> {
    fn below(&mut self, name: &'static str, visit: impl FnOnce(&mut Self)) {
        self.path.push(name);
        visit(self);
        self.path.pop();
    }

    fn groups(&mut self, key: &Key, groups: &Node) {
        if !matches!(groups.value, NodeValue::Sequence(_)) {
            return self.refuse("`ParameterGroups` is a list".to_owned(), key);
        }
        for group in groups.items() {
            self.names(key, group, &["Label", "Parameters"]);
            if let Some((key, label)) = group.entry("Label") {
                self.label(key, label);
            }
            let Some((key, parameters)) = group.entry("Parameters") else { continue };
            if !matches!(parameters.value, NodeValue::Sequence(_)) {
                self.refuse("`Parameters` is a list".to_owned(), key);
            }
            for parameter in parameters.items() {
                if let Some(name) = parameter.as_str() {
                    self.parameter(name, parameter.span);
                }
            }
        }
    }

    /// Refuses names in an object that are not known. What the console makes of a text in its place is not documented.
    fn names(&mut self, key: &Key, node: &Node, known: &[&str]) {
        if self.findings.rule != "E4001" {
            return;
        }
        for (name, _) in node.entries().iter().filter(|(name, _)| !known.contains(&name.name.as_str())) {
            let help = did_you_mean(&name.name, known);
            let message = format!("`{}` has no `{}`", key.name, name.name);
            self.findings.add(message, help, name.span, &self.path);
        }
    }

    fn label(&mut self, key: &Key, label: &Node) {
        self.names(key, label, &["default"]);
        if let Some((key, text)) = label.entry("default")
            && (text.is_collection() || text.tag.is_some())
        {
            self.refuse("`default` is a text".to_owned(), key);
        }
    }

    fn refuse(&mut self, message: String, key: &Key) {
        if self.findings.rule == "E4001" {
            self.findings.add(message, None, key.span, &self.path);
        }
    }

    fn parameter(&mut self, name: &str, span: crate::yaml::Span) {
        let parameters = &self.context.template.parameters;
        if self.findings.rule == "W4001" && !parameters.contains_key(name) {
            let help = did_you_mean(name, parameters.keys());
            self.findings.add(format!("no parameter is named `{name}`"), help, span, &self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn of(rule: &str, interface: &str) -> usize {
        let template = format!(
            "Metadata: {{AWS::CloudFormation::Interface: {interface}}}\nParameters: {{P: {{Type: String}}}}\nResources: {{A: {{Type: Custom::A}}}}\n"
        );
        findings(rule, &template).len()
    }

    #[test]
    fn trips_on_another_shape() {
        for interface in [
            "[x]",
            "{ParameterGroup: []}",
            "{ParameterGroups: {A: b}}",
            "{ParameterGroups: [{Label: {Default: x}}]}",
            "{ParameterLabels: {P: {default: [x]}}}",
        ] {
            assert_eq!(of("E4001", interface), 1, "{interface}");
        }
    }

    #[test]
    fn trips_on_parameters_that_are_not_there() {
        assert_eq!(
            of("W4001", "{ParameterGroups: [{Parameters: [P, Q]}], ParameterLabels: {R: {default: x}}}"),
            2
        );
    }

    #[test]
    fn is_fine_with_the_templates_parameters() {
        let interface =
            "{ParameterGroups: [{Label: {default: x}, Parameters: [P]}], ParameterLabels: {P: {default: x}}}";
        assert_eq!((of("E4001", interface), of("W4001", interface)), (0, 0));
    }
}
