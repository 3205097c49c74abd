//! Lint rules: their list by families, and their pages.

use hydrant_cfn::lint::{Family, Level};
use serde::Serialize;

use super::prose::{markdown, wrapped};
use super::{Answer, Style};
use crate::lint::catalogue::Entry;

/// A rule with its page.
#[derive(Debug, Serialize)]
struct Row {
    id: &'static str,
    level: &'static str,
    family: &'static str,
    summary: &'static str,
    page: String,
    #[serde(skip)]
    order: Family,
}

impl Row {
    fn of(rule: &Entry) -> Self {
        Self {
            id: rule.id,
            level: match rule.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Info => "info",
            },
            family: rule.family.name(),
            summary: rule.summary,
            page: rule.page.clone(),
            order: rule.family,
        }
    }
}

/// Rules, in the order of their families.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct RuleList {
    rows: Vec<Row>,
}

impl RuleList {
    pub fn of(rules: &[Entry]) -> Self {
        Self { rows: rules.iter().map(Row::of).collect() }
    }
}

impl Answer for RuleList {
    fn text(&self, style: Style) -> String {
        let mut text = String::new();
        let mut family = None;
        for row in &self.rows {
            if family.replace(row.order) != Some(row.order) {
                text += &format!("\n{}\n", style.bold(row.family));
            }
            let level = format!("{:7}", row.level);
            let level = match row.level {
                "error" => style.red(&level),
                "warning" => style.yellow(&level),
                _ => level,
            };
            let summary = wrapped(row.summary, style.width().saturating_sub(17).max(20));
            text += &format!(
                "  {}  {level}  {}\n",
                style.cyan(row.id),
                summary.replace('\n', &format!("\n{:18}", ""))
            );
        }
        text.trim().to_owned()
    }
}

/// The pages of some rules.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct RulePages {
    rows: Vec<Row>,
}

impl RulePages {
    pub fn of(rules: &[&Entry]) -> Self {
        Self { rows: rules.iter().map(|rule| Row::of(rule)).collect() }
    }
}

impl Answer for RulePages {
    fn text(&self, style: Style) -> String {
        let pages =
            self.rows.iter().map(|row| format!("{}\n\nLevel: {}", markdown(&row.page, style), row.level));
        pages.collect::<Vec<_>>().join("\n\n\n")
    }
}
