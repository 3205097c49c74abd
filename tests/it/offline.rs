//! What needs neither network nor engine: help, rendering, checking, packaging.

use crate::assert_screen;
use crate::environment::{TestEnvironment, repository};

#[test]
fn shows_its_verbs() {
    assert_screen!("help", TestEnvironment::new().run(&["--help"]));
}

#[test]
fn renders_the_same_bytes_every_time() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    let first = room.run(&["render", "telemetric"]);
    assert_eq!(first.stdout, room.run(&["render", "telemetric"]).stdout);
    assert!(first.stdout.len() < 51_200);
    assert_screen!("render", first);
}

#[test]
fn renders_nothing_that_its_own_linter_complains_about() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    assert_screen!("lint_a_stack", room.run(&["lint"]));
}

#[test]
fn renders_json_with_functions_written_out() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    let template = room.run(&["render", "telemetric", "--format", "json"]).json();
    let bucket = &template["Resources"]["TelemetricDataBucket"]["Properties"]["BucketName"];
    assert_eq!(bucket["Fn::Sub"], "telemetric-data-${AWS::AccountId}-${AWS::Region}-an");
}

#[test]
fn uses_a_partial_of_the_project_before_the_built_in_one() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    room.write(
        "templates/partials/stream.yaml.hbs",
        "  {{{id}}}: { Type: 'AWS::Kinesis::Stream', Properties: { Name: {{name}} } }",
    );
    let output = room.run(&["render", "telemetric"]);
    assert!(output.stdout.contains(
        "TelemetricStream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: TelemetricStream } }"
    ));
}

#[test]
fn points_at_an_unknown_key() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text.replace("shards: 1", "shard: 1"));
    assert_screen!("unknown_key", room.run(&["render", "telemetric"]));
}

#[test]
fn points_at_a_wrong_unit() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text.replace("size: 1MiB", "size: 1Mib"));
    assert_screen!("wrong_unit", room.run(&["render", "telemetric"]));
}

#[test]
fn points_at_every_name_that_leads_nowhere() {
    let room = TestEnvironment::new();
    room.telemetric(|text| {
        text.replace("from: TelemetricStream", "from: TelemetricStreem")
            .replace("writes: [TelemetricStream]", "writes: [Telemetric]")
    });
    assert_screen!("dangling_names", room.run(&["render", "telemetric"]));
}

#[test]
fn points_at_both_places_of_a_duplicate_key() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text.replace("compression: gzip", "compression: gzip\n    compression: none"));
    assert_screen!("duplicate_key", room.run(&["render", "telemetric"]));
}

#[test]
fn points_at_a_mistake_in_an_environment_that_is_not_used() {
    let room = TestEnvironment::new();
    room.telemetric(|text| {
        text + "  prod: { region: eu-west-1, streams: { TelemetricStrem: { shards: 4 } } }\n"
    });
    assert_screen!("mistake_in_another_environment", room.run(&["render", "telemetric"]));
}

#[test]
fn applies_what_an_environment_changes() {
    let room = TestEnvironment::new();
    room.telemetric(|text| {
        text + "  prod: { region: eu-west-1, streams: { TelemetricStream: { shards: 4 } } }\n"
    });
    let output = room.run(&["render", "telemetric", "--env", "prod"]);
    assert!(output.stdout.contains("ShardCount: 4"), "{output}");
}

#[test]
fn suggests_the_stack_that_was_meant() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    assert_screen!("unknown_stack", room.run(&["render", "telemetrik"]));
}

#[test]
fn finds_what_is_wrong_with_a_template() {
    let room = TestEnvironment::new();
    room.write(
        "template.yaml",
        "Resources:\n  Stream:\n    Type: AWS::Kinesis::Stream\n    Properties:\n      Name: !Ref Nam\nParameters:\n  Name: { Type: String }\n",
    );
    assert_screen!("lint_a_template", room.run(&["lint", "template.yaml"]));
    let json = room.run(&["lint", "template.yaml", "--format", "json"]);
    assert_eq!(json.code, 3);
    let findings = json.json();
    assert_eq!(findings["version"], 1);
    assert_eq!(findings["findings"][0]["line"], 5);
}

#[test]
fn shows_what_is_wrong_with_a_rendered_template_where_the_stack_file_causes_it() {
    let room = TestEnvironment::new();
    room.telemetric(|text| {
        text.replace("reads: { stream", "schedule: rate(5 lightyears)\n    reads: { stream")
    });
    assert_screen!("lint_at_the_cause", room.run(&["lint"]));
    let findings = room.run(&["lint", "--format", "json"]).json();
    assert_eq!(findings["findings"][0]["file"], "stacks/telemetric.yaml");
    assert_eq!(findings["findings"][0]["path"][1], "ConsumePositionsSchedule");
}

#[test]
fn refuses_to_plan_what_its_linter_finds_an_error_in() {
    let room = TestEnvironment::new();
    room.telemetric(|text| {
        text.replace("reads: { stream", "schedule: rate(5 lightyears)\n    reads: { stream")
    });
    let output = room.run(&["diff", "telemetric"]);
    assert_eq!(output.code, 3, "{output}");
    assert!(output.stderr.contains("stacks/telemetric.yaml:"), "{output}");
}

#[test]
fn checks_what_a_stack_file_expects() {
    let room = TestEnvironment::new();
    room.telemetric(|text| {
        text.replace("shards: 1", "shards: 1\n    rate: 2500/s\n    record_size: 1KiB")
            + "  prod: { region: us-east-1 }\n"
    });
    assert_screen!("lint_expectations", room.run(&["lint"]));
}

