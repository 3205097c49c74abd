//! The expressions in a prefix of delivered objects: `!{namespace:value}`.

/// An expression, or what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expression<'t> {
    Timestamp,
    RandomString,
    ErrorOutputType,
    PartitionKeyFromQuery,
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
            Some(("timestamp", pattern)) if !pattern.is_empty() => Expression::Timestamp,
            Some(("firehose", "random-string")) => Expression::RandomString,
            Some(("firehose", "error-output-type")) => Expression::ErrorOutputType,
            Some(("partitionKeyFromQuery", key)) if !key.is_empty() => Expression::PartitionKeyFromQuery,
            Some(("partitionKeyFromLambda", key)) if !key.is_empty() => Expression::PartitionKeyFromLambda,
            _ => Expression::Unknown(expression),
        });
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_expression() {
        let prefix = "a/!{timestamp:yyyy/MM}/!{firehose:random-string}/!{partitionKeyFromQuery:id}!{other:x}!{firehose:";
        let expected = [
            Expression::Timestamp,
            Expression::RandomString,
            Expression::PartitionKeyFromQuery,
            Expression::Unknown("other:x"),
            Expression::Open,
        ];
        assert_eq!(expressions(prefix), expected);
        assert_eq!(expressions("plain/{x}/"), []);
    }
}
