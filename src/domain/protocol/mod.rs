//! What the Worker and the job objects say to each other, as JSON.
//!
//! Both sides are deployed together, so this format is not kept compatible.

use crate::domain::access::pass::Pass;
use crate::domain::gateway::Queue;
use crate::domain::gateway::idempotency::{Verdict, Wish};
use crate::domain::gateway::submission::{Answer, Submission, Submit};
use crate::domain::job::file::Place;
use crate::domain::job::record::Job;
use crate::domain::job::timeline::{BodyAt, Entry, Trust};
use crate::domain::json;
use crate::domain::names::ObjectName;
use crate::domain::time::Timestamp;
use crate::domain::view::sse::JobNews;
use crate::domain::webhook::provider::Provider;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Largest text that an object stores as one value, in bytes: `SQLite` values
/// end at 2 MB, and a text with one character beyond Latin-1 takes two bytes
/// each. What is longer goes to the bucket or, while there is none, is split.
pub const MAX_OBJECT_TEXT: usize = 256 * 1024;

/// A delivery on its way to a job's object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// When it came.
    pub received_at: Timestamp,
    /// Its body.
    pub body: DeliveredBody,
    /// SHA-256 of its body in hex.
    pub sha256: String,
    /// Scheme and host of the request.
    pub origin: String,
    /// How much the sender is believed.
    pub trust: Trust,
    /// The caller's reference, if it leads to this job.
    pub reference: Option<String>,
    /// The caller's application.
    pub app: Option<String>,
    /// The caller's tags.
    pub tags: Vec<String>,
    /// Days that the caller has it kept.
    pub keep_days: Option<u32>,
    /// Something odd about its correlation, for the timeline.
    pub note: Option<String>,
    /// The job that its body names, if it came by a capability.
    pub named: Option<String>,
    /// Where it was before, when it is moved from another object.
    pub moved: Option<Moved>,
}

/// What tells two jobs of one id apart: ids are unique with one provider only,
/// and each submission is a job of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kin {
    /// Whose the job is, if that is known.
    pub provider: Option<Provider>,
    /// Whether it was submitted here.
    pub is_submitted: bool,
}

/// A job that the caller knows of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Import {
    /// When it was told.
    pub at: Timestamp,
    /// Scheme and host of the request.
    pub origin: String,
    /// The caller's reference, if it leads to this job.
    pub reference: Option<String>,
    /// The caller's application.
    pub app: Option<String>,
    /// The caller's tags.
    pub tags: Vec<String>,
    /// Days that the caller has it kept.
    pub keep_days: Option<u32>,
    /// Where the upstream said that the result would be.
    pub response_url: Option<String>,
}

/// What a job that was submitted through the gateway has beside deliveries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Estate {
    /// How it was submitted.
    pub submission: Submission,
    /// The client's own webhook.
    pub webhook: Option<String>,
    /// What was submitted.
    pub input: Option<Box<RawValue>>,
    /// Where the upstream said that the result would be.
    pub response_url: Option<String>,
}

/// Something for the bucket that could not be written there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parked {
    /// Its key.
    pub key: String,
    /// Its metadata.
    pub metadata: Vec<(String, String)>,
    /// Its bytes as base64.
    pub bytes: String,
    /// Failed tries to write it.
    pub attempts: u32,
}

/// A delivery's former place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Moved {
    /// Object and entry: what has been moved once is not moved again.
    pub key: String,
    /// The files that are stored there.
    pub archived: Vec<Archived>,
}

/// The body of a delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum DeliveredBody {
    /// Here. It goes beside the JSON, where nothing has to be escaped: see
    /// [`write()`].
    Text(#[serde(skip)] String),
    /// In R2, under this key.
    Bucket(String),
}

impl DeliveredBody {
    const fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.as_str()),
            Self::Bucket(_) => None,
        }
    }
}

/// A file that another object has stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// [`crate::domain::job::file::File::identity`].
    pub identity: String,
    /// Its R2 key.
    pub key: String,
    /// Its bytes.
    pub size: u64,
    /// R2's entity tag.
    pub etag: String,
    /// Its media type.
    pub content_type: String,
    /// Whether its MD5 was checked.
    pub verified: bool,
}

