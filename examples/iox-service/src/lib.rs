//! A service of the InfluxDB IOx kind, traced by value and by `tracing`, both under one context. See its README.

mod next;
mod plan;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::get;
use wakeful_tower::{HeaderRules, Protocol, TraceLayer};
use wakeful_trace::{SpanContext, SpanExt as _, SpanRecorder, TraceCollector};

use next::Next;

/// The service's options.
#[derive(Debug, Clone, clap::Args)]
pub struct ServiceArgs {
    /// A service to ask in the middle of each request
    #[arg(long, value_name = "URL")]
    pub next: Option<http::Uri>,
    /// Where its spans go, and in which headers its callers send their context.
    #[command(flatten)]
    pub traces: wakeful::TracesArgs,
}

/// The service, before it has a socket.
#[derive(Debug)]
pub struct Service {
    next: Option<Next>,
    layer: TraceLayer,
}

impl Service {
    /// A service that sends its spans to `collector`.
    pub fn new(args: &ServiceArgs, collector: Option<Arc<dyn TraceCollector>>) -> Self {
        let traces = &args.traces;
        let context_header = traces.traces_exporter_jaeger_trace_context_header_name.as_str();
        let mut headers = HeaderRules::default()
            .with_jaeger_trace_context_header_name(context_header)
            .with_jaeger_debug_name(traces.traces_jaeger_debug_name.as_str());
        if std::env::var_os("OTEL_PROPAGATORS").is_some() {
            headers = headers.with_propagator(wakeful::propagator().with_jaeger_header(context_header));
        }
        let mut layer = TraceLayer::new("IOx http", Protocol::Http).with_headers(headers);
        if let Some(collector) = collector {
            layer = layer.with_collector(collector);
        }
        Self {
            next: args.next.clone().map(Next::new),
            layer,
        }
    }

    /// Its paths.
    pub fn router(self) -> Router {
        Router::new()
            .route("/query", get(query))
            .route("/instrumented", get(instrumented))
            .route("/health", get(async || "OK\n"))
            .layer(self.layer)
            .with_state(self.next.map(Arc::new))
    }
}

type Answer = Result<String, (StatusCode, String)>;

/// Context by value: it comes out of the request, and is handed from call to call.
async fn query(State(next): State<Option<Arc<Next>>>, request: Request) -> Answer {
    let context: Option<&SpanContext> = request.extensions().get();
    let mut recorder = SpanRecorder::new(context.child_span("query"));
    let asked = match &next {
        Some(next) => next.ask(recorder.span().map(|span| &span.context)).await?,
        None => String::new(),
    };
    let plan = plan::run().await;
    plan.record(recorder.span().map(|span| &span.context));
    recorder.set_metadata("rows", plan.output_rows());
    recorder.ok("done");
    Ok(format!("{} rows\n{asked}", plan.output_rows()))
}

/// Context by `tracing`: nobody hands anything over.
#[tracing::instrument(skip_all)]
async fn instrumented(State(next): State<Option<Arc<Next>>>) -> Answer {
    look_up(7).await;
    match next {
        Some(next) => next.ask(None).await,
        None => Ok("done\n".to_owned()),
    }
}

#[tracing::instrument]
async fn look_up(shard: u32) {
    tokio::task::yield_now().await;
    tracing::info!("found");
}
