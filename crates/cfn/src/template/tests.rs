use super::{ReferenceKind, Template, graph};
use crate::yaml::Document;
use indexmap::IndexMap;
use serde_json::json;

const TEMPLATE: &str = r#"
AWSTemplateFormatVersion: 2010-09-09
Description: Positions
Transform: AWS::LanguageExtensions
Parameters:
  Shards: {Type: Number, Default: 1, MinValue: 1, MaxValue: "10"}
Mappings:
  Sizes: {eu-west-1: {shards: 4}}
Conditions:
  IsBig: !Equals [!Ref Shards, 10]
  IsSmall: !Not [!Condition IsBig]
Resources:
  Stream:
    Type: AWS::Kinesis::Stream
    DeletionPolicy: Retain
    Condition: IsBig
    Properties:
      Name: !Sub "${AWS::StackName}-${!x}-${Local}"
      ShardCount:
        Fn::If: [IsBig, !Ref Shards, 1]
  Role:
    Type: AWS::IAM::Role
    DependsOn: [Stream]
    Properties:
      Arn: !GetAtt Stream.Arn
      Policy:
        Condition: {StringEquals: {a: b}}
        Resource:
          - Fn::GetAtt: [Stream, Arn]
          - Fn::Sub: ["${Stream.Arn}/${Own}", {Own: !FindInMap [Sizes, eu-west-1, shards]}]
Outputs:
  Name:
    Value: !Ref Stream
    Condition: IsBig
    Export: {Name: !Sub "${AWS::StackName}-name"}
"#;

