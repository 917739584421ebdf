//! What stands between the rings and the exporters: a state that one driver turns, and that outlives the driver.
//!
//! Nothing here waits. A driver on whatever runtime calls [`Pipeline::turn`], sends the requests that it gets, and tells how
//! they ended. If that runtime dies or is blocked by the very thread that waits for it, another driver takes over from the
//! same state ([`Pipeline::take_over`]), so no span depends on a runtime.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tracing::Dispatch;
use wakeful_model::runtime::{LocationTable, RuntimeBatch, Telling};
use wakeful_subscriber::Drain;
use wakeful_wire::otlp::{Signal, encode_scope};

use crate::destination::{Destination, Outcome, StartError};
use crate::encode::Encoder;
use crate::intake::Intake;
use crate::lost::{Ledger, Lost, LostCause, LostCount};
use crate::otlp::Stop;
use crate::outage::Reporter;
use crate::queue::{Queue, Waiting};
use crate::recording::Recording;
use crate::runtime::{FrameDestination, RuntimeWatch, Sent};
use crate::settings::{BatchSettings, Settings};
use crate::shipments::{Ended, Request, Shipment, Shipments};

/// The rings are looked into this often at least.
const PAUSE_MAX: Duration = Duration::from_millis(500);
const PAUSE_MIN: Duration = Duration::from_millis(10);

/// The state, and what changes it.
#[derive(Debug)]
pub(crate) struct Pipeline {
    state: Mutex<State>,
    /// Wakes the driver.
    pub(crate) changed: Notify,
    stop: watch::Sender<bool>,
    pub(crate) reporter: Reporter,
    /// Drivers and what they send is not traced.
    pub(crate) silence: Dispatch,
    traces: Vec<Destination>,
    logs: Vec<Destination>,
    pub(crate) frames: Option<FrameDestination>,
    exports_logs: bool,
    process_id: u32,
    resource: Vec<u8>,
    pause: Duration,
}

#[derive(Debug)]
struct State {
    /// Of the driver that may turn.
    generation: u64,
    turns: u64,
    drain: Drain,
    intake: Intake,
    traces: Shipments,
    logs: Shipments,
    asks: Vec<Ask>,
    phase: Phase,
    sent_spans: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// The rings are read for the last time; what is left is sent.
    Stopping,
    Over,
}

/// A request on its way to a destination.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) generation: u64,
    pub(crate) signal: Signal,
    pub(crate) shipment: Shipment,
}

/// Somebody waits until everything so far is sent, or for the end.
struct Ask {
    deadline: Instant,
    /// Rings are read this often yet: what was published before the ask is in the second reading for sure.
    readings: u8,
    last: bool,
    reply: Box<dyn FnOnce(Lost) + Send>,
}

impl std::fmt::Debug for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ask")
            .field("deadline", &self.deadline)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

/// What a driver does next.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Send these, and come again after that time or when something changes.
    Go(Vec<Ticket>, Duration),
    /// Nothing more.
    Over,
}

