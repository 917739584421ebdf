//! Each variable has the effect that the table says, seen from the other end.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use wakeful::{LostCause, VARIABLES};
use wakeful_model::{Span, SpanBatch};

use crate::exporters::builder;
use crate::receiver::{Arrival, Arrivals, Grpc, Http, Peer, Reply};

/// Long enough for whoever receives; some variables lead a signal to nobody, who is waited for.
const LONG: Duration = Duration::from_secs(10);

/// What a receiver takes that is too slow for some.
const SOON: Duration = Duration::from_millis(300);

/// So long that a busy machine adds less than four times as much.
const LATE: Duration = Duration::from_secs(2);

/// What was seen at the other end, and what was lost.
struct Seen {
    arrivals: Vec<Arrival>,
    lost: wakeful::Lost,
    took: Duration,
}

impl Seen {
    fn spans(&self) -> Vec<Span> {
        self.traces().into_iter().flat_map(|it| it.spans).collect()
    }

    fn traces(&self) -> Vec<SpanBatch> {
        self.arrivals.iter().map(|it| it.traces.clone()).collect()
    }

    fn resource(&self, key: &str) -> Option<String> {
        // A request for log records is not read that far.
        let resources = self.traces().into_iter().flat_map(|it| it.resources);
        let mut values = resources.filter_map(|it| it.attribute(key)?.as_str().map(str::to_owned));
        values.next()
    }

    fn logs(&self) -> usize {
        self.arrivals.iter().map(|it| it.logs.len()).sum()
    }

    fn requests(&self, path: &str) -> usize {
        self.arrivals.iter().filter(|it| it.path.ends_with(path)).count()
    }
}

/// Five spans with an event, links and attributes, and as many log records.
fn work() {
    for number in 0..5 {
        let span = tracing::info_span!("work", number, text = "abcdefgh");
        tracing::info_span!("other").in_scope(|| span.follows_from(tracing::Span::current()));
        tracing::info_span!("third").in_scope(|| span.follows_from(tracing::Span::current()));
        span.in_scope(|| {
            tracing::info!(text = "abcdefgh", number, "one");
            tracing::info!("two");
        });
    }
}

/// Works with these variables beside those that lead to the receiver.
fn see(receiver: &Arrivals, variables: &[(&str, &str)]) -> Seen {
    let mut all = variables.to_vec();
    all.push(("OTEL_LOGS_EXPORTER", "otlp"));
    let builder = builder(&all);
    // The name comes from the variables here.
    let builder = match variables
        .iter()
        .any(|(name, _)| name.contains("SERVICE") || name.contains("RESOURCE"))
    {
        true => builder.export({
            let variables: Vec<(String, String)> = variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            move |settings| {
                let mut fresh = wakeful::ExportSettings::default();
                wakeful_export::read_environment(&mut fresh, |name| {
                    variables
                        .iter()
                        .find(|(known, _)| known == name)
                        .map(|(_, value)| value.clone())
                });
                settings.resource = fresh.resource;
            }
        }),
        false => builder,
    };
    let begin = Instant::now();
    let (dispatch, guard) = builder.build().unwrap();
    tracing::dispatcher::with_default(&dispatch, work);
    let lost = guard.shutdown_blocking(LONG);
    Seen {
        arrivals: receiver.all(),
        lost,
        took: begin.elapsed(),
    }
}

type Check = Box<dyn Fn(&str)>;

/// Sends to an HTTP receiver with one variable set.
fn http(value: &'static str, check: impl Fn(&Seen) -> bool + 'static) -> Check {
    http_beside(&[], value, check)
}

fn http_beside(
    beside: &'static [(&'static str, &'static str)],
    value: &'static str,
    check: impl Fn(&Seen) -> bool + 'static,
) -> Check {
    Box::new(move |name| {
        let receiver = Http::start(|_| Reply::ok());
        let url = receiver.url();
        let mut variables = vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ];
        variables.extend_from_slice(beside);
        // The first of a name is heeded.
        variables.insert(0, (name, value));
        let seen = see(&receiver.arrivals, &variables);
        assert!(check(&seen), "{name}={value}: {:#?} {}", seen.arrivals, seen.lost);
    })
}

