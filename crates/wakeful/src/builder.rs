//! Setting things in code.

use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use tracing::{Dispatch, dispatcher};
use tracing_subscriber::filter::{LevelFilter, Targets};
use wakeful_export::settings::{Endpoint, Limits, Settings as ExportSettings};
use wakeful_export::{Exporter, Processor, read_environment};
use wakeful_subscriber::{
    Layer, Recorder, Sampler, Settings as RecorderSettings, Subscriber, TraceIds, recorder,
};
use wakeful_trace::propagation::Propagator;

use crate::guard::{self, Guard};
use crate::{InitError, output};

/// How long a dropped [`Guard`] takes at most.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// What log lines look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LogFormat {
    /// As `tracing_subscriber::fmt` writes them.
    #[default]
    Text,
    /// JSON objects, with the span and the fields that are inherited from it.
    Json,
    /// None are written.
    None,
}

type Lookup = dyn Fn(&str) -> Option<String>;
type Change<T> = dyn FnOnce(&mut T);

/// Sets things in code. What is set here wins over the environment.
#[must_use = "nothing begins before `init` or `try_init`"]
pub struct Builder {
    pub(crate) lookup: Box<Lookup>,
    changes: Vec<Box<Change<ExportSettings>>>,
    recorder_changes: Vec<Box<Change<RecorderSettings>>>,
    spans: Targets,
    log_format: LogFormat,
    log_filter: Option<Targets>,
    log_writer: Option<Box<dyn Write + Send>>,
    log_colours: Option<bool>,
    shutdown_timeout: Duration,
    #[cfg(feature = "console")]
    pub(crate) console: crate::console::Setting,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("spans", &self.spans)
            .field("log_format", &self.log_format)
            .field("shutdown_timeout", &self.shutdown_timeout)
            .finish_non_exhaustive()
    }
}

/// Begins with what the environment says.
pub fn builder() -> Builder {
    Builder {
        lookup: Box::new(|name| std::env::var(name).ok()),
        changes: Vec::new(),
        recorder_changes: Vec::new(),
        spans: Targets::new().with_default(LevelFilter::INFO),
        log_format: LogFormat::default(),
        log_filter: None,
        log_writer: None,
        log_colours: None,
        shutdown_timeout: SHUTDOWN_TIMEOUT,
        #[cfg(feature = "console")]
        console: crate::console::Setting::default(),
    }
}

impl Builder {
    /// The name of the service: what one looks for in a backend.
    pub fn service_name(self, name: impl Into<String>) -> Self {
        self.resource_attribute("service.name", name)
    }

    /// An attribute of the resource that all spans share.
    pub fn resource_attribute(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let (key, value) = (key.into(), value.into());
        self.export(move |settings| settings.resource.set(key, value))
    }

    /// How spans come from the recorder to the exporters.
    pub fn processor(self, processor: Processor) -> Self {
        self.export(move |settings| settings.processor = processor)
    }

    /// The receiver of spans and log records.
    pub fn endpoint(self, endpoint: Endpoint) -> Self {
        self.export(move |settings| {
            settings.traces.otlp.endpoint = Some(endpoint.clone());
            settings.logs.otlp.endpoint = Some(endpoint);
        })
    }

    /// Sends nothing anywhere: for log lines alone, or for a recording alone.
    pub fn without_exporters(self) -> Self {
        self.export(|settings| {
            settings.traces.exporters.clear();
            settings.logs.exporters.clear();
        })
    }

    /// Appends everything to a file too, as frames of requests.
    pub fn recording(self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.export(move |settings| settings.recording = Some(path))
    }

    /// Which traces are recorded.
    pub fn sampler(self, sampler: Sampler) -> Self {
        self.export(move |settings| settings.sampler = sampler)
    }

    /// How trace ids are made.
    pub fn trace_ids(self, ids: TraceIds) -> Self {
        self.recorder(move |settings| settings.trace_ids = ids)
    }

