//! What every function takes and gives, as AWS's reference of intrinsic functions and cfn-lint's schemas of them have it.

use super::kinds::Kinds;

/// What an argument, or a part of one, must be.
pub(super) struct Argument {
    pub kinds: Kinds,
    /// The functions that may stand in its place.
    pub functions: &'static [&'static str],
    /// Those that `AWS::LanguageExtensions` adds.
    pub extended: &'static [&'static str],
    pub inside: Inside,
}

/// What is asked of a value that is written out.
pub(super) enum Inside {
    Anything,
    /// A list whose items are all alike.
    Each(&'static Argument),
    /// A list in which each place has its own meaning; the first number is how many must be there.
    Places(usize, &'static [Argument]),
    /// An object whose values are all alike.
    Members(&'static Argument),
    /// An object with these members, of which the first ones must be there.
    Named(usize, &'static [&'static str], &'static Argument),
    /// A whole number between these.
    Integer(i64, i64),
    /// The name of a region, or an empty text.
    Region,
    /// A block of addresses.
    Block,
    /// An object or list that is not empty.
    Filled,
}

pub(super) struct Signature {
    pub gives: Kinds,
    pub takes: &'static Argument,
}

const fn text(functions: &'static [&'static str]) -> Argument {
    Argument { kinds: Kinds::SINGLE, functions, extended: &[], inside: Inside::Anything }
}

const fn list(functions: &'static [&'static str], inside: Inside) -> Argument {
    Argument { kinds: Kinds::LIST, functions, extended: &[], inside }
}

const fn places(least: usize, places: &'static [Argument]) -> Argument {
    list(&[], Inside::Places(least, places))
}

const fn integer(functions: &'static [&'static str], least: i64, most: i64) -> Argument {
    Argument { inside: Inside::Integer(least, most), ..text(functions) }
}

#[rustfmt::skip]
const BASE64: Argument = text(&[
    "Ref", "Fn::Base64", "Fn::Cidr", "Fn::FindInMap", "Fn::GetAtt", "Fn::GetStackOutput", "Fn::If", "Fn::ImportValue",
    "Fn::Join", "Fn::Length", "Fn::Select", "Fn::Sub", "Fn::ToJsonString", "Fn::Transform",
]);
const CIDR_FUNCTIONS: &[&str] =
    &["Ref", "Fn::FindInMap", "Fn::GetAtt", "Fn::If", "Fn::ImportValue", "Fn::Select", "Fn::Sub"];
const CIDR: Argument = places(
    2,
    &[
        Argument { inside: Inside::Block, ..text(CIDR_FUNCTIONS) },
        integer(CIDR_FUNCTIONS, 1, 256),
        integer(CIDR_FUNCTIONS, 1, 128),
    ],
);
const MAP_NAME: Argument = Argument {
    extended: &["Fn::Join", "Fn::Sub", "Fn::If", "Fn::Select", "Fn::Length", "Fn::ToJsonString"],
    ..text(&["Ref", "Fn::FindInMap"])
};
const ANY: Argument =
    Argument { kinds: Kinds::ANY, functions: EVERY, extended: &[], inside: Inside::Anything };
const FIND_IN_MAP: Argument = places(
    3,
    &[
        MAP_NAME,
        MAP_NAME,
        MAP_NAME,
        Argument {
            kinds: Kinds::OBJECT,
            functions: &[],
            extended: &[],
            inside: Inside::Named(1, &["DefaultValue"], &ANY),
        },
    ],
);
const GET_AZS: Argument = Argument {
    inside: Inside::Region,
    ..text(&["Ref", "Fn::GetAtt", "Fn::If", "Fn::Join", "Fn::Select", "Fn::Sub"])
};
const STACK_OUTPUT: Argument = Argument {
    kinds: Kinds::OBJECT,
    functions: &[],
    extended: &[],
    inside: Inside::Named(
        2,
        &["StackName", "OutputName", "Region", "RoleArn"],
        &text(&[
            "Ref",
            "Fn::Base64",
            "Fn::FindInMap",
            "Fn::GetAtt",
            "Fn::If",
            "Fn::ImportValue",
            "Fn::Join",
            "Fn::Select",
            "Fn::Sub",
        ]),
    ),
};
const IMPORT_VALUE: Argument =
    text(&["Ref", "Fn::Base64", "Fn::FindInMap", "Fn::If", "Fn::Join", "Fn::Select", "Fn::Sub"]);
