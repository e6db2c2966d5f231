//! Reads a struct as a list of its members in the order of its names.
//!
//! A derived struct that reads an object compares names and notes which ones
//! were there, in code of its own. From a list it only takes the values. So
//! this module finds where each member begins, and [`Missing`] stands for an
//! absent one.

use super::parts::Items;
use super::reader::{Reader, Wrong};
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::vec::IntoIter;

/// Reads an object for a struct whose members have these names.
pub(super) fn read<'de, V: Visitor<'de>>(
    reader: &mut Reader<'de>,
    names: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, Wrong> {
    reader.open(b'{')?;
    let (starts, end) = find(reader, names)?;
    let mut fields = Fields { reader, starts: starts.into_iter(), lacks: None };
    let value = visitor.visit_seq(&mut fields).map_err(|wrong| fields.lacking(wrong))?;
    fields.reader.at = end;
    fields.reader.close(b'}').map(|()| value)
}

/// A name, and the offset at which its value begins, if there is one.
type Start = (&'static str, Option<usize>);

/// Finds the offsets at which the values begin and the object ends. Skips
/// members with other names.
fn find(
    reader: &mut Reader<'_>,
    names: &'static [&'static str],
) -> Result<(Vec<Start>, usize), Wrong> {
    let mut starts: Vec<Start> = names.iter().map(|name| (*name, None)).collect();
    let mut parts = Items { reader, is_first: true };
    while parts.has_more(b'}')? {
        let name = parts.reader.string()?;
        parts.reader.must_take(b':')?;
        parts.reader.peek();
        let start = parts.reader.at;
        if let Some((known, place)) = starts.iter_mut().find(|(known, _)| *known == name)
            && place.replace(start).is_some()
        {
            return Err(Wrong::duplicate_field(known));
        }
        parts.reader.skip()?;
    }
    Ok((starts, parts.reader.at))
}

struct Fields<'r, 'de> {
    reader: &'r mut Reader<'de>,
    starts: IntoIter<Start>,
    /// The member that was asked for last, if it is absent.
    lacks: Option<&'static str>,
}

impl Fields<'_, '_> {
    /// Goes to the next member's value. Returns whether there is one.
    fn is_there(&mut self) -> bool {
        let Some((name, start)) = self.starts.next() else { return false };
        self.lacks = start.is_none().then_some(name);
        self.reader.at = start.unwrap_or(self.reader.at);
        start.is_some()
    }

    /// Names the absent member in an error. A derived struct says only how many
    /// members it has.
    fn lacking(&self, wrong: Wrong) -> Wrong {
        self.lacks.map_or(wrong, Wrong::missing_field)
    }
}

impl<'de> SeqAccess<'de> for Fields<'_, 'de> {
    type Error = Wrong;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        if self.is_there() {
            return seed.deserialize(&mut *self.reader).map(Some);
        }
        Ok(seed.deserialize(Missing).ok())
    }
}

/// An absent member. An optional one becomes `None`. For others this fails, so
/// that the default takes their place.
struct Missing;

impl<'de> Deserializer<'de> for Missing {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Wrong> {
        Err(Wrong::of("missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
