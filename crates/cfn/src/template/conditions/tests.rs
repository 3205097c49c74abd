use super::*;

const PARAMETERS: &str = "Parameters: {P: {Type: String, AllowedValues: [a, b]}, Q: {Type: String}}\nConditions:\n  IsA: !Equals [!Ref \
                          P, a]\n  IsB: !Equals [b, !Ref P]\n  IsC: !Equals [!Ref P, c]\n  NotA: !Not [!Condition IsA]\n  Has: !Not \
                          [!Equals [!Ref Q, '']]\n  IsX: !Equals [!Ref Q, x]\n  Both: !And [!Condition IsA, !Condition IsX]\n  \
                          Never: !Equals [x, y]\n";

/// What is assumed, and whether it can hold.
type Question<'q> = (&'q Assumed<'q>, Option<bool>);

fn asks(more: &str, questions: &[Question<'_>]) {
    let text = format!("{PARAMETERS}{more}Resources: {{R: {{Type: Custom::R}}}}\n");
    let template = Template::parse(&text).expect("the template is well formed");
    let conditions = Conditions::new(&template);
    for (assumed, answer) in questions {
        assert_eq!(conditions.can_hold(assumed), *answer, "{assumed:?}");
    }
}

#[test]
fn knows_what_can_hold_together() {
    asks(
        "",
        &[
            (&[("IsA", true)], Some(true)),
            (&[("IsA", true), ("IsB", true)], Some(false)),
            (&[("IsA", false), ("IsB", false)], Some(false)),
            (&[("IsC", true)], Some(false)),
            (&[("NotA", true), ("IsB", false)], Some(false)),
            (&[("Has", false), ("IsX", true)], Some(false)),
            (&[("Has", true), ("IsX", false)], Some(true)),
            (&[("Both", true), ("Has", false)], Some(false)),
            (&[("Both", false), ("IsA", true), ("Has", true)], Some(true)),
            (&[("Never", true)], Some(false)),
            (&[("Elsewhere", true)], None),
        ],
    );
}

#[test]
fn knows_what_rules_demand() {
    let rules = "Rules:\n  R:\n    RuleCondition: !Equals [!Ref P, a]\n    Assertions: [{Assert: {Fn::Contains: [[x, y], !Ref Q]}}]\n";
    asks(
        rules,
        &[
            (&[("IsA", true), ("Has", false)], Some(false)),
            (&[("IsA", true), ("IsX", false)], Some(true)),
            (&[("IsB", true), ("Has", false)], Some(true)),
        ],
    );
}

#[test]
fn knows_what_a_value_leaves_possible() {
    let text = format!("{PARAMETERS}Resources: {{R: {{Type: Custom::R}}}}\n");
    let template = Template::parse(&text).expect("the template is well formed");
    let conditions = Conditions::new(&template);
    let asked = |assumed, given| conditions.can_hold_with(&[assumed], Some(given));
    assert_eq!(asked(("Has", true), ("Q", "")), Some(false));
    assert_eq!(asked(("Has", true), ("Q", "other")), Some(true));
    assert_eq!(asked(("IsX", true), ("Q", "other")), Some(false));
    assert_eq!(asked(("IsX", true), ("P", "b")), Some(true));
    assert_eq!(conditions.can_fail(&[("Both", true)], "IsX"), Some(false));
}

#[test]
fn stays_silent_beyond_its_bound_and_answers_deep_nesting_at_once() {
    let mut text = String::from("Parameters: {P: {Type: String}}\nConditions:\n  C0: !Equals [!Ref P, a]\n");
    for index in 1..60 {
        let before = index - 1;
        text.push_str(&format!("  C{index}: !Or [!Condition C{before}, !Not [!Condition C{before}]]\n"));
    }
    for index in 0..20 {
        text.push_str(&format!("  D{index}: !Equals [!Ref 'AWS::P{index}', a]\n"));
    }
    let all: Vec<String> = (0..10).map(|index| format!("!Condition D{index}")).collect();
    let more: Vec<String> = (10..20).map(|index| format!("!Condition D{index}")).collect();
    text.push_str(&format!(
        "  E: !Or [{}]\n  F: !Or [!Condition E, {}]\n",
        all.join(", "),
        more[1..].join(", ")
    ));
    text.push_str("  Circle: !Not [!Condition Circle]\nResources: {R: {Type: Custom::R}}\n");
    let template = Template::parse(&text).expect("the template is well formed");
    let conditions = Conditions::new(&template);
    assert_eq!(conditions.can_hold(&[("C59", false)]), Some(false));
    assert_eq!(conditions.can_hold(&[("E", true), ("D3", false)]), Some(true));
    assert_eq!(conditions.can_hold(&[("F", true)]), None);
    assert_eq!(conditions.can_hold(&[("Circle", true)]), Some(true));
}
