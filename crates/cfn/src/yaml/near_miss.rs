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
    let letters = Letters::of(&lower);
    let allowed = (lower.chars().count() / 3).max(1);
    let mut nearest: Option<(usize, &str)> = None;
    for candidate in candidates.into_iter().map(AsRef::as_ref) {
        let lower_candidate = candidate.to_lowercase();
        // Most of a long list is told apart by its letters alone.
        let most = nearest.map_or(allowed, |(distance, _)| distance.saturating_sub(1));
        if letters.least_distance(&Letters::of(&lower_candidate)) > most {
            continue;
        }
        let distance = strsim::osa_distance(&lower, &lower_candidate);
        if distance <= most && candidate != found && distance < candidate.chars().count() {
            nearest = Some((distance, candidate));
        }
    }
    nearest.map(|(_, candidate)| candidate)
}

/// How often each letter is in a word; letters that share a place only make words look more alike.
struct Letters([u8; 32]);

impl Letters {
    fn of(word: &str) -> Self {
        let mut counts = [0u8; 32];
        for letter in word.chars() {
            let count = &mut counts[letter as usize % 32];
            *count = count.saturating_add(1);
        }
        Self(counts)
    }

    /// Returns a distance that two words have at least: each change adds, takes away or replaces one letter.
    fn least_distance(&self, other: &Letters) -> usize {
        let (mut only_here, mut only_there) = (0, 0);
        for (here, there) in self.0.iter().zip(&other.0) {
            only_here += usize::from(here.saturating_sub(*there));
            only_there += usize::from(there.saturating_sub(*here));
        }
        only_here.max(only_there)
    }
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
