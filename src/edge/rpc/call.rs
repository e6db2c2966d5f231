//! Calls between Durable Objects, and from the Worker to them. Each sends a
//! text to the object's method `ask`, which takes a tenth less of a delivery's
//! time than a request and its response.

use crate::domain::names::ObjectKind;
use crate::edge::platform::{During, Failure};
use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};
use worker::{Env, Error};
use worker_sys::DurableObjectNamespace;

/// The longest text that a call carries directly, in bytes. A whole call may
/// have 32 MiB, and V8 writes two bytes for each character if any is not in
/// Latin-1.
const MAX_CALL_TEXT: usize = 8 * 1024 * 1024;

#[wasm_bindgen]
extern "C" {
    /// The stub of an object of either class.
    type Stub;
    #[wasm_bindgen(method, catch)]
    async fn ask(this: &Stub, question: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn fetch(this: &Stub, url: &str, init: &RequestInit) -> Result<JsValue, JsValue>;
}

/// How often a job is called: a deployment or a reset fails one call. All
/// commands may be repeated; a delivery that arrives twice is a duplicate.
const TRIES: usize = 3;

/// Sends a question to an object of the class `JOBS`, and retries if it can't
/// be reached.
pub async fn ask_again(
    env: &Env,
    object: ObjectKind<'_>,
    question: &str,
) -> Result<String, Failure> {
    let name = object.to_string();
    let mut tries = 1;
    loop {
        let answer = ask_object(env, "JOBS", &name, question).await;
        if answer.is_ok() || tries == TRIES {
            return answer;
        }
        tries += 1;
    }
}

/// Sends a question to a Durable Object and returns its answer.
///
/// # Errors
/// The object can't be reached, or has failed: the error text says why.
pub async fn ask_object(
    env: &Env,
    binding: &str,
    name: &str,
    question: &str,
) -> Result<String, Failure> {
    let asked = ask(env, binding, name, question).await;
    asked.map_err(Error::from).during(&format!("asking {binding}"))
}

/// Sends a question once to an object of the class `JOBS`. Returns the answer
/// as it comes: a text, the `Response` of a long one, or an `Error`.
pub async fn ask_as_is(
    env: &Env,
    object: ObjectKind<'_>,
    question: &str,
) -> Result<JsValue, JsValue> {
    send(env, "JOBS", &object.to_string(), question).await
}

async fn ask(env: &Env, binding: &str, name: &str, question: &str) -> Result<String, JsValue> {
    unpacked(send(env, binding, name, question).await?).await
}

/// Sends an HTTP request to an object of the class `CATALOG`, because a call
/// can't return a viewer's WebSocket.
pub async fn fetch_object(
    env: &Env,
    name: &str,
    url: &str,
    init: &RequestInit,
) -> Result<Response, JsValue> {
    stub(env, "CATALOG", name)?.fetch(url, init).await.map(JsValue::unchecked_into)
}

async fn send(env: &Env, binding: &str, name: &str, question: &str) -> Result<JsValue, JsValue> {
    stub(env, binding, name)?.ask(&packed(question)?).await
}

fn stub(env: &Env, binding: &str, name: &str) -> Result<Stub, JsValue> {
    let objects = Reflect::get(env, &JsValue::from_str(binding))?;
    let objects: DurableObjectNamespace = objects.unchecked_into();
    objects.get_by_name(name).map(JsCast::unchecked_into)
}

/// Answers a question from [`ask_object`], within the object.
///
/// A failure is returned as an `Error` and not thrown, because the runtime
/// would log it once more.
pub async fn answer<F>(question: JsValue, reply: impl FnOnce(String) -> F) -> JsValue
where
    F: Future<Output = Result<String, Failure>>,
{
    let read = unpacked(question).await.map_err(Error::from).during("reading a question");
    let answer = match read {
        Ok(question) => reply(question).await,
        Err(failure) => Err(failure),
    };
    match answer {
        Ok(text) => packed(&text).unwrap_or_else(|error| error),
        Err(failure) => js_sys::Error::new(&failure.to_string()).into(),
    }
}

/// Returns whether an object failed because it does not know the question: for
/// some minutes after a deployment it may run the previous release.
pub fn is_not_understood(failure: &Failure) -> bool {
    failure.to_string().contains("reading a question: unknown variant")
}

/// Returns a text in the form that a call carries: a long one is the body of a
/// `Response`.
fn packed(text: &str) -> Result<JsValue, JsValue> {
    if text.len() <= MAX_CALL_TEXT {
        return Ok(text.into());
    }
    Response::new_with_opt_str(Some(text)).map(JsValue::from)
}

/// Returns the text that was [`packed`]; throws if the value is an `Error`.
async fn unpacked(value: JsValue) -> Result<String, JsValue> {
    if let Some(text) = value.as_string() {
        return Ok(text);
    }
    let response: Response = value.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?;
    Ok(text.as_string().unwrap_or_default())
}
