//! What somebody probably meant.

/// Returns the candidate that `found` looks like a misspelling of, or `None` when nothing is near.
///
/// Near means: equal but for case, or at most a third of the letters away.
pub fn near_miss<'a, I, S>(found: &str, candidates: I) -> Option<&'a str>
where
    I: IntoIterator<Item = &'a S>,
    S: AsRef<str> + ?Sized + 'a,
{
    let lower = found.to_lowercase();
    let allowed = (lower.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(AsRef::as_ref)
        .map(|candidate| {
            let distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, candidate)| {
            *distance <= allowed && *candidate != found && *distance < candidate.chars().count()
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_and_ignores_case() {
        let keys = ["streams", "deliveries", "functions"];
        assert_eq!(near_miss("stream", keys), Some("streams"));
        assert_eq!(near_miss("Functions", keys), Some("functions"));
        assert_eq!(near_miss("fucntions", keys), Some("functions"));
        let owned = vec!["orders".to_owned()];
        assert_eq!(near_miss("ordes", &owned), Some("orders"));
    }

    #[test]
    fn says_nothing_when_nothing_is_near() {
        assert_eq!(near_miss("bucket", ["streams", "deliveries"]), None);
        assert_eq!(near_miss("a", ["b"]), None);
        assert_eq!(near_miss("", ["b"]), None);
        assert_eq!(near_miss("streams", ["streams"]), None);
    }
}
