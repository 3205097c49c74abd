//! What tells two findings apart from one run to the next, though lines move.

use std::collections::HashMap;

use super::rule_of;
use crate::diagnostic::Diagnostic;

/// Returns a fingerprint for each: of rule, file, place in the template and message, but not of the line. Of equal ones
/// each has its own.
pub(super) fn of_each(diagnostics: &[Diagnostic]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let fingerprint = |diagnostic: &Diagnostic| {
        let file = diagnostic.path.display().to_string();
        let place = diagnostic.template_path.join("\u{1f}");
        let what = [rule_of(diagnostic), &file, &place, &diagnostic.message].join("\u{1e}");
        let count = seen.entry(what.clone()).or_default();
        *count += 1;
        crate::package::sha256(format!("{what}\u{1e}{count}").as_bytes())[..32].to_owned()
    };
    diagnostics.iter().map(fingerprint).collect()
}
