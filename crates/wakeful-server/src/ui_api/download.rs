//! `trace/{id}/download`: all spans as a file, as they were sent.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Deserialize;
use wakeful_model::{Span, SpanBatch, StatusCode, Trace, TraceId, canonical_text};
use wakeful_query::Engine;
use wakeful_wire::otlp::TracesData;

use super::UiApi;
use super::chunks::{self, Writer};
use super::error::ApiError;
use super::trace::{InPath, InQuery, parse_id};

/// Attributes that get a column of their own.
const KEYS_MAX: usize = 200;

/// What every line of a table begins with.
const COLUMNS: [&str; 9] = [
    "trace_id",
    "span_id",
    "parent_span_id",
    "service",
    "operation",
    "kind",
    "start_unix_nanos",
    "duration_nanos",
    "status",
];

#[derive(Debug, Clone, Copy)]
enum Format {
    Otlp,
    Csv,
}

#[derive(Debug, Deserialize)]
pub(super) struct As {
    format: String,
}

pub(super) async fn download(
    State(api): State<UiApi>,
    InPath(id): InPath<String>,
    InQuery(As { format }): InQuery<As>,
) -> Result<Response, ApiError> {
    let id = parse_id(&id)?;
    let format = match format.as_str() {
        "otlp" => Format::Otlp,
        "csv" => Format::Csv,
        _ => return Err(ApiError::parameter("format", "write format=otlp or format=csv")),
    };
    let stored = api.queries.ask(move |engine| Ok(engine.store().stored_spans(id)));
    if stored.await? == 0 {
        return Err(ApiError::not_found(format!("no span of trace {id} is stored")));
    }
    let (writer, body) = chunks::channel();
    let queries = api.queries.clone();
    // A task of its own, because the body is on its way while the store is still read. If it fails, the body ends
    // without its end, and the reader sees that.
    tokio::spawn(async move {
        let write = move |engine: &Engine| {
            match format {
                Format::Otlp => write_otlp(engine, id, writer),
                Format::Csv => write_csv(engine, id, writer),
            }
            Ok(())
        };
        queries.ask(write).await
    });
    let (content_type, ending) = match format {
        Format::Otlp => ("application/json", "otlp.json"),
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
    };
    let name = HeaderValue::from_str(&format!("attachment; filename=\"trace-{id}.{ending}\""));
    let name = name.map_err(|error| ApiError::internal(error.to_string()))?;
    let content_type = HeaderValue::from_static(content_type);
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, body).into_response())
}

/// One `TracesData`, in pieces: the groups of each piece stand behind those of the one before.
fn write_otlp(engine: &Engine, id: TraceId, writer: Writer) {
    let (head, tail) = (br#"{"resourceSpans":["#, b"]}");
    let mut piece = head.to_vec();
    let mut failed = None;
    let mut is_first = true;
    let problems = engine.store().each_chunk(id, |batch| {
        let trace = Trace { id, batch };
        let json = match serde_json::to_vec(&TracesData::new([&trace])) {
            Ok(json) => json,
            Err(error) => {
                failed = Some(error.to_string());
                return false;
            }
        };
        let groups = json
            .strip_prefix(head)
            .and_then(|json| json.strip_suffix(tail))
            .unwrap_or_default();
        if !groups.is_empty() {
            piece.extend_from_slice(if is_first { b"" } else { b"," });
            piece.extend_from_slice(groups);
            is_first = false;
        }
        writer.write(std::mem::take(&mut piece))
    });
    match failed.or_else(|| problems.first().map(ToString::to_string)) {
        Some(why) => writer.fail(why),
        None => _ = writer.write([piece.as_slice(), tail].concat()),
    }
}

fn write_csv(engine: &Engine, id: TraceId, writer: Writer) {
    let (keys, mut problems) = engine.store().attribute_keys(id);
    let keys: Vec<String> = keys.into_iter().take(KEYS_MAX).collect();
    let mut head = String::new();
    write_line(
        &mut head,
        COLUMNS.iter().copied().chain(keys.iter().map(String::as_str)),
    );
    if problems.is_empty() && writer.write(head.into_bytes()) {
        problems = engine.store().each_chunk(id, |batch| {
            let mut lines = String::new();
            batch
                .spans
                .iter()
                .for_each(|span| write_span(&mut lines, span, &batch, &keys));
            writer.write(lines.into_bytes())
        });
    }
    if let Some(problem) = problems.first() {
        writer.fail(problem.to_string());
    }
}

fn write_span(lines: &mut String, span: &Span, batch: &SpanBatch, keys: &[String]) {
    let status = match span.status.code {
        StatusCode::Unset => "unset",
        StatusCode::Ok => "ok",
        StatusCode::Error => "error",
    };
    let own = [
        span.trace_id.to_string(),
        span.span_id.to_string(),
        span.parent_span_id.map(|id| id.to_string()).unwrap_or_default(),
        batch.resource(span).service_name().to_owned(),
        span.name.clone(),
        span.kind.name().to_owned(),
        span.start_unix_nanos.to_string(),
        span.duration_nanos().to_string(),
        status.to_owned(),
    ];
    let values = keys.iter().map(|key| {
        let value = span.attribute(key);
        value
            .map(|value| canonical_text(value).into_owned())
            .unwrap_or_default()
    });
    let cells: Vec<String> = own.into_iter().chain(values).collect();
    write_line(lines, cells.iter().map(String::as_str));
}

/// A line of RFC 4180. What a spreadsheet would take for a formula gets a `'` in front; a number is none.
fn write_line<'a>(lines: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (number, cell) in cells.enumerate() {
        lines.push_str(if number == 0 { "" } else { "," });
        let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
        let guard = if is_formula { "'" } else { "" };
        // Writing to a string cannot fail.
        let _ = if cell.contains([',', '"', '\n', '\r']) {
            write!(lines, "\"{guard}{}\"", cell.replace('"', "\"\""))
        } else {
            write!(lines, "{guard}{cell}")
        };
    }
    lines.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_none() {
        let mut line = String::new();
        let cells = [
            "plain",
            "",
            "a,b",
            "say \"hi\"",
            "=1+2",
            "-cmd",
            "-12.5",
            "@x,\ny",
            "é",
        ];
        write_line(&mut line, cells.into_iter());
        assert_eq!(
            line,
            "plain,,\"a,b\",\"say \"\"hi\"\"\",'=1+2,'-cmd,-12.5,\"'@x,\ny\",é\r\n"
        );
    }
}
