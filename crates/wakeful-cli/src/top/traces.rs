//! Traces of a program, as a server tells of them.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use wakeful_trace::{SpanId, TraceId};

use super::app::App;
use super::server::number;
use super::table::Selection;

/// More spans than these are for the page.
const SPANS_MAX: u64 = 10_000;

/// What a server has told of a program's traces.
#[derive(Debug)]
pub(crate) struct Traces {
    /// The latest, the newest first; `None` before they are told.
    pub(crate) list: Option<Vec<TraceFacts>>,
    /// Spans of the latest.
    pub(crate) latest: Option<Vec<(usize, SpanFacts)>>,
    /// The one that is opened.
    pub(crate) opened: Option<(TraceId, Vec<(usize, SpanFacts)>)>,
    pub(crate) rows: Selection<TraceId>,
    pub(crate) span_rows: Selection<SpanId>,
}

impl Default for Traces {
    fn default() -> Self {
        Self {
            list: None,
            latest: None,
            opened: None,
            rows: Selection::sorted_by(0, false),
            span_rows: Selection::sorted_by(0, false),
        }
    }
}

/// What is told of them at once.
#[derive(Debug)]
pub(crate) enum TracesTold {
    List(Vec<TraceFacts>),
    Latest(Vec<(usize, SpanFacts)>),
    One(TraceId, Vec<(usize, SpanFacts)>),
}

impl Traces {
    pub(super) fn take_in(&mut self, told: TracesTold) {
        match told {
            TracesTold::List(list) => self.list = Some(list),
            TracesTold::Latest(spans) => self.latest = Some(spans),
            TracesTold::One(id, spans) => self.opened = Some((id, spans)),
        }
    }

    /// Whether a trace has more spans than a terminal is for.
    pub(crate) fn is_too_large(&self, id: TraceId) -> bool {
        let mut known = self.list.iter().flatten();
        known.any(|trace| trace.id == id && trace.spans > SPANS_MAX)
    }

    /// The spans of a trace, if it is the one that is opened.
    pub(crate) fn spans_of(&self, id: TraceId) -> Option<&[(usize, SpanFacts)]> {
        let (opened, spans) = self.opened.as_ref()?;
        (*opened == id).then_some(spans)
    }
}

impl App {
    /// The rows of the list of traces.
    pub(crate) fn trace_ids(&self) -> Vec<TraceId> {
        self.traces.list.iter().flatten().map(|trace| trace.id).collect()
    }

    /// The rows of a trace.
    pub(crate) fn span_ids(&self, trace: TraceId) -> Vec<SpanId> {
        let spans = self.traces.spans_of(trace).unwrap_or_default();
        spans.iter().map(|(_, span)| span.id).collect()
    }
}

/// A trace in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TraceFacts {
    pub(crate) id: TraceId,
    /// Service and operation of its root.
    pub(crate) title: String,
    pub(crate) start_unix_nanos: u64,
    pub(crate) duration_nanos: u64,
    pub(crate) spans: u64,
    pub(crate) errors: u64,
    pub(crate) depth: u64,
}

/// A span of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpanFacts {
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) start_unix_nanos: u64,
    pub(crate) duration_nanos: u64,
    pub(crate) is_error: bool,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) events: Vec<EventFacts>,
}

/// An event of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventFacts {
    pub(crate) at_unix_nanos: u64,
    pub(crate) fields: Vec<(String, String)>,
}

/// The traces of a search's answer; lines of other kinds are left out.
pub(crate) fn read_list(lines: &[u8]) -> serde_json::Result<Vec<TraceFacts>> {
    #[derive(Deserialize)]
    #[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
    enum Line {
        Trace {
            id: String,
            root_service: String,
            root_operation: String,
            #[serde(deserialize_with = "number")]
            start_unix_nanos: u64,
            duration_nanos: u64,
            spans: u64,
            errors: u64,
            depth: u64,
        },
        #[serde(other)]
        Other,
    }
    let mut traces = Vec::new();
    for line in serde_json::Deserializer::from_slice(lines).into_iter() {
        if let Line::Trace {
            id,
            root_service,
            root_operation,
            start_unix_nanos,
            duration_nanos,
            spans,
            errors,
            depth,
        } = line?
        {
            let Ok(id) = TraceId::parse(&id) else { continue };
            traces.push(TraceFacts {
                id,
                title: format!("{root_service}: {root_operation}"),
                start_unix_nanos,
                duration_nanos,
                spans,
                errors,
                depth,
            });
        }
    }
    Ok(traces)
}

/// The spans of a trace in Jaeger's form, in the order in which a tree shows them, each with its depth.
pub(crate) fn read_spans(json: &[u8]) -> serde_json::Result<Vec<(usize, SpanFacts)>> {
    #[derive(Deserialize)]
    struct Answer {
        data: Vec<Trace>,
    }
    #[derive(Deserialize)]
    struct Trace {
        spans: Vec<Span>,
        processes: HashMap<String, Process>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Process {
        service_name: String,
    }
    let answer: Answer = serde_json::from_slice(json)?;
    let mut spans = Vec::new();
    for Trace {
        spans: found,
        processes,
    } in answer.data
    {
        spans.extend(found.into_iter().filter_map(|span| {
            let service = processes.get(&span.process_id).map(|it| it.service_name.clone());
            span.facts(service.unwrap_or_default())
        }));
    }
    Ok(tree(spans))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    #[serde(rename = "spanID")]
    span_id: String,
    operation_name: String,
    references: Vec<Reference>,
    start_time: u64,
    duration: u64,
    tags: Vec<Tag>,
    logs: Vec<Log>,
    #[serde(rename = "processID")]
    process_id: String,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "refType")]
    kind: String,
    #[serde(rename = "spanID")]
    span_id: String,
}

