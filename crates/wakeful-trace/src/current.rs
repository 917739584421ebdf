//! The context that code runs under where nobody hands it over: one for each thread, set for as long as a piece of work runs.
//!
//! A server's layer enters the request's context around its handler; a recorder of `tracing` spans makes the first span
//! inside its child, and tells ([`provide`]) which span is current, so that [`SpanContext::current`] knows both. Code that
//! hands its context from call to call needs none of this.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::OnceLock;

use crate::SpanContext;

/// A moment in the life of a thread: it tells whether a context was entered since. The default is the thread's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment(u64);

thread_local! {
    /// How many contexts were ever entered.
    static ENTERED: Cell<u64> = const { Cell::new(0) };
    /// The number of the innermost one; 0 if there is none. By itself, so that looking is cheap.
    static INNERMOST: Cell<u64> = const { Cell::new(0) };
    static STACK: RefCell<Vec<(u64, SpanContext)>> = const { RefCell::new(Vec::new()) };
}

static PROVIDER: OnceLock<fn() -> Option<SpanContext>> = OnceLock::new();

/// Now, on this thread.
#[inline]
pub fn now() -> Moment {
    Moment(ENTERED.get())
}

/// The context that this thread entered last, if that was after `moment` and it has not left it.
#[inline]
pub fn entered_since(moment: Moment) -> Option<SpanContext> {
    if INNERMOST.get() <= moment.0 {
        return None;
    }
    innermost()
}

#[cold]
fn innermost() -> Option<SpanContext> {
    let context = STACK.try_with(|stack| stack.borrow().last().map(|(_, context)| context.clone()));
    // A thread that is ending has none.
    context.ok().flatten()
}

/// Tells who knows the current span beside this module: a recorder of `tracing` spans, which then answers for contexts that
/// were entered too. The first one counts; whether this was it.
pub fn provide(provider: fn() -> Option<SpanContext>) -> bool {
    PROVIDER.set(provider).is_ok()
}

impl SpanContext {
    /// Makes it the current context of this thread until the guard is dropped: `tracing` spans that are made meanwhile are its
    /// children, or, if it is not sampled, are not recorded.
    ///
    /// Around something async use [`Self::scope`]: a guard that is held over an `await` would stay with the thread.
    ///
    /// ```
    /// use wakeful_trace::{SpanContext, SpanId, TraceFlags, TraceId};
    ///
    /// let caller = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    /// let guard = caller.enter();
    /// assert_eq!(SpanContext::current(), Some(caller));
    /// drop(guard);
    /// assert_eq!(SpanContext::current(), None);
    /// ```
    #[must_use = "the context is left when the guard is dropped"]
    pub fn enter(&self) -> EnteredContext {
        let number = ENTERED.get() + 1;
        let entered = STACK.try_with(|stack| stack.borrow_mut().push((number, self.clone())));
        if entered.is_ok() {
            ENTERED.set(number);
            INNERMOST.set(number);
        }
        EnteredContext {
            number,
            of_this_thread: PhantomData,
        }
    }

    /// Runs a future with it as the current context, whatever thread polls it.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(move |task| {
            let _entered = self.enter();
            future.as_mut().poll(task)
        })
        .await
    }

    /// The context that code here runs under: that of the current `tracing` span if it is recorded by wakeful, or the one that
    /// was entered last, whichever is innermost.
    pub fn current() -> Option<Self> {
        match PROVIDER.get() {
            Some(provider) => provider(),
            None => entered_since(Moment::default()),
        }
    }
}

/// Leaves a context when it is dropped; guards may be dropped in any order.
#[derive(Debug)]
pub struct EnteredContext {
    number: u64,
    /// What it leaves is this thread's.
    of_this_thread: PhantomData<*const ()>,
}

impl Drop for EnteredContext {
    fn drop(&mut self) {
        // A thread that is ending has forgotten everything already.
        let _ = STACK.try_with(|stack| {
            let mut stack = stack.borrow_mut();
            let left = match stack.last() {
                Some((number, _)) if *number == self.number => stack.pop(),
                _ => {
                    let at = stack.iter().rposition(|(number, _)| *number == self.number);
                    at.map(|at| stack.remove(at))
                }
            };
            INNERMOST.set(stack.last().map_or(0, |(number, _)| *number));
            drop(stack);
            // What its collector does at its end is none of this module's business.
            drop(left);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SpanId, TraceFlags, TraceId};

    fn context() -> SpanContext {
        SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED)
    }

    #[test]
    fn the_innermost_counts_in_whatever_order_they_are_left() {
        let (outer, inner) = (context(), context());
        let before = now();
        let outer_guard = outer.enter();
        let between = now();
        assert_eq!(entered_since(before), Some(outer.clone()));
        assert_eq!(entered_since(between), None);
        let inner_guard = inner.enter();
        assert_eq!(entered_since(between), Some(inner.clone()));
        drop(outer_guard);
        assert_eq!(entered_since(before), Some(inner));
        drop(inner_guard);
        assert_eq!(entered_since(before), None);
        // One that is entered later is later than all of these moments.
        let _again = outer.enter();
        assert_eq!(entered_since(between), Some(outer));
    }

    #[test]
    fn threads_have_their_own() {
        let _entered = context().enter();
        std::thread::spawn(|| assert_eq!(SpanContext::current(), None))
            .join()
            .unwrap();
    }

    #[test]
    fn a_scope_is_left_between_polls() {
        let context = context();
        let inside = context.clone();
        let mut polls = 0;
        let work = std::future::poll_fn(move |_| {
            assert_eq!(SpanContext::current().as_ref(), Some(&inside));
            polls += 1;
            if polls < 2 {
                std::task::Poll::Pending
            } else {
                std::task::Poll::Ready(polls)
            }
        });
        let mut scoped = pin!(context.scope(work));
        let mut task = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(scoped.as_mut().poll(&mut task).is_pending());
        assert_eq!(SpanContext::current(), None);
        assert_eq!(scoped.as_mut().poll(&mut task), std::task::Poll::Ready(2));
        assert_eq!(SpanContext::current(), None);
    }
}
