//! A program on a runtime that is watched.

use std::future::Future;

use tokio::runtime::Builder;

/// What `#[wakeful::main]` makes of a function: begins as the environment says, builds the runtime, runs the future, and sends what is
/// left when both are over.
///
/// # Panics
/// If wakeful cannot begin, or there is no runtime to be had.
#[expect(
    clippy::panic,
    reason = "a `main` without a runtime has nothing else to do; `wakeful::block_on` is for who wants it otherwise"
)]
#[track_caller]
pub fn run<F: Future>(mut builder: Builder, future: F) -> F::Output {
    let begun = crate::builder();
    #[cfg(feature = "console")]
    let begun = begun.console_by_variables();
    let _wakeful = begun.init();
    let runtime = wakeful_tokio::instrument(&mut builder)
        .build()
        .unwrap_or_else(|error| panic!("cannot start the async runtime: {error}"));
    wakeful_tokio::block_on(&runtime, future)
}
