//! What the linter shows to people, and what it writes for programs.

use serde_json::Value;

use crate::assert_screen;
use crate::environment::{Output, TestEnvironment, repository};
use crate::peer::python;

/// One finding of each level that can be mended, and one that cannot.
const TEMPLATE: &str = "\
# Orders
Parameters:
  Name: { Type: String }
Resources:
  Stream: # the stream
    Type: AWS::Kinesis::Stream
    Properties:
      Nmae: !Ref  Nam   # by its name
      StreamModeDetails: {StreamMode: on_demand}
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: !Sub 'orders: new', Oops: \"100 %, <&>\"}
";

fn room() -> TestEnvironment {
    let room = TestEnvironment::new();
    room.write("infra/template.yaml", TEMPLATE);
    room
}

fn lint(room: &TestEnvironment, arguments: &[&str]) -> Output {
    room.run(&[&["lint", "infra/template.yaml"], arguments].concat())
}

#[test]
fn shows_findings_with_their_places_and_advice() {
    assert_screen!("findings", lint(&room(), &[]));
}

#[test]
fn writes_sarif_that_fits_its_schema() {
    let output = lint(&room(), &["--format", "sarif"]);
    assert_eq!(output.code, 3, "{output}");
    let log = output.json();
    let schema = std::fs::read_to_string(repository().join("tests/fixtures/sarif-2.1.0.schema.json"));
    let mut schema: Value =
        serde_json::from_str(&schema.expect("the schema is there")).expect("the schema is JSON");
    // As published, this pattern has a bracket too many and is no regular expression.
    for what in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][what]["properties"]["language"];
        language["pattern"] = "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$".into();
    }
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let errors: Vec<String> =
        validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, [""; 0]);

    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("there are results");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("there are rules");
    assert_eq!(results.len(), 6, "{output}");
    for result in results {
        let rule = &rules[result["ruleIndex"].as_u64().expect("it has a rule") as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().is_some_and(|page| page.len() > 50), "{rule}");
        let file = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(file, "infra/template.yaml");
    }
    let mended = results.iter().find(|result| result["ruleId"] == "E3030").expect("the mode is wrong");
    let replacement = &mended["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "ON_DEMAND");
    assert_eq!(replacement["deletedRegion"]["startLine"], 9);
}

#[test]
fn knows_a_finding_again_though_its_line_moved() {
    let room = room();
    let prints = |output: Output| -> Vec<Value> {
        let log = output.json();
        let results = log["runs"][0]["results"].as_array().expect("there are results");
        results.iter().map(|result| result["partialFingerprints"]["templatePath/v1"].clone()).collect()
    };
    let before = prints(lint(&room, &["--format", "sarif"]));
    room.write("infra/template.yaml", &format!("# One more line\n\n{TEMPLATE}"));
    let after = prints(lint(&room, &["--format", "sarif"]));
    assert_eq!(before, after);
    let different: std::collections::HashSet<String> = before.iter().map(Value::to_string).collect();
    assert_eq!(different.len(), before.len());
}

#[test]
fn writes_annotations_junit_and_gitlab_s_report() {
    let room = room();
    assert_screen!("github", lint(&room, &["--format", "github"]));
    assert_screen!("junit", lint(&room, &["--format", "junit", "--fail-on", "error"]));
    assert_screen!("gitlab", lint(&room, &["--format", "gitlab", "--only", "W"]));
}

#[test]
fn writes_what_cfn_lint_writes_in_its_shape() {
    let room = room();
    room.write(
        "infra/template.yaml",
        "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: !Ref Nam\n",
    );
    let ours = lint(&room, &["--format", "cfn-lint-json"]).json();
    assert_eq!(ours[0]["Rule"]["Id"], "E1020");
    let Some(program) = python::program("cfn-lint", "1.58.0") else { return };
    let mut command = std::process::Command::new(program);
    command.current_dir(room.path("")).args(["--format", "json", "infra/template.yaml"]);
    let theirs = room.finish(command).json();
    assert_eq!(theirs.as_array().map(Vec::len), ours.as_array().map(Vec::len));
    assert_eq!(shape(&ours[0]), shape(&theirs[0]));
    for same in
        ["/Rule/Id", "/Level", "/Filename", "/Location/Path", "/Location/Start/LineNumber", "/ParentId"]
    {
        assert_eq!(ours[0].pointer(same), theirs[0].pointer(same), "{same}");
    }
}

