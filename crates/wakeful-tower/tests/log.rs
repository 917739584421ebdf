//! What the layer says in the application's log.

use std::convert::Infallible;
use std::task::{Context, Waker};

use bytes::Bytes;
use expect_test::expect;
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer as _, ServiceExt as _, service_fn};
use wakeful_subscriber::{FieldValue, FinishedSpan, LogRecord, Loss, Settings, Sink, recorder};
use wakeful_tower::{Protocol, TraceLayer};

/// What is logged.
#[derive(Default)]
struct Lines(Vec<String>);

impl Sink for Lines {
    fn span(&mut self, _: &FinishedSpan<'_>) {}
    fn lost(&mut self, _: &Loss<'_>) {}

    fn log(&mut self, record: &LogRecord<'_>) {
        let text = |value: FieldValue<'_>| match value {
            FieldValue::Str(text) | FieldValue::Formatted(text) => text.to_owned(),
            other => format!("{other:?}"),
        };
        self.0.push(text(record.message));
        let fields = record.fields.clone();
        self.0
            .extend(fields.map(|(key, value)| format!("  {key}={}", text(value))));
    }
}

/// A caller who goes away is told with its own context, recorded or not; one whose headers are none is told of them.
#[test]
fn who_goes_away_and_who_cannot_be_read() {
    let (recorder, mut drain) = recorder(Settings {
        log_records: "debug".parse().ok(),
        ..Settings::default()
    });
    tracing::subscriber::with_default(recorder.subscriber(), || {
        for header in ["abc:def:0:0", "junk"] {
            let service =
                TraceLayer::new("request", Protocol::Http).layer(service_fn(async |_: Request<()>| {
                    std::future::pending::<Result<Response<Full<Bytes>>, Infallible>>().await
                }));
            let request = Request::get("/slow").header("uber-trace-id", header);
            let mut answer = Box::pin(service.oneshot(request.body(()).unwrap()));
            let polled = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        }
    });
    let mut lines = Lines::default();
    drain.finish(&mut lines);
    expect![[r#"
        request cancelled before the head of the answer
          trace_id=00000000000000000000000000000abc
          span_id=0000000000000def
          method=GET
          path=/slow
        header uber-trace-id has not the form {trace id}:{span id}:{parent id}:{flags} in hex
          path=/slow
          others=U64(0)"#]]
    .assert_eq(&lines.0.join("\n"));
}
