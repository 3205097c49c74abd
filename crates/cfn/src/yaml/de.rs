//! Serde over the tree: any `Deserialize` type is read from a [`Node`], and every error knows the place that caused it.
//!
//! An unknown key is placed at the key, a wrong value at the value, a missing key at the key whose mapping lacks it.
//! Nothing is converted on the way: a number where text is wanted is an error, as is a tag (`!Ref`) anywhere.

pub use super::de_error::{DeError, DeErrorKind, Failure};
use super::document::{Key, Node, NodeValue, Span};
use super::spanned;
use serde::de::IntoDeserializer as _;
use serde::de::value::{BorrowedStrDeserializer, StrDeserializer, UsizeDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

/// Reads a value of type `T` from the node.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, DeError> {
    T::deserialize(NodeDeserializer { node }).map_err(|failure| failure.into_error(node.span))
}

#[derive(Clone, Copy)]
struct NodeDeserializer<'de> {
    node: &'de Node,
}

impl<'de> NodeDeserializer<'de> {
    fn refuse_tag(self) -> Result<(), Failure> {
        match &self.node.tag {
            None => Ok(()),
            Some(tag) => {
                Err(Failure::new(format!("the tag `{}` has no meaning here", tag.name), DeErrorKind::Invalid)
                    .place(tag.span))
            }
        }
    }

    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.refuse_tag()?;
        let result = match &self.node.value {
            NodeValue::Null => visitor.visit_unit(),
            NodeValue::Bool(value) => visitor.visit_bool(*value),
            NodeValue::Number(number) => {
                if let Some(value) = number.as_u64() {
                    visitor.visit_u64(value)
                } else if let Some(value) = number.as_i64() {
                    visitor.visit_i64(value)
                } else {
                    visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
                }
            }
            NodeValue::String(text) => visitor.visit_borrowed_str(text),
            NodeValue::Sequence(items) => visitor.visit_seq(Items { items: items.iter().enumerate() }),
            NodeValue::Mapping(entries) => {
                visitor.visit_map(Entries { entries: entries.iter(), current: None })
            }
        };
        result.map_err(|failure| failure.place_value(self.node.span))
    }
}

impl<'de> Deserializer<'de> for NodeDeserializer<'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.visit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.node.value {
            NodeValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self).map_err(|failure| failure.place_value(self.node.span)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if name == spanned::NAME {
            return visitor.visit_map(Place::new(self.node.span, self));
        }
        visitor.visit_newtype_struct(self).map_err(|failure| failure.place_value(self.node.span))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.refuse_tag()?;
        let access = match &self.node.value {
            NodeValue::String(variant) => Variant { variant, place: self.node.span, content: None },
            NodeValue::Mapping(entries) if entries.len() == 1 => Variant {
                variant: &entries[0].0.name,
                place: entries[0].0.span,
                content: Some((&entries[0].0, &entries[0].1)),
            },
            _ => {
                let message = format!("expected one of the names of {name}, or a mapping with one of them");
                return Err(Failure::new(message, DeErrorKind::Invalid).place(self.node.span));
            }
        };
        visitor.visit_enum(access).map_err(|failure| failure.place_value(self.node.span))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.refuse_tag()?;
        let found = match &self.node.value {
            NodeValue::Mapping(_) => return self.visit(visitor),
            NodeValue::Null => Unexpected::Unit,
            NodeValue::Bool(value) => Unexpected::Bool(*value),
            NodeValue::Number(number) => Unexpected::Float(number.as_f64().unwrap_or(f64::NAN)),
            NodeValue::String(text) => Unexpected::Str(text),
            NodeValue::Sequence(_) => Unexpected::Seq,
        };
        Err(Failure::not_a_mapping(found, fields).place(self.node.span))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier
    }
}