/// Sends to a receiver that answers after a while; what is expected of the time is checked too.
fn slow(
    after: Duration,
    beside: &'static [(&'static str, &'static str)],
    value: &'static str,
    check: impl Fn(&Seen) -> bool + 'static,
) -> Check {
    Box::new(move |name| {
        let receiver = Http::start(move |_| Reply { after, ..Reply::ok() });
        let url = receiver.url();
        let mut variables = vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ];
        variables.extend_from_slice(beside);
        // The first of a name is heeded.
        variables.insert(0, (name, value));
        let seen = see(&receiver.arrivals, &variables);
        assert!(
            check(&seen),
            "{name}={value}: {} after {:?}",
            seen.lost,
            seen.took
        );
    })
}

/// Sends with a path or protocol of the signal's own: `value` gets the receiver's URL in the place of `URL`.
fn at(value: &'static str, check: impl Fn(&Seen) -> bool + 'static) -> Check {
    Box::new(move |name| {
        let receiver = Http::start(|_| Reply::ok());
        let value = value.replace("URL", &receiver.url());
        let nowhere = format!("http://{}", Peer::None.start());
        let mut variables = vec![("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")];
        if name != "OTEL_EXPORTER_OTLP_ENDPOINT" {
            variables.push(("OTEL_EXPORTER_OTLP_ENDPOINT", nowhere.as_str()));
        }
        variables.push((name, value.as_str()));
        let seen = see(&receiver.arrivals, &variables);
        assert!(check(&seen), "{name}={value}: {:#?}", seen.arrivals);
    })
}

/// Says gRPC to a gRPC receiver.
fn grpc(check: impl Fn(&Seen) -> bool + 'static) -> Check {
    Box::new(move |name| {
        let receiver = Grpc::start();
        let url = receiver.url();
        let seen = see(
            &receiver.arrivals,
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()), (name, "grpc")],
        );
        assert!(check(&seen), "{name}: {:#?}", seen.arrivals);
    })
}

/// Leaves the scheme out.
fn insecure(check: impl Fn(&Seen) -> bool + 'static) -> Check {
    Box::new(move |name| {
        let receiver = Grpc::start();
        let address = receiver.address.to_string();
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str()),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", address.as_str()),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", address.as_str()),
            (name, "true"),
        ];
        let seen = see(&receiver.arrivals, &variables);
        assert!(check(&seen), "{name}: {:#?}", seen.arrivals);
    })
}

/// A file of certificates that is none keeps the exporter from starting, and the error names the file.
fn bad_file() -> Check {
    Box::new(|name| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.pem");
        std::fs::write(&path, "none").unwrap();
        let variables = [
            ("OTEL_LOGS_EXPORTER", "otlp"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:1"),
            (name, path.to_str().unwrap()),
        ];
        let error = builder(&variables).build().unwrap_err().to_string();
        assert!(
            error.contains("none.pem") || error.contains("belong together"),
            "{name}: {error}"
        );
    })
}

