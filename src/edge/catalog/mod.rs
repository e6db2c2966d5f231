//! The Durable Object of the catalog. An object's name decides which questions
//! it gets. It is a day's rows, `root`, the refused deliveries, or a writer of
//! export pages that stores nothing.
//!
//! This file has the class and the dispatch. All parts are functions of
//! `object::CatalogObject`, and none calls this file.

mod day;
mod object;
mod probe;
mod records;
mod refused;
mod root;
mod schema;
mod sql;
mod turnover;

use self::day::{outbox, removal, rows, take};
use self::object::CatalogObject;
use self::root::{days, live, missed, viewers};
use crate::domain::alarm::plan;
use crate::domain::catalog::{CatalogReply, CatalogRequest};
use crate::domain::json;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::call;
use wasm_bindgen::prelude::*;
use worker::{
    DurableObject, Env, Error, Request, Response, State, WebSocket, WebSocketIncomingMessage,
    durable_object,
};

/// The object's class, bound as `CATALOG`.
#[durable_object]
pub struct Catalog {
    object: CatalogObject,
}

impl DurableObject for Catalog {
    fn new(state: State, env: Env) -> Self {
        Self { object: CatalogObject::new(state, env) }
    }

    /// Accepts a viewer's WebSocket. Questions come by `ask`.
    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let end = live::watch(&self.object, &request).await;
        end.or_else(|failure| Response::error(failure.to_string(), 500))
    }

    /// Always returns `Ok`: our own alarm is the retry, and the runtime would
    /// drop it after six failures.
    async fn alarm(&self) -> worker::Result<Response> {
        let object = &self.object;
        if let Err(failure) = run_alarm(object).await {
            failure.log();
            // It is unknown what was written, so everything is read again.
            object.forget();
            let later = plan::watchdog(2, object.config.pace, platform::now());
            let set = platform::set_alarm_at(&object.state.storage(), later).await;
            if let Err(failure) = set {
                failure.log();
            }
        }
        Response::empty()
    }

    /// Answers a viewer's `ping`. Viewers send nothing else.
    async fn websocket_message(
        &self,
        viewer: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        match message {
            WebSocketIncomingMessage::String(text) if text == "ping" => {
                viewers::pong(&self.object, &viewer)
            }
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
        // The viewer's side is closed already; codes that may not be sent fail.
        let _closed = viewer.close(u16::try_from(code).ok(), Some(reason));
        Ok(())
    }

    async fn websocket_error(&self, _viewer: WebSocket, _error: Error) -> worker::Result<()> {
        Ok(())
    }
}

#[wasm_bindgen]
impl Catalog {
    /// Answers a question; the caller is `call::ask_object`.
    #[wasm_bindgen(js_name = ask)]
    pub async fn on_ask(&self, question: JsValue) -> JsValue {
        call::answer(question, async |text| reply(&self.object, &text).await).await
    }
}

/// Runs the alarm. A day sends its news; the root sends its viewers what they
/// have missed, and closes those whose pass has ended.
async fn run_alarm(object: &CatalogObject) -> Result<(), Failure> {
    if days::is_root(object)? { missed::serve(object).await } else { outbox::flush(object).await }
}

async fn reply(object: &CatalogObject, question: &str) -> Result<String, Failure> {
    let question = json::from_str(question).during("reading a question")?;
    let answer = match question {
        CatalogRequest::Put(row) => take::put_many(object, &[row]).await?,
        CatalogRequest::PutMany(rows) => take::put_many(object, &rows).await?,
        CatalogRequest::Remove { home, created_at, revision } => {
            removal::remove(object, &home, created_at, revision).await?
        }
        CatalogRequest::Rows { filter, after, limit } => rows::rows(object, &filter, after, limit)?,
        CatalogRequest::RowsOf(homes) => rows::rows_of(object, &homes)?,
        CatalogRequest::Sums { generation, after } => outbox::sums(object, generation, after)?,
        CatalogRequest::Dirty(day) => days::dirty(object, &day)?,
        CatalogRequest::Push(news) => live::push(object, &news).map(|()| CatalogReply::Noted)?,
        CatalogRequest::Days { filter, until, limit } => {
            days::days(object, &filter, until, limit).await?
        }
        CatalogRequest::Totals => days::totals(object).await?,
        CatalogRequest::Oldest { filter, after, limit } => {
            rows::oldest(object, &filter, after.as_ref(), limit)?
        }
        CatalogRequest::Page { days, filter, after, format } => {
            Box::pin(records::page(object, &days, &filter, after, format)).await?
        }
        CatalogRequest::Refuse(refused) => refused::refuse(object, &refused)?,
        CatalogRequest::Refused => refused::refused(object)?,
        CatalogRequest::Probe(text) => probe::probe(object, &text).await?,
    };
    serde_json::to_string(&answer).during("writing an answer")
}
