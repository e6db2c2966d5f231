//! Asks the sender of a row, and reads its answers by that row.

use super::AnswerMeaning;
use crate::domain::job::record::Job;
use crate::domain::json;
use crate::domain::retry::Pace;
use crate::domain::sender::body::first;
use crate::domain::sender::fact::Fact;
use crate::domain::sender::row::Row;
use crate::domain::sender::table::Senders;
use crate::domain::upstream::keys::SenderKeys;
use crate::domain::upstream::template::CantAsk;
use crate::domain::upstream::{UpstreamQuery, Upstreams, row};
use crate::domain::webhook::correlate;
use crate::domain::webhook::event::EventKind;

/// The most characters of a sender's word in a message.
const MAX_WORD: usize = 40;

/// What is known of the senders' and the upstream's side.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The upstream's queues.
    pub upstreams: &'a Upstreams,
    /// The rows.
    pub senders: &'a Senders,
    /// The keys of the rows.
    pub keys: &'a SenderKeys,
}

impl<'a> Asking<'a> {
    /// Returns the row by which the job's sender is asked. `RESULT_URL` stands
    /// in for a sender without a key.
    #[must_use]
    pub fn row(self, job: &Job) -> Option<&'a Row> {
        let row = self.senders.row(job.provider).filter(|row| row.answers())?;
        let is_other = self.upstreams.result_url.is_some() && self.keys.headers(row).is_err();
        (!is_other).then_some(row)
    }

    /// Returns the query for the job's result, or for its state.
    ///
    /// # Errors
    /// Returns a [`CantAsk`] if nobody can be asked.
    pub fn question(self, job: &Job) -> Result<UpstreamQuery, CantAsk> {
        match self.row(job) {
            Some(row) => row::state_of(row, self.keys, job.lookup()),
            None => self.upstreams.result_of(job.lookup()),
        }
    }

    /// Returns the pace at which the job's sender is asked.
    #[must_use]
    pub fn pace(self, job: &Job, usual: Pace) -> Pace {
        usual.polling(self.row(job).and_then(Row::pace))
    }
}

/// Reads the answer of a sender to a query for the state of job `id`.
#[must_use]
pub fn read_state(status: u16, body: &str, id: Option<&str>, row: &Row) -> AnswerMeaning {
    if let Some(refused) = super::refusal(status) {
        return refused;
    }
    if !(200..=299).contains(&status) {
        return AnswerMeaning::Refused(format!("the sender answers {status}"));
    }
    let members = match json::object_members(body) {
        Ok(members) => members,
        Err(why) => {
            return AnswerMeaning::Refused(format!("the sender's answer can't be used: {why}"));
        }
    };
    let named = first(&members, row.list(Fact::Id)).and_then(correlate::id_of);
    let is_this = match (&named, id) {
        (Some(Ok(named)), Some(id)) => named == id,
        (Some(Err(_)), Some(_)) => false,
        _ => true,
    };
    if !is_this {
        return AnswerMeaning::Refused("the sender answered for another job".to_owned());
    }
    let must_name = row.is(Fact::Id) && !row.is(Fact::UnnamedAnswer);
    let reading = row.read(&members);
    match (reading.kind, reading.word) {
        (EventKind::Acquired | EventKind::Ready | EventKind::Retried, _) => AnswerMeaning::NotReady,
        // Some senders leave out what is false, as in `done`.
        (EventKind::Unknown, None) if named.is_some() => AnswerMeaning::NotReady,
        (EventKind::Unknown, None) => {
            AnswerMeaning::Refused("the sender's answer has no status".to_owned())
        }
        (EventKind::Unknown, Some(word)) => {
            let shown: String = word.chars().take(MAX_WORD).collect();
            let why = format!("the sender's status is {shown:?}, which its row does not name");
            AnswerMeaning::Refused(why)
        }
        (kind, _) if named.is_some() || !must_name => AnswerMeaning::End(kind),
        _ => AnswerMeaning::Refused("the sender's answer does not name the job".to_owned()),
    }
}