fn cases() -> Vec<(&'static str, Check)> {
    let texts = |seen: &Seen, length: usize| {
        let spans = seen.spans();
        let mut works = spans.iter().filter(|span| span.name == "work");
        works.all(|span| span.attribute("text").unwrap().as_str().unwrap().len() == length)
    };
    let attributes = |seen: &Seen, max: usize| {
        // Busy and idle times are the recorder's own and not counted.
        let own = ["busy_ns", "idle_ns", "wakeful.intervals"];
        let spans = seen.spans();
        let count = |span: &Span| {
            span.attributes
                .iter()
                .filter(|it| !own.contains(&it.key.as_str()))
                .count()
        };
        spans
            .iter()
            .all(|span| count(span) <= max && span.dropped_attributes_count > 0)
    };
    let log_text = |seen: &Seen, length: usize| {
        let logs = seen.arrivals.iter().flat_map(|it| &it.log_attributes);
        let mut texts = logs.flatten().filter(|(key, _)| key == "text");
        let text = format!("\"{}\"", &"abcdefgh"[..length]);
        texts.all(|(_, value)| value.contains(&text))
    };
    let logs_max = |seen: &Seen, max: usize| {
        let mut logs = seen.arrivals.iter().flat_map(|it| &it.log_attributes);
        logs.all(|it| it.len() <= max)
    };
    let header = |seen: &Seen, path: &str| {
        let mut of_path = seen.arrivals.iter().filter(|it| it.path.ends_with(path));
        of_path.all(|it| it.header("x-key") == Some("a b"))
    };
    let gzip = |seen: &Seen, path: &str| {
        let mut of_path = seen.arrivals.iter().filter(|it| it.path.ends_with(path));
        of_path.all(|it| it.header("content-encoding") == Some("gzip"))
    };
    let failed = |seen: &Seen| seen.lost.spans() > 0;
    let logs_failed = |seen: &Seen| seen.lost.logs() > 0;
    vec![
        (
            "OTEL_SDK_DISABLED",
            http("true", |seen| seen.arrivals.is_empty() && seen.lost.is_nothing()),
        ),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            http("a=x%20y, service.name=cart", |seen| {
                seen.resource("a").as_deref() == Some("x y")
                    && seen.resource("service.name").as_deref() == Some("cart")
            }),
        ),
        (
            "OTEL_SERVICE_NAME",
            http_beside(
                &[("OTEL_RESOURCE_ATTRIBUTES", "service.name=cart")],
                "till",
                |seen| seen.resource("service.name").as_deref() == Some("till"),
            ),
        ),
        (
            "OTEL_TRACES_SAMPLER",
            http("always_off", |seen| seen.spans().is_empty() && seen.logs() == 10),
        ),
        (
            "OTEL_TRACES_SAMPLER_ARG",
            http_beside(&[("OTEL_TRACES_SAMPLER", "traceidratio")], "0", |seen| {
                seen.spans().is_empty()
            }),
        ),
        // What it chooses is written into requests; here it must be taken without complaint.
        (
            "OTEL_PROPAGATORS",
            http("b3,jaeger", |_| {
                let names: Vec<_> = wakeful::propagator()
                    .formats()
                    .iter()
                    .map(|it| it.name())
                    .collect();
                names == ["b3", "jaeger"]
            }),
        ),
        (
            "OTEL_TRACES_EXPORTER",
            http("none", |seen| seen.spans().is_empty() && seen.logs() == 10),
        ),
        (
            "OTEL_LOGS_EXPORTER",
            http("none", |seen| seen.spans().len() == 15 && seen.logs() == 0),
        ),
        ("OTEL_BSP_SCHEDULE_DELAY", arrives_unasked("/v1/traces")),
        (
            "OTEL_BSP_MAX_QUEUE_SIZE",
            slow(SOON, &[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "3")], "3", |seen| {
                seen.lost
                    .by_cause()
                    .any(|(cause, count)| cause == LostCause::QueueFull && (3..=12).contains(&count.spans))
            }),
        ),
        (
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
            http("4", |seen| {
                let sizes: Vec<_> = seen
                    .traces()
                    .iter()
                    .map(|it| it.spans.len())
                    .filter(|size| *size > 0)
                    .collect();
                sizes == [4, 4, 4, 3]
            }),
        ),
        ("OTEL_BSP_EXPORT_TIMEOUT", slow(SOON, &[], "100", failed)),
        (
            "OTEL_BSP_MAX_CONCURRENT_EXPORTS",
            slow(LATE, &[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "3")], "5", |seen| {
                // Five batches: one after the other they would take five times as long.
                seen.spans().len() == 15 && seen.took < 5 * LATE
            }),
        ),
        ("OTEL_BLRP_SCHEDULE_DELAY", arrives_unasked("/v1/logs")),
        (
            "OTEL_BLRP_MAX_QUEUE_SIZE",
            slow(SOON, &[("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "3")], "3", |seen| {
                seen.lost
                    .by_cause()
                    .any(|(cause, count)| cause == LostCause::QueueFull && (1..=7).contains(&count.logs))
            }),
        ),
        (
            "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
            http("4", |seen| {
                let sizes: Vec<_> = seen
                    .arrivals
                    .iter()
                    .map(|it| it.logs.len())
                    .filter(|size| *size > 0)
                    .collect();
                sizes == [4, 4, 2]
            }),
        ),
        ("OTEL_BLRP_EXPORT_TIMEOUT", slow(SOON, &[], "100", logs_failed)),
        (
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            http("3", move |seen| texts(seen, 3) && log_text(seen, 3)),
        ),
        (
            "OTEL_ATTRIBUTE_COUNT_LIMIT",
            http("2", move |seen| attributes(seen, 2) && logs_max(seen, 2)),
        ),
        (
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            http("3", move |seen| texts(seen, 3) && log_text(seen, 8)),
        ),
        (
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
            http("2", move |seen| attributes(seen, 2) && !logs_max(seen, 2)),
        ),
        (
            "OTEL_SPAN_EVENT_COUNT_LIMIT",
            http("1", |seen| {
                let spans = seen.spans();
                let mut works = spans.iter().filter(|span| span.name == "work");
                works.all(|span| span.events.len() == 1 && span.dropped_events_count == 1)
            }),
        ),
        (
            "OTEL_SPAN_LINK_COUNT_LIMIT",
            http("1", |seen| {
                let spans = seen.spans();
                let mut works = spans.iter().filter(|span| span.name == "work");
                works.all(|span| span.links.len() == 1 && span.dropped_links_count == 1)
            }),
        ),
        (
            "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
            http("1", |seen| {
                let events: Vec<_> = seen.spans().into_iter().flat_map(|span| span.events).collect();
                events.len() == 10 && events.iter().all(|event| event.attributes.len() == 1)
            }),
        ),
        (
            "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            http("3", move |seen| texts(seen, 8) && log_text(seen, 3)),
        ),
        (
            "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
            http("2", move |seen| logs_max(seen, 2)),
        ),
        (
            "OTEL_EXPORTER_OTLP_INSECURE",
            insecure(|seen| seen.spans().len() == 15 && seen.logs() == 10),
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
            insecure(|seen| seen.spans().len() == 15 && seen.logs() == 0),
        ),
        (
            "OTEL_EXPORTER_OTLP_LOGS_INSECURE",
            insecure(|seen| seen.spans().is_empty() && seen.logs() == 10),
        ),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            at("URL/base", |seen| {
                seen.requests("/base/v1/traces") > 0 && seen.requests("/base/v1/logs") > 0
            }),
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            at("URL/mine", |seen| seen.requests("/mine") == 1 && seen.logs() == 0),
        ),
        (
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            at("URL/my/logs", |seen| {
                seen.requests("/my/logs") == 1 && seen.spans().is_empty()
            }),
        ),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            grpc(|seen| seen.requests("TraceService") == 1 && seen.requests("LogsService") == 1),
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            grpc(|seen| seen.requests("TraceService") == 1),
        ),
        (
            "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
            grpc(|seen| seen.requests("LogsService") == 1),
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            http("x-key=a%20b", move |seen| {
                header(seen, "/v1/traces") && header(seen, "/v1/logs")
            }),
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
            http("x-key=a%20b", move |seen| {
                header(seen, "/v1/traces") && !header(seen, "/v1/logs")
            }),
        ),
        (
            "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
            http("x-key=a%20b", move |seen| {
                header(seen, "/v1/logs") && !header(seen, "/v1/traces")
            }),
        ),
        (
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            slow(SOON, &[], "100", move |seen| failed(seen) && logs_failed(seen)),
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
            slow(SOON, &[], "100", move |seen| failed(seen) && seen.logs() == 10),
        ),
        (
            "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
            slow(SOON, &[], "100", move |seen| {
                logs_failed(seen) && seen.spans().len() == 15
            }),
        ),
        (
            "OTEL_EXPORTER_OTLP_COMPRESSION",
            http("gzip", move |seen| {
                gzip(seen, "/v1/traces") && gzip(seen, "/v1/logs")
            }),
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
            http("gzip", move |seen| {
                gzip(seen, "/v1/traces") && !gzip(seen, "/v1/logs")
            }),
        ),
        (
            "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
            http("gzip", move |seen| {
                gzip(seen, "/v1/logs") && !gzip(seen, "/v1/traces")
            }),
        ),
        // That good files are used is shown by the tests of TLS.
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", bad_file()),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", bad_file()),
        ("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", bad_file()),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", bad_file()),
        ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", bad_file()),
        ("OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE", bad_file()),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", bad_file()),
        ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", bad_file()),
        ("OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", bad_file()),
    ]
}

