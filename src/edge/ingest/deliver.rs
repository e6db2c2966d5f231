//! Gives a delivery to its job.

use crate::domain::ingest::delivery::{DeliveredBody, Delivery};
use crate::domain::json::object;
use crate::domain::names::ObjectName;
use crate::domain::protocol::ingest::{Deliver, Delivered};
use crate::edge::http::call::Call;
use crate::edge::http::response::json;
use crate::edge::platform::Failure;
use crate::edge::rpc::job;
use crate::edge::rpc::notify::notify_catalog;
use crate::edge::storage::body;
use web_sys::Response;

/// The outcome of giving a delivery to a job.
pub enum Handed {
    /// The job took the delivery.
    Answer(Response),
    /// The job was deleted.
    Deleted,
    /// The job is of another provider; the text says which.
    Refused(String),
}

/// Gives a delivery to its job.
pub async fn hand_over(
    call: &Call<'_>,
    object: &ObjectName,
    delivery: Delivery,
) -> Result<Handed, Failure> {
    let delivered = job::ask_job(call.env, object, Deliver(Box::new(delivery))).await?;
    let (id, event_type, duplicate) = match delivered {
        Delivered::Taken { id, event_type, duplicate, row } => {
            if let Some(row) = row {
                notify_catalog(call.context, call.env, row);
            }
            (id, event_type, duplicate)
        }
        Delivered::Deleted => return Ok(Handed::Deleted),
        Delivered::OtherProvider(why) => return Ok(Handed::Refused(why)),
    };
    let mask = |text: String| call.config.secrets().masked(text);
    let answer = object!({
        "id": id, "eventType": event_type.map(mask), "duplicate": duplicate,
    });
    json(200, answer).map(Handed::Answer)
}

/// Answers a delivery for a deleted job with success, so that it is not sent
/// again. Nothing of it is stored.
pub async fn of_deleted(
    call: &Call<'_>,
    object: &ObjectName,
    body: &DeliveredBody,
) -> Result<Response, Failure> {
    body::drop_parked(call.env, body).await?;
    let answer = object!({
        "id": object.public(), "eventType": None::<&str>, "duplicate": false, "deleted": true,
    });
    json(200, answer)
}
