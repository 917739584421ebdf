//! tokio-console's protocol against the published crate's own types: what it writes we read, and what we write it reads.

#![cfg(feature = "console")]
#![allow(clippy::unwrap_used)]

use std::fmt::Debug;

use console_api as published;
use wakeful_wire::console::{self, FieldName, FieldValue, Message, ResourceKind};

/// Writes one of ours, lets the published type read it and write it anew, and reads that.
fn check<Ours, Theirs>(ours: &Ours) -> Theirs
where
    Ours: Message + Debug + PartialEq,
    Theirs: prost::Message + Default,
{
    let theirs = Theirs::decode(&ours.encode()[..]).unwrap();
    assert_eq!(&Ours::decode(&theirs.encode_to_vec()).unwrap(), ours);
    theirs
}

fn polls() -> console::PollStats {
    console::PollStats {
        polls: 3,
        first_poll: Some(1_700_000_000_000_000_001),
        last_poll_started: Some(1_700_000_001_000_000_000),
        last_poll_ended: Some(1_700_000_000_500_000_000),
        busy_nanos: 2_000_000_003,
    }
}

fn attribute() -> console::Attribute {
    console::Attribute {
        field: console::Field {
            name: Some(FieldName::Index(0)),
            value: Some(FieldValue::I64(-5)),
            metadata: 9,
        },
        unit: "ms".to_owned(),
    }
}

fn location() -> console::Location {
    console::Location {
        file: "src/main.rs".to_owned(),
        module_path: String::new(),
        line: 90,
        column: 5,
    }
}

#[test]
fn an_update_is_the_same_to_both() {
    let fields = [
        FieldValue::Debug("Foo".to_owned()),
        FieldValue::Text(String::new()),
        FieldValue::U64(0),
        FieldValue::I64(i64::MIN),
        FieldValue::Bool(false),
    ];
    let fields = fields.into_iter().map(|value| console::Field {
        name: Some(FieldName::Text("key".to_owned())),
        value: Some(value),
        metadata: 9,
    });
    let update = console::Update {
        now: Some(1_700_000_002_000_000_000),
        metadata: vec![console::Metadata {
            id: 9,
            name: "runtime.spawn".to_owned(),
            target: "tokio::task".to_owned(),
            is_event: false,
            level: 4,
            field_names: vec!["kind".to_owned(), "task.id".to_owned()],
        }],
        tasks: console::TaskUpdate {
            new: vec![console::Task {
                id: u64::MAX,
                metadata: 9,
                fields: fields.collect(),
                location: Some(location()),
            }],
            stats: vec![(
                u64::MAX,
                console::TaskStats {
                    created_at: Some(1),
                    dropped_at: Some(2_000_000_000),
                    wakes: 1,
                    waker_clones: 2,
                    waker_drops: 3,
                    last_wake: Some(4),
                    polls: polls(),
                    self_wakes: 5,
                    scheduled_nanos: 6,
                },
            )],
            dropped_events: 7,
        },
        resources: console::ResourceUpdate {
            new: vec![
                console::Resource {
                    id: 1,
                    metadata: 9,
                    concrete_type: "Mutex".to_owned(),
                    kind: ResourceKind::Other("Sync".to_owned()),
                    location: Some(location()),
                    parent: None,
                    is_internal: false,
                },
                console::Resource {
                    id: 2,
                    metadata: 9,
                    concrete_type: "Sleep".to_owned(),
                    kind: ResourceKind::Timer,
                    location: None,
                    parent: Some(1),
                    is_internal: true,
                },
            ],
            stats: vec![(
                1,
                console::ResourceStats {
                    created_at: Some(1),
                    dropped_at: None,
                    attributes: vec![attribute()],
                },
            )],
            poll_ops: vec![console::PollOp {
                resource: 1,
                name: "poll_acquire".to_owned(),
                task: u64::MAX,
                async_op: 3,
                is_ready: true,
            }],
            dropped_events: 8,
        },
        async_ops: console::AsyncOpUpdate {
            new: vec![console::AsyncOp {
                id: 3,
                metadata: 9,
                source: "Mutex::lock".to_owned(),
                parent: Some(2),
                resource: 1,
            }],
            stats: vec![(
                3,
                console::AsyncOpStats {
                    created_at: Some(1),
                    dropped_at: Some(2),
                    task: Some(u64::MAX),
                    polls: polls(),
                    attributes: vec![attribute()],
                },
            )],
            dropped_events: 9,
        },
    };
    let theirs: published::instrument::Update = check(&update);
    let stats = &theirs.task_update.unwrap().stats_update[&u64::MAX];
    let busy = stats.poll_stats.as_ref().unwrap().busy_time.unwrap();
    assert_eq!((busy.seconds, busy.nanos), (2, 3));
    let kinds: Vec<_> = theirs.resource_update.unwrap().new_resources;
    let timer = published::resources::resource::kind::Kind::Known(0);
    assert_eq!(kinds[1].kind.as_ref().unwrap().kind, Some(timer));
}

