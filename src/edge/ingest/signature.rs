//! Checks the signature of a delivery, if it has one.

use crate::domain::access::signature::jwks::{self, Keys};
use crate::domain::access::signature::standard::{self, SignatureCheck};
use crate::domain::access::signature::{SignatureError, fal};
use crate::domain::http::problem::{Code, Problem};
use crate::domain::job::timeline::Trust;
use crate::edge::http::call::Call;
use crate::edge::platform::{self, During, Failure};
use crate::edge::upstream;
use js_sys::{Array, Object, Reflect, Uint8Array};
use std::cell::RefCell;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// The longest set of keys, in bytes.
const MAX_JWKS_BYTES: u64 = 64 * 1024;

thread_local! {
    /// Holds finished values only, because two requests may fetch the keys at
    /// once.
    static KEYS: RefCell<Keys> = RefCell::default();
}

/// Begins the check of a signature over the body itself, by Standard Webhooks
/// or its older header names; `None` if the request has none.
///
/// # Errors
/// 401 if the signature is wrong whatever the body is.
pub fn begin(call: &Call<'_>) -> Result<Option<SignatureCheck>, Problem> {
    let Some(secrets) = &call.config.webhook_secrets else { return Ok(None) };
    let is_there = |prefix: &&str| call.header(&format!("{prefix}-signature")).is_some();
    let Some(prefix) = ["webhook", "svix"].into_iter().find(is_there) else { return Ok(None) };
    let header = |name| call.header(&format!("{prefix}-{name}")).unwrap_or_default();
    let (id, timestamp, signature) = (header("id"), header("timestamp"), header("signature"));
    let headers =
        standard::StandardHeaders { id: &id, timestamp: &timestamp, signature: &signature };
    secrets.begin(headers, platform::now()).map(Some).map_err(refuse)
}

/// Returns the trust that a signature earns, after the whole body was received.
/// `check` is the result of [`begin`]. `None` without a signature, or without
/// the means to check it.
///
/// # Errors
/// 401 if the signature is wrong: such a delivery reaches no job.
pub async fn judge(
    call: &Call<'_>,
    check: Option<SignatureCheck>,
    sha256: &str,
) -> Result<Option<Trust>, Problem> {
    match check {
        Some(check) => check.end().map(|()| Some(Trust::Signed)).map_err(refuse),
        None => check_fal(call, sha256).await.map_err(refuse),
    }
}

fn refuse(refusal: SignatureError) -> Problem {
    Problem::new(Code::WrongSignature, refusal.why())
}

async fn check_fal(call: &Call<'_>, sha256: &str) -> Result<Option<Trust>, SignatureError> {
    // Without a configured account a valid signature proves nothing, so no key
    // is fetched.
    let Some(pinned) = &call.config.fal_user_id else { return Ok(None) };
    let header = |name: &str| call.header(&format!("x-fal-webhook-{name}"));
    let Some(signature) = header("signature") else { return Ok(None) };
    let [request_id, user_id, timestamp] =
        ["request-id", "user-id", "timestamp"].map(|name| header(name).unwrap_or_default());
    let headers = fal::FalHeaders {
        request_id: &request_id,
        user_id: &user_id,
        timestamp: &timestamp,
        signature: &signature,
    };
    let claim = headers.claim(pinned, sha256, platform::now())?;
    let pace = call.config.pace;
    if current().are_due(pace, platform::now()) {
        fetch(call).await;
    }
    let mut keys = current();
    if is_signed(&keys, &claim).await {
        return Ok(Some(Trust::Signed));
    }
    // The signature may be by a key that is newer than ours.
    if keys.may_be_fetched(pace, platform::now()) {
        fetch(call).await;
        keys = current();
        if is_signed(&keys, &claim).await {
            return Ok(Some(Trust::Signed));
        }
    }
    if keys.keys.is_empty() {
        platform::log_error("fal.ai's keys can't be fetched; a signature was not checked");
        return Ok(None);
    }
    Err(SignatureError::Wrong)
}

fn current() -> Keys {
    KEYS.with(|keys| keys.borrow().clone())
}

async fn fetch(call: &Call<'_>) {
    let body = upstream::get(jwks::URL, MAX_JWKS_BYTES, call.config.pace.keys_limit()).await;
    let body = body.inspect_err(|why| platform::log_error(&format!("fal.ai's keys: {why}")));
    let keys = current().after_fetch(body.ok().as_deref(), platform::now());
    KEYS.with(|known| known.replace(keys));
}

async fn is_signed(keys: &Keys, claim: &fal::FalClaim) -> bool {
    for key in &keys.keys {
        let verified = verify(key, &claim.signature, claim.message.as_bytes()).await;
        match verified {
            Ok(true) => return true,
            Ok(false) => {}
            Err(failure) => failure.log(),
        }
    }
    false
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = importKey, catch)]
    fn import_key(
        format: &str,
        key: &Uint8Array,
        algorithm: &Object,
        extractable: bool,
        usages: &Array,
    ) -> Result<js_sys::Promise, JsValue>;
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = verify, catch)]
    fn subtle_verify(
        algorithm: &Object,
        key: &JsValue,
        signature: &Uint8Array,
        data: &Uint8Array,
    ) -> Result<js_sys::Promise, JsValue>;
}

/// Verifies an Ed25519 signature with the runtime's own code, so that this
/// program needs none.
async fn verify(key: &[u8], signature: &[u8], message: &[u8]) -> Result<bool, Failure> {
    let what = "checking a signature";
    let failed = |_| Failure::new(what, "the runtime refuses");
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"Ed25519".into()).map_err(failed)?;
    let usages = Array::of1(&"verify".into());
    let import = import_key("raw", &Uint8Array::from(key), &algorithm, false, &usages);
    let key = JsFuture::from(import.map_err(failed)?).await.map_err(failed)?;
    let [signature, message] = [signature, message].map(Uint8Array::from);
    let verdict = subtle_verify(&algorithm, &key, &signature, &message).map_err(failed)?;
    let verdict = JsFuture::from(verdict).await.map_err(failed)?;
    verdict.as_bool().ok_or("no result").during(what)
}
