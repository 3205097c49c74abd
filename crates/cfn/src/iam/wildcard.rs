//! Texts with `*` and `?`, and ARNs whose parts are such texts.

use super::context::Context;

/// Tells whether `value` fits `pattern`: `*` stands for any text, `?` for any one character.
pub fn matches(pattern: &str, value: &str) -> bool {
    fits(pattern.as_bytes(), value.as_bytes(), |one, other| one == other)
}

/// Tells whether `value` fits `pattern` in any case, as the names of actions do.
pub fn matches_ignoring_case(pattern: &str, value: &str) -> bool {
    fits(pattern.as_bytes(), value.as_bytes(), |one, other| one.eq_ignore_ascii_case(&other))
}

/// Tells whether the ARN `value` fits `pattern`, part by part, so that a `*` does not reach over a colon.
///
/// `*` alone is every ARN, and parts that a pattern leaves out at its end are `*`.
pub fn arn_matches(pattern: &str, value: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let mut values = value.splitn(6, ':');
    pattern.splitn(6, ':').all(|part| values.next().is_some_and(|value| matches(part, value)))
}

/// A `*` or `?` of a pattern that stands for itself, such as one that came out of a variable. The two
/// characters belong to no valid ARN, action or key.
const LITERAL_STAR: char = '\u{1}';
const LITERAL_MARK: char = '\u{2}';

fn fits(pattern: &[u8], value: &[u8], same: impl Fn(u8, u8) -> bool) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while seen < value.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, seen));
                at += 1;
                continue;
            }
            Some(b'?') => {
                at += 1;
                // One character, however many bytes it takes.
                seen += 1;
                while value.get(seen).is_some_and(|byte| byte & 0xc0 == 0x80) {
                    seen += 1;
                }
                continue;
            }
            Some(&byte) if same(literal(byte), value[seen]) => {
                (at, seen) = (at + 1, seen + 1);
                continue;
            }
            _ => {}
        }
        match retry {
            Some((after_star, consumed)) => {
                (at, seen) = (after_star, consumed + 1);
                retry = Some((after_star, consumed + 1));
            }
            None => return false,
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

fn literal(byte: u8) -> u8 {
    match char::from(byte) {
        LITERAL_STAR => b'*',
        LITERAL_MARK => b'?',
        _ => byte,
    }
}

/// Puts the request's values for the variables of a pattern, such as `${aws:PrincipalAccount}`.
///
/// Returns nothing when the request has no value for one: such a pattern fits nothing.
pub(super) fn substitute(pattern: &str, context: &Context) -> Option<String> {
    let mut result = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        result.push_str(before);
        let Some((variable, after)) = after.split_once('}') else {
            result.push_str("${");
            rest = after;
            continue;
        };
        match variable {
            "*" => result.push(LITERAL_STAR),
            "?" => result.push(LITERAL_MARK),
            "$" => result.push('$'),
            _ => push_literally(&mut result, &value_of(variable, context)?),
        }
        rest = after;
    }
    result.push_str(rest);
    Some(result)
}

/// Returns the value of `aws:username` or of `aws:username, 'nobody'`.
fn value_of(variable: &str, context: &Context) -> Option<String> {
    let (key, default) = match variable.split_once(',') {
        Some((key, default)) => (key, Some(default.trim().trim_matches('\'').to_owned())),
        None => (variable, None),
    };
    match context.get(key.trim()) {
        [value] => Some(value.clone()),
        _ => default,
    }
}

fn push_literally(result: &mut String, value: &str) {
    result.extend(value.chars().map(|character| match character {
        '*' => LITERAL_STAR,
        '?' => LITERAL_MARK,
        other => other,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_any_text_and_any_character() {
        let cases = [
            ("s3:Get*", "s3:GetObject", true),
            ("s3:Get*", "s3:PutObject", false),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "aéc", true),
            ("a?c", "ac", false),
            ("*ab*ab", "xabyabzab", true),
            ("*ab*ab", "xabyabz", false),
            ("a**", "a", true),
            ("", "a", false),
        ];
        for (pattern, value, expected) in cases {
            assert_eq!(matches(pattern, value), expected, "{pattern} {value}");
        }
        assert!(matches_ignoring_case("S3:get*", "s3:GetObject"));
    }

    #[test]
    fn matches_arns_part_by_part() {
        let stream = "arn:aws:kinesis:us-east-1:111122223333:stream/orders";
        let cases = [
            ("*", true),
            ("arn:aws:kinesis:*:*:stream/*", true),
            ("arn:aws:kinesis:*", true),
            ("arn:*:stream/orders", false),
            ("arn:aws:kinesis:us-east-1:111122223333:stream/ord", false),
            ("arn:aws:kinesis:us-east-1:111122223333:stream/order?", true),
        ];
        for (pattern, expected) in cases {
            assert_eq!(arn_matches(pattern, stream), expected, "{pattern}");
        }
        assert!(arn_matches("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b:c"));
        assert!(!arn_matches("arn:aws:s3:::b/*", "arn:aws:s3:::b"));
    }

    #[test]
    fn takes_stars_in_variables_literally() {
        let context = Context::new([("aws:PrincipalTag/team", "a*")]);
        let pattern = substitute("team/${aws:PrincipalTag/team}/${*}", &context).unwrap();
        assert!(matches(&pattern, "team/a*/*"));
        assert!(!matches(&pattern, "team/abc/*"));
        assert_eq!(substitute("${aws:username}", &context), None);
        assert_eq!(substitute("${aws:username, 'nobody'}", &context).unwrap(), "nobody");
    }
}
