//! For programs that make their spans by hand alone: a collector that sends in the background.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use wakeful_subscriber::{Settings as RecorderSettings, recorder};
use wakeful_trace::{Span, TraceCollector};

use crate::{Exporter, Lost, Processor, Settings, StartError};

/// Sends spans made by hand, to whatever [`Settings`] say: OTLP over gRPC or HTTP, the Jaeger agent, a recording.
///
/// [`TraceCollector::export`] never blocks: a span waits in a bounded queue, or is lost and counted in [`Self::lost`]. Programs
/// that use `tracing` too hand out their recorder's collector instead, so that all spans go one way.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use wakeful_export::{AsyncExporter, Settings};
/// use wakeful_trace::{Span, SpanRecorder};
///
/// let mut settings = Settings::default();
/// # settings.traces.exporters.clear();
/// let exporter = Arc::new(AsyncExporter::start(&settings)?);
/// drop(SpanRecorder::new(Some(Span::root("work", exporter.clone()))));
/// assert!(exporter.shutdown_blocking(Duration::from_secs(1)).is_nothing());
/// # Ok::<(), wakeful_export::StartError>(())
/// ```
#[derive(Debug)]
pub struct AsyncExporter {
    collector: Arc<dyn TraceCollector>,
    exporter: Exporter,
}

impl AsyncExporter {
    /// Starts it.
    ///
    /// # Errors
    /// As for [`Exporter::start`].
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        let (recorder, drain) = recorder(RecorderSettings {
            wake_at_close: settings.processor == Processor::Simple,
            ..RecorderSettings::default()
        });
        Ok(Self {
            collector: recorder.collector(),
            exporter: Exporter::start(settings, drain)?,
        })
    }

    /// Waits until everything so far is sent, or `timeout` is over. Returns what was lost since the beginning.
    pub async fn drain(&self, timeout: Duration) -> Lost {
        self.exporter.flush(timeout).await
    }

    /// Like [`Self::drain`], for code that is not async; it may block any thread.
    pub fn drain_blocking(&self, timeout: Duration) -> Lost {
        self.exporter.flush_blocking(timeout)
    }

    /// Sends what is left, and ends: spans that come afterwards are lost. Returns what was lost since the beginning.
    pub async fn shutdown(&self, timeout: Duration) -> Lost {
        self.exporter.shutdown(timeout).await
    }

    /// Like [`Self::shutdown`], for code that is not async; it may block any thread.
    pub fn shutdown_blocking(&self, timeout: Duration) -> Lost {
        self.exporter.shutdown_blocking(timeout)
    }

    /// What was lost so far.
    pub fn lost(&self) -> Lost {
        self.exporter.lost()
    }

    /// The exporter itself, for its figures.
    pub fn exporter(&self) -> &Exporter {
        &self.exporter
    }
}

impl TraceCollector for AsyncExporter {
    fn export(&self, span: Span) {
        self.collector.export(span);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
