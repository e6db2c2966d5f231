//! Cleans up what a job that has moved away left here.

use crate::edge::job::home::Home;
use crate::edge::platform::{self, Failure, succeeded};
use crate::edge::storage::kv;

/// Deletes the leftover values, and the copy in KV. If KV fails it sets the
/// alarm for a retry, else it removes the alarm.
pub async fn clear(home: &Home) -> Result<(), Failure> {
    let store = &home.store;
    store.forget_all_but_alias()?;
    let Some(mut orphaned) = store.orphaned_copy()? else {
        return home.clear_alarm().await;
    };
    if succeeded(kv::delete(&home.env, &orphaned.home).await) {
        store.forget_orphaned_copy()?;
        return home.clear_alarm().await;
    }
    let again = orphaned.failed(home.config.pace, platform::now());
    home.set_alarm(again).await?;
    store.save_orphaned_copy(&orphaned)
}
