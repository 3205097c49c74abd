//! Reads a faults file for the engine, or says what is wrong with it and where.

use std::path::Path;
use std::sync::Arc;

use hydrant_engine::FaultPlan;

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};

/// Reads the faults file at `path`.
pub fn read(path: &Path) -> Result<FaultPlan> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::misused(format!("read {}", path.display())).because(error))?;
    FaultPlan::parse(&text).map_err(|found| {
        let source: Arc<str> = text.into();
        let diagnostic = |error: hydrant_engine::PlanError| {
            Diagnostic::error(path, &source, error.span, error.message).help(error.help)
        };
        Error::usage("").at(found.into_iter().map(diagnostic).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_the_place_of_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faults.yaml");
        std::fs::write(&path, "requests:\n  - { service: kinesis, rat: 1, fault: drop }\n").unwrap();
        let error = read(&path).unwrap_err();
        assert_eq!(error.diagnostics.len(), 1);
        assert_eq!(error.diagnostics[0].start(), (2, 25));
        assert_eq!(error.diagnostics[0].message, "unknown key `rat`");
        assert_eq!(error.diagnostics[0].help.as_deref(), Some("did you mean `rate`?"));
        assert!(read(&folder.path().join("none.yaml")).is_err());
    }
}
