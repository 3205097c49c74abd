//! What a check may be told beside the template: where the template is to be deployed.

/// What is to be known of a template beyond its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The regions in which the template is to work, such as `eu-central-1`. One that the schemas do not know says nothing.
    pub regions: Vec<String>,
    /// Rules that are not wanted: ids, or starts of ids.
    pub ignore: Vec<String>,
    /// The only rules that are wanted, likewise; all when there is none.
    pub only: Vec<String>,
    /// Rules that cannot be ignored, likewise.
    pub mandatory: Vec<String>,
}

impl Options {
    /// Says whether the caller wants to hear of the rule.
    pub fn wants(&self, rule: &str) -> bool {
        let wanted = !lists(&self.ignore, rule) && (self.only.is_empty() || lists(&self.only, rule));
        wanted || self.insists_on(rule)
    }

    /// Says whether the rule holds whatever the template's author says.
    pub fn insists_on(&self, rule: &str) -> bool {
        lists(&self.mandatory, rule)
    }
}

fn lists(prefixes: &[String], rule: &str) -> bool {
    prefixes.iter().any(|prefix| rule.starts_with(prefix.as_str()))
}

impl Default for Options {
    /// Takes the region that cfn-lint takes.
    fn default() -> Self {
        Self {
            regions: vec!["us-east-1".to_owned()],
            ignore: Vec::new(),
            only: Vec::new(),
            mandatory: Vec::new(),
        }
    }
}
