//! Running a program: real threads, one step at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tracing::span::EnteredSpan;
use tracing::{Dispatch, Span, debug_span, dispatcher, error, info, info_span};

use crate::program::{Act, Place, Step, THREADS};

/// Nanoseconds of the clock that a step takes; a step stamps fewer records than that.
pub(crate) const STEP_NANOS: u64 = 1_000;

/// Threads that run programs, and the handles that programs hold, on whatever thread.
pub(crate) struct World {
    clock: Arc<AtomicU64>,
    handles: Arc<Mutex<Vec<Span>>>,
    workers: Vec<Option<Worker>>,
}

struct Worker {
    orders: Sender<Order>,
    done: Receiver<()>,
    thread: JoinHandle<()>,
}

enum Order {
    /// From now on, with this subscriber as the default.
    Begin(Dispatch),
    /// Steps, each with its time.
    Steps(Vec<(u64, Act)>),
    /// Leaves all spans and forgets the subscriber.
    End,
}

impl World {
    pub(crate) fn new(clock: Arc<AtomicU64>) -> Self {
        Self {
            clock,
            handles: Arc::default(),
            workers: (0..THREADS).map(|_| None).collect(),
        }
    }

    /// Runs a program; returns the time of its first step.
    pub(crate) fn run(&mut self, dispatch: &Dispatch, program: &[Step]) -> u64 {
        let begun = self.clock.load(Ordering::Relaxed) + STEP_NANOS;
        let mut now = begun;
        let mut begun_on = [false; THREADS];
        let mut rest = program;
        while let Some(first) = rest.first() {
            // Steps of one thread in a row are one order.
            let count = rest
                .iter()
                .position(|step| step.thread != first.thread || matches!(step.act, Act::EndThread))
                .unwrap_or(rest.len());
            let (steps, after) = rest.split_at(count);
            let acts = steps.iter().map(|step| {
                now += STEP_NANOS;
                (now, step.act)
            });
            let order = Order::Steps(acts.collect());
            if !steps.is_empty() {
                if !std::mem::replace(&mut begun_on[first.thread], true) {
                    self.order(first.thread, Order::Begin(dispatch.clone()));
                }
                self.order(first.thread, order);
                rest = after;
                continue;
            }
            // The thread ends.
            now += STEP_NANOS;
            self.clock.store(now, Ordering::Relaxed);
            if let Some(worker) = self.workers[first.thread].take() {
                drop(worker.orders);
                worker.thread.join().unwrap();
            }
            begun_on[first.thread] = false;
            rest = &after[1..];
        }
        for (thread, _) in begun_on.iter().enumerate().filter(|(_, begun)| **begun) {
            now += STEP_NANOS;
            self.clock.store(now, Ordering::Relaxed);
            self.order(thread, Order::End);
        }
        // What is left, in the order in which it was made.
        dispatcher::with_default(dispatch, || {
            for handle in std::mem::take(&mut *self.handles.lock().unwrap()) {
                now += STEP_NANOS;
                self.clock.store(now, Ordering::Relaxed);
                drop(handle);
            }
        });
        begun
    }

    fn order(&mut self, thread: usize, order: Order) {
        let (clock, handles) = (&self.clock, &self.handles);
        let worker =
            self.workers[thread].get_or_insert_with(|| Worker::spawn(clock.clone(), handles.clone()));
        worker.orders.send(order).unwrap();
        worker.done.recv().unwrap();
    }
}

impl Worker {
    fn spawn(clock: Arc<AtomicU64>, handles: Arc<Mutex<Vec<Span>>>) -> Self {
        let (orders, received) = channel();
        let (sender, done) = channel();
        let thread = std::thread::spawn(move || {
            let mut entered = Vec::new();
            let mut default = None;
            for order in received {
                match order {
                    Order::Begin(dispatch) => default = Some(dispatcher::set_default(&dispatch)),
                    Order::Steps(steps) => {
                        for (now, act) in steps {
                            clock.store(now, Ordering::Relaxed);
                            // Not under the lock, which a panic would poison.
                            let mut held = std::mem::take(&mut *handles.lock().unwrap());
                            step(act, &mut held, &mut entered);
                            *handles.lock().unwrap() = held;
                        }
                    }
                    Order::End => {
                        entered.drain(..).for_each(drop);
                        default = None;
                    }
                }
                let _ = sender.send(());
            }
            entered.drain(..).for_each(drop);
            drop(default);
        });
        Self { orders, done, thread }
    }
}

fn pick<T>(list: &[T], choice: u64) -> Option<usize> {
    (!list.is_empty()).then(|| choice as usize % list.len())
}

