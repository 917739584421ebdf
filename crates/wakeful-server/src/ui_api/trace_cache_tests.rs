//! Which traces are kept laid out.

use expect_test::{Expect, expect};
use wakeful_model::TraceId;
use wakeful_store::{Backend, Store, StoreOptions};
use wakeful_testkit::{BigTrace, BigTracePlan};
use wakeful_wire::otlp::Batch;

use super::*;

/// An engine over so many traces of 200 spans, and their ids.
async fn engine(traces: u64) -> (Engine, Vec<TraceId>) {
    let store = Store::open(StoreOptions::new(Backend::Memory)).unwrap();
    let mut ids = Vec::new();
    for seed in 0..traces {
        let plan = BigTracePlan {
            seed,
            spans: 200,
            start_unix_nanos: 1_760_000_000_000_000_000,
        };
        for request in BigTrace::new(plan) {
            let batch = Batch::decode(request.protobuf()).unwrap();
            store.append(batch).await.unwrap();
        }
        ids.push(format!("{:032x}", plan.trace_id()).parse().unwrap());
    }
    (Engine::new(store), ids)
}

/// Asks for traces one after the other, with room for `room` of four; tells which had to be laid out anew.
async fn check(room: f64, asked: &[usize], expected: Expect) {
    let (engine, ids) = engine(4).await;
    let open = |traces: &Traces, trace: usize| {
        let asked = Asked {
            id: ids[trace],
            raw: false,
            part: None,
        };
        traces.open(&engine, asked).unwrap()
    };
    let one = open(&Traces::new(&Limits::default()), 0).size_bytes();
    assert!(one > 200 * size_of::<SkeletonSpan>());
    let traces = Traces::new(&Limits {
        trace_layouts_bytes_max: (one as f64 * room) as usize,
        ..Limits::default()
    });
    let mut seen: Vec<Arc<Opened>> = Vec::new();
    let told = asked.iter().map(|trace| {
        let opened = open(&traces, *trace);
        let is_new = !seen.iter().any(|seen| Arc::ptr_eq(seen, &opened));
        seen.push(opened);
        format!("{trace} {}\n", if is_new { "laid out" } else { "kept" })
    });
    expected.assert_eq(&told.collect::<String>());
}

#[tokio::test]
async fn those_that_were_asked_for_last_are_kept_as_far_as_there_is_room() {
    check(
        2.5,
        &[0, 1, 0, 2, 0, 1],
        expect![[r#"
            0 laid out
            1 laid out
            0 kept
            2 laid out
            0 kept
            1 laid out
        "#]],
    )
    .await;
}

#[tokio::test]
async fn the_last_one_is_kept_though_there_is_no_room() {
    check(
        0.5,
        &[0, 0, 1, 1, 0],
        expect![[r#"
            0 laid out
            0 kept
            1 laid out
            1 kept
            0 laid out
        "#]],
    )
    .await;
}

/// A trace that grows by a fourth; whether the rows of before can still be asked for, with room for `room` of it.
async fn old_rows_are_kept(room: f64) -> bool {
    let engine = Engine::new(Store::open(StoreOptions::new(Backend::Memory)).unwrap());
    let plan = BigTracePlan {
        seed: 0,
        spans: 2_500,
        start_unix_nanos: 1_760_000_000_000_000_000,
    };
    let asked = Asked {
        id: format!("{:032x}", plan.trace_id()).parse().unwrap(),
        raw: false,
        part: None,
    };
    let mut requests = BigTrace::new(plan).map(|request| Batch::decode(request.protobuf()).unwrap());
    engine.store().append(requests.next().unwrap()).await.unwrap();
    let before = Traces::new(&Limits::default()).open(&engine, asked).unwrap();
    let traces = Traces::new(&Limits {
        trace_layouts_bytes_max: (before.size_bytes() as f64 * room) as usize,
        ..Limits::default()
    });
    traces.open(&engine, asked).unwrap();
    for batch in requests {
        engine.store().append(batch).await.unwrap();
    }
    let now = traces.open_rev(&engine, asked, None).unwrap();
    assert_ne!(now.rev, before.rev);
    match traces.open_rev(&engine, asked, Some(&before.rev)) {
        Ok(kept) => kept.rev == before.rev,
        Err(_) => false,
    }
}

#[tokio::test]
async fn a_page_can_ask_about_its_rows_after_the_trace_has_grown_as_far_as_there_is_room() {
    assert!(old_rows_are_kept(4.0).await);
    assert!(!old_rows_are_kept(1.5).await);
}

#[tokio::test]
async fn what_resources_hold_counts() {
    let (engine, ids) = engine(1).await;
    let (skeleton, _) = engine.store().skeleton(ids[0], 1_000, None);
    let mut skeleton = skeleton.unwrap();
    let before = skeleton.size_bytes();
    let long = wakeful_model::Attribute::new("long", "x".repeat(1 << 20));
    skeleton.resources[0].attributes.push(long);
    assert!(skeleton.size_bytes() >= before + (1 << 20));
}