/// With a short delay things come without being asked for.
fn arrives_unasked(path: &'static str) -> Check {
    Box::new(move |name| {
        let receiver = Http::start(|_| Reply::ok());
        let url = receiver.url();
        let (dispatch, guard) = builder(&[
            ("OTEL_LOGS_EXPORTER", "otlp"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            (name, "20"),
            ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "3600000"),
        ])
        .build()
        .unwrap();
        tracing::dispatcher::with_default(&dispatch, work);
        let all = receiver.arrivals.wait(path, |all| !all.is_empty());
        assert!(all.iter().all(|it| it.path == path), "{name}: {all:?}");
        drop(guard);
    })
}

#[test]
fn every_variable_has_its_effect() {
    let cases = cases();
    let tested: BTreeSet<_> = cases.iter().map(|(name, _)| *name).collect();
    let known: BTreeSet<_> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(tested, known);
    for (name, check) in cases {
        check(name);
    }
}

#[test]
fn docs_have_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/exporting.md");
    let text = std::fs::read_to_string(path).unwrap();
    for variable in VARIABLES {
        let row = format!(
            "| `{}` | {} | {} | {} |",
            variable.name, variable.takes, variable.default, variable.meaning
        );
        assert!(text.contains(&row), "docs/exporting.md lacks\n{row}");
    }
}

