//! The protocol between the Worker and the job objects, in JSON.
//!
//! A command is a type with its reply ([`Ask`]); the table of all is in
//! `command.rs`. Both sides are deployed together, so this format need not stay
//! compatible.

pub mod alias;
mod ask;
pub mod command;
pub mod gate;
pub mod gateway;
pub mod ingest;
pub mod manage;
pub mod outcome;
pub mod parked;
pub mod read;
pub mod wait;

pub use self::ask::Ask;
use self::command::{Command, GateCommand};
use self::parked::Parked;
use crate::domain::json;
use crate::domain::names::ObjectName;
use serde::{Deserialize, Serialize};

/// A request to an object, as the object reads it.
#[derive(Debug, Deserialize)]
pub enum ObjectRequest {
    /// A command to a job, or to a name that leads to one. It comes with the
    /// name, because an object does not know its own name.
    Job(ObjectName, Command),
    /// A command to a gate.
    Gate(GateCommand),
    /// A delivery that an object must keep until the bucket accepts it.
    Park(Parked),
}

/// The same request, as it is sent.
#[derive(Serialize)]
enum Sent<'a> {
    Job(&'a ObjectName, &'a Command),
    Gate(&'a GateCommand),
    Park(&'a Parked),
}

impl Sent<'_> {
    /// Writes the length of the JSON in bytes, a line break, the JSON, and
    /// directly after it the text of the command's body.
    fn framed(&self, text: &str) -> serde_json::Result<String> {
        let json = serde_json::to_string(self)?;
        Ok(format!("{}\n{json}{text}", json.len()))
    }
}

/// Writes a command to the job called `name`.
///
/// # Errors
/// Fails if a value can't be written as JSON.
pub fn to_job(name: &ObjectName, command: &Command) -> serde_json::Result<String> {
    Sent::Job(name, command).framed(command.text().unwrap_or_default())
}

/// Writes a command to a gate.
///
/// # Errors
/// Fails if a value can't be written as JSON.
pub fn to_gate(command: &GateCommand) -> serde_json::Result<String> {
    Sent::Gate(command).framed("")
}

/// Writes a delivery for an object to keep.
///
/// # Errors
/// Fails if a value can't be written as JSON.
pub fn to_box(parked: &Parked) -> serde_json::Result<String> {
    Sent::Park(parked).framed("")
}

/// Reads a request to an object.
///
/// # Errors
/// Says why the request is malformed.
pub fn read(question: &str) -> Result<ObjectRequest, String> {
    let framed = question.split_once('\n').and_then(|(length, rest)| {
        let length: usize = length.parse().ok()?;
        rest.split_at_checked(length)
    });
    let (line, text) = framed.ok_or("it does not begin with the length of its JSON")?;
    let mut question = json::from_str(line).map_err(|why| why.to_string())?;
    if let ObjectRequest::Job(_, command) = &mut question {
        command.set_text(text);
    }
    Ok(question)
}

#[cfg(test)]
mod tests {
    use super::gateway::TakeOverSubmission;
    use super::ingest::Deliver;
    use super::*;
    use crate::domain::file::source_policy::SourcePolicy;
    use crate::domain::ingest::delivery::DeliveredBody;
    use crate::domain::ingest::delivery::Delivery;
    use crate::domain::ingest::document::Document;
    use crate::domain::ingest::rules::ReadRules;
    use crate::domain::job::submission::{Submission, SubmissionState};
    use crate::domain::job::timeline::Trust;
    use crate::domain::time::Timestamp;
    use crate::domain::upstream::queue::Queue;
    use serde_json::value::RawValue;

    fn sent(command: impl Into<Command>) -> (ObjectName, Command) {
        let name = ObjectName::Reference("r".to_owned());
        match read(&to_job(&name, &command.into()).unwrap()).unwrap() {
            ObjectRequest::Job(name, command) => (name, command),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_text_is_sent_unchanged() {
        for text in ["", "{\n  \"a\": \"\u{e9}\\n\"\n}\n", "12\n{}"] {
            let body = DeliveredBody::Text(text.to_owned());
            let delivery = Delivery {
                received_at: Timestamp::default(),
                body,
                document: None,
                skeleton: None,
                sha256: String::new(),
                origin: String::new(),
                trust: Trust::Token,
                reference: None,
                app: None,
                tags: Vec::new(),
                keep_days: None,
                from: None,
                note: Some("a\nb".to_owned()),
                named: None,
                moved: None,
                may_tell: true,
            };
            let (name, command) = sent(Deliver(Box::new(delivery)));
            assert_eq!((name.to_string(), command.text()), ("ref:r".to_owned(), Some(text)));
        }
    }

    #[test]
    fn a_delivery_carries_its_bodys_contents() {
        let inline = format!("data:image/png;base64,iVBORw0KGgo{}", "A".repeat(2_001));
        let body = format!(
            r#"{{"jobId":"7","eventType":"completed","output":["https://h/a.png","{inline}"]}}"#
        );
        let (sources, _) = SourcePolicy::parse("h");
        let (document, _) = Document::read(body.as_bytes(), ReadRules::of(&sources)).unwrap();
        let output = document.result.as_ref().unwrap();
        assert_eq!((output.found.files.len(), output.envelope.is_empty()), (2, false));
        let written = serde_json::to_string(&document).unwrap();
        let read: Document = json::from_str(&written).unwrap();
        let read = read.result.unwrap();
        assert_eq!((&read.found, &read.envelope), (&output.found, &output.envelope));
    }

    #[test]
    fn json_may_contain_line_breaks() {
        let input = RawValue::from_string("{\n  \"prompt\": 1\n}".to_owned()).unwrap();
        let (queue, at) = (Queue::Batch, Timestamp::default());
        let submission =
            Submission { queue, app: "a".to_owned(), at, answer: None, by_ticket: true };
        let (response_url, webhook) = (None, None);
        let state = SubmissionState { submission, webhook, input: Some(input), response_url };
        let (_, command) = sent(TakeOverSubmission(Box::new(state)));
        let Command::Inherit(inherit) = command else { panic!("{command:?}") };
        assert_eq!(inherit.0.input.unwrap().get(), "{\n  \"prompt\": 1\n}");
    }

    #[test]
    fn an_object_that_is_no_job_is_asked_without_a_name() {
        let gate = to_gate(&gate::Count(3).into()).unwrap();
        assert!(
            matches!(read(&gate), Ok(ObjectRequest::Gate(GateCommand::Count(most))) if most.0 == 3)
        );
        let (key, bytes) = ("unmatched/1".to_owned(), String::new());
        let parked = Parked { key, metadata: Vec::new(), bytes, attempts: 0 };
        let parked = read(&to_box(&parked).unwrap());
        assert!(matches!(parked, Ok(ObjectRequest::Park(parked)) if parked.key == "unmatched/1"));
    }

    #[test]
    fn a_truncated_request_is_reported() {
        for question in ["", "{}", "9\n{}", "x\n{}", "1\n\u{e9}"] {
            assert!(read(question).unwrap_err().contains("length"), "{question:?}");
        }
    }
}
