//! One service's traces: the subscriber that its thread records with, and what sends them.

use std::time::Duration;

use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use wakeful::console::Feed;
use wakeful::{Endpoint, Guard, LogFormat, Protocol, TaskWatch};

use crate::{Error, Options};

/// Long enough for the last batch on loopback, short enough that a receiver that is away does not keep the shop.
const LAST_EXPORT: Duration = Duration::from_secs(2);

/// What a service records with, and what sends it.
#[derive(Debug)]
pub(crate) struct Telemetry {
    guard: Guard,
    dispatch: Dispatch,
}

impl Telemetry {
    /// What sends has a thread of its own, so that a blocked worker delays requests and not spans. `console` is one for all services.
    pub(crate) fn new(
        service: &'static str,
        options: &Options,
        console: Option<&Feed>,
    ) -> Result<Self, Error> {
        let endpoint = Endpoint::base(&options.otlp_endpoint, true).map_err(|source| Error::Endpoint {
            endpoint: options.otlp_endpoint.clone(),
            source,
        })?;
        let frames = options.frames_endpoint.as_ref().map(|endpoint| {
            Endpoint::exact(endpoint, true).map_err(|source| Error::Endpoint {
                endpoint: endpoint.clone(),
                source,
            })
        });
        let frames = frames.transpose()?;
        let delay = options.export_delay;
        // What libraries below say about themselves is not the shop's story.
        let told = Targets::new()
            .with_target(env!("CARGO_CRATE_NAME"), LevelFilter::INFO)
            .with_target("mini_redis", LevelFilter::DEBUG);
        let mut builder = wakeful::builder()
            // The shop is the same everywhere: no variable of its surroundings is meant for it.
            .variables(|_| None)
            .service_name(service)
            .resource_attribute("service.namespace", "shop")
            .resource_attribute("service.version", env!("CARGO_PKG_VERSION"))
            .resource_attribute("service.instance.id", format!("{service}-{}", std::process::id()))
            .resource_attribute("deployment.environment.name", "demo")
            .endpoint(endpoint)
            .export(move |settings| {
                settings.traces.otlp.protocol = Some(Protocol::Grpc);
                settings.traces.batch.delay = delay;
                settings.runtime.endpoint = frames;
            })
            .tracing_targets(told)
            .log_format(LogFormat::None);
        if let Some(console) = console {
            builder = builder.console_feed(console.clone());
        }
        let (dispatch, guard) = builder
            .build()
            .map_err(|source| Error::Exporter { service, source })?;
        Ok(Self { guard, dispatch })
    }

    /// The subscriber for the service's thread.
    pub(crate) fn dispatch(&self) -> Dispatch {
        self.dispatch.clone()
    }

    /// What has the tasks of the service's thread recorded with its spans.
    pub(crate) fn task_watch(&self) -> TaskWatch {
        self.guard.task_watch()
    }

    /// Sends what is left. Spans that nobody receives are dropped in silence, as while the shop was open.
    pub(crate) async fn finish(self) {
        let lost = self.guard.shutdown(LAST_EXPORT).await;
        if !lost.is_nothing() {
            tracing::debug!(spans = lost.spans(), "not all spans were received");
        }
    }
}
