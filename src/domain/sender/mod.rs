//! The senders that are known, as a table of data.
//!
//! A row says how a sender's bodies are recognized and read. Rows are added to
//! `rows.json`, or by an operator to `SENDERS`, in the same format. Code is
//! needed for none of them.

pub mod body;
pub mod cost;
pub mod fact;
pub mod kind;
pub mod name;
pub mod pace;
pub mod reader;
pub mod row;
pub mod table;
