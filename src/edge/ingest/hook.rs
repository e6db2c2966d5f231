//! Receives deliveries: `POST /hook/{token}[/{ref}]`.

use super::claim::{Destination, Located, locate};
use super::deliver::{Handed, hand_over, of_deleted};
use super::destination::{Caller, destination, read};
use super::keep::{Kept, keep};
use super::labels::{self, Labels};
use super::open::{OpenedDelivery, open};
use super::signature;
use super::sweep::sweep_in_passing;
use crate::domain::access::hook_url;
use crate::domain::access::tokens::{self, BadSecret};
use crate::domain::http::problem::{Code, Problem, ProblemKind};
use crate::domain::ingest::delivery::Delivery;
use crate::domain::ingest::document::Document;
use crate::domain::ingest::rules::ReadRules;
use crate::domain::job::timeline::Trust;
use crate::domain::names::ObjectName;
use crate::domain::protocol::ingest::RequestHealing;
use crate::domain::sender::table::Hint;
use crate::edge::bodies::park;
use crate::edge::http::access;
use crate::edge::http::call::Call;
use crate::edge::platform;
use crate::edge::rpc::job;
use crate::edge::storage::body;
use web_sys::{Request, Response};

/// Receives a delivery.
///
/// 1. Checks the token or the capability: 401, or 503 if the secret is not
///    usable.
/// 2. Reads the body up to the limit and decompresses it: 413 or 415, and the
///    job then asks the upstream itself. Checks its signature: 401.
/// 3. Finds its job: a delivery without one goes to the unmatched box, 202.
/// 4. Answers 200 only when the delivery is durable. If the job can't be
///    reached the unmatched box takes it, because the upstream does not send it
///    again.
pub async fn receive(
    call: &Call<'_>,
    request: &Request,
    token: Option<&str>,
    reference: Option<String>,
) -> Result<Response, Problem> {
    let credential = authenticate(call, token)?; // (1)
    let caller = match &credential {
        Credential::Token => Caller::of(reference),
        // The path after a capability is ignored: the capability names its job
        // itself.
        Credential::Capability(job) => Caller::of_capability(job),
    };
    let opened = match open(call, request).await {
        Ok(opened) => opened,
        Err(problem) => return Err(refuse(call, problem, &caller).await), // (2)
    };
    let has_header = |name: &str| call.header(name).is_some();
    let hint = Hint { sender: labels::from(call).0, has_header: Some(&has_header) };
    let read = read(&opened.body, ReadRules { hint, ..call.config.read_rules() });
    let identity = read.as_ref().ok().map(|(_, identity)| identity);
    let trust = match signature::is_signed(call, &opened.verdict, identity) {
        Ok(true) => Trust::Signed,
        Ok(false) => credential.trust(),
        Err(problem) => {
            opened.body.discard(call.env).await;
            return Err(problem);
        }
    };
    let found = match read {
        Ok((document, identity)) => {
            let there = destination(call.env, identity, &caller).await;
            there.map(|there| (there, document))
        }
        Err(reason) => {
            ask_upstream(call, &caller, "a delivery that can't be read is kept as unmatched (202)")
                .await;
            Err(reason)
        }
    };
    match found {
        Ok((there, document)) => {
            deliver(call, (opened, document), (there, trust), &caller).await // (4)
        }
        Err(reason) => {
            let OpenedDelivery { body, sha256, note, .. } = opened;
            let reason = joined([Some(reason), note]).unwrap_or_default();
            keep(call, Kept::Received(body), &sha256, &reason, caller.written.as_deref()).await // (3)
        }
    }
}

/// The credential that let a delivery in.
enum Credential {
    /// A hook token.
    Token,
    /// The capability of the job that lives at this name.
    Capability(ObjectName),
}

impl Credential {
    const fn trust(&self) -> Trust {
        match self {
            Self::Token => Trust::Token,
            Self::Capability(_) => Trust::Capability,
        }
    }
}

