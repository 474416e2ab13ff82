//! Documents and commands from JSON: the one deserialiser that every type of ours is read by.
//!
//! `serde_json::from_str::<T>` compiles a whole parser into every `T`, with arrays in place of
//! objects, every kind of number and an error text at each turn: 150 KB of machine code for
//! the types here. So text becomes a [`Value`] first, by code that flows need anyway, and a
//! type is read from that by as little as a document asks for: docs/performance.md has the
//! figures. Writing stays `serde_json::to_string`.
//!
//! What must never happen: an error that quotes a value, since it ends in a log line.

use std::{slice, vec};

use serde::de::value::StringDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Number, Value, map};

/// Why a text cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not JSON.
    #[error("not JSON, at line {line}, column {column}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1; 0 before the first character.
        column: usize,
    },
    /// A member is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A member has a value that it cannot have.
    #[error("a value of the wrong type, or an unknown name")]
    Refused,
    /// On its way to be [`Unreadable::Missing`]: the member with this position.
    #[error("member {0} is missing")]
    Nth(usize),
    /// On its way to be a default, or [`Unreadable::Missing`].
    #[error("a member is missing")]
    Absent,
}

/// Reads JSON of any shape.
///
/// # Errors
/// [`Unreadable::Syntax`] when it is none.
pub fn value(text: &str) -> Result<Value, Unreadable> {
    serde_json::from_str(text).map_err(|error| Unreadable::Syntax {
        line: error.line(),
        column: error.column(),
    })
}

/// Reads JSON of any shape from bytes that need not be UTF-8.
///
/// # Errors
/// [`Unreadable::Syntax`] when it is none.
pub fn value_in(bytes: &[u8]) -> Result<Value, Unreadable> {
    // One parser, over `str`, in the program: the one over bytes is 6 KB more.
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count();
        let column = good.iter().rev().take_while(|byte| **byte != b'\n').count();
        Unreadable::Syntax {
            line: line.saturating_add(1),
            column: column.saturating_add(1),
        }
    })?;
    value(text)
}

/// Reads a document. Members that the type does not know are ignored, so that a release can
/// read what a later one wrote.
///
/// # Errors
/// When it is not JSON, or not of this type.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    T::deserialize(Reader::of(value(text)?))
}

/// Reads a document that is JSON already.
///
/// # Errors
/// When it is not of this type.
pub fn read_value<T: DeserializeOwned>(value: Value) -> Result<T, Unreadable> {
    T::deserialize(Reader::of(value))
}

/// One value; `None` for a member that is not there.
struct Reader(Option<Value>);

impl Reader {
    fn of(value: Value) -> Reader {
        Reader(Some(value))
    }

    fn members(self) -> Result<Map<String, Value>, Unreadable> {
        match self.0 {
            Some(Value::Object(members)) => Ok(members),
            other => Err(wrong(other.as_ref())),
        }
    }

    /// A struct is read as a sequence, its members in the order of its fields. The code that
    /// serde derives for that is a third of the code that takes members as they come.
    fn fields<'de, V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let members = self.members()?;
        let fields = Fields {
            members,
            names: names.iter(),
        };
        visitor
            .visit_seq(fields)
            .map_err(|error| named(error, names))
    }
}

/// What is wrong about a value of no use, or about none at all.
fn wrong(value: Option<&Value>) -> Unreadable {
    match value {
        Some(_) => Unreadable::Refused,
        None => Unreadable::Absent,
    }
}

