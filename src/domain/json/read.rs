//! Reads JSON into types, in less code.
//!
//! A derived `Deserialize` can read a struct from an object and from an array,
//! and `serde_json` asks for both. Nothing here is written as an array, and
//! the half that reads one was a twentieth of the Worker. So all is read by
//! [`from_str`] and [`from_slice`], which take a struct from an object only.

use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use std::fmt;

type Name = &'static str;
type Names = &'static [&'static str];

/// Reads a value of this text.
///
/// # Errors
/// As [`serde_json::from_str`], and for a struct that is an array.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(ByObject(&mut reader))?;
    reader.end().map(|()| value)
}

/// Reads a value of these bytes.
///
/// # Errors
/// They are not UTF-8, or as [`from_str`].
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    std::str::from_utf8(bytes).map_err(serde_json::Error::custom).and_then(from_str)
}

/// A reader whose structs are objects, or a part of one.
struct ByObject<T>(T);

/// Methods of a reader: on to its own, as it is or with the visitor wrapped.
macro_rules! pass {
    ($($method:ident($($arg:ident: $of:ty)?),)* ; $($wrapped:ident($($with:ident: $is:ty),*),)*) => {
        $(fn $method<V: Visitor<'de>>(self, $($arg: $of,)? visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($arg,)? visitor)
        })*
        $(fn $wrapped<V: Visitor<'de>>(self, $($with: $is,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$wrapped($($with,)* ByObject(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ByObject<D> {
    type Error = D::Error;

    pass! {
        deserialize_any(), deserialize_bool(), deserialize_i8(), deserialize_i16(),
        deserialize_i32(), deserialize_i64(), deserialize_u8(), deserialize_u16(),
        deserialize_u32(), deserialize_u64(), deserialize_f32(), deserialize_f64(),
        deserialize_char(), deserialize_str(), deserialize_string(), deserialize_bytes(),
        deserialize_byte_buf(), deserialize_unit(), deserialize_unit_struct(name: Name),
        deserialize_identifier(), deserialize_ignored_any(),
        ;
        deserialize_option(), deserialize_seq(), deserialize_map(),
        deserialize_newtype_struct(name: Name), deserialize_tuple(len: usize),
        deserialize_tuple_struct(name: Name, len: usize),
        deserialize_enum(name: Name, variants: Names),
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: Name,
        _: Names,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(ByObject(visitor))
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for ByObject<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, reader: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(ByObject(reader))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, reader: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(ByObject(reader))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(ByObject(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(ByObject(members))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(ByObject(variant))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for ByObject<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(ByObject(reader))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for ByObject<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(ByObject(seed))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for ByObject<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(ByObject(seed))
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for ByObject<A> {
    type Error = A::Error;
    type Variant = ByObject<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        self.0.variant_seed(seed).map(|(name, content)| (name, ByObject(content)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for ByObject<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(ByObject(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, ByObject(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: Names,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, ByObject(visitor))
    }
}
