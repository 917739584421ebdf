//! `wakeful get`: asks a service as a client that traces, and says where its trace is to be seen.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use wakeful_trace::propagation::{Format, Propagator};
use wakeful_trace::{SpanContext, SpanId, TraceFlags, TraceId};

use crate::args::GetArgs;

/// How long a service has to begin its answer, and to go on with it.
const PATIENCE: Duration = Duration::from_secs(60);
/// The header that asks a service for a trace of its own, under a name that is found again.
const DEBUG_HEADER: &str = "jaeger-debug-id";
/// The header in which a service says which trace a request became.
const TRACE_ID_HEADER: &str = "trace-id";

/// Asks, writes the answer to standard output, and the status and the link to standard error.
pub(crate) fn run(args: GetArgs) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(get(args))
}

/// Waits for the next part of an answer. An answer as a whole may take as long as it likes.
async fn next<T>(part: impl Future<Output = T>) -> anyhow::Result<T> {
    tokio::time::timeout(PATIENCE, part)
        .await
        .with_context(|| format!("no answer within {} s", PATIENCE.as_secs()))
}

async fn get(args: GetArgs) -> anyhow::Result<()> {
    let mut request = Request::get(&args.url).body(Empty::<Bytes>::new())?;
    request.headers_mut().extend(args.headers.iter().cloned());
    let sent = args
        .gen_trace_id
        .then(|| send_context(&args, request.headers_mut()))
        .transpose()?;

    let client = Client::builder(TokioExecutor::new()).build_http();
    let asked = next(client.request(request)).await?;
    let (head, mut body) = asked
        .with_context(|| format!("cannot ask {}", args.url))?
        .into_parts();
    let mut out = std::io::stdout();
    while let Some(frame) = next(body.frame()).await? {
        if let Some(data) = frame.context("the answer broke off")?.data_ref() {
            out.write_all(data)?;
            // It may be one that is watched.
            out.flush()?;
        }
    }
    out.flush()?;

    let told = head
        .headers
        .get(TRACE_ID_HEADER)
        .and_then(|value| value.to_str().ok());
    let trace_id = told.and_then(|id| TraceId::parse(id).ok()).or(sent);
    let page = args.ui_url.to_string();
    let page = page.trim_end_matches('/');
    let mut err = std::io::stderr();
    if let Some(trace_id) = trace_id {
        writeln!(err, "trace: {page}/trace/{trace_id}")?;
    }
    if let Some((_, id)) = args.headers.iter().find(|(name, _)| name == DEBUG_HEADER) {
        writeln!(
            err,
            "search: {page}/search?{}",
            search_for(&String::from_utf8_lossy(id.as_bytes()))
        )?;
    }
    if trace_id.is_none() {
        writeln!(
            err,
            "not traced; ask for it with --gen-trace-id or --header {DEBUG_HEADER}:NAME"
        )?;
    }
    if !head.status.is_success() {
        bail!("the answer is {}", head.status);
    }
    Ok(())
}

/// Puts a new context into the headers that are to carry it.
fn send_context(args: &GetArgs, headers: &mut HeaderMap) -> anyhow::Result<TraceId> {
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    for name in &args.trace_id_headers {
        let mut value = String::new();
        Propagator::new([Format::Jaeger])
            .with_jaeger_header(name.as_str())
            .inject(&context, &Default::default(), |_, text| value = text.to_owned());
        headers.insert(name.clone(), value.parse()?);
    }
    Ok(context.trace_id)
}

/// The query of the page's search for a debug id.
fn search_for(debug_id: &str) -> String {
    let tags = serde_json::json!({ DEBUG_HEADER: debug_id }).to_string();
    form_urlencoded::Serializer::new(String::new())
        .append_pair("service", "__all_services__")
        .append_pair("tags", &tags)
        .append_pair("lookback", "1h")
        .finish()
}
