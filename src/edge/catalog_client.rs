//! Questions to catalog objects.

use super::platform::{During, Failure, ask_object};
use crate::domain::catalog::{Answer, Question, ROOT, Row};
use worker::Env;

/// Asks a catalog object: a day, or [`ROOT`].
pub async fn ask(env: &Env, name: &str, question: &Question) -> Result<Answer, Failure> {
    let question = serde_json::to_string(question).during("writing to the catalog")?;
    let answer = ask_object(env, "CATALOG", name, &question).await?;
    serde_json::from_str(&answer).during("reading the catalog's answer")
}

/// Has the catalog take a row. `root` is told of a new day before the day
/// notes so: a crash in between only tells it twice.
pub async fn put(env: &Env, row: Row) -> Result<(), Failure> {
    let day = row.summary.created_at.day();
    let taken = ask(env, &day, &Question::Put(Box::new(row))).await?;
    if matches!(taken, Answer::Taken { is_new_day: true }) {
        ask(env, ROOT, &Question::AddDay(day.clone())).await?;
        ask(env, &day, &Question::AddDay(day.clone())).await?;
    }
    Ok(())
}
