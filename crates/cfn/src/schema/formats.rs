//! What the words of `format` in schemas mean, as cfn-lint reads them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Says whether a text is what a word of a `format` means; anything is for a word that is not known.
pub(crate) fn has_format(format: &str, text: &str) -> bool {
    match format {
        "AWS::EC2::Image.Id" => {
            identifier(text, "ami-", |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        }
        "AWS::EC2::SecurityGroup.Id" => identifier(text, "sg-", |byte| byte.is_ascii_hexdigit()),
        "AWS::EC2::Subnet.Id" => identifier(text, "subnet-", |byte| byte.is_ascii_hexdigit()),
        "AWS::EC2::VPC.Id" => identifier(text, "vpc-", |byte| byte.is_ascii_hexdigit()),
        "AWS::IAM::Role.Arn" => arn(text, "iam", Some(false), |rest| has_rest(rest, "role/")),
        "AWS::KMS::Key.Arn" => {
            arn(text, "kms", Some(true), |rest| has_rest(rest, "key/") || has_rest(rest, "alias/"))
        }
        "AWS::SNS::Topic.Arn" => arn(text, "sns", Some(true), |rest| !rest.is_empty()),
        "AWS::ACM::Certificate.Arn" => arn(text, "acm", Some(true), |rest| has_rest(rest, "certificate/")),
        "AWS::Lambda::Function.Arn" => arn(text, "lambda", Some(true), |rest| has_rest(rest, "function:")),
        "AWS::Logs::LogGroup.Name" => {
            let character = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte);
            (1..=512).contains(&text.len()) && text.bytes().all(character)
        }
        // An empty name is as if there were none.
        "AWS::S3::Bucket.Name" => text.is_empty() || is_bucket_name(text),
        "AWS::SQS::Queue.Arn" => arn(text, "sqs", Some(true), |rest| !rest.is_empty()),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "ipv4-network" => is_network::<Ipv4Addr>(text, 32),
        "ipv6-network" => is_network::<Ipv6Addr>(text, 128),
        "AWS::KMS::Alias.AliasName" => has_rest(text, "alias/"),
        _ => true,
    }
}

/// Says whether a text is an address with the number of bits that name the network, and all other bits clear.
fn is_network<A: Into<IpAddr> + FromStr>(text: &str, bits: u32) -> bool {
    let (address, length) =
        text.split_once('/').map_or((text, Some(bits)), |(address, length)| (address, length.parse().ok()));
    let (Ok(address), Some(length)) = (address.parse::<A>(), length.filter(|length| *length <= bits)) else {
        return false;
    };
    let number = match address.into() {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let rest = bits - length;
    rest == 128 && number == 0 || rest < 128 && number & ((1 << rest) - 1) == 0
}

fn has_rest(text: &str, start: &str) -> bool {
    text.strip_prefix(start).is_some_and(|rest| !rest.is_empty())
}

/// Says whether a text is an id of EC2's: a prefix, and 8 or 17 characters.
fn identifier(text: &str, start: &str, is_part: fn(&u8) -> bool) -> bool {
    let Some(rest) = text.strip_prefix(start) else { return false };
    matches!(rest.len(), 8 | 17) && rest.as_bytes().iter().all(is_part)
}

/// Says whether a text is an ARN of a service, with a region or without one, in an account.
fn arn(text: &str, service: &str, has_region: Option<bool>, is_rest: impl Fn(&str) -> bool) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, found, region, account, rest] = parts[..] else { return false };
    let is_region = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    arn == "arn"
        && partition.starts_with("aws")
        && found == service
        && has_region.is_none_or(|wanted| wanted != region.is_empty())
        && region.bytes().all(is_region)
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && is_rest(rest)
}

fn is_bucket_name(text: &str) -> bool {
    let character = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    (3..=63).contains(&text.len())
        && text.bytes().all(character)
        && !text.starts_with(['.', '-'])
        && !text.ends_with(['.', '-'])
        && !["..", "-.", ".-"].iter().any(|pair| text.contains(pair))
}

#[cfg(test)]
mod tests {
    use super::has_format;

    #[test]
    fn tells_what_is_of_a_format() {
        for (format, good, bad) in [
            ("AWS::EC2::Image.Id", "ami-0abcdef1", "ami-123"),
            ("AWS::EC2::VPC.Id", "vpc-0123abcd", "vpc-x123abcd"),
            ("AWS::IAM::Role.Arn", "arn:aws:iam::123456789012:role/a/b", "arn:aws:iam::12345:role/a"),
            ("AWS::SNS::Topic.Arn", "arn:aws-cn:sns:cn-north-1:123456789012:t", "arn:aws:sns:::t"),
            ("AWS::Lambda::Function.Arn", "arn:aws:lambda:eu-west-1:123456789012:function:f:1", "f"),
            ("AWS::S3::Bucket.Name", "my.bucket-1", "My_bucket"),
            ("AWS::S3::Bucket.Name", "a1b", "a.-b"),
            ("AWS::Logs::LogGroup.Name", "/aws/lambda/f", "a b"),
            ("AWS::KMS::Alias.AliasName", "alias/x", "x"),
        ] {
            assert!(has_format(format, good) && !has_format(format, bad), "{format}");
        }
        assert!(has_format("json", "anything"));
    }
}
