//! What a check may be told beside the template: where the template is to be deployed.

/// What is to be known of a template beyond its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The regions in which the template is to work, such as `eu-central-1`. One that the schemas do not know says nothing.
    pub regions: Vec<String>,
}

impl Default for Options {
    /// Takes the region that cfn-lint takes.
    fn default() -> Self {
        Self { regions: vec!["us-east-1".to_owned()] }
    }
}
