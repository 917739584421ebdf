//! The life of explicit spans: who is whose child, what is exported, when, and what a clock may do.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use wakeful_trace::{
    MetaValue, RingBufferTraceCollector, Span, SpanContext, SpanEvent, SpanExt, SpanRecorder, SpanStatus,
    TraceCollector, TraceState,
};

fn collector() -> Arc<RingBufferTraceCollector> {
    Arc::new(RingBufferTraceCollector::new(10))
}

fn exported(collector: &RingBufferTraceCollector) -> Vec<Span> {
    collector.spans()
}

#[test]
fn two_roots_share_nothing() {
    let (a, b) = (Span::root("a", collector()), Span::root("b", collector()));
    assert_ne!(a.context.trace_id, b.context.trace_id);
    assert_ne!(a.context.span_id, b.context.span_id);
    assert_eq!(a.parent_span_id, None);
    assert!(a.context.is_sampled() && !a.context.is_remote);
}

#[test]
fn a_child_keeps_all_but_its_own_id() {
    let mut root = Span::root("root", collector());
    root.context.trace_state = TraceState::from_header("a=1");
    root.context.is_remote = true;
    root.link(&SpanContext::root(collector()));
    let child = root.child("child");
    assert_eq!(child.context.trace_id, root.context.trace_id);
    assert_eq!(child.parent_span_id, Some(root.context.span_id));
    assert_ne!(child.context.span_id, root.context.span_id);
    assert_eq!(child.context.flags, root.context.flags);
    assert_eq!(child.context.trace_state.as_str(), "a=1");
    assert!(child.context.collector.is_some());
    assert!(!child.context.is_remote && child.links.is_empty());
}

#[test]
fn contexts_are_equal_by_ids_flags_and_having_a_collector() {
    let context = SpanContext::root(collector());
    let other_collector = context.clone().with_collector(collector());
    assert_eq!(context, other_collector);
    let changes: [fn(&mut SpanContext); 5] = [
        |context| context.span_id = SpanContext::root(collector()).span_id,
        |context| context.trace_id = SpanContext::root(collector()).trace_id,
        |context| context.flags = context.flags.with_sampled(false),
        |context| context.trace_state = TraceState::from_header("a=1"),
        |context| context.collector = None,
    ];
    for change in changes {
        let mut other = context.clone();
        change(&mut other);
        assert_ne!(context, other);
    }
}

#[test]
fn a_record_is_exported_by_hand_and_without_its_collector() {
    let collector = collector();
    let span = Span::root("by hand", collector.clone());
    drop(span.clone());
    assert_eq!(exported(&collector), []);
    span.export();
    let exported = exported(&collector);
    assert_eq!(exported.len(), 1);
    assert!(exported[0].context.collector.is_none());
    // Without a collector there is nobody to tell, which is no error.
    exported.into_iter().for_each(Span::export);
}

#[test]
fn a_recorder_stamps_and_exports_once() {
    let collector = collector();
    let mut recorder = SpanRecorder::new(Some(Span::root("timed", collector.clone())));
    recorder.set_metadata("rows", 7);
    recorder.event_msg("half way");
    assert_eq!(exported(&collector), []);
    drop(recorder);
    let spans = exported(&collector);
    assert_eq!(spans.len(), 1);
    assert!(spans[0].start < spans[0].end);
    assert_eq!(spans[0].metadata.get("rows"), Some(&MetaValue::Int(7)));
    assert_eq!(spans[0].events[0].message, "half way");
}

#[test]
fn a_wall_clock_that_goes_back_makes_no_negative_duration() {
    let hour = Duration::from_secs(3600);
    for (start, end) in [
        (Some(SystemTime::now() + hour), None),
        (Some(SystemTime::now() - hour), Some(SystemTime::now() - hour)),
        (None, Some(SystemTime::now() + hour)),
    ] {
        let collector = collector();
        let span = Span {
            start,
            end,
            ..Span::root("clock", collector.clone())
        };
        drop(SpanRecorder::new(Some(span)));
        let span = exported(&collector).remove(0);
        assert!(span.start <= span.end, "{span:?}");
        assert!(span.start <= Some(SystemTime::now()));
        assert!(end.is_none_or(|end| span.end >= Some(end)));
    }
}

#[test]
fn the_first_status_stays_and_each_message_is_an_event() {
    let mut span = Span::root("status", collector());
    span.ok("done");
    span.error("too late");
    span.status(SpanStatus::Unknown);
    assert_eq!(span.status, SpanStatus::Ok);
    let messages: Vec<_> = span.events.iter().map(|event| event.message.as_ref()).collect();
    assert_eq!(messages, ["done", "too late"]);
}

#[test]
fn without_a_span_a_recorder_and_its_children_do_nothing() {
    let mut nothing = SpanRecorder::default();
    nothing.set_metadata("key", true);
    nothing.event(SpanEvent::new("event"));
    nothing.error("error");
    nothing.status(SpanStatus::Ok);
    nothing.link(&SpanContext::root(collector()));
    assert!(nothing.span().is_none() && nothing.metadata_mut().is_none() && nothing.take().is_none());
    assert!(nothing.child("child").span().is_none());
    assert!(nothing.child_span("child").is_none());
}

#[test]
fn a_span_that_was_taken_out_is_not_exported() {
    let collector = collector();
    let mut recorder = SpanRecorder::new(Some(Span::root("taken", collector.clone())));
    let span = recorder.take();
    drop(recorder);
    assert_eq!(exported(&collector), []);
    assert!(span.is_some_and(|span| span.start.is_some() && span.end.is_none()));
}

#[test]
fn only_a_sampled_context_with_a_collector_has_children_by_extension() {
    let context = SpanContext::root(collector());
    assert!(Some(&context).child_span("child").is_some());
    assert!(Some(context.clone()).child_span("child").is_some());
    assert!(None::<SpanContext>.child_span("child").is_none());
    let unsampled = SpanContext {
        flags: context.flags.with_sampled(false),
        ..context.clone()
    };
    assert!(Some(unsampled).child_span("child").is_none());
    let uncollected = SpanContext {
        collector: None,
        ..context
    };
    assert!(Some(uncollected).child_span("child").is_none());
}

#[test]
fn a_ring_keeps_the_newest() {
    let ring = RingBufferTraceCollector::new(2);
    for name in ["one", "two", "three"] {
        ring.export(Span::root(name, collector()));
    }
    let names: Vec<_> = exported(&ring).into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["two", "three"]);
    let shared: Arc<dyn TraceCollector> = Arc::new(ring);
    assert!(shared.as_any().is::<RingBufferTraceCollector>());
}

#[test]
fn a_link_says_which_span_and_why_and_holds_no_collector() {
    let linked = SpanContext::root(collector());
    let mut span = Span::root("batch", collector());
    span.link(&linked);
    assert_eq!(span.links[0].context.span_id, linked.span_id);
    assert!(span.links[0].context.collector.is_none());
}
