//! What the drain hands out, on its way into the queues.

use std::time::Instant;

use wakeful_model::runtime::{TaskEnd, Wake};
use wakeful_subscriber::{
    FinishedPoll, FinishedSpan, LogRecord, Loss, RunningPoll, Sink, StartedTask, SummedPolls,
};
use wakeful_trace::Span;
use wakeful_wire::otlp::Signal;

use crate::encode::Encoder;
use crate::encode_explicit::times;
use crate::lost::{Ledger, LostCause, LostCount, Within};
use crate::queue::Queue;
use crate::runtime::RuntimeWatch;

/// Takes what the drain hands out.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) encoder: Encoder,
    pub(crate) traces: Queue,
    pub(crate) logs: Queue,
    pub(crate) ledger: Ledger,
    pub(crate) now: Instant,
    pub(crate) runtime: RuntimeWatch,
}

impl Intake {
    pub(crate) fn queue(&self, signal: Signal) -> &Queue {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Logs => &self.logs,
        }
    }

    pub(crate) fn queue_mut(&mut self, signal: Signal) -> &mut Queue {
        match signal {
            Signal::Traces => &mut self.traces,
            Signal::Logs => &mut self.logs,
        }
    }
}

impl Sink for Intake {
    fn span(&mut self, span: &FinishedSpan<'_>) {
        let encoder = &mut self.encoder;
        let within = Within {
            from_unix_nanos: span.start_unix_nanos,
            until_unix_nanos: span.end_unix_nanos,
        };
        let pushed = self
            .traces
            .push(self.now, within, |items| encoder.span(items, span));
        if pushed.is_err() {
            self.ledger
                .exporter(LostCause::QueueFull, LostCount::spans(1), within);
        }
    }

    fn explicit_span(&mut self, span: &Span) {
        let encoder = &self.encoder;
        let (from_unix_nanos, until_unix_nanos) = times(span);
        let within = Within {
            from_unix_nanos,
            until_unix_nanos,
        };
        let pushed = self
            .traces
            .push(self.now, within, |items| encoder.explicit_span(items, span));
        if pushed.is_err() {
            self.ledger
                .exporter(LostCause::QueueFull, LostCount::spans(1), within);
        }
    }

    fn log(&mut self, record: &LogRecord<'_>) {
        let encoder = &mut self.encoder;
        let within = Within::at(record.unix_nanos);
        let pushed = self
            .logs
            .push(self.now, within, |items| encoder.log(items, record));
        if pushed.is_err() {
            self.ledger
                .exporter(LostCause::QueueFull, LostCount::logs(1), within);
        }
    }

    fn lost(&mut self, loss: &Loss<'_>) {
        self.ledger.recorder(loss);
        self.runtime.fold.lost(loss.cause.name(), loss.records);
    }

    fn task_start(&mut self, task: &StartedTask<'_>) {
        self.runtime.fold.task_start(task);
    }

    fn task_end(&mut self, end: &TaskEnd) {
        self.runtime.fold.task_end(end);
    }

    fn poll(&mut self, poll: &FinishedPoll<'_>) {
        self.runtime.fold.poll(poll);
    }

    fn summed_polls(&mut self, polls: &SummedPolls) {
        self.runtime.fold.summed_polls(polls);
    }

    fn running_poll(&mut self, poll: &RunningPoll<'_>) {
        self.runtime.fold.running_poll(poll);
    }

    fn wake(&mut self, wake: &Wake) {
        self.runtime.fold.wake(wake);
    }
}
