//! The expressions in a prefix of delivered objects: `!{namespace:value}`.

/// An expression, or what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expression<'t> {
    Timestamp(&'t str),
    RandomString,
    ErrorOutputType,
    PartitionKeyFromQuery(&'t str),
    PartitionKeyFromLambda,
    /// Its namespace, or its value in it, does not exist.
    Unknown(&'t str),
    /// Its brace is not closed.
    Open,
}

/// Returns the expressions in a prefix.
pub(super) fn expressions(prefix: &str) -> Vec<Expression<'_>> {
    let mut found = Vec::new();
    let mut rest = prefix;
    while let Some((_, after)) = rest.split_once("!{") {
        let Some((expression, after)) = after.split_once('}') else {
            found.push(Expression::Open);
            break;
        };
        found.push(match expression.split_once(':') {
            Some(("timestamp", pattern)) if !pattern.is_empty() => Expression::Timestamp(pattern),
            Some(("firehose", "random-string")) => Expression::RandomString,
            Some(("firehose", "error-output-type")) => Expression::ErrorOutputType,
            Some(("partitionKeyFromQuery", key)) if !key.is_empty() => Expression::PartitionKeyFromQuery(key),
            Some(("partitionKeyFromLambda", key)) if !key.is_empty() => Expression::PartitionKeyFromLambda,
            _ => Expression::Unknown(expression),
        });
        rest = after;
    }
    found
}

/// Returns the keys of a query that makes an object, such as `{id: .id, day: .at}`; nothing of any other.
pub(super) fn keys_of(query: &str) -> Option<Vec<&str>> {
    let inside = query.trim().strip_prefix('{')?.strip_suffix('}')?;
    let (mut depth, mut quoted, mut start, mut at_key) = (0_i32, false, 0, true);
    let mut keys = Vec::new();
    for (index, character) in inside.char_indices() {
        match character {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ':' if depth == 0 && at_key => {
                keys.push(inside[start..index].trim().trim_matches('"'));
                at_key = false;
            }
            ',' if depth == 0 => {
                if at_key {
                    keys.push(inside[start..index].trim().trim_start_matches(['.', '$']));
                }
                (start, at_key) = (index + 1, true);
            }
            _ => {}
        }
    }
    if at_key && !inside[start..].trim().is_empty() {
        keys.push(inside[start..].trim().trim_start_matches(['.', '$']));
    }
    let is_plain = |key: &&str| {
        !key.is_empty()
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    (depth == 0 && !quoted && !keys.is_empty() && keys.iter().all(is_plain)).then_some(keys)
}

/// Says what is wrong with a pattern of Java's `DateTimeFormatter`, if anything is.
pub(super) fn fault_of_date(pattern: &str) -> Option<String> {
    let mut plain = String::new();
    for (index, part) in pattern.split('\'').enumerate() {
        // Every other part is quoted.
        plain.push_str(if index % 2 == 0 { part } else { "_" });
    }
    if let Some(letter) = plain
        .chars()
        .find(|one| one.is_ascii_alphabetic() && !"GuyDMLdQqYwWEecFaBhKkHmsSAnNVvzOXxZp".contains(*one))
    {
        return Some(format!("`{letter}` stands for nothing in a date; quote it as '{letter}'"));
    }
    if plain.contains("YYYY") && !plain.contains('w') {
        return Some("YYYY is the year of the week, and wrong around New Year; the year is yyyy".to_owned());
    }
    if plain.contains("DD") && plain.contains(['M', 'm']) && !plain.contains('d') {
        return Some("DD is the day of the year; the day of the month is dd".to_owned());
    }
    let has_hour = plain.contains(['H', 'h', 'K', 'k']);
    if plain.contains("mm") && !plain.contains('M') && !has_hour && plain.contains(['y', 'u']) {
        return Some("mm is the minute; the month is MM".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_expression() {
        let prefix = "a/!{timestamp:yyyy/MM}/!{firehose:random-string}/!{partitionKeyFromQuery:id}!{other:x}!{firehose:";
        let expected = [
            Expression::Timestamp("yyyy/MM"),
            Expression::RandomString,
            Expression::PartitionKeyFromQuery("id"),
            Expression::Unknown("other:x"),
            Expression::Open,
        ];
        assert_eq!(expressions(prefix), expected);
        assert_eq!(expressions("plain/{x}/"), []);
    }

    #[test]
    fn knows_the_letters_of_dates() {
        for fine in ["yyyy/MM/dd/HH", "yyyy-MM-dd'T'HH:mm", "'year='yyyy", "YYYY-'W'ww", "DDD"] {
            assert_eq!(fault_of_date(fine), None, "{fine}");
        }
        for wrong in ["YYYY/MM/dd", "yyyy/mm/dd", "yyyy/MM/DD", "yyyyTMM"] {
            assert!(fault_of_date(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn reads_the_keys_of_a_query() {
        assert_eq!(keys_of("{a: .x.y, \"b\": (.c | f({d: 1})), e}"), Some(vec!["a", "b", "e"]));
        assert_eq!(keys_of(".a"), None);
        assert_eq!(keys_of("{}"), None);
    }
}
