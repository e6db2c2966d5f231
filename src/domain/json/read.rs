//! Reads JSON into types, in less code than `serde_json` makes of each type.
//!
//! A derived `Deserialize` asks for one thing after the other. What is the same
//! for all types is here once, and not in each instance: where a value begins
//! and ends, which key follows. Texts, numbers that are not plain, and what is
//! kept or skipped as it is are read by `serde_json`, so that there is one
//! judge of what JSON is. A struct is read from an object only, never from an
//! array.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, Expected,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::{self, Display};

/// Deepest nesting, that of `serde_json`.
const MAX_DEPTH: u8 = 127;
/// How a `RawValue` asks to be read; a test holds that.
const RAW: &str = "$serde_json::private::RawValue";

/// Reads a value of this text.
///
/// # Errors
/// As [`serde_json::from_str`], and for a struct that is an array.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    let mut reader = Reader { text, at: 0, depth: MAX_DEPTH };
    let read = T::deserialize(&mut reader);
    match read {
        Ok(value) => reader.end().map(|()| value),
        Err(wrong) => Err(reader.error(&wrong)),
    }
}

/// Reads a value of these bytes.
///
/// # Errors
/// They are not UTF-8, or as [`from_str`].
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    std::str::from_utf8(bytes).map_err(serde_json::Error::custom).and_then(from_str)
}

/// What is wrong. One pointer: each type's code hands it on in many places.
#[derive(Debug)]
#[expect(clippy::box_collection, reason = "a thin pointer")]
struct Wrong(Box<String>);

impl Wrong {
    fn of(what: &str) -> Self {
        Self(Box::new(what.to_owned()))
    }
}

impl Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: Display>(what: T) -> Self {
        Self(Box::new(what.to_string()))
    }

    // What was found may be a number: writing those takes much code.
    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("invalid type, expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("invalid value, expected {expected}"))
    }
}

/// A text that is being read.
struct Reader<'de> {
    text: &'de str,
    at: usize,
    /// How much deeper it may go.
    depth: u8,
}

/// A number.
enum Number {
    Whole(u64),
    Negative(i64),
    Other(f64),
}

impl<'de> Reader<'de> {
    /// Returns the next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let blank = rest.iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\r' | b'\t')).count();
        self.at += blank;
        rest.get(blank).copied()
    }

    /// Takes this byte, if it is the next one.
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), Wrong> {
        if self.takes(byte) { Ok(()) } else { Err(self.unexpected(&char::from(byte))) }
    }

    fn unexpected(&self, expected: &dyn Display) -> Wrong {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        match found {
            Some(found) => Wrong::custom(format_args!("expected {expected}, found `{found}`")),
            None => Wrong::custom(format_args!("EOF while parsing, expected {expected}")),
        }
    }

    fn end(&mut self) -> serde_json::Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error(&self.unexpected(&"the end"))),
        }
    }

    fn error(&self, wrong: &Wrong) -> serde_json::Error {
        serde_json::Error::custom(format_args!("{wrong} at byte {}", self.at))
    }

    /// Goes into an object or an array, if one begins so.
    fn open(&mut self, bracket: u8) -> Result<(), Wrong> {
        self.expect(bracket)?;
        self.depth = self.depth.checked_sub(1).ok_or_else(|| Wrong::of("recursion limit"))?;
        Ok(())
    }

    /// Leaves it.
    fn close(&mut self, bracket: u8) -> Result<(), Wrong> {
        self.depth += 1;
        self.expect(bracket)
    }

    /// Reads the next value by `serde_json`.
    fn by_serde<T: Deserialize<'de>>(&mut self) -> Result<T, Wrong> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter();
        let value = values.next().unwrap_or_else(|| Err(Error::custom("EOF while parsing")));
        self.at += values.byte_offset();
        value.map_err(Error::custom)
    }

    fn string(&mut self) -> Result<Cow<'de, str>, Wrong> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(&"a string"));
        }
        self.by_serde::<Text<'de>>().map(|text| text.0)
    }

    fn raw(&mut self) -> Result<&'de str, Wrong> {
        self.peek();
        self.by_serde::<&RawValue>().map(RawValue::get)
    }

    /// Takes a word, such as `null`.
    fn word(&mut self, word: &str) -> bool {
        self.peek();
        let is_next = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    fn number(&mut self) -> Result<Number, Wrong> {
        let is_negative = self.peek() == Some(b'-');
        let start = self.at + usize::from(is_negative);
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, behind) = rest.split_at_checked(length).unwrap_or_default();
        let has_more = behind.starts_with(['.', 'e', 'E']);
        let is_odd = digits.starts_with('0') && (is_negative || length > 1);
        let number = match digits.parse::<u64>() {
            Ok(whole) if !is_negative => Some(Number::Whole(whole)),
            Ok(whole) => 0_i64.checked_sub_unsigned(whole).map(Number::Negative),
            Err(_) => None,
        };
        match number.filter(|_| !has_more && !is_odd) {
            Some(number) => {
                self.at = start + length;
                Ok(number)
            }
            None => self.by_serde().map(Number::Other),
        }
    }

    fn boolean(&mut self) -> Result<bool, Wrong> {
        if self.word("true") {
            return Ok(true);
        }
        if self.word("false") { Ok(false) } else { Err(self.unexpected(&"a boolean")) }
    }

    fn null(&mut self) -> Result<(), Wrong> {
        if self.word("null") { Ok(()) } else { Err(self.unexpected(&"null")) }
    }
}

