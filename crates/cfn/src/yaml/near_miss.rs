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
    let mut within = (lower.chars().count() / 3).max(1);
    let mut nearest = None;
    for candidate in candidates.into_iter().map(AsRef::as_ref) {
        // Most candidates differ in more letters than may differ; counting these is much cheaper than the distance.
        if letters.least_distance(candidate) > within || candidate == found {
            continue;
        }
        let distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
        if distance <= within && distance < candidate.chars().count() {
            nearest = Some(candidate);
            match distance.checked_sub(1) {
                Some(nearer) => within = nearer,
                None => break,
            }
        }
    }
    nearest
}

/// How often each letter is in a text, when all of them are ASCII.
struct Letters(Option<[i16; 128]>);

impl Letters {
    fn of(lower: &str) -> Self {
        let mut counts = [0; 128];
        // Beyond this, the counts could run over; nobody misspells so much.
        let counted = lower.is_ascii() && lower.len() < 1 << 14;
        for byte in lower.bytes().filter(|_| counted) {
            counts[usize::from(byte)] += 1;
        }
        Self(counted.then_some(counts))
    }

    /// Returns how many letters have to be put in, taken out or replaced at least; an exchange of neighbours costs none here.
    fn least_distance(&self, candidate: &str) -> usize {
        let Some(mut counts) = self.0.filter(|_| candidate.is_ascii() && candidate.len() < 1 << 14) else {
            return 0;
        };
        for byte in candidate.bytes() {
            counts[usize::from(byte.to_ascii_lowercase())] -= 1;
        }
        let (missing, extra) = counts.iter().fold((0_i32, 0_i32), |(missing, extra), count| {
            let count = i32::from(*count);
            (missing + count.max(0), extra - count.min(0))
        });
        missing.max(extra).unsigned_abs() as usize
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
    fn never_takes_letters_to_be_further_away_than_the_distance() {
        let words =
            ["stream", "Streams", "maerts", "", "AWS::S3::Bucket", "AWS::S3::Bukcet", "tröt", "strom", "sss"];
        for one in words {
            let letters = Letters::of(&one.to_lowercase());
            for other in words {
                let distance = strsim::osa_distance(&one.to_lowercase(), &other.to_lowercase());
                assert!(letters.least_distance(other) <= distance, "{one} {other}");
            }
        }
    }

    #[test]
    fn finds_the_first_of_the_nearest() {
        assert_eq!(near_miss("orderz", ["border", "orders", "ordery"]), Some("orders"));
        assert_eq!(near_miss("ORDERS", ["order", "orders"]), Some("orders"));
    }

    #[test]
    fn says_nothing_when_nothing_is_near() {
        assert_eq!(near_miss("bucket", ["streams", "deliveries"]), None);
        assert_eq!(near_miss("a", ["b"]), None);
        assert_eq!(near_miss("", ["b"]), None);
        assert_eq!(near_miss("streams", ["streams"]), None);
    }
}
