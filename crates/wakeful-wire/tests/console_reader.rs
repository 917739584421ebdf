//! What a stream of updates comes to, where its ids do not say who is who.

#![cfg(feature = "console")]
#![allow(clippy::unwrap_used)]

use expect_test::{Expect, expect};
use wakeful_model::Resource as Program;
use wakeful_wire::console::{
    AsyncOp, AsyncOpStats, Field, FieldName, FieldValue, Metadata, PollOp, PollStats, Reader, Resource,
    ResourceStats, Task, TaskStats, Update,
};

fn metadata() -> Metadata {
    Metadata {
        id: 9,
        target: "tokio::task".to_owned(),
        field_names: vec!["task.id".to_owned(), "task.name".to_owned()],
        ..Metadata::default()
    }
}

fn field(index: u64, value: FieldValue) -> Field {
    Field {
        name: Some(FieldName::Index(index)),
        value: Some(value),
        metadata: 9,
    }
}

/// An update with a task: its span, Tokio's number for it, when it was made and when it went.
fn task(span: u64, id: Option<u64>, created_at: u64, dropped_at: Option<u64>) -> Update {
    let mut fields = vec![field(1, FieldValue::Text(format!("made at {created_at}")))];
    fields.extend(id.map(|id| field(0, FieldValue::U64(id))));
    let mut update = figures(span, created_at, dropped_at);
    update.metadata = vec![metadata()];
    update.tasks.new = vec![Task {
        id: span,
        metadata: 9,
        fields,
        location: None,
    }];
    update
}

fn figures(span: u64, created_at: u64, dropped_at: Option<u64>) -> Update {
    let mut update = Update {
        now: Some(100),
        ..Update::default()
    };
    let stats = TaskStats {
        created_at: Some(created_at),
        dropped_at,
        ..TaskStats::default()
    };
    update.tasks.stats = vec![(span, stats)];
    update
}

fn check(updates: impl IntoIterator<Item = Update>, expected: Expect) {
    let mut reader = Reader::new(Program::default());
    let mut text = String::new();
    for update in updates {
        let batch = reader.update(update);
        for start in &batch.task_starts {
            text += &format!("+{} {}\n", start.id, start.name);
        }
        for sums in &batch.task_sums {
            text += &format!(" {}\n", sums.task);
        }
        for end in &batch.task_ends {
            text += &format!("-{} at {}\n", end.id, end.end_unix_nanos);
        }
        for start in &batch.resource_starts {
            text += &format!("+{} of {:?}\n", start.id, start.parent);
        }
        for op in &batch.async_ops {
            text += &format!(
                " op {} of {} ready {} end {:?}\n",
                op.id, op.resource, op.is_ready, op.end_unix_nanos
            );
        }
        text += "\n";
    }
    expected.assert_eq(&text);
}

#[test]
fn a_task_that_is_told_twice_is_one() {
    check(
        [
            task(5, Some(70), 1, None),
            task(5, Some(70), 1, None),
            figures(5, 1, Some(50)),
            figures(5, 1, Some(50)),
        ],
        expect![[r#"
            +70 made at 1
             70

             70

             70
            -70 at 50


        "#]],
    );
}

#[test]
fn a_span_id_that_is_used_again_is_another_task() {
    check(
        [
            task(5, Some(70), 1, Some(50)),
            task(5, Some(71), 60, None),
            task(5, Some(72), 80, None),
        ],
        expect![[r#"
            +70 made at 1
             70
            -70 at 50

            +71 made at 60
             71

            +72 made at 80
             72
            -71 at 100

        "#]],
    );
}

#[test]
fn a_task_without_a_number_gets_one_of_ours() {
    check(
        [task(5, None, 1, Some(2)), task(5, None, 3, None)],
        expect![[r#"
        +w1 made at 1
         w1
        -w1 at 2

        +w2 made at 3
         w2

    "#]],
    );
}

#[test]
fn an_operation_that_was_ready_says_so() {
    let mut made = figures(0, 0, None);
    made.tasks.stats.clear();
    let mut ready = made.clone();
    let mut over = made.clone();
    made.resources.new = vec![Resource {
        id: 5,
        concrete_type: "Mutex".to_owned(),
        ..Resource::default()
    }];
    let stats = ResourceStats {
        created_at: Some(1),
        ..ResourceStats::default()
    };
    made.resources.stats = vec![(5, stats)];
    made.async_ops.new = vec![AsyncOp {
        id: 6,
        source: "Mutex::lock".to_owned(),
        resource: 5,
        ..AsyncOp::default()
    }];
    let stats = |dropped_at| AsyncOpStats {
        created_at: Some(2),
        dropped_at,
        polls: PollStats {
            polls: 1,
            ..PollStats::default()
        },
        ..AsyncOpStats::default()
    };
    made.async_ops.stats = vec![(6, stats(None))];
    ready.resources.poll_ops = vec![PollOp {
        resource: 5,
        async_op: 6,
        is_ready: true,
        ..PollOp::default()
    }];
    over.async_ops.stats = vec![(6, stats(Some(9)))];
    check(
        [made, ready, over.clone(), over],
        expect![[r#"
        +1 of None
         op 1 of 1 ready false end None

         op 1 of 1 ready true end None

         op 1 of 1 ready true end Some(9)


    "#]],
    );
}