/// A string, borrowed if it has no escapes.
struct Text<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Text<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a string")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        reader.deserialize_str(Visit)
    }
}

/// Methods of a deserializer that read what the name says, whatever the size.
macro_rules! read_by {
    ($($by:ident: $($method:ident)*;)*) => {
        $($(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            self.$by(visitor)
        })*)*
    };
}

impl<'de> Reader<'de> {
    fn visit_number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Wrong> {
        match self.number()? {
            Number::Whole(number) => visitor.visit_u64(number),
            Number::Negative(number) => visitor.visit_i64(number),
            Number::Other(number) => visitor.visit_f64(number),
        }
    }

    fn visit_string<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Wrong> {
        match self.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Wrong;

    read_by! {
        visit_number: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8
            deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64;
        visit_string: deserialize_char deserialize_str deserialize_string deserialize_bytes
            deserialize_byte_buf;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.peek() {
            Some(b'{') => self.deserialize_map(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(b'"') => self.visit_string(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(b'n') => self.deserialize_unit(visitor),
            _ => self.visit_number(visitor),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.null()?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.word("null") { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        if name == RAW {
            return visitor.visit_map(Raw(Some(self.raw()?)));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.open(b'[')?;
        let value = visitor.visit_seq(Parts { reader: &mut *self, is_first: true })?;
        self.close(b']').map(|()| value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.open(b'{')?;
        let value = visitor.visit_map(Parts { reader: &mut *self, is_first: true })?;
        self.close(b'}').map(|()| value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let has_content = self.peek() == Some(b'{');
        if has_content {
            self.open(b'{')?;
        }
        let value = visitor.visit_enum(Variant { reader: &mut *self, has_content })?;
        if has_content {
            self.close(b'}')?;
        }
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.raw()?;
        visitor.visit_unit()
    }
}

/// The items of an array, or the members of an object.
struct Parts<'r, 'de> {
    reader: &'r mut Reader<'de>,
    is_first: bool,
}

impl Parts<'_, '_> {
    /// Whether another item or member follows in what ends with `bracket`.
    fn has_more(&mut self, bracket: u8) -> Result<bool, Wrong> {
        if self.reader.peek() == Some(bracket) {
            return Ok(false);
        }
        if !std::mem::take(&mut self.is_first) {
            self.reader.expect(b',')?;
        }
        if bracket == b'}' && self.reader.peek() != Some(b'"') {
            return Err(self.reader.unexpected(&"a key"));
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Wrong;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        if !self.has_more(b']')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Wrong;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        if !self.has_more(b'}')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        self.reader.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

/// A text as it is, in the form in which `RawValue` asks for it.
struct Raw<'de>(Option<&'de str>);

impl<'de> MapAccess<'de> for Raw<'de> {
    type Error = Wrong;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        let key = self.0.map(|_| BorrowedStrDeserializer::new(RAW));
        key.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        seed.deserialize(BorrowedStrDeserializer::new(self.0.take().unwrap_or_default()))
    }
}

/// A variant of an enum: a word, or an object of one member.
struct Variant<'r, 'de> {
    reader: &'r mut Reader<'de>,
    has_content: bool,
}

impl<'de> Variant<'_, 'de> {
    fn content(&mut self) -> Result<&mut Reader<'de>, Wrong> {
        if self.has_content { Ok(&mut *self.reader) } else { Err(Wrong::of("content is missing")) }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Wrong> {
        let name = seed.deserialize(&mut *self.reader)?;
        if self.has_content {
            self.reader.expect(b':')?;
        }
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        if self.has_content { self.reader.null() } else { Ok(()) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<S::Value, Wrong> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.content()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        mut self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.content()?.deserialize_map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    #[derive(Default)]
    struct All {
        text: String,
        maybe: Option<u32>,
        many: Vec<(u64, i64)>,
        by_name: BTreeMap<String, bool>,
        of: Of,
        tagged: Option<Tagged>,
        unit: (),
        real: f64,
    }

    #[derive(Debug, PartialEq, Deserialize, Default)]
    enum Of {
        #[default]
        Nothing,
        One(u8),
        Two(u8, String),
        Named {
            a: bool,
        },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "kind", rename_all = "camelCase")]
    enum Tagged {
        First { x: i8 },
        Second,
    }

    fn agree<'de, T: Deserialize<'de> + PartialEq + Debug>(text: &'de str) {
        let (ours, theirs) = (from_str::<T>(text), serde_json::from_str::<T>(text));
        assert_eq!(ours.as_ref().ok(), theirs.as_ref().ok(), "{text}: {ours:?} {theirs:?}");
    }

    const VALUES: [&str; 46] = [
        "0",
        "-0",
        "7",
        "-7",
        "01",
        "-",
        "1.5",
        "1e3",
        "-1E-2",
        "1.",
        "1e400",
        "+1",
        "255",
        "256",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "true",
        "false",
        "tru",
        "null",
        "nul",
        "nulla",
        "truefalse",
        r#""""#,
        r#""a""#,
        r#""\ud83d\ude00\n""#,
        r#""\ud800""#,
        "\"\u{1}\"",
        "\"\n\"",
        r#""a"#,
        r#""a\"#,
        "[]",
        "[1,2]",
        "[1 2]",
        "[1,]",
        "[,]",
        "[",
        "{}",
        r#"{"a":1}"#,
        r#"{"a":1,}"#,
        r#"{"a" 1}"#,
        "{1:2}",
        " \t\r\n1 ",
        "1 2",
    ];

    #[test]
    fn it_agrees_with_serde_json() {
        for text in VALUES {
            agree::<Value>(text);
            agree::<u64>(text);
            agree::<i8>(text);
            agree::<bool>(text);
            agree::<String>(text);
            agree::<&str>(text);
            agree::<Option<u8>>(text);
            agree::<Vec<u8>>(text);
            agree::<(u8, u8)>(text);
            agree::<BTreeMap<String, Value>>(text);
            agree::<Of>(text);
            for member in ["text", "maybe", "many", "byName", "of", "tagged", "unit", "real", "?"] {
                agree::<All>(&format!(r#"{{"{member}":{text}}}"#));
                agree::<All>(&format!(
                    r#"{{ "maybe" : 1 , "{member}" : {text} , "of":"Nothing"}}"#
                ));
            }
        }
        for of in [
            r#""Nothing""#,
            r#""One""#,
            r#"{"One":1}"#,
            r#"{"One":1,"Two":2}"#,
            r#"{"Nothing":null}"#,
            r#"{"Two":[1,"b"]}"#,
            r#"{"Two":[1]}"#,
            r#"{"Named":{"a":true}}"#,
            r#"{"Named":{}}"#,
            r#""Unknown""#,
            r#"{"Unknown":1}"#,
            r#"{"kind":"first","x":-1}"#,
            r#"{"kind":"second"}"#,
            r#"{"x":-1,"kind":"first"}"#,
            r#"{"kind":"third"}"#,
            r#"{"x":1.5,"kind":"first"}"#,
            "{}",
        ] {
            agree::<Of>(of);
            agree::<Tagged>(of);
            agree::<All>(&format!(r#"{{"of":{of},"text":"\u00e9\\"}}"#));
        }
        agree::<All>(r#"{"maybe":1,"maybe":2}"#);
        for depth in [126, 127, 128, 129] {
            agree::<Value>(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
        }
    }

    #[test]
    fn raw_values_stay_as_they_are() {
        #[derive(Deserialize)]
        struct Held<'a> {
            #[serde(borrow)]
            lent: &'a RawValue,
            owned: Option<Box<RawValue>>,
        }
        let text = r#"{ "lent" : {"b": [1.10, "\u0061"] } , "owned":1e2}"#;
        let held: Held<'_> = from_str(text).unwrap();
        assert_eq!(held.lent.get(), r#"{"b": [1.10, "\u0061"] }"#);
        assert_eq!(held.owned.unwrap().get(), "1e2");
        assert!(from_str::<Held<'_>>(r#"{"lent":{"b":01}}"#).is_err());
        assert!(from_str::<Held<'_>>(r#"{"lent":1,"owned":null}"#).unwrap().owned.is_none());
    }

    #[test]
    fn a_struct_is_no_array() {
        assert!(from_str::<All>(r#"["a"]"#).is_err());
    }
}
