//! Tests each binding: writes, reads, deletes.
//!
//! A probe continues after its time limit and after the caller has left, so
//! that what it wrote is deleted in the end.

use super::facts::{self, tried};
use crate::domain::catalog::{CatalogReply, CatalogRequest, PROBED};
use crate::domain::doctor::clocks::ClockReading;
use crate::domain::doctor::stores::{self, ReadBack, Store};
use crate::domain::doctor::{Finding, ProbeResult};
use crate::domain::json;
use crate::domain::keys::{self, StorageKey};
use crate::domain::protocol::gate::Probe;
use crate::domain::time::Timestamp;
use crate::edge::platform::{self, During, Failure};
use crate::edge::rpc::call::ask_object;
use crate::edge::rpc::gate;
use crate::edge::storage::{bucket, kv};
use futures_channel::oneshot;
use futures_util::join;
use std::collections::HashMap;
use worker::{Context, Env};

/// The name of the gate that is tested.
const GATE: &str = "doctor";

/// Tests all bindings at once; also returns the bucket's clock.
pub async fn all(env: &Env, context: &Context) -> (Vec<Finding>, Vec<ClockReading>) {
    let nonce = hex::encode(platform::random::<16>());
    let r2 = detached(context, r2(env.clone(), nonce.clone()));
    let kv = detached(context, kv(env.clone(), nonce.clone()));
    let jobs = detached(context, job(env.clone(), nonce.clone()));
    let catalog = detached(context, catalog(env.clone(), nonce));
    let (r2, kv, jobs, catalog) = join!(r2, kv, jobs, catalog);
    let readings = r2.end.iter().filter_map(|(_, reading)| reading.clone()).collect();
    let r2 = ProbeResult { end: r2.end.map(|(read, _)| read), ms: r2.ms };
    let probes = [(Store::R2, r2), (Store::Kv, kv), (Store::Jobs, jobs), (Store::Catalog, catalog)];
    let checks = probes.iter().map(|(store, probe)| stores::check(*store, probe)).collect();
    (checks, readings)
}

/// Runs `probe` to its end, even if nobody waits for it any more.
async fn detached<T: 'static>(
    context: &Context,
    probe: impl Future<Output = Result<T, Failure>> + 'static,
) -> ProbeResult<T> {
    let (sender, receiver) = oneshot::channel();
    context.wait_until(async move {
        // The receiver may be gone already.
        let _unheard = sender.send(probe.await);
    });
    tried(async { receiver.await.during("waiting for a probe")? }).await
}

async fn r2(env: Env, nonce: String) -> Result<(ReadBack, Option<ClockReading>), Failure> {
    let bucket = bucket::open(&env)?;
    let key = StorageKey::Probe { nonce: &nonce }.path();
    let before = platform::now();
    let tried = async {
        let text = nonce.clone().into_bytes();
        let put = bucket::put(&bucket, &key, text, "text/plain", HashMap::new()).await?;
        let theirs = Timestamp::from_millis(put.uploaded().as_millis());
        let reading = facts::reading("r2", Some(theirs), before);
        let read = bucket::text(&bucket, &key).await?;
        Ok((ReadBack::of(read.as_deref(), &nonce), reading))
    };
    let tried = tried.await;
    // Delete it even if the read failed, or if the write only seemed to fail.
    let deleted = bucket.delete(&key).await.during("deleting from the bucket");
    tried.and_then(|tried| deleted.map(|()| tried))
}

async fn kv(env: Env, nonce: String) -> Result<ReadBack, Failure> {
    let key = keys::probe_key(&nonce);
    let tried = async {
        kv::put_briefly(&env, &key, &nonce).await?;
        let read = kv::text(&env, &key).await?;
        Ok(ReadBack::of(read.as_deref(), &nonce))
    };
    let tried = tried.await;
    let deleted = kv::delete_key(&env, &key).await;
    tried.and_then(|tried| deleted.map(|()| tried))
}

async fn job(env: Env, nonce: String) -> Result<ReadBack, Failure> {
    let read = gate::ask(&env, GATE, Probe(nonce.clone())).await?;
    Ok(ReadBack::of(read.as_deref(), &nonce))
}

async fn catalog(env: Env, nonce: String) -> Result<ReadBack, Failure> {
    let question = serde_json::to_string(&CatalogRequest::Probe(nonce.clone()));
    let question = question.during("writing to the catalog")?;
    let answer = ask_object(&env, "CATALOG", PROBED, &question).await?;
    match json::from_str(&answer).during("reading the catalog's answer")? {
        CatalogReply::Probed(read) => Ok(ReadBack::of(read.as_deref(), &nonce)),
        _ => Err(Failure::unexpected("trying the catalog")),
    }
}
