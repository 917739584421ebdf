//! Counts, durations and sizes of requests.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, Uri};

use crate::Outcome;

/// Upper bounds in seconds; one more bucket is for what is longer.
const DURATION_BOUNDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Upper bounds in bytes; one more bucket is for what is larger.
const SIZE_BOUNDS: [f64; 6] = [1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
/// How many label sets are kept apart; what comes after that shares the path `other`.
const SERIES_MAX: usize = 2_000;
/// Longer paths are cut, as if they had too many segments.
const PATH_BYTES_MAX: usize = 256;

/// What is counted, and so how the metrics are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricFamily {
    /// `http_requests`, `http_request_duration`, `http_response_body_size_bytes`.
    HttpServer,
    /// `grpc_requests` and its sisters.
    GrpcServer,
    /// `http_client_requests` and its sisters.
    HttpClient,
    /// `grpc_client_requests` and its sisters.
    GrpcClient,
}

impl MetricFamily {
    const fn prefix(self) -> &'static str {
        match self {
            Self::HttpServer => "http",
            Self::GrpcServer => "grpc",
            Self::HttpClient => "http_client",
            Self::GrpcClient => "grpc_client",
        }
    }

    /// gRPC has one method, POST: it would say nothing.
    const fn has_method(self) -> bool {
        matches!(self, Self::HttpServer | Self::HttpClient)
    }
}

/// Requests by path, method and status. Cheap to clone: clones count together.
#[derive(Debug, Clone)]
pub struct RequestMetrics {
    family: MetricFamily,
    path_segments_max: usize,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    series: HashMap<Labels, Series>,
    /// Paths at which a request did not fail by its caller's fault: those that somebody serves.
    served: HashSet<Box<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Labels {
    path: Option<Box<str>>,
    method: Option<Box<str>>,
    status: &'static str,
}

#[derive(Debug, Default)]
struct Series {
    requests: u64,
    duration: Histogram<{ DURATION_BOUNDS.len() + 1 }>,
    size: Histogram<{ SIZE_BOUNDS.len() + 1 }>,
}

#[derive(Debug)]
struct Histogram<const BUCKETS: usize> {
    counts: [u64; BUCKETS],
    sum: f64,
}

impl<const BUCKETS: usize> Default for Histogram<BUCKETS> {
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
            sum: 0.0,
        }
    }
}

impl<const BUCKETS: usize> Histogram<BUCKETS> {
    fn record(&mut self, value: f64, bounds: &[f64]) {
        let bucket = bounds.partition_point(|bound| *bound < value);
        self.counts[bucket] += 1;
        self.sum += value;
    }
}

/// One request that has ended.
pub(crate) struct Ended<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    /// `None` if it was dropped before its end.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) duration: Duration,
    pub(crate) body_bytes: u64,
}

impl RequestMetrics {
    /// Counts requests under the names of `family`.
    pub fn new(family: MetricFamily) -> Self {
        Self {
            family,
            path_segments_max: usize::MAX,
            counts: Arc::default(),
        }
    }

    /// Keeps the first `segments` of a path, at least one, and writes `*` for the rest: `/a/b/c` becomes `/a/b/*`.
    #[must_use]
    pub fn with_max_path_segments(mut self, segments: usize) -> Self {
        self.path_segments_max = segments.max(1);
        self
    }

    pub(crate) fn record(&self, request: &Ended<'_>) {
        let path = self.shorten(request.uri.path());
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let Counts { series, served } = &mut *counts;
        // Paths and methods that nobody serves are the caller's invention, and without end. That a request without a permit was
        // refused does not say that there is something at its path.
        let is_served = match request.outcome {
            Some(Outcome::PathNotFound) => false,
            Some(Outcome::ClientError) | None => served.contains(&path),
            Some(_) => true,
        };
        if is_served && served.len() < SERIES_MAX && !served.contains(&path) {
            served.insert(path.clone());
        }
        let path = is_served.then_some(path);
        let method = (self.family.has_method() && request.outcome != Some(Outcome::MethodNotAllowed))
            .then(|| request.method.as_str().into());
        let mut labels = Labels {
            path,
            method,
            status: request.outcome.map_or("aborted", Outcome::label),
        };
        if series.len() >= SERIES_MAX && !series.contains_key(&labels) {
            labels.path = Some("other".into());
            labels.method = None;
        }
        let series = series.entry(labels).or_default();
        series.requests += 1;
        series
            .duration
            .record(request.duration.as_secs_f64(), &DURATION_BOUNDS);
        series.size.record(request.body_bytes as f64, &SIZE_BOUNDS);
    }

