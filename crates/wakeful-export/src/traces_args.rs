//! `TRACES_EXPORTER` and its sisters: the options of services that send to a Jaeger agent, to flatten into a command line.
//!
//! Names, variables and defaults are InfluxDB IOx's, so that its manifests work as they are.

use std::num::{NonZeroU16, NonZeroU32};
use std::str::FromStr;
use std::time::Duration;

use http::HeaderName;

use crate::settings::{ExporterKind, JaegerSettings, Settings};
use crate::{AsyncExporter, StartError};

/// Spans are looked for in Jaeger's page by hand: they come soon.
const BATCH_DELAY: Duration = Duration::from_millis(200);

/// Where the spans of a service go.
///
/// ```
/// use clap::Parser as _;
/// use wakeful_export::TracesArgs;
///
/// #[derive(clap::Parser)]
/// struct Cli {
///     #[command(flatten)]
///     traces: TracesArgs,
/// }
///
/// let cli = Cli::parse_from(["service", "--traces-exporter=jaeger", "--traces-jaeger-tags=zone=a,rack=7"]);
/// let collector = cli.traces.start()?;
/// assert!(collector.is_some());
/// # Ok::<(), wakeful_export::StartError>(())
/// ```
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Traces")]
pub struct TracesArgs {
    /// Where spans go
    #[arg(
        long,
        value_name = "EXPORTER",
        env = "TRACES_EXPORTER",
        default_value = "none",
        ignore_case = true
    )]
    pub traces_exporter: TracesExporter,
    /// The Jaeger agent's host
    #[arg(
        long,
        value_name = "HOST",
        env = "TRACES_EXPORTER_JAEGER_AGENT_HOST",
        default_value = "0.0.0.0"
    )]
    pub traces_exporter_jaeger_agent_host: String,
    /// The Jaeger agent's UDP port
    #[arg(
        long,
        value_name = "PORT",
        env = "TRACES_EXPORTER_JAEGER_AGENT_PORT",
        default_value = "6831"
    )]
    pub traces_exporter_jaeger_agent_port: NonZeroU16,
    /// The service's name
    #[arg(
        long,
        value_name = "NAME",
        env = "TRACES_EXPORTER_JAEGER_SERVICE_NAME",
        default_value = "iox-conductor"
    )]
    pub traces_exporter_jaeger_service_name: String,
    /// The header in which callers send their context
    #[arg(
        long,
        value_name = "HEADER",
        env = "TRACES_EXPORTER_JAEGER_TRACE_CONTEXT_HEADER_NAME",
        default_value = "uber-trace-id"
    )]
    pub traces_exporter_jaeger_trace_context_header_name: HeaderName,
    /// The header that asks for a trace of its own
    #[arg(
        long,
        value_name = "HEADER",
        env = "TRACES_EXPORTER_JAEGER_DEBUG_NAME",
        default_value = "jaeger-debug-id"
    )]
    pub traces_jaeger_debug_name: HeaderName,
    /// Tags of the service: `key=value`, several with commas between them
    #[arg(
        long,
        value_name = "KEY=VALUE",
        env = "TRACES_EXPORTER_JAEGER_TAGS",
        value_delimiter = ','
    )]
    pub traces_jaeger_tags: Vec<JaegerTag>,
    /// How many datagrams are sent a second
    #[arg(
        long,
        value_name = "NUMBER",
        env = "TRACES_JAEGER_MAX_MSGS_PER_SECOND",
        default_value = "1000"
    )]
    pub traces_jaeger_max_msgs_per_second: NonZeroU32,
}

/// What `--traces-exporter` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TracesExporter {
    /// Nowhere
    None,
    /// To a Jaeger agent, over UDP
    Jaeger,
}

/// A tag of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JaegerTag {
    /// Not empty.
    pub key: String,
    /// Not empty.
    pub value: String,
}

/// A tag that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no tag: give a key and a value with one `=` between them, like zone=a")]
pub struct JaegerTagError(String);

impl FromStr for JaegerTag {
    type Err = JaegerTagError;

    fn from_str(text: &str) -> Result<Self, JaegerTagError> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() && !value.is_empty() && !value.contains('=') => Ok(Self {
                key: key.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err(JaegerTagError(text.to_owned())),
        }
    }
}

impl TracesArgs {
    /// Tells the options to an exporter's settings, in the place of what they say of where spans go.
    pub fn apply(&self, settings: &mut Settings) {
        settings.traces.exporters.clear();
        if self.traces_exporter == TracesExporter::None {
            return;
        }
        settings.traces.exporters.push(ExporterKind::JaegerAgent);
        settings.traces.batch.delay = BATCH_DELAY;
        settings.jaeger = JaegerSettings {
            host: self.traces_exporter_jaeger_agent_host.clone(),
            port: self.traces_exporter_jaeger_agent_port,
            messages_per_second_max: self.traces_jaeger_max_msgs_per_second,
            ..JaegerSettings::default()
        };
        let resource = &mut settings.resource;
        resource.set("service.name", &self.traces_exporter_jaeger_service_name);
        if let Ok(host) = std::env::var("HOSTNAME") {
            resource.set("hostname", host);
        }
        for tag in &self.traces_jaeger_tags {
            resource.set(&tag.key, &tag.value);
        }
    }

