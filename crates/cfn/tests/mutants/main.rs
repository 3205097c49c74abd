//! Faults in streaming templates that are right otherwise, each found at its line.
//!
//! `fixtures/mutants` has four templates and, in `t`, copies with one fault each; `expected.jsonl` tells what is wanted and what
//! cfn-lint 1.58 says. `further.txt` has more faults, as what to replace with what in one of the four.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod lines;

use std::fs;
use std::path::{Path, PathBuf};

use hydrant_cfn::lint::{self, Level, Options};
use lines::fault_lines;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mutants")
}

fn base(letter: &str) -> String {
    let bases = fs::read_dir(folder().join("base")).unwrap().map(|entry| entry.unwrap().path());
    let named =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(letter));
    fs::read_to_string(bases.into_iter().find(named).unwrap()).unwrap()
}

/// Returns rules and lines of what is an error or a warning.
fn grave(text: &str) -> Vec<(String, usize)> {
    let report = lint::check(text, &Options::default());
    let grave = report.findings.iter().filter(|finding| finding.level != Level::Info);
    grave.map(|finding| (finding.rule.to_owned(), report.place(finding).0.line)).collect()
}

/// Applies one fault of `further.txt`: `-` takes a line away, `+` puts one in its place, `=` is a line to stand after, and `@`
/// where to begin to look. Lines are compared without their indentation.
fn apply(base: &str, edits: &[&str]) -> String {
    let mut lines: Vec<String> = base.lines().map(str::to_owned).collect();
    let (mut at, mut indent) = (0, String::new());
    for edit in edits {
        let (sign, text) = edit.split_at(1);
        let find = |lines: &[String], from: usize, text: &str| {
            let found = lines.iter().skip(from).position(|line| line.trim() == text.trim());
            found.map(|found| found + from).unwrap_or_else(|| panic!("no line is `{text}`"))
        };
        match sign {
            "@" => at = find(&lines, at, text),
            "=" => {
                at = find(&lines, at, text);
                indent = lines[at].chars().take_while(|one| *one == ' ').collect();
                at += 1;
            }
            "-" => {
                at = find(&lines, at, text);
                indent = lines[at].chars().take_while(|one| *one == ' ').collect();
                lines.remove(at);
            }
            "+" => {
                lines.insert(at, format!("{indent}{}", text));
                at += 1;
            }
            _ => panic!("`{edit}` is no edit"),
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn finds_further_faults_at_their_lines() {
    let text = fs::read_to_string(folder().join("further.txt")).unwrap();
    let (mut found, mut total, mut missed) = (0, 0, Vec::new());
    for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
        let mut lines = block.trim_matches('\n').lines();
        let title = lines.next().unwrap();
        let edits: Vec<&str> = lines.collect();
        let base = base(title.split(' ').next().unwrap());
        let mutant = apply(&base, &edits);
        let (places, grave) = (fault_lines(&base, &mutant), grave(&mutant));
        total += 1;
        if grave.iter().any(|(_, line)| places.contains(line)) {
            found += 1;
        } else {
            missed.push(format!("{title}: {grave:?} not at {places:?}"));
        }
    }
    assert!(found + 13 >= total && total > 100, "{found} of {total} are found; these are not: {missed:#?}");
}

#[test]
fn finds_the_faults_at_their_lines() {
    let expected = fs::read_to_string(folder().join("expected.jsonl")).unwrap();
    let (mut found, mut missed) = (0, Vec::new());
    for line in expected.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = fs::read_to_string(folder().join(case["file"].as_str().unwrap())).unwrap();
        let mut lines = fault_lines(&base(case["base"].as_str().unwrap()), &text);
        lines.extend(case["mutated_near_line"].as_u64().map(|line| line as usize));
        let theirs =
            case["cfn_lint"].as_array().unwrap().iter().filter(|one| one["level"] != "Informational");
        lines.extend(theirs.filter_map(|one| Some(one["line"].as_u64()? as usize)));
        let grave = grave(&text);
        if grave.iter().any(|(_, line)| lines.contains(line)) {
            found += 1;
        } else {
            missed.push(format!("{} {} {grave:?} not at {lines:?}", case["id"], case["want"]));
        }
    }
    assert!(found >= 81, "{found} are found; these are not: {missed:#?}");
}

#[test]
fn finds_nothing_in_the_templates_without_a_fault() {
    for letter in ["a", "b", "c", "d"] {
        assert_eq!(grave(&base(letter)), [], "{letter}");
    }
}