fn parse(text: &str) -> Template {
    Template::parse(text).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn refusals(text: &str) -> Vec<String> {
    match Template::parse(text) {
        Ok(template) => match template.validate() {
            Ok(()) => panic!("accepted: {text}"),
            Err(error) => vec![error.to_string()],
        },
        Err(errors) => errors.into_iter().map(|error| error.message).collect(),
    }
}

#[test]
fn reads_every_section_with_short_forms_written_out() {
    let template = parse(TEMPLATE);
    assert_eq!(template.format_version.as_deref(), Some("2010-09-09"));
    assert!(template.has_transform("AWS::LanguageExtensions"));
    assert_eq!(template.parameters["Shards"].max_value, Some(10.0));
    assert_eq!(template.conditions["IsSmall"], json!({"Fn::Not": [{"Condition": "IsBig"}]}));
    let stream = &template.resources["Stream"];
    assert_eq!(stream.resource_type, "AWS::Kinesis::Stream");
    assert_eq!(stream.deletion_policy.as_deref(), Some("Retain"));
    assert_eq!(stream.condition.as_deref(), Some("IsBig"));
    let role = &template.resources["Role"];
    assert_eq!(role.properties["Arn"], json!({"Fn::GetAtt": ["Stream", "Arn"]}));
    assert_eq!(role.depends_on, ["Stream"]);
    let output = &template.outputs["Name"];
    assert_eq!(output.export_name, Some(json!({"Fn::Sub": "${AWS::StackName}-name"})));
}

#[test]
fn finds_the_place_of_a_path() {
    let template = parse(TEMPLATE);
    let document = template.document();
    let text = |path: &[&str]| {
        let span = template.span(path).expect("found");
        &document.source()[span.start..span.end]
    };
    assert_eq!(text(&["Resources", "Role", "Properties", "Arn", "Fn::GetAtt", "1"]), "Stream.Arn");
    assert_eq!(text(&["Resources", "Stream", "Properties", "ShardCount", "Fn::If", "1", "Ref"]), "Shards");
    assert_eq!(template.span(&["Resources", "Role", "Properties", "Arn", "Ref"]), None);
    let key = template.key_span(&["Resources", "Stream"]).expect("found");
    assert_eq!(document.position(key.start).line, 13);
    assert_eq!(template.place(&["Resources", "Stream"]), key);
    assert_eq!(template.place(&["Resources", "Stream", "Nothing", "There"]), key);
}

#[test]
fn lists_what_names_something_else() {
    let template = parse(TEMPLATE);
    let found: Vec<(ReferenceKind, String)> = template
        .references()
        .into_iter()
        .map(|reference| {
            let to = match reference.attribute {
                Some(attribute) => format!("{}.{attribute}", reference.to),
                None => reference.to,
            };
            (reference.kind, to)
        })
        .collect();
    let expected = [
        (ReferenceKind::Ref, "Shards"),
        (ReferenceKind::Condition, "IsBig"),
        (ReferenceKind::Condition, "IsBig"),
        (ReferenceKind::Sub, "AWS::StackName"),
        (ReferenceKind::Sub, "Local"),
        (ReferenceKind::If, "IsBig"),
        (ReferenceKind::Ref, "Shards"),
        (ReferenceKind::DependsOn, "Stream"),
        (ReferenceKind::GetAtt, "Stream.Arn"),
        (ReferenceKind::GetAtt, "Stream.Arn"),
        (ReferenceKind::Sub, "Stream.Arn"),
        (ReferenceKind::FindInMap, "Sizes"),
        (ReferenceKind::Ref, "Stream"),
        (ReferenceKind::Condition, "IsBig"),
        (ReferenceKind::Sub, "AWS::StackName"),
    ];
    assert_eq!(found, expected.map(|(kind, to)| (kind, to.to_owned())));
}

#[test]
fn sees_functions_within_functions() {
    for text in [
        "{Fn::Base64: {Fn::Sub: '${B}'}}",
        "!Base64 {Ref: B}",
        "{Fn::Base64: !Ref B}",
        "!Join ['', [{Fn::GetAtt: B.Arn}]]",
        "{Fn::Sub: ['${x}', {x: {Fn::ImportValue: {Fn::Sub: '${B}'}}}]}",
        "!Split [x, {Ref: B}]",
        "{Fn::If: [C, {Ref: B}, {Ref: 'AWS::NoValue'}]}",
        "{Fn::Select: [0, {Fn::GetAtt: [B, List]}]}",
    ] {
        let template =
            parse(&format!("Resources: {{A: {{Type: T, Properties: {{P: {text}}}}}, B: {{Type: T}}}}"));
        let dependencies = graph::dependencies(&template).expect("no circle");
        assert!(dependencies.of("A").contains("B"), "{text}");
    }
}

#[test]
fn refuses_malformed_templates_in_cloudformations_words() {
    for (text, message) in [
        ("[]", "Template format error: unsupported structure."),
        ("Resources: {}", "Template format error: At least one Resources member must be defined."),
        ("{Resorces: {}, Resources: {A: {Type: T}}}", "Invalid template property or properties [Resorces]"),
        (
            "Resources: {A: {Properties: {}}}",
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        ),
        ("Resources: {A: {Type: T, Depends: B}}", "Invalid template resource property 'Depends'"),
        ("Resources: {A-b: {Type: T}}", "Template format error: Resource name A-b is non alphanumeric."),
        (
            "Resources: {A: {Type: T, Properties: {P: }}}",
            "Template format error: [/Resources/A/Properties/P] 'null' values are not allowed in templates",
        ),
        (
            "Resources: {A: {Type: T, DependsOn: C, Properties: {P: !Ref B}}}",
            "Template format error: Unresolved resource dependencies [B, C] in the Resources block of the template",
        ),
        (
            "{Resources: {A: {Type: T}}, Conditions: {C: !Equals [!Ref A, x]}}",
            "Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block of \
             the template",
        ),
        (
            "Resources: {A: {Type: T, Properties: {P: !GetAtt B.Arn}}}",
            "Template error: instance of Fn::GetAtt references undefined resource B",
        ),
        (
            "Resources: {A: {Type: T, Properties: {P: !GetAtt B.Arn}}, B: {Type: T, DependsOn: A}}",
            "Circular dependency between resources: [A, B]",
        ),
    ] {
        assert_eq!(refusals(text), [message], "{text}");
    }
}

#[test]
fn accepts_a_template_whose_names_all_lead_somewhere() {
    let text = TEMPLATE.replace("-${Local}", "");
    assert_eq!(parse(&text).validate(), Ok(()));
}

#[test]
fn orders_resources_and_finds_circles() {
    let template = parse(
        "Resources: {A: {Type: T, DependsOn: [B, C]}, B: {Type: T, DependsOn: C}, C: {Type: T}, D: {Type: T}}",
    );
    let dependencies = graph::dependencies(&template).expect("no circle");
    assert_eq!(dependencies.order(), ["C", "D", "B", "A"]);
    assert_eq!(dependencies.of("A").len(), 2);
    assert_eq!(dependencies.dependents("C").len(), 2);
    let template = parse(
        "Resources: {A: {Type: T, DependsOn: B}, B: {Type: T, DependsOn: A}, C: {Type: T, DependsOn: [A, C]}, \
         D: {Type: T, DependsOn: C}}",
    );
    let cycles: Vec<Vec<String>> =
        graph::cycles(&template).into_iter().map(|cycle| cycle.logical_ids).collect();
    assert_eq!(cycles, [vec!["A", "B"], vec!["C"]]);
    assert!(graph::dependencies(&template).is_err());
}

#[test]
fn checks_parameter_values() {
    let template = parse(
        r#"
Parameters:
  Name: {Type: String, AllowedPattern: "[a-z]+", MinLength: 2, MaxLength: 5}
  Size: {Type: Number, MinValue: 1, MaxValue: 10, Default: 3}
  Env: {Type: String, AllowedValues: [dev, prod, 7], Default: dev, ConstraintDescription: must be an environment}
  List: {Type: CommaDelimitedList, Default: "a, b", AllowedPattern: "[ab]"}
Resources: {A: {Type: T}}
"#,
    );
    let check =
        |name: &str, text: &str| template.parameters[name].check(text).map_err(|error| error.to_string());
    assert_eq!(check("Name", "abc"), Ok(()));
    assert_eq!(check("Name", "a"), Err("Parameter 'Name' must contain at least 2 characters".into()));
    assert_eq!(check("Name", "abcdef"), Err("Parameter 'Name' must contain at most 5 characters".into()));
    assert_eq!(check("Name", "abC"), Err("Parameter 'Name' must match pattern [a-z]+".into()));
    assert_eq!(check("Size", "11"), Err("Parameter 'Size' must be a number not greater than 10".into()));
    assert!(check("Size", "many").is_err());
    assert_eq!(check("Env", "7"), Ok(()));
    assert_eq!(
        check("Env", "test"),
        Err("Parameter Env failed to satisfy constraint: must be an environment".into())
    );
    assert!(check("List", "a,c").is_err());
    assert_eq!(template.parameters["List"].value("a, b"), json!(["a", "b"]));

    let given = |pairs: &[(&str, &str)]| -> IndexMap<String, String> {
        pairs.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
    };
    let refusal = |pairs| template.parameter_values(&given(pairs)).map_err(|error| error.to_string());
    assert_eq!(refusal(&[]), Err("Parameters: [Name] must have values".into()));
    assert_eq!(
        refusal(&[("Name", "abc"), ("Other", "x")]),
        Err("Parameters: [Other] do not exist in the template".into())
    );
    let values = refusal(&[("Name", "abc")]).expect("complete");
    assert_eq!(values.get("Size").map(String::as_str), Some("3"));
}

#[test]
fn reads_any_start_of_a_template_without_panicking() {
    for end in (0..TEMPLATE.len()).filter(|end| TEMPLATE.is_char_boundary(*end)) {
        let (document, _) = Document::parse(&TEMPLATE[..end]);
        let (template, _) = Template::read(document);
        let _ = template.validate();
        for reference in template.references() {
            template.place(&reference.from.path);
        }
    }
}
