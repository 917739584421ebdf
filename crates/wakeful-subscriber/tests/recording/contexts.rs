//! One current context: entered by hand, of a `tracing` span, or of a recorder of spans made by hand.

use expect_test::expect;
use tracing::{info, info_span, instrument};
use wakeful_subscriber::{Sampler, Settings, SpanExt, recorder};
use wakeful_trace::{Span, SpanContext, SpanExt as _, SpanId, SpanRecorder, TraceFlags, TraceId, TraceState};

use crate::rendered::{Rendered, check, check_with};

fn caller(flags: TraceFlags) -> SpanContext {
    SpanContext {
        trace_state: TraceState::from_header("vendor=1"),
        ..SpanContext::new(TraceId::new(0xabc).unwrap(), SpanId::new(0xdef).unwrap(), flags).remote()
    }
}

#[instrument]
fn handler() {
    info_span!("inner").in_scope(|| info!("inside"));
}

#[test]
fn the_first_span_within_a_context_is_its_child() {
    check(
        || {
            // A server's own span around everything does not come between.
            info_span!("connection").in_scope(|| {
                let request = caller(TraceFlags::SAMPLED);
                let entered = request.enter();
                handler();
                assert_eq!(SpanContext::current().as_ref(), Some(&request));
                drop(entered);
                info_span!("keep alive").in_scope(|| {});
            });
        },
        expect![[r#"
            connection
            handler < elsewhere state vendor=1
            inner < handler state vendor=1
              event "inside" level=Str("INFO")
            keep alive < connection
        "#]],
    );
}

#[test]
fn an_unsampled_context_silences_what_is_below() {
    let program = || {
        let _entered = caller(TraceFlags::default()).enter();
        handler();
        info_span!("told").in_scope(|| {
            // The next service learns the trace, and that it is not recorded.
            let told = SpanContext::current().unwrap();
            assert_eq!(told.trace_id.get(), 0xabc);
            assert!(!told.is_sampled());
            let mut recorder = SpanRecorder::new(Some(told).child_span("by hand"));
            recorder.ok("nobody hears");
        });
    };
    check(program, expect![[""]]);
    let always_on = || Settings {
        sampler: Sampler::AlwaysOn,
        ..Settings::default()
    };
    check_with(
        always_on,
        || {
            let _entered = caller(TraceFlags::default()).enter();
            info_span!("the sampler asks nobody").in_scope(|| {});
        },
        expect![[r#"
            the sampler asks nobody < elsewhere state vendor=1
        "#]],
    );
}

#[test]
fn spans_made_by_hand_hang_under_spans_of_tracing_and_the_other_way_round() {
    check(
        || {
            let outer = info_span!("outer");
            outer.in_scope(|| {
                let context = tracing::Span::current().context();
                let mut by_hand = SpanRecorder::new(context.child_span("by hand"));
                by_hand.set_metadata("rows", 3);
                by_hand.error("no such table");
                {
                    let _entered = by_hand.enter();
                    info_span!("within").in_scope(|| {
                        let context = SpanContext::current();
                        drop(SpanRecorder::new(context.child_span("deepest")));
                    });
                }
                info_span!("beside").in_scope(|| {});
            });
        },
        expect![[r#"
            outer
            within < by hand
            beside < outer
            deepest < within by hand
            by hand < outer by hand rows=Int(3) Err
        "#]],
    );
}

#[test]
fn a_span_that_is_told_its_parent_does_not_ask_what_is_current() {
    check(
        || {
            let root = info_span!("root");
            let _entered = caller(TraceFlags::SAMPLED).enter();
            info_span!(parent: &root, "child").in_scope(|| info_span!("grandchild").in_scope(|| {}));
            info_span!(parent: None, "another root").in_scope(|| {});
        },
        expect![[r#"
            root
            child < root
            grandchild < child
            another root
        "#]],
    );
}

#[test]
fn what_finds_no_room_is_counted() {
    let small = Settings {
        explicit_spans_bytes_max: 10_000,
        ..Settings::default()
    };
    let (recorder, mut drain) = recorder(small);
    let mut rendered = Rendered::default();
    for round in 1..=2 {
        for _ in 0..100 {
            drop(SpanRecorder::new(Some(Span::root(
                "by hand",
                recorder.collector(),
            ))));
        }
        drain.drain(&mut rendered);
        assert_eq!(rendered.spans.len() as u64 + rendered.lost_spans, round * 100);
        assert!(rendered.lost_spans > 0 && rendered.spans.len() >= 2 * round as usize);
    }
}