    /// How contexts are written into requests and read from them; [`crate::propagator`] gives it back anywhere.
    pub fn propagator(self, propagator: Propagator) -> Self {
        self.export(move |settings| settings.propagator = propagator)
    }

    /// How much one span or log record may hold.
    pub fn limits(self, limits: Limits) -> Self {
        self.export(move |settings| settings.limits = limits)
    }

    /// Which spans are recorded, and which events on them, from that level up; `RUST_LOG` has no say here. By default `info`.
    pub fn tracing_level(self, level: impl Into<LevelFilter>) -> Self {
        self.tracing_targets(Targets::new().with_default(level))
    }

    /// Which spans are recorded, and which events on them, by target and level.
    pub fn tracing_targets(mut self, targets: Targets) -> Self {
        self.spans = targets;
        self
    }

    /// What log lines look like. [`Self::layer`] writes none.
    pub fn log_format(mut self, format: LogFormat) -> Self {
        self.log_format = format;
        self
    }

    /// Which log lines are written and which log records are sent, in the place of `RUST_LOG`.
    pub fn log_targets(mut self, targets: Targets) -> Self {
        self.log_filter = Some(targets);
        self
    }

    /// Where log lines go; by default to standard output.
    pub fn log_writer(mut self, writer: impl Write + Send + 'static) -> Self {
        self.log_writer = Some(Box::new(writer));
        self
    }

    /// Whether log lines have colours; by default, where they go to standard output and that is a terminal.
    pub fn log_colours(mut self, colours: bool) -> Self {
        self.log_colours = Some(colours);
        self
    }

    /// How long the dropped [`Guard`] may take to send what is left. By default five seconds.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// Where the values of variables come from; by default the process's environment. Call it with `|_| None` for none at all.
    pub fn variables(mut self, lookup: impl Fn(&str) -> Option<String> + 'static) -> Self {
        self.lookup = Box::new(lookup);
        self
    }

