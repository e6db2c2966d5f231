//! Dispatches a call of a queue's route to the function that answers it.

use super::request::{UpstreamRequest, scheme};
use super::{follow, status_stream, submit};
use crate::domain::gateway::answer;
use crate::domain::gateway::call::{self, Step};
use crate::domain::http::problem::Problem;
use crate::edge::http::call::Call;
use crate::edge::http::streaming;
use futures_util::stream;
use web_sys::{Request, Response};

/// Answers a call of a queue's route.
pub async fn gateway(
    call: &Call<'_>,
    request: &Request,
    to: call::Call,
) -> Result<Response, Problem> {
    let query = call.url.query_pairs().into_owned().collect();
    let scheme = scheme(call.header("authorization").as_deref());
    let headers = call.headers.entries().filter(|(name, _)| answer::passes(name)).collect();
    answer(call, request, UpstreamRequest::new(call, to, query, headers, scheme)).await
}

/// Answers a call by its step.
pub async fn answer(
    call: &Call<'_>,
    request: &Request,
    asked: UpstreamRequest,
) -> Result<Response, Problem> {
    match asked.to.step.clone() {
        Step::Submit => submit::submit(call, &asked, request).await,
        Step::Status(id) => follow::status(&asked, &id).await,
        Step::Stream(_) if call.head => Ok(streaming::event_stream(stream::empty(), asked.pass())?),
        Step::Stream(id) => status_stream::follow(asked, id).await,
        Step::Result(id) => follow::result(&asked, &id).await,
        Step::Cancel(id) => follow::cancel(&asked, &id).await,
    }
}
