//! Numbers that stand for things of one program.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($number:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $number);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A task. Where Tokio has given it an id, this is that number (`tokio::task::Id`); tasks that Tokio gives none (the future of
    /// `block_on`, futures that are watched within a task) have numbers from 2⁶³ on.
    TaskId(u64);
    /// A thread: the number of Rust's `ThreadId`, the same as in the span attribute `thread.id`.
    ThreadId(u64);
    /// A runtime: the number of `tokio::runtime::Id`, or one of ours from 2⁶³ on where that is not known.
    RuntimeId(u64);
    /// A resource: a lock, a semaphore, a channel, a timer.
    ResourceId(u64);
    /// One wait for a resource.
    AsyncOpId(u64);
    /// A place in [`crate::runtime::RuntimeBatch::locations`] of the same batch.
    LocationIndex(u32);
}
