//! The server's own figures on 8888: `GET /metrics`, in Prometheus' text format 0.0.4.

use std::fmt::{Display, Write as _};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;
use wakeful_store::{Store, StoreStats};

use crate::health::Health;
use crate::plain::not_found;
use crate::process::ProcessUse;
use crate::program_loss::Told;
use crate::receivers::system_drops;
use crate::{Counters, Ingest, Reason, Receiver, blocking, plain};

/// Where the figures come from.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    pub(crate) ingest: Ingest,
    pub(crate) store: Store,
    pub(crate) health: Health,
    /// The ports of Jaeger's agent.
    pub(crate) agents: Vec<(Receiver, u16)>,
}

/// The routes of the metrics port.
pub(crate) fn router(sources: Sources) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .fallback(not_found)
        .with_state(sources)
}

async fn metrics(State(sources): State<Sources>) -> Response {
    match blocking::run(move || sources.write()).await {
        Ok(text) => (
            [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
            text,
        )
            .into_response(),
        Err(failed) => plain::text(http::StatusCode::INTERNAL_SERVER_ERROR, failed.to_string()),
    }
}

impl Sources {
    fn write(&self) -> String {
        let mut page = Page::default();
        receivers(&mut page, self.ingest.counters());
        programs(&mut page, &self.ingest.counters().told);
        system_drops(&mut page, &self.agents);
        store(&mut page, &self.store.stats());
        process(&mut page, ProcessUse::now());
        let started = self.health.started().as_secs_f64();
        page.family(
            "process_start_time_seconds",
            "gauge",
            "Start of the process, Unix time.",
        );
        page.sample("process_start_time_seconds", &[], started);
        page.family(
            "wakeful_build_info",
            "gauge",
            "Always 1; the version is the label.",
        );
        page.sample("wakeful_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        page.0
    }
}

fn receivers(page: &mut Page, counters: &Counters) {
    type Count = fn(&Counters, Receiver) -> u64;
    let accepted: [(&str, &str, Count); 3] = [
        (
            "wakeful_receiver_accepted_messages_total",
            "Messages that were kept.",
            Counters::messages,
        ),
        (
            "wakeful_receiver_accepted_spans_total",
            "Spans that were kept.",
            Counters::spans,
        ),
        (
            "wakeful_receiver_accepted_bytes_total",
            "Bytes on the wire of messages that were kept.",
            Counters::bytes,
        ),
    ];
    for (name, help, count) in accepted {
        page.family(name, "counter", help);
        for receiver in Receiver::ALL {
            page.sample(name, &[("receiver", receiver.name())], count(counters, receiver));
        }
    }
    type Refused = fn(&Counters, Receiver, Reason) -> u64;
    let refused: [(&str, &str, Refused); 2] = [
        (
            "wakeful_receiver_refused_messages_total",
            "Messages that were refused or dropped.",
            Counters::messages_refused,
        ),
        (
            "wakeful_receiver_refused_spans_total",
            "Spans, where their number is known, that were refused or dropped.",
            Counters::spans_refused,
        ),
    ];
    for (name, help, count) in refused {
        page.family(name, "counter", help);
        for receiver in Receiver::ALL {
            for reason in Reason::ALL {
                let labels = [("receiver", receiver.name()), ("reason", reason.name())];
                page.sample(name, &labels, count(counters, receiver, reason));
            }
        }
    }
}

/// What programs lost before it came here.
fn programs(page: &mut Page, told: &Told) {
    let families = [
        (
            "wakeful_program_lost_spans_total",
            "Spans that programs say they lost.",
        ),
        (
            "wakeful_program_lost_logs_total",
            "Log records that programs say they lost.",
        ),
        (
            "wakeful_program_lost_records_total",
            "Records of any kind that programs say found no room in their rings, those of lost spans included.",
        ),
    ];
    for (family, (name, help)) in families.into_iter().enumerate() {
        page.family(name, "counter", help);
        for (cause, counts) in told.by_cause() {
            page.sample(name, &[("cause", cause)], counts[family]);
        }
    }
}

fn system_drops(page: &mut Page, agents: &[(Receiver, u16)]) {
    let name = "wakeful_receiver_system_dropped_datagrams_total";
    page.family(
        name,
        "counter",
        "Datagrams that the system dropped before they could be fetched.",
    );
    for (receiver, port) in agents {
        if let Some(drops) = system_drops::at_port(*port) {
            page.sample(name, &[("receiver", receiver.name())], drops);
        }
    }
}

fn store(page: &mut Page, stats: &StoreStats) {
    let figures = [
        (
            "wakeful_store_spans",
            "gauge",
            "Spans in segments and tail.",
            stats.spans,
        ),
        ("wakeful_store_segments", "gauge", "Segments.", stats.segments),
        (
            "wakeful_store_segment_bytes",
            "gauge",
            "Bytes of segments.",
            stats.segment_bytes,
        ),
        (
            "wakeful_store_tail_spans",
            "gauge",
            "Spans in the tail.",
            stats.tail_spans,
        ),
        (
            "wakeful_store_tail_bytes",
            "gauge",
            "Bytes of the tail.",
            stats.tail_bytes,
        ),
        (
            "wakeful_store_wal_bytes",
            "gauge",
            "Bytes of write-ahead log.",
            stats.wal_bytes,
        ),
        (
            "wakeful_store_wal_syncs_total",
            "counter",
            "Syncs of the write-ahead log.",
            stats.wal_syncs,
        ),
        (
            "wakeful_store_flushes_total",
            "counter",
            "Flushes of the tail to a segment.",
            stats.flushes,
        ),
        (
            "wakeful_store_merges_total",
            "counter",
            "Merges of segments.",
            stats.merges,
        ),
        (
            "wakeful_store_retired_spans_total",
            "counter",
            "Spans dropped by retention.",
            stats.retired_spans,
        ),
        (
            "wakeful_store_runtime_bytes",
            "gauge",
            "Bytes of what programs report of their runtimes.",
            stats.runtime.bytes,
        ),
        (
            "wakeful_store_runtime_files",
            "gauge",
            "Files of that.",
            stats.runtime.files,
        ),
        (
            "wakeful_store_runtime_batches_total",
            "counter",
            "Batches of that which were kept.",
            stats.runtime.batches,
        ),
        (
            "wakeful_store_runtime_retired_files_total",
            "counter",
            "Files of that which retention dropped.",
            stats.runtime.retired_files,
        ),
    ];
    for (name, kind, help, value) in figures {
        page.family(name, kind, help);
        page.sample(name, &[], value);
    }
    let name = "wakeful_store_problems_total";
    page.family(name, "counter", "What could not be read or written.");
    for (reason, count) in &stats.problems {
        page.sample(name, &[("reason", reason)], count);
    }
}

fn process(page: &mut Page, used: ProcessUse) {
    if let Some(cpu) = used.cpu {
        page.family(
            "process_cpu_seconds_total",
            "counter",
            "User and system time of the process.",
        );
        page.sample("process_cpu_seconds_total", &[], cpu.as_secs_f64());
    }
    let gauges = [
        (
            "process_resident_memory_bytes",
            "Resident memory.",
            used.resident_bytes,
        ),
        (
            "process_resident_memory_max_bytes",
            "The most there ever was of it.",
            used.resident_bytes_max,
        ),
        ("process_open_fds", "Open file descriptors.", used.open_files),
    ];
    for (name, help, value) in gauges {
        if let Some(value) = value {
            page.family(name, "gauge", help);
            page.sample(name, &[], value);
        }
    }
}

/// A page of Prometheus' text.
#[derive(Debug, Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let before = if index == 0 { '{' } else { ',' };
            let text = text
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            let _ = write!(self.0, "{before}{label}=\"{text}\"");
        }
        let after = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{after} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_written_with_escaped_labels() {
        let mut page = Page::default();
        page.family("a_total", "counter", "All a.");
        page.sample("a_total", &[("reason", "torn \"frame\""), ("x", "y")], 3);
        page.sample("b", &[], 1.5);
        assert_eq!(
            page.0,
            "# HELP a_total All a.\n# TYPE a_total counter\na_total{reason=\"torn \\\"frame\\\"\",x=\"y\"} 3\nb 1.5\n"
        );
    }
}
