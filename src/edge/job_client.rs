//! Questions to job objects. The URL and JSON between the two appear here and
//! in `job_object` only.

use super::platform::{During, Failure};
use crate::domain::names::ObjectName;
use crate::domain::protocol::{Command, Reply};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use worker::{Env, Method, Request, RequestInit};

/// Most names on the way to a job. One alias is the rule; the rest is for the
/// moment in which two names are being joined.
const MAX_HOPS: usize = 4;

/// A command with the name of the object that gets it: an object can't tell
/// its own.
#[derive(Serialize, Deserialize)]
pub struct Envelope {
    /// The object.
    pub name: ObjectName,
    /// The question.
    pub command: Command,
}

/// Asks the object of `name` itself.
pub async fn ask(env: &Env, name: &ObjectName, command: &Command) -> Result<Reply, Failure> {
    let envelope = Envelope { name: name.clone(), command: command.clone() };
    let body = serde_json::to_string(&envelope).during("writing to a job")?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(JsValue::from_str(&body)));
    // The host means nothing, but a URL needs one.
    let request = Request::new_with_init("https://job/", &init).during("writing to a job")?;
    let objects = env.durable_object("JOBS").during("opening the JOBS binding")?;
    let stub = objects.id_from_name(&name.to_string()).during("naming a job")?;
    let stub = stub.get_stub().during("naming a job")?;
    let mut response = stub.fetch_with_request(request).await.during("asking a job")?;
    let text = response.text().await.during("reading a job's answer")?;
    if response.status_code() != 200 {
        return Err(Failure(format!("asking a job: {text}")));
    }
    serde_json::from_str(&text).during("reading a job's answer")
}

/// Asks the job that `name` leads to.
pub async fn ask_job(env: &Env, name: &ObjectName, command: &Command) -> Result<Reply, Failure> {
    let mut name = name.clone();
    for _ in 0..MAX_HOPS {
        match ask(env, &name, command).await? {
            Reply::Elsewhere(home) => name = home,
            reply => return Ok(reply),
        }
    }
    Err(Failure(format!("asking a job: more than {MAX_HOPS} names lead to it")))
}
