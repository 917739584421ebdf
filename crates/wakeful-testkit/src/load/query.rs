//! The questions that a trace store is measured by.

use std::time::{Duration, Instant};

use serde_json::Value;
use wakeful_model::Utc;

use super::api::percent_encode;
use super::{Api, ApiError, Latencies};
use crate::random::Random;
use crate::{Entry, Ledger, user_id};

/// A kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// A trace by its id.
    ById,
    /// The newest twenty traces of a service.
    Newest,
    /// The one trace of a service that has a `user.id`.
    RareTag,
    /// The one trace of any service that has a `user.id`.
    RareTagAnywhere,
    /// The newest twenty traces of a service with a span of at least a second.
    Slow,
}

impl Question {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::ById,
        Self::Newest,
        Self::RareTag,
        Self::RareTagAnywhere,
        Self::Slow,
    ];

    /// What it is called in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ById => "by id",
            Self::Newest => "service, newest 20",
            Self::RareTag => "service and rare tag",
            Self::RareTagAnywhere => "any service and rare tag",
            Self::Slow => "service and minDuration 1s",
        }
    }

    /// How often it is asked: single traces are cheap and their tail is what matters.
    const fn times(self) -> usize {
        match self {
            Self::ById => 1_000,
            _ => 100,
        }
    }

    fn path(self, entry: &Entry, window: &Window) -> String {
        let service = percent_encode(&entry.service);
        let user = user_id(entry.trace_id);
        let tags = percent_encode(&format!(r#"{{"user.id":"{user}"}}"#));
        let Window {
            from_micros,
            to_micros,
        } = window;
        let search = format!("/api/traces?service={service}&start={from_micros}&end={to_micros}&limit=20");
        match self {
            Self::ById => format!("/api/traces/{:032x}", entry.trace_id),
            Self::Newest => search,
            Self::RareTag => format!("{search}&tags={tags}"),
            // The old API insists on a service. These names are those that every version of the new one reads.
            Self::RareTagAnywhere => format!(
                "/api/v3/traces?query.start_time_min={}&query.start_time_max={}&query.attributes={tags}\
                 &query.num_traces=20",
                percent_encode(&rfc3339(*from_micros)),
                percent_encode(&rfc3339(*to_micros)),
            ),
            Self::Slow => format!("{search}&minDuration=1s"),
        }
    }
}

/// What became of one kind of question.
#[derive(Debug)]
pub struct QuestionReport {
    /// Which.
    pub question: Question,
    /// From asking to the last byte of the answer.
    pub latencies: Latencies,
    /// How many answers had no trace though one was due.
    pub empty: usize,
    /// Why it was not asked to the end.
    pub refused: Option<String>,
}

/// The times of a load.
struct Window {
    from_micros: u64,
    to_micros: u64,
}

/// Asks one kind of question about traces of the ledger, one after the other, for `time_max` at most.
///
/// # Errors
/// If the server does not answer; that it refuses the question is in the report.
pub async fn ask(
    api: &Api,
    ledger: &Ledger,
    question: Question,
    time_max: Duration,
) -> Result<QuestionReport, ApiError> {
    const MARGIN_NANOS: u64 = 1_000_000_000;
    let starts = || ledger.entries().iter().map(|entry| entry.start_unix_nanos);
    let window = Window {
        from_micros: starts().min().unwrap_or(0).saturating_sub(MARGIN_NANOS) / 1_000,
        to_micros: (starts().max().unwrap_or(0) + MARGIN_NANOS) / 1_000,
    };
    let kept: Vec<&Entry> = ledger
        .entries()
        .iter()
        .filter(|entry| entry.acknowledged > 0)
        .collect();
    let mut report = QuestionReport {
        question,
        latencies: Latencies::default(),
        empty: 0,
        refused: None,
    };
    if kept.is_empty() {
        report.refused = Some("the ledger has no acknowledged trace".to_owned());
        return Ok(report);
    }
    let mut random = Random::new(2);
    let begun = Instant::now();
    for asked in 0..=question.times() {
        let path = question.path(kept[random.below(kept.len())], &window);
        let sent = Instant::now();
        let answer = match api.get(&path).await {
            Err(ApiError::Status { status, text, .. }) => {
                report.refused = Some(format!("{status}: {text}"));
                break;
            }
            answer => answer?,
        };
        let latency = sent.elapsed();
        // The first is asked to warm connection and caches.
        if asked > 0 {
            report.latencies.record(latency);
            // Few traces take a second: that none does is an answer.
            report.empty += usize::from(question != Question::Slow && !has_trace(answer.as_deref()));
        }
        if begun.elapsed() > time_max {
            break;
        }
    }
    Ok(report)
}

fn has_trace(body: Option<&[u8]>) -> bool {
    let Some(answer) = body.and_then(|body| serde_json::from_slice::<Value>(body).ok()) else {
        return false;
    };
    let legacy = answer["data"].as_array().is_some_and(|traces| !traces.is_empty());
    legacy
        || answer["result"]["resourceSpans"]
            .as_array()
            .is_some_and(|spans| !spans.is_empty())
}

/// Unix time as RFC 3339 in UTC.
fn rfc3339(unix_micros: u64) -> String {
    let Utc {
        year,
        month,
        day,
        hour,
        minute,
        second,
        nanos,
    } = Utc::of(unix_micros * 1000);
    let micros = nanos / 1000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(rfc3339(951_782_400_000_001), "2000-02-29T00:00:00.000001Z");
        assert_eq!(rfc3339(1_767_225_599_999_999), "2025-12-31T23:59:59.999999Z");
    }

    #[test]
    fn questions_are_written_as_jaeger_reads_them() {
        let entry = Entry {
            trace_id: 10,
            sent: 1,
            acknowledged: 1,
            start_unix_nanos: 0,
            service: "carts".into(),
        };
        let window = Window {
            from_micros: 1,
            to_micros: 2,
        };
        let path = |question: Question| question.path(&entry, &window);
        assert_eq!(
            path(Question::ById),
            "/api/traces/0000000000000000000000000000000a"
        );
        assert_eq!(
            path(Question::Slow),
            "/api/traces?service=carts&start=1&end=2&limit=20&minDuration=1s"
        );
        assert_eq!(
            path(Question::RareTag),
            "/api/traces?service=carts&start=1&end=2&limit=20\
             &tags=%7B%22user.id%22%3A%22user-00000000000a%22%7D"
        );
    }
}