    fn shorten(&self, path: &str) -> Box<str> {
        let short = match path.as_bytes().get(..=PATH_BYTES_MAX) {
            // To the last segment that is whole.
            Some(start) => start
                .iter()
                .rposition(|byte| *byte == b'/')
                .map_or("", |at| &path[..at]),
            None => path,
        };
        let mut slashes = short.match_indices('/').skip(self.path_segments_max);
        match slashes.next() {
            Some((at, _)) => format!("{}/*", &short[..at]).into(),
            None if short.len() < path.len() => format!("{short}/*").into(),
            None => path.into(),
        }
    }

    /// The metrics in Prometheus' text form, series in order of their labels.
    pub fn prometheus(&self) -> String {
        let all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = all.series.iter().collect();
        all.sort_by_key(|(labels, _)| *labels);
        let prefix = self.family.prefix();
        let mut text = Text::default();
        text.head(&format!("{prefix}_requests_total"), "counter");
        for (labels, series) in &all {
            text.sample(
                &format!("{prefix}_requests_total"),
                labels,
                None,
                &series.requests,
            );
        }
        let name = format!("{prefix}_request_duration_seconds");
        text.head(&name, "histogram");
        for (labels, series) in &all {
            text.histogram(&name, labels, &series.duration, &DURATION_BOUNDS);
        }
        let name = format!("{prefix}_response_body_size_bytes");
        text.head(&name, "histogram");
        for (labels, series) in &all {
            text.histogram(&name, labels, &series.size, &SIZE_BOUNDS);
        }
        text.0
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str) {
        self.0.push_str(&format!("# TYPE {name} {kind}\n"));
    }

    fn histogram<const BUCKETS: usize>(
        &mut self,
        name: &str,
        labels: &Labels,
        histogram: &Histogram<BUCKETS>,
        bounds: &[f64],
    ) {
        let mut below = 0;
        for (at, count) in histogram.counts.iter().enumerate() {
            below += count;
            let bound = bounds
                .get(at)
                .map_or_else(|| "+Inf".to_owned(), ToString::to_string);
            self.sample(&format!("{name}_bucket"), labels, Some(&bound), &below);
        }
        self.sample(&format!("{name}_sum"), labels, None, &histogram.sum);
        self.sample(&format!("{name}_count"), labels, None, &below);
    }

