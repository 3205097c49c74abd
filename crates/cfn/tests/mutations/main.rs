//! Thousands of broken templates, the same in each run: the linter never panics, and every place lies within its text.
//!
//! The seeds are the examples of the rules' pages and the templates of the project. `fuzz` does the same without end.

mod mutator;
mod sound;

use hydrant_cfn::lint;
use mutator::{Numbers, mutated};
use sound::assert_sound;

const ROUNDS: usize = 4_000;

/// Returns the texts to begin from.
fn seeds() -> Vec<String> {
    let mut seeds: Vec<String> = [
        include_str!("../../../../stacks/gps.yaml"),
        include_str!("../../../../stacks/taxi.yaml"),
        include_str!("../../../../stacks/telemetric.yaml"),
        include_str!("../../../../stacks/ticker.yaml"),
        include_str!("../../../../tests/fixtures/everything.yaml"),
        "{\"Resources\": {\"A\": {\"Type\": \"AWS::SNS::Topic\", \"Properties\": {\"TopicName\": {\"Fn::Sub\": \"${A}\"}}}}}",
        "A: \"x\ny\"\nB: &a\n  - 'it''s\n c'\nC: {<<: *a, D: |\n  text}\n",
    ]
    .map(str::to_owned)
    .to_vec();
    for rule in lint::rules() {
        let page = rule.page();
        for example in page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            seeds.push(format!("Resources:\n  {example}"));
            seeds.push(example.to_owned());
        }
    }
    seeds
}

#[test]
fn lints_whatever_is_in_a_text() {
    let seeds = seeds();
    assert!(seeds.len() > 200, "{}", seeds.len());
    let mut numbers = Numbers(20_260_725);
    for round in 0..ROUNDS {
        let text = &seeds[round % seeds.len()];
        let other = &seeds[numbers.below(seeds.len())];
        assert_sound(&mutated(&mut numbers, text, other));
    }
}