/// Returns the names of an object's members, and of theirs, with the kinds of their values.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        Value::Array(_) => "list".into(),
        other => other.clone(),
    }
}

#[test]
fn refuses_its_forms_elsewhere_by_name() {
    let room = TestEnvironment::new();
    assert_screen!("form_of_another_verb", room.run(&["status", "telemetric", "--format", "sarif"]));
    assert_eq!(room.run(&["explain", "--format", "junit"]).code, 2);
}

#[test]
fn writes_a_file_for_programs_beside_the_text_for_people() {
    let room = room();
    let output = lint(&room, &["--format", "json", "--output", "findings.json"]);
    assert_eq!(output.code, 3, "{output}");
    assert!(output.stdout.starts_with("warning[W2001]"), "{output}");
    let written = std::fs::read_to_string(room.path("findings.json")).expect("the file is written");
    assert_eq!(serde_json::from_str::<Value>(&written).expect("it is JSON")["summary"]["errors"], 4);
}

#[test]
fn fails_on_the_level_that_it_is_told() {
    let room = room();
    room.write(
        "infra/template.yaml",
        "Parameters: {P: {Type: String}}\nResources: {T: {Type: AWS::SNS::Topic}}\n",
    );
    assert_eq!(lint(&room, &["--fail-on", "error"]).code, 0);
    assert_eq!(lint(&room, &[]).code, 3);
    assert_eq!(lint(&room, &["--ignore", "W2001"]).code, 0);
    assert_eq!(lint(&room, &["--only", "E,H"]).code, 0);
    assert_eq!(lint(&room, &["--ignore", "E9", "--only", "W2"]).code, 3);
    assert_screen!("unknown_rule", lint(&room, &["--ignore", "W20001"]));
}

#[test]
fn suppresses_what_a_comment_allows_and_tells_of_the_useless() {
    let room = TestEnvironment::new();
    room.write(
        "infra/template.yaml",
        "# hydrant: allow W2001 the parameter is for later\nParameters: {P: {Type: String}}\nResources:\n  \
         # hydrant: allow E3002 the property is new\n  T: {Type: AWS::SNS::Topic, Properties: {Oops: 1}}\n  \
         U: {Type: AWS::SNS::Topic} # hydrant: allow E3002 so is this\n  V: {Type: AWS::SNS::Topic} # hydrant: allow E3003\n",
    );
    assert_screen!("suppressions", lint(&room, &[]));
}

