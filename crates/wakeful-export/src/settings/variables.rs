//! Every variable of OpenTelemetry's specification (1.50) that is heeded: one row each, for reading, tests and documentation.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderName, HeaderValue};
use wakeful_subscriber::{RootSampler, Sampler};
use wakeful_trace::propagation::{Format, Propagator};

use super::{Compression, Endpoint, ExporterKind, OtlpSettings, Protocol, Settings, SignalSettings, pairs};

/// A variable: what it takes, and what it does.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What its values look like.
    pub takes: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// What it decides.
    pub meaning: &'static str,
    /// Its value is never repeated.
    pub(super) secret: bool,
    pub(super) set: fn(&mut Settings, &str) -> Result<(), String>,
}

type Set = fn(&mut Settings, &str) -> Result<(), String>;

const fn row(
    name: &'static str,
    takes: &'static str,
    default: &'static str,
    meaning: &'static str,
    set: Set,
) -> Variable {
    Variable {
        name,
        takes,
        default,
        meaning,
        secret: false,
        set,
    }
}

const fn secret(row: Variable) -> Variable {
    Variable { secret: true, ..row }
}

const MILLIS: &str = "milliseconds";
const COUNT: &str = "a whole number";
const GENERAL: &str = "the general variable's value";

/// The table. General variables stand before those of a signal, which win.
#[rustfmt::skip]
pub static VARIABLES: &[Variable] = &[
    row("OTEL_SDK_DISABLED", "`true` or `false`", "false", "records and sends nothing; log lines are still written",
        |s, v| boolean(v).map(|value| s.disabled = value)),
    row("OTEL_RESOURCE_ATTRIBUTES", "`key=value,…`, percent-encoded", "none", "describes the program",
        |s, v| pairs::parse(v).map(|pairs| pairs.into_iter().for_each(|(key, value)| s.resource.set(key, value)))),
    row("OTEL_SERVICE_NAME", "a name", "unknown_service:<program>", "the program's name; wins over `service.name` among the attributes",
        |s, v| { s.resource.set("service.name", v); Ok(()) }),
    row("OTEL_TRACES_SAMPLER", "`always_on`, `always_off`, `traceidratio`, or one of them behind `parentbased_`", "parentbased_always_on", "which traces are recorded",
        sampler),
    row("OTEL_TRACES_SAMPLER_ARG", "0 to 1", "1", "the share of traces that `traceidratio` records",
        sampler_ratio),
    row("OTEL_PROPAGATORS", "a list of `tracecontext`, `baggage`, `b3`, `b3multi`, `jaeger`, `xray`; or `none`", "tracecontext,baggage", "the headers that carry contexts between services",
        |s, v| propagator(v).map(|propagator| s.propagator = propagator)),

    row("OTEL_TRACES_EXPORTER", "a list of `otlp`, `console`; or `none`", "otlp", "what takes spans",
        |s, v| exporters(v).map(|list| s.traces.exporters = list)),
    row("OTEL_LOGS_EXPORTER", "a list of `otlp`, `console`; or `none`", "none", "what takes log records",
        |s, v| exporters(v).map(|list| s.logs.exporters = list)),

    row("OTEL_BSP_SCHEDULE_DELAY", MILLIS, "5000", "how long a span waits for others",
        |s, v| millis(v).map(|value| s.traces.batch.delay = value)),
    row("OTEL_BSP_MAX_QUEUE_SIZE", COUNT, "2048, and what the recorder's rings hold", "how many spans wait at most; what comes then is lost and counted",
        |s, v| positive(v).map(|value| s.traces.batch.queue_items_max = Some(value))),
    row("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", COUNT, "512", "how many spans a request has at most",
        |s, v| positive(v).map(|value| s.traces.batch.batch_items_max = value)),
    row("OTEL_BSP_EXPORT_TIMEOUT", MILLIS, "30000", "how long a request may take with everything that is tried again",
        |s, v| positive_millis(v).map(|value| s.traces.batch.export_timeout = value)),
    row("OTEL_BSP_MAX_CONCURRENT_EXPORTS", COUNT, "1", "how many requests are on their way at once",
        |s, v| positive(v).map(|value| s.traces.batch.concurrent_exports_max = value)),
    row("OTEL_BLRP_SCHEDULE_DELAY", MILLIS, "1000", "how long a log record waits for others",
        |s, v| millis(v).map(|value| s.logs.batch.delay = value)),
    row("OTEL_BLRP_MAX_QUEUE_SIZE", COUNT, "2048", "how many log records wait at most",
        |s, v| positive(v).map(|value| s.logs.batch.queue_items_max = Some(value))),
    row("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", COUNT, "512", "how many log records a request has at most",
        |s, v| positive(v).map(|value| s.logs.batch.batch_items_max = value)),
    row("OTEL_BLRP_EXPORT_TIMEOUT", MILLIS, "30000", "how long a request may take with everything that is tried again",
        |s, v| positive_millis(v).map(|value| s.logs.batch.export_timeout = value)),

    row("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", COUNT, "no limit", "characters of an attribute that is text",
        |s, v| count(v).map(|n| { s.limits.span_value_chars_max = n; s.limits.log_value_chars_max = n; })),
    row("OTEL_ATTRIBUTE_COUNT_LIMIT", COUNT, "128", "attributes of a span or log record",
        |s, v| count(v).map(|n| { s.limits.span_attributes_max = n; s.limits.log_attributes_max = n; })),
    row("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", COUNT, GENERAL, "characters of a span's attribute that is text",
        |s, v| count(v).map(|n| s.limits.span_value_chars_max = n)),
    row("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", COUNT, GENERAL, "attributes of a span",
        |s, v| count(v).map(|n| s.limits.span_attributes_max = n)),
    row("OTEL_SPAN_EVENT_COUNT_LIMIT", COUNT, "128", "events of a span",
        |s, v| count(v).map(|n| s.limits.span_events_max = n)),
    row("OTEL_SPAN_LINK_COUNT_LIMIT", COUNT, "128", "links of a span",
        |s, v| count(v).map(|n| s.limits.span_links_max = n)),
    row("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", COUNT, "128", "attributes of an event",
        |s, v| count(v).map(|n| s.limits.event_attributes_max = n)),
    row("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", COUNT, GENERAL, "characters of a log record's attribute that is text",
        |s, v| count(v).map(|n| s.limits.log_value_chars_max = n)),
    row("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", COUNT, GENERAL, "attributes of a log record",
        |s, v| count(v).map(|n| s.limits.log_attributes_max = n)),

    row("OTEL_EXPORTER_OTLP_INSECURE", "`true` or `false`", "false", "a gRPC endpoint without a scheme is one without TLS",
        |s, v| boolean(v).map(|value| both(s, |otlp| otlp.insecure = value))),
    row("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "`true` or `false`", GENERAL, "the same, for spans",
        |s, v| boolean(v).map(|value| s.traces.otlp.insecure = value)),
    row("OTEL_EXPORTER_OTLP_LOGS_INSECURE", "`true` or `false`", GENERAL, "the same, for log records",
        |s, v| boolean(v).map(|value| s.logs.otlp.insecure = value)),
    row("OTEL_EXPORTER_OTLP_ENDPOINT", "a URL", "http://localhost:4317, or :4318 for HTTP", "the receiver; over HTTP `/v1/traces` and `/v1/logs` are added to its path",
        base_endpoint),
    row("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "a URL", GENERAL, "the receiver of spans; its path is used as it is",
        |s, v| exact_endpoint(&mut s.traces, v)),
    row("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "a URL", GENERAL, "the receiver of log records; its path is used as it is",
        |s, v| exact_endpoint(&mut s.logs, v)),
    row("OTEL_EXPORTER_OTLP_PROTOCOL", "`grpc`, `http/protobuf` or `http/json`", "http/protobuf if the endpoint's port is 4318, else grpc", "how the receiver is spoken to",
        |s, v| protocol(v).map(|value| both(s, |otlp| otlp.protocol = Some(value)))),
    row("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "`grpc`, `http/protobuf` or `http/json`", GENERAL, "the same, for spans",
        |s, v| protocol(v).map(|value| s.traces.otlp.protocol = Some(value))),
    row("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "`grpc`, `http/protobuf` or `http/json`", GENERAL, "the same, for log records",
        |s, v| protocol(v).map(|value| s.logs.otlp.protocol = Some(value))),
    secret(row("OTEL_EXPORTER_OTLP_HEADERS", "`key=value,…`, percent-encoded", "none", "headers of each request, an API key for example",
        |s, v| headers(v).map(|value| both(s, |otlp| otlp.headers.clone_from(&value))))),
    secret(row("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "`key=value,…`, percent-encoded", GENERAL, "the same, for spans",
        |s, v| headers(v).map(|value| s.traces.otlp.headers = value))),
    secret(row("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "`key=value,…`, percent-encoded", GENERAL, "the same, for log records",
        |s, v| headers(v).map(|value| s.logs.otlp.headers = value))),
    row("OTEL_EXPORTER_OTLP_TIMEOUT", MILLIS, "10000", "how long one attempt may take",
        |s, v| positive_millis(v).map(|value| both(s, |otlp| otlp.timeout = value))),
    row("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", MILLIS, GENERAL, "the same, for spans",
        |s, v| positive_millis(v).map(|value| s.traces.otlp.timeout = value)),
    row("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", MILLIS, GENERAL, "the same, for log records",
        |s, v| positive_millis(v).map(|value| s.logs.otlp.timeout = value)),
    row("OTEL_EXPORTER_OTLP_COMPRESSION", "`gzip`, `zstd` or `none`", "none", "how messages are compressed",
        |s, v| compression(v).map(|value| both(s, |otlp| otlp.compression = value))),
    row("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "`gzip`, `zstd` or `none`", GENERAL, "the same, for spans",
        |s, v| compression(v).map(|value| s.traces.otlp.compression = value)),
    row("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "`gzip`, `zstd` or `none`", GENERAL, "the same, for log records",
        |s, v| compression(v).map(|value| s.logs.otlp.compression = value)),
    row("OTEL_EXPORTER_OTLP_CERTIFICATE", "a file", "the system's authorities", "certificates (PEM) of the authorities to trust",
        |s, v| file(v).map(|path| both(s, |otlp| otlp.certificate = Some(path.clone())))),
    row("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "a file", GENERAL, "the same, for spans",
        |s, v| file(v).map(|path| s.traces.otlp.certificate = Some(path))),
    row("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "a file", GENERAL, "the same, for log records",
        |s, v| file(v).map(|path| s.logs.otlp.certificate = Some(path))),
    row("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "a file", "none", "this client's certificate chain (PEM)",
        |s, v| file(v).map(|path| both(s, |otlp| otlp.client_certificate = Some(path.clone())))),
    row("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "a file", GENERAL, "the same, for spans",
        |s, v| file(v).map(|path| s.traces.otlp.client_certificate = Some(path))),
    row("OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE", "a file", GENERAL, "the same, for log records",
        |s, v| file(v).map(|path| s.logs.otlp.client_certificate = Some(path))),
    row("OTEL_EXPORTER_OTLP_CLIENT_KEY", "a file", "none", "this client's private key (PEM)",
        |s, v| file(v).map(|path| both(s, |otlp| otlp.client_key = Some(path.clone())))),
    row("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "a file", GENERAL, "the same, for spans",
        |s, v| file(v).map(|path| s.traces.otlp.client_key = Some(path))),
    row("OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", "a file", GENERAL, "the same, for log records",
        |s, v| file(v).map(|path| s.logs.otlp.client_key = Some(path))),
];

