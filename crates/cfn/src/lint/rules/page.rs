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

    #[test]
    fn trips_and_is_fine_as_the_pages_say() {
        let (mut shown, mut wrong) = (0, Vec::new());
        for rule in rules() {
            let page = rule.page();
            if !rule.source.starts_with("# ") {
                continue;
            }
            let examples: Vec<&str> =
                page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
            let [bad, good] = examples[..] else { continue };
            let template = |resource: &str| format!("Resources:\n  {resource}");
            let (trips, fine) = (findings(rule.id, &template(bad)), findings(rule.id, &template(good)));
            if trips.is_empty() || !fine.is_empty() {
                wrong.push((rule.id, fine));
            }
            shown += 1;
        }
        assert!(wrong.is_empty(), "{wrong:?}");
        assert!(shown > 35, "{shown}");
    }
}