#[derive(Deserialize)]
struct Tag {
    key: String,
    value: Value,
}

#[derive(Deserialize)]
struct Log {
    timestamp: u64,
    fields: Vec<Tag>,
}

fn pairs(tags: Vec<Tag>) -> Vec<(String, String)> {
    let text = |value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    tags.into_iter().map(|tag| (tag.key, text(tag.value))).collect()
}

impl Span {
    fn facts(self, service: String) -> Option<SpanFacts> {
        let parent = self.references.iter().find(|it| it.kind == "CHILD_OF");
        let attributes = pairs(self.tags);
        let event = |log: Log| EventFacts {
            at_unix_nanos: log.timestamp.saturating_mul(1_000),
            fields: pairs(log.fields),
        };
        Some(SpanFacts {
            id: SpanId::parse(&self.span_id).ok()?,
            parent: parent.and_then(|it| SpanId::parse(&it.span_id).ok()),
            service,
            operation: self.operation_name,
            start_unix_nanos: self.start_time.saturating_mul(1_000),
            duration_nanos: self.duration.saturating_mul(1_000),
            is_error: attributes
                .iter()
                .any(|(key, value)| key == "error" && value == "true"),
            attributes,
            events: self.logs.into_iter().map(event).collect(),
        })
    }
}

/// Parents before their children, siblings by start. Whose parent is missing is a root.
fn tree(mut spans: Vec<SpanFacts>) -> Vec<(usize, SpanFacts)> {
    spans.sort_by_key(|span| (span.start_unix_nanos, span.id));
    let mut places: HashMap<SpanId, usize> = HashMap::new();
    for (at, span) in spans.iter().enumerate() {
        places.entry(span.id).or_insert(at);
    }
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let mut open = Vec::new();
    for (at, span) in spans.iter().enumerate() {
        match span.parent.and_then(|parent| places.get(&parent)) {
            Some(parent) if *parent != at => children[*parent].push(at),
            _ => open.push((0, at)),
        }
    }
    open.reverse();
    let mut rest: Vec<Option<SpanFacts>> = spans.into_iter().map(Some).collect();
    let mut rows = Vec::with_capacity(rest.len());
    // What is its own ancestor comes from nowhere, and is left out.
    while let Some((depth, at)) = open.pop() {
        rows.extend(rest[at].take().map(|span| (depth, span)));
        open.extend(children[at].iter().rev().map(|child| (depth + 1, *child)));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_shown_as_a_tree() {
        let span = |id: u64, parent: &str, start: u64| {
            let reference = r#"{"refType": "CHILD_OF", "traceID": "1", "spanID": "PARENT"}"#;
            let references = if parent.is_empty() {
                String::new()
            } else {
                reference.replace("PARENT", parent)
            };
            format!(
                r#"{{"traceID": "1", "spanID": "{id:016x}", "operationName": "op{id}", "references": [{references}],
                "startTime": {start}, "duration": 5, "tags": [{{"key": "error", "type": "bool", "value": true}}],
                "logs": [{{"timestamp": 9, "fields": [{{"key": "event", "type": "string", "value": "sent"}}]}}], "processID": "p1"}}"#
            )
        };
        let spans = [
            span(4, "0000000000000002", 4),
            span(3, "0000000000000001", 3),
            span(2, "0000000000000001", 2),
            span(1, "", 1),
            span(5, "00000000000000ff", 9),
        ];
        let json = format!(
            r#"{{"data": [{{"traceID": "1", "spans": [{}], "processes": {{"p1": {{"serviceName": "shop", "tags": []}}}}}}]}}"#,
            spans.join(",")
        );
        let rows = read_spans(json.as_bytes()).unwrap();
        let shown: Vec<_> = rows
            .iter()
            .map(|(depth, span)| (*depth, span.operation.as_str()))
            .collect();
        assert_eq!(
            shown,
            [(0, "op1"), (1, "op2"), (2, "op4"), (1, "op3"), (0, "op5")]
        );
        let first = &rows[0].1;
        assert_eq!(
            (first.service.as_str(), first.is_error, first.start_unix_nanos),
            ("shop", true, 1_000)
        );
        let event = &first.events[0];
        assert_eq!((event.at_unix_nanos, event.fields[0].1.as_str()), (9_000, "sent"));
    }

    #[test]
    fn a_list_has_traces_alone() {
        let lines = br#"{"type":"progress","segments":3}
{"type": "trace", "id": "4bf92f3577b34da6a3ce929d0e0e4736", "rootService": "shop", "rootOperation": "run",
"startUnixNanos": "1795248471024080000", "durationNanos": 5, "spans": 3, "errors": 1, "depth": 2, "orphans": 0, "services": []}
{"type":"end","complete":true}
"#;
        let traces = read_list(lines).unwrap();
        let [trace] = &traces[..] else {
            panic!("{traces:?}")
        };
        assert_eq!((trace.title.as_str(), trace.errors), ("shop: run", 1));
        assert_eq!(trace.start_unix_nanos, 1_795_248_471_024_080_000);
    }
}