    /// Changes any setting of the exporter, after the environment.
    pub fn export(mut self, change: impl FnOnce(&mut ExportSettings) + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Changes any setting of the recorder, last of all.
    pub fn recorder(mut self, change: impl FnOnce(&mut RecorderSettings) + 'static) -> Self {
        self.recorder_changes.push(Box::new(change));
        self
    }

    /// Begins, and makes it the program's subscriber.
    ///
    /// # Panics
    /// If it cannot begin; [`Self::try_init`] says why instead.
    #[expect(clippy::panic, reason = "what `init` is for; `try_init` does not")]
    pub fn init(self) -> Guard {
        self.try_init()
            .unwrap_or_else(|error| panic!("wakeful cannot begin: {error}"))
    }

    /// Begins, and makes it the program's subscriber, and that of the `log` crate with the feature of that name.
    ///
    /// # Errors
    /// If the program has a subscriber already, or what was set cannot be done.
    pub fn try_init(self) -> Result<Guard, InitError> {
        let (dispatch, guard, mut problems) = self.of_program().start()?;
        dispatcher::set_global_default(dispatch)?;
        // The program's subscriber is there for good from here on: what is still wrong must be no reason to end it.
        problems.extend(take_log_records());
        guard.make_global();
        for problem in problems {
            tracing::warn!(target: "wakeful", "{problem}");
        }
        Ok(guard)
    }

    /// Begins, for one thread or one part of the program: with `tracing::dispatcher::with_default`, for example.
    ///
    /// # Errors
    /// If what was set cannot be done.
    pub fn build(self) -> Result<(Dispatch, Guard), InitError> {
        let (dispatch, guard, problems) = self.start()?;
        dispatcher::with_default(&dispatch, || {
            for problem in problems {
                tracing::warn!(target: "wakeful", "{problem}");
            }
        });
        Ok((dispatch, guard))
    }

    /// Begins, as a layer beside others. What is wrong with the environment is said on standard error.
    ///
    /// # Errors
    /// If what was set cannot be done.
    pub fn layer(mut self) -> Result<(Layer, Guard), InitError> {
        self.log_format = LogFormat::None;
        let (recorder, guard, problems) = self.of_program().make()?;
        output::complain(&problems);
        wakeful_tokio::install(&recorder);
        Ok((recorder.layer(), guard))
    }

    /// What holds for a recorder that becomes the program's.
    fn of_program(self) -> Self {
        #[cfg(feature = "console")]
        let console = self.console.or_by_variable(&self.lookup);
        Self {
            #[cfg(feature = "console")]
            console,
            ..self
        }
    }

    /// Whether somebody looks on besides receivers.
    fn is_watched(&self) -> bool {
        #[cfg(feature = "console")]
        let is_watched = self.console.is_on();
        #[cfg(not(feature = "console"))]
        let is_watched = false;
        is_watched
    }

    fn start(self) -> Result<(Dispatch, Guard, Vec<String>), InitError> {
        let (recorder, guard, problems) = self.make()?;
        let subscriber: Subscriber = recorder.subscriber();
        let dispatch = Dispatch::new(subscriber);
        if let Some(exporter) = guard.exporter() {
            exporter.report_to(&dispatch);
        }
        Ok((dispatch, guard, problems))
    }

    fn make(self) -> Result<(Recorder, Guard, Vec<String>), InitError> {
        let is_watched = self.is_watched();
        let mut export = ExportSettings::default();
        let problems = read_environment(&mut export, &self.lookup);
        let mut problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        for change in self.changes {
            change(&mut export);
        }
        let (from_variable, problem) = output::filter((self.lookup)("RUST_LOG").as_deref());
        problems.extend(problem);
        let log_filter = self.log_filter.unwrap_or(from_variable);
        let exports_logs = !export.logs.exporters.is_empty();
        let exports = !export.disabled
            && (exports_logs || !export.traces.exporters.is_empty() || export.recording.is_some());

        let count = |max: usize| u32::try_from(max).unwrap_or(u32::MAX);
        let mut settings = RecorderSettings {
            spans: self.spans,
            sampler: export.sampler,
            span_events_max: count(export.limits.span_events_max),
            span_links_max: count(export.limits.span_links_max),
            log_records: exports_logs.then(|| log_filter.clone()),
            log_lines: output::lines(self.log_format, log_filter, self.log_writer, self.log_colours),
            wake_at_close: export.processor == Processor::Simple,
            ..RecorderSettings::default()
        };
        for change in self.recorder_changes {
            change(&mut settings);
        }
        if !exports {
            // Spans are still made, for the lines and for what is passed to other services; they are not recorded.
            settings.sampler = Sampler::AlwaysOff;
            settings.log_records = None;
        }
        let propagator = export.propagator.clone();
        let (recorder, drain) = recorder(settings);
        let reports = exports || is_watched && !export.disabled;
        if reports {
            // Before its subscriber or layer is made, which then lets those spans through.
            wakeful_tokio::read_spans(&recorder);
        }
        let exporter = match reports {
            true => Some(Exporter::start(&export, drain)?),
            false => None,
        };
        guard::set_propagator(propagator);
        #[cfg(feature = "console")]
        problems.extend(self.console.attach(exporter.as_ref()));
        let guard = Guard::new(exporter, &recorder, self.shutdown_timeout);
        Ok((recorder, guard, problems))
    }
}

/// Has records of the `log` crate come to the subscriber; says why that cannot be.
#[cfg(feature = "log")]
fn take_log_records() -> Option<String> {
    let error = tracing_log::LogTracer::init().err()?;
    Some(format!(
        "records of the `log` crate go to the logger that the program has already ({error}); begin wakeful before it, or build \
         wakeful without the feature `log`"
    ))
}

#[cfg(not(feature = "log"))]
fn take_log_records() -> Option<String> {
    None
}
