//! Reads a job, and waits for a change of it: `?wait=`, `?version=`, `?for=`.

use crate::domain::http::problem::Problem;
use crate::domain::job::record::Job;
use crate::domain::names::ObjectName;
use crate::domain::protocol::outcome::Resolved;
use crate::domain::protocol::read::{Await, JobRead, Read};
use crate::domain::protocol::wait::{Wait, WaitFor};
use crate::domain::time::SECOND;
use crate::edge::http::access;
use crate::edge::http::call::Call;
use crate::edge::platform::{self, Failure};
use crate::edge::rpc::job;
use crate::edge::rpc::lookup::{ask, known};
use crate::edge::storage::result::StoredResult;
use futures_util::future::{Either, select};
use std::pin::pin;

/// The longest wait of a reader, in seconds: proxies close idle requests only
/// later.
const MAX_WAIT_SECONDS: u32 = 60;
/// The longest wait in an object, in milliseconds. The object does not learn
/// that a reader has left. The Worker does, and then asks no more.
const MAX_ASK_MS: u64 = 10 * SECOND;

/// Reads a job and its result. With `?wait`, it reads them again when something
/// has changed or the time is up.
pub async fn read(
    call: &Call<'_>,
    name: &ObjectName,
    condition: WaitFor,
) -> Result<(Job, StoredResult), Problem> {
    let wait = wait(call, condition)?;
    let mut found = ask(call.env, name, Read).await?;
    if let Some(wait) = wait {
        found = await_news(call, name, found, wait).await?;
        if wait.pass.has_ended(platform::now()) {
            return Err(access::gone());
        }
    }
    let JobRead { job, result } = known(found, name)?;
    let told = StoredResult::of(call.env, &job, result).await?;
    Ok((*job, told))
}

/// Waits for a change, by as many calls as that takes.
async fn await_news(
    call: &Call<'_>,
    name: &ObjectName,
    mut found: Resolved<JobRead>,
    wait: Wait,
) -> Result<Resolved<JobRead>, Problem> {
    let mut until = platform::now();
    while until < wait.until {
        let waits = match &found {
            Resolved::Here(read) => !wait.is_over(Some(&read.job)),
            Resolved::Deleted(_) => false,
            Resolved::Missing => true,
        };
        if !waits {
            break;
        }
        // This adds up waits instead of reading the clock: if an object's clock
        // is ahead, it would be asked in vain.
        until = until.plus(MAX_ASK_MS).min(wait.until);
        found = match ask_for_news(call, name, &found, Wait { until, ..wait }).await? {
            Resolved::Here(read) => Resolved::Here(read.ok_or_else(access::gone)?),
            Resolved::Deleted(id) => Resolved::Deleted(id),
            Resolved::Missing => Resolved::Missing,
        };
    }
    Ok(found)
}

/// Waits for a change of a job. If the job is not known yet, it asks for both
/// that the name may be: the id and the reference.
async fn ask_for_news(
    call: &Call<'_>,
    name: &ObjectName,
    found: &Resolved<JobRead>,
    wait: Wait,
) -> Result<Resolved<Option<JobRead>>, Failure> {
    let ask = Await(wait);
    match (found, name.as_reference()) {
        (Resolved::Here(read), _) => job::ask_job(call.env, &read.job.home, ask).await,
        (_, None) => job::ask_job(call.env, name, ask).await,
        (_, Some(reference)) => {
            let as_id = pin!(job::ask_job(call.env, name, ask));
            let as_reference = pin!(job::ask_job(call.env, &reference, ask));
            match select(as_id, as_reference).await {
                Either::Left((Ok(Resolved::Missing), other))
                | Either::Right((Ok(Resolved::Missing), other)) => other.await,
                Either::Left((reply, _)) | Either::Right((reply, _)) => reply,
            }
        }
    }
}

/// Reads `?wait=0..60` (in seconds), `&version=` and `&for=settled`.
/// `condition` is the default of the route.
fn wait(call: &Call<'_>, condition: WaitFor) -> Result<Option<Wait>, Problem> {
    let seconds = call.number("wait", 0)?;
    if seconds > MAX_WAIT_SECONDS {
        let detail = format!("`wait` is {seconds}; it can be 0 to {MAX_WAIT_SECONDS} seconds");
        return Err(Problem::bad_parameter(detail));
    }
    let version = call.number("version", 0)?;
    let condition = match (call.query("for").as_deref(), call.query("version")) {
        (Some("settled"), _) => WaitFor::Settled,
        (Some(other), _) => {
            return Err(Problem::bad_parameter(format!("`for` is {other:?}; it can be `settled`")));
        }
        (None, Some(_)) => WaitFor::Version(Some(u64::from(version))),
        (None, None) => condition,
    };
    if seconds == 0 {
        return Ok(None);
    }
    let (until, pass) = (platform::now().plus(u64::from(seconds) * SECOND), access::pass(call)?);
    let until = pass.until.map_or(until, |end| end.min(until));
    Ok(Some(Wait { condition, until, pass }))
}
