//! The facts of a sender that a row may hold.

/// A fact of a sender, other than its name, its forms and its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// The headers that no other sender sends.
    Headers,
    /// Where the job's id is.
    Id,
    /// Where a message repeats the id.
    AlsoId,
    /// Where the word for the event is.
    Status,
    /// Where the result is. Without it the result is all but the envelope.
    Result,
    /// The top-level members that are not part of the result.
    Envelope,
    /// Whether a completed job without a result must be asked for.
    ReadyIfEmpty,
    /// Whether the answer to a request for the result is the result alone.
    BareAnswer,
    /// Where a failure's error is.
    Error,
    /// Where the time of the event is.
    Time,
    /// Where that of an `acquired` event is, if it is elsewhere.
    StartTime,
    /// Whether times are always numbers of milliseconds. Else they are ISO
    /// 8601, or numbers of seconds or milliseconds.
    InMillis,
    /// Where the queue's name is.
    Queue,
    /// Where the worker's name is.
    Worker,
    /// Where the end of the worker's lease is.
    Lease,
    /// Where the time is at which a worker took the job.
    Acquired,
    /// The keys at which each URL is an output; `*` for all keys.
    Outputs,
}

/// How the values of a fact are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One JSON Pointer, or several. The first that leads to a value counts.
    Pointers,
    /// One text, or several.
    Texts,
    /// `true` or `false`.
    Flag,
}

/// The facts, by their names in a row.
pub const ALL: [(&str, Fact, Kind); 17] = [
    ("headers", Fact::Headers, Kind::Texts),
    ("id", Fact::Id, Kind::Pointers),
    ("alsoId", Fact::AlsoId, Kind::Pointers),
    ("status", Fact::Status, Kind::Pointers),
    ("result", Fact::Result, Kind::Pointers),
    ("envelope", Fact::Envelope, Kind::Texts),
    ("readyIfEmpty", Fact::ReadyIfEmpty, Kind::Flag),
    ("bareAnswer", Fact::BareAnswer, Kind::Flag),
    ("error", Fact::Error, Kind::Pointers),
    ("time", Fact::Time, Kind::Pointers),
    ("startTime", Fact::StartTime, Kind::Pointers),
    ("inMillis", Fact::InMillis, Kind::Flag),
    ("queue", Fact::Queue, Kind::Pointers),
    ("worker", Fact::Worker, Kind::Pointers),
    ("lease", Fact::Lease, Kind::Pointers),
    ("acquired", Fact::Acquired, Kind::Pointers),
    ("outputs", Fact::Outputs, Kind::Texts),
];
