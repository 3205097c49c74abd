//! What `Ref` gives, for W1030: in properties as their schemas say, and in `Fn::Cidr` as the function does.

use crate::lint::{Context, Findings, properties};
use crate::template::{Parameter, scalar_text};
use serde_json::Value;

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    properties::check(context, findings);
    for place in context.destinations().iter().filter(|place| place.function == "Ref") {
        // How many blocks, and how many bits each leaves for addresses.
        let (what, most) = match place.path.as_slice() {
            [.., function, index] if function == "Fn::Cidr" && index == "1" => ("count", 256.0),
            [.., function, index] if function == "Fn::Cidr" && index == "2" => ("bits", 128.0),
            _ => continue,
        };
        let parameter = place.argument.as_str().and_then(|name| context.template.parameters.get(name));
        for (value, path) in parameter.into_iter().flat_map(values) {
            if value < 1.0 || value > most {
                let message = format!("the {what} of `Fn::Cidr` is from 1 to {most}, and cannot be {value}");
                findings.add(message, None, context.template.place(&path), &path);
            }
        }
    }
}

/// Returns the numbers that a parameter may be, each with its place.
fn values(parameter: &Parameter) -> Vec<(f64, Vec<String>)> {
    let number = |value: &Value| scalar_text(value)?.parse::<f64>().ok();
    let path = |steps: &[&str]| {
        let start = ["Parameters", parameter.name.as_str()];
        start.iter().chain(steps).map(|step| (*step).to_owned()).collect::<Vec<_>>()
    };
    if !parameter.allowed_values.is_empty() {
        let allowed = parameter.allowed_values.iter().enumerate();
        let with_place = allowed.map(|(index, value)| (value, path(&["AllowedValues", &index.to_string()])));
        return with_place.filter_map(|(value, path)| Some((number(value)?, path))).collect();
    }
    let default = parameter.default.as_ref().and_then(number);
    let all = [("Default", default), ("MinValue", parameter.min_value), ("MaxValue", parameter.max_value)];
    all.into_iter().filter_map(|(name, value)| Some((value?, path(&[name])))).collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn of(parameter: &str) -> usize {
        let template = format!(
            "Parameters: {{P: {{Type: Number, {parameter}}}}}\nResources: {{A: {{Type: Custom::A, Properties: {{X: !Cidr [10.0.0.0/16, !Ref P, 8]}}}}}}\n"
        );
        findings("W1030", &template).len()
    }

    #[test]
    fn trips_on_numbers_that_are_not_for_networks() {
        assert_eq!(of("MinValue: 0, MaxValue: 300, Default: 5"), 2);
        assert_eq!(of("AllowedValues: [0, 5]"), 1);
    }

    #[test]
    fn is_fine_with_numbers_that_are() {
        assert_eq!(of("MinValue: 1, MaxValue: 256"), 0);
    }
}
