//! The text of `Fn::Sub`, taken apart: literal pieces and the names between `${` and `}`.

/// A piece of the text, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    Literal(&'t str),
    /// `${Name}`: the name between the braces, which may not be one that CloudFormation takes.
    Variable(&'t str),
    /// `${!Name}`, which stands for the text `${Name}`.
    Escaped(&'t str),
}

/// Takes the text apart. A `${` that is never closed is literal.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start + 2..].find('}') else {
            break;
        };
        if start > 0 {
            pieces.push(Piece::Literal(&rest[..start]));
        }
        let inside = &rest[start + 2..start + 2 + length];
        pieces.push(match inside.strip_prefix('!') {
            Some(escaped) => Piece::Escaped(escaped),
            None => Piece::Variable(inside),
        });
        rest = &rest[start + 3 + length..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    pieces
}

/// Returns the names of the text's variables, in order, those that CloudFormation refuses left out.
pub fn variables(text: &str) -> Vec<&str> {
    pieces(text)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Variable(name) if is_variable_name(name.trim()) => Some(name.trim()),
            _ => None,
        })
        .collect()
}

/// Says whether CloudFormation takes the name: letters, digits, underscores, points and colons.
pub fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_text_apart() {
        assert_eq!(
            pieces("arn:${AWS::Partition}:x/${A.B}${!C}$${D"),
            [
                Piece::Literal("arn:"),
                Piece::Variable("AWS::Partition"),
                Piece::Literal(":x/"),
                Piece::Variable("A.B"),
                Piece::Escaped("C"),
                Piece::Literal("$${D"),
            ]
        );
        assert_eq!(pieces(""), []);
        assert_eq!(variables("${A} ${a-b} ${} ${é}${B.C}${ D }"), ["A", "B.C", "D"]);
    }
}
