//! Which traces are recorded, and contexts from elsewhere.

use expect_test::expect;
use tracing::{info, info_span};
use wakeful_subscriber::{RootSampler, Sampler, Settings, SpanExt, TraceIds};
use wakeful_trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

use crate::rendered::{check, check_with};

fn caller(flags: TraceFlags) -> SpanContext {
    SpanContext {
        trace_state: TraceState::from_header("vendor=1"),
        ..SpanContext::new(TraceId::new(0xabc).unwrap(), SpanId::new(0xdef).unwrap(), flags).remote()
    }
}

fn with(sampler: Sampler) -> impl Fn() -> Settings {
    move || Settings {
        sampler,
        ..Settings::default()
    }
}

/// A request from a caller, with a child; what the child would tell the next service.
fn request(flags: TraceFlags) -> SpanContext {
    let request = info_span!("request");
    request.set_parent(caller(flags));
    request.in_scope(|| {
        info!("inside");
        info_span!("child").in_scope(|| tracing::Span::current().context().unwrap())
    })
}

#[test]
fn a_caller_s_trace_goes_on() {
    check(
        || {
            let told = request(TraceFlags::SAMPLED);
            assert_eq!(told.trace_id.get(), 0xabc);
            assert_eq!(told.trace_state.as_str(), "vendor=1");
            assert!(told.is_sampled() && !told.is_remote);
        },
        expect![[r#"
            request < elsewhere state vendor=1
              event "inside" level=Str("INFO")
            child < request state vendor=1
        "#]],
    );
}

#[test]
fn a_caller_that_does_not_record_silences_what_is_below() {
    check(
        || {
            let told = request(TraceFlags::default());
            // The next service learns the trace, and that it is not recorded.
            assert_eq!(told.trace_id.get(), 0xabc);
            assert!(!told.is_sampled());
        },
        expect![""],
    );
}

#[test]
fn a_span_in_a_silent_trace_may_go_over_to_one_that_is_recorded() {
    check(
        || {
            let silent = info_span!("silent");
            silent.set_parent(caller(TraceFlags::default()));
            silent.in_scope(|| {
                let job = info_span!("job", made_with = 7, later = tracing::field::Empty);
                info_span!("child of the silent").in_scope(|| {});
                job.set_parent(caller(TraceFlags::SAMPLED));
                job.record("later", 8);
                job.in_scope(|| info_span!("step").in_scope(|| info!("inside")));
            });
        },
        expect![[r#"
            job < elsewhere state vendor=1 later=I64(8)
              dropped 0 events, 0 links; cut 2
            step < job state vendor=1
              event "inside" level=Str("INFO")
        "#]],
    );
}

#[test]
fn a_caller_that_records_is_followed_though_roots_are_not() {
    check_with(
        with(Sampler::ParentBased(RootSampler::AlwaysOff)),
        || {
            info_span!("root").in_scope(|| info_span!("its child").in_scope(|| info!("nobody hears")));
            request(TraceFlags::SAMPLED);
        },
        expect![[r#"
            request < elsewhere state vendor=1
              event "inside" level=Str("INFO")
            child < request state vendor=1
        "#]],
    );
}

#[test]
fn nothing_is_recorded_when_always_off() {
    check_with(
        with(Sampler::AlwaysOff),
        || {
            request(TraceFlags::SAMPLED);
            let root = info_span!("root");
            assert!(!root.context().unwrap().is_sampled());
        },
        expect![""],
    );
}

#[test]
fn a_ratio_keeps_about_that_share_of_traces_whole() {
    use crate::rendered::Rendered;
    let (recorder, mut drain) = wakeful_subscriber::recorder(with(Sampler::TraceIdRatio(0.25))());
    tracing::subscriber::with_default(recorder.subscriber(), || {
        for _ in 0..4_000 {
            info_span!("root").in_scope(|| info_span!("child").in_scope(|| {}));
        }
    });
    let mut rendered = Rendered::default();
    drain.finish(&mut rendered);
    assert_eq!(rendered.lost_records, 0);
    let roots = rendered.spans.iter().filter(|span| span.name == "root").count();
    assert_eq!(
        rendered.spans.len(),
        2 * roots,
        "a trace is kept whole or not at all"
    );
    // Six standard deviations around 1,000.
    assert!((835..1165).contains(&roots), "{roots}");
}

#[test]
fn xray_ids_begin_with_the_second() {
    check_with(
        || Settings {
            trace_ids: TraceIds::XRay,
            ..Settings::default()
        },
        || {
            let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
            let before = now();
            let second = (info_span!("root").context().unwrap().trace_id.get() >> 96) as u64;
            assert!((before..=now()).contains(&second));
        },
        expect![[r#"
            root
        "#]],
    );
}
