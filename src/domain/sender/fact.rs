//! The facts of a sender that a row may hold.

/// A fact of a sender, other than its name, its forms and its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// Whether the row is left out of the table.
    Off,
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
    /// Where an error is that makes a completed job a failed one.
    FailedIf,
    /// Where the model's name is.
    Model,
    /// Where the prompt is.
    Prompt,
    /// Where the cost is.
    Cost,
    /// The unit of the cost.
    CostUnit,
    /// The header with the cost in an answer for the result.
    CostHeader,
    /// The hosts of outputs, as in `ALLOWED_SOURCE_HOSTS`.
    Hosts,
    /// How many seconds an output lives after the delivery, if its URL does not
    /// tell.
    Life,
    /// How many seconds after the end the sender still answers for the job.
    Kept,
    /// The beginnings of the URLs whose download needs the key of
    /// [`Fact::Auth`].
    DownloadNeedsKey,
    /// The schemes by which deliveries are signed.
    Signature,
    /// The origin to which jobs are submitted.
    Submit,
    /// Where a submission names the hook's URL: a parameter after `?`, or a
    /// place in the body.
    Hook,
    /// The headers with the key, as `Name: value`. `{key}` stands for the key.
    Auth,
    /// The hosts that may get the key, beside those of [`Fact::Submit`] and
    /// [`Fact::Poll`].
    KeyHosts,
    /// The URL that answers for a job. `{id}` and `{app}` stand for its own, and
    /// `{app:2}` for the first two segments of the latter.
    Poll,
    /// The pace of these questions: the first pause, the factor of each further
    /// one, and the longest one. Pauses are in seconds.
    Pace,
    /// Whether the answer to such a question does not name the job.
    UnnamedAnswer,
    /// Where the answer to a submission has that URL.
    PollUrl,
    /// The URL that exchanges a dead URL of an output for a fresh one.
    Renew,
    /// Where the request to it has the dead URL.
    RenewBody,
    /// Where its answer has the fresh one.
    RenewAnswer,
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
    /// A whole number.
    Number,
}

/// The facts, by their names in a row.
pub const ALL: [(&str, Fact, Kind); 40] = [
    ("off", Fact::Off, Kind::Flag),
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
    ("failedIf", Fact::FailedIf, Kind::Pointers),
    ("model", Fact::Model, Kind::Pointers),
    ("prompt", Fact::Prompt, Kind::Pointers),
    ("cost", Fact::Cost, Kind::Pointers),
    ("costUnit", Fact::CostUnit, Kind::Texts),
    ("costHeader", Fact::CostHeader, Kind::Texts),
    ("hosts", Fact::Hosts, Kind::Texts),
    ("life", Fact::Life, Kind::Number),
    ("kept", Fact::Kept, Kind::Number),
    ("downloadNeedsKey", Fact::DownloadNeedsKey, Kind::Texts),
    ("signature", Fact::Signature, Kind::Texts),
    ("submit", Fact::Submit, Kind::Texts),
    ("hook", Fact::Hook, Kind::Texts),
    ("auth", Fact::Auth, Kind::Texts),
    ("keyHosts", Fact::KeyHosts, Kind::Texts),
    ("poll", Fact::Poll, Kind::Texts),
    ("pace", Fact::Pace, Kind::Texts),
    ("unnamedAnswer", Fact::UnnamedAnswer, Kind::Flag),
    ("pollUrl", Fact::PollUrl, Kind::Pointers),
    ("renew", Fact::Renew, Kind::Texts),
    ("renewBody", Fact::RenewBody, Kind::Pointers),
    ("renewAnswer", Fact::RenewAnswer, Kind::Pointers),
];
