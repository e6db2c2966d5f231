//! Random bytes, and hashes.

use super::failure::{During, Failure};
use js_sys::{ArrayBuffer, Uint8Array};
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;
use worker::Error;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_with_random(bytes: &mut [u8]);

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], catch)]
    async fn digest(algorithm: &str, bytes: &[u8]) -> Result<ArrayBuffer, JsValue>;
}

/// Returns `N` bytes that nobody can guess.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill_with_random(&mut bytes);
    bytes
}

/// Returns the SHA-256 in hex. The runtime hashes several times as fast as
/// wasm, but for a short text wasm is done before a promise would be.
pub async fn sha256(bytes: &[u8]) -> Result<String, Failure> {
    const SHORT: usize = 64 * 1024;
    if bytes.len() <= SHORT {
        return Ok(hex::encode(Sha256::digest(bytes)));
    }
    let hash = digest("SHA-256", bytes).await.map_err(Error::from).during("hashing a body")?;
    Ok(hex::encode(Uint8Array::new(&hash).to_vec()))
}

/// Returns a random number, to spread retries.
pub fn entropy() -> u32 {
    u32::from_le_bytes(random())
}
