//! Reads the box of unmatched deliveries in the bucket.

use super::bucket;
use crate::domain::keys::UNMATCHED;
use crate::domain::time::Timestamp;
use crate::edge::platform::{self, During, Failure};
use worker::{Env, Object};

/// Counts the deliveries in the box, up to 10,000; more are not counted.
pub async fn count(env: &Env) -> Result<u64, Failure> {
    const MAX_PAGES: usize = 10;
    let bucket = bucket::open(env)?;
    let (mut count, mut cursor) = (0, None::<String>);
    for _ in 0..MAX_PAGES {
        let mut query = bucket.list().prefix(UNMATCHED);
        if let Some(cursor) = cursor {
            query = query.cursor(cursor);
        }
        let page = query.execute().await.during("counting the unmatched box")?;
        count += page.objects().len() as u64;
        cursor = page.cursor();
        if cursor.is_none() {
            break;
        }
    }
    Ok(count)
}

/// A delivery in the box.
pub struct UnmatchedDelivery {
    /// The delivery's body.
    pub body: Object,
    /// When the delivery was received.
    pub received_at: Timestamp,
}

/// Reads a delivery; `None` if there is no such delivery.
pub async fn find(env: &Env, key: &str) -> Result<Option<UnmatchedDelivery>, Failure> {
    let what = "reading the unmatched box";
    let get = bucket::open(env)?.get(format!("{UNMATCHED}{key}")).execute().await;
    let Some(body) = get.during(what)? else { return Ok(None) };
    let metadata = body.custom_metadata().unwrap_or_default();
    let received_at = metadata.get("receivedAt").and_then(|at| at.parse().ok());
    let received_at = received_at.map_or_else(platform::now, Timestamp::from_millis);
    Ok(Some(UnmatchedDelivery { body, received_at }))
}

/// Deletes a delivery.
pub async fn forget(env: &Env, key: &str) -> Result<(), Failure> {
    let bucket = bucket::open(env)?;
    bucket.delete(format!("{UNMATCHED}{key}")).await.during("deleting from the unmatched box")
}