/// A question to the object of a name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Command {
    /// Take this delivery.
    Deliver(Box<Delivery>),
    /// The input of this job comes to the bucket under this key, unless the job
    /// was submitted before.
    Expect(String),
    /// Submit the job of this name to the upstream, unless that was done.
    Submit(Box<Submit>),
    /// The upstream's answer to the job's submission, when it is there.
    Answer,
    /// A job that was submitted here, and that moves to this one, leaves this.
    /// One that was itself submitted takes nothing: that is a conflict.
    Inherit(Box<Estate>),
    /// Ask the upstream for the job's result now.
    Fetch,
    /// To a gate: let this submission in.
    Admit(Wish),
    /// To a gate: this submission has waited for the end of `earlier`'s.
    TakeOver {
        /// The job whose submission it has waited for.
        earlier: String,
        /// The submission.
        wish: Wish,
    },
    /// To a gate: the answer of a submission was read.
    Settle {
        /// Where it is noted: see [`Wish::place`].
        place: Option<String>,
        /// Its job's reference.
        reference: String,
    },
    /// To a gate: count a use; at most so many.
    Count(u32),
    /// To a gate that holds nothing: write, read and delete this.
    Probe(String),
    /// Know of a job that no delivery has told of, and ask the upstream for it.
    Import(Box<Import>),
    /// Ask the upstream for the job's result; the text says why.
    Want(String),
    /// Keep a delivery of no known job until the bucket can be written.
    Park(Box<Parked>),
    /// Copy what is not stored, and look for files once more.
    Archive,
    /// Hand the job's last event on again.
    HandOff,
    /// Give the files new links.
    Relink,
    /// Be the job of the manifest with this key, if there is none here.
    Restore(String),
    /// Delete the job from every store.
    Delete,
    /// To another name of a job that was deleted: do not lead to it any more.
    Unlink(ObjectName),
    /// Where does this name's job live, and is there one?
    Locate,
    /// To a reference's object: job `id`, which lives at `home`, has come in
    /// by this reference. Link it if the name is free.
    Claim {
        /// The job's id.
        id: String,
        /// The object that the id leads to.
        home: ObjectName,
        /// Whether the id is only that of a file's name and no such job is
        /// known: then a link to another job wins.
        yields: bool,
        /// Whose format the delivery has, if one came.
        provider: Option<Provider>,
    },
    /// To an id's object: the job of this id lives at `home`; lead there,
    /// unless there is a job or a link here already.
    PointTo {
        /// The object that the job lives in.
        home: ObjectName,
        /// What is known of it.
        kin: Kin,
    },
    /// The record and its result, now or when there is news.
    Read(Option<Wait>),
    /// Where file `n` is, for the holder of the link with this nonce.
    File {
        /// The file's number.
        n: u32,
        /// The right to read the job's files.
        nonce: String,
    },
    /// Timeline entries after `after`, at most `limit`, with bodies that are
    /// in the object and small; now, or when there are any or other news.
    Timeline {
        /// The last entry that is known.
        after: u32,
        /// Most entries.
        limit: u32,
        /// How long the reader waits, and for what beside entries.
        wait: Option<Wait>,
    },
    /// The body of timeline entry `n`.
    Body(u32),
}

/// A command with the name of the object that gets it: an object can't tell
/// its own.
#[derive(Serialize)]
struct Sent<'a> {
    name: &'a ObjectName,
    command: &'a Command,
}

/// The same, as the object reads it.
#[derive(Deserialize)]
struct Received {
    name: ObjectName,
    command: Command,
}

/// A question as it is sent: the length of its JSON in bytes, a line break, the
/// JSON, and right after it the text of the command's body.
///
/// # Errors
/// If a value can't be written as JSON.
pub fn write(name: &ObjectName, command: &Command) -> Result<String, serde_json::Error> {
    let json = serde_json::to_string(&Sent { name, command })?;
    let text = command.text().unwrap_or_default();
    Ok(format!("{}\n{json}{text}", json.len()))
}

/// Reads a question: the object's name, and the command.
///
/// # Errors
/// What is wrong with it.
pub fn read(question: &str) -> Result<(ObjectName, Command), String> {
    let framed = question.split_once('\n').and_then(|(length, rest)| {
        let length: usize = length.parse().ok()?;
        rest.split_at_checked(length)
    });
    let (line, text) = framed.ok_or("it does not begin with the length of its JSON")?;
    let Received { name, mut command } = json::from_str(line).map_err(|why| why.to_string())?;
    command.set_text(text);
    Ok((name, command))
}

impl Command {
    const fn body(&mut self) -> Option<&mut DeliveredBody> {
        match self {
            Self::Deliver(delivery) => Some(&mut delivery.body),
            Self::Submit(submit) => Some(&mut submit.body),
            _ => None,
        }
    }

    /// The text of the body that goes with it.
    const fn text(&self) -> Option<&str> {
        match self {
            Self::Deliver(delivery) => delivery.body.text(),
            Self::Submit(submit) => submit.body.text(),
            _ => None,
        }
    }

    /// Gives a body that came beside the JSON its text again.
    fn set_text(&mut self, text: &str) {
        if let Some(DeliveredBody::Text(body)) = self.body() {
            text.clone_into(body);
        }
    }
}

/// What a reader waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// What is news to the reader.
    pub news: News,
    /// When the reader wants an answer, whatever it is.
    pub until: Timestamp,
    /// What lets the reader in.
    pub pass: Pass,
}

/// What is news to a reader. A job that is not known yet never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// A job at all, or at another version than this.
    Version(Option<u64>),
    /// An end of the job.
    Ended,
    /// A settled job.
    Settled,
}

