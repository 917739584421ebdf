//! How much a program can see, and what it missed.

/// How deep a program can look into its runtimes: each depth has what the ones before have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Insight {
    /// Nothing but the runtime's own figures, if those.
    #[default]
    Metrics = 0,
    /// Tasks that were spawned through wakeful, futures and locks that were wrapped by it: with any Tokio.
    Stable = 1,
    /// All tasks with their polls, by the runtime's hooks: with `--cfg tokio_unstable`.
    Hooks = 2,
    /// All tasks, wakes, resources and waits, by Tokio's own `tracing` spans: with its feature `tracing` besides.
    Tracing = 3,
}

impl Insight {
    /// Every depth, by its number.
    pub const ALL: [Self; 4] = [Self::Metrics, Self::Stable, Self::Hooks, Self::Tracing];

    /// A name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Stable => "stable",
            Self::Hooks => "hooks",
            Self::Tracing => "tracing",
        }
    }
}

/// Something that a program cannot see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gap {
    /// What: "wakes of tasks that were spawned by tokio::spawn".
    pub missing: String,
    /// What would change that, often a line to add: "spawn them by wakeful::spawn".
    pub remedy: String,
}

/// Records that are missing for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loss {
    /// Why, in `snake_case`: `budget` for polls that are in the sums alone, since the program may not send more; `ring_full` and the
    /// other causes of docs/loss.md for records that are in no sum either.
    pub cause: String,
    /// Polls.
    pub polls: u64,
    /// Wakes.
    pub wakes: u64,
    /// Whole tasks of which nobody is told, or sums of tasks that were left out this time.
    pub tasks: u64,
    /// Other records.
    pub others: u64,
}
