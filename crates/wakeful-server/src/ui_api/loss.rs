//! `loss`: what was refused or dropped, why, and what to do about it.

use std::cmp::Reverse;
use std::ops::RangeInclusive;

use axum::Json;
use axum::extract::{Query, State};
use serde::Serialize;
use wakeful_model::Loss;

use super::error::ApiError;
use super::{Parameters, search_params};
use crate::clock::now_unix_nanos;
use crate::query::Receiving;
use crate::receivers::system_drops;
use crate::{Counters, Reason, Receiver, blocking, program_loss};

#[derive(Serialize)]
pub(super) struct Answer {
    lost: u64,
    kept: u64,
    causes: Vec<Cause>,
}

/// Records that were lost in one place for one reason.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cause {
    cause: String,
    /// Who lost them: this server, the system under it, or a program by its name.
    source: String,
    /// A program's thread, if one is to blame.
    #[serde(skip_serializing_if = "String::is_empty")]
    thread: String,
    records: u64,
    first_unix_nanos: String,
    last_unix_nanos: String,
    remedy: &'static str,
}

/// More of programs' causes are told as one.
const PROGRAM_CAUSES_MAX: usize = 1000;

pub(super) async fn loss(
    State(receiving): State<Receiving>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Answer>, ApiError> {
    let from = search_params::nanos(&parameters, "from")?.unwrap_or(0);
    let to = search_params::nanos(&parameters, "to")?.unwrap_or(u64::MAX);
    // The system's drops stand in files.
    let answer = blocking::run(move || answer(&receiving, &(from..=to))).await;
    answer
        .map(Json)
        .map_err(|failed| ApiError::internal(failed.to_string()))
}

fn answer(receiving: &Receiving, within: &RangeInclusive<u64>) -> Answer {
    let counters = receiving.ingest.counters();
    let causes = of_server(counters, within)
        .chain(of_system(receiving, within))
        .chain(of_programs(receiving.ingest.losses(within.clone())));
    let causes: Vec<Cause> = causes.collect();
    Answer {
        lost: causes
            .iter()
            .fold(0, |sum, cause| sum.saturating_add(cause.records)),
        kept: Receiver::ALL
            .into_iter()
            .map(|receiver| counters.spans(receiver))
            .sum(),
        causes,
    }
}

/// What this server refused since it started, as far as it was refused within the range.
fn of_server(counters: &Counters, within: &RangeInclusive<u64>) -> impl Iterator<Item = Cause> {
    let places = Receiver::ALL
        .into_iter()
        .flat_map(|receiver| Reason::ALL.map(|reason| (receiver, reason)));
    places.filter_map(move |(receiver, reason)| {
        let (first, last) = counters.refused_between(receiver, reason)?;
        if first > *within.end() || last < *within.start() {
            return None;
        }
        // How many spans were in a message is not known if it could not be read: then it counts as one.
        let spans = counters.spans_refused(receiver, reason);
        let records = spans.max(counters.messages_refused(receiver, reason));
        Some(Cause {
            cause: format!("{}, by {}", why(reason), place(receiver)),
            source: "server".to_owned(),
            thread: String::new(),
            records,
            first_unix_nanos: first.to_string(),
            last_unix_nanos: last.to_string(),
            remedy: remedy(receiver, reason),
        })
    })
}

/// Datagrams that never came here. The system does not say when: at some time since the ports were opened.
fn of_system(receiving: &Receiving, within: &RangeInclusive<u64>) -> impl Iterator<Item = Cause> {
    let (first, last) = (receiving.started_unix_nanos, now_unix_nanos());
    let is_within = first <= *within.end() && last >= *within.start();
    let agents = receiving.agents.iter().filter(move |_| is_within);
    agents.filter_map(move |(receiver, port)| {
        let records = system_drops::at_port(*port).filter(|drops| *drops > 0)?;
        Some(Cause {
            cause: format!(
                "datagrams came faster than they were fetched, by {}",
                place(*receiver)
            ),
            source: "system".to_owned(),
            thread: String::new(),
            records,
            first_unix_nanos: first.to_string(),
            last_unix_nanos: last.to_string(),
            remedy: "raise the system's net.core.rmem_max, or send by OTLP",
        })
    })
}

/// What programs said that they lost, the most first. It rests with their spans, so it is known after a restart too.
fn of_programs(losses: Vec<Loss>) -> impl Iterator<Item = Cause> {
    let mut losses = Loss::joined(losses, |_| {});
    losses.sort_by_key(|loss| Reverse(loss.missing()));
    if losses.len() > PROGRAM_CAUSES_MAX {
        let rest = losses.split_off(PROGRAM_CAUSES_MAX);
        losses.extend(Loss::joined(rest, |loss| {
            "others".clone_into(&mut loss.service);
            loss.cause.clear();
            loss.thread.clear();
        }));
    }
    losses.into_iter().map(|loss| {
        let known = program_loss::cause(&loss.cause);
        let why = match known {
            Some(cause) => cause.why.to_owned(),
            None if loss.cause.is_empty() => "for various reasons".to_owned(),
            None => loss.cause.clone(),
        };
        Cause {
            cause: why,
            records: loss.missing(),
            first_unix_nanos: loss.from_unix_nanos.to_string(),
            last_unix_nanos: loss.until_unix_nanos.to_string(),
            remedy: known.unwrap_or(&program_loss::OTHER).remedy,
            source: loss.service,
            thread: loss.thread,
        }
    })
}

fn place(receiver: Receiver) -> &'static str {
    match receiver {
        Receiver::OtlpGrpc => "OTLP gRPC",
        Receiver::OtlpHttp => "OTLP HTTP",
        Receiver::JaegerCompact => "Jaeger's agent (compact)",
        Receiver::JaegerBinary => "Jaeger's agent (binary)",
        Receiver::JaegerHttp => "Jaeger's collector",
        Receiver::Upload => "upload",
        Receiver::Frames => "frames of runtimes",
    }
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::TooLarge => "a message was too large",
        Reason::Malformed => "a message could not be read",
        Reason::Incomplete => "a message did not arrive whole",
        Reason::Encoding => "a message's compression is not known",
        Reason::ContentType => "a message's type is not known",
        Reason::NotServed => "a path or method is not served",
        Reason::Busy => "too many bytes were in flight",
        Reason::Store => "the store could not write",
        Reason::Stopping => "the server was stopping",
        Reason::Failed => "the decoder failed",
        Reason::BadTraceId => "a trace id was not valid",
        Reason::BadSpanId => "a span id was not valid",
    }
}

fn remedy(receiver: Receiver, reason: Reason) -> &'static str {
    match reason {
        Reason::Malformed if receiver == Receiver::Upload => {
            "choose a file of Jaeger JSON, OTLP JSON or OTLP protobuf"
        }
        Reason::TooLarge => "send fewer spans at once, or raise --max-message-bytes",
        Reason::Malformed => "check which exporter sends to this port, and its version",
        Reason::Incomplete => "raise the exporter's timeout, or look at the network between",
        Reason::Encoding => "set the exporter's compression to gzip, zstd or none",
        Reason::ContentType => "send application/x-protobuf or application/json",
        Reason::NotServed => {
            "traces alone are kept: switch off the exporter of logs and metrics, or mend its address"
        }
        Reason::Busy => "send more slowly or in smaller messages; exporters try again by themselves",
        Reason::Store => "look at the server's log: the disk may be full, or --tail-bytes too small",
        Reason::Stopping => "exporters try again by themselves when the server is back",
        Reason::Failed => "this is a fault of wakeful's: please report what its log says",
        Reason::BadTraceId => "mend the client: a trace id is sixteen bytes, not all zero",
        Reason::BadSpanId => "mend the client: a span id is eight bytes, not all zero",
    }
}