impl Pipeline {
    pub(crate) fn new(settings: &Settings, batching: bool, drain: Drain) -> Result<Arc<Self>, StartError> {
        let batch = |batch: &BatchSettings| match batching {
            true => batch.clone(),
            false => BatchSettings {
                delay: Duration::ZERO,
                batch_items_max: 1,
                ..batch.clone()
            },
        };
        let recording = settings.recording.as_ref().map(|path| {
            let opened = Recording::open(path).map(Arc::new);
            opened.map_err(|source| StartError::Recording {
                path: path.clone(),
                source,
            })
        });
        let recording = recording.transpose()?;
        let recording = recording.as_ref();
        let frames = FrameDestination::new(settings, recording)?;
        // Log records never wait in the rings: spans would have to wait there with them.
        let logs = BatchSettings {
            queue_items_max: Some(settings.logs.batch.queue_max()),
            ..batch(&settings.logs.batch)
        };
        let intake = Intake {
            encoder: Encoder::new(settings.limits.clone()),
            traces: Queue::new(batch(&settings.traces.batch)),
            logs: Queue::new(logs),
            ledger: Ledger::default(),
            now: Instant::now(),
            runtime: RuntimeWatch::new(settings, frames.is_some(), drain.now_unix_nanos()),
        };
        drain.want_tasks(intake.runtime.is_wanted());
        let delays = [&settings.traces, &settings.logs]
            .into_iter()
            .filter(|signal| !signal.exporters.is_empty())
            .map(|signal| signal.batch.delay / 10);
        let traces = Destination::all(Signal::Traces, settings, recording)?;
        let logs = Destination::all(Signal::Logs, settings, recording)?;
        let shipments = (
            Shipments::new(traces.len(), intake.traces.settings()),
            Shipments::new(logs.len(), intake.logs.settings()),
        );
        let pipeline = Arc::new(Self {
            traces,
            logs,
            frames,
            exports_logs: !settings.logs.exporters.is_empty(),
            process_id: std::process::id(),
            resource: settings.resource.encode(),
            changed: Notify::new(),
            stop: watch::Sender::new(false),
            reporter: Reporter::default(),
            silence: drain.silence(),
            pause: delays.min().unwrap_or(PAUSE_MAX).clamp(PAUSE_MIN, PAUSE_MAX),
            state: Mutex::new(State {
                generation: 0,
                turns: 0,
                drain,
                intake,
                traces: shipments.0,
                logs: shipments.1,
                asks: Vec::new(),
                phase: Phase::Running,
                sent_spans: 0,
            }),
        });
        let wakes = Arc::downgrade(&pipeline);
        pipeline.lock().drain.on_wake(move || {
            if let Some(pipeline) = wakes.upgrade() {
                pipeline.changed.notify_one();
            }
        });
        Ok(pipeline)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn destinations(&self, signal: Signal) -> &[Destination] {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Logs => &self.logs,
        }
    }

    pub(crate) fn stop_signal(&self) -> Stop {
        Stop(self.stop.subscribe())
    }

    /// How long a request of that signal may take.
    pub(crate) fn export_timeout(&self, signal: Signal) -> Duration {
        self.lock().intake.queue(signal).settings().export_timeout
    }

    /// Whether this is the process that made it, not a child of that by `fork`.
    pub(crate) fn is_of_this_process(&self) -> bool {
        self.process_id == std::process::id()
    }

    /// How often a driver has turned.
    pub(crate) fn turns(&self) -> u64 {
        self.lock().turns
    }

    /// Reads the rings and says what to send.
    pub(crate) fn turn(&self, generation: u64) -> Turn {
        let mut state = self.lock();
        let state = &mut *state;
        if state.generation != generation || state.phase == Phase::Over {
            return Turn::Over;
        }
        state.turns += 1;
        let now = Instant::now();
        state.intake.now = now;
        let wanted = state.phase == Phase::Running && state.asks.iter().any(|ask| ask.last);
        let more = if wanted {
            state.phase = Phase::Stopping;
            self.read_last(state);
            false
        } else {
            self.read(state)
        };
        // For who asks, once: after the second reading.
        let at_once = wanted || state.asks.iter().any(|ask| ask.readings == 2);
        let now_unix_nanos = state.drain.now_unix_nanos();
        state.intake.runtime.turn(now, now_unix_nanos, at_once);
        // Whose time is over gets nothing sent any more: what waits is given up below.
        let is_over = state.asks.iter().any(|ask| ask.last && now >= ask.deadline);
        let tickets = match is_over {
            true => Vec::new(),
            false => self.take_due(state, now),
        };
        self.answer(state, now);
        if state.phase == Phase::Over {
            return Turn::Over;
        }
        let due = [Signal::Traces, Signal::Logs]
            .into_iter()
            // What is due but cannot be sent yet is waited for by `changed`.
            .filter(|signal| state.shipments(*signal).wants_more())
            .filter_map(|signal| state.intake.queue(signal).due())
            .chain(state.asks.iter().map(|ask| ask.deadline))
            .min();
        let until_due = due.map_or(self.pause, |due| due.saturating_duration_since(now));
        let unread = more || state.asks.iter().any(|ask| ask.readings < 2);
        let wait = match unread {
            true => Duration::ZERO,
            false => until_due.clamp(Duration::from_millis(1), self.pause),
        };
        Turn::Go(tickets, wait)
    }

