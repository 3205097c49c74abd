//! Which rule a fault within functions belongs to.
//!
//! As with cfn-lint it is the rule of the outermost function, whose argument is wrong by what stands in it; of a fault in
//! `Fn::Length` or `Fn::ToJsonString` it is theirs. The branches of `Fn::If` stand as if there were no `Fn::If`.

/// Returns the rule of a function's argument.
pub(in crate::lint) fn rule_of(function: &str) -> Option<&'static str> {
    Some(match function {
        "Ref" => "E1020",
        "Fn::And" => "E8004",
        "Fn::Base64" => "E1021",
        "Fn::Cidr" => "E1024",
        "Fn::Equals" => "E8003",
        "Fn::FindInMap" => "E1011",
        "Fn::GetAtt" => "E1010",
        "Fn::GetAZs" => "E1015",
        "Fn::GetStackOutput" => "E1033",
        "Fn::If" => "E1028",
        "Fn::ImportValue" => "E1016",
        "Fn::Join" => "E1022",
        "Fn::Length" => "E1030",
        "Fn::Not" => "E8005",
        "Fn::Or" => "E8006",
        "Fn::Select" => "E1017",
        "Fn::Split" => "E1018",
        "Fn::Sub" => "E1019",
        "Fn::ToJsonString" => "E1031",
        _ => return None,
    })
}

/// Returns the rule that a fault at `path` belongs to; `own` is that of the function that is at fault.
pub(in crate::lint) fn at(path: &[String], own: &'static str) -> &'static str {
    // A branch of `Fn::If` is followed by more of the path; its condition, or the whole of it, is not passed over.
    let outer = path.iter().enumerate().find_map(|(index, segment)| {
        let is_branch =
            segment == "Fn::If" && matches!(path.get(index + 1).map(String::as_str), Some("1" | "2"));
        rule_of(segment).filter(|_| !is_branch)
    });
    let strict = path.iter().find(|segment| matches!(segment.as_str(), "Fn::Length" | "Fn::ToJsonString"));
    strict.and_then(|function| rule_of(function)).or(outer).unwrap_or(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(path: &str) -> &'static str {
        let path: Vec<String> = path.split('/').map(str::to_owned).collect();
        at(&path, "E1019")
    }

    #[test]
    fn is_the_outermost_function() {
        assert_eq!(owner("Resources/A/Properties/P/Fn::Sub"), "E1019");
        assert_eq!(owner("Resources/A/Properties/P/Fn::Join/1/0/Fn::Sub"), "E1022");
        assert_eq!(owner("Resources/A/Properties/P/Fn::If/1/Fn::Sub"), "E1019");
        assert_eq!(owner("Resources/A/Properties/P/Fn::Join/1/0/Fn::If/1/Fn::Sub"), "E1022");
        assert_eq!(owner("Resources/A/Properties/P/Fn::Join/1/0/Fn::ToJsonString/A/Fn::Sub"), "E1031");
    }
}
