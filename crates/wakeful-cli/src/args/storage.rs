//! How data is kept.

use std::time::Duration;

use clap::{Args, ValueEnum};
use wakeful_store::{Ack, StoreOptions};

use crate::units::{parse_bytes, parse_duration};

/// Where data rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// In the data folder
    File,
    /// In memory, gone with the process
    Memory,
}

/// When spans are acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AckWhen {
    /// When they are synced to disk
    Synced,
    /// When they are in memory: quicker, but the last ones may be lost in a crash
    Memory,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Storage")]
pub(crate) struct StorageArgs {
    /// Where data rests
    #[arg(long, value_name = "WHERE", env = "WAKEFUL_BACKEND", default_value = "file")]
    pub(crate) backend: Backend,
    /// When spans are acknowledged to their sender
    #[arg(long, value_name = "WHEN", env = "WAKEFUL_ACK", default_value = "synced")]
    ack: AckWhen,
    /// Spans are written to a segment when so many bytes of them are in memory
    #[arg(long, value_name = "BYTES", env = "WAKEFUL_TAIL_BYTES", default_value = "64MiB", value_parser = parse_bytes)]
    tail_bytes: u64,
    /// … or when the oldest of them has waited so long
    #[arg(long, value_name = "TIME", env = "WAKEFUL_FLUSH_INTERVAL", default_value = "10s", value_parser = parse_duration)]
    flush_interval: Duration,
    /// Drop the oldest data while there is more than this [default: keep all; 1 GiB in memory]
    #[arg(long, value_name = "BYTES", env = "WAKEFUL_RETENTION_BYTES", value_parser = parse_bytes)]
    retention_bytes: Option<u64>,
    /// Drop data that is older than this [default: keep all]
    #[arg(long, value_name = "TIME", env = "WAKEFUL_RETENTION_TIME", value_parser = parse_duration)]
    retention_time: Option<Duration>,
    /// Drop the oldest data about tasks while there is more than this [default: 4 GiB; 256 MiB in memory]
    #[arg(long, value_name = "BYTES", env = "WAKEFUL_RUNTIME_BYTES", value_parser = parse_bytes)]
    runtime_bytes: Option<u64>,
}

impl StorageArgs {
    /// The store's options, for data in `backend`.
    pub(crate) fn options(&self, backend: wakeful_store::Backend) -> StoreOptions {
        let ack = match self.ack {
            AckWhen::Synced => Ack::Synced,
            AckWhen::Memory => Ack::Memory,
        };
        let defaults = StoreOptions::new(backend);
        StoreOptions {
            ack,
            tail_bytes_max: usize::try_from(self.tail_bytes).unwrap_or(usize::MAX),
            flush_interval: self.flush_interval,
            retention_bytes: self.retention_bytes.or(defaults.retention_bytes),
            retention_time: self.retention_time,
            runtime_bytes_max: self.runtime_bytes.or(defaults.runtime_bytes_max),
            ..defaults
        }
    }
}
