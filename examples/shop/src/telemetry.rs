//! One service's traces: a tracer provider, and the `tracing` subscriber that feeds it.

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use std::time::Duration;
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{Error, Options};

/// Long enough for the last batch on loopback, short enough that a receiver that is away does not keep the shop.
const LAST_EXPORT: Duration = Duration::from_secs(2);

/// What a service records with, and what sends it.
#[derive(Debug)]
pub(crate) struct Telemetry {
    provider: SdkTracerProvider,
    dispatch: Dispatch,
}

impl Telemetry {
    /// Must be called within a Tokio runtime, and not one of the service's: its connection is driven there, so that a
    /// blocked worker delays requests and not spans.
    pub(crate) fn new(service: &'static str, options: &Options) -> Result<Self, Error> {
        let exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(&options.otlp_endpoint)
            .build()
            .map_err(|source| Error::Exporter {
                endpoint: options.otlp_endpoint.clone(),
                source,
            })?;
        let batching = BatchConfigBuilder::default()
            .with_scheduled_delay(options.export_delay)
            .build();
        let resource = Resource::builder()
            .with_service_name(service)
            .with_attribute(KeyValue::new("service.namespace", "shop"))
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .with_attribute(KeyValue::new(
                "service.instance.id",
                format!("{service}-{}", std::process::id()),
            ))
            .with_attribute(KeyValue::new("deployment.environment.name", "demo"))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(
                BatchSpanProcessor::builder(exporter)
                    .with_batch_config(batching)
                    .build(),
            )
            .with_resource(resource)
            .build();

        // What libraries below say about themselves is not the shop's story.
        let told = Targets::new()
            .with_target(env!("CARGO_CRATE_NAME"), LevelFilter::INFO)
            .with_target("mini_redis", LevelFilter::DEBUG);
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer(service));
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(told).with(layer));
        Ok(Self { provider, dispatch })
    }

    /// The subscriber for the service's thread.
    pub(crate) fn dispatch(&self) -> Dispatch {
        self.dispatch.clone()
    }

    /// Sends what is left. Spans that nobody receives are dropped in silence, as while the shop was open.
    pub(crate) async fn finish(self) {
        let provider = self.provider;
        let sent = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(LAST_EXPORT)).await;
        if let Ok(Err(error)) = sent {
            tracing::debug!(%error, "the last spans were not received");
        }
    }
}
