//! Compares the linter's findings with those that cfn-lint has for the same templates.
//!
//! `cargo xtask corpus DIR [RULE] [--live FILE]` reads `DIR/expected.jsonl`, a line for each template with cfn-lint's findings,
//! and prints for each rule how much of cfn-lint's is found (recall) and how much of what is found is cfn-lint's (precision),
//! by file, rule and line; with a rule, or how ids start, the differences. Findings in `FILE`, lines of the same form, stand
//! in for those recorded for the same templates. `cargo xtask mutants DIR` counts the faults that are found at their line. It
//! runs no cfn-lint: its answers are read from the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use hydrant_cfn::lint::{self, Level, Options};
use serde_json::Value;

use crate::lines::fault_lines;
use crate::schemas::Error;

/// One template with what is expected of it.
struct Case {
    file: String,
    text: String,
    expected: Value,
}

fn cases(folder: &Path) -> Result<Vec<Case>, Error> {
    let read = |path: &Path| {
        let bytes = fs::read(path).map_err(|source| Error::Io { doing: "read the corpus", source })?;
        Ok::<_, Error>(String::from_utf8_lossy(&bytes).into_owned())
    };
    let case = |expected: Value| {
        let file = expected["file"].as_str().unwrap_or_default().to_owned();
        Ok(Case { text: read(&folder.join(&file))?, file, expected })
    };
    records(&folder.join("expected.jsonl"))?.into_iter().map(case).collect()
}

/// Returns the lines of a file, each of which is a value.
fn records(path: &Path) -> Result<Vec<Value>, Error> {
    let list = fs::read_to_string(path).map_err(|source| Error::Io { doing: "read the corpus", source })?;
    let record = |line: &str| {
        serde_json::from_str(line).map_err(|source| Error::Json { file: path.display().to_string(), source })
    };
    list.lines().filter(|line| !line.is_empty()).map(record).collect()
}

/// Returns rules and lines of what hydrant finds at error and warning level.
fn ours(text: &str) -> BTreeSet<(String, u64)> {
    let report = lint::check(text, &Options::default());
    let grave = report.findings.iter().filter(|finding| finding.level != Level::Info);
    grave.map(|finding| (finding.rule.to_owned(), report.place(finding).0.line as u64)).collect()
}

/// Returns rules and lines of what cfn-lint finds at error and warning level.
fn theirs(findings: &Value) -> BTreeSet<(String, u64)> {
    let findings = findings.as_array().into_iter().flatten();
    let grave = findings.filter(|finding| finding["level"] != "Informational");
    grave
        .filter_map(|finding| {
            let line = finding["line"].as_u64().or_else(|| finding["start"][0].as_u64())?;
            Some((finding["rule"].as_str()?.to_owned(), line))
        })
        .collect()
}

#[derive(Default)]
struct Tally {
    both: usize,
    missed: Vec<String>,
    added: Vec<String>,
}

impl Tally {
    fn row(&self, name: &str) -> String {
        let (theirs, ours) = (self.both + self.missed.len(), self.both + self.added.len());
        let share = |whole: usize| match whole {
            0 => "    -".to_owned(),
            whole => format!("{:4.0}%", 100.0 * self.both as f64 / whole as f64),
        };
        format!("{name:8} {theirs:6} {ours:6} {:6} {} {}", self.both, share(theirs), share(ours))
    }
}

/// Prints how far the findings agree with cfn-lint's.
#[expect(clippy::print_stdout, reason = "a chore speaks to the person who runs it")]
pub fn compare(folder: &Path, rule: Option<&str>, live: Option<&Path>) -> Result<(), Error> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let live = live.map_or(Ok(Vec::new()), records)?;
    for case in cases(folder)? {
        let expected = live.iter().find(|record| record["file"] == *case.file).unwrap_or(&case.expected);
        let (ours, theirs) = (ours(&case.text), theirs(&expected["findings"]));
        for one @ (id, line) in ours.union(&theirs) {
            let tally = tallies.entry(id.clone()).or_default();
            let place = || format!("{}:{line}", case.file);
            match (ours.contains(one), theirs.contains(one)) {
                (true, true) => tally.both += 1,
                (true, false) => tally.added.push(place()),
                _ => tally.missed.push(place()),
            }
        }
    }
    if let Some(rule) = rule {
        for (id, tally) in tallies.iter().filter(|(id, _)| id.starts_with(rule)) {
            tally.missed.iter().for_each(|place| println!("{id} only cfn-lint: {place}"));
            tally.added.iter().for_each(|place| println!("{id} only hydrant:  {place}"));
        }
        return Ok(());
    }
    println!("rule     theirs   ours   both recall precision");
    let known: BTreeSet<&str> = lint::rules().iter().map(|rule| rule.id).collect();
    let (mut here, mut all) = (Tally::default(), Tally::default());
    for (id, tally) in &tallies {
        println!("{}", tally.row(id));
        for sum in
            [(!id.starts_with('H') && known.contains(id.as_str())).then_some(&mut here), Some(&mut all)]
        {
            let Some(sum) = sum else { continue };
            sum.both += tally.both;
            sum.missed.extend(tally.missed.iter().cloned());
            sum.added.extend(tally.added.iter().cloned());
        }
    }
    println!("{}\n{}", here.row("shared"), all.row("all"));
    Ok(())
}

/// Prints which faults are not found where they are.
#[expect(clippy::print_stdout, reason = "a chore speaks to the person who runs it")]
pub fn mutants(folder: &Path) -> Result<(), Error> {
    let (mut found, mut total) = (0, 0);
    let files = fs::read_dir(folder.join("base")).into_iter().flatten().flatten();
    let bases: BTreeMap<String, String> = files
        .filter_map(|file| {
            Some((file.file_name().into_string().ok()?, fs::read_to_string(file.path()).ok()?))
        })
        .collect();
    for case in cases(folder)? {
        let near = case.expected["mutated_near_line"].as_u64().unwrap_or_default();
        let letter = case.expected["base"].as_str().unwrap_or_default();
        let base = bases.iter().find(|(name, _)| name.starts_with(letter)).map_or("", |(_, text)| text);
        let mut lines: BTreeSet<u64> =
            fault_lines(base, &case.text).into_iter().map(|line| line as u64).chain([near]).collect();
        lines.extend(theirs(&case.expected["cfn_lint"]).into_iter().map(|(_, line)| line));
        let ours = ours(&case.text);
        total += 1;
        if ours.iter().any(|(_, line)| lines.contains(line)) {
            found += 1;
        } else {
            println!("{}:{near} {} {ours:?}", case.file, case.expected["want"]);
        }
    }
    println!("{found} of {total} faults are found at their line");
    for (name, text) in &bases {
        println!("{name}: {:?}", ours(text));
    }
    Ok(())
}
