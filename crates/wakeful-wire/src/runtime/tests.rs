//! What is encoded is decoded, and the schema beside the code is what the code does.

use super::messages::schema;
use super::*;

use wakeful_model::runtime::*;
use wakeful_model::{Attribute, Resource, SpanId, TraceId};

const SCHEMA: &str = include_str!("../../proto/wakeful/runtime/v1/runtime.proto");

#[test]
fn the_schema_is_what_the_code_does() {
    // Comments are for readers; enums and the messages of `special.rs` follow the others.
    let without_comments: String = SCHEMA
        .lines()
        .filter(|line| !line.trim_start().starts_with("//") && !line.trim().is_empty())
        .flat_map(|line| [line, "\n"])
        .collect();
    let begin = without_comments.find("message RuntimeBatch").unwrap();
    let end = without_comments.find("message WakeSource").unwrap();
    assert_eq!(&without_comments[begin..end], schema());
}

#[test]
fn enums_are_numbered_as_in_the_schema() {
    fn check<T>(type_name: &str, all: &[T], name: impl Fn(&T) -> &'static str) {
        let begin = SCHEMA.find(&format!("enum {type_name} {{")).unwrap();
        let prefix = match type_name {
            "TaskEndKind" => "TASK_END_KIND".to_owned(),
            "TaskKind" => "TASK_KIND".to_owned(),
            _ => type_name.to_uppercase(),
        };
        for (number, value) in all.iter().enumerate() {
            let line = format!("  {prefix}_{} = {number};", name(value).to_uppercase());
            assert!(SCHEMA[begin..].contains(&line), "{line}");
        }
    }
    check("Insight", &Insight::ALL, |value| value.name());
    check("Flavor", &Flavor::ALL, |value| value.name());
    check("TaskKind", &TaskKind::ALL, |value| value.name());
    check("TaskEndKind", &TaskEndKind::ALL, |value| value.name());
}

