//! Who reads the spans: which of them there are, which this thread is in, and what each callback means.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use tracing_core::span::Attributes;
use tracing_core::{Event, Level, Metadata};
use wakeful_model::runtime::{AsyncOp, LocationTable, ResourceEnd, ResourceId, RuntimeBatch, Telling};
use wakeful_subscriber::{Recorder, RuntimeReader};

use super::fields::{PollFields, SpanFields, Update, WakerFields};
use super::resource::{TracedOp, TracedResource};
use super::task::TaskSpan;
use crate::global::unix_nanos;

const SHARDS: usize = 32;
/// So many resources are told of at one look, at most.
const TOLD_MAX: usize = 3_000;
/// So many operations that were over before anything was told of them are kept for the next look.
const ENDED_MAX: usize = 1_000;

/// Reads Tokio's spans for one recorder.
#[derive(Debug, Default)]
pub(super) struct Reader {
    shards: [Shard; SHARDS],
    over: Mutex<Over>,
    looks: AtomicU32,
}

/// On a line of its own, so that threads with different spans do not disturb each other.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<FxHashMap<u64, Arc<Span>>>);

#[derive(Debug)]
struct Span {
    handles: AtomicU32,
    what: What,
}

#[derive(Debug)]
enum What {
    Task(TaskSpan),
    Resource(Arc<TracedResource>),
    Op(Arc<TracedOp>),
    /// Entered while the operation is polled.
    OpPoll(Arc<TracedOp>),
    /// One that is new to us, or that has lost what it belongs to.
    Other,
}

/// What has ended since the last look.
#[derive(Debug, Default)]
struct Over {
    resources: Vec<ResourceEnd>,
    ops: Vec<AsyncOp>,
}

thread_local! {
    /// The spans that this thread is in, the innermost last.
    static ENTERED: RefCell<Vec<(u64, Arc<Span>)>> = const { RefCell::new(Vec::new()) };
}

impl RuntimeReader for Reader {
    fn reads(&self, metadata: &Metadata<'_>) -> bool {
        if *metadata.level() != Level::TRACE {
            return false;
        }
        let target = metadata.target();
        if metadata.is_span() {
            metadata.name().starts_with("runtime.") && target.starts_with("tokio")
        } else {
            target == "tokio::task::waker" || target.starts_with("runtime::resource::")
        }
    }

    fn new_span(&self, recorder: &Recorder, id: u64, attributes: &Attributes<'_>) {
        let metadata = attributes.metadata();
        let mut fields = SpanFields::default();
        attributes.record(&mut fields);
        let parent = attributes.parent().and_then(|id| self.span(id.into_u64()));
        let what = match metadata.name() {
            "runtime.spawn" => What::Task(TaskSpan::new(recorder, &fields)),
            "runtime.resource" => {
                let resource = TracedResource::new(metadata.target(), fields, innermost(Span::resource));
                What::Resource(Arc::new(resource))
            }
            "runtime.resource.async_op" => {
                let resource = parent.and_then(|parent| parent.resource());
                match resource.or_else(|| innermost(Span::resource)) {
                    Some(resource) => {
                        What::Op(Arc::new(TracedOp::new(resource, innermost(Span::op), fields)))
                    }
                    None => What::Other,
                }
            }
            "runtime.resource.async_op.poll" => {
                let op = parent.and_then(|parent| parent.op());
                op.or_else(|| innermost(Span::op))
                    .map_or(What::Other, What::OpPoll)
            }
            _ => What::Other,
        };
        let span = Arc::new(Span {
            handles: AtomicU32::new(1),
            what,
        });
        self.shard(id).insert(id, span);
    }

    fn enter(&self, recorder: &Recorder, id: u64) -> bool {
        let Some(span) = self.span(id) else {
            return false;
        };
        match &span.what {
            What::Task(task) => task.enter(recorder),
            What::OpPoll(op) => op.begin_poll(recorder.current_task()),
            What::Resource(_) | What::Op(_) | What::Other => {}
        }
        // Where there is no list any more, the thread is ending, and little comes after.
        let _ = ENTERED.try_with(|entered| entered.borrow_mut().push((id, span)));
        true
    }

    fn exit(&self, recorder: &Recorder, id: u64) -> bool {
        let left = ENTERED.try_with(|entered| {
            let mut entered = entered.borrow_mut();
            let at = entered.iter().rposition(|(of, _)| *of == id)?;
            Some(entered.remove(at).1)
        });
        let Some(span) = left.ok().flatten() else {
            return self.span(id).is_some();
        };
        match &span.what {
            What::Task(task) => task.exit(recorder),
            What::OpPoll(op) => op.end_poll(),
            What::Resource(_) | What::Op(_) | What::Other => {}
        }
        true
    }