#[test]
fn allows_in_a_stack_file_what_a_comment_gives_a_reason_for() {
    let room = TestEnvironment::new();
    room.telemetric(|text| {
        text.replace(
            "shards: 1",
            "shards: 1 # hydrant: allow H3101 the burst lasts a second\n    rate: 2500/s",
        ) + "  # hydrant: allow H3102 nothing of the kind\n  test: { region: us-west-2 }\n"
    });
    let findings = room.run(&["lint", "--format", "json"]).json();
    let rules: Vec<_> =
        findings["findings"].as_array().into_iter().flatten().map(|one| &one["rule"]).collect();
    assert_eq!(rules, ["H0101"], "{findings}");
}

#[test]
fn draws_a_pipeline() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    assert_screen!("graph", room.run(&["graph", "telemetric"]));
    assert_screen!("graph_mermaid", room.run(&["graph", "telemetric", "--as", "mermaid"]));
    assert_screen!("graph_dot", room.run(&["graph", "telemetric", "--as", "dot"]));
    let graph = room.run(&["graph", "telemetric", "--format", "json"]).json();
    assert_eq!(graph["nodes"][0]["kind"], "stream");
    assert_eq!(graph["edges"].as_array().map(Vec::len), Some(5));
}

#[test]
fn prints_the_schema_of_stack_files() {
    let schema = TestEnvironment::new().run(&["schema"]).json();
    assert_eq!(schema["properties"]["streams"]["type"], "object");
}

#[test]
fn packages_a_stack_s_functions_into_the_same_bytes_every_time() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    let arguments = ["package", "stacks/telemetric.yaml", "--out", "code"];
    assert_screen!("package", room.run_there(&arguments));
    let read = || std::fs::read(room.path("code/consume-positions.zip")).expect("the archive is written");
    let first = read();
    assert_eq!(room.run_there(&arguments).code, 0);
    assert!(first == read(), "the archive differs from one packaging to the next");
}

#[test]
fn says_which_crate_is_not_there() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text.replace("crate: position-consumer", "crate: position-consumr"));
    let output = room.run_there(&["package", "stacks/telemetric.yaml"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.stderr.contains("position-consumr"), "{output}");
}

#[test]
fn lints_every_stack_of_the_repository() {
    let room = TestEnvironment::new();
    let output = room.run(&["lint", "--project", &repository().display().to_string()]);
    assert_eq!(output.code, 0, "{output}");
}

#[test]
fn estimates_what_a_rate_needs_and_costs() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    let arguments = ["estimate", "telemetric", "--rate", "1000/s", "--size", "200B"];
    assert_screen!("estimate", room.run(&arguments));
}

#[test]
fn warns_when_the_stack_cannot_carry_the_rate() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    let rate = "TelemetricStream=2500/s";
    let mut arguments = vec!["estimate", "telemetric", "--rate", rate, "--size", "200B", "--exit-code"];
    let mut command = room.command(&arguments);
    // Colour repeats what the words already say.
    command.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1");
    let output = room.finish(command);
    assert_screen!("estimate_too_much", output);
    arguments.extend(["--region", "eu-west-1", "--format", "json"]);
    let estimate = room.run(&arguments).json();
    assert_eq!(
        estimate["warnings"][0]["help"],
        "set `shards: 3`, or leave `shards` out for on-demand capacity"
    );
    let stream = &estimate["blocks"][0];
    assert_eq!((&stream["kind"], &stream["shards_needed"]), (&"stream".into(), &3.into()));
    assert_eq!(stream["charges"][0]["is_confirmed"], false);
}

#[test]
fn estimates_what_the_stack_file_expects() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text.replace("shards: 1", "shards: 1\n    rate: 500/s\n    record_size: 100B"));
    let estimate = room.run(&["estimate", "telemetric", "--format", "json"]).json();
    let entering = &estimate["entering"][0];
    assert_eq!((&entering["records_per_second"], &entering["record_bytes"]), (&500.0.into(), &100.0.into()));
}

#[test]
fn suggests_the_entrance_that_was_meant() {
    let room = TestEnvironment::new();
    room.telemetric(|text| text);
    let output = room.run(&["estimate", "telemetric", "--rate", "TelemetricStrem=1/s", "--size", "1KB"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.stderr.contains("did you mean `TelemetricStream`?"), "{output}");
    let output = room.run(&["estimate", "telemetric", "--rate", "fast", "--size", "1KB"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.stderr.contains("`fast` is not a rate"), "{output}");
    let output = room.run(&["estimate", "telemetric", "--size", "1KB"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.stderr.contains("add --rate, or `rate` to the stack file"), "{output}");
}

#[test]
fn estimates_every_stack_of_the_repository() {
    let room = TestEnvironment::new();
    let repository = repository().display().to_string();
    let arguments = ["estimate", "--rate", "10/s", "--size", "100B", "--format", "json"];
    let output = room.finish({
        let mut command = room.command(&arguments);
        command.args(["--project", &repository]);
        command
    });
    let estimates = output.json();
    let stacks: Vec<_> = estimates.as_array().into_iter().flatten().map(|one| &one["stack"]).collect();
    assert_eq!(stacks, ["gps", "taxi", "telemetric", "ticker"]);
}

#[test]
fn prints_completions() {
    let output = TestEnvironment::new().run(&["completions", "bash"]);
    assert!(output.stdout.contains("_hydrant()"), "{output}");
}
