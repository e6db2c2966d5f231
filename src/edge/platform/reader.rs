//! Reads streams into our own buffers, in pieces of a chosen size.

use super::failure::{During, Failure};
use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::ReadableStream;
use worker::Error;

#[wasm_bindgen]
extern "C" {
    /// A reader that fills our own buffer. `readAtLeast` is an extension of the
    /// runtime:
    /// <https://developers.cloudflare.com/workers/runtime-apis/streams/readablestreambyobreader/>.
    type Byob;
    #[wasm_bindgen(method, js_name = readAtLeast)]
    fn read_at_least(this: &Byob, least: u32, buffer: &Uint8Array) -> Promise;

    type Body;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader(this: &Body, options: &JsValue) -> Result<Byob, JsValue>;
}

/// Reads a stream.
pub struct Reader(Byob);

/// A read in progress.
pub type PendingRead = JsFuture;

impl Reader {
    /// Begins to read a stream.
    pub fn of(stream: &ReadableStream) -> Result<Self, Failure> {
        let options = Object::new();
        let set = Reflect::set(&options, &"mode".into(), &"byob".into());
        let body: &Body = stream.unchecked_ref();
        let reader = set.and_then(|_| body.reader(&options));
        reader.map(Self).map_err(Error::from).during("reading a stream")
    }

    /// Begins to fill `buffer` with at least `least` bytes. The runtime takes the
    /// buffer away, and returns it in the result, where [`piece`] finds it.
    pub fn begin(&self, least: u32, buffer: &Uint8Array) -> PendingRead {
        self.0.read_at_least(least, buffer).into()
    }

    /// Fills the whole of `buffer`. It returns fewer bytes only at the end of the
    /// stream, and none after that.
    pub async fn fill(&self, buffer: &Uint8Array) -> Result<Uint8Array, JsValue> {
        self.begin(buffer.length(), buffer).await.and_then(|read| piece(&read))
    }
}

/// Returns the bytes that a read has filled.
pub fn piece(read: &JsValue) -> Result<Uint8Array, JsValue> {
    Reflect::get(read, &"value".into())?.dyn_into()
}

/// Returns the whole buffer of a piece, to be filled again.
pub fn buffer_of(piece: &Uint8Array) -> Uint8Array {
    Uint8Array::new(&piece.buffer())
}
