//! What the Worker and the job objects say to each other, as JSON.
//!
//! Both sides are deployed together, so this format is not kept compatible.

pub mod command;
pub mod reply;
pub mod wait;

use self::command::Command;
use crate::domain::json;
use crate::domain::names::ObjectName;
use serde::{Deserialize, Serialize};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ingest::delivery::DeliveredBody;
    use crate::domain::ingest::delivery::Delivery;
    use crate::domain::job::submission::{Estate, Submission};
    use crate::domain::job::timeline::Trust;
    use crate::domain::time::Timestamp;
    use crate::domain::upstream::queue::Queue;
    use serde_json::value::RawValue;

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