fn joined(notes: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn authenticate(call: &Call<'_>, in_path: Option<&str>) -> Result<Credential, Problem> {
    let accepted = call.config.hook.as_ref().map_err(BadSecret::clone)?;
    let header = call.header("authorization");
    let given = in_path.or_else(|| header.as_deref().and_then(tokens::credential));
    let given = given.unwrap_or_default();
    if accepted.accept(given) {
        return Ok(Credential::Token);
    }
    if let Some(text) = in_path.filter(|token| hook_url::is_one(token)) {
        let wrong = "no token in use has signed the webhook's URL; give the queue a new one";
        let credential = hook_url::read(text, accepted).map(Credential::Capability);
        return credential.ok_or_else(|| Problem::new(Code::WrongToken, wrong));
    }
    Err(access::refused(given, "the webhook's URL must be https://…/hook/<HOOK_TOKEN>"))
}

async fn refuse(call: &Call<'_>, problem: Problem, caller: &Caller) -> Problem {
    let why = match problem.kind() {
        ProblemKind::BodyTooLarge(limit) => format!("of more than {limit} bytes was refused (413)"),
        ProblemKind::UnknownCoding(names) => {
            format!("with Content-Encoding {names} was refused (415)")
        }
        ProblemKind::NotReady(..) => "for which there was no memory was refused (503)".to_owned(),
        ProblemKind::Internal(_) => "was refused as the platform failed (503)".to_owned(),
        _ => return problem,
    };
    ask_upstream(call, caller, &format!("a delivery {why}")).await;
    problem
}

/// Lets the job, if it is known, ask the upstream. A delivery that can't be
/// read shows that there is something to ask for.
async fn ask_upstream(call: &Call<'_>, caller: &Caller, why: &str) {
    let Some(name) = &caller.name else { return };
    let asked = async {
        let Located::At { home, known: true } = locate(call.env, name).await? else {
            return Ok(());
        };
        job::ask_job(call.env, &home, RequestHealing(why.to_owned())).await.map(drop)
    };
    if let Err(failure) = asked.await {
        failure.log();
    }
}

async fn deliver(
    call: &Call<'_>,
    (opened, document): (OpenedDelivery, Document),
    (there, trust): (Destination, Trust),
    caller: &Caller,
) -> Result<Response, Problem> {
    let object = there.object.clone();
    let labels = if caller.decides { Labels::default() } else { Labels::of(call) };
    let note = joined([there.note, labels.note, labels::from(call).1, opened.note]);
    let parked = park(call.env, opened.body, &opened.sha256, &object).await;
    let parked = match parked {
        Ok(parked) => parked,
        Err(failure) => return Err(refuse(call, failure.into(), caller).await),
    };
    if parked.skeleton.is_some() {
        call.context.wait_until(sweep_in_passing(call.env.clone()));
    }
    let delivery = Delivery {
        received_at: platform::now(),
        from: parked.skeleton.is_some().then_some(document.told.provider),
        document: parked.skeleton.is_none().then_some(document),
        body: parked.body,
        skeleton: parked.skeleton,
        sha256: opened.sha256,
        origin: call.origin(),
        trust,
        reference: caller.written.clone().filter(|_| there.by_reference),
        app: labels.app,
        tags: labels.tags,
        keep_days: labels.keep_days,
        note,
        named: there.named,
        moved: None,
        may_tell: true,
    };
    hand_in(call, &object, delivery, caller).await
}

/// Gives a delivery to its job. If the job does not take it, it goes to the
/// unmatched box, because it is not sent again.
async fn hand_in(
    call: &Call<'_>,
    object: &ObjectName,
    delivery: Delivery,
    caller: &Caller,
) -> Result<Response, Problem> {
    let (body, sha256) = (delivery.body.clone(), delivery.sha256.clone());
    let written = caller.written.as_deref();
    let kept = || Kept::of_parked(body.clone());
    match hand_over(call, object, delivery).await {
        Ok(Handed::Answer(response)) => Ok(response),
        Ok(Handed::Deleted) => Ok(of_deleted(call, object, &body).await?),
        Ok(Handed::Refused(reason)) => {
            let answer = keep(call, kept(), &sha256, &reason, written).await?;
            body::drop_parked(call.env, &body).await?; // the unmatched box has it now
            Ok(answer)
        }
        Err(failure) => {
            failure.log();
            let reason = format!("job {} could not be reached", object.public());
            keep(call, kept(), &sha256, &reason, written).await
        }
    }
}