fn both(settings: &mut Settings, set: impl Fn(&mut OtlpSettings)) {
    set(&mut settings.traces.otlp);
    set(&mut settings.logs.otlp);
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("is neither true nor false".to_owned()),
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "is not a whole number".to_owned())
}

/// A limit: none at all is allowed too.
fn count(text: &str) -> Result<usize, String> {
    number(text)
}

fn positive(text: &str) -> Result<usize, String> {
    number(text).and_then(|number| match number {
        0 => Err("is too small".to_owned()),
        number => Ok(number),
    })
}

fn millis(text: &str) -> Result<Duration, String> {
    // A day is longer than anything here makes sense for, and keeps sums of times far from their end.
    const DAY: Duration = Duration::from_secs(86_400);
    number(text).map(|millis| Duration::from_millis(millis).min(DAY))
}

fn positive_millis(text: &str) -> Result<Duration, String> {
    millis(text).and_then(|duration| {
        if duration.is_zero() {
            Err("leaves no time at all".to_owned())
        } else {
            Ok(duration)
        }
    })
}

fn file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if !cfg!(feature = "tls") {
        Err("needs TLS, which this program was built without (feature `tls` of wakeful)".to_owned())
    } else if path.is_file() {
        Ok(path)
    } else {
        Err("is not a file that can be read".to_owned())
    }
}

