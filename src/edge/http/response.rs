//! Builds responses, each once and by the platform's own constructor.

use crate::domain::job::submission::SubmissionAnswer;
use crate::domain::time::Timestamp;
use crate::edge::platform::{self, During, Failure};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Headers, Response, ResponseInit};

const WHAT: &str = "building the answer";

#[wasm_bindgen]
extern "C" {
    /// The platform's response, with a body of any kind.
    #[wasm_bindgen(js_name = Response)]
    type Built;
    #[wasm_bindgen(constructor, catch, js_class = "Response")]
    fn new(body: &JsValue, init: &ResponseInit) -> Result<Built, JsValue>;
}

/// A response that still needs its body.
pub struct Head {
    status: u16,
    headers: Headers,
    is_coded: bool,
}

impl Head {
    /// Begins a response without headers.
    pub fn new(status: u16) -> Result<Self, Failure> {
        let headers = Headers::new().map_err(worker::Error::from).during(WHAT)?;
        Ok(Self { status, headers, is_coded: false })
    }

    /// Sets a header.
    pub fn with(self, name: &str, value: &str) -> Result<Self, Failure> {
        set(&self.headers, name, value)?;
        Ok(self)
    }

    /// Declares that the body is already coded as its `content-encoding` says.
    pub const fn coded(mut self) -> Self {
        self.is_coded = true;
        self
    }

    /// Completes the response with this body: a stream, a text, bytes.
    pub fn body(self, body: &JsValue) -> Result<Response, Failure> {
        let init = ResponseInit::new();
        init.set_status(self.status);
        init.set_headers(&self.headers);
        if self.is_coded {
            let is_set = Reflect::set(&init, &"encodeBody".into(), &"manual".into());
            is_set.map_err(worker::Error::from).during(WHAT)?;
        }
        let built = Built::new(body, &init).map_err(worker::Error::from).during(WHAT)?;
        Ok(built.unchecked_into())
    }

    /// Completes the response with these bytes.
    pub fn bytes(self, body: &[u8]) -> Result<Response, Failure> {
        self.body(&Uint8Array::from(body))
    }

    /// Completes the response without a body.
    pub fn empty(self) -> Result<Response, Failure> {
        self.body(&JsValue::NULL)
    }
}

/// Sets a header of a response.
pub fn set(headers: &Headers, name: &str, value: &str) -> Result<(), Failure> {
    headers.set(name, value).map_err(worker::Error::from).during(WHAT)
}

/// Begins a response of this media type, which no cache may store.
pub fn base(status: u16, content_type: &str) -> Result<Head, Failure> {
    Head::new(status)?
        .with("content-type", content_type)?
        .with("cache-control", "no-store")?
        .with("x-content-type-options", "nosniff")
}

/// Builds a JSON response, with secrets masked.
pub fn json(status: u16, body: String) -> Result<Response, Failure> {
    rendered(status, &platform::masked(body))
}

/// Builds a JSON response from a text that [`crate::domain::view::record`] has
/// rendered and masked, with durable URLs.
pub fn rendered(status: u16, body: &str) -> Result<Response, Failure> {
    base(status, "application/json")?.bytes(body.as_bytes())
}

/// Builds a JSON response with the time, so that its reader can judge this
/// clock.
pub fn dated(body: &str, at: Timestamp) -> Result<Response, Failure> {
    base(200, "application/json")?.with("date", &at.to_http())?.bytes(body.as_bytes())
}

/// Builds the response of a record, with the place where it was read: `edge` or
/// `object`.
pub fn record(body: &JsValue, source: &str) -> Result<Response, Failure> {
    base(200, "application/json")?.with("x-hookvault-source", source)?.body(body)
}

/// Forwards an answer of the upstream, or one in its place.
pub fn relay(
    answer: &SubmissionAnswer,
    headers: &[(&str, String)],
    body: &JsValue,
) -> Result<Response, Failure> {
    let content_type = answer.content_type.as_deref().unwrap_or("application/json");
    let mut head = base(answer.status, content_type)?;
    let retry_after = answer.retry_after.clone().map(|wish| ("retry-after", wish));
    for (name, value) in headers.iter().cloned().chain(retry_after) {
        head = head.with(name, &platform::masked(value))?;
    }
    if !matches!(answer.status, 204 | 205 | 304) {
        return head.body(body);
    }
    // These statuses have no body, and clients try to read one if there is a
    // type.
    head.headers.delete("content-type").map_err(worker::Error::from).during(WHAT)?;
    head.empty()
}

/// Builds a response with a text of a media type, with secrets masked.
pub fn plain(media_type: &str, body: String) -> Result<Response, Failure> {
    base(200, media_type)?.bytes(platform::masked(body).as_bytes())
}

/// Builds a response with a text that contains no secret.
pub fn text(body: &str) -> Result<Response, Failure> {
    base(200, "text/plain; charset=utf-8")?.bytes(body.as_bytes())
}

/// Builds a response with bytes from a stranger: browsers download and never
/// show them.
pub fn bytes(body: &[u8]) -> Result<Response, Failure> {
    download()?.bytes(body)
}

/// Begins a response that browsers download and never show.
pub fn download() -> Result<Head, Failure> {
    base(200, "application/octet-stream")?.with("content-disposition", "attachment")
}

/// Builds the response of a success that has nothing to return.
pub fn done() -> Result<Response, Failure> {
    Head::new(204)?.empty()
}