#[rustfmt::skip]
const JOIN: Argument = places(2, &[
    text(&[]),
    list(
        &["Ref", "Fn::Cidr", "Fn::FindInMap", "Fn::GetAtt", "Fn::GetAZs", "Fn::If", "Fn::Split"],
        Inside::Each(&text(&[
            "Ref", "Fn::Base64", "Fn::FindInMap", "Fn::GetAtt", "Fn::GetStackOutput", "Fn::If", "Fn::ImportValue",
            "Fn::Join", "Fn::Select", "Fn::Sub", "Fn::Transform",
        ])),
    ),
]);
#[rustfmt::skip]
const LENGTH: Argument = list(
    &["Ref", "Fn::FindInMap", "Fn::Split", "Fn::If", "Fn::GetAZs"],
    Inside::Each(&Argument { functions: &[
        "Ref", "Fn::Base64", "Fn::FindInMap", "Fn::GetAZs", "Fn::If", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::Sub",
        "Fn::ToJsonString",
    ], ..ANY }),
);
#[rustfmt::skip]
const SELECT: Argument = places(2, &[
    Argument { extended: &["Fn::Length"], ..integer(&["Ref", "Fn::FindInMap"], 0, i64::MAX) },
    list(
        &["Ref", "Fn::Cidr", "Fn::FindInMap", "Fn::GetAtt", "Fn::GetAZs", "Fn::If", "Fn::Split"],
        Inside::Each(&ANY),
    ),
]);
#[rustfmt::skip]
const SPLIT: Argument = places(2, &[
    text(&[]),
    text(&[
        "Ref", "Fn::Base64", "Fn::FindInMap", "Fn::GetAtt", "Fn::GetAZs", "Fn::If", "Fn::ImportValue", "Fn::Join",
        "Fn::Select", "Fn::Sub",
    ]),
]);
#[rustfmt::skip]
const SUB: Argument = Argument {
    kinds: Kinds::SINGLE.or(Kinds::LIST),
    functions: &[],
    extended: &[],
    inside: Inside::Places(2, &[text(&[]), Argument {
        kinds: Kinds::OBJECT,
        functions: &[],
        extended: &[],
        inside: Inside::Members(&text(&[
            "Ref", "Fn::Base64", "Fn::FindInMap", "Fn::GetAtt", "Fn::GetAZs", "Fn::GetStackOutput", "Fn::If",
            "Fn::ImportValue", "Fn::Join", "Fn::Select", "Fn::Sub", "Fn::ToJsonString", "Fn::Transform",
        ])),
    }]),
};
const TO_JSON_STRING: Argument = Argument {
    kinds: Kinds::LIST.or(Kinds::OBJECT),
    functions: &["Ref", "Fn::FindInMap", "Fn::GetAtt", "Fn::GetAZs", "Fn::If", "Fn::Select", "Fn::Split"],
    extended: &[],
    inside: Inside::Filled,
};

/// The functions that give a value.
#[rustfmt::skip]
const EVERY: &[&str] = &[
    "Ref", "Fn::Base64", "Fn::Cidr", "Fn::FindInMap", "Fn::GetAtt", "Fn::GetAZs", "Fn::GetStackOutput", "Fn::If",
    "Fn::ImportValue", "Fn::Join", "Fn::Length", "Fn::Select", "Fn::Split", "Fn::Sub", "Fn::ToJsonString", "Fn::Transform",
];

/// Says whether this is a function that gives a value.
pub(super) fn is_known(function: &str) -> bool {
    EVERY.contains(&function)
}

/// Returns what a function takes and gives; `Ref`, `Fn::GetAtt`, `Fn::If` and `Fn::Transform` are looked at by others.
pub(super) fn of(function: &str) -> Option<Signature> {
    let (gives, takes): (Kinds, &'static Argument) = match function {
        "Fn::Base64" => (Kinds::SINGLE, &BASE64),
        "Fn::Cidr" => (Kinds::LIST, &CIDR),
        "Fn::FindInMap" => (Kinds::SINGLE.or(Kinds::LIST), &FIND_IN_MAP),
        "Fn::GetAZs" => (Kinds::LIST, &GET_AZS),
        "Fn::GetStackOutput" => (Kinds::SINGLE, &STACK_OUTPUT),
        "Fn::ImportValue" => (Kinds::SINGLE, &IMPORT_VALUE),
        "Fn::Join" => (Kinds::SINGLE, &JOIN),
        "Fn::Length" => (Kinds::SINGLE, &LENGTH),
        "Fn::Select" => (Kinds::ANY, &SELECT),
        "Fn::Split" => (Kinds::LIST, &SPLIT),
        "Fn::Sub" => (Kinds::SINGLE, &SUB),
        "Fn::ToJsonString" => (Kinds::SINGLE, &TO_JSON_STRING),
        _ => return None,
    };
    Some(Signature { gives, takes })
}
