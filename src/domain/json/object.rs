//! Writes an object of a few members. `serde_json::json!` would build a tree
//! first, from map types that nothing else here needs.

use super::string::encode_string;
use serde::Serialize;

/// An object that is being written.
#[derive(Debug)]
pub struct Object(String);

impl Object {
    /// Begins an object without members.
    #[must_use]
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// Adds a member. Writes `null` for a value that can't be written: a map
    /// whose keys are no strings.
    pub fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        let text = serde_json::to_string(value);
        self.written(name, text.as_deref().unwrap_or("null"));
    }

    fn written(&mut self, name: &str, value: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&encode_string(name));
        self.0.push(':');
        self.0.push_str(value);
    }

    /// Ends the object, and returns its JSON.
    #[must_use]
    pub fn end(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }
}

impl Default for Object {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes an object of these members, in this order, as JSON.
macro_rules! object {
    ({ $($name:literal: $value:expr),* $(,)? }) => {{
        let mut object = $crate::domain::json::object::Object::new();
        $(object.member($name, &$value);)*
        object.end()
    }};
}
pub(crate) use object;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_written_in_order() {
        let written = object!({ "b": 1, "a\"": "x\n", "none": None::<u8>, "many": [true] });
        assert_eq!(written, r#"{"b":1,"a\"":"x\n","none":null,"many":[true]}"#);
        assert_eq!(Object::default().end(), "{}");
    }
}
