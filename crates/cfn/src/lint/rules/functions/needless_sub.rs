//! # W1020: Fn::Sub has something to put in
//!
//! ```yaml
//! Name: !Sub orders
//! ```
//!
//! A text without `${Name}` is the same without the function. Write the text alone, or name what should stand in it.

use crate::lint::rules::functions::places;
use crate::lint::{Context, Findings, Level, Rule};
use crate::template::sub::{Piece, pieces};

pub(super) const RULE: Rule = Rule {
    id: "W1020",
    level: Level::Warning,
    summary: "Fn::Sub has something to put in",
    source: include_str!("needless_sub.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    // SAM writes such functions itself.
    if context.template.has_transform("AWS::Serverless-2016-10-31") {
        return;
    }
    places::each(context.template, "Fn::Sub", &mut |place| {
        let listed = place.argument.items().first();
        let text = place.argument.as_str().or_else(|| listed?.as_str());
        let Some(text) = text.filter(|_| !place.argument_is_function()) else { return };
        if !pieces(text).iter().any(|piece| matches!(piece, Piece::Variable(_))) {
            let help = Some("write the text without `Fn::Sub`".to_owned());
            let span = listed.map_or(place.span, |text| text.span);
            findings.add("`Fn::Sub` has no variable to put in", help, span, place.path);
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_text_without_a_variable() {
        let template = "Resources:\n  A:\n    Type: Custom::A\n    Properties:\n      One: !Sub plain\n      Two: {'Fn::Sub': ['${!x}', {a: b}]}\n";
        assert_eq!(findings("W1020", template).len(), 2);
    }

    #[test]
    fn is_fine_with_variables() {
        let template = "Resources: {A: {Type: Custom::A, Properties: {One: !Sub '${AWS::Region}', Two: !Sub ['${x}', {x: y}]}}}";
        assert_eq!(findings("W1020", template), [""; 0]);
    }
}
