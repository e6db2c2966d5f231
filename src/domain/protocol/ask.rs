//! Ties a command to its reply.

use super::outcome::Reply;

/// A command.
pub trait Ask: Into<Self::Command> {
    /// The enum of all commands to this kind of object, as they are sent.
    type Command;
    /// The object's reply.
    type Reply: Reply;
}
