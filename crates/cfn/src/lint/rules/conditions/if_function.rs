//! # E1028: Fn::If has a condition of the template and two values
//!
//! ```yaml
//! ShardCount: !If [IsProd, 4]
//! ```
//!
//! Write the condition's name, the value when it holds and the value when it does not; `!Ref AWS::NoValue` leaves the property
//! out. The name is written as text, not with `!Condition`.

use crate::lint::rules::functions::places;
use crate::lint::{Context, Findings, Level, Rule, arguments, did_you_mean};
use crate::template::ReferenceKind;
use crate::yaml::NodeValue;

pub(super) const RULE: Rule = Rule {
    id: "E1028",
    level: Level::Error,
    summary: "Fn::If has a condition of the template and two values",
    source: include_str!("if_function.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    arguments::check(context, findings);
    places::each(context.template, "Fn::If", &mut |place| {
        let parts = place.argument.items();
        if !matches!(place.argument.value, NodeValue::Sequence(_)) || place.argument_is_function() {
            findings.add(
                "`Fn::If` takes a list: condition, value if true, value if false",
                None,
                place.span,
                place.path,
            );
            return;
        }
        if parts.len() != 3 {
            let message = format!("`Fn::If` takes three values, not {}", parts.len());
            findings.add(message, None, place.span, place.path);
        }
        if let Some(first) = parts.first()
            && (first.tag.is_some() || first.as_str().is_none())
        {
            let message = "the first value of `Fn::If` is the name of a condition";
            findings.add(message, None, first.span, place.path);
        }
    });
    for reference in context.references {
        let known = context.template.conditions.contains_key(&reference.to);
        let path = &reference.from.path;
        let around = &path[..path.len().saturating_sub(2)];
        if reference.kind == ReferenceKind::If && !known && !context.is_in_broken_if(around) {
            let message = format!("no condition is named `{}`", reference.to);
            let help = did_you_mean(&reference.to, context.template.conditions.keys());
            findings.add(message, help, reference.from.span, &reference.from.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_an_unknown_condition_and_a_wrong_shape() {
        let template = "Conditions: {IsProd: !Equals [a, b]}\nResources:\n  A:\n    Type: Custom::A\n    Properties:\n      \
                        One: !If [IsPro, 1, 2]\n      Two: !If [IsProd, 1]\n      Three: !If {a: b}\n      Four: !If \
                        [!Condition IsProd, 1, 2]\n";
        let found = findings("E1028", template);
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(found[0], "6:17 no condition is named `IsPro` (did you mean `IsProd`?)");
    }

    #[test]
    fn is_fine_with_functions_within_the_branches() {
        let template = "Conditions: {IsProd: !Equals [a, b]}\nResources:\n  A:\n    Type: Custom::A\n    Properties:\n      \
                        One: {Fn::If: [IsProd, !If [IsProd, 1, 2], !Ref AWS::NoValue]}\n";
        assert_eq!(findings("E1028", template), [""; 0]);
    }
}
