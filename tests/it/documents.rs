//! The references of commands and rules are what the program says of itself.

use crate::environment::{TestEnvironment, repository};

/// With this variable set, the document is written instead of compared.
const UPDATE: &str = "UPDATE_DOCS";

#[test]
fn documents_every_command_as_its_help_does() {
    let room = TestEnvironment::new();
    let mut document = String::from(
        "# Commands\n\nWhat `hydrant help` says. Written by `UPDATE_DOCS=1 cargo test --test it documents`.\n",
    );
    section(&room, &mut document, &[]);
    compare("docs/commands.md", &document);
}

#[test]
fn documents_every_rule_as_its_page_does() {
    let rules = TestEnvironment::new().run(&["explain", "--format", "json"]).json();
    let rules = rules.as_array().expect("rules are a list");
    let text = |rule: &serde_json::Value, key: &str| {
        rule[key].as_str().expect("rules are told of in text").to_owned()
    };
    let mut document = String::from(
        "# Rules\n\nWhat `hydrant explain` says. Written by `UPDATE_DOCS=1 cargo test --test it documents`.\n\n\
         An id that begins with E, W or I is cfn-lint's, whose rule checks the same; H is hydrant's own.\n",
    );
    let mut family = String::new();
    for rule in rules {
        if text(rule, "family") != family {
            family = text(rule, "family");
            document.push_str(&format!("\n## {family}\n"));
        }
        let (id, page) = (text(rule, "id"), text(rule, "page"));
        let page = page.strip_prefix("# ").expect("a page starts with its title");
        let level = text(rule, "level");
        document.push_str(&format!(
            "\n<a id=\"{}\"></a>\n### {}\n\nLevel: {level}\n",
            id.to_lowercase(),
            page.trim_end()
        ));
    }
    compare("docs/rules.md", &document);
}

/// Compares a document of the repository with what it should be, or writes it.
fn compare(name: &str, document: &str) {
    let path = repository().join(name);
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, document).expect("the repository can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == document, "{name} is not what the program says; set {UPDATE}=1 to write it anew");
}

/// Writes the help of a command and of those below it.
fn section(room: &TestEnvironment, document: &mut String, command: &[&str]) {
    let output = room.run(&[command, &["--help"]].concat());
    assert_eq!(output.code, 0, "{output}");
    let heading = "#".repeat(2 + command.len().saturating_sub(1));
    let name = [&["hydrant"], command].concat().join(" ");
    let help = without_global_options(&output.stdout, command.is_empty());
    document.push_str(&format!("\n{heading} {name}\n\n```text\n{}\n```\n", help.trim_end()));
    for below in commands(&output.stdout) {
        section(room, document, &[command, &[below.as_str()]].concat());
    }
}

/// Returns the names under `Commands:`.
fn commands(help: &str) -> Vec<String> {
    let lines =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names =
        lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// The global options stand once, at the top.
fn without_global_options(help: &str, is_top: bool) -> String {
    let paragraphs = help.split("\n\n");
    let mut is_global = false;
    let kept = paragraphs.filter(|paragraph| {
        let is_option = paragraph.starts_with("      --") || paragraph.starts_with("  -");
        is_global = paragraph.starts_with("Global options:") || (is_global && is_option);
        is_top || !is_global
    });
    kept.collect::<Vec<_>>().join("\n\n")
}