    /// Reads the rings; returns whether there is more to read at once.
    fn read(&self, state: &mut State) -> bool {
        if state.phase != Phase::Running {
            return false;
        }
        let spans = &state.intake.traces;
        let asked = state.asks.iter().any(|ask| ask.readings < 2);
        // Spans may wait in the rings, but what stands there beside them has receivers of its own.
        let others_wait = self.exports_logs || state.intake.runtime.fold.has_seen();
        if !asked && !others_wait && spans.is_elastic() && spans.is_full() {
            return false;
        }
        let drained = state.drain.drain(&mut state.intake);
        for ask in &mut state.asks {
            ask.readings = ask.readings.saturating_add(1);
        }
        drained.more
    }

    fn read_last(&self, state: &mut State) {
        let drained = state.drain.finish(&mut state.intake);
        state
            .intake
            .ledger
            .untold(LostCause::OpenAtShutdown, LostCount::spans(drained.open));
        for ask in &mut state.asks {
            ask.readings = u8::MAX;
        }
    }

    /// Takes what is to be sent now.
    fn take_due(&self, state: &mut State, now: Instant) -> Vec<Ticket> {
        let mut tickets = Vec::new();
        let all = !state.asks.is_empty();
        for signal in [Signal::Traces, Signal::Logs] {
            if self.destinations(signal).is_empty() {
                // Nobody wants it, so nothing is lost.
                state.intake.queue_mut(signal).clear();
                continue;
            }
            loop {
                let generation = state.generation;
                let due = state.shipments_mut(signal).take_due().into_iter();
                tickets.extend(due.map(|shipment| Ticket {
                    generation,
                    signal,
                    shipment,
                }));
                let wants_more = state.shipments(signal).wants_more();
                let waiting = wants_more.then(|| state.intake.queue_mut(signal).pop(now, all));
                let Some(waiting) = waiting.flatten() else {
                    break;
                };
                self.add(state, signal, waiting);
            }
        }
        tickets
    }

    /// Makes a request of what waited.
    fn request(&self, state: &mut State, waiting: Waiting) -> Request {
        let Waiting { items, within } = waiting;
        let count = items.count() as u64;
        let notice = state.intake.ledger.take_notice();
        let version = env!("CARGO_PKG_VERSION");
        let scope = encode_scope("wakeful", version, |scope| notice.write(scope));
        let bytes = Bytes::from_owner(items.into_request(&self.resource, &scope));
        Request {
            bytes,
            count,
            within,
            notice,
        }
    }

    fn add(&self, state: &mut State, signal: Signal, waiting: Waiting) {
        let request = self.request(state, waiting);
        let count = request.count;
        let no_room = |at: usize| {
            if let Some(destination) = self.destinations(signal).get(at) {
                destination.had_no_room(count);
            }
        };
        if let Some(ended) = state.shipments_mut(signal).add(request, no_room) {
            state.account(signal, ended);
        }
    }

    /// Tells how sending a request to a destination ended.
    pub(crate) fn done(&self, ticket: &Ticket, outcome: Outcome) {
        let mut state = self.lock();
        let state = &mut *state;
        // Whoever took over answers for it now.
        if state.generation != ticket.generation {
            return;
        }
        let (signal, to) = (ticket.signal, ticket.shipment.to);
        if let Some(ended) = state.shipments_mut(signal).done(&ticket.shipment, outcome) {
            state.account(signal, ended);
        }
        if state.is_ending() && outcome == Outcome::Failed {
            // Who did not take the last request will not take the next one, and the program wants to end.
            for ended in state.shipments_mut(signal).give_up(to) {
                state.account(signal, ended);
            }
        }
        self.changed.notify_one();
    }