fn named(error: Unreadable, names: &[&'static str]) -> Unreadable {
    match error {
        Unreadable::Nth(at) => names
            .get(at)
            .map_or(error, |name| Unreadable::Missing(name)),
        _ => error,
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            match self.0 {
                Some(Value::Number(number)) => visit_number(&number, visitor),
                other => Err(wrong(other.as_ref())),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Unreadable;

    numbers!(deserialize_u16 deserialize_u32 deserialize_u64 deserialize_i64 deserialize_f64);
    forward_to_deserialize_any! {
        bool i8 i16 i32 i128 u8 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            None => Err(Unreadable::Absent),
            Some(Value::Null) => visitor.visit_unit(),
            Some(Value::Bool(flag)) => visitor.visit_bool(flag),
            Some(Value::Number(number)) => visit_number(&number, visitor),
            Some(Value::String(text)) => visitor.visit_string(text),
            Some(Value::Array(items)) => visitor.visit_seq(Items(items.into_iter())),
            Some(Value::Object(members)) => visitor.visit_map(Members::of(members)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Some(Value::String(text)) => visitor.visit_string(text),
            other => Err(wrong(other.as_ref())),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_string(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            None | Some(Value::Null) => visitor.visit_none(),
            value => visitor.visit_some(Reader(value)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Some(Value::Array(items)) => visitor.visit_seq(Items(items.into_iter())),
            other => Err(wrong(other.as_ref())),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_map(Members::of(self.members()?))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.fields(names, visitor)
    }

    /// A variant is its name, or an object with its name and its value.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let (name, value) = match self.0 {
            Some(Value::String(name)) => (name, Value::Null),
            Some(Value::Object(members)) => {
                members.into_iter().next().ok_or(Unreadable::Refused)?
            }
            other => return Err(wrong(other.as_ref())),
        };
        visitor.visit_enum(Variant { name, value })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }
}

fn visit_number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, Unreadable> {
    if let Some(number) = number.as_u64() {
        visitor.visit_u64(number)
    } else if let Some(number) = number.as_i64() {
        visitor.visit_i64(number)
    } else {
        visitor.visit_f64(number.as_f64().unwrap_or_default())
    }
}

/// The members of a struct, in the order of its fields.
struct Fields {
    members: Map<String, Value>,
    names: slice::Iter<'static, &'static str>,
}

impl<'de> SeqAccess<'de> for Fields {
    type Error = Unreadable;

    /// `None` where serde's code is to take the default, or to say what is missing.
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unreadable> {
        let value = self
            .names
            .next()
            .and_then(|name| self.members.remove(*name));
        match seed.deserialize(Reader(value)) {
            Ok(value) => Ok(Some(value)),
            Err(Unreadable::Absent) => Ok(None),
            // Of a tuple within, not of this struct.
            Err(Unreadable::Nth(_)) => Err(Unreadable::Refused),
            Err(error) => Err(error),
        }
    }
}

/// The members of a map.
struct Members {
    rest: map::IntoIter,
    value: Value,
}

impl Members {
    fn of(members: Map<String, Value>) -> Members {
        Members {
            rest: members.into_iter(),
            value: Value::Null,
        }
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unreadable> {
        let Some((name, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = value;
        seed.deserialize(name_reader(name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, Unreadable> {
        seed.deserialize(Reader::of(self.value.take()))
    }
}

struct Items(vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unreadable> {
        self.0
            .next()
            .map(|item| seed.deserialize(Reader::of(item)))
            .transpose()
    }
}

struct Variant {
    name: String,
    value: Value,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Unreadable;
    type Variant = Reader;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Reader), Unreadable> {
        let variant = seed.deserialize(name_reader(self.name))?;
        Ok((variant, Reader::of(self.value)))
    }
}

impl<'de> VariantAccess<'de> for Reader {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, Unreadable> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Unreadable> {
        Err(Unreadable::Refused)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.fields(names, visitor)
    }
}

/// A member's or variant's name.
fn name_reader(name: String) -> StringDeserializer<Unreadable> {
    name.into_deserializer()
}

/// All of these replace texts that would be formatted, differently, in every type's code.
impl de::Error for Unreadable {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Unreadable::Refused
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Unreadable::Refused
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Unreadable::Refused
    }

    /// The field at this position was not there.
    fn invalid_length(at: usize, _: &dyn de::Expected) -> Self {
        Unreadable::Nth(at)
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Unreadable::Refused
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Unreadable::Refused
    }

    fn missing_field(name: &'static str) -> Self {
        Unreadable::Missing(name)
    }

    fn duplicate_field(_: &'static str) -> Self {
        Unreadable::Refused
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Phase {
        Taken,
        Posting { attempt: u32 },
        Named(String),
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Document {
        id: String,
        at: i64,
        ratio: f64,
        known: bool,
        code: Option<u32>,
        #[serde(default)]
        list: Vec<u16>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phase: Option<Phase>,
        data: BTreeMap<String, String>,
        any: Value,
    }

    fn document(phase: Phase) -> Document {
        Document {
            id: "a \"b\" \u{1F600}".to_owned(),
            at: -1_700_000_000_000,
            ratio: 2.0,
            known: true,
            code: None,
            list: vec![0, 65_535],
            phase: Some(phase),
            data: BTreeMap::from([("x".to_owned(), "y".to_owned())]),
            any: serde_json::json!({ "a": [1, null, { "b": 1.5 }] }),
        }
    }

    #[test]
    fn a_document_reads_back_as_it_was_written() {
        for phase in [
            Phase::Taken,
            Phase::Posting { attempt: 3 },
            Phase::Named("x".to_owned()),
        ] {
            let document = document(phase);
            let text = serde_json::to_string(&document).unwrap();
            assert_eq!(read::<Document>(&text), Ok(document), "{text}");
        }
    }

    #[test]
    fn unknown_members_are_ignored_and_absent_ones_take_their_default() {
        let text = r#"{"id":"","at":1,"ratio":1,"known":false,"code":7,"data":{},"any":null,
            "from_a_later_release":{"deep":[1]}}"#;
        let document: Document = read(text).unwrap();
        assert_eq!((document.code, document.list.len()), (Some(7), 0));
        assert_eq!(document.phase, None);
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_no_value_is_quoted() {
        let read = |text: &str| read::<Document>(text).unwrap_err();
        assert_eq!(read("{}"), Unreadable::Missing("id"));
        assert_eq!(read("[]"), Unreadable::Refused);
        for member in [
            r#""id":7"#,
            r#""id":"secret","at":"x""#,
            r#""id":"","at":1.5"#,
        ] {
            let error = read(&format!("{{{member}}}"));
            assert_eq!(error, Unreadable::Refused, "{member}");
            assert!(!error.to_string().contains("secret"));
        }
        assert_eq!(
            read("{\"id\": secret}"),
            Unreadable::Syntax { line: 1, column: 8 }
        );
    }

    #[test]
    fn a_member_that_is_not_there_is_none_or_the_default_or_named() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Outer {
            first: Option<u32>,
            #[serde(default)]
            second: Vec<String>,
            inner: Option<Inner>,
        }
        #[derive(Debug, PartialEq, Deserialize)]
        struct Inner {
            third: String,
        }
        let empty = Outer {
            first: None,
            second: Vec::new(),
            inner: None,
        };
        assert_eq!(super::read::<Outer>("{}"), Ok(empty));
        assert_eq!(
            super::read::<Outer>(r#"{"inner":{}}"#),
            Err(Unreadable::Missing("third"))
        );
        let refused = [
            r#"{"second":null}"#,
            r#"{"inner":{"third":null}}"#,
            r#"{"first":[]}"#,
        ];
        for text in refused {
            assert_eq!(
                super::read::<Outer>(text),
                Err(Unreadable::Refused),
                "{text}"
            );
        }
        assert_eq!(super::read::<(u32, u32)>("[1]"), Err(Unreadable::Nth(1)));
    }

    #[test]
    fn a_number_out_of_range_or_an_unknown_variant_is_refused() {
        assert_eq!(super::read::<u16>("65536"), Err(Unreadable::Refused));
        assert_eq!(super::read::<u32>("-1"), Err(Unreadable::Refused));
        assert_eq!(super::read::<Phase>("\"new\""), Err(Unreadable::Refused));
        assert_eq!(super::read::<Phase>("{}"), Err(Unreadable::Refused));
        assert_eq!(
            super::read::<Phase>("{\"posting\":{}}"),
            Err(Unreadable::Missing("attempt"))
        );
    }
}
