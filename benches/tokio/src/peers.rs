//! Who is measured.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use dial9::{Dial9HandleTokioExt, DiskBuffer, TokioAttachOptions};
use tokio::runtime::Builder;
use tracing_subscriber::layer::SubscriberExt;
use wakeful_export::{Exporter, Settings};

use crate::work::Task;

/// How long whoever writes on another thread has to come to an end.
const DEADLINE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    Tokio,
    /// `tokio::spawn`, seen by the runtime's hooks.
    WakefulHooks,
    /// `wakeful::spawn`, which sees wakes too, without hooks.
    WakefulSpawn,
    /// `tokio::spawn`, seen by Tokio's own spans, which the recorder's subscriber reads.
    WakefulSpans,
    /// `tokio::spawn`, seen by the runtime's hooks.
    Dial9Hooks,
    /// `dial9::spawn`, which sees wakes too.
    Dial9Spawn,
    /// A stock console-subscriber, to which nobody is connected.
    Console,
}

/// A runtime that is watched.
pub struct Watched {
    pub block_on: Box<dyn Fn(Pin<Box<dyn Future<Output = ()>>>)>,
    pub spawn: fn(Task),
    /// Ends watching, when the runtime is gone: how many bytes were told, and of how many polls where they are counted.
    pub told: Box<dyn FnOnce() -> (u64, Option<u64>)>,
}

impl Peer {
    pub const ALL: [Self; 7] = [
        Self::Tokio,
        Self::WakefulHooks,
        Self::WakefulSpawn,
        Self::WakefulSpans,
        Self::Dial9Hooks,
        Self::Dial9Spawn,
        Self::Console,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Tokio => "tokio",
            Self::WakefulHooks => "wakeful, hooks",
            Self::WakefulSpawn => "wakeful::spawn",
            Self::WakefulSpans => "wakeful, tracing",
            Self::Dial9Hooks => "dial9, hooks",
            Self::Dial9Spawn => "dial9::spawn",
            Self::Console => "console-subscriber",
        }
    }

    /// How many tasks wait at a time; of console-subscriber's so many would take gigabytes.
    pub fn idle_tasks(self) -> u64 {
        match self {
            Self::Console => 10_000,
            _ => 100_000,
        }
    }

    pub fn watch(self, builder: Builder) -> Result<Watched> {
        match self {
            Self::Tokio => tokio(builder, by_tokio),
            Self::WakefulHooks | Self::WakefulSpans => wakeful(builder, self, by_tokio),
            Self::WakefulSpawn => wakeful(builder, self, by_wakeful),
            Self::Dial9Hooks => dial9(builder, by_tokio),
            Self::Dial9Spawn => dial9(builder, by_dial9),
            Self::Console => {
                let layer = console_subscriber::ConsoleLayer::builder()
                    .server_addr(([127, 0, 0, 1], 0))
                    .spawn();
                tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))?;
                tokio(builder, by_tokio)
            }
        }
    }
}

fn by_tokio(task: Task) {
    drop(tokio::spawn(task));
}

fn by_wakeful(task: Task) {
    drop(wakeful_tokio::spawn(task));
}

fn by_dial9(task: Task) {
    drop(dial9::spawn(task));
}

fn tokio(mut builder: Builder, spawn: fn(Task)) -> Result<Watched> {
    let runtime = builder.build()?;
    Ok(Watched {
        block_on: Box::new(move |future| runtime.block_on(future)),
        spawn,
        told: Box::new(|| (0, None)),
    })
}

/// A recorder and an exporter, whose batches are encoded as they would be sent, and counted.
fn wakeful(mut builder: Builder, depth: Peer, spawn: fn(Task)) -> Result<Watched> {
    let mut settings = Settings::default();
    settings.traces.exporters.clear();
    let (recorder, drain) = wakeful_subscriber::recorder(wakeful_subscriber::Settings::default());
    let exporter = Exporter::start(&settings, drain)?;
    let counts = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let (bytes_and_polls, of) = (counts.clone(), recorder.clone());
    exporter.sample_runtimes(move |telling, batch, locations| {
        wakeful_tokio::sample(&of, telling, batch, locations);
    });
    exporter.tap_runtimes(move |batch| {
        let mut encoded = Vec::new();
        wakeful_wire::runtime::encode(batch, &mut encoded);
        let polls = batch.location_sums.iter().map(|sums| sums.polls).sum();
        bytes_and_polls
            .0
            .fetch_add(encoded.len() as u64, Ordering::Relaxed);
        bytes_and_polls.1.fetch_add(polls, Ordering::Relaxed);
    });
    wakeful_tokio::install(&recorder);
    if depth == Peer::WakefulSpans {
        ensure!(wakeful_tokio::read_spans(&recorder), "Tokio makes no spans");
        tracing::subscriber::set_global_default(recorder.subscriber())?;
    }
    if depth == Peer::WakefulHooks {
        wakeful_tokio::instrument(&mut builder);
    }
    let runtime = builder.build()?;
    Ok(Watched {
        block_on: Box::new(move |future| runtime.block_on(future)),
        spawn,
        told: Box::new(move || {
            exporter.flush_blocking(DEADLINE);
            let (bytes, polls) = &*counts;
            (bytes.load(Ordering::Relaxed), Some(polls.load(Ordering::Relaxed)))
        }),
    })
}

/// As its documentation has it: into rotating files on disk.
fn dial9(builder: Builder, spawn: fn(Task)) -> Result<Watched> {
    let folder = tempfile::tempdir()?;
    let writer = DiskBuffer::builder()
        .base_path(folder.path().join("trace"))
        .max_file_size(64 << 20)
        .max_total_size(1 << 30)
        .build()?;
    let recorder = dial9::recorder(writer).build();
    let options = TokioAttachOptions::builder().task_tracking_enabled(true).build();
    let runtime = recorder.handle().attach_tokio_runtime(builder, options)?;
    Ok(Watched {
        block_on: Box::new(move |future| runtime.block_on(future)),
        spawn,
        told: Box::new(move || {
            recorder.graceful_shutdown(DEADLINE);
            (bytes_of(folder.path()), None)
        }),
    })
}

fn bytes_of(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| match file.metadata().ok()? {
            metadata if metadata.is_dir() => Some(bytes_of(&file.path())),
            metadata => Some(metadata.len()),
        })
        .sum()
}