    /// Answers those who wait for what is done, or whose time is over.
    fn answer(&self, state: &mut State, now: Instant) {
        let idle = state.traces.is_empty()
            && state.logs.is_empty()
            && state.intake.traces.waiting() == 0
            && state.intake.logs.waiting() == 0
            && state.intake.runtime.is_idle();
        let (mut answered, mut ends) = (Vec::new(), false);
        let mut at = 0;
        while at < state.asks.len() {
            let ask = &state.asks[at];
            if idle && ask.readings >= 2 || now >= ask.deadline {
                ends |= ask.last;
                answered.push(state.asks.swap_remove(at));
            } else {
                at += 1;
            }
        }
        if ends {
            self.end(state);
            answered.append(&mut state.asks);
        }
        for ask in answered {
            (ask.reply)(state.intake.ledger.total().clone());
        }
    }

    /// Counts what is left as lost.
    fn end(&self, state: &mut State) {
        state.phase = Phase::Over;
        // Nobody will read what is recorded from now on.
        state.drain.want_tasks(false);
        for signal in [Signal::Traces, Signal::Logs] {
            self.give_up(state, signal);
        }
    }

    /// Counts what still waits as lost. What is on this machine gets it all the same: nobody there has to be waited for.
    fn give_up(&self, state: &mut State, signal: Signal) {
        let now = state.intake.now;
        let destinations = self.destinations(signal);
        let write = |to: usize, bytes: &Bytes| {
            let destination = destinations.get(to);
            destination.is_some_and(|destination| destination.write(signal, bytes))
        };
        for ended in state.shipments_mut(signal).end(write) {
            state.account(signal, ended);
        }
        while !destinations.is_empty()
            && let Some(waiting) = state.intake.queue_mut(signal).pop(now, true)
        {
            self.add(state, signal, waiting);
            for ended in state.shipments_mut(signal).end(write) {
                state.account(signal, ended);
            }
        }
        state.intake.queue_mut(signal).clear();
    }

    /// Asks that everything so far be sent until `deadline`; with `last`, that nothing come after. `reply` gets what was lost
    /// since the beginning. It is called at once if everything is over already.
    pub(crate) fn ask(&self, deadline: Instant, last: bool, reply: impl FnOnce(Lost) + Send + 'static) {
        let mut state = self.lock();
        if state.phase == Phase::Over {
            let lost = state.intake.ledger.total().clone();
            drop(state);
            return reply(lost);
        }
        let was_read_last = state.phase == Phase::Stopping;
        state.asks.push(Ask {
            deadline,
            readings: if was_read_last { u8::MAX } else { 0 },
            last,
            reply: Box::new(reply),
        });
        drop(state);
        if last {
            // Nobody may listen: then there is nothing to be stopped.
            self.stop.send_replace(true);
        }
        self.changed.notify_one();
    }

    /// Ends the right of every driver to turn, and takes back what it was sending; returns the next one's generation, or `None`
    /// if everything is over.
    pub(crate) fn take_over(&self) -> Option<u64> {
        let mut state = self.lock();
        if state.phase == Phase::Over {
            return None;
        }
        state.generation += 1;
        state.intake.runtime.take_back();
        state.traces.take_back();
        state.logs.take_back();
        let generation = state.generation;
        drop(state);
        for destination in self.traces.iter().chain(&self.logs) {
            destination.leave_runtime();
        }
        if let Some(frames) = &self.frames {
            frames.leave_runtime();
        }
        self.changed.notify_waiters();
        Some(generation)
    }

