//! `findings`: what is wrong with a program.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use wakeful_live::{Finding, Linter, Live};

use super::super::Queries;
use super::super::error::ApiError;
use super::asked::Asked;
use super::facts::FindingFacts;

/// More than these are not told.
const FINDINGS_MAX: usize = 200;

#[derive(Serialize)]
pub(super) struct Answer {
    findings: Vec<FindingFacts>,
    /// How many there are.
    total: usize,
}

pub(super) async fn findings(State(queries): State<Queries>, asked: Asked) -> Result<Json<Answer>, ApiError> {
    let at = asked.at()?;
    let answer = queries.ask(move |engine| {
        asked.with_program(engine, at, 0, |live| {
            let all = check(live);
            Answer {
                findings: all.iter().take(FINDINGS_MAX).map(FindingFacts::of).collect(),
                total: all.len(),
            }
        })
    });
    Ok(Json(answer.await?))
}

/// What is wrong, the worst first.
pub(super) fn check(live: &Live) -> Vec<Finding> {
    Linter::default().check(live)
}
