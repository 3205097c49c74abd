//! # W1019: every variable that Fn::Sub is given stands in its text
//!
//! ```yaml
//! Name: !Sub ["orders-${Stage}", {Stage: prod, Region: eu}]
//! ```
//!
//! A variable that the text does not name does nothing. Name it in the text, or leave it out.

use crate::lint::rules::functions::places;
use crate::lint::{Context, Findings, Level, Rule, did_you_mean};
use crate::template::sub::{Piece, pieces};

pub(super) const RULE: Rule = Rule {
    id: "W1019",
    level: Level::Warning,
    summary: "every variable that Fn::Sub is given stands in its text",
    source: include_str!("unused_variable.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    places::each(context.template, "Fn::Sub", &mut |place| {
        let [text, variables] = place.argument.items() else { return };
        let Some(text) = text.as_str().filter(|_| text.tag.is_none()) else { return };
        let named: Vec<&str> = pieces(text)
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Variable(name) => Some(name.trim()),
                _ => None,
            })
            .collect();
        for (key, _) in variables.entries() {
            // What a macro or a loop makes of the variables is not known.
            if !named.contains(&key.name.as_str()) && !key.name.contains("::") {
                let message = format!("the variable `{}` is not in the text", key.name);
                findings.add(message, did_you_mean(&key.name, &named), key.span, place.path);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_variable_that_is_not_named() {
        let template = "Resources: {A: {Type: Custom::A, Properties: {P: !Sub ['${a}', {a: 1, b: 2}]}}}";
        assert_eq!(findings("W1019", template), ["1:71 the variable `b` is not in the text"]);
    }

    #[test]
    fn is_fine_when_all_are_named() {
        let template =
            "Resources: {A: {Type: Custom::A, Properties: {P: !Sub ['${a} ${ b }', {a: 1, b: 2}]}}}";
        assert_eq!(findings("W1019", template), [""; 0]);
    }
}
