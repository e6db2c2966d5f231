//! `GET /doctor`: tests everything that the Worker needs, and reports what is
//! wrong.
//!
//! No failure here fails the request: what can't be asked becomes a finding.
//! Each part has its own time limit, and all run at once. They make at most 40
//! subrequests: three each for R2 and KV, one per object, and one per upstream.
//! The unmatched box takes ten, and two listings of a week take sixteen.

mod facts;
mod probes;

use crate::domain::doctor::jobs::{self, Measure};
use crate::domain::doctor::{Finding, Report, SelfTest, clocks, refusals, settings, upstreams};
use crate::domain::http::problem::Problem;
use crate::domain::time::Timestamp;
use crate::edge::http::access;
use crate::edge::http::call::Call;
use crate::edge::http::response::dated;
use crate::edge::platform::{self, During};
use futures_util::join;
use web_sys::Response;
use worker::Context;

/// `GET /doctor`: the report.
pub async fn doctor(call: &Call<'_>, context: &Context) -> Result<Response, Problem> {
    let report = Report::new(examine(call, context).await, self_test(call), call.config);
    let text = serde_json::to_string(&report).during("writing the doctor's report")?;
    Ok(dated(&text, platform::now())?)
}

/// Returns scheme and host by which this vault should be called.
fn base(call: &Call<'_>) -> String {
    call.config.base_url(&call.origin()).to_owned()
}

/// Returns a test delivery, for callers that may write.
fn self_test(call: &Call<'_>) -> Option<SelfTest> {
    access::holds_api_token(call).ok()?;
    SelfTest::new(&base(call), &platform::random::<16>(), call.config.hook.as_ref().ok())
}

async fn examine(call: &Call<'_>, context: &Context) -> Vec<Finding> {
    let (env, config, now) = (call.env, call.config, platform::now());
    let stores = probes::all(env, context);
    let asked = facts::upstreams(&config.upstreams);
    let (told, boxes) = (facts::jobs(env, now), facts::refusals(env));
    let ((stores, mut readings), (asked, dates), told, boxes) = join!(stores, asked, told, boxes);
    readings.extend(dates);
    let base = base(call);
    let by = Measure { now, pace: config.pace, sources: &config.sources, base: &base };
    [
        settings::checks(config),
        stores,
        upstreams::checks(&asked),
        vec![clocks::check(&readings)],
        jobs::checks(&told, by),
        of_boxes(boxes, now, &base),
    ]
    .concat()
}

fn of_boxes(boxes: facts::RejectedDeliveries, now: Timestamp, base: &str) -> Vec<Finding> {
    let unknown =
        |name: &str, why: String| Finding::warn(name, why, "correct what failed above first");
    let mut checks = match boxes.refused {
        Ok((kept, total)) => refusals::refused(&kept, total, now, base),
        Err(why) => vec![unknown("refused", format!("unknown: {why}"))],
    };
    checks.push(match boxes.unmatched {
        Ok(count) => refusals::unmatched(count, base),
        Err(why) => unknown("unmatched", format!("unknown: {why}")),
    });
    checks
}
