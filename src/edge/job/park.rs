//! Keeps what belongs into the bucket until that can be written: an object
//! that is no job's.

use super::Job;
use crate::domain::file::media_type::OCTET_STREAM;
use crate::domain::protocol::{Parked, Reply};
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::bucket;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::collections::HashMap;

impl Job {
    /// Keeps it; the alarm does the rest.
    pub(super) async fn park(&self, parked: &Parked) -> Result<Reply, Failure> {
        platform::set_alarm_at(self.store.storage(), platform::now()).await?;
        self.store.save_parked(parked)?;
        Ok(Reply::Parked)
    }

    /// Writes what is parked here to the bucket; later again if that fails.
    pub(super) async fn unpark(&self, mut parked: Parked) -> Result<(), Failure> {
        let store = &self.store;
        let Err(Failure(text)) = self.write_parked(&parked).await else {
            platform::clear_alarm(store.storage()).await?;
            return store.forget_all_but_alias();
        };
        platform::log_error(&text);
        parked.attempts += 1;
        store.save_parked(&parked)?;
        let delay = self.config.pace.backoff(parked.attempts, platform::entropy());
        platform::set_alarm_at(store.storage(), platform::now().plus(delay)).await
    }

    async fn write_parked(&self, parked: &Parked) -> Result<(), Failure> {
        let bucket = bucket::open(&self.env)?;
        let bytes = BASE64.decode(&parked.bytes).during("reading what is parked")?;
        let metadata: HashMap<_, _> = parked.metadata.iter().cloned().collect();
        bucket::put(&bucket, &parked.key, bytes, OCTET_STREAM, metadata).await.map(drop)
    }
}