    /// Takes frames of runtime data that a driver is to send now.
    pub(crate) fn take_frames(&self, generation: u64) -> Option<Bytes> {
        let mut state = self.lock();
        let is_current = state.generation == generation && state.phase != Phase::Over;
        is_current
            .then(|| state.intake.runtime.take(generation))
            .flatten()
    }

    /// Tells how those ended.
    pub(crate) fn frames_done(&self, generation: u64, sent: Sent) {
        let mut state = self.lock();
        let is_last = state.phase == Phase::Stopping;
        let runtime = &mut state.intake.runtime;
        runtime.done(generation, sent.is_lost, sent.is_wanted, is_last);
        let is_wanted = runtime.is_wanted();
        state.drain.want_tasks(is_wanted);
        self.changed.notify_one();
    }

    /// Has `sample` add to each batch of runtime data what is looked at only then.
    pub(crate) fn sample_runtimes(
        &self,
        sample: impl Fn(Telling, &mut RuntimeBatch, &mut LocationTable) + Send + 'static,
    ) {
        self.lock().intake.runtime.add_sample(Box::new(sample));
    }

    /// Shows each batch of runtime data to `tap` too.
    pub(crate) fn tap_runtimes(&self, tap: impl Fn(&RuntimeBatch) + Send + 'static) {
        let mut state = self.lock();
        state.intake.runtime.add_tap(Box::new(tap));
        state.drain.want_tasks(true);
    }

    /// Whether a driver of that generation is still the one.
    pub(crate) fn is_current(&self, generation: u64) -> bool {
        let state = self.lock();
        state.generation == generation && state.phase != Phase::Over
    }

    /// How many spans were received, or handed to the system where nobody answers.
    pub(crate) fn sent_spans(&self) -> u64 {
        self.lock().sent_spans
    }

    /// How many spans were cut because an exporter had no room for all of them.
    pub(crate) fn cut_spans(&self) -> u64 {
        self.traces.iter().map(Destination::cut_spans).sum()
    }

    /// What was lost so far.
    pub(crate) fn lost(&self) -> Lost {
        self.lock().intake.ledger.total().clone()
    }
}

fn signal_count(signal: Signal, number: u64) -> LostCount {
    match signal {
        Signal::Traces => LostCount::spans(number),
        Signal::Logs => LostCount::logs(number),
    }
}

impl State {
    /// Whether somebody has asked for the end, even if no driver has come round to it.
    fn is_ending(&self) -> bool {
        self.phase != Phase::Running || self.asks.iter().any(|ask| ask.last)
    }

    fn shipments(&self, signal: Signal) -> &Shipments {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Logs => &self.logs,
        }
    }

    fn shipments_mut(&mut self, signal: Signal) -> &mut Shipments {
        match signal {
            Signal::Traces => &mut self.traces,
            Signal::Logs => &mut self.logs,
        }
    }

    /// Counts what became of a request.
    fn account(&mut self, signal: Signal, ended: Ended) {
        let Ended {
            request,
            outcome,
            is_received,
        } = ended;
        let (lost, cause) = match outcome {
            Outcome::Received { rejected } => (rejected, LostCause::Rejected),
            Outcome::Partly { failed } => (failed, LostCause::ExportFailed),
            Outcome::Refused => (request.count, LostCause::Rejected),
            Outcome::NoRoom => (request.count, LostCause::QueueFull),
            Outcome::Failed if self.is_ending() => (request.count, LostCause::Shutdown),
            Outcome::Failed => (request.count, LostCause::ExportFailed),
        };
        if signal == Signal::Traces {
            self.sent_spans += request.count - lost;
        }
        let ledger = &mut self.intake.ledger;
        let lost = signal_count(signal, lost);
        if is_received && matches!(outcome, Outcome::NoRoom | Outcome::Failed) {
            // Those who have it would be told what is not so.
            ledger.untold(cause, lost);
        } else {
            ledger.exporter(cause, lost, request.within);
        }
        if !is_received {
            ledger.put_back(request.notice);
        }
    }
}
