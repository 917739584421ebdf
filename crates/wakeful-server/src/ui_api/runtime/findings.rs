//! `findings`: what is wrong with a program.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use wakeful_live::{Finding, Linter, Live};
use wakeful_query::runtime::findings_within;

use super::super::Queries;
use super::super::error::ApiError;
use super::asked::Asked;
use super::facts::FindingFacts;

/// A range has this length at most: a state is looked at for each second.
const RANGE_NANOS_MAX: u64 = 3_600_000_000_000;

/// More than these are not told.
const FINDINGS_MAX: usize = 200;

#[derive(Serialize)]
pub(super) struct Answer {
    findings: Vec<FindingFacts>,
    /// How many there are.
    total: usize,
    /// Why a part of the range was not looked at; empty if all was.
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
}

pub(super) async fn findings(State(queries): State<Queries>, asked: Asked) -> Result<Json<Answer>, ApiError> {
    if asked.text("from").is_some() || asked.text("to").is_some() {
        return within(queries, asked).await;
    }
    let at = asked.at()?;
    let answer = queries.ask(move |engine| {
        asked.with_program(engine, at, 0, |live| {
            let all = check(live);
            Answer {
                findings: all.iter().take(FINDINGS_MAX).map(FindingFacts::of).collect(),
                total: all.len(),
                message: String::new(),
            }
        })
    });
    Ok(Json(answer.await?))
}

/// What was wrong at any time of a range.
async fn within(queries: Queries, asked: Asked) -> Result<Json<Answer>, ApiError> {
    let answer = queries.ask(move |engine| {
        let extent = asked.extent(engine)?;
        let window = asked.window(None, extent.to_unix_nanos)?;
        if window.to - window.from > RANGE_NANOS_MAX {
            return Err(ApiError::parameter(
                "from",
                "a range of an hour is the longest; ask for a part of it",
            ));
        }
        let history = findings_within(engine.store().runtime(), asked.program, window);
        let shown = history.findings.iter().take(FINDINGS_MAX);
        let message = history.ends_unix_nanos.map_or_else(String::new, |end| {
            format!(
                "the program is too large for so long a range: looked at until {end}; ask for what follows"
            )
        });
        Ok(Answer {
            findings: shown.map(FindingFacts::of_past).collect(),
            total: history.findings.len(),
            message,
        })
    });
    Ok(Json(answer.await?))
}

/// What is wrong, the worst first.
pub(super) fn check(live: &Live) -> Vec<Finding> {
    Linter::default().check(live)
}