struct Items<'de> {
    items: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        let Some((index, node)) = self.items.next() else {
            return Ok(None);
        };
        seed.deserialize(NodeDeserializer { node })
            .map(Some)
            .map_err(|failure| failure.place(node.span).within(index.to_string()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'de> {
    entries: std::slice::Iter<'de, (Key, Node)>,
    current: Option<(&'de Key, &'de Node)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        self.current = Some((key, value));
        seed.deserialize(KeyDeserializer { key })
            .map(Some)
            .map_err(|failure| failure.place(key.span).within(&key.name))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let Some((key, node)) = self.current.take() else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        seed.deserialize(NodeDeserializer { node }).map_err(|failure| {
            let failure = failure.place_value(node.span);
            failure.place(key.span).within(&key.name)
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// Keys are text; a map with number keys asks for a number, and gets it parsed.
#[derive(Clone, Copy)]
struct KeyDeserializer<'de> {
    key: &'de Key,
}

macro_rules! parsed_key {
    ($($method:ident: $visit:ident),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            match self.key.name.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => visitor.visit_borrowed_str(&self.key.name),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for KeyDeserializer<'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_borrowed_str(&self.key.name)
    }

    parsed_key!(
        deserialize_bool: visit_bool, deserialize_u8: visit_u8, deserialize_u16: visit_u16,
        deserialize_u32: visit_u32, deserialize_u64: visit_u64, deserialize_i8: visit_i8,
        deserialize_i16: visit_i16, deserialize_i32: visit_i32, deserialize_i64: visit_i64
    );

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if name == spanned::NAME {
            return visitor.visit_map(Place::new(self.key.span, self));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_enum(Variant { variant: &self.key.name, place: self.key.span, content: None })
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

/// Answers a request for a [`super::Spanned`]: start, end, and the value itself.
struct Place<D> {
    span: Span,
    value: Option<D>,
    next: usize,
}

impl<D> Place<D> {
    fn new(span: Span, value: D) -> Self {
        Self { span, value: Some(value), next: 0 }
    }
}

impl<'de, D: Deserializer<'de, Error = Failure>> MapAccess<'de> for Place<D> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some(field) = spanned::FIELDS.get(self.next) else {
            return Ok(None);
        };
        self.next += 1;
        let name: StrDeserializer<'_, Failure> = (*field).into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let number = |value: usize| -> UsizeDeserializer<Failure> { value.into_deserializer() };
        match self.next {
            1 => seed.deserialize(number(self.span.start)),
            2 => seed.deserialize(number(self.span.end)),
            _ => match self.value.take() {
                Some(value) => seed.deserialize(value),
                None => Err(de::Error::custom("a place has one value")),
            },
        }
    }
}

/// An enum's variant: a name alone, or the one key of a mapping with its content.
struct Variant<'de> {
    variant: &'de str,
    place: Span,
    content: Option<(&'de Key, &'de Node)>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Failure;
    type Variant = VariantContent<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), Failure> {
        let name = BorrowedStrDeserializer::new(self.variant);
        let value = seed.deserialize(name).map_err(|failure: Failure| failure.place(self.place))?;
        let content = VariantContent { place: self.place, content: self.content };
        Ok((value, content))
    }
}

struct VariantContent<'de> {
    place: Span,
    content: Option<(&'de Key, &'de Node)>,
}

impl<'de> VariantContent<'de> {
    fn read<T>(self, read: impl FnOnce(NodeDeserializer<'de>) -> Result<T, Failure>) -> Result<T, Failure> {
        match self.content {
            Some((key, node)) => {
                read(NodeDeserializer { node }).map_err(|failure| failure.place(key.span).within(&key.name))
            }
            None => Err(Failure::new("this name needs a value: write it as a mapping", DeErrorKind::Invalid)
                .place(self.place)),
        }
    }
}

impl<'de> VariantAccess<'de> for VariantContent<'de> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        match self.content {
            None => Ok(()),
            Some((_, node)) if node.value == NodeValue::Null => Ok(()),
            Some((_, node)) => {
                Err(Failure::new("this name takes no value", DeErrorKind::Invalid).place(node.span))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failure> {
        self.read(|deserializer| seed.deserialize(deserializer))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Failure> {
        self.read(|deserializer| deserializer.deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.read(|deserializer| deserializer.deserialize_any(visitor))
    }
}

#[cfg(test)]
#[path = "de_tests.rs"]
mod tests;
