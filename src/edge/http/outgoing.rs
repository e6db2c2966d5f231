//! Requests to other servers, by the platform's own `fetch`.

use crate::edge::platform::{During, Failure};
use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

/// How the Worker names itself. Some servers refuse requests without a name.
pub const USER_AGENT: &str = concat!("hookvault/", env!("CARGO_PKG_VERSION"));

const WHAT: &str = "preparing a request";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &RequestInit) -> Result<Promise, JsValue>;
}

/// A request that is not yet sent. Redirects are not followed, because the
/// headers would be sent along.
pub struct Outgoing {
    init: RequestInit,
    headers: Headers,
}

impl Outgoing {
    /// Begins a request.
    pub fn new(method: &str) -> Result<Self, Failure> {
        let headers = Headers::new().map_err(worker::Error::from).during(WHAT)?;
        let request = Self { init: RequestInit::new(), headers };
        request.init.set_method(method);
        request.init.set_headers(&request.headers);
        request.with("redirect", &"manual".into())
    }

    /// Sets an option of `fetch`.
    pub fn with(self, option: &str, value: &JsValue) -> Result<Self, Failure> {
        let is_set = Reflect::set(&self.init, &option.into(), value);
        is_set.map_err(worker::Error::from).during(WHAT)?;
        Ok(self)
    }

    /// Sets a header.
    pub fn header(self, name: &str, value: &str) -> Result<Self, Failure> {
        self.headers.set(name, value).map_err(worker::Error::from).during(WHAT)?;
        Ok(self)
    }

    /// Sets headers.
    pub fn headers<N: AsRef<str>>(self, pairs: &[(N, String)]) -> Result<Self, Failure> {
        pairs.iter().try_fold(self, |request, (name, value)| request.header(name.as_ref(), value))
    }

    /// Sets the body: a text, bytes, or a stream.
    pub fn body(self, body: &JsValue) -> Self {
        self.init.set_body(body);
        self
    }

    /// Returns the platform's form of the request.
    pub const fn init(&self) -> &RequestInit {
        &self.init
    }

    /// Sends the request, and returns when the head of the response is there.
    pub async fn fetch(&self, url: &str) -> Result<Response, JsValue> {
        JsFuture::from(fetch(url, &self.init)?).await.map(JsValue::unchecked_into)
    }
}