#[test]
fn reads_cfn_lint_s_configuration() {
    let room = room();
    room.write(
        ".cfnlintrc.yaml",
        "templates: ['infra/**/*.yaml']\nignore_templates: [infra/old/*]\nignore_checks: [W, E3002]\nregions: [eu-west-1]\n\
         mandatory_checks: [W2001]\nappend_rules: [mine]\n",
    );
    room.write("infra/old/template.yaml", TEMPLATE)
        .write("infra/deep/er/fine.yaml", "Resources: {T: {Type: AWS::SNS::Topic}}\n");
    let output = room.run(&["lint", "--format", "json"]);
    let findings = output.json();
    assert_eq!(findings["summary"]["files"], 2, "{output}");
    let rules: Vec<&str> = findings["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["rule"].as_str())
        .collect();
    assert_eq!(rules, ["W2001", "E1020", "E3030"], "{output}");
    assert_eq!(output.stderr, "warning: `append_rules` in .cfnlintrc.yaml has no effect here\n");
}

#[test]
fn looks_for_templates_in_folders_and_leaves_the_rest_alone() {
    let room = TestEnvironment::new();
    let fine = "Resources: {T: {Type: AWS::SNS::Topic}}\n";
    for name in ["infra/b.yaml", "infra/a/c.json", "infra/a.template"] {
        room.write(name, fine);
    }
    room.write("infra/values.yaml", "a: 1\n")
        .write("infra/package.json", "{\"name\": \"x\"}")
        .write("infra/broken.yaml", "a: [\n")
        .write("infra/node_modules/x.yaml", fine)
        .write("infra/.hidden/x.yaml", fine);
    std::fs::write(room.path("infra/binary.json"), [0xff, 0xfe, 0]).expect("the folder is ours");
    let output = room.run(&["lint", "infra", "--format", "junit"]);
    assert_eq!(output.code, 0, "{output}");
    let suites: Vec<&str> =
        output.stdout.split("<testsuite name=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(suites, ["infra/a/c.json", "infra/a.template", "infra/b.yaml"]);
    assert_eq!(room.run(&["lint", "infra/values.yaml"]).code, 3);
    assert_eq!(room.run(&["lint", "infra/broken.yaml"]).code, 3);
}

#[test]
fn keeps_the_order_of_many_files() {
    let room = TestEnvironment::new();
    for number in 0..60 {
        let padding = "#\n".repeat((number * 7) % 50);
        room.write(&format!("infra/{number:02}.yaml"), &format!("{padding}{TEMPLATE}"));
    }
    let first = room.run(&["lint", "infra", "--format", "github"]);
    assert_eq!(first.stdout.lines().count(), 60 * 6);
    let files: Vec<&str> = first.stdout.lines().filter_map(|line| line.split(['=', ',']).nth(1)).collect();
    assert!(files.is_sorted(), "{first}");
    assert_eq!(first.stdout, room.run(&["lint", "infra", "--format", "github"]).stdout);
}

#[test]
fn reads_a_template_from_stdin() {
    let room = room();
    let mut command = room.command(&["lint", "-", "--only", "W2001", "--format", "github"]);
    command.stdin(std::fs::File::open(room.path("infra/template.yaml")).expect("the file is there"));
    let output = room.finish(command);
    assert!(output.stdout.starts_with("::warning file=stdin,line=3,"), "{output}");
}

#[test]
fn mends_only_with_consent_and_nothing_else_in_the_file() {
    let room = room();
    let read = || std::fs::read_to_string(room.path("infra/template.yaml")).expect("the file is there");
    assert_screen!("fix_without_consent", lint(&room, &["--fix"]));
    let diff = lint(&room, &["--diff"]);
    assert_eq!(diff.code, 3, "{diff}");
    assert!(diff.stdout.starts_with("--- a/infra/template.yaml\n+++ b/infra/template.yaml\n@@ "), "{diff}");
    assert_eq!(lint(&room, &["--dry-run"]).stdout, diff.stdout);
    assert_eq!(read(), TEMPLATE);

    assert_screen!("fix", lint(&room, &["--fix", "--yes"]));
    let mended = TEMPLATE
        .replace("Nmae: !Ref  Nam ", "Name: !Ref  Name ")
        .replace("on_demand", "ON_DEMAND")
        .replace("!Sub 'orders: new'", "'orders: new'");
    assert_eq!(read(), mended);
    let again = lint(&room, &["--fix", "--yes"]);
    assert!(again.stderr.contains("Nothing can be mended safely."), "{again}");
}

#[test]
fn explains_rules_and_lists_them() {
    let room = TestEnvironment::new();
    assert_screen!("explain", room.run(&["explain", "H0101", "h0102"]));
    assert_screen!("explain_unknown", room.run(&["explain", "E102O"]));
    let list = room.run(&["explain"]);
    assert!(list.stdout.contains("\nFunctions and references\n"), "{list}");
    let rules = room.run(&["explain", "E1020", "--format", "json"]).json();
    assert_eq!(rules[0]["level"], "error");
}

#[test]
fn is_asked_before_a_deployment_which_goes_on_only_when_told() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    room.write(
        "templates/partials/stream.yaml.hbs",
        "  {{{id}}}: { Type: 'AWS::Kinesis::Stream', Properties: { Name: {{name}}, ShardCout: 1 } }",
    );
    // Nothing listens at this port, so that going on fails at once.
    let deploy = |more: &[&str]| {
        let mut command = room.command(&["deploy", "telemetric", "--endpoint-url", "http://127.0.0.1:9"]);
        command
            .args(more)
            .env("AWS_ACCESS_KEY_ID", "1")
            .env("AWS_SECRET_ACCESS_KEY", "1")
            .env("AWS_MAX_ATTEMPTS", "1");
        room.finish(command)
    };
    let refused = deploy(&[]);
    assert_eq!(refused.code, 3, "{refused}");
    assert!(refused.stderr.contains("has no property `ShardCout`"), "{refused}");
    assert!(refused.stderr.contains("hint: deploy it all the same with --allow-lint-errors"), "{refused}");
    let allowed = deploy(&["--allow-lint-errors"]);
    assert_eq!(allowed.code, 1, "{allowed}");
    assert!(allowed.stderr.contains("The stack has errors, which are allowed this time."), "{allowed}");
}