#[test]
fn the_other_messages_are_the_same_to_both() {
    let request = console::TaskDetailsRequest { task: 7 };
    check::<_, published::instrument::TaskDetailsRequest>(&request);
    let temporality = console::Temporality::Paused;
    let theirs: published::instrument::State = check(&console::State { temporality });
    assert_eq!(theirs.temporality, 1);
    let histogram = console::DurationHistogram {
        raw: console::hdr::encode(&[(1_000, 1)], 1_000_000_000),
        max_nanos: 1_000_000_000,
        high_outliers: 1,
        highest_outlier_nanos: Some(2_000_000_000),
    };
    check::<_, published::tasks::TaskDetails>(&console::TaskDetails {
        task: 7,
        now: Some(1),
        poll_times: Some(histogram.clone()),
        scheduled_times: Some(histogram),
    });
}

/// The histogram crate that stock programs use.
#[test]
fn histograms_are_those_of_the_published_crate() {
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::{Deserializer, Serializer as _, V2Serializer};

    let max = 1_000_000_000;
    let values = [1, 127, 128, 255, 256, 257, 9_999, 123_456_789, max];
    let mut theirs = Histogram::<u64>::new_with_max(max, 2).unwrap();
    for (at, value) in values.into_iter().enumerate() {
        theirs.record_n(value, at as u64 * 1_000 + 1).unwrap();
    }
    let mut bytes = Vec::new();
    V2Serializer::new().serialize(&theirs, &mut bytes).unwrap();
    let read = console::hdr::decode(&bytes).unwrap();
    let counts: Vec<u64> = read.iter().map(|(_, count)| *count).collect();
    assert_eq!(
        counts,
        [1, 1_001, 2_001, 3_001, 4_001 + 5_001, 6_001, 7_001, 8_001]
    );
    for ((found, _), exact) in read.iter().zip([1, 127, 128, 255, 256, 9_999, 123_456_789, max]) {
        assert!(found.abs_diff(exact) <= exact / 100 + 1, "{found} for {exact}");
    }

    let written = console::hdr::encode(&read, max);
    let again: Histogram<u64> = Deserializer::new().deserialize(&mut &written[..]).unwrap();
    assert_eq!(again.len(), theirs.len());
    for percentile in [1.0, 25.0, 50.0, 75.0, 99.0, 100.0] {
        assert_eq!(
            again.value_at_percentile(percentile),
            theirs.value_at_percentile(percentile),
            "p{percentile}"
        );
    }
}

#[test]
fn damaged_histograms_are_refused() {
    let whole = console::hdr::encode(&[(5, 1), (1_000_000, 7)], 1_000_000_000);
    for length in 0..whole.len() {
        assert!(console::hdr::decode(&whole[..length]).is_err(), "{length}");
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            // Nothing but an answer or a refusal.
            let _ = console::hdr::decode(&damaged);
        }
    }
}