    fn sample(&mut self, name: &str, labels: &Labels, bound: Option<&str>, value: &dyn fmt::Display) {
        self.0.push_str(name);
        let method_path = labels.method.as_ref().zip(labels.path.as_ref());
        let method_path = method_path.map(|(method, path)| format!("{method} {path}"));
        let mut separator = '{';
        for (key, value) in [
            ("path", labels.path.as_deref()),
            ("method", labels.method.as_deref()),
            ("method_path", method_path.as_deref()),
            ("status", Some(labels.status)),
            ("le", bound),
        ] {
            if let Some(value) = value {
                let escaped = value
                    .replace('\\', r"\\")
                    .replace('"', "\\\"")
                    .replace('\n', r"\n");
                // Writing into a text cannot fail.
                let _ = write!(self.0, "{separator}{key}=\"{escaped}\"");
                separator = ',';
            }
        }
        let _ = writeln!(self.0, "}} {value}");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn record(metrics: &RequestMetrics, method: &Method, path: &str, outcome: Option<Outcome>) {
        metrics.record(&Ended {
            method,
            uri: &path.parse().unwrap(),
            outcome,
            duration: Duration::from_millis(5),
            body_bytes: 100,
        });
    }

    fn requests(metrics: &RequestMetrics) -> String {
        let text = metrics.prometheus();
        let counters = text.lines().filter(|line| line.contains("_requests_total{"));
        counters.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_a_caller_invents_is_no_label() {
        let metrics = RequestMetrics::new(MetricFamily::HttpServer);
        record(&metrics, &Method::GET, "/a?secret=1", Some(Outcome::Ok));
        record(&metrics, &Method::GET, "/nowhere", Some(Outcome::PathNotFound));
        record(
            &metrics,
            &Method::from_bytes(b"BREW").unwrap(),
            "/a",
            Some(Outcome::MethodNotAllowed),
        );
        record(&metrics, &Method::GET, "/a", None);
        // Without a permit, at any path: of those that somebody serves the path is told.
        for path in ["/a", "/b", "/c"] {
            record(&metrics, &Method::GET, path, Some(Outcome::ClientError));
        }
        record(&metrics, &Method::GET, "/gone", None);
        expect![[r#"
            http_requests_total{method="GET",status="aborted"} 1
            http_requests_total{method="GET",status="client_error"} 3
            http_requests_total{path="/a",status="client_error"} 1
            http_requests_total{path="/a",method="GET",method_path="GET /a",status="aborted"} 1
            http_requests_total{path="/a",method="GET",method_path="GET /a",status="client_error"} 1
            http_requests_total{path="/a",method="GET",method_path="GET /a",status="ok"} 1"#]]
        .assert_eq(&requests(&metrics));
    }

    #[test]
    fn long_paths_are_shortened_and_grpc_has_no_method() {
        let metrics = RequestMetrics::new(MetricFamily::GrpcClient).with_max_path_segments(2);
        for path in ["/", "/a", "/a/b", "/a/b/c", "/a/b/d/e"] {
            record(&metrics, &Method::POST, path, Some(Outcome::Ok));
        }
        expect![[r#"
            grpc_client_requests_total{path="/",status="ok"} 1
            grpc_client_requests_total{path="/a",status="ok"} 1
            grpc_client_requests_total{path="/a/b",status="ok"} 1
            grpc_client_requests_total{path="/a/b/*",status="ok"} 2"#]]
        .assert_eq(&requests(&metrics));
    }

    #[test]
    fn the_length_of_a_path_has_an_end() {
        let check = |path: &str, expected: &str| {
            let metrics = RequestMetrics::new(MetricFamily::GrpcServer);
            record(&metrics, &Method::POST, path, Some(Outcome::Ok));
            let expected = format!("grpc_requests_total{{path=\"{expected}\",status=\"ok\"}} 1");
            assert_eq!(requests(&metrics), expected);
        };
        check(
            &format!("/a/{}", "b".repeat(253)),
            &format!("/a/{}", "b".repeat(253)),
        );
        check(&format!("/a/{}", "b".repeat(254)), "/a/*");
        check(&format!("/{}", "b".repeat(9_000)), "/*");
    }

    #[test]
    fn the_number_of_series_has_an_end() {
        let metrics = RequestMetrics::new(MetricFamily::HttpServer);
        for path in 0..5_000 {
            record(&metrics, &Method::GET, &format!("/{path}"), Some(Outcome::Ok));
        }
        assert!(requests(&metrics).lines().count() <= SERIES_MAX + 1);
        assert!(requests(&metrics).contains(r#"http_requests_total{path="other",status="ok"} 3000"#));
    }

    #[test]
    fn histograms_count_up_and_end_at_infinity() {
        let metrics = RequestMetrics::new(MetricFamily::GrpcServer);
        record(&metrics, &Method::POST, "/s/m", Some(Outcome::Ok));
        let text = metrics.prometheus();
        let of = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!(of("grpc_request_duration_seconds_bucket"), 14);
        assert_eq!(of("grpc_response_body_size_bytes_bucket"), 7);
        for line in [
            r#"grpc_request_duration_seconds_bucket{path="/s/m",status="ok",le="0.0025"} 0"#,
            r#"grpc_request_duration_seconds_bucket{path="/s/m",status="ok",le="0.005"} 1"#,
            r#"grpc_request_duration_seconds_bucket{path="/s/m",status="ok",le="+Inf"} 1"#,
            r#"grpc_response_body_size_bytes_bucket{path="/s/m",status="ok",le="100"} 1"#,
            r#"grpc_response_body_size_bytes_sum{path="/s/m",status="ok"} 100"#,
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} is not in\n{text}"
            );
        }
    }
}
