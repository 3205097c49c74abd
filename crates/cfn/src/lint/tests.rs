use super::{Level, Options, Report, rules};

/// Checks a template as one for the region that is taken when none is named.
fn check(template: &str) -> Report {
    super::check(template, &Options::default())
}

/// Returns what one rule finds: place, message, and help in brackets.
pub(super) fn findings(rule: &str, template: &str) -> Vec<String> {
    let report = check(template);
    let of_rule = report.findings.iter().filter(|finding| finding.rule == rule);
    of_rule
        .map(|finding| {
            let (start, _) = report.place(finding);
            let help = finding.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{start} {}{help}", finding.message)
        })
        .collect()
}

#[test]
fn every_rule_has_an_id_of_its_own_and_a_page() {
    let mut ids: Vec<&str> = rules().iter().map(|rule| rule.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rules().len());
    for rule in rules() {
        let page = rule.page();
        assert!(page.starts_with(&format!("# {}: {}\n", rule.id, rule.summary)), "{page}");
        assert!(page.lines().count() > 4, "{page}");
        let warns = rule.id.starts_with('W');
        assert!(rule.id.starts_with('H') || (rule.level == Level::Warning) == warns, "{}", rule.id);
    }
}

#[test]
fn finds_nothing_in_a_template_without_fault() {
    let report = check("Resources:\n  Stream:\n    Type: AWS::Kinesis::Stream\n");
    assert_eq!(report.findings, []);
}

#[test]
fn is_silenced_by_the_templates_author() {
    let template = "Metadata: {cfn-lint: {config: {ignore_checks: [W2]}}}\nParameters: {P: {Type: String}}\n\
                    Resources:\n  A: {Type: Custom::A, Properties: {X: !Ref Y}}\n  \
                    B: {Type: Custom::B, Metadata: {cfn-lint: {config: {ignore_checks: [E1020]}}}, Properties: {X: !Ref Y}}\n";
    assert_eq!(findings("W2001", template), [""; 0]);
    assert_eq!(findings("E1020", template).len(), 1);
}

#[test]
fn never_panics_on_the_start_of_a_template() {
    let template = "Mappings: {M: {a: {b: !Ref c}}}\nConditions: {C: !And [!Condition C, {Condition: D}]}\nResources:\n  \
                    A: {Type: AWS::Kinesis::Stream, DependsOn: [A], Properties: {X: !GetAtt A.B, Y: !FindInMap [M, a, b]}}\n  \
                    B: !Sub {é: ['${A.B}', !If [C, 1, 2]]}\nOutputs: {O: {Value: !If [C, !Ref A, !Ref AWS::NoValue]}}\n";
    for end in (0..template.len()).filter(|end| template.is_char_boundary(*end)) {
        let report = check(&template[..end]);
        for finding in &report.findings {
            report.place(finding);
        }
    }
}

#[test]
fn never_overflows_on_the_deepest_template() {
    for (open, close) in
        [("!Base64 [", "]"), ("{Fn::If: [C, ", "]}"), ("{a: ", "}"), ("!Sub {Fn::Sub: ", "}")]
    {
        for depth in [10, 25, 27, 50, 54, 56, 5000] {
            let value = format!("{}x{}", open.repeat(depth), close.repeat(depth));
            let report = check(&format!("Resources: {{A: {{Type: Custom::A, Properties: {{P: {value}}}}}}}"));
            for finding in &report.findings {
                report.place(finding);
            }
        }
    }
}

#[test]
fn looks_at_nested_conditions_once_each() {
    // Written out, the last condition would be a formula of 2^24 comparisons, and the text one of 2^24 outcomes.
    let names: Vec<String> = (1..=24).map(|index| format!("C{index}")).collect();
    let parameters: String =
        (0..=24).map(|index| format!("  P{index}: {{Type: String, AllowedValues: [a, b]}}\n")).collect();
    let conditions: String = (1..=24)
        .map(|index| {
            let before = index - 1;
            format!("  C{index}: !Or [!Not [!Condition C{before}], !And [!Condition C{before}, !Equals [!Ref P{index}, a]]]\n")
        })
        .collect();
    let nested = names.iter().fold("1".to_owned(), |inner, name| format!("!If [{name}, {inner}, 2]"));
    let text: String = (0..=24).map(|index| format!("${{P{index}}}")).collect();
    let template = format!(
        "Parameters:\n{parameters}Conditions:\n  C0: !Equals [!Ref P0, a]\n{conditions}Resources:\n  S:\n    Type: \
         AWS::Kinesis::Stream\n    Condition: C24\n    Properties:\n      Name: !Sub '${{AWS::Region}}{text}'\n      ShardCount: {nested}\n"
    );
    assert_eq!(check(&template).count(Level::Error), 0);
}
