//! How fast spans are taken in, for how much CPU, memory and disk.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::table::Figure;
use super::{Binary, Subject, number};

/// A tenth of the spans measures one request in flight: its rate does not depend on how many there are.
const SINGLE_SHARE: u64 = 10;

pub(super) fn measure(subject: &Subject<'_>) -> anyhow::Result<Vec<Figure>> {
    let (server, folder) = subject.start()?;
    let ledger = tempfile::NamedTempFile::new()?;
    let before = server.usage()?;
    let report = subject.send(&server, subject.spans, 8, ledger.path())?;
    let after = server.usage()?;
    server.wait_until_idle()?;
    let idle = server.usage()?;
    let on_disk = |counted: fn(&Path) -> bool| match subject.binary {
        Binary::Wakeful(_) => allocated(folder.path(), counted).map(Some),
        Binary::Jaeger(_) => Ok(None),
    };
    let all_bytes = on_disk(|_| true)?;
    let segment_bytes = on_disk(|file| file.extension().is_some_and(|extension| extension == "parquet"))?;
    drop(server);

    let (server, _folder) = subject.start()?;
    let single = subject.send(&server, subject.spans / SINGLE_SHARE, 1, ledger.path())?;

    let spans = number(&report, "spans_acknowledged")?;
    let cpu = |until: std::time::Duration| (until - before.cpu).as_secs_f64();
    let single_rate = number(&single, "spans_acknowledged")? / number(&single, "seconds")?;
    let figure = |name: &str, value: f64| (name.to_owned(), Some(value));
    Ok(vec![
        figure(
            "spans/s acknowledged, 8 connections",
            spans / number(&report, "seconds")?,
        ),
        figure("spans a CPU-second until the last answer", spans / cpu(after.cpu)),
        figure("spans a CPU-second until idle", spans / cpu(idle.cpu)),
        figure("request p50, ms", number(&report, "p50_ms")?),
        figure("request p99, ms", number(&report, "p99_ms")?),
        figure("request max, ms", number(&report, "max_ms")?),
        figure("spans/s acknowledged, one request in flight", single_rate),
        figure(
            "RSS peak until the last answer, MiB",
            mebibytes(after.rss_peak_bytes),
        ),
        figure("RSS peak until idle, MiB", mebibytes(idle.rss_peak_bytes)),
        // The log's files keep their size to be used again: they weigh on a small load, and not on a large one.
        (
            "bytes a span on disk, log included".to_owned(),
            all_bytes.map(|bytes| bytes as f64 / spans),
        ),
        (
            "bytes a span in segments".to_owned(),
            segment_bytes.map(|bytes| bytes as f64 / spans),
        ),
        figure(
            "the load's own CPU, s per million spans",
            number(&report, "generator_cpu_seconds")? * 1e6 / spans,
        ),
    ])
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The bytes that those files of a folder which are `counted` take on disk.
fn allocated(folder: &Path, counted: fn(&Path) -> bool) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let metadata = fs::metadata(&path)?;
        if metadata.is_dir() {
            bytes += allocated(&path, counted)?;
        } else if counted(&path) {
            // Blocks of `stat` are 512 bytes, whatever the file system's are.
            bytes += metadata.blocks() * 512;
        }
    }
    Ok(bytes)
}
