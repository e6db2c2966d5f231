//! Sends a submission to the upstream.

use crate::domain::access::hook_url;
use crate::domain::gateway::submission::Submit;
use crate::domain::job::submission::SubmissionAnswer;
use crate::domain::names::ObjectName;
use crate::edge::job::home::Home;
use crate::edge::upstream;

/// Sends the submission, with a hook URL of this vault. The error says why it
/// can't be sent, or why no answer came.
pub async fn send(
    home: &Home,
    name: &ObjectName,
    submit: &Submit,
    input: &str,
) -> Result<SubmissionAnswer, String> {
    let config = &home.config;
    let tokens = config.hook.as_ref().map_err(|bad| format!("{} {}", bad.name, bad.why))?;
    let reference = name.public();
    let reference = reference.trim_start_matches("ref:");
    let token = hook_url::mint(reference, tokens).ok_or("there is no hook token")?;
    let mut query = submit.query.clone();
    let hook = format!("{}/hook/{token}", config.base_url(&submit.origin));
    query.push(("fal_webhook".to_owned(), hook));
    let ask = config.upstreams.at_queue(submit.queue, &submit.app, &query, submit.scheme);
    let ask = ask.map_err(|why| why.why().to_owned())?;
    let limits = (config.max_held_bytes(), config.pace);
    let answered = upstream::pass(&ask, "POST", &submit.headers, Some(input), limits).await?;
    Ok(answered.into_answer())
}