/// A batch that has every kind of item, with numbers from one counter.
fn batch() -> RuntimeBatch {
    let mut counter = 1_000_000_000_000_000_000_u64;
    let mut next = move || {
        counter += 1;
        counter
    };
    let location = Some(LocationIndex(0));
    let mut times = DurationHistogram::default();
    for nanos in [0, 7, 1000, 1_000_000, 1_000_001, u64::MAX] {
        times.record(nanos);
    }
    RuntimeBatch {
        resource: Resource {
            attributes: vec![
                Attribute::new("service.name", "shop"),
                Attribute::new("process.pid", 7_i64),
            ],
            ..Resource::default()
        },
        from_unix_nanos: next(),
        to_unix_nanos: next(),
        insight: Insight::Hooks,
        gaps: vec![Gap {
            missing: "wakes".to_owned(),
            remedy: "wrap".to_owned(),
        }],
        runtimes: vec![Runtime {
            id: RuntimeId(1),
            name: "main".to_owned(),
            flavor: Flavor::MultiThread,
            workers: 2,
        }],
        threads: vec![
            Thread::default(),
            Thread {
                id: ThreadId(3),
                name: "tokio-runtime-worker".to_owned(),
                runtime: Some(RuntimeId(1)),
                worker: Some(0),
            },
        ],
        locations: vec![Location {
            file: "src/main.rs".to_owned(),
            line: 12,
            column: 5,
        }],
        task_starts: vec![
            TaskStart::default(),
            TaskStart {
                id: TaskId(9),
                start_unix_nanos: next(),
                parent: Some(TaskId(0)),
                location,
                name: "cart".to_owned(),
                kind: TaskKind::BlockOn,
                runtime: Some(RuntimeId(1)),
                type_name: "Future".to_owned(),
                future_bytes: Some(0),
                stored_bytes: None,
                spawned_in: TraceId::from_bytes(&[1; 16]).zip(SpanId::from_bytes(&[2; 8])),
            },
        ],
        task_ends: vec![TaskEnd {
            id: TaskId(9),
            end_unix_nanos: next(),
            kind: TaskEndKind::Panicked,
        }],
        polls: vec![
            Poll {
                task: TaskId(9),
                thread: ThreadId(3),
                start_unix_nanos: next(),
                duration_nanos: 0,
                scheduled_nanos: Some(0),
            },
            Poll::default(),
        ],
        wakes: [
            WakeSource::Unknown,
            WakeSource::Task(TaskId(0)),
            WakeSource::Task(TaskId(9)),
            WakeSource::Driver,
            WakeSource::Thread,
        ]
        .map(|by| Wake {
            task: TaskId(9),
            at_unix_nanos: next(),
            by,
            thread: Some(ThreadId(3)),
        })
        .to_vec(),
        task_sums: vec![TaskSums {
            task: TaskId(9),
            polls: 2,
            busy_nanos: next(),
            scheduled_nanos: None,
            first_poll_unix_nanos: Some(next()),
            last_poll_start_unix_nanos: Some(next()),
            last_poll_end_unix_nanos: Some(next()),
            wakers: Some(WakerSums {
                wakes: 1,
                self_wakes: 0,
                clones: 1,
                drops: 1,
                last_wake_unix_nanos: Some(next()),
            }),
            poll_times: times.clone(),
            scheduled_times: DurationHistogram::default(),
        }],
        location_sums: vec![LocationSums {
            location,
            kind: TaskKind::Local,
            runtime: None,
            from_unix_nanos: next(),
            to_unix_nanos: next(),
            alive: 1,
            started: 2,
            ended: 3,
            polls: 4,
            busy_nanos: 5,
            longest_poll_nanos: 6,
            scheduled_nanos: Some(7),
            longest_scheduled_nanos: 8,
            wakes: Some(0),
            self_wakes: 9,
        }],
        resource_starts: vec![ResourceStart {
            id: ResourceId(4),
            start_unix_nanos: next(),
            kind: "Sync".to_owned(),
            concrete_type: "Mutex".to_owned(),
            target: "wakeful::sync".to_owned(),
            name: "stock".to_owned(),
            location,
            parent: Some(ResourceId(3)),
            is_internal: true,
        }],
        resource_ends: vec![ResourceEnd {
            id: ResourceId(4),
            end_unix_nanos: next(),
        }],
        resource_states: vec![ResourceState {
            resource: ResourceId(4),
            at_unix_nanos: next(),
            attributes: [
                StateValue::Text(String::new()),
                StateValue::Bool(false),
                StateValue::Int(-1),
            ]
            .map(|value| StateAttribute {
                key: "locked".to_owned(),
                value,
                unit: "ms".to_owned(),
            })
            .to_vec(),
            holders: vec![
                Holder::default(),
                Holder {
                    task: Some(TaskId(9)),
                    since_unix_nanos: next(),
                    location,
                    how: "read".to_owned(),
                },
            ],
            waiters: 2,
            contention: Some(Contention {
                acquisitions: 4,
                contended: 3,
                waited_nanos: 2,
                held_nanos: Some(1),
            }),
            hold_times: times,
        }],
        async_ops: vec![AsyncOp {
            id: AsyncOpId(6),
            resource: ResourceId(4),
            parent: Some(AsyncOpId(5)),
            task: Some(TaskId(9)),
            source: "Mutex::lock".to_owned(),
            location,
            start_unix_nanos: next(),
            end_unix_nanos: None,
            polls: 1,
            busy_nanos: 2,
            last_poll_start_unix_nanos: Some(next()),
            last_poll_end_unix_nanos: Some(next()),
            is_ready: true,
            attributes: vec![StateAttribute::default()],
        }],
        metrics: vec![RuntimeMetrics {
            runtime: RuntimeId(1),
            at_unix_nanos: next(),
            alive_tasks: Some(0),
            global_queue_depth: Some(1),
            workers: vec![WorkerMetrics {
                worker: 1,
                thread: Some(ThreadId(3)),
                busy_nanos: Some(2),
                parks: Some(3),
                parks_and_unparks: Some(4),
                local_queue_depth: Some(5),
                polls: None,
                steals: Some(6),
                overflows: Some(7),
                mean_poll_nanos: Some(8),
            }],
            blocking_threads: None,
            idle_blocking_threads: Some(2),
            blocking_queue_depth: Some(3),
            spawned_tasks: Some(4),
            remote_schedules: Some(5),
            budget_forced_yields: Some(6),
            io_registered: Some(7),
            io_ready: Some(8),
        }],
        losses: vec![Loss {
            cause: "budget".to_owned(),
            polls: 1,
            wakes: 2,
            tasks: 3,
            others: 4,
        }],
    }
}

