use super::*;

fn seen(template: &str) -> Vec<String> {
    let template = Template::parse(template).expect("the template is well formed");
    let resource = &template.resources["R"];
    let properties = see(&Conditions::new(&template), &resource.properties, resource.condition.as_deref());
    let mut found = Vec::new();
    collect(&properties["X"], &mut Vec::new(), &mut found);
    found
}

fn collect(value: &Value, path: &mut Vec<String>, found: &mut Vec<String>) {
    match read(value) {
        Reading::Known => found.push(format!("{}={value}", path.join("/").replace('\0', "@"))),
        Reading::Unknown => found.push("unknown".to_owned()),
        Reading::Absent => found.push("absent".to_owned()),
        Reading::OneOf(alternatives) => {
            for alternative in alternatives {
                let length = path.len();
                path.extend(alternative.path);
                collect(alternative.value, path, found);
                path.truncate(length);
            }
        }
    }
}

#[test]
fn sees_defaults_allowed_values_and_mappings() {
    let rest = "Mappings: {M: {a: {x: 1}}}\nResources: {R: {Type: Custom::R, Properties: {X: ";
    let template = |value: &str| {
        format!(
            "Parameters: {{P: {{Type: String, Default: a, AllowedValues: [a, b]}}, Q: {{Type: String}}}}\n{rest}{value}}}}}}}"
        )
    };
    let expected = ["Ref/@Parameters/P/AllowedValues/0=\"a\"", "Ref/@Parameters/P/AllowedValues/1=\"b\""];
    assert_eq!(seen(&template("!Ref P")), expected);
    assert_eq!(seen(&template("!Ref Q")), ["unknown"]);
    assert_eq!(seen(&template("!Ref AWS::NoValue")), ["absent"]);
    assert_eq!(seen(&template("!FindInMap [M, a, x]")), ["Fn::FindInMap/@Mappings/M/a/x=1"]);
    assert_eq!(seen(&template("!Sub 'x-${!y}'")), ["Fn::Sub/@=\"x-${y}\""]);
    assert_eq!(seen(&template("!Join ['-', [a, !FindInMap [M, a, x]]]")), ["Fn::Join/@=\"a-1\""]);
    assert_eq!(seen(&template("!Sub '${Q}'")), ["unknown"]);
    assert_eq!(seen(&template("'{{resolve:ssm:x}}'")), ["unknown"]);
}

#[test]
fn leaves_out_what_conditions_exclude() {
    let template = "Parameters: {P: {Type: String, Default: ''}}\nConditions: {Has: !Not [!Equals [!Ref P, '']]}\nResources: {R: \
                    {Type: Custom::R, Properties: {X: !If [Has, [!Ref P], !If [Has, 1, 2]]}}}";
    assert_eq!(seen(template), ["Fn::If/1=[{\"\\u0000choice\":[]}]", "Fn::If/2/Fn::If/2=2"]);
}
