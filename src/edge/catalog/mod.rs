//! The Durable Object of the catalog. What an object is follows from its name,
//! and thus from what it is asked: a day's rows, `root`, the refused
//! deliveries, or a writer of export pages that holds nothing.

mod day;
mod live;
mod outbox;
mod records;
mod refused;
mod root;
mod sql;

use self::day::Ledger;
use crate::domain::alarm::plan;
use crate::domain::catalog::{Answer, Question};
use crate::domain::config::Config;
use crate::domain::json;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::call;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use worker::{
    DurableObject, Env, Error, Request, Response, SqlStorage, State, WebSocket,
    WebSocketIncomingMessage, durable_object,
};

/// The object's class, bound as `CATALOG`.
#[durable_object]
pub struct Catalog {
    state: State,
    sql: SqlStorage,
    env: Env,
    config: Rc<Config>,
    /// Whether the tables are there: they are made when an object is first
    /// asked, so that one that never is stays empty.
    is_open: Cell<bool>,
    /// A day's notes, once they were read: only this object writes them.
    ledger: RefCell<Option<Ledger>>,
    /// Whether the alarm is known to be set that empties the outbox.
    is_called: Cell<bool>,
}

impl DurableObject for Catalog {
    fn new(state: State, env: Env) -> Self {
        Self {
            config: platform::config(&env),
            sql: state.storage().sql(),
            state,
            env,
            is_open: Cell::default(),
            ledger: RefCell::default(),
            is_called: Cell::default(),
        }
    }

    /// Takes a watcher's WebSocket. Questions come by `ask`.
    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let end = self.watch(&request).await;
        end.or_else(|Failure(text)| Response::error(text, 500))
    }

    /// Always `Ok`: our own alarm is the retry, and the runtime would drop it
    /// after six failures.
    async fn alarm(&self) -> worker::Result<Response> {
        let end = match self.is_root() {
            Ok(true) => self.end_viewers().await,
            Ok(false) => self.empty_outbox().await,
            Err(failure) => Err(failure),
        };
        if let Err(Failure(text)) = end {
            platform::log_error(&text);
            // Nor is it known what was written.
            self.is_called.set(false);
            self.ledger.take();
            let later = plan::watchdog(2, self.config.pace, platform::now());
            let set = platform::set_alarm_at(&self.state.storage(), later).await;
            if let Err(Failure(text)) = set {
                platform::log_error(&text);
            }
        }
        Response::empty()
    }

    /// Viewers have nothing to say but that they are there.
    async fn websocket_message(
        &self,
        viewer: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        match message {
            WebSocketIncomingMessage::String(text) if text == "ping" => self.pong(&viewer),
            _ => Ok(()),
        }
    }

    async fn websocket_close(
        &self,
        viewer: WebSocket,
        code: usize,
        reason: String,
        _was_clean: bool,
    ) -> worker::Result<()> {
        // Its side is closed already; codes that may not be sent fail.
        let _closed = viewer.close(u16::try_from(code).ok(), Some(reason));
        Ok(())
    }

    async fn websocket_error(&self, _viewer: WebSocket, _error: Error) -> worker::Result<()> {
        Ok(())
    }
}

#[wasm_bindgen]
impl Catalog {
    /// Answers a question; its caller is `call::ask_object`.
    #[wasm_bindgen(js_name = ask)]
    pub async fn on_ask(&self, question: JsValue) -> JsValue {
        call::answer(question, async |text| self.reply(&text).await).await
    }
}

impl Catalog {
    async fn reply(&self, question: &str) -> Result<String, Failure> {
        let question = json::from_str(question).during("reading a question")?;
        let answer = match question {
            Question::Put(row) => self.put(&row).await?,
            Question::Remove { home, revision } => self.remove(&home, revision).await?,
            Question::Rows { filter, after, limit } => self.rows(&filter, after, limit)?,
            Question::RowsOf(homes) => self.rows_of(&homes)?,
            Question::Push(news) => self.hear(*news)?,
            Question::Days { filter, until, limit } => self.days(&filter, until, limit)?,
            Question::Totals => self.totals()?,
            Question::Turns { since, after, limit } => self.turns(since, after, limit)?,
            Question::Records { homes, format, tag } => {
                Box::pin(self.records(&homes, format, tag.as_deref())).await?
            }
            Question::Refuse(refused) => self.refuse(&refused)?,
            Question::Refused => self.refused()?,
            Question::Probe(text) => self.probe(&text).await?,
        };
        serde_json::to_string(&answer).during("writing an answer")
    }

    /// Writes a text, reads it, and leaves nothing. For an object that holds
    /// nothing else.
    async fn probe(&self, text: &str) -> Result<Answer, Failure> {
        let read = || {
            self.run("CREATE TABLE IF NOT EXISTS probe (text TEXT)", vec![])?;
            self.run("INSERT INTO probe VALUES (?)", vec![text.into()])?;
            let rows: Vec<sql::Text> = self.query("SELECT text FROM probe", vec![])?;
            Ok(rows.into_iter().next().map(|row| row.text))
        };
        let read = read();
        let deleted = self.state.storage().delete_all().await;
        let read = read?;
        deleted.during("deleting from the catalog").map(|()| Answer::Probed(read))
    }
}
