//! `GET /metrics`: metrics for Prometheus.

use crate::domain::catalog::metrics::{MEDIA_TYPE, Metrics};
use crate::domain::http::problem::Problem;
use crate::edge::http::call::Call;
use crate::edge::http::response::plain;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::listing;
use crate::edge::storage::unmatched;
use futures_util::future::try_join3;
use web_sys::Response;

/// Reads the catalog's sums and the number of unmatched deliveries.
pub async fn metrics(call: &Call<'_>) -> Result<Response, Problem> {
    let (env, refused) = (call.env, async { listing::refused(call.env).await.map(|all| all.1) });
    let asked = try_join3(listing::totals(env), unmatched::count(env), refused).await;
    let ((totals, _), unmatched, refused): (_, u64, u64) = asked.map_err(|e: Failure| e)?;
    let metrics = Metrics { totals: &totals, unmatched, refused, now: platform::now() };
    Ok(plain(MEDIA_TYPE, metrics.render())?)
}
