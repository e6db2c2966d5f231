//! Checks the signatures of a delivery, if it has any.

use crate::domain::access::signature::check::{CheckInput, SignatureChecks, Verdict};
use crate::domain::access::signature::jwks::{Issuer, KeyClaim, Keys};
use crate::domain::access::signature::{SignatureError, fal, google};
use crate::domain::http::problem::{Code, Problem};
use crate::domain::webhook::correlate::Identity;
use crate::edge::http::call::Call;
use crate::edge::platform::{self, During, Failure};
use crate::edge::upstream;
use js_sys::{Array, JSON, Object, Reflect, Uint8Array};
use std::cell::RefCell;
use std::thread::LocalKey;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// The longest set of keys, in bytes.
const MAX_JWKS_BYTES: u64 = 64 * 1024;

thread_local! {
    /// Holds finished values only, because two requests may fetch the keys at
    /// once.
    static FAL: RefCell<Keys> = RefCell::default();
    static GOOGLE: RefCell<Keys> = RefCell::default();
}

/// Begins to check the signatures by shared secrets; `None` if none can be
/// checked.
///
/// # Errors
/// 401 if a signature is wrong whatever the body is.
pub fn begin(call: &Call<'_>) -> Result<Option<SignatureChecks>, Problem> {
    let header = |name: &str| call.header(name);
    let checks = SignatureChecks::begin(CheckInput {
        secrets: &call.config.webhook_secrets,
        signs: &|sender, scheme| call.config.senders.signs(sender, scheme),
        header: &header,
        now: platform::now(),
    });
    checks.map(|checks| Some(checks).filter(|checks| !checks.is_empty())).map_err(refuse)
}

/// Judges all signatures, after the whole body was received. `checks` is the
/// result of [`begin`].
///
/// # Errors
/// 401 if a signature is wrong for any sender: such a delivery reaches no job.
pub async fn judge(
    call: &Call<'_>,
    checks: Option<SignatureChecks>,
    sha256: &str,
) -> Result<Verdict, Problem> {
    let mut verdict = checks.unwrap_or_default().end().map_err(refuse)?;
    if check_fal(call, sha256).await.map_err(refuse)? {
        verdict.add_signed(fal::HEADER);
    }
    check_google(call).await.map_err(refuse)?;
    Ok(verdict)
}

/// Returns whether the body is signed by the sender that it is read as.
/// `identity` is `None` if it can't be read.
///
/// # Errors
/// 401 if a signature of this sender is wrong or missing.
pub fn is_signed(
    call: &Call<'_>,
    verdict: &Verdict,
    identity: Option<&Identity>,
) -> Result<bool, Problem> {
    let sender = identity.map(|identity| identity.provider.to_string()).unwrap_or_default();
    let id = identity.and_then(|identity| identity.body_id.as_deref());
    verdict.is_signed(&sender, id, &call.config.webhook_secrets).map_err(refuse)
}

fn refuse(refusal: SignatureError) -> Problem {
    Problem::new(Code::WrongSignature, refusal.why())
}

/// Returns whether fal.ai signed the body for the configured account.
async fn check_fal(call: &Call<'_>, sha256: &str) -> Result<bool, SignatureError> {
    // Without a configured account a valid signature proves nothing, so no key
    // is fetched.
    let Some(pinned) = &call.config.fal_user_id else { return Ok(false) };
    let header = |name: &str| call.header(&format!("x-fal-webhook-{name}"));
    let Some(signature) = call.header(fal::HEADER) else { return Ok(false) };
    let [request_id, user_id, timestamp] =
        ["request-id", "user-id", "timestamp"].map(|name| header(name).unwrap_or_default());
    let headers = fal::FalHeaders {
        request_id: &request_id,
        user_id: &user_id,
        timestamp: &timestamp,
        signature: &signature,
    };
    let claim = headers.claim(pinned, sha256, platform::now())?;
    check_by_keys(call, Issuer::Fal, &claim).await
}

/// Checks the JWT of a delivery by Gemini, if it has one. It signs no body.
async fn check_google(call: &Call<'_>) -> Result<(), SignatureError> {
    let jwt = call.header(google::HEADER).filter(|value| google::is_jwt(value));
    let Some(jwt) = jwt else { return Ok(()) };
    let claim = google::claim(&jwt, platform::now())?;
    check_by_keys(call, Issuer::Google, &claim).await.map(drop)
}

/// Returns whether a claim is good; `false` if there are no keys to check it
/// with.
async fn check_by_keys(
    call: &Call<'_>,
    issuer: Issuer,
    claim: &KeyClaim,
) -> Result<bool, SignatureError> {
    let pace = call.config.pace;
    if current(issuer).are_due(pace, platform::now()) {
        fetch(call, issuer).await;
    }
    let mut keys = current(issuer);
    if is_good(issuer, &keys, claim).await {
        return Ok(true);
    }
    // The signature may be by a key that is newer than ours.
    if keys.may_be_fetched(pace, platform::now()) {
        fetch(call, issuer).await;
        keys = current(issuer);
        if is_good(issuer, &keys, claim).await {
            return Ok(true);
        }
    }
    if keys.keys.is_empty() {
        let name = issuer.name();
        platform::log_error(&format!(
            "{name}'s keys can't be fetched; a signature was not checked"
        ));
        return Ok(false);
    }
    Err(SignatureError::Wrong)
}

const fn store(issuer: Issuer) -> &'static LocalKey<RefCell<Keys>> {
    match issuer {
        Issuer::Fal => &FAL,
        Issuer::Google => &GOOGLE,
    }
}

fn current(issuer: Issuer) -> Keys {
    store(issuer).with_borrow(Keys::clone)
}

async fn fetch(call: &Call<'_>, issuer: Issuer) {
    let body = upstream::get(issuer.url(), MAX_JWKS_BYTES, call.config.pace.keys_limit()).await;
    let log = |why: &_| platform::log_error(&format!("{}'s keys: {why}", issuer.name()));
    let body = body.inspect_err(log);
    let keys = current(issuer).after_fetch(issuer, body.ok().as_deref(), platform::now());
    store(issuer).set(keys);
}

async fn is_good(issuer: Issuer, keys: &Keys, claim: &KeyClaim) -> bool {
    for key in &keys.keys {
        let verified = verify(issuer, key, &claim.signature, claim.message.as_bytes()).await;
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
        key: &JsValue,
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

/// Verifies a signature by a JSON Web Key with the runtime's own code, so that
/// this program needs none.
async fn verify(
    issuer: Issuer,
    key: &str,
    signature: &[u8],
    message: &[u8],
) -> Result<bool, Failure> {
    let what = "checking a signature";
    let failed = |_| Failure::new(what, "the runtime refuses");
    let algorithm = Object::new();
    let set = |key: &str, value: &str| Reflect::set(&algorithm, &key.into(), &value.into());
    match issuer {
        Issuer::Fal => set("name", "Ed25519"),
        Issuer::Google => set("hash", "SHA-256").and_then(|_| set("name", "RSASSA-PKCS1-v1_5")),
    }
    .map_err(failed)?;
    let usages = Array::of1(&"verify".into());
    let key = JSON::parse(key).map_err(failed)?;
    let import = import_key("jwk", &key, &algorithm, false, &usages);
    let key = JsFuture::from(import.map_err(failed)?).await.map_err(failed)?;
    let [signature, message] = [signature, message].map(Uint8Array::from);
    let verdict = subtle_verify(&algorithm, &key, &signature, &message).map_err(failed)?;
    let verdict = JsFuture::from(verdict).await.map_err(failed)?;
    verdict.as_bool().ok_or("no result").during(what)
}
