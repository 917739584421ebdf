//! A query's plan whose operators keep their own times, as DataFusion's do, and the spans that are made of these afterwards.

use std::time::{Duration, Instant, SystemTime};

use wakeful_trace::{SpanContext, SpanExt as _, SpanStatus};

/// An operator, what it cost, and where its rows come from.
#[derive(Debug)]
pub(crate) struct Operator {
    name: &'static str,
    description: &'static str,
    metrics: Option<Metrics>,
    inputs: Vec<Operator>,
}

/// What an operator measured of itself.
#[derive(Debug, Clone, Copy)]
struct Metrics {
    start: SystemTime,
    end: SystemTime,
    elapsed_compute: Duration,
    output_rows: i64,
}

/// Runs an operator's own work.
fn measured<T>(work: impl FnOnce() -> (i64, T)) -> (Metrics, T) {
    let (start, since) = (SystemTime::now(), Instant::now());
    let (output_rows, result) = work();
    let elapsed_compute = since.elapsed();
    let metrics = Metrics {
        start,
        end: start + elapsed_compute,
        elapsed_compute,
        output_rows,
    };
    (metrics, result)
}

/// Runs the plan: scan, filter, sort.
pub(crate) async fn run() -> Operator {
    let (of_scan, rows) = measured(|| {
        let rows: Vec<i64> = (0..10_000).map(|number| number * 7_919 % 10_007).collect();
        (rows.len() as i64, rows)
    });
    tokio::task::yield_now().await;
    let (of_filter, mut rows) = measured(|| {
        let rows: Vec<i64> = rows.into_iter().filter(|number| number % 3 == 0).collect();
        (rows.len() as i64, rows)
    });
    let (of_sort, ()) = measured(|| {
        rows.sort_unstable();
        (rows.len() as i64, ())
    });
    let scan = Operator {
        name: "ParquetExec",
        description: "rows=10000",
        metrics: Some(of_scan),
        // A source that measures nothing: its span has its parent's times.
        inputs: vec![Operator {
            name: "ObjectStore",
            description: "in memory",
            metrics: None,
            inputs: Vec::new(),
        }],
    };
    let filter = Operator {
        name: "FilterExec",
        description: "number % 3 = 0",
        metrics: Some(of_filter),
        inputs: vec![scan],
    };
    Operator {
        name: "SortExec",
        description: "number ASC",
        metrics: Some(of_sort),
        inputs: vec![filter],
    }
}

impl Operator {
    pub(crate) fn output_rows(&self) -> i64 {
        self.metrics.map_or(0, |metrics| metrics.output_rows)
    }

    /// Makes a span of each operator, each under the one that it feeds.
    pub(crate) fn record(&self, parent: Option<&SpanContext>) {
        let now = SystemTime::now();
        self.record_within(parent, (now, now));
    }

    fn record_within(&self, parent: Option<&SpanContext>, parents: (SystemTime, SystemTime)) {
        let Some(mut span) = parent.child_span(self.name) else {
            return;
        };
        span.metadata.insert("desc", self.description);
        let times = match self.metrics {
            Some(metrics) => {
                let nanos = i64::try_from(metrics.elapsed_compute.as_nanos()).unwrap_or(i64::MAX);
                span.metadata.insert("output_rows", metrics.output_rows);
                span.metadata.insert("elapsed_compute_nanos", nanos);
                (metrics.start, metrics.end)
            }
            None => {
                span.metadata.insert("missing_statistics", true);
                parents
            }
        };
        (span.start, span.end) = (Some(times.0), Some(times.1));
        span.status(SpanStatus::Ok);
        for input in &self.inputs {
            input.record_within(Some(&span.context), times);
        }
        span.export();
    }
}