#[test]
fn what_was_encoded_is_decoded() {
    for batch in [RuntimeBatch::default(), batch()] {
        let mut bytes = vec![7];
        encode(&batch, &mut bytes);
        assert_eq!(bytes.remove(0), 7);
        assert_eq!(decode(&bytes).unwrap(), batch);
    }
}

#[test]
fn a_poll_takes_less_than_thirty_bytes() {
    let polls = |count: u64| {
        let poll = |number: u64| Poll {
            task: TaskId(100_000 + number),
            thread: ThreadId(12),
            start_unix_nanos: 1_795_000_000_000_000_000 + number * 1_000_000,
            duration_nanos: 5_000_000,
            scheduled_nanos: Some(20_000),
        };
        let batch = RuntimeBatch {
            polls: (0..count).map(poll).collect(),
            ..RuntimeBatch::default()
        };
        let mut bytes = Vec::new();
        encode(&batch, &mut bytes);
        bytes.len()
    };
    let bytes = (polls(1000) - polls(0)) / 1000;
    assert!((20..30).contains(&bytes), "{bytes}");
}

#[test]
fn noise_is_refused_or_read_but_never_fatal() {
    let mut whole = Vec::new();
    encode(&batch(), &mut whole);
    let mut read = 0;
    for at in 0..whole.len() {
        // Whether they can be read depends on where a field begins.
        let _ = (decode(&whole[at..]), decode(&whole[..at]));
        for value in [0, 1, 0x12, 0x7f, 0x80, 0xff, whole[at] ^ 0x08, whole[at] ^ 0x02] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            read += usize::from(decode(&bytes).is_ok());
        }
    }
    assert!(
        read > whole.len(),
        "only {read} were read: the faults are too many to reach far"
    );
}

#[test]
fn items_of_no_bytes_are_refused_when_they_are_too_many() {
    // Field 14, `location_sums`, empty.
    let error = decode(&[0x72, 0].repeat(100_000)).unwrap_err();
    assert_eq!(error.what, "more items than its length allows");
    assert_eq!(decode(&[0x72, 0]).unwrap().location_sums.len(), 1);
}

#[test]
fn memory_is_asked_for_before_it_is_taken() {
    let start = |id| TaskStart {
        id: TaskId(id),
        name: "connection".to_owned(),
        ..TaskStart::default()
    };
    let batch = RuntimeBatch {
        task_starts: (1..=5_000).map(start).collect(),
        ..RuntimeBatch::default()
    };
    let mut bytes = Vec::new();
    encode(&batch, &mut bytes);
    let check = |most: usize, expected: Result<(), Unread>| -> usize {
        let mut granted = 0;
        let read = decode_within(&bytes, |more| {
            let is_granted = granted + more <= most;
            granted += if is_granted { more } else { 0 };
            is_granted
        });
        assert_eq!(read.map(|read| assert_eq!(read, batch)), expected);
        granted
    };
    let items = batch.task_starts.len() * (size_of::<TaskStart>() + "connection".len());
    assert!(check(items / 2, Err(Unread::NoRoom)) <= items / 2);
    let granted = check(usize::MAX, Ok(()));
    assert!(
        (items..items + (64 << 10)).contains(&granted),
        "{granted} for {items}"
    );
    assert!(matches!(
        decode_within(&[0xff; 20], |_| true),
        Err(Unread::Malformed(_))
    ));
}

#[test]
fn fields_of_a_newer_program_are_skipped() {
    // Field 99 as a number, and field 2, a number, as text.
    let batch = decode(&[0x98, 0x06, 1, 0x12, 1, b'x', 0x18, 5]).unwrap();
    assert_eq!((batch.from_unix_nanos, batch.to_unix_nanos), (0, 5));
}
