//! `frames`: what is kept of a program, for who folds it: `wakeful top`, and whatever reads recordings.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use wakeful_live::Live;
use wakeful_model::runtime::RuntimeBatch;
use wakeful_query::Engine;
use wakeful_wire::frame::{self, Kind, NO_KEY};
use wakeful_wire::runtime;

use super::super::chunks::{self, Writer};
use super::super::error::ApiError;
use super::super::{Queries, search_params};
use super::asked::Asked;

/// How far back the state is that the batches change, unless told otherwise: what is wrong is looked for within the last minute.
const BACK_NANOS: u64 = 60_000_000_000;

/// Which batches are asked for.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    /// Whether the state at the beginning goes before them.
    with_state: bool,
    /// Those that begin later than this, Unix nanoseconds.
    after: u64,
    /// … and no later than this.
    to: u64,
}

pub(super) async fn frames(State(queries): State<Queries>, asked: Asked) -> Result<Response, ApiError> {
    let time = |name| search_params::nanos(&asked.parameters, name);
    let (from, after, to) = (time("from")?, time("after")?, time("to")?);
    let of = asked.clone();
    let extent = queries.ask(move |engine| of.extent(engine)).await?;
    let back = to
        .unwrap_or(u64::MAX)
        .min(extent.to_unix_nanos)
        .saturating_sub(BACK_NANOS);
    let to = to.unwrap_or(u64::MAX);
    let wanted = match after {
        Some(after) => Wanted {
            with_state: false,
            after,
            to,
        },
        // Of a program that began later, everything is asked for.
        None => Wanted {
            with_state: true,
            after: from.unwrap_or(back).max(extent.from_unix_nanos),
            to,
        },
    };
    if wanted.after > to {
        return Err(ApiError::parameter(
            "to",
            format!(
                "nothing is stored from before that time; there is from {}",
                extent.from_unix_nanos
            ),
        ));
    }
    let (writer, body) = chunks::channel();
    // A task of its own, because the body is on its way while files are still read.
    tokio::spawn(async move {
        let write = move |engine: &Engine| {
            write(engine, &asked, wanted, writer);
            Ok(())
        };
        queries.ask(write).await
    });
    let headers = [(header::CONTENT_TYPE, "application/octet-stream")];
    Ok((headers, body).into_response())
}

/// Writes until the end, or until nobody reads any more.
fn write(engine: &Engine, asked: &Asked, wanted: Wanted, writer: Writer) {
    let mut failed = None;
    let mut goes_on = true;
    let mut tell = |batch: &RuntimeBatch| match framed(batch) {
        Ok(bytes) => goes_on = goes_on && writer.write(bytes),
        Err(error) => failed = Some(error.to_string()),
    };
    if wanted.with_state {
        match asked.with_program(engine, Some(wanted.after), 0, Live::checkpoint) {
            // So that the beginning of whatever came last is where to go on.
            Ok(state) => tell(&RuntimeBatch {
                from_unix_nanos: wanted.after,
                ..state
            }),
            // Retention has taken it meanwhile.
            Err(_) => return writer.fail("nothing is stored of that time any more".to_owned()),
        }
    }
    let store = engine.store().runtime();
    let problems = store.each_batch(asked.program, &(wanted.after..=wanted.to), |batch| {
        if wanted.after < batch.from_unix_nanos && batch.from_unix_nanos <= wanted.to {
            tell(batch);
        }
    });
    let problem = problems.first().map(ToString::to_string);
    if let Some(why) = failed.or(problem) {
        writer.fail(why);
    }
}

fn framed(batch: &RuntimeBatch) -> Result<Vec<u8>, frame::TooLarge> {
    let (mut payload, mut bytes) = (Vec::new(), Vec::new());
    runtime::encode(batch, &mut payload);
    frame::write(&mut bytes, Kind::RuntimeBatch, 0, NO_KEY, &payload)?;
    Ok(bytes)
}
