//! The Durable Object that is one job, or a name that leads to one.
//!
//! `ask` answers commands, `alarm` does the pending work. Both read the
//! record, ask `domain` what follows, write it, and only then act.
//!
//! ```text
//! mod → alarm → alias, archive, gateway, handoff, healing, ingest, …
//!                 → timeline, result → home → changes, found, run
//! ```
//!
//! Nothing imports this file, and only it imports the alarm.

mod alarm;
mod alias;
mod archive;
mod catalog;
mod changes;
mod delete;
mod found;
mod gateway;
mod handoff;
mod healing;
mod home;
mod ingest;
mod read;
mod result;
mod run;
mod timeline;

use self::alias::claim;
use self::archive::{recopy, relink, restore};
use self::gateway::{answer, gate, inherit, submit};
use self::handoff::again;
use self::healing::want;
use self::home::Home;
use self::ingest::{deliver, import, park};
use crate::domain::protocol;
use crate::domain::protocol::command::Command;
use crate::domain::protocol::reply::Reply;
use crate::edge::platform::{During, Failure};
use crate::edge::rpc::call;
use wasm_bindgen::prelude::*;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The object's class, bound as `JOBS`.
#[durable_object(alarm)]
pub struct Job {
    home: Home,
}

impl DurableObject for Job {
    fn new(state: State, env: Env) -> Self {
        Self { home: Home::new(state.storage(), env) }
    }

    /// Nobody sends requests: see `ask`.
    async fn fetch(&self, _: Request) -> Result<Response> {
        Response::error("a job's object is asked by its method `ask`", 405)
    }

    async fn alarm(&self) -> Result<Response> {
        alarm::ring(&self.home).await;
        Response::empty()
    }
}

#[wasm_bindgen]
impl Job {
    /// Obeys a command; its caller is `call::ask_object`.
    #[wasm_bindgen(js_name = ask)]
    pub async fn on_ask(&self, command: JsValue) -> JsValue {
        let answer = call::answer(command, async |text| obey(&self.home, &text).await).await;
        self.home.store.rest();
        answer
    }
}

async fn obey(home: &Home, text: &str) -> std::result::Result<String, Failure> {
    let (name, command) = protocol::read(text).during("reading a command")?;
    if read::is_barred(home, &command) {
        return written(&Reply::Barred);
    }
    // What is rare and large is boxed, or each command would take its room.
    let reply = match command {
        Command::Deliver(delivery) => deliver::deliver(home, name, *delivery).await?,
        Command::Expect(key) => submit::expect(home, &key).await?,
        Command::Submit(submit) => Box::pin(submit::submit(home, name, *submit)).await?,
        Command::Inherit(estate) => inherit::inherit(home, *estate).await?,
        Command::Answer => answer::answer(home).await?,
        Command::Fetch => Box::pin(want::fetch_result(home)).await?,
        Command::Admit(wish) => gate::admit(home, &wish).await?,
        Command::TakeOver { earlier, wish } => gate::take_over(home, &earlier, &wish).await?,
        Command::Settle { place, reference } => gate::settle(home, place.as_deref(), &reference)?,
        Command::Count(most) => gate::count_use(home, most).await?,
        Command::Probe(text) => Reply::Probed(home.store.probe(&text).await?),
        Command::Import(import) => import::import(home, name, &import).await?,
        Command::Want(why) => want::want(home, why).await?,
        Command::Park(parked) => park::park(home, &parked).await?,
        Command::Archive => Box::pin(recopy::archive(home)).await?,
        Command::HandOff => Box::pin(again::hand_off_again(home)).await?,
        Command::Relink => relink::renew_links(home).await?,
        Command::Restore(key) => Box::pin(restore::restore(home, &name, &key)).await?,
        Command::Delete => delete::delete(home).await?,
        Command::Unlink(there) => claim::unlink(home, &there).await?,
        Command::Locate => claim::locate(home, name)?,
        Command::Claim { id, home: there, yields, provider } => {
            Box::pin(claim::claim(home, name, id, there, yields, provider)).await?
        }
        Command::PointTo { home: there, kin } => claim::point_to(home, name, there, kin)?,
        Command::Read(wait) => return Ok(read::read(home, wait).await?.text.clone()),
        Command::File { n, nonce } => read::file(home, n, &nonce).await?,
        Command::Timeline { after, limit, wait } => {
            read::timeline(home, after, limit as usize, wait).await?
        }
        Command::Body(n) => read::body(home, n).await?,
    };
    written(&reply)
}

fn written(reply: &Reply) -> std::result::Result<String, Failure> {
    serde_json::to_string(reply).during("writing an answer")
}
