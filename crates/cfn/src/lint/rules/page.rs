//! Rules that are a page in `pages`: what they tell of is found by a check that several share.

macro_rules! by {
    ($level:ident, $check:path, $id:literal, $summary:literal) => {
        crate::lint::Rule {
            id: $id,
            level: crate::lint::Level::$level,
            summary: $summary,
            source: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lint/rules/pages/", $id, ".md")),
            check: $check,
        }
    };
}

macro_rules! refuses {
    ($id:literal, $summary:literal) => {
        $crate::lint::rules::page::by!(Error, crate::lint::properties::check, $id, $summary)
    };
}

macro_rules! warns {
    ($id:literal, $summary:literal) => {
        $crate::lint::rules::page::by!(Warning, crate::lint::properties::check, $id, $summary)
    };
}

pub(super) use {by, refuses, warns};

#[cfg(test)]
mod tests {
    use crate::lint::rules;
    use crate::lint::tests::findings;

    /// Returns an example as a template: resources alone, or a whole one.
    fn template(example: &str) -> String {
        if example.starts_with("Resources:") || example.contains("\nResources:") {
            return example.to_owned();
        }
        // A further resource may stand as it does in the template.
        let indent = |line: &str| if line.starts_with("  ") && line.contains(": {Type") { "" } else { "  " };
        example.lines().fold("Resources:\n".to_owned(), |template, line| {
            let indent = indent(line);
            format!("{template}{indent}{line}\n")
        })
    }

    /// Rules of how much a template may have: what trips them is too long for a page. Tests stand beside their checks.
    const TOO_LONG: [&str; 6] = ["E2010", "E2011", "E6010", "E6011", "E7002", "E7010"];

    #[test]
    fn trips_and_is_fine_as_the_pages_say() {
        let mut wrong = Vec::new();
        for rule in
            rules().iter().filter(|rule| rule.source.starts_with("# ") && !TOO_LONG.contains(&rule.id))
        {
            let page = rule.page();
            let examples: Vec<&str> =
                page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
            let [bad, good] = examples[..] else {
                wrong.push(format!("{}: {} examples", rule.id, examples.len()));
                continue;
            };
            let (trips, fine) = (findings(rule.id, &template(bad)), findings(rule.id, &template(good)));
            if trips.is_empty() || !fine.is_empty() {
                wrong.push(format!("{}: {trips:?} and {fine:?}", rule.id));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