fn headers(text: &str) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    pairs::parse(text)?
        .into_iter()
        .map(|(key, value)| {
            let name = HeaderName::try_from(key).map_err(|_| "has a name that no header can have")?;
            if is_of_protocol(&name) {
                return Err(
                    "has a header that the exporter writes itself, as content-length or grpc-timeout are",
                );
            }
            let mut value =
                HeaderValue::try_from(value).map_err(|_| "has a value that no header can have")?;
            value.set_sensitive(true);
            Ok((name, value))
        })
        .collect::<Result<_, &str>>()
        .map_err(str::to_owned)
}

/// Headers by which a message is read: another value would make it another message.
fn is_of_protocol(name: &HeaderName) -> bool {
    const OWN: [HeaderName; 7] = [
        CONNECTION,
        CONTENT_ENCODING,
        CONTENT_LENGTH,
        CONTENT_TYPE,
        TE,
        TRANSFER_ENCODING,
        UPGRADE,
    ];
    OWN.contains(name) || name.as_str().starts_with("grpc-")
}

fn base_endpoint(settings: &mut Settings, text: &str) -> Result<(), String> {
    for signal in [&mut settings.traces, &mut settings.logs] {
        let endpoint = Endpoint::base(text, signal.otlp.insecure).map_err(|error| error.to_string())?;
        signal.otlp.endpoint = Some(endpoint);
    }
    Ok(())
}