#[test]
fn a_bad_value_is_said_once_and_names_everything() {
    let check = |name: &str, value: &str, expected: &str| {
        let mut settings = wakeful::ExportSettings::default();
        let lookup = |wanted: &str| (wanted == name).then(|| value.to_owned());
        let problems = wakeful_export::read_environment(&mut settings, lookup);
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let expected: Vec<&str> = Some(expected).filter(|it| !it.is_empty()).into_iter().collect();
        assert_eq!(said, expected);
    };
    check("OTEL_BSP_SCHEDULE_DELAY", "", "");
    check("OTEL_BSP_SCHEDULE_DELAY", " 7 ", "");
    check(
        "OTEL_BSP_SCHEDULE_DELAY",
        "1s",
        "OTEL_BSP_SCHEDULE_DELAY=\"1s\" is not a whole number; using 5000",
    );
    check(
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        "4096",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=\"4096\" is more than the queue holds; using the queue's 2048",
    );
    check(
        "OTEL_TRACES_EXPORTER",
        "zipkin",
        "OTEL_TRACES_EXPORTER=\"zipkin\" has \"zipkin\", which is none of otlp, console and none; using otlp",
    );
    check(
        "OTEL_TRACES_SAMPLER_ARG",
        "0.5",
        "OTEL_TRACES_SAMPLER_ARG=\"0.5\" is for the samplers traceidratio and parentbased_traceidratio alone; using 1",
    );
    // What may be a secret is not repeated.
    check(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "key secret",
        "OTEL_EXPORTER_OTLP_HEADERS has an entry without `=`; using none",
    );
}
