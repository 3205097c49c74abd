//! # W1028: both sides of Fn::If can be taken
//!
//! ```yaml
//! Size: !If [IsProd, !If [IsProd, 4, 2], 1]
//! ```
//!
//! What is around the function already decides it: the condition of the resource, or of another `Fn::If`, together with what
//! they compare. Write the side that is taken in its place.

use crate::lint::rules::functions::places;
use crate::lint::{Context, Findings, Level, Rule};
use crate::template::conditions::Conditions;
use std::cell::LazyCell;

pub(super) const RULE: Rule = Rule {
    id: "W1028",
    level: Level::Warning,
    summary: "both sides of Fn::If can be taken",
    source: include_str!("reachable.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let open = LazyCell::new(|| Conditions::with_open_constants(context.template));
    places::each(context.template, "Fn::If", &mut |place| {
        let parts = place.argument.items();
        let ([Some(name), ..], 3) = ([parts.first().and_then(|first| first.as_str())], parts.len()) else {
            return;
        };
        if !context.template.conditions.contains_key(name) {
            return;
        }
        let way = &place.path[..place.path.len() - 1];
        let mut assumed = context.assumed(way);
        // In what cannot be reached itself, nothing more is told.
        if context.conditions.can_hold(&assumed) != Some(true) {
            return;
        }
        for (index, holds) in [(1, true), (2, false)] {
            assumed.push((name, holds));
            // What is so because of a comparison of two texts is another rule's finding.
            if context.conditions.can_hold(&assumed) == Some(false) && open.can_hold(&assumed) == Some(false)
            {
                let how = if holds { "never" } else { "always" };
                let mut path = place.path.to_vec();
                path.push(index.to_string());
                let message = format!("this side is never taken: `{name}` {how} holds here");
                findings.add(message, None, parts[index].span, &path);
            }
            assumed.pop();
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    const CONDITIONS: &str = "Parameters: {P: {Type: String}}\nConditions: {A: !Equals [!Ref P, a], B: !Equals [!Ref P, b]}\nResources:\n  \
                              R:\n    Type: Custom::R\n    Condition: A\n    Properties:\n";

    #[test]
    fn trips_on_what_is_decided() {
        let template = format!("{CONDITIONS}      One: !If [A, x, y]\n      Two: !If [B, x, y]\n");
        assert_eq!(
            findings("W1028", &template),
            [
                "8:23 this side is never taken: `A` always holds here",
                "9:20 this side is never taken: `B` never holds here",
            ]
        );
    }

    #[test]
    fn is_fine_with_what_is_open() {
        let constant = "Conditions: {A: !Equals [a, a]}\nResources: {R: {Type: Custom::R, Properties: {X: !If [A, x, y]}}}\n";
        assert_eq!(findings("W1028", constant), [""; 0]);
        let template = "Parameters: {P: {Type: String}, Q: {Type: String}}\nConditions: {A: !Equals [!Ref P, a], B: !Equals [!Ref Q, \
                        b]}\nResources: {R: {Type: Custom::R, Properties: {X: !If [A, !If [B, x, y], z]}}}\n";
        assert_eq!(findings("W1028", template), [""; 0]);
    }
}
