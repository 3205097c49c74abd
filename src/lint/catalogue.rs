//! Every rule there is, those for templates and those for stack files, with what is told of it.

use std::sync::LazyLock;

use hydrant_cfn::lint::{self, Family, Level};
use hydrant_cfn::yaml::near_miss;

use crate::stack;

/// A rule with its page.
#[derive(Debug)]
pub struct Entry {
    pub id: &'static str,
    pub level: Level,
    pub family: Family,
    /// What holds when the rule is kept.
    pub summary: &'static str,
    /// What it checks and why, an example, and how to mend it. Markdown.
    pub page: String,
}

impl Entry {
    /// Returns the page's first paragraph in one line; the summary where a page has only examples.
    pub fn why(&self) -> String {
        let mut paragraphs = self.page.split("\n\n").skip(1).map(str::trim);
        let prose = |text: &&str| !text.is_empty() && !text.starts_with("```") && !text.starts_with('#');
        paragraphs.find(prose).map_or_else(|| self.summary.to_owned(), |text| text.replace('\n', " "))
    }

    /// Returns the address at which cfn-lint tells of the rule, if it has it.
    pub fn cfn_lint_uri(&self) -> Option<String> {
        let shared = !self.id.starts_with('H');
        shared.then(|| {
            format!("https://github.com/aws-cloudformation/cfn-lint/blob/main/docs/rules.md#{}", self.id)
        })
    }
}

/// Returns every rule, by family and number.
pub fn entries() -> &'static [Entry] {
    static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
        let entry = |id, level, summary, page| Entry { id, level, family: Family::of(id), summary, page };
        let of_templates =
            lint::rules().iter().map(|rule| entry(rule.id, rule.level, rule.summary, rule.page()));
        let of_stacks =
            stack::lint::rules().map(|rule| entry(rule.id, rule.level, rule.summary, rule.page()));
        let mut entries: Vec<Entry> = of_templates.chain(of_stacks).collect();
        // The letter says how grave it is; what follows, what it is about.
        entries.sort_by_key(|entry| (entry.family, &entry.id[1..], entry.id));
        entries
    });
    &ENTRIES
}

/// Returns the rule with an id, in either case, or the id of the near miss.
pub fn find(id: &str) -> Result<&'static Entry, Option<&'static str>> {
    let known = entries().iter().find(|entry| entry.id.eq_ignore_ascii_case(id));
    known.ok_or_else(|| near_miss(id, entries().iter().map(|entry| entry.id)))
}