fn exact_endpoint(signal: &mut SignalSettings, text: &str) -> Result<(), String> {
    let endpoint = Endpoint::exact(text, signal.otlp.insecure).map_err(|error| error.to_string())?;
    signal.otlp.endpoint = Some(endpoint);
    Ok(())
}

fn protocol(text: &str) -> Result<Protocol, String> {
    match text.to_ascii_lowercase().as_str() {
        "grpc" => Ok(Protocol::Grpc),
        "http/protobuf" => Ok(Protocol::HttpProtobuf),
        #[cfg(feature = "json")]
        "http/json" => Ok(Protocol::HttpJson),
        #[cfg(not(feature = "json"))]
        "http/json" => Err("needs a build with the feature `json` of wakeful".to_owned()),
        _ => Err("is none of grpc, http/protobuf and http/json".to_owned()),
    }
}

fn compression(text: &str) -> Result<Compression, String> {
    match text.to_ascii_lowercase().as_str() {
        "none" => Ok(Compression::None),
        "gzip" => Ok(Compression::Gzip),
        "zstd" if cfg!(feature = "zstd") => Ok(Compression::Zstd),
        "zstd" => Err("needs a build with the feature `zstd` of wakeful".to_owned()),
        _ => Err("is none of gzip, zstd and none".to_owned()),
    }
}

/// The items of a list, in which `none` must be alone.
fn list(text: &str) -> Result<Vec<String>, String> {
    let items = text.split(',').map(|item| item.trim().to_ascii_lowercase());
    let mut items: Vec<String> = items.filter(|item| !item.is_empty()).collect();
    if items.iter().any(|item| item == "none") {
        if items.len() > 1 {
            return Err("has `none` beside others".to_owned());
        }
        items.clear();
    }
    Ok(items)
}

fn exporters(text: &str) -> Result<Vec<ExporterKind>, String> {
    list(text)?
        .iter()
        .map(|item| match item.as_str() {
            "otlp" => Ok(ExporterKind::Otlp),
            "console" => Ok(ExporterKind::Console),
            other => Err(format!("has {other:?}, which is none of otlp, console and none")),
        })
        .collect()
}

fn propagator(text: &str) -> Result<Propagator, String> {
    let formats = list(text)?
        .iter()
        .map(|item| item.parse::<Format>().map_err(|error| format!("has {error}")))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Propagator::new(formats))
}

fn sampler(settings: &mut Settings, text: &str) -> Result<(), String> {
    settings.sampler = match text.to_ascii_lowercase().as_str() {
        "always_on" => Sampler::AlwaysOn,
        "always_off" => Sampler::AlwaysOff,
        "traceidratio" => Sampler::TraceIdRatio(1.0),
        "parentbased_always_on" => Sampler::ParentBased(RootSampler::AlwaysOn),
        "parentbased_always_off" => Sampler::ParentBased(RootSampler::AlwaysOff),
        "parentbased_traceidratio" => Sampler::ParentBased(RootSampler::TraceIdRatio(1.0)),
        _ => return Err("is no sampler that is known".to_owned()),
    };
    Ok(())
}

fn sampler_ratio(settings: &mut Settings, text: &str) -> Result<(), String> {
    let ratio = match &mut settings.sampler {
        Sampler::TraceIdRatio(ratio) | Sampler::ParentBased(RootSampler::TraceIdRatio(ratio)) => ratio,
        _ => return Err("is for the samplers traceidratio and parentbased_traceidratio alone".to_owned()),
    };
    *ratio = text
        .parse()
        .ok()
        .filter(|ratio| (0.0..=1.0).contains(ratio))
        .ok_or_else(|| "is not a number from 0 to 1".to_owned())?;
    Ok(())
}
