//! The life of spans beyond what random programs do: links, limits, filters, several recorders, threads that end.

use std::fmt;
use std::panic::catch_unwind;

use expect_test::expect;
use tracing::{Level, Span, debug_span, info, info_span, subscriber, trace, trace_span};
use tracing_subscriber::filter::Targets;
use wakeful_subscriber::{Settings, SpanExt, current_span, recorder};
use wakeful_trace::{SpanContext, SpanId, TraceFlags, TraceId};

use crate::rendered::{Rendered, check, check_with};

#[test]
fn links_are_kept_up_to_a_limit() {
    let elsewhere = |number| {
        SpanContext::new(
            TraceId::new(1).unwrap(),
            SpanId::new(number).unwrap(),
            TraceFlags::SAMPLED,
        )
    };
    check_with(
        || Settings {
            span_links_max: 2,
            span_events_max: 1,
            ..Settings::default()
        },
        || {
            let cause = info_span!("cause");
            let effect = info_span!("effect");
            effect.follows_from(&cause);
            drop(cause);
            effect.add_link(elsewhere(7).remote());
            effect.add_link(elsewhere(8));
            effect.in_scope(|| {
                info!("kept");
                info!("dropped");
            });
        },
        expect![[r#"
            cause
            effect
              event "kept" level=Str("INFO")
              link cause
              link 0000000000000007 elsewhere
              dropped 1 events, 1 links; cut 0
        "#]],
    );
}

#[test]
fn targets_and_levels_are_filtered_and_children_join_what_is_above() {
    check_with(
        || Settings {
            spans: Targets::new()
                .with_target("noisy", Level::WARN)
                .with_default(Level::INFO),
            ..Settings::default()
        },
        || {
            let _outer = info_span!("outer").entered();
            let _hidden = debug_span!("hidden").entered();
            let noisy = info_span!(target: "noisy::inner", "noisy").entered();
            let _inner = info_span!("inner").entered();
            info!("said");
            trace!("not said");
            drop(noisy);
            info_span!(parent: Span::none(), "root");
        },
        expect![[r#"
            outer
            inner < outer
              event "said" level=Str("INFO")
            root
        "#]],
    );
}

/// Cannot be formatted.
struct Broken;

impl fmt::Debug for Broken {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("as asked");
    }
}

#[test]
fn a_panic_leaves_and_closes_the_spans_that_it_passes() {
    check(
        || {
            let outer = info_span!("outer").entered();
            let panicked = catch_unwind(|| {
                let _inner = info_span!("inner").entered();
                info_span!("innermost").in_scope(|| panic!("as asked"));
            });
            assert!(panicked.is_err());
            info_span!("next").in_scope(|| info!("said"));
            drop(outer);
            // A span whose fields cannot be told is none, and what comes after it is recorded as ever.
            let panicked = catch_unwind(|| info_span!("broken", value = ?Broken).in_scope(|| {}));
            assert!(panicked.is_err());
            info_span!("after").in_scope(|| {});
        },
        expect![[r#"
            outer
            inner < outer
            innermost < inner
            next < outer
              event "said" level=Str("INFO")
            after
        "#]],
    );
}

#[test]
fn recorders_of_two_threads_do_not_mix() {
    let (one, mut one_drain) = recorder(Settings::default());
    let (other, mut other_drain) = recorder(Settings::default());
    let (one, other) = (one.subscriber(), other.subscriber());
    subscriber::with_default(one, || {
        let outer = info_span!("of one").entered();
        subscriber::with_default(other, || {
            // What is current belongs to the other recorder, so this is a root.
            info_span!("of the other").in_scope(|| info_span!("its child").in_scope(|| {}));
        });
        info_span!("child of one");
        drop(outer);
    });
    let text = |drain: &mut wakeful_subscriber::Drain| {
        let mut rendered = Rendered::default();
        drain.finish(&mut rendered);
        rendered.text()
    };
    expect![[r#"
        of one
        child of one < of one
    "#]]
    .assert_eq(&text(&mut one_drain));
    expect![[r#"
        of the other
        its child < of the other
    "#]]
    .assert_eq(&text(&mut other_drain));
}

#[test]
fn the_current_span_is_published_for_the_profiler() {
    let (recorder, _drain) = recorder(Settings::default());
    assert_eq!(current_span(), None);
    subscriber::with_default(recorder.subscriber(), || {
        let outer = info_span!("outer");
        let ids = |span: &Span| {
            let context = span.context().unwrap();
            Some((context.trace_id, context.span_id))
        };
        outer.in_scope(|| {
            assert_eq!(current_span(), ids(&outer));
            let inner = info_span!("inner");
            inner.in_scope(|| assert_eq!(current_span(), ids(&inner)));
            assert_eq!(current_span(), ids(&outer));
            // Spans that nobody wants change nothing.
            trace_span!("hidden").in_scope(|| assert_eq!(current_span(), ids(&outer)));
        });
        assert_eq!(current_span(), None);
    });
}

#[test]
fn a_span_s_events_stay_with_it_when_it_moves_between_threads() {
    let (recorder, mut drain) = recorder(Settings::default());
    let dispatch = tracing::Dispatch::new(recorder.subscriber());
    let span = tracing::dispatcher::with_default(&dispatch, || info_span!("moving"));
    for number in 0..3 {
        let (dispatch, span) = (dispatch.clone(), span.clone());
        std::thread::spawn(move || {
            tracing::dispatcher::with_default(&dispatch, || {
                span.in_scope(|| {
                    info!(number, "here");
                    info_span!("child", number).in_scope(|| {});
                });
            });
        })
        .join()
        .unwrap();
    }
    drop(span);
    let mut rendered = Rendered::default();
    drain.finish(&mut rendered);
    expect![[r#"
        moving
          event "here" level=Str("INFO") number=I64(0)
          event "here" level=Str("INFO") number=I64(1)
          event "here" level=Str("INFO") number=I64(2)
        child < moving number=I64(0)
        child < moving number=I64(1)
        child < moving number=I64(2)
    "#]]
    .assert_eq(&rendered.text());
}

#[test]
fn a_disabled_span_context_is_none() {
    check(
        || {
            assert_eq!(Span::none().context(), None);
            assert_eq!(trace_span!("hidden").context(), None);
            let span = info_span!("seen");
            assert!(span.context().unwrap().is_sampled());
        },
        expect![[r#"
            seen
        "#]],
    );
}