fn step(act: Act, handles: &mut Vec<Span>, entered: &mut Vec<EnteredSpan>) {
    match act {
        Act::New {
            callsite,
            parent,
            value,
        } => {
            let span = new(callsite, parent, value, handles);
            handles.push(span);
        }
        Act::Clone(choice) => {
            if let Some(at) = pick(handles, choice) {
                let clone = handles[at].clone();
                handles.push(clone);
            }
        }
        Act::Drop(choice) => {
            if let Some(at) = pick(handles, choice) {
                drop(handles.remove(at));
            }
        }
        Act::Enter(choice) => {
            if let Some(at) = pick(handles, choice) {
                // Half of the time the handle goes along, so that leaving the span may close it.
                let span = if choice >> 63 == 0 {
                    handles[at].clone()
                } else {
                    handles.remove(at)
                };
                entered.push(span.entered());
            }
        }
        Act::Exit(choice) => {
            // Mostly the last one, sometimes any.
            let at = if choice >> 62 == 0 {
                pick(entered, choice)
            } else {
                entered.len().checked_sub(1)
            };
            if let Some(at) = at {
                drop(entered.remove(at));
            }
        }
        Act::Record { handle, value } => {
            if let Some(at) = pick(handles, handle) {
                record(&handles[at], value);
            }
        }
        Act::FollowsFrom(one, other) => {
            if let (Some(one), Some(other)) = (pick(handles, one), pick(handles, other)) {
                handles[one].follows_from(&handles[other]);
            }
        }
        Act::Event {
            callsite,
            place,
            value,
        } => event(callsite, place, value, handles),
        Act::Current(value) => {
            let current = Span::current();
            current.record("late", value);
            current.record("seen", value % 97);
            handles.push(current);
        }
        Act::Panic(choice) => {
            if let Some(at) = pick(handles, choice) {
                let span = handles[at].clone();
                let panics = std::panic::AssertUnwindSafe(move || {
                    let _entered = span.enter();
                    info!("before the panic");
                    // Without the hook's message.
                    std::panic::resume_unwind(Box::new(()));
                });
                assert!(std::panic::catch_unwind::<_, ()>(panics).is_err());
            }
        }
        Act::EndThread => unreachable!("the world ends threads"),
    }
}

/// A span of one of the callsites, under one of the parents.
macro_rules! spans {
    ($callsite:expr, $parent:expr, $handles:expr, $($number:pat => $make:ident!($name:literal $(, $($fields:tt)+)?),)+) => {
        match $callsite {
            $($number => match $parent {
                Place::Under(choice) if !$handles.is_empty() => {
                    let parent = &$handles[choice as usize % $handles.len()];
                    $make!(parent: parent, $name $(, $($fields)+)?)
                }
                Place::Root => $make!(parent: None, $name $(, $($fields)+)?),
                _ => $make!($name $(, $($fields)+)?),
            },)+
        }
    };
}

fn new(callsite: u64, parent: Place, value: u64, handles: &[Span]) -> Span {
    use tracing::field::Empty;
    let small = value % 1000;
    let text = "text of any length"[..(value % 18) as usize].to_owned();
    spans!(callsite % 6, parent, handles,
        0 => info_span!("plain"),
        1 => info_span!("numbers", i = -(small as i64), u = value, f = small as f64 / 4.0, b = small > 500, late = Empty),
        2 => info_span!("texts", s = text.as_str(), d = %small, g = ?Some(small), late = Empty, seen = Empty),
        3 => info_span!("wide", u128 = u128::from(value) << 60, i128 = -(i128::from(value)), bytes = text.as_bytes(), seen = Empty),
        4 => debug_span!("hidden", small),
        _ => info_span!("repeated", late = small, seen = text.as_str()),
    )
}

fn record(span: &Span, value: u64) {
    let small = value % 1000;
    match value % 5 {
        0 => span.record("late", small),
        1 => span.record("late", "text"),
        2 => span.record("seen", tracing::field::debug(Some(small))),
        3 => span.record("i", 7_i64),
        _ => span.record("nowhere", small),
    };
}

fn event(callsite: u64, place: Place, value: u64, handles: &[Span]) {
    let under = match place {
        Place::Under(choice) if !handles.is_empty() => Some(&handles[choice as usize % handles.len()]),
        _ => None,
    };
    let is_root = matches!(place, Place::Root);
    match (callsite % 3, under) {
        (0, Some(span)) => info!(parent: span, value, "said"),
        (0, None) if is_root => info!(parent: None, value, "said"),
        (0, None) => info!(value, "said"),
        (1, Some(span)) => error!(parent: span, code = 5, text = %value, "failed"),
        (1, None) => error!(code = 5, text = %value, "failed"),
        (_, Some(span)) => tracing::debug!(parent: span, value, "hidden"),
        (_, None) => tracing::debug!(value, "hidden"),
    }
}
