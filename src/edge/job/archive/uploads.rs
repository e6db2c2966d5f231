//! Aborts multipart uploads that did not end.

use crate::edge::job::home::Home;
use crate::edge::job::run::Run;
use crate::edge::platform::Failure;
use crate::edge::storage::bucket;
use crate::edge::transfer;

/// Aborts the uploads of runs that died. No other run is in progress.
pub async fn abort_left(home: &Home, run: &Run) -> Result<(), Failure> {
    for (key, id) in home.store.uploads()? {
        let Ok(bucket) = bucket::open(&home.env) else { break };
        if run.budget.take(1) && transfer::abort_left(&bucket, &key, &id).await {
            home.store.forget_upload(&key)?;
        }
    }
    Ok(())
}