    fn keep(&self, id: u64) {
        if let Some(span) = self.shard(id).get(&id) {
            span.handles.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn release(&self, recorder: &Recorder, id: u64) -> bool {
        let mut shard = self.shard(id);
        let is_last = |span: &Arc<Span>| span.handles.fetch_sub(1, Ordering::AcqRel) == 1;
        if !shard.get(&id).is_some_and(is_last) {
            return false;
        }
        let span = shard.remove(&id);
        drop(shard);
        match span.as_ref().map(|span| &span.what) {
            Some(What::Task(task)) => task.close(recorder),
            Some(What::Resource(resource)) if resource.is_told() => self.over().resources.push(ResourceEnd {
                id: resource.id,
                end_unix_nanos: unix_nanos(),
            }),
            Some(What::Op(op)) => {
                let mut over = self.over();
                let ended = op.end(over.ops.len() < ENDED_MAX);
                over.ops.extend(ended);
            }
            _ => {}
        }
        true
    }

    fn event(&self, recorder: &Recorder, event: &Event<'_>) {
        match event.metadata().target() {
            "tokio::task::waker" => {
                let mut fields = WakerFields::default();
                event.record(&mut fields);
                if let Some(span) = self.span(fields.span)
                    && let What::Task(task) = &span.what
                {
                    task.waker(recorder, fields.op);
                }
            }
            "runtime::resource::poll_op" => {
                let mut fields = PollFields::default();
                event.record(&mut fields);
                if let (Some(is_ready), Some(op)) = (fields.is_ready, innermost(Span::op)) {
                    op.polled(is_ready);
                }
            }
            "runtime::resource::state_update" => {
                if let Some(resource) = innermost(Span::resource) {
                    resource.update(&update(event), recorder.current_task());
                }
            }
            "runtime::resource::async_op::state_update" => {
                if let Some(op) = innermost(Span::op) {
                    op.update(&update(event));
                }
            }
            _ => {}
        }
    }
}

fn update(event: &Event<'_>) -> Update {
    let mut update = Update::default();
    event.record(&mut update);
    update
}

impl Span {
    fn resource(&self) -> Option<Arc<TracedResource>> {
        match &self.what {
            What::Resource(resource) => Some(resource.clone()),
            _ => None,
        }
    }

    fn op(&self) -> Option<Arc<TracedOp>> {
        match &self.what {
            What::Op(op) => Some(op.clone()),
            _ => None,
        }
    }
}

/// What this thread is in, of one kind.
fn innermost<T>(of: fn(&Span) -> Option<T>) -> Option<T> {
    let found = ENTERED.try_with(|entered| entered.borrow().iter().rev().find_map(|(_, span)| of(span)));
    found.ok().flatten()
}

impl Reader {
    fn shard(&self, id: u64) -> MutexGuard<'_, FxHashMap<u64, Arc<Span>>> {
        // Of ids in a row each goes to another.
        let shard = &self.shards[id as usize % SHARDS];
        shard.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn span(&self, id: u64) -> Option<Arc<Span>> {
        self.shard(id).get(&id).cloned()
    }

    fn over(&self) -> MutexGuard<'_, Over> {
        self.over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the resources that were made, that are gone, that changed, and who waits for them.
    pub(super) fn sample(&self, telling: Telling, batch: &mut RuntimeBatch, locations: &mut LocationTable) {
        let is_turn = self.looks.fetch_add(1, Ordering::Relaxed).is_multiple_of(AGAIN);
        let again = is_turn || telling == Telling::Everything;
        let mut resources = Vec::new();
        let mut waiters: FxHashMap<ResourceId, u64> = FxHashMap::default();
        let mut told = 0;
        for shard in &self.shards {
            let spans = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
            for span in spans.values() {
                match &span.what {
                    What::Resource(resource) => resources.push(resource.clone()),
                    What::Op(op) if op.is_waiting() => {
                        *waiters.entry(op.resource.id).or_default() += 1;
                        if told < TOLD_MAX
                            && let Some(op) = op.look(again)
                        {
                            told += 1;
                            batch.async_ops.push(op);
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut told = 0;
        for resource in resources {
            if told == TOLD_MAX {
                break;
            }
            let waiters = waiters.get(&resource.id).copied().unwrap_or(0);
            let (start, state) = resource.look(waiters, telling, locations);
            told += usize::from(state.is_some());
            batch.resource_starts.extend(start);
            batch.resource_states.extend(state);
        }
        let over = std::mem::take(&mut *self.over());
        batch.resource_ends.extend(over.resources);
        batch.async_ops.extend(over.ops);
    }
}

/// After so many looks the operations that wait are told again, for a backend that has come later.
const AGAIN: u32 = 60;
