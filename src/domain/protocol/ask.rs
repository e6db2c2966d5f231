//! A command and its reply.

use super::outcome::Reply;

/// A command.
pub trait Ask: Into<Self::Command> {
    /// The commands to its kind of object, as they are sent.
    type Command;
    /// What the object replies.
    type Reply: Reply;
}