impl Wait {
    /// Whether `job` is what the reader waits for.
    #[must_use]
    pub fn is_over(&self, job: Option<&Job>) -> bool {
        job.is_some_and(|job| match self.news {
            News::Version(version) => version != Some(job.version),
            News::Ended => job.status.has_ended(),
            News::Settled => job.is_settled(),
        })
    }
}

/// A part of a job's timeline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timeline {
    /// The object that the job lives in.
    pub home: ObjectName,
    /// Where the job stands.
    pub job: JobNews,
    /// Entries, with their bodies if those are small and at hand.
    pub entries: Vec<(Entry, Option<String>)>,
}

/// A submission that has come to its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Submitted {
    /// The object that the job lives in.
    pub home: ObjectName,
    /// How answers name the job.
    pub name: String,
    /// The id in the upstream's answer, if it took the job.
    pub id: Option<String>,
    /// The nonce of the files' links.
    pub nonce: String,
    /// The queue it went to.
    pub queue: Queue,
    /// The application.
    pub app: String,
    /// The upstream's answer.
    pub answer: Answer,
}

/// An object's answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Reply {
    /// The delivery is durable.
    Delivered {
        /// The job, as answers name it.
        id: String,
        /// `eventType` as sent.
        event_type: Option<String>,
        /// Whether it repeated an earlier one.
        duplicate: bool,
    },
    /// The job is another provider's; nothing was stored. The text says so.
    OtherProvider(String),
    /// The job has been deleted; nothing was stored. The text names it.
    Deleted(String),
    /// Where the job is.
    At {
        /// The object that it lives in.
        home: ObjectName,
        /// Whether there is a job.
        known: bool,
        /// Whether the reference leads to another job than asked for.
        conflict: bool,
    },
    /// The name only leads to this object: ask there.
    Elsewhere(ObjectName),
    /// The upstream's answer to the submission.
    Submitted(Box<Submitted>),
    /// No one knows whether the upstream took the submission, or it has asked
    /// to try again: submit as another job.
    Again,
    /// What the gate says.
    Passed(Verdict),
    /// Whether a use was left.
    Counted(bool),
    /// What was read of what had been written.
    Probed(Option<String>),
    /// The upstream's answer to the question for the result, while there is none.
    Told(Answer),
    /// It is kept.
    Parked,
    /// The link was good once; the job's files have others now.
    Replaced,
    /// The job is known from now on.
    Known {
        /// Whether it was not before.
        is_new: bool,
    },
    /// What let the reader in does not count any more.
    Barred,
    /// There is no such job, entry, body or file.
    Missing,
    /// There is nothing that could be handed on, or no one who would get it;
    /// the text says which.
    NoHandoff(String),
    /// The record as stored.
    Job {
        /// The record.
        job: Box<Job>,
        /// Its result's text, if that is in the object.
        result: Option<String>,
    },
    /// Where a file is.
    File {
        /// Its name.
        name: String,
        /// Where it can be read.
        place: Place,
    },
    /// A part of the timeline.
    Timeline(Box<Timeline>),
    /// A body.
    Body {
        /// Where it is kept.
        at: BodyAt,
        /// Its text, if that is in the object.
        text: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(command: &Command) -> (ObjectName, Command) {
        let name = ObjectName::Reference("r".to_owned());
        read(&write(&name, command).unwrap()).unwrap()
    }

    #[test]
    fn a_text_goes_as_it_is() {
        for text in ["", "{\n  \"a\": \"\u{e9}\\n\"\n}\n", "12\n{}"] {
            let body = DeliveredBody::Text(text.to_owned());
            let delivery = Delivery {
                received_at: Timestamp::default(),
                body,
                sha256: String::new(),
                origin: String::new(),
                trust: Trust::Token,
                reference: None,
                app: None,
                tags: Vec::new(),
                keep_days: None,
                note: Some("a\nb".to_owned()),
                named: None,
                moved: None,
            };
            let (name, command) = sent(&Command::Deliver(Box::new(delivery)));
            assert_eq!((name.to_string(), command.text()), ("ref:r".to_owned(), Some(text)));
        }
    }

    #[test]
    fn json_may_hold_line_breaks_itself() {
        let input = RawValue::from_string("{\n  \"prompt\": 1\n}".to_owned()).unwrap();
        let (queue, at) = (Queue::Batch, Timestamp::default());
        let submission =
            Submission { queue, app: "a".to_owned(), at, answer: None, by_ticket: true };
        let (response_url, webhook) = (None, None);
        let estate = Estate { submission, webhook, input: Some(input), response_url };
        let (_, command) = sent(&Command::Inherit(Box::new(estate)));
        let Command::Inherit(estate) = command else { panic!("{command:?}") };
        assert_eq!(estate.input.unwrap().get(), "{\n  \"prompt\": 1\n}");
    }

    #[test]
    fn what_is_cut_off_is_told() {
        for question in ["", "{}", "9\n{}", "x\n{}", "1\n\u{e9}"] {
            assert!(read(question).unwrap_err().contains("length"), "{question:?}");
        }
    }
}
