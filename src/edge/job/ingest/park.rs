//! Parks data for the bucket until the bucket can be written. Such an object
//! has no job.

use crate::domain::file::media_type::OCTET_STREAM;
use crate::domain::protocol::parked::Parked;
use crate::edge::job::home::Home;
use crate::edge::platform::{self, During, Failure};
use crate::edge::storage::bucket;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::collections::HashMap;

/// Stores the data and sets the alarm, which writes it to the bucket.
pub async fn park(home: &Home, parked: &Parked) -> Result<(), Failure> {
    home.set_alarm(platform::now()).await?;
    home.store.save_parked(parked)
}

/// Writes the parked data to the bucket; retries later if that fails.
pub async fn store_parked(home: &Home, mut parked: Parked) -> Result<(), Failure> {
    let store = &home.store;
    let Err(failure) = write_parked(home, &parked).await else {
        home.clear_alarm().await?;
        return store.forget_all_but_alias();
    };
    failure.log();
    parked.attempts += 1;
    store.save_parked(&parked)?;
    let delay = home.config.pace.backoff(parked.attempts, platform::entropy());
    home.set_alarm(platform::now().plus(delay)).await
}

async fn write_parked(home: &Home, parked: &Parked) -> Result<(), Failure> {
    let bucket = bucket::open(&home.env)?;
    let bytes = BASE64.decode(&parked.bytes).during("reading what is parked")?;
    let metadata: HashMap<_, _> = parked.metadata.iter().cloned().collect();
    bucket::put(&bucket, &parked.key, bytes, OCTET_STREAM, metadata).await.map(drop)
}
