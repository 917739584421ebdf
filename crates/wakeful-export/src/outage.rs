//! One warning when a receiver goes away, one line when it is back.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::dispatcher::{self, Dispatch, WeakDispatch};

/// Says what the program should know, in the program's own log.
#[derive(Debug, Default)]
pub(crate) struct Reporter {
    /// Weak, because the subscriber's recorder feeds the exporter that reports to it.
    dispatch: Mutex<Option<WeakDispatch>>,
}

impl Reporter {
    /// Reports to that subscriber from now on.
    pub(crate) fn report_to(&self, dispatch: &Dispatch) {
        *self.dispatch.lock().unwrap_or_else(PoisonError::into_inner) = Some(dispatch.downgrade());
    }

    fn say(&self, say: impl FnOnce() + Send + 'static) {
        let dispatch = self.dispatch.lock().unwrap_or_else(PoisonError::into_inner);
        match dispatch.as_ref().map(WeakDispatch::upgrade) {
            Some(Some(dispatch)) => dispatcher::with_default(&dispatch, say),
            // The program is past its own log.
            Some(None) => {}
            // A layer does not know what it is part of: a thread of no subscriber speaks to the global one. This is rare.
            None => {
                let _ = std::thread::Builder::new()
                    .name("wakeful-report".to_owned())
                    .spawn(say);
            }
        }
    }

    /// Says that nothing can be sent.
    fn lost(&self, what: &'static str, to: &str, why: &str) {
        let (to, why) = (to.to_owned(), why.to_owned());
        self.say(move || {
            tracing::warn!(
                target: "wakeful",
                "cannot send {what} to {to}: {why}; trying on, and saying so once it works"
            );
        });
    }

    /// Says that things are sent again.
    fn found(&self, what: &'static str, to: &str, after: Duration, lost: u64) {
        let to = to.to_owned();
        self.say(move || {
            let seconds = after.as_secs_f64();
            tracing::info!(
                target: "wakeful",
                "{what} are received again at {to} after {seconds:.1} s; {lost} were lost meanwhile"
            );
        });
    }

    /// Says that a backend has no use for runtime data.
    pub(crate) fn keeps_no_runtime_data(&self, to: &str) {
        let to = to.to_owned();
        self.say(move || {
            tracing::info!(
                target: "wakeful",
                "{to} keeps no runtime data, so tasks and polls are not sent; a wakeful server would show them"
            );
        });
    }

    /// Says that a receiver takes only some of what it is sent.
    fn refused(&self, what: &'static str, to: &str, count: u64, why: &str) {
        let (to, why) = (to.to_owned(), why.to_owned());
        self.say(move || {
            tracing::warn!(
                target: "wakeful",
                "{to} refused {count} {what}: {why}; further refusals are counted and not repeated here"
            );
        });
    }
}

/// Whether one receiver takes what it is sent.
#[derive(Debug)]
pub(crate) struct Outage {
    what: &'static str,
    to: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    since: Option<Instant>,
    lost: u64,
    refused: bool,
}

impl Outage {
    /// `what` is `spans` or `log records`.
    pub(crate) fn new(what: &'static str, to: String) -> Self {
        Self {
            what,
            to,
            state: Mutex::default(),
        }
    }

    /// An attempt failed.
    pub(crate) fn failed(&self, reporter: &Reporter, why: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = state.since.is_none();
        state.since.get_or_insert_with(Instant::now);
        drop(state);
        if is_first {
            reporter.lost(self.what, &self.to, why);
        }
    }

    /// Something was given up.
    pub(crate) fn lost(&self, count: u64) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).lost += count;
    }

    /// A request was received.
    pub(crate) fn succeeded(&self, reporter: &Reporter) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = std::mem::take(&mut state.lost);
        let since = state.since.take();
        drop(state);
        if let Some(since) = since {
            reporter.found(self.what, &self.to, since.elapsed(), lost);
        }
    }

    /// A request was received, and part of it refused.
    pub(crate) fn refused(&self, reporter: &Reporter, count: u64, why: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !std::mem::replace(&mut state.refused, true);
        drop(state);
        if is_first {
            reporter.refused(self.what, &self.to, count, why);
        }
    }
}
