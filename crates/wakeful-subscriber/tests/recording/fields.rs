//! Values of every type, and what is known of a span without them.

use std::cell::RefCell;
use std::fmt;

use expect_test::expect;
use tracing::{Span, field, info, info_span, instrument};
use wakeful_subscriber::{FieldValue, FinishedSpan, LogRecord, Loss, Settings, Sink, recorder};

use crate::rendered::check;

#[derive(Debug)]
struct Failure(&'static str, Option<Box<Failure>>);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.1.as_deref().map(|source| source as _)
    }
}

#[test]
fn every_type_keeps_its_type() {
    check(
        || {
            let _span = info_span!(
                "all",
                i = -1_i64,
                u = u64::MAX,
                i128 = i128::MIN,
                u128 = u128::MAX,
                f = 0.5,
                b = true,
                s = "text",
                bytes = b"\x00\xff".as_slice(),
                debug = ?Some("x"),
                display = %"shown",
                empty = field::Empty,
                optional = None::<u64>,
            );
        },
        expect![[r#"
            all i=I64(-1) u=U64(18446744073709551615) i128=I128(-170141183460469231731687303715884105728) u128=U128(340282366920938463463374607431768211455) f=F64(0.5) b=Bool(true) s=Str("text") bytes=Bytes([0, 255]) debug=Formatted("Some(\"x\")") display=Formatted("shown")
        "#]],
    );
}

#[test]
fn the_later_value_of_a_key_wins() {
    check(
        || {
            let span = info_span!("late", a = 1, b = field::Empty, c = 3);
            span.record("b", "first");
            span.record("a", 2);
            span.record("b", "second");
            span.record("no such field", 1);
        },
        expect![[r#"
            late c=I64(3) a=I64(2) b=Str("second")
        "#]],
    );
}

#[test]
fn an_error_comes_with_its_sources() {
    check(
        || {
            let error = Failure(
                "outer",
                Some(Box::new(Failure("inner", Some(Box::new(Failure("root", None)))))),
            );
            let error: &(dyn std::error::Error + 'static) = &error;
            let _span = info_span!("failing", error).entered();
            info!(error, "an event");
        },
        expect![[r#"
            failing error=Formatted("outer") error.chain=List(["inner", "root"]) exception.message=Formatted("outer") exception.stacktrace=List(["inner", "root"])
              event "an event" level=Str("INFO") error=Formatted("outer") error.chain=List(["inner", "root"]) exception.message=Formatted("outer") exception.stacktrace=List(["inner", "root"])
        "#]],
    );
}

#[instrument(skip(secret), fields(late = field::Empty), ret)]
fn instrumented(number: u32, text: &str, secret: &str) -> usize {
    Span::current().record("late", secret.len());
    text.len()
}

#[test]
fn arguments_of_instrumented_functions_are_fields() {
    check(
        || {
            instrumented(7, "text", "secret");
        },
        expect![[r#"
            instrumented number=U64(7) text=Str("text") late=U64(6)
              event "event FILE" level=Str("INFO") return=Formatted("4")
        "#]],
    );
}

#[test]
fn otel_fields_are_no_attributes() {
    check(
        || {
            let span = info_span!("callsite", otel.name = "GET /", otel.kind = "SERVER", a = 1);
            span.record("otel.name", "GET /{id}");
        },
        expect![[r#"
            GET /{id} Server a=I64(1)
        "#]],
    );
}

#[test]
fn a_value_too_long_for_any_ring_is_cut_and_said() {
    let (recorder, mut drain) = recorder(Settings {
        ring_bytes_min: 4 << 10,
        ring_bytes_max: 16 << 10,
        ..Settings::default()
    });
    let text = "é".repeat(10_000);
    tracing::subscriber::with_default(recorder.subscriber(), || {
        info_span!("long", text, after = 1);
        // Too long for the first ring, but not for a bigger one.
        info_span!("longer than the first ring", text = &text[..2000]);
    });
    struct Lengths(Vec<(usize, u32)>);
    impl Sink for Lengths {
        fn span(&mut self, span: &FinishedSpan<'_>) {
            if let Some((_, FieldValue::Str(text))) = span.fields.clone().next() {
                self.0.push((text.len(), span.cut));
            }
        }
        fn log(&mut self, _record: &LogRecord<'_>) {}
        fn lost(&mut self, loss: &Loss<'_>) {
            panic!("{loss:?}");
        }
    }
    let mut lengths = Lengths(Vec::new());
    drain.finish(&mut lengths);
    // The record takes a quarter of the biggest ring; the number behind did not fit either.
    let (cut_to, cut) = lengths.0[0];
    assert!((3900..4096).contains(&cut_to) && cut_to % 2 == 0, "{cut_to}");
    assert_eq!(cut, 2);
    assert_eq!(lengths.0[1], (2000, 0));
}

#[test]
fn code_thread_and_target_are_attributes_as_tracing_opentelemetry_names_them() {
    let (recorder, mut drain) = recorder(Settings::default());
    let line = line!() + 2;
    tracing::subscriber::with_default(recorder.subscriber(), || {
        info_span!(target: "a::target", "span", own = 1);
    });
    struct Names(RefCell<Vec<(String, String)>>);
    impl Sink for Names {
        fn span(&mut self, span: &FinishedSpan<'_>) {
            let text = |(name, value): (&str, FieldValue<'_>)| (name.to_owned(), format!("{value:?}"));
            self.0.borrow_mut().extend(span.attributes().map(text));
            assert_eq!(span.callsite.level(), tracing::Level::INFO);
        }
        fn log(&mut self, _record: &LogRecord<'_>) {}
        fn lost(&mut self, _loss: &Loss<'_>) {}
    }
    let mut names = Names(RefCell::default());
    drain.drain(&mut names);
    let names = names.0.into_inner();
    let keys: Vec<_> = names.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        keys,
        [
            "code.file.path",
            "code.module.name",
            "code.line.number",
            "thread.id",
            "thread.name",
            "target",
            "own"
        ]
    );
    assert_eq!(names[1].1, "Str(\"recording::fields\")");
    assert_eq!(names[2].1, format!("I64({line})"));
    assert_eq!(
        names[4].1,
        "Str(\"fields::code_thread_and_target_are_attributes_as_tracing_opentelemetry_names_them\")"
    );
    assert_eq!(names[5].1, "Str(\"a::target\")");
}