    /// Starts what was asked for; `None` if spans go nowhere.
    ///
    /// # Errors
    /// If the agent's host cannot be looked up, or there is no socket or thread to be had.
    pub fn start(&self) -> Result<Option<AsyncExporter>, StartError> {
        if self.traces_exporter == TracesExporter::None {
            return Ok(None);
        }
        let mut settings = Settings::default();
        self.apply(&mut settings);
        AsyncExporter::start(&settings).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser};
    use expect_test::{Expect, expect};

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        traces: TracesArgs,
    }

    /// Option, variable, default: a public interface.
    #[test]
    fn options_have_their_names_variables_and_defaults() {
        let command = Cli::command();
        let lines: Vec<_> = command
            .get_arguments()
            .map(|argument| {
                let text = |text: &std::ffi::OsStr| text.to_string_lossy().into_owned();
                let defaults: Vec<_> = argument.get_default_values().iter().map(|it| text(it)).collect();
                format!(
                    "--{} {} [{}]",
                    argument.get_long().unwrap(),
                    text(argument.get_env().unwrap()),
                    defaults.join(",")
                )
            })
            .collect();
        expect![[r#"
            --traces-exporter TRACES_EXPORTER [none]
            --traces-exporter-jaeger-agent-host TRACES_EXPORTER_JAEGER_AGENT_HOST [0.0.0.0]
            --traces-exporter-jaeger-agent-port TRACES_EXPORTER_JAEGER_AGENT_PORT [6831]
            --traces-exporter-jaeger-service-name TRACES_EXPORTER_JAEGER_SERVICE_NAME [iox-conductor]
            --traces-exporter-jaeger-trace-context-header-name TRACES_EXPORTER_JAEGER_TRACE_CONTEXT_HEADER_NAME [uber-trace-id]
            --traces-jaeger-debug-name TRACES_EXPORTER_JAEGER_DEBUG_NAME [jaeger-debug-id]
            --traces-jaeger-tags TRACES_EXPORTER_JAEGER_TAGS []
            --traces-jaeger-max-msgs-per-second TRACES_JAEGER_MAX_MSGS_PER_SECOND [1000]"#]].assert_eq(&lines.join("\n"));
    }

    fn check(arguments: &[&str], expected: Expect) {
        let parsed = Cli::try_parse_from([&["service"], arguments].concat());
        let text = match parsed {
            Ok(cli) => {
                let mut settings = Settings::default();
                cli.traces.apply(&mut settings);
                let tags: Vec<_> = cli
                    .traces
                    .traces_jaeger_tags
                    .iter()
                    .map(|tag| {
                        assert_eq!(settings.resource.get(&tag.key), Some(tag.value.as_str()));
                        format!("{}={}", tag.key, tag.value)
                    })
                    .collect();
                let jaeger = &settings.jaeger;
                format!(
                    "{:?} {}:{} {:?} {} [{}] {} {}",
                    settings.traces.exporters,
                    jaeger.host,
                    jaeger.port,
                    settings
                        .resource
                        .get("service.name")
                        .filter(|name| !name.starts_with("unknown")),
                    jaeger.messages_per_second_max,
                    tags.join(" "),
                    cli.traces.traces_exporter_jaeger_trace_context_header_name,
                    cli.traces.traces_jaeger_debug_name,
                )
            }
            Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn values_and_errors() {
        check(
            &[],
            expect!["[] localhost:6831 None 1000 [] uber-trace-id jaeger-debug-id"],
        );
        check(
            &["--traces-exporter=Jaeger"],
            expect![[
                r#"[JaegerAgent] 0.0.0.0:6831 Some("iox-conductor") 1000 [] uber-trace-id jaeger-debug-id"#
            ]],
        );
        check(
            &[
                "--traces-exporter=JAEGER",
                "--traces-exporter-jaeger-agent-host=::1",
                "--traces-exporter-jaeger-agent-port=7831",
                "--traces-exporter-jaeger-service-name=querier",
                "--traces-exporter-jaeger-trace-context-header-name=Influx-Trace-Id",
                "--traces-jaeger-debug-name=influx-debug-id",
                "--traces-jaeger-tags=zone=a,rack=7",
                "--traces-jaeger-max-msgs-per-second=5",
            ],
            expect![[
                r#"[JaegerAgent] ::1:7831 Some("querier") 5 [zone=a rack=7] influx-trace-id influx-debug-id"#
            ]],
        );
        check(
            &["--traces-exporter=zipkin"],
            expect!["error: invalid value 'zipkin' for '--traces-exporter <EXPORTER>'"],
        );
        check(
            &["--traces-exporter-jaeger-agent-port=0"],
            expect![
                "error: invalid value '0' for '--traces-exporter-jaeger-agent-port <PORT>': number would be zero for non-zero type"
            ],
        );
        check(
            &["--traces-jaeger-max-msgs-per-second=0"],
            expect![
                "error: invalid value '0' for '--traces-jaeger-max-msgs-per-second <NUMBER>': number would be zero for non-zero type"
            ],
        );
        check(
            &["--traces-jaeger-debug-name=a b"],
            expect![
                "error: invalid value 'a b' for '--traces-jaeger-debug-name <HEADER>': invalid HTTP header name"
            ],
        );
        for tags in ["a", "=b", "a=", "a=b=c", "a=b,", ""] {
            let error = Cli::try_parse_from(["service".to_owned(), format!("--traces-jaeger-tags={tags}")]);
            let error = error.unwrap_err().to_string();
            assert!(error.contains("give a key and a value"), "{tags}: {error}");
        }
    }
}
